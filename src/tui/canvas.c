#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/text.h"

static const struct orr_cell blank = {.cp = ' '};

static struct orr_cell *cell_at(struct orr_canvas *c, int x, int y)
{
    if (x < 0 || y < 0 || x >= c->width || y >= c->height) return NULL;
    return &c->cells[(size_t)y * (size_t)c->width + (size_t)x];
}

/* The part of r that lies on the canvas. */
static struct orr_rect clip(const struct orr_canvas *c, struct orr_rect r)
{
    if (r.x < 0) r.w += r.x, r.x = 0;
    if (r.y < 0) r.h += r.y, r.y = 0;
    if (r.w > c->width - r.x) r.w = c->width - r.x;
    if (r.h > c->height - r.y) r.h = c->height - r.y;
    return r;
}

/* What a terminal without UTF-8 shows instead: line drawing and the few signs that screens use. */
static uint32_t to_ascii(uint32_t cp)
{
    if (cp < 0x80) return cp;
    switch (cp) {
    case 0x2026: return '~'; /* ellipsis */
    case 0x2500: case 0x2501: case 0x2504: case 0x2508: case 0x2013: case 0x2014: case 0x2212: return '-';
    case 0x2502: case 0x2503: case 0x2506: case 0x250A: return '|';
    case 0x00B7: case 0x2022: return '.';
    case 0x25B2: case 0x2191: case 0x25B4: return '^';
    case 0x25BC: case 0x2193: case 0x25BE: return 'v';
    case 0x25B6: case 0x2192: case 0x25B8: case 0x203A: return '>';
    case 0x25C0: case 0x2190: case 0x25C2: case 0x2039: return '<';
    case 0x25CF: case 0x25CB: case 0x25C6: case 0x2605: case 0x2713: return '*';
    case 0x00D7: return 'x';
    case 0x00B1: return '+';
    default: break;
    }
    if (cp >= 0x2500 && cp <= 0x257F) return '+';
    if (cp >= 0x2580 && cp <= 0x259F) return '#';
    return '?';
}

/* A new character over one half of a wide one leaves no orphan behind. */
static void break_wide(struct orr_canvas *c, int x, int y)
{
    struct orr_cell *cell = cell_at(c, x, y), *left = cell_at(c, x - 1, y), *right = cell_at(c, x + 1, y);
    if (cell->cp == 0 && left) left->cp = ' ', left->mark = 0;
    if (right && right->cp == 0 && cell->cp != 0) right->cp = ' ';
}

static bool is_mark(uint32_t cp)
{
    if (cp >= 0xFE00 && cp <= 0xFE0F) return false; /* variation selectors change widths on some terminals only */
    const utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)cp);
    return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_ME;
}

/* The columns that a code point takes here, 0 for marks and for what cannot be shown. */
static int shown_width(const struct orr_canvas *c, uint32_t *cp)
{
    *cp = orr_text_safe_cp(*cp);
    const int w = orr_text_cp_width(*cp);
    if (c->glyphs != ORR_GLYPHS_ASCII || *cp < 0x80) return w;
    if (w > 0) *cp = to_ascii(*cp);
    return w > 0 ? 1 : 0;
}

/* Draws one code point, at most `room` columns wide; a mark joins the cell at x - 1. Returns the columns used. */
static int put(struct orr_canvas *c, int x, int y, int room, uint32_t cp, struct orr_style s)
{
    const int w = shown_width(c, &cp);
    if (w == 0) {
        struct orr_cell *left = cell_at(c, x - 1, y);
        if (left && left->cp == 0) left = cell_at(c, x - 2, y);
        if (left && !left->mark && c->glyphs != ORR_GLYPHS_ASCII && is_mark(cp)) left->mark = cp;
        return 0;
    }
    if (w > room) return 0;
    struct orr_cell *cell = cell_at(c, x, y), *right = w == 2 ? cell_at(c, x + 1, y) : NULL;
    if (!cell) return w;
    if (w == 2 && !right) cp = ' '; /* half of a wide character does not fit at the edge */
    break_wide(c, x, y);
    if (right) {
        break_wide(c, x + 1, y);
        *right = (struct orr_cell){.cp = 0, .style = s};
    }
    *cell = (struct orr_cell){.cp = cp, .style = s};
    return w;
}

