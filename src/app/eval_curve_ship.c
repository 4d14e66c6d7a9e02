/* The models of datasets/models, fitted on the lab's training runs and on all real curves. */
#include <stdlib.h>

#include "app/eval_curve_cases.h"
#include "base/mem.h"

static const struct {
    const char *method, *file;
    int steps;
} shipped[] = {{"curve-blend", "curve-blend", 5000 /* of each member */},
               {"curve-ode", "curve-ode", 5000},
               {"lstm", "curve-lstm", 1500},
               {"pfn", "curve-pfn", 2000}};

enum orr_status orr_eval_curve_ship(const struct orr_eval_curve_options *o, const struct orr_eval_curves *c,
                                    const struct orr_ticker *ticker, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    struct orr_lc_example *e = orr_xcalloc(c->n_examples + 1, sizeof *e);
    size_t n = 0;
    for (size_t i = 0; i < c->n_examples; i++)
        if (c->fold[i] != -2) e[n++] = c->examples[i];
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped && !s; i++) {
        struct orr_lc_options options = orr_lc_defaults();
        struct orr_lc_model *m = NULL;
        struct orr_str path = {0}, by = {0};
        options.seed = o->seed;
        options.steps = o->steps ? o->steps : shipped[i].steps;
        orr_str_printf(&path, "%s/%s.safetensors", o->retrain, shipped[i].file);
        s = orr_lc_fit(orr_lc_method_find(shipped[i].method), n, e, &options, ticker, &m, err);
        orr_str_printf(&by, "orrery eval curve --retrain: %zu curves%s, %d steps, seed %llu", n,
                       o->real ? " with --real" : "", m->o.steps, (unsigned long long)o->seed);
        if (!s) s = orr_lc_save(m, path.data, by.data, err);
        orr_lc_model_free(m);
        orr_str_free(&path);
        orr_str_free(&by);
    }
    free(e);
    return s;
}
