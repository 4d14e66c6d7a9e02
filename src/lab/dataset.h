/* Data sets that the lab trains on, read from the files of the packages that hold them, from CSV files of the user, or
 * drawn. Splits are fixed: they depend on the data set alone, never on a run's seed. */
#ifndef ORRERY_LAB_DATASET_H
#define ORRERY_LAB_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/progress.h>
#include <orrery/tensor.h>

enum orr_split { ORR_TRAIN, ORR_VALIDATION, ORR_TEST, ORR_SPLITS };

struct orr_dataset {
    char name[96];            /* as asked for */
    struct orr_shape sample;  /* (features) or (channels, height, width) */
    size_t width;             /* numbers in a sample */
    int classes;              /* 0: regression of `outputs` numbers */
    int outputs;              /* classes, or numbers to predict */
    int tokens;               /* text: x holds whole numbers below this, label the token after each; 0: x holds numbers */
    int targets;              /* labels of a sample: `width` for text; 0 stands for 1 */
    size_t n[ORR_SPLITS];
    orr_real *x[ORR_SPLITS];  /* (n, sample); features standardised by the training split */
    int32_t *label[ORR_SPLITS]; /* (n, targets), classification */
    orr_real *y[ORR_SPLITS];  /* (n, outputs), regression; standardised by the training split */
};

/* Names: fashion-mnist[:SIDE[:TRAIN]] (SIDE 14: averaged to 14x14; TRAIN: so many training images), digits, iris, wine,
 * breast_cancer, diabetes, linear2d[:N], spirals, rings (drawn here), csv:FILE[:TARGET] (the last column when TARGET is not
 * given; text or few whole numbers are classes), text[:FILE][:CONTEXT[:EXAMPLES]]: windows of CONTEXT (64) bytes of the
 * glosses of WordNet, or of a UTF-8 file, and so many of them for training (see dataset_text.c).
 * shapes, textures, land-cover, litter, each [:SIDE[:TRAIN]][:grey]: pictures of eight classes drawn here, synthetic,
 * SIDE x SIDE (16), RGB or grey, so many (4000) for training and a quarter of that, at least 200, for each other split.
 * Package files are looked for in $ORRERY_DATA, the user's cache folder orrery/data, /usr/share/datasets, /usr/share and the
 * folder of scikit-learn; ENOTFOUND names the command that installs them. Free with orr_dataset_free. */
enum orr_status orr_dataset_load(const char *name, struct orr_dataset *out, struct orr_error *err);
/* The same, with ticks: ORR_ECANCELLED when one said stop. */
enum orr_status orr_dataset_load_watched(const char *name, const struct orr_ticker *ticker, struct orr_dataset *out,
                                         struct orr_error *err);
void orr_dataset_free(struct orr_dataset *d);
/* ENOTFOUND, as loading would say it, when a package file of the data set is not installed. Reads nothing. */
enum orr_status orr_dataset_present(const char *name, struct orr_error *err);

/* A file of a package by its path below those folders, "wordnet/data.noun". ENOTFOUND names the command that installs it. */
enum orr_status orr_dataset_find_file(const char *file, char path[1024], struct orr_error *err);
/* The whole of a plain or gzipped regular file, at most 256 MiB. The caller frees *out. */
enum orr_status orr_dataset_slurp(const char *path, const struct orr_ticker *ticker, unsigned char **out, size_t *n,
                                  struct orr_error *err);

static inline size_t orr_dataset_targets(const struct orr_dataset *d) { return d->targets ? (size_t)d->targets : 1; }

#endif
