/* One long command shared out among processes: each computes the items i with i % shards == shard and keeps what they gave in
 * a file of its own, the fragment; when all are there the same command is run once more with what they hold instead of
 * computing, and prints what a single process would have. Seeds belong to items, so that the number of shards changes nothing.
 *
 * A fragment is text: a header with the command, a line per finished item, a last line. It is appended to as NAME.part, so
 * that a process killed at any moment goes on after its last whole line, and renamed when complete. */
#ifndef ORRERY_APP_SHARDS_H
#define ORRERY_APP_SHARDS_H

#include <stdbool.h>
#include <stddef.h>

#include <orrery/error.h>
#include <orrery/progress.h>

#include "base/str.h"

struct orr_shards; /* NULL wherever one is taken: a single process that computes everything */

/* Shard `shard` of `shards` of the command argv[0..argc) ("eval", "curve", "--quick", ...), its fragment in `folder` (made
 * where missing). An unfinished fragment of the same command goes on with resume, and is EINVAL without; a finished one is
 * EINVAL without and gives *out with orr_shards_done true. EIO, EFULL name the file. */
enum orr_status orr_shards_open(const char *folder, size_t shard, size_t shards, bool resume, int argc,
                                const char *const *argv, struct orr_shards **out, struct orr_error *err);
/* All fragments of a folder, in any order. EINVAL, naming the file, when they are of more than one command, version or
 * number of shards, or when one is missing, unfinished or damaged. ENOTFOUND: there are none. */
enum orr_status orr_shards_merge(const char *folder, struct orr_shards **out, struct orr_error *err);
/* The merged command. Borrowed. */
const char *const *orr_shards_command(const struct orr_shards *s, int *argc);
/* Completes the fragment (when computing went well: `whole`) and frees. NULL-safe. */
enum orr_status orr_shards_close(struct orr_shards *s, bool whole, struct orr_error *err);

bool orr_shards_done(const struct orr_shards *s);           /* an earlier run has finished this shard */
bool orr_shards_partial(const struct orr_shards *s);        /* one shard computes: there is nothing to report yet */
bool orr_shards_merging(const struct orr_shards *s);        /* nothing is to be computed */
bool orr_shards_mine(const struct orr_shards *s, size_t i); /* whether item i is to be computed here */

/* Which part is computed; 0 of 0 without a shard. */
void orr_shards_part(const struct orr_shards *s, size_t *shard, size_t *shards);

/* What the items of a loop write to: plain data without pointers. */
struct orr_region {
    void *data;
    size_t bytes; /* a multiple of 8 */
};
/* From within an item that went wrong or was stopped: it is not kept, no further one starts, and the loop gives false.
 * NULL-safe: then nothing. */
void orr_shards_fail(struct orr_shards *s);
/* orr_parallel_for over those items that are to be computed and are not yet in the fragment; what they change in the regions
 * is kept. Merging, or going on, fills the regions from what was kept. Each item writes only to its own place. A shard
 * computes one item at a time, whatever `threads` says: the processes are the parallelism. false:
 * stopped, or the fragment is not of this loop or cannot be written, which orr_shards_close then says. */
bool orr_shards_for(struct orr_shards *s, size_t n, int threads, void (*item)(void *ctx, size_t i), void *ctx,
                    const struct orr_ticker *ticker, const char *what, const char *unit, const struct orr_region *regions,
                    size_t n_regions);

/* A loop whose items give bytes, of any number, instead of writing to regions: item appends those of i. Merging, take gets
 * those of each item in order and may keep them (and clear *bytes); it calls orr_shards_fail for what does not fit. Never of
 * NULL. false as above. */
bool orr_shards_bytes_for(struct orr_shards *s, size_t n, void (*item)(void *ctx, size_t i, struct orr_str *bytes),
                          void (*take)(void *ctx, size_t i, struct orr_str *bytes), void *ctx, const struct orr_ticker *ticker,
                          const char *what, const char *unit);

/* For commands that print a JSON array with a line per item: keeps those lines that were to be computed here,
 * where `together` lines one after the other are one item. */
enum orr_status orr_shards_keep_lines(struct orr_shards *s, const char *text, size_t together, struct orr_error *err);
/* Merging: the array of all lines in the order of their items. */
void orr_shards_lines(const struct orr_shards *s, struct orr_str *out);

#endif
