#include "app/columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns_predicted.h"
#include "base/mem.h"
#include "base/suggest.h"
#include "base/text.h"
#include "base/vec.h"

enum { MOST_METRICS = 4, MOST_CONFIG = 5, SAMPLE_RUNS = 64 };

/* ---- the frame ---- */

void orr_run_frame_free(struct orr_run_frame *f)
{
    if (!f) return;
    orr_run_list_free(&f->runs);
    orr_name_list_free(&f->series);
    orr_name_list_free(&f->config);
    orr_arena_free(&f->arena);
    free(f->columns);
    free(f);
}

bool orr_run_frame_is_current(const struct orr_app *app)
{
    const struct orr_run_frame *f = app->frame;
    return f && f->store == app->store && f->counter == orr_store_change_counter(app->store);
}

enum orr_status orr_run_frame_get(struct orr_app *app, struct orr_run_frame **out, struct orr_error *err)
{
    struct orr_run_frame *f = app->frame;
    if (orr_run_frame_is_current(app)) {
        *out = f;
        return ORR_OK;
    }
    orr_run_frame_free(f);
    app->frame = *out = NULL;
    f = orr_xcalloc(1, sizeof *f);
    f->store = app->store;
    f->counter = orr_store_change_counter(app->store); /* before reading: what is written meanwhile makes it stale */
    enum orr_status s = orr_store_runs(f->store, &f->runs, err);
    if (s == ORR_OK) s = orr_store_series_names(f->store, &f->series, err);
    if (s == ORR_OK) s = orr_store_config_names(f->store, &f->config, err);
    if (s) {
        orr_run_frame_free(f);
        return s;
    }
    app->frame = *out = f;
    return ORR_OK;
}

void orr_run_frame_hand_over(struct orr_app *from, struct orr_app *to, int64_t counter)
{
    struct orr_run_frame *f = from->frame;
    if (!f) return;
    from->frame = NULL;
    orr_run_frame_free(to->frame);
    to->frame = f;
    f->store = to->store;
    f->counter = counter;
}

const struct orr_run *orr_run_frame_find(const struct orr_run_frame *f, int64_t run)
{
    return orr_run_list_find(&f->runs, run);
}

void orr_run_frame_part(const struct orr_run_frame *f, struct orr_run *runs, size_t n, struct orr_run_frame *out)
{
    *out = (struct orr_run_frame){.store = f->store, .counter = f->counter, .runs = {.n = n, .runs = runs},
                                  .series = f->series, .config = f->config, .part = true};
}

void orr_run_frame_part_end(struct orr_run_frame *part)
{
    orr_arena_free(&part->arena);
    free(part->columns);
    *part = (struct orr_run_frame){0};
}

/* ---- run fields ---- */

/* A field of struct orr_run: exactly one of the two readers is set. */
struct field {
    const char *name;
    enum orr_cell_kind kind;
    const char *(*text)(const struct orr_run *r);
    double (*number)(const struct orr_run *r);
};
static const char *run_name(const struct orr_run *r) { return r->name; }
static const char *run_key(const struct orr_run *r) { return r->key; }
static const char *run_project(const struct orr_run *r) { return r->project; }
static const char *run_group(const struct orr_run *r) { return r->group; }
static const char *run_state(const struct orr_run *r) { return r->state; }
static const char *run_notes(const struct orr_run *r) { return r->notes; }
static double run_id(const struct orr_run *r) { return (double)r->id; }
static double run_started(const struct orr_run *r) { return r->started; }
static double run_ended(const struct orr_run *r) { return r->ended; }
static double run_steps(const struct orr_run *r) { return (double)r->last_step; }
static double run_points(const struct orr_run *r) { return (double)r->point_count; }
static double run_series(const struct orr_run *r) { return (double)r->series_count; }
static double run_pinned(const struct orr_run *r) { return r->pinned; }

