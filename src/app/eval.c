/* Evaluation tables as JSON and as tables. */
#include "app/eval.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"

static struct orr_eval_row *add(struct orr_arena *a, struct orr_eval_row **rows, size_t *n, const char *task,
                                const char *setting, const char *method, const char *metric)
{
    if ((*n & (*n + 1)) == 0) *rows = orr_xrealloc(*rows, 2 * *n + 2, sizeof **rows);
    struct orr_eval_row *r = &(*rows)[(*n)++];
    *r = (struct orr_eval_row){.task = orr_arena_strdup(a, task),
                               .setting = orr_arena_strdup(a, setting),
                               .method = orr_arena_strdup(a, method),
                               .metric = orr_arena_strdup(a, metric)};
    return r;
}

void orr_eval_row(struct orr_eval *e, const char *task, const char *setting, const char *method, const char *metric,
                  const char *better, struct orr_stats_interval value, size_t n)
{
    struct orr_eval_row *r = add(&e->arena, &e->rows, &e->n_rows, task, setting, method, metric);
    r->better = better;
    r->value = value;
    r->n = n;
}

void orr_eval_paired(struct orr_eval *e, const char *task, const char *setting, const char *method,
                     const char *against, const char *metric, struct orr_stats_interval value, size_t n)
{
    struct orr_eval_row *r = add(&e->arena, &e->paired, &e->n_paired, task, setting, method, metric);
    r->against = orr_arena_strdup(&e->arena, against);
    r->value = value;
    r->n = n;
}

void orr_eval_free(struct orr_eval *e)
{
    free(e->rows);
    free(e->paired);
    orr_arena_free(&e->arena);
    *e = (struct orr_eval){0};
}

static void append_key(struct orr_str *s, const char *key, const char *text)
{
    orr_str_printf(s, "\"%s\":", key);
    orr_json_append_string(s, text);
    orr_str_append_char(s, ',');
}

static void append_interval(struct orr_str *s, const char *key, const struct orr_eval_row *r)
{
    orr_str_printf(s, "\"%s\":", key);
    orr_json_append_double(s, r->value.value);
    orr_str_append(s, ",\"lo\":");
    orr_json_append_double(s, r->value.lo);
    orr_str_append(s, ",\"hi\":");
    orr_json_append_double(s, r->value.hi);
    orr_str_printf(s, ",\"n\":%zu}", r->n);
}

void orr_eval_json(const struct orr_eval *e, struct orr_str *out)
{
    orr_str_append_char(out, '{');
    append_key(out, "eval", e->name);
    append_key(out, "version", ORR_VERSION);
    orr_str_printf(out, "\"seed\":%" PRIu64 ",\"seconds\":", e->seed);
    orr_json_append_double(out, e->seconds);
    orr_str_append(out, ",\n\"rows\":[");
    for (size_t i = 0; i < e->n_rows; i++) {
        const struct orr_eval_row *r = &e->rows[i];
        orr_str_append(out, i ? ",\n{" : "\n{");
        append_key(out, "task", r->task);
        append_key(out, "setting", r->setting);
        append_key(out, "method", r->method);
        append_key(out, "metric", r->metric);
        append_key(out, "better", r->better);
        append_interval(out, "value", r);
    }
    orr_str_append(out, "\n],\n\"paired\":[");
    for (size_t i = 0; i < e->n_paired; i++) {
        const struct orr_eval_row *r = &e->paired[i];
        orr_str_append(out, i ? ",\n{" : "\n{");
        append_key(out, "task", r->task);
        append_key(out, "setting", r->setting);
        append_key(out, "method", r->method);
        append_key(out, "against", r->against);
        append_key(out, "metric", r->metric);
        append_interval(out, "diff", r);
    }
    orr_str_append(out, "\n]}\n");
}

static const char *verdict(const struct orr_stats_interval *d)
{
    if (!(d->lo == d->lo)) return "";
    return d->hi < 0 ? "lower" : d->lo > 0 ? "higher" : "no difference seen";
}

void orr_eval_table(const struct orr_eval *e, bool paired, struct orr_table *t)
{
    const size_t n = paired ? e->n_paired : e->n_rows;
    const struct orr_eval_row *rows = paired ? e->paired : e->rows;
    static const char *const names[2][9] = {
        {"task", "setting", "metric", "method", "value", "lo", "hi", "n", "better"},
        {"task", "setting", "metric", "method", "diff", "lo", "hi", "n", "against"},
    };
    orr_table_init(t, n, paired ? 10 : 9);
    for (size_t c = 0; c < 9; c++)
        orr_table_column(t, c, names[paired][c],
                         c < 4 || c == 8 ? ORR_CELL_TEXT : c == 7 ? ORR_CELL_INTEGER : ORR_CELL_NUMBER);
    if (paired) orr_table_column(t, 9, "verdict", ORR_CELL_TEXT);
    for (size_t i = 0; i < n; i++) {
        const struct orr_eval_row *r = &rows[i];
        orr_table_set_text(t, i, 0, r->task);
        orr_table_set_text(t, i, 1, r->setting);
        orr_table_set_text(t, i, 2, r->metric);
        orr_table_set_text(t, i, 3, r->method);
        orr_table_set_number(t, i, 4, r->value.value);
        orr_table_set_number(t, i, 5, r->value.lo);
        orr_table_set_number(t, i, 6, r->value.hi);
        orr_table_set_number(t, i, 7, (double)r->n);
        orr_table_set_text(t, i, 8, paired ? r->against : r->better);
        if (paired) orr_table_set_text(t, i, 9, verdict(&r->value));
    }
}
