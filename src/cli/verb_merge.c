/* orrery merge: what several processes have computed, put together. */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/args.h"
#include "cli/console.h"
#include "cli/help.h"
#include "cli/shard_args.h"
#include "cli/verbs.h"

static void print_count(struct orr_io *io, const struct orr_args *args, size_t stores, size_t added, size_t present)
{
    static const char *const names[] = {"stores", "added", "already_there"};
    const size_t cells[] = {stores, added, present};
    struct orr_table t = {0};
    orr_table_init(&t, 1, 3);
    for (size_t i = 0; i < 3; i++) {
        orr_table_column(&t, i, names[i], ORR_CELL_INTEGER);
        orr_table_set_number(&t, 0, i, (double)cells[i]);
    }
    orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
}

/* Runs of one store, or of the stores in a folder, into the store. */
static enum orr_status merge_stores(struct orr_app *app, char *const *path, size_t n, struct orr_io *io, size_t *added,
                                    size_t *present, struct orr_error *err)
{
    enum orr_status s = app->store ? ORR_OK : orr_store_open(app->store_path, ORR_STORE_CREATE, &app->store, err);
    for (size_t i = 0; i < n && !s; i++) {
        size_t a, p;
        s = orr_store_merge(app->store, path[i], &a, &p, &io->ticker, err);
        *added += a;
        *present += p;
    }
    return s;
}

/* The command of the fragments once more, with what they hold instead of computing, in the format asked for here. */
static int report(struct orr_app *app, const struct orr_args *asked, const char *folder, struct orr_io *io, struct orr_error *err)
{
    static const char *const formats[] = {"json", "csv", "markdown"};
    struct orr_arena arena = {0};
    struct orr_args args;
    int argc, used = 0, code = ORR_EXIT_FAILED;
    enum orr_status s = orr_shards_merge(folder, &app->shards, err);
    if (s) return orr_cli_fail(io, &orr_verb_merge, err);
    const char *const *words = orr_shards_command(app->shards, &argc);
    char **argv = orr_arena_zalloc(&arena, (size_t)argc + 2, sizeof *argv);
    for (int i = 0; i < argc; i++) argv[i] = orr_arena_strdup(&arena, words[i]);
    const struct orr_verb *verb = orr_verb_find(argc, argv, &used);
    for (size_t i = 0; i < 3; i++)
        if (orr_args_flag(asked, formats[i])) { /* right behind the verb: operands may follow a "--" */
            memmove(argv + used + 1, argv + used, (size_t)(argc++ - used) * sizeof *argv);
            argv[used] = orr_arena_printf(&arena, "--%s", formats[i]);
            break;
        }
    if (!verb)
        s = orr_error_set(err, ORR_EFORMAT, folder, "holds fragments of a verb that this Orrery does not have");
    else
        s = orr_args_parse(verb, argc - used, argv + used, &arena, &args, err);
    if (!s && !orr_args_has(&args, "fragments"))
        s = orr_error_set(err, ORR_EFORMAT, folder, "holds fragments of `orrery %s`, which cannot be shared out", verb->name);
    code = s ? orr_cli_fail(io, &orr_verb_merge, err) : verb->run(app, &args, io);
    s = orr_shards_close(app->shards, false, err);
    app->shards = NULL;
    if (s && code == ORR_EXIT_OK) code = orr_cli_fail(io, &orr_verb_merge, err);
    orr_arena_free(&arena);
    return code;
}

static int merge(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_error err = {0};
    size_t added = 0, present = 0, stores = 0;
    enum orr_status s = ORR_OK;
    int code = ORR_EXIT_OK;
    for (size_t i = 0; i < args->n_operands && !s && code == ORR_EXIT_OK; i++) {
        const char *const what = args->operand[i];
        struct stat st;
        if (stat(what, &st) || !S_ISDIR(st.st_mode)) { /* opening says what is wrong with it */
            s = merge_stores(app, args->operand + i, 1, io, &added, &present, &err);
            stores++;
            continue;
        }
        struct orr_str pattern = {0};
        glob_t found = {0};
        orr_str_printf(&pattern, "%s/*-of-*.db", what);
        glob(pattern.data, 0, NULL, &found);
        if (found.gl_pathc) { /* runs: the fragments only say that all are there */
            s = orr_shards_merge(what, &app->shards, &err);
            orr_shards_close(app->shards, false, NULL);
            app->shards = NULL;
            if (!s) s = merge_stores(app, found.gl_pathv, found.gl_pathc, io, &added, &present, &err);
            stores += found.gl_pathc;
        } else {
            code = report(app, args, what, io, &err);
        }
        globfree(&found);
        orr_str_free(&pattern);
    }
    if (s) return orr_cli_fail(io, args->verb, &err);
    if (stores) print_count(io, args, stores, added, present);
    return code;
}

const struct orr_verb orr_verb_merge = {
    .name = "merge",
    .summary = "put together what several processes have computed",
    .operands = "DIR|STORE...",
    .details =
        "A command with --fragments DIR computes a part (--shard I/N, or the tasks of a Slurm array) and keeps it in DIR; with "
        "all parts there this prints what one process would have printed, the same bytes but for times, or in the format asked for "
        "here. Order and number of "
        "processes do not matter, and merging again changes nothing.\n\n"
        "Runs of `orrery lab sweep --fragments` are kept in small stores in DIR; merging copies them into the store, and so it "
        "does with any other store named: runs that are here already, by their key, are left as they are.\n\n"
        "A missing or unfinished part is named with the option that completes it. A process killed at any moment, or stopped "
        "by SIGTERM or SIGUSR1 (exit status 3), goes on with --resume.",
    .examples = "orrery eval curve --fragments parts --shard 0/2 & orrery eval curve --fragments parts --shard 1/2; wait; "
                "orrery merge parts\n"
                "sbatch --array=0-7 --wrap 'orrery lab sweep sweep.json --fragments parts --resume'\n"
                "orrery merge colleague.db",
    .run = merge,
};
