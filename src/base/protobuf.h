/* Reading the protocol buffer wire format, field by field, without generated code: what we read needs a dozen fields
 * of messages that have hundreds. Nothing is read outside [p, end). */
#ifndef ORRERY_BASE_PROTOBUF_H
#define ORRERY_BASE_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum orr_pb_type { ORR_PB_VARINT = 0, ORR_PB_FIXED64 = 1, ORR_PB_BYTES = 2, ORR_PB_FIXED32 = 5 };

struct orr_pb_span {
    const unsigned char *p; /* NULL: absent */
    size_t n;
};

/* A cursor over one message and the field it stands on. */
struct orr_pb {
    const unsigned char *p, *end;
    bool bad;                 /* the message is damaged: fields seen so far are all there is */
    uint32_t field;           /* number of the field */
    enum orr_pb_type type;
    uint64_t value;           /* VARINT, FIXED64 and FIXED32: the bits */
    struct orr_pb_span bytes; /* BYTES */
};

static inline struct orr_pb orr_pb_open(struct orr_pb_span s)
{
    return (struct orr_pb){.p = s.p, .end = s.p ? s.p + s.n : NULL};
}

/* Little-endian on every machine. */
static inline uint32_t orr_le32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static inline uint64_t orr_le64(const unsigned char *p) { return orr_le32(p) | (uint64_t)orr_le32(p + 4) << 32; }

/* At most 10 bytes; bits past the 64th are dropped, as protobuf does. False at the end or when it does not end. */
static inline bool orr_pb_varint(const unsigned char **p, const unsigned char *end, uint64_t *out)
{
    uint64_t x = 0;
    for (unsigned shift = 0; shift < 70 && *p < end; shift += 7) {
        const unsigned char byte = *(*p)++;
        x |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *out = x;
            return true;
        }
    }
    return false;
}

/* Steps to the next field. False at the end of the message or where it is damaged (m->bad). */
static inline bool orr_pb_next(struct orr_pb *m)
{
    uint64_t key, n;
    if (m->p >= m->end) return false;
    m->bad = true; /* until the field is whole */
    if (!orr_pb_varint(&m->p, m->end, &key) || key >> 3 == 0 || key >> 3 > 0x1FFFFFFF) return false;
    m->field = (uint32_t)(key >> 3);
    m->type = (enum orr_pb_type)(key & 7);
    const size_t left = (size_t)(m->end - m->p);
    switch (m->type) {
    case ORR_PB_VARINT:
        if (!orr_pb_varint(&m->p, m->end, &m->value)) return false;
        break;
    case ORR_PB_FIXED64:
        if (left < 8) return false;
        m->value = orr_le64(m->p);
        m->p += 8;
        break;
    case ORR_PB_FIXED32:
        if (left < 4) return false;
        m->value = orr_le32(m->p);
        m->p += 4;
        break;
    case ORR_PB_BYTES:
        if (!orr_pb_varint(&m->p, m->end, &n) || n > (size_t)(m->end - m->p)) return false;
        m->bytes = (struct orr_pb_span){m->p, (size_t)n};
        m->p += n;
        break;
    default: return false; /* groups are long gone from these formats */
    }
    m->bad = false;
    return true;
}

static inline bool orr_pb_is(const struct orr_pb *m, uint32_t field, enum orr_pb_type type)
{
    return m->field == field && m->type == type;
}

static inline float orr_pb_float(uint64_t bits)
{
    const uint32_t low = (uint32_t)bits;
    float x;
    memcpy(&x, &low, sizeof x);
    return x;
}

static inline double orr_pb_double(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#endif
