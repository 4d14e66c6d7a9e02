#include "app/detect_gallery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "image/litter_scene.h"
#include "ingest/labelled.h"

enum { SCENES = 3000, OTHERS = 400, SCENES_MAX = 1000000, MIXED = 4 /* one of so many is wild */ };
static const uint64_t SEEDS[] = {[ORR_DETECT_TRAIN] = 101, [ORR_DETECT_VALIDATION] = 102, [ORR_DETECT_TEST] = 103};

struct orr_detect_gallery {
    enum orr_detect_part part;
    bool drawn, easy, wild; /* both: mixed */
    size_t n;
    struct orr_litter_scenes *scenes[2]; /* easy, wild */
    struct orr_litter_scene scene;
    struct orr_labelled folder;
    bool stands_in; /* validation images for a test that the folder lacks */
};

void orr_detect_gallery_close(struct orr_detect_gallery *g)
{
    if (!g) return;
    for (int k = 0; k < 2; k++) orr_litter_scenes_free(g->scenes[k]);
    orr_image_free(&g->scene.image);
    orr_labelled_free(&g->folder);
    free(g);
}

/* ---- opening ---- */

static bool is_word(const char *text, size_t n, const char *word)
{
    return strlen(word) == n && !strncmp(text, word, n);
}

static enum orr_status open_drawn(struct orr_detect_gallery *g, const char *source, int size, struct orr_error *err)
{
    const char *kind = source + strlen("drawn");
    int64_t n = SCENES;
    if (*kind == ':') kind++;
    const size_t length = strcspn(kind, ":");
    const char *count = kind + length;
    const bool mixed = is_word(kind, length, "mixed");
    g->drawn = true;
    g->wild = mixed || is_word(kind, length, "wild");
    g->easy = mixed || length == 0 || is_word(kind, length, "easy");
    if ((!g->easy && !g->wild) ||
        (*count && (!orr_parse_int64(count + 1, strlen(count + 1), &n) || n < 1 || n > SCENES_MAX)))
        return orr_error_set(err, ORR_EINVAL, source,
                             "expected drawn:easy, drawn:wild or drawn:mixed, and :N for N scenes up to %d",
                             (int)SCENES_MAX);
    g->n = (size_t)n;
    if (g->part != ORR_DETECT_TRAIN) {
        g->n = *count == 0 || g->n / 8 > OTHERS ? OTHERS : g->n / 8;
        if (g->n < 1) g->n = 1;
    }
    for (int w = 0; w < 2; w++) {
        const struct orr_litter_scene_options o = {w ? ORR_LITTER_WILD : ORR_LITTER_EASY, g->part == ORR_DETECT_TEST,
                                                   size};
        if (!(w ? g->wild : g->easy)) continue;
        g->scenes[w] = orr_litter_scenes_new(&o);
        if (!g->scenes[w])
            return orr_error_set(err, ORR_EINVAL, "size", "%d: scenes are drawn with 32 to 2048 pixels a side", size);
    }
    return ORR_OK;
}

static enum orr_status open_folder(struct orr_detect_gallery *g, const char *source, struct orr_error *err)
{
    static const char *const splits[] = {"train", "val", "test"};
    enum orr_status s = orr_labelled_read(source, splits[g->part], &g->folder, err);
    g->stands_in = s == ORR_ENOTFOUND && g->part == ORR_DETECT_TEST;
    if (g->stands_in) s = orr_labelled_read(source, "val", &g->folder, err);
    if (!s && g->folder.n_classes > ORR_YOLO_CLASSES_MAX)
        s = orr_error_set(err, ORR_EUNSUPPORTED, source, "%d classes; networks here have up to %d", g->folder.n_classes,
                          ORR_YOLO_CLASSES_MAX);
    g->n = g->folder.images.len;
    return s;
}

enum orr_status orr_detect_gallery_open(const char *source, enum orr_detect_part part, int size,
                                        struct orr_detect_gallery **out, struct orr_error *err)
{
    struct orr_detect_gallery *g = orr_xcalloc(1, sizeof *g);
    g->part = part;
    const bool drawn = !strncmp(source, "drawn", 5) && (source[5] == '\0' || source[5] == ':');
    const enum orr_status s = drawn ? open_drawn(g, source, size, err) : open_folder(g, source, err);
    if (s) orr_detect_gallery_close(g), g = NULL;
    *out = g;
    return s;
}

/* ---- what there is ---- */

