/* What stands beside the picture: objects, scores, curves, who was taken for whom, time by module. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "state.h"
#include "tui/chart.h"

static const struct orr_style DIM = {ORR_COLOR_DIM, 0, 0}, TITLE = {ORR_COLOR_ACCENT, 0, ORR_BOLD},
                              BAD = {ORR_COLOR_BAD, 0, 0};

static void draw_objects(const struct detect *s, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_yolo *net = detect_net(s);
    const bool judged = orr_detect_gallery_classes(s->opened->gallery) > 0;
    int y = r.y;
    orr_canvas_text(c, r.x, y++, r.w, "object         conf    x    y    w    h", DIM);
    for (size_t k = 0; net && k < s->n_kept && y < r.y + r.h; k++) {
        const struct orr_detection *d = &s->kept[k];
        const bool good = s->taken[k] >= 0;
        if (judged && !good && !s->false_alarms) continue;
        const struct orr_style style = {judged ? good ? ORR_COLOR_GOOD : ORR_COLOR_BAD : ORR_COLOR_DEFAULT, 0, 0};
        orr_canvas_printf(c, r.x, y++, r.w, style, "%s %-12.12s %.2f %4.0f %4.0f %4.0f %4.0f",
                          judged ? good ? "+" : "x" : " ", net->class_name[d->class], (double)d->confidence,
                          (double)d->box.x0, (double)d->box.y0, (double)(d->box.x1 - d->box.x0),
                          (double)(d->box.y1 - d->box.y0));
    }
    for (size_t i = 0; s->has_shot && s->missed && i < s->shot.picture.n_labels && y < r.y + r.h; i++) {
        const struct orr_label *l = &s->shot.picture.labels[i];
        if (s->found[i]) continue;
        orr_canvas_printf(c, r.x, y++, r.w, (struct orr_style){ORR_COLOR_WARN, 0, 0},
                          "%s %-12.12s      %4.0f %4.0f %4.0f %4.0f", net ? "?" : "=",
                          orr_detect_gallery_class(s->opened->gallery, l->class), (double)l->box.x0, (double)l->box.y0,
                          (double)(l->box.x1 - l->box.x0), (double)(l->box.y1 - l->box.y0));
    }
    if (net || y >= r.y + r.h) return;
    orr_canvas_text(c, r.x, y++, r.w, s->opened->why.where, BAD);
    orr_canvas_text(c, r.x, y, r.w, s->opened->why.message, BAD);
}

/* False, with a line that says why, while there are no scores. */
static bool have_scores(const struct detect *s, struct orr_canvas *c, struct orr_rect r)
{
    if (s->scores) return true;
    const bool bad = s->score_error.code != ORR_OK;
    if (bad) orr_canvas_text(c, r.x, r.y, r.w, s->score_error.where, BAD);
    orr_canvas_text(c, r.x, r.y + bad, r.w,
                    bad              ? s->score_error.message
                    : !detect_net(s) ? "no network to score"
                    : s->testing     ? "scoring all pictures..."
                                     : "t scores the network on all pictures",
                    bad ? BAD : DIM);
    return false;
}

static void draw_scores(const struct detect *s, struct orr_canvas *c, struct orr_rect r)
{
    if (!have_scores(s, c, r)) return;
    const struct orr_scores *t = s->scores;
    const struct orr_yolo *net = detect_net(s);
    int y = r.y;
    orr_canvas_text(c, r.x, y++, r.w, "class            n    P    R   F1 AP50   AP", DIM);
    for (int k = 0; k < t->classes && y < r.y + r.h - 3; k++) {
        const struct orr_class_score *z = &t->class_score[k];
        if (z->objects == 0) {
            orr_canvas_printf(c, r.x, y++, r.w, DIM, "%-13.13s none: not in any mean", net->class_name[k]);
            continue;
        }
        orr_canvas_printf(c, r.x, y++, r.w, (struct orr_style){0}, "%-13.13s %4zu %.2f %.2f %.2f %.2f %.2f",
                          net->class_name[k], z->objects, z->precision, z->recall, z->f1, z->ap50, z->ap);
    }
    orr_canvas_printf(c, r.x, y++, r.w, TITLE, "%-13.13s %4zu %.2f %.2f %.2f %.2f %.2f", "all", t->objects,
                      t->precision, t->recall, t->f1, t->map50, t->map);
    orr_canvas_printf(c, r.x, y++, r.w, DIM, "P, R, F1 at confidence %.3f; %zu images", t->confidence, t->images);
    int x = r.x + orr_canvas_text(c, r.x, y, r.w, "AP of boxes:", DIM);
    for (int k = 0; k < ORR_SIZES; k++) { /* without boxes of a size there is no number */
        static const char *const sizes[ORR_SIZES] = {"small", "medium", "large"};
        const double ap = t->ap_size[k];
        x += orr_canvas_printf(c, x, y, r.x + r.w - x, DIM, isfinite(ap) ? " %s %.2f" : " %s -", sizes[k], ap);
    }
}

