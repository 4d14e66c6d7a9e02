#include "ingest/labelled.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/str.h"
#include "ingest/labelled_private.h"

enum { DEPTH = 8 };
static const double SLACK = 0.01; /* of a side: rounding of exporters */

void orr_labelled_free(struct orr_labelled *set)
{
    free(set->classes);
    free(set->class_boxes);
    free(set->class_images);
    free(set->images.data);
    free(set->boxes.data);
    orr_arena_free(&set->arena);
    *set = (struct orr_labelled){0};
}

/* ---- boxes ---- */

static double cut(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

enum orr_status orr_labelled_add_box(struct orr_labelled *set, const char *where, int class, double x0, double y0,
                                     double x1, double y1, struct orr_error *err)
{
    if (!isfinite(x0) || !isfinite(y0) || !isfinite(x1) || !isfinite(y1))
        return orr_error_set(err, ORR_EFORMAT, where, "a coordinate is not a number");
    if (x0 < -SLACK || y0 < -SLACK || x1 > 1 + SLACK || y1 > 1 + SLACK)
        return orr_error_set(
            err, ORR_EFORMAT, where,
            "the box lies outside the picture: from (%.3g, %.3g) to (%.3g, %.3g) of its width and height%s", x0, y0, x1,
            y1, x1 > 2 && y1 > 2 ? "; if these are pixels, divide them" : "; correct or delete it");
    const struct orr_labelled_box box = {class, (float)cut(x0), (float)cut(y0), (float)cut(x1), (float)cut(y1)};
    if (!(box.x1 > box.x0) || !(box.y1 > box.y0))
        set->left_out++;
    else
        ORR_VEC_PUSH(&set->boxes, box);
    return ORR_OK;
}

/* ---- files and folders ---- */

bool orr_labelled_is_picture(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (!strcasecmp(dot, ".png") || !strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg"));
}

/* ".." and "." resolved by the letters alone; false when it leads above where it began. */
static bool tidy(const char *path, struct orr_str *out)
{
    while (*path) {
        const size_t n = strcspn(path, "/");
        if (n == 2 && !strncmp(path, "..", 2)) {
            if (out->len == 0) return false;
            const char *slash = strrchr(out->data, '/');
            out->len = slash ? (size_t)(slash - out->data) : 0;
            out->data[out->len] = '\0';
        } else if (n > 0 && !(n == 1 && *path == '.')) {
            if (out->len) orr_str_append_char(out, '/');
            orr_str_append_n(out, path, n);
        }
        path += n + (path[n] == '/');
    }
    return true;
}

const char *orr_labelled_inside(struct orr_arena *arena, const char *root, const char *entry)
{
    const size_t n = strlen(root);
    if (entry[0] == '/') { /* an absolute path may say the same */
        if (strncmp(entry, root, n) != 0 || (entry[n] != '/' && entry[n] != '\0')) return NULL;
        entry += n + (entry[n] == '/');
    }
    /* Roboflow writes "../train/images" for what lies beside data.yaml. */
    while (!strncmp(entry, "../", 3)) entry += 3;
    struct orr_str rest = {0};
    const char *path = NULL;
    if (tidy(entry, &rest))
        path = rest.len ? orr_arena_printf(arena, "%s/%s", root, rest.data) : orr_arena_strdup(arena, root);
    orr_str_free(&rest);
    return path;
}

static int visible(const struct dirent *d) { return d->d_name[0] != '.'; }

enum orr_status orr_labelled_add_folder(struct orr_labelled *set, const char *folder, int depth, struct orr_error *err)
{
    struct dirent **list = NULL;
    const int n = scandir(folder, &list, visible, alphasort);
    if (n < 0) return orr_error_set(err, ORR_EIO, folder, "cannot read the folder: %s", strerror(errno));
    enum orr_status s = ORR_OK;
    for (int i = 0; i < n; i++) {
        struct stat st;
        const char *path = s ? NULL : orr_arena_printf(&set->arena, "%s/%s", folder, list[i]->d_name);
        if (path && stat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode) && depth < DEPTH)
                s = orr_labelled_add_folder(set, path, depth + 1, err);
            else if (S_ISREG(st.st_mode) && orr_labelled_is_picture(path))
                ORR_VEC_PUSH(&set->images, (struct orr_labelled_image){.path = path});
        }
        free(list[i]);
    }
    free(list);
    return s;
}

