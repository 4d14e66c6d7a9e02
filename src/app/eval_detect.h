/* The tasks of `orrery eval detect`: detectors on drawn scenes in styles that they never saw. */
#ifndef ORRERY_APP_EVAL_DETECT_H
#define ORRERY_APP_EVAL_DETECT_H

#include "app/detect_data.h"
#include "app/detect_test.h"
#include "app/eval.h"
#include "app/shards.h"

struct orr_eval_detect_options {
    struct orr_shards *shards; /* NULL: all here */
    bool quick;    /* a sixth of the scenes, fewer resamplings */
    size_t scenes; /* of each task; 0: 400, or 64 when quick */
    uint64_t seed; /* of the resamplings */
    int threads;
    const char *real; /* a labelled folder of the user's, of as many classes as the networks have; NULL: none */
    const char *const
        *methods; /* pico, n, a file of weights, prior, blob; n_methods 0: the first, second and the last two */
    size_t n_methods;
};
enum orr_status orr_eval_detect(const struct orr_eval_detect_options *o, const struct orr_ticker *ticker,
                                struct orr_eval *out, struct orr_error *err);

/* ---- eval_detect_baselines.c ---- */

/* What knows nothing of shapes. prior: the mean box of each class in the middle of the picture, as confident as the class is
 * frequent. blob: connected regions that differ from the colour of the picture's border, of the class whose mean
 * colour is nearest,
 * as confident as they differ. */
struct orr_detect_baseline {
    int classes;
    double frequency[ORR_YOLO_CLASSES_MAX], colour[ORR_YOLO_CLASSES_MAX][3];
    double box[ORR_YOLO_CLASSES_MAX][2]; /* mean width and height, as shares of the picture's sides */
};
void orr_detect_baseline_learn(const struct orr_detect_data *d, struct orr_detect_baseline *out);
/* Fills out[most], best first; returns how many. */
size_t orr_detect_prior(const struct orr_detect_baseline *b, const struct orr_image *image, struct orr_detection *out,
                        size_t most);
size_t orr_detect_blob(const struct orr_detect_baseline *b, const struct orr_image *image, struct orr_detection *out,
                       size_t most);

#endif
