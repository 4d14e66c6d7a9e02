/* Images with known objects by name: scenes drawn on demand, or folders of the user's. */
#ifndef ORRERY_APP_DETECT_DATA_H
#define ORRERY_APP_DETECT_DATA_H

#include "methods/detect/data.h"
#include "methods/detect/score.h"
#include <orrery/progress.h>

enum orr_detect_part {
    ORR_DETECT_TRAIN,
    ORR_DETECT_VALIDATION, /* drawn: other scenes of the styles trained on */
    ORR_DETECT_TEST        /* drawn: styles that were never trained on */
};

struct orr_detect_data {
    int classes;
    char class_name[ORR_YOLO_CLASSES_MAX][24];
    struct orr_detect_set set;
    size_t objects;
    /* Left out of a folder, each reported by the reader: images that cannot be read, labels that cannot be used. */
    size_t bad_images, bad_labels, empty;
};
/* data: "drawn:easy[:N]", "drawn:wild[:N]", "drawn:mixed[:N]" (three of four easy), or a folder with images and labels; "drawn": easy. N scenes: 3000 to train on, 400
 * to validate on, 400 to test on where not given (N is those to train on; the others are N / 8, at most 400). `size`: the longer side that is
 * kept of images. Free with orr_detect_data_free. EINVAL, ENOTFOUND, ECANCELLED. */
enum orr_status orr_detect_data_load(const char *data, enum orr_detect_part part, int size, const struct orr_ticker *ticker,
                                     struct orr_detect_data *out, struct orr_error *err);
void orr_detect_data_free(struct orr_detect_data *d);

#endif
