#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid_folder.h"
#include "aid_store.h"
#include "app/weights.h"
#include "base/safetensors.h"

enum { STEPS = 11, WEIGHTS = 12 };
static struct orr_error err;

static double weight(size_t run, size_t k, double t) { return sin(1.0 + (double)k + 5 * (double)run) + t * cos(2.0 * (double)k); }

/* Steps 0, 10, 20, ... of a tensor that moves in straight lines. */
static void record(struct orr_store *s, int64_t run, const char *tensor, size_t seed, size_t steps, int64_t rows)
{
    for (size_t i = 0; i < steps; i++) {
        float w[WEIGHTS];
        const int64_t shape[2] = {rows, WEIGHTS / rows};
        for (size_t k = 0; k < WEIGHTS; k++) w[k] = (float)weight(seed, k, (double)i / (STEPS - 1));
        aid_ok(orr_store_snapshot_put(s, run, 10 * (int64_t)i, tensor, shape, 2, w, WEIGHTS, &err), &err);
    }
}

static struct orr_weights_query query(const char *method)
{
    return (struct orr_weights_query){.method = method, .observe_share = 0.3, .coordinates = 2, .seed = 1};
}

START_TEST(a_run_is_forecast_and_compared_with_what_came)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "a", "a");
    record(a.store, run, "fc.weight", 1, STEPS, 3);
    record(a.store, run, "optim.m.fc.weight", 1, 1, 3); /* moments are no weights */
    struct orr_weights_query q = query("linear");
    struct orr_weights_forecasts f;
    aid_ok(orr_weights_run(a.store, run, &q, NULL, &f, &err), &err);
    ck_assert_uint_eq(f.observed, 4);
    ck_assert_uint_eq(f.n_ahead, STEPS - 4);
    ck_assert_int_eq(f.steps[f.n_ahead - 1], 100);
    ck_assert_double_lt(f.mae, 1e-5);
    struct orr_str json = {0};
    orr_weights_json(&f, &json);
    ck_assert_ptr_nonnull(strstr(json.data, "\"tensor\":\"fc.weight\",\"method\":\"linear\""));
    orr_str_free(&json);
    orr_weights_forecasts_free(&f);
    q.observe_share = 0;
    q.to = 300; /* beyond what was recorded: no truth */
    aid_ok(orr_weights_run(a.store, run, &q, NULL, &f, &err), &err);
    ck_assert(isnan(f.mae) && f.observed == STEPS);
    ck_assert_float_eq_tol(f.tensors[0].mean[(f.n_ahead - 1) * 2], (float)weight(1, 0, 3), 1e-4f);
    orr_weights_forecasts_free(&f);
    aid_store_end(&a);
}
END_TEST

START_TEST(methods_learn_from_the_other_runs_of_a_group)
{
    struct aid_store a = aid_store_new();
    int64_t last = 0;
    for (size_t i = 0; i < 8; i++) {
        char key[16];
        snprintf(key, sizeof key, "r%zu", i);
        const struct orr_run r = {.key = key, .name = key, .group = "g", .state = "finished", .started = NAN, .ended = NAN};
        aid_ok(orr_store_run_put(a.store, &r, &last, &err), &err);
        record(a.store, last, "fc.weight", i, STEPS, 3);
    }
    struct orr_weights_query q = query("farcast");
    struct orr_weights_forecasts f;
    q.learn = "g";
    aid_ok(orr_weights_run(a.store, last, &q, NULL, &f, &err), &err);
    ck_assert_double_lt(f.mae, 1e-3);
    ck_assert_ptr_nonnull(strstr(f.made_with, "group g"));
    orr_weights_forecasts_free(&f);
    q.learn = "nothing";
    ck_assert_int_eq(orr_weights_run(a.store, last, &q, NULL, &f, &err), ORR_ENOTFOUND);
    orr_weights_forecasts_free(&f);
    aid_store_end(&a);
}
END_TEST

