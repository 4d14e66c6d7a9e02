#include "app/select_figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/eval_select_private.h"
#include "app/export.h"
#include "base/mem.h"

static const int METHODS[ORR_SELECT_CURVES] = {ORR_EST_FIRST,      ORR_EST_AVERAGE,   ORR_EST_LOG_SUM,   ORR_EST_CORRECTED,
                                               ORR_EST_LIKELIHOOD, ORR_EST_TRIE_BEAM, ORR_SELECT_BM25, ORR_SELECT_RANDOM};
static const size_t SIZES[ORR_SELECT_SIZES] = {5, 100, 1000, 10000, 50000};
enum { MOST_EXACT = 1000 /* candidates */ };

static void sum_up(const struct orr_select_sheet *s, struct orr_select_curves *out, size_t size)
{
    for (size_t m = 0; m < ORR_SELECT_CURVES; m++) {
        const struct orr_select_answer *a = &s->answer[(size_t)METHODS[m] * s->n];
        double right = 0;
        size_t n = 0;
        for (size_t q = 0; q < s->n; q++) {
            if (isnan(a[q].rank)) continue;
            right += a[q].rank <= 1;
            n++;
        }
        out->accuracy[m][size] = n ? 100 * right / (double)n : (double)NAN;
    }
}

static void calibrate(const struct orr_select_sheet *s, struct orr_select_curves *out)
{
    double *x = orr_xcalloc(s->n + 1, sizeof *x);
    bool *right = orr_xcalloc(s->n + 1, sizeof *right);
    for (size_t m = 0; m < ORR_SELECT_CURVES; m++) {
        const struct orr_select_answer *a = &s->answer[(size_t)METHODS[m] * s->n];
        size_t n = 0;
        for (size_t q = 0; q < s->n; q++) {
            if (isnan(a[q].confidence)) continue;
            /* bins as of orr_stats_ece */
            const int above = (int)ceil(a[q].confidence * ORR_SELECT_BINS), bin = above > 0 ? above - 1 : 0;
            x[n] = a[q].confidence;
            right[n] = a[q].rank <= 1;
            out->confidence[m][bin] += x[n];
            out->right[m][bin] += right[n++];
            out->count[m][bin]++;
        }
        for (size_t b = 0; b < ORR_SELECT_BINS; b++) {
            out->confidence[m][b] /= (double)out->count[m][b]; /* NaN without any */
            out->right[m][b] /= (double)out->count[m][b];
        }
        out->ece[m] = orr_stats_ece(x, right, n, ORR_SELECT_BINS);
    }
    free(x);
    free(right);
}

enum orr_status orr_select_curves(const char *model, size_t questions, bool sizes, const struct orr_ticker *ticker,
                                  struct orr_select_curves *out, struct orr_error *err)
{
    const struct orr_eval_select_options o = {.model = model, .seed = 1};
    struct orr_select_work w = {.o = &o, .ticker = ticker, .err = err};
    *out = (struct orr_select_curves){.n_sizes = sizes ? ORR_SELECT_SIZES : 1};
    for (size_t m = 0; m < ORR_SELECT_CURVES; m++) out->method[m] = orr_eval_select_name(METHODS[m]);
    enum orr_status s = orr_select_work_open(&w, questions);
    out->questions = w.n;
    for (size_t i = 0; i < out->n_sizes && !s; i++) {
        struct orr_select_sheet sheet = orr_select_sheet_new(w.n);
        struct orr_select_pool p = {0};
        out->size[i] = (double)SIZES[i];
        if (SIZES[i] > w.wordnet.lemmas.len) {
            out->n_sizes = i;
        } else {
            s = orr_select_fill(&w, SIZES[i], SIZES[i] <= MOST_EXACT ? w.n : 0, "asking", &p, &sheet);
            if (!s) sum_up(&sheet, out, i);
            if (!s && i == 0) calibrate(&sheet, out);
        }
        orr_select_pool_free(&p);
        orr_select_sheet_free(&sheet);
    }
    orr_select_work_close(&w);
    return s;
}

/* ---- export ---- */

/* Rows of x, then a column per method: sizes, or middles of bins. */
static size_t rows_of(const struct orr_select_curves *c, bool calibration, double *rows)
{
    const size_t n = calibration ? ORR_SELECT_BINS : c->n_sizes, width = ORR_SELECT_CURVES + 1;
    for (size_t i = 0; i < n; i++) {
        rows[i * width] = calibration ? ((double)i + 0.5) / ORR_SELECT_BINS : c->size[i];
        for (size_t m = 0; m < ORR_SELECT_CURVES; m++)
            rows[i * width + m + 1] = calibration ? 100 * c->right[m][i] : c->accuracy[m][i];
    }
    return n;
}

static enum orr_status draw(const struct orr_select_curves *c, bool calibration, enum orr_plot_format format,
                            const char *path, const struct orr_ticker *ticker, struct orr_error *err)
{
    double rows[ORR_SELECT_BINS * (ORR_SELECT_CURVES + 1)];
    char title[160], names[ORR_SELECT_CURVES][64];
    const char *texts[ORR_SELECT_CURVES];
    const size_t n = rows_of(c, calibration, rows);
    for (size_t m = 0; m < ORR_SELECT_CURVES; m++) {
        if (calibration && !isnan(c->ece[m]))
            snprintf(names[m], sizeof names[m], "%s, error %.2f", c->method[m], c->ece[m]);
        else
            snprintf(names[m], sizeof names[m], "%s", calibration ? "" : c->method[m]);
        texts[m] = names[m];
    }
    snprintf(title, sizeof title, "WordNet: %zu definitions held back%s", c->questions,
             calibration ? ", pools of five" : "");
    const struct orr_plot_variable variables[] = {{.name = "title_text", .text = title},
                                                  {.name = "names", .texts = texts, .n = ORR_SELECT_CURVES},
                                                  {.name = "calibration", .number = calibration}};
    const struct orr_plot_data data[] = {{"curves", n, ORR_SELECT_CURVES + 1, rows}};
    const struct orr_plot plot = {
        .view = "select", .format = format, .variables = variables, .n_variables = 3, .data = data, .n_data = 1};
    return orr_plot_write(&plot, path, ticker, err);
}

enum orr_status orr_select_figure_export(const char *model, size_t questions, bool calibration, const char *path,
                                         const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_export_kind kind;
    struct orr_select_curves *c = orr_xcalloc(1, sizeof *c);
    enum orr_status s = orr_export_kind(path, &kind, err);
    if (!s) s = orr_select_curves(model, questions, !calibration, ticker, c, err);
    if (!s && kind.picture) {
        s = draw(c, calibration, kind.plot, path, ticker, err);
    } else if (!s) {
        double rows[ORR_SELECT_BINS * (ORR_SELECT_CURVES + 1)];
        const size_t n = rows_of(c, calibration, rows), width = ORR_SELECT_CURVES + 1;
        struct orr_table t = {0};
        orr_table_init(&t, n, width);
        orr_table_column(&t, 0, calibration ? "probability" : "candidates", ORR_CELL_NUMBER);
        for (size_t m = 0; m < ORR_SELECT_CURVES; m++) orr_table_column(&t, m + 1, c->method[m], ORR_CELL_NUMBER);
        for (size_t i = 0; i < n * width; i++) orr_table_set_number(&t, i / width, i % width, rows[i]);
        s = orr_export_table(&t, path, err);
        orr_table_free(&t);
    }
    free(c);
    return s;
}
