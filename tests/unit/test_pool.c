/* Pools of candidates: in the store, from files of every kind, typed; tokens that are kept and checked. */
#include "aid_folder.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include <orrery/pool.h>

#include "aid_command.h"
#include "aid_store.h"
#include "app/pool.h"

static struct orr_error err;

static const char *file(const char *name, const char *text) { return aid_file_write(name, text, strlen(text)); }

/* "cat|dog" of what `name` stands for. */
static const char *read_as(struct orr_store *store, const char *name, const char *column)
{
    static struct orr_str out;
    struct orr_pool p = {0};
    int64_t stored;
    orr_str_clear(&out);
    const enum orr_status s = orr_pool_read(store, name, column, NULL, &p, &stored, &err);
    if (s) orr_str_printf(&out, "%d %s", s, err.message);
    for (size_t i = 0; i < p.text.len && !s; i++) orr_str_printf(&out, "%s%s", i ? "|" : "", p.text.data[i]);
    orr_pool_free(&p);
    return orr_str_c(&out);
}

START_TEST(typed_candidates_are_parted_by_commas_or_semicolons_and_kept_once)
{
    ck_assert_str_eq(read_as(NULL, "=cat, flat tire,cat,,dog", NULL), "cat|flat tire|dog");
    ck_assert_str_eq(read_as(NULL, "=a, b; c", NULL), "a, b|c");
    ck_assert_ptr_nonnull(strstr(read_as(NULL, "= , ", NULL), "no candidates"));
}
END_TEST

START_TEST(files_of_every_kind_give_their_candidates)
{
    ck_assert_str_eq(read_as(NULL, file("a.txt", "cat\r\n\ndog  \ncat\nlast"), NULL), "cat|dog|last");
    ck_assert_str_eq(read_as(NULL, file("a.csv", "code,name\n1,\"a, b\"\n2,c\n"), "name"), "a, b|c");
    ck_assert_str_eq(read_as(NULL, file("a.csv", "1,x\n2,y\n"), "2"), "x|y");
    ck_assert_str_eq(read_as(NULL, file("a.tsv", "x\ty\n"), NULL), "x");
    ck_assert_str_eq(read_as(NULL, file("a.jsonl", "\"cat\"\n{\"text\":\"dog\"}\n\n{\"name\":\"cow\"}\n"), NULL), "cat|dog|cow");
    ck_assert_str_eq(read_as(NULL, file("a.jsonl", "{\"code\":\"A1\",\"text\":\"x\"}\n"), "code"), "A1");
    const char *path = file("b.txt.gz", "");
    gzFile f = gzopen(path, "wb");
    gzputs(f, "zipped\n");
    gzclose(f);
    ck_assert_str_eq(read_as(NULL, path, NULL), "zipped");
}
END_TEST

START_TEST(what_is_no_pool_is_a_named_error)
{
    ck_assert_ptr_nonnull(strstr(read_as(NULL, "/nowhere/pool", NULL), "neither a pool nor a file"));
    ck_assert_ptr_nonnull(strstr(read_as(NULL, "wordnet:0", NULL), "neither a pool nor a file"));
    ck_assert_ptr_nonnull(strstr(read_as(NULL, file("e.txt", "\n \n"), NULL), "no candidates"));
    ck_assert_ptr_nonnull(strstr(read_as(NULL, file("n.txt", ""), NULL), "no candidates"));
    ck_assert_ptr_nonnull(strstr(read_as(NULL, file("j.jsonl", "{\"x\":1}\n"), NULL), "neither a string nor an object"));
    ck_assert_ptr_nonnull(strstr(err.where, "j.jsonl:1"));
    read_as(NULL, file("k.jsonl", "\"a\"\n{\n"), NULL);
    ck_assert_ptr_nonnull(strstr(err.where, "k.jsonl:2"));
}
END_TEST

