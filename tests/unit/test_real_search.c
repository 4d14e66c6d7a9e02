/* Search on real tables and questions: the floors that the plan names, on questions that taught nothing. Runs where
 * REAL names the folder of real data. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_tables.h"
#include "suite.h"

static double value(const struct orr_eval *e, const char *method, const char *metric)
{
    for (size_t i = 0; i < e->n_rows; i++)
        if (!strcmp(e->rows[i].task, "ottqa") && !strcmp(e->rows[i].method, method) &&
            !strcmp(e->rows[i].metric, metric))
            return e->rows[i].value.value;
    ck_abort_msg("no row %s %s", method, metric);
    return 0;
}

/* The quick quarter of the questions has a standard error of about 2 percent at recall@1: the floors leave room for
 * it. */
START_TEST(the_cascade_finds_tables_of_wikipedia_and_each_stage_helps)
{
    const char *real = getenv("REAL");
    if (!real) {
        printf("note: REAL is not set\n");
        return;
    }
    const struct orr_eval_tables_options o = {.real = real, .quick = true, .seed = 1, .skip_baselines = true};
    struct orr_eval e = {0};
    struct orr_error err;
    const enum orr_status s = orr_eval_tables(&o, NULL, &e, &err);
    ck_assert_msg(s == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_double_ge(value(&e, "tables", "recall@1"), 78);
    ck_assert_double_ge(value(&e, "tables", "recall@10"), 93);
    ck_assert_double_ge(value(&e, "tables", "recall@50"), 97);
    ck_assert_double_ge(value(&e, "tables", "mrr"), value(&e, "bm25f", "mrr"));
    orr_eval_free(&e);
}
END_TEST

ORR_SUITE("real_search", the_cascade_finds_tables_of_wikipedia_and_each_stage_helps)