static void draw_curves(const struct detect *s, struct orr_canvas *c, struct orr_rect r)
{
    if (!have_scores(s, c, r)) return;
    double recall[ORR_SCORE_RECALLS], confidence[ORR_SCORE_CONFIDENCES];
    for (int i = 0; i < ORR_SCORE_RECALLS; i++) recall[i] = i / (ORR_SCORE_RECALLS - 1.0);
    for (int i = 0; i < ORR_SCORE_CONFIDENCES; i++) confidence[i] = i / (ORR_SCORE_CONFIDENCES - 1.0);
    char note[32];
    snprintf(note, sizeof note, "mAP50 %.3f", s->scores->map50);
    const struct orr_chart_series pr = {.name = "precision by recall",
                                        .color = 1,
                                        .n = ORR_SCORE_RECALLS,
                                        .x = recall,
                                        .y = s->scores->envelope,
                                        .note = note};
    const struct orr_chart_series by[] = {
        {.name = "precision", .color = 1, .n = ORR_SCORE_CONFIDENCES, .x = confidence, .y = s->scores->precision_at},
        {.name = "recall", .color = 2, .n = ORR_SCORE_CONFIDENCES, .x = confidence, .y = s->scores->recall_at},
        {.name = "F1", .color = 3, .n = ORR_SCORE_CONFIDENCES, .x = confidence, .y = s->scores->f1_at}};
    struct orr_chart chart = orr_chart_init();
    chart.x0 = chart.y0 = 0;
    chart.x1 = chart.y1 = 1;
    chart.series = &pr;
    chart.n_series = 1;
    chart.x_label = "recall";
    const int half = r.h >= 14 ? r.h / 2 : r.h;
    orr_chart_draw(c, (struct orr_rect){r.x, r.y, r.w, half}, &chart);
    if (half == r.h) return;
    chart.series = by;
    chart.n_series = 3;
    chart.x_label = "confidence";
    chart.cursor = s->confidence;
    orr_chart_draw(c, (struct orr_rect){r.x, r.y + half, r.w, r.h - half}, &chart);
}

/* Rows: what was said; columns: what is there. Shading: the share of the true class. */
static void draw_confusion(const struct detect *s, struct orr_canvas *c, struct orr_rect r)
{
    if (!have_scores(s, c, r)) return;
    const int n = s->scores->classes + 1, name = r.w >= 40 ? 11 : 6;
    const int room = (r.w - name) / n, wide = room < 6 ? room : 6;
    if (wide < 3) {
        orr_canvas_printf(c, r.x, r.y, r.w, DIM, "%d classes: too many for this width", s->scores->classes);
        return;
    }
    orr_canvas_printf(c, r.x, r.y, r.w, DIM, "said (rows), true (columns); %s",
                      s->shares ? "shares, x: counts" : "counts, x: shares");
    for (int k = 0; k < n && r.y + 1 < r.y + r.h; k++)
        orr_canvas_printf(c, r.x + name + k * wide, r.y + 1, wide - 1, DIM, "%s",
                          k + 1 < n ? detect_net(s)->class_name[k] : "backgr");
    for (int i = 0; i < n && r.y + 2 + i < r.y + r.h; i++) {
        orr_canvas_text(c, r.x, r.y + 2 + i, name - 1, i + 1 < n ? detect_net(s)->class_name[i] : "background", DIM);
        for (int k = 0; k < n; k++) {
            double all = 0;
            for (int j = 0; j < n; j++) all += s->scores->matrix[j * n + k];
            const double x = s->scores->matrix[i * n + k], share = all > 0 ? x / all : 0;
            const struct orr_rect cell = {r.x + name + k * wide, r.y + 2 + i, wide - 1, 1};
            const int heat = (int)lround(share * 15);
            const struct orr_style style = {heat > 9 ? ORR_COLOR_HEAT : ORR_COLOR_DEFAULT,
                                            x > 0 ? (uint8_t)(ORR_COLOR_HEAT + heat) : 0, 0};
            char text[24];
            if (!s->shares)
                snprintf(text, sizeof text, "%.0f", x);
            else if (share >= 0.995)
                snprintf(text, sizeof text, "1.0");
            else
                snprintf(text, sizeof text, ".%02d", (int)lround(share * 100));
            orr_canvas_fill(c, cell, ' ', style);
            orr_canvas_text_right(c, cell.x, cell.y, cell.w, text, style);
        }
    }
}

