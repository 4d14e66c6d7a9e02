/* Corpora: read from files of every kind, kept in the store, indexed beside it. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "aid_command.h"
#include "aid_corpus.h"
#include "aid_folder.h"
#include "aid_shards.h"
#include "aid_store.h"
#include "app/search.h"
#include "suite.h"

static struct orr_corpus_report add(struct orr_store *s, const char *name, const char *path, bool mirror)
{
    struct orr_corpus_report r;
    struct orr_error err;
    aid_ok(orr_app_corpus_add(s, name, path, mirror, NULL, &r, &err), &err);
    orr_str_free(&r.notes);
    return r;
}

static const char *first(struct orr_store *s, const char *corpus, const char *query, char id[64], bool *built)
{
    struct orr_search search;
    struct orr_error err;
    struct orr_cascade_result r = {0};
    const struct orr_cascade_options o = orr_cascade_defaults();
    aid_ok(orr_search_open(s, corpus, NULL, &search, &err), &err);
    aid_ok(orr_cascade_run(search.cascade, query, &o, &r, &err), &err);
    struct orr_index_doc d = {.id = ""};
    if (r.n) orr_index_doc(search.corpus.index, r.items[0].doc, &d);
    snprintf(id, 64, "%s", d.id);
    if (built) *built = search.corpus.built;
    orr_cascade_result_free(&r);
    orr_search_close(&search);
    return id;
}

START_TEST(adding_the_same_again_changes_nothing_and_the_index_is_kept)
{
    struct aid_store a = aid_store_new();
    const char *path = aid_file_write("c.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl));
    char id[64];
    bool built;
    struct orr_corpus_report r = add(a.store, "towns", path, false);
    ck_assert(r.tables == 5 && r.added == 5 && r.noted == 0);
    ck_assert_str_eq(first(a.store, "towns", "kings Elphberg", id, &built), "kings");
    ck_assert(built);
    r = add(a.store, "towns", path, false);
    ck_assert(r.tables == 5 && r.added == 0 && r.same == 5);
    ck_assert_str_eq(first(a.store, "towns", "kings Elphberg", id, &built), "kings");
    ck_assert(!built);
    aid_store_end(&a);
}
END_TEST

START_TEST(changed_and_missing_tables_reach_the_index)
{
    struct aid_store a = aid_store_new();
    char id[64];
    bool built;
    add(a.store, "towns", aid_file_write("d.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl)), false);
    first(a.store, "towns", "kings", id, &built);
    static const char newer[] =
        "{\"id\":\"kings\",\"title\":\"Queens of Ruritania\",\"header\":[\"Queen\"],\"rows\":[[\"Flavia\"]]}\n";
    struct orr_corpus_report r = add(a.store, "towns", aid_file_write("e.jsonl", newer, strlen(newer)), false);
    ck_assert(r.changed == 1 && r.added == 0);
    ck_assert_str_eq(first(a.store, "towns", "Flavia", id, &built), "kings");
    ck_assert(built);
    ck_assert_str_eq(first(a.store, "towns", "trams", id, &built), "trams");
    r = add(a.store, "towns", aid_file_write("e.jsonl", newer, strlen(newer)), true);
    ck_assert_uint_eq(r.removed, 4);
    ck_assert_str_eq(first(a.store, "towns", "trams", id, &built), "");
    aid_store_end(&a);
}
END_TEST

START_TEST(a_damaged_index_file_is_made_anew_and_an_unwritable_place_is_said)
{
    struct aid_store a = aid_store_new();
    struct orr_error err;
    char id[64];
    bool built;
    add(a.store, "towns", aid_file_write("f.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl)), false);
    first(a.store, "towns", "trams", id, NULL);
    char *path = orr_corpus_index_path(a.store, 1);
    const int fd = open(path, O_WRONLY);
    ck_assert(fd >= 0 && pwrite(fd, "x", 1, 1000) == 1 && close(fd) == 0);
    ck_assert_str_eq(first(a.store, "towns", "trams", id, &built), "trams");
    ck_assert(built);
    ck_assert(truncate(path, 100) == 0);
    ck_assert_str_eq(first(a.store, "towns", "trams", id, &built), "trams");
    ck_assert(built);
    unlink(path);
    ck_assert(mkdir(path, 0700) == 0);
    struct orr_corpus_index x;
    aid_ok(orr_corpus_index_open(a.store, "towns", NULL, &x, &err), &err);
    ck_assert(orr_index_docs(x.index) == 5 && strstr(x.note, "memory only") != NULL);
    orr_index_close(x.index);
    ck_assert(rmdir(path) == 0);
    free(path);
    aid_store_end(&a);
}
END_TEST

START_TEST(removing_a_corpus_takes_its_index_away_and_others_are_named)
{
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_search search;
    char id[64];
    const char *file = aid_file_write("g.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl));
    add(a.store, "one", file, false);
    add(a.store, "two", file, false);
    first(a.store, "one", "trams", id, NULL);
    char *path = orr_corpus_index_path(a.store, 1);
    ck_assert_int_eq(access(path, F_OK), 0);
    aid_ok(orr_app_corpus_remove(a.store, "one", &err), &err);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(orr_search_open(a.store, "one", NULL, &search, &err), ORR_ENOTFOUND);
    ck_assert_str_eq(err.message, "no corpus 'one'; there is two");
    free(path);
    aid_store_end(&a);
}
END_TEST

START_TEST(bad_lines_are_passed_over_and_doubled_ids_counted)
{
    struct aid_store a = aid_store_new();
    static const char text[] = "{\"id\":\"a\",\"title\":\"first\"}\nnonsense\n\n{\"id\":\"a\",\"title\":\"second\"}\n{"
                               "\"rows\":[[\"x\"],[\"y\",\"z\"]]}\n[]\n";
    char id[64];
    struct orr_corpus_report r;
    struct orr_error err;
    aid_ok(orr_app_corpus_add(a.store, "bad", aid_file_write("bad.jsonl", text, strlen(text)), false, NULL, &r, &err),
           &err);
    ck_assert(r.tables == 3 && r.added == 2 && r.doubles == 1 && r.ragged == 1 && r.headless == 1 && r.noted == 2);
    ck_assert_ptr_nonnull(strstr(r.notes.data, "bad.jsonl:2"));
    orr_str_free(&r.notes);
    ck_assert_str_eq(first(a.store, "bad", "second", id, NULL), "a");
    ck_assert_str_eq(first(a.store, "bad", "first", id, NULL), "");
    ck_assert_str_eq(first(a.store, "bad", "z", id, NULL), "bad.jsonl:5");
    aid_store_end(&a);
}
END_TEST

START_TEST(a_file_without_tables_leaves_the_store_as_it_was)
{
    struct aid_store a = aid_store_new();
    struct orr_corpus_report r;
    struct orr_corpus_list all;
    struct orr_error err;
    static const struct {
        const char *name, *text;
        enum orr_status status;
    } bad[] = {
        {"n.jsonl", "nonsense\n", ORR_EFORMAT}, {"n.csv", "", ORR_EFORMAT}, {"cut.jsonl", "\x1f\x8b\x08", ORR_EFORMAT}};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(orr_app_corpus_add(a.store, "x", aid_file_write(bad[i].name, bad[i].text, strlen(bad[i].text)),
                                            false, NULL, &r, &err),
                         bad[i].status);
        orr_str_free(&r.notes);
    }
    ck_assert_int_eq(orr_app_corpus_add(a.store, "x", "/nonexistent", false, NULL, &r, &err), ORR_ENOTFOUND);
    aid_ok(orr_store_corpora(a.store, &all, &err), &err);
    ck_assert_uint_eq(all.n, 0);
    orr_corpus_list_free(&all);
    aid_store_end(&a);
}
END_TEST

START_TEST(no_escape_of_a_cell_reaches_the_terminal)
{
    struct aid_store a = aid_store_new();
    static const char hostile[] =
        "{\"id\":\"id\\u001b[2J\",\"title\":\"title\\u001b]0;owned\\u0007\",\"section_title\":\"s\\u009b31m\","
        "\"header\":[\"head\\u001b[5m\"],\"rows\":[[\"river cell\\u001b[31m\"],[\"river \\u202egnp\"]]}\n";
    add(a.store, "odd", aid_file_write("odd.jsonl", hostile, strlen(hostile)), false);
    static const char *const lines[] = {"search odd 'river cell'",       "search odd 'river cell' --json",
                                        "answer odd 'which river cell'", "corpus list",
                                        "search odd '\033[2J river'",    "corpus remove '\033[2Jnone'"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct aid_output o = aid_command(a.path, lines[i], NULL);
        ck_assert_msg(!strpbrk(o.out, "\033\007") && !strpbrk(o.err, "\033\007"), "%s", lines[i]);
        ck_assert_msg(!strstr(o.out, "\xc2\x9b") && !strstr(o.err, "\xc2\x9b"), "%s: a C1 control", lines[i]);
        if (i == 0) ck_assert_msg(strstr(o.out, "title"), "nothing was found: %s %s", o.out, o.err);
        aid_output_free(&o);
    }
    aid_store_end(&a);
}
END_TEST

/* 80 MB of one letter: 80 kB as a file. */
START_TEST(a_line_that_unpacks_to_more_than_a_table_may_be_is_refused)
{
    struct aid_store a = aid_store_new();
    struct orr_corpus_report r;
    struct orr_error err;
    char block[1 << 16];
    const char *path = aid_file_write("bomb.jsonl.gz", "", 0);
    gzFile f = gzopen(path, "wb9");
    memset(block, 'a', sizeof block);
    ck_assert(f && gzputs(f, "{\"id\":\"") > 0);
    for (size_t i = 0; i < (80 << 20) / sizeof block; i++) ck_assert_int_eq(gzwrite(f, block, sizeof block), sizeof block);
    ck_assert_int_eq(gzclose(f), Z_OK);
    ck_assert_int_eq(orr_app_corpus_add(a.store, "bomb", path, false, NULL, &r, &err), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "64 MiB"));
    orr_str_free(&r.notes);
    aid_store_end(&a);
}
END_TEST

