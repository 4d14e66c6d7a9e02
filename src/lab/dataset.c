#include "lab/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <orrery/rng.h>

#include "base/csv.h"
#include "base/intern.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/vec.h"

const char *const orr_dataset_names[] = {"fashion-mnist", "digits", "iris",     "wine",    "breast_cancer",
                                         "diabetes",      "linear2d", "spirals", "rings",   NULL};

enum {
    MAX_FILE = 256 << 20, SPLIT_SEED = 20260, LEAST_ROWS = 10, MAX_COLUMNS = 65536,
    CHUNK = 1 << 20, IMAGES_PER_TICK = 2048 /* work between two ticks */
};

/* All samples before they are split. */
struct table {
    size_t n, width;
    int classes, outputs;
    orr_real *x;    /* (n, width) */
    int32_t *label; /* (n) or NULL */
    orr_real *y;    /* (n, outputs) or NULL */
};

static void table_free(struct table *t)
{
    free(t->x);
    free(t->label);
    free(t->y);
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

/* ---- files ---- */

static bool exists(const char *folder, const char *file, char *path, size_t size)
{
    if (!folder || !*folder) return false;
    const int n = snprintf(path, size, "%s/%s", folder, file);
    return n > 0 && (size_t)n < size && access(path, R_OK) == 0;
}

static enum orr_status find_file(const char *file, char path[1024], struct orr_error *err)
{
    char cache[768] = "";
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (xdg && *xdg)
        snprintf(cache, sizeof cache, "%s/orrery/data", xdg);
    else if (home && *home)
        snprintf(cache, sizeof cache, "%s/.cache/orrery/data", home);
    if (exists(getenv("ORRERY_DATA"), file, path, 1024) || exists(cache, file, path, 1024) ||
        exists("/usr/share/datasets", file, path, 1024) ||
        exists("/usr/lib/python3/dist-packages/sklearn/datasets/data", file, path, 1024))
        return ORR_OK;
    return orr_error_set(err, ORR_ENOTFOUND, file, "this data file is not installed; `make models` brings it");
}

/* The whole of a plain or gzipped file, at most MAX_FILE bytes. The caller frees *out. */
static enum orr_status slurp(const char *path, const struct orr_ticker *ticker, unsigned char **out, size_t *n,
                             struct orr_error *err)
{
    gzFile f = gzopen(path, "rb");
    if (!f) return orr_error_set(err, ORR_EIO, path, "cannot open");
    size_t cap = 1 << 16, len = 0;
    unsigned char *p = orr_xmalloc(cap);
    int got;
    while ((got = gzread(f, p + len, (unsigned)(cap - len < CHUNK ? cap - len : CHUNK))) > 0) {
        len += (size_t)got;
        if (!orr_ticker_tick(ticker, "loading", "bytes", len, 0)) {
            gzclose(f);
            free(p);
            return orr_error_set(err, ORR_ECANCELLED, path, "stopped while it was read");
        }
        if (len < cap) continue;
        unsigned char *more = cap < MAX_FILE ? orr_realloc(p, cap *= 2, 1) : NULL;
        if (!more) {
            got = -1;
            break;
        }
        p = more;
    }
    if (gzclose(f) != Z_OK) got = -1; /* cut short: gzread gives what there is */
    if (got < 0) {
        free(p);
        return orr_error_set(err, ORR_EFORMAT, path, "damaged, or larger than %d bytes", MAX_FILE);
    }
    *out = p;
    *n = len;
    return ORR_OK;
}

static uint32_t be32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* IDX: 0 0 type rank, rank big-endian sizes, data. Type 8: unsigned bytes. */
static enum orr_status idx(const char *file, uint32_t rank, const struct orr_ticker *ticker, unsigned char **bytes,
                           uint32_t size[3], const unsigned char **data, struct orr_error *err)
{
    char path[1024];
    size_t n = 0;
    enum orr_status s = find_file(file, path, err);
    if (s || (s = slurp(path, ticker, bytes, &n, err))) return s;
    const unsigned char *p = *bytes;
    uint64_t count = 1;
    bool ok = n >= 4 + 4 * (size_t)rank && p[2] == 8 && p[3] == rank;
    for (uint32_t i = 0; ok && i < rank; i++) {
        size[i] = be32(p + 4 + 4 * i);
        ok = size[i] > 0 && size[i] <= 1 << 24;
        count *= size[i];
    }
    *data = p + 4 + 4 * rank;
    if (ok && count == n - 4 - 4 * (size_t)rank) return ORR_OK;
    free(*bytes);
    *bytes = NULL;
    return orr_error_set(err, ORR_EFORMAT, path, "not an IDX file of unsigned bytes with %u axes", rank);
}

/* ---- Fashion-MNIST ---- */

/* Mean of the pixels that fall into each of side x side cells, 0..1. */
static void shrink(const unsigned char *image, size_t h, size_t w, size_t side, orr_real *out)
{
    for (size_t i = 0; i < side; i++)
        for (size_t j = 0; j < side; j++) {
            const size_t y0 = i * h / side, y1 = (i + 1) * h / side, x0 = j * w / side, x1 = (j + 1) * w / side;
            unsigned sum = 0;
            for (size_t y = y0; y < y1; y++)
                for (size_t x = x0; x < x1; x++) sum += image[y * w + x];
            out[i * side + j] = (orr_real)(sum / (255.0 * (double)((y1 - y0) * (x1 - x0))));
        }
}

static enum orr_status idx_pair(const char *stem, size_t side, const struct orr_ticker *ticker, struct table *t,
                                struct orr_error *err)
{
    char file[96];
    unsigned char *images = NULL, *labels = NULL;
    const unsigned char *pixel, *label;
    uint32_t size[3], count[3];
    snprintf(file, sizeof file, "fashion-mnist/%s-images-idx3-ubyte.gz", stem);
    enum orr_status s = idx(file, 3, ticker, &images, size, &pixel, err);
    if (s) return s;
    snprintf(file, sizeof file, "fashion-mnist/%s-labels-idx1-ubyte.gz", stem);
    if ((s = idx(file, 1, ticker, &labels, count, &label, err))) goto out;
    if (count[0] != size[0] || side > size[1] || side > size[2]) {
        s = orr_error_set(err, ORR_EFORMAT, file, "%u labels for %u images of %ux%u", count[0], size[0], size[1], size[2]);
        goto out;
    }
    *t = (struct table){.n = size[0], .width = side * side, .classes = 10, .outputs = 10};
    t->x = orr_alloc(t->n, t->width * sizeof *t->x);
    t->label = orr_alloc(t->n, sizeof *t->label);
    if (!t->x || !t->label) {
        s = orr_error_set(err, ORR_ENOMEM, file, "no memory for %zu images", t->n);
        goto out;
    }
    for (size_t i = 0; i < t->n && !s; i++) {
        if (i % IMAGES_PER_TICK == 0 && !orr_ticker_tick(ticker, "loading", "images", i, t->n))
            s = orr_error_set(err, ORR_ECANCELLED, file, "stopped while it was read");
        shrink(pixel + i * size[1] * size[2], size[1], size[2], side, t->x + i * t->width);
        t->label[i] = label[i] < 10 ? label[i] : 0;
    }
out:
    if (s) {
        table_free(t);
        *t = (struct table){0};
    }
    free(images);
    free(labels);
    return s;
}

/* ---- tables ---- */

typedef ORR_VEC(double) numbers;

/* Reads rows of numbers; `skip` header rows; every row must have the same width. */
static enum orr_status read_numbers(const char *path, char separator, size_t skip, numbers *out, size_t *width,
                                    struct orr_error *err)
{
    unsigned char *bytes = NULL;
    size_t n;
    struct orr_reader *r = NULL;
    struct orr_csv *csv = NULL;
    struct orr_csv_row row;
    enum orr_status s = slurp(path, NULL, &bytes, &n, err);
    if (s || (s = orr_reader_open_memory(path, bytes, n, 0, &r, err)) || (s = orr_csv_open(r, separator, &csv, err)))
        goto out;
    *width = 0;
    while ((s = orr_csv_next(csv, &row, err)) == ORR_OK) {
        if (skip) {
            skip--;
            continue;
        }
        if (*width == 0) *width = row.n;
        char where[1100];
        snprintf(where, sizeof where, "%s:%llu", path, (unsigned long long)row.line);
        if (row.n != *width) {
            s = orr_error_set(err, ORR_EFORMAT, where, "%zu columns; the rows before have %zu", row.n, *width);
            goto out;
        }
        for (size_t i = 0; i < row.n; i++) {
            double x;
            if (!orr_parse_double(row.cells[i].text, row.cells[i].n, &x)) {
                s = orr_error_set(err, ORR_EFORMAT, where, "column %zu is not a number", i + 1);
                goto out;
            }
            ORR_VEC_PUSH(out, x);
        }
    }
    s = s == ORR_ENOTFOUND ? ORR_OK : s;
    if (!s && out->len == 0) s = orr_error_set(err, ORR_EFORMAT, path, "holds no rows");
out:
    orr_csv_close(csv);
    orr_reader_close(r);
    free(bytes);
    return s;
}

/* Rows of features and, in the last column, a class (classes > 0) or a number. */
static enum orr_status from_rows(const char *where, const numbers *v, size_t columns, bool is_class, struct table *t,
                                 struct orr_error *err)
{
    if (columns < 2) return orr_error_set(err, ORR_EFORMAT, where, "needs a feature column and a target column");
    *t = (struct table){.n = v->len / columns, .width = columns - 1, .outputs = 1};
    t->x = orr_xcalloc(t->n * t->width, sizeof *t->x);
    if (is_class)
        t->label = orr_xcalloc(t->n, sizeof *t->label);
    else
        t->y = orr_xcalloc(t->n, sizeof *t->y);
    for (size_t i = 0; i < t->n; i++) {
        for (size_t j = 0; j < t->width; j++) t->x[i * t->width + j] = (orr_real)v->data[i * columns + j];
        const double target = v->data[i * columns + t->width];
        if (!is_class) {
            t->y[i] = (orr_real)target;
        } else if (target >= 0 && target < 10000 && target == floor(target)) {
            t->label[i] = (int32_t)target;
            if (t->label[i] >= t->classes) t->classes = t->label[i] + 1;
        } else {
            table_free(t);
            *t = (struct table){0};
            return orr_error_set(err, ORR_EFORMAT, where, "row %zu: %g is no class number", i + 1, target);
        }
    }
    if (is_class) t->outputs = t->classes;
    return ORR_OK;
}

static enum orr_status packaged(const char *file, size_t skip, struct table *t, struct orr_error *err)
{
    char path[1024];
    numbers v = {0};
    size_t columns;
    enum orr_status s = find_file(file, path, err);
    if (!s) s = read_numbers(path, ',', skip, &v, &columns, err);
    if (!s) s = from_rows(path, &v, columns, true, t, err);
    free(v.data);
    return s;
}

static enum orr_status diabetes(struct table *t, struct orr_error *err)
{
    char path[1024];
    numbers v = {0}, y = {0}, all = {0};
    size_t columns, one;
    enum orr_status s = find_file("diabetes_data_raw.csv.gz", path, err);
    if (!s) s = read_numbers(path, ' ', 0, &v, &columns, err);
    if (!s) s = find_file("diabetes_target.csv.gz", path, err);
    if (!s) s = read_numbers(path, ',', 0, &y, &one, err);
    if (!s && v.len / columns != y.len)
        s = orr_error_set(err, ORR_EFORMAT, path, "%zu targets for %zu rows", y.len, v.len / columns);
    for (size_t i = 0; !s && i < y.len; i++) {
        for (size_t j = 0; j < columns; j++) ORR_VEC_PUSH(&all, v.data[i * columns + j]);
        ORR_VEC_PUSH(&all, y.data[i]);
    }
    if (!s) s = from_rows(path, &all, columns + 1, false, t, err);
    free(v.data);
    free(y.data);
    free(all.data);
    return s;
}

/* ---- a CSV file of the user: text columns become numbers in the order of their first appearance ---- */

/* Few whole numbers are classes; anything else is a quantity. */
static bool looks_like_classes(const numbers *v, size_t columns, size_t target)
{
    double top = 0;
    for (size_t i = target; i < v->len; i += columns) {
        if (v->data[i] < 0 || v->data[i] != floor(v->data[i])) return false;
        if (v->data[i] > top) top = v->data[i];
    }
    return top < 100 && top + 1 <= 0.2 * (double)(v->len / columns);
}

static enum orr_status read_cells(const char *path, struct orr_csv *csv, const char *target_name, size_t *columns,
                                  size_t *target, bool *text_target, numbers *out, struct orr_error *err)
{
    struct orr_csv_row row;
    enum orr_status s = orr_csv_next(csv, &row, err);
    if (s) return s == ORR_ENOTFOUND ? orr_error_set(err, ORR_EFORMAT, path, "empty") : s;
    *columns = row.n;
    *target = row.n ? row.n - 1 : 0;
    bool found = !target_name;
    for (size_t i = 0; i < row.n && !found; i++)
        if ((found = row.cells[i].n == strlen(target_name) && memcmp(row.cells[i].text, target_name, row.cells[i].n) == 0))
            *target = i;
    if (!found) return orr_error_set(err, ORR_ENOTFOUND, path, "no column `%s` in the header", target_name);
    if (row.n > MAX_COLUMNS)
        return orr_error_set(err, ORR_EFORMAT, path, "%zu columns; at most %d can be read", row.n, (int)MAX_COLUMNS);
    struct orr_intern *words = orr_xcalloc(*columns + 1, sizeof *words); /* of each column */
    while ((s = orr_csv_next(csv, &row, err)) == ORR_OK) {
        if (row.n != *columns) {
            s = orr_error_set(err, ORR_EFORMAT, path, "line %llu: %zu columns; the header has %zu",
                              (unsigned long long)row.line, row.n, *columns);
            break;
        }
        for (size_t i = 0; i < row.n; i++) {
            double x;
            if (!orr_parse_double(row.cells[i].text, row.cells[i].n, &x)) {
                x = orr_intern_add(&words[i], 0, row.cells[i].text, row.cells[i].n);
                if (i == *target) *text_target = true;
            }
            ORR_VEC_PUSH(out, isfinite((orr_real)x) ? x : 0);
        }
    }
    for (size_t i = 0; i < *columns; i++) orr_intern_free(&words[i]);
    free(words);
    return s == ORR_ENOTFOUND ? ORR_OK : s;
}

static enum orr_status user_csv(const char *spec, struct table *t, struct orr_error *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s", spec);
    char *target_name = strrchr(path, ':');
    if (target_name) *target_name++ = '\0';
    unsigned char *bytes = NULL;
    size_t n, columns = 0, target = 0;
    struct orr_reader *r = NULL;
    struct orr_csv *csv = NULL;
    bool text_target = false;
    numbers v = {0};
    enum orr_status s = slurp(path, NULL, &bytes, &n, err);
    if (!s) s = orr_reader_open_memory(path, bytes, n, 0, &r, err);
    if (!s) s = orr_csv_open(r, 0, &csv, err);
    if (!s) s = read_cells(path, csv, target_name, &columns, &target, &text_target, &v, err);
    if (!s && columns) {
        for (size_t i = 0; i < v.len; i += columns) { /* the target goes last */
            const double y = v.data[i + target];
            memmove(v.data + i + target, v.data + i + target + 1, (columns - 1 - target) * sizeof *v.data);
            v.data[i + columns - 1] = y;
        }
        s = from_rows(path, &v, columns, text_target || looks_like_classes(&v, columns, columns - 1), t, err);
    }
    free(v.data);
    orr_csv_close(csv);
    orr_reader_close(r);
    free(bytes);
    return s;
}

/* ---- drawn ---- */

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
static void drawn(const char *name, struct table *t)
{
    const bool regression = plane_number(name) >= 0, spirals = strcmp(name, "spirals") == 0;
    const uint64_t number = regression ? (uint64_t)plane_number(name) : 0;
    struct orr_rng rng;
    orr_rng_seed(&rng, SPLIT_SEED, (uint64_t)name[0] + 256 * number);
    const double slope[2] = {number ? 2 * orr_rng_normal(&rng) : 2, number ? 2 * orr_rng_normal(&rng) : -3};
    const double rho = number ? 1.8 * orr_rng_uniform(&rng) - 0.9 : 0;
    *t = (struct table){.n = 600, .width = 2, .classes = regression ? 0 : 2, .outputs = regression ? 1 : 2};
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
}

/* ---- splitting and scaling ---- */

static enum orr_status take(struct orr_dataset *d, enum orr_split s, const struct table *t, const size_t *order, size_t n,
                            struct orr_error *err)
{
    d->n[s] = n;
    d->x[s] = orr_alloc(n * t->width, sizeof *d->x[s]);
    if (t->label) d->label[s] = orr_alloc(n, sizeof *d->label[s]);
    if (t->y) d->y[s] = orr_alloc(n * (size_t)t->outputs, sizeof *d->y[s]);
    if (!d->x[s] || (t->label && !d->label[s]) || (t->y && !d->y[s]))
        return orr_error_set(err, ORR_ENOMEM, d->name, "no memory for %zu samples", n);
    for (size_t i = 0; i < n; i++) {
        memcpy(d->x[s] + i * t->width, t->x + order[i] * t->width, t->width * sizeof *t->x);
        if (t->label) d->label[s][i] = t->label[order[i]];
        if (t->y)
            memcpy(d->y[s] + i * (size_t)t->outputs, t->y + order[i] * (size_t)t->outputs,
                   (size_t)t->outputs * sizeof *t->y);
    }
    return ORR_OK;
}

static size_t *shuffled(size_t n)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, SPLIT_SEED, n);
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

