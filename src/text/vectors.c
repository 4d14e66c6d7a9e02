#include "text/vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/mem.h"
#include "num/kernel.h"
#include "text/vectors_file.h"

struct orr_vectors {
    const unsigned char *bytes;
    size_t n;
    void *mapped; /* NULL: memory is ours */
    char *memory;
    struct orr_vectors_header h;
    const struct orr_disk_table *tables;   /* [tables + 1] */
    const struct orr_disk_weight *weights; /* of all tables, WEIGHTS */
    const float *inverse;                  /* [vectors] */
    const int8_t *parts;                   /* (vectors, dim) */
    /* Weights by piece: those of piece p are posting[first_of[p]] .. posting[first_of[p + 1] - 1], by table. */
    uint32_t *first_of; /* [dim + 1] */
    struct posting {
        uint32_t table;
        float weight;
    } *posting;
};

/* ---- opening ---- */

static enum orr_status damaged(const char *where, const char *what, struct orr_error *err)
{
    return orr_error_set(err, ORR_EFORMAT, where, "damaged vectors: %s; they will be made anew", what);
}

static bool tables_fit(const struct orr_vectors *v)
{
    const uint64_t least = v->h.kind == ORR_ENCODER_VECTORS; /* its own; rows may have none */
    for (uint32_t t = 0; t < v->h.tables; t++)
        if (v->tables[t].first + least > v->tables[t + 1].first) return false;
    return v->tables[0].first == 0 && v->tables[v->h.tables].first == v->h.vectors &&
           (v->h.kind == ORR_ENCODER_WEIGHTS || v->h.tables <= v->h.vectors);
}

/* Sizes that follow from the numbers in the header, in 64 bits that none of them overflows. */
static bool lay_out(struct orr_vectors *v)
{
    const struct orr_vectors_header *h = &v->h;
    if (h->tables >= INT32_MAX || h->vectors >= INT32_MAX || h->dim < 1 || h->dim > 1 << 22 ||
        h->kind == ORR_ENCODER_PAIRS || h->kind > ORR_ENCODER_WEIGHTS)
        return false;
    const uint64_t tables = ((uint64_t)h->tables + 1) * sizeof(struct orr_disk_table);
    const uint64_t rest = h->kind == ORR_ENCODER_WEIGHTS ? (uint64_t)h->vectors * sizeof(struct orr_disk_weight)
                                                         : (uint64_t)h->vectors * (sizeof(float) + h->dim);
    if (sizeof *h + tables + rest != v->n) return false;
    v->tables = (const void *)(v->bytes + sizeof *h);
    v->weights = (const void *)(v->bytes + sizeof *h + tables);
    v->inverse = (const void *)v->weights;
    v->parts = (const void *)(v->inverse + h->vectors);
    return tables_fit(v);
}

/* Counting sort of the pairs by piece; pieces that the encoder does not have are left out. O(pairs + dim). */
static bool invert(struct orr_vectors *v)
{
    const uint32_t dim = v->h.dim;
    v->first_of = orr_alloc((size_t)dim + 2, sizeof *v->first_of);
    v->posting = orr_alloc((size_t)v->h.vectors + 1, sizeof *v->posting);
    if (!v->first_of || !v->posting) return false;
    memset(v->first_of, 0, ((size_t)dim + 2) * sizeof *v->first_of);
    for (uint32_t i = 0; i < v->h.vectors; i++)
        if (v->weights[i].piece < dim) v->first_of[v->weights[i].piece + 2]++;
    for (uint32_t p = 2; p < dim + 2; p++) v->first_of[p] += v->first_of[p - 1];
    for (uint32_t t = 0; t < v->h.tables; t++) /* first_of[p + 1] runs from the start of p to its end */
        for (uint32_t i = v->tables[t].first; i < v->tables[t + 1].first; i++)
            if (v->weights[i].piece < dim)
                v->posting[v->first_of[v->weights[i].piece + 1]++] = (struct posting){t, v->weights[i].weight};
    return true;
}

