/* Training on lines: batches without padding, a rate that rises, stays and falls, checkpoints. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/safetensors.h"
#include "methods/lm/lm.h"

enum { EVAL_TOKENS = 2048, ORDER_STREAM = 1 << 20 };

/* Texts side by side, and the rows from which something is learned. */
struct batch {
    ORR_VEC(int32_t) ids;
    ORR_VEC(int32_t) first;  /* [texts + 1] */
    ORR_VEC(int32_t) rows;   /* that are learned from */
    ORR_VEC(int32_t) labels; /* [rows.len] what follows them */
};

struct orr_lm_trainer {
    struct orr_lm_options o;
    struct orr_lm lm;
    struct orr_optim optim;
    struct orr_tape *tape;
    const struct orr_lm_lines *lines;
    size_t *order;   /* [items] of this pass */
    int64_t pass;    /* passes over the lines begun */
    size_t at;       /* items of it that were read */
    uint64_t tokens;
    struct batch batch;
};

struct orr_lm_options orr_lm_defaults(void)
{
    return (struct orr_lm_options){.lr = 3e-3, .weight_decay = 0.05, .steps = 10600, .warmup = 200, .cooldown = 0.2,
                                   .batch = 1536, .prompt_share = 0.25, .seed = 1};
}

double orr_lm_rate(const struct orr_lm_options *o, int64_t step)
{
    const double cooling = o->cooldown * o->steps, left = (double)(o->steps - step);
    double rate = o->lr;
    if (step < o->warmup) rate *= (double)(step + 1) / o->warmup;
    if (left < cooling) rate *= left / cooling;
    return rate;
}

/* ---- batches ---- */

static void clear(struct batch *b)
{
    b->ids.len = b->first.len = b->rows.len = b->labels.len = 0;
    ORR_VEC_PUSH(&b->first, 0);
}
static void free_batch(struct batch *b)
{
    free(b->ids.data);
    free(b->first.data);
    free(b->rows.data);
    free(b->labels.data);
}

/* Appends prompt and answer; the last token is only ever a label. end: what ends a line, the token that begins it. */
static void append(struct batch *b, const struct orr_lm_lines *l, const struct orr_lm_item *item, uint32_t answer,
                   double prompt_share, bool with_end, struct orr_rng *rng)
{
    const int32_t *prompt = l->token.data + item->prompt.at, end = prompt[0];
    const struct orr_span none = {0, 0}, span = item->n_answers ? l->answers.data[item->answer + answer] : none;
    const int32_t *tail = l->token.data + span.at;
    const uint32_t n = item->prompt.n + span.n;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t next = i + 1;
        const bool is_answer = next >= item->prompt.n;
        const int32_t row = (int32_t)b->ids.len;
        if (next == n && !with_end) break; /* nothing is asked of it */
        ORR_VEC_PUSH(&b->ids, i < item->prompt.n ? prompt[i] : tail[i - item->prompt.n]);
        if (!is_answer && item->n_answers && !(rng && orr_rng_uniform(rng) < prompt_share)) continue;
        ORR_VEC_PUSH(&b->rows, row);
        ORR_VEC_PUSH(&b->labels, next == n ? end : next < item->prompt.n ? prompt[next] : tail[next - item->prompt.n]);
    }
    ORR_VEC_PUSH(&b->first, (int32_t)b->ids.len);
}

static void shuffle(struct orr_lm_trainer *t)
{
    const size_t n = t->lines->items.len;
    struct orr_rng rng;
    orr_rng_seed(&rng, t->o.seed, ORDER_STREAM + (uint64_t)t->pass);
    for (size_t i = 0; i < n; i++) t->order[i] = i;
    for (size_t i = n; i > 1; i--) {
        const size_t k = orr_rng_below(&rng, i), x = t->order[i - 1];
        t->order[i - 1] = t->order[k];
        t->order[k] = x;
    }
}

static void next_batch(struct orr_lm_trainer *t)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, t->o.seed ^ UINT64_C(0x5EED), (uint64_t)t->optim.step);
    clear(&t->batch);
    while (t->batch.ids.len < (size_t)t->o.batch) {
        if (t->at == t->lines->items.len) {
            t->pass++;
            t->at = 0;
            shuffle(t);
        }
        const struct orr_lm_item *item = &t->lines->items.data[t->order[t->at++]];
        const uint32_t answer = item->n_answers ? (uint32_t)orr_rng_below(&rng, item->n_answers) : 0;
        append(&t->batch, t->lines, item, answer, t->o.prompt_share, true, &rng);
    }
    t->tokens += t->batch.ids.len;
}

