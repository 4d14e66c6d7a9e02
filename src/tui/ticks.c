#include "tui/ticks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- numbers ---- */

struct unit {
    double size;
    char suffix;
};

/* The SI unit in which the larger end of a range reads best. */
static struct unit unit_of(double largest)
{
    static const struct unit units[] = {{1e15, 'P'}, {1e12, 'T'}, {1e9, 'G'}, {1e6, 'M'}, {1e3, 'k'}};
    if (largest >= 1e4 && largest < 1e18)
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (largest >= units[i].size) return units[i];
    return (struct unit){1, '\0'};
}

/* Decimals that tell multiples of `step` apart. */
static int decimals_of(double step)
{
    const int d = (int)ceil(-log10(step) - 1e-9);
    return d < 0 ? 0 : d;
}

static void number_label(double x, double step, double largest, char out[24])
{
    if (fabs(x) < step * 1e-9) x = 0;
    struct unit u = unit_of(largest);
    if (u.size > 1 && decimals_of(step / u.size) > 2 && step >= 1 && largest < 1e7) u = (struct unit){1, '\0'};
    if (x == 0)
        snprintf(out, 24, "0");
    else if (largest < 1e-3 || largest >= 1e18)
        snprintf(out, 24, "%.*e", step < pow(10, floor(log10(largest))) * 0.99 ? 1 : 0, x);
    else if (u.suffix)
        snprintf(out, 24, "%.*f%c", decimals_of(step / u.size), x / u.size, u.suffix);
    else
        snprintf(out, 24, "%.*f", decimals_of(step), x);
}

/* The smallest of 1, 2, 5 times a power of ten that is >= raw: *mantissa x 10^*exponent. */
static void round_up_step(double raw, int *mantissa, int *exponent)
{
    *exponent = (int)floor(log10(raw));
    const double m = raw / pow(10, *exponent);
    *mantissa = m <= 1.000001 ? 1 : m <= 2.000001 ? 2 : m <= 5.000001 ? 5 : 10;
}

/* i * mantissa * 10^exponent, exact for short decimals: a negative power divides. */
static double multiple(double i, int mantissa, int exponent)
{
    return exponent < 0 ? i * mantissa / pow(10, -exponent) : i * mantissa * pow(10, exponent);
}

static size_t number_marks(double lo, double hi, size_t want, struct orr_mark *out, size_t cap)
{
    int mantissa, exponent;
    round_up_step((hi - lo) / (double)want, &mantissa, &exponent);
    double step, first, last;
    for (;;) {
        step = multiple(1, mantissa, exponent);
        first = ceil(lo / step - 1e-9);
        last = floor(hi / step + 1e-9);
        if (last - first + 1 <= (double)want) break;
        mantissa = mantissa == 1 ? 2 : mantissa == 2 ? 5 : 10;
        if (mantissa == 10) mantissa = 1, exponent++;
    }
    const double largest = fmax(fabs(lo), fabs(hi));
    size_t n = 0;
    for (double i = first; i <= last && n < cap; i++, n++) {
        out[n].at = multiple(i, mantissa, exponent);
        number_label(out[n].at, step, largest, out[n].label);
    }
    return n;
}

/* ---- durations and dates ---- */

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

static double time_step(double raw)
{
    static const int steps[] = {1,           2,           5,            10,           15,           30,
                                MINUTE,      2 * MINUTE,  5 * MINUTE,   10 * MINUTE,  15 * MINUTE,  30 * MINUTE,
                                HOUR,        2 * HOUR,    3 * HOUR,     6 * HOUR,     12 * HOUR,    DAY,
                                2 * DAY,     5 * DAY};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] >= raw) return steps[i];
    int mantissa, exponent;
    round_up_step(raw / DAY, &mantissa, &exponent);
    return multiple(1, mantissa, exponent) * DAY;
}

static void duration_label(double t, double step, double hi, char out[24])
{
    const char *sign = t < 0 ? "-" : "";
    const double s = fabs(t);
    const unsigned whole = s < 1e9 ? (unsigned)s : 0;
    const unsigned h = whole / HOUR, m = whole % HOUR / MINUTE, sec = whole % MINUTE;
    if (t == 0)
        snprintf(out, 24, "0");
    else if (step >= DAY || s >= 1e9)
        snprintf(out, 24, "%s%.*gd", sign, s < 1e12 ? 9 : 3, s / DAY);
    else if (step >= MINUTE)
        snprintf(out, 24, "%s%u:%02u", sign, h, m);
    else if (hi < MINUTE)
        snprintf(out, 24, "%s%us", sign, sec);
    else if (hi < HOUR)
        snprintf(out, 24, "%s%um%02us", sign, m, sec);
    else
        snprintf(out, 24, "%s%u:%02u:%02u", sign, h, m, sec);
}

static void date_label(double t, double step, bool first, char out[24])
{
    const time_t seconds = (time_t)t;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    const bool midnight = fmod(t, DAY) == 0;
    const char *format = step >= DAY ? (first ? "%Y-%m-%d" : "%m-%d")
                         : midnight  ? "%m-%d"
                         : first     ? (step < MINUTE ? "%m-%d %H:%M:%S" : "%m-%d %H:%M")
                         : step < MINUTE ? "%H:%M:%S" : "%H:%M";
    if (!strftime(out, 24, format, &tm)) out[0] = '\0';
}

