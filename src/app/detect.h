/* Finding objects in pictures: a network from a file, run on images and tested on data with known objects. Shared by
 * `orrery detect`,
 * `orrery eval detect` and views/detect. */
#ifndef ORRERY_APP_DETECT_H
#define ORRERY_APP_DETECT_H

#include "app/app.h"
#include "methods/detect/data.h"
#include "methods/detect/score.h"

/* A network ready to look at images. One call at a time. */
struct orr_detector;

/* weights: "pico" or "n" (those of datasets/models), or a file, safetensors or ONNX; NULL: "n" where it ships, else "pico".
 * size: side of the square that images are fitted into, a multiple of 32; 0: as trained. threads 0: one per core. EIO where
 * there is no such file. */
enum orr_status orr_detector_open(const char *weights, int size, int threads, struct orr_detector **out,
                                  struct orr_error *err);
bool orr_detector_ships(const char *name); /* is it in datasets/models? */
/* Of a network in memory, which is copied. name: borrowed for the call. */
struct orr_detector *orr_detector_new(const struct orr_yolo *y, const char *name, int size, int threads);
void orr_detector_close(struct orr_detector *d); /* NULL-safe */
/* Kind, classes and their names, steps, anchors; without weights. */
const struct orr_yolo *orr_detector_net(const struct orr_detector *d);
const char *orr_detector_name(const struct orr_detector *d); /* file name or "pico", "n" */
int orr_detector_size(const struct orr_detector *d);

/* What a detector saw in one image: everything above confidence .001, for orr_nms_detections to choose from. Boxes are in
 * pixels of the image and lie inside it. Zero-initialise; free with orr_detect_look_free; may be looked into again. */
struct orr_detect_look {
    int width, height;
    size_t n, cap;
    struct orr_detection *candidates;
    double fit_seconds, network_seconds, decode_seconds;
};
/* all_classes: a candidate of every class of each box, as evaluation wants; else of its best class. ENOMEM. */
enum orr_status orr_detector_look(struct orr_detector *d, const struct orr_image *image, bool all_classes,
                                  struct orr_detect_look *look, struct orr_error *err);
void orr_detect_look_free(struct orr_detect_look *look);

/* Seconds of the last look by module of the network: rows (module, name, output shape, seconds, share).
 * Zero-initialise *t before. */
void orr_detector_times(const struct orr_detector *d, struct orr_table *t);

/* What of some detections is true and what is missed: orr_score_match. */

#endif
