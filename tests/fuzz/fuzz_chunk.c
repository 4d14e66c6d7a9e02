/* Chunks of the store: any bytes are refused or unpacked, and what was unpacked packs to something that gives it back. */
#include "fuzz.h"

#include "store/chunk.h"

static int64_t step[2][ORR_CHUNK_POINTS];
static double value[2][ORR_CHUNK_POINTS], wall[2][ORR_CHUNK_POINTS];
static unsigned char bytes[ORR_CHUNK_BYTES];

static int64_t number(const uint8_t *p)
{
    int64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    enum { HEAD = 29 };
    if (n < 1 + HEAD) return 0;
    data++, n--; /* the byte that all seeds begin with */
    struct orr_packed p = {.n = data[0] | data[1] << 8,
                           .value_bytes = data[2] % 10,
                           .step_bytes = data[3] % 10,
                           .wall_bytes = data[4] % 10,
                           .step_first = number(data + 5),
                           .stride = number(data + 13),
                           .wall_base = number(data + 21),
                           .data = data + HEAD,
                           .size = n - HEAD};
    if (!orr_chunk_unpack(&p, 0, p.n, step[0], value[0], wall[0])) return 0;
    struct orr_packed q;
    const size_t size = (size_t)p.n * 8;
    orr_chunk_pack(step[0], value[0], wall[0], p.n, &q, bytes);
    fuzz_require(q.size <= ORR_CHUNK_BYTES && orr_chunk_unpack(&q, 0, q.n, step[1], value[1], wall[1]));
    fuzz_require(memcmp(step[0], step[1], size) == 0 && memcmp(value[0], value[1], size) == 0);
    /* Times are kept to the millisecond: the second time round nothing changes any more. */
    orr_chunk_pack(step[1], value[1], wall[1], p.n, &q, bytes);
    fuzz_require(orr_chunk_unpack(&q, 0, q.n, NULL, NULL, wall[0]));
    for (int i = 0; i < p.n; i++) {
        fuzz_require(memcmp(&wall[0][i], &wall[1][i], 8) == 0 ||
                     (wall[0][i] != wall[0][i] && wall[1][i] != wall[1][i]));
    }
    struct orr_chunk c;
    int64_t min_at, max_at;
    orr_chunk_summarise(step[1], value[1], wall[1], (size_t)p.n, &c, &min_at, &max_at);
    fuzz_require(c.n == p.n && min_at < p.n && max_at < p.n && (min_at < 0) == (c.nan_count == c.n));
    return 0;
}
