#include "ingest/wandb_record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/number.h"

/* Field numbers of wandb/proto/wandb_internal.proto. */
enum { RECORD_HISTORY = 2, RECORD_SUMMARY = 3, RECORD_CONFIG = 5, RECORD_STATS = 7, RECORD_RUN = 17, RECORD_EXIT = 18 };
enum { ITEM_KEY = 1, ITEM_NESTED = 2, ITEM_VALUE = 16 }; /* of history, configuration, summary and statistics */
enum { HISTORY_ITEM = 1, HISTORY_STEP = 2, STEP_NUM = 1 };
enum { UPDATE = 1 }; /* of configuration and summary */
enum { STATS_TIME = 2, STATS_ITEM = 3, TIME_SECONDS = 1, TIME_NANOS = 2 };
enum { RUN_ID = 1, RUN_PROJECT = 3, RUN_CONFIG = 4, RUN_GROUP = 6, RUN_NAME = 8, RUN_NOTES = 9, RUN_TAGS = 10,
       RUN_START = 17, EXIT_CODE = 1 };

enum { NESTING = 16 }; /* levels of objects that are taken apart */

struct item {
    struct orr_pb_span key, value; /* value: JSON */
};

/* What is done with each number or other leaf of an item; `key` is its full dotted name. */
typedef enum orr_status (*leaf)(struct orr_wandb *w, const char *key, struct json_object *value, void *ctx,
                                struct orr_error *err);

static void warn(struct orr_wandb *w, const char *what)
{
    char where[320];
    snprintf(where, sizeof where, "%.280s:%llu", w->path, (unsigned long long)w->offset);
    orr_sink_warn(w->sink, where, "%s", what);
}

static void warn_key(struct orr_wandb *w, const char *key, const char *what)
{
    const uint32_t known = w->warned.len;
    if (orr_intern_add(&w->warned, 0, key, strlen(key)) < known) return;
    char text[320];
    snprintf(text, sizeof text, "\"%.160s\" was skipped: %.120s", key, what);
    warn(w, text);
}

static enum orr_status need_run(struct orr_wandb *w, struct orr_error *err)
{
    if (w->have_run) return ORR_OK;
    w->have_run = true;
    const struct orr_run_meta meta = {.key = w->run_key, .started = NAN, .ended = NAN};
    return orr_sink_run(w->sink, &meta, &w->run, err);
}

/* Reads an item; its key is left in w->key, nested keys joined by dots. */
static bool parse_item(struct orr_wandb *w, struct orr_pb_span span, struct orr_pb_span *value)
{
    struct orr_pb m = orr_pb_open(span);
    struct orr_pb_span key = {0};
    *value = (struct orr_pb_span){0};
    orr_str_clear(&w->key);
    while (orr_pb_next(&m)) {
        if (orr_pb_is(&m, ITEM_KEY, ORR_PB_BYTES)) {
            key = m.bytes;
        } else if (orr_pb_is(&m, ITEM_NESTED, ORR_PB_BYTES)) {
            if (w->key.len) orr_str_append_char(&w->key, '.');
            orr_str_append_n(&w->key, m.bytes.p, m.bytes.n);
        } else if (orr_pb_is(&m, ITEM_VALUE, ORR_PB_BYTES)) {
            *value = m.bytes;
        }
    }
    if (!w->key.len && key.p) orr_str_append_n(&w->key, key.p, key.n);
    return !m.bad && w->key.len > 0 && value->n > 0;
}

/* Python's json writes NaN and Infinity bare, W&B as strings. */
static bool number_of(struct json_object *o, double *out)
{
    switch (json_object_get_type(o)) {
    case json_type_int:
    case json_type_double:
    case json_type_boolean: *out = json_object_get_double(o); return true;
    case json_type_string: {
        const char *s = json_object_get_string(o);
        if (strcmp(s, "NaN") != 0 && strcmp(s, "Infinity") != 0 && strcmp(s, "-Infinity") != 0) return false;
        return orr_parse_double(s, strlen(s), out);
    }
    default: return false;
    }
}

