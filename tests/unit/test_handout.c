#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/method.h>

#include "aid_folder.h"
#include "app/handout.h"
#include "base/shell.h"
#include "base/str.h"

static struct orr_error err;

static char *read_text(const char *path)
{
    static char text[1 << 20];
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

START_TEST(a_page_holds_every_step_and_its_command)
{
    const struct orr_tour_step steps[] = {
        {"First, words with no meaning to gnuplot: \"quotes\" 'and' `ticks`\n    y = x^2 + {/Symbol a}",
         "runs 'a b' --sort min:val/loss", 1},
        {"Last, a caption that is so long that it has to be put into more lines than one, because "
         "a page of paper is only so wide and readers want to see where it ends.",
         NULL, 1},
        {0}};
    const struct orr_tour tour = {.name = "trial", .summary = "a tour of nothing", .steps = steps,
                                  .methods = (const char *const[]){"farcast", NULL}};
    const char *path = aid_file_write("page.svg", "", 0);
    remove(path);
    ck_assert_msg(orr_handout_write(&tour, NULL, path, NULL, &err) == ORR_OK, "%s: %s", err.where, err.message);
    const char *text = read_text(path);
    ck_assert_ptr_nonnull(strstr(text, "Orrery: trial"));
    ck_assert_ptr_nonnull(strstr(text, "a tour of nothing"));
    ck_assert_ptr_nonnull(strstr(text, "y = x^2 + {/Symbol a}"));
    ck_assert_ptr_nonnull(strstr(text, "min:val/loss"));
    ck_assert_ptr_nonnull(strstr(text, "2. Last, a caption"));
    ck_assert_ptr_nonnull(strstr(text, "where it ends."));
    ck_assert_ptr_nonnull(strstr(text, "2505.02714"));
}
END_TEST

START_TEST(what_is_no_kind_of_page_is_refused)
{
    const struct orr_tour *tour = orr_tours[0];
    ck_assert_int_eq(orr_handout_write(tour, NULL, aid_file_write("page.csv", "", 0), NULL, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_handout_write(tour, NULL, aid_file_write("page", "", 0), NULL, &err), ORR_EINVAL);
}
END_TEST

START_TEST(every_tour_names_methods_that_exist_and_commands_that_can_be_split)
{
    for (const struct orr_tour *const *t = orr_tours; *t; t++) {
        for (const char *const *m = (*t)->methods; m && *m; m++)
            ck_assert_msg(orr_method_find(*m) != NULL, "tour %s: no method %s", (*t)->name, *m);
        for (const struct orr_tour_step *s = (*t)->steps; s->caption; s++) {
            struct orr_arena arena = {0};
            int argc;
            char **argv;
            if (s->command) ck_assert_int_eq(orr_shell_split(&arena, "tour", s->command, &argc, &argv, &err), ORR_OK);
            orr_arena_free(&arena);
        }
    }
}
END_TEST

ORR_SUITE_IN_FOLDER("handout", a_page_holds_every_step_and_its_command, what_is_no_kind_of_page_is_refused,
                    every_tour_names_methods_that_exist_and_commands_that_can_be_split)
