/* The network, its rows and its loss against an independent build in PyTorch (tests/data/detect_torch.py). */
#include "suite.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "methods/detect/infer.h"
#include "methods/detect/loss.h"

static struct json_object *golden(void)
{
    struct json_object *g;
    struct orr_error err;
    ck_assert_msg(!orr_json_parse_file("tests/data/detect/golden.json", 1 << 20, &g, &err), "%s", err.message);
    return g;
}
static struct json_object *get(struct json_object *o, const char *key)
{
    struct json_object *x;
    ck_assert_msg(json_object_object_get_ex(o, key, &x), "no %s", key);
    return x;
}
static double number(struct json_object *o, const char *key) { return json_object_get_double(get(o, key)); }

/* The generator of the script. */
static void numbers(uint64_t stream, size_t n, float *out)
{
    uint32_t x = (uint32_t)(stream * 2654435761u + 12345);
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        out[i] = (float)(x >> 8) / 8388608.0f - 1;
    }
}

struct named {
    char name[64];
    float *at;
    size_t n;
    double fan; /* 0: no kernel */
    bool around_one;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static void add(struct named *list, size_t *n, const char *name, float *at, size_t count, double fan, bool around_one)
{
    struct named *t = &list[(*n)++];
    *t = (struct named){.at = at, .n = count, .fan = fan, .around_one = around_one};
    snprintf(t->name, sizeof t->name, "%s", name);
}

static void fill(struct orr_yolo *y)
{
    static struct named list[5 * ORR_YOLO_CONVS_MAX];
    size_t n = 0;
    for (int i = 0; i < y->n_convs; i++) {
        const struct orr_yolo_conv *c = &y->conv[i];
        const size_t out = (size_t)c->out, fan = (size_t)c->in * (size_t)(c->size * c->size);
        char name[64], norm[48];
        snprintf(name, sizeof name, "%s.weight", c->name);
        add(list, &n, name, orr_params_value(&y->params, c->weight), out * fan, (double)fan, false);
        if (c->output) {
            snprintf(name, sizeof name, "%s.bias", c->name);
            add(list, &n, name, orr_params_value(&y->params, c->weight + 1), out, 0, false);
            continue;
        }
        snprintf(norm, sizeof norm, "%.*s", (int)strlen(c->name) - 5, c->name);
        float *const part[] = {orr_params_value(&y->params, c->weight + 1), orr_params_value(&y->params, c->weight + 2),
                               y->state + c->state, y->state + c->state + c->out};
        static const char *const suffix[] = {"weight", "bias", "running_mean", "running_var"};
        for (int k = 0; k < 4; k++) {
            snprintf(name, sizeof name, "%.40s.bn.%s", norm, suffix[k]);
            add(list, &n, name, part[k], out, 0, k == 0 || k == 3);
        }
    }
    qsort(list, n, sizeof *list, by_name);
    for (size_t k = 0; k < n; k++) {
        numbers(k + 1, list[k].n, list[k].at);
        for (size_t i = 0; i < list[k].n; i++) {
            float *x = &list[k].at[i];
            if (list[k].fan > 0)
                *x *= (float)sqrt(6 / list[k].fan);
            else
                *x = 0.3f * *x + (list[k].around_one ? 1 : 0);
        }
    }
}

static float *images(int batch, int height, int width)
{
    const size_t n = (size_t)batch * 3 * (size_t)height * (size_t)width;
    float *x = orr_xcalloc(n, sizeof *x);
    numbers(999, n, x);
    for (size_t i = 0; i < n; i++) x[i] = x[i] / 2 + 0.5f;
    return x;
}

/* What the script picks: numbers spread evenly from the first to the last. */
static void expect_spread(const char *what, struct json_object *want, const float *x, size_t n)
{
    const size_t count = json_object_array_length(want);
    const double step = (double)(n - 1) / (double)(count - 1);
    for (size_t k = 0; k < count; k++) {
        const size_t at =
            k < count / 2 ? (size_t)(step * (double)k) : n - 1 - (size_t)ceil(step * (double)(count - 1 - k) - 1e-9);
        const double expected = json_object_get_double(json_object_array_get_idx(want, k));
        ck_assert_msg(fabs((double)x[at] - expected) < 1e-4 * (1 + fabs(expected)),
                      "%s, number %zu of %zu: %g, expected %g", what, k, count, (double)x[at], expected);
    }
}

START_TEST(outputs_and_rows_are_those_of_pytorch)
{
    struct json_object *g = golden(), *cases = get(g, "cases");
    for (size_t k = 0; k < json_object_array_length(cases); k++) {
        struct json_object *c = json_object_array_get_idx(cases, k), *outputs = get(c, "outputs");
        const int h = (int)number(c, "height"), w = (int)number(c, "width"), classes = (int)number(c, "classes");
        struct orr_yolo y;
        struct orr_error err;
        enum orr_yolo_kind kind;
        const float *out[ORR_YOLO_LEVELS];
        ck_assert_int_eq(orr_yolo_parse_kind(json_object_get_string(get(c, "kind")), &kind, &err), ORR_OK);
        ck_assert_int_eq(orr_yolo_init(&y, kind, classes, 1, &err), ORR_OK);
        ck_assert_uint_eq(orr_yolo_parameters(&y), (size_t)number(c, "parameters"));
        fill(&y);
        float *x = images(2, h, w), *rows = orr_xcalloc(orr_yolo_rows(h, w) * (size_t)(5 + classes), sizeof *rows);
        struct orr_yolo_infer *f = orr_yolo_infer_new(&y, 2);
        ck_assert_int_eq(orr_yolo_infer_run(f, x, h, w, out, &err), ORR_OK);
        for (size_t l = 0; l < ORR_YOLO_LEVELS; l++)
            expect_spread("output", json_object_array_get_idx(outputs, l), out[l],
                          (size_t)(3 * (5 + classes)) * (size_t)(h / (8 << l)) * (size_t)(w / (8 << l)));
        orr_yolo_decode(&y, out, h, w, rows);
        expect_spread("rows", get(c, "rows"), rows, orr_yolo_rows(h, w) * (size_t)(5 + classes));
        orr_yolo_infer_free(f);
        orr_yolo_free(&y);
        free(rows);
        free(x);
    }
    json_object_put(g);
}
END_TEST

START_TEST(loss_gradients_and_running_statistics_are_those_of_pytorch)
{
    struct json_object *g = golden(), *want = get(g, "loss"), *list = get(want, "targets"),
                       *gradients = get(want, "gradients");
    const struct orr_yolo_gains gains = orr_yolo_gains(6, 128);
    const size_t n = json_object_array_length(list);
    struct orr_target targets[8];
    struct orr_yolo y;
    struct orr_yolo_loss parts;
    struct orr_error err;
    struct orr_var *out[ORR_YOLO_LEVELS];
    for (size_t i = 0; i < n; i++) {
        struct json_object *t = json_object_array_get_idx(list, i);
        targets[i].image = json_object_get_int(json_object_array_get_idx(t, 0));
        targets[i].class = json_object_get_int(json_object_array_get_idx(t, 1));
        for (size_t k = 0; k < 4; k++) targets[i].box[k] = json_object_get_double(json_object_array_get_idx(t, 2 + k));
    }
    ck_assert_int_eq(orr_yolo_init(&y, ORR_YOLO_PICO, 6, 1, &err), ORR_OK);
    fill(&y);
    float *x = images(2, 96, 128);
    struct orr_tape *tape = orr_tape_new();
    orr_params_zero_grad(&y.params);
    orr_yolo_forward(&y, tape, x, 2, 96, 128, true, out);
    struct orr_var *loss = orr_yolo_loss(&y, out, targets, n, &gains, &parts);
    orr_tape_backward(loss);
    ck_assert_double_eq_tol(parts.box, number(want, "box"), 1e-5);
    ck_assert_double_eq_tol(parts.object, number(want, "object"), 1e-5);
    ck_assert_double_eq_tol(parts.class, number(want, "class"), 1e-5);
    ck_assert_double_eq_tol((double)loss->value[0], 2 * (parts.box + parts.object + parts.class), 1e-5);
    ck_assert_double_eq_tol(orr_params_grad_norm(&y.params), number(want, "norm"), 1e-3);
    size_t compared = 0;
    for (size_t k = 0; k < y.params.n_tensors; k++) {
        const struct orr_param_tensor *t = &y.params.tensor[k];
        char name[72];
        struct json_object *expected;
        /* ours: model.9.cv2.conv.gain and .bias; PyTorch's: model.9.cv2.bn.weight and .bias */
        const char *norm = t->shape.axes == 1 ? strstr(t->name, ".conv.") : NULL;
        if (norm)
            snprintf(name, sizeof name, "%.*s.bn.%s", (int)(norm - t->name), t->name,
                     strstr(t->name, "gain") ? "weight" : "bias");
        else
            snprintf(name, sizeof name, "%s", t->name);
        if (!json_object_object_get_ex(gradients, name, &expected)) continue;
        expect_spread(name, expected, orr_params_grad(&y.params, k), orr_shape_count(t->shape));
        compared++;
    }
    ck_assert_uint_eq(compared, json_object_object_length(gradients));
    for (int i = 0; i < y.n_convs; i++) {
        const struct orr_yolo_conv *c = &y.conv[i];
        if (strcmp(c->name, "model.3.conv")) continue;
        expect_spread("running_mean", get(want, "running_mean"), y.state + c->state, (size_t)c->out);
        expect_spread("running_var", get(want, "running_var"), y.state + c->state + c->out, (size_t)c->out);
    }
    orr_tape_free(tape);
    orr_yolo_free(&y);
    free(x);
    json_object_put(g);
}
END_TEST

ORR_SUITE("yolo_torch", outputs_and_rows_are_those_of_pytorch,
          loss_gradients_and_running_statistics_are_those_of_pytorch)
