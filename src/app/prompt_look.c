/* Single images: what they are taken for, and where the encoder looks. */
#include <stdlib.h>
#include <string.h>

#include "app/prompt.h"
#include "base/mem.h"

void orr_prompt_look_free(struct orr_prompt_look *l)
{
    free(l->image);
    free(l->probability);
    free(l->attention);
    free(l->prompts);
    *l = (struct orr_prompt_look){0};
}

static void choose(const struct orr_prompt_world *w, size_t each, struct orr_prompt_look *l)
{
    size_t had[ORR_PROMPT_CLASSES] = {0};
    l->image = orr_xcalloc((size_t)w->task.classes * each + 1, sizeof *l->image);
    for (size_t k = 0; k < w->task.n[w->split]; k++)
        if (had[w->task.y[w->split][k]]++ < each) l->image[l->n++] = k;
}

enum orr_status orr_prompt_look(const struct orr_prompt_world *w, const struct orr_prompts *p, size_t each,
                                struct orr_prompt_look *out, struct orr_error *err)
{
    const size_t side = (size_t)w->clip->config.image, per = 3 * side * side;
    struct orr_prompts_images images = {0};
    struct orr_prompts_texts texts = {0};
    *out = (struct orr_prompt_look){.classes = w->task.classes, .grid = w->clip->config.image / w->clip->config.patch};
    choose(w, each, out);
    const size_t patches = (size_t)out->grid * (size_t)out->grid;
    float *pixels = orr_alloc(out->n + 1, per * sizeof *pixels);
    out->probability = orr_xcalloc(out->n + 1, (size_t)out->classes * sizeof *out->probability);
    out->attention = orr_xcalloc(out->n + 1, patches * sizeof *out->attention);
    out->prompts = orr_xcalloc(out->n + 1, sizeof *out->prompts);
    enum orr_status s = pixels ? ORR_OK : orr_error_set(err, ORR_ENOMEM, "images", "no memory for %zu images", out->n);
    for (size_t k = 0; k < out->n && !s; k++)
        memcpy(pixels + k * per, w->pixels + out->image[k] * per, per * sizeof *pixels);
    if (!s) s = orr_prompts_image_tokens(p, pixels, out->n, &images, err);
    if (!s) {
        orr_prompts_texts(p, w->task.label, w->task.classes, &texts);
        orr_prompts_predict(p, &texts, &images, NULL, out->probability);
        for (size_t k = 0; k < out->n; k++)
            orr_prompts_attention(p, &images, k, out->attention + k * patches, out->prompts + k);
    }
    free(pixels);
    orr_prompts_texts_free(&texts);
    orr_prompts_images_free(&images);
    return s;
}
