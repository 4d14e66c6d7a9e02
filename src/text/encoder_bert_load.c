/* Encoders of the BERT family: what a folder of Hugging Face says and holds. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "text/encoder_bert.h"
#include "text/model_folder.h"

static void read_config(struct orr_model_folder *f, struct orr_bert_config *c)
{
    static const struct {
        const char *name;
        enum orr_activation act;
    } acts[] = {
        {"gelu", ORR_ACT_GELU}, {"relu", ORR_ACT_RELU}, {"silu", ORR_ACT_SILU}, {"quick_gelu", ORR_ACT_QUICK_GELU}};
    const char *type = orr_json_text(f->config, "model_type"), *act = orr_json_text(f->config, "hidden_act"),
               *places = orr_json_text(f->config, "position_embedding_type");
    *c = (struct orr_bert_config){.mpnet = strcmp(type, "mpnet") == 0, .act = ORR_ACT_GELU};
    if (!c->mpnet && strcmp(type, "bert") != 0) orr_model_folder_refuse(f, "an encoder of type", type);
    if (*places && strcmp(places, "absolute") != 0) orr_model_folder_refuse(f, "the kind of positions", places);
    bool known = !*act;
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strcmp(act, acts[i].name) == 0) c->act = acts[i].act, known = true;
    if (!known) orr_model_folder_refuse(f, "the activation", act);
    c->dim = orr_model_folder_integer(f, "hidden_size", -1);
    c->hidden = orr_model_folder_integer(f, "intermediate_size", -1);
    c->layers = orr_model_folder_integer(f, "num_hidden_layers", -1);
    c->heads = orr_model_folder_integer(f, "num_attention_heads", -1);
    c->vocab = orr_model_folder_integer(f, "vocab_size", -1);
    c->positions = orr_model_folder_integer(f, "max_position_embeddings", 512);
    c->types = c->mpnet ? 0 : orr_model_folder_integer(f, "type_vocab_size", 2);
    c->pad = orr_model_folder_integer(f, "pad_token_id", c->mpnet ? 1 : 0);
    c->buckets = c->mpnet ? orr_model_folder_integer(f, "relative_attention_num_buckets", 32) : 0;
    c->eps = (float)orr_model_folder_real(f, "layer_norm_eps", c->mpnet ? 1e-5 : 1e-12);
    const bool sane = c->dim <= 1 << 16 && c->hidden <= 1 << 18 && c->layers <= 1000 && c->heads <= c->dim &&
                      c->dim % c->heads == 0 && c->positions >= 8 + c->pad && c->positions <= 1 << 16 &&
                      c->types <= 16 && c->buckets <= 1024 && c->buckets % 4 == 0 && (c->buckets > 0) == c->mpnet &&
                      c->eps > 0 && c->eps < 1;
    if (!f->status && !sane)
        f->status = orr_error_set(f->err, ORR_EFORMAT, f->path,
                                  "config.json: sizes that no model has: %d wide, %d heads, %d layers, %d positions",
                                  c->dim, c->heads, c->layers, c->positions);
}

/* Where the reading goes: sizes first, then, with a block, the tensors. */
struct loading {
    struct orr_model_folder *f;
    float *block; /* NULL: only counts */
    size_t used;
};

/* Part of a matrix (rows, columns) or vector (rows 0); NULL while only counting. */
static float *load(struct loading *l, const char *name, size_t rows, size_t columns)
{
    float *to = l->block ? l->block + l->used : NULL;
    l->used += (rows ? rows : 1) * columns;
    if (to) orr_model_folder_read(l->f, name, rows, columns, to);
    return to;
}

static struct orr_projection load_projection(struct loading *l, const char *prefix, const char *name, int out, int in)
{
    char full[160];
    struct orr_projection a = {.in = in, .out = out};
    snprintf(full, sizeof full, "%s%s.weight", prefix, name);
    a.w = load(l, full, (size_t)out, (size_t)in);
    snprintf(full, sizeof full, "%s%s.bias", prefix, name);
    a.b = load(l, full, 0, (size_t)out);
    return a;
}

/* Old files call gain and bias gamma and beta. */
static struct orr_layer_norm load_norm(struct loading *l, const char *prefix, const char *name, int n)
{
    char full[160];
    snprintf(full, sizeof full, "%s%s.gamma", prefix, name);
    const bool old = orr_model_folder_find(l->f, full, NULL) != NULL;
    struct orr_layer_norm norm;
    snprintf(full, sizeof full, "%s%s.%s", prefix, name, old ? "gamma" : "weight");
    norm.gain = load(l, full, 0, (size_t)n);
    snprintf(full, sizeof full, "%s%s.%s", prefix, name, old ? "beta" : "bias");
    norm.bias = load(l, full, 0, (size_t)n);
    return norm;
}

