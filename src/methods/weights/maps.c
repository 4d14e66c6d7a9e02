/* DLinear and NLinear (Zeng et al. 2023): one linear map from the observed values to all horizons, shared by all weights;
 * fitted by least squares with a slight ridge. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/weights/private.h"

enum { WIDEST = 2 * (ORR_WEIGHTS_GRID + 1) + 1, H = ORR_WEIGHTS_HORIZONS };
static const double RIDGE = 1e-7; /* of the mean diagonal */

/* Features as mixes of the p observed values: f (width, p). */
typedef size_t (*features_of)(size_t p, double *f);

/* NLinear: differences from the last value, which is added back. */
static size_t from_last(size_t p, double *f)
{
    for (size_t i = 0; i + 1 < p; i++) f[i * p + i] = 1, f[i * p + p - 1] = -1;
    return p - 1;
}

/* DLinear: a moving average of three (ends repeated) and what is left of it. */
static size_t decompose(size_t p, double *f)
{
    for (size_t i = 0; i < p; i++) {
        for (int d = -1; d <= 1; d++) {
            const size_t j = d < 0 && i == 0 ? 0 : d > 0 && i + 1 == p ? i : i + (size_t)(d + 1) - 1;
            f[i * p + j] += 1.0 / 3;
            f[(p + i) * p + j] -= 1.0 / 3;
        }
        f[(p + i) * p + i] += 1;
    }
    return 2 * p;
}

static void build(struct orr_weights_model *m, size_t width)
{
    orr_params_add(&m->params, "map", orr_shape2(H, (int)width + 1), ORR_INIT_ZERO, 0, 0, NULL);
}
static void build_nlinear(struct orr_weights_model *m, struct orr_rng *rng)
{
    (void)rng;
    build(m, m->points - 1);
}
static void build_dlinear(struct orr_weights_model *m, struct orr_rng *rng)
{
    (void)rng;
    build(m, 2 * m->points);
}

static enum orr_status learn(struct orr_weights_model *m, features_of features, bool add_last,
                             const struct orr_weights_set *set, size_t runs, const struct orr_ticker *ticker,
                             struct orr_error *err)
{
    const size_t p = m->points;
    const int n = (int)p - 1;
    double *f = orr_xcalloc(WIDEST * p, sizeof *f), a[WIDEST * WIDEST] = {0}, (*b)[H] = orr_xcalloc(WIDEST, sizeof *b);
    const size_t k = features(p, f), q = k + 1;
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < set->pieces.len && set->pieces.data[i].run < runs; i++) {
        const struct orr_weights_piece *piece = &set->pieces.data[i];
        if (!orr_ticker_tick(ticker, m->method->face->name, "tensors", i, set->pieces.len)) {
            status = orr_error_set(err, ORR_ECANCELLED, m->method->face->name, "stopped");
            break;
        }
        for (size_t c = 0; c < piece->n; c++) {
            const float *w = piece->w + c * (ORR_WEIGHTS_GRID + 1);
            double x[WIDEST] = {0};
            for (size_t u = 0; u < k; u++)
                for (size_t j = 0; j < p; j++) x[u] += f[u * p + j] * (double)w[j];
            x[k] = 1;
            for (size_t u = 0; u < q; u++)
                for (size_t v = 0; v <= u; v++) a[u * q + v] += x[u] * x[v];
            for (int h = 0; h < H; h++) {
                const double y =
                    orr_grid_value(w, n + (ORR_WEIGHTS_GRID - n) * (h + 1) / (double)H) - (add_last ? (double)w[n] : 0);
                for (size_t u = 0; u < q; u++) b[u][h] += x[u] * y;
            }
        }
    }
    double trace = 0;
    for (size_t u = 0; u < q; u++) trace += a[u * q + u];
    for (size_t u = 0; u < q; u++) a[u * q + u] += RIDGE * trace / (double)q + 1e-30;
    for (int h = 0; h < H && !status; h++) {
        double whole[WIDEST * WIDEST], x[WIDEST];
        memcpy(whole, a, q * q * sizeof *a);
        for (size_t u = 0; u < q; u++) x[u] = b[u][h];
        if (orr_solve_positive(q, whole, x))
            for (size_t u = 0; u < q; u++) m->params.value[(size_t)h * q + u] = (float)x[u];
    }
    free(f);
    free(b);
    return status;
}
static enum orr_status learn_nlinear(struct orr_weights_model *m, const struct orr_weights_set *set, size_t runs,
                                     const struct orr_ticker *ticker, struct orr_error *err)
{
    return learn(m, from_last, true, set, runs, ticker, err);
}
static enum orr_status learn_dlinear(struct orr_weights_model *m, const struct orr_weights_set *set, size_t runs,
                                     const struct orr_ticker *ticker, struct orr_error *err)
{
    return learn(m, decompose, false, set, runs, ticker, err);
}

