/* orrery-bench [NAME...] [--json]: speed as ratios to peers, measured alternately in one run. */
#include "bench.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/vec.h"

extern const struct orr_bench orr_bench_import;
extern const struct orr_bench orr_bench_number;
extern const struct orr_bench orr_bench_mlp;
extern const struct orr_bench orr_bench_cnn;
extern const struct orr_bench orr_bench_transformer;
extern const struct orr_bench orr_bench_gru;
extern const struct orr_bench orr_bench_neural_ode;
extern const struct orr_bench orr_bench_tiny;

static const struct orr_bench *const BENCHES[] = {
    &orr_bench_import,
    &orr_bench_number,
    &orr_bench_mlp,
    &orr_bench_cnn,
    &orr_bench_transformer,
    &orr_bench_gru,
    &orr_bench_neural_ode,
    &orr_bench_tiny,
};
enum { BENCH_COUNT = sizeof BENCHES / sizeof *BENCHES, MAX_REPETITIONS = 101 };

/* One row of the report. Figures are NaN where there is none. */
struct row {
    const char *name, *config, *peer_name, *unit, *note;
    int threads;
    double ours, peer, ratio, ours_rss_mb, peer_rss_mb;
};
struct orr_bench_report {
    bool json;
    struct orr_arena arena;
    ORR_VEC(struct row) rows;
};

static char scratch[64], orrery[4096];

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(path);
}

const char *orr_bench_scratch(void)
{
    if (!*scratch) {
        snprintf(scratch, sizeof scratch, "/tmp/orrery-bench.XXXXXX");
        if (!mkdtemp(scratch)) {
            perror(scratch);
            exit(EXIT_FAILURE);
        }
    }
    return scratch;
}

const char *orr_bench_orrery(void) { return orrery; }

static void find_orrery(const char *self)
{
    const char *given = getenv("ORRERY_BIN"), *slash = strrchr(self, '/');
    if (given)
        snprintf(orrery, sizeof orrery, "%s", given);
    else
        snprintf(orrery, sizeof orrery, "%.*sorrery", slash ? (int)(slash + 1 - self) : 0, self);
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, compare_doubles);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* Keeps the larger of two figures, either of which may be NaN. */
static double larger(double a, double b) { return isnan(a) || b > a ? b : a; }

void orr_bench_compare(struct orr_bench_report *report, const struct orr_bench_case *c)
{
    int n = c->repetitions < 5 ? 5 : c->repetitions;
    if (n > MAX_REPETITIONS) n = MAX_REPETITIONS;
    double value[2][MAX_REPETITIONS], rss[2] = {NAN, NAN};
    const orr_bench_side side[2] = {c->ours, c->peer_missing ? NULL : c->peer};
    bool ok[2] = {side[0] != NULL, side[1] != NULL};
    for (int i = -1; i < n; i++) { /* -1: to warm caches, not counted */
        for (int k = 0; k < 2; k++) {
            if (!ok[k]) continue;
            struct orr_bench_sample s = {NAN, NAN};
            ok[k] = side[k](c->ctx, &s) && isfinite(s.value);
            if (i >= 0) value[k][i] = s.value;
            rss[k] = larger(rss[k], s.rss_mb);
        }
    }
    struct orr_arena *a = &report->arena;
    struct row r = {.name = orr_arena_strdup(a, c->name), .config = orr_arena_strdup(a, c->config),
                    .peer_name = orr_arena_strdup(a, c->peer_name), .unit = orr_arena_strdup(a, c->unit),
                    .threads = c->threads, .ours = ok[0] ? median(value[0], n) : NAN,
                    .peer = ok[1] ? median(value[1], n) : NAN, .ours_rss_mb = rss[0], .peer_rss_mb = rss[1]};
    r.ratio = c->lower_is_better ? r.peer / r.ours : r.ours / r.peer;
    if (!ok[0]) r.note = "our side failed; ORRERY_BENCH_VERBOSE=1 shows why";
    else if (c->peer_missing) r.note = orr_arena_printf(a, "peer missing: %s", c->peer_missing);
    else if (!ok[1]) r.note = "the peer failed; ORRERY_BENCH_VERBOSE=1 shows why";
    ORR_VEC_PUSH(&report->rows, r);
    if (r.note) fprintf(stderr, "orrery-bench: %s (%s): %s\n", r.name, r.config, r.note);
}

static void append_figure(struct orr_str *s, const char *key, double x)
{
    orr_str_printf(s, ",\"%s\":", key);
    orr_json_append_double(s, x);
}

static void append_text(struct orr_str *s, const char *key, const char *text)
{
    orr_str_printf(s, "\"%s\":", key);
    orr_json_append_string(s, text);
}

