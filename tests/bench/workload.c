#include "workload.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/ode.h>
#include <orrery/ops.h>
#include <orrery/optim.h>

#include "base/mem.h"

enum { BATCHES = 8, MAX_TENSORS = 64 };

struct model {
    const char *name;
    int batch;
    void (*init)(struct orr_workload *);
    struct orr_var *(*loss)(struct orr_workload *, int batch);
};

struct orr_workload {
    const struct model *model;
    int batch;
    struct orr_params params;
    struct orr_optim optim;
    struct orr_tape *tape;
    orr_real *x[BATCHES], *y[BATCHES];
    int32_t *ids[BATCHES], *labels[BATCHES];
    size_t w[MAX_TENSORS];
    int n_w, step;
};

static struct orr_rng rng;

static struct orr_var *param(struct orr_workload *w, int k) { return orr_tape_param(w->tape, &w->params, w->w[k]); }

static void add(struct orr_workload *w, struct orr_shape shape, enum orr_init init, double gain, int fan_in)
{
    char name[16];
    snprintf(name, sizeof name, "w%d", w->n_w);
    w->w[w->n_w++] = orr_params_add(&w->params, name, shape, init, gain, fan_in, &rng);
}
static void add_linear(struct orr_workload *w, int in, int out)
{
    add(w, orr_shape2(out, in), ORR_INIT_FAN_IN_UNIFORM, 1, in);
    add(w, orr_shape1(out), ORR_INIT_FAN_IN_UNIFORM, 1, in);
}

static orr_real *normals(size_t n)
{
    orr_real *x = orr_xmalloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (orr_real)orr_rng_normal(&rng);
    return x;
}
static int32_t *integers(size_t n, int below)
{
    int32_t *x = orr_xmalloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = (int32_t)orr_rng_below(&rng, (uint64_t)below);
    return x;
}

static struct orr_var *mlp_loss(struct orr_workload *w, int b)
{
    struct orr_var *h = orr_tape_input(w->tape, orr_shape2(w->batch, 784), w->x[b]);
    h = orr_linear(h, param(w, 0), param(w, 1), ORR_ACT_RELU);
    h = orr_linear(h, param(w, 2), param(w, 3), ORR_ACT_RELU);
    return orr_cross_entropy(orr_linear(h, param(w, 4), param(w, 5), ORR_ACT_NONE), w->labels[b]);
}
static void mlp_init(struct orr_workload *w)
{
    add_linear(w, 784, 256);
    add_linear(w, 256, 128);
    add_linear(w, 128, 10);
    for (int b = 0; b < BATCHES; b++) w->x[b] = normals((size_t)w->batch * 784), w->labels[b] = integers((size_t)w->batch, 10);
}

static struct orr_var *cnn_loss(struct orr_workload *w, int b)
{
    struct orr_var *h = orr_tape_input(w->tape, orr_shape4(w->batch, 1, 28, 28), w->x[b]);
    h = orr_max_pool2d(orr_conv2d(h, param(w, 0), param(w, 1), 1, 1, 1, ORR_ACT_RELU), 2, 2, 0);
    h = orr_max_pool2d(orr_conv2d(h, param(w, 2), param(w, 3), 1, 1, 1, ORR_ACT_RELU), 2, 2, 0);
    h = orr_linear(orr_reshape(h, orr_shape2(w->batch, 32 * 49)), param(w, 4), param(w, 5), ORR_ACT_RELU);
    return orr_cross_entropy(orr_linear(h, param(w, 6), param(w, 7), ORR_ACT_NONE), w->labels[b]);
}
static void cnn_init(struct orr_workload *w)
{
    add(w, orr_shape4(16, 1, 3, 3), ORR_INIT_FAN_IN_UNIFORM, 1, 9);
    add(w, orr_shape1(16), ORR_INIT_FAN_IN_UNIFORM, 1, 9);
    add(w, orr_shape4(32, 16, 3, 3), ORR_INIT_FAN_IN_UNIFORM, 1, 144);
    add(w, orr_shape1(32), ORR_INIT_FAN_IN_UNIFORM, 1, 144);
    add_linear(w, 32 * 49, 64);
    add_linear(w, 64, 10);
    for (int b = 0; b < BATCHES; b++) w->x[b] = normals((size_t)w->batch * 784), w->labels[b] = integers((size_t)w->batch, 10);
}

