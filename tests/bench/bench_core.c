/* Training steps of the numeric core against PyTorch on the same workloads: forward, backward, Adam, float32, random
 * batches cycled through. The peer is a script of the peers folder ($ORRERY_PEERS/core/torch_train.py), which uses
 * PyTorch's own layers and initialisation. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <orrery/ode.h>
#include <orrery/ops.h>
#include <orrery/optim.h>

#include "base/json.h"
#include "base/mem.h"
#include "num/gemm.h"

enum { BATCHES = 8, MAX_TENSORS = 64 };

struct workload {
    const char *name;
    int batch;
    struct orr_params params;
    struct orr_optim optim;
    struct orr_tape *tape;
    orr_real *x[BATCHES], *y[BATCHES];
    int32_t *ids[BATCHES], *labels[BATCHES];
    size_t w[MAX_TENSORS];
    int n_w, step;
    struct orr_var *(*loss)(struct workload *, int batch);
};

static struct orr_var *param(struct workload *w, int k) { return orr_tape_param(w->tape, &w->params, w->w[k]); }

static struct orr_rng rng;

static void add(struct workload *w, struct orr_shape shape, enum orr_init init, double gain, int fan_in)
{
    char name[16];
    snprintf(name, sizeof name, "w%d", w->n_w);
    w->w[w->n_w++] = orr_params_add(&w->params, name, shape, init, gain, fan_in, &rng);
}
static void add_linear(struct workload *w, int in, int out)
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

/* ---- the workloads ---- */

static struct orr_var *mlp_loss(struct workload *w, int b)
{
    struct orr_var *h = orr_tape_input(w->tape, orr_shape2(w->batch, 784), w->x[b]);
    h = orr_linear(h, param(w, 0), param(w, 1), ORR_ACT_RELU);
    h = orr_linear(h, param(w, 2), param(w, 3), ORR_ACT_RELU);
    return orr_cross_entropy(orr_linear(h, param(w, 4), param(w, 5), ORR_ACT_NONE), w->labels[b]);
}
static void mlp_init(struct workload *w)
{
    add_linear(w, 784, 256);
    add_linear(w, 256, 128);
    add_linear(w, 128, 10);
    for (int b = 0; b < BATCHES; b++) w->x[b] = normals((size_t)w->batch * 784), w->labels[b] = integers((size_t)w->batch, 10);
}

static struct orr_var *cnn_loss(struct workload *w, int b)
{
    struct orr_var *h = orr_tape_input(w->tape, orr_shape4(w->batch, 1, 28, 28), w->x[b]);
    h = orr_max_pool2d(orr_conv2d(h, param(w, 0), param(w, 1), 1, 1, 1, ORR_ACT_RELU), 2, 2, 0);
    h = orr_max_pool2d(orr_conv2d(h, param(w, 2), param(w, 3), 1, 1, 1, ORR_ACT_RELU), 2, 2, 0);
    h = orr_linear(orr_reshape(h, orr_shape2(w->batch, 32 * 49)), param(w, 4), param(w, 5), ORR_ACT_RELU);
    return orr_cross_entropy(orr_linear(h, param(w, 6), param(w, 7), ORR_ACT_NONE), w->labels[b]);
}
static void cnn_init(struct workload *w)
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

static struct orr_var *transformer_loss(struct workload *w, int b)
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
static void add_norm(struct workload *w)
{
    add(w, orr_shape1(D), ORR_INIT_ONE, 0, 0);
    add(w, orr_shape1(D), ORR_INIT_ZERO, 0, 0);
}
static void transformer_init(struct workload *w)
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

static struct orr_var *gru_loss(struct workload *w, int b)
{
    struct orr_var *h = orr_gru(orr_tape_input(w->tape, orr_shape3(w->batch, 50, 16), w->x[b]), NULL, param(w, 0),
                                param(w, 1), param(w, 2), param(w, 3));
    struct orr_var *y = orr_linear(orr_select(h, 49), param(w, 4), param(w, 5), ORR_ACT_NONE);
    return orr_mse(y, orr_tape_input(w->tape, orr_shape2(w->batch, 16), w->y[b]));
}
static void gru_init(struct workload *w)
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
    struct workload *w = ctx;
    (void)t;
    for (int k = 0; k < w->n_w; k += 2)
        y = orr_linear(y, param(w, k), param(w, k + 1), k + 2 < w->n_w ? ORR_ACT_TANH : ORR_ACT_NONE);
    return y;
}
static struct orr_var *node_loss(struct workload *w, int b)
{
    const int n = w->params.tensor[0].shape.size[1];
    struct orr_var *states[20];
    orr_ode_unroll(node_field, w, ORR_RK4, 0, 1, 20, orr_tape_input(w->tape, orr_shape2(w->batch, n), w->x[b]), states);
    return orr_mse(orr_stack(states, 20), orr_tape_input(w->tape, orr_shape3(w->batch, 20, n), w->y[b]));
}
/* Rotations x(t) = exp(t A) x0 in planes, so that a fit exists. */
static void spirals(struct workload *w, int n)
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
static void node_init(struct workload *w)
{
    add_linear(w, 16, 32);
    add_linear(w, 32, 64);
    add_linear(w, 64, 16);
    spirals(w, 16);
}
static void tiny_init(struct workload *w)
{
    add_linear(w, 4, 16);
    add_linear(w, 16, 4);
    spirals(w, 4);
}

