#include "base/npy.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/reader.h"

enum { HEADER_MAX = 1 << 20, CHUNK = 1 << 16 /* bytes converted at a time */ };

/* A cursor over the header: a Python dictionary display of three known keys. */
struct text {
    const char *p, *end;
};

static void skip_blanks(struct text *t)
{
    while (t->p < t->end && memchr(" \t\r\n", *t->p, 4)) t->p++;
}

static bool take(struct text *t, char c)
{
    skip_blanks(t);
    if (t->p == t->end || *t->p != c) return false;
    t->p++;
    return true;
}

static bool take_word(struct text *t, const char *word)
{
    const size_t n = strlen(word);
    skip_blanks(t);
    if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0) return false;
    t->p += n;
    return true;
}

static bool take_string(struct text *t, const char **s, size_t *n)
{
    skip_blanks(t);
    if (t->p == t->end || (*t->p != '\'' && *t->p != '"')) return false;
    const char quote = *t->p++;
    const char *close = memchr(t->p, quote, (size_t)(t->end - t->p));
    if (!close) return false;
    *s = t->p;
    *n = (size_t)(close - t->p);
    t->p = close + 1;
    return true;
}

/* A non-negative integer; Python 2 wrote an L after it. */
static bool take_length(struct text *t, int64_t *out)
{
    skip_blanks(t);
    const char *begin = t->p;
    int64_t x = 0;
    for (; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++)
        if (__builtin_mul_overflow(x, 10, &x) || __builtin_add_overflow(x, *t->p - '0', &x)) return false;
    if (t->p == begin) return false;
    if (t->p < t->end && *t->p == 'L') t->p++;
    *out = x;
    return true;
}

static enum orr_status bad(const struct orr_npy *a, struct orr_error *err, const char *what)
{
    return orr_error_set(err, ORR_EFORMAT, a->source.where, "not a readable NumPy array: %s", what);
}

/* descr: byte order, kind, size; "<f4", "|u1". */
static enum orr_status parse_descr(struct orr_npy *a, const char *s, size_t n, struct orr_error *err)
{
    static const struct { char text[3]; enum orr_dtype dtype; } known[] = {
        {"b1", ORR_DTYPE_BOOL}, {"u1", ORR_DTYPE_U8}, {"u2", ORR_DTYPE_U16}, {"u4", ORR_DTYPE_U32},
        {"u8", ORR_DTYPE_U64}, {"i1", ORR_DTYPE_I8}, {"i2", ORR_DTYPE_I16}, {"i4", ORR_DTYPE_I32},
        {"i8", ORR_DTYPE_I64}, {"f2", ORR_DTYPE_F16}, {"f4", ORR_DTYPE_F32}, {"f8", ORR_DTYPE_F64},
    };
    if (n > 1 && s[1] == 'O')
        return orr_error_set(err, ORR_EUNSUPPORTED, a->source.where,
                             "an array of Python objects, which only Python can read; save it with a numeric dtype");
    if (n == 3 && memchr("<>|=", s[0], 4))
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (memcmp(s + 1, known[i].text, 2) == 0) {
                a->dtype = known[i].dtype;
                a->big_endian = s[0] == '>';
                return ORR_OK;
            }
    return orr_error_set(err, ORR_EUNSUPPORTED, a->source.where,
                         "its dtype \"%.*s\" is not a real number; save it as float32", (int)(n < 20 ? n : 20), s);
}

static enum orr_status parse_shape(struct orr_npy *a, struct text *t, struct orr_error *err)
{
    if (!take(t, '(')) return bad(a, err, "its shape is no tuple");
    a->count = 1;
    for (a->rank = 0; !take(t, ')'); a->rank++) {
        int64_t length;
        if (a->rank == ORR_RANK_MAX)
            return orr_error_set(err, ORR_EUNSUPPORTED, a->source.where, "it has more than %d axes", ORR_RANK_MAX);
        if (!take_length(t, &length)) return bad(a, err, "its shape is damaged");
        a->shape[a->rank] = length;
        if (__builtin_mul_overflow(a->count, (size_t)length, &a->count)) return bad(a, err, "its shape is absurd");
        if (!take(t, ',')) {
            a->rank++;
            if (!take(t, ')')) return bad(a, err, "its shape is damaged");
            break;
        }
    }
    return ORR_OK;
}

