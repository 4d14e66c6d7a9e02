/* Messages between pairs of nodes. A network over pairs whose first layer is linear in both ends, W1 [z_i, z_j] = p_i + q_j,
 * and whose second layer is linear too needs only sum_j e_ij relu(p_i + q_j) per pair: both products leave the sum, exactly,
 * and no pair's numbers are ever stored. */
#include <orrery/ops.h>

#include "num/gemm.h"
#include "num/kernel.h"
#include "num/op.h"

enum { I_K, I_HEADS };
enum { LANES = 16, UNROLL = 4 };
#define LEAK   ((orr_real)0.2)
#define INLINE static inline __attribute__((always_inline))

/* One graph: n nodes with h numbers each, k neighbours by index (n, k) or, with NULL, all n in order. */
struct pairs {
    int n, h, k;
    const int32_t *index;
};

static inline orr_real relu(orr_real x) { return x > 0 ? x : 0; }
static inline int neighbour(const struct pairs *g, int i, int m)
{
    return g->index ? g->index[(size_t)i * g->k + m] : m;
}

/* The h numbers of a node lie beside each other in blocks of LANES, so that every inner loop is one vector. */
INLINE orr_real sum_lanes(orr_real *restrict x)
{
    for (int s = LANES / 2; s; s /= 2)
        for (int l = 0; l < s; l++) x[l] += x[l + s];
    return x[0];
}

/* (n, h) -> (h, n). */
static void transpose(orr_real *restrict t, const orr_real *restrict x, int n, int h)
{
    for (int i = 0; i < n; i++)
        for (int l = 0; l < h; l++) t[(size_t)l * n + i] = x[(size_t)i * h + l];
}

/* y_j += sum_l c_l relu(p_l + q_jl) for all j, from q transposed (h, n): here a vector holds nodes, and no sum runs across
 * its lanes. h is a multiple of UNROLL. */
INLINE void add_row(orr_real *restrict y, const orr_real *restrict c, const orr_real *restrict p,
                    const orr_real *restrict t, int n, int h)
{
    for (int l = 0; l < h; l += UNROLL) {
        const orr_real c0 = c[l], c1 = c[l + 1], c2 = c[l + 2], c3 = c[l + 3];
        const orr_real p0 = p[l], p1 = p[l + 1], p2 = p[l + 2], p3 = p[l + 3];
        const orr_real *restrict t0 = t + (size_t)l * n, *restrict t1 = t0 + n, *restrict t2 = t1 + n,
                                 *restrict t3 = t2 + n;
        for (int j = 0; j < n; j++)
            y[j] += (c0 * relu(p0 + t0[j]) + c1 * relu(p1 + t1[j])) + (c2 * relu(p2 + t2[j]) + c3 * relu(p3 + t3[j]));
    }
}
ORR_KERNEL static void add_rows(orr_real *restrict y, const orr_real *restrict c, int c_step,
                                const orr_real *restrict p, const orr_real *restrict t, int n, int h)
{
    for (int i = 0; i < n; i++) add_row(y + (size_t)i * n, c + (size_t)i * c_step, p + (size_t)i * h, t, n, h);
}

/* ---- sum_j e_ij relu(p_i + q_j) ---- */

ORR_KERNEL static void sum_forward(const struct pairs *g, const orr_real *restrict p, const orr_real *restrict q,
                                   const orr_real *restrict e, orr_real *restrict y)
{
    const int h = g->h, k = g->k;
    for (int i = 0; i < g->n; i++) {
        const orr_real *ei = e + (size_t)i * k;
        for (int b = 0; b < h; b += LANES) {
            const orr_real *pi = p + (size_t)i * h + b;
            orr_real acc[LANES] = {0};
            int m = 0;
            for (; m + UNROLL <= k; m += UNROLL) {
                const orr_real *q0 = q + (size_t)neighbour(g, i, m) * h + b,
                               *q1 = q + (size_t)neighbour(g, i, m + 1) * h + b,
                               *q2 = q + (size_t)neighbour(g, i, m + 2) * h + b,
                               *q3 = q + (size_t)neighbour(g, i, m + 3) * h + b;
                const orr_real e0 = ei[m], e1 = ei[m + 1], e2 = ei[m + 2], e3 = ei[m + 3];
                for (int l = 0; l < LANES; l++)
                    acc[l] += (e0 * relu(pi[l] + q0[l]) + e1 * relu(pi[l] + q1[l])) +
                              (e2 * relu(pi[l] + q2[l]) + e3 * relu(pi[l] + q3[l]));
            }
            for (; m < k; m++) {
                const orr_real *q0 = q + (size_t)neighbour(g, i, m) * h + b, e0 = ei[m];
                for (int l = 0; l < LANES; l++) acc[l] += e0 * relu(pi[l] + q0[l]);
            }
            for (int l = 0; l < LANES; l++) y[(size_t)i * h + b + l] = acc[l];
        }
    }
}