static const struct field fields[] = {
    {"id", ORR_CELL_INTEGER, NULL, run_id},         {"name", ORR_CELL_TEXT, run_name, NULL},
    {"key", ORR_CELL_TEXT, run_key, NULL},          {"project", ORR_CELL_TEXT, run_project, NULL},
    {"group", ORR_CELL_TEXT, run_group, NULL},      {"state", ORR_CELL_TEXT, run_state, NULL},
    {"notes", ORR_CELL_TEXT, run_notes, NULL},      {"started", ORR_CELL_TIME, NULL, run_started},
    {"ended", ORR_CELL_TIME, NULL, run_ended},      {"steps", ORR_CELL_INTEGER, NULL, run_steps},
    {"points", ORR_CELL_INTEGER, NULL, run_points}, {"series", ORR_CELL_INTEGER, NULL, run_series},
    {"pinned", ORR_CELL_BOOL, NULL, run_pinned},
};
enum { N_FIELDS = sizeof fields / sizeof *fields };

static void load_field(struct orr_run_frame *f, const struct field *field, struct orr_run_column *c)
{
    const size_t n = f->runs.n;
    c->kind = field->kind;
    if (field->text) {
        const char **text = orr_arena_zalloc(&f->arena, n, sizeof *text);
        for (size_t i = 0; i < n; i++) {
            const char *t = field->text(&f->runs.runs[i]);
            text[i] = *t ? t : NULL;
        }
        c->text = text;
    } else {
        double *number = orr_arena_zalloc(&f->arena, n, sizeof *number);
        for (size_t i = 0; i < n; i++) number[i] = field->number(&f->runs.runs[i]);
        c->number = number;
    }
}

/* ---- tags, configuration, series ---- */

static enum orr_status load_tags(struct orr_run_frame *f, struct orr_run_column *c, struct orr_error *err)
{
    struct orr_config_list tags;
    const enum orr_status s = orr_store_tag_column(f->store, &f->runs, &tags, err);
    if (s) return s;
    const char **text = orr_arena_zalloc(&f->arena, f->runs.n, sizeof *text);
    for (size_t i = 0; i < f->runs.n; i++)
        if (tags.values[i].text && *tags.values[i].text) text[i] = orr_arena_strdup(&f->arena, tags.values[i].text);
    orr_config_list_free(&tags);
    c->kind = ORR_CELL_TEXT;
    c->text = text;
    return ORR_OK;
}

/* A key whose values are all numbers is a number column; a mixed one is text that still compares as numbers. */
static enum orr_status load_config(struct orr_run_frame *f, const char *key, struct orr_run_column *c,
                                   struct orr_error *err)
{
    struct orr_config_list list;
    const enum orr_status s = orr_store_config_column(f->store, key, &f->runs, &list, err);
    if (s) return s;
    const size_t n = f->runs.n;
    const char **text = orr_arena_zalloc(&f->arena, n, sizeof *text);
    double *number = orr_arena_zalloc(&f->arena, n, sizeof *number);
    bool has_text = false;
    for (size_t i = 0; i < n; i++) {
        const struct orr_config_value *v = &list.values[i];
        number[i] = v->text && v->is_number ? v->number : NAN;
        if (!v->text) continue;
        has_text |= !v->is_number;
        text[i] = orr_arena_strdup(&f->arena, v->text);
    }
    orr_config_list_free(&list);
    if (f->part && !has_text) {
        const enum orr_status asked = orr_store_config_has_text(f->store, key, &has_text, err);
        if (asked) return asked;
    }
    c->kind = has_text ? ORR_CELL_TEXT : ORR_CELL_NUMBER;
    c->text = text;
    c->number = number;
    c->config = true;
    return ORR_OK;
}

static enum orr_status load_series(struct orr_run_frame *f, const char *name, enum orr_summary what,
                                   struct orr_run_column *c, struct orr_error *err)
{
    double *number;
    const enum orr_status s = orr_store_series_column(f->store, name, what, &f->runs, &number, err);
    if (s) return s;
    double *kept = orr_arena_alloc(&f->arena, f->runs.n * sizeof *kept);
    if (f->runs.n) memcpy(kept, number, f->runs.n * sizeof *kept);
    free(number);
    c->kind = what == ORR_LAST || what == ORR_MIN || what == ORR_MAX ? ORR_CELL_NUMBER : ORR_CELL_INTEGER;
    c->number = kept;
    return ORR_OK;
}

