/* Tasks, training and scores of prompts. */
#include "app/prompt.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/clip_pretrain.h"
#include "app/example.h"
#include "app/prompt_tasks.h"
#include "base/clock.h"
#include "base/mem.h"

static const double PROBE_PENALTY = 1e-4;
const char *const orr_prompt_metric_names[ORR_PROMPT_METRICS] = {"base", "new", "harmonic", "accuracy"};

/* ---- encoder and task ---- */

enum orr_status orr_prompt_encoder(const char *path, const struct orr_ticker *ticker, struct orr_clip *out,
                                   struct orr_error *err)
{
    struct orr_str shipped = {0};
    if (!path) {
        char *datasets = orr_example_datasets();
        orr_str_printf(&shipped, "%s/models/" ORR_CLIP_SHIPPED, datasets ? datasets : "datasets");
        free(datasets);
    }
    enum orr_status s = orr_clip_open(path ? path : orr_str_c(&shipped), ticker, out, err);
    if (s == ORR_ENOTFOUND && !path)
        s = orr_error_set(err, s, orr_str_c(&shipped), "the shipped encoder is missing; orrery prompt pretrain makes one, "
                                                       "--encoder names one");
    if (!s && !out->tokens) {
        orr_clip_free(out);
        s = orr_error_set(err, ORR_EFORMAT, path, "the encoder has no vocabulary, so that classes cannot be named to it");
    }
    orr_str_free(&shipped);
    return s;
}

void orr_prompt_world_free(struct orr_prompt_world *w)
{
    if (!w) return;
    orr_prompt_task_free(&w->task);
    free(w->pixels);
    free(w->features);
    free((char *)(uintptr_t)w->source);
    orr_arena_free(&w->arena);
    *w = (struct orr_prompt_world){0};
}

/* Leaves the first `each` images of every class. */
static void thin(struct orr_prompt_task *t, enum orr_prompt_split split, size_t each)
{
    const size_t size = 3 * (size_t)t->side * (size_t)t->side;
    size_t had[ORR_PROMPT_CLASSES] = {0}, n = 0;
    for (size_t k = 0; k < t->n[split]; k++) {
        const int32_t c = t->y[split][k];
        if (had[c]++ >= each) continue;
        memmove(t->rgb[split] + n * size, t->rgb[split] + k * size, size);
        t->y[split][n++] = c;
    }
    t->n[split] = n;
}

enum orr_status orr_prompt_world_open_some(struct orr_prompt_world *w, const struct orr_clip *clip, const char *name,
                                           uint64_t seed, enum orr_prompt_split split, size_t each,
                                           const struct orr_ticker *ticker, struct orr_error *err)
{
    struct stat st;
    const int side = clip->config.image;
    *w = (struct orr_prompt_world){.clip = clip, .split = split, .source = orr_xstrdup(name)};
    const bool folder = stat(name, &st) == 0 && S_ISDIR(st.st_mode);
    enum orr_status s = folder ? orr_prompt_folder(name, side, &w->arena, ticker, &w->task, err)
                               : orr_prompt_task_load(name, side, seed, ticker, &w->task, err);
    if (s) goto out;
    thin(&w->task, split, each);
    const size_t n = w->task.n[split];
    w->pixels = orr_alloc(n, 3 * sizeof *w->pixels * (size_t)side * (size_t)side);
    w->features = orr_alloc(n, sizeof *w->features * (size_t)clip->config.embed);
    if (!w->pixels || !w->features) {
        s = orr_error_set(err, ORR_ENOMEM, name, "no memory for %zu images", n);
        goto out;
    }
    orr_prompt_task_pixels(&w->task, split, NULL, n, clip->config.mean, clip->config.std, w->pixels);
    if (!orr_clip_encode_images(clip, w->pixels, n, ticker, w->features))
        s = orr_error_set(err, ORR_ECANCELLED, name, "stopped");
out:
    if (s) orr_prompt_world_free(w);
    return s;
}

enum orr_status orr_prompt_world_open(struct orr_prompt_world *w, const struct orr_clip *clip, const char *name, uint64_t seed,
                                      const struct orr_ticker *ticker, struct orr_error *err)
{
    return orr_prompt_world_open_some(w, clip, name, seed, ORR_PROMPT_TEST, SIZE_MAX, ticker, err);
}

/* ---- what is asked ---- */

