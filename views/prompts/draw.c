/* Weights of a search, ledger of tokens, scores and words. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "state.h"
#include "tui/chart.h"

enum { SIDE_BY_SIDE = 100, SHADES = 16, CELL = 5, DOTS = 21, METHOD_WIDTH = 15, NUMBER = 6 };
static const struct orr_style plain = {0}, dim = {.fg = ORR_COLOR_DIM}, accent = {.fg = ORR_COLOR_ACCENT},
                              bad = {.fg = ORR_COLOR_BAD}, good = {.fg = ORR_COLOR_GOOD}, strong = {.attr = ORR_BOLD};
static const char *const pane_names[PROMPTS_PANES] = {"lengths", "ledger", "scores", "words", "image"};

/* ---- weights of a search ---- */

struct film {
    const struct orr_prompts_log *log;
    int longest, layers[ORR_PROMPTS_BRANCHES], epoch;
};

/* Weight (the digits say it too) as a shade; the best of the layer is marked. Returns the columns used. */
static int draw_weights(const struct film *f, int branch, int layer, struct orr_canvas *c, struct orr_rect r)
{
    const float *w = f->log->weight[f->epoch][branch][layer];
    int best = 0, second = -1, x = orr_canvas_printf(c, r.x, r.y, r.w, dim, "%2d ", layer);
    double entropy = 0;
    for (int k = 0; k <= f->longest; k++) {
        if (w[k] > w[best]) best = k;
        entropy -= (double)w[k] * log(w[k] > 0 ? (double)w[k] : 1);
    }
    for (int k = 0; k <= f->longest; k++)
        if (k != best && (second < 0 || w[k] > w[second])) second = k;
    for (int k = 0; k <= f->longest && x + CELL <= r.w; k++, x += CELL) {
        const int heat = (int)fmin((double)w[k] * SHADES, SHADES - 1);
        char text[16];
        snprintf(text, sizeof text, "%c%.2f", k == best ? '>' : ' ', (double)w[k]);
        const struct orr_style s = {.fg = (uint8_t)(heat < SHADES / 2 ? ORR_COLOR_DEFAULT : ORR_COLOR_BAR),
                                    .bg = (uint8_t)(ORR_COLOR_HEAT + heat),
                                    .attr = k == best ? ORR_BOLD : 0};
        orr_canvas_fill(c, (struct orr_rect){r.x + x, r.y, CELL, 1}, ' ', s);
        orr_canvas_text(c, r.x + x, r.y, CELL, text, s);
    }
    const double margin = (double)(w[best] - w[second < 0 ? best : second]);
    if (x + 22 <= r.w)
        orr_canvas_printf(c, r.x + x + 1, r.y, r.w - x - 1, margin < 0.02 ? dim : plain, "%d by %.3f  %.2f nats", best, margin,
                          entropy);
    else if (x + 2 < r.w)
        orr_canvas_printf(c, r.x + x + 1, r.y, r.w - x - 1, plain, "%d", best);
    return x;
}

static int draw_branch(const struct film *f, int branch, struct orr_canvas *c, struct orr_rect r)
{
    orr_canvas_printf(c, r.x, r.y, r.w, strong, "%s tower", orr_prompts_branch_names[branch]);
    int y = 1;
    if (r.h > f->layers[branch] + 1) {
        for (int k = 0; k <= f->longest && 3 + (k + 1) * CELL <= r.w; k++)
            orr_canvas_printf(c, r.x + 3 + k * CELL, r.y + y, CELL, dim, "  %d", k);
        y++;
    }
    for (int k = 0; k < f->layers[branch] && y < r.h; k++, y++)
        draw_weights(f, branch, k, c, (struct orr_rect){r.x, r.y + y, r.w, 1});
    return y;
}

static void draw_lengths(const struct prompts *s, struct orr_canvas *c, struct orr_rect r)
{
    struct film f;
    if (!prompts_film(s, &f.log, &f.longest, f.layers)) {
        orr_canvas_text(c, r.x, r.y, r.w, "no search yet: S starts one", dim);
        return;
    }
    f.epoch = s->epoch < 0 || s->epoch > f.log->epochs ? f.log->epochs : s->epoch;
    int x = orr_canvas_printf(c, r.x, r.y, r.w, accent, "epoch %d of %d ", f.epoch, f.log->epochs);
    const int width = r.w - x - 1 < 40 ? r.w - x - 1 : 40;
    for (int k = 0; k < width && f.log->epochs; k++) {
        const bool knob = k == f.epoch * (width - 1) / f.log->epochs;
        orr_canvas_put(c, r.x + x + k, r.y, knob ? '|' : '-', knob ? accent : dim);
    }
    r.y++;
    r.h--;
    const int half = r.h / 2 < f.layers[0] + 2 ? r.h / 2 : f.layers[0] + 2;
    if (r.w >= 2 * (4 + (f.longest + 1) * CELL + 22)) { /* beside each other */
        draw_branch(&f, ORR_PROMPTS_TEXT, c, (struct orr_rect){r.x, r.y, r.w / 2 - 1, r.h});
        draw_branch(&f, ORR_PROMPTS_IMAGE, c, (struct orr_rect){r.x + r.w / 2, r.y, r.w / 2, r.h});
        return;
    }
    const int used = draw_branch(&f, ORR_PROMPTS_TEXT, c, (struct orr_rect){r.x, r.y, r.w, half});
    draw_branch(&f, ORR_PROMPTS_IMAGE, c, (struct orr_rect){r.x, r.y + used, r.w, r.h - used});
}

