/* The options of verbs that can be shared out among processes: --shard, --fragments, --resume. */
#ifndef ORRERY_CLI_SHARD_ARGS_H
#define ORRERY_CLI_SHARD_ARGS_H

#include "app/shards.h"
#include "cli/verb.h"

#define ORR_SHARD_OPTIONS                                                                                              \
    {"shard", 0, ORR_OPT_TEXT, "I/N", NULL,                                                                            \
     "with --fragments: only items I, I+N, ... (otherwise from SLURM_ARRAY_TASK_ID and _COUNT, else all)", 0, 0},       \
    {"fragments", 0, ORR_OPT_FILE, "DIR", NULL,                                                                        \
     "keep what was computed there instead of printing it; `orrery merge DIR` prints it", 0, 0},                       \
    {"resume", 0, ORR_OPT_FLAG, NULL, NULL, "with --fragments: go on where an earlier process was stopped", 0, 0}

/* The shard that the command line (or Slurm) asks for; *out NULL when it asks for none or the verb has no such options.
 * *store: the file that a verb which writes runs is to write instead of the store, in the arena; NULL without a shard. */
enum orr_status orr_cli_shards(const struct orr_args *args, struct orr_arena *arena, struct orr_shards **out,
                               const char **store, struct orr_error *err);
/* For verbs that print a line of JSON per item. Before computing: EINVAL for a shard without --json. */
enum orr_status orr_cli_lines_begin(struct orr_app *app, const struct orr_args *args, struct orr_error *err);
/* After it: keeps the lines of a shard (orr_shards_keep_lines), or prints text when there is none. */
enum orr_status orr_cli_lines_end(struct orr_app *app, struct orr_io *io, const struct orr_str *text, size_t together,
                                  struct orr_error *err);
int orr_cli_lines_merged(struct orr_app *app, struct orr_io *io); /* prints the lines of all shards; the exit code */

#endif
