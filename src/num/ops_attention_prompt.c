/* Attention in which prompts are further keys and values, mixed over several sets of prompts. A mixture of softmaxes that share
 * their first S keys is one product with effective probabilities: with e the exponentials, u_c = weight_c / (D + D_c),
 *     y = sum_j (sum_c u_c) e_j v_j + sum_c sum_(p in c) u_c e_p v_p
 * so that neither pass needs a loop over options around a product. */
#include <orrery/ops.h>

#include "num/gemm.h"
#include "num/kernel.h"
#include "num/op.h"

enum { I_HEADS, I_CAUSAL, I_OPTIONS };

/* Exponents are taken from the largest score of x's own keys, so that D >= 1 and option 0 never divides by nothing; a prompt
 * whose score stands further above them than this has all of the attention already. */
static const orr_real TOP = 60;

struct head { /* of one item */
    const orr_real *q, *k, *v;  /* (S, dh) at row length 3 d */
    const orr_real *pk, *pv;    /* (P, dh) at row length 2 d */
};

static struct head head_of(const struct orr_var *qkv, const struct orr_var *kv, int b, int h, int dh)
{
    const int s = qkv->shape.size[1], ld = qkv->shape.size[2], d = ld / 3;
    const orr_real *q = qkv->value + (size_t)b * s * ld + (size_t)h * dh, *pk = kv->value + (size_t)h * dh;
    return (struct head){q, q + d, q + 2 * d, pk, pk + d};
}

/* e (S, S + P) in place of scaled scores; u (S, options) and 1 / (D + D_c) into inv (S, options). */
ORR_KERNEL static void exponentials(orr_real *e, int s, int p, const int32_t *begin, int options,
                                    const orr_real *weight, bool causal, const orr_real *mask, orr_real *u,
                                    orr_real *inv)
{
    for (int r = 0; r < s; r++, e += s + p, u += options, inv += options) {
        const int seen = causal ? r + 1 : s;
        if (mask)
            for (int j = 0; j < seen; j++) e[j] += mask[r * s + j];
        orr_real top = e[0], sum = 0;
        for (int j = 1; j < seen; j++) top = e[j] > top ? e[j] : top;
        for (int j = 0; j < seen; j++) e[j] = orr_vexp(e[j] - top);
        for (int j = 0; j < seen; j++) sum += e[j];
        for (int j = seen; j < s; j++) e[j] = 0;
        for (int j = s; j < s + p; j++) e[j] = orr_vexp(e[j] - top < TOP ? e[j] - top : TOP);
        for (int c = 0; c < options; c++) {
            orr_real all = sum;
            for (int j = begin[c]; j < begin[c + 1]; j++) all += e[s + j];
            inv[c] = 1 / all;
            u[c] = weight ? weight[c] * inv[c] : inv[c];
        }
    }
}

/* Effective probabilities a (S, S + P) of exponentials e. */
ORR_KERNEL static void probabilities(const orr_real *e, int s, int p, const int32_t *begin, int options,
                                     const orr_real *u, orr_real *a)
{
    for (int r = 0; r < s; r++, e += s + p, a += s + p, u += options) {
        orr_real all = 0;
        for (int c = 0; c < options; c++) all += u[c];
        for (int j = 0; j < s; j++) a[j] = all * e[j];
        for (int c = 0; c < options; c++)
            for (int j = begin[c]; j < begin[c + 1]; j++) a[s + j] = u[c] * e[s + j];
    }
}

/* From da = d loss / d a, in place, scale d loss / d score: with r_0 = sum_j da_j e_j, r_c = sum_(p in c) da_p e_p,
 *     d/du_c = r_0 + r_c,   d/dweight_c = (r_0 + r_c) / (D + D_c),   d/d(D + D_c) = -(r_0 + r_c) u_c / (D + D_c).
 * gw (options) receives the gradient of the weights, or is NULL. */
ORR_KERNEL static void scores_back(orr_real *restrict da, const orr_real *restrict e, int s, int p,
                                   const int32_t *begin, int options, const orr_real *u, const orr_real *inv,
                                   orr_real scale, orr_real *gw)
{
    for (int r = 0; r < s; r++, da += s + p, e += s + p, u += options, inv += options) {
        orr_real own = 0, all = 0, down = 0;
        for (int j = 0; j < s; j++) own += da[j] * e[j];
        for (int c = 0; c < options; c++) {
            orr_real sum = own;
            for (int j = begin[c]; j < begin[c + 1]; j++) sum += da[s + j] * e[s + j];
            const orr_real less = sum * u[c] * inv[c];
            if (gw) gw[c] += sum * inv[c];
            for (int j = begin[c]; j < begin[c + 1]; j++) da[s + j] = scale * e[s + j] * (u[c] * da[s + j] - less);
            all += u[c];
            down += less;
        }
        for (int j = 0; j < s; j++) da[j] = scale * e[j] * (all * da[j] - down);
    }
}

