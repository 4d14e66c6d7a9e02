#include "text/passage.h"

#include <string.h>

/* Words of each field that are read. */
enum {
    TITLE = 12,
    SECTION = 8,
    HEADING = 6,
    TEXT = 12,
    INTRO = 24,
    ROW_TITLE = 8,
    ROW_HEADING = 3,
    CELL = 6,
    CELLS = 16
};

/* Appends the first `most` words of a text, each with a blank before it but the first one. */
static void put_words(struct orr_str *out, const char *text, int most, const char *end)
{
    const char *blank = "";
    for (int n = 0; *text && n < most; n++) {
        text += strspn(text, " \t\n");
        const size_t length = strcspn(text, " \t\n");
        if (!length) break;
        orr_str_append(out, blank);
        orr_str_append_n(out, text, length);
        text += length;
        blank = " ";
    }
    orr_str_append(out, end);
}

void orr_passage_table(const struct orr_doc *d, struct orr_str *out)
{
    put_words(out, d->title, TITLE, ". ");
    put_words(out, d->section_title, SECTION, ". ");
    for (size_t c = 0; c < d->columns && c < CELLS; c++) put_words(out, d->header[c], HEADING, ", ");
    orr_str_append(out, ". ");
    put_words(out, d->section_text, TEXT, ". ");
    if (d->description && *d->description) put_words(out, d->description, INTRO, ". ");
    put_words(out, d->intro, INTRO, ". ");
}

static void put_cells(const struct orr_doc *d, size_t row, struct orr_str *out)
{
    for (size_t c = 0; c < d->columns && c < CELLS; c++) {
        if (!*orr_doc_cell(d, row, c)) continue;
        if (*d->header[c]) put_words(out, d->header[c], ROW_HEADING, ": ");
        put_words(out, orr_doc_cell(d, row, c), CELL, ", ");
    }
}

void orr_passage_row(const struct orr_doc *d, size_t row, struct orr_str *out)
{
    put_words(out, d->title, ROW_TITLE, ". ");
    put_cells(d, row, out);
}

void orr_passage_rows(const struct orr_doc *d, const size_t *rows, size_t n, struct orr_str *out)
{
    put_words(out, d->title, TITLE, ". ");
    put_words(out, d->section_title, SECTION, ". ");
    for (size_t i = 0; i < n; i++) {
        put_cells(d, rows[i], out);
        orr_str_append(out, "; ");
    }
}
