/* orrery pool: lists of candidates, kept in the store. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <orrery/pool.h>

#include "app/pool.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/stdin_file.h"
#include "cli/verbs.h"

static int add(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_error err;
    FILE *f = NULL;
    char path[64];
    size_t n = 0;
    enum orr_status s = ORR_OK;
    if (args->n_operands != 2) {
        orr_error_set(&err, ORR_EINVAL, NULL, "name the pool, and its file, or - for standard input");
        return orr_cli_fail(io, args->verb, &err);
    }
    const bool piped = !strcmp(args->operand[1], "-");
    if (piped) s = orr_cli_stdin_file(&f, path, &err);
    if (!s)
        s = orr_app_pool_add(app->store, args->operand[0], piped ? path : args->operand[1],
                             piped ? "standard input" : args->operand[1], orr_args_text(args, "column"),
                             &io->ticker, &n, &err);
    if (f) fclose(f);
    if (s) return orr_cli_fail(io, args->verb, &err);
    orr_io_say(io, "pool %s: %zu candidates", args->operand[0], n);
    return ORR_EXIT_OK;
}

static int list(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_table t = {0};
    struct orr_error err;
    const enum orr_status s = orr_app_pool_table(app->store, &t, &err);
    const int code = s ? orr_cli_fail(io, args->verb, &err) : orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
    return code;
}

static int show(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_pool p = {0};
    struct orr_error err;
    struct stat st;
    int64_t stored;
    enum orr_status s = ORR_OK;
    if (args->n_operands != 1) {
        orr_error_set(&err, ORR_EINVAL, NULL, "name one pool");
        return orr_cli_fail(io, args->verb, &err);
    }
    if (stat(app->store_path, &st) == 0) s = orr_store_open(app->store_path, ORR_STORE_READ, &app->store, &err);
    if (!s) s = orr_pool_read(app->store, args->operand[0], orr_args_text(args, "column"), &io->ticker, &p, &stored, &err);
    if (s) {
        orr_pool_free(&p);
        return orr_cli_fail(io, args->verb, &err);
    }
    if (orr_args_format(args) == ORR_TABLE_TEXT) { /* lines, as `pool add` reads them; they may come from anywhere */
        for (size_t i = 0; i < p.text.len; i++) {
            char *line = orr_xstrdup(p.text.data[i]);
            orr_text_neutralise(line);
            fprintf(io->out, "%s\n", line);
            free(line);
        }
    } else {
        struct orr_table t = {0};
        orr_table_init(&t, p.text.len, 1);
        orr_table_column(&t, 0, "candidate", ORR_CELL_TEXT);
        for (size_t i = 0; i < p.text.len; i++) orr_table_set_text(&t, i, 0, p.text.data[i]);
        orr_cli_print_table(io, args, &t);
        orr_table_free(&t);
    }
    orr_pool_free(&p);
    return ORR_EXIT_OK;
}

static int remove_pools(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_error err;
    if (args->n_operands == 0) {
        orr_error_set(&err, ORR_EINVAL, NULL, "name the pools to remove");
        return orr_cli_fail(io, args->verb, &err);
    }
    for (size_t i = 0; i < args->n_operands; i++) {
        if (orr_store_pool_remove(app->store, args->operand[i], &err) != ORR_OK) return orr_cli_fail(io, args->verb, &err);
        orr_io_say(io, "removed pool %s", args->operand[i]);
    }
    return ORR_EXIT_OK;
}

static const struct orr_option add_options[] = {
    {"column", 'c', ORR_OPT_TEXT, "NAME|N", NULL,
     "of a table: a name in its header, or a number where there is none (otherwise 1); of JSON objects a member", 0, 0},
    {0},
};

const struct orr_verb orr_verb_pool_add = {
    .name = "pool add",
    .summary = "keep the candidates of a file in the store",
    .operands = "NAME FILE|-",
    .details = "FILE has a candidate per line; a .csv or .tsv one per row (--column); a .jsonl a string or an object per line "
               "(its text, name or candidate, or --column). All may be gzipped; - is standard input, a line each. Equal "
               "candidates are kept once; a pool of that name is replaced. The first `orrery select NAME` with a model turns "
               "them into tokens, which are kept too, for every vocabulary that meets them.",
    .examples = "orrery pool add codes codes.csv --column description\nprintf 'cat\\ndog\\n' | orrery pool add pets -",
    .options = add_options,
    .writes_store = true,
    .run = add,
};
const struct orr_verb orr_verb_pool_list = {
    .name = "pool list",
    .summary = "list the pools of the store, and those built in",
    .operands = "",
    .details = "With the number of candidates, and of vocabularies in which their tokens are kept.",
    .examples = "orrery pool list\norrery pool list --json",
    .needs_store = true,
    .run = list,
};
const struct orr_verb orr_verb_pool_show = {
    .name = "pool show",
    .summary = "print the candidates of a pool",
    .operands = "POOL",
    .details = "One a line, as `orrery pool add` reads them. POOL is whatever `orrery select` takes: a pool of the store, a "
               "file, wordnet:N, or =A,B,C.",
    .examples = "orrery pool show codes\norrery pool show wordnet:1000 >words.txt",
    .options = add_options,
    .run = show,
};
const struct orr_verb orr_verb_pool_remove = {
    .name = "pool remove",
    .summary = "take pools out of the store",
    .operands = "NAME...",
    .details = "With their tokens; the files that they came from stay.",
    .examples = "orrery pool remove codes",
    .needs_store = true,
    .writes_store = true,
    .run = remove_pools,
};
