#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <orrery/pool.h>

#include "aid_ui.h"
#include "tui/screens.h"

static const char VOCABULARY[] =
    "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"\xe2\x96\x81\":0,\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"\xe2\x96\x81"
    "a\":5},"
    "\"merges\":[[\"\xe2\x96\x81\",\"a\"]]},\"pre_tokenizer\":{\"type\":\"Metaspace\",\"prepend_scheme\":\"never\"},"
    "\"added_tokens\":[{\"id\":7,\"content\":\"</s>\",\"special\":true}]}";

static bool has(struct orr_aid_ui *a, const char *text) { return strstr(orr_aid_ui_dump(a), text) != NULL; }

/* The small LLaMA of the decoder tests with a vocabulary beside it, and a pool. */
struct folder {
    char path[64], pool[96];
};
static const char *const parts[] = {"config.json", "model.safetensors", "tokenizer.json", "pool.txt"};

static void write_part(const struct folder *f, const char *name, const char *bytes, size_t n)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    FILE *out = fopen(path, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
    fclose(out);
}

static void fill(struct folder *f)
{
    static char bytes[1 << 17];
    const char *data = getenv("ORRERY_TEST_DATA");
    strcpy(f->path, "/tmp/orrery-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(f->path));
    for (int i = 0; i < 2; i++) {
        char from[512];
        snprintf(from, sizeof from, "%.200s/decoder/llama/%s", data ? data : "tests/data", parts[i]);
        FILE *in = fopen(from, "rb");
        ck_assert_msg(in != NULL, "%s", from);
        write_part(f, parts[i], bytes, fread(bytes, 1, sizeof bytes, in));
        fclose(in);
    }
    write_part(f, parts[2], VOCABULARY, strlen(VOCABULARY));
    write_part(f, parts[3], "abba\ncab\nd\n", 11);
    snprintf(f->pool, sizeof f->pool, "%s/pool.txt", f->path);
}

static void empty(struct folder *f)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", f->path, parts[i]);
        unlink(path);
    }
    rmdir(f->path);
}

static void command(struct orr_aid_ui *a, const char *what, const char *arg)
{
    char line[256];
    snprintf(line, sizeof line, "%s %s", what, arg);
    orr_ui_command(a->ui, line);
    orr_aid_ui_settle(a);
}

static struct orr_aid_ui *new_with_model(struct folder *f, int width, int height)
{
    fill(f);
    struct orr_aid_ui *a = orr_aid_ui_new(1, width, height);
    command(a, "open", "select");
    command(a, "model", f->path);
    command(a, "pool", f->pool);
    return a;
}

START_TEST(without_a_model_the_screen_says_what_to_name)
{
    struct orr_aid_ui *a = orr_aid_ui_new(1, 80, 24);
    command(a, "open", "select");
    ck_assert(has(a, "M  names a model") && has(a, "P  names a pool"));
    orr_aid_ui_keys(a, "x d j k h l");
    ck_assert_ptr_eq(orr_ui_screen(a->ui), &orr_select_screen);
    orr_aid_ui_free(a);
}
END_TEST

START_TEST(the_pool_is_ranked_while_the_prompt_is_typed)
{
    struct folder f;
    struct orr_aid_ui *a = new_with_model(&f, 160, 30);
    ck_assert(has(a, "3 candidates"));
    orr_aid_ui_keys(a, "/");
    orr_aid_ui_type(a, "ab");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "? ab") && has(a, "average") && has(a, "pass of 2 tokens"));
    orr_aid_ui_type(a, "c");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "pass of 3 tokens"));
    orr_aid_ui_keys(a, "Enter");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "first = l(c_1)"));
    orr_aid_ui_keys(a, "l l");
    ck_assert(has(a, "average = 1/K sum_k l(c_k)") && has(a, "average, place 1"));
    orr_aid_ui_keys(a, "x d");
    orr_aid_ui_settle(a);
    ck_assert(has(a, "likelihood") && has(a, "per_byte") && has(a, "decode"));
    orr_aid_ui_free(a);
    empty(&f);
}
END_TEST

