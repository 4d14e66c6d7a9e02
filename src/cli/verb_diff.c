/* orrery diff: runs side by side. */
#include <stdlib.h>

#include "app/diff.h"
#include "cli/verbs.h"

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    int64_t *ids = NULL;
    size_t n;
    struct orr_diff diff = {0};
    struct orr_error err;
    int code;
    enum orr_status s = orr_cli_find_runs(app, args, 0, &ids, &n, &err);
    if (s == ORR_OK) s = orr_app_diff(app, ids, n, !orr_args_flag(args, "all"), &diff, &err);
    if (s == ORR_OK) {
        code = orr_cli_print_table(io, args, &diff.table);
        if (orr_args_format(args) == ORR_TABLE_TEXT) orr_io_say(io, "%zu rows differ", diff.n_differ);
    } else {
        code = orr_cli_fail(io, args->verb, &err);
    }
    orr_diff_free(&diff);
    free(ids);
    return code;
}

static const struct orr_option options[] = {
    {"all", 'a', ORR_OPT_FLAG, NULL, NULL, "show rows that are equal for all runs, too", 0, 0},
    {0},
};

const struct orr_verb orr_verb_diff = {
    .name = "diff",
    .summary = "compare configuration, tags and final metrics of runs",
    .operands = "RUN RUN...",
    .details = "One row per configuration key, tag and metric (the last finite value of a series), one column per run. "
               "Equal rows are left out unless --all is given.",
    .examples = "orrery diff 3 4\norrery diff baseline wide --all --markdown",
    .options = options,
    .needs_store = true,
    .run = run,
};
