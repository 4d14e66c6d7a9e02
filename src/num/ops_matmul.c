#include <orrery/ops.h>

#include "num/activation.h"
#include "num/gemm.h"
#include "num/kernel.h"
#include "num/op.h"
#include "num/rows.h"

/* ---- linear ---- */

/* y = act(x W' + b): dz = dy * act', dx = dz W, dW = dz' x, db = column sums of dz. */
static void linear_backward(struct orr_var *out)
{
    struct orr_var *x = out->in[0], *w = out->in[1], *b = out->in[2];
    const int n = w->shape.size[0], k = w->shape.size[1], rows = (int)(out->n / (size_t)n);
    const enum orr_activation act = (enum orr_activation)out->i[0];
    if (act != ORR_ACT_NONE)
        orr_activation_backward(out->grad, false, out->grad, out->saved, out->value, out->n, act);
    bool add;
    orr_real *g = orr_grad_of(x, &add);
    if (g) orr_gemm(false, false, rows, k, n, 1, out->grad, n, w->value, k, add, g, k);
    g = orr_grad_of(w, &add);
    if (g) orr_gemm(true, false, n, k, rows, 1, out->grad, n, x->value, k, add, g, k);
    g = orr_grad_of(b, &add);
    if (g) orr_sum_rows(g, add, out->grad, (size_t)rows, (size_t)n);
}
static const struct orr_op LINEAR = {"linear", linear_backward};

struct orr_var *orr_linear(struct orr_var *x, struct orr_var *weight, struct orr_var *bias, enum orr_activation act)
{
    const int n = weight->shape.size[0], k = weight->shape.size[1];
    assert(weight->shape.axes == 2 && orr_shape_last(x->shape) == k && (!bias || bias->n == (size_t)n));
    const int rows = (int)(x->n / (size_t)k);
    struct orr_shape shape = x->shape;
    shape.size[shape.axes - 1] = n;
    struct orr_var *y = orr_tape_push(x->tape, &LINEAR, shape, (struct orr_var *[]){x, weight, bias}, 3);
    y->i[0] = (int32_t)act;
    if (bias) orr_fill_rows(y->value, bias->value, (size_t)rows, (size_t)n);
    orr_gemm(false, true, rows, n, k, 1, x->value, k, weight->value, k, bias ? 1 : 0, y->value, n);
    orr_activation_apply(y, act);
    return y;
}

/* ---- matmul ---- */

struct product {
    int batch, m, n, k, lda, ldb;
    bool ta, tb;
    size_t step_a, step_b; /* from one product to the next; step_b 0: shared */
};

static struct product product_of(const struct orr_var *a, const struct orr_var *b, bool ta, bool tb)
{
    const int ra = a->shape.axes, rb = b->shape.axes;
    assert(ra >= 2 && rb >= 2);
    const int *sa = a->shape.size + ra - 2, *sb = b->shape.size + rb - 2;
    struct product p = {.ta = ta, .tb = tb, .lda = sa[1], .ldb = sb[1]};
    p.m = ta ? sa[1] : sa[0];
    p.k = ta ? sa[0] : sa[1];
    p.n = tb ? sb[0] : sb[1];
    assert((tb ? sb[1] : sb[0]) == p.k);
    p.step_a = (size_t)sa[0] * (size_t)sa[1];
    p.batch = (int)(a->n / p.step_a);
    p.step_b = rb > 2 ? (size_t)sb[0] * (size_t)sb[1] : 0;
    assert(rb == 2 || b->n / p.step_b == (size_t)p.batch);
    return p;
}

/* With C = A B: dA = dC B', dB = A' dC; the transposed cases swap the operands. */
static void matmul_backward(struct orr_var *out)
{
    struct orr_var *a = out->in[0], *b = out->in[1];
    const struct product p = product_of(a, b, out->i[0], out->i[1]);
    bool add;
    orr_real *g = orr_grad_of(a, &add);
    for (int i = 0; g && i < p.batch; i++) {
        const orr_real *d = out->grad + (size_t)i * p.m * p.n, *bi = b->value + (size_t)i * p.step_b;
        if (p.ta)
            orr_gemm(p.tb, true, p.k, p.m, p.n, 1, bi, p.ldb, d, p.n, add, g + (size_t)i * p.step_a, p.lda);
        else
            orr_gemm(false, !p.tb, p.m, p.k, p.n, 1, d, p.n, bi, p.ldb, add, g + (size_t)i * p.step_a, p.lda);
    }
    g = orr_grad_of(b, &add);
    for (int i = 0; g && i < p.batch; i++) {
        const orr_real *d = out->grad + (size_t)i * p.m * p.n, *ai = a->value + (size_t)i * p.step_a;
        const bool keep = add || (i > 0 && p.step_b == 0); /* a shared b collects over the batch */
        if (p.tb)
            orr_gemm(true, p.ta, p.n, p.k, p.m, 1, d, p.n, ai, p.lda, keep, g + (size_t)i * p.step_b, p.ldb);
        else
            orr_gemm(!p.ta, false, p.k, p.n, p.m, 1, ai, p.lda, d, p.n, keep, g + (size_t)i * p.step_b, p.ldb);
    }
}
static const struct orr_op MATMUL = {"matmul", matmul_backward};

