#include "lab/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "lab/model_build.h"

enum { MAX_WIDTH = 65536 };

static const struct {
    const char *name;
    enum orr_activation act;
} ACTIVATIONS[] = {{"relu", ORR_ACT_RELU}, {"tanh", ORR_ACT_TANH}, {"sigmoid", ORR_ACT_SIGMOID},
                   {"silu", ORR_ACT_SILU}, {"gelu", ORR_ACT_GELU}};

static const char *activation_name(enum orr_activation act)
{
    for (size_t i = 0; i < sizeof ACTIVATIONS / sizeof *ACTIVATIONS; i++)
        if (ACTIVATIONS[i].act == act) return ACTIVATIONS[i].name;
    return "none";
}

static const struct architecture {
    const char *name;
    enum orr_status (*build)(struct orr_builder *, struct orr_error *);
    enum orr_activation act; /* unless the text says otherwise */
    bool tokens;             /* reads sequences of tokens, others read numbers */
    bool own_text;           /* reads its options itself */
} ARCHITECTURES[] = {
    {.name = "linear", .build = orr_arch_linear, .act = ORR_ACT_RELU},
    {.name = "logistic", .build = orr_arch_linear, .act = ORR_ACT_RELU},
    {.name = "mlp", .build = orr_arch_mlp, .act = ORR_ACT_RELU},
    {.name = "cnn", .build = orr_arch_cnn, .act = ORR_ACT_RELU},
    {.name = "cell", .build = orr_arch_cell, .act = ORR_ACT_RELU, .own_text = true},
    {.name = "resnet8", .build = orr_arch_resnet8, .act = ORR_ACT_RELU},
    {.name = "gru", .build = orr_arch_gru, .act = ORR_ACT_RELU},
    {.name = "lm", .build = orr_arch_lm, .act = ORR_ACT_GELU, .tokens = true},
};


/* ---- reading the text ---- */

static bool parse_widths(struct orr_builder *b, const char *text)
{
    for (const char *p = text; *p;) {
        char *end;
        const long w = strtol(p, &end, 10);
        if (end == p || w < 1 || w > MAX_WIDTH || b->n_widths == ORR_MAX_WIDTHS) return false;
        b->widths[b->n_widths++] = (int)w;
        p = end;
        if (*p == '-') p++;
        else if (*p) return false;
    }
    return true;
}

static enum orr_status parse_part(struct orr_builder *b, const struct architecture *a, const char *part,
                                  struct orr_error *err)
{
    for (size_t i = 0; i < sizeof ACTIVATIONS / sizeof *ACTIVATIONS; i++)
        if (!strcmp(part, ACTIVATIONS[i].name)) {
            b->act = ACTIVATIONS[i].act;
            return ORR_OK;
        }
    if (orr_starts_with(part, "dropout=")) {
        if (orr_parse_double(part + 8, strlen(part + 8), &b->dropout) && b->dropout >= 0 && b->dropout < 1) return ORR_OK;
        return orr_error_set(err, ORR_EINVAL, b->m->arch, "dropout is a number from 0 to below 1");
    }
    if (a->tokens && !strcmp(part, "untied")) {
        b->untied = true;
        return ORR_OK;
    }
    if (part[0] >= '0' && part[0] <= '9' && parse_widths(b, part)) return ORR_OK;
    return orr_error_set(err, ORR_EINVAL, b->m->arch, "`%s` is neither widths, an activation nor dropout=P", part);
}

