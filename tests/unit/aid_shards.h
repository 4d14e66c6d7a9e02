/* Whether an evaluation gives the same rows by one process and by three shards, one of them stopped and gone on with. */
#ifndef ORRERY_TESTS_AID_SHARDS_H
#define ORRERY_TESTS_AID_SHARDS_H

#include "app/eval.h"
#include "app/shards.h"

typedef enum orr_status (*aid_eval)(void *ctx, struct orr_shards *shards, const struct orr_ticker *ticker, struct orr_eval *out,
                                    struct orr_error *err);
/* Runs it; fails the test with what differs. What tells a time is not compared. The binary is a suite in a folder. */
void aid_shards_same(aid_eval run, void *ctx);

/* Opens shard i of three of a test's command in `folder`. */
struct orr_shards *aid_shard_open(const char *folder, size_t i, bool resume);
/* A ticker that says stop at its ticks[0]-th tick. */
struct orr_ticker aid_shard_stop(int *ticks);

#endif
