#include "ingest/tfevent.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

/* Field numbers of tensorflow/core/util/event.proto, framework/summary.proto, framework/tensor.proto and
 * tensorboard/plugins/hparams/plugin_data.proto. */
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1 };
enum { VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_IMAGE = 4, VALUE_HISTOGRAM = 5, VALUE_AUDIO = 6, VALUE_TENSOR = 8,
       VALUE_METADATA = 9 };
enum { METADATA_PLUGIN = 1, METADATA_CLASS = 4, PLUGIN_NAME = 1, PLUGIN_CONTENT = 2, DATA_CLASS_SCALAR = 1 };
enum { TENSOR_DTYPE = 1, TENSOR_SHAPE = 2, TENSOR_CONTENT = 4, TENSOR_FLOAT = 5, TENSOR_DOUBLE = 6, TENSOR_INT = 7,
       TENSOR_INT64 = 10, SHAPE_DIM = 2, DIM_SIZE = 1 };
enum { DT_FLOAT = 1, DT_DOUBLE = 2, DT_INT32 = 3, DT_INT64 = 9 };
enum { HPARAMS_START = 3, HPARAMS_END = 4, START_HPARAMS = 1, START_GROUP = 4, END_STATUS = 1, END_TIME = 2,
       STATUS_SUCCESS = 1, STATUS_FAILURE = 2, STATUS_RUNNING = 3, MAP_KEY = 1, MAP_VALUE = 2 };
enum { JSON_NUMBER = 2, JSON_STRING = 3, JSON_BOOL = 4 }; /* google.protobuf.Value */

struct orr_tfevents_tag {
    uint32_t series; /* ORR_INTERN_NONE before the first point */
    uint32_t next;   /* the tag that came after this one last time: loops log in a fixed order */
    bool typed;      /* its metadata was seen: the first holds for all that follow */
    bool other;      /* and says that it is no scalar */
    bool warned;
};

struct value {
    struct orr_pb_span tag, tensor, metadata;
    bool simple;
    float number;
    const char *skipped; /* "a histogram", ... */
};

static void warn(struct orr_tfevents *e, uint64_t offset, const char *what)
{
    char where[320];
    snprintf(where, sizeof where, "%.280s:%llu", e->path, (unsigned long long)offset);
    orr_sink_warn(e->sink, where, "%s", what);
}

static void warn_tag(struct orr_tfevents *e, uint32_t tag, uint64_t offset, const char *what)
{
    if (e->tag[tag].warned) return;
    e->tag[tag].warned = true;
    char text[256];
    snprintf(text, sizeof text, "tag \"%.160s\" was skipped: %s", e->tags.entries[tag].text, what);
    warn(e, offset, text);
}

static uint32_t add_tag(struct orr_tfevents *e, const char *text, size_t n)
{
    const uint32_t known = e->tags.len, t = orr_intern_add(&e->tags, 0, text, n);
    if (t < known) return t;
    if (t == e->tag_cap) {
        e->tag_cap = e->tag_cap ? 2 * e->tag_cap : 16;
        e->tag = orr_xrealloc(e->tag, e->tag_cap, sizeof *e->tag);
    }
    e->tag[t] = (struct orr_tfevents_tag){.series = ORR_INTERN_NONE};
    return t;
}

/* The tag's number; first guess: the one that came next last time. */
static uint32_t find_tag(struct orr_tfevents *e, struct orr_pb_span s)
{
    if (e->tags.len) {
        const uint32_t guess = e->tag[e->last].next;
        const struct orr_intern_entry *g = &e->tags.entries[guess];
        if (g->n == s.n && memcmp(g->text, s.p, s.n) == 0) return e->last = guess;
    }
    const uint32_t previous = e->last, t = add_tag(e, (const char *)s.p, s.n);
    e->tag[previous].next = t;
    return e->last = t;
}

