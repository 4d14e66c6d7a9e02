/* orrery runs: the run table. */
#include "app/runs.h"

#include "base/arena.h"
#include "cli/verbs.h"

/* Operands and --filter together: all of them must hold. */
static const char *filter_text(const struct orr_args *args, struct orr_arena *a)
{
    struct orr_str text = {0};
    for (size_t i = 0; i < args->n_operands; i++) orr_str_printf(&text, "%s%s", i ? " " : "", args->operand[i]);
    const char *more = orr_args_text(args, "filter");
    if (more && text.len) {
        struct orr_str both = {0};
        orr_str_printf(&both, "(%s) (%s)", text.data, more);
        orr_str_free(&text);
        text = both;
    } else if (more) {
        orr_str_append(&text, more);
    }
    const char *kept = orr_arena_strdup(a, orr_str_c(&text));
    orr_str_free(&text);
    return kept;
}

void orr_cli_run_query(const struct orr_args *args, struct orr_arena *a, struct orr_run_query *q)
{
    *q = (struct orr_run_query){.filter = filter_text(args, a),
                                .sort = orr_args_text(args, "sort"),
                                .descending = orr_args_flag(args, "reverse"),
                                .group_by = orr_args_text(args, "group-by"),
                                .changed_only = orr_args_flag(args, "changed"),
                                .limit = (size_t)orr_args_int(args, "limit")};
    q->columns = orr_args_list(args, "columns", a, &q->n_columns);
    if (q->n_columns == 0) q->columns = NULL;
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_arena arena = {0};
    struct orr_run_query q;
    struct orr_run_table t;
    struct orr_error err;
    int code;
    orr_cli_run_query(args, &arena, &q);
    if (orr_app_runs(app, &q, &t, &err) == ORR_OK) {
        code = orr_cli_print_table(io, args, &t.table);
        if (orr_args_format(args) == ORR_TABLE_TEXT && !q.group_by)
            orr_io_say(io, "%zu of %zu run%s", t.table.rows, t.total, t.total == 1 ? "" : "s");
        orr_run_table_free(&t);
    } else {
        code = orr_cli_fail(io, args->verb, &err);
    }
    orr_arena_free(&arena);
    return code;
}

static const struct orr_option options[] = {ORR_RUNS_OPTIONS, {0}};

const struct orr_verb orr_verb_runs = {
    .name = "runs",
    .summary = "list runs: filter, sort, group, choose columns",
    .operands = "[FILTER...]",
    .details =
        "Columns: id name key project group state tags notes started ended steps points series pinned; a configuration "
        "key (lr, config:lr); a series by its last value (val/loss), or as min:, max:, count: or best: (the step of "
        "its "
        "best value). predicted:, predicted-low:, predicted-high: and predicted-rank: forecast its final value, the 90% "
        "interval and the rank among the runs of the group: of finished runs from the first 20% of their steps, of "
        "running ones from all that there is. Without --columns, telling ones are chosen.\n"
        "\n"
        "Filters: words are sought in names, groups, projects, states, tags and notes. COLUMN followed by = != < <= > "
        ">= "
        "compares, ~ matches an extended regular expression. Terms side by side must all hold; | means or, ! not; "
        "parentheses group; quotes keep blanks. Times are written 2024-06-30 or 2024-06-30T12:00.",
    .examples = "orrery runs\norrery runs 'val/loss<0.3 adam' --sort val/loss\n"
                "orrery runs --columns name,lr,min:val/loss --json\norrery runs --group-by lr",
    .options = options,
    .needs_store = true,
    .run = run,
};
