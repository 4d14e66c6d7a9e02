#include "app/select.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/lm.h"
#include "app/pool.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/npy.h"

/* ---- model and vocabulary ---- */

enum orr_status orr_select_tokenizer(const struct orr_select_source *q, struct orr_str *path, struct orr_error *err)
{
    static const char *const names[] = {"tokenizer.bin", "tok512.bin", "tok4096.bin", "tokenizer.model",
                                        "tokenizer.json"};
    struct stat st;
    if (q->tokenizer || !q->model) {
        orr_str_append(path, q->tokenizer ? q->tokenizer : "");
        return path->len ? ORR_OK
                         : orr_error_set(err, ORR_EINVAL, "--tokenizer",
                                         "logits alone do not say how texts become tokens; name the tokenizer");
    }
    orr_str_append(path, q->model);
    if (stat(q->model, &st) == 0 && S_ISDIR(st.st_mode)) return ORR_OK;
    const char *slash = strrchr(q->model, '/');
    const size_t folder = slash ? (size_t)(slash - q->model) + 1 : 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        orr_str_clear(path);
        orr_str_append_n(path, q->model, folder);
        orr_str_append(path, names[i]);
        if (stat(path->data, &st) == 0) return ORR_OK;
    }
    return orr_error_set(err, ORR_ENOTFOUND, q->model,
                         "no tokenizer beside it (tokenizer.bin); name it with --tokenizer");
}

struct orr_select {
    struct orr_pool pool;
    char *pool_path;
    int64_t stored; /* the pool's id in the store, 0: it is none of its pools */
    struct orr_decoder *model;
    struct orr_pieces *pieces;
    struct orr_decoder_state *state, *empty; /* after the prompt; after nothing but a beginning. NULL without a model */
    float *given, *prior; /* (vocab) logits that were given; those after an empty prompt, NULL where none can be */
    int vocab;
    double *score, *likelihood, *prior_likelihood; /* [candidates] */
    bool has_prior_likelihood;
    double load_seconds, tokenise_seconds;
};

static enum orr_status open_model(struct orr_select *x, const struct orr_select_source *q,
                                  const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_str path = {0};
    enum orr_status s = q->model ? orr_decoder_open(q->model, ticker, &x->model, err) : ORR_OK;
    if (!s) s = orr_select_tokenizer(q, &path, err);
    x->vocab = x->model ? orr_decoder_config(x->model)->vocab : 0;
    if (!s && q->logits) {
        struct orr_npy a;
        s = orr_npy_load(q->logits, &a, &x->given, err);
        if (!s && (a.count < 1 || a.count > 1 << 24 || a.rank < 1 || a.shape[a.rank - 1] != (int64_t)a.count))
            s = orr_error_set(err, ORR_EFORMAT, q->logits, "not the logits of one position");
        for (size_t i = 0; !s && i < a.count; i++) /* what cannot come may have -inf */
            if (isnan(x->given[i]) || x->given[i] == INFINITY)
                s = orr_error_set(err, ORR_EFORMAT, q->logits, "logit %zu is no number", i);
        x->vocab = s ? 0 : (int)a.count;
        orr_npy_close(&a);
    }
    if (!s) s = orr_pieces_open(orr_str_c(&path), x->vocab, &x->pieces, err);
    orr_str_free(&path);
    return s;
}

