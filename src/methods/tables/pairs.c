#include "methods/tables/pairs.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "text/passage.h"

enum { SNIPPET = 14 /* words */ };
static const double DROPPED = 0.15, REWORDED = 0.15; /* shares of a question's words */

/* ---- WordNet ---- */

static void list_synsets(struct orr_pair_source *s)
{
    const struct orr_wordnet *w = s->wordnet;
    s->synset = orr_xcalloc(w->synsets.len + 1, sizeof *s->synset);
    s->first_of = orr_xcalloc(w->lemmas.len + 2, sizeof *s->first_of);
    for (size_t i = 0; i < w->synsets.len; i++) {
        const struct orr_synset *x = &w->synsets.data[i];
        if (x->part != ORR_WORDNET_TRAIN) continue;
        s->synset[s->n_synsets++] = (uint32_t)i;
        for (uint32_t k = 0; k < x->n_words; k++) s->first_of[w->words.data[x->word + k] + 2]++;
    }
    for (size_t l = 2; l < w->lemmas.len + 2; l++) s->first_of[l] += s->first_of[l - 1];
    s->of = orr_xcalloc((size_t)s->first_of[w->lemmas.len + 1] + 1, sizeof *s->of);
    for (size_t i = 0; i < s->n_synsets; i++) {
        const struct orr_synset *x = &w->synsets.data[s->synset[i]];
        for (uint32_t k = 0; k < x->n_words; k++) s->of[s->first_of[w->words.data[x->word + k] + 1]++] = s->synset[i];
    }
}

void orr_pairs_init(struct orr_pair_source *s, const struct orr_wordnet *wordnet, const struct orr_doc *docs, size_t n)
{
    *s = (struct orr_pair_source){.wordnet = wordnet, .docs = docs, .n_docs = n};
    if (wordnet) list_synsets(s);
}

void orr_pairs_free(struct orr_pair_source *s)
{
    free(s->synset);
    free(s->first_of);
    free(s->of);
    *s = (struct orr_pair_source){0};
}

static bool chance(struct orr_rng *rng, double p) { return orr_rng_uniform(rng) < p; }

static void put(struct orr_str *out, const char *text, size_t n)
{
    if (!n) return;
    if (out->len) orr_str_append_char(out, ' ');
    orr_str_append_n(out, text, n);
}
static void put_text(struct orr_str *out, const char *text) { put(out, text, strlen(text)); }

static const char *one_word(const struct orr_wordnet *w, const struct orr_synset *s, struct orr_rng *rng)
{
    return orr_wordnet_word(w, s, (uint32_t)orr_rng_below(rng, s->n_words));
}

void orr_pair_wordnet(const struct orr_pair_source *s, size_t i, struct orr_rng *rng, struct orr_str *query,
                      struct orr_str *passage)
{
    const struct orr_wordnet *w = s->wordnet;
    const struct orr_synset *x = &w->synsets.data[s->synset[i]];
    const struct orr_synset *kin =
        x->kin >= 0 && w->synsets.data[x->kin].part == ORR_WORDNET_TRAIN ? &w->synsets.data[x->kin] : NULL;
    const double which = orr_rng_uniform(rng);
    const uint32_t word = (uint32_t)orr_rng_below(rng, x->n_words);
    put_text(query, orr_wordnet_word(w, x, word));
    if (which < 0.25 && x->n_words > 1) { /* synonyms */
        put_text(passage, orr_wordnet_word(w, x, (word + 1 + (uint32_t)orr_rng_below(rng, x->n_words - 1)) % x->n_words));
    } else if (which < 0.4 && kin) {
        put_text(passage, one_word(w, kin, rng));
        if (chance(rng, 0.5)) put_text(passage, kin->definition);
    } else if (which < 0.5 && x->n_examples) {
        put_text(passage, w->examples.data[x->example + orr_rng_below(rng, x->n_examples)]);
        if (chance(rng, 0.5)) put_text(query, x->definition);
    } else {
        put_text(passage, x->definition);
    }
}

/* A lemma of one word other than `word` in one of its synsets; NULL: there is none. */
static const char *synonym(const struct orr_pair_source *s, const char *word, size_t n, struct orr_rng *rng)
{
    char low[64];
    if (n < 3 || n >= sizeof low) return NULL;
    for (size_t i = 0; i < n; i++) {
        if (!isalpha((unsigned char)word[i])) return NULL;
        low[i] = (char)tolower((unsigned char)word[i]);
    }
    const uint32_t lemma = orr_intern_find(&s->wordnet->lemmas, 0, low, n);
    if (lemma == ORR_INTERN_NONE) return NULL;
    const uint32_t from = s->first_of[lemma], many = s->first_of[lemma + 1] - from;
    if (!many) return NULL;
    const struct orr_synset *x = &s->wordnet->synsets.data[s->of[from + orr_rng_below(rng, many)]];
    const char *other = one_word(s->wordnet, x, rng);
    return strlen(other) == n && memcmp(other, low, n) == 0 ? NULL : other;
}

