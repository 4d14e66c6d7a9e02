#include "image/litter_scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image/litter_ground.h"
#include "image/litter_piece.h"
#include "image/litter_style.h"

enum { GRAINS = 1 << 14, GRAIN_SEED = 7041, PIECE_SEED = 7042 };

static const double REACH = 1.3;   /* of a piece from its middle, in scales of its pose */
static const double LARGEST = 0.6; /* half the length of a piece, in sides of the picture */
static const double LEAST_VISIBLE = 0.25, LEAST_PIXELS = 2;

struct orr_litter_scenes {
    struct orr_litter_scene_options options;
    struct orr_noise_tiles *tiles;
    struct orr_picture canvas;
    struct orr_studio patch; /* around one piece; of at most `room` pixels a side */
    int room;
    unsigned char *owner; /* [size][size]: 1 + the piece seen there; 0: none */
    float *row;           /* [3 size] */
    float grain[GRAINS];
};

/* ---- life ---- */

void orr_litter_scenes_free(struct orr_litter_scenes *g)
{
    if (!g) return;
    orr_noise_tiles_free(g->tiles);
    orr_picture_free(&g->canvas);
    orr_studio_free(&g->patch);
    free(g->owner);
    free(g->row);
    free(g);
}

struct orr_litter_scenes *orr_litter_scenes_new(const struct orr_litter_scene_options *options)
{
    const int size = options->size;
    if (size < 32 || size > 2048) return NULL;
    struct orr_litter_scenes *g = orr_xcalloc(1, sizeof *g);
    g->options = *options;
    g->room = 2 * size;
    g->tiles = orr_noise_tiles_new();
    g->owner = orr_alloc((size_t)size, (size_t)size);
    g->row = orr_alloc(3 * (size_t)size, sizeof *g->row);
    struct orr_rng rng;
    orr_rng_seed(&rng, GRAIN_SEED, 0);
    for (int i = 0; i < GRAINS; i++) g->grain[i] = (float)orr_rng_normal(&rng);
    if (g->tiles && g->owner && g->row && orr_picture_init(&g->canvas, size, size) &&
        orr_studio_init(&g->patch, g->room, g->room))
        return g;
    orr_litter_scenes_free(g);
    return NULL;
}

/* ---- how many, how large, where ---- */

/* TACO: 1, 2, 3, ... pieces in 41, 24, 12, ... % of its pictures, one per cent above 22: a Lomax distribution, whose tail is
 * P(n > k) = (1 + k / 6)^-3. An empty street is in neither; one scene in twenty is, as detectors need some. */
static int how_many(enum orr_litter_split split, struct orr_rng *rng)
{
    if (orr_rng_uniform(rng) < 0.05) return 0;
    if (split == ORR_LITTER_EASY) return 1 + (int)orr_rng_below(rng, 5);
    const double n = 1 + floor(6 * (pow(1 - orr_rng_uniform(rng), -1 / 3.0) - 1));
    return n < ORR_LITTER_MOST ? (int)n : ORR_LITTER_MOST;
}

/* The area of a box, as a part of the picture's. TACO: log-normal, median 0.35 %, of standard deviation 2.3. What is drawn is the
 * area of straight pieces; turned ones have larger boxes, for which the median is lowered. */
static double how_large(enum orr_litter_split split, struct orr_rng *rng)
{
    if (split == ORR_LITTER_EASY) return 0.015 * exp(orr_rng_uniform(rng) * log(0.18 / 0.015));
    return 0.0026 * exp(2.28 * orr_rng_normal(rng));
}

struct place {
    double x, y, half, angle, stretch; /* sides of the picture */
};