static enum orr_status parse_header(struct orr_npy *a, struct text t, struct orr_error *err)
{
    enum { DESCR = 1, ORDER = 2, SHAPE = 4 };
    int seen = 0;
    if (!take(&t, '{')) return bad(a, err, "its header is no dictionary");
    while (!take(&t, '}')) {
        const char *key, *value;
        size_t key_n, n;
        enum orr_status s = ORR_OK;
        if (!take_string(&t, &key, &key_n) || !take(&t, ':')) return bad(a, err, "its header is damaged");
        if (key_n == 5 && memcmp(key, "descr", 5) == 0) {
            seen |= DESCR;
            if (!take_string(&t, &value, &n))
                return orr_error_set(err, ORR_EUNSUPPORTED, a->source.where,
                                     "a structured array; save its columns as arrays of their own");
            s = parse_descr(a, value, n, err);
        } else if (key_n == 13 && memcmp(key, "fortran_order", 13) == 0) {
            seen |= ORDER;
            a->fortran = take_word(&t, "True");
            if (!a->fortran && !take_word(&t, "False")) return bad(a, err, "fortran_order is neither True nor False");
        } else if (key_n == 5 && memcmp(key, "shape", 5) == 0) {
            seen |= SHAPE;
            s = parse_shape(a, &t, err);
        } else {
            return bad(a, err, "its header has an unknown key");
        }
        if (s) return s;
        if (!take(&t, ',')) {
            if (!take(&t, '}')) return bad(a, err, "its header is damaged");
            break;
        }
    }
    return seen == (DESCR | ORDER | SHAPE) ? ORR_OK : bad(a, err, "its header lacks descr, fortran_order or shape");
}

static enum orr_status read_bytes(struct orr_npy *a, void *out, size_t n, struct orr_error *err)
{
    const ptrdiff_t got = a->source.read(a->source.ctx, out, n);
    if (got < 0) return orr_error_set(err, ORR_EIO, a->source.where, "it cannot be read, or is damaged");
    return (size_t)got == n ? ORR_OK : bad(a, err, "it ends too early");
}

/* The next n elements as they lie. */
static enum orr_status read_raw(struct orr_npy *a, float *out, size_t n, struct orr_error *err)
{
    unsigned char bytes[CHUNK];
    const size_t size = orr_dtype_size(a->dtype);
    while (n > 0) {
        const size_t k = n < CHUNK / size ? n : CHUNK / size;
        const enum orr_status s = read_bytes(a, bytes, k * size, err);
        if (s) return s;
        orr_dtype_to_float(a->dtype, a->big_endian, bytes, k, out);
        out += k;
        n -= k;
    }
    return ORR_OK;
}

/* Reads an array whose first index runs fastest and turns it: a->whole. */
static enum orr_status read_fortran(struct orr_npy *a, struct orr_error *err)
{
    if (a->count > ORR_NPY_FORTRAN_MAX / sizeof(float))
        return orr_error_set(err, ORR_EUNSUPPORTED, a->source.where,
                             "more than 256 MiB in Fortran order; save numpy.ascontiguousarray of it");
    float *raw = orr_alloc(a->count, sizeof *raw);
    a->whole = orr_alloc(a->count, sizeof *a->whole);
    enum orr_status s = ORR_OK;
    if (!raw || !a->whole)
        s = orr_error_set(err, ORR_ENOMEM, a->source.where, "no memory for an array of %zu elements", a->count);
    else
        s = read_raw(a, raw, a->count, err);

    size_t stride[ORR_RANK_MAX] = {0}, step = 1; /* in raw, of each axis */
    int64_t at[ORR_RANK_MAX] = {0};
    for (int k = 0; k < a->rank; k++) {
        stride[k] = step;
        step *= (size_t)a->shape[k];
    }
    for (size_t i = 0, from = 0; !s && i < a->count; i++) {
        a->whole[i] = raw[from];
        for (int k = a->rank - 1; k >= 0; k--) { /* count up, last axis first */
            from += stride[k];
            if (++at[k] < a->shape[k]) break;
            from -= stride[k] * (size_t)a->shape[k];
            at[k] = 0;
        }
    }
    free(raw);
    return s;
}

