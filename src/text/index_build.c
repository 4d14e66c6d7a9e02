/* Making an index: words of all documents first, then counts, then weights, which need the mean lengths. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/intern.h"
#include "base/mem.h"
#include "base/vec.h"
#include "text/index_file.h"
#include "text/token.h"

const struct orr_bm25f orr_bm25f_default = {
    .k1 = 2,
    .weight = {32, 4, 0.25F, 0.25F, 4, 0.5F},
    .b = {0.5F, 0.5F, 0.5F, 0.95F, 0.75F, 0.95F},
};
const struct orr_bm25f orr_bm25f_plain = {
    .k1 = 1.2F,
    .weight = {1, 1, 1, 1, 1, 1},
    .b = {0.75F, 0.75F, 0.75F, 0.75F, 0.75F, 0.75F},
};

struct posting {
    uint32_t doc;
    uint16_t weight;
};

struct build {
    const struct orr_index *old;
    const struct orr_bm25f *params;
    struct orr_tokeniser *tokeniser;
    struct orr_intern terms;
    ORR_VEC(struct orr_disk_doc) docs;
    struct orr_str names, words;
    uint32_t *renamed;     /* [terms of old] number here + 1, 0: not met yet */
    uint32_t *field_words; /* counts up the words of the field being read */
    /* per term */
    uint32_t *df, *start;
    float *x; /* of the document at hand */
    struct posting *postings;
    uint64_t n_postings;
    struct orr_disk_vector *vectors; /* [docs] */
};

/* ---- words ---- */

static void put_number(struct orr_str *s, uint32_t v)
{
    unsigned char bytes[5];
    size_t n = 0;
    for (; v >= 128; v >>= 7) bytes[n++] = (unsigned char)(v | 128);
    bytes[n++] = (unsigned char)v;
    orr_str_append_n(s, bytes, n);
}

static void put_term(void *ctx, const char *term, size_t n, size_t at, size_t bytes)
{
    (void)at, (void)bytes;
    struct build *b = ctx;
    put_number(&b->words, orr_intern_add(&b->terms, 0, term, n) + 2);
    ++*b->field_words;
}

static void put_text(struct build *b, const char *text, uint32_t mark)
{
    orr_tokenise(b->tokeniser, text, strlen(text), put_term, b);
    put_number(&b->words, mark);
}

static void put_fetched(struct build *b, const struct orr_doc *d, struct orr_disk_doc *out)
{
    const char *const texts[] = {d->title, d->section_title, d->section_text, d->intro};
    for (int f = ORR_FIELD_TITLE; f <= ORR_FIELD_INTRO; f++) {
        b->field_words = &out->length[f];
        if (f == ORR_FIELD_TEXT && d->description)
            orr_tokenise(b->tokeniser, d->description, strlen(d->description), put_term, b);
        put_text(b, texts[f], 1);
    }
    b->field_words = &out->length[ORR_FIELD_HEADER];
    for (size_t c = 0; c < d->columns; c++) put_text(b, d->header[c], 0);
    put_number(&b->words, 1);
    b->field_words = &out->length[ORR_FIELD_CELLS];
    for (size_t r = 0; r < d->rows; r++) {
        for (size_t c = 0; c < d->columns; c++) put_text(b, orr_doc_cell(d, r, c), 0);
        put_number(&b->words, 1);
    }
    out->rows = (uint32_t)d->rows;
    out->columns = (uint32_t)d->columns;
    const char *const names[] = {d->id, d->title, d->section_title};
    for (size_t i = 0; i < 3; i++) orr_str_append_n(&b->names, names[i], strlen(names[i]) + 1);
}

