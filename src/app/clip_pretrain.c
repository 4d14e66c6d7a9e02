#include "app/clip_pretrain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/prompt_tasks.h"
#include "base/mem.h"

/* ---- zero-shot ---- */

/* Share of the pictures of classes first..first+n whose best caption among those classes' is their own. */
static double share_right(const struct orr_clip *c, const struct orr_prompt_task *t, const float *image,
                          const float *text, int first, int n)
{
    const size_t embed = (size_t)c->config.embed;
    size_t seen = 0, right = 0;
    for (size_t i = 0; i < t->n[ORR_PROMPT_TEST]; i++) {
        const int y = t->y[ORR_PROMPT_TEST][i];
        double best = -2;
        int found = -1;
        if (y < first || y >= first + n) continue;
        for (int k = first; k < first + n; k++) {
            double cosine = 0;
            for (size_t e = 0; e < embed; e++)
                cosine += (double)image[i * embed + e] * (double)text[(size_t)k * embed + e];
            if (cosine > best) best = cosine, found = k;
        }
        seen++;
        right += found == y;
    }
    return seen ? (double)right / (double)seen : NAN;
}

bool orr_clip_zero_shot(const struct orr_clip *c, const struct orr_prompt_task *t, const struct orr_ticker *ticker,
                        double accuracy[ORR_CLIP_HALVES])
{
    enum { LONGEST = 160 };
    const size_t n = t->n[ORR_PROMPT_TEST], embed = (size_t)c->config.embed,
                 width = 3 * (size_t)t->side * (size_t)t->side;
    float *pixels = orr_alloc(n, width * sizeof *pixels), *image = orr_alloc(n, embed * sizeof *image);
    float *text = orr_alloc((size_t)t->classes, embed * sizeof *text);
    char captions[ORR_PROMPT_CLASSES][LONGEST];
    const char *list[ORR_PROMPT_CLASSES];
    bool ok = pixels && image && text && t->side == c->config.image;
    if (ok) {
        for (int k = 0; k < t->classes; k++) {
            orr_prompt_task_caption(t, k, captions[k], LONGEST);
            list[k] = captions[k];
        }
        orr_clip_encode_texts(c, list, (size_t)t->classes, text);
        orr_prompt_task_pixels(t, ORR_PROMPT_TEST, NULL, n, c->config.mean, c->config.std, pixels);
        ok = orr_clip_encode_images(c, pixels, n, ticker, image);
    }
    if (ok) {
        accuracy[ORR_CLIP_BASE] = share_right(c, t, image, text, 0, t->base);
        accuracy[ORR_CLIP_NEW] = share_right(c, t, image, text, t->base, t->classes - t->base);
        accuracy[ORR_CLIP_ALL] = share_right(c, t, image, text, 0, t->classes);
    }
    free(pixels);
    free(image);
    free(text);
    return ok;
}

static enum orr_status score(const struct orr_clip *c, const char *name, bool compound, const struct orr_ticker *ticker,
                             struct orr_clip_scores *out, struct orr_error *err)
{
    struct orr_prompt_task t;
    enum orr_status s = orr_prompt_task_load(name, c->config.image, ORR_CLIP_TASK_SEED, ticker, &t, err);
    if (s) return s;
    struct orr_clip_score *r = &out->task[out->n];
    *r = (struct orr_clip_score){t.name, t.about, t.classes, (int)t.n[ORR_PROMPT_TEST], compound, {0}};
    if (orr_clip_zero_shot(c, &t, ticker, r->accuracy))
        out->n++;
    else
        s = orr_error_set(err, ORR_ECANCELLED, name, "stopped, or no memory for its pictures");
    orr_prompt_task_free(&t);
    return s;
}

enum orr_status orr_clip_score_all(const struct orr_clip *c, const struct orr_ticker *ticker,
                                   struct orr_clip_scores *out, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    const size_t drawn = orr_prompt_drawn_count();
    *out = (struct orr_clip_scores){0};
    for (size_t i = 0; i < drawn && !s; i++)
        s = score(c, orr_prompt_drawn(i)->name, orr_prompt_drawn(i)->compound, ticker, out, err);
    for (int h = 0; h < ORR_CLIP_HALVES && !s; h++)
        for (size_t i = 0; i < drawn; i++) out->mean[h] += out->task[i].accuracy[h] / (double)drawn;
    for (const struct orr_prompt_packaged *p = orr_prompt_packaged; p->name && !s; p++) {
        s = score(c, p->name, false, ticker, out, err);
        if (s != ORR_ENOTFOUND) continue;
        const size_t n = strlen(out->missing);
        snprintf(out->missing + n, sizeof out->missing - n, "%s%s", n ? " " : "", p->name);
        s = ORR_OK;
    }
    return s;
}

void orr_clip_score_table(const struct orr_clip_scores *s, struct orr_table *t)
{
    enum { TASK, CLASSES, TEST, SEEN, FIRST };
    static const char *const half[ORR_CLIP_HALVES] = {"base", "new", "all"};
    orr_table_init(t, (size_t)s->n + 1, FIRST + ORR_CLIP_HALVES);
    orr_table_column(t, TASK, "task", ORR_CELL_TEXT);
    orr_table_column(t, CLASSES, "classes", ORR_CELL_INTEGER);
    orr_table_column(t, TEST, "test_images", ORR_CELL_INTEGER);
    orr_table_column(t, SEEN, "new_pairs_unseen", ORR_CELL_BOOL);
    for (size_t h = 0; h < ORR_CLIP_HALVES; h++) orr_table_column(t, FIRST + h, half[h], ORR_CELL_NUMBER);
    for (size_t i = 0; i < (size_t)s->n; i++) {
        orr_table_set_text(t, i, TASK, s->task[i].task);
        orr_table_set_number(t, i, CLASSES, s->task[i].classes);
        orr_table_set_number(t, i, TEST, s->task[i].pictures);
        orr_table_set_number(t, i, SEEN, s->task[i].compound);
        for (size_t h = 0; h < ORR_CLIP_HALVES; h++) orr_table_set_number(t, i, FIRST + h, s->task[i].accuracy[h]);
    }
    orr_table_set_text(t, (size_t)s->n, TASK, "mean of the drawn tasks");
    for (size_t h = 0; h < ORR_CLIP_HALVES; h++) orr_table_set_number(t, (size_t)s->n, FIRST + h, s->mean[h]);
}

/* ---- the model that ships ---- */

enum orr_status orr_clip_ship(const struct orr_clip_pretrain_options *o, const char *path,
                              const struct orr_ticker *ticker, orr_clip_pretrain_seen seen, void *ctx,
                              struct orr_clip_scores *scores, struct orr_error *err)
{
    struct orr_clip c = {0};
    char trained[400];
    enum orr_status s = orr_clip_pretrain(o, ticker, seen, ctx, &c, err);
    if (s) return s;
    /* What is scored is what the file holds: float16. */
    snprintf(trained, sizeof trained,
             "orrery prompt pretrain: %lld steps of %d pairs from %zu synthetic captioned scenes, seed %llu; the "
             "styles chalk, night, "
             "poster and faded and the pairs of orr_caption_held_out were never shown",
             (long long)o->steps, o->batch, o->scenes, (unsigned long long)o->seed);
    s = orr_clip_save(&c, path, true, trained, err);
    orr_clip_free(&c);
    if (!s) s = orr_clip_open(path, ticker, &c, err);
    if (!s) s = orr_clip_score_all(&c, ticker, scores, err);
    orr_clip_free(&c);
    if (!s && o->checkpoint) unlink(o->checkpoint);
    return s;
}
