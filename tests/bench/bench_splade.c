/* Weights of pieces (SPLADE) compared with a question's: by the inverted file against table by table, which is what it took the
 * place of and is kept here. Weights are drawn: as many as such an encoder gives, pieces as often as words are. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/rng.h>

#include "base/mem.h"
#include "text/vectors_file.h"

enum { PIECES = 30522, OF_TABLE = 120, OF_QUESTION = 25, QUESTIONS = 50 };

struct weights {
    struct orr_vectors *v;
    float *question;      /* (QUESTIONS, PIECES) */
    float *ours, *theirs; /* [tables] */
};

static void draw(uint64_t seed, int n, float *out)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, 1, seed);
    memset(out, 0, PIECES * sizeof *out);
    for (int i = 0; i < n; i++)
        out[(int)pow(PIECES, orr_rng_uniform(&rng)) % PIECES] = (float)(0.1 + 2 * orr_rng_uniform(&rng));
}

static void encode(struct orr_encoder *e, enum orr_encoder_side side, const char *const *texts, size_t n, float *out)
{
    (void)e, (void)side;
    for (size_t i = 0; i < n; i++) draw(strtoull(texts[i], NULL, 10), OF_TABLE, out + i * PIECES);
}

static enum orr_status fetch(void *ctx, size_t i, struct orr_doc *out, struct orr_error *err)
{
    static char title[24];
    (void)ctx, (void)err;
    snprintf(title, sizeof title, "%zu", i);
    *out = (struct orr_doc){.id = title, .title = title, .section_title = "", .section_text = "", .intro = ""};
    return ORR_OK;
}

static bool make(struct weights *w, size_t tables)
{
    static const struct orr_encoder_type drawn = {.name = "drawn", .encode = encode};
    struct orr_encoder e = {.type = &drawn, .kind = ORR_ENCODER_WEIGHTS, .dim = PIECES, .longest = 512, .hash = 1};
    uint64_t *key = orr_xcalloc(2 * tables, sizeof *key);
    const struct orr_index_source source = {tables, key, key + tables, fetch, NULL};
    struct orr_str bytes = {0};
    for (size_t i = 0; i < tables; i++) key[i] = key[tables + i] = i + 1;
    pthread_mutex_init(&e.turn, NULL);
    const bool ok = orr_vectors_build(NULL, &source, &e, "drawn", false, 0, NULL, &bytes, NULL) == ORR_OK &&
                    orr_vectors_adopt(&bytes, "memory", &w->v, NULL) == ORR_OK;
    pthread_mutex_destroy(&e.turn);
    orr_str_free(&bytes);
    free(key);
    w->question = orr_xcalloc(QUESTIONS * PIECES, sizeof *w->question);
    w->ours = orr_xcalloc(2 * tables, sizeof *w->ours);
    w->theirs = w->ours + tables;
    for (uint64_t q = 0; q < QUESTIONS; q++) draw(tables + q, OF_QUESTION, w->question + q * PIECES);
    return ok;
}

static bool inverted(void *ctx, struct orr_bench_sample *out)
{
    struct weights *w = ctx;
    const double start = orr_bench_cpu();
    for (size_t q = 0; q < QUESTIONS; q++) {
        struct orr_vector_query v;
        orr_vector_query_read(w->v, w->question + q * PIECES, &v);
        orr_vectors_compare(w->v, &v, w->ours);
        orr_vector_query_free(&v);
    }
    *out = (struct orr_bench_sample){1e3 * (orr_bench_cpu() - start) / QUESTIONS, (double)NAN};
    return true;
}

static bool by_table(void *ctx, struct orr_bench_sample *out)
{
    struct weights *w = ctx;
    const uint32_t tables = orr_vectors_tables(w->v);
    const double start = orr_bench_cpu();
    for (size_t q = 0; q < QUESTIONS; q++) {
        const float *const question = w->question + q * PIECES;
        float top = 0;
        for (uint32_t t = 0; t < tables; t++) {
            const struct orr_vectors_entry e = orr_vectors_entry(w->v, t);
            w->theirs[t] = 0;
            for (uint32_t i = 0; i < e.n; i++) w->theirs[t] += question[e.weight[i].piece] * e.weight[i].weight;
            top = fmaxf(top, w->theirs[t]);
        }
        for (uint32_t t = 0; t < tables && top > 0; t++) w->theirs[t] /= top;
    }
    *out = (struct orr_bench_sample){1e3 * (orr_bench_cpu() - start) / QUESTIONS, (double)NAN};
    return memcmp(w->ours, w->theirs, tables * sizeof *w->ours) == 0; /* of the last question; speed at other bits is none */
}

static void run(struct orr_bench_report *report)
{
    static const size_t sizes[] = {8891, 25000};
    for (size_t i = 0; i < 2; i++) {
        struct weights w = {0};
        char config[120];
        snprintf(config, sizeof config, "%zu tables of up to %d drawn weights, questions of %d, the same bits", sizes[i],
                 (int)OF_TABLE, (int)OF_QUESTION);
        const struct orr_bench_case c = {.name = "splade",
                                         .config = config,
                                         .threads = 1,
                                         .unit = "ms",
                                         .lower_is_better = true,
                                         .peer_name = "table by table",
                                         .ours = inverted,
                                         .peer = by_table,
                                         .ctx = &w};
        if (make(&w, sizes[i])) orr_bench_compare(report, &c);
        orr_vectors_close(w.v);
        free(w.question);
        free(w.ours);
    }
}

const struct orr_bench orr_bench_splade = {"splade", "weights of pieces by an inverted file, against table by table", run};
