/* Loops that the compiler turns into vectors, in versions for AVX-512, AVX2 + FMA and any x86-64, chosen once at load
 * time; and the transcendental functions inside them, written without branches so that they vectorise. */
#ifndef ORRERY_NUM_KERNEL_H
#define ORRERY_NUM_KERNEL_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <orrery/tensor.h>

/* The levels of the x86-64 psABI ask for features; naming processors would leave every newer one with the default.
 * Load-time dispatch (ifunc) does not get along with the sanitizers' own start-up. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&               \
    !defined(__SANITIZE_THREAD__) && !defined(ORR_NO_CLONES)
#define ORR_KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ORR_KERNEL
#endif

#ifdef ORR_REAL_DOUBLE
static inline double orr_vexp(double x) { return exp(x); }
static inline double orr_vtanh(double x) { return tanh(x); }
static inline double orr_verf_of(double x, double gauss) { return (void)gauss, erf(x); }
static inline double orr_rsqrt(double x) { return 1 / sqrt(x); }
#else
/* e^x: x = n ln 2 + r, |r| <= ln 2 / 2, Taylor to r^7. Relative error below 3e-7; 0 below -87.33 and
 * +inf above 88.37. NaN stays NaN. */
static inline float orr_vexp(float x)
{
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer in the low mantissa bits */
    const float hi = 88.37f, lo = -87.33f;
    const float c = x > hi ? hi : x < lo ? lo : x;
    const float t = c * 1.44269504f + magic;
    const float n = t - magic;
    const float r = (c - n * 0.693145752f) - n * 1.42860677e-6f;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    uint32_t bits;
    memcpy(&bits, &t, 4);
    bits = (bits + 127u) << 23; /* the magic number's own bits leave on the left */
    float scale;
    memcpy(&scale, &bits, 4);
    const float y = p * scale;
    return x > hi ? INFINITY : x < lo ? 0.0f : y;
}

/* tanh: x P(x^2) / Q(x^2) of degrees 6 and 3, the minimax fraction that Eigen uses (Eigen/src/Core/MathFunctionsImpl.h), within
 * the range where it stays below 1. Relative error below 5e-7. */
static inline float orr_vtanh(float x)
{
    const float most = 7.99881172180175781f;
    const float c = x > most ? most : x < -most ? -most : x, z = c * c;
    float p = -2.76076847742355e-16f;
    p = p * z + 2.00018790482477e-13f;
    p = p * z - 8.60467152213735e-11f;
    p = p * z + 5.12229709037114e-08f;
    p = p * z + 1.48572235717979e-05f;
    p = p * z + 6.37261928875436e-04f;
    p = p * z + 4.89352455891786e-03f;
    float q = 1.19825839466702e-06f;
    q = q * z + 1.18534705686654e-04f;
    q = q * z + 2.26843463243900e-03f;
    q = q * z + 4.89352518554385e-03f;
    return c * p / q;
}

/* erf, given gauss = e^(-x^2): Abramowitz and Stegun 7.1.26, absolute error below 2e-7. */
static inline float orr_verf_of(float x, float gauss)
{
    const float a = fabsf(x), t = 1.0f / (1.0f + 0.3275911f * a);
    float p = 1.061405429f;
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    return copysignf(1.0f - p * t * gauss, x);
}

static inline float orr_rsqrt(float x) { return 1.0f / sqrtf(x); }
#endif

static inline orr_real orr_verf(orr_real x) { return orr_verf_of(x, orr_vexp(-x * x)); }
static inline orr_real orr_vsigmoid(orr_real x) { return 1 / (1 + orr_vexp(-x)); }

/* The sum of x, or of (x - mean)^2. In sixteen parts, which the compiler turns into vectors; one running sum it may not. */
static inline orr_real orr_vsum(const orr_real *x, size_t n, orr_real mean, bool squared)
{
    enum { PARTS = 16 };
    orr_real part[PARTS] = {0}, total = 0;
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t k = 0; k < PARTS; k++) part[k] += squared ? (x[i + k] - mean) * (x[i + k] - mean) : x[i + k];
    for (; i < n; i++) total += squared ? (x[i] - mean) * (x[i] - mean) : x[i];
    for (size_t k = 0; k < PARTS; k++) total += part[k];
    return total;
}

static inline orr_real orr_vlargest(const orr_real *x, size_t n)
{
    enum { PARTS = 16 };
    orr_real part[PARTS], top = -INFINITY;
    size_t i = 0;
    for (size_t k = 0; k < PARTS; k++) part[k] = -INFINITY;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t k = 0; k < PARTS; k++) part[k] = x[i + k] > part[k] ? x[i + k] : part[k];
    for (; i < n; i++) top = x[i] > top ? x[i] : top;
    for (size_t k = 0; k < PARTS; k++) top = part[k] > top ? part[k] : top;
    return top;
}

#endif
