/* Where prompts stand in the two towers of a dual encoder: how many tokens each layer takes out of the sequence and adds to it,
 * and how those of the image tower come about. Context optimisation, deep prompts of either tower, coupled prompts and modular
 * prompts are all layouts, so that one forward pass and one training loop serve them. */
#ifndef ORRERY_METHODS_PROMPT_LAYOUT_H
#define ORRERY_METHODS_PROMPT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>

#include "base/str.h"

enum { ORR_PROMPTS_LAYERS = 32 /* of a tower, at most */, ORR_PROMPTS_MOST = 16 /* prompts that a layer may add */ };
enum orr_prompts_branch { ORR_PROMPTS_TEXT, ORR_PROMPTS_IMAGE, ORR_PROMPTS_BRANCHES };
extern const char *const orr_prompts_branch_names[ORR_PROMPTS_BRANCHES]; /* "text", "image" */

enum orr_prompts_place {
    ORR_PROMPTS_IN_SEQUENCE, /* tokens like others: carried from layer to layer until they are removed */
    ORR_PROMPTS_AS_KEYS,     /* each layer has its own as further keys and values; nothing is carried */
};
enum orr_prompts_maps {
    ORR_PROMPTS_OWN,       /* image prompts are parameters of their own */
    ORR_PROMPTS_MAP_LAYER, /* F_l(P_l): one linear map of the layer's text prompts, as MaPLe */
    ORR_PROMPTS_MAP_TOKEN, /* F_(l,i)(P_(l,i)): one for each token, as modular prompts */
};

struct orr_prompts_layout {
    enum orr_prompts_place place;
    enum orr_prompts_maps maps;
    bool meta; /* a small network of the image's feature shifts the text context (CoCoOp) */
    int layers[ORR_PROMPTS_BRANCHES];
    uint8_t add[ORR_PROMPTS_BRANCHES][ORR_PROMPTS_LAYERS], drop[ORR_PROMPTS_BRANCHES][ORR_PROMPTS_LAYERS];
};

/* No prompts at all: zero-shot. Layers beyond ORR_PROMPTS_LAYERS get none. */
struct orr_prompts_layout orr_prompts_none(int text_layers, int image_layers);
/* `first` tokens at layer 0; at layers 1..depth-1 the last `drop` leave and `add` come (depth 1: only layer 0). */
void orr_prompts_deep(struct orr_prompts_layout *l, enum orr_prompts_branch branch, int depth, int first, int add, int drop);
/* Modular prompt learning (arXiv 2502.14125): both towers, image prompts mapped from text prompts token by token. MaPLe is the
 * case first = add = drop with one map per layer. depth is cut to the shallower tower. */
void orr_prompts_modular(struct orr_prompts_layout *l, int depth, int first, int add, int drop, enum orr_prompts_maps maps);
/* The found lengths of each layer as new tokens in the sequence: a found layout for methods other than the search's. At layers
 * that add some, `drop` of those carried so far leave (as many as there are; negative: all). Coupled layouts take the text's
 * lengths for both towers. */
struct orr_prompts_layout orr_prompts_in_sequence(const struct orr_prompts_layout *found, enum orr_prompts_maps maps, int drop);

/* What happens at a layer: tokens that came from the layer before, of which `removed` leave; `added` new ones. */
struct orr_prompts_step {
    int before, removed, added, tokens; /* tokens = before - removed + added: what the layer sees */
};
struct orr_prompts_step orr_prompts_step(const struct orr_prompts_layout *l, enum orr_prompts_branch branch, int layer);
/* The first layer of a branch with prompts; its number of layers where there are none: what lies below never changes. */
int orr_prompts_first(const struct orr_prompts_layout *l, enum orr_prompts_branch branch);
/* Trainable numbers, for towers of these widths; `embed` matters to the meta network alone. Exact. */
size_t orr_prompts_count(const struct orr_prompts_layout *l, int text_width, int image_width, int embed);
/* EINVAL: more prompts leave than there are, coupled towers of different lengths, or too many. */
enum orr_status orr_prompts_check(const struct orr_prompts_layout *l, struct orr_error *err);

/* "sequence token text 1-0,2-1,2-1 image 1-0,2-1,2-1": added and removed per layer; and back. EFORMAT, EINVAL. */
void orr_prompts_layout_text(const struct orr_prompts_layout *l, struct orr_str *out);
enum orr_status orr_prompts_layout_parse(const char *text, struct orr_prompts_layout *out, struct orr_error *err);

#endif
