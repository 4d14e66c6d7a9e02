#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "aid_store.h"
#include "plot/child.h"
#include "plot/plot.h"

/* Texts that would run something, or break the script, if they ever were part of a command. */
static const char *const hostile[] = {
    "`touch %s`", "'; system('touch %s'); x='", "\"; system(\"touch %s\")", "\n!touch %s\n", "'.system('touch %s').'",
    "@system", "$(touch %s)", "\\\" `touch %s`", "EOD\nsystem('touch %s')\n", "a'' `touch %s` ''", "{/Bold x} %%s %%d \\",
    "\xff\xfe\x1b]0;x\x07 `touch %s`", "'"};

static const double line[] = {0, 1, 0, 2, 1, 2, 1, 3, 2, 4, 3, 5};

static struct orr_plot a_plot(const struct orr_plot_variable *v, size_t n, const struct orr_plot_data *d)
{
    return (struct orr_plot){.view = "curves", .format = ORR_PLOT_SVG, .variables = v, .n_variables = n, .data = d, .n_data = 2};
}

#define VARIABLES(names_, n_, title_, label_)                                                                          \
    {                                                                                                                  \
        {.name = "n", .number = (double)(n_)}, {.name = "names", .texts = names_, .n = n_},                            \
            {.name = "title_text", .text = title_}, {.name = "x_label", .text = label_}, {.name = "x0", .number = 0},  \
            {.name = "x1", .number = 2}, {.name = "y0", .number = 1}, {.name = "y1", .number = 5},                     \
            {.name = "empty", .number = 0},                                                                            \
            {.name = "log_x", .number = 0}, {.name = "log_y", .number = 0}, {.name = "x_kind", .number = 0},           \
        {                                                                                                              \
            .name = "bands", .number = 1                                                                               \
        }                                                                                                              \
    }

static void need_gnuplot(void)
{
    if (!orr_plot_probe()->found) fprintf(stderr, "note: no gnuplot here; pictures are not tested\n");
}

START_TEST(no_text_can_make_gnuplot_run_anything_or_spoil_the_picture)
{
    need_gnuplot();
    if (!orr_plot_probe()->found) return;
    struct aid_store a = aid_store_folder();
    const double single = 0;
    const struct orr_plot_data data[] = {{"curves", 3, 4, line}, {"singles", 1, 1, &single}};
    char mark[128];
    snprintf(mark, sizeof mark, "%s/mark", a.folder);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        char text[512];
        struct stat st;
        struct orr_str out = {0};
        struct orr_error err;
        snprintf(text, sizeof text, strstr(hostile[i], "%s") ? hostile[i] : "%.0s", mark);
        if (!strstr(hostile[i], "touch")) snprintf(text, sizeof text, "%s", hostile[i]);
        const char *names[] = {text};
        const struct orr_plot_variable v[] = VARIABLES(names, 1, text, text);
        const struct orr_plot p = a_plot(v, sizeof v / sizeof *v, data);
        ck_assert_msg(orr_plot_render(&p, NULL, &out, &err) == ORR_OK, "text %zu: %s", i, err.message);
        ck_assert_msg(stat(mark, &st) != 0, "text %zu ran a command", i);
        ck_assert(strstr(out.data, "</svg>") != NULL);
        orr_str_free(&out);
    }
    aid_store_end(&a);
}
END_TEST

