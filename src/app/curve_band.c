/* Mean and band of several curves, bin by bin. */
#include <math.h>
#include <stdlib.h>

#include "app/curve_private.h"
#include "base/mem.h"

/* Running mean and variance of the curves in one bin (Welford, 1962). */
struct tally {
    double mean, m2, min, max;
    int64_t n;
};

static void count(struct tally *t, double y)
{
    const double d = y - t->mean;
    t->n++;
    t->mean += d / (double)t->n;
    t->m2 += d * (y - t->mean);
    t->min = t->n == 1 || y < t->min ? y : t->min;
    t->max = t->n == 1 || y > t->max ? y : t->max;
}

/* Adds one curve: means of bins, straight lines between them, nothing outside its first and last bin. */
static void add_curve(struct tally *tally, const struct orr_bin *bins, size_t n, bool log_x)
{
    size_t before = n; /* the last bin with a value; n: none so far */
    for (size_t i = 0; i < n; i++) {
        if (bins[i].n == bins[i].nan_count) continue;
        for (size_t k = before + 1; before < n && k < i; k++) {
            const double a = log_x ? log(bins[before].x) : bins[before].x, b = log_x ? log(bins[i].x) : bins[i].x;
            const double u = ((log_x ? log(bins[k].x) : bins[k].x) - a) / (b - a);
            count(&tally[k], bins[before].mean + u * (bins[i].mean - bins[before].mean));
        }
        count(&tally[i], bins[i].mean);
        before = i;
    }
}

enum orr_status orr_curve_band(struct orr_curve *const *curves, size_t n_curves, const struct orr_curve_options *o,
                               double x0, double x1, size_t n, bool min_max, struct orr_band_bin *bins,
                               struct orr_error *err)
{
    enum orr_status status = ORR_OK;
    struct orr_bin *own = orr_xmalloc(n * sizeof *own + 1);
    struct tally *tally = orr_xcalloc(n + 1, sizeof *tally);
    for (size_t i = 0; i < n; i++) bins[i] = (struct orr_band_bin){NAN, NAN, NAN, NAN, 0};
    for (size_t c = 0; c < n_curves && status == ORR_OK; c++) {
        status = orr_curve_bin(curves[c], o, x0, x1, n, own, err);
        if (status == ORR_OK) add_curve(tally, own, n, o->log_x);
        for (size_t i = 0; status == ORR_OK && i < n; i++) bins[i].x = own[i].x;
    }
    for (size_t i = 0; i < n && status == ORR_OK; i++) {
        const struct tally *t = &tally[i];
        bins[i].n = t->n;
        if (!t->n) continue;
        const double sd = t->n > 1 ? sqrt(t->m2 / (double)(t->n - 1)) : 0;
        bins[i].mean = t->mean;
        bins[i].lo = min_max ? t->min : t->mean - sd;
        bins[i].hi = min_max ? t->max : t->mean + sd;
    }
    free(tally);
    free(own);
    return status;
}
