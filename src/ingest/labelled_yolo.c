/* YOLO's layout: data.yaml names the classes and where pictures lie; the labels of images/a/b.jpg stand in labels/a/b.txt. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/number.h"
#include "base/reader.h"
#include "base/str.h"
#include "ingest/labelled_private.h"
#include "ingest/lines.h"
#include "ingest/params.h"

enum {
    NUMBERS_MAX = 2001 /* a class and a polygon of a thousand corners */,
    LINE_MAX_BYTES = 1 << 16,
    LIST_LIMIT = 256 << 20
};

/* ---- label files ---- */

/* The next number of p[0..*n); false: none is left, or it is not one (*bad). */
static bool next_number(const char **p, const char *end, double *x, bool *bad)
{
    while (*p < end && strchr(" \t\r,", **p)) (*p)++;
    const char *begin = *p;
    while (*p < end && !strchr(" \t\r,", **p)) (*p)++;
    if (*p == begin) return false;
    *bad = !orr_parse_double(begin, (size_t)(*p - begin), x);
    return !*bad;
}

static enum orr_status label_line(const char *where, const char *text, size_t n, struct orr_labelled *set,
                                  struct orr_error *err)
{
    double v[NUMBERS_MAX], sum = 0;
    size_t count = 0;
    bool bad = false;
    for (const char *p = text; count < NUMBERS_MAX && next_number(&p, text + n, &v[count], &bad);) count++;
    if (bad) return orr_error_set(err, ORR_EFORMAT, where, "number %zu of the line cannot be read", count + 1);
    if (count == 0) return ORR_OK;
    if (count != 5 && (count < 7 || count % 2 == 0 || count == NUMBERS_MAX))
        return orr_error_set(err, ORR_EFORMAT, where,
                             "%zu numbers; a line is `class x y width height`, or a class and the corners of a polygon",
                             count);
    if (v[0] != floor(v[0]) || !(v[0] >= 0 && v[0] < set->n_classes))
        return orr_error_set(err, ORR_EFORMAT, where, "class %g, where data.yaml names classes 0 to %d", v[0],
                             set->n_classes - 1);
    for (size_t i = 1; i < count; i++) sum += v[i];
    if (!isfinite(sum)) return orr_error_set(err, ORR_EFORMAT, where, "a coordinate is not a number");
    double x0 = v[1] - v[3] / 2, y0 = v[2] - v[4] / 2, x1 = v[1] + v[3] / 2, y1 = v[2] + v[4] / 2;
    if (count > 5) {
        x0 = x1 = v[1];
        y0 = y1 = v[2];
        for (size_t i = 3; i < count; i += 2) {
            x0 = fmin(x0, v[i]), x1 = fmax(x1, v[i]);
            y0 = fmin(y0, v[i + 1]), y1 = fmax(y1, v[i + 1]);
        }
    }
    return orr_labelled_add_box(set, where, (int)v[0], x0, y0, x1, y1, err);
}

static enum orr_status label_lines(struct orr_reader *r, struct orr_labelled *set, struct orr_error *err)
{
    struct orr_line line = {0};
    enum orr_status s;
    while ((s = orr_line_next(r, &line, err)) == ORR_OK) {
        char where[320];
        snprintf(where, sizeof where, "%.280s:%llu", orr_reader_path(r), (unsigned long long)line.number);
        if (line.n > LINE_MAX_BYTES)
            return orr_error_set(err, ORR_EFORMAT, where, "a line of %zu bytes is no label", line.n);
        s = label_line(where, line.text, line.n, set, err);
        if (s) return s;
    }
    return s == ORR_ENOTFOUND ? ORR_OK : s;
}

enum orr_status orr_labelled_parse_lines(const char *name, const char *text, size_t n, struct orr_labelled *set,
                                         struct orr_error *err)
{
    struct orr_reader *r = NULL;
    enum orr_status s = orr_reader_open_memory(name, text, n, 0, &r, err);
    if (!s) s = label_lines(r, set, err);
    orr_reader_close(r);
    return s;
}

/* labels/ for the last images/ of the path, and .txt for its extension. */
static void label_path(const char *image, struct orr_str *out)
{
    const char *images = NULL;
    for (const char *p = image; (p = strstr(p, "/images/")); p++) images = p;
    const char *dot = strrchr(image, '.');
    orr_str_clear(out);
    if (images) {
        orr_str_append_n(out, image, (size_t)(images - image));
        orr_str_append(out, "/labels/");
        image = images + strlen("/images/");
    }
    orr_str_append_n(out, image, (size_t)(dot - image));
    orr_str_append(out, ".txt");
}

