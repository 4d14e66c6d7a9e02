#include "tui/picture.h"

#include <chafa.h>
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { CELL_W = 8, CELL_H = 16 /* pixels that the library looks at for a cell */ };

/* ---- libchafa, when it is there ---- */

#define CHAFA(name) __typeof__(&chafa_##name) name

static struct {
    bool found;
    CHAFA(symbol_map_new);
    CHAFA(symbol_map_unref);
    CHAFA(symbol_map_add_by_tags);
    CHAFA(canvas_config_new);
    CHAFA(canvas_config_unref);
    CHAFA(canvas_config_set_geometry);
    CHAFA(canvas_config_set_canvas_mode);
    CHAFA(canvas_config_set_symbol_map);
    CHAFA(canvas_config_set_dither_mode);
    CHAFA(canvas_config_set_work_factor);
    CHAFA(canvas_new);
    CHAFA(canvas_unref);
    CHAFA(canvas_draw_all_pixels);
    CHAFA(canvas_get_char_at);
    CHAFA(canvas_get_colors_at);
    CHAFA(set_n_threads);
} chafa;
static pthread_once_t loaded = PTHREAD_ONCE_INIT;

/* A function pointer from what dlsym returns: POSIX guarantees the representation, ISO C has no cast for it. */
static bool symbol(void *library, const char *name, void *to)
{
    void *const address = dlsym(library, name);
    memcpy(to, &address, sizeof address);
    return address != NULL;
}

/* Linked, it and GLib would be read and set up at every start, pictures or not. */
static void load(void)
{
    void *const library = dlopen("libchafa.so.0", RTLD_NOW | RTLD_LOCAL);
#define GET(name) symbol(library, "chafa_" #name, &chafa.name)
    chafa.found = library && GET(symbol_map_new) && GET(symbol_map_unref) && GET(symbol_map_add_by_tags) &&
                  GET(canvas_config_new) && GET(canvas_config_unref) && GET(canvas_config_set_geometry) &&
                  GET(canvas_config_set_canvas_mode) && GET(canvas_config_set_symbol_map) &&
                  GET(canvas_config_set_dither_mode) && GET(canvas_config_set_work_factor) && GET(canvas_new) &&
                  GET(canvas_unref) && GET(canvas_draw_all_pixels) && GET(canvas_get_char_at) &&
                  GET(canvas_get_colors_at) && GET(set_n_threads);
#undef GET
    if (chafa.found) chafa.set_n_threads(1);
}

static ChafaSymbolTags tags_for(enum orr_glyphs glyphs, int colors)
{
    if (glyphs == ORR_GLYPHS_ASCII) return CHAFA_SYMBOL_TAG_ASCII;
    if (colors == 0)
        return glyphs == ORR_GLYPHS_BRAILLE ? CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_BRAILLE
                                            : CHAFA_SYMBOL_TAG_BLOCK;
    return CHAFA_SYMBOL_TAG_SPACE | CHAFA_SYMBOL_TAG_SOLID | CHAFA_SYMBOL_TAG_HALF | CHAFA_SYMBOL_TAG_QUAD;
}

static ChafaCanvasMode mode_for(int colors)
{
    return colors == 0     ? CHAFA_CANVAS_MODE_FGBG
           : colors <= 8   ? CHAFA_CANVAS_MODE_INDEXED_8
           : colors <= 16  ? CHAFA_CANVAS_MODE_INDEXED_16
           : colors <= 256 ? CHAFA_CANVAS_MODE_INDEXED_256
                           : CHAFA_CANVAS_MODE_TRUECOLOR;
}

/* Five bits a channel: what differs by less cannot be seen in a cell, and terminals have few pairs of colours. */
static uint32_t rounded(gint rgb) { return rgb < 0 ? 0 : ((uint32_t)rgb & 0xF8F8F8) | ((uint32_t)rgb >> 5 & 0x070707); }

static void draw_chafa(struct orr_picture_pane *p, const struct orr_image *image)
{
    ChafaSymbolMap *symbols = chafa.symbol_map_new();
    ChafaCanvasConfig *config = chafa.canvas_config_new();
    chafa.symbol_map_add_by_tags(symbols, tags_for(p->glyphs, p->colors));
    chafa.canvas_config_set_symbol_map(config, symbols);
    chafa.canvas_config_set_geometry(config, p->w, p->h);
    chafa.canvas_config_set_canvas_mode(config, mode_for(p->colors));
    if (p->colors <= 256) chafa.canvas_config_set_dither_mode(config, CHAFA_DITHER_MODE_ORDERED);
    chafa.canvas_config_set_work_factor(config, 0.5f);
    ChafaCanvas *canvas = chafa.canvas_new(config);
    chafa.canvas_draw_all_pixels(canvas, CHAFA_PIXEL_RGB8, image->rgb, image->width, image->height, 3 * image->width);
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++) {
            struct orr_cell *cell = &p->cells[y * p->w + x];
            gint ink = 0, paper = 0;
            cell->cp = chafa.canvas_get_char_at(canvas, x, y);
            chafa.canvas_get_colors_at(canvas, x, y, &ink, &paper);
            cell->ink = rounded(ink);
            cell->paper = rounded(paper);
        }
    chafa.canvas_unref(canvas);
    chafa.canvas_config_unref(config);
    chafa.symbol_map_unref(symbols);
}

