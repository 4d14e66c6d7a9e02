/* Tasks of installed packages, and the encoder that ships on a drawn one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/clip_pretrain.h"
#include "app/prompt_tasks.h"
#include "suite.h"

static struct orr_error err;

START_TEST(tasks_of_packages_load_or_say_what_is_missing)
{
    for (const struct orr_prompt_packaged *p = orr_prompt_packaged; p->name; p++) {
        struct orr_prompt_task t;
        const enum orr_status s = orr_prompt_task_load(p->name, 16, 1, NULL, &t, &err);
        if (s == ORR_ENOTFOUND) {
            ck_assert_msg(strstr(err.message, "install") || strstr(err.message, "make models"), "%s", err.message);
            ck_assert_ptr_null(t.rgb[0]);
            continue;
        }
        ck_assert_msg(s == ORR_OK, "%s: %s", err.where, err.message);
        ck_assert(t.classes >= 8 && t.base == (t.classes + 1) / 2);
        for (int c = 1; c < t.classes; c++) ck_assert_int_lt(strcmp(t.label[c - 1], t.label[c]), 0);
        for (int split = 0; split < ORR_PROMPT_SPLITS; split++) {
            int count[ORR_PROMPT_CLASSES] = {0};
            for (size_t i = 0; i < t.n[split]; i++) count[t.y[split][i]]++;
            for (int c = 0; c < t.classes; c++)
                ck_assert_msg(count[c] > 0, "%s: no %s in split %d", t.name, t.label[c], split);
        }
        size_t which[16 * ORR_PROMPT_CLASSES];
        ck_assert_uint_eq(orr_prompt_task_shots(&t, 0, t.classes, 16, 1, which), (size_t)(16 * t.classes));
        int least = 255, most = 0; /* black, white and what is between */
        for (size_t i = 0; i < 3 * 16 * 16 * t.n[ORR_PROMPT_TEST]; i++) {
            least = t.rgb[ORR_PROMPT_TEST][i] < least ? t.rgb[ORR_PROMPT_TEST][i] : least;
            most = t.rgb[ORR_PROMPT_TEST][i] > most ? t.rgb[ORR_PROMPT_TEST][i] : most;
        }
        ck_assert(least < 20 && most > 230);
        orr_prompt_task_free(&t);
    }
}
END_TEST

START_TEST(unknown_tasks_are_told_all_names)
{
    struct orr_prompt_task t;
    ck_assert_int_eq(orr_prompt_task_load("digit", 16, 1, NULL, &t, &err), ORR_EINVAL);
    ck_assert_msg(strstr(err.message, "litter-grounds") && strstr(err.message, "fashion-mnist"), "%s", err.message);
    ck_assert_int_eq(orr_prompt_task_load("stamps", 4, 1, NULL, &t, &err), ORR_EINVAL);
}
END_TEST

START_TEST(the_encoder_that_ships_tells_colours_of_a_style_it_never_saw)
{
    struct orr_clip c;
    struct orr_prompt_task t;
    double accuracy[ORR_CLIP_HALVES];
    char text[160], path[512];
    const char *data = getenv("ORRERY_TEST_DATA");
    snprintf(path, sizeof path, "%.300s/../../datasets/models/" ORR_CLIP_SHIPPED, data ? data : "tests/data");
    ck_assert_msg(orr_clip_open(path, NULL, &c, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_int_eq(c.config.image, 48);
    ck_assert_uint_eq(c.params.n, 1475713);
    for (size_t i = 0; i < orr_prompt_drawn_count(); i++) {
        ck_assert_int_eq(orr_prompt_task_draw(orr_prompt_drawn(i)->name, 8, 1, &t, &err), ORR_OK);
        for (int k = 0; k < t.classes; k++) {
            orr_prompt_task_caption(&t, k, text, sizeof text);
            ck_assert_msg(orr_clip_tokens_knows(c.tokens, text), "'%s'", text);
        }
        orr_prompt_task_free(&t);
    }
    ck_assert_int_eq(orr_prompt_task_draw("colours", 48, 1, &t, &err), ORR_OK);
    ck_assert(orr_clip_zero_shot(&c, &t, NULL, accuracy));
    ck_assert_double_gt(accuracy[ORR_CLIP_ALL], 0.6); /* chance: 0.08 */
    orr_prompt_task_free(&t);
    orr_clip_free(&c);
}
END_TEST

ORR_SUITE("prompt_tasks", tasks_of_packages_load_or_say_what_is_missing, unknown_tasks_are_told_all_names,
          the_encoder_that_ships_tells_colours_of_a_style_it_never_saw)
