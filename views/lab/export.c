/* Lab: loss and accuracy of a session as a picture. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/export.h"
#include "base/mem.h"
#include "plot/plot.h"
#include "tui/export.h"
#include "views/lab/state.h"

enum { BLOCKS = 5 };
static const char *const series[BLOCKS] = {"batch/loss", "train/loss", "val/loss", "train/accuracy", "val/accuracy"};
static const char *const names[BLOCKS] = {"batch_loss", "train_loss", "val_loss", "train_accuracy", "val_accuracy"};

struct export
{
    char *title;
    enum orr_plot_format format;
    size_t rows[BLOCKS];
    double *values[BLOCKS]; /* x, y */
};

static void release(void *ctx)
{
    struct export *e = ctx;
    for (int i = 0; i < BLOCKS; i++) free(e->values[i]);
    free(e->title);
    free(e);
}

static enum orr_status write(void *ctx, struct orr_store *store, const char *path, const struct orr_ticker *ticker,
                             struct orr_error *err)
{
    const struct export *e = ctx;
    (void)store;
    static const double nothing[2] = {NAN, NAN};
    struct orr_plot_data data[BLOCKS];
    for (int i = 0; i < BLOCKS; i++)
        data[i] = (struct orr_plot_data){names[i], e->rows[i] ? e->rows[i] : 1, 2, e->rows[i] ? e->values[i] : nothing};
    const struct orr_plot_variable variables[] = {{.name = "title_text", .text = e->title},
                                                  {.name = "has_accuracy", .number = e->rows[3] > 0 && e->rows[4] > 0},
                                                  {.name = "has_batches", .number = e->rows[0] > 0}};
    const struct orr_plot p = {
        .view = "lab", .format = e->format, .variables = variables, .n_variables = 3, .data = data, .n_data = BLOCKS};
    return orr_plot_write(&p, path, ticker, err);
}

void lab_export(struct orr_ui *ui, struct lab *s, const char *path)
{
    lab_refresh(ui, s);
    const struct lab_session *here = lab_here(s);
    const struct orr_lab_points *loss = here ? orr_lab_look_find(&here->look, "train/loss") : NULL;
    struct orr_export_kind kind;
    struct orr_error err;
    enum orr_status status = orr_export_kind(path, &kind, &err);
    if (!status && !kind.picture)
        status = orr_error_set(&err, ORR_EINVAL, path, "a picture: .png .svg .pdf; Enter, then e writes tables");
    if (!status && !here) status = orr_error_set(&err, ORR_ENOTFOUND, path, "no run to export; n starts one");
    if (!status && !loss) status = orr_error_set(&err, ORR_ENOTFOUND, path, "no epoch has ended yet");
    if (status) {
        orr_ui_error(ui, &err);
        return;
    }
    struct export *e = orr_xcalloc(1, sizeof *e);
    e->title = orr_xstrdup(here->name);
    e->format = kind.plot;
    for (int i = 0; i < BLOCKS; i++) {
        const struct orr_lab_points *p = orr_lab_look_find(&here->look, series[i]);
        if (!p || !p->n) continue;
        e->rows[i] = p->n;
        e->values[i] = orr_xmalloc(2 * p->n * sizeof *e->values[i]);
        for (size_t k = 0; k < p->n; k++) {
            e->values[i][2 * k] = p->x[k];
            e->values[i][2 * k + 1] = p->y[k];
        }
    }
    orr_ui_export(ui, &(struct orr_ui_export){.path = path, .write = write, .release = release, .ctx = e});
}