/* Adds to gp and gq. */
ORR_KERNEL static void sum_backward(const struct pairs *g, const orr_real *restrict p, const orr_real *restrict q,
                                    const orr_real *restrict e, const orr_real *restrict d, orr_real *restrict gp,
                                    orr_real *restrict gq)
{
    const int h = g->h, k = g->k;
    for (int i = 0; i < g->n; i++)
        for (int b = 0; b < h; b += LANES) {
            const orr_real *restrict pi = p + (size_t)i * h + b, *restrict di = d + (size_t)i * h + b;
            orr_real acc[LANES] = {0};
            for (int m = 0; m < k; m++) {
                const size_t j = (size_t)neighbour(g, i, m) * h + b;
                const orr_real em = e[(size_t)i * k + m];
                for (int l = 0; l < LANES; l++) {
                    const orr_real t = pi[l] + q[j + l] > 0 ? em * di[l] : 0;
                    acc[l] += t;
                    gq[j + l] += t;
                }
            }
            for (int l = 0; l < LANES; l++) gp[(size_t)i * h + b + l] += acc[l];
        }
}

/* Adds to ge, by index. */
ORR_KERNEL static void sum_backward_edges(const struct pairs *g, const orr_real *restrict p, const orr_real *restrict q,
                                          const orr_real *restrict d, orr_real *restrict ge)
{
    const int h = g->h, k = g->k;
    for (int i = 0; i < g->n; i++)
        for (int m = 0; m < k; m++) {
            const size_t at = (size_t)i * h, j = (size_t)neighbour(g, i, m) * h;
            orr_real r[LANES] = {0};
            for (int b = 0; b < h; b += LANES)
                for (int l = 0; l < LANES; l++) r[l] += d[at + b + l] * relu(p[at + b + l] + q[j + b + l]);
            ge[(size_t)i * k + m] += sum_lanes(r);
        }
}

/* A gradient to be added to, zeroed when it is new; scratch when nobody wants it. */
static orr_real *gradient_to_add(struct orr_var *v, struct orr_tape *t)
{
    bool add = false;
    orr_real *g = orr_grad_of(v, &add);
    if (!g) g = orr_tape_alloc(t, v->n);
    if (!add) memset(g, 0, v->n * sizeof *g);
    return g;
}

static struct pairs graph_of(const struct orr_var *out, const struct orr_var *nodes, int batch)
{
    const int n = nodes->shape.size[1], k = out->i[I_K];
    return (struct pairs){n, nodes->shape.size[2], k,
                          out->extra ? (const int32_t *)out->extra + (size_t)batch * n * k : NULL};
}

static void pair_sum_backward(struct orr_var *out)
{
    struct orr_var *p = out->in[0], *q = out->in[1], *e = out->in[2];
    orr_real *gp = gradient_to_add(p, out->tape), *gq = gradient_to_add(q, out->tape);
    orr_real *ge = e->needs_grad ? gradient_to_add(e, out->tape) : NULL, *turned = NULL;
    if (ge && !out->extra) turned = orr_tape_alloc(out->tape, out->n / out->shape.size[0]);
    const int batch = out->shape.size[0];
    const size_t nodes = out->n / batch, edges = e->n / batch;
    for (int b = 0; b < batch; b++) {
        const struct pairs g = graph_of(out, p, b);
        const orr_real *pb = p->value + b * nodes, *qb = q->value + b * nodes, *d = out->grad + b * nodes;
        sum_backward(&g, pb, qb, e->value + b * edges, d, gp + b * nodes, gq + b * nodes);
        if (turned) {
            transpose(turned, qb, g.n, g.h);
            add_rows(ge + b * edges, d, g.h, pb, turned, g.n, g.h);
        } else if (ge) {
            sum_backward_edges(&g, pb, qb, d, ge + b * edges);
        }
    }
}
static const struct orr_op PAIR_SUM = {"pair_sum", pair_sum_backward};

