/* orrery replay: runs a command log again. Every line goes through the same door as a command line typed by hand, so
 * that its output is the same, byte for byte. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/shell.h"
#include "base/text.h"
#include "cli/console.h"
#include "cli/verbs.h"
#include "tui/terminfo.h"

enum { MOST_LOG = 16 << 20 };

static enum orr_status read_log(const char *path, struct orr_str *text, struct orr_error *err)
{
    struct orr_reader *r;
    enum orr_status s = orr_reader_open(path, 0, &r, err);
    if (s) return s;
    size_t n = 0;
    const uint64_t size = orr_reader_size(r);
    if (size > MOST_LOG) {
        s = orr_error_set(err, ORR_EFORMAT, path, "a command log has at most 16 MiB");
    } else {
        const unsigned char *p = orr_reader_peek(r, (size_t)size, &n);
        s = p ? ORR_OK : orr_reader_status(r, err);
        if (p) orr_str_append_n(text, p, n);
    }
    orr_reader_close(r);
    return s;
}

/* Cuts the next command off *rest: a line, and as many more as a quote spans. */
static enum orr_status next_command(struct orr_arena *a, const char *where, char **rest, int *argc, char ***argv,
                                    struct orr_error *err)
{
    char *start = *rest;
    for (char *end = start;; end++) {
        end += strcspn(end, "\n");
        const char saved = *end;
        *end = '\0';
        const enum orr_status s = orr_shell_split(a, where, start, argc, argv, err);
        *rest = saved ? end + 1 : end;
        if (s == ORR_OK || !saved) return s;
        *end = saved;
    }
}

static int run_command(int argc, char **argv, const char *where, const struct orr_args *args, struct orr_io *io,
                       const char *store_path)
{
    if (argc > 0 && strcmp(argv[0], "orrery") == 0) argc--, argv++;
    if (argc == 0) return ORR_EXIT_OK;
    if (strcmp(argv[0], "replay") == 0 || strcmp(argv[0], "open") == 0) {
        struct orr_error err;
        orr_error_set(&err, ORR_EINVAL, where, "`orrery %s` cannot be replayed", argv[0]);
        return orr_cli_fail(io, args->verb, &err);
    }
    return orr_cli_run(argc, argv, io, store_path);
}

/* What the lines of comment before the next command say, as a caption; *rest moves past them. */
static void caption(char **rest, struct orr_io *io)
{
    while (**rest == '#' || **rest == '\n') {
        const size_t n = strcspn(*rest, "\n");
        if (n > 1) {
            struct orr_str line = {0};
            orr_str_append_n(&line, *rest + 1, n - 1);
            orr_text_neutralise(line.data);
            fprintf(io->err, "%s%s%s\n", io->err_tty && io->color ? "\033[1m" : "",
                    orr_str_c(&line) + strspn(orr_str_c(&line), " "), io->err_tty && io->color ? "\033[0m" : "");
            orr_str_free(&line);
        }
        *rest += n + ((*rest)[n] == '\n');
    }
}

/* With --step: shows the command and waits for a key; false: q, Esc or Ctrl-C. */
static bool go_on(int argc, char **argv, const struct orr_args *args, struct orr_io *io)
{
    if (!orr_args_flag(args, "step") || argc == 0) return true;
    struct orr_str line = {0};
    for (int i = 0; i < argc; i++) orr_shell_append(&line, argv[i]);
    orr_io_say(io, "$ %s", line.data);
    orr_str_free(&line);
    if (!io->err_tty || !isatty(STDIN_FILENO)) return true;
    const int key = orr_terminal_wait_key(STDIN_FILENO, -1);
    return key >= 0 && key != 'q' && key != 27 && !orr_console_signal();
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    const char *path = args->operand[0];
    struct orr_arena arena = {0};
    struct orr_str text = {0};
    struct orr_error err;
    int code = ORR_EXIT_OK, first_bad = ORR_EXIT_OK;
    unsigned number = 0;
    enum orr_status s = read_log(path, &text, &err);
    char *rest = text.data;
    while (s == ORR_OK && rest && *rest && (code == ORR_EXIT_OK || orr_args_flag(args, "keep-going"))) {
        int argc;
        char **argv, where[320];
        caption(&rest, io);
        if (!*rest) break;
        snprintf(where, sizeof where, "%.280s: command %u", path, ++number);
        s = next_command(&arena, where, &rest, &argc, &argv, &err);
        if (s) break;
        if (!go_on(argc, argv, args, io)) break;
        code = run_command(argc, argv, where, args, io, app->store_path);
        if (code != ORR_EXIT_OK && first_bad == ORR_EXIT_OK) first_bad = code;
        if (code == ORR_EXIT_INTERRUPTED) break;
        orr_arena_reset(&arena);
    }
    if (s) first_bad = orr_cli_fail(io, args->verb, &err);
    orr_str_free(&text);
    orr_arena_free(&arena);
    return first_bad;
}

static const struct orr_option options[] = {
    {"keep-going", 'k', ORR_OPT_FLAG, NULL, NULL, "go on after a command that failed", 0, 0},
    {"step", 's', ORR_OPT_FLAG, NULL, NULL, "show each command and wait for a key before it runs; q ends", 0, 0},
    {0},
};

const struct orr_verb orr_verb_replay = {
    .name = "replay",
    .summary = "run a recorded command log again",
    .operands = "FILE",
    .details = "The log has one command per line, as `--record FILE` and the workbench write it; lines that begin with "
               "# are captions, which are shown before the command that they stand above: a recorded lesson. "
               "Prints what the commands print and stops at the first that fails.",
    .examples = "orrery --record session.log\norrery replay session.log --step",
    .options = options,
    .run = run,
};
