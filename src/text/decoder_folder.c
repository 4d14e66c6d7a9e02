/* Model folders of Hugging Face: config.json beside model.safetensors or its parts. LLaMA-like and GPT-2 decoders. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "base/vec.h"
#include "text/decoder_model.h"

enum { CONFIG_LIMIT = 16 << 20 };

/* ---- config.json ---- */

struct settings {
    struct json_object *root;
    const char *where;
    enum orr_status status;
    struct orr_error *err;
};

static struct json_object *value(const struct settings *s, const char *name)
{
    return orr_json_member(s->root, name);
}
static const char *text(const struct settings *s, const char *name) { return orr_json_text(s->root, name); }
static bool flag(const struct settings *s, const char *name, bool fallback) { return orr_json_flag(s->root, name, fallback); }
/* fallback -1: it must be there. */
static int integer(struct settings *s, const char *name, int fallback)
{
    struct json_object *x = value(s, name);
    if (json_object_is_type(x, json_type_int)) {
        const int64_t v = json_object_get_int64(x);
        if (v > 0 && v <= 1 << 24) return (int)v;
    } else if (!x && fallback >= 0) {
        return fallback;
    }
    if (!s->status)
        s->status = orr_error_set(s->err, ORR_EFORMAT, s->where, "'%s' is no number that a model can have", name);
    return 1;
}
static double real(const struct settings *s, const char *name, double fallback)
{
    struct json_object *x = value(s, name);
    return json_object_is_type(x, json_type_double) || json_object_is_type(x, json_type_int) ? json_object_get_double(x)
                                                                                             : fallback;
}

static void refuse(struct settings *s, const char *what, const char *has)
{
    if (!s->status)
        s->status = orr_error_set(s->err, ORR_EUNSUPPORTED, s->where, "%s '%.60s' is not built in", what, has);
}

static void llama(struct settings *s, struct orr_decoder_config *c)
{
    const int heads = integer(s, "num_attention_heads", -1), dim = integer(s, "hidden_size", -1);
    *c = (struct orr_decoder_config){.family = ORR_DECODER_LLAMA,
                                     .dim = dim,
                                     .heads = heads,
                                     .hidden = integer(s, "intermediate_size", -1),
                                     .layers = integer(s, "num_hidden_layers", -1),
                                     .kv_heads = integer(s, "num_key_value_heads", heads),
                                     .head_size = integer(s, "head_dim", dim / heads),
                                     .vocab = integer(s, "vocab_size", -1),
                                     .context = integer(s, "max_position_embeddings", 2048),
                                     .norm_eps = (float)real(s, "rms_norm_eps", 1e-6),
                                     .rope_base = (float)real(s, "rope_theta", 1e4)};
    const char *act = text(s, "hidden_act");
    if (*act && strcmp(act, "silu") != 0) refuse(s, "the activation", act);
    struct json_object *scaling = value(s, "rope_scaling"), *kind = NULL;
    if (json_object_is_type(scaling, json_type_object)) {
        if (!json_object_object_get_ex(scaling, "rope_type", &kind)) json_object_object_get_ex(scaling, "type", &kind);
        const char *name = json_object_is_type(kind, json_type_string) ? json_object_get_string(kind) : "";
        if (strcmp(name, "default") != 0) refuse(s, "the scaling of positions", name);
    }
    struct json_object *rope = value(s, "rope_parameters"), *theta = NULL; /* where newer files put it */
    if (json_object_is_type(rope, json_type_object) && json_object_object_get_ex(rope, "rope_theta", &theta))
        c->rope_base = (float)json_object_get_double(theta);
}

