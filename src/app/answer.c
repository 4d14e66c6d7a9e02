#include "app/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/shell.h"
#include "base/text.h"
#include "methods/tables/describe.h"
#include "plot/child.h"

enum { TABLES = 3, ROWS = 5, TIMEOUT_MS = 60000, ROWS_MOST = 50, ANSWER_BYTES = 1000 };
static const char MARK[] = "FINAL ANSWER:";

struct orr_answer_options orr_answer_defaults(void)
{
    return (struct orr_answer_options){
        .cascade = orr_cascade_defaults(), .tables = TABLES, .rows = ROWS, .timeout_ms = TIMEOUT_MS};
}

void orr_answered_free(struct orr_answered *a)
{
    orr_arena_free(&a->arena);
    *a = (struct orr_answered){0};
}

/* ---- the prompt ---- */

/* A cell inside a Markdown table. */
static void append_cell(struct orr_str *out, const char *text)
{
    orr_str_append(out, " ");
    for (; *text; text++) orr_str_append_char(out, *text == '|' || *text == '\n' || *text == '\r' ? ' ' : *text);
    orr_str_append(out, " |");
}

static void append_table(struct orr_str *out, const struct orr_reading *t, size_t most)
{
    const struct orr_doc *d = t->doc;
    size_t rows[ROWS_MOST];
    const size_t n = orr_mini_table(t, most < ROWS_MOST ? most : ROWS_MOST, rows);
    orr_str_printf(out, "Table: %s%s%s\n", d->title, *d->section_title ? " -- " : "", d->section_title);
    orr_table_describe(d, out);
    orr_str_append(out, "\n|");
    for (size_t c = 0; c < d->columns; c++) append_cell(out, d->header[c]);
    orr_str_append(out, "\n|");
    for (size_t c = 0; c < d->columns; c++) orr_str_append(out, " --- |");
    for (size_t i = 0; i < n; i++) {
        orr_str_append(out, "\n|");
        for (size_t c = 0; c < d->columns; c++) append_cell(out, orr_doc_cell(d, rows[i], c));
    }
    orr_str_append(out, "\n\n");
}

void orr_answer_prompt(const char *question, const struct orr_reading *tables, size_t n, size_t rows,
                       struct orr_str *out)
{
    orr_str_append(out, "Answer the question from the tables below, in as few words as possible. Write your answer "
                        "after \"FINAL ANSWER:\".\n\n");
    for (size_t i = 0; i < n; i++) append_table(out, &tables[i], rows);
    orr_str_printf(out, "Question: %s\nFINAL ANSWER:", question);
}

/* Without blanks around it; at most ANSWER_BYTES, cut between characters. */
static const char *tidy(const char *text, size_t n, struct orr_arena *a)
{
    while (n && strchr(" \t\r*\"", *text) && *text) text++, n--;
    while (n && text[n - 1] && strchr(" \t\r*\"", text[n - 1])) n--;
    if (n > ANSWER_BYTES) n = ANSWER_BYTES;
    while (n && n == ANSWER_BYTES && ((unsigned char)text[n] & 0xC0) == 0x80) n--;
    char *copy = orr_arena_strndup(a, text, n);
    orr_text_neutralise(copy);
    return copy;
}

const char *orr_answer_extract(const char *output, size_t n, struct orr_arena *a)
{
    const char *last = NULL, *end = output + n, *line = NULL;
    for (const char *at = output; at && (at = memmem(at, (size_t)(end - at), MARK, sizeof MARK - 1)); at++)
        last = at + sizeof MARK - 1;
    if (last) {
        while (last < end && (*last == '\n' || *last == ' ')) last++;
        const char *stop = memchr(last, '\n', (size_t)(end - last));
        return tidy(last, (size_t)((stop ? stop : end) - last), a);
    }
    const char *found = "";
    for (line = output; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        const char *text = tidy(line, (size_t)((stop ? stop : end) - line), a);
        if (*text) found = text;
        line = stop ? stop + 1 : end;
    }
    return found;
}

/* ---- the command ---- */

/* UTF-8 without NUL. */
static bool is_text(const char *s, size_t n)
{
    for (size_t i = 0, used; i < n; i += used)
        if (!s[i] || (orr_utf8_decode(s + i, n - i, &used) == 0xFFFD && used == 1)) return false;
    return true;
}

static enum orr_status ask_command(const char *question, const struct orr_reading *tables, size_t n,
                                   const struct orr_answer_options *o, const struct orr_ticker *ticker,
                                   struct orr_answered *out, struct orr_error *err)
{
    int argc;
    char **argv;
    enum orr_status status = orr_shell_split(&out->arena, "--reader-cmd", o->reader_cmd, &argc, &argv, err);
    if (status != ORR_OK) return status;
    if (argc == 0) return orr_error_set(err, ORR_EINVAL, "--reader-cmd", "an empty command");
    struct orr_str prompt = {0};
    struct orr_child_result got = {0};
    orr_answer_prompt(question, tables, n, o->rows, &prompt);
    status = orr_child_run(argv, prompt.data, prompt.len, o->timeout_ms, ticker, &got, err);
    if (status == ORR_OK && got.exit_code != 0)
        status = orr_error_set(err, ORR_EIO, argv[0], "left with %d: %.200s", got.exit_code, orr_str_c(&got.err));
    if (status == ORR_OK && !is_text(orr_str_c(&got.out), got.out.len))
        status = orr_error_set(err, ORR_EFORMAT, argv[0], "printed what is no text");
    if (status == ORR_OK) {
        out->text = orr_answer_extract(orr_str_c(&got.out), got.out.len, &out->arena);
        if (!*out->text) status = orr_error_set(err, ORR_EFORMAT, argv[0], "printed no answer");
    }
    if (status == ORR_OK) out->reader = "command";
    orr_str_free(&got.out);
    orr_str_free(&got.err);
    orr_str_free(&prompt);
    return status;
}