/* ---- specifications ---- */

bool orr_series_lower_is_better(const char *name)
{
    static const char *const words[] = {"loss", "error", "err",  "ppl", "perplexity", "rmse",
                                        "mae",  "mse",   "mape", "nll", "bpb"};
    struct orr_str lower = {0};
    orr_text_lower(&lower, name);
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) found |= strstr(orr_str_c(&lower), words[i]) != NULL;
    orr_str_free(&lower);
    return found;
}

int orr_series_rank(const char *name)
{
    static const char *const good[] = {"loss", "acc",    "map",   "f1",    "error", "ppl",       "bleu",  "rouge",
                                       "auc",  "reward", "score", "count", "iou",   "precision", "recall"};
    struct orr_str lower = {0};
    orr_text_lower(&lower, name);
    int rank = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (strstr(orr_str_c(&lower), good[i])) rank = 2;
    if (rank && (strstr(lower.data, "val") || strstr(lower.data, "metrics/"))) rank = 3; /* a test is made once: no curve */
    orr_str_free(&lower);
    return rank;
}

static const char *const predicted[ORR_PREDICTEDS] = {"predicted:", "predicted-low:", "predicted-high:", "predicted-rank:"};

/* What one forecast gives fills four columns: the others join the frame beside the one that was asked for. */
static enum orr_status load_predicted(struct orr_run_frame *f, const char *name, size_t what, struct orr_run_column *c,
                                      struct orr_error *err)
{
    double *number[ORR_PREDICTEDS];
    for (size_t k = 0; k < ORR_PREDICTEDS; k++) number[k] = orr_arena_zalloc(&f->arena, f->runs.n, sizeof **number);
    const enum orr_status s = orr_predicted_columns(f->store, &f->runs, name, number, err);
    if (s) return s;
    for (size_t k = 0; k < ORR_PREDICTEDS; k++) {
        struct orr_run_column *one = k == what ? c : orr_arena_zalloc(&f->arena, 1, sizeof *one);
        one->kind = k == ORR_PREDICTED_RANK ? ORR_CELL_INTEGER : ORR_CELL_NUMBER;
        one->number = number[k];
        if (k == what) continue;
        one->spec = orr_arena_printf(&f->arena, "%s%s", predicted[k], name);
        f->columns = orr_xrealloc(f->columns, f->n_columns + 1, sizeof *f->columns);
        f->columns[f->n_columns++] = one;
    }
    return ORR_OK;
}