static void gpt2(struct settings *s, struct orr_decoder_config *c)
{
    const int dim = integer(s, "n_embd", -1), heads = integer(s, "n_head", -1);
    struct json_object *inner = value(s, "n_inner");
    *c = (struct orr_decoder_config){
        .family = ORR_DECODER_GPT2,
        .dim = dim,
        .heads = heads,
        .kv_heads = heads,
        .head_size = dim / heads,
        .hidden = inner && !json_object_is_type(inner, json_type_null) ? integer(s, "n_inner", -1) : 4 * dim,
        .layers = integer(s, "n_layer", -1),
        .vocab = integer(s, "vocab_size", -1),
        .context = integer(s, "n_positions", integer(s, "n_ctx", 1024)),
        .norm_eps = (float)real(s, "layer_norm_epsilon", 1e-5),
        .rope_base = 1e4f};
    const char *act = text(s, "activation_function");
    if (*act && strcmp(act, "gelu_new") != 0 && strcmp(act, "gelu_pytorch_tanh") != 0) refuse(s, "the activation", act);
    if (flag(s, "scale_attn_by_inverse_layer_idx", false)) refuse(s, "the setting", "scale_attn_by_inverse_layer_idx");
    if (dim % heads && !s->status)
        s->status = orr_error_set(s->err, ORR_EFORMAT, s->where, "n_embd %d is no multiple of n_head %d", dim, heads);
}

/* ---- weights: one file or parts ---- */

struct files {
    ORR_VEC(struct orr_safetensors) open;
    const char *folder;
    const struct orr_decoder *m;
    float *part; /* the largest matrix as the file has it */
    enum orr_status status;
    struct orr_error *err;
};

static void open_part(struct files *f, const char *name)
{
    char path[4096];
    if (strchr(name, '/') || snprintf(path, sizeof path, "%s/%s", f->folder, name) >= (int)sizeof path) {
        f->status = orr_error_set(f->err, ORR_EFORMAT, f->folder, "'%.80s' is no file of this folder", name);
        return;
    }
    ORR_VEC_PUSH(&f->open, (struct orr_safetensors){0});
    f->status = orr_safetensors_open(path, 0, &f->open.data[f->open.len - 1], f->err);
}

static void open_files(struct files *f)
{
    char path[4096];
    struct json_object *root = NULL, *map = NULL;
    struct stat st;
    if (snprintf(path, sizeof path, "%s/model.safetensors.index.json", f->folder) >= (int)sizeof path ||
        stat(path, &st) != 0) {
        open_part(f, "model.safetensors");
        return;
    }
    f->status = orr_json_parse_file(path, CONFIG_LIMIT, &root, f->err);
    if (!f->status &&
        (!json_object_is_type(root, json_type_object) || !json_object_object_get_ex(root, "weight_map", &map) ||
         !json_object_is_type(map, json_type_object)))
        f->status = orr_error_set(f->err, ORR_EFORMAT, path, "no 'weight_map'");
    if (!f->status) {
        struct json_object *seen = json_object_new_object();
        json_object_object_foreach(map, tensor, part)
        {
            (void)tensor;
            const char *name = json_object_is_type(part, json_type_string) ? json_object_get_string(part) : "";
            if (f->status || !*name || json_object_object_get_ex(seen, name, NULL)) continue;
            json_object_object_add(seen, name, NULL);
            open_part(f, name);
        }
        json_object_put(seen);
    }
    json_object_put(root);
}

static const struct orr_safetensor *find(struct files *f, const char *name, struct orr_safetensors **in)
{
    static const char *const prefixes[] = {"", "model.", "transformer."};
    char full[160];
    for (size_t k = 0; k < sizeof prefixes / sizeof *prefixes; k++) {
        snprintf(full, sizeof full, "%s%s", prefixes[k], name);
        for (size_t i = 0; i < f->open.len; i++) {
            const struct orr_safetensor *t = orr_safetensors_find(&f->open.data[i], full);
            *in = &f->open.data[i];
            if (t) return t;
        }
    }
    return NULL;
}

/* Reads (rows, columns), or (columns) where rows is 0, into `to`. */
static void read_tensor(struct files *f, const char *name, size_t rows, size_t columns, float *to)
{
    struct orr_safetensors *in;
    if (f->status) return;
    const struct orr_safetensor *t = find(f, name, &in);
    if (!t) {
        f->status = orr_error_set(f->err, ORR_EFORMAT, f->folder, "no tensor '%s'; is the folder complete?", name);
        return;
    }
    const bool fits = rows == 0 ? t->rank == 1 && t->shape[0] == (int64_t)columns
                                : t->rank == 2 && t->shape[0] == (int64_t)rows && t->shape[1] == (int64_t)columns;
    if (!fits) {
        f->status = orr_error_set(f->err, ORR_EFORMAT, f->folder,
                                  "'%s' has another shape than config.json says (%zu x %zu)", name, rows, columns);
        return;
    }
    f->status = orr_safetensors_read(in, t, 0, t->count, to, f->err);
}

