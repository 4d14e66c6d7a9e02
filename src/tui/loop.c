/* One session on the terminal: waits for keys, signals, jobs and time, paints when something changed, else sleeps. */
#include "tui/tui.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/shell.h"
#include "cli/verb.h"
#include "tui/backend.h"
#include "tui/signals.h"
#include "tui/ui.h"

/* Keys that wait are all taken before the next paint, so that a slow line never lags behind the typist; but a paint
 * comes at least this often. */
static const double PAINT_SECONDS = 0.1;

/* An import that is writing lets go between two files; a key that meets its lock says so soon rather than hang. */
enum { PATIENCE_MS = 250 };

struct session {
    struct orr_backend *backend;
    struct orr_ui *ui;
    struct orr_canvas canvas;
};

static void fit(struct session *s)
{
    int w, h;
    orr_backend_size(s->backend, &w, &h);
    if (w == s->canvas.width && h == s->canvas.height && s->canvas.cells) return;
    orr_canvas_free(&s->canvas);
    orr_canvas_init(&s->canvas, w, h);
    s->canvas.glyphs = orr_backend_glyphs(s->backend);
    s->canvas.colors = orr_backend_colors(s->backend);
    orr_ui_resize(s->ui, w, h);
}

static void suspend(struct session *s)
{
    orr_backend_leave(s->backend);
    orr_signals_stop_self();
    orr_backend_enter(s->backend);
    fit(s);
    orr_ui_redraw(s->ui);
}

static void take_signals(struct session *s)
{
    for (int n; (n = orr_signals_next()) != 0;) {
        switch (n) {
        case SIGWINCH: fit(s); break;
        case SIGTSTP: suspend(s); break;
        case SIGCONT: /* after a stop that nobody announced (SIGSTOP) the shell has the screen */
            orr_backend_enter(s->backend);
            fit(s);
            orr_ui_redraw(s->ui);
            break;
        default: orr_ui_quit(s->ui, 128 + n);
        }
    }
}

static void take_keys(struct session *s)
{
    const double until = orr_ui_clock() + PAINT_SECONDS;
    struct orr_key key;
    int code;
    while (!orr_ui_done(s->ui, &code) && orr_backend_key(s->backend, &key)) {
        orr_ui_key(s->ui, key);
        const char *clip = orr_ui_take_clipboard(s->ui);
        if (clip) orr_backend_copy(s->backend, clip);
        if (orr_ui_take_suspend(s->ui)) suspend(s);
        if (orr_ui_take_repaint(s->ui)) orr_backend_repaint(s->backend);
        orr_backend_mouse(s->backend, orr_ui_wants_mouse(s->ui));
        if (orr_ui_clock() > until) break;
    }
}

static void paint(struct session *s)
{
    if (!orr_ui_take_dirty(s->ui)) return;
    orr_ui_render(s->ui, &s->canvas);
    orr_backend_paint(s->backend, &s->canvas);
}

static int loop(struct session *s, struct orr_jobs *jobs)
{
    int code = 0;
    while (!orr_ui_done(s->ui, &code)) {
        paint(s);
        struct pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {orr_signals_fd(), POLLIN, 0}, {orr_jobs_fd(jobs), POLLIN, 0}};
        poll(fds, 3, orr_ui_wait(s->ui, orr_ui_clock()));
        if (fds[1].revents) take_signals(s);
        if (fds[2].revents) orr_ui_jobs_changed(s->ui);
        if (fds[0].revents & POLLIN) take_keys(s);
        if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) orr_ui_quit(s->ui, 128 + SIGHUP);
        orr_ui_tick(s->ui, orr_ui_clock());
    }
    return code;
}

/* ---- terminals that cannot place their cursor: the same commands, line by line ---- */

static void run_line(const struct orr_tui_options *o, const char *line)
{
    struct orr_arena arena = {0};
    struct orr_error err = {0};
    struct orr_io io = {.out = stdout, .err = stderr, .out_tty = true, .err_tty = true, .width = 80};
    int argc;
    char **argv;
    if (orr_shell_split(&arena, "command", line, &argc, &argv, &err) != ORR_OK)
        fprintf(stderr, "%s: %s\n", err.where, err.message);
    else if (argc > 0 && strcmp(argv[0], "open") == 0)
        fputs("already open; `help` lists the commands\n", stderr);
    else if (argc > 0)
        orr_cli_run(argc, argv, &io, o->app->store_path); /* says itself what went wrong */
    orr_arena_free(&arena);
}

static int line_mode(const struct orr_tui_options *o, const struct orr_error *why)
{
    char *line = NULL;
    size_t cap = 0;
    printf("%s: %s\nLine mode: type a command, such as runs, show RUN, help or quit.\n", why->where, why->message);
    run_line(o, "runs --limit 15");
    while (fputs("orrery> ", stdout), fflush(stdout), getline(&line, &cap, stdin) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        const char *text = line + strspn(line, " ");
        if (strcmp(text, "quit") == 0 || strcmp(text, "exit") == 0 || strcmp(text, "q") == 0) break;
        if (*text) run_line(o, text);
    }
    free(line);
    return 0;
}

int orr_tui_run(const struct orr_tui_options *options)
{
    struct session s = {0};
    struct orr_error err = {0};
    int code = 1, w, h;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        fputs("orrery open: standard input and output must be a terminal; `orrery help` lists the batch verbs\n", stderr);
        return code;
    }
    if (options->plain) {
        orr_error_set(&err, ORR_OK, "orrery", "plain text");
        return line_mode(options, &err);
    }
    struct orr_jobs *jobs = orr_jobs_new(0);
    if (!jobs || !orr_signals_catch(orr_backend_emergency)) {
        fputs("orrery open: no pipe left for jobs and signals; close other programs\n", stderr);
        orr_jobs_free(jobs);
        return code;
    }
    if (orr_backend_open(STDIN_FILENO, STDOUT_FILENO, NULL, &s.backend, &err) != ORR_OK) {
        orr_signals_release();
        orr_jobs_free(jobs);
        return line_mode(options, &err);
    }
    orr_backend_size(s.backend, &w, &h);
    if (options->app->store) orr_store_patience(options->app->store, PATIENCE_MS);
    s.ui = orr_ui_new(options->app, jobs, w, h);
    fit(&s);
    if (options->screen) orr_ui_open(s.ui, options->screen, options->arg);
    code = loop(&s, jobs);
    orr_backend_close(s.backend); /* before joining jobs: the shell's prompt must not wait for them */
    orr_ui_free(s.ui); /* screens give up their jobs while those still exist */
    orr_jobs_free(jobs);
    orr_canvas_free(&s.canvas);
    orr_signals_release();
    return code;
}
