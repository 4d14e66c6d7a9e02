/* The last step of stage 3: an encoder reads the question with the best candidates' mini-tables. */
#include "methods/tables/reread.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "text/passage.h"

/* The rows that hold most of the question, in the table's order: row[r] is what each holds. */
static size_t best_rows(const float *row, size_t rows, size_t best[ORR_MINI_ROWS])
{
    enum { MOST = 2000 };
    bool taken[MOST] = {false};
    size_t n = 0;
    if (rows > MOST) rows = MOST;
    for (; n < ORR_MINI_ROWS && n < rows; n++) {
        size_t top = SIZE_MAX;
        for (size_t r = 0; r < rows; r++)
            if (!taken[r] && (top == SIZE_MAX || row[r] > row[top])) top = r;
        taken[top] = true;
    }
    size_t k = 0;
    for (size_t r = 0; r < rows && k < n; r++)
        if (taken[r]) best[k++] = r;
    return n;
}

static enum orr_status mini_table(const struct orr_reading_ranker *o, struct orr_table_scratch *scratch,
                                  const struct orr_query *q, uint32_t doc, char **text, struct orr_error *err)
{
    struct orr_arena a = {0};
    struct orr_doc d;
    struct orr_str s = {0};
    enum orr_status status = o->fetch(o->ctx, doc, &a, &d, err);
    if (status == ORR_OK) {
        size_t best[ORR_MINI_ROWS];
        float *row = orr_xcalloc(d.rows + 1, sizeof *row);
        orr_table_match(scratch, q, doc, row, NULL, NULL);
        orr_passage_rows(&d, best, best_rows(row, d.rows, best), &s);
        free(row);
        *text = s.data ? s.data : orr_xstrdup("");
    }
    orr_arena_free(&a);
    return status;
}

enum orr_status orr_reread(const struct orr_reading_ranker *o, struct orr_table_scratch *scratch,
                           const struct orr_query *q, const char *query, const struct orr_candidate *items, size_t n,
                           float *score, struct orr_error *err)
{
    char **text = orr_xcalloc(n + 1, sizeof *text);
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < n && status == ORR_OK; i++) status = mini_table(o, scratch, q, items[i].doc, &text[i], err);
    if (status == ORR_OK) status = orr_encoder_score(o->encoder, query, (const char *const *)text, n, score, NULL, err);
    for (size_t i = 0; i < n; i++) free(text[i]);
    free(text);
    if (status != ORR_OK) return status;
    float mean, sd;
    orr_table_spread(score, n, &mean, &sd);
    for (size_t i = 0; i < n; i++) score[i] = (score[i] - mean) / sd;
    return ORR_OK;
}
