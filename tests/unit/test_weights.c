#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <orrery/optim.h>

#include "methods/weights/farcast.h"
#include "methods/weights/flow.h"
#include "methods/weights/weights.h"

enum { STEPS = 21, WEIGHTS = 40, RUNS = 10 };
static double grid[STEPS];

/* weight k of a run at step i */
typedef double (*motion)(size_t run, size_t k, double t);
static double start_of(size_t run, size_t k) { return sin(1.0 + 3.7 * (double)(run * WEIGHTS + k)); }
static double line(size_t run, size_t k, double t) { return start_of(run, k) + t * cos(2.1 * (double)(k + 7 * run)); }
static double decay(size_t run, size_t k, double t)
{
    return start_of(run, k) + cos(2.1 * (double)(k + 7 * run)) * (1 - exp(-3 * t));
}

static void fill(motion w, size_t run, float *out)
{
    for (size_t i = 0; i < STEPS; i++) {
        grid[i] = (double)i / (STEPS - 1);
        for (size_t k = 0; k < WEIGHTS; k++) out[i * WEIGHTS + k] = (float)w(run, k, grid[i]);
    }
}

static void make_set(motion w, struct orr_weights_set *set)
{
    float values[STEPS * WEIGHTS];
    for (size_t run = 0; run < RUNS; run++) {
        fill(w, run, values);
        ck_assert(!orr_weights_set_add(set, run, 0, ORR_ROLE_MATRIX, STEPS, grid, WEIGHTS, values, WEIGHTS, 1, "set", NULL));
    }
}

static struct orr_observed *observe(size_t n, const float *w)
{
    static struct orr_observed o;
    ck_assert(!orr_observed_init(&o, n, grid, 0, ORR_ROLE_MATRIX, "test", NULL));
    ck_assert(!orr_observed_add(&o, w, WEIGHTS, "test", NULL));
    return &o;
}

static struct orr_weights_model *fit(const char *name, const struct orr_weights_set *set, double fraction)
{
    struct orr_weights_options o = orr_weights_defaults();
    struct orr_weights_model *m;
    struct orr_error err;
    o.fraction = fraction;
    o.steps = 150;
    ck_assert_msg(!orr_weights_fit(orr_weights_method_find(name), set, &o, NULL, &m, &err), "%s: %s", name, err.message);
    return m;
}

/* Largest error at the end of an unseen run, of which the first n snapshots were observed. */
static double error_at_end(const struct orr_weights_model *m, motion w, size_t n)
{
    float values[STEPS * WEIGHTS], mean[WEIGHTS];
    const double end = 1;
    double worst = 0;
    fill(w, RUNS + 3, values);
    ck_assert(!orr_weights_forecast(m, observe(n, values), values, WEIGHTS, 1, &end, mean, NULL, NULL, NULL));
    for (size_t k = 0; k < WEIGHTS; k++) worst = fmax(worst, fabs((double)mean[k] - w(RUNS + 3, k, 1)));
    return worst;
}

