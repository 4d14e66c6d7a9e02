/* Learning a law from whole series: means and variances of its coefficients by their likelihood for each coupling of the
 * library, then the coupling whose forecasts of the series held back are the best.
 *
 * Means by generalised least squares; variances by the fixed point theta <- theta (alpha' K alpha) / tr(M^-1 K), at which the
 * likelihood's slope is 0 (MacKay 1992; Zhou et al. 2015), K being what theta multiplies in M. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "methods/netdyn/law.h"
#include "num/solve.h"
#include "num/stats.h"

enum { SELF = ORR_LAW_SELF, MEANS = ORR_LAW_MEANS, PARTS = ORR_LAW_PARTS };
enum {
    ROWS = 32,       /* of a series */
    NODES = 40,      /* of it whose likelihood is taken */
    SCREENED = 4,    /* series that all couplings are tried on */
    TRIED = 6,       /* couplings whose forecasts are compared */
    LEARNED = 12,    /* series that the last ones learn from */
    CALIBRATED = 12, /* windows that intervals come from */
    VALIDATED = 6,   /* windows that they forecast */
    ROUGH = 8,
    FINE = 20 /* rounds of fixed points */
};
static const double NOISE = 0.05; /* of the window's standard deviation: noisy windows for intervals */
static const double EARLY = 1.5;  /* rows stand closer at the start, where transients are */
static const double CLOSE = 1.1;  /* forecasts as good: then the likelihood decides, which differs by far more */
static const double TINY = 1e-12; /* variances do not fall below */

/* ---- one round over some series ---- */

struct sums {
    double a[MEANS * MEANS], b[MEANS]; /* normal equations of the means */
    double up[PARTS], down[PARTS];
    double likelihood;
};

static double dot(size_t n, const double *x, const double *y)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += x[k] * y[k];
    return sum;
}

static void add_node(const struct orr_law *law, const struct orr_law_rows *r, const struct orr_law_design *d, size_t i,
                     double *work, struct sums *s)
{
    const size_t rows = d->rows, n = d->n, cells = rows * n;
    double *m = work, *edge = m + rows * rows, *rest = edge + rows * rows, *alpha = rest + rows, *y = alpha + rows,
           *h = y + rows, *z = h + MEANS * rows, *scratch = z + rows, log_det;
    orr_law_covariance(law, r, d, i, m, edge);
    orr_law_rest(law, r, d, i, rest);
    if (!orr_law_invert(rows, m, scratch, &log_det)) {
        s->likelihood = -INFINITY;
        return;
    }
    for (size_t t = 0; t < rows; t++) {
        y[t] = r->y[t * n + i];
        for (size_t p = 0; p < SELF; p++) h[p * rows + t] = d->phi[p * cells + t * n + i];
        h[SELF * rows + t] = d->field[t * n + i];
        alpha[t] = dot(rows, m + t * rows, rest);
    }
    double fit = 0;
    for (size_t t = 0; t < rows; t++) {
        const double share = 0.5 * (r->square + y[t] * y[t]);
        fit += rest[t] * alpha[t];
        s->up[ORR_LAW_ERROR] += alpha[t] * alpha[t] * share;
        s->down[ORR_LAW_ERROR] += m[t * rows + t] * share;
        s->up[ORR_LAW_EDGES] += alpha[t] * dot(rows, edge + t * rows, alpha);
        s->down[ORR_LAW_EDGES] += dot(rows, edge + t * rows, m + t * rows);
    }
    s->likelihood -= 0.5 * (fit + log_det);
    for (size_t p = 0; p < MEANS; p++) { /* the basis, and what a strength multiplies */
        for (size_t t = 0; t < rows; t++) z[t] = dot(rows, m + t * rows, h + p * rows);
        s->up[p] += pow(dot(rows, alpha, h + p * rows), 2);
        s->down[p] += dot(rows, z, h + p * rows);
        s->b[p] += dot(rows, z, y);
        for (size_t q = 0; q <= p; q++) s->a[p * MEANS + q] += dot(rows, z, h + q * rows);
    }
}

/* Series as rows, with what a coupling makes of them. */
struct learner {
    size_t n;
    struct orr_law_rows *rows;
    const struct orr_ticker *ticker;
    double *work;
};

