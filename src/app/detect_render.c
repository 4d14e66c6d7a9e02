#include "app/detect_render.h"

#include <stdio.h>
#include <sys/stat.h>

#include "lab/logs.h"

void orr_detect_render_labels(const struct orr_litter_scene *scene, struct orr_str *out)
{
    const double w = scene->image.width, h = scene->image.height;
    for (int k = 0; k < scene->n; k++) {
        const struct orr_litter_box *b = &scene->boxes[k];
        orr_str_printf(out, "%d %.6f %.6f %.6f %.6f\n", b->material, ((double)b->x0 + (double)b->x1) / 2 / w,
                       ((double)b->y0 + (double)b->y1) / 2 / h, ((double)b->x1 - (double)b->x0) / w,
                       ((double)b->y1 - (double)b->y0) / h);
    }
}

static bool has_split(const char *folder, const char *split)
{
    struct orr_str path = {0};
    struct stat st;
    orr_str_printf(&path, "%s/images/%s", folder, split);
    const bool there = stat(path.data, &st) == 0 && S_ISDIR(st.st_mode);
    orr_str_free(&path);
    return there;
}

static enum orr_status write_description(const char *folder, struct orr_error *err)
{
    static const char *const splits[] = {"train", "val", "test"};
    struct orr_str text = {0};
    orr_str_append(&text,
                   "# Litter scenes drawn by orrery: synthetic. test: of styles that train and val do not have.\n");
    for (int k = 0; k < 3; k++)
        if (has_split(folder, splits[k])) orr_str_printf(&text, "%s: images/%s\n", splits[k], splits[k]);
    orr_str_printf(&text, "nc: %d\nnames: [", ORR_MATERIALS);
    for (int m = 0; m < ORR_MATERIALS; m++) orr_str_printf(&text, "%s%s", m ? ", " : "", orr_material_names[m]);
    orr_str_append(&text, "]\n");
    const enum orr_status s = orr_logs_write(folder, "data.yaml", &text, err);
    orr_str_free(&text);
    return s;
}

static enum orr_status write_scene(const char *folder, const struct orr_litter_scene *scene, const char *split, int i,
                                   struct orr_error *err)
{
    struct orr_str place = {0}, bytes = {0};
    char name[32];
    orr_str_printf(&place, "%s/images/%s", folder, split);
    snprintf(name, sizeof name, "%06d.png", i);
    enum orr_status s = orr_image_encode_png(&scene->image, &bytes)
                            ? orr_logs_write(place.data, name, &bytes, err)
                            : orr_error_set(err, ORR_ENOMEM, folder, "no memory to encode a picture");
    orr_str_clear(&place);
    orr_str_clear(&bytes);
    orr_str_printf(&place, "%s/labels/%s", folder, split);
    snprintf(name, sizeof name, "%06d.txt", i);
    orr_detect_render_labels(scene, &bytes);
    if (!s) s = orr_logs_write(place.data, name, &bytes, err);
    orr_str_free(&place);
    orr_str_free(&bytes);
    return s;
}

enum orr_status orr_detect_render(const char *folder, const struct orr_detect_render *o,
                                  const struct orr_ticker *ticker, struct orr_detect_rendered *out,
                                  struct orr_error *err)
{
    *out = (struct orr_detect_rendered){0};
    if (o->n < 1 || o->n > 1000000)
        return orr_error_set(err, ORR_EINVAL, "--n", "%d scenes; 1 to 1000000 are drawn", o->n);
    if (o->scene.size < 32 || o->scene.size > 2048)
        return orr_error_set(err, ORR_EINVAL, "--size", "%d pixels; scenes have 32 to 2048 a side", o->scene.size);
    struct orr_litter_scenes *g = orr_litter_scenes_new(&o->scene);
    struct orr_litter_scene scene = {0};
    enum orr_status s = g ? ORR_OK : orr_error_set(err, ORR_ENOMEM, folder, "no memory to draw");
    for (int i = 0; i < o->n && !s; i++) {
        if (!orr_ticker_tick(ticker, "drawing scenes", "scenes", (uint64_t)i, (uint64_t)o->n)) {
            s = orr_error_set(err, ORR_ECANCELLED, folder, "stopped after %d scenes", i);
            break;
        }
        if (!orr_litter_scene_draw(g, o->seed, (uint64_t)i, &scene))
            s = orr_error_set(err, ORR_ENOMEM, folder, "no memory to draw");
        if (!s) s = write_scene(folder, &scene, o->scene.held_out ? "test" : i % 10 == 9 ? "val" : "train", i, err);
        out->images += !s;
        out->boxes += s ? 0 : (size_t)scene.n;
        for (int k = 0; k < scene.n && !s; k++) out->of_class[scene.boxes[k].material]++;
    }
    orr_image_free(&scene.image);
    orr_litter_scenes_free(g);
    return s ? s : write_description(folder, err);
}
