/* One CSV of metrics into a store, against the import of sqlite3 into a table of the same columns. The file is synthetic:
 * a falling loss with noise, validation every thousandth row, as trainers write it. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include <orrery/rng.h>

enum { ROWS = 1000000, VALID_EVERY = 1000 };

struct files {
    char csv[256], store[256], table[256];
};

static bool write_csv(const char *path)
{
    FILE *f = fopen(path, "w");
    struct orr_rng rng;
    double clock = 0;
    if (!f) return false;
    orr_rng_seed(&rng, 1, 0);
    fputs("step,epoch,train/loss,val/loss,val/accuracy,lr,time\n", f);
    for (int i = 0; i < ROWS; i++) {
        const double loss = 0.5 + 3 / (1 + i * 1e-4) * (1 + 0.1 * orr_rng_uniform(&rng));
        clock += 0.03 + 0.01 * orr_rng_uniform(&rng);
        fprintf(f, "%d,%d,%.6g,", i, i / VALID_EVERY, loss);
        if (i % VALID_EVERY == VALID_EVERY - 1)
            fprintf(f, "%.6g,%.4f", loss * 1.1, 1 / (1 + loss));
        else
            fputc(',', f);
        fprintf(f, ",%.5g,%.3f\n", 1e-3 / (1 + i * 1e-6), clock);
    }
    return fclose(f) == 0;
}

static void remove_database(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char file[300];
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        remove(file);
    }
}

static bool ours(void *ctx, struct orr_bench_sample *out)
{
    const struct files *f = ctx;
    struct orr_str text = {0};
    const char *const argv[] = {orr_bench_orrery(), "import", "--store", f->store, "--json", f->csv, NULL};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    char points[32];
    snprintf(points, sizeof points, "\"points\":%d", 4 * ROWS + 2 * (ROWS / VALID_EVERY));
    remove_database(f->store);
    const bool ok = orr_bench_run(&child) && strstr(orr_str_c(&text), points);
    orr_str_free(&text);
    out->value = ROWS / child.seconds;
    out->rss_mb = child.rss_mb;
    return ok;
}

static bool peer(void *ctx, struct orr_bench_sample *out)
{
    const struct files *f = ctx;
    struct orr_str import = {0}, text = {0};
    orr_str_printf(&import, ".import --csv --skip 1 %s m", f->csv);
    const char *const argv[] = {"sqlite3", f->table,
                                "CREATE TABLE m(step INTEGER, epoch INTEGER, train REAL, val REAL, acc REAL, lr REAL, time REAL)",
                                import.data, "SELECT count(*) FROM m", NULL};
    struct orr_bench_child child = {.argv = argv, .captured = &text};
    char rows[32];
    snprintf(rows, sizeof rows, "%d\n", ROWS);
    remove_database(f->table);
    const bool ok = orr_bench_run(&child) && strcmp(orr_str_c(&text), rows) == 0;
    orr_str_free(&import);
    orr_str_free(&text);
    out->value = ROWS / child.seconds;
    out->rss_mb = child.rss_mb;
    return ok;
}

static void run(struct orr_bench_report *report)
{
    struct files f;
    snprintf(f.csv, sizeof f.csv, "%s/metrics.csv", orr_bench_scratch());
    snprintf(f.store, sizeof f.store, "%s/csv.db", orr_bench_scratch());
    snprintf(f.table, sizeof f.table, "%s/table.db", orr_bench_scratch());
    if (!write_csv(f.csv)) {
        perror(f.csv);
        return;
    }
    const struct orr_bench_case c = {.name = "import_csv", .config = "1M rows x 7 columns, into a store; peer into a table",
                                     .threads = 1, .unit = "rows/s", .peer_name = "sqlite3 .import",
                                     .peer_missing = orr_bench_have("sqlite3") ? NULL : "no sqlite3",
                                     .ours = ours, .peer = peer, .ctx = &f};
    orr_bench_compare(report, &c);
    remove_database(f.store);
    remove_database(f.table);
    remove(f.csv);
}

const struct orr_bench orr_bench_import_csv = {"import_csv", "a CSV of metrics, against sqlite3 .import", run};