static bool is_name(const struct orr_name_list *l, const char *text)
{
    size_t lo = 0, hi = l->n; /* by text */
    while (lo < hi) {
        const size_t mid = (lo + hi) / 2;
        const int d = strcmp(l->names[mid].text, text);
        if (d == 0) return true;
        if (d < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

static const struct field *find_field(const char *name)
{
    for (size_t i = 0; i < N_FIELDS; i++)
        if (strcmp(fields[i].name, name) == 0) return &fields[i];
    return NULL;
}

static enum orr_status unknown(const struct orr_run_frame *f, const char *what, const char *name, bool with_fields,
                               const struct orr_name_list *a, const struct orr_name_list *b, struct orr_error *err)
{
    ORR_VEC(const char *) names = {0};
    if (with_fields)
        for (size_t i = 0; i < N_FIELDS; i++) ORR_VEC_PUSH(&names, fields[i].name);
    for (size_t i = 0; a && i < a->n; i++) ORR_VEC_PUSH(&names, a->names[i].text);
    for (size_t i = 0; b && i < b->n; i++) ORR_VEC_PUSH(&names, b->names[i].text);
    const char *near = orr_suggest(name, names.data, names.len);
    const enum orr_status s =
        near ? orr_error_set(err, ORR_ENOTFOUND, NULL, "no %s '%s'; did you mean '%s'?", what, name, near)
        : f->runs.n == 0
            ? orr_error_set(err, ORR_ENOTFOUND, NULL, "no %s '%s': the store has no runs yet", what, name)
            : orr_error_set(err, ORR_ENOTFOUND, NULL, "no %s '%s'; `orrery show RUN` lists what a run has", what, name);
    free(names.data);
    return s;
}

static enum orr_status load(struct orr_run_frame *f, const char *spec, struct orr_run_column *c, struct orr_error *err)
{
    static const struct {
        const char *prefix;
        enum orr_summary what;
    } summaries[] = {
        {"last:", ORR_LAST}, {"min:", ORR_MIN}, {"max:", ORR_MAX}, {"best:", ORR_BEST_STEP_MAX}, {"count:", ORR_COUNT},
    };
    for (size_t i = 0; i < sizeof summaries / sizeof *summaries; i++) {
        if (!orr_starts_with(spec, summaries[i].prefix)) continue;
        const char *name = spec + strlen(summaries[i].prefix);
        enum orr_summary what = summaries[i].what;
        if (what == ORR_BEST_STEP_MAX && orr_series_lower_is_better(name)) what = ORR_BEST_STEP_MIN;
        if (!is_name(&f->series, name)) return unknown(f, "series", name, false, &f->series, NULL, err);
        return load_series(f, name, what, c, err);
    }
    for (size_t i = 0; i < ORR_PREDICTEDS; i++) {
        if (!orr_starts_with(spec, predicted[i])) continue;
        const char *name = spec + strlen(predicted[i]);
        if (!is_name(&f->series, name)) return unknown(f, "series", name, false, &f->series, NULL, err);
        return load_predicted(f, name, i, c, err);
    }
    if (orr_starts_with(spec, "config:")) {
        const char *key = spec + strlen("config:");
        if (!is_name(&f->config, key)) return unknown(f, "configuration key", key, false, &f->config, NULL, err);
        return load_config(f, key, c, err);
    }
    const struct field *field = find_field(spec);
    if (field) {
        load_field(f, field, c);
        return ORR_OK;
    }
    if (strcmp(spec, "tags") == 0) return load_tags(f, c, err);
    if (is_name(&f->config, spec)) return load_config(f, spec, c, err);
    if (is_name(&f->series, spec)) return load_series(f, spec, ORR_LAST, c, err);
    return unknown(f, "column", spec, true, &f->config, &f->series, err);
}

enum orr_status orr_run_frame_column(struct orr_run_frame *f, const char *spec, const struct orr_run_column **out,
                                     struct orr_error *err)
{
    *out = NULL;
    for (size_t i = 0; i < f->n_columns; i++) {
        if (strcmp(f->columns[i]->spec, spec) != 0) continue;
        *out = f->columns[i];
        return ORR_OK;
    }
    struct orr_run_column *c = orr_arena_zalloc(&f->arena, 1, sizeof *c);
    c->spec = orr_arena_strdup(&f->arena, spec);
    const enum orr_status s = load(f, spec, c, err);
    if (s) return s;
    f->columns = orr_xrealloc(f->columns, f->n_columns + 1, sizeof *f->columns);
    f->columns[f->n_columns++] = c;
    *out = c;
    return ORR_OK;
}

/* Names, tags and notes of the i-th run in lower case. */
static void set_words(struct orr_run_frame *f, size_t i, const struct orr_run_column *tags)
{
    const struct orr_run *r = &f->runs.runs[i];
    const char *const parts[] = {r->name, r->group, r->project, r->state, tags->text[i], r->notes};
    struct orr_str line = {0};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        if (parts[k]) orr_text_lower(&line, parts[k]);
        orr_str_append_char(&line, '\n'); /* so that no word is found across two fields */
    }
    f->words[i] = orr_arena_strdup(&f->arena, line.data);
    orr_str_free(&line);
}

enum orr_status orr_run_frame_words(struct orr_run_frame *f, const char *const **out, struct orr_error *err)
{
    if (!f->words) {
        const struct orr_run_column *tags;
        const enum orr_status s = orr_run_frame_column(f, "tags", &tags, err);
        if (s) return s;
        f->words = orr_arena_zalloc(&f->arena, f->runs.n, sizeof *f->words);
        for (size_t i = 0; i < f->runs.n; i++) set_words(f, i, tags);
    }
    *out = f->words;
    return ORR_OK;
}

/* ---- own changes ---- */

static struct orr_run_column *loaded(const struct orr_run_frame *f, const char *spec)
{
    for (size_t i = 0; i < f->n_columns; i++)
        if (strcmp(f->columns[i]->spec, spec) == 0) return f->columns[i];
    return NULL;
}

/* Cells are const to everyone but the frame, which allocated them. */
static void set_text(struct orr_run_column *c, size_t i, const char *text)
{
    if (c) ((const char **)c->text)[i] = text && *text ? text : NULL;
}
static void set_number(struct orr_run_column *c, size_t i, double number)
{
    if (c) ((double *)c->number)[i] = number;
}

static enum orr_status edit_one(struct orr_run_frame *f, int64_t run, const struct orr_run_edit *edit,
                                struct orr_error *err)
{
    const struct orr_run *found = orr_run_frame_find(f, run);
    if (!found) return ORR_OK;
    const size_t i = (size_t)(found - f->runs.runs);
    struct orr_run *r = &f->runs.runs[i];
    if (edit->pin) {
        r->pinned = *edit->pin;
        set_number(loaded(f, "pinned"), i, r->pinned);
    }
    if (edit->notes) {
        r->notes = orr_arena_strdup(&f->arena, edit->notes);
        set_text(loaded(f, "notes"), i, r->notes);
    }
    struct orr_run_column *tags = loaded(f, "tags");
    if (edit->tags && tags) {
        struct orr_config_list list;
        const struct orr_run_list one = {.n = 1, .runs = r};
        const enum orr_status s = orr_store_tag_column(f->store, &one, &list, err);
        if (s) return s;
        set_text(tags, i, list.values[0].text ? orr_arena_strdup(&f->arena, list.values[0].text) : NULL);
        orr_config_list_free(&list);
    }
    if (f->words && (edit->notes || edit->tags)) set_words(f, i, tags);
    return ORR_OK;
}

void orr_run_frame_edited(struct orr_app *app, int64_t before, const int64_t *runs, size_t n,
                          const struct orr_run_edit *edit)
{
    struct orr_run_frame *f = app->frame;
    struct orr_error err;
    const int64_t now = orr_store_change_counter(app->store);
    if (!f || f->store != app->store || f->counter != before || now != before + 1) return; /* others wrote too */
    for (size_t i = 0; i < n; i++)
        if (edit_one(f, runs[i], edit, &err) != ORR_OK) return;
    f->counter = now;
}

/* ---- what to show by default ---- */

/* A name, how many of the sampled runs have it, and how telling it is. */
struct ranked {
    const char *text;
    size_t runs;
    int rank;
};
static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank && (x->rank == 0 || y->rank == 0)) return y->rank - x->rank;
    if (x->runs != y->runs) return x->runs < y->runs ? 1 : -1;
    if (x->rank != y->rank) return y->rank - x->rank;
    return strcmp(x->text, y->text);
}

