/* Networks at work: many curves at a time, from knots to the times asked for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/curve/private.h"

enum { K = ORR_LC_KNOTS, ROWS = 128 };
static const double FARTHEST = 7.6; /* ln of 2,000 times what was seen: no curve that was learned from goes on longer */

/* Of one network, all samples taken together. */
static void run_network(const struct orr_lc_net *net, const struct orr_params *params, struct orr_tape *tape,
                        const struct orr_lc_batch *b, uint64_t seed, double *mean, double *scale)
{
    const size_t n = (size_t)b->n * K;
    double *square = orr_xcalloc(n + 1, sizeof *square);
    struct orr_rng rng;
    memset(mean, 0, n * sizeof *mean);
    memset(scale, 0, n * sizeof *scale);
    orr_rng_seed(&rng, seed, 7);
    orr_tape_record(tape, false);
    for (int s = 0; s < net->samples; s++) {
        orr_tape_reset(tape);
        const struct orr_lc_output o = net->forward(params, tape, b, false, 1, &rng);
        for (size_t i = 0; i < n; i++) {
            const double u = (double)o.mean->value[i];
            mean[i] += u / net->samples;
            square[i] += u * u / net->samples;
            scale[i] += exp(fmin((double)o.log_scale->value[i], 6)) / net->samples;
        }
    }
    /* a Laplace scale b has variance 2 b^2 */
    for (size_t i = 0; i < n; i++) scale[i] = sqrt(scale[i] * scale[i] + fmax(square[i] - mean[i] * mean[i], 0) / 2);
    free(square);
}

/* The mixture of the members by its mean and variance. Of rows whose graph is known only those count that look at it. */
static void run_blend(const struct orr_lc_model *m, struct orr_tape *tape, const struct orr_lc_batch *b, uint64_t seed,
                      double *mean, double *scale)
{
    const size_t n = (size_t)b->n * K;
    double *one = orr_xcalloc(3 * n + 1, sizeof *one), *width = one + n, *square = width + n;
    unsigned *count = orr_xcalloc((size_t)b->n + 1, sizeof *count);
    bool all_known = true;
    for (int i = 0; i < b->n; i++) all_known &= b->known[i];
    memset(mean, 0, n * sizeof *mean);
    memset(scale, 0, n * sizeof *scale);
    for (const struct orr_method *const *member = m->method->members; *member; member++) {
        const struct orr_lc_net *net = (*member)->curve->net;
        const struct orr_params params = orr_lc_member_params(&m->params, *member);
        if (all_known && !net->graphs) continue;
        run_network(net, &params, tape, b, seed, one, width);
        for (size_t i = 0; i < n; i++) {
            if (b->known[i / K] && !net->graphs) continue;
            mean[i] += one[i];
            square[i] += one[i] * one[i];
            scale[i] += width[i] * width[i];
            count[i / K] += i % K == 0;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const double c = count[i / K];
        mean[i] /= c;
        scale[i] = sqrt(scale[i] / c + fmax(square[i] / c - mean[i] * mean[i], 0) / 2);
    }
    free(one);
    free(count);
}

void orr_lc_run(const struct orr_lc_model *m, struct orr_tape *tape, const struct orr_lc_batch *b, uint64_t seed,
                double *mean, double *scale)
{
    if (m->method->members)
        run_blend(m, tape, b, seed, mean, scale);
    else
        run_network(m->method->net, &m->params, tape, b, seed, mean, scale);
}

static bool constant(const struct orr_lc_observed *o)
{
    for (size_t i = 1; i < o->n; i++)
        if (o->y[i] != o->y[0]) return false;
    return true;
}

/* Half width in units of the scale, between the calibrated levels by the quantile of the Laplace distribution,
 * -ln(1 - p), in which the levels lie evenly; beyond the last in proportion. */
static double width(const double spread[ORR_LC_LEVELS], double level)
{
    const double q = -log(1 - level);
    double q0 = 0, w0 = 0;
    for (int l = 0; l < ORR_LC_LEVELS; l++) {
        const double w = isfinite(spread[l]) ? spread[l] : -log(1 - orr_lc_levels[l]), q1 = -log(1 - orr_lc_levels[l]);
        if (q <= q1) return w0 + (w - w0) * (q - q0) / (q1 - q0);
        q0 = q1;
        w0 = w;
    }
    return w0 * q / q0;
}

/* From the last value over the knots, straight in the logarithm of time. */
static void interpolate(const struct orr_lc_model *m, bool known, const struct orr_lc_view *v, const double *mean,
                        const double *scale, struct orr_forecast *out)
{
    const int kind = known && m->method->members ? K : 0;
    double half[K];
    for (int k = 0; k < K; k++) half[k] = scale[k] * width(m->spread[kind + k], out->level);
    for (size_t i = 0; i < out->n; i++) {
        const double tau = log(fmax((out->t[i] + v->shift) / v->x_last, 1));
        const double at = v->span > 0 ? fmin(K * tau / v->span, K) : 0;
        const int k = at >= K ? K - 1 : (int)at;
        const double f = at - k, u0 = k ? mean[k - 1] : 0, h0 = k ? half[k - 1] : half[0] / 2;
        const double u = u0 + f * (mean[k] - u0), h = h0 + f * (half[k] - h0);
        out->mean[i] = v->last + v->sign * v->scale * u;
        out->lower[i] = out->mean[i] - v->scale * h;
        out->upper[i] = out->mean[i] + v->scale * h;
    }
}

enum orr_status orr_lc_run_items(const struct orr_lc_model *m, size_t n, struct orr_lc_item *items,
                                 const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_lc_batch b;
    struct orr_lc_view *views = orr_xcalloc(ROWS, sizeof *views);
    double *mean = orr_xcalloc(2 * ROWS * K, sizeof *mean), *scale = mean + ROWS * K;
    struct orr_tape *tape = orr_tape_new();
    enum orr_status s = ORR_OK;
    orr_lc_batch_init(&b, n < ROWS ? (int)n + 1 : ROWS, m->method->net->graphs);
    for (size_t first = 0; first < n && !s; first += ROWS) {
        const size_t count = n - first < ROWS ? n - first : ROWS;
        if (!orr_ticker_tick(ticker, m->method->face->name, "curves", first, n))
            s = orr_error_set(err, ORR_ECANCELLED, m->method->face->name, "stopped");
        b.n = 0;
        for (size_t i = 0; i < count; i++) {
            const struct orr_lc_item *item = &items[first + i];
            orr_lc_view_make(&item->seen, item->out.t[item->out.n - 1], &views[i]);
            orr_lc_batch_add(&b, &views[i], m->o.graph == ORR_LC_GRAPH_NONE ? NULL : item->seen.graph);
        }
        if (!s) orr_lc_run(m, tape, &b, m->o.seed, mean, scale);
        for (size_t i = 0; i < count && !s; i++) {
            struct orr_lc_item *item = &items[first + i];
            if (constant(&item->seen)) {
                orr_lc_flat(&item->seen, ORR_NOT_IDENTIFIED, &item->out);
                continue;
            }
            interpolate(m, b.known && b.known[i], &views[i], mean + i * K, scale + i * K, &item->out);
            orr_lc_hold(&item->seen, &item->out);
            if (m->method->members) orr_lc_trust_law(&item->seen, &item->out);
            item->out.outcome = views[i].span > FARTHEST ? ORR_NOT_IDENTIFIED : ORR_CONVERGED;
        }
    }
    orr_tape_free(tape);
    orr_lc_batch_free(&b);
    free(views);
    free(mean);
    return s;
}
