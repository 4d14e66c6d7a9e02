/* Lines "offset lexfile kind words [word lex_id]... pointers [symbol offset kind source]... [frames] | gloss" (wndb(5WN)),
 * after a licence of lines that begin with a blank. */
#include "text/wordnet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "base/str.h"

enum { FILE_LIMIT = 256 << 20, MOST_WORDS = 255, MOST_POINTERS = 9999 };

static const char *const FILES[] = {"noun", "verb", "adj", "adv"};

/* A line being taken apart. */
struct cursor {
    const char *at, *end;
    bool bad;
};

static size_t field(struct cursor *c, const char **text)
{
    while (c->at < c->end && *c->at == ' ') c->at++;
    *text = c->at;
    while (c->at < c->end && *c->at != ' ') c->at++;
    const size_t n = (size_t)(c->at - *text);
    c->bad |= n == 0;
    return n;
}

static uint32_t number(struct cursor *c, int base, uint32_t most)
{
    const char *text;
    const size_t n = field(c, &text);
    uint32_t x = 0;
    for (size_t i = 0; i < n; i++) {
        const char d = text[i];
        const int v = d >= '0' && d <= '9' ? d - '0' : d >= 'a' && d <= 'f' ? d - 'a' + 10 : 99;
        c->bad |= v >= base || n > 8;
        x = x * (uint32_t)base + (uint32_t)v;
    }
    c->bad |= x > most;
    return c->bad ? 0 : x;
}

/* Where pointers lead is known only when all is read. */
struct place {
    uint32_t offset, kin;
    char file, kin_file;
};
struct reading {
    struct orr_wordnet *w;
    ORR_VEC(struct place) places;
    struct orr_str text;
};

static char file_of(char kind) { return kind == 's' ? 'a' : kind; }

static void add_words(struct reading *r, struct cursor *c, struct orr_synset *s)
{
    s->word = (uint32_t)r->w->words.len;
    s->n_words = number(c, 16, MOST_WORDS);
    for (uint32_t i = 0; i < s->n_words && !c->bad; i++) {
        const char *text;
        size_t n = field(c, &text);
        orr_str_clear(&r->text);
        if (n > 3 && text[n - 1] == ')') /* "(p)": only before or after a noun */
            for (size_t k = n - 1; k > 0; k--)
                if (text[k] == '(') {
                    n = k;
                    break;
                }
        for (size_t k = 0; k < n; k++) orr_str_append_char(&r->text, text[k] == '_' ? ' ' : text[k]);
        ORR_VEC_PUSH(&r->w->words, orr_intern_add(&r->w->lemmas, 0, orr_str_c(&r->text), r->text.len));
        number(c, 16, UINT32_MAX);
    }
    c->bad |= s->n_words == 0;
}

/* The first synset above (@, @i), or the one that an adjective is similar to (&). */
static void find_kin(struct reading *r, struct cursor *c, struct place *p)
{
    (void)r;
    const uint32_t n = number(c, 10, MOST_POINTERS);
    for (uint32_t i = 0; i < n && !c->bad; i++) {
        const char *symbol, *kind, *source;
        const size_t n_symbol = field(c, &symbol);
        const uint32_t offset = number(c, 10, UINT32_MAX);
        field(c, &kind);
        field(c, &source);
        if (!p->kin_file && n_symbol > 0 && (*symbol == '@' || *symbol == '&')) {
            p->kin = offset;
            p->kin_file = file_of(*kind);
        }
    }
}

/* 'definition; "example"; "example"': quotes within a definition stay there when text follows them. */
static void add_gloss(struct reading *r, const char *text, size_t n, struct orr_synset *s)
{
    struct orr_wordnet *w = r->w;
    s->example = (uint32_t)w->examples.len;
    size_t end = n;
    for (const char *q = memmem(text, n, "; \"", 3); q; q = NULL) end = (size_t)(q - text);
    if (n && *text == '"') end = 0;
    for (size_t at = end; at < n;) {
        const char *open = memchr(text + at, '"', n - at), *close = NULL;
        if (open) close = memchr(open + 1, '"', n - (size_t)(open + 1 - text));
        if (!close) break;
        if (close > open + 1)
            ORR_VEC_PUSH(&w->examples, orr_arena_strndup(&w->texts, open + 1, (size_t)(close - open - 1)));
        at = (size_t)(close + 1 - text);
    }
    s->n_examples = (uint32_t)(w->examples.len - s->example);
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == ';')) end--;
    s->definition = orr_arena_strndup(&w->texts, text, end);
}

