/* Farcasting (arXiv 2505.02714): the future as a linear map of the first and the last observed weight, T = {0, n}:
 *     w_h = a_h w_0 + b_h w_n + c_h,
 * three numbers per horizon shared by all weights. Started from least squares, refined to least absolute error by iterated
 * reweighting. The regulariser is our reading of "updates shrink along the path" (first-order optimality), inferred:
 *     L_grad = sum_j max(||w_(j+1) - w_j|| - ||w_j - w_(j-1)||, 0),   loss L_1 + lambda L_grad. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/weights/farcast.h"
#include "methods/weights/private.h"

enum { H = ORR_WEIGHTS_HORIZONS, ROUNDS = 20, POINTS = ORR_WEIGHTS_GRID + 1 };
static const double DAMPING = 0.7;

static size_t fractions(const struct orr_weights_model *m) { return m->o.fraction > 0 ? 1 : ORR_WEIGHTS_FRACTIONS; }
static double fraction(const struct orr_weights_model *m, size_t f)
{
    return m->o.fraction > 0 ? m->o.fraction : orr_weights_fractions[f];
}

static void build(struct orr_weights_model *m)
{
    orr_params_add(&m->params, "map", orr_shape3((int)fractions(m), H, 3), ORR_INIT_ZERO, 0, 0, NULL);
}

double orr_farcast_growth(const double *theta, const double gram[9], size_t weights, double *gradient)
{
    double length[H], d[H][3], along[H][3], sum = 0;
    for (int j = 0; j < H; j++) {
        double square = 0;
        for (int i = 0; i < 3; i++) d[j][i] = theta[3 * j + i] - (j ? theta[3 * j - 3 + i] : i == 1);
        for (int i = 0; i < 3; i++) {
            along[j][i] = (gram[3 * i] * d[j][0] + gram[3 * i + 1] * d[j][1] + gram[3 * i + 2] * d[j][2]) / (double)weights;
            square += d[j][i] * along[j][i];
        }
        length[j] = sqrt(fmax(0, square));
        for (int i = 0; i < 3; i++) along[j][i] /= length[j] + 1e-30; /* d length_j / d d_j */
    }
    double by_length[H] = {0};
    for (int j = 0; j + 1 < H; j++) {
        if (length[j + 1] <= length[j]) continue;
        sum += length[j + 1] - length[j];
        by_length[j + 1] += 1;
        by_length[j] -= 1;
    }
    for (int j = 0; j < H && gradient; j++)
        for (int i = 0; i < 3; i++) {
            gradient[3 * j + i] += by_length[j] * along[j][i];
            if (j) gradient[3 * j - 3 + i] -= by_length[j] * along[j][i];
        }
    return sum;
}

/* Rows of one fraction: the basis (w_n - w_0, w_n, 1), which is far less collinear than (w_0, w_n, 1), and the targets. */
struct rows {
    size_t n, pieces;
    double *x;      /* (n, 2) */
    double *y;      /* (H, n) */
    double *gram;   /* (pieces, 9) sums of products of (w_0, w_n, 1) */
    size_t *weights;
};

static void rows_free(struct rows *r)
{
    free(r->x);
    free(r->y);
    free(r->gram);
    free(r->weights);
}

