/* The index file as it is read. Nothing in the file is believed: what passes the checksum may still have been made to
 * harm, so that every number is checked where it is used. */
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
#include "text/index_file.h"

struct orr_index {
    const unsigned char *bytes;
    size_t n;
    void *mapped; /* NULL: memory is ours */
    char *memory;
    struct orr_index_header h;
    const struct orr_disk_doc *docs;
    const struct orr_disk_term *terms;
    const struct orr_disk_block *blocks;
    const struct orr_disk_vector *vectors;
    const uint32_t *slots;
    const unsigned char *names, *words, *spelling, *postings;
    uint64_t n_blocks;
    uint32_t mask;
};

static enum orr_status damaged(const char *where, const char *what, struct orr_error *err)
{
    return orr_error_set(err, ORR_EFORMAT, where, "damaged index: %s; it will be made anew from the store", what);
}

/* Each part inside the file, aligned, and of a size that fits its items. */
static bool parts_fit(const struct orr_index *x)
{
    const struct orr_index_header *h = &x->h;
    for (int p = 0; p < ORR_PARTS; p++)
        if (h->at[p] % 8 || h->at[p] < sizeof *h || h->at[p] > x->n || h->size[p] > x->n - h->at[p]) return false;
    const uint64_t slots = h->size[ORR_PART_SLOTS] / sizeof(uint32_t);
    return h->size[ORR_PART_DOCS] == (uint64_t)h->docs * sizeof(struct orr_disk_doc) &&
           h->size[ORR_PART_VECTORS] == (uint64_t)h->docs * sizeof(struct orr_disk_vector) &&
           h->size[ORR_PART_TERMS] == (uint64_t)h->terms * sizeof(struct orr_disk_term) &&
           h->size[ORR_PART_BLOCKS] % sizeof(struct orr_disk_block) == 0 && slots && slots <= UINT32_MAX &&
           (slots & (slots - 1)) == 0 && h->docs < INT32_MAX && h->terms < INT32_MAX &&
           (!h->size[ORR_PART_NAMES] || x->bytes[h->at[ORR_PART_NAMES] + h->size[ORR_PART_NAMES] - 1] == 0);
}

static enum orr_status check(struct orr_index *x, const char *where, struct orr_error *err)
{
    if (x->n < sizeof x->h) return damaged(where, "shorter than its header", err);
    memcpy(&x->h, x->bytes, sizeof x->h);
    if (x->h.magic != ORR_INDEX_MAGIC) return damaged(where, "no index of this kind", err);
    if (x->h.version != ORR_INDEX_VERSION || x->h.header_bytes != sizeof x->h)
        return orr_error_set(err, ORR_EVERSION, where, "an index of another version; it will be made anew");
    if (x->h.header_checksum != XXH3_64bits(&x->h, offsetof(struct orr_index_header, header_checksum)))
        return damaged(where, "its header does not match its checksum", err);
    if (x->h.bytes != x->n) return damaged(where, "cut short", err);
    if (x->h.checksum != XXH3_64bits(x->bytes + sizeof x->h, x->n - sizeof x->h))
        return damaged(where, "its content does not match its checksum", err);
    if (!parts_fit(x)) return damaged(where, "parts that do not fit", err);
    x->docs = (const void *)(x->bytes + x->h.at[ORR_PART_DOCS]);
    x->names = x->bytes + x->h.at[ORR_PART_NAMES];
    x->words = x->bytes + x->h.at[ORR_PART_WORDS];
    x->terms = (const void *)(x->bytes + x->h.at[ORR_PART_TERMS]);
    x->spelling = x->bytes + x->h.at[ORR_PART_SPELLING];
    x->vectors = (const void *)(x->bytes + x->h.at[ORR_PART_VECTORS]);
    x->slots = (const void *)(x->bytes + x->h.at[ORR_PART_SLOTS]);
    x->blocks = (const void *)(x->bytes + x->h.at[ORR_PART_BLOCKS]);
    x->postings = x->bytes + x->h.at[ORR_PART_POSTINGS];
    x->n_blocks = x->h.size[ORR_PART_BLOCKS] / sizeof *x->blocks;
    x->mask = (uint32_t)(x->h.size[ORR_PART_SLOTS] / sizeof *x->slots - 1);
    return ORR_OK;
}

