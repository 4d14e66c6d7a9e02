/* A screen of the workbench: one const descriptor per folder of views/, listed in tui/screens.c. Screens hold state,
 * react to actions and render to cells; they never see curses. The key table of each screen is the only source of its
 * keys, of the help overlay, of the command palette and of the man page. */
#ifndef ORRERY_TUI_SCREEN_H
#define ORRERY_TUI_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/store.h>

#include "jobs/jobs.h"
#include "tui/canvas.h"

/* Keys: a Unicode code point, or one of these, with modifier bits. */
enum orr_key_code {
    ORR_KEY_NONE = 0,
    ORR_KEY_TAB = 9, ORR_KEY_ENTER = 13, ORR_KEY_ESC = 27, ORR_KEY_BACKSPACE = 127,
    ORR_KEY_UP = 0x110000, ORR_KEY_DOWN, ORR_KEY_LEFT, ORR_KEY_RIGHT, ORR_KEY_HOME, ORR_KEY_END, ORR_KEY_PGUP,
    ORR_KEY_PGDN, ORR_KEY_DELETE, ORR_KEY_BACKTAB, ORR_KEY_F1, ORR_KEY_F12 = ORR_KEY_F1 + 11,
    ORR_KEY_MOUSE /* x, y, button are set */
};
enum { ORR_MOD_CTRL = 1, ORR_MOD_ALT = 2, ORR_MOD_PASTED = 4 /* taken off before screens see it: text, no command */ };
struct orr_key {
    uint32_t code;
    uint8_t mods;
    int16_t x, y;
    uint8_t button; /* 1 left press, 4 wheel up, 5 wheel down */
};
/* "j", "C-d", "Enter", "PgDn", "Space", "M-x"; ORR_KEY_NONE when the text names no key. */
struct orr_key orr_key_parse(const char *text);
void orr_key_name(struct orr_key k, char out[16]);

struct orr_action {
    int id;             /* the screen's own enum, > 0 */
    const char *keys;   /* "j Down": alternatives parted by blanks */
    const char *name;   /* palette command, "sort-column"; NULL: not in the palette */
    const char *help;   /* "sort by the column under the cursor" */
    const char *arg;    /* palette: what the argument is, "COLUMN"; NULL: none */
};

struct orr_ui; /* the shell: services for screens, below */

struct orr_screen {
    const char *name, *title, *summary;
    const struct orr_action *actions; /* ends with id 0 */
    /* arg: what `:open NAME ARG` or another screen passed; may be NULL. *state is the screen's own. */
    enum orr_status (*open)(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err);
    void (*close)(struct orr_ui *ui, void *state);
    void (*act)(struct orr_ui *ui, void *state, int id, const char *arg); /* arg NULL unless from the palette */
    bool (*key)(struct orr_ui *ui, void *state, struct orr_key key); /* before the table; true = taken. May be NULL */
    void (*render)(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r);
    /* The store changed (a job or another process wrote). May be NULL. */
    void (*changed)(struct orr_ui *ui, void *state);
    /* Fills *out with the batch command line that gives this screen's data ("orrery curve 3 val/loss"). May be NULL. */
    void (*command)(struct orr_ui *ui, void *state, struct orr_str *out);
    /* One line: where we are and what is selected, for the status bar. May be NULL. */
    void (*status)(struct orr_ui *ui, void *state, struct orr_str *out);
    /* Appends what may stand for the argument of action `id` typed so far at `:`, one per line, optionally a tab and a
     * remark. May be NULL. */
    void (*complete)(struct orr_ui *ui, void *state, int id, const char *arg, struct orr_str *out);
};

/* All screens in the order of the tab bar; NULL-terminated. */
extern const struct orr_screen *const orr_screens[];

/* ---- what the shell offers to screens ---- */
struct orr_app;
struct orr_app *orr_ui_app(struct orr_ui *ui);     /* use cases; see app/app.h */
struct orr_store *orr_ui_store(struct orr_ui *ui); /* the UI thread's handle */
struct orr_jobs *orr_ui_jobs(struct orr_ui *ui);
/* Pushes a screen; Esc comes back. With arg an open one of the same screen is replaced, unless it is the caller; without
 * arg it comes to the top as it was left. */
void orr_ui_open(struct orr_ui *ui, const char *screen, const char *arg);
void orr_ui_back(struct orr_ui *ui);
void orr_ui_message(struct orr_ui *ui, enum orr_color color, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void orr_ui_error(struct orr_ui *ui, const struct orr_error *err);
/* A one-line prompt at the bottom. changed (may be NULL) is called at each edit: a live draft; done with NULL text means
 * Esc. complete (may be NULL) appends candidates for the text so far, one per line: the whole
 * text that would stand in the prompt, optionally a tab and a remark. */
struct orr_prompt {
    const char *label, *text;
    void (*changed)(struct orr_ui *ui, void *ctx, const char *text);
    void (*done)(struct orr_ui *ui, void *ctx, const char *text);
    void (*complete)(struct orr_ui *ui, void *ctx, const char *text, struct orr_str *candidates);
    void *ctx;
};
void orr_ui_prompt(struct orr_ui *ui, const struct orr_prompt *p);
void orr_ui_redraw(struct orr_ui *ui); /* something changed outside of a key */
/* Hands text to the clipboard of the user's terminal, where it has one that programs may fill (OSC 52), and says so. */
void orr_ui_copy(struct orr_ui *ui, const char *text);
int orr_ui_width(const struct orr_ui *ui);
/* Calls screen.act(TIMER id) after ms milliseconds once; for animation. 0 cancels. */
void orr_ui_timer(struct orr_ui *ui, int ms, int id);
/* What outlives a screen, such as work that goes on after it was closed: made at the first call with this name, released
 * when the shell ends. */
void *orr_ui_keep(struct orr_ui *ui, const char *name, void *(*make)(void), void (*release)(void *));

/* ---- selection shared by the screens ---- */
struct orr_selection {
    size_t n;
    int64_t *runs; /* selected with Space, in order of selection */
};
struct orr_selection *orr_ui_selection(struct orr_ui *ui);
bool orr_selection_has(const struct orr_selection *s, int64_t run);
void orr_selection_toggle(struct orr_selection *s, int64_t run);

#endif
