/* Looking at images with a network, fast: batch norm folded into the weights, everything laid out beforehand, nothing
 * allocated from the second image of a size on. */
#ifndef ORRERY_METHODS_DETECT_INFER_H
#define ORRERY_METHODS_DETECT_INFER_H

#include "methods/detect/yolo.h"

struct orr_yolo_infer;

/* Copies what it needs of y. threads 0: one per core. One call at a time. */
struct orr_yolo_infer *orr_yolo_infer_new(const struct orr_yolo *y, int threads);
void orr_yolo_infer_free(struct orr_yolo_infer *f); /* NULL-safe */
/* planes (3, height, width), 0..1, sides multiples of 32. Sets out[level], (3 (5 + classes), height / stride, width /
 * stride), valid
 * until the next run. ENOMEM. */
enum orr_status orr_yolo_infer_run(struct orr_yolo_infer *f, const float *planes, int height, int width,
                                   const float *out[ORR_YOLO_LEVELS], struct orr_error *err);
/* Seconds that each step of y took in the last run: [n_steps of the network]. */
const double *orr_yolo_infer_seconds(const struct orr_yolo_infer *f);
size_t orr_yolo_infer_allocations(const struct orr_yolo_infer *f); /* calls for memory so far */

/* The weights (out, in, size, size) and bias (out) of a convolution with the batch norm that follows it folded in. */
void orr_yolo_fold(const struct orr_yolo *y, int conv, float *weight, float *bias);

#endif
