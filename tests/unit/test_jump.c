#include "suite.h"

#include "aid_lab.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/eval_jump.h"
#include "app/jump.h"
#include "app/lab.h"
#include "lab/train.h"
#include "methods/weights/flow.h"

struct log {
    struct orr_aid_log all;
    size_t jumps;
    double scale, before, after;
};

/* What is measured of jumps apart from the rest, which must not depend on jumps that were refused. */
static enum orr_status note(void *ctx, const char *name, int64_t step, double value, struct orr_error *err)
{
    struct log *l = ctx;
    (void)err;
    if (!strcmp(name, "jump/scale")) l->scale = value, l->jumps++;
    if (!strcmp(name, "jump/loss_before")) l->before = value;
    if (!strcmp(name, "jump/loss_after")) l->after = value;
    if (!strncmp(name, "jump/", 5)) return ORR_OK;
    orr_aid_log_value(&l->all, name, step, value);
    return ORR_OK;
}

static struct orr_weights_model *model(const char *method)
{
    struct orr_weights_model *m;
    struct orr_error err;
    ck_assert_msg(orr_jump_model(method, NULL, &m, &err) == ORR_OK, "%s", err.message);
    return m;
}

/* A farcast whose every coefficient is x: NaN, or so large that it forecasts weights far away. */
static struct orr_weights_model *bad_model(float x)
{
    float w[12] = {0, 1, 2, 1, 2, 3, 2, 3, 4, 3, 4, 5};
    const double t[4] = {0, 0.3, 0.6, 1};
    struct orr_weights_set set = {0};
    struct orr_weights_model *m;
    const struct orr_weights_options o = orr_weights_defaults();
    struct orr_error err;
    ck_assert_int_eq(orr_weights_set_add(&set, 0, ORR_SGD, ORR_ROLE_MATRIX, 4, t, 3, w, 3, 1, "w", &err), ORR_OK);
    ck_assert_int_eq(orr_weights_fit(orr_weights_method_find("farcast"), &set, &o, NULL, &m, &err), ORR_OK);
    for (size_t i = 0; i < m->params.n; i++) m->params.value[i] = x;
    orr_weights_set_free(&set);
    return m;
}

/* Batches that do not divide the data, dropout and moments: all that an undone jump might disturb. */
static struct orr_train_options options(const struct orr_weights_model *m, const char *at)
{
    struct orr_train_options o = orr_train_defaults();
    struct orr_error err;
    o.arch = "mlp:16:dropout=0.3";
    o.epochs = 6;
    o.batch = 50;
    o.optim = orr_optim_defaults(ORR_ADAMW, 1e-2);
    o.log_every = 3;
    if (!m) return o;
    o.jump.method = orr_weights_method_name(m->method);
    o.jump.model = m;
    ck_assert_int_eq(orr_jump_parse_at(at, &o.jump, &err), ORR_OK);
    return o;
}

static struct orr_train *start(const struct orr_train_options *o, const struct orr_dataset *d, struct log *l)
{
    const struct orr_train_events events = {.ctx = l, .metric = note};
    return orr_aid_train(o, d, l ? &events : NULL);
}

static void train(const struct orr_train_options *o, const struct orr_dataset *d, struct log *l,
                  struct orr_train_state *state)
{
    memset(l, 0, sizeof *l);
    struct orr_train *t = start(o, d, l);
    double loss, accuracy;
    struct orr_error err;
    orr_aid_epochs(t, o->epochs);
    ck_assert_int_eq(orr_train_test(t, &loss, &accuracy, &err), ORR_OK);
    *state = orr_train_state(t);
    orr_train_close(t);
}

