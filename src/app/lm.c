#include "app/lm.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/reader.h"
#include "lab/dataset.h"
#include "text/pieces_learn.h"

enum { VALIDATION_LINES = 600, LOG_EVERY = 20, TOKENIZER_LIMIT = 64 << 20 };
static const char *const SERIES[] = {"train/loss", "lr", "tokens_per_second", "validation/loss", "validation/accuracy"};
enum { TRAIN_LOSS, RATE, SPEED, LOSS, ACCURACY, N_SERIES };

struct points {
    ORR_VEC(int64_t) step;
    ORR_VEC(double) value;
    ORR_VEC(double) wall;
};

struct training {
    const struct orr_lm_job *job;
    const struct orr_ticker *ticker;
    struct orr_error *err;
    struct orr_store *store;
    struct orr_wordnet wordnet;
    struct orr_str tokenizer; /* tokenizer.json */
    struct orr_pieces *pieces;
    struct orr_lm_config config;
    struct orr_lm_lines lines, validation;
    struct orr_lm_trainer *trainer;
    struct points points[N_SERIES];
    struct orr_lm_outcome *out;
    char key[160];
    double loss, began, stored; /* loss: sum since the last point */
    int losses;
    uint64_t tokens; /* at the last point */
    double time;
};

struct orr_lm_job orr_lm_job_defaults(void)
{
    return (struct orr_lm_job){.arch = "128:4:4", .vocab = 4096, .context = 96, .checkpoint_every = 200,
                               .evaluate_every = 250, .train = orr_lm_defaults()};
}

/* ---- the corpus ---- */

static enum orr_status read_wordnet(struct training *x)
{
    char folder[1024];
    if (x->job->wordnet) return orr_wordnet_read(x->job->wordnet, x->ticker, &x->wordnet, x->err);
    const enum orr_status s = orr_dataset_find_file("wordnet/data.noun", folder, x->err);
    if (s) return s;
    char *slash = strrchr(folder, '/');
    if (slash) *slash = '\0';
    return orr_wordnet_read(folder, x->ticker, &x->wordnet, x->err);
}

static void learn_from(void *ctx, const char *prompt, const char *const *answers, size_t n)
{
    struct orr_str text = {0};
    orr_str_printf(&text, "%s %s", prompt, n ? answers[0] : "");
    orr_pieces_learner_add(ctx, orr_str_c(&text), text.len);
    orr_str_free(&text);
}

static enum orr_status learn_pieces(struct training *x)
{
    struct orr_pieces_learner *l = orr_pieces_learner_new();
    const struct orr_lm_texts to = {l, learn_from};
    orr_lm_wordnet(&x->wordnet, ORR_WORDNET_TRAIN, false, &to);
    const enum orr_status s = orr_pieces_learner_write(l, x->job->vocab, x->ticker, &x->tokenizer, x->err);
    orr_pieces_learner_free(l);
    return s;
}

static enum orr_status read_text(const char *path, struct orr_str *out, struct orr_error *err)
{
    struct orr_reader *r;
    size_t n = 0;
    enum orr_status s = orr_reader_open(path, 0, &r, err);
    if (s) return s;
    if (orr_reader_size(r) > TOKENIZER_LIMIT) s = orr_error_set(err, ORR_EFORMAT, path, "too large");
    const unsigned char *p = s ? NULL : orr_reader_peek(r, (size_t)orr_reader_size(r), &n);
    if (!s && !p) s = orr_reader_status(r, err);
    if (!s) orr_str_append_n(out, p, n);
    orr_reader_close(r);
    return s;
}