static double train_step(struct workload *w)
{
    orr_tape_reset(w->tape);
    orr_params_zero_grad(&w->params);
    struct orr_var *loss = w->loss(w, w->step++ % BATCHES);
    orr_tape_backward(loss);
    orr_optim_step(&w->optim, &w->params);
    return (double)loss->value[0];
}

static void workload_free(struct workload *w)
{
    for (int b = 0; b < BATCHES; b++) {
        free(w->x[b]);
        free(w->y[b]);
        free(w->ids[b]);
        free(w->labels[b]);
    }
    orr_tape_free(w->tape);
    orr_optim_free(&w->optim);
    orr_params_free(&w->params);
}

/* ---- the two sides ---- */

static bool ours(void *ctx, struct orr_bench_sample *out)
{
    struct workload *w = ctx;
    for (int i = 0; i < 3; i++) train_step(w);
    const double start = orr_bench_now();
    double now;
    int steps = 0;
    do {
        if (!isfinite(train_step(w))) return false;
        steps++;
    } while ((now = orr_bench_now()) - start < 0.5);
    *out = (struct orr_bench_sample){(now - start) / steps * 1e3, NAN};
    return true;
}

static bool torch(void *ctx, struct orr_bench_sample *out)
{
    const struct workload *w = ctx;
    char script[512], batch[16];
    snprintf(script, sizeof script, "%s/core/torch_train.py", getenv("ORRERY_PEERS"));
    snprintf(batch, sizeof batch, "%d", w->batch);
    const char *const argv[] = {"/usr/bin/python3", script, "--workload", w->name, "--batch", batch, "--threads", "1",
                                "--repeats", "1", "--seeds", "1", NULL};
    struct orr_str text = {0};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    struct json_object *o = NULL, *seconds;
    bool ok = orr_bench_run(&child) && orr_json_parse(script, orr_str_c(&text), text.len, &o, NULL) == ORR_OK &&
              json_object_object_get_ex(o, "seconds", &seconds);
    if (ok) *out = (struct orr_bench_sample){json_object_get_double(seconds) * 1e3, child.rss_mb};
    json_object_put(o);
    orr_str_free(&text);
    return ok;
}

static void run(struct orr_bench_report *report, const char *row, const char *name, int batch,
                void (*init)(struct workload *), struct orr_var *(*loss)(struct workload *, int))
{
    static struct workload w;
    memset(&w, 0, sizeof w);
    w.name = name;
    w.batch = batch;
    w.loss = loss;
    w.tape = orr_tape_new();
    orr_rng_seed(&rng, 1, 0);
    init(&w);
    const struct orr_optim_options o = orr_optim_defaults(ORR_ADAM, 1e-3);
    orr_optim_init(&w.optim, &o, &w.params);
    orr_blas_set_threads(1);
    char config[64];
    snprintf(config, sizeof config, "batch %d, %zu parameters, Adam", batch, w.params.n);
    const struct orr_bench_case c = {
        .name = row, .config = config, .threads = 1, .unit = "ms/step", .lower_is_better = true,
        .peer_name = "PyTorch", .peer_missing = getenv("ORRERY_PEERS") ? NULL : "set ORRERY_PEERS to the peers folder",
        .ours = ours, .peer = torch, .ctx = &w, .repetitions = 5};
    orr_bench_compare(report, &c);
    workload_free(&w);
}

static void run_mlp(struct orr_bench_report *r) { run(r, "mlp", "mlp", 64, mlp_init, mlp_loss); }
static void run_cnn(struct orr_bench_report *r) { run(r, "cnn", "cnn", 64, cnn_init, cnn_loss); }
static void run_transformer(struct orr_bench_report *r)
{
    run(r, "transformer", "transformer", 16, transformer_init, transformer_loss);
}
static void run_gru(struct orr_bench_report *r) { run(r, "gru", "gru", 64, gru_init, gru_loss); }
static void run_node(struct orr_bench_report *r) { run(r, "neural_ode", "neural_ode", 64, node_init, node_loss); }
static void run_tiny(struct orr_bench_report *r) { run(r, "tiny", "tiny", 1, tiny_init, node_loss); }

const struct orr_bench orr_bench_mlp = {"mlp", "training step: 784-256-128-10", run_mlp};
const struct orr_bench orr_bench_cnn = {"cnn", "training step: two convolutions, two dense layers", run_cnn};
const struct orr_bench orr_bench_transformer = {"transformer", "training step: 4 layers, d 128", run_transformer};
const struct orr_bench orr_bench_gru = {"gru", "training step: 50 steps, 64 hidden", run_gru};
const struct orr_bench orr_bench_neural_ode = {"neural_ode", "training step: RK4 x 20, 16-32-64-16", run_node};
const struct orr_bench orr_bench_tiny = {"tiny", "training step: RK4 x 20, 4-16-4", run_tiny};
