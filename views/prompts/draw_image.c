/* One image: itself, where the class token looks at the last layer, and what the encoder takes it for. */
#include <math.h>
#include <stdio.h>

#include "state.h"

enum { SHADES = 16, NAME = 22, BAR = 20 };
static const struct orr_style plain = {0}, dim = {.fg = ORR_COLOR_DIM}, good = {.fg = ORR_COLOR_GOOD},
                              bad = {.fg = ORR_COLOR_BAD}, strong = {.attr = ORR_BOLD};

/* Patches as shades; the strongest is full, and glyphs say it too. */
static void draw_attention(const struct orr_prompt_look *l, size_t k, struct orr_canvas *c, struct orr_rect r)
{
    static const char ascii[] = " .:-=+*#%@";
    static const uint32_t blocks[] = {' ', 0x2591, 0x2592, 0x2593, 0x2588};
    const float *a = l->attention + k * (size_t)l->grid * (size_t)l->grid;
    float most = 1e-9F;
    for (int i = 0; i < l->grid * l->grid; i++) most = a[i] > most ? a[i] : most;
    int wide = r.h / l->grid < 1 ? 1 : r.h / l->grid; /* rows of a patch; a cell is twice as high as wide */
    if (2 * wide * l->grid > r.w) wide = r.w / (2 * l->grid) < 1 ? 1 : r.w / (2 * l->grid);
    for (int y = 0; y < wide * l->grid && y < r.h; y++)
        for (int x = 0; x < 2 * wide * l->grid && x < r.w; x++) {
            const double v = (double)(a[y / wide * l->grid + x / (2 * wide)] / most);
            const int heat = (int)fmin(v * SHADES, SHADES - 1);
            const uint32_t glyph =
                c->glyphs == ORR_GLYPHS_ASCII ? (uint32_t)ascii[(int)fmin(v * 10, 9)] : blocks[(int)fmin(v * 5, 4)];
            orr_canvas_put(c, r.x + x, r.y + y, glyph,
                           (struct orr_style){.fg = (uint8_t)(ORR_COLOR_HEAT + heat), .bg = (uint8_t)(ORR_COLOR_HEAT + heat)});
        }
}

/* Likeliest first. */
static void draw_classes(const struct prompts *s, size_t k, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_prompt_look *l = &s->shown->look;
    const struct orr_prompt_task *task = &s->opened->world.task;
    const int truth = task->y[s->opened->world.split][l->image[k]];
    const float *p = l->probability + k * (size_t)l->classes;
    bool done[ORR_PROMPT_CLASSES] = {0};
    const int name = r.w < NAME + 12 ? r.w - 8 : NAME;
    for (int y = 0; y < r.h && y < l->classes; y++) {
        int best = 0;
        while (done[best]) best++;
        for (int i = best + 1; i < l->classes; i++)
            if (!done[i] && p[i] > p[best]) best = i;
        done[best] = true;
        const struct orr_style style = best == truth ? good : y == 0 ? bad : plain;
        orr_canvas_printf(c, r.x, r.y + y, name, style, "%s%s%s", best == truth ? "* " : "  ", task->label[best],
                          best >= task->base ? " (new)" : "");
        orr_canvas_printf(c, r.x + name + 1, r.y + y, r.w - name - 1, style, "%.3f", (double)p[best]);
        for (int x = 0; x < (int)lround((double)p[best] * BAR) && name + 7 + x < r.w; x++)
            orr_canvas_put(c, r.x + name + 7 + x, r.y + y, c->glyphs == ORR_GLYPHS_ASCII ? '#' : 0x2588, style);
    }
}

void prompts_draw_image(struct prompts *s, struct orr_canvas *c, struct orr_rect r)
{
    if (!s->shown || !s->shown->look.n || !s->opened) {
        orr_canvas_text(c, r.x, r.y, r.w, "this method looks at features alone", dim);
        return;
    }
    const struct orr_prompt_look *l = &s->shown->look;
    const struct orr_prompt_world *w = &s->opened->world;
    const size_t k = s->image % l->n, side = (size_t)w->task.side, at = l->image[k];
    const struct orr_image image = {(int)side, (int)side, w->task.rgb[w->split] + 3 * side * side * at};
    struct orr_rect place;
    orr_canvas_printf(c, r.x, r.y, r.w, strong, "image %zu of %zu: %s; attention to prompts %.0f%%", k + 1, l->n,
                      w->task.label[w->task.y[w->split][at]], 100 * (double)l->prompts[k]);
    r.y++;
    r.h--;
    if (r.h < 4 || r.w < 40) { /* no room for pictures */
        draw_classes(s, k, c, r);
        return;
    }
    const int high = r.h > 12 ? r.h * 6 / 10 : r.h, wide = 2 * high < r.w / 3 ? 2 * high : r.w / 3;
    orr_picture_draw(&s->picture, &image, s->version * 100000 + at, c, (struct orr_rect){r.x, r.y, wide, high}, &place);
    draw_attention(l, k, c, (struct orr_rect){r.x + wide + 1, r.y, wide, high});
    if (high == r.h)
        draw_classes(s, k, c, (struct orr_rect){r.x + 2 * wide + 3, r.y, r.w - 2 * wide - 3, r.h});
    else
        draw_classes(s, k, c, (struct orr_rect){r.x, r.y + high + 1, r.w, r.h - high - 1});
}