static bool there(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The file that says what a folder holds; NULL: none of those that are known. */
static const char *description(struct orr_arena *arena, const char *folder, const char *split)
{
    static const char *const names[] = {"data.yaml",
                                        "data.yml",
                                        "dataset.yaml",
                                        "_annotations.coco.json",
                                        "%s/_annotations.coco.json",
                                        "annotations/instances_%s.json",
                                        "annotations/instances_%s2017.json",
                                        "annotations.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *at = strstr(names[i], "%s"), *path;
        if (at)
            path = orr_arena_printf(arena, "%s/%.*s%s%s", folder, (int)(at - names[i]), names[i], split ? split : "val",
                                    at + 2);
        else
            path = orr_arena_printf(arena, "%s/%s", folder, names[i]);
        if (there(path)) return path;
    }
    return NULL;
}

/* ---- the whole ---- */

static void count(struct orr_labelled *set)
{
    const size_t classes = (size_t)set->n_classes;
    set->class_boxes = orr_xcalloc(classes + 1, sizeof *set->class_boxes);
    set->class_images = orr_xcalloc(classes + 1, sizeof *set->class_images);
    size_t *last = orr_xcalloc(classes + 1, sizeof *last); /* 1 + the picture that a class was last seen in */
    for (size_t i = 0; i < set->images.len; i++) {
        const struct orr_labelled_image *image = &set->images.data[i];
        set->empty += image->n == 0;
        for (size_t k = 0; k < image->n; k++) {
            const int c = set->boxes.data[image->first + k].class;
            set->class_boxes[c]++;
            if (last[c] != i + 1) set->class_images[c]++;
            last[c] = i + 1;
        }
    }
    free(last);
}

static bool ends_in(const char *path, const char *end)
{
    const size_t n = strlen(path), m = strlen(end);
    return n > m && strcasecmp(path + n - m, end) == 0;
}

static enum orr_status read_any(const char *path, const char *split, struct orr_labelled *out, struct orr_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0) return orr_error_set(err, ORR_ENOTFOUND, path, "cannot open: %s", strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        const char *file = description(&out->arena, path, split);
        if (file) return read_any(file, split, out, err);
        return orr_labelled_add_folder(out, path, 0, err);
    }
    if (ends_in(path, ".yaml") || ends_in(path, ".yml")) return orr_labelled_read_yolo(path, split, out, err);
    if (ends_in(path, ".json")) return orr_labelled_read_coco(path, out, err);
    if (!orr_labelled_is_picture(path))
        return orr_error_set(
            err, ORR_EFORMAT, path,
            "neither a folder of pictures, a data.yaml, a COCO file (.json) nor a picture (.png, .jpg)");
    ORR_VEC_PUSH(&out->images, (struct orr_labelled_image){.path = orr_arena_strdup(&out->arena, path)});
    return ORR_OK;
}

enum orr_status orr_labelled_read(const char *path, const char *split, struct orr_labelled *out, struct orr_error *err)
{
    *out = (struct orr_labelled){0};
    char *root = orr_xstrdup(path);
    for (size_t n = strlen(root); n > 1 && root[n - 1] == '/'; n--) root[n - 1] = '\0';
    enum orr_status s = read_any(root, split, out, err);
    if (!s && out->images.len == 0)
        s = orr_error_set(err, ORR_ENOTFOUND, path, "no picture (.png, .jpg, .jpeg) is there");
    if (s)
        orr_labelled_free(out);
    else
        count(out);
    free(root);
    return s;
}
