#include "cli/cli.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "base/suggest.h"
#include "cli/args.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/shard_args.h"
#include "cli/verbs.h"

int orr_cli_fail(struct orr_io *io, const struct orr_verb *verb, const struct orr_error *err)
{
    orr_io_say(io, "orrery%s%s: %s%s%s", verb ? " " : "", verb ? verb->name : "", err->where, *err->where ? ": " : "",
               err->message);
    switch (err->code) {
    case ORR_EINVAL: return ORR_EXIT_USAGE;
    case ORR_EBUSY: return ORR_EXIT_RETRY;
    case ORR_ECANCELLED: return orr_console_signal() == SIGINT ? ORR_EXIT_INTERRUPTED : ORR_EXIT_RETRY;
    default: return ORR_EXIT_FAILED;
    }
}

int orr_cli_print_table(struct orr_io *io, const struct orr_args *args, const struct orr_table *t)
{
    struct orr_str text = {0};
    orr_table_print(t, orr_args_format(args), io->width, &text);
    orr_console_clear_bar(io);
    fwrite(orr_str_c(&text), 1, text.len, io->out);
    orr_str_free(&text);
    return ORR_EXIT_OK;
}

enum orr_status orr_cli_find_runs(struct orr_app *app, const struct orr_args *a, size_t first, int64_t **ids, size_t *n,
                                  struct orr_error *err)
{
    *n = 0;
    *ids = orr_xcalloc(a->n_operands, sizeof **ids);
    for (size_t i = first; i < a->n_operands; i++) {
        const enum orr_status s = orr_store_run_find(app->store, a->operand[i], &(*ids)[*n], err);
        if (s) {
            free(*ids);
            *ids = NULL;
            return s;
        }
        ++*n;
    }
    return ORR_OK;
}

/* ---- one command line ---- */

static int unknown_verb(struct orr_io *io, int argc, char *const *argv)
{
    const char *names[128], *word = argv[0], *near = NULL;
    size_t n = 0;
    for (const struct orr_verb *const *v = orr_verbs; *v && n < 128; v++) names[n++] = (*v)->name;
    char two[128];
    snprintf(two, sizeof two, "%s %s", word, argc > 1 ? argv[1] : "");
    for (size_t i = 0; i < n && !near; i++) /* "forecast" alone */
        if (orr_starts_with(names[i], word) && (names[i][strlen(word)] == ' ' || strlen(word) >= 3)) near = names[i];
    if (!near) near = orr_suggest(two, names, n);
    if (!near) near = orr_suggest(word, names, n);
    struct orr_error err;
    if (near)
        orr_error_set(&err, ORR_EINVAL, NULL, "no verb '%s'; did you mean `orrery %s`?", word, near);
    else
        orr_error_set(&err, ORR_EINVAL, NULL, "no verb '%s'; `orrery help` lists them", word);
    return orr_cli_fail(io, NULL, &err);
}

/* Options may stand before the verb: how many words they take. */
static int leading_options(int argc, char *const *argv)
{
    int i = 0;
    while (i < argc && argv[i][0] == '-' && argv[i][1]) {
        const bool takes_value = strcmp(argv[i], "--store") == 0 || strcmp(argv[i], "--record") == 0;
        i += takes_value ? 2 : 1;
    }
    return i < argc ? i : argc;
}

/* Takes `--record FILE` off words[from..to) and returns the file, NULL when there is none: what is left is the command
 * line as it will be replayed. A `--record` without a file stays for the parser to complain about. */
static const char *take_record(char **words, int from, int to, int *n)
{
    const char *path = NULL;
    int kept = from;
    for (int i = from; i < *n; i++) {
        if (i < to && strcmp(words[i], "--") == 0) to = i;
        if (i < to && orr_starts_with(words[i], "--record="))
            path = words[i] + strlen("--record=");
        else if (i + 1 < to && strcmp(words[i], "--record") == 0)
            path = words[++i];
        else
            words[kept++] = words[i];
    }
    words[kept] = NULL;
    *n = kept;
    return path;
}

static enum orr_status open_record(const struct orr_verb *verb, const char *path, int argc, char *const *argv,
                                   FILE **log, struct orr_error *err)
{
    *log = NULL;
    if (!path) return ORR_OK;
    *log = fopen(path, "ae");
    if (!*log) return orr_error_set(err, ORR_EIO, path, "cannot append to the command log: %s", strerror(errno));
    if (verb == &orr_verb_open) return ORR_OK; /* the workbench records what is done in it */
    struct orr_str line = {0};
    orr_shell_append(&line, "orrery");
    for (int i = 0; i < argc; i++) orr_shell_append(&line, argv[i]);
    orr_app_log(&(struct orr_app){.command_log = *log}, line.data);
    orr_str_free(&line);
    return ORR_OK;
}

