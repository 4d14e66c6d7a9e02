#include "app/eval_curve_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "app/example.h"
#include "app/import.h"
#include "app/sweep.h"
#include "base/file.h"
#include "base/mem.h"

enum { TEST_OF = 3, LEAST_SEEN = 4, QUICK_SHARDS = 3 };
static const double OBSERVE = ORR_EVAL_OBSERVE, EXPLODED = 100;
static const double LAB_WEIGHT = 2; /* as often as two sets of real curves */

void orr_eval_curves_free(struct orr_eval_curves *c)
{
    for (size_t i = 0; i < c->n_items; i++) orr_curve_items_free(&c->items[i]);
    free(c->cases);
    free(c->examples);
    free(c->fold);
    free(c->settings);
    *c = (struct orr_eval_curves){0};
}

static uint64_t hash(const char *text) { return XXH3_64bits(text, strlen(text)); }

static void add_example(struct orr_eval_curves *c, const struct orr_curve_item *item,
                        const struct orr_lc_settings *settings, size_t group, int fold, double weight)
{
    const size_t n = c->n_examples++;
    if ((n & (n - 1)) == 0 || n == 0) {
        c->examples = orr_xrealloc(c->examples, 2 * n + 1, sizeof *c->examples);
        c->fold = orr_xrealloc(c->fold, 2 * n + 1, sizeof *c->fold);
        c->settings = orr_xrealloc(c->settings, 2 * n + 1, sizeof *c->settings);
    }
    c->examples[n] = (struct orr_lc_example){{item->n, item->t, item->y, item->direction, item->graph}, group, weight};
    c->fold[n] = fold;
    c->settings[n] = settings;
}

static struct orr_eval_case *add_case(struct orr_eval_curves *c)
{
    const size_t n = c->n_cases++;
    if ((n & (n - 1)) == 0 || n == 0) c->cases = orr_xrealloc(c->cases, 2 * n + 1, sizeof *c->cases);
    c->cases[n] = (struct orr_eval_case){0};
    return &c->cases[n];
}

static void set_end(struct orr_eval_case *k, size_t e, size_t point)
{
    k->end[e] = k->item->t[point];
    k->truth[e] = k->item->y[point];
}

/* ---- the lab's sweeps ---- */

struct sweep {
    const char *file, *group, *name;
    double epochs, ends[ORR_EVAL_ENDS];
};
enum { SWEEPS = 2 };
static const struct sweep sweeps[SWEEPS] = {
    {"curve-mlp", "curve-mlp", "mlp", 200, {80, 140, 200}},
    {"cell-fashion", "cell-fashion", "cell", 100, {40, 70, 100}},
};
static const struct {
    const char *name, *series; /* name NULL: to learn from only */
} metrics[] = {{"loss", "val/loss"}, {"accuracy", "val/accuracy"}, {NULL, "train/loss"}, {NULL, "train/accuracy"}};

static enum orr_status train_sweep(struct orr_store *store, const char *path, const struct sweep *s, bool quick,
                                   int threads, const struct orr_ticker *ticker, struct orr_error *err)
{
    char *datasets = orr_example_datasets();
    struct orr_str file = {0};
    struct orr_sweep *sweep = NULL;
    struct orr_sweep_result result;
    struct orr_app app = {.store = store, .store_path = path};
    orr_str_printf(&file, "%s/sweeps/%s.json", datasets ? datasets : "datasets", s->file);
    enum orr_status status = orr_sweep_read(file.data, &sweep, err);
    if (!status) {
        const struct orr_sweep_options o = {.threads = threads, .shard = 0, .shards = quick ? QUICK_SHARDS : 1};
        status = orr_app_sweep(&app, sweep, &o, ticker, &result, err);
    }
    orr_sweep_free(sweep);
    orr_str_free(&file);
    free(datasets);
    return status;
}

/* The data set that a run trained on, which its curve is ranked within, and how it was trained. */
static size_t read_config(struct orr_store *store, int64_t run, struct orr_arena *a, struct orr_lc_settings **out)
{
    struct orr_config_list config;
    struct orr_lc_settings *s = *out = orr_arena_alloc(a, sizeof *s);
    size_t group = 0;
    *s = (struct orr_lc_settings){NAN, NAN, NAN, "", ""};
    if (orr_store_config(store, run, &config, NULL)) return 0;
    for (size_t i = 0; i < config.n; i++) {
        const struct orr_config_value *v = &config.values[i];
        if (!strcmp(v->key, "data")) group = (size_t)hash(v->text);
        if (!strcmp(v->key, "lr")) s->rate = v->number;
        if (!strcmp(v->key, "batch")) s->batch = v->number;
        if (!strcmp(v->key, "weight_decay")) s->weight_decay = v->number;
        if (!strcmp(v->key, "optim")) s->optimiser = orr_arena_strdup(a, v->text);
        if (!strcmp(v->key, "schedule")) s->schedule = orr_arena_strdup(a, v->text);
    }
    orr_config_list_free(&config);
    return group;
}

