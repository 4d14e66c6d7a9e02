/* Candidate selection: estimators against hand-computed scores, likelihoods, rankings, pools from files. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/select.h"
#include "base/json.h"

static struct orr_error err;

/* A pool of three candidates with tokens (0 1), (1), (2 3 1) of a vocabulary of 4, made without a tokenizer. */
static void small_pool(struct orr_pool *p)
{
    static const int32_t tokens[] = {0, 1, 1, 2, 3, 1};
    static const size_t first[] = {0, 2, 3, 6};
    static const char *const texts[] = {"ab", "b", "cdb"};
    *p = (struct orr_pool){.longest = 3};
    for (int i = 0; i < 3; i++) orr_pool_add(p, texts[i], strlen(texts[i]));
    for (int i = 0; i < 6; i++) ORR_VEC_PUSH(&p->token, tokens[i]);
    p->first = malloc(sizeof first);
    memcpy(p->first, first, sizeof first);
    p->idf = malloc(6 * sizeof *p->idf);
    const float log3 = (float)log(3), weights[] = {log3, 0, 0, log3, log3, 0}; /* token 1 is in all three */
    memcpy(p->idf, weights, sizeof weights);
}

static void expect(enum orr_estimator e, double a, double b, double c)
{
    static const float l[] = {1, 2, 4, -1}, l0[] = {0, 3, 1, 1};
    struct orr_pool p;
    double score[3];
    small_pool(&p);
    orr_select_score(&p, e, l, l0, 4, 1, score);
    const double want[] = {a, b, c};
    for (int i = 0; i < 3; i++)
        ck_assert_msg(fabs(score[i] - want[i]) < 1e-6, "%s of candidate %d: %g, not %g", orr_estimator_name(e), i,
                      score[i], want[i]);
    orr_pool_free(&p);
}

START_TEST(estimators_of_one_pass_are_what_their_equations_say)
{
    const double total = log(exp(1) + exp(2) + exp(4) + exp(-1)), prior = log(1 + exp(3) + exp(1) + exp(1));
    expect(ORR_EST_FIRST, 1, 2, 4);
    expect(ORR_EST_LAST, 2, 2, 2);
    expect(ORR_EST_AVERAGE, 1.5, 2, 5.0 / 3);
    expect(ORR_EST_SUM, 3, 2, 5);
    expect(ORR_EST_SAMPLE_AVERAGE, 1.5, 2, 5.0 / 3); /* five or fewer tokens: all of them */
    expect(ORR_EST_LOG_SUM, 3 - 2 * total, 2 - total, 5 - 3 * total);
    expect(ORR_EST_IDF_AVERAGE, 1, 2, 1.5); /* the token of all weighs nothing, but alone it counts */
    expect(ORR_EST_CORRECTED, 0 - total + prior, -1 - total + prior, (3 - 2 - 1) / 3.0 - total + prior);
}
END_TEST

START_TEST(the_sum_of_raw_logits_alone_changes_its_order_when_all_logits_shift)
{
    static const float l[] = {1, 2, 4, -1}, shifted[] = {-99, -98, -96, -101};
    struct orr_pool p;
    double before[3], after[3];
    small_pool(&p);
    for (enum orr_estimator e = 0; e < ORR_EST_LIKELIHOOD; e++) {
        uint32_t a[3], b[3];
        orr_select_score(&p, e, l, l, 4, 1, before);
        orr_select_score(&p, e, shifted, l, 4, 1, after);
        orr_select_best(before, 3, 3, a);
        orr_select_best(after, 3, 3, b);
        const bool same = !memcmp(a, b, sizeof a);
        ck_assert_msg(same == (e != ORR_EST_SUM), "%s", orr_estimator_name(e));
    }
    orr_pool_free(&p);
}
END_TEST

START_TEST(a_sample_draws_five_different_tokens_and_the_same_ones_for_a_seed)
{
    float l[32];
    struct orr_pool p = {0};
    double a, b;
    size_t differ = 0;
    for (int i = 0; i < 32; i++) l[i] = (float)(1u << (i % 20)); /* sums of different powers: no two samples alike */
    orr_pool_add(&p, "x", 1);
    for (int i = 0; i < 20; i++) ORR_VEC_PUSH(&p.token, i);
    p.first = calloc(2, sizeof *p.first);
    p.first[1] = 20;
    for (uint64_t seed = 1; seed < 50; seed++) {
        orr_select_score(&p, ORR_EST_SAMPLE_AVERAGE, l, NULL, 32, seed, &a);
        orr_select_score(&p, ORR_EST_SAMPLE_AVERAGE, l, NULL, 32, seed, &b);
        ck_assert(a == b);
        ck_assert_int_eq(__builtin_popcount((unsigned)(5 * a + 0.5)), 5);
        orr_select_score(&p, ORR_EST_SAMPLE_AVERAGE, l, NULL, 32, seed + 1, &b);
        differ += a != b;
    }
    ck_assert_uint_gt(differ, 40);
    orr_pool_free(&p);
}
END_TEST

