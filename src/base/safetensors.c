#include "base/safetensors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/reader.h"
#include "base/str.h"

enum { PREFIX = 8 };

static const struct { const char *name; enum orr_dtype dtype; } dtypes[] = {
    {"BOOL", ORR_DTYPE_BOOL}, {"U8", ORR_DTYPE_U8},   {"U16", ORR_DTYPE_U16}, {"U32", ORR_DTYPE_U32},
    {"U64", ORR_DTYPE_U64},   {"I8", ORR_DTYPE_I8},   {"I16", ORR_DTYPE_I16}, {"I32", ORR_DTYPE_I32},
    {"I64", ORR_DTYPE_I64},   {"F16", ORR_DTYPE_F16}, {"BF16", ORR_DTYPE_BF16}, {"F32", ORR_DTYPE_F32},
    {"F64", ORR_DTYPE_F64},
};

static enum orr_status bad(const struct orr_safetensors *f, struct orr_error *err, const char *tensor, const char *what)
{
    const char *path = orr_reader_path(f->reader);
    if (!tensor) return orr_error_set(err, ORR_EFORMAT, path, "not a sound safetensors file: %s", what);
    return orr_error_set(err, ORR_EFORMAT, path, "not a sound safetensors file: tensor \"%.200s\": %s", tensor, what);
}

/* A JSON integer that is not negative. */
static bool take_size(struct json_object *o, int64_t *out)
{
    if (!json_object_is_type(o, json_type_int)) return false;
    *out = json_object_get_int64(o); /* clamped to its range: the size checks catch that */
    return *out >= 0;
}

static enum orr_status parse_dtype(const struct orr_safetensors *f, struct orr_safetensor *t, struct json_object *o,
                                   struct orr_error *err)
{
    if (!json_object_is_type(o, json_type_string)) return bad(f, err, t->name, "it has no dtype");
    const char *name = json_object_get_string(o);
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (strcmp(name, dtypes[i].name) == 0) {
            t->dtype = dtypes[i].dtype;
            return ORR_OK;
        }
    return orr_error_set(err, ORR_EUNSUPPORTED, orr_reader_path(f->reader),
                         "tensor \"%.200s\" has dtype \"%.20s\", which is not supported; convert it to F32", t->name,
                         name);
}

static enum orr_status parse_tensor(struct orr_safetensors *f, struct orr_safetensor *t, struct json_object *o,
                                    uint64_t buffer, uint64_t size, struct orr_error *err)
{
    struct json_object *dtype, *shape, *offsets;
    int64_t begin, end;
    if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, "dtype", &dtype) ||
        !json_object_object_get_ex(o, "shape", &shape) || !json_object_object_get_ex(o, "data_offsets", &offsets) ||
        !json_object_is_type(shape, json_type_array) || !json_object_is_type(offsets, json_type_array))
        return bad(f, err, t->name, "it lacks dtype, shape or data_offsets");
    const enum orr_status s = parse_dtype(f, t, dtype, err);
    if (s) return s;
    if (json_object_array_length(shape) > ORR_RANK_MAX)
        return orr_error_set(err, ORR_EUNSUPPORTED, orr_reader_path(f->reader),
                             "tensor \"%.200s\" has more than %d axes", t->name, ORR_RANK_MAX);
    t->rank = (int)json_object_array_length(shape);
    t->count = 1;
    for (int k = 0; k < t->rank; k++)
        if (!take_size(json_object_array_get_idx(shape, (size_t)k), &t->shape[k]) ||
            __builtin_mul_overflow(t->count, (size_t)t->shape[k], &t->count))
            return bad(f, err, t->name, "its shape is absurd");
    if (json_object_array_length(offsets) != 2 || !take_size(json_object_array_get_idx(offsets, 0), &begin) ||
        !take_size(json_object_array_get_idx(offsets, 1), &end) || begin > end || (uint64_t)end > size)
        return bad(f, err, t->name, "its data_offsets lie outside the file");
    uint64_t bytes;
    if (__builtin_mul_overflow((uint64_t)t->count, orr_dtype_size(t->dtype), &bytes) ||
        bytes != (uint64_t)(end - begin))
        return bad(f, err, t->name, "its data_offsets contradict its shape");
    t->begin = buffer + (uint64_t)begin;
    t->end = buffer + (uint64_t)end;
    return ORR_OK;
}

