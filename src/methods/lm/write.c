/* Model folders as Hugging Face keeps them, so that other programs read them too. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "base/vec.h"
#include "methods/lm/lm.h"

struct tensors {
    ORR_VEC(struct orr_safetensor_out) out;
    struct orr_arena names;
};

/* Rows first..first + rows of a matrix, or with columns 0 a vector of `rows` numbers. */
static void put(struct tensors *t, const char *name, const float *values, int64_t first, int64_t rows, int64_t columns)
{
    int64_t *shape = orr_arena_alloc(&t->names, 2 * sizeof *shape);
    shape[0] = rows;
    shape[1] = columns;
    ORR_VEC_PUSH(&t->out, (struct orr_safetensor_out){.name = orr_arena_strdup(&t->names, name),
                                                      .shape = shape,
                                                      .rank = columns ? 2 : 1,
                                                      .values = values + first * columns});
}

static void put_param(struct tensors *t, const struct orr_lm *m, size_t param)
{
    const struct orr_param_tensor *x = &m->params.tensor[param];
    char name[80];
    snprintf(name, sizeof name, "model.%s", x->name);
    put(t, name, orr_params_value(&m->params, param), 0, x->shape.size[0], x->shape.axes == 2 ? x->shape.size[1] : 0);
}

static void put_layer(struct tensors *t, const struct orr_lm *m, int i)
{
    static const char *const parts[] = {"q", "k", "v"};
    const struct orr_lm_layer *l = &m->layer[i];
    const int64_t d = m->c.dim;
    put_param(t, m, l->norm1);
    for (int k = 0; k < 3; k++) { /* one matrix here, three there */
        char name[80];
        snprintf(name, sizeof name, "model.layers.%d.self_attn.%s_proj.weight", i, parts[k]);
        put(t, name, orr_params_value(&m->params, l->qkv), k * d, d, d);
    }
    const size_t rest[] = {l->out, l->norm2, l->gate, l->up, l->down};
    for (size_t k = 0; k < sizeof rest / sizeof *rest; k++) put_param(t, m, rest[k]);
}

static enum orr_status write_weights(const struct orr_lm *m, const char *path, const char *const *metadata,
                                     struct orr_error *err)
{
    struct tensors t = {0};
    put_param(&t, m, m->embedding);
    for (int i = 0; i < m->c.layers; i++) put_layer(&t, m, i);
    put_param(&t, m, m->norm);
    const enum orr_status s = orr_safetensors_write_half(path, t.out.data, t.out.len, metadata, err);
    free(t.out.data);
    orr_arena_free(&t.names);
    return s;
}

static enum orr_status write_config(const struct orr_lm_config *c, const char *path, struct orr_error *err)
{
    struct orr_str text = {0};
    orr_str_printf(&text,
                   "{\"model_type\":\"llama\",\"architectures\":[\"LlamaForCausalLM\"],\"hidden_size\":%d,"
                   "\"intermediate_size\":%d,\"num_hidden_layers\":%d,\"num_attention_heads\":%d,"
                   "\"num_key_value_heads\":%d,\"vocab_size\":%d,\"max_position_embeddings\":%d,"
                   "\"rms_norm_eps\":1e-5,\"rope_theta\":10000.0,\"hidden_act\":\"silu\",\"tie_word_embeddings\":true,"
                   "\"bos_token_id\":0,\"eos_token_id\":0,\"torch_dtype\":\"float16\"}\n",
                   c->dim, c->hidden, c->layers, c->heads, c->heads, c->vocab, c->context);
    const enum orr_status s = orr_file_write(path, text.data, text.len, err);
    orr_str_free(&text);
    return s;
}

enum orr_status orr_lm_write(const struct orr_lm *m, const char *folder, const char *tokenizer,
                             const char *const *metadata, struct orr_error *err)
{
    struct orr_str path = {0};
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return orr_error_set(err, ORR_EIO, folder, "cannot make this folder: %s", strerror(errno));
    orr_str_printf(&path, "%s/tokenizer.json", folder);
    enum orr_status s = orr_file_write(path.data, tokenizer, strlen(tokenizer), err);
    orr_str_clear(&path);
    orr_str_printf(&path, "%s/config.json", folder);
    if (!s) s = write_config(&m->c, path.data, err);
    orr_str_clear(&path);
    orr_str_printf(&path, "%s/model.safetensors", folder);
    if (!s) s = write_weights(m, path.data, metadata, err);
    orr_str_free(&path);
    return s;
}
