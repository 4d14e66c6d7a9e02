/* MLflow's file store: a folder per run with meta.yaml, metrics/NAME, params/NAME and tags/NAME. Names may hold "/", so
 * the three folders are walked. A metric line is `timestamp_ms value step`; two fields mean step 0. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/number.h"
#include "base/str.h"
#include "ingest/format.h"
#include "ingest/lines.h"
#include "ingest/params.h"

enum { MAX_DEPTH = 16, VALUE_LIMIT = 1 << 20 };

struct mlflow {
    struct orr_ingest *in;
    struct orr_sink *sink;
    struct orr_error *err;
    uint32_t run;
    char *id, *name, *experiment;
    const char *state;
    double started, ended;
    bool deleted;
    struct orr_arena arena;
};
typedef enum orr_status (*each_file)(struct mlflow *m, const char *path, const char *name);

/* ---- meta.yaml ---- */

/* RunStatus of MLflow's protocol. */
static const char *state_of(const char *status)
{
    static const char *const names[] = {"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"};
    static const char *const states[] = {"running", "running", "finished", "failed", "killed"};
    for (size_t i = 0; i < 5; i++)
        if (strcmp(status, names[i]) == 0 || (status[0] == (char)('1' + (int)i) && !status[1])) return states[i];
    return NULL;
}

static enum orr_status on_meta(void *ctx, const char *key, enum orr_value_kind kind, const char *value,
                               struct orr_error *err)
{
    struct mlflow *m = ctx;
    double x;
    (void)kind;
    (void)err;
    const bool number = orr_parse_double(value, strlen(value), &x);
    if (strcmp(key, "run_id") == 0 || (!m->id && strcmp(key, "run_uuid") == 0))
        m->id = orr_arena_strdup(&m->arena, value);
    else if ((strcmp(key, "run_name") == 0 || (!m->name && strcmp(key, "name") == 0)) && *value)
        m->name = orr_arena_strdup(&m->arena, value);
    else if (strcmp(key, "experiment_id") == 0)
        m->experiment = orr_arena_strdup(&m->arena, value);
    else if (strcmp(key, "status") == 0)
        m->state = state_of(value);
    else if (strcmp(key, "start_time") == 0 && number)
        m->started = x / 1e3;
    else if (strcmp(key, "end_time") == 0 && number)
        m->ended = x / 1e3;
    else if (strcmp(key, "lifecycle_stage") == 0)
        m->deleted = strcmp(value, "deleted") == 0;
    return ORR_OK;
}

/* The experiment's name stands in the meta.yaml of the folder above. */
static enum orr_status on_experiment(void *ctx, const char *key, enum orr_value_kind kind, const char *value,
                                     struct orr_error *err)
{
    struct mlflow *m = ctx;
    (void)kind;
    (void)err;
    if (strcmp(key, "name") == 0 && *value) m->experiment = orr_arena_strdup(&m->arena, value);
    return ORR_OK;
}

static enum orr_status read_meta(struct mlflow *m)
{
    struct orr_str path = {0};
    m->started = m->ended = NAN;
    orr_str_printf(&path, "%s/meta.yaml", m->in->path);
    enum orr_status s = orr_yaml_read(path.data, on_meta, m, m->err);
    orr_str_clear(&path);
    orr_str_printf(&path, "%s/../meta.yaml", m->in->path);
    if (s == ORR_OK && access(path.data, R_OK) == 0) orr_yaml_read(path.data, on_experiment, m, NULL);
    orr_str_free(&path);
    if (s == ORR_OK && m->deleted) orr_sink_warn(m->sink, m->in->path, "the run is marked as deleted: left out");
    return s;
}

/* ---- files below metrics/, params/ and tags/ ---- */

static enum orr_status walk(struct mlflow *m, const char *folder, const char *prefix, int depth, each_file each)
{
    struct dirent **entries;
    enum orr_status s = ORR_OK;
    if (depth > MAX_DEPTH) return ORR_OK;
    const int n = scandir(folder, &entries, NULL, alphasort);
    if (n < 0) return ORR_OK; /* a run without parameters has no folder for them */
    struct orr_str path = {0}, name = {0};
    for (int i = 0; i < n; i++) {
        struct stat st;
        if (s == ORR_OK && entries[i]->d_name[0] != '.') {
            orr_str_clear(&path);
            orr_str_clear(&name);
            orr_str_printf(&path, "%s/%s", folder, entries[i]->d_name);
            orr_str_printf(&name, "%s%s", prefix, entries[i]->d_name);
            if (lstat(path.data, &st) == 0 && S_ISDIR(st.st_mode)) {
                orr_str_append_char(&name, '/');
                s = walk(m, path.data, name.data, depth + 1, each);
            } else if (S_ISREG(st.st_mode)) {
                s = each(m, path.data, name.data);
            }
        }
        free(entries[i]);
    }
    free(entries);
    orr_str_free(&path);
    orr_str_free(&name);
    return s;
}

/* Splits off the next word of s[0..*n). */
static size_t word(const char **s, size_t *n, const char **out)
{
    while (*n && (**s == ' ' || **s == '\t')) ++*s, --*n;
    *out = *s;
    while (*n && **s != ' ' && **s != '\t') ++*s, --*n;
    return (size_t)(*s - *out);
}

