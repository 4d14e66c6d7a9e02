/* Conditioning a law on a window. With y the derivatives of node i at the window's rows, H its regressors and M their
 * covariance over networks of the kind,
 *     alpha = M^-1 (y - H mean),  c_p = mean_p + variance_p phi_p alpha,  e_ij = s_i / n + edges / n sum_tk alpha_t u_k v_k(x_j),
 * so that the inferred edges have rank rows at most and a step costs O(n rows) instead of O(n^2). */
#include "methods/netdyn/law.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "num/solve.h"

enum { SELF = ORR_LAW_SELF, MOST_ROWS = 48, SHRINKS = 5, DENSE = 2000, JUDGED = 100 };
static const double BEND = 0.03;     /* error of a derivative by its own second difference */
static const double FARTHEST = 10;   /* windows' ranges beyond the window: exploded */
static const double SMALLEST = 1e-9; /* error that is always there */

/* ---- rows ---- */

/* Weights of four points for value and derivative half way between points `place` and `place` + 1 of them. */
static void stencil(int place, double value[4], double slope[4])
{
    static const double values[3][4] = {{5, 15, -5, 1}, {-1, 9, 9, -1}, {1, -5, 15, 5}};
    static const double slopes[3][4] = {{-23, 21, 3, -1}, {1, -27, 27, -1}, {1, -3, -21, 23}};
    for (int k = 0; k < 4; k++) {
        value[k] = values[place][k] / 16;
        slope[k] = slopes[place][k] / 24;
    }
}

static size_t first_of(size_t at, size_t points) { return at == 0 ? 0 : at + 2 < points ? at - 1 : points - 4; }

void orr_law_rows_free(struct orr_law_rows *r)
{
    free(r->x);
    *r = (struct orr_law_rows){0};
}

/* sigma^2 C C' / h^2, C the differences. Of raw states, though x is smoothed: where smoothing took the noise away it may have
 * bent the curve as well, and such directions should say little. */
static void set_noise(const struct orr_law_smooth *smooth, double unit, const size_t *idx, struct orr_law_rows *r)
{
    const size_t points = smooth->x.points;
    const double size = smooth->variance / (unit * unit * smooth->x.step * smooth->x.step);
    for (size_t a = 0; a < r->rows; a++)
        for (size_t b = 0; b < r->rows; b++) {
            double value[4], p[4], q[4], sum = 0;
            const size_t fa = first_of(idx[a], points), fb = first_of(idx[b], points);
            stencil((int)(idx[a] - fa), value, p);
            stencil((int)(idx[b] - fb), value, q);
            for (size_t k = 0; k < 4; k++)
                if (fa + k >= fb && fa + k < fb + 4) sum += p[k] * q[fa + k - fb];
            r->noise[a * r->rows + b] = size * sum;
        }
}

bool orr_law_rows_make(const struct orr_law_smooth *smooth, const struct orr_law *law, const size_t *idx, size_t rows,
                       struct orr_law_rows *out)
{
    const struct orr_nodes *s = &smooth->x;
    const size_t n = s->n;
    *out = (struct orr_law_rows){.n = n, .rows = rows, .x = orr_alloc(rows, (3 * n + rows) * sizeof *out->x)};
    if (!out->x) return false;
    out->y = out->x + rows * n;
    out->extra = out->y + rows * n;
    out->noise = out->extra + rows * n;
    for (size_t t = 0; t < rows; t++) {
        double value[4], slope[4];
        const size_t first = first_of(idx[t], s->points);
        stencil((int)(idx[t] - first), value, slope);
        for (size_t i = 0; i < n; i++) {
            double x = 0, y = 0;
            for (size_t k = 0; k < 4; k++) {
                double p = s->x[(first + k) * n + i];
                if (law->positive) p = fmax(p, 0);
                x += value[k] * p / law->unit;
                y += slope[k] * p / law->unit;
            }
            out->x[t * n + i] = law->positive ? fmax(x, 0) : x;
            out->y[t * n + i] = y / s->step;
            out->square += y * y / (s->step * s->step) / (double)(n * rows);
        }
    }
    for (size_t t = 0; t < rows; t++) /* rows that stand close together tell how the derivative bends */
        for (size_t i = 0; i < n; i++) {
            const size_t m = t == 0 ? 1 : t + 1 < rows ? t : rows - 2;
            const bool close = rows > 2 && idx[m + 1] - idx[m - 1] <= 4;
            const double *y = out->y + i, bend = close ? y[(m - 1) * n] - 2 * y[m * n] + y[(m + 1) * n] : 0;
            out->extra[t * n + i] = BEND * BEND * bend * bend;
        }
    set_noise(smooth, law->unit, idx, out);
    return true;
}