void orr_pairs_reword(const struct orr_pair_source *s, const char *text, double share, struct orr_rng *rng,
                      struct orr_str *out)
{
    while (*text) {
        const size_t blank = strspn(text, " "), n = strcspn(text + blank, " ,.?;:");
        const char *other = s->wordnet && chance(rng, share) ? synonym(s, text + blank, n, rng) : NULL;
        orr_str_append_n(out, text, blank);
        if (other)
            orr_str_append(out, other);
        else
            orr_str_append_n(out, text + blank, n);
        text += blank + n;
        if (*text && *text != ' ') orr_str_append_char(out, *text++);
    }
}

/* ---- tables ---- */

static const char *const askings[] = {"what is the", "what was the", "which", "who", "how many", "what", "when did the",
                                      "where is the", "in which", "name the", "of the", "for the"};
static const char *const joinings[] = {"of", "in", "for", "that", "with the", "whose", "by", "at", "from", "on the"};
static const char *any(const char *const *list, size_t n, struct orr_rng *rng) { return list[orr_rng_below(rng, n)]; }
#define ANY(list, rng) any(list, sizeof(list) / sizeof *(list), rng)

/* At most `most` words from a place on that is drawn. */
static void put_snippet(struct orr_str *out, const char *text, size_t most, struct orr_rng *rng)
{
    const char *start = text;
    size_t words = 0;
    for (const char *c = text; *c; c++) words += *c == ' ';
    for (size_t skip = words > most ? orr_rng_below(rng, words - most + 1) : 0; skip && *start; start++) skip -= *start == ' ';
    const char *end = start;
    for (size_t n = 0; *end && n < most; end++) n += *end == ' ';
    put(out, start, (size_t)(end - start));
}

/* "what is the HEADING of CELL in SECTION TITLE", with parts left out, in an order that is drawn. */
static void ask(const struct orr_doc *d, size_t row, struct orr_rng *rng, struct orr_str *out)
{
    enum { PARTS = 4 };
    const size_t asked = d->columns ? orr_rng_below(rng, d->columns) : 0,
                 known = d->columns ? orr_rng_below(rng, d->columns) : 0;
    const size_t turn = orr_rng_below(rng, PARTS);
    put_text(out, ANY(askings, rng));
    for (size_t k = 0; k < PARTS; k++) {
        if (k) put_text(out, ANY(joinings, rng));
        switch ((k + turn) % PARTS) {
        case 0:
            if (d->columns && chance(rng, 0.8)) put_text(out, d->header[asked]);
            break;
        case 1:
            if (d->columns && chance(rng, 0.3)) put_text(out, d->header[known]);
            if (chance(rng, 0.7)) put_snippet(out, orr_doc_cell(d, row, known), 6, rng);
            break;
        case 2:
            if (chance(rng, 0.5)) put_text(out, d->section_title);
            break;
        default:
            if (chance(rng, 0.75)) put_text(out, d->title);
        }
    }
}

/* Leaves words out, then rewords. */
static void blur(const struct orr_pair_source *s, const struct orr_str *text, struct orr_rng *rng, struct orr_str *out)
{
    struct orr_str kept = {0};
    for (const char *c = orr_str_c(text); *c;) {
        const size_t n = strcspn(c, " ");
        if (!chance(rng, DROPPED)) put(&kept, c, n);
        c += n + (c[n] == ' ');
    }
    orr_pairs_reword(s, orr_str_c(&kept), REWORDED, rng, out);
    orr_str_free(&kept);
}

void orr_pair_table(const struct orr_pair_source *s, size_t i, struct orr_rng *rng, struct orr_str *query,
                    struct orr_str *passage)
{
    const struct orr_doc *d = &s->docs[i];
    const size_t row = d->rows ? orr_rng_below(rng, d->rows) : 0;
    const double which = orr_rng_uniform(rng);
    struct orr_str text = {0};
    if (which < 0.7) {
        ask(d, row, rng, &text);
    } else if (which < 0.85) { /* what is told of it */
        put_snippet(&text, chance(rng, 0.5) && *d->section_text ? d->section_text : d->intro, SNIPPET, rng);
    } else {
        orr_passage_row(d, row, &text);
    }
    blur(s, &text, rng, query);
    if (which < 0.7 && d->rows && chance(rng, 0.3))
        orr_passage_row(d, row, passage);
    else
        orr_passage_table(d, passage);
    orr_str_free(&text);
}
