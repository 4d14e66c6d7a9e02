#include "text/hashed.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

#include "text/token.h"

enum { PIECE = 3 };
static const float WHOLE =
    0.3F; /* share of the word itself in its squared length; chosen on parts 0 and 1 (app/eval_tables.h) */

/* The signs that a byte of a hash stands for, least bit first. */
#define SIGN(byte, bit) ((byte) >> (bit)&1 ? 1.0F : -1.0F)
#define SIGNS(byte)                                                                                                    \
    {                                                                                                                  \
        SIGN(byte, 0), SIGN(byte, 1), SIGN(byte, 2), SIGN(byte, 3), SIGN(byte, 4), SIGN(byte, 5), SIGN(byte, 6),       \
            SIGN(byte, 7)                                                                                              \
    }
#define SIGNS4(byte)  SIGNS(byte), SIGNS((byte) + 1), SIGNS((byte) + 2), SIGNS((byte) + 3)
#define SIGNS16(byte) SIGNS4(byte), SIGNS4((byte) + 4), SIGNS4((byte) + 8), SIGNS4((byte) + 12)
#define SIGNS64(byte) SIGNS16(byte), SIGNS16((byte) + 16), SIGNS16((byte) + 32), SIGNS16((byte) + 48)
static const float signs[256][8] = {SIGNS64(0), SIGNS64(64), SIGNS64(128), SIGNS64(192)};

/* Adds +-w to every part, by the bits of a hash. */
static void add_signs(const char *bytes, size_t n, float w, float out[ORR_HASHED_DIM])
{
    for (int block = 0; block < ORR_HASHED_DIM / 64; block++) {
        const uint64_t bits = XXH3_64bits_withSeed(bytes, n, (uint64_t)block + 1);
        for (int byte = 0; byte < 8; byte++) {
            const float *s = signs[bits >> (8 * byte) & 255];
            float *to = out + block * 64 + byte * 8;
            for (int i = 0; i < 8; i++) to[i] += w * s[i];
        }
    }
}

void orr_encode_word(const char *term, size_t n, float weight, float out[ORR_HASHED_DIM])
{
    char marked[ORR_TERM_BYTES + 2];
    if (n > ORR_TERM_BYTES) n = ORR_TERM_BYTES;
    marked[0] = '<';
    memcpy(marked + 1, term, n);
    marked[n + 1] = '>';
    const size_t length = n + 2, pieces = length >= PIECE ? length - PIECE + 1 : 0;
    const float unit = weight / sqrtf(ORR_HASHED_DIM);
    if (pieces < 2) { /* one piece is the word itself */
        add_signs(marked, length, unit, out);
        return;
    }
    add_signs(marked, length, unit * sqrtf(WHOLE), out);
    const float each = unit * sqrtf((1 - WHOLE) / (float)pieces);
    for (size_t i = 0; i < pieces; i++) add_signs(marked + i, PIECE, each, out);
}

float orr_encode_round(const float v[ORR_HASHED_DIM], int8_t out[ORR_HASHED_DIM])
{
    float top = 0, square = 0;
    for (int i = 0; i < ORR_HASHED_DIM; i++) top = fmaxf(top, fabsf(v[i]));
    for (int i = 0; i < ORR_HASHED_DIM; i++) {
        out[i] = top > 0 ? (int8_t)lrintf(v[i] * 127 / top) : 0;
        square += (float)out[i] * (float)out[i];
    }
    return sqrtf(square);
}
