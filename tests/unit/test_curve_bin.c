#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <orrery/rng.h>

#include "aid_curve.h"
#include "app/curve.h"

enum { N = 30000, BINS = 300 };

/* A series as a list of points, and what it should look like under options. */
struct series {
    size_t n;
    int64_t step[N];
    double value[N], wall[N];
    double x[N], y[N]; /* expected under the options */
};

enum { RESTARTS = 1, REPEATS = 2, UNEVEN = 4, HOLES = 8, WIDE = 16, NO_WALL = 32 };

static void make(struct series *s, struct orr_rng *r, size_t n, int what)
{
    int64_t step = what & RESTARTS ? 5 : 0;
    double wall = 1.7e9;
    s->n = n;
    for (size_t i = 0; i < n; i++) {
        if (what & RESTARTS && orr_rng_below(r, 7000) == 0) step -= (int64_t)orr_rng_below(r, 3000);
        s->step[i] = step;
        step += what & UNEVEN ? 1 + (int64_t)orr_rng_below(r, 9) : 3;
        if (what & REPEATS && orr_rng_below(r, 4) == 0) step = s->step[i];
        double v = exp(-(double)i / 9000) + 0.1 * orr_rng_normal(r);
        if (!(what & WIDE)) v = (double)(float)v;
        if (what & HOLES) {
            const uint64_t hole = orr_rng_below(r, 50);
            if (hole < 3) v = hole == 0 ? NAN : hole == 1 ? INFINITY : -INFINITY;
            if (i / 400 % 5 == 2) v = NAN;
        }
        s->value[i] = v;
        wall += orr_rng_exponential(r) - (orr_rng_below(r, 100) == 0 ? 20 : 0);
        s->wall[i] = what & NO_WALL && i % 3 == 0 ? NAN : (double)llrint(wall * 1000) / 1000; /* as stored */
    }
}

static void expect(struct series *s, const struct orr_curve_options *o)
{
    double m = 0, w = 0;
    const double start = isnan(s->wall[0]) ? s->wall[1] : s->wall[0];
    for (size_t i = 0; i < s->n; i++) {
        s->y[i] = s->value[i];
        if (o->smooth > 0 && isfinite(s->value[i])) {
            m = o->smooth * m + (1 - o->smooth) * s->value[i];
            w = o->smooth * w + (1 - o->smooth);
            s->y[i] = m / w;
        }
        s->x[i] = (double)s->step[i];
        if (o->x == ORR_X_WALL || isnan(s->wall[i])) s->x[i] = o->x == ORR_X_STEP ? (double)s->step[i] : s->wall[i];
        else if (o->x == ORR_X_RELATIVE) s->x[i] = (double)(llrint(s->wall[i] * 1000) - llrint(start * 1000)) / 1000;
    }
}

static double edge(const struct orr_curve_options *o, double x0, double x1, size_t i, size_t n)
{
    const double u = (double)i / (double)n;
    if (i == 0) return x0;
    if (i == n) return x1;
    return o->log_x ? x0 * pow(x1 / x0, u) : x0 + (x1 - x0) * u;
}

static void brute(const struct series *s, const struct orr_curve_options *o, double x0, double x1, size_t n,
                  struct orr_bin *bins)
{
    static double edges[BINS + 1];
    for (size_t i = 0; i <= n; i++) edges[i] = edge(o, x0, x1, i, n);
    for (size_t k = 0; k < n; k++) bins[k] = (struct orr_bin){.min = NAN, .max = NAN, .first = NAN, .last = NAN};
    for (size_t i = 0; i < s->n; i++) {
        if (!(s->x[i] >= x0 && s->x[i] <= x1)) continue;
        size_t k = n - 1;
        while (edges[k] > s->x[i]) k--;
        struct orr_bin *b = &bins[k];
        b->n++;
        if (!isfinite(s->y[i])) {
            b->nan_count++;
            continue;
        }
        if (isnan(b->first)) b->first = s->y[i];
        b->last = s->y[i];
        b->min = fmin(b->min, s->y[i]), b->max = fmax(b->max, s->y[i]);
        b->mean += s->y[i];
    }
    for (size_t k = 0; k < n; k++)
        bins[k].mean = bins[k].n > bins[k].nan_count ? bins[k].mean / (double)(bins[k].n - bins[k].nan_count) : NAN;
}

