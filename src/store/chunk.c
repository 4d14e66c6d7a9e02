#include "store/chunk.h"

#include <endian.h>
#include <math.h>
#include <string.h>

static const uint32_t NO_WALL = UINT32_MAX;

/* ---- little-endian bytes ---- */

static void put32(unsigned char *p, uint32_t x)
{
    x = htole32(x);
    memcpy(p, &x, 4);
}
static void put64(unsigned char *p, uint64_t x)
{
    x = htole64(x);
    memcpy(p, &x, 8);
}
static uint32_t get32(const unsigned char *p)
{
    uint32_t x;
    memcpy(&x, p, 4);
    return le32toh(x);
}
static uint64_t get64(const unsigned char *p)
{
    uint64_t x;
    memcpy(&x, p, 8);
    return le64toh(x);
}
static uint64_t bits_of(double x)
{
    uint64_t u;
    memcpy(&u, &x, 8);
    return u;
}
static double of_bits(uint64_t u)
{
    double x;
    memcpy(&x, &u, 8);
    return x;
}
static uint32_t bits_of_float(float x)
{
    uint32_t u;
    memcpy(&u, &x, 4);
    return u;
}
static float float_of_bits(uint32_t u)
{
    float x;
    memcpy(&x, &u, 4);
    return x;
}

/* ---- which code fits ---- */

/* Bit by bit: a NaN's payload and the sign of zero survive too. */
static bool all_float32(const double *value, int n)
{
    uint64_t differs = 0;
    for (int i = 0; i < n; i++) differs |= bits_of(value[i]) ^ bits_of((double)(float)value[i]);
    return differs == 0;
}

static int step_bytes(const int64_t *step, int n, int64_t *stride)
{
    int64_t span, jump = 0;
    bool even = n < 2 || !__builtin_sub_overflow(step[1], step[0], &jump);
    bool narrow = true;
    even = even && !__builtin_sub_overflow(step[n - 1], step[0], &span);
    for (int i = 1; i < n; i++) {
        int64_t d;
        const bool over = __builtin_sub_overflow(step[i], step[0], &d);
        narrow = narrow && !over && d >= INT32_MIN && d <= INT32_MAX;
        even = even && !over && d == (int64_t)((uint64_t)jump * (uint64_t)i);
    }
    *stride = even ? jump : 0;
    return even ? 0 : narrow ? 4 : 8;
}

/* Milliseconds since 1970, so that packing again what was unpacked changes nothing. */
static int wall_bytes(const double *wall, int n, int64_t *base)
{
    *base = 0;
    if (!wall) return 0;
    double lo = INFINITY, hi = -INFINITY;
    for (int i = 0; i < n; i++) {
        if (wall[i] < lo) lo = wall[i];
        if (wall[i] > hi) hi = wall[i];
    }
    if (lo > hi) return 0; /* NaN throughout */
    if (!(fabs(lo) < 1e12 && fabs(hi) < 1e12)) return 8;
    *base = llrint(lo * 1000);
    if (llrint(hi * 1000) - *base < NO_WALL) return 4;
    *base = 0;
    return 8;
}

/* ---- public ---- */

void orr_chunk_pack(const int64_t *step, const double *value, const double *wall, int n, struct orr_packed *p,
                    unsigned char *out)
{
    *p = (struct orr_packed){.n = n, .step_first = step[0], .data = out};
    p->value_bytes = all_float32(value, n) ? 4 : 8;
    p->step_bytes = step_bytes(step, n, &p->stride);
    p->wall_bytes = wall_bytes(wall, n, &p->wall_base);

    if (p->value_bytes == 4) {
        for (int i = 0; i < n; i++) put32(out + (size_t)i * 4, bits_of_float((float)value[i]));
    } else {
        for (int i = 0; i < n; i++) put64(out + (size_t)i * 8, bits_of(value[i]));
    }
    out += (size_t)n * (size_t)p->value_bytes;
    if (p->step_bytes == 4) {
        for (int i = 0; i < n; i++) put32(out + (size_t)i * 4, (uint32_t)(step[i] - step[0]));
    } else if (p->step_bytes == 8) {
        for (int i = 0; i < n; i++) put64(out + (size_t)i * 8, (uint64_t)step[i]);
    }
    out += (size_t)n * (size_t)p->step_bytes;
    if (p->wall_bytes == 4) {
        for (int i = 0; i < n; i++) {
            put32(out + (size_t)i * 4, isnan(wall[i]) ? NO_WALL : (uint32_t)(llrint(wall[i] * 1000) - p->wall_base));
        }
    } else if (p->wall_bytes == 8) {
        for (int i = 0; i < n; i++) put64(out + (size_t)i * 8, bits_of(wall[i]));
    }
    p->size = (size_t)n * (size_t)(p->value_bytes + p->step_bytes + p->wall_bytes);
}

