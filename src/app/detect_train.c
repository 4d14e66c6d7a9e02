#include "app/detect_train.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/detect_test.h"
#include "app/lab.h"
#include "base/clock.h"
#include "base/mem.h"
#include "methods/detect/yolo_file.h"

struct session {
    struct orr_app *app;
    const struct orr_detect_job *job;
    const struct orr_ticker *ticker;
    struct orr_detect_data train, validation;
    struct orr_yolo_fit *fit;
    struct orr_lab_record *record;
    struct orr_scores *scores;
    char key[256], name[128];
    int64_t run;
    int tested; /* the epoch that scores are of; -1: none */
};

/* ---- the store ---- */

static enum orr_status put_config(struct session *s, struct orr_error *err)
{
    const struct orr_yolo_fit_options *o = &s->job->fit;
    const struct {
        const char *key, *text;
    } texts[] = {{"model", orr_yolo_kind_name(o->kind)}, {"data", s->job->data}, {"optim", o->adam ? "adamw" : "sgd"}};
    const struct {
        const char *key;
        double x;
    } numbers[] = {{"lr", o->lr},
                   {"batch", o->batch},
                   {"epochs", orr_yolo_fit_state(s->fit).epochs},
                   {"size", o->size},
                   {"seed", (double)o->seed},
                   {"images", (double)s->train.set.n},
                   {"classes", s->train.classes},
                   {"parameters", (double)orr_yolo_parameters(orr_yolo_fit_mean(s->fit))}};
    enum orr_status status = ORR_OK;
    for (size_t i = 0; !status && i < sizeof texts / sizeof *texts; i++) {
        const struct orr_config_value v = {.number = NAN, .text = texts[i].text};
        status = orr_store_config_put(s->app->store, s->run, texts[i].key, &v, err);
    }
    for (size_t i = 0; !status && i < sizeof numbers / sizeof *numbers; i++) {
        char text[32];
        orr_format_double(numbers[i].x, text);
        const struct orr_config_value v = {.is_number = true, .number = numbers[i].x, .text = text};
        status = orr_store_config_put(s->app->store, s->run, numbers[i].key, &v, err);
    }
    return status;
}

static enum orr_status commit(struct session *s, const char *state, struct orr_error *err)
{
    const bool over = strcmp(state, "running") != 0;
    const struct orr_run r = {.key = s->key,
                              .name = s->name,
                              .project = "detect",
                              .state = state,
                              .started = orr_lab_record_started(s->record),
                              .ended = over ? orr_clock_wall() : NAN};
    enum orr_status status = orr_store_begin(s->app->store, err);
    if (status) return status;
    status = orr_store_run_put(s->app->store, &r, &s->run, err);
    if (!status) status = put_config(s, err);
    if (!status) status = orr_lab_record_append(s->record, s->app->store, s->run, err);
    if (!status) status = orr_store_commit(s->app->store, err);
    if (status)
        orr_store_rollback(s->app->store);
    else
        orr_lab_record_clear(s->record);
    return status;
}

/* ---- training ---- */

static void note(struct session *s, const char *metric, double value)
{
    const struct orr_train_events e = orr_lab_record_events(s->record);
    if (isfinite(value)) e.metric(e.ctx, metric, orr_yolo_fit_state(s->fit).epoch, value, NULL);
}

static void note_epoch(struct session *s)
{
    const struct orr_yolo_fit_state st = orr_yolo_fit_state(s->fit);
    note(s, "train/box_loss", st.box);
    note(s, "train/object_loss", st.object);
    note(s, "train/class_loss", st.class);
    note(s, "train/loss", st.box + st.object + st.class);
    note(s, "lr", st.lr);
    note(s, "grad_norm", st.gradient);
}

static enum orr_status validate(struct session *s, struct orr_error *err)
{
    struct orr_score score = {0};
    struct orr_detector *d = orr_detector_new(orr_yolo_fit_mean(s->fit), s->name, s->job->fit.size, s->job->threads);
    const enum orr_status status = orr_detect_test(d, &s->validation.set, s->ticker, &score, s->scores, err);
    orr_detector_close(d);
    orr_score_free(&score);
    if (status) return status;
    s->tested = orr_yolo_fit_state(s->fit).epoch;
    note(s, "val/map50", s->scores->map50);
    note(s, "val/map50_95", s->scores->map);
    note(s, "val/precision", s->scores->precision);
    note(s, "val/recall", s->scores->recall);
    note(s, "val/f1", s->scores->f1);
    return ORR_OK;
}

static double processor_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool on_tick(void *ctx, const struct orr_progress *p)
{
    const struct session *s = ctx;
    struct orr_progress mine = *p;
    mine.value = s->tested >= 0 ? s->scores->map50 : NAN;
    return !s->ticker || !s->ticker->tick || s->ticker->tick(s->ticker->ctx, &mine);
}

