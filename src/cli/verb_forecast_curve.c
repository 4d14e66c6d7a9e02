/* orrery forecast curve: learning curves carried on, from the store, files or a pipe. */
#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/curve_forecast.h"
#include "cli/args.h"
#include "cli/console.h"
#include "cli/forecast_chart.h"
#include "cli/stdin_file.h"
#include "cli/shard_args.h"
#include "cli/verbs.h"

static enum orr_status load_stdin(const char *series, const struct orr_ticker *ticker, struct orr_curve_items *items,
                                  struct orr_error *err)
{
    FILE *f;
    char path[64];
    const size_t before = items->n;
    enum orr_status s = orr_cli_stdin_file(&f, path, err);
    if (!s) s = orr_curve_items_add_file(path, series, ticker, items, err);
    for (size_t i = before; i < items->n; i++)
        if (!*items->items[i].name || !strcmp(items->items[i].name, path)) items->items[i].name = "-";
    if (f) fclose(f);
    if (s) snprintf(err->where, sizeof err->where, "-");
    return s;
}

/* Operands are runs of the store, files, or "-". */
static enum orr_status load(struct orr_app *app, const struct orr_args *args, const struct orr_ticker *ticker,
                            struct orr_curve_items *items, struct orr_error *err)
{
    const char *series = orr_args_text(args, "series");
    struct orr_store *opened = NULL; /* files alone need no store */
    enum orr_status s = args->n_operands ? ORR_OK
                                         : orr_error_set(err, ORR_EINVAL, NULL,
                                                         "name runs, RUN/SERIES, files, or - for standard input");
    for (size_t i = 0; i < args->n_operands && !s; i++) {
        const char *const what = args->operand[i];
        if (!strcmp(what, "-")) {
            s = load_stdin(series, ticker, items, err);
        } else if (access(what, R_OK) == 0) {
            s = orr_curve_items_add_file(what, series, ticker, items, err);
        } else {
            if (!app->store && !opened) s = orr_store_open(app->store_path, ORR_STORE_READ, &opened, err);
            if (s == ORR_ENOTFOUND)
                s = orr_error_set(err, ORR_ENOTFOUND, what, "is no file here, and runs are looked for in a store: %s has none",
                                  app->store_path);
            if (!s) s = orr_curve_items_add_named(opened ? opened : app->store, what, series, items, err);
        }
    }
    orr_store_close(opened);
    return s;
}

/* To standard output: JSON, a table, or a chart. */
static enum orr_status print(struct orr_app *app, const struct orr_args *args, struct orr_io *io,
                             const struct orr_curve_items *items,
                             const struct orr_curve_forecast_query *q, const struct orr_curve_forecasts *f, bool chart,
                             struct orr_error *err)
{
    struct orr_str text = {0};
    struct orr_table t = {0};
    if (chart) {
        const bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
        orr_forecast_chart(items, f, io->width, utf8 ? ORR_GLYPHS_BRAILLE : ORR_GLYPHS_ASCII, &text);
    }
    if (orr_args_format(args) == ORR_TABLE_JSON) {
        orr_curve_forecast_json(items, q, f, &text);
    } else {
        orr_curve_forecast_table(items, q, f, &t);
        orr_table_print(&t, orr_args_format(args), io->width, &text);
        orr_table_free(&t);
    }
    const enum orr_status s = orr_cli_lines_end(app, io, &text, ORR_CURVE_TOGETHER, err);
    orr_str_free(&text);
    return s;
}

static int forecast_curve(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_curve_forecast_query q = orr_curve_forecast_defaults();
    struct orr_curve_items items = {0};
    struct orr_curve_forecasts f = {0};
    struct orr_error err;
    const char *direction = orr_args_text(args, "direction");
    q.method = orr_args_text(args, "method");
    q.model = orr_args_text(args, "model");
    q.horizon = orr_args_number(args, "horizon");
    q.level = orr_args_number(args, "level");
    q.seed = (uint64_t)orr_args_int(args, "seed");
    q.direction = !strcmp(direction, "falling")  ? ORR_LC_FALLING
                  : !strcmp(direction, "rising") ? ORR_LC_RISING
                                                 : ORR_LC_UNKNOWN;
    if (orr_shards_merging(app->shards)) return orr_cli_lines_merged(app, io);
    q.shards = app->shards;
    enum orr_status s = orr_cli_lines_begin(app, args, &err);
    if (!s) s = orr_args_observe(args, "points", &q.observe, &q.observe_share, &err);
    if (!s) s = load(app, args, &io->ticker, &items, &err);
    if (!s) s = orr_curve_forecast_run(&items, &q, &io->ticker, &f, &err);
    const char *path = orr_args_text(args, "plot");
    if (!s) s = print(app, args, io, &items, &q, &f, path && !strcmp(path, "-"), &err);
    if (!s && path && strcmp(path, "-") != 0) {
        s = orr_curve_forecast_export(&items, &q, &f, path, &io->ticker, &err);
        if (!s) orr_io_say(io, "wrote %s", path);
    }
    size_t failed = 0, dropped = 0, replaced = 0;
    for (size_t i = 0; i < f.n; i++) {
        failed += f.items[i].status != ORR_OK;
        dropped += items.items[i].cleaning.dropped;
        replaced += items.items[i].cleaning.replaced;
    }
    if (!s && dropped) orr_io_say(io, "%zu points that are not finite were left out", dropped);
    if (!s && replaced) orr_io_say(io, "%zu points were replaced by later ones where a log falls back", replaced);
    if (!s) orr_io_say(io, "%zu of %zu curves in %.1f ms", f.n - failed, f.n, 1e3 * f.seconds);
    const int code = failed == 0 ? ORR_EXIT_OK : failed < f.n ? ORR_EXIT_PARTIAL : ORR_EXIT_FAILED;
    orr_curve_forecasts_free(&f);
    orr_curve_items_free(&items);
    return s ? orr_cli_fail(io, args->verb, &err) : code;
}

