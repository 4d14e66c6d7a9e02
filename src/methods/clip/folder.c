/* CLIP folders of Hugging Face: config.json, model.safetensors, vocab.json with merges.txt, preprocessor_config.json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "methods/clip/layout.h"
#include "methods/clip/source.h"

enum { CONFIG_LIMIT = 16 << 20 };

/* ---- config.json: what files leave out has the value of ViT-B/32 ---- */

struct settings {
    struct json_object *part; /* the object that is read */
    const char *where;
    enum orr_status status;
    struct orr_error *err;
};

static struct json_object *value(struct json_object *o, const char *name)
{
    struct json_object *x = NULL;
    if (json_object_is_type(o, json_type_object)) json_object_object_get_ex(o, name, &x);
    return x;
}

static int integer(struct settings *s, const char *name, int fallback)
{
    struct json_object *x = value(s->part, name);
    if (!x) return fallback;
    const int64_t v = json_object_is_type(x, json_type_int) ? json_object_get_int64(x) : 0;
    if (v > 0 && v <= 1 << 20) return (int)v;
    if (!s->status)
        s->status = orr_error_set(s->err, ORR_EFORMAT, s->where, "'%s' is no number that an encoder can have", name);
    return 1;
}

static double positive(struct settings *s, const char *name, double fallback)
{
    struct json_object *x = value(s->part, name);
    if (!x) return fallback;
    const double v = json_object_is_type(x, json_type_double) || json_object_is_type(x, json_type_int)
                         ? json_object_get_double(x)
                         : 0;
    if (v > 0 && v < 1) return v;
    if (!s->status) s->status = orr_error_set(s->err, ORR_EFORMAT, s->where, "'%s' is no small positive number", name);
    return fallback;
}

static enum orr_activation activation(struct settings *s)
{
    struct json_object *x = value(s->part, "hidden_act");
    const char *name = json_object_is_type(x, json_type_string) ? json_object_get_string(x) : x ? "?" : "quick_gelu";
    if (!strcmp(name, "gelu")) return ORR_ACT_GELU;
    if (strcmp(name, "quick_gelu") != 0 && !s->status)
        s->status = orr_error_set(s->err, ORR_EUNSUPPORTED, s->where,
                                  "the activation '%.40s' is not built in; quick_gelu and gelu are", name);
    return ORR_ACT_QUICK_GELU;
}

static void read_config(struct settings *s, struct json_object *root, struct orr_clip_config *g)
{
    struct json_object *type = value(root, "model_type");
    const char *name = json_object_is_type(type, json_type_string) ? json_object_get_string(type) : "";
    if (strcmp(name, "clip") != 0) {
        s->status = orr_error_set(s->err, ORR_EUNSUPPORTED, s->where, "a model of type '%.40s', not 'clip'", name);
        return;
    }
    s->part = value(root, "vision_config");
    g->image = integer(s, "image_size", 224);
    g->patch = integer(s, "patch_size", 32);
    g->vision_width = integer(s, "hidden_size", 768);
    g->vision_layers = integer(s, "num_hidden_layers", 12);
    g->vision_heads = integer(s, "num_attention_heads", 12);
    g->vision_hidden = integer(s, "intermediate_size", 3072);
    g->vision_eps = positive(s, "layer_norm_eps", 1e-5);
    g->activation = activation(s);
    if (integer(s, "num_channels", 3) != 3 && !s->status)
        s->status = orr_error_set(s->err, ORR_EUNSUPPORTED, s->where, "images of other than 3 channels");
    s->part = value(root, "text_config");
    g->vocab = integer(s, "vocab_size", 49408);
    g->context = integer(s, "max_position_embeddings", 77);
    g->text_width = integer(s, "hidden_size", 512);
    g->text_layers = integer(s, "num_hidden_layers", 12);
    g->text_heads = integer(s, "num_attention_heads", 8);
    g->text_hidden = integer(s, "intermediate_size", 2048);
    g->text_eps = positive(s, "layer_norm_eps", 1e-5);
    if (activation(s) != g->activation && !s->status)
        s->status = orr_error_set(s->err, ORR_EUNSUPPORTED, s->where, "towers of different activations");
    s->part = root;
    g->embed = integer(s, "projection_dim", 512);
}

