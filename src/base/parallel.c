/* One loop over independent items on several threads. */
#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { MOST_THREADS = 64 };

struct loop {
    size_t n;
    void (*item)(void *ctx, size_t i);
    void *ctx;
    atomic_size_t next, done;
    atomic_bool stop;
};

static bool step(struct loop *l)
{
    if (atomic_load(&l->stop)) return false;
    const size_t i = atomic_fetch_add(&l->next, 1);
    if (i >= l->n) return false;
    l->item(l->ctx, i);
    atomic_fetch_add(&l->done, 1);
    return true;
}

static void *work(void *arg)
{
    while (step(arg)) {}
    return NULL;
}

int orr_parallel_threads(int threads)
{
    const long wanted = threads > 0 ? threads : sysconf(_SC_NPROCESSORS_ONLN);
    return wanted < 1 ? 1 : wanted > MOST_THREADS ? MOST_THREADS : (int)wanted;
}

bool orr_parallel_for(size_t n, int threads, void (*item)(void *ctx, size_t i), void *ctx,
                      const struct orr_ticker *ticker, const char *what, const char *unit)
{
    struct loop l = {.n = n, .item = item, .ctx = ctx};
    pthread_t others[MOST_THREADS];
    long wanted = orr_parallel_threads(threads);
    if ((size_t)wanted > n) wanted = (long)n;
    int started = 0;
    for (; started < wanted - 1; started++) /* with fewer threads than asked for the rest does more */
        if (pthread_create(&others[started], NULL, work, &l)) break;
    do {
        if (!orr_ticker_tick(ticker, what, unit, atomic_load(&l.done), n)) atomic_store(&l.stop, true);
    } while (step(&l));
    for (int i = 0; i < started; i++) pthread_join(others[i], NULL);
    return orr_ticker_tick(ticker, what, unit, atomic_load(&l.done), n) && !atomic_load(&l.stop);
}
