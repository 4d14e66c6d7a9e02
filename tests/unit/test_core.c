/* The core in single precision: vector functions, products, optimisers, training without allocation, ODE solvers. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <orrery/ode.h>
#include <orrery/ops.h>
#include <orrery/optim.h>

#include "num/gemm.h"
#include "num/kernel.h"

START_TEST(vector_functions_stay_close_to_the_library_over_the_whole_range)
{
    for (double x = -90; x < 90; x += 0.00713) {
        const float f = (float)x;
        const double e = exp((double)f);
        if (f > -87 && f < 88) ck_assert_msg(fabs((double)orr_vexp(f) / e - 1) < 3e-7, "exp(%g)", x);
        ck_assert_msg(fabs((double)orr_vtanh(f) - tanh((double)f)) <= 5e-7 * fabs(tanh((double)f)), "tanh(%g)", x);
        ck_assert_msg(fabs((double)orr_vtanh(f)) <= 1, "tanh(%g)", x);
        ck_assert_msg(fabs((double)orr_verf(f) - erf((double)f)) < 4e-7, "erf(%g)", x);
        ck_assert_msg(fabs((double)orr_vsigmoid(f) - 1 / (1 + exp(-(double)f))) < 2e-7, "sigmoid(%g)", x);
    }
    ck_assert(isnan(orr_vexp(NAN)) && isnan(orr_vtanh(NAN)));
    ck_assert(orr_vexp(-INFINITY) == 0 && isinf(orr_vexp(INFINITY)) && orr_vtanh(-INFINITY) < -0.9999995f);
}
END_TEST

START_TEST(products_of_every_size_and_transposition_equal_the_plain_triple_loop)
{
    static float a[4900], b[4900], c[4900], d[4900];
    struct orr_rng r;
    orr_rng_seed(&r, 3, 0);
    for (int trial = 0; trial < 400; trial++) {
        const uint64_t most = trial & 8 ? 70 : 18; /* small products take another way */
        const int m = 1 + (int)orr_rng_below(&r, most), n = 1 + (int)orr_rng_below(&r, most),
                  k = 1 + (int)orr_rng_below(&r, most);
        const bool ta = trial & 1, tb = trial & 2;
        const float beta = trial & 4 ? 0.5f : 0;
        for (int i = 0; i < 4900; i++) {
            a[i] = (float)orr_rng_normal(&r);
            b[i] = (float)orr_rng_normal(&r);
            d[i] = c[i] = beta != 0 ? (float)orr_rng_normal(&r) : NAN;
        }
        orr_gemm(ta, tb, m, n, k, 2, a, ta ? m : k, b, tb ? k : n, beta, c, n);
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) {
                double s = 0;
                for (int p = 0; p < k; p++)
                    s += (double)(ta ? a[p * m + i] : a[i * k + p]) * (double)(tb ? b[j * k + p] : b[p * n + j]);
                const double want = 2 * s + (beta != 0 ? 0.5 * (double)d[i * n + j] : 0);
                ck_assert_msg(fabs((double)c[i * n + j] - want) < 1e-4 * (1 + fabs(want)), "%d %d %d", m, n, k);
            }
    }
}
END_TEST

/* w starts at 1 and -2 with gradients 0.5 and -0.1 - 0.01 t at step t. */
static void three_steps(const struct orr_optim_options *o, double want0, double want1)
{
    struct orr_params p = {0};
    struct orr_optim s = {0};
    orr_params_add(&p, "w", orr_shape2(1, 2), ORR_INIT_ZERO, 0, 0, NULL);
    p.value[0] = 1;
    p.value[1] = -2;
    orr_optim_init(&s, o, &p);
    for (int t = 0; t < 3; t++) {
        p.grad[0] = 0.5f;
        p.grad[1] = -0.1f - 0.01f * (float)t;
        orr_optim_step(&s, &p);
    }
    ck_assert_msg(fabs((double)p.value[0] - want0) < 2e-7 && fabs((double)p.value[1] - want1) < 4e-7,
                  "kind %d: %.9g %.9g, expected %.9g %.9g", o->kind, (double)p.value[0], (double)p.value[1], want0, want1);
    orr_optim_free(&s);
    orr_params_free(&p);
}

