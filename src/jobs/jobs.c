#include "jobs/jobs.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/vec.h"

enum {
    KEPT_FINISHED = 100,   /* finished jobs that the list remembers */
    WAKE_INTERVAL_MS = 50, /* progress wakes the interface at most this often */
    THREADS_MAX = 64
};

struct job {
    struct orr_jobs *owner;
    struct orr_job_view view; /* the mailbox; under the owner's lock */
    struct orr_progress_meter meter;
    orr_job_run run;
    void *payload;
    void (*release)(void *);
    orr_job_done done;
    void *done_ctx;
    double started;
    bool is_long;
    bool due; /* finished, its callback is still to run */
    atomic_bool cancel;
};

struct orr_jobs {
    pthread_mutex_t lock;
    pthread_cond_t work;
    ORR_VEC(struct job *) all; /* oldest first */
    pthread_t threads[THREADS_MAX];
    int n_threads, max_threads, idle;
    uint64_t next_id;
    int wake[2];
    bool wake_pending, stop;
    double last_wake;
};

static bool is_finished(const struct job *job) { return job->view.state >= ORR_JOB_DONE; }

/* One byte at most lies in the pipe. Called with the lock held. */
static void wake(struct orr_jobs *j)
{
    if (j->wake_pending) return;
    j->wake_pending = true;
    j->last_wake = orr_clock_now();
    while (write(j->wake[1], "", 1) < 0) /* the pipe is empty, so only a signal can be in the way */
        ;
}

static void copy_text(char *to, size_t size, const char *from) { snprintf(to, size, "%s", from ? from : ""); }

static bool tick(void *ctx, const struct orr_progress *p)
{
    struct job *job = ctx;
    struct orr_jobs *j = job->owner;
    if (atomic_load_explicit(&job->cancel, memory_order_relaxed)) return false;
    pthread_mutex_lock(&j->lock);
    const double t = orr_clock_now(), elapsed = t - job->started;
    copy_text(job->view.what, sizeof job->view.what, p->what);
    copy_text(job->view.unit, sizeof job->view.unit, p->unit);
    job->view.done = p->done;
    job->view.total = p->total;
    job->view.value = p->value;
    job->view.seconds = elapsed;
    orr_progress_due(&job->meter, p, t, 0);
    job->view.eta = orr_progress_eta(&job->meter, p);
    if (t - j->last_wake > 1e-3 * WAKE_INTERVAL_MS) wake(j);
    pthread_mutex_unlock(&j->lock);
    return true;
}

/* Called with the lock held. */
static void finish(struct job *job, enum orr_job_state state)
{
    job->view.state = state;
    job->view.eta = 0;
    job->due = true;
    wake(job->owner);
}

/* The oldest queued job; *n (may be NULL) receives how many are queued. Called with the lock held. */
static struct job *next_queued(const struct orr_jobs *j, int *n)
{
    struct job *first = NULL;
    if (n) *n = 0;
    for (size_t i = 0; i < j->all.len; i++) {
        if (j->all.data[i]->view.state != ORR_JOB_QUEUED) continue;
        if (!first) first = j->all.data[i];
        if (n) ++*n;
    }
    return first;
}

static void *work(void *arg)
{
    struct orr_jobs *j = arg;
    pthread_mutex_lock(&j->lock);
    for (;;) {
        struct job *job = next_queued(j, NULL);
        if (j->stop) break;
        if (!job) {
            j->idle++;
            pthread_cond_wait(&j->work, &j->lock);
            j->idle--;
            continue;
        }
        job->view.state = ORR_JOB_RUNNING;
        job->started = orr_clock_now();
        pthread_mutex_unlock(&j->lock);
        struct orr_error err = {0};
        const struct orr_ticker ticker = {tick, job};
        const enum orr_status rc = job->run(job->payload, &ticker, &err);
        pthread_mutex_lock(&j->lock);
        job->view.seconds = orr_clock_now() - job->started;
        job->view.error = err;
        finish(job, rc == ORR_OK ? ORR_JOB_DONE : rc == ORR_ECANCELLED ? ORR_JOB_CANCELLED : ORR_JOB_FAILED);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* Signals belong to the interface's thread. Called with the lock held. */
static void add_thread(struct orr_jobs *j)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&j->threads[j->n_threads], NULL, work, j) == 0) j->n_threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void free_job(struct job *job)
{
    if (job->payload && job->release) job->release(job->payload);
    free(job);
}

/* Called with the lock held. */
static void forget_old(struct orr_jobs *j)
{
    size_t finished = 0, kept = 0;
    for (size_t i = 0; i < j->all.len; i++) finished += is_finished(j->all.data[i]) && !j->all.data[i]->due;
    for (size_t i = 0; i < j->all.len; i++) {
        struct job *job = j->all.data[i];
        if (finished > KEPT_FINISHED && is_finished(job) && !job->due) {
            free_job(job);
            finished--;
        } else {
            j->all.data[kept++] = job;
        }
    }
    j->all.len = kept;
}

struct orr_jobs *orr_jobs_new(int threads)
{
    struct orr_jobs *j = orr_xcalloc(1, sizeof *j);
    if (threads <= 0) threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
    j->max_threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads;
    if (pipe2(j->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
        free(j);
        return NULL;
    }
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->work, NULL);
    return j;
}

