/* Methods that forecast a curve from itself alone: the last value, each family, and the families together. */
#include <math.h>

#include "methods/curve/families.h"
#include "methods/curve/private.h"
#include "num/special.h"

static const double LEAST_NOISE = 1e-4; /* of the range of a curve: rounding of a log is no evidence */

void orr_lc_hold(const struct orr_lc_observed *o, struct orr_forecast *out)
{
    double low, high;
    orr_lc_bounds(o, &low, &high);
    for (size_t k = 0; k < out->n; k++) {
        out->mean[k] = fmin(fmax(out->mean[k], low), high);
        out->lower[k] = fmin(fmax(out->lower[k], low), high);
        out->upper[k] = fmin(fmax(out->upper[k], low), high);
    }
}

void orr_lc_flat(const struct orr_lc_observed *o, enum orr_outcome outcome, struct orr_forecast *out)
{
    for (size_t k = 0; k < out->n; k++) out->mean[k] = out->lower[k] = out->upper[k] = o->y[o->n - 1];
    out->outcome = outcome;
}

/* The last value; its interval that of a random walk in the logarithm of time. */
static void last(const struct orr_lc_method *m, const struct orr_lc_observed *o, struct orr_forecast *out)
{
    (void)m;
    const double shift = orr_lc_shift(o->n, o->t), end = log(o->t[o->n - 1] + shift);
    double rate = 0;
    for (size_t i = 1; i < o->n; i++) {
        const double d = o->y[i] - o->y[i - 1], l = log((o->t[i] + shift) / (o->t[i - 1] + shift));
        rate += d * d / (fmax(l, 1e-9) * (double)(o->n - 1));
    }
    orr_lc_flat(o, ORR_CONVERGED, out);
    const double z = orr_normal_quantile(0.5 + out->level / 2);
    for (size_t k = 0; k < out->n; k++) {
        const double half = z * sqrt(rate * (log(out->t[k] + shift) - end));
        out->lower[k] = out->mean[k] - half;
        out->upper[k] = out->mean[k] + half;
    }
    orr_lc_hold(o, out);
}

/* How a family stands on the points that were seen. */
struct candidate {
    struct orr_lc_fitted fit;
    double s2;     /* noise */
    double weight; /* of its forecast */
};

static void fit_family(int family, const struct orr_lc_points *p, struct candidate *c)
{
    const double n = (double)p->n, k = orr_lc_family_parameters(family);
    c->fit = orr_lc_family_fit(family, p, p->n);
    c->s2 = c->fit.sum_squares / fmax(n - k, 1) + LEAST_NOISE * LEAST_NOISE;
    c->weight = 0;
}

/* Weights exp(-BIC / 2) (Schwarz 1978): every family in proportion to its evidence. */
static void weigh_by_evidence(const struct orr_lc_points *p, struct candidate c[ORR_LC_FAMILIES])
{
    const double n = (double)p->n;
    double least = INFINITY, bic[ORR_LC_FAMILIES], sum = 0;
    for (int f = 0; f < ORR_LC_FAMILIES; f++) {
        const double k = orr_lc_family_parameters(f);
        bic[f] = c[f].fit.ok ? n * log(c[f].fit.sum_squares / n + LEAST_NOISE * LEAST_NOISE) + k * log(n) : INFINITY;
        least = fmin(least, bic[f]);
    }
    for (int f = 0; f < ORR_LC_FAMILIES; f++) sum += c[f].weight = isfinite(bic[f]) ? exp((least - bic[f]) / 2) : 0;
    for (int f = 0; f < ORR_LC_FAMILIES; f++) c[f].weight /= sum > 0 ? sum : 1;
}

/* All weight on the family that, fitted without the last fifth of the points, forecasts it best. */
static void choose_by_tail(const struct orr_lc_points *p, struct candidate c[ORR_LC_FAMILIES])
{
    const size_t tail = p->n / 5 ? p->n / 5 : 1, head = p->n - tail >= 3 ? p->n - tail : p->n;
    int best = -1;
    double least = INFINITY;
    for (int f = 0; f < ORR_LC_FAMILIES; f++) {
        const struct orr_lc_fitted fit = orr_lc_family_fit(f, p, head);
        double ss = 0;
        for (size_t i = head < p->n ? head : 0; i < p->n; i++) {
            const double e = orr_lc_family_value(f, &fit, p->x[i], p->unit, 0, NULL) - p->y[i];
            ss += e * e;
        }
        if (fit.ok && c[f].fit.ok && ss < least) {
            least = ss;
            best = f;
        }
    }
    if (best >= 0) c[best].weight = 1;
}

