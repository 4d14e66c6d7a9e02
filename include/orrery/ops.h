/* Operations of the tape, by family. Shapes stand in parentheses, the last axis contiguous; R stands for all leading
 * axes taken together. The result lives on the tape of the first argument. */
#ifndef ORRERY_OPS_H
#define ORRERY_OPS_H

#include <orrery/rng.h>
#include <orrery/tape.h>

enum orr_activation {
    ORR_ACT_NONE, ORR_ACT_RELU, ORR_ACT_TANH, ORR_ACT_SIGMOID, ORR_ACT_SILU, ORR_ACT_GELU /* exact, with erf */,
    ORR_ACT_QUICK_GELU /* x sigmoid(1.702 x) */, ORR_ACT_LEAKY_RELU /* slope 0.01 */, ORR_ACT_EXP,
    ORR_ACT_SOFTPLUS
};

/* ---- elementwise: ops_elementwise.c ---- */
/* b may have fewer numbers than a when its shape is a suffix of a's (a bias over rows). */
struct orr_var *orr_add(struct orr_var *a, struct orr_var *b);
struct orr_var *orr_sub(struct orr_var *a, struct orr_var *b); /* equal shapes */
struct orr_var *orr_mul(struct orr_var *a, struct orr_var *b); /* b as for orr_add */
/* alpha a + beta b, equal shapes: the step of an ODE solver. */
struct orr_var *orr_axpby(double alpha, struct orr_var *a, double beta, struct orr_var *b);
struct orr_var *orr_scale(struct orr_var *a, double alpha);
struct orr_var *orr_activate(struct orr_var *a, enum orr_activation act);
/* sum_k w_k a_k for n <= 6 variables of one shape: a Runge-Kutta combination in one pass. */
struct orr_var *orr_combine(struct orr_var *const *a, const double *w, int n);
/* Each number is kept with probability 1 - p and then scaled by 1 / (1 - p). p 0: a itself. */
struct orr_var *orr_dropout(struct orr_var *a, double p, struct orr_rng *rng);

/* ---- products: ops_matmul.c ---- */
/* (R, in) x weight (out, in), bias (out) or NULL -> activation of (R, out). */
struct orr_var *orr_linear(struct orr_var *x, struct orr_var *weight, struct orr_var *bias, enum orr_activation act);
/* op(a) op(b) over the last two axes; leading axes are equal, or b has none and is shared. */
struct orr_var *orr_matmul(struct orr_var *a, struct orr_var *b, bool transpose_a, bool transpose_b);
/* Rows of table (vocabulary, d) by ids[0..n) (borrowed until the reset) -> (n, d). */
struct orr_var *orr_embedding(struct orr_var *table, const int32_t *ids, int n);
/* The sum of the rows ids[first[k]]..ids[first[k + 1] - 1] for each k < texts (both borrowed) -> (texts, d). */
struct orr_var *orr_embedding_bag(struct orr_var *table, const int32_t *ids, const int32_t *first, int texts);

/* ---- shape: ops_shape.c ---- */
struct orr_var *orr_reshape(struct orr_var *a, struct orr_shape shape); /* the same memory */
struct orr_var *orr_concat(struct orr_var *a, struct orr_var *b);       /* along the last axis: (R, m), (R, n) */
struct orr_var *orr_slice(struct orr_var *a, int first, int n);         /* of the last axis */
struct orr_var *orr_select(struct orr_var *a, int index); /* (N, T, ...) -> (N, ...) at position index of axis 1 */
struct orr_var *orr_stack(struct orr_var *const *a, int n); /* n of (N, ...) -> (N, n, ...) */
struct orr_var *orr_transpose(struct orr_var *a);         /* of the last two axes */
/* Channels of images: (B, C, H, W) and (B, D, H, W) -> (B, C + D, H, W). */
struct orr_var *orr_concat_channels(struct orr_var *a, struct orr_var *b);