/* A training that goes on, or is done again, keeps the vocabulary that lies in its folder. */
static enum orr_status open_pieces(struct training *x)
{
    struct orr_str path = {0};
    struct stat st;
    enum orr_status s = ORR_OK;
    if (mkdir(x->job->out, 0777) != 0 && stat(x->job->out, &st) != 0)
        return orr_error_set(x->err, ORR_EIO, x->job->out, "cannot make this folder");
    orr_str_printf(&path, "%s/tokenizer.json", x->job->out);
    if (stat(path.data, &st) != 0) {
        s = learn_pieces(x);
        if (!s) s = orr_file_write(path.data, x->tokenizer.data, x->tokenizer.len, x->err);
    } else {
        s = read_text(path.data, &x->tokenizer, x->err);
    }
    if (!s) s = orr_pieces_open(path.data, x->job->vocab, &x->pieces, x->err);
    if (!s && orr_pieces_begin(x->pieces) < 0)
        s = orr_error_set(x->err, ORR_EFORMAT, path.data, "has no token that begins a text; move it away to learn one");
    orr_str_free(&path);
    return s;
}

static enum orr_status prepare(struct training *x)
{
    enum orr_status s = orr_lm_parse(x->job->arch, &x->config, x->err);
    if (!s) s = read_wordnet(x);
    if (!s) s = open_pieces(x);
    if (s) return s;
    x->config.vocab = orr_pieces_count(x->pieces);
    x->config.context = x->job->context;
    const size_t most = (size_t)x->job->context;
    orr_lm_lines_wordnet(&x->lines, &x->wordnet, ORR_WORDNET_TRAIN, false, x->pieces, most);
    orr_lm_lines_wordnet(&x->validation, &x->wordnet, ORR_WORDNET_VALIDATION, true, x->pieces, most);
    if (x->lines.items.len == 0) return orr_error_set(x->err, ORR_EINVAL, x->job->out, "no line to learn from");
    x->trainer = orr_lm_trainer_new(&x->config, &x->job->train, &x->lines);
    x->out->parameters = orr_lm_trainer_model(x->trainer)->params.n;
    if (x->job->checkpoint && access(x->job->checkpoint, F_OK) == 0)
        s = orr_lm_trainer_load(x->trainer, x->job->checkpoint, x->err);
    return s;
}

/* ---- the run ---- */

static void note(struct training *x, int series, double value)
{
    struct points *p = &x->points[series];
    ORR_VEC_PUSH(&p->step, orr_lm_trainer_step(x->trainer));
    ORR_VEC_PUSH(&p->value, value);
    ORR_VEC_PUSH(&p->wall, orr_clock_wall());
}

static enum orr_status put_config(struct training *x)
{
    const struct orr_lm_job *j = x->job;
    char seed[24];
    snprintf(seed, sizeof seed, "%" PRIu64, j->train.seed);
    const struct orr_config_value texts[] = {{.key = "arch", .text = j->arch, .number = (double)NAN},
                                             {.key = "data", .text = "wordnet", .number = (double)NAN},
                                             {.key = "optim", .text = "adamw", .number = (double)NAN}};
    const struct {
        const char *key;
        double x;
    } numbers[] = {{"lr", j->train.lr},       {"batch_tokens", j->train.batch},
                   {"steps", j->train.steps}, {"seed", (double)j->train.seed},
                   {"vocab", x->config.vocab}, {"parameters", (double)x->out->parameters},
                   {"weight_decay", j->train.weight_decay}, {"warmup", j->train.warmup},
                   {"cooldown", j->train.cooldown}, {"prompt_share", j->train.prompt_share}};
    enum orr_status s = ORR_OK;
    for (size_t i = 0; !s && i < sizeof texts / sizeof *texts; i++)
        s = orr_store_config_put(x->store, x->out->run, texts[i].key, &texts[i], x->err);
    for (size_t i = 0; !s && i < sizeof numbers / sizeof *numbers; i++) {
        char text[32];
        orr_format_double(numbers[i].x, text);
        const struct orr_config_value v = {.is_number = true, .number = numbers[i].x, .text = text};
        s = orr_store_config_put(x->store, x->out->run, numbers[i].key, &v, x->err);
    }
    return s;
}