static enum orr_status epochs(struct session *s, struct orr_error *err)
{
    const struct orr_ticker ticker = {on_tick, s};
    const int every = s->job->check_every;
    enum orr_status status = ORR_OK;
    for (;;) {
        const struct orr_yolo_fit_state before = orr_yolo_fit_state(s->fit);
        const double begin = processor_time();
        if (before.diverged || before.epoch >= before.epochs) return ORR_OK;
        status = orr_yolo_fit_epoch(s->fit, &ticker, err);
        if (status) return status;
        const double took = processor_time() - begin;
        const struct orr_yolo_fit_state st = orr_yolo_fit_state(s->fit);
        if (s->job->minutes > 0 && st.epoch == 1) {
            const int most = (int)(60 * s->job->minutes / took);
            orr_yolo_fit_set_epochs(s->fit, most > 1 ? most : 1);
        }
        note_epoch(s);
        if (every > 0 && !st.diverged && (st.epoch % every == 0 || st.epoch >= orr_yolo_fit_state(s->fit).epochs))
            status = validate(s, err);
        if (!status && s->job->checkpoint) status = orr_yolo_fit_save(s->fit, s->job->checkpoint, err);
        if (!status) status = commit(s, "running", err);
        if (status) return status;
    }
}

static enum orr_status begin(struct session *s, struct orr_error *err)
{
    const struct orr_detect_job *job = s->job;
    const struct orr_yolo_fit_options *o = &job->fit;
    const char *names[ORR_YOLO_CLASSES_MAX];
    enum orr_status status = orr_detect_data_load(job->data, ORR_DETECT_TRAIN, o->size, s->ticker, &s->train, err);
    if (!status)
        status = orr_detect_data_load(job->data, ORR_DETECT_VALIDATION, o->size, s->ticker, &s->validation, err);
    for (int c = 0; !status && c < s->train.classes; c++) names[c] = s->train.class_name[c];
    if (!status) status = orr_yolo_fit_open(o, &s->train.set, s->train.classes, names, &s->fit, err);
    if (status) return status;
    snprintf(s->name, sizeof s->name, "%s", job->name ? job->name : "");
    if (!job->name)
        snprintf(s->name, sizeof s->name, "detect %s %.60s s%" PRIu64, orr_yolo_kind_name(o->kind), job->data, o->seed);
    snprintf(s->key, sizeof s->key, "detect:%.100s:%.60s:%s:%d:%d:%s:%g:%" PRIu64, job->name ? job->name : "",
             job->data, orr_yolo_kind_name(o->kind), o->size, o->batch, o->adam ? "adamw" : "sgd", o->lr, o->seed);
    const bool resume = job->checkpoint && access(job->checkpoint, F_OK) == 0;
    if (resume) status = orr_yolo_fit_load(s->fit, job->checkpoint, err);
    if (!status) status = orr_lab_rewind(s->app->store, s->key, resume ? orr_yolo_fit_state(s->fit).epoch : -1, 0, err);
    return status ? status : commit(s, "running", err);
}

/* What it takes to train the same again. */
static void append_command(const struct orr_detect_job *job, int epochs, struct orr_str *out)
{
    const struct orr_yolo_fit_options *o = &job->fit;
    orr_str_printf(out, "orrery detect train %s --model %s --size %d --epochs %d --batch %d --optim %s", job->data,
                   orr_yolo_kind_name(o->kind), o->size, epochs, o->batch, o->adam ? "adamw" : "sgd");
    orr_str_printf(out, " --lr %g --warmup %g --class-gain %g --mosaic %g --lamps %g", o->lr, o->warmup, o->class_gain,
                   o->augment.mosaic, o->augment.lamps);
    orr_str_printf(out, "%s%s%s --seed %" PRIu64, o->keep_anchors ? " --keep-anchors" : "", o->start ? " --start " : "",
                   o->start ? o->start : "", o->seed);
}

static enum orr_status finish(struct session *s, enum orr_status status, struct orr_error *err)
{
    const struct orr_yolo_fit_state st = orr_yolo_fit_state(s->fit);
    struct orr_error second;
    struct orr_str made_by = {0};
    if (!status && !st.diverged && s->tested != st.epoch) status = validate(s, err);
    if (!status && !st.diverged && s->job->out) {
        const struct orr_yolo_fit_options *o = &s->job->fit;
        append_command(s->job, st.epochs, &made_by);
        status = orr_yolo_save(orr_yolo_fit_mean(s->fit), s->job->out, o->size, true, orr_str_c(&made_by), err);
        orr_str_free(&made_by);
    }
    const char *state = status == ORR_ECANCELLED ? "stopped"
                        : status                 ? "failed"
                        : st.diverged            ? "diverged"
                                                 : "finished";
    const enum orr_status stored = commit(s, state, &second);
    if (stored && (!status || status == ORR_ECANCELLED)) {
        if (err) *err = second;
        return stored;
    }
    return status;
}

enum orr_status orr_app_detect_train(struct orr_app *app, const struct orr_detect_job *job,
                                     const struct orr_ticker *ticker, struct orr_detect_trained *out,
                                     struct orr_error *err)
{
    struct session s = {.app = app, .job = job, .ticker = ticker, .tested = -1};
    *out = (struct orr_detect_trained){0};
    s.record = orr_lab_record_new();
    s.scores = orr_xcalloc(1, sizeof *s.scores);
    enum orr_status status = begin(&s, err);
    if (!status) {
        status = finish(&s, epochs(&s, err), err);
        out->state = orr_yolo_fit_state(s.fit);
        out->run = s.run;
    }
    out->stopped = status == ORR_ECANCELLED;
    orr_detect_data_remark(&s.train, &out->remark);
    if (s.tested >= 0)
        out->validation = s.scores;
    else
        free(s.scores);
    orr_yolo_fit_close(s.fit);
    orr_lab_record_free(s.record);
    orr_detect_data_free(&s.train);
    orr_detect_data_free(&s.validation);
    return status;
}