/* ---- regressors ---- */

void orr_law_design_free(struct orr_law_design *d)
{
    free(d->phi);
    *d = (struct orr_law_design){0};
}

bool orr_law_design_make(const struct orr_law *law, const struct orr_law_rows *r, struct orr_law_design *out)
{
    const size_t n = r->n, rows = r->rows, k = (size_t)orr_law_terms(law->coupling), cells = rows * n;
    *out = (struct orr_law_design){.n = n, .rows = rows, .k = k};
    out->phi = orr_alloc(rows, (n * (SELF + 2 * k + 1) + k * k * rows) * sizeof *out->phi);
    if (!out->phi) return false;
    out->u = out->phi + SELF * cells;
    out->v = out->u + k * cells;
    out->field = out->v + k * cells;
    out->vv = out->field + cells;
    for (size_t t = 0; t < rows; t++) {
        double sum[2] = {0, 0};
        for (size_t i = 0; i < n; i++) {
            double phi[SELF], u[2], v[2];
            const size_t at = t * n + i;
            orr_law_basis(r->x[at], phi);
            orr_law_receive(law->coupling, r->x[at], u);
            orr_law_send(law->coupling, r->x[at], v);
            for (size_t p = 0; p < SELF; p++) out->phi[p * cells + at] = phi[p] / law->scale[p];
            for (size_t q = 0; q < k; q++) {
                out->u[q * cells + at] = u[q];
                out->v[q * cells + at] = v[q];
                sum[q] += v[q] / (double)n;
            }
        }
        for (size_t i = 0; i < n; i++) {
            out->field[t * n + i] = 0;
            for (size_t q = 0; q < k; q++) out->field[t * n + i] += out->u[q * cells + t * n + i] * sum[q];
        }
    }
    for (size_t a = 0; a < k; a++)
        for (size_t b = 0; b < k; b++)
            for (size_t t = 0; t < rows; t++)
                for (size_t s = 0; s < rows; s++) {
                    double sum = 0;
                    const double *x = out->v + a * cells + t * n, *y = out->v + b * cells + s * n;
                    for (size_t j = 0; j < n; j++) sum += x[j] * y[j];
                    out->vv[((a * k + b) * rows + t) * rows + s] = sum / (double)n;
                }
    return true;
}

void orr_law_covariance(const struct orr_law *law, const struct orr_law_rows *r, const struct orr_law_design *d,
                        size_t i, double *m, double *edge)
{
    const size_t n = d->n, rows = d->rows, k = d->k, cells = rows * n;
    for (size_t t = 0; t < rows; t++)
        for (size_t s = 0; s <= t; s++) {
            double e = 0, sum = law->part[ORR_LAW_STRENGTH] * d->field[t * n + i] * d->field[s * n + i];
            for (size_t a = 0; a < k; a++)
                for (size_t b = 0; b < k; b++)
                    e += d->u[a * cells + t * n + i] * d->u[b * cells + s * n + i] *
                         d->vv[((a * k + b) * rows + t) * rows + s];
            for (size_t p = 0; p < SELF; p++)
                sum += law->part[p] * d->phi[p * cells + t * n + i] * d->phi[p * cells + s * n + i];
            sum += law->part[ORR_LAW_EDGES] * e + r->noise[t * rows + s];
            if (s == t) {
                const double y = r->y[t * n + i];
                sum += (law->part[ORR_LAW_ERROR] + SMALLEST) * 0.5 * (r->square + y * y) + r->extra[t * n + i];
            }
            m[t * rows + s] = m[s * rows + t] = sum;
            if (edge) edge[t * rows + s] = edge[s * rows + t] = e;
        }
}

void orr_law_rest(const struct orr_law *law, const struct orr_law_rows *r, const struct orr_law_design *d, size_t i,
                  double *rest)
{
    const size_t n = d->n, cells = d->rows * n;
    for (size_t t = 0; t < d->rows; t++) {
        rest[t] = r->y[t * n + i] - law->mean[ORR_LAW_STRENGTH] * d->field[t * n + i];
        for (size_t p = 0; p < SELF; p++) rest[t] -= law->mean[p] * d->phi[p * cells + t * n + i];
    }
}

