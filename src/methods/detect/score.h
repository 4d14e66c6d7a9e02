/* How good detections are: average precision as COCO computes it, curves over confidence, confusion matrix.
 * A detection is true at an overlap threshold when it takes an object of its class that no more confident one took, with at
 * least that intersection over union. Thresholds .50, .55, ..., .95. Average precision: mean over 101 recalls of the
 * envelope of precision. */
#ifndef ORRERY_METHODS_DETECT_SCORE_H
#define ORRERY_METHODS_DETECT_SCORE_H

#include "methods/detect/detect.h"

enum {
    ORR_SCORE_THRESHOLDS = 10,
    ORR_SCORE_RECALLS = 101,     /* 0, .01, ..., 1 */
    ORR_SCORE_CONFIDENCES = 201, /* 0, .005, ..., 1 */
};
/* Of objects, by the area of their box as a share of the image: below .01, below .09, the rest. COCO's borders of 32^2 and 96^2
 * pixels in an image of 320. */
enum orr_size { ORR_SIZE_SMALL, ORR_SIZE_MEDIUM, ORR_SIZE_LARGE, ORR_SIZES };

struct orr_score_detection {
    int class, image;
    float confidence;
    enum orr_size size;
    signed char taken[ORR_SCORE_THRESHOLDS]; /* the size of the object that it took, -1: false */
};
/* Collects images. Zero-initialise; free with orr_score_free. */
struct orr_score {
    int classes;
    size_t n_images, n_detections;
    uint32_t (*objects)[ORR_SIZES]; /* [n_images * classes] */
    struct orr_score_detection *detections;
    bool sorted;
    double *matrix; /* [(classes + 1)^2] */
    size_t cap_images, cap_detections;
};

void orr_score_init(struct orr_score *s, int classes);
void orr_score_free(struct orr_score *s);
/* One image, width x height pixels, with its objects and what was found (best first, as orr_nms gives them). Classes are below
 * s->classes. O(detections times objects). */
void orr_score_add(struct orr_score *s, int width, int height, const struct orr_label *labels, size_t n_labels,
                   const struct orr_detection *detections, size_t n_detections);

/* Each detection in turn (best first) takes the free object of its class that it overlaps most, by `threshold` at
 * least: taken[i] is
 * its index or -1, found[l] whether object l was taken. O(n n_labels). */
void orr_score_match(const struct orr_label *labels, size_t n_labels, const struct orr_detection *d, size_t n,
                     double threshold, int *taken, bool *found);

struct orr_class_score {
    size_t objects, images;       /* with such an object */
    double ap50, ap;              /* NaN without objects */
    double precision, recall, f1; /* at the confidence below */
};
struct orr_scores {
    int classes;
    size_t images, objects;
    double map50, map; /* over classes with objects; NaN without any */
    double precision, recall, f1,
        confidence;            /* means over classes at the confidence where mean F1 is highest, IoU .5 */
    double ap_size[ORR_SIZES]; /* mean AP .5:.95 over classes of the objects of that size alone; NaN without any */
    size_t objects_size[ORR_SIZES];
    struct orr_class_score class_score[ORR_YOLO_CLASSES_MAX];
    /* Means over classes, by confidence; and by recall, the envelope of precision at IoU .5. */
    double precision_at[ORR_SCORE_CONFIDENCES], recall_at[ORR_SCORE_CONFIDENCES], f1_at[ORR_SCORE_CONFIDENCES];
    double envelope[ORR_SCORE_RECALLS];
    /* [predicted * (classes + 1) + true], the last of each: background. Confidence above .25, IoU above .45. Of all images,
     * whatever `of`. */
    double matrix[(ORR_YOLO_CLASSES_MAX + 1) * (ORR_YOLO_CLASSES_MAX + 1)];
};
/* Of the images of[0..n), each counted as often as it is named (bootstrap); of NULL: of all, once. O(detections), after
 * sorting at the first call. */
void orr_score_compute(struct orr_score *s, const size_t *of, size_t n, struct orr_scores *out);

#endif
