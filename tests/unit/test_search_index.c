/* The index: exact, incremental, and safe against damage. */
#include <math.h>
#include <orrery/rng.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "aid_corpus.h"
#include "aid_folder.h"
#include "base/file.h"
#include "base/mem.h"
#include "suite.h"
#include "text/index_file.h"
#include "text/topk.h"

static size_t ask(struct orr_index *x, const char *text, bool syntax, size_t k, struct orr_hit *hits)
{
    struct orr_tokeniser *t = orr_tokeniser_new();
    struct orr_topk *s = orr_topk_new(x);
    struct orr_query q = {0};
    struct orr_error err;
    ck_assert_int_eq(orr_query_read(x, t, text, syntax, &q, &err), ORR_OK);
    const size_t n = orr_topk_search(s, &q, k, hits);
    orr_query_free(&q);
    orr_topk_free(s);
    orr_tokeniser_free(t);
    return n;
}

static const char *first_id(struct orr_index *x, const char *text, bool syntax)
{
    struct orr_hit hit;
    if (ask(x, text, syntax, 1, &hit) == 0) return "";
    struct orr_index_doc d;
    orr_index_doc(x, hit.doc, &d);
    return d.id;
}

START_TEST(a_score_is_what_the_equation_says)
{
    struct aid_docs *d = aid_docs_from("{\"title\":\"red "
                                       "blue\",\"header\":[\"a\"],\"rows\":[[\"red\"]]}\n{\"title\":\"green\","
                                       "\"header\":[\"a\"],\"rows\":[[\"x\"],[\"y\"]]}\n");
    struct orr_index *x = aid_index(d, 0, 2, NULL);
    struct orr_hit hit;
    ck_assert_int_eq(ask(x, "red", false, 1, &hit), 1);
    const struct orr_bm25f *p = &orr_bm25f_default;
    const double title = (double)p->weight[ORR_FIELD_TITLE] /
                         (1 - (double)p->b[ORR_FIELD_TITLE] + (double)p->b[ORR_FIELD_TITLE] * 2 / 1.5);
    const double cells = (double)p->weight[ORR_FIELD_CELLS] /
                         (1 - (double)p->b[ORR_FIELD_CELLS] + (double)p->b[ORR_FIELD_CELLS] * 1 / 1.5);
    const double w = title + cells, idf = log1p((2 - 1 + 0.5) / (1 + 0.5));
    ck_assert_double_eq_tol((double)hit.score, idf * w / ((double)p->k1 + w), 2e-5);
    orr_index_close(x);
    aid_docs_free(d);
}
END_TEST

START_TEST(the_pruned_search_finds_what_the_exhaustive_one_finds)
{
    enum { DOCS = 3000, FEW = 20, MANY = 4000 }; /* in several windows */
    static struct orr_hit a[MANY], b[MANY];
    struct aid_docs *d = aid_docs_random(DOCS, 1);
    struct orr_index *x = aid_index(d, 0, DOCS, NULL);
    struct orr_tokeniser *t = orr_tokeniser_new();
    struct orr_topk *s = orr_topk_new(x);
    for (uint64_t i = 0; i < 200; i++) {
        struct orr_rng rng;
        struct orr_str text = {0};
        struct orr_query q = {0};
        orr_rng_seed(&rng, 2, i);
        for (uint64_t n = 1 + orr_rng_below(&rng, 12); n-- > 0;)
            orr_str_printf(&text, "w%d ", (int)exp(orr_rng_uniform(&rng) * 8));
        ck_assert_int_eq(orr_query_read(x, t, text.data, false, &q, NULL), ORR_OK);
        const size_t k = 1 + orr_rng_below(&rng, i % 4 ? FEW : MANY), n = orr_topk_search(s, &q, k, a);
        ck_assert_uint_eq(n, orr_topk_exhaustive(s, &q, k, b));
        for (size_t j = 0; j < n; j++) {
            ck_assert_uint_eq(a[j].doc, b[j].doc);
            ck_assert_float_eq(a[j].score, b[j].score); /* every bit */
            if (j) ck_assert(a[j].score <= a[j - 1].score);
        }
        orr_query_free(&q);
        orr_str_free(&text);
    }
    orr_topk_free(s);
    orr_tokeniser_free(t);
    orr_index_close(x);
    aid_docs_free(d);
}
END_TEST