/* ---- convolution: ops_conv.c; images are (B, C, H, W) ---- */
/* weight (O, C / groups, kh, kw), bias (O) or NULL. */
struct orr_var *orr_conv2d(struct orr_var *x, struct orr_var *weight, struct orr_var *bias, int stride, int pad,
                           int groups, enum orr_activation act);
/* The same of square kernels, without groups and activation, by gathering patches panel by panel: faster where
 * channels are few. The
 * products' order, and with it their last digits, differ. */
struct orr_var *orr_conv2d_packed(struct orr_var *x, struct orr_var *weight, struct orr_var *bias, int stride, int pad);
struct orr_var *orr_max_pool2d(struct orr_var *x, int size, int stride, int pad); /* padding never wins */
struct orr_var *orr_avg_pool2d(struct orr_var *x, int size, int stride, int pad); /* padding is not counted */
struct orr_var *orr_global_avg_pool(struct orr_var *x);                           /* -> (B, C) */
struct orr_var *orr_upsample2x(struct orr_var *x);                                /* nearest */

/* ---- normalisation: ops_norm.c ---- */
struct orr_var *orr_layer_norm(struct orr_var *x, struct orr_var *gain, struct orr_var *bias, double eps);
struct orr_var *orr_rms_norm(struct orr_var *x, struct orr_var *gain, double eps);
/* Over B, H, W of (B, C, H, W) or over R of (R, C). Training: batch statistics, and running (2 C numbers of the caller:
 * means, then variances) moves by `momentum` towards them (variance unbiased, as PyTorch's). Else: running is used. */
struct orr_var *orr_batch_norm(struct orr_var *x, struct orr_var *gain, struct orr_var *bias, orr_real *running,
                               double momentum, double eps, bool training);
/* x sigmoid(x) of the same over (B, C, H, W), in one pass: ops_norm_act.c. */
struct orr_var *orr_batch_norm_silu(struct orr_var *x, struct orr_var *gain, struct orr_var *bias, orr_real *running,
                                    double momentum, double eps, bool training);
struct orr_var *orr_softmax(struct orr_var *x); /* over the last axis */

/* ---- attention: ops_attention.c ---- */
/* qkv (B, S, 3 d) as one product gives it: q, k, v side by side, each of `heads` heads -> (B, S, d). Scale
 * 1 / sqrt(d / heads). mask: (S, S) added to the scores, borrowed, or NULL. */
struct orr_var *orr_attention(struct orr_var *qkv, int heads, bool causal, const orr_real *mask);

/* ---- attention with prompts as keys and values: ops_attention_prompt.c ----
 * Every row of qkv (B, S, 3 d) also looks at prompts that ask nothing themselves; kv (P, 2 d) holds their keys and values
 * side by side, shared by the batch, never masked. Option c of `options` owns rows begin[c]..begin[c + 1) of kv (begin has
 * options + 1 numbers from 0 to P, borrowed; an option may own none). With N, D the sums of e^score v and of e^score
 * over the rows that
 * attention sees, and N_c, D_c those over the prompts of option c,
 *     y = sum_c weight_c (N + N_c) / (D + D_c)
 * where N and D are computed once: the mixture over all options costs about one attention over S + P keys (Differentiable
 * Prompt Learning, arXiv 2501.00457, whose equations take one attention per option). weight (options), commonly a softmax;
 * NULL with one option: attention over [x; prompts]. */
struct orr_var *orr_attention_prompted(struct orr_var *qkv, struct orr_var *kv, const int32_t *begin, int options,
                                       struct orr_var *weight, int heads, bool causal, const orr_real *mask);

/* ---- packed texts: ops_packed.c; rows first[k]..first[k + 1] (borrowed) are text k, qkv (R, 3 d) as above ---- */
/* Turns the pairs (i, i + size / 2) of every head of q and k by the row's place in its text; v stays. size = d / heads. */
struct orr_var *orr_rotary(struct orr_var *qkv, int heads, const int32_t *first, int texts, double base);
/* Causal attention of each text on itself -> (R, d). O(sum of squared lengths). */
struct orr_var *orr_attention_packed(struct orr_var *qkv, int heads, const int32_t *first, int texts);

