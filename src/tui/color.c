#include "tui/color.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

struct look {
    uint32_t dark, light; /* 0xRRGGBB on dark and on light terminals */
    int ansi;             /* 0..15 */
};

/* Series: on dark terminals Okabe and Ito, "Color Universal Design" (2008), without black; on light ones colours of their hues
 * that also differ in lightness, so that they stay apart for eyes without one kind of cone (test_palette). Heat: 16
 * steps of Cividis (Nunez et al. 2018),
 * which reads the same to colour-blind eyes. */
static const struct look looks[ORR_COLOR_COUNT] = {
    [ORR_COLOR_DIM] = {0x8A8A8A, 0x6C6C6C, 8},
    [ORR_COLOR_ACCENT] = {0x87D7FF, 0x005F87, 6},
    [ORR_COLOR_GOOD] = {0x5FD7AF, 0x00734F, 2},
    [ORR_COLOR_WARN] = {0xE69F00, 0x8A5A00, 3},
    [ORR_COLOR_BAD] = {0xFF875F, 0xB03000, 1},
    [ORR_COLOR_BAR] = {0x303030, 0xD7D7D7, 4},
    [ORR_COLOR_CURSOR] = {0x264F78, 0xAFD7FF, 4},
    [ORR_COLOR_BAND] = {0x444444, 0xC6C6C6, 8},
    [ORR_COLOR_SERIES + 0] = {0x56B4E9, 0x003BD9, 6},
    [ORR_COLOR_SERIES + 1] = {0xE69F00, 0xC87711, 3},
    [ORR_COLOR_SERIES + 2] = {0x009E73, 0x12734F, 2},
    [ORR_COLOR_SERIES + 3] = {0xD55E00, 0x7B4B15, 1},
    [ORR_COLOR_SERIES + 4] = {0xCC79A7, 0xA0167F, 5},
    [ORR_COLOR_SERIES + 5] = {0xF0E442, 0x969658, 11},
    [ORR_COLOR_SERIES + 6] = {0x3A8FD0, 0x518CEB, 4},
    [ORR_COLOR_SERIES + 7] = {0xD0D0D0, 0x303030, 7},
    [ORR_COLOR_HEAT + 0] = {0x00204C, 0x00204C, 0},   [ORR_COLOR_HEAT + 1] = {0x002A64, 0x002A64, 4},
    [ORR_COLOR_HEAT + 2] = {0x0A376D, 0x0A376D, 4},   [ORR_COLOR_HEAT + 3] = {0x28436B, 0x28436B, 4},
    [ORR_COLOR_HEAT + 4] = {0x39506B, 0x39506B, 4},   [ORR_COLOR_HEAT + 5] = {0x4A5D6C, 0x4A5D6C, 8},
    [ORR_COLOR_HEAT + 6] = {0x586A70, 0x586A70, 8},   [ORR_COLOR_HEAT + 7] = {0x677774, 0x677774, 8},
    [ORR_COLOR_HEAT + 8] = {0x788576, 0x788576, 6},   [ORR_COLOR_HEAT + 9] = {0x8A9375, 0x8A9375, 6},
    [ORR_COLOR_HEAT + 10] = {0x9CA271, 0x9CA271, 7},  [ORR_COLOR_HEAT + 11] = {0xAFB16B, 0xAFB16B, 7},
    [ORR_COLOR_HEAT + 12] = {0xC3C163, 0xC3C163, 3},  [ORR_COLOR_HEAT + 13] = {0xD7D157, 0xD7D157, 11},
    [ORR_COLOR_HEAT + 14] = {0xECE146, 0xECE146, 11}, [ORR_COLOR_HEAT + 15] = {0xFFEA46, 0xFFEA46, 15},
};

static int distance(int r, int g, int b, uint32_t rgb)
{
    const int dr = r - (int)(rgb >> 16), dg = g - (int)(rgb >> 8 & 255), db = b - (int)(rgb & 255);
    return dr * dr + dg * dg + db * db;
}

/* The nearest of xterm's 6x6x6 cube (16..231) and grey ramp (232..255). */
static int nearest_256(uint32_t rgb)
{
    static const int level[6] = {0, 95, 135, 175, 215, 255};
    int best = 16, least = 1 << 30;
    for (int i = 0; i < 216; i++) {
        const int d = distance(level[i / 36], level[i / 6 % 6], level[i % 6], rgb);
        if (d < least) least = d, best = 16 + i;
    }
    for (int i = 0; i < 24; i++) {
        const int grey = 8 + 10 * i, d = distance(grey, grey, grey, rgb);
        if (d < least) least = d, best = 232 + i;
    }
    return best;
}