START_TEST(an_svg_holds_the_title_escaped_and_every_kind_of_picture_has_its_signature)
{
    need_gnuplot();
    if (!orr_plot_probe()->found) return;
    static const struct {
        enum orr_plot_format format;
        const char *signature;
    } kinds[] = {{ORR_PLOT_PNG, "\x89PNG"}, {ORR_PLOT_SVG, "<?xml"}, {ORR_PLOT_PDF, "%PDF"}, {ORR_PLOT_DUMB, ""}};
    const double single = 0;
    const struct orr_plot_data data[] = {{"curves", 3, 4, line}, {"singles", 1, 1, &single}};
    const char *names[] = {"loss=0123 (4) \xc3\xa9" "7 'b'"};
    const struct orr_plot_variable v[] = VARIABLES(names, 1, "a < b & \"c\" it's", "step");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct orr_str out = {0};
        struct orr_error err;
        struct orr_plot p = a_plot(v, sizeof v / sizeof *v, data);
        p.format = kinds[i].format;
        ck_assert_msg(orr_plot_render(&p, NULL, &out, &err) == ORR_OK, "%s: %s", err.where, err.message);
        ck_assert(memcmp(out.data, kinds[i].signature, strlen(kinds[i].signature)) == 0);
        if (p.format == ORR_PLOT_SVG) ck_assert(strstr(out.data, "a &lt; b &amp; \"c\" it's") != NULL);
        if (p.format == ORR_PLOT_DUMB) ck_assert(strstr(out.data, "loss=0123 (4) \xc3\xa9" "7 'b'") != NULL);
        orr_str_free(&out);
    }
}
END_TEST

/* A folder whose "gnuplot" is this script becomes all of PATH but for the shell's own tools. */
static struct aid_store fake(const char *script)
{
    struct aid_store a = aid_store_folder();
    char path[128], search[160];
    snprintf(path, sizeof path, "%s/gnuplot", a.folder);
    if (script) {
        FILE *f = fopen(path, "w");
        ck_assert(f != NULL);
        fputs(script, f);
        fclose(f);
        chmod(path, 0755);
    }
    snprintf(search, sizeof search, "%s%s", a.folder, script ? ":/bin" : "");
    setenv("PATH", search, 1);
    return a;
}

#define ANSWER_PROBE                                                                                                   \
    "#!/bin/sh\nread first\ncase \"$first\" in *print*) cat >/dev/null; echo '5.4 patchlevel 0'; echo 'svg png dumb'; exit 0;; esac\n"

static enum orr_status render(int timeout_ms, const struct orr_ticker *ticker, struct orr_error *err)
{
    static double many[4 * 100000]; /* more than a pipe holds */
    const double single = 0;
    const struct orr_plot_data data[] = {{"curves", 100000, 4, many}, {"singles", 1, 1, &single}};
    const char *names[] = {"a"};
    const struct orr_plot_variable v[] = VARIABLES(names, 1, "t", "x");
    struct orr_plot p = a_plot(v, sizeof v / sizeof *v, data);
    struct orr_str out = {0};
    p.timeout_ms = timeout_ms;
    const enum orr_status s = orr_plot_render(&p, ticker, &out, err);
    orr_str_free(&out);
    return s;
}

START_TEST(a_missing_gnuplot_is_an_error_with_the_remedy)
{
    struct aid_store a = fake(NULL);
    struct orr_error err;
    ck_assert_int_eq(render(0, NULL, &err), ORR_ENOTFOUND);
    ck_assert(strstr(err.message, "apt-get install gnuplot-nox") != NULL);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_gnuplot_that_dies_early_is_an_error_with_its_words_and_not_a_sigpipe)
{
    struct aid_store a = fake(ANSWER_PROBE "exec <&-\necho 'line 3: out of ink' >&2\nexit 7\n");
    struct orr_error err;
    ck_assert_int_eq(render(0, NULL, &err), ORR_EFORMAT);
    ck_assert_msg(strstr(err.message, "out of ink") && strstr(err.message, "exit 7"), "%s", err.message);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_gnuplot_that_is_killed_is_an_error)
{
    struct aid_store a = fake(ANSWER_PROBE "kill -9 $$\n");
    struct orr_error err;
    ck_assert_int_eq(render(0, NULL, &err), ORR_EIO);
    aid_store_end(&a);
}
END_TEST

static double seconds_since(const struct timespec *t)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - t->tv_sec) + (double)(now.tv_nsec - t->tv_nsec) * 1e-9;
}

