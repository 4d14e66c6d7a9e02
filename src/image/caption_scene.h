/* Captioned scenes: seeded pictures of shapes, digits, garments, litter, textures and land cover with colours, patterns,
 * counts, places, relations, grounds and styles of drawing, and sentences of a small grammar that say what is there.
 * Synthetic, and labelled so wherever they are shown. What is drawn follows from scene and generator alone.
 *
 * An encoder trains on orr_caption_random, which never uses the styles from ORR_STYLES_TRAINED on and never makes a scene that
 * orr_caption_held_out names: certain pairs of words, of which each word alone, and with other words, is common. */
#ifndef ORRERY_IMAGE_CAPTION_SCENE_H
#define ORRERY_IMAGE_CAPTION_SCENE_H

#include "base/str.h"
#include "image/studio.h"

/* What a picture looks like, whatever is on it. */
enum orr_caption_style {
    /* an encoder is trained on these */
    ORR_STYLE_FLAT, ORR_STYLE_SHADED, ORR_STYLE_OUTLINE, ORR_STYLE_PHOTO, ORR_STYLE_PASTEL, ORR_STYLE_MARKER,
    /* and never sees these */
    ORR_STYLE_CHALK, ORR_STYLE_NIGHT, ORR_STYLE_POSTER, ORR_STYLE_FADED, ORR_STYLES
};
enum { ORR_STYLES_TRAINED = ORR_STYLE_CHALK };
extern const char *const orr_caption_style_names[ORR_STYLES];

/* Nouns: shapes, digits, garments and pieces of litter are things, textures and land cover fill the picture. */
enum {
    ORR_DIGITS = 10, ORR_GARMENTS = 10, ORR_TEXTURES = 8, ORR_LANDS = 8,
    ORR_NOUN_SHAPE = 0,
    ORR_NOUN_DIGIT = ORR_NOUN_SHAPE + ORR_SHAPE_KINDS,
    ORR_NOUN_GARMENT = ORR_NOUN_DIGIT + ORR_DIGITS,
    ORR_NOUN_LITTER = ORR_NOUN_GARMENT + ORR_GARMENTS,
    ORR_NOUN_TEXTURE = ORR_NOUN_LITTER + ORR_LITTER_KINDS,
    ORR_NOUN_LAND = ORR_NOUN_TEXTURE + ORR_TEXTURES,
    ORR_NOUNS = ORR_NOUN_LAND + ORR_LANDS
};
enum orr_caption_colour {
    ORR_COLOUR_RED, ORR_COLOUR_ORANGE, ORR_COLOUR_YELLOW, ORR_COLOUR_GREEN, ORR_COLOUR_CYAN, ORR_COLOUR_BLUE,
    ORR_COLOUR_PURPLE, ORR_COLOUR_PINK, ORR_COLOUR_BROWN, ORR_COLOUR_BLACK, ORR_COLOUR_WHITE, ORR_COLOUR_GREY, ORR_COLOURS
};
enum orr_caption_pattern { ORR_PATTERN_PLAIN, ORR_PATTERN_STRIPED, ORR_PATTERN_DOTTED, ORR_PATTERN_CHECKED, ORR_PATTERNS };
enum orr_caption_relation { ORR_RELATION_ABOVE, ORR_RELATION_BELOW, ORR_RELATION_LEFT, ORR_RELATION_RIGHT, ORR_RELATIONS };
enum { ORR_PLACES = 9, ORR_MOST_THINGS = 6 }; /* places: rows of a 3 x 3 grid, top left first */
extern const char *const orr_noun_names[ORR_NOUNS], *const orr_noun_plurals[ORR_NOUNS];
extern const char *const orr_colour_names[ORR_COLOURS], *const orr_pattern_names[ORR_PATTERNS];
extern const char *const orr_relation_names[ORR_RELATIONS], *const orr_place_names[ORR_PLACES];
extern const char *const orr_number_names[ORR_DIGITS];

enum orr_caption_layout {
    ORR_LAYOUT_ONE,     /* noun[0], somewhere or at `place` */
    ORR_LAYOUT_SEVERAL, /* `count` of noun[0] */
    ORR_LAYOUT_PAIR,    /* noun[0] `relation` noun[1] */
    ORR_LAYOUT_WHOLE    /* the picture is noun[0] */
};
enum { ORR_CAPTION_FREE = -1 };
/* Numbers of the enumerations above, or ORR_CAPTION_FREE. */
struct orr_caption {
    enum orr_caption_style style;
    enum orr_caption_layout layout;
    int noun[2], colour[2], pattern[2];
    int count, place, relation;
    int ground; /* enum orr_ground; PLAIN: the style's own backdrop */
};

/* One of what an encoder trains on. */
void orr_caption_random(struct orr_caption *s, struct orr_rng *rng);
/* The same scene with one thing changed: which noun, colour, pattern, place, number or relation. What tells the two apart is
 * what a caption can say, not the style or the ground. Neither is held out. */
void orr_caption_sibling(const struct orr_caption *of, struct orr_caption *s, struct orr_rng *rng);
/* A scene of a style and a layout with everything else free. */
struct orr_caption orr_caption_of(enum orr_caption_style style, enum orr_caption_layout layout);
/* Draws what is free at random; what stays free afterwards does not matter to its layout. */
void orr_caption_complete(struct orr_caption *s, struct orr_rng *rng);
/* Whether the scene, completed, shows a pair that no encoder may see while it is trained. */
bool orr_caption_held_out(const struct orr_caption *s);

/* Onto st->picture, of any size. The scene is complete. */
void orr_caption_draw(const struct orr_caption *s, struct orr_studio *st, struct orr_rng *rng);
/* Appends a sentence that is true of the scene, in lower case; never names a style that is held out. */
void orr_caption_write(const struct orr_caption *s, struct orr_rng *rng, struct orr_str *out);
/* Appends every word that a caption may hold, parted by blanks. */
void orr_caption_words(struct orr_str *out);

/* What a scene can be told by when all classes of one kind are set against each other. */
enum orr_caption_group {
    ORR_GROUP_NOUN, ORR_GROUP_COLOUR, ORR_GROUP_PATTERN, ORR_GROUP_COUNT, ORR_GROUP_PLACE, ORR_CAPTION_GROUPS
};
int orr_caption_classes(enum orr_caption_group group);
/* Appends the sentence of class k: "a picture of a red thing". */
void orr_caption_class(enum orr_caption_group group, int k, struct orr_str *out);
/* The class that the scene is of; -1: none, or more than one. */
int orr_caption_class_of(enum orr_caption_group group, const struct orr_caption *s);
/* Appends what would be said if the two things of a pair stood in this relation. */
void orr_caption_relation(const struct orr_caption *s, int relation, struct orr_str *out);

/* ---- caption_things.c, caption_style.c ---- */
struct orr_rgb orr_caption_colour_draw(int colour, struct orr_rng *rng); /* some red */
/* One thing, whose silhouette is s->object afterwards. pose: scales are half its size. shaded: with light from one side. */
void orr_caption_thing(struct orr_studio *s, int noun, int pattern, struct orr_rgb colour, bool shaded, struct orr_affine pose,
                     struct orr_rng *rng);
/* What lies behind things of these colours, so that they stand out; returned, as far as it is one colour. */
struct orr_rgb orr_caption_backdrop(struct orr_studio *st, const struct orr_caption *s, const struct orr_rgb *things, int n,
                                  struct orr_rng *rng);
/* Makes a finished picture look as its style. */
void orr_caption_finish(struct orr_studio *st, const struct orr_caption *s, struct orr_rgb backdrop, struct orr_rng *rng);

#endif
