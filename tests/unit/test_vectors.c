/* Vectors of a corpus by an encoder: made, kept, brought up to date, damaged; stage 2 and 3 with them. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include "aid_corpus.h"
#include "aid_folder.h"
#include "aid_shards.h"
#include "aid_store.h"
#include "app/search.h"
#include "suite.h"
#include "text/passage.h"
#include "text/vectors_file.h"

static struct orr_error err;

static const char *model(const char *name)
{
    static char path[512];
    const char *folder = getenv("ORRERY_TEST_DATA");
    snprintf(path, sizeof path, "%.200s/encoder/%.200s", folder ? folder : "tests/data", name);
    return path;
}

static void fill(struct orr_store *s, const char *jsonl)
{
    struct orr_corpus_report r;
    const char *path = aid_file_write("tables.jsonl", jsonl, strlen(jsonl));
    aid_ok(orr_app_corpus_add(s, "towns", path, false, NULL, &r, &err), &err);
    orr_str_free(&r.notes);
}

static struct orr_search search(struct orr_store *s, const char *encoder, bool rows)
{
    struct orr_search x;
    aid_ok(orr_search_open_with(s, "towns", encoder, rows, NULL, &x, &err), &err);
    return x;
}

/* ---- passages ---- */

START_TEST(a_passage_holds_the_start_of_every_field_and_a_row_its_headings)
{
    static const char json[] =
        "{\"id\":\"a\",\"title\":\"Zenda\",\"section_title\":\"Trams\",\"header\":[\"Line\",\"\"],"
        "\"rows\":[[\"1\",\"red\"],[\"2\"]],\"intro\":\"A town.\"}";
    struct orr_arena a = {0};
    struct orr_doc d;
    struct orr_str s = {0};
    ck_assert_int_eq(orr_doc_parse("test", json, strlen(json), &a, &d, &err), ORR_OK);
    orr_passage_table(&d, &s);
    ck_assert_str_eq(s.data, "Zenda. Trams. Line, , . . A town.. ");
    orr_str_clear(&s);
    orr_passage_row(&d, 0, &s);
    ck_assert_str_eq(s.data, "Zenda. Line: 1, red, ");
    orr_str_clear(&s);
    orr_passage_rows(&d, (const size_t[]){1}, 1, &s);
    ck_assert_str_eq(s.data, "Zenda. Trams. Line: 2, ; ");
    orr_str_free(&s);
    orr_arena_free(&a);
}
END_TEST

/* ---- the file ---- */

START_TEST(cosines_of_the_file_are_those_of_the_encoder)
{
    struct orr_encoder *e;
    struct aid_store a = aid_store_new();
    fill(a.store, aid_corpus_jsonl);
    struct orr_search s = search(a.store, model("bert_mean"), true);
    ck_assert(s.vectors.built && orr_vectors_has_rows(s.vectors.vectors));
    const uint32_t n = orr_vectors_tables(s.vectors.vectors);
    ck_assert_uint_eq(n, 5);
    float q[16], x[16], cosine[5], row[ORR_VECTOR_ROWS];
    const char *question = "the town of trams";
    e = s.vectors.encoder;
    ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_QUERY, &question, 1, q, NULL, &err), ORR_OK);
    struct orr_vector_query v;
    orr_vector_query_read(s.vectors.vectors, q, &v);
    orr_vectors_compare(s.vectors.vectors, &v, cosine);
    for (uint32_t t = 0; t < n; t++) {
        struct orr_arena arena = {0};
        struct orr_doc d;
        struct orr_str text = {0};
        aid_ok(orr_search_doc(&s, a.store, t, &arena, &d, &err), &err);
        orr_passage_table(&d, &text);
        ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_PASSAGE, (const char *const *)&text.data, 1, x, NULL, &err),
                         ORR_OK);
        float sum = 0;
        for (int i = 0; i < 16; i++) sum += q[i] * x[i];
        ck_assert_float_eq_tol(cosine[t], sum, 0.02F);
        ck_assert_uint_eq(orr_vectors_compare_rows(s.vectors.vectors, &v, t, row), d.rows);
        orr_str_clear(&text);
        orr_passage_row(&d, 0, &text);
        ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_PASSAGE, (const char *const *)&text.data, 1, x, NULL, &err),
                         ORR_OK);
        sum = 0;
        for (int i = 0; i < 16; i++) sum += q[i] * x[i];
        ck_assert_float_eq_tol(row[0], sum, 0.02F);
        const float mini = orr_vectors_compare_mini(s.vectors.vectors, q, t, (const size_t[]){0}, 1);
        ck_assert_float_le(mini, 1.001F);
        ck_assert_float_ge(mini, fminf(cosine[t], row[0]) - 0.03F); /* the direction between the two */
        orr_str_free(&text);
        orr_arena_free(&arena);
    }
    orr_vector_query_free(&v);
    orr_search_close(&s);
    aid_store_end(&a);
}
END_TEST

