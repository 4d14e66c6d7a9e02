#include "app/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

struct orr_cascade *orr_search_cascade(const struct orr_search *s)
{
    struct orr_cascade *c = orr_cascade_new(s->corpus.index);
    if (s->vectors.vectors) orr_cascade_attach(c, s->vectors.vectors, s->vectors.encoder, NULL);
    return c;
}

enum orr_status orr_search_open_with(struct orr_store *store, const char *corpus, const char *encoder, bool rows,
                                     const struct orr_ticker *ticker, struct orr_search *out, struct orr_error *err)
{
    *out = (struct orr_search){0};
    struct orr_error why;
    enum orr_status status = orr_corpus_index_open(store, corpus, ticker, &out->corpus, err);
    if (status != ORR_OK) return status;
    status = orr_corpus_vectors_open(store, &out->corpus, encoder, rows, ticker, &out->vectors, &why);
    if (status != ORR_OK && !encoder && status != ORR_ECANCELLED) {
        snprintf(out->vectors.note, sizeof out->vectors.note, "without its encoder: %.200s: %.300s", why.where,
                 why.message);
        status = ORR_OK;
    }
    if (status == ORR_OK)
        out->cascade = orr_search_cascade(out);
    else if (err)
        *err = why;
    if (status != ORR_OK) orr_search_close(out);
    return status;
}

enum orr_status orr_search_open(struct orr_store *store, const char *corpus, const struct orr_ticker *ticker,
                                struct orr_search *out, struct orr_error *err)
{
    return orr_search_open_with(store, corpus, NULL, false, ticker, out, err);
}

void orr_search_close(struct orr_search *s)
{
    orr_cascade_free(s->cascade);
    orr_corpus_vectors_close(&s->vectors);
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
    return orr_corpus_doc(store, orr_index_doc_key(s->corpus.index, doc), a, out, err);
}
