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

extern const struct orr_bench orr_bench_import;
extern const struct orr_bench orr_bench_import_csv;
extern const struct orr_bench orr_bench_number;
extern const struct orr_bench orr_bench_adoption;
extern const struct orr_bench orr_bench_mlp;
extern const struct orr_bench orr_bench_cnn;
extern const struct orr_bench orr_bench_transformer;
extern const struct orr_bench orr_bench_gru;
extern const struct orr_bench orr_bench_neural_ode;
extern const struct orr_bench orr_bench_tiny;

static const struct orr_bench *const BENCHES[] = {
    &orr_bench_import,
    &orr_bench_import_csv,
    &orr_bench_number,
    &orr_bench_adoption,
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

enum column { NAME, CONFIG, THREADS, OURS, PEER, PEER_NAME, UNIT, RATIO, OURS_RSS, PEER_RSS, WHEN, VERSION, COLUMNS };
static const struct {
    const char *name;
    enum orr_cell_kind kind;
} COLUMN[COLUMNS] = {
    [NAME] = {"name", ORR_CELL_TEXT},           [CONFIG] = {"config", ORR_CELL_TEXT},
    [THREADS] = {"threads", ORR_CELL_INTEGER},  [OURS] = {"ours", ORR_CELL_NUMBER},
    [PEER] = {"peer", ORR_CELL_NUMBER},         [PEER_NAME] = {"peer_name", ORR_CELL_TEXT},
    [UNIT] = {"unit", ORR_CELL_TEXT},           [RATIO] = {"ratio", ORR_CELL_NUMBER},
    [OURS_RSS] = {"ours_rss_mb", ORR_CELL_NUMBER}, [PEER_RSS] = {"peer_rss_mb", ORR_CELL_NUMBER},
    [WHEN] = {"when", ORR_CELL_TEXT},           [VERSION] = {"version", ORR_CELL_TEXT},
};

/* The rows as a table; with `when` (NULL: without) the two columns of the history. */
static void make_table(const struct orr_bench_report *report, const char *when, struct orr_table *t)
{
    orr_table_init(t, report->rows.len, when ? COLUMNS : WHEN);
    for (size_t c = 0; c < t->columns; c++) orr_table_column(t, c, COLUMN[c].name, COLUMN[c].kind);
    for (size_t i = 0; i < t->rows; i++) {
        const struct row *r = &report->rows.data[i];
        orr_table_set_text(t, i, NAME, r->name);
        orr_table_set_text(t, i, CONFIG, r->config);
        orr_table_set_number(t, i, THREADS, r->threads);
        orr_table_set_number(t, i, OURS, r->ours);
        orr_table_set_number(t, i, PEER, r->peer);
        orr_table_set_text(t, i, PEER_NAME, r->peer_name);
        orr_table_set_text(t, i, UNIT, r->unit);
        orr_table_set_number(t, i, RATIO, r->ratio);
        orr_table_set_number(t, i, OURS_RSS, r->ours_rss_mb);
        orr_table_set_number(t, i, PEER_RSS, r->peer_rss_mb);
        if (!when) continue;
        orr_table_set_text(t, i, WHEN, when);
        orr_table_set_text(t, i, VERSION, ORR_VERSION);
    }
}

static void print_rows(const struct orr_bench_report *report, enum orr_table_format format)
{
    struct orr_table t = {0};
    struct orr_str s = {0};
    make_table(report, NULL, &t);
    orr_table_print(&t, format, 0, &s);
    fputs(orr_str_c(&s), stdout);
    orr_str_free(&s);
    orr_table_free(&t);
}

/* Appends the rows, with the time, to bench-history.csv beside the program: the figures of every run so far. */
static void keep_history(const struct orr_bench_report *report, const char *self)
{
    char path[4096], when[32];
    const char *slash = strrchr(self, '/');
    snprintf(path, sizeof path, "%.*sbench-history.csv", slash ? (int)(slash + 1 - self) : 0, self);
    FILE *f = fopen(path, "ae");
    if (!f) {
        fprintf(stderr, "orrery-bench: no history kept: cannot write %s\n", path);
        return;
    }
    const time_t now = time(NULL);
    struct orr_table t = {0};
    struct orr_str s = {0};
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    make_table(report, when, &t);
    orr_table_print(&t, ORR_TABLE_CSV, 0, &s);
    const char *rows = strchr(orr_str_c(&s), '\n'); /* the header only at the top of the file */
    fputs(ftell(f) > 0 && rows ? rows + 1 : orr_str_c(&s), f);
    orr_str_free(&s);
    orr_table_free(&t);
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

    print_rows(&report, report.json ? ORR_TABLE_JSON : ORR_TABLE_TEXT);
    keep_history(&report, argv[0]);
    bool failed = false;
    for (size_t i = 0; i < report.rows.len; i++) failed |= isnan(report.rows.data[i].ours);
    free(report.rows.data);
    orr_arena_free(&report.arena);
    if (*scratch) nftw(scratch, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