static enum orr_status gather(const struct orr_weights_set *set, size_t runs, int n, struct rows *r, struct orr_error *err)
{
    for (size_t i = 0; i < set->pieces.len && set->pieces.data[i].run < runs; i++, r->pieces++) r->n += set->pieces.data[i].n;
    r->x = orr_alloc(2 * r->n, sizeof *r->x);
    r->y = orr_alloc(H * r->n, sizeof *r->y);
    r->gram = orr_xcalloc(9 * r->pieces + 1, sizeof *r->gram);
    r->weights = orr_xcalloc(r->pieces + 1, sizeof *r->weights);
    if (!r->x || !r->y) return orr_error_set(err, ORR_ENOMEM, "farcast", "no memory for %zu weights", r->n);
    size_t at = 0;
    for (size_t i = 0; i < r->pieces; i++) {
        const struct orr_weights_piece *p = &set->pieces.data[i];
        r->weights[i] = p->n;
        for (size_t c = 0; c < p->n; c++, at++) {
            const float *w = p->w + c * POINTS;
            const double u[3] = {(double)w[0], (double)w[n], 1};
            r->x[2 * at] = u[1] - u[0];
            r->x[2 * at + 1] = u[1];
            for (int h = 0; h < H; h++)
                r->y[(size_t)h * r->n + at] = orr_grid_value(w, n + (ORR_WEIGHTS_GRID - n) * (h + 1) / (double)H);
            for (int a = 0; a < 9; a++) r->gram[9 * i + (size_t)a] += u[a / 3] * u[a % 3];
        }
    }
    return ORR_OK;
}

/* One reweighted least squares problem per horizon; phi (H, 3) in the basis of the rows. weighted false: plain least
 * squares. pull (H, 3): the regulariser's gradient there. Returns the mean absolute error of the phi that came in. */
static double reweight(const struct rows *r, bool weighted, double floor, const double *pull, double *phi)
{
    double loss = 0;
    for (int h = 0; h < H; h++) {
        double *p = phi + 3 * h, a[9] = {0}, b[3] = {0};
        const double *y = r->y + (size_t)h * r->n;
        for (size_t i = 0; i < r->n; i++) {
            const double u[3] = {r->x[2 * i], r->x[2 * i + 1], 1};
            const double e = fabs(p[0] * u[0] + p[1] * u[1] + p[2] - y[i]);
            const double w = weighted ? 1 / (e > floor ? e : floor) : 1;
            loss += e;
            for (int j = 0; j < 3; j++) {
                b[j] += w * u[j] * y[i];
                for (int k = 0; k <= j; k++) a[3 * j + k] += w * u[j] * u[k];
            }
        }
        const double trace = a[0] + a[4] + a[8];
        for (int j = 0; j < 3; j++) {
            a[4 * j] += 1e-12 * trace + 1e-300;
            b[j] -= pull[3 * h + j] * (double)r->n;
        }
        if (!orr_solve_positive(3, a, b)) continue;
        for (int j = 0; j < 3; j++) p[j] += (weighted ? DAMPING : 1) * (b[j] - p[j]);
    }
    return loss / (double)(r->n ? r->n * H : 1);
}

static void to_theta(const double *phi, double *theta)
{
    for (int h = 0; h < H; h++) {
        theta[3 * h] = -phi[3 * h];
        theta[3 * h + 1] = phi[3 * h] + phi[3 * h + 1];
        theta[3 * h + 2] = phi[3 * h + 2];
    }
}

static double regulariser(const struct rows *r, const double *theta, double lambda, double *pull)
{
    double gradient[3 * H] = {0}, sum = 0;
    memset(pull, 0, 3 * H * sizeof *pull);
    if (!(lambda > 0)) return 0;
    for (size_t i = 0; i < r->pieces; i++) {
        double g[3 * H] = {0};
        const double share = (double)r->weights[i] / (double)r->n;
        sum += share * orr_farcast_growth(theta, r->gram + 9 * i, r->weights[i], g);
        for (int k = 0; k < 3 * H; k++) gradient[k] += share * g[k];
    }
    for (int h = 0; h < H; h++) { /* by the chain rule of to_theta; L_1 is a mean over horizons, hence the H */
        pull[3 * h] = lambda * H * (gradient[3 * h + 1] - gradient[3 * h]);
        pull[3 * h + 1] = lambda * H * gradient[3 * h + 1];
        pull[3 * h + 2] = lambda * H * gradient[3 * h + 2];
    }
    return lambda * sum;
}

