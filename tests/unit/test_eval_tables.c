/* The evaluation's own parts: the ranker learns what it is shown, rows come out as scripts expect them, text goes to SQLite's
 * index unharmed. */
#include <math.h>
#include <orrery/rng.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aid_folder.h"
#include "aid_shards.h"
#include "app/eval_tables.h"
#include "store/fts.h"
#include "suite.h"

START_TEST(the_ranker_learns_which_feature_tells_and_leaves_the_others)
{
    enum { LISTS = 200, EACH = 8 };
    static float x[LISTS * EACH][ORR_TABLE_FEATURES];
    static size_t first[LISTS + 1], right[LISTS];
    for (size_t i = 0; i < LISTS; i++) {
        struct orr_rng rng;
        orr_rng_seed(&rng, 1, i);
        first[i + 1] = first[i] + EACH;
        right[i] = first[i];
        for (size_t k = first[i]; k < first[i + 1]; k++) {
            x[k][0] = (float)orr_rng_normal(&rng);
            x[k][3] = (float)orr_rng_normal(&rng); /* tells nothing */
            if (x[k][0] > x[right[i]][0]) right[i] = k;
        }
    }
    const struct orr_table_lists lists = {LISTS, first, right, &x[0][0]};
    struct orr_table_ranker r;
    ck_assert_int_eq(orr_table_ranker_fit(&lists, 0.01, NULL, &r, NULL), ORR_OK);
    ck_assert(r.weight[0] > 2 && fabsf(r.weight[3]) < 0.3F * r.weight[0] && r.weight[5] == 0);
    size_t hits = 0;
    for (size_t i = 0; i < LISTS; i++) {
        size_t best = first[i];
        for (size_t k = first[i]; k < first[i + 1]; k++)
            if (orr_table_rank_score(&r, x[k]) > orr_table_rank_score(&r, x[best])) best = k;
        hits += best == right[i];
    }
    ck_assert_uint_gt(hits, LISTS * 9 / 10);
    /* at the minimum the gradient is zero: another fit from the result would not move; here: twice the same */
    struct orr_table_ranker again;
    ck_assert_int_eq(orr_table_ranker_fit(&lists, 0.01, NULL, &again, NULL), ORR_OK);
    ck_assert(memcmp(&r, &again, sizeof r) == 0);
    ck_assert_int_eq(orr_table_ranker_fit(&(struct orr_table_lists){0}, 0.01, NULL, &again, NULL), ORR_EINVAL);
}
END_TEST

START_TEST(questions_are_never_syntax_for_the_baseline)
{
    struct orr_fts *f;
    struct orr_error err;
    int64_t ids[4];
    size_t n;
    const enum orr_status s = orr_fts_new(5, &f, &err);
    if (s == ORR_EUNSUPPORTED) return;
    ck_assert_int_eq(s, ORR_OK);
    ck_assert_int_eq(orr_fts_add(f, 1, "red AND blue", "", "h", "x", &err), ORR_OK);
    ck_assert_int_eq(orr_fts_add(f, 2, "green", "", "h", "y", &err), ORR_OK);
    ck_assert_int_eq(orr_fts_finish(f, &err), ORR_OK);
    static const char *const odd[] = {"\"red", "red) OR (", "NEAR(red",
                                      "red* -blue ^ {title}:", "'; DROP TABLE t; -- red"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        ck_assert_int_eq(orr_fts_search(f, odd[i], 4, ids, &n, &err), ORR_OK);
        ck_assert(n >= 1 && ids[0] == 1);
    }
    ck_assert_int_eq(orr_fts_search(f, "?!", 4, ids, &n, &err), ORR_OK);
    ck_assert_uint_eq(n, 0);
    orr_fts_free(f);
}
END_TEST

START_TEST(grown_corpora_keep_the_real_tables_first)
{
    struct orr_tables_set s;
    struct orr_error err;
    const char *tables = "datasets/tables/tables.jsonl", *questions = "datasets/tables/questions.jsonl";
    ck_assert_int_eq(orr_tables_set_load(tables, questions, NULL, &s, &err), ORR_OK);
    const size_t n = s.n_tables;
    orr_tables_set_grow(&s, n + 50, 3);
    ck_assert(s.n_tables == n + 50 && s.n_synthetic == 50);
    struct orr_arena a = {0};
    struct orr_doc d;
    ck_assert_int_eq(orr_tables_set_doc(&s, n + 7, &a, &d, &err), ORR_OK);
    ck_assert(strncmp(d.id, "synthetic_", 10) == 0 && d.columns > 0);
    orr_arena_free(&a);
    orr_tables_set_free(&s);
}
END_TEST

