#include "base/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"

enum {
    INDEX_BYTES = 32768, /* bytes indexed at once: the positions stay in the L1/L2 cache */
    SNIFF_BYTES = 4096,
    MAX_CELLS = 1 << 20,
};

/* Where a cell's text stands between two marks (separator, newline, quote). */
enum place { PLAIN, QUOTED, QUOTE_IN_QUOTED };

/* A cell while its row is being read: relative to the row or, for copied text, to `copies`. */
struct span {
    size_t start, n;
    bool copied;
};

struct orr_csv {
    struct orr_reader *reader;
    char separator;
    const char *window; /* bytes of the reader from `row` on: valid until it is asked for more */
    size_t avail, row, indexed; /* of the window: its length, the row's start, how far marks are known */
    uint64_t window_offset, line;
    uint32_t mark[INDEX_BYTES]; /* positions of separators, newlines and quotes, relative to the window */
    size_t n_marks, next_mark;
    ORR_VEC(struct span) spans;
    ORR_VEC(struct orr_csv_cell) cells;
    struct orr_str copies; /* text of cells with doubled quotes */
};

/* ---- finding the marks ---- */

#ifdef __SSE2__
static uint64_t marks_of_64(const char *p, char separator)
{
    const __m128i s = _mm_set1_epi8(separator), nl = _mm_set1_epi8('\n'), q = _mm_set1_epi8('"');
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        const __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, s), _mm_cmpeq_epi8(v, nl)), _mm_cmpeq_epi8(v, q));
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * i);
    }
    return mask;
}
#else
static uint64_t marks_of_64(const char *p, char separator)
{
    uint64_t mask = 0;
    for (int i = 0; i < 64; i++) mask |= (uint64_t)(p[i] == separator || p[i] == '\n' || p[i] == '"') << i;
    return mask;
}
#endif

/* Marks of the next INDEX_BYTES bytes of the window. */
static void index_more(struct orr_csv *c)
{
    size_t at = c->indexed, n = 0;
    const size_t end = c->avail - at > INDEX_BYTES ? at + INDEX_BYTES : c->avail;
    for (; end - at >= 64; at += 64)
        for (uint64_t mask = marks_of_64(c->window + at, c->separator); mask; mask &= mask - 1)
            c->mark[n++] = (uint32_t)(at + (size_t)__builtin_ctzll(mask));
    for (; at < end; at++) {
        const char b = c->window[at];
        if (b == c->separator || b == '\n' || b == '"') c->mark[n++] = (uint32_t)at;
    }
    c->indexed = end;
    c->n_marks = n;
    c->next_mark = 0;
}

/* ---- the window ---- */

static enum orr_status fail(const struct orr_csv *c, struct orr_error *err, enum orr_status code, const char *what)
{
    char where[320];
    snprintf(where, sizeof where, "%.280s:%llu", orr_reader_path(c->reader), (unsigned long long)c->line);
    return orr_error_set(err, code, where, "%s", what);
}

/* Moves the window to the row's start and asks for more bytes. */
static enum orr_status refill(struct orr_csv *c, struct orr_error *err)
{
    const size_t have = c->avail - c->row;
    if (have > ORR_CSV_ROW_LIMIT)
        return fail(c, err, ORR_EFORMAT, "a row longer than 16 MiB: is a quote never closed, or is this no CSV file?");
    orr_reader_skip(c->reader, c->row);
    c->window_offset += c->row;
    c->indexed -= c->row;
    c->row = 0;
    const unsigned char *p = orr_reader_peek(c->reader, 2 * have + 1, &c->avail);
    if (!p) {
        c->avail = c->indexed = 0;
        return orr_reader_status(c->reader, err);
    }
    c->window = (const char *)p;
    return ORR_OK;
}

/* ---- cells ---- */

/* Ends the cell that began at `start`; `closing` is where its closing quote stands (quoted cells only). Text after a
 * closing quote is kept as it is, quotes and all: no standard says what it means. */
