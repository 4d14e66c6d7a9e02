/* Finding importable files: folders are walked in sorted order, hidden entries left out, symbolic links followed once.
 * What cannot be a log by its extension is skipped unopened. Part of app/import. */
#ifndef ORRERY_APP_WALK_H
#define ORRERY_APP_WALK_H

#include <orrery/error.h>
#include <orrery/progress.h>

#include "base/arena.h"
#include "base/set.h"
#include "base/vec.h"
#include "ingest/format.h"

struct orr_found {
    const char *path; /* canonical */
    const struct orr_format *format;
    int64_t size, mtime_ns; /* of a folder: summed and latest over its files */
    const char *key, *name; /* filled by orr_name_found */
    const char *source;     /* what the store remembers it as; NULL: by path */
};

struct orr_walk {
    /* in */
    const struct orr_format *format; /* take every named file as this one; NULL: detect */
    /* The format of a file, or NULL with *why saying why not (NULL: not worth a word). `named`: by the user. */
    const struct orr_format *(*classify)(void *ctx, const char *path, int64_t size, int64_t mtime_ns, bool named,
                                         const char **why);
    void (*note)(void *ctx, bool failed, const char *path, const char *why);
    void *ctx;
    const struct orr_ticker *ticker;
    /* out */
    ORR_VEC(struct orr_found) found;
    ORR_VEC(const char *) folders; /* visited, for watching */
    uint64_t skipped, companions;
    struct orr_arena arena;        /* owns all strings */
    struct orr_set visited;        /* private: folders, by device and inode */
    bool cancelled;
};

/* Adds what is at `path`. ENOTFOUND where there is nothing; unreadable folders inside are notes. */
enum orr_status orr_walk_add(struct orr_walk *w, const char *path, struct orr_error *err);
/* Sorts by key and path and drops doubles. */
void orr_walk_sort(struct orr_walk *w);
void orr_walk_free(struct orr_walk *w);

/* Key and name of every file found: the key is its canonical path (event files of one folder share theirs), the name
 * the shortest end of the path that tells it from all others, without parts that every log has ("metrics.csv"). */
void orr_name_found(struct orr_walk *w);

#endif
