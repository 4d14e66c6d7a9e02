#include "base/dtype.h"

#include <endian.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

size_t orr_dtype_size(enum orr_dtype d)
{
    switch (d) {
    case ORR_DTYPE_BOOL: case ORR_DTYPE_U8: case ORR_DTYPE_I8: return 1;
    case ORR_DTYPE_U16: case ORR_DTYPE_I16: case ORR_DTYPE_F16: case ORR_DTYPE_BF16: return 2;
    case ORR_DTYPE_U32: case ORR_DTYPE_I32: case ORR_DTYPE_F32: return 4;
    case ORR_DTYPE_U64: case ORR_DTYPE_I64: case ORR_DTYPE_F64: return 8;
    }
    return 0;
}

static inline uint64_t load(const unsigned char *p, size_t size, bool big_endian)
{
    uint64_t x = 0;
    if (big_endian)
        for (size_t i = 0; i < size; i++) x = x << 8 | p[i];
    else
        for (size_t i = size; i-- > 0;) x = x << 8 | p[i];
    return x;
}

static inline float float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline double double_of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 of fraction. */
static inline float half(uint32_t h)
{
    const uint32_t sign = (h & 0x8000) << 16, exponent = h >> 10 & 0x1F, fraction = h & 0x3FF;
    if (exponent == 0x1F) return float_of_bits(sign | 0x7F800000 | fraction << 13); /* inf and nan */
    if (exponent) return float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    const float small = (float)fraction * 0x1p-24f; /* zero and subnormals */
    return sign ? -small : small;
}

/* One loop per type: the switch stays outside, the endianness is a constant within. */
#define LOOP(size, expression)                                                                                         \
    do {                                                                                                               \
        if (big_endian)                                                                                                \
            for (size_t i = 0; i < n; i++) {                                                                           \
                const uint64_t x = load(p + i * (size), size, true);                                                   \
                out[i] = (float)(expression);                                                                          \
            }                                                                                                          \
        else                                                                                                           \
            for (size_t i = 0; i < n; i++) {                                                                           \
                const uint64_t x = load(p + i * (size), size, false);                                                  \
                out[i] = (float)(expression);                                                                          \
            }                                                                                                          \
    } while (0)

void orr_dtype_to_float(enum orr_dtype d, bool big_endian, const void *bytes, size_t n, float *out)
{
    const unsigned char *p = bytes;
    switch (d) {
    case ORR_DTYPE_BOOL: LOOP(1, x != 0); break;
    case ORR_DTYPE_U8: LOOP(1, x); break;
    case ORR_DTYPE_U16: LOOP(2, x); break;
    case ORR_DTYPE_U32: LOOP(4, x); break;
    case ORR_DTYPE_U64: LOOP(8, x); break;
    case ORR_DTYPE_I8: LOOP(1, (int8_t)x); break;
    case ORR_DTYPE_I16: LOOP(2, (int16_t)x); break;
    case ORR_DTYPE_I32: LOOP(4, (int32_t)x); break;
    case ORR_DTYPE_I64: LOOP(8, (int64_t)x); break;
    case ORR_DTYPE_F16: LOOP(2, half((uint32_t)x)); break;
    case ORR_DTYPE_BF16: LOOP(2, float_of_bits((uint32_t)x << 16)); break;
    case ORR_DTYPE_F32:
        if (big_endian == (htole32(1) != 1)) memcpy(out, bytes, n * sizeof *out); /* as it lies in memory */
        else LOOP(4, float_of_bits((uint32_t)x));
        break;
    case ORR_DTYPE_F64: LOOP(8, double_of_bits(x)); break;
    }
}

uint16_t orr_dtype_half(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000, size = bits & 0x7FFFFFFF;
    if (size > 0x7F800000) return (uint16_t)(sign | 0x7E00);
    if (size >= 0x477FF000) return (uint16_t)(sign | 0x7C00); /* 65520 and more */
    if (size < 0x38800000)                                    /* below 2^-14: steps of 2^-24 */
        return (uint16_t)(sign | (uint32_t)lrintf(float_of_bits(size) * 0x1p24f));
    return (uint16_t)(sign | (((size + 0xFFF + (size >> 13 & 1)) >> 13) - (112 << 10)));
}
