/* Sentences about captioned scenes. A caption says what is there in one of several ways, never all of it: a thing's colour,
 * pattern, place and ground are named or left out. */
#include <string.h>

#include "image/caption_scene.h"

static bool chance(struct orr_rng *rng, double p) { return orr_rng_uniform(rng) < p; }

/* Words of the grammar that stand in no table. */
static const char extra[] =
    "a an the of is there in on at from and with to picture image drawing photo outline flat shaded "
    "pastel marker thing things shape digit number garment piece clothing litter something made plastic "
    "metal glass cardboard biodegradable texture pattern satellite view aerial land seen background "
    "several colour coloured small big object objects";

/* ---- parts ---- */

static void word(struct orr_str *out, const char *w)
{
    if (out->len && out->data[out->len - 1] != ' ') orr_str_append_char(out, ' ');
    orr_str_append(out, w);
}

/* "a" or "an", before what is appended next. */
static void with_article(struct orr_str *out, const char *phrase)
{
    word(out, strchr("aeiou", phrase[0]) && strncmp(phrase, "one", 3) != 0 ? "an" : "a");
    word(out, phrase);
}

/* "striped red star"; plural where wanted; generic: "thing" for the noun. */
static void describe(const struct orr_caption *s, int k, bool plural, bool generic, struct orr_rng *rng,
                     struct orr_str *phrase)
{
    const int noun = s->noun[k];
    const bool coloured = s->colour[k] >= 0 && s->style != ORR_STYLE_OUTLINE; /* outlines have lost their colours */
    if (s->pattern[k] != ORR_PATTERN_PLAIN ? chance(rng, 0.8) : chance(rng, 0.05))
        word(phrase, orr_pattern_names[s->pattern[k]]);
    if (coloured && chance(rng, generic ? 0.95 : 0.7)) word(phrase, orr_colour_names[s->colour[k]]);
    if (generic)
        word(phrase, plural ? "things" : noun < ORR_NOUN_DIGIT && chance(rng, 0.3) ? "shape" : "thing");
    else
        word(phrase, plural ? orr_noun_plurals[noun] : orr_noun_names[noun]);
}

static void ground(const struct orr_caption *s, struct orr_rng *rng, struct orr_str *out)
{
    if (s->ground == ORR_GROUND_PLAIN || !chance(rng, 0.6)) return;
    word(out, "on");
    word(out, orr_ground_names[s->ground]);
}

static void opening(const struct orr_caption *s, struct orr_rng *rng, struct orr_str *out)
{
    static const char *const any[] = {"a picture of", "an image of", "a drawing of", "a photo of", "there is"};
    static const char *const styled[ORR_STYLES_TRAINED] = {"a flat drawing of",     "a shaded drawing of",
                                                           "an outline drawing of", "a photo of",
                                                           "a pastel drawing of",   "a marker drawing of"};
    if ((int)s->style < ORR_STYLES_TRAINED && chance(rng, 0.2))
        word(out, styled[s->style]);
    else if (chance(rng, 0.7))
        word(out, any[orr_rng_below(rng, chance(rng, 0.5) ? 1 : 5)]);
}

/* ---- sentences ---- */

static void one(const struct orr_caption *s, struct orr_rng *rng, struct orr_str *out)
{
    const int noun = s->noun[0];
    const bool generic = chance(rng, s->place >= 0 ? 0.3 : 0.15);
    struct orr_str phrase = {0};
    if (!generic && noun >= ORR_NOUN_DIGIT && noun < ORR_NOUN_GARMENT && chance(rng, 0.5)) {
        word(out, chance(rng, 0.7) ? "the digit" : "the number");
        word(out, orr_noun_names[noun]);
        if (s->colour[0] >= 0 && s->style != ORR_STYLE_OUTLINE && chance(rng, 0.3))
            word(out, "in"), word(out, orr_colour_names[s->colour[0]]);
    } else if (noun >= ORR_NOUN_LITTER && chance(rng, 0.12)) {
        word(out, "a piece of");
        word(out, orr_material_names[orr_litter_material((enum orr_litter)(noun - ORR_NOUN_LITTER))]);
        word(out, "litter");
    } else {
        describe(s, 0, false, generic, rng, &phrase);
        with_article(out, orr_str_c(&phrase));
    }
    if (s->place >= 0 && chance(rng, 0.85)) {
        word(out, s->place == 4 ? "in the" : "at the");
        word(out, orr_place_names[s->place]);
    }
    ground(s, rng, out);
    orr_str_free(&phrase);
}

static void several(const struct orr_caption *s, struct orr_rng *rng, struct orr_str *out)
{
    word(out, chance(rng, 0.93) ? orr_number_names[s->count] : s->count > 1 ? "several" : "a");
    describe(s, 0, s->count > 1, chance(rng, 0.2), rng, out);
    ground(s, rng, out);
}

