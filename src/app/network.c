/* Forecasts of node states: which model, from which rows, compared with what came. */
#include "app/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/example.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

enum { OWN_WINDOWS = 48, DENSE = 2000, NEAR = 32, FARTHEST = 100000 };
static const double LEVEL = 0.9, MISFIT = 50; /* of derivatives, mean square: none of the shipped laws holds */

struct orr_network_query orr_network_query_defaults(void)
{
    return (struct orr_network_query){.method = "netdyn-law", .seed = 1};
}

void orr_network_forecast_free(struct orr_network_forecast *f)
{
    orr_nodes_forecast_free(&f->f);
    free(f->truth);
    free((char *)(uintptr_t)f->fitted);
    *f = (struct orr_network_forecast){0};
}

/* ---- synthetic ones ---- */

enum orr_status orr_network_draw(const struct orr_network_options *o, struct orr_network *out,
                                 struct orr_system *system, struct orr_error *err)
{
    struct orr_system drawn;
    struct orr_nodes x;
    *out = (struct orr_network){0};
    if (system) *system = (struct orr_system){0};
    const enum orr_status s = orr_network_simulate(o, NULL, &drawn, &x, err);
    if (s) return s;
    out->n = x.n;
    out->points = x.points;
    out->t = orr_xmalloc(x.points * sizeof *out->t);
    for (size_t k = 0; k < x.points; k++) out->t[k] = x.t0 + x.step * (double)k;
    out->x = x.x; /* taken over */
    for (size_t i = 0; i < x.n; i++) {
        char name[32];
        orr_intern_add(&out->names, 0, name, (size_t)snprintf(name, sizeof name, "n%zu", i));
    }
    if (system) {
        *system = drawn;
        struct orr_edge *edges = orr_xcalloc(drawn.graph.m + 1, sizeof *edges);
        size_t m = 0;
        for (size_t i = 0; i < x.n; i++)
            for (size_t e = drawn.graph.row[i]; e < drawn.graph.row[i + 1]; e++)
                edges[m++] = (struct orr_edge){(int32_t)i, drawn.graph.from[e], drawn.graph.weight[e]};
        const enum orr_status copied = orr_graph_build(x.n, edges, m, &out->graph, err);
        free(edges);
        return copied;
    }
    out->graph = drawn.graph;
    drawn.graph = (struct orr_graph){0};
    orr_system_free(&drawn);
    return ORR_OK;
}

/* ---- the model ---- */

/* Fitted to windows of the observed rows themselves: half of them window, half ahead, as far as published sizes. */
static enum orr_status fit_own(const struct orr_nodes_method *method, const struct orr_nodes_case *c, size_t horizon,
                               const struct orr_network_query *q, const struct orr_ticker *ticker,
                               struct orr_nodes_model **m, struct orr_error *err)
{
    struct orr_nodes_options o = orr_nodes_defaults();
    const size_t points = c->x->points;
    o.seed = q->seed;
    o.epochs = q->epochs;
    o.near = q->near ? q->near : c->x->n > DENSE ? NEAR : 0;
    o.window = points / 2 < ORR_NODES_WINDOW ? points / 2 : ORR_NODES_WINDOW;
    o.ahead = points - o.window < horizon ? points - o.window : horizon;
    if (o.ahead > (points - o.window) / 2 + 1)
        o.ahead = (points - o.window) / 2 + 1; /* several windows to learn from */
    o.windows = OWN_WINDOWS;
    if (points < 6)
        return orr_error_set(err, ORR_EINVAL, q->method,
                             "%zu rows observed: a fit to them needs 6 or more; observe more, or "
                             "take persistence, ar or var",
                             points);
    return orr_nodes_fit(method, c, 1, &o, ticker, m, err);
}

/* datasets/models/METHOD.safetensors; NULL: none. The caller frees. */
static char *shipped(const char *method)
{
    char *datasets = orr_example_datasets();
    struct orr_str path = {0};
    orr_str_printf(&path, "%s/models/nodes-%s.safetensors", datasets ? datasets : "datasets", method);
    free(datasets);
    if (access(path.data, R_OK) == 0) return path.data;
    orr_str_free(&path);
    return NULL;
}

