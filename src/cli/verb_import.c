/* orrery import: logs into the store. */
#include <string.h>
#include <unistd.h>

#include "app/import.h"
#include "base/progress.h"
#include "cli/verbs.h"

static const char *const note_words[] = {
    [ORR_IMPORT_SKIPPED] = "skipped", [ORR_IMPORT_WARNING] = "warning", [ORR_IMPORT_FAILED] = "failed"};
enum { NOTES_SHOWN = 10 };

static void say_notes(const struct orr_import_result *r, bool all, struct orr_io *io)
{
    size_t shown = 0;
    for (size_t i = 0; i < r->n_notes; i++) {
        const struct orr_import_note *n = &r->notes[i];
        if (!all && (shown >= NOTES_SHOWN || n->kind == ORR_IMPORT_SKIPPED)) continue;
        orr_io_say(io, "%s: %s: %s", note_words[n->kind], n->where, n->message);
        shown++;
    }
    const uint64_t more = r->n_notes + r->notes_dropped - shown;
    if (more)
        orr_io_say(io, "%llu more note%s%s", (unsigned long long)more, more == 1 ? "" : "s",
                   all ? "" : "; --verbose shows them");
}

/* "1.2M points in 0.8 s (1.5M points/s), 3 files of no known format skipped" */
static void say_summary(const struct orr_import_result *r, struct orr_io *io)
{
    struct orr_str line = {0};
    orr_append_amount(&line, (double)r->total.points, false);
    orr_str_printf(&line, " points in %.2f s", r->seconds);
    if (r->seconds > 0.05 && r->total.points) {
        orr_str_append(&line, " (");
        orr_append_amount(&line, (double)r->total.points / r->seconds, false);
        orr_str_append(&line, " points/s)");
    }
    if (r->total.unchanged) orr_str_printf(&line, ", %llu files unchanged", (unsigned long long)r->total.unchanged);
    if (r->skipped) orr_str_printf(&line, ", %llu files of no known format skipped", (unsigned long long)r->skipped);
    orr_io_say(io, "%s", line.data);
    orr_str_free(&line);
}

static void say_batch(void *ctx, const struct orr_import_result *r)
{
    orr_io_say(ctx, "%llu runs, %llu points", (unsigned long long)r->total.runs, (unsigned long long)r->total.points);
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    const char *separator = orr_args_text(args, "separator");
    const struct orr_import_options o = {
        .format = orr_args_text(args, "format"),
        .project = orr_args_text(args, "project"),
        .group = orr_args_text(args, "group"),
        .again = orr_args_flag(args, "again"),
        .watch = orr_args_flag(args, "watch"),
        .separator = !separator                      ? '\0'
                     : strcmp(separator, "tab") == 0 ? '\t'
                                                     : separator[0],
        .interval = orr_args_number(args, "interval"),
        .stdin_fd = STDIN_FILENO,
        .batch = say_batch,
        .ctx = io,
    };
    struct orr_import_result r = {0};
    struct orr_error err = {0};
    const enum orr_status s =
        orr_app_import(app, (const char *const *)args->operand, args->n_operands, &o, &io->ticker, &r, &err);
    struct orr_table t = {0};
    int code = ORR_EXIT_OK;
    orr_import_summary(&r, &t);
    if (s == ORR_OK || r.n_rows) code = orr_cli_print_table(io, args, &t);
    say_notes(&r, orr_args_flag(args, "verbose"), io);
    if (s)
        code = orr_cli_fail(io, args->verb, &err);
    else if (r.partial)
        code = ORR_EXIT_PARTIAL;
    if (s == ORR_OK && orr_args_format(args) == ORR_TABLE_TEXT) say_summary(&r, io);
    orr_table_free(&t);
    orr_import_result_free(&r);
    return code;
}

static const struct orr_option options[] = {
    {"format", 0, ORR_OPT_TEXT, "NAME", NULL, "take every file as this format instead of detecting it", 0, 0},
    {"project", 'p', ORR_OPT_TEXT, "NAME", NULL, "project of runs that name none", 0, 0},
    {"group", 'g', ORR_OPT_TEXT, "NAME", NULL, "group of runs that name none", 0, 0},
    {"separator", 0, ORR_OPT_TEXT, "CHAR", NULL, "separator of CSV files (`tab` for tabs) instead of detecting it", 0,
     0},
    {"again", 0, ORR_OPT_FLAG, NULL, NULL, "import unchanged files anew", 0, 0},
    {"watch", 'w', ORR_OPT_FLAG, NULL, NULL, "then follow growing and new files until stopped", 0, 0},
    {"interval", 0, ORR_OPT_NUMBER, "SECONDS", "1", "time between looks while watching", 0.05, 3600},
    {"verbose", 'v', ORR_OPT_FLAG, NULL, NULL, "name every file that was skipped, and why", 0, 0},
    {0},
};

const struct orr_verb orr_verb_import = {
    .name = "import",
    .summary = "read training logs into the store",
    .operands = "PATH...",
    .details = "Files, folders (searched recursively) or - for standard input. The format of each file is detected. "
               "Importing again adds only what is new. Exit code 4: some file could not be imported; the others were.",
    .examples = "orrery import runs/\norrery import --watch lightning_logs\norrery import - --format csv <metrics.csv",
    .options = options,
    .writes_store = true,
    .run = run,
};
