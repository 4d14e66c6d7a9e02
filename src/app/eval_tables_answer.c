/* How well the built-in reader answers, given the best 1, 3, 5, 8 and 10 tables. */
#include <stdio.h>
#include <stdlib.h>

#include "app/eval_tables.h"
#include "base/mem.h"
#include "methods/tables/reader.h"

static const size_t readings[] = {1, 3, 5, 8, 10};
enum { READINGS = sizeof readings / sizeof *readings, MOST = 10, ROUNDS = 1000 };

/* F1 and exact match of one question for every number of tables. */
static void read_one(const struct orr_tables_set *set, struct orr_cascade *c, const struct orr_tables_question *q,
                     const struct orr_cascade_options *o, double f1[READINGS], double exact[READINGS])
{
    struct orr_cascade_result r = {0};
    struct orr_arena a = {0};
    struct orr_reading tables[MOST];
    struct orr_doc docs[MOST];
    size_t n = 0;
    if (orr_cascade_run(c, q->text, o, &r, NULL) != ORR_OK) r.n = 0;
    for (; n < r.n && n < MOST; n++) {
        struct orr_doc *d = &docs[n];
        if (orr_tables_set_doc(set, r.items[n].doc, &a, d, NULL) != ORR_OK) break;
        float *row = orr_arena_zalloc(&a, d->rows + 1, sizeof *row),
              *cell = orr_arena_zalloc(&a, d->rows * d->columns + 1, sizeof *cell);
        float *heading = orr_arena_zalloc(&a, d->columns + 1, sizeof *heading);
        orr_cascade_match(c, q->text, r.items[n].doc, row, cell, heading);
        tables[n] = (struct orr_reading){d, row, cell, heading, r.items[n].score[ORR_STAGE_RERANK]};
    }
    for (int k = 0; k < READINGS; k++) {
        struct orr_answer answer = {.text = ""};
        if (n) orr_tables_answer(q->text, tables, readings[k] < n ? readings[k] : n, &a, &answer);
        f1[k] = orr_answer_f1(answer.text, q->answer);
        exact[k] = orr_answer_exact(answer.text, q->answer);
    }
    orr_arena_free(&a);
    orr_cascade_result_free(&r);
}

enum orr_status orr_tables_eval_answers(const struct orr_tables_set *set, const struct orr_index *x,
                                        const struct orr_eval_tables_options *o, const struct orr_ticker *ticker,
                                        struct orr_eval *out, struct orr_error *err)
{
    const struct orr_cascade_options options = orr_cascade_defaults();
    struct orr_cascade *c = orr_cascade_new(x);
    double *scores = orr_xcalloc(2 * READINGS * set->n_questions + 1, sizeof *scores);
    size_t n = 0;
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < set->n_questions && status == ORR_OK; i++) {
        double f1[READINGS], exact[READINGS];
        if (!*set->questions[i].answer) continue;
        read_one(set, c, &set->questions[i], &options, f1, exact);
        for (size_t k = 0; k < READINGS; k++) {
            scores[k * set->n_questions + n] = 100 * f1[k];
            scores[(READINGS + k) * set->n_questions + n] = 100 * exact[k];
        }
        n++;
        if (!orr_ticker_tick(ticker, "answering", "questions", i, set->n_questions))
            status = orr_error_set(err, ORR_ECANCELLED, "eval tables", "stopped");
    }
    for (size_t k = 0; k < READINGS && status == ORR_OK && n; k++) {
        char setting[32];
        snprintf(setting, sizeof setting, "%zu table%s read", readings[k], readings[k] == 1 ? "" : "s");
        for (size_t m = 0; m < 2; m++)
            orr_eval_row(out, "answers", setting, "tables", m ? "exact" : "f1", "higher",
                         orr_stats_bootstrap(scores + (m * READINGS + k) * set->n_questions, NULL, n, ORR_STAT_MEAN,
                                             ROUNDS, 0.95, o->seed),
                         n);
    }
    free(scores);
    orr_cascade_free(c);
    return status;
}
