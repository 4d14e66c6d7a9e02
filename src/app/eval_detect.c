#include "app/eval_detect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
    SCENES = 400,
    QUICK_SCENES = 64,
    LEARN_SCENES = 600,
    ROUNDS = 500,
    QUICK_ROUNDS = 100,
    METHODS_MAX = 16,
    TASKS_MAX = 4,
    METRICS = 8
};
static const char *const METRIC[METRICS] = {"map50", "map50_95", "precision", "recall",
                                            "f1",    "ap_small", "ap_medium", "ap_large"};
static const char *const DEFAULTS[] = {"n", "pico", "blob", "prior"};

struct task {
    const char *name, *setting, *data;
    enum orr_detect_part part;
    bool drawn; /* data is drawn, in a number of scenes still to be added */
};
/* Held-out: grounds, colours, light and stretch that the networks never saw. */
static const struct task TASKS[] = {{"easy", "held-out styles", "drawn:easy", ORR_DETECT_TEST, true},
                                    {"easy", "styles trained on", "drawn:easy", ORR_DETECT_VALIDATION, true},
                                    {"wild", "held-out styles", "drawn:wild", ORR_DETECT_TEST, true}};

struct work {
    const struct orr_eval_detect_options *o;
    const struct orr_ticker *ticker;
    struct orr_detect_baseline baseline; /* classes 0: not learned yet */
    const char *const *method;
    size_t n;
    struct orr_detector *detector[METHODS_MAX]; /* NULL: a baseline */
    struct task task[TASKS_MAX];
    size_t tasks, rounds;
    struct orr_detect_data data; /* of task `loaded` - 1 */
    size_t loaded;
    double *value, *sample;     /* (tasks, n, METRICS), (tasks, n, rounds, METRICS) */
    uint64_t images[TASKS_MAX]; /* 0: a task without data */
    enum orr_status status;     /* the first failure */
    struct orr_error *err;
};

static bool is_baseline(const char *method) { return !strcmp(method, "prior") || !strcmp(method, "blob"); }

static void metrics_of(const struct orr_scores *s, double out[METRICS])
{
    const double x[METRICS] = {s->map50, s->map,        s->precision,  s->recall,
                               s->f1,    s->ap_size[0], s->ap_size[1], s->ap_size[2]};
    memcpy(out, x, sizeof x);
}

static enum orr_status look_at_all(struct work *w, size_t m, const struct orr_detect_data *d, struct orr_score *score,
                                   struct orr_scores *all, struct orr_error *err)
{
    struct orr_detection found[300];
    if (w->detector[m]) return orr_detect_test(w->detector[m], &d->set, w->ticker, score, all, err);
    orr_score_init(score, d->classes);
    for (size_t i = 0; i < d->set.n; i++) {
        const struct orr_detect_image *at = &d->set.images[i];
        if (!orr_ticker_tick(w->ticker, w->method[m], "images", i, d->set.n))
            return orr_error_set(err, ORR_ECANCELLED, "eval detect", "stopped");
        const size_t n =
            (!strcmp(w->method[m], "prior") ? orr_detect_prior : orr_detect_blob)(&w->baseline, &at->image, found, 300);
        orr_score_add(score, at->image.width, at->image.height, at->labels, at->n_labels, found, n);
    }
    orr_score_compute(score, NULL, 0, all);
    return ORR_OK;
}

/* ---- intervals: images drawn again, the same ones for every method ---- */

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static struct orr_stats_interval interval(double value, double *x, size_t n)
{
    struct orr_stats_interval r = {value, NAN, NAN};
    size_t finite = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i])) x[finite++] = x[i];
    if (!isfinite(value) || finite < n / 2) return r;
    qsort(x, finite, sizeof *x, by_size);
    r.lo = x[(size_t)(.025 * (double)(finite - 1))];
    r.hi = x[(size_t)ceil(.975 * (double)(finite - 1))];
    return r;
}

