/* Recurrent networks over learning curves: an LSTM that reads the observed points and writes the later ones, and a variational
 * one whose steps are driven by latent draws. */
#include "methods/curve/private.h"

enum { K = ORR_LC_KNOTS, HIDDEN = 32, IN = ORR_LC_CONTEXT + 1, Z = 4 };
static const double KL_WEIGHT = 0.1, KL_BY = 0.3;

/* What every step ahead is told: the context and how far ahead it lies, (n, K, IN). */
static struct orr_var *ahead(struct orr_tape *t, const struct orr_lc_batch *b)
{
    struct orr_var *x = orr_tape_zeros(t, orr_shape3(b->n, K, IN));
    for (int i = 0; i < b->n; i++)
        for (int k = 0; k < K; k++) {
            orr_real *row = x->value + (i * K + k) * IN;
            for (int c = 0; c < ORR_LC_CONTEXT; c++) row[c] = (orr_real)b->context[i * ORR_LC_CONTEXT + c];
            row[ORR_LC_CONTEXT] = (orr_real)b->span[i] * (orr_real)(k + 1) / K;
        }
    return x;
}

/* ---- lstm ---- */

enum { ENCODER = 0, DECODER = 4, LSTM_OUT = 8 };

static void build_lstm(struct orr_params *p, struct orr_rng *rng)
{
    orr_lc_add_recurrent(p, "encoder", 4, HIDDEN, ORR_LC_POINT, rng);
    orr_lc_add_recurrent(p, "decoder", 4, HIDDEN, IN, rng);
    orr_lc_add_linear(p, "out", 2, HIDDEN, 0.5, rng);
}

static struct orr_var *lstm_layer(const struct orr_params *p, size_t i, struct orr_var *x, struct orr_var *h0)
{
    return orr_lstm(x, h0, orr_tape_param(x->tape, p, i), orr_tape_param(x->tape, p, i + 1),
                    orr_tape_param(x->tape, p, i + 2), orr_tape_param(x->tape, p, i + 3));
}

static struct orr_lc_output lstm(const struct orr_params *p, struct orr_tape *t, const struct orr_lc_batch *b,
                                 bool training, double done, struct orr_rng *rng)
{
    (void)training, (void)done, (void)rng;
    struct orr_var *x = orr_tape_input(t, orr_shape3(b->n, ORR_LC_SEEN, ORR_LC_POINT), b->points);
    struct orr_var *h = orr_select(lstm_layer(p, ENCODER, x, NULL), ORR_LC_SEEN - 1);
    return orr_lc_decode(p, LSTM_OUT, lstm_layer(p, DECODER, ahead(t, b), h));
}

/* ---- vrnn: Chung et al. 2015 with a standard normal prior per step (as in STORN, Bayer and Osendorfer 2014): training infers
 * z_k from the value itself, a forecast draws it ---- */

enum { GRU = 0, START = 4, POST_MEAN = 6, POST_VARIANCE = 8, STEP = 10, VRNN_OUT = 14 };

static void build_vrnn(struct orr_params *p, struct orr_rng *rng)
{
    orr_lc_add_recurrent(p, "encoder", 3, HIDDEN, ORR_LC_POINT, rng);
    orr_lc_add_linear(p, "start", HIDDEN, HIDDEN + ORR_LC_CONTEXT, 1, rng);
    orr_lc_add_linear(p, "posterior.mean", Z, 1 + HIDDEN, 1, rng);
    orr_lc_add_linear(p, "posterior.log_variance", Z, 1 + HIDDEN, 0.3, rng);
    orr_lc_add_recurrent(p, "step", 3, HIDDEN, IN + Z, rng);
    orr_lc_add_linear(p, "out", 2, HIDDEN, 0.5, rng);
}

static struct orr_lc_output vrnn(const struct orr_params *p, struct orr_tape *t, const struct orr_lc_batch *b,
                                 bool training, double done, struct orr_rng *rng)
{
    struct orr_var *h = orr_lc_linear(p, START, orr_lc_encode(p, GRU, t, b), ORR_ACT_TANH), *all = ahead(t, b),
                   *states[K];
    struct orr_var *kl = NULL;
    for (int k = 0; k < K; k++) {
        struct orr_var *z = orr_lc_normal(t, orr_shape2(b->n, Z), training, rng);
        if (training) {
            struct orr_var *y = orr_tape_zeros(t, orr_shape2(b->n, 1));
            for (int i = 0; i < b->n; i++) y->value[i] = (orr_real)b->target[i * K + k];
            struct orr_var *both = orr_concat(y, h), *mean = orr_lc_linear(p, POST_MEAN, both, ORR_ACT_NONE),
                           *log_variance = orr_lc_linear(p, POST_VARIANCE, both, ORR_ACT_NONE);
            z = orr_add(mean, orr_mul(z, orr_activate(orr_scale(log_variance, 0.5), ORR_ACT_EXP)));
            struct orr_var *one = orr_kl_normal(mean, log_variance);
            kl = kl ? orr_add(kl, one) : one;
        }
        struct orr_var *in = orr_reshape(orr_concat(orr_select(all, k), z), orr_shape3(b->n, 1, IN + Z));
        struct orr_var *next = orr_gru(in, h, orr_tape_param(t, p, STEP), orr_tape_param(t, p, STEP + 1),
                                       orr_tape_param(t, p, STEP + 2), orr_tape_param(t, p, STEP + 3));
        states[k] = h = orr_reshape(next, orr_shape2(b->n, HIDDEN));
    }
    struct orr_lc_output out = orr_lc_decode(p, VRNN_OUT, orr_stack(states, K));
    if (kl) out.extra = orr_scale(kl, KL_WEIGHT * (done < KL_BY ? done / KL_BY : 1));
    return out;
}

static const struct orr_param no_params[] = {{0}};
static const struct orr_lc_net lstm_net = {1500, 0.2, false, 1, build_lstm, lstm},
                               vrnn_net = {1500, 0.2, false, 16, build_vrnn, vrnn};
static const struct orr_lc_method lstm_method, vrnn_method;
const struct orr_method orr_lc_lstm = {
    .name = "lstm",
    .summary = "an LSTM that reads the observed points and writes the later ones",
    .source = "Hochreiter and Schmidhuber 1997",
    .equations = "h = LSTM(y_1..y_n);  y_(n+k) = W LSTM(h, tau_k)",
    .params = no_params,
    .input = ORR_DATA_CURVES,
    .baseline = true,
    .curve = &lstm_method,
};
const struct orr_method orr_lc_vrnn = {
    .name = "vrnn",
    .summary = "a recurrent network driven by latent draws",
    .source = "Chung et al. 2015; Bayer and Osendorfer 2014",
    .equations = "z_k ~ N(0, 1);  h_k = GRU(h_(k-1), z_k);  y_k = W h_k",
    .params = no_params,
    .input = ORR_DATA_CURVES,
    .baseline = true,
    .curve = &vrnn_method,
};
static const struct orr_lc_method lstm_method = {.face = &orr_lc_lstm, .net = &lstm_net};
static const struct orr_lc_method vrnn_method = {.face = &orr_lc_vrnn, .net = &vrnn_net};