START_TEST(rankings_are_in_order_with_ties_by_place_and_without_nan)
{
    enum { N = 500 };
    double score[N], probability[N], sum = 0;
    uint32_t rank[N];
    for (int i = 0; i < N; i++) score[i] = i % 7 == 3 ? NAN : (double)(i * 37 % 101);
    for (size_t k = 0; k <= N; k += 83) {
        const size_t n = orr_select_best(score, N, k, rank);
        ck_assert_uint_eq(n, k < N - N / 7 ? k : n);
        for (size_t i = 0; i + 1 < n; i++)
            ck_assert(score[rank[i]] > score[rank[i + 1]] ||
                      (score[rank[i]] == score[rank[i + 1]] && rank[i] < rank[i + 1]));
        size_t above = 0; /* nothing better was left out */
        for (size_t i = 0; n && i < N; i++) above += score[i] > score[rank[n - 1]];
        ck_assert_uint_lt(above, n ? n : 1);
    }
    const size_t n = orr_select_best(score, N, N, rank);
    orr_select_probability(score, N, rank, n, probability);
    for (size_t i = 0; i < n; i++) sum += probability[i];
    ck_assert_double_eq_tol(sum, 1, 1e-12);
}
END_TEST

START_TEST(a_decoded_text_takes_the_candidate_that_shares_the_longest_beginning)
{
    struct orr_pool p;
    double score[3];
    small_pool(&p);
    orr_select_match(&p, " cdb\nmore", score);
    ck_assert_double_eq(score[2], 1);
    ck_assert_double_eq(score[0], 0);
    orr_select_match(&p, "", score);
    ck_assert_double_eq(score[0], 0);
    orr_pool_free(&p);
}
END_TEST

/* ---- with the small model of the decoder tests ---- */

static const char VOCABULARY[] =
    "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"\xe2\x96\x81\":0,\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"\xe2\x96\x81"
    "a\":5,\"ab\":6},"
    "\"merges\":[[\"\xe2\x96\x81\",\"a\"]]},\"pre_tokenizer\":{\"type\":\"Metaspace\",\"prepend_scheme\":\"never\"},"
    "\"added_tokens\":[{\"id\":7,\"content\":\"</s>\",\"special\":true}]}";