/* Only the rows that are learned from meet the head. */
static struct orr_var *logits_of(const struct orr_lm *m, struct orr_tape *t, const struct batch *b)
{
    struct orr_var *states = orr_lm_states(m, t, b->ids.data, b->first.data, (int)b->first.len - 1);
    return orr_lm_logits(m, t, orr_embedding(states, b->rows.data, (int)b->rows.len));
}

/* ---- training ---- */

struct orr_lm_trainer *orr_lm_trainer_new(const struct orr_lm_config *c, const struct orr_lm_options *o,
                                          const struct orr_lm_lines *lines)
{
    struct orr_lm_trainer *t = orr_xcalloc(1, sizeof *t);
    *t = (struct orr_lm_trainer){.o = *o, .lines = lines, .tape = orr_tape_new(), .pass = 1};
    orr_lm_init(&t->lm, c, o->seed);
    struct orr_optim_options optim = orr_optim_defaults(ORR_ADAMW, o->lr);
    optim.beta2 = 0.98;
    optim.weight_decay = o->weight_decay;
    optim.clip_norm = 1;
    orr_optim_init(&t->optim, &optim, &t->lm.params);
    t->order = orr_xcalloc(lines->items.len + 1, sizeof *t->order);
    shuffle(t);
    return t;
}

void orr_lm_trainer_free(struct orr_lm_trainer *t)
{
    if (!t) return;
    orr_lm_free(&t->lm);
    orr_optim_free(&t->optim);
    orr_tape_free(t->tape);
    free_batch(&t->batch);
    free(t->order);
    free(t);
}

const struct orr_lm *orr_lm_trainer_model(const struct orr_lm_trainer *t) { return &t->lm; }
int64_t orr_lm_trainer_step(const struct orr_lm_trainer *t) { return t->optim.step; }
uint64_t orr_lm_trainer_tokens(const struct orr_lm_trainer *t) { return t->tokens; }

enum orr_status orr_lm_trainer_run(struct orr_lm_trainer *t, double *loss, struct orr_error *err)
{
    next_batch(t);
    orr_tape_reset(t->tape);
    struct orr_var *nll = orr_cross_entropy(logits_of(&t->lm, t->tape, &t->batch), t->batch.labels.data);
    *loss = (double)nll->value[0];
    orr_params_zero_grad(&t->lm.params);
    orr_tape_backward(nll);
    t->optim.o.lr = orr_lm_rate(&t->o, t->optim.step);
    const double norm = orr_optim_step(&t->optim, &t->lm.params);
    if (isfinite(*loss) && isfinite(norm)) return ORR_OK;
    return orr_error_set(err, ORR_EINVAL, "lm", "the loss is no longer finite after %" PRId64 " steps; a lower rate may help",
                         t->optim.step);
}

/* ---- evaluation ---- */

static void count(const struct batch *b, const struct orr_var *logits, double *loss, size_t *right, size_t *answers)
{
    const size_t n = (size_t)orr_shape_last(logits->shape);
    size_t row = 0;
    for (size_t k = 0; k + 1 < b->first.len; k++) {
        bool all = true;
        for (; row < b->rows.len && b->rows.data[row] < b->first.data[k + 1]; row++) {
            const orr_real *l = logits->value + row * n;
            const int32_t label = b->labels.data[row];
            double top = (double)l[0], sum = 0;
            for (size_t i = 1; i < n; i++) top = (double)l[i] > top ? (double)l[i] : top;
            for (size_t i = 0; i < n; i++) sum += exp((double)l[i] - top);
            *loss += top + log(fmax(sum, 1)) - (double)l[label]; /* the top alone is 1 */
            all &= (double)l[label] == top;
        }
        *right += all;
        (*answers)++;
    }
}

enum orr_status orr_lm_evaluate(const struct orr_lm *m, const struct orr_lm_lines *lines, size_t n,
                                const struct orr_ticker *ticker, double *loss, double *accuracy, struct orr_error *err)
{
    struct orr_tape *tape = orr_tape_new();
    struct batch b = {0};
    size_t right = 0, answers = 0, rows = 0;
    enum orr_status s = ORR_OK;
    double sum = 0;
    orr_tape_record(tape, false);
    n = n < lines->items.len ? n : lines->items.len;
    for (size_t i = 0; i < n && !s;) {
        clear(&b);
        while (i < n && b.ids.len < EVAL_TOKENS) append(&b, lines, &lines->items.data[i++], 0, 0, false, NULL);
        if (b.rows.len == 0) continue;
        orr_tape_reset(tape);
        count(&b, logits_of(m, tape, &b), &sum, &right, &answers);
        rows += b.rows.len;
        if (!orr_ticker_tick(ticker, "evaluating", "lines", i, n)) s = orr_error_set(err, ORR_ECANCELLED, "lm", "stopped");
    }
    *loss = rows ? sum / (double)rows : (double)NAN;
    *accuracy = answers ? (double)right / (double)answers : (double)NAN;
    free_batch(&b);
    orr_tape_free(tape);
    return s;
}

