/* Captioned scenes: what is drawn, what is said of it, what encoders never see; and the tasks made of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/caption_scene.h"
#include "methods/prompt/tasks.h"
#include "suite.h"

enum { SIDE = 24, MANY = 4000 };

static struct orr_error err;

static void draw(uint64_t item, struct orr_caption *s, struct orr_studio *st, unsigned char *out, struct orr_str *text)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, 11, item);
    orr_caption_random(s, &rng);
    orr_caption_draw(s, st, &rng);
    orr_picture_bytes(&st->picture, out);
    if (text) orr_caption_write(s, &rng, text);
}

START_TEST(the_same_number_gives_the_same_scene)
{
    struct orr_studio a, b;
    unsigned char x[SIDE * SIDE * 3], y[SIDE * SIDE * 3];
    ck_assert(orr_studio_init(&a, SIDE, SIDE) && orr_studio_init(&b, SIDE, SIDE));
    for (uint64_t i = 0; i < 40; i++) {
        struct orr_caption s, t;
        struct orr_str said = {0}, again = {0};
        draw(i, &s, &a, x, &said);
        draw(i + 1, &t, &b, y, NULL); /* what was drawn before leaves no trace */
        draw(i, &t, &b, y, &again);
        ck_assert_int_eq(memcmp(x, y, sizeof x), 0);
        ck_assert_str_eq(orr_str_c(&said), orr_str_c(&again));
        orr_str_free(&said);
        orr_str_free(&again);
    }
    orr_studio_free(&a);
    orr_studio_free(&b);
}
END_TEST

START_TEST(encoders_never_see_what_is_held_out)
{
    int styles[ORR_STYLES] = {0}, nouns[ORR_NOUNS] = {0}, colours[ORR_COLOURS] = {0}, layouts[4] = {0};
    for (uint64_t i = 0; i < MANY; i++) {
        struct orr_rng rng;
        struct orr_caption s, sibling;
        orr_rng_seed(&rng, 5, i);
        orr_caption_random(&s, &rng);
        orr_caption_sibling(&s, &sibling, &rng);
        ck_assert(!orr_caption_held_out(&s) && !orr_caption_held_out(&sibling));
        ck_assert_int_lt((int)s.style, ORR_STYLES_TRAINED);
        ck_assert_int_eq(s.style, sibling.style);
        styles[s.style]++;
        layouts[s.layout]++;
        nouns[s.noun[0]]++;
        if (s.colour[0] >= 0) colours[s.colour[0]]++;
    }
    for (int k = 0; k < ORR_STYLES_TRAINED; k++) ck_assert_int_gt(styles[k], MANY / 12);
    for (int k = 0; k < ORR_NOUNS; k++)
        ck_assert_msg(nouns[k] > 10, "%s was drawn %d times", orr_noun_names[k], nouns[k]);
    for (int k = 0; k < ORR_COLOURS; k++) ck_assert_int_gt(colours[k], MANY / 40);
    for (int k = 0; k < 4; k++) ck_assert_int_gt(layouts[k], MANY / 20);
}
END_TEST

/* Whether `text`, blanks around it, holds the word. */
static bool says(const char *text, const char *words)
{
    char padded[4096], want[64];
    snprintf(padded, sizeof padded, " %s ", text);
    snprintf(want, sizeof want, " %s ", words);
    return strstr(padded, want) != NULL;
}