static size_t slurp(struct orr_store *s, unsigned char **bytes)
{
    size_t n;
    char *path = orr_corpus_vectors_path(s, 1);
    *bytes = aid_slurp(path, &n);
    free(path);
    return *bytes ? n : 0;
}

START_TEST(only_new_tables_are_encoded_and_the_result_is_that_of_encoding_all)
{
    static const char more[] =
        "{\"id\":\"bridges\",\"title\":\"Bridges\",\"header\":[\"Name\"],\"rows\":[[\"Old\"]]}\n";
    struct aid_store a = aid_store_new(), b = aid_store_new();
    unsigned char *grown, *fresh;
    struct orr_search s;
    fill(a.store, aid_corpus_jsonl);
    s = search(a.store, model("bert_mean"), true);
    orr_search_close(&s);
    fill(a.store, more);
    s = search(a.store, NULL, false); /* the encoder that the corpus has, with the rows that it had */
    ck_assert(s.vectors.built && orr_vectors_tables(s.vectors.vectors) == 6 && orr_vectors_has_rows(s.vectors.vectors));
    orr_search_close(&s);
    s = search(a.store, NULL, false);
    ck_assert(!s.vectors.built && s.vectors.vectors);
    orr_search_close(&s);
    fill(b.store, aid_corpus_jsonl);
    fill(b.store, more);
    s = search(b.store, model("bert_mean"), true);
    orr_search_close(&s);
    const size_t n = slurp(a.store, &grown), m = slurp(b.store, &fresh), header = 32 + 8 + 8; /* stamps differ */
    ck_assert(n == m && n > header);
    ck_assert(memcmp(grown + header, fresh + header, n - header) == 0);
    free(grown);
    free(fresh);
    aid_store_end(&a);
    aid_store_end(&b);
}
END_TEST

START_TEST(damaged_vectors_are_made_anew_and_another_encoder_replaces_them)
{
    struct aid_store a = aid_store_new();
    fill(a.store, aid_corpus_jsonl);
    struct orr_search s = search(a.store, model("bert_mean"), false);
    const uint64_t hash = s.vectors.encoder->hash;
    orr_search_close(&s);
    char *path = orr_corpus_vectors_path(a.store, 1);
    const int fd = open(path, O_WRONLY);
    ck_assert(fd >= 0 && pwrite(fd, "xyz", 3, 1300) == 3 && close(fd) == 0);
    s = search(a.store, model("bert_mean"), false);
    ck_assert(s.vectors.built && strstr(s.vectors.note, "checksum"));
    orr_search_close(&s);
    ck_assert(truncate(path, 50) == 0);
    s = search(a.store, model("bert_mean"), false);
    ck_assert(s.vectors.built && orr_vectors_tables(s.vectors.vectors) == 5);
    orr_search_close(&s);
    s = search(a.store, model("mpnet"), false);
    ck_assert(s.vectors.built && s.vectors.encoder->hash != hash);
    orr_search_close(&s);
    s = search(a.store, "hashed", false);
    ck_assert_ptr_null(s.vectors.vectors);
    orr_search_close(&s);
    aid_ok(orr_app_corpus_remove(a.store, "towns", &err), &err);
    ck_assert_int_ne(access(path, F_OK), 0);
    free(path);
    aid_store_end(&a);
}
END_TEST

