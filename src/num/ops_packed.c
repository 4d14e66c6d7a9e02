/* Texts of unequal length, packed one after the other without padding: positions by rotation, attention within each. */
#include <orrery/ops.h>

#include "num/gemm.h"
#include "num/kernel.h"
#include "num/op.h"

enum { I_HEADS, I_TEXTS };

/* ---- rotary positions (Su et al. 2021): pair (i, i + half) of each head turns by angle position base^(-2 i / size) ---- */

static orr_real *angles(struct orr_tape *t, const int32_t *first, int texts, int size, double base, int *longest)
{
    const int half = size / 2;
    *longest = 0;
    for (int k = 0; k < texts; k++)
        if (first[k + 1] - first[k] > *longest) *longest = first[k + 1] - first[k];
    orr_real *table = orr_tape_alloc(t, (size_t)*longest * (size_t)size);
    for (int i = 0; i < half; i++) {
        const double step = pow(base, -2.0 * i / size);
        for (int p = 0; p < *longest; p++) {
            table[(size_t)p * size + i] = (orr_real)cos(p * step);
            table[(size_t)p * size + half + i] = (orr_real)sin(p * step);
        }
    }
    return table;
}

/* `sign` 1 turns forth, -1 back; the rows' last third, the values, stay as they are. */
ORR_KERNEL static void turn(orr_real *restrict y, const orr_real *restrict x, const orr_real *restrict table, int d,
                            int size, orr_real sign, bool add)
{
    const int half = size / 2;
    for (int h = 0; h < 2 * d; h += size)
        for (int i = 0; i < half; i++) {
            const orr_real c = table[i], s = sign * table[half + i], a = x[h + i], b = x[h + half + i];
            y[h + i] = a * c - b * s + (add ? y[h + i] : 0);
            y[h + half + i] = a * s + b * c + (add ? y[h + half + i] : 0);
        }
    for (int i = 2 * d; i < 3 * d; i++) y[i] = x[i] + (add ? y[i] : 0);
}

static void turn_all(const struct orr_var *v, orr_real *y, const orr_real *x, orr_real sign, bool add)
{
    const int d = v->shape.size[1] / 3, size = d / v->i[I_HEADS];
    const int32_t *first = v->extra;
    for (int k = 0; k < v->i[I_TEXTS]; k++)
        for (int32_t r = first[k]; r < first[k + 1]; r++)
            turn(y + (size_t)r * 3 * d, x + (size_t)r * 3 * d, v->saved + (size_t)(r - first[k]) * size, d, size, sign,
                 add);
}

static void rotary_backward(struct orr_var *out)
{
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (g) turn_all(out, g, out->grad, -1, add);
}
static const struct orr_op ROTARY = {"rotary", rotary_backward};

struct orr_var *orr_rotary(struct orr_var *qkv, int heads, const int32_t *first, int texts, double base)
{
    assert(qkv->shape.axes == 2 && qkv->shape.size[1] % (6 * heads) == 0 && first[texts] == qkv->shape.size[0]);
    int longest;
    struct orr_var *y = orr_tape_push(qkv->tape, &ROTARY, qkv->shape, &qkv, 1);
    y->i[I_HEADS] = heads;
    y->i[I_TEXTS] = texts;
    y->extra = first;
    y->saved = angles(y->tape, first, texts, qkv->shape.size[1] / 3 / heads, base, &longest);
    turn_all(y, y->value, qkv->value, 1, false);
    return y;
}

/* ---- causal attention; saved: the probabilities, (heads, n, n) for each text of n rows ---- */

ORR_KERNEL static void softmax_causal(orr_real *p, int n)
{
    for (int r = 0; r < n; r++, p += n) {
        orr_real top = p[0], sum = 0;
        for (int j = 1; j <= r; j++) top = p[j] > top ? p[j] : top;
        for (int j = 0; j <= r; j++) p[j] = orr_vexp(p[j] - top);
        for (int j = 0; j <= r; j++) sum += p[j];
        const orr_real scale = 1 / sum;
        for (int j = 0; j <= r; j++) p[j] *= scale;
        for (int j = r + 1; j < n; j++) p[j] = 0;
    }
}