/* A loss that left its range: where it ends is chance, and one such curve would rule every root mean square. */
static bool exploded(const struct orr_curve_item *item)
{
    for (size_t i = 0; i < item->n; i++)
        if (fabs(item->y[i]) > EXPLODED * (fabs(item->y[0]) + 1)) return true;
    return false;
}

/* Runs are parted by their names: all series of a run go together. */
static void take_lab(struct orr_store *store, const struct sweep *s, size_t metric, struct orr_curve_items *items,
                     struct orr_eval_curves *c)
{
    const size_t t = c->n_tasks;
    struct orr_eval_curve_task *task = &c->tasks[t];
    const bool tested = metrics[metric].name;
    if (tested) c->n_tasks++;
    for (size_t i = 0; i < items->n; i++) {
        const struct orr_curve_item *item = &items->items[i];
        const bool test = hash(item->name) % TEST_OF == 0;
        if (item->status || item->cleaning.diverged || item->t[item->n - 1] < s->epochs || exploded(item)) {
            if (tested) task->left_out += test;
            continue;
        }
        struct orr_lc_settings *settings;
        const size_t data = read_config(store, item->run, &items->arena, &settings);
        add_example(c, item, settings, (size_t)hash(item->name), test ? -2 : -1, 1);
        if (!test || !tested) continue;
        struct orr_eval_case *k = add_case(c);
        k->task = t;
        k->group = data;
        k->item = item;
        k->settings = settings;
        while (k->seen < item->n && item->t[k->seen] <= OBSERVE * s->epochs) k->seen++;
        for (size_t e = 0; e < ORR_EVAL_ENDS; e++) {
            size_t point = k->seen;
            while (point + 1 < item->n && item->t[point] < s->ends[e]) point++;
            set_end(k, e, point);
        }
    }
}

/* All series of one sweep's runs, where the store has any. */
static enum orr_status load_sweep(struct orr_store *store, size_t which, const struct orr_ticker *ticker,
                                  struct orr_eval_curves *c, struct orr_error *err)
{
    static const char *const settings[SWEEPS][ORR_EVAL_ENDS] = {{"40->80", "40->140", "40->200"},
                                                                {"20->40", "20->70", "20->100"}};
    static const char *const names[SWEEPS][2] = {{"mlp loss", "mlp accuracy"}, {"cell loss", "cell accuracy"}};
    enum orr_status status = ORR_OK;
    for (size_t m = 0; m < sizeof metrics / sizeof *metrics && !status; m++) {
        struct orr_eval_curve_task *task = &c->tasks[c->n_tasks];
        struct orr_curve_items *items = &c->items[c->n_items];
        *task = (struct orr_eval_curve_task){.name = m < 2 ? names[which][m] : NULL, .n_ends = ORR_EVAL_ENDS};
        memcpy(task->setting, settings[which], sizeof task->setting);
        status = orr_curve_items_add_all(store, sweeps[which].group, metrics[m].series, ticker, items, err);
        if (!items->n) continue;
        c->n_items++;
        if (!status) take_lab(store, &sweeps[which], m, items, c);
    }
    return status;
}

/* ---- real curves ---- */

static const struct {
    const char *folder, *task, *series[3];
    bool by_points; /* 20% of the points, on uneven grids; else of the steps */
    const char
        *only; /* part of the names of runs that count: the YOLO runs are there twice, as two formats; NULL: all */
} sets[] = {
    {"nanogpt_speedruns", "nanogpt", {"val_loss"}, false, NULL},
    {"lcdb11", "lcdb", {"test/error"}, true, NULL},
    {"lightning_mlpws", "lightning", {"train_loss", "val_loss", "corr"}, false, NULL},
    {"yolo_runs", "yolo", {"metrics/mAP_0.5", "val/box_loss", "train/obj_loss"}, false, "_results"},
};

static void take_real(size_t set, const struct orr_curve_items *items, struct orr_eval_curves *c)
{
    const size_t t = c->n_tasks - 1;
    struct orr_eval_curve_task *task = &c->tasks[t];
    for (size_t i = 0; i < items->n; i++) {
        const struct orr_curve_item *item = &items->items[i];
        const char *group = *item->group ? item->group : item->name;
        const int fold = (int)(hash(group) % 2);
        size_t seen = (size_t)(OBSERVE * (double)item->n);
        if (item->status || (sets[set].only && !strstr(item->name, sets[set].only))) continue;
        if (!sets[set].by_points) {
            const double until = item->t[0] + OBSERVE * (item->t[item->n - 1] - item->t[0]);
            for (seen = 0; seen < item->n && item->t[seen] <= until;) seen++;
        }
        if (item->n > LEAST_SEEN) add_example(c, item, NULL, (size_t)hash(group), fold, 1);
        if (seen < LEAST_SEEN || seen >= item->n) {
            task->left_out++;
            continue;
        }
        struct orr_eval_case *k = add_case(c);
        k->task = t;
        k->group = (size_t)hash(item->group);
        k->fold = fold;
        k->item = item;
        k->seen = seen;
        set_end(k, 0, item->n - 1);
    }
}