/* Reads a prompt into *state; without a token that can stand before a first one, an empty prompt leaves *logits NULL. */
static enum orr_status pass(struct orr_select *x, const char *prompt, struct orr_decoder_state **state, float **logits,
                            size_t *tokens, struct orr_error *err)
{
    struct orr_tokens t = {0};
    enum orr_status s = ORR_OK;
    orr_pieces_encode(x->pieces, prompt, strlen(prompt), true, &t);
    if (t.len == 0 && orr_pieces_begin(x->pieces) >= 0) ORR_VEC_PUSH(&t, orr_pieces_begin(x->pieces));
    if (t.len == 0 && orr_pieces_end(x->pieces) >= 0)
        ORR_VEC_PUSH(&t, orr_pieces_end(x->pieces)); /* GPT-2 begins with it */
    *tokens = t.len;
    *logits = NULL;
    if (t.len == 0)
        return *prompt ? orr_error_set(err, ORR_EINVAL, "prompt", "has no text that the tokenizer knows") : ORR_OK;
    if (!*state) s = orr_decoder_state_new(x->model, 0, state, err);
    if (!s) orr_decoder_truncate(*state, 0);
    if (!s && t.len > (size_t)orr_decoder_room(*state))
        s = orr_error_set(err, ORR_EINVAL, "prompt", "has %zu tokens; the model reads %d", t.len,
                          orr_decoder_room(*state));
    if (!s && !(*logits = orr_alloc((size_t)x->vocab, sizeof **logits)))
        s = orr_error_set(err, ORR_ENOMEM, "decoder", "no memory for %d logits", x->vocab);
    if (!s) s = orr_decoder_read(*state, t.data, (int)t.len, *logits, err);
    free(t.data);
    return s;
}

/* The shipped model expects a definition and a colon: without a definition the colon stays. */
static const char *prior_of(const struct orr_select_source *src)
{
    if (src->prior) return src->prior;
    char *shipped = orr_lm_shipped();
    const char *prior = shipped && !strcmp(shipped, src->model) ? ":" : "";
    free(shipped);
    return prior;
}

enum orr_status orr_select_open(const struct orr_select_source *src, const struct orr_ticker *ticker,
                                struct orr_select **out, struct orr_error *err)
{
    *out = NULL;
    if (!src->model == !src->logits)
        return orr_error_set(err, ORR_EINVAL, "--model", "give a model, or the logits of one (--logits)");
    struct orr_select *x = orr_xcalloc(1, sizeof *x);
    double since = orr_clock_now();
    size_t tokens;
    x->pool_path = orr_xstrdup(src->pool);
    enum orr_status s = orr_pool_read(src->store, src->pool, src->column, ticker, &x->pool, &x->stored, err);
    if (!s) s = open_model(x, src, ticker, err);
    x->load_seconds = orr_clock_now() - since;
    since = orr_clock_now();
    if (!s) s = orr_pool_encode_stored(src->store, x->stored, &x->pool, x->pieces, err);
    x->tokenise_seconds = orr_clock_now() - since;
    if (!s && x->model) s = pass(x, prior_of(src), &x->empty, &x->prior, &tokens, err);
    const size_t n = x->pool.text.len;
    x->score = orr_alloc(n, sizeof *x->score);
    x->likelihood = orr_alloc(n, sizeof *x->likelihood);
    x->prior_likelihood = orr_alloc(n, sizeof *x->prior_likelihood);
    if (!s && (!x->score || !x->likelihood || !x->prior_likelihood))
        s = orr_error_set(err, ORR_ENOMEM, "pool", "no memory for %zu scores", n);
    if (s)
        orr_select_close(x);
    else
        *out = x;
    return s;
}

void orr_select_close(struct orr_select *x)
{
    if (!x) return;
    orr_decoder_state_free(x->state);
    orr_decoder_state_free(x->empty);
    orr_decoder_free(x->model);
    orr_pieces_free(x->pieces);
    orr_pool_free(&x->pool);
    free(x->pool_path);
    free(x->given);
    free(x->prior);
    free(x->score);
    free(x->likelihood);
    free(x->prior_likelihood);
    free(x);
}

const struct orr_pool *orr_select_pool(const struct orr_select *x) { return &x->pool; }
size_t orr_select_parameters(const struct orr_select *x) { return x->model ? orr_decoder_parameters(x->model) : 0; }
void orr_select_piece(const struct orr_select *x, int32_t token, struct orr_str *out)
{
    orr_pieces_decode(x->pieces, token, false, out);
}

/* ---- rankings ---- */

struct asking {
    struct orr_select *x;
    const struct orr_select_options *o;
    const struct orr_ticker *ticker;
    struct orr_select_result *r;
    struct orr_error *err;
};