/* The same three steps written out in double precision from the published update rules. */
static void reference(const struct orr_optim_options *o, double w[2])
{
    double m[2] = {0}, v[2] = {0};
    w[0] = 1;
    w[1] = -2;
    for (int t = 0; t < 3; t++)
        for (int i = 0; i < 2; i++) {
            double g = i ? -0.1 - 0.01 * t : 0.5;
            if (o->kind == ORR_ADAMW)
                w[i] -= o->lr * o->weight_decay * w[i];
            else
                g += o->weight_decay * w[i];
            switch (o->kind) {
            case ORR_SGD: w[i] -= o->lr * g; break;
            case ORR_MOMENTUM:
                m[i] = o->momentum * m[i] + g;
                w[i] -= o->lr * (o->nesterov ? g + o->momentum * m[i] : m[i]);
                break;
            case ORR_RMSPROP:
                v[i] = o->beta2 * v[i] + (1 - o->beta2) * g * g;
                w[i] -= o->lr * g / (sqrt(v[i]) + o->eps);
                break;
            case ORR_ADAM:
            case ORR_ADAMW:
                m[i] = o->beta1 * m[i] + (1 - o->beta1) * g;
                v[i] = o->beta2 * v[i] + (1 - o->beta2) * g * g;
                w[i] -= o->lr * (m[i] / (1 - pow(o->beta1, t + 1))) / (sqrt(v[i] / (1 - pow(o->beta2, t + 1))) + o->eps);
                break;
            }
        }
}

START_TEST(optimiser_steps_follow_their_published_update_rules)
{
    for (enum orr_optim_kind kind = ORR_SGD; kind <= ORR_ADAMW; kind++)
        for (int variant = 0; variant < 4; variant++) {
            struct orr_optim_options o = orr_optim_defaults(kind, 0.01);
            o.weight_decay = variant & 1 ? 0.1 : 0;
            o.nesterov = variant & 2;
            double w[2];
            reference(&o, w);
            three_steps(&o, w[0], w[1]);
        }
}
END_TEST

START_TEST(schedules_pass_through_their_fixed_points)
{
    struct orr_optim_options o = orr_optim_defaults(ORR_SGD, 1);
    o.warmup = 10;
    o.total = 110;
    o.final_lr = 0.1;
    o.schedule = ORR_COSINE;
    ck_assert_double_eq_tol(orr_optim_lr(&o, 0), 0.1, 1e-12);
    ck_assert_double_eq_tol(orr_optim_lr(&o, 9), 1, 1e-12);
    ck_assert_double_eq_tol(orr_optim_lr(&o, 60), 0.55, 1e-12);
    ck_assert_double_eq_tol(orr_optim_lr(&o, 500), 0.1, 1e-12);
    o.schedule = ORR_STEP;
    o.step_size = 20;
    ck_assert_double_eq_tol(orr_optim_lr(&o, 10 + 45), 0.01, 1e-12);
}
END_TEST

START_TEST(clipping_keeps_the_direction_and_a_diverged_gradient_moves_nothing)
{
    struct orr_params p = {0};
    struct orr_optim s = {0};
    struct orr_optim_options o = orr_optim_defaults(ORR_SGD, 1);
    o.clip_norm = 1;
    orr_params_add(&p, "w", orr_shape1(2), ORR_INIT_ZERO, 0, 0, NULL);
    orr_optim_init(&s, &o, &p);
    p.grad[0] = 3;
    p.grad[1] = 4;
    ck_assert_double_eq_tol(orr_optim_step(&s, &p), 5, 1e-6);
    ck_assert_float_eq_tol(p.value[0], -0.6f, 1e-6f);
    p.grad[0] = NAN;
    ck_assert(isnan(orr_optim_step(&s, &p)));
    ck_assert_float_eq_tol(p.value[0], -0.6f, 1e-6f);
    orr_optim_free(&s);
    orr_params_free(&p);
}
END_TEST

