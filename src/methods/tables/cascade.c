#include "methods/tables/cascade.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum { KEEP_SPARSE = 1000, KEEP_DENSE = 100, KEEP_RERANK = 100 };

const char *const orr_stage_names[ORR_STAGES] = {"sparse", "dense", "rerank"};

struct orr_cascade {
    const struct orr_index *x;
    struct orr_tokeniser *tokeniser;
    struct orr_topk *topk;
    struct orr_table_scratch *scratch;
    struct orr_hit *hits;
    float *features;
    size_t cap; /* of both */
};

struct orr_cascade_options orr_cascade_defaults(void)
{
    return (struct orr_cascade_options){.keep = {KEEP_SPARSE, KEEP_DENSE, KEEP_RERANK}, .ranker = &orr_table_ranker_shipped};
}

struct orr_cascade *orr_cascade_new(const struct orr_index *x)
{
    struct orr_cascade *c = orr_xcalloc(1, sizeof *c);
    c->x = x;
    c->tokeniser = orr_tokeniser_new();
    c->topk = orr_topk_new(x);
    c->scratch = orr_table_scratch_new(x);
    return c;
}

void orr_cascade_free(struct orr_cascade *c)
{
    if (!c) return;
    orr_tokeniser_free(c->tokeniser);
    orr_topk_free(c->topk);
    orr_table_scratch_free(c->scratch);
    free(c->hits);
    free(c->features);
    free(c);
}

const struct orr_index *orr_cascade_index(const struct orr_cascade *c) { return c->x; }

void orr_cascade_result_free(struct orr_cascade_result *r)
{
    free(r->items);
    *r = (struct orr_cascade_result){0};
}

static void need(struct orr_cascade *c, size_t n)
{
    if (n <= c->cap) return;
    c->cap = n;
    c->hits = orr_xrealloc(c->hits, n, sizeof *c->hits);
    c->features = orr_xrealloc(c->features, n * ORR_TABLE_FEATURES, sizeof *c->features);
}

/* By the scores of a stage, falling; equal ones stay in the order of the stage before. */
struct order {
    uint32_t place;
    float score;
};
static int by_score(const void *a, const void *b)
{
    const struct order *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Sorts the first n items by their score of `stage` and numbers the first `keep` of them. */
static void rank(struct orr_candidate *items, size_t n, enum orr_stage stage, size_t keep)
{
    struct order *o = orr_xcalloc(n + 1, sizeof *o);
    struct orr_candidate *old = orr_xcalloc(n + 1, sizeof *old);
    memcpy(old, items, n * sizeof *old);
    for (size_t i = 0; i < n; i++) o[i] = (struct order){(uint32_t)i, items[i].score[stage]};
    qsort(o, n, sizeof *o, by_score);
    for (size_t i = 0; i < n; i++) {
        items[i] = old[o[i].place];
        items[i].place[stage] = i < keep ? (uint32_t)i + 1 : 0;
    }
    free(o);
    free(old);
}

static void sparse(struct orr_cascade *c, const struct orr_query *q, size_t keep, struct orr_cascade_result *out)
{
    const size_t all = orr_index_docs(c->x), k = keep < all ? keep : all;
    need(c, k + 1);
    out->n = orr_topk_search(c->topk, q, k, c->hits);
    out->items = orr_xcalloc(out->n + 1, sizeof *out->items);
    for (size_t i = 0; i < out->n; i++)
        out->items[i] = (struct orr_candidate){c->hits[i].doc, {c->hits[i].score, NAN, NAN}, {(uint32_t)i + 1, 0, 0}};
    out->kept[ORR_STAGE_SPARSE] = out->n;
}

static void rerank(struct orr_cascade *c, const struct orr_query *q, const struct orr_cascade_options *o, size_t n,
                   struct orr_cascade_result *out)
{
    for (size_t i = 0; i < n; i++) c->hits[i] = (struct orr_hit){out->items[i].doc, out->items[i].score[ORR_STAGE_SPARSE]};
    orr_table_features(c->scratch, q, c->hits, n, c->features);
    for (size_t i = 0; i < n; i++)
        out->items[i].score[ORR_STAGE_RERANK] = orr_table_rank_score(o->ranker, c->features + i * ORR_TABLE_FEATURES);
    rank(out->items, n, ORR_STAGE_RERANK, o->keep[ORR_STAGE_RERANK]);
    out->kept[ORR_STAGE_RERANK] = n < o->keep[ORR_STAGE_RERANK] ? n : o->keep[ORR_STAGE_RERANK];
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

enum orr_status orr_cascade_run(struct orr_cascade *c, const char *query, const struct orr_cascade_options *o,
                                struct orr_cascade_result *out, struct orr_error *err)
{
    struct orr_query q = {0};
    const double start = orr_clock_now();
    const enum orr_status status = orr_query_read(c->x, c->tokeniser, query, o->syntax, &q, err);
    if (status == ORR_OK) {
        out->words = q.n_words;
        out->known = q.n_terms;
        out->common_only = q.common_only;
        sparse(c, &q, o->keep[ORR_STAGE_SPARSE], out);
        const double found = orr_clock_now();
        out->seconds[ORR_STAGE_SPARSE] = found - start;
        if (!o->skip[ORR_STAGE_RERANK] && out->n) {
            rerank(c, &q, o, smaller(out->n, o->keep[ORR_STAGE_DENSE]), out);
            out->seconds[ORR_STAGE_RERANK] = orr_clock_now() - found;
        }
    }
    orr_query_free(&q);
    return status;
}

bool orr_cascade_match(struct orr_cascade *c, const char *query, uint32_t doc, float *row, float *cell, float *heading)
{
    struct orr_query q = {0};
    const bool ok = orr_query_read(c->x, c->tokeniser, query, true, &q, NULL) == ORR_OK;
    if (ok) orr_table_match(c->scratch, &q, doc, row, cell, heading);
    orr_query_free(&q);
    return ok;
}

void orr_cascade_explain(struct orr_cascade *c, const char *query, const struct orr_cascade_options *o, uint32_t doc,
                         float x[ORR_TABLE_FEATURES])
{
    struct orr_query q = {0};
    memset(x, 0, ORR_TABLE_FEATURES * sizeof *x);
    if (orr_query_read(c->x, c->tokeniser, query, o->syntax, &q, NULL) == ORR_OK) {
        const size_t k = smaller(o->keep[ORR_STAGE_DENSE], orr_index_docs(c->x));
        need(c, k + 1);
        const size_t n = orr_topk_search(c->topk, &q, k, c->hits);
        orr_table_features(c->scratch, &q, c->hits, n, c->features);
        for (size_t i = 0; i < n; i++)
            if (c->hits[i].doc == doc) memcpy(x, c->features + i * ORR_TABLE_FEATURES, ORR_TABLE_FEATURES * sizeof *x);
    }
    orr_query_free(&q);
}
