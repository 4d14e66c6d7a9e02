/* Prompts in the towers of a small random encoder: layouts and their counts, passes, gradients, training, search. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "methods/prompt/prompt.h"

enum { SIDE = 16, EMBED = 64, CLASSES = 3, IMAGES = 12, PIXELS = 3 * SIDE * SIDE };
static const char *const names[CLASSES] = {"red star", "disk", "a green ring"};
static const char TEMPLATE[] = "a picture of a %s";

static struct orr_clip clip;
static float pixels[IMAGES * PIXELS];
static int32_t labels[IMAGES];

static void make_clip(void)
{
    const struct orr_clip_config config = {.image = SIDE, .patch = 8, .vision_width = 24, .vision_layers = 4, .vision_heads = 2,
                                           .vision_hidden = 48, .vocab = 12, .context = 12, .text_width = 16, .text_layers = 3,
                                           .text_heads = 2, .text_hidden = 32, .embed = EMBED, .activation = ORR_ACT_QUICK_GELU,
                                           .vision_eps = 1e-5, .text_eps = 1e-5, .std = {1, 1, 1}};
    struct orr_error err;
    struct orr_rng rng;
    ck_assert_int_eq(
        orr_clip_init(&clip, &config, orr_clip_tokens_words("a picture of red green star disk ring"), 1, &err), ORR_OK);
    orr_rng_seed(&rng, 2, 2);
    for (size_t k = 0; k < IMAGES * PIXELS; k++) pixels[k] = (float)orr_rng_normal(&rng);
    for (int k = 0; k < IMAGES; k++) labels[k] = k % CLASSES;
}

/* Prompts with what they look at. */
struct world {
    struct orr_prompts p;
    struct orr_prompts_texts texts;
    struct orr_prompts_images images;
};

static void look(struct world *w)
{
    orr_prompts_texts(&w->p, names, CLASSES, &w->texts);
    ck_assert_int_eq(orr_prompts_images(&w->p, pixels, NULL, IMAGES, labels, NULL, &w->images, NULL), ORR_OK);
}
static void world_init(struct world *w, const struct orr_prompts_layout *l, uint64_t seed)
{
    struct orr_error err = {0};
    make_clip();
    ck_assert_msg(orr_prompts_init(&w->p, &clip, l, TEMPLATE, seed, &err) == ORR_OK, "%s", err.message);
    look(w);
}
static void world_free(struct world *w)
{
    orr_prompts_texts_free(&w->texts);
    orr_prompts_images_free(&w->images);
    orr_prompts_free(&w->p);
    orr_clip_free(&clip);
}
static struct orr_prompts_layout none(void) { return orr_prompts_none(3, 4); }

