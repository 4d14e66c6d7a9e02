#include "base/set.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Finaliser of splitmix64: ids in a row and hashes alike are spread over all slots. */
static size_t spread(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (size_t)(x ^ (x >> 31));
}

static size_t place_of(const struct orr_set *s, uint64_t x)
{
    size_t at = spread(x) & s->mask;
    while (s->slots[at] && s->slots[at] != x) at = (at + 1) & s->mask;
    return at;
}

static void grow(struct orr_set *s)
{
    const struct orr_set old = *s;
    const size_t n = old.slots ? 2 * (old.mask + 1) : 64;
    s->slots = orr_xcalloc(n, sizeof *s->slots);
    s->mask = n - 1;
    for (size_t i = 0; old.slots && i <= old.mask; i++)
        if (old.slots[i]) s->slots[place_of(s, old.slots[i])] = old.slots[i];
    free(old.slots);
}

bool orr_set_add(struct orr_set *s, uint64_t x)
{
    if (x == 0) {
        const bool fresh = !s->has_zero;
        s->has_zero = true;
        return fresh;
    }
    if (!s->slots || 2 * (s->used + 1) > s->mask) grow(s);
    const size_t at = place_of(s, x);
    if (s->slots[at] == x) return false;
    s->slots[at] = x;
    s->used++;
    return true;
}

bool orr_set_has(const struct orr_set *s, uint64_t x)
{
    return x == 0 ? s->has_zero : s->slots && s->slots[place_of(s, x)] == x;
}

size_t orr_set_count(const struct orr_set *s) { return s->used + s->has_zero; }

void orr_set_clear(struct orr_set *s)
{
    if (s->slots) memset(s->slots, 0, (s->mask + 1) * sizeof *s->slots);
    s->used = 0;
    s->has_zero = false;
}

void orr_set_free(struct orr_set *s)
{
    free(s->slots);
    *s = (struct orr_set){0};
}