/* Between the horizons of the map the forecast is interpolated; before the first it starts from the last value. */
static void coefficients(const struct orr_weights_model *m, features_of features, bool add_last,
                         const struct orr_observed *o, size_t n_ahead, const double *t, double *c)
{
    const size_t p = m->points;
    double *f = orr_xcalloc(WIDEST * p + (p + 1) * o->n + p + 1, sizeof *f), *r = f + WIDEST * p, *mix = r + p * o->n;
    const size_t k = features(p, f);
    orr_observed_resample(o->n, o->t, p, r);
    for (size_t h = 0; h < n_ahead; h++) {
        const double last = o->t[o->n - 1], x = H * (t[h] - last) / (1 - last);
        const int lower = x >= H ? H - 1 : (int)x;
        memset(mix, 0, (p + 1) * sizeof *mix);
        for (int end = 0; end < 2; end++) {
            const int row = lower + end; /* 0: the last value itself */
            const double share = end ? x - lower : 1 - (x - lower);
            if (row == 0 || add_last) mix[p - 1] += share;
            if (row == 0) continue;
            const orr_real *map = m->params.value + (size_t)(row - 1) * (k + 1);
            for (size_t u = 0; u < k; u++)
                for (size_t j = 0; j < p; j++) mix[j] += share * (double)map[u] * f[u * p + j];
            mix[p] += share * (double)map[k];
        }
        double *out = c + h * (o->n + 1);
        for (size_t j = 0; j < p; j++)
            for (size_t i = 0; i < o->n; i++) out[i] += mix[j] * r[j * o->n + i];
        out[o->n] = mix[p];
    }
    free(f);
}
static void nlinear(const struct orr_weights_model *m, const struct orr_observed *o, size_t n_ahead, const double *t,
                    double *c)
{
    coefficients(m, from_last, true, o, n_ahead, t, c);
}
static void dlinear(const struct orr_weights_model *m, const struct orr_observed *o, size_t n_ahead, const double *t,
                    double *c)
{
    coefficients(m, decompose, false, o, n_ahead, t, c);
}

static const struct orr_param no_params[] = {{0}};
static const struct orr_weights_method nlinear_method, dlinear_method;
const struct orr_method orr_weights_nlinear = {.name = "nlinear",
                                               .summary = "linear map of the differences from the last weight",
                                               .source = "Zeng et al. 2023",
                                               .equations = "w_h = w_n + sum_i A_hi (w_i - w_n) + b_h",
                                               .params = no_params,
                                               .input = ORR_DATA_TRAJECTORIES,
                                               .baseline = true,
                                               .weights = &nlinear_method};
const struct orr_method orr_weights_dlinear = {.name = "dlinear",
                                               .summary = "linear maps of trend and remainder",
                                               .source = "Zeng et al. 2023",
                                               .equations = "w_h = sum_i A_hi trend_i + B_hi (w_i - trend_i) + b_h",
                                               .params = no_params,
                                               .input = ORR_DATA_TRAJECTORIES,
                                               .baseline = true,
                                               .weights = &dlinear_method};
static const struct orr_weights_method nlinear_method = {
    .face = &orr_weights_nlinear, .least = 2, .coefficients = nlinear, .learn = learn_nlinear, .build = build_nlinear};
static const struct orr_weights_method dlinear_method = {
    .face = &orr_weights_dlinear, .least = 2, .coefficients = dlinear, .learn = learn_dlinear, .build = build_dlinear};
