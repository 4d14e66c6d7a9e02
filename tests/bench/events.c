#include "events.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <orrery/rng.h>

#include "ingest/crc32c.h"

static unsigned char *put_le(unsigned char *p, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++) *p++ = (unsigned char)(x >> (8 * i));
    return p;
}

static unsigned char *put_varint(unsigned char *p, uint64_t x)
{
    for (; x >= 0x80; x >>= 7) *p++ = (unsigned char)(x | 0x80);
    *p++ = (unsigned char)x;
    return p;
}

/* Event {1: wall, 2: step, 5: {1: {1: tag, 2: value}}}; returns its length. */
static size_t put_event(unsigned char *out, double wall, uint64_t step, const char *tag, float value)
{
    const size_t tag_n = strlen(tag), value_n = 2 + tag_n + 5;
    uint64_t wall_bits;
    uint32_t bits;
    memcpy(&wall_bits, &wall, 8);
    memcpy(&bits, &value, 4);
    unsigned char *p = out;
    *p++ = 1 << 3 | 1;
    p = put_le(p, wall_bits, 8);
    *p++ = 2 << 3;
    p = put_varint(p, step);
    *p++ = 5 << 3 | 2;
    p = put_varint(p, value_n + 2);
    *p++ = 1 << 3 | 2;
    p = put_varint(p, value_n);
    *p++ = 1 << 3 | 2;
    p = put_varint(p, tag_n);
    memcpy(p, tag, tag_n);
    p += tag_n;
    *p++ = 2 << 3 | 5;
    return (size_t)(put_le(p, bits, 4) - out);
}

bool orr_bench_write_events(const char *path, size_t n)
{
    static const char *const tags[] = {"train/loss", "train/accuracy", "lr"};
    FILE *f = fopen(path, "wb");
    if (!f) return false;
    struct orr_rng rng;
    orr_rng_seed(&rng, 1, 0);
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        const double step = (double)(i / 3), noise = orr_rng_uniform(&rng);
        const double value[] = {2 / sqrt(step + 1) + 0.1 * noise, 1 - 1 / sqrt(step + 1) * noise,
                                1e-3 / (1 + 1e-5 * step)};
        unsigned char record[128], *p = record + 12;
        const size_t len = put_event(p, 1.7e9 + 0.05 * (double)i, i / 3, tags[i % 3], (float)value[i % 3]);
        put_le(record, len, 8);
        put_le(record + 8, orr_crc32c_masked(record, 8), 4);
        put_le(p + len, orr_crc32c_masked(p, len), 4);
        ok = fwrite(record, 1, len + 16, f) == len + 16;
    }
    return (fclose(f) == 0) && ok;
}
