/* The life of a method for node states: fit, calibrate. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/netdyn/law.h"
#include "num/stats.h"

enum { CALIBRATED = 20 };

struct orr_nodes_options orr_nodes_defaults(void)
{
    return (struct orr_nodes_options){.window = ORR_NODES_WINDOW,
                                      .ahead = ORR_NODES_AHEAD,
                                      .windows = 1,
                                      .batch = 10,
                                      .jitter = 0.03,
                                      .late = 0.3,
                                      .seed = 1};
}

const struct orr_nodes_method *orr_nodes_method_find(const char *name)
{
    const struct orr_method *m = orr_method_find_for(ORR_DATA_NODES, name);
    return m ? m->nodes : NULL;
}
const char *orr_nodes_method_name(const struct orr_nodes_method *m) { return m->face->name; }
bool orr_nodes_method_learns(const struct orr_nodes_method *m) { return m->net || m->law; }
bool orr_nodes_method_needs_graph(const struct orr_nodes_method *m) { return m->net && m->net->graph; }

void orr_nodes_model_free(struct orr_nodes_model *m)
{
    if (!m) return;
    orr_params_free(&m->params);
    free(m);
}

struct orr_nodes_model *orr_nodes_model_new(const struct orr_nodes_method *method, const struct orr_nodes_options *o)
{
    struct orr_nodes_model *m = orr_xcalloc(1, sizeof *m);
    m->method = method;
    m->o = *o;
    m->gain = 1;
    m->validation = NAN;
    for (int k = 0; k < ORR_NODES_GRID; k++) m->spread[k] = NAN;
    struct orr_rng rng;
    orr_rng_seed(&rng, o->seed, 0);
    if (method->net) method->net->build(&m->params, o, &rng);
    if (method->law) orr_law_build(&m->params);
    return m;
}

/* |error| / scale at the grid's horizons of one window: adds n numbers to each of errors[k][at...]. */
static enum orr_status errors_of(const struct orr_nodes_model *m, const struct orr_nodes_case *c, size_t start,
                                 double **errors, size_t at, const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct orr_nodes_options *o = &m->o;
    const struct orr_nodes *x = c->x;
    const struct orr_nodes seen = {.n = x->n, .points = o->window, .step = x->step, .x = x->x + start * x->n};
    struct orr_nodes_case part = *c;
    struct orr_nodes_forecast f;
    part.x = &seen;
    double *last = orr_xmalloc(2 * x->n * sizeof *last), *scale = last + x->n, unit;
    orr_nodes_scales(&seen, 0, o->window, last, scale, &unit);
    const enum orr_status s = orr_nodes_run(m, &part, o->ahead, ticker, &f, err);
    for (int k = 0; k < ORR_NODES_GRID && !s; k++) {
        size_t h = (size_t)lround(orr_nodes_grid(k + 1) * (double)o->ahead);
        if (h < 1) h = 1;
        for (size_t i = 0; i < x->n; i++)
            errors[k][at + i] =
                fabs(f.mean[(h - 1) * x->n + i] - x->x[(start + o->window - 1 + h) * x->n + i]) / scale[i];
    }
    orr_nodes_forecast_free(&f);
    free(last);
    return s;
}

static enum orr_status calibrate(struct orr_nodes_model *m, const struct orr_nodes_case *cases,
                                 const struct orr_nodes_windows *w, const struct orr_ticker *ticker,
                                 struct orr_error *err)
{
    const size_t first = w->kept < w->n ? w->kept : 0, count = w->n - first < CALIBRATED ? w->n - first : CALIBRATED;
    size_t total = 0, at = 0;
    for (size_t k = 0; k < count; k++) total += cases[w->place[first + k].item].x->n;
    double *memory = orr_alloc(ORR_NODES_GRID * (total + 1), sizeof *memory), *errors[ORR_NODES_GRID];
    if (!memory) return orr_error_set(err, ORR_ENOMEM, "fit", "no memory to calibrate on %zu nodes", total);
    for (int k = 0; k < ORR_NODES_GRID; k++) errors[k] = memory + (size_t)k * total;
    enum orr_status s = ORR_OK;
    for (size_t k = 0; k < count && !s; k++) {
        const struct orr_nodes_case *c = &cases[w->place[first + k].item];
        s = errors_of(m, c, w->place[first + k].start, errors, at, ticker, err);
        at += c->x->n;
    }
    for (int k = 0; k < ORR_NODES_GRID && !s && at; k++) m->spread[k] = orr_stats_quantile(errors[k], at, 0.9);
    free(memory);
    return s;
}

enum orr_status orr_nodes_fit(const struct orr_nodes_method *method, const struct orr_nodes_case *cases, size_t n_cases,
                              const struct orr_nodes_options *options, const struct orr_ticker *ticker,
                              struct orr_nodes_model **out, struct orr_error *err)
{
    *out = NULL;
    struct orr_nodes_options o = *options;
    const char *name = method->face->name;
    if (!o.epochs && method->net) o.epochs = method->net->epochs;
    if (o.window < 3 || !o.ahead || !o.windows || !o.batch || o.epochs < 0 || o.window > 100000 || o.ahead > 1000000)
        return orr_error_set(err, ORR_EINVAL, name,
                             "needs a window of 3 points or more, horizons, and windows to learn from");
    if (orr_nodes_method_learns(method) && !n_cases)
        return orr_error_set(err, ORR_EINVAL, name, "learns from whole series, and there is none");
    for (size_t c = 0; c < n_cases; c++) {
        if (!cases[c].x->n) return orr_error_set(err, ORR_EINVAL, name, "series %zu has no node", c + 1);
        if (orr_nodes_method_needs_graph(method) && !cases[c].graph)
            return orr_error_set(err, ORR_EINVAL, name, "needs the true edges of series %zu: give an edge list", c + 1);
        if (o.near >= cases[c].x->n) o.near = 0;
    }
    struct orr_nodes_windows w;
    enum orr_status status = orr_nodes_windows(cases, n_cases, &o, &w, err);
    if (status) return status;
    struct orr_nodes_model *m = orr_nodes_model_new(method, &o);
    m->outcome = ORR_CONVERGED;
    if (method->net) status = orr_nodes_train(m, cases, &w, ticker, err);
    if (method->law) status = orr_law_fit(m, cases, &w, ticker, err);
    m->o.without = NULL;
    if (status == ORR_ECANCELLED) m->outcome = ORR_CANCELLED;
    if (!status && w.n) status = calibrate(m, cases, &w, ticker, err);
    free(w.place);
    if (status && status != ORR_ECANCELLED) {
        orr_nodes_model_free(m);
        m = NULL;
    }
    *out = m;
    return status;
}

bool orr_nodes_join(struct orr_nodes_model *m, const struct orr_nodes_model *other)
{
    struct orr_law law;
    size_t at = 0;
    if (!m->method->law || !other->method->law) return false;
    while (orr_law_read(&m->params, at, &law)) at++;
    for (size_t k = 0; orr_law_read(&other->params, k, &law); k++, at++) {
        if (at >= ORR_LAW_MOST) return false;
        orr_law_store(&law, at, &m->params);
    }
    return true;
}

enum orr_status orr_nodes_calibrate(struct orr_nodes_model *m, const struct orr_nodes_case *cases, size_t n_cases,
                                    const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_nodes_windows w;
    enum orr_status s = orr_nodes_windows(cases, n_cases, &m->o, &w, err);
    if (!s) s = calibrate(m, cases, &w, ticker, err);
    free(w.place);
    return s;
}
