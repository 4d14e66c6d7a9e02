/* Dual encoder of images and texts in the layout of CLIP (Radford et al. 2021): a vision transformer (patch convolution
 * without bias, class token, positions, ln_pre, pre-LN blocks, ln_post, projection) and a causal text transformer whose
 * feature is taken at the end token. Both towers can be walked block by block on a tape, so that prompts may enter anywhere:
 *
 *     struct orr_var *x = orr_clip_image_tokens(&clip, tape, pixels);              (B, 1 + P, d)
 *     for (int l = 0; l < clip.vision.layers; l++) x = orr_clip_block(&clip, &clip.vision, l, x);
 *     struct orr_var *f = orr_clip_image_feature(&clip, x);                        (B, embed), of length 1
 *
 * and for texts orr_clip_text_embed -> own context rows in place of some -> orr_clip_text_positions -> blocks ->
 * orr_clip_text_feature. Weights of a tower enter the tape as constants unless the tower `trains`: frozen weights cost no
 * gradient, gradients still pass through to what was put in. Nothing is allocated beside the tape. */
#ifndef ORRERY_METHODS_CLIP_CLIP_H
#define ORRERY_METHODS_CLIP_CLIP_H

#include <orrery/ops.h>
#include <orrery/progress.h>

#include "methods/clip/tokens.h"

struct orr_image;

struct orr_clip_config {
    int image, patch;                                          /* pixels per side; of a patch */
    int vision_width, vision_layers, vision_heads, vision_hidden;
    int vocab, context;                                        /* tokens known; longest text, with begin and end */
    int text_width, text_layers, text_heads, text_hidden;
    int embed;                                                 /* numbers of a feature */
    enum orr_activation activation;                            /* of the blocks: QUICK_GELU or GELU */
    double vision_eps, text_eps;                               /* of layer norms */
    float mean[3], std[3];                                     /* pixels are (v - mean) / std of v in 0..1 */
};

struct orr_clip_tower {
    int layers, width, heads, hidden;
    bool causal;
    bool trains;    /* its weights are parameters of the tape; false: constants */
    size_t first;   /* tensor of its first block; private */
    double eps;
};

struct orr_clip {
    struct orr_clip_config config;
    struct orr_clip_tower vision, text;
    struct orr_params params;        /* all weights; grad is written only where a tower trains */
    struct orr_clip_tokens *tokens;  /* owned; NULL: none given */
    char trained[512];               /* what the file says of its training; "" */
};

/* Random weights, as CLIP starts. EINVAL: widths that are no multiple of their heads, image no multiple of patch, or absurd
 * sizes. Both towers frozen. tokens: owned by the clip from here on, may be NULL. Zero-initialise *c. */
enum orr_status orr_clip_init(struct orr_clip *c, const struct orr_clip_config *config, struct orr_clip_tokens *tokens,
                              uint64_t seed, struct orr_error *err);
void orr_clip_free(struct orr_clip *c); /* NULL-safe */
/* Which towers train from here on (the scale trains with either); both are frozen before. False: no memory for gradients. */
bool orr_clip_train(struct orr_clip *c, bool vision, bool text);

/* A folder of Hugging Face (config.json, model.safetensors, vocab.json, merges.txt; preprocessor_config.json when there is
 * one) or a file written by orr_clip_save. EFORMAT / EUNSUPPORTED / ENOTFOUND name what is wrong. */
enum orr_status orr_clip_open(const char *path, const struct orr_ticker *ticker, struct orr_clip *out,
                              struct orr_error *err);
/* One file with words and configuration in its metadata; weights as float16 when `half`. Only for clips with a vocabulary of
 * words. trained: what was done, for people. */
enum orr_status orr_clip_save(const struct orr_clip *c, const char *path, bool half, const char *trained,
                              struct orr_error *err);

/* ---- whole towers ---- */
/* pixels (B, 3, image, image), normalised -> (B, embed), rows of length 1. */
struct orr_var *orr_clip_image(const struct orr_clip *c, struct orr_tape *t, struct orr_var *pixels);
/* ids (n, length), borrowed until the reset, end[n]: place of the end token in each -> (n, embed), rows of length 1. */
struct orr_var *orr_clip_text(const struct orr_clip *c, struct orr_tape *t, const int32_t *ids, const int32_t *end, int n,
                              int length);
