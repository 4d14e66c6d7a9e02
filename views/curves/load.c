/* From runs and options to bins. Long curves are prepared by a job, while what is known already stays on screen. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "base/mem.h"
#include "views/curves/state.h"

enum {
    CURVES_MAX = 400,      /* more lines than anyone can tell apart */
    HERE_POINTS = 400000,  /* prepared between two key strokes; more goes to a job */
    EXACT_MS = 60,         /* from a rough paint to reading the rest: when keys have paused */
    SLICES = 24,           /* of reading it, short enough not to be felt by the next key */
};

/* ---- the background pass ---- */

struct work {
    char *x_series;
    struct orr_curve_options options;
    size_t n;
    struct {
        int64_t run;
        char *series;
        struct orr_curve *curve;
    } items[CURVES_MAX];
};

static void release(void *work)
{
    struct work *w = work;
    for (size_t i = 0; i < w->n; i++) {
        orr_curve_close(w->items[i].curve);
        free(w->items[i].series);
    }
    free(w->x_series);
    free(w);
}

static enum orr_status run(void *work, struct orr_store *store, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct work *w = work;
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < w->n && status == ORR_OK; i++) {
        status = orr_curve_open(store, w->items[i].run, w->items[i].series, &w->items[i].curve, err);
        if (status == ORR_OK) status = orr_curve_prepare(w->items[i].curve, &w->options, ticker, err);
        if (status == ORR_ENOTFOUND) status = ORR_OK; /* without the series on the x axis */
    }
    return status;
}

static void done(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state, const struct orr_error *err)
{
    const struct work *w = work;
    struct orr_curves *v = screen;
    if (state == ORR_JOB_FAILED) orr_ui_error(ui, err);
    for (size_t i = 0; i < w->n && state == ORR_JOB_DONE; i++)
        for (size_t k = 0; k < v->set.n && w->items[i].curve; k++)
            if (orr_curve_run(v->set.members[k].curve) == w->items[i].run &&
                strcmp(v->set.members[k].series, w->items[i].series) == 0)
                orr_curve_adopt(v->set.members[k].curve, w->items[i].curve);
    if (state == ORR_JOB_DONE) orr_curves_prepare(ui, v);
}

static const struct orr_ui_task_kind task = {true, run, done, release};

static void start_work(struct orr_ui *ui, struct orr_curves *v, const bool *needed)
{
    struct work *w = orr_xcalloc(1, sizeof *w);
    w->options = v->options;
    if (v->x_series) w->options.x_series = w->x_series = orr_xstrdup(v->x_series);
    for (size_t i = 0; i < v->set.n; i++) {
        if (!needed[i] || w->n == CURVES_MAX) continue; /* the others: after these */
        w->items[w->n].run = orr_curve_run(v->set.members[i].curve);
        w->items[w->n++].series = orr_xstrdup(v->set.members[i].series);
    }
    orr_ui_task_start(ui, &v->work, v->options.smooth > 0 ? "smoothing curves" : "reading an x axis", &task, v, w);
}

/* What a curve is drawn with for now: as asked, or without smoothing while the pass goes on. False: not at all yet. */
static bool options_now(const struct orr_curves *v, const struct orr_curve *c, struct orr_curve_options *o)
{
    *o = v->options;
    if (orr_curve_ready(c, o)) return true;
    if (o->x != ORR_X_STEP) return false;
    o->smooth = 0;
    return true;
}

static void find_range(struct orr_curves *v)
{
    v->full0 = v->full1 = NAN;
    for (size_t i = 0; i < v->set.n; i++) {
        struct orr_curve_options o;
        struct orr_error err;
        double x0, x1, y0, y1;
        if (!options_now(v, v->set.members[i].curve, &o)) continue;
        if (orr_curve_range(v->set.members[i].curve, &o, &x0, &x1, &y0, &y1, &err) != ORR_OK) continue;
        v->full0 = fmin(v->full0, x0), v->full1 = fmax(v->full1, x1);
    }
}

void orr_curves_prepare(struct orr_ui *ui, struct orr_curves *v)
{
    int64_t budget = HERE_POINTS;
    bool *needed = orr_xcalloc(v->set.n + 1, sizeof *needed), any = false;
    orr_ui_task_drop(&v->work);
    v->error.code = ORR_OK;
    for (size_t i = 0; i < v->set.n; i++) {
        struct orr_curve *c = v->set.members[i].curve;
        if (orr_curve_ready(c, &v->options)) continue;
        budget -= orr_curve_unprepared(c, &v->options); /* of a growing run only what is new */
        if (budget >= 0) {
            struct orr_error err;
            const enum orr_status status = orr_curve_prepare(c, &v->options, NULL, &err);
            if (status != ORR_OK && status != ORR_ENOTFOUND) v->error = err;
        } else {
            needed[i] = any = true;
        }
    }
    v->waiting = any;
    if (any) start_work(ui, v, needed);
    free(needed);
    find_range(v);
    v->stale = true;
    orr_curves_forecast_follow(ui, v);
}

