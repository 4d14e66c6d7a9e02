#include "methods/tables/cascade.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "methods/tables/reread.h"
#include "num/kernel.h"

enum { KEEP_SPARSE = 1000, KEEP_DENSE = 100, KEEP_RERANK = 100, NEAREST = 100 /* tables that stage 2 adds at most */ };
/* Stage 2 orders by BM25F / that of the first + MIX cosine; chosen on parts 0 and 1 (app/eval_tables.h). */
static const float MIX = 0.4F;
/* What has nothing in common has a cosine of 0 with a standard deviation of 1/16: four of them are no chance. */
static const float NEAR = 0.25F;

/* The same for each of two cosines of an encoder, in standard deviations of the candidates; chosen there, too, with those of
 * whole tables for both, among 0 ... 0.1. */
static const float MIX_NEAR = 0.05F;

/* An encoder that reads the tables counts so much, in its standard deviations, against the re-ranker's score. */
static const float MIX_READ = 0.5F;

const char *const orr_dense_mode_names[] = {"table", "row", "mini-table"};
const char *const orr_stage_names[ORR_STAGES] = {"sparse", "dense", "rerank"};

struct orr_cascade {
    const struct orr_index *x;
    struct orr_tokeniser *tokeniser;
    struct orr_topk *topk;
    struct orr_table_scratch *scratch;
    struct orr_hit *hits;
    float *features, *dense, *near_table, *near_rows;
    size_t cap;        /* of these five */
    float *cosine;     /* [docs] of hashed vectors */
    uint32_t *nearest; /* [docs] scratch of the selection */
    /* of an encoder; NULL: there is none */
    const struct orr_vectors *vectors;
    struct orr_encoder *encoder;
    float *question;   /* [its dim] */
    float *near, *row; /* [docs] cosines with tables, and with rows or mini-tables */
};

struct orr_cascade_options orr_cascade_defaults(void)
{
    return (struct orr_cascade_options){.keep = {KEEP_SPARSE, KEEP_DENSE, KEEP_RERANK}, .mode = ORR_DENSE_MINI};
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
    free(c->near_table);
    free(c->near_rows);
    free(c->question);
    free(c->near);
    free(c->row);
    free(c);
}

enum orr_status orr_cascade_attach(struct orr_cascade *c, const struct orr_vectors *v, struct orr_encoder *e,
                                   struct orr_error *err)
{
    if (orr_vectors_tables(v) != orr_index_docs(c->x) || orr_vectors_encoder(v) != e->hash ||
        orr_vectors_dim(v) != e->dim)
        return orr_error_set(err, ORR_EINVAL, "encoder", "the vectors are of another encoder or of other tables");
    c->vectors = v;
    c->encoder = e;
    c->question = orr_xrealloc(c->question, (size_t)e->dim, sizeof *c->question);
    if (!c->near) c->near = orr_xcalloc((size_t)orr_index_docs(c->x) + 1, sizeof *c->near);
    if (!c->row) c->row = orr_xcalloc((size_t)orr_index_docs(c->x) + 1, sizeof *c->row);
    return ORR_OK;
}

