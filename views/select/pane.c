/* What is beside the rankings: the candidate under the cursor, or the calibration. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "state.h"

static const struct orr_style plain = {0}, dim = {.fg = ORR_COLOR_DIM},
                              accent = {.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD}, bad = {.fg = ORR_COLOR_BAD},
                              lit = {.fg = ORR_COLOR_GOOD}, title = {.attr = ORR_BOLD};

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

/* "decoded ' big cats' 3.1 ms: big cat | 2.1x faster, another: tiger": the pass, which both need, counts for both. */
static bool draw_decoded(const struct select *s, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_select_ranking *now = select_ranking(s), *decoded = NULL;
    struct orr_str text = {0};
    for (size_t e = 0; e < s->result.n_rankings; e++)
        if (s->result.ranking[e].estimator == ORR_EST_DECODE) decoded = &s->result.ranking[e];
    if (!decoded || !now || now->n == 0 || decoded->n == 0) return false;
    const struct orr_pool *p = orr_select_pool(s->opened->select);
    const double pass = s->result.pass_seconds;
    orr_str_printf(&text, "decoded '%.40s' %.1f ms: %.30s", orr_str_c(&s->result.decoded), 1e3 * decoded->seconds,
                   decoded->score[0] > 0 ? p->text.data[decoded->rank[0]] : "none");
    if (now != decoded)
        orr_str_printf(&text, " | %.1fx faster, %s: %.30s", (pass + decoded->seconds) / (pass + now->seconds),
                       now->rank[0] == decoded->rank[0] && decoded->score[0] > 0 ? "the same" : "another",
                       p->text.data[now->rank[0]]);
    orr_canvas_text(c, r.x, r.y, r.w, orr_str_c(&text), lit);
    orr_str_free(&text);
    return true;
}

/* "0.4-0.5 ######....  right 45% of 11": as long as the probability says, up to where the mark stands. */
static void draw_calibration(const struct select *s, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_select_curves *x = s->curves;
    const struct orr_select_ranking *now = select_ranking(s);
    size_t m = 2; /* log_sum, until an estimator is looked at that has one */
    if (!x) {
        orr_canvas_text(c, r.x, r.y, r.w,
                        s->curves_error.code ? s->curves_error.message : "asking definitions of WordNet in pools of five...",
                        s->curves_error.code ? bad : dim);
        return;
    }
    for (size_t k = 0; now && k < ORR_SELECT_CURVES; k++)
        if (!strcmp(x->method[k], orr_estimator_name(now->estimator)) && !isnan(x->ece[k])) m = k;
    orr_canvas_printf(c, r.x, r.y, r.w, title, "%s: %.0f%% right of %zu definitions, calibration error %.2f", x->method[m],
                      x->accuracy[m][0], x->questions, x->ece[m]);
    if (r.h > 1) orr_canvas_text(c, r.x, r.y + 1, r.w, "probability  how often right", dim);
    const int bar = r.w > 46 ? r.w - 34 : 12;
    for (int b = 0; b < ORR_SELECT_BINS && b + 2 < r.h; b++) {
        const int y = r.y + 2 + b;
        orr_canvas_printf(c, r.x, y, r.w, plain, "%.1f - %.1f", b / 10.0, (b + 1) / 10.0);
        if (x->count[m][b] == 0) continue;
        draw_bar(c, r.x + 11, y, bar, x->right[m][b], lit);
        const int mark = (int)(x->confidence[m][b] * bar);
        orr_canvas_put(c, r.x + 11 + (mark < bar ? mark : bar - 1), y, 0x2502, accent);
        orr_canvas_printf(c, r.x + 12 + bar, y, r.w - 12 - bar, plain, "%3.0f%% of %zu", 100 * x->right[m][b], x->count[m][b]);
    }
}

void select_draw_pane(const struct select *s, struct orr_canvas *c, struct orr_rect r)
{
    uint32_t candidate;
    if (s->shows_calibration && r.h > 0) {
        draw_calibration(s, c, r);
        return;
    }
    if (r.h < 2 || r.w < 20 || !select_candidate(s, &candidate)) return;
    const struct orr_select_ranking *x = select_ranking(s);
    orr_canvas_text(c, r.x, r.y, r.w, orr_select_pool(s->opened->select)->text.data[candidate], title);
    int y = r.y + 1, lines = r.h > 16 ? 4 : r.h > 6 ? 2 : 1;
    draw_tokens(s, candidate, c, (struct orr_rect){r.x, y, r.w, lines});
    y += lines;
    if (r.h > 6)
        orr_canvas_printf(c, r.x, y++, r.w, dim, "%s = %s, %.2f ms", orr_estimator_name(x->estimator),
                          orr_estimator_equation(x->estimator), 1e3 * x->seconds);
    if (r.h > 7 && draw_decoded(s, c, (struct orr_rect){r.x, y, r.w, 1})) y++;
    if (r.h > 8) orr_canvas_text(c, r.x + 16, y++, r.w - 16, "place     score  probability in the pool", dim);
    draw_places(s, candidate, c, (struct orr_rect){r.x, y, r.w, r.y + r.h - y});
}