static bool same(double a, double b) { return (isnan(a) && isnan(b)) || a == b; }
static bool near(double a, double b) { return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * (1 + fabs(b)); }

static void compare(struct orr_curve *c, struct series *s, const struct orr_curve_options *o, double x0, double x1,
                    size_t n)
{
    static struct orr_bin ours[BINS], theirs[BINS];
    struct orr_error err;
    ck_assert_msg(orr_curve_bin(c, o, x0, x1, n, ours, &err) == ORR_OK, "%s: %s", err.where, err.message);
    brute(s, o, x0, x1, n, theirs);
    for (size_t k = 0; k < n; k++) {
        const struct orr_bin *a = &ours[k], *b = &theirs[k];
        ck_assert_msg(a->n == b->n && a->nan_count == b->nan_count, "bin %zu of %zu in %.17g..%.17g: %ld and %ld points",
                      k, n, x0, x1, (long)a->n, (long)b->n);
        ck_assert(same(a->min, b->min) && same(a->max, b->max) && same(a->first, b->first) && same(a->last, b->last));
        ck_assert(near(a->mean, b->mean));
    }
}

/* Windows at every scale, on and off the points. */
static void compare_all(struct orr_curve *c, struct series *s, const struct orr_curve_options *o, struct orr_rng *r)
{
    struct orr_error err;
    double x0, x1, y0, y1, lo = NAN, hi = NAN, ylo = NAN, yhi = NAN;
    expect(s, o);
    for (size_t i = 0; i < s->n; i++) {
        if (isfinite(s->x[i]) && (!o->log_x || s->x[i] > 0)) lo = fmin(lo, s->x[i]), hi = fmax(hi, s->x[i]);
        if (isfinite(s->x[i]) && isfinite(s->y[i])) ylo = fmin(ylo, s->y[i]), yhi = fmax(yhi, s->y[i]);
    }
    ck_assert(orr_curve_range(c, o, &x0, &x1, &y0, &y1, &err) == ORR_OK);
    ck_assert_msg(same(x0, lo) && same(x1, hi), "%.17g..%.17g, not %.17g..%.17g", x0, x1, lo, hi);
    ck_assert_msg(same(y0, ylo) && same(y1, yhi), "%.17g..%.17g, not %.17g..%.17g", y0, y1, ylo, yhi);
    compare(c, s, o, x0, x1, 1);
    compare(c, s, o, x0, x1, BINS);
    compare(c, s, o, x0, x0, 3);
    for (int i = 0; i < 12; i++) {
        const double width = (x1 - x0) * pow(10, -4 * orr_rng_uniform(r)), at = x0 + (x1 - x0) * orr_rng_uniform(r);
        const double from = o->log_x ? fmax(at - width / 2, x0 / 3) : at - width / 2;
        compare(c, s, o, i % 2 ? floor(from) + (o->log_x && from < 1) : from, at + width, 1 + orr_rng_below(r, BINS));
    }
}

static void check_kind(int what)
{
    static struct series s;
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_rng r;
    struct orr_curve *c;
    orr_rng_seed(&r, 11, (uint64_t)what);
    make(&s, &r, 1 + orr_rng_below(&r, N - 1), what);
    const int64_t run = aid_run(a.store, "run", "run");
    aid_curve_points(a.store, run, "loss", s.n, s.step, s.value, s.wall);
    ck_assert_msg(orr_curve_open(a.store, run, "loss", &c, &err) == ORR_OK, "%s", err.message);
    ck_assert_int_eq(orr_curve_points(c), (int64_t)s.n);
    static const struct orr_curve_options options[] = {
        {ORR_X_STEP, NULL, 0, false},   {ORR_X_STEP, NULL, 0, true},     {ORR_X_STEP, NULL, 0.9, false},
        {ORR_X_STEP, NULL, 0.99, true}, {ORR_X_RELATIVE, NULL, 0, false}, {ORR_X_WALL, NULL, 0.5, false},
        {ORR_X_RELATIVE, NULL, 0, true}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) compare_all(c, &s, &options[i], &r);
    orr_curve_close(c);
    aid_store_end(&a);
}

