/* Learning prompts of a frozen dual encoder from a few images per class: modular prompts (arXiv 2502.14125), differentiable
 * search for their number at each layer (arXiv 2501.00457), and what they have to beat. A method is a layout of prompts; all
 * share one forward pass, one training loop and one way of being scored.
 *
 *     orr_prompts_init(&p, &clip, &layout, "a picture of a %s", seed);
 *     orr_prompts_train(&p, &few, &options, NULL, &log);
 *     orr_prompts_predict(&p, &texts, &images, probabilities);
 */
#ifndef ORRERY_METHODS_PROMPT_PROMPT_H
#define ORRERY_METHODS_PROMPT_PROMPT_H

#include <orrery/method.h>
#include <orrery/optim.h>

#include "methods/clip/clip.h"
#include "methods/prompt/layout.h"

enum {
    ORR_PROMPTS_EPOCHS = 400 /* that a log keeps */,
    ORR_PROMPTS_OPTIONS = 8 /* lengths 0..7 that a search may choose from */
};

/* Prompts and the encoder that they belong to (borrowed, frozen; shared by threads). */
struct orr_prompts {
    const struct orr_clip *clip;
    struct orr_prompts_layout layout;
    int longest;                        /* while searching: options 0..longest at every layer; 0: the layout is fixed */
    struct orr_params params, alpha;    /* prompts; logits of the lengths (longest + 1) per branch and layer */
    char before[96], after[96];         /* the template around the class's name */
    size_t first[ORR_PROMPTS_BRANCHES][ORR_PROMPTS_LAYERS]; /* tensor of a layer's prompts, or of its first map */
    size_t logits[ORR_PROMPTS_BRANCHES][ORR_PROMPTS_LAYERS], meta;
};
/* template: a text with %s where the class's name goes. Context at layer 0 of the text tower stands in place of the template's
 * first words and begins as these, the others stay, as in MaPLe; deeper prompts begin as N(0, 0.02^2). EINVAL: the layout is
 * not one, or does not fit the encoder. Zero-initialise *p. */
enum orr_status orr_prompts_init(struct orr_prompts *p, const struct orr_clip *clip, const struct orr_prompts_layout *layout,
                                 const char *template, uint64_t seed, struct orr_error *err);
/* For a search: at each layer of both towers prompts E_(l, c) for each length c = 0..longest, as keys, and logits alpha_l. */
enum orr_status orr_prompts_init_search(struct orr_prompts *p, const struct orr_clip *clip, int longest, const char *template,
                                        uint64_t seed, struct orr_error *err);
void orr_prompts_free(struct orr_prompts *p); /* NULL-safe */

/* ---- what they are shown ---- */

/* Names of classes as tokens, up to the first layer that prompts reach. Owned. */
struct orr_prompts_texts {
    int n, length, *end; /* [n] place of the end token */
    int32_t *ids;        /* (n, length) */
    int layer;           /* x is what enters this layer; == layers of the tower: x are features */
    float *x;            /* (n, length, width) or (n, embed); NULL: made from ids each time, as context stands at layer 0 */
    const char *const *names; /* [n] borrowed */
};
void orr_prompts_texts(const struct orr_prompts *p, const char *const *names, int n, struct orr_prompts_texts *out);
void orr_prompts_texts_free(struct orr_prompts_texts *t);

/* Images up to the first layer of the image tower that prompts reach. Owned, but for the labels. */
struct orr_prompts_images {
    size_t n;
    int layer, tokens, width; /* x (n, tokens, width); as above */
    float *x;
    const int32_t *label;     /* [n] within the classes; borrowed */
};
/* pixels (n, 3, image, image) as orr_clip_pixels makes them. features (n, embed) of the plain encoder, or NULL: taken
 * instead of a pass where no prompt reaches the image tower. ENOMEM, ECANCELLED. */
enum orr_status orr_prompts_images(const struct orr_prompts *p, const float *pixels, const float *features, size_t n,
                                   const int32_t *label, const struct orr_ticker *ticker, struct orr_prompts_images *out,
                                   struct orr_error *err);