/* The i-th of a few runs spread over the store: asking all of them would read every row of it. */
static size_t sample_size(const struct orr_run_frame *f) { return f->runs.n < SAMPLE_RUNS ? f->runs.n : SAMPLE_RUNS; }
static int64_t sampled(const struct orr_run_frame *f, size_t i)
{
    const size_t n = sample_size(f);
    return f->runs.runs[n > 1 ? i * (f->runs.n - 1) / (n - 1) : 0].id;
}

static struct ranked *unranked(const struct orr_name_list *names)
{
    struct ranked *r = orr_xcalloc(names->n, sizeof *r);
    for (size_t i = 0; i < names->n; i++) r[i].text = names->names[i].text;
    return r;
}

/* Moves *at on to `name` in r, which is sorted by text as the names that are asked for are. */
static struct ranked *ranked_at(struct ranked *r, size_t n, size_t *at, const char *name)
{
    while (*at < n && strcmp(r[*at].text, name) < 0) ++*at;
    return *at < n && strcmp(r[*at].text, name) == 0 ? &r[*at] : NULL;
}

static enum orr_status add_metrics(const struct orr_run_frame *f, struct orr_arena *a, const char **specs, size_t cap,
                                   size_t *added, struct orr_error *err)
{
    const size_t names = f->series.n;
    struct ranked *r = unranked(&f->series), *x;
    enum orr_status s = ORR_OK;
    for (size_t k = 0; k < names; k++) r[k].rank = orr_series_rank(r[k].text);
    for (size_t i = 0, at; i < sample_size(f) && s == ORR_OK; i++) {
        struct orr_series_list list;
        s = orr_store_series(f->store, sampled(f, i), &list, err);
        if (s) break;
        at = 0;
        for (size_t v = 0; v < list.n; v++)
            if ((x = ranked_at(r, names, &at, list.series[v].name))) x->runs++;
        orr_series_list_free(&list);
    }
    qsort(r, names, sizeof *r, by_rank);
    size_t n = 0;
    for (size_t k = 0; s == ORR_OK && k < names && n < cap && n < MOST_METRICS; k++) {
        if (n >= 2 && r[k].rank == 0) break; /* timings and learning rates only where there is nothing better */
        const char *text = r[k].text;
        const bool shadowed = find_field(text) || strcmp(text, "tags") == 0 || is_name(&f->config, text);
        specs[n++] = orr_arena_printf(a, "%s%s", shadowed ? "last:" : "", text);
    }
    *added = n;
    free(r);
    return s;
}

