/* Special functions. */
#include "num/special.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stddef.h>

static const double SQRT_HALF = 0.70710678118654752440, INV_SQRT_2PI = 0.39894228040143267794;

double orr_normal_pdf(double z) { return INV_SQRT_2PI * exp(-0.5 * z * z); }
double orr_normal_cdf(double z) { return 0.5 * erfc(-z * SQRT_HALF); }

/* ---- the table of the normal cdf and pdf ---- */

enum { STEPS_PER_UNIT = 32, REACH = 9, NODES = 2 * REACH * STEPS_PER_UNIT + 1, ORDER = 6 };

/* The cdf at node a and the Taylor coefficients of the pdf there, pdf(a + d) = sum_k pdf[k] d^k with
 * pdf[k] = pdf(a) (-1)^k He_k(a) / k!, He_k the Hermite polynomials of probability theory. One cache line each. */
struct node {
    double cdf, pdf[ORDER + 1];
};
static struct node nodes[NODES];
static pthread_once_t nodes_once = PTHREAD_ONCE_INIT;

static void fill_nodes(void)
{
    for (int i = 0; i < NODES; i++) {
        const double a = (double)i / STEPS_PER_UNIT - REACH;
        struct node *const node = &nodes[i];
        node->cdf = orr_normal_cdf(a);
        double before = 0, he = 1, sign_over_factorial = orr_normal_pdf(a);
        for (int k = 0; k <= ORDER; k++) {
            node->pdf[k] = sign_over_factorial * he;
            const double next = a * he - k * before; /* He_(k+1) = a He_k - k He_(k-1) */
            before = he;
            he = next;
            sign_over_factorial /= -(k + 1);
        }
    }
}

/* Filled when the program or library is loaded, so that the inner loop needs no test. */
__attribute__((constructor)) static void fill_nodes_early(void) { pthread_once(&nodes_once, fill_nodes); }

/* Taylor about the nearest node; the cdf is the integral of the pdf. |d| <= 1/64 leaves the cdf a remainder below
 * 1e-16. */
void orr_normal_both(double z, double *cdf, double *pdf)
{
    if (!(fabs(z) < REACH)) {
        *cdf = z > 0 ? 1 : z < 0 ? 0 : z;
        *pdf = z == z ? 0 : z;
        return;
    }
    const int i = (int)((z + REACH) * STEPS_PER_UNIT + 0.5);
    const double d = z - ((double)i / STEPS_PER_UNIT - REACH), *const c = nodes[i].pdf;
    *pdf = c[0] + d * (c[1] + d * (c[2] + d * (c[3] + d * (c[4] + d * (c[5] + d * c[6])))));
    *cdf = nodes[i].cdf +
           d * (c[0] + d * (c[1] * (1.0 / 2) +
                            d * (c[2] * (1.0 / 3) +
                                 d * (c[3] * (1.0 / 4) +
                                      d * (c[4] * (1.0 / 5) + d * (c[5] * (1.0 / 6) + d * c[6] * (1.0 / 7)))))));
}

