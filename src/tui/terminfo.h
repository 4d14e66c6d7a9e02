/* The terminal without taking it over: what it says it can do, and one key from it. For the batch face. */
#ifndef ORRERY_TUI_TERMINFO_H
#define ORRERY_TUI_TERMINFO_H

#include <stdbool.h>

struct orr_terminfo {
    const char *term; /* $TERM, "" when unset */
    bool described, can_place_cursor, direct_color;
    int colors;                 /* palette, 0 for none */
    const char *curses_version; /* static */
};
struct orr_terminfo orr_terminfo_read(int fd);
/* Waits for one key without line editing, at most `seconds` (negative: as long as it takes; a signal ends it too). The
 * byte, 0 when none came, -1 at the end of the input. */
int orr_terminal_wait_key(int fd, double seconds);

#endif