START_TEST(the_evaluation_of_the_shipped_corpus_has_every_row)
{
    const struct orr_eval_tables_options o = {.quick = true, .encoder = "hashed", .seed = 1};
    struct orr_eval e = {0};
    struct orr_error err;
    setenv("ORRERY_DATASETS", "datasets", 1);
    ck_assert_int_eq(orr_eval_tables(&o, NULL, &e, &err), ORR_OK);
    static const char *const wanted[][3] = {
        {"own", "tables", "recall@1"}, {"own", "dense", "recall@50"},      {"own", "bm25f", "mrr"},
        {"own", "bm25", "recall@10"},  {"reworded", "tables", "recall@1"}, {"answers", "tables", "f1"},
        {"own", "tables", "index_s"}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        bool found = false;
        for (size_t k = 0; k < e.n_rows; k++)
            found |= !strcmp(e.rows[k].task, wanted[i][0]) && !strcmp(e.rows[k].method, wanted[i][1]) &&
                     !strcmp(e.rows[k].metric, wanted[i][2]);
        ck_assert_msg(found, "%s %s %s", wanted[i][0], wanted[i][1], wanted[i][2]);
    }
    ck_assert_uint_gt(e.n_paired, 0);
    orr_eval_free(&e);
}
END_TEST

static enum orr_status eval_part(void *ctx, struct orr_shards *shards, const struct orr_ticker *ticker, struct orr_eval *out,
                                 struct orr_error *err)
{
    const struct orr_eval_tables_options o = {.shards = shards, .quick = true, .encoder = ctx, .seed = 1};
    return orr_eval_tables(&o, ticker, out, err);
}

START_TEST(three_shards_give_the_rows_of_one_process)
{
    char encoder[512];
    const char *folder = getenv("ORRERY_TEST_DATA");
    snprintf(encoder, sizeof encoder, "%.400s/encoder/bert_mean", folder ? folder : "tests/data");
    setenv("ORRERY_DATASETS", "datasets", 1);
    aid_shards_same(eval_part, encoder);
}
END_TEST

/* Every question's right table second; one file without the first question's list. */
START_TEST(lists_of_other_programs_stand_beside_ours)
{
    struct orr_tables_set s;
    struct orr_error err;
    struct orr_str all = {0}, less = {0};
    ck_assert_int_eq(
        orr_tables_set_load("datasets/tables/tables.jsonl", "datasets/tables/questions.jsonl", NULL, &s, &err), ORR_OK);
    for (size_t i = 0; i < s.n_questions; i++) {
        struct orr_arena a = {0};
        struct orr_doc d;
        ck_assert_int_eq(orr_tables_set_doc(&s, s.questions[i].right, &a, &d, &err), ORR_OK);
        orr_str_printf(&all, "{\"qid\":\"%s\",\"ids\":[\"nobody\",\"%s\"]}\n", s.questions[i].qid, d.id);
        if (i) orr_str_printf(&less, "{\"qid\":\"%s\",\"ids\":[]}\n", s.questions[i].qid);
        orr_arena_free(&a);
    }
    char one[300], two[300];
    snprintf(one, sizeof one, "other=%s", aid_file_write("all.jsonl", all.data, all.len));
    snprintf(two, sizeof two, "x=%s", aid_file_write("less.jsonl", less.data, less.len));
    const char *ranks[] = {one};
    struct orr_eval_tables_options o = {
        .encoder = "hashed", .seed = 1, .skip_baselines = true, .ranks = ranks, .n_ranks = 1};
    struct orr_eval e = {0};
    setenv("ORRERY_DATASETS", "datasets", 1);
    ck_assert_int_eq(orr_eval_tables(&o, NULL, &e, &err), ORR_OK);
    size_t found = 0;
    for (size_t i = 0; i < e.n_rows; i++) {
        if (strcmp(e.rows[i].method, "other")) continue;
        found++;
        if (!strcmp(e.rows[i].metric, "recall@1")) ck_assert_double_eq(e.rows[i].value.value, 0);
        if (!strcmp(e.rows[i].metric, "recall@10")) ck_assert_double_eq(e.rows[i].value.value, 100);
        if (!strcmp(e.rows[i].metric, "mrr")) ck_assert_double_eq(e.rows[i].value.value, 0.5);
    }
    ck_assert_uint_eq(found, 4);
    orr_eval_free(&e);
    ranks[0] = two;
    ck_assert_int_eq(orr_eval_tables(&o, NULL, &e, &err), ORR_EFORMAT);
    ck_assert_str_eq(err.message, "no list for question q01");
    orr_eval_free(&e);
    ranks[0] = "nonsense";
    ck_assert_int_eq(orr_eval_tables(&o, NULL, &e, &err), ORR_EINVAL);
    orr_eval_free(&e);
    orr_tables_set_free(&s);
    orr_str_free(&all);
    orr_str_free(&less);
}
END_TEST

ORR_SUITE_IN_FOLDER("eval_tables", the_ranker_learns_which_feature_tells_and_leaves_the_others,
                    questions_are_never_syntax_for_the_baseline, grown_corpora_keep_the_real_tables_first,
                    the_evaluation_of_the_shipped_corpus_has_every_row, three_shards_give_the_rows_of_one_process,
                    lists_of_other_programs_stand_beside_ours)
