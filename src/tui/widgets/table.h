/* A table of any number of rows on a canvas: only what is visible is formatted. The first columns stay in place while
 * the others scroll sideways; numbers stand at the right; the cursor has a row and a column. */
#ifndef ORRERY_TUI_WIDGETS_TABLE_H
#define ORRERY_TUI_WIDGETS_TABLE_H

#include "base/table.h"
#include "tui/canvas.h"
#include "tui/screen.h"

enum orr_row_mark { ORR_MARK_NONE, ORR_MARK_SELECTED = 1, ORR_MARK_PINNED = 2 };

struct orr_table_widget {
    size_t row, top;    /* cursor and first visible row */
    size_t column, left; /* cursor and first visible column after the frozen ones */
    size_t frozen;      /* columns that never scroll away */
    size_t sorted;      /* column with the sort marker; SIZE_MAX: none */
    bool descending;
    int page;           /* rows drawn last time */
    struct orr_rect drawn;
    int *widths;        /* [n_widths] sampled by orr_table_widget_set */
    int *decimals;      /* [n_widths] digits after the point, so that points stand below each other */
    size_t n_widths;
    /* The marks of a row; NULL: no gutter. */
    int (*mark)(void *ctx, size_t row);
    /* The colour of a cell; NULL: all plain. */
    enum orr_color (*color)(void *ctx, size_t row, size_t column);
    void *ctx;
};

/* Measures the columns on a sample of rows and keeps the cursor inside. Call it when the table changes. */
void orr_table_widget_set(struct orr_table_widget *w, const struct orr_table *t);
void orr_table_widget_free(struct orr_table_widget *w);
bool orr_table_widget_act(struct orr_table_widget *w, const struct orr_table *t, int nav);
/* A mouse event inside the table: a click moves the cursor, the wheel scrolls. False when it lies outside. */
bool orr_table_widget_mouse(struct orr_table_widget *w, const struct orr_table *t, struct orr_key key);
/* One heading line (dropped when there is room for one line only), then rows. */
void orr_table_widget_render(struct orr_table_widget *w, const struct orr_table *t, struct orr_canvas *c,
                             struct orr_rect r);

#endif