START_TEST(an_encoder_that_is_gone_is_said_and_the_search_goes_on_without_it)
{
    static const char *const files[] = {"config.json", "vocab.txt", "model.safetensors"};
    struct aid_store a = aid_store_new();
    char name[64], path[600], folder[512] = "";
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", model("bert_mean"), files[i]);
        size_t n;
        unsigned char *from = aid_slurp(path, &n);
        ck_assert_ptr_nonnull(from);
        snprintf(name, sizeof name, "gone/%s", files[i]);
        snprintf(folder, sizeof folder, "%s", aid_file_write(name, from, n));
        free(from);
    }
    *strrchr(folder, '/') = '\0';
    fill(a.store, aid_corpus_jsonl);
    struct orr_search s = search(a.store, folder, false);
    ck_assert_ptr_nonnull(s.vectors.vectors);
    orr_search_close(&s);
    snprintf(path, sizeof path, "%s/config.json", folder);
    ck_assert_int_eq(unlink(path), 0);
    s = search(a.store, NULL, false);
    ck_assert(!s.vectors.vectors && strstr(s.vectors.note, "without its encoder"));
    orr_search_close(&s);
    ck_assert_int_eq(orr_search_open_with(a.store, "towns", folder, false, NULL, &s, &err), ORR_ENOTFOUND);
    ck_assert_int_eq(orr_search_open_with(a.store, "towns", "nonsense", false, NULL, &s, &err), ORR_ENOTFOUND);
    ck_assert_msg(strstr(err.message, "'hashed'"), "%s", err.message);
    ck_assert_int_eq(orr_search_open_with(a.store, "towns", model("cross"), false, NULL, &s, &err), ORR_EINVAL);
    aid_store_end(&a);
}
END_TEST

/* What passes the checksum may still have been made to harm. Nothing is to be read outside the file. */
START_TEST(a_hostile_file_with_a_right_checksum_does_no_harm)
{
    for (int weights = 0; weights < 2; weights++) {
        struct aid_store a = aid_store_new();
        unsigned char *bytes;
        fill(a.store, aid_corpus_jsonl);
        struct orr_search s = search(a.store, model(weights ? "splade" : "bert_mean"), true);
        const size_t dim = (size_t)orr_vectors_dim(s.vectors.vectors);
        orr_search_close(&s);
        const size_t n = slurp(a.store, &bytes), front = sizeof(struct orr_vectors_header) + 6 * sizeof(struct orr_disk_table);
        float *q = calloc(dim, sizeof *q), cosine[5], row[ORR_VECTOR_ROWS];
        for (size_t d = 0; d < dim; d++) q[d] = 0.1F;
        for (size_t at = 16; at < front + 64; at++) {
            if (at == offsetof(struct orr_vectors_header, name)) at = sizeof(struct orr_vectors_header);
            for (unsigned flip = 1; flip < 256; flip = flip * 4 + 3) {
                struct orr_vectors *v;
                struct orr_vector_query query;
                struct orr_str copy = {0};
                orr_str_append_n(&copy, bytes, n);
                copy.data[at] = (char)(copy.data[at] ^ (char)flip);
                const uint64_t sum = XXH3_64bits(copy.data + 16, copy.len - 16);
                memcpy(copy.data + 8, &sum, 8);
                if (orr_vectors_adopt(&copy, "hostile", &v, &err) != ORR_OK) continue;
                if (orr_vectors_tables(v) == 5 && (size_t)orr_vectors_dim(v) == dim) {
                    orr_vector_query_read(v, q, &query);
                    orr_vectors_compare(v, &query, cosine);
                    for (uint32_t t = 0; t < 5; t++) {
                        ck_assert(weights || fabsf(cosine[t]) <= 1.001F);
                        const size_t rows = orr_vectors_compare_rows(v, &query, t, row);
                        ck_assert_uint_le(rows, ORR_VECTOR_ROWS);
                        if (rows) orr_vectors_compare_mini(v, q, t, (const size_t[]){0, 99}, 2);
                    }
                    orr_vector_query_free(&query);
                }
                orr_vectors_close(v);
            }
        }
        free(q);
        free(bytes);
        aid_store_end(&a);
    }
}
END_TEST

