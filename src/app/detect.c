#include "app/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/example.h"
#include "base/clock.h"
#include "base/mem.h"
#include "methods/detect/infer.h"
#include "methods/detect/yolo_file.h"

#define LEAST_CONFIDENCE .001f

struct orr_detector {
    struct orr_yolo net; /* without params and state */
    struct orr_yolo_infer *infer;
    size_t parameters;
    char name[96];
    int size;
    struct orr_image fitted;
    float *planes, *rows; /* (3, size, size); (orr_yolo_rows, 5 + classes) */
};

/* ---- life ---- */

struct orr_detector *orr_detector_new(const struct orr_yolo *y, const char *name, int size, int threads)
{
    struct orr_detector *d = orr_xcalloc(1, sizeof *d);
    d->net = *y;
    d->net.params = (struct orr_params){0};
    d->net.state = NULL;
    d->parameters = orr_yolo_parameters(y);
    d->size = size;
    snprintf(d->name, sizeof d->name, "%s", name);
    d->infer = orr_yolo_infer_new(y, threads);
    return d;
}

void orr_detector_close(struct orr_detector *d)
{
    if (!d) return;
    orr_yolo_infer_free(d->infer);
    orr_image_free(&d->fitted);
    free(d->planes);
    free(d->rows);
    free(d);
}

static bool is_shipped(const char *name) { return !strcmp(name, "pico") || !strcmp(name, "n"); }

/* The file of a shipped network. */
static void shipped_path(const char *name, struct orr_str *out)
{
    char *datasets = orr_example_datasets();
    orr_str_printf(out, "%s/models/detect-%s.safetensors", datasets ? datasets : "datasets", name);
    free(datasets);
}

bool orr_detector_ships(const char *name)
{
    struct orr_str path = {0};
    shipped_path(name, &path);
    const bool there = access(path.data, R_OK) == 0;
    orr_str_free(&path);
    return there;
}

enum orr_status orr_detector_open(const char *weights, int size, int threads, struct orr_detector **out,
                                  struct orr_error *err)
{
    const char *name = weights ? weights : orr_detector_ships("n") ? "n" : "pico";
    struct orr_str path = {0};
    struct orr_yolo y = {0};
    int trained = 0;
    *out = NULL;
    if (size < 0 || size % ORR_YOLO_STRIDE || size > 4096)
        return orr_error_set(err, ORR_EINVAL, "size", "%d: expected a multiple of %d up to 4096", size,
                             (int)ORR_YOLO_STRIDE);
    if (is_shipped(name)) shipped_path(name, &path);
    else orr_str_append(&path, name);
    const enum orr_status s = orr_yolo_load(path.data, &y, &trained, err);
    const char *slash = strrchr(name, '/');
    if (!s) *out = orr_detector_new(&y, slash ? slash + 1 : name, size ? size : trained, threads);
    orr_yolo_free(&y);
    orr_str_free(&path);
    return s;
}

const struct orr_yolo *orr_detector_net(const struct orr_detector *d) { return &d->net; }
const char *orr_detector_name(const struct orr_detector *d) { return d->name; }
int orr_detector_size(const struct orr_detector *d) { return d->size; }

/* ---- looking ---- */

static enum orr_status make_room(struct orr_detector *d, struct orr_error *err)
{
    const size_t pixels = (size_t)d->size * (size_t)d->size;
    if (d->rows) return ORR_OK;
    d->planes = orr_alloc(3 * pixels, sizeof *d->planes);
    d->rows = orr_alloc(orr_yolo_rows(d->size, d->size) * (size_t)(5 + d->net.classes), sizeof *d->rows);
    if (d->planes && d->rows && orr_image_init(&d->fitted, d->size, d->size)) return ORR_OK;
    free(d->rows);
    d->rows = NULL;
    free(d->planes);
    d->planes = NULL;
    return orr_error_set(err, ORR_ENOMEM, d->name, "no memory to look at %d x %d pixels", d->size, d->size);
}

static float within(float x, int most) { return x < 0 ? 0 : x > (float)most ? (float)most : x; }

/* A box of the fitted image as one of the image itself; false: nothing of it is inside. */
static bool put_back(const float *r, const struct orr_letterbox *map, const struct orr_detect_look *l,
                     struct orr_box *out)
{
    *out = (struct orr_box){within((r[0] - r[2] / 2 - map->dx) / map->scale, l->width),
                            within((r[1] - r[3] / 2 - map->dy) / map->scale, l->height),
                            within((r[0] + r[2] / 2 - map->dx) / map->scale, l->width),
                            within((r[1] + r[3] / 2 - map->dy) / map->scale, l->height)};
    return out->x1 > out->x0 && out->y1 > out->y0;
}