/* One round: likelihood of the law as it is, and the law moved. NaN: no memory. */
static double improve(struct orr_law *law, const struct learner *l, size_t series)
{
    struct sums s = {.likelihood = 0};
    for (size_t k = 0; k < series; k++) {
        struct orr_law_design d;
        if (!orr_law_design_make(law, &l->rows[k], &d)) return NAN;
        const size_t step = d.n > NODES ? d.n / NODES : 1;
        for (size_t i = 0; i < d.n; i += step) add_node(law, &l->rows[k], &d, i, l->work, &s);
        orr_law_design_free(&d);
    }
    if (!isfinite(s.likelihood)) return -INFINITY;
    for (size_t p = 0; p < MEANS; p++) {
        s.a[p * MEANS + p] *= 1 + 1e-9;
        s.a[p * MEANS + p] += 1e-300;
        for (size_t q = 0; q < p; q++) s.a[q * MEANS + p] = s.a[p * MEANS + q];
    }
    if (orr_solve_positive(MEANS, s.a, s.b)) memcpy(law->mean, s.b, sizeof law->mean);
    for (size_t p = 0; p < PARTS; p++)
        if (s.down[p] > 0) law->part[p] = fmax(TINY, law->part[p] * fmin(30, fmax(1.0 / 30, s.up[p] / s.down[p])));
    return s.likelihood;
}

static double learn(struct orr_law *law, const struct learner *l, size_t series, int rounds)
{
    double likelihood = -INFINITY;
    for (int k = 0; k < rounds; k++) {
        struct orr_law before = *law;
        likelihood = improve(law, l, series);
        if (isfinite(likelihood)) continue;
        *law = before;
        law->part[ORR_LAW_ERROR] *= 10; /* the covariance was singular */
    }
    return likelihood;
}

/* ---- where a law begins ---- */

static void begin(struct orr_law *law, int coupling, const struct learner *l)
{
    double field = 0, edges = 0, square = 0;
    size_t count = 0;
    struct orr_law_design d;
    law->coupling = coupling;
    if (!orr_law_design_make(law, &l->rows[0], &d)) return;
    for (size_t t = 0; t < d.rows; t++)
        for (size_t i = 0; i < d.n; i++, count++) {
            const double x = d.field[t * d.n + i];
            field += x * x;
            for (size_t a = 0; a < d.k; a++) { /* without the mixed terms: a scale */
                const double u = d.u[(a * d.rows + t) * d.n + i];
                edges += u * u * d.vv[((a * d.k + a) * d.rows + t) * d.rows + t];
            }
        }
    orr_law_design_free(&d);
    for (size_t k = 0; k < l->n; k++) square += l->rows[k].square / (double)l->n;
    memset(law->mean, 0, sizeof law->mean);
    for (size_t p = 0; p < SELF; p++) law->part[p] = 0.1 * square;
    law->part[ORR_LAW_STRENGTH] = field > 0 ? square * (double)count / field : 0;
    law->part[ORR_LAW_EDGES] = edges > 0 ? square * (double)count / edges : 0;
    law->part[ORR_LAW_ERROR] = 1e-3;
}

static void set_scales(struct orr_law *law, const struct learner *l)
{
    size_t count = 0;
    memset(law->scale, 0, sizeof law->scale);
    for (size_t k = 0; k < l->n; k++)
        for (size_t c = 0; c < l->rows[k].rows * l->rows[k].n; c++, count++) {
            double phi[SELF];
            orr_law_basis(l->rows[k].x[c], phi);
            for (size_t p = 0; p < SELF; p++) law->scale[p] += phi[p] * phi[p];
        }
    for (size_t p = 0; p < SELF; p++) law->scale[p] = sqrt(law->scale[p] / (double)count) + 1e-12;
}

