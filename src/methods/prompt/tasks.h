/* Tasks for prompt learning: pictures of named classes, few of them to learn from. Drawn ones come from a seed and are
 * synthetic; app/prompt_tasks.h adds those of installed packages. Labels are sorted; the first `base` ones are the base half,
 * the others are new.
 *
 * What the shipped encoder has seen, and what not. Its captions are made of words, so a class whose word was in no caption
 * would be noise to it and "new" would measure nothing. Hence two kinds of tasks, and one rule for both:
 *   every task       all its pictures, those to learn from as those of the test, are of a style that no picture of the
 *                    pre-training has (chalk, night, poster, faded; or photographs and handwriting of packages, of which it
 *                    saw none at all: garments and digits were drawn for it).
 *   plain tasks      the words of all classes were in captions, as the words of any benchmark were for CLIP. A learner of
 *                    prompts sees the base classes only; "new" says whether what it learned of the style carries over.
 *   compound tasks   (coloured-shapes, patterned-shapes, counts, relations, litter-grounds) a class is a pair of words, and
 *                    the pairs of the new half were in no picture and no caption: orr_caption_held_out. Each of their words,
 *                    with other words, was. "New" is then new to encoder and learner alike. */
#ifndef ORRERY_METHODS_PROMPT_TASKS_H
#define ORRERY_METHODS_PROMPT_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

#include "image/caption_scene.h"

enum orr_prompt_split { ORR_PROMPT_POOL, ORR_PROMPT_VALIDATION, ORR_PROMPT_TEST, ORR_PROMPT_SPLITS };
enum { ORR_PROMPT_CLASSES = 32, ORR_PROMPT_POOL_EACH = 40, ORR_PROMPT_VALIDATION_EACH = 10, ORR_PROMPT_TEST_EACH = 50 };

struct orr_prompt_task {
    const char *name, *about;           /* "shapes"; one line for people, says "synthetic" where it is */
    const char *phrase;                 /* a class in a sentence: "a picture of a %s" */
    int classes, base;                  /* base = classes / 2, rounded up */
    const char *label[ORR_PROMPT_CLASSES]; /* [classes], sorted bytewise, static */
    int side;                           /* pixels per side */
    size_t n[ORR_PROMPT_SPLITS];
    unsigned char *rgb[ORR_PROMPT_SPLITS]; /* (n, side, side, 3) */
    int32_t *y[ORR_PROMPT_SPLITS];      /* (n) class */
};
void orr_prompt_task_free(struct orr_prompt_task *t); /* NULL-safe; zero afterwards */

/* Pictures which[0..n) of a split (NULL: the first n) as an encoder takes them: (v / 255 - mean) / std, into out
 * (n, 3, side, side). */
void orr_prompt_task_pixels(const struct orr_prompt_task *t, enum orr_prompt_split split, const size_t *which, size_t n,
                            const float mean[3], const float std[3], float *out);
/* `shots` pictures of the pool for each class of first..first+classes, drawn by seed, at most POOL_EACH: indices into the pool
 * in which[classes * shots], class by class; returns how many. The same seed draws the same pictures of a class whatever the
 * range of classes. */
size_t orr_prompt_task_shots(const struct orr_prompt_task *t, int first, int classes, int shots, uint64_t seed,
                             size_t *which);
/* "a picture of a red star" of class c. */
void orr_prompt_task_caption(const struct orr_prompt_task *t, int c, char *out, size_t size);

/* ---- drawn tasks ---- */
struct orr_prompt_drawn {
    const char *name, *about, *phrase;
    enum orr_caption_style style;
    bool compound; /* its new classes are pairs of words that the encoder never saw together; else it knows all its words */
    int classes;
};
size_t orr_prompt_drawn_count(void);
const struct orr_prompt_drawn *orr_prompt_drawn(size_t i); /* in the order of the tables */
/* EINVAL names the tasks there are. Which pictures: from name, seed, split and number alone. */
enum orr_status orr_prompt_task_draw(const char *name, int side, uint64_t seed, struct orr_prompt_task *out,
                                     struct orr_error *err);

#endif
