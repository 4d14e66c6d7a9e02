/* Training of the network, one epoch per call. Everything random follows from the seed, the epoch and the place in
 * it, so that a run
 * resumed from a checkpoint gives the same bytes. */
#ifndef ORRERY_METHODS_DETECT_FIT_H
#define ORRERY_METHODS_DETECT_FIT_H

#include <orrery/progress.h>

#include "methods/detect/data.h"

struct orr_yolo_fit_options {
    enum orr_yolo_kind kind;
    int size, batch, epochs;
    uint64_t seed;
    bool adam;                     /* AdamW, instead of SGD with Nesterov momentum */
    double lr, final_share;        /* falls linearly from lr to lr final_share */
    double momentum, weight_decay; /* decay of kernels alone, for batches of 64: scaled to the batch */
    double warmup;                 /* epochs over which lr and momentum (from .8) rise */
    double class_gain;             /* of the classes' loss; 0: .5 classes / 80, as published for long trainings */
    int plain;                     /* last epochs without mosaic */
    struct orr_augment augment;
    bool keep_anchors; /* COCO's, instead of k-means of the boxes */
    const char *start; /* weights to begin with, of the same kind and classes; NULL: drawn */
};
/* SGD .01 to .0001, momentum .937, decay 5e-4, warm-up 3 epochs, batch 16, size 256, 10 % of the epochs (rounded
 * down) without mosaic.
 * Class gain .3: with six classes the published .0375 had taught no classes after 12 epochs of 3000 scenes, only boxes. */
struct orr_yolo_fit_options orr_yolo_fit_defaults(enum orr_yolo_kind kind, int epochs);

struct orr_yolo_fit_state {
    int epoch, epochs; /* done; in all */
    int64_t step;
    double lr, box, object, class, gradient; /* means over the last epoch */
    double anchors_before, anchors_after;    /* mean best IoU of boxes with COCO's anchors and with ours; NaN: kept */
    bool diverged;
};

struct orr_yolo_fit;
/* set must outlive it. names: [classes]. */
enum orr_status orr_yolo_fit_open(const struct orr_yolo_fit_options *o, const struct orr_detect_set *set, int classes,
                                  const char *const *names, struct orr_yolo_fit **out, struct orr_error *err);
void orr_yolo_fit_close(struct orr_yolo_fit *f); /* NULL-safe */
/* With a tick per batch. ORR_OK also when it diverged or all is done. ORR_ECANCELLED: the unfinished epoch is undone. */
enum orr_status orr_yolo_fit_epoch(struct orr_yolo_fit *f, const struct orr_ticker *ticker, struct orr_error *err);
struct orr_yolo_fit_state orr_yolo_fit_state(const struct orr_yolo_fit *f);
void orr_yolo_fit_set_epochs(struct orr_yolo_fit *f, int epochs); /* the schedule goes on towards the new end */
/* The network whose weights are the running mean of those trained: d = .9999 (1 - e^(-step / 2000)). Borrowed until
 * the next epoch. */
const struct orr_yolo *orr_yolo_fit_mean(struct orr_yolo_fit *f);
size_t orr_yolo_fit_allocations(const struct orr_yolo_fit *f); /* of the tape: do not grow after the first epoch */

/* Whole epochs only. A checkpoint of another kind, number of classes, size, batch or seed is refused with EINVAL. */
enum orr_status orr_yolo_fit_save(const struct orr_yolo_fit *f, const char *path, struct orr_error *err);
enum orr_status orr_yolo_fit_load(struct orr_yolo_fit *f, const char *path, struct orr_error *err);

#endif
