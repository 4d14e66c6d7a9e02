#include "suite.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <orrery/store.h>

#include "app/lab_session.h"
#include "jobs/jobs.h"

/* A store in a folder of its own and threads that train; everything is waited for, nothing is timed. */
struct bench {
    char folder[40], path[64];
    struct orr_store *store;
    struct orr_jobs *jobs;
};

static struct bench *new_bench(void)
{
    struct bench *b = calloc(1, sizeof *b);
    strcpy(b->folder, "/tmp/orrery-session-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(b->folder));
    snprintf(b->path, sizeof b->path, "%s/store.db", b->folder);
    ck_assert_int_eq(orr_store_open(b->path, ORR_STORE_CREATE, &b->store, NULL), ORR_OK);
    b->jobs = orr_jobs_new(1);
    return b;
}

static void free_bench(struct bench *b)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    orr_jobs_free(b->jobs);
    orr_store_close(b->store);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s%s", b->path, ends[i]);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(b->folder), 0);
    free(b);
}

static void release(void *session) { orr_lab_session_free(session); }

static struct orr_lab_job job_of(const char *key, int epochs)
{
    struct orr_lab_job job = {.key = key, .data = "rings", .train = orr_train_defaults(), .live = true};
    job.train.arch = "mlp:8";
    job.train.batch = 32;
    job.train.epochs = epochs;
    job.train.optim = orr_optim_defaults(ORR_SGD, 0.05);
    return job;
}

static struct orr_lab_session *start(struct bench *b, const struct orr_lab_job *job, struct orr_lab_session *parent)
{
    struct orr_lab_session *s = orr_lab_session_new(b->path, job, parent);
    orr_jobs_submit_long(b->jobs, "train", orr_lab_session_work, orr_lab_session_share(s), release, NULL, NULL);
    return s;
}

static void nap(void) { usleep(1000); }

static void wait_phase(struct orr_lab_session *s, struct orr_lab_look *look, enum orr_lab_phase phase)
{
    for (;;) {
        orr_lab_session_look(s, look);
        if (look->phase == phase) return;
        ck_assert_msg(look->phase != ORR_LAB_OVER, "over: %s %s", look->ended, look->error.message);
        nap();
    }
}

static void wait_epochs(struct orr_lab_session *s, struct orr_lab_look *look, int epochs)
{
    for (;;) {
        orr_lab_session_look(s, look);
        if (look->train.epoch >= epochs) return;
        ck_assert_int_ne(look->phase, ORR_LAB_OVER);
        nap();
    }
}

static size_t stored_points(struct bench *b, int64_t run, const char *name, double *last)
{
    struct orr_series_list list = {0};
    size_t n = 0, got;
    ck_assert_int_eq(orr_store_series(b->store, run, &list, NULL), ORR_OK);
    for (size_t i = 0; i < list.n; i++) {
        if (strcmp(list.series[i].name, name)) continue;
        n = (size_t)list.series[i].n;
        int64_t *step = malloc(n * sizeof *step);
        double *value = malloc(n * sizeof *value), *wall = malloc(n * sizeof *wall);
        ck_assert_int_eq(orr_store_points(b->store, list.series[i].id, 0, n, step, value, wall, &got, NULL), ORR_OK);
        if (last && got) *last = (double)step[got - 1];
        free(step);
        free(value);
        free(wall);
    }
    orr_series_list_free(&list);
    return n;
}

static void check_state(struct bench *b, int64_t run, const char *state)
{
    struct orr_run_list list = {0};
    bool found = false;
    ck_assert_int_eq(orr_store_runs(b->store, &list, NULL), ORR_OK);
    for (size_t i = 0; i < list.n; i++) {
        if (list.runs[i].id != run) continue;
        found = true;
        ck_assert_str_eq(list.runs[i].state, state);
    }
    ck_assert(found);
    orr_run_list_free(&list);
}