/* ---- checkpoints: parameters and moments, and in the metadata where the training stands ---- */

static void describe(const struct orr_lm_trainer *t, struct orr_str *out)
{
    const struct orr_lm_config *c = &t->lm.c;
    orr_str_printf(out, "%d:%d:%d:%d:%d batch %d seed %" PRIu64 " items %zu tokens %zu", c->dim, c->layers, c->heads,
                   c->hidden, c->vocab, t->o.batch, t->o.seed, t->lines->items.len, t->lines->token.len);
}

enum orr_status orr_lm_trainer_save(const struct orr_lm_trainer *t, const char *path, struct orr_error *err)
{
    const int64_t n = (int64_t)t->lm.params.n;
    const struct orr_safetensor_out out[] = {{"value", &n, 1, t->lm.params.value}, {"m", &n, 1, t->optim.m},
                                             {"v", &n, 1, t->optim.v}};
    struct orr_str what = {0};
    char step[24], pass[24], at[24], tokens[24];
    describe(t, &what);
    snprintf(step, sizeof step, "%" PRId64, t->optim.step);
    snprintf(pass, sizeof pass, "%" PRId64, t->pass);
    snprintf(at, sizeof at, "%zu", t->at);
    snprintf(tokens, sizeof tokens, "%" PRIu64, t->tokens);
    const char *const metadata[] = {"training", orr_str_c(&what), "step", step, "pass", pass,
                                    "at",       at,               "tokens", tokens, NULL};
    const enum orr_status s = orr_safetensors_write(path, out, sizeof out / sizeof *out, metadata, err);
    orr_str_free(&what);
    return s;
}

static const char *metadata_of(const struct orr_safetensors *f, const char *key)
{
    for (size_t i = 0; i < f->n_metadata; i++)
        if (!strcmp(f->metadata[i].key, key)) return f->metadata[i].value;
    return "";
}

static bool number_of(const struct orr_safetensors *f, const char *key, int64_t *out)
{
    const char *text = metadata_of(f, key);
    return orr_parse_int64(text, strlen(text), out) && *out >= 0;
}

static enum orr_status read_part(struct orr_safetensors *f, const char *path, const char *name, size_t n,
                                 orr_real *values, struct orr_error *err)
{
    const struct orr_safetensor *x = orr_safetensors_find(f, name);
    if (!x || x->count != n)
        return orr_error_set(err, ORR_EFORMAT, path, "'%s' is missing or has another size: no checkpoint", name);
    return orr_safetensors_read(f, x, 0, n, values, err);
}

enum orr_status orr_lm_trainer_load(struct orr_lm_trainer *t, const char *path, struct orr_error *err)
{
    struct orr_safetensors f = {0};
    struct orr_str what = {0};
    int64_t step, pass, at, tokens;
    enum orr_status s = orr_safetensors_open(path, 0, &f, err);
    describe(t, &what);
    if (!s && strcmp(metadata_of(&f, "training"), orr_str_c(&what)) != 0)
        s = orr_error_set(err, ORR_EINVAL, path, "is of another training: %.200s; this is %s", metadata_of(&f, "training"),
                          orr_str_c(&what));
    if (!s && (!number_of(&f, "step", &step) || !number_of(&f, "pass", &pass) || !number_of(&f, "at", &at) ||
               !number_of(&f, "tokens", &tokens) || (size_t)at > t->lines->items.len))
        s = orr_error_set(err, ORR_EFORMAT, path, "does not say where the training stands");
    if (!s) s = read_part(&f, path, "value", t->lm.params.n, t->lm.params.value, err);
    if (!s) s = read_part(&f, path, "m", t->lm.params.n, t->optim.m, err);
    if (!s) s = read_part(&f, path, "v", t->lm.params.n, t->optim.v, err);
    if (!s) {
        t->optim.step = step;
        t->pass = pass;
        t->at = (size_t)at;
        t->tokens = (uint64_t)tokens;
        shuffle(t);
    }
    orr_safetensors_close(&f);
    orr_str_free(&what);
    return s;
}
