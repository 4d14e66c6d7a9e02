/* Files of tables: JSON lines, CSV, SQLite. What is read goes through being written, indexed and searched. The first byte tells
 * which name the file pretends to have. */
#include "fuzz.h"

#include "ingest/tables.h"
#include "methods/tables/cascade.h"
#include "methods/tables/describe.h"

enum { MOST = 1 << 22 };

static enum orr_status take(void *ctx, const struct orr_doc *d, struct orr_error *err)
{
    (void)err;
    struct orr_str *json = ctx, description = {0};
    struct orr_arena a = {0};
    struct orr_doc again;
    fuzz_require(d->id && d->title && d->section_title && d->section_text && d->intro);
    for (size_t r = 0; r < d->rows; r++)
        for (size_t c = 0; c < d->columns; c++) fuzz_touch(orr_doc_cell(d, r, c));
    orr_str_clear(json);
    orr_doc_json(d, json);
    if (json->len < MOST && (d->columns || *d->title)) /* what was written can be read, and says the same */
        fuzz_require(orr_doc_parse("again", json->data, json->len, &a, &again, NULL) == ORR_OK &&
                     again.rows == d->rows && again.columns == d->columns);
    orr_table_describe(d, &description);
    orr_str_free(&description);
    orr_arena_free(&a);
    return ORR_OK;
}

static enum orr_status question(void *ctx, const struct orr_question *q, struct orr_error *err)
{
    (void)ctx, (void)err;
    fuzz_require(q->question[0]);
    fuzz_touch(q->qid), fuzz_touch(q->table_id), fuzz_touch(q->answer);
    return ORR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1) return 0;
    struct orr_str json = {0};
    struct orr_error err = {.code = ORR_OK};
    const struct orr_tables_in in = {take, fuzz_warn, &json, NULL};
    const char *path = fuzz_file(data + 1, n - 1);
    size_t read = 0;
    const enum orr_status s = data[0] % 4 == 0   ? orr_tables_read(path, &in, &err)
                              : data[0] % 4 == 1 ? orr_tables_read_jsonl(path, &in, &read, &err)
                                                 : orr_tables_read_csv(path, "t", &in, &read, &err);
    fuzz_require(s == ORR_OK || s == ORR_ENOTFOUND || (err.code == s && err.message[0]));
    const struct orr_questions_in asked = {question, NULL};
    if (data[0] % 4 == 3) orr_questions_read(path, &asked, &err);
    orr_str_free(&json);
    return 0;
}
