/* Encoders by name, and the files of vectors that they made of a corpus. */
#include "app/corpus_vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/corpus_pretrain.h"
#include "app/example.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

static const char USE[] = "use", NONE[] = "hashed";

/* What ships, only its name where there are no datasets; the caller frees. */
static char *shipped_path(void)
{
    struct orr_str path = {0};
    char *datasets = orr_example_datasets();
    orr_str_printf(&path, "%s%s" ORR_BAG_SHIPPED, datasets ? datasets : "", datasets ? "/models/" : "");
    free(datasets);
    return path.data;
}

/* Where `make models` puts the npm sentence encoder; the caller frees. */
static char *use_path(void)
{
    struct orr_str path = {0};
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache)
        orr_str_printf(&path, "%s/orrery/data/use", cache);
    else
        orr_str_printf(&path, "%s/.cache/orrery/data/use", home && *home ? home : "");
    return path.data;
}

bool orr_encoder_is_none(const char *name) { return !name || !*name || strcmp(name, NONE) == 0; }

enum orr_status orr_encoder_open_named(const char *name, struct orr_encoder **out, struct orr_error *err)
{
    *out = NULL;
    const bool shipped = strcmp(name, ORR_ENCODER_SHIPPED) == 0;
    if (!shipped && strcmp(name, USE) != 0) {
        const enum orr_status s = orr_encoder_open(name, out, err);
        if (s == ORR_ENOTFOUND && !strchr(name, '/'))
            return orr_error_set(err, s, name, "no such encoder: name a file or a model folder, 'shipped', 'use' or 'hashed'");
        return s;
    }
    char *path = shipped ? shipped_path() : use_path();
    enum orr_status s = orr_encoder_open(path, out, err);
    if (s == ORR_ENOTFOUND)
        s = shipped ? orr_error_set(err, s, path, "the encoder that ships is missing; set ORRERY_DATASETS")
                    : orr_error_set(err, s, path, "the sentence encoder is not installed; `make models` brings it");
    free(path);
    return s;
}

char *orr_corpus_vectors_path(const struct orr_store *store, int64_t corpus)
{
    struct orr_str path = {0};
    orr_str_printf(&path, "%s.corpus-%lld.vec", orr_store_path(store), (long long)corpus);
    return path.data;
}

void orr_corpus_vectors_forget(const struct orr_store *store, int64_t corpus)
{
    char *path = orr_corpus_vectors_path(store, corpus);
    unlink(path); /* a cache: if it stays, it only takes room */
    free(path);
}

/* A file without tables, in which only the name says something. */
enum orr_status orr_corpus_vectors_refuse(const struct orr_store *store, int64_t corpus, struct orr_error *err)
{
    struct orr_encoder none = {.kind = ORR_ENCODER_VECTORS, .dim = 1};
    const struct orr_index_source empty = {0};
    struct orr_str bytes = {0};
    char *path = orr_corpus_vectors_path(store, corpus);
    enum orr_status s = orr_vectors_build(NULL, &empty, &none, NONE, false, 0, NULL, &bytes, err);
    if (!s) s = orr_file_write(path, bytes.data, bytes.len, err);
    orr_str_free(&bytes);
    free(path);
    return s;
}

static enum orr_status build(struct orr_store *store, const struct orr_corpus_index *index, struct orr_encoder *encoder,
                             const char *name, bool rows, const struct orr_vectors *old,
                             const struct orr_ticker *ticker, struct orr_str *bytes, struct orr_error *err)
{
    const uint32_t n = orr_index_docs(index->index);
    struct orr_corpus_tables t = {.store = store}; /* those that the index has */
    t.rows.n = n;
    t.rows.id = orr_xcalloc((size_t)n + 1, sizeof *t.rows.id);
    t.rows.hash = orr_xcalloc((size_t)n + 1, sizeof *t.rows.hash);
    for (uint32_t i = 0; i < n; i++) {
        struct orr_index_doc d;
        orr_index_doc(index->index, i, &d);
        t.rows.id[i] = d.key;
        t.rows.hash[i] = d.hash;
    }
    const struct orr_index_source source = orr_corpus_tables_part(&t, 0, SIZE_MAX);
    const enum orr_status s =
        orr_vectors_build(old, &source, encoder, name, rows, orr_index_stamp(index->index), ticker, bytes, err);
    orr_corpus_tables_close(&t);
    return s;
}

static bool fits(const struct orr_vectors *v, const struct orr_corpus_index *index, const struct orr_encoder *e,
                 bool rows)
{
    return orr_vectors_stamp(v) == orr_index_stamp(index->index) && orr_vectors_encoder(v) == e->hash &&
           orr_vectors_tables(v) == orr_index_docs(index->index) &&
           (!rows || e->kind != ORR_ENCODER_VECTORS || orr_vectors_has_rows(v));
}

/* What a file of vectors says of its encoder. */
static void recorded(const char *path, char name[ORR_VECTORS_NAME], bool *rows)
{
    struct orr_vectors *v = NULL;
    *name = '\0';
    if (orr_vectors_open(path, &v, NULL) != ORR_OK) return;
    snprintf(name, ORR_VECTORS_NAME, "%s", orr_vectors_name(v));
    *rows = orr_vectors_has_rows(v);
    orr_vectors_close(v);
}

