/* What the terminal says it can do, without taking it over. For `orrery doctor`. */
#ifndef ORRERY_TUI_TERMINFO_H
#define ORRERY_TUI_TERMINFO_H

#include <stdbool.h>

struct orr_terminfo {
    const char *term;             /* $TERM, "" when unset */
    bool described, can_place_cursor, direct_color;
    int colors;                   /* palette, 0 for none */
    const char *curses_version;   /* static */
};
struct orr_terminfo orr_terminfo_read(int fd);

#endif