/* Mean |error| of forecasts of windows held back, over how far those series move. */
static double validate(const struct orr_law *law, const struct orr_nodes_options *o, const struct orr_nodes_case *cases,
                       const struct orr_nodes_windows *w, const struct orr_ticker *ticker)
{
    const size_t first = w->kept < w->n ? w->kept : 0, held = w->n - first,
                 step = held > VALIDATED ? held / VALIDATED : 1;
    double sum = 0;
    size_t count = 0;
    for (size_t k = first; k < w->n && count < VALIDATED; k += step, count++) {
        const struct orr_nodes *x = cases[w->place[k].item].x;
        const struct orr_nodes seen = {
            .n = x->n, .points = o->window, .step = x->step, .x = x->x + w->place[k].start * x->n};
        const struct orr_nodes_case c = {.x = &seen};
        const double *truth = seen.x + o->window * x->n, *last = truth - x->n;
        double error = 0, moved = 1e-12, *mean = orr_alloc(o->ahead * x->n, sizeof *mean);
        if (!mean || orr_law_run(law, 1, NULL, &c, o->ahead, ticker, mean, NULL, NULL)) error = INFINITY;
        for (size_t e = 0; e < o->ahead * x->n && isfinite(error); e++) {
            error += fabs(mean[e] - truth[e]);
            moved += fabs(truth[e] - last[e % x->n]);
        }
        sum += fmin(error / moved, 10);
        free(mean);
    }
    return count ? sum / (double)count : INFINITY;
}

/* Quantiles of errors at the grid's horizons of windows held back, with noise on them or without. */
static void calibrate(struct orr_law *law, bool noisy, const struct orr_nodes_options *o,
                      const struct orr_nodes_case *cases, const struct orr_nodes_windows *w,
                      const struct orr_ticker *ticker)
{
    const size_t first = w->kept < w->n ? w->kept : 0, held = w->n - first,
                 step = held > CALIBRATED ? held / CALIBRATED : 1;
    ORR_VEC(double) errors[ORR_NODES_GRID] = {{0}};
    struct orr_rng rng;
    double ratio = 0, count = 0;
    orr_rng_seed(&rng, o->seed, 5);
    for (size_t at = first; at < w->n && count < CALIBRATED; at += step, count++) {
        const struct orr_nodes *x = cases[w->place[at].item].x;
        const size_t n = x->n, cells = o->window * n;
        const double *raw = x->x + w->place[at].start * n, *truth = raw + cells - n;
        double *memory = orr_xmalloc((cells + o->ahead * n + 2 * n) * sizeof *memory), *mean = memory + cells,
               *last = mean + o->ahead * n, sum = 0, square = 0, unit;
        for (size_t k = 0; k < cells; k++) sum += raw[k] / (double)cells;
        for (size_t k = 0; k < cells; k++) square += (raw[k] - sum) * (raw[k] - sum) / (double)cells;
        for (size_t k = 0; k < cells; k++)
            memory[k] = raw[k] + (noisy ? NOISE * sqrt(square) * orr_rng_normal(&rng) : 0);
        const struct orr_nodes seen = {.n = n, .points = o->window, .step = x->step, .x = memory};
        const struct orr_nodes_case c = {.x = &seen};
        struct orr_law_choice choice;
        orr_nodes_scales(&seen, 0, o->window, last, last + n, &unit);
        if (orr_law_run(law, 1, &choice, &c, o->ahead, ticker, mean, NULL, NULL) == ORR_OK) {
            ratio += choice.noise;
            for (int k = 0; k < ORR_NODES_GRID; k++) {
                const size_t h = (size_t)fmax(1, round(orr_nodes_grid(k + 1) * (double)o->ahead));
                for (size_t i = 0; i < n; i++)
                    ORR_VEC_PUSH(&errors[k], fabs(mean[(h - 1) * n + i] - truth[h * n + i]) / last[n + i]);
            }
        }
        free(memory);
    }
    if (noisy) law->noise = count > 0 ? ratio / count : 0;
    for (int k = 0; k < ORR_NODES_GRID; k++) {
        law->spread[noisy][k] = orr_stats_quantile(errors[k].data, errors[k].len, 0.9);
        free(errors[k].data);
    }
}

/* ---- the whole ---- */