/* The words as the old index has them, with the terms numbered anew. */
static void put_known(struct build *b, uint32_t doc, struct orr_disk_doc *out)
{
    struct orr_index_doc known;
    orr_index_doc(b->old, doc, &known);
    struct orr_words w = orr_index_words(b->old, doc);
    for (int32_t term; (term = orr_words_next(&w)) != ORR_MARK_END;) {
        if (term < 0) {
            put_number(&b->words, term == ORR_MARK_FIELD);
            continue;
        }
        if (!b->renamed[term]) {
            size_t n;
            const char *text = orr_index_term_text(b->old, (uint32_t)term, &n);
            b->renamed[term] = orr_intern_add(&b->terms, 0, text, n) + 1;
        }
        put_number(&b->words, b->renamed[term] + 1);
    }
    memcpy(out->length, known.length, sizeof out->length);
    out->rows = known.rows;
    out->columns = known.columns;
    const char *const names[] = {known.id, known.title, known.section_title};
    for (size_t i = 0; i < 3; i++) orr_str_append_n(&b->names, names[i], strlen(names[i]) + 1);
}

static void take_from(struct build *b, const struct orr_index *old)
{
    free(b->renamed);
    b->old = old;
    b->renamed = old ? orr_xcalloc((size_t)orr_index_terms(old) + 1, sizeof *b->renamed) : NULL;
}

static enum orr_status read_all(struct build *b, const struct orr_index_source *source, const struct orr_ticker *ticker,
                                struct orr_error *err)
{
    if (source->n >= INT32_MAX) return orr_error_set(err, ORR_EUNSUPPORTED, "index", "too many tables for one corpus");
    for (size_t i = 0; i < source->n; i++) {
        if (i && source->key[i] <= source->key[i - 1])
            return orr_error_set(err, ORR_EINVAL, "index", "keys must ascend");
        if (i % 64 == 0 && !orr_ticker_tick(ticker, "indexing", "tables", i, source->n))
            return orr_error_set(err, ORR_ECANCELLED, "index", "stopped");
        struct orr_disk_doc doc = {
            .key = source->key[i], .hash = source->hash[i], .words_at = b->words.len, .names_at = b->names.len};
        const uint32_t known = b->old ? orr_index_doc_find(b->old, source->key[i]) : UINT32_MAX;
        struct orr_index_doc at = {0};
        if (known != UINT32_MAX) orr_index_doc(b->old, known, &at);
        if (known != UINT32_MAX && at.hash == source->hash[i]) {
            put_known(b, known, &doc);
        } else {
            struct orr_doc d;
            const enum orr_status status = source->fetch(source->ctx, i, &d, err);
            if (status != ORR_OK) return status;
            put_fetched(b, &d, &doc);
        }
        ORR_VEC_PUSH(&b->docs, doc);
    }
    return ORR_OK;
}

static enum orr_status read_parts(struct build *b, const struct orr_index *const *parts, size_t n,
                                  const struct orr_index_source *source, uint64_t stamp, const struct orr_ticker *ticker,
                                  struct orr_error *err)
{
    bool good = source->n < INT32_MAX;
    for (size_t k = 0; k < n && good; k++) {
        take_from(b, parts[k]);
        good = orr_index_stamp(parts[k]) == stamp;
        for (uint32_t i = 0; good && i < orr_index_docs(parts[k]); i++) {
            struct orr_index_doc d;
            const size_t at = b->docs.len;
            orr_index_doc(parts[k], i, &d);
            good = at < source->n && d.key == source->key[at] && d.hash == source->hash[at];
            struct orr_disk_doc doc = {.key = d.key, .hash = d.hash, .words_at = b->words.len, .names_at = b->names.len};
            put_known(b, i, &doc);
            ORR_VEC_PUSH(&b->docs, doc);
        }
        if (!orr_ticker_tick(ticker, "joining", "parts", k, n)) return orr_error_set(err, ORR_ECANCELLED, "index", "stopped");
    }
    return good && b->docs.len == source->n
               ? ORR_OK
               : orr_error_set(err, ORR_EFORMAT, "index", "the parts are not those of these tables; make them anew");
}

/* ---- weights ---- */

static struct orr_words words_of(const struct build *b, size_t doc)
{
    const unsigned char *all = (const unsigned char *)orr_str_c(&b->words);
    const uint64_t to = doc + 1 < b->docs.len ? b->docs.data[doc + 1].words_at : b->words.len;
    return (struct orr_words){all + b->docs.data[doc].words_at, all + to, b->terms.len};
}