static enum orr_status put_metric_line(struct mlflow *m, uint32_t series, const struct orr_line *line, const char *path)
{
    const char *s = line->text, *field[3];
    size_t n = line->n, length[3];
    double ms, value;
    int64_t step = 0;
    for (int i = 0; i < 3; i++) length[i] = word(&s, &n, &field[i]);
    if (!length[0]) return ORR_OK;
    if (!orr_parse_double(field[0], length[0], &ms) || !orr_parse_double(field[1], length[1], &value) ||
        (length[2] && !orr_parse_int64(field[2], length[2], &step))) {
        char place[320];
        snprintf(place, sizeof place, "%.280s:%" PRIu64, path, line->number);
        orr_sink_warn(m->sink, place, "not `timestamp value step`: left out");
        return ORR_OK;
    }
    return orr_sink_point(m->sink, series, step, value, ms / 1e3, m->err);
}

static enum orr_status put_metric(struct mlflow *m, const char *path, const char *name)
{
    struct orr_line line = {0};
    struct orr_reader *r;
    struct orr_error why;
    uint32_t series;
    if (orr_reader_open(path, m->in->buffer_size, &r, &why)) {
        orr_sink_warn(m->sink, why.where, "metric left out: %s", why.message);
        return ORR_OK;
    }
    enum orr_status s = orr_sink_series(m->sink, m->run, name, strlen(name), &series, m->err);
    while (s == ORR_OK && (s = orr_line_next(r, &line, m->err)) == ORR_OK)
        s = put_metric_line(m, series, &line, path);
    orr_reader_close(r);
    return s == ORR_ENOTFOUND ? ORR_OK : s;
}

/* The whole text of a small file, without the last newline; NULL when it cannot be read. */
static char *read_value(struct mlflow *m, const char *path)
{
    struct orr_reader *r;
    char *text = NULL;
    size_t n;
    if (orr_reader_open(path, m->in->buffer_size, &r, NULL)) return NULL;
    if (orr_reader_size(r) <= VALUE_LIMIT) {
        const char *const p = (const char *)orr_reader_peek(r, VALUE_LIMIT, &n);
        while (p && n && (p[n - 1] == '\n' || p[n - 1] == '\r')) n--;
        if (p) text = orr_arena_strndup(&m->arena, p, n);
    }
    orr_reader_close(r);
    if (!text) orr_sink_warn(m->sink, path, "left out: cannot be read or larger than 1 MiB");
    return text;
}

static enum orr_status put_param(struct mlflow *m, const char *path, const char *name)
{
    const char *const value = read_value(m, path);
    return value ? orr_params_text(m->sink, m->run, name, value, m->err) : ORR_OK;
}

static enum orr_status put_tag(struct mlflow *m, const char *path, const char *name)
{
    const char *const value = read_value(m, path);
    if (value && strcmp(name, "mlflow.runName") == 0 && *value) {
        const struct orr_run_meta meta = {.key = m->in->run_key, .name = value, .started = NAN, .ended = NAN};
        return orr_sink_run(m->sink, &meta, &m->run, m->err);
    }
    return value ? orr_sink_config(m->sink, m->run, name, ORR_VALUE_TEXT, value, m->err) : ORR_OK;
}

/* ---- the format ---- */

static enum orr_status mlflow_read(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    static const struct {
        const char *folder;
        each_file each;
    } parts[] = {{"params", put_param}, {"tags", put_tag}, {"metrics", put_metric}};
    struct mlflow m = {.in = in, .sink = sink, .err = err};
    struct orr_str path = {0};
    enum orr_status s = read_meta(&m);
    if (s == ORR_OK && !m.deleted) {
        const struct orr_run_meta meta = {.key = in->run_key, .name = m.name ? m.name : m.id ? m.id : in->run_name,
                                          .project = m.experiment, .state = m.state, .started = m.started,
                                          .ended = m.ended};
        s = orr_sink_run(sink, &meta, &m.run, err);
        for (size_t i = 0; i < sizeof parts / sizeof *parts && s == ORR_OK; i++) {
            if (!orr_ticker_tick(&in->ticker, in->path, "bytes", 0, 0))
                s = orr_error_set(err, ORR_ECANCELLED, in->path, "cancelled");
            orr_str_clear(&path);
            orr_str_printf(&path, "%s/%s", in->path, parts[i].folder);
            if (s == ORR_OK) s = walk(&m, path.data, "", 0, parts[i].each);
        }
    }
    orr_str_free(&path);
    orr_arena_free(&m.arena);
    return s;
}

static bool holds(const char *path, const char *name)
{
    struct orr_str s = {0};
    orr_str_printf(&s, "%s/%s", path, name);
    const bool there = access(s.data, F_OK) == 0;
    orr_str_free(&s);
    return there;
}

static int mlflow_detect(const char *path, const unsigned char *head, size_t n)
{
    (void)head;
    (void)n;
    return holds(path, "meta.yaml") && (holds(path, "metrics") || holds(path, "params")) ? 90 : 0;
}

const struct orr_format orr_format_mlflow = {
    .name = "mlflow",
    .summary = "a run folder of MLflow's file store (mlruns/EXPERIMENT/RUN)",
    .folder = true,
    .detect = mlflow_detect,
    .read = mlflow_read,
};
