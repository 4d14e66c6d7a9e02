#include "methods/clip/pretrain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <orrery/optim.h>

#include "base/mem.h"
#include "image/caption_scene.h"
#include "methods/clip/contrast.h"
#include "methods/clip/layout.h"
#include "methods/model_file.h"

enum { REPORT = 50, WARM_UP = 150, SHIFT = 3 };
static const double SLOWING = 0.3; /* share of the steps in which the learning rate goes down to nothing */
/* Streams of random numbers beside those of the scenes, by the seed. */
enum { STREAM_ORDER = 1, STREAM_STEP = 2, STREAM_SCENE = 3 };

struct orr_clip_pretrain_options orr_clip_pretrain_defaults(void)
{
    return (struct orr_clip_pretrain_options){.image = 48,
                                              .patch = 8,
                                              .width = 128,
                                              .heads = 4,
                                              .vision_layers = 4,
                                              .text_layers = 3,
                                              .embed = 128,
                                              .context = 24,
                                              .batch = 96,
                                              .steps = 6000,
                                              .scenes = 40000,
                                              .classes_from = 700,
                                              .classes_weight = 0.5,
                                              .lr = 1e-3,
                                              .seed = 1,
                                              .every = 100};
}

struct run {
    const struct orr_clip_pretrain_options *o;
    struct orr_clip *c;
    struct orr_optim optim;
    struct orr_tape *tape;
    struct orr_studio studio;
    unsigned char *rgb;        /* (scenes, image, image, 3) */
    struct orr_caption *scene; /* [scenes] */
    bool *drawn;
    uint32_t *order; /* [scenes] of the present epoch */
    int64_t epoch;   /* whose order it is */
    /* of one batch */
    float *pixels, *mask;
    int32_t *ids, *end, *label;
    struct orr_caption **shown; /* [batch] scenes of the pictures; borrowed */
    struct orr_contrast contrast;
    struct orr_str caption;
    double loss, accuracy;
    int seen;
};

static bool run_init(struct run *r)
{
    const struct orr_clip_pretrain_options *o = r->o;
    const size_t side = (size_t)o->image, b = (size_t)o->batch, n = o->scenes;
    r->rgb = orr_alloc(n, 3 * side * side);
    r->scene = orr_alloc(n, sizeof *r->scene);
    r->drawn = orr_alloc(n, sizeof *r->drawn);
    r->order = orr_alloc(n, sizeof *r->order);
    r->pixels = orr_alloc(b, 3 * side * side * sizeof *r->pixels);
    r->mask = orr_alloc(b, b * sizeof *r->mask);
    r->ids = orr_alloc(b, (size_t)o->context * sizeof *r->ids);
    r->end = orr_alloc(b, sizeof *r->end);
    r->label = orr_alloc(b, sizeof *r->label);
    r->shown = orr_alloc(b, sizeof *r->shown);
    orr_contrast_init(&r->contrast, r->c, o->batch);
    r->tape = orr_tape_new();
    r->epoch = -1;
    if (!r->rgb || !r->scene || !r->drawn || !r->order || !r->pixels || !r->mask || !r->ids || !r->end || !r->label ||
        !r->shown)
        return false;
    memset(r->drawn, 0, n * sizeof *r->drawn);
    return orr_studio_init(&r->studio, o->image, o->image);
}

static void run_free(struct run *r)
{
    free(r->rgb);
    free(r->scene);
    free(r->drawn);
    free(r->order);
    free(r->pixels);
    free(r->mask);
    free(r->ids);
    free(r->end);
    free(r->label);
    free(r->shown);
    orr_contrast_free(&r->contrast);
    orr_tape_free(r->tape);
    orr_studio_free(&r->studio);
    orr_str_free(&r->caption);
    orr_optim_free(&r->optim);
}

/* ---- one batch ---- */

/* Scenes come in twos, of which the second is often a sibling of the first. */
static void draw_scene(struct run *r, size_t i)
{
    const size_t size = 3 * (size_t)r->o->image * (size_t)r->o->image;
    struct orr_rng rng;
    if (r->drawn[i]) return;
    orr_rng_seed(&rng, r->o->seed, (uint64_t)i << 8 | STREAM_SCENE);
    if (i % 2 && orr_rng_uniform(&rng) < 0.6) {
        struct orr_caption first;
        struct orr_rng of_first;
        orr_rng_seed(&of_first, r->o->seed, (uint64_t)(i - 1) << 8 | STREAM_SCENE);
        orr_caption_random(&first, &of_first);
        orr_caption_sibling(&first, &r->scene[i], &rng);
    } else {
        orr_caption_random(&r->scene[i], &rng);
    }
    orr_caption_draw(&r->scene[i], &r->studio, &rng);
    orr_picture_bytes(&r->studio.picture, r->rgb + i * size);
    r->drawn[i] = true;
}

