/* A grid of character cells: everything on the screen is drawn here first, so that a test compares cells and needs no
 * terminal. Only tui/backend.c knows curses. */
#ifndef ORRERY_TUI_CANVAS_H
#define ORRERY_TUI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Colours by role. The backend maps them to truecolour, 256, 16 or none; series colours are Okabe-Ito's. */
enum orr_color {
    ORR_COLOR_DEFAULT,
    ORR_COLOR_DIM,
    ORR_COLOR_ACCENT, /* titles, keys */
    ORR_COLOR_GOOD,
    ORR_COLOR_WARN,
    ORR_COLOR_BAD,
    ORR_COLOR_BAR,    /* background of title and status bars */
    ORR_COLOR_CURSOR, /* background of the row under the cursor */
    ORR_COLOR_BAND,   /* background or dots of an uncertainty band */
    ORR_COLOR_SERIES, /* + 0..7 */
    ORR_COLOR_HEAT = ORR_COLOR_SERIES + 8, /* + 0..15: sequential, dark to light */
    ORR_COLOR_COUNT = ORR_COLOR_HEAT + 16,
    ORR_COLOR_RGB = 255 /* of pictures: the cell says which */
};
enum orr_attr { ORR_BOLD = 1, ORR_UNDERLINE = 2, ORR_REVERSE = 4, ORR_FAINT = 8 };

struct orr_style {
    uint8_t fg, bg, attr; /* enum orr_color, enum orr_color, bits of orr_attr */
};
struct orr_cell {
    uint32_t cp;       /* 0: the right half of a wide character */
    uint32_t mark;     /* one combining mark or 0 */
    uint32_t ink, paper; /* 0xRRGGBB, where style.fg, style.bg is ORR_COLOR_RGB; else 0 */
    struct orr_style style;
};

/* What the terminal can show; renderers choose their glyphs by it. */
enum orr_glyphs { ORR_GLYPHS_ASCII, ORR_GLYPHS_BLOCK, ORR_GLYPHS_BRAILLE };

struct orr_canvas {
    int width, height;
    struct orr_cell *cells; /* [height * width], row-major */
    enum orr_glyphs glyphs;
    int colors;             /* that the terminal shows: 0, 8, 16, 256, or 1 << 24; pictures are drawn by it */
    int cursor_x, cursor_y; /* where the terminal's cursor belongs; -1 hidden */
};
struct orr_rect {
    int x, y, w, h;
};

void orr_canvas_init(struct orr_canvas *c, int width, int height); /* negative sizes count as 0 */
void orr_canvas_free(struct orr_canvas *c);
void orr_canvas_clear(struct orr_canvas *c);

/* All drawing clips to the canvas and to `clip`-like limits given; escapes and controls are neutralised on the way. */
void orr_canvas_put(struct orr_canvas *c, int x, int y, uint32_t cp, struct orr_style s);
/* A character of a picture in colours of its own. ink, paper: 0xRRGGBB. */
void orr_canvas_put_rgb(struct orr_canvas *c, int x, int y, uint32_t cp, uint32_t ink, uint32_t paper);
/* A character over a picture: the cell keeps its paper, or takes the mean of its colours where `cp` replaces a glyph. */
void orr_canvas_put_over(struct orr_canvas *c, int x, int y, uint32_t cp, enum orr_color fg, uint8_t attr);
/* Draws text from x on into at most `width` columns; longer text ends in an ellipsis. Returns the columns used. */
int orr_canvas_text(struct orr_canvas *c, int x, int y, int width, const char *text, struct orr_style s);
int orr_canvas_text_right(struct orr_canvas *c, int x, int y, int width, const char *text, struct orr_style s);
int orr_canvas_printf(struct orr_canvas *c, int x, int y, int width, struct orr_style s, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
void orr_canvas_fill(struct orr_canvas *c, struct orr_rect r, uint32_t cp, struct orr_style s);
void orr_canvas_tint(struct orr_canvas *c, struct orr_rect r, enum orr_color bg); /* changes only the background */
void orr_canvas_box(struct orr_canvas *c, struct orr_rect r, const char *title, struct orr_style s);

/* The characters as UTF-8 lines, trailing blanks cut: golden screens. With `styles`, a second block of lines names the
 * style of each cell by a letter. */
void orr_canvas_dump(const struct orr_canvas *c, bool styles, struct orr_str *out);

#endif