START_TEST(a_session_stores_what_lab_train_stores)
{
    struct bench *b = new_bench();
    struct orr_lab_job job = job_of("watched", 4);
    struct orr_lab_look look = {0};
    struct orr_app app = {.store = b->store};
    struct orr_train_state direct;
    int64_t run;
    struct orr_lab_session *s = start(b, &job, NULL);
    wait_phase(s, &look, ORR_LAB_OVER);
    ck_assert_str_eq(look.ended, "finished");
    check_state(b, look.run, "finished");
    job.key = "direct";
    ck_assert_int_eq(orr_app_lab_train(&app, &job, NULL, &run, &direct, NULL), ORR_OK);
    ck_assert_double_eq(direct.validation_loss, look.train.validation_loss);
    ck_assert_uint_eq(stored_points(b, run, "val/loss", NULL), 5);
    ck_assert_uint_eq(stored_points(b, look.run, "val/loss", NULL), 5);
    ck_assert_uint_eq(stored_points(b, look.run, "test/loss", NULL), 1);
    ck_assert_uint_eq(stored_points(b, look.run, "batch/loss", NULL), 4 * look.steps_per_epoch);
    ck_assert_ptr_nonnull(orr_lab_look_find(&look, "batch/loss"));
    ck_assert_double_eq(orr_lab_look_find(&look, "batch/loss")->x[4 * look.steps_per_epoch - 1], 4);
    ck_assert_double_eq(orr_lab_look_find(&look, "lr")->y[0], 0.05); /* known before the first epoch ends */
    ck_assert(!orr_lab_session_look(s, &look));
    orr_lab_look_free(&look);
    orr_lab_session_free(s);
    free_bench(b);
}
END_TEST

START_TEST(pausing_holds_the_run_between_two_batches_and_changes_nothing)
{
    struct bench *b = new_bench();
    const struct orr_lab_job job = job_of("paused", 30);
    struct orr_lab_job other = job;
    struct orr_lab_look look = {0};
    struct orr_lab_session *s = orr_lab_session_new(b->path, &job, NULL);
    orr_lab_session_pause(s, true);
    orr_jobs_submit_long(b->jobs, "train", orr_lab_session_work, orr_lab_session_share(s), release, NULL, NULL);
    wait_phase(s, &look, ORR_LAB_PAUSED);
    ck_assert_int_eq(look.train.step, 0);
    for (int i = 0; i < 120; i++) nap();
    orr_lab_session_look(s, &look);
    ck_assert_int_eq(look.train.step, 0);
    ck_assert(orr_lab_session_paused(s));
    orr_lab_session_pause(s, false);
    wait_phase(s, &look, ORR_LAB_OVER);
    ck_assert_int_eq(look.train.epoch, 30);
    other.key = "not paused";
    struct orr_lab_session *t = start(b, &other, NULL);
    struct orr_lab_look whole = {0};
    wait_phase(t, &whole, ORR_LAB_OVER);
    ck_assert_double_eq(look.train.validation_loss, whole.train.validation_loss);
    orr_lab_look_free(&look);
    orr_lab_look_free(&whole);
    orr_lab_session_free(s);
    orr_lab_session_free(t);
    free_bench(b);
}
END_TEST

START_TEST(a_changed_learning_rate_takes_effect_and_is_recorded)
{
    struct bench *b = new_bench();
    const struct orr_lab_job job = job_of("faster", 20);
    struct orr_lab_look look = {0};
    struct orr_lab_session *s = orr_lab_session_new(b->path, &job, NULL);
    orr_lab_session_pause(s, true);
    orr_jobs_submit_long(b->jobs, "train", orr_lab_session_work, orr_lab_session_share(s), release, NULL, NULL);
    wait_phase(s, &look, ORR_LAB_PAUSED);
    orr_lab_session_set_lr(s, NAN);
    orr_lab_session_set_lr(s, -1);
    ck_assert_double_eq(orr_lab_session_lr(s), 0.05);
    orr_lab_session_set_lr(s, 0.5);
    orr_lab_session_pause(s, false);
    wait_phase(s, &look, ORR_LAB_OVER);
    ck_assert_double_eq(look.train.lr, 0.5);
    struct orr_lab_job as_if = job; /* the same as a run that began with that rate */
    as_if.key = "fast from the start";
    as_if.train.optim.lr = 0.5;
    struct orr_lab_session *t = start(b, &as_if, NULL);
    struct orr_lab_look other = {0};
    wait_phase(t, &other, ORR_LAB_OVER);
    ck_assert_double_eq(look.train.validation_loss, other.train.validation_loss);
    struct orr_config_list config = {0};
    ck_assert_int_eq(orr_store_config(b->store, look.run, &config, NULL), ORR_OK);
    bool found = false;
    for (size_t i = 0; i < config.n; i++)
        if (!strcmp(config.values[i].key, "lr_changes")) {
            found = true;
            ck_assert_str_eq(config.values[i].text, "0:0.5");
        }
    ck_assert(found);
    orr_config_list_free(&config);
    orr_lab_look_free(&look);
    orr_lab_look_free(&other);
    orr_lab_session_free(s);
    orr_lab_session_free(t);
    free_bench(b);
}
END_TEST

