/* Special functions in double precision: the normal, gamma, beta, F and negative binomial distributions. */
#ifndef ORRERY_NUM_SPECIAL_H
#define ORRERY_NUM_SPECIAL_H

double orr_normal_pdf(double z);
double orr_normal_cdf(double z);
double orr_normal_quantile(double p); /* 0 < p < 1; Wichura 1988, AS 241, 1e-16 relative */

/* Normal cdf and pdf together from a table and a Taylor step, about 4 ns: what the inner loop of a fit calls. Absolute
 * error below 3e-16 for the cdf, 1e-13 for the pdf; any z. */
void orr_normal_both(double z, double *cdf, double *pdf);

double orr_lgamma(double x); /* x > 0; thread-safe */
double orr_gamma_cdf(double shape, double x);        /* regularised lower incomplete gamma P(shape, x) */
double orr_beta_cdf(double a, double b, double x);   /* regularised incomplete beta I_x(a, b) */
double orr_gamma_quantile(double shape, double p);   /* scale 1 */
double orr_f_quantile(double d1, double d2, double p);
double orr_chi2_quantile(double df, double p);

/* Failures before the size-th success, success probability prob; size > 0 need not be an integer. */
double orr_negbin_cdf(double size, double prob, double k);
/* Smallest integer k with cdf(k) >= p. Returned as a double because it may pass 2^31. O(log k) evaluations. */
double orr_negbin_quantile(double size, double prob, double p);

#endif