START_TEST(the_store_keeps_a_pool_until_it_is_replaced_or_removed)
{
    struct aid_store a = aid_store_new();
    size_t n;
    ck_assert_int_eq(orr_app_pool_add(a.store, "pets", file("p.txt", "cat\ndog\n"), "s", NULL, NULL, &n, &err), ORR_OK);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(read_as(a.store, "pets", NULL), "cat|dog");
    ck_assert_int_eq(orr_app_pool_add(a.store, "pets", file("p.txt", "cow\n"), "s", NULL, NULL, &n, &err), ORR_OK);
    ck_assert_str_eq(read_as(a.store, "pets", NULL), "cow");
    ck_assert_int_eq(orr_app_pool_add(a.store, "", file("p.txt", "cow\n"), "s", NULL, NULL, &n, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_app_pool_add(a.store, "=x", file("p.txt", "cow\n"), "s", NULL, NULL, &n, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_store_pool_remove(a.store, "cats", &err), ORR_ENOTFOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "pets"));
    ck_assert_ptr_nonnull(strstr(read_as(a.store, "cats", NULL), "there is pets"));
    ck_assert_int_eq(orr_store_pool_remove(a.store, "pets", &err), ORR_OK);
    struct orr_stored_pool_list none;
    ck_assert_int_eq(orr_store_pools(a.store, &none, &err), ORR_OK);
    ck_assert_uint_eq(none.n, 0);
    orr_stored_pool_list_free(&none);
    aid_store_end(&a);
}
END_TEST

static const char VOCABULARY[] = "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"\xe2\x96\x81\":0,\"a\":1,\"b\":2,\"\xe2\x96\x81"
                                 "a\":3},\"merges\":[[\"\xe2\x96\x81\",\"a\"]]},\"pre_tokenizer\":{\"type\":\"Metaspace\","
                                 "\"prepend_scheme\":\"never\"}}";

START_TEST(tokens_are_kept_per_vocabulary_and_damaged_ones_made_anew)
{
    struct aid_store a = aid_store_new();
    struct orr_pool p = {0};
    struct orr_pieces *pieces;
    size_t n;
    int64_t id;
    void *data;
    ck_assert_int_eq(orr_pieces_open(file("tokenizer.json", VOCABULARY), 0, &pieces, &err), ORR_OK);
    ck_assert_int_eq(orr_app_pool_add(a.store, "x", file("x.txt", "ab\nb\naba\n"), "s", NULL, NULL, &n, &err), ORR_OK);
    const uint64_t vocabulary = orr_pieces_identity(pieces);
    static const int32_t bad[][8] = {{0, 2, 4, 7, 3, 2, 0, 9}, {0, 2, 2, 4, 3, 2, 0, 2}, {0, 2, 4, 4, 1, 1, 1, 99}};
    for (int round = -1; round < 4; round++) { /* none kept; kept; then damaged ones */
        if (round > 0)
            ck_assert_int_eq(orr_store_pool_tokens_put(a.store, id, vocabulary, bad[round - 1], sizeof bad[0], &err), ORR_OK);
        ck_assert_int_eq(orr_pool_read(a.store, "x", NULL, NULL, &p, &id, &err), ORR_OK);
        ck_assert_int_eq(orr_pool_encode_stored(a.store, id, &p, pieces, &err), ORR_OK);
        ck_assert_uint_eq(p.token.len, 2 + 2 + 3);
        ck_assert_int_eq(p.token.data[0], 3);
        ck_assert_uint_eq(p.longest, 3);
        ck_assert(p.idf[0] > 0.4F && p.idf[0] < 0.41F); /* log 3/2 */
        orr_pool_free(&p);
        ck_assert_int_eq(orr_store_pool_tokens(a.store, id, vocabulary, &data, &n, &err), ORR_OK);
        ck_assert_uint_eq(n, (4 + 7) * sizeof(int32_t));
        free(data);
    }
    ck_assert_int_eq(orr_store_pool_tokens(a.store, id, vocabulary + 1, &data, &n, &err), ORR_ENOTFOUND);
    orr_pieces_free(pieces);
    aid_store_end(&a);
}
END_TEST

START_TEST(the_verbs_add_list_show_and_remove_pools)
{
    struct aid_store a = aid_store_new();
    char line[400];
    orr_store_close(a.store);
    a.store = NULL;
    snprintf(line, sizeof line, "pool add pets %s --column name", file("pets.csv", "id,name\n1,cat\n2,\"big dog\"\n"));
    struct aid_output o = aid_command_expect(a.path, line, 0);
    ck_assert_ptr_nonnull(strstr(o.err, "pool pets: 2 candidates"));
    aid_output_free(&o);
    o = aid_command(a.path, "pool add more - ", "one\ntwo\n");
    ck_assert_ptr_nonnull(strstr(o.err, "pool more: 2 candidates"));
    aid_output_free(&o);
    o = aid_command_expect(a.path, "pool list --csv", 0);
    ck_assert_ptr_nonnull(strstr(o.out, "pets,2,0,"));
    ck_assert_ptr_nonnull(strstr(o.out, "more,2,0,standard input"));
    aid_output_free(&o);
    o = aid_command_expect(a.path, "pool show pets", 0);
    ck_assert_str_eq(o.out, "cat\nbig dog\n");
    aid_output_free(&o);
    o = aid_command_expect(a.path, "pool show '=\033[2J,b'", 0);
    ck_assert_ptr_null(strchr(o.out, '\033'));
    aid_output_free(&o);
    static const struct {
        const char *line;
        int code;
    } bad[] = {{"pool remove cats", 1}, {"pool remove", 2}, {"pool show", 2}, {"pool add pets", 2}, {"pool show nothing", 1},
               {"select pets 'a cat' --model /nowhere", 1}, {"lm show /nowhere", 1}, {"lm list /nowhere", 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        o = aid_command_expect(a.path, bad[i].line, bad[i].code);
        aid_output_free(&o);
    }
    o = aid_command_expect(a.path, "pool remove pets more", 0);
    aid_output_free(&o);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE_IN_FOLDER("pools", typed_candidates_are_parted_by_commas_or_semicolons_and_kept_once,
                    files_of_every_kind_give_their_candidates, what_is_no_pool_is_a_named_error,
                    the_store_keeps_a_pool_until_it_is_replaced_or_removed,
                    tokens_are_kept_per_vocabulary_and_damaged_ones_made_anew,
                    the_verbs_add_list_show_and_remove_pools)
