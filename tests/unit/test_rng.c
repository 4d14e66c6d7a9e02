#include "suite.h"

#include <math.h>
#include <string.h>

#include <orrery/rng.h>

enum { DRAWS = 100000 };

static double u[DRAWS], v[DRAWS];

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov-Smirnov: the largest distance of the empirical distribution of x from cdf, times sqrt(n). Below 1.95 in
 * 99.9% of samples (seeds are fixed, so a test passes always or never). */
static double ks(double *x, size_t n, double (*cdf)(double))
{
    qsort(x, n, sizeof *x, compare_doubles);
    double d = 0;
    for (size_t i = 0; i < n; i++) {
        const double f = cdf(x[i]);
        d = fmax(d, fmax(f - (double)i / (double)n, (double)(i + 1) / (double)n - f));
    }
    return d * sqrt((double)n);
}

static double uniform_cdf(double x) { return x; }
static double normal_cdf(double x) { return 0.5 * erfc(-x / sqrt(2)); }
static double exponential_cdf(double x) { return -expm1(-x); }
static double erlang3_cdf(double x) { return 1 - exp(-x) * (1 + x + x * x / 2); }
static double chi1_cdf(double x) { return erf(sqrt(x)); } /* gamma of shape 1/2, scale 1: x = z^2 / 2 */

static void moments(const double *x, size_t n, double *mean, double *variance)
{
    double m = 0, s = 0;
    for (size_t i = 0; i < n; i++) m += x[i];
    m /= (double)n;
    for (size_t i = 0; i < n; i++) s += (x[i] - m) * (x[i] - m);
    *mean = m;
    *variance = s / (double)(n - 1);
}

static double correlation(const double *x, const double *y, size_t n)
{
    double mx, vx, my, vy, s = 0;
    moments(x, n, &mx, &vx);
    moments(y, n, &my, &vy);
    for (size_t i = 0; i < n; i++) s += (x[i] - mx) * (y[i] - my);
    return s / (double)(n - 1) / sqrt(vx * vy);
}

START_TEST(the_generator_is_xoshiro256_plus_plus)
{
    /* The published test vector for the state 1, 2, 3, 4. */
    static const uint64_t expected[] = {41943041, 58720359, 3588806011781223, 3591011842654386,
                                        UINT64_C(9228616714210784205), UINT64_C(9973669472204895162)};
    struct orr_rng r = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) ck_assert_uint_eq(orr_rng_u64(&r), expected[i]);
}
END_TEST

START_TEST(a_seed_gives_the_numbers_it_always_gave)
{
    /* Computed with a second implementation in Python's integers: results kept in stores depend on them. */
    static const struct {
        uint64_t seed, item, first[3];
    } cases[] = {
        {0, 0, {UINT64_C(0xb068fd7ea9f80207), UINT64_C(0xb5ac08dd6ae9bb77), UINT64_C(0xf80835efe8730a8d)}},
        {1, 0, {UINT64_C(0xeeb0f9dfc3edd5b4), UINT64_C(0xdce2e8730708a42d), UINT64_C(0x210c47a22d8c0aa5)}},
        {1, 1, {UINT64_C(0x6c16ba3b1775c5ab), UINT64_C(0xbdfff247a6998577), UINT64_C(0x0b7bcb950ea4bc1c)}},
        {42, 7, {UINT64_C(0x16c03b089f86b9e2), UINT64_C(0x2d3fcd315f94fedc), UINT64_C(0xaa98e52f1c0c3592)}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orr_rng r;
        orr_rng_seed(&r, cases[i].seed, cases[i].item);
        for (int k = 0; k < 3; k++) ck_assert_uint_eq(orr_rng_u64(&r), cases[i].first[k]);
    }
}
END_TEST

START_TEST(uniform_numbers_fill_the_unit_interval_evenly)
{
    struct orr_rng r;
    orr_rng_seed(&r, 11, 0);
    for (int i = 0; i < DRAWS; i++) {
        u[i] = orr_rng_uniform(&r);
        ck_assert(u[i] >= 0 && u[i] < 1);
    }
    ck_assert_double_lt(fabs(correlation(u, u + 1, DRAWS - 1)), 0.012);
    ck_assert_double_lt(ks(u, DRAWS, uniform_cdf), 1.95);
}
END_TEST

START_TEST(normal_exponential_and_gamma_numbers_follow_their_distributions)
{
    struct orr_rng r;
    orr_rng_seed(&r, 12, 0);
    for (int i = 0; i < DRAWS; i++) u[i] = orr_rng_normal(&r);
    ck_assert_double_lt(ks(u, DRAWS, normal_cdf), 1.95);
    for (int i = 0; i < DRAWS; i++) u[i] = orr_rng_exponential(&r);
    ck_assert_double_lt(ks(u, DRAWS, exponential_cdf), 1.95);
    for (int i = 0; i < DRAWS; i++) u[i] = orr_rng_gamma(&r, 3);
    ck_assert_double_lt(ks(u, DRAWS, erlang3_cdf), 1.95);
    for (int i = 0; i < DRAWS; i++) u[i] = orr_rng_gamma(&r, 0.5);
    ck_assert_double_lt(ks(u, DRAWS, chi1_cdf), 1.95);
}
END_TEST

START_TEST(gamma_numbers_have_mean_and_variance_equal_to_the_shape)
{
    static const double shapes[] = {0.1, 0.9, 1, 2.5, 40, 1e4};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        struct orr_rng r;
        orr_rng_seed(&r, 13, k);
        for (int i = 0; i < DRAWS; i++) u[i] = orr_rng_gamma(&r, shapes[k]);
        double mean, variance;
        moments(u, DRAWS, &mean, &variance);
        ck_assert_double_lt(fabs(mean - shapes[k]), 4 * sqrt(shapes[k] / DRAWS));
        ck_assert_double_lt(fabs(variance / shapes[k] - 1), 4 * sqrt((2 + 6 / shapes[k]) / DRAWS));
    }
}
END_TEST

