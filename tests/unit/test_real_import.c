/* All of $REAL into a store: counts per format against counts made here by other means, the same YOLOv5 runs from CSV
 * and from event files, and a second import that adds nothing. */
#include "suite.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_store.h"
#include "app/import.h"

static struct aid_store a;
static struct orr_error err;

static struct orr_import_result import_real(const char *real)
{
    struct orr_app app = {.store = a.store, .store_path = a.path};
    const struct orr_import_options o = {0};
    struct orr_import_result r;
    aid_ok(orr_app_import(&app, &real, 1, &o, NULL, &r, &err), &err);
    return r;
}

static const struct orr_import_row *row_of(const struct orr_import_result *r, const char *format)
{
    for (size_t i = 0; i < r->n_rows; i++)
        if (strcmp(r->rows[i].format, format) == 0) return &r->rows[i];
    ck_abort_msg("nothing of format %s", format);
}

/* ---- counts by other means ---- */

static struct {
    size_t lightning_files, finetune_rows;
    int64_t lightning_cells; /* that hold something, steps aside */
} seen;

static void count_lightning(FILE *f)
{
    char line[4096];
    int step = -1;
    for (int row = 0; fgets(line, sizeof line, f); row++) {
        int column = 0;
        line[strcspn(line, "\r\n")] = '\0';
        for (char *p = line, *cell; (cell = strsep(&p, ",")); column++) {
            if (row == 0 && strcmp(cell, "step") == 0) step = column;
            if (row > 0 && column != step && *cell) seen.lightning_cells++;
        }
    }
    seen.lightning_files++;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (type != FTW_F || !orr_ends_with(path, ".csv")) return 0;
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    if (strstr(path, "/lightning_mlpws/")) count_lightning(f);
    if (strstr(path, "/finetune/")) {
        char line[8192];
        for (int row = 0; fgets(line, sizeof line, f); row++) seen.finetune_rows += row > 0;
    }
    fclose(f);
    return 0;
}

START_TEST(counts_are_those_of_the_files_and_a_second_import_adds_nothing)
{
    const char *real = getenv("REAL");
    if (!real) {
        puts("REAL is not set: nothing compared");
        return;
    }
    a = aid_store_new();
    seen.lightning_files = seen.finetune_rows = 0;
    seen.lightning_cells = 0;
    nftw(real, visit, 16, FTW_PHYS);
    struct orr_import_result r = import_real(real);
    ck_assert(!r.partial);
    ck_assert_uint_eq(r.companions, seen.lightning_files); /* each has its hparams.yaml */
    ck_assert_uint_gt(row_of(&r, "lcdb")->runs, 28);
    ck_assert_uint_eq(row_of(&r, "hf-trainer")->runs, row_of(&r, "hf-trainer")->files);
    ck_assert_uint_eq(row_of(&r, "mlflow")->points, 2);
    orr_import_result_free(&r);

    struct orr_run_list l;
    size_t lightning = 0, finetune = 0;
    int64_t points = 0;
    aid_ok(orr_store_runs(a.store, &l, &err), &err);
    for (size_t i = 0; i < l.n; i++) {
        if (strstr(l.runs[i].key, "/lightning_mlpws/")) lightning++, points += l.runs[i].point_count;
        finetune += strstr(l.runs[i].key, "/finetune/") != NULL;
        ck_assert_msg(l.runs[i].name[0], "%s has no name", l.runs[i].key);
    }
    orr_run_list_free(&l);
    ck_assert_uint_eq(lightning, seen.lightning_files);
    ck_assert_int_eq(points, seen.lightning_cells);
    ck_assert_uint_eq(finetune, seen.finetune_rows);

    const int64_t before = orr_store_change_counter(a.store);
    r = import_real(real);
    ck_assert_uint_eq(r.total.points, 0);
    ck_assert_uint_eq(r.total.files, 0);
    orr_import_result_free(&r);
    ck_assert_int_eq(orr_store_change_counter(a.store), before);
    aid_store_end(&a);
}
END_TEST

/* ---- YOLOv5: the same runs in two formats ---- */

static double *read_all(const struct orr_series *s, int64_t **step)
{
    size_t n;
    double *value = malloc((size_t)s->n * sizeof *value);
    *step = malloc((size_t)s->n * sizeof **step);
    aid_ok(orr_store_points(a.store, s->id, 0, (size_t)s->n, *step, value, NULL, &n, &err), &err);
    ck_assert_int_eq((int64_t)n, s->n);
    return value;
}

/* Values of shared steps; returns how many were compared. */
static size_t compare(const struct orr_series *csv, const struct orr_series *events, const char *name)
{
    int64_t *step[2];
    double *value[2] = {read_all(csv, &step[0]), read_all(events, &step[1])};
    size_t compared = 0;
    for (int64_t i = 0, k = 0; i < csv->n; i++) {
        while (k < events->n && step[1][k] < step[0][i]) k++;
        if (k == events->n || step[1][k] != step[0][i]) continue;
        const double x = value[0][i], y = value[1][k];
        /* cells are printed with five digits */
        ck_assert_msg(fabs(x - y) <= 5e-5 * fabs(y) + 1e-12, "%s at %lld: %.9g and %.9g", name, (long long)step[0][i], x, y);
        compared++;
    }
    for (int i = 0; i < 2; i++) {
        free(step[i]);
        free(value[i]);
    }
    return compared;
}

START_TEST(yolo_runs_agree_between_csv_and_event_files)
{
    static const char *const stems[] = {"yolov5_runs_train_exp_64e_20bs", "yolov5_runs_train_exp_150e_20bs", "exp_10b_600e"};
    const char *real = getenv("REAL");
    char folder[512];
    if (!real) {
        puts("REAL is not set: nothing compared");
        return;
    }
    a = aid_store_new();
    snprintf(folder, sizeof folder, "%s/yolo_runs", real);
    struct orr_import_result r = import_real(folder);
    ck_assert_uint_eq(r.total.runs, 6);
    orr_import_result_free(&r);
    struct orr_run_list l;
    aid_ok(orr_store_runs(a.store, &l, &err), &err);
    for (size_t k = 0; k < 3; k++) {
        int64_t csv = 0, events = 0;
        char tail[128];
        for (size_t i = 0; i < l.n; i++) {
            snprintf(tail, sizeof tail, "/%s_results.csv", stems[k]);
            if (orr_ends_with(l.runs[i].key, tail)) csv = l.runs[i].id;
            snprintf(tail, sizeof tail, "/%s", stems[k]);
            if (orr_ends_with(l.runs[i].key, tail)) events = l.runs[i].id;
        }
        struct orr_series_list series;
        size_t tags = 0;
        aid_ok(orr_store_series(a.store, csv, &series, &err), &err);
        for (size_t i = 0; i < series.n; i++) {
            struct orr_series other;
            if (orr_store_series_find(a.store, events, series.series[i].name, &other, &err)) continue;
            ck_assert_uint_gt(compare(&series.series[i], &other, series.series[i].name), 50);
            tags++;
        }
        ck_assert_uint_ge(tags, 10);
        orr_series_list_free(&series);
    }
    orr_run_list_free(&l);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("real_import", counts_are_those_of_the_files_and_a_second_import_adds_nothing,
          yolo_runs_agree_between_csv_and_event_files)
