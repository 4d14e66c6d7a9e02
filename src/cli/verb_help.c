/* orrery help: the overview, one verb, or what other programs generate from the verb tables. */
#include <stdlib.h>

#include "cli/args.h"
#include "cli/help.h"
#include "cli/verbs.h"

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    const char *shell = orr_args_text(args, "completion"), *folder = orr_args_text(args, "man");
    struct orr_str text = {0};
    struct orr_error err;
    int code = ORR_EXIT_OK;

    if (orr_args_flag(args, "json")) {
        orr_help_json(&text);
    } else if (shell) {
        orr_help_completion(shell, &text);
    } else if (folder) {
        if (orr_help_man(folder, &err)) code = orr_cli_fail(io, args->verb, &err);
    } else if (args->n_operands > 0) {
        int used;
        const struct orr_verb *v = orr_verb_find((int)args->n_operands, args->operand, &used);
        if (v) {
            orr_help_verb(v, io->width, &text);
        } else {
            orr_error_set(&err, ORR_EINVAL, NULL, "no verb '%s'; `orrery help` lists them", args->operand[0]);
            code = orr_cli_fail(io, args->verb, &err);
        }
    } else {
        orr_help_overview(io->width, &text);
    }
    fputs(orr_str_c(&text), io->out);
    orr_str_free(&text);
    return code;
}

static const struct orr_option options[] = {
    {"completion", 0, ORR_OPT_CHOICE, "bash|zsh|fish", NULL, "print the completion script for a shell", 0, 0},
    {"man", 0, ORR_OPT_FILE, "FOLDER", NULL, "write the man pages into a folder", 0, 0},
    {0},
};

const struct orr_verb orr_verb_help = {
    .name = "help",
    .summary = "explain the verbs",
    .operands = "[VERB...]",
    .details = "With --json, prints every verb with its options, their types and defaults.",
    .examples = "orrery help\norrery help runs\norrery help --json",
    .options = options,
    .run = run,
};