/* ---- ledger ---- */

/* Carried tokens, then added ones; what left stands last. */
static void draw_step(struct orr_prompts_step step, bool ascii, struct orr_canvas *c, struct orr_rect r)
{
    int x = 0;
    const struct {
        int n;
        uint32_t glyph, plain;
        struct orr_style style;
    } parts[] = {{step.before - step.removed, 0x25A0, '=', plain},
                 {step.added, 0x25A0, '+', good},
                 {step.removed, 0x25A1, '-', bad}};
    for (size_t k = 0; k < 3; k++)
        for (int i = 0; i < parts[k].n && x < r.w; i++, x++) /* the sign of each part differs where colours do not */
            orr_canvas_put(c, r.x + x, r.y, k == 1 ? '+' : ascii ? parts[k].plain : parts[k].glyph, parts[k].style);
    if (x + 14 <= r.w) {
        if (step.removed)
            orr_canvas_printf(c, r.x + x + 1, r.y, r.w - x - 1, dim, "%d (+%d -%d)", step.tokens, step.added, step.removed);
        else if (step.added)
            orr_canvas_printf(c, r.x + x + 1, r.y, r.w - x - 1, dim, "%d (+%d)", step.tokens, step.added);
        else if (step.tokens)
            orr_canvas_printf(c, r.x + x + 1, r.y, r.w - x - 1, dim, "%d", step.tokens);
        else
            orr_canvas_text(c, r.x + x, r.y, r.w - x, "none", dim);
    }
}

static void draw_tower(const struct orr_prompts_layout *l, enum orr_prompts_branch b, int top, struct orr_canvas *c,
                       struct orr_rect r)
{
    orr_canvas_printf(c, r.x, r.y, r.w, strong, "%s tower", orr_prompts_branch_names[b]);
    for (int y = 1; y < r.h && top + y - 1 < l->layers[b]; y++) {
        const int k = top + y - 1, x = orr_canvas_printf(c, r.x, r.y + y, r.w, dim, "%2d ", k);
        draw_step(orr_prompts_step(l, b, k), c->glyphs == ORR_GLYPHS_ASCII, c, (struct orr_rect){r.x + x, r.y + y, r.w - x, 1});
    }
}

static void draw_ledger(const struct prompts *s, struct orr_canvas *c, struct orr_rect r)
{
    static const char *const maps[] = {"own image prompts", "one map per layer", "one map per token"};
    if (!s->shown || !s->shown->result.prompts.clip) {
        orr_canvas_text(c, r.x, r.y, r.w,
                        s->shown     ? "this method has no prompts"
                        : s->running ? "learning..."
                                     : "nothing learned: Enter",
                        dim);
        return;
    }
    const struct orr_prompts *p = &s->shown->result.prompts;
    orr_canvas_printf(c, r.x, r.y, r.w, dim, "%zu parameters; %s%s", s->shown->result.parameters,
                      p->layout.place == ORR_PROMPTS_AS_KEYS ? "keys and values, nothing is carried" : maps[p->layout.maps],
                      p->layout.meta ? "; shifted by the image" : "");
    r.y++;
    r.h--;
    const int foot = r.h >= 6 ? 1 : 0,
              most = p->layout.layers[0] > p->layout.layers[1] ? p->layout.layers[0] : p->layout.layers[1];
    int top = (int)s->top;
    if (top > most - (r.h - foot - 1)) top = most - (r.h - foot - 1);
    if (top < 0) top = 0;
    draw_tower(&p->layout, ORR_PROMPTS_TEXT, top, c, (struct orr_rect){r.x, r.y, r.w / 2 - 1, r.h - foot});
    draw_tower(&p->layout, ORR_PROMPTS_IMAGE, top, c, (struct orr_rect){r.x + r.w / 2, r.y, r.w - r.w / 2, r.h - foot});
    if (foot && most + 1 < r.h) {
        const bool ascii = c->glyphs == ORR_GLYPHS_ASCII;
        const int y = r.y + most + 1;
        int x = 0;
        x += orr_canvas_printf(c, r.x, y, r.w, plain, "%s carried  ", ascii ? "=" : "\u25A0");
        x += orr_canvas_text(c, r.x + x, y, r.w - x, "+ added  ", good);
        orr_canvas_printf(c, r.x + x, y, r.w - x, bad, "%s removed", ascii ? "-" : "\u25A1");
    }
}

