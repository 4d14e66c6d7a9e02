/* Scores of a detector as pictures and tables: precision and recall, and who was taken for whom. */
#ifndef ORRERY_APP_DETECT_FIGURE_H
#define ORRERY_APP_DETECT_FIGURE_H

#include "app/detect_test.h"

enum orr_detect_chart { ORR_DETECT_CURVES, ORR_DETECT_MATRIX };

/* Rows by confidence 0, .005, ..., 1: confidence, precision, recall, f1, means over classes. Zero-initialise *t before. */
void orr_detect_curve_table(const struct orr_scores *s, struct orr_table *t);

/* Into a file, by the extension of its name: .png, .svg, .pdf drawn by gnuplot, else a table. shares: of the matrix, shares
 * of the true class. title: what was tested, for pictures. As orr_plot_write and orr_export_table. */
enum orr_status orr_detect_figure(const struct orr_scores *s, const struct orr_yolo *net, enum orr_detect_chart chart,
                                  bool shares, const char *title, const char *path, const struct orr_ticker *ticker,
                                  struct orr_error *err);

#endif
