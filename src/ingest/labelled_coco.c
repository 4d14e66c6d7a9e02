/* COCO's JSON: images, annotations that name them by number, categories. Classes are the categories by rising number. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/reader.h"
#include "base/str.h"
#include "ingest/labelled_private.h"

enum { FILE_LIMIT = 1 << 30 };

struct numbered { /* an id and what it stands for */
    int64_t id;
    size_t at;
};

static int by_id(const void *a, const void *b)
{
    const struct numbered *p = a, *q = b;
    if (p->id != q->id) return p->id < q->id ? -1 : 1;
    return p->at < q->at ? -1 : p->at > q->at;
}

static const struct numbered *find(const struct numbered *list, size_t n, int64_t id)
{
    const struct numbered key = {.id = id};
    size_t low = 0, high = n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (list[middle].id < key.id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && list[low].id == id ? &list[low] : NULL;
}

struct coco {
    const char *name, *folder;
    struct json_object *images, *annotations, *categories;
    struct numbered *image_ids, *class_ids;
    double (*sides)[2]; /* of images */
    struct orr_labelled *set;
};

/* "x.json: annotations[12]" */
static const char *entry(const struct coco *c, const char *list, size_t i, char where[320])
{
    snprintf(where, 320, "%.240s: %s[%zu]", c->name, list, i);
    return where;
}

static bool get_int(struct json_object *o, const char *key, int64_t *out)
{
    struct json_object *v = NULL;
    if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_int)) return false;
    *out = json_object_get_int64(v);
    return true;
}

static bool get_list(struct json_object *root, const char *key, struct json_object **out)
{
    return json_object_is_type(root, json_type_object) && json_object_object_get_ex(root, key, out) &&
           json_object_is_type(*out, json_type_array);
}

static enum orr_status read_classes(struct coco *c, struct orr_error *err)
{
    const size_t n = json_object_array_length(c->categories);
    char where[320];
    if (n == 0 || n > ORR_LABELLED_CLASSES_MAX)
        return orr_error_set(err, ORR_EFORMAT, c->name, "%zu categories; 1 to %d are read", n,
                             ORR_LABELLED_CLASSES_MAX);
    c->class_ids = orr_xcalloc(n, sizeof *c->class_ids);
    for (size_t i = 0; i < n; i++) {
        c->class_ids[i].at = i;
        if (!get_int(json_object_array_get_idx(c->categories, i), "id", &c->class_ids[i].id))
            return orr_error_set(err, ORR_EFORMAT, entry(c, "categories", i, where), "no id");
    }
    qsort(c->class_ids, n, sizeof *c->class_ids, by_id);
    c->set->classes = orr_xcalloc(n, sizeof *c->set->classes);
    for (size_t i = 0; i < n; i++) {
        struct json_object *name = NULL;
        if (i > 0 && c->class_ids[i].id == c->class_ids[i - 1].id)
            return orr_error_set(err, ORR_EFORMAT, entry(c, "categories", c->class_ids[i].at, where),
                                 "its id is taken");
        json_object_object_get_ex(json_object_array_get_idx(c->categories, c->class_ids[i].at), "name", &name);
        if (!json_object_is_type(name, json_type_string))
            return orr_error_set(err, ORR_EFORMAT, entry(c, "categories", c->class_ids[i].at, where), "no name");
        c->set->classes[i] = orr_arena_strdup(&c->set->arena, json_object_get_string(name));
        c->class_ids[i].at = i; /* from here on: the class */
    }
    c->set->n_classes = (int)n;
    return ORR_OK;
}

static double number_of(struct json_object *o)
{
    const bool number = json_object_is_type(o, json_type_int) || json_object_is_type(o, json_type_double);
    return number ? json_object_get_double(o) : (double)NAN;
}