START_TEST(a_linear_trajectory_is_continued_exactly)
{
    struct orr_weights_set set = {0};
    make_set(line, &set);
    static const char *const names[] = {"linear", "quadratic", "farcast", "nlinear"};
    for (size_t i = 0; i < 4; i++) {
        struct orr_weights_model *m = fit(names[i], &set, 0.2);
        ck_assert_msg(error_at_end(m, line, 5) < 1e-4, "%s: %g", names[i], error_at_end(m, line, 5));
        orr_weights_model_free(m);
    }
    struct orr_weights_model *m = fit("persistence", &set, 0.2);
    ck_assert(error_at_end(m, line, 5) > 0.1);
    orr_weights_model_free(m);
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(dmd_continues_an_exponential_decay_exactly)
{
    struct orr_weights_model *m = fit("dmd", NULL, 0.2);
    ck_assert_msg(error_at_end(m, decay, 5) < 2e-2, "%g", error_at_end(m, decay, 5));
    orr_weights_model_free(m);
    m = fit("linear", NULL, 0.2);
    ck_assert(error_at_end(m, decay, 5) > 0.3);
    orr_weights_model_free(m);
}
END_TEST

START_TEST(learned_methods_beat_persistence_on_a_decay_that_all_runs_share)
{
    struct orr_weights_set set = {0};
    make_set(decay, &set);
    struct orr_weights_model *m = fit("persistence", &set, 0.2);
    const double still = error_at_end(m, decay, 5);
    orr_weights_model_free(m);
    for (size_t i = 0; orr_methods[i]; i++) {
        if (!orr_methods[i]->weights || !orr_weights_method_learns(orr_methods[i]->weights)) continue;
        m = fit(orr_methods[i]->name, &set, 0.2);
        const double e = error_at_end(m, decay, 5);
        ck_assert_msg(e < 0.65 * still, "%s: %g of %g", orr_methods[i]->name, e, still);
        ck_assert_msg(isfinite(m->spread[1][9]), "%s is not calibrated", orr_methods[i]->name);
        orr_weights_model_free(m);
    }
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(one_field_serves_all_fractions)
{
    struct orr_weights_set set = {0};
    make_set(decay, &set);
    struct orr_weights_model *still = fit("persistence", &set, 0);
    static const char *const names[] = {"flow", "farcast"};
    static const size_t observed[] = {3, 5, 9};
    for (size_t i = 0; i < 2; i++) {
        struct orr_weights_model *m = fit(names[i], &set, 0);
        for (size_t k = 0; k < 3; k++) {
            const double e = error_at_end(m, decay, observed[k]), s = error_at_end(still, decay, observed[k]);
            ck_assert_msg(e < 0.9 * s, "%s after %zu: %g of %g", names[i], observed[k], e, s);
        }
        orr_weights_model_free(m);
    }
    orr_weights_model_free(still);
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(blocks_give_what_the_whole_tensor_gives)
{
    struct orr_weights_set set = {0};
    make_set(decay, &set);
    float values[STEPS * WEIGHTS], whole[2 * WEIGHTS], part[2 * WEIGHTS], block[5 * WEIGHTS];
    const double ahead[2] = {0.5, 1};
    fill(decay, 3, values);
    for (size_t i = 0; orr_methods[i]; i++) {
        if (!orr_methods[i]->weights) continue;
        struct orr_weights_model *m = fit(orr_methods[i]->name, &set, 0.2);
        ck_assert(!orr_weights_forecast(m, observe(5, values), values, WEIGHTS, 2, ahead, whole, NULL, NULL, NULL));
        for (size_t at = 0; at < WEIGHTS; at += 8) {
            for (size_t k = 0; k < 5; k++) memcpy(block + 8 * k, values + k * WEIGHTS + at, 8 * sizeof *block);
            ck_assert(!orr_weights_forecast(m, observe(5, values), block, 8, 2, ahead, part, NULL, NULL, NULL));
            for (size_t h = 0; h < 2; h++)
                for (size_t k = 0; k < 8; k++)
                    ck_assert_float_eq_tol(part[h * 8 + k], whole[h * WEIGHTS + at + k], 1e-5f);
        }
        orr_weights_model_free(m);
    }
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(the_regulariser_has_the_gradient_that_differences_give)
{
    enum { B = ORR_FARCAST_BASIS, N = B * ORR_WEIGHTS_HORIZONS };
    double theta[N], gradient[N] = {0}, gram[B * B] = {0};
    for (size_t k = 0; k < WEIGHTS; k++) {
        const double u[B] = {0.1 * start_of(1, k), 0.1 * start_of(2, k), 0.1 * start_of(3, k), start_of(0, k), 1};
        for (size_t a = 0; a < B * B; a++) gram[a] += u[a / B] * u[a % B];
    }
    for (int i = 0; i < N; i++) theta[i] = 0.1 * sin(5.0 * i) * i;
    ck_assert(orr_farcast_growth(theta, gram, WEIGHTS, gradient) > 0);
    for (int i = 0; i < N; i++) {
        const double was = theta[i], h = 1e-6;
        theta[i] = was + h;
        const double up = orr_farcast_growth(theta, gram, WEIGHTS, NULL);
        theta[i] = was - h;
        const double down = orr_farcast_growth(theta, gram, WEIGHTS, NULL);
        theta[i] = was;
        ck_assert_double_eq_tol((up - down) / (2 * h), gradient[i], 1e-5);
    }
}
END_TEST

START_TEST(the_field_is_the_same_with_and_without_a_tape)
{
    enum { N = 7 };
    struct orr_weights_set set = {0};
    make_set(decay, &set);
    struct orr_weights_model *m = fit("flow", &set, 0.2);
    float about[ORR_FLOW_ABOUT], own[ORR_FLOW_OWN * N], memory[N * (ORR_FLOW_CLOCKS + ORR_FLOW_UNITS + 2)], z[N];
    double y[N], dy[N];
    for (int i = 0; i < ORR_FLOW_ABOUT; i++) about[i] = (float)sin(1.0 + i);
    for (int i = 0; i < ORR_FLOW_OWN * N; i++) own[i] = (float)cos(2.0 * i);
    for (int i = 0; i < N; i++) z[i] = (float)(y[i] = 0.3 * i - 1);
    struct orr_tape *tape = orr_tape_new();
    struct orr_var *says = orr_flow_network(&m->params, orr_tape_input(tape, orr_shape2(1, ORR_FLOW_ABOUT), about));
    struct orr_flow_rows rows = {.n = N, .drive = memory};
    rows.inner = rows.drive + N * ORR_FLOW_CLOCKS;
    rows.z = rows.inner + N * ORR_FLOW_UNITS;
    rows.h = rows.z + N;
    memcpy(rows.says, says->value, sizeof rows.says);
    orr_flow_rows_prepare(&m->params, &rows, own);
    orr_flow_rows_velocity(&rows, 0.3, y, dy);
    for (int i = 0; i < N; i++) { /* one tensor, one weight at a time */
        float x[ORR_FLOW_OWN];
        struct orr_flow_tensor t;
        for (int j = 0; j < ORR_FLOW_OWN; j++) x[j] = own[j * N + i];
        orr_flow_unpack(says, &t);
        struct orr_var *in = orr_tape_input(tape, orr_shape3(1, ORR_FLOW_OWN, 1), x);
        struct orr_var *v = orr_flow_velocity(&t, in, orr_flow_inner(&m->params, &t, in), 0.3,
                                              orr_tape_input(tape, orr_shape2(1, 1), &z[i]));
        ck_assert_double_eq_tol((double)v->value[0], dy[i], 1e-4);
    }
    orr_tape_free(tape);
    orr_weights_model_free(m);
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(directions_come_from_the_moments_that_tell)
{
    const float moments[2] = {0.5f, -2}, squares[2] = {4, 1};
    float d[2];
    ck_assert(orr_optim_direction(ORR_ADAM, moments, squares, 2, d));
    ck_assert(fabsf(d[0] + 0.25f) < 1e-6f && fabsf(d[1] - 2) < 1e-6f);
    ck_assert(orr_optim_direction(ORR_MOMENTUM, moments, NULL, 2, d));
    ck_assert(fabsf(d[0] + 0.5f) < 1e-6f);
    ck_assert(!orr_optim_direction(ORR_RMSPROP, NULL, squares, 2, d) && !orr_optim_direction(ORR_SGD, NULL, NULL, 2, d));
    ck_assert(d[0] == 0);
}
END_TEST

START_TEST(unequal_steps_are_resampled)
{
    static const double t[4] = {0, 0.05, 0.2, 0.25};
    float values[4 * WEIGHTS], mean[WEIGHTS];
    struct orr_weights_set set = {0};
    make_set(line, &set);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < WEIGHTS; k++) values[i * WEIGHTS + k] = (float)line(3, k, t[i]);
    static const char *const names[] = {"linear", "dmd", "flow", "lstm"};
    for (size_t i = 0; i < 4; i++) {
        struct orr_weights_model *m = fit(names[i], &set, 0.2);
        struct orr_observed o;
        const double end = 1;
        ck_assert(!orr_observed_init(&o, 4, t, 0, ORR_ROLE_MATRIX, "x", NULL));
        ck_assert(!orr_observed_add(&o, values, WEIGHTS, "x", NULL));
        ck_assert(!orr_weights_forecast(m, &o, values, WEIGHTS, 1, &end, mean, NULL, NULL, NULL));
        for (size_t k = 0; k < WEIGHTS; k++)
            ck_assert_msg(fabs((double)mean[k] - line(3, k, 1)) < (i < 2 ? 2e-2 : 0.6), "%s", names[i]);
        orr_weights_model_free(m);
    }
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(what_cannot_be_forecast_is_named)
{
    struct orr_observed o;
    struct orr_error err;
    float w[2 * WEIGHTS] = {0}, mean[WEIGHTS];
    const double t[3] = {0, 0.2, 0.1}, end = 1, past = 0.1;
    ck_assert_int_eq(orr_observed_init(&o, 3, t, 0, ORR_ROLE_BIAS, "layer 3", &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "increase"));
    ck_assert(!orr_observed_init(&o, 2, t, 0, ORR_ROLE_BIAS, "layer 3", &err));
    w[WEIGHTS + 7] = NAN;
    ck_assert_int_eq(orr_observed_add(&o, w, WEIGHTS, "layer 3", &err), ORR_EINVAL);
    ck_assert_str_eq(err.where, "layer 3");
    ck_assert_ptr_nonnull(strstr(err.message, "weight 7 of snapshot 1 is NaN"));
    ck_assert(!orr_observed_init(&o, 1, t, 0, ORR_ROLE_BIAS, "layer 3", &err));
    struct orr_weights_model *m = fit("linear", NULL, 0);
    ck_assert_int_eq(orr_weights_forecast(m, &o, w, WEIGHTS, 1, &end, mean, NULL, NULL, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "observe more"));
    ck_assert(!orr_observed_init(&o, 2, t, 0, ORR_ROLE_BIAS, "layer 3", &err));
    ck_assert_int_eq(orr_weights_forecast(m, &o, w, WEIGHTS, 1, &past, mean, NULL, NULL, &err), ORR_EINVAL);
    orr_weights_model_free(m);
    struct orr_weights_set set = {0};
    ck_assert_int_eq(orr_weights_set_add(&set, 0, 0, ORR_ROLE_BIAS, 1, t, WEIGHTS, w, 8, 1, "run 1", &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "one snapshot only"));
    struct orr_weights_options options = orr_weights_defaults();
    ck_assert_int_eq(orr_weights_fit(orr_weights_method_find("flow"), &set, &options, NULL, &m, &err), ORR_EINVAL);
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(weights_that_stand_still_stay_where_they_are)
{
    struct orr_weights_set set = {0};
    make_set(decay, &set);
    float w[5 * WEIGHTS], mean[WEIGHTS];
    const double end = 1;
    for (size_t i = 0; i < 5 * WEIGHTS; i++) w[i] = 0.25f;
    for (size_t i = 0; orr_methods[i]; i++) {
        if (!orr_methods[i]->weights || !strcmp(orr_methods[i]->name, "dlinear")) continue; /* it may drift by its bias */
        struct orr_weights_model *m = fit(orr_methods[i]->name, &set, 0.2);
        ck_assert(!orr_weights_forecast(m, observe(5, w), w, WEIGHTS, 1, &end, mean, NULL, NULL, NULL));
        for (size_t k = 0; k < WEIGHTS; k++)
            ck_assert_msg(fabsf(mean[k] - 0.25f) < 0.02f, "%s: %g", orr_methods[i]->name, (double)mean[k]);
        orr_weights_model_free(m);
    }
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(a_saved_model_gives_the_same_forecast)
{
    struct orr_weights_set set = {0};
    make_set(decay, &set);
    char path[] = "/tmp/orrery-weights-XXXXXX.safetensors";
    ck_assert_int_ge(mkstemps(path, 12), 0);
    for (size_t i = 0; orr_methods[i]; i++) {
        if (!orr_methods[i]->weights) continue;
        struct orr_weights_model *m = fit(orr_methods[i]->name, &set, 0.2), *again;
        struct orr_error err;
        ck_assert(!orr_weights_save(m, path, "test", NULL));
        ck_assert_msg(!orr_weights_load(path, &again, &err), "%s: %s", orr_methods[i]->name, err.message);
        ck_assert(error_at_end(m, decay, 5) == error_at_end(again, decay, 5));
        ck_assert_float_eq((float)m->spread[1][3], (float)again->spread[1][3]);
        orr_weights_model_free(m);
        orr_weights_model_free(again);
    }
    FILE *f = fopen(path, "r+");
    fputs("nonsense", f);
    fclose(f);
    struct orr_weights_model *m;
    ck_assert(orr_weights_load(path, &m, NULL));
    ck_assert_ptr_null(m);
    unlink(path);
    orr_weights_set_free(&set);
}
END_TEST

static bool stop_at(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return --*(int *)ctx > 0;
}

/* Courses of runs that decay towards their ends, whose "networks" have their lowest loss elsewhere: half the way to the end,
 * where a forecast of the weights alone would not go. */
enum { COURSES = 30 };
static size_t one_tensor(void *ctx, size_t course)
{
    (void)ctx, (void)course;
    return 1;
}
static bool observe_course(void *ctx, size_t course, size_t tensor, struct orr_observed *o, float **w)
{
    (void)ctx, (void)tensor;
    float values[STEPS * WEIGHTS];
    fill(decay, course % RUNS, values);
    *w = malloc(sizeof values);
    memcpy(*w, values, sizeof values);
    return !orr_observed_init(o, 5, grid, 0, ORR_ROLE_MATRIX, "test", NULL) &&
           !orr_observed_add(o, *w, WEIGHTS, "test", NULL);
}
static double square_loss(void *ctx, size_t course, float *const *weights, float *const *gradient, uint64_t batch)
{
    double sum = 0;
    (void)ctx, (void)batch;
    for (size_t k = 0; k < WEIGHTS; k++) {
        const size_t run = course % RUNS;
        const double best = (decay(run, k, 0.2) + decay(run, k, 1)) / 2, e = (double)weights[0][k] - best;
        sum += e * e / WEIGHTS;
        if (gradient) gradient[0][k] = (float)(2 * e / WEIGHTS);
    }
    return sum;
}

static double mean_loss(const struct orr_weights_model *m)
{
    const double end = 1;
    double sum = 0;
    for (size_t course = 0; course < RUNS; course++) {
        float mean[WEIGHTS], *w, *const list = mean;
        static struct orr_observed o;
        ck_assert(observe_course(NULL, course, 0, &o, &w));
        ck_assert(!orr_weights_forecast(m, &o, w, WEIGHTS, 1, &end, mean, NULL, NULL, NULL));
        sum += square_loss(NULL, course, &list, NULL, 0) / RUNS;
        free(w);
    }
    return sum;
}

START_TEST(a_field_is_tuned_to_where_the_loss_is_low)
{
    struct orr_weights_set set = {0};
    make_set(decay, &set);
    struct orr_weights_judge judge = {
        .courses = COURSES, .tensors = one_tensor, .observe = observe_course, .loss = square_loss};
    struct orr_weights_model *m = fit("flow", &set, 0.2), *still = fit("persistence", NULL, 0.2);
    struct orr_error err;
    const double before = mean_loss(m);
    ck_assert_msg(!orr_weights_tune(m, &judge, 150, NULL, &err), "%s", err.message);
    ck_assert_str_eq(orr_weights_method_name(m->method), "flow-loss");
    ck_assert_msg(mean_loss(m) < 0.3 * before && mean_loss(m) < 0.3 * mean_loss(still), "%g of %g and %g", mean_loss(m), before,
                  mean_loss(still));
    /* stopped, it is the best so far */
    int ticks = 4;
    const struct orr_ticker ticker = {stop_at, &ticks};
    ck_assert_int_eq(orr_weights_tune(m, &judge, 150, &ticker, &err), ORR_ECANCELLED);
    ck_assert(isfinite(mean_loss(m)));
    judge.courses = 4;
    ck_assert_int_eq(orr_weights_tune(m, &judge, 1, NULL, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_weights_tune(still, &judge, 1, NULL, &err), ORR_EUNSUPPORTED);
    orr_weights_model_free(m);
    orr_weights_model_free(still);
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(an_optimiser_that_was_never_seen_counts_as_unknown)
{
    struct orr_weights_set set = {0};
    make_set(decay, &set); /* of runs by SGD alone */
    struct orr_weights_model *m = fit("flow", &set, 0.2);
    ck_assert_int_eq(orr_flow_takes_for(&m->params, ORR_SGD), ORR_SGD);
    ck_assert_int_eq(orr_flow_takes_for(&m->params, ORR_ADAMW), -1);
    ck_assert_int_eq(orr_flow_takes_for(&m->params, -1), -1);
    float values[STEPS * WEIGHTS], mean[3][WEIGHTS];
    const double end = 1;
    fill(decay, 3, values);
    static const struct { int optim; double lr; } as[3] = {{ORR_ADAM, 1e-3}, {ORR_ADAM, 1}, {-1, 0}};
    for (size_t i = 0; i < 3; i++) {
        struct orr_observed *o = observe(5, values);
        o->optim = as[i].optim;
        o->lr = as[i].lr;
        ck_assert(!orr_weights_forecast(m, o, values, WEIGHTS, 1, &end, mean[i], NULL, NULL, NULL));
        ck_assert_mem_eq(mean[i], mean[0], sizeof mean[0]);
    }
    orr_weights_model_free(m);
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(layers_are_ordered_by_name_and_number)
{
    static const char *const names[] = {"layers.10.weight", "layers.9.bias", "layers.9.weight", "layers.2.weight", "head"};
    double depth[5];
    orr_weights_depths(names, 5, depth);
    ck_assert(depth[4] == 0 && depth[0] == 1 && depth[1] == depth[2] && depth[3] > 0 && depth[3] < depth[2]);
    orr_weights_depths(names, 1, depth);
    ck_assert(depth[0] == 0);
}
END_TEST

START_TEST(a_stopped_fit_keeps_the_best_so_far)
{
    struct orr_weights_set set = {0};
    make_set(decay, &set);
    static const char *const names[] = {"flow", "farcast", "transformer"};
    for (size_t i = 0; i < 3; i++) {
        struct orr_weights_options o = orr_weights_defaults();
        struct orr_weights_model *m;
        int ticks = 8;
        const struct orr_ticker ticker = {stop_at, &ticks};
        o.fraction = 0.2;
        ck_assert_int_eq(orr_weights_fit(orr_weights_method_find(names[i]), &set, &o, &ticker, &m, NULL), ORR_ECANCELLED);
        ck_assert_int_eq(ticks, 0); /* not one more step */
        ck_assert_int_eq(m->outcome, ORR_CANCELLED);
        ck_assert(isfinite(error_at_end(m, decay, 5)));
        orr_weights_model_free(m);
    }
    orr_weights_set_free(&set);
}
END_TEST

START_TEST(one_seed_gives_one_model)
{
    struct orr_weights_set set = {0};
    make_set(decay, &set);
    struct orr_weights_model *a = fit("flow", &set, 0), *b = fit("flow", &set, 0);
    ck_assert_mem_eq(a->params.value, b->params.value, a->params.n * sizeof *a->params.value);
    orr_weights_model_free(a);
    orr_weights_model_free(b);
    orr_weights_set_free(&set);
}
END_TEST

ORR_SUITE("weights", one_field_serves_all_fractions,
          a_linear_trajectory_is_continued_exactly, dmd_continues_an_exponential_decay_exactly,
          learned_methods_beat_persistence_on_a_decay_that_all_runs_share, blocks_give_what_the_whole_tensor_gives,
          the_regulariser_has_the_gradient_that_differences_give, the_field_is_the_same_with_and_without_a_tape,
          directions_come_from_the_moments_that_tell, unequal_steps_are_resampled, what_cannot_be_forecast_is_named,
          weights_that_stand_still_stay_where_they_are, a_saved_model_gives_the_same_forecast,
          a_stopped_fit_keeps_the_best_so_far, one_seed_gives_one_model, a_field_is_tuned_to_where_the_loss_is_low,
          an_optimiser_that_was_never_seen_counts_as_unknown, layers_are_ordered_by_name_and_number)
