/* The prior of LC-PFN (Adriaensen et al., NeurIPS 2023): y = sum_i w_i f_i(x) with pow3, ilog2 and janoschek, w_i ~ U(0, 1);
 * curves that do not rise or leave 0..1 are drawn again; noise ln sigma ~ N(-4, 1). Besides the published grid x = 1, 2, ...
 * also logarithmic ones, other lengths, and losses 1 - y on any scale: what logs look like. */
#include <math.h>

#include "methods/curve/private.h"

static double uniform(struct orr_rng *r, double a, double b) { return a + (b - a) * orr_rng_uniform(r); }
static double lognormal(struct orr_rng *r, double m, double s) { return exp(m + s * orr_rng_normal(r)); }

struct components {
    double w[3], c3, a3, alpha, c2, a2, top, beta, k, delta;
};

static double value(const struct components *c, double x)
{
    return c->w[0] * (c->c3 - c->a3 * pow(x, -c->alpha)) + c->w[1] * (c->c2 - c->a2 / log(x + 1)) +
           c->w[2] * (c->top - (c->top - c->beta) * exp(-c->k * pow(x, c->delta)));
}

static void draw_components(struct orr_rng *r, struct components *c)
{
    for (int i = 0; i < 3; i++) c->w[i] = orr_rng_uniform(r);
    c->a3 = uniform(r, -0.6, 0.6);
    c->c3 = uniform(r, 0, 1.25);
    c->alpha = lognormal(r, 0, 2);
    c->a2 = uniform(r, -0.5, 0.5);
    c->c2 = uniform(r, 0, 1);
    c->top = uniform(r, 0, 1);
    c->beta = uniform(r, 0, 2);
    c->k = lognormal(r, -2, 1);
    c->delta = lognormal(r, 0, 0.5);
}

size_t orr_lc_prior_draw(struct orr_rng *r, double *t, double *y, enum orr_lc_direction *direction)
{
    struct components c;
    const bool logarithmic = orr_rng_below(r, 3) == 0;
    const size_t n = (size_t)uniform(r, 12, logarithmic ? 80 : ORR_LC_PRIOR_MAX);
    const double ratio = exp(uniform(r, log(20), log(2000))), from = uniform(r, 1, 16);
    for (size_t i = 0; i < n; i++)
        t[i] = logarithmic ? from * exp(log(ratio) * (double)i / (double)(n - 1)) : (double)i + 1;
    bool good;
    do {
        draw_components(r, &c);
        good = true;
        for (size_t i = 0; i < n && good; i++) {
            y[i] = value(&c, t[i]);
            good = y[i] >= 0 && y[i] <= 1;
        }
    } while (!good || !(y[n - 1] > y[0]));
    const double sigma = lognormal(r, -4, 1);
    const bool rising = orr_rng_below(r, 2) == 0;
    const double unit = rising ? 1 : lognormal(r, 0, 1.5);
    for (size_t i = 0; i < n; i++) {
        y[i] += sigma * orr_rng_normal(r);
        y[i] = rising ? y[i] : unit * fabs(1 - y[i]);
    }
    *direction = rising ? ORR_LC_RISING : ORR_LC_FALLING;
    return n;
}