START_TEST(captions_are_true_and_made_of_listed_words)
{
    struct orr_str words = {0}, text = {0};
    int named = 0;
    orr_caption_words(&words);
    for (uint64_t i = 0; i < MANY; i++) {
        struct orr_rng rng;
        struct orr_caption s;
        orr_rng_seed(&rng, 6, i);
        orr_caption_random(&s, &rng);
        orr_str_clear(&text);
        orr_caption_write(&s, &rng, &text);
        char copy[256], *rest = copy;
        snprintf(copy, sizeof copy, "%s", orr_str_c(&text));
        ck_assert_uint_lt(text.len, 128);
        for (char *w; (w = strsep(&rest, " ")) != NULL;)
            ck_assert_msg(says(words.data, w), "'%s' in '%s'", w, text.data);
        for (int c = 0; c < ORR_COLOURS; c++) /* no colour is named that is not there */
            if (says(text.data, orr_colour_names[c])) {
                ck_assert_msg(s.colour[0] == c || (s.layout == ORR_LAYOUT_PAIR && s.colour[1] == c), "'%s'", text.data);
                ck_assert_int_ne(s.style, ORR_STYLE_OUTLINE);
                named++;
            }
        for (int n = 1; n <= ORR_MOST_THINGS; n++) /* nor a number of things that is another */
            if (s.layout == ORR_LAYOUT_SEVERAL && says(text.data, orr_number_names[n]))
                ck_assert_msg(s.count == n || s.noun[0] == ORR_NOUN_DIGIT + n, "'%s'", text.data);
        if (s.layout == ORR_LAYOUT_PAIR && says(text.data, "above")) ck_assert(s.relation <= ORR_RELATION_BELOW);
        if (s.ground == ORR_GROUND_PLAIN) ck_assert_msg(!says(text.data, "on"), "'%s'", text.data);
        for (int k = ORR_STYLES_TRAINED; k < ORR_STYLES; k++) ck_assert(!says(text.data, orr_caption_style_names[k]));
    }
    ck_assert_int_gt(named, MANY / 5);
    orr_str_free(&words);
    orr_str_free(&text);
}
END_TEST

START_TEST(sentences_of_classes_are_true_of_the_scenes_that_are_of_them)
{
    struct orr_str words = {0}, text = {0};
    int of[ORR_CAPTION_GROUPS] = {0};
    orr_caption_words(&words);
    for (int g = 0; g < ORR_CAPTION_GROUPS; g++)
        for (int k = 0; k < orr_caption_classes((enum orr_caption_group)g); k++) {
            orr_str_clear(&text);
            orr_caption_class((enum orr_caption_group)g, k, &text);
            char *rest = text.data;
            for (char *w; (w = strsep(&rest, " ")) != NULL;)
                ck_assert_msg(says(words.data, w), "'%s' of group %d", w, g);
        }
    for (uint64_t i = 0; i < MANY; i++) {
        struct orr_rng rng;
        struct orr_caption s;
        orr_rng_seed(&rng, 8, i);
        orr_caption_random(&s, &rng);
        for (int g = 0; g < ORR_CAPTION_GROUPS; g++) {
            const int k = orr_caption_class_of((enum orr_caption_group)g, &s);
            if (k < 0) continue;
            ck_assert_int_lt(k, orr_caption_classes((enum orr_caption_group)g));
            orr_str_clear(&text);
            orr_caption_class((enum orr_caption_group)g, k, &text);
            const char *want = g == ORR_GROUP_NOUN      ? orr_noun_names[s.noun[0]]
                               : g == ORR_GROUP_COLOUR  ? orr_colour_names[s.colour[0]]
                               : g == ORR_GROUP_PATTERN ? orr_pattern_names[s.pattern[0]]
                               : g == ORR_GROUP_COUNT   ? orr_number_names[s.count]
                                                        : orr_place_names[s.place];
            ck_assert_msg(says(text.data, want), "'%s' does not say '%s'", text.data, want);
            of[g]++;
        }
        if (s.layout == ORR_LAYOUT_PAIR) ck_assert_int_eq(orr_caption_class_of(ORR_GROUP_NOUN, &s), -1);
    }
    for (int g = 0; g < ORR_CAPTION_GROUPS; g++) ck_assert_int_gt(of[g], MANY / 20);
    struct orr_caption pair = orr_caption_of(ORR_STYLE_FLAT, ORR_LAYOUT_PAIR);
    pair.noun[0] = ORR_NOUN_SHAPE + ORR_SHAPE_STAR;
    pair.noun[1] = ORR_NOUN_LITTER + ORR_LITTER_CAN;
    orr_str_clear(&text);
    orr_caption_relation(&pair, ORR_RELATION_LEFT, &text);
    ck_assert_str_eq(text.data, "a picture of a star left of a can");
    orr_str_free(&words);
    orr_str_free(&text);
}
END_TEST