static enum orr_status get_model(const struct orr_nodes_method *method, const struct orr_nodes_case *c, size_t horizon,
                                 const struct orr_network_query *q, const struct orr_ticker *ticker,
                                 struct orr_nodes_model **m, const char **fitted, struct orr_error *err)
{
    const struct orr_nodes_options o = orr_nodes_defaults();
    if (!orr_nodes_method_learns(method)) {
        *fitted = orr_xstrdup("no fit");
        return orr_nodes_fit(method, NULL, 0, &o, ticker, m, err);
    }
    char *path = q->model ? orr_xstrdup(q->model) : !q->fit ? shipped(q->method) : NULL;
    enum orr_status s = path ? orr_nodes_load(path, m, err) : ORR_OK;
    if (!s && *m && (*m)->method != method && q->model)
        s = orr_error_set(err, ORR_EINVAL, path, "holds a fit of %s, not of %s", orr_nodes_method_name((*m)->method),
                          q->method);
    if (!s && *m && !q->model && c->x->points < (*m)->o.window) { /* too short for the shipped one */
        orr_nodes_model_free(*m);
        *m = NULL;
    }
    *fitted = s || *m ? path : orr_xstrdup("the observed rows");
    if (*fitted != path) free(path);
    if (!s && *m && c->x->n > DENSE) (*m)->o.near = q->near ? q->near : NEAR;
    if (!s && *m && q->near && q->near < c->x->n) (*m)->o.near = q->near;
    if (!s && !*m && q->never_fit)
        s = orr_error_set(err, ORR_EUNSUPPORTED, q->method,
                          "no fitted model for these rows; orrery forecast network fits one");
    if (!s && !*m) s = fit_own(method, c, horizon, q, ticker, m, err);
    return s;
}

/* ---- the forecast ---- */

static void compare(const struct orr_network *w, struct orr_network_forecast *f)
{
    double absolute = 0, square = 0;
    size_t known = 0;
    for (size_t h = 0; h < f->horizon; h++)
        for (size_t i = 0; i < w->n; i++) {
            const double t = f->t0 + f->step * (double)(h + 1), end = w->t[w->points - 1];
            double v = NAN;
            if (!w->uneven && f->observed + h < w->points)
                v = w->x[(f->observed + h) * w->n + i];
            else if (w->uneven && t <= end)
                v = orr_network_value(w, i, f->observed - 1, w->points - 1, t);
            f->truth[h * w->n + i] = v;
            if (isnan(v)) continue;
            const double e = f->f.mean[h * w->n + i] - v;
            absolute += fabs(e);
            square += e * e;
            known++;
        }
    f->mae = known ? absolute / (double)known : (double)NAN;
    f->rmse = known ? sqrt(square / (double)known) : (double)NAN;
}

/* The equations of a named kind with parameters at the middle of what is drawn: the table does not say them. */
static enum orr_status known_equations(const char *name, size_t n, struct orr_system *s, struct orr_error *err)
{
    const int kind = orr_dynamics_find(name);
    if (kind < 0) return orr_error_set(err, ORR_EINVAL, "--dynamics", "no dynamics '%s'", name);
    *s = (struct orr_system){.kind = (enum orr_dynamics)kind};
    s->a = orr_xmalloc(n * sizeof *s->a);
    s->b = orr_xmalloc(n * sizeof *s->b);
    for (size_t i = 0; i < n; i++) s->a[i] = kind == ORR_KURAMOTO ? 0 : 1, s->b[i] = 1;
    return orr_graph_build(n, NULL, 0, &s->graph, err);
}