static enum orr_status finish(struct orr_dataset *d, bool image)
{
    standardise(d->x, d->n, d->width, image);
    if (!d->classes) standardise(d->y, d->n, (size_t)d->outputs, false);
    return ORR_OK;
}

static void describe(struct orr_dataset *d, const struct table *t, struct orr_shape sample)
{
    d->sample = sample;
    d->width = t->width;
    d->classes = t->classes;
    d->outputs = t->outputs;
}

/* 60 / 20 / 20. */
static enum orr_status split_table(struct orr_dataset *d, const struct table *t, struct orr_shape sample,
                                   struct orr_error *err)
{
    if (t->n < LEAST_ROWS)
        return orr_error_set(err, ORR_EFORMAT, d->name, "needs at least %d rows to be split", (int)LEAST_ROWS);
    describe(d, t, sample);
    size_t *order = shuffled(t->n);
    const size_t train = t->n * 6 / 10, validation = t->n * 2 / 10;
    enum orr_status s = take(d, ORR_TRAIN, t, order, train, err);
    if (!s) s = take(d, ORR_VALIDATION, t, order + train, validation, err);
    if (!s) s = take(d, ORR_TEST, t, order + train + validation, t->n - train - validation, err);
    free(order);
    return s ? s : finish(d, sample.axes == 3);
}