START_TEST(stopping_keeps_whole_epochs_only)
{
    struct bench *b = new_bench();
    const struct orr_lab_job job = job_of("stopped", 1000000);
    struct orr_lab_look look = {0};
    double last_batch = -1, last_epoch = -1;
    struct orr_lab_session *s = start(b, &job, NULL);
    wait_epochs(s, &look, 3);
    orr_lab_session_stop(s);
    wait_phase(s, &look, ORR_LAB_OVER);
    ck_assert_str_eq(look.ended, "stopped");
    check_state(b, look.run, "stopped");
    stored_points(b, look.run, "val/loss", &last_epoch);
    stored_points(b, look.run, "batch/loss", &last_batch);
    ck_assert_double_eq(last_epoch, look.train.epoch);
    ck_assert(last_batch <= (double)look.train.step);
    ck_assert_int_eq(look.train.step, look.train.epoch * (int64_t)look.steps_per_epoch);
    orr_lab_look_free(&look);
    orr_lab_session_free(s);
    free_bench(b);
}
END_TEST

START_TEST(a_fork_begins_with_the_weights_of_its_parent_trained_or_over)
{
    struct bench *b = new_bench();
    const struct orr_lab_job job = job_of("parent", 15);
    struct orr_lab_job child = job;
    struct orr_lab_look look = {0}, fork = {0};
    struct orr_lab_session *s = start(b, &job, NULL);
    wait_phase(s, &look, ORR_LAB_OVER);
    child.key = "child";
    child.train.epochs = 2;
    child.train.seed = 9;
    child.train.optim.lr = 0.01;
    struct orr_lab_session *t = start(b, &child, s);
    wait_phase(t, &fork, ORR_LAB_OVER);
    ck_assert_str_eq(fork.ended, "finished");
    ck_assert_double_eq(orr_lab_look_find(&fork, "val/loss")->y[0], look.train.validation_loss);
    orr_lab_session_free(t);
    orr_lab_look_free(&fork);

    struct orr_lab_job endless = job_of("endless", 1000000); /* a fork of one that still trains, here paused */
    struct orr_lab_session *p = start(b, &endless, NULL);
    wait_epochs(p, &look, 2);
    orr_lab_session_pause(p, true);
    wait_phase(p, &look, ORR_LAB_PAUSED);
    child.key = "child of a paused run";
    t = start(b, &child, p);
    wait_phase(t, &fork, ORR_LAB_OVER);
    ck_assert_str_eq(fork.ended, "finished");
    orr_lab_session_look(p, &look);
    ck_assert_int_eq(look.phase, ORR_LAB_PAUSED);
    orr_lab_session_stop(p);
    wait_phase(p, &look, ORR_LAB_OVER);
    orr_lab_look_free(&look);
    orr_lab_look_free(&fork);
    orr_lab_session_free(s);
    orr_lab_session_free(p);
    orr_lab_session_free(t);
    free_bench(b);
}
END_TEST

