/* Batch verbs: one const descriptor each, listed in cli/verbs.c. The option table of a verb is the only source of its
 * parser, --help, `orrery help --json`, shell completion and man page. stdout is data, stderr is narration. */
#ifndef ORRERY_CLI_VERB_H
#define ORRERY_CLI_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <orrery/error.h>

#include "app/app.h"

enum orr_exit { ORR_EXIT_OK = 0, ORR_EXIT_FAILED = 1, ORR_EXIT_USAGE = 2, ORR_EXIT_RETRY = 3, ORR_EXIT_PARTIAL = 4,
                ORR_EXIT_INTERRUPTED = 130 };

/* LIST: parted by commas ("\\," is a comma in a name), may be given several times. */
enum orr_option_type {
    ORR_OPT_FLAG, ORR_OPT_TEXT, ORR_OPT_LIST, ORR_OPT_INT, ORR_OPT_NUMBER, ORR_OPT_CHOICE, ORR_OPT_FILE
};
struct orr_option {
    const char *name;         /* long name without dashes */
    char letter;              /* short form or 0 */
    enum orr_option_type type;
    const char *value;        /* placeholder: "N", "FILE"; for CHOICE "a|b|c"; NULL for flags */
    const char *fallback;     /* default as text; NULL: none */
    const char *help;
    double min, max;          /* INT and NUMBER, inclusive; both 0: no limit */
};

/* What a verb gets: parsed options and where to write. */
struct orr_args {
    const struct orr_verb *verb;
    const char *const *given; /* [options] text as given or fallback; NULL: absent */
    size_t n;
    char *const *operand;     /* positional arguments */
    size_t n_operands;
};
/* By name, the verb's own options or the common ones; the type was checked by the parser. A name that the verb does not
 * have is a bug and aborts. An INT or NUMBER that
 * was not given and has no fallback reads as 0. */
const char *orr_args_text(const struct orr_args *a, const char *name);
bool orr_args_flag(const struct orr_args *a, const char *name);
int64_t orr_args_int(const struct orr_args *a, const char *name);
double orr_args_number(const struct orr_args *a, const char *name);
bool orr_args_has(const struct orr_args *a, const char *name);                       /* the verb has such an option */
const struct orr_option *orr_args_option(const struct orr_verb *v, size_t i);        /* the one that given[i] belongs to */
/* The parts of a LIST in the arena; *n is 0 where it was not given. */
const char *const *orr_args_list(const struct orr_args *a, const char *name, struct orr_arena *arena, size_t *n);

struct orr_io {
    FILE *out, *err;
    bool out_tty, err_tty, color;
    int width; /* terminal columns of out, 0 when not a terminal */
    struct orr_ticker ticker; /* draws the progress bar on a terminal and honours Ctrl-C */
};

struct orr_verb {
    const char *name;     /* "runs", or two words: "forecast adoption" */
    const char *summary;  /* one line */
    const char *operands; /* "[RUN...]" */
    const char *details;  /* paragraphs for --help and the man page */
    const char *examples; /* one command per line */
    const struct orr_option *options; /* ends with name NULL; --store --json --csv --markdown --help come by themselves */
    bool needs_store;     /* opened before run, must exist; without it app->store is NULL */
    bool writes_store;    /* opened for writing; created when missing unless needs_store is set too */
    int (*run)(struct orr_app *app, const struct orr_args *args, struct orr_io *io); /* an orr_exit */
};
extern const struct orr_verb *const orr_verbs[]; /* NULL-terminated */
/* --store --json --csv --markdown --record --help, before the verb or after it; no verb has options of these names. */
extern const struct orr_option orr_common_options[];

/* Parses and runs one command line (argv[0] is the verb's first word). Used by main, the palette and replay. */
int orr_cli_run(int argc, char *const *argv, struct orr_io *io, const char *store_path);
/* Prints "orrery VERB: WHERE: MESSAGE" to io->err and returns the exit code that fits the status. */
int orr_cli_fail(struct orr_io *io, const struct orr_verb *verb, const struct orr_error *err);
enum orr_table_format orr_args_format(const struct orr_args *a); /* from --json, --csv, --markdown */
/* Prints a table in the format asked for, cut to the terminal where there is one; returns ORR_EXIT_OK. */
int orr_cli_print_table(struct orr_io *io, const struct orr_args *args, const struct orr_table *t);
/* The runs that the operands from `first` on name, by id, name or key. The caller frees *ids. */
enum orr_status orr_cli_find_runs(struct orr_app *app, const struct orr_args *a, size_t first, int64_t **ids,
                                  size_t *n, struct orr_error *err);
/* One line of narration to io->err (a newline is added), after taking the progress bar off the line. Text from outside
 * is made harmless. */
void orr_io_say(struct orr_io *io, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
