/* The blocks of an encoder: self-attention in both directions and a feed-forward part, over many texts at once. The
 * texts lie packed one behind the other, (rows, width) without padding, so that every product is one GEMM over all
 * of them. Vaswani et al. 2017; norms behind the parts as there, or before them. */
#ifndef ORRERY_TEXT_TRANSFORMER_H
#define ORRERY_TEXT_TRANSFORMER_H

#include <stdbool.h>
#include <stddef.h>

#include <orrery/ops.h>

/* y = x w^T + b; w (out, in), b (out). Borrowed; w NULL: none. */
struct orr_projection {
    const float *w, *b;
    int in, out;
};
struct orr_layer_norm {
    const float *gain, *bias; /* (width) */
};

struct orr_transformer_layer {
    struct orr_projection qkv; /* (3 inner, width): queries, keys, values; inner = heads * head size */
    struct orr_projection out; /* (width after, inner) */
    struct orr_projection
        widen; /* what is added to the attention where the layer changes the width; w NULL: x itself */
    struct orr_projection up, down;
    struct orr_layer_norm attention, feed; /* of the two parts */
};
struct orr_transformer {
    int layers, heads;
    bool norm_first;
    enum orr_activation act;
    float eps;
    struct orr_transformer_layer *layer; /* [layers] */
    const float *offset_bias; /* (heads, 2 reach - 1) added to the scores, by key - query + reach - 1; NULL: none */
    int reach;                /* texts are no longer than this where there is such a bias */
};

/* Memory of a pass; grows to the largest one and is kept. Zero-initialise; one per thread. */
struct orr_transformer_work {
    float *x; /* (rows, width): input, then result */
    float *other, *h, *qkv, *mixed, *up, *scores;
    size_t rows, longest;
};
/* Makes room for `rows` rows in texts of at most `longest`. False when there is no memory. */
bool orr_transformer_reserve(const struct orr_transformer *t, struct orr_transformer_work *w, size_t rows,
                             size_t longest);
/* Runs all layers on w->x. Text i has rows first[i] .. first[i + 1]; first[0] is 0. */
void orr_transformer_run(const struct orr_transformer *t, struct orr_transformer_work *w, const size_t *first,
                         size_t texts);
void orr_transformer_work_free(struct orr_transformer_work *w);

/* y (rows, out) = x (rows, in) w^T + b, or added to y. */
void orr_project(const struct orr_projection *a, const float *x, size_t rows, bool add, float *y);
/* x becomes a unit vector; zeros stay zeros. */
void orr_make_unit(float *x, size_t n);

#endif
