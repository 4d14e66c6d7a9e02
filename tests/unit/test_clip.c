/* Dual encoders: a small random one against PyTorch, Pillow and the published tokenizer rules (tests/data/clip_torch.py);
 * towers in pieces; files and damaged folders. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid_folder.h"
#include "base/json.h"
#include "base/safetensors.h"
#include "image/image.h"
#include "methods/clip/clip.h"

static struct orr_error err;

static const char *golden_file(const char *name)
{
    static char path[512];
    const char *folder = getenv("ORRERY_TEST_DATA");
    snprintf(path, sizeof path, "%.200s/clip%s%.100s", folder ? folder : "tests/data", *name ? "/" : "", name);
    return path;
}

static struct json_object *golden_open(void)
{
    struct json_object *o;
    ck_assert_int_eq(orr_json_parse_file(golden_file("golden.json"), 1 << 22, &o, &err), ORR_OK);
    return o;
}
static struct json_object *member(struct json_object *o, const char *name)
{
    struct json_object *x = NULL;
    ck_assert_msg(json_object_object_get_ex(o, name, &x), "no %s", name);
    return x;
}
static size_t length(struct json_object *o) { return json_object_array_length(o); }
static struct json_object *item(struct json_object *o, size_t i) { return json_object_array_get_idx(o, i); }
static int whole(struct json_object *o, size_t i) { return json_object_get_int(item(o, i)); }

static void same(const float *got, struct json_object *want, size_t n, double within)
{
    ck_assert_uint_eq(length(want), n);
    for (size_t i = 0; i < n; i++) ck_assert_double_eq_tol(got[i], json_object_get_double(item(want, i)), within);
}

static struct orr_clip folder_clip(void)
{
    struct orr_clip c;
    ck_assert_msg(orr_clip_open(golden_file(""), NULL, &c, &err) == ORR_OK, "%s: %s", err.where, err.message);
    return c;
}

static size_t bytes_of(struct json_object *list, char *out)
{
    for (size_t i = 0; i < length(list); i++) out[i] = (char)whole(list, i);
    out[length(list)] = '\0';
    return length(list);
}

static float *golden_pixels(const struct orr_clip *c, struct json_object *golden)
{
    struct json_object *pictures = member(golden, "pictures");
    const size_t width = 3 * (size_t)c->config.image * (size_t)c->config.image;
    float *pixels = calloc(length(pictures) * width, sizeof *pixels);
    for (size_t k = 0; k < length(pictures); k++) {
        struct json_object *p = item(pictures, k), *rgb = member(p, "rgb");
        struct orr_image image;
        ck_assert(
            orr_image_init(&image, json_object_get_int(member(p, "width")), json_object_get_int(member(p, "height"))));
        for (size_t i = 0; i < length(rgb); i++) image.rgb[i] = (unsigned char)whole(rgb, i);
        ck_assert(orr_clip_pixels(c, &image, pixels + k * width));
        orr_image_free(&image);
    }
    return pixels;
}

START_TEST(pictures_are_sized_cropped_and_scaled_as_pillow_does)
{
    struct orr_clip c = folder_clip();
    struct json_object *golden = golden_open();
    float *pixels = golden_pixels(&c, golden);
    same(pixels, member(golden, "pixels"), length(member(golden, "pixels")), 1e-5);
    free(pixels);
    json_object_put(golden);
    orr_clip_free(&c);
}
END_TEST

START_TEST(texts_become_the_tokens_of_the_published_rules)
{
    struct orr_clip c = folder_clip();
    struct json_object *golden = golden_open(), *texts = member(golden, "texts"), *ids = member(golden, "ids");
    ck_assert_uint_gt(length(texts), 20);
    for (size_t k = 0; k < length(texts); k++) {
        char text[256];
        int32_t got[64];
        const size_t n = bytes_of(item(texts, k), text);
        const int end = orr_clip_tokens_encode(c.tokens, text, n, got, c.config.context);
        ck_assert_msg((size_t)end + 1 == length(item(ids, k)), "text %zu: end at %d, not %zu", k, end,
                      length(item(ids, k)) - 1);
        for (int i = 0; i <= end; i++)
            ck_assert_msg(got[i] == whole(item(ids, k), (size_t)i), "text %zu, token %d: %d, not %d", k, i, got[i],
                          whole(item(ids, k), (size_t)i));
        for (int i = end; i < c.config.context; i++) ck_assert_int_eq(got[i], orr_clip_tokens_end(c.tokens));
    }
    json_object_put(golden);
    orr_clip_free(&c);
}
END_TEST

START_TEST(both_towers_give_the_features_of_torch)
{
    struct orr_clip c = folder_clip();
    struct json_object *golden = golden_open(), *texts = member(golden, "texts");
    const size_t pictures = length(member(golden, "pictures")), n = length(texts), embed = (size_t)c.config.embed;
    float *pixels = golden_pixels(&c, golden), *images = calloc(pictures * embed, sizeof *images);
    const int side = c.config.image, tokens = 1 + (side / c.config.patch) * (side / c.config.patch);
    ck_assert(orr_clip_encode_images(&c, pixels, pictures, NULL, images));
    same(images, member(golden, "images"), pictures * embed, 1e-4);

    struct orr_tape *t = orr_tape_new();
    orr_tape_record(t, false);
    struct orr_var *x =
        orr_clip_image_tokens(&c, t, orr_tape_input(t, orr_shape4((int)pictures, 3, side, side), pixels));
    for (int l = 0; l < c.vision.layers; l++) x = orr_clip_block(&c, &c.vision, l, x);
    same(x->value, member(golden, "image_tokens"), pictures * (size_t)(tokens * c.config.vision_width), 1e-4);

    int32_t *ids = calloc(n * (size_t)c.config.context, sizeof *ids), *end = calloc(n, sizeof *end);
    for (size_t k = 0; k < n; k++) {
        char text[256];
        const size_t size = bytes_of(item(texts, k), text);
        end[k] = orr_clip_tokens_encode(c.tokens, text, size, ids + k * (size_t)c.config.context, c.config.context);
    }
    struct orr_var *f = orr_clip_text(&c, t, ids, end, (int)n, c.config.context);
    same(f->value, member(golden, "text_features"), n * embed, 1e-4);
    struct orr_var *logits = orr_clip_logits(&c, orr_tape_input(t, orr_shape2((int)pictures, (int)embed), images), f);
    same(logits->value, member(golden, "logits"), pictures * n, 1e-3); /* factors of 14 */
    free(ids);
    free(end);
    free(pixels);
    free(images);
    orr_tape_free(t);
    json_object_put(golden);
    orr_clip_free(&c);
}
END_TEST