/* The mixture of the families' normal distributions by its mean and variance. */
static void predict(const struct orr_lc_observed *o, const struct orr_lc_points *p,
                    const struct candidate c[ORR_LC_FAMILIES], struct orr_forecast *out)
{
    const double z = orr_normal_quantile(0.5 + out->level / 2);
    double least, most;
    orr_lc_range(o, &least, &most);
    for (size_t k = 0; k < out->n; k++) {
        const double x = (out->t[k] + p->shift) / p->unit;
        double mean = 0, square = 0;
        for (int f = 0; f < ORR_LC_FAMILIES; f++) {
            double variance = 0;
            if (!(c[f].weight > 0)) continue;
            double v = orr_lc_family_value(f, &c[f].fit, x, p->unit, c[f].s2, &variance);
            v = fmin(fmax(v, -3), 4); /* within three ranges of what was seen */
            mean += c[f].weight * v;
            square += c[f].weight * (variance + v * v);
        }
        const double half = z * sqrt(fmax(square - mean * mean, 0));
        out->mean[k] = p->origin + p->scale * mean;
        out->lower[k] = out->mean[k] - p->scale * half;
        out->upper[k] = out->mean[k] + p->scale * half;
        /* a loss does not end above, an accuracy not below all that was seen */
        if (orr_lc_direction_of(o) == ORR_LC_FALLING)
            out->mean[k] = fmin(out->mean[k], most);
        else
            out->mean[k] = fmax(out->mean[k], least);
    }
    orr_lc_hold(o, out);
}

enum { EVIDENCE = ORR_LC_FAMILIES, BEST };

static void power(const struct orr_lc_method *m, const struct orr_lc_observed *o, struct orr_forecast *out)
{
    struct orr_lc_points p;
    struct candidate c[ORR_LC_FAMILIES] = {{.weight = 0}};
    if (!orr_lc_points_make(o->n, o->t, o->y, &p)) {
        orr_lc_flat(o, ORR_NOT_IDENTIFIED, out);
        return;
    }
    bool converged = true;
    for (int f = 0; f < ORR_LC_FAMILIES; f++)
        if (m->family >= ORR_LC_FAMILIES || m->family == f) fit_family(f, &p, &c[f]);
    if (m->family == EVIDENCE)
        weigh_by_evidence(&p, c);
    else if (m->family == BEST)
        choose_by_tail(&p, c);
    else
        c[m->family].weight = c[m->family].fit.ok;
    double sum = 0;
    for (int f = 0; f < ORR_LC_FAMILIES; f++) {
        sum += c[f].weight;
        if (c[f].weight > 0.05 && !c[f].fit.converged) converged = false;
    }
    if (!(sum > 0)) {
        orr_lc_flat(o, ORR_NOT_IDENTIFIED, out);
        return;
    }
    predict(o, &p, c, out);
    out->outcome = converged ? ORR_CONVERGED : ORR_STOPPED_AT_LIMIT;
}

static const struct orr_param no_params[] = {{0}};
#define FIT(id, label, what, from, formula, function, kind)                                                            \
    static const struct orr_lc_method method_##id;                                                                     \
    const struct orr_method orr_lc_##id = {.name = label,                                                              \
                                           .summary = what,                                                            \
                                           .source = from,                                                             \
                                           .equations = formula,                                                       \
                                           .params = no_params,                                                        \
                                           .input = ORR_DATA_CURVES,                                                   \
                                           .baseline = true,                                                           \
                                           .curve = &method_##id};                                                     \
    static const struct orr_lc_method method_##id = {.face = &orr_lc_##id, .fit = function, .family = kind};

FIT(last, "last", "the last value, for ever", "", "y(T + h) = y(T)", last, 0)
FIT(power, "power", "seven families, each by its evidence", "Domhan et al. 2015",
    "sum_f w_f y_f(x), w_f = exp(-BIC_f / 2)", power, EVIDENCE)
FIT(power_best, "power-best", "the one of seven families that forecasts the last fifth of what was seen best",
    "Domhan et al. 2015", "y_f(x) with the least tail error", power, BEST)
FIT(pow3, "pow3", "power law, least squares", "", "c + a x^-b", power, ORR_LC_POW3)
FIT(pow4, "pow4", "shifted power law, least squares", "", "c + a (x + d)^-b", power, ORR_LC_POW4)
FIT(exp3, "exp3", "exponential, least squares", "", "c + a exp(-b x)", power, ORR_LC_EXP3)
FIT(exp4, "exp4", "stretched exponential, least squares", "", "c + a exp(-k x^d), d <= 1", power, ORR_LC_EXP4)
FIT(ilog2, "ilog2", "inverse logarithm, least squares", "", "c + a / ln(x + 1)", power, ORR_LC_ILOG2)
FIT(janoschek, "janoschek", "Janoschek growth, least squares", "Janoschek 1957", "c + a exp(-k x^d)", power,
    ORR_LC_JANOSCHEK)
FIT(mmf, "mmf", "Morgan-Mercer-Flodin growth, least squares", "Morgan et al. 1975", "c + a / (1 + (k x)^d)", power,
    ORR_LC_MMF)
