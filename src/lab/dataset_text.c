/* Text as a data set: next-byte prediction. Tokens are the bytes that occur in the text (WordNet's glosses in lower case: 64
 * or so), because a vocabulary of words would hold nearly all weights of a network as small as the lab's, most of them of
 * words that a short training never meets, while every byte is met in every epoch and any file of the user can be read.
 *
 *   text[:CONTEXT[:EXAMPLES]]        the glosses of WordNet, one per line in a fixed random order
 *   text:FILE[:CONTEXT[:EXAMPLES]]   a UTF-8 file
 *
 * The text is parted 80 / 10 / 10 (whole glosses, or the file from its beginning to its end, so that no split has a
 * neighbourhood in common with another) and cut into windows of CONTEXT bytes; EXAMPLES (10,000 glosses' windows; of a
 * file all, 0: all) windows evenly spread over the training part are kept, and a quarter of that of the others. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "lab/dataset_parts.h"

enum { CONTEXT = 64, LEAST_CONTEXT = 2, MOST_CONTEXT = 1024, GLOSS_EXAMPLES = 10000, MAX_TEXT = 64 << 20 };

struct options {
    char file[1024]; /* "": WordNet */
    size_t context, examples;
};

typedef ORR_VEC(unsigned char) bytes;

/* ---- options ---- */

/* Takes a whole number from the end of ":FILE:NUMBER"; false when there is none. */
static bool take_number(char *text, int64_t *number)
{
    char *colon = strrchr(text, ':');
    if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1)) return false;
    if (!orr_parse_int64(colon + 1, strlen(colon + 1), number)) return false;
    *colon = '\0';
    return true;
}

static enum orr_status read_options(const char *name, const char *text, struct options *o, struct orr_error *err)
{
    char rest[sizeof o->file];
    int64_t last = -1, first = -1;
    if (snprintf(rest, sizeof rest, "%s", text) >= (int)sizeof rest)
        return orr_error_set(err, ORR_EINVAL, name, "more than %zu bytes", sizeof rest - 1);
    if (take_number(rest, &last) && !take_number(rest, &first)) first = last, last = -1;
    const char *file = *rest == ':' ? rest + 1 : rest;
    if (first < 0) first = CONTEXT;
    if (last < 0) last = *file ? 0 : GLOSS_EXAMPLES;
    if (first < LEAST_CONTEXT || first > MOST_CONTEXT || (*rest && !*file))
        return orr_error_set(err, ORR_EINVAL, name, "expected text[:FILE][:CONTEXT[:EXAMPLES]] with CONTEXT %d to %d",
                             (int)LEAST_CONTEXT, (int)MOST_CONTEXT);
    snprintf(o->file, sizeof o->file, "%s", file);
    o->context = (size_t)first;
    o->examples = (size_t)last;
    return ORR_OK;
}

/* ---- text ---- */

static enum orr_status append(bytes *to, const char *path, const unsigned char *p, size_t n, struct orr_error *err)
{
    if (to->cap - to->len < n) { /* the size is the file's, so that asking may fail */
        const size_t cap = to->len + n > 2 * to->cap ? to->len + n : 2 * to->cap;
        unsigned char *more = orr_realloc(to->data, cap, 1);
        if (!more) return orr_error_set(err, ORR_ENOMEM, path, "no memory for %zu bytes of text", cap);
        to->data = more;
        to->cap = cap;
    }
    if (n) memcpy(to->data + to->len, p, n);
    to->len += n;
    return ORR_OK;
}

/* The offset of the first byte that belongs to no text: a NUL, or no UTF-8; n: there is none. */
static size_t first_bad(const unsigned char *p, size_t n)
{
    for (size_t i = 0, used; i < n; i += used) {
        used = 1;
        if (p[i] == 0) return i;
        if (p[i] >= 0x80 && orr_utf8_decode((const char *)p + i, n - i, &used) == 0xFFFD && used == 1) return i;
    }
    return n;
}

static enum orr_status check_text(const char *path, const unsigned char *p, size_t n, struct orr_error *err)
{
    char where[1100];
    if (n > MAX_TEXT)
        return orr_error_set(err, ORR_EFORMAT, path, "%zu bytes; at most %d are read: cut it with head -c", n, (int)MAX_TEXT);
    const size_t bad = first_bad(p, n);
    if (bad == n) return ORR_OK;
    snprintf(where, sizeof where, "%s:%zu", path, bad);
    if (p[bad] == 0) return orr_error_set(err, ORR_EFORMAT, where, "a NUL byte: no text file");
    return orr_error_set(err, ORR_EFORMAT, where, "not UTF-8; iconv -f latin1 -t utf-8 converts the usual other encoding");
}

static enum orr_status read_user_text(const char *path, const struct orr_ticker *ticker, bytes split[ORR_SPLITS],
                                      struct orr_error *err)
{
    unsigned char *p = NULL;
    size_t n = 0;
    enum orr_status s = orr_dataset_slurp(path, ticker, &p, &n, err);
    if (!s) s = check_text(path, p, n, err);
    const size_t train = n / 10 * 8, validation = n / 10;
    if (!s) s = append(&split[ORR_TRAIN], path, p, train, err);
    if (!s) s = append(&split[ORR_VALIDATION], path, p + train, validation, err);
    if (!s) s = append(&split[ORR_TEST], path, p + train + validation, n - train - validation, err);
    free(p);
    return s;
}

/* ---- WordNet: lines "offset lex type words pointers | gloss", after a licence of lines that begin with a blank ---- */