static enum orr_status check(struct orr_vectors *v, const char *where, struct orr_error *err)
{
    if (v->n < sizeof v->h) return damaged(where, "shorter than their header", err);
    memcpy(&v->h, v->bytes, sizeof v->h);
    if (v->h.magic != ORR_VECTORS_MAGIC) return damaged(where, "no file of this kind", err);
    if (v->h.version != ORR_VECTORS_VERSION)
        return orr_error_set(err, ORR_EVERSION, where, "vectors of another version; they will be made anew");
    const size_t from = offsetof(struct orr_vectors_header, checksum) + sizeof v->h.checksum;
    if (v->h.checksum != XXH3_64bits(v->bytes + from, v->n - from))
        return damaged(where, "their content does not match its checksum", err);
    v->h.name[sizeof v->h.name - 1] = '\0';
    if (!lay_out(v)) return damaged(where, "parts that do not fit", err);
    return v->h.kind != ORR_ENCODER_WEIGHTS || invert(v)
               ? ORR_OK
               : orr_error_set(err, ORR_ENOMEM, where, "no memory for the lists of %u weights", v->h.vectors);
}

enum orr_status orr_vectors_adopt(struct orr_str *bytes, const char *where, struct orr_vectors **out,
                                  struct orr_error *err)
{
    struct orr_vectors *v = orr_xcalloc(1, sizeof *v);
    v->memory = bytes->data;
    v->bytes = (const unsigned char *)orr_str_c(bytes);
    v->n = bytes->len;
    *bytes = (struct orr_str){0};
    const enum orr_status s = check(v, where, err);
    *out = s ? NULL : v;
    if (s) orr_vectors_close(v);
    return s;
}

enum orr_status orr_vectors_open(const char *path, struct orr_vectors **out, struct orr_error *err)
{
    *out = NULL;
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return orr_error_set(err, errno == ENOENT ? ORR_ENOTFOUND : ORR_EIO, path, "cannot open the vectors: %s",
                             strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct orr_vectors_header)) {
        close(fd);
        return damaged(path, "no regular file, or too short", err);
    }
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    if (p == MAP_FAILED) return orr_error_set(err, ORR_EIO, path, "cannot map the vectors: %s", strerror(errno));
    struct orr_vectors *v = orr_xcalloc(1, sizeof *v);
    v->mapped = p;
    v->bytes = p;
    v->n = (size_t)st.st_size;
    const enum orr_status s = check(v, path, err);
    if (s)
        orr_vectors_close(v);
    else
        *out = v;
    return s;
}

void orr_vectors_close(struct orr_vectors *v)
{
    if (!v) return;
    if (v->mapped) munmap(v->mapped, v->n);
    free(v->memory);
    free(v->first_of);
    free(v->posting);
    free(v);
}

uint64_t orr_vectors_stamp(const struct orr_vectors *v) { return v->h.stamp; }
uint64_t orr_vectors_encoder(const struct orr_vectors *v) { return v->h.encoder; }
size_t orr_vectors_bytes(const struct orr_vectors *v) { return v->n; }
uint32_t orr_vectors_tables(const struct orr_vectors *v) { return v->h.tables; }
int orr_vectors_dim(const struct orr_vectors *v) { return (int)v->h.dim; }
const char *orr_vectors_name(const struct orr_vectors *v) { return v->h.name; }
bool orr_vectors_has_rows(const struct orr_vectors *v) { return v->h.rows && v->h.kind == ORR_ENCODER_VECTORS; }

struct orr_vectors_entry orr_vectors_entry(const struct orr_vectors *v, uint32_t t)
{
    struct orr_vectors_entry e = {
        .key = v->tables[t].key, .hash = v->tables[t].hash, .n = v->tables[t + 1].first - v->tables[t].first};
    if (v->h.kind == ORR_ENCODER_WEIGHTS)
        e.weight = v->weights + v->tables[t].first;
    else
        e.inverse = v->inverse + v->tables[t].first, e.part = v->parts + (size_t)v->tables[t].first * v->h.dim;
    return e;
}

/* ---- comparing ---- */

