#include "methods/prompt/tasks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static const int EACH[ORR_PROMPT_SPLITS] = {ORR_PROMPT_POOL_EACH, ORR_PROMPT_VALIDATION_EACH, ORR_PROMPT_TEST_EACH};

/* ---- what a class looks like ---- */

/* Class k of a task, k in the order of its table: its name, and what of a scene it settles. */
struct kind {
    struct orr_prompt_drawn public;
    enum orr_caption_layout layout;
    const char *(*label)(int k);
    void (*settle)(int k, struct orr_caption *s);
};

static const char *shape_label(int k) { return orr_noun_names[ORR_NOUN_SHAPE + k]; }
static void shape(int k, struct orr_caption *s) { s->noun[0] = ORR_NOUN_SHAPE + k; }
static const char *digit_label(int k) { return orr_noun_names[ORR_NOUN_DIGIT + k]; }
static void digit(int k, struct orr_caption *s) { s->noun[0] = ORR_NOUN_DIGIT + k; }
static const char *garment_label(int k) { return orr_noun_names[ORR_NOUN_GARMENT + k]; }
static void garment(int k, struct orr_caption *s) { s->noun[0] = ORR_NOUN_GARMENT + k; }
static const char *litter_label(int k) { return orr_noun_names[ORR_NOUN_LITTER + k]; }
static void litter(int k, struct orr_caption *s) { s->noun[0] = ORR_NOUN_LITTER + k; }
static const char *texture_label(int k) { return orr_noun_names[ORR_NOUN_TEXTURE + k]; }
static void texture(int k, struct orr_caption *s) { s->noun[0] = ORR_NOUN_TEXTURE + k; }
static const char *land_label(int k) { return orr_noun_names[ORR_NOUN_LAND + k]; }
static void land(int k, struct orr_caption *s) { s->noun[0] = ORR_NOUN_LAND + k; }
static const char *colour_label(int k) { return orr_colour_names[k]; }
static void colour(int k, struct orr_caption *s)
{
    s->colour[0] = k;
    s->pattern[0] = ORR_PATTERN_PLAIN; /* half of a pattern is another colour */
}
static const char *place_label(int k) { return orr_place_names[k]; }
static void place(int k, struct orr_caption *s) { s->place = k; }

static const char *coloured_label(int k)
{
    static const char *const labels[] = {"blue cross",   "blue disc",   "blue star",   "blue triangle",
                                         "green cross",  "green disc",  "green star",  "green triangle",
                                         "red cross",    "red disc",    "red star",    "red triangle",
                                         "yellow cross", "yellow disc", "yellow star", "yellow triangle"};
    return labels[k];
}
static void coloured(int k, struct orr_caption *s)
{
    static const int colours[] = {ORR_COLOUR_BLUE, ORR_COLOUR_GREEN, ORR_COLOUR_RED, ORR_COLOUR_YELLOW};
    static const int shapes[] = {ORR_SHAPE_CROSS, ORR_SHAPE_DISC, ORR_SHAPE_STAR, ORR_SHAPE_TRIANGLE};
    s->noun[0] = shapes[k % 4];
    s->colour[0] = colours[k / 4];
    s->pattern[0] = ORR_PATTERN_PLAIN;
}

static const char *patterned_label(int k)
{
    static const char *const labels[] = {"checked crescent", "checked hexagon", "checked ring", "checked square",
                                         "dotted crescent",  "dotted hexagon",  "dotted ring",  "dotted square",
                                         "striped crescent", "striped hexagon", "striped ring", "striped square"};
    return labels[k];
}
static void patterned(int k, struct orr_caption *s)
{
    static const int patterns[] = {ORR_PATTERN_CHECKED, ORR_PATTERN_DOTTED, ORR_PATTERN_STRIPED};
    static const int shapes[] = {ORR_SHAPE_CRESCENT, ORR_SHAPE_HEXAGON, ORR_SHAPE_RING, ORR_SHAPE_SQUARE};
    s->noun[0] = shapes[k % 4];
    s->pattern[0] = patterns[k / 4];
}

static const char *count_label(int k)
{
    static const char *const labels[] = {"five discs",   "five squares", "five stars",  "four discs",
                                         "four squares", "four stars",   "three discs", "three squares",
                                         "three stars",  "two discs",    "two squares", "two stars"};
    return labels[k];
}
static void count(int k, struct orr_caption *s)
{
    static const int counts[] = {5, 4, 3, 2}, shapes[] = {ORR_SHAPE_DISC, ORR_SHAPE_SQUARE, ORR_SHAPE_STAR};
    s->noun[0] = shapes[k % 3];
    s->count = counts[k / 3];
}

static const char *relation_label(int k)
{
    static const char *const labels[] = {
        "disc above a square",   "disc below a square",   "disc left of a square",   "disc right of a square",
        "star above a hexagon",  "star below a hexagon",  "star left of a hexagon",  "star right of a hexagon",
        "triangle above a ring", "triangle below a ring", "triangle left of a ring", "triangle right of a ring"};
    return labels[k];
}
static void relation(int k, struct orr_caption *s)
{
    static const int first[] = {ORR_SHAPE_DISC, ORR_SHAPE_STAR, ORR_SHAPE_TRIANGLE},
                     second[] = {ORR_SHAPE_SQUARE, ORR_SHAPE_HEXAGON, ORR_SHAPE_RING};
    s->noun[0] = first[k / 4];
    s->noun[1] = second[k / 4];
    s->relation = k % 4; /* the labels are in the order of the relations */
}

