#include "suite.h"

#include <math.h>
#include <string.h>

#include <orrery/rng.h>

#include "aid_screen.h"
#include "tui/chart.h"

enum { N = 4000, BINS = 400 };

/* A training curve: decays with noise that is the same on every machine. */
struct curve {
    double x[N], y[N];
    struct orr_bin bins[BINS];
};

static void make_curve(struct curve *c, uint64_t seed, double level, double rate)
{
    struct orr_rng r;
    orr_rng_seed(&r, seed, 0);
    for (int i = 0; i < N; i++) {
        c->x[i] = i * 10;
        c->y[i] = level + 2 / (1 + rate * i) + 0.1 * (orr_rng_uniform(&r) - 0.5);
    }
}

static void bin_curve(struct curve *c, size_t n)
{
    for (size_t b = 0; b < n; b++) {
        const size_t from = b * N / n, to = (b + 1) * N / n;
        struct orr_bin *bin = &c->bins[b];
        *bin = (struct orr_bin){.x = N * 10.0 * ((double)b + 0.5) / (double)n, .min = NAN, .max = NAN};
        double sum = 0;
        for (size_t i = from; i < to; i++) {
            bin->min = fmin(bin->min, c->y[i]), bin->max = fmax(bin->max, c->y[i]);
            sum += c->y[i];
            bin->n++;
        }
        bin->mean = sum / (double)bin->n, bin->first = c->y[from], bin->last = c->y[to - 1];
    }
}

static struct orr_canvas canvas_of(int w, int h, enum orr_glyphs glyphs)
{
    struct orr_canvas c;
    orr_canvas_init(&c, w, h);
    c.glyphs = glyphs;
    return c;
}

static void draw_two(int w, int h, enum orr_glyphs glyphs, const char *golden, bool styles)
{
    static struct curve a, b;
    make_curve(&a, 1, 0.3, 0.01);
    make_curve(&b, 2, 0.8, 0.003);
    struct orr_canvas c = canvas_of(w, h, glyphs);
    struct orr_chart_series s[2] = {{.name = "run-a val/loss"}, {.name = "run-b val/loss"}};
    struct orr_chart chart = orr_chart_init();
    chart.title = "val/loss", chart.x_label = "step", chart.series = s, chart.n_series = 2, chart.cursor = 21000;
    const struct orr_rect all = {0, 0, w, h};
    size_t n = orr_chart_columns(&c, all, &chart);
    ck_assert_uint_le(n, BINS);
    bin_curve(&a, n), bin_curve(&b, n);
    s[0].bins = a.bins, s[1].bins = b.bins, s[0].n_bins = s[1].n_bins = n;
    chart.x0 = 0, chart.x1 = N * 10;
    orr_chart_draw(&c, all, &chart);
    orr_aid_golden(&c, golden, styles);
    orr_canvas_free(&c);
}

