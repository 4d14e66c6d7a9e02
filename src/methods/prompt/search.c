/* Differentiable search for the number of prompts at each layer: what its weights say, and layouts to compare with. */
#include <math.h>

#include "methods/prompt/private.h"

struct orr_prompts_choice orr_prompts_choose(const struct orr_prompts *p, enum orr_prompts_branch branch, int layer)
{
    struct orr_prompts_choice c = {0};
    const orr_real *alpha = orr_params_value(&p->alpha, p->logits[branch][layer]);
    double top = (double)alpha[0], sum = 0;
    for (int k = 1; k <= p->longest; k++) top = fmax(top, (double)alpha[k]);
    for (int k = 0; k <= p->longest; k++) sum += c.weight[k] = exp((double)alpha[k] - top);
    for (int k = 0; k <= p->longest; k++) {
        c.weight[k] /= sum;
        c.entropy -= c.weight[k] * log(c.weight[k] > 0 ? c.weight[k] : 1);
        if (c.weight[k] > c.weight[c.length]) c.length = k; /* of equal ones the fewest prompts */
    }
    c.second = c.length ? 0 : 1;
    for (int k = 0; k <= p->longest; k++)
        if (k != c.length && c.weight[k] > c.weight[c.second]) c.second = k;
    c.margin = c.weight[c.length] - c.weight[c.second];
    return c;
}

struct orr_prompts_layout orr_prompts_found(const struct orr_prompts *p)
{
    struct orr_prompts_layout l = p->layout;
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++)
        for (int k = 0; k < l.layers[b]; k++)
            l.add[b][k] = (uint8_t)orr_prompts_choose(p, (enum orr_prompts_branch)b, k).length;
    return l;
}

struct orr_prompts_layout orr_prompts_uniform(const struct orr_clip *clip, int length)
{
    struct orr_prompts_layout l = orr_prompts_none(clip->text.layers, clip->vision.layers);
    l.place = ORR_PROMPTS_AS_KEYS;
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++)
        orr_prompts_deep(&l, (enum orr_prompts_branch)b, l.layers[b], length, length, 0);
    return l;
}

struct orr_prompts_layout orr_prompts_random(const struct orr_clip *clip, int longest, uint64_t seed)
{
    struct orr_prompts_layout l = orr_prompts_uniform(clip, 0);
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, 0);
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++)
        for (int k = 0; k < l.layers[b]; k++) l.add[b][k] = (uint8_t)orr_rng_below(&rng, (uint64_t)longest + 1);
    return l;
}
