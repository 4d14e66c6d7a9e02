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
#include "base/table.h"
#include "base/vec.h"
#include "history.h"

extern const struct orr_bench orr_bench_import;
extern const struct orr_bench orr_bench_import_csv;
extern const struct orr_bench orr_bench_number;
extern const struct orr_bench orr_bench_adoption;
extern const struct orr_bench orr_bench_gemm;
extern const struct orr_bench orr_bench_mlp;
extern const struct orr_bench orr_bench_cnn;
extern const struct orr_bench orr_bench_transformer;
extern const struct orr_bench orr_bench_gru;
extern const struct orr_bench orr_bench_neural_ode;
extern const struct orr_bench orr_bench_tiny;
extern const struct orr_bench orr_bench_curve_train;
extern const struct orr_bench orr_bench_flow_train;
extern const struct orr_bench orr_bench_search;
extern const struct orr_bench orr_bench_splade;
extern const struct orr_bench orr_bench_cancel;
extern const struct orr_bench orr_bench_weights;
extern const struct orr_bench orr_bench_netdyn_train;
extern const struct orr_bench orr_bench_lm;
extern const struct orr_bench orr_bench_select;
extern const struct orr_bench orr_bench_select_exact;
extern const struct orr_bench orr_bench_detect_opencv;
extern const struct orr_bench orr_bench_detect_gemm_floor;
extern const struct orr_bench orr_bench_detect_train;

static const struct orr_bench *const BENCHES[] = {
    &orr_bench_import,
    &orr_bench_import_csv,
    &orr_bench_number,
    &orr_bench_adoption,
    &orr_bench_gemm,
    &orr_bench_mlp,
    &orr_bench_cnn,
    &orr_bench_transformer,
    &orr_bench_gru,
    &orr_bench_neural_ode,
    &orr_bench_tiny,
    &orr_bench_curve_train,
    &orr_bench_flow_train,
    &orr_bench_search,
    &orr_bench_splade,
    &orr_bench_cancel,
    &orr_bench_weights,
    &orr_bench_netdyn_train,
    &orr_bench_lm,
    &orr_bench_select,
    &orr_bench_select_exact,
    &orr_bench_detect_opencv,
    &orr_bench_detect_gemm_floor,
    &orr_bench_detect_train,
};
enum { BENCH_COUNT = sizeof BENCHES / sizeof *BENCHES, MAX_REPETITIONS = 101 };
/* Two runs on one machine differ by up to a third; a ratio below this part of what it was is worth a look. */
static const double WORSE = 0.75;