static void push(struct orr_detect_look *l, struct orr_box box, float confidence, int class)
{
    if (l->n == l->cap) {
        l->cap = 2 * l->cap + 256;
        l->candidates = orr_xrealloc(l->candidates, l->cap, sizeof *l->candidates);
    }
    l->candidates[l->n++] = (struct orr_detection){box, confidence, class};
}

static void collect(const struct orr_detector *d, const struct orr_letterbox *map, bool all_classes,
                    struct orr_detect_look *l)
{
    const int classes = d->net.classes;
    const float *r = d->rows;
    l->n = 0;
    for (size_t n = orr_yolo_rows(d->size, d->size); n > 0; n--, r += 5 + classes) {
        struct orr_box box;
        if (!(r[4] > LEAST_CONFIDENCE)) continue; /* the product with a probability is smaller still */
        int best = 0;
        for (int c = 1; c < classes; c++)
            if (r[5 + c] > r[5 + best]) best = c;
        if (!(r[4] * r[5 + best] > LEAST_CONFIDENCE) || !put_back(r, map, l, &box)) continue;
        for (int c = all_classes ? 0 : best; c < (all_classes ? classes : best + 1); c++)
            if (r[4] * r[5 + c] > LEAST_CONFIDENCE) push(l, box, r[4] * r[5 + c], c);
    }
}

enum orr_status orr_detector_look(struct orr_detector *d, const struct orr_image *image, bool all_classes,
                                  struct orr_detect_look *look, struct orr_error *err)
{
    const float *out[ORR_YOLO_LEVELS];
    struct orr_letterbox map;
    const double begin = orr_clock_now();
    enum orr_status s = make_room(d, err);
    if (s) return s;
    look->width = image->width;
    look->height = image->height;
    look->n = 0;
    if (!orr_image_letterbox(image, &d->fitted, &map))
        return orr_error_set(err, ORR_ENOMEM, d->name, "no memory to fit an image");
    orr_image_planes(&d->fitted, NULL, NULL, d->planes);
    const double fitted = orr_clock_now();
    s = orr_yolo_infer_run(d->infer, d->planes, d->size, d->size, out, err);
    const double seen = orr_clock_now();
    if (s) return s;
    orr_yolo_decode(&d->net, out, d->size, d->size, d->rows);
    collect(d, &map, all_classes, look);
    look->fit_seconds = fitted - begin;
    look->network_seconds = seen - fitted;
    look->decode_seconds = orr_clock_now() - seen;
    return ORR_OK;
}

void orr_detect_look_free(struct orr_detect_look *look)
{
    free(look->candidates);
    *look = (struct orr_detect_look){0};
}

void orr_detector_times(const struct orr_detector *d, struct orr_table *t)
{
    static const char *const names[ORR_YOLO_MODULES] = {
        "Conv 6x6 /2", "Conv 3x3 /2", "C3",     "Conv 3x3 /2", "C3",          "Conv 3x3 /2", "C3",
        "Conv 3x3 /2", "C3",          "SPPF",   "Conv 1x1",    "Upsample",    "Concat",      "C3",
        "Conv 1x1",    "Upsample",    "Concat", "C3",          "Conv 3x3 /2", "Concat",      "C3",
        "Conv 3x3 /2", "Concat",      "C3",     "Output"};
    const double *seconds = orr_yolo_infer_seconds(d->infer);
    double total = 0, of[ORR_YOLO_MODULES] = {0};
    int last[ORR_YOLO_MODULES] = {0};
    for (int k = 0; k < d->net.n_steps; k++) {
        const int m = d->net.step[k].module;
        of[m] += seconds[k];
        last[m] = k;
        total += seconds[k];
    }
    orr_table_init(t, ORR_YOLO_MODULES, 5);
    orr_table_column(t, 0, "module", ORR_CELL_INTEGER);
    orr_table_column(t, 1, "name", ORR_CELL_TEXT);
    orr_table_column(t, 2, "output", ORR_CELL_TEXT);
    orr_table_column(t, 3, "seconds", ORR_CELL_NUMBER);
    orr_table_column(t, 4, "share", ORR_CELL_NUMBER);
    for (int m = 0; m < ORR_YOLO_MODULES; m++) {
        const struct orr_yolo_step *s = &d->net.step[last[m]];
        char shape[48];
        snprintf(shape, sizeof shape, "%d x %d x %d", s->channels, d->size / s->stride, d->size / s->stride);
        orr_table_set_number(t, (size_t)m, 0, m);
        orr_table_set_text(t, (size_t)m, 1, names[m]);
        orr_table_set_text(t, (size_t)m, 2, shape);
        orr_table_set_number(t, (size_t)m, 3, of[m]);
        orr_table_set_number(t, (size_t)m, 4, total > 0 ? of[m] / total : 0);
    }
}