/* A run of Adam with moments that differ from weight to weight. */
static void record_moments(struct orr_store *s, int64_t run, float first)
{
    for (size_t i = 0; i < STEPS; i++)
        for (size_t k = 0; k < 2; k++) {
            float x[WEIGHTS];
            const int64_t shape[2] = {3, WEIGHTS / 3};
            for (size_t j = 0; j < WEIGHTS; j++) x[j] = k ? 1 : first * (float)cos(3.0 * (double)j);
            aid_ok(orr_store_snapshot_put(s, run, 10 * (int64_t)i, k ? "optim.v.fc.weight" : "optim.m.fc.weight", shape, 2, x,
                                          WEIGHTS, &err),
                   &err);
        }
}

START_TEST(a_field_that_knows_moments_reads_those_that_were_recorded)
{
    struct aid_store a = aid_store_new();
    float mean[3];
    for (size_t i = 0; i < 3; i++) { /* the same path with moments that point ahead, back, and none */
        char key[8];
        snprintf(key, sizeof key, "r%zu", i);
        const int64_t run = aid_run(a.store, key, key);
        const struct orr_config_value adam = {.key = "optim", .text = "adam"};
        aid_ok(orr_store_config_put(a.store, run, "optim", &adam, &err), &err);
        record(a.store, run, "fc.weight", 1, STEPS, 3);
        if (i < 2) record_moments(a.store, run, i ? 1 : -1);
        struct orr_weights_query q = query("flow");
        struct orr_weights_forecasts f;
        aid_ok(orr_weights_run(a.store, run, &q, NULL, &f, &err), &err);
        mean[i] = f.tensors[0].mean[(f.n_ahead - 1) * 2];
        orr_weights_forecasts_free(&f);
    }
    ck_assert(fabsf(mean[0] - mean[1]) > 1e-6f && fabsf(mean[0] - mean[2]) > 1e-6f);
    aid_store_end(&a);
}
END_TEST

START_TEST(the_tuned_field_is_not_fitted_on_a_group)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "a", "a");
    record(a.store, run, "fc.weight", 1, STEPS, 3);
    struct orr_weights_query q = query("flow-loss");
    struct orr_weights_forecasts f;
    aid_ok(orr_weights_run(a.store, run, &q, NULL, &f, &err), &err); /* the shipped one */
    orr_weights_forecasts_free(&f);
    q.learn = "g";
    ck_assert_int_eq(orr_weights_run(a.store, run, &q, NULL, &f, &err), ORR_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.message, "--retrain"));
    orr_weights_forecasts_free(&f);
    aid_store_end(&a);
}
END_TEST

START_TEST(trajectories_that_are_none_are_named)
{
    struct aid_store a = aid_store_new();
    struct orr_weights_query q = query("linear");
    struct orr_weights_forecasts f;
    const int64_t none = aid_run(a.store, "none", "none"), one = aid_run(a.store, "one", "one");
    const int64_t changed = aid_run(a.store, "changed", "changed"), missing = aid_run(a.store, "missing", "missing");
    const int64_t nan = aid_run(a.store, "nan", "nan");
    ck_assert_int_eq(orr_weights_run(a.store, none, &q, NULL, &f, &err), ORR_ENOTFOUND);
    orr_weights_forecasts_free(&f);
    record(a.store, one, "w", 0, 1, 3);
    ck_assert_int_eq(orr_weights_run(a.store, one, &q, NULL, &f, &err), ORR_EINVAL);
    orr_weights_forecasts_free(&f);
    record(a.store, changed, "w", 0, 4, 3);
    const float w[WEIGHTS] = {0};
    aid_ok(orr_store_snapshot_put(a.store, changed, 40, "w", (const int64_t[]){4, 3}, 2, w, WEIGHTS, &err), &err);
    ck_assert_int_eq(orr_weights_run(a.store, changed, &q, NULL, &f, &err), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "shape at step 40"));
    orr_weights_forecasts_free(&f);
    record(a.store, missing, "a", 0, 5, 3);
    record(a.store, missing, "b", 0, 4, 3);
    ck_assert_int_eq(orr_weights_run(a.store, missing, &q, NULL, &f, &err), ORR_EFORMAT);
    ck_assert_str_eq(err.where, "b");
    ck_assert_ptr_nonnull(strstr(err.message, "missing at step 40"));
    orr_weights_forecasts_free(&f);
    float bad[WEIGHTS] = {0};
    bad[5] = NAN;
    record(a.store, nan, "w", 0, STEPS, 3);
    aid_ok(orr_store_snapshot_put(a.store, nan, 20, "w", (const int64_t[]){3, 4}, 2, bad, WEIGHTS, &err), &err);
    ck_assert_int_eq(orr_weights_run(a.store, nan, &q, NULL, &f, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "weight 5 of snapshot 2 is NaN"));
    orr_weights_forecasts_free(&f);
    aid_store_end(&a);
}
END_TEST