/* ---- the cascade ---- */

struct reading {
    struct orr_search *s;
    struct orr_store *store;
};
static enum orr_status fetch(void *ctx, uint32_t doc, struct orr_arena *a, struct orr_doc *out, struct orr_error *e)
{
    struct reading *r = ctx;
    return orr_search_doc(r->s, r->store, doc, a, out, e);
}

START_TEST(every_mode_ranks_all_tables_that_are_near_and_says_how_near)
{
    struct aid_store a = aid_store_new();
    fill(a.store, aid_corpus_jsonl);
    for (int weights = 0; weights < 2; weights++) {
        struct orr_search s = search(a.store, model(weights ? "splade" : "bert_mean"), !weights);
        for (int mode = ORR_DENSE_TABLE; mode <= ORR_DENSE_MINI; mode++) {
            struct orr_cascade_options o = orr_cascade_defaults();
            struct orr_cascade_result with = {0}, without = {0};
            float x[ORR_TABLE_FEATURES];
            o.mode = (enum orr_dense_mode)mode;
            aid_ok(orr_cascade_run(s.cascade, "trams of the town", &o, &with, &err), &err);
            ck_assert(with.n > 0 && isfinite(with.items[0].score[ORR_STAGE_DENSE]));
            orr_cascade_explain(s.cascade, "trams of the town", &o, with.items[0].doc, x);
            ck_assert(x[ORR_TF_NEAR_TABLE] != 0 || with.n == 1);
            ck_assert_ptr_eq(orr_cascade_ranker(s.cascade, &o), &orr_table_ranker_near);
            o.no_encoder = true;
            aid_ok(orr_cascade_run(s.cascade, "trams of the town", &o, &without, &err), &err);
            ck_assert(with.n >= without.n);
            orr_cascade_explain(s.cascade, "trams of the town", &o, without.items[0].doc, x);
            ck_assert(x[ORR_TF_NEAR_TABLE] == 0 && x[ORR_TF_NEAR_ROWS] == 0);
            orr_cascade_result_free(&with);
            orr_cascade_result_free(&without);
        }
        orr_search_close(&s);
    }
    aid_store_end(&a);
}
END_TEST

START_TEST(an_encoder_that_reads_orders_the_first_tables_and_leaves_the_rest_behind_them)
{
    struct aid_store a = aid_store_new();
    fill(a.store, aid_corpus_jsonl);
    struct orr_search s = search(a.store, "hashed", false);
    struct reading r = {&s, a.store};
    for (int alone = 0; alone < 2; alone++) {
        struct orr_cascade_options o = orr_cascade_defaults();
        struct orr_cascade_result plain = {0}, read = {0};
        aid_ok(orr_cascade_run(s.cascade, "trams town line kings river", &o, &plain, &err), &err);
        ck_assert_uint_ge(plain.n, 3);
        o.reader = (struct orr_reading_ranker){.alone = alone, .most = 2, .fetch = fetch, .ctx = &r};
        aid_ok(orr_encoder_open(model("cross"), &o.reader.encoder, &err), &err);
        aid_ok(orr_cascade_run(s.cascade, "trams town line kings river", &o, &read, &err), &err);
        ck_assert_uint_eq(read.n, plain.n);
        for (size_t i = 2; i < read.n; i++) ck_assert_uint_eq(read.items[i].doc, plain.items[i].doc);
        for (size_t i = 1; i < read.n; i++)
            ck_assert(read.items[i - 1].score[ORR_STAGE_RERANK] >= read.items[i].score[ORR_STAGE_RERANK]);
        ck_assert(read.items[0].doc == plain.items[0].doc || read.items[0].doc == plain.items[1].doc);
        orr_encoder_free(o.reader.encoder);
        orr_cascade_result_free(&plain);
        orr_cascade_result_free(&read);
    }
    orr_search_close(&s);
    aid_store_end(&a);
}
END_TEST

