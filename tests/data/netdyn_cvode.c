/* Writes netdyn_cvode.json: one trajectory of each of the seven network dynamics by CVODE (SUNDIALS), BDF, rtol 1e-10, from
 * right-hand sides written out as double sums. `make goldens` builds and runs it; it needs libsundials-dev. */
#include <cvode/cvode.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdbool.h>
#include <stdio.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>

#include "aid_netdyn.h"

/* g(x_i, x_j) as in the papers. */
static double interaction(enum orr_dynamics kind, double xi, double xj)
{
    switch (kind) {
    case ORR_SIS: return (1 - xi) * xj;
    case ORR_POPULATION: return pow(xj, 0.2);
    case ORR_GENE: return xj * xj / (1 + xj * xj);
    case ORR_MUTUALISTIC: return xi * xj / (1 + xj);
    case ORR_WILSON_COWAN: return 1 / (1 + exp(-(xj - 1)));
    case ORR_LOTKA_VOLTERRA: return -xi * xj;
    default: return sin(xj - xi);
    }
}
static double self(enum orr_dynamics kind, double a, double b, double x)
{
    switch (kind) {
    case ORR_SIS: return -a * x;
    case ORR_POPULATION: return -pow(x, 0.5);
    case ORR_MUTUALISTIC: return x * (1 - x * x);
    case ORR_LOTKA_VOLTERRA: return x * (a - b * x);
    case ORR_KURAMOTO: return a;
    default: return -x;
    }
}

static int rhs(realtype t, N_Vector y, N_Vector dy, void *ctx)
{
    const struct orr_system *s = ctx;
    const double *x = N_VGetArrayPointer(y);
    (void)t;
    for (size_t i = 0; i < s->graph.n; i++) {
        double sum = self(s->kind, s->a[i], s->b[i], x[i]);
        for (size_t j = 0; j < s->graph.n; j++)
            sum += orr_graph_weight(&s->graph, i, j) * interaction(s->kind, x[i], x[j]);
        NV_Ith_S(dy, i) = sum;
    }
    return 0;
}

static bool reference(struct orr_system *s, const double *y0, double out[AID_NETDYN_TIMES][AID_NETDYN_NODES])
{
    SUNContext context;
    if (SUNContext_Create(NULL, &context)) return false;
    N_Vector y = N_VNew_Serial(AID_NETDYN_NODES, context);
    for (int i = 0; i < AID_NETDYN_NODES; i++) out[0][i] = NV_Ith_S(y, i) = y0[i];
    void *solver = CVodeCreate(CV_BDF, context);
    CVodeInit(solver, rhs, 0, y);
    CVodeSStolerances(solver, 1e-10, 1e-12);
    CVodeSetMaxNumSteps(solver, 100000);
    CVodeSetUserData(solver, s);
    SUNMatrix matrix = SUNDenseMatrix(AID_NETDYN_NODES, AID_NETDYN_NODES, context);
    SUNLinearSolver linear = SUNLinSol_Dense(y, matrix, context);
    CVodeSetLinearSolver(solver, linear, matrix);
    bool ok = true;
    for (int k = 1; k < AID_NETDYN_TIMES && ok; k++) {
        realtype reached;
        ok = CVode(solver, orr_dynamics_span(s->kind) * k / (AID_NETDYN_TIMES - 1), y, &reached, CV_NORMAL) >= 0;
        for (int i = 0; i < AID_NETDYN_NODES; i++) out[k][i] = NV_Ith_S(y, i);
    }
    SUNLinSolFree(linear);
    SUNMatDestroy(matrix);
    CVodeFree(&solver);
    N_VDestroy(y);
    SUNContext_Free(&context);
    return ok;
}

int main(void)
{
    puts("[");
    for (int kind = 0; kind < ORR_DYNAMICS_KINDS; kind++) {
        struct orr_system s;
        double y0[AID_NETDYN_NODES], out[AID_NETDYN_TIMES][AID_NETDYN_NODES];
        const struct orr_network_options o = aid_netdyn_options(kind);
        if (orr_system_draw(&o, &s, y0, NULL) || !reference(&s, y0, out)) return 1;
        printf("%s[", kind ? ",\n" : "");
        for (int k = 0; k < AID_NETDYN_TIMES; k++)
            for (int i = 0; i < AID_NETDYN_NODES; i++) printf("%s%.12g", k || i ? "," : "", out[k][i]);
        printf("]");
        orr_system_free(&s);
    }
    puts("\n]");
    return 0;
}
