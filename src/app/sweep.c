#include "app/sweep.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/jump.h"
#include "app/lab.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"
#include "num/gemm.h"

enum { KEY_SIZE = 128, MAX_THREADS = 256 };

/* A data set, loaded once and shared by all items that train on it. */
struct shared_data {
    char name[96];
    struct orr_dataset data;
    enum orr_status status;
    struct orr_error err;
};

/* A forecaster, shared likewise. */
struct shared_model {
    char method[24];
    struct orr_weights_model *model;
    enum orr_status status;
    struct orr_error err;
};

/* An item that has been trained and waits to be stored. */
struct finished {
    struct orr_sweep_item item;
    struct orr_train *train; /* NULL: failed */
    struct orr_lab_record *record;
    char key[KEY_SIZE], name[KEY_SIZE];
    struct orr_error err;
};

struct pool {
    const struct orr_sweep *sweep;
    const size_t *todo; /* item numbers */
    size_t n_todo;
    size_t next;        /* all below under the lock */
    double deadline;
    pthread_mutex_t lock;
    pthread_cond_t change;
    ORR_VEC(struct finished *) done;
    ORR_VEC(struct shared_data *) data;
    ORR_VEC(struct shared_model *) models;
    int working;
    atomic_bool stop;
};

static void item_key(const struct orr_sweep *s, size_t i, char key[KEY_SIZE])
{
    snprintf(key, KEY_SIZE, "lab:%s:%zu", orr_sweep_name(s), i);
}

/* ---- workers ---- */

static bool keep_on(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return !atomic_load(&((struct pool *)ctx)->stop);
}

static struct shared_data *data_of(struct pool *p, const char *name)
{
    pthread_mutex_lock(&p->lock); /* also while loading: another item of the same set waits for it */
    struct shared_data *d = NULL;
    for (size_t i = 0; i < p->data.len && !d; i++)
        if (!strcmp(p->data.data[i]->name, name)) d = p->data.data[i];
    if (!d) {
        d = orr_xcalloc(1, sizeof *d);
        snprintf(d->name, sizeof d->name, "%s", name);
        d->status = orr_dataset_load(name, &d->data, &d->err);
        ORR_VEC_PUSH(&p->data, d);
    }
    pthread_mutex_unlock(&p->lock);
    return d;
}

static const struct shared_model *model_of(struct pool *p, const char *method)
{
    pthread_mutex_lock(&p->lock);
    struct shared_model *m = NULL;
    for (size_t i = 0; i < p->models.len && !m; i++)
        if (!strcmp(p->models.data[i]->method, method)) m = p->models.data[i];
    if (!m) {
        m = orr_xcalloc(1, sizeof *m);
        snprintf(m->method, sizeof m->method, "%s", method);
        m->status = orr_jump_model(method, NULL, &m->model, &m->err);
        ORR_VEC_PUSH(&p->models, m);
    }
    pthread_mutex_unlock(&p->lock);
    return m;
}

static enum orr_status job_of(const struct finished *f, struct orr_lab_job *job, struct orr_error *err)
{
    const struct orr_sweep_item *it = &f->item;
    enum orr_optim_kind kind;
    *job = (struct orr_lab_job){.key = f->key, .name = f->name, .data = it->data, .train = orr_train_defaults()};
    struct orr_train_options *t = &job->train;
    enum orr_status s = orr_lab_parse_optim(it->optim, &kind, err);
    if (s) return s;
    t->optim = orr_optim_defaults(kind, it->lr);
    t->optim.weight_decay = it->weight_decay;
    t->arch = it->arch;
    t->batch = it->batch;
    t->epochs = it->epochs;
    t->seed = it->seed;
    t->moments = it->moments;
    if (strcmp(it->jump, "none") != 0) {
        t->jump = (struct orr_jump_options){.method = it->jump, .horizon = it->jump_horizon};
        s = orr_jump_parse_at(it->jump_at, &t->jump, err);
        if (s) return s;
    }
    s = orr_lab_parse_schedule(it->schedule, &t->optim.schedule, err);
    return s ? s : orr_lab_parse_weights(it->weights, &t->weights, &t->weights_every, err);
}

