/* Language models. lm_llama2c: greedy decoding of stories260K, tokens per second of the processor, one thread, against an
 * independent reader in numpy and against PyTorch running the same model. The C program that the format is named after is not
 * among the peers here; these rows say nothing about it. select_pool: the scores of a large pool from one position's
 * logits, beyond the
 * pass, against numpy. Pool and logits are drawn. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <orrery/rng.h>

#include "base/json.h"
#include "methods/select/select.h"

enum { TOKENS = 256, ROUNDS = 21, PER_CANDIDATE = 7, VOCAB = 4096 };

struct decoding {
    const char *kind; /* of the peer */
    char model[400], script[400];
    struct orr_decoder *m;
    int32_t ids[TOKENS];
    bool differs; /* the peer decoded something else */
};

static bool measure_decoding(void *ctx, struct orr_bench_sample *out)
{
    struct decoding *x = ctx;
    struct orr_decoder_state *s;
    const int vocab = orr_decoder_config(x->m)->vocab;
    float *logits = malloc((size_t)vocab * sizeof *logits);
    if (!logits || orr_decoder_state_new(x->m, 0, &s, NULL) != ORR_OK) {
        free(logits);
        return false;
    }
    int32_t token = 1;
    const double start = orr_bench_cpu();
    for (int i = 0; i < TOKENS; i++) {
        orr_decoder_read(s, &token, 1, logits, NULL);
        token = 0;
        for (int k = 1; k < vocab; k++)
            if (logits[k] > logits[token]) token = k;
        x->ids[i] = token;
    }
    *out = (struct orr_bench_sample){TOKENS / (orr_bench_cpu() - start), (double)NAN};
    orr_decoder_state_free(s);
    free(logits);
    return true;
}

static bool ask_peer(const char *const *argv, const char *member, struct json_object **root, double *value)
{
    struct orr_str text = {0};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    struct json_object *x = NULL;
    *root = NULL;
    const bool ok = orr_bench_run(&child) && orr_json_parse(argv[1], orr_str_c(&text), text.len, root, NULL) == ORR_OK &&
                    json_object_object_get_ex(*root, member, &x);
    *value = ok ? json_object_get_double(x) : (double)NAN;
    orr_str_free(&text);
    return ok;
}

static bool measure_peer(void *ctx, struct orr_bench_sample *out)
{
    struct decoding *x = ctx;
    char tokens[16];
    snprintf(tokens, sizeof tokens, "%d", TOKENS);
    const char *const argv[] = {"/usr/bin/python3", "tests/bench/lm_peer.py", x->kind, x->model, tokens, x->script, NULL};
    struct json_object *root, *ids = NULL;
    *out = (struct orr_bench_sample){(double)NAN, (double)NAN};
    const bool ok = ask_peer(argv, "tokens_per_s", &root, &out->value);
    if (ok && json_object_object_get_ex(root, "ids", &ids))
        for (size_t i = 0; i < TOKENS; i++)
            x->differs |= json_object_get_int(json_object_array_get_idx(ids, i)) != x->ids[i];
    json_object_put(root);
    return ok && !x->differs; /* speed at another result is none */
}

static void run_decoding(struct orr_bench_report *report)
{
    static const char *const kinds[] = {"numpy", "torch"};
    const char *peers = getenv("ORRERY_PEERS");
    for (size_t i = 0; i < 2; i++) {
        struct decoding x = {.kind = kinds[i]};
        snprintf(x.model, sizeof x.model, "%.300s/../data/stories260k/stories260K.bin", peers ? peers : ".");
        snprintf(x.script, sizeof x.script, "%.300s/lm/llama2_numpy.py", peers ? peers : ".");
        const bool have = peers && access(x.model, R_OK) == 0;
        const bool opened = have && orr_decoder_open(x.model, NULL, &x.m, NULL) == ORR_OK;
        const struct orr_bench_case c = {.name = "lm_llama2c",
                                         .config = "stories260K, 256 tokens, greedy, the same ids",
                                         .threads = 1,
                                         .unit = "tokens/s",
                                         .peer_name = i ? "PyTorch" : "llama2_numpy",
                                         .peer_missing = opened ? NULL : "set ORRERY_PEERS to the peers folder, beside the data",
                                         .ours = measure_decoding,
                                         .peer = measure_peer,
                                         .ctx = &x};
        if (opened) orr_bench_compare(report, &c);
        orr_decoder_free(x.m);
    }
}

const struct orr_bench orr_bench_lm = {
    .name = "lm_llama2c", .summary = "greedy decoding of a llama2.c model, against numpy and PyTorch", .run = run_decoding};