enum orr_status orr_model_build(const char *arch, const struct orr_dataset *data, uint64_t seed, struct orr_model *out,
                                struct orr_error *err)
{
    *out = (struct orr_model){0};
    struct orr_builder b = {.m = out, .data = data};
    char text[sizeof out->arch], *save = NULL;
    if (strlen(arch) >= sizeof out->arch) return orr_error_set(err, ORR_EINVAL, "arch", "more than %zu bytes", sizeof text);
    snprintf(out->arch, sizeof out->arch, "%s", arch);
    snprintf(text, sizeof text, "%s", arch);
    orr_rng_seed(&b.rng, seed, 1);
    const char *name = strtok_r(text, ":", &save);
    size_t k = 0, count = sizeof ARCHITECTURES / sizeof *ARCHITECTURES;
    while (name && k < count && strcmp(name, ARCHITECTURES[k].name)) k++;
    if (!name || k == count)
        return orr_error_set(err, ORR_EINVAL, arch,
                             "no such architecture; there are linear, logistic, mlp, cnn, cell, resnet8, gru, lm");
    const struct architecture *a = &ARCHITECTURES[k];
    if (a->tokens != (data->tokens > 0))
        return orr_error_set(err, ORR_EINVAL, arch, data->tokens ? "%s is text; only lm:D:LAYERS:HEADS reads it"
                                                                 : "%s is no text, and lm reads nothing else", data->name);
    out->layers = orr_xcalloc(ORR_MAX_LAYERS, sizeof *out->layers);
    orr_build_push(&b, ORR_LAYER_INPUT, NULL, 0, data->sample, "input");
    enum orr_status s = ORR_OK;
    b.act = a->act;
    for (const char *part; !s && !a->own_text && (part = strtok_r(NULL, ":", &save));) s = parse_part(&b, a, part, err);
    if (!s) s = a->build(&b, err);
    if (!s && b.too_large)
        s = orr_error_set(err, ORR_EINVAL, arch, "more than %d parameters; make it narrower", (int)ORR_MAX_PARAMS);
    if (s) {
        orr_model_free(out);
        return s;
    }
    out->state = orr_xcalloc(out->n_state ? out->n_state : 1, sizeof *out->state);
    for (size_t i = 0; i < out->n_layers; i++) { /* running variances start at 1 */
        const struct orr_layer *l = &out->layers[i];
        if (l->kind != ORR_LAYER_BATCH_NORM) continue;
        for (int c = 0; c < l->shape.size[0]; c++) out->state[l->state + (size_t)(l->shape.size[0] + c)] = 1;
    }
    return ORR_OK;
}

void orr_model_free(struct orr_model *m)
{
    orr_params_free(&m->params);
    free(m->state);
    free(m->layers);
    free(m->ids);
    *m = (struct orr_model){0};
}

/* ---- forward ---- */

static struct orr_shape batched(struct orr_shape s, int batch)
{
    struct orr_shape b = {.axes = s.axes + 1, .size = {batch}};
    for (int k = 0; k < s.axes; k++) b.size[k + 1] = s.size[k];
    return b;
}

/* Token numbers are whole numbers in the samples; the embedding wants them as integers until the tape is reset. */
static const int32_t *ids_of(struct orr_model *m, const struct orr_var *x)
{
    if (m->n_ids < x->n) m->ids = orr_xrealloc(m->ids, m->n_ids = x->n, sizeof *m->ids);
    for (size_t i = 0; i < x->n; i++) m->ids[i] = (int32_t)x->value[i];
    return m->ids;
}