static void prompted_backward(struct orr_var *out)
{
    struct orr_var *qkv = out->in[0], *kv = out->in[1], *weight = out->in[2];
    const int heads = out->i[I_HEADS], options = out->i[I_OPTIONS], batch = out->shape.size[0], s = out->shape.size[1],
              d = out->shape.size[2], p = kv->shape.size[0], dh = d / heads, n = s + p;
    const orr_real scale = (orr_real)(1 / sqrt((double)dh));
    const int32_t *begin = out->extra;
    bool add = false, add_kv = false, add_weight = false;
    orr_real *g = orr_grad_of(qkv, &add), *gkv = orr_grad_of(kv, &add_kv);
    orr_real *gw = weight ? orr_grad_of(weight, &add_weight) : NULL;
    if (!g && !gkv && !gw) return;
    if (gw && !add_weight) memset(gw, 0, (size_t)options * sizeof *gw);
    orr_real *a = orr_tape_alloc(out->tape, 2 * (size_t)s * (size_t)n), *da = a + (size_t)s * n;
    const size_t each = (size_t)s * (size_t)(n + 2 * options);
    for (int b = 0; b < batch; b++)
        for (int h = 0; h < heads; h++) {
            const struct head in = head_of(qkv, kv, b, h, dh);
            const orr_real *dy = out->grad + (size_t)b * s * d + (size_t)h * dh;
            const orr_real *e = out->saved + (size_t)(b * heads + h) * each, *u = e + (size_t)s * n,
                           *inv = u + (size_t)s * options;
            const bool more = add_kv || b > 0;
            orr_real *gk = gkv ? gkv + (size_t)h * dh : NULL;
            orr_gemm(false, true, s, s, dh, 1, dy, d, in.v, 3 * d, 0, da, n);
            if (p) orr_gemm(false, true, s, p, dh, 1, dy, d, in.pv, 2 * d, 0, da + s, n);
            probabilities(e, s, p, begin, options, u, a);
            if (gk && p) orr_gemm(true, false, p, dh, s, 1, a + s, n, dy, d, more, gk + d, 2 * d);
            scores_back(da, e, s, p, begin, options, u, inv, scale, gw);
            if (gk && p) orr_gemm(true, false, p, dh, s, 1, da + s, n, in.q, 3 * d, more, gk, 2 * d);
            if (!g) continue;
            orr_real *gq = g + (size_t)b * s * 3 * d + (size_t)h * dh;
            orr_gemm(true, false, s, dh, s, 1, a, n, dy, d, add, gq + 2 * d, 3 * d);
            orr_gemm(true, false, s, dh, s, 1, da, n, in.q, 3 * d, add, gq + d, 3 * d);
            orr_gemm(false, false, s, dh, s, 1, da, n, in.k, 3 * d, add, gq, 3 * d);
            if (p) orr_gemm(false, false, s, dh, p, 1, da + s, n, in.pk, 2 * d, 1, gq, 3 * d);
        }
}
static const struct orr_op ATTENTION_PROMPTED = {"attention_prompted", prompted_backward};

struct orr_var *orr_attention_prompted(struct orr_var *qkv, struct orr_var *kv, const int32_t *begin, int options,
                                       struct orr_var *weight, int heads, bool causal, const orr_real *mask)
{
    const int batch = qkv->shape.size[0], s = qkv->shape.size[1], d = qkv->shape.size[2] / 3, p = kv->shape.size[0],
              dh = d / heads, n = s + p;
    const orr_real scale = (orr_real)(1 / sqrt((double)dh));
    assert(qkv->shape.axes == 3 && qkv->shape.size[2] % (3 * heads) == 0);
    assert(kv->shape.axes == 2 && kv->shape.size[1] == 2 * d && begin[0] == 0 && begin[options] == p);
    assert(weight ? weight->n == (size_t)options : options == 1);
    struct orr_var *in[] = {qkv, kv, weight};
    struct orr_var *y = orr_tape_push(qkv->tape, &ATTENTION_PROMPTED, orr_shape3(batch, s, d), in, 3);
    y->i[I_HEADS] = heads;
    y->i[I_CAUSAL] = causal;
    y->i[I_OPTIONS] = options;
    y->extra = begin;
    const size_t each = (size_t)s * (size_t)(n + 2 * options);
    y->saved = orr_tape_alloc(y->tape, (size_t)(y->needs_grad ? batch * heads : 1) * each);
    orr_real *a = orr_tape_alloc(y->tape, (size_t)s * n);
    for (int b = 0; b < batch; b++)
        for (int h = 0; h < heads; h++) {
            const struct head of = head_of(qkv, kv, b, h, dh);
            orr_real *e = y->saved + (y->needs_grad ? (size_t)(b * heads + h) * each : 0), *u = e + (size_t)s * n,
                     *inv = u + (size_t)s * options, *out = y->value + (size_t)b * s * d + (size_t)h * dh;
            orr_gemm(false, true, s, s, dh, scale, of.q, 3 * d, of.k, 3 * d, 0, e, n);
            if (p) orr_gemm(false, true, s, p, dh, scale, of.q, 3 * d, of.pk, 2 * d, 0, e + s, n);
            exponentials(e, s, p, begin, options, weight ? weight->value : NULL, causal, mask, u, inv);
            probabilities(e, s, p, begin, options, u, a);
            orr_gemm(false, false, s, dh, s, 1, a, n, of.v, 3 * d, 0, out, d);
            if (p) orr_gemm(false, false, s, dh, p, 1, a + s, n, of.pv, 2 * d, 1, out, d);
        }
    return y;
}