double orr_normal_quantile(double p)
{
    static const double A[8] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                                1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                                3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double B[8] = {1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
                                2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
                                5.2264952788528545610e3};
    static const double C[8] = {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
                                3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double D[8] = {1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
                                1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
    static const double E[8] = {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
                                2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double F[8] = {1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
                                7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
                                2.04426310338993978564e-15};
    if (!(p > 0 && p < 1)) return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    const double q = p - 0.5;
    const double *num, *den;
    double r;
    if (fabs(q) <= 0.425) {
        r = 0.180625 - q * q;
        num = A, den = B;
    } else {
        r = sqrt(-log(q < 0 ? p : 1 - p));
        if (r <= 5)
            r -= 1.6, num = C, den = D;
        else
            r -= 5, num = E, den = F;
    }
    double u = num[7], v = den[7];
    for (int i = 6; i >= 0; i--) u = u * r + num[i], v = v * r + den[i];
    return num == A ? q * u / v : q < 0 ? -u / v : u / v;
}

/* ---- gamma and beta ---- */

double orr_lgamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* Series for x < shape + 1, continued fraction (Lentz) beyond: Press et al., Numerical Recipes, 6.2. */
double orr_gamma_cdf(double shape, double x)
{
    if (!(x > 0)) return x == x ? 0 : NAN;
    if (isinf(x)) return 1;
    const double front = exp(shape * log(x) - x - orr_lgamma(shape));
    if (x < shape + 1) {
        double term = 1 / shape, sum = term;
        for (double n = shape + 1; term > sum * DBL_EPSILON; n++) sum += term *= x / n;
        const double p = sum * front;
        return p < 1 ? p : 1;
    }
    double b = x + 1 - shape, c = 1 / DBL_MIN, d = 1 / b, h = d;
    for (int i = 1; i < 100000; i++) {
        const double an = -i * (i - shape);
        b += 2;
        d = an * d + b;
        c = b + an / c;
        if (fabs(d) < DBL_MIN) d = DBL_MIN;
        if (fabs(c) < DBL_MIN) c = DBL_MIN;
        d = 1 / d;
        h *= d * c;
        if (fabs(d * c - 1) < DBL_EPSILON) break;
    }
    const double q = front * h;
    return q < 1 ? 1 - q : 0;
}

static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    if (fabs(d) < DBL_MIN) d = DBL_MIN;
    d = 1 / d;
    double h = d;
    for (int m = 1; m < 100000; m++) {
        for (int odd = 0; odd < 2; odd++) {
            const double k = odd ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                                 : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 + k * d;
            c = 1 + k / c;
            if (fabs(d) < DBL_MIN) d = DBL_MIN;
            if (fabs(c) < DBL_MIN) c = DBL_MIN;
            d = 1 / d;
            h *= d * c;
        }
        if (fabs(d * c - 1) < DBL_EPSILON) break;
    }
    return h;
}

double orr_beta_cdf(double a, double b, double x)
{
    if (!(x > 0)) return x == x ? 0 : NAN;
    if (x >= 1) return 1;
    const double front =
        exp(orr_lgamma(a + b) - orr_lgamma(a) - orr_lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a : 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* ---- quantiles by bisection: cdf(lo) < p <= cdf(hi) throughout ---- */

struct beta_args {
    double a, b;
};
static double gamma_of(const void *args, double x) { return orr_gamma_cdf(*(const double *)args, x); }
static double beta_of(const void *args, double x)
{
    const struct beta_args *g = args;
    return orr_beta_cdf(g->a, g->b, x);
}
static double invert(double (*cdf)(const void *, double), const void *args, double lo, double hi, double p)
{
    for (int i = 0; i < 200 && hi - lo > 4 * DBL_EPSILON * fabs(hi); i++) {
        const double mid = lo + (hi - lo) / 2;
        if (cdf(args, mid) < p)
            lo = mid;
        else
            hi = mid;
    }
    return lo + (hi - lo) / 2;
}

double orr_gamma_quantile(double shape, double p)
{
    if (!(p > 0)) return 0;
    if (p >= 1) return INFINITY;
    double hi = shape + 1;
    while (orr_gamma_cdf(shape, hi) < p) hi *= 2;
    return invert(gamma_of, &shape, 0, hi, p);
}

double orr_chi2_quantile(double df, double p) { return 2 * orr_gamma_quantile(df / 2, p); }

/* F = (d2 / d1) B / (1 - B) for B ~ Beta(d1 / 2, d2 / 2). */
double orr_f_quantile(double d1, double d2, double p)
{
    const struct beta_args args = {d1 / 2, d2 / 2};
    const double x = invert(beta_of, &args, 0, 1, p);
    return d2 * x / (d1 * (1 - x));
}

double orr_negbin_cdf(double size, double prob, double k)
{
    if (k < 0) return 0;
    return orr_beta_cdf(size, floor(k) + 1, prob);
}

double orr_negbin_quantile(double size, double prob, double p)
{
    if (!(prob > 0) || p >= 1) return INFINITY;
    if (prob >= 1 || !(p > 0)) return 0;
    const double mean = size * (1 - prob) / prob, sd = sqrt(mean / prob);
    double lo = -1, hi = ceil(mean + sd) + 1;
    while (orr_negbin_cdf(size, prob, hi) < p) {
        lo = hi;
        hi = 2 * hi + 1;
        if (hi > 0x1p60) return INFINITY;
    }
    while (hi - lo > 1) {
        const double mid = floor(lo + (hi - lo) / 2);
        if (orr_negbin_cdf(size, prob, mid) < p)
            lo = mid;
        else
            hi = mid;
    }
    return hi;
}