START_TEST(a_refused_jump_leaves_training_byte_identical_to_one_without)
{
    static struct log without, with;
    static const char *const nets[] = {"mlp:16:dropout=0.3", "resnet8:2"}; /* batch norm has running statistics */
    struct orr_weights_model *m = bad_model(50);
    for (size_t i = 0; i < 2; i++) {
        struct orr_dataset d = i ? orr_aid_images() : orr_aid_dataset("rings");
        struct orr_train_options o = options(NULL, NULL);
        struct orr_train_state st;
        o.arch = nets[i];
        train(&o, &d, &without, &st);
        struct orr_train_options jumping = options(m, "20%,37%,81%");
        jumping.arch = o.arch;
        train(&jumping, &d, &with, &st);
        ck_assert_uint_eq(with.jumps, 3);
        ck_assert_uint_eq(st.jumps, 3);
        ck_assert_uint_eq(st.jumps_accepted, 0);
        ck_assert_int_eq(st.jump.outcome, ORR_JUMP_WORSE);
        ck_assert(st.jump.after > st.jump.before);
        ck_assert_double_eq(st.jump.scale, 0);
        ck_assert_str_eq(with.all.text, without.all.text);
        orr_dataset_free(&d);
    }
    orr_weights_model_free(m);
}
END_TEST

