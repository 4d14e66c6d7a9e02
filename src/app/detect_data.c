#include "app/detect_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "image/litter_scene.h"
#include "ingest/labelled.h"

enum { SCENES = 3000, OTHERS = 400, SCENES_MAX = 1000000, MIXED = 4 /* one of so many is wild */ };
static const uint64_t SEEDS[] = {[ORR_DETECT_TRAIN] = 101, [ORR_DETECT_VALIDATION] = 102, [ORR_DETECT_TEST] = 103};

void orr_detect_data_free(struct orr_detect_data *d)
{
    orr_detect_set_free(&d->set);
    *d = (struct orr_detect_data){0};
}

/* ---- drawn ---- */

struct drawn {
    bool wild, mixed;
    size_t n;
};

static enum orr_status parse_drawn(const char *data, enum orr_detect_part part, struct drawn *d, struct orr_error *err)
{
    const char *kind = data + strlen("drawn");
    int64_t n = SCENES;
    *d = (struct drawn){0};
    if (*kind == ':') kind++;
    const size_t length = strcspn(kind, ":");
    d->wild = length == 4 && !strncmp(kind, "wild", 4);
    d->mixed = length == 5 && !strncmp(kind, "mixed", 5);
    const char *count = kind + length;
    if ((length && !d->wild && !d->mixed && !(length == 4 && !strncmp(kind, "easy", 4))) ||
        (*count && (!orr_parse_int64(count + 1, strlen(count + 1), &n) || n < 1 || n > SCENES_MAX)))
        return orr_error_set(err, ORR_EINVAL, data, "expected drawn:easy, drawn:wild or drawn:mixed, and :N for N scenes up to %d",
                             (int)SCENES_MAX);
    d->n = (size_t)n;
    if (part != ORR_DETECT_TRAIN) {
        d->n = d->n / 8 < OTHERS ? d->n / 8 : OTHERS;
        if (*count == 0) d->n = OTHERS;
        if (d->n < 1) d->n = 1;
    }
    return ORR_OK;
}

static bool add_scene(const struct orr_litter_scene *from, size_t item, int size, struct orr_detect_data *out)
{
    struct orr_detect_image i = {.n_labels = (size_t)from->n, .labels = orr_xcalloc((size_t)from->n + 1, sizeof *i.labels)};
    snprintf(i.name, sizeof i.name, "drawn %zu", item);
    if (!orr_image_init(&i.image, from->image.width, from->image.height)) {
        orr_detect_image_free(&i);
        return false;
    }
    memcpy(i.image.rgb, from->image.rgb, 3 * (size_t)from->image.width * (size_t)from->image.height);
    for (int k = 0; k < from->n; k++) {
        const struct orr_litter_box *b = &from->boxes[k];
        i.labels[k] = (struct orr_label){{b->x0, b->y0, b->x1, b->y1}, b->material};
    }
    out->objects += (size_t)from->n;
    out->empty += from->n == 0;
    return orr_detect_set_add(&out->set, &i, size);
}

static enum orr_status draw(const struct drawn *d, enum orr_detect_part part, int size, const struct orr_ticker *ticker,
                            struct orr_detect_data *out, struct orr_error *err)
{
    struct orr_litter_scenes *g[2];
    struct orr_litter_scene scene = {0};
    enum orr_status s = ORR_OK;
    for (int w = 0; w < 2; w++) {
        const struct orr_litter_scene_options o = {w ? ORR_LITTER_WILD : ORR_LITTER_EASY, part == ORR_DETECT_TEST, size};
        g[w] = orr_litter_scenes_new(&o);
        if (!g[w]) s = orr_error_set(err, ORR_EINVAL, "size", "%d: scenes are drawn with 32 to 2048 pixels a side", size);
    }
    out->classes = ORR_MATERIALS;
    for (int c = 0; c < ORR_MATERIALS; c++) snprintf(out->class_name[c], sizeof out->class_name[c], "%s", orr_material_names[c]);
    for (size_t i = 0; !s && i < d->n; i++) {
        if (!orr_ticker_tick(ticker, "drawing scenes", "images", i, d->n)) {
            s = orr_error_set(err, ORR_ECANCELLED, NULL, "stopped");
            break;
        }
        const int w = d->wild || (d->mixed && i % MIXED == MIXED - 1);
        if (!orr_litter_scene_draw(g[w], SEEDS[part], i, &scene) || !add_scene(&scene, i, size, out))
            s = orr_error_set(err, ORR_ENOMEM, "drawn", "no memory for scene %zu of %zu", i, d->n);
    }
    orr_image_free(&scene.image);
    orr_litter_scenes_free(g[0]);
    orr_litter_scenes_free(g[1]);
    return s;
}

/* ---- folders ---- */