/* ---- pools ---- */

struct scoring {
    size_t candidates;
    enum orr_estimator estimator;
    struct orr_pool pool;
    float *logits;
    double *score;
};

static bool make_pool(struct scoring *x)
{
    const size_t n = x->candidates;
    struct orr_rng rng;
    orr_rng_seed(&rng, 1, n);
    x->pool.first = malloc((n + 1) * sizeof *x->pool.first);
    x->pool.idf = malloc(n * PER_CANDIDATE * sizeof *x->pool.idf);
    x->logits = malloc(VOCAB * sizeof *x->logits);
    x->score = malloc(n * sizeof *x->score);
    if (!x->pool.first || !x->pool.idf || !x->logits || !x->score) return false;
    for (size_t i = 0; i < n; i++) {
        orr_pool_add(&x->pool, "x", 1);
        x->pool.first[i] = i * PER_CANDIDATE;
        for (int k = 0; k < PER_CANDIDATE; k++) ORR_VEC_PUSH(&x->pool.token, (int32_t)orr_rng_below(&rng, VOCAB));
    }
    x->pool.first[n] = n * PER_CANDIDATE;
    x->pool.longest = PER_CANDIDATE;
    for (size_t i = 0; i < n * PER_CANDIDATE; i++) x->pool.idf[i] = (float)orr_rng_uniform(&rng);
    for (int i = 0; i < VOCAB; i++) x->logits[i] = (float)orr_rng_normal(&rng);
    return true;
}

/* Scores, and the ten best of them: all that a question costs beyond the pass. */
static bool measure_scoring(void *ctx, struct orr_bench_sample *out)
{
    struct scoring *x = ctx;
    double best = (double)INFINITY;
    uint32_t rank[10];
    for (int r = 0; r < ROUNDS; r++) {
        const double start = orr_bench_cpu();
        orr_select_score(&x->pool, x->estimator, x->logits, x->logits, VOCAB, 1, x->score);
        orr_select_best(x->score, x->candidates, 10, rank);
        const double ms = 1e3 * (orr_bench_cpu() - start);
        if (ms < best) best = ms;
    }
    *out = (struct orr_bench_sample){best, (double)NAN};
    return true;
}

static bool measure_numpy(void *ctx, struct orr_bench_sample *out)
{
    const struct scoring *x = ctx;
    char number[4][24];
    const size_t values[4] = {x->candidates, PER_CANDIDATE, VOCAB, ROUNDS};
    for (int i = 0; i < 4; i++) snprintf(number[i], sizeof number[i], "%zu", values[i]);
    const char *const argv[] = {"/usr/bin/python3", "tests/bench/select_peer.py", number[0], number[1],
                                number[2],          number[3],                    NULL};
    struct json_object *root;
    *out = (struct orr_bench_sample){(double)NAN, (double)NAN};
    const bool ok = ask_peer(argv, "ms", &root, &out->value);
    json_object_put(root);
    return ok;
}

static void run_scoring(struct orr_bench_report *report)
{
    static const struct {
        size_t candidates;
        enum orr_estimator estimator;
        bool has_peer;
    } rows[] = {{24186, ORR_EST_AVERAGE, true},
                {100000, ORR_EST_AVERAGE, true},
                {100000, ORR_EST_FIRST, false},
                {100000, ORR_EST_SAMPLE_AVERAGE, false},
                {100000, ORR_EST_IDF_AVERAGE, false},
                {100000, ORR_EST_CORRECTED, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scoring x = {.candidates = rows[i].candidates, .estimator = rows[i].estimator};
        char config[120];
        snprintf(config, sizeof config, "%s, %zu candidates of %d tokens (drawn)", orr_estimator_name(x.estimator),
                 x.candidates, (int)PER_CANDIDATE);
        const struct orr_bench_case c = {.name = "select_pool",
                                         .config = config,
                                         .threads = 1,
                                         .unit = "ms",
                                         .lower_is_better = true,
                                         .peer_name = "numpy reduceat",
                                         .peer_missing = rows[i].has_peer ? NULL : "numpy has no such sum in one call",
                                         .ours = measure_scoring,
                                         .peer = measure_numpy,
                                         .ctx = &x};
        if (make_pool(&x)) orr_bench_compare(report, &c);
        orr_pool_free(&x.pool);
        free(x.logits);
        free(x.score);
    }
}

const struct orr_bench orr_bench_select = {
    .name = "select_pool", .summary = "scores of a large pool from one position's logits, against numpy", .run = run_scoring};