/* ---- towers in pieces ---- */

static struct orr_clip word_clip(void)
{
    const struct orr_clip_config g = {.image = 16,
                                      .patch = 8,
                                      .vision_width = 16,
                                      .vision_layers = 2,
                                      .vision_heads = 2,
                                      .vision_hidden = 32,
                                      .vocab = 6,
                                      .context = 9,
                                      .text_width = 12,
                                      .text_layers = 2,
                                      .text_heads = 3,
                                      .text_hidden = 24,
                                      .embed = 10,
                                      .activation = ORR_ACT_QUICK_GELU,
                                      .vision_eps = 1e-5,
                                      .text_eps = 1e-5,
                                      .mean = {0.5f, 0.4f, 0.3f},
                                      .std = {0.2f, 0.3f, 0.4f}};
    struct orr_clip c;
    ck_assert_int_eq(orr_clip_init(&c, &g, orr_clip_tokens_words("red green star"), 7, &err), ORR_OK);
    return c;
}

static void some_pixels(float *out, size_t n)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, 3, 0);
    for (size_t i = 0; i < n; i++) out[i] = (float)orr_rng_normal(&rng);
}

START_TEST(a_block_is_the_sum_of_its_pieces)
{
    struct orr_clip c = word_clip();
    struct orr_tape *t = orr_tape_new();
    float x0[2 * 5 * 16];
    some_pixels(x0, 160);
    struct orr_var *x = orr_tape_input(t, orr_shape3(2, 5, 16), x0), *whole_block = orr_clip_block(&c, &c.vision, 1, x);
    const struct orr_clip_weights w = orr_clip_block_weights(&c, &c.vision, 1, t);
    struct orr_var *y = orr_attention(orr_clip_qkv(&w, orr_clip_ln1(&c.vision, &w, x)), c.vision.heads, false, NULL);
    y = orr_add(x, orr_clip_out(&w, y));
    y = orr_add(y, orr_clip_mlp(&c, &c.vision, &w, y));
    for (size_t i = 0; i < y->n; i++) ck_assert_float_eq(y->value[i], whole_block->value[i]);
    struct orr_var *rows = orr_clip_rows(x, 1, 2), *back = orr_clip_join(orr_clip_rows(x, 0, 1), rows);
    back = orr_clip_join(back, orr_clip_rows(x, 3, 2));
    for (size_t i = 0; i < back->n; i++) ck_assert_float_eq(back->value[i], x0[i]);
    orr_tape_free(t);
    orr_clip_free(&c);
}
END_TEST

