#include "num/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/rng.h>

#include "base/mem.h"

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void orr_stats_sort(double *x, size_t n) { qsort(x, n, sizeof *x, ascending); }

double orr_stats_mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return n ? sum / (double)n : NAN;
}

static double sorted_quantile(const double *x, size_t n, double p)
{
    if (n == 0) return NAN;
    const double at = p * (double)(n - 1);
    const size_t i = (size_t)at;
    if (i + 1 >= n) return x[n - 1];
    const double part = at - (double)i;
    return part > 0 ? x[i] + part * (x[i + 1] - x[i]) : x[i]; /* no inf - inf where the place is exact */
}

double orr_stats_quantile(double *x, size_t n, double p)
{
    orr_stats_sort(x, n);
    return sorted_quantile(x, n, p);
}

double orr_stats_median(double *x, size_t n) { return orr_stats_quantile(x, n, 0.5); }

double orr_stats_weighted_quantile(const double *x, const double *weight, size_t n, double p)
{
    double total = 0, sum = 0;
    for (size_t i = 0; i < n; i++) total += weight[i];
    for (size_t i = 0; i < n; i++) {
        sum += weight[i];
        if (sum >= p * total && weight[i] > 0) return x[i];
    }
    return n ? x[n - 1] : NAN;
}

static double statistic(double *x, size_t n, enum orr_statistic what)
{
    switch (what) {
    case ORR_STAT_MEAN: return orr_stats_mean(x, n);
    case ORR_STAT_RMS: return sqrt(orr_stats_mean(x, n));
    case ORR_STAT_MEDIAN: break;
    }
    return orr_stats_median(x, n);
}

struct orr_stats_interval orr_stats_bootstrap(const double *x, const double *y, size_t n, enum orr_statistic what, size_t rounds,
                                  double level, uint64_t seed)
{
    struct orr_stats_interval out = {NAN, NAN, NAN};
    double *draw = orr_alloc(n, 2 * sizeof *draw), *at = orr_alloc(rounds, sizeof *at);
    if (draw && at && n) {
        double *const other = draw + n;
        struct orr_rng rng;
        orr_rng_seed(&rng, seed, n);
        for (size_t r = 0; r <= rounds; r++) { /* the last round is the sample itself */
            for (size_t i = 0; i < n; i++) {
                const size_t k = r < rounds ? (size_t)orr_rng_below(&rng, n) : i;
                draw[i] = x[k];
                if (y) other[i] = y[k];
            }
            const double s = statistic(draw, n, what) - (y ? statistic(other, n, what) : 0);
            if (r < rounds)
                at[r] = s == s ? s : 0; /* inf - inf: both failed alike */
            else
                out.value = s;
        }
        if (rounds) {
            orr_stats_sort(at, rounds);
            out.lo = sorted_quantile(at, rounds, (1 - level) / 2);
            out.hi = sorted_quantile(at, rounds, (1 + level) / 2);
        }
    }
    free(draw);
    free(at);
    return out;
}

/* ---- ranking ---- */

struct pair {
    double x, y;
};

static int by_x_then_y(const void *a, const void *b)
{
    const struct pair *p = a, *q = b;
    return p->x != q->x ? (p->x > q->x) - (p->x < q->x) : (p->y > q->y) - (p->y < q->y);
}

static double pairs_of(size_t n) { return 0.5 * (double)n * ((double)n - 1); }

/* Sorts y[0..n) by merging and returns how many pairs stood in the wrong order. */
static double exchanges(double *y, size_t n, double *scratch)
{
    if (n < 2) return 0;
    const size_t half = n / 2;
    double count = exchanges(y, half, scratch) + exchanges(y + half, n - half, scratch);
    size_t i = 0, j = half, to = 0;
    while (i < half && j < n) {
        if (y[j] < y[i]) {
            count += (double)(half - i);
            scratch[to++] = y[j++];
        } else {
            scratch[to++] = y[i++];
        }
    }
    while (i < half) scratch[to++] = y[i++];
    memcpy(y, scratch, to * sizeof *y);
    return count;
}

/* Pairs that are equal, in an ascending array. */
static double ties(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && x[end] == x[i]; end++) continue;
        sum += pairs_of(end - i);
    }
    return sum;
}

double orr_stats_kendall(const double *x, const double *y, size_t n)
{
    struct pair *p = orr_alloc(n, sizeof *p);
    double *work = orr_alloc(n, 2 * sizeof *work), tau = NAN;
    if (p && work && n > 1) {
        double both = 0; /* pairs equal in x and in y */
        for (size_t i = 0; i < n; i++) p[i] = (struct pair){x[i], y[i]};
        qsort(p, n, sizeof *p, by_x_then_y);
        for (size_t i = 0, end; i < n; i = end) {
            for (end = i + 1; end < n && !by_x_then_y(&p[end], &p[i]); end++) continue;
            both += pairs_of(end - i);
        }
        for (size_t i = 0; i < n; i++) work[i] = p[i].x;
        const double ties_x = ties(work, n);
        for (size_t i = 0; i < n; i++) work[i] = p[i].y;
        const double discordant = exchanges(work, n, work + n), ties_y = ties(work, n), all = pairs_of(n);
        const double concordant = all - ties_x - ties_y + both - discordant;
        if (ties_x < all && ties_y < all) tau = (concordant - discordant) / sqrt(all - ties_x) / sqrt(all - ties_y);
    }
    free(p);
    free(work);
    return tau;
}

struct ranked {
    double score;
    size_t index;
};

static int best_first(const void *a, const void *b)
{
    const struct ranked *p = a, *q = b;
    return p->score != q->score ? (p->score < q->score) - (p->score > q->score) : (p->index > q->index) - (p->index < q->index);
}

double orr_stats_top_k_regret(const double *score, const double *truth, size_t n, size_t k, bool larger_is_better)
{
    const double sign = larger_is_better ? 1 : -1;
    struct ranked *r = orr_alloc(n, sizeof *r);
    double best = NAN, chosen = NAN;
    for (size_t i = 0; r && i < n; i++) r[i] = (struct ranked){sign * score[i], i};
    if (r) qsort(r, n, sizeof *r, best_first);
    for (size_t i = 0; r && i < n; i++) {
        const double value = sign * truth[r[i].index];
        if (!(value <= best)) best = value;
        if (i < k) chosen = best;
    }
    free(r);
    return best - chosen;
}

/* ---- calibration ---- */

double orr_stats_ece(const double *confidence, const bool *hit, size_t n, size_t bins)
{
    double *excess = orr_alloc(bins, sizeof *excess), sum = 0; /* per bin: sum of confidence less hits */
    if (!excess || !n || !bins) {
        free(excess);
        return NAN;
    }
    for (size_t b = 0; b < bins; b++) excess[b] = 0;
    for (size_t i = 0; i < n; i++) {
        const double at = ceil(confidence[i] * (double)bins) - 1; /* bins (0, 1/B], (1/B, 2/B], ... */
        excess[at > 0 ? at < (double)bins ? (size_t)at : bins - 1 : 0] += confidence[i] - (hit[i] ? 1 : 0);
    }
    for (size_t b = 0; b < bins; b++) sum += fabs(excess[b]);
    free(excess);
    return sum / (double)n;
}
