#include "app/eval_weights_runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "app/example.h"
#include "app/sweep.h"
#include "base/mem.h"

enum { TEST_SAMPLES = 1000, TEST_OF = 3 };
static const char *const optimisers[ORR_EVAL_GROUPS] = {"sgd", "momentum", "rmsprop", "adam"};

void orr_eval_task_free(struct orr_eval_task *t)
{
    for (size_t i = 0; i < t->n; i++) {
        for (size_t k = 0; t->runs[i].values && k < t->runs[i].w.n_tensors; k++) free(t->runs[i].values[k]);
        for (size_t k = 0; t->runs[i].direction && k < t->runs[i].w.n_tensors; k++) free(t->runs[i].direction[k]);
        free(t->runs[i].values);
        free(t->runs[i].direction);
        orr_run_weights_free(&t->runs[i].w);
    }
    for (size_t i = 0; i < t->n_data; i++) {
        orr_dataset_free(t->data[i]);
        free(t->data[i]);
    }
    free(t->runs);
    *t = (struct orr_eval_task){0};
}

static char *cache_path(void)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    struct orr_str s = {0};
    if (cache && cache[0] == '/')
        orr_str_printf(&s, "%s/orrery/weights-runs.db", cache);
    else
        orr_str_printf(&s, "%s/.cache/orrery/weights-runs.db", home && *home ? home : "/tmp");
    return s.data;
}

/* Enough of the sweep that each optimiser has its runs: a shard of it, a fifth more than needed because optimisers are drawn. */
static enum orr_status train(struct orr_app *app, const char *name, size_t per_group, int threads,
                             const struct orr_ticker *ticker, struct orr_error *err)
{
    char *datasets = orr_example_datasets();
    struct orr_str path = {0};
    struct orr_sweep *sweep = NULL;
    struct orr_sweep_result result;
    orr_str_printf(&path, "%s/sweeps/%s.json", datasets ? datasets : "datasets", name);
    enum orr_status s = orr_sweep_read(path.data, &sweep, err);
    if (!s) {
        const size_t wanted = ORR_EVAL_GROUPS * per_group * 6 / 5, all = orr_sweep_runs(sweep);
        const struct orr_sweep_options o = {.threads = threads, .shard = 0, .shards = wanted < all ? all / wanted : 1};
        s = orr_app_sweep(app, sweep, &o, ticker, &result, err);
        if (!s && result.failed) s = ORR_EINVAL; /* err says why the last one could not be trained */
    }
    orr_sweep_free(sweep);
    orr_str_free(&path);
    free(datasets);
    return s;
}

/* Accuracy is taken on the first thousand test samples: enough to compare, quick enough for every method. */
static enum orr_status data_of(struct orr_eval_task *t, const char *name, const struct orr_dataset **out,
                               struct orr_error *err)
{
    for (size_t i = 0; i < t->n_data; i++)
        if (!strcmp(t->data[i]->name, name)) {
            *out = t->data[i];
            return ORR_OK;
        }
    if (t->n_data == sizeof t->data / sizeof *t->data)
        return orr_error_set(err, ORR_EINVAL, name, "too many data sets");
    struct orr_dataset *d = orr_xcalloc(1, sizeof *d);
    const enum orr_status s = orr_dataset_load(name, d, err);
    if (s) {
        free(d);
        return s;
    }
    if (d->n[ORR_TEST] > TEST_SAMPLES) d->n[ORR_TEST] = TEST_SAMPLES;
    *out = t->data[t->n_data++] = d;
    return ORR_OK;
}

static enum orr_status load_run(struct orr_store *store, struct orr_eval_task *t, int64_t id, struct orr_eval_run *r,
                                struct orr_error *err)
{
    struct orr_config_list config = {0};
    enum orr_status s = orr_run_weights_open(store, id, &r->w, err);
    if (!s) s = orr_store_config(store, id, &config, err);
    for (size_t i = 0; i < config.n && !s; i++) {
        const struct orr_config_value *v = &config.values[i];
        if (!strcmp(v->key, "arch")) snprintf(r->arch, sizeof r->arch, "%s", v->text);
        if (!strcmp(v->key, "seed")) r->seed = strtoull(v->text, NULL, 10);
        if (!strcmp(v->key, "data")) s = data_of(t, v->text, &r->data, err);
    }
    orr_config_list_free(&config);
    if (s) return s;
    r->values = orr_xcalloc(r->w.n_tensors, sizeof *r->values);
    r->direction = orr_xcalloc(r->w.n_tensors, sizeof *r->direction);
    for (size_t k = 0; k < r->w.n_tensors && !s; k++) {
        s = orr_run_weights_read(store, &r->w, k, &r->values[k], err);
        if (!s) s = orr_run_weights_direction(store, &r->w, k, &r->direction[k], err);
    }
    return s;
}

static int by_place(const void *a, const void *b)
{
    const struct orr_eval_run *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    if (x->test != y->test) return x->test ? 1 : -1;
    return x->w.run < y->w.run ? -1 : x->w.run > y->w.run;
}

