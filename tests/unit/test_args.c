#include "suite.h"

#include <string.h>

#include "base/shell.h"
#include "base/suggest.h"
#include "cli/args.h"

static const struct orr_option options[] = {
    {"all", 'a', ORR_OPT_FLAG, NULL, NULL, "flag", 0, 0},
    {"quiet", 'q', ORR_OPT_FLAG, NULL, NULL, "flag", 0, 0},
    {"name", 'n', ORR_OPT_TEXT, "NAME", NULL, "text", 0, 0},
    {"count", 'c', ORR_OPT_INT, "N", "3", "integer", 1, 10},
    {"weight", 'w', ORR_OPT_NUMBER, "W", NULL, "number", 0, 0},
    {"kind", 0, ORR_OPT_CHOICE, "red|green", "red", "choice", 0, 0},
    {"series", 's', ORR_OPT_LIST, "LIST", NULL, "list", 0, 0},
    {0},
};
static const struct orr_verb verb = {.name = "try", .operands = "[THING...]", .options = options};
static const struct orr_verb strict = {.name = "strict", .operands = "ONE [TWO]", .options = options};

static struct orr_arena arena;
static struct orr_error err;

static enum orr_status parse(const struct orr_verb *v, const char *line, struct orr_args *out)
{
    int argc;
    char **argv;
    orr_arena_free(&arena);
    ck_assert_int_eq(orr_shell_split(&arena, "line", line, &argc, &argv, &err), ORR_OK);
    err = (struct orr_error){0};
    return orr_args_parse(v, argc, argv, &arena, out, &err);
}

static void refuse(const struct orr_verb *v, const char *line, const char *message)
{
    struct orr_args a;
    ck_assert_msg(parse(v, line, &a) == ORR_EINVAL, "%s", line);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s: '%s'", line, err.message);
}

START_TEST(every_spelling_of_an_option_is_understood)
{
    static const char *const lines[] = {"--name x --count 4", "--name=x --count=4", "-n x -c 4", "-nx -c4",
                                        "-aqnx -c4"};
    struct orr_args a;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ck_assert_msg(parse(&verb, lines[i], &a) == ORR_OK, "%s: %s", lines[i], err.message);
        ck_assert_str_eq(orr_args_text(&a, "name"), "x");
        ck_assert_int_eq(orr_args_int(&a, "count"), 4);
    }
    ck_assert(orr_args_flag(&a, "all") && orr_args_flag(&a, "quiet"));
}
END_TEST

START_TEST(defaults_stand_where_nothing_is_given)
{
    struct orr_args a;
    ck_assert_int_eq(parse(&verb, "", &a), ORR_OK);
    ck_assert_int_eq(orr_args_int(&a, "count"), 3);
    ck_assert_str_eq(orr_args_text(&a, "kind"), "red");
    ck_assert_ptr_null(orr_args_text(&a, "name"));
    ck_assert(!orr_args_flag(&a, "all"));
    ck_assert_int_eq(orr_args_format(&a), ORR_TABLE_TEXT);
}
END_TEST

START_TEST(operands_mix_with_options_and_a_double_dash_ends_options)
{
    struct orr_args a;
    ck_assert_int_eq(parse(&verb, "one -a two - -5 -1e-3 -- --name -q", &a), ORR_OK);
    static const char *const want[] = {"one", "two", "-", "-5", "-1e-3", "--name", "-q"};
    ck_assert_uint_eq(a.n_operands, 7);
    for (size_t i = 0; i < 7; i++) ck_assert_str_eq(a.operand[i], want[i]);
    ck_assert(orr_args_flag(&a, "all") && !orr_args_flag(&a, "quiet"));
}
END_TEST

START_TEST(lists_join_and_keep_escaped_commas)
{
    struct orr_args a;
    size_t n;
    ck_assert_int_eq(parse(&verb, "-s a,b --series 'c\\,d,,e'", &a), ORR_OK);
    const char *const *parts = orr_args_list(&a, "series", &arena, &n);
    static const char *const want[] = {"a", "b", "c,d", "e"};
    ck_assert_uint_eq(n, 4);
    for (size_t i = 0; i < 4; i++) ck_assert_str_eq(parts[i], want[i]);
}
END_TEST

