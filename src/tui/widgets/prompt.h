/* A line of text being edited, with history and candidates. Knows nothing of what the text is for. */
#ifndef ORRERY_TUI_WIDGETS_PROMPT_H
#define ORRERY_TUI_WIDGETS_PROMPT_H

#include "base/str.h"
#include "base/vec.h"
#include "tui/canvas.h"
#include "tui/screen.h"

struct orr_prompt_widget {
    char *label;
    struct orr_str text;
    size_t cursor;                 /* byte offset in text, at a character's start */
    ORR_VEC(char *) history;       /* oldest first; of all prompts with this label */
    size_t recalled;               /* history.len: the draft */
    struct orr_str draft;          /* what was typed before going into the history */
    ORR_VEC(const char *) candidates; /* into candidate_text; "text" or "text\0remark" pairs */
    ORR_VEC(const char *) remarks;
    struct orr_str candidate_text;
    size_t chosen;                 /* candidates.len: none */
};

enum orr_prompt_event { ORR_PROMPT_IGNORED, ORR_PROMPT_MOVED, ORR_PROMPT_EDITED, ORR_PROMPT_ACCEPTED, ORR_PROMPT_CANCELLED };

void orr_prompt_widget_start(struct orr_prompt_widget *w, const char *label, const char *text);
void orr_prompt_widget_free(struct orr_prompt_widget *w);
enum orr_prompt_event orr_prompt_widget_key(struct orr_prompt_widget *w, struct orr_key key);
/* Takes over the candidates for the text as it is now ("text[\tremark]" per line). */
void orr_prompt_widget_candidates(struct orr_prompt_widget *w, const struct orr_str *lines);
void orr_prompt_widget_remember(struct orr_prompt_widget *w);
/* The line at r (its first row), and candidates upwards in `above` rows before it. Sets the canvas cursor. */
void orr_prompt_widget_render(const struct orr_prompt_widget *w, struct orr_canvas *c, struct orr_rect r, int above);

#endif
