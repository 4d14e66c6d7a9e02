/* The prompt, a column of candidates for each estimator, and the candidate under the cursor. */
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "base/text.h"
#include "state.h"

enum { SIDE_BY_SIDE = 110 /* columns */, PANE_LINES = 9 };
static const struct orr_style plain = {0}, dim = {.fg = ORR_COLOR_DIM},
                              accent = {.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD}, bad = {.fg = ORR_COLOR_BAD},
                              lit = {.fg = ORR_COLOR_GOOD}, title = {.attr = ORR_BOLD};

static void draw_head(const struct select *s, struct orr_canvas *c, struct orr_rect r)
{
    const int used = orr_canvas_text(c, r.x, r.y, r.w, "? ", accent);
    orr_canvas_text(c, r.x + used, r.y, r.w - used, s->prompt ? s->prompt : "/ types a prompt",
                    s->prompt ? plain : dim);
    if (r.h < 2) return;
    struct orr_str text = {0};
    if (s->error.code) {
        orr_str_printf(&text, "%s: %s", s->error.where, s->error.message);
    } else if (!s->opened) {
        orr_str_append(&text, s->running ? "opening the model and the pool..." : "no model yet");
    } else {
        const struct orr_pool *p = orr_select_pool(s->opened->select);
        orr_str_printf(&text, "%zu candidates, %zu tokens; ", p->text.len, p->token.len);
        orr_append_amount(&text, (double)orr_select_parameters(s->opened->select), false);
        orr_str_append(&text, " weights");
        if (s->has_result)
            orr_str_printf(&text, "; pass of %zu tokens %.1f ms", s->result.prompt_tokens,
                           1e3 * s->result.pass_seconds);
        if (s->running) orr_str_append(&text, "; asking...");
        if (s->has_result && s->result.decoded.len) orr_str_printf(&text, "; decoded:%s", s->result.decoded.data);
    }
    orr_canvas_text(c, r.x, r.y + 1, r.w, orr_str_c(&text), s->error.code ? bad : dim);
    orr_str_free(&text);
}

static void draw_bar(struct orr_canvas *c, int x, int y, int width, double share, struct orr_style style)
{
    const int full = (int)(share * width + 0.5);
    for (int i = 0; i < full && i < width; i++) orr_canvas_put(c, x + i, y, 0x2588, style);
}

/* "Trigger| finger|," : the tokens, those of the highest logits lit, those of the lowest dim. */
static void draw_tokens(const struct select *s, uint32_t candidate, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_pool *p = orr_select_pool(s->opened->select);
    float low = 0, high = 0;
    for (size_t k = p->first[candidate]; k < p->first[candidate + 1]; k++) {
        const float l = s->result.logits[p->token.data[k]];
        if (k == p->first[candidate] || l < low) low = l;
        if (k == p->first[candidate] || l > high) high = l;
    }
    int x = r.x, y = r.y;
    for (size_t k = p->first[candidate]; k < p->first[candidate + 1]; k++) {
        const float l = s->result.logits[p->token.data[k]], at = high > low ? (l - low) / (high - low) : 1;
        struct orr_str piece = {0};
        orr_select_piece(s->opened->select, p->token.data[k], &piece);
        char text[80];
        snprintf(text, sizeof text, "%.40s%s", orr_str_c(&piece), k + 1 < p->first[candidate + 1] ? "|" : "");
        orr_str_free(&piece);
        const int w = orr_text_width(text);
        if (x > r.x && x + w > r.x + r.w) {
            x = r.x;
            if (++y >= r.y + r.h) return;
        }
        x += orr_canvas_text(c, x, y, r.x + r.w - x, text, at > 2.0F / 3 ? lit : at < 1.0F / 3 ? dim : plain);
    }
}

/* Where each estimator puts the candidate: place, score, share of the probability. */
static void draw_places(const struct select *s, uint32_t candidate, struct orr_canvas *c, struct orr_rect r)
{
    for (size_t e = 0; e < s->result.n_rankings && (int)e < r.h; e++) {
        const struct orr_select_ranking *x = &s->result.ranking[e];
        const int y = r.y + (int)e;
        size_t at = 0;
        while (at < x->n && x->rank[at] != candidate) at++;
        orr_canvas_text(c, r.x, y, 15, orr_estimator_name(x->estimator), x == select_ranking(s) ? title : plain);
        if (at == x->n) {
            orr_canvas_printf(c, r.x + 16, y, r.w - 16, dim, "behind place %zu", x->n);
            continue;
        }
        orr_canvas_printf(c, r.x + 16, y, r.w - 16, plain, "%5zu %9.3g %6.2f%%", at + 1, x->score[at],
                          100 * x->probability[at]);
        if (r.w > 46) draw_bar(c, r.x + 41, y, r.w - 42, x->probability[at], lit);
    }
}

static void draw_pane(const struct select *s, struct orr_canvas *c, struct orr_rect r)
{
    uint32_t candidate;
    if (r.h < 2 || r.w < 20 || !select_candidate(s, &candidate)) return;
    const struct orr_select_ranking *x = select_ranking(s);
    orr_canvas_text(c, r.x, r.y, r.w, orr_select_pool(s->opened->select)->text.data[candidate], title);
    int y = r.y + 1, lines = r.h > 16 ? 4 : r.h > 6 ? 2 : 1;
    draw_tokens(s, candidate, c, (struct orr_rect){r.x, y, r.w, lines});
    y += lines;
    if (r.h > 6)
        orr_canvas_printf(c, r.x, y++, r.w, dim, "%s = %s, %.2f ms", orr_estimator_name(x->estimator),
                          orr_estimator_equation(x->estimator), 1e3 * x->seconds);
    if (r.h > 8) orr_canvas_text(c, r.x + 16, y++, r.w - 16, "place     score  probability in the pool", dim);
    draw_places(s, candidate, c, (struct orr_rect){r.x, y, r.w, r.y + r.h - y});
}

void select_render(struct select *s, struct orr_canvas *c, struct orr_rect r)
{
    if (r.h < 1) return;
    if (!s->model || !s->pool) {
        static const char *const lines[] = {
            "Ranks the candidates of a pool by what a language model expects, from one forward pass.", "",
            "M  names a model: a llama2.c file, or a folder of the LLaMA or GPT-2 family",
            "P  names a pool: a text file with a candidate per line, or a .csv", "/  types a prompt"};
        for (int i = 0; i < 5 && i < r.h; i++) orr_canvas_text(c, r.x + 1, r.y + i, r.w - 1, lines[i], i ? plain : dim);
        if (s->model && r.h > 6) orr_canvas_printf(c, r.x + 1, r.y + 6, r.w - 1, lit, "model: %s", s->model);
        if (s->pool && r.h > 6) orr_canvas_printf(c, r.x + 1, r.y + 6, r.w - 1, lit, "pool: %s", s->pool);
        return;
    }
    const int head = r.h >= 4 ? 2 : 1;
    draw_head(s, c, (struct orr_rect){r.x, r.y, r.w, head});
    struct orr_rect list = {r.x, r.y + head, r.w, r.h - head}, pane = list;
    if (r.w >= SIDE_BY_SIDE) {
        list.w = r.w / 2;
        pane.x += list.w + 2;
        pane.w -= list.w + 2;
    } else if (list.h > PANE_LINES + 5) {
        list.h -= PANE_LINES + 1;
        pane.y += list.h + 1;
        pane.h = PANE_LINES;
    } else {
        pane.h = 0;
    }
    if (!s->has_result || list.h < 1) return;
    orr_table_widget_render(&s->list, &s->table, c, list);
    draw_pane(s, c, pane);
}
