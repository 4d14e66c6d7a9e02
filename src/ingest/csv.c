/* Metrics in CSV files: Lightning, Keras, YOLOv5 and whatever has one column per metric.
 *
 * The header tells what a column is: a counter of steps (columns.h), an identity of the run, a time. Every other
 * column becomes a series when its first value is a number, and configuration when it is text that never changes.
 * Without a counter the row number is the step. */
#include "base/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "ingest/columns.h"
#include "ingest/format.h"
#include "ingest/params.h"

enum {
    TICK_BYTES = 1 << 20,
    MAX_WARNINGS = 5, /* of one kind and file; the rest is counted */
    MAX_ARRAY = 64,   /* elements of an array in one cell */
};

/* One letter each: they are kept as the resume state. */
enum role {
    UNDECIDED = '?', /* no value seen yet */
    STEP = 's',
    RUN = 'r',
    TIME = 't',      /* Unix seconds */
    CLOCK = 'c',     /* ISO date and time */
    VALUE = 'v',
    ARRAY = 'a',
    TEXT = 'x',
    VARYING = 'y',   /* text that changed: neither a series nor configuration */
};

struct column {
    const char *name;
    char role;
    bool known;       /* `series` is valid for the current run */
    uint32_t series;
    const char *text; /* TEXT: its first value */
};

struct metrics {
    struct orr_ingest *in;
    struct orr_sink *sink;
    struct orr_error *err;
    struct orr_csv *csv;
    struct column *columns;
    size_t n_columns;
    size_t step_column;    /* n_columns: the row number counts */
    bool has_runs, has_run;
    uint32_t run, next_run;
    struct orr_str run_id; /* cells of the run columns of the current run, joined by "/" */
    int64_t row_number;
    size_t undecided;      /* columns without a value so far */
    bool has_time;
    uint64_t ragged, bad, size, pause_at;
    struct orr_arena arena;
    char place[320];
};

static const char *where(struct metrics *m, uint64_t line)
{
    snprintf(m->place, sizeof m->place, "%.280s:%" PRIu64, m->in->path, line);
    return m->place;
}

static bool equals(const char *s, struct orr_csv_cell c) { return strlen(s) == c.n && memcmp(s, c.text, c.n) == 0; }

static bool is_missing(struct orr_csv_cell c)
{
    static const char *const words[] = {"NA", "N/A", "None", "null", "NULL", "-", NULL};
    if (c.n == 0) return true;
    if (c.n > 4) return false;
    for (const char *const *w = words; *w; w++)
        if (equals(*w, c)) return true;
    return false;
}

/* ---- header ---- */

/* Column names, made unique. */
static void name_columns(struct metrics *m, const struct orr_csv_row *row, bool is_header)
{
    m->n_columns = row->n;
    m->columns = orr_arena_zalloc(&m->arena, row->n, sizeof *m->columns);
    for (size_t i = 0; i < row->n; i++) {
        const struct orr_csv_cell cell = orr_csv_trim(row->cells[i]);
        const char *name = is_header && cell.n ? orr_arena_strndup(&m->arena, cell.text, cell.n)
                                               : orr_arena_printf(&m->arena, "column %zu", i + 1);
        if (row->n <= 1000) /* quadratic; such wide tables have generated names */
            for (size_t k = 0; k < i; k++)
                if (strcmp(m->columns[k].name, name) == 0) {
                    name = orr_arena_printf(&m->arena, "%s (column %zu)", name, i + 1);
                    break;
                }
        m->columns[i] = (struct column){.name = name, .role = UNDECIDED};
    }
}

static void find_step_and_run(struct metrics *m)
{
    int best = 0;
    m->step_column = m->n_columns;
    for (size_t i = 0; i < m->n_columns; i++) {
        const int rank = orr_column_step_rank(m->columns[i].name, strlen(m->columns[i].name));
        if (rank && (!best || rank < best)) best = rank, m->step_column = i;
    }
    for (size_t i = 0; i < m->n_columns; i++)
        if (i != m->step_column && orr_column_is_run(m->columns[i].name, strlen(m->columns[i].name))) {
            m->columns[i].role = RUN;
            m->has_runs = true;
        }
    if (m->step_column < m->n_columns) m->columns[m->step_column].role = STEP;
}

static bool is_header(const struct orr_csv_row *row)
{
    double x;
    for (size_t i = 0; i < row->n; i++)
        if (!is_missing(row->cells[i]) && !orr_parse_double(row->cells[i].text, row->cells[i].n, &x)) return true;
    return false;
}