/* Keys whose values differ; those that more runs have come first. */
static enum orr_status add_config(const struct orr_run_frame *f, struct orr_arena *a, const char **specs, size_t cap,
                                  size_t *added, struct orr_error *err)
{
    const size_t keys = f->config.n;
    const char **seen = orr_xcalloc(keys, sizeof *seen);
    struct ranked *r = unranked(&f->config), *x;
    struct orr_arena scratch = {0};
    enum orr_status s = ORR_OK;
    for (size_t i = 0, at; i < sample_size(f); i++) {
        struct orr_config_list list;
        s = orr_store_config(f->store, sampled(f, i), &list, err);
        if (s) break;
        at = 0;
        for (size_t v = 0; v < list.n; v++) {
            if (!(x = ranked_at(r, keys, &at, list.values[v].key))) continue;
            x->runs++;
            if (!seen[at])
                seen[at] = orr_arena_strdup(&scratch, list.values[v].text);
            else if (strcmp(seen[at], list.values[v].text) != 0)
                x->rank = 1;
        }
        orr_config_list_free(&list);
    }
    qsort(r, keys, sizeof *r, by_rank);
    size_t n = 0;
    for (size_t k = 0; s == ORR_OK && k < keys && r[k].rank && n < cap && n < MOST_CONFIG; k++) {
        const char *text = r[k].text;
        specs[n++] = orr_arena_printf(a, "%s%s", find_field(text) || strcmp(text, "tags") == 0 ? "config:" : "", text);
    }
    *added = n;
    orr_arena_free(&scratch);
    free(seen);
    free(r);
    return s;
}

enum orr_status orr_run_frame_default_columns(struct orr_run_frame *f, struct orr_arena *a, const char **specs,
                                              size_t cap, size_t *n, struct orr_error *err)
{
    bool states = false;
    for (size_t i = 0; i < f->runs.n && !states; i++) states = f->runs.runs[i].state[0] != '\0';
    *n = 0;
    if (cap > *n) specs[(*n)++] = "id";
    if (cap > *n) specs[(*n)++] = "name";
    if (cap > *n && states) specs[(*n)++] = "state";
    if (cap > *n) specs[(*n)++] = "steps";
    size_t added;
    enum orr_status s = add_metrics(f, a, specs + *n, cap - *n, &added, err);
    *n += added;
    if (s == ORR_OK) {
        s = add_config(f, a, specs + *n, cap - *n, &added, err);
        *n += added;
    }
    return s;
}
