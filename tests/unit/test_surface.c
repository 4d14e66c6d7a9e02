#include "suite.h"

#include <math.h>

#include <orrery/rng.h>

#include "lab/surface.h"

START_TEST(gradients_are_those_of_finite_differences)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, 3, 0);
    for (const struct orr_surface *const *s = orr_surfaces; *s; s++)
        for (int i = 0; i < 50; i++) {
            const double h = 1e-5, x = (*s)->x0 + orr_rng_uniform(&rng) * ((*s)->x1 - (*s)->x0);
            const double y = (*s)->y0 + orr_rng_uniform(&rng) * ((*s)->y1 - (*s)->y0);
            double g[2];
            (*s)->gradient(x, y, g);
            const double dx = ((*s)->value(x + h, y) - (*s)->value(x - h, y)) / (2 * h);
            const double dy = ((*s)->value(x, y + h) - (*s)->value(x, y - h)) / (2 * h);
            const double near = 1e-6 * (1 + fabs(dx) + fabs(dy) + fabs((*s)->value(x, y)));
            ck_assert_msg(fabs(g[0] - dx) < near && fabs(g[1] - dy) < near, "%s at %g %g: %g %g, expected %g %g", (*s)->name,
                          x, y, g[0], g[1], dx, dy);
        }
}
END_TEST

START_TEST(the_minima_are_lowest_and_flat)
{
    for (const struct orr_surface *const *s = orr_surfaces; *s; s++) {
        ck_assert((*s)->n_minima > 0);
        for (size_t i = 0; i < (*s)->n_minima; i++) {
            const double *m = (*s)->minima[i];
            double g[2];
            (*s)->gradient(m[0], m[1], g);
            ck_assert_msg(fabs(g[0]) < 1e-9 && fabs(g[1]) < 1e-9, "%s %zu: %g %g", (*s)->name, i, g[0], g[1]);
            ck_assert(fabs((*s)->value(m[0], m[1]) - (*s)->lowest) < 1e-12);
            ck_assert(m[0] > (*s)->x0 && m[0] < (*s)->x1 && m[1] > (*s)->y0 && m[1] < (*s)->y1);
            ck_assert(orr_surface_height(*s, m[0], m[1]) < 1e-9);
        }
        ck_assert(orr_surface_height(*s, 1e9, 1e9) <= 1);
        ck_assert_ptr_eq(orr_surface_find((*s)->name), *s);
    }
    ck_assert_ptr_null(orr_surface_find("plain"));
}
END_TEST

/* On (x^2 + 25 y^2) / 2 plain gradient descent is x_k = (1 - lr)^k x_0, y_k = (1 - 25 lr)^k y_0. */
START_TEST(sgd_in_the_ravine_follows_the_closed_form)
{
    struct orr_race r;
    orr_race_start(&r, orr_surface_find("ravine"), 1);
    const double lr = r.racer[ORR_SGD].optim.o.lr;
    for (int k = 1; k <= 60; k++) {
        orr_race_step(&r);
        const struct orr_racer *sgd = &r.racer[ORR_SGD];
        ck_assert_uint_eq(sgd->n, (size_t)k + 1);
        ck_assert(fabs(sgd->x[k] - pow(1 - lr, k) * sgd->x[0]) < 1e-5);
        ck_assert(fabs(sgd->y[k] - pow(1 - 25 * lr, k) * sgd->y[0]) < 1e-5);
    }
    orr_race_free(&r);
}
END_TEST

START_TEST(every_optimiser_gets_near_a_minimum_of_every_surface)
{
    for (const struct orr_surface *const *s = orr_surfaces; *s; s++) {
        struct orr_race r;
        orr_race_start(&r, *s, 1);
        for (int k = 0; k < 2000; k++) orr_race_step(&r);
        for (int i = 0; i < ORR_RACERS; i++) {
            const struct orr_racer *k = &r.racer[i];
            const double rest = k->value[k->n - 1] - (*s)->lowest, first = k->value[0] - (*s)->lowest;
            ck_assert_msg(!k->lost && rest < 0.05 * first, "%s, racer %d: %g of %g left", (*s)->name, i, rest, first);
        }
        orr_race_free(&r);
    }
}
END_TEST

START_TEST(too_large_a_rate_loses_a_racer_not_the_race)
{
    struct orr_race r;
    orr_race_start(&r, orr_surface_find("rosenbrock"), 1);
    orr_race_scale_lr(&r, 100);
    for (int k = 0; k < 200; k++) orr_race_step(&r);
    ck_assert(r.racer[ORR_SGD].lost);
    ck_assert(!r.racer[ORR_ADAM].lost);
    ck_assert(isfinite(r.racer[ORR_SGD].x[r.racer[ORR_SGD].n - 1]));
    orr_race_free(&r);
}
END_TEST

ORR_SUITE("surface", gradients_are_those_of_finite_differences, the_minima_are_lowest_and_flat,
          sgd_in_the_ravine_follows_the_closed_form, every_optimiser_gets_near_a_minimum_of_every_surface,
          too_large_a_rate_loses_a_racer_not_the_race)
