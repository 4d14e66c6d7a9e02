/* Lab: the sessions, what they have measured, and new ones. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/shell.h"
#include "base/str.h"
#include "views/lab/state.h"

enum { LISTED_MAX = 32 };

static void *make_bench(void) { return orr_xcalloc(1, sizeof(struct lab_bench)); }

static void free_bench(void *thing)
{
    struct lab_bench *b = thing;
    for (size_t i = 0; i < b->sessions.len; i++) {
        orr_lab_look_free(&b->sessions.data[i].look);
        orr_lab_session_free(b->sessions.data[i].session);
    }
    free(b->sessions.data);
    free(b);
}

struct lab_bench *lab_bench_of(struct orr_ui *ui) { return orr_ui_keep(ui, "lab", make_bench, free_bench); }

/* Newest first, as they are listed. */
struct lab_session *lab_here(struct lab *s)
{
    const size_t n = s->bench->sessions.len;
    if (n == 0) return NULL;
    if (s->row >= n) s->row = n - 1;
    return &s->bench->sessions.data[n - 1 - s->row];
}

static bool find_sweep(struct orr_ui *ui, struct lab *s)
{
    struct orr_job_view jobs[LISTED_MAX];
    const size_t n = orr_jobs_list(orr_ui_jobs(ui), jobs, LISTED_MAX);
    for (size_t i = 0; i < n && i < LISTED_MAX; i++)
        if (jobs[i].state == ORR_JOB_RUNNING && !strncmp(jobs[i].title, "lab sweep", 9)) {
            s->sweep = jobs[i];
            return true;
        }
    return false;
}

bool lab_refresh(struct orr_ui *ui, struct lab *s)
{
    bool live = s->has_sweep = find_sweep(ui, s);
    for (size_t i = 0; i < s->bench->sessions.len; i++) {
        struct lab_session *x = &s->bench->sessions.data[i];
        orr_lab_session_look(x->session, &x->look);
        live |= x->look.phase != ORR_LAB_OVER;
    }
    return live;
}

/* The job owns a reference; one cancelled before it began must not look as if it waited. */
static void ended(void *ctx, uint64_t id, enum orr_job_state state, void *payload, const struct orr_error *err)
{
    (void)ctx, (void)id, (void)state, (void)err;
    orr_lab_session_never_ran(payload);
    orr_lab_session_free(payload);
}

static void release(void *payload) { orr_lab_session_free(payload); }

void lab_start(struct orr_ui *ui, struct lab *s)
{
    struct orr_lab_job job;
    char text[4][160], key[64], title[96];
    struct timespec t;
    struct lab_session x = {0};
    if (s->error.code || !lab_form_job(s, &job, text, &s->error)) {
        orr_ui_error(ui, &s->error);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &t); /* each start is a run of its own: what is done by hand cannot be repeated */
    snprintf(key, sizeof key, "lab:live:%lld.%09ld", (long long)t.tv_sec, t.tv_nsec);
    job.key = key;
    orr_lab_name(&job, x.name);
    if (s->parent) {
        snprintf(x.name + strnlen(x.name, 180), 8, " fork");
        job.name = x.name;
    }
    x.session = orr_lab_session_new(orr_store_path(orr_ui_store(ui)), &job, s->parent);
    orr_lab_session_free(s->parent);
    s->parent = NULL;
    snprintf(title, sizeof title, "train %.80s", x.name);
    x.job = orr_jobs_submit_long(orr_ui_jobs(ui), title, orr_lab_session_work, orr_lab_session_share(x.session),
                                 release, ended, NULL);
    ORR_VEC_PUSH(&s->bench->sessions, x);
    s->row = 0;
    s->mode = LAB_WATCH;
}

double lab_next_lr(double lr, int direction)
{
    static const double steps[] = {1, 2, 5, 10};
    const double decade = pow(10, floor(log10(lr) + 1e-9)), x = lr / decade; /* 1 <= x < 10 */
    if (direction > 0) {
        for (int i = 1; i < 4; i++)
            if (steps[i] > x * 1.0001) return decade * steps[i];
        return decade * 20;
    }
    for (int i = 2; i >= 0; i--)
        if (steps[i] < x * 0.9999) return decade * steps[i];
    return decade * 0.5;
}

void lab_watch_command(const struct orr_lab_job *job, struct orr_str *out)
{
    const struct orr_train_options *o = &job->train;
    orr_str_append(out, "orrery lab train --data");
    orr_shell_append(out, job->data);
    orr_str_append(out, " --arch");
    orr_shell_append(out, o->arch);
    orr_str_printf(out, " --optim %s --lr ", orr_lab_optim_name(o->optim.kind));
    orr_str_append_double(out, o->optim.lr);
    orr_str_printf(out, " --batch %d --epochs %d --seed %llu", o->batch, o->epochs, (unsigned long long)o->seed);
    if (o->optim.schedule != ORR_CONSTANT)
        orr_str_printf(out, " --schedule %s", o->optim.schedule == ORR_COSINE ? "cosine" : "linear");
    if (!o->jump.method) return;
    orr_str_printf(out, " --jump %s --at ", o->jump.method);
    orr_jump_append_at(&o->jump, out);
}
