/* Reading event files against a plain Python reader. Our side parses in this process into a sink that keeps nothing;
 * checksums are checked. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "events.h"
#include "ingest/format.h"

enum { POINTS = 3000000 };

struct files {
    char large[256], small[256]; /* the peer gets a tenth: it is that much slower */
};

static bool ours(void *ctx, struct orr_bench_sample *out)
{
    static const struct orr_sink_ops nothing;
    const struct files *f = ctx;
    struct orr_ingest in = {.path = f->large, .run_key = "bench"};
    struct orr_sink *sink = orr_sink_new(&nothing, NULL, 0);
    const double start = orr_bench_now();
    const bool ok = orr_format_tensorboard.read(&in, sink, NULL) == ORR_OK && orr_sink_flush(sink, NULL) == ORR_OK;
    out->value = POINTS / (orr_bench_now() - start);
    const bool all = orr_sink_totals(sink).points == POINTS;
    orr_sink_free(sink);
    free(in.state);
    return ok && all;
}

static bool peer(void *ctx, struct orr_bench_sample *out)
{
    const struct files *f = ctx;
    struct orr_str text = {0};
    const char *const argv[] = {"python3", "tests/bench/events_peer.py", f->small, NULL};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    int64_t points = 0;
    const bool ok = orr_bench_run(&child) && orr_parse_int64(orr_str_c(&text), text.len, &points);
    orr_str_free(&text);
    out->value = POINTS / 10 / child.seconds;
    out->rss_mb = child.rss_mb;
    return ok && points == POINTS / 10;
}

static void run(struct orr_bench_report *report)
{
    struct files f;
    snprintf(f.large, sizeof f.large, "%s/large.tfevents", orr_bench_scratch());
    snprintf(f.small, sizeof f.small, "%s/small.tfevents", orr_bench_scratch());
    if (!orr_bench_write_events(f.large, POINTS) || !orr_bench_write_events(f.small, POINTS / 10)) {
        perror(f.large);
        return;
    }
    orr_bench_compare(report, &(struct orr_bench_case){
                                  .name = "import_tfevents",
                                  .config = "3000000 points, 3 tags, parsed only (peer: 300000, no checksums)",
                                  .threads = 1,
                                  .unit = "points/s",
                                  .peer_name = "python3 struct",
                                  .peer_missing = orr_bench_have("python3") ? NULL : "no python3",
                                  .ours = ours,
                                  .peer = peer,
                                  .ctx = &f});
    remove(f.large);
    remove(f.small);
}

const struct orr_bench orr_bench_import = {"import_tfevents", "reading event files, against plain Python", run};
