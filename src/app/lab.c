#include "app/lab.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/lab_session.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/vec.h"

static const char *const OPTIMS[] = {[ORR_SGD] = "sgd", [ORR_MOMENTUM] = "momentum", [ORR_RMSPROP] = "rmsprop",
                                     [ORR_ADAM] = "adam", [ORR_ADAMW] = "adamw"};
static const char *const SCHEDULES[] = {[ORR_CONSTANT] = "constant", [ORR_LINEAR] = "linear", [ORR_COSINE] = "cosine",
                                        [ORR_STEP] = "step", [ORR_EXPONENTIAL] = "exponential"};

/* ---- names ---- */

const char *orr_lab_optim_name(enum orr_optim_kind kind) { return OPTIMS[kind]; }

enum orr_status orr_lab_parse_optim(const char *text, enum orr_optim_kind *kind, struct orr_error *err)
{
    for (size_t i = 0; i < sizeof OPTIMS / sizeof *OPTIMS; i++)
        if (!strcmp(text, OPTIMS[i])) {
            *kind = (enum orr_optim_kind)i;
            return ORR_OK;
        }
    return orr_error_set(err, ORR_EINVAL, text, "no such optimiser; there are sgd, momentum, rmsprop, adam, adamw");
}

enum orr_status orr_lab_parse_schedule(const char *text, enum orr_schedule *schedule, struct orr_error *err)
{
    for (size_t i = 0; i < sizeof SCHEDULES / sizeof *SCHEDULES; i++)
        if (!strcmp(text, SCHEDULES[i])) {
            *schedule = (enum orr_schedule)i;
            return ORR_OK;
        }
    return orr_error_set(err, ORR_EINVAL, text, "no such schedule; there are constant, linear, cosine, step, exponential");
}

enum orr_status orr_lab_parse_weights(const char *text, enum orr_record_unit *unit, int *every, struct orr_error *err)
{
    int64_t n = 1;
    *every = 1;
    *unit = ORR_RECORD_NEVER;
    if (!strcmp(text, "none")) return ORR_OK;
    const char *word = orr_starts_with(text, "every:") ? text + strlen("every:") : "";
    const char *colon = strchr(word, ':');
    if (colon && !orr_parse_int64(word, (size_t)(colon - word), &n)) n = 0;
    if (colon) word = colon + 1;
    if (!strcmp(word, "epoch") || !strcmp(word, "epochs")) *unit = ORR_RECORD_EPOCHS;
    if (!strcmp(word, "step") || !strcmp(word, "steps")) *unit = ORR_RECORD_STEPS;
    if (*unit == ORR_RECORD_NEVER || n < 1 || n > INT_MAX)
        return orr_error_set(err, ORR_EINVAL, text, "expected none, every:epoch, every:N:epochs or every:N:steps");
    *every = (int)n;
    return ORR_OK;
}

char *orr_lab_key(const struct orr_lab_job *job)
{
    if (job->key) return orr_xstrdup(job->key);
    const struct orr_train_options *o = &job->train;
    struct orr_str s = {0};
    orr_str_printf(&s, "lab:%s:%s:%s:%s:lr=", job->name ? job->name : "", job->data, o->arch, OPTIMS[o->optim.kind]);
    orr_str_append_double(&s, o->optim.lr);
    orr_str_printf(&s, ":batch=%d:epochs=%d:decay=", o->batch, o->epochs);
    orr_str_append_double(&s, o->optim.weight_decay);
    orr_str_printf(&s, ":%s:seed=%" PRIu64, SCHEDULES[o->optim.schedule], o->seed);
    if (o->jump.method) {
        orr_str_append(&s, ":jump=");
        orr_jump_append(&o->jump, &s);
        if (job->jump_model) orr_str_printf(&s, ":%s", job->jump_model);
    }
    return s.data;
}

/* ---- what a run recorded ---- */

struct point_list {
    char name[64];
    ORR_VEC(int64_t) step;
    ORR_VEC(double) value;
    ORR_VEC(double) wall;
};
struct weight {
    int64_t step;
    char *tensor;
    struct orr_shape shape;
    float *values;
};
struct orr_lab_record {
    double started; /* seconds since 1970; NaN: the store knows better */
    ORR_VEC(struct point_list) series;
    ORR_VEC(struct weight) weights;
};