static enum orr_status load(struct orr_store *store, const struct orr_eval_weights_options *o, struct orr_eval_task *t,
                            size_t per_group, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_run_list list;
    struct orr_config_list optims = {0};
    size_t have[ORR_EVAL_GROUPS][2] = {{0}};
    enum orr_status s = orr_store_runs(store, &list, err);
    if (s) return s;
    s = orr_store_config_column(store, "optim", &list, &optims, err);
    t->runs = orr_xcalloc(ORR_EVAL_GROUPS * per_group + 1, sizeof *t->runs);
    for (size_t i = 0; i < list.n && !s; i++) {
        const struct orr_run *run = &list.runs[i];
        if (strcmp(run->group, t->name) != 0 || strcmp(run->state, "finished") != 0 || !optims.values[i].text) continue;
        const bool test = XXH3_64bits(run->key, strlen(run->key)) % TEST_OF == 0;
        size_t optim = 0;
        while (optim < ORR_EVAL_GROUPS && strcmp(optimisers[optim], optims.values[i].text) != 0) optim++;
        const size_t tests = per_group / TEST_OF;
        const size_t wanted = !test ? per_group - tests : o->tests && o->tests < tests ? o->tests : tests;
        if (optim == ORR_EVAL_GROUPS || have[optim][test] >= wanted) continue;
        if (!orr_ticker_tick(ticker, "loading runs", "runs", t->n, ORR_EVAL_GROUPS * per_group))
            s = orr_error_set(err, ORR_ECANCELLED, NULL, "stopped");
        have[optim][test]++;
        t->runs[t->n].test = test;
        t->runs[t->n].group = (int)optim;
        if (!s) s = load_run(store, t, run->id, &t->runs[t->n++], err);
    }
    if (t->n) qsort(t->runs, t->n, sizeof *t->runs, by_place);
    orr_config_list_free(&optims);
    orr_run_list_free(&list);
    return s;
}

/* Loads from the first of the given stores that has runs of the task; *out stays empty where none has. */
static enum orr_status load_from(const struct orr_eval_weights_options *o, struct orr_eval_task *t, size_t per_group,
                                 const struct orr_ticker *ticker, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < o->n_from && !t->n && !s; i++) {
        struct orr_store *store = NULL;
        s = orr_store_open(o->from[i], ORR_STORE_READ, &store, err);
        free(t->runs);
        t->runs = NULL;
        if (!s) s = load(store, o, t, per_group, ticker, err);
        orr_store_close(store);
    }
    return s;
}

enum orr_status orr_eval_task_load(const char *name, size_t per_group, const struct orr_eval_weights_options *o,
                                   const struct orr_ticker *ticker, struct orr_eval_task *out, struct orr_error *err)
{
    *out = (struct orr_eval_task){.name = name, .groups = optimisers};
    if (!strcmp(name, "synthetic")) return orr_eval_task_draw(per_group, o->tests, out, err);
    enum orr_status s = load_from(o, out, per_group, ticker, err);
    if (s || out->n) return s;
    free(out->runs);
    out->runs = NULL;
    char *path = cache_path();
    struct orr_app app = {.store_path = path};
    s = orr_store_open(path, ORR_STORE_CREATE, &app.store, err);
    if (!s) s = train(&app, name, per_group, o->threads, ticker, err);
    if (!s) s = load(app.store, o, out, per_group, ticker, err);
    orr_app_close(&app);
    free(path);
    return s;
}

static enum orr_status add_run(const struct orr_eval_run *r, size_t most, size_t *number, struct orr_weights_set *set,
                               struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    double *times = orr_xcalloc(r->w.n_steps, sizeof *times);
    for (size_t k = 0; k < r->w.n_steps; k++) times[k] = (double)r->w.steps[k] / (double)r->w.steps[r->w.n_steps - 1];
    for (size_t k = 0; k < r->w.n_tensors && !s; k++) {
        s = orr_weights_set_add(set, *number, r->w.optim, orr_tensor_role(r->w.tensors[k].rank), r->w.n_steps, times,
                                r->w.tensors[k].n, r->values[k], most, 1, r->w.tensors[k].name, err);
        if (!s)
            s = orr_weights_set_about(set, r->w.lr, r->w.tensors[k].depth, r->w.n_steps, times, r->direction[k], err);
    }
    free(times);
    *number += 1;
    return s;
}

enum orr_status orr_eval_task_set(const struct orr_eval_task *t, int group, size_t most, size_t *number,
                                  struct orr_weights_set *set, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < t->n && !s; i++)
        if (!t->runs[i].test && (group < 0 || t->runs[i].group == group)) s = add_run(&t->runs[i], most, number, set, err);
    return s;
}

enum orr_status orr_eval_task_part(const struct orr_eval_task *t, orr_eval_in_part in, const char *part, size_t most,
                                   size_t *number, struct orr_weights_set *set, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < t->n && !s; i++)
        if (!t->runs[i].test && in(t, &t->runs[i], part)) s = add_run(&t->runs[i], most, number, set, err);
    return s;
}
