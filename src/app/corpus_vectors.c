/* Encoders by name, and the files of vectors that they made of a corpus. */
#include "app/corpus_vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

static const char USE[] = "use", NONE[] = "hashed";

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
    if (strcmp(name, USE) != 0) {
        const enum orr_status s = orr_encoder_open(name, out, err);
        if (s == ORR_ENOTFOUND && !strchr(name, '/'))
            return orr_error_set(err, s, name, "no such encoder: name a model folder, 'use' or 'hashed'");
        return s;
    }
    char *path = use_path();
    enum orr_status s = orr_encoder_open(path, out, err);
    if (s == ORR_ENOTFOUND)
        s = orr_error_set(err, s, path, "the sentence encoder is not installed; `make models` brings it");
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

struct fetching {
    struct orr_store *store;
    const uint64_t *id;
    struct orr_arena arena; /* of the document at hand */
};

static enum orr_status fetch(void *ctx, size_t i, struct orr_doc *out, struct orr_error *err)
{
    struct fetching *f = ctx;
    orr_arena_reset(&f->arena);
    return orr_corpus_doc(f->store, f->id[i], &f->arena, out, err);
}

static enum orr_status build(struct orr_store *store, const struct orr_corpus_index *index, struct orr_encoder *encoder,
                             const char *name, bool rows, const struct orr_vectors *old,
                             const struct orr_ticker *ticker, struct orr_str *bytes, struct orr_error *err)
{
    const uint32_t n = orr_index_docs(index->index);
    uint64_t *key = orr_xcalloc(2 * (size_t)n + 1, sizeof *key), *hash = key + n;
    for (uint32_t i = 0; i < n; i++) {
        struct orr_index_doc d;
        orr_index_doc(index->index, i, &d);
        key[i] = d.key;
        hash[i] = d.hash;
    }
    struct fetching f = {.store = store, .id = key};
    const struct orr_index_source source = {n, key, hash, fetch, &f};
    const enum orr_status s =
        orr_vectors_build(old, &source, encoder, name, rows, orr_index_stamp(index->index), ticker, bytes, err);
    orr_arena_free(&f.arena);
    free(key);
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
    rows |= known_rows && strcmp(name, known) == 0;
    s = orr_encoder_open_named(name, &out->encoder, err);
    if (s) goto out;
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

void orr_corpus_vectors_close(struct orr_corpus_vectors *v)
{
    orr_vectors_close(v->vectors);
    orr_encoder_free(v->encoder);
    v->vectors = NULL;
    v->encoder = NULL;
}