static enum orr_status train(struct pool *p, size_t i, struct finished *f)
{
    item_key(p->sweep, i, f->key);
    snprintf(f->name, sizeof f->name, "%.100s-%zu", orr_sweep_name(p->sweep), i);
    f->record = orr_lab_record_new();
    enum orr_status s = orr_sweep_draw(p->sweep, i, &f->item, &f->err);
    if (s) return s;
    const struct shared_data *d = data_of(p, f->item.data);
    if (d->status) {
        f->err = d->err;
        return d->status;
    }
    struct orr_lab_job job;
    const struct orr_train_events events = orr_lab_record_events(f->record);
    const struct orr_ticker ticker = {keep_on, p};
    s = job_of(f, &job, &f->err);
    if (!s && job.train.jump.method) {
        const struct shared_model *m = model_of(p, f->item.jump);
        job.train.jump.model = m->model;
        if ((s = m->status)) f->err = m->err;
    }
    if (!s) s = orr_train_open(&job.train, &d->data, &events, &f->train, &f->err);
    while (!s && orr_train_state(f->train).epoch < job.train.epochs && !orr_train_state(f->train).diverged)
        s = orr_train_epoch(f->train, &ticker, &f->err);
    double loss, accuracy;
    if (!s && !orr_train_state(f->train).diverged) s = orr_train_test(f->train, &loss, &accuracy, &f->err);
    return s;
}

static void finished_free(struct finished *f)
{
    orr_train_close(f->train);
    orr_lab_record_free(f->record);
    free(f);
}

