/* Layout of the index file, shared by its writer and its reader. Numbers are in the machine's byte order; `magic` reads
 * otherwise on a machine of another one. Every part begins at a multiple of 8. */
#ifndef ORRERY_TEXT_INDEX_FILE_H
#define ORRERY_TEXT_INDEX_FILE_H

#include "text/hashed.h"
#include "text/index.h"

#define ORR_INDEX_MAGIC UINT64_C(0x3149585959524F) /* "ORYYXI1" */
enum { ORR_INDEX_VERSION = 2 };

enum orr_index_part {
    ORR_PART_DOCS,     /* struct orr_disk_doc [n_docs] */
    ORR_PART_NAMES,    /* "id\0title\0section title\0" per document */
    ORR_PART_WORDS,    /* LEB128 numbers: 0 cell ends, 1 field or row ends, else term + 2 */
    ORR_PART_TERMS,    /* struct orr_disk_term [n_terms], in order of first appearance */
    ORR_PART_SPELLING, /* the terms' bytes */
    ORR_PART_SLOTS,    /* uint32_t [power of two], hash -> term + 1 */
    ORR_PART_BLOCKS,   /* struct orr_disk_block [n_blocks], by term, then by document */
    ORR_PART_POSTINGS, /* per block: gaps packed in `width` bits, least bit first, padded to a byte; then weights, 16 bits */
    ORR_PART_VECTORS, /* struct orr_disk_vector [n_docs] */
    ORR_PARTS
};

struct orr_index_header {
    uint64_t magic;
    uint32_t version, header_bytes;
    uint64_t stamp, bytes, checksum; /* bytes: of the whole file; checksum: XXH3 of all behind the header */
    uint32_t docs, terms;
    uint64_t postings;
    struct orr_bm25f params;
    uint32_t unused;
    uint64_t at[ORR_PARTS], size[ORR_PARTS];
    uint64_t header_checksum; /* XXH3 of the header up to here */
};

struct orr_disk_doc {
    uint64_t key, hash, words_at, names_at;
    uint32_t length[ORR_FIELDS], rows, columns;
};
struct orr_disk_vector {
    float length; /* of part[] */
    int8_t part[ORR_HASHED_DIM];
};
struct orr_disk_term {
    uint32_t spelling_at;
    uint16_t spelling_n, heaviest;
    uint32_t df, first_block;
};
struct orr_disk_block {
    uint64_t at;          /* in POSTINGS */
    uint32_t first, last; /* documents; the gaps follow for all but the first */
    uint16_t heaviest;
    uint8_t n, width;
    uint32_t unused;
};

#endif