static size_t all[IMAGES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static double loss_of(const struct world *w, struct orr_tape *t, enum orr_prompts_learns learns)
{
    orr_tape_reset(t);
    struct orr_var *loss = orr_cross_entropy(orr_prompts_logits(&w->p, t, &w->texts, &w->images, all, IMAGES, learns), labels);
    if (learns) orr_tape_backward(loss);
    return (double)loss->value[0];
}

/* ---- layouts ---- */

START_TEST(counts_are_those_of_the_papers)
{
    struct orr_prompts_layout l = orr_prompts_none(12, 12);
    orr_prompts_modular(&l, 9, 2, 2, 2, ORR_PROMPTS_MAP_LAYER); /* MaPLe on ViT-B/16 */
    ck_assert_uint_eq(orr_prompts_count(&l, 512, 768, 512), 9 * 2 * 512 + 9 * (512 * 768 + 768)); /* 3.56 M */
    l = orr_prompts_none(12, 12);
    orr_prompts_modular(&l, 9, 1, 2, 1, ORR_PROMPTS_MAP_TOKEN); /* modular: 6.70 M */
    ck_assert_uint_eq(orr_prompts_count(&l, 512, 768, 512), 17 * 512 + 17 * (512 * 768 + 768));
    for (int k = 0; k < 12; k++) { /* 1, 2, ..., 9 prompts, then all are carried */
        const struct orr_prompts_step s = orr_prompts_step(&l, ORR_PROMPTS_IMAGE, k);
        ck_assert_int_eq(s.tokens, k < 9 ? k + 1 : 9);
        ck_assert_int_eq(s.removed, k && k < 9);
        ck_assert_int_eq(s.added, k >= 9 ? 0 : k ? 2 : 1);
    }
    l = orr_prompts_none(12, 12);
    orr_prompts_deep(&l, ORR_PROMPTS_TEXT, 1, 4, 0, 0); /* CoCoOp: 35,360 numbers on ViT-B/16 */
    l.meta = true;
    ck_assert_uint_eq(orr_prompts_count(&l, 512, 768, 512), 4 * 512 + 512 * 32 + 32 + 32 * 512 + 512);
}
END_TEST

START_TEST(parameters_are_as_many_as_the_count_says)
{
    struct world w;
    for (int k = 0; k < 7; k++) {
        struct orr_prompts_layout l = none();
        if (k == 1) orr_prompts_deep(&l, ORR_PROMPTS_TEXT, 2, 2, 2, 2);
        if (k == 2) orr_prompts_deep(&l, ORR_PROMPTS_IMAGE, 9, 1, 2, 1);
        if (k == 3 || k == 4)
            orr_prompts_modular(&l, 9, 1, 2, 1, k == 3 ? ORR_PROMPTS_MAP_LAYER : ORR_PROMPTS_MAP_TOKEN);
        if (k == 5) make_clip(), l = orr_prompts_random(&clip, 3, 5), orr_clip_free(&clip);
        if (k == 6) orr_prompts_deep(&l, ORR_PROMPTS_TEXT, 1, 3, 0, 0), l.meta = true;
        world_init(&w, &l, 1);
        ck_assert_uint_eq(w.p.params.n, orr_prompts_count(&l, 16, 24, EMBED));
        world_free(&w);
    }
}
END_TEST

START_TEST(a_layout_survives_its_text_and_bad_ones_are_named)
{
    struct orr_prompts_layout l = none(), back;
    struct orr_error err;
    struct orr_str text = {0};
    orr_prompts_modular(&l, 3, 1, 2, 1, ORR_PROMPTS_MAP_TOKEN);
    orr_prompts_layout_text(&l, &text);
    ck_assert_str_eq(orr_str_c(&text), "sequence token text 1-0,2-1,2-1 image 1-0,2-1,2-1,0-0");
    ck_assert_int_eq(orr_prompts_layout_parse(orr_str_c(&text), &back, &err), ORR_OK);
    ck_assert_mem_eq(&l, &back, sizeof l);
    static const char *const bad[] = {"", "sequence", "sequence own text 1-0", "sequence own text 1-0 image 99-0",
                                      "sequence own text 1-2 image 0-0", "sequence token text 1-0 image 2-0",
                                      "sequence own text 1-0 image 1-0,", "sequence own text 1-0 image 1-0 more",
                                      "elsewhere own text 1-0 image 1-0", "sequence own meta text 0-0 image 1-0"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        ck_assert_msg(orr_prompts_layout_parse(bad[k], &back, &err), "%s", bad[k]);
    orr_str_free(&text);
}
END_TEST

/* ---- passes ---- */

START_TEST(without_prompts_the_encoder_is_itself)
{
    struct world w;
    const struct orr_prompts_layout l = none();
    float want[IMAGES * EMBED], text[CLASSES * EMBED], probability[IMAGES * CLASSES];
    const char *whole[CLASSES] = {"a picture of a red star", "a picture of a disk", "a picture of a a green ring"};
    world_init(&w, &l, 1);
    ck_assert(orr_clip_encode_images(&clip, pixels, IMAGES, NULL, want));
    orr_clip_encode_texts(&clip, whole, CLASSES, text);
    ck_assert_int_eq(w.images.layer, 4);
    for (int k = 0; k < IMAGES * EMBED; k++) ck_assert(fabsf(w.images.x[k] - want[k]) < 1e-5F);
    for (int k = 0; k < CLASSES * EMBED; k++) ck_assert(fabsf(w.texts.x[k] - text[k]) < 1e-5F);
    ck_assert(orr_prompts_predict(&w.p, &w.texts, &w.images, NULL, probability));
    for (int i = 0; i < IMAGES; i++) {
        double z[CLASSES], sum = 0;
        for (int c = 0; c < CLASSES; c++) {
            z[c] = 0;
            for (int d = 0; d < EMBED; d++) z[c] += (double)(want[i * EMBED + d] * text[c * EMBED + d]);
            sum += z[c] = exp(z[c] * orr_clip_scale(&clip));
        }
        for (int c = 0; c < CLASSES; c++) ck_assert(fabs(z[c] / sum - (double)probability[i * CLASSES + c]) < 1e-4);
    }
    world_free(&w);
}
END_TEST

/* MaPLe as its authors build it: n context tokens in both towers, replaced at each of the first `depth` layers; the text's
 * stand in place of the template's first n words, the image's are one linear map per layer of the text's. */
static struct orr_var *maple(const struct orr_prompts *p, struct orr_tape *t, int depth, int n)
{
    struct orr_var *text[3], *image[3];
    static const char *const rest[] = {"picture of a ", "of a "};
    int32_t ids[CLASSES * 8], end[CLASSES];
    for (int k = 0; k < depth; k++) {
        const struct orr_params *v = &p->params;
        text[k] = orr_tape_input(t, orr_shape2(n, 16), orr_params_value(v, (size_t)k));
        const size_t map = (size_t)(depth + 2 * k);
        image[k] = orr_linear(text[k], orr_tape_input(t, orr_shape2(24, 16), orr_params_value(v, map)),
                              orr_tape_input(t, orr_shape1(24), orr_params_value(v, map + 1)), ORR_ACT_NONE);
    }
    for (int c = 0; c < CLASSES; c++) {
        char named[32];
        const int length = snprintf(named, sizeof named, "%s%s", rest[n - 1], names[c]);
        end[c] = n + orr_clip_tokens_encode(clip.tokens, named, (size_t)length, ids + 8 * c, 8);
    }
    struct orr_var *x = orr_clip_text_embed(&clip, t, ids, CLASSES, 8);
    x = orr_clip_join(orr_clip_join(orr_clip_rows(x, 0, 1), orr_clip_repeat(text[0], CLASSES)), orr_clip_rows(x, 1, 7));
    x = orr_clip_text_positions(&clip, x);
    for (int k = 0; k < 3; k++) {
        if (k && k < depth)
            x = orr_clip_join(orr_clip_join(orr_clip_rows(x, 0, 1), orr_clip_repeat(text[k], CLASSES)),
                              orr_clip_rows(x, 1 + n, 7));
        x = orr_clip_block(&clip, &clip.text, k, x);
    }
    struct orr_var *g = orr_clip_text_feature(&clip, x, end);
    struct orr_var *y = orr_clip_image_tokens(&clip, t, orr_tape_input(t, orr_shape4(IMAGES, 3, SIDE, SIDE), pixels));
    for (int k = 0; k < 4; k++) {
        if (k < depth) y = orr_clip_join(orr_clip_rows(y, 0, 5), orr_clip_repeat(image[k], IMAGES));
        y = orr_clip_block(&clip, &clip.vision, k, y);
    }
    return orr_clip_logits(&clip, orr_clip_image_feature(&clip, y), g);
}

START_TEST(maple_is_the_modular_layout_that_replaces_all)
{
    struct world w;
    struct orr_tape *t = orr_tape_new();
    for (int n = 1; n <= 2; n++) {
        struct orr_prompts_layout l = none();
        orr_prompts_modular(&l, 3, n, n, n, ORR_PROMPTS_MAP_LAYER);
        world_init(&w, &l, 7);
        orr_tape_reset(t);
        const struct orr_var *direct = maple(&w.p, t, 3, n);
        const struct orr_var *ours = orr_prompts_logits(&w.p, t, &w.texts, &w.images, all, IMAGES, ORR_PROMPTS_LEARN_NONE);
        for (size_t k = 0; k < direct->n; k++)
            ck_assert_msg(fabsf(direct->value[k] - ours->value[k]) < 1e-4F, "%g is not %g", (double)ours->value[k],
                          (double)direct->value[k]);
        world_free(&w);
    }
    orr_tape_free(t);
}
END_TEST

/* However many of the template's four words the context stands in place of: nothing changes yet. */
START_TEST(context_begins_as_the_words_that_it_replaces)
{
    struct world plain, w;
    struct orr_prompts_layout l = none();
    struct orr_tape *t = orr_tape_new();
    world_init(&plain, &l, 1);
    const struct orr_clip keep = clip;
    const double a = loss_of(&plain, t, ORR_PROMPTS_LEARN_NONE);
    for (int n = 1; n <= 4; n++) {
        orr_prompts_deep(&l, ORR_PROMPTS_TEXT, 1, n, 0, 0);
        world_init(&w, &l, 1);
        const double b = loss_of(&w, t, ORR_PROMPTS_LEARN_NONE);
        ck_assert_msg(fabs(a - b) < 1e-5, "%d: %g, %g", n, a, b);
        world_free(&w);
    }
    clip = keep;
    world_free(&plain);
    orr_tape_free(t);
}
END_TEST

/* Central differences in single precision: a check of the wiring; operations are checked in double precision. */
static void expect_gradient(struct world *w, struct orr_params *params, enum orr_prompts_learns learns)
{
    struct orr_tape *t = orr_tape_new();
    struct orr_rng rng;
    orr_rng_seed(&rng, 5, 5);
    for (size_t k = 0; k < params->n; k++) params->value[k] += 0.3F * (float)orr_rng_normal(&rng);
    orr_params_zero_grad(params);
    loss_of(w, t, learns);
    for (size_t tensor = 0; tensor < params->n_tensors; tensor++) {
        double along = 0, norm = 0; /* the derivative along the tensor's own gradient is its norm */
        const size_t n = orr_shape_count(params->tensor[tensor].shape);
        float *g = orr_params_grad(params, tensor), *x = orr_params_value(params, tensor);
        for (size_t k = 0; k < n; k++) norm += (double)(g[k] * g[k]);
        norm = sqrt(norm);
        ck_assert_msg(norm > 1e-6, "%s: no gradient", params->tensor[tensor].name);
        const double h = 2e-2;
        for (int side = -1; side <= 1; side += 2) {
            for (size_t k = 0; k < n; k++) x[k] += (float)(side * h / norm) * g[k];
            along += side * loss_of(w, t, ORR_PROMPTS_LEARN_NONE) / (2 * h);
            for (size_t k = 0; k < n; k++) x[k] -= (float)(side * h / norm) * g[k];
        }
        ck_assert_msg(fabs(along - norm) < 2e-2 * norm + 2e-4, "%s: %g, expected %g", params->tensor[tensor].name, norm, along);
    }
    orr_tape_free(t);
}

START_TEST(gradients_reach_every_prompt_map_and_length)
{
    struct world w;
    struct orr_error err;
    for (int k = 0; k < 4; k++) {
        struct orr_prompts_layout l = none();
        if (k < 2) orr_prompts_modular(&l, 3, 1, 2, 1, k ? ORR_PROMPTS_MAP_TOKEN : ORR_PROMPTS_MAP_LAYER);
        if (k == 2) make_clip(), l = orr_prompts_uniform(&clip, 2), orr_clip_free(&clip);
        if (k == 3) orr_prompts_deep(&l, ORR_PROMPTS_TEXT, 1, 2, 0, 0), l.meta = true;
        world_init(&w, &l, 3);
        expect_gradient(&w, &w.p.params, ORR_PROMPTS_LEARN_PROMPTS);
        world_free(&w);
    }
    w = (struct world){0};
    make_clip();
    ck_assert_int_eq(orr_prompts_init_search(&w.p, &clip, 3, TEMPLATE, 1, &err), ORR_OK);
    look(&w);
    expect_gradient(&w, &w.p.params, ORR_PROMPTS_LEARN_PROMPTS);
    expect_gradient(&w, &w.p.alpha, ORR_PROMPTS_LEARN_LENGTHS);
    world_free(&w);
}
END_TEST

START_TEST(a_search_that_has_decided_is_the_fixed_layout)
{
    struct world search = {0}, fixed = {0};
    struct orr_error err;
    struct orr_tape *t = orr_tape_new();
    make_clip();
    ck_assert_int_eq(orr_prompts_init_search(&search.p, &clip, 3, TEMPLATE, 1, &err), ORR_OK);
    look(&search);
    for (int b = 0; b < 2; b++)
        for (int k = 0; k < search.p.layout.layers[b]; k++)
            orr_params_value(&search.p.alpha, search.p.logits[b][k])[(k + b) % 4] = 40;
    const struct orr_prompts_layout found = orr_prompts_found(&search.p);
    ck_assert_int_eq(orr_prompts_init(&fixed.p, &clip, &found, TEMPLATE, 1, &err), ORR_OK);
    look(&fixed);
    for (int b = 0; b < 2; b++)
        for (int k = 0; k < found.layers[b]; k++) {
            const int c = (k + b) % 4;
            const struct orr_prompts_choice choice = orr_prompts_choose(&search.p, (enum orr_prompts_branch)b, k);
            ck_assert(found.add[b][k] == c && choice.length == c && choice.margin > 0.999 && choice.entropy < 1e-3);
            if (c)
                memcpy(orr_params_value(&fixed.p.params, fixed.p.first[b][k]),
                       orr_params_value(&search.p.params, search.p.first[b][k]) + (size_t)(c * (c - 1) / 2 * (b ? 24 : 16)),
                       (size_t)(c * (b ? 24 : 16)) * sizeof(float));
        }
    const double a = loss_of(&search, t, ORR_PROMPTS_LEARN_NONE), b = loss_of(&fixed, t, ORR_PROMPTS_LEARN_NONE);
    ck_assert_msg(fabs(a - b) < 1e-5, "%g, %g", a, b);
    const struct orr_clip keep = clip;
    clip = (struct orr_clip){0};
    world_free(&fixed);
    clip = keep;
    world_free(&search);
    orr_tape_free(t);
}
END_TEST

START_TEST(images_may_be_made_ready_at_any_layer_below_the_prompts)
{
    struct world w;
    struct orr_prompts_layout l = none();
    struct orr_prompts_images from_first;
    struct orr_tape *t = orr_tape_new();
    l.place = ORR_PROMPTS_AS_KEYS;
    l.add[ORR_PROMPTS_IMAGE][2] = 2;
    world_init(&w, &l, 1);
    ck_assert_int_eq(w.images.layer, 2);
    const double a = loss_of(&w, t, ORR_PROMPTS_LEARN_NONE);
    struct orr_prompts all_layers = w.p;
    all_layers.layout.add[ORR_PROMPTS_IMAGE][0] = 1; /* only to make ready at layer 0 */
    ck_assert_int_eq(orr_prompts_images(&all_layers, pixels, NULL, IMAGES, labels, NULL, &from_first, NULL), ORR_OK);
    ck_assert_int_eq(from_first.layer, 0);
    orr_prompts_images_free(&w.images);
    w.images = from_first;
    const double b = loss_of(&w, t, ORR_PROMPTS_LEARN_NONE);
    ck_assert_msg(fabs(a - b) < 1e-6, "%g, %g", a, b);
    world_free(&w);
    orr_tape_free(t);
}
END_TEST

/* ---- training ---- */

static struct orr_prompts_options fast(uint64_t seed)
{
    struct orr_prompts_options o = orr_prompts_published();
    o.lr = 0.05;
    o.epochs = 8;
    o.seed = seed;
    return o;
}

START_TEST(training_lowers_the_loss_and_the_seed_decides_all)
{
    struct world w[3];
    struct orr_prompts_log *log = calloc(1, sizeof *log);
    struct orr_prompts_layout l = none();
    struct orr_tape *t = orr_tape_new();
    orr_prompts_modular(&l, 3, 1, 2, 1, ORR_PROMPTS_MAP_TOKEN);
    struct orr_clip keep[3];
    for (int k = 0; k < 3; k++) {
        struct orr_error err = {0};
        world_init(&w[k], &l, 1);
        const struct orr_prompts_options o = fast(k == 2 ? 9 : 1);
        const double before = loss_of(&w[k], t, ORR_PROMPTS_LEARN_NONE);
        ck_assert_msg(orr_prompts_train(&w[k].p, &w[k].texts, &w[k].images, NULL, &o, NULL, log, &err) == ORR_OK, "%s",
                      err.message);
        const double after = loss_of(&w[k], t, ORR_PROMPTS_LEARN_NONE);
        ck_assert_msg(after < before - 0.05, "%g, then %g", before, after);
        ck_assert_int_eq(log->epochs, 8);
        ck_assert(log->loss[7] < log->loss[0] && isnan(log->validation[7]));
        keep[k] = clip;
        clip = (struct orr_clip){0};
    }
    ck_assert_mem_eq(w[0].p.params.value, w[1].p.params.value, w[0].p.params.n * sizeof(float));
    ck_assert(memcmp(w[0].p.params.value, w[2].p.params.value, w[0].p.params.n * sizeof(float)) != 0);
    for (int k = 0; k < 3; k++) {
        clip = keep[k];
        w[k].p.clip = &clip;
        world_free(&w[k]);
    }
    orr_tape_free(t);
    free(log);
}
END_TEST

START_TEST(distillation_keeps_the_prompted_encoder_near_zero_shot)
{
    struct orr_prompts_log *log = calloc(1, sizeof *log);
    struct orr_prompts_layout l = none();
    struct orr_tape *t = orr_tape_new();
    double loss[2];
    orr_prompts_deep(&l, ORR_PROMPTS_IMAGE, 9, 2, 2, 2);
    for (int k = 0; k < 2; k++) {
        struct world w;
        struct orr_error err = {0};
        struct orr_prompts_options o = fast(1);
        o.distil = k ? 10 : 0;
        world_init(&w, &l, 1);
        ck_assert_int_eq(orr_prompts_train(&w.p, &w.texts, &w.images, NULL, &o, NULL, log, &err), ORR_OK);
        loss[k] = loss_of(&w, t, ORR_PROMPTS_LEARN_NONE);
        world_free(&w);
    }
    ck_assert_msg(loss[1] > loss[0] + 0.01, "%g without, %g with", loss[0], loss[1]);
    orr_tape_free(t);
    free(log);
}
END_TEST

/* All attention is silenced but that of one layer of one tower, so that prompts as keys do nothing elsewhere; one class is
 * right for every image. The search must give prompts to that layer and none to the others. */
START_TEST(a_search_finds_the_only_layer_where_prompts_matter)
{
    static const struct {
        int branch, layer;
    } planted[] = {{ORR_PROMPTS_IMAGE, 2}, {ORR_PROMPTS_TEXT, 1}, {ORR_PROMPTS_IMAGE, 0}};
    struct orr_prompts_log *log = calloc(1, sizeof *log);
    for (size_t q = 0; q < sizeof planted / sizeof *planted; q++) {
        struct world w = {0};
        struct orr_error err = {0};
        make_clip();
        for (int b = 0; b < 2; b++)
            for (int k = 0; k < (b ? 4 : 3); k++) {
                const size_t out = (b ? clip.vision.first : clip.text.first) + 12 * (size_t)k + 4;
                if (b != planted[q].branch || k != planted[q].layer)
                    memset(orr_params_value(&clip.params, out), 0,
                           orr_shape_count(clip.params.tensor[out].shape) * sizeof(float));
            }
        ck_assert_int_eq(orr_prompts_init_search(&w.p, &clip, 3, TEMPLATE, 1, &err), ORR_OK);
        look(&w);
        for (int k = 0; k < IMAGES; k++) labels[k] = 1;
        struct orr_prompts_options o = fast(1);
        o.epochs = 30;
        o.alpha_lr = 0.02;
        ck_assert_int_eq(orr_prompts_train(&w.p, &w.texts, &w.images, &w.images, &o, NULL, log, &err), ORR_OK);
        for (int b = 0; b < 2; b++)
            for (int k = 0; k < (b ? 4 : 3); k++) {
                const struct orr_prompts_choice c = orr_prompts_choose(&w.p, (enum orr_prompts_branch)b, k);
                const bool here = b == planted[q].branch && k == planted[q].layer;
                ck_assert_msg(here ? c.length > 0 && c.margin > 0 : c.length == 0 && c.margin < 1e-6,
                              "%s layer %d: length %d, margin %g", orr_prompts_branch_names[b], k, c.length, c.margin);
                ck_assert(here || fabs(c.entropy - log2(4) * 0.6931471805599453) < 1e-6);
            }
        ck_assert(fabsf(log->weight[0][planted[q].branch][planted[q].layer][0] - 0.25F) < 1e-6F);
        ck_assert(log->weight[30][planted[q].branch][planted[q].layer][0] < 0.25F);
        world_free(&w);
    }
    free(log);
}
END_TEST

static bool stop_at(void *ctx, const struct orr_progress *p) { return p->done < *(const uint64_t *)ctx; }

START_TEST(training_stops_when_told_and_refuses_what_cannot_be_learned)
{
    struct world w;
    struct orr_error err;
    struct orr_prompts_log *log = calloc(1, sizeof *log);
    struct orr_prompts_layout l = none();
    uint64_t at = 4;
    const struct orr_ticker ticker = {stop_at, &at};
    struct orr_prompts_options o = fast(1);
    world_init(&w, &l, 1);
    ck_assert_int_eq(orr_prompts_train(&w.p, &w.texts, &w.images, NULL, &o, NULL, log, &err), ORR_EINVAL); /* no prompts */
    world_free(&w);
    orr_prompts_deep(&l, ORR_PROMPTS_TEXT, 2, 2, 1, 1);
    world_init(&w, &l, 1);
    ck_assert_int_eq(orr_prompts_train(&w.p, &w.texts, &w.images, NULL, &o, &ticker, log, &err), ORR_ECANCELLED);
    ck_assert_int_eq(log->epochs, 2);
    labels[3] = CLASSES;
    ck_assert_int_eq(orr_prompts_train(&w.p, &w.texts, &w.images, NULL, &o, NULL, log, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "image 3 is of class 3"));
    labels[3] = 0;
    o.batch = 0;
    ck_assert_int_eq(orr_prompts_train(&w.p, &w.texts, &w.images, NULL, &o, NULL, log, &err), ORR_EINVAL);
    world_free(&w);
    make_clip();
    ck_assert_int_eq(orr_prompts_init(&w.p, &clip, &l, "no place for a name", 1, &err), ORR_EINVAL);
    orr_prompts_free(&w.p);
    l.layers[0] = 2;
    ck_assert_int_eq(orr_prompts_init(&w.p, &clip, &l, TEMPLATE, 1, &err), ORR_EINVAL);
    orr_prompts_free(&w.p);
    ck_assert_int_eq(orr_prompts_init_search(&w.p, &clip, ORR_PROMPTS_OPTIONS, TEMPLATE, 1, &err), ORR_EINVAL);
    orr_prompts_free(&w.p);
    orr_clip_free(&clip);
    free(log);
}
END_TEST

ORR_SUITE("prompt learning", counts_are_those_of_the_papers, parameters_are_as_many_as_the_count_says,
          a_layout_survives_its_text_and_bad_ones_are_named, without_prompts_the_encoder_is_itself,
          maple_is_the_modular_layout_that_replaces_all, context_begins_as_the_words_that_it_replaces,
          gradients_reach_every_prompt_map_and_length, a_search_that_has_decided_is_the_fixed_layout,
          images_may_be_made_ready_at_any_layer_below_the_prompts, training_lowers_the_loss_and_the_seed_decides_all,
          distillation_keeps_the_prompted_encoder_near_zero_shot, a_search_finds_the_only_layer_where_prompts_matter,
          training_stops_when_told_and_refuses_what_cannot_be_learned)