enum orr_status orr_npy_open(struct orr_npy *a, const struct orr_npy_source *source, struct orr_error *err)
{
    *a = (struct orr_npy){.source = *source};
    unsigned char head[12];
    enum orr_status s = read_bytes(a, head, 10, err);
    if (s) return s;
    if (memcmp(head, "\x93NUMPY", 6) != 0) return bad(a, err, "it does not begin with \\x93NUMPY");
    if (head[6] < 1 || head[6] > 3)
        return orr_error_set(err, ORR_EVERSION, source->where, "NumPy format version %d; 1 to 3 are known", head[6]);
    size_t n = (size_t)head[8] | (size_t)head[9] << 8, prefix = 10;
    if (head[6] > 1) {
        if ((s = read_bytes(a, head + 10, 2, err))) return s;
        n |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
        prefix = 12;
    }
    if (n > HEADER_MAX || n > source->size) return bad(a, err, "its header is too long");
    char *header = orr_alloc(n + 1, 1);
    if (!header) return orr_error_set(err, ORR_ENOMEM, source->where, "no memory for its header");
    s = read_bytes(a, header, n, err);
    if (!s) s = parse_header(a, (struct text){header, header + n}, err);
    free(header);
    if (s) return s;
    uint64_t bytes;
    if (__builtin_mul_overflow((uint64_t)a->count, orr_dtype_size(a->dtype), &bytes) || source->size < prefix + n ||
        bytes > source->size - prefix - n)
        return bad(a, err, "its shape promises more than is there");
    /* rows and columns differ only where two axes are longer than 1, but turning is right for all */
    return a->fortran && a->rank > 1 ? read_fortran(a, err) : ORR_OK;
}

enum orr_status orr_npy_read(struct orr_npy *a, float *out, size_t n, struct orr_error *err)
{
    if (n > a->count - a->done)
        return orr_error_set(err, ORR_EINVAL, a->source.where, "%zu elements wanted, %zu are left", n,
                             a->count - a->done);
    if (a->whole) {
        memcpy(out, a->whole + a->done, n * sizeof *out);
    } else {
        const enum orr_status s = read_raw(a, out, n, err);
        if (s) return s;
    }
    a->done += n;
    return ORR_OK;
}

void orr_npy_close(struct orr_npy *a)
{
    free(a->whole);
    a->whole = NULL;
}

static ptrdiff_t read_reader(void *ctx, void *out, size_t n)
{
    struct orr_reader *r = ctx;
    size_t done = 0, avail;
    while (done < n) {
        const unsigned char *p = orr_reader_peek(r, 1, &avail);
        if (!p) return -1;
        if (avail == 0) break;
        if (avail > n - done) avail = n - done;
        memcpy((unsigned char *)out + done, p, avail);
        orr_reader_skip(r, avail);
        done += avail;
    }
    return (ptrdiff_t)done;
}

struct orr_npy_source orr_npy_reader_source(struct orr_reader *r)
{
    return (struct orr_npy_source){read_reader, r, orr_reader_size(r), orr_reader_path(r)};
}

enum orr_status orr_npy_load(const char *path, struct orr_npy *a, float **values, struct orr_error *err)
{
    *values = NULL;
    *a = (struct orr_npy){0};
    struct orr_reader *r;
    enum orr_status s = orr_reader_open(path, 0, &r, err);
    if (s) return s;
    const struct orr_npy_source source = orr_npy_reader_source(r);
    if ((s = orr_npy_open(a, &source, err))) goto out;
    *values = orr_alloc(a->count, sizeof **values);
    if (!*values) {
        s = orr_error_set(err, ORR_ENOMEM, path, "no memory for %zu elements", a->count);
        goto out;
    }
    s = orr_npy_read(a, *values, a->count, err);
out:
    if (s) {
        free(*values);
        *values = NULL;
    }
    orr_npy_close(a);
    orr_reader_close(r);
    a->source.where = NULL; /* gone with the reader */
    return s;
}