/* cos(image with a prompt behind its patches, text with a learned context) */
static struct orr_var *prompted(const struct orr_clip *c, struct orr_tape *t, const float *pixels, const float *visual,
                                const float *context, struct orr_var *leaf[2])
{
    static const int32_t ids[3] = {0, 5, 1}, end[1] = {4};
    leaf[0] = orr_tape_leaf(t, orr_shape2(1, 16), visual);
    leaf[1] = orr_tape_leaf(t, orr_shape2(2, 12), context);
    struct orr_var *x = orr_clip_image_tokens(c, t, orr_tape_input(t, orr_shape4(1, 3, 16, 16), pixels));
    x = orr_clip_join(x, orr_clip_repeat(leaf[0], 1));
    for (int l = 0; l < c->vision.layers; l++) x = orr_clip_block(c, &c->vision, l, x);
    struct orr_var *image = orr_clip_image_feature(c, x), *e = orr_clip_text_embed(c, t, ids, 1, 3);
    e = orr_clip_join(orr_clip_join(orr_clip_rows(e, 0, 1), orr_clip_repeat(leaf[1], 1)), orr_clip_rows(e, 1, 2));
    e = orr_clip_text_positions(c, e);
    for (int l = 0; l < c->text.layers; l++) e = orr_clip_block(c, &c->text, l, e);
    return orr_sum(orr_clip_logits(c, image, orr_clip_text_feature(c, e, end)));
}

START_TEST(gradients_pass_through_frozen_towers_to_the_prompts)
{
    struct orr_clip c = word_clip();
    struct orr_tape *t = orr_tape_new();
    struct orr_var *leaf[2];
    float pixels[3 * 16 * 16], prompt[2][24];
    some_pixels(pixels, 768);
    some_pixels(prompt[0], 24);
    some_pixels(prompt[1], 24);
    orr_tape_backward(prompted(&c, t, pixels, prompt[0], prompt[1], leaf));
    ck_assert_ptr_null(c.params.grad); /* nobody asked for gradients of weights */
    float grad[2][24];
    for (int k = 0; k < 2; k++) memcpy(grad[k], leaf[k]->grad, leaf[k]->n * sizeof(float));
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < (k ? 24u : 16u); i += 5) {
            const float at = prompt[k][i], h = 0.02f;
            double f[2];
            for (int side = 0; side < 2; side++) {
                prompt[k][i] = side ? at - h : at + h;
                orr_tape_reset(t);
                f[side] = (double)*prompted(&c, t, pixels, prompt[0], prompt[1], leaf)->value;
            }
            prompt[k][i] = at;
            ck_assert_double_eq_tol(grad[k][i], (f[0] - f[1]) / (2 * (double)h), 2e-2);
        }
    orr_tape_free(t);
    orr_clip_free(&c);
}
END_TEST

START_TEST(steps_allocate_nothing_once_they_are_warm)
{
    struct orr_clip c = word_clip();
    struct orr_tape *t = orr_tape_new();
    struct orr_var *leaf[2];
    float pixels[3 * 16 * 16], prompt[2][24];
    size_t before = 0;
    some_pixels(pixels, 768);
    some_pixels(prompt[0], 24);
    some_pixels(prompt[1], 24);
    for (int step = 0; step < 6; step++) {
        orr_tape_reset(t);
        orr_tape_backward(prompted(&c, t, pixels, prompt[0], prompt[1], leaf));
        if (step == 2) before = orr_tape_allocations(t);
    }
    ck_assert_uint_eq(orr_tape_allocations(t), before);
    orr_tape_free(t);
    orr_clip_free(&c);
}
END_TEST