/* ---- without it ---- */

static uint32_t packed(const unsigned char *p) { return rounded(p[0] << 16 | p[1] << 8 | p[2]); }
static int luma(const unsigned char *p) { return (299 * p[0] + 587 * p[1] + 114 * p[2]) / 1000; }

/* small: two rows of pixels for a row of cells. */
static void draw_halves(struct orr_picture_pane *p, const struct orr_image *small)
{
    static const char ramp[] = " .:-=+*#%@";
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++) {
            const unsigned char *upper = small->rgb + 3 * ((size_t)(2 * y) * (size_t)p->w + (size_t)x),
                                *lower = upper + 3 * (size_t)p->w;
            const bool plain = p->glyphs == ORR_GLYPHS_ASCII || p->colors == 0;
            const uint32_t cp = plain ? (uint32_t)ramp[(luma(upper) + luma(lower)) / 2 * 9 / 255] : 0x2580;
            p->cells[y * p->w + x] =
                (struct orr_cell){.cp = cp, .ink = packed(upper), .paper = plain ? 0 : packed(lower)};
        }
}

/* ---- panes ---- */

void orr_picture_pane_free(struct orr_picture_pane *p)
{
    free(p->cells);
    *p = (struct orr_picture_pane){0};
}

/* Large pictures are shrunk first: the library would look at each pixel of each cell. */
static void draw(struct orr_picture_pane *p, const struct orr_image *image)
{
    pthread_once(&loaded, load);
    const int w = p->w * (chafa.found ? CELL_W : 1), h = p->h * (chafa.found ? CELL_H : 2);
    struct orr_image small;
    if (orr_image_init(&small, w, h) && orr_image_resize(image, &small, ORR_RESAMPLE_BILINEAR)) {
        if (chafa.found)
            draw_chafa(p, &small);
        else
            draw_halves(p, &small);
    }
    orr_image_free(&small);
}

static struct orr_rect fitted(const struct orr_image *image, struct orr_rect r)
{
    const double scale = fmin(r.w / (double)image->width, 2 * r.h / (double)image->height);
    int w = (int)lround(image->width * scale), h = (int)lround(image->height * scale / 2);
    w = w < 1 ? 1 : w > r.w ? r.w : w;
    h = h < 1 ? 1 : h > r.h ? r.h : h;
    return (struct orr_rect){r.x + (r.w - w) / 2, r.y + (r.h - h) / 2, w, h};
}

void orr_picture_draw(struct orr_picture_pane *p, const struct orr_image *image, uint64_t version, struct orr_canvas *c,
                      struct orr_rect r, struct orr_rect *place)
{
    *place = (struct orr_rect){0};
    if (r.w < 1 || r.h < 1 || !image->rgb) return;
    const struct orr_rect at = fitted(image, r);
    if (!p->cells || p->version != version || p->w != at.w || p->h != at.h || p->glyphs != c->glyphs ||
        p->colors != c->colors) {
        free(p->cells);
        *p = (struct orr_picture_pane){
            .w = at.w, .h = at.h, .version = version, .glyphs = c->glyphs, .colors = c->colors};
        p->cells = orr_xcalloc((size_t)at.w * (size_t)at.h, sizeof *p->cells);
        draw(p, image);
    }
    for (int y = 0; y < at.h; y++)
        for (int x = 0; x < at.w; x++) {
            const struct orr_cell *cell = &p->cells[y * at.w + x];
            const uint32_t cp = cell->cp ? cell->cp : ' ';
            if (c->colors > 0)
                orr_canvas_put_rgb(c, at.x + x, at.y + y, cp, cell->ink, cell->paper);
            else
                orr_canvas_put(c, at.x + x, at.y + y, cp, (struct orr_style){0});
        }
    *place = at;
}

const char *orr_picture_describe(void)
{
    pthread_once(&loaded, load);
    return chafa.found ? "libchafa.so.0" : "no libchafa.so.0: pictures are drawn in half blocks; `make deps` installs it";
}