/* Without the file: the values of CLIP. */
static void read_pixels(struct settings *s, struct orr_clip_config *g)
{
    static const float mean[3] = {0.48145466f, 0.4578275f, 0.40821073f},
                       std[3] = {0.26862954f, 0.26130258f, 0.27577711f};
    struct json_object *root = NULL;
    struct stat st;
    memcpy(g->mean, mean, sizeof mean);
    memcpy(g->std, std, sizeof std);
    if (stat(s->where, &st) != 0) return;
    s->status = orr_json_parse_file(s->where, CONFIG_LIMIT, &root, s->err);
    for (int k = 0; k < 2 && !s->status; k++) {
        struct json_object *list = value(root, k ? "image_std" : "image_mean");
        for (size_t i = 0; i < 3 && list && !s->status; i++) {
            struct json_object *x =
                json_object_is_type(list, json_type_array) ? json_object_array_get_idx(list, i) : NULL;
            const double v = x ? json_object_get_double(x) : -1;
            if (v >= 0 && v <= 255 && (k == 0 || v > 0))
                (k ? g->std : g->mean)[i] = (float)v;
            else
                s->status = orr_error_set(s->err, ORR_EFORMAT, s->where, "'%s' is no list of three positive numbers",
                                          k ? "image_std" : "image_mean");
        }
    }
    json_object_put(root);
}

/* ---- weights ---- */

struct weights {
    struct orr_safetensors f;
    struct orr_clip *c;
    const char *path;
    enum orr_status status;
    struct orr_error *err;
};

static void read_into(struct weights *w, const char *prefix, const char *name, struct orr_shape shape, float *to)
{
    char full[160];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    if (!w->status) w->status = orr_clip_read_tensor(&w->f, w->path, full, shape, to, w->err);
}

static void read_part(struct weights *w, const char *name, size_t tensor)
{
    read_into(w, "", name, w->c->params.tensor[tensor].shape, orr_params_value(&w->c->params, tensor));
}

static void read_tower(struct weights *w, const struct orr_clip_tower *t, const char *name)
{
    char next[96];
    snprintf(next, sizeof next, "%s.encoder.layers.%d.layer_norm1.weight", name, t->layers);
    if (!w->status && orr_safetensors_find(&w->f, next))
        w->status = orr_error_set(w->err, ORR_EFORMAT, w->path, "more layers in '%s' than config.json says (%d)", name,
                                  t->layers);
    static const char *const qkv[] = {"q_proj", "k_proj", "v_proj"};
    /* in the order of struct orr_clip_weights; q, k and v are put one below the other */
    static const char *const parts[ORR_CLIP_BLOCK_TENSORS] = {"layer_norm1.weight",
                                                              "layer_norm1.bias",
                                                              NULL,
                                                              NULL,
                                                              "self_attn.out_proj.weight",
                                                              "self_attn.out_proj.bias",
                                                              "layer_norm2.weight",
                                                              "layer_norm2.bias",
                                                              "mlp.fc1.weight",
                                                              "mlp.fc1.bias",
                                                              "mlp.fc2.weight",
                                                              "mlp.fc2.bias"};
    const struct orr_params *p = &w->c->params;
    const size_t d = (size_t)t->width;
    for (int i = 0; i < t->layers; i++) {
        char prefix[64];
        const size_t first = t->first + (size_t)i * ORR_CLIP_BLOCK_TENSORS;
        snprintf(prefix, sizeof prefix, "%s.encoder.layers.%d.", name, i);
        for (size_t k = 0; k < ORR_CLIP_BLOCK_TENSORS; k++)
            if (parts[k]) read_into(w, prefix, parts[k], p->tensor[first + k].shape, orr_params_value(p, first + k));
        for (size_t k = 0; k < 3; k++) {
            char part[64];
            snprintf(part, sizeof part, "self_attn.%s.weight", qkv[k]);
            read_into(w, prefix, part, orr_shape2(t->width, t->width), orr_params_value(p, first + 2) + k * d * d);
            snprintf(part, sizeof part, "self_attn.%s.bias", qkv[k]);
            read_into(w, prefix, part, orr_shape1(t->width), orr_params_value(p, first + 3) + k * d);
        }
    }
}