struct orr_var *orr_pair_sum(struct orr_var *p, struct orr_var *q, struct orr_var *e, const int32_t *index)
{
    assert(p->shape.axes == 3 && q->n == p->n && p->shape.size[2] % LANES == 0 && e->shape.axes == 3);
    const int batch = p->shape.size[0];
    struct orr_var *y = orr_tape_push(p->tape, &PAIR_SUM, p->shape, (struct orr_var *[]){p, q, e}, 3);
    y->i[I_K] = e->shape.size[2];
    y->extra = index;
    assert(index || y->i[I_K] == p->shape.size[1]);
    for (int b = 0; b < batch; b++) {
        const struct pairs g = graph_of(y, p, b);
        sum_forward(&g, p->value + b * (p->n / batch), q->value + b * (p->n / batch), e->value + b * (e->n / batch),
                    y->value + b * (y->n / batch));
    }
    return y;
}

/* ---- scores w relu(a_i + b_j) + c ---- */

ORR_KERNEL static void score_forward(const struct pairs *g, const orr_real *restrict a, const orr_real *restrict b,
                                     const orr_real *restrict w, orr_real *restrict y)
{
    const int h = g->h, k = g->k;
    for (int i = 0; i < g->n; i++)
        for (int m = 0; m < k; m++) {
            const size_t j = (size_t)neighbour(g, i, m);
            orr_real r[LANES] = {0};
            for (int s = 0; s < h; s += LANES)
                for (int l = 0; l < LANES; l++) r[l] += w[s + l] * relu(a[(size_t)i * h + s + l] + b[j * h + s + l]);
            y[(size_t)i * k + m] = j == (size_t)i ? 0 : sum_lanes(r) + w[h];
        }
}

ORR_KERNEL static void score_backward(const struct pairs *g, const orr_real *restrict a, const orr_real *restrict b,
                                      const orr_real *restrict w, const orr_real *restrict d, orr_real *restrict ga,
                                      orr_real *restrict gb, orr_real *restrict gw)
{
    const int h = g->h, k = g->k;
    for (int i = 0; i < g->n; i++)
        for (int m = 0; m < k; m++) {
            const size_t j = (size_t)neighbour(g, i, m);
            const orr_real dm = j == (size_t)i ? 0 : d[(size_t)i * k + m];
            gw[h] += dm;
            for (int s = 0; s < h; s += LANES)
                for (int l = 0; l < LANES; l++) {
                    const size_t x = (size_t)i * h + s + l, y = j * h + s + l;
                    const orr_real sum = a[x] + b[y], t = sum > 0 ? dm * w[s + l] : 0;
                    gw[s + l] += dm * relu(sum);
                    ga[x] += t;
                    gb[y] += t;
                }
        }
}

static void pair_score_backward(struct orr_var *out)
{
    struct orr_var *a = out->in[0], *b = out->in[1], *w = out->in[2];
    orr_real *ga = gradient_to_add(a, out->tape), *gb = gradient_to_add(b, out->tape),
             *gw = gradient_to_add(w, out->tape);
    const int batch = out->shape.size[0];
    const size_t nodes = a->n / batch, edges = out->n / batch;
    for (int k = 0; k < batch; k++) {
        const struct pairs g = graph_of(out, a, k);
        score_backward(&g, a->value + k * nodes, b->value + k * nodes, w->value, out->grad + k * edges, ga + k * nodes,
                       gb + k * nodes, gw);
    }
}
static const struct orr_op PAIR_SCORE = {"pair_score", pair_score_backward};