/* Searches until it is told to stop; 0 when every search found the table, or said that there is none now. */
static int search_until(const char *path, int stop)
{
    size_t found = 0, n = 0;
    char byte;
    while (read(stop, &byte, 1) < 0) {
        struct orr_search s;
        struct orr_store *store;
        struct orr_cascade_result r = {0};
        const struct orr_cascade_options o = orr_cascade_defaults();
        if (orr_store_open(path, ORR_STORE_WRITE, &store, &err) != ORR_OK) continue; /* busy */
        const enum orr_status status = orr_search_open(store, "towns", NULL, &s, &err);
        if (status == ORR_OK) {
            if (orr_cascade_run(s.cascade, "trams", &o, &r, &err) != ORR_OK) return 2;
            struct orr_index_doc d = {.id = ""};
            if (r.n) orr_index_doc(s.corpus.index, r.items[0].doc, &d);
            found += strcmp(d.id, "trams") == 0;
            if (r.n && strcmp(d.id, "trams") != 0) return 3;
            orr_cascade_result_free(&r);
            orr_search_close(&s);
        } else if (status != ORR_ENOTFOUND && status != ORR_EBUSY) {
            return 4;
        }
        orr_store_close(store);
        n++;
    }
    return found > 0 && n > 0 ? 0 : 5;
}

