/* The cascade side by side: what each stage kept, in its own order, with bars of its scores. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "state.h"

enum { BAR = 8, NARROW = 24 /* columns of one stage without bars */ };
static const struct orr_style plain = {0}, dim = {.fg = ORR_COLOR_DIM}, head = {.attr = ORR_BOLD},
                              lit = {.fg = ORR_COLOR_GOOD, .attr = ORR_BOLD}, bar = {.fg = ORR_COLOR_ACCENT};

struct order {
    const struct orr_cascade_result *result;
    enum orr_stage stage;
};

static int by_place(const void *a, const void *b, void *ctx)
{
    const struct order *o = ctx;
    const uint32_t x = o->result->items[*(const size_t *)a].place[o->stage];
    const uint32_t y = o->result->items[*(const size_t *)b].place[o->stage];
    return (x > y) - (x < y);
}

/* Eighths of cells, or '#'. */
static void draw_bar(struct orr_canvas *c, int x, int y, double share)
{
    const int eighths = (int)(share * BAR * 8 + 0.5);
    for (int i = 0; i < BAR; i++) {
        const int here = eighths - 8 * i > 8 ? 8 : eighths - 8 * i;
        if (here <= 0) break;
        if (c->glyphs == ORR_GLYPHS_ASCII)
            orr_canvas_put(c, x + i, y, '#', bar);
        else
            orr_canvas_put(c, x + i, y, 0x2590 - (uint32_t)here, bar); /* U+258F one eighth ... U+2588 full */
    }
}

static void draw_stage(const struct search *s, enum orr_stage stage, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_cascade_result *result = &s->result;
    size_t *items = orr_xcalloc(result->n + 1, sizeof *items), n = 0;
    for (size_t i = 0; i < result->n; i++)
        if (result->items[i].place[stage]) items[n++] = i;
    struct order o = {result, stage};
    qsort_r(items, n, sizeof *items, by_place, &o);
    orr_canvas_printf(c, r.x, r.y, r.w, head, "%s: %zu", orr_stage_names[stage], result->kept[stage]);
    const int bars = r.w >= NARROW ? BAR + 1 : 0;
    const double top = n ? (double)result->items[items[0]].score[stage] : 1;
    const double low = n ? (double)result->items[items[n - 1]].score[stage] : 0;
    for (int line = 1; line < r.h && (size_t)line <= n; line++) {
        const struct orr_candidate *x = &result->items[items[line - 1]];
        struct orr_index_doc d;
        orr_index_doc(s->corpus->search.corpus.index, x->doc, &d);
        const bool right = s->right && strcmp(d.id, s->right) == 0, here = s->has_doc && x->doc == s->shown;
        if (bars) draw_bar(c, r.x, r.y + line, top > low ? ((double)x->score[stage] - low) / (top - low) : 1);
        const int used =
            orr_canvas_text(c, r.x + bars, r.y + line, r.w - bars, *d.title ? d.title : d.id, right ? lit : plain);
        if (r.w - bars - used > 4 && *d.section_title)
            orr_canvas_printf(c, r.x + bars + used, r.y + line, r.w - bars - used, dim, " %s", d.section_title);
        if (here) orr_canvas_tint(c, (struct orr_rect){r.x, r.y + line, r.w, 1}, ORR_COLOR_CURSOR);
    }
    free(items);
}

void search_render_stages(const struct search *s, struct orr_canvas *c, struct orr_rect r)
{
    int shown = 0, column = 0;
    for (int stage = 0; stage < ORR_STAGES; stage++) shown += s->result.kept[stage] > 0;
    if (!shown || !s->corpus) return;
    const int width = r.w / shown;
    for (int stage = 0; stage < ORR_STAGES; stage++) {
        if (!s->result.kept[stage]) continue;
        draw_stage(s, (enum orr_stage)stage, c, (struct orr_rect){r.x + column * width, r.y, width - 1, r.h});
        column++;
    }
}
