/* The Detect screen's picture, with boxes over it, and the lines around. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "state.h"

enum { PANE_WIDTH = 44, SLIDER = 10 };

static const struct orr_style DIM = {ORR_COLOR_DIM, 0, 0};

/* ---- boxes ---- */

enum verdict { TRUE_BOX, FALSE_BOX, MISSED_BOX, LABEL_BOX, UNJUDGED };

/* Colour alone tells nothing on some terminals and to some eyes: each kind has lines and a sign of its own. */
static const struct {
    enum orr_color color;
    uint32_t across, down;
    const char *sign;
} looks[] = {[TRUE_BOX] = {ORR_COLOR_GOOD, 0x2500, 0x2502, "+"},
             [FALSE_BOX] = {ORR_COLOR_BAD, 0x2501, 0x2503, "x"},
             [MISSED_BOX] = {ORR_COLOR_WARN, 0x2504, 0x2506, "?"},
             [LABEL_BOX] = {ORR_COLOR_ACCENT, 0x2508, 0x250A, "="},
             [UNJUDGED] = {ORR_COLOR_GOOD, 0x2500, 0x2502, ""}};

/* Edges in cells; the last ones are still inside. */
static struct orr_rect cells_of(const struct detect *s, const struct orr_box *b, struct orr_rect place)
{
    const double w = s->shot.picture.image.width, h = s->shot.picture.image.height;
    const int x0 = (int)floor((double)b->x0 * place.w / w), y0 = (int)floor((double)b->y0 * place.h / h);
    int x1 = (int)ceil((double)b->x1 * place.w / w), y1 = (int)ceil((double)b->y1 * place.h / h);
    x1 = x1 > place.w ? place.w : x1 > x0 ? x1 : x0 + 1;
    y1 = y1 > place.h ? place.h : y1 > y0 ? y1 : y0 + 1;
    return (struct orr_rect){place.x + x0, place.y + y0, x1 - x0, y1 - y0};
}

static void frame(struct orr_canvas *c, struct orr_rect r, enum verdict v)
{
    const enum orr_color color = looks[v].color;
    const int right = r.x + r.w - 1, bottom = r.y + r.h - 1;
    const bool heavy = v == FALSE_BOX;
    if (r.w < 2 || r.h < 2) { /* too small for a frame: its first cells are marked */
        for (int x = r.x; x <= right; x++) orr_canvas_put_over(c, x, r.y, looks[v].across, color, ORR_BOLD);
        return;
    }
    for (int x = r.x + 1; x < right; x++)
        for (int k = 0; k < 2; k++) orr_canvas_put_over(c, x, k ? bottom : r.y, looks[v].across, color, ORR_BOLD);
    for (int y = r.y + 1; y < bottom; y++)
        for (int k = 0; k < 2; k++) orr_canvas_put_over(c, k ? right : r.x, y, looks[v].down, color, ORR_BOLD);
    orr_canvas_put_over(c, r.x, r.y, heavy ? 0x250F : 0x250C, color, ORR_BOLD);
    orr_canvas_put_over(c, right, r.y, heavy ? 0x2513 : 0x2510, color, ORR_BOLD);
    orr_canvas_put_over(c, r.x, bottom, heavy ? 0x2517 : 0x2514, color, ORR_BOLD);
    orr_canvas_put_over(c, right, bottom, heavy ? 0x251B : 0x2518, color, ORR_BOLD);
}

/* A plate on the upper edge, or on the lower one of labels, cut at the picture's border. */
static void plate(struct orr_canvas *c, struct orr_rect r, struct orr_rect place, enum verdict v, const char *text)
{
    const int y = v == LABEL_BOX || v == MISSED_BOX ? r.y + r.h - 1 : r.y, room = place.x + place.w - r.x - 1;
    orr_canvas_text(c, r.x + 1, y, room, text, (struct orr_style){(uint8_t)looks[v].color, ORR_COLOR_BAR, ORR_BOLD});
}

static void draw_label(const struct detect *s, struct orr_canvas *c, struct orr_rect place, size_t i, bool text)
{
    const struct orr_label *label = &s->shot.picture.labels[i];
    const struct orr_rect r = cells_of(s, &label->box, place);
    const enum verdict v = s->truth ? LABEL_BOX : MISSED_BOX;
    char name[64];
    if (!s->truth && (!detect_net(s) || !s->missed || s->found[i])) return;
    snprintf(name, sizeof name, "%s%s", looks[v].sign, orr_detect_gallery_class(s->opened->gallery, label->class));
    if (text)
        plate(c, r, place, v, name);
    else
        frame(c, r, v);
}

static void draw_kept(const struct detect *s, struct orr_canvas *c, struct orr_rect place, size_t k, bool text)
{
    const struct orr_detection *d = &s->kept[k];
    const bool judged = orr_detect_gallery_classes(s->opened->gallery) > 0;
    const enum verdict v = !judged ? UNJUDGED : s->taken[k] >= 0 ? TRUE_BOX : FALSE_BOX;
    const struct orr_rect r = cells_of(s, &d->box, place);
    char name[64];
    if (v == FALSE_BOX && !s->false_alarms) return;
    snprintf(name, sizeof name, "%s%s .%02d", looks[v].sign, detect_net(s)->class_name[d->class],
             (int)fmin(99, (double)d->confidence * 100));
    if (text)
        plate(c, r, place, v, name);
    else
        frame(c, r, v);
}