START_TEST(adding_and_taking_away_gives_the_index_of_a_build_from_nothing)
{
    struct aid_docs *d = aid_docs_random(400, 3);
    struct orr_index *part = aid_index(d, 0, 150, NULL), *more = aid_index(d, 0, 400, part);
    struct orr_str once = aid_index_bytes(d, 0, 400, NULL), twice = aid_index_bytes(d, 0, 400, part);
    ck_assert(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    struct orr_str fewer = aid_index_bytes(d, 100, 200, NULL), taken = aid_index_bytes(d, 100, 200, more);
    ck_assert(fewer.len == taken.len && memcmp(fewer.data, taken.data, fewer.len) == 0);
    d->hash[120]++; /* its content changed */
    struct orr_str changed = aid_index_bytes(d, 0, 400, more);
    ck_assert(changed.len == once.len && memcmp(changed.data, once.data, once.len) != 0);
    orr_str_free(&once), orr_str_free(&twice), orr_str_free(&fewer), orr_str_free(&taken), orr_str_free(&changed);
    orr_index_close(part);
    orr_index_close(more);
    aid_docs_free(d);
}
END_TEST

START_TEST(words_of_a_document_come_back_in_order)
{
    struct aid_docs *d = aid_docs_from(
        "{\"title\":\"red\",\"intro\":\"blue red\",\"header\":[\"h\",\"\"],\"rows\":[[\"x\",\"y z\"]]}\n");
    struct orr_index *x = aid_index(d, 0, 1, NULL);
    struct orr_words w = orr_index_words(x, 0);
    struct orr_str s = {0};
    for (int32_t t; (t = orr_words_next(&w)) != ORR_MARK_END;) {
        size_t n = 1;
        const char *text = t == ORR_MARK_CELL    ? ","
                           : t == ORR_MARK_FIELD ? ";"
                                                 : orr_index_term_text(x, (uint32_t)t, &n);
        orr_str_append_n(&s, text, n);
    }
    ck_assert_str_eq(s.data, "red;;;bluered;h,,;x,yz,;");
    orr_str_free(&s);
    orr_index_close(x);
    aid_docs_free(d);
}
END_TEST

/* ---- questions ---- */

START_TEST(questions_find_their_tables_and_rules_are_kept)
{
    struct aid_docs *d = aid_docs_from(aid_corpus_jsonl);
    struct orr_index *x = aid_index(d, 0, d->n, NULL);
    ck_assert_str_eq(first_id(x, "how long is the river Elbra", false), "rivers");
    ck_assert_str_eq(first_id(x, "goals of the football player Sapt", false), "football");
    ck_assert_str_eq(first_id(x, "Zenda -football", true), "rivers");
    ck_assert_str_eq(first_id(x, "Zenda cells:Zenda +population", true), "cities");
    ck_assert_str_eq(first_id(x, "title:Streslau", true), "trams");
    ck_assert_str_eq(first_id(x, "+\"Rudolf V\"", true), "kings");
    ck_assert_str_eq(first_id(x, "+\"V Rudolf\" kings", true), "");
    ck_assert_str_eq(first_id(x, "header:opened -1899", true), "");
    orr_index_close(x);
    aid_docs_free(d);
}
END_TEST

START_TEST(a_question_without_words_is_an_error_and_one_of_common_words_says_so)
{
    struct aid_docs *d = aid_docs_from(aid_corpus_jsonl);
    struct orr_index *x = aid_index(d, 0, d->n, NULL);
    struct orr_tokeniser *t = orr_tokeniser_new();
    static const char *const empty[] = {"", "  \t\n", "?! -- ...", "\xff\xfe", "-Zenda"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        struct orr_query q = {0};
        struct orr_error err;
        ck_assert_int_eq(orr_query_read(x, t, empty[i], true, &q, &err), ORR_EINVAL);
        ck_assert_ptr_nonnull(strstr(err.message, "no words"));
        orr_query_free(&q);
    }
    struct orr_query q = {0};
    ck_assert_int_eq(orr_query_read(x, t, "of Ruritania", false, &q, NULL), ORR_OK);
    ck_assert(q.common_only && q.n_terms == 2);
    orr_query_free(&q);
    ck_assert_int_eq(orr_query_read(x, t, "of gruyere", false, &q, NULL), ORR_OK);
    ck_assert(!q.common_only && q.n_terms == 1 && q.n_words == 2);
    orr_query_free(&q);
    orr_tokeniser_free(t);
    orr_index_close(x);
    aid_docs_free(d);
}
END_TEST

START_TEST(a_megabyte_of_question_keeps_its_rarest_words)
{
    struct aid_docs *d = aid_docs_random(500, 4);
    struct orr_index *x = aid_index(d, 0, 500, NULL);
    struct orr_tokeniser *t = orr_tokeniser_new();
    struct orr_str text = {0};
    for (int i = 0; text.len < 1 << 20; i++) orr_str_printf(&text, "w%d ", i % 3000);
    struct orr_query q = {0};
    ck_assert_int_eq(orr_query_read(x, t, text.data, true, &q, NULL), ORR_OK);
    ck_assert_uint_eq(q.n_terms, ORR_QUERY_TERMS);
    ck_assert(q.order.len == ORR_QUERY_WORDS && q.n_words > 100000);
    for (size_t i = 1; i < q.n_terms; i++) ck_assert(q.term[i].idf <= q.term[i - 1].idf);
    struct orr_hit hits[10];
    ck_assert_uint_eq(ask(x, text.data, false, 10, hits), 10);
    orr_query_free(&q);
    orr_str_free(&text);
    orr_tokeniser_free(t);
    orr_index_close(x);
    aid_docs_free(d);
}
END_TEST

/* ---- damage ---- */

START_TEST(an_index_is_read_from_its_file_and_an_empty_one_is_fine)
{
    struct aid_docs *d = aid_docs_from(aid_corpus_jsonl);
    struct orr_str bytes = aid_index_bytes(d, 0, d->n, NULL), none = aid_index_bytes(d, 0, 0, NULL);
    struct orr_index *x;
    struct orr_error err;
    ck_assert_int_eq(orr_index_open(aid_file_write("a.idx", bytes.data, bytes.len), &x, &err), ORR_OK);
    ck_assert(orr_index_docs(x) == 5 && orr_index_stamp(x) == 7 && orr_index_doc_find(x, 3) == 2 &&
              orr_index_doc_find(x, 9) == UINT32_MAX);
    ck_assert_str_eq(first_id(x, "trams", false), "trams");
    orr_index_close(x);
    ck_assert_int_eq(orr_index_open(aid_file_write("none.idx", none.data, none.len), &x, &err), ORR_OK);
    ck_assert_str_eq(first_id(x, "trams", false), "");
    orr_index_close(x);
    ck_assert_int_eq(orr_index_open("/nonexistent/a.idx", &x, &err), ORR_ENOTFOUND);
    orr_str_free(&bytes);
    orr_str_free(&none);
    aid_docs_free(d);
}
END_TEST

START_TEST(every_flipped_byte_and_every_cut_is_noticed)
{
    struct aid_docs *d = aid_docs_from(aid_corpus_jsonl);
    struct orr_str bytes = aid_index_bytes(d, 0, d->n, NULL);
    for (size_t i = 0; i < bytes.len; i++) {
        struct orr_str copy = {0};
        struct orr_index *x = NULL;
        struct orr_error err;
        orr_str_append_n(&copy, bytes.data, bytes.len);
        copy.data[i] = (char)(copy.data[i] ^ 0x10);
        ck_assert_int_ne(orr_index_adopt(&copy, "damaged", &x, &err), ORR_OK);
        ck_assert_ptr_null(x);
        if (i % 7) continue;
        orr_str_append_n(&copy, bytes.data, i);
        ck_assert_int_eq(orr_index_adopt(&copy, "cut", &x, &err), ORR_EFORMAT);
    }
    orr_str_free(&bytes);
    aid_docs_free(d);
}
END_TEST

/* A file made to harm has the right checksums: whatever stands in it, nothing outside it is touched. */
START_TEST(a_hostile_file_with_right_checksums_does_no_harm)
{
    struct aid_docs *d = aid_docs_from(aid_corpus_jsonl);
    struct orr_str bytes = aid_index_bytes(d, 0, d->n, NULL);
    for (uint64_t round = 0; round < 3000; round++) {
        struct orr_rng rng;
        struct orr_str copy = {0};
        struct orr_index *x = NULL;
        orr_rng_seed(&rng, 5, round);
        orr_str_append_n(&copy, bytes.data, bytes.len);
        for (int i = 0; i < 4; i++)
            copy.data[sizeof(struct orr_index_header) +
                      orr_rng_below(&rng, bytes.len - sizeof(struct orr_index_header))] = (char)orr_rng_u64(&rng);
        struct orr_index_header h;
        memcpy(&h, copy.data, sizeof h);
        h.checksum = XXH3_64bits(copy.data + sizeof h, copy.len - sizeof h);
        h.header_checksum = XXH3_64bits(&h, offsetof(struct orr_index_header, header_checksum));
        memcpy(copy.data, &h, sizeof h);
        if (orr_index_adopt(&copy, "hostile", &x, NULL) != ORR_OK) continue;
        struct orr_hit hits[8];
        ask(x, "kings of Ruritania Zenda 1894 +title:trams", round % 2, 8, hits);
        orr_index_close(x);
    }
    orr_str_free(&bytes);
    aid_docs_free(d);
}
END_TEST

ORR_SUITE_IN_FOLDER("search_index", a_score_is_what_the_equation_says,
                    the_pruned_search_finds_what_the_exhaustive_one_finds,
                    adding_and_taking_away_gives_the_index_of_a_build_from_nothing,
                    words_of_a_document_come_back_in_order, questions_find_their_tables_and_rules_are_kept,
                    a_question_without_words_is_an_error_and_one_of_common_words_says_so,
                    a_megabyte_of_question_keeps_its_rarest_words,
                    an_index_is_read_from_its_file_and_an_empty_one_is_fine,
                    every_flipped_byte_and_every_cut_is_noticed, a_hostile_file_with_right_checksums_does_no_harm)
