#include "num/conv_packed.h"

#include <assert.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "num/kernel.h"

enum { ROWS_MAX = 8, COLUMNS_MAX = 48 };

/* ---- the innermost product: tile (ROWS, COLUMNS) = weight' (ROWS, k) panel (k, COLUMNS), the sums in registers ----
 * AVX-512 has 32 registers: 8 x 3 sums and three of the panel. AVX2 has 16: 4 x 3. Intrinsics, since ISO C does not let the
 * compiler fuse products and sums. */

static void tile_4x24(const orr_real *restrict weight, const orr_real *restrict panel, int k, orr_real *restrict tile)
{
    memset(tile, 0, 4 * 24 * sizeof *tile);
    for (int p = 0; p < k; p++, weight += 4, panel += 24)
        for (int r = 0; r < 4; r++)
            for (int i = 0; i < 24; i++) tile[24 * r + i] += weight[r] * panel[i];
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(ORR_REAL_DOUBLE)
#define HAVE_X86 1
#define UNROLL   _Pragma("GCC unroll 8") /* early, or the sums begin and end on the stack */
#define DEFINE_TILE(NAME, FEATURES, VECTOR, PREFIX, LANES, ROWS)                                                       \
    __attribute__((target(FEATURES))) static void NAME(const float *restrict weight, const float *restrict panel,      \
                                                       int k, float *restrict tile)                                    \
    {                                                                                                                  \
        VECTOR sum[ROWS][3];                                                                                           \
        UNROLL for (int r = 0; r < ROWS; r++) sum[r][0] = sum[r][1] = sum[r][2] = PREFIX##setzero_ps();                \
        for (int p = 0; p < k; p++, weight += ROWS, panel += 3 * LANES) {                                              \
            const VECTOR a = PREFIX##loadu_ps(panel), b = PREFIX##loadu_ps(panel + LANES),                             \
                         c = PREFIX##loadu_ps(panel + 2 * LANES);                                                      \
            UNROLL for (int r = 0; r < ROWS; r++)                                                                      \
            {                                                                                                          \
                const VECTOR w = PREFIX##set1_ps(weight[r]);                                                           \
                sum[r][0] = PREFIX##fmadd_ps(w, a, sum[r][0]);                                                         \
                sum[r][1] = PREFIX##fmadd_ps(w, b, sum[r][1]);                                                         \
                sum[r][2] = PREFIX##fmadd_ps(w, c, sum[r][2]);                                                         \
            }                                                                                                          \
        }                                                                                                              \
        UNROLL for (int r = 0; r < ROWS; r++)                                                                          \
        {                                                                                                              \
            PREFIX##storeu_ps(tile + 3 * r * LANES, sum[r][0]);                                                        \
            PREFIX##storeu_ps(tile + (3 * r + 1) * LANES, sum[r][1]);                                                  \
            PREFIX##storeu_ps(tile + (3 * r + 2) * LANES, sum[r][2]);                                                  \
        }                                                                                                              \
    }
DEFINE_TILE(tile_8x48, "avx512f", __m512, _mm512_, 16, 8)
DEFINE_TILE(tile_4x24_fma, "avx2,fma", __m256, _mm256_, 8, 4)
#endif

struct kernel {
    int rows, columns;
    void (*tile)(const orr_real *weight, const orr_real *panel, int k, orr_real *tile);
};

static const struct kernel *kernel(void)
{
    static const struct kernel plain = {4, 24, tile_4x24};
#ifdef HAVE_X86
    static const struct kernel avx512 = {8, 48, tile_8x48}, avx2 = {4, 24, tile_4x24_fma};
    if (__builtin_cpu_supports("avx512f")) return &avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &avx2;
#endif
    return &plain;
}

/* ---- weights: block by block (k, ROWS), the last one filled up with zeros ---- */

static size_t blocks_of(int out, int rows) { return (size_t)((out + rows - 1) / rows); }

size_t orr_conv_packed_numbers(int out, int k)
{
    const int rows = kernel()->rows;
    return blocks_of(out, rows) * (size_t)rows * (size_t)k;
}

void orr_conv_pack(const orr_real *weight, int out, int k, orr_real *packed)
{
    const int rows = kernel()->rows;
    for (int o = 0; o < out; o += rows)
        for (int p = 0; p < k; p++)
            for (int r = 0; r < rows; r++)
                *packed++ = o + r < out ? weight[(size_t)(o + r) * (size_t)k + (size_t)p] : 0;
}

void orr_conv_pack_turned(const orr_real *weight, int out, int in, int size, orr_real *packed)
{
    const int rows = kernel()->rows, taps = size * size;
    for (int i = 0; i < in; i += rows)
        for (int o = 0; o < out; o++)
            for (int t = 0; t < taps; t++)
                for (int r = 0; r < rows; r++)
                    *packed++ =
                        i + r < in
                            ? weight[((size_t)o * (size_t)in + (size_t)(i + r)) * (size_t)taps + (size_t)(taps - 1 - t)]
                            : 0;
}

/* ---- panels ---- */

/* Of a kernel's tap: what of a panel's row comes from where in a channel; from < 0: zeros. */
struct piece {
    int to, n, from;
};

static int pieces_of(const struct orr_conv_packed *c, int position, int n, int ky, int kx, struct piece *out)
{
    int count = 0, to = 0;
    while (n > 0) {
        const int y = position / c->ow, x = position % c->ow, run = c->ow - x < n ? c->ow - x : n;
        const int sy = y * c->stride + ky - c->pad, offset = kx - c->pad;
        int first = offset < 0 ? (-offset + c->stride - 1) / c->stride : 0; /* columns with a source inside the image */
        int end = offset < c->w ? (c->w - 1 - offset) / c->stride + 1 : 0;
        first = first < x ? x : first > x + run ? x + run : first;
        end = end > x + run ? x + run : end < first ? first : end;
        if (sy < 0 || sy >= c->h) first = end = x + run;
        if (first > x) out[count++] = (struct piece){to, first - x, -1};
        if (end > first)
            out[count++] = (struct piece){to + first - x, end - first, sy * c->w + first * c->stride + offset};
        if (x + run > end && end >= first && first < x + run)
            out[count++] = (struct piece){to + end - x, x + run - end, -1};
        to += run;
        position += run;
        n -= run;
    }
    return count;
}

ORR_KERNEL static void copy_whole(const orr_real *restrict from, size_t from_step, orr_real *restrict to,
                                  size_t to_step, int channels, int columns)
{
    if (columns == COLUMNS_MAX)
        for (int c = 0; c < channels; c++, from += from_step, to += to_step)
            for (int i = 0; i < COLUMNS_MAX; i++) to[i] = from[i];
    else
        for (int c = 0; c < channels; c++, from += from_step, to += to_step)
            memcpy(to, from, (size_t)columns * sizeof *to);
}

ORR_KERNEL static void copy_pieces(const orr_real *restrict from, size_t from_step, orr_real *restrict to,
                                   size_t to_step, int channels, const struct piece *piece, int count, int stride)
{
    for (int c = 0; c < channels; c++, from += from_step, to += to_step)
        for (int k = 0; k < count; k++) {
            const struct piece p = piece[k];
            if (p.from < 0)
                for (int i = 0; i < p.n; i++) to[p.to + i] = 0;
            else if (stride == 1)
                for (int i = 0; i < p.n; i++) to[p.to + i] = from[p.from + i];
            else if (stride == 2)
                for (int i = 0; i < p.n; i++) to[p.to + i] = from[p.from + 2 * i];
            else
                for (int i = 0; i < p.n; i++) to[p.to + i] = from[p.from + stride * i];
        }
}

/* The patches of n positions as (k, columns), k channel by channel and tap by tap. */
static void gather(const struct orr_conv_packed *c, int position, int n, int columns, orr_real *panel)
{
    struct piece piece[3 * COLUMNS_MAX + 1];
    const int taps = c->size * c->size;
    const size_t plane = (size_t)c->h * (size_t)c->w, step = (size_t)taps * (size_t)columns;
    for (int t = 0; t < taps; t++) {
        int count = pieces_of(c, position, n, t / c->size, t % c->size, piece);
        if (n < columns) piece[count++] = (struct piece){n, columns - n, -1};
        if (count == 1 && c->stride == 1 && piece[0].from >= 0)
            copy_whole(c->x + piece[0].from, plane, panel + t * columns, step, c->in, columns);
        else
            copy_pieces(c->x, plane, panel + t * columns, step, c->in, piece, count, c->stride);
    }
}

/* ---- what follows the sums ---- */

/* A row of a tile to its place. */
ORR_KERNEL static void finish(const orr_real *restrict tile, int n, orr_real bias, bool silu, const orr_real *add,
                              orr_real *y)
{
    if (silu && add)
        for (int i = 0; i < n; i++) {
            const orr_real s = tile[i] + bias;
            y[i] = add[i] + s / (1 + orr_vexp(-s));
        }
    else if (silu)
        for (int i = 0; i < n; i++) {
            const orr_real s = tile[i] + bias;
            y[i] = s / (1 + orr_vexp(-s));
        }
    else if (add)
        for (int i = 0; i < n; i++) y[i] = add[i] + tile[i] + bias;
    else
        for (int i = 0; i < n; i++) y[i] = tile[i] + bias;
}

int orr_conv_packed_panels(const struct orr_conv_packed *c)
{
    const int columns = kernel()->columns;
    return (c->oh * c->ow + columns - 1) / columns;
}
int orr_conv_packed_blocks(const struct orr_conv_packed *c) { return (int)blocks_of(c->out, kernel()->rows); }

size_t orr_conv_packed_scratch(int k) { return ((size_t)k + ROWS_MAX) * COLUMNS_MAX; }

void orr_conv_packed_run(const struct orr_conv_packed *c, int panel, int panel_end, int block, int block_end,
                         orr_real *scratch)
{
    const struct kernel *const kn = kernel();
    const int k = c->in * c->size * c->size, positions = c->oh * c->ow;
    orr_real *const tile = scratch, *const patches = scratch + ROWS_MAX * COLUMNS_MAX;
    struct orr_conv_packed flat = *c;
    assert(c->act == ORR_ACT_NONE || c->act == ORR_ACT_SILU);
    if (c->size == 1 && c->stride == 1) { /* positions are one run */
        flat.w = flat.ow = positions;
        flat.h = flat.oh = 1;
    }
    for (; panel < panel_end; panel++) {
        const int at = panel * kn->columns, n = positions - at < kn->columns ? positions - at : kn->columns;
        gather(&flat, at, n, kn->columns, patches);
        for (int b = block; b < block_end; b++) {
            kn->tile(c->weight + (size_t)b * (size_t)kn->rows * (size_t)k, patches, k, tile);
            for (int r = 0; r < kn->rows && b * kn->rows + r < c->out; r++) {
                const size_t o = (size_t)(b * kn->rows + r), to = o * (size_t)positions + (size_t)at;
                finish(tile + r * kn->columns, n, c->bias ? c->bias[o] : 0, c->act == ORR_ACT_SILU,
                       c->add ? c->add + to : NULL, c->y + to);
            }
        }
    }
}
