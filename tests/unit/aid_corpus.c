#include "aid_corpus.h"

#include <math.h>
#include <orrery/rng.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "suite.h"

const char aid_corpus_jsonl[] =
    "{\"id\":\"cities\",\"title\":\"Cities of Ruritania\",\"section_title\":\"Population\",\"section_text\":\"Counted "
    "in 1990.\",\"intro\":"
    "\"Ruritania is a synthetic "
    "country.\",\"header\":[\"City\",\"Population\",\"Founded\"],\"rows\":[[\"Streslau\",\"120000\",\"1204\"],"
    "[\"Zenda\",\"30500\",\"1311\"],[\"Hofbau\",\"8200\",\"1466\"]]}\n"
    "{\"id\":\"rivers\",\"title\":\"Rivers of "
    "Ruritania\",\"section_title\":\"Length\",\"section_text\":\"\",\"intro\":\"\",\"header\":[\"River\","
    "\"Length ( km )\",\"Mouth\"],\"rows\":[[\"Elbra\",\"412\",\"Zenda\"],[\"Mora\",\"96\",\"Elbra\"]]}\n"
    "{\"id\":\"kings\",\"title\":\"Kings of Ruritania\",\"section_title\":\"House of "
    "Elphberg\",\"section_text\":\"\",\"intro\":\"The Elphbergs "
    "ruled from Streslau.\",\"header\":[\"King\",\"Crowned\",\"Died\"],\"rows\":[[\"Rudolf "
    "I\",\"1733\",\"1761\"],[\"Rudolf V\",\"1890\","
    "\"1894\"]]}\n"
    "{\"id\":\"football\",\"title\":\"FC Zenda\",\"section_title\":\"Season "
    "1990-91\",\"section_text\":\"\",\"intro\":\"A football club.\","
    "\"header\":[\"Player\",\"Goals\"],\"rows\":[[\"A. Tarlen\",\"12\"],[\"B. Sapt\",\"7\"],[\"C. Hentzau\",\"7\"]]}\n"
    "{\"id\":\"trams\",\"title\":\"Trams in "
    "Streslau\",\"section_title\":\"Lines\",\"section_text\":\"\",\"intro\":\"\",\"header\":[\"Line\","
    "\"Opened\",\"Stops\"],\"rows\":[[\"1\",\"1894\",\"14\"],[\"2\",\"1899\",\"22\"]]}\n";

static void put(struct aid_docs *d, char *json)
{
    d->key = orr_xrealloc(d->key, d->n + 1, sizeof *d->key);
    d->hash = orr_xrealloc(d->hash, d->n + 1, sizeof *d->hash);
    d->json = orr_xrealloc(d->json, d->n + 1, sizeof *d->json);
    d->key[d->n] = d->n + 1;
    d->hash[d->n] = XXH3_64bits(json, strlen(json));
    d->json[d->n++] = json;
}

struct aid_docs *aid_docs_from(const char *jsonl)
{
    struct aid_docs *d = orr_xcalloc(1, sizeof *d);
    for (const char *end; (end = strchr(jsonl, '\n')); jsonl = end + 1)
        put(d, orr_xstrndup(jsonl, (size_t)(end - jsonl)));
    return d;
}

static void words(struct orr_rng *rng, size_t n, struct orr_str *out)
{
    for (size_t i = 0; i < n; i++)
        orr_str_printf(out, "%sw%d", i ? " " : "", (int)exp(orr_rng_uniform(rng) * 8)); /* density 1 / x */
}

struct aid_docs *aid_docs_random(size_t n, uint64_t seed)
{
    struct aid_docs *d = orr_xcalloc(1, sizeof *d);
    for (size_t i = 0; i < n; i++) {
        struct orr_rng rng;
        struct orr_str s = {0};
        orr_rng_seed(&rng, seed, i);
        orr_str_printf(&s, "{\"id\":\"d%zu\",\"title\":\"", i);
        words(&rng, 1 + orr_rng_below(&rng, 4), &s);
        orr_str_append(&s, "\",\"intro\":\"");
        words(&rng, orr_rng_below(&rng, 40), &s);
        orr_str_append(&s, "\",\"header\":[\"");
        words(&rng, 2, &s);
        orr_str_append(&s, "\",\"b\"],\"rows\":[");
        for (uint64_t rows = orr_rng_below(&rng, 6), r = 0; r < rows; r++) {
            orr_str_append(&s, r ? ",[\"" : "[\"");
            words(&rng, 2, &s);
            orr_str_append(&s, "\",\"");
            words(&rng, 1, &s);
            orr_str_append(&s, "\"]");
        }
        orr_str_append(&s, "]}");
        put(d, s.data);
    }
    return d;
}

void aid_docs_free(struct aid_docs *d)
{
    for (size_t i = 0; i < d->n; i++) free(d->json[i]);
    free(d->json);
    free(d->key);
    free(d->hash);
    orr_arena_free(&d->arena);
    free(d);
}

struct part {
    struct aid_docs *d;
    size_t first;
};
static enum orr_status fetch(void *ctx, size_t i, struct orr_doc *out, struct orr_error *err)
{
    struct part *p = ctx;
    const char *json = p->d->json[p->first + i];
    orr_arena_reset(&p->d->arena);
    return orr_doc_parse("test", json, strlen(json), &p->d->arena, out, err);
}

struct orr_str aid_index_bytes(struct aid_docs *d, size_t first, size_t n, const struct orr_index *old)
{
    struct orr_str bytes = {0};
    struct orr_error err;
    struct part part = {d, first};
    const struct orr_index_source source = {n, d->key + first, d->hash + first, fetch, &part};
    const enum orr_status s = orr_index_build(old, &source, &orr_bm25f_default, 7, NULL, &bytes, &err);
    if (s != ORR_OK) ck_abort_msg("%s: %s", err.where, err.message);
    return bytes;
}

struct orr_index *aid_index(struct aid_docs *d, size_t first, size_t n, const struct orr_index *old)
{
    struct orr_str bytes = aid_index_bytes(d, first, n, old);
    struct orr_index *x = NULL;
    struct orr_error err;
    if (orr_index_adopt(&bytes, "memory", &x, &err) != ORR_OK) ck_abort_msg("%s: %s", err.where, err.message);
    return x;
}