const struct orr_table_ranker *orr_cascade_ranker(const struct orr_cascade *c, const struct orr_cascade_options *o)
{
    if (o->ranker) return o->ranker;
    return c->vectors && !o->no_encoder ? &orr_table_ranker_near : &orr_table_ranker_shipped;
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
    c->near_table = orr_xrealloc(c->near_table, n, sizeof *c->near_table);
    c->near_rows = orr_xrealloc(c->near_rows, n, sizeof *c->near_rows);
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

/* The NEAREST largest cosines above `least`, by a threshold from a histogram: ties at its edge are left out. */
static size_t find_nearest(struct orr_cascade *c, const float *cosine, float least)
{
    enum { BINS = 1024 };
    uint32_t bins[BINS] = {0}, n = 0;
    const uint32_t docs = orr_index_docs(c->x);
    for (uint32_t doc = 0; doc < docs; doc++)
        if (cosine[doc] > least) bins[(int)(cosine[doc] * (BINS - 2))]++;
    int edge = BINS;
    for (uint32_t sum = 0; edge > 1 && sum + bins[edge - 1] <= NEAREST; edge--) sum += bins[edge - 1];
    for (uint32_t doc = 0; doc < docs; doc++)
        if (cosine[doc] > least && (int)(cosine[doc] * (BINS - 2)) >= edge) c->nearest[n++] = doc;
    return n;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Appends the documents nearest[0..near) that are not among the candidates yet: those have a mark in `seen`. */
static void join(struct orr_cascade *c, size_t near, unsigned char *seen, struct orr_cascade_result *out)
{
    out->items = orr_xrealloc(out->items, out->n + near + 1, sizeof *out->items);
    for (size_t i = 0; i < near; i++) {
        if (seen[c->nearest[i]]) continue;
        seen[c->nearest[i]] = 1;
        out->items[out->n++] = (struct orr_candidate){c->nearest[i], {0, NAN, NAN}, {0, 0, 0}};
    }
}

/* Cosine with the best row of a table, or with the mini-table of its best rows. */
static float compare_rows(const struct orr_cascade *c, const struct orr_vector_query *v, uint32_t doc,
                          enum orr_dense_mode mode)
{
    float cosine[ORR_VECTOR_ROWS];
    const size_t n = orr_vectors_compare_rows(c->vectors, v, doc, cosine);
    size_t best[ORR_MINI_ROWS], kept = 0;
    if (n == 0) return c->near[doc];
    for (size_t r = 0; r < n; r++) { /* best[0..kept) by falling cosine */
        size_t at = kept < ORR_MINI_ROWS ? kept++ : ORR_MINI_ROWS;
        for (; at > 0 && cosine[best[at - 1]] < cosine[r]; at--)
            if (at < ORR_MINI_ROWS) best[at] = best[at - 1];
        if (at < ORR_MINI_ROWS) best[at] = r;
    }
    return mode == ORR_DENSE_ROW ? cosine[best[0]] : orr_vectors_compare_mini(c->vectors, c->question, doc, best, kept);
}

enum orr_status orr_cascade_cosines(struct orr_cascade *c, const char *query, enum orr_dense_mode mode, float *cosine,
                                    struct orr_error *err)
{
    struct orr_vector_query v;
    if (!c->vectors) return orr_error_set(err, ORR_EINVAL, "encoder", "the tables have no vectors of an encoder");
    const enum orr_status s = orr_encoder_encode(c->encoder, ORR_ENCODER_QUERY, &query, 1, c->question, NULL, err);
    if (s) return s;
    orr_vector_query_read(c->vectors, c->question, &v);
    orr_vectors_compare(c->vectors, &v, c->near);
    const bool rows = mode != ORR_DENSE_TABLE && orr_vectors_has_rows(c->vectors);
    for (uint32_t t = 0; t < orr_index_docs(c->x); t++) cosine[t] = rows ? compare_rows(c, &v, t, mode) : c->near[t];
    orr_vector_query_free(&v);
    return s;
}

/* Adds MIX_NEAR times the cosines of the candidates, in their standard deviations. */
static void add_spread(const float *cosine, struct orr_cascade_result *out)
{
    float mean, sd, *x = orr_xcalloc(out->n + 1, sizeof *x);
    for (size_t i = 0; i < out->n; i++) x[i] = cosine[out->items[i].doc];
    orr_table_spread(x, out->n, &mean, &sd);
    for (size_t i = 0; i < out->n; i++) out->items[i].score[ORR_STAGE_DENSE] += MIX_NEAR * (x[i] - mean) / sd;
    free(x);
}

static enum orr_status encode(struct orr_cascade *c, const char *query, float least, unsigned char *seen,
                              const struct orr_cascade_options *o, struct orr_cascade_result *out,
                              struct orr_error *err)
{
    struct orr_vector_query v;
    enum orr_status s = orr_encoder_encode(c->encoder, ORR_ENCODER_QUERY, &query, 1, c->question, NULL, err);
    if (s) return s;
    orr_vector_query_read(c->vectors, c->question, &v);
    orr_vectors_compare(c->vectors, &v, c->near);
    join(c, find_nearest(c, c->near, least), seen, out);
    const bool rows = o->mode != ORR_DENSE_TABLE && orr_vectors_has_rows(c->vectors);
    for (size_t i = 0; i < out->n; i++)
        c->row[out->items[i].doc] = rows ? compare_rows(c, &v, out->items[i].doc, o->mode) : c->near[out->items[i].doc];
    orr_vector_query_free(&v);
    return s;
}

/* Adds the nearest tables, then orders all by all scores. */
static enum orr_status dense(struct orr_cascade *c, const char *query, const struct orr_query *q,
                             const struct orr_cascade_options *o, struct orr_cascade_result *out, struct orr_error *err)
{
    const float first = out->n ? out->items[0].score[ORR_STAGE_SPARSE] : 1;
    const bool encoded = c->vectors && !o->no_encoder;
    unsigned char *seen = orr_xcalloc((size_t)orr_index_docs(c->x) + 1, 1);
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < out->n; i++) seen[out->items[i].doc] = 1;
    cosines(c, q);
    join(c, find_nearest(c, c->cosine, NEAR), seen, out);
    /* Where no table has any of the words only what is clearly near is better than nothing. */
    if (encoded) s = encode(c, query, q->n_terms ? 0 : NEAR, seen, o, out, err);
    for (size_t i = 0; i < out->n; i++)
        out->items[i].score[ORR_STAGE_DENSE] =
            out->items[i].score[ORR_STAGE_SPARSE] / first + MIX * c->cosine[out->items[i].doc];
    if (encoded && !s) {
        add_spread(c->near, out);
        add_spread(c->row, out);
    }
    rank(out->items, out->n, ORR_STAGE_DENSE, o->keep[ORR_STAGE_DENSE]);
    out->kept[ORR_STAGE_DENSE] = smaller(out->n, o->keep[ORR_STAGE_DENSE]);
    free(seen);
    return s;
}

/* The features of the first n candidates. */
static void compare(struct orr_cascade *c, const struct orr_query *q, bool use_dense, bool encoded, size_t n,
                    const struct orr_cascade_result *out)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t doc = out->items[i].doc;
        c->hits[i] = (struct orr_hit){doc, out->items[i].score[ORR_STAGE_SPARSE]};
        c->dense[i] = use_dense ? c->cosine[doc] : 0;
        c->near_table[i] = encoded ? c->near[doc] : 0;
        c->near_rows[i] = encoded ? c->row[doc] : 0;
    }
    const struct orr_table_nearness near = {use_dense ? c->dense : NULL, encoded ? c->near_table : NULL,
                                            encoded ? c->near_rows : NULL};
    if (n) orr_table_features(c->scratch, q, c->hits, &near, n, c->features);
}

