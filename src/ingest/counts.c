/* Tables of counts: how often something was downloaded, fine-tuned, installed. Three layouts, told by the header:
 *
 *   wide by age:  model,0-month,1-month,...   one run per row; counts are cumulative since release; step = age
 *   wide by date: model,2024-07-02,...        one run per row; counts are cumulative; step = periods since the last date
 *                                             at which nothing had been counted yet (0 there), else since the first date
 *   long:         name,month,download_count   one run per name; counts are per period and are summed up here; step 1 is
 *                                             the first period with a count
 *
 * Every run gets project "adoption", the file's name as group, one series "count" (cumulative) and the configuration
 * "period" (day, week, month) and "table" (folder/file); further columns become configuration. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/number.h"
#include "base/str.h"
#include "base/vec.h"
#include "ingest/columns.h"
#include "ingest/format.h"
#include "ingest/params.h"

enum {
    MIN_PERIODS = 3,       /* columns of a wide table */
    MAX_ROWS = 20000000,   /* of a long table: it is sorted in memory, 24 bytes a row */
    TICK_ROWS = 4096,
};

enum layout { NONE, BY_AGE, BY_DATE, LONG };

struct shape {
    enum layout layout;
    const char *period;      /* "day", "week", "month" */
    size_t name, time, count; /* columns; time and count in long tables only */
};

struct table {
    struct orr_ingest *in;
    struct orr_sink *sink;
    struct orr_error *err;
    struct shape shape;
    const char **names;      /* of the columns */
    size_t n_columns;
    int64_t *step;           /* [n_columns] BY_AGE: age; else days since 1970; INT64_MIN: not a count */
    char group[256], label[320];
    struct orr_str scratch;
    struct orr_arena arena;
};

/* ---- header ---- */

/* "12-month" -> 12, "month". */
static const char *age_of(struct orr_csv_cell c, int64_t *age)
{
    static const char *const periods[] = {"day", "week", "month", "year", NULL};
    const char *const dash = memchr(c.text, '-', c.n);
    if (!dash || dash == c.text || !orr_parse_int64(c.text, (size_t)(dash - c.text), age) || *age < 0) return NULL;
    const size_t n = c.n - (size_t)(dash + 1 - c.text);
    for (const char *const *p = periods; *p; p++)
        if (strlen(*p) == n && strncasecmp(*p, dash + 1, n) == 0) return *p;
    return NULL;
}

static bool date_of(struct orr_csv_cell c, int64_t *day)
{
    double t;
    if (!orr_parse_iso_time(c.text, c.n, &t)) return false;
    *day = (int64_t)floor(t / 86400);
    return true;
}

static bool is_one_of(struct orr_csv_cell c, const char *const *names)
{
    for (; *names; names++)
        if (strlen(*names) == c.n && strncasecmp(*names, c.text, c.n) == 0) return true;
    return false;
}

static bool ends_in_count(struct orr_csv_cell c)
{
    static const char *const tails[] = {"count", "counts", "downloads", "installs", "stars", "users", NULL};
    for (const char *const *t = tails; *t; t++) {
        const size_t n = strlen(*t);
        if (c.n >= n && strncasecmp(c.text + c.n - n, *t, n) == 0) return true;
    }
    return false;
}

static struct shape shape_of(const struct orr_csv_row *row)
{
    static const char *const things[] = {"name", "model", "package", "project", "repo", "repository", "id", "item", NULL};
    static const char *const times[] = {"month", "week", "day", "date", NULL};
    struct shape s = {NONE, NULL, row->n, row->n, row->n};
    size_t ages = 0, dates = 0;
    int64_t x, first = 0, last = 0;
    for (size_t i = 0; i < row->n; i++) {
        const struct orr_csv_cell c = orr_csv_trim(row->cells[i]);
        const char *const period = age_of(c, &x);
        if (period) {
            s.period = period;
            ages++;
        } else if (date_of(c, &x)) {
            if (dates++ == 0) first = x;
            last = x;
        } else if (s.name == row->n && is_one_of(c, things)) {
            s.name = i;
        } else if (s.time == row->n && is_one_of(c, times)) {
            s.time = i;
            s.period = c.n == 4 && (*c.text == 'd' || *c.text == 'D') ? "day" : *c.text == 'm' || *c.text == 'M' ? "month"
                       : *c.text == 'w' || *c.text == 'W'             ? "week"
                                                                      : "day";
        } else if (s.count == row->n && ends_in_count(c)) {
            s.count = i;
        }
    }
    if (s.name == row->n && ages + dates >= MIN_PERIODS) s.name = 0;
    if (ages >= MIN_PERIODS) {
        s.layout = BY_AGE;
    } else if (dates >= MIN_PERIODS) {
        const double spacing = (double)(last - first) / (double)(dates - 1);
        s.layout = BY_DATE;
        s.period = spacing < 3.5 ? "day" : spacing < 15 ? "week" : "month";
    } else if (s.name < row->n && s.time < row->n && s.count < row->n) {
        s.layout = LONG;
    }
    return s;
}