static enum orr_status read_list(const char *data, enum orr_detect_part part, struct orr_labelled *list, struct orr_error *err)
{
    static const char *const splits[] = {[ORR_DETECT_TRAIN] = "train", [ORR_DETECT_VALIDATION] = "val", [ORR_DETECT_TEST] = "test"};
    enum orr_status s = orr_labelled_read(data, splits[part], list, err);
    if (s == ORR_ENOTFOUND && part == ORR_DETECT_TEST) s = orr_labelled_read(data, splits[ORR_DETECT_VALIDATION], list, err);
    if (s) return s;
    if (!list->labelled) s = orr_error_set(err, ORR_EFORMAT, data, "has pictures but no labels: data.yaml with labels/, or a COCO file");
    if (!s && (list->n_classes < 1 || list->n_classes > ORR_YOLO_CLASSES_MAX))
        s = orr_error_set(err, ORR_EUNSUPPORTED, data, "%d classes; networks have 1 to %d", list->n_classes, (int)ORR_YOLO_CLASSES_MAX);
    if (s) orr_labelled_free(list);
    return s;
}

/* False: no memory. An image that cannot be read is left out. */
static bool add_file(const struct orr_labelled *list, const struct orr_labelled_image *from, int size, struct orr_detect_data *out)
{
    struct orr_detect_image i = {0};
    struct orr_error bad;
    if (orr_image_read(from->path, &i.image, &bad)) {
        if (out->unreadable++ == 0) out->first_bad = bad;
        return true;
    }
    const char *slash = strrchr(from->path, '/');
    snprintf(i.name, sizeof i.name, "%.95s", slash ? slash + 1 : from->path);
    i.n_labels = from->n;
    i.labels = orr_xcalloc(from->n + 1, sizeof *i.labels);
    const float w = (float)i.image.width, h = (float)i.image.height;
    for (size_t k = 0; k < from->n; k++) {
        const struct orr_labelled_box *b = &list->boxes.data[from->first + k];
        i.labels[k] = (struct orr_label){{b->x0 * w, b->y0 * h, b->x1 * w, b->y1 * h}, b->class};
    }
    out->objects += from->n;
    out->empty += from->n == 0;
    return orr_detect_set_add(&out->set, &i, size);
}

static enum orr_status read_folder(const char *data, enum orr_detect_part part, int size, const struct orr_ticker *ticker,
                                   struct orr_detect_data *out, struct orr_error *err)
{
    struct orr_labelled list = {0};
    enum orr_status s = read_list(data, part, &list, err);
    if (s) return s;
    out->classes = list.n_classes;
    out->left_out = list.left_out;
    for (int c = 0; c < list.n_classes; c++) {
        snprintf(out->class_name[c], sizeof out->class_name[c], "%.23s", list.classes[c]);
        for (char *p = out->class_name[c]; *p; p++)
            if (*p == ' ') *p = '_'; /* names are parted by blanks in the files of weights */
        out->without_images += list.class_images[c] == 0;
    }
    for (size_t i = 0; !s && i < list.images.len; i++) {
        if (!orr_ticker_tick(ticker, "reading images", "images", i, list.images.len))
            s = orr_error_set(err, ORR_ECANCELLED, NULL, "stopped");
        else if (!add_file(&list, &list.images.data[i], size, out))
            s = orr_error_set(err, ORR_ENOMEM, list.images.data[i].path, "no memory for image %zu of %zu", i + 1, list.images.len);
    }
    if (!s && !out->set.n)
        s = out->unreadable ? orr_error_set(err, out->first_bad.code, out->first_bad.where, "%s; no image of %s can be read",
                                            out->first_bad.message, data)
                            : orr_error_set(err, ORR_ENOTFOUND, data, "holds no images");
    orr_labelled_free(&list);
    return s;
}

bool orr_detect_data_remark(const struct orr_detect_data *d, struct orr_str *out)
{
    const size_t before = out->len;
    if (d->unreadable)
        orr_str_printf(out, "%zu image%s left out, the first: %s: %s. ", d->unreadable, d->unreadable == 1 ? " was" : "s were",
                       d->first_bad.where, d->first_bad.message);
    if (d->left_out) orr_str_printf(out, "%zu box%s without area or of crowds left out. ", d->left_out, d->left_out == 1 ? " was" : "es were");
    if (d->without_images)
        orr_str_printf(out, "%d class%s in no image. ", d->without_images, d->without_images == 1 ? " is" : "es are");
    return out->len > before;
}

static bool is_drawn(const char *data) { return !strncmp(data, "drawn", 5) && (data[5] == 0 || data[5] == ':'); }

enum orr_status orr_detect_data_load(const char *data, enum orr_detect_part part, int size, const struct orr_ticker *ticker,
                                     struct orr_detect_data *out, struct orr_error *err)
{
    struct drawn d;
    enum orr_status s;
    *out = (struct orr_detect_data){0};
    if (is_drawn(data)) {
        s = parse_drawn(data, part, &d, err);
        if (!s) s = draw(&d, part, size, ticker, out, err);
    } else {
        s = read_folder(data, part, size, ticker, out, err);
    }
    if (s) orr_detect_data_free(out);
    return s;
}