START_TEST(csv_tsv_gzip_sqlite_and_folders_are_read)
{
    struct aid_store a = aid_store_new();
    char id[64];
    struct orr_corpus_report r =
        add(a.store, "csv", aid_file_write("city_list.csv", "City,People\nZenda,30500\n\"Stres,lau\",1\n", 38), false);
    ck_assert(r.added == 1 && r.headless == 0);
    ck_assert_str_eq(first(a.store, "csv", "city list people", id, NULL), "city_list");
    r = add(a.store, "numbers", aid_file_write("n.csv", "1,2\n3,4\n", 8), false);
    ck_assert(r.added == 1 && r.headless == 1);
    struct orr_error err;
    ck_assert_int_eq(orr_app_corpus_add(a.store, "bytes", aid_file_write("b.csv", "a,b\n1,\0\n", 8), false, NULL, &r, &err),
                     ORR_EFORMAT);
    ck_assert_msg(strstr(err.message, "zero byte") != NULL, "%s", err.message);
    orr_str_free(&r.notes);
    aid_file_write("folder/a.csv", "h\nalpha\n", 8);
    aid_file_write("folder/sub/b.tsv", "h\tg\nbeta\tx y\n", 13);
    const char *inside = aid_file_write("folder/readme.txt", "no", 2);
    char folder[256];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(inside, '/') - inside), inside);
    r = add(a.store, "folder", folder, false);
    ck_assert_uint_eq(r.added, 2);
    ck_assert_str_eq(first(a.store, "folder", "beta", id, NULL), "sub/b");
    const char *gz = aid_file_write("t.jsonl.gz", "", 0);
    gzFile f = gzopen(gz, "wb");
    ck_assert(f && gzputs(f, aid_corpus_jsonl) > 0 && gzclose(f) == Z_OK);
    ck_assert_uint_eq(add(a.store, "gz", gz, false).added, 5);
    const char *path = aid_file_write("other.db", "", 0);
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(db,
                     "CREATE TABLE book(title, pages); INSERT INTO book VALUES('Ulysses', 700), (NULL, x'00');"
                     "CREATE TABLE \"odd\"\"name\"(x)",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    ck_assert_uint_eq(add(a.store, "db", path, false).added, 2);
    ck_assert_str_eq(first(a.store, "db", "Ulysses", id, NULL), "book");
    aid_store_end(&a);
}
END_TEST

