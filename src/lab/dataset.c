#include "lab/dataset.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/rng.h>

#include "base/mem.h"
#include "lab/dataset_parts.h"

enum { LEAST_ROWS = 10 };

void orr_rows_free(struct orr_rows *r)
{
    free(r->x);
    free(r->label);
    free(r->y);
    *r = (struct orr_rows){0};
}

void orr_dataset_free(struct orr_dataset *d)
{
    for (int s = 0; s < ORR_SPLITS; s++) {
        free(d->x[s]);
        free(d->label[s]);
        free(d->y[s]);
    }
    memset(d, 0, sizeof *d);
}

enum orr_status orr_rows_from(const char *where, const orr_numbers *v, size_t columns, bool is_class, struct orr_rows *r,
                              struct orr_error *err)
{
    if (columns < 2) return orr_error_set(err, ORR_EFORMAT, where, "needs a feature column and a target column");
    *r = (struct orr_rows){.n = v->len / columns, .width = columns - 1, .outputs = 1};
    r->x = orr_xcalloc(r->n * r->width, sizeof *r->x);
    if (is_class)
        r->label = orr_xcalloc(r->n, sizeof *r->label);
    else
        r->y = orr_xcalloc(r->n, sizeof *r->y);
    for (size_t i = 0; i < r->n; i++) {
        for (size_t j = 0; j < r->width; j++) r->x[i * r->width + j] = (orr_real)v->data[i * columns + j];
        const double target = v->data[i * columns + r->width];
        if (!is_class) {
            r->y[i] = (orr_real)target;
        } else if (target >= 0 && target < 10000 && target == floor(target)) {
            r->label[i] = (int32_t)target;
            if (r->label[i] >= r->classes) r->classes = r->label[i] + 1;
        } else {
            orr_rows_free(r);
            return orr_error_set(err, ORR_EFORMAT, where, "row %zu: %g is no class number", i + 1, target);
        }
    }
    if (is_class) r->outputs = r->classes;
    return ORR_OK;
}

/* ---- splitting and scaling ---- */

enum orr_status orr_dataset_take(struct orr_dataset *d, enum orr_split s, const struct orr_rows *r, const size_t *order,
                                 size_t n, struct orr_error *err)
{
    d->n[s] = n;
    d->x[s] = orr_alloc(n * r->width, sizeof *d->x[s]);
    if (r->label) d->label[s] = orr_alloc(n, sizeof *d->label[s]);
    if (r->y) d->y[s] = orr_alloc(n * (size_t)r->outputs, sizeof *d->y[s]);
    if (!d->x[s] || (r->label && !d->label[s]) || (r->y && !d->y[s]))
        return orr_error_set(err, ORR_ENOMEM, d->name, "no memory for %zu samples", n);
    for (size_t i = 0; i < n; i++) {
        memcpy(d->x[s] + i * r->width, r->x + order[i] * r->width, r->width * sizeof *r->x);
        if (r->label) d->label[s][i] = r->label[order[i]];
        if (r->y)
            memcpy(d->y[s] + i * (size_t)r->outputs, r->y + order[i] * (size_t)r->outputs,
                   (size_t)r->outputs * sizeof *r->y);
    }
    return ORR_OK;
}

size_t *orr_dataset_shuffled(size_t n)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, ORR_SPLIT_SEED, n);
    size_t *order = orr_xmalloc(n * sizeof *order);
    for (size_t i = 0; i < n; i++) order[i] = i;
    for (size_t i = n; i > 1; i--) {
        const size_t j = (size_t)orr_rng_below(&rng, i), keep = order[i - 1];
        order[i - 1] = order[j];
        order[j] = keep;
    }
    return order;
}

/* Columns [width] of all splits to mean 0 and standard deviation 1 over the training split. */
static void standardise(orr_real *const split[ORR_SPLITS], const size_t n[ORR_SPLITS], size_t width, bool one_scale)
{
    for (size_t j = 0; j < (one_scale ? 1 : width); j++) {
        double sum = 0, sq = 0, count = 0;
        for (size_t i = j; i < n[ORR_TRAIN] * width; i += one_scale ? 1 : width) {
            sum += (double)split[ORR_TRAIN][i];
            sq += (double)split[ORR_TRAIN][i] * (double)split[ORR_TRAIN][i];
            count++;
        }
        const double mean = sum / count, sd = sqrt(fmax(sq / count - mean * mean, 0));
        const double scale = sd > 1e-12 ? 1 / sd : 1;
        for (int s = 0; s < ORR_SPLITS; s++)
            for (size_t i = j; i < n[s] * width; i += one_scale ? 1 : width)
                split[s][i] = (orr_real)(((double)split[s][i] - mean) * scale);
    }
}

void orr_dataset_scale(struct orr_dataset *d, bool image)
{
    standardise(d->x, d->n, d->width, image);
    if (!d->classes) standardise(d->y, d->n, (size_t)d->outputs, false);
}

