/* What an encoder reads of a table: words of every field up to a share each, so that the start of none is lost where
 * a model reads no further. */
#ifndef ORRERY_TEXT_PASSAGE_H
#define ORRERY_TEXT_PASSAGE_H

#include "text/doc.h"

/* "Title. Section. Heading, heading. Start of the text. Start of the introduction." Appended. */
void orr_passage_table(const struct orr_doc *d, struct orr_str *out);
/* "Title. Heading: cell, heading: cell". Appended. */
void orr_passage_row(const struct orr_doc *d, size_t row, struct orr_str *out);
/* A mini-table: "Title. Section. Heading: cell, ...; heading: cell, ..." of rows[0..n). Appended. */
void orr_passage_rows(const struct orr_doc *d, const size_t *rows, size_t n, struct orr_str *out);

#endif