static void row_as_json(const struct row *r, struct orr_str *s)
{
    append_text(s, "name", r->name);
    orr_str_append(s, ",");
    append_text(s, "config", r->config);
    orr_str_printf(s, ",\"threads\":%d", r->threads);
    append_figure(s, "ours", r->ours);
    append_figure(s, "peer", r->peer);
    orr_str_append(s, ",");
    append_text(s, "peer_name", r->peer_name);
    orr_str_append(s, ",");
    append_text(s, "unit", r->unit);
    append_figure(s, "ratio", r->ratio);
    append_figure(s, "ours_rss_mb", r->ours_rss_mb);
    append_figure(s, "peer_rss_mb", r->peer_rss_mb);
}

static void print_json(const struct orr_bench_report *report)
{
    struct orr_str s = {0};
    orr_str_append(&s, "[");
    for (size_t i = 0; i < report->rows.len; i++) {
        orr_str_append(&s, i ? ",\n {" : "\n {");
        row_as_json(&report->rows.data[i], &s);
        orr_str_append(&s, "}");
    }
    orr_str_append(&s, "\n]\n");
    fputs(orr_str_c(&s), stdout);
    orr_str_free(&s);
}

static const char *figure(double x, char text[32])
{
    if (isnan(x)) return "-";
    snprintf(text, 32, "%.4g", x);
    return text;
}

static void print_text(const struct orr_bench_report *report)
{
    char a[32], b[32], c[32], d[32], e[32];
    printf("%-16s %-36s %3s %12s %12s %-8s %8s  %-24s %9s %9s\n", "name", "config", "thr", "ours", "peer", "unit",
           "ratio", "peer name", "ours MB", "peer MB");
    for (size_t i = 0; i < report->rows.len; i++) {
        const struct row *r = &report->rows.data[i];
        printf("%-16s %-36s %3d %12s %12s %-8s %8s  %-24s %9s %9s\n", r->name, r->config, r->threads, figure(r->ours, a),
               figure(r->peer, b), r->unit, figure(r->ratio, c), r->peer_name, figure(r->ours_rss_mb, d),
               figure(r->peer_rss_mb, e));
        if (r->note) printf("  %s\n", r->note);
    }
}

/* Appends the rows, with the time, to bench-history.jsonl beside the program: the figures of every run so far. */
static void keep_history(const struct orr_bench_report *report, const char *self)
{
    char path[4096], when[32];
    const char *slash = strrchr(self, '/');
    snprintf(path, sizeof path, "%.*sbench-history.jsonl", slash ? (int)(slash + 1 - self) : 0, self);
    FILE *f = fopen(path, "ae");
    if (!f) {
        fprintf(stderr, "orrery-bench: no history kept: cannot write %s\n", path);
        return;
    }
    const time_t now = time(NULL);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    for (size_t i = 0; i < report->rows.len; i++) {
        struct orr_str s = {0};
        orr_str_printf(&s, "{\"when\":\"%s\",\"version\":\"%s\",", when, ORR_VERSION);
        row_as_json(&report->rows.data[i], &s);
        fprintf(f, "%s}\n", orr_str_c(&s));
        orr_str_free(&s);
    }
    fclose(f);
}

static int usage(FILE *to, int code)
{
    fprintf(to, "usage: orrery-bench [NAME...] [--json]\nratio > 1: Orrery is better; every figure is a median of 5 "
                "runs or more, ours and the peer's in turn.\n");
    for (int i = 0; i < BENCH_COUNT; i++) fprintf(to, "  %-16s %s\n", BENCHES[i]->name, BENCHES[i]->summary);
    return code;
}

static const struct orr_bench *find_bench(const char *name)
{
    for (int i = 0; i < BENCH_COUNT; i++)
        if (!strcmp(BENCHES[i]->name, name)) return BENCHES[i];
    return NULL;
}

int main(int argc, char **argv)
{
    struct orr_bench_report report = {0};
    int names = 0;
    find_orrery(argv[0]);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--json")) report.json = true;
        else if (!strcmp(argv[i], "--help")) return usage(stdout, EXIT_SUCCESS);
        else if (find_bench(argv[i])) names++;
        else {
            fprintf(stderr, "orrery-bench: no benchmark is called '%s'\n", argv[i]);
            return usage(stderr, 2);
        }
    }
    for (int i = 1; i < argc; i++)
        if (names && argv[i][0] != '-') find_bench(argv[i])->run(&report);
    for (int i = 0; i < BENCH_COUNT && !names; i++) BENCHES[i]->run(&report);

    if (report.json) print_json(&report);
    else print_text(&report);
    keep_history(&report, argv[0]);
    bool failed = false;
    for (size_t i = 0; i < report.rows.len; i++) failed |= isnan(report.rows.data[i].ours);
    free(report.rows.data);
    orr_arena_free(&report.arena);
    if (*scratch) nftw(scratch, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