enum orr_status orr_prompt_query_init(struct orr_prompt_query *q, const char *method, struct orr_error *err)
{
    const struct orr_method *m = orr_method_find_for(ORR_DATA_IMAGES, method);
    if (!m || !m->prompt) {
        struct orr_str names = {0};
        for (size_t k = 0; orr_methods[k]; k++)
            if (orr_methods[k]->prompt) orr_str_printf(&names, "%s%s", names.len ? ", " : "", orr_methods[k]->name);
        orr_error_set(err, ORR_EINVAL, method, "is no method for prompts; there are %s", orr_str_c(&names));
        orr_str_free(&names);
        return ORR_EINVAL;
    }
    *q = (struct orr_prompt_query){
        .method = m, .settings = m->prompt->defaults, .options = orr_prompts_defaults(), .shots = 16, .seed = 1};
    if (m->prompt->lr > 0) q->options.lr = m->prompt->lr;
    return ORR_OK;
}

/* ---- scores ---- */

static void derive(double score[ORR_PROMPT_METRICS])
{
    const double b = score[ORR_PROMPT_BASE], n = score[ORR_PROMPT_NEW];
    score[ORR_PROMPT_HARMONIC] = b + n > 0 ? 2 * b * n / (b + n) : b + n; /* NaN stays NaN */
}

/* Share of images [from, to) right among classes first..first+classes, by cosine. */
struct range {
    size_t from, to;
    int first, classes;
};

static enum orr_status score_range(const struct orr_prompt_world *w, const struct orr_prompts *p,
                                   const struct orr_prompts_images *images, struct range r, const struct orr_ticker *ticker,
                                   double *out, struct orr_error *err)
{
    struct orr_prompts_texts texts;
    struct orr_prompts_images part = *images;
    const size_t n = r.to - r.from, each = (size_t)images->tokens * (size_t)images->width;
    int32_t *label = orr_xcalloc(n + 1, sizeof *label);
    float *probability = orr_alloc(n + 1, (size_t)r.classes * sizeof *probability);
    enum orr_status s = probability ? ORR_OK : orr_error_set(err, ORR_ENOMEM, "scores", "no memory for %zu images", n);
    if (s) goto out;
    for (size_t k = 0; k < n; k++) label[k] = w->task.y[w->split][r.from + k] - r.first;
    part.n = n;
    part.x = images->x + r.from * each;
    orr_prompts_texts(p, w->task.label + r.first, r.classes, &texts);
    const bool whole = orr_prompts_predict(p, &texts, &part, ticker, probability);
    *out = orr_prompts_accuracy(probability, r.classes, label, n);
    orr_prompts_texts_free(&texts);
    if (!whole) s = orr_error_set(err, ORR_ECANCELLED, "scores", "stopped");
out:
    free(label);
    free(probability);
    return s;
}

/* Images stand class by class: those of the base half come first. */
static size_t base_images(const struct orr_prompt_world *w)
{
    size_t n = 0;
    while (n < w->task.n[w->split] && w->task.y[w->split][n] < w->task.base) n++;
    return n;
}

enum orr_status orr_prompt_score(const struct orr_prompt_world *w, const struct orr_prompts *p, const struct orr_ticker *ticker,
                                 double score[ORR_PROMPT_METRICS], struct orr_error *err)
{
    const size_t n = w->task.n[w->split], half = base_images(w);
    const int classes = w->task.classes, base = w->task.base;
    struct orr_prompts_images images;
    for (int k = 0; k < ORR_PROMPT_METRICS; k++) score[k] = NAN;
    enum orr_status s = orr_prompts_images(p, w->pixels, w->features, n, NULL, ticker, &images, err);
    if (s) goto out;
    if (!p->layout.meta) { /* the images' features serve all three sets of names */
        float *features = orr_alloc(n, (size_t)w->clip->config.embed * sizeof *features);
        if (!features || !orr_prompts_encode(p, &images, ticker, features)) {
            s = features ? orr_error_set(err, ORR_ECANCELLED, "scores", "stopped")
                         : orr_error_set(err, ORR_ENOMEM, "scores", "no memory for %zu images", n);
            free(features);
            goto out;
        }
        orr_prompts_images_free(&images);
        images = (struct orr_prompts_images){
            .n = n, .layer = w->clip->vision.layers, .tokens = 1, .width = w->clip->config.embed, .x = features};
    }
    s = score_range(w, p, &images, (struct range){0, half, 0, base}, ticker, &score[ORR_PROMPT_BASE], err);
    if (!s) s = score_range(w, p, &images, (struct range){half, n, base, classes - base}, ticker, &score[ORR_PROMPT_NEW], err);
    if (!s) s = score_range(w, p, &images, (struct range){0, n, 0, classes}, ticker, &score[ORR_PROMPT_ACCURACY], err);
    derive(score);
out:
    orr_prompts_images_free(&images);
    return s;
}

