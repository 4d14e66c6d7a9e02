#include "app/search_recall.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/export.h"
#include "base/mem.h"
#include "num/stats.h"

static const enum orr_stage shown[] = {ORR_STAGE_SPARSE, ORR_STAGE_DENSE, ORR_STAGE_RERANK};
enum { SHOWN = sizeof shown / sizeof *shown };

static void count(const struct orr_cascade_result *r, uint32_t right, struct orr_search_recall *out)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->items[i].doc != right) continue;
        for (int s = 0; s < SHOWN; s++)
            for (size_t k = r->items[i].place[shown[s]]; k && k <= ORR_RECALL_DEPTH; k++)
                out->percent[shown[s]][k - 1]++;
        return;
    }
}

static enum orr_status ask_all(const struct orr_search *s, const struct orr_corpus_questions *q, const uint32_t *right,
                               const struct orr_ticker *ticker, struct orr_search_recall *out, struct orr_error *err)
{
    const struct orr_cascade_options o = orr_cascade_defaults();
    double *ms = orr_xcalloc(SHOWN * q->n + 1, sizeof *ms);
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < q->n && status == ORR_OK; i++) {
        struct orr_cascade_result r = {0};
        if (right[i] == UINT32_MAX) continue;
        if (orr_cascade_run(s->cascade, q->items[i].question, &o, &r, NULL) == ORR_OK) count(&r, right[i], out);
        for (int k = 0; k < SHOWN; k++) ms[(size_t)k * q->n + out->n] = 1e3 * r.seconds[shown[k]];
        out->n++;
        orr_cascade_result_free(&r);
        if (!orr_ticker_tick(ticker, "searching", "questions", i, q->n))
            status = orr_error_set(err, ORR_ECANCELLED, "search", "stopped");
    }
    for (int k = 0; k < SHOWN && out->n; k++) {
        out->milliseconds[shown[k]] = orr_stats_median(ms + (size_t)k * q->n, out->n);
        for (int i = 0; i < ORR_RECALL_DEPTH; i++) out->percent[shown[k]][i] *= 100 / (double)out->n;
    }
    free(ms);
    return status;
}

enum orr_status orr_search_recall(struct orr_store *store, const char *corpus, const struct orr_ticker *ticker,
                                  struct orr_search_recall *out, struct orr_error *err)
{
    *out = (struct orr_search_recall){0};
    struct orr_search s = {0};
    struct orr_corpus_questions q = {0};
    enum orr_status status = orr_search_open(store, corpus, ticker, &s, err);
    if (status == ORR_OK) status = orr_store_corpus_questions(store, s.corpus.corpus, &q, err);
    uint32_t *right = orr_xcalloc(q.n + 1, sizeof *right);
    for (size_t i = 0; i < q.n && status == ORR_OK; i++) {
        int64_t id = 0;
        const bool known =
            orr_store_corpus_table_find(store, s.corpus.corpus, q.items[i].table_key, &id, NULL) == ORR_OK;
        right[i] = known ? orr_index_doc_find(s.corpus.index, (uint64_t)id) : UINT32_MAX;
    }
    if (status == ORR_OK) status = ask_all(&s, &q, right, ticker, out, err);
    if (status == ORR_OK && out->n == 0)
        status = orr_error_set(err, ORR_ENOTFOUND, corpus,
                               "no questions with known tables; `orrery corpus add %s --questions FILE` brings some",
                               corpus);
    free(right);
    orr_corpus_questions_free(&q);
    orr_search_close(&s);
    return status;
}

static enum orr_status draw(const struct orr_search_recall *r, const char *corpus, enum orr_plot_format format,
                            const char *path, const struct orr_ticker *ticker, struct orr_error *err)
{
    double rows[ORR_RECALL_DEPTH * (SHOWN + 1)];
    char title[160], names[SHOWN][64];
    const char *texts[SHOWN];
    for (int i = 0; i < ORR_RECALL_DEPTH; i++) {
        rows[i * (SHOWN + 1)] = i + 1;
        for (int k = 0; k < SHOWN; k++) rows[i * (SHOWN + 1) + k + 1] = r->percent[shown[k]][i];
    }
    for (int k = 0; k < SHOWN; k++) {
        snprintf(names[k], sizeof names[k], "%s, +%.2g ms", orr_stage_names[shown[k]], r->milliseconds[shown[k]]);
        texts[k] = names[k];
    }
    snprintf(title, sizeof title, "%.80s: %zu questions", corpus, r->n);
    const struct orr_plot_variable variables[] = {{.name = "title_text", .text = title},
                                                  {.name = "names", .texts = texts, .n = SHOWN}};
    const struct orr_plot_data data[] = {{"recall", ORR_RECALL_DEPTH, SHOWN + 1, rows}};
    const struct orr_plot plot = {
        .view = "search", .format = format, .variables = variables, .n_variables = 2, .data = data, .n_data = 1};
    return orr_plot_write(&plot, path, ticker, err);
}

enum orr_status orr_search_recall_export(struct orr_store *store, const char *corpus, const char *path,
                                         const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_export_kind kind;
    struct orr_search_recall *r = orr_xcalloc(1, sizeof *r);
    enum orr_status status = orr_export_kind(path, &kind, err);
    if (status == ORR_OK) status = orr_search_recall(store, corpus, ticker, r, err);
    if (status == ORR_OK && kind.picture) {
        status = draw(r, corpus, kind.plot, path, ticker, err);
    } else if (status == ORR_OK) {
        struct orr_table t = {0};
        orr_table_init(&t, ORR_RECALL_DEPTH, SHOWN + 1);
        orr_table_column(&t, 0, "k", ORR_CELL_INTEGER);
        for (int k = 0; k < SHOWN; k++) orr_table_column(&t, (size_t)k + 1, orr_stage_names[shown[k]], ORR_CELL_NUMBER);
        for (size_t i = 0; i < ORR_RECALL_DEPTH; i++) {
            orr_table_set_number(&t, i, 0, (double)i + 1);
            for (size_t k = 0; k < SHOWN; k++) orr_table_set_number(&t, i, k + 1, r->percent[shown[k]][i]);
        }
        status = orr_export_table(&t, path, err);
        orr_table_free(&t);
    }
    free(r);
    return status;
}