/* The scene at place `at` of all that are ever seen: epochs are permutations of the twos. */
static size_t scene_of(struct run *r, int64_t at)
{
    const int64_t twos = (int64_t)r->o->scenes / 2, epoch = at / 2 / twos;
    if (epoch != r->epoch) {
        struct orr_rng rng;
        orr_rng_seed(&rng, r->o->seed, (uint64_t)epoch << 8 | STREAM_ORDER);
        for (uint32_t i = 0; i < (uint32_t)twos; i++) r->order[i] = i;
        for (uint32_t i = (uint32_t)twos; i > 1; i--) {
            const uint32_t j = (uint32_t)orr_rng_below(&rng, i), t = r->order[i - 1];
            r->order[i - 1] = r->order[j];
            r->order[j] = t;
        }
        r->epoch = epoch;
    }
    const size_t i = 2 * (size_t)r->order[at / 2 % twos] + (size_t)(at % 2);
    draw_scene(r, i);
    return i;
}

/* Moved by a few pixels, the border repeated, in another light. */
static void augment(const struct run *r, const unsigned char *rgb, struct orr_rng *rng, float *out)
{
    const struct orr_clip_config *g = &r->c->config;
    const int side = g->image, dx = (int)orr_rng_below(rng, 2 * SHIFT + 1) - SHIFT,
              dy = (int)orr_rng_below(rng, 2 * SHIFT + 1) - SHIFT;
    const float gain = (float)orr_between(rng, 0.65, 1.25), shift = (float)orr_between(rng, -0.12, 0.12);
    for (int k = 0; k < 3; k++) {
        const float scale = gain / 255 / g->std[k], offset = (0.5f + shift - 0.5f * gain - g->mean[k]) / g->std[k];
        for (int y = 0; y < side; y++)
            for (int x = 0; x < side; x++) {
                const int u = x + dx < 0       ? 0
                              : x + dx >= side ? side - 1
                                               : x + dx,
                          v = y + dy < 0       ? 0
                              : y + dy >= side ? side - 1
                                               : y + dy;
                *out++ = (float)rgb[3 * (v * side + u) + k] * scale + offset;
            }
    }
}

static bool same(const struct run *r, size_t i, size_t j)
{
    const size_t length = (size_t)r->o->context;
    return r->end[i] == r->end[j] && !memcmp(r->ids + i * length, r->ids + j * length, length * sizeof *r->ids);
}

/* Fills pixels, ids, end and mask; returns the length of the longest caption with its end. */
static int make_batch(struct run *r, int64_t step)
{
    const size_t b = (size_t)r->o->batch, size = 3 * (size_t)r->o->image * (size_t)r->o->image,
                 length = (size_t)r->o->context;
    struct orr_rng rng;
    int longest = 0;
    orr_rng_seed(&rng, r->o->seed, (uint64_t)step << 8 | STREAM_STEP);
    for (size_t i = 0; i < b; i++) {
        const size_t s = scene_of(r, step * (int64_t)b + (int64_t)i);
        r->shown[i] = &r->scene[s];
        augment(r, r->rgb + s * size, &rng, r->pixels + i * size);
        orr_str_clear(&r->caption);
        orr_caption_write(&r->scene[s], &rng, &r->caption);
        r->end[i] = orr_clip_tokens_encode(r->c->tokens, orr_str_c(&r->caption), r->caption.len, r->ids + i * length,
                                           (int)length);
        longest = r->end[i] > longest ? r->end[i] : longest;
        r->label[i] = (int32_t)i;
    }
    for (size_t i = 0; i < b; i++) /* equal captions are not told apart */
        for (size_t j = 0; j < b; j++) r->mask[i * b + j] = i != j && same(r, i, j) ? -1e4f : 0;
    for (size_t i = 0; i < b; i++)
        memmove(r->ids + i * (size_t)(longest + 1), r->ids + i * length, (size_t)(longest + 1) * sizeof *r->ids);
    return longest + 1;
}

static double share_right(const struct orr_var *logits)
{
    const int n = logits->shape.size[0];
    int right = 0;
    for (int i = 0; i < n; i++) {
        const orr_real *row = logits->value + (size_t)i * n;
        int best = 0;
        for (int j = 1; j < n; j++)
            if (row[j] > row[best]) best = j;
        right += best == i;
    }
    return (double)right / n;
}

