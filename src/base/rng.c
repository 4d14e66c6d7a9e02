#include <orrery/rng.h>

#include <math.h>

static uint64_t splitmix64(uint64_t *x)
{
    uint64_t z = (*x += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void orr_rng_seed(struct orr_rng *r, uint64_t seed, uint64_t item)
{
    uint64_t a = seed, b = item ^ UINT64_C(0xD1B54A32D192ED03);
    const uint64_t sa = splitmix64(&a), sb = splitmix64(&b);
    uint64_t x = sa ^ (sb << 32 | sb >> 32);
    for (int i = 0; i < 4; i++) r->s[i] = splitmix64(&x);
}

static uint64_t rotl(uint64_t x, int k) { return x << k | x >> (64 - k); }

uint64_t orr_rng_u64(struct orr_rng *r)
{
    uint64_t *const s = r->s;
    const uint64_t out = rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return out;
}

uint64_t orr_rng_below(struct orr_rng *r, uint64_t n)
{
    const uint64_t threshold = -n % n; /* reject the values that would make low residues likelier */
    uint64_t x;
    do x = orr_rng_u64(r);
    while (x < threshold);
    return x % n;
}

double orr_rng_uniform(struct orr_rng *r) { return (double)(orr_rng_u64(r) >> 11) * 0x1p-53; }

double orr_rng_normal(struct orr_rng *r)
{
    double u, v, s;
    do {
        u = 2 * orr_rng_uniform(r) - 1;
        v = 2 * orr_rng_uniform(r) - 1;
        s = u * u + v * v;
    } while (s >= 1 || s == 0);
    return u * sqrt(-2 * log(s) / s);
}

double orr_rng_exponential(struct orr_rng *r) { return -log1p(-orr_rng_uniform(r)); }

double orr_rng_gamma(struct orr_rng *r, double shape)
{
    if (shape < 1) /* G(a) = G(a+1) U^(1/a) */
        return orr_rng_gamma(r, shape + 1) * pow(1 - orr_rng_uniform(r), 1 / shape);
    const double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = orr_rng_normal(r), v = pow(1 + c * x, 3);
        if (v > 0 && log(1 - orr_rng_uniform(r)) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

uint64_t orr_rng_poisson(struct orr_rng *r, double mean)
{
    uint64_t n = 0;
    while (mean > 20) { /* Ahrens and Dieter 1974: the m-th arrival time is gamma(m) */
        const double m = floor(mean * 7 / 8), x = orr_rng_gamma(r, m);
        if (x > mean) { /* the arrivals before `mean` among m - 1 uniform ones: binomial(m - 1, mean / x) */
            const double p = mean / x;
            for (double i = 0; i < m - 1; i++) n += orr_rng_uniform(r) < p;
            return n;
        }
        n += (uint64_t)m;
        mean -= x;
    }
    for (double t = orr_rng_exponential(r); t < mean; t += orr_rng_exponential(r)) n++;
    return n;
}