static enum orr_status parse_metadata(struct orr_safetensors *f, struct json_object *o, struct orr_error *err)
{
    if (!json_object_is_type(o, json_type_object)) return bad(f, err, NULL, "__metadata__ is no object");
    f->metadata = orr_arena_zalloc(&f->arena, (size_t)json_object_object_length(o), sizeof *f->metadata);
    json_object_object_foreach(o, key, value)
    {
        if (!json_object_is_type(value, json_type_string))
            return bad(f, err, NULL, "__metadata__ holds more than text");
        f->metadata[f->n_metadata].key = orr_arena_strdup(&f->arena, key);
        f->metadata[f->n_metadata++].value = orr_arena_strdup(&f->arena, json_object_get_string(value));
    }
    return ORR_OK;
}

static int by_place(const void *x, const void *y)
{
    const struct orr_safetensor *a = x, *b = y;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

static enum orr_status parse_header(struct orr_safetensors *f, struct json_object *o, uint64_t buffer, uint64_t size,
                                    struct orr_error *err)
{
    enum orr_status s;
    f->tensors = orr_arena_zalloc(&f->arena, (size_t)json_object_object_length(o), sizeof *f->tensors);
    json_object_object_foreach(o, key, value)
    {
        if (strcmp(key, "__metadata__") == 0) {
            s = parse_metadata(f, value, err);
        } else {
            struct orr_safetensor *t = &f->tensors[f->n++];
            t->name = orr_arena_strdup(&f->arena, key);
            s = parse_tensor(f, t, value, buffer, size, err);
        }
        if (s) return s;
    }
    qsort(f->tensors, f->n, sizeof *f->tensors, by_place);
    uint64_t at = buffer;
    for (size_t i = 0; i < f->n; i++) {
        if (f->tensors[i].begin != at) return bad(f, err, f->tensors[i].name, "a hole or an overlap before it");
        at = f->tensors[i].end;
    }
    return at == buffer + size ? ORR_OK : bad(f, err, NULL, "bytes that belong to no tensor");
}

enum orr_status orr_safetensors_open_reader(struct orr_reader *r, struct orr_safetensors *f, struct orr_error *err)
{
    f->reader = r;
    size_t avail;
    const unsigned char *p = orr_reader_peek(r, PREFIX, &avail);
    if (!p) return orr_reader_status(r, err);
    if (avail < PREFIX) return bad(f, err, NULL, "it is too short");
    uint64_t n = 0;
    for (int i = PREFIX; i-- > 0;) n = n << 8 | p[i];
    if (n > ORR_SAFETENSORS_HEADER_MAX || n > orr_reader_size(r) - PREFIX)
        return bad(f, err, NULL, "its header is longer than the file or the limit of 100,000,000 bytes");
    p = orr_reader_peek(r, PREFIX + (size_t)n, &avail);
    if (!p) return orr_reader_status(r, err);
    if (avail < PREFIX + n || n == 0 || p[PREFIX] != '{') return bad(f, err, NULL, "its header is no JSON object");
    struct json_object *o;
    enum orr_status s = orr_json_parse(orr_reader_path(r), (const char *)p + PREFIX, (size_t)n, &o, err);
    if (s) return s;
    if (!json_object_is_type(o, json_type_object)) s = bad(f, err, NULL, "its header is no JSON object");
    if (!s) s = parse_header(f, o, PREFIX + n, orr_reader_size(r) - PREFIX - n, err);
    json_object_put(o);
    return s;
}

enum orr_status orr_safetensors_open(const char *path, size_t buffer_size, struct orr_safetensors *f,
                                     struct orr_error *err)
{
    struct orr_reader *r;
    const enum orr_status s = orr_reader_open(path, buffer_size, &r, err);
    return s ? s : orr_safetensors_open_reader(r, f, err);
}

enum orr_status orr_safetensors_read(struct orr_safetensors *f, const struct orr_safetensor *t, size_t first, size_t n,
                                     float *out, struct orr_error *err)
{
    const size_t size = orr_dtype_size(t->dtype);
    if (first > t->count || n > t->count - first)
        return orr_error_set(err, ORR_EINVAL, t->name, "elements %zu to %zu of %zu wanted", first, first + n, t->count);
    const uint64_t at = t->begin + (uint64_t)first * size;
    if (at != orr_reader_offset(f->reader)) {
        const enum orr_status s = orr_reader_seek(f->reader, at);
        if (s) return orr_reader_status(f->reader, err);
    }
    while (n > 0) {
        size_t avail;
        const unsigned char *p = orr_reader_peek(f->reader, size, &avail);
        if (!p) return orr_reader_status(f->reader, err);
        if (avail < size) return bad(f, err, t->name, "the file was cut while it was read");
        const size_t k = avail / size < n ? avail / size : n;
        orr_dtype_to_float(t->dtype, false, p, k, out);
        orr_reader_skip(f->reader, k * size);
        out += k;
        n -= k;
    }
    return ORR_OK;
}

const struct orr_safetensor *orr_safetensors_find(const struct orr_safetensors *f, const char *name)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->tensors[i].name, name) == 0) return &f->tensors[i];
    return NULL;
}