struct orr_var *orr_pair_score(struct orr_var *a, struct orr_var *b, struct orr_var *w, const int32_t *index, int k)
{
    assert(a->shape.axes == 3 && b->n == a->n && a->shape.size[2] % LANES == 0 && w->n == (size_t)a->shape.size[2] + 1);
    const int batch = a->shape.size[0], n = a->shape.size[1];
    if (!index) k = n;
    struct orr_var *y = orr_tape_push(a->tape, &PAIR_SCORE, orr_shape3(batch, n, k), (struct orr_var *[]){a, b, w}, 3);
    y->i[I_K] = k;
    y->extra = index;
    orr_real *turned = index ? NULL : orr_tape_alloc(y->tape, a->n / batch);
    for (int s = 0; s < batch; s++) {
        const struct pairs g = graph_of(y, a, s);
        const orr_real *as = a->value + s * (a->n / batch), *bs = b->value + s * (a->n / batch);
        orr_real *ys = y->value + s * (y->n / batch);
        if (index) {
            score_forward(&g, as, bs, w->value, ys);
            continue;
        }
        transpose(turned, bs, n, g.h);
        for (size_t i = 0; i < y->n / batch; i++) ys[i] = w->value[g.h];
        add_rows(ys, w->value, 0, as, turned, n, g.h);
        for (int i = 0; i < n; i++) ys[(size_t)i * n + i] = 0;
    }
    return y;
}

/* ---- attention: mean over heads of softmax_j LeakyReLU(q_i k_j / sqrt d) ---- */

/* Scores of one head: (n, k). */
static void head_scores(const struct pairs *g, int d, const orr_real *q, const orr_real *k, orr_real *s)
{
    const orr_real scale = (orr_real)(1 / sqrt((double)d));
    if (!g->index) {
        orr_gemm(false, true, g->n, g->n, d, scale, q, g->h, k, g->h, 0, s, g->n);
        return;
    }
    for (int i = 0; i < g->n; i++)
        for (int m = 0; m < g->k; m++) {
            const orr_real *kj = k + (size_t)neighbour(g, i, m) * g->h;
            orr_real sum = 0;
            for (int l = 0; l < d; l++) sum += q[(size_t)i * g->h + l] * kj[l];
            s[(size_t)i * g->k + m] = scale * sum;
        }
}

/* Largest number and sum of magnitudes of x[0..n), lane by lane so that both vectorise. */
INLINE orr_real largest(const orr_real *restrict x, int n)
{
    orr_real top[LANES];
    for (int l = 0; l < LANES; l++) top[l] = -INFINITY;
    int m = 0;
    for (; m + LANES <= n; m += LANES)
        for (int l = 0; l < LANES; l++) top[l] = x[m + l] > top[l] ? x[m + l] : top[l];
    for (; m < n; m++) top[0] = x[m] > top[0] ? x[m] : top[0];
    for (int s = LANES / 2; s; s /= 2)
        for (int l = 0; l < s; l++) top[l] = top[l + s] > top[l] ? top[l + s] : top[l];
    return top[0];
}
INLINE orr_real magnitude(const orr_real *restrict x, const orr_real *restrict y, int n) /* sum |x_m| y_m; y NULL: 1 */
{
    orr_real sum[LANES] = {0};
    int m = 0;
    for (; m + LANES <= n; m += LANES)
        for (int l = 0; l < LANES; l++) sum[l] += (x[m + l] > 0 ? x[m + l] : -x[m + l]) * (y ? y[m + l] : 1);
    for (; m < n; m++) sum[0] += (x[m] > 0 ? x[m] : -x[m]) * (y ? y[m] : 1);
    return sum_lanes(sum);
}

/* In place; a node does not attend to itself. The sign of a probability says that the score was below 0. */
ORR_KERNEL static void leaky_softmax(const struct pairs *g, orr_real *s)
{
    for (int i = 0; i < g->n; i++, s += g->k) {
        const int k = g->k;
        const orr_real most = largest(s, k), top = most > 0 ? most : LEAK * most;
        for (int m = 0; m < k; m++) {
            const orr_real x = s[m], p = orr_vexp((x > 0 ? x : LEAK * x) - top);
            s[m] = x > 0 ? p : -p;
        }
        if (!g->index) s[i] = 0;
        for (int m = 0; g->index && m < k; m++)
            if (g->index[(size_t)i * k + m] == i) s[m] = 0;
        const orr_real sum = magnitude(s, NULL, k), scale = sum > 0 ? 1 / sum : 0;
        for (int m = 0; m < k; m++) s[m] *= scale;
    }
}