static void vector(struct files *f, const char *prefix, const char *name, size_t n, float *to)
{
    char full[128];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    read_tensor(f, full, 0, n, to);
}
/* An (out, in) matrix into columns of an (in, stride) one. */
static void matrix(struct files *f, const char *prefix, const char *name, size_t out, size_t in, float *to,
                   size_t stride)
{
    char full[128];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    read_tensor(f, full, out, in, f->part);
    if (!f->status) orr_decoder_transpose(to, stride, f->part, out, in);
}
/* A bias that only some models of the family have: zeros where it is missing. */
static void optional(struct files *f, const char *prefix, const char *name, size_t n, float *to)
{
    struct orr_safetensors *in;
    char full[128];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    if (!to) return;
    if (find(f, full, &in))
        read_tensor(f, full, 0, n, to);
    else
        memset(to, 0, n * sizeof *to);
}

static void load_llama(struct files *f, struct orr_decoder *m)
{
    const struct orr_decoder_config *c = &m->c;
    const size_t dim = (size_t)c->dim, hidden = (size_t)c->hidden, vocab = (size_t)c->vocab;
    const size_t q = (size_t)(c->heads * c->head_size), kv = (size_t)(c->kv_heads * c->head_size), qkv = q + 2 * kv;
    if (m->embedding) read_tensor(f, "embed_tokens.weight", vocab, dim, m->embedding);
    matrix(f, "", m->tied ? "embed_tokens.weight" : "lm_head.weight", vocab, dim, m->classifier, vocab);
    vector(f, "", "norm.weight", dim, m->norm);
    for (int i = 0; i < c->layers && !f->status; i++) {
        const struct orr_decoder_layer *l = &m->layer[i];
        char at[32];
        snprintf(at, sizeof at, "layers.%d.", i);
        vector(f, at, "input_layernorm.weight", dim, l->norm1);
        matrix(f, at, "self_attn.q_proj.weight", q, dim, l->qkv, qkv);
        matrix(f, at, "self_attn.k_proj.weight", kv, dim, l->qkv + q, qkv);
        matrix(f, at, "self_attn.v_proj.weight", kv, dim, l->qkv + q + kv, qkv);
        matrix(f, at, "self_attn.o_proj.weight", dim, q, l->out, dim);
        vector(f, at, "post_attention_layernorm.weight", dim, l->norm2);
        matrix(f, at, "mlp.gate_proj.weight", hidden, dim, l->up, 2 * hidden);
        matrix(f, at, "mlp.up_proj.weight", hidden, dim, l->up + hidden, 2 * hidden);
        matrix(f, at, "mlp.down_proj.weight", dim, hidden, l->down, dim);
        if (!l->qkv_bias) continue;
        optional(f, at, "self_attn.q_proj.bias", q, l->qkv_bias);
        optional(f, at, "self_attn.k_proj.bias", kv, l->qkv_bias + q);
        optional(f, at, "self_attn.v_proj.bias", kv, l->qkv_bias + q + kv);
        optional(f, at, "self_attn.o_proj.bias", dim, l->out_bias);
        optional(f, at, "mlp.gate_proj.bias", hidden, l->up_bias);
        optional(f, at, "mlp.up_proj.bias", hidden, l->up_bias + hidden);
        optional(f, at, "mlp.down_proj.bias", dim, l->down_bias);
    }
}

