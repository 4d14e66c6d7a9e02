/* orrery simulate runs: the synthetic training logs of the example store. */
#include "cli/verbs.h"
#include "lab/example.h"

static int simulate_runs(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    struct orr_error err;
    if (orr_example_write(args->operand[0], (uint64_t)orr_args_int(args, "seed"), &err))
        return orr_cli_fail(io, args->verb, &err);
    orr_io_say(io, "wrote synthetic training logs to %s", args->operand[0]);
    return ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"seed", 0, ORR_OPT_INT, "N", "1", "seed of the random numbers: the same seed gives the same bytes", 0, 1e15},
    {0},
};

const struct orr_verb orr_verb_simulate_runs = {
    .name = "simulate runs",
    .summary = "write synthetic training logs, of which datasets/formats keeps some",
    .operands = "DIR",
    .details =
        "Writes a sweep of 60 runs, four TensorBoard event files, JSON lines, a run that diverges and a long one. "
        "Nothing was trained: losses are drawn from power laws with noise.",
    .examples = "orrery simulate runs /tmp/runs --seed 1",
    .options = options,
    .run = simulate_runs,
};