/* Months, quarters or years: steps that have no fixed length. */
static size_t calendar_marks(double lo, double hi, size_t want, struct orr_mark *out, size_t cap)
{
    const double months = (hi - lo) / (30.44 * DAY);
    int step = 1;
    static const int steps[] = {1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        step = steps[i];
        if (floor(months / step) + 1 <= (double)want) break;
    }
    const time_t start = (time_t)lo;
    struct tm tm;
    gmtime_r(&start, &tm);
    size_t n = 0;
    for (int month = (tm.tm_year * 12 + tm.tm_mon) / step * step; n < cap && n < want; month += step) {
        struct tm at = {.tm_year = month / 12, .tm_mon = month % 12, .tm_mday = 1};
        const double t = (double)timegm(&at);
        if (t < lo) continue;
        if (t > hi) break;
        out[n].at = t;
        if (!strftime(out[n].label, 24, step >= 12 ? "%Y" : "%Y-%m", &at)) out[n].label[0] = '\0';
        n++;
    }
    return n;
}

static size_t time_marks(bool date, double lo, double hi, size_t want, struct orr_mark *out, size_t cap)
{
    if (hi - lo < (double)want && !date) { /* below a second: plain seconds */
        const size_t n = number_marks(lo, hi, want, out, cap);
        for (size_t i = 0; i < n; i++)
            if (strlen(out[i].label) < sizeof out[i].label - 1) memcpy(strchr(out[i].label, '\0'), "s", 2);
        return n;
    }
    if (date && (fabs(lo) > 2e11 || fabs(hi) > 2e11)) return number_marks(lo, hi, want, out, cap);
    if (date && hi - lo > 28.0 * DAY * (double)want) return calendar_marks(lo, hi, want, out, cap);
    double step = time_step((hi - lo) / (double)want);
    while (floor(hi / step) - ceil(lo / step) + 1 > (double)want) step = time_step(step * 1.01);
    size_t n = 0;
    for (double i = ceil(lo / step); i <= floor(hi / step) && n < cap; i++, n++) {
        out[n].at = i * step;
        if (date)
            date_label(out[n].at, step, n == 0, out[n].label);
        else
            duration_label(out[n].at, step, fmax(fabs(lo), fabs(hi)), out[n].label);
    }
    return n;
}

size_t orr_ticks(enum orr_ticks_kind kind, double lo, double hi, size_t want, struct orr_mark *out, size_t cap)
{
    if (!isfinite(lo) || !isfinite(hi) || lo > hi || !cap || !want) return 0;
    const double largest = fmax(fabs(lo), fabs(hi));
    if (!isfinite(hi - lo)) return 0;
    if (hi - lo <= largest * 1e-13) { /* nothing but rounding between the two */
        out[0].at = lo;
        orr_ticks_value(lo, out[0].label);
        return 1;
    }
    if (kind != ORR_TICKS_NUMBER) return time_marks(kind == ORR_TICKS_TIME, lo, hi, want, out, cap);
    return number_marks(lo, hi, want, out, cap);
}

/* ---- log axes ---- */

static void decade_label(double x, char out[24])
{
    if (x >= 1e4 || x < 1e-3)
        number_label(x, x, x, out);
    else
        snprintf(out, 24, "%.*f", decimals_of(x), x);
}

size_t orr_ticks_log(double lo, double hi, size_t want, struct orr_mark *out, size_t cap)
{
    if (!(lo > 0) || !isfinite(hi) || lo > hi || !cap || !want) return 0;
    const double l0 = log10(lo), l1 = log10(hi);
    if (l1 - l0 < 0.5) return orr_ticks(ORR_TICKS_NUMBER, lo, hi, want, out, cap);
    const int first = (int)floor(l0), last = (int)floor(l1 + 1e-9);
    const size_t decades = (size_t)(last - (int)ceil(l0 - 1e-9) + 1);
    const bool between = 3 * (decades + 1) <= want; /* room for 2 and 5 */
    const int stride = (int)((decades + want - 1) / want);
    size_t n = 0, labels = 0;
    for (int e = first; e <= last; e++)
        for (int m = 1; m <= 9 && n < cap; m++) {
            const double at = multiple(m, 1, e);
            if (at < lo * (1 - 1e-9) || at > hi * (1 + 1e-9)) continue;
            const bool labelled = m == 1 ? ((e % stride) + stride) % stride == 0 : between && (m == 2 || m == 5);
            if (!labelled && (stride > 1 || decades > 12)) continue;
            out[n].at = at;
            out[n].label[0] = '\0';
            if (labelled && labels < want) decade_label(at, out[n].label), labels++;
            n++;
        }
    return n;
}

void orr_ticks_value(double x, char out[24])
{
    const double a = fabs(x);
    const struct unit u = unit_of(a);
    if (isnan(x))
        snprintf(out, 24, "nan");
    else if (isinf(x))
        snprintf(out, 24, "%sinf", x < 0 ? "-" : "");
    else if ((a > 0 && a < 1e-3) || a >= 1e18)
        snprintf(out, 24, "%.2e", x);
    else if (a >= 1e6)
        snprintf(out, 24, "%.4g%c", x / u.size, u.suffix);
    else if (a == floor(a))
        snprintf(out, 24, "%.0f", x);
    else
        snprintf(out, 24, "%.4g", x);
}

void orr_ticks_precise(double x, double resolution, char out[24])
{
    if (!isfinite(x) || !(resolution > 0) || resolution < 1e-9 || fabs(x) >= 1e15 || fabs(x) > resolution * 1e12) {
        orr_ticks_value(x, out);
        return;
    }
    const int exponent = (int)floor(log10(resolution));
    const double unit = pow(10, exponent), n = round(x / unit);
    const double rounded = exponent < 0 ? n / pow(10, -exponent) : n * unit;
    snprintf(out, 24, "%.*f", exponent < 0 ? -exponent : 0, rounded == 0 ? 0 : rounded);
}