START_TEST(what_follows_the_end_token_changes_nothing)
{
    struct orr_clip c = word_clip();
    struct orr_tape *t = orr_tape_new();
    static const int32_t ids[2][7] = {{0, 3, 5, 1, 1, 1, 1}, {0, 3, 5, 1, 4, 2, 0}}, end[2] = {3, 3};
    const struct orr_var *f = orr_clip_text(&c, t, ids[0], end, 2, 7);
    double norm = 0;
    for (size_t i = 0; i < 10; i++) {
        ck_assert_float_eq_tol(f->value[i], f->value[10 + i], 1e-6f);
        norm += (double)f->value[i] * (double)f->value[i];
    }
    ck_assert_double_eq_tol(norm, 1, 1e-5);
    const char *const same_text[] = {"RED star", "red  star!"};
    float out[20];
    orr_clip_encode_texts(&c, same_text, 2, out);
    for (size_t i = 0; i < 20; i++) ck_assert_float_eq_tol(out[i], f->value[i % 10], 1e-5f);
    orr_tape_free(t);
    orr_clip_free(&c);
}
END_TEST

START_TEST(training_towers_have_gradients_for_all_their_weights_and_no_others)
{
    struct orr_clip c = word_clip();
    struct orr_tape *t = orr_tape_new();
    struct orr_var *leaf[2];
    float pixels[3 * 16 * 16], prompt[24];
    some_pixels(pixels, 768);
    some_pixels(prompt, 24);
    ck_assert(orr_clip_train(&c, true, false));
    orr_tape_backward(prompted(&c, t, pixels, prompt, prompt, leaf));
    const size_t n = orr_clip_count(&c, true);
    for (size_t i = 0; i < c.params.n_tensors; i++) {
        const struct orr_param_tensor *p = &c.params.tensor[i];
        double sum = 0;
        for (size_t k = 0; k < orr_shape_count(p->shape); k++) sum += fabs((double)c.params.grad[p->offset + k]);
        const bool scale = !strcmp(p->name, "logit_scale");
        ck_assert_msg((sum > 0) == (p->offset < n || scale), "%s has a gradient of %g", p->name, sum);
    }
    ck_assert_uint_eq(n + orr_clip_count(&c, false) + 1, c.params.n);
    orr_tape_free(t);
    orr_clip_free(&c);
}
END_TEST

/* ---- vocabularies of words ---- */

START_TEST(words_are_found_in_any_case_and_others_are_one_token)
{
    struct orr_clip_tokens *t = orr_clip_tokens_words("red  green star red \xC3\xA9toile");
    int32_t ids[6];
    ck_assert_int_eq(orr_clip_tokens_count(t), 3 + 4);
    ck_assert_int_eq(orr_clip_tokens_encode(t, "A RED, star.", 12, ids, 6), 4);
    const int32_t want[6] = {0, 2, 3, 5, 1, 1};
    for (int i = 0; i < 6; i++) ck_assert_int_eq(ids[i], want[i]);
    ck_assert_int_eq(orr_clip_tokens_encode(t, "\xC3\x89toile", 7, ids, 6), 2);
    ck_assert_int_eq(ids[1], 6);
    ck_assert_int_eq(orr_clip_tokens_encode(t, "red red red red red red", 23, ids, 6), 5); /* cut, and still ended */
    ck_assert_int_eq(ids[5], 1);
    ck_assert_int_eq(orr_clip_tokens_encode(t, "", 0, ids, 2), 1);
    ck_assert(orr_clip_tokens_knows(t, "Green-star") && !orr_clip_tokens_knows(t, "blue star"));
    ck_assert_str_eq(orr_clip_tokens_name(t, 4), "green");
    ck_assert_str_eq(orr_clip_tokens_name(t, 99), "");
    orr_clip_tokens_free(t);
    t = orr_clip_tokens_words("");
    ck_assert_int_eq(orr_clip_tokens_encode(t, "red", 3, ids, 4), 2);
    orr_clip_tokens_free(t);
}
END_TEST

/* ---- files ---- */

