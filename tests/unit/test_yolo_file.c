/* Weights as files: safetensors of ours, and ONNX files, whole, of other networks, and damaged. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_folder.h"
#include "base/mem.h"
#include "base/str.h"
#include "methods/detect/infer.h"
#include "methods/detect/yolo_file.h"

static struct orr_yolo network(int classes)
{
    struct orr_yolo y;
    struct orr_error err;
    struct orr_rng rng;
    ck_assert_int_eq(orr_yolo_init(&y, ORR_YOLO_PICO, classes, 3, &err), ORR_OK);
    orr_rng_seed(&rng, 5, 5);
    for (size_t i = 0; i < y.n_state; i++) y.state[i] = (orr_real)(0.5 + 0.5 * orr_rng_uniform(&rng));
    snprintf(y.class_name[0], sizeof y.class_name[0], "plastic");
    y.anchor[1][2][0] = 33.25;
    return y;
}

/* Largest difference of the outputs of two networks. */
static double difference(const struct orr_yolo *a, const struct orr_yolo *b)
{
    struct orr_error err;
    const float *p[ORR_YOLO_LEVELS], *q[ORR_YOLO_LEVELS];
    float *x = orr_xcalloc(3 * 64 * 64, sizeof *x);
    double most = 0;
    for (int i = 0; i < 3 * 64 * 64; i++) x[i] = (float)(i % 97) / 97;
    struct orr_yolo_infer *f = orr_yolo_infer_new(a, 1), *g = orr_yolo_infer_new(b, 1);
    ck_assert_int_eq(orr_yolo_infer_run(f, x, 64, 64, p, &err), ORR_OK);
    ck_assert_int_eq(orr_yolo_infer_run(g, x, 64, 64, q, &err), ORR_OK);
    for (int l = 0; l < ORR_YOLO_LEVELS; l++)
        for (int i = 0; i < 3 * (5 + a->classes) * (64 / (8 << l)) * (64 / (8 << l)); i++)
            most = fmax(most, fabs((double)p[l][i] - (double)q[l][i]));
    orr_yolo_infer_free(f);
    orr_yolo_infer_free(g);
    free(x);
    return most;
}

START_TEST(what_is_saved_is_loaded_whole_and_folded)
{
    struct orr_yolo y = network(2), z;
    struct orr_error err;
    int size;
    for (int folded = 0; folded < 2; folded++) {
        const char *path = aid_file_write("w.safetensors", "", 0);
        ck_assert_int_eq(orr_yolo_save(&y, path, 192, folded, "a test", &err), ORR_OK);
        ck_assert_msg(orr_yolo_load(path, &z, &size, &err) == ORR_OK, "%s", err.message);
        ck_assert_int_eq(size, 192);
        ck_assert_int_eq(z.kind, ORR_YOLO_PICO);
        ck_assert_int_eq(z.classes, 2);
        ck_assert_str_eq(z.class_name[0], "plastic");
        ck_assert_double_eq(z.anchor[1][2][0], 33.25);
        ck_assert_double_le(difference(&y, &z), folded ? 2e-2 : 0); /* halves have 11 bits */
        orr_yolo_free(&z);
    }
    orr_yolo_free(&y);
}
END_TEST

