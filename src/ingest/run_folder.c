/* A run as a folder of ordinary files, as `orrery export logs` writes it:
 *   run.json                      {"orrery":"run", "name", "project", "group", "state", "notes", "tags", "started", "ended"}
 *   metrics.jsonl                 one object per step: "step", "wall_time" where known, the series
 *   config.json                   one object
 *   graph.json                    {"nodes":[...],"edges":[...]}: the architecture
 *   checkpoints/step_N.safetensors  the weights at step N
 * All but run.json may be missing. Metrics and checkpoints are read by their own formats. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "ingest/format.h"
#include "ingest/params.h"

enum { JSON_LIMIT = 16 << 20 };

static char *join(const char *folder, const char *name)
{
    struct orr_str s = {0};
    orr_str_printf(&s, "%s/%s", folder, name);
    return s.data;
}

/* NULL where there is none, or not one of the expected kind: then with a warning. The caller puts it. */
static struct json_object *read_object(const char *folder, const char *name, struct orr_sink *sink)
{
    char *path = join(folder, name);
    struct json_object *o = NULL;
    struct orr_error why = {0};
    if (access(path, F_OK) == 0) {
        const enum orr_status s = orr_json_parse_file(path, JSON_LIMIT, &o, &why);
        if (s || !json_object_is_type(o, json_type_object)) {
            if (sink) orr_sink_warn(sink, path, "left out: %s", s ? why.message : "no JSON object");
            json_object_put(o);
            o = NULL;
        }
    }
    free(path);
    return o;
}

static const char *text_of(struct json_object *o, const char *key)
{
    struct json_object *v;
    return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string) ? json_object_get_string(v)
                                                                                             : NULL;
}

static double time_of(struct json_object *o, const char *key)
{
    struct json_object *v;
    return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_double) ? json_object_get_double(v)
                                                                                             : NAN;
}

static enum orr_status put_run(struct orr_sink *sink, const struct orr_ingest *in, struct json_object *o, uint32_t *run,
                               struct orr_error *err)
{
    const char *name = text_of(o, "name");
    const struct orr_run_meta meta = {.key = in->run_key, .name = name ? name : in->run_name, .project = text_of(o, "project"),
                                      .group = text_of(o, "group"), .state = text_of(o, "state"), .notes = text_of(o, "notes"),
                                      .started = time_of(o, "started"), .ended = time_of(o, "ended")};
    struct json_object *tags;
    enum orr_status s = orr_sink_run(sink, &meta, run, err);
    if (!json_object_object_get_ex(o, "tags", &tags) || !json_object_is_type(tags, json_type_array)) return s;
    for (size_t i = 0; !s && i < json_object_array_length(tags); i++) {
        struct json_object *tag = json_object_array_get_idx(tags, i);
        if (json_object_is_type(tag, json_type_string)) s = orr_sink_tag(sink, *run, json_object_get_string(tag), err);
    }
    return s;
}

static enum orr_status put_config(struct orr_sink *sink, const char *folder, uint32_t run, struct orr_error *err)
{
    struct json_object *o = read_object(folder, "config.json", sink);
    const enum orr_status s = o ? orr_params_json(sink, run, NULL, o, err) : ORR_OK;
    json_object_put(o);
    return s;
}

static enum orr_status put_graph(struct orr_sink *sink, const char *folder, uint32_t run, struct orr_error *err)
{
    struct json_object *o = read_object(folder, "graph.json", sink), *nodes, *edges;
    enum orr_status s = ORR_OK;
    if (o && json_object_object_get_ex(o, "nodes", &nodes) && json_object_is_type(nodes, json_type_array) &&
        json_object_object_get_ex(o, "edges", &edges) && json_object_is_type(edges, json_type_array))
        s = orr_sink_graph(sink, run, json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
                           err);
    else if (o)
        orr_sink_warn(sink, folder, "graph.json left out: it needs lists of nodes and edges");
    json_object_put(o);
    return s;
}

/* One file, by the format whose it is, into the run of the folder. */
static enum orr_status put_file(const struct orr_format *format, const struct orr_ingest *in, const char *name, char *path,
                                struct orr_sink *sink, struct orr_error *err)
{
    struct orr_ingest part = {.path = path, .run_key = in->run_key, .run_name = name, .buffer_size = in->buffer_size,
                              .ticker = in->ticker};
    const enum orr_status s = access(path, F_OK) == 0 ? format->read(&part, sink, err) : ORR_OK;
    free(part.state);
    free(path);
    return s;
}

static int is_checkpoint(const struct dirent *e) { return e->d_name[0] != '.' && orr_ends_with(e->d_name, ".safetensors"); }

static enum orr_status put_checkpoints(const struct orr_ingest *in, const char *name, struct orr_sink *sink,
                                       struct orr_error *err)
{
    char *folder = join(in->path, "checkpoints");
    struct dirent **found = NULL;
    const int n = scandir(folder, &found, is_checkpoint, alphasort);
    enum orr_status s = ORR_OK;
    for (int i = 0; i < n; i++) {
        if (!s) s = put_file(&orr_format_checkpoint, in, name, join(folder, found[i]->d_name), sink, err);
        free(found[i]);
    }
    free(found);
    free(folder);
    return s;
}

static enum orr_status run_folder_read(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    struct json_object *o = read_object(in->path, "run.json", sink);
    uint32_t run;
    if (!o) return orr_error_set(err, ORR_EFORMAT, in->path, "run.json is no JSON object; `orrery export logs` writes it");
    const char *name = text_of(o, "name") ? text_of(o, "name") : in->run_name;
    enum orr_status s = put_run(sink, in, o, &run, err);
    if (!s) s = put_config(sink, in->path, run, err);
    if (!s) s = put_graph(sink, in->path, run, err);
    if (!s) s = put_file(&orr_format_jsonl, in, name, join(in->path, "metrics.jsonl"), sink, err);
    if (!s) s = put_checkpoints(in, name, sink, err);
    json_object_put(o);
    return s;
}

static int run_folder_detect(const char *path, const unsigned char *head, size_t n)
{
    (void)head;
    (void)n;
    struct json_object *o = read_object(path, "run.json", NULL);
    const char *kind = o ? text_of(o, "orrery") : NULL;
    const int score = kind && !strcmp(kind, "run") ? 100 : 0;
    json_object_put(o);
    return score;
}

const struct orr_format orr_format_run_folder = {
    .name = "orrery",
    .summary = "a folder that `orrery export logs` wrote: metrics, configuration, graph, weights",
    .folder = true,
    .detect = run_folder_detect,
    .read = run_folder_read,
};
