/* Files of vectors with a right checksum, compared with a question whatever they hold. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "text/vectors_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    enum { TABLES = 64, DIM = 4096 };
    const size_t from = offsetof(struct orr_vectors_header, checksum) + sizeof(uint64_t);
    struct orr_vectors *v = NULL;
    struct orr_str bytes = {0};
    struct orr_error err = {.code = ORR_OK};
    if (n < sizeof(struct orr_vectors_header)) return 0;
    orr_str_append_n(&bytes, data, n);
    const uint64_t magic = ORR_VECTORS_MAGIC, sum = XXH3_64bits(bytes.data + from, n - from);
    memcpy(bytes.data, &magic, sizeof magic);
    memcpy(bytes.data + from - sizeof sum, &sum, sizeof sum);
    const enum orr_status s = orr_vectors_adopt(&bytes, "fuzz", &v, &err);
    fuzz_require((s == ORR_OK) == (v != NULL));
    fuzz_require(s == ORR_OK || err.message[0]);
    if (v && orr_vectors_tables(v) <= TABLES && orr_vectors_dim(v) <= DIM) {
        float *q = calloc(DIM, sizeof *q), cosine[TABLES], row[ORR_VECTOR_ROWS];
        struct orr_vector_query query;
        for (int d = 0; d < DIM; d++) q[d] = (float)(d % 7) - 3;
        orr_vector_query_read(v, q, &query);
        orr_vectors_compare(v, &query, cosine);
        for (uint32_t t = 0; t < orr_vectors_tables(v); t++) {
            fuzz_require(orr_vectors_compare_rows(v, &query, t, row) <= ORR_VECTOR_ROWS);
            if (orr_vectors_has_rows(v)) orr_vectors_compare_mini(v, q, t, (const size_t[]){0, 5}, 2);
        }
        orr_vector_query_free(&query);
        free(q);
    }
    orr_vectors_close(v);
    return 0;
}