enum orr_status orr_index_adopt(struct orr_str *bytes, const char *where, struct orr_index **out, struct orr_error *err)
{
    struct orr_index *x = orr_xcalloc(1, sizeof *x);
    x->memory = bytes->data;
    x->bytes = (const unsigned char *)orr_str_c(bytes);
    x->n = bytes->len;
    *bytes = (struct orr_str){0};
    const enum orr_status status = check(x, where, err);
    *out = status == ORR_OK ? x : NULL;
    if (status != ORR_OK) orr_index_close(x);
    return status;
}

enum orr_status orr_index_open(const char *path, struct orr_index **out, struct orr_error *err)
{
    *out = NULL;
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return orr_error_set(err, errno == ENOENT ? ORR_ENOTFOUND : ORR_EIO, path, "cannot open the index: %s",
                             strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct orr_index_header)) {
        close(fd);
        return damaged(path, "no regular file, or too short", err);
    }
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    close(fd);
    if (p == MAP_FAILED) return orr_error_set(err, ORR_EIO, path, "cannot map the index: %s", strerror(errno));
    struct orr_index *x = orr_xcalloc(1, sizeof *x);
    x->mapped = p;
    x->bytes = p;
    x->n = (size_t)st.st_size;
    const enum orr_status status = check(x, path, err);
    if (status == ORR_OK)
        *out = x;
    else
        orr_index_close(x);
    return status;
}

void orr_index_close(struct orr_index *x)
{
    if (!x) return;
    if (x->mapped) munmap(x->mapped, x->n);
    free(x->memory);
    free(x);
}

uint64_t orr_index_stamp(const struct orr_index *x) { return x->h.stamp; }
const struct orr_bm25f *orr_index_params(const struct orr_index *x) { return &x->h.params; }
size_t orr_index_bytes(const struct orr_index *x) { return x->n; }
uint32_t orr_index_docs(const struct orr_index *x) { return x->h.docs; }
uint32_t orr_index_terms(const struct orr_index *x) { return x->h.terms; }

/* ---- documents ---- */

/* The text at `at` among the names, and where the next one begins. The last byte of the part is a NUL. */
static const char *name_at(const struct orr_index *x, uint64_t *at)
{
    if (*at >= x->h.size[ORR_PART_NAMES]) return "";
    const char *s = (const char *)x->names + *at;
    *at += strlen(s) + 1;
    return s;
}

void orr_index_doc(const struct orr_index *x, uint32_t doc, struct orr_index_doc *out)
{
    const struct orr_disk_doc *d = &x->docs[doc];
    uint64_t at = d->names_at;
    out->key = d->key;
    out->hash = d->hash;
    out->id = name_at(x, &at);
    out->title = name_at(x, &at);
    out->section_title = name_at(x, &at);
    memcpy(out->length, d->length, sizeof out->length);
    out->rows = d->rows;
    out->columns = d->columns;
}

uint64_t orr_index_doc_key(const struct orr_index *x, uint32_t doc) { return x->docs[doc].key; }

