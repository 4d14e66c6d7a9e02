#include "app/detect_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "image/litter_scene.h"

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

enum orr_status orr_detect_data_load(const char *data, enum orr_detect_part part, int size, const struct orr_ticker *ticker,
                                     struct orr_detect_data *out, struct orr_error *err)
{
    struct drawn d;
    *out = (struct orr_detect_data){0};
    if (strncmp(data, "drawn", 5) || (data[5] && data[5] != ':'))
        return orr_error_set(err, ORR_ENOTFOUND, data, "no such data; drawn:easy, drawn:wild and drawn:mixed are drawn on demand");
    enum orr_status s = parse_drawn(data, part, &d, err);
    if (!s) s = draw(&d, part, size, ticker, out, err);
    if (s) orr_detect_data_free(out);
    return s;
}
