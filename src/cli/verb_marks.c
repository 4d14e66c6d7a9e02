/* orrery tag, note, pin, delete: what people say about runs. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/verbs.h"

/* Applies one change to every run named by the operands, all or none. */
typedef enum orr_status (*change)(struct orr_app *app, int64_t run, const struct orr_args *args, struct orr_error *err);

static int change_runs(struct orr_app *app, const struct orr_args *args, struct orr_io *io, size_t n_operands,
                       change apply, const char *done)
{
    struct orr_args runs = *args;
    runs.n_operands = n_operands;
    int64_t *ids = NULL;
    size_t n = 0;
    struct orr_error err;
    enum orr_status s = orr_cli_find_runs(app, &runs, 0, &ids, &n, &err);
    if (s == ORR_OK) s = orr_store_begin(app->store, &err);
    for (size_t i = 0; s == ORR_OK && i < n; i++) s = apply(app, ids[i], args, &err);
    if (s == ORR_OK) s = orr_store_commit(app->store, &err);
    orr_store_rollback(app->store);
    free(ids);
    if (s) return orr_cli_fail(io, args->verb, &err);
    orr_io_say(io, "%s %zu run%s", done, n, n == 1 ? "" : "s");
    return ORR_EXIT_OK;
}

static enum orr_status set_tag(struct orr_app *app, int64_t run, const struct orr_args *args, struct orr_error *err)
{
    for (size_t i = 1; i < args->n_operands; i++) {
        if (strchr(args->operand[i], ',') || !args->operand[i][0])
            return orr_error_set(err, ORR_EINVAL, NULL, "a tag is not empty and has no comma: '%s'", args->operand[i]);
        const enum orr_status s =
            orr_store_tag_put(app->store, run, args->operand[i], !orr_args_flag(args, "remove"), err);
        if (s) return s;
    }
    return ORR_OK;
}
static int tag(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    return change_runs(app, args, io, 1, set_tag, orr_args_flag(args, "remove") ? "untagged" : "tagged");
}

static enum orr_status set_note(struct orr_app *app, int64_t run, const struct orr_args *args, struct orr_error *err)
{
    return orr_store_run_note(app->store, run, args->operand[1], err);
}
static int note(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    return change_runs(app, args, io, 1, set_note, "noted");
}

static enum orr_status set_pin(struct orr_app *app, int64_t run, const struct orr_args *args, struct orr_error *err)
{
    return orr_store_run_pin(app->store, run, !orr_args_flag(args, "remove"), err);
}
static int pin(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    return change_runs(app, args, io, args->n_operands, set_pin, orr_args_flag(args, "remove") ? "unpinned" : "pinned");
}

static enum orr_status delete_run(struct orr_app *app, int64_t run, const struct orr_args *args, struct orr_error *err)
{
    (void)args;
    return orr_store_run_delete(app->store, run, err);
}

/* Asks on the terminal; without one there is nobody to ask. */
static bool confirmed(const struct orr_args *args, struct orr_io *io)
{
    if (orr_args_flag(args, "yes")) return true;
    struct orr_error err;
    if (!isatty(STDIN_FILENO) || !io->err_tty) {
        orr_error_set(&err, ORR_EINVAL, NULL, "deletes runs for good: say --yes");
        orr_cli_fail(io, args->verb, &err);
        return false;
    }
    fprintf(io->err, "delete %zu run%s for good? [y/N] ", args->n_operands, args->n_operands == 1 ? "" : "s");
    fflush(io->err);
    char answer[16] = "";
    return read(STDIN_FILENO, answer, sizeof answer - 1) > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}
static int delete_runs(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    if (!confirmed(args, io)) return ORR_EXIT_USAGE;
    return change_runs(app, args, io, args->n_operands, delete_run, "deleted");
}

static const struct orr_option remove_option[] = {
    {"remove", 'd', ORR_OPT_FLAG, NULL, NULL, "take it off again", 0, 0},
    {0},
};
static const struct orr_option delete_options[] = {
    {"yes", 'y', ORR_OPT_FLAG, NULL, NULL, "do not ask", 0, 0},
    {0},
};

const struct orr_verb orr_verb_tag = {
    .name = "tag",
    .summary = "put tags on a run",
    .operands = "RUN TAG...",
    .details = "Tags are words to filter by.",
    .examples = "orrery tag 3 paper ablation\norrery tag 3 ablation --remove",
    .options = remove_option,
    .needs_store = true,
    .writes_store = true,
    .run = tag,
};
const struct orr_verb orr_verb_note = {
    .name = "note",
    .summary = "write a note on a run",
    .operands = "RUN TEXT",
    .details = "The text replaces the note that is there; '' removes it.",
    .examples = "orrery note 3 'diverged after the warm-up'",
    .needs_store = true,
    .writes_store = true,
    .run = note,
};
const struct orr_verb orr_verb_pin = {
    .name = "pin",
    .summary = "keep runs on top of the table",
    .operands = "RUN...",
    .details = "Pinned runs come first wherever runs are listed without a sort column.",
    .examples = "orrery pin 3 7\norrery pin 3 --remove",
    .options = remove_option,
    .needs_store = true,
    .writes_store = true,
    .run = pin,
};
const struct orr_verb orr_verb_delete = {
    .name = "delete",
    .summary = "delete runs from the store",
    .operands = "RUN...",
    .details = "Deletes runs with their points for good; the files that they came from stay. Asks first on a terminal; "
               "elsewhere --yes is needed.",
    .examples = "orrery delete 3 --yes",
    .options = delete_options,
    .needs_store = true,
    .writes_store = true,
    .run = delete_runs,
};
