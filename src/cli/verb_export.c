/* orrery export: what `runs`, `curve` and `diff` show, into a file whose name says the kind. Each export names, on
 * stderr, the command that prints the same data. */
#include <stdlib.h>
#include <string.h>

#include "app/diff.h"
#include "app/export_logs.h"
#include "base/mem.h"
#include "base/shell.h"
#include "cli/verbs.h"

#define OUT_OPTION(kinds)                                                                                              \
    {                                                                                                                  \
        "out", 'o', ORR_OPT_FILE, "FILE", NULL, "the file: " kinds, 0, 0                                               \
    }

static const char *out_path(const struct orr_args *args, struct orr_error *err)
{
    const char *path = orr_args_text(args, "out");
    if (!path) orr_error_set(err, ORR_EINVAL, NULL, "needs --out FILE");
    return path;
}

/* The words as they were given. */
void orr_cli_say_written(const struct orr_args *args, struct orr_io *io, const char *path)
{
    struct orr_str line = {0};
    orr_shell_append(&line, "orrery");
    for (const char *w = args->verb->name; *w; w += strcspn(w, " "), w += strspn(w, " ")) {
        char *word = strndup(w, strcspn(w, " "));
        if (word) orr_shell_append(&line, word);
        free(word);
    }
    for (size_t i = 0; i < args->n_operands; i++) orr_shell_append(&line, args->operand[i]);
    for (size_t i = 0; args->verb->options[i].name; i++) {
        const struct orr_option *o = &args->verb->options[i];
        if (!args->given[i] || args->given[i] == o->fallback) continue;
        orr_str_printf(&line, " --%s", o->name);
        if (o->type != ORR_OPT_FLAG) orr_shell_append(&line, args->given[i]);
    }
    orr_io_say(io, "wrote %s; again: %s", path, line.data);
    orr_str_free(&line);
}

static int finish(enum orr_status s, const struct orr_args *args, struct orr_io *io, const char *path,
                  const struct orr_error *err)
{
    if (s) return orr_cli_fail(io, args->verb, err);
    orr_cli_say_written(args, io, path);
    return ORR_EXIT_OK;
}

static int export_runs(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_arena arena = {0};
    struct orr_run_query q;
    struct orr_run_table t = {0};
    struct orr_error err;
    const char *path = out_path(args, &err);
    orr_cli_run_query(args, &arena, &q);
    enum orr_status s = path ? orr_app_runs(app, &q, &t, &err) : ORR_EINVAL;
    if (s == ORR_OK) s = orr_export_table(&t.table, path, &err);
    orr_run_table_free(&t);
    orr_arena_free(&arena);
    return finish(s, args, io, path, &err);
}

static int export_curve(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_arena arena = {0};
    struct orr_curve_set q;
    struct orr_export_kind kind;
    struct orr_error err;
    const char *path = out_path(args, &err);
    enum orr_status s = path ? orr_export_kind(path, &kind, &err) : ORR_EINVAL;
    if (s == ORR_OK) s = orr_cli_curve_set(app, args, &arena, &q, &err);
    if (s == ORR_OK) {
        if (kind.picture && q.bins == 0) q.bins = 400;
        s = orr_app_curve_export(app, &q, path, &io->ticker, &err);
    }
    orr_arena_free(&arena);
    return finish(s, args, io, path, &err);
}

static int export_diff(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    int64_t *ids = NULL;
    size_t n = 0;
    struct orr_diff diff = {0};
    struct orr_error err;
    const char *path = out_path(args, &err);
    enum orr_status s = path ? orr_cli_find_runs(app, args, 0, &ids, &n, &err) : ORR_EINVAL;
    if (s == ORR_OK) s = orr_app_diff(app, ids, n, !orr_args_flag(args, "all"), &diff, &err);
    if (s == ORR_OK) s = orr_export_table(&diff.table, path, &err);
    orr_diff_free(&diff);
    free(ids);
    return finish(s, args, io, path, &err);
}