/* ---- bins ---- */

void orr_curves_free_set(struct orr_curves *v)
{
    for (size_t i = 0; i < v->n_lines; i++) {
        free(v->lines[i].bins);
        free(v->lines[i].band);
        free(v->lines[i].x);
    }
    free(v->lines);
    v->lines = NULL;
    v->n_lines = 0;
    orr_curve_set_close(&v->set);
}

static enum orr_status bin_line(struct orr_curves *v, size_t i, double x0, double x1, size_t n, bool may_be_rough,
                                struct orr_error *err)
{
    struct orr_curves_line *line = &v->lines[i];
    struct orr_curve *c = v->set.members[i].curve;
    struct orr_curve_options o;
    bool exact = true;
    line->bins = orr_xrealloc(line->bins, n + 2, sizeof *line->bins);
    line->n = 0;
    if (!options_now(v, c, &o)) return ORR_OK;
    enum orr_status status = may_be_rough ? orr_curve_bin_rough(c, &o, x0, x1, n, line->bins + 1, &exact, err)
                                          : orr_curve_bin(c, &o, x0, x1, n, line->bins + 1, err);
    if (status == ORR_OK) status = orr_curve_edges(c, &o, x0, x1, &line->bins[0], &line->bins[n + 1], err);
    if (status == ORR_ENOTFOUND) return ORR_OK;
    if (status == ORR_OK) line->n = n + 2;
    v->rough |= !exact;
    return status;
}

static enum orr_status band_line(struct orr_curves *v, size_t g, double x0, double x1, size_t n, struct orr_error *err)
{
    struct orr_curves_line *line = &v->lines[g];
    size_t curves, ready = 0;
    struct orr_curve **c = orr_curve_set_group(&v->set, g, &curves);
    line->n = 0;
    line->band = orr_xrealloc(line->band, n, sizeof *line->band);
    line->x = orr_xrealloc(line->x, n, 4 * sizeof *line->x);
    line->y = line->x + n, line->lo = line->x + 2 * n, line->hi = line->x + 3 * n;
    for (size_t i = 0; i < curves; i++)
        if (orr_curve_ready(c[i], &v->options)) c[ready++] = c[i]; /* others join when their pass is done */
    const enum orr_status status = orr_curve_band(c, ready, &v->options, x0, x1, n, v->min_max, line->band, err);
    for (size_t i = 0; status == ORR_OK && i < n; i++) {
        const struct orr_band_bin *b = &line->band[i];
        if (!b->n) continue;
        line->x[line->n] = b->x, line->y[line->n] = b->mean, line->lo[line->n] = b->lo, line->hi[line->n] = b->hi;
        line->n++;
    }
    return status;
}

void orr_curves_bins(struct orr_ui *ui, struct orr_curves *v, size_t columns, bool may_be_rough)
{
    double x0, x1;
    if (!v->stale && v->columns == columns && (may_be_rough || !v->rough)) return;
    v->columns = columns;
    v->stale = v->rough = false;
    orr_curves_window(v, &x0, &x1);
    for (size_t i = 0; i < v->n_lines; i++) {
        struct orr_error err;
        const enum orr_status status = v->group_by ? band_line(v, i, x0, x1, columns, &err)
                                                   : bin_line(v, i, x0, x1, columns, may_be_rough, &err);
        if (status != ORR_OK) v->error = err;
    }
    v->slices = 0;
    if (v->rough) orr_ui_timer(ui, EXACT_MS, INT32_MAX);
}

/* Each rough pass keeps what it read, so that a few of them make the exact one. */
void orr_curves_refine(struct orr_ui *ui, struct orr_curves *v)
{
    const int slices = v->slices + 1;
    if (!v->rough) return;
    v->stale = true;
    orr_curves_bins(ui, v, v->columns, slices < SLICES);
    v->slices = slices;
    if (v->rough) orr_ui_timer(ui, 1, INT32_MAX);
}

/* ---- series and curves ---- */

void orr_curves_query(const struct orr_curves *v, struct orr_curve_set *q, const char ***series)
{
    orr_curve_set_init(q);
    *series = orr_xcalloc(v->list.len + 1, sizeof **series);
    for (size_t i = 0; i < v->list.len; i++)
        if (v->list.data[i].shown) (*series)[q->n_series++] = v->list.data[i].name;
    q->series = *series;
    q->runs = v->runs;
    q->n_runs = v->n_runs;
    q->options = v->options;
    q->x0 = v->x0, q->x1 = v->x1;
    q->log_y = v->log_y;
    q->group_by = v->group_by;
    q->min_max = v->min_max;
}

