#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid_command.h"
#include "aid_store.h"
#include "aid_ui.h"
#include "app/weights_scene.h"
#include "base/mem.h"

enum { STEPS = 11, ROWS = 4, COLUMNS = 6, WEIGHTS = ROWS * COLUMNS };
static struct orr_error err;

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

/* Synthetic: weights that swing towards where they stay, so that their path is bent. */
static float weight(size_t run, size_t k, double t)
{
    return (float)(sin(1.0 + (double)k + 5 * (double)run) + (1 - exp(-2 * t)) * cos(2.0 * (double)k) +
                   0.5 * t * t * sin(3.0 * (double)k));
}

static int64_t add_run(struct orr_aid_ui *a, const char *name, const char *group)
{
    const struct orr_run r = {
        .key = name, .name = name, .group = group, .state = "finished", .started = NAN, .ended = NAN};
    int64_t id;
    ck_assert_int_eq(orr_store_run_put(a->app.store, &r, &id, &err), ORR_OK);
    return id;
}

static void put(struct orr_aid_ui *a, int64_t run, int64_t step, const char *tensor, const float *w, int64_t rows,
                int64_t columns)
{
    const int64_t shape[2] = {rows, columns};
    const enum orr_status s = orr_store_snapshot_put(a->app.store, run, step, tensor, shape, columns > 1 ? 2 : 1, w,
                                                     (size_t)(rows * columns), &err);
    ck_assert_msg(s == ORR_OK, "%s", err.message);
}

/* A matrix and a bias at steps 0, 10, ... */
static int64_t record(struct orr_aid_ui *a, const char *name, size_t seed, int steps)
{
    const int64_t run = add_run(a, name, "g");
    for (int i = 0; i < steps; i++) {
        float w[WEIGHTS], b[ROWS];
        for (size_t k = 0; k < WEIGHTS; k++) w[k] = weight(seed, k, (double)i / (STEPS - 1));
        for (size_t k = 0; k < ROWS; k++) b[k] = 0.1f * weight(seed, 100 + k, (double)i / (STEPS - 1));
        put(a, run, 10 * i, "fc.weight", w, ROWS, COLUMNS);
        put(a, run, 10 * i, "fc.bias", b, ROWS, 1);
    }
    return run;
}

static void open_screen(struct orr_aid_ui *a, const char *command)
{
    orr_ui_command(a->ui, command);
    orr_aid_ui_settle(a);
}

static void do_keys(struct orr_aid_ui *a, const char *keys)
{
    orr_aid_ui_keys(a, keys);
    orr_aid_ui_settle(a);
}

static void command(struct orr_aid_ui *a, const char *line)
{
    orr_ui_command(a->ui, line);
    orr_aid_ui_settle(a);
}

/* Opened with a method that no trained number goes into. */
static struct orr_aid_ui *new_linear(int width, int height)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, width, height);
    record(a, "synthetic", 1, STEPS);
    open_screen(a, "open weights");
    command(a, "method linear");
    return a;
}

