/* What tests of the lab share: data, trainings that must succeed, what they measured as text. */
#ifndef ORRERY_TESTS_AID_LAB_H
#define ORRERY_TESTS_AID_LAB_H

#include "lab/train.h"

struct orr_dataset orr_aid_images(void); /* 8x8, noise whose mean brightness tells the class */
/* As orr_dataset_load, orr_train_open and n epochs; the test fails where they do. */
struct orr_dataset orr_aid_dataset(const char *name);
struct orr_train *orr_aid_train(const struct orr_train_options *o, const struct orr_dataset *d,
                                const struct orr_train_events *events);
void orr_aid_epochs(struct orr_train *t, int n);

/* Every value of every metric, bit by bit. */
struct orr_aid_log {
    char text[65536];
    size_t n;
};
void orr_aid_log_value(struct orr_aid_log *l, const char *name, int64_t step, double value);

#endif
