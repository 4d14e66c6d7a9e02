#include "tui/terminfo.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

struct orr_terminfo orr_terminfo_read(int fd)
{
    const char *term = getenv("TERM");
    struct orr_terminfo t = {.term = term ? term : "", .curses_version = curses_version()};
    int rc;
    if (!*t.term || setupterm(t.term, fd, &rc) != OK) return t;
    const char *place = tigetstr("cup"), *env = getenv("COLORTERM");
    const int colors = tigetnum("colors");
    t.described = true;
    t.can_place_cursor = place && place != (char *)-1; /* -1: not a string capability */
    t.colors = colors > 0 ? colors : 0;
    t.direct_color = tigetflag("RGB") > 0 || (env && (strcmp(env, "truecolor") == 0 || strcmp(env, "24bit") == 0));
    del_curterm(cur_term);
    return t;
}

int orr_terminal_wait_key(int fd, double seconds)
{
    struct termios before, raw;
    if (tcgetattr(fd, &before) < 0) return 0;
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(fd, TCSANOW, &raw);
    struct pollfd in = {.fd = fd, .events = POLLIN};
    unsigned char byte = 0;
    int key = 0;
    if (poll(&in, 1, seconds < 0 ? -1 : (int)(1000 * seconds)) > 0) key = read(fd, &byte, 1) == 1 ? byte : -1;
    tcsetattr(fd, TCSANOW, &before);
    return key;
}
