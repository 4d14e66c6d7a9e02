/* orrery simulate adoption: counts drawn from the reinforced Poisson process, with the parameters they came from. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/adoption.h"
#include "base/mem.h"
#include "cli/verbs.h"

static int simulate_adoption(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    const size_t items = (size_t)orr_args_int(args, "items"), n = (size_t)orr_args_int(args, "months");
    const uint64_t seed = (uint64_t)orr_args_int(args, "seed");
    double *t = orr_xcalloc(n, 2 * sizeof *t), *c = t + n;
    fputs("model,0-month", io->out);
    for (size_t k = 0; k < n; k++) {
        t[k] = (double)(k + 1);
        fprintf(io->out, ",%zu-month", k + 1);
    }
    fputs(",company,true_lambda,true_mu,true_sigma\n", io->out);
    for (size_t i = 0; i < items; i++) {
        struct orr_rng rng;
        orr_rng_seed(&rng, seed, i);
        const struct orr_wsb p = {1, orr_rng_gamma(&rng, 6), 2 + 0.6 * orr_rng_normal(&rng),
                                  exp(-0.1 + 0.35 * orr_rng_normal(&rng))};
        orr_rpp_simulate(&p, n, t, &rng, c);
        fprintf(io->out, "synthetic-%03zu,0", i + 1);
        for (size_t k = 0; k < n; k++) fprintf(io->out, ",%.0f", c[k]);
        fprintf(io->out, ",synthetic,%.6f,%.6f,%.6f\n", p.lambda, p.mu, p.sigma);
    }
    free(t);
    return ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"items", 'n', ORR_OPT_INT, "N", "60", "series", 1, 1000000},
    {"months", 0, ORR_OPT_INT, "N", "24", "periods of each", 1, 1200},
    {"seed", 0, ORR_OPT_INT, "N", "1", "seed of the random numbers: the same seed gives the same bytes", 0, 1e15},
    {0},
};

const struct orr_verb orr_verb_simulate_adoption = {
    .name = "simulate adoption",
    .summary = "write synthetic adoption counts, as in datasets/adoption",
    .operands = "",
    .details = "Prints a table of cumulative counts by month, one series a row, drawn from the reinforced Poisson process "
               "(m = 1). The parameters each row was drawn with are its last columns; mu is in log months. Parameters: "
               "lambda ~ Gamma(6, 1), mu ~ N(2, 0.6), ln sigma ~ N(-0.1, 0.35).",
    .examples = "orrery simulate adoption --seed 1 > simulated.csv",
    .options = options,
    .run = simulate_adoption,
};