/* (CE of pictures among captions + CE of captions among pictures) / 2. False: diverged. */
static bool train_step(struct run *r, int64_t step)
{
    const struct orr_clip_pretrain_options *o = r->o;
    const int b = o->batch, length = make_batch(r, step);
    orr_tape_reset(r->tape);
    struct orr_var *pixels = orr_tape_input(r->tape, orr_shape4(b, 3, o->image, o->image), r->pixels);
    struct orr_var *image = orr_clip_image(r->c, r->tape, pixels),
                   *text = orr_clip_text(r->c, r->tape, r->ids, r->end, b, length);
    struct orr_var *logits =
        orr_add(orr_clip_logits(r->c, image, text), orr_tape_input(r->tape, orr_shape2(b, b), r->mask));
    struct orr_var *loss = orr_axpby(0.5, orr_cross_entropy(logits, r->label), 0.5,
                                     orr_cross_entropy(orr_transpose(logits), r->label)),
                   *all = loss;
    if (step >= o->classes_from)
        all = orr_axpby(1, loss, o->classes_weight,
                        orr_contrast_loss(&r->contrast, r->c, image, r->shown, (int)(step % 2)));
    orr_params_zero_grad(&r->c->params);
    orr_tape_backward(all);
    r->optim.o.lr = o->lr * fmin(1, (double)(o->steps - step) / (SLOWING * (double)o->steps));
    const double norm = orr_optim_step(&r->optim, &r->c->params);
    orr_real *scale = orr_params_value(&r->c->params, orr_clip_tensor(r->c, ORR_CLIP_LOGIT_SCALE));
    if (*scale > logf(100)) *scale = logf(100);
    r->loss += (double)*loss->value;
    r->accuracy += share_right(logits);
    r->seen++;
    return isfinite(norm) && isfinite((double)*loss->value);
}

/* ---- checkpoints ---- */

/* What must be equal for a checkpoint to go on. */
static void name_run(const struct orr_clip_pretrain_options *o, char out[256])
{
    snprintf(out, 256,
             "image %d patch %d width %d heads %d layers %d %d embed %d context %d batch %d scenes %zu classes %lld %g "
             "lr %g seed %llu",
             o->image, o->patch, o->width, o->heads, o->vision_layers, o->text_layers, o->embed, o->context, o->batch,
             o->scenes, (long long)o->classes_from, o->classes_weight, o->lr, (unsigned long long)o->seed);
}

static enum orr_status save(const struct run *r, struct orr_error *err)
{
    char name[256], step[32], steps[32];
    const struct orr_params *p = &r->c->params;
    const int64_t n = (int64_t)p->n;
    const struct orr_safetensor_out out[] = {
        {"params", &n, 1, p->value}, {"optim.m", &n, 1, r->optim.m}, {"optim.v", &n, 1, r->optim.v}};
    if (!r->o->checkpoint) return ORR_OK;
    name_run(r->o, name);
    snprintf(step, sizeof step, "%lld", (long long)r->optim.step);
    snprintf(steps, sizeof steps, "%lld", (long long)r->o->steps);
    const char *metadata[] = {"format", "orrery pretraining 1", "run", name, "step", step, "steps", steps, NULL};
    return orr_safetensors_write(r->o->checkpoint, out, 3, metadata, err);
}

static enum orr_status resume(struct run *r, struct orr_error *err)
{
    struct orr_params *p = &r->c->params;
    float *const to[] = {p->value, r->optim.m, r->optim.v};
    struct orr_safetensors f = {0};
    struct stat st;
    char name[256];
    if (!r->o->checkpoint || stat(r->o->checkpoint, &st) != 0) return ORR_OK;
    name_run(r->o, name);
    enum orr_status s = orr_safetensors_open(r->o->checkpoint, 0, &f, err);
    const double step = s ? 0 : orr_model_number(&f, "step", -1), before = s ? 0 : orr_model_number(&f, "steps", 0);
    const double steps = (double)r->o->steps;
    const bool same_way = before == steps || (step <= (1 - SLOWING) * before && step <= (1 - SLOWING) * steps);
    if (!s && (strcmp(orr_model_metadata(&f, "run"), name) != 0 || !same_way || !(step >= 0 && step <= steps)))
        s = orr_error_set(err, ORR_EFORMAT, r->o->checkpoint,
                          "a checkpoint of another run; remove it, or ask for what it was made with: %s",
                          orr_model_metadata(&f, "run"));
    if (!s) s = orr_model_read_training(&f, r->o->checkpoint, p->n, to, err);
    if (!s) r->optim.step = (int64_t)step;
    orr_safetensors_close(&f);
    return s;
}