struct files {
    char folder[64], pool[96], tokenizer[96], model[512];
};
static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}
static struct orr_select_source begin(struct files *f, const char *pool, const char *name)
{
    const char *data = getenv("ORRERY_TEST_DATA");
    strcpy(f->folder, "/tmp/orrery-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->folder));
    snprintf(f->pool, sizeof f->pool, "%s/%s", f->folder, name);
    snprintf(f->tokenizer, sizeof f->tokenizer, "%s/tokenizer.json", f->folder);
    snprintf(f->model, sizeof f->model, "%.200s/decoder/llama", data ? data : "tests/data");
    write_text(f->pool, pool);
    write_text(f->tokenizer, VOCABULARY);
    return (struct orr_select_source){.pool = f->pool, .tokenizer = f->tokenizer, .model = f->model};
}
/* Opens, asks, and leaves what was opened in *out (NULL after an error of opening). */
static enum orr_status ask(const struct orr_select_source *q, const char *prompt, bool exact, struct orr_select **out,
                           struct orr_select_result *r)
{
    const struct orr_select_options o = {.exact = exact, .decode = exact, .k = 10, .seed = 1};
    *r = (struct orr_select_result){0};
    const enum orr_status s = orr_select_open(q, NULL, out, &err);
    return s ? s : orr_select_ask(*out, prompt, &o, NULL, r, &err);
}
/* The same, and forgets it: for what is only an error or none. */
static void expect_status(const struct orr_select_source *q, const char *prompt, bool exact, enum orr_status want,
                          const char *says)
{
    struct orr_select *x;
    struct orr_select_result r;
    const enum orr_status s = ask(q, prompt, exact, &x, &r);
    ck_assert_msg(s == want && (!s || strstr(err.message, says)), "%s: %s", orr_status_name(s), s ? err.message : "");
    orr_select_result_free(&r);
    orr_select_close(x);
}
static void end(struct files *f)
{
    unlink(f->pool);
    unlink(f->tokenizer);
    rmdir(f->folder);
}

static const struct orr_select_ranking *ranking(const struct orr_select_result *r, enum orr_estimator e)
{
    for (size_t i = 0; i < r->n_rankings; i++)
        if (r->ranking[i].estimator == e) return &r->ranking[i];
    ck_abort_msg("no ranking by %s", orr_estimator_name(e));
    return NULL;
}

START_TEST(the_likelihood_of_a_pool_is_that_of_each_candidate_read_alone)
{
    struct files f;
    struct orr_select *select;
    struct orr_select_result r;
    const struct orr_select_source q = begin(&f, "a\nab\nabcd\nabca\n\nd\r\nab\n", "pool.txt");
    ck_assert_msg(ask(&q, "ab", true, &select, &r) == ORR_OK, "%s", err.message);
    const struct orr_pool *p = orr_select_pool(select);
    ck_assert_uint_eq(p->text.len, 5); /* the empty line is none, equal candidates are one */
    ck_assert_str_eq(p->text.data[4], "d");
    ck_assert_uint_eq(r.n_rankings, ORR_ESTIMATORS);
    const struct orr_select_ranking *x = ranking(&r, ORR_EST_LIKELIHOOD);

    struct orr_decoder *m;
    struct orr_decoder_state *s;
    float logits[37], after[37];
    const int32_t prompt[] = {1, 2};
    ck_assert_int_eq(orr_decoder_open(f.model, NULL, &m, &err), ORR_OK);
    ck_assert_int_eq(orr_decoder_state_new(m, 0, &s, &err), ORR_OK);
    ck_assert_int_eq(orr_decoder_read(s, prompt, 2, logits, &err), ORR_OK);
    for (size_t i = 0; i < x->n; i++) {
        const uint32_t c = x->rank[i];
        double want = 0;
        memcpy(after, logits, sizeof after);
        for (size_t k = p->first[c]; k < p->first[c + 1]; k++) {
            const int32_t next = p->token.data[k];
            want += (double)after[next] - orr_log_sum_exp(after, 37);
            ck_assert_int_eq(orr_decoder_read(s, &next, 1, after, &err), ORR_OK);
        }
        orr_decoder_truncate(s, 2);
        ck_assert_msg(fabs(x->score[i] - want) < 1e-4, "%s: %g, alone %g", p->text.data[c], x->score[i], want);
        if (i) ck_assert(x->score[i - 1] >= x->score[i]);
    }
    orr_decoder_state_free(s);
    orr_decoder_free(m);

    struct orr_str text = {0};
    struct json_object *o;
    orr_select_json(select, "ab", &r, &text);
    ck_assert_int_eq(orr_json_parse("out", text.data, text.len, &o, &err), ORR_OK);
    json_object_put(o);
    orr_str_free(&text);
    orr_select_result_free(&r);
    orr_select_close(select);
    end(&f);
}
END_TEST

START_TEST(a_beam_as_wide_as_the_pool_finds_the_likeliest_candidate)
{
    struct files f;
    const struct orr_select_source q = begin(&f, "a\nab\nabcd\nabca\nd\nbad\ncab\ndc\nbbb\n", "pool.txt");
    struct orr_pool p = {0};
    struct orr_pieces *pieces;
    struct orr_decoder *m;
    struct orr_decoder_state *s;
    float logits[37];
    double exact[9], narrow[9], wide[9];
    static const char *const texts[] = {"a", "ab", "abcd", "abca", "d", "bad", "cab", "dc", "bbb"};
    for (int i = 0; i < 9; i++) orr_pool_add(&p, texts[i], strlen(texts[i]));
    ck_assert_int_eq(orr_pieces_open(f.tokenizer, 0, &pieces, &err), ORR_OK);
    ck_assert_int_eq(orr_pool_encode(&p, pieces, &err), ORR_OK);
    ck_assert_int_eq(orr_decoder_open(q.model, NULL, &m, &err), ORR_OK);
    ck_assert_int_eq(orr_decoder_state_new(m, 0, &s, &err), ORR_OK);
    for (int32_t prompt = 1; prompt < 5; prompt++) {
        uint32_t best[3];
        orr_decoder_truncate(s, 0);
        ck_assert_int_eq(orr_decoder_read(s, &prompt, 1, logits, &err), ORR_OK);
        ck_assert_int_eq(orr_select_likelihood(&p, s, logits, exact, 1, NULL, &err), ORR_OK);
        ck_assert_int_eq(orr_select_constrained(&p, s, logits, 1, narrow, NULL, &err), ORR_OK);
        ck_assert_int_eq(orr_select_constrained(&p, s, logits, 9, wide, NULL, &err), ORR_OK);
        ck_assert_int_eq(orr_decoder_length(s), 1);
        orr_select_best(exact, 9, 1, &best[0]);
        orr_select_best(wide, 9, 1, &best[1]);
        ck_assert_uint_eq(orr_select_best(narrow, 9, 1, &best[2]), 1); /* it arrives somewhere */
        ck_assert_uint_eq(best[0], best[1]);
        for (int i = 0; i < 9; i++) {
            ck_assert(isnan(wide[i]) || fabs(wide[i] - exact[i]) < 1e-4);
            ck_assert(isnan(narrow[i]) || fabs(narrow[i] - exact[i]) < 1e-4);
        }
    }
    orr_decoder_state_free(s);
    orr_decoder_free(m);
    orr_pieces_free(pieces);
    orr_pool_free(&p);
    end(&f);
}
END_TEST

START_TEST(a_pool_opened_once_answers_every_prompt_as_if_opened_for_it)
{
    struct files f;
    struct orr_select *once, *anew;
    struct orr_select_result a, b = {0};
    const struct orr_select_options o = {.exact = true, .k = 10, .seed = 1};
    const struct orr_select_source q = begin(&f, "a\nab\nabcd\nd\n", "pool.txt");
    ck_assert_int_eq(ask(&q, "cd", true, &once, &a), ORR_OK);
    orr_select_result_free(&a);
    a = (struct orr_select_result){0};
    ck_assert_int_eq(orr_select_ask(once, "ab", &o, NULL, &a, &err), ORR_OK);
    ck_assert_int_eq(orr_select_open(&q, NULL, &anew, &err), ORR_OK);
    ck_assert_int_eq(orr_select_ask(anew, "ab", &o, NULL, &b, &err), ORR_OK);
    ck_assert_uint_eq(a.n_rankings, b.n_rankings);
    for (size_t e = 0; e < a.n_rankings; e++)
        for (size_t i = 0; i < a.ranking[e].n; i++) ck_assert(a.ranking[e].score[i] == b.ranking[e].score[i]);
    orr_select_result_free(&a);
    orr_select_result_free(&b);
    orr_select_close(once);
    orr_select_close(anew);
    end(&f);
}
END_TEST

START_TEST(a_column_of_a_table_is_a_pool_by_its_name_or_number)
{
    struct files f;
    struct orr_select *x;
    struct orr_select_source q = begin(&f, "code,title\n1,ab\n2,\"a\"\n3,\n", "pool.csv");
    q.column = "title";
    ck_assert_msg(orr_select_open(&q, NULL, &x, &err) == ORR_OK, "%s", err.message);
    ck_assert_uint_eq(orr_select_pool(x)->text.len, 2);
    ck_assert_str_eq(orr_select_pool(x)->text.data[1], "a");
    orr_select_close(x);
    q.column = "2"; /* no header then: its first row is a candidate too */
    ck_assert_int_eq(orr_select_open(&q, NULL, &x, &err), ORR_OK);
    ck_assert_uint_eq(orr_select_pool(x)->text.len, 3);
    orr_select_close(x);
    q.column = "name";
    expect_status(&q, "ab", false, ORR_EINVAL, "'name'");
    end(&f);
}
END_TEST

START_TEST(pools_and_prompts_that_cannot_be_are_named_errors)
{
    struct files f;
    struct orr_select *x;
    struct orr_select_result r;
    struct orr_select_source q = begin(&f, "", "pool.txt");
    expect_status(&q, "ab", false, ORR_EINVAL, "no candidates");
    write_text(f.pool, "a\n"); /* a pool of one */
    ck_assert_int_eq(ask(&q, "ab", false, &x, &r), ORR_OK);
    ck_assert_double_eq(ranking(&r, ORR_EST_FIRST)->probability[0], 1);
    orr_select_result_free(&r);
    orr_select_close(x);
    char longer[200];
    memset(longer, 'c', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    expect_status(&q, longer, false, ORR_EINVAL, "reads 32");
    write_text(f.pool, longer); /* a candidate that does not fit behind the prompt: only exactness minds */
    expect_status(&q, "ab", false, ORR_OK, "");
    expect_status(&q, "ab", true, ORR_EINVAL, "does not fit");
    q.model = NULL;
    expect_status(&q, "ab", false, ORR_EINVAL, "give a model");
    end(&f);
}
END_TEST

/* A .npy file of version 1: the header fills up to 128 bytes. */
static void write_logits(const char *path, const char *shape, const float *x, size_t n)
{
    char head[128];
    memset(head, ' ', sizeof head);
    memcpy(head, "\x93NUMPY\x01\x00\x76\x00", 10);
    const int used = snprintf(head + 10, sizeof head - 10, "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shape);
    head[10 + used] = ' ';
    head[sizeof head - 1] = '\n';
    FILE *f = fopen(path, "wb");
    ck_assert(f && fwrite(head, sizeof head, 1, f) == 1 && fwrite(x, sizeof *x, n, f) == n && fclose(f) == 0);
}

START_TEST(logits_of_another_program_rank_unless_they_are_not_those_of_one_position)
{
    enum { VOCAB = 37 };
    struct files f;
    struct orr_select *x;
    struct orr_select_result r;
    char path[160];
    float logits[2 * VOCAB] = {0};
    struct orr_select_source q = begin(&f, "a\nb\n", "pool.txt");
    snprintf(path, sizeof path, "%s/l.npy", f.folder);
    q.model = NULL;
    q.logits = path;
    uint32_t best[2];
    for (int k = 0; k < 2; k++) { /* turned around, the other comes first */
        for (int i = 0; i < 2 * VOCAB; i++) logits[i] = k ? (float)i : (float)-i;
        logits[36] = -INFINITY; /* what cannot come */
        write_logits(path, "(1, 37)", logits, VOCAB);
        ck_assert_msg(ask(&q, "ab", false, &x, &r) == ORR_OK, "%s", err.message);
        best[k] = ranking(&r, ORR_EST_FIRST)->rank[0];
        orr_select_result_free(&r);
        orr_select_close(x);
    }
    ck_assert_uint_eq(best[0] + best[1], 1);
    write_logits(path, "(2, 37)", logits, 2 * VOCAB);
    expect_status(&q, "ab", false, ORR_EFORMAT, "one position");
    logits[5] = NAN;
    write_logits(path, "(37,)", logits, VOCAB);
    expect_status(&q, "ab", false, ORR_EFORMAT, "logit 5");
    unlink(path);
    end(&f);
}
END_TEST

START_TEST(the_model_that_ships_knows_what_a_genus_is)
{
    const char *data = getenv("ORRERY_TEST_DATA");
    char model[512];
    struct orr_select *select;
    struct orr_select_result r = {0};
    const struct orr_select_options o = {.k = 3, .seed = 1};
    snprintf(model, sizeof model, "%.300s/../../datasets/models/wordnet-lm", data ? data : "tests/data");
    const struct orr_select_source q = {.model = model, .pool = "=genus Rosa, hammer, slowly, to run"};
    ck_assert_msg(orr_select_open(&q, NULL, &select, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_int_eq(orr_select_ask(select, "a genus of flowering plants:", &o, NULL, &r, &err), ORR_OK);
    ck_assert_uint_eq(ranking(&r, ORR_EST_FIRST)->rank[0], 0);
    orr_select_result_free(&r);
    orr_select_close(select);
}
END_TEST

ORR_SUITE("select", the_model_that_ships_knows_what_a_genus_is, estimators_of_one_pass_are_what_their_equations_say,
          the_sum_of_raw_logits_alone_changes_its_order_when_all_logits_shift,
          a_sample_draws_five_different_tokens_and_the_same_ones_for_a_seed,
          rankings_are_in_order_with_ties_by_place_and_without_nan,
          a_decoded_text_takes_the_candidate_that_shares_the_longest_beginning,
          the_likelihood_of_a_pool_is_that_of_each_candidate_read_alone,
          a_beam_as_wide_as_the_pool_finds_the_likeliest_candidate,
          a_pool_opened_once_answers_every_prompt_as_if_opened_for_it,
          a_column_of_a_table_is_a_pool_by_its_name_or_number, pools_and_prompts_that_cannot_be_are_named_errors,
          logits_of_another_program_rank_unless_they_are_not_those_of_one_position)
