#include "methods/clip/contrast.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Tokens of `text` into row i of ids (_, length). */
static int tokens(const struct orr_clip *c, const struct orr_str *text, int32_t *ids, int i, int length, int32_t *end)
{
    return end[i] =
               orr_clip_tokens_encode(c->tokens, orr_str_c(text), text->len, ids + (size_t)i * (size_t)length, length);
}

/* Rows of `from` numbers to rows of `to`, in place. */
static void shorten(int32_t *ids, int rows, int from, int to)
{
    for (int i = 0; i < rows; i++)
        memmove(ids + (size_t)i * (size_t)to, ids + (size_t)i * (size_t)from, (size_t)to * sizeof *ids);
}

void orr_contrast_init(struct orr_contrast *k, const struct orr_clip *c, int batch)
{
    const int context = c->config.context;
    *k = (struct orr_contrast){.batch = batch};
    for (int g = 0; g < ORR_CAPTION_GROUPS; g++) {
        struct orr_contrast_group *x = &k->group[g];
        x->n = orr_caption_classes((enum orr_caption_group)g);
        x->ids = orr_xcalloc((size_t)(x->n * context), sizeof *x->ids);
        x->end = orr_xcalloc((size_t)x->n, sizeof *x->end);
        x->label = orr_xcalloc((size_t)batch, sizeof *x->label);
        for (int i = 0; i < x->n; i++) {
            orr_str_clear(&k->text);
            orr_caption_class((enum orr_caption_group)g, i, &k->text);
            const int end = tokens(c, &k->text, x->ids, i, context, x->end);
            if (end + 1 > x->length) x->length = end + 1;
        }
        shorten(x->ids, x->n, context, x->length);
    }
    k->ids = orr_xcalloc((size_t)(ORR_RELATIONS * batch * context), sizeof *k->ids);
    k->end = orr_xcalloc((size_t)(ORR_RELATIONS * batch), sizeof *k->end);
    k->row = orr_xcalloc((size_t)batch, sizeof *k->row);
    k->relation = orr_xcalloc((size_t)batch, sizeof *k->relation);
}

void orr_contrast_free(struct orr_contrast *k)
{
    for (int g = 0; g < ORR_CAPTION_GROUPS; g++) {
        free(k->group[g].ids);
        free(k->group[g].end);
        free(k->group[g].label);
    }
    free(k->ids);
    free(k->end);
    free(k->row);
    free(k->relation);
    orr_str_free(&k->text);
}

static struct orr_var *group_loss(struct orr_contrast *k, const struct orr_clip *c, struct orr_var *image,
                                  struct orr_caption *const *scenes, enum orr_caption_group g)
{
    struct orr_contrast_group *x = &k->group[g];
    for (int i = 0; i < k->batch; i++) x->label[i] = orr_caption_class_of(g, scenes[i]);
    struct orr_var *text = orr_clip_text(c, image->tape, x->ids, x->end, x->n, x->length);
    return orr_cross_entropy(orr_clip_logits(c, image, text), x->label);
}

/* Whether all four sentences about a pair may be heard. */
static bool may_be_told(const struct orr_caption *s)
{
    for (int r = 0; r < ORR_RELATIONS; r++) {
        struct orr_caption t = *s;
        t.relation = r;
        if (orr_caption_held_out(&t)) return false;
    }
    return true;
}

/* Each picture of a pair among the four sentences that name its two things. */
static struct orr_var *relation_loss(struct orr_contrast *k, const struct orr_clip *c, struct orr_var *image,
                                     struct orr_caption *const *scenes)
{
    const int context = c->config.context, embed = c->config.embed;
    int n = 0, longest = 0;
    for (int i = 0; i < k->batch; i++) {
        if (scenes[i]->layout != ORR_LAYOUT_PAIR || !may_be_told(scenes[i])) continue;
        for (int r = 0; r < ORR_RELATIONS; r++) {
            orr_str_clear(&k->text);
            orr_caption_relation(scenes[i], r, &k->text);
            const int end = tokens(c, &k->text, k->ids, ORR_RELATIONS * n + r, context, k->end);
            longest = end > longest ? end : longest;
        }
        k->relation[n] = scenes[i]->relation;
        k->row[n++] = i;
    }
    if (n == 0) return orr_tape_zeros(image->tape, orr_shape1(1));
    shorten(k->ids, ORR_RELATIONS * n, context, longest + 1);
    struct orr_var *text = orr_clip_text(c, image->tape, k->ids, k->end, ORR_RELATIONS * n, longest + 1);
    struct orr_var *own = orr_reshape(orr_embedding(image, k->row, n), orr_shape3(n, 1, embed));
    struct orr_var *logits = orr_clip_logits(c, own, orr_reshape(text, orr_shape3(n, ORR_RELATIONS, embed)));
    return orr_cross_entropy(orr_reshape(logits, orr_shape2(n, ORR_RELATIONS)), k->relation);
}

struct orr_var *orr_contrast_loss(struct orr_contrast *k, const struct orr_clip *c, struct orr_var *image,
                                  struct orr_caption *const *scenes, int half)
{
    static const double ones[3] = {1, 1, 1};
    struct orr_var *part[3];
    if (half == 0) {
        part[0] = group_loss(k, c, image, scenes, ORR_GROUP_NOUN);
        part[1] = group_loss(k, c, image, scenes, ORR_GROUP_COLOUR);
        part[2] = group_loss(k, c, image, scenes, ORR_GROUP_PATTERN);
    } else {
        part[0] = group_loss(k, c, image, scenes, ORR_GROUP_COUNT);
        part[1] = group_loss(k, c, image, scenes, ORR_GROUP_PLACE);
        part[2] = orr_reshape(relation_loss(k, c, image, scenes), part[0]->shape);
    }
    return orr_combine(part, ones, 3);
}