static void *work(void *ctx)
{
    struct pool *p = ctx;
    pthread_mutex_lock(&p->lock);
    while (!atomic_load(&p->stop) && p->next < p->n_todo && (p->deadline == 0 || orr_clock_now() < p->deadline)) {
        const size_t i = p->todo[p->next++];
        pthread_mutex_unlock(&p->lock);
        struct finished *f = orr_xcalloc(1, sizeof *f);
        const enum orr_status s = train(p, i, f);
        if (s && s != ORR_ECANCELLED) {
            orr_train_close(f->train);
            f->train = NULL;
        }
        pthread_mutex_lock(&p->lock);
        if (s == ORR_ECANCELLED)
            finished_free(f); /* begun, not ended: nothing of it is kept */
        else
            ORR_VEC_PUSH(&p->done, f);
        pthread_cond_broadcast(&p->change);
    }
    p->working--;
    pthread_cond_broadcast(&p->change);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- the storing thread ---- */

static enum orr_status store_all(struct orr_app *app, const struct orr_sweep *sweep, struct finished **f, size_t n,
                                 struct orr_sweep_result *out, struct orr_error *err)
{
    size_t finished = 0, diverged_runs = 0;
    enum orr_status s = orr_store_begin(app->store, err);
    for (size_t i = 0; !s && i < n; i++) {
        struct orr_lab_job job;
        int64_t run;
        if (!f[i]->train) {
            out->failed++;
            if (err) *err = f[i]->err;
            continue;
        }
        const bool diverged = orr_train_state(f[i]->train).diverged;
        s = job_of(f[i], &job, err);
        job.group = orr_sweep_name(sweep);
        if (!s)
            s = orr_lab_store(app->store, &job, f[i]->train, f[i]->record, diverged ? "diverged" : "finished", &run, err);
        *(diverged ? &diverged_runs : &finished) += 1;
    }
    if (!s) s = orr_store_commit(app->store, err);
    if (s) {
        orr_store_rollback(app->store);
        return s;
    }
    out->finished += finished;
    out->diverged += diverged_runs;
    return ORR_OK;
}

/* Stores what the workers finish until they all have left. */
static enum orr_status collect(struct orr_app *app, struct pool *p, const struct orr_ticker *ticker,
                               struct orr_sweep_result *out, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    bool cancelled = false;
    pthread_mutex_lock(&p->lock);
    while (p->working || p->done.len) {
        struct finished **batch = p->done.data;
        const size_t n = p->done.len;
        p->done.data = NULL;
        p->done.len = p->done.cap = 0;
        pthread_mutex_unlock(&p->lock);
        if (n && !s) s = store_all(app, p->sweep, batch, n, out, err);
        for (size_t i = 0; i < n; i++) finished_free(batch[i]);
        free(batch);
        const size_t over = out->finished + out->diverged + out->failed;
        if (s || (!cancelled && !orr_ticker_tick(ticker, orr_sweep_name(p->sweep), "runs", out->done_before + over, out->runs))) {
            cancelled |= !s;
            atomic_store(&p->stop, true);
        }
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 50000000;
        if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
        pthread_mutex_lock(&p->lock);
        if (p->working && !p->done.len) pthread_cond_timedwait(&p->change, &p->lock, &until);
    }
    pthread_mutex_unlock(&p->lock);
    return s ? s : cancelled ? orr_error_set(err, ORR_ECANCELLED, NULL, "stopped; whole runs are stored") : ORR_OK;
}

/* The items of the shard that the store does not hold in a final state. */
static enum orr_status list_todo(struct orr_app *app, const struct orr_sweep *sweep, const struct orr_sweep_options *o,
                                 size_t **todo, size_t *n, struct orr_sweep_result *out, struct orr_error *err)
{
    struct orr_run_list list;
    enum orr_status s = orr_store_runs(app->store, &list, err);
    if (s) return s;
    const size_t runs = orr_sweep_runs(sweep), shards = o->shards ? o->shards : 1;
    bool *have = orr_xcalloc(runs, sizeof *have);
    char prefix[KEY_SIZE];
    const size_t k = (size_t)snprintf(prefix, sizeof prefix, "lab:%s:", orr_sweep_name(sweep));
    for (size_t i = 0; i < list.n; i++) {
        if (strncmp(list.runs[i].key, prefix, k) || !strcmp(list.runs[i].state, "running")) continue;
        char *end;
        const unsigned long long at = strtoull(list.runs[i].key + k, &end, 10);
        if (!*end && end != list.runs[i].key + k && at < runs) have[at] = true;
    }
    orr_run_list_free(&list);
    *todo = orr_xmalloc(runs * sizeof **todo);
    *n = 0;
    for (size_t i = o->shards ? o->shard : 0; i < runs; i += shards) {
        out->runs++;
        if (have[i])
            out->done_before++;
        else
            (*todo)[(*n)++] = i;
    }
    free(have);
    return ORR_OK;
}

enum orr_status orr_app_sweep(struct orr_app *app, const struct orr_sweep *sweep, const struct orr_sweep_options *o,
                              const struct orr_ticker *ticker, struct orr_sweep_result *out, struct orr_error *err)
{
    *out = (struct orr_sweep_result){0};
    const double start = orr_clock_now();
    size_t *todo = NULL;
    struct pool p = {.sweep = sweep, .deadline = o->most_seconds > 0 ? start + o->most_seconds : 0};
    enum orr_status s = list_todo(app, sweep, o, &todo, &p.n_todo, out, err);
    if (s) return s;
    p.todo = todo;
    pthread_mutex_init(&p.lock, NULL);
    pthread_cond_init(&p.change, NULL);
    atomic_init(&p.stop, false);
    orr_blas_set_threads(1); /* the cores belong to the items */
    long threads = o->threads > 0 ? o->threads : sysconf(_SC_NPROCESSORS_ONLN);
    if (threads < 1) threads = 1;
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    pthread_t thread[MAX_THREADS];
    int started = 0;
    p.working = (int)threads;
    while (started < threads && pthread_create(&thread[started], NULL, work, &p) == 0) started++;
    pthread_mutex_lock(&p.lock);
    p.working -= (int)threads - started;
    pthread_mutex_unlock(&p.lock);
    s = started ? collect(app, &p, ticker, out, err)
                : orr_error_set(err, ORR_ENOMEM, NULL, "no thread could be started");
    for (int i = 0; i < started; i++) pthread_join(thread[i], NULL);
    out->left = out->runs - out->done_before - out->finished - out->diverged - out->failed;
    out->seconds = orr_clock_now() - start;
    for (size_t i = 0; i < p.data.len; i++) {
        orr_dataset_free(&p.data.data[i]->data);
        free(p.data.data[i]);
    }
    free(p.data.data);
    for (size_t i = 0; i < p.models.len; i++) {
        orr_weights_model_free(p.models.data[i]->model);
        free(p.models.data[i]);
    }
    free(p.models.data);
    free(p.done.data);
    free(todo);
    pthread_mutex_destroy(&p.lock);
    pthread_cond_destroy(&p.change);
    return s;
}