START_TEST(even_steps_equal_brute_force) { check_kind(0); }
END_TEST
START_TEST(restarts_and_repeated_steps_equal_brute_force)
{
    check_kind(RESTARTS | REPEATS);
    check_kind(RESTARTS | UNEVEN | WIDE);
}
END_TEST
START_TEST(nan_and_infinities_equal_brute_force)
{
    check_kind(HOLES | UNEVEN);
    check_kind(HOLES | RESTARTS | REPEATS | WIDE);
}
END_TEST
START_TEST(points_without_a_time_are_left_out_of_time_axes) { check_kind(NO_WALL | HOLES); }
END_TEST

START_TEST(another_series_as_x_is_joined_on_the_step_and_the_last_of_repeats_holds)
{
    static struct series s, t;
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_rng r;
    struct orr_curve *c;
    for (int kind = 0; kind < 4; kind++) {
        char name[16];
        orr_rng_seed(&r, 12, (uint64_t)kind);
        make(&s, &r, 9000, kind & 1 ? UNEVEN | HOLES : 0);
        make(&t, &r, 9000, kind & 2 ? RESTARTS | REPEATS : kind & 1 ? UNEVEN : 0);
        snprintf(name, sizeof name, "run%d", kind);
        const int64_t run = aid_run(a.store, name, name);
        aid_curve_points(a.store, run, "loss", s.n, s.step, s.value, s.wall);
        aid_curve_points(a.store, run, "tokens", t.n, t.step, t.value, NULL);
        ck_assert(orr_curve_open(a.store, run, "loss", &c, &err) == ORR_OK);
        const struct orr_curve_options o = {ORR_X_SERIES, "tokens", 0, false};
        expect(&s, &o);
        for (size_t i = 0; i < s.n; i += 1 + i / 300) {
            s.x[i] = NAN;
            for (size_t k = 0; k < t.n; k++)
                if (t.step[k] == s.step[i]) s.x[i] = t.value[k];
            int64_t step;
            double x, y;
            size_t got;
            ck_assert(orr_curve_points_read(c, &o, (int64_t)i, 1, &step, &x, &y, &got, &err) == ORR_OK && got == 1);
            ck_assert_msg(same(x, s.x[i]) && same(y, s.y[i]) && step == s.step[i], "point %zu: %g, not %g", i, x, s.x[i]);
        }
        orr_curve_close(c);
    }
    const struct orr_curve_options nothing = {ORR_X_SERIES, "no such", 0, false};
    double v;
    ck_assert(orr_curve_open(a.store, 1, "loss", &c, &err) == ORR_OK);
    ck_assert(orr_curve_range(c, &nothing, &v, &v, &v, &v, &err) == ORR_ENOTFOUND);
    orr_curve_close(c);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_growing_series_is_followed_with_smoothing_kept_up)
{
    static struct series s;
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_rng r;
    struct orr_curve *c;
    orr_rng_seed(&r, 13, 0);
    make(&s, &r, N, UNEVEN | HOLES);
    const int64_t run = aid_run(a.store, "run", "run");
    const struct orr_curve_options plain = {0}, smooth = {.smooth = 0.95};
    size_t n = 100;
    aid_curve_points(a.store, run, "loss", n, s.step, s.value, s.wall);
    ck_assert(orr_curve_open(a.store, run, "loss", &c, &err) == ORR_OK);
    while (n < N) {
        s.n = n;
        compare_all(c, &s, &smooth, &r);
        compare_all(c, &s, &plain, &r);
        const size_t more = n + 3333 < N ? 3333 : N - n;
        aid_curve_points(a.store, run, "loss", more, s.step + n, s.value + n, s.wall + n);
        n += more;
        ck_assert(orr_curve_refresh(c, &err) == ORR_OK);
    }
    /* written anew, shorter and different */
    ck_assert(orr_store_begin(a.store, &err) == ORR_OK);
    ck_assert(orr_store_series_clear(a.store, run, "loss", &err) == ORR_OK);
    ck_assert(orr_store_commit(a.store, &err) == ORR_OK);
    make(&s, &r, 5000, 0);
    aid_curve_points(a.store, run, "loss", s.n, s.step, s.value, s.wall);
    ck_assert(orr_curve_refresh(c, &err) == ORR_OK);
    compare_all(c, &s, &smooth, &r);
    orr_curve_close(c);
    aid_store_end(&a);
}
END_TEST

