#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <orrery/rng.h>

#include "aid_store.h"
#include "store/chunk.h"

enum { MANY = 3 * ORR_CHUNK_POINTS + 1234 };

static struct orr_error err;

/* ---- the codec ---- */

enum shape { EVEN, NARROW, WIDE };

static void make_steps(struct orr_rng *r, enum shape shape, int64_t *step, int n)
{
    const int64_t start = (int64_t)orr_rng_u64(r) / 4, stride = (int64_t)orr_rng_below(r, 2000) - 1000;
    for (int i = 0; i < n; i++) {
        if (shape == EVEN)
            step[i] = start + stride * i;
        else if (shape == NARROW)
            step[i] = start + (int64_t)orr_rng_below(r, 1u << 31) - (1 << 30);
        else
            step[i] = (int64_t)orr_rng_u64(r);
    }
}

static double any_float(struct orr_rng *r)
{
    const uint32_t u = (uint32_t)orr_rng_u64(r);
    float x;
    memcpy(&x, &u, 4);
    return isnan(x) ? (double)NAN : (double)x;
}

static double any_double(struct orr_rng *r)
{
    const uint64_t u = orr_rng_u64(r);
    double x;
    memcpy(&x, &u, 8);
    return x;
}

START_TEST(every_code_gives_back_the_same_bits)
{
    struct orr_rng r;
    orr_rng_seed(&r, 1, 0);
    static int64_t step[ORR_CHUNK_POINTS], step2[ORR_CHUNK_POINTS];
    static double value[ORR_CHUNK_POINTS], value2[ORR_CHUNK_POINTS], wall[ORR_CHUNK_POINTS], wall2[ORR_CHUNK_POINTS];
    static unsigned char bytes[ORR_CHUNK_BYTES];
    int seen[3][9] = {{0}};
    for (int round = 0; round < 400; round++) {
        const int n = 1 + (int)orr_rng_below(&r, round % 8 ? 40 : ORR_CHUNK_POINTS);
        const bool wide_value = orr_rng_below(&r, 2), wide_wall = orr_rng_below(&r, 2);
        make_steps(&r, (enum shape)orr_rng_below(&r, 3), step, n);
        for (int i = 0; i < n; i++) {
            value[i] = wide_value ? any_double(&r) : any_float(&r);
            wall[i] = wide_wall ? any_double(&r) : 1.7e9 + (double)orr_rng_below(&r, 1000000) / 1000.0;
            if (orr_rng_below(&r, 10) == 0) wall[i] = NAN;
        }
        struct orr_packed p;
        orr_chunk_pack(step, value, round % 5 ? wall : NULL, n, &p, bytes);
        ck_assert(orr_chunk_unpack(&p, 0, n, step2, value2, wall2));
        ck_assert(memcmp(step, step2, (size_t)n * 8) == 0);
        ck_assert(memcmp(value, value2, (size_t)n * 8) == 0);
        if (p.wall_bytes == 8) ck_assert(memcmp(wall, wall2, (size_t)n * 8) == 0);
        for (int i = 0; i < n && p.wall_bytes == 4; i++) {
            ck_assert(isnan(wall[i]) ? isnan(wall2[i]) : fabs(wall[i] - wall2[i]) <= 0.0005);
        }
        for (int i = 0; i < n && p.wall_bytes == 0; i++) ck_assert(isnan(wall2[i]));
        seen[0][p.value_bytes]++, seen[1][p.step_bytes]++, seen[2][p.wall_bytes]++;

        const int from = (int)orr_rng_below(&r, (uint64_t)n), part = (int)orr_rng_below(&r, (uint64_t)(n - from) + 1);
        ck_assert(orr_chunk_unpack(&p, from, part, step2, value2, NULL));
        ck_assert(memcmp(step + from, step2, (size_t)part * 8) == 0);
        ck_assert(memcmp(value + from, value2, (size_t)part * 8) == 0);
    }
    ck_assert(seen[0][4] && seen[0][8] && seen[1][0] && seen[1][4] && seen[1][8] && seen[2][0] && seen[2][4] &&
              seen[2][8]);
}
END_TEST

