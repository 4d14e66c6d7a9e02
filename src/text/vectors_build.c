/* Making vectors: what the old file has is copied, the rest is read and encoded in batches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "base/vec.h"
#include "text/passage.h"
#include "text/vectors_file.h"

enum { BATCH = 32 /* texts between two ticks, or the rows of one table */ };

struct build {
    const struct orr_vectors *old;
    struct orr_encoder *encoder;
    bool rows;
    size_t dim;
    ORR_VEC(struct orr_disk_table) tables;
    ORR_VEC(float) inverse;
    struct orr_str parts; /* int8 (vectors, dim) */
    ORR_VEC(struct orr_disk_weight) weights;
    uint32_t at; /* table of the old file: keys ascend in both */
    ORR_VEC(char *) texts;
    float *out; /* (BATCH, dim) */
};

/* Encodes what was collected. Weights come one text a table, so that their pairs end where the table does. */
static enum orr_status flush(struct build *b, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < b->texts.len && !s; i += BATCH) {
        const size_t n = b->texts.len - i < BATCH ? b->texts.len - i : BATCH;
        s = orr_encoder_encode(b->encoder, ORR_ENCODER_PASSAGE, (const char *const *)b->texts.data + i, n, b->out, NULL,
                               err);
        for (size_t k = 0; k < n && !s; k++) {
            const float *x = b->out + k * b->dim;
            if (b->encoder->kind == ORR_ENCODER_WEIGHTS) {
                for (uint32_t d = 0; d < b->dim; d++)
                    if (x[d] > 0) ORR_VEC_PUSH(&b->weights, (struct orr_disk_weight){d, x[d]});
                continue;
            }
            float inverse;
            int8_t *part = orr_xmalloc(b->dim);
            orr_vector_round(x, b->dim, part, &inverse);
            ORR_VEC_PUSH(&b->inverse, inverse);
            orr_str_append_n(&b->parts, part, b->dim);
            free(part);
        }
    }
    for (size_t i = 0; i < b->texts.len; i++) free(b->texts.data[i]);
    b->texts.len = 0;
    return s;
}

/* Whether the old file has this table. */
static bool is_kept(struct build *b, uint64_t key, uint64_t hash)
{
    while (b->old && b->at < orr_vectors_tables(b->old) && orr_vectors_entry(b->old, b->at).key < key) b->at++;
    if (!b->old || b->at >= orr_vectors_tables(b->old)) return false;
    const struct orr_vectors_entry e = orr_vectors_entry(b->old, b->at);
    return e.key == key && e.hash == hash;
}

static void copy(struct build *b)
{
    const struct orr_vectors_entry e = orr_vectors_entry(b->old, b->at);
    for (uint32_t i = 0; i < e.n; i++) {
        if (e.weight)
            ORR_VEC_PUSH(&b->weights, e.weight[i]);
        else
            ORR_VEC_PUSH(&b->inverse, e.inverse[i]);
    }
    if (e.part) orr_str_append_n(&b->parts, e.part, (size_t)e.n * b->dim);
}

static void collect(struct build *b, const struct orr_doc *d)
{
    struct orr_str text = {0};
    orr_passage_table(d, &text);
    ORR_VEC_PUSH(&b->texts, text.data);
    for (size_t r = 0; b->rows && r < d->rows && r < ORR_VECTOR_ROWS; r++) {
        struct orr_str row = {0};
        orr_passage_row(d, r, &row);
        ORR_VEC_PUSH(&b->texts, row.data);
    }
}

static enum orr_status read_all(struct build *b, const struct orr_index_source *source, const struct orr_ticker *ticker,
                                struct orr_error *err)
{
    const bool weights = b->encoder->kind == ORR_ENCODER_WEIGHTS;
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < source->n && !s; i++) {
        const size_t have = weights ? b->weights.len : b->inverse.len + b->texts.len;
        ORR_VEC_PUSH(&b->tables, (struct orr_disk_table){source->key[i], source->hash[i], (uint32_t)have, 0});
        if (is_kept(b, source->key[i], source->hash[i])) {
            s = flush(b, err); /* what was collected comes before it */
            if (!s) copy(b);
        } else {
            struct orr_doc d;
            s = source->fetch(source->ctx, i, &d, err);
            if (!s) collect(b, &d);
            const bool last = (i + 1) % ORR_VECTORS_TOGETHER == 0;
            if (!s && (weights || last || b->texts.len >= BATCH)) s = flush(b, err);
        }
        if (!s && have > INT32_MAX - 1000000)
            s = orr_error_set(err, ORR_EINVAL, "vectors", "more than the file can hold");
        if (!s && !orr_ticker_tick(ticker, "encoding", "tables", i, source->n))
            s = orr_error_set(err, ORR_ECANCELLED, "vectors", "stopped");
    }
    return s ? s : flush(b, err);
}