/* Calls for each word of a document with its field. */
static int32_t next_in_field(struct orr_words *w, int *field)
{
    int32_t term;
    while ((term = orr_words_next(w)) == ORR_MARK_CELL || term == ORR_MARK_FIELD)
        if (term == ORR_MARK_FIELD && *field < ORR_FIELD_CELLS) ++*field;
    return term;
}

static void count(struct build *b)
{
    uint32_t *seen = orr_xcalloc((size_t)b->terms.len + 1, sizeof *seen); /* document + 1 */
    b->df = orr_xcalloc((size_t)b->terms.len + 1, sizeof *b->df);
    for (size_t doc = 0; doc < b->docs.len; doc++) {
        struct orr_words w = words_of(b, doc);
        for (int32_t t; (t = orr_words_next(&w)) != ORR_MARK_END;) {
            if (t < 0 || seen[t] == doc + 1) continue;
            seen[t] = (uint32_t)doc + 1;
            b->df[t]++;
            b->n_postings++;
        }
    }
    free(seen);
}

struct heavy {
    uint32_t term;
    float weight;
};
static int heaviest_first(const void *a, const void *b)
{
    const struct heavy *x = a, *y = b;
    if (x->weight != y->weight) return x->weight < y->weight ? 1 : -1;
    return (x->term > y->term) - (x->term < y->term);
}

/* The vector of a document from its words, weighted as they count in a score. */
static void encode(const struct build *b, struct heavy *words, size_t n, struct orr_disk_vector *out)
{
    float v[ORR_HASHED_DIM] = {0};
    if (n) qsort(words, n, sizeof *words, heaviest_first);
    for (size_t i = 0; i < n && i < ORR_HASHED_WORDS; i++) {
        const struct orr_intern_entry *e = &b->terms.entries[words[i].term];
        orr_encode_word(e->text, e->n, words[i].weight, v);
    }
    out->length = orr_encode_round(v, out->part);
}

static enum orr_status weigh(struct build *b, struct orr_error *err)
{
    double mean[ORR_FIELDS] = {0};
    for (size_t doc = 0; doc < b->docs.len; doc++)
        for (int f = 0; f < ORR_FIELDS; f++) mean[f] += b->docs.data[doc].length[f];
    for (int f = 0; f < ORR_FIELDS; f++) mean[f] = mean[f] > 0 ? mean[f] / (double)b->docs.len : 1;
    b->postings = orr_alloc((size_t)b->n_postings + 1, sizeof *b->postings);
    b->start = orr_alloc((size_t)b->terms.len + 1, sizeof *b->start);
    b->x = orr_alloc((size_t)b->terms.len + 1, sizeof *b->x);
    b->vectors = orr_alloc(b->docs.len + 1, sizeof *b->vectors);
    if (!b->postings || !b->start || !b->x || !b->vectors || b->n_postings > UINT32_MAX)
        return orr_error_set(err, ORR_ENOMEM, "index", "no memory for %llu postings",
                             (unsigned long long)b->n_postings);
    uint32_t at = 0;
    for (uint32_t t = 0; t < b->terms.len; at += b->df[t++]) b->start[t] = at, b->x[t] = 0;
    ORR_VEC(uint32_t) met = {0};
    ORR_VEC(struct heavy) heavy = {0};
    const float docs = (float)b->docs.len;
    for (size_t doc = 0; doc < b->docs.len; doc++) {
        float each[ORR_FIELDS];
        for (int f = 0; f < ORR_FIELDS; f++) {
            const float length = (float)(b->docs.data[doc].length[f] / mean[f]);
            each[f] = b->params->weight[f] / (1 - b->params->b[f] + b->params->b[f] * length);
        }
        struct orr_words w = words_of(b, doc);
        int field = 0;
        met.len = heavy.len = 0;
        for (int32_t t; (t = next_in_field(&w, &field)) != ORR_MARK_END;) {
            if (b->x[t] == 0) ORR_VEC_PUSH(&met, (uint32_t)t);
            b->x[t] += each[field] > 0 ? each[field] : 1e-6F;
        }
        for (size_t i = 0; i < met.len; i++) {
            const uint32_t t = met.data[i];
            const float weight = b->x[t] / (b->params->k1 + b->x[t]);
            b->postings[b->start[t]++] = (struct posting){(uint32_t)doc, (uint16_t)(weight * 65535 + 0.5F)};
            ORR_VEC_PUSH(
                &heavy, (struct heavy){t, weight * log1pf((docs - (float)b->df[t] + 0.5F) / ((float)b->df[t] + 0.5F))});
            b->x[t] = 0;
        }
        encode(b, heavy.data, heavy.len, &b->vectors[doc]);
    }
    free(met.data);
    free(heavy.data);
    return ORR_OK;
}