static enum orr_status store(struct training *x, const char *state)
{
    const bool over = strcmp(state, "running") != 0;
    char name[160];
    snprintf(name, sizeof name, "wordnet lm %s s%" PRIu64, x->job->arch, x->job->train.seed);
    const struct orr_run r = {.key = x->key,
                              .name = x->job->name ? x->job->name : name,
                              .project = "lm",
                              .group = x->job->group,
                              .state = state,
                              .started = x->began,
                              .ended = over ? orr_clock_wall() : (double)NAN};
    enum orr_status s = orr_store_begin(x->store, x->err);
    if (s) return s;
    s = orr_store_run_put(x->store, &r, &x->out->run, x->err);
    if (!s) s = put_config(x);
    for (int k = 0; k < N_SERIES && !s; k++) {
        struct points *p = &x->points[k];
        if (p->step.len)
            s = orr_store_append(x->store, x->out->run, SERIES[k], p->step.len, p->step.data, p->value.data, p->wall.data,
                                 x->err);
        p->step.len = p->value.len = p->wall.len = 0;
    }
    if (!s) return orr_store_commit(x->store, x->err);
    orr_store_rollback(x->store);
    return s;
}

/* Points past the checkpoint, from which the training goes on, would come twice. */
static enum orr_status rewind_series(struct training *x, const struct orr_series *series)
{
    const size_t n = (size_t)series->n;
    int64_t *step = orr_alloc(n, sizeof *step);
    double *value = orr_alloc(n, sizeof *value), *wall = orr_alloc(n, sizeof *wall);
    size_t got = 0, keep = 0;
    enum orr_status s = step && value && wall ? ORR_OK : orr_error_set(x->err, ORR_ENOMEM, series->name, "no memory");
    if (!s) s = orr_store_points(x->store, series->id, 0, n, step, value, wall, &got, x->err);
    while (keep < got && step[keep] <= orr_lm_trainer_step(x->trainer)) keep++;
    if (!s && keep < got) s = orr_store_series_clear(x->store, series->run, series->name, x->err);
    if (!s && keep < got && keep)
        s = orr_store_append(x->store, series->run, series->name, keep, step, value, wall, x->err);
    free(step);
    free(value);
    free(wall);
    return s;
}

static enum orr_status begin_run(struct training *x)
{
    int64_t run;
    struct orr_series_list list = {0};
    snprintf(x->key, sizeof x->key, "lm:wordnet:%.40s:%d:%" PRIu64 ":%.60s", x->job->arch, x->job->vocab,
             x->job->train.seed, x->job->name ? x->job->name : "");
    enum orr_status s = orr_store_run_by_key(x->store, x->key, &run, x->err);
    if (s || !run) return s;
    if (orr_lm_trainer_step(x->trainer) == 0) return orr_store_run_delete(x->store, run, x->err);
    s = orr_store_series(x->store, run, &list, x->err);
    for (size_t i = 0; !s && i < list.n; i++) s = rewind_series(x, &list.series[i]);
    orr_series_list_free(&list);
    return s;
}

/* ---- training ---- */

static enum orr_status evaluate(struct training *x)
{
    const enum orr_status s = orr_lm_evaluate(orr_lm_trainer_model(x->trainer), &x->validation, VALIDATION_LINES, NULL,
                                              &x->out->loss, &x->out->accuracy, x->err);
    if (s) return s;
    note(x, LOSS, x->out->loss);
    note(x, ACCURACY, x->out->accuracy);
    return ORR_OK;
}

static void log_step(struct training *x)
{
    const double now = orr_clock_now();
    x->out->train_loss = x->loss / x->losses;
    note(x, TRAIN_LOSS, x->out->train_loss);
    note(x, RATE, orr_lm_rate(&x->job->train, orr_lm_trainer_step(x->trainer) - 1));
    note(x, SPEED, (double)(orr_lm_trainer_tokens(x->trainer) - x->tokens) / (now - x->time));
    x->loss = x->losses = 0;
    x->tokens = orr_lm_trainer_tokens(x->trainer);
    x->time = now;
}

static bool tick(const struct training *x)
{
    const struct orr_progress p = {"training", "steps", (uint64_t)orr_lm_trainer_step(x->trainer),
                                   (uint64_t)x->job->train.steps, x->out->loss};
    return !x->ticker || !x->ticker->tick || x->ticker->tick(x->ticker->ctx, &p);
}

