/* Fitted methods for node states as safetensors files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/safetensors.h"
#include "methods/netdyn/private.h"

static const char FORMAT[] = "orrery-nodes-1";
static const char SPREAD[] = "calibration.spread";

enum orr_status orr_nodes_save(const struct orr_nodes_model *m, const char *path, const char *made_by,
                               struct orr_error *err)
{
    const size_t n = m->params.n_tensors;
    struct orr_safetensor_out *out = orr_xcalloc(n + 1, sizeof *out);
    int64_t(*shape)[ORR_MAX_AXES] = orr_xcalloc(n + 1, sizeof *shape);
    float *numbers = orr_xcalloc(m->params.n + 1, sizeof *numbers), spread[ORR_NODES_GRID];
    for (size_t i = 0; i < m->params.n; i++) numbers[i] = (float)m->params.value[i];
    for (size_t i = 0; i < n; i++) {
        const struct orr_param_tensor *t = &m->params.tensor[i];
        for (int a = 0; a < t->shape.axes; a++) shape[i][a] = t->shape.size[a];
        out[i] = (struct orr_safetensor_out){t->name, shape[i], t->shape.axes, numbers + t->offset};
    }
    for (int k = 0; k < ORR_NODES_GRID; k++) spread[k] = (float)m->spread[k];
    shape[n][0] = ORR_NODES_GRID;
    out[n] = (struct orr_safetensor_out){SPREAD, shape[n], 1, spread};
    char window[32], ahead[32], near[32], seed[32], gain[32];
    snprintf(window, sizeof window, "%zu", m->o.window);
    snprintf(ahead, sizeof ahead, "%zu", m->o.ahead);
    snprintf(near, sizeof near, "%zu", m->o.near);
    snprintf(gain, sizeof gain, "%.9g", m->gain);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)m->o.seed);
    const char *const metadata[] = {"format", FORMAT, "method",  m->method->face->name,
                                    "window", window, "ahead",   ahead,
                                    "near",   near,   "seed",    seed,
                                    "gain",   gain,   "made_by", made_by ? made_by : "",
                                    NULL};
    const enum orr_status s = orr_safetensors_write(path, out, n + 1, metadata, err);
    free(out);
    free(shape);
    free(numbers);
    return s;
}

static const char *metadata(const struct orr_safetensors *f, const char *key)
{
    for (size_t i = 0; i < f->n_metadata; i++)
        if (!strcmp(f->metadata[i].key, key)) return f->metadata[i].value;
    return "";
}

/* 0 where it is missing or out of range. */
static size_t size_of(const struct orr_safetensors *f, const char *key)
{
    int64_t x;
    const char *text = metadata(f, key);
    return orr_parse_int64(text, strlen(text), &x) && x > 0 && x <= 100000 ? (size_t)x : 0;
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

enum orr_status orr_nodes_load(const char *path, struct orr_nodes_model **out, struct orr_error *err)
{
    struct orr_safetensors f = {0};
    struct orr_nodes_model *m = NULL;
    float *numbers = NULL, spread[ORR_NODES_GRID];
    *out = NULL;
    enum orr_status s = orr_safetensors_open(path, 0, &f, err);
    if (s) goto out;
    const struct orr_nodes_method *method = orr_nodes_method_find(metadata(&f, "method"));
    struct orr_nodes_options o = orr_nodes_defaults();
    o.window = size_of(&f, "window");
    o.ahead = size_of(&f, "ahead");
    o.near = size_of(&f, "near");
    o.seed = size_of(&f, "seed");
    const char *gain = metadata(&f, "gain");
    double scale = 0;
    if (!orr_parse_double(gain, strlen(gain), &scale) || !(scale > 0 && scale < 1e9)) scale = 0;
    if (strcmp(metadata(&f, "format"), FORMAT) != 0 || !method || o.window < 3 || !o.ahead || !(scale > 0)) {
        s = orr_error_set(err, ORR_EFORMAT, path, "is no fitted method for node states of this version");
        goto out;
    }
    m = orr_nodes_model_new(method, &o);
    m->gain = scale;
    m->outcome = method->net ? ORR_STOPPED_AT_LIMIT : ORR_CONVERGED;
    numbers = orr_xcalloc(m->params.n + 1, sizeof *numbers);
    for (size_t i = 0; i < m->params.n_tensors && !s; i++) {
        const struct orr_param_tensor *t = &m->params.tensor[i];
        s = read_tensor(&f, path, t->name, t->shape, numbers + t->offset, err);
    }
    for (size_t i = 0; i < m->params.n && !s; i++) {
        m->params.value[i] = (orr_real)numbers[i];
        if (!isfinite(numbers[i]))
            s = orr_error_set(err, ORR_EFORMAT, path, "a parameter is not finite: fit the model anew");
    }
    if (!s) s = read_tensor(&f, path, SPREAD, orr_shape1(ORR_NODES_GRID), spread, err);
    for (int k = 0; k < ORR_NODES_GRID && !s; k++) m->spread[k] = (double)spread[k];
out:
    orr_safetensors_close(&f);
    free(numbers);
    if (s) {
        orr_nodes_model_free(m);
        m = NULL;
    }
    *out = m;
    return s;
}
