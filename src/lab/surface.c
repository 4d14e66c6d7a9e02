#include "lab/surface.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- the surfaces ---- */

static double ravine(double x, double y) { return 0.5 * (x * x + 25 * y * y); }
static void ravine_gradient(double x, double y, double g[2])
{
    g[0] = x;
    g[1] = 25 * y;
}

static double saddle(double x, double y) { return x * x - y * y + 0.25 * y * y * y * y; }
static void saddle_gradient(double x, double y, double g[2])
{
    g[0] = 2 * x;
    g[1] = y * y * y - 2 * y;
}

static double rosenbrock(double x, double y) { return (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x); }
static void rosenbrock_gradient(double x, double y, double g[2])
{
    g[0] = -2 * (1 - x) - 400 * x * (y - x * x);
    g[1] = 200 * (y - x * x);
}

static double beale(double x, double y)
{
    const double a = 1.5 - x + x * y, b = 2.25 - x + x * y * y, c = 2.625 - x + x * y * y * y;
    return a * a + b * b + c * c;
}
static void beale_gradient(double x, double y, double g[2])
{
    const double a = 1.5 - x + x * y, b = 2.25 - x + x * y * y, c = 2.625 - x + x * y * y * y;
    g[0] = 2 * a * (y - 1) + 2 * b * (y * y - 1) + 2 * c * (y * y * y - 1);
    g[1] = 2 * a * x + 4 * b * x * y + 6 * c * x * y * y;
}

static double himmelblau(double x, double y)
{
    const double a = x * x + y - 11, b = x + y * y - 7;
    return a * a + b * b;
}
static void himmelblau_gradient(double x, double y, double g[2])
{
    const double a = x * x + y - 11, b = x + y * y - 7;
    g[0] = 4 * x * a + 2 * b;
    g[1] = 2 * a + 4 * y * b;
}

/* Rates in the order sgd, momentum, rmsprop, adam, adamw. */
static const struct orr_surface ravine_surface = {.name = "ravine",
                                                  .formula = "(x^2 + 25 y^2) / 2",
                                                  .source = "a quadratic of condition number 25",
                                                  .x0 = -4.4,
                                                  .x1 = 1.6,
                                                  .y0 = -1.2,
                                                  .y1 = 1.2,
                                                  .start = {-4, 0.9},
                                                  .n_minima = 1,
                                                  .minima = {{0, 0}},
                                                  .lr = {0.07, 0.015, 0.05, 0.15, 0.15},
                                                  .value = ravine,
                                                  .gradient = ravine_gradient};
static const struct orr_surface saddle_surface = {.name = "saddle",
                                                  .formula = "x^2 - y^2 + y^4 / 4",
                                                  .source = "a saddle at the origin between two minima",
                                                  .x0 = -2,
                                                  .x1 = 2,
                                                  .y0 = -2.2,
                                                  .y1 = 2.2,
                                                  .start = {-1.7, 0.001},
                                                  .n_minima = 2,
                                                  .minima = {{0, 1.4142135623730951}, {0, -1.4142135623730951}},
                                                  .lowest = -1,
                                                  .lr = {0.05, 0.02, 0.02, 0.05, 0.05},
                                                  .value = saddle,
                                                  .gradient = saddle_gradient};
static const struct orr_surface rosenbrock_surface = {.name = "rosenbrock",
                                                      .formula = "(1 - x)^2 + 100 (y - x^2)^2",
                                                      .source = "Rosenbrock 1960",
                                                      .x0 = -2,
                                                      .x1 = 2,
                                                      .y0 = -1,
                                                      .y1 = 3,
                                                      .start = {-1.5, 2.4},
                                                      .n_minima = 1,
                                                      .minima = {{1, 1}},
                                                      .lr = {0.001, 0.001, 0.03, 0.3, 0.3},
                                                      .value = rosenbrock,
                                                      .gradient = rosenbrock_gradient};
static const struct orr_surface beale_surface = {.name = "beale",
                                                 .formula =
                                                     "(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2",
                                                 .source = "Beale 1958",
                                                 .x0 = -1,
                                                 .x1 = 4.5,
                                                 .y0 = -2,
                                                 .y1 = 2,
                                                 .start = {0.8, -1.5},
                                                 .n_minima = 1,
                                                 .minima = {{3, 0.5}},
                                                 .lr = {0.01, 0.005, 0.03, 0.1, 0.1},
                                                 .value = beale,
                                                 .gradient = beale_gradient};