START_TEST(styles_show_the_same_scene_differently)
{
    struct orr_studio st;
    unsigned char x[ORR_STYLES][SIDE * SIDE * 3];
    ck_assert(orr_studio_init(&st, SIDE, SIDE));
    for (int style = 0; style < ORR_STYLES; style++) {
        struct orr_caption s = orr_caption_of((enum orr_caption_style)style, ORR_LAYOUT_ONE);
        struct orr_rng rng;
        s.noun[0] = ORR_NOUN_SHAPE + ORR_SHAPE_STAR;
        s.colour[0] = ORR_COLOUR_GREEN;
        s.pattern[0] = ORR_PATTERN_PLAIN;
        s.ground = ORR_GROUND_PLAIN;
        orr_rng_seed(&rng, 9, 1);
        orr_caption_complete(&s, &rng);
        orr_caption_draw(&s, &st, &rng);
        orr_picture_bytes(&st.picture, x[style]);
        for (int k = 0; k < style; k++) ck_assert_int_ne(memcmp(x[k], x[style], sizeof x[k]), 0);
        int least = 255, most = 0;
        for (size_t i = 0; i < sizeof x[style]; i++) {
            least = x[style][i] < least ? x[style][i] : least;
            most = x[style][i] > most ? x[style][i] : most;
        }
        ck_assert_msg(most - least > 40, "%s shows nothing", orr_caption_style_names[style]);
    }
    orr_studio_free(&st);
}
END_TEST

/* ---- tasks ---- */

START_TEST(labels_are_sorted_and_every_split_has_every_class)
{
    for (size_t i = 0; i < orr_prompt_drawn_count(); i++) {
        struct orr_prompt_task t;
        ck_assert_int_eq(orr_prompt_task_draw(orr_prompt_drawn(i)->name, 8, 1, &t, &err), ORR_OK);
        ck_assert(t.classes >= 8 && t.classes <= ORR_PROMPT_CLASSES && t.base == (t.classes + 1) / 2);
        ck_assert_msg(strstr(t.about, "synthetic") != NULL, "%s does not say what it is", t.name);
        for (int c = 1; c < t.classes; c++)
            ck_assert_msg(strcmp(t.label[c - 1], t.label[c]) < 0, "%s: %s", t.name, t.label[c]);
        for (int s = 0; s < ORR_PROMPT_SPLITS; s++) {
            int count[ORR_PROMPT_CLASSES] = {0};
            for (size_t k = 0; k < t.n[s]; k++) count[t.y[s][k]]++;
            for (int c = 0; c < t.classes; c++) ck_assert_int_eq(count[c], (int)(t.n[s] / (size_t)t.classes));
        }
        ck_assert(orr_prompt_drawn(i)->style >= (enum orr_caption_style)ORR_STYLES_TRAINED);
        orr_prompt_task_free(&t);
    }
}
END_TEST

/* The words of a label as a scene, for the compound tasks. */
static struct orr_caption scene_of(const char *label)
{
    struct orr_caption s = orr_caption_of(ORR_STYLE_FLAT, ORR_LAYOUT_ONE);
    int nouns = 0;
    for (int c = 0; c < ORR_COLOURS; c++)
        if (says(label, orr_colour_names[c])) s.colour[0] = c;
    for (int p = 0; p < ORR_PATTERNS; p++)
        if (says(label, orr_pattern_names[p])) s.pattern[0] = p;
    for (int g = 1; g < ORR_GROUNDS; g++)
        if (says(label, "on") && says(label, orr_ground_names[g])) s.ground = g;
    for (int r = 0; r < ORR_RELATIONS; r++)
        if (says(label, orr_relation_names[r])) s.relation = r, s.layout = ORR_LAYOUT_PAIR;
    for (int n = 2; n <= ORR_MOST_THINGS; n++)
        if (says(label, orr_number_names[n])) s.count = n, s.layout = ORR_LAYOUT_SEVERAL;
    for (int pass = 0; pass < 2; pass++) /* the noun that stands first is the first */
        for (int n = 0; n < ORR_NOUN_TEXTURE && nouns < 2; n++) {
            const char *name = s.layout == ORR_LAYOUT_SEVERAL ? orr_noun_plurals[n] : orr_noun_names[n];
            const bool first = !strncmp(label, name, strlen(name));
            if ((n < ORR_NOUN_DIGIT || n >= ORR_NOUN_GARMENT) && says(label, name) &&
                (s.layout != ORR_LAYOUT_PAIR || first == (pass == 0)) && s.noun[0] != n)
                s.noun[nouns++] = n;
        }
    return s;
}