static struct place any_place(const struct orr_litter_style *st, double half, struct orr_rng *rng)
{
    struct place p = {.half = half < LARGEST ? half : LARGEST, .angle = orr_between(rng, 0, 2 * M_PI)};
    const double margin = 0.4 * p.half; /* some of it may be off the picture */
    p.x = orr_between(rng, margin, 1 - margin);
    p.y = orr_between(rng, margin, 1 - margin);
    const double s = orr_between(rng, st->stretch_least, st->stretch_most);
    p.stretch = orr_rng_uniform(rng) < 0.5 ? s : 1 / s;
    return p;
}

/* ---- one piece: drawn into a copy of its surroundings, which then goes back ---- */

struct window { /* of the canvas; may reach beyond it */
    int x0, y0, side;
};

static struct window begin_patch(struct orr_litter_scenes *g, const struct place *p, const struct orr_litter_style *st)
{
    const int size = g->options.size;
    const double reach =
        (REACH * p->half * fmax(p->stretch, 1 / p->stretch) + st->height) * size + 3 * st->softness * size + 2;
    int side = (int)ceil(2 * reach);
    if (side > g->room) side = g->room;
    const struct window w = {(int)floor(p->x * size) - side / 2, (int)floor(p->y * size) - side / 2, side};
    struct orr_studio *s = &g->patch;
    s->picture.width = s->picture.height = s->object.width = s->object.height = s->part.width = s->part.height = side;
    for (int y = 0; y < side; y++) {
        const int cy = w.y0 + y < 0 ? 0 : w.y0 + y >= size ? size - 1 : w.y0 + y;
        for (int x = 0; x < side; x++) {
            const int cx = w.x0 + x < 0 ? 0 : w.x0 + x >= size ? size - 1 : w.x0 + x;
            memcpy(s->picture.rgb + 3 * (y * side + x), g->canvas.rgb + 3 * (cy * size + cx), 3 * sizeof(float));
        }
    }
    return w;
}

/* Gives the piece to `owner`; returns its area, of which some may be off the picture. */
static double end_patch(struct orr_litter_scenes *g, struct window w, unsigned char owner)
{
    const int size = g->options.size;
    const int from = w.x0 < 0 ? -w.x0 : 0, to = w.x0 + w.side > size ? size - w.x0 : w.side;
    double area = 0;
    for (int y = 0; y < w.side; y++) {
        const float *a = g->patch.object.a + (size_t)y * (size_t)w.side;
        for (int x = 0; x < w.side; x++) area += a[x] >= 0.5f;
        const int cy = w.y0 + y;
        if (cy < 0 || cy >= size || to <= from) continue;
        const size_t at = (size_t)cy * (size_t)size + (size_t)(w.x0 + from);
        memcpy(g->canvas.rgb + 3 * at, g->patch.picture.rgb + 3 * ((size_t)y * (size_t)w.side + (size_t)from),
               3 * (size_t)(to - from) * sizeof(float));
        for (int x = from; x < to; x++)
            if (a[x] >= 0.5f) g->owner[at + (size_t)(x - from)] = owner;
    }
    return area;
}

/* Draws piece k (or, below 0, clutter). Returns its area. */
static double lay(struct orr_litter_scenes *g, const struct orr_litter_style *st, const struct place *p, int k,
                  unsigned char owner, struct orr_rng *rng)
{
    const int size = g->options.size;
    const struct window w = begin_patch(g, p, st);
    const struct orr_affine pose = orr_affine_pose(p->x * size - w.x0, p->y * size - w.y0, p->angle,
                                                   p->half * size * p->stretch, p->half * size / p->stretch);
    struct orr_studio *s = &g->patch;
    s->hue_from = st->hue_from;
    s->hue_span = st->hue_span;
    if (k >= 0)
        orr_litter_piece_draw(s, k, pose, rng);
    else
        orr_litter_clutter_draw(s, pose, rng);
    /* Brighter towards the light, in the picture's directions, whichever way the piece lies. */
    const double a = st->light - p->angle;
    orr_studio_coat(s, (struct orr_paint){.kind = ORR_PAINT_LINEAR,
                                          .mix = ORR_MIX_ADD,
                                          .from = {0.1f, 0.1f, 0.1f},
                                          .to = {-0.12f, -0.12f, -0.12f},
                                          .a = {0.9 * cos(a), 0.9 * sin(a)},
                                          .b = {-0.9 * cos(a), -0.9 * sin(a)}});
    const double fall = fmin(st->height, 0.5 * p->half) * size, soft = fmin(st->softness, 0.3 * p->half) * size;
    orr_studio_shadow(s, (int)lround(-fall * cos(st->light)), (int)lround(-fall * sin(st->light)), soft, st->shadow);
    return end_patch(g, w, owner);
}