struct orr_lab_record *orr_lab_record_new(void)
{
    struct orr_lab_record *r = orr_xcalloc(1, sizeof *r);
    r->started = orr_clock_wall();
    return r;
}

void orr_lab_record_clear(struct orr_lab_record *r)
{
    for (size_t i = 0; i < r->series.len; i++)
        r->series.data[i].step.len = r->series.data[i].value.len = r->series.data[i].wall.len = 0;
    for (size_t i = 0; i < r->weights.len; i++) {
        free(r->weights.data[i].tensor);
        free(r->weights.data[i].values);
    }
    r->weights.len = 0;
}

void orr_lab_record_cut(struct orr_lab_record *r, int64_t last, bool by_steps)
{
    for (size_t i = 0; i < r->series.len; i++) {
        struct point_list *l = &r->series.data[i];
        if (!orr_train_counts_steps(l->name)) continue;
        while (l->step.len && l->step.data[l->step.len - 1] > last) l->step.len--;
        l->value.len = l->wall.len = l->step.len;
    }
    while (by_steps && r->weights.len && r->weights.data[r->weights.len - 1].step > last) {
        r->weights.len--;
        free(r->weights.data[r->weights.len].tensor);
        free(r->weights.data[r->weights.len].values);
    }
}

void orr_lab_record_free(struct orr_lab_record *r)
{
    if (!r) return;
    orr_lab_record_clear(r);
    for (size_t i = 0; i < r->series.len; i++) {
        free(r->series.data[i].step.data);
        free(r->series.data[i].value.data);
        free(r->series.data[i].wall.data);
    }
    free(r->series.data);
    free(r->weights.data);
    free(r);
}

static enum orr_status on_metric(void *ctx, const char *name, int64_t step, double value, struct orr_error *err)
{
    struct orr_lab_record *r = ctx;
    (void)err;
    size_t k = 0;
    while (k < r->series.len && strcmp(r->series.data[k].name, name)) k++;
    if (k == r->series.len) {
        ORR_VEC_PUSH(&r->series, (struct point_list){.name = ""});
        snprintf(r->series.data[k].name, sizeof r->series.data[k].name, "%s", name);
    }
    struct point_list *l = &r->series.data[k];
    ORR_VEC_PUSH(&l->step, step);
    ORR_VEC_PUSH(&l->value, value);
    ORR_VEC_PUSH(&l->wall, orr_clock_wall());
    return ORR_OK;
}

static enum orr_status on_snapshot(void *ctx, int64_t step, const char *tensor, struct orr_shape shape,
                                   const orr_real *values, struct orr_error *err)
{
    struct orr_lab_record *r = ctx;
    const size_t n = orr_shape_count(shape);
    float *copy = orr_alloc(n, sizeof *copy);
    if (!copy) return orr_error_set(err, ORR_ENOMEM, tensor, "no memory for a snapshot of %zu numbers", n);
    for (size_t i = 0; i < n; i++) copy[i] = (float)values[i];
    ORR_VEC_PUSH(&r->weights, (struct weight){step, orr_xstrdup(tensor), shape, copy});
    return ORR_OK;
}

struct orr_train_events orr_lab_record_events(struct orr_lab_record *r)
{
    return (struct orr_train_events){.ctx = r, .metric = on_metric, .snapshot = on_snapshot};
}

double orr_lab_record_started(const struct orr_lab_record *r) { return r->started; }

/* ---- into the store ---- */

enum orr_status orr_lab_record_append(const struct orr_lab_record *r, struct orr_store *store, int64_t run, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    for (size_t i = 0; !s && i < r->series.len; i++) {
        const struct point_list *l = &r->series.data[i];
        if (l->step.len) s = orr_store_append(store, run, l->name, l->step.len, l->step.data, l->value.data, l->wall.data, err);
    }
    return s;
}

static enum orr_status put_number(struct orr_store *s, int64_t run, const char *key, double x, struct orr_error *err)
{
    char text[32];
    orr_format_double(x, text);
    const struct orr_config_value v = {.is_number = true, .number = x, .text = text};
    return orr_store_config_put(s, run, key, &v, err);
}

static enum orr_status put_text(struct orr_store *s, int64_t run, const char *key, const char *text, struct orr_error *err)
{
    const struct orr_config_value v = {.number = NAN, .text = text};
    return orr_store_config_put(s, run, key, &v, err);
}

