#include <orrery/ode.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/ops.h>

#include "base/mem.h"

/* Dormand and Prince 1980, RK5(4)7M. B5 is the last row of A (first same as last); E = B5 - B4. */
enum { STAGES = 7 };
static const double C[STAGES] = {0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1};
static const double A[STAGES][STAGES - 1] = {
    {0},
    {1.0 / 5},
    {3.0 / 40, 9.0 / 40},
    {44.0 / 45, -56.0 / 15, 32.0 / 9},
    {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
    {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
    {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84},
};
static const double E[STAGES] = {71.0 / 57600,      0,           -71.0 / 16695, 71.0 / 1920,
                                 -17253.0 / 339200, 22.0 / 525,  -1.0 / 40};

struct solver {
    orr_ode_rhs f;
    void *ctx;
    size_t n;
    const struct orr_ode_options *o;
    double rtol, atol;
    double *k[STAGES], *y, *next, *work;
    struct orr_ode_info info;
};

static void rhs(struct solver *s, double t, const double *y, double *dy)
{
    s->f(s->ctx, t, s->n, y, dy);
    s->info.calls++;
}

/* out = y + h sum_j w_j k_j */
static void combine(const struct solver *s, const double *y, double h, const double *w, int stages, double *out)
{
    for (size_t i = 0; i < s->n; i++) {
        double d = 0;
        for (int j = 0; j < stages; j++) d += w[j] * s->k[j][i];
        out[i] = y[i] + h * d;
    }
}

static void euler_step(struct solver *s, double t, double h)
{
    rhs(s, t, s->y, s->k[0]);
    combine(s, s->y, h, (const double[]){1}, 1, s->y);
}

static void rk4_step(struct solver *s, double t, double h)
{
    rhs(s, t, s->y, s->k[0]);
    combine(s, s->y, h / 2, (const double[]){1}, 1, s->work);
    rhs(s, t + h / 2, s->work, s->k[1]);
    combine(s, s->y, h / 2, (const double[]){0, 1}, 2, s->work);
    rhs(s, t + h / 2, s->work, s->k[2]);
    combine(s, s->y, h, (const double[]){0, 0, 1}, 3, s->work);
    rhs(s, t + h, s->work, s->k[3]);
    combine(s, s->y, h, (const double[]){1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6}, 4, s->y);
}

static enum orr_status solve_fixed(struct solver *s, const double *t, size_t n_t, const struct orr_ticker *ticker,
                                   double *out, struct orr_error *err)
{
    if (!(s->o->step > 0)) return orr_error_set(err, ORR_EINVAL, "step", "a fixed-step solver needs a step above 0");
    for (size_t i = 1; i < n_t; i++) {
        const double span = t[i] - t[i - 1];
        const size_t steps = (size_t)fmax(1, ceil(fabs(span) / s->o->step - 1e-9));
        const double h = span / (double)steps;
        for (size_t j = 0; j < steps; j++, s->info.steps++) {
            (s->o->method == ORR_EULER ? euler_step : rk4_step)(s, t[i - 1] + (double)j * h, h);
            if ((s->info.steps & 255) == 0 && !orr_ticker_tick(ticker, "solving", "outputs", i, n_t))
                return orr_error_set(err, ORR_ECANCELLED, NULL, "cancelled at t = %g", t[i - 1] + (double)j * h);
        }
        memcpy(out + i * s->n, s->y, s->n * sizeof *out);
    }
    return ORR_OK;
}

/* Root mean square of e_i / (atol + rtol max(|a_i|, |b_i|)). */
static double scaled_norm(const struct solver *s, const double *e, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) {
        const double scale = s->atol + s->rtol * fmax(fabs(a[i]), fabs(b[i]));
        sum += e[i] / scale * (e[i] / scale);
    }
    return s->n ? sqrt(sum / (double)s->n) : 0;
}

/* The first step: Hairer, Norsett and Wanner, II.4. k[0] holds f(t0, y0). */
static double first_step(struct solver *s, double t0, double direction)
{
    const double d0 = scaled_norm(s, s->y, s->y, s->y), d1 = scaled_norm(s, s->k[0], s->y, s->y);
    const double h0 = d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : 0.01 * d0 / d1;
    combine(s, s->y, direction * h0, (const double[]){1}, 1, s->work);
    rhs(s, t0 + direction * h0, s->work, s->k[1]);
    for (size_t i = 0; i < s->n; i++) s->next[i] = s->k[1][i] - s->k[0][i];
    const double d2 = scaled_norm(s, s->next, s->y, s->y) / h0;
    const double top = fmax(d1, d2), h1 = top <= 1e-15 ? fmax(1e-6, h0 * 1e-3) : pow(0.01 / top, 0.2);
    return fmin(100 * h0, h1);
}

/* Tries a step of h from s->y into s->next; returns the scaled error. k[0] is f(t, y); k[6] becomes f(t + h, next). */
static double try_step(struct solver *s, double t, double h)
{
    for (int j = 1; j < STAGES; j++) {
        double *to = j == STAGES - 1 ? s->next : s->work;
        combine(s, s->y, h, A[j], j, to);
        rhs(s, t + C[j] * h, to, s->k[j]);
    }
    for (size_t i = 0; i < s->n; i++) {
        double e = 0;
        for (int j = 0; j < STAGES; j++) e += E[j] * s->k[j][i];
        s->work[i] = h * e;
    }
    return scaled_norm(s, s->work, s->y, s->next);
}

/* The continuous extension at theta in 0..1 of the step just made: weights b_j(theta) with b_j(1) = B5. */
static void interpolate(const struct solver *s, double h, double theta, double *out)
{
    const double x = theta, x2 = x * x, q = x2 * (3 - 2 * x), r = x2 * (x - 1) * (x - 1);
    const double w[STAGES] = {
        q * A[6][0] + x * (x - 1) * (x - 1) - r * 5 * (2558722523.0 - 31403016.0 * x) / 11282082432.0,
        0,
        q * A[6][2] + r * 100 * (882725551.0 - 15701508.0 * x) / 32700410799.0,
        q * A[6][3] - r * 25 * (443332067.0 - 31403016.0 * x) / 1880347072.0,
        q * A[6][4] + r * 32805 * (23143187.0 - 3489224.0 * x) / 199316789632.0,
        q * A[6][5] - r * 55 * (29972135.0 - 7076736.0 * x) / 822651844.0,
        x2 * (x - 1) + r * 10 * (7414447.0 - 829305.0 * x) / 29380423.0,
    };
    combine(s, s->y, h, w, STAGES, out);
}

static enum orr_status solve_dopri(struct solver *s, const double *t, size_t n_t, const struct orr_ticker *ticker,
                                   double *out, struct orr_error *err)
{
    const double end = t[n_t - 1], direction = end >= t[0] ? 1 : -1;
    const size_t limit = s->o->max_steps ? s->o->max_steps : 1000000;
    double now = t[0];
    rhs(s, now, s->y, s->k[0]);
    double h = s->o->step > 0 ? s->o->step : first_step(s, now, direction), before = 1e-4;
    size_t next_output = 1;
    bool rejected = false;
    while (next_output < n_t) {
        if (s->info.steps + s->info.rejected >= limit || !(h > 1e-14 * fmax(fabs(now), fabs(end))))
            return orr_error_set(err, ORR_EUNSUPPORTED, NULL,
                                 "the solver stands at t = %g with steps of %g: stiff or exploding; loosen rtol", now, h);
        if (!orr_ticker_tick(ticker, "solving", "outputs", next_output, n_t))
            return orr_error_set(err, ORR_ECANCELLED, NULL, "cancelled at t = %g", now);
        if (h > fabs(end - now)) h = fabs(end - now);
        const double e = try_step(s, now, direction * h);
        if (!(e <= 1)) { /* too large, or NaN */
            h *= isfinite(e) ? fmax(0.2, 0.9 * pow(e, -0.2)) : 0.1;
            rejected = true;
            s->info.rejected++;
            continue;
        }
        const double after = now + direction * h;
        while (next_output < n_t && direction * (t[next_output] - after) <= 1e-12 * fabs(after)) {
            const double theta = (t[next_output] - now) / (direction * h);
            if (theta >= 1)
                memcpy(out + next_output * s->n, s->next, s->n * sizeof *out);
            else
                interpolate(s, direction * h, theta, out + next_output * s->n);
            next_output++;
        }
        double *y = s->y, *k = s->k[0];
        s->y = s->next;
        s->next = y;
        s->k[0] = s->k[STAGES - 1];
        s->k[STAGES - 1] = k;
        now = after;
        s->info.steps++;
        /* Gustafsson's PI control, as in Hairer, Norsett and Wanner II.4: exponents .7/5 and .4/5. */
        double grow = 0.9 * pow(fmax(e, 1e-10), -0.14) * pow(before, 0.08);
        grow = fmin(rejected ? 1 : 5, fmax(0.2, grow));
        before = fmax(e, 1e-4);
        h *= grow;
        rejected = false;
    }
    return ORR_OK;
}

static enum orr_status check_times(const double *t, size_t n_t, struct orr_error *err)
{
    if (n_t == 0) return orr_error_set(err, ORR_EINVAL, "t", "no times to solve for");
    for (size_t i = 1; i < n_t; i++)
        if (!isfinite(t[i]) || !((t[i] - t[i - 1]) * (t[n_t - 1] - t[0]) > 0))
            return orr_error_set(err, ORR_EINVAL, "t", "time %zu (%g) does not move on from %g", i, t[i], t[i - 1]);
    return ORR_OK;
}

enum orr_status orr_ode_solve(orr_ode_rhs f, void *ctx, size_t n, const double *y0, const double *t, size_t n_t,
                              const struct orr_ode_options *options, const struct orr_ticker *ticker, double *out,
                              struct orr_ode_info *info, struct orr_error *err)
{
    enum orr_status status = check_times(t, n_t, err);
    if (status) return status;
    double *memory = orr_alloc(STAGES + 3, (n ? n : 1) * sizeof(double));
    if (!memory) return orr_error_set(err, ORR_ENOMEM, NULL, "no memory for a state of %zu numbers", n);
    struct solver s = {.f = f, .ctx = ctx, .n = n, .o = options, .rtol = options->rtol > 0 ? options->rtol : 1e-6,
                       .atol = options->atol > 0 ? options->atol : 1e-9};
    for (int j = 0; j < STAGES; j++) s.k[j] = memory + (size_t)j * n;
    s.y = memory + STAGES * n;
    s.next = s.y + n;
    s.work = s.next + n;
    memcpy(s.y, y0, n * sizeof *y0);
    for (size_t i = 0; i < n_t * n; i++) out[i] = i < n ? y0[i] : NAN;
    if (n_t > 1)
        status = (options->method == ORR_DOPRI5 ? solve_dopri : solve_fixed)(&s, t, n_t, ticker, out, err);
    if (info) *info = s.info;
    free(memory);
    return status;
}

/* ---- through the tape ---- */

struct orr_var *orr_ode_step(orr_ode_field f, void *ctx, enum orr_ode_method method, double t, double h,
                             struct orr_var *y)
{
    struct orr_var *k[STAGES];
    k[0] = f(ctx, t, y);
    if (method == ORR_EULER) return orr_axpby(1, y, h, k[0]);
    if (method == ORR_RK4) {
        k[1] = f(ctx, t + h / 2, orr_axpby(1, y, h / 2, k[0]));
        k[2] = f(ctx, t + h / 2, orr_axpby(1, y, h / 2, k[1]));
        k[3] = f(ctx, t + h, orr_axpby(1, y, h, k[2]));
        return orr_combine((struct orr_var *[]){y, k[0], k[1], k[2], k[3]},
                           (double[]){1, h / 6, h / 3, h / 3, h / 6}, 5);
    }
    for (int j = 1;; j++) {
        struct orr_var *terms[ORR_MAX_INPUTS] = {y};
        double w[ORR_MAX_INPUTS] = {1};
        int n = 1;
        for (int i = 0; i < j; i++) {
            if (A[j][i] == 0) continue;
            terms[n] = k[i];
            w[n++] = h * A[j][i];
        }
        struct orr_var *at = orr_combine(terms, w, n);
        if (j == STAGES - 1) return at;
        k[j] = f(ctx, t + C[j] * h, at);
    }
}

struct orr_var *orr_ode_unroll(orr_ode_field f, void *ctx, enum orr_ode_method method, double t0, double t1, int n,
                               struct orr_var *y, struct orr_var **states)
{
    const double h = (t1 - t0) / n;
    for (int i = 0; i < n; i++) {
        y = orr_ode_step(f, ctx, method, t0 + i * h, h, y);
        if (states) states[i] = y;
    }
    return y;
}