/* From d (n, k) of the mean over heads to the scores, into ds. */
ORR_KERNEL static void leaky_softmax_back(const struct pairs *g, const orr_real *restrict s, const orr_real *restrict d,
                                          orr_real share, orr_real *restrict ds)
{
    for (int i = 0; i < g->n; i++, s += g->k, d += g->k, ds += g->k) {
        const orr_real sum = magnitude(s, d, g->k);
        for (int m = 0; m < g->k; m++) ds[m] = share * (d[m] - sum) * (s[m] > 0 ? s[m] : -LEAK * s[m]);
    }
}

static void head_back(const struct pairs *g, int d, const orr_real *q, const orr_real *k, const orr_real *ds,
                      orr_real *gq, orr_real *gk)
{
    const orr_real scale = (orr_real)(1 / sqrt((double)d));
    if (!g->index) {
        orr_gemm(false, false, g->n, d, g->n, scale, ds, g->n, k, g->h, 1, gq, g->h);
        orr_gemm(true, false, g->n, d, g->n, scale, ds, g->n, q, g->h, 1, gk, g->h);
        return;
    }
    for (int i = 0; i < g->n; i++)
        for (int m = 0; m < g->k; m++) {
            const size_t j = (size_t)neighbour(g, i, m) * g->h;
            const orr_real x = scale * ds[(size_t)i * g->k + m];
            for (int l = 0; l < d; l++) {
                gq[(size_t)i * g->h + l] += x * k[j + l];
                gk[j + l] += x * q[(size_t)i * g->h + l];
            }
        }
}

static void pair_attention_backward(struct orr_var *out)
{
    struct orr_var *q = out->in[0], *k = out->in[1];
    orr_real *gq = gradient_to_add(q, out->tape), *gk = gradient_to_add(k, out->tape);
    const int batch = out->shape.size[0], heads = out->i[I_HEADS], d = q->shape.size[2] / heads;
    const size_t nodes = q->n / batch, edges = out->n / batch;
    orr_real *ds = out->saved + (size_t)batch * heads * edges;
    for (int b = 0; b < batch; b++) {
        const struct pairs g = graph_of(out, q, b);
        for (int t = 0; t < heads; t++) {
            const size_t at = b * nodes + (size_t)t * d;
            leaky_softmax_back(&g, out->saved + (size_t)(b * heads + t) * edges, out->grad + b * edges,
                               1 / (orr_real)heads, ds);
            head_back(&g, d, q->value + at, k->value + at, ds, gq + at, gk + at);
        }
    }
}
static const struct orr_op PAIR_ATTENTION = {"pair_attention", pair_attention_backward};

ORR_KERNEL static void add_mean(orr_real *restrict y, const orr_real *restrict s, size_t n, orr_real share)
{
    for (size_t i = 0; i < n; i++) y[i] += share * (s[i] > 0 ? s[i] : -s[i]);
}

struct orr_var *orr_pair_attention(struct orr_var *q, struct orr_var *k, int heads, const int32_t *index, int near)
{
    assert(q->shape.axes == 3 && k->n == q->n && q->shape.size[2] % heads == 0);
    const int batch = q->shape.size[0], n = q->shape.size[1], d = q->shape.size[2] / heads;
    if (!index) near = n;
    struct orr_var *y =
        orr_tape_push(q->tape, &PAIR_ATTENTION, orr_shape3(batch, n, near), (struct orr_var *[]){q, k}, 2);
    y->i[I_K] = near;
    y->i[I_HEADS] = heads;
    y->extra = index;
    const size_t nodes = q->n / batch, edges = y->n / batch;
    y->saved = orr_tape_alloc(y->tape, (size_t)(y->needs_grad ? batch * heads + 1 : 1) * edges);
    memset(y->value, 0, y->n * sizeof *y->value);
    for (int b = 0; b < batch; b++) {
        const struct pairs g = graph_of(y, q, b);
        for (int t = 0; t < heads; t++) {
            const size_t at = b * nodes + (size_t)t * d;
            orr_real *s = y->saved + (y->needs_grad ? (size_t)(b * heads + t) * edges : 0);
            head_scores(&g, d, q->value + at, k->value + at, s);
            leaky_softmax(&g, s);
            add_mean(y->value + b * edges, s, edges, 1 / (orr_real)heads);
        }
    }
    return y;
}