/* Whether text needs more than `width` columns; looks no further than it must. */
static bool is_longer(const struct orr_canvas *c, const char *text, int width, int *columns)
{
    int w = 0;
    for (size_t n = strlen(text), k; n > 0; text += k, n -= k) {
        uint32_t cp = orr_utf8_decode(text, n, &k);
        w += shown_width(c, &cp);
        if (w > width) return true;
    }
    *columns = w;
    return false;
}

void orr_canvas_init(struct orr_canvas *c, int width, int height)
{
    *c = (struct orr_canvas){.width = width > 0 ? width : 0, .height = height > 0 ? height : 0,
                             .glyphs = ORR_GLYPHS_BRAILLE, .colors = 1 << 24, .cursor_x = -1, .cursor_y = -1};
    c->cells = orr_xcalloc((size_t)c->width * (size_t)c->height + 1, sizeof *c->cells);
    orr_canvas_clear(c);
}

void orr_canvas_free(struct orr_canvas *c)
{
    free(c->cells);
    c->cells = NULL;
    c->width = c->height = 0;
}

void orr_canvas_clear(struct orr_canvas *c)
{
    const size_t n = (size_t)c->width * (size_t)c->height;
    for (size_t i = 0; i < n; i++) c->cells[i] = blank;
    c->cursor_x = c->cursor_y = -1;
}

void orr_canvas_put(struct orr_canvas *c, int x, int y, uint32_t cp, struct orr_style s)
{
    put(c, x, y, 2, cp, s);
}

void orr_canvas_put_rgb(struct orr_canvas *c, int x, int y, uint32_t cp, uint32_t ink, uint32_t paper)
{
    put(c, x, y, 1, cp, (struct orr_style){ORR_COLOR_RGB, ORR_COLOR_RGB, 0});
    struct orr_cell *cell = cell_at(c, x, y);
    if (cell) cell->ink = ink & 0xFFFFFF, cell->paper = paper & 0xFFFFFF;
}

/* Channel by channel, without carries between them. */
static uint32_t mean(uint32_t a, uint32_t b) { return (a & b) + (((a ^ b) & 0xFEFEFE) >> 1); }

void orr_canvas_put_over(struct orr_canvas *c, int x, int y, uint32_t cp, enum orr_color fg, uint8_t attr)
{
    struct orr_cell *cell = cell_at(c, x, y);
    if (!cell) return;
    const bool picture = cell->style.bg == ORR_COLOR_RGB;
    const uint32_t paper = cell->style.fg == ORR_COLOR_RGB && cell->cp != ' ' ? mean(cell->ink, cell->paper) : cell->paper;
    put(c, x, y, 1, cp, (struct orr_style){(uint8_t)fg, picture ? ORR_COLOR_RGB : cell->style.bg, attr});
    if (picture) cell->paper = paper;
}

int orr_canvas_text(struct orr_canvas *c, int x, int y, int width, const char *text, struct orr_style s)
{
    int used = 0, columns;
    if (width <= 0 || !text || y < 0 || y >= c->height) return 0;
    const bool cut = is_longer(c, text, width, &columns);
    const int room = cut ? width - 1 : width;
    for (size_t n = strlen(text), k; n > 0; text += k, n -= k) {
        uint32_t cp = orr_utf8_decode(text, n, &k), shown = cp;
        if (used + shown_width(c, &shown) > room) break;
        used += put(c, x + used, y, room - used, cp, s);
    }
    if (cut) used += put(c, x + used, y, 1, 0x2026, s);
    return used;
}

int orr_canvas_text_right(struct orr_canvas *c, int x, int y, int width, const char *text, struct orr_style s)
{
    int columns;
    if (width <= 0 || !text) return 0;
    if (is_longer(c, text, width, &columns)) return orr_canvas_text(c, x, y, width, text, s);
    return orr_canvas_text(c, x + width - columns, y, columns, text, s);
}