/* ---- answering ---- */

static enum orr_status load_tables(struct orr_search *s, struct orr_store *store, const char *question,
                                   const struct orr_cascade_result *r, struct orr_answered *out,
                                   struct orr_reading *tables, struct orr_error *err)
{
    for (size_t i = 0; i < out->n; i++) {
        struct orr_doc *d = &out->docs[i];
        struct orr_index_doc known;
        const enum orr_status status = orr_search_doc(s, store, r->items[i].doc, &out->arena, d, err);
        if (status != ORR_OK) return status;
        orr_index_doc(s->corpus.index, r->items[i].doc, &known);
        float *row = orr_arena_zalloc(&out->arena, d->rows + known.rows + 1, sizeof *row);
        float *cell =
            orr_arena_zalloc(&out->arena, d->rows * d->columns + (size_t)known.rows * known.columns + 1, sizeof *cell);
        float *heading = orr_arena_zalloc(&out->arena, d->columns + known.columns + 1, sizeof *heading);
        if (known.rows == d->rows && known.columns == d->columns) /* else it was changed since it was indexed */
            orr_cascade_match(s->cascade, question, r->items[i].doc, row, cell, heading);
        const float last = r->items[i].score[ORR_STAGE_RERANK];
        tables[i] =
            (struct orr_reading){d, row, cell, heading, last == last ? last : r->items[i].score[ORR_STAGE_SPARSE]};
    }
    return ORR_OK;
}

enum orr_status orr_answer(struct orr_search *s, struct orr_store *store, const char *question,
                           const struct orr_answer_options *o, const struct orr_ticker *ticker,
                           struct orr_answered *out, struct orr_error *err)
{
    struct orr_cascade_result r = {0};
    const double start = orr_clock_now();
    enum orr_status status = orr_cascade_run(s->cascade, question, &o->cascade, &r, err);
    if (status == ORR_OK && r.n == 0)
        status = orr_error_set(err, ORR_ENOTFOUND, "question", "no table has any of its words");
    out->n = r.n < o->tables ? r.n : o->tables;
    out->docs = orr_arena_zalloc(&out->arena, out->n + 1, sizeof *out->docs);
    struct orr_reading *tables = orr_arena_zalloc(&out->arena, out->n + 1, sizeof *tables);
    const double found = orr_clock_now();
    out->seconds[0] = found - start;
    if (status == ORR_OK) status = load_tables(s, store, question, &r, out, tables, err);
    if (status == ORR_OK) {
        orr_tables_answer(question, tables, out->n, &out->arena, &out->answer);
        out->text = out->answer.text;
        out->reader = "built-in";
        if (o->reader_cmd && ask_command(question, tables, out->n, o, ticker, out, &out->failure) == ORR_ECANCELLED) {
            if (err) *err = out->failure;
            status = ORR_ECANCELLED;
        }
        if (strcmp(out->reader, "command") == 0)
            out->failure.code = ORR_OK;
        else if (o->reader_cmd)
            out->text = out->answer.text;
        out->seconds[1] = orr_clock_now() - found;
    }
    orr_cascade_result_free(&r);
    return status;
}

static void append(struct orr_str *out, const char *key, const char *text)
{
    orr_str_printf(out, "\"%s\":", key);
    orr_json_append_string(out, text);
    orr_str_append_char(out, ',');
}

void orr_answered_json(const struct orr_answered *a, const char *qid, const char *question, struct orr_str *out)
{
    const bool built_in = a->reader && strcmp(a->reader, "built-in") == 0;
    orr_str_append_char(out, '{');
    if (qid) append(out, "qid", qid);
    append(out, "question", question);
    append(out, "answer", a->text ? a->text : "");
    append(out, "reader", a->reader ? a->reader : "none");
    if (built_in && a->answer.how != ORR_ANSWER_NONE) {
        append(out, "how", orr_answer_how_names[a->answer.how]);
        append(out, "table", a->docs[a->answer.table].id);
        if (a->answer.row != SIZE_MAX) orr_str_printf(out, "\"row\":%zu,", a->answer.row + 1);
        if (a->answer.column != SIZE_MAX) append(out, "column", a->docs[a->answer.table].header[a->answer.column]);
    }
    if (a->failure.code) append(out, "reader_failure", a->failure.message);
    orr_str_append(out, "\"tables\":[");
    for (size_t i = 0; i < a->n; i++) {
        if (i) orr_str_append_char(out, ',');
        orr_json_append_string(out, a->docs[i].id ? a->docs[i].id : "");
    }
    orr_str_printf(out, "],\"ms\":{\"search\":%.3f,\"read\":%.3f}}\n", 1e3 * a->seconds[0], 1e3 * a->seconds[1]);
}
