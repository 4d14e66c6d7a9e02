/* Pre-training of a tiny dual encoder, and its zero-shot scores. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aid_folder.h"
#include "app/clip_pretrain.h"

static struct orr_error err;

static struct orr_clip_pretrain_options tiny(int64_t steps)
{
    struct orr_clip_pretrain_options o = orr_clip_pretrain_defaults();
    o.image = 16;
    o.width = o.embed = 16;
    o.heads = 2;
    o.vision_layers = o.text_layers = 1;
    o.batch = 16;
    o.scenes = 64;
    o.steps = steps;
    o.lr = 3e-3;
    o.every = 0;
    o.classes_from = steps / 2;
    return o;
}

struct seen {
    double first, last;
    int64_t stop_after;
};
static void see(void *ctx, const struct orr_clip_pretrain_report *r)
{
    struct seen *s = ctx;
    if (s->first == 0) s->first = r->loss;
    s->last = r->loss;
}
static bool stop(void *ctx, const struct orr_progress *p)
{
    return (int64_t)p->done < ((struct seen *)ctx)->stop_after;
}

START_TEST(the_loss_falls_below_that_of_guessing)
{
    struct orr_clip_pretrain_options o = tiny(300);
    struct orr_clip c = {0};
    struct seen s = {0};
    ck_assert_msg(orr_clip_pretrain(&o, NULL, see, &s, &c, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_double_gt(s.first, 0.8 * log(16));
    ck_assert_double_lt(s.last, 0.75 * log(16));
    ck_assert(!c.vision.trains && !c.text.trains);
    orr_clip_free(&c);
}
END_TEST

START_TEST(a_run_that_was_stopped_goes_on_to_the_same_weights)
{
    struct orr_clip_pretrain_options o = tiny(14);
    struct orr_clip whole = {0}, parts = {0};
    struct seen s = {.stop_after = 6};
    const struct orr_ticker ticker = {stop, &s};
    ck_assert_int_eq(orr_clip_pretrain(&o, NULL, NULL, NULL, &whole, &err), ORR_OK);
    o.checkpoint = aid_file_write("part.ck", "", 0);
    unlink(o.checkpoint);
    ck_assert_int_eq(orr_clip_pretrain(&o, &ticker, NULL, NULL, &parts, &err), ORR_ECANCELLED);
    ck_assert_int_eq(access(o.checkpoint, R_OK), 0);
    ck_assert_int_eq(orr_clip_pretrain(&o, NULL, NULL, NULL, &parts, &err), ORR_OK);
    for (size_t i = 0; i < whole.params.n; i++) ck_assert_float_eq(parts.params.value[i], whole.params.value[i]);
    orr_clip_free(&whole);
    orr_clip_free(&parts);
}
END_TEST

START_TEST(a_checkpoint_of_another_run_is_refused)
{
    struct orr_clip_pretrain_options o = tiny(14);
    struct orr_clip c = {0};
    struct seen s = {.stop_after = 6};
    const struct orr_ticker ticker = {stop, &s};
    o.checkpoint = aid_file_write("other.ck", "", 0);
    ck_assert_int_eq(orr_clip_pretrain(&o, NULL, NULL, NULL, &c, &err), ORR_EFORMAT); /* empty */
    unlink(o.checkpoint);
    ck_assert_int_eq(orr_clip_pretrain(&o, &ticker, NULL, NULL, &c, &err), ORR_ECANCELLED);
    o.seed = 2;
    ck_assert_int_eq(orr_clip_pretrain(&o, NULL, NULL, NULL, &c, &err), ORR_EFORMAT);
    ck_assert_msg(strstr(err.message, "another run") != NULL, "%s", err.message);
    o.seed = 1;
    o.classes_weight = 1;
    ck_assert_int_eq(orr_clip_pretrain(&o, NULL, NULL, NULL, &c, &err), ORR_EFORMAT);
    o.classes_weight = orr_clip_pretrain_defaults().classes_weight;
    o.steps = 8; /* it would be slowing down by now */
    ck_assert_int_eq(orr_clip_pretrain(&o, NULL, NULL, NULL, &c, &err), ORR_EFORMAT);
    o.steps = 12; /* but here it would not */
    ck_assert_int_eq(orr_clip_pretrain(&o, NULL, NULL, NULL, &c, &err), ORR_OK);
    orr_clip_free(&c);
    o.batch = 3;
    ck_assert_int_eq(orr_clip_pretrain(&o, NULL, NULL, NULL, &c, &err), ORR_EINVAL);
}
END_TEST

/* An encoder that knows nothing guesses; one whose image features are its text features is always right. */
START_TEST(zero_shot_of_an_untrained_encoder_is_near_chance)
{
    struct orr_clip_pretrain_options o = tiny(1);
    struct orr_clip c = {0};
    struct orr_prompt_task t;
    double accuracy[ORR_CLIP_HALVES];
    ck_assert_int_eq(orr_clip_pretrain(&o, NULL, NULL, NULL, &c, &err), ORR_OK);
    ck_assert_int_eq(orr_prompt_task_draw("shapes", 16, 1, &t, &err), ORR_OK);
    ck_assert(orr_clip_zero_shot(&c, &t, NULL, accuracy));
    ck_assert_double_lt(accuracy[ORR_CLIP_ALL], 0.35);
    ck_assert_double_lt(accuracy[ORR_CLIP_BASE], 0.6);
    /* all classes of one label's pictures: the share is a share */
    for (int h = 0; h < ORR_CLIP_HALVES; h++) ck_assert(accuracy[h] >= 0 && accuracy[h] <= 1);
    orr_prompt_task_free(&t);
    ck_assert_int_eq(orr_prompt_task_draw("shapes", 24, 1, &t, &err), ORR_OK);
    ck_assert(!orr_clip_zero_shot(&c, &t, NULL, accuracy)); /* pictures of another size */
    orr_prompt_task_free(&t);
    orr_clip_free(&c);
}
END_TEST

ORR_SUITE_IN_FOLDER("clip_pretrain", the_loss_falls_below_that_of_guessing,
                    a_run_that_was_stopped_goes_on_to_the_same_weights, a_checkpoint_of_another_run_is_refused,
                    zero_shot_of_an_untrained_encoder_is_near_chance)
