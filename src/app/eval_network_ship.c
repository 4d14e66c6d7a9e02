/* The shipped models for node states: one network for all seven dynamics and four families, and a law for each dynamics. */
#include <stdlib.h>
#include <string.h>

#include "app/eval_network_panel.h"
#include "base/mem.h"
#include "base/str.h"

enum { SERIES = 24, SIZES = 3, EPOCHS = 100 };
static const size_t sizes[SIZES] = {20, 40, 60};

static bool wanted(const struct orr_eval_network_options *o, const char *method)
{
    for (size_t k = 0; k < o->n_methods; k++)
        if (!strcmp(o->methods[k], method)) return true;
    return !o->n_methods;
}

static enum orr_status save(const struct orr_nodes_model *m, const struct orr_eval_network_options *o,
                            const char *method, size_t n, struct orr_error *err)
{
    struct orr_str path = {0}, by = {0};
    orr_str_printf(&path, "%s/nodes-%s.safetensors", o->retrain, method);
    orr_str_printf(&by,
                   "orrery eval network --retrain: %zu synthetic series, seven dynamics on four families, seed %llu", n,
                   (unsigned long long)o->seed);
    const enum orr_status s = orr_nodes_save(m, path.data, by.data, err);
    orr_str_free(&path);
    orr_str_free(&by);
    return s;
}

/* A law for each dynamics, and intervals from all. */
static enum orr_status fit_laws(const struct orr_nodes_case *cases, size_t n, const struct orr_nodes_options *fit,
                                const struct orr_ticker *ticker, struct orr_nodes_model **out, struct orr_error *err)
{
    struct orr_nodes_case *own = orr_xcalloc(n, sizeof *own);
    enum orr_status s = ORR_OK;
    for (size_t kind = 0; kind < ORR_DYNAMICS_KINDS && !s; kind++) {
        struct orr_nodes_model *m = NULL;
        size_t count = 0;
        for (size_t k = kind; k < n; k += ORR_DYNAMICS_KINDS) own[count++] = cases[k];
        s = orr_nodes_fit(orr_nodes_method_find("netdyn-law"), own, count, fit, ticker, &m, err);
        if (s || !*out) {
            orr_nodes_model_free(*out);
            *out = m;
            continue;
        }
        orr_nodes_join(*out, m);
        orr_nodes_model_free(m);
    }
    if (!s) s = orr_nodes_calibrate(*out, cases, n, ticker, err);
    free(own);
    return s;
}

enum orr_status orr_eval_network_ship(const struct orr_eval_network_options *o, const struct orr_ticker *ticker,
                                      struct orr_error *err)
{
    const size_t each = o->series ? o->series : SERIES, n = each * ORR_DYNAMICS_KINDS * ORR_TOPOLOGIES;
    struct orr_nodes *x = orr_xcalloc(n, sizeof *x);
    struct orr_nodes_case *cases = orr_xcalloc(n, sizeof *cases);
    struct orr_nodes_options fit = orr_nodes_defaults();
    struct orr_nodes_model *m = NULL;
    enum orr_status s = ORR_OK;
    size_t made = 0;
    /* Kinds in turn, so that the fifth held back holds all of them. */
    for (; made < n && !s; made++) {
        struct orr_network_options w = orr_network_defaults();
        w.dynamics = (enum orr_dynamics)(made % ORR_DYNAMICS_KINDS);
        w.topology = (enum orr_topology)(made / ORR_DYNAMICS_KINDS % ORR_TOPOLOGIES);
        w.nodes = o->nodes ? o->nodes : sizes[made / (ORR_DYNAMICS_KINDS * ORR_TOPOLOGIES) % SIZES];
        w.seed = o->seed;
        w.item = made / (ORR_DYNAMICS_KINDS * ORR_TOPOLOGIES);
        s = orr_network_simulate(&w, ticker, NULL, &x[made], err);
        cases[made].x = &x[made];
    }
    fit.epochs = o->epochs ? o->epochs : EPOCHS;
    fit.seed = o->seed;
    if (!s && wanted(o, "netdyn")) {
        s = orr_nodes_fit(orr_nodes_method_find("netdyn"), cases, n, &fit, ticker, &m, err);
        if (!s) s = save(m, o, "netdyn", n, err);
        orr_nodes_model_free(m);
        m = NULL;
    }
    if (!s && wanted(o, "netdyn-law")) {
        s = fit_laws(cases, n, &fit, ticker, &m, err);
        if (!s) s = save(m, o, "netdyn-law", n, err);
    }
    orr_nodes_model_free(m);
    for (size_t k = 0; k < made; k++) orr_nodes_free(&x[k]);
    free(x);
    free(cases);
    return s;
}
