/* Metrics as JSON lines: one object per line, nested keys joined by ".", numbers are points of series. The key that
 * counts steps, tells runs apart or holds the time is found as in CSV (columns.h); text is configuration, as are
 * objects under "config", "hparams", "args" or "params". */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "ingest/columns.h"
#include "ingest/format.h"
#include "ingest/lines.h"
#include "ingest/params.h"

enum { TICK_BYTES = 1 << 20, LONG_LINE = 1 << 16, MAX_DEPTH = 16, MAX_WARNINGS = 5 };

struct lines {
    struct orr_ingest *in;
    struct orr_sink *sink;
    struct orr_error *err;
    uint32_t run, next_run;
    bool has_run;
    int64_t row;            /* lines taken so far: the step where no key counts */
    uint64_t bad;
    struct orr_str key;     /* path of the value at hand */
    struct orr_str run_key; /* of the current run */
    int64_t step;
    double wall;
    const char *step_key;   /* of the object at hand; not a series */
};

static bool is_number(struct json_object *v)
{
    return json_object_is_type(v, json_type_double) || json_object_is_type(v, json_type_int);
}

static bool is_configuration(const char *key)
{
    return strcmp(key, "config") == 0 || strcmp(key, "hparams") == 0 || strcmp(key, "args") == 0 ||
           strcmp(key, "params") == 0;
}

/* "NaN" and "Infinity" as text, which strict JSON writers use. */
static bool text_number(struct json_object *v, double *x)
{
    if (!json_object_is_type(v, json_type_string)) return false;
    const char *const s = json_object_get_string(v);
    return (*s == 'N' || *s == 'n' || *s == 'I' || *s == 'i' || *s == '-' || *s == '+') &&
           orr_parse_double(s, strlen(s), x) && !isfinite(*x);
}

/* The step of an object among its own keys; false: it has none. */
static bool find_step(struct json_object *o, int64_t *step, const char **step_key)
{
    int best = 0;
    json_object_object_foreach(o, key, v)
    {
        const int rank = orr_column_step_rank(key, strlen(key));
        if (!rank || (best && rank >= best) || !is_number(v)) continue;
        const double x = json_object_get_double(v);
        if (!(fabs(x) <= 0x1p53) || x != floor(x)) continue;
        *step = json_object_get_int64(v);
        *step_key = key;
        best = rank;
    }
    return best > 0;
}

static double find_wall(struct json_object *o)
{
    double x;
    json_object_object_foreach(o, key, v)
    {
        if (!orr_column_is_time(key, strlen(key))) continue;
        if (is_number(v) && !isnan(x = orr_epoch_seconds(json_object_get_double(v)))) return x;
        if (json_object_is_type(v, json_type_string) &&
            orr_parse_iso_time(json_object_get_string(v), (size_t)json_object_get_string_len(v), &x))
            return x;
    }
    return NAN;
}

static enum orr_status open_run(struct lines *l, struct json_object *o)
{
    struct orr_str key = {0};
    const char *name = l->in->run_name;
    orr_str_append(&key, l->in->run_key);
    json_object_object_foreach(o, k, v)
    {
        if (!orr_column_is_run(k, strlen(k)) || k == l->step_key || !json_object_is_type(v, json_type_string)) continue;
        name = json_object_get_string(v);
        orr_str_printf(&key, ":%s", name);
    }
    enum orr_status s = ORR_OK;
    if (!l->has_run || strcmp(orr_str_c(&l->run_key), key.data) != 0) {
        const struct orr_run_meta meta = {.key = key.data, .name = name, .started = NAN, .ended = NAN};
        s = orr_sink_run(l->sink, &meta, &l->run, l->err);
        l->has_run = true;
        orr_str_clear(&l->run_key);
        orr_str_append_n(&l->run_key, key.data, key.len);
    }
    orr_str_free(&key);
    return s;
}

static enum orr_status put_number(struct lines *l, double x)
{
    uint32_t series;
    enum orr_status s = orr_sink_series(l->sink, l->run, l->key.data, l->key.len, &series, l->err);
    return s ? s : orr_sink_point(l->sink, series, l->step, x, l->wall, l->err);
}

static enum orr_status put_object(struct lines *l, struct json_object *o, int depth)
{
    enum orr_status s = ORR_OK;
    json_object_object_foreach(o, key, v)
    {
        const size_t before = l->key.len;
        double x;
        if (key == l->step_key || (depth == 0 && orr_column_is_time(key, strlen(key)) && !isnan(l->wall))) continue;
        if (before) orr_str_append_char(&l->key, '.');
        orr_str_append(&l->key, key);
        if (is_number(v))
            s = put_number(l, json_object_get_double(v));
        else if (text_number(v, &x))
            s = put_number(l, x);
        else if (json_object_is_type(v, json_type_object) && is_configuration(key))
            s = orr_params_json(l->sink, l->run, NULL, v, l->err);
        else if (json_object_is_type(v, json_type_object) && depth < MAX_DEPTH)
            s = put_object(l, v, depth + 1);
        else if (l->row == 0 && (json_object_is_type(v, json_type_string) || json_object_is_type(v, json_type_boolean)))
            s = orr_params_text(l->sink, l->run, l->key.data, json_object_get_string(v), l->err);
        l->key.len = before;
        if (l->key.data) l->key.data[before] = '\0';
        if (s) return s;
    }
    return s;
}