/* ---- light, lens and sensor ---- */

static void soften_line(float *p, int n, size_t step, float k)
{
    float before = p[0];
    for (int i = 0; i < n; i++) {
        const float here = p[(size_t)i * step], after = p[(size_t)(i + 1 < n ? i + 1 : i) * step];
        p[(size_t)i * step] = here + k * (before + after - 2 * here);
        before = here;
    }
}

/* Neighbours' weights k, 1 - 2k, k along both axes. */
static void soften(struct orr_litter_scenes *g, float k)
{
    const int size = g->options.size;
    const size_t row = 3 * (size_t)size;
    float *p = g->canvas.rgb;
    for (int y = 0; y < size; y++)
        for (size_t c = 0; c < 3; c++) soften_line(p + (size_t)y * row + c, size, 3, k);
    memcpy(g->row, p, row * sizeof *p); /* the row above as it was */
    for (int y = 0; y < size; y++) {
        float *here = p + (size_t)y * row;
        const float *after = here + (y + 1 < size ? row : 0);
        for (size_t i = 0; i < row; i++) {
            const float v = here[i];
            here[i] = v + k * (g->row[i] + after[i] - 2 * v);
            g->row[i] = v;
        }
    }
}

static void develop(struct orr_litter_scenes *g, const struct orr_litter_style *st, struct orr_rng *rng,
                    unsigned char *out)
{
    const int size = g->options.size;
    const float tint[3] = {st->tint.r, st->tint.g, st->tint.b};
    const float contrast = (float)(255 * st->contrast), grain = (float)(255 * st->grain);
    const float level = 255 * (float)(0.5 - 0.5 * st->contrast + st->brightness) + 0.5f;
    const float *p = g->canvas.rgb;
    for (int y = 0; y < size; y++) {
        size_t at = (size_t)orr_rng_below(rng, GRAINS);
        const float dy = ((float)y + 0.5f) / (float)size - 0.5f;
        for (int x = 0; x < size; x++) {
            const float dx = ((float)x + 0.5f) / (float)size - 0.5f;
            const float light = contrast * (1 - (float)st->vignette * 2 * (dx * dx + dy * dy));
            for (size_t c = 0; c < 3; c++) {
                const float v = *p++ * tint[c] * light + level + grain * g->grain[at++ % GRAINS];
                *out++ = (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
            }
        }
    }
}

/* ---- scenes ---- */

struct laid {
    int piece;
    double area;
};

static void find_boxes(const struct orr_litter_scenes *g, const struct laid *laid, int n,
                       struct orr_litter_scene *scene)
{
    const int size = g->options.size;
    int seen[ORR_LITTER_MOST] = {0};
    struct orr_pixel_box box[ORR_LITTER_MOST];
    for (int k = 0; k < n; k++) box[k] = (struct orr_pixel_box){size, size, 0, 0};
    for (int y = 0; y < size; y++)
        for (int x = 0; x < size; x++) {
            const int k = g->owner[(size_t)y * (size_t)size + (size_t)x] - 1;
            if (k < 0) continue;
            seen[k]++;
            if (x < box[k].x0) box[k].x0 = x;
            if (y < box[k].y0) box[k].y0 = y;
            if (x >= box[k].x1) box[k].x1 = x + 1;
            if (y >= box[k].y1) box[k].y1 = y + 1;
        }
    scene->n = 0;
    for (int k = 0; k < n; k++) {
        const struct orr_pixel_box b = box[k];
        const double visible = laid[k].area > 0 ? seen[k] / laid[k].area : 0;
        if (visible < LEAST_VISIBLE || b.x1 - b.x0 < LEAST_PIXELS || b.y1 - b.y0 < LEAST_PIXELS) continue;
        scene->boxes[scene->n++] = (struct orr_litter_box){(int)orr_litter_pieces[laid[k].piece].material,
                                                           laid[k].piece,
                                                           (float)b.x0,
                                                           (float)b.y0,
                                                           (float)b.x1,
                                                           (float)b.y1,
                                                           (float)visible};
    }
}

/* A material first, then one of its pieces: classes are balanced whatever the number of pieces each has. */
static int any_piece(struct orr_rng *rng)
{
    const enum orr_material material = (enum orr_material)orr_rng_below(rng, ORR_MATERIALS);
    int of[64], n = 0;
    for (int k = 0; k < orr_litter_piece_count && n < 64; k++)
        if (orr_litter_pieces[k].material == material) of[n++] = k;
    return of[orr_rng_below(rng, (uint64_t)n)];
}

static void lay_clutter(struct orr_litter_scenes *g, const struct orr_litter_style *st, int n, struct orr_rng *rng)
{
    for (; n > 0; n--) {
        const struct place p = any_place(st, orr_between(rng, 0.01, 0.06), rng);
        lay(g, st, &p, -1, 0, rng);
    }
}

bool orr_litter_scene_draw(struct orr_litter_scenes *g, uint64_t seed, uint64_t item, struct orr_litter_scene *scene)
{
    const struct orr_litter_scene_options *o = &g->options;
    if (scene->image.width != o->size || scene->image.height != o->size) {
        orr_image_free(&scene->image);
        if (!orr_image_init(&scene->image, o->size, o->size)) return false;
    }
    struct orr_rng rng;
    orr_rng_seed(&rng, seed + (o->held_out ? 0x5eed : 0) + (uint64_t)o->split * 0x9e3779b9u, item);
    scene->style = (int)orr_rng_below(&rng, o->held_out ? ORR_LITTER_STYLES_HELD_OUT : ORR_LITTER_STYLES_TRAINING);
    const struct orr_litter_style st = orr_litter_style_of(o->held_out, scene->style);
    memset(g->owner, 0, (size_t)o->size * (size_t)o->size);
    orr_scene_ground_paint(&g->canvas, st.ground, g->tiles, &rng);
    lay_clutter(g, &st, (int)orr_rng_below(&rng, 4), &rng);
    struct laid laid[ORR_LITTER_MOST];
    const int n = how_many(o->split, &rng);
    struct place p = {0};
    for (int k = 0; k < n; k++) {
        const int piece = any_piece(&rng);
        const double half = 0.5 * sqrt(how_large(o->split, &rng) / orr_litter_pieces[piece].fill);
        const struct place before = p;
        p = any_place(&st, half, &rng);
        if (k > 0 && orr_rng_uniform(&rng) < 0.25) { /* litter gathers */
            const double a = orr_between(&rng, 0, 2 * M_PI), far = 0.9 * (p.half + before.half);
            p.x = fmin(fmax(before.x + far * cos(a), 0), 1);
            p.y = fmin(fmax(before.y + far * sin(a), 0), 1);
        }
        struct orr_rng own; /* so that a piece's own draws do not move those after it */
        orr_rng_seed(&own, PIECE_SEED, orr_rng_u64(&rng));
        laid[k] = (struct laid){piece, lay(g, &st, &p, piece, (unsigned char)(k + 1), &own)};
    }
    lay_clutter(g, &st, (int)orr_rng_below(&rng, 3), &rng);
    if (st.blur > 0) soften(g, (float)st.blur);
    develop(g, &st, &rng, scene->image.rgb);
    find_boxes(g, laid, n, scene);
    return true;
}
