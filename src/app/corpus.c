/* Filling corpora. */
#include "app/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "app/corpus_vectors.h"
#include "base/set.h"
#include "base/vec.h"
#include "ingest/tables.h"

enum { NOTES = 5 };

struct adding {
    struct orr_store *store;
    int64_t corpus;
    struct orr_corpus_report *report;
    struct orr_set seen; /* hashes of ids */
    struct orr_arena ids;
    ORR_VEC(const char *) keys;
    struct orr_str json;
};

static void note(void *ctx, const char *where, const char *message)
{
    struct adding *a = ctx;
    if (a->report->noted++ < NOTES) orr_str_printf(&a->report->notes, "%s: %s\n", where, message);
}

static bool has_header(const struct orr_doc *d)
{
    for (size_t c = 0; c < d->columns; c++)
        if (*d->header[c]) return true;
    return false;
}

/* A table that comes as it was keeps the description that it got here: a->json becomes what the store has. */
static enum orr_status keep_description(struct adding *a, const struct orr_doc *d, struct orr_error *err)
{
    int64_t row;
    char *stored = NULL;
    enum orr_status status = orr_store_corpus_table_find(a->store, a->corpus, d->id, &row, err);
    if (status != ORR_OK) return status == ORR_ENOTFOUND ? ORR_OK : status;
    status = orr_store_corpus_table(a->store, row, &stored, err);
    if (status == ORR_OK && strcmp(stored, orr_str_c(&a->json)) != 0) {
        struct orr_arena arena = {0};
        struct orr_str plain = {0};
        struct orr_doc old;
        if (orr_doc_parse("corpus_table", stored, strlen(stored), &arena, &old, NULL) == ORR_OK) {
            old.description = "";
            orr_doc_json(&old, &plain);
            if (strcmp(orr_str_c(&plain), orr_str_c(&a->json)) == 0) {
                orr_str_clear(&a->json);
                orr_str_append(&a->json, stored);
            }
        }
        orr_str_free(&plain);
        orr_arena_free(&arena);
    }
    free(stored);
    return status;
}