static const char *checkpoint(size_t i, double t)
{
    char name[48];
    float w[WEIGHTS];
    const int64_t shape[2] = {3, 4};
    snprintf(name, sizeof name, "run/step_%zu.safetensors", i);
    const char *path = aid_file_write(name, "", 0);
    for (size_t k = 0; k < WEIGHTS; k++) w[k] = (float)weight(0, k, t);
    const struct orr_safetensor_out out = {"fc.weight", shape, 2, w};
    aid_ok(orr_safetensors_write(path, &out, 1, NULL, &err), &err);
    return path;
}

START_TEST(a_folder_of_checkpoints_is_a_trajectory)
{
    char folder[200], final[256];
    for (size_t i = 0; i < 5; i++) {
        snprintf(folder, sizeof folder, "%s", checkpoint(i, 0.1 * (double)i));
        *strrchr(folder, '/') = '\0';
    }
    snprintf(final, sizeof final, "%s/../final.safetensors", folder);
    struct orr_weights_query q = {.method = "linear", .to = 10, .out = final};
    struct orr_weights_forecasts f;
    aid_ok(orr_weights_run_folder(folder, &q, NULL, &f, &err), &err);
    orr_weights_forecasts_free(&f);
    struct orr_safetensors file = {0};
    float w[WEIGHTS];
    aid_ok(orr_safetensors_open(final, 0, &file, &err), &err);
    aid_ok(orr_safetensors_read(&file, orr_safetensors_find(&file, "fc.weight"), 0, WEIGHTS, w, &err), &err);
    for (size_t k = 0; k < WEIGHTS; k++) ck_assert_float_eq_tol(w[k], (float)weight(0, k, 1), 1e-4f);
    orr_safetensors_close(&file);
}
END_TEST

START_TEST(unequal_steps_keep_their_times)
{
    static const int64_t steps[] = {0, 1, 5, 20, 22, 60, 100};
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "a", "a"), shape[2] = {3, 4};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        float w[WEIGHTS];
        for (size_t k = 0; k < WEIGHTS; k++) w[k] = (float)weight(0, k, (double)steps[i] / 100);
        aid_ok(orr_store_snapshot_put(a.store, run, steps[i], "w", shape, 2, w, WEIGHTS, &err), &err);
    }
    struct orr_weights_query q = {.method = "linear", .observe_share = 0.22, .coordinates = 2};
    struct orr_weights_forecasts f;
    aid_ok(orr_weights_run(a.store, run, &q, NULL, &f, &err), &err);
    ck_assert_uint_eq(f.observed, 5);
    ck_assert_uint_eq(f.n_ahead, 2);
    ck_assert_int_eq(f.steps[0], 60);
    ck_assert_double_lt(f.mae, 1e-5); /* a straight line in time, not in snapshots */
    orr_weights_forecasts_free(&f);
    aid_store_end(&a);
}
END_TEST

