/* Learned prompts read as words. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "methods/prompt/private.h"

enum { AT_ONCE = 1024 };

/* Keeps the `most` nearest of those offered, nearest first. */
static size_t offer(struct orr_prompts_word *best, size_t n, size_t most, struct orr_prompts_word w)
{
    if (n == most && w.distance >= best[n - 1].distance) return n;
    size_t k = n < most ? n++ : n - 1;
    for (; k && best[k - 1].distance > w.distance; k--) best[k] = best[k - 1];
    best[k] = w;
    return n;
}

size_t orr_prompts_nearest(const struct orr_prompts *p, int layer, int row, size_t most, struct orr_prompts_word *out)
{
    const struct orr_clip *c = p->clip;
    if (layer < 0 || layer >= p->layout.layers[ORR_PROMPTS_TEXT] || row < 0 ||
        row >= orr_prompts_rows(p, ORR_PROMPTS_TEXT, layer) || !most)
        return 0;
    const int d = c->text.width, all = c->config.vocab;
    const float *x = orr_params_value(&p->params, p->first[ORR_PROMPTS_TEXT][layer]) + (size_t)row * (size_t)d;
    struct orr_tape *t = orr_tape_new();
    int32_t *ids = orr_xcalloc(AT_ONCE, sizeof *ids);
    size_t n = 0;
    orr_tape_record(t, false);
    for (int at = 0; at < all; at += AT_ONCE) {
        const int m = all - at < AT_ONCE ? all - at : AT_ONCE;
        for (int k = 0; k < m; k++) ids[k] = at + k;
        orr_tape_reset(t);
        const float *e = orr_clip_text_embed(c, t, ids, m, 1)->value;
        for (int k = 0; k < m; k++) {
            double sum = 0;
            for (int i = 0; i < d; i++) sum += (double)(e[k * d + i] - x[i]) * (double)(e[k * d + i] - x[i]);
            n = offer(out, n, most, (struct orr_prompts_word){at + k, sqrt(sum)});
        }
    }
    free(ids);
    orr_tape_free(t);
    return n;
}
