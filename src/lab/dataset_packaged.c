/* Data sets of installed packages: Fashion-MNIST (IDX) and those of scikit-learn (CSV). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/mem.h"
#include "base/number.h"
#include "lab/dataset_parts.h"

enum { IMAGES_PER_TICK = 2048 };

/* ---- Fashion-MNIST ---- */

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
    enum orr_status s = orr_dataset_find_file(file, path, err);
    if (s || (s = orr_dataset_slurp(path, ticker, bytes, &n, err))) return s;
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

static enum orr_status idx_pair(const char *stem, size_t side, const struct orr_ticker *ticker, struct orr_rows *t,
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
    *t = (struct orr_rows){.n = size[0], .width = side * side, .classes = 10, .outputs = 10};
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
        orr_rows_free(t);
        *t = (struct orr_rows){0};
    }
    free(images);
    free(labels);
    return s;
}

/* The package's own test set; validation is the last twelfth of the shuffled training images. */
enum orr_status orr_dataset_fashion(struct orr_dataset *d, const char *options, const struct orr_ticker *ticker,
                                    struct orr_error *err)
{
    long side = 28, train = 0;
    if (*options && sscanf(options, ":%ld:%ld", &side, &train) < 1) side = 0;
    if (side < 4 || side > 28 || train < 0)
        return orr_error_set(err, ORR_EINVAL, d->name, "expected fashion-mnist[:SIDE[:TRAIN]] with SIDE 4..28");
    struct orr_rows all = {0}, test = {0};
    size_t *order = NULL, *in_order = NULL;
    enum orr_status s = idx_pair("train", (size_t)side, ticker, &all, err);
    if (!s) s = idx_pair("t10k", (size_t)side, ticker, &test, err);
    if (!s) {
        orr_dataset_describe(d, &all, orr_shape3(1, (int)side, (int)side));
        order = orr_dataset_shuffled(all.n);
        in_order = orr_xmalloc(test.n * sizeof *in_order);
        for (size_t i = 0; i < test.n; i++) in_order[i] = i;
        const size_t validation = all.n < 12 ? 1 : all.n / 12, most = all.n - validation;
        if (!orr_ticker_tick(ticker, "loading", "images", all.n, all.n))
            s = orr_error_set(err, ORR_ECANCELLED, d->name, "stopped while it was read");
        if (!s) s = orr_dataset_take(d, ORR_TRAIN, &all, order, train > 0 && (size_t)train < most ? (size_t)train : most, err);
        if (!s) s = orr_dataset_take(d, ORR_VALIDATION, &all, order + most, validation, err);
        if (!s) s = orr_dataset_take(d, ORR_TEST, &test, in_order, test.n, err);
    }
    free(order);
    free(in_order);
    orr_rows_free(&all);
    orr_rows_free(&test);
    if (!s && !orr_ticker_tick(ticker, "loading", "images", d->n[ORR_TRAIN], d->n[ORR_TRAIN]))
        s = orr_error_set(err, ORR_ECANCELLED, d->name, "stopped while it was read");
    if (!s) orr_dataset_scale(d, true);
    return s;
}

/* ---- tables ---- */

/* Reads rows of numbers; `skip` header rows; every row must have the same width. */
static enum orr_status read_numbers(const char *path, char separator, size_t skip, orr_numbers *out, size_t *width,
                                    struct orr_error *err)
{
    unsigned char *bytes = NULL;
    size_t n;
    struct orr_reader *r = NULL;
    struct orr_csv *csv = NULL;
    struct orr_csv_row row;
    enum orr_status s = orr_dataset_slurp(path, NULL, &bytes, &n, err);
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

static enum orr_status packaged(const char *file, size_t skip, struct orr_rows *t, struct orr_error *err)
{
    char path[1024];
    orr_numbers v = {0};
    size_t columns;
    enum orr_status s = orr_dataset_find_file(file, path, err);
    if (!s) s = read_numbers(path, ',', skip, &v, &columns, err);
    if (!s) s = orr_rows_from(path, &v, columns, true, t, err);
    free(v.data);
    return s;
}

static enum orr_status diabetes(struct orr_rows *t, struct orr_error *err)
{
    char path[1024];
    orr_numbers v = {0}, y = {0}, all = {0};
    size_t columns, one;
    enum orr_status s = orr_dataset_find_file("diabetes_data_raw.csv.gz", path, err);
    if (!s) s = read_numbers(path, ' ', 0, &v, &columns, err);
    if (!s) s = orr_dataset_find_file("diabetes_target.csv.gz", path, err);
    if (!s) s = read_numbers(path, ',', 0, &y, &one, err);
    if (!s && v.len / columns != y.len)
        s = orr_error_set(err, ORR_EFORMAT, path, "%zu targets for %zu rows", y.len, v.len / columns);
    for (size_t i = 0; !s && i < y.len; i++) {
        for (size_t j = 0; j < columns; j++) ORR_VEC_PUSH(&all, v.data[i * columns + j]);
        ORR_VEC_PUSH(&all, y.data[i]);
    }
    if (!s) s = orr_rows_from(path, &all, columns + 1, false, t, err);
    free(v.data);
    free(y.data);
    free(all.data);
    return s;
}

enum orr_status orr_rows_packaged(const char *name, bool *found, struct orr_rows *r, struct orr_error *err)
{
    static const struct {
        const char *name, *file;
        size_t skip;
    } sets[] = {{"digits", "digits.csv.gz", 0}, {"iris", "iris.csv", 1}, {"breast_cancer", "breast_cancer.csv", 1},
                {"wine", "wine_data.csv", 1}};
    *found = true;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (!strcmp(name, sets[i].name)) return packaged(sets[i].file, sets[i].skip, r, err);
    if (!strcmp(name, "diabetes")) return diabetes(r, err);
    *found = false;
    return ORR_OK;
}