bool orr_law_invert(size_t n, double *a, double *work, double *log_det)
{
    double *l = work, *column = work + n * n;
    *log_det = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
            if (i == j && !(sum > 0)) return false;
            l[i * n + j] = i == j ? sqrt(sum) : sum / l[j * n + j];
        }
    for (size_t i = 0; i < n; i++) *log_det += 2 * log(l[i * n + i]);
    for (size_t c = 0; c < n; c++) {
        memset(column, 0, n * sizeof *column);
        column[c] = 1;
        for (size_t i = c; i < n; i++) {
            for (size_t k = c; k < i; k++) column[i] -= l[i * n + k] * column[k];
            column[i] /= l[i * n + i];
        }
        for (size_t i = n; i-- > c;) {
            for (size_t k = i + 1; k < n; k++) column[i] -= l[k * n + i] * column[k];
            column[i] /= l[i * n + i];
            a[i * n + c] = a[c * n + i] = column[i];
        }
    }
    return true;
}

/* Log likelihood of the rows of some nodes, and how far off they are. */
static double likelihood(const struct orr_law *law, const struct orr_law_rows *r, const struct orr_law_design *d,
                         double *work, double *misfit)
{
    const size_t rows = d->rows, step = d->n > JUDGED ? d->n / JUDGED : 1;
    double *m = work, *rest = m + rows * rows, *scratch = rest + rows, sum = 0, log_det;
    size_t count = 0;
    *misfit = 0;
    for (size_t i = 0; i < d->n; i += step, count += rows) {
        orr_law_covariance(law, r, d, i, m, NULL);
        orr_law_rest(law, r, d, i, rest);
        if (!orr_law_invert(rows, m, scratch, &log_det)) return -INFINITY;
        double fit = 0;
        for (size_t t = 0; t < rows; t++)
            for (size_t s = 0; s < rows; s++) fit += rest[t] * m[t * rows + s] * rest[s];
        *misfit += fit;
        /* in the data's own units, so that laws of different units compare */
        sum -= 0.5 * (fit + log_det) + (double)rows * log(law->unit);
    }
    *misfit /= (double)count;
    return sum;
}

/* ---- the network as inferred ---- */

struct inferred {
    const struct orr_law *law;
    size_t n, rank; /* rank: rows k */
    double *self;   /* (n, SELF) */
    double *strength;
    double *w;        /* (n, rank) */
    const double *v;  /* (rank, n) */
    double *u, *send; /* (n, k) at the state now */
    double *sum;      /* (rank, k) */
    double mean[2];
    double trust; /* of what departs from the means: 1, less where the network explodes */
};

static enum orr_status infer(const struct orr_law_rows *r, const struct orr_law_design *d, struct inferred *f,
                             const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct orr_law *law = f->law;
    const size_t n = d->n, rows = d->rows, k = d->k, cells = rows * n;
    double *m = orr_xmalloc((rows * rows + rows) * sizeof *m), *alpha = m + rows * rows;
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < n && !status; i++) {
        if (i % 64 == 0 && !orr_ticker_tick(ticker, "inferring edges", "nodes", i, n))
            status = orr_error_set(err, ORR_ECANCELLED, "netdyn-law", "stopped");
        orr_law_covariance(law, r, d, i, m, NULL);
        orr_law_rest(law, r, d, i, alpha);
        if (!orr_solve_positive(rows, m, alpha)) memset(alpha, 0, rows * sizeof *alpha); /* the means are left */
        double strength = 0;
        for (size_t t = 0; t < rows; t++) strength += alpha[t] * d->field[t * n + i];
        f->strength[i] = law->part[ORR_LAW_STRENGTH] * strength;
        for (size_t p = 0; p < SELF; p++) {
            double c = 0;
            for (size_t t = 0; t < rows; t++) c += alpha[t] * d->phi[p * cells + t * n + i];
            f->self[i * SELF + p] = law->part[p] * c;
        }
        for (size_t q = 0; q < k; q++)
            for (size_t t = 0; t < rows; t++)
                f->w[i * f->rank + q * rows + t] =
                    law->part[ORR_LAW_EDGES] / (double)n * alpha[t] * d->u[q * cells + t * n + i];
    }
    free(m);
    return status;
}