/* d(scores) = scale * p * (dp - sum_j dp p), in place of dp. */
ORR_KERNEL static void softmax_back(orr_real *restrict dp, const orr_real *restrict p, int n, orr_real scale)
{
    for (int r = 0; r < n; r++, dp += n, p += n) {
        orr_real sum = 0;
        for (int j = 0; j < n; j++) sum += dp[j] * p[j];
        for (int j = 0; j < n; j++) dp[j] = scale * p[j] * (dp[j] - sum);
    }
}

static void packed_backward(struct orr_var *out)
{
    struct orr_var *qkv = out->in[0];
    const int heads = out->i[I_HEADS], texts = out->i[I_TEXTS], d = out->shape.size[1], dh = d / heads, ld = 3 * d;
    const int32_t *first = out->extra;
    const orr_real scale = (orr_real)(1 / sqrt((double)dh)), *p = out->saved;
    bool add;
    orr_real *g = orr_grad_of(qkv, &add);
    if (!g) return;
    int longest = 0;
    for (int k = 0; k < texts; k++) longest = first[k + 1] - first[k] > longest ? first[k + 1] - first[k] : longest;
    orr_real *dp = orr_tape_alloc(out->tape, (size_t)longest * (size_t)longest);
    for (int k = 0; k < texts; k++)
        for (int h = 0; h < heads; h++) {
            const int n = first[k + 1] - first[k];
            const size_t at = (size_t)first[k] * ld + (size_t)h * dh;
            const orr_real *q = qkv->value + at, *key = q + d, *v = key + d;
            orr_real *gq = g + at, *gk = gq + d, *gv = gk + d;
            const orr_real *dy = out->grad + (size_t)first[k] * d + (size_t)h * dh;
            orr_gemm(true, false, n, dh, n, 1, p, n, dy, d, add, gv, ld);
            orr_gemm(false, true, n, n, dh, 1, dy, d, v, ld, 0, dp, n);
            softmax_back(dp, p, n, scale);
            orr_gemm(false, false, n, dh, n, 1, dp, n, key, ld, add, gq, ld);
            orr_gemm(true, false, n, dh, n, 1, dp, n, q, ld, add, gk, ld);
            p += (size_t)n * (size_t)n;
        }
}
static const struct orr_op PACKED = {"attention_packed", packed_backward};

struct orr_var *orr_attention_packed(struct orr_var *qkv, int heads, const int32_t *first, int texts)
{
    assert(qkv->shape.axes == 2 && qkv->shape.size[1] % (3 * heads) == 0 && first[texts] == qkv->shape.size[0]);
    const int ld = qkv->shape.size[1], d = ld / 3, dh = d / heads;
    const orr_real scale = (orr_real)(1 / sqrt((double)dh));
    struct orr_var *y = orr_tape_push(qkv->tape, &PACKED, orr_shape2(qkv->shape.size[0], d), &qkv, 1);
    y->i[I_HEADS] = heads;
    y->i[I_TEXTS] = texts;
    y->extra = first;
    size_t pairs = 0;
    for (int k = 0; k < texts; k++) pairs += (size_t)(first[k + 1] - first[k]) * (size_t)(first[k + 1] - first[k]);
    orr_real *p = y->saved = orr_tape_alloc(y->tape, (size_t)heads * pairs);
    for (int k = 0; k < texts; k++)
        for (int h = 0; h < heads; h++) {
            const int n = first[k + 1] - first[k];
            const orr_real *q = qkv->value + (size_t)first[k] * ld + (size_t)h * dh, *key = q + d, *v = key + d;
            orr_gemm(false, true, n, n, dh, scale, q, ld, key, ld, 0, p, n);
            softmax_causal(p, n);
            orr_gemm(false, false, n, dh, n, 1, p, n, v, ld, 0, y->value + (size_t)first[k] * d + (size_t)h * dh, d);
            p += (size_t)n * (size_t)n;
        }
    return y;
}