static enum orr_status put_config(struct orr_store *store, int64_t run, const struct orr_lab_job *job, size_t parameters,
                                  struct orr_error *err)
{
    const struct orr_train_options *o = &job->train;
    const struct {
        const char *key, *text;
    } texts[] = {{"arch", o->arch}, {"data", job->data}, {"optim", OPTIMS[o->optim.kind]},
                 {"schedule", SCHEDULES[o->optim.schedule]}, {"forked_from", job->forked_from},
                 {"lr_changes", job->lr_changes}};
    const struct {
        const char *key;
        double x;
    } numbers[] = {{"lr", o->optim.lr}, {"batch", o->batch}, {"epochs", o->epochs}, {"seed", (double)o->seed},
                   {"weight_decay", o->optim.weight_decay}, {"parameters", (double)parameters}};
    enum orr_status s = ORR_OK;
    for (size_t i = 0; !s && i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text) s = put_text(store, run, texts[i].key, texts[i].text, err);
    for (size_t i = 0; !s && i < sizeof numbers / sizeof *numbers; i++)
        s = put_number(store, run, numbers[i].key, numbers[i].x, err);
    return s;
}

/* What was asked for, and what came of it. */
static enum orr_status put_jumps(struct orr_store *store, int64_t run, const struct orr_lab_job *job,
                                 const struct orr_train *train, struct orr_error *err)
{
    const struct orr_jump_options *o = &job->train.jump;
    size_t n;
    const struct orr_jump_result *r = orr_train_jumps(train, &n);
    if (!o->method) return ORR_OK;
    struct orr_str at = {0}, results = {0};
    orr_jump_append_at(o, &at);
    orr_jump_append_results(r, n, &results);
    enum orr_status s = put_text(store, run, "jump", o->method, err);
    if (!s) s = put_text(store, run, "jump_at", orr_str_c(&at), err);
    if (!s && job->jump_model) s = put_text(store, run, "jump_model", job->jump_model, err);
    if (!s && o->horizon > 0) s = put_number(store, run, "jump_horizon", o->horizon, err);
    if (!s && o->ungated) s = put_text(store, run, "jump_gate", "off", err);
    if (!s && o->zero_momentum) s = put_text(store, run, "jump_momentum", "zero", err);
    if (!s && n) s = put_text(store, run, "jumps", orr_str_c(&results), err);
    if (!s) s = put_number(store, run, "jumps_accepted", (double)orr_train_state(train).jumps_accepted, err);
    orr_str_free(&at);
    orr_str_free(&results);
    return s;
}

void orr_lab_name(const struct orr_lab_job *job, char name[200])
{
    const struct orr_train_options *o = &job->train;
    if (job->name) snprintf(name, 200, "%s", job->name);
    else
        snprintf(name, 200, "%s %s %s lr%g s%" PRIu64 "%s%s", o->arch, job->data, OPTIMS[o->optim.kind], o->optim.lr, o->seed,
                 o->jump.method ? " jump " : "", o->jump.method ? o->jump.method : "");
}

enum orr_status orr_lab_store(struct orr_store *store, const struct orr_lab_job *job, struct orr_train *train,
                              const struct orr_lab_record *record, const char *state, int64_t *run, struct orr_error *err)
{
    char name[200], *key = orr_lab_key(job);
    orr_lab_name(job, name);
    const bool over = strcmp(state, "running") != 0;
    const struct orr_run r = {.key = key, .name = name, .project = job->project ? job->project : "lab",
                              .group = job->group, .state = state, .started = record->started,
                              .ended = over ? orr_clock_wall() : NAN};
    enum orr_status s = orr_store_run_put(store, &r, run, err);
    free(key);
    const size_t parameters = orr_train_model(train)->params.n;
    if (!s) s = put_config(store, *run, job, parameters, err);
    if (!s) s = put_jumps(store, *run, job, train, err);
    struct orr_str graph = {0};
    orr_model_graph(orr_train_model(train), &graph);
    if (!s) s = orr_store_graph_put(store, *run, orr_str_c(&graph), err);
    orr_str_free(&graph);
    if (!s) s = orr_lab_record_append(record, store, *run, err);
    for (size_t i = 0; !s && i < record->weights.len; i++) {
        const struct weight *w = &record->weights.data[i];
        int64_t shape[ORR_MAX_AXES];
        for (int k = 0; k < w->shape.axes; k++) shape[k] = w->shape.size[k];
        s = orr_store_snapshot_put(store, *run, w->step, w->tensor, shape, w->shape.axes, w->values,
                                   orr_shape_count(w->shape), err);
    }
    return s;
}