START_TEST(two_sessions_train_side_by_side_and_end_with_the_program)
{
    struct bench *b = new_bench();
    const struct orr_lab_job one = job_of("one", 1000000), two = job_of("two", 1000000);
    struct orr_lab_look a = {0}, c = {0};
    struct orr_lab_session *s = start(b, &one, NULL), *t = start(b, &two, NULL);
    wait_epochs(s, &a, 2);
    wait_epochs(t, &c, 2);
    ck_assert_int_ne(a.phase, ORR_LAB_OVER);
    orr_lab_session_pause(s, true); /* a paused one ends as well */
    orr_jobs_free(b->jobs);
    b->jobs = NULL;
    orr_lab_session_look(s, &a);
    orr_lab_session_look(t, &c);
    ck_assert_str_eq(a.ended, "stopped");
    ck_assert_str_eq(c.ended, "stopped");
    ck_assert_int_ne((int)a.run, (int)c.run);
    check_state(b, a.run, "stopped");
    check_state(b, c.run, "stopped");
    orr_lab_look_free(&a);
    orr_lab_look_free(&c);
    orr_lab_session_free(s);
    orr_lab_session_free(t);
    free_bench(b);
}
END_TEST

START_TEST(what_cannot_be_trained_says_why)
{
    struct bench *b = new_bench();
    struct orr_lab_job job = job_of("bad", 2);
    struct orr_lab_look look = {0};
    job.train.arch = "nonsense";
    struct orr_lab_session *s = start(b, &job, NULL);
    while (look.phase != ORR_LAB_OVER) orr_lab_session_look(s, &look), nap();
    ck_assert_str_eq(look.ended, "failed");
    ck_assert_str_ne(look.error.message, "");
    ck_assert_int_eq(look.run, 0);
    const struct orr_lab_job child = job_of("child", 2);
    struct orr_lab_session *t = start(b, &child, s); /* nothing to fork from */
    struct orr_lab_look fork = {0};
    while (fork.phase != ORR_LAB_OVER) orr_lab_session_look(t, &fork), nap();
    ck_assert_str_eq(fork.ended, "failed");
    orr_lab_look_free(&look);
    orr_lab_look_free(&fork);
    orr_lab_session_free(s);
    orr_lab_session_free(t);
    free_bench(b);
}
END_TEST

START_TEST(training_anew_replaces_the_run_of_its_key_and_none_that_is_called_like_it)
{
    struct bench *b = new_bench();
    const struct orr_lab_job job = job_of("lab:x", 1);
    const struct orr_run others[] = {{.key = "a", .name = "lab:x", .started = NAN, .ended = NAN},
                                     {.key = "b", .name = "lab:x and more", .started = NAN, .ended = NAN}};
    int64_t id, found;
    for (size_t i = 0; i < 2; i++) ck_assert_int_eq(orr_store_run_put(b->store, &others[i], &id, NULL), ORR_OK);
    for (int again = 0; again < 2; again++) {
        struct orr_lab_session *s = orr_lab_session_new(NULL, &job, NULL);
        ck_assert_int_eq(orr_lab_session_run(s, b->store, NULL, NULL), ORR_OK);
        orr_lab_session_free(s);
    }
    struct orr_run_list l;
    ck_assert_int_eq(orr_store_runs(b->store, &l, NULL), ORR_OK);
    ck_assert_uint_eq(l.n, 3);
    ck_assert(l.runs[2].started > 1e9 && l.runs[2].ended >= l.runs[2].started); /* what is new is found at the top */
    orr_run_list_free(&l);
    ck_assert(orr_store_run_by_key(b->store, "b", &found, NULL) == ORR_OK && found == id);
    ck_assert(orr_store_run_by_key(b->store, "c", &found, NULL) == ORR_OK && found == 0);
    free_bench(b);
}
END_TEST

ORR_SUITE("lab session", a_session_stores_what_lab_train_stores,
          pausing_holds_the_run_between_two_batches_and_changes_nothing,
          a_changed_learning_rate_takes_effect_and_is_recorded, stopping_keeps_whole_epochs_only,
          a_fork_begins_with_the_weights_of_its_parent_trained_or_over,
          two_sessions_train_side_by_side_and_end_with_the_program, what_cannot_be_trained_says_why,
          training_anew_replaces_the_run_of_its_key_and_none_that_is_called_like_it)