enum { VOCABULARY = 4096, D = 128, HEADS = 4, LAYERS = 4, SEQUENCE = 64, PER_BLOCK = 12 };

static struct orr_var *transformer_loss(struct orr_workload *w, int b)
{
    struct orr_var *x = orr_embedding(param(w, 0), w->ids[b], w->batch * SEQUENCE);
    x = orr_add(orr_reshape(x, orr_shape3(w->batch, SEQUENCE, D)), param(w, 1));
    for (int l = 0; l < LAYERS; l++) {
        const int k = 2 + l * PER_BLOCK;
        struct orr_var *h = orr_layer_norm(x, param(w, k), param(w, k + 1), 1e-5);
        h = orr_attention(orr_linear(h, param(w, k + 2), param(w, k + 3), ORR_ACT_NONE), HEADS, true, NULL);
        x = orr_add(x, orr_linear(h, param(w, k + 4), param(w, k + 5), ORR_ACT_NONE));
        h = orr_layer_norm(x, param(w, k + 6), param(w, k + 7), 1e-5);
        h = orr_linear(h, param(w, k + 8), param(w, k + 9), ORR_ACT_GELU);
        x = orr_add(x, orr_linear(h, param(w, k + 10), param(w, k + 11), ORR_ACT_NONE));
    }
    const int k = 2 + LAYERS * PER_BLOCK;
    x = orr_layer_norm(x, param(w, k), param(w, k + 1), 1e-5);
    return orr_cross_entropy(orr_linear(x, param(w, k + 2), NULL, ORR_ACT_NONE), w->labels[b]);
}
static void add_norm(struct orr_workload *w)
{
    add(w, orr_shape1(D), ORR_INIT_ONE, 0, 0);
    add(w, orr_shape1(D), ORR_INIT_ZERO, 0, 0);
}
static void transformer_init(struct orr_workload *w)
{
    add(w, orr_shape2(VOCABULARY, D), ORR_INIT_NORMAL, 1, 0);
    add(w, orr_shape2(SEQUENCE, D), ORR_INIT_NORMAL, 0.02, 0);
    for (int l = 0; l < LAYERS; l++) {
        add_norm(w);
        add_linear(w, D, 3 * D);
        add_linear(w, D, D);
        add_norm(w);
        add_linear(w, D, 4 * D);
        add_linear(w, 4 * D, D);
    }
    add_norm(w);
    add(w, orr_shape2(VOCABULARY, D), ORR_INIT_FAN_IN_UNIFORM, 1, D);
    const size_t n = (size_t)w->batch * SEQUENCE;
    for (int b = 0; b < BATCHES; b++) w->ids[b] = integers(n, VOCABULARY), w->labels[b] = integers(n, VOCABULARY);
}

static struct orr_var *gru_loss(struct orr_workload *w, int b)
{
    struct orr_var *h = orr_gru(orr_tape_input(w->tape, orr_shape3(w->batch, 50, 16), w->x[b]), NULL, param(w, 0),
                                param(w, 1), param(w, 2), param(w, 3));
    struct orr_var *y = orr_linear(orr_select(h, 49), param(w, 4), param(w, 5), ORR_ACT_NONE);
    return orr_mse(y, orr_tape_input(w->tape, orr_shape2(w->batch, 16), w->y[b]));
}
static void gru_init(struct orr_workload *w)
{
    add(w, orr_shape2(192, 16), ORR_INIT_FAN_IN_UNIFORM, 1, 64);
    add(w, orr_shape2(192, 64), ORR_INIT_FAN_IN_UNIFORM, 1, 64);
    add(w, orr_shape1(192), ORR_INIT_FAN_IN_UNIFORM, 1, 64);
    add(w, orr_shape1(192), ORR_INIT_FAN_IN_UNIFORM, 1, 64);
    add_linear(w, 64, 16);
    for (int b = 0; b < BATCHES; b++) w->x[b] = normals((size_t)w->batch * 50 * 16), w->y[b] = normals((size_t)w->batch * 16);
}