/* Calls take for o or, where it is an object, for what is in it. w->key is the name and is left as it was. */
static enum orr_status walk(struct orr_wandb *w, struct json_object *o, int depth, leaf take, void *ctx,
                            struct orr_error *err)
{
    if (!json_object_is_type(o, json_type_object) || depth == NESTING || json_object_object_length(o) == 0 ||
        json_object_object_get_ex(o, "_type", NULL)) /* media: a reference to another file */
        return take(w, orr_str_c(&w->key), o, ctx, err);
    const size_t n = w->key.len;
    enum orr_status s = ORR_OK;
    json_object_object_foreach(o, key, value)
    {
        if (s) break;
        orr_str_append_char(&w->key, '.');
        orr_str_append(&w->key, key);
        s = walk(w, value, depth + 1, take, ctx, err);
        w->key.len = n;
        w->key.data[n] = '\0';
    }
    return s;
}

/* Parses a value that is no bare number and walks it. */
static enum orr_status walk_json(struct orr_wandb *w, struct orr_pb_span value, bool unwrap, leaf take, void *ctx,
                                 struct orr_error *err)
{
    struct json_object *o, *inner;
    struct orr_error bad;
    if (orr_json_parse(w->path, (const char *)value.p, value.n, &o, &bad)) {
        warn_key(w, orr_str_c(&w->key), bad.message);
        return ORR_OK;
    }
    struct json_object *what = o;
    if (unwrap && json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, "value", &inner) &&
        json_object_object_length(o) <= 2) /* {"value": ..., "desc": ...} as in config.yaml */
        what = inner;
    const enum orr_status s = walk(w, what, 0, take, ctx, err);
    json_object_put(o);
    return s;
}

/* ---- history ---- */

static enum orr_status take_point(struct orr_wandb *w, const char *key, double x, struct orr_error *err)
{
    uint32_t series;
    orr_intern_add(&w->logged, 0, key, strlen(key));
    enum orr_status s = need_run(w, err);
    if (!s) s = orr_sink_series(w->sink, w->run, key, strlen(key), &series, err);
    return s ? s : orr_sink_point(w->sink, series, w->step, x, w->wall, err);
}

static enum orr_status history_leaf(struct orr_wandb *w, const char *key, struct json_object *o, void *ctx,
                                    struct orr_error *err)
{
    (void)ctx;
    double x;
    if (!o) return ORR_OK; /* null: nothing was logged */
    if (number_of(o, &x)) return take_point(w, key, x, err);
    warn_key(w, key, "it is no number");
    return ORR_OK;
}

static enum orr_status take_history(struct orr_wandb *w, struct orr_pb_span history, struct orr_error *err)
{
    struct orr_pb m = orr_pb_open(history), step;
    struct orr_pb_span value;
    int64_t next = w->step + 1, logged;
    bool have_step = false;
    double x, runtime = NAN;
    w->wall = NAN;
    while (orr_pb_next(&m)) {
        if (orr_pb_is(&m, HISTORY_STEP, ORR_PB_BYTES) && !have_step) {
            next = 0;
            for (step = orr_pb_open(m.bytes); orr_pb_next(&step);)
                if (orr_pb_is(&step, STEP_NUM, ORR_PB_VARINT)) next = (int64_t)step.value;
        }
        if (!orr_pb_is(&m, HISTORY_ITEM, ORR_PB_BYTES) || !parse_item(w, m.bytes, &value)) continue;
        if (w->key.data[0] != '_' || !orr_parse_double((const char *)value.p, value.n, &x)) continue;
        if (strcmp(w->key.data, "_step") == 0 && fabs(x) < 0x1p63) {
            have_step = true;
            next = orr_parse_int64((const char *)value.p, value.n, &logged) ? logged : (int64_t)x;
        }
        if (strcmp(w->key.data, "_timestamp") == 0) w->wall = x;
        if (strcmp(w->key.data, "_runtime") == 0) runtime = x;
    }
    if (m.bad) {
        warn(w, "a damaged history record was skipped");
        return ORR_OK;
    }
    w->step = next;
    if (isnan(w->wall) && w->started > 0) w->wall = w->started + runtime;