START_TEST(poisson_counts_have_mean_and_variance_equal_to_the_mean)
{
    static const double means[] = {0.01, 0.7, 5, 19.9, 21, 300, 1e5};
    for (size_t k = 0; k < sizeof means / sizeof *means; k++) {
        struct orr_rng r;
        orr_rng_seed(&r, 14, k);
        for (int i = 0; i < DRAWS; i++) u[i] = (double)orr_rng_poisson(&r, means[k]);
        double mean, variance;
        moments(u, DRAWS, &mean, &variance);
        ck_assert_double_lt(fabs(mean - means[k]), 4 * sqrt(means[k] / DRAWS));
        ck_assert_double_lt(fabs(variance / means[k] - 1), 4 * sqrt((2 + 1 / means[k]) / DRAWS));
    }
    struct orr_rng r;
    orr_rng_seed(&r, 14, 99);
    ck_assert_uint_eq(orr_rng_poisson(&r, 0), 0);
}
END_TEST

/* Pearson's chi square of observed counts against the Poisson distribution; the tail is one class. */
START_TEST(poisson_counts_follow_the_distribution)
{
    enum { CLASSES = 40 };
    static const double means[] = {3, 25};
    for (size_t k = 0; k < sizeof means / sizeof *means; k++) {
        int seen[CLASSES] = {0}, classes = 0;
        struct orr_rng r;
        orr_rng_seed(&r, 15, k);
        for (int i = 0; i < DRAWS; i++) {
            const uint64_t x = orr_rng_poisson(&r, means[k]);
            seen[x < CLASSES - 1 ? x : CLASSES - 1]++;
        }
        double chi2 = 0, p = exp(-means[k]);
        for (int i = 0; i < CLASSES - 1; i++, p *= means[k] / i) {
            if (p * DRAWS < 5) continue;
            chi2 += pow(seen[i] - p * DRAWS, 2) / (p * DRAWS);
            classes++;
        }
        ck_assert_double_lt(chi2, classes + 3.1 * sqrt(2 * classes) + 4); /* about its 99.9% point */
    }
}
END_TEST

START_TEST(below_gives_every_value_equally_often)
{
    struct orr_rng r;
    orr_rng_seed(&r, 16, 0);
    int seen[7] = {0};
    for (int i = 0; i < DRAWS; i++) seen[orr_rng_below(&r, 7)]++;
    double chi2 = 0;
    for (int i = 0; i < 7; i++) chi2 += pow(seen[i] - DRAWS / 7.0, 2) / (DRAWS / 7.0);
    ck_assert_double_lt(chi2, 22.5); /* 99.9% of chi square with 6 degrees of freedom */
    for (int i = 0; i < 1000; i++) ck_assert_uint_eq(orr_rng_below(&r, 1), 0);
    /* With 3 * 2^62, plain x % n would give the lower third twice as often. */
    int low = 0;
    for (int i = 0; i < DRAWS; i++) low += orr_rng_below(&r, UINT64_C(3) << 62) < UINT64_C(1) << 62;
    ck_assert_double_lt(fabs(low - DRAWS / 3.0), 4 * sqrt(DRAWS * 2 / 9.0));
}
END_TEST

START_TEST(streams_of_neighbouring_items_and_seeds_are_unrelated)
{
    struct orr_rng a, b;
    for (uint64_t i = 0; i < 8; i++) {
        orr_rng_seed(&a, i, i + 1);
        orr_rng_seed(&b, i + (i & 1), i + 2);
        for (int k = 0; k < DRAWS / 4; k++) {
            u[k] = orr_rng_uniform(&a);
            v[k] = orr_rng_uniform(&b);
        }
        ck_assert_double_lt(fabs(correlation(u, v, DRAWS / 4)), 4 / sqrt(DRAWS / 4.0));
    }
    /* First numbers over many items: as even as one long stream. */
    for (uint64_t i = 0; i < DRAWS; i++) {
        orr_rng_seed(&a, 5, i);
        u[i] = orr_rng_uniform(&a);
        orr_rng_seed(&b, i, 5);
        v[i] = orr_rng_uniform(&b);
    }
    ck_assert_double_lt(fabs(correlation(u, v, DRAWS)), 0.012);
    ck_assert_double_lt(ks(u, DRAWS, uniform_cdf), 1.95);
    ck_assert_double_lt(ks(v, DRAWS, uniform_cdf), 1.95);
    /* Seed and item are not exchangeable. */
    orr_rng_seed(&a, 3, 4);
    orr_rng_seed(&b, 4, 3);
    ck_assert_uint_ne(orr_rng_u64(&a), orr_rng_u64(&b));
}
END_TEST

ORR_SUITE("rng", the_generator_is_xoshiro256_plus_plus, a_seed_gives_the_numbers_it_always_gave,
          uniform_numbers_fill_the_unit_interval_evenly,
          normal_exponential_and_gamma_numbers_follow_their_distributions,
          gamma_numbers_have_mean_and_variance_equal_to_the_shape,
          poisson_counts_have_mean_and_variance_equal_to_the_mean, poisson_counts_follow_the_distribution,
          below_gives_every_value_equally_often, streams_of_neighbouring_items_and_seeds_are_unrelated)
