#include "aid_lab.h"

#include <stdio.h>
#include <stdlib.h>

#include <check.h>

#include <orrery/rng.h>

struct orr_dataset orr_aid_images(void)
{
    struct orr_dataset d = {.name = "images", .sample = orr_shape3(1, 8, 8), .width = 64, .classes = 2, .outputs = 2};
    struct orr_rng rng;
    orr_rng_seed(&rng, 9, 9);
    for (int s = 0; s < ORR_SPLITS; s++) {
        d.n[s] = 96;
        d.x[s] = malloc(96 * 64 * sizeof(orr_real));
        d.label[s] = malloc(96 * sizeof(int32_t));
        for (int i = 0; i < 96; i++) {
            d.label[s][i] = i % 2;
            for (int k = 0; k < 64; k++) d.x[s][i * 64 + k] = (orr_real)(orr_rng_normal(&rng) + (i % 2 ? 0.7 : -0.7));
        }
    }
    return d;
}

struct orr_dataset orr_aid_dataset(const char *name)
{
    struct orr_dataset d;
    struct orr_error err;
    ck_assert_msg(orr_dataset_load(name, &d, &err) == ORR_OK, "%s: %s", err.where, err.message);
    return d;
}

struct orr_train *orr_aid_train(const struct orr_train_options *o, const struct orr_dataset *d,
                                const struct orr_train_events *events)
{
    struct orr_train *t;
    struct orr_error err;
    ck_assert_msg(orr_train_open(o, d, events, &t, &err) == ORR_OK, "%s: %s", err.where, err.message);
    return t;
}

void orr_aid_epochs(struct orr_train *t, int n)
{
    struct orr_error err;
    for (int i = 0; i < n; i++) ck_assert_int_eq(orr_train_epoch(t, NULL, &err), ORR_OK);
}

void orr_aid_log_value(struct orr_aid_log *l, const char *name, int64_t step, double value)
{
    l->n += (size_t)snprintf(l->text + l->n, sizeof l->text - l->n, "%s %lld %a\n", name, (long long)step, value);
    ck_assert(l->n < sizeof l->text);
}
