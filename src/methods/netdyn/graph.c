#include "methods/netdyn/graph.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"

enum { BLOCKS = 4, ATTACH = 4, RING = 8 };
static const double WITHIN = 0.25, BETWEEN = 0.1, BLOCK_NODES = 100, REWIRE = 0.1;

const char *const orr_topology_names[ORR_TOPOLOGIES] = {"er", "ba", "community", "ws"};

typedef ORR_VEC(struct orr_edge) edge_list;

void orr_graph_free(struct orr_graph *g)
{
    free(g->row);
    free(g->from);
    free(g->weight);
    *g = (struct orr_graph){0};
}

/* ---- building ---- */

struct ordered {
    struct orr_edge e;
    size_t at;
};

static int by_place(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    if (x->e.to != y->e.to) return x->e.to < y->e.to ? -1 : 1;
    if (x->e.from != y->e.from) return x->e.from < y->e.from ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

enum orr_status orr_graph_build(size_t n, struct orr_edge *edges, size_t m, struct orr_graph *out,
                                struct orr_error *err)
{
    *out = (struct orr_graph){.n = n};
    for (size_t k = 0; k < m; k++)
        if (edges[k].to < 0 || edges[k].from < 0 || (size_t)edges[k].to >= n || (size_t)edges[k].from >= n)
            return orr_error_set(err, ORR_EINVAL, "edges", "edge %zu joins nodes %d and %d of %zu", k + 1,
                                 (int)edges[k].from, (int)edges[k].to, n);
    struct ordered *sorted = orr_alloc(m + 1, sizeof *sorted);
    out->row = orr_alloc(n + 1, sizeof *out->row);
    out->from = orr_alloc(m + 1, sizeof *out->from);
    out->weight = orr_alloc(m + 1, sizeof *out->weight);
    if (!sorted || !out->row || !out->from || !out->weight) {
        free(sorted);
        orr_graph_free(out);
        return orr_error_set(err, ORR_ENOMEM, "edges", "no memory for a graph of %zu edges", m);
    }
    for (size_t k = 0; k < m; k++) sorted[k] = (struct ordered){edges[k], k};
    qsort(sorted, m, sizeof *sorted, by_place);
    size_t kept = 0;
    memset(out->row, 0, (n + 1) * sizeof *out->row);
    for (size_t k = 0; k < m; k++) {
        const struct orr_edge *e = &sorted[k].e;
        if (k + 1 < m && sorted[k + 1].e.to == e->to && sorted[k + 1].e.from == e->from) continue;
        out->from[kept] = e->from;
        out->weight[kept++] = e->weight;
        out->row[(size_t)e->to + 1]++;
    }
    for (size_t i = 0; i < n; i++) out->row[i + 1] += out->row[i];
    out->m = kept;
    free(sorted);
    return ORR_OK;
}

double orr_graph_weight(const struct orr_graph *g, size_t to, size_t from)
{
    size_t lo = g->row[to], hi = g->row[to + 1];
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if ((size_t)g->from[mid] < from)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < g->row[to + 1] && (size_t)g->from[lo] == from ? g->weight[lo] : 0;
}

/* ---- families ---- */

/* Both directions, each with a weight of its own. */
static void join(edge_list *list, size_t a, size_t b, const struct orr_graph_options *o, struct orr_rng *rng)
{
    const double range = o->high - o->low;
    ORR_VEC_PUSH(list, (struct orr_edge){(int32_t)a, (int32_t)b, o->low + range * orr_rng_uniform(rng)});
    ORR_VEC_PUSH(list, (struct orr_edge){(int32_t)b, (int32_t)a, o->low + range * orr_rng_uniform(rng)});
}

/* Joins pairs a < b of rows first..last with columns after a (or from `column` on) with probability p, jumping over the
 * pairs that are left out (Batagelj and Brandes 2005): O(edges). */
static void join_at_random(edge_list *list, size_t first, size_t last, size_t column, size_t end, double p,
                           const struct orr_graph_options *o, struct orr_rng *rng)
{
    if (!(p > 0)) return;
    const double scale = p < 1 ? 1 / log1p(-p) : 0; /* ln(u) * scale: geometric; p 1: no jump */
    for (size_t a = first; a < last; a++) {
        const size_t start = column > a ? column : a + 1;
        for (size_t b = start; b < end; b++) {
            const double jump = floor(log(1 - orr_rng_uniform(rng)) * scale);
            if (!(jump < (double)(end - b))) break;
            b += (size_t)jump;
            join(list, a, b, o, rng);
        }
    }
}

static void draw_community(edge_list *list, const struct orr_graph_options *o, struct orr_rng *rng)
{
    const size_t n = o->nodes;
    const double scale = o->density * fmin(1, BLOCK_NODES / (double)n);
    for (size_t a = 0; a < BLOCKS; a++)
        for (size_t b = a; b < BLOCKS; b++)
            join_at_random(list, a * n / BLOCKS, (a + 1) * n / BLOCKS, b * n / BLOCKS, (b + 1) * n / BLOCKS,
                           fmin(1, (a == b ? WITHIN : BETWEEN) * scale), o, rng);
}

/* A node drawn from `ends` is drawn in proportion to its degree. */
static void draw_preferential(edge_list *list, const struct orr_graph_options *o, struct orr_rng *rng)
{
    size_t m = (size_t)lround(ATTACH * o->density);
    if (m < 1) m = 1;
    if (m > o->nodes - 1) m = o->nodes - 1;
    ORR_VEC(size_t) ends = {0};
    size_t *chosen = orr_xcalloc(m, sizeof *chosen);
    for (size_t b = 1; b <= m; b++) { /* a star to begin with */
        join(list, 0, b, o, rng);
        ORR_VEC_PUSH(&ends, 0);
        ORR_VEC_PUSH(&ends, b);
    }
    for (size_t a = m + 1; a < o->nodes; a++) {
        for (size_t k = 0; k < m;) {
            chosen[k] = ends.data[orr_rng_below(rng, ends.len)];
            bool again = false;
            for (size_t i = 0; i < k; i++) again |= chosen[i] == chosen[k];
            if (!again) k++;
        }
        for (size_t k = 0; k < m; k++) {
            join(list, a, chosen[k], o, rng);
            ORR_VEC_PUSH(&ends, a);
            ORR_VEC_PUSH(&ends, chosen[k]);
        }
    }
    free(chosen);
    free(ends.data);
}

/* Rewired ends are drawn blindly: one that repeats an edge is merged with it by orr_graph_build. */
static void draw_ring(edge_list *list, const struct orr_graph_options *o, struct orr_rng *rng)
{
    const size_t n = o->nodes;
    size_t half = (size_t)lround(RING * o->density / 2);
    if (half < 1) half = 1;
    if (half > (n - 1) / 2) half = (n - 1) / 2;
    if (n == 2) join(list, 0, 1, o, rng);
    for (size_t a = 0; a < n; a++)
        for (size_t k = 1; k <= half; k++) {
            size_t b = (a + k) % n;
            if (orr_rng_uniform(rng) < REWIRE) b = (a + 1 + orr_rng_below(rng, n - 1)) % n;
            join(list, a, b, o, rng);
        }
}

enum orr_status orr_graph_draw(const struct orr_graph_options *o, struct orr_rng *rng, struct orr_graph *out,
                               struct orr_error *err)
{
    *out = (struct orr_graph){0};
    if (o->nodes < 2 || o->nodes > 1000000 || !(o->density > 0) || !(o->low >= 0) || !(o->high >= o->low))
        return orr_error_set(err, ORR_EINVAL, "graph",
                             "needs 2 to 1000000 nodes, a density above 0 and weights from 0 up");
    edge_list list = {0};
    switch (o->topology) {
    case ORR_BARABASI_ALBERT: draw_preferential(&list, o, rng); break;
    case ORR_COMMUNITY: draw_community(&list, o, rng); break;
    case ORR_WATTS_STROGATZ: draw_ring(&list, o, rng); break;
    default:
        join_at_random(&list, 0, o->nodes, 0, o->nodes, fmin(1, RING * o->density / (double)(o->nodes - 1)), o, rng);
    }
    const enum orr_status s = orr_graph_build(o->nodes, list.data, list.len, out, err);
    free(list.data);
    return s;
}
