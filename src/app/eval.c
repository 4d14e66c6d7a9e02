/* Evaluation tables as JSON and as tables. */
#include "app/eval.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

enum { FILE_LIMIT = 64 << 20 };

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

/* null stands for what was no number. */
static bool read_number(struct json_object *o, const char *key, double *out)
{
    struct json_object *x = NULL;
    *out = NAN;
    if (!json_object_object_get_ex(o, key, &x)) return false;
    if (json_object_is_type(x, json_type_double) || json_object_is_type(x, json_type_int)) *out = json_object_get_double(x);
    else return json_object_is_type(x, json_type_null);
    return true;
}

static bool read_row(struct json_object *o, bool paired, struct orr_eval *e)
{
    static const char *const directions[] = {"lower", "higher", "nominal"};
    const char *const task = orr_json_text(o, "task"), *const setting = orr_json_text(o, "setting");
    const char *const method = orr_json_text(o, "method"), *const metric = orr_json_text(o, "metric");
    const char *const against = orr_json_text(o, "against"), *better = orr_json_text(o, "better");
    struct orr_stats_interval v;
    double n;
    if (!*task || !*method || !*metric || (paired && !*against) || !read_number(o, paired ? "diff" : "value", &v.value) ||
        !read_number(o, "lo", &v.lo) || !read_number(o, "hi", &v.hi) || !read_number(o, "n", &n) || !(n >= 0 && n <= 1e15))
        return false;
    if (paired) {
        orr_eval_paired(e, task, setting, method, against, metric, v, (size_t)n);
        return true;
    }
    for (size_t i = 0; i < sizeof directions / sizeof *directions; i++)
        if (!strcmp(better, directions[i])) {
            orr_eval_row(e, task, setting, method, metric, directions[i], v, (size_t)n);
            return true;
        }
    return false;
}

static enum orr_status read_result(const char *where, struct json_object *root, const char *name, struct orr_eval *e,
                                   struct orr_error *err)
{
    static const char *const lists[] = {"rows", "paired"};
    const char *const has = orr_json_text(root, "eval");
    if (!*has) return orr_error_set(err, ORR_EFORMAT, where, "is no result of orrery eval NAME --json");
    if (strcmp(has, name) != 0)
        return orr_error_set(err, ORR_EINVAL, where, "holds a result of orrery eval %s, not %s", has, name);
    for (int paired = 0; paired < 2; paired++) {
        struct json_object *list = orr_json_member(root, lists[paired]);
        if (!json_object_is_type(list, json_type_array))
            return orr_error_set(err, ORR_EFORMAT, where, "has no list \"%s\"", lists[paired]);
        for (size_t i = 0; i < json_object_array_length(list); i++)
            if (!read_row(json_object_array_get_idx(list, i), paired, e))
                return orr_error_set(err, ORR_EFORMAT, where, "entry %zu of \"%s\" is no row of a result", i + 1, lists[paired]);
    }
    return ORR_OK;
}

enum orr_status orr_eval_parse(const char *where, const char *text, size_t n, const char *name, struct orr_eval *e,
                               struct orr_error *err)
{
    struct json_object *root = NULL;
    enum orr_status s = orr_json_parse(where, text, n, &root, err);
    if (!s) s = read_result(where, root, name, e, err);
    json_object_put(root);
    return s;
}

enum orr_status orr_eval_read(const char *path, const char *name, struct orr_eval *e, struct orr_error *err)
{
    struct json_object *root = NULL;
    enum orr_status s = orr_json_parse_file(path, FILE_LIMIT, &root, err);
    if (!s) s = read_result(path, root, name, e, err);
    json_object_put(root);
    return s;
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
