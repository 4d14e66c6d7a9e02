#include "cli/shard_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "cli/args.h"
#include "cli/console.h"

/* What does not change the result, and so is no part of the command that a fragment belongs to. */
static bool beside_the_point(const char *option)
{
    static const char *const names[] = {"shard", "fragments", "resume", "store", "record", "help", "threads", "most-seconds"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(option, names[i])) return true;
    return false;
}

static enum orr_status read_shard(const char *text, size_t *shard, size_t *shards, struct orr_error *err)
{
    const char *id = getenv("SLURM_ARRAY_TASK_ID"), *count = getenv("SLURM_ARRAY_TASK_COUNT"),
               *first = getenv("SLURM_ARRAY_TASK_MIN");
    char end;
    *shard = 0;
    *shards = 1;
    if (!text && id && count) { /* arrays may begin at 1 */
        *shard = strtoull(id, NULL, 10) - (first ? strtoull(first, NULL, 10) : 0);
        *shards = strtoull(count, NULL, 10);
        if (*shard < *shards) return ORR_OK;
        return orr_error_set(err, ORR_EINVAL, "SLURM_ARRAY_TASK_ID", "an array with gaps; name shards by --shard I/N");
    }
    if (!text || (sscanf(text, "%zu/%zu%c", shard, shards, &end) == 2 && *shard < *shards)) return ORR_OK;
    return orr_error_set(err, ORR_EINVAL, "--shard", "expected I/N with 0 <= I < N, not '%s'", text);
}

enum orr_status orr_cli_shards(const struct orr_args *args, struct orr_arena *arena, struct orr_shards **out,
                               const char **store, struct orr_error *err)
{
    *out = NULL;
    *store = NULL;
    if (!orr_args_has(args, "fragments")) return ORR_OK;
    const char *folder = orr_args_text(args, "fragments"), *text = orr_args_text(args, "shard");
    size_t shard, shards;
    if (!folder && (text || orr_args_flag(args, "resume")))
        return orr_error_set(err, ORR_EINVAL, text ? "--shard" : "--resume", "goes with --fragments DIR");
    if (!folder) return ORR_OK;
    enum orr_status s = read_shard(text, &shard, &shards, err);
    if (s) return s;
    ORR_VEC(const char *) words = {0};
    char *verb = orr_arena_strdup(arena, args->verb->name);
    for (char *w = strtok_r(verb, " ", &verb); w; w = strtok_r(NULL, " ", &verb)) ORR_VEC_PUSH(&words, w);
    for (size_t i = 0; i < args->n; i++) {
        const struct orr_option *o = orr_args_option(args->verb, i);
        if (!args->given[i] || beside_the_point(o->name)) continue;
        ORR_VEC_PUSH(&words, o->type == ORR_OPT_FLAG ? orr_arena_printf(arena, "--%s", o->name)
                                                     : orr_arena_printf(arena, "--%s=%s", o->name, args->given[i]));
    }
    if (args->n_operands) ORR_VEC_PUSH(&words, "--");
    for (size_t i = 0; i < args->n_operands; i++) ORR_VEC_PUSH(&words, args->operand[i]);
    s = orr_shards_open(folder, shard, shards, orr_args_flag(args, "resume"), (int)words.len, words.data, out, err);
    free(words.data);
    if (!s) *store = orr_arena_printf(arena, "%s/%zu-of-%zu.db", folder, shard, shards);
    return s;
}

enum orr_status orr_cli_lines_begin(struct orr_app *app, const struct orr_args *args, struct orr_error *err)
{
    if (!app->shards || orr_args_format(args) == ORR_TABLE_JSON) return ORR_OK;
    return orr_error_set(err, ORR_EINVAL, "--fragments", "goes with --json: a line per item");
}

int orr_cli_lines_merged(struct orr_app *app, struct orr_io *io)
{
    struct orr_str text = {0};
    orr_shards_lines(app->shards, &text);
    fwrite(orr_str_c(&text), 1, text.len, io->out);
    orr_str_free(&text);
    return ORR_EXIT_OK;
}

enum orr_status orr_cli_lines_end(struct orr_app *app, struct orr_io *io, const struct orr_str *text, size_t together,
                                  struct orr_error *err)
{
    if (orr_shards_partial(app->shards)) return orr_shards_keep_lines(app->shards, orr_str_c(text), together, err);
    orr_console_clear_bar(io);
    fwrite(orr_str_c(text), 1, text->len, io->out);
    return ORR_OK;
}