static bool repeats_header(const struct metrics *m, const struct orr_csv_row *row)
{
    if (row->n != m->n_columns) return false;
    for (size_t i = 0; i < row->n; i++) {
        if (!equals(m->columns[i].name, orr_csv_trim(row->cells[i]))) return false;
    }
    return true;
}

/* ---- runs ---- */

/* The part of an identity that people can tell apart: "a/b/f66d43d7-e449-4029-8adf-e8537bab49ea.log" -> "f66d43d7". */
static void append_short(struct orr_str *out, const char *s, size_t n)
{
    for (size_t i = n; i > 0; i--)
        if (s[i - 1] == '/' && i < n) {
            s += i, n -= i;
            break;
        }
    if (n > 4 && (strncmp(s + n - 4, ".log", 4) == 0 || strncmp(s + n - 4, ".txt", 4) == 0)) n -= 4;
    if (n == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-') n = 8; /* a UUID */
    orr_str_append_n(out, s, n);
}

static enum orr_status open_single_run(struct metrics *m)
{
    const struct orr_run_meta meta = {.key = m->in->run_key, .name = m->in->run_name, .started = NAN, .ended = NAN};
    const enum orr_status s = orr_sink_run(m->sink, &meta, &m->run, m->err);
    m->has_run = true;
    return s ? s : orr_params_siblings(m->sink, m->run, m->in->path, m->err);
}

/* The cells that tell runs apart are configuration, too: a seed, say. */
static enum orr_status put_identity(struct metrics *m, const struct orr_csv_row *row)
{
    struct orr_str value = {0};
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < m->n_columns && i < row->n && s == ORR_OK; i++) {
        if (m->columns[i].role != RUN) continue;
        const struct orr_csv_cell c = orr_csv_trim(row->cells[i]);
        orr_str_clear(&value);
        orr_str_append_n(&value, c.text, c.n);
        if (c.n) s = orr_params_text(m->sink, m->run, m->columns[i].name, value.data, m->err);
    }
    orr_str_free(&value);
    return s;
}

/* Several runs in one file: their columns make key and name, the first of several columns is the group. */
static enum orr_status open_run_of_row(struct metrics *m, const struct orr_csv_row *row)
{
    struct orr_str key = {0}, name = {0}, group = {0};
    size_t seen = 0;
    for (size_t i = 0; i < m->n_columns && i < row->n; i++) {
        if (m->columns[i].role != RUN) continue;
        const struct orr_csv_cell c = orr_csv_trim(row->cells[i]);
        if (seen == 0) orr_str_append_n(&group, c.text, c.n);
        if (name.len && c.n) orr_str_append_char(&name, '/');
        append_short(&name, c.text, c.n);
        seen++;
    }
    orr_str_printf(&key, "%s:%s", m->in->run_key, orr_str_c(&m->run_id));
    const struct orr_run_meta meta = {.key = key.data, .name = name.len ? name.data : m->in->run_name,
                                      .group = seen > 1 && group.len ? group.data : m->in->run_name,
                                      .started = NAN, .ended = NAN};
    enum orr_status s = orr_sink_run(m->sink, &meta, &m->run, m->err);
    for (size_t i = 0; i < m->n_columns; i++) m->columns[i].known = false;
    m->has_run = true;
    if (s == ORR_OK && m->run >= m->next_run) { /* handles grow: a new one is a new run */
        m->next_run = m->run + 1;
        s = put_identity(m, row);
    }
    orr_str_free(&key);
    orr_str_free(&name);
    orr_str_free(&group);
    return s;
}

static enum orr_status choose_run(struct metrics *m, const struct orr_csv_row *row)
{
    if (!m->has_runs) return m->has_run ? ORR_OK : open_single_run(m);
    /* Compare before copying: most rows belong to the run of the row above. */
    size_t at = 0;
    bool same = m->has_run;
    for (size_t i = 0; i < m->n_columns && i < row->n && same; i++) {
        if (m->columns[i].role != RUN) continue;
        const struct orr_csv_cell c = orr_csv_trim(row->cells[i]);
        same = m->run_id.len >= at + c.n + 1 && memcmp(m->run_id.data + at, c.text, c.n) == 0 &&
               m->run_id.data[at + c.n] == '/';
        at += c.n + 1;
    }
    if (same && at == m->run_id.len) return ORR_OK;
    orr_str_clear(&m->run_id);
    for (size_t i = 0; i < m->n_columns && i < row->n; i++) {
        if (m->columns[i].role != RUN) continue;
        const struct orr_csv_cell c = orr_csv_trim(row->cells[i]);
        orr_str_append_n(&m->run_id, c.text, c.n);
        orr_str_append_char(&m->run_id, '/');
    }
    return open_run_of_row(m, row);
}

