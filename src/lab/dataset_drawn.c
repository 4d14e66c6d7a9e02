/* Data sets that are drawn here, synthetic and seeded: points of the plane, and the pictures of src/image. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/rng.h>

#include "base/mem.h"
#include "image/sets.h"
#include "lab/dataset_parts.h"

enum {
    SIDE = 16, LEAST_SIDE = 8, MOST_SIDE = 96, PICTURES = 4000, MOST_PICTURES = 200000,
    LEAST_TEST = 200,                /* pictures for validation, and for testing */
    PICTURES_PER_TICK = 64
};

/* N of "linear2d:N", 0 without it; -1: another name, or no whole number from 1 to 1000 behind the colon. */
static int plane_number(const char *name)
{
    char *end;
    if (strncmp(name, "linear2d", 8) != 0) return -1;
    if (!name[8]) return 0;
    const long n = name[8] == ':' ? strtol(name + 9, &end, 10) : 0;
    return n >= 1 && n <= 1000 && !*end ? (int)n : -1;
}

/* linear2d: y = 2 x1 - 3 x2 + 1 + noise; linear2d:N: slopes and the correlation of x1 and x2 drawn anew for each N; spirals,
 * rings: two classes in the plane. Synthetic, seeded. */
bool orr_rows_drawn(const char *name, struct orr_rows *t)
{
    const bool regression = plane_number(name) >= 0, spirals = strcmp(name, "spirals") == 0;
    if (!regression && !spirals && strcmp(name, "rings") != 0) return false;
    const uint64_t number = regression ? (uint64_t)plane_number(name) : 0;
    struct orr_rng rng;
    orr_rng_seed(&rng, ORR_SPLIT_SEED, (uint64_t)name[0] + 256 * number);
    const double slope[2] = {number ? 2 * orr_rng_normal(&rng) : 2, number ? 2 * orr_rng_normal(&rng) : -3};
    const double rho = number ? 1.8 * orr_rng_uniform(&rng) - 0.9 : 0;
    *t = (struct orr_rows){.n = 600, .width = 2, .classes = regression ? 0 : 2, .outputs = regression ? 1 : 2};
    t->x = orr_xcalloc(2 * t->n, sizeof *t->x);
    t->label = regression ? NULL : orr_xcalloc(t->n, sizeof *t->label);
    t->y = regression ? orr_xcalloc(t->n, sizeof *t->y) : NULL;
    for (size_t i = 0; i < t->n; i++) {
        orr_real *x = t->x + 2 * i;
        const int c = (int)(i % 2);
        if (regression) {
            x[0] = (orr_real)orr_rng_normal(&rng);
            x[1] = (orr_real)(rho * (double)x[0] + sqrt(1 - rho * rho) * orr_rng_normal(&rng));
            t->y[i] = (orr_real)(slope[0] * (double)x[0] + slope[1] * (double)x[1] + 1 + 0.3 * orr_rng_normal(&rng));
            continue;
        }
        const double u = orr_rng_uniform(&rng);
        const double angle = spirals ? 0.5 + 8 * u + M_PI * c : 2 * M_PI * u;
        const double radius = (spirals ? 0.2 + u : 0.5 + 0.6 * c) + (spirals ? 0.03 : 0.12) * orr_rng_normal(&rng);
        x[0] = (orr_real)(radius * cos(angle));
        x[1] = (orr_real)(radius * sin(angle));
        t->label[i] = c;
    }
    return true;
}

/* ---- pictures ---- */

/* ":SIDE:TRAIN:grey", each part may be left out from the right. */
static bool read_options(const char *text, int *side, int *train, int *channels)
{
    *side = SIDE;
    *train = PICTURES;
    *channels = 3;
    const size_t n = strlen(text);
    size_t end = n;
    if (n >= 5 && !strcmp(text + n - 5, ":grey")) {
        *channels = 1;
        end = n - 5;
    }
    char numbers[32], left = '\0';
    if (end >= sizeof numbers) return false;
    memcpy(numbers, text, end);
    numbers[end] = '\0';
    const int got = end ? sscanf(numbers, ":%6d:%6d%c", side, train, &left) : 0;
    if (end && (got < 1 || left || (got == 1 && strchr(numbers + 1, ':')))) return false;
    return *side >= LEAST_SIDE && *side <= MOST_SIDE && *train >= 1 && *train <= MOST_PICTURES;
}

/* Pictures of one split; each has its own stream of random numbers, so that more of one split change nothing of another. */
static enum orr_status draw_split(struct orr_dataset *d, enum orr_split split, const struct orr_image_set *set, size_t n,
                                  struct orr_studio *studio, const struct orr_ticker *ticker, struct orr_error *err)
{
    d->n[split] = n;
    d->x[split] = orr_alloc(n * d->width, sizeof *d->x[split]);
    d->label[split] = orr_alloc(n, sizeof *d->label[split]);
    if (!d->x[split] || !d->label[split]) return orr_error_set(err, ORR_ENOMEM, d->name, "no memory for %zu pictures", n);
    for (size_t i = 0; i < n; i++) {
        if (i % PICTURES_PER_TICK == 0 && !orr_ticker_tick(ticker, "drawing", "pictures", i, n))
            return orr_error_set(err, ORR_ECANCELLED, d->name, "stopped while it was drawn");
        d->label[split][i] = (int32_t)(i % (size_t)d->classes);
        orr_image_set_draw(set, studio, ORR_SPLIT_SEED, ((uint64_t)split << 32) + i, d->label[split][i]);
        orr_picture_planes(&studio->picture, d->sample.size[0], d->x[split] + i * d->width);
    }
    return ORR_OK;
}

enum orr_status orr_dataset_pictures(struct orr_dataset *d, const struct orr_image_set *set, const char *options,
                                     const struct orr_ticker *ticker, struct orr_error *err)
{
    int side, train, channels;
    if (!read_options(options, &side, &train, &channels))
        return orr_error_set(err, ORR_EINVAL, d->name, "expected %s[:SIDE[:TRAIN]][:grey] with SIDE %d to %d, TRAIN up to %d",
                             set->name, (int)LEAST_SIDE, (int)MOST_SIDE, (int)MOST_PICTURES);
    struct orr_studio studio;
    if (!orr_studio_init(&studio, side, side)) return orr_error_set(err, ORR_ENOMEM, d->name, "no memory for a picture");
    d->sample = orr_shape3(channels, side, side);
    d->width = orr_shape_count(d->sample);
    d->classes = d->outputs = set->classes;
    const size_t test = train / 4 > LEAST_TEST ? (size_t)train / 4 : LEAST_TEST;
    enum orr_status s = draw_split(d, ORR_TRAIN, set, (size_t)train, &studio, ticker, err);
    if (!s) s = draw_split(d, ORR_VALIDATION, set, test, &studio, ticker, err);
    if (!s) s = draw_split(d, ORR_TEST, set, test, &studio, ticker, err);
    orr_studio_free(&studio);
    if (!s) orr_dataset_scale(d, true);
    return s;
}
