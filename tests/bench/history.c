#include "history.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "base/vec.h"
#include "num/stats.h"

struct past {
    const char *name, *config, *unit;
    int threads;
    double ratio;
};
struct orr_bench_history {
    struct orr_arena arena;
    ORR_VEC(struct past) rows;
};

enum { NAME, CONFIG, THREADS, UNIT, RATIO, FIELDS };
static const char *const FIELD[FIELDS] = {"name", "config", "threads", "unit", "ratio"};

static bool locate(const struct orr_csv_row *header, size_t *at)
{
    for (int f = 0; f < FIELDS; f++) {
        at[f] = SIZE_MAX;
        for (size_t c = 0; c < header->n; c++)
            if (strlen(FIELD[f]) == header->cells[c].n && !memcmp(FIELD[f], header->cells[c].text, header->cells[c].n))
                at[f] = c;
        if (at[f] == SIZE_MAX) return false;
    }
    return true;
}

static void keep(struct orr_bench_history *h, const struct orr_csv_row *row, const size_t *at)
{
    double threads, ratio;
    const char *text[FIELDS] = {0};
    for (int f = 0; f < FIELDS; f++) {
        if (at[f] >= row->n) return;
        text[f] = orr_arena_strndup(&h->arena, row->cells[at[f]].text, row->cells[at[f]].n);
    }
    if (!orr_parse_double(text[THREADS], strlen(text[THREADS]), &threads) ||
        !orr_parse_double(text[RATIO], strlen(text[RATIO]), &ratio) || !isfinite(ratio))
        return;
    ORR_VEC_PUSH(&h->rows, ((struct past){text[NAME], text[CONFIG], text[UNIT], (int)threads, ratio}));
}

struct orr_bench_history *orr_bench_history_read(const char *path)
{
    struct orr_bench_history *h = orr_xcalloc(1, sizeof *h);
    struct orr_reader *reader = NULL;
    struct orr_csv *csv = NULL;
    struct orr_csv_row row;
    size_t at[FIELDS];
    if (!orr_reader_open(path, 0, &reader, NULL) && !orr_csv_open(reader, ',', &csv, NULL) && !orr_csv_next(csv, &row, NULL) &&
        locate(&row, at))
        while (!orr_csv_next(csv, &row, NULL)) keep(h, &row, at);
    orr_csv_close(csv);
    orr_reader_close(reader);
    return h;
}

void orr_bench_history_free(struct orr_bench_history *h)
{
    if (!h) return;
    free(h->rows.data);
    orr_arena_free(&h->arena);
    free(h);
}

double orr_bench_history_ratio(const struct orr_bench_history *h, const char *name, const char *config, const char *unit,
                               int threads)
{
    double *x = orr_xcalloc(h->rows.len + 1, sizeof *x);
    size_t n = 0;
    for (size_t i = 0; i < h->rows.len; i++) {
        const struct past *p = &h->rows.data[i];
        if (p->threads == threads && !strcmp(p->name, name) && !strcmp(p->config, config) && !strcmp(p->unit, unit))
            x[n++] = p->ratio;
    }
    const double m = orr_stats_median(x, n);
    free(x);
    return m;
}

bool orr_bench_history_append(const char *path, const struct orr_table *t)
{
    FILE *f = fopen(path, "ae");
    if (!f) return false;
    struct orr_str s = {0};
    orr_table_print(t, ORR_TABLE_CSV, 0, &s);
    const char *rows = strchr(orr_str_c(&s), '\n');
    fputs(ftell(f) > 0 && rows ? rows + 1 : orr_str_c(&s), f);
    orr_str_free(&s);
    return fclose(f) == 0;
}