static bool stop_at_once(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return ++*(int *)ctx < 2;
}

START_TEST(preparing_can_be_cancelled_resumed_and_handed_over)
{
    static struct series s;
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_rng r;
    struct orr_curve *c, *other;
    int ticks = 0;
    const struct orr_ticker ticker = {stop_at_once, &ticks};
    const struct orr_curve_options o = {.smooth = 0.9};
    orr_rng_seed(&r, 14, 0);
    const int64_t run = aid_run(a.store, "run", "run");
    make(&s, &r, N, 0);
    for (int i = 0; i < 6; i++) aid_curve_points(a.store, run, "loss", N, s.step, s.value, s.wall);
    ck_assert(orr_curve_open(a.store, run, "loss", &c, &err) == ORR_OK);
    ck_assert(orr_curve_open(a.store, run, "loss", &other, &err) == ORR_OK);
    ck_assert(!orr_curve_ready(c, &o));
    ck_assert_int_eq(orr_curve_prepare(other, &o, &ticker, &err), ORR_ECANCELLED);
    ck_assert(!orr_curve_ready(other, &o));
    ck_assert(orr_curve_prepare(other, &o, NULL, &err) == ORR_OK && orr_curve_ready(other, &o));
    struct orr_bin want[50], got[50];
    ck_assert(orr_curve_bin(other, &o, 1000, 50000, 50, want, &err) == ORR_OK);
    orr_curve_adopt(c, other);
    orr_curve_close(other);
    ck_assert(orr_curve_ready(c, &o));
    ck_assert(orr_curve_bin(c, &o, 1000, 50000, 50, got, &err) == ORR_OK);
    ck_assert(memcmp(want, got, sizeof want) == 0);
    orr_curve_close(c);
    aid_store_end(&a);
}
END_TEST

START_TEST(the_nearest_point_and_the_neighbours_of_a_window_are_found)
{
    static struct series s;
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_rng r;
    struct orr_curve *c;
    orr_rng_seed(&r, 15, 0);
    make(&s, &r, 20000, RESTARTS | HOLES | UNEVEN);
    const int64_t run = aid_run(a.store, "run", "run");
    aid_curve_points(a.store, run, "loss", s.n, s.step, s.value, s.wall);
    ck_assert(orr_curve_open(a.store, run, "loss", &c, &err) == ORR_OK);
    const struct orr_curve_options o = {.smooth = 0.3};
    expect(&s, &o);
    for (int i = 0; i < 300; i++) {
        const double x = (double)orr_rng_below(&r, 110000) - 1000 + orr_rng_uniform(&r), x1 = x + orr_rng_uniform(&r) * 500;
        double best = INFINITY, px, value, left = -INFINITY, right = INFINITY;
        int64_t step;
        struct orr_bin a0, a1;
        for (size_t k = 0; k < s.n; k++) {
            best = fmin(best, fabs(s.x[k] - x));
            if (isfinite(s.y[k]) && s.x[k] < x) left = fmax(left, s.x[k]);
            if (isfinite(s.y[k]) && s.x[k] > x1) right = fmin(right, s.x[k]);
        }
        ck_assert(orr_curve_at(c, &o, x, &px, &step, &value, &err) == ORR_OK);
        ck_assert(fabs(px - x) == best && (double)step == px);
        ck_assert(orr_curve_edges(c, &o, x, x1, &a0, &a1, &err) == ORR_OK);
        ck_assert(isinf(left) ? a0.n == 0 : a0.n == 1 && a0.x == left);
        ck_assert(isinf(right) ? a1.n == 0 : a1.n == 1 && a1.x == right);
    }
    orr_curve_close(c);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_rough_look_counts_every_point_once_and_says_when_it_is_not_exact)
{
    static struct series s;
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_rng r;
    struct orr_curve *c;
    static struct orr_bin rough[BINS], exact[BINS];
    orr_rng_seed(&r, 16, 0);
    make(&s, &r, N, 0);
    const int64_t run = aid_run(a.store, "run", "run");
    for (int i = 0; i < 10; i++) {
        aid_curve_points(a.store, run, "loss", N, s.step, s.value, s.wall);
        for (size_t k = 0; k < N; k++) s.step[k] += 3 * N;
    }
    aid_ok(orr_curve_open(a.store, run, "loss", &c, &err), &err);
    const struct orr_curve_options o = {0};
    bool is_exact;
    int64_t n = 0;
    aid_ok(orr_curve_bin_rough(c, &o, 0, 30.0 * N, 67, rough, &is_exact, &err), &err);
    for (int i = 0; i < 67; i++) n += rough[i].n;
    ck_assert(!is_exact && n == 10 * N);
    aid_ok(orr_curve_bin(c, &o, 0, 30.0 * N, 67, exact, &err), &err);
    aid_ok(orr_curve_bin_rough(c, &o, 0, 30.0 * N, 67, rough, &is_exact, &err), &err);
    ck_assert(is_exact && memcmp(rough, exact, 67 * sizeof *exact) == 0);
    orr_curve_close(c);
    aid_store_end(&a);
}
END_TEST

