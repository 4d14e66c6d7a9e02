#include "tui/widgets/pager.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/widgets/nav.h"

enum { SIDE_STEP = 8 };

void orr_pager_set(struct orr_pager *p, const char *text)
{
    char *rest, *line;
    free(p->text);
    p->lines.len = 0;
    p->top = 0;
    p->left = p->widest = 0;
    rest = p->text = orr_xstrdup(text);
    while (rest && (line = strsep(&rest, "\n"))) {
        const int width = orr_text_width(line);
        if (rest || *line) ORR_VEC_PUSH(&p->lines, line);
        if (width > p->widest) p->widest = width;
    }
}

void orr_pager_free(struct orr_pager *p)
{
    free(p->text);
    free(p->lines.data);
    *p = (struct orr_pager){0};
}

bool orr_pager_act(struct orr_pager *p, int nav)
{
    const size_t page = p->page > 0 ? (size_t)p->page : 1, n = p->lines.len > page ? p->lines.len - page + 1 : 1;
    if (nav == ORR_NAV_LEFT) return p->left -= p->left >= SIDE_STEP ? SIDE_STEP : p->left, true;
    if (nav == ORR_NAV_RIGHT) return p->left += p->left + SIDE_STEP < p->widest ? SIDE_STEP : 0, true;
    return orr_nav_move(nav, n, p->page, &p->top);
}

size_t orr_pager_find(const struct orr_pager *p, size_t from, const char *needle)
{
    for (size_t i = 0; i < p->lines.len; i++) {
        const size_t k = (from + i) % p->lines.len;
        if (strcasestr(p->lines.data[k], needle)) return k;
    }
    return p->lines.len;
}

void orr_pager_render(struct orr_pager *p, struct orr_canvas *c, struct orr_rect r)
{
    p->page = r.h;
    p->top = orr_nav_scroll(p->top, p->top, p->lines.len, r.h);
    for (int y = 0; y < r.h && p->top + (size_t)y < p->lines.len; y++) {
        const char *line = p->lines.data[p->top + (size_t)y];
        orr_canvas_text(c, r.x, r.y + y, r.w, line + orr_text_fit(line, p->left), (struct orr_style){0});
    }
}
