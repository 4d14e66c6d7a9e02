#include "app/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum orr_status orr_search_open(struct orr_store *store, const char *corpus, const struct orr_ticker *ticker,
                                struct orr_search *out, struct orr_error *err)
{
    *out = (struct orr_search){0};
    const enum orr_status status = orr_corpus_index_open(store, corpus, ticker, &out->corpus, err);
    if (status == ORR_OK) out->cascade = orr_cascade_new(out->corpus.index);
    return status;
}

void orr_search_close(struct orr_search *s)
{
    orr_cascade_free(s->cascade);
    orr_index_close(s->corpus.index);
    *s = (struct orr_search){0};
}

void orr_search_table(const struct orr_search *s, const struct orr_cascade_result *r, size_t k, struct orr_table *t)
{
    static const char *const names[] = {"place", "id", "title", "section", "sparse", "dense", "rerank"};
    enum { COLUMNS = sizeof names / sizeof *names };
    const size_t n = r->n < k ? r->n : k;
    orr_table_init(t, n, COLUMNS);
    for (size_t c = 0; c < COLUMNS; c++)
        orr_table_column(t, c, names[c], c == 0 ? ORR_CELL_INTEGER : c < 4 ? ORR_CELL_TEXT : ORR_CELL_NUMBER);
    for (size_t i = 0; i < n; i++) {
        struct orr_index_doc d;
        orr_index_doc(s->corpus.index, r->items[i].doc, &d);
        orr_table_set_number(t, i, 0, (double)i + 1);
        orr_table_set_text(t, i, 1, d.id);
        orr_table_set_text(t, i, 2, d.title);
        orr_table_set_text(t, i, 3, d.section_title);
        for (int stage = 0; stage < ORR_STAGES; stage++)
            orr_table_set_number(t, i, 4 + (size_t)stage, (double)r->items[i].score[stage]);
    }
}

static void append(struct orr_str *out, const char *key, const char *text)
{
    orr_str_printf(out, "\"%s\":", key);
    orr_json_append_string(out, text);
    orr_str_append_char(out, ',');
}

void orr_search_json(const struct orr_search *s, const struct orr_cascade_result *r, size_t k, const char *qid,
                     const char *query, struct orr_str *out)
{
    const size_t n = r->n < k ? r->n : k;
    orr_str_append_char(out, '{');
    if (qid) append(out, "qid", qid);
    append(out, "query", query);
    orr_str_append(out, "\"tables\":[");
    for (size_t i = 0; i < n; i++) {
        struct orr_index_doc d;
        orr_index_doc(s->corpus.index, r->items[i].doc, &d);
        orr_str_append(out, i ? ",{" : "{");
        append(out, "id", d.id);
        append(out, "title", d.title);
        append(out, "section", d.section_title);
        for (int stage = 0; stage < ORR_STAGES; stage++) {
            orr_str_printf(out, "%s\"%s\":", stage ? "," : "", orr_stage_names[stage]);
            orr_json_append_double(out, (double)r->items[i].score[stage]);
        }
        orr_str_append_char(out, '}');
    }
    orr_str_append(out, "],\"ms\":{");
    for (int stage = 0; stage < ORR_STAGES; stage++)
        orr_str_printf(out, "%s\"%s\":%.4f", stage ? "," : "", orr_stage_names[stage], 1e3 * r->seconds[stage]);
    orr_str_append(out, "}}\n");
}

enum orr_status orr_search_doc(const struct orr_search *s, struct orr_store *store, uint32_t doc, struct orr_arena *a,
                               struct orr_doc *out, struct orr_error *err)
{
    char *json = NULL;
    struct orr_index_doc d;
    orr_index_doc(s->corpus.index, doc, &d);
    enum orr_status status = orr_store_corpus_table(store, (int64_t)d.key, &json, err);
    if (status == ORR_OK) status = orr_doc_parse(d.id, json, strlen(json), a, out, err);
    free(json);
    return status;
}
