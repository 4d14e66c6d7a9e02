/* Growing arrays: `ORR_VEC(double) v = {0}; ORR_VEC_PUSH(&v, 1.5); v.data[0]; free(v.data)`. Control tier. */
#ifndef ORRERY_BASE_VEC_H
#define ORRERY_BASE_VEC_H

#include <stddef.h>

#include "base/mem.h"

#define ORR_VEC(type)                                                                                                  \
    struct {                                                                                                           \
        type *data;                                                                                                    \
        size_t len, cap;                                                                                               \
    }

#define ORR_VEC_RESERVE(v, more)                                                                                       \
    do {                                                                                                               \
        if ((v)->cap - (v)->len < (size_t)(more)) {                                                                    \
            (v)->cap = (v)->cap * 2 > (v)->len + (size_t)(more) ? (v)->cap * 2 : (v)->len + (size_t)(more);            \
            if ((v)->cap < 8) (v)->cap = 8;                                                                            \
            (v)->data = orr_xrealloc((v)->data, (v)->cap, sizeof *(v)->data);                                          \
        }                                                                                                              \
    } while (0)

#define ORR_VEC_PUSH(v, ...)                                                                                           \
    do {                                                                                                               \
        ORR_VEC_RESERVE(v, 1);                                                                                         \
        (v)->data[(v)->len++] = (__VA_ARGS__);                                                                         \
    } while (0)

#endif
