/* Shapes and variables of the numeric core: contiguous, row-major, at most four axes, float32. The tests build the same
 * sources once more with ORR_REAL_DOUBLE, to check every gradient against finite differences in double precision. */
#ifndef ORRERY_TENSOR_H
#define ORRERY_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef ORR_REAL_DOUBLE
typedef double orr_real;
#else
typedef float orr_real;
#endif

enum { ORR_MAX_AXES = 4 };

/* The last axis is contiguous. axes 0: a scalar. */
struct orr_shape {
    int axes;
    int32_t size[ORR_MAX_AXES];
};

static inline struct orr_shape orr_shape1(int a) { return (struct orr_shape){1, {a}}; }
static inline struct orr_shape orr_shape2(int a, int b) { return (struct orr_shape){2, {a, b}}; }
static inline struct orr_shape orr_shape3(int a, int b, int c) { return (struct orr_shape){3, {a, b, c}}; }
static inline struct orr_shape orr_shape4(int a, int b, int c, int d) { return (struct orr_shape){4, {a, b, c, d}}; }

static inline size_t orr_shape_count(struct orr_shape s)
{
    size_t n = 1;
    for (int i = 0; i < s.axes; i++) n *= (size_t)s.size[i];
    return n;
}

static inline int orr_shape_last(struct orr_shape s) { return s.axes ? s.size[s.axes - 1] : 1; }

#endif