START_TEST(a_value_that_float32_nearly_holds_keeps_its_last_bit)
{
    const int64_t step = 1;
    unsigned char bytes[24];
    const double values[] = {nextafter(1, 2), nextafter(0, 1), -0.0, 3.4028235677973366e38 /* just past FLT_MAX */};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct orr_packed p;
        double back;
        orr_chunk_pack(&step, &values[i], NULL, 1, &p, bytes);
        ck_assert(orr_chunk_unpack(&p, 0, 1, NULL, &back, NULL) && memcmp(&back, &values[i], 8) == 0);
    }
}
END_TEST

START_TEST(steps_at_the_borders_of_int64_survive)
{
    static const int64_t cases[][3] = {{INT64_MIN, 0, INT64_MAX},
                                       {INT64_MIN, INT64_MIN + 1, INT64_MIN + 2},
                                       {INT64_MAX, INT64_MAX - 1, INT64_MAX - 2},
                                       {INT64_MAX, INT64_MIN, INT64_MAX},
                                       {0, INT32_MAX, INT32_MIN},
                                       {5, 5, 5},
                                       {-1, INT64_MAX, -1},
                                       {INT64_MIN / 2 - 1, 0, INT64_MAX / 2 + 2}};
    const double value[3] = {1, 2, 3};
    unsigned char bytes[72];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orr_packed p;
        int64_t back[3];
        orr_chunk_pack(cases[i], value, NULL, 3, &p, bytes);
        ck_assert(orr_chunk_unpack(&p, 0, 3, back, NULL, NULL));
        ck_assert(memcmp(back, cases[i], sizeof back) == 0);
    }
}
END_TEST

START_TEST(a_chunk_that_contradicts_itself_is_refused)
{
    const int64_t step[4] = {1, 2, 4, 8};
    const double value[4] = {1, 2, 3, 4};
    unsigned char bytes[96];
    struct orr_packed good, bad;
    double out[4];
    orr_chunk_pack(step, value, NULL, 4, &good, bytes);
    bad = good, bad.size--;
    ck_assert(!orr_chunk_unpack(&bad, 0, 1, NULL, out, NULL));
    bad = good, bad.n = 5;
    ck_assert(!orr_chunk_unpack(&bad, 0, 1, NULL, out, NULL));
    bad = good, bad.n = ORR_CHUNK_POINTS + 1;
    ck_assert(!orr_chunk_unpack(&bad, 0, 1, NULL, out, NULL));
    bad = good, bad.value_bytes = 5;
    ck_assert(!orr_chunk_unpack(&bad, 0, 1, NULL, out, NULL));
    ck_assert(!orr_chunk_unpack(&good, 3, 2, NULL, out, NULL));
    ck_assert(!orr_chunk_unpack(&good, -1, 2, NULL, out, NULL));
}
END_TEST

/* ---- through the store ---- */

struct points {
    int64_t *step;
    double *value, *wall;
};

/* A learning curve with gaps, restarts and infinities. */
static struct points make_points(size_t n, uint64_t seed)
{
    struct points p = {calloc(n, sizeof(int64_t)), calloc(n, sizeof(double)), calloc(n, sizeof(double))};
    struct orr_rng r;
    orr_rng_seed(&r, seed, 0);
    int64_t step = 0;
    for (size_t i = 0; i < n; i++) {
        step += i % 5000 == 4999 ? -100 : i < 6000 ? 1 : (int64_t)orr_rng_below(&r, 9);
        p.step[i] = step;
        p.value[i] = i < 5000 ? (double)(float)orr_rng_normal(&r) : orr_rng_normal(&r);
        const uint64_t odd = orr_rng_below(&r, 200);
        if (odd < 3) p.value[i] = odd == 0 ? NAN : odd == 1 ? INFINITY : -INFINITY;
        p.wall[i] = odd == 7 ? NAN : 1.7e9 + (double)i * 0.25;
    }
    return p;
}

static void free_points(struct points *p)
{
    free(p->step);
    free(p->value);
    free(p->wall);
}

