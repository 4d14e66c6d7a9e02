/* Fitted methods as safetensors files: their parameters, the spread that calibrates their intervals, and metadata. */
#ifndef ORRERY_METHODS_MODEL_FILE_H
#define ORRERY_METHODS_MODEL_FILE_H

#include <orrery/params.h>

#include "base/safetensors.h"

/* spread: row-major, of shape `spread_shape`; NULL: the file has none. metadata: keys and values in turn, ended by
 * NULL. Whole or not at all. */
enum orr_status orr_model_write(const char *path, const struct orr_params *params, struct orr_shape spread_shape,
                                const double *spread, const char *const *metadata, struct orr_error *err);

/* Of an open file: a value of the metadata, "" where it is missing; the same as a number, `fallback` where it is none. */
const char *orr_model_metadata(const struct orr_safetensors *f, const char *key);
double orr_model_number(const struct orr_safetensors *f, const char *key, double fallback);

/* Fills params, laid out already, and spread. A tensor that is missing or of another shape and a parameter that
 * is not finite are ORR_EFORMAT; a spread that is not finite says that nothing was learned there. */
enum orr_status orr_model_read(struct orr_safetensors *f, const char *path, struct orr_params *params,
                               struct orr_shape spread_shape, double *spread, struct orr_error *err);

/* Of a checkpoint: three blocks of n numbers, the parameters and the optimiser's two moments. EFORMAT names what is missing
 * or of another size. */
enum orr_status orr_model_read_training(struct orr_safetensors *f, const char *path, size_t n, float *const to[3],
                                        struct orr_error *err);

#endif