static const char *lying_label(int k)
{
    static const char *const labels[] = {"can on asphalt",  "can on grass",  "can on sand",  "can on wood",
                                         "cup on asphalt",  "cup on grass",  "cup on sand",  "cup on wood",
                                         "peel on asphalt", "peel on grass", "peel on sand", "peel on wood"};
    return labels[k];
}
static void lying(int k, struct orr_caption *s)
{
    static const int things[] = {ORR_LITTER_CAN, ORR_LITTER_CUP, ORR_LITTER_PEEL},
                     grounds[] = {ORR_GROUND_ASPHALT, ORR_GROUND_GRASS, ORR_GROUND_SAND, ORR_GROUND_WOOD};
    s->noun[0] = ORR_NOUN_LITTER + things[k / 4];
    s->ground = grounds[k % 4];
}

static const struct kind KINDS[] = {
    {{"shapes", "synthetic: shapes in chalk on a board", "a picture of a %s", ORR_STYLE_CHALK, false, ORR_SHAPE_KINDS},
     ORR_LAYOUT_ONE,
     shape_label,
     shape},
    {{"colours", "synthetic: things of one colour, printed with few inks", "a picture of a %s thing", ORR_STYLE_POSTER,
      false, ORR_COLOURS},
     ORR_LAYOUT_ONE,
     colour_label,
     colour},
    {{"textures", "synthetic: textures on faded paper", "a texture of %s", ORR_STYLE_FADED, false, ORR_TEXTURES},
     ORR_LAYOUT_WHOLE,
     texture_label,
     texture},
    {{"land-cover", "synthetic: land from above at night", "a satellite view of %s", ORR_STYLE_NIGHT, false, ORR_LANDS},
     ORR_LAYOUT_WHOLE,
     land_label,
     land},
    {{"litter", "synthetic: litter in faded photographs", "a picture of a %s", ORR_STYLE_FADED, false,
      ORR_LITTER_KINDS},
     ORR_LAYOUT_ONE,
     litter_label,
     litter},
    {{"digits", "synthetic: digits in chalk on a board", "the digit %s", ORR_STYLE_CHALK, false, ORR_DIGITS},
     ORR_LAYOUT_ONE,
     digit_label,
     digit},
    {{"garments", "synthetic: garments, printed with few inks", "a picture of a %s", ORR_STYLE_POSTER, false,
      ORR_GARMENTS},
     ORR_LAYOUT_ONE,
     garment_label,
     garment},
    {{"places", "synthetic: where in the picture a thing is, at night", "a picture of a thing at the %s",
      ORR_STYLE_NIGHT, false, ORR_PLACES},
     ORR_LAYOUT_ONE,
     place_label,
     place},
    {{"coloured-shapes", "synthetic: shapes of a colour at night", "a picture of a %s", ORR_STYLE_NIGHT, true, 16},
     ORR_LAYOUT_ONE,
     coloured_label,
     coloured},
    {{"patterned-shapes", "synthetic: shapes with a pattern on faded paper", "a picture of a %s", ORR_STYLE_FADED, true,
      12},
     ORR_LAYOUT_ONE,
     patterned_label,
     patterned},
    {{"counts", "synthetic: two to five shapes in chalk on a board", "a picture of %s", ORR_STYLE_CHALK, true, 12},
     ORR_LAYOUT_SEVERAL,
     count_label,
     count},
    {{"relations", "synthetic: two shapes, printed with few inks", "a picture of a %s", ORR_STYLE_POSTER, true, 12},
     ORR_LAYOUT_PAIR,
     relation_label,
     relation},
    {{"litter-grounds", "synthetic: litter on a ground at night", "a picture of a %s", ORR_STYLE_NIGHT, true, 12},
     ORR_LAYOUT_ONE,
     lying_label,
     lying}};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };

size_t orr_prompt_drawn_count(void) { return KIND_COUNT; }
const struct orr_prompt_drawn *orr_prompt_drawn(size_t i) { return i < KIND_COUNT ? &KINDS[i].public : NULL; }

/* ---- drawing ---- */

/* order[i]: the number in the table of the label that is i-th when they are sorted. */
static void sort_labels(const struct kind *k, int order[ORR_PROMPT_CLASSES])
{
    for (int i = 0; i < k->public.classes; i++) {
        int at = i;
        for (; at > 0 && strcmp(k->label(order[at - 1]), k->label(i)) > 0; at--) order[at] = order[at - 1];
        order[at] = i;
    }
}

static void draw_one(const struct kind *k, int which, struct orr_studio *st, struct orr_rng *rng)
{
    struct orr_caption s = orr_caption_of(k->public.style, k->layout);
    k->settle(which, &s);
    orr_caption_complete(&s, rng);
    orr_caption_draw(&s, st, rng);
}

