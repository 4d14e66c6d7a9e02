/* The likelihood of every candidate of a pool, what the estimators of one pass stand in for: as a tree whose beginnings are
 * read once, in full batches, against the same decoder going through the candidates one by one behind the cached prompt. The
 * first words of datasets/pools/words.txt, the shipped model. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "methods/select/select.h"

enum { CANDIDATES = 2000 };
static const char model[] = "datasets/models/wordnet-lm", tokenizer[] = "datasets/models/wordnet-lm/tokenizer.json",
                  words[] = "datasets/pools/words.txt", prompt[] = "a place where books are kept:";

struct work {
    struct orr_decoder *m;
    struct orr_pieces *pieces;
    struct orr_decoder_state *state;
    struct orr_pool pool;
    int vocab;
    float *logits, *next;   /* [vocab] after the prompt; after a candidate's token */
    double *tree, *alone;   /* [CANDIDATES] log p */
};

static bool measure_tree(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    const double start = orr_bench_cpu();
    const bool ok = !orr_select_likelihood(&w->pool, w->state, w->logits, w->tree, 1, NULL, NULL);
    *out = (struct orr_bench_sample){(double)w->pool.text.len / (orr_bench_cpu() - start), (double)NAN};
    return ok;
}

static bool measure_alone(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    const int before = orr_decoder_length(w->state);
    const double start = orr_bench_cpu();
    bool ok = true;
    for (size_t i = 0; i < w->pool.text.len && ok; i++) {
        const int32_t *const token = w->pool.token.data + w->pool.first[i];
        const size_t n = w->pool.first[i + 1] - w->pool.first[i];
        const float *logits = w->logits;
        w->alone[i] = 0;
        for (size_t k = 0; k < n && ok; k++) {
            w->alone[i] += (double)logits[token[k]] - orr_log_sum_exp(logits, w->vocab);
            if (k + 1 < n) ok = !orr_decoder_read(w->state, &token[k], 1, w->next, NULL);
            logits = w->next;
        }
        orr_decoder_truncate(w->state, before);
    }
    *out = (struct orr_bench_sample){(double)w->pool.text.len / (orr_bench_cpu() - start), (double)NAN};
    for (size_t i = 0; i < w->pool.text.len && ok; i++) ok = fabs(w->alone[i] - w->tree[i]) < 1e-3; /* else no comparison */
    return ok;
}

static bool open_work(struct work *w)
{
    struct orr_tokens t = {0};
    char line[256];
    FILE *f = fopen(words, "r");
    bool ok = f && !orr_decoder_open(model, NULL, &w->m, NULL);
    while (ok && w->pool.text.len < CANDIDATES && fgets(line, sizeof line, f)) orr_pool_add(&w->pool, line, strcspn(line, "\n"));
    if (f) fclose(f);
    w->vocab = ok ? orr_decoder_config(w->m)->vocab : 0;
    ok = ok && !orr_pieces_open(tokenizer, w->vocab, &w->pieces, NULL) && !orr_decoder_state_new(w->m, 0, &w->state, NULL) &&
         !orr_pool_encode(&w->pool, w->pieces, NULL);
    w->logits = malloc(2 * (size_t)(w->vocab + 1) * sizeof *w->logits);
    w->tree = malloc((size_t)2 * CANDIDATES * sizeof *w->tree);
    ok = ok && w->logits && w->tree;
    if (!ok) return false;
    w->next = w->logits + w->vocab;
    w->alone = w->tree + CANDIDATES;
    orr_pieces_encode(w->pieces, prompt, strlen(prompt), true, &t);
    ok = !orr_decoder_read(w->state, t.data, (int)t.len, w->logits, NULL);
    free(t.data);
    return ok;
}

static void run(struct orr_bench_report *report)
{
    struct work w = {0};
    char config[120];
    if (open_work(&w)) {
        snprintf(config, sizeof config, "wordnet-lm, %zu words of %zu tokens behind one prompt",
                 w.pool.text.len, w.pool.token.len);
        const struct orr_bench_case c = {.name = "select_exact",
                                         .config = config,
                                         .threads = 1,
                                         .unit = "candidates/s",
                                         .peer_name = "one by one",
                                         .ours = measure_tree,
                                         .peer = measure_alone,
                                         .ctx = &w};
        orr_bench_compare(report, &c);
    } else {
        fprintf(stderr, "orrery-bench: select_exact: no %s or %s here: run from the source tree\n", model, words);
    }
    orr_pool_free(&w.pool);
    orr_pieces_free(w.pieces);
    orr_decoder_state_free(w.state);
    orr_decoder_free(w.m);
    free(w.logits);
    free(w.tree);
}

const struct orr_bench orr_bench_select_exact = {
    "select_exact", "likelihoods of a whole pool as a tree, against candidate by candidate", run};
