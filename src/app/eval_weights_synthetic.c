/* SYNTHETIC trajectories for `orrery eval weights`: sequences drawn from four laws, a run being 32 weights that share a rate.
 * Each weight goes from a to b (both normal), t in 0..1, e its noise:
 *     exponential  a + (b - a) (1 - exp(-k t)),                 k log-uniform in 1..20, own factor exp(0.3 normal)
 *     oscillating  b + (a - b) exp(-k t) cos(f t + phase),      k in 0.5..5, f in 5..25
 *     plateau      a + (b - a) / (1 + exp(-(t - t0) / s)),      t0 in 0.05..0.8, s in 0.02..0.08
 *     noisy        the first with normal noise of a tenth of |b - a| at every snapshot */
#include <math.h>
#include <stdio.h>

#include <orrery/rng.h>

#include "app/eval_weights_runs.h"
#include "base/mem.h"

enum { STEPS = 21, WEIGHTS = 32, TEST_OF = 3, EXPONENTIAL = 0, OSCILLATING, PLATEAU, NOISY };
static const char *const kinds[ORR_EVAL_GROUPS] = {"exponential", "oscillating", "plateau", "noisy"};

static void fill(int kind, struct orr_rng *rng, float *w)
{
    const double k = kind == OSCILLATING ? 0.5 + 4.5 * orr_rng_uniform(rng) : exp(log(20) * orr_rng_uniform(rng));
    const double frequency = 5 + 20 * orr_rng_uniform(rng), onset = 0.05 + 0.75 * orr_rng_uniform(rng);
    const double width = 0.02 + 0.06 * orr_rng_uniform(rng);
    for (size_t i = 0; i < WEIGHTS; i++) {
        const double a = orr_rng_normal(rng), b = orr_rng_normal(rng), phase = 2 * M_PI * orr_rng_uniform(rng);
        const double own = k * exp(0.3 * orr_rng_normal(rng));
        for (size_t s = 0; s < STEPS; s++) {
            const double t = (double)s / (STEPS - 1);
            double x = a + (b - a) * (1 - exp(-own * t));
            if (kind == OSCILLATING) x = b + (a - b) * exp(-k * t) * cos(frequency * t + phase);
            if (kind == PLATEAU) x = a + (b - a) / (1 + exp(-(t - onset) / width));
            if (kind == NOISY) x += 0.1 * fabs(b - a) * orr_rng_normal(rng);
            w[s * WEIGHTS + i] = (float)x;
        }
    }
}

enum orr_status orr_eval_task_draw(size_t per_group, size_t tests, struct orr_eval_task *t, struct orr_error *err)
{
    t->groups = kinds;
    t->runs = orr_xcalloc(ORR_EVAL_GROUPS * per_group + 1, sizeof *t->runs);
    for (int kind = 0; kind < ORR_EVAL_GROUPS; kind++)
        for (size_t k = 0; k < per_group; k++) {
            if (tests && k >= per_group - per_group / TEST_OF + tests) break;
            struct orr_eval_run *r = &t->runs[t->n++];
            struct orr_rng rng;
            orr_rng_seed(&rng, (uint64_t)kind, k);
            r->group = kind;
            r->test = k >= per_group - per_group / TEST_OF;
            r->w = (struct orr_run_weights){
                .run = (int64_t)t->n, .optim = -1, .n_steps = STEPS, .n_tensors = 1, .weights = WEIGHTS};
            r->w.steps = orr_arena_zalloc(&r->w.arena, STEPS, sizeof *r->w.steps);
            for (int s = 0; s < STEPS; s++) r->w.steps[s] = s;
            r->w.tensors = orr_arena_zalloc(&r->w.arena, 1, sizeof *r->w.tensors);
            *r->w.tensors = (struct orr_run_tensor){.name = "w", .shape = {WEIGHTS}, .rank = 1, .n = WEIGHTS, .depth = -1};
            r->values = orr_xcalloc(1, sizeof *r->values);
            r->direction = orr_xcalloc(1, sizeof *r->direction);
            r->values[0] = orr_alloc(STEPS * WEIGHTS, sizeof *r->values[0]);
            if (!r->values[0]) return orr_error_set(err, ORR_ENOMEM, "synthetic", "no memory for sequences");
            fill(kind, &rng, r->values[0]);
        }
    return ORR_OK;
}
