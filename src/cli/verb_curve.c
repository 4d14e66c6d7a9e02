/* orrery curve: the points or bins of series, as a table or a chart. */
#include <langinfo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "base/mem.h"
#include "cli/console.h"
#include "cli/text_chart.h"
#include "cli/verbs.h"

/* ---- from options to a curve set ---- */

static enum orr_status choose_runs(struct orr_app *app, const struct orr_args *args, struct orr_arena *a,
                                   struct orr_curve_set *q, struct orr_error *err)
{
    int64_t *ids;
    size_t n;
    enum orr_status s = orr_cli_find_runs(app, args, 0, &ids, &n, err);
    if (s) return s;
    struct orr_run_table more = {0};
    const char *filter = orr_args_text(args, "filter");
    if (filter) s = orr_app_runs(app, &(struct orr_run_query){.filter = filter}, &more, err);
    if (s == ORR_OK) {
        int64_t *all = orr_arena_zalloc(a, n + more.table.rows, sizeof *all);
        if (n) memcpy(all, ids, n * sizeof *all);
        for (size_t i = 0; i < more.table.rows; i++) all[n++] = more.run[i];
        q->runs = all;
        q->n_runs = n;
        if (n == 0)
            s = filter
                    ? orr_error_set(err, ORR_ENOTFOUND, NULL, "no run matches '%s'", filter)
                    : orr_error_set(err, ORR_EINVAL, NULL, "name a run or give --filter; `orrery runs` lists the runs");
    }
    orr_run_table_free(&more);
    free(ids);
    return s;
}

/* The most telling series of the first run: what the run table would show first. */
static enum orr_status choose_series(struct orr_app *app, struct orr_arena *a, struct orr_curve_set *q,
                                     struct orr_error *err)
{
    struct orr_series_list list;
    const enum orr_status s = orr_store_series(app->store, q->runs[0], &list, err);
    if (s) return s;
    const char *best = NULL;
    for (size_t i = 0; i < list.n; i++)
        if (!best || orr_series_rank(list.series[i].name) > orr_series_rank(best)) best = list.series[i].name;
    if (best) {
        const char **series = orr_arena_zalloc(a, 1, sizeof *series);
        series[0] = orr_arena_strdup(a, best);
        q->series = series;
        q->n_series = 1;
    }
    orr_series_list_free(&list);
    return best ? ORR_OK : orr_error_set(err, ORR_ENOTFOUND, NULL, "run %lld has no series", (long long)q->runs[0]);
}

static void choose_axis(const char *x, struct orr_curve_options *o)
{
    if (strcmp(x, "step") == 0)
        o->x = ORR_X_STEP;
    else if (strcmp(x, "relative") == 0)
        o->x = ORR_X_RELATIVE;
    else if (strcmp(x, "wall") == 0)
        o->x = ORR_X_WALL;
    else
        *o = (struct orr_curve_options){ORR_X_SERIES, x, o->smooth, o->log_x};
}

enum orr_status orr_cli_curve_set(struct orr_app *app, const struct orr_args *args, struct orr_arena *a,
                                  struct orr_curve_set *q, struct orr_error *err)
{
    orr_curve_set_init(q);
    enum orr_status s = choose_runs(app, args, a, q, err);
    if (s) return s;
    q->series = orr_args_list(args, "series", a, &q->n_series);
    if (q->n_series == 0) s = choose_series(app, a, q, err);
    if (s) return s;
    q->options.smooth = orr_args_number(args, "smooth");
    q->options.log_x = orr_args_flag(args, "log-x");
    choose_axis(orr_args_text(args, "x"), &q->options);
    q->x0 = orr_args_flag(args, "from") ? orr_args_number(args, "from") : NAN;
    q->x1 = orr_args_flag(args, "to") ? orr_args_number(args, "to") : NAN;
    q->bins = (size_t)orr_args_int(args, "bins");
    q->log_y = orr_args_flag(args, "log-y");
    q->group_by = orr_args_text(args, "group-by");
    q->min_max = orr_args_flag(args, "min-max");
    q->title = orr_args_text(args, "title");
    q->width = (int)orr_args_int(args, "width");
    q->height = (int)orr_args_int(args, "height");
    return ORR_OK;
}

/* ---- the verb ---- */

static enum orr_status plot(struct orr_app *app, struct orr_curve_set *q, const char *path, struct orr_io *io,
                            struct orr_error *err)
{
    if (strcmp(path, "-") != 0) {
        if (q->bins == 0) q->bins = 400;
        return orr_app_curve_export(app, q, path, &io->ticker, err);
    }
    struct orr_str text = {0};
    if (q->width == 0 && io->width > 0) q->width = io->width;
    const bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    const enum orr_status s =
        orr_text_chart(app, q, utf8 ? ORR_GLYPHS_BRAILLE : ORR_GLYPHS_ASCII, &io->ticker, &text, err);
    orr_console_clear_bar(io);
    fputs(orr_str_c(&text), io->out);
    orr_str_free(&text);
    return s;
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_arena arena = {0};
    struct orr_curve_set q;
    struct orr_table t = {0};
    struct orr_error err;
    int code = ORR_EXIT_OK;
    const char *path = orr_args_text(args, "plot");
    enum orr_status s = orr_cli_curve_set(app, args, &arena, &q, &err);
    if (s == ORR_OK && path) {
        s = plot(app, &q, path, io, &err);
    } else if (s == ORR_OK) {
        s = orr_app_curve_table(app, &q, &io->ticker, &t, &err);
        if (s == ORR_OK) code = orr_cli_print_table(io, args, &t);
    }
    if (s) code = orr_cli_fail(io, args->verb, &err);
    orr_table_free(&t);
    orr_arena_free(&arena);
    return code;
}

static const struct orr_option options[] = {
    ORR_CURVE_OPTIONS,
    {"plot", 'p', ORR_OPT_FILE, "FILE", NULL, "draw instead: a .png, .svg or .pdf file, or - for a chart of text", 0,
     0},
    {0},
};

const struct orr_verb orr_verb_curve = {
    .name = "curve",
    .summary = "print or draw the points of series",
    .operands = "[RUN...]",
    .details =
        "A run is named by its id, its name or the beginning of a name. Prints one row per point, or per bin with "
        "--bins: bins keep the minimum and maximum, so that no spike is lost.",
    .examples =
        "orrery curve 3 --series val/loss --csv\norrery curve 3 4 5 --series val/loss --smooth 0.9 --plot loss.png\n"
        "orrery curve --filter 'adam lr<0.01' --group-by lr --bins 100 --json\norrery curve 3 --plot -",
    .options = options,
    .needs_store = true,
    .run = run,
};
