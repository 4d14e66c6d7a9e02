#include "methods/curve/graph.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

/* Columns of a node's features. */
enum { OP = 0, OPS = 12, WIDTH = OPS, RELATIVE, DROPOUT, ACT, ACTS = 4, IN = ACT + ACTS, OUT, DEPTH };
static const char *const ops[OPS] = {"input",       "linear", "conv3x3", "conv1x1", "max pool", "avg pool",
                                     "global pool", "sum",    "dropout", "norm",    "gru",      ""};
static const char *const acts[ACTS] = {"none", "relu", "tanh", ""};

/* The first whose name begins the text; the last ("") stands for everything else. */
static int index_of(const char *const *names, int n, const char *text)
{
    for (int i = 0; i < n - 1; i++)
        if (orr_starts_with(text, names[i])) return i;
    return n - 1;
}

static const char *text_of(struct json_object *o, const char *key)
{
    struct json_object *v;
    return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string) ? json_object_get_string(v)
                                                                                             : "";
}

static double number_of(struct json_object *o, const char *key)
{
    struct json_object *v;
    const double x = json_object_object_get_ex(o, key, &v) ? json_object_get_double(v) : 0;
    return isfinite(x) ? x : 0;
}

static void read_nodes(struct json_object *nodes, struct orr_lc_graph *g)
{
    double widest = 1;
    for (int i = 0; i < g->n; i++)
        widest = fmax(widest, number_of(json_object_array_get_idx(nodes, (size_t)i), "width"));
    for (int i = 0; i < g->n; i++) {
        struct json_object *o = json_object_array_get_idx(nodes, (size_t)i);
        float *f = g->feature[i];
        const double width = fmin(fmax(number_of(o, "width"), 1), 1e9);
        f[OP + index_of(ops, OPS, text_of(o, "op"))] = 1;
        f[ACT + index_of(acts, ACTS, text_of(o, "activation"))] = 1;
        f[WIDTH] = (float)(log2(width) / 8);
        f[RELATIVE] = (float)(width / widest);
        f[DROPOUT] = (float)(2 * fmin(fmax(number_of(o, "dropout"), 0), 1));
    }
}

/* An edge counts in both directions; degrees and depth keep which way it goes. Nodes stand in the order of evaluation. */
static void read_edges(struct json_object *edges, struct orr_lc_graph *g)
{
    int depth[ORR_LC_NODES] = {0}, deepest = 1;
    for (size_t e = 0; e < json_object_array_length(edges); e++) {
        struct json_object *pair = json_object_array_get_idx(edges, e);
        if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2) continue;
        const int64_t a = json_object_get_int64(json_object_array_get_idx(pair, 0)),
                      b = json_object_get_int64(json_object_array_get_idx(pair, 1));
        if (a < 0 || b < 0 || a >= g->n || b >= g->n) continue;
        g->link[a][b] = g->link[b][a] = 1;
        g->feature[b][IN] += 0.5F;
        g->feature[a][OUT] += 0.5F;
        if (a < b && depth[b] < depth[a] + 1) depth[b] = depth[a] + 1;
        if (depth[b] > deepest) deepest = depth[b];
    }
    for (int i = 0; i < g->n; i++) {
        float sum = 0;
        g->feature[i][DEPTH] = (float)depth[i] / (float)deepest;
        g->link[i][i] = 0.5F;
        for (int j = 0; j < g->n; j++) sum += g->link[i][j];
        for (int j = 0; j < g->n; j++) g->link[i][j] /= sum;
    }
}

enum orr_status orr_lc_graph_parse(const char *where, const char *json, struct orr_lc_graph *g, struct orr_error *err)
{
    _Static_assert(DEPTH + 1 == ORR_LC_FEATURES, "one column per feature");
    struct json_object *root = NULL, *nodes, *edges;
    memset(g, 0, sizeof *g);
    enum orr_status s = orr_json_parse(where, json, strlen(json), &root, err);
    if (s) return s;
    if (!json_object_object_get_ex(root, "nodes", &nodes) || !json_object_is_type(nodes, json_type_array) ||
        !json_object_array_length(nodes) || !json_object_object_get_ex(root, "edges", &edges) ||
        !json_object_is_type(edges, json_type_array)) {
        s = orr_error_set(err, ORR_EFORMAT, where, "an architecture graph needs \"nodes\" and \"edges\", both arrays");
    } else {
        const size_t n = json_object_array_length(nodes);
        g->n = n < ORR_LC_NODES ? (int)n : ORR_LC_NODES;
        read_nodes(nodes, g);
        read_edges(edges, g);
    }
    json_object_put(root);
    return s;
}

/* ---- configurations ---- */

static float number(double x, double low, double high) { return isfinite(x) ? (float)(fmin(fmax(x, low), high)) : 0; }

/* Numbers stand where layers have theirs: RELATIVE, IN and OUT are what only layers with neighbours have. */
static void settings_node(const struct orr_lc_settings *s, float *f)
{
    enum { OPTIMISERS = 6 };
    static const char *const optimisers[OPTIMISERS] = {"sgd", "momentum", "rmsprop", "adamw", "adam", ""};
    f[OP + OPS - 1] = 1;
    f[OP + index_of(optimisers, OPTIMISERS, s->optimiser)] = 1;
    f[RELATIVE] = number(log10(s->rate) + 2.5, -4, 4);
    f[IN] = number(log2(s->batch) / 3 - 2, -3, 3);
    f[OUT] = number(log10(s->weight_decay) / 2 + 2, -3, 3);
    f[DEPTH] = orr_starts_with(s->schedule, "cosine");
}

void orr_lc_graph_configuration(const struct orr_lc_graph *g, const struct orr_lc_settings *s, struct orr_lc_graph *out)
{
    memset(out, 0, sizeof *out);
    out->n = 2;
    settings_node(s, out->feature[0]);
    for (int i = 0; i < out->n; i++)
        for (int j = 0; j < out->n; j++) out->link[i][j] = 0.5F;
    for (int i = 0; i < g->n; i++) {
        float *f = out->feature[1];
        for (int k = OP; k < OP + OPS; k++) f[k] += g->feature[i][k] / 4;
        for (int k = WIDTH; k < ACT + ACTS; k++) f[k] = fmaxf(f[k], g->feature[i][k]);
    }
}

void orr_lc_graph_with_settings(const struct orr_lc_graph *g, const struct orr_lc_settings *s, struct orr_lc_graph *out)
{
    *out = *g;
    const int at = g->n < ORR_LC_NODES ? out->n++ : g->n - 1; /* a full graph gives its last node away */
    memset(out->feature[at], 0, sizeof out->feature[at]);
    memset(out->link[at], 0, sizeof out->link[at]);
    for (int i = 0; i < out->n; i++) out->link[i][at] = i == at;
    settings_node(s, out->feature[at]);
}
