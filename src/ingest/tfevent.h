/* What one TensorBoard event says: scalars become points, hyperparameters configuration; the rest is skipped and said
 * so once per tag. The framing of events in files is tensorboard.c's. */
#ifndef ORRERY_INGEST_TFEVENT_H
#define ORRERY_INGEST_TFEVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/str.h"
#include "base/protobuf.h"
#include "ingest/sink.h"

struct orr_tfevents {
    /* set by the caller */
    struct orr_sink *sink;
    const char *path;    /* for warnings */
    const char *run_key, *run_name;
    /* private; zero at the start */
    bool begun, have_run;
    uint32_t run;
    double first_wall;
    struct orr_intern tags;
    struct orr_tfevents_tag *tag; /* [tags.len] */
    size_t tag_cap;
    uint32_t last;                /* the tag met last */
};

/* Takes one event, found at byte `offset` of the file. Only errors of the sink are errors. */
enum orr_status orr_tfevents_take(struct orr_tfevents *e, struct orr_pb_span event, uint64_t offset,
                                  struct orr_error *err);
/* What a later import must know of what went before, as JSON text; and the way back (text NULL: nothing). */
void orr_tfevents_save(const struct orr_tfevents *e, struct orr_str *out);
void orr_tfevents_restore(struct orr_tfevents *e, const char *text);
void orr_tfevents_free(struct orr_tfevents *e); /* what it owns, not *e */

#endif