/* ---- the run ---- */

static void report(struct run *r, orr_clip_pretrain_seen seen, void *ctx)
{
    if (seen && r->seen)
        seen(ctx, &(struct orr_clip_pretrain_report){.step = r->optim.step,
                                                     .steps = r->o->steps,
                                                     .loss = r->loss / r->seen,
                                                     .accuracy = r->accuracy / r->seen,
                                                     .scale = orr_clip_scale(r->c),
                                                     .lr = orr_optim_lr(&r->optim.o, r->optim.step)});
    r->loss = r->accuracy = 0;
    r->seen = 0;
}

static enum orr_status make_encoder(const struct orr_clip_pretrain_options *o, struct orr_clip *c,
                                    struct orr_error *err)
{
    struct orr_clip_config g = {.image = o->image,
                                .patch = o->patch,
                                .vision_width = o->width,
                                .vision_layers = o->vision_layers,
                                .vision_heads = o->heads,
                                .vision_hidden = 4 * o->width,
                                .context = o->context,
                                .text_width = o->width,
                                .text_layers = o->text_layers,
                                .text_heads = o->heads,
                                .text_hidden = 4 * o->width,
                                .embed = o->embed,
                                .activation = ORR_ACT_QUICK_GELU,
                                .vision_eps = 1e-5,
                                .text_eps = 1e-5,
                                .mean = {0.48f, 0.46f, 0.43f},
                                .std = {0.27f, 0.26f, 0.27f}};
    struct orr_str words = {0};
    orr_caption_words(&words);
    struct orr_clip_tokens *tokens = orr_clip_tokens_words(orr_str_c(&words));
    orr_str_free(&words);
    g.vocab = orr_clip_tokens_count(tokens);
    enum orr_status s = orr_clip_init(c, &g, tokens, o->seed, err);
    if (!s && !orr_clip_train(c, true, true))
        s = orr_error_set(err, ORR_ENOMEM, "pretraining", "no memory for gradients");
    return s;
}

static enum orr_status train(struct run *r, const struct orr_ticker *ticker, orr_clip_pretrain_seen seen, void *ctx,
                             struct orr_error *err)
{
    const struct orr_clip_pretrain_options *o = r->o;
    enum orr_status s = ORR_OK;
    for (int64_t step = r->optim.step; step < o->steps && !s; step++) {
        if (!orr_ticker_tick(ticker, "pre-training", "steps", (uint64_t)step, (uint64_t)o->steps)) {
            s = save(r, err);
            return s ? s
                     : orr_error_set(err, ORR_ECANCELLED, "pretraining", "stopped at step %lld of %lld",
                                     (long long)step, (long long)o->steps);
        }
        if (!train_step(r, step))
            return orr_error_set(err, ORR_EINVAL, "pretraining", "diverged at step %lld; lower lr", (long long)step);
        if ((step + 1) % REPORT == 0 || step + 1 == o->steps) report(r, seen, ctx);
        if (o->every > 0 && (step + 1) % o->every == 0) s = save(r, err);
    }
    return s;
}

enum orr_status orr_clip_pretrain(const struct orr_clip_pretrain_options *o, const struct orr_ticker *ticker,
                                  orr_clip_pretrain_seen seen, void *ctx, struct orr_clip *out, struct orr_error *err)
{
    struct run r = {.o = o, .c = out};
    if (o->batch < 2 || o->batch > 4096 || o->batch % 2 || o->steps < 1 || o->scenes < (size_t)o->batch ||
        o->scenes > 10000000 || !(o->lr > 0))
        return orr_error_set(err, ORR_EINVAL, "pretraining",
                             "an even batch of 2 to 4096, steps >= 1, scenes >= batch and lr > 0 are needed");
    enum orr_status s = make_encoder(o, out, err);
    if (!s && !run_init(&r)) s = orr_error_set(err, ORR_ENOMEM, "pretraining", "no memory for %zu pictures", o->scenes);
    if (!s) {
        struct orr_optim_options a = orr_optim_defaults(ORR_ADAMW, o->lr);
        a.beta2 = 0.98;
        a.weight_decay = 0.05;
        a.clip_norm = 1;
        a.schedule = ORR_CONSTANT;
        a.warmup = WARM_UP;
        orr_optim_init(&r.optim, &a, &out->params);
        s = resume(&r, err);
    }
    if (!s) s = train(&r, ticker, seen, ctx, err);
    run_free(&r);
    orr_clip_train(out, false, false);
    if (s) orr_clip_free(out);
    return s;
}
