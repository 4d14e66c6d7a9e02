/* Trajectories of the adaptive solver against CVODE of SUNDIALS, on the kinds of systems that network dynamics has. */
#include "suite.h"

#include <stdio.h>

#include <orrery/ode.h>

#include "aid_ode.h"
#include "base/json.h"

static void rhs(void *ctx, double t, size_t n, const double *y, double *dy)
{
    const struct system *s = ctx;
    (void)t;
    (void)n;
    s->rhs(s, y, dy);
}

START_TEST(trajectories_of_network_dynamics_agree_with_cvode)
{
    static double got[TIMES * N];
    const struct orr_ode_options o = {.method = ORR_DOPRI5, .rtol = 1e-9, .atol = 1e-11};
    struct json_object *all;
    struct orr_error err;
    char path[512];
    const char *folder = getenv("ORRERY_TEST_DATA");
    snprintf(path, sizeof path, "%s/ode_cvode.json", folder ? folder : "tests/data");
    ck_assert_msg(orr_json_parse_file(path, 1 << 20, &all, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_uint_eq(json_object_array_length(all), KINDS);
    for (int kind = 0; kind < KINDS; kind++) {
        struct system s;
        double y0[N], t[TIMES];
        draw_system(kind, &s, y0, t);
        ck_assert_int_eq(orr_ode_solve(rhs, &s, N, y0, t, TIMES, &o, NULL, got, NULL, &err), ORR_OK);
        struct json_object *want = json_object_array_get_idx(all, (size_t)kind);
        ck_assert_uint_eq(json_object_array_length(want), TIMES * N);
        for (size_t i = 0; i < TIMES * N; i++) {
            const double w = json_object_get_double(json_object_array_get_idx(want, i));
            ck_assert_msg(fabs(got[i] - w) < 1e-6 * (1 + fabs(w)), "system %d, number %zu: %.12g, CVODE %.12g", kind, i,
                          got[i], w);
        }
    }
    json_object_put(all);
}
END_TEST

ORR_SUITE("ode_cvode", trajectories_of_network_dynamics_agree_with_cvode)
