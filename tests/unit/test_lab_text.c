/* Text as a data set of the lab, and the language model that reads it. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "lab/train.h"

static char path[32], spec[64];

/* A file with these bytes, named as a data set with these options. */
static const char *file_with(const char *bytes, size_t n, const char *options)
{
    snprintf(path, sizeof path, "/tmp/orrery-text-XXXXXX");
    FILE *f = fdopen(mkstemp(path), "w");
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    fclose(f);
    snprintf(spec, sizeof spec, "text:%s%s", path, options);
    return spec;
}

/* Sentences of few words: what comes next is often certain. */
static struct orr_dataset sentences(size_t n, const char *options)
{
    static const char *const words[] = {"the cat ", "a dog ", "sat on the mat.\n", "ran to the hill.\n"};
    struct orr_rng rng;
    struct orr_dataset d;
    struct orr_error err;
    char *text = malloc(40 * n);
    size_t used = 0;
    orr_rng_seed(&rng, 3, 0);
    for (size_t i = 0; i < n; i++)
        used += (size_t)sprintf(text + used, "%s%s", words[orr_rng_below(&rng, 2)], words[2 + orr_rng_below(&rng, 2)]);
    const enum orr_status s = orr_dataset_load(file_with(text, used, options), &d, &err);
    ck_assert_msg(s == ORR_OK, "%s: %s", err.where, err.message);
    unlink(path);
    free(text);
    return d;
}

static struct orr_train *start(const char *arch, const struct orr_dataset *d)
{
    struct orr_train_options o = orr_train_defaults();
    struct orr_error err;
    struct orr_train *t = NULL;
    o.arch = arch;
    o.batch = 16;
    o.epochs = 6;
    o.optim.lr = 1e-2;
    ck_assert_msg(orr_train_open(&o, d, NULL, &t, &err) == ORR_OK, "%s: %s", err.where, err.message);
    return t;
}

static void epochs(struct orr_train *t, int n)
{
    struct orr_error err;
    for (int i = 0; i < n; i++) ck_assert_int_eq(orr_train_epoch(t, NULL, &err), ORR_OK);
}

START_TEST(windows_hold_the_bytes_and_labels_the_bytes_after_them)
{
    char text[400];
    for (int i = 0; i < 400; i++) text[i] = (char)('a' + i % 7);
    struct orr_dataset d;
    struct orr_error err;
    ck_assert_int_eq(orr_dataset_load(file_with(text, sizeof text, ":8:20"), &d, &err), ORR_OK);
    unlink(path);
    ck_assert_int_eq(d.tokens, 7);
    ck_assert_int_eq(d.classes, 7);
    ck_assert_int_eq(d.targets, 8);
    ck_assert_uint_eq(d.width, 8);
    ck_assert_uint_eq(d.n[ORR_TRAIN], 20);
    ck_assert_uint_eq(d.n[ORR_VALIDATION], 4); /* of 40 bytes: one has nothing after it */
    ck_assert_uint_eq(d.n[ORR_TEST], 4);
    for (int s = 0; s < ORR_SPLITS; s++)
        for (size_t i = 0; i < d.n[s] * 8; i++) ck_assert_int_eq(d.label[s][i], ((int)d.x[s][i] + 1) % 7);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(what_is_no_text_is_a_named_error)
{
    static const struct {
        const char *bytes, *options, *says;
        size_t n;
    } bad[] = {{"", "", "too short", 0},
               {"abc", "", "too short", 3},
               {"some text \0 here", ":2", "NUL", 16},
               {"gr\xfc\xdf" "e aus dem alten Zeichensatz", ":2", "not UTF-8", 30},
               {"cut in the middle of a letter \xe2\x82", ":2", "not UTF-8", 32},
               {"abc", ":1", "CONTEXT", 3},
               {"abc", ":2000", "CONTEXT", 3}};
    struct orr_dataset d;
    struct orr_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err.message[0] = '\0';
        ck_assert_int_ne(orr_dataset_load(file_with(bad[i].bytes, bad[i].n, bad[i].options), &d, &err), ORR_OK);
        ck_assert_msg(strstr(err.message, bad[i].says) != NULL, "%zu: %s", i, err.message);
        ck_assert_uint_eq(d.n[ORR_TRAIN], 0);
        unlink(path);
    }
    ck_assert_int_eq(orr_dataset_load("text:/does/not/exist", &d, &err), ORR_EIO);
    ck_assert_int_eq(orr_dataset_load("text:/tmp", &d, &err), ORR_EIO); /* a folder */
    ck_assert_int_eq(orr_dataset_load("text:", &d, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_dataset_load("text:99999999999999999999", &d, &err), ORR_EIO); /* no number: a file's name */
}
END_TEST

START_TEST(letters_beyond_ascii_are_bytes_like_others)
{
    char text[600] = "";
    for (int i = 0; i < 20; i++) strcat(text, "Größe und Maß \xe2\x82\xac. ");
    struct orr_dataset d;
    struct orr_error err;
    ck_assert_msg(orr_dataset_load(file_with(text, strlen(text), ":4"), &d, &err) == ORR_OK, "%s", err.message);
    unlink(path);
    ck_assert_int_eq(d.tokens, 16); /* G r 0xc3 0xb6 0x9f e u n d M a 0xe2 0x82 0xac . and the blank; 0x9f once */
    orr_dataset_free(&d);
}
END_TEST

START_TEST(a_language_model_learns_what_comes_next)
{
    static const char *const archs[] = {"lm:16:1:2", "lm:16:2:4:untied", "lm:16:1:1:relu:dropout=0.05"};
    struct orr_dataset d = sentences(600, ":16:300");
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++) {
        struct orr_train *t = start(archs[i], &d);
        const double before = orr_train_state(t).validation_loss;
        ck_assert_double_lt(fabs(before - log(d.tokens)), 0.5); /* undecided at first */
        epochs(t, 1);
        const size_t warm = orr_train_allocations(t);
        epochs(t, 5);
        ck_assert_uint_eq(orr_train_allocations(t), warm);
        const struct orr_train_state st = orr_train_state(t);
        ck_assert_msg(st.validation_loss < 0.6 && st.validation_accuracy > 0.8, "%s: %g, %g", archs[i], st.validation_loss,
                      st.validation_accuracy);
        ck_assert_double_gt(st.train_accuracy, 0.7);
        orr_train_close(t);
    }
    orr_dataset_free(&d);
}
END_TEST

