#include "tui/widgets/nav.h"

static size_t moved(size_t row, size_t n, bool down, size_t by)
{
    if (!down) return row > by ? row - by : 0;
    return n - 1 - row > by ? row + by : n - 1;
}

bool orr_nav_move(int id, size_t n, int page, size_t *row)
{
    const size_t whole = page > 1 ? (size_t)page - 1 : 1, half = page > 1 ? (size_t)page / 2 : 1;
    if (id < ORR_NAV_DOWN || id > ORR_NAV_LAST) return false;
    if (n == 0) return *row = 0, true;
    if (*row >= n) *row = n - 1;
    switch (id) {
    case ORR_NAV_DOWN: *row = moved(*row, n, true, 1); break;
    case ORR_NAV_UP: *row = moved(*row, n, false, 1); break;
    case ORR_NAV_PAGE_DOWN: *row = moved(*row, n, true, whole); break;
    case ORR_NAV_PAGE_UP: *row = moved(*row, n, false, whole); break;
    case ORR_NAV_HALF_DOWN: *row = moved(*row, n, true, half); break;
    case ORR_NAV_HALF_UP: *row = moved(*row, n, false, half); break;
    case ORR_NAV_FIRST: *row = 0; break;
    default: *row = n - 1; break;
    }
    return true;
}

size_t orr_nav_scroll(size_t top, size_t row, size_t n, int height)
{
    const size_t h = height > 0 ? (size_t)height : 1;
    if (row < top) top = row;
    if (row >= top + h) top = row + 1 - h;
    if (top + h > n) top = n > h ? n - h : 0;
    return top;
}
