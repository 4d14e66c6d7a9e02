/* LCDB 1.1 (learning curves over sample size): er/ID.json = [learner][mean, stderr][anchor][train, valid, test], null
 * where a learner has no value. Learner names and anchors are in ../meta.json, data set names in ../names.json. One run
 * per learner and data set, series "train/error", "valid/error", "test/error" over the sample size. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "ingest/format.h"
#include "ingest/params.h"

enum { FILE_LIMIT = 64 << 20 };
static const char *const series_names[] = {"train/error", "valid/error", "test/error"};

struct lcdb {
    struct orr_ingest *in;
    struct orr_sink *sink;
    struct orr_error *err;
    struct json_object *errors, *meta, *names, *learners, *anchors;
    char id[32];
    const char *dataset;
};

/* The file `name` in the folder above the one of `path`. */
static void beside_folder(const char *path, const char *name, struct orr_str *out)
{
    const char *const slash = strrchr(path, '/');
    orr_str_clear(out);
    if (slash) orr_str_append_n(out, path, (size_t)(slash - path) + 1);
    orr_str_printf(out, "../%s", name);
}

static struct json_object *list(struct json_object *v, size_t i)
{
    return json_object_is_type(v, json_type_array) && i < json_object_array_length(v) ? json_object_array_get_idx(v, i)
                                                                                      : NULL;
}

static size_t length(struct json_object *v)
{
    return json_object_is_type(v, json_type_array) ? json_object_array_length(v) : 0;
}

static enum orr_status load(struct lcdb *l)
{
    struct orr_str path = {0};
    struct json_object *name;
    enum orr_status s = orr_json_parse_file(l->in->path, FILE_LIMIT, &l->errors, l->err);
    beside_folder(l->in->path, "meta.json", &path);
    if (s == ORR_OK) s = orr_json_parse_file(path.data, FILE_LIMIT, &l->meta, l->err);
    if (s == ORR_OK && (!json_object_is_type(l->meta, json_type_object) ||
                        !json_object_object_get_ex(l->meta, "learners", &l->learners) ||
                        !json_object_object_get_ex(l->meta, "anchors", &l->anchors)))
        s = orr_error_set(l->err, ORR_EFORMAT, path.data, "no lists \"learners\" and \"anchors\"");
    if (s == ORR_OK && length(l->errors) > length(l->learners))
        s = orr_error_set(l->err, ORR_EFORMAT, l->in->path, "%zu learners where meta.json names %zu", length(l->errors),
                          length(l->learners));
    const char *const slash = strrchr(l->in->path, '/'), *const base = slash ? slash + 1 : l->in->path;
    snprintf(l->id, sizeof l->id, "%.*s", (int)strcspn(base, "."), base);
    l->dataset = l->id;
    beside_folder(l->in->path, "names.json", &path);
    if (s == ORR_OK && access(path.data, R_OK) == 0 && !orr_json_parse_file(path.data, FILE_LIMIT, &l->names, NULL) &&
        json_object_is_type(l->names, json_type_object) && json_object_object_get_ex(l->names, l->id, &name) &&
        json_object_is_type(name, json_type_string))
        l->dataset = json_object_get_string(name);
    orr_str_free(&path);
    return s;
}

static enum orr_status put_learner(struct lcdb *l, size_t k)
{
    struct json_object *const mean = list(list(l->errors, k), 0), *const named = list(l->learners, k);
    const char *const learner = json_object_is_type(named, json_type_string) ? json_object_get_string(named) : "?";
    struct orr_str key = {0}, name = {0};
    uint32_t run = 0, series;
    bool opened = false;
    enum orr_status s = ORR_OK;
    orr_str_printf(&key, "%s:%s", l->in->run_key, learner);
    orr_str_printf(&name, "%s on %s", learner, l->dataset);
    for (size_t j = 0; j < sizeof series_names / sizeof *series_names && s == ORR_OK; j++)
        for (size_t a = 0; a < length(mean) && a < length(l->anchors) && s == ORR_OK; a++) {
            struct json_object *const v = list(list(mean, a), j);
            if (!json_object_is_type(v, json_type_double) && !json_object_is_type(v, json_type_int)) continue;
            if (!opened) { /* a learner without any value is no run */
                const struct orr_run_meta meta = {.key = key.data, .name = name.data, .project = "lcdb",
                                                  .group = l->dataset, .started = NAN, .ended = NAN};
                if ((s = orr_sink_run(l->sink, &meta, &run, l->err))) break;
                if ((s = orr_sink_config(l->sink, run, "learner", ORR_VALUE_TEXT, learner, l->err))) break;
                if ((s = orr_sink_config(l->sink, run, "dataset", ORR_VALUE_TEXT, l->dataset, l->err))) break;
                if ((s = orr_params_text(l->sink, run, "dataset_id", l->id, l->err))) break;
                opened = true;
            }
            s = orr_sink_series(l->sink, run, series_names[j], strlen(series_names[j]), &series, l->err);
            if (s == ORR_OK)
                s = orr_sink_point(l->sink, series, json_object_get_int64(list(l->anchors, a)), json_object_get_double(v),
                                   NAN, l->err);
        }
    orr_str_free(&key);
    orr_str_free(&name);
    return s;
}

static enum orr_status lcdb_read(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    struct lcdb l = {.in = in, .sink = sink, .err = err};
    enum orr_status s = load(&l);
    for (size_t k = 0; k < length(l.errors) && s == ORR_OK; k++) s = put_learner(&l, k);
    json_object_put(l.errors);
    json_object_put(l.meta);
    json_object_put(l.names);
    return s;
}

static int lcdb_detect(const char *path, const unsigned char *head, size_t n)
{
    size_t brackets = 0;
    if (!orr_ends_with(path, ".json")) return 0;
    for (size_t i = 0; i < n && brackets < 4; i++) {
        if (head[i] == '[')
            brackets++;
        else if (head[i] != ' ' && head[i] != '\n' && head[i] != '\r' && head[i] != '\t')
            break;
    }
    if (brackets < 4) return 0;
    struct orr_str meta = {0};
    beside_folder(path, "meta.json", &meta);
    const bool there = access(meta.data, R_OK) == 0;
    orr_str_free(&meta);
    return there ? 80 : 0;
}

const struct orr_format orr_format_lcdb = {
    .name = "lcdb",
    .summary = "LCDB 1.1: error against sample size, er/ID.json beside meta.json",
    .detect = lcdb_detect,
    .read = lcdb_read,
};
