#include "aid_tfevents.h"

#include <string.h>

#include "ingest/crc32c.h"

static void put_le(struct orr_str *s, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++) orr_str_append_char(s, (char)(x >> (8 * i)));
}

void aid_pb_raw_varint(struct orr_str *m, uint64_t x)
{
    for (; x >= 0x80; x >>= 7) orr_str_append_char(m, (char)(x | 0x80));
    orr_str_append_char(m, (char)x);
}

void aid_pb_varint(struct orr_str *m, uint32_t field, uint64_t x)
{
    aid_pb_raw_varint(m, (uint64_t)field << 3);
    aid_pb_raw_varint(m, x);
}

void aid_pb_double(struct orr_str *m, uint32_t field, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, 8);
    aid_pb_raw_varint(m, (uint64_t)field << 3 | 1);
    put_le(m, bits, 8);
}

void aid_pb_float(struct orr_str *m, uint32_t field, float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    aid_pb_raw_varint(m, (uint64_t)field << 3 | 5);
    put_le(m, bits, 4);
}

void aid_pb_bytes(struct orr_str *m, uint32_t field, const void *bytes, size_t n)
{
    aid_pb_raw_varint(m, (uint64_t)field << 3 | 2);
    aid_pb_raw_varint(m, n);
    orr_str_append_n(m, bytes, n);
}

void aid_pb_text(struct orr_str *m, uint32_t field, const char *text) { aid_pb_bytes(m, field, text, strlen(text)); }

void aid_pb_message(struct orr_str *m, uint32_t field, struct orr_str *sub)
{
    aid_pb_bytes(m, field, orr_str_c(sub), sub->len);
    orr_str_free(sub);
}

void aid_tf_record(struct orr_str *file, const void *data, size_t n)
{
    unsigned char length[8];
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)((uint64_t)n >> (8 * i));
    orr_str_append_n(file, length, 8);
    put_le(file, orr_crc32c_masked(length, 8), 4);
    orr_str_append_n(file, data, n);
    put_le(file, orr_crc32c_masked(data, n), 4);
}

void aid_tf_version(struct orr_str *file, double wall)
{
    struct orr_str event = {0};
    aid_pb_double(&event, 1, wall);
    aid_pb_text(&event, 3, "brain.Event:2");
    aid_tf_record(file, event.data, event.len);
    orr_str_free(&event);
}

void aid_tf_value(struct orr_str *file, double wall, int64_t step, struct orr_str *value)
{
    struct orr_str event = {0}, summary = {0};
    aid_pb_message(&summary, 1, value);
    aid_pb_double(&event, 1, wall);
    if (step) aid_pb_varint(&event, 2, (uint64_t)step);
    aid_pb_message(&event, 5, &summary);
    aid_tf_record(file, event.data, event.len);
    orr_str_free(&event);
}

void aid_tf_scalar(struct orr_str *file, double wall, int64_t step, const char *tag, float value)
{
    struct orr_str v = {0};
    aid_pb_text(&v, 1, tag);
    aid_pb_float(&v, 2, value);
    aid_tf_value(file, wall, step, &v);
}

struct orr_str aid_tf_tensor_value(const char *tag, const char *plugin, struct orr_str *tensor)
{
    struct orr_str v = {0}, metadata = {0}, data = {0};
    aid_pb_text(&v, 1, tag);
    aid_pb_message(&v, 8, tensor);
    if (plugin) {
        aid_pb_text(&data, 1, plugin);
        aid_pb_message(&metadata, 1, &data);
        aid_pb_message(&v, 9, &metadata);
    }
    return v;
}
