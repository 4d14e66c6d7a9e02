/* Fitted methods for learning curves as safetensors files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/safetensors.h"
#include "methods/curve/private.h"

static const char FORMAT[] = "orrery-curve-1";

enum orr_status orr_lc_save(const struct orr_lc_model *m, const char *path, const char *made_by, struct orr_error *err)
{
    const size_t n = m->params.n_tensors;
    struct orr_safetensor_out *out = orr_xcalloc(n + 1, sizeof *out);
    int64_t(*shape)[ORR_MAX_AXES] = orr_xcalloc(n + 1, sizeof *shape);
    float *numbers = orr_xcalloc(m->params.n + 1, sizeof *numbers), spread[ORR_LC_KNOTS * ORR_LC_LEVELS];
    for (size_t i = 0; i < m->params.n; i++) numbers[i] = (float)m->params.value[i];
    for (size_t i = 0; i < n; i++) {
        const struct orr_param_tensor *t = &m->params.tensor[i];
        for (int a = 0; a < t->shape.axes; a++) shape[i][a] = t->shape.size[a];
        out[i] = (struct orr_safetensor_out){t->name, shape[i], t->shape.axes, numbers + t->offset};
    }
    for (int i = 0; i < ORR_LC_KNOTS * ORR_LC_LEVELS; i++)
        spread[i] = (float)m->spread[i / ORR_LC_LEVELS][i % ORR_LC_LEVELS];
    shape[n][0] = ORR_LC_KNOTS;
    shape[n][1] = ORR_LC_LEVELS;
    out[n] = (struct orr_safetensor_out){"calibration.spread", shape[n], 2, spread};
    char graph[8], seed[32], steps[32], validation[32];
    snprintf(graph, sizeof graph, "%d", (int)m->o.graph);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)m->o.seed);
    snprintf(steps, sizeof steps, "%d", m->best_step);
    snprintf(validation, sizeof validation, "%.6g", m->validation);
    const char *const metadata[] = {
        "format",     FORMAT,     "method",  m->method->face->name,  "graph", graph, "seed", seed, "steps", steps,
        "validation", validation, "made_by", made_by ? made_by : "", NULL};
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

static double number(const struct orr_safetensors *f, const char *key)
{
    double x;
    const char *text = metadata(f, key);
    return orr_parse_double(text, strlen(text), &x) ? x : NAN;
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
    const enum orr_status s = orr_safetensors_read(f, t, 0, t->count, out, err);
    for (size_t i = 0; i < t->count && !s; i++)
        if (!isfinite(out[i]))
            return orr_error_set(err, ORR_EFORMAT, path,
                                 "tensor %s holds numbers that are not finite: fit the model anew", name);
    return s;
}

enum orr_status orr_lc_load(const char *path, struct orr_lc_model **out, struct orr_error *err)
{
    struct orr_safetensors f = {0};
    struct orr_lc_model *m = NULL;
    float *numbers = NULL, spread[ORR_LC_KNOTS * ORR_LC_LEVELS];
    *out = NULL;
    enum orr_status s = orr_safetensors_open(path, 0, &f, err);
    if (s) goto out;
    const struct orr_lc_method *method = orr_lc_method_find(metadata(&f, "method"));
    if (strcmp(metadata(&f, "format"), FORMAT) != 0 || !method || !method->net) {
        s = orr_error_set(err, ORR_EFORMAT, path, "is no fitted method for learning curves of this version");
        goto out;
    }
    struct orr_lc_options o = orr_lc_defaults();
    o.graph = number(&f, "graph") == ORR_LC_GRAPH_NONE ? ORR_LC_GRAPH_NONE : ORR_LC_GRAPH_TRUE;
    m = orr_lc_model_new(method, &o);
    m->validation = number(&f, "validation");
    numbers = orr_xcalloc(m->params.n + 1, sizeof *numbers);
    for (size_t i = 0; i < m->params.n_tensors && !s; i++) {
        const struct orr_param_tensor *t = &m->params.tensor[i];
        s = read_tensor(&f, path, t->name, t->shape, numbers + t->offset, err);
    }
    for (size_t i = 0; i < m->params.n && !s; i++) m->params.value[i] = (orr_real)numbers[i];
    if (!s) s = read_tensor(&f, path, "calibration.spread", orr_shape2(ORR_LC_KNOTS, ORR_LC_LEVELS), spread, err);
    for (int i = 0; i < ORR_LC_KNOTS * ORR_LC_LEVELS && !s; i++)
        m->spread[i / ORR_LC_LEVELS][i % ORR_LC_LEVELS] = (double)spread[i];
out:
    orr_safetensors_close(&f);
    free(numbers);
    if (s) {
        orr_lc_model_free(m);
        m = NULL;
    }
    *out = m;
    return s;
}
