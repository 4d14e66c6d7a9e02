/* Tables of node states and edge lists: whatever is read can be observed and forecast, and every error says why. */
#include "fuzz.h"

#include <math.h>

#include "app/network.h"

enum { MOST_CELLS = 2000, HORIZON = 3 };

/* A second file in memory, for the edges. */
static const char *edge_file(const uint8_t *data, size_t n)
{
    static int fd = -1;
    static char path[32];
    if (fd < 0) fd = memfd_create("edges", MFD_CLOEXEC);
    fuzz_require(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, n, 0) == (ssize_t)n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

static void forecast(const struct orr_network *w, const char *method)
{
    struct orr_network_query q = orr_network_query_defaults();
    struct orr_network_forecast f;
    struct orr_error err = {.code = ORR_OK};
    q.method = method;
    q.horizon = HORIZON;
    q.never_fit = true;
    const enum orr_status s = orr_network_predict(w, &q, NULL, &f, &err);
    fuzz_require(s == ORR_OK || (err.code == s && err.message[0]));
    orr_network_forecast_free(&f);
}

/* States, a zero byte, and edges where there is one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const uint8_t *parted = n ? memchr(data, 0, n) : NULL;
    const size_t states = parted ? (size_t)(parted - data) : n;
    const char *edges = parted ? edge_file(parted + 1, n - states - 1) : NULL;
    struct orr_network w;
    struct orr_error err = {.code = ORR_OK};
    const enum orr_status s = orr_network_load(fuzz_file(data, states), edges, &w, &err);
    fuzz_require(s == ORR_OK || (err.code == s && err.message[0]));
    if (s == ORR_OK) {
        fuzz_require(w.n > 0 && w.points > 1);
        for (size_t k = 1; k < w.points; k++) fuzz_require(w.t[k] > w.t[k - 1]);
        for (size_t k = 0; k < w.n * w.points; k++) fuzz_require(!isinf(w.x[k]));
        for (size_t e = 0; e < w.graph.m; e++) fuzz_require((size_t)w.graph.from[e] < w.n);
        if (w.n * w.points < MOST_CELLS) {
            forecast(&w, "persistence");
            forecast(&w, "ar");
            forecast(&w, "netdyn-law");
        }
    }
    orr_network_free(&w);
    return 0;
}
