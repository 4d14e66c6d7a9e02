/* The models of datasets/models, fitted on everything that there is to learn from. */
#include "app/eval_curve_cases.h"

enum { STEPS = 6000 };

enum orr_status orr_eval_curve_ship(const struct orr_eval_curve_options *o, const struct orr_eval_curves *c,
                                    const struct orr_ticker *ticker, struct orr_error *err)
{
    static const char *const names[] = {"curve-ode", "lstm", "pfn"};
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names && !s; i++) {
        struct orr_lc_options options = orr_lc_defaults();
        struct orr_lc_model *m = NULL;
        struct orr_str path = {0}, by = {0};
        options.seed = o->seed;
        options.steps = o->steps ? o->steps : STEPS;
        orr_str_printf(&path, "%s/%s.safetensors", o->retrain, names[i]);
        orr_str_printf(&by, "orrery eval curve --retrain: %zu curves%s, %d steps, seed %llu", c->n_examples,
                       o->real ? " with --real" : "", options.steps, (unsigned long long)o->seed);
        s = orr_lc_fit(orr_lc_method_find(names[i]), c->n_examples, c->examples, &options, ticker, &m, err);
        if (!s) s = orr_lc_save(m, path.data, by.data, err);
        orr_lc_model_free(m);
        orr_str_free(&path);
        orr_str_free(&by);
    }
    return s;
}