static enum orr_status end_cell(struct orr_csv *c, size_t start, size_t end, bool quoted, size_t closing,
                                struct orr_error *err)
{
    struct span span = {start, end - start, false};
    if (quoted && closing + 1 == end) {
        const char *const s = c->window + c->row + start + 1;
        span = (struct span){start + 1, closing - start - 1, false};
        if (memchr(s, '"', span.n)) { /* doubled quotes are halved in a copy */
            span.start = c->copies.len;
            span.copied = true;
            for (size_t i = 0; i < closing - start - 1; i++) {
                orr_str_append_char(&c->copies, s[i]);
                if (s[i] == '"') i++;
            }
            span.n = c->copies.len - span.start;
        }
    }
    if (c->spans.len >= MAX_CELLS) return fail(c, err, ORR_EFORMAT, "a row of more than a million cells");
    ORR_VEC_PUSH(&c->spans, span);
    return ORR_OK;
}

/* Texts move while a row is read; here they stand still. */
static void resolve_cells(struct orr_csv *c, struct orr_csv_row *row)
{
    const char *const bytes = c->window + c->row;
    c->cells.len = 0;
    ORR_VEC_RESERVE(&c->cells, c->spans.len);
    for (size_t i = 0; i < c->spans.len; i++) {
        const struct span span = c->spans.data[i];
        c->cells.data[i] = (struct orr_csv_cell){(span.copied ? c->copies.data : bytes) + span.start, span.n};
    }
    row->n = c->cells.len = c->spans.len;
    row->cells = c->cells.data;
}

/* ---- public ---- */

struct orr_csv_cell orr_csv_trim(struct orr_csv_cell cell)
{
    while (cell.n && (*cell.text == ' ' || *cell.text == '\t' || *cell.text == '\r')) cell.text++, cell.n--;
    while (cell.n && (cell.text[cell.n - 1] == ' ' || cell.text[cell.n - 1] == '\t' || cell.text[cell.n - 1] == '\r'))
        cell.n--;
    return cell;
}

/* The candidate that occurs outside quotes in the first line, most often, and equally often in the second. */
char orr_csv_sniff(const char *text, size_t n)
{
    static const char candidates[] = ",;\t|";
    size_t count[2][4] = {{0}};
    int line = 0;
    bool quoted = false;
    for (size_t i = 0; i < n && line < 2; i++) {
        if (text[i] == '"') quoted = !quoted;
        if (quoted) continue;
        if (text[i] == '\n') line++;
        const char *const hit = text[i] ? strchr(candidates, text[i]) : NULL;
        if (hit && line < 2) count[line][hit - candidates]++;
    }
    size_t best = 0, best_score = 0;
    for (size_t k = 0; k < 4; k++) {
        const size_t score = 2 * count[0][k] + (count[0][k] && count[0][k] == count[1][k]) * 1000000;
        if (score > best_score) best = k, best_score = score;
    }
    return candidates[best];
}

enum orr_status orr_csv_open(struct orr_reader *reader, char separator, struct orr_csv **out, struct orr_error *err)
{
    *out = NULL;
    size_t n;
    const char *p = (const char *)orr_reader_peek(reader, SNIFF_BYTES, &n);
    if (!p) return orr_reader_status(reader, err);
    if (orr_reader_offset(reader) == 0 && n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        orr_reader_skip(reader, 3);
        p += 3, n -= 3;
    }
    if (!separator) separator = orr_csv_sniff(p, n < SNIFF_BYTES ? n : SNIFF_BYTES);
    struct orr_csv *c = orr_xcalloc(1, sizeof *c);
    c->reader = reader;
    c->separator = separator;
    c->window = "";
    c->window_offset = orr_reader_offset(reader);
    c->line = 1;
    *out = c;
    return ORR_OK;
}

void orr_csv_close(struct orr_csv *c)
{
    if (!c) return;
    free(c->spans.data);
    free(c->cells.data);
    orr_str_free(&c->copies);
    free(c);
}

uint64_t orr_csv_offset(const struct orr_csv *c) { return c->window_offset + c->row; }

