/* W&B run files. The file header, lengths, types and checksums are put right first, so that mutations reach what they
 * guard; the first byte's top bit leaves them as they are. */
#include "fuzz.h"

#include <zlib.h>

enum { BLOCK = 32768, HEADER = 7 };

static void mend(uint8_t *file, size_t n)
{
    if (n < HEADER) return;
    memcpy(file, ":W&B\xe1\xbe\0", HEADER);
    for (size_t at = HEADER; n - at >= HEADER;) {
        const size_t left = BLOCK - at % BLOCK;
        if (left < HEADER) {
            if (n - at < left) return;
            at += left;
            continue;
        }
        uint8_t *p = file + at;
        const size_t room = (left < n - at ? left : n - at) - HEADER;
        size_t len = (size_t)p[4] | (size_t)p[5] << 8;
        if (len > room) len %= room + 1;
        p[4] = (uint8_t)len;
        p[5] = (uint8_t)(len >> 8);
        if (p[6] < 1 || p[6] > 4) p[6] = 1 + p[6] % 4;
        const uint32_t crc = (uint32_t)crc32(0, p + 6, (uInt)len + 1);
        for (int i = 0; i < 4; i++) p[i] = (uint8_t)(crc >> (8 * i));
        at += HEADER + len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0) return 0;
    uint8_t *copy = malloc(n);
    memcpy(copy, data, n);
    if (!(data[0] & 0x80)) mend(copy + 1, n - 1);
    fuzz_importer(&orr_format_wandb, copy, n);
    free(copy);
    return 0;
}
