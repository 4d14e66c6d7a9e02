/* One const descriptor per import format, listed in ingest/registry.c. */
#ifndef ORRERY_INGEST_FORMAT_H
#define ORRERY_INGEST_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/progress.h>

#include "ingest/sink.h"

struct orr_ingest {
    const char *path;         /* the file, or the folder for formats that are folders (MLflow, checkpoints) */
    const char *run_key;      /* default run key and name: what the format's run_part leaves of the path; never NULL */
    const char *run_name;     /* short name of that run for people; NULL: the run key */
    bool follow;              /* the file may still grow: a last line without newline is left for later */
    uint64_t resume_offset;   /* append-only formats: start here; 0 = from the start */
    const char *resume_state; /* what `state` held when resume_offset was reached; NULL at the start */
    uint64_t pause_bytes;     /* append-only formats may stop after so many bytes, with `paused` set, so that a commit
                                 can be made before the call that resumes; 0: read on to the end */
    size_t buffer_size;       /* 0: default; tests shrink it */
    char separator;           /* CSV: 0 = detect */
    struct orr_ticker ticker; /* unit "bytes" */
    /* out */
    uint64_t end_offset;      /* bytes consumed: a later import may resume here */
    char *state;              /* format's own resume text, owned by the caller (free); NULL = none */
    bool paused;              /* stopped at pause_bytes: call again with the new offset and state */
    bool start_anew;          /* a last line without newline was taken: once the file has grown, resuming would be wrong */
    bool incomplete;          /* a short tail: the file is probably still being written */
};

struct orr_format {
    const char *name;      /* "tensorboard", "wandb", "mlflow", ... as in `orrery import --format` */
    const char *summary;   /* one line for help */
    bool folder;           /* takes a folder, not a file */
    bool append_only;      /* files only ever grow: resume_offset works */
    /* How sure this format is that path is its own, 0 (no) .. 100, from the name and the first bytes
     * head[0..n) (n <= 4096; for a folder n is 0 and the callee may look inside). Reads nothing else. */
    int (*detect)(const char *path, const unsigned char *head, size_t n);
    /* How many bytes of path, from its start, name the run: files that agree in them are one run. NULL: all of it. */
    size_t (*run_part)(const char *path);
    enum orr_status (*read)(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err);
};

/* One line per importer; the table is in registry.c. */
extern const struct orr_format orr_format_tensorboard;
extern const struct orr_format orr_format_wandb;
extern const struct orr_format orr_format_run_folder;
extern const struct orr_format orr_format_checkpoint;
extern const struct orr_format orr_format_csv;
extern const struct orr_format orr_format_counts;
extern const struct orr_format orr_format_lcdb;
extern const struct orr_format orr_format_hf_trainer;
extern const struct orr_format orr_format_jsonl;
extern const struct orr_format orr_format_mlperf;
extern const struct orr_format orr_format_mlflow;
extern const struct orr_format orr_format_mlflow_db;
extern const struct orr_format orr_format_optuna_db;
extern const struct orr_format orr_format_trackio_db;

/* All formats, most specific first; NULL-terminated. */
extern const struct orr_format *const orr_formats[];
/* The format surest of `path` (by its name and first bytes), or NULL. */
const struct orr_format *orr_format_detect(const char *path);
/* The same with how sure it is: below ORR_FORMAT_SURE only a file that the user names is worth trying. */
enum { ORR_FORMAT_SURE = 50 };
const struct orr_format *orr_format_guess(const char *path, int *score);
const struct orr_format *orr_format_by_name(const char *name);

#endif