static bool rows_of(struct orr_law *law, const struct orr_nodes_case *cases, const struct orr_nodes_windows *w,
                    struct learner *l)
{
    double square = 0, lowest = INFINITY, count = 0;
    size_t taken = SIZE_MAX;
    for (size_t k = 0; k < w->kept; k++) {
        const struct orr_nodes *x = cases[w->place[k].item].x;
        if (w->place[k].item == taken || l->n >= LEARNED) continue;
        taken = w->place[k].item;
        for (size_t c = 0; c < x->n * x->points; c++, count++) {
            square += x->x[c] * x->x[c];
            lowest = fmin(lowest, x->x[c]);
        }
        l->n++;
    }
    const double size = sqrt(square / count);
    law->unit = size > 0.05 && size < 50 ? 1 : size + 1e-300; /* couplings saturate at about 1 */
    law->positive = lowest >= 0;
    l->rows = orr_xcalloc(l->n, sizeof *l->rows);
    taken = SIZE_MAX;
    for (size_t k = 0, at = 0; k < w->kept && at < l->n; k++) {
        const struct orr_nodes *x = cases[w->place[k].item].x;
        size_t idx[ROWS], rows = 0;
        if (w->place[k].item == taken) continue;
        taken = w->place[k].item;
        for (size_t r = 0; r < ROWS; r++) {
            const size_t place = (size_t)(pow((double)r / (ROWS - 1), EARLY) * (double)(x->points - 2));
            if (!rows || place > idx[rows - 1]) idx[rows++] = place;
        }
        struct orr_law_smooth smooth;
        const bool made = orr_law_smooth_make(x, &smooth) && orr_law_rows_make(&smooth, law, idx, rows, &l->rows[at++]);
        orr_law_smooth_free(&smooth);
        if (!made) return false;
    }
    return true;
}

struct candidate {
    struct orr_law law;
    double likelihood;
};

static int by_likelihood(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->likelihood < y->likelihood ? 1 : x->likelihood > y->likelihood ? -1 : x->law.coupling - y->law.coupling;
}

static enum orr_status choose(const struct orr_law *start, const struct learner *l, const struct orr_nodes_options *o,
                              const struct orr_nodes_case *cases, const struct orr_nodes_windows *w,
                              struct orr_law *best, double *lowest, struct orr_error *err)
{
    const int couplings = orr_law_couplings();
    const uint64_t total = (uint64_t)couplings + TRIED;
    struct candidate *c = orr_xcalloc((size_t)couplings, sizeof *c);
    enum orr_status s = ORR_OK;
    *lowest = INFINITY;
    for (int k = 0; k < couplings && !s; k++) {
        c[k].law = *start;
        begin(&c[k].law, k, l);
        if (o->without && !strcmp(o->without, orr_law_coupling_name(k)))
            c[k].likelihood = -INFINITY;
        else
            c[k].likelihood = learn(&c[k].law, l, l->n < SCREENED ? l->n : SCREENED, ROUGH);
        if (isnan(c[k].likelihood)) s = orr_error_set(err, ORR_ENOMEM, "netdyn-law", "no memory for a coupling");
        if (!s && !orr_ticker_tick(l->ticker, "trying couplings", "couplings", (uint64_t)k, total))
            s = orr_error_set(err, ORR_ECANCELLED, "netdyn-law", "stopped");
    }
    if (!s) qsort(c, (size_t)couplings, sizeof *c, by_likelihood);
    double error[TRIED];
    int tried = 0;
    for (; tried < TRIED && tried < couplings && !s && isfinite(c[tried].likelihood); tried++) {
        if (!orr_ticker_tick(l->ticker, "trying couplings", "couplings", (uint64_t)(couplings + tried), total))
            s = orr_error_set(err, ORR_ECANCELLED, "netdyn-law", "stopped");
        c[tried].likelihood = learn(&c[tried].law, l, l->n, FINE);
        error[tried] = validate(&c[tried].law, o, cases, w, l->ticker);
        *lowest = fmin(*lowest, error[tried]);
    }
    double likeliest = -INFINITY;
    for (int k = 0; k < tried; k++)
        if ((error[k] <= CLOSE * *lowest || tried == 1) && (c[k].likelihood > likeliest || !(best->unit > 0))) {
            likeliest = c[k].likelihood;
            *best = c[k].law;
        }
    free(c);
    return s;
}

enum orr_status orr_law_fit(struct orr_nodes_model *m, const struct orr_nodes_case *cases,
                            const struct orr_nodes_windows *w, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_law law = {0}, best = {0};
    struct learner l = {.ticker = ticker};
    enum orr_status s = ORR_OK;
    double lowest = INFINITY;
    l.work = orr_xmalloc((3 * ROWS * ROWS + (MEANS + 5) * ROWS) * sizeof *l.work);
    if (rows_of(&law, cases, w, &l)) {
        set_scales(&law, &l);
        s = choose(&law, &l, &m->o, cases, w, &best, &lowest, err);
    } else {
        s = orr_error_set(err, ORR_ENOMEM, "netdyn-law", "no memory for the series");
    }
    if (best.unit > 0)
        for (int noisy = 0; noisy < 2; noisy++) calibrate(&best, noisy, &m->o, cases, w, ticker);
    if (best.unit > 0) orr_law_store(&best, 0, &m->params);
    m->validation = lowest;
    m->outcome = best.unit > 0 && isfinite(lowest) ? ORR_CONVERGED : ORR_DIVERGED;
    for (size_t k = 0; k < l.n; k++) orr_law_rows_free(&l.rows[k]);
    free(l.rows);
    free(l.work);
    return s;
}