/* One row of the report. Figures are NaN where there is none. */
struct row {
    const char *name, *config, *peer_name, *unit, *note;
    int threads;
    double ours, peer, ratio, ours_rss_mb, peer_rss_mb, before; /* before: median ratio of the history */
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

enum column { NAME, CONFIG, THREADS, OURS, PEER, PEER_NAME, UNIT, RATIO, OURS_RSS, PEER_RSS, BEFORE, WHEN, VERSION, COLUMNS };
static const struct {
    const char *name;
    enum orr_cell_kind kind;
} COLUMN[COLUMNS] = {
    [NAME] = {"name", ORR_CELL_TEXT},           [CONFIG] = {"config", ORR_CELL_TEXT},
    [THREADS] = {"threads", ORR_CELL_INTEGER},  [OURS] = {"ours", ORR_CELL_NUMBER},
    [PEER] = {"peer", ORR_CELL_NUMBER},         [PEER_NAME] = {"peer_name", ORR_CELL_TEXT},
    [UNIT] = {"unit", ORR_CELL_TEXT},           [RATIO] = {"ratio", ORR_CELL_NUMBER},
    [OURS_RSS] = {"ours_rss_mb", ORR_CELL_NUMBER}, [PEER_RSS] = {"peer_rss_mb", ORR_CELL_NUMBER},
    [BEFORE] = {"before", ORR_CELL_NUMBER},     [WHEN] = {"when", ORR_CELL_TEXT},
    [VERSION] = {"version", ORR_CELL_TEXT},
};

enum audience { SCRIPTS, PEOPLE, HISTORY };

static bool is_for(enum column c, enum audience a)
{
    return c < BEFORE || (c == BEFORE ? a == PEOPLE : a == HISTORY);
}

/* The rows as a table; `when` is the time of the run, for the history. */
static void make_table(const struct orr_bench_report *report, enum audience audience, const char *when, struct orr_table *t)
{
    size_t columns = 0;
    for (int c = 0; c < COLUMNS; c++) columns += is_for(c, audience);
    orr_table_init(t, report->rows.len, columns);
    for (int c = 0, at = -1; c < COLUMNS; c++) {
        if (!is_for(c, audience)) continue;
        orr_table_column(t, (size_t)++at, COLUMN[c].name, COLUMN[c].kind);
        for (size_t i = 0; i < t->rows; i++) {
            const struct row *r = &report->rows.data[i];
            const double number[COLUMNS] = {[THREADS] = r->threads, [OURS] = r->ours, [PEER] = r->peer, [RATIO] = r->ratio,
                                            [OURS_RSS] = r->ours_rss_mb, [PEER_RSS] = r->peer_rss_mb, [BEFORE] = r->before};
            const char *const text[COLUMNS] = {[NAME] = r->name, [CONFIG] = r->config, [PEER_NAME] = r->peer_name,
                                               [UNIT] = r->unit, [WHEN] = when, [VERSION] = ORR_VERSION};
            if (COLUMN[c].kind == ORR_CELL_TEXT)
                orr_table_set_text(t, i, (size_t)at, text[c]);
            else
                orr_table_set_number(t, i, (size_t)at, number[c]);
        }
    }
}

static void print_rows(const struct orr_bench_report *report)
{
    struct orr_table t = {0};
    struct orr_str s = {0};
    make_table(report, report->json ? SCRIPTS : PEOPLE, NULL, &t);
    orr_table_print(&t, report->json ? ORR_TABLE_JSON : ORR_TABLE_TEXT, 0, &s);
    fputs(orr_str_c(&s), stdout);
    orr_str_free(&s);
    orr_table_free(&t);
}

/* Sets what the rows were before, says which have got worse, and appends them. */
static void keep_history(struct orr_bench_report *report, const char *self)
{
    char path[4096], when[32];
    const char *slash = strrchr(self, '/');
    snprintf(path, sizeof path, "%.*sbench-history.csv", slash ? (int)(slash + 1 - self) : 0, self);
    struct orr_bench_history *h = orr_bench_history_read(path);
    for (size_t i = 0; i < report->rows.len; i++) {
        struct row *r = &report->rows.data[i];
        r->before = orr_bench_history_ratio(h, r->name, r->config, r->unit, r->threads);
        if (r->ratio < WORSE * r->before)
            fprintf(stderr, "orrery-bench: %s (%s): worse than before: ratio %.3g, was %.3g\n", r->name, r->config, r->ratio,
                    r->before);
    }
    orr_bench_history_free(h);
    const time_t now = time(NULL);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    struct orr_table t = {0};
    make_table(report, HISTORY, when, &t);
    if (!orr_bench_history_append(path, &t)) fprintf(stderr, "orrery-bench: no history kept: cannot write %s\n", path);
    orr_table_free(&t);
}

static int usage(FILE *to, int code)
{
    fprintf(to, "usage: orrery-bench [NAME...] [--json]\nratio > 1: Orrery is better; every figure is a median of 5 "
                "runs or more, ours and the peer's in turn.\nbefore: the median ratio of earlier runs, kept in "
                "bench-history.csv beside the program.\n");
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
    if (argc == 4 && !strcmp(argv[1], ORR_BENCH_STEPS)) return orr_bench_steps(argv[2], atoi(argv[3]));
    find_orrery(argv[0]);
    if (!access("../shared/peers", R_OK)) setenv("ORRERY_PEERS", "../shared/peers", 0);
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

    keep_history(&report, argv[0]);
    print_rows(&report);
    bool failed = false;
    for (size_t i = 0; i < report.rows.len; i++) failed |= isnan(report.rows.data[i].ours);
    free(report.rows.data);
    orr_arena_free(&report.arena);
    if (*scratch) nftw(scratch, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