/* The same at layer 0, whatever prompts reach: for orr_prompts_attention. */
enum orr_status orr_prompts_image_tokens(const struct orr_prompts *p, const float *pixels, size_t n,
                                         struct orr_prompts_images *out, struct orr_error *err);
void orr_prompts_images_free(struct orr_prompts_images *x);

/* ---- passes ---- */

enum orr_prompts_learns { ORR_PROMPTS_LEARN_NONE, ORR_PROMPTS_LEARN_PROMPTS, ORR_PROMPTS_LEARN_LENGTHS };

/* (n, embed) features of the classes, of length 1. shift: (B, text_width), what the meta network adds to the context of each
 * of B images -> (B n, embed), the classes of an image side by side; NULL: nothing. */
struct orr_var *orr_prompts_text_features(const struct orr_prompts *p, struct orr_tape *t, const struct orr_prompts_texts *x,
                                          struct orr_var *shift, enum orr_prompts_learns learns);
/* Of images index[0..batch) -> (batch, embed). */
struct orr_var *orr_prompts_image_features(const struct orr_prompts *p, struct orr_tape *t,
                                           const struct orr_prompts_images *images, const size_t *index, int batch,
                                           enum orr_prompts_learns learns);
/* Logits (batch, classes): scaled cosines. */
struct orr_var *orr_prompts_logits(const struct orr_prompts *p, struct orr_tape *t, const struct orr_prompts_texts *texts,
                                   const struct orr_prompts_images *images, const size_t *index, int batch,
                                   enum orr_prompts_learns learns);
/* Probabilities (images->n, texts->n). False: the ticker said stop. */
bool orr_prompts_predict(const struct orr_prompts *p, const struct orr_prompts_texts *texts,
                         const struct orr_prompts_images *images, const struct orr_ticker *ticker, float *out);
/* Features (images->n, embed) of length 1. False: the ticker said stop. */
bool orr_prompts_encode(const struct orr_prompts *p, const struct orr_prompts_images *images, const struct orr_ticker *ticker,
                        float *out);
/* Share of images whose label has the highest probability; NaN for none. */
double orr_prompts_accuracy(const float *probability, int classes, const int32_t *label, size_t n);

/* ---- training ---- */

struct orr_prompts_log;
struct orr_prompts_options {
    int epochs, batch, warm_epochs;
    int search_epochs;    /* of a search; 0: as many as of a training */
    double lr, warm_lr, momentum, decay;
    double alpha_lr;      /* search: Adam, betas .5 / .999 */
    double distil;        /* weight of KL(prompted || zero-shot) in the loss; 0: none */
    bool validates;       /* accuracy on the validation images after each epoch */
    uint64_t seed;        /* order of the batches */
    void (*watch)(void *ctx, const struct orr_prompts_log *log); /* after each epoch, on the caller's thread; NULL: nobody */
    void *watch_ctx;
};
/* As published: SGD .0035 with momentum .9, batch 4, 5 epochs, cosine, one epoch at 1e-5; alpha .0035. */
struct orr_prompts_options orr_prompts_published(void);
/* The same scaled to our small encoder, chosen on validation. */
struct orr_prompts_options orr_prompts_defaults(void);

/* How a training or search went: what a screen shows. */
struct orr_prompts_log {
    int epochs;                         /* done */
    int longest;                        /* of the search; 0: a training */
    float loss[ORR_PROMPTS_EPOCHS];     /* mean of the epoch */
    float validation[ORR_PROMPTS_EPOCHS]; /* accuracy on the validation images; NaN without */
    /* softmax(alpha) after each epoch, [0] before the first; of a search */
    float weight[ORR_PROMPTS_EPOCHS + 1][ORR_PROMPTS_BRANCHES][ORR_PROMPTS_LAYERS][ORR_PROMPTS_OPTIONS];
    double seconds;
};
/* Steps the prompts by batches of `train`; with p->longest also alpha, by batches of `validation` (first order: the prompts
 * that training reached so far stand for the best ones). validation may be NULL without a search. Cross-entropy of the scaled
 * cosines. ECANCELLED: stopped, the prompts are what they were by then. EINVAL: nothing to learn, labels out of range. */