void orr_jobs_free(struct orr_jobs *j)
{
    if (!j) return;
    pthread_mutex_lock(&j->lock);
    j->stop = true;
    for (size_t i = 0; i < j->all.len; i++) atomic_store(&j->all.data[i]->cancel, true);
    pthread_cond_broadcast(&j->work);
    pthread_mutex_unlock(&j->lock);
    for (int i = 0; i < j->n_threads; i++) pthread_join(j->threads[i], NULL);
    for (size_t i = 0; i < j->all.len; i++) free_job(j->all.data[i]);
    free(j->all.data);
    close(j->wake[0]);
    close(j->wake[1]);
    pthread_cond_destroy(&j->work);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

int orr_jobs_fd(const struct orr_jobs *j) { return j->wake[0]; }

void orr_jobs_drain(struct orr_jobs *j)
{
    char bytes[16];
    pthread_mutex_lock(&j->lock);
    while (read(j->wake[0], bytes, sizeof bytes) > 0)
        ;
    j->wake_pending = false;
    pthread_mutex_unlock(&j->lock);
}

/* Threads that may exist: long jobs bring their own. Called with the lock held. */
static int thread_limit(const struct orr_jobs *j)
{
    int n = j->max_threads;
    for (size_t i = 0; i < j->all.len; i++) n += j->all.data[i]->is_long && !is_finished(j->all.data[i]);
    return n < THREADS_MAX ? n : THREADS_MAX;
}

static uint64_t submit(struct orr_jobs *j, bool is_long, const char *title, orr_job_run run, void *payload,
                       void (*release)(void *payload), orr_job_done done, void *done_ctx)
{
    struct job *job = orr_xcalloc(1, sizeof *job);
    *job = (struct job){.owner = j, .run = run, .payload = payload, .release = release, .done = done,
                        .done_ctx = done_ctx, .is_long = is_long};
    copy_text(job->view.title, sizeof job->view.title, title);
    job->view.value = job->view.eta = (double)NAN;
    pthread_mutex_lock(&j->lock);
    const uint64_t id = job->view.id = ++j->next_id;
    forget_old(j);
    ORR_VEC_PUSH(&j->all, job);
    int queued;
    next_queued(j, &queued);
    if (j->idle < queued && j->n_threads < thread_limit(j)) add_thread(j);
    if (j->n_threads == 0) {
        orr_error_set(&job->view.error, ORR_ENOMEM, "jobs", "no thread could be started; close other programs");
        finish(job, ORR_JOB_FAILED);
    }
    pthread_cond_signal(&j->work);
    wake(j);
    pthread_mutex_unlock(&j->lock);
    return id;
}

uint64_t orr_jobs_submit(struct orr_jobs *j, const char *title, orr_job_run run, void *payload,
                         void (*release)(void *payload), orr_job_done done, void *done_ctx)
{
    return submit(j, false, title, run, payload, release, done, done_ctx);
}

uint64_t orr_jobs_submit_long(struct orr_jobs *j, const char *title, orr_job_run run, void *payload,
                              void (*release)(void *payload), orr_job_done done, void *done_ctx)
{
    return submit(j, true, title, run, payload, release, done, done_ctx);
}

void orr_jobs_cancel(struct orr_jobs *j, uint64_t id)
{
    pthread_mutex_lock(&j->lock);
    for (size_t i = 0; i < j->all.len; i++) {
        struct job *job = j->all.data[i];
        if (job->view.id != id || is_finished(job)) continue;
        atomic_store(&job->cancel, true);
        if (job->view.state == ORR_JOB_QUEUED) finish(job, ORR_JOB_CANCELLED);
    }
    pthread_mutex_unlock(&j->lock);
}

/* Takes one job whose callback is due. Callbacks may submit and cancel, so they run without the lock. */
static bool collect_one(struct orr_jobs *j)
{
    struct job *job = NULL;
    pthread_mutex_lock(&j->lock);
    for (size_t i = 0; i < j->all.len && !job; i++)
        if (j->all.data[i]->due) job = j->all.data[i];
    if (!job) {
        pthread_mutex_unlock(&j->lock);
        return false;
    }
    job->due = false;
    const struct orr_job_view view = job->view;
    void *payload = job->payload;
    const orr_job_done done = job->done;
    void *ctx = job->done_ctx;
    void (*release)(void *) = job->release;
    job->payload = NULL;
    pthread_mutex_unlock(&j->lock);
    if (done) done(ctx, view.id, view.state, payload, &view.error);
    else if (payload && release) release(payload);
    return true;
}

void orr_jobs_collect(struct orr_jobs *j)
{
    while (collect_one(j))
        ;
}

size_t orr_jobs_list(struct orr_jobs *j, struct orr_job_view *out, size_t cap)
{
    pthread_mutex_lock(&j->lock);
    const size_t n = j->all.len;
    for (size_t i = 0; i < n && i < cap; i++) {
        const struct job *job = j->all.data[n - 1 - i];
        out[i] = job->view;
        if (job->view.state == ORR_JOB_RUNNING) out[i].seconds = orr_clock_now() - job->started;
    }
    pthread_mutex_unlock(&j->lock);
    return n;
}

bool orr_jobs_busy(struct orr_jobs *j)
{
    bool busy = false;
    pthread_mutex_lock(&j->lock);
    for (size_t i = 0; i < j->all.len; i++) busy |= !is_finished(j->all.data[i]) || j->all.data[i]->due;
    pthread_mutex_unlock(&j->lock);
    return busy;
}