/* FOLDER/name: one tensor "w" (n) whose value k at time t is k mod 7 + t; n 0: a damaged file. */
static const char *write_one(const char *name, const char *tensor, int64_t n, double t)
{
    const char *path = aid_file_write(name, "nonsense", 8);
    if (!n) return path;
    float *w = malloc((size_t)n * sizeof *w);
    for (int64_t k = 0; k < n; k++) w[k] = (float)((double)(k % 7) + t);
    const struct orr_safetensor_out out = {tensor, &n, 1, w};
    aid_ok(orr_safetensors_write(path, &out, 1, NULL, &err), &err);
    free(w);
    return path;
}

static enum orr_status forecast_folder(const char *any_file, int up, const char *out)
{
    char folder[300];
    struct orr_weights_query q = {.method = "linear", .to = 10, .out = out};
    struct orr_weights_forecasts f;
    snprintf(folder, sizeof folder, "%s", any_file);
    while (up--) *strrchr(folder, '/') = '\0';
    err = (struct orr_error){0};
    const enum orr_status s = orr_weights_run_folder(folder, &q, NULL, &f, &err);
    orr_weights_forecasts_free(&f);
    return s;
}

START_TEST(a_file_of_final_weights_that_cannot_be_written_is_said_before_anything_is_forecast)
{
    write_one("good/step_0.safetensors", "w", 6, 0);
    const char *last = write_one("good/step_1.safetensors", "w", 6, 0.1);
    ck_assert_int_eq(forecast_folder(last, 1, "/nowhere/final.safetensors"), ORR_EIO);
    ck_assert_ptr_nonnull(strstr(err.where, "/nowhere/final.safetensors"));
}
END_TEST

START_TEST(folders_that_hold_no_trajectory_are_named)
{
    write_one("changed/step_0.safetensors", "w", 6, 0);
    ck_assert_int_eq(forecast_folder(write_one("changed/step_1.safetensors", "w", 7, 0.1), 1, NULL), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "its shape at step 1"));
    write_one("missing/step_0.safetensors", "w", 6, 0);
    write_one("missing/step_1.safetensors", "w", 6, 0);
    ck_assert_int_eq(forecast_folder(write_one("missing/step_1.more.safetensors", "v", 6, 0.1), 1, NULL), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "missing at step"));
    write_one("twice/step_0.safetensors", "w", 6, 0);
    ck_assert_int_eq(forecast_folder(write_one("twice/iter_0.safetensors", "w", 6, 0.1), 1, NULL), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "is also in"));
    write_one("damaged/step_0.safetensors", "w", 6, 0);
    ck_assert_int_eq(forecast_folder(write_one("damaged/step_1.safetensors", "w", 0, 0), 1, NULL), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.where, "step_1.safetensors"));
    ck_assert_int_eq(forecast_folder(write_one("one/step_3.safetensors", "w", 6, 0), 1, NULL), ORR_EINVAL);
    write_one("nan/step_0.safetensors", "w", 6, 0);
    ck_assert_int_eq(forecast_folder(write_one("nan/step_1.safetensors", "w", 6, NAN), 1, NULL), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "weight 0 of snapshot 1 is NaN"));
    ck_assert_int_eq(forecast_folder(aid_file_write("empty/readme.txt", "", 0), 1, NULL), ORR_ENOTFOUND);
    ck_assert_int_eq(forecast_folder("/nonexistent/x", 1, NULL), ORR_ENOTFOUND);
}
END_TEST

