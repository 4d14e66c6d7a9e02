/* Every tag of every event file under $REAL against tfevents_golden.csv, which an independent parser made: as the
 * importer gives it, and as the store holds it. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_sink.h"
#include "aid_store.h"
#include "app/import.h"
#include "base/number.h"

struct golden {
    FILE *f;
    char line[4096];
    const char *file, *tag;
    int64_t n, first_step, last_step;
    double first, last;
};

static double number(const char *s)
{
    double x = NAN;
    ck_assert_msg(orr_parse_double(s, strlen(s), &x), "%s", s);
    return x;
}

/* False, with a note, where there is no real data. */
static bool golden_open(struct golden *g)
{
    const char *real = getenv("REAL");
    if (!real) {
        puts("REAL is not set: nothing compared");
        return false;
    }
    char path[2048];
    snprintf(path, sizeof path, "%s/tfevents_golden.csv", real);
    g->f = fopen(path, "r");
    ck_assert_ptr_nonnull(g->f);
    ck_assert_ptr_nonnull(fgets(g->line, sizeof g->line, g->f)); /* heading */
    return true;
}

static bool golden_next(struct golden *g)
{
    char *field[8], *p = g->line;
    if (!fgets(g->line, sizeof g->line, g->f)) return false;
    for (int i = 0; i < 8; i++) ck_assert_ptr_nonnull(field[i] = strsep(&p, ",\n"));
    g->file = field[0];
    g->tag = field[1];
    g->n = (int64_t)number(field[3]);
    g->first_step = (int64_t)number(field[4]);
    g->last_step = (int64_t)number(field[5]);
    g->first = number(field[6]);
    g->last = number(field[7]);
    return true;
}

static void import_file(struct aid_sink *sink, const char *file)
{
    char path[2048];
    snprintf(path, sizeof path, "%s/%s", getenv("REAL"), file);
    ck_assert_ptr_eq(orr_format_detect(path), &orr_format_tensorboard);
    struct orr_ingest in = {.path = path, .run_key = "r"};
    struct orr_error err;
    aid_sink_open(sink, 0);
    ck_assert_int_eq(aid_sink_import(sink, &orr_format_tensorboard, &in, &err), ORR_OK);
    ck_assert(!in.incomplete);
    free(in.state);
}

START_TEST(the_importer_gives_every_tag_as_the_golden_file_has_it_and_no_other)
{
    struct golden g;
    struct aid_sink sink;
    char current[1024] = "";
    size_t rows = 0, files = 0, seen = 0;
    if (!golden_open(&g)) return;
    while (golden_next(&g)) {
        if (strcmp(g.file, current) != 0) {
            if (files++) {
                ck_assert_msg(seen == sink.series.len, "%s: tags that are not golden", current);
                aid_sink_close(&sink);
            }
            snprintf(current, sizeof current, "%s", g.file);
            import_file(&sink, current);
            seen = 0;
        }
        const struct aid_series *s = aid_sink_series(&sink, "r", g.tag);
        ck_assert_msg(s && (int64_t)s->step.len == g.n, "%s: %s", g.file, g.tag);
        ck_assert_int_eq(s->step.data[0], g.first_step);
        ck_assert_int_eq(s->step.data[g.n - 1], g.last_step);
        ck_assert_msg(s->value.data[0] == g.first && s->value.data[g.n - 1] == g.last, "%s: %s", g.file, g.tag);
        ck_assert(!isnan(s->wall.data[0]));
        rows++;
        seen++;
    }
    fclose(g.f);
    ck_assert_uint_gt(files, 0);
    aid_sink_close(&sink);
    printf("%zu tags of %zu event files agree with the golden file\n", rows, files);
}
END_TEST

/* The run of an event file: its key is the canonical path's part. */
static int64_t run_of(const struct orr_run_list *runs, const char *file)
{
    char path[2048];
    snprintf(path, sizeof path, "/%s", file);
    path[orr_format_tensorboard.run_part(path)] = '\0';
    for (size_t i = 0; i < runs->n; i++)
        if (orr_ends_with(runs->runs[i].key, path)) return runs->runs[i].id;
    ck_abort_msg("no run for %s", file);
}

START_TEST(the_store_holds_every_tag_as_the_golden_file_has_it)
{
    struct golden g;
    struct orr_error err;
    struct orr_import_result result;
    struct orr_run_list runs;
    size_t rows = 0;
    if (!golden_open(&g)) return;
    struct aid_store a = aid_store_new();
    struct orr_app app = {.store = a.store, .store_path = a.path};
    const char *real = getenv("REAL");
    const struct orr_import_options options = {.format = NULL};
    aid_ok(orr_app_import(&app, &real, 1, &options, NULL, &result, &err), &err);
    aid_ok(orr_store_runs(a.store, &runs, &err), &err);
    for (; golden_next(&g); rows++) {
        struct orr_series s;
        double value[2];
        size_t n;
        aid_ok(orr_store_series_find(a.store, run_of(&runs, g.file), g.tag, &s, &err), &err);
        ck_assert_int_eq(s.n, g.n);
        ck_assert_int_eq(s.first_step, g.first_step);
        ck_assert_int_eq(s.last_step, g.last_step);
        for (int k = 0; k < 2; k++)
            aid_ok(orr_store_points(a.store, s.id, k ? s.n - 1 : 0, 1, NULL, &value[k], NULL, &n, &err), &err);
        ck_assert_msg(value[0] == g.first && value[1] == g.last, "%s: %s", g.file, g.tag);
    }
    fclose(g.f);
    for (size_t i = 0; i < result.n_rows; i++)
        if (strcmp(result.rows[i].format, "tensorboard") == 0) ck_assert_uint_eq(result.rows[i].series, rows);
    printf("%zu tags in the store agree with the golden file\n", rows);
    orr_run_list_free(&runs);
    orr_import_result_free(&result);
    aid_store_end(&a);
}
END_TEST

ORR_SUITE("real_tensorboard", the_importer_gives_every_tag_as_the_golden_file_has_it_and_no_other,
          the_store_holds_every_tag_as_the_golden_file_has_it)