/* Queries, keys and values one below the other, then their biases: one product for all. */
static struct orr_projection load_qkv(struct loading *l, const char *prefix, const char *const names[3], int n)
{
    char full[160];
    struct orr_projection a = {.in = n, .out = 3 * n};
    for (int i = 0; i < 3; i++) {
        snprintf(full, sizeof full, "%s%s.weight", prefix, names[i]);
        const float *w = load(l, full, (size_t)n, (size_t)n);
        if (i == 0) a.w = w;
    }
    for (int i = 0; i < 3; i++) {
        snprintf(full, sizeof full, "%s%s.bias", prefix, names[i]);
        const float *b = load(l, full, 0, (size_t)n);
        if (i == 0) a.b = b;
    }
    return a;
}

static void load_layers(struct loading *l, struct orr_bert *b)
{
    static const char *const bert[3] = {"attention.self.query", "attention.self.key", "attention.self.value"},
                             *const mpnet[3] = {"attention.attn.q", "attention.attn.k", "attention.attn.v"};
    const struct orr_bert_config *c = &b->c;
    for (int i = 0; i < c->layers && !l->f->status; i++) {
        struct orr_transformer_layer *y = &b->blocks.layer[i];
        char at[48];
        snprintf(at, sizeof at, "encoder.layer.%d.", i);
        y->qkv = load_qkv(l, at, c->mpnet ? mpnet : bert, c->dim);
        y->out = load_projection(l, at, c->mpnet ? "attention.attn.o" : "attention.output.dense", c->dim, c->dim);
        y->attention = load_norm(l, at, c->mpnet ? "attention.LayerNorm" : "attention.output.LayerNorm", c->dim);
        y->up = load_projection(l, at, "intermediate.dense", c->hidden, c->dim);
        y->down = load_projection(l, at, "output.dense", c->dim, c->hidden);
        y->feed = load_norm(l, at, "output.LayerNorm", c->dim);
    }
}

static void load_all(struct loading *l, struct orr_bert *b)
{
    const struct orr_bert_config *c = &b->c;
    const size_t dim = (size_t)c->dim;
    b->words = load(l, "embeddings.word_embeddings.weight", (size_t)c->vocab, dim);
    b->places = load(l, "embeddings.position_embeddings.weight", (size_t)c->positions, dim);
    if (c->types) b->kinds = load(l, "embeddings.token_type_embeddings.weight", (size_t)c->types, dim);
    b->embedding = load_norm(l, "embeddings.", "LayerNorm", c->dim);
    load_layers(l, b);
    if (b->base.kind == ORR_ENCODER_PAIRS) {
        b->pooler = load_projection(l, "", "pooler.dense", c->dim, c->dim);
        b->classifier = load_projection(l, "", "classifier", 1, c->dim);
    }
    if (b->base.kind == ORR_ENCODER_WEIGHTS) {
        b->transform = load_projection(l, "cls.predictions.transform.", "dense", c->dim, c->dim);
        b->transform_norm = load_norm(l, "cls.predictions.transform.", "LayerNorm", c->dim);
        b->decoder =
            (struct orr_projection){b->words, load(l, "cls.predictions.bias", 0, (size_t)c->vocab), c->dim, c->vocab};
    }
}

/* Which bucket of biases the offset of a key from a query falls into (T5, Raffel et al. 2020): half of them for keys to the
 * right; of each half, half exact and half logarithmic up to 128. */
static int bucket(int offset, int buckets)
{
    enum { FARTHEST = 128 };
    const int half = buckets / 2, exact = half / 2, n = abs(offset), base = offset > 0 ? half : 0;
    if (n < exact) return base + n;
    const int far =
        exact + (int)(logf((float)n / (float)exact) / logf((float)FARTHEST / (float)exact) * (float)(half - exact));
    return base + (far < half - 1 ? far : half - 1);
}