int orr_canvas_printf(struct orr_canvas *c, int x, int y, int width, struct orr_style s, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return orr_canvas_text(c, x, y, width, text, s);
}

void orr_canvas_fill(struct orr_canvas *c, struct orr_rect r, uint32_t cp, struct orr_style s)
{
    r = clip(c, r);
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++) put(c, x, y, 1, cp, s);
}

void orr_canvas_tint(struct orr_canvas *c, struct orr_rect r, enum orr_color bg)
{
    r = clip(c, r);
    for (int y = r.y; y < r.y + r.h; y++)
        for (int x = r.x; x < r.x + r.w; x++) cell_at(c, x, y)->style.bg = (uint8_t)bg;
}

void orr_canvas_box(struct orr_canvas *c, struct orr_rect r, const char *title, struct orr_style s)
{
    const int right = r.x + r.w - 1, bottom = r.y + r.h - 1;
    if (r.w < 2 || r.h < 2) return;
    for (int x = r.x + 1; x < right; x++) put(c, x, r.y, 1, 0x2500, s), put(c, x, bottom, 1, 0x2500, s);
    for (int y = r.y + 1; y < bottom; y++) put(c, r.x, y, 1, 0x2502, s), put(c, right, y, 1, 0x2502, s);
    put(c, r.x, r.y, 1, 0x250C, s), put(c, right, r.y, 1, 0x2510, s);
    put(c, r.x, bottom, 1, 0x2514, s), put(c, right, bottom, 1, 0x2518, s);
    if (title && *title && r.w > 6) {
        put(c, r.x + 1, r.y, 1, ' ', s);
        const int used = orr_canvas_text(c, r.x + 2, r.y, r.w - 5, title, s);
        put(c, r.x + 2 + used, r.y, 1, ' ', s);
    }
}

static void dump_row(const struct orr_canvas *c, int y, struct orr_str *out)
{
    const struct orr_cell *row = &c->cells[(size_t)y * (size_t)c->width];
    int end = c->width;
    while (end > 0 && row[end - 1].cp == ' ' && !row[end - 1].mark) end--;
    for (int x = 0; x < end; x++) {
        char utf8[4];
        if (row[x].cp == 0) continue;
        orr_str_append_n(out, utf8, orr_utf8_encode(row[x].cp, utf8));
        if (row[x].mark) orr_str_append_n(out, utf8, orr_utf8_encode(row[x].mark, utf8));
    }
    orr_str_append_char(out, '\n');
}

enum { STYLES_MAX = 52 }; /* letters a-z, A-Z */

/* '.' is the plain style; others get letters in order of appearance, explained by a legend below. */
static char style_letter(struct orr_style s, struct orr_style *known, int *n)
{
    int i = 0;
    if (s.fg == 0 && s.bg == 0 && s.attr == 0) return '.';
    while (i < *n && memcmp(&known[i], &s, sizeof s) != 0) i++;
    if (i == *n) {
        if (*n == STYLES_MAX) return '?';
        known[(*n)++] = s;
    }
    return (char)(i < 26 ? 'a' + i : 'A' + i - 26);
}

static void dump_styles(const struct orr_canvas *c, struct orr_str *out)
{
    struct orr_style known[STYLES_MAX];
    int n = 0;
    for (int y = 0; y < c->height; y++) {
        for (int x = 0; x < c->width; x++)
            orr_str_append_char(out, style_letter(c->cells[y * c->width + x].style, known, &n));
        orr_str_append_char(out, '\n');
    }
    for (int i = 0; i < n; i++)
        orr_str_printf(out, "%c fg=%d bg=%d attr=%d\n", i < 26 ? 'a' + i : 'A' + i - 26, known[i].fg, known[i].bg,
                       known[i].attr);
}

void orr_canvas_dump(const struct orr_canvas *c, bool styles, struct orr_str *out)
{
    for (int y = 0; y < c->height; y++) dump_row(c, y, out);
    if (styles) dump_styles(c, out);
}
