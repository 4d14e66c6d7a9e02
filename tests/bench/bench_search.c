/* Searching tables: the first stage and the whole cascade against SQLite's FTS5 (in this process, from C) and against Xapian
 * (from Python; only parsing and matching are timed). Real tables and questions where ORRERY_PEERS/../data has them, else the
 * corpus of datasets/ among synthetic tables. Processor time: one thread searches, and others may use the machine. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/eval_tables.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "num/stats.h"
#include "store/fts.h"

enum { SAMPLE = 60 /* questions a repetition */, GROWN = 9000, DEPTH = 100 };

struct work {
    struct orr_tables_set set;
    struct orr_index *index;
    struct orr_cascade *cascade;
    struct orr_fts *fts;
    bool rerank;
    size_t n;
    char tables[128], questions[128], db[128]; /* for Xapian */
};

static bool ours(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    double ms[SAMPLE];
    struct orr_cascade_options o = orr_cascade_defaults();
    o.skip[ORR_STAGE_DENSE] = o.skip[ORR_STAGE_RERANK] = !w->rerank;
    if (!w->rerank) o.keep[ORR_STAGE_SPARSE] = DEPTH;
    for (size_t i = 0; i < w->n; i++) {
        struct orr_cascade_result r = {0};
        const double start = orr_clock_cpu();
        if (orr_cascade_run(w->cascade, w->set.questions[i].text, &o, &r, NULL) != ORR_OK) return false;
        ms[i] = 1e3 * (orr_clock_cpu() - start);
        orr_cascade_result_free(&r);
    }
    out->value = orr_stats_median(ms, w->n);
    out->rss_mb = (double)NAN;
    return true;
}

static bool fts5(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    double ms[SAMPLE];
    int64_t ids[DEPTH];
    size_t n;
    for (size_t i = 0; i < w->n; i++) {
        const double start = orr_clock_cpu();
        if (orr_fts_search(w->fts, w->set.questions[i].text, DEPTH, ids, &n, NULL) != ORR_OK) return false;
        ms[i] = 1e3 * (orr_clock_cpu() - start);
    }
    out->value = orr_stats_median(ms, w->n);
    out->rss_mb = (double)NAN;
    return true;
}

/* Runs the peer's script; the number of `key` in what it prints. */
static bool xapian_run(const char *what, const char *db, const char *file, const char *key, double *x, double *rss)
{
    struct orr_str text = {0};
    struct json_object *o = NULL, *v = NULL;
    const char *const argv[] = {"/usr/bin/python3", "tests/bench/xapian_peer.py", what, db, file, NULL};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    const bool ok = orr_bench_run(&child) && orr_json_parse("peer", orr_str_c(&text), text.len, &o, NULL) == ORR_OK &&
                    json_object_object_get_ex(o, key, &v);
    if (ok) *x = json_object_get_double(v);
    *rss = child.rss_mb;
    json_object_put(o);
    orr_str_free(&text);
    return ok;
}

static bool xapian(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    return xapian_run("search", w->db, w->questions, "ms_p50", &out->value, &out->rss_mb);
}

/* ---- setting up ---- */

static bool load(struct work *w, char config[96])
{
    const char *peers = getenv("ORRERY_PEERS");
    char tables[512], questions[512];
    struct orr_error err;
    snprintf(tables, sizeof tables, "%s/../data/ottqa/tables.jsonl.gz", peers ? peers : ".");
    snprintf(questions, sizeof questions, "%s/../data/ottqa/queries.jsonl", peers ? peers : ".");
    const bool real = access(tables, R_OK) == 0 && access(questions, R_OK) == 0;
    if (orr_tables_set_load(real ? tables : "datasets/tables/tables.jsonl",
                            real ? questions : "datasets/tables/questions.jsonl", NULL, &w->set, &err) != ORR_OK) {
        fprintf(stderr, "%s: %s\n", err.where, err.message);
        return false;
    }
    if (!real) orr_tables_set_grow(&w->set, GROWN, 1);
    w->n = w->set.n_questions < SAMPLE ? w->set.n_questions : SAMPLE;
    snprintf(config, 96, "%zu %s tables", w->set.n_tables, real ? "real" : "synthetic");
    if (orr_tables_set_index(&w->set, &orr_bm25f_default, NULL, &w->index, NULL, NULL) != ORR_OK) return false;
    w->cascade = orr_cascade_new(w->index);
    return true;
}

static bool fill_fts(struct work *w)
{
    if (orr_fts_new(5, &w->fts, NULL) != ORR_OK) return false;
    return orr_tables_set_fts(&w->set, w->fts, NULL) == ORR_OK;
}

static bool write_lines(const struct work *w)
{
    FILE *t = fopen(w->tables, "w"), *q = fopen(w->questions, "w");
    struct orr_str s = {0};
    for (size_t i = 0; t && i < w->set.n_tables; i++) fprintf(t, "%s\n", w->set.json[i]);
    for (size_t i = 0; q && i < w->n; i++) {
        orr_str_clear(&s);
        orr_json_append_string(&s, w->set.questions[i].text);
        fprintf(q, "{\"question\":%s}\n", s.data);
    }
    orr_str_free(&s);
    const bool ok = t && q;
    if (t && fclose(t)) return false;
    if (q && fclose(q)) return false;
    return ok;
}

static void compare(struct orr_bench_report *report, struct work *w, const char *name, const char *tables,
                    const char *peer_name, const char *missing, orr_bench_side peer)
{
    char config[160];
    for (int rerank = 0; rerank < 2; rerank++) {
        w->rerank = rerank;
        snprintf(config, sizeof config, "%s, 100 best, %s", tables, rerank ? "whole cascade" : "first stage");
        const struct orr_bench_case c = {.name = name,
                                         .config = config,
                                         .threads = 1,
                                         .unit = "ms",
                                         .lower_is_better = true,
                                         .peer_name = peer_name,
                                         .peer_missing = missing,
                                         .ours = ours,
                                         .peer = peer,
                                         .ctx = w};
        orr_bench_compare(report, &c);
    }
}

static void run(struct orr_bench_report *report)
{
    struct work *w = orr_xcalloc(1, sizeof *w);
    char config[96];
    double seconds, rss;
    if (load(w, config)) {
        const bool has_fts = fill_fts(w);
        compare(report, w, "search_fts5", config, orr_fts_version(), has_fts ? NULL : "this SQLite has no FTS5", fts5);
        snprintf(w->tables, sizeof w->tables, "%s/tables.jsonl", orr_bench_scratch());
        snprintf(w->questions, sizeof w->questions, "%s/questions.jsonl", orr_bench_scratch());
        snprintf(w->db, sizeof w->db, "%s/xapian", orr_bench_scratch());
        const bool has_xapian = write_lines(w) && xapian_run("index", w->db, w->tables, "index_s", &seconds, &rss);
        compare(report, w, "search_xapian", config, "xapian, python3-xapian", has_xapian ? NULL : "no python3-xapian",
                xapian);
    }
    orr_fts_free(w->fts);
    orr_cascade_free(w->cascade);
    orr_index_close(w->index);
    orr_tables_set_free(&w->set);
    free(w);
}

const struct orr_bench orr_bench_search = {"search", "tables searched, against SQLite FTS5 and Xapian", run};