static bool same(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(a[i]) ? !isnan(b[i]) : memcmp(&a[i], &b[i], 8) != 0) return false;
    }
    return true;
}

static void check_all_points(struct orr_store *s, int64_t series, const struct points *p, size_t n)
{
    struct points q = {calloc(n + 1, 8), calloc(n + 1, 8), calloc(n + 1, 8)};
    size_t got;
    aid_ok(orr_store_points(s, series, 0, n + 1, q.step, q.value, q.wall, &got, &err), &err);
    ck_assert_uint_eq(got, n);
    ck_assert(memcmp(p->step, q.step, n * 8) == 0);
    ck_assert(same(p->value, q.value, n) && same(p->wall, q.wall, n));
    free_points(&q);
}

START_TEST(appending_in_random_pieces_equals_appending_at_once)
{
    struct aid_store a = aid_store_new();
    struct points p = make_points(MANY, 2);
    struct orr_rng r;
    orr_rng_seed(&r, 3, 0);
    const int64_t run = aid_run(a.store, "k", "one");
    aid_ok(orr_store_append(a.store, run, "whole", MANY, p.step, p.value, p.wall, &err), &err);
    bool open = false;
    for (size_t at = 0; at < MANY;) {
        size_t n = 1 + orr_rng_below(&r, orr_rng_below(&r, 3) ? 300 : 9000);
        if (n > MANY - at) n = MANY - at;
        if (!open && orr_rng_below(&r, 2)) open = orr_store_begin(a.store, &err) == ORR_OK;
        aid_ok(orr_store_append(a.store, run, "pieces", n, p.step + at, p.value + at, p.wall + at, &err), &err);
        if (open && orr_rng_below(&r, 4) == 0) {
            aid_ok(orr_store_commit(a.store, &err), &err);
            open = false;
        }
        at += n;
    }
    struct orr_series whole, pieces;
    aid_ok(orr_store_series_find(a.store, run, "whole", &whole, &err), &err); /* also inside the transaction */
    aid_ok(orr_store_series_find(a.store, run, "pieces", &pieces, &err), &err);
    check_all_points(a.store, whole.id, &p, MANY);
    check_all_points(a.store, pieces.id, &p, MANY);
    if (open) aid_ok(orr_store_commit(a.store, &err), &err);
    pieces.id = whole.id;
    ck_assert(memcmp(&whole, &pieces, sizeof whole) == 0);

    struct orr_chunk_list c, d;
    aid_ok(orr_store_chunks(a.store, whole.id, &c, &err), &err);
    aid_ok(orr_store_series_find(a.store, run, "pieces", &pieces, &err), &err);
    aid_ok(orr_store_chunks(a.store, pieces.id, &d, &err), &err);
    ck_assert_uint_eq(c.n, 4);
    ck_assert(c.n == d.n && memcmp(c.chunks, d.chunks, c.n * sizeof *c.chunks) == 0);
    orr_chunk_list_free(&c);
    orr_chunk_list_free(&d);
    free_points(&p);
    aid_store_end(&a);
}
END_TEST

