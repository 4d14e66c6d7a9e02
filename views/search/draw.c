/* The question, the stages, the list and the table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "state.h"

enum { SIDE_BY_SIDE = 100 /* columns */, CELL_MAX = 24, CELL_MIN = 4, GAP = 2, EXPLAINED = 12 };
static const struct orr_style plain = {0}, dim = {.fg = ORR_COLOR_DIM},
                              accent = {.fg = ORR_COLOR_ACCENT, .attr = ORR_BOLD}, bad = {.fg = ORR_COLOR_BAD},
                              lit = {.fg = ORR_COLOR_GOOD, .attr = ORR_BOLD}, title = {.attr = ORR_BOLD};

/* ---- the head ---- */

/* "sparse 1000 in 0.41 ms > rerank 100 in 1.10 ms" */
static void draw_stages(const struct search *s, struct orr_canvas *c, struct orr_rect r)
{
    struct orr_str text = {0};
    if (s->error.code) {
        orr_canvas_text(c, r.x, r.y, r.w, s->error.message, bad);
        return;
    }
    if (!s->corpus) {
        orr_canvas_text(c, r.x, r.y, r.w, s->running ? "opening the corpus..." : "", dim);
        return;
    }
    for (int stage = 0; stage < ORR_STAGES; stage++) {
        if (!s->result.kept[stage]) continue;
        orr_str_printf(&text, "%s%s %zu", text.len ? " > " : "", orr_stage_names[stage], s->result.kept[stage]);
        if (!s->live) orr_str_printf(&text, " in %.2f ms", 1e3 * s->result.seconds[stage]);
    }
    if (s->live && s->result.n) orr_str_append(&text, "; Enter ranks them anew");
    if (*s->query && !s->result.n && !s->running)
        orr_str_append(&text, s->result.words ? "no table has any of these words" : "no words yet");
    if (s->result.common_only && s->result.n) orr_str_append(&text, "; only common words: the order means little");
    orr_canvas_text(c, r.x, r.y, r.w, orr_str_c(&text), dim);
    orr_str_free(&text);
}

static void draw_query(const struct search *s, struct orr_canvas *c, struct orr_rect r)
{
    const int used = orr_canvas_text(c, r.x, r.y, r.w, "? ", accent);
    const bool empty = *s->query == '\0';
    orr_canvas_text(c, r.x + used, r.y, r.w - used,
                    empty ? "/ types a question, n takes one of the corpus, c changes the corpus" : s->query,
                    empty ? dim : plain);
}

/* ---- the table ---- */

/* Row of the table shown at line i of the pane, or SIZE_MAX behind the last. A mini-table keeps the table's order. */
static size_t row_at(const struct search *s, size_t i)
{
    if (!s->mini) return i < s->doc.rows ? i : SIZE_MAX;
    size_t rows[SEARCH_MINI], n = 0;
    for (size_t k = 0; k < SEARCH_MINI && s->best[k] != SIZE_MAX; k++) {
        size_t at = n++;
        for (; at > 0 && rows[at - 1] > s->best[k]; at--) rows[at] = rows[at - 1];
        rows[at] = s->best[k];
    }
    return i < n ? rows[i] : SIZE_MAX;
}

/* Widths of the columns as far as they fit; the number of those that do. */
static size_t measure(const struct search *s, int width, int lines, int *widths, size_t most)
{
    size_t n = 0;
    int used = 0;
    for (size_t col = 0; col < s->doc.columns && n < most; col++) {
        int w = orr_text_width(s->doc.header[col]);
        for (int i = 0; i < lines; i++) {
            const size_t row = row_at(s, s->pane_top + (size_t)i);
            if (row == SIZE_MAX) break;
            const int cell = orr_text_width(orr_doc_cell(&s->doc, row, col));
            if (cell > w) w = cell;
        }
        if (w > CELL_MAX) w = CELL_MAX;
        if (w < 1) w = 1;
        if (used + w > width) w = width - used;
        if (w < CELL_MIN && w < orr_text_width(s->doc.header[col])) break;
        widths[n++] = w;
        used += w + GAP;
        if (used >= width) break;
    }
    return n;
}

static bool is_best(const struct search *s, size_t row)
{
    return s->best[0] != SIZE_MAX && s->row[row] >= s->row[s->best[0]];
}

static void draw_rows(const struct search *s, struct orr_canvas *c, struct orr_rect r)
{
    enum { MOST = 64 };
    int widths[MOST];
    const size_t n = measure(s, r.w, r.h - 1, widths, MOST);
    int x = r.x;
    for (size_t col = 0; col < n; x += widths[col++] + GAP)
        orr_canvas_text(c, x, r.y, widths[col], s->doc.header[col],
                        s->heading[col] > 0.5F ? lit : (struct orr_style){.attr = ORR_BOLD | ORR_UNDERLINE});
    for (int line = 1; line < r.h; line++) {
        const size_t row = row_at(s, s->pane_top + (size_t)line - 1);
        if (row == SIZE_MAX) break;
        x = r.x;
        for (size_t col = 0; col < n; x += widths[col++] + GAP)
            orr_canvas_text(c, x, r.y + line, widths[col], orr_doc_cell(&s->doc, row, col),
                            s->cell[row * s->doc.columns + col] > 0 ? lit : plain);
        if (is_best(s, row)) orr_canvas_tint(c, (struct orr_rect){r.x, r.y + line, r.w, 1}, ORR_COLOR_CURSOR);
    }
}

