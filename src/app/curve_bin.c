/* From points and chunk summaries to the bins of a chart. */
#include <math.h>
#include <stdlib.h>

#include "app/curve_private.h"
#include "base/mem.h"

enum { ROUGH_CHUNKS = 48 }; /* read for a rough look: one or two milliseconds */

/* ---- ranges ---- */

static void widen(double *lo, double *hi, double a, double b)
{
    if (isfinite(a) && !(a >= *lo)) *lo = a;
    if (isfinite(b) && !(b <= *hi)) *hi = b;
}

/* The positive part of a span that reaches down to zero. */
static enum orr_status widen_positive(struct orr_curve *c, const struct track *t, const struct span *s,
                                      struct points *p, double *lo, double *hi, struct orr_error *err)
{
    if (!(s->x_max > 0)) return ORR_OK;
    if (s->x_min > 0) {
        widen(lo, hi, s->x_min, s->x_max);
        return ORR_OK;
    }
    const enum orr_status status = curve_span_points(c, t, s, p, err);
    for (int32_t i = 0; status == ORR_OK && i < s->n; i++)
        if (p->x[i] > 0) widen(lo, hi, p->x[i], p->x[i]);
    return status;
}

enum orr_status orr_curve_range(struct orr_curve *c, const struct orr_curve_options *o, double *x0, double *x1,
                                double *y0, double *y1, struct orr_error *err)
{
    const struct track *t;
    *x0 = *x1 = *y0 = *y1 = NAN;
    enum orr_status status = curve_track(c, o, NULL, &t, err);
    struct points *p = orr_xmalloc(sizeof *p);
    for (size_t i = 0; status == ORR_OK && i < t->n; i++) {
        const struct span *s = &t->spans[i];
        widen(y0, y1, s->min, s->max);
        if (o->log_x)
            status = widen_positive(c, t, s, p, x0, x1, err);
        else
            widen(x0, x1, s->x_min, s->x_max);
    }
    free(p);
    return status;
}

/* ---- bins ---- */

struct binning {
    size_t n;
    double *edge; /* [n + 1] ascending */
    struct orr_bin *bins;
    size_t at; /* where the last point fell: the next one is near */
};

static void make_edges(struct binning *b, const struct orr_curve_options *o, double x0, double x1)
{
    const size_t n = b->n;
    for (size_t i = 0; i <= n; i++) {
        const double u = (double)i / (double)n;
        b->edge[i] = o->log_x ? x0 * pow(x1 / x0, u) : x0 + (x1 - x0) * u;
    }
    b->edge[0] = x0;
    b->edge[n] = x1;
    for (size_t i = 0; i < n; i++) {
        const double centre = o->log_x ? sqrt(b->edge[i]) * sqrt(b->edge[i + 1]) : b->edge[i] / 2 + b->edge[i + 1] / 2;
        b->bins[i] = (struct orr_bin){.x = centre, .min = INFINITY, .max = -INFINITY, .first = NAN, .last = NAN};
    }
}

/* The last bin that begins at or before x; x lies inside the window. */
static size_t bin_of(struct binning *b, double x)
{
    const double *edge = b->edge;
    size_t i = b->at;
    if (x >= edge[i] && (i + 1 == b->n || x < edge[i + 1])) return i;
    if (i + 1 < b->n && x >= edge[i + 1] && (i + 2 == b->n || x < edge[i + 2])) return b->at = i + 1;
    size_t lo = 0, hi = b->n; /* edge[lo] <= x, and hi is n or edge[hi] > x */
    while (hi - lo > 1) {
        const size_t mid = lo + (hi - lo) / 2;
        if (edge[mid] <= x)
            lo = mid;
        else
            hi = mid;
    }
    return b->at = lo;
}

/* One value at a time, for runs with gaps. */
static void add_careful(struct orr_bin *bin, const double *y, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        bin->n++;
        if (!isfinite(y[i])) {
            bin->nan_count++;
            continue;
        }
        if (isnan(bin->first)) bin->first = y[i];
        bin->last = y[i];
        bin->min = y[i] < bin->min ? y[i] : bin->min;
        bin->max = y[i] > bin->max ? y[i] : bin->max;
        bin->mean += y[i]; /* the sum, until finish() */
    }
}

/* Adds a run of values, an even number, that fall into one bin. Two lanes of plain minimum, maximum and sum, which cost a
 * cycle each; a sum that is not finite tells that some value was not either. */
static void add_values(struct orr_bin *bin, const double *y, int32_t n)
{
    double min0 = bin->min, min1 = bin->min, max0 = bin->max, max1 = bin->max, sum0 = 0, sum1 = 0;
    for (int32_t i = 0; i < n; i += 2) {
        min0 = y[i] < min0 ? y[i] : min0;
        max0 = y[i] > max0 ? y[i] : max0;
        sum0 += y[i];
        min1 = y[i + 1] < min1 ? y[i + 1] : min1;
        max1 = y[i + 1] > max1 ? y[i + 1] : max1;
        sum1 += y[i + 1];
    }
    if (isfinite(sum0 + sum1)) {
        bin->n += n;
        bin->min = min0 < min1 ? min0 : min1;
        bin->max = max0 > max1 ? max0 : max1;
        bin->mean += sum0 + sum1;
        if (isnan(bin->first)) bin->first = y[0];
        bin->last = y[n - 1];
    } else {
        add_careful(bin, y, n);
    }
}

