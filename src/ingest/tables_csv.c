/* A CSV or TSV file as a table. The first row is the header unless all of it is numbers. */
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/number.h"
#include "base/vec.h"
#include "ingest/tables.h"

struct growing {
    struct orr_arena arena;
    ORR_VEC(const char *) header;
    ORR_VEC(const char *) cells; /* row after row, each of its own length */
    ORR_VEC(size_t) lengths;
    size_t columns, bytes, parts;
    const char *id, *title;
};

static const char *copy(struct growing *g, const struct orr_csv_cell *cell)
{
    const struct orr_csv_cell c = orr_csv_trim(*cell);
    g->bytes += c.n + sizeof(char *);
    return orr_arena_strndup(&g->arena, c.text, c.n);
}

static bool all_numbers(const struct orr_csv_row *row)
{
    double x;
    for (size_t i = 0; i < row->n; i++)
        if (!orr_parse_double(row->cells[i].text, row->cells[i].n, &x)) return false;
    return row->n > 0;
}

/* Hands over what has been collected; the header stays. */
static enum orr_status hand_over(struct growing *g, const struct orr_tables_in *in, size_t *n, struct orr_error *err)
{
    struct orr_arena arena = {0};
    struct orr_doc d = {.title = g->title, .section_title = "", .section_text = "", .intro = ""};
    d.id = g->parts++ ? orr_arena_printf(&arena, "%s#%zu", g->id, g->parts) : g->id;
    d.columns = g->header.len > g->columns ? g->header.len : g->columns;
    d.rows = g->lengths.len;
    if (d.rows && d.columns > ORR_DOC_LIMIT / sizeof(char *) / d.rows) {
        orr_arena_free(&arena);
        return orr_error_set(err, ORR_EFORMAT, g->id, "rows of too unequal length for a table");
    }
    d.header = orr_arena_zalloc(&arena, d.columns + 1, sizeof *d.header);
    d.cells = orr_arena_zalloc(&arena, d.rows * d.columns + 1, sizeof *d.cells);
    for (size_t c = 0; c < d.columns; c++) d.header[c] = c < g->header.len ? g->header.data[c] : "";
    const char **from = g->cells.data;
    const size_t usual = g->header.len ? g->header.len : d.rows ? g->lengths.data[0] : 0;
    for (size_t r = 0; r < d.rows; from += g->lengths.data[r++]) {
        d.ragged += g->lengths.data[r] != usual;
        for (size_t c = 0; c < d.columns; c++) d.cells[r * d.columns + c] = c < g->lengths.data[r] ? from[c] : "";
    }
    const enum orr_status status = in->table(in->ctx, &d, err);
    ++*n;
    orr_arena_free(&arena);
    g->cells.len = g->lengths.len = 0;
    g->bytes = 0;
    return status;
}

static const char *spaced(struct orr_arena *a, const char *id)
{
    const char *slash = strrchr(id, '/');
    char *title = orr_arena_strdup(a, slash ? slash + 1 : id);
    for (char *c = title; *c; c++)
        if (*c == '_' || *c == '-') *c = ' ';
    return title;
}

static enum orr_status take_row(struct growing *g, const struct orr_csv_row *row, bool first, const char *path,
                                struct orr_error *err)
{
    if (row->n > ORR_DOC_COLUMNS)
        return orr_error_set(err, ORR_EFORMAT, path, "line %llu: more than %d columns", (unsigned long long)row->line,
                             ORR_DOC_COLUMNS);
    for (size_t i = 0; i < row->n; i++)
        if (row->cells[i].n && memchr(row->cells[i].text, '\0', row->cells[i].n))
            return orr_error_set(err, ORR_EFORMAT, path, "line %llu holds a zero byte: no text in UTF-8",
                                 (unsigned long long)row->line);
    if (first && !all_numbers(row)) {
        for (size_t i = 0; i < row->n; i++) ORR_VEC_PUSH(&g->header, copy(g, &row->cells[i]));
        return ORR_OK;
    }
    for (size_t i = 0; i < row->n; i++) ORR_VEC_PUSH(&g->cells, copy(g, &row->cells[i]));
    ORR_VEC_PUSH(&g->lengths, row->n);
    if (row->n > g->columns) g->columns = row->n;
    return ORR_OK;
}

enum orr_status orr_tables_read_csv(const char *path, const char *id, const struct orr_tables_in *in, size_t *n,
                                    struct orr_error *err)
{
    struct orr_reader *reader = NULL;
    struct orr_csv *csv = NULL;
    struct growing g = {.id = id};
    g.title = spaced(&g.arena, id);
    const size_t length = strlen(path);
    const bool tabs = length > 4 && strcmp(path + length - 4, ".tsv") == 0;
    enum orr_status status = orr_reader_open(path, 0, &reader, err);
    if (status == ORR_OK) status = orr_csv_open(reader, tabs ? '\t' : 0, &csv, err);
    struct orr_csv_row row;
    for (size_t r = 0; status == ORR_OK && (status = orr_csv_next(csv, &row, err)) == ORR_OK; r++) {
        status = take_row(&g, &row, r == 0, path, err);
        if (status == ORR_OK && (g.lengths.len >= ORR_TABLE_ROWS || g.bytes > ORR_DOC_LIMIT / 4))
            status = hand_over(&g, in, n, err);
        if (status == ORR_OK && r % 256 == 0 &&
            !orr_ticker_tick(in->ticker, "reading tables", "bytes", orr_reader_offset(reader), orr_reader_size(reader)))
            status = orr_error_set(err, ORR_ECANCELLED, path, "stopped");
    }
    if (status == ORR_ENOTFOUND) { /* the end */
        status = ORR_OK;
        if (g.lengths.len || (g.header.len && !g.parts)) status = hand_over(&g, in, n, err);
    }
    orr_csv_close(csv);
    orr_reader_close(reader);
    orr_arena_free(&g.arena);
    free(g.header.data);
    free(g.cells.data);
    free(g.lengths.data);
    return status;
}