START_TEST(two_noisy_curves_look_as_in_the_golden_screens_at_every_size)
{
    static const struct {
        int w, h;
    } sizes[] = {{80, 24}, {200, 60}, {40, 10}, {38, 10}, {20, 5}, {20, 2}, {30, 1}, {12, 3}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        draw_two(sizes[i].w, sizes[i].h, ORR_GLYPHS_BRAILLE, "chart-two", false);
}
END_TEST

START_TEST(without_braille_there_are_half_blocks_and_without_unicode_letters)
{
    draw_two(60, 16, ORR_GLYPHS_BLOCK, "chart-block", false);
    draw_two(60, 16, ORR_GLYPHS_ASCII, "chart-ascii", false);
    draw_two(30, 1, ORR_GLYPHS_ASCII, "chart-ascii", false);
}
END_TEST

START_TEST(series_have_their_colours_and_the_crosshair_its_tint)
{
    draw_two(40, 10, ORR_GLYPHS_BRAILLE, "chart-styles", true);
}
END_TEST

static void draw_points(const char *golden, int w, int h, struct orr_chart *chart, struct orr_chart_series *s)
{
    struct orr_canvas c = canvas_of(w, h, ORR_GLYPHS_BRAILLE);
    chart->series = s, chart->n_series = 1;
    orr_chart_draw(&c, (struct orr_rect){0, 0, w, h}, chart);
    orr_aid_golden(&c, golden, false);
    orr_canvas_free(&c);
}

START_TEST(log_axes_show_a_power_law_as_a_straight_line)
{
    double x[200], y[200];
    for (int i = 0; i < 200; i++) x[i] = i + 1, y[i] = 3 * pow(i + 1, -0.7);
    struct orr_chart_series s = {.name = "power law", .n = 200, .x = x, .y = y};
    struct orr_chart chart = orr_chart_init();
    chart.log_x = chart.log_y = true;
    draw_points("chart-log", 60, 16, &chart, &s);
}
END_TEST

START_TEST(a_nan_is_a_gap_in_the_line)
{
    double x[300], y[300];
    for (int i = 0; i < 300; i++) x[i] = i, y[i] = i >= 100 && i < 160 ? NAN : sin(i * 0.05);
    struct orr_chart_series s = {.name = "sine", .n = 300, .x = x, .y = y};
    struct orr_chart chart = orr_chart_init();
    draw_points("chart-gap", 60, 14, &chart, &s);

    struct orr_bin bins[60];
    for (int i = 0; i < 60; i++) {
        const double v = cos(i * 0.1);
        bins[i] = (struct orr_bin){i, v, v, v, v, v, 2, 0};
        if (i == 20) bins[i] = (struct orr_bin){i, NAN, NAN, NAN, NAN, NAN, 2, 2};
        if (i > 30 && i < 40) bins[i] = (struct orr_bin){.x = i, .min = NAN, .max = NAN}; /* no points: joined */
    }
    struct orr_chart_series b = {.name = "cosine", .bins = bins, .n_bins = 60};
    draw_points("chart-gap-bins", 40, 10, &chart, &b);
}
END_TEST

START_TEST(a_band_is_dotted_around_its_line)
{
    double x[100], y[100], lo[100], hi[100];
    for (int i = 0; i < 100; i++) x[i] = i, y[i] = sqrt(i), lo[i] = y[i] - 0.02 * i, hi[i] = y[i] + 0.03 * i;
    struct orr_chart_series s = {.name = "mean of 3", .n = 100, .x = x, .y = y, .lo = lo, .hi = hi};
    struct orr_chart chart = orr_chart_init();
    draw_points("chart-band", 60, 16, &chart, &s);
    s.dash = ORR_DASH_DASHED;
    draw_points("chart-dashed", 60, 16, &chart, &s);
}
END_TEST

START_TEST(one_point_a_constant_and_nothing_are_charts_too)
{
    double x[3] = {100, 200, 300}, y[3] = {0.25, 0.25, 0.25};
    struct orr_chart_series s = {.name = "few", .n = 1, .x = x, .y = y};
    struct orr_chart chart = orr_chart_init();
    draw_points("chart-one-point", 40, 10, &chart, &s);
    s.n = 3;
    draw_points("chart-constant", 40, 10, &chart, &s);
    s.n = 0;
    draw_points("chart-empty", 40, 10, &chart, &s);
    y[0] = y[1] = y[2] = NAN, s.n = 3;
    draw_points("chart-nan-only", 40, 10, &chart, &s);
}
END_TEST

START_TEST(the_robust_range_leaves_a_spike_out_and_the_plain_one_does_not)
{
    double x[200], y[200], lo, hi;
    for (int i = 0; i < 200; i++) x[i] = i, y[i] = sin(i);
    y[50] = 1e6;
    struct orr_chart_series s = {.n = 200, .x = x, .y = y};
    struct orr_chart chart = orr_chart_init();
    chart.series = &s, chart.n_series = 1;
    orr_chart_range_y(&chart, &lo, &hi);
    ck_assert(hi == 1e6);
    chart.robust_y = true;
    orr_chart_range_y(&chart, &lo, &hi);
    ck_assert(hi < 2 && hi >= 1 && lo <= -0.99);
}
END_TEST

START_TEST(ranges_are_never_empty_and_extreme_values_do_not_overflow)
{
    static const double values[] = {0, 5, -5, 1e308, -1e308, 5e-324, NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 9; i++)
        for (size_t k = 0; k < 9; k++)
            for (int log = 0; log < 2; log++) {
                double x[2] = {values[i], values[k]}, y[2] = {values[k], values[i]}, lo, hi;
                struct orr_chart_series s = {.name = "s", .n = 2, .x = x, .y = y};
                struct orr_chart chart = orr_chart_init();
                chart.series = &s, chart.n_series = 1, chart.log_x = chart.log_y = log;
                orr_chart_range_y(&chart, &lo, &hi);
                ck_assert(isfinite(lo) && isfinite(hi) && lo < hi && isfinite(hi - lo));
                struct orr_canvas c = canvas_of(30, 9, ORR_GLYPHS_BRAILLE);
                orr_chart_draw(&c, (struct orr_rect){0, 0, 30, 9}, &chart);
                orr_canvas_free(&c);
            }
}
END_TEST

START_TEST(every_size_from_nothing_to_a_wall_is_drawn_inside_its_rectangle)
{
    static struct curve a;
    make_curve(&a, 3, 0, 0.1);
    struct orr_chart_series s[9];
    for (int i = 0; i < 9; i++)
        s[i] = (struct orr_chart_series){.name = "a rather long name of a series", .n = N, .x = a.x, .y = a.y};
    struct orr_chart chart = orr_chart_init();
    chart.series = s, chart.n_series = 9, chart.title = "title", chart.x_label = "x", chart.cursor = 1234;
    for (int h = 0; h < 14; h++)
        for (int w = 0; w < 70; w += 3) {
            struct orr_canvas c = canvas_of(w + 4, h + 2, (enum orr_glyphs)(w % 3));
            orr_chart_draw(&c, (struct orr_rect){2, 1, w, h}, &chart);
            for (int y = 0; y < c.height; y++)
                for (int x = 0; x < c.width; x++)
                    if (x < 2 || x >= w + 2 || y < 1 || y >= h + 1)
                        ck_assert_msg(c.cells[y * c.width + x].cp == ' ', "%dx%d spills at %d,%d", w, h, x, y);
            orr_canvas_free(&c);
        }
}
END_TEST

ORR_SUITE("chart", two_noisy_curves_look_as_in_the_golden_screens_at_every_size,
          without_braille_there_are_half_blocks_and_without_unicode_letters,
          series_have_their_colours_and_the_crosshair_its_tint, log_axes_show_a_power_law_as_a_straight_line,
          a_nan_is_a_gap_in_the_line, a_band_is_dotted_around_its_line,
          one_point_a_constant_and_nothing_are_charts_too,
          the_robust_range_leaves_a_spike_out_and_the_plain_one_does_not,
          ranges_are_never_empty_and_extreme_values_do_not_overflow,
          every_size_from_nothing_to_a_wall_is_drawn_inside_its_rectangle)