START_TEST(a_saved_encoder_reads_back)
{
    struct orr_clip c = word_clip(), d;
    float pixels[3 * 16 * 16], a[10], b[10];
    some_pixels(pixels, 768);
    orr_clip_encode_images(&c, pixels, 1, NULL, a);
    for (int half = 0; half < 2; half++) {
        const char *path = aid_file_write("saved.safetensors", "", 0);
        ck_assert_int_eq(orr_clip_save(&c, path, half, "for a test", &err), ORR_OK);
        ck_assert_msg(orr_clip_open(path, NULL, &d, &err) == ORR_OK, "%s: %s", err.where, err.message);
        ck_assert_str_eq(d.trained, "for a test");
        ck_assert_str_eq(orr_clip_tokens_text(d.tokens), "red green star");
        ck_assert_int_eq(d.config.text_heads, 3);
        ck_assert_float_eq_tol(d.config.std[1], 0.3f, 1e-6f);
        orr_clip_encode_images(&d, pixels, 1, NULL, b);
        for (int i = 0; i < 10; i++) ck_assert_float_eq_tol(a[i], b[i], half ? 5e-3f : 1e-6f);
        orr_clip_free(&d);
    }
    orr_clip_free(&c);
    c = folder_clip();
    ck_assert_int_eq(orr_clip_save(&c, "/tmp/never", false, "", &err), ORR_EUNSUPPORTED);
    orr_clip_free(&c);
}
END_TEST

static char *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    char *bytes = malloc(1 << 20);
    *n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return bytes;
}

/* The golden folder, with `from` replaced by `to` (of any length) once in one of its files; from NULL: the file is cut to the
 * length of `to`; file NULL: as it is. Returns its path. */
static const char *damaged(const char *file, const char *from, const char *to)
{
    static const char *const files[] = {"config.json", "preprocessor_config.json", "model.safetensors", "vocab.json",
                                        "merges.txt"};
    static char folder[512];
    for (size_t i = 0; i < 5; i++) {
        size_t n;
        char *bytes = slurp(golden_file(files[i]), &n), name[64];
        if (file && !strcmp(file, files[i])) {
            char *at = from ? memmem(bytes, n, from, strlen(from)) : NULL;
            ck_assert_msg(!from || at, "%s holds no %s", file, from);
            if (from) {
                const size_t before = (size_t)(at - bytes), rest = n - before - strlen(from);
                memmove(at + strlen(to), at + strlen(from), rest);
                memcpy(at, to, strlen(to));
                n = before + strlen(to) + rest;
            } else {
                n = strlen(to);
            }
        }
        snprintf(name, sizeof name, "clip/%s", files[i]);
        const char *path = aid_file_write(name, bytes, n);
        snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
        free(bytes);
    }
    return folder;
}

