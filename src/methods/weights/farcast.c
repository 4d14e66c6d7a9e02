/* Farcasting (arXiv 2505.02714): the future as a linear map of a few observed weights, min (1/l) sum || X[T] A + b - Y ||_1. The
 * published form takes T = {0, n}, three numbers per horizon step shared by all weights. Ours stays one linear layer with an
 * absolute error, but looks between too, T = {0, n/2, 3n/4, n}, and lets the coefficients of the three moves depend linearly on
 * how the tensor as a whole has moved (c, of orr_gram_context, c_0 = 1), in units s of how far it has:
 *     (w_h - w_n) / s = sum_k c_k sum_j a_hjk (w_n - w_j) / s + g_h w_n / s + d_h,   j in {0, n/2, 3n/4}.
 * Two snapshots cannot tell a run that slows down from one that does not. `published` leaves out what lies between and c.
 *
 * Started from least squares, refined to least absolute error by iterated reweighting, weights counting as they add to the
 * error of their run. The regulariser is our reading of "updates shrink along the path" (first-order optimality), inferred:
 *     L_grad = sum_j max(||w_(j+1) - w_j|| - ||w_j - w_(j-1)||, 0),   loss L_1 + lambda L_grad. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/weights/farcast.h"
#include "methods/weights/private.h"
#include "num/gemm.h"

enum {
    H = ORR_WEIGHTS_HORIZONS, BASIS = ORR_FARCAST_BASIS, POINTS = ORR_WEIGHTS_GRID + 1, SEEN = ORR_WEIGHTS_SEEN,
    CONTEXT = 1 + ORR_WEIGHTS_CONTEXT - 2, /* without time and number of weights */
    MOVES = ORR_FARCAST_MOVES, WIDEST = MOVES * CONTEXT + 2,
    ROUNDS = 10, ROWS = 6000, LEAST = 4, /* rows of a fit, and of a tensor */
};
static const int from[MOVES] = {0, SEEN / 2, SEEN - 2}; /* of the points seen, where a move begins */
static const double DAMPING = 0.7, RIDGE = 1e-5;

static size_t fractions(const struct orr_weights_model *m) { return m->o.fraction > 0 ? 1 : ORR_WEIGHTS_FRACTIONS; }
static double fraction(const struct orr_weights_model *m, size_t f)
{
    return m->o.fraction > 0 ? m->o.fraction : orr_weights_fractions[f];
}
/* How many moves and numbers of c count, and numbers per horizon step. */
static size_t moves(const struct orr_weights_model *m) { return m->o.published ? 1 : MOVES; }
static size_t contexts(const struct orr_weights_model *m) { return m->o.published ? 1 : CONTEXT; }
static size_t width(const struct orr_weights_model *m) { return moves(m) * contexts(m) + 2; }

static void build(struct orr_weights_model *m, struct orr_rng *rng)
{
    (void)rng;
    orr_params_add(&m->params, "map", orr_shape3((int)fractions(m), H, (int)width(m)), ORR_INIT_ZERO, 0, 0, NULL);
}

double orr_farcast_growth(const double *theta, const double *gram, size_t weights, double *gradient)
{
    double length[H], d[H][BASIS], along[H][BASIS], sum = 0, by_length[H] = {0};
    for (int j = 0; j < H; j++) {
        double square = 0;
        for (int i = 0; i < BASIS; i++) d[j][i] = theta[BASIS * j + i] - (j ? theta[BASIS * (j - 1) + i] : 0);
        for (int i = 0; i < BASIS; i++) {
            along[j][i] = 0;
            for (int k = 0; k < BASIS; k++) along[j][i] += gram[BASIS * i + k] * d[j][k] / (double)weights;
            square += d[j][i] * along[j][i];
        }
        length[j] = sqrt(fmax(0, square));
        for (int i = 0; i < BASIS; i++) along[j][i] /= length[j] + 1e-30; /* d length_j / d d_j */
    }
    for (int j = 0; j + 1 < H; j++) {
        if (length[j + 1] <= length[j]) continue;
        sum += length[j + 1] - length[j];
        by_length[j + 1] += 1;
        by_length[j] -= 1;
    }
    for (int j = 0; j < H && gradient; j++)
        for (int i = 0; i < BASIS; i++) {
            gradient[BASIS * j + i] += by_length[j] * along[j][i];
            if (j) gradient[BASIS * (j - 1) + i] -= by_length[j] * along[j][i];
        }
    return sum;
}

/* c_0 = 1 and how the tensor moved. */
static void context_of(const double *q, size_t weights, double t_last, double c[CONTEXT])
{
    float all[ORR_WEIGHTS_CONTEXT];
    orr_gram_context(q, weights, t_last, all);
    c[0] = 1;
    for (int k = 1; k < CONTEXT; k++) c[k] = (double)all[k - 1];
}