/* ---- files ---- */

/* One tensor, a row for each law: coupling, unit, whether positive, scales, means, variances, intervals. */
enum {
    COUPLING,
    UNIT,
    POSITIVE,
    SCALE,
    MEAN = SCALE + SELF,
    PART = MEAN + MEANS,
    SPREAD = PART + PARTS,
    NOISY = SPREAD + 2 * ORR_NODES_GRID,
    NUMBERS
};

void orr_law_build(struct orr_params *p)
{
    orr_params_add(p, "law", orr_shape2(ORR_LAW_MOST, NUMBERS), ORR_INIT_ZERO, 0, 0, NULL);
}

void orr_law_store(const struct orr_law *law, size_t at, struct orr_params *p)
{
    orr_real *x = orr_params_value(p, 0) + at * NUMBERS;
    x[COUPLING] = (orr_real)law->coupling;
    x[UNIT] = (orr_real)law->unit;
    x[POSITIVE] = law->positive;
    for (size_t k = 0; k < SELF; k++) x[SCALE + k] = (orr_real)law->scale[k];
    for (size_t k = 0; k < MEANS; k++) x[MEAN + k] = (orr_real)law->mean[k];
    for (size_t k = 0; k < PARTS; k++) x[PART + k] = (orr_real)law->part[k];
    for (size_t k = 0; k < 2 * ORR_NODES_GRID; k++) /* negative: not known */
        x[SPREAD + k] = isfinite(law->spread[k / ORR_NODES_GRID][k % ORR_NODES_GRID])
                            ? (orr_real)law->spread[k / ORR_NODES_GRID][k % ORR_NODES_GRID]
                            : -1;
    x[NOISY] = (orr_real)law->noise;
}

bool orr_law_read(const struct orr_params *p, size_t at, struct orr_law *law)
{
    if (at >= ORR_LAW_MOST) return false;
    const orr_real *x = orr_params_value(p, 0) + at * NUMBERS;
    for (size_t k = 0; k < NUMBERS; k++)
        if (!isfinite((double)x[k])) return false;
    if (!(x[COUPLING] >= 0 && x[COUPLING] < (orr_real)orr_law_couplings() && x[UNIT] > 0)) return false;
    law->coupling = (int)x[COUPLING];
    law->unit = (double)x[UNIT];
    law->positive = x[POSITIVE] != 0;
    for (size_t k = 0; k < SELF; k++) law->scale[k] = (double)x[SCALE + k];
    for (size_t k = 0; k < MEANS; k++) law->mean[k] = (double)x[MEAN + k];
    for (size_t k = 0; k < PARTS; k++) law->part[k] = fmax(0, (double)x[PART + k]);
    for (size_t k = 0; k < 2 * ORR_NODES_GRID; k++)
        law->spread[k / ORR_NODES_GRID][k % ORR_NODES_GRID] = x[SPREAD + k] >= 0 ? (double)x[SPREAD + k] : (double)NAN;
    law->noise = (double)x[NOISY];
    for (size_t k = 0; k < SELF; k++)
        if (!(law->scale[k] > 0)) return false;
    return true;
}

static const struct orr_param no_params[] = {{0}};
static const struct orr_nodes_method method;
const struct orr_method orr_nodes_law = {
    .name = "netdyn-law",
    .summary = "an equation found among known couplings, its edges conditioned on the window",
    .source = "ours, after Gao and Yan 2022, Nature Computational Science 2, and Henderson 1975",
    .equations =
        "dx_i/dt = sum_p c_ip phi_p(x_i) + sum_j e_ij g(x_i, x_j), c and e the best linear unbiased predictions",
    .params = no_params,
    .input = ORR_DATA_NODES,
    .nodes = &method};
static const struct orr_nodes_method method = {.face = &orr_nodes_law, .least = 4, .law = true};
