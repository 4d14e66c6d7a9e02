/* trackio's SQLite files (one per project): metrics(timestamp, run_name, step, metrics JSON), configs(run_name, config). */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "base/str.h"
#include "ingest/sqlite_file.h"
#include "ingest/format.h"
#include "ingest/params.h"

enum { TICK_ROWS = 4096, MAX_DEPTH = 16 };

struct trackio {
    struct orr_ingest *in;
    struct orr_sink *sink;
    struct orr_error *err;
    struct orr_str key, name;
    char project[128];
    uint64_t bad;
};

static enum orr_status open_run(struct trackio *x, const char *name, uint32_t *run)
{
    orr_str_clear(&x->key);
    orr_str_printf(&x->key, "%s:%s", x->in->run_key, name);
    const struct orr_run_meta meta = {.key = x->key.data, .name = name, .project = x->project, .started = NAN,
                                      .ended = NAN};
    return orr_sink_run(x->sink, &meta, run, x->err);
}

static enum orr_status put_object(struct trackio *x, uint32_t run, struct json_object *o, int64_t step, double wall,
                                  int depth)
{
    json_object_object_foreach(o, key, v)
    {
        const size_t before = x->name.len;
        enum orr_status s = ORR_OK;
        uint32_t series;
        double value = NAN;
        bool number = json_object_is_type(v, json_type_double) || json_object_is_type(v, json_type_int);
        if (number) value = json_object_get_double(v);
        if (json_object_is_type(v, json_type_string)) /* NaN and infinities are stored as text */
            number = orr_parse_double(json_object_get_string(v), (size_t)json_object_get_string_len(v), &value);
        if (before) orr_str_append_char(&x->name, '.');
        orr_str_append(&x->name, key);
        if (number) {
            s = orr_sink_series(x->sink, run, x->name.data, x->name.len, &series, x->err);
            if (s == ORR_OK) s = orr_sink_point(x->sink, series, step, value, wall, x->err);
        } else if (json_object_is_type(v, json_type_object) && depth < MAX_DEPTH) {
            s = put_object(x, run, v, step, wall, depth + 1);
        }
        x->name.len = before;
        x->name.data[before] = '\0';
        if (s) return s;
    }
    return ORR_OK;
}

/* One JSON cell; what is no object is left out with a warning. */
static struct json_object *parse_cell(struct trackio *x, sqlite3_stmt *stmt, int column, const char *what)
{
    struct json_object *o;
    struct orr_error why = {0};
    const char *const text = orr_sqlite_text(stmt, column);
    if (orr_json_parse(x->in->path, text, strlen(text), &o, &why) == ORR_OK && json_object_is_type(o, json_type_object))
        return o;
    json_object_put(o);
    if (x->bad++ == 0) orr_sink_warn(x->sink, x->in->path, "a row of %s is no JSON object: left out", what);
    return NULL;
}

static enum orr_status put_configs(struct trackio *x, struct orr_sqlite *file)
{
    static const char *const columns[] = {"run_name", "config", NULL};
    sqlite3_stmt *stmt;
    uint32_t run;
    if (!orr_sqlite_has_table(file, "configs")) return ORR_OK;
    enum orr_status s = orr_sqlite_select(file, "configs", columns, "ORDER BY rowid", &stmt, x->err);
    while (orr_sqlite_step(file, stmt, &s, x->err)) {
        struct json_object *o = parse_cell(x, stmt, 1, "configs");
        if (o && (s = open_run(x, orr_sqlite_text(stmt, 0), &run)) == ORR_OK)
            s = orr_params_json(x->sink, run, NULL, o, x->err);
        json_object_put(o);
    }
    sqlite3_finalize(stmt);
    return s;
}

static enum orr_status put_metrics(struct trackio *x, struct orr_sqlite *file)
{
    static const char *const columns[] = {"run_name", "step", "timestamp", "metrics", NULL};
    sqlite3_stmt *stmt;
    uint32_t run;
    enum orr_status s = orr_sqlite_select(file, "metrics", columns, "ORDER BY rowid", &stmt, x->err);
    for (uint64_t k = 1; orr_sqlite_step(file, stmt, &s, x->err); k++) {
        struct json_object *o = parse_cell(x, stmt, 3, "metrics");
        if (o && (s = open_run(x, orr_sqlite_text(stmt, 0), &run)) == ORR_OK)
            s = put_object(x, run, o, sqlite3_column_int64(stmt, 1), orr_sqlite_time(stmt, 2), 0);
        json_object_put(o);
        if (k % TICK_ROWS == 0 && !orr_ticker_tick(&x->in->ticker, x->in->path, "rows", k, 0))
            s = orr_error_set(x->err, ORR_ECANCELLED, x->in->path, "cancelled");
    }
    sqlite3_finalize(stmt);
    return s;
}

static enum orr_status trackio_read(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    struct trackio x = {.in = in, .sink = sink, .err = err};
    struct orr_sqlite *file;
    const char *const slash = strrchr(in->path, '/'), *const base = slash ? slash + 1 : in->path;
    snprintf(x.project, sizeof x.project, "%.*s", (int)strcspn(base, "."), base);
    orr_str_append(&x.name, "");
    enum orr_status s = orr_sqlite_open(in->path, &file, err);
    if (s == ORR_OK) s = put_configs(&x, file);
    if (s == ORR_OK) s = put_metrics(&x, file);
    orr_sqlite_close(file);
    orr_str_free(&x.key);
    orr_str_free(&x.name);
    return s;
}

static int trackio_detect(const char *path, const unsigned char *head, size_t n)
{
    struct orr_sqlite *file;
    bool found = false;
    if (!orr_sqlite_is(head, n) || orr_sqlite_open(path, &file, NULL)) return 0;
    sqlite3_stmt *stmt = NULL;
    if (orr_sqlite_has_table(file, "metrics"))
        found = sqlite3_prepare_v2(file->db, "SELECT run_name, step, metrics FROM metrics", -1, &stmt, NULL) == SQLITE_OK;
    sqlite3_finalize(stmt);
    orr_sqlite_close(file);
    return found ? 85 : 0;
}

const struct orr_format orr_format_trackio_db = {
    .name = "trackio-db",
    .summary = "trackio's SQLite files",
    .detect = trackio_detect,
    .read = trackio_read,
};