/* ---- learning ---- */

/* The images of a seed: pixels and labels, class by class. */
struct few {
    size_t n, each;
    float *pixels;
    int32_t *label;
};

static enum orr_status draw_few(const struct orr_prompt_world *w, const struct orr_prompt_query *q, struct few *f,
                                struct orr_error *err)
{
    const int classes = q->all ? w->task.classes : w->task.base, shots = q->shots;
    const size_t side = (size_t)w->clip->config.image, most = (size_t)classes * (size_t)shots;
    size_t *which = orr_xcalloc(most + 1, sizeof *which);
    f->n = orr_prompt_task_shots(&w->task, 0, classes, shots, q->seed, which);
    f->each = f->n / (size_t)classes;
    f->pixels = orr_alloc(f->n + 1, 3 * side * side * sizeof *f->pixels);
    f->label = orr_xcalloc(f->n + 1, sizeof *f->label);
    if (f->pixels) {
        orr_prompt_task_pixels(&w->task, ORR_PROMPT_POOL, which, f->n, w->clip->config.mean, w->clip->config.std, f->pixels);
        for (size_t k = 0; k < f->n; k++) f->label[k] = w->task.y[ORR_PROMPT_POOL][which[k]];
    }
    free(which);
    return f->pixels ? ORR_OK : orr_error_set(err, ORR_ENOMEM, "training", "no memory for %zu images", f->n);
}

static void few_free(struct few *f)
{
    free(f->pixels);
    free(f->label);
}

/* Every second image of f, from `first` on: halves of each class, as they stand class by class. */
static enum orr_status every_second(const struct orr_prompts *p, const struct few *f, size_t first, struct few *half,
                                    struct orr_prompts_images *out, struct orr_error *err)
{
    const size_t per = 3 * (size_t)p->clip->config.image * (size_t)p->clip->config.image;
    half->n = (f->n - first + 1) / 2;
    half->pixels = orr_alloc(half->n + 1, per * sizeof *half->pixels);
    half->label = orr_xcalloc(half->n + 1, sizeof *half->label);
    if (!half->pixels) return orr_error_set(err, ORR_ENOMEM, "search", "no memory for %zu images", half->n);
    for (size_t k = 0; k < half->n; k++) {
        memcpy(half->pixels + k * per, f->pixels + (first + 2 * k) * per, per * sizeof *half->pixels);
        half->label[k] = f->label[first + 2 * k];
    }
    return orr_prompts_images(p, half->pixels, NULL, half->n, half->label, NULL, out, err);
}

static enum orr_status run_search(const struct orr_prompt_world *w, const struct orr_prompt_query *q, const struct few *f,
                                  const struct orr_ticker *ticker, struct orr_prompt_result *r, struct orr_prompts_layout *found,
                                  struct orr_error *err)
{
    struct orr_prompts p = {0};
    struct orr_prompts_texts texts = {0};
    struct orr_prompts_images train = {0}, validation = {0};
    struct few halves[2] = {{0}};
    struct orr_prompts_options o = q->options;
    r->search = orr_xcalloc(1, sizeof *r->search);
    r->longest = q->settings.longest;
    o.seed = q->seed;
    enum orr_status s = orr_prompts_init_search(&p, w->clip, q->settings.longest, w->task.phrase, q->seed, err);
    if (!s) s = every_second(&p, f, 0, &halves[0], &train, err);
    if (!s) s = every_second(&p, f, 1, &halves[1], &validation, err);
    if (s) goto out;
    o.epochs = o.search_epochs ? o.search_epochs : o.epochs;
    orr_prompts_texts(&p, w->task.label, q->all ? w->task.classes : w->task.base, &texts);
    s = orr_prompts_train(&p, &texts, &train, &validation, &o, ticker, r->search, err);
    *found = orr_prompts_found(&p);
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++)
        for (int k = 0; k < found->layers[b]; k++) r->choice[b][k] = orr_prompts_choose(&p, (enum orr_prompts_branch)b, k);
out:
    for (int k = 0; k < 2; k++) few_free(&halves[k]);
    orr_prompts_images_free(&train);
    orr_prompts_images_free(&validation);
    orr_prompts_texts_free(&texts);
    orr_prompts_free(&p);
    return s;
}

