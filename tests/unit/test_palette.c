#include "suite.h"

#include <math.h>
#include <stdio.h>

#include "tui/color.h"

/* Eyes as they are, and without the cones for long, middle and short waves: Machado, Oliveira and Fernandes 2009, severity 1,
 * on linear RGB. */
static const double eyes[4][3][3] = {
    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
};
static const char *const eye_names[] = {"normal", "protanopia", "deuteranopia", "tritanopia"};

static double linear(int byte)
{
    const double c = byte / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}
static double cube(double t) { return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116; }

/* CIE 1976 L*a*b* of a colour as those eyes see it. */
static void lab(int rgb, int eye, double out[3])
{
    const double in[3] = {linear(rgb >> 16 & 255), linear(rgb >> 8 & 255), linear(rgb & 255)};
    double c[3];
    for (int i = 0; i < 3; i++) {
        c[i] = 0;
        for (int j = 0; j < 3; j++) c[i] += eyes[eye][i][j] * in[j];
        c[i] = fmin(1, fmax(0, c[i]));
    }
    const double x = cube((0.4124 * c[0] + 0.3576 * c[1] + 0.1805 * c[2]) / 0.95047),
                 y = cube(0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]),
                 z = cube((0.0193 * c[0] + 0.1192 * c[1] + 0.9505 * c[2]) / 1.08883);
    out[0] = 116 * y - 16;
    out[1] = 500 * (x - y);
    out[2] = 200 * (y - z);
}

static double least_distance(struct orr_color_theme theme, int eye)
{
    double least = INFINITY;
    for (int a = 0; a < 8; a++)
        for (int b = 0; b < a; b++) {
            double p[3], q[3];
            lab(orr_color_index(ORR_COLOR_SERIES + a, ORR_DEPTH_DIRECT, theme), eye, p);
            lab(orr_color_index(ORR_COLOR_SERIES + b, ORR_DEPTH_DIRECT, theme), eye, q);
            least = fmin(least, sqrt(pow(p[0] - q[0], 2) + pow(p[1] - q[1], 2) + pow(p[2] - q[2], 2)));
        }
    return least;
}

/* A just noticeable difference is about 2.3; a thin line needs several. Marks and dashes tell series apart besides. */
START_TEST(series_stay_apart_for_eyes_without_one_kind_of_cone)
{
    for (int light = 0; light < 2; light++)
        for (int eye = 0; eye < 4; eye++) {
            const double d = least_distance((struct orr_color_theme){.light = light}, eye);
            ck_assert_msg(d > 11, "%s, %s: two series differ by %.1f only", light ? "light" : "dark", eye_names[eye], d);
        }
}
END_TEST

START_TEST(colours_stand_out_by_three_to_one_and_by_seven_with_high_contrast)
{
    for (int light = 0; light < 2; light++)
        for (int stark = 0; stark < 2; stark++)
            for (int role = ORR_COLOR_DIM; role < ORR_COLOR_SERIES + 8; role++) {
                if (role == ORR_COLOR_BAR || role == ORR_COLOR_CURSOR || role == ORR_COLOR_BAND) continue;
                const struct orr_color_theme theme = {.light = light, .stark = stark};
                const int rgb = orr_color_index(role, ORR_DEPTH_DIRECT, theme);
                if (stark && role == ORR_COLOR_DIM) {
                    ck_assert_int_eq(rgb, -1); /* the terminal's own */
                    continue;
                }
                const double c = orr_color_contrast((uint32_t)rgb, light ? 0xFFFFFF : 0x000000);
                ck_assert_msg(c >= (stark ? 7 : 3), "role %d, %s: %.1f", role, light ? "light" : "dark", c);
            }
    ck_assert_double_eq_tol(orr_color_contrast(0xFFFFFF, 0x000000), 21, 1e-9);
    ck_assert_double_eq_tol(orr_color_contrast(0x767676, 0xFFFFFF), 4.54, 0.01);
}
END_TEST

START_TEST(text_on_bars_and_the_cursor_can_be_read)
{
    static const int grounds[] = {ORR_COLOR_BAR, ORR_COLOR_CURSOR};
    for (int light = 0; light < 2; light++)
        for (int i = 0; i < 2; i++) {
            const struct orr_color_theme theme = {.light = light};
            const int text = orr_color_index(ORR_COLOR_SERIES + 7, ORR_DEPTH_DIRECT, theme),
                      ground = orr_color_index(grounds[i], ORR_DEPTH_DIRECT, theme);
            ck_assert_double_ge(orr_color_contrast((uint32_t)text, (uint32_t)ground), 4.5);
        }
}
END_TEST

ORR_SUITE("palette", series_stay_apart_for_eyes_without_one_kind_of_cone,
          colours_stand_out_by_three_to_one_and_by_seven_with_high_contrast, text_on_bars_and_the_cursor_can_be_read)