static bool is_sound(const struct orr_packed *p)
{
    if (p->n < 1 || p->n > ORR_CHUNK_POINTS || (p->value_bytes != 4 && p->value_bytes != 8)) return false;
    if (p->step_bytes != 0 && p->step_bytes != 4 && p->step_bytes != 8) return false;
    if (p->wall_bytes != 0 && p->wall_bytes != 4 && p->wall_bytes != 8) return false;
    return p->data && p->size == (size_t)p->n * (size_t)(p->value_bytes + p->step_bytes + p->wall_bytes);
}

bool orr_chunk_unpack(const struct orr_packed *p, int from, int n, int64_t *step, double *value, double *wall)
{
    if (!is_sound(p) || from < 0 || n < 0 || n > p->n - from) return false;
    const unsigned char *v = p->data + (size_t)from * (size_t)p->value_bytes;
    const unsigned char *t = p->data + (size_t)p->n * (size_t)p->value_bytes;
    const unsigned char *w = t + (size_t)p->n * (size_t)p->step_bytes + (size_t)from * (size_t)p->wall_bytes;
    t += (size_t)from * (size_t)p->step_bytes;

    if (value && p->value_bytes == 4) {
        for (int i = 0; i < n; i++) value[i] = (double)float_of_bits(get32(v + (size_t)i * 4));
    } else if (value) {
        for (int i = 0; i < n; i++) value[i] = of_bits(get64(v + (size_t)i * 8));
    }
    /* Sums wrap where a damaged file makes them overflow. */
    const uint64_t first = (uint64_t)p->step_first;
    if (step && p->step_bytes == 0) {
        for (int i = 0; i < n; i++) step[i] = (int64_t)(first + (uint64_t)(from + i) * (uint64_t)p->stride);
    } else if (step && p->step_bytes == 4) {
        for (int i = 0; i < n; i++) step[i] = (int64_t)(first + (uint64_t)(int64_t)(int32_t)get32(t + (size_t)i * 4));
    } else if (step) {
        for (int i = 0; i < n; i++) step[i] = (int64_t)get64(t + (size_t)i * 8);
    }
    if (wall && p->wall_bytes == 0) {
        for (int i = 0; i < n; i++) wall[i] = NAN;
    } else if (wall && p->wall_bytes == 4) {
        for (int i = 0; i < n; i++) {
            const uint32_t ms = get32(w + (size_t)i * 4);
            wall[i] = ms == NO_WALL ? NAN : (double)(int64_t)((uint64_t)p->wall_base + ms) / 1000.0;
        }
    } else if (wall) {
        for (int i = 0; i < n; i++) wall[i] = of_bits(get64(w + (size_t)i * 8));
    }
    return true;
}

void orr_chunk_summarise(const int64_t *step, const double *value, const double *wall, size_t n, struct orr_chunk *c,
                         int64_t *min_at, int64_t *max_at)
{
    int64_t lowest = -1, highest = -1, step_min = step[0], step_max = step[0], finite = 0;
    double min = INFINITY, max = -INFINITY, sum = 0;
    c->first_value = c->last_value = c->wall_first = c->wall_last = NAN;
    for (size_t i = 0; i < n; i++) {
        const double x = value[i];
        if (step[i] < step_min) step_min = step[i];
        if (step[i] > step_max) step_max = step[i];
        if (!isfinite(x)) continue;
        if (finite++ == 0) c->first_value = x;
        c->last_value = x;
        sum += x;
        if (x < min) min = x, lowest = (int64_t)i;
        if (x > max) max = x, highest = (int64_t)i;
    }
    for (size_t i = 0; wall && i < n; i++) {
        if (isnan(wall[i])) continue;
        if (isnan(c->wall_first)) c->wall_first = wall[i];
        c->wall_last = wall[i];
    }
    c->n = (int32_t)n;
    c->nan_count = (int32_t)((int64_t)n - finite);
    c->step_first = step[0];
    c->step_last = step[n - 1];
    c->step_min = step_min;
    c->step_max = step_max;
    c->min = finite ? min : NAN;
    c->max = finite ? max : NAN;
    c->sum = finite ? sum : NAN;
    *min_at = lowest;
    *max_at = highest;
}
