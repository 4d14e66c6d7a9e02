#include "suite.h"

#include <math.h>

#include "aid_screen.h"
#include "tui/widgets/form.h"

static const struct orr_param params[] = {
    {"horizon", ORR_PARAM_INT, "12", 1, 120, "months", NULL, "how far ahead"},
    {"lambda", ORR_PARAM_REAL, "0.5", 0, 1, NULL, NULL, "share of the drift"},
    {"learning rate", ORR_PARAM_REAL, "0.001", 1e-6, 1, NULL, NULL, "spans six decades"},
    {"blend", ORR_PARAM_BOOL, "yes", 0, 0, NULL, NULL, "average the fits"},
    {"loss", ORR_PARAM_CHOICE, "huber", 0, 0, NULL, "squares|huber|absolute", "what is minimised"},
    {0},
};

START_TEST(values_start_at_their_defaults_and_step_within_their_range)
{
    struct orr_form f;
    orr_form_init(&f, params);
    ck_assert_uint_eq(f.n, 5);
    ck_assert(f.values[0] == 12 && f.values[3] == 1 && f.values[4] == 1);
    ck_assert(orr_form_step(&f, -1000) && f.values[0] == 1);
    ck_assert(!orr_form_step(&f, -1));
    f.row = 1;
    ck_assert(orr_form_step(&f, 1));
    ck_assert_double_eq_tol(f.values[1], 0.525, 1e-12);
    f.row = 2;
    ck_assert(orr_form_step(&f, 20)); /* half of six decades up, cut at the end */
    ck_assert_double_eq_tol(f.values[2], 1, 1e-9);
    orr_form_reset(&f);
    ck_assert(f.values[2] == 0.001);
    f.row = 4;
    ck_assert(orr_form_step(&f, 1) && f.values[4] == 2 && !orr_form_step(&f, 1));
}
END_TEST

START_TEST(typed_values_are_taken_only_inside_of_the_range)
{
    struct orr_form f;
    orr_form_init(&f, params);
    ck_assert(orr_form_set(&f, "120") && f.values[0] == 120);
    ck_assert(!orr_form_set(&f, "121") && !orr_form_set(&f, "1.5") && !orr_form_set(&f, "") && !orr_form_set(&f, "nan"));
    ck_assert(f.values[0] == 120);
    f.row = 3;
    ck_assert(orr_form_set(&f, "no") && f.values[3] == 0 && !orr_form_set(&f, "maybe"));
    f.row = 4;
    ck_assert(orr_form_set(&f, "absolute") && f.values[4] == 2 && !orr_form_set(&f, "hub"));
}
END_TEST

START_TEST(a_form_looks_as_intended_and_fits_any_size)
{
    struct orr_form f;
    struct orr_canvas c;
    orr_form_init(&f, params);
    f.row = 1;
    orr_canvas_init(&c, 60, 7);
    orr_form_render(&f, &c, (struct orr_rect){0, 0, 60, 7});
    orr_aid_golden(&c, "form", false);
    for (int w = 0; w < 60; w += 3)
        for (int h = 0; h < 8; h++) orr_form_render(&f, &c, (struct orr_rect){0, 0, w, h});
    orr_canvas_free(&c);
}
END_TEST

ORR_SUITE("form", values_start_at_their_defaults_and_step_within_their_range,
          typed_values_are_taken_only_inside_of_the_range, a_form_looks_as_intended_and_fits_any_size)
