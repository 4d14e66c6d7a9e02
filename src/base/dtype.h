/* Element types of tensors in files, and their conversion to float32. */
#ifndef ORRERY_BASE_DTYPE_H
#define ORRERY_BASE_DTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum orr_dtype {
    ORR_DTYPE_BOOL, ORR_DTYPE_U8, ORR_DTYPE_U16, ORR_DTYPE_U32, ORR_DTYPE_U64, ORR_DTYPE_I8, ORR_DTYPE_I16,
    ORR_DTYPE_I32, ORR_DTYPE_I64, ORR_DTYPE_F16, ORR_DTYPE_BF16, ORR_DTYPE_F32, ORR_DTYPE_F64,
};

enum { ORR_RANK_MAX = 8 }; /* axes of a tensor */

size_t orr_dtype_size(enum orr_dtype d); /* bytes per element */

/* n elements to float32, rounded to nearest; integers past 2^24 lose their low bits, doubles past its range become
 * infinite. `bytes` need not be aligned. */
void orr_dtype_to_float(enum orr_dtype d, bool big_endian, const void *bytes, size_t n, float *out);

/* The bits of the nearest float16, ties to even; infinite past 65504, NaN stays NaN. */
uint16_t orr_dtype_half(float x);

#endif