/* The package's own test set; validation is the last twelfth of the shuffled training images. */
static enum orr_status fashion(struct orr_dataset *d, const char *options, const struct orr_ticker *ticker,
                               struct orr_error *err)
{
    long side = 28, train = 0;
    if (*options && sscanf(options, ":%ld:%ld", &side, &train) < 1) side = 0;
    if (side < 4 || side > 28 || train < 0)
        return orr_error_set(err, ORR_EINVAL, d->name, "expected fashion-mnist[:SIDE[:TRAIN]] with SIDE 4..28");
    struct table all = {0}, test = {0};
    size_t *order = NULL, *in_order = NULL;
    enum orr_status s = idx_pair("train", (size_t)side, ticker, &all, err);
    if (!s) s = idx_pair("t10k", (size_t)side, ticker, &test, err);
    if (!s) {
        describe(d, &all, orr_shape3(1, (int)side, (int)side));
        order = shuffled(all.n);
        in_order = orr_xmalloc(test.n * sizeof *in_order);
        for (size_t i = 0; i < test.n; i++) in_order[i] = i;
        const size_t validation = all.n < 12 ? 1 : all.n / 12, most = all.n - validation;
        if (!orr_ticker_tick(ticker, "loading", "images", all.n, all.n))
            s = orr_error_set(err, ORR_ECANCELLED, d->name, "stopped while it was read");
        if (!s) s = take(d, ORR_TRAIN, &all, order, train > 0 && (size_t)train < most ? (size_t)train : most, err);
        if (!s) s = take(d, ORR_VALIDATION, &all, order + most, validation, err);
        if (!s) s = take(d, ORR_TEST, &test, in_order, test.n, err);
    }
    free(order);
    free(in_order);
    table_free(&all);
    table_free(&test);
    if (!s && !orr_ticker_tick(ticker, "loading", "images", d->n[ORR_TRAIN], d->n[ORR_TRAIN]))
        s = orr_error_set(err, ORR_ECANCELLED, d->name, "stopped while it was read");
    return s ? s : finish(d, true);
}

