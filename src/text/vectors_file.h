/* Layout of the vectors' file, shared by its writer and its reader. Numbers are in the machine's byte order. The header;
 * the tables and one more, for its `first`; then, for vectors, the inverse lengths of all and their parts, for weights
 * the pairs. */
#ifndef ORRERY_TEXT_VECTORS_FILE_H
#define ORRERY_TEXT_VECTORS_FILE_H

#include "text/vectors.h"

#define ORR_VECTORS_MAGIC UINT64_C(0x314345565959524F) /* "ORYYVEC1" */
enum { ORR_VECTORS_VERSION = 1 };

struct orr_vectors_header {
    uint64_t magic, checksum; /* XXH3 of all that follows it */
    uint32_t version, kind;   /* enum orr_encoder_kind */
    uint64_t stamp, encoder;
    uint32_t dim, tables, vectors, rows; /* vectors: in all, or pairs of weights; rows: whether they have vectors */
    char name[ORR_VECTORS_NAME];
};
struct orr_disk_table {
    uint64_t key, hash;
    uint32_t first, unused; /* its own vector; those of its rows follow */
};
struct orr_disk_weight {
    uint32_t piece;
    float weight;
};

/* What the file has of a table. Borrowed. */
struct orr_vectors_entry {
    uint64_t key, hash;
    uint32_t n; /* vectors or pairs */
    const float *inverse;
    const int8_t *part;
    const struct orr_disk_weight *weight;
};
struct orr_vectors_entry orr_vectors_entry(const struct orr_vectors *v, uint32_t t);
/* Rounds to 8 bits; *inverse is 1 / the length of part, 0 for zeros. */
void orr_vector_round(const float *x, size_t n, int8_t *part, float *inverse);

#endif
