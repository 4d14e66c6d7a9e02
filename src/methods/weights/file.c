/* Fitted weight methods as safetensors files. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "methods/weights/private.h"
#include "methods/model_file.h"

static const char FORMAT[] = "orrery-weights-2";

enum orr_status orr_weights_save(const struct orr_weights_model *m, const char *path, const char *made_by,
                                 struct orr_error *err)
{
    char fraction[32], lambda[32], solver[8], seed[32];
    snprintf(fraction, sizeof fraction, "%.17g", m->o.fraction);
    snprintf(lambda, sizeof lambda, "%.17g", m->o.lambda);
    snprintf(solver, sizeof solver, "%d", (int)m->o.solver);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)m->o.seed);
    const char *const metadata[] = {"format",    FORMAT,
                                    "method",    m->method->face->name,
                                    "fraction",  fraction,
                                    "lambda",    lambda,
                                    "solver",    solver,
                                    "optimiser", m->o.optimiser ? "1" : "0",
                                    "published", m->o.published ? "1" : "0",
                                    "moments",   m->o.moments ? "1" : "0",
                                    "seed",      seed,
                                    "made_by",   made_by ? made_by : "",
                                    NULL};
    return orr_model_write(path, &m->params, orr_shape2(ORR_WEIGHTS_FRACTIONS, ORR_WEIGHTS_HORIZONS), &m->spread[0][0],
                           metadata, err);
}

enum orr_status orr_weights_load(const char *path, struct orr_weights_model **out, struct orr_error *err)
{
    struct orr_safetensors f = {0};
    struct orr_weights_model *m = NULL;
    *out = NULL;
    enum orr_status s = orr_safetensors_open(path, 0, &f, err);
    if (s) goto out;
    const struct orr_weights_method *method = orr_weights_method_find(orr_model_metadata(&f, "method"));
    if (strcmp(orr_model_metadata(&f, "format"), FORMAT) != 0 || !method) {
        s = orr_error_set(err, ORR_EFORMAT, path, "is no fitted weight method of this version");
        goto out;
    }
    struct orr_weights_options o = orr_weights_defaults();
    o.fraction = orr_model_number(&f, "fraction", 0);
    o.lambda = orr_model_number(&f, "lambda", 0);
    o.optimiser = orr_model_number(&f, "optimiser", 1) != 0;
    o.published = orr_model_number(&f, "published", 0) != 0;
    o.moments = orr_model_number(&f, "moments", 0) != 0;
    const double solver = orr_model_number(&f, "solver", ORR_RK4);
    o.solver = solver == ORR_EULER ? ORR_EULER : solver == ORR_DOPRI5 ? ORR_DOPRI5 : ORR_RK4;
    if (!(o.fraction >= 0 && o.fraction < 1) || (!(o.fraction > 0) && !method->any_fraction)) {
        s = orr_error_set(err, ORR_EFORMAT, path, "its observed fraction is out of range");
        goto out;
    }
    m = orr_weights_model_new(method, &o);
    s = orr_model_read(&f, path, &m->params, orr_shape2(ORR_WEIGHTS_FRACTIONS, ORR_WEIGHTS_HORIZONS), &m->spread[0][0],
                       err);
out:
    orr_safetensors_close(&f);
    if (s) {
        orr_weights_model_free(m);
        m = NULL;
    }
    *out = m;
    return s;
}
