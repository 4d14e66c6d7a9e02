/* The life of a method for learning curves. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "methods/curve/private.h"

const double orr_lc_levels[ORR_LC_LEVELS] = {0.25, 0.5, 0.7, 0.8, 0.9, 0.95};

struct orr_lc_options orr_lc_defaults(void) { return (struct orr_lc_options){.prior = -1, .seed = 1}; }

const struct orr_lc_method *orr_lc_method_find(const char *name)
{
    const struct orr_method *m = orr_method_find_for(ORR_DATA_CURVES, name);
    return m ? m->curve : NULL;
}
const char *orr_lc_method_name(const struct orr_lc_method *m) { return m->face->name; }
bool orr_lc_method_learns(const struct orr_lc_method *m) { return m->net; }

struct orr_lc_model *orr_lc_model_new(const struct orr_lc_method *method, const struct orr_lc_options *o)
{
    struct orr_lc_model *m = orr_xcalloc(1, sizeof *m);
    m->method = method;
    m->o = *o;
    m->validation = NAN;
    for (int k = 0; k < 2 * ORR_LC_KNOTS; k++)
        for (int l = 0; l < ORR_LC_LEVELS; l++) m->spread[k][l] = NAN;
    if (method->net) {
        struct orr_rng rng;
        orr_rng_seed(&rng, o->seed, 0);
        method->net->build(&m->params, &rng);
        if (!m->o.steps) m->o.steps = method->net->steps;
        if (m->o.prior < 0) m->o.prior = method->net->prior;
    }
    return m;
}

void orr_lc_model_free(struct orr_lc_model *m)
{
    if (!m) return;
    orr_params_free(&m->params);
    free(m);
}

enum orr_status orr_lc_forecast(const struct orr_lc_model *m, size_t n, struct orr_lc_item *items,
                                const struct orr_ticker *ticker, struct orr_error *err)
{
    if (m->method->net) return orr_lc_run_items(m, n, items, ticker, err);
    for (size_t i = 0; i < n; i++) {
        if (!orr_ticker_tick(ticker, m->method->face->name, "curves", i, n))
            return orr_error_set(err, ORR_ECANCELLED, m->method->face->name, "stopped");
        m->method->fit(m->method, &items[i].seen, &items[i].out);
    }
    return ORR_OK;
}