static struct orr_var *node_field(void *ctx, double t, struct orr_var *y)
{
    struct orr_workload *w = ctx;
    (void)t;
    for (int k = 0; k < w->n_w; k += 2)
        y = orr_linear(y, param(w, k), param(w, k + 1), k + 2 < w->n_w ? ORR_ACT_TANH : ORR_ACT_NONE);
    return y;
}
static struct orr_var *node_loss(struct orr_workload *w, int b)
{
    const int n = w->params.tensor[0].shape.size[1];
    struct orr_var *states[20];
    orr_ode_unroll(node_field, w, ORR_RK4, 0, 1, 20, orr_tape_input(w->tape, orr_shape2(w->batch, n), w->x[b]), states);
    return orr_mse(orr_stack(states, 20), orr_tape_input(w->tape, orr_shape3(w->batch, 20, n), w->y[b]));
}
/* Rotations x(t) = exp(t A) x0 in planes, so that a fit exists. */
static void spirals(struct orr_workload *w, int n)
{
    for (int b = 0; b < BATCHES; b++) {
        w->x[b] = normals((size_t)w->batch * n);
        w->y[b] = orr_xmalloc((size_t)w->batch * 20 * n * sizeof(orr_real));
        for (int i = 0; i < w->batch; i++)
            for (int k = 0; k < 20; k++)
                for (int j = 0; j < n; j += 2) {
                    const double a = (k + 1) / 20.0 * (1 + j % 7);
                    const double p = (double)w->x[b][i * n + j], q = (double)w->x[b][i * n + j + 1];
                    w->y[b][(i * 20 + k) * n + j] = (orr_real)(p * cos(a) - q * sin(a));
                    w->y[b][(i * 20 + k) * n + j + 1] = (orr_real)(p * sin(a) + q * cos(a));
                }
    }
}
static void node_init(struct orr_workload *w)
{
    add_linear(w, 16, 32);
    add_linear(w, 32, 64);
    add_linear(w, 64, 16);
    spirals(w, 16);
}
static void tiny_init(struct orr_workload *w)
{
    add_linear(w, 4, 16);
    add_linear(w, 16, 4);
    spirals(w, 4);
}

/* ---- the list ---- */

static const struct model MODELS[] = {
    {"mlp", 64, mlp_init, mlp_loss},
    {"cnn", 64, cnn_init, cnn_loss},
    {"transformer", 16, transformer_init, transformer_loss},
    {"gru", 64, gru_init, gru_loss},
    {"neural_ode", 64, node_init, node_loss},
    {"tiny", 1, tiny_init, node_loss},
};

static const struct model *find(const char *name)
{
    for (size_t i = 0; i < sizeof MODELS / sizeof *MODELS; i++)
        if (!strcmp(MODELS[i].name, name)) return &MODELS[i];
    return NULL;
}

struct orr_workload *orr_workload_open(const char *name)
{
    const struct model *m = find(name);
    if (!m) return NULL;
    struct orr_workload *w = orr_xcalloc(1, sizeof *w);
    w->model = m;
    w->batch = m->batch;
    w->tape = orr_tape_new();
    orr_rng_seed(&rng, 1, 0);
    m->init(w);
    const struct orr_optim_options o = orr_optim_defaults(ORR_ADAM, 1e-3);
    orr_optim_init(&w->optim, &o, &w->params);
    return w;
}

double orr_workload_step(struct orr_workload *w)
{
    orr_tape_reset(w->tape);
    orr_params_zero_grad(&w->params);
    struct orr_var *loss = w->model->loss(w, w->step++ % BATCHES);
    orr_tape_backward(loss);
    orr_optim_step(&w->optim, &w->params);
    return (double)loss->value[0];
}

const char *orr_workload_name(const struct orr_workload *w) { return w->model->name; }
int orr_workload_batch(const struct orr_workload *w) { return w->batch; }
size_t orr_workload_parameters(const struct orr_workload *w) { return w->params.n; }

void orr_workload_free(struct orr_workload *w)
{
    if (!w) return;
    for (int b = 0; b < BATCHES; b++) {
        free(w->x[b]);
        free(w->y[b]);
        free(w->ids[b]);
        free(w->labels[b]);
    }
    orr_tape_free(w->tape);
    orr_optim_free(&w->optim);
    orr_params_free(&w->params);
    free(w);
}