static struct orr_var *evaluate(struct orr_model *m, const struct orr_layer *l, struct orr_var *const *in,
                                struct orr_tape *t, int batch, bool training, struct orr_rng *rng)
{
    struct orr_var *p[4] = {NULL};
    const int n_params[] = {[ORR_LAYER_LINEAR] = 2, [ORR_LAYER_CONV] = 2, [ORR_LAYER_BATCH_NORM] = 2, [ORR_LAYER_GRU] = 4,
                            [ORR_LAYER_TOKENS] = 1, [ORR_LAYER_POSITIONS] = 1, [ORR_LAYER_LAYER_NORM] = 2,
                            [ORR_LAYER_HEAD] = 1};
    for (int k = 0; k < n_params[l->kind]; k++) p[k] = orr_tape_param(t, &m->params, l->param + (size_t)k);
    switch (l->kind) {
    case ORR_LAYER_INPUT: return in[0];
    case ORR_LAYER_LINEAR: return orr_linear(in[0], p[0], p[1], l->act);
    case ORR_LAYER_CONV: return orr_conv2d(in[0], p[0], p[1], l->stride, l->pad, 1, l->act);
    case ORR_LAYER_BATCH_NORM:
        return orr_activate(orr_batch_norm(in[0], p[0], p[1], m->state + l->state, 0.1, 1e-5, training), l->act);
    case ORR_LAYER_MAX_POOL: return orr_max_pool2d(in[0], l->size, l->stride, l->pad);
    case ORR_LAYER_AVG_POOL: return orr_avg_pool2d(in[0], l->size, l->stride, l->pad);
    case ORR_LAYER_GLOBAL_POOL: return orr_global_avg_pool(in[0]);
    case ORR_LAYER_SUM: return orr_combine(in, (double[]){1, 1, 1, 1}, l->n_in);
    case ORR_LAYER_ACTIVATION: return orr_activate(in[0], l->act);
    case ORR_LAYER_DROPOUT: return training ? orr_dropout(in[0], l->rate, rng) : in[0];
    case ORR_LAYER_FLATTEN:
    case ORR_LAYER_ROWS: return orr_reshape(in[0], batched(l->shape, batch));
    case ORR_LAYER_GRU: return orr_gru(in[0], NULL, p[0], p[1], p[2], p[3]);
    case ORR_LAYER_LAST: return orr_select(in[0], in[0]->shape.size[1] - 1);
    case ORR_LAYER_TOKENS: return orr_reshape(orr_embedding(p[0], ids_of(m, in[0]), (int)in[0]->n), batched(l->shape, batch));
    case ORR_LAYER_POSITIONS: return orr_add(in[0], p[0]);
    case ORR_LAYER_LAYER_NORM: return orr_layer_norm(in[0], p[0], p[1], 1e-5);
    case ORR_LAYER_ATTENTION: return orr_attention(in[0], l->heads, true, NULL);
    case ORR_LAYER_HEAD: return orr_linear(in[0], p[0], NULL, ORR_ACT_NONE);
    }
    return NULL;
}

struct orr_var *orr_model_forward(struct orr_model *m, struct orr_tape *t, const orr_real *x, int batch, bool training,
                                  struct orr_rng *rng)
{
    struct orr_var *value[ORR_MAX_LAYERS] = {orr_tape_input(t, batched(m->layers[0].shape, batch), x)};
    for (size_t i = 1; i < m->n_layers; i++) {
        const struct orr_layer *l = &m->layers[i];
        struct orr_var *in[4] = {NULL};
        for (int k = 0; k < l->n_in; k++) in[k] = value[l->in[k]];
        value[i] = evaluate(m, l, in, t, batch, training, rng);
    }
    return value[m->n_layers - 1];
}

/* ---- graph ---- */

void orr_model_graph(const struct orr_model *m, struct orr_str *json)
{
    orr_str_append(json, "{\"arch\":");
    orr_json_append_string(json, m->arch);
    orr_str_append(json, ",\"nodes\":[");
    for (size_t i = 0; i < m->n_layers; i++) {
        const struct orr_layer *l = &m->layers[i];
        orr_str_printf(json, "%s{\"id\":%zu,\"op\":", i ? "," : "", i);
        orr_json_append_string(json, l->label);
        const int width = l->shape.axes == 2 ? l->shape.size[1] : l->shape.size[0]; /* rows have their width last */
        orr_str_printf(json, ",\"width\":%d,\"activation\":\"%s\",\"dropout\":", width, activation_name(l->act));
        orr_json_append_double(json, l->rate);
        orr_str_append(json, ",\"shape\":[");
        for (int k = 0; k < l->shape.axes; k++) orr_str_printf(json, "%s%d", k ? "," : "", l->shape.size[k]);
        orr_str_append(json, "]}");
    }
    orr_str_append(json, "],\"edges\":[");
    bool first = true;
    for (size_t i = 0; i < m->n_layers; i++)
        for (int k = 0; k < m->layers[i].n_in; k++, first = false)
            orr_str_printf(json, "%s[%d,%zu]", first ? "" : ",", m->layers[i].in[k], i);
    orr_str_append(json, "]}");
}