/* Frames first, so that none runs through a name; what is surest on top. */
static void draw_boxes(const struct detect *s, struct orr_canvas *c, struct orr_rect place)
{
    for (int text = 0; text < 2; text++) {
        for (size_t i = 0; i < s->shot.picture.n_labels; i++) draw_label(s, c, place, i, text);
        for (size_t k = s->n_kept; k-- > 0;) draw_kept(s, c, place, k, text);
    }
}

/* ---- lines ---- */

/* "confidence --|------ .25" */
static int slider(struct orr_canvas *c, int x, int y, int room, const char *name, double value, const char *keys)
{
    int used = orr_canvas_printf(c, x, y, room, DIM, "%s ", name);
    if (room > 40)
        for (int k = 0; k < SLIDER && used < room; k++, used++) {
            const bool here = k == (int)lround(value * (SLIDER - 1));
            orr_canvas_put(c, x + used, y, here ? 0x25CF : 0x2500,
                           (struct orr_style){here ? ORR_COLOR_ACCENT : ORR_COLOR_DIM, 0, 0});
        }
    used += orr_canvas_printf(c, x + used, y, room - used, (struct orr_style){0}, " %.2f", value);
    used += orr_canvas_printf(c, x + used, y, room - used, DIM, " %s", keys);
    return used + 2;
}

static size_t count_true(const struct detect *s)
{
    size_t n = 0;
    for (size_t k = 0; k < s->n_kept; k++) n += s->taken[k] >= 0;
    return n;
}

static void draw_head(const struct detect *s, struct orr_canvas *c, struct orr_rect r)
{
    const size_t n = orr_detect_gallery_count(s->opened->gallery);
    const struct orr_style title = {ORR_COLOR_ACCENT, 0, ORR_BOLD};
    int x = r.x + orr_canvas_printf(c, r.x, r.y, r.w, title, "%zu/%zu %s", s->wanted + 1, n,
                                    s->has_shot ? s->shot.picture.name : "");
    const int room = r.x + r.w;
    if (s->has_shot)
        x += orr_canvas_printf(c, x, r.y, room - x, DIM, "  %dx%d", s->shot.picture.image.width,
                               s->shot.picture.image.height);
    if (orr_detect_gallery_is_drawn(s->opened->gallery))
        orr_canvas_text(c, x, r.y, room - x,
                        s->part == ORR_DETECT_TEST ? "  synthetic, styles never trained on"
                                                   : "  synthetic, styles trained on",
                        DIM);
}

static void draw_foot(const struct detect *s, struct orr_canvas *c, struct orr_rect r)
{
    int x = r.x;
    x += slider(c, x, r.y, r.w, r.w > 60 ? "confidence" : "conf", s->confidence, "- +");
    slider(c, x, r.y, r.x + r.w - x, "IoU", s->iou, "< >");
    if (r.h < 2 || !s->has_shot) return;
    const size_t labels = s->shot.picture.n_labels, good = count_true(s);
    if (orr_detect_gallery_classes(s->opened->gallery) == 0)
        orr_canvas_printf(c, r.x, r.y + 1, r.w, DIM, "%zu found", s->n_kept);
    else
        orr_canvas_printf(c, r.x, r.y + 1, r.w, DIM, "%zu true +  %zu false x%s  %zu missed ?%s  of %zu%s", good,
                          s->n_kept - good, s->false_alarms ? "" : " (hidden)", labels - good,
                          s->missed ? "" : " (hidden)", labels, s->truth ? "  labels =" : "");
}

/* ---- the screen ---- */

static void draw_picture(struct detect *s, struct orr_canvas *c, struct orr_rect r)
{
    struct orr_rect place;
    const int foot = r.h >= 6 ? 2 : r.h >= 3 ? 1 : 0, head = r.h >= 4;
    if (head) draw_head(s, c, (struct orr_rect){r.x, r.y, r.w, 1});
    const struct orr_rect middle = {r.x, r.y + head, r.w, r.h - head - foot};
    if (s->error.code) {
        orr_canvas_printf(c, middle.x, middle.y, r.w, (struct orr_style){ORR_COLOR_BAD, 0, 0}, "%s", s->error.where);
        orr_canvas_text(c, middle.x, middle.y + 1, r.w, s->error.message, (struct orr_style){ORR_COLOR_BAD, 0, 0});
    } else if (s->has_shot) {
        orr_picture_draw(&s->pane_cells, &s->shot.picture.image, s->version, c, middle, &place);
        draw_boxes(s, c, place);
    }
    if (foot) draw_foot(s, c, (struct orr_rect){r.x, r.y + r.h - foot, r.w, foot});
}

void detect_render(struct detect *s, struct orr_canvas *c, struct orr_rect r)
{
    if (r.w < 1 || r.h < 1) return;
    if (!s->opened) {
        const bool bad = s->error.code != ORR_OK;
        orr_canvas_text(c, r.x, r.y, r.w, bad ? s->error.where : "opening pictures...",
                        bad ? (struct orr_style){ORR_COLOR_BAD, 0, 0} : DIM);
        if (bad) orr_canvas_text(c, r.x, r.y + 1, r.w, s->error.message, (struct orr_style){ORR_COLOR_BAD, 0, 0});
        return;
    }
    if (r.w >= DETECT_WIDE && r.h >= 8) {
        const int pane = r.w >= 160 ? PANE_WIDTH + (r.w - 160) / 3 : PANE_WIDTH;
        draw_picture(s, c, (struct orr_rect){r.x, r.y, r.w - pane - 2, r.h});
        detect_render_panes(s, c, (struct orr_rect){r.x + r.w - pane, r.y, pane, r.h});
    } else if (s->pane == DETECT_PICTURE) {
        draw_picture(s, c, r);
    } else {
        detect_render_panes(s, c, r);
    }
}