static void spread_offsets(struct orr_model_folder *f, struct orr_bert *b)
{
    const int heads = b->c.heads, reach = b->base.longest, row = 2 * reach - 1;
    float *table = orr_xcalloc((size_t)(b->c.buckets * heads), sizeof *table);
    orr_model_folder_read(f, "encoder.relative_attention_bias.weight", (size_t)b->c.buckets, (size_t)heads, table);
    b->offset_bias = orr_xcalloc((size_t)heads * (size_t)row, sizeof *b->offset_bias);
    for (int h = 0; h < heads; h++)
        for (int o = -reach + 1; o < reach; o++)
            b->offset_bias[h * row + o + reach - 1] = table[bucket(o, b->c.buckets) * heads + h];
    b->blocks.offset_bias = b->offset_bias;
    b->blocks.reach = reach;
    free(table);
}

/* ---- what the folder says besides its weights ---- */

static bool lists(struct json_object *array, const char *ending)
{
    for (size_t i = 0; json_object_is_type(array, json_type_array) && i < json_object_array_length(array); i++) {
        struct json_object *x = json_object_array_get_idx(array, i);
        const char *name = json_object_is_type(x, json_type_string) ? json_object_get_string(x) : "";
        const size_t n = strlen(name), m = strlen(ending);
        if (n >= m && strcmp(name + n - m, ending) == 0) return true;
    }
    return false;
}

/* By the class that config.json names; folders of sentence-transformers give vectors whatever it is. */
static enum orr_encoder_kind find_kind(struct orr_model_folder *f)
{
    struct json_object *classes = orr_json_member(f->config, "architectures");
    if (lists(classes, "ForSequenceClassification")) return ORR_ENCODER_PAIRS;
    if (lists(classes, "ForMaskedLM") && !orr_model_folder_has(f, "1_Pooling/config.json") &&
        orr_model_folder_find(f, "cls.predictions.transform.dense.weight", NULL))
        return ORR_ENCODER_WEIGHTS;
    return ORR_ENCODER_VECTORS;
}

static void read_pooling(struct orr_model_folder *f, struct orr_bert *b)
{
    struct json_object *o = orr_model_folder_json(f, "1_Pooling/config.json"),
                       *list = orr_model_folder_json(f, "modules.json");
    b->pooling = ORR_POOL_MEAN;
    if (orr_json_flag(o, "pooling_mode_cls_token", false)) b->pooling = ORR_POOL_CLS;
    if (orr_json_flag(o, "pooling_mode_max_tokens", false)) b->pooling = ORR_POOL_MAX;
    if (orr_json_flag(o, "pooling_mode_mean_tokens", false)) b->pooling = ORR_POOL_MEAN;
    static const char *const others[] = {"pooling_mode_mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens",
                                         "pooling_mode_lasttoken"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (orr_json_flag(o, others[i], false)) orr_model_folder_refuse(f, "the pooling", others[i]);
    for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++) {
        const char *type = orr_json_text(json_object_array_get_idx(list, i), "type");
        if (strstr(type, "Dense")) orr_model_folder_refuse(f, "a module", type);
    }
    json_object_put(o);
    json_object_put(list);
}

static bool named(const char *name, const char *part)
{
    const size_t n = strlen(part);
    for (; *name; name++) {
        size_t i = 0;
        while (i < n && tolower((unsigned char)name[i]) == part[i]) i++;
        if (i == n) return true;
    }
    return false;
}

/* The words that were put before the texts in training: as the folder says, or as the models of these names have it. */
static void read_prefixes(struct orr_model_folder *f, struct orr_bert *b)
{
    struct json_object *o = orr_model_folder_json(f, "config_sentence_transformers.json"),
                       *prompts = orr_json_member(o, "prompts");
    const char *name = orr_json_text(f->config, "_name_or_path"), *slash = strrchr(f->path, '/');
    const char *const own = slash && slash[1] ? slash + 1 : f->path;
    const char *query = orr_json_text(prompts, "query"), *passage = orr_json_text(prompts, "passage");
    if (!*passage) passage = orr_json_text(prompts, "document");
    if (!*query && !*passage) {
        if (named(name, "e5-") || named(own, "e5-"))
            query = "query: ", passage = "passage: ";
        else if (named(name, "bge-") || named(own, "bge-"))
            query = "Represent this sentence for searching relevant passages: ";
    }
    snprintf(b->prefix[ORR_ENCODER_QUERY], ORR_BERT_PREFIX, "%s", query);
    snprintf(b->prefix[ORR_ENCODER_PASSAGE], ORR_BERT_PREFIX, "%s", passage);
    json_object_put(o);
}