enum orr_status orr_lab_commit(struct orr_store *store, const struct orr_lab_job *job, struct orr_train *train,
                               struct orr_lab_record *record, const char *state, int64_t *run, struct orr_error *err)
{
    enum orr_status s = orr_store_begin(store, err);
    if (s) return s;
    s = orr_lab_store(store, job, train, record, state, run, err);
    if (!s) s = orr_store_commit(store, err);
    if (s)
        orr_store_rollback(store);
    else
        orr_lab_record_clear(record);
    return s;
}

/* ---- beginning again ---- */

/* Keeps the points of a series whose step is at most `last`. */
static enum orr_status cut_series(struct orr_store *store, int64_t run, const struct orr_series *series, int64_t last,
                                  struct orr_error *err)
{
    const size_t n = (size_t)series->n;
    int64_t *step = orr_alloc(n, sizeof *step);
    double *value = orr_alloc(n, sizeof *value), *wall = orr_alloc(n, sizeof *wall);
    size_t got = 0, keep = 0;
    enum orr_status s = step && value && wall ? ORR_OK : orr_error_set(err, ORR_ENOMEM, series->name, "no memory");
    if (!s) s = orr_store_points(store, series->id, 0, n, step, value, wall, &got, err);
    while (keep < got && step[keep] <= last) keep++;
    if (!s && keep < got) {
        s = orr_store_series_clear(store, run, series->name, err);
        if (!s && keep) s = orr_store_append(store, run, series->name, keep, step, value, wall, err);
    }
    free(step);
    free(value);
    free(wall);
    return s;
}

/* What the store already has of this run, back to `epoch` epochs and `steps` steps: -1 drops everything. */
static enum orr_status rewind_run(struct orr_store *store, const char *key, int64_t epoch, int64_t steps,
                                  struct orr_error *err)
{
    int64_t run;
    struct orr_series_list list = {0};
    enum orr_status s = orr_store_run_by_key(store, key, &run, err);
    if (!s && !run) return ORR_OK;
    if (!s && epoch < 0) return orr_store_run_delete(store, run, err);
    if (!s) s = orr_store_series(store, run, &list, err);
    for (size_t i = 0; !s && i < list.n; i++) {
        const bool by_step = orr_train_counts_steps(list.series[i].name);
        s = cut_series(store, run, &list.series[i], by_step ? steps : epoch, err);
    }
    orr_series_list_free(&list);
    return s;
}

enum orr_status orr_lab_rewind(struct orr_store *store, const char *key, int64_t epoch, int64_t steps, struct orr_error *err)
{
    enum orr_status s = orr_store_begin(store, err);
    if (s) return s;
    s = rewind_run(store, key, epoch, steps, err);
    if (!s) s = orr_store_commit(store, err);
    if (s) orr_store_rollback(store);
    return s;
}

enum orr_status orr_lab_begin(struct orr_store *store, const struct orr_lab_job *job, struct orr_train *train,
                              struct orr_lab_record *record, struct orr_error *err)
{
    char *key = orr_lab_key(job);
    bool resumed = false;
    enum orr_status s = ORR_OK;
    if (job->checkpoint && access(job->checkpoint, F_OK) == 0) {
        s = orr_train_load(train, job->checkpoint, err);
        resumed = !s;
        record->started = NAN;
        orr_lab_record_clear(record); /* epoch 0 is in the store already */
    }
    const struct orr_train_state st = orr_train_state(train);
    if (!s) s = orr_lab_rewind(store, key, resumed ? st.epoch : -1, st.step, err);
    free(key);
    return s;
}

enum orr_status orr_app_lab_train(struct orr_app *app, const struct orr_lab_job *job, const struct orr_ticker *ticker,
                                  int64_t *run, struct orr_train_state *state, struct orr_error *err)
{
    struct orr_lab_session *session = orr_lab_session_new(NULL, job, NULL);
    struct orr_lab_look look = {0};
    const enum orr_status s = orr_lab_session_run(session, app->store, ticker, err);
    orr_lab_session_look(session, &look);
    *run = look.run;
    if (state) *state = look.train;
    orr_lab_look_free(&look);
    orr_lab_session_free(session);
    return s;
}
