/* The window on the x axis and the crosshair in it. On a log axis distances are ratios. */
#include <math.h>

#include "views/curves/state.h"

static double to_axis(const struct orr_curves *v, double x) { return v->options.log_x ? log(x) : x; }
static double from_axis(const struct orr_curves *v, double u) { return v->options.log_x ? exp(u) : u; }

static void full_window(const struct orr_curves *v, double *x0, double *x1)
{
    *x0 = v->full0, *x1 = v->full1;
    if (isnan(*x0) || isnan(*x1)) *x0 = v->options.log_x ? 1 : 0, *x1 = v->options.log_x ? 10 : 1;
    if (*x1 > *x0) return;
    if (v->options.log_x)
        *x0 /= 2, *x1 *= 2;
    else
        *x0 -= fmax(1, fabs(*x0) * 0.1), *x1 += fmax(1, fabs(*x1) * 0.1);
}

void orr_curves_window(const struct orr_curves *v, double *x0, double *x1)
{
    full_window(v, x0, x1);
    const double a = isfinite(v->x0) ? v->x0 : *x0, b = isfinite(v->x1) ? v->x1 : *x1;
    if (b > a && !(v->options.log_x && a <= 0)) *x0 = a, *x1 = b;
}

/* Sets a window given on the axis; one that is as wide as the data becomes "all", which follows a growing run. */
static void set_window(struct orr_curves *v, double u0, double u1)
{
    double f0, f1;
    full_window(v, &f0, &f1);
    const double a = to_axis(v, f0), b = to_axis(v, f1), width = u1 - u0;
    v->stale = true;
    if (width >= (b - a) * 0.999) {
        v->x0 = v->x1 = NAN;
        return;
    }
    if (u0 < a) u0 = a, u1 = a + width;
    if (u1 > b) u1 = b, u0 = b - width;
    v->x0 = from_axis(v, u0), v->x1 = from_axis(v, u1);
}

void orr_curves_zoom(struct orr_curves *v, double factor)
{
    double x0, x1;
    orr_curves_window(v, &x0, &x1);
    const double u0 = to_axis(v, x0), u1 = to_axis(v, x1), width = u1 - u0;
    double at = to_axis(v, v->cursor);
    if (!(at >= u0) || !(at <= u1)) at = u0 + width / 2;
    double narrow = width * factor;
    const double least = v->options.x == ORR_X_STEP && !v->options.log_x ? 4 : fmax(fabs(u0), fabs(u1)) * 1e-9;
    if (factor < 1 && narrow < least) narrow = fmin(width, least);
    const double left = at - (at - u0) / width * narrow; /* what is under the crosshair stays under it */
    set_window(v, left, left + narrow);
}

void orr_curves_pan(struct orr_curves *v, double part)
{
    double x0, x1;
    orr_curves_window(v, &x0, &x1);
    const double u0 = to_axis(v, x0), u1 = to_axis(v, x1), by = (u1 - u0) * part;
    if (isnan(v->x0)) return; /* all is in sight */
    const double cursor = to_axis(v, v->cursor) + by;
    set_window(v, u0 + by, u1 + by);
    orr_curves_window(v, &x0, &x1);
    if (!isnan(v->cursor)) v->cursor = fmax(x0, fmin(x1, from_axis(v, cursor)));
}

void orr_curves_cursor_to(struct orr_curves *v, double part)
{
    double x0, x1;
    orr_curves_window(v, &x0, &x1);
    const double u0 = to_axis(v, x0), u1 = to_axis(v, x1);
    v->cursor = part <= 0 ? x0 : part >= 1 ? x1 : from_axis(v, u0 + (u1 - u0) * part);
}

void orr_curves_move_cursor(struct orr_curves *v, double part)
{
    double x0, x1;
    orr_curves_window(v, &x0, &x1);
    const double u0 = to_axis(v, x0), u1 = to_axis(v, x1);
    if (isnan(v->cursor) || v->cursor < x0 || v->cursor > x1) {
        orr_curves_cursor_to(v, 0.5);
        return;
    }
    const double at = to_axis(v, v->cursor) + part * (u1 - u0);
    if (at >= u0 && at <= u1)
        v->cursor = from_axis(v, at);
    else if (isnan(v->x0)) /* the whole is in sight: stop at its end */
        orr_curves_cursor_to(v, part < 0 ? 0 : 1);
    else /* beyond the edge the window follows, and the crosshair with it */
        orr_curves_pan(v, part);
}
