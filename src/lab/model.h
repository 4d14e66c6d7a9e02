/* Networks that the lab trains, built from a short text. A model is a list of layers in the order of their evaluation,
 * each with its inputs: chain, cell or residual network alike; the architecture graph is that list. */
#ifndef ORRERY_LAB_MODEL_H
#define ORRERY_LAB_MODEL_H

#include <stdbool.h>

#include <orrery/error.h>
#include <orrery/ops.h>
#include <orrery/params.h>

#include "base/str.h"
#include "lab/dataset.h"

enum orr_layer_kind {
    ORR_LAYER_INPUT,
    ORR_LAYER_LINEAR,
    ORR_LAYER_CONV,
    ORR_LAYER_BATCH_NORM,
    ORR_LAYER_MAX_POOL,
    ORR_LAYER_AVG_POOL,
    ORR_LAYER_GLOBAL_POOL,
    ORR_LAYER_SUM,
    ORR_LAYER_ACTIVATION,
    ORR_LAYER_DROPOUT,
    ORR_LAYER_FLATTEN,
    ORR_LAYER_ROWS,
    ORR_LAYER_GRU,
    ORR_LAYER_LAST,
    ORR_LAYER_TOKENS,
    ORR_LAYER_POSITIONS,
    ORR_LAYER_LAYER_NORM,
    ORR_LAYER_ATTENTION,
    ORR_LAYER_HEAD
};

struct orr_layer {
    enum orr_layer_kind kind;
    int in[4], n_in; /* indices of earlier layers */
    enum orr_activation act;
    size_t param;           /* first parameter tensor, where it has some */
    size_t state;           /* batch norm: first running statistic */
    int size, stride, pad;  /* conv, pools */
    int heads;              /* attention, causal */
    double rate;            /* dropout */
    struct orr_shape shape; /* of one sample of its output */
    char label[32];         /* "conv3x3 16" */
};

struct orr_model {
    char arch[160]; /* as given */
    struct orr_params params;
    size_t n_state;
    orr_real *state; /* running statistics of the batch norms */
    size_t n_layers;
    struct orr_layer *layers;
    size_t n_ids;
    int32_t *ids; /* tokens of the batch that is evaluated */
};

/* Architectures, for data of the given shape:
 *   linear, logistic             one dense layer
 *   mlp:64-32[:ACT][:dropout=P]  hidden widths (or all widths, 784-64-10, which must then fit the data)
 *   cnn[:16-32-64]               3x3 convolutions with max pooling, then a dense layer of the last width
 *   cell:ABCDEF[:C]              two copies of a cell of four nodes; a digit per edge 0>1 0>2 1>2 0>3 1>3 2>3:
 *                                0 none, 1 skip, 2 conv1x1, 3 conv3x3, 4 pool3x3; C channels (8)
 *   resnet8[:C]                  three residual blocks with batch norm, C, 2C, 4C channels (16)
 *   gru[:H]                      image rows (or features one by one) as a sequence, H hidden (64)
 *   lm:D:LAYERS:HEADS[:untied][:ACT][:dropout=P]
 *                                a causal transformer over tokens: width D, pre-norm blocks with 4 D inside (gelu), learned
 *                                positions; the head is the token table unless untied. Reads text alone, and alone reads text
 * ACT: relu tanh sigmoid silu gelu. EINVAL names what is wrong. Weights are drawn from `seed`: He for layers with ReLU-like
 * activations, Glorot else (also in lm); biases 0. Free with orr_model_free. */
enum orr_status orr_model_build(const char *arch, const struct orr_dataset *data, uint64_t seed, struct orr_model *out,
                                struct orr_error *err);
void orr_model_free(struct orr_model *m);

/* Outputs (batch, outputs), of text (batch, positions, outputs), for x (batch, sample). training: dropout from rng,
 * batch statistics. */
struct orr_var *orr_model_forward(struct orr_model *m, struct orr_tape *t, const orr_real *x, int batch, bool training,
                                  struct orr_rng *rng);

/* {"arch","nodes":[{"id","op","width","activation","dropout","shape"}],"edges":[[from,to],...]}, appended to *json. */
void orr_model_graph(const struct orr_model *m, struct orr_str *json);

#endif
