/* Which pairs of nodes a sparse latent graph looks at: those that behaved alike in the window, and some at random. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "methods/netdyn/private.h"

enum { ORDERS = 4 }; /* random directions that nodes are sorted along */

struct placed {
    float at;
    int32_t node;
};

static int by_place(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

/* Nodes near each other along a random direction of the window's features are likely near in all (Dasgupta and Freund 2008). */
static void add_near(const struct orr_nodes_batch *b, size_t s, size_t features, size_t width, size_t k, size_t each,
                     size_t done, struct orr_rng *rng, struct placed *order, int32_t *index)
{
    const size_t n = b->n;
    for (size_t i = 0; i < n; i++) order[i] = (struct placed){0, (int32_t)i};
    for (size_t f = 0; f < width; f++) {
        const float w = (float)orr_rng_normal(rng) * (f < features ? 1 : 3);
        for (size_t i = 0; i < n; i++) order[i].at += w * b->features[(s * n + i) * width + f];
    }
    qsort(order, n, sizeof *order, by_place);
    for (size_t r = 0; r < n; r++) {
        int32_t *row = index + (s * n + (size_t)order[r].node) * k + done;
        for (size_t m = 0; m < each; m++) { /* to both sides in turn, round the ends */
            const size_t step = m / 2 + 1;
            row[m] = order[m % 2 ? (r + step) % n : (r + n - step % n) % n].node;
        }
    }
}

void orr_nodes_near(const struct orr_nodes_batch *b, size_t features, size_t k, int32_t *index)
{
    const size_t n = b->n, width = features + ORR_NODES_EXTRA;
    struct placed *order = orr_xmalloc(n * sizeof *order);
    struct orr_rng rng;
    orr_rng_seed(&rng, 17, n);
    for (size_t s = 0; s < b->batch; s++) {
        size_t done = 0;
        for (size_t o = 0; o < ORDERS; o++) {
            const size_t each = (k / 2 - done) / (ORDERS - o);
            add_near(b, s, features, width, k, each, done, &rng, order, index);
            done += each;
        }
        for (size_t i = 0; i < n; i++)
            for (size_t m = done; m < k; m++)
                index[(s * n + i) * k + m] = (int32_t)((i + 1 + (size_t)orr_rng_below(&rng, n - 1)) % n);
    }
    free(order);
}