/* ---- the file ---- */

static void begin_part(struct orr_str *out, struct orr_index_header *h, enum orr_index_part part)
{
    while (out->len % 8) orr_str_append_char(out, 0);
    h->at[part] = out->len;
}

static void end_part(struct orr_str *out, struct orr_index_header *h, enum orr_index_part part)
{
    h->size[part] = out->len - h->at[part];
}

static void write_part(struct orr_str *out, struct orr_index_header *h, enum orr_index_part part, const void *bytes,
                       size_t n)
{
    begin_part(out, h, part);
    orr_str_append_n(out, bytes, n);
    end_part(out, h, part);
}

static struct orr_disk_block pack(const struct posting *p, uint32_t n, struct orr_str *out)
{
    struct orr_disk_block b = {.at = out->len, .first = p[0].doc, .last = p[n - 1].doc, .n = (uint8_t)n};
    uint32_t widest = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i) widest |= p[i].doc - p[i - 1].doc;
        if (p[i].weight > b.heaviest) b.heaviest = p[i].weight;
    }
    while (b.width < 32 && widest >> b.width) b.width++;
    uint64_t bits = 0;
    unsigned have = 0;
    for (uint32_t i = 1; i < n; i++) {
        bits |= (uint64_t)(p[i].doc - p[i - 1].doc) << have;
        for (have += b.width; have >= 8; have -= 8, bits >>= 8) orr_str_append_char(out, (char)(bits & 255));
    }
    if (have) orr_str_append_char(out, (char)(bits & 255));
    for (uint32_t i = 0; i < n; i++) orr_str_append_n(out, &p[i].weight, 2);
    return b;
}

/* Terms, their spelling and their blocks; after weigh() start[t] is where the postings of t end. */
static void write_terms(struct build *b, struct orr_str *out, struct orr_index_header *h)
{
    struct orr_disk_term *terms = orr_xcalloc((size_t)b->terms.len + 1, sizeof *terms);
    ORR_VEC(struct orr_disk_block) blocks = {0};
    struct orr_str spelling = {0}, packed = {0};
    for (uint32_t t = 0; t < b->terms.len; t++) {
        const struct orr_intern_entry *e = &b->terms.entries[t];
        const struct posting *p = b->postings + (b->start[t] - b->df[t]);
        terms[t] = (struct orr_disk_term){.spelling_at = (uint32_t)spelling.len,
                                          .spelling_n = (uint16_t)e->n,
                                          .df = b->df[t],
                                          .first_block = (uint32_t)blocks.len};
        orr_str_append_n(&spelling, e->text, e->n);
        for (uint32_t i = 0; i < b->df[t]; i += ORR_BLOCK) {
            const uint32_t left = b->df[t] - i;
            ORR_VEC_PUSH(&blocks, pack(p + i, left < ORR_BLOCK ? left : ORR_BLOCK, &packed));
            if (blocks.data[blocks.len - 1].heaviest > terms[t].heaviest)
                terms[t].heaviest = blocks.data[blocks.len - 1].heaviest;
        }
    }
    write_part(out, h, ORR_PART_TERMS, terms, b->terms.len * sizeof *terms);
    write_part(out, h, ORR_PART_SPELLING, orr_str_c(&spelling), spelling.len);
    write_part(out, h, ORR_PART_BLOCKS, blocks.data, blocks.len * sizeof *blocks.data);
    write_part(out, h, ORR_PART_POSTINGS, orr_str_c(&packed), packed.len);
    free(terms);
    free(blocks.data);
    orr_str_free(&spelling);
    orr_str_free(&packed);
}

