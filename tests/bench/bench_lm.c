/* Language models. lm_llama2c: greedy decoding of stories260K, tokens per second of the processor, one thread, against an
 * independent reader in numpy, against PyTorch running the same model and, where ORRERY_LLAMA2C names it (its make target
 * runfast, with -march=native), against the C program that the format is named after; against that one also a drawn model of
 * 15 million
 * weights. ORRERY_LLAMA2C_OMP, its target runomp: by the clock, on two threads of its own; we decode one text on one.
 * select_pool: the scores of a large pool from one position's logits, beyond the pass, against numpy. Pool, logits and the
 * larger model are
 * drawn. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <orrery/rng.h>

#include "base/json.h"
#include "methods/select/select.h"
#include "text/pieces.h"

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

static void run_scripts(struct orr_bench_report *report)
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

/* ---- llama2.c ---- */

/* Decoding up to its end of text, which is token 1 again. */
struct story {
    char model[400], pieces[400];
    const char *program;
    int threads; /* of the program */
    struct orr_decoder *m;
    struct orr_pieces *p;
    int tokens;           /* passes that both make */
    struct orr_str text; /* ours, as the program prints it */
};

enum { STORY_MOST = 256, STORY_RUNS = 5 };

static double story_clock(const struct story *x) { return x->threads > 1 ? orr_bench_now() : orr_bench_cpu(); }

/* A story of ours; `text` may be NULL. Returns how many passes it took, 0 where there is no memory. */
static int tell(const struct story *x, struct orr_str *text)
{
    struct orr_decoder_state *s = NULL;
    const int vocab = orr_decoder_config(x->m)->vocab;
    float *logits = malloc((size_t)vocab * sizeof *logits);
    int n = 0;
    if (logits && orr_decoder_state_new(x->m, 0, &s, NULL) == ORR_OK)
        for (int32_t token = 1; n < STORY_MOST;) {
            orr_decoder_read(s, &token, 1, logits, NULL);
            const bool first = n++ == 0;
            token = 0;
            for (int k = 1; k < vocab; k++)
                if (logits[k] > logits[token]) token = k;
            if (token == 1) break;
            if (text) orr_pieces_decode(x->p, token, first, text);
        }
    orr_decoder_state_free(s);
    free(logits);
    return n;
}

static bool measure_story(void *ctx, struct orr_bench_sample *out)
{
    const struct story *x = ctx;
    int n = 0;
    const double start = story_clock(x);
    for (int r = 0; r < STORY_RUNS; r++) n += tell(x, NULL);
    *out = (struct orr_bench_sample){n / (story_clock(x) - start), (double)NAN};
    return n > 0;
}

/* Its start is not decoding: a run of one token is subtracted. Its own figure has whole milliseconds and the clock's time. */
static bool program_seconds(const struct story *x, int tokens, struct orr_str *text, double *seconds, double *rss)
{
    char n[16], threads[32];
    snprintf(n, sizeof n, "%d", tokens);
    snprintf(threads, sizeof threads, "OMP_NUM_THREADS=%d", x->threads);
    const char *const argv[] = {x->program, x->model, "-t", "0", "-n", n, "-z", x->pieces, NULL}, *const env[] = {threads, NULL};
    struct orr_bench_child child = {.argv = argv, .env = env, .captured = text};
    if (!orr_bench_run(&child)) return false;
    *seconds = x->threads > 1 ? child.seconds : child.cpu;
    *rss = child.rss_mb;
    return true;
}

static bool measure_program(void *ctx, struct orr_bench_sample *out)
{
    const struct story *x = ctx;
    double total = 0, whole, start;
    for (int r = 0; r < STORY_RUNS; r++) {
        if (!program_seconds(x, STORY_MOST, NULL, &whole, &out->rss_mb) || !program_seconds(x, 1, NULL, &start, &out->rss_mb))
            return false;
        total += whole - start;
    }
    out->value = STORY_RUNS * (x->tokens - 1) / total;
    return total > 0;
}

/* Speed at another text is none. */
static bool tells_the_same(struct story *x)
{
    struct orr_str theirs = {0};
    double seconds, rss;
    x->tokens = tell(x, &x->text);
    orr_str_append_char(&x->text, '\n');
    const bool same = program_seconds(x, STORY_MOST, &theirs, &seconds, &rss) && x->tokens > 1 &&
                      strcmp(orr_str_c(&x->text), orr_str_c(&theirs)) == 0;
    orr_str_free(&theirs);
    return same;
}

