/* A language model: tokens and learned positions, pre-norm blocks of causal attention and a feed-forward network,
 * a last norm and a head that is the token table again (Press and Wolf, 2017) unless asked otherwise. The layout is
 * GPT-2's (Radford et al., 2019), its widths are ours: D, LAYERS blocks, HEADS heads, 4 D inside the feed-forward part. */
#include <math.h>
#include <stdio.h>

#include "lab/model_build.h"

enum { MOST_BLOCKS = 8, MOST_WIDTH = 1024, INNER = 4 };

/* Rows (T, in) -> (T, out). */
static int rows_linear(struct orr_builder *b, int in, int out, enum orr_activation act, double gain)
{
    char label[32];
    snprintf(label, sizeof label, "linear %d", out);
    const struct orr_shape s = orr_build_shape(b, in);
    const int at = orr_build_push(b, ORR_LAYER_LINEAR, &in, 1, orr_shape2(s.size[0], out), label);
    b->m->layers[at].act = act;
    b->m->layers[at].param = orr_build_param(b, "weight", orr_shape2(out, s.size[1]), ORR_INIT_XAVIER, gain);
    orr_build_param(b, "bias", orr_shape1(out), ORR_INIT_ZERO, 0);
    return at;
}

static int layer_norm(struct orr_builder *b, int in)
{
    const struct orr_shape s = orr_build_shape(b, in);
    const int at = orr_build_simple(b, ORR_LAYER_LAYER_NORM, in, s, "layer norm");
    b->m->layers[at].param = orr_build_param(b, "weight", orr_shape1(s.size[1]), ORR_INIT_ONE, 0);
    orr_build_param(b, "bias", orr_shape1(s.size[1]), ORR_INIT_ZERO, 0);
    return at;
}

static int attention(struct orr_builder *b, int in, int heads)
{
    char label[32];
    snprintf(label, sizeof label, "attention %d", heads);
    const struct orr_shape s = orr_build_shape(b, in);
    const int at = orr_build_simple(b, ORR_LAYER_ATTENTION, in, orr_shape2(s.size[0], s.size[1] / 3), label);
    b->m->layers[at].heads = heads;
    return at;
}

/* x + F(norm(x)) twice. What is added to the stream starts smaller, the more there is of it, as in GPT-2. */
static int block(struct orr_builder *b, int in, int width, int heads, double gain)
{
    int at = rows_linear(b, layer_norm(b, in), 3 * width, ORR_ACT_NONE, 1);
    at = orr_build_dropout(b, rows_linear(b, attention(b, at, heads), width, ORR_ACT_NONE, gain));
    const int middle = orr_build_sum(b, (const int[]){in, at}, 2);
    at = rows_linear(b, layer_norm(b, middle), INNER * width, b->act, 1);
    at = orr_build_dropout(b, rows_linear(b, at, width, ORR_ACT_NONE, gain));
    return orr_build_sum(b, (const int[]){middle, at}, 2);
}

static int head(struct orr_builder *b, int in, int tokens, int table)
{
    char label[32];
    snprintf(label, sizeof label, b->untied ? "head %d" : "tied head %d", tokens);
    const struct orr_shape s = orr_build_shape(b, in);
    const int at = orr_build_simple(b, ORR_LAYER_HEAD, in, orr_shape2(s.size[0], tokens), label);
    b->m->layers[at].param = b->untied ? orr_build_param(b, "weight", orr_shape2(tokens, s.size[1]), ORR_INIT_XAVIER, 1)
                                       : b->m->layers[table].param;
    return at;
}

enum orr_status orr_arch_lm(struct orr_builder *b, struct orr_error *err)
{
    const int width = b->widths[0], blocks = b->widths[1], heads = b->widths[2], steps = b->data->sample.size[0];
    const int tokens = b->data->outputs;
    if (b->n_widths != 3 || width > MOST_WIDTH || blocks > MOST_BLOCKS || width % heads)
        return orr_error_set(err, ORR_EINVAL, b->m->arch,
                             "expected lm:D:LAYERS:HEADS with D up to %d, LAYERS up to %d, HEADS a divisor of D",
                             (int)MOST_WIDTH, (int)MOST_BLOCKS);
    char label[32];
    snprintf(label, sizeof label, "tokens %d", tokens);
    const int table = orr_build_simple(b, ORR_LAYER_TOKENS, 0, orr_shape2(steps, width), label);
    /* So drawn, the tied head's first logits have a standard deviation of about 1/2: nearly uniform, yet not flat. */
    b->m->layers[table].param =
        orr_build_param(b, "weight", orr_shape2(tokens, width), ORR_INIT_NORMAL, 0.5 / sqrt((double)width));
    int at = orr_build_simple(b, ORR_LAYER_POSITIONS, table, orr_shape2(steps, width), "positions");
    b->m->layers[at].param =
        orr_build_param(b, "weight", orr_shape2(steps, width), ORR_INIT_NORMAL, 0.25 / sqrt((double)width));
    at = orr_build_dropout(b, at);
    for (int k = 0; k < blocks; k++) at = block(b, at, width, heads, 1 / sqrt(2.0 * blocks));
    head(b, layer_norm(b, at), tokens, table);
    return ORR_OK;
}
