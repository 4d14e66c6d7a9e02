/* Adoption curves fitted by least squares against scipy's curve_fit on the same series on one core: fits per second, and
 * what is left of the counts on the series for which curve_fit converged. Two settings of the peer: the authors' (start
 * 0.5, 2, 0.5, everything >= 0) against --paper, and a start read off the data with the analytic jacobian, mu free,
 * against our default. The peer is adoption_peer.py beside this file.
 *
 * Series: the CSV files of $ORRERY_REAL/hf_adoption where that is set, else datasets/adoption (synthetic). */
#include "bench.h"

#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/adoption.h"
#include "base/json.h"
#include "base/mem.h"
#include "num/stats.h"

enum { FEWEST_MONTHS = 4, PASSES = 5 };
static const double FEWEST_EVENTS = 10;

struct work {
    struct orr_adoption_set set;
    struct orr_counts *counts;
    size_t n;
    char folder[512];
    bool paper;
    double *scratch, *error, *peer_error; /* [n] rmse / final count; NaN: the peer gave up */
};
static const char script[] = "tests/bench/adoption_peer.py";

static bool measure_ours(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    const struct orr_wsb_options options = w->paper ? orr_wsb_paper() : orr_wsb_defaults();
    const double start = orr_bench_now();
    for (int pass = 0; pass < PASSES; pass++) {
        for (size_t i = 0; i < w->n; i++) {
            const struct orr_counts *c = &w->counts[i];
            struct orr_wsb_fit fit;
            orr_wsb_least_squares_into(c, NULL, &options, w->scratch, &fit);
            w->error[i] = fit.rmse / c->c[c->n - 1];
        }
    }
    *out = (struct orr_bench_sample){(double)(PASSES * w->n) / (orr_bench_now() - start), NAN};
    return true;
}

/* {"fits_per_s", "errors": [n]}: the peer loads the same files in the same order. */
static bool read_answer(struct work *w, struct json_object *o, struct orr_bench_sample *out)
{
    struct json_object *speed, *errors;
    if (!json_object_object_get_ex(o, "fits_per_s", &speed) || !json_object_object_get_ex(o, "errors", &errors) ||
        json_object_array_length(errors) != w->n)
        return false;
    out->value = json_object_get_double(speed);
    for (size_t i = 0; i < w->n; i++) {
        struct json_object *x = json_object_array_get_idx(errors, i);
        w->peer_error[i] = x ? json_object_get_double(x) : NAN;
    }
    return true;
}

static bool measure_peer(void *ctx, struct orr_bench_sample *out)
{
    struct work *w = ctx;
    const char *const argv[] = {"/usr/bin/python3", script, "--csv-dir", w->folder, "--start", w->paper ? "fixed" : "data",
                                w->paper ? NULL : "--jac", NULL};
    struct orr_str text = {0};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    struct json_object *o = NULL;
    const bool ok = orr_bench_run(&child) && orr_json_parse(script, orr_str_c(&text), text.len, &o, NULL) == ORR_OK &&
                    read_answer(w, o, out);
    out->rss_mb = child.rss_mb;
    json_object_put(o);
    orr_str_free(&text);
    return ok;
}

/* A quantile of the errors that the speed rows left, over the series for which the peer converged. */
static bool error_quantile(const struct work *w, const double *error, double p, struct orr_bench_sample *out)
{
    double *x = orr_xcalloc(w->n + 1, sizeof *x);
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        if (isfinite(w->peer_error[i])) x[n++] = error[i];
    *out = (struct orr_bench_sample){orr_stats_quantile(x, n, p), NAN};
    free(x);
    return n > 0;
}
static bool median_ours(void *ctx, struct orr_bench_sample *out)
{
    const struct work *w = ctx;
    return error_quantile(w, w->error, 0.5, out);
}
static bool median_peer(void *ctx, struct orr_bench_sample *out)
{
    const struct work *w = ctx;
    return error_quantile(w, w->peer_error, 0.5, out);
}
static bool p90_ours(void *ctx, struct orr_bench_sample *out)
{
    const struct work *w = ctx;
    return error_quantile(w, w->error, 0.9, out);
}
static bool p90_peer(void *ctx, struct orr_bench_sample *out)
{
    const struct work *w = ctx;
    return error_quantile(w, w->peer_error, 0.9, out);
}

/* The series that the peer takes: final count 10 or more, four months or more after release. */
static bool load(struct work *w)
{
    const char *real = getenv("ORRERY_REAL");
    char pattern[768];
    glob_t found = {0};
    snprintf(w->folder, sizeof w->folder, "datasets/adoption");
    if (real) {
        snprintf(pattern, sizeof pattern, "%s/hf_adoption/data/*/finetune", real);
        if (glob(pattern, 0, NULL, &found) == 0) snprintf(w->folder, sizeof w->folder, "%s", found.gl_pathv[0]);
        globfree(&found);
    }
    snprintf(pattern, sizeof pattern, "%s/*.csv", w->folder);
    bool ok = glob(pattern, 0, NULL, &found) == 0;
    for (size_t i = 0; ok && i < found.gl_pathc; i++)
        ok = orr_adoption_load_table(found.gl_pathv[i], NULL, &w->set, NULL) == ORR_OK;
    globfree(&found);
    w->counts = orr_xcalloc(w->set.n + 1, sizeof *w->counts);
    size_t longest = 0;
    for (size_t i = 0; i < w->set.n; i++) {
        const struct orr_adoption_item *item = &w->set.items[i];
        const struct orr_counts c = {item->n, item->t, item->c};
        if (item->n < FEWEST_MONTHS || item->c[item->n - 1] < FEWEST_EVENTS || orr_counts_check(&c, NULL, NULL)) continue;
        w->counts[w->n++] = c;
        if (item->n > longest) longest = item->n;
    }
    w->scratch = orr_xcalloc(orr_wsb_work(longest) + 1, sizeof *w->scratch);
    w->error = orr_xcalloc(w->n + 1, sizeof *w->error);
    w->peer_error = orr_xcalloc(w->n + 1, sizeof *w->peer_error);
    return ok && w->n;
}

static void run(struct orr_bench_report *report)
{
    struct work w = {0};
    const bool loaded = load(&w);
    const char *missing = access(script, R_OK) ? "no peer script: run from the source tree" : NULL;
    for (int paper = 1; paper >= 0 && loaded; paper--) {
        w.paper = paper;
        char config[96];
        snprintf(config, sizeof config, "%zu %sseries, %s", w.n, getenv("ORRERY_REAL") ? "" : "synthetic ",
                 paper ? "paper's start and bounds" : "start from data");
        struct orr_bench_case c = {.name = "adoption", .config = config, .threads = 1, .unit = "fits/s",
                                   .peer_name = "scipy curve_fit", .peer_missing = missing, .ours = measure_ours,
                                   .peer = measure_peer, .ctx = &w};
        orr_bench_compare(report, &c);
        c.unit = "median rmse/final";
        c.lower_is_better = true;
        c.ours = median_ours;
        c.peer = median_peer;
        orr_bench_compare(report, &c);
        c.unit = "p90 rmse/final";
        c.ours = p90_ours;
        c.peer = p90_peer;
        orr_bench_compare(report, &c);
    }
    free(w.counts);
    free(w.scratch);
    free(w.error);
    free(w.peer_error);
    orr_adoption_set_free(&w.set);
}

const struct orr_bench orr_bench_adoption = {"adoption", "fits of adoption curves, against scipy's curve_fit", run};