static enum orr_status candidates(struct orr_cascade *c, const char *query, const struct orr_cascade_options *o,
                                  bool features, struct orr_cascade_result *out, struct orr_error *err)
{
    struct orr_query q = {0};
    const double start = orr_clock_now();
    enum orr_status status = orr_query_read(c->x, c->tokeniser, query, o->syntax, &q, err);
    if (status == ORR_OK) {
        out->words = q.n_words;
        out->known = q.n_terms;
        out->common_only = q.common_only;
        sparse(c, &q, o->keep[ORR_STAGE_SPARSE], out);
        double at = orr_clock_now();
        out->seconds[ORR_STAGE_SPARSE] = at - start;
        const bool use_dense = !o->skip[ORR_STAGE_DENSE] && q.n_rules == 0; /* what is near need not keep rules */
        if (use_dense) {
            status = dense(c, query, &q, o, out, err);
            out->seconds[ORR_STAGE_DENSE] = orr_clock_now() - at;
            at = orr_clock_now();
        }
        const size_t n = smaller(out->n, o->keep[ORR_STAGE_DENSE]);
        need(c, n + 1);
        if (features && status == ORR_OK) compare(c, &q, use_dense, use_dense && c->vectors && !o->no_encoder, n, out);
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

/* Orders the first candidates anew. Those behind them stay behind. */
static enum orr_status reread(struct orr_cascade *c, const char *query, const struct orr_cascade_options *o,
                              struct orr_cascade_result *out, struct orr_error *err)
{
    struct orr_query q = {0};
    const size_t most = o->reader.most ? o->reader.most : ORR_READ_MOST,
                 n = smaller(smaller(out->kept[ORR_STAGE_RERANK], most), c->cap);
    if (!o->reader.encoder || n < 2) return ORR_OK;
    enum orr_status status = orr_query_read(c->x, c->tokeniser, query, o->syntax, &q, err);
    if (status == ORR_OK) status = orr_reread(&o->reader, c->scratch, &q, query, out->items, n, c->dense, err);
    orr_query_free(&q);
    if (status != ORR_OK) return status;
    const float last = out->items[n - 1].score[ORR_STAGE_RERANK];
    for (size_t i = 0; i < n; i++) {
        float *score = &out->items[i].score[ORR_STAGE_RERANK];
        *score = o->reader.alone ? c->dense[i] : *score + MIX_READ * c->dense[i];
    }
    rank(out->items, n, ORR_STAGE_RERANK, n);
    const float gap = last - out->items[n - 1].score[ORR_STAGE_RERANK];
    for (size_t i = 0; i < n && gap > 0; i++)
        out->items[i].score[ORR_STAGE_RERANK] += gap; /* above what was not read */
    return ORR_OK;
}

enum orr_status orr_cascade_run(struct orr_cascade *c, const char *query, const struct orr_cascade_options *o,
                                struct orr_cascade_result *out, struct orr_error *err)
{
    enum orr_status status = candidates(c, query, o, !o->skip[ORR_STAGE_RERANK], out, err);
    if (status != ORR_OK || o->skip[ORR_STAGE_RERANK] || !out->n) {
        out->seconds[ORR_STAGE_RERANK] = 0;
        return status;
    }
    const double start = orr_clock_now();
    const struct orr_table_ranker *ranker = orr_cascade_ranker(c, o);
    const size_t n = smaller(out->n, o->keep[ORR_STAGE_DENSE]);
    for (size_t i = 0; i < n; i++)
        out->items[i].score[ORR_STAGE_RERANK] = orr_table_rank_score(ranker, c->features + i * ORR_TABLE_FEATURES);
    rank(out->items, n, ORR_STAGE_RERANK, o->keep[ORR_STAGE_RERANK]);
    out->kept[ORR_STAGE_RERANK] = smaller(n, o->keep[ORR_STAGE_RERANK]);
    status = reread(c, query, o, out, err);
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