static bool has_prompts(const struct orr_prompts_layout *l)
{
    return orr_prompts_first(l, ORR_PROMPTS_TEXT) < l->layers[ORR_PROMPTS_TEXT] ||
           orr_prompts_first(l, ORR_PROMPTS_IMAGE) < l->layers[ORR_PROMPTS_IMAGE];
}

static enum orr_status train(const struct orr_prompt_world *w, const struct orr_prompt_query *q, const struct few *f,
                             const struct orr_ticker *ticker, struct orr_prompt_result *r, struct orr_error *err)
{
    struct orr_prompts_texts texts = {0};
    struct orr_prompts_images images = {0};
    struct orr_prompts_options o = q->options;
    o.seed = q->seed;
    enum orr_status s = orr_prompts_images(&r->prompts, f->pixels, NULL, f->n, f->label, ticker, &images, err);
    if (!s) {
        orr_prompts_texts(&r->prompts, w->task.label, q->all ? w->task.classes : w->task.base, &texts);
        s = orr_prompts_train(&r->prompts, &texts, &images, NULL, &o, ticker, &r->log, err);
    }
    orr_prompts_texts_free(&texts);
    orr_prompts_images_free(&images);
    return s;
}

static enum orr_status run_probe(const struct orr_prompt_world *w, const struct few *f, struct orr_prompt_result *r,
                                 bool all, struct orr_error *err)
{
    const size_t embed = (size_t)w->clip->config.embed, n = all ? w->task.n[w->split] : base_images(w);
    const int classes = all ? w->task.classes : w->task.base;
    float *features = orr_alloc(f->n + 1, embed * sizeof *features),
          *probability = orr_alloc(n + 1, (size_t)classes * sizeof *probability);
    if (!features || !probability) {
        free(features);
        free(probability);
        return orr_error_set(err, ORR_ENOMEM, "linear-probe", "no memory");
    }
    orr_clip_encode_images(w->clip, f->pixels, f->n, NULL, features);
    orr_prompts_probe(features, f->label, f->n, classes, (int)embed, PROBE_PENALTY, w->features, n, probability);
    r->score[all ? ORR_PROMPT_ACCURACY : ORR_PROMPT_BASE] =
        orr_prompts_accuracy(probability, classes, w->task.y[w->split], n);
    r->parameters = (size_t)classes * (embed + 1);
    free(features);
    free(probability);
    return ORR_OK;
}

enum orr_status orr_prompt_run(const struct orr_prompt_world *w, const struct orr_prompt_query *q,
                               const struct orr_ticker *ticker, struct orr_prompt_result *out, struct orr_error *err)
{
    const struct orr_prompt_method *m = q->method->prompt;
    struct few f = {0};
    struct orr_prompts_layout layout = orr_prompts_none(w->clip->text.layers, w->clip->vision.layers);
    *out = (struct orr_prompt_result){.method = q->method};
    for (int k = 0; k < ORR_PROMPT_METRICS; k++) out->score[k] = NAN;
    enum orr_status s = m->kind == ORR_PROMPT_ZERO_SHOT ? ORR_OK : draw_few(w, q, &f, err);
    const double begin = orr_clock_cpu();
    out->shots = f.each;
    if (!s && m->kind == ORR_PROMPT_PROBE) {
        s = run_probe(w, &f, out, q->all, err);
        out->seconds = orr_clock_cpu() - begin;
        few_free(&f);
        return s;
    }
    if (!s && m->kind == ORR_PROMPT_SEARCH && !q->layout) s = run_search(w, q, &f, ticker, out, &layout, err);
    if (!s && m->kind == ORR_PROMPT_LAYOUT) layout = m->layout(w->clip, &q->settings);
    if (q->layout) layout = *q->layout;
    if (!s) s = orr_prompts_init(&out->prompts, w->clip, &layout, w->task.phrase, q->seed, err);
    if (!s && has_prompts(&layout)) s = train(w, q, &f, ticker, out, err);
    out->seconds = orr_clock_cpu() - begin;
    out->parameters = out->prompts.params.n;
    few_free(&f);
    return s ? s : orr_prompt_score(w, &out->prompts, ticker, out->score, err);
}

void orr_prompt_result_free(struct orr_prompt_result *r)
{
    orr_prompts_free(&r->prompts);
    free(r->search);
    *r = (struct orr_prompt_result){0};
}