/* Imported into a store that is thrown away. */
static enum orr_status load_set(const char *real, size_t set, const struct orr_ticker *ticker,
                                struct orr_eval_curves *c, struct orr_error *err)
{
    struct orr_str folder = {0}, file = {0};
    struct orr_store *store = NULL;
    struct orr_str place = {0};
    orr_str_printf(&folder, "%s/%s", real, sets[set].folder);
    if (access(folder.data, R_OK) != 0) { /* a set that is not there is left out */
        orr_str_free(&folder);
        return ORR_OK;
    }
    enum orr_status s = orr_folder_temporary("orrery-curves", &place, err);
    if (s) goto out;
    orr_str_printf(&file, "%s/store.db", place.data);
    s = orr_store_open(file.data, ORR_STORE_CREATE, &store, err);
    if (!s) {
        struct orr_app app = {.store = store, .store_path = file.data};
        const char *const path = folder.data;
        const struct orr_import_options o = {0};
        struct orr_import_result result = {0};
        s = orr_app_import(&app, &path, 1, &o, ticker, &result, err);
        orr_import_result_free(&result);
    }
    c->tasks[c->n_tasks++] = (struct orr_eval_curve_task){
        .name = sets[set].task, .real = true, .by_points = sets[set].by_points, .setting = {"20%"}, .n_ends = 1};
    const size_t first = c->n_examples;
    for (size_t i = 0; i < 3 && sets[set].series[i] && !s; i++) {
        struct orr_curve_items *items = &c->items[c->n_items++];
        s = orr_curve_items_add_all(store, NULL, sets[set].series[i], ticker, items, err);
        if (!s) take_real(set, items, c);
    }
    for (size_t i = first; i < c->n_examples; i++) c->examples[i].weight = 1.0 / (double)(c->n_examples - first);
out:
    orr_store_close(store);
    if (file.data) orr_folder_remove(place.data);
    orr_str_free(&place);
    orr_str_free(&folder);
    orr_str_free(&file);
    return s;
}

/* ---- all ---- */

/* The sweeps in the cache folder, trained where runs are missing. */
static enum orr_status load_cached(const struct orr_eval_curve_options *o, const struct orr_ticker *ticker,
                                   struct orr_eval_curves *c, struct orr_error *err)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    struct orr_str path = {0};
    struct orr_store *store = NULL;
    if (cache && cache[0] == '/')
        orr_str_printf(&path, "%s/orrery/curve-eval.db", cache);
    else
        orr_str_printf(&path, "%s/.cache/orrery/curve-eval.db", home && *home ? home : "/tmp");
    enum orr_status s = orr_store_open(path.data, ORR_STORE_CREATE, &store, err);
    for (size_t i = 0; i < (o->quick ? 1 : SWEEPS) && !s; i++) {
        s = train_sweep(store, path.data, &sweeps[i], o->quick, o->threads, ticker, err);
        if (!s) s = load_sweep(store, i, ticker, c, err);
    }
    if (!s && !c->n_cases)
        s = orr_error_set(err, ORR_ENOTFOUND, path.data,
                          "no run of the sweeps could be trained; `make models` brings the data sets that they need");
    orr_store_close(store);
    orr_str_free(&path);
    return s;
}

/* Those of other stores, as they are. */
static enum orr_status load_from(const struct orr_eval_curve_options *o, const struct orr_ticker *ticker,
                                 struct orr_eval_curves *c, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    for (size_t f = 0; f < o->n_from && !s; f++) {
        struct orr_store *store = NULL;
        s = orr_store_open(o->from[f], ORR_STORE_READ, &store, err);
        for (size_t i = 0; i < SWEEPS && !s; i++) s = load_sweep(store, i, ticker, c, err);
        orr_store_close(store);
    }
    if (!s && !c->n_cases)
        s = orr_error_set(err, ORR_ENOTFOUND, o->from[0],
                          "holds no whole runs of the groups curve-mlp and cell-fashion");
    return s;
}

enum orr_status orr_eval_curves_load(const struct orr_eval_curve_options *o, const struct orr_ticker *ticker,
                                     struct orr_eval_curves *out, struct orr_error *err)
{
    *out = (struct orr_eval_curves){0};
    enum orr_status s = o->n_from ? load_from(o, ticker, out, err) : load_cached(o, ticker, out, err);
    double lab = 0;
    for (size_t i = 0; i < out->n_examples; i++) lab += out->fold[i] != -2;
    for (size_t i = 0; i < out->n_examples; i++) out->examples[i].weight = LAB_WEIGHT / fmax(lab, 1);
    for (size_t i = 0; o->real && i < sizeof sets / sizeof *sets && !s; i++) s = load_set(o->real, i, ticker, out, err);
    return s;
}