static enum orr_status read_images(struct coco *c, struct orr_error *err)
{
    const size_t n = json_object_array_length(c->images);
    char where[320];
    c->image_ids = orr_xcalloc(n + 1, sizeof *c->image_ids);
    c->sides = orr_xcalloc(n + 1, sizeof *c->sides);
    for (size_t i = 0; i < n; i++) {
        struct json_object *o = json_object_array_get_idx(c->images, i), *file = NULL, *side[2] = {NULL, NULL};
        if (!get_int(o, "id", &c->image_ids[i].id))
            return orr_error_set(err, ORR_EFORMAT, entry(c, "images", i, where), "no id");
        json_object_object_get_ex(o, "file_name", &file);
        json_object_object_get_ex(o, "width", &side[0]);
        json_object_object_get_ex(o, "height", &side[1]);
        for (int k = 0; k < 2; k++) c->sides[i][k] = number_of(side[k]);
        if (!json_object_is_type(file, json_type_string) || !(c->sides[i][0] >= 1) || !(c->sides[i][1] >= 1))
            return orr_error_set(err, ORR_EFORMAT, entry(c, "images", i, where),
                                 "file_name, width and height are needed");
        const char *name = json_object_get_string(file), *path = orr_labelled_inside(&c->set->arena, c->folder, name);
        if (!path || strstr(name, "..") == name)
            return orr_error_set(err, ORR_EFORMAT, entry(c, "images", i, where), "`%.200s` leads out of `%.120s`", name,
                                 c->folder);
        c->image_ids[i].at = i;
        ORR_VEC_PUSH(&c->set->images, (struct orr_labelled_image){.path = path});
    }
    qsort(c->image_ids, n, sizeof *c->image_ids, by_id);
    for (size_t i = 1; i < n; i++)
        if (c->image_ids[i].id == c->image_ids[i - 1].id)
            return orr_error_set(err, ORR_EFORMAT, entry(c, "images", c->image_ids[i].at, where), "its id is taken");
    return ORR_OK;
}

/* Which picture each annotation belongs to: of[i], SIZE_MAX for a crowd. */
static enum orr_status assign(struct coco *c, size_t *of, struct orr_error *err)
{
    const size_t n = json_object_array_length(c->annotations), n_images = json_object_array_length(c->images);
    char where[320];
    for (size_t i = 0; i < n; i++) {
        struct json_object *o = json_object_array_get_idx(c->annotations, i);
        int64_t id = 0, crowd = 0;
        if (!json_object_is_type(o, json_type_object) || !get_int(o, "image_id", &id))
            return orr_error_set(err, ORR_EFORMAT, entry(c, "annotations", i, where), "no image_id");
        const struct numbered *image = find(c->image_ids, n_images, id);
        if (!image)
            return orr_error_set(err, ORR_EFORMAT, entry(c, "annotations", i, where),
                                 "image_id %lld is not among images", (long long)id);
        of[i] = image->at;
        if (get_int(o, "iscrowd", &crowd) && crowd)
            of[i] = SIZE_MAX, c->set->left_out++;
        else
            c->set->images.data[image->at].n++;
    }
    return ORR_OK;
}

static enum orr_status read_box(struct coco *c, size_t i, size_t image, struct orr_error *err)
{
    struct json_object *o = json_object_array_get_idx(c->annotations, i), *bbox = NULL;
    char where[320];
    entry(c, "annotations", i, where);
    int64_t id = 0;
    double v[4];
    const bool has_class = get_int(o, "category_id", &id);
    const struct numbered *class = has_class ? find(c->class_ids, (size_t)c->set->n_classes, id) : NULL;
    if (!class)
        return orr_error_set(err, ORR_EFORMAT, where, "category_id %lld is not among categories", (long long)id);
    if (!json_object_object_get_ex(o, "bbox", &bbox) || !json_object_is_type(bbox, json_type_array) ||
        json_object_array_length(bbox) != 4)
        return orr_error_set(err, ORR_EFORMAT, where, "bbox is no list of x, y, width, height");
    for (size_t k = 0; k < 4; k++) v[k] = number_of(json_object_array_get_idx(bbox, k));
    const double w = c->sides[image][0], h = c->sides[image][1];
    return orr_labelled_add_box(c->set, where, (int)class->at, v[0] / w, v[1] / h, (v[0] + v[2]) / w, (v[1] + v[3]) / h,
                                err);
}

