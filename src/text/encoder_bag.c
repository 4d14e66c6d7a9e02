#include "text/encoder_bag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "base/mem.h"
#include "base/safetensors.h"
#include "num/kernel.h"
#include "text/transformer.h"

enum { TRIGRAM = 3, MOST_ROWS = 1 << 22, MOST_DIM = 4096 };
static const char TENSOR[] = "bag.embedding";

struct bag {
    struct orr_encoder base;
    int32_t rows;
    float *table; /* (rows, dim) */
    struct orr_tokeniser *tokeniser;
    struct orr_tokens features;
};

/* ---- features ---- */

struct reading {
    int32_t rows;
    size_t words;
    struct orr_tokens *out;
};

static void put(struct reading *r, const char *bytes, size_t n, uint64_t seed)
{
    ORR_VEC_PUSH(r->out, (int32_t)(XXH3_64bits_withSeed(bytes, n, seed) % (uint64_t)r->rows));
}

static void read_word(void *ctx, const char *term, size_t n, size_t at, size_t bytes)
{
    struct reading *r = ctx;
    char marked[ORR_TERM_BYTES + 2];
    (void)at;
    (void)bytes;
    if (r->words++ >= ORR_BAG_WORDS) return;
    if (n > ORR_TERM_BYTES) n = ORR_TERM_BYTES;
    marked[0] = '<';
    memcpy(marked + 1, term, n);
    marked[n + 1] = '>';
    for (uint64_t seed = 1; seed <= 2; seed++) put(r, marked, n + 2, seed);
    for (size_t i = 0; n >= 2 && i + TRIGRAM <= n + 2; i++) put(r, marked + i, TRIGRAM, 3);
}

void orr_bag_features(struct orr_tokeniser *t, const char *text, int32_t rows, struct orr_tokens *out)
{
    struct reading r = {rows, 0, out};
    orr_tokenise(t, text, strlen(text), read_word, &r);
}

/* ---- the file ---- */

enum orr_status orr_bag_write(const char *path, int32_t rows, int dim, const float *table, const char *const *metadata,
                              struct orr_error *err)
{
    const int64_t shape[2] = {rows, dim};
    const struct orr_safetensor_out out = {TENSOR, shape, 2, table};
    return orr_safetensors_write_half(path, &out, 1, metadata, err);
}

static void bag_free(struct orr_encoder *e)
{
    struct bag *b = (struct bag *)e;
    orr_tokeniser_free(b->tokeniser);
    free(b->features.data);
    free(b->table);
    free(b);
}

static enum orr_status read_table(struct orr_safetensors *f, const char *path, struct bag *b, struct orr_error *err)
{
    const struct orr_safetensor *t = orr_safetensors_find(f, TENSOR);
    if (!t) return orr_error_set(err, ORR_ENOTFOUND, path, "no encoder: it has no tensor '%s'", TENSOR);
    if (t->rank != 2 || t->shape[0] < 2 || t->shape[0] > MOST_ROWS || t->shape[1] < 2 || t->shape[1] > MOST_DIM)
        return orr_error_set(err, ORR_EFORMAT, path, "'%s' has a shape that no encoder has", TENSOR);
    b->rows = (int32_t)t->shape[0];
    b->base.dim = (int)t->shape[1];
    b->base.weights = t->count;
    b->table = orr_alloc(t->count, sizeof *b->table);
    if (!b->table) return orr_error_set(err, ORR_ENOMEM, path, "no memory for %zu numbers", t->count);
    const enum orr_status s = orr_safetensors_read(f, t, 0, t->count, b->table, err);
    for (size_t i = 0; !s && i < t->count; i++)
        if (!isfinite(b->table[i])) return orr_error_set(err, ORR_EFORMAT, path, "a number is not finite: train it anew");
    if (!s) b->base.hash = XXH3_64bits_withSeed(b->table, t->count * sizeof *b->table, (uint64_t)b->base.dim);
    return s;
}

static enum orr_status bag_open(const char *path, struct orr_encoder **out, struct orr_error *err)
{
    struct orr_safetensors f = {0};
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) return orr_error_set(err, ORR_ENOTFOUND, path, "no such file");
    struct bag *b = orr_xcalloc(1, sizeof *b);
    b->base = (struct orr_encoder){.type = &orr_encoder_bag, .kind = ORR_ENCODER_VECTORS, .longest = ORR_BAG_WORDS};
    b->tokeniser = orr_tokeniser_new();
    enum orr_status s = orr_safetensors_open(path, 0, &f, err);
    if (!s) s = read_table(&f, path, b, err);
    orr_safetensors_close(&f);
    if (s)
        bag_free(&b->base);
    else
        *out = &b->base;
    return s;
}

/* ---- encoding ---- */

ORR_KERNEL static void add_row(float *restrict to, const float *restrict row, size_t dim)
{
    for (size_t d = 0; d < dim; d++) to[d] += row[d];
}

static void bag_encode(struct orr_encoder *e, enum orr_encoder_side side, const char *const *texts, size_t n,
                       float *out)
{
    struct bag *b = (struct bag *)e;
    const size_t dim = (size_t)e->dim;
    (void)side;
    memset(out, 0, n * dim * sizeof *out);
    for (size_t i = 0; i < n; i++, out += dim) {
        b->features.len = 0;
        orr_bag_features(b->tokeniser, texts[i], b->rows, &b->features);
        for (size_t k = 0; k < b->features.len; k++) add_row(out, b->table + (size_t)b->features.data[k] * dim, dim);
        orr_make_unit(out, dim);
    }
}

const struct orr_encoder_type orr_encoder_bag = {
    .name = "bag",
    .summary = "learned vectors of hashed words and trigrams (orrery corpus pretrain)",
    .open = bag_open,
    .encode = bag_encode,
    .free = bag_free,
};