/* sample: [rounds][METRICS]. */
static bool resample(const struct work *w, struct orr_score *score, double *sample)
{
    size_t *of = orr_xcalloc(score->n_images + 1, sizeof *of);
    struct orr_scores *s = orr_xcalloc(1, sizeof *s);
    bool go_on = true;
    for (size_t r = 0; r < w->rounds && go_on; r++) {
        struct orr_rng rng;
        orr_rng_seed(&rng, w->o->seed, r);
        for (size_t i = 0; i < score->n_images; i++) of[i] = (size_t)orr_rng_below(&rng, score->n_images);
        orr_score_compute(score, of, score->n_images, s);
        metrics_of(s, sample + r * METRICS);
        go_on = orr_ticker_tick(w->ticker, "resampling", "rounds", r, w->rounds);
    }
    free(of);
    free(s);
    return go_on;
}

static void add_rows(const struct work *w, size_t task, struct orr_eval *out)
{
    const struct task *t = &w->task[task];
    const size_t rounds = w->rounds, n = w->images[task];
    const double *value = w->value + task * w->n * METRICS, *sample = w->sample + task * w->n * rounds * METRICS;
    double *x = orr_xcalloc(rounds, sizeof *x);
    for (size_t m = 0; m < w->n; m++)
        for (size_t k = 0; k < METRICS; k++) {
            for (size_t r = 0; r < rounds; r++) x[r] = sample[(m * rounds + r) * METRICS + k];
            orr_eval_row(out, t->name, t->setting, w->method[m], METRIC[k], "higher",
                         interval(value[m * METRICS + k], x, rounds), n);
        }
    for (size_t m = 0; m + 1 < w->n; m++) /* each against the next */
        for (size_t k = 0; k < 2; k++) {
            for (size_t r = 0; r < rounds; r++)
                x[r] = sample[(m * rounds + r) * METRICS + k] - sample[((m + 1) * rounds + r) * METRICS + k];
            orr_eval_paired(out, t->name, t->setting, w->method[m], w->method[m + 1], METRIC[k],
                            interval(value[m * METRICS + k] - value[(m + 1) * METRICS + k], x, rounds), n);
        }
    free(x);
}

/* ---- tasks ---- */

static int largest_size(const struct work *w)
{
    int size = 192;
    for (size_t m = 0; m < w->n; m++)
        if (w->detector[m] && orr_detector_size(w->detector[m]) > size) size = orr_detector_size(w->detector[m]);
    return size;
}

static enum orr_status learn_baselines(struct work *w, struct orr_error *err)
{
    struct orr_detect_data d;
    char data[32];
    snprintf(data, sizeof data, "drawn:easy:%d", LEARN_SCENES);
    const enum orr_status s = orr_detect_data_load(data, ORR_DETECT_TRAIN, 192, w->ticker, &d, err);
    if (s) return s;
    orr_detect_baseline_learn(&d, &w->baseline);
    orr_detect_data_free(&d);
    return ORR_OK;
}

/* Scenes in the number that was asked for; or a folder of the user's, or `detect` in it: a collection of real data of other
 * kinds adds nothing. */
static enum orr_status load_task(struct work *w, size_t task)
{
    const struct task *t = &w->task[task];
    const int size = largest_size(w);
    const size_t scenes = w->o->scenes ? w->o->scenes : w->o->quick ? QUICK_SCENES : SCENES;
    if (w->loaded == task + 1) return ORR_OK;
    orr_detect_data_free(&w->data);
    w->loaded = 0;
    struct orr_str data = {0};
    orr_str_append(&data, t->data);
    if (t->drawn) orr_str_printf(&data, ":%zu", 8 * scenes); /* an eighth is for testing */
    enum orr_status s = orr_detect_data_load(orr_str_c(&data), t->part, size, w->ticker, &w->data, w->err);
    if (s == ORR_ENOTFOUND && !t->drawn) {
        orr_str_append(&data, "/detect");
        s = orr_detect_data_load(orr_str_c(&data), t->part, size, w->ticker, &w->data, w->err);
        if (s == ORR_ENOTFOUND) s = ORR_OK;
    }
    orr_str_free(&data);
    if (!s) w->loaded = task + 1;
    return s;
}

