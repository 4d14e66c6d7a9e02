/* Importing: from files and folders to runs in the store. The use case behind `orrery import`.
 *
 * A folder is walked recursively in sorted order; every file is given to the format surest of it, small files are
 * committed together, large ones in pieces. Runs are keyed by the canonical path of their file, so that the same file
 * met again, from wherever, is the same run. What was imported is remembered per file: unchanged files are skipped,
 * grown files of append-only formats are read on from where they ended, other changed files replace their points.
 * Killed at any moment, the store holds what was committed, and the next import goes on from there. */
#ifndef ORRERY_APP_IMPORT_H
#define ORRERY_APP_IMPORT_H

#include "app/app.h"

struct orr_import_result;

struct orr_import_options {
    const char *format;   /* by name; NULL: detect */
    const char *project;  /* of every run that names none; NULL: none */
    const char *group;    /* likewise */
    char separator;       /* CSV; 0: detect */
    bool again;           /* import unchanged files anew */
    bool watch;           /* then follow growing and new files until the tick says stop */
    double interval;      /* seconds between looks while watching; 0: 1 */
    size_t buffer_size;   /* 0: default; tests shrink it */
    uint64_t commit_bytes; /* read per transaction; 0: 64 MiB; tests shrink it */
    int stdin_fd;         /* what "-" reads; the CLI passes STDIN_FILENO */
    /* While watching: called after each batch that was committed, with the totals so far. May be NULL. */
    void (*batch)(void *ctx, const struct orr_import_result *so_far);
    void *ctx;
};

enum orr_import_note_kind {
    ORR_IMPORT_SKIPPED, /* not imported, and why */
    ORR_IMPORT_WARNING, /* part of a file was left out */
    ORR_IMPORT_FAILED,  /* a file could not be imported */
};
struct orr_import_note {
    enum orr_import_note_kind kind;
    const char *where, *message; /* "FILE:LINE" or "FILE" */
};

struct orr_import_row { /* per format */
    const char *format;
    uint64_t files, unchanged, failed, runs, series, points, snapshots, warnings, bytes;
};

struct orr_import_result {
    size_t n_rows;
    struct orr_import_row *rows;  /* by format name */
    struct orr_import_row total;  /* format "total" */
    size_t n_notes;
    struct orr_import_note *notes; /* in order; at most ORR_IMPORT_NOTES, the rest only counted */
    uint64_t skipped;             /* files of no known format */
    uint64_t companions;          /* configuration files read with their run */
    uint64_t notes_dropped;
    double seconds;
    bool partial;                 /* some file failed */
    void *memory;                 /* private */
};
enum { ORR_IMPORT_NOTES = 1000 };

/* Imports files, folders and "-" (standard input) into app->store. Ticks in bytes. ORR_OK also when single files
 * failed (out->partial); ORR_ECANCELLED when the tick said stop while not watching: what was committed stays. An error
 * of the store itself ends the import. *out is valid in every case; free it with orr_import_result_free. */
enum orr_status orr_app_import(struct orr_app *app, const char *const *sources, size_t n,
                               const struct orr_import_options *options, const struct orr_ticker *ticker,
                               struct orr_import_result *out, struct orr_error *err);
void orr_import_result_free(struct orr_import_result *r);

/* The summary as a table: one row per format and a total. Zero-initialise *t before; the caller frees it. */
void orr_import_summary(const struct orr_import_result *r, struct orr_table *t);

#endif
