/* Encoders of texts behind one interface. An encoder gives unit vectors whose products are cosines; or it reads a
 * question and a passage together and gives one score (a cross-encoder); or it gives a weight to every piece of its
 * vocabulary (SPLADE: Formal et al. 2021). */
#ifndef ORRERY_TEXT_ENCODER_H
#define ORRERY_TEXT_ENCODER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/progress.h>

enum orr_encoder_kind {
    ORR_ENCODER_VECTORS,
    ORR_ENCODER_PAIRS,  /* cross-encoder: encode is missing, score is there */
    ORR_ENCODER_WEIGHTS /* >= 0, most of them 0; products of two texts' weights rank */
};
/* Some models put other words before a question than before what it is looked for in. */
enum orr_encoder_side { ORR_ENCODER_QUERY, ORR_ENCODER_PASSAGE };

struct orr_encoder_type;
/* Holds the memory of its passes. Threads may share one: they take turns. */
struct orr_encoder {
    const struct orr_encoder_type *type;
    enum orr_encoder_kind kind;
    int dim;     /* parts of a vector; pieces of the vocabulary for WEIGHTS; 1 for PAIRS */
    int longest; /* tokens of a text that are read; what follows is left out */
    size_t weights;
    uint64_t hash; /* of all weights: vectors of different encoders must not meet */
    pthread_mutex_t turn;
};

/* What a kind of encoder provides. */
struct orr_encoder_type {
    const char *name, *summary;
    /* ENOTFOUND where `path` is nothing of this type at all: then the next type is asked. */
    enum orr_status (*open)(const char *path, struct orr_encoder **out, struct orr_error *err);
    void (*encode)(struct orr_encoder *e, enum orr_encoder_side side, const char *const *texts, size_t n, float *out);
    void (*score)(struct orr_encoder *e, const char *query, const char *const *passages, size_t n, float *out);
    void (*free)(struct orr_encoder *e);
};
extern const struct orr_encoder_type orr_encoder_bert, orr_encoder_use, orr_encoder_bag;

/* Opens a model folder of Hugging Face (BERT, MPNet) or of the npm sentence encoder; named errors for what is
 * missing, damaged, contradicts itself or is not built in. The caller owns *out. */
enum orr_status orr_encoder_open(const char *path, struct orr_encoder **out, struct orr_error *err);
void orr_encoder_free(struct orr_encoder *e); /* NULL-safe */

/* out (n, dim): unit vectors, or weights of pieces. Any bytes are a text; one without tokens becomes what the model
 * makes of an empty one, or zeros. In batches; allocates nothing once the longest text was seen. EINVAL for a
 * cross-encoder. ECANCELLED by the tick. */
enum orr_status orr_encoder_encode(struct orr_encoder *e, enum orr_encoder_side side, const char *const *texts,
                                   size_t n, float *out, const struct orr_ticker *ticker, struct orr_error *err);
/* out[n]: how well each passage answers; the larger the better. A cross-encoder reads both together; vectors give
 * their cosine, weights their product. */
enum orr_status orr_encoder_score(struct orr_encoder *e, const char *query, const char *const *passages, size_t n,
                                  float *out, const struct orr_ticker *ticker, struct orr_error *err);

#endif