static enum orr_status need_run(struct orr_tfevents *e, struct orr_error *err)
{
    if (e->have_run) return ORR_OK;
    e->have_run = true;
    const struct orr_run_meta meta = {.key = e->run_key, .name = e->run_name, .started = e->first_wall, .ended = NAN};
    return orr_sink_run(e->sink, &meta, &e->run, err);
}

/* Elements of a TensorShapeProto; SIZE_MAX where that overflows, 1 for a scalar. */
static size_t shape_elements(struct orr_pb_span shape)
{
    struct orr_pb m = orr_pb_open(shape), d;
    size_t n = 1;
    while (orr_pb_next(&m)) {
        if (!orr_pb_is(&m, SHAPE_DIM, ORR_PB_BYTES)) continue;
        uint64_t size = 0;
        for (d = orr_pb_open(m.bytes); orr_pb_next(&d);)
            if (orr_pb_is(&d, DIM_SIZE, ORR_PB_VARINT)) size = d.value;
        if (__builtin_mul_overflow(n, size, &n)) return SIZE_MAX;
    }
    return n;
}

/* Bytes per element of a TensorProto dtype, and the field of its repeated form; 0 where not a number. */
static size_t dtype_size(uint64_t dtype, uint32_t *field)
{
    switch (dtype) {
    case DT_FLOAT: *field = TENSOR_FLOAT; return 4;
    case DT_DOUBLE: *field = TENSOR_DOUBLE; return 8;
    case DT_INT32: *field = TENSOR_INT; return 4;
    case DT_INT64: *field = TENSOR_INT64; return 8;
    default: return 0;
    }
}

static double dtype_number(uint64_t dtype, uint64_t bits)
{
    switch (dtype) {
    case DT_FLOAT: return (double)orr_pb_float(bits);
    case DT_DOUBLE: return orr_pb_double(bits);
    case DT_INT32: return (double)(int32_t)(uint32_t)bits;
    default: return (double)(int64_t)bits;
    }
}

/* The one number of a tensor, or why there is none (NULL: *out is it). */
static const char *tensor_scalar(struct orr_pb_span tensor, double *out)
{
    struct orr_pb m = orr_pb_open(tensor);
    struct orr_pb_span content = {0}, packed = {0};
    uint64_t dtype = 0, bits = 0;
    size_t elements = 1, singles = 0;
    uint32_t field = 0, single_field = 0, packed_field = 0;
    while (orr_pb_next(&m)) {
        if (orr_pb_is(&m, TENSOR_DTYPE, ORR_PB_VARINT)) {
            dtype = m.value;
        } else if (orr_pb_is(&m, TENSOR_SHAPE, ORR_PB_BYTES)) {
            elements = shape_elements(m.bytes);
        } else if (orr_pb_is(&m, TENSOR_CONTENT, ORR_PB_BYTES)) {
            content = m.bytes;
        } else if (m.field >= TENSOR_FLOAT && m.field <= TENSOR_INT64) { /* repeated: packed, or one by one */
            if (m.type == ORR_PB_BYTES) {
                packed = m.bytes;
                packed_field = m.field;
            } else {
                bits = m.value;
                single_field = m.field;
                singles++;
            }
        }
    }
    if (m.bad) return "its tensor is damaged";
    const size_t size = dtype_size(dtype, &field);
    if (!size) return "its tensor is not of float, double, int32 or int64";
    if (elements != 1) return "its tensor is not one number";
    if (content.n) {
        if (content.n != size) return "its tensor has the wrong number of bytes";
        bits = size == 4 ? orr_le32(content.p) : orr_le64(content.p);
    } else if (packed.n && packed_field == field) {
        const unsigned char *p = packed.p;
        if (field == TENSOR_FLOAT || field == TENSOR_DOUBLE) {
            if (packed.n != size) return "its tensor has the wrong number of bytes";
            bits = size == 4 ? orr_le32(p) : orr_le64(p);
        } else if (!orr_pb_varint(&p, p + packed.n, &bits) || p != packed.p + packed.n) {
            return "its tensor is not one number";
        }
    } else if (singles) {
        if (singles != 1 || single_field != field) return "its tensor is not one number";
    } /* none of them: all elements are 0, as TensorFlow reads it */
    *out = dtype_number(dtype, bits);
    return NULL;
}

