#include "tui/widgets/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "tui/widgets/nav.h"

enum {
    SAMPLE_HEAD = 60, SAMPLE_SPREAD = 120, /* rows that stand for all when columns are measured */
    WIDTH_MAX = 28, WIDTH_FIRST_MAX = 40, GAP = 2, DIGITS = 4, READABLE = 4
};

static int gutter(const struct orr_table_widget *w) { return w->mark && w->drawn.w >= 12 ? 2 : 0; }

/* Digits after the point, the point counted; 0 for whole numbers, -1 for exponents and words. */
static int decimals(const char *number)
{
    const char *point = strchr(number, '.');
    if (strspn(number, "+-.0123456789") != strlen(number)) return -1;
    return point ? (int)strlen(point) : 0;
}

/* Blanks after a number that put its point below the others of its column. */
static int padding(const struct orr_table_widget *w, const struct orr_table *t, size_t column, const char *text)
{
    const int d = decimals(text);
    return t->column[column].kind == ORR_CELL_NUMBER && d >= 0 && d < w->decimals[column] ? w->decimals[column] - d : 0;
}

static void format(const struct orr_table *t, size_t row, size_t column, struct orr_str *out)
{
    orr_str_clear(out);
    orr_table_cell_text(t, row, column, DIGITS, out);
}

/* The rows that stand for all: the first ones and some of everywhere. Two rounds, as paddings need all decimals. */
static void sample(struct orr_table_widget *w, const struct orr_table *t, size_t row, int round, struct orr_str *s)
{
    for (size_t c = 0; c < t->columns; c++) {
        if (round == 0 && t->column[c].kind != ORR_CELL_NUMBER) continue;
        format(t, row, c, s);
        const char *text = orr_str_c(s);
        const int d = decimals(text), n = orr_text_width(text) + padding(w, t, c, text);
        if (round == 0 && d > w->decimals[c]) w->decimals[c] = d;
        if (round == 1 && n > w->widths[c]) w->widths[c] = n;
    }
}

void orr_table_widget_set(struct orr_table_widget *w, const struct orr_table *t)
{
    struct orr_str s = {0};
    const size_t step = t->rows > SAMPLE_SPREAD ? t->rows / SAMPLE_SPREAD : 1;
    w->widths = orr_xrealloc(w->widths, t->columns + 1, sizeof *w->widths);
    w->decimals = orr_xrealloc(w->decimals, t->columns + 1, sizeof *w->decimals);
    w->n_widths = t->columns;
    for (size_t c = 0; c < t->columns; c++) {
        w->widths[c] = orr_text_width(t->column[c].name) + (c == w->sorted ? 2 : 0);
        w->decimals[c] = 0;
    }
    for (int round = 0; round < 2; round++) {
        for (size_t r = 0; r < t->rows && r < SAMPLE_HEAD; r++) sample(w, t, r, round, &s);
        for (size_t r = SAMPLE_HEAD; r < t->rows; r += step) sample(w, t, r, round, &s);
    }
    for (size_t c = 0; c < t->columns; c++) {
        const int most = c < w->frozen ? WIDTH_FIRST_MAX : WIDTH_MAX;
        if (w->widths[c] > most) w->widths[c] = most;
        if (w->widths[c] < 1) w->widths[c] = 1;
    }
    orr_str_free(&s);
    if (w->row >= t->rows) w->row = t->rows ? t->rows - 1 : 0;
    if (w->column >= t->columns) w->column = t->columns ? t->columns - 1 : 0;
    if (w->left >= t->columns) w->left = 0;
}

void orr_table_widget_free(struct orr_table_widget *w)
{
    free(w->widths);
    free(w->decimals);
    w->widths = w->decimals = NULL;
}

bool orr_table_widget_act(struct orr_table_widget *w, const struct orr_table *t, int nav)
{
    if (nav == ORR_NAV_LEFT) return w->column -= w->column > 0, true;
    if (nav == ORR_NAV_RIGHT) return w->column += w->column + 1 < t->columns, true;
    return orr_nav_move(nav, t->rows, w->page, &w->row);
}

/* The columns on the screen with their places; returns how many. The last one may be cut. */
struct place {
    size_t column;
    int x, width;
};
enum { PLACES_MAX = 256 };

static int frozen_width(const struct orr_table_widget *w, size_t c, int room)
{
    const int most = room / 2 > 8 ? room / 2 : room; /* a long name must leave room for the numbers */
    return w->widths[c] > most ? most : w->widths[c];
}

/* A number without its end misleads, and three letters of a word tell nothing. */
static bool may_be_cut(const struct orr_table *t, size_t column, int width)
{
    return t->column[column].kind == ORR_CELL_TEXT && width >= READABLE;
}

static int lay_out(const struct orr_table_widget *w, const struct orr_table *t, struct orr_rect r,
                   struct place out[PLACES_MAX])
{
    int n = 0, x = r.x + gutter(w);
    const int end = r.x + r.w;
    for (size_t c = 0; c < w->n_widths && n < PLACES_MAX && x < end; c++) {
        if (c >= w->frozen && c < w->left) continue;
        int width = c < w->frozen ? frozen_width(w, c, end - x) : w->widths[c];
        if (width > end - x) width = end - x;
        if (n > 0 && c >= w->frozen && width < w->widths[c] && !may_be_cut(t, c, width)) break;
        out[n++] = (struct place){c, x, width};
        x += width + GAP;
    }
    return n;
}