static enum orr_status add_labels(struct orr_labelled *set, struct orr_error *err)
{
    struct orr_str path = {0};
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < set->images.len && !s; i++) {
        struct orr_labelled_image *image = &set->images.data[i];
        struct stat st;
        image->first = set->boxes.len;
        label_path(image->path, &path);
        if (stat(path.data, &st) != 0) {
            set->without_labels++;
            continue;
        }
        struct orr_reader *r = NULL;
        s = orr_reader_open(path.data, 1 << 14, &r, err);
        if (!s) s = label_lines(r, set, err);
        orr_reader_close(r);
        image->n = set->boxes.len - image->first;
    }
    orr_str_free(&path);
    return s;
}

/* ---- data.yaml ---- */

struct description {
    const char *file;
    struct orr_arena *arena;
    const char *path, *splits[3]; /* val, test, train: where they lie, as JSON when it is a list */
    const char *wanted_name, *wanted;
    bool list[4]; /* splits and wanted: is it JSON? */
    int64_t nc;   /* -1: not given */
    ORR_VEC(const char *) names;
};

static const char *const SPLITS[3] = {"val", "test", "train"};

static enum orr_status put_name(struct description *d, size_t at, const char *name, struct orr_error *err)
{
    if (at >= ORR_LABELLED_CLASSES_MAX)
        return orr_error_set(err, ORR_EFORMAT, d->file, "class %zu: at most %d classes are read", at,
                             ORR_LABELLED_CLASSES_MAX);
    while (d->names.len <= at) ORR_VEC_PUSH(&d->names, NULL);
    d->names.data[at] = orr_arena_strdup(d->arena, name);
    return ORR_OK;
}

static enum orr_status put_names(struct description *d, const char *json, struct orr_error *err)
{
    struct json_object *list = NULL;
    enum orr_status s = orr_json_parse(d->file, json, strlen(json), &list, err);
    if (!s && !json_object_is_type(list, json_type_array))
        s = orr_error_set(err, ORR_EFORMAT, d->file, "names: is no list");
    for (size_t i = 0; !s && i < json_object_array_length(list); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(list, i));
        s = put_name(d, i, name ? name : "", err);
    }
    json_object_put(list);
    return s;
}

static enum orr_status on_key(void *ctx, const char *key, enum orr_value_kind kind, const char *value,
                              struct orr_error *err)
{
    struct description *d = ctx;
    const bool list = kind == ORR_VALUE_JSON;
    int64_t at;
    if (!strcmp(key, "names") && list) return put_names(d, value, err);
    if (orr_starts_with(key, "names.")) {
        if (!orr_parse_int64(key + 6, strlen(key + 6), &at) || at < 0)
            return orr_error_set(err, ORR_EFORMAT, d->file, "names: `%s` is no number of a class", key + 6);
        return put_name(d, (size_t)at, value, err);
    }
    if (!strcmp(key, "path"))
        d->path = orr_arena_strdup(d->arena, value);
    else if (!strcmp(key, "nc") && !orr_parse_int64(value, strlen(value), &d->nc))
        return orr_error_set(err, ORR_EFORMAT, d->file, "nc: `%s` is no number of classes", value);
    for (int k = 0; k < 3; k++)
        if (!strcmp(key, SPLITS[k])) d->splits[k] = orr_arena_strdup(d->arena, value), d->list[k] = list;
    if (d->wanted_name && !strcmp(key, d->wanted_name))
        d->wanted = orr_arena_strdup(d->arena, value), d->list[3] = list;
    return ORR_OK;
}

static enum orr_status check_names(const struct description *d, struct orr_error *err)
{
    if (d->names.len == 0)
        return orr_error_set(err, ORR_EFORMAT, d->file,
                             "names: is missing; list the classes, as in `names: [plastic, paper]`");
    for (size_t i = 0; i < d->names.len; i++)
        if (!d->names.data[i]) return orr_error_set(err, ORR_EFORMAT, d->file, "names: class %zu has no name", i);
    if (d->nc >= 0 && (size_t)d->nc != d->names.len)
        return orr_error_set(err, ORR_EFORMAT, d->file, "nc: %lld, but names: has %zu classes", (long long)d->nc,
                             d->names.len);
    return ORR_OK;
}