/* ---- scores ---- */

/* Mean of a metric over the seeds of a method; NaN without. */
static double mean_of(const struct prompts *s, const struct orr_method *m, int metric, size_t *n)
{
    double sum = 0;
    *n = 0;
    for (size_t k = 0; k < s->n_scores; k++)
        if (s->score[k].method == m && !isnan(s->score[k].score[metric])) sum += s->score[k].score[metric], (*n)++;
    return *n ? sum / (double)*n : (double)NAN;
}

/* Where each seed's harmonic mean lies between 0 and 1 (base, where there is no new). */
static void draw_dots(const struct prompts *s, const struct orr_method *m, int metric, struct orr_canvas *c, int x,
                      int y, int width)
{
    for (int k = 0; k < width; k++) orr_canvas_put(c, x + k, y, k % (width / 4 ? width / 4 : 1) ? ' ' : '.', dim);
    for (size_t k = 0; k < s->n_scores; k++) {
        const double v = s->score[k].score[metric];
        if (s->score[k].method != m || isnan(v)) continue;
        orr_canvas_put(c, x + (int)lround(v * (width - 1)), y, c->glyphs == ORR_GLYPHS_ASCII ? 'o' : 0x25CF,
                       (struct orr_style){.fg = ORR_COLOR_SERIES + 1});
    }
}

static void draw_scores(const struct prompts *s, struct orr_canvas *c, struct orr_rect r)
{
    const int numbers = r.w >= METHOD_WIDTH + 4 * NUMBER + 16 ? 4 : r.w >= METHOD_WIDTH + 3 * NUMBER ? 3 : 1;
    const int dots_at = METHOD_WIDTH + numbers * NUMBER + 5, dots = r.w - dots_at < DOTS ? r.w - dots_at : DOTS;
    static const char *const heads[] = {"base", "new", "harm", "all"};
    static const int order[] = {ORR_PROMPT_BASE, ORR_PROMPT_NEW, ORR_PROMPT_HARMONIC, ORR_PROMPT_ACCURACY};
    orr_canvas_text(c, r.x, r.y, METHOD_WIDTH, "method", strong);
    for (int k = 0; k < numbers; k++)
        orr_canvas_text_right(c, r.x + METHOD_WIDTH + k * NUMBER, r.y, NUMBER, heads[numbers == 1 ? 2 : k], strong);
    if (dots >= 9) orr_canvas_text(c, r.x + dots_at - 4, r.y, dots + 4, "  n seeds 0 to 1", dim);
    int y = 1;
    for (size_t k = s->pane == PANE_SCORES ? s->top : 0; prompts_method(k) && y < r.h; k++, y++) {
        const struct orr_method *m = prompts_method(k);
        size_t n;
        orr_canvas_text(c, r.x, r.y + y, METHOD_WIDTH, m->name, m == s->method ? accent : m->baseline ? plain : strong);
        for (int i = 0; i < numbers; i++) {
            const double v = mean_of(s, m, numbers == 1 ? ORR_PROMPT_HARMONIC : order[i], &n);
            if (isnan(v))
                orr_canvas_text_right(c, r.x + METHOD_WIDTH + i * NUMBER, r.y + y, NUMBER, "-", dim);
            else {
                char text[16];
                snprintf(text, sizeof text, "%.3f", v);
                orr_canvas_text_right(c, r.x + METHOD_WIDTH + i * NUMBER, r.y + y, NUMBER, text, plain);
            }
        }
        const int metric = isnan(mean_of(s, m, ORR_PROMPT_HARMONIC, &n)) ? ORR_PROMPT_BASE : ORR_PROMPT_HARMONIC;
        mean_of(s, m, metric, &n);
        if (dots >= 9 && n) {
            orr_canvas_printf(c, r.x + dots_at - 3, r.y + y, 3, dim, "%2zu", n);
            draw_dots(s, m, metric, c, r.x + dots_at, r.y + y, dots);
        }
    }
}

/* ---- words ---- */