static bool draw_split(const struct kind *k, const int *order, int split, uint64_t seed, struct orr_studio *st,
                       struct orr_prompt_task *t)
{
    const size_t each = (size_t)EACH[split], n = each * (size_t)t->classes,
                 size = 3 * (size_t)t->side * (size_t)t->side;
    const uint64_t stream = (uint64_t)(k - KINDS) << 40 | (uint64_t)split << 32;
    t->rgb[split] = orr_alloc(n, size);
    t->y[split] = orr_alloc(n, sizeof *t->y[split]);
    t->n[split] = n;
    if (!t->rgb[split] || !t->y[split]) return false;
    for (size_t i = 0; i < n; i++) {
        struct orr_rng rng;
        const int c = (int)(i / each);
        orr_rng_seed(&rng, seed, stream | (uint64_t)order[c] << 16 | (uint64_t)(i % each));
        draw_one(k, order[c], st, &rng);
        orr_picture_bytes(&st->picture, t->rgb[split] + i * size);
        t->y[split][i] = c;
    }
    return true;
}

static enum orr_status no_such_task(const char *name, struct orr_error *err)
{
    struct orr_str names = {0};
    for (size_t i = 0; i < KIND_COUNT; i++) orr_str_printf(&names, "%s%s", i ? ", " : "", KINDS[i].public.name);
    orr_error_set(err, ORR_EINVAL, name, "no task of that name; there are %s", orr_str_c(&names));
    orr_str_free(&names);
    return ORR_EINVAL;
}

enum orr_status orr_prompt_task_draw(const char *name, int side, uint64_t seed, struct orr_prompt_task *out,
                                     struct orr_error *err)
{
    const struct kind *k = NULL;
    struct orr_studio st;
    int order[ORR_PROMPT_CLASSES];
    *out = (struct orr_prompt_task){.side = side};
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (!strcmp(KINDS[i].public.name, name)) k = &KINDS[i];
    if (!k) return no_such_task(name, err);
    if (side < 8 || side > 512)
        return orr_error_set(err, ORR_EINVAL, name, "pictures of 8 to 512 pixels a side are drawn");
    if (!orr_studio_init(&st, side, side)) return orr_error_set(err, ORR_ENOMEM, name, "no memory for a picture");
    out->name = k->public.name;
    out->about = k->public.about;
    out->phrase = k->public.phrase;
    out->classes = k->public.classes;
    out->base = (out->classes + 1) / 2;
    sort_labels(k, order);
    for (int c = 0; c < out->classes; c++) out->label[c] = k->label(order[c]);
    bool ok = true;
    for (int split = 0; split < ORR_PROMPT_SPLITS && ok; split++) ok = draw_split(k, order, split, seed, &st, out);
    orr_studio_free(&st);
    if (ok) return ORR_OK;
    orr_prompt_task_free(out);
    return orr_error_set(err, ORR_ENOMEM, name, "no memory for its pictures");
}

/* ---- using ---- */

void orr_prompt_task_free(struct orr_prompt_task *t)
{
    if (!t) return;
    for (int s = 0; s < ORR_PROMPT_SPLITS; s++) {
        free(t->rgb[s]);
        free(t->y[s]);
    }
    *t = (struct orr_prompt_task){0};
}

void orr_prompt_task_pixels(const struct orr_prompt_task *t, enum orr_prompt_split split, const size_t *which, size_t n,
                            const float mean[3], const float std[3], float *out)
{
    const size_t plane = (size_t)t->side * (size_t)t->side;
    for (size_t i = 0; i < n; i++) {
        const unsigned char *rgb = t->rgb[split] + 3 * plane * (which ? which[i] : i);
        for (size_t k = 0; k < 3; k++)
            for (size_t p = 0; p < plane; p++) *out++ = ((float)rgb[3 * p + k] / 255 - mean[k]) / std[k];
    }
}

size_t orr_prompt_task_shots(const struct orr_prompt_task *t, int first, int classes, int shots, uint64_t seed,
                             size_t *which)
{
    size_t n = 0;
    for (int c = first; c < first + classes; c++) {
        struct orr_rng rng;
        size_t have = 0, mine[ORR_PROMPT_POOL_EACH];
        for (size_t i = 0; i < t->n[ORR_PROMPT_POOL] && have < ORR_PROMPT_POOL_EACH; i++)
            if (t->y[ORR_PROMPT_POOL][i] == c) mine[have++] = i;
        orr_rng_seed(&rng, seed, (uint64_t)c); /* of the class alone: the same shots in any half */
        for (size_t k = 0; k < have && k < (size_t)shots; k++) {
            const size_t j = k + orr_rng_below(&rng, have - k), i = mine[j];
            mine[j] = mine[k];
            which[n++] = i;
        }
    }
    return n;
}

void orr_prompt_task_caption(const struct orr_prompt_task *t, int c, char *out, size_t size)
{
    const char *slot = strstr(t->phrase, "%s");
    snprintf(out, size, "%.*s%s%s", slot ? (int)(slot - t->phrase) : 0, t->phrase, t->label[c], slot ? slot + 2 : "");
}