/* Features of texts[0..n) by a tape of its own, in blocks: out (n, embed). */
void orr_clip_encode_texts(const struct orr_clip *c, const char *const *texts, size_t n, float *out);
/* Features of n images as orr_clip_pixels makes them: out (n, embed). False: the ticker said stop. */
bool orr_clip_encode_images(const struct orr_clip *c, const float *pixels, size_t n, const struct orr_ticker *ticker,
                            float *out);
/* The factor of cosines in logits, e^logit_scale, at most 100. */
double orr_clip_scale(const struct orr_clip *c);
/* features a (n, embed) x b (m, embed)' times the scale -> (n, m). */
struct orr_var *orr_clip_logits(const struct orr_clip *c, struct orr_var *a, struct orr_var *b);

/* Any picture to pixels (3, image, image): the shorter side to `image`, bicubic; centre crop; mean and deviation. False: no
 * memory, or an empty picture. */
bool orr_clip_pixels(const struct orr_clip *c, const struct orr_image *in, float *out);

/* ---- towers in pieces ---- */
/* (B, 3, image, image) -> (B, 1 + P, vision_width), class token first, after positions and ln_pre. */
struct orr_var *orr_clip_image_tokens(const struct orr_clip *c, struct orr_tape *t, struct orr_var *pixels);
/* Token embeddings of ids (n * length) -> (n, length, text_width), without positions. */
struct orr_var *orr_clip_text_embed(const struct orr_clip *c, struct orr_tape *t, const int32_t *ids, int n, int length);
/* x (B, T, text_width), T <= context, plus the positions 0..T-1. */
struct orr_var *orr_clip_text_positions(const struct orr_clip *c, struct orr_var *x);
/* One block: x + attention(ln1 x), then + mlp(ln2). x (B, S, width), any S. */
struct orr_var *orr_clip_block(const struct orr_clip *c, const struct orr_clip_tower *tower, int layer, struct orr_var *x);
/* Tail of the vision tower: class token (position 0) of (B, S, width), ln_post, projection, length 1. */
struct orr_var *orr_clip_image_feature(const struct orr_clip *c, struct orr_var *x);
/* Tail of the text tower: ln_final, row end[b] of each, projection, length 1. end[B]: borrowed only during the call. */
struct orr_var *orr_clip_text_feature(const struct orr_clip *c, struct orr_var *x, const int32_t *end);
/* Rows to length 1. */
struct orr_var *orr_clip_unit(struct orr_var *x);

/* Along the tokens: (B, S, d) and (B, R, d) -> (B, S + R, d); rows first..first+n of the tokens; (R, d) repeated for B items. */
struct orr_var *orr_clip_join(struct orr_var *a, struct orr_var *b);
struct orr_var *orr_clip_rows(struct orr_var *x, int first, int n);
struct orr_var *orr_clip_repeat(struct orr_var *rows, int batch);

/* ---- blocks in pieces ---- */
struct orr_clip_weights { /* of one block, on the tape */
    struct orr_var *ln1_gain, *ln1_bias;
    struct orr_var *qkv, *qkv_bias;       /* (3 d, d): q, k, v one below the other; (3 d) */
    struct orr_var *out, *out_bias;       /* (d, d) */
    struct orr_var *ln2_gain, *ln2_bias;
    struct orr_var *up, *up_bias;         /* (hidden, d) */
    struct orr_var *down, *down_bias;     /* (d, hidden) */
};
struct orr_clip_weights orr_clip_block_weights(const struct orr_clip *c, const struct orr_clip_tower *tower, int layer,
                                               struct orr_tape *t);
/* LN(x) before attention; qkv projection of normalised rows (B, S, d) -> (B, S, 3 d); what attention gave, projected. A
 * block is x += out(attention(qkv(ln1 x))); x += mlp(x). mlp includes its own norm. */
struct orr_var *orr_clip_ln1(const struct orr_clip_tower *tower, const struct orr_clip_weights *w, struct orr_var *x);
struct orr_var *orr_clip_qkv(const struct orr_clip_weights *w, struct orr_var *normed);
struct orr_var *orr_clip_out(const struct orr_clip_weights *w, struct orr_var *attended);
struct orr_var *orr_clip_mlp(const struct orr_clip *c, const struct orr_clip_tower *tower, const struct orr_clip_weights *w,
                             struct orr_var *x);

/* Tensors by name, for counts and tests: those of one tower and of what is in front of and behind its blocks. */
size_t orr_clip_count(const struct orr_clip *c, bool vision);

#endif
