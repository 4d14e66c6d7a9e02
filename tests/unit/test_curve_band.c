#include "suite.h"

#include <math.h>

#include "aid_curve.h"
#include "app/curve.h"

START_TEST(mean_and_deviation_over_seeds_are_those_of_the_values_in_each_bin)
{
    static const double rows[3][5] = {{1, 2, 3, 4, 5}, {2, 2, 5, 4, 8}, {3, 2, 1, NAN, 2}};
    const int64_t step[5] = {0, 10, 20, 30, 40};
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_curve *c[3];
    struct orr_band_bin b[5];
    for (int i = 0; i < 3; i++) {
        const int64_t run = aid_run(a.store, (const char *[]){"a", "b", "c"}[i], "seed");
        aid_curve_points(a.store, run, "loss", 5, step, rows[i], NULL);
        ck_assert(orr_curve_open(a.store, run, "loss", &c[i], &err) == ORR_OK);
    }
    const struct orr_curve_options o = {0};
    ck_assert(orr_curve_band(c, 3, &o, -5, 45, 5, false, b, &err) == ORR_OK);
    ck_assert(b[0].n == 3 && b[0].x == 0 && b[0].mean == 2 && fabs(b[0].hi - 3) < 1e-12 && fabs(b[0].lo - 1) < 1e-12);
    ck_assert(b[1].mean == 2 && b[1].lo == 2 && b[1].hi == 2);
    ck_assert(b[3].n == 3 && fabs(b[3].mean - (4 + 4 + 1.5) / 3) < 1e-12); /* the NaN lies on the line from 1 to 2 */
    ck_assert(orr_curve_band(c, 3, &o, -5, 45, 5, true, b, &err) == ORR_OK);
    ck_assert(b[4].lo == 2 && b[4].hi == 8 && b[4].mean == 5);
    for (int i = 0; i < 3; i++) orr_curve_close(c[i]);
    aid_store_end(&a);
}
END_TEST

START_TEST(curves_are_joined_between_their_points_and_not_carried_past_their_ends)
{
    const int64_t every[11] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, some[2] = {2, 6};
    double line[11];
    const double ends[2] = {10, 30};
    for (int i = 0; i < 11; i++) line[i] = i;
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_curve *c[2];
    struct orr_band_bin b[11];
    const int64_t p = aid_run(a.store, "p", "p"), q = aid_run(a.store, "q", "q");
    aid_curve_points(a.store, p, "v", 11, every, line, NULL);
    aid_curve_points(a.store, q, "v", 2, some, ends, NULL);
    ck_assert(orr_curve_open(a.store, p, "v", &c[0], &err) == ORR_OK);
    ck_assert(orr_curve_open(a.store, q, "v", &c[1], &err) == ORR_OK);
    ck_assert(orr_curve_band(c, 2, &(struct orr_curve_options){0}, -0.5, 10.5, 11, false, b, &err) == ORR_OK);
    ck_assert(b[1].n == 1 && b[1].mean == 1 && b[1].lo == 1 && b[1].hi == 1);
    ck_assert(b[4].n == 2 && fabs(b[4].mean - (4 + 20) / 2.0) < 1e-12);
    ck_assert(b[7].n == 1 && b[7].mean == 7);
    ck_assert(orr_curve_band(c, 0, &(struct orr_curve_options){0}, 0, 1, 11, false, b, &err) == ORR_OK);
    ck_assert(b[5].n == 0 && isnan(b[5].mean));
    orr_curve_close(c[0]);
    orr_curve_close(c[1]);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("curve_band", mean_and_deviation_over_seeds_are_those_of_the_values_in_each_bin,
          curves_are_joined_between_their_points_and_not_carried_past_their_ends)
