/* Batch verbs from the palette: run as a job, with their output on the Output screen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "cli/verb.h"
#include "tui/ui_state.h"

struct verb_job {
    struct orr_arena arena; /* the words */
    int argc;
    char **argv;
    char *line, *store_path;
    char *out, *err; /* what it printed */
    size_t out_size, err_size;
    int code;
    uint64_t keys; /* ui->keys when it began */
};

static void release(void *payload)
{
    struct verb_job *v = payload;
    orr_arena_free(&v->arena);
    free(v->line);
    free(v->store_path);
    free(v->out);
    free(v->err);
    free(v);
}

static enum orr_status run(void *payload, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct verb_job *v = payload;
    struct orr_io io = {.out = open_memstream(&v->out, &v->out_size), .err = open_memstream(&v->err, &v->err_size),
                        .ticker = *ticker};
    v->code = ORR_EXIT_FAILED;
    if (io.out && io.err) v->code = orr_cli_run(v->argc, v->argv, &io, v->store_path);
    if (io.out) fclose(io.out);
    if (io.err) fclose(io.err);
    if (v->code == ORR_EXIT_OK) return ORR_OK;
    if (!orr_ticker_tick(ticker, "", "", 0, 0)) return ORR_ECANCELLED;
    /* The last line of the narration says why. */
    const char *last = v->err ? v->err : "", *p = last;
    while ((p = strchr(p, '\n')) && p[1]) last = ++p;
    return orr_error_set(err, ORR_EINVAL, NULL, "%.*s", (int)strcspn(last, "\n"), last);
}

static void keep_output(struct orr_ui *ui, const struct verb_job *v, const char *out, const char *narration)
{
    orr_str_clear(&ui->output);
    orr_str_printf(&ui->output, "%s\n%s%s%s", v->line, out, *out && *narration ? "\n" : "", narration);
}

/* One line goes to the status bar. More opens a pager when the user waited for it, else O shows it later. */
static void done(void *ctx, uint64_t id, enum orr_job_state state, void *payload, const struct orr_error *err)
{
    (void)id;
    struct orr_ui *ui = ctx;
    struct verb_job *v = payload;
    const char *out = v->out ? v->out : "", *narration = v->err ? v->err : "";
    const char *first = *out ? out : narration, *newline = strchr(first, '\n');
    const bool is_long = newline && newline[1], waited = v->keys == ui->keys && !ui->prompting;
    if (*first) keep_output(ui, v, out, narration);
    if (state == ORR_JOB_CANCELLED) orr_ui_message(ui, ORR_COLOR_WARN, "cancelled: %s", v->line);
    else if (state == ORR_JOB_FAILED && !*out) orr_ui_error(ui, err);
    else if (is_long && waited) {
        ui->message[0] = '\0'; /* no longer running */
        orr_ui_open(ui, orr_output_screen.name, ui->output.data);
    }
    else if (is_long) orr_ui_message(ui, ORR_COLOR_GOOD, "done: %s   O shows what it printed", v->line);
    else orr_ui_message(ui, ORR_COLOR_GOOD, "%.*s", (int)strcspn(*first ? first : "done", "\n"), *first ? first : "done");
    if (v->code == ORR_EXIT_OK) orr_app_log(ui->app, v->line);
    release(v);
}

void orr_ui_run_verb(struct orr_ui *ui, const char *line)
{
    struct verb_job *v = orr_xcalloc(1, sizeof *v);
    struct orr_error err = {0};
    if (orr_shell_split(&v->arena, "command", line, &v->argc, &v->argv, &err) != ORR_OK || v->argc == 0) {
        orr_ui_error(ui, &err);
        release(v);
        return;
    }
    struct orr_str full = {0};
    orr_str_printf(&full, "orrery %s", line);
    v->line = full.data;
    v->keys = ui->keys;
    v->store_path = ui->app->store_path ? orr_xstrdup(ui->app->store_path) : NULL;
    orr_jobs_submit(ui->jobs, line, run, v, release, done, ui);
    orr_ui_message(ui, ORR_COLOR_DIM, "running: %s", line);
}
