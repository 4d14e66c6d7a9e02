/* Pictures as characters: libchafa chooses, cell by cell, the glyph and the two colours that come nearest to what the picture
 * shows there. It is loaded at run time, with the first picture; where it is missing, half blocks do. Sixel and kitty graphics
 * are left out: curses owns the cells and would paint over them. */
#ifndef ORRERY_TUI_PICTURE_H
#define ORRERY_TUI_PICTURE_H

#include "image/image.h"
#include "tui/canvas.h"

/* One place for pictures. Zero-initialise. It remembers what it drew last: drawing the same again copies cells. */
struct orr_picture_pane {
    struct orr_cell *cells; /* [h * w], private */
    int w, h, colors;
    enum orr_glyphs glyphs;
    uint64_t version;
};
void orr_picture_pane_free(struct orr_picture_pane *p);

/* Draws the image as large as it fits into the middle of r in its own proportions (a cell is twice as high as wide), and says
 * which cells it took: (px, py) of the image lies in cell place.x + px place.w / width, place.y + py place.h / height.
 * version: another one for another image. Nothing fits into r: place.w is 0. */
void orr_picture_draw(struct orr_picture_pane *p, const struct orr_image *image, uint64_t version, struct orr_canvas *c,
                      struct orr_rect r, struct orr_rect *place);

/* What draws: "libchafa.so.0", or that it is missing and what then. Loads it. Static storage. */
const char *orr_picture_describe(void);

#endif