static enum orr_status refine(struct orr_weights_model *m, size_t f, const struct rows *r, const struct orr_ticker *ticker,
                              struct orr_error *err)
{
    double phi[3 * H] = {0}, theta[3 * H], pull[3 * H] = {0}, best = INFINITY, floor = 0;
    enum orr_status status = ORR_OK;
    for (int h = 0; h < H; h++) phi[3 * h + 1] = 1;
    reweight(r, false, 0, pull, phi);
    for (int round = 0; round < ROUNDS && !status; round++) {
        double was[3 * H];
        if (!orr_ticker_tick(ticker, "farcast", "rounds", (uint64_t)round, ROUNDS))
            status = orr_error_set(err, ORR_ECANCELLED, "farcast", "stopped; the best so far is kept");
        to_theta(phi, theta);
        memcpy(was, theta, sizeof was);
        const double grown = regulariser(r, theta, m->o.lambda, pull);
        const double loss = reweight(r, true, floor > 0 ? floor : 1e-9, pull, phi);
        floor = 1e-2 * loss;
        if (loss + grown < best) {
            best = loss + grown;
            for (size_t k = 0; k < 3 * H; k++) m->params.value[f * 3 * H + k] = (float)was[k];
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
        status = gather(set, runs, orr_weights_grid_point(fraction(m, f)), &r, err);
        if (!status) status = refine(m, f, &r, ticker, err);
        rows_free(&r);
    }
    return status;
}

/* The map at horizon x = 0..H of fraction f, interpolated from w_n at x = 0. */
static void map_at(const struct orr_weights_model *m, size_t f, double x, double theta[3])
{
    const int lower = x >= H ? H - 1 : (int)x;
    for (int i = 0; i < 3; i++) {
        const orr_real *map = m->params.value + f * 3 * H;
        const double a = lower ? (double)map[3 * (lower - 1) + i] : i == 1, b = (double)map[3 * lower + i];
        theta[i] = a + (x - lower) * (b - a);
    }
}

static void coefficients(const struct orr_weights_model *m, const struct orr_observed *o, size_t n_ahead, const double *t,
                         double *c)
{
    const double last = o->t[o->n - 1];
    size_t f = 0;
    while (f + 2 < fractions(m) && fraction(m, f + 1) < last) f++;
    const size_t g = f + 1 < fractions(m) ? f + 1 : f;
    double s = g > f ? (last - fraction(m, f)) / (fraction(m, g) - fraction(m, f)) : 0;
    s = s < 0 ? 0 : s > 1 ? 1 : s;
    for (size_t h = 0; h < n_ahead; h++) {
        double a[3], b[3], *out = c + h * (o->n + 1);
        const double x = H * (t[h] - last) / (1 - last);
        map_at(m, f, x, a);
        map_at(m, g, x, b);
        out[0] += a[0] + s * (b[0] - a[0]);
        out[o->n - 1] += a[1] + s * (b[1] - a[1]);
        out[o->n] = a[2] + s * (b[2] - a[2]);
    }
}

static const struct orr_weights_method farcast;
static const struct orr_param params[] = {
    {"lambda", ORR_PARAM_REAL, "0.05", 0, 100, "", NULL, "weight of the regulariser: updates shrink along the path"}, {0}};
const struct orr_method orr_method_farcast = {
    .name = "farcast",
    .summary = "the future as a linear map of the first and the last observed weight",
    .source = "Less is More: Efficient Weight Farcasting with 1-Layer Neural Network, arXiv 2505.02714",
    .equations = "w_h = a_h w_0 + b_h w_n + c_h;  min mean |w_h - y_h| + lambda sum_j max(||w_(j+1)-w_j|| - ||w_j-w_(j-1)||, 0)",
    .params = params,
    .input = ORR_DATA_TRAJECTORIES,
    .weights = &farcast,
};
static const struct orr_weights_method farcast = {.face = &orr_method_farcast, .least = 2, .any_fraction = true,
                                                  .coefficients = coefficients, .learn = learn, .build = build};
