#include "text/transformer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "num/activation.h"
#include "num/gemm.h"
#include "num/rows.h"

void orr_project(const struct orr_projection *a, const float *x, size_t rows, bool add, float *y)
{
    const size_t out = (size_t)a->out;
    if (a->b && add) orr_add_to_rows(y, a->b, rows, out);
    if (a->b && !add) orr_fill_rows(y, a->b, rows, out);
    orr_gemm(false, true, (int)rows, a->out, a->in, 1, x, a->in, a->w, a->in, add || a->b ? 1 : 0, y, a->out);
}

void orr_make_unit(float *x, size_t n)
{
    double square = 0;
    for (size_t i = 0; i < n; i++) square += (double)x[i] * (double)x[i];
    const float scale = square > 0 ? (float)(1 / sqrt(square)) : 0;
    for (size_t i = 0; i < n; i++) x[i] *= scale;
}

static size_t larger(size_t a, int b) { return a > (size_t)b ? a : (size_t)b; }

bool orr_transformer_reserve(const struct orr_transformer *t, struct orr_transformer_work *w, size_t rows,
                             size_t longest)
{
    if (rows <= w->rows && longest <= w->longest) return true;
    if (rows < w->rows) rows = w->rows;
    if (longest < w->longest) longest = w->longest;
    size_t width = 1, qkv = 1, inner = 1, up = 1;
    for (int i = 0; i < t->layers; i++) {
        const struct orr_transformer_layer *l = &t->layer[i];
        width = larger(larger(width, l->qkv.in), l->out.out);
        qkv = larger(qkv, l->qkv.out);
        inner = larger(inner, l->out.in);
        up = larger(up, l->up.out);
    }
    orr_transformer_work_free(w);
    w->x = orr_alloc(rows, width * sizeof *w->x);
    w->other = orr_alloc(rows, width * sizeof *w->other);
    w->h = orr_alloc(rows, width * sizeof *w->h);
    w->qkv = orr_alloc(rows, qkv * sizeof *w->qkv);
    w->mixed = orr_alloc(rows, inner * sizeof *w->mixed);
    w->up = orr_alloc(rows, up * sizeof *w->up);
    w->scores = orr_alloc(longest, longest * sizeof *w->scores);
    if (!w->x || !w->other || !w->h || !w->qkv || !w->mixed || !w->up || !w->scores) {
        orr_transformer_work_free(w);
        return false;
    }
    w->rows = rows;
    w->longest = longest;
    return true;
}

void orr_transformer_work_free(struct orr_transformer_work *w)
{
    float *const parts[] = {w->x, w->other, w->h, w->qkv, w->mixed, w->up, w->scores};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) free(parts[i]);
    *w = (struct orr_transformer_work){0};
}

/* mixed = softmax(q k^T / sqrt(size) + bias) v, head by head, within one text of n rows. */
static void attend(const struct orr_transformer *t, const struct orr_transformer_layer *l,
                   struct orr_transformer_work *w, size_t first, size_t n)
{
    const int inner = l->out.in, size = inner / t->heads, row = l->qkv.out, len = (int)n;
    const float *qkv = w->qkv + first * (size_t)row;
    for (int h = 0; h < t->heads; h++) {
        const float *q = qkv + h * size, *k = q + inner, *v = k + inner;
        orr_gemm(false, true, len, len, size, 1 / sqrtf((float)size), q, row, k, row, 0, w->scores, len);
        if (t->offset_bias) {
            const float *bias = t->offset_bias + (size_t)h * (size_t)(2 * t->reach - 1) + t->reach - 1;
            for (int i = 0; i < len; i++)
                for (int j = 0; j < len; j++) w->scores[(size_t)i * n + (size_t)j] += bias[j - i];
        }
        orr_softmax_rows(w->scores, n, n);
        orr_gemm(false, false, len, size, len, 1, w->scores, len, v, row, 0,
                 w->mixed + first * (size_t)inner + h * size, inner);
    }
}

static void attention_part(const struct orr_transformer *t, const struct orr_transformer_layer *l,
                           struct orr_transformer_work *w, const size_t *first, size_t texts)
{
    const size_t rows = first[texts], in = (size_t)l->qkv.in, out = (size_t)l->out.out;
    if (t->norm_first) orr_norm_rows(w->h, w->x, l->attention.gain, l->attention.bias, rows, in, t->eps);
    orr_project(&l->qkv, t->norm_first ? w->h : w->x, rows, false, w->qkv);
    for (size_t i = 0; i < texts; i++)
        if (first[i + 1] > first[i]) attend(t, l, w, first[i], first[i + 1] - first[i]);
    if (l->widen.w) {
        float *const x = w->x;
        orr_project(&l->widen, x, rows, false, w->other);
        w->x = w->other;
        w->other = x;
    }
    orr_project(&l->out, w->mixed, rows, true, w->x);
    if (!t->norm_first) orr_norm_rows(w->x, w->x, l->attention.gain, l->attention.bias, rows, out, t->eps);
}

static void feed_part(const struct orr_transformer *t, const struct orr_transformer_layer *l,
                      struct orr_transformer_work *w, size_t rows)
{
    const size_t width = (size_t)l->up.in;
    if (t->norm_first) orr_norm_rows(w->h, w->x, l->feed.gain, l->feed.bias, rows, width, t->eps);
    orr_project(&l->up, t->norm_first ? w->h : w->x, rows, false, w->up);
    orr_activation_forward(w->up, w->up, rows * (size_t)l->up.out, t->act);
    orr_project(&l->down, w->up, rows, true, w->x);
    if (!t->norm_first) orr_norm_rows(w->x, w->x, l->feed.gain, l->feed.bias, rows, width, t->eps);
}

void orr_transformer_run(const struct orr_transformer *t, struct orr_transformer_work *w, const size_t *first,
                         size_t texts)
{
    for (int i = 0; i < t->layers; i++) {
        attention_part(t, &t->layer[i], w, first, texts);
        feed_part(t, &t->layer[i], w, first[texts]);
    }
}