START_TEST(steps_at_the_borders_of_int64_are_binned_without_overflow)
{
    static const int64_t step[6] = {INT64_MIN, INT64_MAX, 0, INT64_MAX, INT64_MIN, -1};
    static const double value[6] = {1, 2, 3, 4, 5, 6};
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_curve *c;
    struct orr_bin b[3];
    const int64_t run = aid_run(a.store, "run", "run");
    aid_curve_points(a.store, run, "loss", 6, step, value, NULL);
    aid_curve_points(a.store, run, "x", 2, step, value, NULL);
    aid_ok(orr_curve_open(a.store, run, "loss", &c, &err), &err);
    double x0, x1, y0, y1;
    const struct orr_curve_options o = {0}, joined = {.x = ORR_X_SERIES, .x_series = "x"};
    aid_ok(orr_curve_range(c, &o, &x0, &x1, &y0, &y1, &err), &err);
    ck_assert(x0 == (double)INT64_MIN && x1 == (double)INT64_MAX && y0 == 1 && y1 == 6);
    aid_ok(orr_curve_bin(c, &o, x0, x1, 3, b, &err), &err);
    ck_assert(b[0].n == 2 && b[1].n == 2 && b[2].n == 2 && b[1].min == 3 && b[2].max == 4);
    aid_ok(orr_curve_range(c, &joined, &x0, &x1, &y0, &y1, &err), &err);
    ck_assert(x0 == 1 && x1 == 2);
    orr_curve_close(c);
    aid_store_end(&a);
}
END_TEST

START_TEST(windows_that_are_none_are_refused_with_words)
{
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_curve *c;
    struct orr_bin b[4];
    const int64_t step = 5;
    const double value = NAN;
    const int64_t run = aid_run(a.store, "run", "run");
    aid_curve_points(a.store, run, "loss", 1, &step, &value, NULL);
    ck_assert_int_eq(orr_curve_open(a.store, run, "none", &c, &err), ORR_ENOTFOUND);
    ck_assert(orr_curve_open(a.store, run, "loss", &c, &err) == ORR_OK);
    ck_assert_int_eq(orr_curve_bin(c, &(struct orr_curve_options){0}, 2, 1, 4, b, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_curve_bin(c, &(struct orr_curve_options){.log_x = true}, 0, 1, 4, b, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_curve_bin(c, &(struct orr_curve_options){.smooth = 1}, 0, 1, 4, b, &err), ORR_EINVAL);
    ck_assert(orr_curve_bin(c, &(struct orr_curve_options){0}, 0, 8, 4, b, &err) == ORR_OK);
    ck_assert(b[2].n == 1 && b[2].nan_count == 1 && isnan(b[2].mean) && b[0].n == 0);
    orr_curve_close(c);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("curve_bin", even_steps_equal_brute_force, restarts_and_repeated_steps_equal_brute_force,
          nan_and_infinities_equal_brute_force, points_without_a_time_are_left_out_of_time_axes,
          another_series_as_x_is_joined_on_the_step_and_the_last_of_repeats_holds,
          a_growing_series_is_followed_with_smoothing_kept_up, preparing_can_be_cancelled_resumed_and_handed_over,
          the_nearest_point_and_the_neighbours_of_a_window_are_found,
          a_rough_look_counts_every_point_once_and_says_when_it_is_not_exact,
          steps_at_the_borders_of_int64_are_binned_without_overflow, windows_that_are_none_are_refused_with_words)