/* Boxes by picture: a counting sort of the annotations. */
static enum orr_status read_annotations(struct coco *c, struct orr_error *err)
{
    const size_t n = json_object_array_length(c->annotations);
    struct orr_labelled *set = c->set;
    size_t *of = orr_alloc(n + 1, sizeof *of), *order = orr_alloc(n + 1, sizeof *order), at = 0;
    enum orr_status s =
        of && order ? assign(c, of, err) : orr_error_set(err, ORR_ENOMEM, c->name, "no memory for its boxes");
    for (size_t i = 0; !s && i < set->images.len; i++) {
        set->images.data[i].first = at;
        at += set->images.data[i].n;
    }
    for (size_t i = 0; !s && i < n; i++)
        if (of[i] != SIZE_MAX) order[set->images.data[of[i]].first++] = i;
    for (size_t i = 0, k = 0; !s && i < set->images.len; i++) {
        const size_t end = set->images.data[i].first; /* where its own end after the sort */
        set->images.data[i].first = set->boxes.len;
        for (; !s && k < end; k++) s = read_box(c, order[k], i, err);
        set->images.data[i].n = set->boxes.len - set->images.data[i].first;
    }
    free(of);
    free(order);
    return s;
}

/* Where the pictures lie: beside the file, in images/ there or one up. The first picture tells. */
static const char *folder_of(const struct coco *c)
{
    static const char *const places[] = {"", "/images", "/../images", "/..", NULL};
    struct orr_arena *arena = &c->set->arena;
    const char *slash = strrchr(c->name, '/');
    const char *beside = slash ? orr_arena_strndup(arena, c->name, (size_t)(slash - c->name)) : ".";
    struct json_object *file = NULL;
    json_object_object_get_ex(json_object_array_get_idx(c->images, 0), "file_name", &file);
    for (int k = 0; json_object_is_type(file, json_type_string) && places[k]; k++) {
        struct stat st;
        const char *folder = orr_arena_printf(arena, "%s%s", beside, places[k]);
        if (stat(orr_arena_printf(arena, "%s/%s", folder, json_object_get_string(file)), &st) == 0) return folder;
    }
    return beside;
}

enum orr_status orr_labelled_parse_coco(const char *name, const char *text, size_t n, const char *folder,
                                        struct orr_labelled *out, struct orr_error *err)
{
    struct coco c = {.name = name, .folder = folder, .set = out};
    struct json_object *root = NULL;
    enum orr_status s = orr_json_parse(name, text, n, &root, err);
    if (!s && !(get_list(root, "images", &c.images) && get_list(root, "annotations", &c.annotations) &&
                get_list(root, "categories", &c.categories)))
        s = orr_error_set(err, ORR_EFORMAT, name, "no COCO file: images, annotations and categories are needed");
    out->labelled = true;
    if (!s && !folder) c.folder = folder_of(&c);
    if (!s) s = read_classes(&c, err);
    if (!s) s = read_images(&c, err);
    if (!s) s = read_annotations(&c, err);
    json_object_put(root);
    free(c.image_ids);
    free(c.class_ids);
    free(c.sides);
    return s;
}

enum orr_status orr_labelled_read_coco(const char *path, struct orr_labelled *out, struct orr_error *err)
{
    struct orr_reader *r = NULL;
    enum orr_status s = orr_reader_open(path, 0, &r, err);
    if (s) return s;
    size_t n = 0;
    const char *text = NULL;
    if (orr_reader_size(r) > FILE_LIMIT)
        s = orr_error_set(err, ORR_EUNSUPPORTED, path, "more than a GiB of JSON; split the file");
    else if (!(text = (const char *)orr_reader_peek(r, (size_t)orr_reader_size(r), &n)))
        s = orr_reader_status(r, err);
    if (!s) s = orr_labelled_parse_coco(path, text, n, NULL, out, err);
    orr_reader_close(r);
    return s;
}
