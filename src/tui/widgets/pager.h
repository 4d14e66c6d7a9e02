/* Lines of text with a position: output of verbs, help. Long lines scroll sideways; `/` style search is the caller's. */
#ifndef ORRERY_TUI_WIDGETS_PAGER_H
#define ORRERY_TUI_WIDGETS_PAGER_H

#include "base/vec.h"
#include "tui/canvas.h"

struct orr_pager {
    char *text;
    ORR_VEC(const char *) lines; /* into text */
    size_t top;
    int left, page, widest; /* columns */
};

void orr_pager_set(struct orr_pager *p, const char *text);
void orr_pager_free(struct orr_pager *p);
bool orr_pager_act(struct orr_pager *p, int nav);
/* The first line at or after `from` (cyclic) that contains `needle` without case; lines.len when there is none. */
size_t orr_pager_find(const struct orr_pager *p, size_t from, const char *needle);
void orr_pager_render(struct orr_pager *p, struct orr_canvas *c, struct orr_rect r);

#endif
