/* The models of datasets/models, fitted on everything that there is to learn from. */
#include "app/eval_curve_cases.h"

static const struct {
    const char *name;
    int steps;
} shipped[] = {{"curve-ode", 3000}, {"lstm", 1500}, {"pfn", 2000}};

enum orr_status orr_eval_curve_ship(const struct orr_eval_curve_options *o, const struct orr_eval_curves *c,
                                    const struct orr_ticker *ticker, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped && !s; i++) {
        struct orr_lc_options options = orr_lc_defaults();
        struct orr_lc_model *m = NULL;
        struct orr_str path = {0}, by = {0};
        options.seed = o->seed;
        options.steps = o->steps ? o->steps : shipped[i].steps;
        orr_str_printf(&path, "%s/%s.safetensors", o->retrain, shipped[i].name);
        orr_str_printf(&by, "orrery eval curve --retrain: %zu curves%s, %d steps, seed %llu", c->n_examples,
                       o->real ? " with --real" : "", options.steps, (unsigned long long)o->seed);
        s = orr_lc_fit(orr_lc_method_find(shipped[i].name), c->n_examples, c->examples, &options, ticker, &m, err);
        if (!s) s = orr_lc_save(m, path.data, by.data, err);
        orr_lc_model_free(m);
        orr_str_free(&path);
        orr_str_free(&by);
    }
    return s;
}