    enum orr_status s = ORR_OK;
    for (m = orr_pb_open(history); !s && orr_pb_next(&m);) {
        if (!orr_pb_is(&m, HISTORY_ITEM, ORR_PB_BYTES)) continue;
        if (!parse_item(w, m.bytes, &value)) {
            warn(w, "a damaged history item was skipped");
        } else if (w->key.data[0] != '_') {
            if (orr_parse_double((const char *)value.p, value.n, &x))
                s = take_point(w, w->key.data, x, err);
            else
                s = walk_json(w, value, false, history_leaf, NULL, err);
        }
    }
    return s;
}

/* ---- system statistics ---- */

static double time_of(struct orr_pb_span span)
{
    struct orr_pb m = orr_pb_open(span);
    double t = 0;
    while (orr_pb_next(&m)) {
        if (orr_pb_is(&m, TIME_SECONDS, ORR_PB_VARINT)) t += (double)(int64_t)m.value;
        if (orr_pb_is(&m, TIME_NANOS, ORR_PB_VARINT)) t += 1e-9 * (double)(int32_t)m.value;
    }
    return t;
}

static enum orr_status stats_leaf(struct orr_wandb *w, const char *key, struct json_object *o, void *ctx,
                                  struct orr_error *err)
{
    double x;
    if (!number_of(o, &x)) return ORR_OK;
    uint32_t series;
    orr_str_clear(&w->text);
    orr_str_printf(&w->text, "system/%s", key);
    enum orr_status s = need_run(w, err);
    if (!s) s = orr_sink_series(w->sink, w->run, w->text.data, w->text.len, &series, err);
    return s ? s : orr_sink_point(w->sink, series, w->stats, x, *(const double *)ctx, err);
}

/* Statistics have a time but no step: their step is their number. */
static enum orr_status take_stats(struct orr_wandb *w, struct orr_pb_span stats, struct orr_error *err)
{
    struct orr_pb m = orr_pb_open(stats);
    struct orr_pb_span value;
    double wall = NAN;
    enum orr_status s = ORR_OK;
    while (orr_pb_next(&m))
        if (orr_pb_is(&m, STATS_TIME, ORR_PB_BYTES)) wall = time_of(m.bytes);
    for (m = orr_pb_open(stats); !s && orr_pb_next(&m);)
        if (orr_pb_is(&m, STATS_ITEM, ORR_PB_BYTES) && parse_item(w, m.bytes, &value))
            s = walk_json(w, value, false, stats_leaf, &wall, err);
    w->stats++;
    return s;
}

/* ---- summary and configuration ---- */

static enum orr_status summary_leaf(struct orr_wandb *w, const char *key, struct json_object *o, void *ctx,
                                    struct orr_error *err)
{
    (void)ctx, (void)err;
    double x;
    if (!number_of(o, &x)) return ORR_OK;
    const uint32_t k = orr_intern_add(&w->summary, 0, key, strlen(key));
    if (k == w->summary_value.len) ORR_VEC_PUSH(&w->summary_value, x);
    w->summary_value.data[k] = x;
    return ORR_OK;
}

static enum orr_status config_leaf(struct orr_wandb *w, const char *key, struct json_object *o, void *ctx,
                                   struct orr_error *err)
{
    (void)ctx;
    enum orr_value_kind kind = ORR_VALUE_JSON;
    const char *text;
    if (json_object_is_type(o, json_type_string)) {
        kind = ORR_VALUE_TEXT;
        text = json_object_get_string(o);
    } else {
        if (json_object_is_type(o, json_type_int) || json_object_is_type(o, json_type_double)) kind = ORR_VALUE_NUMBER;
        if (json_object_is_type(o, json_type_boolean)) kind = ORR_VALUE_BOOL;
        text = o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE) : "null";
    }
    const enum orr_status s = need_run(w, err);
    return s ? s : orr_sink_config(w->sink, w->run, key, kind, text, err);
}

static enum orr_status take_updates(struct orr_wandb *w, struct orr_pb_span record, bool unwrap, leaf take,
                                    struct orr_error *err)
{
    struct orr_pb m = orr_pb_open(record);
    struct orr_pb_span value;
    enum orr_status s = ORR_OK;
    while (!s && orr_pb_next(&m))
        if (orr_pb_is(&m, UPDATE, ORR_PB_BYTES) && parse_item(w, m.bytes, &value) && w->key.data[0] != '_')
            s = walk_json(w, value, unwrap, take, NULL, err);
    return s;
}

