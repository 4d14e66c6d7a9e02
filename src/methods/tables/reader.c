#include "methods/tables/reader.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "methods/tables/describe.h"

const char *const orr_answer_how_names[] = {"none", "cell", "count", "most", "least", "sum", "mean", "difference"};

/* How much each kind of evidence counts against a row's share of the question, which is at most 1. Set by hand. */
static const float HEADING = 1.0F, KIND = 0.6F, ASKED = 1.2F, FIRST_COLUMN = 0.15F, TABLE = 0.25F;

/* ---- the question ---- */

struct asked {
    enum orr_answer_how how;
    bool person, time, amount; /* who; when, what year; how many */
};

/* Whether the words stand in the question, in any case and as whole words. */
static bool says(const char *question, const char *words)
{
    const size_t n = strlen(words);
    for (const char *c = question; (c = strcasestr(c, words)); c++) {
        const bool from = c == question || !isalnum((unsigned char)c[-1]), to = !isalnum((unsigned char)c[n]);
        if (from && to) return true;
    }
    return false;
}

static bool says_any(const char *question, const char *const *list)
{
    for (; *list; list++)
        if (says(question, *list)) return true;
    return false;
}

static struct asked understand(const char *question)
{
    static const char *const most[] = {"most",    "highest", "largest", "biggest",  "greatest", "longest", "latest",
                                       "tallest", "maximum", "newest",  "heaviest", "hottest",  "fastest", NULL};
    static const char *const least[] = {"least",  "lowest",  "smallest", "fewest",  "shortest", "earliest",
                                        "oldest", "minimum", "lightest", "coldest", "slowest",  NULL};
    static const char *const sum[] = {"in total", "total number", "sum of", "combined", "altogether", NULL};
    static const char *const mean[] = {"average", "mean", "on average", NULL};
    static const char *const difference[] = {"difference", "how much more", "how many more", "how much longer", NULL};
    struct asked a = {.how = ORR_ANSWER_CELL};
    a.person = says(question, "who") || says(question, "whose");
    a.time = says(question, "when") || says(question, "what year") || says(question, "which year") ||
             says(question, "in what year");
    a.amount = says(question, "how many") || says(question, "how much") || says(question, "how long") ||
               says(question, "how old") || says(question, "how high");
    if (says_any(question, difference))
        a.how = ORR_ANSWER_DIFFERENCE;
    else if (says_any(question, sum))
        a.how = ORR_ANSWER_SUM;
    else if (says_any(question, mean))
        a.how = ORR_ANSWER_MEAN;
    else if (says_any(question, most))
        a.how = ORR_ANSWER_MOST;
    else if (says_any(question, least))
        a.how = ORR_ANSWER_LEAST;
    else if (says(question, "how many"))
        a.how = ORR_ANSWER_COUNT;
    return a;
}

/* ---- one table ---- */

struct table {
    const struct orr_reading *r;
    const struct asked *asked;
    struct orr_column_summary *column; /* [columns] */
    float best_row;                    /* largest of row[] */
};

static bool is_numeric(const struct table *t, size_t c)
{
    return t->column[c].type == ORR_COLUMN_NUMBER || t->column[c].type == ORR_COLUMN_YEAR;
}

/* How well a column fits what is asked for. */
static float column_fit(const struct table *t, size_t c)
{
    const struct asked *a = t->asked;
    float fit = HEADING * t->r->heading[c] + (c == 0 ? FIRST_COLUMN : 0);
    if (a->time && t->column[c].type == ORR_COLUMN_YEAR) fit += KIND;
    if (a->amount && t->column[c].type == ORR_COLUMN_NUMBER) fit += KIND;
    if (a->person && t->column[c].type == ORR_COLUMN_TEXT) fit += KIND / 2;
    if (!a->time && !a->amount && !a->person && t->column[c].type == ORR_COLUMN_TEXT) fit += KIND / 4;
    if (t->column[c].type == ORR_COLUMN_EMPTY) fit -= 10;
    return fit;
}

/* The numeric column whose heading the question names best; SIZE_MAX: none. */
static size_t measured_column(const struct table *t)
{
    size_t best = SIZE_MAX;
    float fit = -1;
    for (size_t c = 0; c < t->r->doc->columns; c++) {
        if (!is_numeric(t, c)) continue;
        const float f = t->r->heading[c] + (t->column[c].type == ORR_COLUMN_NUMBER ? 0.1F : 0);
        if (f > fit) fit = f, best = c;
    }
    return best;
}

static void keep(struct orr_answer *best, struct orr_answer a)
{
    if (best->how == ORR_ANSWER_NONE || a.score > best->score) *best = a;
}

/* A cell: the row with most of the question, the column asked for, and nothing that the question says itself. */
static void choose_cell(const struct table *t, size_t index, float base, struct orr_answer *best)
{
    const struct orr_doc *d = t->r->doc;
    for (size_t r = 0; r < d->rows; r++) {
        const float row = t->best_row > 0 ? t->r->row[r] / t->best_row : 0;
        for (size_t c = 0; c < d->columns; c++) {
            if (!*orr_doc_cell(d, r, c)) continue;
            const float said = t->r->cell[r * d->columns + c] > 0 ? ASKED : 0;
            keep(best, (struct orr_answer){ORR_ANSWER_CELL, orr_doc_cell(d, r, c), index, r, c,
                                           base + 2 * row + column_fit(t, c) - said - 1e-4F * (float)r});
        }
    }
}

