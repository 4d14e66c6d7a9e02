/* orrery open: the workbench; without a terminal, the overview as text. */
#include <stdlib.h>
#include <unistd.h>

#include "app/example.h"
#include "app/overview.h"
#include "cli/console.h"
#include "cli/verbs.h"
#include "tui/tui.h"

static enum orr_status print_overview(const char *path, struct orr_io *io, struct orr_error *err)
{
    struct orr_app app = {.store_path = path};
    struct orr_str text = {0};
    enum orr_status s = orr_store_open(path, ORR_STORE_READ, &app.store, err);
    if (s == ORR_OK) {
        s = orr_app_overview(&app, io->width, &text, err);
    } else if (s == ORR_ENOTFOUND) { /* the first start is no failure */
        orr_str_append(&text, "orrery " ORR_VERSION "\n\n");
        orr_app_overview_empty(path, &text);
        s = ORR_OK;
    }
    if (s == ORR_OK) fputs(orr_str_c(&text), io->out);
    orr_str_free(&text);
    orr_app_close(&app);
    return s;
}

/* A store that may only be read is still worth looking at. */
static enum orr_status open_store(struct orr_app *app, struct orr_error *err)
{
    const enum orr_status s = orr_store_open(app->store_path, ORR_STORE_CREATE, &app->store, err);
    if (s == ORR_EREADONLY || s == ORR_EFULL || (s == ORR_EIO && access(app->store_path, R_OK) == 0))
        return orr_store_open(app->store_path, ORR_STORE_READ, &app->store, err);
    return s;
}

static enum orr_status show(struct orr_app *app, const struct orr_args *args, struct orr_io *io, int *code,
                            struct orr_error *err)
{
    if (!io->out_tty || !isatty(STDIN_FILENO)) return print_overview(app->store_path, io, err);
    const enum orr_status s = open_store(app, err);
    orr_console_clear_bar(io);
    if (s == ORR_OK)
        *code = orr_tui_run(&(struct orr_tui_options){.app = app, .screen = orr_args_text(args, "screen"),
                                                       .plain = orr_args_flag(args, "plain")});
    return s;
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_error err;
    const char *usual = app->store_path;
    char *example = NULL;
    int code = ORR_EXIT_OK;
    enum orr_status s = ORR_OK;
    if (orr_args_flag(args, "high-contrast")) setenv("ORRERY_CONTRAST", "high", 1);
    if (orr_args_flag(args, "example")) s = orr_example_store(&io->ticker, &example, &err);
    if (example) app->store_path = example;
    if (s == ORR_OK) s = show(app, args, io, &code, &err);
    app->store_path = usual;
    free(example);
    return s ? orr_cli_fail(io, args->verb, &err) : code;
}

static const struct orr_option options[] = {
    {"example", 0, ORR_OPT_FLAG, NULL, NULL,
     "open the example store, made on first use from the datasets that come along", 0, 0},
    {"plain", 0, ORR_OPT_FLAG, NULL, NULL, "commands and lines of text instead of screens, for screen readers", 0, 0},
    {"high-contrast", 0, ORR_OPT_FLAG, NULL, NULL, "nothing dim, colours that stand out by 7 to 1 (or ORRERY_CONTRAST=high)",
     0, 0},
    {"screen", 0, ORR_OPT_TEXT, "NAME", NULL, "show this screen first", 0, 0},
    {0},
};

const struct orr_verb orr_verb_open = {
    .name = "open",
    .summary = "open the workbench (the same as no verb at all)",
    .operands = "",
    .details = "Without a terminal, prints the overview of the store as text.",
    .examples = "orrery\norrery open --example\norrery --store runs.db | cat",
    .options = options,
    .run = run,
};