/* ---- the run ---- */

/* Puts a string field where meta wants it. The span becomes a C string in w->text, one after the other. */
static size_t keep(struct orr_wandb *w, struct orr_pb_span s)
{
    const size_t at = w->text.len;
    orr_str_append_n(&w->text, s.p, s.n);
    orr_str_append_char(&w->text, '\0');
    return at;
}

static enum orr_status take_run(struct orr_wandb *w, struct orr_pb_span span, struct orr_error *err)
{
    static const struct { uint32_t field; size_t member; } strings[] = {
        {RUN_ID, offsetof(struct orr_run_meta, name)}, /* where there is no display name */
        {RUN_NAME, offsetof(struct orr_run_meta, name)},
        {RUN_PROJECT, offsetof(struct orr_run_meta, project)},
        {RUN_GROUP, offsetof(struct orr_run_meta, group)},
        {RUN_NOTES, offsetof(struct orr_run_meta, notes)},
    };
    enum { STRINGS = sizeof strings / sizeof *strings };
    struct orr_pb_span found[STRINGS] = {{0}}, config = {0};
    size_t at[STRINGS];
    struct orr_run_meta meta = {.key = w->run_key, .started = NAN, .ended = NAN};
    struct orr_pb m = orr_pb_open(span);
    while (orr_pb_next(&m)) {
        if (orr_pb_is(&m, RUN_START, ORR_PB_BYTES)) meta.started = w->started = time_of(m.bytes);
        if (orr_pb_is(&m, RUN_CONFIG, ORR_PB_BYTES)) config = m.bytes;
        for (size_t i = 0; i < STRINGS && m.type == ORR_PB_BYTES; i++)
            if (m.field == strings[i].field && m.bytes.n) found[i] = m.bytes;
    }
    orr_str_clear(&w->text);
    for (size_t i = 0; i < STRINGS; i++) at[i] = found[i].p ? keep(w, found[i]) : 0;
    for (size_t i = 0; i < STRINGS; i++)
        if (found[i].p) *(const char **)((char *)&meta + strings[i].member) = w->text.data + at[i];
    w->have_run = true;
    enum orr_status s = orr_sink_run(w->sink, &meta, &w->run, err);

    for (m = orr_pb_open(span); !s && orr_pb_next(&m);) {
        if (!orr_pb_is(&m, RUN_TAGS, ORR_PB_BYTES)) continue;
        orr_str_clear(&w->text);
        orr_str_append_n(&w->text, m.bytes.p, m.bytes.n);
        s = orr_sink_tag(w->sink, w->run, orr_str_c(&w->text), err);
    }
    return s || !config.p ? s : take_updates(w, config, true, config_leaf, err);
}

static enum orr_status take_exit(struct orr_wandb *w, struct orr_pb_span span, struct orr_error *err)
{
    struct orr_pb m = orr_pb_open(span);
    int32_t code = 0;
    while (orr_pb_next(&m))
        if (orr_pb_is(&m, EXIT_CODE, ORR_PB_VARINT)) code = (int32_t)m.value;
    w->exited = w->have_run = true;
    const struct orr_run_meta meta = {.key = w->run_key, .state = code ? "failed" : "finished", .started = NAN,
                                      .ended = NAN};
    return orr_sink_run(w->sink, &meta, &w->run, err);
}

enum orr_status orr_wandb_take(struct orr_wandb *w, struct orr_pb_span record, uint64_t offset, struct orr_error *err)
{
    struct orr_pb m = orr_pb_open(record);
    enum orr_status s = ORR_OK;
    w->offset = offset;
    while (!s && orr_pb_next(&m)) {
        if (m.type != ORR_PB_BYTES) continue;
        switch (m.field) {
        case RECORD_HISTORY: s = take_history(w, m.bytes, err); break;
        case RECORD_SUMMARY: s = take_updates(w, m.bytes, false, summary_leaf, err); break;
        case RECORD_CONFIG: s = take_updates(w, m.bytes, true, config_leaf, err); break;
        case RECORD_STATS: s = take_stats(w, m.bytes, err); break;
        case RECORD_RUN: s = take_run(w, m.bytes, err); break;
        case RECORD_EXIT: s = take_exit(w, m.bytes, err); break;
        default: break;
        }
    }
    if (m.bad) warn(w, "the rest of a damaged record was skipped");
    return s;
}