static enum orr_status add_table(void *ctx, const struct orr_doc *d, struct orr_error *err)
{
    struct adding *a = ctx;
    struct orr_corpus_report *r = a->report;
    orr_str_clear(&a->json);
    orr_doc_json(d, &a->json);
    const enum orr_status kept = d->description && *d->description ? ORR_OK : keep_description(a, d, err);
    if (kept != ORR_OK) return kept;
    enum orr_corpus_change change;
    const enum orr_status status = orr_store_corpus_put(
        a->store, a->corpus, d->id, XXH3_64bits(a->json.data, a->json.len), a->json.data, &change, err);
    if (status != ORR_OK) return status;
    r->tables++;
    r->ragged += d->ragged > 0;
    r->headless += d->columns > 0 && !has_header(d);
    if (orr_set_add(&a->seen, XXH3_64bits(d->id, strlen(d->id)))) {
        ORR_VEC_PUSH(&a->keys, orr_arena_strdup(&a->ids, d->id));
        *(change == ORR_CORPUS_ADDED ? &r->added : change == ORR_CORPUS_CHANGED ? &r->changed : &r->same) += 1;
    } else {
        r->doubles++;
    }
    return ORR_OK;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Takes away what was not read, and ends the transaction. */
static enum orr_status finish(struct adding *a, bool mirror, enum orr_status status, struct orr_error *err)
{
    if (status == ORR_OK && mirror) {
        if (a->keys.len) qsort(a->keys.data, a->keys.len, sizeof *a->keys.data, compare_keys);
        status = orr_store_corpus_keep(a->store, a->corpus, a->keys.data, a->keys.len, &a->report->removed, err);
    }
    if (status == ORR_OK)
        status = orr_store_commit(a->store, err);
    else
        orr_store_rollback(a->store);
    orr_set_free(&a->seen);
    orr_arena_free(&a->ids);
    free(a->keys.data);
    orr_str_free(&a->json);
    return status;
}

enum orr_status orr_app_corpus_add(struct orr_store *store, const char *name, const char *path, bool mirror,
                                   const struct orr_ticker *ticker, struct orr_corpus_report *out,
                                   struct orr_error *err)
{
    *out = (struct orr_corpus_report){0};
    struct adding a = {.store = store, .report = out};
    char *full = realpath(path, NULL);
    enum orr_status status = orr_store_begin(store, err);
    if (status == ORR_OK) status = orr_store_corpus_make(store, name, full ? full : path, &a.corpus, err);
    const struct orr_tables_in in = {add_table, note, &a, ticker};
    if (status == ORR_OK) status = orr_tables_read(path, &in, err);
    free(full);
    return finish(&a, mirror, status, err);
}

/* ---- the store's own runs ---- */

struct run_cells {
    struct orr_arena arena;
    ORR_VEC(const char *) header;
    ORR_VEC(const char *) cells;
};

static void put_cell(struct run_cells *c, const char *name, const char *text)
{
    ORR_VEC_PUSH(&c->header, orr_arena_strdup(&c->arena, name));
    ORR_VEC_PUSH(&c->cells, orr_arena_strdup(&c->arena, text));
}

static enum orr_status fill_run(struct orr_store *store, const struct orr_run *run, struct run_cells *c,
                                struct orr_error *err)
{
    struct orr_config_list config;
    struct orr_series_list series;
    put_cell(c, "state", run->state);
    enum orr_status status = orr_store_config(store, run->id, &config, err);
    if (status != ORR_OK) return status;
    for (size_t i = 0; i < config.n; i++) put_cell(c, config.values[i].key, config.values[i].text);
    orr_config_list_free(&config);
    status = orr_store_series(store, run->id, &series, err);
    if (status != ORR_OK) return status;
    for (size_t i = 0; i < series.n; i++) {
        char number[32] = "", name[256];
        if (series.series[i].last == series.series[i].last)
            snprintf(number, sizeof number, "%.4g", series.series[i].last);
        snprintf(name, sizeof name, "last %s", series.series[i].name);
        put_cell(c, name, number);
    }
    orr_series_list_free(&series);
    return ORR_OK;
}

static enum orr_status add_run(struct adding *a, const struct orr_run *run, struct orr_error *err)
{
    struct run_cells c = {0};
    struct orr_str section = {0};
    enum orr_status status = fill_run(a->store, run, &c, err);
    orr_str_printf(&section, "%s%s%s", run->project, *run->project && *run->group ? " -- " : "", run->group);
    struct orr_doc d = {.id = orr_arena_printf(&c.arena, "run %lld", (long long)run->id),
                        .title = run->name,
                        .section_title = orr_str_c(&section),
                        .section_text = run->notes,
                        .intro = "",
                        .columns = c.header.len,
                        .rows = 1,
                        .header = c.header.data,
                        .cells = c.cells.data};
    if (status == ORR_OK) status = add_table(a, &d, err);
    orr_str_free(&section);
    free(c.header.data);
    free(c.cells.data);
    orr_arena_free(&c.arena);
    return status;
}

enum orr_status orr_app_corpus_runs(struct orr_store *store, const char *name, const struct orr_ticker *ticker,
                                    struct orr_corpus_report *out, struct orr_error *err)
{
    *out = (struct orr_corpus_report){0};
    struct adding a = {.store = store, .report = out};
    struct orr_run_list runs = {0};
    enum orr_status status = orr_store_begin(store, err);
    if (status == ORR_OK) status = orr_store_corpus_make(store, name, "the runs of this store", &a.corpus, err);
    if (status == ORR_OK) status = orr_store_runs(store, &runs, err);
    for (size_t i = 0; i < runs.n && status == ORR_OK; i++) {
        status = add_run(&a, &runs.runs[i], err);
        if (status == ORR_OK && !orr_ticker_tick(ticker, "reading runs", "runs", i, runs.n))
            status = orr_error_set(err, ORR_ECANCELLED, "corpus", "stopped");
    }
    if (status == ORR_OK && runs.n == 0)
        status = orr_error_set(err, ORR_ENOTFOUND, orr_store_path(store),
                               "the store has no runs; `orrery import FOLDER` brings some");
    orr_run_list_free(&runs);
    return finish(&a, true, status, err);
}

/* ---- questions ---- */

struct asking {
    struct orr_store *store;
    int64_t corpus;
    size_t n, strangers;
};

static enum orr_status add_question(void *ctx, const struct orr_question *q, struct orr_error *err)
{
    struct asking *a = ctx;
    const char *qid = q->qid;
    char number[32];
    int64_t id;
    if (!*qid) {
        snprintf(number, sizeof number, "%zu", a->n + 1);
        qid = number;
    }
    if (!*q->table_id || orr_store_corpus_table_find(a->store, a->corpus, q->table_id, &id, NULL) != ORR_OK)
        a->strangers++;
    a->n++;
    return orr_store_corpus_question_put(a->store, a->corpus,
                                         &(struct orr_corpus_question){qid, q->question, q->table_id}, err);
}

enum orr_status orr_app_corpus_questions(struct orr_store *store, const char *name, const char *path, size_t *n,
                                         size_t *strangers, struct orr_error *err)
{
    struct orr_corpus_list found;
    enum orr_status status = orr_store_corpus_find(store, name, &found, err);
    if (status != ORR_OK) return status;
    struct asking a = {.store = store, .corpus = found.items[0].id};
    orr_corpus_list_free(&found);
    status = orr_store_begin(store, err);
    const struct orr_questions_in in = {add_question, &a};
    if (status == ORR_OK) status = orr_questions_read(path, &in, err);
    if (status == ORR_OK)
        status = orr_store_commit(store, err);
    else
        orr_store_rollback(store);
    *n = a.n;
    *strangers = a.strangers;
    return status;
}

/* ---- the others ---- */

enum orr_status orr_app_corpus_remove(struct orr_store *store, const char *name, struct orr_error *err)
{
    struct orr_corpus_list found;
    enum orr_status status = orr_store_corpus_find(store, name, &found, err);
    if (status != ORR_OK) return status;
    const int64_t id = found.items[0].id;
    char *path = orr_corpus_index_path(store, id);
    status = orr_store_corpus_remove(store, id, err);
    if (status == ORR_OK) {
        unlink(path); /* a cache: if it stays, nothing refers to it */
        orr_corpus_vectors_forget(store, id);
    }
    free(path);
    orr_corpus_list_free(&found);
    return status;
}

enum orr_status orr_app_corpus_table(struct orr_store *store, struct orr_table *t, struct orr_error *err)
{
    static const char *const names[] = {"name", "tables", "questions", "words", "index_bytes", "up_to_date", "source"};
    static const enum orr_cell_kind kinds[] = {ORR_CELL_TEXT,    ORR_CELL_INTEGER, ORR_CELL_INTEGER, ORR_CELL_INTEGER,
                                               ORR_CELL_INTEGER, ORR_CELL_BOOL,    ORR_CELL_TEXT};
    struct orr_corpus_list all;
    const enum orr_status status = orr_store_corpora(store, &all, err);
    if (status != ORR_OK) return status;
    orr_table_init(t, all.n, 7);
    for (size_t c = 0; c < 7; c++) orr_table_column(t, c, names[c], kinds[c]);
    for (size_t i = 0; i < all.n; i++) {
        const struct orr_corpus *x = &all.items[i];
        char *path = orr_corpus_index_path(store, x->id);
        struct orr_index *index = NULL;
        orr_table_set_text(t, i, 0, x->name);
        orr_table_set_number(t, i, 1, (double)x->tables);
        orr_table_set_number(t, i, 2, (double)x->questions);
        if (orr_index_open(path, &index, NULL) == ORR_OK) {
            orr_table_set_number(t, i, 3, orr_index_terms(index));
            orr_table_set_number(t, i, 4, (double)orr_index_bytes(index));
        }
        orr_table_set_number(t, i, 5, index && orr_index_stamp(index) == x->stamp);
        orr_table_set_text(t, i, 6, x->source);
        orr_index_close(index);
        free(path);
    }
    orr_corpus_list_free(&all);
    return ORR_OK;
}