static enum orr_status put_line(struct lines *l, const struct orr_line *line)
{
    char place[320];
    struct json_object *o;
    struct orr_error why;
    snprintf(place, sizeof place, "%.280s:%" PRIu64, l->in->path, line->number);
    enum orr_status s = orr_json_parse(l->in->path, line->text, line->n, &o, &why);
    if (s || !json_object_is_type(o, json_type_object)) {
        if (l->bad++ < MAX_WARNINGS)
            orr_sink_warn(l->sink, place, "line left out: %s", s ? why.message : "no JSON object");
        json_object_put(o);
        return ORR_OK;
    }
    l->step = l->row;
    l->step_key = NULL;
    find_step(o, &l->step, &l->step_key);
    l->wall = find_wall(o);
    if ((s = open_run(l, o)) == ORR_OK) s = put_object(l, o, 0);
    l->row++;
    json_object_put(o);
    return s;
}

static bool is_blank(const struct orr_line *line)
{
    for (size_t i = 0; i < line->n; i++)
        if (!strchr(" \t", line->text[i]) || !line->text[i]) return false;
    return true;
}

static enum orr_status put_lines(struct lines *l, struct orr_reader *r)
{
    struct orr_line line = {.number = (uint64_t)l->row};
    uint64_t next_tick = 0;
    enum orr_status s;
    while ((s = orr_line_next(r, &line, l->err)) == ORR_OK) {
        if (line.offset >= next_tick) {
            if (!orr_ticker_tick(&l->in->ticker, l->in->path, "bytes", line.offset, orr_reader_size(r)))
                return orr_error_set(l->err, ORR_ECANCELLED, l->in->path, "cancelled");
            next_tick = line.offset + TICK_BYTES;
        }
        if (l->in->pause_bytes && line.offset >= l->in->resume_offset + l->in->pause_bytes) {
            l->in->end_offset = line.offset;
            l->in->paused = true;
            return ORR_OK;
        }
        if (is_blank(&line)) continue;
        if (!line.terminated) { /* perhaps half an object: only a whole one is taken, and on trust */
            l->in->end_offset = line.offset;
            l->in->incomplete = true;
            if (l->in->follow) return ORR_OK;
            l->in->start_anew = true;
        }
        if ((s = put_line(l, &line))) return s;
        if (!line.terminated) return ORR_OK;
    }
    l->in->end_offset = orr_reader_offset(r);
    return s == ORR_ENOTFOUND ? ORR_OK : s;
}

static enum orr_status jsonl_read(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    struct lines l = {.in = in, .sink = sink, .err = err};
    struct orr_reader *r;
    enum orr_status s = orr_reader_open(in->path, in->buffer_size, &r, err);
    if (s) return s;
    if (in->resume_offset) {
        if (in->resume_state) orr_parse_int64(in->resume_state, strlen(in->resume_state), &l.row);
        s = orr_reader_seek(r, in->resume_offset);
    }
    if (s == ORR_OK) s = put_lines(&l, r);
    if (l.bad > MAX_WARNINGS) orr_sink_warn(sink, in->path, "in all %" PRIu64 " lines left out", l.bad);
    struct orr_str state = {0};
    orr_str_printf(&state, "%" PRId64, l.row);
    in->state = state.data;
    orr_reader_close(r);
    orr_str_free(&l.key);
    orr_str_free(&l.run_key);
    return s;
}

/* Sure when the first line is an object with a key that counts steps. */
static int score_line(const char *path, const char *text, size_t n, bool named)
{
    struct json_object *o;
    if (orr_json_parse(path, text, n, &o, NULL)) return named ? 10 : 0;
    int64_t step;
    const char *key;
    int score = 0;
    if (json_object_is_type(o, json_type_object)) {
        bool numbers = false;
        json_object_object_foreach(o, k, v)
        {
            (void)k;
            numbers |= is_number(v);
        }
        score = find_step(o, &step, &key) ? (named ? 70 : 60) : numbers && named ? 20 : 0;
    }
    json_object_put(o);
    return score;
}

/* Thousands of keys make a first line longer than the head. */
static int score_long_line(const char *path)
{
    struct orr_reader *r;
    struct orr_line line = {0};
    if (orr_reader_open(path, LONG_LINE, &r, NULL)) return 0;
    const int score = orr_line_next(r, &line, NULL) ? 0 : score_line(path, line.text, line.n, true);
    orr_reader_close(r);
    return score;
}

static int jsonl_detect(const char *path, const unsigned char *head, size_t n)
{
    const bool named = orr_ends_with(path, ".jsonl") || orr_ends_with(path, ".ndjson");
    const char *const newline = n ? memchr(head, '\n', n) : NULL;
    if (n == 0 || *head != '{' || memchr(head, 0, n)) return 0;
    if (newline) return score_line(path, (const char *)head, (size_t)(newline - (const char *)head), named);
    if (named) return score_long_line(path);
    return n > 1 ? 0 : score_line(path, (const char *)head, n, false);
}

const struct orr_format orr_format_jsonl = {
    .name = "jsonl",
    .summary = "metrics as JSON lines, nested objects flattened",
    .append_only = true,
    .detect = jsonl_detect,
    .read = jsonl_read,
};
