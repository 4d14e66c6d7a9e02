#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aid_curve.h"
#include "aid_ui.h"
#include "tui/screens.h"

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

static const int sizes[][2] = {{200, 60}, {80, 24}, {40, 10}, {38, 10}, {20, 5}};

START_TEST(curves_of_three_runs_at_every_size)
{
    struct orr_aid_ui *a = orr_aid_ui_new(6, 80, 24);
    orr_ui_open(a->ui, "curves", "1 2 3");
    orr_aid_ui_keys(a, "l l");
    for (size_t i = 0; i < 5; i++) {
        orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
        orr_aid_ui_golden(a, "curves");
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(bands_over_runs_and_log_axes_look_as_intended)
{
    struct orr_aid_ui *a = orr_aid_ui_new(12, 80, 24);
    orr_ui_open(a->ui, "curves", "1 2 3 4 5 6 7 8 9 10 11 12");
    orr_ui_command(a->ui, "band model");
    orr_aid_ui_keys(a, "y x m l");
    orr_aid_ui_golden(a, "curves-band");
    orr_aid_ui_keys(a, "b");
    ck_assert(has(a, "12 curves of 12 runs"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_list_chooses_series_and_one_always_stays)
{
    struct orr_aid_ui *a = orr_aid_ui_new(2, 80, 24);
    orr_ui_open(a->ui, "curves", "1");
    ck_assert(has(a, "1 curve of 1 run"));
    orr_ui_command(a->ui, "series train/loss");
    orr_aid_ui_keys(a, "Tab Space");
    ck_assert(has(a, "1 curve of 1 run"));
    orr_aid_ui_keys(a, "j Space");
    ck_assert(has(a, "2 curves of 1 run"));
    orr_aid_ui_golden(a, "curves-list");
    orr_aid_ui_keys(a, "Enter");
    ck_assert(has(a, "1 curve of 1 run"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(zooming_keeps_what_is_under_the_crosshair_and_zero_shows_all_again)
{
    struct orr_aid_ui *a = orr_aid_ui_new(1, 80, 24);
    orr_ui_open(a->ui, "curves", "1");
    orr_aid_ui_keys(a, "l");
    ck_assert(has(a, "at 95:"));
    orr_aid_ui_keys(a, "i i i");
    ck_assert_msg(has(a, "at 95.0:"), "%s", orr_aid_ui_dump(a));
    ck_assert(!has(a, "50  "));
    orr_aid_ui_keys(a, "o o o o");
    orr_aid_ui_keys(a, "H H");
    ck_assert(has(a, "at 95:"));
    orr_aid_ui_keys(a, "0");
    ck_assert(!has(a, "at 95"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_command_gives_the_data_of_the_view)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 120, 24);
    orr_ui_open(a->ui, "curves", "2 3");
    orr_ui_command(a->ui, "series val/loss");
    orr_ui_command(a->ui, "smooth 0.9");
    orr_aid_ui_keys(a, "x Y");
    ck_assert_msg(has(a, "orrery curve 2 3 --series val/loss --smooth 0.9 --log-x --bins 400"), "%s",
                  orr_aid_ui_dump(a));
    orr_aid_ui_free(a);
}
END_TEST

static void put(struct orr_aid_ui *a, int64_t run, const char *name, size_t n, const double *value)
{
    int64_t step[8];
    for (size_t i = 0; i < 8; i++) step[i] = (int64_t)i;
    aid_curve_points(a->app.store, run, name, n, step, value, NULL);
}

START_TEST(series_of_nan_of_one_point_and_of_one_value_are_drawn_with_every_option)
{
    static const double nan_only[3] = {NAN, NAN, NAN}, constant[8] = {2, 2, 2, 2, 2, 2, 2, 2};
    struct orr_aid_ui *a = orr_aid_ui_new(1, 60, 16);
    put(a, 1, "z-nan", 3, nan_only);
    put(a, 1, "z-one", 1, constant);
    put(a, 1, "z-same", 8, constant);
    orr_ui_open(a->ui, "curves", "1");
    static const char *const names[] = {"series z-nan", "series z-one", "series z-same"};
    for (size_t i = 0; i < 3; i++) {
        orr_ui_command(a->ui, names[i]);
        orr_aid_ui_keys(a, "l i i y r ] ] [ [ y r x l i x X l X X l L H g G o o o o 0");
        ck_assert(has(a, names[i] + 7));
    }
    orr_ui_command(a->ui, "series z-nan");
    ck_assert(has(a, "no data"));
    orr_ui_command(a->ui, "series z-one");
    ck_assert(has(a, "●"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_growing_run_is_followed)
{
    static const double first[2] = {1, 2}, more[8] = {3, 4, 5, 6, 7, 8, 9, 10};
    struct orr_aid_ui *a = orr_aid_ui_new(1, 60, 16);
    put(a, 1, "z", 2, first);
    orr_ui_open(a->ui, "curves", "1");
    orr_ui_command(a->ui, "series z");
    orr_aid_ui_keys(a, "G");
    ck_assert_msg(has(a, "z 2"), "%s", orr_aid_ui_dump(a));
    put(a, 1, "z", 8, more);
    orr_ui_tick(a->ui, orr_ui_clock() + 10);
    orr_aid_ui_keys(a, "G");
    ck_assert_msg(has(a, "z 10"), "%s", orr_aid_ui_dump(a));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_long_curve_is_smoothed_by_a_job_while_it_stays_on_screen)
{
    enum { N = 500000 };
    int64_t *step = calloc(N, sizeof *step);
    double *value = calloc(N, sizeof *value);
    for (int i = 0; i < N; i++) step[i] = i, value[i] = i % 2;
    struct orr_aid_ui *a = orr_aid_ui_new(1, 80, 24);
    aid_curve_points(a->app.store, 1, "z", N, step, value, NULL);
    orr_ui_open(a->ui, "curves", "1");
    orr_ui_command(a->ui, "series z");
    orr_aid_ui_keys(a, "G");
    ck_assert(has(a, "z 1"));
    orr_ui_command(a->ui, "smooth 0.999");
    ck_assert(has(a, "smooth 0.999 ..."));
    ck_assert(has(a, "z 1")); /* the curve as it was */
    orr_aid_ui_settle(a);
    ck_assert(!has(a, "smooth 0.999 ..."));
    ck_assert_msg(has(a, "z 0.50"), "%s", orr_aid_ui_dump(a)); /* alternating 0 and 1 */
    orr_ui_command(a->ui, "smooth 0.99");
    orr_aid_ui_keys(a, "Esc"); /* closed while the job runs */
    orr_aid_ui_settle(a);
    orr_aid_ui_free(a);
    free(step);
    free(value);
}
END_TEST

START_TEST(a_click_puts_the_crosshair_and_the_wheel_zooms_around_it)
{
    struct orr_aid_ui *a = orr_aid_ui_new(1, 80, 24);
    orr_ui_open(a->ui, "curves", "1");
    orr_aid_ui_dump(a);
    orr_ui_key(a->ui, (struct orr_key){.code = ORR_KEY_MOUSE, .x = 79, .y = 10, .button = 1});
    ck_assert_msg(has(a, "at 190:"), "%s", orr_aid_ui_dump(a));
    orr_ui_key(a->ui, (struct orr_key){.code = ORR_KEY_MOUSE, .x = 60, .y = 10, .button = 4});
    ck_assert(has(a, "at 190") && !has(a, " 0            50"));
    orr_ui_key(a->ui, (struct orr_key){.code = ORR_KEY_MOUSE, .x = 60, .y = 10, .button = 5});
    ck_assert(has(a, " 0            50"));
    orr_ui_key(a->ui, (struct orr_key){.code = ORR_KEY_MOUSE, .x = 2, .y = 10, .button = 1}); /* on the list */
    ck_assert(has(a, "at 190:"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(another_series_can_be_the_x_axis)
{
    struct orr_aid_ui *a = orr_aid_ui_new(2, 80, 24);
    orr_ui_open(a->ui, "curves", "1 2");
    orr_ui_command(a->ui, "series val/loss");
    orr_ui_command(a->ui, "x-axis train/loss");
    orr_aid_ui_keys(a, "l");
    orr_aid_ui_golden(a, "curves-x-series");
    orr_ui_command(a->ui, "x-axis no/such");
    ck_assert(has(a, "no data"));
    orr_ui_command(a->ui, "x-axis step");
    ck_assert(!has(a, "no data"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_rough_paint_of_a_long_curve_becomes_exact_by_itself)
{
    enum { N = 1000000 };
    int64_t *step = calloc(N, sizeof *step);
    double *value = calloc(N, sizeof *value);
    for (int i = 0; i < N; i++) step[i] = i, value[i] = (i / 5000) % 2 + (i % 9973) * 1e-5;
    struct orr_aid_ui *a = orr_aid_ui_new(1, 80, 24);
    aid_curve_points(a->app.store, 1, "z", N, step, value, NULL);
    orr_ui_open(a->ui, "curves", "1");
    orr_ui_command(a->ui, "series z");
    char *rough = strdup(orr_aid_ui_dump(a));
    for (int i = 0; i < 40; i++) orr_ui_tick(a->ui, orr_ui_clock() + 10 + i); /* every timer is due */
    char *settled = strdup(orr_aid_ui_dump(a));
    orr_aid_ui_keys(a, "0"); /* all chunks are in memory now: painted anew at once, it is exact */
    ck_assert_str_eq(orr_aid_ui_dump(a), settled);
    ck_assert_msg(strcmp(rough, settled) != 0, "nothing was left to refine: the test shows nothing");
    free(rough);
    free(settled);
    free(step);
    free(value);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(export_writes_a_file_and_says_how_to_do_it_again)
{
    struct orr_aid_ui *a = orr_aid_ui_new(2, 120, 24);
    char line[160], path[128];
    snprintf(path, sizeof path, "%s/curves.csv", a->folder);
    snprintf(line, sizeof line, "export %s", path);
    orr_ui_open(a->ui, "curves", "1 2");
    orr_ui_command(a->ui, line);
    orr_aid_ui_settle(a);
    ck_assert_msg(access(path, R_OK) == 0, "%s", orr_aid_ui_dump(a));
    ck_assert(has(a, "again: orrery export curve 1 2"));
    unlink(path);
    orr_ui_command(a->ui, "export nonsense.xyz");
    ck_assert(has(a, "end it in .csv"));
    orr_aid_ui_free(a);
}
END_TEST

/* Without installed models, so that nothing here depends on trained numbers. */
START_TEST(a_forecast_is_scrubbed_compared_ranked_and_ended)
{
    struct orr_aid_ui *a = orr_aid_ui_new(3, 150, 30);
    setenv("ORRERY_DATASETS", a->folder, 1);
    orr_ui_open(a->ui, "curves", "1 2 3");
    orr_aid_ui_keys(a, "f");
    ck_assert_msg(has(a, "forecast from 20% by power"), "%s", orr_aid_ui_dump(a));
    ck_assert(has(a, "observe 20%"));
    ck_assert(has(a, "#1 ") && has(a, "#3 "));
    orr_aid_ui_keys(a, "l l h");
    ck_assert(has(a, "forecast from 22% by power"));
    orr_aid_ui_keys(a, "F");
    ck_assert(has(a, "beside last"));
    orr_aid_ui_keys(a, "n");
    ck_assert(has(a, "forecast from 22%"));
    orr_ui_command(a->ui, "x-axis relative");
    ck_assert(has(a, "over steps") && !has(a, "forecast from"));
    orr_ui_command(a->ui, "x-axis step");
    orr_aid_ui_keys(a, "f f");
    ck_assert(!has(a, "forecast from"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(everything_observed_is_carried_on_beyond_the_last_step)
{
    struct orr_aid_ui *a = orr_aid_ui_new(1, 120, 24);
    setenv("ORRERY_DATASETS", a->folder, 1);
    orr_ui_open(a->ui, "curves", "1");
    orr_aid_ui_keys(a, "f");
    for (int i = 0; i < 45; i++) orr_aid_ui_keys(a, "l");
    ck_assert(has(a, "forecast from 100%"));
    orr_aid_ui_keys(a, "Y");
    ck_assert_msg(has(a, "orrery forecast curve 1/val/loss --method power"), "%s", orr_aid_ui_dump(a));
    for (int i = 0; i < 60; i++) orr_aid_ui_keys(a, "h");
    ck_assert(has(a, "forecast from 2%") && has(a, "too short"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(curves_that_cannot_be_forecast_say_so)
{
    static const double nan_only[3] = {NAN, NAN, NAN}, constant[8] = {2, 2, 2, 2, 2, 2, 2, 2};
    struct orr_aid_ui *a = orr_aid_ui_new(1, 120, 16);
    setenv("ORRERY_DATASETS", a->folder, 1);
    put(a, 1, "z-nan", 3, nan_only);
    put(a, 1, "z-two", 2, constant);
    put(a, 1, "z-same", 8, constant);
    orr_ui_open(a->ui, "curves", "1");
    orr_ui_command(a->ui, "series z-two");
    orr_aid_ui_keys(a, "f");
    ck_assert(has(a, "too short"));
    orr_ui_command(a->ui, "series z-nan");
    ck_assert(has(a, "too short"));
    orr_ui_command(a->ui, "series z-same");
    orr_aid_ui_keys(a, "l l l l l l l l l l l l");
    ck_assert_msg(has(a, "2 [2, 2]"), "%s", orr_aid_ui_dump(a));
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE("screen_curves", curves_of_three_runs_at_every_size, bands_over_runs_and_log_axes_look_as_intended,
          the_list_chooses_series_and_one_always_stays,
          zooming_keeps_what_is_under_the_crosshair_and_zero_shows_all_again, the_command_gives_the_data_of_the_view,
          series_of_nan_of_one_point_and_of_one_value_are_drawn_with_every_option, a_growing_run_is_followed,
          a_long_curve_is_smoothed_by_a_job_while_it_stays_on_screen,
          a_click_puts_the_crosshair_and_the_wheel_zooms_around_it, another_series_can_be_the_x_axis,
          a_rough_paint_of_a_long_curve_becomes_exact_by_itself, export_writes_a_file_and_says_how_to_do_it_again,
          a_forecast_is_scrubbed_compared_ranked_and_ended, everything_observed_is_carried_on_beyond_the_last_step,
          curves_that_cannot_be_forecast_say_so)
