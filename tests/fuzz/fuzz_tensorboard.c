/* Event files. Checksums are put right first, so that mutations reach what they guard; the first byte's top bit leaves
 * them as they are. */
#include "fuzz.h"

#include "ingest/crc32c.h"

static void put_le(uint8_t *p, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++) p[i] = (uint8_t)(x >> (8 * i));
}

static void mend(uint8_t *p, size_t n)
{
    while (n >= 16) {
        uint64_t len = 0;
        for (int i = 8; i-- > 0;) len = len << 8 | p[i];
        if (len > n - 16) len %= n - 15;
        put_le(p, len, 8);
        put_le(p + 8, orr_crc32c_masked(p, 8), 4);
        put_le(p + 12 + len, orr_crc32c_masked(p + 12, (size_t)len), 4);
        p += 16 + len;
        n -= 16 + (size_t)len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0) return 0;
    uint8_t *copy = malloc(n);
    memcpy(copy, data, n);
    if (!(data[0] & 0x80)) mend(copy + 1, n - 1);
    fuzz_importer(&orr_format_tensorboard, copy, n);
    free(copy);
    return 0;
}
