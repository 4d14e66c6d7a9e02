/* What one record of a W&B run file says. The framing of records in files is wandb.c's. */
#ifndef ORRERY_INGEST_WANDB_RECORD_H
#define ORRERY_INGEST_WANDB_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/str.h"
#include "base/vec.h"
#include "base/protobuf.h"
#include "ingest/sink.h"

struct orr_wandb {
    /* set by the caller */
    struct orr_sink *sink;
    const char *path;    /* for warnings */
    const char *run_key;
    int64_t step;        /* of the last history record; -1 at the start */
    double wall;         /* likewise; NaN at the start */
    /* private; zero at the start */
    uint64_t offset;     /* of the record at hand */
    bool have_run, exited, closed;
    uint32_t run;
    double started;      /* Unix seconds; 0: unknown */
    int64_t stats;       /* records of system statistics so far */
    struct orr_intern warned, logged; /* keys: told as skipped; with a history */
    struct orr_intern summary;        /* keys of the run's summary, and their latest values */
    ORR_VEC(double) summary_value;
    struct orr_str key, text;         /* scratch */
};

/* Takes one record, found at byte `offset` of the file. Only errors of the sink are errors. */
enum orr_status orr_wandb_take(struct orr_wandb *w, struct orr_pb_span record, uint64_t offset, struct orr_error *err);
/* At the end of the file: once the run has ended, summary values that have no history become series of one point. */
enum orr_status orr_wandb_close(struct orr_wandb *w, struct orr_error *err);
/* What a later import must know of what went before, as JSON text; and the way back (text NULL: nothing). */
void orr_wandb_save(const struct orr_wandb *w, struct orr_str *out);
void orr_wandb_restore(struct orr_wandb *w, const char *text);
void orr_wandb_free(struct orr_wandb *w); /* what it owns, not *w */

#endif
