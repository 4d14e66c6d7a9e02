/* Node states as pictures: as they were, as forecast, and the error. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/export.h"
#include "app/network.h"
#include "base/mem.h"

enum { MOST_NODES = 300, MOST_TIMES = 400, COLUMNS = 5 };

/* Rows of time, node, state, forecast, error, thinned to what a picture can show; the observed part has no forecast. */
static double *cells(const struct orr_network *w, const struct orr_network_forecast *f, size_t *rows, size_t *nodes,
                     size_t *times)
{
    const size_t all = f->observed + f->horizon;
    *nodes = w->n < MOST_NODES ? w->n : MOST_NODES;
    *times = all < MOST_TIMES ? all : MOST_TIMES;
    double *out = orr_alloc(*nodes * *times, COLUMNS * sizeof *out), *to = out;
    for (size_t c = 0; out && c < *times; c++)
        for (size_t r = 0; r < *nodes; r++) {
            const size_t k = c * all / *times, i = r * w->n / *nodes;
            const bool ahead = k >= f->observed;
            const double truth = ahead ? f->truth[(k - f->observed) * w->n + i] : w->x[k * w->n + i];
            const double mean = ahead ? f->f.mean[(k - f->observed) * w->n + i] : truth;
            *to++ = f->t0 + f->step * ((double)k - (double)f->observed + 1);
            *to++ = (double)i;
            *to++ = truth;
            *to++ = mean;
            *to++ = mean - truth;
        }
    *rows = out ? *nodes * *times : 0;
    return out;
}

enum orr_status orr_network_export(const struct orr_network *w, const struct orr_network_forecast *f, const char *path,
                                   const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_export_kind kind;
    enum orr_status s = orr_export_kind(path, &kind, err);
    if (s) return s;
    if (!kind.picture) {
        struct orr_table t = {0};
        orr_network_table(w, f, &t);
        s = orr_export_table(&t, path, err);
        orr_table_free(&t);
        return s;
    }
    size_t rows, nodes, times;
    double *x = cells(w, f, &rows, &nodes, &times), low = INFINITY, high = -INFINITY, most = 0;
    if (!x) return orr_error_set(err, ORR_ENOMEM, path, "no memory for the picture");
    for (size_t k = 0; k < rows; k++) {
        const double *c = x + k * COLUMNS;
        if (isfinite(c[2])) low = fmin(low, c[2]), high = fmax(high, c[2]);
        if (isfinite(c[4])) most = fmax(most, fabs(c[4]));
    }
    char title[96];
    snprintf(title, sizeof title, "%zu nodes, %zu rows observed, %s", w->n, f->observed, f->method);
    const struct orr_plot_variable variables[] = {
        {.name = "title_text", .text = title},           {.name = "observed", .number = f->t0},
        {.name = "low", .number = low < high ? low : 0}, {.name = "high", .number = low < high ? high : 1},
        {.name = "most", .number = most > 0 ? most : 1}, {.name = "has_truth", .number = isfinite(f->mae)},
    };
    const struct orr_plot_data data[] = {{"cells", rows, COLUMNS, x}};
    const struct orr_plot plot = {.view = "network",
                                  .format = kind.plot,
                                  .width = 1400,
                                  .height = 520,
                                  .variables = variables,
                                  .n_variables = sizeof variables / sizeof *variables,
                                  .data = data,
                                  .n_data = 1};
    s = orr_plot_write(&plot, path, ticker, err);
    free(x);
    return s;
}
