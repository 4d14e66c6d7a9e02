#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/rng.h>

#include "base/mem.h"
#include "lab/dataset_parts.h"

/* N of "linear2d:N", 0 without it; -1: another name, or no whole number from 1 to 1000 behind the colon. */
static int plane_number(const char *name)
{
    char *end;
    if (strncmp(name, "linear2d", 8) != 0) return -1;
    if (!name[8]) return 0;
    const long n = name[8] == ':' ? strtol(name + 9, &end, 10) : 0;
    return n >= 1 && n <= 1000 && !*end ? (int)n : -1;
}

/* linear2d: y = 2 x1 - 3 x2 + 1 + noise; linear2d:N: slopes and the correlation of x1 and x2 drawn anew for each N; spirals,
 * rings: two classes in the plane. Synthetic, seeded. */
bool orr_rows_drawn(const char *name, struct orr_rows *t)
{
    const bool regression = plane_number(name) >= 0, spirals = strcmp(name, "spirals") == 0;
    if (!regression && !spirals && strcmp(name, "rings") != 0) return false;
    const uint64_t number = regression ? (uint64_t)plane_number(name) : 0;
    struct orr_rng rng;
    orr_rng_seed(&rng, ORR_SPLIT_SEED, (uint64_t)name[0] + 256 * number);
    const double slope[2] = {number ? 2 * orr_rng_normal(&rng) : 2, number ? 2 * orr_rng_normal(&rng) : -3};
    const double rho = number ? 1.8 * orr_rng_uniform(&rng) - 0.9 : 0;
    *t = (struct orr_rows){.n = 600, .width = 2, .classes = regression ? 0 : 2, .outputs = regression ? 1 : 2};
    t->x = orr_xcalloc(2 * t->n, sizeof *t->x);
    t->label = regression ? NULL : orr_xcalloc(t->n, sizeof *t->label);
    t->y = regression ? orr_xcalloc(t->n, sizeof *t->y) : NULL;
    for (size_t i = 0; i < t->n; i++) {
        orr_real *x = t->x + 2 * i;
        const int c = (int)(i % 2);
        if (regression) {
            x[0] = (orr_real)orr_rng_normal(&rng);
            x[1] = (orr_real)(rho * (double)x[0] + sqrt(1 - rho * rho) * orr_rng_normal(&rng));
            t->y[i] = (orr_real)(slope[0] * (double)x[0] + slope[1] * (double)x[1] + 1 + 0.3 * orr_rng_normal(&rng));
            continue;
        }
        const double u = orr_rng_uniform(&rng);
        const double angle = spirals ? 0.5 + 8 * u + M_PI * c : 2 * M_PI * u;
        const double radius = (spirals ? 0.2 + u : 0.5 + 0.6 * c) + (spirals ? 0.03 : 0.12) * orr_rng_normal(&rng);
        x[0] = (orr_real)(radius * cos(angle));
        x[1] = (orr_real)(radius * sin(angle));
        t->label[i] = c;
    }
    return true;
}
