/* The evaluation of candidate selection on a small WordNet of its own and a model that knows nothing. */
#include "aid_folder.h"
#include "aid_shards.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/eval_select.h"
#include "app/eval_select_private.h"
#include "methods/lm/lm.h"
#include "text/pieces_learn.h"

static struct orr_error err;
static char folder[256], model[300];

/* 400 nouns below a few roots: "thing17", "a thing of the kind 3 that is 17". */
static void write_wordnet(void)
{
    struct orr_str nouns = {0};
    for (int i = 0; i < 400; i++)
        orr_str_printf(&nouns, "%08d 03 n 01 thing%d 0 001 @ %08d n 0000 | a thing of the kind %d that is %d  \n", 1000 + i, i,
                       1000 + i % 7, i % 7, i * i);
    aid_file_write("wordnet/data.verb", "", 0);
    aid_file_write("wordnet/data.adj", "", 0);
    aid_file_write("wordnet/data.adv", "", 0);
    snprintf(folder, sizeof folder, "%s", aid_file_write("wordnet/data.noun", nouns.data, nouns.len));
    *strrchr(folder, '/') = '\0';
    orr_str_free(&nouns);
}

static void write_model(void)
{
    struct orr_wordnet w = {0};
    struct orr_pieces_learner *l = orr_pieces_learner_new();
    struct orr_str json = {0};
    struct orr_lm lm;
    static const char text[] = "a thing of the kind that is thing thing thing";
    ck_assert_int_eq(orr_wordnet_read(folder, NULL, &w, &err), ORR_OK);
    orr_pieces_learner_add(l, text, strlen(text));
    ck_assert_int_eq(orr_pieces_learner_write(l, 270, NULL, &json, &err), ORR_OK);
    snprintf(model, sizeof model, "%s/model", folder);
    struct orr_pieces *p;
    ck_assert_int_eq(orr_pieces_open(aid_file_write("t/tokenizer.json", json.data, json.len), 0, &p, &err), ORR_OK);
    const struct orr_lm_config c = {
        .dim = 16, .hidden = 32, .layers = 1, .heads = 2, .vocab = orr_pieces_count(p), .context = 128};
    orr_lm_init(&lm, &c, 1);
    ck_assert_int_eq(orr_lm_write(&lm, model, orr_str_c(&json), NULL, &err), ORR_OK);
    orr_lm_free(&lm);
    orr_pieces_free(p);
    orr_pieces_learner_free(l);
    orr_str_free(&json);
    orr_wordnet_free(&w);
}

static double value_of(const struct orr_eval *e, const char *setting, const char *method, const char *metric, size_t *n)
{
    for (size_t i = 0; i < e->n_rows; i++)
        if (!strcmp(e->rows[i].setting, setting) && !strcmp(e->rows[i].method, method) && !strcmp(e->rows[i].metric, metric)) {
            *n = e->rows[i].n;
            return e->rows[i].value.value;
        }
    ck_abort_msg("no row %s %s %s", setting, method, metric);
    return 0;
}

static void write_data(void)
{
    char data[256];
    write_wordnet();
    write_model();
    snprintf(data, sizeof data, "%s", folder);
    *strrchr(data, '/') = '\0';
    setenv("ORRERY_DATA", data, 1);
}

START_TEST(every_method_answers_every_question_and_the_same_way_again)
{
    struct orr_eval a = {0}, b = {0};
    write_data();
    const struct orr_eval_select_options o = {.model = model, .quick = true, .seed = 1};
    ck_assert_msg(orr_eval_select(&o, NULL, &a, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_int_eq(orr_eval_select(&o, NULL, &b, &err), ORR_OK);
    static const char *const settings[] = {"5", "100"};
    for (size_t k = 0; k < 2; k++)
        for (int m = 0; m < ORR_SELECT_METHODS; m++) {
            size_t n, again;
            const double x = value_of(&a, settings[k], orr_eval_select_name(m), "accuracy", &n);
            ck_assert(n > 5 && x >= 0 && x <= 100);
            ck_assert(x == value_of(&b, settings[k], orr_eval_select_name(m), "accuracy", &again) && n == again);
        }
    size_t n;
    ck_assert(value_of(&a, "5", "log_sum", "kendall_tau", &n) > 0.2); /* near the likelihood even here */
    ck_assert(value_of(&a, "5", "average", "reordered", &n) == 0);
    ck_assert(a.n_paired >= 2 * (ORR_SELECT_METHODS - 1));
    orr_eval_free(&a);
    orr_eval_free(&b);
    unsetenv("ORRERY_DATA");
}
END_TEST

static enum orr_status eval_part(void *ctx, struct orr_shards *shards, const struct orr_ticker *ticker, struct orr_eval *out,
                                 struct orr_error *why)
{
    (void)ctx;
    const struct orr_eval_select_options o = {.shards = shards, .model = model, .quick = true, .seed = 1};
    return orr_eval_select(&o, ticker, out, why);
}

START_TEST(three_shards_give_the_rows_of_one_process)
{
    write_data();
    aid_shards_same(eval_part, NULL);
    unsetenv("ORRERY_DATA");
}
END_TEST

START_TEST(a_model_that_is_not_there_is_a_named_error)
{
    struct orr_eval a = {0};
    const struct orr_eval_select_options o = {.model = "/nowhere/model", .quick = true, .seed = 1};
    ck_assert_int_eq(orr_eval_select(&o, NULL, &a, &err), ORR_ENOTFOUND);
    orr_eval_free(&a);
}
END_TEST

ORR_SUITE_IN_FOLDER("eval select", every_method_answers_every_question_and_the_same_way_again,
                    three_shards_give_the_rows_of_one_process, a_model_that_is_not_there_is_a_named_error)
