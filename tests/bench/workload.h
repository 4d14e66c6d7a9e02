/* The training workloads of shared/peers/core/torch_train.py, in our core: same architectures, batches, optimiser. */
#ifndef ORRERY_TESTS_BENCH_WORKLOAD_H
#define ORRERY_TESTS_BENCH_WORKLOAD_H

#include <stddef.h>

struct orr_workload;

/* mlp, cnn, transformer, gru, neural_ode or tiny, ready to train on random batches; NULL: no such workload. */
struct orr_workload *orr_workload_open(const char *name);
void orr_workload_free(struct orr_workload *w); /* NULL-safe */

/* Forward, backward, Adam on the next of eight batches; returns the loss before the step. */
double orr_workload_step(struct orr_workload *w);

const char *orr_workload_name(const struct orr_workload *w);
int orr_workload_batch(const struct orr_workload *w);
size_t orr_workload_parameters(const struct orr_workload *w);

#endif
