/* Moving in anything that has rows: the same keys and ids in every table, list and pager. */
#ifndef ORRERY_TUI_WIDGETS_NAV_H
#define ORRERY_TUI_WIDGETS_NAV_H

#include <stdbool.h>
#include <stddef.h>

enum orr_nav {
    ORR_NAV_DOWN = 9000, ORR_NAV_UP, ORR_NAV_PAGE_DOWN, ORR_NAV_PAGE_UP, ORR_NAV_HALF_DOWN, ORR_NAV_HALF_UP,
    ORR_NAV_FIRST, ORR_NAV_LAST, ORR_NAV_LEFT, ORR_NAV_RIGHT
};

/* Rows for a screen's key table. */
#define ORR_NAV_ROW_ACTIONS                                                                                            \
    {ORR_NAV_DOWN, "j Down", NULL, "next row", NULL}, {ORR_NAV_UP, "k Up", NULL, "previous row", NULL},                \
        {ORR_NAV_PAGE_DOWN, "PgDn C-f", NULL, "a page down", NULL},                                                    \
        {ORR_NAV_PAGE_UP, "PgUp C-b", NULL, "a page up", NULL},                                                        \
        {ORR_NAV_HALF_DOWN, "C-d", NULL, "half a page down", NULL},                                                    \
        {ORR_NAV_HALF_UP, "C-u", NULL, "half a page up", NULL},                                                        \
        {ORR_NAV_FIRST, "g Home", NULL, "first row", NULL}, {ORR_NAV_LAST, "G End", NULL, "last row", NULL}
#define ORR_NAV_COLUMN_ACTIONS                                                                                         \
    {ORR_NAV_LEFT, "h Left", NULL, "previous column", NULL}, {ORR_NAV_RIGHT, "l Right", NULL, "next column", NULL}

/* Moves *row within 0..n-1 for the row actions; false when id is none of them. */
bool orr_nav_move(int id, size_t n, int page, size_t *row);
/* The first visible row so that `row` is on a page of `height` rows, moving as little as possible from `top`. */
size_t orr_nav_scroll(size_t top, size_t row, size_t n, int height);

#endif
