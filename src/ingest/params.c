#include "ingest/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/reader.h"

enum { FILE_LIMIT = 1 << 20, MAX_DEPTH = 16 };

static const char *const sibling_names[] = {"hparams.yaml", "hparams.yml", "hparams.json", "args.yaml",
                                            "args.json",    "opt.yaml",    "hyp.yaml",     "config.yaml",
                                            "config.json",  "params.yaml", "params.json",  NULL};

bool orr_params_is_sibling(const char *file_name)
{
    for (const char *const *s = sibling_names; *s; s++)
        if (strcmp(*s, file_name) == 0) return true;
    return false;
}

static enum orr_value_kind kind_of_text(const char *value)
{
    double x;
    if (!value) return ORR_VALUE_TEXT; /* json-c had no memory for it: the sink says so */
    if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0 || strcmp(value, "True") == 0 ||
        strcmp(value, "False") == 0)
        return ORR_VALUE_BOOL;
    return orr_parse_double(value, strlen(value), &x) ? ORR_VALUE_NUMBER : ORR_VALUE_TEXT;
}

enum orr_status orr_params_text(struct orr_sink *sink, uint32_t run, const char *key, const char *value,
                                struct orr_error *err)
{
    return orr_sink_config(sink, run, key, kind_of_text(value), value, err);
}

/* ---- JSON ---- */

static enum orr_status put_json(struct orr_sink *sink, uint32_t run, struct orr_str *key, struct json_object *v,
                                int depth, struct orr_error *err)
{
    switch (json_object_get_type(v)) {
    case json_type_object:
        if (depth >= MAX_DEPTH) break;
        json_object_object_foreach(v, name, child)
        {
            const size_t before = key->len;
            if (before) orr_str_append_char(key, '.');
            orr_str_append(key, name);
            const enum orr_status s = put_json(sink, run, key, child, depth + 1, err);
            key->len = before;
            key->data[before] = '\0';
            if (s) return s;
        }
        return ORR_OK;
    case json_type_boolean:
        return orr_sink_config(sink, run, orr_str_c(key), ORR_VALUE_BOOL, json_object_get_boolean(v) ? "true" : "false",
                               err);
    case json_type_int:
    case json_type_double:
        return orr_sink_config(sink, run, orr_str_c(key), ORR_VALUE_NUMBER, json_object_to_json_string(v), err);
    case json_type_string:
        return orr_sink_config(sink, run, orr_str_c(key), ORR_VALUE_TEXT, json_object_get_string(v), err);
    case json_type_null:
        return orr_sink_config(sink, run, orr_str_c(key), ORR_VALUE_TEXT, "null", err);
    case json_type_array: break;
    }
    return orr_sink_config(sink, run, orr_str_c(key), ORR_VALUE_JSON, json_object_to_json_string(v), err);
}

enum orr_status orr_params_json(struct orr_sink *sink, uint32_t run, const char *prefix, struct json_object *value,
                                struct orr_error *err)
{
    struct orr_str key = {0};
    orr_str_append(&key, prefix ? prefix : "");
    const enum orr_status s = put_json(sink, run, &key, value, 0, err);
    orr_str_free(&key);
    return s;
}

/* ---- YAML ---- */

/* One open mapping or sequence. */
struct level {
    bool sequence;
    bool want_value;   /* mapping: a key was read */
    size_t key_before; /* length of the key outside */
    size_t items;
};
struct yaml {
    const char *path;
    orr_yaml_each each;
    void *ctx;
    struct level levels[MAX_DEPTH];
    int depth;
    struct orr_str key;  /* of the value to come */
    struct orr_str list; /* JSON text of the outermost open sequence */
    int list_depth;      /* the depth at which it began, 0: none is open */
};

static void cut_key(struct yaml *y, size_t n)
{
    y->key.len = n;
    if (y->key.data) y->key.data[n] = '\0';
}

static void list_comma(struct yaml *y)
{
    struct level *const top = &y->levels[y->depth - 1];
    if (top->sequence ? top->items++ > 0 : !top->want_value && top->items++ > 0) orr_str_append_char(&y->list, ',');
}

/* Inside a list everything becomes JSON text. */
static void list_scalar(struct yaml *y, const yaml_event_t *e)
{
    struct level *const top = &y->levels[y->depth - 1];
    const char *const text = (const char *)e->data.scalar.value;
    const bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    double x;
    list_comma(y);
    if (top->sequence || top->want_value) {
        if (plain && orr_parse_double(text, e->data.scalar.length, &x))
            orr_json_append_double(&y->list, x);
        else
            orr_json_append_string(&y->list, text);
        top->want_value = false;
    } else {
        orr_json_append_string(&y->list, text);
        orr_str_append_char(&y->list, ':');
        top->want_value = true;
    }
}

static enum orr_status scalar(struct yaml *y, const yaml_event_t *e, struct orr_error *err)
{
    const char *const text = (const char *)e->data.scalar.value;
    if (y->list_depth) {
        list_scalar(y, e);
        return ORR_OK;
    }
    if (y->depth == 0) return ORR_OK; /* a file that is one scalar holds no keys */
    struct level *const top = &y->levels[y->depth - 1];
    if (!top->want_value) {
        cut_key(y, top->key_before);
        if (y->key.len) orr_str_append_char(&y->key, '.');
        orr_str_append(&y->key, text);
        top->want_value = true;
        return ORR_OK;
    }
    top->want_value = false;
    const bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return y->each(y->ctx, orr_str_c(&y->key), plain ? kind_of_text(text) : ORR_VALUE_TEXT, text, err);
}

