/* Event files: read alone, and imported into a store. TensorBoard's own reader is no Debian package: the peer is a plain
 * Python reader, which does less, for it checks no checksums and stores nothing. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "events.h"
#include "ingest/format.h"

enum { POINTS = 5000000, PEER_SHARE = 16 /* the peer gets that much less: it is that much slower */ };

struct files {
    char ours[256], peers[256], store[256];
};

static bool parse(void *ctx, struct orr_bench_sample *out)
{
    static const struct orr_sink_ops nothing;
    const struct files *f = ctx;
    struct orr_ingest in = {.path = f->ours, .run_key = "bench"};
    struct orr_sink *sink = orr_sink_new(&nothing, NULL, 0);
    const double start = orr_bench_now();
    const bool ok = orr_format_tensorboard.read(&in, sink, NULL) == ORR_OK && orr_sink_flush(sink, NULL) == ORR_OK;
    out->value = POINTS / (orr_bench_now() - start);
    const bool all = orr_sink_totals(sink).points == POINTS;
    orr_sink_free(sink);
    free(in.state);
    return ok && all;
}

static void remove_store(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char file[300];
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        remove(file);
    }
}

static bool import(void *ctx, struct orr_bench_sample *out)
{
    const struct files *f = ctx;
    struct orr_str text = {0};
    const char *const argv[] = {orr_bench_orrery(), "import", "--store", f->store, "--json", f->ours, NULL};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    char points[32];
    snprintf(points, sizeof points, "\"points\":%d", POINTS);
    remove_store(f->store);
    const bool ok = orr_bench_run(&child) && strstr(orr_str_c(&text), points);
    orr_str_free(&text);
    out->value = POINTS / child.seconds;
    out->rss_mb = child.rss_mb;
    return ok;
}

static bool peer(void *ctx, struct orr_bench_sample *out)
{
    const struct files *f = ctx;
    struct orr_str text = {0};
    const char *const argv[] = {"python3", "tests/bench/events_peer.py", f->peers, NULL};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    int64_t points = 0;
    const bool ok = orr_bench_run(&child) && orr_parse_int64(orr_str_c(&text), text.len, &points);
    orr_str_free(&text);
    out->value = POINTS / PEER_SHARE / child.seconds;
    out->rss_mb = child.rss_mb;
    return ok && points == POINTS / PEER_SHARE;
}

static void run(struct orr_bench_report *report)
{
    struct files f;
    snprintf(f.ours, sizeof f.ours, "%s/events.out.tfevents.1.ours", orr_bench_scratch());
    snprintf(f.peers, sizeof f.peers, "%s/events.out.tfevents.1.peers", orr_bench_scratch());
    snprintf(f.store, sizeof f.store, "%s/events.db", orr_bench_scratch());
    if (!orr_bench_write_events(f.ours, POINTS) || !orr_bench_write_events(f.peers, POINTS / PEER_SHARE)) {
        perror(f.ours);
        return;
    }
    struct orr_bench_case c = {.name = "import_tfevents", .config = "5M points, 3 tags, into a store; peer reads 312k",
                               .threads = 1, .unit = "points/s", .peer_name = "python3 struct, reads only",
                               .peer_missing = orr_bench_have("python3") ? NULL : "no python3",
                               .ours = import, .peer = peer, .ctx = &f};
    orr_bench_compare(report, &c);
    c.name = "parse_tfevents";
    c.config = "the same files, parsed only";
    c.ours = parse;
    orr_bench_compare(report, &c);
    remove_store(f.store);
    remove(f.ours);
    remove(f.peers);
}

const struct orr_bench orr_bench_import = {"import", "event files, against a plain Python reader", run};