struct orr_var *orr_matmul(struct orr_var *a, struct orr_var *b, bool transpose_a, bool transpose_b)
{
    const struct product p = product_of(a, b, transpose_a, transpose_b);
    struct orr_shape shape = a->shape;
    shape.size[shape.axes - 2] = p.m;
    shape.size[shape.axes - 1] = p.n;
    struct orr_var *y = orr_tape_push(a->tape, &MATMUL, shape, (struct orr_var *[]){a, b}, 2);
    y->i[0] = transpose_a;
    y->i[1] = transpose_b;
    for (int i = 0; i < p.batch; i++)
        orr_gemm(p.ta, p.tb, p.m, p.n, p.k, 1, a->value + (size_t)i * p.step_a, p.lda, b->value + (size_t)i * p.step_b,
                 p.ldb, 0, y->value + (size_t)i * p.m * p.n, p.n);
    return y;
}

/* ---- embedding ---- */

static void embedding_backward(struct orr_var *out)
{
    struct orr_var *table = out->in[0];
    const size_t d = (size_t)table->shape.size[1], rows = out->n / d;
    const int32_t *ids = out->extra;
    bool add;
    orr_real *g = orr_grad_of(table, &add);
    if (!g) return;
    if (!add) memset(g, 0, table->n * sizeof *g);
    for (size_t r = 0; r < rows; r++) {
        orr_real *row = g + (size_t)ids[r] * d;
        for (size_t i = 0; i < d; i++) row[i] += out->grad[r * d + i];
    }
}
static const struct orr_op EMBEDDING = {"embedding", embedding_backward};

struct orr_var *orr_embedding(struct orr_var *table, const int32_t *ids, int n)
{
    const size_t d = (size_t)table->shape.size[1];
    struct orr_var *y = orr_tape_push(table->tape, &EMBEDDING, orr_shape2(n, (int)d), &table, 1);
    y->extra = ids;
    for (int r = 0; r < n; r++) {
        assert(ids[r] >= 0 && ids[r] < table->shape.size[0]);
        memcpy(y->value + (size_t)r * d, table->value + (size_t)ids[r] * d, d * sizeof *y->value);
    }
    return y;
}

/* ---- sums of embeddings ---- */

struct bags {
    const int32_t *ids, *first;
};

static void embedding_bag_backward(struct orr_var *out)
{
    struct orr_var *table = out->in[0];
    const size_t d = (size_t)table->shape.size[1], texts = out->n / d;
    const struct bags *b = out->extra;
    bool add;
    orr_real *g = orr_grad_of(table, &add);
    if (!g) return;
    if (!add) memset(g, 0, table->n * sizeof *g);
    for (size_t k = 0; k < texts; k++)
        for (int32_t r = b->first[k]; r < b->first[k + 1]; r++) {
            orr_real *row = g + (size_t)b->ids[r] * d;
            for (size_t i = 0; i < d; i++) row[i] += out->grad[k * d + i];
        }
}
static const struct orr_op EMBEDDING_BAG = {"embedding_bag", embedding_bag_backward};

struct orr_var *orr_embedding_bag(struct orr_var *table, const int32_t *ids, const int32_t *first, int texts)
{
    const size_t d = (size_t)table->shape.size[1];
    struct orr_var *y = orr_tape_push(table->tape, &EMBEDDING_BAG, orr_shape2(texts, (int)d), &table, 1);
    struct bags *b = (void *)orr_tape_alloc(table->tape, (sizeof *b + sizeof(orr_real) - 1) / sizeof(orr_real));
    *b = (struct bags){ids, first};
    y->extra = b;
    memset(y->value, 0, y->n * sizeof *y->value);
    for (int k = 0; k < texts; k++)
        for (int32_t r = first[k]; r < first[k + 1]; r++) {
            assert(ids[r] >= 0 && ids[r] < table->shape.size[0]);
            const orr_real *row = table->value + (size_t)ids[r] * d;
            for (size_t i = 0; i < d; i++) y->value[(size_t)k * d + i] += row[i];
        }
    return y;
}
