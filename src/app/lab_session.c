#include "app/lab_session.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/jump.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

enum { BATCH_POINTS = 2000, WAIT_MS = 50 };

struct orr_lab_session {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a command, weights given, or the end */
    int references;
    /* set at the start, then read only */
    char *store_path;
    struct orr_lab_job job;
    char *text[11]; /* of the job */
    struct orr_lab_session *parent;
    uint64_t ticket; /* the parent's weights are as wished when its `given` reached this */
    /* commands */
    bool pause, stop;
    double lr;
    uint64_t lr_wanted, wanted;
    /* results */
    struct orr_lab_look look;
    uint64_t given;
    orr_real *weights;
    size_t n_weights;
    int64_t weights_step;
    /* the training thread's own */
    struct orr_lab_job mine; /* the job with what only shows while it runs */
    struct orr_train *train;
    struct orr_lab_record *record;
    const struct orr_ticker *ticker;
    uint64_t lr_done;
    double last_tick;
    struct orr_str lr_changes, forked_from;
};

/* ---- life ---- */

/* The job's texts, in one order. */
static void own_texts(struct orr_lab_session *s)
{
    const char **const texts[] = {&s->job.key,        &s->job.name,        &s->job.project,
                                  &s->job.group,      &s->job.data,        &s->job.train.arch,
                                  &s->job.checkpoint, &s->job.forked_from, &s->job.lr_changes,
                                  &s->job.jump_model, &s->job.train.jump.method};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i]) *texts[i] = s->text[i] = orr_xstrdup(*texts[i]);
}

struct orr_lab_session *orr_lab_session_new(const char *store_path, const struct orr_lab_job *job,
                                            struct orr_lab_session *parent)
{
    struct orr_lab_session *s = orr_xcalloc(1, sizeof *s);
    pthread_condattr_t attr;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
    s->references = 1;
    s->store_path = store_path ? orr_xstrdup(store_path) : NULL;
    s->job = *job;
    own_texts(s);
    s->lr = job->train.optim.lr;
    s->look.seen = 1;
    s->look.train = (struct orr_train_state){.epochs = job->train.epochs,
                                             .lr = s->lr,
                                             .train_loss = NAN,
                                             .train_accuracy = NAN,
                                             .validation_loss = NAN,
                                             .validation_accuracy = NAN};
    if (parent) {
        s->parent = orr_lab_session_share(parent);
        pthread_mutex_lock(&parent->lock);
        s->ticket = ++parent->wanted;
        pthread_cond_broadcast(&parent->changed);
        pthread_mutex_unlock(&parent->lock);
    }
    return s;
}

struct orr_lab_session *orr_lab_session_share(struct orr_lab_session *s)
{
    pthread_mutex_lock(&s->lock);
    s->references++;
    pthread_mutex_unlock(&s->lock);
    return s;
}