static void pair(const struct orr_caption *s, struct orr_rng *rng, struct orr_str *out)
{
    static const int inverse[ORR_RELATIONS] = {ORR_RELATION_BELOW, ORR_RELATION_ABOVE, ORR_RELATION_RIGHT,
                                               ORR_RELATION_LEFT};
    const int first = chance(rng, 0.5) ? 0 : 1;
    struct orr_str phrase = {0};
    for (int k = 0; k < 2; k++) {
        orr_str_clear(&phrase);
        describe(s, k ? 1 - first : first, false, false, rng, &phrase);
        with_article(out, orr_str_c(&phrase));
        if (k) break;
        if (chance(rng, 0.1))
            word(out, "and");
        else
            word(out, orr_relation_names[first ? inverse[s->relation] : s->relation]);
    }
    ground(s, rng, out);
    orr_str_free(&phrase);
}

static void whole(const struct orr_caption *s, struct orr_rng *rng, struct orr_str *out)
{
    const char *name = orr_noun_names[s->noun[0]];
    const bool land = s->noun[0] >= ORR_NOUN_LAND;
    const double u = orr_rng_uniform(rng);
    if (!land) {
        if (u < 0.7) word(out, u < 0.4 ? "a texture of" : "a pattern of");
        word(out, name);
    } else {
        if (u < 0.7) word(out, u < 0.3 ? "a satellite view of" : u < 0.5 ? "an aerial view of" : "");
        word(out, name);
        if (chance(rng, 0.5)) word(out, u < 0.5 ? "land" : "land seen from above");
    }
}

void orr_caption_write(const struct orr_caption *s, struct orr_rng *rng, struct orr_str *out)
{
    struct orr_str text = {0};
    opening(s, rng, &text);
    switch (s->layout) {
    case ORR_LAYOUT_ONE: one(s, rng, &text); break;
    case ORR_LAYOUT_SEVERAL: several(s, rng, &text); break;
    case ORR_LAYOUT_PAIR: pair(s, rng, &text); break;
    default: whole(s, rng, &text); break;
    }
    orr_str_append(out, orr_str_c(&text));
    orr_str_free(&text);
}

/* ---- classes ---- */

int orr_caption_classes(enum orr_caption_group group)
{
    static const int n[ORR_CAPTION_GROUPS] = {ORR_NOUNS, ORR_COLOURS, ORR_PATTERNS, ORR_MOST_THINGS, ORR_PLACES};
    return n[group];
}

void orr_caption_class(enum orr_caption_group group, int k, struct orr_str *out)
{
    switch (group) {
    case ORR_GROUP_NOUN:
        if (k >= ORR_NOUN_LAND)
            word(out, "a satellite view of");
        else if (k >= ORR_NOUN_TEXTURE)
            word(out, "a texture of");
        else
            word(out, k >= ORR_NOUN_DIGIT && k < ORR_NOUN_GARMENT ? "the digit" : "a picture of a");
        word(out, orr_noun_names[k]);
        break;
    case ORR_GROUP_COLOUR: orr_str_printf(out, "a picture of a %s thing", orr_colour_names[k]); break;
    case ORR_GROUP_PATTERN: orr_str_printf(out, "a picture of a %s thing", orr_pattern_names[k]); break;
    case ORR_GROUP_COUNT:
        orr_str_printf(out, "a picture of %s %s", orr_number_names[k + 1], k ? "things" : "thing");
        break;
    default: orr_str_printf(out, "a picture of a thing at the %s", orr_place_names[k]); break;
    }
}

int orr_caption_class_of(enum orr_caption_group group, const struct orr_caption *s)
{
    const bool alone = s->layout == ORR_LAYOUT_ONE || s->layout == ORR_LAYOUT_SEVERAL,
               litter = s->noun[0] >= ORR_NOUN_LITTER;
    switch (group) {
    case ORR_GROUP_NOUN: return s->layout == ORR_LAYOUT_PAIR ? -1 : s->noun[0];
    case ORR_GROUP_COLOUR: /* half of a pattern is of another colour, and outlines have lost theirs */
        return alone && !litter && s->pattern[0] == ORR_PATTERN_PLAIN && s->style != ORR_STYLE_OUTLINE ? s->colour[0]
                                                                                                       : -1;
    case ORR_GROUP_PATTERN: return alone && !litter ? s->pattern[0] : -1;
    case ORR_GROUP_COUNT: return s->layout == ORR_LAYOUT_SEVERAL ? s->count - 1 : -1;
    default: return s->layout == ORR_LAYOUT_ONE ? s->place : -1;
    }
}

void orr_caption_relation(const struct orr_caption *s, int relation, struct orr_str *out)
{
    word(out, "a picture of");
    with_article(out, orr_noun_names[s->noun[0]]);
    word(out, orr_relation_names[relation]);
    with_article(out, orr_noun_names[s->noun[1]]);
}

void orr_caption_words(struct orr_str *out)
{
    const struct {
        const char *const *names;
        int n;
    } tables[] = {
        {orr_noun_names, ORR_NOUNS},       {orr_noun_plurals, ORR_NOUNS},       {orr_colour_names, ORR_COLOURS},
        {orr_pattern_names, ORR_PATTERNS}, {orr_relation_names, ORR_RELATIONS}, {orr_place_names, ORR_PLACES},
        {orr_number_names, ORR_DIGITS},    {orr_ground_names, ORR_GROUNDS},     {orr_material_names, ORR_MATERIALS}};
    word(out, extra);
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (int i = 0; i < tables[t].n; i++) word(out, tables[t].names[i]);
}