START_TEST(wrong_usage_names_what_is_wrong_and_what_would_be_right)
{
    refuse(&verb, "--nmae x", "did you mean --name?");
    refuse(&verb, "--zzzzzz", "unknown option --zzzzzz");
    refuse(&verb, "-z", "unknown option -z");
    refuse(&verb, "--all=1", "takes no value");
    refuse(&verb, "--name", "needs a value (NAME)");
    refuse(&verb, "-n", "needs a value (NAME)");
    refuse(&verb, "--count four", "whole number, not 'four'");
    refuse(&verb, "--count 11", "from 1 to 10, not 11");
    refuse(&verb, "--weight heavy", "a number, not 'heavy'");
    refuse(&verb, "--kind blue", "one of red|green, not 'blue'");
    refuse(&verb, "--json --csv", "exclude each other");
    refuse(&strict, "", "needs ONE [TWO]");
    refuse(&strict, "1 2 3", "does not take '3'");
}
END_TEST

START_TEST(help_needs_no_operands)
{
    struct orr_args a;
    ck_assert_int_eq(parse(&strict, "--help", &a), ORR_OK);
    ck_assert_int_eq(parse(&strict, "-h", &a), ORR_OK);
}
END_TEST

START_TEST(every_verb_has_a_name_a_summary_and_a_sound_option_table)
{
    for (const struct orr_verb *const *v = orr_verbs; *v; v++) {
        ck_assert((*v)->name && (*v)->summary && (*v)->run && (*v)->operands);
        for (const struct orr_option *o = (*v)->options; o && o->name; o++) {
            ck_assert_msg((o->type == ORR_OPT_FLAG) == (o->value == NULL), "%s --%s", (*v)->name, o->name);
            ck_assert_msg(o->help && *o->help, "%s --%s", (*v)->name, o->name);
            for (const struct orr_option *p = (*v)->options; p < o; p++) {
                ck_assert_msg(strcmp(p->name, o->name) != 0, "%s --%s twice", (*v)->name, o->name);
                ck_assert_msg(!o->letter || p->letter != o->letter, "%s -%c twice", (*v)->name, o->letter);
            }
            for (const struct orr_option *c = orr_common_options; c->name; c++)
                ck_assert_msg(strcmp(c->name, o->name) != 0 && (!o->letter || c->letter != o->letter),
                              "%s --%s", (*v)->name, o->name);
        }
    }
}
END_TEST

START_TEST(words_survive_quoting_and_splitting)
{
    static const char *const words[] = {"plain", "",     "two words",    "it's", "\"q\"",
                                        "$HOME", "a\\b", "# no comment", "x\ny", "*"};
    enum { N = sizeof words / sizeof *words };
    struct orr_str line = {0};
    for (size_t i = 0; i < N; i++) orr_shell_append(&line, words[i]);
    int argc;
    char **argv;
    orr_arena_free(&arena);
    ck_assert_int_eq(orr_shell_split(&arena, "line", line.data, &argc, &argv, &err), ORR_OK);
    ck_assert_int_eq(argc, N);
    for (size_t i = 0; i < N; i++) ck_assert_str_eq(argv[i], words[i]);
    ck_assert_ptr_null(argv[N]);
    ck_assert_int_eq(orr_shell_split(&arena, "log:3", "a 'b", &argc, &argv, &err), ORR_EFORMAT);
    ck_assert_str_eq(err.where, "log:3");
    orr_str_free(&line);
}
END_TEST

START_TEST(suggestions_are_near_or_none)
{
    static const char *const verbs[] = {"runs", "curve", "export runs"};
    ck_assert_str_eq(orr_suggest("rnus", verbs, 3), "runs");
    ck_assert_str_eq(orr_suggest("curves", verbs, 3), "curve");
    ck_assert_ptr_null(orr_suggest("bananas", verbs, 3));
}
END_TEST

ORR_SUITE("args", every_spelling_of_an_option_is_understood, defaults_stand_where_nothing_is_given,
          operands_mix_with_options_and_a_double_dash_ends_options, lists_join_and_keep_escaped_commas,
          wrong_usage_names_what_is_wrong_and_what_would_be_right, help_needs_no_operands,
          every_verb_has_a_name_a_summary_and_a_sound_option_table, words_survive_quoting_and_splitting,
          suggestions_are_near_or_none)
