/* What the roles of tui/canvas.h look like on terminals of each kind. */
#ifndef ORRERY_TUI_COLOR_H
#define ORRERY_TUI_COLOR_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/canvas.h"

enum orr_color_depth { ORR_DEPTH_MONO, ORR_DEPTH_8, ORR_DEPTH_16, ORR_DEPTH_256, ORR_DEPTH_DIRECT };

/* The terminal's colour number for a role: 0xRRGGBB for direct colour, else a palette index; -1 for its default. As a
 * background on a role that is a foreground (a series) it is the same colour. */
struct orr_color_theme {
    bool light; /* the terminal's background */
    bool stark; /* high contrast: nothing is dim, colours stand out by 7 to 1 (WCAG 2.1, 1.4.6) */
};
int orr_color_index(enum orr_color role, enum orr_color_depth depth, struct orr_color_theme theme);
double orr_color_contrast(uint32_t a, uint32_t b); /* of two 0xRRGGBB: 1 to 21, by WCAG 2.1 */
/* The terminal's colour number for a colour of a picture. */
int orr_color_of_rgb(uint32_t rgb, enum orr_color_depth depth);
int orr_color_count(enum orr_color_depth depth); /* as in struct orr_canvas */
/* What mono and low-colour terminals show besides colour: bits of orr_attr for a style. */
uint8_t orr_color_attr(struct orr_style s, enum orr_color_depth depth, struct orr_color_theme theme);
/* Whether the terminal's background is light, by COLORFGBG ("0;15"). */
bool orr_color_is_light(const char *colorfgbg);

#endif