static void write_file(const struct build *b, const struct orr_encoder *encoder, const char *name, uint64_t stamp,
                       struct orr_str *out)
{
    const bool weights = encoder->kind == ORR_ENCODER_WEIGHTS;
    const uint32_t n = (uint32_t)(weights ? b->weights.len : b->inverse.len);
    struct orr_vectors_header h = {.magic = ORR_VECTORS_MAGIC,
                                   .version = ORR_VECTORS_VERSION,
                                   .kind = encoder->kind,
                                   .stamp = stamp,
                                   .encoder = encoder->hash,
                                   .dim = (uint32_t)b->dim,
                                   .tables = (uint32_t)b->tables.len,
                                   .vectors = n,
                                   .rows = b->rows};
    snprintf(h.name, sizeof h.name, "%s", name);
    const struct orr_disk_table last = {0, 0, n, 0};
    orr_str_append_n(out, &h, sizeof h);
    orr_str_append_n(out, b->tables.data, b->tables.len * sizeof *b->tables.data);
    orr_str_append_n(out, &last, sizeof last);
    orr_str_append_n(out, b->weights.data, b->weights.len * sizeof *b->weights.data);
    orr_str_append_n(out, b->inverse.data, b->inverse.len * sizeof *b->inverse.data);
    orr_str_append_n(out, b->parts.data, b->parts.len);
    const size_t from = offsetof(struct orr_vectors_header, checksum) + sizeof h.checksum;
    h.checksum = XXH3_64bits(out->data + from, out->len - from);
    memcpy(out->data, &h, sizeof h);
}

/* Whether vectors are of this encoder and say no more and no less of a table. */
static bool same_kind(const struct orr_vectors *v, const struct orr_encoder *encoder, bool rows)
{
    return orr_vectors_encoder(v) == encoder->hash && orr_vectors_dim(v) == encoder->dim && orr_vectors_has_rows(v) == rows;
}

static void drop(struct build *b)
{
    for (size_t i = 0; i < b->texts.len; i++) free(b->texts.data[i]);
    free(b->texts.data);
    free(b->tables.data);
    free(b->inverse.data);
    free(b->weights.data);
    orr_str_free(&b->parts);
    free(b->out);
}

enum orr_status orr_vectors_build(const struct orr_vectors *old, const struct orr_index_source *source,
                                  struct orr_encoder *encoder, const char *name, bool rows, uint64_t stamp,
                                  const struct orr_ticker *ticker, struct orr_str *bytes, struct orr_error *err)
{
    struct build b = {.encoder = encoder, .rows = rows && encoder->kind == ORR_ENCODER_VECTORS};
    if (encoder->kind == ORR_ENCODER_PAIRS)
        return orr_error_set(err, ORR_EINVAL, "encoder", "a cross-encoder gives no vectors; it can only re-rank");
    b.dim = (size_t)encoder->dim;
    if (old && same_kind(old, encoder, b.rows)) b.old = old;
    b.out = orr_alloc(BATCH, b.dim * sizeof *b.out);
    enum orr_status s =
        b.out ? read_all(&b, source, ticker, err)
              : orr_error_set(err, ORR_ENOMEM, "vectors", "no memory for %d vectors of %zu", BATCH, b.dim);
    if (!s) write_file(&b, encoder, name, stamp, bytes);
    drop(&b);
    return s;
}

enum orr_status orr_vectors_join(const struct orr_vectors *const *parts, size_t n, const struct orr_index_source *source,
                                 const struct orr_encoder *encoder, const char *name, bool rows, uint64_t stamp,
                                 struct orr_str *bytes, struct orr_error *err)
{
    struct build b = {.rows = rows && encoder->kind == ORR_ENCODER_VECTORS, .dim = (size_t)encoder->dim};
    bool good = true;
    for (size_t k = 0; k < n && good; k++) {
        b.old = parts[k];
        good = same_kind(b.old, encoder, b.rows) && orr_vectors_stamp(b.old) == stamp;
        for (b.at = 0; good && b.at < orr_vectors_tables(b.old); b.at++) {
            const struct orr_vectors_entry e = orr_vectors_entry(b.old, b.at);
            const size_t t = b.tables.len, have = e.weight ? b.weights.len : b.inverse.len;
            good = t < source->n && e.key == source->key[t] && e.hash == source->hash[t] && have < INT32_MAX - 1000000;
            ORR_VEC_PUSH(&b.tables, (struct orr_disk_table){e.key, e.hash, (uint32_t)have, 0});
            copy(&b);
        }
    }
    good = good && b.tables.len == source->n;
    if (good) write_file(&b, encoder, name, stamp, bytes);
    drop(&b);
    return good ? ORR_OK
                : orr_error_set(err, ORR_EFORMAT, "vectors",
                                "the parts are not those of these tables; encode them anew");
}