/* One entry of map<string, google.protobuf.Value>. */
static enum orr_status take_hparam(struct orr_tfevents *e, struct orr_pb_span entry, struct orr_error *err)
{
    struct orr_pb m = orr_pb_open(entry);
    struct orr_pb_span key = {0}, value = {0};
    while (orr_pb_next(&m)) {
        if (orr_pb_is(&m, MAP_KEY, ORR_PB_BYTES)) key = m.bytes;
        if (orr_pb_is(&m, MAP_VALUE, ORR_PB_BYTES)) value = m.bytes;
    }
    if (m.bad || key.n == 0 || key.n > ORR_SINK_NAME_MAX) return ORR_OK;
    struct orr_str name = {0}, text = {0};
    orr_str_append_n(&name, key.p, key.n);
    enum orr_value_kind kind = ORR_VALUE_JSON;
    orr_str_append(&text, "null");
    for (m = orr_pb_open(value); orr_pb_next(&m);) {
        orr_str_clear(&text);
        if (orr_pb_is(&m, JSON_NUMBER, ORR_PB_FIXED64)) {
            kind = ORR_VALUE_NUMBER;
            orr_str_append_double(&text, orr_pb_double(m.value));
        } else if (orr_pb_is(&m, JSON_STRING, ORR_PB_BYTES)) {
            kind = ORR_VALUE_TEXT;
            orr_str_append_n(&text, m.bytes.p, m.bytes.n);
        } else if (orr_pb_is(&m, JSON_BOOL, ORR_PB_VARINT)) {
            kind = ORR_VALUE_BOOL;
            orr_str_append(&text, m.value ? "true" : "false");
        } else {
            kind = ORR_VALUE_JSON; /* null; lists and structures do not occur in hyperparameters */
            orr_str_append(&text, "null");
        }
    }
    const enum orr_status s = orr_sink_config(e->sink, e->run, orr_str_c(&name), kind, orr_str_c(&text), err);
    orr_str_free(&name);
    orr_str_free(&text);
    return s;
}

static enum orr_status take_session_end(struct orr_tfevents *e, struct orr_pb_span end, struct orr_error *err)
{
    static const char *const states[] = {[STATUS_SUCCESS] = "finished", [STATUS_FAILURE] = "failed",
                                         [STATUS_RUNNING] = "running"};
    struct orr_run_meta meta = {.key = e->run_key, .started = NAN, .ended = NAN};
    struct orr_pb m = orr_pb_open(end);
    while (orr_pb_next(&m)) {
        if (orr_pb_is(&m, END_STATUS, ORR_PB_VARINT) && m.value < sizeof states / sizeof *states)
            meta.state = states[m.value];
        if (orr_pb_is(&m, END_TIME, ORR_PB_FIXED64)) meta.ended = orr_pb_double(m.value);
    }
    return orr_sink_run(e->sink, &meta, &e->run, err);
}

static enum orr_status take_session_start(struct orr_tfevents *e, struct orr_pb_span start, struct orr_error *err)
{
    struct orr_pb m = orr_pb_open(start);
    enum orr_status s = ORR_OK;
    while (!s && orr_pb_next(&m)) {
        if (orr_pb_is(&m, START_HPARAMS, ORR_PB_BYTES)) {
            s = take_hparam(e, m.bytes, err);
        } else if (orr_pb_is(&m, START_GROUP, ORR_PB_BYTES) && m.bytes.n) {
            struct orr_str group = {0};
            orr_str_append_n(&group, m.bytes.p, m.bytes.n);
            const struct orr_run_meta meta = {.key = e->run_key, .group = group.data, .started = NAN, .ended = NAN};
            s = orr_sink_run(e->sink, &meta, &e->run, err);
            orr_str_free(&group);
        }
    }
    return s;
}

