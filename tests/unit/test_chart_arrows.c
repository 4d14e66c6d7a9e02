#include "suite.h"

#include <math.h>

#include "tui/chart_arrows.h"

enum { W = 17, H = 9, N = 3 };

static uint32_t at(const struct orr_canvas *c, int x, int y) { return c->cells[y * c->width + x].cp; }

/* A window of W x 2 H, so that a unit is as wide as it is high on the screen. */
static void draw(struct orr_canvas *c, const double u[N * N], const double v[N * N])
{
    const struct orr_arrows a = {0, W, 0, 2 * H, u, v, N, N};
    orr_arrows_draw(c, (struct orr_rect){0, 0, c->width, c->height}, 0, W, 0, 2 * H, &a);
}

START_TEST(arrows_point_where_the_field_does_as_seen_on_the_screen)
{
    static const char plain[] = ">/^\\</v\\";
    static const uint32_t unicode[] = {0x2192, 0x2197, 0x2191, 0x2196, 0x2190, 0x2199, 0x2193, 0x2198};
    for (int k = 0; k < 8; k++)
        for (int ascii = 0; ascii < 2; ascii++) {
            struct orr_canvas c;
            double u[N * N], v[N * N];
            for (int i = 0; i < N * N; i++) u[i] = cos(k * M_PI / 4), v[i] = sin(k * M_PI / 4);
            orr_canvas_init(&c, W, H);
            c.glyphs = ascii ? ORR_GLYPHS_ASCII : ORR_GLYPHS_BRAILLE;
            draw(&c, u, v);
            ck_assert_uint_eq(at(&c, 2, 0), ascii ? (uint32_t)plain[k] : unicode[k]);
            ck_assert_uint_eq(at(&c, 6, 4), ascii ? (uint32_t)plain[k] : unicode[k]);
            ck_assert_uint_eq(at(&c, 3, 0), ' ');
            orr_canvas_free(&c);
        }
}
END_TEST

START_TEST(faster_arrows_are_brighter_and_none_stands_where_nothing_moves)
{
    const double u[N * N] = {0, 1, 9, 0, 1, 9, 0, 1, 9},
                       v[N * N] = {0}; /* to the right, the faster the farther right */
    struct orr_canvas c;
    orr_canvas_init(&c, W, H);
    draw(&c, u, v);
    ck_assert_uint_eq(c.cells[2].style.fg, ORR_COLOR_DIM);
    ck_assert_uint_eq(c.cells[14].style.fg, ORR_COLOR_ACCENT);
    ck_assert_uint_eq(c.cells[14].style.attr, ORR_BOLD);
    orr_canvas_clear(&c);
    draw(&c, v, v);
    for (int i = 0; i < W * H; i++) ck_assert_uint_eq(c.cells[i].cp, ' ');
    orr_canvas_free(&c);
}
END_TEST

START_TEST(what_is_drawn_already_stays_and_nothing_is_drawn_outside)
{
    double u[N * N], v[N * N] = {0};
    struct orr_canvas c;
    for (int i = 0; i < N * N; i++) u[i] = 1;
    u[8] = NAN; /* a corner: nothing around it is known */
    orr_canvas_init(&c, W, H);
    orr_canvas_put(&c, 2, 0, 'X', (struct orr_style){0});
    orr_canvas_put(&c, 6, 0, 0x00B7, (struct orr_style){0}); /* the grid may go */
    draw(&c, u, v);
    ck_assert_uint_eq(at(&c, 2, 0), 'X');
    ck_assert_uint_eq(at(&c, 6, 0), 0x2192);
    ck_assert_uint_eq(at(&c, 14, 0), ' ');
    const struct orr_arrows a = {0, 1, 0, 1, u, v, N, N};
    orr_arrows_draw(&c, (struct orr_rect){-5, -3, 60, 40}, 0, 1, 0, 1, &a); /* partly off the canvas */
    orr_arrows_draw(&c, (struct orr_rect){0, 0, 0, 0}, 0, 1, 0, 1, &a);
    orr_arrows_draw(&c, (struct orr_rect){0, 0, W, H}, 1, 1, 0, 1, &a);
    orr_canvas_free(&c);
}
END_TEST

ORR_SUITE("chart arrows", arrows_point_where_the_field_does_as_seen_on_the_screen,
          faster_arrows_are_brighter_and_none_stands_where_nothing_moves,
          what_is_drawn_already_stays_and_nothing_is_drawn_outside)
