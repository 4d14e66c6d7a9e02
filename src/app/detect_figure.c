#include "app/detect_figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/export.h"
#include "base/mem.h"

void orr_detect_curve_table(const struct orr_scores *s, struct orr_table *t)
{
    static const char *const names[] = {"confidence", "precision", "recall", "f1"};
    orr_table_init(t, ORR_SCORE_CONFIDENCES, 4);
    for (size_t c = 0; c < 4; c++) orr_table_column(t, c, names[c], ORR_CELL_NUMBER);
    for (size_t i = 0; i < ORR_SCORE_CONFIDENCES; i++) {
        const double row[4] = {(double)i / (ORR_SCORE_CONFIDENCES - 1), s->precision_at[i], s->recall_at[i],
                               s->f1_at[i]};
        for (size_t c = 0; c < 4; c++) orr_table_set_number(t, i, c, row[c]);
    }
}

static enum orr_status write_table(const struct orr_scores *s, const struct orr_yolo *net, enum orr_detect_chart chart,
                                   bool shares, const char *path, struct orr_error *err)
{
    struct orr_table t = {0};
    if (chart == ORR_DETECT_CURVES)
        orr_detect_curve_table(s, &t);
    else
        orr_detect_matrix_table(s, net, shares, &t);
    const enum orr_status status = orr_export_table(&t, path, err);
    orr_table_free(&t);
    return status;
}

/* Rows column, row, value, count: the colour is the share of the true class, the text what the table would say. */
static double *matrix_cells(const struct orr_scores *s, bool shares)
{
    const size_t n = (size_t)s->classes + 1;
    double *out = orr_alloc(n * n, 4 * sizeof *out);
    for (size_t i = 0; out && i < n * n; i++) {
        const size_t predicted = i / n, truth = i % n;
        double all = 0;
        for (size_t k = 0; k < n; k++) all += s->matrix[k * n + truth];
        const double share = all > 0 ? s->matrix[i] / all : 0;
        out[4 * i] = (double)truth;
        out[4 * i + 1] = (double)predicted;
        out[4 * i + 2] = share;
        out[4 * i + 3] = shares ? share : s->matrix[i];
    }
    return out;
}

enum orr_status orr_detect_figure(const struct orr_scores *s, const struct orr_yolo *net, enum orr_detect_chart chart,
                                  bool shares, const char *title, const char *path, const struct orr_ticker *ticker,
                                  struct orr_error *err)
{
    struct orr_export_kind kind;
    const enum orr_status wrong = orr_export_kind(path, &kind, err);
    if (wrong) return wrong;
    if (!kind.picture) return write_table(s, net, chart, shares, path, err);
    double envelope[ORR_SCORE_RECALLS][2], curves[ORR_SCORE_CONFIDENCES][4];
    for (size_t i = 0; i < ORR_SCORE_RECALLS; i++) {
        envelope[i][0] = (double)i / (ORR_SCORE_RECALLS - 1);
        envelope[i][1] = s->envelope[i];
    }
    for (size_t i = 0; i < ORR_SCORE_CONFIDENCES; i++) {
        curves[i][0] = (double)i / (ORR_SCORE_CONFIDENCES - 1);
        curves[i][1] = s->precision_at[i];
        curves[i][2] = s->recall_at[i];
        curves[i][3] = s->f1_at[i];
    }
    double *cells = matrix_cells(s, shares);
    if (!cells) return orr_error_set(err, ORR_ENOMEM, path, "no memory for the picture");
    const size_t n = (size_t)s->classes + 1;
    const char *names[ORR_YOLO_CLASSES_MAX + 1];
    for (size_t k = 0; k < n; k++) names[k] = k + 1 < n ? net->class_name[k] : "background";
    const struct orr_plot_variable variables[] = {
        {.name = "chart", .text = chart == ORR_DETECT_CURVES ? "curves" : "matrix"},
        {.name = "title_text", .text = title},
        {.name = "n", .number = (double)n},
        {.name = "names", .texts = names, .n = n},
        {.name = "decimals", .number = shares ? 2 : 0},
        {.name = "map50", .number = isfinite(s->map50) ? s->map50 : 0},
        {.name = "best", .number = s->confidence},
        {.name = "best_f1", .number = s->f1}};
    const struct orr_plot_data data[] = {{"envelope", ORR_SCORE_RECALLS, 2, &envelope[0][0]},
                                         {"curves", ORR_SCORE_CONFIDENCES, 4, &curves[0][0]},
                                         {"cells", n * n, 4, cells}};
    const struct orr_plot plot = {.view = "detect",
                                  .format = kind.plot,
                                  .width = chart == ORR_DETECT_CURVES ? 1300 : 900,
                                  .height = chart == ORR_DETECT_CURVES ? 560 : 800,
                                  .variables = variables,
                                  .n_variables = sizeof variables / sizeof *variables,
                                  .data = data,
                                  .n_data = 3};
    const enum orr_status status = orr_plot_write(&plot, path, ticker, err);
    free(cells);
    return status;
}