/* ---- what the score is made of ---- */

struct part {
    int feature;
    float amount;
};
static int by_size(const void *a, const void *b)
{
    const float x = ((const struct part *)a)->amount, y = ((const struct part *)b)->amount;
    const float u = x < 0 ? -x : x, v = y < 0 ? -y : y;
    return (u < v) - (u > v);
}

static void draw_explain(const struct search *s, struct orr_canvas *c, struct orr_rect r)
{
    struct part parts[ORR_TABLE_FEATURES];
    const float *weight = orr_cascade_ranker(s->corpus->search.cascade, &s->options)->weight;
    for (int f = 0; f < ORR_TABLE_FEATURES; f++) parts[f] = (struct part){f, s->features[f] * weight[f]};
    qsort(parts, ORR_TABLE_FEATURES, sizeof *parts, by_size);
    orr_canvas_text(c, r.x, r.y, r.w, "feature          value x weight = part of the score", title);
    for (int i = 0; i + 1 < r.h && i < EXPLAINED; i++) {
        const int f = parts[i].feature;
        orr_canvas_printf(c, r.x, r.y + 1 + i, r.w, parts[i].amount < 0 ? bad : plain, "%-15s %6.3f x %6.2f = %+.2f",
                          orr_table_feature_names[f], (double)s->features[f], (double)weight[f],
                          (double)parts[i].amount);
    }
}

static void draw_pane(const struct search *s, struct orr_canvas *c, struct orr_rect r)
{
    if (!s->has_doc || r.h < 1 || r.w < 4) return;
    char head[512];
    const bool known = s->right && strcmp(s->doc.id, s->right) == 0;
    snprintf(head, sizeof head, "%s%s%s%s", known ? "* " : "", s->doc.title, *s->doc.section_title ? " -- " : "",
             s->doc.section_title);
    orr_canvas_text(c, r.x, r.y, r.w, head, known ? lit : title);
    if (r.h < 3) return;
    int y = r.y + 1;
    if (r.h >= 8 && (*s->doc.section_text || *s->doc.intro)) {
        orr_canvas_text(c, r.x, y, r.w, *s->doc.section_text ? s->doc.section_text : s->doc.intro, dim);
        y++;
    }
    int rest = r.y + r.h - y;
    if (s->explain && rest >= 8) {
        const int part = rest / 2 < EXPLAINED + 1 ? rest / 2 : EXPLAINED + 1;
        draw_explain(s, c, (struct orr_rect){r.x, r.y + r.h - part, r.w, part});
        rest -= part + 1;
    }
    draw_rows(s, c, (struct orr_rect){r.x, y, r.w, rest});
}

/* ---- all ---- */

static void draw_empty(const struct search *s, struct orr_canvas *c, struct orr_rect r)
{
    static const char *const lines[] = {
        "No corpus of tables yet.", "",
        ":corpus add NAME FILE    reads JSON lines, CSV, TSV, SQLite or a folder of CSV",
        ":corpus add NAME --runs  makes one of the runs of this store", "",
        "The same from a shell: orrery corpus add NAME FILE; r looks again",
    };
    const int n = (int)(sizeof lines / sizeof *lines), x = r.x + (r.w > 82 ? (r.w - 78) / 2 : 1);
    const int y = r.y + (r.h > n ? (r.h - n) / 3 : 0);
    if (s->error.code) orr_canvas_text(c, r.x + 1, r.y, r.w - 1, s->error.message, bad);
    for (int i = 0; i < n && y + i < r.y + r.h && !s->error.code; i++)
        orr_canvas_text(c, x, y + i, r.x + r.w - x, lines[i], i ? plain : title);
}

void search_render(struct search *s, struct orr_canvas *c, struct orr_rect r)
{
    if (!s->name) {
        draw_empty(s, c, r);
        return;
    }
    if (r.h < 1) return;
    draw_query(s, c, (struct orr_rect){r.x, r.y, r.w, 1});
    if (r.h >= 3) draw_stages(s, c, (struct orr_rect){r.x, r.y + 1, r.w, 1});
    const int head = r.h >= 3 ? 2 : 1;
    struct orr_rect list = {r.x, r.y + head, r.w, r.h - head}, pane = list;
    if (s->by_stage && !s->whole) {
        search_render_stages(s, c, list);
        return;
    }
    if (s->whole) {
        list.h = 0;
    } else if (r.w >= SIDE_BY_SIDE) {
        list.w = r.w / 2;
        pane.x += list.w + 1;
        pane.w -= list.w + 1;
    } else if (list.h >= 12) {
        list.h = list.h / 2;
        pane.y += list.h;
        pane.h -= list.h;
    } else {
        pane.h = 0;
    }
    if (list.h > 0 && s->table.rows) orr_table_widget_render(&s->list, &s->table, c, list);
    if (pane.h > 0) draw_pane(s, c, pane);
}