static void draw_words(const struct prompts *s, struct orr_canvas *c, struct orr_rect r)
{
    if (!s->shown || !s->shown->n_words || !s->opened) {
        orr_canvas_text(c, r.x, r.y, r.w, "no prompts in the text tower", dim);
        return;
    }
    const struct orr_clip_tokens *tokens = s->opened->clip.tokens;
    orr_canvas_text(c, r.x, r.y, r.w, "nearest words of the vocabulary (Euclidean distance)", dim);
    const size_t top = s->top < s->shown->n_words ? s->top : s->shown->n_words - 1;
    for (size_t k = top; k < s->shown->n_words && (int)(k - top) + 1 < r.h; k++) {
        const struct prompts_word *w = &s->shown->word[k];
        const int y = r.y + 1 + (int)(k - top);
        int x = orr_canvas_printf(c, r.x, y, r.w, dim, "layer %d, %d: ", w->layer, w->row + 1);
        for (size_t i = 0; i < w->n; i++)
            x += orr_canvas_printf(c, r.x + x, y, r.w - x, i ? plain : strong, "%s %.2f%s",
                                   orr_clip_tokens_name(tokens, w->near[i].token), w->near[i].distance,
                                   i + 1 < w->n ? ", " : "");
    }
}

/* ---- the whole ---- */

static void draw_pane(struct prompts *s, enum prompts_pane pane, struct orr_canvas *c, struct orr_rect r)
{
    if (r.h < 1 || r.w < 1) return;
    switch (pane) {
    case PANE_LENGTHS: draw_lengths(s, c, r); break;
    case PANE_LEDGER: draw_ledger(s, c, r); break;
    case PANE_SCORES: draw_scores(s, c, r); break;
    case PANE_WORDS: draw_words(s, c, r); break;
    default: prompts_draw_image(s, c, r); break;
    }
}

static void draw_head(const struct prompts *s, struct orr_canvas *c, struct orr_rect r)
{
    int x = 0;
    if (r.w >= 60)
        for (int k = 0; k < PROMPTS_PANES; k++)
            x += orr_canvas_printf(c, r.x + x, r.y, r.w - x, k == (int)s->pane ? accent : dim, "%s%s", pane_names[k],
                                   k + 1 < PROMPTS_PANES ? " " : "");
    else
        x = orr_canvas_text(c, r.x, r.y, r.w, pane_names[s->pane], accent);
    x += 2;
    if (s->shown) {
        const double *v = s->shown->result.score;
        orr_canvas_printf(c, r.x + x, r.y, r.w - x, plain, "%s: base %.3f new %.3f", s->shown->result.method->name,
                          v[ORR_PROMPT_BASE], v[ORR_PROMPT_NEW]);
    } else {
        orr_canvas_text(c, r.x + x, r.y, r.w - x, s->running ? "..." : "nothing learned", dim);
    }
}

static void draw_foot(const struct prompts *s, struct orr_canvas *c, struct orr_rect r)
{
    if (!s->opened) return;
    const int x = orr_canvas_printf(c, r.x, r.y, r.w, dim, "%s: %s; %d classes, %d of them base", s->opened->world.source,
                                    s->opened->world.task.about, s->opened->world.task.classes, s->opened->world.task.base);
    if (!s->shown || !s->shown->result.log.epochs || r.w - x < 30) return;
    double loss[ORR_PROMPTS_EPOCHS];
    const struct orr_prompts_log *log = &s->shown->result.log;
    for (int k = 0; k < log->epochs; k++) loss[k] = (double)log->loss[k];
    const int at = x + orr_canvas_text(c, r.x + x, r.y, r.w - x, "  loss ", dim);
    const int width = r.w - at - 18 < log->epochs ? r.w - at - 18 : log->epochs;
    if (width < 2) return;
    orr_chart_sparkline(c, r.x + at, r.y, width, loss, (size_t)log->epochs, accent);
    orr_canvas_printf(c, r.x + at + width + 1, r.y, r.w - at - width - 1, plain, "%.2f to %.2f", loss[0], loss[log->epochs - 1]);
}

void prompts_render(struct prompts *s, struct orr_canvas *c, struct orr_rect r)
{
    if (r.h >= 3) {
        draw_head(s, c, (struct orr_rect){r.x, r.y, r.w, 1});
        r.y++;
        r.h--;
    }
    if (r.h >= 8) {
        draw_foot(s, c, (struct orr_rect){r.x, r.y + r.h - 1, r.w, 1});
        r.h--;
    }
    if (s->error.code) {
        orr_canvas_printf(c, r.x, r.y, r.w, bad, "%s: %s", s->error.where, s->error.message);
        r.y++;
        r.h--;
    }
    if (!s->opened) {
        if (!s->error.code) orr_canvas_text(c, r.x, r.y, r.w, "opening encoder and task...", dim);
        return;
    }
    if (r.w < SIDE_BY_SIDE || s->pane == PANE_SCORES) {
        draw_pane(s, s->pane, c, r);
        return;
    }
    const int left = r.w * 55 / 100;
    draw_pane(s, s->pane, c, (struct orr_rect){r.x, r.y, left - 2, r.h});
    draw_scores(s, c, (struct orr_rect){r.x + left, r.y, r.w - left, r.h});
}