START_TEST(summaries_equal_brute_force_over_the_finite_values)
{
    struct aid_store a = aid_store_new();
    struct points p = make_points(MANY, 4);
    const int64_t run = aid_run(a.store, "k", "one");
    aid_ok(orr_store_append(a.store, run, "x", MANY, p.step, p.value, p.wall, &err), &err);
    struct orr_series_list l;
    struct orr_chunk_list c;
    aid_ok(orr_store_series(a.store, run, &l, &err), &err);
    ck_assert_uint_eq(l.n, 1);
    ck_assert_str_eq(l.series[0].name, "x");
    aid_ok(orr_store_chunks(a.store, l.series[0].id, &c, &err), &err);
    const struct orr_series *x = &l.series[0];
    double min = INFINITY, max = -INFINITY, last = NAN;
    int64_t min_step = 0, max_step = 0, nans = 0;
    for (size_t k = 0, i = 0; k < c.n; k++) {
        const struct orr_chunk *u = &c.chunks[k];
        double lo = INFINITY, hi = -INFINITY, sum = 0, first = NAN;
        int64_t bad = 0, step_min = INT64_MAX, step_max = INT64_MIN;
        ck_assert_int_eq(u->first, (int64_t)i);
        for (int j = 0; j < u->n; j++, i++) {
            const double v = p.value[i];
            if (p.step[i] < step_min) step_min = p.step[i];
            if (p.step[i] > step_max) step_max = p.step[i];
            if (!isfinite(v)) {
                bad++;
                continue;
            }
            if (isnan(first)) first = v;
            last = v, sum += v;
            lo = fmin(lo, v), hi = fmax(hi, v);
            if (v < min) min = v, min_step = p.step[i];
            if (v > max) max = v, max_step = p.step[i];
        }
        nans += bad;
        ck_assert(u->min == lo && u->max == hi && u->sum == sum && u->first_value == first && u->last_value == last);
        ck_assert(u->nan_count == bad && u->step_min == step_min && u->step_max == step_max);
        ck_assert(u->step_first == p.step[u->first] && u->step_last == p.step[i - 1]);
    }
    ck_assert(x->n == MANY && x->nan_count == nans && x->min == min && x->max == max && x->last == last);
    ck_assert(x->min_step == min_step && x->max_step == max_step);
    ck_assert(x->first_step == p.step[0] && x->last_step == p.step[MANY - 1]);
    ck_assert(x->wall_first == p.wall[0] && x->wall_last == p.wall[MANY - 1]);
    orr_series_list_free(&l);
    orr_chunk_list_free(&c);
    free_points(&p);
    aid_store_end(&a);
}
END_TEST

START_TEST(any_window_of_points_can_be_read)
{
    struct aid_store a = aid_store_new();
    struct points p = make_points(MANY, 5);
    struct orr_rng r;
    orr_rng_seed(&r, 6, 0);
    const int64_t run = aid_run(a.store, "k", "one");
    aid_ok(orr_store_append(a.store, run, "x", MANY, p.step, p.value, NULL, &err), &err);
    struct orr_series x;
    aid_ok(orr_store_series_find(a.store, run, "x", &x, &err), &err);
    int64_t *step = calloc(MANY, 8);
    double *wall = calloc(MANY, 8);
    for (int i = 0; i < 200; i++) {
        const size_t first = orr_rng_below(&r, MANY + 100), n = orr_rng_below(&r, MANY);
        const size_t expect = first >= MANY ? 0 : n < MANY - first ? n : MANY - first;
        size_t got;
        aid_ok(orr_store_points(a.store, x.id, (int64_t)first, n, step, NULL, wall, &got, &err), &err);
        ck_assert_uint_eq(got, expect);
        ck_assert(memcmp(step, p.step + (got ? first : 0), got * 8) == 0);
        for (size_t k = 0; k < got; k += 97) ck_assert(isnan(wall[k]));
    }
    size_t got;
    ck_assert_int_eq(orr_store_points(a.store, x.id, -1, 3, step, NULL, NULL, &got, &err), ORR_EINVAL);
    aid_ok(orr_store_points(a.store, 999, 0, 3, step, NULL, NULL, &got, &err), &err);
    ck_assert_uint_eq(got, 0);
    free(step);
    free(wall);
    free_points(&p);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_cleared_series_is_empty_and_can_be_filled_again)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "k", "one");
    aid_append(a.store, run, "x", 5000, 1);
    aid_append(a.store, run, "y", 10, 1);
    aid_ok(orr_store_begin(a.store, &err), &err);
    aid_append(a.store, run, "x", 100, 1);
    aid_ok(orr_store_series_clear(a.store, run, "x", &err), &err);
    struct orr_series x;
    aid_ok(orr_store_series_find(a.store, run, "x", &x, &err), &err);
    ck_assert(x.n == 0 && isnan(x.min) && isnan(x.last));
    aid_append(a.store, run, "x", 7, -3);
    aid_ok(orr_store_commit(a.store, &err), &err);
    aid_ok(orr_store_series_find(a.store, run, "x", &x, &err), &err);
    ck_assert(x.n == 7 && x.min == -3 && x.max == 3 && x.last_step == 6);
    struct orr_run_list l;
    aid_ok(orr_store_runs(a.store, &l, &err), &err);
    ck_assert(l.n == 1 && l.runs[0].point_count == 17 && l.runs[0].series_count == 2);
    orr_run_list_free(&l);
    ck_assert_int_eq(orr_store_series_clear(a.store, run, "z", &err), ORR_ENOTFOUND);
    struct orr_store_info info;
    aid_ok(orr_store_info(a.store, true, &info, &err), &err);
    aid_store_end(&a);
}
END_TEST