/* ---- cells ---- */

/* What a column is, from its first value. */
static char decide(const struct column *c, struct orr_csv_cell cell)
{
    double x;
    const bool time = orr_column_is_time(c->name, strlen(c->name));
    if (orr_parse_double(cell.text, cell.n, &x)) return time && !isnan(orr_epoch_seconds(x)) ? TIME : VALUE;
    if (time && orr_parse_iso_time(cell.text, cell.n, &x)) return CLOCK;
    if (cell.n >= 2 && (*cell.text == '[' || (*cell.text == '"' && cell.text[1] == '['))) return ARRAY;
    return TEXT;
}

static enum orr_status put_value(struct metrics *m, struct column *c, int64_t step, double value, double wall)
{
    if (!c->known) {
        const enum orr_status s = orr_sink_series(m->sink, m->run, c->name, strlen(c->name), &c->series, m->err);
        if (s) return s;
        c->known = true;
    }
    return orr_sink_point(m->sink, c->series, step, value, wall, m->err);
}

/* "[0.1, 0.2]" or "\"[0.1 0.2]\"" (Keras): one series per element, "name[0]", "name[1]", ... */
static enum orr_status put_array(struct metrics *m, const struct column *c, struct orr_csv_cell cell, int64_t step,
                                 double wall)
{
    const char *p = cell.text, *const end = p + cell.n;
    for (int k = 0; k < MAX_ARRAY; k++) {
        while (p < end && strchr(" ,[]\"", *p) && *p) p++;
        const char *const from = p;
        while (p < end && !(strchr(" ,[]\"", *p) && *p)) p++;
        double x;
        if (from == p || !orr_parse_double(from, (size_t)(p - from), &x)) break;
        char name[ORR_SINK_NAME_MAX];
        uint32_t series;
        const int n = snprintf(name, sizeof name, "%.900s[%d]", c->name, k);
        enum orr_status s = orr_sink_series(m->sink, m->run, name, (size_t)n, &series, m->err);
        if (s == ORR_OK) s = orr_sink_point(m->sink, series, step, x, wall, m->err);
        if (s) return s;
    }
    return ORR_OK;
}

static void bad_cell(struct metrics *m, const struct column *c, struct orr_csv_cell cell, uint64_t line)
{
    if (m->bad++ < MAX_WARNINGS)
        orr_sink_warn(m->sink, where(m, line), "column %.100s: \"%.*s\" is not a number and was left out", c->name,
                      (int)(cell.n < 40 ? cell.n : 40), cell.text);
}

static enum orr_status put_cell(struct metrics *m, struct column *c, struct orr_csv_cell cell, int64_t step,
                                double wall, uint64_t line)
{
    double x;
    switch (c->role) {
    case VALUE:
        if (orr_parse_double(cell.text, cell.n, &x)) return put_value(m, c, step, x, wall);
        if (!is_missing(orr_csv_trim(cell))) bad_cell(m, c, cell, line);
        return ORR_OK;
    case ARRAY: return put_array(m, c, orr_csv_trim(cell), step, wall);
    case TEXT:
        cell = orr_csv_trim(cell);
        if (!c->text)
            c->text = orr_arena_strndup(&m->arena, cell.text, cell.n);
        else if (!is_missing(cell) && !equals(c->text, cell))
            c->role = VARYING;
        return ORR_OK;
    default: return ORR_OK;
    }
}

/* ---- rows ---- */

/* First values decide what columns are. */
static void decide_columns(struct metrics *m, const struct orr_csv_row *row)
{
    m->undecided = 0;
    for (size_t i = 0; i < m->n_columns; i++) {
        struct column *const c = &m->columns[i];
        if (c->role == UNDECIDED) {
            const struct orr_csv_cell cell = i < row->n ? orr_csv_trim(row->cells[i]) : (struct orr_csv_cell){"", 0};
            if (is_missing(cell))
                m->undecided++;
            else
                c->role = decide(c, cell);
        }
        m->has_time |= c->role == TIME || c->role == CLOCK;
    }
}