void orr_lab_session_free(struct orr_lab_session *s)
{
    if (!s) return;
    pthread_mutex_lock(&s->lock);
    const int left = --s->references;
    pthread_mutex_unlock(&s->lock);
    if (left > 0) return;
    orr_lab_session_free(s->parent);
    orr_lab_look_free(&s->look);
    orr_str_free(&s->lr_changes);
    orr_str_free(&s->forked_from);
    for (size_t i = 0; i < sizeof s->text / sizeof *s->text; i++) free(s->text[i]);
    free(s->weights);
    free(s->store_path);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* ---- looking ---- */

static struct orr_lab_points *points_of(struct orr_lab_look *look, const char *name)
{
    for (size_t i = 0; i < look->n_series; i++)
        if (!strcmp(look->series[i].name, name)) return &look->series[i];
    if (look->n_series == look->cap) {
        look->cap = look->cap ? 2 * look->cap : 16;
        look->series = orr_xrealloc(look->series, look->cap, sizeof *look->series);
    }
    struct orr_lab_points *p = &look->series[look->n_series++];
    *p = (struct orr_lab_points){0};
    snprintf(p->name, sizeof p->name, "%s", name);
    return p;
}

static void reserve(struct orr_lab_points *p, size_t n)
{
    if (n <= p->cap) return;
    p->cap = n > 2 * p->cap ? n : 2 * p->cap;
    p->x = orr_xrealloc(p->x, p->cap, sizeof *p->x);
    p->y = orr_xrealloc(p->y, p->cap, sizeof *p->y);
}

/* With the lock held. */
static void add_point(struct orr_lab_session *s, const char *name, double x, double y)
{
    struct orr_lab_points *p = points_of(&s->look, name);
    reserve(p, p->n + 1);
    p->x[p->n] = x;
    p->y[p->n++] = y;
    s->look.seen++;
}

bool orr_lab_session_look(struct orr_lab_session *s, struct orr_lab_look *out)
{
    pthread_mutex_lock(&s->lock);
    const bool fresh = out->seen != s->look.seen;
    if (fresh) {
        const size_t cap = out->cap;
        struct orr_lab_points *series = out->series;
        const size_t n = out->n_series;
        *out = s->look;
        out->cap = cap;
        out->series = series;
        out->n_series = n;
        for (size_t i = 0; i < s->look.n_series; i++) {
            const struct orr_lab_points *from = &s->look.series[i];
            struct orr_lab_points *to = points_of(out, from->name);
            reserve(to, from->n);
            to->n = from->n;
            if (!from->n) continue;
            memcpy(to->x, from->x, from->n * sizeof *to->x);
            memcpy(to->y, from->y, from->n * sizeof *to->y);
        }
    }
    pthread_mutex_unlock(&s->lock);
    return fresh;
}

void orr_lab_look_free(struct orr_lab_look *look)
{
    for (size_t i = 0; i < look->n_series; i++) {
        free(look->series[i].x);
        free(look->series[i].y);
    }
    free(look->series);
    *look = (struct orr_lab_look){0};
}

const struct orr_lab_points *orr_lab_look_find(const struct orr_lab_look *look, const char *name)
{
    for (size_t i = 0; i < look->n_series; i++)
        if (!strcmp(look->series[i].name, name)) return &look->series[i];
    return NULL;
}

const struct orr_lab_job *orr_lab_session_job(const struct orr_lab_session *s) { return &s->job; }

/* ---- commands ---- */

void orr_lab_session_pause(struct orr_lab_session *s, bool on)
{
    pthread_mutex_lock(&s->lock);
    s->pause = on;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

bool orr_lab_session_paused(struct orr_lab_session *s)
{
    pthread_mutex_lock(&s->lock);
    const bool on = s->pause;
    pthread_mutex_unlock(&s->lock);
    return on;
}

void orr_lab_session_set_lr(struct orr_lab_session *s, double lr)
{
    if (!(lr > 0) || !isfinite(lr)) return;
    pthread_mutex_lock(&s->lock);
    s->lr = lr;
    s->lr_wanted++;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

double orr_lab_session_lr(struct orr_lab_session *s)
{
    pthread_mutex_lock(&s->lock);
    const double lr = s->lr;
    pthread_mutex_unlock(&s->lock);
    return lr;
}

void orr_lab_session_stop(struct orr_lab_session *s)
{
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* ---- the training thread, between two batches ---- */

static void wait_a_little(struct orr_lab_session *s)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += WAIT_MS * 1000000L;
    t.tv_sec += t.tv_nsec / 1000000000L;
    t.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&s->changed, &s->lock, &t);
}

static void set_phase(struct orr_lab_session *s, enum orr_lab_phase phase)
{
    if (s->look.phase == phase) return;
    s->look.phase = phase;
    s->look.seen++;
}

static void give_weights(struct orr_lab_session *s)
{
    const size_t n = orr_train_weights(s->train, NULL);
    if (s->n_weights != n) s->weights = orr_xrealloc(s->weights, n, sizeof *s->weights);
    s->n_weights = orr_train_weights(s->train, s->weights);
    s->weights_step = orr_train_state(s->train).step;
    s->given = s->wanted;
    pthread_cond_broadcast(&s->changed);
}

static void change_lr(struct orr_lab_session *s)
{
    const struct orr_train_state st = orr_train_state(s->train);
    const double x = (double)st.step / (double)s->look.steps_per_epoch;
    orr_train_set_lr(s->train, s->lr);
    orr_str_printf(&s->lr_changes, "%s%" PRId64 ":%g", s->lr_changes.len ? " " : "", st.step, s->lr);
    add_point(s, "lr", x, s->lr);
    s->lr_done = s->lr_wanted;
}

/* Obeys the commands; false: stop. With the lock held, which it lets go to ask the caller. */
static bool obey(struct orr_lab_session *s, const struct orr_progress *p)
{
    for (;;) {
        if (s->train && s->wanted > s->given) give_weights(s);
        if (s->train && s->lr_wanted != s->lr_done) change_lr(s);
        const bool wait = s->pause && !s->stop;
        if (wait) set_phase(s, ORR_LAB_PAUSED);
        const bool stop = s->stop;
        pthread_mutex_unlock(&s->lock);
        struct orr_progress mine = *p;
        if (wait) mine.what = "paused";
        const bool go_on = !stop && (!s->ticker || !s->ticker->tick || s->ticker->tick(s->ticker->ctx, &mine));
        pthread_mutex_lock(&s->lock);
        if (!go_on) return false;
        if (!wait) return true;
        wait_a_little(s);
    }
}

static bool on_tick(void *ctx, const struct orr_progress *ignored)
{
    struct orr_lab_session *s = ctx;
    (void)ignored; /* whole runs are what a watcher wants to know of */
    const struct orr_train_state st = orr_train_state(s->train);
    const size_t per_epoch = s->look.steps_per_epoch;
    const struct orr_progress p = {s->job.train.arch, "steps", (uint64_t)st.step, per_epoch * (uint64_t)st.epochs,
                                   st.validation_loss};
    const double now = orr_clock_now();
    pthread_mutex_lock(&s->lock);
    s->look.seconds += now - s->last_tick;
    s->look.train = st;
    s->look.seen++;
    const bool go_on = obey(s, &p);
    if (go_on) set_phase(s, ORR_LAB_TRAINING);
    pthread_mutex_unlock(&s->lock);
    s->last_tick = orr_clock_now();
    return go_on;
}

/* While the data is evaluated before training: only stopping works yet. */
static bool on_open_tick(void *ctx, const struct orr_progress *p)
{
    struct orr_lab_session *s = ctx;
    pthread_mutex_lock(&s->lock);
    const bool stop = s->stop;
    pthread_mutex_unlock(&s->lock);
    return !stop && (!s->ticker || !s->ticker->tick || s->ticker->tick(s->ticker->ctx, p));
}

static enum orr_status on_metric(void *ctx, const char *name, int64_t step, double value, struct orr_error *err)
{
    struct orr_lab_session *s = ctx;
    const struct orr_train_events events = orr_lab_record_events(s->record);
    const bool by_step = orr_train_counts_steps(name);
    pthread_mutex_lock(&s->lock);
    add_point(s, name, by_step ? (double)step / (double)s->look.steps_per_epoch : (double)step, value);
    pthread_mutex_unlock(&s->lock);
    return events.metric(events.ctx, name, step, value, err);
}

static enum orr_status on_snapshot(void *ctx, int64_t step, const char *tensor, struct orr_shape shape,
                                   const orr_real *values, struct orr_error *err)
{
    struct orr_lab_session *s = ctx;
    const struct orr_train_events events = orr_lab_record_events(s->record);
    return events.snapshot(events.ctx, step, tensor, shape, values, err);
}

/* What an undone epoch had measured goes from the mailbox and from what is still to be stored. */
static void cut(struct orr_lab_session *s)
{
    const struct orr_train_state st = orr_train_state(s->train);
    orr_lab_record_cut(s->record, st.step, s->job.train.weights == ORR_RECORD_STEPS);
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->look.n_series; i++) {
        struct orr_lab_points *p = &s->look.series[i];
        while (orr_train_counts_steps(p->name) && p->n && p->x[p->n - 1] > st.epoch) p->n--;
    }
    s->look.seen++;
    pthread_mutex_unlock(&s->lock);
}

/* ---- a run from beginning to end ---- */

/* A fork waits until its parent has come to the next batch, or has ended. */
static enum orr_status take_start(struct orr_lab_session *s, orr_real **weights, struct orr_error *err)
{
    struct orr_lab_session *p = s->parent;
    bool go_on = true;
    pthread_mutex_lock(&p->lock);
    while (go_on && p->given < s->ticket && p->look.phase != ORR_LAB_OVER) {
        wait_a_little(p);
        pthread_mutex_unlock(&p->lock);
        go_on = orr_ticker_tick(s->ticker, "waiting for the weights", "", 0, 0);
        pthread_mutex_lock(&p->lock);
    }
    if (go_on && p->weights) {
        *weights = orr_xmalloc(p->n_weights * sizeof **weights);
        memcpy(*weights, p->weights, p->n_weights * sizeof **weights);
        s->mine.train.start = *weights;
        s->mine.train.n_start = p->n_weights;
        orr_str_printf(&s->forked_from, "run %" PRId64 " step %" PRId64, p->look.run, p->weights_step);
        s->mine.forked_from = s->forked_from.data;
    }
    pthread_mutex_unlock(&p->lock);
    if (!go_on) return orr_error_set(err, ORR_ECANCELLED, NULL, "stopped before it began");
    return *weights ? ORR_OK : orr_error_set(err, ORR_ENOTFOUND, NULL, "the run to fork from never trained");
}

static enum orr_status open_train(struct orr_lab_session *s, struct orr_dataset *data, struct orr_error *err)
{
    const struct orr_train_events events = {.ctx = s, .metric = on_metric, .snapshot = on_snapshot};
    const struct orr_ticker ticker = {on_open_tick, s};
    struct orr_train_options o = s->mine.train;
    o.ticker = &ticker;
    const size_t batch = o.batch > 0 && (size_t)o.batch < data->n[ORR_TRAIN] ? (size_t)o.batch : data->n[ORR_TRAIN];
    const size_t steps = (data->n[ORR_TRAIN] + batch - 1) / batch;
    if (s->job.live) {
        o.layer_norms = true;
        if (!o.log_every) o.log_every = 1 + (int)(steps * (size_t)(o.epochs > 0 ? o.epochs : 1) / BATCH_POINTS);
    }
    pthread_mutex_lock(&s->lock);
    s->look.steps_per_epoch = steps;
    pthread_mutex_unlock(&s->lock);
    const enum orr_status status = orr_train_open(&o, data, &events, &s->train, err);
    if (status) return status;
    pthread_mutex_lock(&s->lock);
    add_point(s, "lr", 0, orr_train_state(s->train).lr);
    pthread_mutex_unlock(&s->lock);
    return ORR_OK;
}

static enum orr_status store(struct orr_lab_session *s, struct orr_store *to, const char *state, struct orr_error *err)
{
    int64_t run = s->look.run;
    if (s->lr_changes.len) s->mine.lr_changes = s->lr_changes.data;
    const enum orr_status status = orr_lab_commit(to, &s->mine, s->train, s->record, state, &run, err);
    pthread_mutex_lock(&s->lock);
    s->look.run = run;
    s->look.train = orr_train_state(s->train);
    s->look.seen++;
    pthread_mutex_unlock(&s->lock);
    return status;
}

static enum orr_status epochs(struct orr_lab_session *s, struct orr_store *to, struct orr_error *err)
{
    const struct orr_lab_job *job = &s->job;
    const struct orr_ticker ticker = {on_tick, s};
    double stored = orr_clock_now();
    enum orr_status status = ORR_OK;
    s->last_tick = stored;
    while (!status && orr_train_state(s->train).epoch < job->train.epochs && !orr_train_state(s->train).diverged) {
        status = orr_train_epoch(s->train, &ticker, err);
        if (status) break;
        const int epoch = orr_train_state(s->train).epoch;
        const bool point = job->checkpoint && epoch % (job->checkpoint_every > 0 ? job->checkpoint_every : 1) == 0;
        if (point || orr_clock_now() - stored > 1) {
            status = store(s, to, "running", err);
            stored = orr_clock_now();
        }
        if (!status && point) status = orr_train_save(s->train, job->checkpoint, err);
    }
    return status;
}

static enum orr_status finish(struct orr_lab_session *s, struct orr_store *to, enum orr_status status,
                              const char **state, struct orr_error *err)
{
    double loss, accuracy;
    struct orr_error second;
    const bool diverged = orr_train_state(s->train).diverged;
    if (status) cut(s);
    if (!status && !diverged) status = orr_train_test(s->train, &loss, &accuracy, err);
    *state = status == ORR_ECANCELLED ? "stopped" : status ? "failed" : diverged ? "diverged" : "finished";
    const enum orr_status stored = store(s, to, *state, &second);
    if (stored && (!status || status == ORR_ECANCELLED)) {
        status = stored;
        *state = "failed";
        if (err) *err = second;
    }
    return status;
}

static void end(struct orr_lab_session *s, enum orr_status status, const char *state, const struct orr_error *err)
{
    pthread_mutex_lock(&s->lock);
    if (s->train) {
        s->look.train = orr_train_state(s->train);
        give_weights(s);
    }
    snprintf(s->look.ended, sizeof s->look.ended, "%s", state);
    if (status && status != ORR_ECANCELLED && err) s->look.error = *err;
    set_phase(s, ORR_LAB_OVER);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

enum orr_status orr_lab_session_run(struct orr_lab_session *s, struct orr_store *to, const struct orr_ticker *ticker,
                                    struct orr_error *err)
{
    const struct orr_ticker loading = {on_open_tick, s};
    struct orr_dataset data = {0};
    struct orr_error mine = {0};
    struct orr_weights_model *model = NULL;
    orr_real *start = NULL;
    const char *state = "failed";
    s->ticker = ticker;
    s->mine = s->job;
    s->record = orr_lab_record_new();
    pthread_mutex_lock(&s->lock);
    set_phase(s, ORR_LAB_LOADING);
    pthread_mutex_unlock(&s->lock);
    enum orr_status status = s->parent ? take_start(s, &start, &mine) : ORR_OK;
    if (!status && s->mine.train.jump.method && !s->mine.train.jump.model) {
        status = orr_jump_model(s->mine.train.jump.method, s->mine.jump_model, &model, &mine);
        s->mine.train.jump.model = model;
    }
    if (!status) status = orr_dataset_load_watched(s->job.data, &loading, &data, &mine);
    if (!status) status = open_train(s, &data, &mine);
    if (!status) status = orr_lab_begin(to, &s->job, s->train, s->record, &mine);
    if (!status) {
        status = store(s, to, "running", &mine);
        if (!status) status = finish(s, to, epochs(s, to, &mine), &state, &mine);
    } else if (status == ORR_ECANCELLED) {
        state = "stopped";
    }
    end(s, status, state, &mine);
    if (status && err) *err = mine;
    orr_train_close(s->train);
    s->train = NULL;
    orr_lab_record_free(s->record);
    s->record = NULL;
    orr_dataset_free(&data);
    orr_weights_model_free(model);
    free(start);
    return status;
}

enum orr_status orr_lab_session_work(void *session, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_lab_session *s = session;
    struct orr_store *to = NULL;
    enum orr_status status = orr_store_open(s->store_path, ORR_STORE_WRITE, &to, err);
    if (status)
        end(s, status, "failed", err);
    else
        status = orr_lab_session_run(s, to, ticker, err);
    orr_store_close(to);
    return status;
}

void orr_lab_session_never_ran(struct orr_lab_session *s)
{
    pthread_mutex_lock(&s->lock);
    const bool over = s->look.phase == ORR_LAB_OVER;
    pthread_mutex_unlock(&s->lock);
    if (!over) end(s, ORR_ECANCELLED, "stopped", NULL);
}
