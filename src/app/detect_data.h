/* Images with known objects by name: scenes drawn on demand, or folders of the user's. */
#ifndef ORRERY_APP_DETECT_DATA_H
#define ORRERY_APP_DETECT_DATA_H

#include <orrery/progress.h>

#include "app/detect_gallery.h"
#include "base/str.h"

struct orr_detect_data {
    int classes;
    char class_name[ORR_YOLO_CLASSES_MAX][24];
    struct orr_detect_set set;
    size_t objects, empty;      /* boxes; images without any */
    size_t unreadable;          /* images of a folder that were left out, since they are damaged */
    size_t left_out;            /* boxes that were left out: without area, crowds */
    int without_images;         /* classes that no image shows */
    bool stands_in;             /* a test was asked for; these are validation images, as there are no others */
    struct orr_error first_bad; /* of the first unreadable image */
};
/* All pictures of a gallery (see app/detect_gallery.h) that can be read, with their objects. `size`: images are
 * shrunk to it (longer
 * side), and scenes drawn in it. Free with orr_detect_data_free. As orr_detect_gallery_open; EFORMAT where there are
 * no labels, or no
 * image can be read; ECANCELLED. */
enum orr_status orr_detect_data_load(const char *data, enum orr_detect_part part, int size,
                                     const struct orr_ticker *ticker, struct orr_detect_data *out,
                                     struct orr_error *err);
void orr_detect_data_free(struct orr_detect_data *d);
/* What was left out, as one line; false: nothing. */
bool orr_detect_data_remark(const struct orr_detect_data *d, struct orr_str *out);

#endif
