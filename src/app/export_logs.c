#include "app/export_logs.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "base/vec.h"
#include "lab/logs.h"

enum { BLOCK = 4096, WRITE_BYTES = 1 << 20, NAME_MAX_BYTES = 100 };

/* A run being written. */
struct target {
    struct orr_store *store;
    const struct orr_run *run;
    const char *folder, *tags;
    bool wall;
};

/* ---- names ---- */

/* The run's name with everything but letters, digits, '.', '_' and '-' replaced. */
static void folder_name(const char *name, char out[NAME_MAX_BYTES + 1])
{
    size_t n = 0;
    for (const char *c = name; *c && n < NAME_MAX_BYTES; c++) {
        const bool plain = isalnum((unsigned char)*c) || strchr("._-", *c);
        if (plain) out[n++] = *c;
        else if (n && out[n - 1] != '-') out[n++] = '-';
    }
    while (n && out[n - 1] == '-') n--;
    out[n] = '\0';
    if (*out == '.') *out = '_';
    if (!n) memcpy(out, "run", sizeof "run");
}

/* Two runs of one name: the later gets its number, too. The caller frees. */
static char *folder_of(const char *root, const struct orr_run *run, char *const *taken, size_t n)
{
    char name[NAME_MAX_BYTES + 1];
    struct orr_str s = {0};
    folder_name(run->name, name);
    orr_str_printf(&s, "%s/%s", root, name);
    for (size_t i = 0; i < n; i++)
        if (taken[i] && !strcmp(taken[i], s.data)) {
            orr_str_printf(&s, "-%" PRId64, run->id);
            break;
        }
    return s.data;
}

/* ---- configuration, graph, the run itself ---- */

/* What was logged as a number stays one, as it was written where JSON allows that. */
static void append_config_value(struct orr_str *s, const struct orr_config_value *v)
{
    struct json_object *o = NULL;
    const bool number = v->is_number && !orr_json_parse("", v->text, strlen(v->text), &o, NULL) &&
                        (json_object_is_type(o, json_type_int) || json_object_is_type(o, json_type_double)) &&
                        strspn(v->text, "+-.eE0123456789") == strlen(v->text);
    json_object_put(o);
    if (number) orr_str_append(s, v->text);
    else if (v->is_number && isfinite(v->number)) orr_json_append_double(s, v->number);
    else orr_json_append_string(s, v->text);
}

static enum orr_status write_config(const struct target *t, struct orr_error *err)
{
    struct orr_config_list list;
    enum orr_status s = orr_store_config(t->store, t->run->id, &list, err);
    if (s) return s;
    struct orr_str text = {0};
    orr_str_append(&text, "{");
    for (size_t i = 0; i < list.n; i++) {
        orr_str_append(&text, i ? ",\n " : "\n ");
        orr_json_append_string(&text, list.values[i].key);
        orr_str_append(&text, ": ");
        append_config_value(&text, &list.values[i]);
    }
    orr_str_append(&text, "\n}\n");
    s = orr_logs_write(t->folder, "config.json", &text, err);
    orr_str_free(&text);
    orr_config_list_free(&list);
    return s;
}

static enum orr_status write_graph(const struct target *t, struct orr_error *err)
{
    char *json = NULL;
    enum orr_status s = orr_store_graph(t->store, t->run->id, &json, err);
    if (s == ORR_ENOTFOUND) return ORR_OK;
    if (s) return s;
    struct orr_str text = {0};
    orr_str_printf(&text, "%s\n", json);
    s = orr_logs_write(t->folder, "graph.json", &text, err);
    orr_str_free(&text);
    free(json);
    return s;
}

static void append_tags(struct orr_str *s, const char *tags)
{
    orr_str_append(s, ",\n \"tags\": [");
    for (const char *at = tags; *at;) {
        const size_t n = strcspn(at, ",");
        char *tag = strndup(at, n);
        if (at > tags) orr_str_append(s, ", ");
        orr_json_append_string(s, tag ? tag : "");
        free(tag);
        at += n + (at[n] == ',');
    }
    orr_str_append(s, "]");
}

static enum orr_status write_run(const struct target *t, struct orr_error *err)
{
    const struct orr_run *r = t->run;
    const struct {
        const char *key, *text;
    } texts[] = {{"name", r->name}, {"project", r->project}, {"group", r->group}, {"state", r->state}, {"notes", r->notes}};
    const struct {
        const char *key;
        double time;
    } times[] = {{"started", r->started}, {"ended", r->ended}};
    struct orr_str s = {0};
    orr_str_append(&s, "{\n \"orrery\": \"run\"");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!*texts[i].text) continue;
        orr_str_printf(&s, ",\n \"%s\": ", texts[i].key);
        orr_json_append_string(&s, texts[i].text);
    }
    if (*t->tags) append_tags(&s, t->tags);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (t->wall && !isnan(times[i].time)) orr_str_printf(&s, ",\n \"%s\": %.6f", times[i].key, times[i].time);
    orr_str_append(&s, "\n}\n");
    const enum orr_status status = orr_logs_write(t->folder, "run.json", &s, err);
    orr_str_free(&s);
    return status;
}

