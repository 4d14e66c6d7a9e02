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

struct answering {
    const struct orr_tables_set *set;
    struct orr_cascade *cascade;
    struct orr_cascade_options options;
    double *scores; /* (questions, f1 and exact, READINGS), shares; 0 where no answer is known */
};

static void answer(void *ctx, size_t i)
{
    struct answering *a = ctx;
    double *f1 = a->scores + i * 2 * READINGS;
    if (*a->set->questions[i].answer) read_one(a->set, a->cascade, &a->set->questions[i], &a->options, f1, f1 + READINGS);
}

static void report(const struct answering *a, uint64_t seed, struct orr_eval *out)
{
    double *x = orr_xcalloc(a->set->n_questions + 1, sizeof *x);
    for (size_t k = 0; k < READINGS; k++) {
        char setting[32];
        snprintf(setting, sizeof setting, "%zu table%s read", readings[k], readings[k] == 1 ? "" : "s");
        for (size_t m = 0; m < 2; m++) {
            size_t n = 0;
            for (size_t i = 0; i < a->set->n_questions; i++)
                if (*a->set->questions[i].answer) x[n++] = 100 * a->scores[(2 * i + m) * READINGS + k];
            if (n)
                orr_eval_row(out, "answers", setting, "tables", m ? "exact" : "f1", "higher",
                             orr_stats_bootstrap(x, NULL, n, ORR_STAT_MEAN, ROUNDS, 0.95, seed), n);
        }
    }
    free(x);
}

enum orr_status orr_tables_eval_answers(const struct orr_tables_set *set, const struct orr_index *x,
                                        const struct orr_eval_tables_options *o, const struct orr_ticker *ticker,
                                        struct orr_eval *out, struct orr_error *err)
{
    struct answering a = {.set = set, .cascade = orr_cascade_new(x), .options = orr_cascade_defaults()};
    const size_t bytes = set->n_questions * 2 * READINGS * sizeof *a.scores;
    a.scores = orr_xcalloc(1, bytes + 1);
    const struct orr_region region = {a.scores, bytes};
    const bool whole =
        orr_shards_for(o->shards, set->n_questions, 1, answer, &a, ticker, "answering", "questions", &region, 1);
    if (whole && !orr_shards_partial(o->shards)) report(&a, o->seed, out);
    free(a.scores);
    orr_cascade_free(a.cascade);
    return whole ? ORR_OK : orr_error_set(err, ORR_ECANCELLED, "eval tables", "stopped");
}
