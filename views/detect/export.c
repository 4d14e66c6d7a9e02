/* Detect: what is shown as a file, and the commands that give the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/detect_draw.h"
#include "app/export.h"
#include "base/mem.h"
#include "base/shell.h"
#include "state.h"
#include "tui/export.h"

struct export
{
    enum detect_pane pane;
    struct detect_opened *opened; /* held: names of classes */
    bool shares;
    char title[160];
    struct orr_scores *scores; /* of scores, curves, confusion: a copy */
    struct orr_image image;    /* of the picture: a copy */
    struct orr_table times;
    struct orr_detection kept[DETECT_MOST];
    size_t n_kept;
};

static bool is_scored(enum detect_pane p) { return p == DETECT_SCORES || p == DETECT_CURVES || p == DETECT_CONFUSION; }

void detect_command(const struct detect *s, const char *path, struct orr_str *out)
{
    const bool drawn = !s->opened || orr_detect_gallery_is_drawn(s->opened->gallery);
    const bool scored = is_scored(s->pane) || drawn;
    orr_str_append(out, path ? "orrery export detect" : scored ? "orrery detect test" : "orrery detect run");
    orr_shell_append(out, !scored && s->has_shot ? orr_detect_gallery_path(s->opened->gallery, s->shot.at)
                                                 : detect_source(s));
    orr_str_append(out, " --weights");
    orr_shell_append(out, detect_weights(s));
    if (scored && s->part == ORR_DETECT_VALIDATION) orr_str_append(out, " --part validation");
    if (!scored) orr_str_printf(out, " --confidence %g --iou %g", s->confidence, s->iou);
    if (s->pane == DETECT_TIMES && !scored) orr_str_append(out, " --times");
    if (path) {
        orr_str_printf(out, " --chart %s",
                       s->pane == DETECT_SCORES   ? "classes"
                       : s->pane == DETECT_CURVES ? "curves"
                       : s->shares                ? "matrix-shares"
                                                  : "matrix");
        orr_str_append(out, " --out");
        orr_shell_append(out, path);
    } else if (s->pane == DETECT_CONFUSION) {
        orr_str_printf(out, " --show %s", s->shares ? "matrix-shares" : "matrix");
    }
}

static void release(void *ctx)
{
    struct export *x = ctx;
    detect_let_go(x->opened);
    free(x->scores);
    orr_image_free(&x->image);
    orr_table_free(&x->times);
    free(x);
}

static void fill_objects(const struct export *x, struct orr_table *t)
{
    static const char *const names[] = {"class", "confidence", "x", "y", "w", "h"};
    orr_table_init(t, x->n_kept, 6);
    for (size_t c = 0; c < 6; c++) orr_table_column(t, c, names[c], c ? ORR_CELL_NUMBER : ORR_CELL_TEXT);
    for (size_t i = 0; i < x->n_kept; i++) {
        const struct orr_detection *d = &x->kept[i];
        const float v[] = {d->confidence, d->box.x0, d->box.y0, d->box.x1 - d->box.x0, d->box.y1 - d->box.y0};
        orr_table_set_text(t, i, 0, orr_detector_net(x->opened->detector)->class_name[d->class]);
        for (size_t c = 0; c < 5; c++) orr_table_set_number(t, i, c + 1, (double)v[c]);
    }
}

static void fill_times(const struct export *x, struct orr_table *t)
{
    orr_table_init(t, x->times.rows, x->times.columns);
    for (size_t c = 0; c < t->columns; c++) {
        orr_table_column(t, c, x->times.column[c].name, x->times.column[c].kind);
        for (size_t i = 0; i < t->rows; i++) {
            if (x->times.column[c].kind == ORR_CELL_TEXT)
                orr_table_set_text(t, i, c, x->times.column[c].text[i]);
            else
                orr_table_set_number(t, i, c, x->times.column[c].number[i]);
        }
    }
}

static enum orr_status write_shot(struct export *x, const char *path, struct orr_error *err)
{
    const size_t n = strlen(path);
    if (x->pane != DETECT_TIMES && n > 4 && !strcmp(path + n - 4, ".png")) {
        orr_detect_draw(&x->image, orr_detector_net(x->opened->detector), x->kept, x->n_kept);
        return orr_image_write_png(path, &x->image, err);
    }
    struct orr_table t = {0};
    if (x->pane == DETECT_TIMES)
        fill_times(x, &t);
    else
        fill_objects(x, &t);
    const enum orr_status s = orr_export_table(&t, path, err);
    orr_table_free(&t);
    return s;
}

static enum orr_status write(void *ctx, struct orr_store *store, const char *path, const struct orr_ticker *ticker,
                             struct orr_error *err)
{
    struct export *x = ctx;
    (void)store;
    const struct orr_yolo *net = orr_detector_net(x->opened->detector);
    if (!is_scored(x->pane)) return write_shot(x, path, err);
    if (x->pane != DETECT_SCORES)
        return orr_detect_figure(x->scores, net, x->pane == DETECT_CURVES ? ORR_DETECT_CURVES : ORR_DETECT_MATRIX,
                                 x->shares, x->title, path, ticker, err);
    struct orr_table t = {0};
    orr_detect_class_table(x->scores, net, &t);
    const enum orr_status s = orr_export_table(&t, path, err);
    orr_table_free(&t);
    return s;
}

void detect_export(struct orr_ui *ui, struct detect *s, const char *path)
{
    const bool scored = is_scored(s->pane);
    if (!detect_net(s) || (scored ? !s->scores : !s->has_shot)) {
        orr_ui_message(ui, ORR_COLOR_WARN, "nothing to export yet");
        return;
    }
    struct export *x = orr_xcalloc(1, sizeof *x);
    x->pane = s->pane;
    x->shares = s->shares;
    x->opened = s->opened;
    x->opened->holders++;
    snprintf(x->title, sizeof x->title, "%.60s on %.60s%s", orr_detector_name(s->opened->detector), detect_source(s),
             orr_detect_gallery_is_drawn(s->opened->gallery) ? " (synthetic)" : "");
    if (scored) {
        x->scores = orr_xcalloc(1, sizeof *x->scores);
        *x->scores = *s->scores;
    } else {
        const struct orr_image *from = &s->shot.picture.image;
        if (orr_image_init(&x->image, from->width, from->height))
            memcpy(x->image.rgb, from->rgb, 3 * (size_t)from->width * (size_t)from->height);
        memcpy(x->kept, s->kept, sizeof x->kept);
        x->n_kept = s->n_kept;
        x->times = s->shot.times; /* filled from it, below */
        struct orr_table copy = {0};
        fill_times(x, &copy);
        x->times = copy;
    }
    struct orr_str command = {0};
    if (scored) detect_command(s, path, &command);
    orr_ui_export(ui, &(struct orr_ui_export){
                          .path = path, .command = command.data, .write = write, .release = release, .ctx = x});
    orr_str_free(&command);
}