/* Keys ascend: the writer orders its documents so. */
uint32_t orr_index_doc_find(const struct orr_index *x, uint64_t key)
{
    uint32_t lo = 0, hi = x->h.docs;
    while (lo < hi) {
        const uint32_t mid = lo + (hi - lo) / 2;
        if (x->docs[mid].key < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < x->h.docs && x->docs[lo].key == key ? lo : UINT32_MAX;
}

struct orr_words orr_index_words(const struct orr_index *x, uint32_t doc)
{
    const uint64_t size = x->h.size[ORR_PART_WORDS];
    uint64_t from = x->docs[doc].words_at, to = doc + 1 < x->h.docs ? x->docs[doc + 1].words_at : size;
    if (to > size) to = size;
    if (from > to) from = to;
    return (struct orr_words){x->words + from, x->words + to, x->h.terms};
}

/* ---- terms ---- */

const char *orr_index_term_text(const struct orr_index *x, uint32_t term, size_t *n)
{
    const struct orr_disk_term *t = &x->terms[term];
    const uint64_t size = x->h.size[ORR_PART_SPELLING];
    *n = t->spelling_at <= size && t->spelling_n <= size - t->spelling_at ? t->spelling_n : 0;
    return *n ? (const char *)x->spelling + t->spelling_at : "";
}

uint32_t orr_index_term(const struct orr_index *x, const char *term, size_t n)
{
    uint32_t at = (uint32_t)XXH3_64bits(term, n) & x->mask;
    for (uint32_t probes = 0; probes <= x->mask && x->slots[at]; probes++, at = (at + 1) & x->mask) {
        const uint32_t t = x->slots[at] - 1;
        size_t length;
        if (t >= x->h.terms) return UINT32_MAX;
        const char *text = orr_index_term_text(x, t, &length);
        if (length == n && memcmp(text, term, n) == 0) return t;
    }
    return UINT32_MAX;
}

uint32_t orr_index_df(const struct orr_index *x, uint32_t term)
{
    const uint32_t df = x->terms[term].df;
    return df < x->h.docs ? df : x->h.docs;
}

float orr_index_idf(const struct orr_index *x, uint32_t term)
{
    const float df = (float)orr_index_df(x, term), n = (float)x->h.docs;
    return log1pf((n - df + 0.5F) / (df + 0.5F));
}

/* ---- postings ---- */

struct orr_term_blocks orr_index_blocks(const struct orr_index *x, uint32_t term)
{
    const struct orr_disk_term *t = &x->terms[term];
    const uint64_t first = t->first_block, n = (orr_index_df(x, term) + (uint64_t)ORR_BLOCK - 1) / ORR_BLOCK;
    if (first > x->n_blocks || n > x->n_blocks - first) return (struct orr_term_blocks){0};
    return (struct orr_term_blocks){(uint32_t)n, first, t->heaviest};
}

uint32_t orr_block_first(const struct orr_index *x, uint64_t block) { return x->blocks[block].first; }
uint32_t orr_block_last(const struct orr_index *x, uint64_t block) { return x->blocks[block].last; }
uint16_t orr_block_heaviest(const struct orr_index *x, uint64_t block) { return x->blocks[block].heaviest; }

/* The gap at a bit of p, of which 8 bytes from there on may be read: gaps are at most 32 bits wide. */
static inline uint64_t gap_at(const unsigned char *p, uint64_t bit, uint64_t mask)
{
    uint64_t bits;
    memcpy(&bits, p + bit / 8, sizeof bits);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bits = __builtin_bswap64(bits);
#endif
    return bits >> bit % 8 & mask;
}

void orr_block_read(const struct orr_index *x, uint64_t block, struct orr_posting_block *out)
{
    const struct orr_disk_block *b = &x->blocks[block];
    out->n = 0;
    if (b->n == 0 || b->n > ORR_BLOCK || b->width > 32) return;
    const uint64_t size = x->h.size[ORR_PART_POSTINGS], packed = ((b->n - UINT64_C(1)) * b->width + 7) / 8;
    if (b->at > size || packed + 2u * b->n > size - b->at) return;
    const unsigned char *p = x->postings + b->at;
    unsigned char end[ORR_BLOCK * 4 + 8]; /* the last bytes of the file, with some behind them */
    if (packed + 8 > size - b->at) {
        memcpy(end, p, packed);
        memset(end + packed, 0, 8);
        memcpy(out->weight, p + packed, 2 * (size_t)b->n);
        p = end;
    } else {
        memcpy(out->weight, p + packed, 2 * (size_t)b->n);
    }
    const uint64_t mask = (UINT64_C(1) << b->width) - 1;
    uint64_t doc = b->first;
    out->doc[0] = (uint32_t)doc;
    for (uint32_t i = 1; i < b->n; i++) {
        doc += gap_at(p, (i - UINT64_C(1)) * b->width, mask);
        out->doc[i] = (uint32_t)doc;
    }
    out->n = b->n;
    if (doc < x->h.docs) return; /* so are all before it */
    doc = b->first;
    for (out->n = 0; doc < x->h.docs; out->n++) /* a damaged file */
        doc += out->n + 1u < b->n ? gap_at(p, out->n * (uint64_t)b->width, mask) : x->h.docs;
}

/* ---- vectors ---- */

const int8_t *orr_index_vector(const struct orr_index *x, uint32_t doc, float *length)
{
    *length = x->vectors[doc].length;
    return x->vectors[doc].part;
}