static void right_hand_side(void *ctx, double time, size_t n, const double *x, double *dx)
{
    struct inferred *f = ctx;
    const struct orr_law *law = f->law;
    const size_t k = (size_t)orr_law_terms(law->coupling);
    (void)time;
    memset(f->mean, 0, sizeof f->mean);
    for (size_t j = 0; j < n; j++) {
        double u[2], v[2];
        const double at = law->positive ? fmax(x[j], 0) : x[j];
        orr_law_receive(law->coupling, at, u);
        orr_law_send(law->coupling, at, v);
        for (size_t q = 0; q < k; q++) {
            f->u[q * n + j] = u[q];
            f->send[q * n + j] = v[q];
            f->mean[q] += v[q] / (double)n;
        }
    }
    for (size_t q = 0; q < k; q++)
        for (size_t r = 0; r < f->rank; r++) {
            double sum = 0;
            for (size_t j = 0; j < n; j++) sum += f->v[r * n + j] * f->send[q * n + j];
            f->sum[q * f->rank + r] = sum;
        }
    for (size_t i = 0; i < n; i++) {
        double phi[SELF], sum = 0;
        orr_law_basis(law->positive ? fmax(x[i], 0) : x[i], phi);
        for (size_t p = 0; p < SELF; p++)
            sum += (law->mean[p] + f->trust * f->self[i * SELF + p]) * phi[p] / law->scale[p];
        for (size_t q = 0; q < k; q++) {
            double in = 0;
            for (size_t r = 0; r < f->rank; r++) in += f->w[i * f->rank + r] * f->sum[q * f->rank + r];
            sum += f->u[q * n + i] *
                   ((law->mean[ORR_LAW_STRENGTH] + f->trust * f->strength[i]) * f->mean[q] + f->trust * in);
        }
        dx[i] = sum;
    }
}

/* Solves onwards in units of the law; *fine: it does not explode. */
static enum orr_status onwards(struct inferred *f, const struct orr_nodes *x, size_t ahead, double *start, double *out,
                               double low, double high, bool *fine, const struct orr_ticker *ticker)
{
    const size_t n = x->n;
    const double room = FARTHEST * (high - low) + 1e-9;
    const struct orr_ode_options o = {.method = ORR_DOPRI5, .rtol = 1e-5, .atol = 1e-7, .max_steps = 3000};
    double *t = orr_xmalloc((ahead + 1) * sizeof *t);
    for (size_t h = 0; h <= ahead; h++) t[h] = x->step * (double)h;
    const enum orr_status s = orr_ode_solve(right_hand_side, f, n, start, t, ahead + 1, &o, ticker, out, NULL, NULL);
    *fine = s == ORR_OK;
    for (size_t k = 0; k < (ahead + 1) * n && *fine; k++)
        *fine = isfinite(out[k]) && out[k] <= high + room && out[k] >= low - room;
    free(t);
    return s == ORR_ECANCELLED ? s : ORR_OK;
}

static enum orr_status keep_edges(const struct inferred *f, struct orr_latent_edges *edges, struct orr_error *err)
{
    const size_t n = f->n;
    *edges = (struct orr_latent_edges){.n = n, .k = n, .weight = orr_alloc(n * n, sizeof *edges->weight)};
    if (!edges->weight) return orr_error_set(err, ORR_ENOMEM, "netdyn-law", "no memory for the edges of %zu nodes", n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double e = (f->law->mean[ORR_LAW_STRENGTH] + f->strength[i]) / (double)n;
            for (size_t r = 0; r < f->rank; r++) e += f->w[i * f->rank + r] * f->v[r * n + j];
            edges->weight[i * n + j] = i == j ? 0 : (float)e;
        }
    return ORR_OK;
}

/* Rows and regressors of the likeliest law. */
static enum orr_status choose(const struct orr_law *laws, size_t n_laws, const struct orr_law_smooth *smooth,
                              const size_t *idx, size_t rows, struct orr_law_choice *chosen, struct orr_law_rows *r,
                              struct orr_law_design *d, struct orr_error *err)
{
    double best = -INFINITY, *work = orr_xmalloc((2 * rows * rows + 2 * rows) * sizeof *work);
    enum orr_status s = ORR_OK;
    for (size_t k = 0; k < n_laws && !s; k++) {
        struct orr_law_rows rows_k = {0};
        struct orr_law_design design_k = {0};
        if (!orr_law_rows_make(smooth, &laws[k], idx, rows, &rows_k) ||
            !orr_law_design_make(&laws[k], &rows_k, &design_k))
            s = orr_error_set(err, ORR_ENOMEM, "netdyn-law", "no memory for %zu nodes", smooth->x.n);
        double misfit = 1;
        const double now = s || n_laws == 1 ? 0 : likelihood(&laws[k], &rows_k, &design_k, work, &misfit);
        if (!s && (now > best || k == 0)) {
            best = now;
            chosen->law = k;
            chosen->misfit = misfit;
            orr_law_rows_free(r);
            orr_law_design_free(d);
            *r = rows_k;
            *d = design_k;
        } else {
            orr_law_rows_free(&rows_k);
            orr_law_design_free(&design_k);
        }
    }
    free(work);
    return s;
}

