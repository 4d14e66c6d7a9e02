/* CRC-32C (Castagnoli; RFC 3720, appendix B.4): reflected polynomial 0x82F63B78, start and final xor all ones. */
#ifndef ORRERY_INGEST_CRC32C_H
#define ORRERY_INGEST_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* By the processor's instruction where there is one, else by table. */
uint32_t orr_crc32c(const void *bytes, size_t n);
/* The table alone, so that a test can compare the two. */
uint32_t orr_crc32c_table(const void *bytes, size_t n);

/* As TFRecord files store it: a checksum of data that holds checksums would otherwise be weak. */
static inline uint32_t orr_crc32c_masked(const void *bytes, size_t n)
{
    const uint32_t c = orr_crc32c(bytes, n);
    return ((c >> 15) | (c << 17)) + 0xA282EAD8u;
}

#endif
