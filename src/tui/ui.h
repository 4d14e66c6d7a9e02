/* The shell around the screens: a stack of open screens, one prompt, timers, messages. It knows no terminal: keys come in,
 * cells go out, so that tests drive it in-process. Screens see only tui/screen.h. */
#ifndef ORRERY_TUI_UI_H
#define ORRERY_TUI_UI_H

#include "app/app.h"
#include "tui/screen.h"

/* app and jobs stay the caller's and outlive the shell. The first screen of orr_screens is opened; errors show as a message. */
struct orr_ui *orr_ui_new(struct orr_app *app, struct orr_jobs *jobs, int width, int height);
void orr_ui_free(struct orr_ui *ui); /* NULL-safe */

void orr_ui_resize(struct orr_ui *ui, int width, int height);
void orr_ui_key(struct orr_ui *ui, struct orr_key key);
/* Jobs reported something: runs their callbacks. */
void orr_ui_jobs_changed(struct orr_ui *ui);
/* Runs what is due at `now` (seconds, monotonic): timers, the look at the store for changes by others. */
void orr_ui_tick(struct orr_ui *ui, double now);
/* Milliseconds until orr_ui_tick has something to do. */
int orr_ui_wait(const struct orr_ui *ui, double now);
/* True once after anything changed that a user sees. */
bool orr_ui_take_dirty(struct orr_ui *ui);
/* Draws everything; the canvas has the size of the last resize. */
void orr_ui_render(struct orr_ui *ui, struct orr_canvas *c);
/* A line as typed at `:`. */
void orr_ui_command(struct orr_ui *ui, const char *line);

bool orr_ui_done(const struct orr_ui *ui, int *code); /* the user quit */
void orr_ui_quit(struct orr_ui *ui, int code);
bool orr_ui_wants_mouse(const struct orr_ui *ui);
/* What only the terminal can do; each is true once per request. */
bool orr_ui_take_suspend(struct orr_ui *ui);
bool orr_ui_take_repaint(struct orr_ui *ui); /* send every cell anew */
/* Text for the terminal's clipboard, NULL when there is none; valid until the next key. */
const char *orr_ui_take_clipboard(struct orr_ui *ui);
const struct orr_screen *orr_ui_screen(const struct orr_ui *ui); /* on top */

/* The keys that work on every screen; ends with id 0. For the help overlay and the man page. */
extern const struct orr_action orr_ui_actions[];
/* The row of a key table that a key stands in, NULL when it stands in none. */
const struct orr_action *orr_action_by_key(const struct orr_action *actions, struct orr_key key);

double orr_ui_clock(void); /* seconds, monotonic */

#endif
