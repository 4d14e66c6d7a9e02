/* Detection of objects: what a network says about an image, turned into boxes. Boxes are given by their corners in pixels
 * of the image that is spoken of, x to the right, y down. */
#ifndef ORRERY_METHODS_DETECT_DETECT_H
#define ORRERY_METHODS_DETECT_DETECT_H

#include "methods/detect/yolo.h"

struct orr_box {
    float x0, y0, x1, y1;
};
/* Intersection over union; 0 where both are empty. */
double orr_box_iou(const struct orr_box *a, const struct orr_box *b);

struct orr_label { /* an object that is there */
    struct orr_box box;
    int class;
};
struct orr_detection { /* one that was found */
    struct orr_box box;
    float confidence; /* objectness times class probability */
    int class;
};

/* Rows of predictions for an input of that size: 3 (h w / 64 + h w / 256 + h w / 1024). */
size_t orr_yolo_rows(int height, int width);
/* Raw outputs of one image, out[level] (3 (5 + classes), height / stride, width / stride), to rows[orr_yolo_rows()]
 * of 5 + classes
 * numbers: centre x, y, width, height in pixels of the input, objectness, class probabilities. With s the sigmoid of the
 * output, xy = (2 s - 1/2 + cell) stride and wh = (2 s)^2 anchor. Rows go level by level, anchor by anchor, cell by cell. */
void orr_yolo_decode(const struct orr_yolo *y, const float *const out[ORR_YOLO_LEVELS], int height, int width,
                     float *rows);

struct orr_nms_options {
    double confidence, iou;
    int most; /* detections kept */
    bool
        all_classes; /* a row may give a detection of each class above `confidence` (evaluation); else of its best class */
    bool across;     /* boxes of different classes suppress each other too */
};
struct orr_nms_options orr_nms_deploy(void);   /* .25, .45, 300, best class */
struct orr_nms_options orr_nms_evaluate(void); /* .001, .6, 300, all classes */

/* Greedy non-maximum suppression: by falling confidence, what overlaps a kept box of the same class by more than `iou` goes.
 * Fills out[options.most], best first; returns how many. Of more than 30000 candidates the most confident are looked at.
 * O(candidates log candidates + candidates kept). */
size_t orr_nms(const float *rows, size_t n, int classes, const struct orr_nms_options *o, struct orr_detection *out);
/* The same over detections made before: out may be the same array as in. */
size_t orr_nms_detections(const struct orr_detection *in, size_t n, const struct orr_nms_options *o,
                          struct orr_detection *out);

#endif