enum orr_status orr_network_predict(const struct orr_network *w, const struct orr_network_query *q,
                                    const struct orr_ticker *ticker, struct orr_network_forecast *out,
                                    struct orr_error *err)
{
    const double begin = orr_clock_now();
    const struct orr_nodes_method *method = orr_nodes_method_find(q->method);
    const size_t observe = q->observe ? q->observe : w->points;
    *out = (struct orr_network_forecast){.mae = NAN, .rmse = NAN, .auc = NAN, .seed = q->seed};
    if (!method) return orr_error_set(err, ORR_EINVAL, "--method", "no method '%s' for node states", q->method);
    if (observe < 2 || observe > w->points)
        return orr_error_set(err, ORR_EINVAL, "--observe", "%zu rows of %zu: observe at least 2, and no more than there are",
                             observe, w->points);
    out->method = orr_nodes_method_name(method);
    out->observed = observe;
    out->horizon = q->horizon ? q->horizon : observe < w->points ? w->points - observe : observe;
    if (out->horizon > FARTHEST) return orr_error_set(err, ORR_EINVAL, "--horizon", "at most %d rows ahead", FARTHEST);
    struct orr_nodes x = {0};
    struct orr_system equations = {0};
    struct orr_nodes_model *m = NULL;
    enum orr_status s = orr_network_observe(w, observe, &x, err);
    if (!s && q->dynamics) s = known_equations(q->dynamics, w->n, &equations, err);
    const struct orr_nodes_case c = {&x, w->graph.n ? &w->graph : NULL,
                                     q->system     ? q->system
                                     : q->dynamics ? &equations
                                                   : NULL};
    if (!s) s = get_model(method, &c, out->horizon, q, ticker, &m, &out->fitted, err);
    if (!s) s = orr_nodes_run(m, &c, out->horizon, ticker, &out->f, err);
    if (!s && out->f.misfit > MISFIT && !q->model) { /* look for one in the observed rows instead */
        struct orr_network_query own = *q;
        own.fit = true;
        orr_nodes_forecast_free(&out->f);
        orr_nodes_model_free(m);
        free((char *)(uintptr_t)out->fitted);
        out->fitted = NULL;
        m = NULL;
        s = get_model(method, &c, out->horizon, &own, ticker, &m, &out->fitted, err);
        if (!s) s = orr_nodes_run(m, &c, out->horizon, ticker, &out->f, err);
    }
    if (!s) {
        out->t0 = x.t0 + x.step * (double)(observe - 1);
        out->step = x.step;
        out->truth = orr_alloc(out->horizon * w->n, sizeof *out->truth);
        if (!out->truth) s = orr_error_set(err, ORR_ENOMEM, NULL, "no memory for the forecast");
    }
    if (!s) compare(w, out);
    if (!s && out->f.edges.n && w->graph.n) out->auc = orr_latent_edges_auc(&out->f.edges, &w->graph);
    out->seconds = orr_clock_now() - begin;
    orr_nodes_model_free(m);
    orr_nodes_free(&x);
    orr_system_free(&equations);
    return s;
}

/* ---- what it prints ---- */

static void append_array(struct orr_str *s, const char *key, const struct orr_network_forecast *f, size_t node,
                         const double *x, double sign)
{
    orr_str_printf(s, ",\"%s\":[", key);
    for (size_t h = 0; h < f->horizon; h++) {
        const size_t at = h * f->f.n + node;
        if (h) orr_str_append_char(s, ',');
        orr_json_append_double(s, sign != 0 ? f->f.mean[at] + sign * f->f.half[at] : x[at]);
    }
    orr_str_append_char(s, ']');
}

void orr_network_json(const struct orr_network *w, const struct orr_network_forecast *f, struct orr_str *s)
{
    orr_str_append_char(s, '[');
    for (size_t i = 0; i < w->n; i++) {
        orr_str_append(s, i ? ",\n{\"node\":" : "\n{\"node\":");
        orr_json_append_string(s, w->names.entries[i].text);
        orr_str_printf(s,
                       ",\"observed\":%zu,\"method\":\"%s\",\"horizon\":%zu,\"outcome\":\"%s\",\"level\":%g,\"from\":",
                       f->observed, f->method, f->horizon, orr_outcome_name(f->f.outcome), LEVEL);
        orr_json_append_double(s, f->t0);
        orr_str_append(s, ",\"step\":");
        orr_json_append_double(s, f->step);
        if (f->f.coupling) {
            orr_str_append(s, ",\"coupling\":");
            orr_json_append_string(s, f->f.coupling);
        }
        append_array(s, "mean", f, i, f->f.mean, 0);
        append_array(s, "lower", f, i, NULL, -1);
        append_array(s, "upper", f, i, NULL, 1);
        orr_str_append(s, ",\"provenance\":{\"version\":\"" ORR_VERSION "\",\"fitted\":");
        orr_json_append_string(s, f->fitted);
        orr_str_printf(s, ",\"seed\":%llu}}", (unsigned long long)f->seed);
    }
    orr_str_append(s, "\n]\n");
}

