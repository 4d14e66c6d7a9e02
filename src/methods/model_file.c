#include "methods/model_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"

static const char SPREAD[] = "calibration.spread";

enum orr_status orr_model_write(const char *path, const struct orr_params *params, struct orr_shape spread_shape,
                                const double *spread, const char *const *metadata, struct orr_error *err)
{
    const size_t n = params->n_tensors, n_spread = spread ? orr_shape_count(spread_shape) : 0;
    struct orr_safetensor_out *out = orr_xcalloc(n + 1, sizeof *out);
    int64_t(*shape)[ORR_MAX_AXES] = orr_xcalloc(n + 1, sizeof *shape);
    float *numbers = orr_xcalloc(params->n + n_spread + 1, sizeof *numbers);
    for (size_t i = 0; i < params->n; i++) numbers[i] = (float)params->value[i];
    for (size_t i = 0; i < n_spread; i++) numbers[params->n + i] = (float)spread[i];
    for (size_t i = 0; i <= n; i++) {
        const struct orr_shape s = i < n ? params->tensor[i].shape : spread_shape;
        for (int a = 0; a < s.axes; a++) shape[i][a] = s.size[a];
        out[i] = (struct orr_safetensor_out){i < n ? params->tensor[i].name : SPREAD, shape[i], s.axes,
                                             numbers + (i < n ? params->tensor[i].offset : params->n)};
    }
    const enum orr_status s = orr_safetensors_write(path, out, n + (spread != NULL), metadata, err);
    free(out);
    free(shape);
    free(numbers);
    return s;
}

const char *orr_model_metadata(const struct orr_safetensors *f, const char *key)
{
    for (size_t i = 0; i < f->n_metadata; i++)
        if (!strcmp(f->metadata[i].key, key)) return f->metadata[i].value;
    return "";
}

double orr_model_number(const struct orr_safetensors *f, const char *key, double fallback)
{
    double x;
    const char *text = orr_model_metadata(f, key);
    return orr_parse_double(text, strlen(text), &x) ? x : fallback;
}

static enum orr_status read_tensor(struct orr_safetensors *f, const char *path, const char *name,
                                   struct orr_shape shape, float *out, struct orr_error *err)
{
    const struct orr_safetensor *t = orr_safetensors_find(f, name);
    bool fits = t && t->rank == shape.axes;
    for (int a = 0; fits && a < shape.axes; a++) fits = t->shape[a] == shape.size[a];
    if (!fits)
        return orr_error_set(err, ORR_EFORMAT, path, "tensor %s is missing or has another shape: fit the model anew",
                             name);
    return orr_safetensors_read(f, t, 0, t->count, out, err);
}

enum orr_status orr_model_read(struct orr_safetensors *f, const char *path, struct orr_params *params,
                               struct orr_shape spread_shape, double *spread, struct orr_error *err)
{
    const size_t n_spread = spread ? orr_shape_count(spread_shape) : 0;
    float *numbers = orr_xcalloc(params->n + n_spread + 1, sizeof *numbers);
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < params->n_tensors && !s; i++)
        s = read_tensor(f, path, params->tensor[i].name, params->tensor[i].shape, numbers + params->tensor[i].offset,
                        err);
    if (!s && spread) s = read_tensor(f, path, SPREAD, spread_shape, numbers + params->n, err);
    for (size_t i = 0; i < params->n && !s; i++) {
        params->value[i] = (orr_real)numbers[i];
        if (!isfinite(numbers[i]))
            s = orr_error_set(err, ORR_EFORMAT, path, "a parameter is not finite: fit the model anew");
    }
    for (size_t i = 0; i < n_spread && !s; i++) spread[i] = (double)numbers[params->n + i];
    free(numbers);
    return s;
}

enum orr_status orr_model_read_training(struct orr_safetensors *f, const char *path, size_t n, float *const to[3],
                                        struct orr_error *err)
{
    static const char *const names[3] = {"params", "optim.m", "optim.v"};
    enum orr_status s = ORR_OK;
    for (size_t k = 0; k < 3 && !s; k++) {
        const struct orr_safetensor *t = orr_safetensors_find(f, names[k]);
        if (!t || t->count != n)
            s = orr_error_set(err, ORR_EFORMAT, path, "its '%s' is missing or of another size", names[k]);
        else
            s = orr_safetensors_read(f, t, 0, t->count, to[k], err);
    }
    return s;
}