static void keep_header(struct table *t, const struct orr_csv_row *row)
{
    t->n_columns = row->n;
    t->names = orr_arena_zalloc(&t->arena, row->n, sizeof *t->names);
    t->step = orr_arena_zalloc(&t->arena, row->n, sizeof *t->step);
    for (size_t i = 0; i < row->n; i++) {
        const struct orr_csv_cell c = orr_csv_trim(row->cells[i]);
        t->names[i] = orr_arena_strndup(&t->arena, c.text, c.n);
        t->step[i] = INT64_MIN;
        int64_t x;
        if (t->shape.layout == BY_AGE && age_of(c, &x)) t->step[i] = x;
        if (t->shape.layout == BY_DATE && date_of(c, &x)) t->step[i] = x;
    }
    /* "…/finetune/IBM.csv": group "IBM", table "finetune/IBM" */
    const char *const slash = strrchr(t->in->path, '/'), *const base = slash ? slash + 1 : t->in->path;
    const char *const dot = strrchr(base, '.');
    snprintf(t->group, sizeof t->group, "%.*s", (int)(dot ? dot - base : (ptrdiff_t)strlen(base)), base);
    const char *folder = slash;
    while (folder && folder > t->in->path && folder[-1] != '/') folder--;
    snprintf(t->label, sizeof t->label, "%.*s%s", folder ? (int)(slash + 1 - folder) : 0, folder ? folder : "", t->group);
}

/* ---- runs ---- */

static enum orr_status open_run(struct table *t, const char *name, double started, uint32_t *run, uint32_t *series)
{
    struct orr_str key = {0};
    orr_str_printf(&key, "%s:%s", t->in->run_key, name);
    const struct orr_run_meta meta = {.key = key.data, .name = name, .project = "adoption", .group = t->group,
                                      .started = started, .ended = NAN};
    enum orr_status s = orr_sink_run(t->sink, &meta, run, t->err);
    if (s == ORR_OK) s = orr_params_text(t->sink, *run, "period", t->shape.period, t->err);
    if (s == ORR_OK) s = orr_sink_config(t->sink, *run, "table", ORR_VALUE_TEXT, t->label, t->err);
    if (s == ORR_OK) s = orr_sink_series(t->sink, *run, "count", 5, series, t->err);
    orr_str_free(&key);
    return s;
}

/* ---- wide tables ---- */

/* Steps of a row by date: 0 is the last date at which nothing had been counted, so that ages are comparable. */
static size_t first_counted(const struct table *t, const struct orr_csv_row *row)
{
    size_t zero = t->n_columns;
    double x;
    for (size_t i = 0; i < t->n_columns && i < row->n; i++) {
        if (t->step[i] == INT64_MIN || !orr_parse_double(row->cells[i].text, row->cells[i].n, &x)) continue;
        if (x > 0) return zero < t->n_columns ? zero : i;
        zero = i;
    }
    return t->n_columns;
}

static int64_t periods_between(const struct table *t, int64_t from, int64_t to)
{
    const double days = strcmp(t->shape.period, "day") == 0 ? 1 : strcmp(t->shape.period, "week") == 0 ? 7 : 365.25 / 12;
    return llround((double)(to - from) / days);
}

static enum orr_status put_wide_counts(struct table *t, const struct orr_csv_row *row, uint32_t series)
{
    const bool by_date = t->shape.layout == BY_DATE;
    const size_t from = by_date ? first_counted(t, row) : 0;
    enum orr_status s = ORR_OK;
    double x;
    for (size_t i = from; i < t->n_columns && i < row->n && s == ORR_OK; i++) {
        if (t->step[i] == INT64_MIN || !orr_parse_double(row->cells[i].text, row->cells[i].n, &x)) continue;
        const int64_t step = by_date ? periods_between(t, t->step[from], t->step[i]) : t->step[i];
        s = orr_sink_point(t->sink, series, step, x, by_date ? (double)t->step[i] * 86400 : (double)NAN, t->err);
    }
    return s;
}