static const struct orr_surface himmelblau_surface = {.name = "himmelblau",
                                                      .formula = "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
                                                      .source = "Himmelblau 1972",
                                                      .x0 = -5,
                                                      .x1 = 5,
                                                      .y0 = -5,
                                                      .y1 = 5,
                                                      .start = {-0.4, -1.2},
                                                      .n_minima = 4,
                                                      .minima = {{3, 2},
                                                                 {-2.805118086952745, 3.131312518250573},
                                                                 {-3.779310253377747, -3.283185991286170},
                                                                 {3.584428340330492, -1.848126526964404}},
                                                      .lr = {0.005, 0.003, 0.05, 0.2, 0.2},
                                                      .value = himmelblau,
                                                      .gradient = himmelblau_gradient};

const struct orr_surface *const orr_surfaces[] = {
    &rosenbrock_surface, &beale_surface, &himmelblau_surface, &saddle_surface, &ravine_surface, NULL,
};

const struct orr_surface *orr_surface_find(const char *name)
{
    for (const struct orr_surface *const *s = orr_surfaces; *s; s++)
        if (!strcmp((*s)->name, name)) return *s;
    return NULL;
}

double orr_surface_height(const struct orr_surface *s, double x, double y)
{
    const double corner[4] = {s->value(s->x0, s->y0), s->value(s->x1, s->y0), s->value(s->x0, s->y1),
                              s->value(s->x1, s->y1)};
    double top = 0;
    for (int i = 0; i < 4; i++) top = fmax(top, corner[i] - s->lowest);
    const double least = 1e-3 * top, h = log1p((s->value(x, y) - s->lowest) / least) / log1p(top / least);
    return h < 0 ? 0 : h > 1 ? 1 : h;
}

/* ---- the race ---- */

static void note_place(struct orr_racer *k, const struct orr_surface *s)
{
    if (k->n == k->cap) {
        k->cap = k->cap ? 2 * k->cap : 256;
        k->x = orr_xrealloc(k->x, k->cap, sizeof *k->x);
        k->y = orr_xrealloc(k->y, k->cap, sizeof *k->y);
        k->value = orr_xrealloc(k->value, k->cap, sizeof *k->value);
        k->step = orr_xrealloc(k->step, k->cap, sizeof *k->step);
    }
    k->x[k->n] = (double)k->params.value[0];
    k->y[k->n] = (double)k->params.value[1];
    k->value[k->n] = s->value(k->x[k->n], k->y[k->n]);
    k->step[k->n] = (double)k->n;
    k->n++;
}

void orr_race_start(struct orr_race *r, const struct orr_surface *surface, double lr_factor)
{
    *r = (struct orr_race){.surface = surface};
    for (int i = 0; i < ORR_RACERS; i++) {
        struct orr_racer *k = &r->racer[i];
        k->kind = (enum orr_optim_kind)i;
        const size_t at = orr_params_add(&k->params, "place", orr_shape1(2), ORR_INIT_ZERO, 0, 0, NULL);
        orr_real *place = orr_params_value(&k->params, at);
        place[0] = (orr_real)surface->start[0];
        place[1] = (orr_real)surface->start[1];
        const struct orr_optim_options o = orr_optim_defaults(k->kind, surface->lr[i] * lr_factor);
        orr_optim_init(&k->optim, &o, &k->params);
        note_place(k, surface);
    }
}

void orr_race_free(struct orr_race *r)
{
    for (int i = 0; i < ORR_RACERS; i++) {
        struct orr_racer *k = &r->racer[i];
        orr_params_free(&k->params);
        orr_optim_free(&k->optim);
        free(k->x);
        free(k->y);
        free(k->value);
        free(k->step);
    }
    *r = (struct orr_race){0};
}

void orr_race_step(struct orr_race *r)
{
    r->steps++;
    for (int i = 0; i < ORR_RACERS; i++) {
        struct orr_racer *k = &r->racer[i];
        double g[2];
        if (k->lost) continue;
        r->surface->gradient((double)k->params.value[0], (double)k->params.value[1], g);
        k->params.grad[0] = (orr_real)g[0];
        k->params.grad[1] = (orr_real)g[1];
        orr_optim_step(&k->optim, &k->params);
        k->lost = !isfinite((double)k->params.value[0]) || !isfinite((double)k->params.value[1]);
        if (!k->lost) note_place(k, r->surface);
    }
}

void orr_race_scale_lr(struct orr_race *r, double factor)
{
    for (int i = 0; i < ORR_RACERS; i++) r->racer[i].optim.o.lr *= factor;
}