START_TEST(batch_norm_is_taken_out_again_to_train_on)
{
    struct orr_yolo y = network(2), z;
    struct orr_error err;
    int size;
    const char *path = aid_file_write("f.safetensors", "", 0);
    ck_assert_int_eq(orr_yolo_save(&y, path, 64, true, NULL, &err), ORR_OK);
    ck_assert(!orr_yolo_is_folded(&y));
    orr_yolo_free(&y);
    ck_assert_int_eq(orr_yolo_load(path, &y, &size, &err), ORR_OK);
    ck_assert_int_eq(orr_yolo_load(path, &z, &size, &err), ORR_OK);
    ck_assert(orr_yolo_is_folded(&z));
    float *x = orr_xcalloc(2 * 3 * 64 * 64, sizeof *x);
    for (int i = 0; i < 2 * 3 * 64 * 64; i++) x[i] = (float)(i * 31 % 101) / 101;
    struct orr_tape *t = orr_tape_new();
    orr_yolo_unfold(&z, t, x, 2, 64, 64);
    ck_assert(!orr_yolo_is_folded(&z));
    ck_assert_double_le(difference(&y, &z), 1e-4);
    /* By the statistics of these very images training computes nearly the same. */
    struct orr_var *out[ORR_YOLO_LEVELS], *still[ORR_YOLO_LEVELS];
    orr_yolo_forward(&z, t, x, 2, 64, 64, false, still);
    orr_yolo_forward(&z, t, x, 2, 64, 64, true, out);
    for (size_t i = 0; i < out[0]->n; i++) ck_assert_float_eq_tol(out[0]->value[i], still[0]->value[i], 1e-3f);
    orr_tape_free(t);
    orr_yolo_free(&y);
    orr_yolo_free(&z);
    free(x);
}
END_TEST

/* ---- ONNX, written by hand ---- */

static void varint(struct orr_str *s, uint64_t x)
{
    for (; x >= 0x80; x >>= 7) orr_str_append_char(s, (char)(x | 0x80));
    orr_str_append_char(s, (char)x);
}
static void bytes(struct orr_str *s, int field, const void *p, size_t n)
{
    varint(s, (uint64_t)field << 3 | 2);
    varint(s, n);
    orr_str_append_n(s, p, n);
}
static void tensor(struct orr_str *graph, const char *name, const int *shape, int rank, const float *x, size_t n)
{
    struct orr_str t = {0};
    for (int a = 0; a < rank; a++) {
        varint(&t, 1 << 3);
        varint(&t, (uint64_t)shape[a]);
    }
    varint(&t, 2 << 3);
    varint(&t, 1); /* FLOAT */
    bytes(&t, 8, name, strlen(name));
    bytes(&t, 9, x, n * sizeof *x);
    bytes(graph, 5, t.data, t.len);
    orr_str_free(&t);
}

enum fault { WHOLE, NO_TENSOR, WRONG_SHAPE, NOT_FINITE, SHORT_DATA, WIDE, CLASSES };

/* The network as an export writes it, without the nodes of its graph, which nobody reads. */
static struct orr_str onnx(const struct orr_yolo *y, enum fault fault)
{
    struct orr_str graph = {0}, model = {0};
    for (int i = 0; i < y->n_convs; i++) {
        const struct orr_yolo_conv *c = &y->conv[i];
        const size_t n = (size_t)c->out * (size_t)c->in * (size_t)(c->size * c->size);
        float *w = orr_xcalloc(n + (size_t)c->out, sizeof *w);
        char name[64];
        int shape[4] = {c->out, c->in, c->size, c->size};
        const bool here = !strcmp(c->name, "model.6.cv2.conv");
        orr_yolo_fold(y, i, w, w + n);
        snprintf(name, sizeof name, "%s.weight", c->name);
        if (here && fault == NOT_FINITE) w[3] = NAN;
        if (here && fault == WRONG_SHAPE) shape[0] = c->in, shape[1] = c->out;
        if (i == 0 && fault == WIDE) shape[0] = 12;
        if (c->output && fault == CLASSES) shape[0]++;
        if (!here || fault != NO_TENSOR) tensor(&graph, name, shape, 4, w, n - (here && fault == SHORT_DATA));
        snprintf(name, sizeof name, "%s.bias", c->name);
        tensor(&graph, name, shape, 1, w + n, (size_t)c->out);
        free(w);
    }
    bytes(&model, 7, graph.data, graph.len);
    orr_str_free(&graph);
    return model;
}

