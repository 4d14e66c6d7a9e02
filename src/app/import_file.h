/* One file into the store: the sink that connects an importer with it, and what is remembered of the file. Part of
 * app/import, which owns transactions and batches. */
#ifndef ORRERY_APP_IMPORT_FILE_H
#define ORRERY_APP_IMPORT_FILE_H

#include <orrery/store.h>

#include "app/walk.h"
#include "base/set.h"

enum orr_plan { ORR_PLAN_NEW, ORR_PLAN_UNCHANGED, ORR_PLAN_RESUME, ORR_PLAN_REPLACE };

/* What the store remembers of a file and what follows from it. Strings are the caller's arena's. */
struct orr_file_plan {
    enum orr_plan plan;
    uint64_t offset;
    const char *state;
};
enum orr_status orr_plan_file(struct orr_store *store, const struct orr_found *f, bool again, struct orr_arena *arena,
                              struct orr_file_plan *out, struct orr_error *err);

/* What one file added. */
struct orr_file_result {
    struct orr_set runs;   /* ids */
    struct orr_set series; /* hashes of run and name */
    uint64_t points, snapshots, bytes, warnings;
};
void orr_file_result_free(struct orr_file_result *r);

struct orr_file_job {
    struct orr_store *store;
    const struct orr_found *file;
    const struct orr_file_plan *plan;
    const char *project, *group; /* where the file names none; may be NULL */
    char separator;
    bool follow;
    size_t buffer_size;
    uint64_t piece_bytes; /* a large append-only file is committed in pieces of this size */
    struct orr_ticker ticker;
    /* Runs whose points were cleared in this transaction: files that share a run clear it once. */
    struct orr_set *cleared_runs;
    void (*warn)(void *ctx, const char *where, const char *message);
    /* Called between the pieces of a large file, in a transaction: commits and begins the next one. */
    enum orr_status (*commit)(void *ctx, struct orr_error *err);
    void *ctx;
};
/* Imports in the transaction that is open. *store_failed: the error is the store's, not the file's. */
enum orr_status orr_import_file(const struct orr_file_job *job, struct orr_file_result *out, bool *store_failed,
                                struct orr_error *err);

#endif
