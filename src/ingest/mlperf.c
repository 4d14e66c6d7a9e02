/* MLPerf training logs: lines that contain `:::MLLOG {json}` with key, value, time_ms, event_type and metadata. A
 * numeric value whose metadata count something (samples_count, step_num, epoch_num) is a point; other values describe
 * the run; run_start and run_stop give its times and state. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "ingest/format.h"
#include "ingest/lines.h"
#include "ingest/params.h"

enum { TICK_BYTES = 1 << 20, MAX_WARNINGS = 5 };
static const char marker[] = ":::MLLOG";

struct mllog {
    struct orr_ingest *in;
    struct orr_sink *sink;
    struct orr_error *err;
    uint32_t run;
    uint64_t bad;
};

static bool is_number(struct json_object *v)
{
    return json_object_is_type(v, json_type_double) || json_object_is_type(v, json_type_int);
}

static const char *text_of(struct json_object *o, const char *key)
{
    struct json_object *v;
    return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string) ? json_object_get_string(v)
                                                                                            : "";
}

static bool step_of(struct json_object *metadata, int64_t *step)
{
    static const char *const counters[] = {"step_num", "step", "iteration", "samples_count", "epoch_num", "epoch_count",
                                           "current_epoch_num", NULL};
    struct json_object *v;
    for (const char *const *c = counters; *c; c++)
        if (json_object_object_get_ex(metadata, *c, &v) && is_number(v)) {
            *step = json_object_get_int64(v);
            return true;
        }
    return false;
}

static enum orr_status put_point(struct mllog *m, const char *key, struct json_object *v, int64_t step, double wall)
{
    uint32_t series;
    const enum orr_status s = orr_sink_series(m->sink, m->run, key, strlen(key), &series, m->err);
    return s ? s : orr_sink_point(m->sink, series, step, json_object_get_double(v), wall, m->err);
}

static enum orr_status open_run(struct mllog *m, const char *state, double started, double ended)
{
    const struct orr_run_meta meta = {.key = m->in->run_key, .name = m->in->run_name, .state = state,
                                      .started = started, .ended = ended};
    return orr_sink_run(m->sink, &meta, &m->run, m->err);
}

/* A dictionary of statistics: one series per number. */
static enum orr_status put_dictionary(struct mllog *m, const char *key, struct json_object *v, int64_t step, double wall)
{
    struct orr_str name = {0};
    enum orr_status s = ORR_OK;
    json_object_object_foreach(v, part, x)
    {
        if (!is_number(x)) continue;
        orr_str_clear(&name);
        orr_str_printf(&name, "%s.%s", key, part);
        if ((s = put_point(m, name.data, x, step, wall))) break;
    }
    orr_str_free(&name);
    return s;
}

static enum orr_status put_event(struct mllog *m, struct json_object *o)
{
    struct json_object *value = NULL, *metadata = NULL, *time = NULL;
    const char *const key = text_of(o, "key");
    int64_t step = 0;
    json_object_object_get_ex(o, "value", &value);
    json_object_object_get_ex(o, "metadata", &metadata);
    const double wall = json_object_object_get_ex(o, "time_ms", &time) && is_number(time)
                            ? json_object_get_double(time) / 1e3
                            : (double)NAN;
    const bool counted = json_object_is_type(metadata, json_type_object) && step_of(metadata, &step);
    if (strcmp(key, "run_start") == 0) return open_run(m, "running", wall, NAN);
    if (strcmp(key, "run_stop") == 0)
        return open_run(m, strcmp(text_of(metadata, "status"), "success") == 0 ? "finished" : "failed", NAN, wall);
    if (!*key || !value) return ORR_OK;
    if (counted && is_number(value)) return put_point(m, key, value, step, wall);
    if (counted && json_object_is_type(value, json_type_object)) return put_dictionary(m, key, value, step, wall);
    if (json_object_is_type(value, json_type_object) || json_object_is_type(value, json_type_array))
        return orr_params_json(m->sink, m->run, key, value, m->err);
    return orr_params_text(m->sink, m->run, key, json_object_get_string(value), m->err);
}

static enum orr_status put_line(struct mllog *m, const struct orr_line *line)
{
    const char *const hit = memmem(line->text, line->n, marker, sizeof marker - 1);
    if (!hit) return ORR_OK;
    const char *const text = hit + sizeof marker - 1;
    struct json_object *o;
    struct orr_error why;
    enum orr_status s = orr_json_parse(m->in->path, text, line->n - (size_t)(text - line->text), &o, &why);
    if (s || !json_object_is_type(o, json_type_object)) {
        char place[320];
        snprintf(place, sizeof place, "%.280s:%" PRIu64, m->in->path, line->number);
        if (m->bad++ < MAX_WARNINGS) orr_sink_warn(m->sink, place, "line left out: %s", s ? why.message : "no JSON object");
        s = ORR_OK;
    } else {
        s = put_event(m, o);
    }
    json_object_put(o);
    return s;
}

static enum orr_status mlperf_read(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    struct mllog m = {.in = in, .sink = sink, .err = err};
    struct orr_line line = {0};
    struct orr_reader *r;
    uint64_t next_tick = 0;
    enum orr_status s = orr_reader_open(in->path, in->buffer_size, &r, err);
    if (s) return s;
    if ((s = orr_reader_seek(r, in->resume_offset)) == ORR_OK) s = open_run(&m, NULL, NAN, NAN);
    in->end_offset = in->resume_offset;
    while (s == ORR_OK && (s = orr_line_next(r, &line, err)) == ORR_OK) {
        if (!line.terminated && in->follow) {
            in->incomplete = true;
            break;
        }
        if (line.offset >= next_tick) {
            if (!orr_ticker_tick(&in->ticker, in->path, "bytes", line.offset, orr_reader_size(r)))
                s = orr_error_set(err, ORR_ECANCELLED, in->path, "cancelled");
            next_tick = line.offset + TICK_BYTES;
        }
        if (s == ORR_OK) s = put_line(&m, &line);
        in->end_offset = line.terminated ? orr_reader_offset(r) : line.offset;
        in->incomplete = in->start_anew = !line.terminated;
    }
    orr_reader_close(r);
    return s == ORR_ENOTFOUND ? ORR_OK : s;
}

static int mlperf_detect(const char *path, const unsigned char *head, size_t n)
{
    (void)path;
    return n && memmem(head, n, marker, sizeof marker - 1) ? 90 : 0;
}

const struct orr_format orr_format_mlperf = {
    .name = "mlperf",
    .summary = "MLPerf training logs (:::MLLOG lines)",
    .append_only = true,
    .detect = mlperf_detect,
    .read = mlperf_read,
};
