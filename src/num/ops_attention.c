/* Softmax attention on a packed (B, S, 3 d) projection: every head is read in place by the strides of its products. */
#include <orrery/ops.h>

#include "num/gemm.h"
#include "num/kernel.h"
#include "num/op.h"

enum { I_HEADS, I_CAUSAL };

/* probabilities (S, S) in place of scaled scores; columns after `seen` of a row become 0. */
ORR_KERNEL static void softmax_rows(orr_real *p, int s, bool causal, const orr_real *mask)
{
    for (int r = 0; r < s; r++, p += s) {
        const int seen = causal ? r + 1 : s;
        if (mask)
            for (int j = 0; j < seen; j++) p[j] += mask[r * s + j];
        orr_real top = p[0], sum = 0;
        for (int j = 1; j < seen; j++) top = p[j] > top ? p[j] : top;
        for (int j = 0; j < seen; j++) p[j] = orr_vexp(p[j] - top);
        for (int j = 0; j < seen; j++) sum += p[j];
        const orr_real scale = 1 / sum;
        for (int j = 0; j < seen; j++) p[j] *= scale;
        for (int j = seen; j < s; j++) p[j] = 0;
    }
}

/* d(scores) = scale * p * (dp - sum_j dp p), in place of dp. */
ORR_KERNEL static void softmax_rows_back(orr_real *restrict dp, const orr_real *restrict p, int s, orr_real scale)
{
    for (int r = 0; r < s; r++, dp += s, p += s) {
        orr_real sum = 0;
        for (int j = 0; j < s; j++) sum += dp[j] * p[j];
        for (int j = 0; j < s; j++) dp[j] = scale * p[j] * (dp[j] - sum);
    }
}

static void attention_backward(struct orr_var *out)
{
    struct orr_var *qkv = out->in[0];
    const int heads = out->i[I_HEADS], batch = out->shape.size[0], s = out->shape.size[1], d = out->shape.size[2];
    const int dh = d / heads, ld = 3 * d;
    const orr_real scale = (orr_real)(1 / sqrt((double)dh));
    bool add;
    orr_real *g = orr_grad_of(qkv, &add);
    if (!g) return;
    orr_real *dp = orr_tape_alloc(out->tape, (size_t)s * s);
    for (int b = 0; b < batch; b++)
        for (int h = 0; h < heads; h++) {
            const size_t at = (size_t)b * s * ld + (size_t)h * dh;
            const orr_real *q = qkv->value + at, *k = q + d, *v = k + d;
            orr_real *gq = g + at, *gk = gq + d, *gv = gk + d;
            const orr_real *dy = out->grad + (size_t)b * s * d + (size_t)h * dh;
            const orr_real *p = out->saved + (size_t)(b * heads + h) * s * s;
            orr_gemm(true, false, s, dh, s, 1, p, s, dy, d, add, gv, ld);
            orr_gemm(false, true, s, s, dh, 1, dy, d, v, ld, 0, dp, s);
            softmax_rows_back(dp, p, s, scale);
            orr_gemm(false, false, s, dh, s, 1, dp, s, k, ld, add, gq, ld);
            orr_gemm(true, false, s, dh, s, 1, dp, s, q, ld, add, gk, ld);
        }
}
static const struct orr_op ATTENTION = {"attention", attention_backward};

struct orr_var *orr_attention(struct orr_var *qkv, int heads, bool causal, const orr_real *mask)
{
    assert(qkv->shape.axes == 3 && qkv->shape.size[2] % (3 * heads) == 0);
    const int batch = qkv->shape.size[0], s = qkv->shape.size[1], ld = qkv->shape.size[2], d = ld / 3, dh = d / heads;
    const orr_real scale = (orr_real)(1 / sqrt((double)dh));
    struct orr_var *y = orr_tape_push(qkv->tape, &ATTENTION, orr_shape3(batch, s, d), &qkv, 1);
    y->i[I_HEADS] = heads;
    y->i[I_CAUSAL] = causal;
    y->saved = orr_tape_alloc(y->tape, (size_t)(y->needs_grad ? batch * heads : 1) * s * s);
    for (int b = 0; b < batch; b++)
        for (int h = 0; h < heads; h++) {
            const orr_real *q = qkv->value + (size_t)b * s * ld + (size_t)h * dh, *k = q + d, *v = k + d;
            orr_real *p = y->saved + (y->needs_grad ? (size_t)(b * heads + h) * s * s : 0);
            orr_gemm(false, true, s, s, dh, scale, q, ld, k, ld, 0, p, s);
            softmax_rows(p, s, causal, mask);
            orr_gemm(false, false, s, dh, s, 1, p, s, v, ld, 0, y->value + (size_t)b * s * d + (size_t)h * dh, d);
        }
    return y;
}