START_TEST(long_csv_files_are_parted)
{
    struct aid_store a = aid_store_new();
    struct orr_str s = {0};
    char id[64];
    orr_str_append(&s, "name,n\n");
    for (int i = 0; i < 4500; i++) orr_str_printf(&s, "item%d,%d\n", i, i);
    ck_assert_uint_eq(add(a.store, "long", aid_file_write("long.csv", s.data, s.len), false).added, 3);
    ck_assert_str_eq(first(a.store, "long", "item4444", id, NULL), "long#3");
    orr_str_free(&s);
    aid_store_end(&a);
}
END_TEST

START_TEST(the_stores_own_runs_are_a_corpus)
{
    struct aid_store a = aid_store_new();
    struct orr_error err;
    struct orr_corpus_report r;
    char id[64];
    const int64_t one = aid_run(a.store, "k1", "segment-a"), two = aid_run(a.store, "k2", "segment-b");
    aid_append(a.store, one, "loss", 3, 0.5);
    aid_ok(orr_store_config_put(a.store, one, "lr",
                                &(struct orr_config_value){.is_number = true, .number = 0.1, .text = "0.1"}, &err),
           &err);
    aid_ok(orr_store_config_put(a.store, two, "lr",
                                &(struct orr_config_value){.is_number = true, .number = 0.3, .text = "0.3"}, &err),
           &err);
    aid_ok(orr_app_corpus_runs(a.store, "runs", NULL, &r, &err), &err);
    ck_assert_uint_eq(r.added, 2);
    ck_assert_str_eq(first(a.store, "runs", "which run on segment used lr 0.3", id, NULL), "run 2");
    aid_ok(orr_store_run_delete(a.store, two, &err), &err);
    aid_ok(orr_app_corpus_runs(a.store, "runs", NULL, &r, &err), &err);
    ck_assert(r.removed == 1 && r.same == 1);
    aid_store_end(&a);
}
END_TEST