static enum orr_status take_hparams(struct orr_tfevents *e, struct orr_pb_span content, struct orr_error *err)
{
    struct orr_pb m = orr_pb_open(content);
    enum orr_status s = need_run(e, err);
    while (!s && orr_pb_next(&m)) {
        if (orr_pb_is(&m, HPARAMS_START, ORR_PB_BYTES)) s = take_session_start(e, m.bytes, err);
        if (orr_pb_is(&m, HPARAMS_END, ORR_PB_BYTES)) s = take_session_end(e, m.bytes, err);
    }
    return s;
}

static bool span_is(struct orr_pb_span s, const char *text)
{
    return s.n == strlen(text) && memcmp(s.p, text, s.n) == 0;
}

/* Learns what a tag is from its first metadata. *done: the value was hyperparameters and has been taken. */
static enum orr_status take_metadata(struct orr_tfevents *e, uint32_t tag, struct orr_pb_span metadata, bool *done,
                                     struct orr_error *err)
{
    struct orr_pb m = orr_pb_open(metadata), p;
    struct orr_pb_span name = {0}, content = {0};
    bool scalar_class = false;
    while (orr_pb_next(&m)) {
        if (orr_pb_is(&m, METADATA_CLASS, ORR_PB_VARINT)) scalar_class = m.value == DATA_CLASS_SCALAR;
        if (!orr_pb_is(&m, METADATA_PLUGIN, ORR_PB_BYTES)) continue;
        for (p = orr_pb_open(m.bytes); orr_pb_next(&p);) {
            if (orr_pb_is(&p, PLUGIN_NAME, ORR_PB_BYTES)) name = p.bytes;
            if (orr_pb_is(&p, PLUGIN_CONTENT, ORR_PB_BYTES)) content = p.bytes;
        }
    }
    *done = name.n && span_is(name, "hparams");
    if (*done) return take_hparams(e, content, err);
    if (name.n && !e->tag[tag].typed) {
        e->tag[tag].typed = true;
        e->tag[tag].other = !scalar_class && !span_is(name, "scalars");
    }
    return ORR_OK;
}

static bool parse_value(struct orr_pb_span span, struct value *v)
{
    struct orr_pb m = orr_pb_open(span);
    while (orr_pb_next(&m)) {
        switch (m.field) {
        case VALUE_TAG:
            if (m.type == ORR_PB_BYTES) v->tag = m.bytes;
            break;
        case VALUE_SIMPLE:
            if (m.type != ORR_PB_FIXED32) break;
            v->simple = true;
            v->number = orr_pb_float(m.value);
            break;
        case VALUE_TENSOR:
            if (m.type == ORR_PB_BYTES) v->tensor = m.bytes;
            break;
        case VALUE_METADATA:
            if (m.type == ORR_PB_BYTES) v->metadata = m.bytes;
            break;
        case VALUE_IMAGE: v->skipped = "images are not imported"; break;
        case VALUE_HISTOGRAM: v->skipped = "histograms are not imported"; break;
        case VALUE_AUDIO: v->skipped = "audio is not imported"; break;
        default: break;
        }
    }
    return !m.bad;
}

static enum orr_status take_value(struct orr_tfevents *e, struct orr_pb_span span, int64_t step, double wall,
                                  uint64_t offset, struct orr_error *err)
{
    struct value v = {0};
    enum orr_status s;
    bool done = false;
    if (!parse_value(span, &v) || v.tag.n == 0) {
        warn(e, offset, "a damaged summary value was skipped");
        return ORR_OK;
    }
    const uint32_t t = find_tag(e, v.tag);
    if (v.metadata.p && ((s = take_metadata(e, t, v.metadata, &done, err)) || done)) return s;

    double number = (double)v.number;
    if (!v.simple) {
        const char *why = v.skipped;
        if (!why) {
            if (e->tag[t].other)
                why = "its plugin is not \"scalars\"";
            else
                why = v.tensor.p ? tensor_scalar(v.tensor, &number) : "it has no value";
        }
        if (why) {
            warn_tag(e, t, offset, why);
            return ORR_OK;
        }
    }
    if (e->tag[t].series == ORR_INTERN_NONE) {
        if ((s = need_run(e, err))) return s;
        s = orr_sink_series(e->sink, e->run, (const char *)v.tag.p, v.tag.n, &e->tag[t].series, err);
        if (s) return s;
    }
    return orr_sink_point(e->sink, e->tag[t].series, step, number, wall, err);
}

