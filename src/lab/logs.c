#include "lab/logs.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ingest/crc32c.h"

void orr_logs_append_number(struct orr_str *s, double x)
{
    if (isfinite(x) && x != 0) {
        const double scale = pow(10, 4 - floor(log10(fabs(x))));
        const double digits = round(x * scale);
        if (isfinite(scale) && isfinite(digits)) x = digits / scale;
    }
    orr_str_append_double(s, x);
}

/* ---- protocol buffers, the few that a scalar event takes ---- */

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static void append_varint(struct orr_str *m, uint64_t x)
{
    for (; x >= 0x80; x >>= 7) orr_str_append_char(m, (char)(x | 0x80));
    orr_str_append_char(m, (char)x);
}

static void append_le(struct orr_str *m, uint64_t x, int bytes)
{
    for (int i = 0; i < bytes; i++) orr_str_append_char(m, (char)(x >> (8 * i)));
}

static void append_key(struct orr_str *m, unsigned field, enum wire wire) { append_varint(m, field << 3 | wire); }

static void append_bytes(struct orr_str *m, unsigned field, const char *bytes, size_t n)
{
    append_key(m, field, BYTES);
    append_varint(m, n);
    orr_str_append_n(m, bytes, n);
}

static void append_wall(struct orr_str *event, double wall)
{
    uint64_t bits;
    memcpy(&bits, &wall, sizeof bits);
    append_key(event, 1, FIXED64);
    append_le(event, bits, 8);
}

/* Record: length, its masked CRC-32C, data, its masked CRC-32C. */
static void append_record(struct orr_str *file, const struct orr_str *data)
{
    const size_t start = file->len;
    append_le(file, data->len, 8);
    append_le(file, orr_crc32c_masked(file->data + start, 8), 4);
    orr_str_append_n(file, data->data, data->len);
    append_le(file, orr_crc32c_masked(data->data, data->len), 4);
}

void orr_logs_append_event_version(struct orr_str *file, double wall)
{
    struct orr_str event = {0};
    append_wall(&event, wall);
    append_bytes(&event, 3, "brain.Event:2", 13); /* file_version */
    append_record(file, &event);
    orr_str_free(&event);
}

void orr_logs_append_event_scalar(struct orr_str *file, double wall, int64_t step, const char *tag, float value)
{
    struct orr_str event = {0}, summary = {0}, v = {0};
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    append_bytes(&v, 1, tag, strlen(tag));
    append_key(&v, 2, FIXED32); /* simple_value */
    append_le(&v, bits, 4);
    append_bytes(&summary, 1, v.data, v.len);
    append_wall(&event, wall);
    append_key(&event, 2, VARINT);
    append_varint(&event, (uint64_t)step);
    append_bytes(&event, 5, summary.data, summary.len);
    append_record(file, &event);
    orr_str_free(&v);
    orr_str_free(&summary);
    orr_str_free(&event);
}

/* ---- files ---- */

static enum orr_status make_folder(char *folder, struct orr_error *err)
{
    for (char *p = folder + 1;; p++) {
        if (*p != '/' && *p != '\0') continue;
        const char end = *p;
        *p = '\0';
        if (mkdir(folder, 0777) < 0 && errno != EEXIST)
            return orr_error_set(err, ORR_EIO, folder, "cannot make the folder: %s", strerror(errno));
        *p = end;
        if (!end) return ORR_OK;
    }
}

enum orr_status orr_logs_write(const char *folder, const char *name, const struct orr_str *text, struct orr_error *err)
{
    struct orr_str path = {0};
    orr_str_append(&path, *folder ? folder : ".");
    enum orr_status status = make_folder(path.data, err);
    if (status == ORR_OK) {
        orr_str_printf(&path, "/%s", name);
        FILE *f = fopen(path.data, "wbe");
        const bool written = f && fwrite(orr_str_c(text), 1, text->len, f) == text->len;
        if ((f && fclose(f) != 0) || !written)
            status = orr_error_set(err, ORR_EIO, path.data, "cannot write: %s", strerror(errno));
    }
    orr_str_free(&path);
    return status;
}
