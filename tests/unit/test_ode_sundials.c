/* Trajectories of the adaptive solver against CVODE of SUNDIALS, on the kinds of systems that network dynamics has. */
#include "suite.h"

#include <cvode/cvode.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

#include <orrery/ode.h>
#include <orrery/rng.h>

enum { N = 20, TIMES = 21 };

struct system {
    double a[N][N];
    void (*rhs)(const struct system *, const double *y, double *dy);
};

static void gene(const struct system *s, const double *y, double *dy) /* -x + sum A x^2 / (1 + x^2) */
{
    for (int i = 0; i < N; i++) {
        dy[i] = -y[i];
        for (int j = 0; j < N; j++) dy[i] += s->a[i][j] * y[j] * y[j] / (1 + y[j] * y[j]);
    }
}
static void epidemic(const struct system *s, const double *y, double *dy) /* -x + (1 - x) sum A x */
{
    for (int i = 0; i < N; i++) {
        double in = 0;
        for (int j = 0; j < N; j++) in += s->a[i][j] * y[j];
        dy[i] = -y[i] + (1 - y[i]) * in;
    }
}
static void predators(const struct system *s, const double *y, double *dy) /* x (1 - x) - x sum A x */
{
    for (int i = 0; i < N; i++) {
        double in = 0;
        for (int j = 0; j < N; j++) in += s->a[i][j] * y[j];
        dy[i] = y[i] * (1 - y[i]) - y[i] * in;
    }
}
static void phases(const struct system *s, const double *y, double *dy) /* Kuramoto */
{
    for (int i = 0; i < N; i++) {
        dy[i] = 0.1 * i;
        for (int j = 0; j < N; j++) dy[i] += s->a[i][j] * sin(y[j] - y[i]);
    }
}

static void ours_rhs(void *ctx, double t, size_t n, const double *y, double *dy)
{
    const struct system *s = ctx;
    (void)t;
    (void)n;
    s->rhs(s, y, dy);
}
static int theirs_rhs(realtype t, N_Vector y, N_Vector dy, void *ctx)
{
    const struct system *s = ctx;
    (void)t;
    s->rhs(s, N_VGetArrayPointer(y), N_VGetArrayPointer(dy));
    return 0;
}

static void reference(struct system *s, const double *y0, const double *t, double out[][N])
{
    SUNContext context;
    ck_assert_int_eq(SUNContext_Create(NULL, &context), 0);
    N_Vector y = N_VNew_Serial(N, context);
    for (int i = 0; i < N; i++) out[0][i] = NV_Ith_S(y, i) = y0[i];
    void *solver = CVodeCreate(CV_BDF, context);
    CVodeInit(solver, theirs_rhs, t[0], y);
    CVodeSStolerances(solver, 1e-11, 1e-13);
    CVodeSetMaxNumSteps(solver, 100000);
    CVodeSetUserData(solver, s);
    SUNMatrix matrix = SUNDenseMatrix(N, N, context);
    SUNLinearSolver linear = SUNLinSol_Dense(y, matrix, context);
    CVodeSetLinearSolver(solver, linear, matrix);
    for (int k = 1; k < TIMES; k++) {
        realtype reached;
        ck_assert_int_ge(CVode(solver, t[k], y, &reached, CV_NORMAL), 0);
        for (int i = 0; i < N; i++) out[k][i] = NV_Ith_S(y, i);
    }
    SUNLinSolFree(linear);
    SUNMatDestroy(matrix);
    CVodeFree(&solver);
    N_VDestroy(y);
    SUNContext_Free(&context);
}

START_TEST(trajectories_of_network_dynamics_agree_with_cvode)
{
    void (*const kinds[])(const struct system *, const double *, double *) = {gene, epidemic, predators, phases};
    static double want[TIMES][N], got[TIMES * N];
    double y0[N], t[TIMES];
    struct orr_rng rng;
    orr_rng_seed(&rng, 4, 0);
    for (int k = 0; k < TIMES; k++) t[k] = 0.25 * k;
    for (size_t kind = 0; kind < 4; kind++) {
        struct system s = {.rhs = kinds[kind]};
        for (int i = 0; i < N; i++) {
            y0[i] = 0.05 + 0.9 * orr_rng_uniform(&rng);
            for (int j = 0; j < N; j++) s.a[i][j] = i != j && orr_rng_uniform(&rng) < 0.2 ? 0.5 + orr_rng_uniform(&rng) : 0;
        }
        reference(&s, y0, t, want);
        const struct orr_ode_options o = {.method = ORR_DOPRI5, .rtol = 1e-9, .atol = 1e-11};
        struct orr_error err;
        ck_assert_int_eq(orr_ode_solve(ours_rhs, &s, N, y0, t, TIMES, &o, NULL, got, NULL, &err), ORR_OK);
        for (int k = 0; k < TIMES; k++)
            for (int i = 0; i < N; i++)
                ck_assert_msg(fabs(got[k * N + i] - want[k][i]) < 1e-6 * (1 + fabs(want[k][i])), "kind %zu, t %g: %.12g, CVODE %.12g",
                              kind, t[k], got[k * N + i], want[k][i]);
    }
}
END_TEST

ORR_SUITE("ode_sundials", trajectories_of_network_dynamics_agree_with_cvode)