START_TEST(no_position_sees_what_comes_after_it)
{
    struct orr_dataset d = sentences(60, ":12");
    struct orr_train *t = start("lm:16:2:2", &d);
    struct orr_tape *tape = orr_tape_new();
    epochs(t, 1);
    orr_real x[12], before[12 * 64], last_before[64];
    memcpy(x, d.x[ORR_TEST], sizeof x);
    const size_t v = (size_t)d.tokens;
    const struct orr_var *y = orr_model_forward(orr_train_model(t), tape, x, 1, false, NULL);
    ck_assert_uint_eq(y->n, 12 * v);
    memcpy(before, y->value, y->n * sizeof *before);
    memcpy(last_before, y->value + 11 * v, v * sizeof *before);
    x[7] = (orr_real)(((int)x[7] + 1) % d.tokens);
    orr_tape_reset(tape);
    y = orr_model_forward(orr_train_model(t), tape, x, 1, false, NULL);
    ck_assert_mem_eq(before, y->value, 7 * v * sizeof *before);
    for (size_t k = 7; k < 12; k++) ck_assert_mem_ne(before + k * v, y->value + k * v, v * sizeof *before);
    orr_tape_free(tape);
    orr_train_close(t);
    orr_dataset_free(&d);
}
END_TEST

/* The tied table gets a gradient from both of its places: along it, the loss falls as fast as it says. */
START_TEST(the_gradient_of_a_tied_table_is_that_of_the_loss)
{
    static const char *const archs[] = {"lm:8:1:2", "lm:8:1:2:untied"};
    struct orr_dataset d = sentences(60, ":12");
    for (size_t i = 0; i < 2; i++) {
        struct orr_train *t = start(archs[i], &d);
        struct orr_model *m = orr_train_model(t);
        struct orr_tape *tape = orr_tape_new();
        double loss[3];
        const size_t n = orr_shape_count(m->params.tensor[0].shape);
        orr_real *w = orr_params_value(&m->params, 0), *g = orr_params_grad(&m->params, 0), keep[1024], slope[1024];
        ck_assert_uint_le(n, 1024);
        memcpy(keep, w, n * sizeof *w);
        const double step = 1e-2;
        double norm = 0;
        for (int k = 0; k < 3; k++) {
            for (size_t j = 0; j < n && k; j++) w[j] = keep[j] + (orr_real)((k == 1 ? step : -step) * (double)slope[j] / norm);
            orr_tape_reset(tape);
            struct orr_var *l = orr_cross_entropy(orr_model_forward(m, tape, d.x[0], 8, true, NULL), d.label[0]);
            loss[k] = (double)l->value[0];
            if (k) continue;
            orr_params_zero_grad(&m->params);
            orr_tape_backward(l);
            memcpy(slope, g, n * sizeof *g);
            for (size_t j = 0; j < n; j++) norm += (double)g[j] * (double)g[j];
            norm = sqrt(norm);
        }
        ck_assert_double_gt(norm, 0);
        ck_assert_double_eq_tol((loss[1] - loss[2]) / (2 * step) / norm, 1, 5e-3);
        orr_tape_free(tape);
        orr_train_close(t);
    }
    orr_dataset_free(&d);
}
END_TEST

