/* Functions of two variables on which optimisers are watched: known formulas with analytic gradients, and a race of the
 * optimisers that train the networks. */
#ifndef ORRERY_LAB_SURFACE_H
#define ORRERY_LAB_SURFACE_H

#include <stdbool.h>
#include <stddef.h>

#include <orrery/optim.h>

enum { ORR_RACERS = 5 };

struct orr_surface {
    const char *name, *formula, *source;
    double x0, x1, y0, y1; /* the window to look at */
    double start[2];
    size_t n_minima;
    double minima[4][2], lowest; /* where it is lowest, and how low */
    double lr[ORR_RACERS];       /* by enum orr_optim_kind: rates that suit the surface */
    double (*value)(double x, double y);
    void (*gradient)(double x, double y, double g[2]);
};
extern const struct orr_surface *const orr_surfaces[]; /* NULL-terminated */
const struct orr_surface *orr_surface_find(const char *name);
/* How high (x, y) lies, 0 at the minima, 1 at the highest corner of the window and above: logarithmic, since these
 * surfaces rise over many decades. */
double orr_surface_height(const struct orr_surface *s, double x, double y);

/* One optimiser on its way. */
struct orr_racer {
    enum orr_optim_kind kind;
    struct orr_params params; /* the two coordinates */
    struct orr_optim optim;
    size_t n, cap;                /* points so far: the start and one per step */
    double *x, *y, *value, *step; /* [n] */
    bool lost;                    /* a coordinate is not finite: it stands still */
};
struct orr_race {
    const struct orr_surface *surface;
    struct orr_racer racer[ORR_RACERS];
    int steps;
};
/* All optimisers at the start, with the surface's rates times lr_factor. Zero-initialise, or free before. */
void orr_race_start(struct orr_race *r, const struct orr_surface *surface, double lr_factor);
void orr_race_free(struct orr_race *r);
void orr_race_step(struct orr_race *r);
/* Rates times factor from the next step on. */
void orr_race_scale_lr(struct orr_race *r, double factor);

#endif