enum orr_status orr_corpus_vectors_open(struct orr_store *store, const struct orr_corpus_index *index, const char *name,
                                        bool rows, const struct orr_ticker *ticker, struct orr_corpus_vectors *out,
                                        struct orr_error *err)
{
    *out = (struct orr_corpus_vectors){0};
    char *path = orr_corpus_vectors_path(store, index->corpus), known[ORR_VECTORS_NAME];
    struct orr_error why;
    enum orr_status s = ORR_OK;
    bool known_rows = false;
    recorded(path, known, &known_rows);
    if (!name) name = known;
    if (orr_encoder_is_none(name)) goto out;
    /* Those of what ships take no longer to make than the index. */
    rows |= (known_rows && strcmp(name, known) == 0) || strcmp(name, ORR_ENCODER_SHIPPED) == 0;
    s = orr_encoder_open_named(name, &out->encoder, err);
    if (s || !out->encoder) goto out;
    const enum orr_status opened = orr_vectors_open(path, &out->vectors, &why);
    if (opened && opened != ORR_ENOTFOUND) snprintf(out->note, sizeof out->note, "%s", why.message);
    if (opened || !fits(out->vectors, index, out->encoder, rows)) {
        const double start = orr_clock_now();
        struct orr_vectors *old = out->vectors;
        struct orr_str bytes = {0};
        out->vectors = NULL;
        s = build(store, index, out->encoder, name, rows, old, ticker, &bytes, err);
        orr_vectors_close(old);
        if (!s && orr_file_write(path, bytes.data, bytes.len, &why) != ORR_OK)
            snprintf(out->note, sizeof out->note, "the vectors are kept in memory only: %s", why.message);
        if (!s) s = orr_vectors_adopt(&bytes, path, &out->vectors, err);
        out->built = true;
        out->seconds = orr_clock_now() - start;
        orr_str_free(&bytes);
    }
out:
    free(path);
    if (s) orr_corpus_vectors_close(out);
    return s;
}

/* ---- shared out among processes ---- */

struct sharing {
    struct orr_corpus_tables tables;
    const char *name;
    bool rows;
    uint64_t stamp;
    struct orr_encoder *encoder;
    struct orr_vectors *old;
    struct orr_shards *shards;
    size_t n;                   /* groups of tables that are encoded together */
    struct orr_vectors **parts; /* [n] merging */
    enum orr_status status;     /* the first failure */
    struct orr_error *err;
};

static void encode_group(void *ctx, size_t i, struct orr_str *bytes)
{
    struct sharing *x = ctx;
    const struct orr_index_source source = orr_corpus_tables_part(&x->tables, i * ORR_VECTORS_TOGETHER, ORR_VECTORS_TOGETHER);
    x->status = orr_vectors_build(x->old, &source, x->encoder, x->name, x->rows, x->stamp, NULL, bytes, x->err);
    if (x->status) orr_shards_fail(x->shards);
}

static void take_group(void *ctx, size_t i, struct orr_str *bytes)
{
    struct sharing *x = ctx;
    x->status = orr_vectors_adopt(bytes, "fragment", &x->parts[i], x->err);
    if (x->status) orr_shards_fail(x->shards);
}

static enum orr_status share(struct sharing *x, const char *path, const struct orr_ticker *ticker)
{
    struct orr_str bytes = {0};
    x->n = (x->tables.rows.n + ORR_VECTORS_TOGETHER - 1) / ORR_VECTORS_TOGETHER;
    x->parts = orr_xcalloc(x->n + 1, sizeof(struct orr_vectors *));
    if (!orr_shards_bytes_for(x->shards, x->n, encode_group, take_group, x, ticker, "encoding", "groups of tables"))
        return x->status ? x->status : orr_error_set(x->err, ORR_ECANCELLED, "vectors", "stopped");
    if (orr_shards_partial(x->shards)) return ORR_OK;
    const struct orr_index_source source = orr_corpus_tables_part(&x->tables, 0, SIZE_MAX);
    enum orr_status s = orr_vectors_join((const struct orr_vectors *const *)x->parts, x->n, &source, x->encoder, x->name, x->rows,
                                         x->stamp, &bytes, x->err);
    if (!s) s = orr_file_write(path, bytes.data, bytes.len, x->err);
    orr_str_free(&bytes);
    return s;
}

enum orr_status orr_corpus_vectors_share(struct orr_store *store, const char *corpus, const char *name, bool rows,
                                         struct orr_shards *shards, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_corpus_list found;
    char known[ORR_VECTORS_NAME];
    bool known_rows = false;
    enum orr_status s = orr_store_corpus_find(store, corpus, &found, err);
    if (s) return s;
    struct sharing x = {.stamp = found.items[0].stamp, .shards = shards, .err = err};
    char *path = orr_corpus_vectors_path(store, found.items[0].id);
    recorded(path, known, &known_rows);
    x.name = name ? name : known;
    x.rows = rows || (known_rows && strcmp(x.name, known) == 0) || strcmp(x.name, ORR_ENCODER_SHIPPED) == 0;
    if (orr_encoder_is_none(x.name))
        s = orr_error_set(err, ORR_EINVAL, corpus, "has no encoder; name one (--encoder)");
    if (!s) s = orr_encoder_open_named(x.name, &x.encoder, err);
    if (!s) s = orr_corpus_tables_open(store, found.items[0].id, &x.tables, err);
    orr_vectors_open(path, &x.old, NULL); /* none, or damaged: all is encoded */
    if (!s) s = share(&x, path, ticker);
    for (size_t i = 0; i < x.n && x.parts; i++) orr_vectors_close(x.parts[i]);
    free(x.parts);
    orr_vectors_close(x.old);
    orr_corpus_tables_close(&x.tables);
    orr_encoder_free(x.encoder);
    orr_corpus_list_free(&found);
    free(path);
    return s;
}

void orr_corpus_vectors_close(struct orr_corpus_vectors *v)
{
    orr_vectors_close(v->vectors);
    orr_encoder_free(v->encoder);
    v->vectors = NULL;
    v->encoder = NULL;
}