/* The cell beside the largest or smallest number of the measured column: what is asked for besides it, or the number itself. */
static void choose_extreme(const struct table *t, size_t index, float base, bool most, struct orr_answer *best)
{
    const struct orr_doc *d = t->r->doc;
    const size_t measured = measured_column(t);
    size_t row = SIZE_MAX;
    double top = 0;
    if (measured == SIZE_MAX) return;
    for (size_t r = 0; r < d->rows; r++) {
        double x;
        if (!orr_cell_number(orr_doc_cell(d, r, measured), &x)) continue;
        if (row == SIZE_MAX || (most ? x > top : x < top)) top = x, row = r;
    }
    if (row == SIZE_MAX) return;
    size_t column = t->asked->amount || d->columns == 1 ? measured : SIZE_MAX;
    float fit = -100;
    for (size_t c = 0; c < d->columns && column != measured; c++) {
        const float f = c == measured ? -50 : column_fit(t, c);
        if (f > fit) fit = f, column = c;
    }
    keep(best, (struct orr_answer){most ? ORR_ANSWER_MOST : ORR_ANSWER_LEAST, orr_doc_cell(d, row, column), index, row,
                                   column, base + 2 + HEADING * t->r->heading[measured] + 0.5F});
}

/* Rows that hold as much of the question as the best one does. */
static size_t count_rows(const struct table *t)
{
    size_t n = 0;
    for (size_t r = 0; r < t->r->doc->rows; r++) n += t->best_row > 0 && t->r->row[r] >= 0.999F * t->best_row;
    return n;
}

static void calculate(const struct table *t, size_t index, float base, struct orr_arena *a, struct orr_answer *best)
{
    const struct orr_doc *d = t->r->doc;
    const enum orr_answer_how how = t->asked->how;
    const size_t measured = measured_column(t), matching = count_rows(t);
    double x, sum = 0, first = 0, second = 0;
    size_t n = 0;
    for (size_t r = 0; measured != SIZE_MAX && r < d->rows; r++) {
        if (matching && t->r->row[r] < 0.999F * t->best_row &&
            !(how == ORR_ANSWER_DIFFERENCE && matching == 1 && t->r->row[r] > 0))
            continue;
        if (!orr_cell_number(orr_doc_cell(d, r, measured), &x)) continue;
        if (n == 0) first = x;
        if (n == 1) second = x;
        sum += x;
        n++;
    }
    if (n < 2) return;
    const double value = how == ORR_ANSWER_SUM ? sum : how == ORR_ANSWER_MEAN ? sum / (double)n : fabs(first - second);
    keep(best, (struct orr_answer){how, orr_arena_printf(a, "%.10g", value), index, SIZE_MAX, measured,
                                   base + 2 + HEADING * t->r->heading[measured] + 0.5F});
}

/* "How many": a number that the table has, where a heading is named; else the rows that match. */
static void choose_count(const struct table *t, size_t index, float base, struct orr_arena *a, struct orr_answer *best)
{
    const size_t measured = measured_column(t), matching = count_rows(t);
    if (measured != SIZE_MAX && t->r->heading[measured] > 0.3F) return; /* choose_cell finds it */
    if (matching)
        keep(best, (struct orr_answer){ORR_ANSWER_COUNT, orr_arena_printf(a, "%zu", matching), index, SIZE_MAX,
                                       SIZE_MAX, base + 2.5F});
}

static void read_table(const struct orr_reading *r, const struct asked *asked, size_t index, float base,
                       struct orr_arena *a, struct orr_answer *best)
{
    struct table t = {.r = r, .asked = asked, .column = orr_xcalloc(r->doc->columns + 1, sizeof *t.column)};
    for (size_t c = 0; c < r->doc->columns; c++) orr_column_summarise(r->doc, c, &t.column[c]);
    for (size_t i = 0; i < r->doc->rows; i++) t.best_row = fmaxf(t.best_row, r->row[i]);
    choose_cell(&t, index, base, best);
    switch (asked->how) {
    case ORR_ANSWER_MOST:
    case ORR_ANSWER_LEAST: choose_extreme(&t, index, base, asked->how == ORR_ANSWER_MOST, best); break;
    case ORR_ANSWER_SUM:
    case ORR_ANSWER_MEAN:
    case ORR_ANSWER_DIFFERENCE: calculate(&t, index, base, a, best); break;
    case ORR_ANSWER_COUNT: choose_count(&t, index, base, a, best); break;
    default: break;
    }
    free(t.column);
}

void orr_tables_answer(const char *question, const struct orr_reading *tables, size_t n, struct orr_arena *a,
                       struct orr_answer *out)
{
    const struct asked asked = understand(question);
    *out = (struct orr_answer){.how = ORR_ANSWER_NONE, .text = "", .row = SIZE_MAX, .column = SIZE_MAX};
    for (size_t i = 0; i < n; i++)
        read_table(&tables[i], &asked, i, TABLE * (tables[i].score - tables[0].score), a, out);
    out->text = orr_arena_strdup(a, out->text);
}

size_t orr_mini_table(const struct orr_reading *t, size_t most, size_t *rows)
{
    size_t n = 0;
    for (size_t r = 0; r < t->doc->rows; r++) { /* rows[0..n) by falling mass */
        size_t at = n < most ? n++ : most;
        while (at > 0 && t->row[rows[at - 1]] < t->row[r]) {
            if (at < most) rows[at] = rows[at - 1];
            at--;
        }
        if (at < most) rows[at] = r;
    }
    for (size_t i = 1; i < n; i++) /* in the table's order */
        for (size_t k = i; k > 0 && rows[k - 1] > rows[k]; k--) {
            const size_t swap = rows[k];
            rows[k] = rows[k - 1];
            rows[k - 1] = swap;
        }
    return n;
}