START_TEST(damaged_folders_are_refused_by_name)
{
    static const struct {
        const char *file, *from, *to;
        enum orr_status status;
        const char *says;
    } cases[] = {{"config.json", "\"clip\"", "\"bert\"", ORR_EUNSUPPORTED, "not 'clip'"},
                 {"config.json", "\"hidden_size\": 24", "\"hidden_size\": 0", ORR_EFORMAT, "hidden_size"},
                 {"config.json", "\"hidden_size\": 24", "\"hidden_size\": -3", ORR_EFORMAT, "hidden_size"},
                 {"config.json", "\"hidden_size\": 24", "\"hidden_size\": \"x\"", ORR_EFORMAT, "hidden_size"},
                 {"config.json", "\"hidden_size\": 24", "\"hidden_size\": 25", ORR_EINVAL, "multiples"},
                 {"config.json", "\"hidden_size\": 24", "\"hidden_size\": 16383", ORR_EFORMAT, "asks for"},
                 {"config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 200", ORR_EFORMAT, "asks for"},
                 {"config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", ORR_EFORMAT, "asks for"},
                 {"config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", ORR_EFORMAT, "more layers"},
                 {"config.json", "\"image_size\": 24", "\"image_size\": 32", ORR_EFORMAT, "position_embedding"},
                 {"config.json", "\"image_size\": 24", "\"image_size\": 25", ORR_EINVAL, "patch"},
                 {"config.json", "quick_gelu", "swish", ORR_EUNSUPPORTED, "swish"},
                 {"config.json", "quick_gelu", "gelu", ORR_EUNSUPPORTED, "different"},
                 {"config.json", "\"layer_norm_eps\": 1e-05", "\"layer_norm_eps\": -1", ORR_EFORMAT, "layer_norm_eps"},
                 {"config.json", "\"projection_dim\": 12", "\"projection_dim\": 13", ORR_EFORMAT, "shape"},
                 {"config.json", NULL, "{\"model_type\"", ORR_EFORMAT, ""},
                 {"config.json", NULL, "", ORR_EFORMAT, ""},
                 {"preprocessor_config.json", "0.26862954", "0", ORR_EFORMAT, "image_std"},
                 {"preprocessor_config.json", "[0.48145466, 0.4578275, 0.40821073]", "[1]", ORR_EFORMAT, "image_mean"},
                 {"model.safetensors", "visual_projection", "usual_projection_", ORR_EFORMAT, "visual_projection"},
                 {"model.safetensors", NULL, "12345678901234567890", ORR_EFORMAT, ""},
                 {"vocab.json", "\"a</w>\"", "\"a<>w/\"", ORR_EFORMAT, ""},
                 {"vocab.json", "<|endoftext|>", "<|endoftexts|>", ORR_EFORMAT, "endoftext"},
                 {"vocab.json", "\"!\": 33", "\"!\": 99999999", ORR_EFORMAT, ""},
                 {"vocab.json", "\"!\": 33", "\"!\": 70000", ORR_EFORMAT, ""},
                 {"vocab.json", "\"!\": 33", "\"!\": -1", ORR_EFORMAT, ""},
                 {"merges.txt", "#version: 0.2\n", "#version: 0.2\nnot amerge\n", ORR_EFORMAT, "merge"}};
    struct orr_clip c;
    ck_assert_msg(orr_clip_open(damaged(NULL, NULL, NULL), NULL, &c, &err) == ORR_OK, "%s: %s", err.where, err.message);
    orr_clip_free(&c);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const enum orr_status s = orr_clip_open(damaged(cases[i].file, cases[i].from, cases[i].to), NULL, &c, &err);
        ck_assert_msg(s == cases[i].status && strstr(err.message, cases[i].says), "case %zu: status %d, %s: %s", i,
                      (int)s, err.where, err.message);
        ck_assert_ptr_null(c.params.value);
    }
    ck_assert_int_eq(orr_clip_open("/nowhere/at/all", NULL, &c, &err), ORR_ENOTFOUND);
}
END_TEST

START_TEST(weights_that_are_no_numbers_are_refused)
{
    struct orr_clip c;
    size_t n;
    char *bytes = slurp(golden_file("model.safetensors"), &n);
    const float nan = NAN;
    memcpy(bytes + n - 4, &nan, 4);
    const char *folder = damaged(NULL, NULL, NULL);
    aid_file_write("clip/model.safetensors", bytes, n);
    ck_assert_int_eq(orr_clip_open(folder, NULL, &c, &err), ORR_EFORMAT);
    ck_assert_msg(strstr(err.message, "finite") != NULL, "%s", err.message);
    free(bytes);
}
END_TEST

START_TEST(files_of_other_programs_are_refused)
{
    struct orr_clip c;
    ck_assert_int_eq(orr_clip_open(golden_file("model.safetensors"), NULL, &c, &err), ORR_EFORMAT);
    ck_assert_msg(strstr(err.message, "no dual encoder") != NULL, "%s", err.message);
    ck_assert_int_eq(orr_clip_open(golden_file("config.json"), NULL, &c, &err), ORR_EFORMAT);
    ck_assert_int_eq(orr_clip_open(aid_file_write("empty", "", 0), NULL, &c, &err), ORR_EFORMAT);
}
END_TEST

ORR_SUITE_IN_FOLDER("clip", pictures_are_sized_cropped_and_scaled_as_pillow_does,
                    texts_become_the_tokens_of_the_published_rules, both_towers_give_the_features_of_torch,
                    a_block_is_the_sum_of_its_pieces, gradients_pass_through_frozen_towers_to_the_prompts,
                    steps_allocate_nothing_once_they_are_warm, what_follows_the_end_token_changes_nothing,
                    training_towers_have_gradients_for_all_their_weights_and_no_others,
                    words_are_found_in_any_case_and_others_are_one_token, a_saved_encoder_reads_back,
                    damaged_folders_are_refused_by_name, weights_that_are_no_numbers_are_refused,
                    files_of_other_programs_are_refused)
