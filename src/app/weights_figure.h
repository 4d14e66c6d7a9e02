/* The four charts of weight forecasts as data: trajectories with their fan, the principal plane with the field, the
 * distribution of weights, error against horizon. Drawn in cells by tui/weights_chart, by gnuplot here, or written as tables. */
#ifndef ORRERY_APP_WEIGHTS_FIGURE_H
#define ORRERY_APP_WEIGHTS_FIGURE_H

#include "app/export.h"
#include "app/weights_scene.h"

enum orr_weights_chart {
    ORR_WEIGHTS_TRAJECTORIES, ORR_WEIGHTS_PLANE, ORR_WEIGHTS_HISTOGRAM, ORR_WEIGHTS_ERROR, ORR_WEIGHTS_CHARTS
};
extern const char *const orr_weights_chart_names[ORR_WEIGHTS_CHARTS]; /* "trajectories", "plane", "histogram", "error" */

/* Methods that can be laid over one's own without fitting. */
enum { ORR_WEIGHTS_OVERLAYS = 5, ORR_WEIGHTS_SHOWN_MOST = 1 + ORR_WEIGHTS_OVERLAYS };
extern const char *const orr_weights_overlays[ORR_WEIGHTS_OVERLAYS];

/* What is shown. All borrowed. */
struct orr_weights_picture {
    const struct orr_scene *scene;
    size_t scope;
    const struct orr_scene_forecast *const *forecasts; /* the method's own, then what is laid over it; may be none */
    size_t n_forecasts;
    const struct orr_scene_field *field;               /* of forecasts[0]; NULL: none */
    const struct orr_scene_coordinate *lines;          /* of trajectories */
    size_t n_lines;
    size_t observed; /* snapshots, also where there is no forecast */
};

/* "layers.2.weight[17]" */
void orr_weights_line_name(const struct orr_weights_picture *p, size_t line, char out[80]);
/* "all 2,410 weights", "4,096 of 10,000,000 weights", "layers.2.weight" and so on. */
void orr_weights_scope_name(const struct orr_weights_picture *p, char out[120]);

/* Shares of the scope's weights now, forecast and true at the last horizon, in equal bins of lo..hi; a series that there is
 * not is NaN. */
enum { ORR_WEIGHTS_BINS = 48 };
struct orr_weights_histogram {
    double lo, hi, share[3][ORR_WEIGHTS_BINS];
};
bool orr_weights_histogram(const struct orr_weights_picture *p, struct orr_weights_histogram *out);

/* The chart's numbers in long form. Zero-initialise *t before. */
void orr_weights_chart_table(const struct orr_weights_picture *p, enum orr_weights_chart chart, struct orr_table *t);
/* As a file, by its extension. EINVAL: nothing to draw (no truth for errors, one snapshot, ...). */
enum orr_status orr_weights_figure(const struct orr_weights_picture *p, enum orr_weights_chart chart, const char *path,
                                   const struct orr_ticker *ticker, struct orr_error *err);
/* Why the chart is empty; NULL: it is not. */
const char *orr_weights_chart_empty(const struct orr_weights_picture *p, enum orr_weights_chart chart);

#endif
