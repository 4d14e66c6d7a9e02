/* A table as a document: what a corpus holds, how it looks as JSON, and the fields that its text is parted into. */
#ifndef ORRERY_TEXT_DOC_H
#define ORRERY_TEXT_DOC_H

#include <stddef.h>

#include <orrery/error.h>

#include "base/arena.h"
#include "base/str.h"

enum orr_field {
    ORR_FIELD_TITLE,
    ORR_FIELD_SECTION,
    ORR_FIELD_TEXT,
    ORR_FIELD_INTRO,
    ORR_FIELD_HEADER,
    ORR_FIELD_CELLS,
    ORR_FIELDS
};
extern const char *const orr_field_names[ORR_FIELDS]; /* "title", "section", "text", "intro", "header", "cells" */

struct orr_doc {
    const char *id, *title, *section_title, *section_text, *intro; /* "" where there is none */
    const char *description; /* generated; indexed with the section's text. NULL or "": none */
    size_t columns, rows;
    const char **header; /* [columns] "" where there is none */
    const char **cells;  /* [rows * columns], row-major */
    size_t ragged;       /* rows that were shorter or longer than the first: filled up with "" */
};

enum { ORR_DOC_LIMIT = 64 << 20, ORR_DOC_COLUMNS = 10000 };

/* A cell; "" outside. Borrowed. */
static inline const char *orr_doc_cell(const struct orr_doc *d, size_t row, size_t column)
{
    return row < d->rows && column < d->columns ? d->cells[row * d->columns + column] : "";
}

/* Reads {"id","title","section_title","section_text","intro","description","header":[...],"rows":[[...]...]}; what
 * is missing is empty, numbers and truth values are taken as their text, unknown keys are passed over. Rows of
 * unequal length are filled up and counted. EFORMAT, naming `where`, for what is no such object, or for one with
 * neither text nor cells. *out lives in the arena. */
enum orr_status orr_doc_parse(const char *where, const char *json, size_t n, struct orr_arena *a, struct orr_doc *out,
                              struct orr_error *err);
/* The same layout, compact, on one line. */
void orr_doc_json(const struct orr_doc *d, struct orr_str *out);

#endif
