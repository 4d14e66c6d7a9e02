#include "suite.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "jobs/jobs.h"

struct sum {
    int n;
    long result;
    pthread_t thread;
};

static enum orr_status add_up(void *payload, const struct orr_ticker *t, struct orr_error *err)
{
    (void)err;
    struct sum *s = payload;
    s->thread = pthread_self();
    for (int i = 1; i <= s->n; i++) {
        s->result += i;
        if (!orr_ticker_tick(t, "adding", "numbers", (uint64_t)i, (uint64_t)s->n)) return ORR_ECANCELLED;
    }
    return ORR_OK;
}

static enum orr_status spin(void *payload, const struct orr_ticker *t, struct orr_error *err)
{
    (void)payload, (void)err;
    for (uint64_t i = 0; orr_ticker_tick(t, "spinning", "turns", i, 0); i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    return ORR_ECANCELLED;
}

static enum orr_status fails(void *payload, const struct orr_ticker *t, struct orr_error *err)
{
    (void)payload, (void)t;
    return orr_error_set(err, ORR_EFORMAT, "log.csv:3", "no number here");
}

/* Waits on the pipe as the interface does until nothing is left to do. */
static void run_until_idle(struct orr_jobs *j)
{
    while (orr_jobs_busy(j)) {
        struct pollfd p = {orr_jobs_fd(j), POLLIN, 0};
        ck_assert_int_eq(poll(&p, 1, 20000), 1);
        orr_jobs_drain(j);
        orr_jobs_collect(j);
    }
}

struct seen {
    int calls;
    enum orr_job_state state;
    long result;
    bool own_thread, other_thread;
    char where[320];
};
static void note(void *ctx, uint64_t id, enum orr_job_state state, void *payload, const struct orr_error *err)
{
    (void)id;
    static pthread_t owner;
    struct seen *s = ctx;
    struct sum *sum = payload;
    if (s->calls++ == 0) owner = pthread_self();
    s->state = state;
    s->own_thread = pthread_equal(owner, pthread_self());
    if (sum) s->result += sum->result, s->other_thread = !pthread_equal(sum->thread, pthread_self());
    strcpy(s->where, err->where);
    free(payload);
}

static struct sum *sum_of(int n)
{
    struct sum *s = calloc(1, sizeof *s);
    s->n = n;
    return s;
}

START_TEST(a_hundred_jobs_all_finish_and_hand_their_payload_to_the_owners_thread)
{
    struct orr_jobs *j = orr_jobs_new(4);
    struct seen seen = {0};
    for (int i = 0; i < 100; i++) orr_jobs_submit(j, "sum", add_up, sum_of(100), free, note, &seen);
    run_until_idle(j);
    ck_assert_int_eq(seen.calls, 100);
    ck_assert_int_eq(seen.result, 100 * 5050);
    ck_assert(seen.own_thread && seen.other_thread);
    orr_jobs_free(j);
}
END_TEST

START_TEST(progress_shows_in_the_list_newest_job_first)
{
    struct orr_jobs *j = orr_jobs_new(1);
    struct seen seen = {0};
    struct orr_job_view v[2];
    orr_jobs_submit(j, "first", add_up, sum_of(10), free, note, &seen);
    orr_jobs_submit(j, "second", add_up, sum_of(20), free, note, &seen);
    run_until_idle(j);
    ck_assert_uint_eq(orr_jobs_list(j, v, 2), 2);
    ck_assert_str_eq(v[0].title, "second");
    ck_assert_str_eq(v[1].title, "first");
    ck_assert_str_eq(v[1].what, "adding");
    ck_assert_uint_eq(v[0].done, 20);
    ck_assert_uint_eq(v[0].total, 20);
    ck_assert_int_eq(v[0].state, ORR_JOB_DONE);
    orr_jobs_free(j);
}
END_TEST

START_TEST(cancelling_stops_a_running_job_at_its_next_tick_and_a_queued_one_at_once)
{
    struct orr_jobs *j = orr_jobs_new(1);
    struct seen running = {0}, queued = {0};
    struct orr_job_view v[2] = {0};
    const uint64_t a = orr_jobs_submit(j, "spin", spin, NULL, NULL, note, &running);
    const uint64_t b = orr_jobs_submit(j, "sum", add_up, sum_of(5), free, note, &queued);
    while (orr_jobs_list(j, v, 2), v[1].state != ORR_JOB_RUNNING) nanosleep(&(struct timespec){0, 100000}, NULL);
    orr_jobs_cancel(j, b);
    orr_jobs_collect(j);
    ck_assert_int_eq(queued.calls, 1);
    ck_assert_int_eq(queued.state, ORR_JOB_CANCELLED);
    ck_assert_int_eq(queued.result, 0);
    orr_jobs_cancel(j, a);
    run_until_idle(j);
    ck_assert_int_eq(running.state, ORR_JOB_CANCELLED);
    orr_jobs_free(j);
}
END_TEST

START_TEST(a_failed_job_carries_its_error)
{
    struct orr_jobs *j = orr_jobs_new(2);
    struct seen seen = {0};
    struct orr_job_view v;
    orr_jobs_submit(j, "import", fails, NULL, NULL, note, &seen);
    run_until_idle(j);
    ck_assert_int_eq(seen.state, ORR_JOB_FAILED);
    ck_assert_str_eq(seen.where, "log.csv:3");
    orr_jobs_list(j, &v, 1);
    ck_assert_str_eq(v.error.message, "no number here");
    orr_jobs_free(j);
}
END_TEST

static atomic_int released;
static void release(void *payload)
{
    free(payload);
    released++;
}

START_TEST(freeing_cancels_what_runs_and_releases_every_payload_once)
{
    struct orr_jobs *j = orr_jobs_new(2);
    for (int i = 0; i < 6; i++) orr_jobs_submit(j, "spin", spin, calloc(1, 8), release, NULL, NULL);
    orr_jobs_submit(j, "sum", add_up, sum_of(3), release, note, &(struct seen){0});
    orr_jobs_free(j);
    ck_assert_int_eq(released, 7);
    orr_jobs_free(NULL);
}
END_TEST

static void resubmit(void *ctx, uint64_t id, enum orr_job_state state, void *payload, const struct orr_error *err)
{
    (void)id, (void)state, (void)err;
    free(payload);
    struct orr_jobs *j = ctx;
    if (atomic_fetch_add(&released, 1) < 9) orr_jobs_submit(j, "next", add_up, sum_of(2), free, resubmit, j);
}

START_TEST(a_callback_may_submit_the_next_job)
{
    struct orr_jobs *j = orr_jobs_new(2);
    released = 0;
    orr_jobs_submit(j, "first", add_up, sum_of(2), free, resubmit, j);
    run_until_idle(j);
    ck_assert_int_eq(released, 10);
    orr_jobs_free(j);
}
END_TEST

START_TEST(the_list_forgets_old_finished_jobs)
{
    struct orr_jobs *j = orr_jobs_new(1);
    for (int i = 0; i < 300; i++) {
        orr_jobs_submit(j, "sum", add_up, sum_of(1), free, NULL, NULL);
        run_until_idle(j);
    }
    ck_assert_uint_le(orr_jobs_list(j, NULL, 0), 102);
    orr_jobs_free(j);
}
END_TEST

START_TEST(long_jobs_leave_the_threads_of_the_others_alone)
{
    struct orr_jobs *j = orr_jobs_new(1);
    uint64_t id[3];
    struct sum s = {.n = 10};
    struct orr_job_view view[4];
    for (int i = 0; i < 3; i++) id[i] = orr_jobs_submit_long(j, "spin", spin, NULL, NULL, NULL, NULL);
    const uint64_t last = orr_jobs_submit(j, "add", add_up, &s, NULL, NULL, NULL);
    do { /* all three spin meanwhile */
        nanosleep(&(struct timespec){0, 1000000}, NULL);
        ck_assert_uint_eq(orr_jobs_list(j, view, 4), 4);
        ck_assert_uint_eq(view[0].id, last);
    } while (view[0].state != ORR_JOB_DONE);
    for (int i = 1; i < 4; i++) ck_assert_int_eq(view[i].state, ORR_JOB_RUNNING);
    for (int i = 0; i < 3; i++) orr_jobs_cancel(j, id[i]);
    run_until_idle(j);
    ck_assert_int_eq((int)s.result, 55);
    orr_jobs_free(j);
}
END_TEST

ORR_SUITE("jobs", a_hundred_jobs_all_finish_and_hand_their_payload_to_the_owners_thread,
          progress_shows_in_the_list_newest_job_first,
          cancelling_stops_a_running_job_at_its_next_tick_and_a_queued_one_at_once, a_failed_job_carries_its_error,
          freeing_cancels_what_runs_and_releases_every_payload_once, a_callback_may_submit_the_next_job,
          the_list_forgets_old_finished_jobs, long_jobs_leave_the_threads_of_the_others_alone)