size_t orr_detect_gallery_count(const struct orr_detect_gallery *g) { return g->n; }
bool orr_detect_gallery_is_drawn(const struct orr_detect_gallery *g) { return g->drawn; }
int orr_detect_gallery_classes(const struct orr_detect_gallery *g)
{
    return g->drawn ? ORR_MATERIALS : g->folder.n_classes;
}
const char *orr_detect_gallery_class(const struct orr_detect_gallery *g, int class)
{
    return g->drawn ? orr_material_names[class] : g->folder.classes[class];
}
bool orr_detect_gallery_has_class(const struct orr_detect_gallery *g, int class)
{
    return g->drawn || g->folder.class_images[class] > 0;
}
bool orr_detect_gallery_stands_in(const struct orr_detect_gallery *g) { return g->stands_in; }
size_t orr_detect_gallery_left_out(const struct orr_detect_gallery *g) { return g->folder.left_out; }

const char *orr_detect_gallery_path(const struct orr_detect_gallery *g, size_t i)
{
    return g->drawn || i >= g->n ? NULL : g->folder.images.data[i].path;
}

/* ---- pictures ---- */

static enum orr_status draw(struct orr_detect_gallery *g, size_t i, struct orr_detect_image *out, struct orr_error *err)
{
    const bool wild = g->wild && (!g->easy || i % MIXED == MIXED - 1);
    snprintf(out->name, sizeof out->name, "drawn %zu", i);
    if (!orr_litter_scene_draw(g->scenes[wild], SEEDS[g->part], i, &g->scene))
        return orr_error_set(err, ORR_ENOMEM, "drawn", "no memory for scene %zu", i);
    out->image = g->scene.image;
    g->scene.image = (struct orr_image){0};
    out->n_labels = (size_t)g->scene.n;
    out->labels = orr_xcalloc(out->n_labels + 1, sizeof *out->labels);
    for (size_t k = 0; k < out->n_labels; k++) {
        const struct orr_litter_box *b = &g->scene.boxes[k];
        out->labels[k] = (struct orr_label){{b->x0, b->y0, b->x1, b->y1}, b->material};
    }
    return ORR_OK;
}

static enum orr_status read_file(const struct orr_labelled *f, size_t i, struct orr_detect_image *out,
                                 struct orr_error *err)
{
    const struct orr_labelled_image *image = &f->images.data[i];
    const char *slash = strrchr(image->path, '/');
    snprintf(out->name, sizeof out->name, "%s", slash ? slash + 1 : image->path);
    const enum orr_status s = orr_image_read(image->path, &out->image, err);
    if (s) return s;
    const float w = (float)out->image.width, h = (float)out->image.height;
    out->n_labels = image->n;
    out->labels = orr_xcalloc(image->n + 1, sizeof *out->labels);
    for (size_t k = 0; k < image->n; k++) {
        const struct orr_labelled_box *b = &f->boxes.data[image->first + k];
        out->labels[k] = (struct orr_label){{b->x0 * w, b->y0 * h, b->x1 * w, b->y1 * h}, b->class};
    }
    return ORR_OK;
}

enum orr_status orr_detect_gallery_get(struct orr_detect_gallery *g, size_t i, struct orr_detect_image *out,
                                       struct orr_error *err)
{
    *out = (struct orr_detect_image){0};
    if (i >= g->n) return orr_error_set(err, ORR_EINVAL, "image", "there are %zu, from 0 on", g->n);
    return g->drawn ? draw(g, i, out, err) : read_file(&g->folder, i, out, err);
}

/* ---- one scene by name ---- */

bool orr_detect_is_scene(const char *name) { return !strncmp(name, "drawn:", strlen("drawn:")); }

enum orr_status orr_detect_scene(const char *name, int size, struct orr_detect_image *out, struct orr_error *err)
{
    const char *item = name + strlen("drawn");
    const bool wild = !strncmp(item, ":wild", 5);
    struct orr_detect_gallery *g = NULL;
    int64_t k = -1;
    if (wild || !strncmp(item, ":easy", 5)) item += 5;
    if (*item != ':' || !orr_parse_int64(item + 1, strlen(item + 1), &k) || k < 0 || k >= OTHERS)
        return orr_error_set(err, ORR_EINVAL, name,
                             "expected drawn:K, drawn:easy:K or drawn:wild:K with K from 0 to %d", OTHERS - 1);
    enum orr_status s = orr_detect_gallery_open(wild ? "drawn:wild" : "drawn:easy", ORR_DETECT_TEST, size, &g, err);
    if (!s) s = orr_detect_gallery_get(g, (size_t)k, out, err);
    orr_detect_gallery_close(g);
    return s;
}
