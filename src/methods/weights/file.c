/* Fitted weight methods as safetensors files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/safetensors.h"
#include "methods/weights/private.h"

static const char FORMAT[] = "orrery-weights-2";

enum orr_status orr_weights_save(const struct orr_weights_model *m, const char *path, const char *made_by,
                                 struct orr_error *err)
{
    const size_t n = m->params.n_tensors;
    struct orr_safetensor_out *out = orr_xcalloc(n + 1, sizeof *out);
    int64_t(*shape)[ORR_MAX_AXES] = orr_xcalloc(n + 1, sizeof *shape);
    float *numbers = orr_xcalloc(m->params.n + 1, sizeof *numbers),
          spread[ORR_WEIGHTS_FRACTIONS * ORR_WEIGHTS_HORIZONS];
    for (size_t i = 0; i < m->params.n; i++) numbers[i] = (float)m->params.value[i];
    for (size_t i = 0; i < n; i++) {
        const struct orr_param_tensor *t = &m->params.tensor[i];
        for (int a = 0; a < t->shape.axes; a++) shape[i][a] = t->shape.size[a];
        out[i] = (struct orr_safetensor_out){t->name, shape[i], t->shape.axes, numbers + t->offset};
    }
    for (size_t i = 0; i < sizeof spread / sizeof *spread; i++)
        spread[i] = (float)m->spread[i / ORR_WEIGHTS_HORIZONS][i % ORR_WEIGHTS_HORIZONS];
    shape[n][0] = ORR_WEIGHTS_FRACTIONS;
    shape[n][1] = ORR_WEIGHTS_HORIZONS;
    out[n] = (struct orr_safetensor_out){"calibration.spread", shape[n], 2, spread};
    char fraction[32], lambda[32], solver[8], seed[32];
    snprintf(fraction, sizeof fraction, "%.17g", m->o.fraction);
    snprintf(lambda, sizeof lambda, "%.17g", m->o.lambda);
    snprintf(solver, sizeof solver, "%d", (int)m->o.solver);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)m->o.seed);
    const char *const metadata[] = {"format",   FORMAT,   "method",    m->method->face->name,
                                    "fraction", fraction, "lambda",    lambda,
                                    "solver",   solver,   "optimiser", m->o.optimiser ? "1" : "0",
                                    "published", m->o.published ? "1" : "0",
                                    "moments",  m->o.moments ? "1" : "0",
                                    "seed",     seed,     "made_by",   made_by ? made_by : "",
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

static double number(const struct orr_safetensors *f, const char *key, double fallback)
{
    double x;
    const char *text = metadata(f, key);
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

enum orr_status orr_weights_load(const char *path, struct orr_weights_model **out, struct orr_error *err)
{
    struct orr_safetensors f = {0};
    struct orr_weights_model *m = NULL;
    float *numbers = NULL;
    *out = NULL;
    enum orr_status s = orr_safetensors_open(path, 0, &f, err);
    if (s) goto out;
    const struct orr_weights_method *method = orr_weights_method_find(metadata(&f, "method"));
    if (strcmp(metadata(&f, "format"), FORMAT) != 0 || !method) {
        s = orr_error_set(err, ORR_EFORMAT, path, "is no fitted weight method of this version");
        goto out;
    }
    struct orr_weights_options o = orr_weights_defaults();
    o.fraction = number(&f, "fraction", 0);
    o.lambda = number(&f, "lambda", 0);
    o.optimiser = number(&f, "optimiser", 1) != 0;
    o.published = number(&f, "published", 0) != 0;
    o.moments = number(&f, "moments", 0) != 0;
    const double solver = number(&f, "solver", ORR_RK4);
    o.solver = solver == ORR_EULER ? ORR_EULER : solver == ORR_DOPRI5 ? ORR_DOPRI5 : ORR_RK4;
    if (!(o.fraction >= 0 && o.fraction < 1) || (!(o.fraction > 0) && !method->any_fraction)) {
        s = orr_error_set(err, ORR_EFORMAT, path, "its observed fraction is out of range");
        goto out;
    }
    m = orr_weights_model_new(method, &o);
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
    float spread[ORR_WEIGHTS_FRACTIONS * ORR_WEIGHTS_HORIZONS];
    if (!s)
        s = read_tensor(&f, path, "calibration.spread", orr_shape2(ORR_WEIGHTS_FRACTIONS, ORR_WEIGHTS_HORIZONS), spread,
                        err);
    for (size_t i = 0; i < sizeof spread / sizeof *spread && !s; i++)
        m->spread[i / ORR_WEIGHTS_HORIZONS][i % ORR_WEIGHTS_HORIZONS] = (double)spread[i];
out:
    orr_safetensors_close(&f);
    free(numbers);
    if (s) {
        orr_weights_model_free(m);
        m = NULL;
    }
    *out = m;
    return s;
}