static void read_weights(struct weights *w)
{
    const struct orr_clip *c = w->c;
    const struct {
        const char *name;
        enum orr_clip_part part;
        size_t more;
    } parts[] = {{"vision_model.embeddings.class_embedding", ORR_CLIP_CLASS, 0},
                 {"vision_model.embeddings.patch_embedding.weight", ORR_CLIP_PATCH, 0},
                 {"vision_model.embeddings.position_embedding.weight", ORR_CLIP_VISION_POSITIONS, 0},
                 {"vision_model.pre_layrnorm.weight", ORR_CLIP_LN_PRE, 0}, /* the files spell it so */
                 {"vision_model.pre_layrnorm.bias", ORR_CLIP_LN_PRE, 1},
                 {"vision_model.post_layernorm.weight", ORR_CLIP_LN_POST, 0},
                 {"vision_model.post_layernorm.bias", ORR_CLIP_LN_POST, 1},
                 {"visual_projection.weight", ORR_CLIP_VISION_PROJECTION, 0},
                 {"text_model.embeddings.token_embedding.weight", ORR_CLIP_TOKENS, 0},
                 {"text_model.embeddings.position_embedding.weight", ORR_CLIP_TEXT_POSITIONS, 0},
                 {"text_model.final_layer_norm.weight", ORR_CLIP_LN_FINAL, 0},
                 {"text_model.final_layer_norm.bias", ORR_CLIP_LN_FINAL, 1},
                 {"text_projection.weight", ORR_CLIP_TEXT_PROJECTION, 0}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        read_part(w, parts[i].name, orr_clip_tensor(c, parts[i].part) + parts[i].more);
    read_tower(w, &c->vision, "vision_model");
    read_tower(w, &c->text, "text_model");
    const struct orr_safetensor *scale = orr_safetensors_find(&w->f, "logit_scale"); /* () or (1) */
    if (!w->status && (!scale || scale->count != 1))
        w->status = orr_error_set(w->err, ORR_EFORMAT, w->path, "no logit_scale");
    if (!w->status)
        w->status = orr_safetensors_read(
            &w->f, scale, 0, 1, orr_params_value(&c->params, orr_clip_tensor(c, ORR_CLIP_LOGIT_SCALE)), w->err);
}

/* ---- the folder ---- */

static bool name_file(const char *folder, const char *file, char out[4096])
{
    return snprintf(out, 4096, "%s/%s", folder, file) < 4096;
}

enum orr_status orr_clip_open_folder(const char *path, struct orr_clip *c, struct orr_error *err)
{
    char config[4096], pixels[4096], vocab[4096], merges[4096], model[4096];
    struct orr_clip_config g = {0};
    struct orr_clip_tokens *tokens = NULL;
    struct json_object *root = NULL;
    if (!name_file(path, "config.json", config) || !name_file(path, "preprocessor_config.json", pixels) ||
        !name_file(path, "vocab.json", vocab) || !name_file(path, "merges.txt", merges) ||
        !name_file(path, "model.safetensors", model))
        return orr_error_set(err, ORR_EINVAL, path, "too long a path");
    struct weights w = {.c = c, .path = model, .err = err};
    struct settings s = {.where = config, .err = err};
    s.status = orr_json_parse_file(config, CONFIG_LIMIT, &root, err);
    if (!s.status) read_config(&s, root, &g);
    json_object_put(root);
    s.where = pixels;
    if (!s.status) read_pixels(&s, &g);
    if (!s.status) s.status = orr_clip_tokens_open(vocab, merges, &tokens, err);
    if (!s.status) s.status = orr_safetensors_open(model, 0, &w.f, err);
    if (!s.status) s.status = orr_clip_check_size(&g, &w.f, model, err);
    if (s.status)
        orr_clip_tokens_free(tokens);
    else
        s.status = orr_clip_init(c, &g, tokens, 0, err);
    if (!s.status) {
        read_weights(&w);
        s.status = w.status;
    }
    if (w.f.reader) orr_safetensors_close(&w.f);
    return s.status;
}
