#include "suite.h"

#include "aid_lab.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/lab.h"
#include "base/json.h"
#include "lab/train.h"

static enum orr_status note(void *ctx, const char *name, int64_t step, double value, struct orr_error *err)
{
    (void)err;
    orr_aid_log_value(ctx, name, step, value);
    return ORR_OK;
}

static struct orr_train *start(const struct orr_train_options *o, const struct orr_dataset *d, struct orr_aid_log *l)
{
    const struct orr_train_events events = {.ctx = l, .metric = note};
    return orr_aid_train(o, d, l ? &events : NULL);
}

START_TEST(spirals_are_learnt_by_an_mlp_and_not_by_a_linear_model)
{
    struct orr_dataset d = orr_aid_dataset("spirals");
    struct orr_train_options o = orr_train_defaults();
    double loss, accuracy;
    struct orr_error err;
    o.epochs = 80;
    o.batch = 32;
    o.optim.lr = 1e-2;
    o.arch = "mlp:32-32:tanh";
    struct orr_train *t = start(&o, &d, NULL);
    orr_aid_epochs(t, 80);
    ck_assert_int_eq(orr_train_test(t, &loss, &accuracy, &err), ORR_OK);
    ck_assert_msg(accuracy > 0.97, "mlp: %g", accuracy);
    orr_train_close(t);
    o.arch = "logistic";
    t = start(&o, &d, NULL);
    orr_aid_epochs(t, 80);
    ck_assert_int_eq(orr_train_test(t, &loss, &accuracy, &err), ORR_OK);
    ck_assert_msg(accuracy < 0.8, "logistic: %g", accuracy);
    orr_train_close(t);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(numbered_planes_are_drawn_anew_and_reproducibly)
{
    struct orr_dataset a = orr_aid_dataset("linear2d:3"), b = orr_aid_dataset("linear2d:3"), c = orr_aid_dataset("linear2d:4"), d;
    ck_assert_mem_eq(a.y[ORR_TRAIN], b.y[ORR_TRAIN], a.n[ORR_TRAIN] * sizeof *a.y[0]);
    ck_assert_mem_ne(a.y[ORR_TRAIN], c.y[ORR_TRAIN], a.n[ORR_TRAIN] * sizeof *a.y[0]);
    ck_assert_int_eq(orr_dataset_load("linear2d:0", &d, NULL), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_dataset_load("linear2d:3x", &d, NULL), ORR_ENOTFOUND);
    orr_dataset_free(&a);
    orr_dataset_free(&b);
    orr_dataset_free(&c);
}
END_TEST

START_TEST(linear_regression_recovers_the_drawn_plane)
{
    struct orr_dataset d = orr_aid_dataset("linear2d");
    struct orr_train_options o = orr_train_defaults();
    double loss, accuracy;
    struct orr_error err;
    o.arch = "linear";
    o.epochs = 60;
    o.optim = orr_optim_defaults(ORR_SGD, 0.05);
    struct orr_train *t = start(&o, &d, NULL);
    orr_aid_epochs(t, 60);
    ck_assert_int_eq(orr_train_test(t, &loss, &accuracy, &err), ORR_OK);
    /* noise 0.3 against a spread of sqrt(4 + 9 + .09): the best loss is .0069 */
    ck_assert_msg(loss < 0.01 && isnan(accuracy), "loss %g", loss);
    orr_train_close(t);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(a_run_resumed_from_a_checkpoint_gives_the_same_bytes_as_one_that_was_never_stopped)
{
    static struct orr_aid_log whole, parts;
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_train_options o = orr_train_defaults();
    struct orr_error err;
    char path[] = "/tmp/orrery-lab-XXXXXX";
    const int fd = mkstemp(path);
    close(fd);
    o.arch = "mlp:16:dropout=0.3";
    o.epochs = 6;
    o.batch = 50; /* does not divide the training set */
    o.optim = orr_optim_defaults(ORR_ADAMW, 1e-2);
    o.optim.schedule = ORR_COSINE;
    o.log_every = 3;
    whole.n = parts.n = 0;
    struct orr_train *t = start(&o, &d, &whole);
    orr_aid_epochs(t, 6);
    orr_train_close(t);

    t = start(&o, &d, &parts);
    orr_aid_epochs(t, 2);
    ck_assert_int_eq(orr_train_save(t, path, &err), ORR_OK);
    orr_train_close(t);
    const size_t so_far = parts.n;
    t = start(&o, &d, &parts);
    parts.n = so_far; /* epoch 0 was logged again */
    ck_assert_msg(orr_train_load(t, path, &err) == ORR_OK, "%s", err.message);
    orr_aid_epochs(t, 4);
    orr_train_close(t);
    ck_assert_uint_eq(whole.n, parts.n);
    ck_assert_str_eq(whole.text, parts.text);

    o.seed = 2;
    t = start(&o, &d, NULL);
    ck_assert_int_eq(orr_train_load(t, path, &err), ORR_EINVAL);
    orr_train_close(t);
    orr_dataset_free(&d);
    unlink(path);
}
END_TEST

struct stop {
    int ticks, at;
};
static bool stop_tick(void *ctx, const struct orr_progress *p)
{
    struct stop *s = ctx;
    (void)p;
    return s->ticks++ < s->at;
}

START_TEST(a_cancelled_epoch_is_undone_and_can_be_run_again)
{
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_train_options o = orr_train_defaults();
    struct orr_error err;
    o.batch = 20;
    o.arch = "mlp:8";
    struct orr_train *a = start(&o, &d, NULL), *b = start(&o, &d, NULL);
    orr_aid_epochs(a, 3);
    orr_aid_epochs(b, 2);
    struct stop stop = {0, 7};
    const struct orr_ticker ticker = {stop_tick, &stop};
    ck_assert_int_eq(orr_train_epoch(b, &ticker, &err), ORR_ECANCELLED);
    ck_assert_int_eq(orr_train_state(b).epoch, 2);
    orr_aid_epochs(b, 1);
    ck_assert_int_eq(memcmp(orr_train_model(a)->params.value, orr_train_model(b)->params.value,
                            orr_train_model(a)->params.n * sizeof(orr_real)),
                     0);
    orr_train_close(a);
    orr_train_close(b);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(a_tick_stops_the_evaluation_of_an_epoch_and_of_the_beginning)
{
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_train_options o = orr_train_defaults();
    struct orr_error err;
    struct orr_train *t;
    o.arch = "mlp:8";
    struct stop at_once = {0, 0};
    const struct orr_ticker first = {stop_tick, &at_once};
    o.ticker = &first;
    ck_assert_int_eq(orr_train_open(&o, &d, NULL, &t, &err), ORR_ECANCELLED);
    ck_assert_ptr_null(t);
    o.ticker = NULL;
    t = start(&o, &d, NULL);
    struct stop after = {0, (int)orr_train_steps_per_epoch(t)}; /* all batches pass, the evaluation does not */
    const struct orr_ticker last = {stop_tick, &after};
    ck_assert_int_eq(orr_train_epoch(t, &last, &err), ORR_ECANCELLED);
    ck_assert_int_eq(orr_train_state(t).epoch, 0);
    ck_assert_int_eq((int)orr_train_state(t).step, 0);
    orr_train_close(t);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(weights_to_start_with_are_taken_and_must_fit)
{
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_train_options o = orr_train_defaults();
    struct orr_error err;
    struct orr_train *refused;
    o.arch = "mlp:8";
    struct orr_train *a = start(&o, &d, NULL);
    orr_aid_epochs(a, 3);
    const size_t n = orr_train_weights(a, NULL);
    orr_real *w = malloc(n * sizeof *w);
    ck_assert_uint_eq(orr_train_weights(a, w), n);
    o.start = w;
    o.n_start = n;
    o.seed = 77;
    struct orr_train *b = start(&o, &d, NULL);
    ck_assert_double_eq(orr_train_state(a).validation_loss, orr_train_state(b).validation_loss);
    o.n_start = n - 1;
    ck_assert_int_eq(orr_train_open(&o, &d, NULL, &refused, &err), ORR_EINVAL);
    free(w);
    orr_train_close(a);
    orr_train_close(b);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(a_diverging_run_is_marked_and_stops)
{
    struct orr_dataset d = orr_aid_dataset("linear2d");
    struct orr_train_options o = orr_train_defaults();
    o.arch = "mlp:32-32";
    o.optim = orr_optim_defaults(ORR_SGD, 1e6);
    struct orr_train *t = start(&o, &d, NULL);
    orr_aid_epochs(t, 10);
    ck_assert(orr_train_state(t).diverged);
    ck_assert_int_lt(orr_train_state(t).epoch, 10);
    orr_train_close(t);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(every_architecture_trains_and_tells_its_graph)
{
    static const char *const archs[] = {"linear",        "logistic",
                                        "mlp:64-16-2",   "mlp:12-8:gelu:dropout=0.1",
                                        "cnn",           "cnn:4-8-16:silu",
                                        "cell:333333:4", "cell:012340",
                                        "resnet8:4",     "gru:8"};
    struct orr_dataset d = orr_aid_images();
    struct orr_error err;
    for (size_t i = 0; i < sizeof archs / sizeof *archs; i++) {
        struct orr_train_options o = orr_train_defaults();
        o.arch = archs[i];
        o.batch = 16;
        o.epochs = 15;
        o.optim.lr = 1e-2;
        struct orr_train *t = start(&o, &d, NULL);
        orr_aid_epochs(t, 1);
        const size_t warm = orr_train_allocations(t);
        orr_aid_epochs(t, 14);
        ck_assert_uint_eq(orr_train_allocations(t), warm);
        ck_assert_msg(orr_train_state(t).validation_accuracy > 0.85, "%s: %g", archs[i],
                      orr_train_state(t).validation_accuracy);
        struct orr_str json = {0};
        struct json_object *graph, *nodes;
        orr_model_graph(orr_train_model(t), &json);
        ck_assert_int_eq(orr_json_parse("graph", orr_str_c(&json), json.len, &graph, &err), ORR_OK);
        ck_assert(json_object_object_get_ex(graph, "nodes", &nodes));
        ck_assert_uint_eq(json_object_array_length(nodes), orr_train_model(t)->n_layers);
        json_object_put(graph);
        orr_str_free(&json);
        orr_train_close(t);
    }
    orr_dataset_free(&d);
}
END_TEST

START_TEST(wrong_architectures_data_and_options_are_named_errors)
{
    static const char *const bad[] = {"",    "mpl:3",       "mlp",     "mlp:0",   "mlp:3:what",   "mlp:8:dropout=1",
                                      "cnn", "cell:333333", "cell:00", "resnet8", "mlp:99999999", "mlp:65536-65536"};
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_error err;
    struct orr_train *t;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct orr_train_options o = orr_train_defaults();
        o.arch = bad[i];
        err.message[0] = '\0';
        ck_assert_msg(orr_train_open(&o, &d, NULL, &t, &err) == ORR_EINVAL, "%s", bad[i]);
        ck_assert_msg(err.message[0] != '\0', "%s", bad[i]);
    }
    struct orr_train_options o = orr_train_defaults();
    o.optim.lr = NAN;
    ck_assert_int_eq(orr_train_open(&o, &d, NULL, &t, &err), ORR_EINVAL);
    orr_dataset_free(&d);
    ck_assert_int_eq(orr_dataset_load("nothing", &d, &err), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_dataset_load("fashion-mnist:99", &d, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_dataset_load("csv:/does/not/exist", &d, &err), ORR_EIO);
}
END_TEST

START_TEST(a_csv_file_of_the_user_becomes_a_data_set)
{
    char path[] = "/tmp/orrery-lab-XXXXXX", spec[64];
    FILE *f = fdopen(mkstemp(path), "w");
    fputs("a,kind,b\n", f);
    for (int i = 0; i < 40; i++) fprintf(f, "%d,%s,%g\n", i, i % 2 ? "even" : "odd", i * 0.5);
    fclose(f);
    snprintf(spec, sizeof spec, "csv:%s:kind", path);
    struct orr_dataset d = orr_aid_dataset(spec);
    ck_assert_int_eq(d.classes, 2);
    ck_assert_uint_eq(d.width, 2);
    ck_assert_uint_eq(d.n[ORR_TRAIN] + d.n[ORR_VALIDATION] + d.n[ORR_TEST], 40);
    orr_dataset_free(&d);
    snprintf(spec, sizeof spec, "csv:%s", path);
    d = orr_aid_dataset(spec);
    ck_assert_int_eq(d.classes, 0);
    orr_dataset_free(&d);
    struct orr_error err;
    snprintf(spec, sizeof spec, "csv:%s:nope", path);
    ck_assert_int_eq(orr_dataset_load(spec, &d, &err), ORR_ENOTFOUND);
    unlink(path);
}
END_TEST

START_TEST(when_weights_are_kept_is_read_to_the_last_letter)
{
    static const struct {
        const char *text;
        enum orr_record_unit unit;
        int every;
    } good[] = {{"none", ORR_RECORD_NEVER, 1},
                {"every:epoch", ORR_RECORD_EPOCHS, 1},
                {"every:5:epochs", ORR_RECORD_EPOCHS, 5},
                {"every:100:steps", ORR_RECORD_STEPS, 100}};
    static const char *const bad[] = {"",
                                      "every",
                                      "every:",
                                      "every:0:steps",
                                      "every:-1:steps",
                                      "every::steps",
                                      "every:5:epochs x",
                                      "every:99999999999:steps",
                                      "weights=every:epoch",
                                      "epoch"};
    enum orr_record_unit unit;
    struct orr_error err;
    int every;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_int_eq(orr_lab_parse_weights(good[i].text, &unit, &every, &err), ORR_OK);
        ck_assert_msg(unit == good[i].unit && every == good[i].every, "%s", good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(orr_lab_parse_weights(bad[i], &unit, &every, &err) == ORR_EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(the_loss_of_chosen_samples_has_the_gradient_that_differences_give)
{
    static const size_t index[] = {5, 0, 41, 5};
    struct orr_dataset d = orr_aid_dataset("spirals");
    struct orr_model m;
    struct orr_error err;
    struct orr_tape *tape = orr_tape_new();
    ck_assert(!orr_model_build("mlp:4:tanh", &d, 1, &m, &err));
    const double loss = orr_model_loss(&m, tape, &d, index, 4, true);
    for (size_t i = 0; i < m.params.n; i += 3) {
        const orr_real was = m.params.value[i], gradient = m.params.grad[i];
        m.params.value[i] = was + 1e-2f;
        const double up = orr_model_loss(&m, tape, &d, index, 4, false);
        m.params.value[i] = was - 1e-2f;
        const double down = orr_model_loss(&m, tape, &d, index, 4, false);
        m.params.value[i] = was;
        ck_assert_double_eq_tol((up - down) / 2e-2, (double)gradient, 1e-3);
        ck_assert_float_eq(m.params.grad[i], gradient); /* not asked for: left alone */
    }
    ck_assert_double_eq(orr_model_loss(&m, tape, &d, index, 4, false), loss);
    orr_tape_free(tape);
    orr_model_free(&m);
    orr_dataset_free(&d);
}
END_TEST

ORR_SUITE("lab", the_loss_of_chosen_samples_has_the_gradient_that_differences_give,
          numbered_planes_are_drawn_anew_and_reproducibly,
          spirals_are_learnt_by_an_mlp_and_not_by_a_linear_model, linear_regression_recovers_the_drawn_plane,
          a_run_resumed_from_a_checkpoint_gives_the_same_bytes_as_one_that_was_never_stopped,
          a_cancelled_epoch_is_undone_and_can_be_run_again,
          a_tick_stops_the_evaluation_of_an_epoch_and_of_the_beginning, weights_to_start_with_are_taken_and_must_fit,
          a_diverging_run_is_marked_and_stops, every_architecture_trains_and_tells_its_graph,
          wrong_architectures_data_and_options_are_named_errors, a_csv_file_of_the_user_becomes_a_data_set,
          when_weights_are_kept_is_read_to_the_last_letter)
