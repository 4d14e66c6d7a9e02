#include "methods/tables/pretrain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <orrery/ops.h>
#include <orrery/optim.h>

#include "base/mem.h"
#include "methods/model_file.h"
#include "text/encoder_bag.h"

enum { REPORT = 200, WARM_UP = 100, STREAM_STEP = 1, STREAM_INIT = 2 };
static const double SCALE = 20; /* of cosines; 1 / temperature */

struct run {
    const struct orr_bag_options *o;
    const struct orr_pair_source *source;
    struct orr_params params;
    size_t table;
    struct orr_optim optim;
    struct orr_tape *tape;
    struct orr_tokeniser *tokeniser;
    struct bag {
        struct orr_tokens ids;
        int32_t *first; /* [batch + 1] */
    } queries, passages;
    int32_t *label; /* [batch] */
    struct orr_str query, passage;
    double loss, accuracy;
    int seen;
};

struct orr_bag_options orr_bag_defaults(void)
{
    return (struct orr_bag_options){
        .rows = 16384, .dim = 128, .batch = 256, .steps = 6000, .lr = 3e-3, .wordnet_share = 0.3, .seed = 1, .every = 500};
}

static void run_init(struct run *r)
{
    const size_t b = (size_t)r->o->batch;
    struct orr_rng rng;
    orr_rng_seed(&rng, r->o->seed, STREAM_INIT);
    r->table = orr_params_add(&r->params, "bag.embedding", orr_shape2(r->o->rows, r->o->dim), ORR_INIT_NORMAL,
                              1 / sqrt(r->o->dim), 0, &rng);
    struct orr_optim_options a = orr_optim_defaults(ORR_ADAM, r->o->lr);
    a.warmup = WARM_UP;
    orr_optim_init(&r->optim, &a, &r->params);
    r->tape = orr_tape_new();
    r->tokeniser = orr_tokeniser_new();
    r->queries.first = orr_xcalloc(b + 1, sizeof *r->queries.first);
    r->passages.first = orr_xcalloc(b + 1, sizeof *r->passages.first);
    r->label = orr_xcalloc(b, sizeof *r->label);
    for (size_t i = 0; i < b; i++) r->label[i] = (int32_t)i;
}

static void run_free(struct run *r)
{
    orr_params_free(&r->params);
    orr_optim_free(&r->optim);
    orr_tape_free(r->tape);
    orr_tokeniser_free(r->tokeniser);
    free(r->queries.ids.data);
    free(r->queries.first);
    free(r->passages.ids.data);
    free(r->passages.first);
    free(r->label);
    orr_str_free(&r->query);
    orr_str_free(&r->passage);
}

/* ---- one batch ---- */

static void put_text(struct run *r, const struct orr_str *text, struct bag *to, size_t at)
{
    orr_bag_features(r->tokeniser, orr_str_c(text), r->o->rows, &to->ids);
    to->first[at + 1] = (int32_t)to->ids.len;
}

static void make_batch(struct run *r, int64_t step)
{
    const struct orr_pair_source *from = r->source;
    struct orr_rng rng;
    orr_rng_seed(&rng, r->o->seed, (uint64_t)step << 8 | STREAM_STEP);
    const bool wordnet = !from->n_docs || (from->n_synsets && orr_rng_uniform(&rng) < r->o->wordnet_share);
    r->queries.ids.len = r->passages.ids.len = 0;
    for (size_t i = 0; i < (size_t)r->o->batch; i++) {
        orr_str_clear(&r->query);
        orr_str_clear(&r->passage);
        if (wordnet)
            orr_pair_wordnet(from, orr_rng_below(&rng, from->n_synsets), &rng, &r->query, &r->passage);
        else
            orr_pair_table(from, orr_rng_below(&rng, from->n_docs), &rng, &r->query, &r->passage);
        put_text(r, &r->query, &r->queries, i);
        put_text(r, &r->passage, &r->passages, i);
    }
}

static struct orr_var *unit(struct orr_var *x)
{
    const int d = orr_shape_last(x->shape);
    struct orr_var *gain = orr_tape_zeros(x->tape, orr_shape1(d));
    for (int i = 0; i < d; i++) gain->value[i] = (orr_real)(1 / sqrt(d));
    return orr_rms_norm(x, gain, 1e-12); /* x / |x| */
}

static struct orr_var *encode(struct orr_var *table, const struct bag *b, int n)
{
    return unit(orr_embedding_bag(table, b->ids.data, b->first, n));
}

static double share_right(const struct orr_var *logits)
{
    const int n = logits->shape.size[0];
    int right = 0;
    for (int i = 0; i < n; i++) {
        const orr_real *row = logits->value + (size_t)i * (size_t)n;
        int best = 0;
        for (int j = 1; j < n; j++)
            if (row[j] > row[best]) best = j;
        right += best == i;
    }
    return (double)right / n;
}

/* (CE of queries among passages + CE of passages among queries) / 2. False: diverged. */
static bool train_step(struct run *r, int64_t step)
{
    const struct orr_bag_options *o = r->o;
    make_batch(r, step);
    orr_tape_reset(r->tape);
    struct orr_var *table = orr_tape_param(r->tape, &r->params, r->table);
    struct orr_var *query = encode(table, &r->queries, o->batch), *passage = encode(table, &r->passages, o->batch);
    struct orr_var *logits = orr_scale(orr_matmul(query, passage, false, true), SCALE);
    struct orr_var *loss =
        orr_axpby(0.5, orr_cross_entropy(logits, r->label), 0.5, orr_cross_entropy(orr_transpose(logits), r->label));
    orr_params_zero_grad(&r->params);
    orr_tape_backward(loss);
    r->optim.o.lr = o->lr * fmin(1, 2 * (double)(o->steps - step) / (double)o->steps);
    orr_optim_step(&r->optim, &r->params);
    r->loss += (double)*loss->value;
    r->accuracy += share_right(logits);
    r->seen++;
    return isfinite((double)*loss->value);
}

