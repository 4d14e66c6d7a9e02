/* Writes ode_cvode.json: trajectories of the systems of tests/unit/aid_ode.h by CVODE (SUNDIALS), BDF, rtol 1e-11.
 * `make goldens` builds and runs it; it needs libsundials-dev. */
#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <stdbool.h>
#include <stdio.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

#include "aid_ode.h"

static int theirs_rhs(realtype t, N_Vector y, N_Vector dy, void *ctx)
{
    const struct system *s = ctx;
    (void)t;
    s->rhs(s, N_VGetArrayPointer(y), N_VGetArrayPointer(dy));
    return 0;
}

static bool reference(struct system *s, const double *y0, const double *t, double out[TIMES][N])
{
    SUNContext context;
    if (SUNContext_Create(NULL, &context)) return false;
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
        if (CVode(solver, t[k], y, &reached, CV_NORMAL) < 0) return false;
        for (int i = 0; i < N; i++) out[k][i] = NV_Ith_S(y, i);
    }
    SUNLinSolFree(linear);
    SUNMatDestroy(matrix);
    CVodeFree(&solver);
    N_VDestroy(y);
    SUNContext_Free(&context);
    return true;
}

int main(void)
{
    puts("[");
    for (int kind = 0; kind < KINDS; kind++) {
        struct system s;
        double y0[N], t[TIMES], out[TIMES][N];
        draw_system(kind, &s, y0, t);
        if (!reference(&s, y0, t, out)) return 1;
        printf("%s[", kind ? ",\n" : "");
        for (int k = 0; k < TIMES; k++)
            for (int i = 0; i < N; i++) printf("%s%.13g", k || i ? "," : "", out[k][i]);
        printf("]");
    }
    puts("\n]");
    return 0;
}