/* The runs named and those that match; --all is every run. */
static enum orr_status choose_runs(struct orr_app *app, const struct orr_args *args, int64_t **ids, size_t *n,
                                   struct orr_error *err)
{
    struct orr_run_table more = {0};
    const char *filter = orr_args_text(args, "filter");
    const bool all = orr_args_flag(args, "all");
    enum orr_status s = orr_cli_find_runs(app, args, 0, ids, n, err);
    const struct orr_run_query query = {.filter = all ? NULL : filter, .sort = "id"};
    if (!s && (filter || all)) s = orr_app_runs(app, &query, &more, err);
    *ids = orr_xrealloc(*ids, *n + more.table.rows + 1, sizeof **ids);
    for (size_t i = 0; i < more.table.rows; i++) (*ids)[(*n)++] = more.run[i];
    orr_run_table_free(&more);
    if (!s && *n == 0)
        s = orr_error_set(err, ORR_EINVAL, NULL, "no run; name some or give --filter or --all, `orrery runs` lists them");
    return s;
}

static int export_logs(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    int64_t *ids = NULL;
    size_t n = 0;
    struct orr_error err;
    const char *path = orr_args_text(args, "out");
    enum orr_status s = path ? choose_runs(app, args, &ids, &n, &err)
                             : orr_error_set(&err, ORR_EINVAL, NULL, "needs --out FOLDER");
    if (s == ORR_OK) s = orr_app_export_logs(app, ids, n, path, orr_args_flag(args, "wall"), &io->ticker, &err);
    free(ids);
    return finish(s, args, io, path, &err);
}

static const struct orr_option logs_options[] = {
    {"out", 'o', ORR_OPT_FILE, "FOLDER", NULL, "a folder is made in it for every run", 0, 0},
    {"filter", 'f', ORR_OPT_TEXT, "FILTER", NULL, "the runs that match, besides those named", 0, 0},
    {"all", 'a', ORR_OPT_FLAG, NULL, NULL, "every run of the store", 0, 0},
    {"wall", 0, ORR_OPT_FLAG, NULL, NULL, "times, too; without them equal runs give equal bytes", 0, 0},
    {0},
};
static const struct orr_option runs_options[] = {OUT_OPTION(".csv .json .md .txt"), ORR_RUNS_OPTIONS, {0}};
static const struct orr_option curve_options[] = {
    OUT_OPTION(".csv .json .md .txt .png .svg .pdf"), ORR_CURVE_OPTIONS, {0}};
static const struct orr_option diff_options[] = {
    OUT_OPTION(".csv .json .md .txt"),
    {"all", 'a', ORR_OPT_FLAG, NULL, NULL, "rows that are equal for all runs, too", 0, 0},
    {0},
};

const struct orr_verb orr_verb_export_runs = {
    .name = "export runs",
    .summary = "write the run table into a file",
    .operands = "[FILTER...]",
    .details = "As `orrery runs`, into a file whose extension says the kind.",
    .examples = "orrery export runs 'val/loss<0.3' --out good.csv",
    .options = runs_options,
    .needs_store = true,
    .run = export_runs,
};
const struct orr_verb orr_verb_export_curve = {
    .name = "export curve",
    .summary = "write curves into a table or a picture",
    .operands = "[RUN...]",
    .details = "As `orrery curve`, into a file whose extension says the kind. Pictures are drawn by gnuplot.",
    .examples =
        "orrery export curve 3 4 --series val/loss --smooth 0.9 --out loss.svg\norrery export curve 3 --out points.csv",
    .options = curve_options,
    .needs_store = true,
    .run = export_curve,
};
const struct orr_verb orr_verb_export_diff = {
    .name = "export diff",
    .summary = "write the comparison of runs into a file",
    .operands = "RUN RUN...",
    .details = "As `orrery diff`, into a file whose extension says the kind.",
    .examples = "orrery export diff 3 4 --out diff.md",
    .options = diff_options,
    .needs_store = true,
    .run = export_diff,
};
const struct orr_verb orr_verb_export_logs = {
    .name = "export logs",
    .summary = "write runs as folders of ordinary files",
    .operands = "[RUN...]",
    .details = "Every run becomes a folder: metrics.jsonl (an object per step), config.json, graph.json (the architecture), "
               "checkpoints/step_N.safetensors (weight snapshots) and run.json (name, project, group, state, notes, tags). "
               "`orrery import` takes such a folder as the run that it was; other programs read its files.",
    .examples = "orrery export logs 3 4 --out logs\norrery export logs --filter 'group=mlp-tabular' --out logs",
    .options = logs_options,
    .needs_store = true,
    .run = export_logs,
};