/* One method on one task. */
static void run(void *ctx, size_t i)
{
    struct work *w = ctx;
    const size_t task = i / w->n, m = i % w->n;
    struct orr_score score = {0};
    struct orr_scores *all = orr_xcalloc(1, sizeof *all);
    enum orr_status s = w->status ? w->status : load_task(w, task);
    const struct orr_detect_data *d = &w->data;
    if (!s && d->set.n) {
        if (w->detector[m] && orr_detector_net(w->detector[m])->classes != d->classes)
            s = orr_error_set(w->err, ORR_EINVAL, w->task[task].data, "has %d classes, %s has %d", d->classes, w->method[m],
                              orr_detector_net(w->detector[m])->classes);
        if (!s && !w->detector[m] && !w->baseline.classes) s = learn_baselines(w, w->err);
        if (!s) s = look_at_all(w, m, d, &score, all, w->err);
        if (!s) metrics_of(all, w->value + i * METRICS);
        if (!s && !resample(w, &score, w->sample + i * w->rounds * METRICS))
            s = orr_error_set(w->err, ORR_ECANCELLED, "eval detect", "stopped");
        w->images[task] = d->set.n;
        orr_score_free(&score);
    }
    w->status = s;
    if (s) orr_shards_fail(w->o->shards);
    free(all);
}

static enum orr_status run_all(struct work *w)
{
    const size_t n = w->tasks * w->n, values = n * METRICS * sizeof *w->value, samples = values * w->rounds;
    w->value = orr_xcalloc(1, values + 1);
    w->sample = orr_xcalloc(1, samples + 1);
    const struct orr_region regions[] = {{w->value, values}, {w->sample, samples}, {w->images, sizeof w->images}};
    const bool whole = orr_shards_for(w->o->shards, n, 1, run, w, w->ticker, "eval detect", "methods", regions, 3);
    return w->status || whole ? w->status : orr_error_set(w->err, ORR_ECANCELLED, "eval detect", "stopped");
}

/* What to compare where nobody says: the shipped networks that are there, and the baselines. */
static size_t take_defaults(const char *method[METHODS_MAX])
{
    size_t n = 0;
    for (size_t k = 0; k < sizeof DEFAULTS / sizeof *DEFAULTS; k++)
        if (is_baseline(DEFAULTS[k]) || orr_detector_ships(DEFAULTS[k])) method[n++] = DEFAULTS[k];
    return n;
}

static enum orr_status open_methods(struct work *w, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    if (w->n > METHODS_MAX)
        return orr_error_set(err, ORR_EINVAL, "methods", "%zu; up to %d can be compared", w->n, (int)METHODS_MAX);
    for (size_t m = 0; !s && m < w->n; m++)
        if (!is_baseline(w->method[m])) s = orr_detector_open(w->method[m], 0, w->o->threads, &w->detector[m], err);
    return s;
}

enum orr_status orr_eval_detect(const struct orr_eval_detect_options *o, const struct orr_ticker *ticker,
                                struct orr_eval *out, struct orr_error *err)
{
    const double begin = orr_clock_now();
    const char *defaults[METHODS_MAX];
    struct work w = {.o = o, .ticker = ticker, .method = o->n_methods ? o->methods : defaults, .n = o->n_methods, .err = err};
    if (!o->n_methods) w.n = take_defaults(defaults);
    w.rounds = o->quick ? QUICK_ROUNDS : ROUNDS;
    for (; w.tasks < sizeof TASKS / sizeof *TASKS; w.tasks++) w.task[w.tasks] = TASKS[w.tasks];
    if (o->real) w.task[w.tasks++] = (struct task){"real", "test", o->real, ORR_DETECT_TEST, false};
    *out = (struct orr_eval){.name = "detect", .seed = o->seed};
    enum orr_status s = open_methods(&w, err);
    if (!s) s = run_all(&w);
    for (size_t k = 0; k < w.tasks && !s && !orr_shards_partial(o->shards); k++)
        if (w.images[k]) add_rows(&w, k, out);
    for (size_t m = 0; m < METHODS_MAX; m++) orr_detector_close(w.detector[m]);
    orr_detect_data_free(&w.data);
    free(w.value);
    free(w.sample);
    out->seconds = orr_clock_now() - begin;
    if (s) orr_eval_free(out);
    return s;
}