static int run_verb(const struct orr_verb *verb, const struct orr_args *args, FILE *log, struct orr_arena *arena,
                    struct orr_io *io, const char *store_path)
{
    struct orr_error err = {0};
    const char *given = orr_args_text(args, "store"), *own;
    struct orr_shards *shards;
    enum orr_status s = orr_cli_shards(args, arena, &shards, &own, &err);
    if (s) return orr_cli_fail(io, verb, &err);
    if (orr_shards_done(shards)) {
        orr_shards_close(shards, false, NULL);
        orr_io_say(io, "this shard was finished before");
        return ORR_EXIT_OK;
    }
    if (own && verb->writes_store) given = own; /* workers leave the shared store alone */
    char *path = given || store_path ? orr_xstrdup(given ? given : store_path) : orr_store_default_path();
    struct orr_app app = {.store_path = path, .command_log = log, .shards = shards};
    int code = ORR_EXIT_FAILED;
    if (verb->needs_store || verb->writes_store) {
        const enum orr_store_mode mode = !verb->writes_store ? ORR_STORE_READ
                                         : verb->needs_store ? ORR_STORE_WRITE
                                                             : ORR_STORE_CREATE;
        s = orr_store_open(path, mode, &app.store, &err);
    }
    code = s ? orr_cli_fail(io, verb, &err) : verb->run(&app, args, io);
    orr_app_close(&app);
    s = orr_shards_close(shards, code == ORR_EXIT_OK || code == ORR_EXIT_PARTIAL, &err);
    if (s) code = orr_cli_fail(io, verb, &err);
    free(path);
    return code;
}

/* line[0..argc) is ours to change; record: the command log named before the verb, or NULL. */
static int run_line(int argc, char **line, const char *record, struct orr_arena *arena, struct orr_io *io,
                    const char *store_path)
{
    const int lead = leading_options(argc, line);
    if (lead >= argc) return unknown_verb(io, argc, line);
    int used, code;
    const struct orr_verb *verb = orr_verb_find(argc - lead, line + lead, &used);
    if (!verb) return unknown_verb(io, argc - lead, line + lead);
    const char *path = take_record(line, lead, argc, &argc);
    if (path) record = path;
    struct orr_error err = {0};
    struct orr_args args;
    FILE *log = NULL;
    const int n = argc - used;
    char **words = orr_arena_zalloc(arena, (size_t)n + 1, sizeof *words); /* without the verb's own */
    memcpy(words, line, (size_t)lead * sizeof *words);
    memcpy(words + lead, line + lead + used, (size_t)(n - lead) * sizeof *words);
    enum orr_status s = orr_args_parse(verb, n, words, arena, &args, &err);
    if (s == ORR_OK && orr_args_flag(&args, "help")) {
        struct orr_str text = {0};
        orr_help_verb(verb, io->width, &text);
        fputs(text.data, io->out);
        orr_str_free(&text);
        return ORR_EXIT_OK;
    }
    if (s == ORR_OK) s = open_record(verb, record, argc, line, &log, &err);
    code = s ? orr_cli_fail(io, verb, &err) : run_verb(verb, &args, log, arena, io, store_path);
    if (log) fclose(log);
    return code;
}

int orr_cli_run(int argc, char *const *argv, struct orr_io *io, const char *store_path)
{
    struct orr_arena arena = {0};
    char **line = orr_arena_zalloc(&arena, (size_t)argc + 1, sizeof *line);
    memcpy(line, argv, (size_t)argc * sizeof *line);
    const char *record = take_record(line, 0, leading_options(argc, argv), &argc);
    const int code = run_line(argc, line, record, &arena, io, store_path);
    orr_arena_free(&arena);
    return code;
}

/* ---- the process ---- */

int orr_cli_main(int argc, char **argv)
{
    struct orr_io io;
    setlocale(LC_CTYPE, "");
    orr_console_catch_signals();
    orr_console_open(&io);
    int code;
    const bool only_options = leading_options(argc - 1, argv + 1) >= argc - 1;
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        fputs("orrery " ORR_VERSION "\n", io.out);
        code = ORR_EXIT_OK;
    } else if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        char verb[] = "help", *help[] = {verb, NULL};
        code = orr_cli_run(1, help, &io, NULL);
    } else if (only_options) { /* `orrery`, `orrery --store FILE`: the workbench */
        char verb[] = "open", **words = orr_xcalloc((size_t)argc + 1, sizeof *words);
        memcpy(words + 1, argv + 1, (size_t)(argc - 1) * sizeof *words);
        words[0] = verb;
        code = orr_cli_run(argc, words, &io, NULL);
        free(words);
    } else {
        code = orr_cli_run(argc - 1, argv + 1, &io, NULL);
    }
    code = orr_console_finish(&io, code);
    if (orr_console_signal() == SIGINT) return ORR_EXIT_INTERRUPTED;
    if (orr_console_signal() && code == ORR_EXIT_OK) return ORR_EXIT_RETRY;
    return code;
}