static void keep(const struct asking *a, enum orr_estimator e, double since)
{
    struct orr_select_ranking *to = &a->r->ranking[a->r->n_rankings++];
    const size_t n = a->x->pool.text.len, k = a->o->k < n ? a->o->k : n;
    *to = (struct orr_select_ranking){.estimator = e,
                                      .rank = orr_xcalloc(k + 1, sizeof *to->rank),
                                      .score = orr_xcalloc(k + 1, sizeof *to->score),
                                      .probability = orr_xcalloc(k + 1, sizeof *to->probability)};
    to->n = orr_select_best(a->x->score, n, k, to->rank);
    orr_select_probability(a->x->score, n, to->rank, to->n, to->probability);
    for (size_t i = 0; i < to->n; i++) to->score[i] = a->x->score[to->rank[i]];
    to->seconds = orr_clock_now() - since;
}

static enum orr_status rank_exact(const struct asking *a)
{
    struct orr_select *x = a->x;
    struct orr_pool *p = &x->pool;
    const size_t n = p->text.len;
    double since = orr_clock_now();
    enum orr_status s = orr_select_likelihood(p, x->state, a->r->logits, x->likelihood, 0, a->ticker, a->err);
    const double took = orr_clock_now() - since;
    for (enum orr_estimator e = ORR_EST_LIKELIHOOD; !s && e <= ORR_EST_PER_BYTE; e++) {
        since = orr_clock_now() - took; /* each could not do without it */
        for (size_t i = 0; i < n; i++) {
            const double by = e == ORR_EST_PER_TOKEN  ? (double)(p->first[i + 1] - p->first[i])
                              : e == ORR_EST_PER_BYTE ? (double)strlen(p->text.data[i])
                                                      : 1;
            x->score[i] = x->likelihood[i] / by;
        }
        keep(a, e, since);
    }
    if (s || !x->prior) return s;
    since = orr_clock_now() - took;
    if (!x->has_prior_likelihood)
        s = orr_select_likelihood(p, x->empty, x->prior, x->prior_likelihood, 0, a->ticker, a->err);
    x->has_prior_likelihood |= !s;
    for (size_t i = 0; i < n; i++) x->score[i] = x->likelihood[i] - x->prior_likelihood[i];
    if (!s) keep(a, ORR_EST_PMI, since);
    return s;
}

static enum orr_status rank_all(const struct asking *a)
{
    struct orr_select *x = a->x;
    for (enum orr_estimator e = 0; e < ORR_EST_LIKELIHOOD; e++) {
        const double since = orr_clock_now();
        if (e == ORR_EST_CORRECTED && !x->prior) continue;
        orr_select_score(&x->pool, e, a->r->logits, x->prior, x->vocab, a->o->seed, x->score);
        keep(a, e, since);
    }
    enum orr_status s = a->o->exact ? rank_exact(a) : ORR_OK;
    for (enum orr_estimator e = ORR_EST_TRIE_GREEDY; !s && a->o->decode && e <= ORR_EST_TRIE_BEAM; e++) {
        const double since = orr_clock_now();
        s = orr_select_constrained(&x->pool, x->state, a->r->logits, e == ORR_EST_TRIE_GREEDY ? 1 : ORR_EST_BEAM, x->score,
                                   a->ticker, a->err);
        if (!s) keep(a, e, since);
    }
    if (!s && a->o->decode) {
        const double since = orr_clock_now();
        s = orr_select_decode(&x->pool, x->pieces, x->state, a->r->logits, &a->r->decoded, a->err);
        if (!s) orr_select_match(&x->pool, orr_str_c(&a->r->decoded), x->score);
        if (!s) keep(a, ORR_EST_DECODE, since);
    }
    return s;
}