START_TEST(a_forecast_that_is_not_finite_is_refused_and_says_so)
{
    static struct log without, with;
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_weights_model *m = bad_model(NAN);
    struct orr_train_options o = options(NULL, NULL);
    struct orr_train_state st;
    train(&o, &d, &without, &st);
    o = options(m, "20%");
    o.jump.ungated = true; /* even then */
    train(&o, &d, &with, &st);
    ck_assert_int_eq(st.jump.outcome, ORR_JUMP_NOT_FINITE);
    ck_assert_str_eq(st.jump.why, "the forecast is not finite");
    ck_assert_str_eq(with.all.text, without.all.text);
    struct orr_str text = {0};
    orr_jump_append_results(&st.jump, 1, &text);
    ck_assert_ptr_nonnull(strstr(text.data, "not finite (the forecast is not finite)"));
    orr_str_free(&text);
    orr_weights_model_free(m);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(a_method_that_needs_more_snapshots_than_there_are_is_refused_and_says_so)
{
    static struct log l;
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_weights_model *m = model("quadratic");
    struct orr_train_options o = options(m, "0.5%");
    struct orr_train_state st;
    o.epochs = 40; /* the jump is due after the second step: two snapshots and a start make three */
    o.optim.lr = 1e-5;
    train(&o, &d, &l, &st);
    ck_assert_int_ne(st.jump.outcome, ORR_JUMP_NO_FORECAST);
    o.jump.at[0] = 1e-9 + 1.0 / (40.0 * (double)((d.n[ORR_TRAIN] + 49) / 50)); /* after the first one */
    train(&o, &d, &l, &st);
    ck_assert_int_eq(st.jump.step, 1);
    ck_assert_int_eq(st.jump.outcome, ORR_JUMP_NO_FORECAST);
    ck_assert_msg(strstr(st.jump.why, "it needs 3"), "%s", st.jump.why);
    orr_weights_model_free(m);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(an_accepted_jump_lowers_the_validation_loss)
{
    static struct log l;
    struct orr_dataset d = orr_aid_dataset("linear2d");
    struct orr_weights_model *m = model("linear");
    struct orr_train_options o = options(m, "25%"); /* after the second of 8 epochs */
    o.arch = "linear";
    o.epochs = 8;
    o.optim = orr_optim_defaults(ORR_SGD, 0.002);
    struct orr_train_state st;
    struct orr_train *t = start(&o, &d, &l);
    orr_aid_epochs(t, 2);
    st = orr_train_state(t);
    ck_assert_uint_eq(st.jumps_accepted, 1);
    ck_assert_msg(l.after < 0.95 * l.before, "%g > %g", l.before, l.after);
    ck_assert_double_gt(l.scale, 0);
    /* The loss of the jump is that of the weights that training goes on from. */
    ck_assert_double_eq(st.validation_loss, l.after);
    orr_aid_epochs(t, 6);
    ck_assert(orr_train_state(t).validation_loss < l.after);
    orr_train_close(t);
    orr_weights_model_free(m);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(a_jump_tells_the_field_the_learning_rate_and_the_moments)
{
    enum { LR = ORR_WEIGHTS_CONTEXT + 1, TERM = ORR_FLOW_ABOUT - 1 };
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_weights_model *m = model("flow");
    orr_real after[3][2048];
    size_t n = 0;
    /* Of a tensor the field hears only the learning rate and whether there are moments. */
    orr_real *unit = orr_params_value(&m->params, ORR_FLOW_UNIT);
    ck_assert(unit[LR] > 0 && unit[TERM] > 0);
    for (int k = 0; k < ORR_FLOW_ABOUT; k++)
        if (k != LR && k != TERM) unit[k] = 0;
    for (size_t deaf = 0; deaf < 3; deaf++) { /* to neither, to the learning rate, to moments */
        struct orr_train_options o = options(m, "50%");
        struct orr_error err;
        m->o.optimiser = deaf != 1;
        m->o.moments = deaf != 2;
        o.arch = "mlp:16";
        o.epochs = 4;
        o.jump.ungated = true;
        struct orr_train *t = start(&o, &d, NULL);
        for (int i = 0; i < 2; i++) ck_assert_int_eq(orr_train_epoch(t, NULL, &err), ORR_OK);
        ck_assert_uint_eq(orr_train_state(t).jumps_accepted, 1);
        n = orr_train_weights(t, NULL);
        ck_assert_uint_le(n, 2048);
        orr_train_weights(t, after[deaf]);
        orr_train_close(t);
    }
    for (size_t i = 0; i < 3; i++) ck_assert_mem_ne(after[i], after[(i + 1) % 3], n * sizeof **after);
    orr_weights_model_free(m);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(persistence_jumps_to_where_it_is_and_changes_nothing)
{
    static struct log without, with;
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_weights_model *m = model("persistence");
    struct orr_train_options o = options(NULL, NULL);
    struct orr_train_state st;
    train(&o, &d, &without, &st);
    o = options(m, "20%,40%");
    train(&o, &d, &with, &st);
    ck_assert_uint_eq(st.jumps_accepted, 2);
    ck_assert_str_eq(with.all.text, without.all.text);
    o.jump.zero_momentum = true; /* the moments do matter */
    train(&o, &d, &with, &st);
    ck_assert_str_ne(with.all.text, without.all.text);
    orr_weights_model_free(m);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(a_run_resumed_before_between_and_after_jumps_gives_the_same_bytes)
{
    static struct log whole, parts;
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_weights_model *m = model("linear");
    const struct orr_train_options o = options(m, "30%,64%");
    struct orr_train_state st;
    struct orr_error err;
    char path[] = "/tmp/orrery-jump-XXXXXX";
    close(mkstemp(path));
    train(&o, &d, &whole, &st);
    ck_assert_uint_eq(st.jumps, 2);
    for (int stop = 1; stop < 6; stop++) {
        parts = (struct log){0};
        struct orr_train *t = start(&o, &d, &parts);
        orr_aid_epochs(t, stop);
        ck_assert_int_eq(orr_train_save(t, path, &err), ORR_OK);
        orr_train_close(t);
        const size_t so_far = parts.all.n;
        t = start(&o, &d, &parts);
        parts.all.n = so_far; /* epoch 0 was logged again */
        ck_assert_msg(orr_train_load(t, path, &err) == ORR_OK, "%s", err.message);
        orr_aid_epochs(t, 6 - stop);
        double loss, accuracy;
        ck_assert_int_eq(orr_train_test(t, &loss, &accuracy, &err), ORR_OK);
        ck_assert_str_eq(whole.all.text, parts.all.text);
        const struct orr_train_state end = orr_train_state(t);
        ck_assert_uint_eq(end.jumps, st.jumps);
        ck_assert_uint_eq(end.jumps_accepted, st.jumps_accepted);
        ck_assert_double_eq(end.jump.after, st.jump.after);
        orr_train_close(t);
    }
    struct orr_train_options other = options(m, "30%"), none = options(NULL, NULL);
    struct orr_train *t = start(&other, &d, NULL);
    ck_assert_int_eq(orr_train_load(t, path, &err), ORR_EINVAL);
    orr_train_close(t);
    t = start(&none, &d, NULL);
    ck_assert_int_eq(orr_train_load(t, path, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_train_save(t, path, &err), ORR_OK);
    orr_train_close(t);
    t = start(&other, &d, NULL); /* a checkpoint of a run without jumps has no path */
    ck_assert_int_eq(orr_train_load(t, path, &err), ORR_EINVAL);
    orr_train_close(t);
    unlink(path);
    orr_weights_model_free(m);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(a_damaged_record_of_jumps_in_a_checkpoint_is_refused)
{
    static const char *const bad[] = {
        "linear at 20% to the end", "linear at 20% to the end\n0 x", "linear at 20% to the end\n0 0",
        "linear at 20% to the end\n0",
        "linear at 20% to the end\n0 50", "linear at 20% to the end\n0 5 1", "linear at 20% to the end\n0 5\n10 9 1 1 1 1 ",
        "linear at 20% to the end\n0 5\n10 0 1 1 1", "linear at 20% to the end\n0 5\n10 0 -1 1 1 1 ",
        "linear at 20% to the end\n0 5\n-1 0 1 1 1 1 ", "linear at 20% to the end\n0 5\n", "flow at 20% to the end\n0 5", ""};
    static const char good[] = "linear at 20% to the end\n0 5\n10 0 3 0.5 2.5 nan a reason, given";
    struct orr_weights_model *m = model("linear");
    struct orr_jump_options o = options(m, "20%").jump;
    struct orr_params params = {0};
    struct orr_rng rng;
    struct orr_jumper *j;
    struct orr_error err;
    const orr_real path[6] = {1, 2, 3, 4, 5, 6};
    orr_rng_seed(&rng, 1, 1);
    orr_params_add(&params, "w", orr_shape1(3), ORR_INIT_ZERO, 0, 0, &rng);
    ck_assert_int_eq(orr_jumper_new(&o, &params, 50, &j, &err), ORR_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const enum orr_status s = orr_jumper_load(j, "file", bad[i], path, 6, &err);
        ck_assert_msg(s == ORR_EFORMAT || s == ORR_EINVAL, "%s", bad[i]);
    }
    ck_assert_int_eq(orr_jumper_load(j, "file", good, path, 5, &err), ORR_EFORMAT);
    ck_assert_int_eq(orr_jumper_load(j, "file", good, path, 6, &err), ORR_OK);
    struct orr_str text = {0};
    orr_real *again;
    size_t count;
    ck_assert_int_eq(orr_jumper_save(j, &text, &again, &count, &err), ORR_OK);
    ck_assert_str_eq(text.data, good);
    ck_assert_uint_eq(count, 6);
    ck_assert_mem_eq(again, path, sizeof path);
    free(again);
    orr_str_free(&text);
    orr_jumper_free(j);
    orr_params_free(&params);
    orr_weights_model_free(m);
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

START_TEST(stopped_at_any_tick_around_a_jump_the_epoch_is_undone_and_runs_again_the_same)
{
    static struct log whole, l;
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_weights_model *m = model("linear");
    const struct orr_train_options o = options(m, "30%"); /* within the second epoch */
    struct orr_train_state st;
    struct orr_error err;
    train(&o, &d, &whole, &st);
    ck_assert_uint_eq(st.jumps, 1);
    int stopped = 0;
    for (int at = 0, done = 0; !done; at++) {
        struct stop stop = {0, at};
        const struct orr_ticker ticker = {stop_tick, &stop};
        l = (struct log){0};
        struct orr_train *t = start(&o, &d, &l);
        orr_aid_epochs(t, 1);
        const size_t n = l.all.n;
        const enum orr_status s = orr_train_epoch(t, &ticker, &err);
        done = s == ORR_OK;
        if (!done) {
            ck_assert_int_eq(s, ORR_ECANCELLED);
            ck_assert_uint_eq(orr_train_state(t).jumps, 0);
            size_t jumps;
            orr_train_jumps(t, &jumps);
            ck_assert_uint_eq(jumps, 0);
            l.all.n = n;
            stopped++;
            orr_aid_epochs(t, 1);
        }
        orr_aid_epochs(t, 4);
        double loss, accuracy;
        ck_assert_int_eq(orr_train_test(t, &loss, &accuracy, &err), ORR_OK);
        ck_assert_str_eq(l.all.text, whole.all.text);
        orr_train_close(t);
    }
    ck_assert_int_gt(stopped, (int)((d.n[ORR_TRAIN] + 49) / 50) + 4); /* in the batches and within the jump */
    orr_weights_model_free(m);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(a_run_that_diverges_after_an_ungated_jump_ends_as_diverged)
{
    static struct log l;
    struct orr_dataset d = orr_aid_dataset("linear2d");
    struct orr_weights_model *m = bad_model(1e20f);
    struct orr_train_options o = options(m, "20%");
    struct orr_error err;
    o.arch = "linear";
    o.optim = orr_optim_defaults(ORR_SGD, 0.1);
    o.jump.ungated = true;
    struct orr_train *t = start(&o, &d, &l);
    for (int i = 0; i < 6; i++) ck_assert_int_eq(orr_train_epoch(t, NULL, &err), ORR_OK);
    ck_assert(orr_train_state(t).diverged);
    ck_assert_int_lt(orr_train_state(t).epoch, 6);
    ck_assert_uint_eq(orr_train_state(t).jumps, 1);
    orr_train_close(t);
    orr_weights_model_free(m);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(points_of_training_are_read_and_repeated)
{
    struct orr_jump_options o = {.method = "flow"};
    struct orr_error err;
    struct orr_str s = {0};
    static const char *const bad[] = {"", "0", "100%", "1", "40%,20%", "20%,20%", "20%,", "a", "-5%", "20%%", "nan"};
    ck_assert_int_eq(orr_jump_parse_at("20%,0.4", &o, &err), ORR_OK);
    orr_jump_append(&o, &s);
    ck_assert_str_eq(s.data, "flow at 20%,40% to the end");
    ck_assert_int_eq(orr_jump_repeat(&o, 2, &err), ORR_EINVAL); /* of two points */
    ck_assert_int_eq(orr_jump_parse_at("15%", &o, &err), ORR_OK);
    ck_assert_int_eq(orr_jump_repeat(&o, 7, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_jump_repeat(&o, 6, &err), ORR_OK);
    ck_assert_int_eq(orr_jump_parse_horizon("30%", &o, &err), ORR_OK);
    orr_str_clear(&s);
    orr_jump_append(&o, &s);
    ck_assert_str_eq(s.data, "flow at 15%,30%,45%,60%,75%,90% by 30%");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(orr_jump_parse_at(bad[i], &o, &err) == ORR_EINVAL, "'%s'", bad[i]);
    ck_assert_int_eq(orr_jump_parse_horizon("0", &o, &err), ORR_EINVAL);
    orr_str_free(&s);
}
END_TEST

START_TEST(jumps_that_make_no_sense_are_named_errors)
{
    struct orr_dataset d = orr_aid_dataset("rings");
    struct orr_weights_model *m = model("linear");
    struct orr_train_options o = options(m, "20%");
    struct orr_train *t;
    struct orr_error err;
    o.jump.model = NULL;
    ck_assert_int_eq(orr_train_open(&o, &d, NULL, &t, &err), ORR_EINVAL);
    o = options(m, "0.001%");
    ck_assert_int_eq(orr_train_open(&o, &d, NULL, &t, &err), ORR_EINVAL);
    ck_assert_msg(strstr(err.message, "no step"), "%s", err.message);
    o = options(m, "20%");
    o.jump.method = "flow";
    ck_assert_int_eq(orr_train_open(&o, &d, NULL, &t, &err), ORR_EINVAL);
    struct orr_weights_model *none;
    ck_assert_int_eq(orr_jump_model("lstm", NULL, &none, &err), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_jump_model("nothing", NULL, &none, &err), ORR_EINVAL);
    orr_weights_model_free(m);
    orr_dataset_free(&d);
}
END_TEST

START_TEST(a_stored_run_tells_what_came_of_its_jumps)
{
    char path[] = "/tmp/orrery-jump-XXXXXX";
    struct orr_app app = {0};
    struct orr_error err;
    struct orr_config_list config;
    struct orr_series_list series;
    struct orr_lab_job job = {.data = "rings", .train = orr_train_defaults()};
    int64_t run;
    close(mkstemp(path));
    unlink(path);
    ck_assert_int_eq(orr_store_open(path, ORR_STORE_CREATE, &app.store, &err), ORR_OK);
    job.train.arch = "mlp:8";
    job.train.epochs = 5;
    job.train.jump.method = "linear";
    ck_assert_int_eq(orr_jump_parse_at("40%", &job.train.jump, &err), ORR_OK);
    ck_assert_msg(orr_app_lab_train(&app, &job, NULL, &run, NULL, &err) == ORR_OK, "%s", err.message);
    ck_assert_int_eq(orr_store_config(app.store, run, &config, &err), ORR_OK);
    size_t found = 0;
    for (size_t i = 0; i < config.n; i++) {
        const struct orr_config_value *v = &config.values[i];
        found += (!strcmp(v->key, "jump") && !strcmp(v->text, "linear")) ||
                 (!strcmp(v->key, "jump_at") && !strcmp(v->text, "40%")) ||
                 (!strcmp(v->key, "jumps") && strchr(v->text, '>')) || !strcmp(v->key, "jumps_accepted");
    }
    ck_assert_uint_eq(found, 4);
    ck_assert_int_eq(orr_store_series(app.store, run, &series, &err), ORR_OK);
    found = 0;
    for (size_t i = 0; i < series.n; i++) found += !strncmp(series.series[i].name, "jump/", 5) && series.series[i].n == 1;
    ck_assert_uint_eq(found, 3);
    orr_series_list_free(&series);
    orr_config_list_free(&config);
    orr_app_close(&app);
    for (size_t i = 0; i < 3; i++) {
        char file[64];
        snprintf(file, sizeof file, "%s%s", path, i == 0 ? "" : i == 1 ? "-wal" : "-shm");
        unlink(file);
    }
}
END_TEST

static const struct orr_eval_row *row(const struct orr_eval *e, const char *setting, const char *method, const char *metric)
{
    for (size_t i = 0; i < e->n_rows; i++)
        if (!strcmp(e->rows[i].setting, setting) && !strcmp(e->rows[i].method, method) && !strcmp(e->rows[i].metric, metric))
            return &e->rows[i];
    ck_abort_msg("no row %s %s %s", setting, method, metric);
}

START_TEST(the_evaluation_compares_jumping_with_plain_training)
{
    struct orr_eval eval = {0};
    struct orr_error err;
    setenv("ORRERY_DATASETS", "datasets", 0);
    const char *const tasks[] = {"weights-linear2d"};
    const struct orr_eval_jump_options o = {.quick = true, .seed = 1, .tasks = tasks, .n_tasks = 1};
    ck_assert_msg(orr_eval_jump(&o, NULL, &eval, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_uint_eq(row(&eval, "sgd 20%", "flow", "steps_saved")->n, 5);
    ck_assert_double_eq(row(&eval, "all 20%", "persistence", "steps_saved")->value.value, 0);
    ck_assert_double_eq(row(&eval, "all 20%", "persistence", "loss")->value.value,
                        row(&eval, "all", "none", "loss")->value.value);
    /* A straight line on a slow descent saves steps, and never doubles the loss; unless nobody looks. */
    ck_assert_double_gt(row(&eval, "sgd 20%", "linear", "steps_saved")->value.value, 0);
    ck_assert_double_gt(row(&eval, "all 20%", "linear-ungated", "worst_ratio")->value.value, 2);
    bool found = false;
    for (size_t i = 0; i < eval.n_paired; i++)
        found |= !strcmp(eval.paired[i].method, "flow") && !strcmp(eval.paired[i].against, "none");
    ck_assert(found);
    orr_eval_free(&eval);
}
END_TEST

ORR_SUITE("jump", a_refused_jump_leaves_training_byte_identical_to_one_without,
          a_forecast_that_is_not_finite_is_refused_and_says_so,
          a_method_that_needs_more_snapshots_than_there_are_is_refused_and_says_so,
          an_accepted_jump_lowers_the_validation_loss,
          a_jump_tells_the_field_the_learning_rate_and_the_moments, persistence_jumps_to_where_it_is_and_changes_nothing,
          a_run_resumed_before_between_and_after_jumps_gives_the_same_bytes,
          a_damaged_record_of_jumps_in_a_checkpoint_is_refused,
          stopped_at_any_tick_around_a_jump_the_epoch_is_undone_and_runs_again_the_same,
          a_run_that_diverges_after_an_ungated_jump_ends_as_diverged, points_of_training_are_read_and_repeated,
          jumps_that_make_no_sense_are_named_errors, a_stored_run_tells_what_came_of_its_jumps,
          the_evaluation_compares_jumping_with_plain_training)
