/* A chart of text, drawn by the same code as the workbench's. */
#ifndef ORRERY_CLI_TEXT_CHART_H
#define ORRERY_CLI_TEXT_CHART_H

#include "app/export.h"
#include "tui/canvas.h"

/* Appends the curve set as lines of text, q->width columns by q->height rows (0: 100 by 24). */
enum orr_status orr_text_chart(struct orr_app *app, const struct orr_curve_set *q, enum orr_glyphs glyphs,
                               const struct orr_ticker *ticker, struct orr_str *out, struct orr_error *err);

#endif
