/* W&B run files (.wandb): a 7-byte file header, then records cut into chunks within blocks of 32 KiB, as in LevelDB's
 * log. A chunk is u32le CRC-32 of type and data, u16le length, u8 type, the data. After damage, reading goes on at the
 * next block that begins a record. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/reader.h"
#include "base/str.h"
#include "ingest/format.h"
#include "ingest/wandb_record.h"

enum { BLOCK = 32768, HEADER = 7, RECORD_MAX = 64 << 20, TICK = 1 << 20 };
enum chunk_type { FULL = 1, FIRST = 2, MIDDLE = 3, LAST = 4 };

static const unsigned char magic[HEADER] = {':', 'W', '&', 'B', 0xE1, 0xBE, 0};

/* The record that is being put together. */
struct assembly {
    bool open;
    uint64_t offset; /* of its first chunk */
    struct orr_str bytes;
};

enum next { CHUNK, DAMAGED, TAIL /* the file ends within the chunk */, END };

struct chunk {
    enum chunk_type type;
    struct orr_pb_span data;
};

static void warn(struct orr_sink *sink, const char *path, uint64_t offset, const char *what)
{
    char where[320];
    snprintf(where, sizeof where, "%.280s:%llu", path, (unsigned long long)offset);
    orr_sink_warn(sink, where, "%s", what);
}

static uint64_t left_in_block(const struct orr_reader *r) { return BLOCK - orr_reader_offset(r) % BLOCK; }

/* Looks at the chunk at the reader's place, or at the next block where the rest of this one is padding. The chunk's
 * data are valid until the reader moves. */
static enum next look(struct orr_reader *r, struct chunk *c)
{
    if (left_in_block(r) < HEADER) orr_reader_skip(r, left_in_block(r));
    size_t avail;
    const unsigned char *p = orr_reader_peek(r, HEADER, &avail);
    if (!p || avail == 0) return END;
    if (avail < HEADER) return TAIL;
    const size_t n = (size_t)p[4] | (size_t)p[5] << 8;
    c->type = (enum chunk_type)p[6];
    if (n > left_in_block(r) - HEADER || c->type < FULL || c->type > LAST) return DAMAGED;
    const uint32_t crc = orr_le32(p);
    p = orr_reader_peek(r, HEADER + n, &avail);
    if (!p) return END;
    if (avail < HEADER + n) return TAIL;
    if ((uint32_t)crc32(0, p + 6, (uInt)(n + 1)) != crc) return DAMAGED;
    c->data = (struct orr_pb_span){p + HEADER, n};
    return CHUNK;
}

/* Adds a chunk to the assembly; when that completes a record, hands it on. */
static enum orr_status take_chunk(struct orr_wandb *w, struct assembly *a, const struct chunk *c, uint64_t offset,
                                  struct orr_error *err)
{
    if (c->type == FULL || c->type == FIRST) {
        if (a->open) warn(w->sink, w->path, a->offset, "a record without an end was skipped");
        a->open = c->type == FIRST;
        a->offset = offset;
        orr_str_clear(&a->bytes);
        if (c->type == FULL) return orr_wandb_take(w, c->data, offset, err);
    }
    if (!a->open) return ORR_OK; /* the rest of what was lost */
    if (a->bytes.len + c->data.n > RECORD_MAX) {
        warn(w->sink, w->path, a->offset, "a record of more than 64 MiB was skipped");
        a->open = false;
        return ORR_OK;
    }
    orr_str_append_n(&a->bytes, c->data.p, c->data.n);
    if (c->type != LAST) return ORR_OK;
    a->open = false;
    return orr_wandb_take(w, (struct orr_pb_span){(const unsigned char *)a->bytes.data, a->bytes.len}, a->offset, err);
}

static enum orr_status read_chunks(struct orr_ingest *in, struct orr_reader *r, struct orr_wandb *w, struct assembly *a,
                                   struct orr_error *err)
{
    uint64_t next_tick = 0;
    for (;;) {
        struct chunk c = {0};
        const enum next next = look(r, &c);
        const uint64_t offset = orr_reader_offset(r);
        if (offset >= next_tick) {
            if (!orr_ticker_tick(&in->ticker, in->path, "bytes", offset, orr_reader_size(r)))
                return orr_error_set(err, ORR_ECANCELLED, in->path, "cancelled");
            next_tick = offset + TICK;
        }
        if (!a->open) {
            in->end_offset = offset;
            in->paused = in->pause_bytes && offset - in->resume_offset >= in->pause_bytes;
            if (in->paused) return ORR_OK;
        }
        switch (next) {
        case CHUNK: {
            const enum orr_status s = take_chunk(w, a, &c, offset, err);
            if (s) return s;
            orr_reader_skip(r, HEADER + c.data.n);
            break;
        }
        case DAMAGED:
            warn(w->sink, w->path, offset, "a damaged chunk: the rest of its block of 32 KiB was skipped");
            a->open = false;
            orr_reader_skip(r, left_in_block(r));
            break;
        case TAIL:
        case END:
            in->incomplete = next == TAIL || a->open;
            return orr_reader_status(r, err);
        }
    }
}

static enum orr_status read_file(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    struct orr_reader *r = NULL;
    struct assembly a = {0};
    struct orr_wandb w = {.sink = sink, .path = in->path, .run_key = in->run_key, .step = -1,
                          .wall = NAN};
    struct orr_str state = {0};
    size_t avail;
    enum orr_status s = orr_reader_open(in->path, in->buffer_size, &r, err);
    if (s) goto out;
    const unsigned char *p = orr_reader_peek(r, HEADER, &avail);
    if (!p) {
        s = orr_reader_status(r, err);
        goto out;
    }
    if (avail < HEADER && memcmp(p, magic, avail) == 0) { /* just created */
        in->incomplete = true;
        goto out;
    }
    if (avail < HEADER || memcmp(p, magic, HEADER) != 0) {
        s = orr_error_set(err, ORR_EFORMAT, in->path, "not a W&B run file: it does not begin with \":W&B\"");
        goto out;
    }
    if (in->resume_offset > orr_reader_size(r)) {
        s = orr_error_set(err, ORR_EFORMAT, in->path, "the file got shorter since it was last read; import it afresh");
        goto out;
    }
    if ((s = orr_reader_seek(r, in->resume_offset > HEADER ? in->resume_offset : HEADER))) goto out;
    orr_wandb_restore(&w, in->resume_state);
    if ((s = read_chunks(in, r, &w, &a, err))) goto out;
    if (!in->incomplete && !in->paused && (s = orr_wandb_close(&w, err))) goto out;
    orr_wandb_save(&w, &state);
    in->state = state.data;
out:
    orr_wandb_free(&w);
    orr_str_free(&a.bytes);
    orr_reader_close(r);
    return s;
}

static int detect(const char *path, const unsigned char *head, size_t n)
{
    if (n >= HEADER && memcmp(head, magic, HEADER) == 0) return 100;
    return orr_ends_with(path, ".wandb") ? 50 : 0;
}

const struct orr_format orr_format_wandb = {
    .name = "wandb",
    .summary = "W&B run files (.wandb): history, configuration, summary and system statistics",
    .append_only = true,
    .detect = detect,
    .read = read_file,
};
