/* The terminal: curses, and nothing else includes it. One at a time. */
#ifndef ORRERY_TUI_BACKEND_H
#define ORRERY_TUI_BACKEND_H

#include "tui/canvas.h"
#include "tui/screen.h"

struct orr_backend;

/* Takes over the terminal on the descriptors: raw mode, alternate screen. term NULL: $TERM. ENOTFOUND for a terminal
 * that is not described, EUNSUPPORTED for one that cannot place its cursor. */
enum orr_status orr_backend_open(int fd_in, int fd_out, const char *term, struct orr_backend **out,
                                 struct orr_error *err);
void orr_backend_close(struct orr_backend *b); /* restores the terminal; NULL-safe */

enum orr_glyphs orr_backend_glyphs(const struct orr_backend *b);
int orr_backend_colors(const struct orr_backend *b); /* as in struct orr_canvas */
/* Asks the terminal for its size and takes it over. */
void orr_backend_size(struct orr_backend *b, int *width, int *height);
/* Sends what differs from what the terminal shows. */
void orr_backend_paint(struct orr_backend *b, const struct orr_canvas *c);
void orr_backend_repaint(struct orr_backend *b); /* the next paint sends everything */
/* The next key that waits, false when there is none. Pasted text comes as its characters, marked ORR_MOD_PASTED; line
 * breaks in it are blanks, other controls are dropped. */
bool orr_backend_key(struct orr_backend *b, struct orr_key *key);
/* Offers text to the terminal's clipboard; at most 64 KiB, and only to terminals known to read the sequence. */
void orr_backend_copy(struct orr_backend *b, const char *text);
void orr_backend_mouse(struct orr_backend *b, bool on);
/* Gives the terminal back for a while (Ctrl-Z) and takes it again. */
void orr_backend_leave(struct orr_backend *b);
void orr_backend_enter(struct orr_backend *b);

/* Restores the terminal from a signal handler: writes prepared bytes and the saved modes, calls nothing else. */
void orr_backend_emergency(void);

#endif