START_TEST(choices_outlive_the_session_and_the_command_reproduces_the_view)
{
    struct folder f;
    struct orr_aid_ui *a = new_with_model(&f, 120, 24);
    orr_aid_ui_reopen(a);
    command(a, "open", "select");
    command(a, "prompt", "ab");
    ck_assert(has(a, "3 candidates") && has(a, "pass of 2 tokens"));
    orr_aid_ui_keys(a, "x Y");
    orr_aid_ui_settle(a);
    ck_assert_msg(has(a, "orrery select") && has(a, "--exact"), "%s", orr_aid_ui_dump(a));
    orr_aid_ui_free(a);
    empty(&f);
}
END_TEST

START_TEST(it_draws_at_any_size_and_a_bad_model_is_said_and_forgotten_by_a_good_one)
{
    static const int sizes[][2] = {{200, 60}, {80, 24}, {40, 10}, {20, 5}, {8, 2}};
    struct folder f;
    struct orr_aid_ui *a = new_with_model(&f, 80, 24);
    command(a, "prompt", "ab");
    for (size_t i = 0; i < 5; i++) {
        orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
        if (sizes[i][0] >= 20) ck_assert_msg(has(a, "? ab"), "%s", orr_aid_ui_dump(a));
        orr_aid_ui_keys(a, "j l G g");
    }
    orr_aid_ui_resize(a, 120, 24);
    orr_aid_ui_keys(a, "c");
    ck_assert(has(a, "asking definitions of WordNet") || has(a, "not installed") || has(a, "right of"));
    for (size_t i = 0; i < 5; i++) orr_aid_ui_resize(a, sizes[i][0], sizes[i][1]);
    orr_aid_ui_keys(a, "c");
    orr_aid_ui_resize(a, 120, 24);
    command(a, "model", "/nowhere/model.bin");
    ck_assert(has(a, "no such model"));
    command(a, "model", f.path);
    ck_assert(has(a, "pass of 2 tokens") && !has(a, "no such model"));
    orr_aid_ui_free(a);
    empty(&f);
}
END_TEST

START_TEST(pools_are_chosen_by_name_or_typed_and_decoding_is_set_beside_the_estimator)
{
    struct folder f;
    struct orr_aid_ui *a = new_with_model(&f, 160, 40);
    static const char *const texts[] = {"ab", "ba"};
    int64_t id;
    ck_assert_int_eq(orr_store_pool_put(orr_ui_store(a->ui), "letters", "here", texts, 2, &id, NULL), ORR_OK);
    command(a, "pool", "letters");
    command(a, "prompt", "ab");
    ck_assert_msg(has(a, "2 candidates"), "%s", orr_aid_ui_dump(a));
    command(a, "pool", "=a,b,ab;");
    ck_assert_msg(has(a, "1 candidates"), "%s", orr_aid_ui_dump(a)); /* parted by the semicolon */
    command(a, "pool", "=a, b, ab, cab");
    ck_assert(has(a, "4 candidates"));
    orr_aid_ui_keys(a, "d");
    orr_aid_ui_settle(a);
    ck_assert_msg(has(a, "decoded '") && has(a, "trie_beam") && has(a, "x faster, another"), "%s", orr_aid_ui_dump(a));
    command(a, "pool", "no-such-pool");
    ck_assert(has(a, "neither a pool nor a file"));
    orr_aid_ui_keys(a, "P");
    orr_aid_ui_keys(a, "C-u");
    orr_aid_ui_type(a, "let");
    orr_aid_ui_keys(a, "Tab Enter");
    orr_aid_ui_settle(a);
    ck_assert_msg(has(a, "2 candidates"), "%s", orr_aid_ui_dump(a));
    orr_aid_ui_free(a);
    empty(&f);
}
END_TEST

ORR_SUITE("screen select", pools_are_chosen_by_name_or_typed_and_decoding_is_set_beside_the_estimator,
          without_a_model_the_screen_says_what_to_name, the_pool_is_ranked_while_the_prompt_is_typed,
          choices_outlive_the_session_and_the_command_reproduces_the_view,
          it_draws_at_any_size_and_a_bad_model_is_said_and_forgotten_by_a_good_one)