/* Scrolls sideways by as few columns as show the cursor's column whole. */
static void show_column(struct orr_table_widget *w, const struct orr_table *t, struct orr_rect r)
{
    struct place p[PLACES_MAX];
    if (w->left < w->frozen) w->left = w->frozen;
    if (w->column < w->frozen) return;
    if (w->column < w->left) w->left = w->column;
    for (; w->left < w->column; w->left++) {
        const int n = lay_out(w, t, r, p);
        for (int i = 0; i < n; i++)
            if (p[i].column == w->column && p[i].width == w->widths[w->column]) return;
    }
}

static void draw_heading(const struct orr_table_widget *w, const struct orr_table *t, struct orr_canvas *c, int y,
                         const struct place *p, int n)
{
    for (int i = 0; i < n; i++) {
        struct orr_style s = {.fg = ORR_COLOR_ACCENT};
        struct orr_str name = {0};
        if (p[i].column == w->column) s.attr = ORR_BOLD | ORR_UNDERLINE;
        orr_str_append(&name, t->column[p[i].column].name);
        if (p[i].column == w->sorted) orr_str_append(&name, w->descending ? " ▼" : " ▲");
        if (t->column[p[i].column].kind == ORR_CELL_TEXT) orr_canvas_text(c, p[i].x, y, p[i].width, name.data, s);
        else orr_canvas_text_right(c, p[i].x, y, p[i].width, name.data, s);
        orr_str_free(&name);
    }
}

static void draw_row(const struct orr_table_widget *w, const struct orr_table *t, struct orr_canvas *c,
                     struct orr_rect line, size_t row, const struct place *p, int n, struct orr_str *text)
{
    const int mark = w->mark ? w->mark(w->ctx, row) : ORR_MARK_NONE;
    const struct orr_style plain = {.attr = mark & ORR_MARK_SELECTED ? ORR_BOLD : 0};
    if (gutter(w) && mark & ORR_MARK_SELECTED)
        orr_canvas_put(c, line.x, line.y, 0x25CF, (struct orr_style){.fg = ORR_COLOR_GOOD});
    else if (gutter(w) && mark & ORR_MARK_PINNED)
        orr_canvas_put(c, line.x, line.y, 0x2605, (struct orr_style){.fg = ORR_COLOR_WARN});
    for (int i = 0; i < n; i++) {
        struct orr_style cell = plain;
        format(t, row, p[i].column, text);
        if (w->color) cell.fg = (uint8_t)w->color(w->ctx, row, p[i].column);
        const char *shown = orr_str_c(text);
        const int pad = padding(w, t, p[i].column, shown);
        if (t->column[p[i].column].kind == ORR_CELL_TEXT) orr_canvas_text(c, p[i].x, line.y, p[i].width, shown, cell);
        else orr_canvas_text_right(c, p[i].x, line.y, p[i].width > pad ? p[i].width - pad : p[i].width, shown, cell);
    }
    if (row == w->row) orr_canvas_tint(c, line, ORR_COLOR_CURSOR);
}

void orr_table_widget_render(struct orr_table_widget *w, const struct orr_table *t, struct orr_canvas *c,
                             struct orr_rect r)
{
    struct place p[PLACES_MAX];
    struct orr_str text = {0};
    w->drawn = r;
    if (r.h <= 0 || r.w <= 0 || t->columns == 0) return;
    show_column(w, t, r);
    const int n = lay_out(w, t, r, p);
    if (r.h > 1) {
        draw_heading(w, t, c, r.y, p, n);
        r.y++, r.h--;
    }
    w->page = r.h;
    w->top = orr_nav_scroll(w->top, w->row, t->rows, r.h);
    for (int i = 0; i < r.h && w->top + (size_t)i < t->rows; i++)
        draw_row(w, t, c, (struct orr_rect){r.x, r.y + i, r.w, 1}, w->top + (size_t)i, p, n, &text);
    orr_str_free(&text);
}

bool orr_table_widget_mouse(struct orr_table_widget *w, const struct orr_table *t, struct orr_key key)
{
    const struct orr_rect r = w->drawn;
    if (key.x < r.x || key.x >= r.x + r.w || key.y < r.y || key.y >= r.y + r.h) return false;
    if (key.button == 4 || key.button == 5) {
        for (int i = 0; i < 3; i++) orr_nav_move(key.button == 4 ? ORR_NAV_UP : ORR_NAV_DOWN, t->rows, w->page, &w->row);
        return true;
    }
    const int heading = r.h > 1;
    struct place p[PLACES_MAX];
    const int n = lay_out(w, t, r, p);
    for (int i = 0; i < n; i++)
        if (key.x >= p[i].x && key.x < p[i].x + p[i].width) w->column = p[i].column;
    if (key.y >= r.y + heading && w->top + (size_t)(key.y - r.y - heading) < t->rows)
        w->row = w->top + (size_t)(key.y - r.y - heading);
    return true;
}