/* GPT-2 keeps its matrices (in, out), as we do. */
static void load_gpt2(struct files *f, struct orr_decoder *m)
{
    const struct orr_decoder_config *c = &m->c;
    const size_t dim = (size_t)c->dim, hidden = (size_t)c->hidden, vocab = (size_t)c->vocab;
    if (m->embedding) read_tensor(f, "wte.weight", vocab, dim, m->embedding);
    matrix(f, "", m->tied ? "wte.weight" : "lm_head.weight", vocab, dim, m->classifier, vocab);
    read_tensor(f, "wpe.weight", (size_t)c->context, dim, m->positions);
    vector(f, "", "ln_f.weight", dim, m->norm);
    vector(f, "", "ln_f.bias", dim, m->norm_bias);
    for (int i = 0; i < c->layers && !f->status; i++) {
        const struct orr_decoder_layer *l = &m->layer[i];
        const struct {
            const char *name;
            size_t rows, columns;
            float *to;
        } part[] = {
            {"ln_1.weight", 0, dim, l->norm1},
            {"ln_1.bias", 0, dim, l->norm1_bias},
            {"attn.c_attn.weight", dim, 3 * dim, l->qkv},
            {"attn.c_attn.bias", 0, 3 * dim, l->qkv_bias},
            {"attn.c_proj.weight", dim, dim, l->out},
            {"attn.c_proj.bias", 0, dim, l->out_bias},
            {"ln_2.weight", 0, dim, l->norm2},
            {"ln_2.bias", 0, dim, l->norm2_bias},
            {"mlp.c_fc.weight", dim, hidden, l->up},
            {"mlp.c_fc.bias", 0, hidden, l->up_bias},
            {"mlp.c_proj.weight", hidden, dim, l->down},
            {"mlp.c_proj.bias", 0, dim, l->down_bias},
        };
        for (size_t k = 0; k < sizeof part / sizeof *part; k++) {
            char name[64];
            snprintf(name, sizeof name, "h.%d.%s", i, part[k].name);
            read_tensor(f, name, part[k].rows, part[k].columns, part[k].to);
        }
    }
}

static enum orr_status read_config(struct settings *s, struct orr_decoder_config *c)
{
    static const char *const alike[] = {"llama", "mistral", "qwen2", NULL}; /* LLaMA's layers, with or without biases */
    const char *type = text(s, "model_type");
    bool like_llama = false;
    for (size_t i = 0; alike[i]; i++) like_llama |= !strcmp(type, alike[i]);
    if (like_llama)
        llama(s, c);
    else if (!strcmp(type, "gpt2"))
        gpt2(s, c);
    else
        refuse(s, "a model of type", type);
    if (flag(s, "use_sliding_window", false)) refuse(s, "the setting", "use_sliding_window");
    return s->status;
}

enum orr_status orr_decoder_open_folder(const char *path, const struct orr_ticker *ticker, struct orr_decoder **out,
                                        struct orr_error *err)
{
    struct settings s = {.where = path, .err = err};
    struct files f = {.folder = path, .err = err};
    struct orr_decoder_config c = {0};
    struct orr_safetensors *in;
    char config[4096];
    *out = NULL;
    if (snprintf(config, sizeof config, "%s/config.json", path) >= (int)sizeof config)
        return orr_error_set(err, ORR_EINVAL, path, "too long a path");
    enum orr_status status = orr_json_parse_file(config, CONFIG_LIMIT, &s.root, err);
    if (!status) status = read_config(&s, &c);
    if (!status) {
        open_files(&f);
        status = f.status;
    }
    if (!status) { /* what the weights themselves say beats a flag that many files lack */
        const bool is_gpt2 = c.family == ORR_DECODER_GPT2,
                   tied = !find(&f, "lm_head.weight", &in) || flag(&s, "tie_word_embeddings", is_gpt2);
        const bool biased =
            is_gpt2 || find(&f, "layers.0.self_attn.q_proj.bias", &in) || find(&f, "layers.0.mlp.up_proj.bias", &in);
        status = orr_decoder_new(&c, !is_gpt2, biased, tied, path, out, err);
    }
    if (!status) {
        size_t most = (size_t)c.vocab;
        if ((size_t)c.hidden > most) most = (size_t)c.hidden;
        if ((size_t)(c.heads * c.head_size) > most) most = (size_t)(c.heads * c.head_size);
        f.part = orr_alloc(most, (size_t)c.dim * sizeof *f.part);
        if (!f.part) status = orr_error_set(err, ORR_ENOMEM, path, "no memory for its largest matrix");
    }
    if (!status && !orr_ticker_tick(ticker, "reading weights", "weights", 0, (*out)->parameters))
        status = orr_error_set(err, ORR_ECANCELLED, path, "stopped");
    if (!status) {
        (c.family == ORR_DECODER_GPT2 ? load_gpt2 : load_llama)(&f, *out);
        status = f.status;
    }
    for (size_t i = 0; i < f.open.len; i++) orr_safetensors_close(&f.open.data[i]);
    free(f.open.data);
    free(f.part);
    json_object_put(s.root);
    if (status) {
        orr_decoder_free(*out);
        *out = NULL;
    }
    return status;
}