void orr_dataset_describe(struct orr_dataset *d, const struct orr_rows *r, struct orr_shape sample)
{
    d->sample = sample;
    d->width = r->width;
    d->classes = r->classes;
    d->outputs = r->outputs;
}

/* 60 / 20 / 20. */
static enum orr_status split_rows(struct orr_dataset *d, const struct orr_rows *r, struct orr_shape sample,
                                  struct orr_error *err)
{
    if (r->n < LEAST_ROWS)
        return orr_error_set(err, ORR_EFORMAT, d->name, "needs at least %d rows to be split", (int)LEAST_ROWS);
    orr_dataset_describe(d, r, sample);
    size_t *order = orr_dataset_shuffled(r->n);
    const size_t train = r->n * 6 / 10, validation = r->n * 2 / 10;
    enum orr_status s = orr_dataset_take(d, ORR_TRAIN, r, order, train, err);
    if (!s) s = orr_dataset_take(d, ORR_VALIDATION, r, order + train, validation, err);
    if (!s) s = orr_dataset_take(d, ORR_TEST, r, order + train + validation, r->n - train - validation, err);
    free(order);
    if (!s) orr_dataset_scale(d, sample.axes == 3);
    return s;
}

static enum orr_status load_rows(const char *name, struct orr_rows *r, struct orr_shape *sample, struct orr_error *err)
{
    bool found = true;
    enum orr_status s = orr_rows_packaged(name, &found, r, err);
    if (!found) {
        if (!strncmp(name, "csv:", 4))
            s = orr_rows_csv(name + 4, r, err);
        else if (!orr_rows_drawn(name, r))
            s = orr_error_set(err, ORR_ENOTFOUND, name,
                              "no such data set; there are fashion-mnist[:SIDE[:TRAIN]], digits, iris, wine, breast_cancer, "
                              "diabetes, linear2d[:N], spirals, rings, shapes, textures, land-cover, litter (each "
                              "[:SIDE[:TRAIN]][:grey]), text[:FILE][:CONTEXT[:EXAMPLES]] and csv:FILE[:TARGET]");
    }
    if (!s) *sample = strcmp(name, "digits") ? orr_shape1((int)r->width) : orr_shape3(1, 8, 8);
    return s;
}

/* What follows the name of a data set that takes options: "", or text from a colon on; NULL when it is another set. */
static const char *options_of(const char *name, const char *set)
{
    const size_t n = strlen(set);
    return strncmp(name, set, n) == 0 && (name[n] == '\0' || name[n] == ':') ? name + n : NULL;
}

enum orr_status orr_dataset_present(const char *name, struct orr_error *err)
{
    static const char *const files[][2] = {{"fashion-mnist", "fashion-mnist/train-images-idx3-ubyte.gz"},
                                           {"digits", "digits.csv.gz"}, {"iris", "iris.csv"}, {"wine", "wine_data.csv"},
                                           {"breast_cancer", "breast_cancer.csv"},
                                           {"diabetes", "diabetes_data_raw.csv.gz"}, {"text", "wordnet/data.noun"}};
    const char *options = options_of(name, "text");
    char path[1024];
    if (options && *options && !isdigit((unsigned char)options[1])) return ORR_OK; /* a file of the user */
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (options_of(name, files[i][0])) return orr_dataset_find_file(files[i][1], path, err);
    return ORR_OK;
}

enum orr_status orr_dataset_load(const char *name, struct orr_dataset *out, struct orr_error *err)
{
    return orr_dataset_load_watched(name, NULL, out, err);
}

enum orr_status orr_dataset_load_watched(const char *name, const struct orr_ticker *ticker, struct orr_dataset *out,
                                         struct orr_error *err)
{
    static const struct {
        const char *name;
        enum orr_status (*load)(struct orr_dataset *, const char *, const struct orr_ticker *, struct orr_error *);
    } sets[] = {{"fashion-mnist", orr_dataset_fashion}, {"text", orr_dataset_text}};
    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "%s", name);
    size_t k = 0;
    const size_t count = sizeof sets / sizeof *sets, n = strcspn(name, ":");
    const struct orr_image_set *pictures = orr_image_set_find(name, n);
    while (k < count && !options_of(name, sets[k].name)) k++;
    enum orr_status s;
    if (pictures) {
        s = orr_dataset_pictures(out, pictures, name + n, ticker, err);
    } else if (k < count) {
        s = sets[k].load(out, options_of(name, sets[k].name), ticker, err);
    } else {
        struct orr_rows r = {0};
        struct orr_shape sample;
        s = load_rows(name, &r, &sample, err);
        if (!s) s = split_rows(out, &r, sample, err);
        orr_rows_free(&r);
    }
    if (s) orr_dataset_free(out);
    return s;
}
