/* Vectors of the tables of a corpus by one encoder (text/encoder.h), in a flat file that is mapped into memory: one of
 * each table as a whole and one of each of its first rows. A part is kept in 8 bits, in units of the vector's largest
 * one: a product reads a quarter of the memory, and cosines move by less than 0.01. Weights of pieces are kept as the
 * pieces that have any. A cache like the index: what is damaged, of another encoder or out of date is made anew. */
#ifndef ORRERY_TEXT_VECTORS_H
#define ORRERY_TEXT_VECTORS_H

#include "base/str.h"
#include "text/encoder.h"
#include "text/index.h"

enum {
    ORR_VECTOR_ROWS = 20 /* of a table that have vectors */,
    ORR_VECTORS_NAME = 1024,
    /* Tables in whose batches no others are: a source cut at multiples of it has the same vectors in its parts. */
    ORR_VECTORS_TOGETHER = 32
};

struct orr_vectors; /* immutable; any number of threads may read it */

/* Makes the bytes of a file for the documents of `source`, in their order. What `old` (may be NULL) has of the same
 * encoder, key and hash is taken from there. name: kept for the caller, to find the encoder again; at most
 * ORR_VECTORS_NAME - 1 bytes of it. rows: whether rows get vectors; never for weights. ECANCELLED by the tick;
 * EINVAL for a cross-encoder. Encodes every new table once, and its rows. */
enum orr_status orr_vectors_build(const struct orr_vectors *old, const struct orr_index_source *source,
                                  struct orr_encoder *encoder, const char *name, bool rows, uint64_t stamp,
                                  const struct orr_ticker *ticker, struct orr_str *bytes, struct orr_error *err);
/* The file of a whole source from those of its parts, in their order. EFORMAT: not of this encoder, these tables, this
 * stamp. Parts are borrowed. */
enum orr_status orr_vectors_join(const struct orr_vectors *const *parts, size_t n, const struct orr_index_source *source,
                                 const struct orr_encoder *encoder, const char *name, bool rows, uint64_t stamp,
                                 struct orr_str *bytes, struct orr_error *err);
/* As orr_index_open and orr_index_adopt. */
enum orr_status orr_vectors_open(const char *path, struct orr_vectors **out, struct orr_error *err);
enum orr_status orr_vectors_adopt(struct orr_str *bytes, const char *where, struct orr_vectors **out,
                                  struct orr_error *err);
void orr_vectors_close(struct orr_vectors *v); /* NULL-safe */

uint64_t orr_vectors_stamp(const struct orr_vectors *v);
uint64_t orr_vectors_encoder(const struct orr_vectors *v); /* its hash */
const char *orr_vectors_name(const struct orr_vectors *v);
size_t orr_vectors_bytes(const struct orr_vectors *v);
uint32_t orr_vectors_tables(const struct orr_vectors *v);
bool orr_vectors_has_rows(const struct orr_vectors *v);
int orr_vectors_dim(const struct orr_vectors *v);

/* A question's vector (dim) in the form in which it is compared; free parts. */
struct orr_vector_query {
    int8_t *part;        /* [dim] */
    float inverse;       /* 1 / length of part */
    const float *weight; /* the vector itself, borrowed */
};
void orr_vector_query_read(const struct orr_vectors *v, const float *q, struct orr_vector_query *out);
void orr_vector_query_free(struct orr_vector_query *q);

/* cosine[t] with every table, O(tables x dim); with weights the product over that of the best table, by an inverted file. */
void orr_vectors_compare(const struct orr_vectors *v, const struct orr_vector_query *q, float *cosine);
/* cosine[r] with the rows of table t that have vectors, at most ORR_VECTOR_ROWS; returns how many. */
size_t orr_vectors_compare_rows(const struct orr_vectors *v, const struct orr_vector_query *q, uint32_t t,
                                float *cosine);
/* The mini-table of n rows of table t: the cosine of the question with the sum of their vectors and the table's own. */
float orr_vectors_compare_mini(const struct orr_vectors *v, const float *q, uint32_t t, const size_t *rows, size_t n);

#endif
