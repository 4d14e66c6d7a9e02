/* Fitted methods for learning curves as safetensors files. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "methods/curve/private.h"
#include "methods/model_file.h"

static const char FORMAT[] = "orrery-curve-1";

static struct orr_shape spread_shape(const struct orr_lc_method *m)
{
    return orr_shape2(m->members ? 2 * ORR_LC_KNOTS : ORR_LC_KNOTS, ORR_LC_LEVELS);
}

enum orr_status orr_lc_save(const struct orr_lc_model *m, const char *path, const char *made_by, struct orr_error *err)
{
    char graph[8], seed[32], steps[32], validation[32];
    snprintf(graph, sizeof graph, "%d", (int)m->o.graph);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)m->o.seed);
    snprintf(steps, sizeof steps, "%d", m->best_step);
    snprintf(validation, sizeof validation, "%.6g", m->validation);
    const char *const metadata[] = {
        "format",     FORMAT,     "method",  m->method->face->name,  "graph", graph, "seed", seed, "steps", steps,
        "validation", validation, "made_by", made_by ? made_by : "", NULL};
    return orr_model_write(path, &m->params, spread_shape(m->method), &m->spread[0][0], metadata, err);
}

enum orr_status orr_lc_load(const char *path, struct orr_lc_model **out, struct orr_error *err)
{
    struct orr_safetensors f = {0};
    struct orr_lc_model *m = NULL;
    *out = NULL;
    enum orr_status s = orr_safetensors_open(path, 0, &f, err);
    if (s) goto out;
    const struct orr_lc_method *method = orr_lc_method_find(orr_model_metadata(&f, "method"));
    if (strcmp(orr_model_metadata(&f, "format"), FORMAT) != 0 || !method || !method->net) {
        s = orr_error_set(err, ORR_EFORMAT, path, "is no fitted method for learning curves of this version");
        goto out;
    }
    struct orr_lc_options o = orr_lc_defaults();
    o.graph = orr_model_number(&f, "graph", (double)NAN) == ORR_LC_GRAPH_NONE ? ORR_LC_GRAPH_NONE : ORR_LC_GRAPH_TRUE;
    m = orr_lc_model_new(method, &o);
    m->validation = orr_model_number(&f, "validation", (double)NAN);
    s = orr_model_read(&f, path, &m->params, spread_shape(method), &m->spread[0][0], err);
out:
    orr_safetensors_close(&f);
    if (s) {
        orr_lc_model_free(m);
        m = NULL;
    }
    *out = m;
    return s;
}
