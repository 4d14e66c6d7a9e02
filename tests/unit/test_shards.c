#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid_folder.h"
#include "app/shards.h"

enum { ITEMS = 11, SHARDS = 3 };

static struct orr_error err;
static const char *folder;

static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static const char *const command[] = {"eval", "thing", "--seed=1"};

/* Two loops with a number and a pair per item; `calls` counts what was really computed. */
struct work {
    double x[ITEMS];
    struct {
        double a;
        int b, c;
    } y[ITEMS];
    int calls;
};
static void first(void *ctx, size_t i)
{
    struct work *w = ctx;
    w->x[i] = i == 4 ? NAN : 1.0 / (double)(i + 3);
    w->calls++;
}
static void second(void *ctx, size_t i)
{
    struct work *w = ctx;
    w->y[i].a = sqrt((double)i);
    w->y[i].b = (int)i * 7;
    w->y[i].c = -(int)i;
    w->calls++;
}
static bool compute(struct orr_shards *s, struct work *w)
{
    *w = (struct work){0};
    const struct orr_region x = {w->x, sizeof w->x}, y = {w->y, sizeof w->y};
    return orr_shards_for(s, ITEMS, 4, first, w, NULL, "first", "items", &x, 1) &&
           orr_shards_for(s, ITEMS, 4, second, w, NULL, "second", "items", &y, 1);
}

static enum orr_status shard_of(size_t shard, bool resume, struct orr_shards **out)
{
    return orr_shards_open(in_folder("parts"), shard, SHARDS, resume, 3, command, out, &err);
}

/* Computes a shard to its end; returns how many items it really computed. */
static int finish(size_t shard, bool resume)
{
    struct orr_shards *s;
    struct work w;
    ck_assert_int_eq(shard_of(shard, resume, &s), ORR_OK);
    ck_assert(!orr_shards_done(s) && orr_shards_partial(s));
    ck_assert(compute(s, &w));
    ck_assert_int_eq(orr_shards_close(s, true, &err), ORR_OK);
    return w.calls;
}

static void check_merged(void)
{
    struct orr_shards *s;
    struct work one, merged;
    int argc;
    ck_assert(compute(NULL, &one));
    ck_assert_int_eq(orr_shards_merge(in_folder("parts"), &s, &err), ORR_OK);
    ck_assert(orr_shards_merging(s) && !orr_shards_partial(s));
    const char *const *argv = orr_shards_command(s, &argc);
    ck_assert_int_eq(argc, 3);
    for (int i = 0; i < 3; i++) ck_assert_str_eq(argv[i], command[i]);
    ck_assert(compute(s, &merged));
    ck_assert_int_eq(merged.calls, 0);
    merged.calls = one.calls;
    ck_assert_mem_eq(&one, &merged, sizeof one);
    ck_assert_int_eq(orr_shards_close(s, false, &err), ORR_OK);
}

START_TEST(shards_in_any_order_give_what_one_process_gives)
{
    folder = aid_folder_make();
    int calls = 0;
    for (size_t i = SHARDS; i-- > 0;) calls += finish(i, false);
    ck_assert_int_eq(calls, 2 * ITEMS);
    check_merged();
    check_merged();
    aid_folder_remove();
}
END_TEST

START_TEST(a_shard_killed_in_the_middle_of_a_line_goes_on_after_the_last_whole_one)
{
    folder = aid_folder_make();
    for (size_t i = 1; i < SHARDS; i++) finish(i, false);
    const int whole = finish(0, false);
    char text[8192], path[256];
    snprintf(path, sizeof path, "%s", in_folder("parts/0-of-3.fragment"));
    FILE *f = fopen(path, "rb");
    const size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    ck_assert_uint_lt(n, sizeof text);
    ck_assert_int_eq(unlink(path), 0);
    for (size_t cut = 0; cut < n; cut += 1 + n / 40) { /* anywhere, the header included */
        struct orr_shards *s;
        snprintf(path, sizeof path, "%s", in_folder("parts/0-of-3.part"));
        f = fopen(path, "wb");
        fwrite(text, 1, cut, f);
        fclose(f);
        ck_assert_int_eq(shard_of(0, false, &s), ORR_EINVAL);
        ck_assert_ptr_nonnull(strstr(err.message, "--resume"));
        ck_assert_int_eq(orr_shards_merge(in_folder("parts"), &s, &err), ORR_EINVAL);
        ck_assert_ptr_nonnull(strstr(err.message, "--shard 0/3 --resume"));
        const int calls = finish(0, true);
        ck_assert_int_le(calls, whole);
        if (cut > n / 2) ck_assert_int_lt(calls, whole);
        check_merged();
        ck_assert_int_eq(unlink(in_folder("parts/0-of-3.fragment")), 0);
    }
    aid_folder_remove();
}
END_TEST