/* ---- pairs of nodes: ops_pair.c; nodes are (B, N, h) with h a multiple of 16 ----
 * Node i looks at k others: at all N in order (index NULL), or at index[(b N + i) k + m] (borrowed), m < k. */
/* sum_m e_im relu(p_i + q_j), j the m-th neighbour of i; e (B, N, k) -> (B, N, h). O(B N k h), nothing kept per pair. */
struct orr_var *orr_pair_sum(struct orr_var *p, struct orr_var *q, struct orr_var *e, const int32_t *index);
/* w[0..h) relu(a_i + b_j) + w[h] -> (B, N, k); 0 for a node and itself. w (h + 1). */
struct orr_var *orr_pair_score(struct orr_var *a, struct orr_var *b, struct orr_var *w, const int32_t *index, int k);
/* Mean over heads of softmax_m LeakyReLU(q_i k_j / sqrt(d)), slope 0.2, without the node itself; q, k (B, N, heads d) ->
 * (B, N, near). h need be no multiple of 16. */
struct orr_var *orr_pair_attention(struct orr_var *q, struct orr_var *k, int heads, const int32_t *index, int near);

/* ---- recurrence: ops_recurrent.c; gates in PyTorch's order ---- */
/* x (B, T, in), h0 (B, h) or NULL, w_ih (3 h, in), w_hh (3 h, h), b_ih, b_hh (3 h) -> all states (B, T, h). */
struct orr_var *orr_gru(struct orr_var *x, struct orr_var *h0, struct orr_var *w_ih, struct orr_var *w_hh,
                        struct orr_var *b_ih, struct orr_var *b_hh);
/* The same with 4 h gates (i, f, g, o); the cell starts at 0. */
struct orr_var *orr_lstm(struct orr_var *x, struct orr_var *h0, struct orr_var *w_ih, struct orr_var *w_hh,
                         struct orr_var *b_ih, struct orr_var *b_hh);

/* ---- reductions and losses: ops_reduce.c; a scalar unless said otherwise ---- */
struct orr_var *orr_sum(struct orr_var *a);
struct orr_var *orr_mean(struct orr_var *a);
struct orr_var *orr_mean_rows(struct orr_var *a, int group); /* (R, n) -> (R / group, n): means of groups of rows */
/* Mean over rows of -log softmax(logits (R, classes))[label]; labels borrowed; a negative label is left out. */
struct orr_var *orr_cross_entropy(struct orr_var *logits, const int32_t *labels);
/* Mean over rows of KL(softmax(logits) || softmax(other)), nats: distillation; other, of the same size, is borrowed. */
struct orr_var *orr_kl_logits(struct orr_var *logits, const orr_real *other);
/* Mean of the binary cross-entropy of sigmoid(logits); targets in 0..1, borrowed; weight per number or NULL. */
struct orr_var *orr_bce_logits(struct orr_var *logits, const orr_real *targets, const orr_real *weight);
struct orr_var *orr_mse(struct orr_var *a, struct orr_var *b);
struct orr_var *orr_l1(struct orr_var *a, struct orr_var *b);
struct orr_var *orr_huber(struct orr_var *a, struct orr_var *b, double delta);
/* Mean of log sigma + ((y - mean) / sigma)^2 / 2 with log_sigma a variable of mean's shape; y borrowed. */
struct orr_var *orr_gaussian_nll(struct orr_var *mean, struct orr_var *log_sigma, const orr_real *y);
/* KL(N(mean, e^log_var) || N(0, 1)), summed over the last axis, mean over rows. */
struct orr_var *orr_kl_normal(struct orr_var *mean, struct orr_var *log_var);

#endif
