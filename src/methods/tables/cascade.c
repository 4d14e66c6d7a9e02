#include "methods/tables/cascade.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "num/kernel.h"

enum { KEEP_SPARSE = 1000, KEEP_DENSE = 100, KEEP_RERANK = 100, NEAREST = 100 /* tables that stage 2 adds at most */ };
/* Stage 2 orders by BM25F / that of the first + MIX cosine; chosen on parts 0 and 1 (app/eval_tables.h). */
static const float MIX = 0.4F;
/* What has nothing in common has a cosine of 0 with a standard deviation of 1/16: four of them are no chance. */
static const float NEAR = 0.25F;

const char *const orr_stage_names[ORR_STAGES] = {"sparse", "dense", "rerank"};

struct orr_cascade {
    const struct orr_index *x;
    struct orr_tokeniser *tokeniser;
    struct orr_topk *topk;
    struct orr_table_scratch *scratch;
    struct orr_hit *hits;
    float *features, *dense;
    size_t cap;        /* of these three */
    float *cosine;     /* [docs] */
    uint32_t *nearest; /* [docs] scratch of the selection */
};

struct orr_cascade_options orr_cascade_defaults(void)
{
    return (struct orr_cascade_options){.keep = {KEEP_SPARSE, KEEP_DENSE, KEEP_RERANK},
                                        .ranker = &orr_table_ranker_shipped};
}

