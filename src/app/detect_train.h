/* Training of a detector, recorded as a run of the store like any other. */
#ifndef ORRERY_APP_DETECT_TRAIN_H
#define ORRERY_APP_DETECT_TRAIN_H

#include "app/app.h"
#include "app/detect_data.h"
#include "methods/detect/fit.h"

struct orr_detect_job {
    const char *data; /* see app/detect_data.h */
    struct orr_yolo_fit_options fit;
    double minutes;         /* above 0: as many epochs as fit into so much processor time, by that of the first */
    const char *checkpoint; /* file, written after every epoch; gone on from when it exists; or NULL */
    const char *out;        /* folded weights, written at the end; or NULL */
    const char *name;       /* of the run; NULL: made up */
    int check_every;        /* epochs between looks at the validation images; 0: at the end alone */
    int threads;            /* of those looks */
};
struct orr_detect_trained {
    int64_t run;
    struct orr_yolo_fit_state state;
    struct orr_scores *validation; /* owned: free() */
    struct orr_str remark;         /* what was left out of the data; owned */
    bool stopped;
};
/* Trains to the end and stores about once an epoch. Nothing of the test images is looked at. ORR_ECANCELLED: stopped
 * at the last whole
 * epoch, stored, with a checkpoint to go on from where one was asked for. */
enum orr_status orr_app_detect_train(struct orr_app *app, const struct orr_detect_job *job,
                                     const struct orr_ticker *ticker, struct orr_detect_trained *out,
                                     struct orr_error *err);

#endif