static const struct orr_option options[] = {
    {"method", 'm', ORR_OPT_CHOICE,
     "curve-blend|curve-ode|power|power-best|last|pow3|pow4|exp3|exp4|ilog2|janoschek|mmf|lstm|vrnn|node|nsde|lcbnn|pfn",
     "curve-blend", "how to forecast", 0, 0},
    {"observe", 'o', ORR_OPT_TEXT, "N|P%", NULL,
     "only the first N points, or those of the first P percent of the steps", 0, 0},
    {"horizon", 'a', ORR_OPT_NUMBER, "N", NULL,
     "so many steps past the last observed one (otherwise to the last recorded step, or as far again)", 1e-9, 1e15},
    {"series", 's', ORR_OPT_TEXT, "NAME", NULL,
     "series (otherwise the most telling one of each run); '' for all of a file", 0, 0},
    {"direction", 0, ORR_OPT_CHOICE, "auto|falling|rising", "auto",
     "which way the metric goes (auto: by its name, else its trend)", 0, 0},
    {"level", 0, ORR_OPT_NUMBER, "P", "0.9", "probability that an interval is to cover", 0.01, 0.999},
    {"model", 0, ORR_OPT_FILE, "FILE", NULL, "a fitted model (otherwise the shipped one)", 0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "seed of what is drawn", 0, 1e15},
    {"plot", 'p', ORR_OPT_FILE, "FILE", NULL,
     "also draw the fans: a .png, .svg or .pdf file, or - for a chart of text; .csv .json .md: the table", 0, 0},
    ORR_SHARD_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_forecast_curve = {
    .name = "forecast curve",
    .summary = "carry learning curves on to the end of training, with intervals",
    .operands = "RUN|RUN/SERIES|FILE|-...",
    .details = "Operands are runs of the store, single series of them, logs that `orrery import` reads, or - for one "
               "on standard "
               "input; numbers alone, one per line, are one curve.\n\n"
               "Points that are not finite are left out (\"dropped\"); where a log falls back to an earlier step, what "
               "was there is "
               "replaced by the later points (\"replaced\"). Fewer than 3 usable points are an error of that curve. A "
               "constant curve is "
               "carried on as it is, with outcome \"not identified\", and so is said of horizons 2,000 times as long "
               "as what was seen; one whose log ends in values that are not finite "
               "has outcome "
               "\"diverged\", and the forecast is from what was finite.\n\n"
               "curve-ode: a neural ODE that looks at the points and, where the store has it, at the network's "
               "architecture. curve-blend: where the architecture is not known, the mean of curve-ode, node, nsde, lstm, "
               "vrnn and lcbnn; where it is, its curve-ode; and where the points seen follow a closed form as closely as can be "
               "told, power (the weight of power is 1/2 where, fitted to the first 60% of them, it forecasts the others within "
               "1% of their range). Both are fitted "
               "on the lab's sweeps and on real curves (datasets/models), with intervals calibrated on curves held "
               "back; lstm and pfn "
               "(a transformer on the LC-PFN prior) come fitted too, other learned methods need --model. "
               "power: seven families of curves, each weighted by its evidence; power-best: the one that forecasts the "
               "last fifth of "
               "what was seen best; last: the last value.\n\n"
               "Exit status 4 when some curves could not be forecast, which their rows say.",
    .examples = "orrery forecast curve 3/val/loss --observe 20%\n"
                "cut -d, -f1,3 results.csv | orrery forecast curve - --horizon 50 --json",
    .options = options,
    .run = forecast_curve,
};
