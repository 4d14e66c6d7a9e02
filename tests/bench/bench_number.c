/* Reading decimal numbers, the inner loop of every text importer, against the C library. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnu/libc-version.h>
#include <orrery/rng.h>

#include "base/mem.h"
#include "base/number.h"

enum { NUMBERS = 1000000, WIDTH = 24 };

/* Synthetic: losses as loggers write them, 1 to 17 significant digits. */
struct numbers {
    char (*text)[WIDTH];
    double sum; /* keeps the compiler from dropping the loop */
};

static bool ours(void *ctx, struct orr_bench_sample *out)
{
    struct numbers *n = ctx;
    const double start = orr_bench_now();
    for (int i = 0; i < NUMBERS; i++) {
        double x;
        if (!orr_parse_double(n->text[i], strlen(n->text[i]), &x)) return false;
        n->sum += x;
    }
    out->value = NUMBERS / (orr_bench_now() - start);
    return true;
}

static bool libc(void *ctx, struct orr_bench_sample *out)
{
    struct numbers *n = ctx;
    const double start = orr_bench_now();
    for (int i = 0; i < NUMBERS; i++) n->sum += strtod(n->text[i], NULL);
    out->value = NUMBERS / (orr_bench_now() - start);
    return true;
}

static void run(struct orr_bench_report *report)
{
    struct numbers n = {.text = orr_xmalloc(NUMBERS * sizeof *n.text)};
    struct orr_rng rng;
    orr_rng_seed(&rng, 1, 0);
    for (int i = 0; i < NUMBERS; i++)
        snprintf(n.text[i], WIDTH, "%.*g", 1 + (int)orr_rng_below(&rng, 17), exp(orr_rng_normal(&rng)));
    char peer[64];
    snprintf(peer, sizeof peer, "glibc %s strtod", gnu_get_libc_version());
    orr_bench_compare(report, &(struct orr_bench_case){.name = "parse_double", .config = "1000000 numbers, 1-17 digits",
                                                       .threads = 1, .unit = "1/s", .peer_name = peer, .ours = ours,
                                                       .peer = libc, .ctx = &n, .repetitions = 9});
    free(n.text);
}

const struct orr_bench orr_bench_number = {"parse_double", "reading decimal numbers, against strtod", run};
