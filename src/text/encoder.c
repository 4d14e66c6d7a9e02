#include "text/encoder.h"

#include <stdlib.h>

#include "base/mem.h"

enum { BATCH = 64 /* texts between two ticks */ };

static const struct orr_encoder_type *const types[] = {&orr_encoder_bag, &orr_encoder_use, &orr_encoder_bert};

enum orr_status orr_encoder_open(const char *path, struct orr_encoder **out, struct orr_error *err)
{
    enum orr_status s = ORR_ENOTFOUND;
    *out = NULL;
    for (size_t i = 0; i < sizeof types / sizeof *types && s == ORR_ENOTFOUND; i++) s = types[i]->open(path, out, err);
    if (!s) pthread_mutex_init(&(*out)->turn, NULL);
    return s;
}

void orr_encoder_free(struct orr_encoder *e)
{
    if (!e) return;
    pthread_mutex_destroy(&e->turn);
    e->type->free(e);
}

static void encode(struct orr_encoder *e, enum orr_encoder_side side, const char *const *texts, size_t n, float *out)
{
    pthread_mutex_lock(&e->turn);
    e->type->encode(e, side, texts, n, out);
    pthread_mutex_unlock(&e->turn);
}

enum orr_status orr_encoder_encode(struct orr_encoder *e, enum orr_encoder_side side, const char *const *texts,
                                   size_t n, float *out, const struct orr_ticker *ticker, struct orr_error *err)
{
    if (e->kind == ORR_ENCODER_PAIRS)
        return orr_error_set(err, ORR_EINVAL, "encoder",
                             "a cross-encoder reads question and table together: it can re-rank, but gives no vectors");
    for (size_t i = 0; i < n; i += BATCH) {
        const size_t batch = n - i < BATCH ? n - i : BATCH;
        encode(e, side, texts + i, batch, out + i * (size_t)e->dim);
        if (!orr_ticker_tick(ticker, "encoding", "texts", i + batch, n))
            return orr_error_set(err, ORR_ECANCELLED, "encoder", "stopped");
    }
    return ORR_OK;
}

static enum orr_status score_by_products(struct orr_encoder *e, const char *query, const char *const *passages,
                                         size_t n, float *out, struct orr_error *err)
{
    const size_t dim = (size_t)e->dim;
    float *q = orr_alloc((BATCH + 1) * dim, sizeof *q);
    if (!q) return orr_error_set(err, ORR_ENOMEM, "encoder", "no memory for %d vectors of %zu", BATCH + 1, dim);
    float *const v = q + dim;
    encode(e, ORR_ENCODER_QUERY, &query, 1, q);
    for (size_t i = 0; i < n; i += BATCH) {
        const size_t batch = n - i < BATCH ? n - i : BATCH;
        encode(e, ORR_ENCODER_PASSAGE, passages + i, batch, v);
        for (size_t k = 0; k < batch; k++) {
            double sum = 0;
            for (size_t d = 0; d < dim; d++) sum += (double)q[d] * (double)v[k * dim + d];
            out[i + k] = (float)sum;
        }
    }
    free(q);
    return ORR_OK;
}

enum orr_status orr_encoder_score(struct orr_encoder *e, const char *query, const char *const *passages, size_t n,
                                  float *out, const struct orr_ticker *ticker, struct orr_error *err)
{
    if (e->kind != ORR_ENCODER_PAIRS) return score_by_products(e, query, passages, n, out, err);
    for (size_t i = 0; i < n; i += BATCH) {
        const size_t batch = n - i < BATCH ? n - i : BATCH;
        pthread_mutex_lock(&e->turn);
        e->type->score(e, query, passages + i, batch, out + i);
        pthread_mutex_unlock(&e->turn);
        if (!orr_ticker_tick(ticker, "scoring", "tables", i + batch, n))
            return orr_error_set(err, ORR_ECANCELLED, "encoder", "stopped");
    }
    return ORR_OK;
}
