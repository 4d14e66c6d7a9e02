#include "app/curve_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void orr_curve_set_init(struct orr_curve_set *q) { *q = (struct orr_curve_set){.x0 = NAN, .x1 = NAN, .bins = 400}; }

static enum orr_status config_text(struct orr_app *app, int64_t run, const char *key, struct orr_arena *a,
                                   const char **out, struct orr_error *err)
{
    struct orr_config_list list = {0};
    *out = "";
    if (!*key) return ORR_OK;
    const enum orr_status status = orr_store_config(app->store, run, &list, err);
    for (size_t i = 0; status == ORR_OK && i < list.n; i++)
        if (strcmp(list.values[i].key, key) == 0) *out = orr_arena_strdup(a, list.values[i].text);
    orr_config_list_free(&list);
    return status;
}

static size_t group_of(struct orr_open_set *s, const char *value, const char *series)
{
    size_t g = 0;
    while (g < s->n_groups && (strcmp(s->groups[g].value, value) != 0 || strcmp(s->groups[g].series, series) != 0)) g++;
    if (g == s->n_groups) s->groups[s->n_groups++] = (struct orr_curve_group){value, series, 0};
    s->groups[g].n++;
    return g;
}

static enum orr_status add(struct orr_app *app, const struct orr_curve_set *q, struct orr_open_set *s, int64_t run,
                           const char *name, const char *value, const char *series, struct orr_error *err)
{
    struct orr_curve *c;
    const enum orr_status status = orr_curve_open(app->store, run, series, &c, err);
    if (status == ORR_ENOTFOUND) return ORR_OK; /* not every run has every series */
    if (status != ORR_OK) return status;
    s->members[s->n++] = (struct orr_curve_member){c, name, series, q->group_by ? group_of(s, value, series) : 0};
    return ORR_OK;
}

enum orr_status orr_curve_set_open(struct orr_app *app, const struct orr_curve_set *q, struct orr_open_set *out,
                                   struct orr_error *err)
{
    struct orr_run_list runs = {0};
    *out = (struct orr_open_set){0};
    enum orr_status status = orr_store_runs(app->store, &runs, err);
    const size_t most = q->n_runs * q->n_series;
    const char **names = orr_xcalloc(q->n_runs + 1, sizeof *names),
               **values = orr_xcalloc(q->n_runs + 1, sizeof *values);
    out->members = orr_arena_zalloc(&out->arena, most + 1, sizeof *out->members);
    out->groups = orr_arena_zalloc(&out->arena, most + 1, sizeof *out->groups);
    for (size_t r = 0; status == ORR_OK && r < q->n_runs; r++) {
        const struct orr_run *run = orr_run_list_find(&runs, q->runs[r]);
        const char *name = run ? run->name : NULL;
        if (!name) {
            status = orr_error_set(err, ORR_ENOTFOUND, NULL, "there is no run %lld", (long long)q->runs[r]);
            break;
        }
        names[r] = orr_arena_strdup(&out->arena, name);
        if (q->group_by) status = config_text(app, q->runs[r], q->group_by, &out->arena, &values[r], err);
    }
    for (size_t k = 0; status == ORR_OK && k < q->n_series; k++) {
        const char *series = orr_arena_strdup(&out->arena, q->series[k]);
        for (size_t r = 0; status == ORR_OK && r < q->n_runs; r++)
            status = add(app, q, out, q->runs[r], names[r], values[r], series, err);
    }
    if (status == ORR_OK && !out->n)
        status = orr_error_set(err, ORR_ENOTFOUND, q->n_series ? q->series[0] : NULL,
                               "none of the runs has a series of this name; `orrery show RUN` lists them");
    free(names);
    free(values);
    orr_run_list_free(&runs);
    return status;
}

void orr_curve_set_close(struct orr_open_set *s)
{
    for (size_t i = 0; i < s->n; i++) orr_curve_close(s->members[i].curve);
    orr_arena_free(&s->arena);
    *s = (struct orr_open_set){0};
}

const char *orr_curve_set_label(struct orr_open_set *s, const struct orr_curve_set *q, size_t i)
{
    const struct orr_curve_member *m = &s->members[i];
    if (q->n_runs > 1 && q->n_series > 1) return orr_arena_printf(&s->arena, "%s %s", m->run_name, m->series);
    return q->n_runs > 1 ? m->run_name : m->series;
}

const char *orr_curve_set_group_label(struct orr_open_set *s, const struct orr_curve_set *q, size_t g)
{
    const struct orr_curve_group *group = &s->groups[g];
    struct orr_str label = {0};
    if (q->n_series > 1) orr_str_printf(&label, "%s ", group->series);
    if (*q->group_by)
        orr_str_printf(&label, "%s=%s ", q->group_by, *group->value ? group->value : "(none)");
    else if (!label.len)
        orr_str_append(&label, "all ");
    orr_str_printf(&label, "(%zu)", group->n);
    const char *text = orr_arena_strdup(&s->arena, label.data);
    orr_str_free(&label);
    return text;
}

struct orr_curve **orr_curve_set_group(struct orr_open_set *s, size_t g, size_t *n)
{
    struct orr_curve **c = orr_arena_zalloc(&s->arena, s->groups[g].n + 1, sizeof *c);
    *n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (s->members[i].group == g) c[(*n)++] = s->members[i].curve;
    return c;
}

enum orr_status orr_curve_set_window(struct orr_open_set *s, const struct orr_curve_set *q,
                                     const struct orr_ticker *ticker, double *x0, double *x1, struct orr_error *err)
{
    double lo = NAN, hi = NAN;
    for (size_t i = 0; i < s->n; i++) {
        double a, b, y0, y1;
        enum orr_status status = orr_curve_prepare(s->members[i].curve, &q->options, ticker, err);
        if (status == ORR_OK) status = orr_curve_range(s->members[i].curve, &q->options, &a, &b, &y0, &y1, err);
        if (status == ORR_ENOTFOUND) continue; /* a run without the series on the x axis */
        if (status != ORR_OK) return status;
        lo = fmin(lo, a), hi = fmax(hi, b);
    }
    if (isnan(lo)) lo = q->options.log_x ? 1 : 0, hi = lo; /* no points */
    *x0 = isfinite(q->x0) ? q->x0 : lo;
    *x1 = isfinite(q->x1) ? q->x1 : hi;
    if (*x0 > *x1) return orr_error_set(err, ORR_EINVAL, NULL, "the window begins at %g and ends at %g", *x0, *x1);
    if (q->options.log_x && *x0 <= 0)
        return orr_error_set(err, ORR_EINVAL, NULL, "a log axis cannot begin at %g; begin above 0", *x0);
    return ORR_OK;
}