void orr_curves_open_set(struct orr_ui *ui, struct orr_curves *v)
{
    struct orr_curve_set q;
    const char **series;
    struct orr_error err = {0};
    orr_ui_task_drop(&v->work);
    orr_curves_free_set(v);
    orr_curves_query(v, &q, &series);
    if (q.n_series && q.n_runs * q.n_series > CURVES_MAX) {
        q.n_runs = q.n_series < CURVES_MAX ? CURVES_MAX / q.n_series : 1;
        orr_ui_message(ui, ORR_COLOR_WARN, "only the first %zu of %zu runs are drawn", q.n_runs, v->n_runs);
    }
    const enum orr_status status = orr_curve_set_open(orr_ui_app(ui), &q, &v->set, &err);
    v->n_lines = v->group_by ? v->set.n_groups : v->set.n;
    v->lines = orr_xcalloc(v->n_lines + 1, sizeof *v->lines);
    for (size_t i = 0; i < v->n_lines; i++)
        v->lines[i].label = v->group_by ? orr_curve_set_group_label(&v->set, &q, i) : orr_curve_set_label(&v->set, &q, i);
    free(series);
    orr_curves_prepare(ui, v);
    if (status != ORR_OK && status != ORR_ENOTFOUND) v->error = err;
}

static struct orr_curves_series *list_entry(struct orr_curves *v, const char *name)
{
    for (size_t i = 0; i < v->list.len; i++)
        if (strcmp(v->list.data[i].name, name) == 0) return &v->list.data[i];
    ORR_VEC_PUSH(&v->list, ((struct orr_curves_series){.name = orr_xstrdup(name)}));
    return &v->list.data[v->list.len - 1];
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct orr_curves_series *)a)->name, ((const struct orr_curves_series *)b)->name);
}

static bool is_better(const struct orr_curves_series *a, const struct orr_curves_series *b)
{
    const int rank = orr_series_rank(a->name), other = orr_series_rank(b->name);
    if (rank != other) return rank > other;
    if (a->runs != b->runs) return a->runs > b->runs;
    return orr_series_lower_is_better(a->name) && !orr_series_lower_is_better(b->name); /* losses before accuracies */
}

/* The most telling series that most of the runs have. */
static void choose_series(struct orr_curves *v)
{
    size_t best = 0;
    for (size_t i = 1; i < v->list.len; i++)
        if (is_better(&v->list.data[i], &v->list.data[best])) best = i;
    if (v->list.len) v->list.data[best].shown = true;
    v->list_row = best;
}

static enum orr_status load_list(struct orr_ui *ui, struct orr_curves *v, struct orr_error *err)
{
    enum { LOOKED_AT = 64 }; /* runs: series of more than that many are alike */
    for (size_t i = 0; i < v->list.len; i++) v->list.data[i].runs = 0;
    for (size_t r = 0; r < v->n_runs && r < LOOKED_AT; r++) {
        struct orr_series_list list;
        const enum orr_status status = orr_store_series(orr_ui_store(ui), v->runs[r], &list, err);
        if (status != ORR_OK) return status;
        for (size_t i = 0; i < list.n; i++) list_entry(v, list.series[i].name)->runs++;
        orr_series_list_free(&list);
    }
    if (v->list.len) qsort(v->list.data, v->list.len, sizeof *v->list.data, by_name);
    return ORR_OK;
}

enum orr_status orr_curves_load(struct orr_ui *ui, struct orr_curves *v, struct orr_error *err)
{
    const enum orr_status status = load_list(ui, v, err);
    if (status != ORR_OK) return status;
    choose_series(v);
    orr_curves_open_set(ui, v);
    return ORR_OK;
}

void orr_curves_follow(struct orr_ui *ui, struct orr_curves *v)
{
    struct orr_error err;
    const size_t before = v->list.len;
    if (load_list(ui, v, &err) != ORR_OK) {
        v->error = err;
        return;
    }
    if (!before && v->list.len) { /* the first points of a run that was empty */
        choose_series(v);
        orr_curves_open_set(ui, v);
        return;
    }
    for (size_t i = 0; i < v->set.n; i++)
        if (orr_curve_refresh(v->set.members[i].curve, &err) != ORR_OK) { /* it is gone */
            orr_curves_open_set(ui, v);
            return;
        }
    orr_curves_prepare(ui, v);
}