START_TEST(the_screen_at_every_size)
{
    static const int sizes[][2] = {{200, 60}, {80, 24}, {40, 10}, {20, 5}};
    struct orr_aid_ui *a = new_linear(80, 24);
    for (size_t i = 0; i < 4; i++) {
        orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
        orr_aid_ui_golden(a, "weights");
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(every_chart_draws_at_every_size_down_to_one_cell)
{
    static const int sizes[][2] = {{200, 60}, {120, 30}, {80, 24}, {60, 12}, {40, 10}, {20, 5}, {9, 4}, {3, 3}, {1, 1}};
    struct orr_aid_ui *a = new_linear(80, 24);
    do_keys(a, "o");
    for (int chart = 0; chart < 4; chart++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
        orr_aid_ui_resize(a, 80, 24);
        orr_aid_ui_keys(a, "Tab");
    }
    ck_assert(has(a, "trajectories")); /* round to the first again */
    orr_aid_ui_keys(a, "BackTab");
    ck_assert(has(a, "mean absolute error"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(without_snapshots_it_says_how_to_get_them)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 80, 24);
    open_screen(a, "open weights");
    ck_assert(has(a, "--weights every:epoch"));
    ck_assert(has(a, "orrery import FOLDER"));
    do_keys(a, "j l h m r o f t Esc e Esc Tab + - x n N y b v Esc w Esc"); /* nothing to act on, and nothing happens */
    open_screen(a, "open weights 2");
    ck_assert(has(a, "Run 2 has no snapshots"));
    record(a, "later", 1, STEPS);
    open_screen(a, "open weights");
    do_keys(a, "R");
    orr_aid_ui_free(a);
}
END_TEST

static void put_step(struct orr_aid_ui *a, int64_t run, int i)
{
    float w[WEIGHTS];
    for (size_t k = 0; k < WEIGHTS; k++) w[k] = weight(1, k, (double)i / (STEPS - 1));
    ck_assert_int_eq(orr_store_begin(a->app.store, &err), ORR_OK);
    put(a, run, 10 * i, "fc.weight", w, ROWS, COLUMNS);
    ck_assert_int_eq(orr_store_commit(a->app.store, &err), ORR_OK);
    orr_ui_tick(a->ui, orr_ui_clock() + 10 + i);
    orr_aid_ui_settle(a);
}

START_TEST(a_run_in_training_is_followed)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, 110, 24);
    const int64_t run = add_run(a, "live", "");
    open_screen(a, "open weights live");
    ck_assert(has(a, "has no snapshots"));
    for (int i = 0; i < 6; i++) put_step(a, run, i);
    command(a, "method linear");
    do_keys(a, "a");
    ck_assert(has(a, "6 of 6 snapshots"));
    put_step(a, run, 6);
    ck_assert(has(a, "7 of 7 snapshots"));
    do_keys(a, "h h");
    put_step(a, run, 7);
    ck_assert(has(a, "5 of 8 snapshots") && has(a, "linear to step 70, mae"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(scrubbing_observes_less_and_more)
{
    struct orr_aid_ui *a = new_linear(100, 24);
    ck_assert(has(a, "3 of 11 snapshots, step 20"));
    do_keys(a, "l l");
    ck_assert(has(a, "5 of 11 snapshots, step 40"));
    ck_assert(has(a, "linear to step 100, mae"));
    do_keys(a, "h h h h h h h"); /* one snapshot is too few for a line */
    ck_assert(has(a, "1 of 11 snapshots"));
    ck_assert(has(a, "observe more"));
    do_keys(a, "a");
    ck_assert(has(a, "11 of 11 snapshots"));
    ck_assert(has(a, "to step 200"));
    ck_assert(!has(a, "mae"));
    command(a, "observe 40%");
    ck_assert(has(a, "5 of 11 snapshots"));
    command(a, "observe many");
    ck_assert(has(a, "neither a number"));
    command(a, "to-step 60");
    ck_assert(has(a, "linear to step 60, mae"));
    command(a, "to-step 10"); /* before what is observed */
    ck_assert(has(a, "forecast to a later one"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_row_under_the_cursor_is_what_is_shown)
{
    struct orr_aid_ui *a = new_linear(100, 30);
    orr_ui_command(a->ui, "chart histogram");
    ck_assert(has(a, "all 28 weights"));
    do_keys(a, "j");
    ck_assert(has(a, "fc.bias, 4 weights"));
    do_keys(a, "j");
    ck_assert(has(a, "fc.weight, 24 weights"));
    orr_ui_command(a->ui, "chart trajectories");
    ck_assert(has(a, "fc.weight[") && !has(a, "fc.bias["));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(one_weight_can_be_followed_and_others_drawn)
{
    struct orr_aid_ui *a = new_linear(100, 30);
    command(a, "weight fc.weight 17");
    ck_assert(has(a, "fc.weight[17]"));
    do_keys(a, "r r");
    ck_assert(has(a, "fc.weight[17]"));
    command(a, "weight 1[2]");
    ck_assert(has(a, "fc.bias[2]"));
    command(a, "weight fc.weight 24");
    ck_assert(has(a, "names no weight"));
    char before[8192];
    command(a, "weight ");
    snprintf(before, sizeof before, "%s", orr_aid_ui_dump(a));
    do_keys(a, "r");
    ck_assert_str_ne(before, orr_aid_ui_dump(a));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(methods_are_chosen_by_key_or_name_and_learn_from_the_group)
{
    struct orr_aid_ui *a = new_linear(110, 30);
    do_keys(a, "m");
    ck_assert(has(a, "quadratic to step"));
    command(a, "method arima");
    ck_assert(has(a, "no method 'arima'"));
    command(a, "method nlinear"); /* learns; there is no other run in the group */
    ck_assert(has(a, "no run of that group has snapshots"));
    for (size_t i = 0; i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "more-%zu", i);
        record(a, name, 2 + i, STEPS);
    }
    command(a, "method dlinear");
    ck_assert(has(a, "dlinear to step 100, mae"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(overlays_add_the_other_methods)
{
    struct orr_aid_ui *a = new_linear(120, 30);
    orr_ui_command(a->ui, "chart error");
    ck_assert(!has(a, "persistence"));
    do_keys(a, "o");
    ck_assert(has(a, "persistence") && has(a, "farcast"));
    do_keys(a, "y o");
    ck_assert(!has(a, "persistence"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(one_snapshot_is_shown_and_said_to_be_too_little)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, 90, 24);
    record(a, "one", 1, 1);
    open_screen(a, "open weights");
    ck_assert(has(a, "fc.weight") && has(a, "1 of 1 snapshots"));
    ck_assert(has(a, "forecast to a later one"));
    do_keys(a, "Tab");
    ck_assert(has(a, "a path needs two"));
    do_keys(a, "Tab Tab");
    ck_assert(has(a, "No forecast yet"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_diverged_run_is_shown_up_to_its_last_finite_snapshot)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, 100, 24);
    const int64_t run = record(a, "diverged", 1, STEPS);
    float bad[WEIGHTS] = {0};
    bad[7] = NAN;
    put(a, run, 60, "fc.weight", bad, ROWS, COLUMNS);
    bad[7] = INFINITY;
    put(a, run, 80, "fc.weight", bad, ROWS, COLUMNS);
    open_screen(a, "open weights");
    command(a, "method linear");
    ck_assert(has(a, "linear to step 50"));
    do_keys(a, "a");
    ck_assert(has(a, "6 of 11 snapshots"));
    ck_assert(has(a, "fc.weight is not finite after step 50"));
    for (int i = 0; i < 4; i++) do_keys(a, "Tab");
    put(a, run, 0, "fc.weight", bad, ROWS, COLUMNS); /* from the start */
    do_keys(a, "R");
    for (int i = 0; i < 4; i++) do_keys(a, "Tab h l j k");
    ck_assert(has(a, "not finite"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(broken_trajectories_are_named)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, 100, 24);
    const int64_t changed = record(a, "changed", 1, 4), missing = record(a, "missing", 1, 4);
    const float w[WEIGHTS] = {0};
    char line[48];
    put(a, changed, 40, "fc.weight", w, COLUMNS, ROWS);
    put(a, changed, 40, "fc.bias", w, ROWS, 1);
    put(a, missing, 40, "fc.weight", w, ROWS, COLUMNS);
    snprintf(line, sizeof line, "open weights %lld", (long long)changed);
    open_screen(a, line);
    ck_assert(has(a, "its shape at step 40"));
    snprintf(line, sizeof line, "open weights %lld", (long long)missing);
    open_screen(a, line);
    ck_assert(has(a, "missing"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(large_tensors_are_sampled)
{
    enum { MANY = 300000 };
    struct orr_aid_ui *a = orr_aid_ui_new(0, 110, 24);
    const int64_t run = add_run(a, "large", "");
    float *w = orr_xmalloc(MANY * sizeof *w);
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < MANY; k++) w[k] = (float)(k % 100) / 100 + 0.1f * (float)i;
        put(a, run, i, "big", w, MANY, 1);
    }
    free(w);
    open_screen(a, "open weights");
    command(a, "method linear");
    command(a, "chart histogram");
    ck_assert(has(a, "4,096 of 300,000 weights"));
    ck_assert(has(a, "412."));       /* the norm is of all: sqrt(300000 mean (k / 100 + 0.2)^2), k = 0..99 */
    command(a, "weight big 299999"); /* hardly in the sample: it is read again with it */
    ck_assert(has(a, "big[299999]"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(several_runs_are_gone_through)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, 110, 24);
    record(a, "first", 1, STEPS);
    record(a, "second", 2, STEPS);
    open_screen(a, "open weights first second");
    ck_assert(has(a, "first  3 of 11") && has(a, "run 1 of 2"));
    do_keys(a, "n");
    ck_assert(has(a, "second  3 of 11") && has(a, "run 2 of 2"));
    do_keys(a, "n N");
    ck_assert(has(a, "second"));
    do_keys(a, "1"); /* Runs, then back from the run under the cursor */
    do_keys(a, "w");
    ck_assert(has(a, "of 11 snapshots"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(work_may_be_stopped_or_left_at_any_time)
{
    struct orr_aid_ui *a = new_linear(100, 24);
    for (int i = 0; i < 30; i++) { /* keys come faster than forecasts */
        orr_aid_ui_keys(a, i % 3 ? "l" : "h");
        if (i % 5 == 0) orr_aid_ui_keys(a, "x");
        if (i % 7 == 0) orr_ui_jobs_changed(a->ui);
    }
    orr_aid_ui_settle(a);
    orr_ui_command(a->ui, "method flow");
    orr_aid_ui_keys(a, "l Tab f f R Esc"); /* the screen goes while its jobs run */
    orr_aid_ui_settle(a);
    open_screen(a, "open weights");
    ck_assert(has(a, "of 11 snapshots"));
    orr_ui_command(a->ui, "method flow");
    orr_aid_ui_free(a); /* and the program, too */
}
END_TEST

static char *slurp(const char *path)
{
    size_t n;
    unsigned char *bytes = aid_slurp(path, &n);
    ck_assert_msg(bytes != NULL, "%s", path);
    char *text = orr_xstrndup((const char *)bytes, n);
    free(bytes);
    return text;
}

START_TEST(the_verb_writes_the_same_bytes_as_the_view)
{
    static const char *const charts[] = {"trajectories", "plane", "histogram", "error"};
    struct orr_aid_ui *a = new_linear(160, 24);
    char ours[160], theirs[160], line[400];
    snprintf(ours, sizeof ours, "%s/ours.csv", a->folder);
    snprintf(theirs, sizeof theirs, "%s/theirs.csv", a->folder);
    do_keys(a, "l j j r o");
    for (int k = 0; k < 4; k++) {
        snprintf(line, sizeof line, "chart %s", charts[k]);
        command(a, line);
        snprintf(line, sizeof line, "export %s", ours);
        command(a, line);
        snprintf(line, sizeof line,
                 "export weights 1 --method linear --observe 4 --chart %s --tensor fc.weight --overlay%s --out %s",
                 charts[k], k ? "" : " --lines 4 --draw 2", theirs);
        struct aid_output o = aid_command_expect(a->path, line, 0);
        aid_output_free(&o);
        char *x = slurp(ours), *y = slurp(theirs);
        const bool same = !strcmp(x, y); /* Check's messages have no room for both */
        if (!same) fprintf(stderr, "%s\nand\n%s\n", x, y);
        ck_assert_msg(same, "%s", charts[k]);
        free(x);
        free(y);
    }
    ck_assert_int_eq(remove(ours) + remove(theirs), 0);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(exports_write_every_chart_and_say_the_command)
{
    static const char *const charts[] = {"trajectories", "plane", "histogram", "error"};
    struct orr_aid_ui *a = new_linear(160, 24);
    for (int k = 0; k < 4; k++) {
        char path[160], line[220];
        snprintf(line, sizeof line, "chart %s", charts[k]);
        command(a, line);
        snprintf(path, sizeof path, "%s/%s.csv", a->folder, charts[k]);
        snprintf(line, sizeof line, "export %s", path);
        command(a, line);
        snprintf(line, sizeof line, "--chart %s", charts[k]);
        ck_assert(has(a, line) && has(a, "orrery export weights 1 --method linear --observe 3"));
        FILE *f = fopen(path, "r");
        ck_assert_ptr_nonnull(f);
        ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
        ck_assert_ptr_nonnull(strstr(line, k == 2 ? "forecast" : "step"));
        fclose(f);
        ck_assert_int_eq(remove(path), 0);
    }
    command(a, "export x.xyz");
    ck_assert(has(a, ".csv"));
    orr_aid_ui_keys(a, "Y");
    ck_assert(has(a, "orrery forecast weights 1 --method linear --observe 3"));
    orr_aid_ui_free(a);
}
END_TEST

/* ---- the scene itself ---- */

START_TEST(the_plane_holds_the_path_and_its_distances)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, 80, 24);
    const int64_t run = record(a, "a", 1, STEPS);
    struct orr_scene s;
    struct orr_scene_plane p;
    ck_assert_int_eq(orr_scene_load(a->app.store, run, ORR_SCENE_SAMPLE, NULL, NULL, &s, &err), ORR_OK);
    ck_assert(orr_scene_plane(&s, s.run.n_tensors, &p));
    ck_assert_double_gt(p.share[0] + p.share[1], 0.999); /* the motion has two components */
    for (size_t i = 0; i < s.n; i++) {
        const double d = hypot(p.at[0][i] - p.at[0][0], p.at[1][i] - p.at[1][0]);
        ck_assert_double_eq_tol(d, orr_scene_distance(&s, s.run.n_tensors, 0, i), 1e-3);
    }
    /* A forecast that hits the truth lies where the truth lies: the last snapshot is a mix of its two predecessors only for
     * a line, so take persistence from the one before. */
    const struct orr_scene_query q = {.method = "persistence", .observed = STEPS - 1, .seed = 1};
    struct orr_scene_forecast f;
    double xy[2];
    ck_assert_int_eq(orr_scene_forecast(NULL, &s, &q, NULL, &f, &err), ORR_OK);
    orr_scene_project(&s, &f, s.run.n_tensors, &p, 0, xy);
    for (int d = 0; d < 2; d++) ck_assert_double_eq_tol(xy[d], p.at[d][STEPS - 2], 1e-5);
    double sum = 0;
    for (size_t k = 0; k < WEIGHTS; k++) sum += fabs((double)weight(1, k, 1) - (double)weight(1, k, 0.9));
    size_t matrix;
    ck_assert(orr_scene_find(&s, "fc.weight", &matrix));
    ck_assert_double_eq_tol(orr_scene_error(&s, &f, matrix, false, 0), sum / WEIGHTS, 1e-5);
    orr_scene_forecast_free(&f);
    orr_scene_free(&s);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_view_forecasts_what_the_verb_forecasts)
{
    static const char *const methods[] = {"flow", "farcast", "dmd"};
    struct orr_aid_ui *a = orr_aid_ui_new(0, 80, 24);
    const int64_t run = record(a, "a", 1, STEPS);
    const struct orr_config_value adam = {.text = "adam", .number = NAN},
                                  lr = {.is_number = true, .text = "0.01", .number = 0.01};
    double flow[2] = {0, 0};
    ck_assert_int_eq(orr_store_config_put(a->app.store, run, "optim", &adam, &err), ORR_OK);
    ck_assert_int_eq(orr_store_config_put(a->app.store, run, "lr", &lr, &err), ORR_OK);
    for (int moments = 0; moments < 2; moments++) { /* without, and then with some of the matrix, not of the bias */
        struct orr_scene s;
        for (int i = 0; moments && i < STEPS; i++) {
            float m[WEIGHTS], v[WEIGHTS];
            for (size_t k = 0; k < WEIGHTS; k++) m[k] = (float)cos(3.0 * (double)k + i), v[k] = 1;
            put(a, run, 10 * i, "optim.m.fc.weight", m, ROWS, COLUMNS);
            put(a, run, 10 * i, "optim.v.fc.weight", v, ROWS, COLUMNS);
        }
        ck_assert_int_eq(orr_scene_load(a->app.store, run, ORR_SCENE_SAMPLE, NULL, NULL, &s, &err), ORR_OK);
        for (size_t i = 0; i < 3; i++) {
            const struct orr_scene_query q = {.method = methods[i], .observed = 4, .seed = 1};
            const struct orr_weights_query verb = {.method = methods[i], .observe = 4, .seed = 1};
            struct orr_scene_forecast f;
            struct orr_weights_forecasts all;
            ck_assert_int_eq(orr_scene_forecast(NULL, &s, &q, NULL, &f, &err), ORR_OK);
            ck_assert_int_eq(orr_weights_run(a->app.store, run, &verb, NULL, &all, &err), ORR_OK);
            ck_assert_double_eq_tol(orr_scene_error(&s, &f, s.run.n_tensors, false, f.n_ahead - 1), all.mae, 1e-6);
            ck_assert_double_eq_tol(orr_scene_error(&s, &f, s.run.n_tensors, true, f.n_ahead - 1), all.rmse, 1e-6);
            if (i == 0) flow[moments] = all.mae;
            orr_weights_forecasts_free(&all);
            orr_scene_forecast_free(&f);
        }
        orr_scene_free(&s);
    }
    ck_assert_double_gt(fabs(flow[0] - flow[1]), 1e-5); /* that moments count at all */
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_field_points_along_the_forecast)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, 80, 24);
    const int64_t run = record(a, "a", 1, STEPS);
    struct orr_scene s;
    struct orr_scene_plane p;
    struct orr_scene_forecast f;
    struct orr_error why;
    ck_assert_int_eq(orr_scene_load(a->app.store, run, ORR_SCENE_SAMPLE, NULL, NULL, &s, &err), ORR_OK);
    const struct orr_scene_query q = {.method = "flow", .observed = 4, .seed = 1};
    ck_assert_msg(!orr_scene_forecast(NULL, &s, &q, NULL, &f, &why), "%s", why.message);
    ck_assert(orr_scene_plane(&s, s.run.n_tensors, &p));
    /* A tiny window around where the path is now: all arrows are the first velocity of the forecast. */
    struct orr_scene_field field = {.scope = s.run.n_tensors};
    const double x = p.at[0][3], y = p.at[1][3], e = 1e-3;
    field.x0 = x - e, field.x1 = x + e, field.y0 = y - e, field.y1 = y + e;
    ck_assert_int_eq(orr_scene_field(&s, &f, NULL, &field, &err), ORR_OK);
    double xy[2];
    orr_scene_project(&s, &f, s.run.n_tensors, &p, 0, xy);
    const double u = field.u[ORR_FIELD_ROWS / 2][ORR_FIELD_COLUMNS / 2],
                 v = field.v[ORR_FIELD_ROWS / 2][ORR_FIELD_COLUMNS / 2];
    const double along = (u * (xy[0] - x) + v * (xy[1] - y)) / (hypot(u, v) * hypot(xy[0] - x, xy[1] - y));
    ck_assert_double_gt(along, 0.95);
    /* Its length: a tenth of training per snapshot. */
    ck_assert_double_lt(fabs(hypot(u, v) * 0.1 / hypot(xy[0] - x, xy[1] - y) - 1), 0.5);
    orr_scene_forecast_free(&f);
    const struct orr_scene_query line = {.method = "linear", .observed = 4, .seed = 1};
    ck_assert_int_eq(orr_scene_forecast(NULL, &s, &line, NULL, &f, &err), ORR_OK);
    ck_assert_int_eq(orr_scene_field(&s, &f, NULL, &field, &err), ORR_EUNSUPPORTED);
    orr_scene_forecast_free(&f);
    orr_scene_free(&s);
    orr_aid_ui_free(a);
}
END_TEST

static bool stop_later(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return --*(int *)ctx > 0;
}

START_TEST(a_stopped_fit_forecasts_with_the_best_so_far)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, 80, 24);
    int64_t run = 0;
    for (size_t i = 0; i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%zu", i);
        run = record(a, name, i, STEPS);
    }
    struct orr_scene s;
    struct orr_scene_forecast f;
    ck_assert_int_eq(orr_scene_load(a->app.store, run, ORR_SCENE_SAMPLE, NULL, NULL, &s, &err), ORR_OK);
    const struct orr_scene_query q = {.method = "lstm", .learn = "g", .observed = 3, .seed = 1};
    int ticks = 12; /* some while loading runs, then steps of the fit */
    const struct orr_ticker ticker = {stop_later, &ticks};
    ck_assert_int_eq(orr_scene_forecast(a->app.store, &s, &q, &ticker, &f, &err), ORR_ECANCELLED);
    ck_assert(f.whole && f.outcome == ORR_CANCELLED);
    ck_assert(isfinite(orr_scene_error(&s, &f, s.run.n_tensors, false, 0)));
    orr_scene_forecast_free(&f);
    ticks = 2; /* before there is anything */
    ck_assert_int_eq(orr_scene_forecast(a->app.store, &s, &q, &ticker, &f, &err), ORR_ECANCELLED);
    ck_assert(!f.whole);
    orr_scene_forecast_free(&f);
    orr_scene_free(&s);
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE("screen weights", the_screen_at_every_size, every_chart_draws_at_every_size_down_to_one_cell,
          without_snapshots_it_says_how_to_get_them, a_run_in_training_is_followed, scrubbing_observes_less_and_more,
          the_row_under_the_cursor_is_what_is_shown, one_weight_can_be_followed_and_others_drawn,
          methods_are_chosen_by_key_or_name_and_learn_from_the_group, overlays_add_the_other_methods,
          one_snapshot_is_shown_and_said_to_be_too_little, a_diverged_run_is_shown_up_to_its_last_finite_snapshot,
          broken_trajectories_are_named, large_tensors_are_sampled, several_runs_are_gone_through,
          work_may_be_stopped_or_left_at_any_time, exports_write_every_chart_and_say_the_command,
          the_verb_writes_the_same_bytes_as_the_view, the_plane_holds_the_path_and_its_distances,
          the_view_forecasts_what_the_verb_forecasts, the_field_points_along_the_forecast,
          a_stopped_fit_forecasts_with_the_best_so_far)