START_TEST(the_graph_of_a_language_model_tells_widths_and_connections)
{
    struct orr_dataset d = sentences(60, ":12");
    struct orr_train *t = start("lm:16:2:4", &d);
    const struct orr_model *m = orr_train_model(t);
    struct orr_str json = {0};
    struct json_object *graph, *nodes, *edges, *width;
    struct orr_error err;
    orr_model_graph(m, &json);
    ck_assert_int_eq(orr_json_parse("graph", orr_str_c(&json), json.len, &graph, &err), ORR_OK);
    ck_assert(json_object_object_get_ex(graph, "nodes", &nodes) && json_object_object_get_ex(graph, "edges", &edges));
    ck_assert_uint_eq(json_object_array_length(nodes), 3 + 2 * 9 + 2); /* two blocks of nine layers */
    ck_assert_uint_eq(json_object_array_length(edges), 2 + 2 * 11 + 2); /* every sum has two inputs */
    ck_assert(json_object_object_get_ex(json_object_array_get_idx(nodes, 1), "width", &width));
    ck_assert_int_eq(json_object_get_int(width), 16); /* not the number of positions */
    json_object_put(graph);
    orr_str_free(&json);
    orr_train_close(t);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(a_checkpoint_of_a_language_model_goes_on_as_if_nothing_had_been)
{
    char checkpoint[] = "/tmp/orrery-lm-XXXXXX";
    close(mkstemp(checkpoint));
    struct orr_error err;
    struct orr_dataset d = sentences(100, ":12");
    struct orr_train *a = start("lm:8:1:2:dropout=0.1", &d), *b = start("lm:8:1:2:dropout=0.1", &d),
                     *c = start("lm:8:1:2:dropout=0.1", &d);
    epochs(a, 5);
    epochs(b, 2);
    ck_assert_int_eq(orr_train_save(b, checkpoint, &err), ORR_OK);
    ck_assert_int_eq(orr_train_load(c, checkpoint, &err), ORR_OK);
    epochs(c, 3);
    const struct orr_params *p = &orr_train_model(a)->params;
    ck_assert_mem_eq(p->value, orr_train_model(c)->params.value, p->n * sizeof *p->value);
    orr_train_close(a);
    orr_train_close(b);
    orr_train_close(c);
    orr_dataset_free(&d);
    unlink(checkpoint);
}
END_TEST

START_TEST(text_and_numbers_are_not_mixed_up)
{
    static const char *const bad_for_text[] = {"mlp:8", "linear", "gru", "lm", "lm:8", "lm:8:1", "lm:8:1:3", "lm:8:1:0",
                                               "lm:8:99:2", "lm:9999:1:1", "lm:8:1:2:3", "lm:8:1:2:tied"};
    struct orr_dataset d = sentences(60, ":12"), rings;
    struct orr_error err;
    struct orr_train *t;
    struct orr_train_options o = orr_train_defaults();
    for (size_t i = 0; i < sizeof bad_for_text / sizeof *bad_for_text; i++) {
        o.arch = bad_for_text[i];
        err.message[0] = '\0';
        ck_assert_msg(orr_train_open(&o, &d, NULL, &t, &err) == ORR_EINVAL && err.message[0], "%s", o.arch);
    }
    ck_assert_int_eq(orr_dataset_load("rings", &rings, &err), ORR_OK);
    o.arch = "lm:8:1:2";
    ck_assert_int_eq(orr_train_open(&o, &rings, NULL, &t, &err), ORR_EINVAL);
    o.arch = "mlp:8:untied";
    ck_assert_int_eq(orr_train_open(&o, &rings, NULL, &t, &err), ORR_EINVAL);
    orr_dataset_free(&rings);
    orr_dataset_free(&d);
}
END_TEST

ORR_SUITE("lab text", windows_hold_the_bytes_and_labels_the_bytes_after_them, what_is_no_text_is_a_named_error,
          letters_beyond_ascii_are_bytes_like_others, a_language_model_learns_what_comes_next,
          no_position_sees_what_comes_after_it, the_gradient_of_a_tied_table_is_that_of_the_loss,
          the_graph_of_a_language_model_tells_widths_and_connections,
          a_checkpoint_of_a_language_model_goes_on_as_if_nothing_had_been, text_and_numbers_are_not_mixed_up)