static double wall_of_row(const struct metrics *m, const struct orr_csv_row *row)
{
    double x;
    for (size_t i = 0; i < m->n_columns && i < row->n; i++) {
        const struct orr_csv_cell cell = orr_csv_trim(row->cells[i]);
        if (m->columns[i].role == TIME && orr_parse_double(cell.text, cell.n, &x)) return orr_epoch_seconds(x);
        if (m->columns[i].role == CLOCK && orr_parse_iso_time(cell.text, cell.n, &x)) return x;
    }
    return NAN;
}

/* The row's step; false: the row has none. */
static bool step_of_row(struct metrics *m, const struct orr_csv_row *row, int64_t *step)
{
    *step = m->row_number;
    if (m->step_column == m->n_columns) return true;
    if (m->step_column >= row->n) return false;
    const struct orr_csv_cell cell = row->cells[m->step_column];
    if (orr_column_step(cell.text, cell.n, step)) return true;
    double x;
    if (m->row_number == 0 && orr_parse_double(cell.text, cell.n, &x)) { /* fractions of epochs count nothing */
        m->columns[m->step_column].role = VALUE;
        m->step_column = m->n_columns;
        *step = 0;
        return true;
    }
    return false;
}

static enum orr_status put_row(struct metrics *m, const struct orr_csv_row *row)
{
    int64_t step;
    if (row->n != m->n_columns && m->ragged++ < MAX_WARNINGS)
        orr_sink_warn(m->sink, where(m, row->line), "%zu cells where the header has %zu", row->n, m->n_columns);
    if (!step_of_row(m, row, &step)) {
        if (!repeats_header(m, row) && m->bad++ < MAX_WARNINGS)
            orr_sink_warn(m->sink, where(m, row->line), "no step in column %.100s: row left out",
                          m->columns[m->step_column].name);
        return ORR_OK;
    }
    enum orr_status s = choose_run(m, row);
    if (s) return s;
    if (m->undecided) decide_columns(m, row);
    const double wall = m->has_time ? wall_of_row(m, row) : (double)NAN;
    const size_t n = row->n < m->n_columns ? row->n : m->n_columns;
    for (size_t i = 0; i < n && s == ORR_OK; i++)
        if (row->cells[i].n) s = put_cell(m, &m->columns[i], row->cells[i], step, wall, row->line);
    m->row_number++;
    return s;
}

/* The last row, which no newline ends. While the file grows it is left for later; else a row that looks whole is
 * taken, and a later import starts anew. */
static enum orr_status put_last_row(struct metrics *m, const struct orr_csv_row *row)
{
    m->in->incomplete = true;
    m->in->end_offset = row->offset;
    if (m->in->follow || row->n < m->n_columns) return ORR_OK;
    m->in->start_anew = true;
    return put_row(m, row);
}

static enum orr_status put_rows(struct metrics *m)
{
    struct orr_csv_row row;
    uint64_t next_tick = 0;
    enum orr_status s;
    while ((s = orr_csv_next(m->csv, &row, m->err)) == ORR_OK) {
        if (row.offset >= next_tick) {
            if (!orr_ticker_tick(&m->in->ticker, m->in->path, "bytes", row.offset, m->size))
                return orr_error_set(m->err, ORR_ECANCELLED, m->in->path, "cancelled");
            next_tick = row.offset + TICK_BYTES;
        }
        if (!row.terminated) return put_last_row(m, &row);
        if (m->pause_at && row.offset >= m->pause_at) { /* the driver commits and comes back */
            m->in->end_offset = row.offset;
            m->in->paused = true;
            return ORR_OK;
        }
        if ((s = put_row(m, &row))) return s;
    }
    m->in->end_offset = orr_csv_offset(m->csv);
    if (s == ORR_EFORMAT && m->in->follow) m->in->incomplete = true; /* a quoted cell that is still being written */
    return s == ORR_ENOTFOUND || m->in->incomplete ? ORR_OK : s;
}

/* Text columns that never changed describe the run. */
static enum orr_status put_constants(struct metrics *m)
{
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < m->n_columns && s == ORR_OK; i++) {
        const struct column *const c = &m->columns[i];
        if (c->role == TEXT && c->text && !m->has_runs)
            s = orr_params_text(m->sink, m->run, c->name, c->text, m->err);
        else if (c->role == VARYING && !m->in->resume_offset)
            orr_sink_warn(m->sink, m->in->path, "column %.100s is text that changes: left out", c->name);
    }
    if (m->ragged > MAX_WARNINGS || m->bad > MAX_WARNINGS)
        orr_sink_warn(m->sink, m->in->path, "in all %" PRIu64 " rows of another length, %" PRIu64 " cells left out",
                      m->ragged, m->bad);
    return s;
}

