/* Deterministic random numbers: one independent stream per item, so that neither thread count nor sharding changes a
 * result. Generator: xoshiro256++ seeded by splitmix64 (Blackman and Vigna, 2019). */
#ifndef ORRERY_RNG_H
#define ORRERY_RNG_H

#include <stdint.h>

struct orr_rng {
    uint64_t s[4];
};

/* Stream `item` of the family `seed`: equal arguments give equal numbers, different ones unrelated numbers. */
void orr_rng_seed(struct orr_rng *r, uint64_t seed, uint64_t item);
uint64_t orr_rng_u64(struct orr_rng *r);
uint64_t orr_rng_below(struct orr_rng *r, uint64_t n); /* uniform on 0..n-1 without bias; n >= 1 */
double orr_rng_uniform(struct orr_rng *r);             /* [0,1), 53 bits */
double orr_rng_normal(struct orr_rng *r);              /* N(0,1), polar method, one draw per call */
double orr_rng_exponential(struct orr_rng *r);         /* mean 1 */
double orr_rng_gamma(struct orr_rng *r, double shape); /* scale 1; Marsaglia and Tsang, 2000; shape > 0 */
uint64_t orr_rng_poisson(struct orr_rng *r, double mean); /* mean >= 0 */

#endif