static enum orr_status train(struct training *x)
{
    enum orr_status s = ORR_OK;
    const struct orr_lm_job *j = x->job;
    x->tokens = orr_lm_trainer_tokens(x->trainer);
    x->time = x->stored = orr_clock_now();
    while (!s && orr_lm_trainer_step(x->trainer) < j->train.steps) {
        double loss;
        if (!tick(x)) {
            s = orr_error_set(x->err, ORR_ECANCELLED, "lm", "stopped");
            break;
        }
        s = orr_lm_trainer_run(x->trainer, &loss, x->err);
        const int64_t step = orr_lm_trainer_step(x->trainer);
        x->loss += loss;
        x->losses++;
        if (!s && (step % LOG_EVERY == 0 || step == j->train.steps)) log_step(x);
        if (!s && (step % j->evaluate_every == 0 || step == j->train.steps)) s = evaluate(x);
        if (!s && j->checkpoint && step % j->checkpoint_every == 0)
            s = orr_lm_trainer_save(x->trainer, j->checkpoint, x->err);
        if (!s && orr_clock_now() > x->stored + 2) {
            s = store(x, "running");
            x->stored = orr_clock_now();
        }
    }
    if (s == ORR_ECANCELLED && j->checkpoint) {
        struct orr_error ignored;
        const enum orr_status saved = orr_lm_trainer_save(x->trainer, j->checkpoint, &ignored);
        if (saved) *x->err = ignored, s = saved;
    }
    return s;
}

static enum orr_status write_folder(const struct training *x)
{
    char steps[24], seed[24], tokens[24], loss[32];
    const struct orr_lm_job *j = x->job;
    snprintf(steps, sizeof steps, "%d", j->train.steps);
    snprintf(seed, sizeof seed, "%" PRIu64, j->train.seed);
    snprintf(tokens, sizeof tokens, "%" PRIu64, x->out->tokens);
    snprintf(loss, sizeof loss, "%.4f", x->out->loss);
    const char *const metadata[] = {"format",  "pt",   "command", "orrery lm train", "arch",   j->arch, "data",
                                    "WordNet 3.0", "steps", steps, "seed", seed, "tokens", tokens, "validation_loss",
                                    loss, NULL};
    return orr_lm_write(orr_lm_trainer_model(x->trainer), j->out, orr_str_c(&x->tokenizer), metadata, x->err);
}

static void release(struct training *x)
{
    orr_lm_trainer_free(x->trainer);
    orr_lm_lines_free(&x->lines);
    orr_lm_lines_free(&x->validation);
    orr_pieces_free(x->pieces);
    orr_str_free(&x->tokenizer);
    orr_wordnet_free(&x->wordnet);
    for (int k = 0; k < N_SERIES; k++) {
        free(x->points[k].step.data);
        free(x->points[k].value.data);
        free(x->points[k].wall.data);
    }
}

enum orr_status orr_app_lm_train(struct orr_app *app, const struct orr_lm_job *job, const struct orr_ticker *ticker,
                                 struct orr_lm_outcome *out, struct orr_error *err)
{
    struct training x = {.job = job, .ticker = ticker, .err = err, .store = app->store, .out = out,
                         .began = orr_clock_wall()};
    *out = (struct orr_lm_outcome){.train_loss = (double)NAN, .loss = (double)NAN, .accuracy = (double)NAN};
    enum orr_status s = prepare(&x);
    if (!s) s = begin_run(&x);
    if (!s) s = store(&x, "running");
    const double since = orr_clock_now();
    const bool began = s == ORR_OK;
    if (!s) s = train(&x);
    out->seconds = orr_clock_now() - since;
    if (x.trainer) {
        out->step = orr_lm_trainer_step(x.trainer);
        out->tokens = orr_lm_trainer_tokens(x.trainer);
    }
    if (!s && isnan(out->loss)) s = evaluate(&x); /* nothing was left to do */
    if (!s) s = write_folder(&x);
    if (began) {
        struct orr_error later = {0};
        struct orr_error *const first = x.err;
        x.err = s ? &later : err;
        const enum orr_status stored = store(&x, s == ORR_OK ? "finished" : s == ORR_ECANCELLED ? "stopped" : "failed");
        x.err = first;
        if (!s) s = stored;
    }
    release(&x);
    return s;
}