enum orr_status orr_prompts_train(struct orr_prompts *p, const struct orr_prompts_texts *texts,
                                  const struct orr_prompts_images *train, const struct orr_prompts_images *validation,
                                  const struct orr_prompts_options *o, const struct orr_ticker *ticker,
                                  struct orr_prompts_log *log, struct orr_error *err);

/* ---- what a search found: search.c ---- */

struct orr_prompts_choice { /* of one layer */
    int length, second;
    double weight[ORR_PROMPTS_OPTIONS]; /* softmax(alpha) */
    double margin;                      /* weight of the best less that of the second */
    double entropy;                     /* in nats; ln(options) when nothing was decided */
};
struct orr_prompts_choice orr_prompts_choose(const struct orr_prompts *p, enum orr_prompts_branch branch, int layer);
/* The lengths with the highest weight, as keys, to be trained afresh. */
struct orr_prompts_layout orr_prompts_found(const struct orr_prompts *p);
/* The same length everywhere; lengths drawn evenly from 0..longest. */
struct orr_prompts_layout orr_prompts_uniform(const struct orr_clip *clip, int length);
struct orr_prompts_layout orr_prompts_random(const struct orr_clip *clip, int longest, uint64_t seed);

/* ---- beside prompts ---- */

/* Logistic regression on features (n, embed) of length 1, with an L2 penalty; the trivial way to learn from few images. Knows
 * the classes of its labels alone. out (m, classes): probabilities of other features. */
void orr_prompts_probe(const float *features, const int32_t *label, size_t n, int classes, int embed, double penalty,
                       const float *other, size_t m, float *out);

/* The words of the vocabulary whose embeddings are nearest to a context vector, by Euclidean distance; and of a deeper prompt
 * only in so far as one may read it that way, as the papers do. */
struct orr_prompts_word {
    int32_t token;
    double distance;
};
/* Nearest first; returns how many of `most` were filled. Only prompts of the text tower have words. */
size_t orr_prompts_nearest(const struct orr_prompts *p, int layer, int row, size_t most, struct orr_prompts_word *out);

/* Share of attention that the class token pays to each patch of one image at the last layer, mean over heads, and to the
 * prompts together: patch (grid * grid), *prompts. Sums to less than 1 by what the class token pays to itself. False: the
 * images are there as features alone, as no prompt reaches the image tower. */
bool orr_prompts_attention(const struct orr_prompts *p, const struct orr_prompts_images *images, size_t index, float *patch,
                           float *prompts);

/* One file: tensors, layout, template, lengths' logits of a search, name of the method and of its task in the metadata. */
enum orr_status orr_prompts_save(const struct orr_prompts *p, const char *path, const char *method, const char *task,
                                 struct orr_error *err);
/* For this encoder: EFORMAT where the widths are another's. method, task: copied, cut. Free *out also after an error. */
enum orr_status orr_prompts_load(const char *path, const struct orr_clip *clip, struct orr_prompts *out, char method[64],
                                 char task[64], struct orr_error *err);

/* ---- methods ---- */

/* Settings of all methods; each reads those that its params list. */
struct orr_prompt_settings {
    int context, add, remove, depth; /* tokens at layer 0; added and removed at each of the first `depth` layers */
    int length, longest;             /* of every layer; the longest that a search or a random layout may take */
    enum orr_prompts_maps maps;
    uint64_t seed;                   /* of a random layout */
};
enum orr_prompt_kind { ORR_PROMPT_ZERO_SHOT, ORR_PROMPT_PROBE, ORR_PROMPT_LAYOUT, ORR_PROMPT_SEARCH };
struct orr_prompt_method {
    enum orr_prompt_kind kind;
    double lr; /* of orr_prompts_defaults' options for this method; 0: theirs */
    struct orr_prompt_settings defaults;
    struct orr_prompts_layout (*layout)(const struct orr_clip *clip, const struct orr_prompt_settings *s); /* of LAYOUT */
};
extern const struct orr_method orr_prompt_zero_shot, orr_prompt_linear_probe, orr_prompt_coop, orr_prompt_cocoop,
    orr_prompt_deep_text, orr_prompt_deep_vision, orr_prompt_independent, orr_prompt_maple, orr_method_prompt_modular,
    orr_prompt_uniform, orr_prompt_random_layout, orr_method_prompt_search;

#endif
