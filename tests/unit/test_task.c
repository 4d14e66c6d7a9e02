#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "aid_ui.h"
#include "tui/export.h"
#include "tui/task.h"

struct screen {
    struct orr_ui_task *task;
    int done, last;
    enum orr_job_state state;
    char message[512];
    bool had_store;
};
struct work {
    int number;
    enum orr_status status;
    bool had_store;
};
static int released;

static enum orr_status run(void *work, struct orr_store *store, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct work *w = work;
    (void)ticker;
    w->had_store = store != NULL;
    return w->status ? orr_error_set(err, w->status, "here", "it failed") : ORR_OK;
}
static void done(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state, const struct orr_error *err);
static void release(void *work)
{
    released++;
    free(work);
}
static const struct orr_ui_task_kind reading = {true, run, done, release}, plain = {false, run, done, release};

static struct work *work(int number, enum orr_status status)
{
    struct work *w = calloc(1, sizeof *w);
    w->number = number;
    w->status = status;
    return w;
}
static void done(struct orr_ui *ui, void *screen, void *finished, enum orr_job_state state, const struct orr_error *err)
{
    struct screen *s = screen;
    const struct work *w = finished;
    ck_assert_ptr_null(s->task); /* it may start the next one */
    s->done++;
    s->last = w->number;
    s->state = state;
    s->had_store = w->had_store;
    if (err) snprintf(s->message, sizeof s->message, "%s", err->message);
    if (w->number == 10) orr_ui_task_start(ui, &s->task, "next", &plain, s, work(11, ORR_OK));
}

START_TEST(a_task_hands_its_work_to_the_screen_that_waits)
{
    struct orr_aid_ui *a = orr_aid_ui_new(1, 40, 10);
    struct screen s = {0};
    released = 0;
    orr_ui_task_start(a->ui, &s.task, "one", &reading, &s, work(10, ORR_OK));
    ck_assert_ptr_nonnull(s.task);
    orr_aid_ui_settle(a);
    ck_assert_int_eq(s.done, 2); /* and the one that it started in turn */
    ck_assert_int_eq(s.last, 11);
    ck_assert(!s.had_store);
    orr_ui_task_start(a->ui, &s.task, "two", &reading, &s, work(2, ORR_EFORMAT));
    orr_aid_ui_settle(a);
    ck_assert(s.had_store);
    ck_assert_int_eq(s.state, ORR_JOB_FAILED);
    ck_assert_str_eq(s.message, "it failed");
    ck_assert_int_eq(released, 3);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(what_was_dropped_or_replaced_is_released_and_not_heard_of)
{
    struct orr_aid_ui *a = orr_aid_ui_new(1, 40, 10);
    struct screen s = {0};
    released = 0;
    orr_ui_task_start(a->ui, &s.task, "one", &reading, &s, work(1, ORR_OK));
    orr_ui_task_start(a->ui, &s.task, "two", &reading, &s, work(2, ORR_OK));
    orr_aid_ui_settle(a);
    ck_assert_int_eq(s.done, 1);
    ck_assert_int_eq(s.last, 2);
    orr_ui_task_start(a->ui, &s.task, "three", &reading, &s, work(3, ORR_OK));
    orr_ui_task_drop(&s.task);
    ck_assert_ptr_null(s.task);
    orr_ui_task_drop(&s.task); /* of nothing */
    orr_aid_ui_settle(a);
    ck_assert_int_eq(s.done, 1);
    ck_assert_int_eq(released, 3);
    orr_aid_ui_free(a);
}
END_TEST

static enum orr_status write_nothing(void *ctx, struct orr_store *store, const char *path, const struct orr_ticker *ticker,
                                     struct orr_error *err)
{
    (void)store, (void)ticker;
    ck_assert_str_eq(path, "out.csv");
    return *(int *)ctx ? orr_error_set(err, ORR_EIO, path, "no room") : ORR_OK;
}

START_TEST(an_export_says_how_it_ended)
{
    struct orr_aid_ui *a = orr_aid_ui_new(1, 80, 10);
    char path[] = "out.csv";
    int *fails = calloc(1, sizeof *fails);
    struct orr_ui_export e = {.path = path, .command = "orrery nothing", .write = write_nothing, .release = free, .ctx = fails};
    orr_ui_export(a->ui, &e);
    path[0] = 'x'; /* it was copied */
    orr_aid_ui_settle(a);
    ck_assert_ptr_nonnull(strstr(orr_aid_ui_dump(a), "wrote out.csv; again: orrery nothing"));
    path[0] = 'o';
    e.ctx = fails = calloc(1, sizeof *fails);
    *fails = 1;
    orr_ui_export(a->ui, &e);
    orr_aid_ui_settle(a);
    ck_assert_ptr_nonnull(strstr(orr_aid_ui_dump(a), "no room"));
    orr_aid_ui_free(a);
}
END_TEST

ORR_SUITE("task", a_task_hands_its_work_to_the_screen_that_waits, what_was_dropped_or_replaced_is_released_and_not_heard_of,
          an_export_says_how_it_ended)
