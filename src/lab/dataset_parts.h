/* Private to the lab's data sets: what their loaders share. dataset.c splits and scales, dataset_file.c finds and reads files,
 * dataset_packaged.c reads those of installed packages, dataset_csv.c and dataset_text.c those of the user,
 * dataset_drawn.c draws. */
#ifndef ORRERY_LAB_DATASET_PARTS_H
#define ORRERY_LAB_DATASET_PARTS_H

#include <stdbool.h>

#include "base/vec.h"
#include "image/sets.h"
#include "lab/dataset.h"

enum { ORR_SPLIT_SEED = 20260 }; /* of everything that is drawn or shuffled here */

/* All samples before they are split. */
struct orr_rows {
    size_t n, width;
    int classes, outputs;
    orr_real *x;    /* (n, width) */
    int32_t *label; /* (n) or NULL */
    orr_real *y;    /* (n, outputs) or NULL */
};
void orr_rows_free(struct orr_rows *r);

typedef ORR_VEC(double) orr_numbers;
/* Rows of `columns` numbers: features and, in the last column, a class or a quantity. */
enum orr_status orr_rows_from(const char *where, const orr_numbers *v, size_t columns, bool is_class, struct orr_rows *r,
                              struct orr_error *err);

/* ---- dataset.c: from rows to splits ---- */
void orr_dataset_describe(struct orr_dataset *d, const struct orr_rows *r, struct orr_shape sample);
size_t *orr_dataset_shuffled(size_t n); /* a fixed permutation of 0..n-1; the caller frees it */
/* The rows order[0..n) become split s. */
enum orr_status orr_dataset_take(struct orr_dataset *d, enum orr_split s, const struct orr_rows *r, const size_t *order,
                                 size_t n, struct orr_error *err);
/* Features, and numbers to predict, to mean 0 and deviation 1 over the training split; images by one scale for all. */
void orr_dataset_scale(struct orr_dataset *d, bool image);

/* ---- loaders ---- */
/* iris, wine, breast_cancer, diabetes, digits; *found: whether the name is one of them. */
enum orr_status orr_rows_packaged(const char *name, bool *found, struct orr_rows *r, struct orr_error *err);
enum orr_status orr_rows_csv(const char *spec, struct orr_rows *r, struct orr_error *err); /* FILE[:TARGET] */
bool orr_rows_drawn(const char *name, struct orr_rows *r); /* linear2d[:N], spirals, rings; false: another name */
/* Those that come in splits. options: what follows the name, "" or ":14:1000". */
enum orr_status orr_dataset_fashion(struct orr_dataset *d, const char *options, const struct orr_ticker *ticker,
                                    struct orr_error *err);
enum orr_status orr_dataset_pictures(struct orr_dataset *d, const struct orr_image_set *set, const char *options,
                                     const struct orr_ticker *ticker, struct orr_error *err);
enum orr_status orr_dataset_text(struct orr_dataset *d, const char *options, const struct orr_ticker *ticker,
                                 struct orr_error *err);

#endif