static void write_slots(const struct build *b, struct orr_str *out, struct orr_index_header *h)
{
    uint32_t n = 16;
    while (n < 2 * b->terms.len) n *= 2;
    uint32_t *slots = orr_xcalloc(n, sizeof *slots);
    for (uint32_t t = 0; t < b->terms.len; t++) {
        uint32_t at = (uint32_t)XXH3_64bits(b->terms.entries[t].text, b->terms.entries[t].n) & (n - 1);
        while (slots[at]) at = (at + 1) & (n - 1);
        slots[at] = t + 1;
    }
    write_part(out, h, ORR_PART_SLOTS, slots, n * sizeof *slots);
    free(slots);
}

static void write_file(struct build *b, uint64_t stamp, struct orr_str *out)
{
    struct orr_index_header h = {.magic = ORR_INDEX_MAGIC,
                                 .version = ORR_INDEX_VERSION,
                                 .header_bytes = sizeof h,
                                 .stamp = stamp,
                                 .docs = (uint32_t)b->docs.len,
                                 .terms = b->terms.len,
                                 .postings = b->n_postings,
                                 .params = *b->params};
    orr_str_append_n(out, &h, sizeof h);
    write_part(out, &h, ORR_PART_DOCS, b->docs.data, b->docs.len * sizeof *b->docs.data);
    write_part(out, &h, ORR_PART_NAMES, orr_str_c(&b->names), b->names.len);
    write_part(out, &h, ORR_PART_WORDS, orr_str_c(&b->words), b->words.len);
    write_terms(b, out, &h);
    write_slots(b, out, &h);
    write_part(out, &h, ORR_PART_VECTORS, b->vectors, b->docs.len * sizeof *b->vectors);
    h.bytes = out->len;
    h.checksum = XXH3_64bits(out->data + sizeof h, out->len - sizeof h);
    h.header_checksum = XXH3_64bits(&h, offsetof(struct orr_index_header, header_checksum));
    memcpy(out->data, &h, sizeof h);
}

/* What follows when all words are there; frees. */
static enum orr_status finish(struct build *b, enum orr_status status, uint64_t stamp, struct orr_str *bytes,
                              struct orr_error *err)
{
    if (status == ORR_OK && b->terms.len >= INT32_MAX)
        status = orr_error_set(err, ORR_EUNSUPPORTED, "index", "too many words");
    if (status == ORR_OK) {
        count(b);
        status = weigh(b, err);
    }
    if (status == ORR_OK) write_file(b, stamp, bytes);
    orr_tokeniser_free(b->tokeniser);
    orr_intern_free(&b->terms);
    free(b->docs.data);
    orr_str_free(&b->names);
    orr_str_free(&b->words);
    free(b->renamed);
    free(b->df);
    free(b->start);
    free(b->x);
    free(b->postings);
    free(b->vectors);
    return status;
}

enum orr_status orr_index_build(const struct orr_index *old, const struct orr_index_source *source,
                                const struct orr_bm25f *params, uint64_t stamp, const struct orr_ticker *ticker,
                                struct orr_str *bytes, struct orr_error *err)
{
    struct build b = {.params = params, .tokeniser = orr_tokeniser_new()};
    take_from(&b, old);
    return finish(&b, read_all(&b, source, ticker, err), stamp, bytes, err);
}

enum orr_status orr_index_join(const struct orr_index *const *parts, size_t n, const struct orr_index_source *source,
                               const struct orr_bm25f *params, uint64_t stamp, const struct orr_ticker *ticker,
                               struct orr_str *bytes, struct orr_error *err)
{
    struct build b = {.params = params};
    return finish(&b, read_parts(&b, parts, n, source, stamp, ticker, err), stamp, bytes, err);
}
