/* The charts of weight forecasts in cells: the Weights view and `orrery forecast weights --plot` draw them alike. */
#ifndef ORRERY_TUI_WEIGHTS_CHART_H
#define ORRERY_TUI_WEIGHTS_CHART_H

#include "app/weights_figure.h"
#include "tui/canvas.h"

struct orr_weights_look {
    bool log_y;  /* of errors */
    bool fan;    /* intervals of trajectories */
};
void orr_weights_chart_draw(struct orr_canvas *c, struct orr_rect r, const struct orr_weights_picture *p,
                            enum orr_weights_chart chart, const struct orr_weights_look *look);

#endif