START_TEST(the_new_half_of_a_compound_task_is_held_out_and_the_base_half_is_not)
{
    int compound = 0;
    for (size_t i = 0; i < orr_prompt_drawn_count(); i++) {
        struct orr_prompt_task t;
        if (!orr_prompt_drawn(i)->compound) continue;
        ck_assert_int_eq(orr_prompt_task_draw(orr_prompt_drawn(i)->name, 8, 1, &t, &err), ORR_OK);
        for (int c = 0; c < t.classes; c++) {
            const struct orr_caption s = scene_of(t.label[c]);
            ck_assert_msg(orr_caption_held_out(&s) == (c >= t.base), "%s: %s", t.name, t.label[c]);
        }
        orr_prompt_task_free(&t);
        compound++;
    }
    ck_assert_int_eq(compound, 5);
}
END_TEST

START_TEST(captions_of_tasks_hold_only_words_that_encoders_know)
{
    struct orr_str words = {0};
    orr_caption_words(&words);
    for (size_t i = 0; i < orr_prompt_drawn_count(); i++) {
        struct orr_prompt_task t;
        ck_assert_int_eq(orr_prompt_task_draw(orr_prompt_drawn(i)->name, 8, 1, &t, &err), ORR_OK);
        for (int c = 0; c < t.classes; c++) {
            char text[160], *rest = text;
            orr_prompt_task_caption(&t, c, text, sizeof text);
            ck_assert(strstr(text, t.label[c]) != NULL && !strchr(text, '%'));
            for (char *w; (w = strsep(&rest, " ")) != NULL;)
                ck_assert_msg(says(words.data, w), "'%s' of %s", w, t.name);
        }
        orr_prompt_task_free(&t);
    }
    orr_str_free(&words);
}
END_TEST

START_TEST(shots_follow_from_the_seed_and_the_class_alone)
{
    struct orr_prompt_task t;
    size_t all[8 * 16], half[4 * 16], other[8 * 16], seen[ORR_PROMPT_POOL_EACH * 8] = {0};
    ck_assert_int_eq(orr_prompt_task_draw("shapes", 8, 1, &t, &err), ORR_OK);
    ck_assert_uint_eq(orr_prompt_task_shots(&t, 0, 8, 16, 3, all), 8 * 16);
    ck_assert_uint_eq(orr_prompt_task_shots(&t, 4, 4, 16, 3, half), 4 * 16);
    ck_assert_int_eq(memcmp(all + 4 * 16, half, sizeof half), 0);
    orr_prompt_task_shots(&t, 0, 8, 16, 4, other);
    ck_assert_int_ne(memcmp(all, other, sizeof all), 0);
    for (size_t i = 0; i < 8 * 16; i++) {
        ck_assert_int_eq(t.y[ORR_PROMPT_POOL][all[i]], (int)(i / 16));
        ck_assert_uint_eq(seen[all[i]]++, 0);
    }
    ck_assert_uint_eq(orr_prompt_task_shots(&t, 0, 1, 1000, 3, seen), ORR_PROMPT_POOL_EACH);
    float pixels[2 * 3 * 8 * 8];
    const float mean[3] = {0.5f, 0.25f, 0}, std[3] = {0.5f, 0.25f, 1};
    const size_t which[2] = {7, 0};
    orr_prompt_task_pixels(&t, ORR_PROMPT_TEST, which, 2, mean, std, pixels);
    const unsigned char *rgb = t.rgb[ORR_PROMPT_TEST] + 7 * 3 * 64;
    ck_assert_float_eq_tol(pixels[64 + 5], ((float)rgb[3 * 5 + 1] / 255 - 0.25f) / 0.25f, 1e-6f);
    orr_prompt_task_free(&t);
    ck_assert_int_eq(orr_prompt_task_draw("shape", 8, 1, &t, &err), ORR_EINVAL);
    ck_assert_msg(strstr(err.message, "shapes") != NULL, "%s", err.message);
    ck_assert_int_eq(orr_prompt_task_draw("shapes", 4, 1, &t, &err), ORR_EINVAL);
}
END_TEST

ORR_SUITE("caption_scene", the_same_number_gives_the_same_scene, encoders_never_see_what_is_held_out,
          captions_are_true_and_made_of_listed_words, sentences_of_classes_are_true_of_the_scenes_that_are_of_them,
          styles_show_the_same_scene_differently, labels_are_sorted_and_every_split_has_every_class,
          the_new_half_of_a_compound_task_is_held_out_and_the_base_half_is_not,
          captions_of_tasks_hold_only_words_that_encoders_know, shots_follow_from_the_seed_and_the_class_alone)