/* ---- metrics ---- */

/* A series being read, in blocks. */
struct cursor {
    const struct orr_series *series;
    int64_t read; /* points fetched so far */
    size_t at, n; /* in the block */
    int64_t step[BLOCK];
    double value[BLOCK], wall[BLOCK];
};

/* False at the end of the series, or with *s set. */
static bool more(struct cursor *c, struct orr_store *store, enum orr_status *s, struct orr_error *err)
{
    if (c->at < c->n) return true;
    if (*s || c->read >= c->series->n) return false;
    c->at = c->n = 0;
    *s = orr_store_points(store, c->series->id, c->read, BLOCK, c->step, c->value, c->wall, &c->n, err);
    c->read += (int64_t)c->n;
    return !*s && c->n > 0;
}

static bool same_time(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

static void append_value(struct orr_str *s, double x)
{
    if (isfinite(x)) orr_json_append_double(s, x);
    else orr_str_append(s, isnan(x) ? "\"NaN\"" : x > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

/* One line: the lowest step at the head of any series, and of every series whose head it is that point. Within a series
 * the order stays, also where steps go back. False: nothing is left. */
static bool append_line(struct orr_str *out, struct cursor *const *c, size_t n, const struct target *t, enum orr_status *s,
                        struct orr_error *err)
{
    const struct cursor *first = NULL;
    for (size_t i = 0; i < n; i++)
        if (more(c[i], t->store, s, err) && (!first || c[i]->step[c[i]->at] < first->step[first->at])) first = c[i];
    if (!first || *s) return false;
    const int64_t step = first->step[first->at];
    const double wall = first->wall[first->at];
    orr_str_printf(out, "{\"step\":%" PRId64, step);
    if (t->wall && !isnan(wall)) orr_str_printf(out, ",\"wall_time\":%.6f", wall);
    for (size_t i = 0; i < n; i++) {
        if (c[i]->at == c[i]->n || c[i]->step[c[i]->at] != step || (t->wall && !same_time(c[i]->wall[c[i]->at], wall))) continue;
        orr_str_append_char(out, ',');
        orr_json_append_string(out, c[i]->series->name);
        orr_str_append_char(out, ':');
        append_value(out, c[i]->value[c[i]->at++]);
    }
    orr_str_append(out, "}\n");
    return true;
}

static enum orr_status write_lines(const struct target *t, const struct orr_series_list *list, FILE *f, const char *path,
                                   struct orr_error *err)
{
    struct cursor **c = orr_xcalloc(list->n + 1, sizeof *c);
    struct orr_str out = {0};
    enum orr_status s = ORR_OK;
    bool ok = true;
    for (size_t i = 0; i < list->n; i++) {
        c[i] = orr_xcalloc(1, sizeof **c);
        c[i]->series = &list->series[i];
    }
    while (ok && append_line(&out, c, list->n, t, &s, err))
        if (out.len > WRITE_BYTES) {
            ok = fwrite(out.data, 1, out.len, f) == out.len;
            orr_str_clear(&out);
        }
    if (ok && !s && out.len) ok = fwrite(out.data, 1, out.len, f) == out.len;
    if (!ok) s = orr_error_set(err, errno == ENOSPC ? ORR_EFULL : ORR_EIO, path, "cannot write: %s", strerror(errno));
    for (size_t i = 0; i < list->n; i++) free(c[i]);
    free(c);
    orr_str_free(&out);
    return s;
}

static enum orr_status write_metrics(const struct target *t, struct orr_error *err)
{
    struct orr_series_list list;
    struct orr_str path = {0};
    enum orr_status s = orr_store_series(t->store, t->run->id, &list, err);
    if (s) return s;
    orr_str_printf(&path, "%s/metrics.jsonl", t->folder);
    for (size_t i = 0; !s && i < list.n; i++)
        if (!strcmp(list.series[i].name, "step") || (t->wall && !strcmp(list.series[i].name, "wall_time")))
            s = orr_error_set(err, ORR_EUNSUPPORTED, t->run->name,
                              "its series \"%s\" cannot be told from the key of every line; delete or rename it first",
                              list.series[i].name);
    FILE *f = s ? NULL : fopen(path.data, "wbe");
    if (!s && !f) s = orr_error_set(err, ORR_EIO, path.data, "cannot write: %s", strerror(errno));
    if (!s) s = write_lines(t, &list, f, path.data, err);
    if (f && fclose(f) != 0 && !s) s = orr_error_set(err, ORR_EIO, path.data, "cannot write: %s", strerror(errno));
    orr_str_free(&path);
    orr_series_list_free(&list);
    return s;
}

/* ---- weights ---- */

static int by_step(const void *a, const void *b)
{
    const struct orr_snapshot *x = *(const struct orr_snapshot *const *)a, *y = *(const struct orr_snapshot *const *)b;
    return x->step != y->step ? (x->step > y->step) - (x->step < y->step) : strcmp(x->tensor, y->tensor);
}

/* The tensors of one step, as one file. */
static enum orr_status write_checkpoint(const struct target *t, const struct orr_snapshot *const *w, size_t n,
                                        struct orr_error *err)
{
    struct orr_safetensor_out *out = orr_xcalloc(n, sizeof *out);
    struct orr_str path = {0};
    enum orr_status s = ORR_OK;
    for (size_t i = 0; !s && i < n; i++) {
        float *values = orr_alloc(w[i]->n ? w[i]->n : 1, sizeof *values);
        out[i] = (struct orr_safetensor_out){w[i]->tensor, w[i]->shape, w[i]->rank, values};
        s = values ? orr_store_snapshot_read(t->store, t->run->id, w[i]->step, w[i]->tensor, 0, w[i]->n, values, err)
                   : orr_error_set(err, ORR_ENOMEM, w[i]->tensor, "no memory for %zu numbers", w[i]->n);
    }
    orr_str_printf(&path, "%s/checkpoints/step_%" PRId64 ".safetensors", t->folder, w[0]->step);
    if (!s) s = orr_safetensors_write(path.data, out, n, NULL, err);
    for (size_t i = 0; i < n; i++) free((void *)(uintptr_t)out[i].values);
    free(out);
    orr_str_free(&path);
    return s;
}

static enum orr_status write_checkpoints(const struct target *t, struct orr_error *err)
{
    struct orr_snapshot_list list;
    struct orr_str path = {0};
    enum orr_status s = orr_store_snapshots(t->store, t->run->id, &list, err);
    if (s) return s;
    const struct orr_snapshot **w = orr_xcalloc(list.n + 1, sizeof *w);
    for (size_t i = 0; i < list.n; i++) w[i] = &list.items[i];
    if (list.n) qsort(w, list.n, sizeof *w, by_step);
    orr_str_printf(&path, "%s/checkpoints", t->folder);
    if (list.n && mkdir(path.data, 0777) < 0)
        s = orr_error_set(err, ORR_EIO, path.data, "cannot be made: %s", strerror(errno));
    for (size_t i = 0, end; !s && i < list.n; i = end) {
        for (end = i; end < list.n && w[end]->step == w[i]->step;) end++;
        s = write_checkpoint(t, w + i, end - i, err);
    }
    free(w);
    orr_str_free(&path);
    orr_snapshot_list_free(&list);
    return s;
}

/* ---- public ---- */

static enum orr_status write_one(const struct target *t, struct orr_error *err)
{
    if (access(t->folder, F_OK) == 0)
        return orr_error_set(err, ORR_EINVAL, t->folder, "is there already; remove it or name another folder");
    enum orr_status s = write_config(t, err);
    if (!s) s = write_graph(t, err);
    if (!s) s = write_metrics(t, err);
    if (!s) s = write_checkpoints(t, err);
    return s ? s : write_run(t, err);
}

enum orr_status orr_app_export_logs(struct orr_app *app, const int64_t *runs, size_t n, const char *folder, bool wall,
                                    const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_run_list list;
    struct orr_config_list tags = {0};
    char **folders = orr_xcalloc(n + 1, sizeof *folders);
    enum orr_status s = orr_store_runs(app->store, &list, err);
    if (!s) s = orr_store_tag_column(app->store, &list, &tags, err);
    for (size_t i = 0; !s && i < n; i++) {
        size_t k = 0;
        while (k < list.n && list.runs[k].id != runs[i]) k++;
        if (k == list.n) continue; /* deleted meanwhile */
        folders[i] = folder_of(folder, &list.runs[k], folders, i);
        const struct target t = {app->store, &list.runs[k], folders[i], tags.values[k].text ? tags.values[k].text : "", wall};
        s = orr_ticker_tick(ticker, list.runs[k].name, "runs", i, n) ? write_one(&t, err)
                                                                    : orr_error_set(err, ORR_ECANCELLED, NULL, "cancelled");
    }
    for (size_t i = 0; i < n; i++) free(folders[i]);
    free(folders);
    orr_config_list_free(&tags);
    orr_run_list_free(&list);
    return s;
}