START_TEST(an_onnx_file_is_read_by_the_names_of_its_tensors)
{
    struct orr_yolo y = network(1), z;
    struct orr_error err;
    int size;
    struct orr_str m = onnx(&y, WHOLE);
    const char *path = aid_file_write("y.onnx", m.data, m.len);
    ck_assert_msg(orr_yolo_load(path, &z, &size, &err) == ORR_OK, "%s", err.message);
    ck_assert_int_eq(size, 640);
    memcpy(z.anchor, y.anchor, sizeof z.anchor);
    ck_assert_double_le(difference(&y, &z), 1e-5);
    orr_yolo_free(&z);
    orr_yolo_free(&y);
    orr_str_free(&m);
}
END_TEST

START_TEST(an_onnx_file_of_another_network_is_an_error_that_names_the_tensor)
{
    static const struct {
        enum fault fault;
        const char *names;
    } cases[] = {{NO_TENSOR, "model.6.cv2.conv.weight is missing"},
                 {WRONG_SHAPE, "model.6.cv2.conv.weight is"},
                 {NOT_FINITE, "model.6.cv2.conv.weight holds a number that is not finite"},
                 {SHORT_DATA, "model.6.cv2.conv.weight has no data"},
                 {WIDE, "model.0.conv.weight has 12 channels"},
                 {CLASSES, "model.24.m.0.weight has 19 rows"}};
    struct orr_yolo y = network(1), z;
    struct orr_error err;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct orr_str m = onnx(&y, cases[k].fault);
        ck_assert_int_eq(orr_yolo_parse_onnx(m.data, m.len, "y.onnx", &z, &err), ORR_EFORMAT);
        ck_assert_msg(strstr(err.message, cases[k].names) != NULL, "%s", err.message);
        ck_assert_ptr_null(z.params.value);
        orr_str_free(&m);
    }
    orr_yolo_free(&y);
}
END_TEST

START_TEST(damaged_files_are_errors)
{
    struct orr_yolo y = network(1), z;
    struct orr_error err;
    int size;
    struct orr_str m = onnx(&y, WHOLE);
    for (size_t n = 0; n < m.len; n += n < 100 ? 1 : m.len / 13) {
        ck_assert_int_eq(orr_yolo_parse_onnx(m.data, n, "y.onnx", &z, &err), ORR_EFORMAT);
        ck_assert_ptr_null(z.params.value);
    }
    /* A tensor that claims 2^60 numbers, and one of nine axes. */
    struct orr_str t = {0}, graph = {0}, model = {0};
    for (int a = 0; a < 9; a++) {
        varint(&t, 1 << 3);
        varint(&t, UINT64_C(1) << 60);
    }
    bytes(&t, 8, "model.0.conv.weight", 19);
    bytes(&graph, 5, t.data, t.len);
    bytes(&model, 7, graph.data, graph.len);
    ck_assert_int_eq(orr_yolo_parse_onnx(model.data, model.len, "y.onnx", &z, &err), ORR_EFORMAT);
    ck_assert_int_eq(orr_yolo_load(aid_file_write("x.png", "\x89PNG\r\n\x1a\nxxxxxxxxxxx", 19), &z, &size, &err),
                     ORR_EFORMAT);
    ck_assert_int_eq(orr_yolo_load(aid_file_write("empty", "", 0), &z, &size, &err), ORR_EFORMAT);
    ck_assert_int_eq(orr_yolo_load("/nowhere/at/all", &z, &size, &err), ORR_EIO);
    orr_str_free(&t);
    orr_str_free(&graph);
    orr_str_free(&model);
    orr_str_free(&m);
    orr_yolo_free(&y);
}
END_TEST

ORR_SUITE_IN_FOLDER("yolo_file", what_is_saved_is_loaded_whole_and_folded, batch_norm_is_taken_out_again_to_train_on,
                    an_onnx_file_is_read_by_the_names_of_its_tensors,
                    an_onnx_file_of_another_network_is_an_error_that_names_the_tensor, damaged_files_are_errors)
