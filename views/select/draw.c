/* The prompt, a column of candidates for each estimator, and the candidate under the cursor. */
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "base/text.h"
#include "state.h"

enum { SIDE_BY_SIDE = 110 /* columns */, PANE_LINES = 9 };
static const struct orr_style plain = {0}, dim = {.fg = ORR_COLOR_DIM},
                              accent = {.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD}, bad = {.fg = ORR_COLOR_BAD},
                              lit = {.fg = ORR_COLOR_GOOD};

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

void select_render(struct select *s, struct orr_canvas *c, struct orr_rect r)
{
    if (r.h < 1) return;
    if (!s->model || !s->pool) {
        static const char *const lines[] = {
            "Ranks the candidates of a pool by what a language model expects, from one forward pass.", "",
            "M  names a model: a llama2.c file, or a folder of the LLaMA or GPT-2 family",
            "P  names a pool: one of the store, a file, wordnet:1000, or =cat,dog", "/  types a prompt"};
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
    if (s->shows_calibration && pane.h == 0) {
        pane = list;
        list.h = 0;
    }
    if (s->has_result && list.h > 0) orr_table_widget_render(&s->list, &s->table, c, list);
    select_draw_pane(s, c, pane);
}
