/* Images with known objects by name: scenes drawn on demand, or folders of the user's. */
#ifndef ORRERY_APP_DETECT_DATA_H
#define ORRERY_APP_DETECT_DATA_H

#include <orrery/progress.h>

#include "methods/detect/data.h"

enum orr_detect_part {
    ORR_DETECT_TRAIN,
    ORR_DETECT_VALIDATION, /* drawn: other scenes of the styles trained on */
    ORR_DETECT_TEST        /* drawn: styles that were never trained on */
};

struct orr_detect_data {
    int classes;
    char class_name[ORR_YOLO_CLASSES_MAX][24];
    struct orr_detect_set set;
    size_t objects, empty;      /* boxes; images without any */
    size_t unreadable;          /* images of a folder that were left out, since they are damaged */
    size_t left_out;            /* boxes that were left out: without area, crowds */
    int without_images;         /* classes that no image shows */
    struct orr_error first_bad; /* of the first unreadable image */
};
/* data: "drawn:easy[:N]", "drawn:wild[:N]", "drawn:mixed[:N]" (three of four easy), "drawn" (easy): N scenes to train on and N / 8, at most
 * 400, to validate and to test on; without N 3000 and 400. Else a folder or COCO file as orr_labelled_read takes it, with the splits train, val
 * and test (without test: val). `size`: images are shrunk to it (longer side). Free with orr_detect_data_free.
 * EINVAL, ENOTFOUND, EFORMAT, ECANCELLED; ENOTFOUND too where no image can be read. */
enum orr_status orr_detect_data_load(const char *data, enum orr_detect_part part, int size, const struct orr_ticker *ticker,
                                     struct orr_detect_data *out, struct orr_error *err);
void orr_detect_data_free(struct orr_detect_data *d);
/* What was left out, as one line; false: nothing. */
bool orr_detect_data_remark(const struct orr_detect_data *d, struct orr_str *out);

#endif
