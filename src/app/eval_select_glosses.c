/* Baselines that know WordNet's training synsets as texts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_select_private.h"
#include "base/mem.h"
#include "text/token.h"

#define K1 1.2
#define B  0.75

struct posting {
    uint32_t lemma, count;
};
struct orr_glosses {
    const struct orr_pieces *pieces;
    const struct orr_decoder *model;
    size_t n; /* words of WordNet */
    struct orr_tokeniser *tokeniser;
    struct orr_intern terms;
    struct list {
        struct posting *data;
        size_t len, cap;
    } *lists; /* [terms_cap] */
    size_t n_lists;
    uint32_t *length; /* [n] terms */
    double mean_length;
    double *score; /* [n] of the last question */
    int dim;
    float *vector; /* (n, dim) unit vectors */
    float *idf;    /* (vocab) of tokens */
};

struct indexing {
    struct orr_glosses *g;
    uint32_t lemma;
};

static void see_term(void *ctx, const char *term, size_t n, size_t at, size_t bytes)
{
    const struct indexing *x = ctx;
    struct orr_glosses *g = x->g;
    (void)at;
    (void)bytes;
    const uint32_t have = g->terms.len, id = orr_intern_add(&g->terms, 0, term, n);
    if (id == have) {
        if (g->n_lists <= id) {
            const size_t more = g->n_lists ? 2 * g->n_lists : 1 << 14;
            g->lists = orr_xrealloc(g->lists, more, sizeof *g->lists);
            memset(g->lists + g->n_lists, 0, (more - g->n_lists) * sizeof *g->lists);
            g->n_lists = more;
        }
    }
    struct list *l = &g->lists[id];
    if (l->len && l->data[l->len - 1].lemma == x->lemma)
        l->data[l->len - 1].count++;
    else
        ORR_VEC_PUSH(l, (struct posting){x->lemma, 1});
    g->length[x->lemma]++;
}

/* What is known of each word, one after the other. */
static void each_text(const struct orr_wordnet *w, void (*f)(void *ctx, uint32_t lemma, const char *text), void *ctx)
{
    const size_t n = w->lemmas.len;
    uint32_t *first = orr_xcalloc(n + 2, sizeof *first), *of = orr_xcalloc(w->words.len + 1, sizeof *of);
    for (size_t i = 0; i < w->words.len; i++) first[w->words.data[i] + 1]++;
    for (size_t i = 0; i < n; i++) first[i + 1] += first[i];
    uint32_t *at = orr_xcalloc(n + 1, sizeof *at);
    memcpy(at, first, n * sizeof *at);
    for (size_t s = 0; s < w->synsets.len; s++)
        for (uint32_t k = 0; k < w->synsets.data[s].n_words; k++)
            of[at[w->words.data[w->synsets.data[s].word + k]]++] = (uint32_t)s;
    for (size_t i = 0; i < n; i++) {
        f(ctx, (uint32_t)i, w->lemmas.entries[i].text);
        for (uint32_t k = first[i]; k < first[i + 1]; k++)
            if (w->synsets.data[of[k]].part == ORR_WORDNET_TRAIN) f(ctx, (uint32_t)i, w->synsets.data[of[k]].definition);
    }
    free(first);
    free(of);
    free(at);
}

static void index_text(void *ctx, uint32_t lemma, const char *text)
{
    struct indexing x = {ctx, lemma};
    orr_tokenise(x.g->tokeniser, text, strlen(text), see_term, &x);
}

/* ---- vectors ---- */

static void count_tokens(void *ctx, uint32_t lemma, const char *text)
{
    struct orr_glosses *g = ctx;
    struct orr_tokens t = {0};
    (void)lemma;
    orr_pieces_encode(g->pieces, text, strlen(text), false, &t);
    for (size_t i = 0; i < t.len; i++) g->idf[t.data[i]]++; /* occurrences: nearly all tokens of a short text are different */
    free(t.data);
}

static void add_vector(const struct orr_glosses *g, const char *text, float *to)
{
    struct orr_tokens t = {0};
    float *one = orr_xcalloc((size_t)g->dim, sizeof *one);
    orr_pieces_encode(g->pieces, text, strlen(text), false, &t);
    for (size_t i = 0; i < t.len; i++) {
        orr_decoder_embedding(g->model, t.data[i], one);
        for (int d = 0; d < g->dim; d++) to[d] += g->idf[t.data[i]] * one[d];
    }
    free(t.data);
    free(one);
}