static enum orr_status load_table(const char *name, struct table *t, struct orr_shape *sample, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    if (!strcmp(name, "digits"))
        s = packaged("digits.csv.gz", 0, t, err);
    else if (!strcmp(name, "iris") || !strcmp(name, "breast_cancer")) {
        char file[64];
        snprintf(file, sizeof file, "%s.csv", name);
        s = packaged(file, 1, t, err);
    } else if (!strcmp(name, "wine"))
        s = packaged("wine_data.csv", 1, t, err);
    else if (!strcmp(name, "diabetes"))
        s = diabetes(t, err);
    else if (plane_number(name) >= 0 || !strcmp(name, "spirals") || !strcmp(name, "rings"))
        drawn(name, t);
    else if (!strncmp(name, "csv:", 4))
        s = user_csv(name + 4, t, err);
    else
        s = orr_error_set(err, ORR_ENOTFOUND, name,
                          "no such data set; there are fashion-mnist[:SIDE[:TRAIN]], digits, iris, wine, breast_cancer, "
                          "diabetes, linear2d[:N], spirals, rings and csv:FILE[:TARGET]");
    if (!s) *sample = strcmp(name, "digits") ? orr_shape1((int)t->width) : orr_shape3(1, 8, 8);
    return s;
}

enum orr_status orr_dataset_present(const char *name, struct orr_error *err)
{
    static const char *const files[][2] = {{"fashion-mnist", "fashion-mnist/train-images-idx3-ubyte.gz"},
                                           {"digits", "digits.csv.gz"}, {"iris", "iris.csv"}, {"wine", "wine_data.csv"},
                                           {"breast_cancer", "breast_cancer.csv"},
                                           {"diabetes", "diabetes_data_raw.csv.gz"}};
    const size_t n = strcspn(name, ":");
    char path[1024];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strlen(files[i][0]) == n && !strncmp(files[i][0], name, n)) return find_file(files[i][1], path, err);
    return ORR_OK;
}

enum orr_status orr_dataset_load(const char *name, struct orr_dataset *out, struct orr_error *err)
{
    return orr_dataset_load_watched(name, NULL, out, err);
}

enum orr_status orr_dataset_load_watched(const char *name, const struct orr_ticker *ticker, struct orr_dataset *out,
                                         struct orr_error *err)
{
    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "%s", name);
    struct table t = {0};
    struct orr_shape sample;
    enum orr_status s;
    if (!strncmp(name, "fashion-mnist", 13) && (name[13] == '\0' || name[13] == ':')) {
        s = fashion(out, name + 13, ticker, err);
    } else {
        s = load_table(name, &t, &sample, err);
        if (!s) s = split_table(out, &t, sample, err);
        table_free(&t);
    }
    if (s) orr_dataset_free(out);
    return s;
}