enum orr_status orr_wandb_close(struct orr_wandb *w, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    if (!w->exited || w->closed) return ORR_OK;
    w->closed = true;
    for (uint32_t i = 0; !s && i < w->summary.len; i++) {
        const struct orr_intern_entry *e = &w->summary.entries[i];
        if (orr_intern_find(&w->logged, 0, e->text, e->n) == ORR_INTERN_NONE)
            s = take_point(w, e->text, w->summary_value.data[i], err);
    }
    return s;
}

/* ---- resuming ---- */

static void save_keys(const struct orr_intern *t, const char *name, struct orr_str *out)
{
    orr_str_printf(out, ",\"%s\":[", name);
    for (uint32_t i = 0; i < t->len; i++) {
        if (i) orr_str_append_char(out, ',');
        orr_json_append_string(out, t->entries[i].text);
    }
    orr_str_append_char(out, ']');
}

void orr_wandb_save(const struct orr_wandb *w, struct orr_str *out)
{
    orr_str_printf(out, "{\"step\":%lld,\"stats\":%lld,\"exited\":%s,\"closed\":%s,\"started\":", (long long)w->step,
                   (long long)w->stats, w->exited ? "true" : "false", w->closed ? "true" : "false");
    orr_json_append_double(out, w->started);
    orr_str_append(out, ",\"wall\":");
    orr_json_append_double(out, w->wall);
    save_keys(&w->warned, "warned", out);
    save_keys(&w->logged, "logged", out);
    orr_str_append(out, ",\"summary\":{");
    for (uint32_t i = 0; i < w->summary.len; i++) {
        if (i) orr_str_append_char(out, ',');
        orr_json_append_string(out, w->summary.entries[i].text);
        orr_str_append_char(out, ':');
        orr_json_append_double(out, w->summary_value.data[i]);
    }
    orr_str_append(out, "}}");
}

static void restore_keys(struct orr_intern *t, struct json_object *list)
{
    if (!json_object_is_type(list, json_type_array)) return;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *k = json_object_array_get_idx(list, i);
        if (json_object_is_type(k, json_type_string))
            orr_intern_add(t, 0, json_object_get_string(k), (size_t)json_object_get_string_len(k));
    }
}

void orr_wandb_restore(struct orr_wandb *w, const char *text)
{
    struct json_object *o;
    if (!text || orr_json_parse(w->path, text, strlen(text), &o, NULL)) return;
    w->step = json_object_get_int64(json_object_object_get(o, "step"));
    w->stats = json_object_get_int64(json_object_object_get(o, "stats"));
    w->exited = json_object_get_boolean(json_object_object_get(o, "exited"));
    w->closed = json_object_get_boolean(json_object_object_get(o, "closed"));
    w->started = json_object_get_double(json_object_object_get(o, "started"));
    struct json_object *wall = json_object_object_get(o, "wall"), *summary = json_object_object_get(o, "summary");
    w->wall = wall ? json_object_get_double(wall) : (double)NAN;
    restore_keys(&w->warned, json_object_object_get(o, "warned"));
    restore_keys(&w->logged, json_object_object_get(o, "logged"));
    if (json_object_is_type(summary, json_type_object)) {
        json_object_object_foreach(summary, key, value)
        {
            const uint32_t known = w->summary.len;
            if (orr_intern_add(&w->summary, 0, key, strlen(key)) == known)
                ORR_VEC_PUSH(&w->summary_value, value ? json_object_get_double(value) : (double)NAN);
        }
    }
    json_object_put(o);
}

void orr_wandb_free(struct orr_wandb *w)
{
    orr_intern_free(&w->warned);
    orr_intern_free(&w->logged);
    orr_intern_free(&w->summary);
    free(w->summary_value.data);
    orr_str_free(&w->key);
    orr_str_free(&w->text);
}