START_TEST(appending_nothing_makes_an_empty_series_and_a_missing_run_is_an_error)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "k", "one");
    aid_ok(orr_store_append(a.store, run, "empty", 0, NULL, NULL, NULL, &err), &err);
    struct orr_series x;
    aid_ok(orr_store_series_find(a.store, run, "empty", &x, &err), &err);
    ck_assert(x.n == 0 && isnan(x.max));
    const int64_t step = 3;
    const double value = NAN;
    ck_assert_int_eq(orr_store_append(a.store, run + 1, "x", 1, &step, &value, NULL, &err), ORR_ENOTFOUND);
    aid_ok(orr_store_append(a.store, run, "empty", 1, &step, &value, NULL, &err), &err);
    aid_ok(orr_store_series_find(a.store, run, "empty", &x, &err), &err);
    ck_assert(x.n == 1 && x.nan_count == 1 && isnan(x.min) && isnan(x.last) && x.first_step == 3);
    aid_append(a.store, run, "empty", 1, 8);
    aid_ok(orr_store_append(a.store, run, "empty", 1, &step, &value, NULL, &err), &err);
    aid_ok(orr_store_series_find(a.store, run, "empty", &x, &err), &err);
    ck_assert(x.n == 3 && x.nan_count == 2 && x.min == 8 && x.last == 8); /* the last finite one */
    aid_store_end(&a);
}
END_TEST

START_TEST(a_transaction_over_many_series_keeps_every_point)
{
    enum { SERIES = 40, ROUNDS = 120, BATCH = 173 }; /* 20 MB of tails: some must be written before the commit */
    struct aid_store a = aid_store_new();
    int64_t step[BATCH];
    double value[BATCH];
    aid_ok(orr_store_begin(a.store, &err), &err);
    const int64_t run = aid_run(a.store, "k", "one");
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = 0; k < SERIES; k++) {
            char name[16];
            snprintf(name, sizeof name, "s%d", k);
            for (int i = 0; i < BATCH; i++) {
                step[i] = round * BATCH + i;
                value[i] = k * 0.1 + (double)step[i];
            }
            aid_ok(orr_store_append(a.store, run, name, BATCH, step, value, NULL, &err), &err);
        }
    }
    aid_ok(orr_store_commit(a.store, &err), &err);
    struct orr_series_list l;
    aid_ok(orr_store_series(a.store, run, &l, &err), &err);
    ck_assert_uint_eq(l.n, SERIES);
    for (size_t k = 0; k < l.n; k++) {
        double v[BATCH];
        size_t got;
        ck_assert_int_eq(l.series[k].n, ROUNDS * BATCH);
        const double base = atof(l.series[k].name + 1) * 0.1;
        aid_ok(orr_store_points(a.store, l.series[k].id, 8000, BATCH, NULL, v, NULL, &got, &err), &err);
        ck_assert(got == BATCH && v[0] == base + 8000 && v[BATCH - 1] == base + 8000 + BATCH - 1);
    }
    orr_series_list_free(&l);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("store_points", every_code_gives_back_the_same_bits, a_value_that_float32_nearly_holds_keeps_its_last_bit,
          steps_at_the_borders_of_int64_survive, a_chunk_that_contradicts_itself_is_refused,
          appending_in_random_pieces_equals_appending_at_once, summaries_equal_brute_force_over_the_finite_values,
          any_window_of_points_can_be_read, a_cleared_series_is_empty_and_can_be_filled_again,
          appending_nothing_makes_an_empty_series_and_a_missing_run_is_an_error,
          a_transaction_over_many_series_keeps_every_point)
