#include "methods/netdyn/simulate.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static const double R0 = 1.5, COUPLING = 2; /* of epidemics; of phases, over the mean strength */
enum { POWER_ROUNDS = 200 };

const char *const orr_shift_names[ORR_SHIFTS] = {"none", "start", "weights", "degree"};

struct orr_network_options orr_network_defaults(void)
{
    return (struct orr_network_options){
        .dynamics = ORR_SIS, .topology = ORR_ERDOS_RENYI, .nodes = 100, .points = 200, .seed = 1};
}

double orr_dynamics_span(enum orr_dynamics kind) { return kind == ORR_MUTUALISTIC ? 2 : 5; }

/* ---- series ---- */

enum orr_status orr_nodes_alloc(struct orr_nodes *s, size_t n, size_t points, struct orr_error *err)
{
    *s = (struct orr_nodes){.n = n, .points = points, .step = 1};
    if (points && n > SIZE_MAX / sizeof *s->x / points)
        return orr_error_set(err, ORR_ENOMEM, NULL, "%zu nodes at %zu times are too many", n, points);
    s->x = orr_alloc(n * points, sizeof *s->x);
    return s->x ? ORR_OK : orr_error_set(err, ORR_ENOMEM, NULL, "no memory for %zu nodes at %zu times", n, points);
}

void orr_nodes_free(struct orr_nodes *s)
{
    free(s->x);
    *s = (struct orr_nodes){0};
}

/* ---- drawing ---- */

static double uniform(struct orr_rng *rng, double low, double high)
{
    return low + (high - low) * orr_rng_uniform(rng);
}

/* The largest eigenvalue of D^-1 A, D = diag(d): A is not negative, so that powers find it. */
static double spectral_radius(const struct orr_graph *g, const double *d)
{
    double *v = orr_xmalloc(2 * g->n * sizeof *v), *w = v + g->n, radius = 0;
    for (size_t i = 0; i < g->n; i++) v[i] = 1;
    for (int round = 0; round < POWER_ROUNDS; round++) {
        double top = 0;
        for (size_t i = 0; i < g->n; i++) {
            w[i] = 0.1 * v[i]; /* a shift, so that bipartite graphs converge too */
            for (size_t e = g->row[i]; e < g->row[i + 1]; e++) w[i] += g->weight[e] * v[g->from[e]] / d[i];
            top = fmax(top, w[i]);
        }
        for (size_t i = 0; i < g->n; i++) v[i] = w[i] / top;
        radius = top - 0.1;
    }
    free(v);
    return radius;
}

static void draw_parameters(struct orr_system *s, struct orr_rng *rng)
{
    const size_t n = s->graph.n;
    for (size_t i = 0; i < n; i++) {
        s->a[i] = s->kind == ORR_KURAMOTO ? orr_rng_normal(rng) : uniform(rng, 0.5, 1.5);
        s->b[i] = uniform(rng, 0.5, 1.5);
    }
    if (s->kind == ORR_SIS) {
        const double scale = spectral_radius(&s->graph, s->a) / R0;
        for (size_t i = 0; i < n; i++) s->a[i] *= scale > 0 ? scale : 1;
    }
    if (s->kind == ORR_KURAMOTO) {
        double sum = 0;
        for (size_t e = 0; e < s->graph.m; e++) sum += s->graph.weight[e];
        for (size_t e = 0; e < s->graph.m; e++) s->graph.weight[e] *= COUPLING * (double)n / sum;
    }
}

static double draw_start(const struct orr_network_options *o, struct orr_rng *rng)
{
    const double choice = orr_rng_uniform(rng);
    if (o->shift == ORR_SHIFT_START && o->dynamics == ORR_SIS) return choice < 0.05 ? 0.8 : 0.01;
    if (o->shift == ORR_SHIFT_START) return fmax(0.01, 6 + orr_rng_normal(rng));
    switch (o->dynamics) {
    case ORR_SIS: return choice < 0.5 ? 0.8 : 0.1;
    case ORR_GENE:
    case ORR_MUTUALISTIC: return 2 * choice;
    case ORR_LOTKA_VOLTERRA: return 20 * choice;
    case ORR_KURAMOTO: return acos(-1) * (2 * choice - 1);
    default: return 10 * choice;
    }
}