/* ---- checkpoints ---- */

/* What must be equal for a checkpoint to go on. */
static void name_run(const struct run *r, char out[256])
{
    const struct orr_bag_options *o = r->o;
    uint64_t hash = r->source->n_synsets;
    for (size_t i = 0; i < r->source->n_docs; i++)
        hash = XXH3_64bits_withSeed(r->source->docs[i].id, strlen(r->source->docs[i].id), hash);
    snprintf(out, 256, "rows %d dim %d batch %d steps %lld lr %g wordnet %g seed %llu data %016llx", o->rows, o->dim,
             o->batch, (long long)o->steps, o->lr, o->wordnet_share, (unsigned long long)o->seed,
             (unsigned long long)hash);
}

static enum orr_status save(const struct run *r, struct orr_error *err)
{
    char name[256], step[32];
    const int64_t n = (int64_t)r->params.n;
    const struct orr_safetensor_out out[] = {
        {"params", &n, 1, r->params.value}, {"optim.m", &n, 1, r->optim.m}, {"optim.v", &n, 1, r->optim.v}};
    if (!r->o->checkpoint) return ORR_OK;
    name_run(r, name);
    snprintf(step, sizeof step, "%lld", (long long)r->optim.step);
    const char *metadata[] = {"format", "orrery encoder pretraining 1", "run", name, "step", step, NULL};
    return orr_safetensors_write(r->o->checkpoint, out, 3, metadata, err);
}

static enum orr_status resume(struct run *r, struct orr_error *err)
{
    float *const to[] = {r->params.value, r->optim.m, r->optim.v};
    struct orr_safetensors f = {0};
    struct stat st;
    char name[256];
    if (!r->o->checkpoint || stat(r->o->checkpoint, &st) != 0) return ORR_OK;
    name_run(r, name);
    enum orr_status s = orr_safetensors_open(r->o->checkpoint, 0, &f, err);
    const double step = s ? 0 : orr_model_number(&f, "step", -1);
    if (!s && (strcmp(orr_model_metadata(&f, "run"), name) != 0 || !(step >= 0 && step <= (double)r->o->steps)))
        s = orr_error_set(err, ORR_EFORMAT, r->o->checkpoint,
                          "a checkpoint of another training; remove it, or ask for what it was made with: %s",
                          orr_model_metadata(&f, "run"));
    if (!s) s = orr_model_read_training(&f, r->o->checkpoint, r->params.n, to, err);
    if (!s) r->optim.step = (int64_t)step;
    orr_safetensors_close(&f);
    return s;
}

/* ---- the training ---- */

static void report(struct run *r, orr_bag_seen seen, void *ctx)
{
    if (seen && r->seen)
        seen(ctx, &(struct orr_bag_report){.step = r->optim.step,
                                           .steps = r->o->steps,
                                           .loss = r->loss / r->seen,
                                           .accuracy = r->accuracy / r->seen,
                                           .lr = r->optim.o.lr});
    r->loss = r->accuracy = 0;
    r->seen = 0;
}

static enum orr_status train(struct run *r, const struct orr_ticker *ticker, orr_bag_seen seen, void *ctx,
                             struct orr_error *err)
{
    const struct orr_bag_options *o = r->o;
    enum orr_status s = ORR_OK;
    for (int64_t step = r->optim.step; step < o->steps && !s; step++) {
        if (!orr_ticker_tick(ticker, "training", "steps", (uint64_t)step, (uint64_t)o->steps)) {
            s = save(r, err);
            return s ? s
                     : orr_error_set(err, ORR_ECANCELLED, "encoder", "stopped at step %lld of %lld", (long long)step,
                                     (long long)o->steps);
        }
        if (!train_step(r, step))
            return orr_error_set(err, ORR_EINVAL, "encoder", "diverged at step %lld; lower lr", (long long)step);
        if ((step + 1) % REPORT == 0 || step + 1 == o->steps) report(r, seen, ctx);
        if (o->every > 0 && (step + 1) % o->every == 0) s = save(r, err);
    }
    return s;
}

enum orr_status orr_bag_pretrain(const struct orr_pair_source *source, const struct orr_bag_options *o,
                                 const struct orr_ticker *ticker, orr_bag_seen seen, void *ctx, float **out,
                                 struct orr_error *err)
{
    struct run r = {.o = o, .source = source};
    *out = NULL;
    if (!source->n_synsets && !source->n_docs)
        return orr_error_set(err, ORR_EINVAL, "encoder", "there is nothing to learn from");
    run_init(&r);
    enum orr_status s = resume(&r, err);
    if (!s) s = train(&r, ticker, seen, ctx, err);
    if (!s) {
        const size_t n = (size_t)o->rows * (size_t)o->dim;
        *out = orr_alloc(n, sizeof **out);
        if (*out)
            memcpy(*out, orr_params_value(&r.params, r.table), n * sizeof **out);
        else
            s = orr_error_set(err, ORR_ENOMEM, "encoder", "no memory for %zu numbers", n);
    }
    run_free(&r);
    return s;
}
