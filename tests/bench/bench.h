/* One row per benchmark; see main.c for the table of benchmarks. */
#ifndef ORRERY_BENCH_H
#define ORRERY_BENCH_H

#endif