enum orr_status orr_system_draw(const struct orr_network_options *o, struct orr_system *out, double *x0,
                                struct orr_error *err)
{
    const bool heavy = o->shift == ORR_SHIFT_WEIGHTS;
    const struct orr_graph_options graph = {.topology = o->topology,
                                            .nodes = o->nodes,
                                            .density = o->shift == ORR_SHIFT_DEGREE ? 2 : 1,
                                            .low = heavy ? 2 : 0.5,
                                            .high = heavy ? 3 : 1.5};
    struct orr_rng rng;
    orr_rng_seed(&rng, o->seed, 2 * o->item);
    *out = (struct orr_system){.kind = o->dynamics};
    const enum orr_status s = orr_graph_draw(&graph, &rng, &out->graph, err);
    if (s) return s;
    out->a = orr_alloc(o->nodes, sizeof *out->a);
    out->b = orr_alloc(o->nodes, sizeof *out->b);
    out->work = orr_alloc(2 * o->nodes, sizeof *out->work);
    if (!out->a || !out->b || !out->work) {
        orr_system_free(out);
        return orr_error_set(err, ORR_ENOMEM, NULL, "no memory for %zu nodes", o->nodes);
    }
    draw_parameters(out, &rng);
    for (size_t i = 0; i < o->nodes; i++) x0[i] = draw_start(o, &rng);
    return ORR_OK;
}

/* ---- trajectories ---- */

static void add_noise(const struct orr_network_options *o, struct orr_nodes *s)
{
    const size_t count = s->n * s->points;
    double sum = 0, square = 0;
    for (size_t i = 0; i < count; i++) sum += s->x[i];
    for (size_t i = 0; i < count; i++) square += (s->x[i] - sum / (double)count) * (s->x[i] - sum / (double)count);
    const double sigma = o->noise * sqrt(square / (double)count);
    struct orr_rng rng;
    orr_rng_seed(&rng, o->seed, 2 * o->item + 1);
    for (size_t i = 0; i < count; i++) s->x[i] += sigma * orr_rng_normal(&rng);
}

enum orr_status orr_network_simulate(const struct orr_network_options *o, const struct orr_ticker *ticker,
                                     struct orr_system *system, struct orr_nodes *out, struct orr_error *err)
{
    struct orr_system drawn = {0};
    const struct orr_ode_options solver = {.method = ORR_DOPRI5, .rtol = 1e-6, .atol = 1e-8};
    double *t = NULL, *x0 = NULL;
    *out = (struct orr_nodes){0};
    if (system) *system = drawn;
    if (o->points < 2) return orr_error_set(err, ORR_EINVAL, "points", "a trajectory has at least 2 points");
    if (!(o->noise >= 0 && o->noise <= 10)) return orr_error_set(err, ORR_EINVAL, "noise", "is a share from 0 to 10");
    enum orr_status s = orr_nodes_alloc(out, o->nodes, o->points, err);
    if (s) return s;
    out->step = orr_dynamics_span(o->dynamics) / (double)(o->points - 1);
    t = orr_xmalloc(o->points * sizeof *t);
    x0 = orr_xmalloc(o->nodes * sizeof *x0);
    for (size_t k = 0; k < o->points; k++) t[k] = out->step * (double)k;
    s = orr_system_draw(o, &drawn, x0, err);
    if (!s) s = orr_ode_solve(orr_system_rhs, &drawn, o->nodes, x0, t, o->points, &solver, ticker, out->x, NULL, err);
    if (!s && o->noise > 0) add_noise(o, out);
    free(t);
    free(x0);
    if (s || !system) orr_system_free(&drawn);
    if (s) orr_nodes_free(out);
    if (!s && system) *system = drawn;
    return s;
}
