#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid_ui.h"

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

static struct orr_aid_ui *new_lab(int width, int height)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, width, height);
    orr_ui_command(a->ui, "open lab");
    return a;
}

static void every_size(struct orr_aid_ui *a, const char *name)
{
    static const int sizes[][2] = {{200, 60}, {80, 24}, {40, 10}, {20, 5}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
        orr_aid_ui_golden(a, name);
    }
}

/* Ten epochs of spirals. Their numbers depend in the last digits on the processor's kernels: no golden screens of them. */
static void train_ten(struct orr_aid_ui *a)
{
    orr_aid_ui_keys(a, "j j j j j j j t C-u"); /* epochs */
    orr_aid_ui_type(a, "10");
    orr_aid_ui_keys(a, "Enter Enter");
    orr_aid_ui_settle(a);
}

START_TEST(the_form_at_every_size)
{
    struct orr_aid_ui *a = new_lab(80, 24);
    every_size(a, "lab-form");
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_finished_run_at_every_size)
{
    struct orr_aid_ui *a = new_lab(80, 24);
    train_ten(a);
    static const struct {
        int width, height;
        const char *parts[6];
    } sizes[] = {{200, 60, {"finished", "10/10", "accuracy", "weight norms", "learning rate", "● train"}},
                 {80, 24, {"finished", "10/10", "loss", "mlp:32-32:tanh"}},
                 {40, 10, {"finished", "loss", "10 epoch"}},
                 {20, 5, {"mlp:32-32:tanh", "0 of 1 train"}}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        orr_aid_ui_resize(a, sizes[i].width, sizes[i].height);
        for (int k = 0; k < 6 && sizes[i].parts[k]; k++)
            ck_assert_msg(has(a, sizes[i].parts[k]), "%dx%d: %s\n%s", sizes[i].width, sizes[i].height, sizes[i].parts[k],
                          orr_aid_ui_dump(a));
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_jump_is_told_beside_the_curves)
{
    struct orr_aid_ui *a = new_lab(120, 30);
    orr_aid_ui_keys(a, "j j j j j j j j j j l l l"); /* jump-start: linear */
    ck_assert(has(a, "linear"));
    orr_aid_ui_keys(a, "k k k");
    orr_aid_ui_keys(a, "t C-u"); /* epochs */
    orr_aid_ui_type(a, "10");
    orr_aid_ui_keys(a, "Enter Enter");
    orr_aid_ui_settle(a);
    ck_assert_msg(has(a, "jump at epoch 2.0"), "%s", orr_aid_ui_dump(a));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_race_at_every_size)
{
    struct orr_aid_ui *a = new_lab(80, 24);
    orr_ui_command(a->ui, "race himmelblau");
    for (int i = 0; i < 60; i++) orr_aid_ui_keys(a, "s");
    every_size(a, "lab-race");
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(recipes_fill_the_form_and_wrong_values_are_told)
{
    struct orr_aid_ui *a = new_lab(80, 24);
    orr_aid_ui_keys(a, "l");
    ck_assert(has(a, "rings within rings"));
    orr_aid_ui_keys(a, "h j j t C-u");
    orr_aid_ui_type(a, "nonsense");
    orr_aid_ui_keys(a, "Enter");
    ck_assert(has(a, "nonsense"));
    orr_aid_ui_keys(a, "Enter");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "failed"));
    orr_aid_ui_keys(a, "n");
    orr_aid_ui_keys(a, "j j j j t C-u");
    orr_aid_ui_type(a, "-3");
    orr_aid_ui_keys(a, "Enter");
    ck_assert(has(a, "'-3'"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(data_that_is_not_installed_names_the_command_that_brings_it)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    char *before = cache ? strdup(cache) : NULL;
    setenv("XDG_CACHE_HOME", "/nowhere", 1);
    struct orr_aid_ui *a = new_lab(80, 24);
    orr_aid_ui_keys(a, "l l");
    if (access("/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz", R_OK) != 0) {
        ck_assert(has(a, "make models"));
        orr_aid_ui_keys(a, "Enter"); /* does not start */
        ck_assert(has(a, "recipe"));
    }
    orr_aid_ui_free(a);
    if (before) setenv("XDG_CACHE_HOME", before, 1);
    else unsetenv("XDG_CACHE_HOME");
    free(before);
}
END_TEST

START_TEST(a_run_is_paused_steered_forked_and_stopped_and_survives_the_screen)
{
    struct orr_aid_ui *a = new_lab(120, 30);
    orr_aid_ui_keys(a, "j j j j j j j t C-u");
    orr_aid_ui_type(a, "100000");
    orr_aid_ui_keys(a, "Enter Enter Space");
    while (!has(a, "paused")) usleep(1000);
    orr_aid_ui_keys(a, "+");
    ck_assert(has(a, "learning rate 0.02 from the next step on"));
    orr_aid_ui_keys(a, "F");
    ck_assert(has(a, "Fork mlp:32-32:tanh"));
    orr_aid_ui_keys(a, "k l"); /* the network is the parent's */
    ck_assert(has(a, "mlp:32-32:tanh"));
    orr_aid_ui_keys(a, "Enter");
    while (!has(a, "training")) usleep(1000);
    ck_assert(has(a, "2 of 2 train"));
    orr_ui_command(a->ui, "open runs");
    orr_ui_back(a->ui);
    orr_ui_command(a->ui, "open lab");
    ck_assert(has(a, "2 of 2 train"));
    orr_aid_ui_keys(a, "x j x");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "0 of 2 train"));
    ck_assert(has(a, "stopped"));
    orr_aid_ui_keys(a, "+");
    ck_assert(has(a, "this run is over"));
    orr_aid_ui_keys(a, "Enter");
    ck_assert(has(a, "Curves"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_run_is_exported_as_a_picture)
{
    struct orr_aid_ui *a = new_lab(80, 24);
    char line[128], path[112], head[5] = "";
    orr_aid_ui_keys(a, "w");
    orr_ui_command(a->ui, "export /nowhere/none.png");
    ck_assert(has(a, "no run to export"));
    orr_aid_ui_keys(a, "n");
    train_ten(a);
    snprintf(path, sizeof path, "%s/training.svg", a->folder);
    snprintf(line, sizeof line, "export %s", path);
    orr_ui_command(a->ui, line);
    orr_aid_ui_settle(a);
    FILE *f = fopen(path, "r");
    ck_assert_msg(f != NULL, "%s", orr_aid_ui_dump(a));
    ck_assert_uint_eq(fread(head, 1, 4, f), 4);
    ck_assert_str_eq(head, "<?xm");
    fclose(f);
    unlink(path);
    orr_ui_command(a->ui, "export table.csv");
    ck_assert(has(a, "a picture"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_sweep_shows_how_far_it_is)
{
    struct orr_aid_ui *a = new_lab(100, 24);
    char path[112], line[160];
    snprintf(path, sizeof path, "%s/sweep.json", a->folder);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs("{\"name\": \"long\", \"runs\": 5000, \"seed\": 1, \"data\": \"rings\", \"epochs\": 50, \"arch\": \"mlp:8\",\n"
          " \"optim\": \"adam\", \"lr\": 0.01, \"batch\": 32}\n", f);
    fclose(f);
    orr_aid_ui_keys(a, "w");
    snprintf(line, sizeof line, "lab sweep %s", path);
    orr_ui_command(a->ui, line);
    while (!has(a, "/5000 runs")) {
        ck_assert_msg(orr_jobs_busy(a->jobs), "%s", orr_aid_ui_dump(a));
        usleep(1000);
    }
    unlink(path);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(leaving_the_program_stops_what_trains)
{
    struct orr_aid_ui *a = new_lab(80, 24);
    orr_aid_ui_keys(a, "j j j j j j j t C-u");
    orr_aid_ui_type(a, "100000");
    orr_aid_ui_keys(a, "Enter Enter");
    while (!has(a, "training")) usleep(1000);
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE("screen lab", the_form_at_every_size, a_finished_run_at_every_size, a_jump_is_told_beside_the_curves,
          the_race_at_every_size, recipes_fill_the_form_and_wrong_values_are_told,
          data_that_is_not_installed_names_the_command_that_brings_it,
          a_run_is_paused_steered_forked_and_stopped_and_survives_the_screen, a_run_is_exported_as_a_picture,
          a_sweep_shows_how_far_it_is, leaving_the_program_stops_what_trains)