static void sum_vectors(void *ctx, uint32_t lemma, const char *text)
{
    const struct orr_glosses *g = ctx;
    char spaced[512];
    snprintf(spaced, sizeof spaced, " %.500s", text);
    add_vector(g, spaced, g->vector + (size_t)lemma * (size_t)g->dim);
}

static void to_unit(float *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    for (int i = 0; i < n && sum > 0; i++) x[i] = (float)((double)x[i] / sqrt(sum));
}

enum orr_status orr_glosses_new(const struct orr_wordnet *w, const struct orr_decoder *m, const struct orr_pieces *pieces,
                                const struct orr_ticker *ticker, struct orr_glosses **out, struct orr_error *err)
{
    struct orr_glosses *g = *out = orr_xcalloc(1, sizeof *g);
    const size_t n = w->lemmas.len, vocab = (size_t)orr_decoder_config(m)->vocab;
    *g = (struct orr_glosses){.pieces = pieces, .model = m, .n = n, .tokeniser = orr_tokeniser_new(),
                              .dim = orr_decoder_config(m)->dim};
    g->length = orr_xcalloc(n + 1, sizeof *g->length);
    g->score = orr_xcalloc(n + 1, sizeof *g->score);
    g->idf = orr_xcalloc(vocab, sizeof *g->idf);
    g->vector = orr_alloc(n + 1, (size_t)g->dim * sizeof *g->vector);
    if (!g->vector) return orr_error_set(err, ORR_ENOMEM, "wordnet", "no memory for vectors of %zu words", n);
    memset(g->vector, 0, n * (size_t)g->dim * sizeof *g->vector);
    each_text(w, index_text, g);
    for (size_t i = 0; i < n; i++) g->mean_length += (double)g->length[i] / (double)n;
    if (!orr_ticker_tick(ticker, "reading glosses", "words", 0, n))
        return orr_error_set(err, ORR_ECANCELLED, "wordnet", "stopped");
    each_text(w, count_tokens, g);
    for (size_t i = 0; i < vocab; i++) g->idf[i] = (float)log((double)n / (1 + (double)g->idf[i])) + 1;
    for (size_t i = 0; i < vocab; i++) g->idf[i] = g->idf[i] > 0 ? g->idf[i] : 0;
    each_text(w, sum_vectors, g);
    for (size_t i = 0; i < n; i++) to_unit(g->vector + i * (size_t)g->dim, g->dim);
    return ORR_OK;
}

void orr_glosses_free(struct orr_glosses *g)
{
    if (!g) return;
    for (size_t i = 0; i < g->n_lists; i++) free(g->lists[i].data);
    free(g->lists);
    orr_intern_free(&g->terms);
    orr_tokeniser_free(g->tokeniser);
    free(g->length);
    free(g->score);
    free(g->vector);
    free(g->idf);
    free(g);
}

static void add_scores(void *ctx, const char *term, size_t n, size_t at, size_t bytes)
{
    struct orr_glosses *g = ctx;
    (void)at;
    (void)bytes;
    const uint32_t id = orr_intern_find(&g->terms, 0, term, n);
    if (id == ORR_INTERN_NONE) return;
    const struct list *l = &g->lists[id];
    const double idf = log(1 + ((double)g->n - (double)l->len + 0.5) / ((double)l->len + 0.5));
    for (size_t i = 0; i < l->len; i++) {
        const double tf = l->data[i].count, length = g->length[l->data[i].lemma] / g->mean_length;
        g->score[l->data[i].lemma] += idf * tf * (K1 + 1) / (tf + K1 * (1 - B + B * length));
    }
}

void orr_glosses_bm25(struct orr_glosses *g, const char *text, const uint32_t *lemma, size_t n, double *score)
{
    memset(g->score, 0, g->n * sizeof *g->score);
    orr_tokenise(g->tokeniser, text, strlen(text), add_scores, g);
    for (size_t i = 0; i < n; i++) score[i] = g->score[lemma[i]];
}

void orr_glosses_dense(struct orr_glosses *g, const char *text, const uint32_t *lemma, size_t n, double *score)
{
    float *query = orr_xcalloc((size_t)g->dim, sizeof *query);
    add_vector(g, text, query);
    to_unit(query, g->dim);
    for (size_t i = 0; i < n; i++) {
        const float *v = g->vector + (size_t)lemma[i] * (size_t)g->dim;
        float dot = 0;
        for (int d = 0; d < g->dim; d++) dot += query[d] * v[d];
        score[i] = (double)dot;
    }
    free(query);
}