/* ---- where pictures lie ---- */

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Pictures that a text file lists, one a line. */
static enum orr_status add_listed(struct orr_labelled *set, const char *root, const char *file, struct orr_error *err)
{
    struct orr_reader *r = NULL;
    struct orr_line line = {0};
    enum orr_status s = orr_reader_open(file, 0, &r, err);
    while (!s && (s = orr_line_next(r, &line, err)) == ORR_OK) {
        while (line.n && strchr(" \t\r", line.text[line.n - 1])) line.n--;
        if (line.n == 0) continue;
        const char *entry = orr_arena_strndup(&set->arena, line.text, line.n);
        const char *path = orr_labelled_inside(&set->arena, root, entry);
        char where[320];
        snprintf(where, sizeof where, "%.280s:%llu", file, (unsigned long long)line.number);
        if (!path || !orr_labelled_is_picture(path))
            s = orr_error_set(err, ORR_EFORMAT, where, "`%.200s` is no picture inside `%.120s`", entry, root);
        else
            ORR_VEC_PUSH(&set->images, (struct orr_labelled_image){.path = path});
    }
    orr_reader_close(r);
    return s == ORR_ENOTFOUND ? ORR_OK : s;
}

static enum orr_status add_entry(struct orr_labelled *set, const char *yaml, const char *root, const char *entry,
                                 struct orr_error *err)
{
    const char *path = orr_labelled_inside(&set->arena, root, entry);
    struct stat st;
    if (!path)
        return orr_error_set(err, ORR_EFORMAT, yaml,
                             "`%.200s` leads out of `%.120s`; set path: to the folder that holds it", entry, root);
    if (stat(path, &st) != 0) return orr_error_set(err, ORR_ENOTFOUND, yaml, "`%.200s` is not there", path);
    return S_ISDIR(st.st_mode) ? orr_labelled_add_folder(set, path, 0, err) : add_listed(set, root, path, err);
}

static enum orr_status add_entries(struct orr_labelled *set, const char *yaml, const char *root, const char *value,
                                   bool list, struct orr_error *err)
{
    if (!list) return add_entry(set, yaml, root, value, err);
    struct json_object *entries = NULL;
    enum orr_status s = orr_json_parse(yaml, value, strlen(value), &entries, err);
    for (size_t i = 0; !s && i < json_object_array_length(entries); i++) {
        const char *entry = json_object_get_string(json_object_array_get_idx(entries, i));
        s = add_entry(set, yaml, root, entry ? entry : "", err);
    }
    json_object_put(entries);
    return s;
}

/* The folder that entries are relative to: path:, absolute or beside data.yaml; where it is not there (it was written on another
 * machine), the folder of data.yaml. */
static const char *root_of(const struct description *d)
{
    const char *slash = strrchr(d->file, '/');
    const char *beside = slash ? orr_arena_strndup(d->arena, d->file, (size_t)(slash - d->file)) : ".";
    if (!d->path || !d->path[0]) return beside;
    struct orr_str path = {0};
    if (d->path[0] == '/')
        orr_str_append(&path, d->path);
    else
        orr_str_printf(&path, "%s/%s", beside, d->path);
    while (path.len > 1 && path.data[path.len - 1] == '/') path.data[--path.len] = '\0';
    const char *root = is_folder(path.data) ? orr_arena_strdup(d->arena, path.data) : beside;
    orr_str_free(&path);
    return root;
}

enum orr_status orr_labelled_read_yolo(const char *yaml, const char *split, struct orr_labelled *out,
                                       struct orr_error *err)
{
    struct description d = {.file = yaml, .arena = &out->arena, .wanted_name = split, .nc = -1};
    enum orr_status s = orr_yaml_read(yaml, on_key, &d, err);
    if (!s) s = check_names(&d, err);
    if (s) goto out;
    out->labelled = true;
    out->n_classes = (int)d.names.len;
    out->classes = d.names.data;
    d.names.data = NULL;
    const char *value = split ? d.wanted : NULL;
    bool list = d.list[3];
    for (int k = 0; k < 3 && !split && !value; k++) value = d.splits[k], list = d.list[k];
    if (!value)
        s = orr_error_set(err, ORR_ENOTFOUND, yaml, "%s: is missing; it says where the pictures lie",
                          split ? split : "train");
    else
        s = add_entries(out, yaml, root_of(&d), value, list, err);
    if (!s) s = add_labels(out, err);
out:
    free(d.names.data);
    return s;
}