void orr_safetensors_close(struct orr_safetensors *f)
{
    orr_reader_close(f->reader);
    orr_arena_free(&f->arena);
    *f = (struct orr_safetensors){0};
}

/* ---- writing ---- */

static uint64_t count_of(const struct orr_safetensor_out *t)
{
    uint64_t n = 1;
    for (int k = 0; k < t->rank; k++) n *= (uint64_t)t->shape[k];
    return n;
}

/* The JSON header, padded with blanks so that the buffer begins at a multiple of 8. */
static void put_header(struct orr_str *s, bool half, const struct orr_safetensor_out *tensors, size_t n,
                       const char *const *metadata)
{
    orr_str_append_char(s, '{');
    if (metadata && *metadata) {
        orr_str_append(s, "\"__metadata__\":{");
        for (size_t i = 0; metadata[i]; i += 2) {
            if (i) orr_str_append_char(s, ',');
            orr_json_append_string(s, metadata[i]);
            orr_str_append_char(s, ':');
            orr_json_append_string(s, metadata[i + 1]);
        }
        orr_str_append(s, n ? "}," : "}");
    }
    uint64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        if (i) orr_str_append_char(s, ',');
        orr_json_append_string(s, tensors[i].name);
        orr_str_printf(s, ":{\"dtype\":\"%s\",\"shape\":[", half ? "F16" : "F32");
        for (int k = 0; k < tensors[i].rank; k++)
            orr_str_printf(s, k ? ",%lld" : "%lld", (long long)tensors[i].shape[k]);
        const uint64_t end = at + count_of(&tensors[i]) * (half ? 2 : 4);
        orr_str_printf(s, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)at, (unsigned long long)end);
        at = end;
    }
    orr_str_append_char(s, '}');
    while (s->len % 8) orr_str_append_char(s, ' ');
}

static bool put_floats(FILE *f, bool half, const float *values, size_t n)
{
    unsigned char bytes[4096] = {0};
    const size_t size = half ? 2 : 4;
    while (n > 0) {
        const size_t k = n < sizeof bytes / 4 ? n : sizeof bytes / 4;
        for (size_t i = 0; i < k; i++) {
            uint32_t bits;
            memcpy(&bits, &values[i], 4);
            if (half) bits = orr_dtype_half(values[i]);
            for (size_t b = 0; b < size; b++) bytes[size * i + b] = (unsigned char)(bits >> (8 * b));
        }
        if (fwrite(bytes, size, k, f) != k) return false;
        values += k;
        n -= k;
    }
    return true;
}

