/* TensorBoard event files: TFRecord framing. A record is u64le length, u32le masked CRC-32C of the length, the data,
 * u32le masked CRC-32C of the data. A run is a folder of such files, as in TensorBoard. */
#include <stdio.h>
#include <string.h>

#include "base/reader.h"
#include "base/str.h"
#include "ingest/crc32c.h"
#include "ingest/format.h"
#include "ingest/tfevent.h"

enum {
    HEADER = 12, /* length and its checksum */
    FOOTER = 4,
    RECORD_MAX = 64 << 20, /* larger ones hold images or graphs, never scalars */
    TICK = 1 << 20,        /* bytes between two calls of the ticker */
};

static const char marker[] = "tfevents";

static bool header_holds(const unsigned char *p) { return orr_crc32c_masked(p, 8) == orr_le32(p + 8); }

/* "a/b/events.out.tfevents.1.host" -> "a/b"; what somebody put before "events.out" is kept, because it tells files of
 * one folder apart: "a/exp1_events.out.tfevents.1" -> "a/exp1". */
static size_t run_part(const char *path)
{
    static const char stem[] = "events.out.";
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path, *at = strstr(file, marker);
    if (!at) return strlen(path);
    size_t n = (size_t)(at - path);
    if (at - file >= (ptrdiff_t)strlen(stem) && strncmp(at - strlen(stem), stem, strlen(stem)) == 0) n -= strlen(stem);
    while (n > 0 && strchr("/._-", path[n - 1])) n--;
    return n > 0 ? n : strlen(path);
}

static void warn(struct orr_sink *sink, const char *path, uint64_t offset, const char *what)
{
    char where[320];
    snprintf(where, sizeof where, "%.280s:%llu", path, (unsigned long long)offset);
    orr_sink_warn(sink, where, "%s", what);
}

/* Reads records up to the end, a short tail (in->incomplete) or a damaged length, after which nothing can be found. */
static enum orr_status read_records(struct orr_ingest *in, struct orr_reader *r, struct orr_tfevents *events,
                                    struct orr_error *err)
{
    uint64_t next_tick = 0;
    for (;;) {
        const uint64_t offset = orr_reader_offset(r);
        in->end_offset = offset;
        if (offset >= next_tick) {
            if (!orr_ticker_tick(&in->ticker, in->path, "bytes", offset, orr_reader_size(r)))
                return orr_error_set(err, ORR_ECANCELLED, in->path, "cancelled");
            next_tick = offset + TICK;
        }
        in->paused = in->pause_bytes && offset - in->resume_offset >= in->pause_bytes;
        if (in->paused) return ORR_OK;
        size_t avail;
        const unsigned char *p = orr_reader_peek(r, HEADER, &avail);
        if (!p) return orr_reader_status(r, err);
        if (avail < HEADER) {
            in->incomplete = avail > 0;
            return ORR_OK;
        }
        if (!header_holds(p)) {
            warn(events->sink, in->path, offset, "the length of a record is damaged; the rest of the file was skipped");
            return ORR_OK;
        }
        const uint64_t n = orr_le64(p), left = orr_reader_left(r);
        if (left < HEADER + FOOTER || n > left - HEADER - FOOTER) {
            in->incomplete = true;
            return ORR_OK;
        }
        if (n > RECORD_MAX) {
            warn(events->sink, in->path, offset, "a record of more than 64 MiB was skipped");
        } else {
            p = orr_reader_peek(r, HEADER + (size_t)n + FOOTER, &avail);
            if (!p) return orr_reader_status(r, err);
            if (avail < HEADER + n + FOOTER) { /* cut while we read */
                in->incomplete = true;
                return ORR_OK;
            }
            if (orr_crc32c_masked(p + HEADER, (size_t)n) != orr_le32(p + HEADER + n)) {
                warn(events->sink, in->path, offset, "a record with a wrong checksum was skipped");
            } else {
                const enum orr_status s =
                    orr_tfevents_take(events, (struct orr_pb_span){p + HEADER, (size_t)n}, offset, err);
                if (s) return s;
            }
        }
        orr_reader_skip(r, HEADER + n + FOOTER);
    }
}

static enum orr_status read_file(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    struct orr_reader *r = NULL;
    struct orr_str state = {0};
    struct orr_tfevents events = {.sink = sink, .path = in->path, .run_key = in->run_key,
                                  .run_name = in->run_name ? in->run_name : in->run_key};
    enum orr_status s = orr_reader_open(in->path, in->buffer_size, &r, err);
    if (s) goto out;
    if (in->resume_offset > orr_reader_size(r)) {
        s = orr_error_set(err, ORR_EFORMAT, in->path, "the file got shorter since it was last read; import it afresh");
        goto out;
    }
    if ((s = orr_reader_seek(r, in->resume_offset))) goto out;
    orr_tfevents_restore(&events, in->resume_state);
    if ((s = read_records(in, r, &events, err))) goto out;
    orr_tfevents_save(&events, &state);
    in->state = state.data;
out:
    orr_tfevents_free(&events);
    orr_reader_close(r);
    return s;
}

static int detect(const char *path, const unsigned char *head, size_t n)
{
    const char *slash = strrchr(path, '/');
    const bool named = strstr(slash ? slash + 1 : path, marker) != NULL;
    if (n < HEADER) return named ? 60 : 0; /* just created */
    if (!header_holds(head)) return named ? 40 : 0;
    static const char version[] = "brain.Event:"; /* in the first record of every writer */
    return memmem(head, n, version, strlen(version)) ? 100 : named ? 90 : 0;
}

const struct orr_format orr_format_tensorboard = {
    .name = "tensorboard",
    .summary = "TensorBoard event files (TensorFlow, Keras, PyTorch, YOLO): scalars and hyperparameters",
    .append_only = true,
    .detect = detect,
    .run_part = run_part,
    .read = read_file,
};
