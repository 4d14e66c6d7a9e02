#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <orrery/rng.h>

#include "aid_ui.h"
#include "methods/adoption/rpp.h"

enum { SERIES = 5, MONTHS = 18 };

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

/* Synthetic adoption runs of known parameters; the last has only zeros. */
static struct orr_aid_ui *new_with_series(int width, int height)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, width, height);
    double t[MONTHS], c[MONTHS];
    int64_t step[MONTHS];
    for (int i = 0; i < MONTHS; i++) {
        step[i] = i + 1;
        t[i] = i + 1;
    }
    ck_assert_int_eq(orr_store_begin(a->app.store, NULL), ORR_OK);
    for (int k = 0; k < SERIES; k++) {
        struct orr_rng rng;
        orr_rng_seed(&rng, 11, (uint64_t)k);
        const struct orr_wsb p = {1, 4 + k, 1.2 + 0.2 * k, 0.7};
        orr_rpp_simulate(&p, MONTHS, t, &rng, c);
        char name[32];
        snprintf(name, sizeof name, "model-%d", k + 1);
        const struct orr_run run = {.key = name, .name = name, .project = "adoption", .started = NAN, .ended = NAN};
        int64_t id;
        ck_assert_int_eq(orr_store_run_put(a->app.store, &run, &id, NULL), ORR_OK);
        if (k == SERIES - 1) memset(c, 0, sizeof c);
        ck_assert_int_eq(orr_store_append(a->app.store, id, "count", MONTHS, step, c, NULL, NULL), ORR_OK);
        const struct orr_config_value month = {.text = "month", .number = NAN};
        ck_assert_int_eq(orr_store_config_put(a->app.store, id, "period", &month, NULL), ORR_OK);
    }
    ck_assert_int_eq(orr_store_commit(a->app.store, NULL), ORR_OK);
    orr_ui_command(a->ui, "open adoption");
    orr_aid_ui_settle(a);
    return a;
}

START_TEST(the_screen_at_every_size)
{
    static const int sizes[][2] = {{200, 60}, {80, 24}, {38, 10}, {20, 5}};
    struct orr_aid_ui *a = new_with_series(80, 24);
    for (size_t i = 0; i < 4; i++) {
        orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
        orr_aid_ui_golden(a, "adoption");
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(an_empty_store_says_how_to_import_counts)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, 80, 24);
    orr_ui_command(a->ui, "open adoption");
    orr_aid_ui_settle(a);
    orr_aid_ui_keys(a, "j");
    ck_assert(has(a, "import"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_list_stays_while_it_is_fitted_again_and_the_screen_may_go_meanwhile)
{
    struct orr_aid_ui *a = new_with_series(120, 24);
    orr_aid_ui_keys(a, "j j");
    ck_assert(has(a, "model-2    190"));
    orr_aid_ui_keys(a, "r"); /* everything anew: what was there stays until the series are loaded */
    for (int i = 0; i < 20; i++) {
        ck_assert(has(a, "model-1") && has(a, "model-5"));
        orr_aid_ui_keys(a, i % 2 ? "k" : "j");
        orr_ui_jobs_changed(a->ui);
    }
    orr_aid_ui_keys(a, "r Esc"); /* the screen goes while its job runs */
    orr_aid_ui_settle(a);
    orr_ui_command(a->ui, "open adoption");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "5 series, blend") && !has(a, "fitting"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(sliders_move_the_curve_and_reset_brings_it_back)
{
    struct orr_aid_ui *a = new_with_series(80, 24);
    char before[8192], after[8192];
    orr_aid_ui_keys(a, "s s s"); /* round to lambda again */
    snprintf(before, sizeof before, "%s", orr_aid_ui_dump(a));
    orr_aid_ui_keys(a, "+ + + + + +");
    ck_assert(has(a, "parameters moved"));
    snprintf(after, sizeof after, "%s", orr_aid_ui_dump(a));
    ck_assert_str_ne(before, after);
    orr_aid_ui_keys(a, "0");
    ck_assert_str_eq(before, orr_aid_ui_dump(a));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(scrubbing_fits_to_what_was_known_then)
{
    struct orr_aid_ui *a = new_with_series(80, 24);
    orr_aid_ui_keys(a, "[ [ [ [");
    ck_assert(has(a, "as of 14 of 18 periods"));
    orr_aid_ui_keys(a, "Y");
    ck_assert(has(a, "--observe 14"));
    orr_aid_ui_keys(a, "a");
    ck_assert(!has(a, "as of"));
    for (int i = 0; i < 30; i++) orr_aid_ui_keys(a, "["); /* stops at one period */
    ck_assert(has(a, "as of 1 of 18"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_collapse_plot_and_methods_change_with_their_keys)
{
    struct orr_aid_ui *a = new_with_series(80, 24);
    orr_aid_ui_keys(a, "c");
    ck_assert(has(a, "3 series rescaled"));
    orr_aid_ui_keys(a, "c m");
    orr_aid_ui_settle(a);
    orr_aid_ui_keys(a, "y");
    ck_assert(has(a, "bayes"));
    orr_ui_command(a->ui, "method arima");
    ck_assert(has(a, "no method 'arima'"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(an_export_writes_the_file_and_says_the_command)
{
    struct orr_aid_ui *a = new_with_series(120, 24);
    char path[160], command[200];
    snprintf(path, sizeof path, "%s/table.csv", a->folder);
    snprintf(command, sizeof command, "export %s", path);
    orr_ui_command(a->ui, command);
    orr_aid_ui_settle(a);
    orr_aid_ui_keys(a, "k");
    ck_assert_int_eq(remove(path), 0); /* it was there */
    orr_ui_command(a->ui, "export table.xyz");
    orr_aid_ui_settle(a);
    ck_assert(has(a, ".csv"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_series_of_zeros_is_listed_and_said_not_to_fit)
{
    struct orr_aid_ui *a = new_with_series(80, 24);
    orr_aid_ui_keys(a, "G");
    ck_assert(has(a, "model-5"));
    ck_assert(has(a, "all counts are zero"));
    orr_aid_ui_keys(a, "+ [ ] c y 0");
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE("screen adoption", the_screen_at_every_size, an_empty_store_says_how_to_import_counts,
          the_list_stays_while_it_is_fitted_again_and_the_screen_may_go_meanwhile,
          sliders_move_the_curve_and_reset_brings_it_back, scrubbing_fits_to_what_was_known_then,
          the_collapse_plot_and_methods_change_with_their_keys,
          an_export_writes_the_file_and_says_the_command, a_series_of_zeros_is_listed_and_said_not_to_fit)