enum orr_status orr_csv_seek(struct orr_csv *c, uint64_t offset, uint64_t line, struct orr_error *err)
{
    c->window = "";
    c->avail = c->row = c->indexed = c->n_marks = c->next_mark = 0;
    c->line = line;
    if (orr_reader_seek(c->reader, offset)) return orr_reader_status(c->reader, err);
    c->window_offset = orr_reader_offset(c->reader);
    return ORR_OK;
}

/* Most rows lie within the marks at hand and hold no quote: their cells are cut in one sweep. False: read_row must. */
static bool read_plain_row(struct orr_csv *c, struct orr_csv_row *row)
{
    const char *start = c->window + c->row;
    struct orr_csv_cell *const cells = c->cells.data;
    const size_t room = c->cells.cap;
    for (size_t k = c->next_mark, n = 0; k < c->n_marks && n < room; k++) {
        const char *const at = c->window + c->mark[k];
        if (*at == '"') return false;
        cells[n++] = (struct orr_csv_cell){start, (size_t)(at - start)};
        start = at + 1;
        if (*at != '\n') continue;
        if (cells[n - 1].n && at[-1] == '\r') cells[n - 1].n--;
        *row = (struct orr_csv_row){.n = n, .cells = cells, .line = c->line++, .offset = orr_csv_offset(c),
                                    .terminated = true};
        c->row = (size_t)(start - c->window);
        c->next_mark = k + 1;
        return true;
    }
    return false;
}

/* One row from c->row on, whatever it holds. */
static enum orr_status read_row(struct orr_csv *c, struct orr_csv_row *row, struct orr_error *err)
{
    enum place place = PLAIN;
    enum orr_status s;
    size_t start = 0, quote = 0; /* relative to the row */
    bool quoted = false;         /* this cell began with a quote */
    uint64_t lines = 0;          /* newlines inside quotes */
    c->spans.len = 0;
    orr_str_clear(&c->copies);
    *row = (struct orr_csv_row){.line = c->line, .offset = orr_csv_offset(c)};
    for (;;) {
        if (c->next_mark == c->n_marks) {
            if (c->indexed == c->avail) {
                if (orr_reader_left(c->reader) <= c->avail) break; /* the file ends in this row */
                const size_t before = c->avail - c->row;
                if ((s = refill(c, err))) return s;
                if (c->avail == before) break; /* truncated while we read */
            }
            index_more(c);
            continue;
        }
        const size_t at = c->mark[c->next_mark++] - c->row;
        const char b = c->window[c->row + at];
        if (place == QUOTE_IN_QUOTED) {
            if (b == '"' && at == quote + 1) {
                place = QUOTED;
                continue;
            }
            place = PLAIN;
        }
        if (b == '"') {
            if (place == QUOTED) {
                place = QUOTE_IN_QUOTED;
                quote = at;
            } else if (at == start) {
                place = QUOTED;
                quoted = true;
            }
        } else if (place == QUOTED) {
            lines += b == '\n';
        } else {
            size_t end = at;
            if (b == '\n' && end > start && c->window[c->row + end - 1] == '\r') end--;
            if ((s = end_cell(c, start, end, quoted, quote, err))) return s;
            start = at + 1;
            quoted = false;
            if (b == '\n') {
                row->terminated = true;
                lines++;
                break;
            }
        }
    }
    if (!row->terminated) {
        if (place == QUOTED) return fail(c, err, ORR_EFORMAT, "a quote is opened here and never closed");
        size_t end = c->avail - c->row;
        if (end == 0) return ORR_ENOTFOUND;
        if (end > start && c->window[c->row + end - 1] == '\r') end--;
        if ((s = end_cell(c, start, end, quoted, quote, err))) return s;
        start = c->avail - c->row;
    }
    resolve_cells(c, row);
    c->row += start;
    c->line += lines;
    return ORR_OK;
}

enum orr_status orr_csv_next(struct orr_csv *c, struct orr_csv_row *row, struct orr_error *err)
{
    enum orr_status s;
    do s = read_plain_row(c, row) ? ORR_OK : read_row(c, row, err);
    while (s == ORR_OK && row->n == 1 && row->cells[0].n == 0);
    return s;
}