/* The parts follow from the synset alone, whatever else is read: splitmix64 of kind and offset. */
static uint8_t part_of(char kind, uint32_t offset)
{
    uint64_t z = ((uint64_t)(unsigned char)kind << 32 | offset) + 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    const unsigned share = (unsigned)((z ^ z >> 31) % 100);
    return share < 90 ? ORR_WORDNET_TRAIN : share < 95 ? ORR_WORDNET_VALIDATION : ORR_WORDNET_TEST;
}

static bool add_line(struct reading *r, const char *line, size_t n)
{
    const char *bar = memmem(line, n, " | ", 3), *kind;
    if (!bar) return false;
    struct cursor c = {line, bar, false};
    struct place p = {0};
    struct orr_synset s = {.kin = -1};
    p.offset = number(&c, 10, UINT32_MAX);
    number(&c, 10, 99);
    c.bad |= field(&c, &kind) != 1;
    if (c.bad) return false;
    s.kind = *kind;
    p.file = file_of(*kind);
    add_words(r, &c, &s);
    find_kin(r, &c, &p);
    if (c.bad) return false;
    s.part = part_of(p.file, p.offset);
    add_gloss(r, bar + 3, n - (size_t)(bar + 3 - line), &s);
    ORR_VEC_PUSH(&r->w->synsets, s);
    ORR_VEC_PUSH(&r->places, p);
    return true;
}

static enum orr_status read_file(struct reading *r, const char *path, struct orr_error *err)
{
    struct orr_reader *reader;
    size_t n = 0, line = 1;
    enum orr_status s = orr_reader_open(path, 0, &reader, err);
    if (s) return s;
    if (orr_reader_size(reader) > FILE_LIMIT) s = orr_error_set(err, ORR_EFORMAT, path, "too large for WordNet's");
    const char *text = s ? NULL : (const char *)orr_reader_peek(reader, (size_t)orr_reader_size(reader), &n);
    if (!s && !text) s = orr_reader_status(reader, err);
    for (const char *at = text, *end = text ? text + n : NULL; !s && at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        if (*at != ' ' && !add_line(r, at, (size_t)(stop - at))) {
            char where[1100];
            snprintf(where, sizeof where, "%.1000s:%zu", path, line);
            s = orr_error_set(err, ORR_EFORMAT, where, "no line of a data file of WordNet");
        }
        at = stop + 1;
    }
    orr_reader_close(reader);
    return s;
}

/* Places lie in the order of files and offsets, as the files do; a foreign order finds less kin, no more. */
static int compare(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    if (a->file != b->file) return a->file < b->file ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static int64_t find(const struct place *sorted, size_t n, char file, uint32_t offset)
{
    const struct place key = {.file = file, .offset = offset};
    const struct place *p = bsearch(&key, sorted, n, sizeof key, compare);
    return p ? (int64_t)p->kin : -1;
}

static void resolve(struct reading *r)
{
    const size_t n = r->places.len;
    struct place *sorted = orr_xcalloc(n + 1, sizeof *sorted);
    for (size_t i = 0; i < n; i++) { /* `kin` is the number here */
        sorted[i] = r->places.data[i];
        sorted[i].kin = (uint32_t)i;
    }
    qsort(sorted, n, sizeof *sorted, compare);
    for (size_t i = 0; i < n; i++) {
        const struct place *p = &r->places.data[i];
        if (p->kin_file) r->w->synsets.data[i].kin = (int32_t)find(sorted, n, p->kin_file, p->kin);
    }
    free(sorted);
}

enum orr_status orr_wordnet_read(const char *folder, const struct orr_ticker *ticker, struct orr_wordnet *out,
                                 struct orr_error *err)
{
    struct reading r = {.w = out};
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES && !s; i++) {
        char path[1024];
        if (snprintf(path, sizeof path, "%s/data.%s", folder, FILES[i]) >= (int)sizeof path)
            s = orr_error_set(err, ORR_EINVAL, folder, "too long a path");
        else if (!orr_ticker_tick(ticker, "reading WordNet", "files", i, sizeof FILES / sizeof *FILES))
            s = orr_error_set(err, ORR_ECANCELLED, folder, "stopped");
        else
            s = read_file(&r, path, err);
    }
    if (!s) resolve(&r);
    free(r.places.data);
    orr_str_free(&r.text);
    return s;
}

void orr_wordnet_free(struct orr_wordnet *w)
{
    free(w->synsets.data);
    free(w->words.data);
    free(w->examples.data);
    orr_intern_free(&w->lemmas);
    orr_arena_free(&w->texts);
    *w = (struct orr_wordnet){0};
}
