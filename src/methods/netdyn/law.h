/* Private to the method netdyn-law: an equation found among known ones, with edges conditioned on what was seen.
 *
 *     dx_i/dt = sum_p c_ip phi_p(x_i) + sum_j e_ij sum_k u_k(x_i) v_k(x_j)
 *
 * phi is a fixed basis; (u, v) is one of a library of couplings. Coefficients are Gaussian: c_ip ~ N(mean_p, variance_p), and
 * e_ij = s_i / n + eps_ij with s_i ~ N(mean, strength), eps_ij ~ N(0, edges / n). Means and variances are learned from other
 * series of the same kind by their likelihood; then the coefficients of a new network follow from its window in closed form
 * (the best linear unbiased prediction, Henderson 1975), without its edges and without training. */
#ifndef ORRERY_METHODS_NETDYN_LAW_H
#define ORRERY_METHODS_NETDYN_LAW_H

#include "methods/netdyn/private.h"

enum {
    ORR_LAW_SELF = 5, /* 1, x, x^2, x^3, sqrt x */
    ORR_LAW_MEANS = ORR_LAW_SELF + 1 /* and a node's strength */,
    ORR_LAW_PARTS = ORR_LAW_SELF + 3 /* variances: of the basis, of strengths, of edges; error */,
    ORR_LAW_MOST = 12 /* laws of one model */
};
enum { ORR_LAW_STRENGTH = ORR_LAW_SELF, ORR_LAW_EDGES, ORR_LAW_ERROR };

struct orr_law {
    int coupling;               /* of the library */
    double unit;                /* states are divided by it */
    double scale[ORR_LAW_SELF]; /* root mean squares of the basis, which it is divided by */
    double mean[ORR_LAW_MEANS]; /* as learned */
    double part[ORR_LAW_PARTS]; /* variances as learned; error: as a share of the mean square derivative */
    bool positive;              /* states never were below 0 */
    /* 90% quantiles of |error| over a node's scale at the grid's horizons: of clean windows, and at `noise`, the noise's
     * standard deviation over the window's unit. */
    double spread[2][ORR_NODES_GRID], noise;
};

/* ---- law_library.c ---- */
void orr_law_basis(double x, double phi[ORR_LAW_SELF]);
int orr_law_couplings(void);
/* "x_j / (1 + x_j)", ... */
const char *orr_law_coupling_name(int coupling);
int orr_law_terms(int coupling); /* how many products: 1 or 2 */
void orr_law_receive(int coupling, double x, double u[2]);
void orr_law_send(int coupling, double x, double v[2]);

/* ---- law_smooth.c ---- */
/* A series without its noise: smoothed with a penalty on third differences (Whittaker 1923; Eilers 2003) as strong as
 * generalised cross-validation of all nodes together wants it; as it is where that wants none, or where what would be taken
 * off is no noise but a transient. */
struct orr_law_smooth {
    struct orr_nodes x;
    double variance; /* of the noise; 0: none found */
};
bool orr_law_smooth_make(const struct orr_nodes *raw, struct orr_law_smooth *out); /* false: no memory */
void orr_law_smooth_free(struct orr_law_smooth *s);

/* ---- law.c ---- */
/* States and derivatives half way between the points idx[t] and idx[t] + 1 of a smoothed series, to fourth order. */
struct orr_law_rows {
    size_t n, rows;
    double *x, *y; /* (rows, n) */
    double *extra; /* (rows, n): variance of y where it bends too fast for its order */
    double *noise; /* (rows, rows): covariance of y by observation noise, estimated */
    double square; /* mean of y^2 */
};
bool orr_law_rows_make(const struct orr_law_smooth *smooth, const struct orr_law *law, const size_t *idx, size_t rows,
                       struct orr_law_rows *out); /* false: no memory */
void orr_law_rows_free(struct orr_law_rows *r);

/* What a coupling makes of rows. */
struct orr_law_design {
    size_t n, rows, k;
    double *phi;   /* (SELF, rows, n) over their scales */
    double *u, *v; /* (k, rows, n) */
    double *field; /* (rows, n): what a node of strength 1 receives */
    double *vv;    /* (k, k, rows, rows): sum_j v v / n */
};
bool orr_law_design_make(const struct orr_law *law, const struct orr_law_rows *r, struct orr_law_design *out);
void orr_law_design_free(struct orr_law_design *d);
/* Covariance of node i's rows (rows, rows), of which `edge` receives that by edges alone (may be NULL), and what the means
 * leave of y. */
void orr_law_covariance(const struct orr_law *law, const struct orr_law_rows *r, const struct orr_law_design *d,
                        size_t i, double *m, double *edge);
void orr_law_rest(const struct orr_law *law, const struct orr_law_rows *r, const struct orr_law_design *d, size_t i,
                  double *rest);

/* The inverse of a positive matrix in place and its log determinant; work holds n (n + 1) numbers. False: not positive. */
bool orr_law_invert(size_t n, double *a, double *work, double *log_det);
/* What was found in a window. */
struct orr_law_choice {
    size_t law;
    double noise;  /* standard deviation over the window's unit */
    double misfit; /* mean square of the derivatives in units of what the law expects: about 1 where it holds */
};
/* The forecast from a window by the law of `laws` that makes its derivatives the most likely (choice may be NULL).
 * O(n_laws n rows^3 + steps n rows). */
enum orr_status orr_law_run(const struct orr_law *laws, size_t n_laws, struct orr_law_choice *choice,
                            const struct orr_nodes_case *c, size_t ahead, const struct orr_ticker *ticker, double *mean,
                            struct orr_latent_edges *edges, struct orr_error *err);

/* ---- law_fit.c ---- */
enum orr_status orr_law_fit(struct orr_nodes_model *m, const struct orr_nodes_case *cases,
                            const struct orr_nodes_windows *w, const struct orr_ticker *ticker, struct orr_error *err);
/* To and from place `at` of a model's tensor. False: there is none. */
void orr_law_store(const struct orr_law *law, size_t at, struct orr_params *p);
bool orr_law_read(const struct orr_params *p, size_t at, struct orr_law *law);
void orr_law_build(struct orr_params *p);

#endif