START_TEST(a_gnuplot_that_hangs_is_killed_with_its_children_after_the_timeout)
{
    struct aid_store a = fake(ANSWER_PROBE "sleep 50 &\nsleep 50\n");
    struct orr_error err;
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    ck_assert_int_eq(render(200, NULL, &err), ORR_EIO);
    ck_assert(strstr(err.message, "0.2 seconds") != NULL);
    ck_assert(seconds_since(&start) < 20);
    aid_store_end(&a);
}
END_TEST

static bool stop(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return ++*(int *)ctx < 3;
}

START_TEST(a_picture_can_be_cancelled)
{
    struct aid_store a = fake(ANSWER_PROBE "sleep 50\n");
    struct orr_error err;
    int ticks = 0;
    ck_assert_int_eq(render(0, &(struct orr_ticker){stop, &ticks}, &err), ORR_ECANCELLED);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_terminal_that_this_gnuplot_lacks_is_unsupported)
{
    struct aid_store a = fake(ANSWER_PROBE "exit 1\n");
    struct orr_error err;
    const double single = 0;
    const struct orr_plot_data data[] = {{"curves", 3, 4, line}, {"singles", 1, 1, &single}};
    struct orr_plot p = a_plot(NULL, 0, data);
    struct orr_str out = {0};
    p.format = ORR_PLOT_PDF;
    ck_assert_int_eq(orr_plot_render(&p, NULL, &out, &err), ORR_EUNSUPPORTED);
    aid_store_end(&a);
}
END_TEST

START_TEST(the_users_own_template_replaces_the_built_in_one)
{
    need_gnuplot();
    if (!orr_plot_probe()->found) return;
    struct aid_store a = aid_store_folder();
    char path[160];
    struct orr_error err;
    snprintf(path, sizeof path, "%s/orrery", a.folder);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/orrery/plots", a.folder);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/orrery/plots/mine.gp", a.folder);
    FILE *f = fopen(path, "w");
    fputs("set title 'my own ' . word\nplot x\n", f);
    fclose(f);
    setenv("XDG_CONFIG_HOME", a.folder, 1);
    const struct orr_plot_variable v[] = {{.name = "word", .text = "style"}};
    struct orr_plot p = {.view = "mine", .format = ORR_PLOT_SVG, .variables = v, .n_variables = 1};
    struct orr_str out = {0};
    ck_assert_msg(orr_plot_render(&p, NULL, &out, &err) == ORR_OK, "%s", err.message);
    ck_assert(strstr(out.data, "my own style") != NULL);
    orr_str_free(&out);
    p.view = "nobody";
    ck_assert_int_eq(orr_plot_render(&p, NULL, &out, &err), ORR_ENOTFOUND);
    aid_store_end(&a);
}
END_TEST

START_TEST(a_variable_needs_a_name_that_is_one)
{
    need_gnuplot();
    if (!orr_plot_probe()->found) return;
    const struct orr_plot_variable v[] = {{.name = "x; system('true'); y", .number = 1}};
    const struct orr_plot p = {.view = "curves", .format = ORR_PLOT_SVG, .variables = v, .n_variables = 1};
    struct orr_str out = {0};
    struct orr_error err;
    ck_assert_int_eq(orr_plot_render(&p, NULL, &out, &err), ORR_EINVAL);
}
END_TEST

ORR_SUITE("plot", no_text_can_make_gnuplot_run_anything_or_spoil_the_picture,
          an_svg_holds_the_title_escaped_and_every_kind_of_picture_has_its_signature,
          a_missing_gnuplot_is_an_error_with_the_remedy,
          a_gnuplot_that_dies_early_is_an_error_with_its_words_and_not_a_sigpipe, a_gnuplot_that_is_killed_is_an_error,
          a_gnuplot_that_hangs_is_killed_with_its_children_after_the_timeout, a_picture_can_be_cancelled,
          a_terminal_that_this_gnuplot_lacks_is_unsupported, the_users_own_template_replaces_the_built_in_one,
          a_variable_needs_a_name_that_is_one)