/* Where the forecast starts, and how far the window went. */
static void begin(const struct orr_law *law, const struct orr_nodes *x, double *start, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t k = 0; k < x->points * x->n; k++) {
        *low = fmin(*low, x->x[k] / law->unit);
        *high = fmax(*high, x->x[k] / law->unit);
    }
    for (size_t i = 0; i < x->n; i++) {
        start[i] = x->x[(x->points - 1) * x->n + i] / law->unit;
        if (law->positive) start[i] = fmax(start[i], 0);
    }
}

enum orr_status orr_law_run(const struct orr_law *laws, size_t n_laws, struct orr_law_choice *choice,
                            const struct orr_nodes_case *c, size_t ahead, const struct orr_ticker *ticker, double *mean,
                            struct orr_latent_edges *edges, struct orr_error *err)
{
    const size_t n = c->x->n, points = c->x->points < MOST_ROWS + 1 ? c->x->points : MOST_ROWS + 1, rows = points - 1;
    const struct orr_nodes seen = {
        .n = n, .points = points, .step = c->x->step, .x = c->x->x + (c->x->points - points) * n};
    struct orr_law_rows r = {0};
    struct orr_law_design d = {0};
    struct orr_law_smooth smooth = {0};
    struct inferred f = {.n = n, .trust = 1};
    struct orr_law_choice found = {0};
    size_t idx[MOST_ROWS];
    double *memory = NULL, *out = orr_alloc((ahead + 2) * n, sizeof *out), low, high;
    enum orr_status s = ORR_OK;
    for (size_t t = 0; t < rows; t++) idx[t] = t;
    if (!out || !orr_law_smooth_make(&seen, &smooth))
        s = orr_error_set(err, ORR_ENOMEM, "netdyn-law", "no memory for %zu nodes", n);
    if (!s) s = choose(laws, n_laws, &smooth, idx, rows, &found, &r, &d, err);
    if (!s && !(memory = orr_alloc(n + rows, (SELF + 1 + d.k * rows + 2 * d.k + 4) * sizeof *memory)))
        s = orr_error_set(err, ORR_ENOMEM, "netdyn-law", "no memory for %zu nodes", n);
    if (s) goto out;
    const struct orr_law *law = f.law = &laws[found.law];
    f.rank = d.k * rows;
    f.v = d.v;
    f.self = memory;
    f.strength = f.self + n * SELF;
    f.w = f.strength + n;
    f.u = f.w + n * f.rank;
    f.send = f.u + n * d.k;
    f.sum = f.send + n * d.k;
    s = infer(&r, &d, &f, ticker, err);
    double *start = out + (ahead + 1) * n;
    begin(law, &smooth.x, start, &low, &high);
    bool fine = false;
    for (int k = 0; k < SHRINKS && !fine && !s; k++, f.trust *= 0.5)
        if (onwards(&f, &seen, ahead, start, out, low, high, &fine, ticker))
            s = orr_error_set(err, ORR_ECANCELLED, "netdyn-law", "stopped");
    f.trust = 1;
    for (size_t h = 0; h < ahead && !s; h++)
        for (size_t i = 0; i < n; i++) {
            const double v = fine ? out[(h + 1) * n + i] : start[i];
            mean[h * n + i] = law->unit * (law->positive ? fmax(v, 0) : v);
        }
    if (!s && edges && n <= DENSE) s = keep_edges(&f, edges, err);
    if (choice) {
        double unit;
        orr_nodes_scales(&smooth.x, 0, points, out, out + n, &unit);
        found.noise = sqrt(smooth.variance) / unit;
        *choice = found;
    }
out:
    orr_law_smooth_free(&smooth);
    orr_law_rows_free(&r);
    orr_law_design_free(&d);
    free(memory);
    free(out);
    return s;
}
