/* orrery open: the workbench; without a terminal, the overview as text. */
#include <stdlib.h>
#include <unistd.h>

#include "app/overview.h"
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
    if (s == ORR_EREADONLY || (s == ORR_EIO && access(app->store_path, R_OK) == 0))
        return orr_store_open(app->store_path, ORR_STORE_READ, &app->store, err);
    return s;
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_error err;
    enum orr_status s;
    if (io->out_tty && isatty(STDIN_FILENO)) {
        s = open_store(app, &err);
        if (s == ORR_OK) return orr_tui_run(&(struct orr_tui_options){.app = app, .screen = orr_args_text(args, "screen")});
    } else {
        s = print_overview(app->store_path, io, &err);
    }
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"screen", 0, ORR_OPT_TEXT, "NAME", NULL, "show this screen first", 0, 0},
    {0},
};

const struct orr_verb orr_verb_open = {
    .name = "open",
    .summary = "open the workbench (the same as no verb at all)",
    .operands = "",
    .details = "Without a terminal, prints the overview of the store as text.",
    .examples = "orrery\norrery --store runs.db | cat",
    .options = options,
    .run = run,
};
