/* Inside of the shell, shared by tui/ui*.c only. */
#ifndef ORRERY_TUI_UI_STATE_H
#define ORRERY_TUI_UI_STATE_H

#include "base/vec.h"
#include "tui/ui.h"
#include "tui/widgets/prompt.h"

enum orr_ui_action {
    ORR_UI_QUIT = 1, ORR_UI_HELP, ORR_UI_COMMAND, ORR_UI_SQL, ORR_UI_JOBS, ORR_UI_BACK, ORR_UI_TAB, ORR_UI_TAB_BACK, ORR_UI_OPEN,
    ORR_UI_REDRAW, ORR_UI_SUSPEND, ORR_UI_MOUSE, ORR_UI_SHOW_COMMAND, ORR_UI_OUTPUT, ORR_UI_INTERRUPT
};

enum { TITLE_HEIGHT = 4 }; /* lower windows have no tab bar */

struct orr_frame {
    const struct orr_screen *screen;
    void *state;
    uint64_t id; /* timers name their frame by it */
};
struct orr_ui_timer {
    uint64_t frame;
    int id;
    double due;
};

struct orr_ui_kept {
    const char *name;
    void *thing;
    void (*release)(void *);
};

struct orr_ui {
    struct orr_app *app;
    struct orr_jobs *jobs;
    ORR_VEC(struct orr_frame) stack; /* the last one is shown */
    uint64_t next_frame, running;    /* running: the frame whose code runs now, 0 none */
    ORR_VEC(struct orr_ui_timer) timers;
    ORR_VEC(struct orr_ui_kept) kept;
    struct orr_selection selection;
    struct orr_prompt prompt; /* the screen's wishes */
    struct orr_prompt_widget edit;
    bool prompting, pasted; /* pasted: text that prompt.changed has not heard of yet */
    uint64_t prompt_frame; /* whose code asked */
    char message[600];
    enum orr_color message_color;
    double message_until;
    int width, height;
    bool dirty, done, mouse, suspend, repaint;
    int code;
    int64_t change_counter;
    double next_look;
    uint64_t keys;           /* taken so far: tells whether the user waits for a command or went on */
    struct orr_str output;   /* of the last command: its line, then what it printed */
    struct orr_str clipboard; /* to be handed to the terminal */
    struct orr_str logged; /* the last batch command written to the command log */
};

static inline struct orr_frame *orr_ui_top(struct orr_ui *ui) { return &ui->stack.data[ui->stack.len - 1]; }

const struct orr_action *orr_action_by_name(const struct orr_action *actions, const char *name, size_t n);
void orr_ui_act(struct orr_ui *ui, int id, const char *arg);            /* a global action */
void orr_ui_screen_act(struct orr_ui *ui, int id, const char *arg);     /* an action of the screen on top */
void orr_ui_end_paste(struct orr_ui *ui); /* before anyone looks: one edit for all that was pasted */
void orr_ui_palette(struct orr_ui *ui);                                 /* ui_command.c */
void orr_ui_run_verb(struct orr_ui *ui, const char *line);              /* ui_verb.c */
int orr_ui_tab_at(const struct orr_ui *ui, int x);                      /* 1.. or 0; ui_chrome.c */
void orr_ui_log_screen(struct orr_ui *ui);                              /* ui_stack.c */
void orr_ui_close_all(struct orr_ui *ui);

extern const struct orr_screen orr_output_screen; /* what a verb printed; output.c */

#endif
