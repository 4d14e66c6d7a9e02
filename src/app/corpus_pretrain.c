#include "app/corpus_pretrain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/eval_tables.h"
#include "ingest/tables.h"
#include "lab/dataset.h"
#include "text/encoder_bag.h"

struct orr_bag_job orr_bag_job_defaults(void)
{
    return (struct orr_bag_job){.parts = ORR_EVAL_CHOOSING, .train = orr_bag_defaults()};
}

enum orr_status orr_wordnet_installed(const struct orr_ticker *ticker, struct orr_wordnet *out, struct orr_error *err)
{
    char folder[1024];
    const enum orr_status s = orr_dataset_find_file("wordnet/data.noun", folder, err);
    if (s) return s;
    char *slash = strrchr(folder, '/');
    if (slash) *slash = '\0';
    return orr_wordnet_read(folder, ticker, out, err);
}

struct taking {
    int parts;
    struct orr_arena arena;
    ORR_VEC(struct orr_doc) docs;
};

static enum orr_status take(void *ctx, const struct orr_doc *d, struct orr_error *err)
{
    struct taking *t = ctx;
    struct orr_str json = {0};
    struct orr_doc kept;
    if (orr_tables_part(d->id) >= t->parts) return ORR_OK;
    orr_doc_json(d, &json);
    const enum orr_status s = orr_doc_parse(d->id, json.data, json.len, &t->arena, &kept, err);
    if (!s) ORR_VEC_PUSH(&t->docs, kept);
    orr_str_free(&json);
    return s;
}

static enum orr_status write_file(const struct orr_bag_job *job, size_t tables, const float *table,
                                  struct orr_error *err)
{
    const struct orr_bag_options *o = &job->train;
    char trained[256], seed[24];
    snprintf(trained, sizeof trained, "orrery corpus pretrain: %" PRId64 " steps of %d pairs, from WordNet 3.0 and %zu tables",
             o->steps, o->batch, tables);
    snprintf(seed, sizeof seed, "%" PRIu64, o->seed);
    const char *const metadata[] = {"format", "orrery encoder 1", "trained", trained, "seed", seed, NULL};
    return orr_bag_write(job->out, o->rows, o->dim, table, metadata, err);
}

enum orr_status orr_app_corpus_pretrain(const struct orr_bag_job *job, const struct orr_ticker *ticker,
                                        orr_bag_seen seen, void *ctx, struct orr_error *err)
{
    struct orr_wordnet wordnet = {0};
    struct taking t = {.parts = job->parts};
    const struct orr_tables_in in = {take, NULL, &t, ticker};
    struct orr_pair_source source = {0};
    float *table = NULL;
    enum orr_status s = job->wordnet ? orr_wordnet_read(job->wordnet, ticker, &wordnet, err)
                                      : orr_wordnet_installed(ticker, &wordnet, err);
    if (!s && job->tables) s = orr_tables_read(job->tables, &in, err);
    if (!s) {
        orr_pairs_init(&source, &wordnet, t.docs.data, t.docs.len);
        s = orr_bag_pretrain(&source, &job->train, ticker, seen, ctx, &table, err);
    }
    if (!s) s = write_file(job, t.docs.len, table, err);
    if (!s && job->train.checkpoint) unlink(job->train.checkpoint);
    free(table);
    orr_pairs_free(&source);
    orr_wordnet_free(&wordnet);
    orr_arena_free(&t.arena);
    free(t.docs.data);
    return s;
}