START_TEST(a_finished_shard_is_not_computed_again)
{
    struct orr_shards *s;
    folder = aid_folder_make();
    finish(1, false);
    ck_assert_int_eq(shard_of(1, false, &s), ORR_EINVAL);
    ck_assert_int_eq(shard_of(1, true, &s), ORR_OK);
    ck_assert(orr_shards_done(s));
    ck_assert_int_eq(orr_shards_close(s, true, &err), ORR_OK);
    aid_folder_remove();
}
END_TEST

START_TEST(fragments_of_other_commands_numbers_and_loops_are_refused)
{
    struct orr_shards *s;
    static const char *const other[] = {"eval", "thing", "--seed=2"};
    folder = aid_folder_make();
    ck_assert_int_eq(orr_shards_merge(in_folder("parts"), &s, &err), ORR_ENOTFOUND);
    finish(0, false);
    ck_assert_int_eq(orr_shards_open(in_folder("parts"), 0, SHARDS, true, 3, other, &s, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "another command"));
    ck_assert_int_eq(orr_shards_open(in_folder("parts"), 3, SHARDS, true, 3, command, &s, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_shards_open(in_folder("parts"), 1, 2, false, 3, command, &s, &err), ORR_OK);
    ck_assert_int_eq(orr_shards_close(s, true, &err), ORR_OK);
    ck_assert_int_eq(orr_shards_merge(in_folder("parts"), &s, &err), ORR_EINVAL);
    ck_assert_int_eq(unlink(in_folder("parts/1-of-2.fragment")), 0);
    for (size_t i = 1; i < SHARDS; i++) finish(i, false);
    ck_assert_int_eq(orr_shards_merge(in_folder("parts"), &s, &err), ORR_OK);
    struct work w = {0};
    const struct orr_region few = {w.x, 8 * 4}; /* the data has become smaller */
    ck_assert(!orr_shards_for(s, 4, 1, first, &w, NULL, "first", "items", &few, 1));
    ck_assert_int_eq(orr_shards_close(s, false, &err), ORR_EFORMAT);
    aid_folder_remove();
}
END_TEST

START_TEST(damaged_fragments_are_refused_and_named)
{
    static const char *const texts[] = {"", "{}\n", "not json\n",
                                        "{\"orrery\":\"fragment\",\"version\":\"0.0\",\"command\":[]}\n",
                                        "{\"orrery\":\"fragment\",\"version\":\"" ORR_VERSION
                                        "\",\"shard\":0,\"shards\":1,\"command\":[\"x\"]}\n0 zero 0@0:00\nend\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct orr_shards *s;
        folder = aid_folder_make();
        finish(0, false); /* makes the folder */
        FILE *f = fopen(in_folder("parts/0-of-3.fragment"), "wb");
        fputs(texts[i], f);
        fclose(f);
        ck_assert_int_ne(orr_shards_merge(in_folder("parts"), &s, &err), ORR_OK);
        ck_assert_ptr_nonnull(strstr(err.where, "0-of-3.fragment"));
        aid_folder_remove();
    }
}
END_TEST

START_TEST(lines_of_an_array_come_back_in_the_order_of_their_items)
{
    const char *const seven = "[\n{\"i\":0},\n{\"i\":1},\n{\"i\":2},\n{\"i\":3},\n{\"i\":4},\n{\"i\":5},\n{\"i\":6}\n]\n";
    for (size_t together = 1; together < 5; together++) {
        const char *const text = together < 4 ? seven : "[\n]\n"; /* no items at all */
        folder = aid_folder_make();
        for (size_t i = 0; i < SHARDS; i++) {
            struct orr_shards *s;
            ck_assert_int_eq(shard_of(i, false, &s), ORR_OK);
            ck_assert_int_eq(orr_shards_keep_lines(s, text, together, &err), ORR_OK);
            ck_assert_int_eq(orr_shards_close(s, true, &err), ORR_OK);
        }
        struct orr_shards *s;
        struct orr_str out = {0};
        ck_assert_int_eq(orr_shards_merge(in_folder("parts"), &s, &err), ORR_OK);
        orr_shards_lines(s, &out);
        ck_assert_str_eq(orr_str_c(&out), text);
        orr_str_free(&out);
        orr_shards_close(s, false, NULL);
        aid_folder_remove();
    }
}
END_TEST

ORR_SUITE("shards", shards_in_any_order_give_what_one_process_gives,
          a_shard_killed_in_the_middle_of_a_line_goes_on_after_the_last_whole_one, a_finished_shard_is_not_computed_again,
          fragments_of_other_commands_numbers_and_loops_are_refused, damaged_fragments_are_refused_and_named,
          lines_of_an_array_come_back_in_the_order_of_their_items)