/* A model of drawn weights, and pieces for it that are printed as they lie. */
static bool draw_model(const char *model, const char *pieces)
{
    enum { DIM = 288, HIDDEN = 768, LAYERS = 6, HEADS = 6, WORDS = 32000, LENGTH = 256, BYTES = 259 };
    static const int32_t header[7] = {DIM, HIDDEN, LAYERS, HEADS, HEADS, WORDS, LENGTH};
    const struct {
        size_t n;
        double sd; /* 0: ones */
    } parts[] = {{(size_t)WORDS * DIM, 0.1},
                 {(size_t)LAYERS * DIM, 0},
                 {(size_t)LAYERS * 4 * DIM * DIM, 1 / sqrt(DIM)},
                 {(size_t)LAYERS * DIM, 0},
                 {(size_t)LAYERS * 3 * DIM * HIDDEN, 1 / sqrt(HIDDEN)},
                 {DIM, 0},
                 {(size_t)LENGTH * DIM / HEADS, 0}};
    const int32_t longest = 8;
    struct orr_rng rng;
    orr_rng_seed(&rng, 1, WORDS);
    FILE *f = fopen(model, "wb"), *t = fopen(pieces, "wb");
    bool ok = f && t && fwrite(header, sizeof header, 1, f) == 1 && fwrite(&longest, sizeof longest, 1, t) == 1;
    for (size_t k = 0; ok && k < sizeof parts / sizeof *parts; k++)
        for (size_t i = 0; ok && i < parts[k].n; i++) {
            const float w = parts[k].sd > 0 ? (float)(parts[k].sd * orr_rng_normal(&rng)) : 1;
            ok = fwrite(&w, sizeof w, 1, f) == 1;
        }
    for (int i = 0; ok && i < WORDS; i++) {
        char word[16];
        const float score = (float)-i;
        const int32_t n = snprintf(word, sizeof word, i < 3 ? "<%d>" : i < BYTES ? "<0x%02X>" : " w%d",
                                   i < 3 || i >= BYTES ? i : i - 3);
        ok = fwrite(&score, 4, 1, t) == 1 && fwrite(&n, 4, 1, t) == 1 && fwrite(word, (size_t)n, 1, t) == 1;
    }
    if (f) ok &= fclose(f) == 0;
    if (t) ok &= fclose(t) == 0;
    return ok;
}

static void run_program(struct orr_bench_report *report, bool drawn, int threads)
{
    const char *const variable = threads > 1 ? "ORRERY_LLAMA2C_OMP" : "ORRERY_LLAMA2C";
    struct story x = {.program = getenv(variable), .threads = threads};
    const char *peers = getenv("ORRERY_PEERS"), *missing = NULL;
    char config[120];
    if (drawn) {
        snprintf(x.model, sizeof x.model, "%.300s/drawn.bin", orr_bench_scratch());
        snprintf(x.pieces, sizeof x.pieces, "%.300s/drawn.tok", orr_bench_scratch());
    } else {
        snprintf(x.model, sizeof x.model, "%.300s/../data/stories260k/stories260K.bin", peers ? peers : ".");
        snprintf(x.pieces, sizeof x.pieces, "%.300s/../data/stories260k/tok512.bin", peers ? peers : ".");
    }
    if (!x.program || !*x.program) missing = "it does not name the program";
    else if (drawn && access(x.model, R_OK) != 0 && !draw_model(x.model, x.pieces)) missing = "the drawn model cannot be written";
    else if (orr_decoder_open(x.model, NULL, &x.m, NULL) != ORR_OK ||
             orr_pieces_open(x.pieces, orr_decoder_config(x.m)->vocab, &x.p, NULL) != ORR_OK)
        missing = "set ORRERY_PEERS to the peers folder, beside the data";
    else if (!tells_the_same(&x)) missing = "it does not run, or tells another text";
    snprintf(config, sizeof config, "%s, %d tokens, greedy, the same text%s",
             drawn ? "drawn, 288 wide, 6 layers, 32000 pieces" : "stories260K", x.tokens,
             threads > 1 ? "; peer on 2 threads, ours on 1" : "");
    const struct orr_bench_case c = {.name = "lm_llama2c",
                                     .config = config,
                                     .threads = threads,
                                     .unit = "tokens/s",
                                     .peer_name = "llama2.c",
                                     .peer_missing = missing,
                                     .ours = measure_story,
                                     .peer = measure_program,
                                     .ctx = &x};
    if (x.m && x.p) orr_bench_compare(report, &c);
    else fprintf(stderr, "lm_llama2c: no row against %s: %s\n", variable, missing);
    orr_str_free(&x.text);
    orr_pieces_free(x.p);
    orr_decoder_free(x.m);
}

static void run_decoding(struct orr_bench_report *report)
{
    run_scripts(report);
    for (int threads = 1; threads <= 2; threads++)
        for (int drawn = 0; drawn < 2; drawn++) run_program(report, drawn, threads);
}

const struct orr_bench orr_bench_lm = {
    .name = "lm_llama2c",
    .summary = "greedy decoding of llama2.c models, against numpy, PyTorch and llama2.c",
    .run = run_decoding,
};

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