/* Coefficients of the basis (the moves, w_n, 1) in units of the scale from parameters p [width]. */
static void basis_of(const struct orr_weights_model *m, const double *c, const double *p, double theta[BASIS])
{
    const size_t k = contexts(m);
    memset(theta, 0, BASIS * sizeof *theta);
    for (size_t a = 0; a < moves(m); a++)
        for (size_t i = 0; i < k; i++) theta[a] += c[i] * p[a * k + i];
    theta[MOVES] = p[width(m) - 2];
    theta[MOVES + 1] = p[width(m) - 1];
}

/* Rows of one fraction. */
struct rows {
    size_t n, pieces, width;
    float *x, *scaled; /* (n, width) */
    float *y;          /* (H, n), in units of the scale */
    double *count;     /* [n] what a row counts; their mean is 1 */
    double *gram;      /* (pieces, BASIS^2) sums of products of the basis */
    double *context;   /* (pieces, CONTEXT) */
    double *share;     /* [pieces] sum of count over n */
    size_t *rows;      /* [pieces] */
};

static void rows_free(struct rows *r)
{
    free(r->x);
    free(r->y);
    free(r->count);
    free(r->rows);
}

static enum orr_status rows_make(const struct orr_weights_model *m, const struct orr_weights_set *set, size_t runs,
                                 struct rows *r, struct orr_error *err)
{
    r->width = width(m);
    while (r->pieces < set->pieces.len && set->pieces.data[r->pieces].run < runs) r->pieces++;
    r->rows = orr_xcalloc(r->pieces + 1, sizeof *r->rows);
    const size_t each = r->pieces && ROWS / r->pieces > LEAST ? ROWS / r->pieces : LEAST;
    for (size_t i = 0; i < r->pieces; i++)
        r->n += r->rows[i] = set->pieces.data[i].n < each ? set->pieces.data[i].n : each;
    r->x = orr_alloc(2 * r->n * r->width + 1, sizeof *r->x);
    r->y = orr_alloc(H * r->n + 1, sizeof *r->y);
    r->count = orr_alloc(r->n + r->pieces * (BASIS * BASIS + CONTEXT + 1) + 1, sizeof *r->count);
    if (!r->x || !r->y || !r->count) return orr_error_set(err, ORR_ENOMEM, "farcast", "no memory for %zu weights", r->n);
    r->scaled = r->x + r->n * r->width;
    r->gram = r->count + r->n;
    r->context = r->gram + r->pieces * BASIS * BASIS;
    r->share = r->context + r->pieces * CONTEXT;
    memset(r->gram, 0, r->pieces * BASIS * BASIS * sizeof *r->gram);
    return ORR_OK;
}

/* One weight as a row: x [width] and its basis u. */
static void row_of(const struct orr_weights_model *m, const float *w, int n, double scale, const double *c, float *x,
                   double u[BASIS])
{
    const size_t k = contexts(m), wide = width(m);
    for (size_t a = 0; a < MOVES; a++)
        u[a] = a < moves(m) ? ((double)w[n] - orr_grid_value(w, n * from[a] / (SEEN - 1.0))) / scale : 0;
    u[MOVES] = (double)w[n] / scale;
    u[MOVES + 1] = 1;
    for (size_t a = 0; a < moves(m); a++)
        for (size_t i = 0; i < k; i++) x[a * k + i] = (float)(c[i] * u[a]);
    x[wide - 2] = (float)u[MOVES];
    x[wide - 1] = 1;
}

static enum orr_status gather(const struct orr_weights_model *m, const struct orr_weights_set *set, size_t runs, int n,
                              struct rows *r, struct orr_error *err)
{
    const size_t have = (size_t)n + 1;
    double t[POINTS], mix[SEEN * POINTS], g[POINTS * POINTS], q[SEEN * SEEN], sum = 0;
    const enum orr_status s = rows_make(m, set, runs, r, err);
    if (s) return s;
    double *total = orr_xcalloc(runs + 1, sizeof *total);
    for (size_t i = 0; i < r->pieces; i++) total[set->pieces.data[i].run] += (double)set->pieces.data[i].weights;
    for (int i = 0; i <= n; i++) t[i] = (double)i / ORR_WEIGHTS_GRID;
    orr_observed_resample(have, t, SEEN, mix);
    for (size_t i = 0, at = 0; i < r->pieces; i++) {
        const struct orr_weights_piece *p = &set->pieces.data[i];
        for (size_t a = 0; a < have; a++)
            for (size_t b = 0; b < have; b++) g[a * have + b] = p->gram[a * POINTS + b];
        orr_gram_resample(g, have, mix, SEEN, q);
        context_of(q, p->weights, t[n], r->context + i * CONTEXT);
        const double scale = orr_gram_scale(q, SEEN, SEEN, p->weights);
        const double count = scale * (double)p->weights / total[p->run] / (double)r->rows[i];
        r->share[i] = count * (double)r->rows[i];
        for (size_t k = 0; k < r->rows[i]; k++, at++) {
            double u[BASIS];
            const float *w = p->w + k * p->n / r->rows[i] * POINTS;
            row_of(m, w, n, scale, r->context + i * CONTEXT, r->x + at * r->width, u);
            for (int h = 0; h < H; h++)
                r->y[(size_t)h * r->n + at] = (float)(
                    (orr_grid_value(w, n + (ORR_WEIGHTS_GRID - n) * (h + 1) / (double)H) - (double)w[n]) / scale);
            for (int a = 0; a < BASIS * BASIS; a++) r->gram[i * BASIS * BASIS + (size_t)a] += u[a / BASIS] * u[a % BASIS];
            r->count[at] = count;
            sum += count;
        }
    }
    for (size_t i = 0; i < r->n; i++) r->count[i] *= (double)r->n / sum;
    for (size_t i = 0; i < r->pieces; i++) r->share[i] /= sum;
    free(total);
    return ORR_OK;
}