static double linear(uint32_t byte)
{
    const double c = byte / 255.0;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

double orr_color_contrast(uint32_t a, uint32_t b)
{
    double y[2];
    for (int i = 0; i < 2; i++) {
        const uint32_t rgb = i ? b : a;
        y[i] = 0.2126 * linear(rgb >> 16 & 255) + 0.7152 * linear(rgb >> 8 & 255) + 0.0722 * linear(rgb & 255) + 0.05;
    }
    return y[0] > y[1] ? y[0] / y[1] : y[1] / y[0];
}

/* Mixed with white (on light terminals black) until it stands out by 7 to 1. */
static uint32_t stark(uint32_t rgb, bool light)
{
    const uint32_t ground = light ? 0xFFFFFF : 0x000000, towards = ~ground & 0xFFFFFF;
    for (int part = 0; part < 16 && orr_color_contrast(rgb, ground) < 7; part++) {
        uint32_t mixed = 0;
        for (int shift = 0; shift < 24; shift += 8)
            mixed |= (((rgb >> shift & 255) * 7 + (towards >> shift & 255)) / 8) << shift;
        rgb = mixed;
    }
    return rgb;
}

static bool is_ground(enum orr_color role)
{
    return role == ORR_COLOR_BAR || role == ORR_COLOR_CURSOR || role == ORR_COLOR_BAND || role >= ORR_COLOR_HEAT;
}

int orr_color_index(enum orr_color role, enum orr_color_depth depth, struct orr_color_theme theme)
{
    if (role == ORR_COLOR_DEFAULT || role >= ORR_COLOR_COUNT || depth == ORR_DEPTH_MONO) return -1;
    if (theme.stark && role == ORR_COLOR_DIM) return -1;
    uint32_t rgb = theme.light ? looks[role].light : looks[role].dark;
    if (theme.stark && !is_ground(role)) rgb = stark(rgb, theme.light);
    switch (depth) {
    case ORR_DEPTH_DIRECT: return (int)rgb;
    case ORR_DEPTH_256: return nearest_256(rgb);
    case ORR_DEPTH_16: return looks[role].ansi;
    default: return role == ORR_COLOR_DIM ? -1 : looks[role].ansi & 7;
    }
}

/* The sixteen colours as xterm shows them; other terminals differ a little. */
static int nearest_16(uint32_t rgb, int n)
{
    static const uint32_t ansi[16] = {0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
                                      0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF};
    int best = 0, least = 1 << 30;
    for (int i = 0; i < n; i++) {
        const int d = distance((int)(ansi[i] >> 16), (int)(ansi[i] >> 8 & 255), (int)(ansi[i] & 255), rgb);
        if (d < least) least = d, best = i;
    }
    return best;
}

int orr_color_of_rgb(uint32_t rgb, enum orr_color_depth depth)
{
    switch (depth) {
    case ORR_DEPTH_DIRECT: return (int)(rgb & 0xFFFFFF);
    case ORR_DEPTH_256: return nearest_256(rgb);
    case ORR_DEPTH_16: return nearest_16(rgb, 16);
    case ORR_DEPTH_8: return nearest_16(rgb, 8);
    default: return -1;
    }
}

int orr_color_count(enum orr_color_depth depth)
{
    static const int count[] = {[ORR_DEPTH_MONO] = 0, [ORR_DEPTH_8] = 8, [ORR_DEPTH_16] = 16, [ORR_DEPTH_256] = 256,
                                [ORR_DEPTH_DIRECT] = 1 << 24};
    return count[depth];
}

uint8_t orr_color_attr(struct orr_style s, enum orr_color_depth depth, struct orr_color_theme theme)
{
    uint8_t attr = s.attr;
    if (depth == ORR_DEPTH_MONO) {
        if (s.bg == ORR_COLOR_BAR || s.bg == ORR_COLOR_CURSOR) attr ^= ORR_REVERSE;
        if (s.fg == ORR_COLOR_ACCENT || s.fg == ORR_COLOR_BAD) attr |= ORR_BOLD;
    }
    if (!theme.stark && depth < ORR_DEPTH_256 && s.fg == ORR_COLOR_DIM && s.bg == ORR_COLOR_DEFAULT) attr |= ORR_FAINT;
    if (theme.stark) attr &= (uint8_t)~ORR_FAINT;
    return attr;
}

bool orr_color_is_light(const char *colorfgbg)
{
    const char *last = colorfgbg ? strrchr(colorfgbg, ';') : NULL;
    if (!last) return false;
    int64_t bg;
    if (!orr_parse_int64(last + 1, strlen(last + 1), &bg)) return false;
    return bg == 7 || (bg >= 9 && bg <= 15);
}