void orr_network_table(const struct orr_network *w, const struct orr_network_forecast *f, struct orr_table *t)
{
    enum { NODE, OBSERVED, FORECAST, LOWER, UPPER, TRUTH, MAE, COLUMNS };
    static const char *const names[COLUMNS] = {"node", "observed", "forecast", "lower", "upper", "truth", "mae"};
    const size_t n = w->n, end = (f->horizon - 1) * n;
    orr_table_init(t, n, COLUMNS);
    for (size_t c = 0; c < COLUMNS; c++) orr_table_column(t, c, names[c], c == NODE ? ORR_CELL_TEXT : ORR_CELL_NUMBER);
    for (size_t i = 0; i < n; i++) {
        double sum = 0, known = 0;
        for (size_t h = 0; h < f->horizon; h++)
            if (!isnan(f->truth[h * n + i])) sum += fabs(f->f.mean[h * n + i] - f->truth[h * n + i]), known++;
        orr_table_set_text(t, i, NODE, w->names.entries[i].text);
        orr_table_set_number(t, i, OBSERVED, orr_network_value(w, i, 0, f->observed - 1, f->t0));
        orr_table_set_number(t, i, FORECAST, f->f.mean[end + i]);
        orr_table_set_number(t, i, LOWER, f->f.mean[end + i] - f->f.half[end + i]);
        orr_table_set_number(t, i, UPPER, f->f.mean[end + i] + f->f.half[end + i]);
        orr_table_set_number(t, i, TRUTH, f->truth[end + i]);
        orr_table_set_number(t, i, MAE, known > 0 ? sum / known : (double)NAN);
    }
}

static int by_strength(const void *a, const void *b)
{
    const struct orr_network_edge *x = a, *y = b;
    if (x->weight < y->weight || x->weight > y->weight) return x->weight > y->weight ? -1 : 1;
    if (x->to != y->to) return x->to < y->to ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

size_t orr_network_strongest(const struct orr_network_forecast *f, size_t most, struct orr_network_edge *out)
{
    const struct orr_latent_edges *e = &f->f.edges;
    struct orr_network_edge *list = orr_alloc(e->n * e->k + 1, sizeof *list);
    size_t count = 0;
    for (size_t i = 0; list && i < e->n; i++)
        for (size_t m = 0; m < e->k; m++) {
            const size_t j = e->index ? (size_t)e->index[i * e->k + m] : m;
            if (j != i && e->weight[i * e->k + m] != 0)
                list[count++] = (struct orr_network_edge){fabs((double)e->weight[i * e->k + m]), i, j};
        }
    if (count) qsort(list, count, sizeof *list, by_strength);
    if (count > most) count = most;
    if (count) memcpy(out, list, count * sizeof *out);
    free(list);
    return count;
}

void orr_network_edge_table(const struct orr_network *w, const struct orr_network_forecast *f, size_t most,
                            struct orr_table *t)
{
    enum { TO, FROM, WEIGHT, TRUE_WEIGHT };
    struct orr_network_edge *list = orr_xcalloc(most + 1, sizeof *list);
    const size_t count = orr_network_strongest(f, most, list);
    orr_table_init(t, count, w->graph.n ? 4 : 3);
    orr_table_column(t, TO, "to", ORR_CELL_TEXT);
    orr_table_column(t, FROM, "from", ORR_CELL_TEXT);
    orr_table_column(t, WEIGHT, "weight", ORR_CELL_NUMBER);
    if (w->graph.n) orr_table_column(t, TRUE_WEIGHT, "true", ORR_CELL_NUMBER);
    for (size_t r = 0; r < count; r++) {
        orr_table_set_text(t, r, TO, w->names.entries[list[r].to].text);
        orr_table_set_text(t, r, FROM, w->names.entries[list[r].from].text);
        orr_table_set_number(t, r, WEIGHT, list[r].weight);
        if (w->graph.n) orr_table_set_number(t, r, TRUE_WEIGHT, orr_graph_weight(&w->graph, list[r].to, list[r].from));
    }
    free(list);
}