struct orr_cascade *orr_cascade_new(const struct orr_index *x)
{
    struct orr_cascade *c = orr_xcalloc(1, sizeof *c);
    c->x = x;
    c->tokeniser = orr_tokeniser_new();
    c->topk = orr_topk_new(x);
    c->scratch = orr_table_scratch_new(x);
    c->cosine = orr_xcalloc((size_t)orr_index_docs(x) + 1, sizeof *c->cosine);
    c->nearest = orr_xcalloc((size_t)orr_index_docs(x) + 1, sizeof *c->nearest);
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
    free(c->dense);
    free(c->cosine);
    free(c->nearest);
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
    c->dense = orr_xrealloc(c->dense, n, sizeof *c->dense);
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

ORR_KERNEL static int32_t dot(const int8_t *u, const int8_t *v)
{
    int32_t sum = 0;
    for (int i = 0; i < ORR_HASHED_DIM; i++) sum += (int32_t)u[i] * v[i];
    return sum;
}

/* Cosines of the question with every table. */
static void cosines(struct orr_cascade *c, const struct orr_query *q)
{
    int8_t v[ORR_HASHED_DIM];
    const float length = orr_encode_round(q->vector, v);
    const uint32_t n = orr_index_docs(c->x);
    for (uint32_t doc = 0; doc < n; doc++) {
        float other;
        const int8_t *u = orr_index_vector(c->x, doc, &other);
        const float cosine = (float)dot(u, v) / (length * other);
        c->cosine[doc] =
            cosine >= -1 && cosine <= 1.001F ? cosine : 0; /* not so where a vector is zero, or a file damaged */
    }
}

/* The NEAREST largest cosines that stage 1 did not keep, by a threshold from a histogram: ties at its edge are left out. */
static size_t find_nearest(struct orr_cascade *c)
{
    enum { BINS = 1024 };
    uint32_t bins[BINS] = {0}, n = 0;
    const uint32_t docs = orr_index_docs(c->x);
    for (uint32_t doc = 0; doc < docs; doc++)
        if (c->cosine[doc] > NEAR) bins[(int)(c->cosine[doc] * (BINS - 2))]++;
    int edge = BINS;
    for (uint32_t sum = 0; edge > 1 && sum + bins[edge - 1] <= NEAREST; edge--) sum += bins[edge - 1];
    for (uint32_t doc = 0; doc < docs; doc++)
        if (c->cosine[doc] > NEAR && (int)(c->cosine[doc] * (BINS - 2)) >= edge) c->nearest[n++] = doc;
    return n;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Adds the nearest tables, then orders all by both scores. */
static void dense(struct orr_cascade *c, const struct orr_query *q, size_t keep, struct orr_cascade_result *out)
{
    cosines(c, q);
    const size_t near = find_nearest(c), sparse_n = out->n;
    const float first = sparse_n ? out->items[0].score[ORR_STAGE_SPARSE] : 1;
    out->items = orr_xrealloc(out->items, sparse_n + near + 1, sizeof *out->items);
    for (size_t i = 0; i < sparse_n; i++) { /* marks those that are there */
        out->items[i].score[ORR_STAGE_DENSE] =
            out->items[i].score[ORR_STAGE_SPARSE] / first + MIX * c->cosine[out->items[i].doc];
        c->cosine[out->items[i].doc] -= 2;
    }
    for (size_t i = 0; i < near; i++) {
        const uint32_t doc = c->nearest[i];
        if (c->cosine[doc] < -1) continue;
        out->items[out->n++] = (struct orr_candidate){doc, {0, MIX * c->cosine[doc], NAN}, {0, 0, 0}};
    }
    for (size_t i = 0; i < sparse_n; i++) c->cosine[out->items[i].doc] += 2;
    rank(out->items, out->n, ORR_STAGE_DENSE, keep);
    out->kept[ORR_STAGE_DENSE] = smaller(out->n, keep);
}

static enum orr_status candidates(struct orr_cascade *c, const char *query, const struct orr_cascade_options *o,
                                  bool features, struct orr_cascade_result *out, struct orr_error *err)
{
    struct orr_query q = {0};
    const double start = orr_clock_now();
    const enum orr_status status = orr_query_read(c->x, c->tokeniser, query, o->syntax, &q, err);
    if (status == ORR_OK) {
        out->words = q.n_words;
        out->known = q.n_terms;
        out->common_only = q.common_only;
        sparse(c, &q, o->keep[ORR_STAGE_SPARSE], out);
        double at = orr_clock_now();
        out->seconds[ORR_STAGE_SPARSE] = at - start;
        const bool use_dense = !o->skip[ORR_STAGE_DENSE] && q.n_rules == 0; /* what is near need not keep rules */
        if (use_dense) {
            dense(c, &q, o->keep[ORR_STAGE_DENSE], out);
            out->seconds[ORR_STAGE_DENSE] = orr_clock_now() - at;
            at = orr_clock_now();
        }
        const size_t n = smaller(out->n, o->keep[ORR_STAGE_DENSE]);
        need(c, n + 1);
        for (size_t i = 0; i < n && features; i++) {
            c->hits[i] = (struct orr_hit){out->items[i].doc, out->items[i].score[ORR_STAGE_SPARSE]};
            c->dense[i] = use_dense ? c->cosine[out->items[i].doc] : 0;
        }
        if (features && n) orr_table_features(c->scratch, &q, c->hits, use_dense ? c->dense : NULL, n, c->features);
        out->seconds[ORR_STAGE_RERANK] = orr_clock_now() - at;
    }
    orr_query_free(&q);
    return status;
}

enum orr_status orr_cascade_candidates(struct orr_cascade *c, const char *query, const struct orr_cascade_options *o,
                                       struct orr_cascade_result *out, const float **x, struct orr_error *err)
{
    const enum orr_status status = candidates(c, query, o, true, out, err);
    *x = c->features;
    return status;
}

enum orr_status orr_cascade_run(struct orr_cascade *c, const char *query, const struct orr_cascade_options *o,
                                struct orr_cascade_result *out, struct orr_error *err)
{
    const enum orr_status status = candidates(c, query, o, !o->skip[ORR_STAGE_RERANK], out, err);
    if (status != ORR_OK || o->skip[ORR_STAGE_RERANK] || !out->n) {
        out->seconds[ORR_STAGE_RERANK] = 0;
        return status;
    }
    const double start = orr_clock_now();
    const size_t n = smaller(out->n, o->keep[ORR_STAGE_DENSE]);
    for (size_t i = 0; i < n; i++)
        out->items[i].score[ORR_STAGE_RERANK] = orr_table_rank_score(o->ranker, c->features + i * ORR_TABLE_FEATURES);
    rank(out->items, n, ORR_STAGE_RERANK, o->keep[ORR_STAGE_RERANK]);
    out->kept[ORR_STAGE_RERANK] = smaller(n, o->keep[ORR_STAGE_RERANK]);
    out->seconds[ORR_STAGE_RERANK] += orr_clock_now() - start;
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
    struct orr_cascade_result r = {0};
    memset(x, 0, ORR_TABLE_FEATURES * sizeof *x);
    if (candidates(c, query, o, true, &r, NULL) == ORR_OK)
        for (size_t i = 0; i < smaller(r.n, o->keep[ORR_STAGE_DENSE]); i++)
            if (r.items[i].doc == doc) memcpy(x, c->features + i * ORR_TABLE_FEATURES, ORR_TABLE_FEATURES * sizeof *x);
    orr_cascade_result_free(&r);
}