START_TEST(a_corpus_can_be_taken_away_and_filled_again_while_another_process_searches_it)
{
    struct aid_store a = aid_store_new();
    int stop[2], status = 0;
    ck_assert(pipe(stop) == 0 && fcntl(stop[0], F_SETFL, O_NONBLOCK) == 0);
    fill(a.store, aid_corpus_jsonl);
    struct orr_search s = search(a.store, model("bert_mean"), true);
    orr_search_close(&s);
    const pid_t child = fork();
    if (child == 0) _exit(search_until(a.path, stop[0]));
    ck_assert(child > 0);
    for (int round = 0; round < 20; round++) {
        usleep(5000);
        enum orr_status done;
        while ((done = orr_app_corpus_remove(a.store, "towns", &err)) == ORR_EBUSY) usleep(1000);
        aid_ok(done, &err);
        struct orr_corpus_report r;
        const char *path = aid_file_write("again.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl));
        while ((done = orr_app_corpus_add(a.store, "towns", path, false, NULL, &r, &err)) == ORR_EBUSY) usleep(1000);
        aid_ok(done, &err);
        orr_str_free(&r.notes);
        s = search(a.store, model("bert_mean"), true);
        orr_search_close(&s);
        usleep(5000);
    }
    ck_assert(write(stop[1], "x", 1) == 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the reader ended with %d", status);
    close(stop[0]);
    close(stop[1]);
    aid_store_end(&a);
}
END_TEST

START_TEST(vectors_of_other_tables_are_not_attached)
{
    struct aid_store a = aid_store_new(), b = aid_store_new();
    static const char one[] = "{\"id\":\"bridges\",\"title\":\"Bridges\",\"header\":[\"Name\"],\"rows\":[[\"Old\"]]}\n";
    fill(a.store, aid_corpus_jsonl);
    fill(b.store, one);
    struct orr_search s = search(a.store, model("bert_mean"), false), t = search(b.store, model("bert_mean"), false);
    ck_assert_int_eq(orr_cascade_attach(s.cascade, t.vectors.vectors, s.vectors.encoder, &err), ORR_EINVAL);
    orr_search_close(&s);
    orr_search_close(&t);
    aid_store_end(&a);
    aid_store_end(&b);
}
END_TEST

/* Encodes shard i of three until the ticks are used up; false: it was stopped before its end. */
static bool encode_shard(struct orr_store *s, const char *folder, const char *encoder, bool rows, size_t i, int ticks,
                         bool resume)
{
    struct orr_shards *shard = aid_shard_open(folder, i, resume);
    const struct orr_ticker stop = aid_shard_stop(&ticks);
    const enum orr_status status = orr_corpus_vectors_share(s, "towns", encoder, rows, shard, &stop, &err);
    ck_assert_msg(status == ORR_OK || status == ORR_ECANCELLED, "%s: %s", err.where, err.message);
    ck_assert_int_eq(orr_shards_close(shard, status == ORR_OK, &err), ORR_OK);
    return status == ORR_OK;
}

static void three_shards(const char *encoder, bool rows)
{
    struct aid_store a = aid_store_new();
    struct aid_docs *d = aid_docs_random(230, 5);
    struct orr_str text = {0};
    struct orr_shards *merging;
    size_t n, m;
    char folder[128];
    for (size_t i = 0; i < d->n; i++) orr_str_printf(&text, "%s\n", d->json[i]);
    fill(a.store, text.data);
    struct orr_search x = search(a.store, encoder, rows);
    orr_search_close(&x);
    char *path = orr_corpus_vectors_path(a.store, 1);
    unsigned char *one = aid_slurp(path, &n);
    ck_assert_int_eq(unlink(path), 0);
    snprintf(folder, sizeof folder, "%s/parts", a.folder);
    ck_assert(encode_shard(a.store, folder, encoder, rows, 2, 1000, false));
    ck_assert(encode_shard(a.store, folder, encoder, rows, 0, 1000, false));
    ck_assert(!encode_shard(a.store, folder, encoder, rows, 1, 2, false));
    ck_assert_int_eq(orr_shards_merge(folder, &merging, &err), ORR_EINVAL);
    ck_assert(encode_shard(a.store, folder, encoder, rows, 1, 1000, true));
    ck_assert_ptr_null(aid_slurp(path, &m)); /* shards write nothing beside the store */
    ck_assert_int_eq(orr_shards_merge(folder, &merging, &err), ORR_OK);
    aid_ok(orr_corpus_vectors_share(a.store, "towns", encoder, rows, merging, NULL, &err), &err);
    orr_shards_close(merging, false, NULL);
    unsigned char *all = aid_slurp(path, &m);
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(one, all, n);
    x = search(a.store, NULL, false);
    ck_assert(x.vectors.vectors && !x.vectors.built);
    orr_search_close(&x);
    fill(a.store, "{\"id\":\"late\",\"title\":\"A table that came later\",\"header\":[\"x\"],\"rows\":[]}\n");
    ck_assert_int_eq(orr_shards_merge(folder, &merging, &err), ORR_OK);
    ck_assert_int_eq(orr_corpus_vectors_share(a.store, "towns", encoder, rows, merging, NULL, &err), ORR_EFORMAT);
    orr_shards_close(merging, false, NULL);
    free(one);
    free(all);
    free(path);
    orr_str_free(&text);
    aid_docs_free(d);
    aid_store_end(&a);
}

START_TEST(three_shards_make_the_file_of_one_process)
{
    three_shards(model("bert_mean"), false);
    three_shards(model("bert_mean"), true);
    three_shards(model("splade"), false);
}
END_TEST

/* The inverted file gives what going through every table gives, to the last bit. */
START_TEST(weights_by_piece_rank_as_weights_by_table)
{
    struct aid_store a = aid_store_new();
    fill(a.store, aid_corpus_jsonl);
    struct orr_search s = search(a.store, model("splade"), false);
    const struct orr_vectors *v = s.vectors.vectors;
    const uint32_t n = orr_vectors_tables(v);
    const size_t dim = (size_t)orr_vectors_dim(v);
    static const char *const questions[] = {"the town of trams", "a red line", ""};
    float *q = calloc(dim, sizeof *q), got[8], want[8], top;
    ck_assert_uint_eq(n, 5);
    for (size_t k = 0; k < 3; k++) {
        struct orr_vector_query read;
        ck_assert_int_eq(orr_encoder_encode(s.vectors.encoder, ORR_ENCODER_QUERY, &questions[k], 1, q, NULL, &err), ORR_OK);
        orr_vector_query_read(v, q, &read);
        orr_vectors_compare(v, &read, got);
        top = 0;
        for (uint32_t t = 0; t < n; t++) {
            const struct orr_vectors_entry e = orr_vectors_entry(v, t);
            want[t] = 0;
            for (uint32_t i = 0; i < e.n; i++) want[t] += q[e.weight[i].piece] * e.weight[i].weight;
            top = fmaxf(top, want[t]);
        }
        ck_assert(k == 2 || top > 0);
        for (uint32_t t = 0; t < n; t++) ck_assert_float_eq(got[t], top > 0 ? want[t] / top : 0);
        orr_vector_query_free(&read);
    }
    free(q);
    orr_search_close(&s);
    aid_store_end(&a);
}
END_TEST

START_TEST(what_ships_encodes_a_corpus_from_when_it_is_named_until_it_is_refused)
{
    struct aid_store a = aid_store_new();
    setenv("ORRERY_DATASETS", "datasets", 1);
    fill(a.store, aid_corpus_jsonl);
    struct orr_search s = search(a.store, NULL, false);
    const int64_t corpus = s.corpus.corpus;
    ck_assert(!s.vectors.vectors && !*s.vectors.note);
    orr_search_close(&s);
    s = search(a.store, "shipped", false);
    ck_assert(s.vectors.built && orr_vectors_has_rows(s.vectors.vectors));
    ck_assert_str_eq(orr_vectors_name(s.vectors.vectors), "shipped");
    orr_search_close(&s);
    s = search(a.store, NULL, false);
    ck_assert(!s.vectors.built && s.vectors.vectors);
    orr_search_close(&s);
    aid_ok(orr_corpus_vectors_refuse(a.store, corpus, &err), &err);
    s = search(a.store, NULL, false);
    ck_assert(!s.vectors.vectors && !*s.vectors.note);
    orr_search_close(&s);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE_IN_FOLDER("vectors", weights_by_piece_rank_as_weights_by_table,
                    what_ships_encodes_a_corpus_from_when_it_is_named_until_it_is_refused,
                    a_passage_holds_the_start_of_every_field_and_a_row_its_headings,
                    cosines_of_the_file_are_those_of_the_encoder,
                    only_new_tables_are_encoded_and_the_result_is_that_of_encoding_all,
                    damaged_vectors_are_made_anew_and_another_encoder_replaces_them,
                    a_hostile_file_with_a_right_checksum_does_no_harm,
                    an_encoder_that_is_gone_is_said_and_the_search_goes_on_without_it,
                    every_mode_ranks_all_tables_that_are_near_and_says_how_near,
                    an_encoder_that_reads_orders_the_first_tables_and_leaves_the_rest_behind_them,
                    a_corpus_can_be_taken_away_and_filled_again_while_another_process_searches_it,
                    vectors_of_other_tables_are_not_attached, three_shards_make_the_file_of_one_process)
