/* Index files of corpora: found, judged, brought up to date, written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/corpus.h"
#include "base/clock.h"
#include "base/file.h"

char *orr_corpus_index_path(const struct orr_store *store, int64_t corpus)
{
    struct orr_str path = {0};
    orr_str_printf(&path, "%s.corpus-%lld.idx", orr_store_path(store), (long long)corpus);
    return path.data;
}

struct fetching {
    struct orr_store *store;
    const struct orr_corpus_rows *rows;
    struct orr_arena arena; /* of the document at hand */
};

enum orr_status orr_corpus_doc(struct orr_store *store, uint64_t id, struct orr_arena *a, struct orr_doc *out,
                               struct orr_error *err)
{
    char *json = NULL, where[48];
    enum orr_status status = orr_store_corpus_table(store, (int64_t)id, &json, err);
    if (status != ORR_OK) return status;
    snprintf(where, sizeof where, "corpus_table %llu", (unsigned long long)id);
    status = orr_doc_parse(where, json, strlen(json), a, out, err);
    free(json);
    return status;
}

static enum orr_status fetch(void *ctx, size_t i, struct orr_doc *out, struct orr_error *err)
{
    struct fetching *f = ctx;
    orr_arena_reset(&f->arena);
    return orr_corpus_doc(f->store, f->rows->id[i], &f->arena, out, err);
}

static bool same_params(const struct orr_index *x)
{
    return memcmp(orr_index_params(x), &orr_bm25f_default, sizeof orr_bm25f_default) == 0;
}

/* A new index of what the store holds now; `old` spares the work on tables that it has. */
static enum orr_status build(struct orr_store *store, int64_t corpus, uint64_t stamp, const struct orr_index *old,
                             const struct orr_ticker *ticker, struct orr_str *bytes, struct orr_error *err)
{
    struct orr_corpus_rows rows;
    enum orr_status status = orr_store_corpus_rows(store, corpus, &rows, err);
    if (status != ORR_OK) return status;
    struct fetching f = {.store = store, .rows = &rows};
    const struct orr_index_source source = {rows.n, rows.id, rows.hash, fetch, &f};
    status = orr_index_build(old, &source, &orr_bm25f_default, stamp, ticker, bytes, err);
    orr_arena_free(&f.arena);
    orr_corpus_rows_free(&rows);
    return status;
}

enum orr_status orr_corpus_index_open(struct orr_store *store, const char *name, const struct orr_ticker *ticker,
                                      struct orr_corpus_index *out, struct orr_error *err)
{
    *out = (struct orr_corpus_index){0};
    struct orr_corpus_list found;
    enum orr_status status = orr_store_corpus_find(store, name, &found, err);
    if (status != ORR_OK) return status;
    const uint64_t stamp = found.items[0].stamp;
    out->corpus = found.items[0].id;
    orr_corpus_list_free(&found);
    char *path = orr_corpus_index_path(store, out->corpus);
    struct orr_error why;
    const enum orr_status opened = orr_index_open(path, &out->index, &why);
    if (opened != ORR_OK && opened != ORR_ENOTFOUND) snprintf(out->note, sizeof out->note, "%s", why.message);
    if (opened != ORR_OK || orr_index_stamp(out->index) != stamp || !same_params(out->index)) {
        const double start = orr_clock_now();
        struct orr_index *old = out->index;
        struct orr_str bytes = {0};
        out->index = NULL;
        status = build(store, out->corpus, stamp, old, ticker, &bytes, err);
        orr_index_close(old);
        if (status == ORR_OK && orr_file_write(path, bytes.data, bytes.len, &why) != ORR_OK)
            snprintf(out->note, sizeof out->note, "the index is kept in memory only: %s", why.message);
        if (status == ORR_OK) status = orr_index_adopt(&bytes, path, &out->index, err);
        out->built = true;
        out->seconds = orr_clock_now() - start;
        orr_str_free(&bytes);
    }
    free(path);
    return status;
}
