#include "text/model_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

enum { JSON_LIMIT = 64 << 20, PARTS_MOST = 1000 };

int orr_model_folder_integer(struct orr_model_folder *f, const char *name, int fallback)
{
    struct json_object *x = orr_json_member(f->config, name);
    if (json_object_is_type(x, json_type_int)) {
        const int64_t v = json_object_get_int64(x);
        if (v >= 0 && v <= 1 << 24 && (v > 0 || fallback >= 0)) return (int)v;
    } else if (!x && fallback >= 0) {
        return fallback;
    }
    if (!f->status)
        f->status =
            orr_error_set(f->err, ORR_EFORMAT, f->path, "config.json: '%s' is no number that a model can have", name);
    return 1;
}

double orr_model_folder_real(const struct orr_model_folder *f, const char *name, double fallback)
{
    struct json_object *x = orr_json_member(f->config, name);
    return json_object_is_type(x, json_type_double) || json_object_is_type(x, json_type_int) ? json_object_get_double(x)
                                                                                             : fallback;
}

void orr_model_folder_refuse(struct orr_model_folder *f, const char *what, const char *has)
{
    if (!f->status)
        f->status = orr_error_set(f->err, ORR_EUNSUPPORTED, f->path, "%s '%.60s' is not built in", what, has);
}

/* ---- files ---- */

/* False, with the error set, where the path is too long. */
static bool path_of(struct orr_model_folder *f, const char *name, char path[4096])
{
    if (snprintf(path, 4096, "%s/%s", f->path, name) < 4096) return true;
    if (!f->status) f->status = orr_error_set(f->err, ORR_EINVAL, "model folder", "the path is too long");
    return false;
}

bool orr_model_folder_has(const struct orr_model_folder *f, const char *name)
{
    char path[4096];
    struct stat st;
    return snprintf(path, sizeof path, "%s/%s", f->path, name) < (int)sizeof path && stat(path, &st) == 0 &&
           S_ISREG(st.st_mode);
}

struct json_object *orr_model_folder_json(struct orr_model_folder *f, const char *name)
{
    char path[4096];
    struct json_object *o = NULL;
    if (f->status || !orr_model_folder_has(f, name) || !path_of(f, name, path)) return NULL;
    f->status = orr_json_parse_file(path, JSON_LIMIT, &o, f->err);
    return o;
}

static void open_part(struct orr_model_folder *f, const char *name)
{
    char path[4096];
    struct stat st;
    if (f->status || !path_of(f, name, path)) return;
    if (!*name || strchr(name, '/') || f->n_files == PARTS_MOST) {
        f->status = orr_error_set(f->err, ORR_EFORMAT, f->path, "'%.80s' is no file of this folder", name);
        return;
    }
    if (!orr_model_folder_has(f, name)) {
        f->status = orr_error_set(f->err, ORR_ENOTFOUND, f->path,
                                  "no %.80s here; weights in other files (pytorch_model.bin) are not read", name);
        return;
    }
    f->files = orr_xrealloc(f->files, f->n_files + 1, sizeof *f->files);
    f->files[f->n_files] = (struct orr_safetensors){0};
    f->status = orr_safetensors_open(path, 0, &f->files[f->n_files++], f->err);
    if (!f->status && stat(path, &st) == 0) f->bytes += (uint64_t)st.st_size;
}

static void open_weights(struct orr_model_folder *f)
{
    struct json_object *root = orr_model_folder_json(f, "model.safetensors.index.json"),
                       *map = orr_json_member(root, "weight_map"), *seen = json_object_new_object();
    if (!root) {
        open_part(f, "model.safetensors");
    } else if (!json_object_is_type(map, json_type_object)) {
        f->status = orr_error_set(f->err, ORR_EFORMAT, f->path, "model.safetensors.index.json has no 'weight_map'");
    } else {
        json_object_object_foreach(map, tensor, part)
        {
            (void)tensor;
            const char *name = json_object_is_type(part, json_type_string) ? json_object_get_string(part) : "";
            if (json_object_object_get_ex(seen, name, NULL)) continue;
            json_object_object_add(seen, name, NULL);
            open_part(f, name);
        }
    }
    json_object_put(seen);
    json_object_put(root);
}

enum orr_status orr_model_folder_open(const char *path, struct orr_model_folder *out, struct orr_error *err)
{
    *out = (struct orr_model_folder){.path = path, .err = err};
    char config[4096];
    if (!orr_model_folder_has(out, "config.json"))
        out->status = orr_error_set(err, ORR_ENOTFOUND, path, "no config.json: this is no model folder");
    else if (path_of(out, "config.json", config))
        out->status = orr_json_parse_file(config, JSON_LIMIT, &out->config, err);
    if (!out->status) open_weights(out);
    return out->status;
}

void orr_model_folder_close(struct orr_model_folder *f)
{
    for (size_t i = 0; i < f->n_files; i++) orr_safetensors_close(&f->files[i]);
    free(f->files);
    json_object_put(f->config);
    *f = (struct orr_model_folder){0};
}

/* ---- tensors ---- */

const struct orr_safetensor *orr_model_folder_find(const struct orr_model_folder *f, const char *name,
                                                   struct orr_safetensors **in)
{
    static const char *const none[] = {"", NULL};
    char full[200];
    for (const char *const *prefix = f->prefixes ? f->prefixes : none; *prefix; prefix++) {
        snprintf(full, sizeof full, "%s%s", *prefix, name);
        for (size_t i = 0; i < f->n_files; i++) {
            const struct orr_safetensor *t = orr_safetensors_find(&f->files[i], full);
            if (in) *in = &f->files[i];
            if (t) return t;
        }
    }
    return NULL;
}

void orr_model_folder_read(struct orr_model_folder *f, const char *name, size_t rows, size_t columns, float *to)
{
    struct orr_safetensors *in;
    if (f->status) return;
    const struct orr_safetensor *t = orr_model_folder_find(f, name, &in);
    if (!t) {
        f->status = orr_error_set(f->err, ORR_EFORMAT, f->path, "no tensor '%s'; is the folder complete?", name);
        return;
    }
    const bool fits = rows == 0 ? t->rank == 1 && t->shape[0] == (int64_t)columns
                                : t->rank == 2 && t->shape[0] == (int64_t)rows && t->shape[1] == (int64_t)columns;
    if (!fits)
        f->status = orr_error_set(f->err, ORR_EFORMAT, f->path,
                                  "'%s' has another shape than config.json says (%zu x %zu)", name, rows, columns);
    else
        f->status = orr_safetensors_read(in, t, 0, t->count, to, f->err);
}