static enum orr_status open_level(struct yaml *y, bool sequence, struct orr_error *err)
{
    if (y->depth == MAX_DEPTH) return orr_error_set(err, ORR_EFORMAT, y->path, "YAML nested too deeply");
    if (y->list_depth) list_comma(y);
    if (y->depth) y->levels[y->depth - 1].want_value = false;
    y->levels[y->depth++] = (struct level){.sequence = sequence, .key_before = y->key.len};
    if (sequence && !y->list_depth) {
        y->list_depth = y->depth;
        orr_str_clear(&y->list);
    }
    if (y->list_depth) orr_str_append_char(&y->list, sequence ? '[' : '{');
    return ORR_OK;
}

static enum orr_status close_level(struct yaml *y, struct orr_error *err)
{
    const struct level top = y->levels[--y->depth];
    enum orr_status s = ORR_OK;
    if (y->list_depth) orr_str_append_char(&y->list, top.sequence ? ']' : '}');
    if (y->list_depth == y->depth + 1) {
        y->list_depth = 0;
        if (y->key.len) s = y->each(y->ctx, orr_str_c(&y->key), ORR_VALUE_JSON, orr_str_c(&y->list), err);
    }
    cut_key(y, top.key_before);
    return s;
}

static enum orr_status on_event(struct yaml *y, const yaml_event_t *e, struct orr_error *err)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT: return scalar(y, e, err);
    case YAML_MAPPING_START_EVENT: return open_level(y, false, err);
    case YAML_SEQUENCE_START_EVENT: return open_level(y, true, err);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT: return close_level(y, err);
    case YAML_ALIAS_EVENT: /* its value is not followed: nothing may expand without bound */
        if (y->list_depth) orr_str_append(&y->list, y->levels[y->depth - 1].items++ ? ",null" : "null");
        if (y->depth) y->levels[y->depth - 1].want_value = false;
        return ORR_OK;
    default: return ORR_OK;
    }
}

enum orr_status orr_yaml_read(const char *path, orr_yaml_each each, void *ctx, struct orr_error *err)
{
    struct orr_reader *r = NULL;
    enum orr_status s = orr_reader_open(path, 0, &r, err);
    if (s) return s;
    struct yaml y = {.path = path, .each = each, .ctx = ctx};
    yaml_parser_t parser;
    bool parsing = false;
    size_t n;
    const unsigned char *text = NULL;
    if (orr_reader_size(r) > FILE_LIMIT)
        s = orr_error_set(err, ORR_EFORMAT, path, "a YAML file of more than 1 MiB is no configuration");
    else if (!(text = orr_reader_peek(r, (size_t)orr_reader_size(r), &n)))
        s = orr_reader_status(r, err);
    else if (!(parsing = yaml_parser_initialize(&parser)))
        s = orr_error_set(err, ORR_ENOMEM, path, "no memory for the YAML reader");
    if (parsing) yaml_parser_set_input_string(&parser, text, n);
    for (bool more = parsing; more && s == ORR_OK;) {
        yaml_event_t e;
        if (!yaml_parser_parse(&parser, &e)) {
            char where[320];
            snprintf(where, sizeof where, "%.280s:%zu", path, parser.problem_mark.line + 1);
            s = orr_error_set(err, ORR_EFORMAT, where, "not valid YAML: %s", parser.problem ? parser.problem : "?");
            break;
        }
        s = on_event(&y, &e, err);
        more = e.type != YAML_DOCUMENT_END_EVENT && e.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&e);
    }
    if (parsing) yaml_parser_delete(&parser);
    orr_str_free(&y.key);
    orr_str_free(&y.list);
    orr_reader_close(r);
    return s;
}

/* ---- beside a log ---- */

struct sibling {
    struct orr_sink *sink;
    uint32_t run;
    enum orr_status status; /* of the sink, as opposed to the file's */
};

static enum orr_status put_yaml(void *ctx, const char *key, enum orr_value_kind kind, const char *value,
                                struct orr_error *err)
{
    struct sibling *s = ctx;
    s->status = orr_sink_config(s->sink, s->run, key, kind, value, err);
    return s->status;
}

static enum orr_status read_sibling(struct orr_sink *sink, uint32_t run, const char *path, struct orr_error *err)
{
    struct orr_error why;
    struct sibling ctx = {sink, run, ORR_OK};
    enum orr_status s;
    if (orr_ends_with(path, ".json")) {
        struct json_object *o;
        s = orr_json_parse_file(path, FILE_LIMIT, &o, &why);
        if (s == ORR_OK && json_object_is_type(o, json_type_object)) {
            s = orr_params_json(sink, run, NULL, o, err);
            json_object_put(o);
            return s;
        }
        json_object_put(o);
    } else {
        s = orr_yaml_read(path, put_yaml, &ctx, &why);
        if (ctx.status) {
            *err = why;
            return ctx.status;
        }
    }
    if (s) orr_sink_warn(sink, why.where, "configuration left out: %s", why.message);
    return ORR_OK;
}

enum orr_status orr_params_siblings(struct orr_sink *sink, uint32_t run, const char *path, struct orr_error *err)
{
    const char *const slash = strrchr(path, '/');
    struct orr_str name = {0};
    enum orr_status s = ORR_OK;
    for (const char *const *file = sibling_names; *file && s == ORR_OK; file++) {
        orr_str_clear(&name);
        if (slash) orr_str_append_n(&name, path, (size_t)(slash - path) + 1);
        orr_str_append(&name, *file);
        if (access(name.data, R_OK) == 0) s = read_sibling(sink, run, name.data, err);
    }
    orr_str_free(&name);
    return s;
}