struct orr_safetensors_writer {
    char *path, *temporary;
    FILE *f;
    bool half;
    uint64_t left; /* floats to come */
    int why;       /* errno of the first failure */
};

static enum orr_status write_failed(struct orr_safetensors_writer *w, struct orr_error *err)
{
    if (!w->why) w->why = errno;
    return orr_error_set(err, w->why == ENOSPC ? ORR_EFULL : ORR_EIO, w->path, "cannot write: %s", strerror(w->why));
}

static enum orr_status begin(const char *path, bool half, const struct orr_safetensor_out *tensors, size_t n,
                             const char *const *metadata, struct orr_safetensors_writer **out, struct orr_error *err)
{
    struct orr_str header = {0}, temporary = {0};
    put_header(&header, half, tensors, n, metadata);
    orr_str_printf(&temporary, "%s.tmp", path);
    struct orr_safetensors_writer *w = orr_xcalloc(1, sizeof *w);
    *w = (struct orr_safetensors_writer){.path = orr_xstrdup(path), .temporary = temporary.data, .half = half};
    for (size_t i = 0; i < n; i++) w->left += count_of(&tensors[i]);
    w->f = fopen(w->temporary, "wbe");
    bool ok = w->f != NULL;
    for (int i = 0; ok && i < PREFIX; i++) ok = fputc((int)((uint64_t)header.len >> (8 * i) & 0xFF), w->f) != EOF;
    ok = ok && fwrite(header.data, 1, header.len, w->f) == header.len;
    *out = w;
    orr_str_free(&header);
    return ok ? ORR_OK : write_failed(w, err);
}

enum orr_status orr_safetensors_begin(const char *path, const struct orr_safetensor_out *tensors, size_t n,
                                      const char *const *metadata, struct orr_safetensors_writer **out,
                                      struct orr_error *err)
{
    return begin(path, false, tensors, n, metadata, out, err);
}

enum orr_status orr_safetensors_put(struct orr_safetensors_writer *w, const float *values, size_t n, struct orr_error *err)
{
    if (n > w->left) return orr_error_set(err, ORR_EINVAL, w->path, "more values than its tensors hold");
    w->left -= n;
    return put_floats(w->f, w->half, values, n) ? ORR_OK : write_failed(w, err);
}

enum orr_status orr_safetensors_end(struct orr_safetensors_writer *w, bool commit, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    if (!w) return s;
    commit = commit && !w->why;
    if (commit && w->left) s = orr_error_set(err, ORR_EINVAL, w->path, "fewer values than its tensors hold");
    if (commit && !s && (fflush(w->f) != 0 || fsync(fileno(w->f)) != 0)) s = write_failed(w, err);
    if (w->f && fclose(w->f) != 0 && commit && !s) s = write_failed(w, err);
    if (commit && !s && rename(w->temporary, w->path) != 0) s = write_failed(w, err);
    if (w->f && (!commit || s)) unlink(w->temporary);
    free(w->path);
    free(w->temporary);
    free(w);
    return s;
}

static enum orr_status write_all(const char *path, bool half, const struct orr_safetensor_out *tensors, size_t n,
                                 const char *const *metadata, struct orr_error *err)
{
    struct orr_safetensors_writer *w;
    enum orr_status s = begin(path, half, tensors, n, metadata, &w, err);
    for (size_t i = 0; i < n && !s; i++) s = orr_safetensors_put(w, tensors[i].values, (size_t)count_of(&tensors[i]), err);
    const enum orr_status ended = orr_safetensors_end(w, !s, err);
    return s ? s : ended;
}

enum orr_status orr_safetensors_write(const char *path, const struct orr_safetensor_out *tensors, size_t n,
                                      const char *const *metadata, struct orr_error *err)
{
    return write_all(path, false, tensors, n, metadata, err);
}

enum orr_status orr_safetensors_write_half(const char *path, const struct orr_safetensor_out *tensors, size_t n,
                                           const char *const *metadata, struct orr_error *err)
{
    return write_all(path, true, tensors, n, metadata, err);
}