START_TEST(steps_in_folder_names_and_parts_of_a_step_are_taken_together)
{
    char final[300];
    for (int i = 0; i < 3; i++) {
        char name[80];
        snprintf(name, sizeof name, "parts/checkpoint-%d/model-1.safetensors", i);
        write_one(name, "a", 5, 0.1 * i);
        snprintf(name, sizeof name, "parts/checkpoint-%d/model-2.safetensors", i);
        snprintf(final, sizeof final, "%s", write_one(name, "b", 70000, 0.1 * i)); /* more than a block */
    }
    char *folder = strdup(final), *slash = strrchr(folder, '/');
    *slash = '\0';
    *strrchr(folder, '/') = '\0';
    strcat(folder, "/../final.safetensors");
    ck_assert_msg(forecast_folder(final, 2, folder) == ORR_OK, "%s", err.message);
    struct orr_safetensors file = {0};
    float w[3];
    aid_ok(orr_safetensors_open(folder, 0, &file, &err), &err);
    ck_assert_uint_eq(file.n, 2);
    aid_ok(orr_safetensors_read(&file, orr_safetensors_find(&file, "b"), 69997, 3, w, &err), &err);
    for (int k = 0; k < 3; k++) ck_assert_float_eq_tol(w[k], (float)((69997 + k) % 7 + 1), 1e-4f);
    orr_safetensors_close(&file);
    free(folder);
}
END_TEST

struct countdown {
    int left;
};
static bool stop_later(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return --((struct countdown *)ctx)->left > 0;
}

START_TEST(a_stopped_forecast_keeps_whole_tensors_and_the_old_file)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "a", "a");
    record(a.store, run, "a", 1, STEPS, 3);
    record(a.store, run, "b", 2, STEPS, 3);
    struct orr_weights_query q = query("linear");
    struct orr_weights_forecasts f;
    size_t whole = 0;
    q.out = aid_file_write("kept.safetensors", "old", 3);
    for (int ticks = 1; ticks < 40; ticks++) { /* stopped at every tick there is */
        struct countdown c = {ticks};
        const enum orr_status s = orr_weights_run(a.store, run, &q, &(struct orr_ticker){stop_later, &c}, &f, &err);
        if (!s) {
            ck_assert_uint_eq(f.n_tensors, 2);
            orr_weights_forecasts_free(&f);
            break;
        }
        ck_assert_int_eq(s, ORR_ECANCELLED);
        ck_assert_int_eq(c.left, 0);
        ck_assert_int_eq(f.outcome, ORR_CANCELLED);
        ck_assert_uint_ge(f.n_tensors, whole);
        whole = f.n_tensors;
        for (size_t k = 0; k < whole; k++) ck_assert_double_lt(f.tensors[k].mae[f.n_ahead - 1], 1e-4);
        orr_weights_forecasts_free(&f);
        size_t n;
        unsigned char *bytes = aid_slurp(q.out, &n);
        ck_assert(n == 3 && !memcmp(bytes, "old", 3));
        free(bytes);
    }
    ck_assert_uint_eq(whole, 1);
    aid_store_end(&a);
}
END_TEST

static bool stop(void *ctx, const struct orr_progress *p)
{
    (void)p;
    ++*(int *)ctx;
    return false;
}

START_TEST(the_first_tick_can_stop_a_forecast)
{
    struct aid_store a = aid_store_new();
    const int64_t run = aid_run(a.store, "a", "a");
    record(a.store, run, "w", 1, STEPS, 3);
    int ticks = 0;
    const struct orr_ticker ticker = {stop, &ticks};
    const struct orr_weights_query q = query("linear");
    struct orr_weights_forecasts f;
    ck_assert_int_eq(orr_weights_run(a.store, run, &q, &ticker, &f, &err), ORR_ECANCELLED);
    ck_assert_int_eq(ticks, 1);
    orr_weights_forecasts_free(&f);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE_IN_FOLDER("weights_runs", a_run_is_forecast_and_compared_with_what_came, methods_learn_from_the_other_runs_of_a_group,
                    a_field_that_knows_moments_reads_those_that_were_recorded, the_tuned_field_is_not_fitted_on_a_group,
                    trajectories_that_are_none_are_named, a_folder_of_checkpoints_is_a_trajectory, unequal_steps_keep_their_times,
                    folders_that_hold_no_trajectory_are_named,
                    a_file_of_final_weights_that_cannot_be_written_is_said_before_anything_is_forecast,
                    steps_in_folder_names_and_parts_of_a_step_are_taken_together,
                    a_stopped_forecast_keeps_whole_tensors_and_the_old_file,
                    the_first_tick_can_stop_a_forecast)