void orr_vector_round(const float *x, size_t n, int8_t *part, float *inverse)
{
    float top = 0, square = 0;
    for (size_t i = 0; i < n; i++) top = fmaxf(top, fabsf(x[i]));
    for (size_t i = 0; i < n; i++) {
        part[i] = top > 0 && isfinite(top) ? (int8_t)lrintf(x[i] * 127 / top) : 0;
        square += (float)part[i] * (float)part[i];
    }
    *inverse = square > 0 ? 1 / sqrtf(square) : 0;
}

void orr_vector_query_read(const struct orr_vectors *v, const float *q, struct orr_vector_query *out)
{
    *out = (struct orr_vector_query){.weight = q};
    if (v->h.kind == ORR_ENCODER_WEIGHTS) return;
    out->part = orr_xcalloc(v->h.dim, 1);
    orr_vector_round(q, v->h.dim, out->part, &out->inverse);
}

void orr_vector_query_free(struct orr_vector_query *q)
{
    free(q->part);
    *q = (struct orr_vector_query){0};
}

ORR_KERNEL static int32_t dot(const int8_t *a, const int8_t *b, size_t n)
{
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += (int32_t)a[i] * b[i];
    return sum;
}

/* A file may hold any number as a length. */
static float sane(float cosine) { return cosine >= -1.001F && cosine <= 1.001F ? cosine : 0; }

/* Piece by piece, only those that the question has. A table's products are summed in the order of pieces, as they would be
 * table by table, so that no digit differs. O(dim + tables + postings of the question's pieces). */
static void compare_weights(const struct orr_vectors *v, const struct orr_vector_query *q, float *product)
{
    float top = 0;
    memset(product, 0, v->h.tables * sizeof *product);
    for (uint32_t p = 0; p < v->h.dim; p++) {
        const float weight = q->weight[p];
        for (uint32_t i = weight != 0 ? v->first_of[p] : v->first_of[p + 1]; i < v->first_of[p + 1]; i++)
            product[v->posting[i].table] += weight * v->posting[i].weight;
    }
    for (uint32_t t = 0; t < v->h.tables; t++) top = fmaxf(top, product[t]);
    for (uint32_t t = 0; t < v->h.tables && top > 0; t++) product[t] /= top;
}

void orr_vectors_compare(const struct orr_vectors *v, const struct orr_vector_query *q, float *cosine)
{
    if (v->h.kind == ORR_ENCODER_WEIGHTS) {
        compare_weights(v, q, cosine);
        return;
    }
    for (uint32_t t = 0; t < v->h.tables; t++) {
        const size_t at = v->tables[t].first;
        cosine[t] = sane((float)dot(q->part, v->parts + at * v->h.dim, v->h.dim) * q->inverse * v->inverse[at]);
    }
}

size_t orr_vectors_compare_rows(const struct orr_vectors *v, const struct orr_vector_query *q, uint32_t t,
                                float *cosine)
{
    if (v->h.kind == ORR_ENCODER_WEIGHTS) return 0;
    const size_t first = (size_t)v->tables[t].first + 1, end = v->tables[t + 1].first;
    size_t n = 0;
    for (size_t at = first; at < end && n < ORR_VECTOR_ROWS; at++)
        cosine[n++] = sane((float)dot(q->part, v->parts + at * v->h.dim, v->h.dim) * q->inverse * v->inverse[at]);
    return n;
}

float orr_vectors_compare_mini(const struct orr_vectors *v, const float *q, uint32_t t, const size_t *rows, size_t n)
{
    const size_t first = v->tables[t].first, end = v->tables[t + 1].first, dim = v->h.dim;
    double product = 0, square = 0;
    for (size_t d = 0; d < dim; d++) {
        float sum = v->inverse[first] * v->parts[first * dim + d];
        for (size_t i = 0; i < n; i++) {
            const size_t at = first + 1 + rows[i];
            if (at < end) sum += v->inverse[at] * v->parts[at * dim + d];
        }
        product += (double)q[d] * (double)sum;
        square += (double)sum * (double)sum;
    }
    return square > 0 ? sane((float)(product / sqrt(square))) : 0;
}