enum orr_status orr_select_ask(struct orr_select *x, const char *prompt, const struct orr_select_options *o,
                               const struct orr_ticker *ticker, struct orr_select_result *r, struct orr_error *err)
{
    const struct asking a = {x, o, ticker, r, err};
    const double since = orr_clock_now();
    enum orr_status s = ORR_OK;
    if (!x->model && (o->exact || o->decode))
        return orr_error_set(err, ORR_EINVAL, "--logits",
                             "likelihoods and decoding need a model: one position's logits are not enough");
    if (x->model) {
        s = pass(x, prompt, &x->state, &r->logits, &r->prompt_tokens, err);
    } else if (!(r->logits = orr_alloc((size_t)x->vocab, sizeof *r->logits))) {
        s = orr_error_set(err, ORR_ENOMEM, "decoder", "no memory for %d logits", x->vocab);
    } else {
        memcpy(r->logits, x->given, (size_t)x->vocab * sizeof *r->logits);
    }
    if (!s && !r->logits)
        s = orr_error_set(err, ORR_EINVAL, "prompt", "is empty, and this model has no token that begins a text");
    r->pass_seconds = orr_clock_now() - since;
    return s ? s : rank_all(&a);
}

void orr_select_result_free(struct orr_select_result *r)
{
    for (size_t i = 0; i < r->n_rankings; i++) {
        free(r->ranking[i].rank);
        free(r->ranking[i].score);
        free(r->ranking[i].probability);
    }
    free(r->logits);
    orr_str_free(&r->decoded);
    *r = (struct orr_select_result){0};
}

/* ---- faces ---- */

static void append_pair(struct orr_str *out, const char *key, double x)
{
    orr_str_printf(out, "\"%s\":", key);
    orr_json_append_double(out, x);
}

void orr_select_json(const struct orr_select *x, const char *prompt, const struct orr_select_result *r,
                     struct orr_str *out)
{
    orr_str_append(out, "{\"pool\":");
    orr_json_append_string(out, x->pool_path);
    orr_str_printf(out, ",\"candidates\":%zu,\"prompt\":", x->pool.text.len);
    orr_json_append_string(out, prompt);
    orr_str_printf(out, ",\"prompt_tokens\":%zu,\"parameters\":%zu,\"seconds\":{", r->prompt_tokens,
                   orr_select_parameters(x));
    append_pair(out, "load", x->load_seconds);
    orr_str_append_char(out, ',');
    append_pair(out, "tokenise", x->tokenise_seconds);
    orr_str_append_char(out, ',');
    append_pair(out, "pass", r->pass_seconds);
    orr_str_append(out, "}");
    if (r->decoded.len) {
        orr_str_append(out, ",\"decoded\":");
        orr_json_append_string(out, orr_str_c(&r->decoded));
    }
    orr_str_append(out, ",\"estimators\":[");
    for (size_t e = 0; e < r->n_rankings; e++) {
        const struct orr_select_ranking *one = &r->ranking[e];
        orr_str_printf(out, "%s\n{\"estimator\":\"%s\",", e ? "," : "", orr_estimator_name(one->estimator));
        append_pair(out, "seconds", one->seconds);
        orr_str_append(out, ",\"ranking\":[");
        for (size_t i = 0; i < one->n; i++) {
            orr_str_printf(out, "%s\n {\"rank\":%zu,\"candidate\":", i ? "," : "", i + 1);
            orr_json_append_string(out, x->pool.text.data[one->rank[i]]);
            orr_str_append_char(out, ',');
            append_pair(out, "score", one->score[i]);
            orr_str_append_char(out, ',');
            append_pair(out, "probability", one->probability[i]);
            orr_str_append_char(out, '}');
        }
        orr_str_append(out, "]}");
    }
    orr_str_append(out, "]}\n");
}

void orr_select_table(const struct orr_select *x, const struct orr_select_result *r, struct orr_table *t)
{
    size_t rows = 0;
    for (size_t e = 0; e < r->n_rankings; e++)
        if (r->ranking[e].n > rows) rows = r->ranking[e].n;
    orr_table_init(t, rows, r->n_rankings + 1);
    orr_table_column(t, 0, "rank", ORR_CELL_INTEGER);
    for (size_t i = 0; i < rows; i++) orr_table_set_number(t, i, 0, (double)(i + 1));
    for (size_t e = 0; e < r->n_rankings; e++) {
        const struct orr_select_ranking *one = &r->ranking[e];
        orr_table_column(t, e + 1, orr_estimator_name(one->estimator), ORR_CELL_TEXT);
        for (size_t i = 0; i < one->n; i++) orr_table_set_text(t, i, e + 1, x->pool.text.data[one->rank[i]]);
    }
}