static enum orr_status put_wide_row(struct table *t, const struct orr_csv_row *row, const char *name)
{
    uint32_t run, series;
    double started = NAN;
    for (size_t i = 0; i < t->n_columns && i < row->n; i++)
        if (strcmp(t->names[i], "created_at") == 0) orr_parse_iso_time(row->cells[i].text, row->cells[i].n, &started);
    enum orr_status s = open_run(t, name, started, &run, &series);
    for (size_t i = 0; i < t->n_columns && i < row->n && s == ORR_OK; i++) {
        const struct orr_csv_cell c = orr_csv_trim(row->cells[i]);
        if (t->step[i] != INT64_MIN || i == t->shape.name || c.n == 0 || !*t->names[i]) continue;
        orr_str_clear(&t->scratch);
        orr_str_append_n(&t->scratch, c.text, c.n);
        s = orr_params_text(t->sink, run, t->names[i], t->scratch.data, t->err);
    }
    return s ? s : put_wide_counts(t, row, series);
}

/* ---- names: each to its number, so that a second row of a name is noticed ---- */

struct names {
    ORR_VEC(const char *) text;
    ORR_VEC(uint32_t) uses;
    uint32_t *slots; /* number + 1; at most half full */
    size_t mask;
};

static void rehash(struct names *x)
{
    free(x->slots);
    x->mask = x->slots ? 2 * x->mask + 1 : 255;
    x->slots = orr_xcalloc(x->mask + 1, sizeof *x->slots);
    for (size_t i = 0; i < x->text.len; i++) {
        size_t at = (size_t)XXH3_64bits(x->text.data[i], strlen(x->text.data[i])) & x->mask;
        while (x->slots[at]) at = (at + 1) & x->mask;
        x->slots[at] = (uint32_t)i + 1;
    }
}

static uint32_t number_of(struct names *x, struct orr_arena *arena, struct orr_csv_cell c)
{
    c.n = strnlen(c.text, c.n);
    if (!x->slots || 2 * (x->text.len + 1) > x->mask) rehash(x);
    size_t at = (size_t)XXH3_64bits(c.text, c.n) & x->mask;
    for (; x->slots[at]; at = (at + 1) & x->mask) {
        const char *const known = x->text.data[x->slots[at] - 1];
        if (strlen(known) == c.n && memcmp(known, c.text, c.n) == 0) return x->slots[at] - 1;
    }
    ORR_VEC_PUSH(&x->text, orr_arena_strndup(arena, c.text, c.n));
    ORR_VEC_PUSH(&x->uses, 0);
    x->slots[at] = (uint32_t)x->text.len;
    return (uint32_t)x->text.len - 1;
}

static void free_names(struct names *x)
{
    free(x->text.data);
    free(x->uses.data);
    free(x->slots);
}

/* ---- long tables ---- */

struct count {
    uint32_t name;
    int32_t day; /* since 1970; the first of the month for months */
    double n;
};

static int by_name_and_day(const void *a, const void *b)
{
    const struct count *x = a, *y = b;
    if (x->name != y->name) return x->name < y->name ? -1 : 1;
    return (x->day > y->day) - (x->day < y->day);
}

static enum orr_status put_long(struct table *t, const struct names *names, const struct count *counts, size_t n)
{
    enum orr_status s = ORR_OK;
    uint32_t run = 0, series = 0;
    double sum = 0;
    int32_t first = 0;
    for (size_t i = 0; i < n && s == ORR_OK; i++) {
        const struct count *const c = &counts[i];
        if (i == 0 || c->name != c[-1].name) {
            sum = 0;
            first = c->day;
            s = open_run(t, names->text.data[c->name], (double)c->day * 86400, &run, &series);
        }
        sum += c->n;
        const bool last_of_day = i + 1 == n || c[1].name != c->name || c[1].day != c->day;
        if (s == ORR_OK && last_of_day)
            s = orr_sink_point(t->sink, series, 1 + periods_between(t, first, c->day), sum, (double)c->day * 86400, t->err);
        if (i % TICK_ROWS == 0 && !orr_ticker_tick(&t->in->ticker, t->in->path, "bytes", 0, 0))
            return orr_error_set(t->err, ORR_ECANCELLED, t->in->path, "cancelled");
    }
    return s;
}