struct gloss {
    size_t at, n;
};
typedef ORR_VEC(struct gloss) glosses;

static enum orr_status add_glosses(const char *path, const unsigned char *p, size_t n, bytes *text, glosses *list,
                                   struct orr_error *err)
{
    size_t line = 1;
    for (const unsigned char *at = p, *end = p + n; at < end; line++) {
        const unsigned char *stop = memchr(at, '\n', (size_t)(end - at)), *bar = NULL;
        if (!stop) stop = end;
        if (*at != ' ' && stop > at) {
            bar = memmem(at, (size_t)(stop - at), "| ", 2);
            if (!bar) {
                char where[1100];
                snprintf(where, sizeof where, "%s:%zu", path, line);
                return orr_error_set(err, ORR_EFORMAT, where, "no gloss after a bar: not a data file of WordNet");
            }
            const unsigned char *first = bar + 2, *last = stop;
            while (last > first && isspace(last[-1])) last--;
            ORR_VEC_PUSH(list, (struct gloss){text->len, (size_t)(last - first) + 1});
            enum orr_status s = append(text, path, first, (size_t)(last - first), err);
            if (!s) s = append(text, path, (const unsigned char *)"\n", 1, err);
            if (s) return s;
        }
        at = stop + 1;
    }
    return ORR_OK;
}

static enum orr_status read_glosses(const struct orr_ticker *ticker, bytes split[ORR_SPLITS], struct orr_error *err)
{
    static const char *const files[] = {"wordnet/data.noun", "wordnet/data.verb", "wordnet/data.adj", "wordnet/data.adv"};
    bytes text = {0};
    glosses list = {0};
    size_t *order = NULL;
    enum orr_status s = ORR_OK;
    for (size_t k = 0; k < sizeof files / sizeof *files && !s; k++) {
        char path[1024];
        unsigned char *p = NULL;
        size_t n = 0;
        s = orr_dataset_find_file(files[k], path, err);
        if (!s) s = orr_dataset_slurp(path, ticker, &p, &n, err);
        if (!s) s = check_text(path, p, n, err);
        if (!s) s = add_glosses(path, p, n, &text, &list, err);
        free(p);
    }
    for (size_t i = 0; i < text.len; i++) text.data[i] = (unsigned char)tolower(text.data[i]);
    if (!s) order = orr_dataset_shuffled(list.len);
    for (size_t i = 0; i < list.len && !s; i++) {
        const struct gloss *g = &list.data[order[i]];
        const size_t tenth = 10 * i / list.len;
        const enum orr_split to = tenth < 8 ? ORR_TRAIN : tenth < 9 ? ORR_VALIDATION : ORR_TEST;
        s = append(&split[to], "wordnet", text.data + g->at, g->n, err);
    }
    free(order);
    free(list.data);
    free(text.data);
    return s;
}

/* ---- windows ---- */

/* x: `context` tokens from a place on; label: the token after each. */
static enum orr_status cut(struct orr_dataset *d, enum orr_split s, const bytes *text, const int token[256], size_t most,
                           struct orr_error *err)
{
    const size_t t = d->width, all = text->len ? (text->len - 1) / t : 0, n = most && most < all ? most : all;
    if (n == 0)
        return orr_error_set(err, ORR_EFORMAT, d->name, "%zu bytes for %s: too short for windows of %zu", text->len,
                             s == ORR_TRAIN ? "training" : s == ORR_VALIDATION ? "validation" : "testing", t);
    d->n[s] = n;
    d->x[s] = orr_alloc(n * t, sizeof *d->x[s]);
    d->label[s] = orr_alloc(n * t, sizeof *d->label[s]);
    if (!d->x[s] || !d->label[s]) return orr_error_set(err, ORR_ENOMEM, d->name, "no memory for %zu windows", n);
    for (size_t i = 0; i < n; i++) {
        const unsigned char *p = text->data + i * all / n * t;
        for (size_t k = 0; k < t; k++) {
            d->x[s][i * t + k] = (orr_real)token[p[k]];
            d->label[s][i * t + k] = token[p[k + 1]];
        }
    }
    return ORR_OK;
}

/* Numbers the bytes that occur, in their order. */
static int alphabet(const bytes split[ORR_SPLITS], int token[256])
{
    bool seen[256] = {false};
    int n = 0;
    for (int s = 0; s < ORR_SPLITS; s++)
        for (size_t i = 0; i < split[s].len; i++) seen[split[s].data[i]] = true;
    for (int c = 0; c < 256; c++) token[c] = seen[c] ? n++ : 0;
    return n;
}

enum orr_status orr_dataset_text(struct orr_dataset *d, const char *options, const struct orr_ticker *ticker,
                                 struct orr_error *err)
{
    struct options o;
    bytes split[ORR_SPLITS] = {{0}};
    int token[256];
    enum orr_status s = read_options(d->name, options, &o, err);
    if (s) return s;
    s = *o.file ? read_user_text(o.file, ticker, split, err) : read_glosses(ticker, split, err);
    if (!s) {
        d->tokens = d->classes = d->outputs = alphabet(split, token);
        d->width = o.context;
        d->targets = (int)o.context;
        d->sample = orr_shape1((int)o.context);
    }
    for (int k = 0; k < ORR_SPLITS; k++) {
        const size_t most = k == ORR_TRAIN || !o.examples ? o.examples : (o.examples + 3) / 4;
        if (!s) s = cut(d, (enum orr_split)k, &split[k], token, most, err);
        free(split[k].data);
    }
    return s;
}