static void draw_times(const struct detect *s, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_table *t = &s->shot.times;
    if (!s->has_shot || !detect_net(s)) {
        orr_canvas_text(c, r.x, r.y, r.w, "no network has looked", DIM);
        return;
    }
    orr_canvas_printf(c, r.x, r.y, r.w, DIM, "%s: fit %.1f, net %.1f, decode %.1f ms",
                      orr_detector_name(s->opened->detector), 1e3 * s->shot.look.fit_seconds,
                      1e3 * s->shot.look.network_seconds, 1e3 * s->shot.look.decode_seconds);
    double most = 0;
    for (size_t i = 0; i < t->rows; i++) most = fmax(most, t->column[3].number[i]);
    for (size_t i = 0; i < t->rows && r.y + 1 + (int)i < r.y + r.h; i++) {
        const int y = r.y + 1 + (int)i;
        const double ms = 1e3 * t->column[3].number[i];
        int x = r.x + orr_canvas_printf(c, r.x, y, r.w, (struct orr_style){0}, "%2zu %-11.11s %7.3f ms ", i,
                                        t->column[1].text[i], ms);
        const int room = r.x + r.w - x, bar = most > 0 ? (int)lround(ms / (1e3 * most) * room) : 0;
        for (int k = 0; k < bar && k < room; k++)
            orr_canvas_put(c, x + k, y, 0x25A0, (struct orr_style){ORR_COLOR_SERIES, 0, 0});
    }
}

static void draw_pane(const struct detect *s, enum detect_pane pane, struct orr_canvas *c, struct orr_rect r)
{
    static const char *const names[DETECT_PANES] = {"objects", "objects",   "scores",
                                                    "curves",  "confusion", "time by module"};
    if (r.h >= 4) {
        orr_canvas_text(c, r.x, r.y, r.w, names[pane], TITLE);
        if (pane == s->pane) orr_canvas_text_right(c, r.x, r.y, r.w, "Tab", DIM);
        r.y++;
        r.h--;
    }
    switch (pane) {
    case DETECT_SCORES: draw_scores(s, c, r); break;
    case DETECT_CURVES: draw_curves(s, c, r); break;
    case DETECT_CONFUSION: draw_confusion(s, c, r); break;
    case DETECT_TIMES: draw_times(s, c, r); break;
    default: draw_objects(s, c, r); break;
    }
}

/* Objects, and scores, leave room below them on a high screen. */
void detect_render_panes(const struct detect *s, struct orr_canvas *c, struct orr_rect r)
{
    const int below = ORR_YOLO_MODULES + 3, scores = s->scores ? s->scores->classes + 6 : 0;
    struct orr_rect top = r, rest = r;
    if (s->pane <= DETECT_OBJECTS && r.h >= below + 10) {
        top.h = r.h - below;
        rest.y += top.h, rest.h = below;
        draw_pane(s, DETECT_TIMES, c, rest);
    } else if (s->pane == DETECT_SCORES && scores && r.h >= 2 * scores + 4) {
        top.h = scores;
        rest.y += top.h, rest.h -= top.h;
        draw_pane(s, DETECT_CONFUSION, c, rest);
    }
    draw_pane(s, s->pane, c, top);
}