/* The end of the run of points from i on that lie in from <= x < to. */
static int32_t run_end(const double *x, int32_t i, int32_t n, double from, double to, bool ascending)
{
    if (!ascending) {
        while (i < n && x[i] >= from && x[i] < to) i++;
        return i;
    }
    int32_t lo = i, hi = n; /* the first x >= to lies in lo..hi */
    while (lo < hi) {
        const int32_t mid = lo + (hi - lo) / 2;
        if (x[mid] < to)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Points in turn that fall into one bin are added together: the search happens once per bin. */
static void add_points(struct binning *b, const double *x, const double *y, int32_t n, bool ascending)
{
    const double x0 = b->edge[0], x1 = b->edge[b->n];
    for (int32_t i = 0; i < n;) {
        if (!(x[i] >= x0) || !(x[i] <= x1)) {
            i++;
            continue;
        }
        const size_t k = bin_of(b, x[i]);
        const double from = b->edge[k], to = k + 1 == b->n ? nextafter(x1, INFINITY) : b->edge[k + 1];
        int32_t end = run_end(x, i, n, from, to, ascending);
        if (end == i) end++;
        const int32_t even = (end - i) & ~1;
        if (even) add_values(&b->bins[k], y + i, even);
        if (end - i > even) add_careful(&b->bins[k], y + end - 1, 1);
        i = end;
    }
}

static void add_span(struct orr_bin *bin, const struct span *s)
{
    bin->n += s->count;
    bin->nan_count += s->nan_count;
    if (s->count == s->nan_count) return;
    if (isnan(bin->first)) bin->first = s->first_value;
    bin->last = s->last_value;
    bin->min = s->min < bin->min ? s->min : bin->min;
    bin->max = s->max > bin->max ? s->max : bin->max;
    bin->mean += s->sum;
}

static void finish(struct binning *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct orr_bin *bin = &b->bins[i];
        const int64_t finite = bin->n - bin->nan_count;
        if (finite > 0)
            bin->mean /= (double)finite;
        else
            bin->min = bin->max = bin->mean = NAN;
    }
}

static enum orr_status check_window(const struct orr_curve *c, const struct orr_curve_options *o, double x0, double x1,
                                    size_t n, struct orr_error *err)
{
    if (!n || !isfinite(x0) || !isfinite(x1) || x0 > x1)
        return orr_error_set(err, ORR_EINVAL, c->name, "a window from %g to %g in %zu bins is none", x0, x1, n);
    if (o->log_x && x0 <= 0)
        return orr_error_set(err, ORR_EINVAL, c->name, "a log axis cannot begin at %g; begin above 0", x0);
    return ORR_OK;
}

static bool is_ascending(const struct orr_curve *c, const struct track *t, const struct span *s)
{
    const struct chunk_data *d = c->decoded[s->chunk];
    return t->x == ORR_X_STEP && d && (d->step ? d->ascending : d->stride >= 0);
}

/* exact NULL: read whatever it takes. */
static enum orr_status fill(struct orr_curve *c, const struct orr_curve_options *o, double x0, double x1, size_t n,
                            struct orr_bin *bins, bool *exact, struct orr_error *err)
{
    const struct track *t;
    enum orr_status status = check_window(c, o, x0, x1, n, err);
    if (status == ORR_OK) status = curve_track(c, o, NULL, &t, err);
    if (status != ORR_OK) return status;
    struct binning b = {.n = n, .edge = orr_xmalloc((n + 1) * sizeof *b.edge), .bins = bins};
    struct points *p = orr_xmalloc(sizeof *p);
    size_t missing = 0;
    if (exact) *exact = true;
    make_edges(&b, o, x0, x1);
    for (size_t i = 0; status == ORR_OK && i < t->n; i++) {
        const struct span *s = &t->spans[i];
        if (!s->count || s->x_max < x0 || s->x_min > x1) continue;
        if (s->x_min >= x0 && s->x_max <= x1) {
            const size_t k = bin_of(&b, s->x_min);
            if (k + 1 == n || s->x_max < b.edge[k + 1]) {
                add_span(&bins[k], s);
                continue;
            }
        }
        if (exact && !c->decoded[s->chunk] && ++missing > ROUGH_CHUNKS) {
            add_span(&bins[bin_of(&b, fmax(x0, fmin(x1, s->x_min / 2 + s->x_max / 2)))], s);
            *exact = false;
            continue;
        }
        status = curve_span_points(c, t, s, p, err);
        if (status == ORR_OK) add_points(&b, p->x, p->y, s->n, is_ascending(c, t, s));
    }
    finish(&b);
    free(p);
    free(b.edge);
    return status;
}

enum orr_status orr_curve_bin(struct orr_curve *c, const struct orr_curve_options *o, double x0, double x1, size_t n,
                              struct orr_bin *bins, struct orr_error *err)
{
    return fill(c, o, x0, x1, n, bins, NULL, err);
}

enum orr_status orr_curve_bin_rough(struct orr_curve *c, const struct orr_curve_options *o, double x0, double x1,
                                    size_t n, struct orr_bin *bins, bool *exact, struct orr_error *err)
{
    *exact = false;
    return fill(c, o, x0, x1, n, bins, exact, err);
}

/* ---- single points ---- */

static double distance(const struct span *s, double x)
{
    return !s->count ? INFINITY : x < s->x_min ? s->x_min - x : x > s->x_max ? x - s->x_max : 0;
}

struct nearest {
    double away, x, value;
    int64_t step;
};

/* Looks through one span, backwards: of equally near points the last one holds. */
static enum orr_status look(struct orr_curve *c, const struct track *t, const struct span *s, bool log_x, double x,
                            struct points *p, struct nearest *best, struct orr_error *err)
{
    const enum orr_status status = curve_span_points(c, t, s, p, err);
    for (int32_t k = s->n; status == ORR_OK && k-- > 0;)
        if (fabs(p->x[k] - x) < best->away && (!log_x || p->x[k] > 0))
            *best = (struct nearest){fabs(p->x[k] - x), p->x[k], p->y[k], p->step[k]};
    return status;
}

enum orr_status orr_curve_at(struct orr_curve *c, const struct orr_curve_options *o, double x, double *px,
                             int64_t *step, double *value, struct orr_error *err)
{
    const struct track *t;
    enum orr_status status = curve_track(c, o, NULL, &t, err);
    struct points *p = orr_xmalloc(sizeof *p);
    struct nearest best = {.away = INFINITY};
    size_t near = 0; /* the nearest span, of equal ones the last: it rules out nearly all others */
    for (size_t i = 0; i < t->n; i++)
        if (distance(&t->spans[i], x) <= distance(&t->spans[near], x)) near = i;
    if (status == ORR_OK && t->n) status = look(c, t, &t->spans[near], o->log_x, x, p, &best, err);
    for (size_t i = t->n; status == ORR_OK && best.away > 0 && i-- > 0;)
        if (i != near && distance(&t->spans[i], x) < best.away)
            status = look(c, t, &t->spans[i], o->log_x, x, p, &best, err);
    free(p);
    if (status == ORR_OK && isinf(best.away))
        return orr_error_set(err, ORR_ENOTFOUND, c->name, "the curve has no points");
    *px = best.x, *step = best.step, *value = best.value;
    return status;
}

/* The finite point with the largest x below x0 (side -1) or the smallest above x1 (side 1). */
static enum orr_status edge_point(struct orr_curve *c, const struct track *t, bool log_x, double at, int side,
                                  struct points *p, struct orr_bin *out, struct orr_error *err)
{
    *out = (struct orr_bin){.x = NAN, .min = NAN, .max = NAN, .mean = NAN, .first = NAN, .last = NAN};
    double best = INFINITY; /* distance from the window */
    for (size_t k = 0; k < t->n; k++) {
        /* Spans near the window come first when steps grow: from the end for the left side. */
        const struct span *s = &t->spans[side < 0 ? t->n - 1 - k : k];
        if (s->count == s->nan_count) continue;
        const double low = side < 0 ? at - s->x_max : s->x_min - at, high = side < 0 ? at - s->x_min : s->x_max - at;
        if (high <= 0 || low >= best) continue;
        const enum orr_status status = curve_span_points(c, t, s, p, err);
        if (status != ORR_OK) return status;
        for (int32_t i = 0; i < s->n; i++) {
            const double d = side < 0 ? at - p->x[i] : p->x[i] - at;
            if (!(d > 0) || d >= best || !isfinite(p->y[i]) || (log_x && !(p->x[i] > 0))) continue;
            best = d;
            *out = (struct orr_bin){p->x[i], p->y[i], p->y[i], p->y[i], p->y[i], p->y[i], 1, 0};
        }
    }
    return ORR_OK;
}

enum orr_status orr_curve_edges(struct orr_curve *c, const struct orr_curve_options *o, double x0, double x1,
                                struct orr_bin *left, struct orr_bin *right, struct orr_error *err)
{
    const struct track *t;
    enum orr_status status = curve_track(c, o, NULL, &t, err);
    struct points *p = orr_xmalloc(sizeof *p);
    if (status == ORR_OK) status = edge_point(c, t, o->log_x, x0, -1, p, left, err);
    if (status == ORR_OK) status = edge_point(c, t, o->log_x, x1, 1, p, right, err);
    free(p);
    return status;
}
