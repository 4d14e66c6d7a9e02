/* The Network screen: heat maps, graphs, noise, time. Goldens are of persistence, whose numbers nothing trained. */
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "aid_folder.h"
#include "aid_ui.h"

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

static struct orr_aid_ui *open_with(const char *method_keys, int width, int height)
{
    struct orr_aid_ui *a = orr_aid_ui_new(0, width, height);
    orr_ui_command(a->ui, "open network");
    orr_aid_ui_keys(a, method_keys);
    return a;
}
static struct orr_aid_ui *open_with_persistence(int width, int height) { return open_with("m m m m m", width, height); }

START_TEST(the_screen_at_every_size)
{
    static const int sizes[][2] = {{200, 60}, {120, 30}, {80, 24}, {38, 10}, {20, 5}};
    struct orr_aid_ui *a = open_with_persistence(80, 24);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
        orr_aid_ui_golden(a, "network");
    }
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(methods_change_and_latent_edges_stand_beside_the_true_ones)
{
    struct orr_aid_ui *a = open_with("m m", 140, 40); /* svd-lasso: nothing trained */
    ck_assert(has(a, "forecast: svd-lasso") && has(a, "true edges") && has(a, "latent:") && has(a, "AUC 0."));
    orr_aid_ui_keys(a, "m m m");
    ck_assert(has(a, "forecast: persistence") && has(a, "persistence infers no edges"));
    orr_aid_ui_keys(a, "m"); /* and round to the shipped laws, or the word that there are none */
    ck_assert(has(a, "forecast: netdyn-law"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_noise_slider_and_the_network_keys_draw_anew)
{
    struct orr_aid_ui *a = open_with_persistence(80, 24);
    ck_assert(has(a, "noise  0%") && has(a, "gene on ba (synthetic)"));
    orr_aid_ui_keys(a, "+ + + + +");
    ck_assert(has(a, "noise  5%"));
    for (int k = 0; k < 30; k++) orr_aid_ui_keys(a, "+");
    ck_assert(has(a, "noise 20%"));
    for (int k = 0; k < 30; k++) orr_aid_ui_keys(a, "-");
    ck_assert(has(a, "noise  0%"));
    orr_aid_ui_keys(a, "d t n");
    ck_assert(has(a, "mutualistic on community") && has(a, "x_i^2"));
    orr_ui_command(a->ui, "dynamics kuramoto");
    ck_assert(has(a, "kuramoto on community"));
    orr_ui_command(a->ui, "dynamics gravity");
    ck_assert(has(a, "no dynamics 'gravity'"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(time_is_stepped_and_observed_rows_change)
{
    struct orr_aid_ui *a = open_with_persistence(80, 24);
    ck_assert(has(a, "25 of 200 rows observed") && !has(a, ", row "));
    orr_aid_ui_keys(a, "s s");
    ck_assert(has(a, ", row 3"));
    orr_aid_ui_keys(a, "a");
    ck_assert(!has(a, ", row "));
    orr_aid_ui_keys(a, "] ]");
    ck_assert(has(a, "35 of 200 rows observed"));
    for (int k = 0; k < 20; k++) orr_aid_ui_keys(a, "[");
    ck_assert(has(a, "of 200 rows observed"));
    orr_aid_ui_keys(a, "Tab Tab");
    ck_assert(has(a, "error  0 to"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(a_table_is_shown_and_a_missing_one_is_named)
{
    static const char text[] = "t,left,right\n0,1,5\n1,2,4\n2,3,3\n3,4,2\n4,5,1\n5,6,0\n";
    const char *path = aid_file_write("states.csv", text, sizeof text - 1);
    char command[600];
    struct orr_aid_ui *a = open_with_persistence(80, 24);
    snprintf(command, sizeof command, "file %s", path);
    orr_ui_command(a->ui, command);
    ck_assert(has(a, "states.csv") && has(a, "2 nodes, 6 of 6 rows observed"));
    orr_ui_command(a->ui, "file /nowhere/at/all.csv");
    ck_assert(has(a, "/nowhere/at/all.csv"));
    orr_aid_ui_keys(a, "m s Space a Tab e Esc d"); /* nothing to draw: nothing breaks, and d leads back */
    ck_assert(has(a, "(synthetic)"));
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(an_export_writes_the_file_and_says_the_command)
{
    struct orr_aid_ui *a = open_with_persistence(160, 24);
    char command[600];
    struct stat st;
    snprintf(command, sizeof command, "export %s/x.csv", aid_folder_make());
    orr_ui_command(a->ui, command);
    ck_assert(has(a, "orrery export network --synthetic gene/ba"));
    ck_assert_int_eq(stat(command + strlen("export "), &st), 0);
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE_IN_FOLDER("screen network", the_screen_at_every_size,
                    methods_change_and_latent_edges_stand_beside_the_true_ones,
                    the_noise_slider_and_the_network_keys_draw_anew, time_is_stepped_and_observed_rows_change,
                    a_table_is_shown_and_a_missing_one_is_named, an_export_writes_the_file_and_says_the_command)
