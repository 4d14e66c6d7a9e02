/* What the network is trained for: which cells and anchors answer for an object, and how far off they are. */
#ifndef ORRERY_METHODS_DETECT_LOSS_H
#define ORRERY_METHODS_DETECT_LOSS_H

#include "methods/detect/detect.h"

/* CIoU = IoU - rho^2 / c^2 - alpha v (Zheng et al., 2020): rho between centres, c the diagonal of the hull,
 * v = 4 / pi^2 (atan(w' / h') - atan(w / h))^2, alpha = v / (1 - IoU + v), held constant in the gradient. Boxes are centre x, y,
 * width, height, in double precision. */
struct orr_ciou {
    double iou, distance, v, alpha, value;
    double gradient[4]; /* of value, by the first box */
};
struct orr_ciou orr_ciou(const double box[4], const double target[4]);

/* An object of a batch: which image, class, centre x, y, width, height in pixels of the input. */
struct orr_target {
    int image, class;
    double box[4];
};

/* An anchor of a cell that answers for an object: level, image, anchor, cell. Anchors answer whose sides differ from the
 * object's by less than a factor of 4; cells, the one with the centre and of its neighbours the nearer one to the side and
 * the nearer one above or below. */
struct orr_assignment {
    int level, image, anchor, x, y;
    int target; /* index */
};
/* The caller frees *out. Returns how many. */
size_t orr_yolo_assign(const struct orr_yolo *y, const struct orr_target *targets, size_t n, int height, int width,
                       struct orr_assignment **out);

struct orr_yolo_gains {
    double box, object, class;
    double balance[ORR_YOLO_LEVELS]; /* of objectness */
};
/* .05, 1, .5 and 4, 1, .4; class by classes / 80, object by (size / 640)^2. */
struct orr_yolo_gains orr_yolo_gains(int classes, int size);

struct orr_yolo_loss {
    double box, object, class; /* each with its gain, before times batch */
    size_t assigned;
};
/* batch (box mean (1 - CIoU) + object mean BCE(obj, IoU) + class mean BCE(cls, one-hot)), means over the assignments
 * of a level or all
 * its anchors, summed over levels: a scalar on the tape of out. */
struct orr_var *orr_yolo_loss(const struct orr_yolo *y, struct orr_var *const out[ORR_YOLO_LEVELS],
                              const struct orr_target *targets, size_t n, const struct orr_yolo_gains *gains,
                              struct orr_yolo_loss *parts);

#endif
