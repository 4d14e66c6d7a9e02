#include "num/blas.h"

#include <cblas.h>

struct orr_blas_info orr_blas_info(void)
{
    static const char *const parallel[] = {"none", "pthreads", "OpenMP"};
    const int kind = openblas_get_parallel();
    return (struct orr_blas_info){.config = openblas_get_config(), .core = openblas_get_corename(),
                                  .parallel = parallel[kind >= 0 && kind <= 2 ? kind : 0],
                                  .threads = openblas_get_num_threads(), .processors = openblas_get_num_procs()};
}

void orr_blas_set_threads(int threads) { openblas_set_num_threads(threads); }