struct model {
    struct orr_params p;
    size_t w1, b1, w2, b2;
};

static struct orr_var *model_loss(const struct model *m, struct orr_tape *t, const float *x, const int32_t *labels, int n)
{
    struct orr_var *h = orr_linear(orr_tape_input(t, orr_shape2(n, 2), x), orr_tape_param(t, &m->p, m->w1),
                                   orr_tape_param(t, &m->p, m->b1), ORR_ACT_TANH);
    return orr_cross_entropy(orr_linear(h, orr_tape_param(t, &m->p, m->w2), orr_tape_param(t, &m->p, m->b2),
                                        ORR_ACT_NONE), labels);
}

START_TEST(two_spirals_are_learnt_and_the_loop_allocates_nothing_after_warm_up)
{
    enum { N = 200 };
    static float x[2 * N];
    static int32_t labels[N];
    struct orr_rng r;
    orr_rng_seed(&r, 1, 0);
    for (int i = 0; i < N; i++) {
        const double a = i / 2 * 0.05, s = i % 2 ? 1 : -1;
        x[2 * i] = (float)(s * a / 5 * cos(a));
        x[2 * i + 1] = (float)(s * a / 5 * sin(a));
        labels[i] = i % 2;
    }
    struct model m = {0};
    m.w1 = orr_params_add(&m.p, "w1", orr_shape2(32, 2), ORR_INIT_NORMAL, 2, 0, &r);
    m.b1 = orr_params_add(&m.p, "b1", orr_shape1(32), ORR_INIT_NORMAL, 1, 0, &r);
    m.w2 = orr_params_add(&m.p, "w2", orr_shape2(2, 32), ORR_INIT_FAN_IN_UNIFORM, 1, 0, &r);
    m.b2 = orr_params_add(&m.p, "b2", orr_shape1(2), ORR_INIT_ZERO, 0, 0, &r);
    struct orr_optim s = {0};
    const struct orr_optim_options o = orr_optim_defaults(ORR_ADAM, 0.02);
    orr_optim_init(&s, &o, &m.p);
    struct orr_tape *t = orr_tape_new();
    size_t warm = 0;
    double loss = 0;
    for (int step = 0; step < 1500; step++) {
        orr_tape_reset(t);
        orr_params_zero_grad(&m.p);
        struct orr_var *l = model_loss(&m, t, x, labels, N);
        orr_tape_backward(l);
        orr_optim_step(&s, &m.p);
        loss = (double)l->value[0];
        if (step == 3) warm = orr_tape_allocations(t);
    }
    ck_assert_msg(loss < 0.05, "loss %g", loss);
    ck_assert_uint_eq(orr_tape_allocations(t), warm);
    orr_tape_free(t);
    orr_optim_free(&s);
    orr_params_free(&m.p);
}
END_TEST

/* y'' = -y as a system, and y' = y cos t: solutions known. */
static void oscillator(void *ctx, double t, size_t n, const double *y, double *dy)
{
    (void)ctx;
    (void)t;
    (void)n;
    dy[0] = y[1];
    dy[1] = -y[0];
    dy[2] = y[2] * cos(t);
}

static double solve_error(enum orr_ode_method method, double step, double rtol)
{
    const double y0[3] = {1, 0, 1}, t[4] = {0, 0.7, 1.9, 3};
    double out[12], worst = 0;
    const struct orr_ode_options o = {.method = method, .step = step, .rtol = rtol, .atol = rtol};
    struct orr_error err;
    ck_assert_int_eq(orr_ode_solve(oscillator, NULL, 3, y0, t, 4, &o, NULL, out, NULL, &err), ORR_OK);
    for (int i = 0; i < 4; i++) {
        worst = fmax(worst, fabs(out[3 * i] - cos(t[i])));
        worst = fmax(worst, fabs(out[3 * i + 2] - exp(sin(t[i]))));
    }
    return worst;
}

