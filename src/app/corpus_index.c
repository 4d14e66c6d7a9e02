/* Index files of corpora: found, judged, brought up to date, written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/corpus.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

char *orr_corpus_index_path(const struct orr_store *store, int64_t corpus)
{
    struct orr_str path = {0};
    orr_str_printf(&path, "%s.corpus-%lld.idx", orr_store_path(store), (long long)corpus);
    return path.data;
}

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
    struct orr_corpus_tables *t = ctx;
    orr_arena_reset(&t->arena);
    return orr_corpus_doc(t->store, t->id[i], &t->arena, out, err);
}

enum orr_status orr_corpus_tables_open(struct orr_store *store, int64_t corpus, struct orr_corpus_tables *out,
                                       struct orr_error *err)
{
    *out = (struct orr_corpus_tables){.store = store};
    return orr_store_corpus_rows(store, corpus, &out->rows, err);
}

void orr_corpus_tables_close(struct orr_corpus_tables *t)
{
    orr_arena_free(&t->arena);
    orr_corpus_rows_free(&t->rows);
}

struct orr_index_source orr_corpus_tables_part(struct orr_corpus_tables *t, size_t first, size_t most)
{
    const size_t left = t->rows.n - first;
    t->id = t->rows.id + first;
    return (struct orr_index_source){left < most ? left : most, t->id, t->rows.hash + first, fetch, t};
}

static bool same_params(const struct orr_index *x)
{
    return memcmp(orr_index_params(x), &orr_bm25f_default, sizeof orr_bm25f_default) == 0;
}

/* A new index of what the store holds now; `old` spares the work on tables that it has. */
static enum orr_status build(struct orr_store *store, int64_t corpus, uint64_t stamp, const struct orr_index *old,
                             const struct orr_ticker *ticker, struct orr_str *bytes, struct orr_error *err)
{
    struct orr_corpus_tables t;
    enum orr_status status = orr_corpus_tables_open(store, corpus, &t, err);
    if (status != ORR_OK) return status;
    const struct orr_index_source source = orr_corpus_tables_part(&t, 0, SIZE_MAX);
    status = orr_index_build(old, &source, &orr_bm25f_default, stamp, ticker, bytes, err);
    orr_corpus_tables_close(&t);
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

/* ---- shared out among processes ---- */

enum { TOGETHER = 64 }; /* tables whose part of the index is one item */

struct sharing {
    struct orr_corpus_tables tables;
    uint64_t stamp;
    struct orr_index *old;
    struct orr_shards *shards;
    size_t n;                 /* groups of tables */
    struct orr_index **parts; /* [n] merging */
    enum orr_status status;   /* the first failure */
    struct orr_error *err;
};

static void build_group(void *ctx, size_t i, struct orr_str *bytes)
{
    struct sharing *x = ctx;
    const struct orr_index_source source = orr_corpus_tables_part(&x->tables, i * TOGETHER, TOGETHER);
    x->status = orr_index_build(x->old, &source, &orr_bm25f_default, x->stamp, NULL, bytes, x->err);
    if (x->status) orr_shards_fail(x->shards);
}

static void take_group(void *ctx, size_t i, struct orr_str *bytes)
{
    struct sharing *x = ctx;
    x->status = orr_index_adopt(bytes, "fragment", &x->parts[i], x->err);
    if (x->status) orr_shards_fail(x->shards);
}

static enum orr_status share(struct sharing *x, const char *path, const struct orr_ticker *ticker)
{
    struct orr_str bytes = {0};
    x->n = (x->tables.rows.n + TOGETHER - 1) / TOGETHER;
    x->parts = orr_xcalloc(x->n + 1, sizeof *x->parts);
    if (!orr_shards_bytes_for(x->shards, x->n, build_group, take_group, x, ticker, "indexing", "groups of tables"))
        return x->status ? x->status : orr_error_set(x->err, ORR_ECANCELLED, "index", "stopped");
    if (orr_shards_partial(x->shards)) return ORR_OK;
    const struct orr_index_source source = orr_corpus_tables_part(&x->tables, 0, SIZE_MAX);
    enum orr_status s = orr_index_join((const struct orr_index *const *)x->parts, x->n, &source, &orr_bm25f_default, x->stamp,
                                       ticker, &bytes, x->err);
    if (!s) s = orr_file_write(path, bytes.data, bytes.len, x->err);
    orr_str_free(&bytes);
    return s;
}

enum orr_status orr_corpus_index_share(struct orr_store *store, const char *name, struct orr_shards *shards,
                                       const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_corpus_list found;
    enum orr_status s = orr_store_corpus_find(store, name, &found, err);
    if (s) return s;
    struct sharing x = {.stamp = found.items[0].stamp, .shards = shards, .err = err};
    char *path = orr_corpus_index_path(store, found.items[0].id);
    s = orr_corpus_tables_open(store, found.items[0].id, &x.tables, err);
    orr_index_open(path, &x.old, NULL); /* none, or damaged: all is read */
    if (!s) s = share(&x, path, ticker);
    for (size_t i = 0; i < x.n; i++) orr_index_close(x.parts[i]);
    free(x.parts);
    orr_index_close(x.old);
    orr_corpus_tables_close(&x.tables);
    orr_corpus_list_free(&found);
    free(path);
    return s;
}