static void read_length(struct orr_model_folder *f, struct orr_bert *b)
{
    struct json_object *o = orr_model_folder_json(f, "sentence_bert_config.json"),
                       *most = orr_json_member(o, "max_seq_length");
    b->base.longest = b->c.positions - (b->c.mpnet ? b->c.pad + 1 : 0);
    if (b->base.longest > ORR_BERT_ROWS) b->base.longest = ORR_BERT_ROWS;
    if (json_object_is_type(most, json_type_int) && json_object_get_int(most) >= 4 &&
        json_object_get_int(most) < b->base.longest)
        b->base.longest = json_object_get_int(most);
    json_object_put(o);
}

static void read_pieces(struct orr_model_folder *f, struct orr_bert *b)
{
    if (f->status || (f->status = orr_wordpiece_open(f->path, &b->pieces, f->err))) return;
    const char *begin = b->c.mpnet ? "<s>" : "[CLS]", *end = b->c.mpnet ? "</s>" : "[SEP]";
    b->begin = orr_wordpiece_find(b->pieces, begin);
    b->end = orr_wordpiece_find(b->pieces, end);
    if (b->begin < 0 || b->end < 0)
        f->status = orr_error_set(f->err, ORR_EFORMAT, f->path, "the vocabulary has no %s; is it another model's?",
                                  b->begin < 0 ? begin : end);
    else if (orr_wordpiece_count(b->pieces) > b->c.vocab)
        f->status = orr_error_set(f->err, ORR_EINVAL, f->path,
                                  "the vocabulary has %d pieces, the model %d; they do not belong together",
                                  orr_wordpiece_count(b->pieces), b->c.vocab);
}

static void read_weights(struct orr_model_folder *f, struct orr_bert *b)
{
    struct loading l = {.f = f};
    b->blocks = (struct orr_transformer){.layers = b->c.layers,
                                         .heads = b->c.heads,
                                         .act = b->c.act,
                                         .eps = b->c.eps,
                                         .layer = orr_xcalloc((size_t)b->c.layers, sizeof *b->blocks.layer)};
    load_all(&l, b);
    b->base.weights = l.used;
    if (l.used > f->bytes) { /* a weight takes two bytes at least; the shapes are checked one by one below */
        f->status =
            orr_error_set(f->err, ORR_EFORMAT, f->path, "config.json asks for %zu weights, the file has %llu bytes",
                          l.used, (unsigned long long)f->bytes);
        return;
    }
    b->block = orr_alloc(l.used, sizeof *b->block);
    if (!b->block) {
        f->status = orr_error_set(f->err, ORR_ENOMEM, f->path, "no memory for %zu weights", l.used);
        return;
    }
    l = (struct loading){.f = f, .block = b->block};
    load_all(&l, b);
    if (!f->status && b->c.mpnet) spread_offsets(f, b);
    if (!f->status) b->base.hash = XXH3_64bits(b->block, l.used * sizeof *b->block);
}

enum orr_status orr_bert_open(const char *path, struct orr_encoder **out, struct orr_error *err)
{
    static const char *const prefixes[] = {"", "bert.", "mpnet.", NULL};
    struct orr_model_folder f;
    enum orr_status s = orr_model_folder_open(path, &f, err);
    struct orr_bert *b = orr_xcalloc(1, sizeof *b);
    b->base.type = &orr_encoder_bert;
    f.prefixes = prefixes;
    if (!s) read_config(&f, &b->c);
    if (!f.status) {
        b->base.kind = find_kind(&f);
        read_length(&f, b);
        read_pooling(&f, b);
        read_prefixes(&f, b);
        read_pieces(&f, b);
    }
    if (!f.status) read_weights(&f, b);
    b->base.dim = b->base.kind == ORR_ENCODER_WEIGHTS ? b->c.vocab : b->base.kind == ORR_ENCODER_PAIRS ? 1 : b->c.dim;
    if (!f.status && !orr_transformer_reserve(&b->blocks, &b->work, ORR_BERT_ROWS, (size_t)b->base.longest))
        f.status = orr_error_set(err, ORR_ENOMEM, path, "no memory for a pass over %d tokens", ORR_BERT_ROWS);
    if (!f.status && b->base.kind == ORR_ENCODER_WEIGHTS)
        b->logits = orr_xcalloc(ORR_BERT_LOGITS, (size_t)b->c.vocab * sizeof *b->logits);
    s = f.status;
    orr_model_folder_close(&f);
    if (s)
        orr_bert_free(&b->base);
    else
        *out = &b->base;
    return s;
}