/* Solves sum w (y - x p)^2 with a ridge for horizon h; pull: the regulariser's gradient. floor 0: plain least squares. Returns
 * the mean absolute error of the p that came in. */
static double reweight(struct rows *r, int h, double floor, const double *pull, double damping, double *p)
{
    const size_t k = r->width;
    const float *y = r->y + (size_t)h * r->n;
    float a[WIDEST * WIDEST];
    double system[WIDEST * WIDEST], b[WIDEST] = {0}, loss = 0;
    for (size_t i = 0; i < r->n; i++) {
        const float *x = r->x + i * k;
        double e = (double)y[i];
        for (size_t j = 0; j < k; j++) e -= (double)x[j] * p[j];
        e = fabs(e);
        const double w = r->count[i] * (floor > 0 ? 1 / (e > floor ? e : floor) : 1);
        loss += r->count[i] * e;
        for (size_t j = 0; j < k; j++) {
            r->scaled[i * k + j] = (float)(w * (double)x[j]);
            b[j] += w * (double)x[j] * (double)y[i];
        }
    }
    orr_gemm(true, false, (int)k, (int)k, (int)r->n, 1, r->scaled, (int)k, r->x, (int)k, 0, a, (int)k);
    for (size_t i = 0; i < k * k; i++) system[i] = (double)a[i];
    for (size_t j = 0; j < k; j++) {
        system[j * k + j] += RIDGE * (double)a[j * k + j] + 1e-12;
        b[j] -= pull[j] * (double)r->n;
    }
    if (orr_solve_positive(k, system, b))
        for (size_t j = 0; j < k; j++) p[j] += damping * (b[j] - p[j]);
    return loss / (double)r->n;
}

/* lambda L_grad of all tensors; pull (H, width) receives its gradient times H, L_1 being a mean over horizons. */
static double regulariser(const struct orr_weights_model *m, const struct rows *r, const double *p, double *pull)
{
    const size_t wide = r->width, k = contexts(m);
    double sum = 0;
    memset(pull, 0, H * wide * sizeof *pull);
    for (size_t i = 0; i < r->pieces && m->o.lambda > 0; i++) {
        double theta[H * BASIS], g[H * BASIS] = {0};
        const double *c = r->context + i * CONTEXT, share = m->o.lambda * r->share[i];
        for (size_t h = 0; h < H; h++) basis_of(m, c, p + h * wide, theta + h * BASIS);
        sum += share * orr_farcast_growth(theta, r->gram + i * BASIS * BASIS, r->rows[i], g);
        for (size_t h = 0; h < H; h++) {
            double *to = pull + h * wide;
            for (size_t a = 0; a < moves(m); a++)
                for (size_t j = 0; j < k; j++) to[a * k + j] += H * share * c[j] * g[h * BASIS + a];
            to[wide - 2] += H * share * g[h * BASIS + MOVES];
            to[wide - 1] += H * share * g[h * BASIS + MOVES + 1];
        }
    }
    return sum;
}

