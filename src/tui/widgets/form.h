/* A form over the parameters of a method (orrery/method.h): one row each with a slider, its value and its unit. */
#ifndef ORRERY_TUI_WIDGETS_FORM_H
#define ORRERY_TUI_WIDGETS_FORM_H

#include <orrery/method.h>

#include "tui/canvas.h"

enum { ORR_FORM_MAX = 64 };

struct orr_form {
    const struct orr_param *params; /* ends with name NULL; borrowed */
    size_t n;
    double values[ORR_FORM_MAX];    /* values[i] belongs to params[i]; a choice is its index, a flag 0 or 1 */
    size_t row, top;
    int page;
};

/* Everything at its default. */
void orr_form_init(struct orr_form *f, const struct orr_param *params);
/* Moves the value under the cursor by `steps`: of 1 for whole numbers, flags and choices, of a 40th of the range for
 * reals (of its logarithm where the range spans more than three decades). False when it stays as it is. */
bool orr_form_step(struct orr_form *f, int steps);
/* Sets the value under the cursor from text; false when the text is no value in the range. */
bool orr_form_set(struct orr_form *f, const char *text);
void orr_form_reset(struct orr_form *f); /* the value under the cursor to its default */
/* The value of row i as people read it, without its unit. */
void orr_form_text(const struct orr_form *f, size_t i, struct orr_str *out);
/* Rows, and the help of the one under the cursor on the last line where there is room. */
void orr_form_render(struct orr_form *f, struct orr_canvas *c, struct orr_rect r);

#endif
