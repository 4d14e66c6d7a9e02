/* The sparse index of a corpus: an inverted file with compressed postings and the words of every document in order,
 * in one flat file that is mapped into memory. It is a cache: what it is made from lies in the store, and a file
 * that is damaged, of another version or out of date is made anew.
 *
 * Weight of term t in document d, BM25F (Robertson, Zaragoza and Taylor 2004; field-wise length normalisation of
 * Zaragoza et al., TREC 2004):
 *     x(t,d) = sum_f w_f tf(t,f,d) / (1 - b_f + b_f len(f,d) / mean len(f)),   weight = idf(t) x / (k1 + x),
 *     idf(t) = ln(1 + (N - df + 1/2) / (df + 1/2)).
 * x / (k1 + x) lies in (0,1) and is kept in 16 bits. */
#ifndef ORRERY_TEXT_INDEX_H
#define ORRERY_TEXT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/progress.h>

#include "base/str.h"
#include "text/doc.h"

struct orr_bm25f {
    float k1;
    float weight[ORR_FIELDS], b[ORR_FIELDS];
};
/* Chosen on OTT-QA questions that no evaluation reports (see app/eval_tables.h). */
extern const struct orr_bm25f orr_bm25f_default;
/* All fields alike, k1 1.2, b 0.75: what an index without fields has. */
extern const struct orr_bm25f orr_bm25f_plain;

struct orr_index; /* immutable; any number of threads may read it */

/* The documents that an index is to hold. */
struct orr_index_source {
    size_t n;
    const uint64_t *key, *hash; /* [n] what names a document, ascending; the hash of its content */
    /* Document i; *out need only last until the next call. */
    enum orr_status (*fetch)(void *ctx, size_t i, struct orr_doc *out, struct orr_error *err);
    void *ctx;
};

/* Makes the bytes of an index. Documents that `old` (may be NULL) holds with the same key and hash are taken from
 * there without being fetched or tokenised; the result is the same as that of a build from nothing. stamp: kept for
 * the caller, to tell whether the index is up to date. O(words) for what is new, O(postings) for the rest.
 * ECANCELLED by the tick. */
enum orr_status orr_index_build(const struct orr_index *old, const struct orr_index_source *source,
                                const struct orr_bm25f *params, uint64_t stamp, const struct orr_ticker *ticker,
                                struct orr_str *bytes, struct orr_error *err);

/* The same bytes from indices of consecutive documents, which may have been made by different processes: together they hold
 * those of the source, in its order. Nothing is fetched. EFORMAT: they hold other documents, or another stamp. */
enum orr_status orr_index_join(const struct orr_index *const *parts, size_t n, const struct orr_index_source *source,
                               const struct orr_bm25f *params, uint64_t stamp, const struct orr_ticker *ticker,
                               struct orr_str *bytes, struct orr_error *err);

/* Maps a file. ENOTFOUND when there is none; EVERSION: of another version; EFORMAT: damaged (the checksum is over all
 * of it). The caller owns *out. */
enum orr_status orr_index_open(const char *path, struct orr_index **out, struct orr_error *err);
/* Takes over the bytes, *bytes is empty then. */
enum orr_status orr_index_adopt(struct orr_str *bytes, const char *where, struct orr_index **out,
                                struct orr_error *err);
void orr_index_close(struct orr_index *x); /* NULL-safe */

uint64_t orr_index_stamp(const struct orr_index *x);
const struct orr_bm25f *orr_index_params(const struct orr_index *x);
size_t orr_index_bytes(const struct orr_index *x);
uint32_t orr_index_docs(const struct orr_index *x);
uint32_t orr_index_terms(const struct orr_index *x);

struct orr_index_doc {
    uint64_t key, hash;
    const char *id, *title, *section_title; /* borrowed */
    uint32_t length[ORR_FIELDS];            /* words */
    uint32_t rows, columns;
};
void orr_index_doc(const struct orr_index *x, uint32_t doc, struct orr_index_doc *out);
uint64_t orr_index_doc_key(const struct orr_index *x, uint32_t doc);
/* The document of that key, or UINT32_MAX. O(log documents). */
uint32_t orr_index_doc_find(const struct orr_index *x, uint64_t key);

/* Number of a term, UINT32_MAX where no document has it. */
uint32_t orr_index_term(const struct orr_index *x, const char *term, size_t n);
const char *orr_index_term_text(const struct orr_index *x, uint32_t term, size_t *n);
uint32_t orr_index_df(const struct orr_index *x, uint32_t term);
float orr_index_idf(const struct orr_index *x, uint32_t term); /* natural logarithm, > 0 */

/* ---- the words of a document in order ---- */

/* Marks between the words: a cell, a field or a row ends. The fields come in the order of enum orr_field: title,
 * section, text, intro, each ended by FIELD; the header, each cell ended by CELL, then FIELD; rows, each ended by
 * FIELD. */
enum { ORR_MARK_CELL = -1, ORR_MARK_FIELD = -2, ORR_MARK_END = -3 };
struct orr_words {
    const unsigned char *at, *end;
    uint32_t n_terms;
};
struct orr_words orr_index_words(const struct orr_index *x, uint32_t doc);
/* The next term's number or a mark; END for ever after the end, and where the bytes are damaged. */
static inline int32_t orr_words_next(struct orr_words *w)
{
    uint32_t v = 0;
    for (int shift = 0; w->at < w->end && shift < 35; shift += 7) {
        const unsigned char c = *w->at++;
        v |= (uint32_t)(c & 127) << shift;
        if (c < 128) {
            if (v < 2) return v ? ORR_MARK_FIELD : ORR_MARK_CELL;
            if (v - 2 < w->n_terms) return (int32_t)(v - 2);
            break;
        }
    }
    w->at = w->end;
    return ORR_MARK_END;
}

/* ---- postings ---- */

enum { ORR_BLOCK = 128 }; /* postings in a block */
struct orr_posting_block {
    uint32_t n;
    uint32_t doc[ORR_BLOCK];    /* ascending */
    uint16_t weight[ORR_BLOCK]; /* x / (k1 + x) in units of 1/65535 */
};
struct orr_term_blocks {
    uint32_t n;        /* blocks */
    uint64_t first;    /* number of the first one in the file */
    uint16_t heaviest; /* largest weight */
};
struct orr_term_blocks orr_index_blocks(const struct orr_index *x, uint32_t term);
/* First and last document and largest weight of a block, without unpacking it. */
uint32_t orr_block_first(const struct orr_index *x, uint64_t block);
uint32_t orr_block_last(const struct orr_index *x, uint64_t block);
uint16_t orr_block_heaviest(const struct orr_index *x, uint64_t block);
/* Unpacks a block; documents are < orr_index_docs and weights as stored whatever the bytes are. */
void orr_block_read(const struct orr_index *x, uint64_t block, struct orr_posting_block *out);

/* ---- vectors ---- */

/* The vector of a document (text/hashed.h): ORR_HASHED_DIM parts, and their Euclidean length, which a damaged file
 * may have as anything. Its weightiest words by BM25F. Borrowed. */
const int8_t *orr_index_vector(const struct orr_index *x, uint32_t doc, float *length);

#endif