START_TEST(fixed_step_solvers_show_their_order)
{
    const double euler = log2(solve_error(ORR_EULER, 0.01, 0) / solve_error(ORR_EULER, 0.005, 0));
    const double rk4 = log2(solve_error(ORR_RK4, 0.1, 0) / solve_error(ORR_RK4, 0.05, 0));
    ck_assert_msg(fabs(euler - 1) < 0.1, "Euler: %g", euler);
    ck_assert_msg(fabs(rk4 - 4) < 0.2, "RK4: %g", rk4);
}
END_TEST

START_TEST(dormand_prince_keeps_its_tolerance_at_and_between_steps)
{
    for (double rtol = 1e-3; rtol > 1e-11; rtol /= 10)
        ck_assert_msg(solve_error(ORR_DOPRI5, 0, rtol) < 40 * rtol, "rtol %g: %g", rtol, solve_error(ORR_DOPRI5, 0, rtol));
}
END_TEST

/* The continuous extension alone: one step of size h, its error at inner points falls like h^5. */
static double dense_error(double h)
{
    const double y0[3] = {1, 0, 1};
    double t[12], out[36], worst = 0;
    for (int i = 0; i < 12; i++) t[i] = h * i / 11;
    const struct orr_ode_options o = {.method = ORR_DOPRI5, .step = h, .rtol = 1, .atol = 1};
    struct orr_error err;
    struct orr_ode_info info;
    ck_assert_int_eq(orr_ode_solve(oscillator, NULL, 3, y0, t, 12, &o, NULL, out, &info, &err), ORR_OK);
    ck_assert_uint_eq(info.steps, 1);
    for (int i = 0; i < 12; i++) worst = fmax(worst, fabs(out[3 * i] - cos(t[i])));
    return worst;
}

START_TEST(dense_output_is_of_fourth_order)
{
    const double order = log2(dense_error(0.4) / dense_error(0.2));
    ck_assert_msg(order > 4.5 && order < 6.5, "local order %g", order);
}
END_TEST

static void explode(void *ctx, double t, size_t n, const double *y, double *dy)
{
    (void)ctx;
    (void)t;
    (void)n;
    dy[0] = y[0] * y[0];
}

START_TEST(an_exploding_solution_and_bad_times_are_named_errors)
{
    const double y0 = 1, t[2] = {0, 2}, back[3] = {0, 1, 1};
    double out[3];
    const struct orr_ode_options o = {.method = ORR_DOPRI5};
    struct orr_error err;
    ck_assert_int_eq(orr_ode_solve(explode, NULL, 1, &y0, t, 2, &o, NULL, out, NULL, &err), ORR_EUNSUPPORTED);
    ck_assert(isnan(out[1]));
    ck_assert_int_eq(orr_ode_solve(explode, NULL, 1, &y0, back, 3, &o, NULL, out, NULL, &err), ORR_EINVAL);
}
END_TEST

ORR_SUITE("core", vector_functions_stay_close_to_the_library_over_the_whole_range,
          products_of_every_size_and_transposition_equal_the_plain_triple_loop,
          optimiser_steps_follow_their_published_update_rules, schedules_pass_through_their_fixed_points,
          clipping_keeps_the_direction_and_a_diverged_gradient_moves_nothing,
          two_spirals_are_learnt_and_the_loop_allocates_nothing_after_warm_up, fixed_step_solvers_show_their_order,
          dormand_prince_keeps_its_tolerance_at_and_between_steps, dense_output_is_of_fourth_order,
          an_exploding_solution_and_bad_times_are_named_errors)
