/* What the linked OpenBLAS is, and how many threads it uses. */
#ifndef ORRERY_NUM_BLAS_H
#define ORRERY_NUM_BLAS_H

struct orr_blas_info {
    const char *config, *core; /* "OpenBLAS 0.3.21 ... Haswell MAX_THREADS=64", "Haswell"; static */
    const char *parallel;      /* "none", "pthreads", "OpenMP" */
    int threads, processors;
};
struct orr_blas_info orr_blas_info(void);

/* Threads per call. 1 inside workers: parallelism is over items (series, runs, images) in one pool. */
void orr_blas_set_threads(int threads);

#endif