static enum orr_status refine(struct orr_weights_model *m, size_t f, struct rows *r, const struct orr_ticker *ticker,
                              struct orr_error *err)
{
    const size_t wide = r->width;
    double p[H * WIDEST] = {0}, was[H * WIDEST], pull[H * WIDEST] = {0}, best = INFINITY, floor = 0;
    enum orr_status status = ORR_OK;
    for (int h = 0; h < H; h++) reweight(r, h, 0, pull, 1, p + (size_t)h * wide);
    for (int round = 0; round < ROUNDS && !status; round++) {
        if (!orr_ticker_tick(ticker, "farcast", "rounds", (uint64_t)round, ROUNDS))
            status = orr_error_set(err, ORR_ECANCELLED, "farcast", "stopped; the best so far is kept");
        memcpy(was, p, sizeof was);
        double loss = regulariser(m, r, p, pull), plain = 0;
        for (int h = 0; h < H; h++)
            plain += reweight(r, h, floor > 0 ? floor : 1e-6, pull + (size_t)h * wide, m->o.lambda > 0 ? DAMPING : 1,
                              p + (size_t)h * wide) / H;
        floor = 1e-2 * plain + 1e-9;
        loss += plain;
        if (loss < best) {
            best = loss;
            for (size_t k = 0; k < H * wide; k++) m->params.value[f * H * wide + k] = (orr_real)was[k];
        }
    }
    return status;
}

static enum orr_status learn(struct orr_weights_model *m, const struct orr_weights_set *set, size_t runs,
                             const struct orr_ticker *ticker, struct orr_error *err)
{
    enum orr_status status = ORR_OK;
    for (size_t f = 0; f < fractions(m) && !status; f++) {
        struct rows r = {0};
        status = gather(m, set, runs, orr_weights_grid_point(fraction(m, f)), &r, err);
        if (!status) status = refine(m, f, &r, ticker, err);
        rows_free(&r);
    }
    return status;
}

/* Coefficients of the basis at horizon x = 0..H by fraction f's map, interpolated from none at x = 0. */
static void map_at(const struct orr_weights_model *m, size_t f, double x, const double *c, double theta[BASIS])
{
    const size_t wide = width(m), lower = x >= H ? H - 1 : (size_t)x;
    const orr_real *map = m->params.value + f * H * wide;
    double p[WIDEST];
    for (size_t i = 0; i < wide; i++) {
        const double a = lower ? (double)map[(lower - 1) * wide + i] : 0, b = (double)map[lower * wide + i];
        p[i] = a + (x - (double)lower) * (b - a);
    }
    basis_of(m, c, p, theta);
}

static void coefficients(const struct orr_weights_model *m, const struct orr_observed *o, size_t n_ahead, const double *t,
                         double *out)
{
    const size_t n = o->n;
    const double last = o->t[n - 1];
    double *mix = orr_xcalloc(SEEN * n, sizeof *mix), q[SEEN * SEEN], c[CONTEXT];
    orr_observed_resample(n, o->t, SEEN, mix);
    orr_gram_resample(o->gram, n, mix, SEEN, q);
    const double scale = orr_gram_scale(q, SEEN, SEEN, o->weights);
    context_of(q, o->weights, last, c);
    size_t f = 0;
    while (f + 2 < fractions(m) && fraction(m, f + 1) < last) f++;
    const size_t g = f + 1 < fractions(m) ? f + 1 : f;
    double s = g > f ? (last - fraction(m, f)) / (fraction(m, g) - fraction(m, f)) : 0;
    s = s < 0 ? 0 : s > 1 ? 1 : s;
    for (size_t h = 0; h < n_ahead; h++) {
        double a[BASIS], b[BASIS], *to = out + h * (n + 1);
        const double x = H * (t[h] - last) / (1 - last);
        map_at(m, f, x, c, a);
        map_at(m, g, x, c, b);
        for (int i = 0; i < BASIS; i++) a[i] += s * (b[i] - a[i]);
        to[n - 1] += 1 + a[MOVES];
        for (size_t k = 0; k < moves(m); k++) {
            to[n - 1] += a[k];
            for (size_t i = 0; i < n; i++) to[i] -= a[k] * mix[(size_t)from[k] * n + i];
        }
        to[n] = a[MOVES + 1] * scale;
    }
    free(mix);
}

static const struct orr_weights_method farcast;
static const struct orr_param params[] = {
    {"lambda", ORR_PARAM_REAL, "0.01", 0, 100, "", NULL, "weight of the regulariser: updates shrink along the path"}, {0}};
const struct orr_method orr_method_farcast = {
    .name = "farcast",
    .summary = "the future as one linear map of four observed weights, the first and the last among them",
    .source = "Less is More: Efficient Weight Farcasting with 1-Layer Neural Network, arXiv 2505.02714",
    .equations = "w_h = w_n + sum_j a_hj(c) (w_n - w_j) + g_h w_n + d_h s, j in {0, n/2, 3n/4}, "
                 "a linear in how the tensor moved;  min mean |w_h - y_h| + lambda sum_j max(||w_(j+1)-w_j|| - ||w_j-w_(j-1)||, 0)",
    .params = params,
    .input = ORR_DATA_TRAJECTORIES,
    .weights = &farcast,
};
static const struct orr_weights_method farcast = {.face = &orr_method_farcast, .least = 2, .any_fraction = true,
                                                  .coefficients = coefficients, .learn = learn, .build = build};