/* ---- kill -9 ---- */

START_TEST(being_killed_at_any_time_leaves_a_corpus_that_can_be_searched)
{
    struct aid_store a = aid_store_new();
    struct orr_str text = {0};
    char id[64];
    for (int i = 0; i < 400; i++)
        orr_str_printf(&text, "{\"id\":\"d%d\",\"title\":\"table w%d\",\"header\":[\"a\"],\"rows\":[[\"x%d y\"]]}\n", i, i, i);
    const char *path = aid_file_write("kill.jsonl", text.data, text.len);
    add(a.store, "c", aid_file_write("first.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl)), false);
    orr_store_close(a.store);
    for (int round = 0; round < 8; round++) {
        const pid_t child = fork();
        if (child == 0) {
            struct orr_corpus_report r;
            struct orr_corpus_index x;
            struct orr_store *s;
            if (orr_store_open(a.path, ORR_STORE_WRITE, &s, NULL) != ORR_OK) _exit(1);
            for (;;) { /* adds, indexes and takes away again until it is killed */
                orr_app_corpus_add(s, "c", path, false, NULL, &r, NULL);
                if (orr_corpus_index_open(s, "c", NULL, &x, NULL) == ORR_OK) orr_index_close(x.index);
                orr_app_corpus_add(s, "c", aid_file_write("one.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl)), true,
                                   NULL, &r, NULL);
            }
        }
        ck_assert(child > 0);
        usleep(3000 + 7000 * (unsigned)round);
        ck_assert(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
        a.store = aid_store_open(&a, ORR_STORE_WRITE);
        struct orr_corpus_list found;
        ck_assert_int_eq(orr_store_corpus_find(a.store, "c", &found, NULL), ORR_OK);
        ck_assert(found.items[0].tables == 5 || found.items[0].tables == 405); /* all or nothing */
        orr_corpus_list_free(&found);
        ck_assert_str_eq(first(a.store, "c", "trams", id, NULL), "trams");
        orr_store_close(a.store);
    }
    a.store = NULL;
    orr_str_free(&text);
    aid_store_end(&a);
}
END_TEST

/* ---- the verbs ---- */

START_TEST(the_verbs_print_scores_of_every_stage)
{
    struct aid_store a = aid_store_folder();
    char line[512];
    static const char questions[] = "{\"qid\":\"q1\",\"question\":\"trams lines "
                                    "stops\",\"table_id\":\"trams\"}\n{\"qid\":\"q2\",\"question\":\"?\"}\n";
    char file[128], asked[128];
    snprintf(file, sizeof file, "%s", aid_file_write("v.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl)));
    snprintf(asked, sizeof asked, "%s", aid_file_write("q.jsonl", questions, strlen(questions)));
    snprintf(line, sizeof line, "corpus add towns %s --questions %s", file, asked);
    struct aid_output o = aid_command_expect(a.path, line, 0);
    ck_assert_ptr_nonnull(strstr(o.err, "5 tables: 5 new"));
    ck_assert_ptr_nonnull(strstr(o.err, "2 questions, 1 of them about tables that are not here"));
    aid_output_free(&o);
    o = aid_command_expect(a.path, "search towns 'goals of Sapt' --json -k 2", 0);
    ck_assert_ptr_nonnull(
        strstr(o.out, "{\"query\":\"goals of Sapt\",\"tables\":[{\"id\":\"football\",\"title\":\"FC Zenda\","));
    ck_assert_ptr_nonnull(strstr(o.out, "\"sparse\":"));
    ck_assert_ptr_nonnull(strstr(o.out, "\"rerank\":"));
    aid_output_free(&o);
    snprintf(line, sizeof line, "search towns --queries %s", asked);
    o = aid_command_expect(a.path, line, 4);
    ck_assert_ptr_nonnull(
        strstr(o.out, "{\"qid\":\"q1\",\"query\":\"trams lines stops\",\"tables\":[{\"id\":\"trams\""));
    ck_assert_ptr_nonnull(strstr(o.out, "{\"qid\":\"q2\",\"query\":\"?\",\"tables\":[]"));
    aid_output_free(&o);
    o = aid_command_expect(a.path, "search towns ''", 2);
    ck_assert_ptr_nonnull(strstr(o.err, "the query has no words"));
    aid_output_free(&o);
    o = aid_command_expect(a.path, "search nowhere trams", 1);
    ck_assert_ptr_nonnull(strstr(o.err, "no corpus 'nowhere'; there is towns"));
    aid_output_free(&o);
    o = aid_command_expect(a.path, "corpus remove towns", 0);
    aid_output_free(&o);
    o = aid_command_expect(a.path, "corpus list --json", 0);
    ck_assert_str_eq(o.out, "[\n]\n");
    aid_output_free(&o);
    aid_store_end(&a);
}
END_TEST

START_TEST(what_a_killed_writer_left_beside_the_index_is_taken_away_by_the_next)
{
    struct aid_store a = aid_store_new();
    char id[64], left[3][256];
    char *path = orr_corpus_index_path(a.store, 1);
    const pid_t gone = fork();
    if (gone == 0) _exit(0);
    ck_assert_int_eq(waitpid(gone, NULL, 0), gone);
    snprintf(left[0], sizeof left[0], "%s.part-%ld", path, (long)gone);
    snprintf(left[1], sizeof left[1], "%s.part-%ld", path, (long)getppid()); /* a writer at work */
    snprintf(left[2], sizeof left[2], "%s.part-mine", path);
    for (int i = 0; i < 3; i++) {
        const int fd = open(left[i], O_WRONLY | O_CREAT, 0600);
        ck_assert(fd >= 0 && close(fd) == 0);
    }
    add(a.store, "towns", aid_file_write("h.jsonl", aid_corpus_jsonl, strlen(aid_corpus_jsonl)), false);
    first(a.store, "towns", "trams", id, NULL);
    ck_assert_int_ne(access(left[0], F_OK), 0);
    ck_assert_int_eq(access(left[1], F_OK), 0);
    ck_assert_int_eq(access(left[2], F_OK), 0);
    ck_assert_int_eq(access(path, F_OK), 0);
    free(path);
    aid_store_end(&a);
}
END_TEST

/* Indexes shard i of three until the ticks are used up; false: it was stopped before its end. */
static bool index_shard(struct orr_store *s, const char *folder, size_t i, int ticks, bool resume)
{
    struct orr_error err = {0};
    struct orr_shards *shard = aid_shard_open(folder, i, resume);
    const struct orr_ticker stop = aid_shard_stop(&ticks);
    const enum orr_status status = orr_corpus_index_share(s, "towns", shard, &stop, &err);
    ck_assert_msg(status == ORR_OK || status == ORR_ECANCELLED, "%s: %s", err.where, err.message);
    ck_assert_int_eq(orr_shards_close(shard, status == ORR_OK, &err), ORR_OK);
    return status == ORR_OK;
}

START_TEST(three_shards_make_the_index_of_one_process)
{
    struct aid_store a = aid_store_new();
    struct aid_docs *d = aid_docs_random(500, 9);
    struct orr_str text = {0};
    struct orr_shards *merging;
    struct orr_error err = {0};
    size_t n, m;
    char folder[128], id[64];
    bool built;
    for (size_t i = 0; i < d->n; i++) orr_str_printf(&text, "%s\n", d->json[i]);
    add(a.store, "towns", aid_file_write("many.jsonl", text.data, text.len), false);
    first(a.store, "towns", "Elphberg", id, &built);
    char *path = orr_corpus_index_path(a.store, 1);
    unsigned char *one = aid_slurp(path, &n);
    ck_assert_int_eq(unlink(path), 0);
    snprintf(folder, sizeof folder, "%s/parts", a.folder);
    ck_assert(index_shard(a.store, folder, 2, 1000, false));
    ck_assert(index_shard(a.store, folder, 0, 1000, false));
    ck_assert(!index_shard(a.store, folder, 1, 2, false));
    ck_assert_int_eq(orr_shards_merge(folder, &merging, &err), ORR_EINVAL);
    ck_assert(index_shard(a.store, folder, 1, 1000, true));
    ck_assert_ptr_null(aid_slurp(path, &m)); /* shards write nothing beside the store */
    ck_assert_int_eq(orr_shards_merge(folder, &merging, &err), ORR_OK);
    aid_ok(orr_corpus_index_share(a.store, "towns", merging, NULL, &err), &err);
    orr_shards_close(merging, false, NULL);
    unsigned char *all = aid_slurp(path, &m);
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(one, all, n);
    first(a.store, "towns", "Elphberg", id, &built);
    ck_assert(!built);
    static const char late[] = "{\"id\":\"late\",\"title\":\"A late table\",\"header\":[\"x\"],\"rows\":[]}\n";
    add(a.store, "towns", aid_file_write("late.jsonl", late, strlen(late)), false);
    ck_assert_int_eq(orr_shards_merge(folder, &merging, &err), ORR_OK);
    ck_assert_int_eq(orr_corpus_index_share(a.store, "towns", merging, NULL, &err), ORR_EFORMAT);
    orr_shards_close(merging, false, NULL);
    free(one);
    free(all);
    free(path);
    orr_str_free(&text);
    aid_docs_free(d);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE_IN_FOLDER("corpus", adding_the_same_again_changes_nothing_and_the_index_is_kept,
                    changed_and_missing_tables_reach_the_index,
                    a_damaged_index_file_is_made_anew_and_an_unwritable_place_is_said,
                    removing_a_corpus_takes_its_index_away_and_others_are_named,
                    bad_lines_are_passed_over_and_doubled_ids_counted, a_file_without_tables_leaves_the_store_as_it_was,
                    csv_tsv_gzip_sqlite_and_folders_are_read, no_escape_of_a_cell_reaches_the_terminal,
                    a_line_that_unpacks_to_more_than_a_table_may_be_is_refused, long_csv_files_are_parted,
                    the_stores_own_runs_are_a_corpus, being_killed_at_any_time_leaves_a_corpus_that_can_be_searched,
                    the_verbs_print_scores_of_every_stage,
                    what_a_killed_writer_left_beside_the_index_is_taken_away_by_the_next,
                    three_shards_make_the_index_of_one_process)