/* ---- rows ---- */

static enum orr_status put_rows(struct table *t, struct orr_csv *csv)
{
    struct names names = {0};
    ORR_VEC(struct count) counts = {0};
    struct orr_csv_row row;
    enum orr_status s;
    uint64_t bad = 0;
    for (uint64_t k = 0; (s = orr_csv_next(csv, &row, t->err)) == ORR_OK; k++) {
        if (k % TICK_ROWS == 0 && !orr_ticker_tick(&t->in->ticker, t->in->path, "bytes", row.offset, 0))
            s = orr_error_set(t->err, ORR_ECANCELLED, t->in->path, "cancelled");
        if (s || (!row.terminated && t->in->follow)) break;
        if (row.n <= t->shape.name) continue;
        struct orr_csv_cell cell = orr_csv_trim(row.cells[t->shape.name]);
        if (cell.n == 0) continue;
        const uint32_t name = number_of(&names, &t->arena, cell);
        if (t->shape.layout != LONG) {
            const uint32_t use = ++names.uses.data[name];
            const char *const text = names.text.data[name];
            if ((s = put_wide_row(t, &row, use == 1 ? text : orr_arena_printf(&t->arena, "%s #%u", text, use)))) break;
            continue;
        }
        struct count c = {.name = name};
        int64_t day = 0;
        if (row.n <= t->shape.time || row.n <= t->shape.count || !date_of(orr_csv_trim(row.cells[t->shape.time]), &day) ||
            !orr_parse_double(row.cells[t->shape.count].text, row.cells[t->shape.count].n, &c.n)) {
            if (bad++ == 0)
                orr_sink_warn(t->sink, t->in->path, "line %" PRIu64 ": no date or count; such rows are left out", row.line);
            continue;
        }
        if (counts.len >= MAX_ROWS) {
            s = orr_error_set(t->err, ORR_EUNSUPPORTED, t->in->path, "more than %d rows of counts: split the file", MAX_ROWS);
            break;
        }
        c.day = (int32_t)day;
        ORR_VEC_PUSH(&counts, c);
    }
    t->in->end_offset = orr_csv_offset(csv);
    if (s == ORR_ENOTFOUND || s == ORR_OK) {
        if (counts.len) qsort(counts.data, counts.len, sizeof *counts.data, by_name_and_day);
        s = put_long(t, &names, counts.data, counts.len);
    }
    free(counts.data);
    free_names(&names);
    return s;
}

static enum orr_status counts_read(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    struct table t = {.in = in, .sink = sink, .err = err};
    struct orr_reader *r;
    struct orr_csv *csv = NULL;
    struct orr_csv_row row;
    enum orr_status s = orr_reader_open(in->path, in->buffer_size, &r, err);
    if (s) return s;
    if ((s = orr_csv_open(r, in->separator, &csv, err)) == ORR_OK && (s = orr_csv_next(csv, &row, err)) == ORR_OK) {
        t.shape = shape_of(&row);
        if (t.shape.layout == NONE) {
            s = orr_error_set(err, ORR_EFORMAT, in->path,
                              "no table of counts: expected columns 0-month,1-month,... or dates, or name,month,count");
        } else {
            keep_header(&t, &row);
            s = put_rows(&t, csv);
        }
    }
    if (s == ORR_ENOTFOUND) s = ORR_OK;
    orr_csv_close(csv);
    orr_reader_close(r);
    orr_str_free(&t.scratch);
    orr_arena_free(&t.arena);
    return s;
}

static int counts_detect(const char *path, const unsigned char *head, size_t n)
{
    if (n == 0 || memchr(head, 0, n)) return 0;
    struct orr_reader *r;
    struct orr_csv *csv = NULL;
    struct orr_csv_row row;
    int score = 0;
    if (orr_reader_open_memory(path, head, n, n, &r, NULL)) return 0;
    if (orr_csv_open(r, 0, &csv, NULL) == ORR_OK && orr_csv_next(csv, &row, NULL) == ORR_OK)
        score = shape_of(&row).layout == NONE ? 0 : 80;
    orr_csv_close(csv);
    orr_reader_close(r);
    return score;
}

const struct orr_format orr_format_counts = {
    .name = "counts",
    .summary = "tables of counts per model or package (adoption), wide by age or date, or long",
    .detect = counts_detect,
    .read = counts_read,
};
