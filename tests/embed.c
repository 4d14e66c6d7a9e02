/* A program that uses liborrery, as one outside this tree would:
 *
 *     cc embed.c $(pkg-config --cflags --libs orrery) -o embed && ./embed runs.db
 *
 * It keeps a run in a store of its own, reads the curve back, and forecasts how a count goes on. */
#include <stdio.h>

#include <orrery/method.h>
#include <orrery/store.h>

enum { POINTS = 12, AHEAD = 6 };

static int fail(const struct orr_error *err)
{
    fprintf(stderr, "%s: %s\n", err->where, err->message);
    return 1;
}

int main(int argc, char **argv)
{
    struct orr_error err = {0};
    struct orr_store *store;
    if (argc != 2) return fprintf(stderr, "usage: embed STORE\n"), 2;
    if (orr_store_open(argv[1], ORR_STORE_CREATE, &store, &err) != ORR_OK) return fail(&err);

    int64_t run, step[POINTS];
    double value[POINTS];
    for (int i = 0; i < POINTS; i++) {
        step[i] = i;
        value[i] = 1.0 / (1 + i);
    }
    const struct orr_run made = {.key = "embed", .name = "embedded"};
    struct orr_series series;
    int status = 1;
    if (orr_store_begin(store, &err) != ORR_OK || orr_store_run_put(store, &made, &run, &err) != ORR_OK ||
        orr_store_append(store, run, "loss", POINTS, step, value, NULL, &err) != ORR_OK ||
        orr_store_commit(store, &err) != ORR_OK || orr_store_series_find(store, run, "loss", &series, &err) != ORR_OK) {
        fail(&err);
        goto out;
    }
    printf("loss: %lld points, last %.4f\n", (long long)series.n, series.last);

    const struct orr_method *gompertz = orr_method_find_for(ORR_DATA_COUNTS, "gompertz");
    double t[POINTS], c[POINTS], ahead[4][AHEAD];
    for (int i = 0; i < POINTS; i++) {
        t[i] = i + 1;
        c[i] = 100 * (1 - 1.0 / (1 + i));
    }
    const struct orr_counts counts = {POINTS, t, c};
    struct orr_forecast f = {.n = AHEAD, .t = ahead[0], .mean = ahead[1], .lower = ahead[2], .upper = ahead[3],
                             .level = 0.9};
    if (!gompertz || gompertz->forecast_counts(&counts, AHEAD, NULL, 1, NULL, &f, &err) != ORR_OK) {
        fail(&err);
        goto out;
    }
    for (int i = 0; i < AHEAD; i++) printf("%.0f: %.1f (%.1f to %.1f)\n", f.t[i], f.mean[i], f.lower[i], f.upper[i]);
    status = 0;
out:
    orr_store_close(store);
    return status;
}