/* ---- resuming ---- */

/* "ROW_NUMBER STEP_COLUMN ROLES": what the rows so far have decided. */
static char *save_state(const struct metrics *m)
{
    struct orr_str s = {0};
    orr_str_printf(&s, "%" PRId64 " %zu ", m->row_number, m->step_column);
    for (size_t i = 0; i < m->n_columns; i++) orr_str_append_char(&s, m->columns[i].role);
    return s.data;
}

static void load_state(struct metrics *m, const char *state)
{
    int64_t row_number;
    size_t step_column;
    int used = 0;
    if (sscanf(state, "%" SCNd64 " %zu %n", &row_number, &step_column, &used) < 2) return;
    if (strlen(state + used) != m->n_columns || step_column > m->n_columns) return;
    m->row_number = row_number;
    m->step_column = step_column;
    for (size_t i = 0; i < m->n_columns; i++) m->columns[i].role = state[used + (int)i];
}

static enum orr_status read_header(struct metrics *m)
{
    struct orr_csv_row row;
    const enum orr_status s = orr_csv_next(m->csv, &row, m->err);
    if (s) return s;
    const bool header = is_header(&row);
    if (header && !row.terminated) { /* perhaps half a header: nothing is consumed */
        m->in->incomplete = true;
        return ORR_ENOTFOUND;
    }
    name_columns(m, &row, header);
    find_step_and_run(m);
    m->undecided = m->n_columns;
    if (m->in->resume_offset) {
        if (m->in->resume_state) load_state(m, m->in->resume_state);
        return orr_csv_seek(m->csv, m->in->resume_offset, (uint64_t)m->row_number + 2, m->err);
    }
    return header ? ORR_OK : orr_csv_seek(m->csv, row.offset, 1, m->err);
}

/* ---- the format ---- */

static enum orr_status csv_read(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    struct orr_reader *r;
    struct metrics m = {.in = in, .sink = sink, .err = err};
    enum orr_status s = orr_reader_open(in->path, in->buffer_size, &r, err);
    if (s) return s;
    m.size = orr_reader_size(r);
    if (in->pause_bytes) m.pause_at = in->resume_offset + in->pause_bytes;
    if ((s = orr_csv_open(r, in->separator, &m.csv, err)) == ORR_OK && (s = read_header(&m)) == ORR_OK) {
        s = put_rows(&m);
        if (s == ORR_OK && m.has_run) s = put_constants(&m);
        if (s == ORR_OK) in->state = save_state(&m);
    }
    if (s == ORR_ENOTFOUND) s = ORR_OK; /* an empty file holds nothing */
    orr_csv_close(m.csv);
    orr_reader_close(r);
    orr_str_free(&m.run_id);
    orr_arena_free(&m.arena);
    return s;
}

/* Sure when a named column counts steps; a table without one is taken only when it is asked for. */
static int csv_detect(const char *path, const unsigned char *head, size_t n)
{
    const bool named = orr_ends_with(path, ".csv") || orr_ends_with(path, ".tsv");
    if (n == 0 || memchr(head, 0, n)) return 0;
    struct orr_reader *r;
    struct orr_csv *csv = NULL;
    struct orr_csv_row row;
    int score = 0;
    if (orr_reader_open_memory(path, head, n, n, &r, NULL)) return 0;
    if (orr_csv_open(r, 0, &csv, NULL) == ORR_OK && orr_csv_next(csv, &row, NULL) == ORR_OK) {
        bool steps = false;
        for (size_t i = 0; i < row.n; i++) {
            const struct orr_csv_cell c = orr_csv_trim(row.cells[i]);
            steps |= orr_column_step_rank(c.text, c.n) > 0;
        }
        const bool text = is_header(&row) && row.n > 1;
        score = steps && row.n > 1 ? (named ? 70 : 40) : named ? 20 : 0;
        if (steps && !named) { /* prose may hold the word "step": numbers must follow */
            const size_t columns = row.n;
            if (orr_csv_next(csv, &row, NULL) || row.n != columns || is_header(&row)) score = 0;
        } else if (!text && !named) {
            score = 0;
        }
    }
    orr_csv_close(csv);
    orr_reader_close(r);
    return score;
}

const struct orr_format orr_format_csv = {
    .name = "csv",
    .summary = "metrics in CSV: Lightning, Keras, YOLOv5, any table with a column per metric",
    .append_only = true,
    .detect = csv_detect,
    .read = csv_read,
};