enum orr_status orr_tfevents_take(struct orr_tfevents *e, struct orr_pb_span event, uint64_t offset,
                                  struct orr_error *err)
{
    struct orr_pb m = orr_pb_open(event);
    struct orr_pb_span summary = {0};
    double wall = NAN;
    int64_t step = 0; /* absent means 0 */
    while (orr_pb_next(&m)) {
        if (orr_pb_is(&m, EVENT_WALL_TIME, ORR_PB_FIXED64)) wall = orr_pb_double(m.value);
        if (orr_pb_is(&m, EVENT_STEP, ORR_PB_VARINT)) step = (int64_t)m.value;
        if (orr_pb_is(&m, EVENT_SUMMARY, ORR_PB_BYTES)) summary = m.bytes;
    }
    if (m.bad) warn(e, offset, "a damaged event was skipped");
    if (m.bad) return ORR_OK;
    if (!e->begun) e->first_wall = wall;
    e->begun = true;

    enum orr_status s = ORR_OK;
    m = orr_pb_open(summary);
    while (!s && orr_pb_next(&m))
        if (orr_pb_is(&m, SUMMARY_VALUE, ORR_PB_BYTES)) s = take_value(e, m.bytes, step, wall, offset, err);
    if (m.bad) warn(e, offset, "the rest of a damaged summary was skipped");
    return s;
}

static void save_list(const struct orr_tfevents *e, bool other, struct orr_str *out)
{
    const char *comma = "";
    for (uint32_t i = 0; i < e->tags.len; i++) {
        if (!(other ? e->tag[i].other : e->tag[i].warned)) continue;
        orr_str_append(out, comma);
        orr_json_append_string(out, e->tags.entries[i].text);
        comma = ",";
    }
}

/* Of the tags, only those that are no scalars need remembering: anything else is understood without its metadata. */
void orr_tfevents_save(const struct orr_tfevents *e, struct orr_str *out)
{
    orr_str_append(out, "{\"started\":");
    orr_json_append_double(out, e->begun ? e->first_wall : (double)NAN);
    orr_str_append(out, ",\"other\":[");
    save_list(e, true, out);
    orr_str_append(out, "],\"warned\":[");
    save_list(e, false, out);
    orr_str_append(out, "]}");
}

static void restore_list(struct orr_tfevents *e, const struct json_object *o, const char *key)
{
    struct json_object *list;
    if (!json_object_object_get_ex(o, key, &list) || !json_object_is_type(list, json_type_array)) return;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *name = json_object_array_get_idx(list, i);
        if (!json_object_is_type(name, json_type_string)) continue;
        const uint32_t t = add_tag(e, json_object_get_string(name), (size_t)json_object_get_string_len(name));
        if (strcmp(key, "other") == 0)
            e->tag[t].typed = e->tag[t].other = true;
        else
            e->tag[t].warned = true;
    }
}

void orr_tfevents_restore(struct orr_tfevents *e, const char *text)
{
    struct json_object *o, *started;
    if (!text || orr_json_parse(e->path, text, strlen(text), &o, NULL)) return;
    if (json_object_object_get_ex(o, "started", &started) && started) {
        e->begun = true;
        e->first_wall = json_object_get_double(started);
    }
    restore_list(e, o, "other");
    restore_list(e, o, "warned");
    json_object_put(o);
}

void orr_tfevents_free(struct orr_tfevents *e)
{
    orr_intern_free(&e->tags);
    free(e->tag);
}
