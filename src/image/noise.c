/* Gradient noise after Perlin (2002), cells after Worley (1996); both from a hash of the lattice point and the seed. */
#include "image/draw.h"

#include <math.h>

/* splitmix64's finaliser over the lattice point: neighbours get unrelated numbers. */
static uint64_t hash(uint64_t seed, int64_t x, int64_t y)
{
    uint64_t z = seed + 0x9e3779b97f4a7c15u * (uint64_t)x + 0xd1b54a32d192ed03u * (uint64_t)y;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static double unit(uint64_t h) { return (double)(h >> 11) * 0x1p-53; }

/* Lattice coordinates; far-off and undefined places all look alike instead of overflowing. */
static int64_t lattice(double x) { return x > -1e15 && x < 1e15 ? (int64_t)floor(x) : 0; }

/* The plane through lattice point (i, j) with a gradient of one of eight directions, at (x, y). */
static double slope(uint64_t seed, int64_t i, int64_t j, double x, double y)
{
    static const double direction[8][2] = {{1, 0}, {0.70710678118654752, 0.70710678118654752}, {0, 1},
                                           {-0.70710678118654752, 0.70710678118654752}, {-1, 0},
                                           {-0.70710678118654752, -0.70710678118654752}, {0, -1},
                                           {0.70710678118654752, -0.70710678118654752}};
    const double *d = direction[hash(seed, i, j) & 7];
    return d[0] * x + d[1] * y;
}

static double fade(double t) { return t * t * t * (t * (6 * t - 15) + 10); }

double orr_noise(uint64_t seed, double x, double y)
{
    const int64_t i = lattice(x), j = lattice(y);
    const double u = x - (double)i, v = y - (double)j, s = fade(u), t = fade(v);
    const double top = (1 - s) * slope(seed, i, j, u, v) + s * slope(seed, i + 1, j, u - 1, v);
    const double below = (1 - s) * slope(seed, i, j + 1, u, v - 1) + s * slope(seed, i + 1, j + 1, u - 1, v - 1);
    return 1.5 * ((1 - t) * top + t * below);
}

double orr_noise_fractal(uint64_t seed, double x, double y, int octaves, double gain)
{
    double sum = 0, weight = 1, all = 0;
    for (int k = 0; k < octaves; k++, x *= 2, y *= 2, weight *= gain) {
        sum += weight * orr_noise(seed + (uint64_t)k, x, y);
        all += weight;
    }
    return all > 0 ? sum / all : 0;
}

double orr_noise_ridges(uint64_t seed, double x, double y, int octaves)
{
    double sum = 0, weight = 1, all = 0;
    for (int k = 0; k < octaves; k++, x *= 2, y *= 2, weight *= 0.5) {
        const double r = 1 - fabs(orr_noise(seed + (uint64_t)k, x, y));
        sum += weight * r * r;
        all += weight;
    }
    return all > 0 ? sum / all : 0;
}

struct orr_noise_cell orr_noise_cells(uint64_t seed, double x, double y)
{
    enum { REACH = 2, ROW = 2 * REACH + 1 };
    const int64_t i = lattice(x), j = lattice(y);
    double px[ROW * ROW], py[ROW * ROW], least = 16, border = 4; /* the points of the squares around, from (x, y) */
    int nearest = 0;
    for (int k = 0; k < ROW * ROW; k++) {
        const int64_t ci = i + k % ROW - REACH, cj = j + k / ROW - REACH;
        px[k] = (double)ci + unit(hash(seed, ci, cj)) - x;
        py[k] = (double)cj + unit(hash(seed + 1, ci, cj)) - y;
        const double d = px[k] * px[k] + py[k] * py[k];
        if (d < least) least = d, nearest = k;
    }
    for (int k = 0; k < ROW * ROW; k++) { /* the border: half way to each other point, along the line between both */
        const double ex = px[k] - px[nearest], ey = py[k] - py[nearest], length = sqrt(ex * ex + ey * ey);
        if (length < 1e-9) continue;
        const double b = ((px[k] + px[nearest]) * ex + (py[k] + py[nearest]) * ey) / (2 * length);
        if (b < border) border = b;
    }
    const uint64_t own = hash(seed + 2, i + nearest % ROW - REACH, j + nearest / ROW - REACH);
    return (struct orr_noise_cell){sqrt(least), border, unit(own)};
}
