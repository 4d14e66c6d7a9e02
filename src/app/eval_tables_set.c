/* Tables and questions in memory, and synthetic tables to search among. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include <orrery/rng.h>

#include "app/eval_tables.h"
#include "base/clock.h"
#include "base/intern.h"
#include "base/mem.h"
#include "base/vec.h"
#include "ingest/tables.h"
#include "store/fts.h"

struct loading {
    struct orr_tables_set *set;
    struct orr_intern ids; /* number of an id is that of its table */
    size_t cap, questions_cap;
};

static void put_json(struct orr_tables_set *s, size_t *cap, char *json, size_t n)
{
    if (s->n_tables == *cap) {
        *cap = *cap ? 2 * *cap : 1024;
        s->json = orr_xrealloc(s->json, *cap, sizeof *s->json);
        s->key = orr_xrealloc(s->key, *cap, sizeof *s->key);
        s->hash = orr_xrealloc(s->hash, *cap, sizeof *s->hash);
    }
    s->json[s->n_tables] = json;
    s->hash[s->n_tables] = XXH3_64bits(json, n);
    s->key[s->n_tables] = s->n_tables + 1;
    s->n_tables++;
}

static enum orr_status take_table(void *ctx, const struct orr_doc *d, struct orr_error *err)
{
    (void)err;
    struct loading *l = ctx;
    if (orr_intern_find(&l->ids, 0, d->id, strlen(d->id)) != ORR_INTERN_NONE) return ORR_OK;
    struct orr_str s = {0};
    orr_doc_json(d, &s);
    orr_intern_add(&l->ids, 0, d->id, strlen(d->id));
    put_json(l->set, &l->cap, s.data, s.len);
    return ORR_OK;
}

int orr_tables_part(const char *id) { return (int)(XXH3_64bits(id, strlen(id)) % ORR_EVAL_PARTS); }

static enum orr_status take_question(void *ctx, const struct orr_question *q, struct orr_error *err)
{
    const char *id = q->table_id;
    struct loading *l = ctx;
    struct orr_tables_set *s = l->set;
    const uint32_t right = orr_intern_find(&l->ids, 0, id, strlen(id));
    if (right == ORR_INTERN_NONE)
        return orr_error_set(err, ORR_EFORMAT, "questions", "question %s is about table '%s', which is not there",
                             q->qid, id);
    if (s->n_questions == l->questions_cap) {
        l->questions_cap = l->questions_cap ? 2 * l->questions_cap : 256;
        s->questions = orr_xrealloc(s->questions, l->questions_cap, sizeof *s->questions);
    }
    s->questions[s->n_questions++] = (struct orr_tables_question){
        orr_arena_strdup(&s->arena, q->qid), orr_arena_strdup(&s->arena, q->question),
        orr_arena_strdup(&s->arena, q->answer), right, orr_tables_part(id)};
    return ORR_OK;
}

enum orr_status orr_tables_set_load(const char *tables, const char *questions, const struct orr_ticker *ticker,
                                    struct orr_tables_set *out, struct orr_error *err)
{
    *out = (struct orr_tables_set){0};
    struct loading l = {.set = out};
    const struct orr_tables_in in = {take_table, NULL, &l, ticker};
    const struct orr_questions_in asked = {take_question, &l};
    enum orr_status status = orr_tables_read(tables, &in, err);
    if (status == ORR_OK) status = orr_questions_read(questions, &asked, err);
    orr_intern_free(&l.ids);
    return status;
}

void orr_tables_set_free(struct orr_tables_set *s)
{
    for (size_t i = 0; i < s->n_tables; i++) free(s->json[i]);
    free(s->json);
    free(s->key);
    free(s->hash);
    free(s->questions);
    orr_arena_free(&s->arena);
    *s = (struct orr_tables_set){0};
}

enum orr_status orr_tables_set_doc(const struct orr_tables_set *s, size_t i, struct orr_arena *a, struct orr_doc *out,
                                   struct orr_error *err)
{
    return orr_doc_parse("table", s->json[i], strlen(s->json[i]), a, out, err);
}

/* ---- synthetic tables ---- */

enum { DRAWN = 64 }; /* rows of one synthetic table at most */

void orr_tables_set_grow(struct orr_tables_set *s, size_t n, uint64_t seed)
{
    size_t cap = s->n_tables;
    const size_t real = s->n_tables;
    struct orr_arena a = {0};
    for (size_t i = real; i < n && real; i++) {
        struct orr_rng rng;
        struct orr_doc from[4], d;
        orr_rng_seed(&rng, seed, i);
        orr_arena_reset(&a);
        for (int k = 0; k < 4; k++)
            if (orr_tables_set_doc(s, orr_rng_below(&rng, real), &a, &from[k], NULL) != ORR_OK) goto out;
        d = from[0]; /* its header and shape */
        d.id = orr_arena_printf(&a, "synthetic_%zu", i);
        d.title = from[1].title;
        d.section_title = from[2].section_title;
        d.intro = from[1].intro;
        d.section_text = from[2].section_text;
        for (size_t r = 0; r < d.rows && r < DRAWN; r++)
            for (size_t c = 0; c < d.columns; c++)
                if (from[3].rows && from[3].columns && orr_rng_below(&rng, 2))
                    d.cells[r * d.columns + c] =
                        orr_doc_cell(&from[3], orr_rng_below(&rng, from[3].rows), orr_rng_below(&rng, from[3].columns));
        struct orr_str json = {0};
        orr_doc_json(&d, &json);
        put_json(s, &cap, json.data, json.len);
        s->n_synthetic++;
    }
out:
    orr_arena_free(&a);
}

void orr_tables_set_part(const struct orr_tables_set *s, const size_t *asked, size_t n, size_t size,
                         struct orr_tables_set *out)
{
    uint32_t *place = orr_xcalloc(s->n_tables + 1, sizeof *place); /* first 1: answers a question */
    size_t others = size;
    *out = (struct orr_tables_set){.json = orr_xcalloc(size + 1, sizeof *out->json),
                                   .key = orr_xcalloc(size + 1, sizeof *out->key),
                                   .hash = orr_xcalloc(size + 1, sizeof *out->hash),
                                   .questions = orr_xcalloc(s->n_questions + 1, sizeof *out->questions),
                                   .n_questions = s->n_questions};
    for (size_t i = 0; i < n; i++) {
        uint32_t *const right = &place[s->questions[asked[i]].right];
        if (!*right) others--;
        *right = 1;
    }
    for (size_t t = 0; t < s->n_tables; t++) {
        if (!place[t] && !others) continue;
        if (!place[t]) others--;
        out->n_synthetic += t >= s->n_tables - s->n_synthetic;
        place[t] = (uint32_t)out->n_tables;
        out->json[out->n_tables] = s->json[t];
        out->hash[out->n_tables] = s->hash[t];
        out->key[out->n_tables] = out->n_tables + 1;
        out->n_tables++;
    }
    memcpy(out->questions, s->questions, s->n_questions * sizeof *s->questions);
    for (size_t i = 0; i < n; i++) out->questions[asked[i]].right = place[s->questions[asked[i]].right];
    free(place);
}

void orr_tables_set_part_free(struct orr_tables_set *part)
{
    free(part->json);
    free(part->key);
    free(part->hash);
    free(part->questions);
    *part = (struct orr_tables_set){0};
}

/* ---- indexes ---- */

struct fetching {
    const struct orr_tables_set *set;
    struct orr_arena arena;
};
static enum orr_status fetch(void *ctx, size_t i, struct orr_doc *out, struct orr_error *err)
{
    struct fetching *f = ctx;
    orr_arena_reset(&f->arena);
    return orr_tables_set_doc(f->set, i, &f->arena, out, err);
}

enum orr_status orr_tables_set_index(const struct orr_tables_set *s, const struct orr_bm25f *params,
                                     const struct orr_ticker *ticker, struct orr_index **out, double *seconds,
                                     struct orr_error *err)
{
    struct fetching f = {.set = s};
    struct orr_str bytes = {0};
    const struct orr_index_source source = {s->n_tables, s->key, s->hash, fetch, &f};
    const double start = orr_clock_cpu();
    enum orr_status status = orr_index_build(NULL, &source, params, 0, ticker, &bytes, err);
    if (seconds) *seconds = orr_clock_cpu() - start;
    if (status == ORR_OK) status = orr_index_adopt(&bytes, "memory", out, err);
    orr_str_free(&bytes);
    orr_arena_free(&f.arena);
    return status;
}

enum orr_status orr_tables_set_fts(const struct orr_tables_set *s, struct orr_fts *f, struct orr_error *err)
{
    struct orr_arena a = {0};
    struct orr_str section = {0}, header = {0}, body = {0};
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < s->n_tables && status == ORR_OK; i++) {
        struct orr_doc d;
        orr_arena_reset(&a);
        status = orr_tables_set_doc(s, i, &a, &d, err);
        if (status != ORR_OK) break;
        orr_str_clear(&section), orr_str_clear(&header), orr_str_clear(&body);
        orr_str_printf(&section, "%s %s %s", d.section_title, d.section_text, d.intro);
        for (size_t c = 0; c < d.columns; c++) orr_str_printf(&header, "%s ", d.header[c]);
        for (size_t k = 0; k < d.rows * d.columns; k++) orr_str_printf(&body, "%s ", d.cells[k]);
        status = orr_fts_add(f, (int64_t)i, d.title, section.data, orr_str_c(&header), orr_str_c(&body), err);
    }
    orr_str_free(&section), orr_str_free(&header), orr_str_free(&body);
    orr_arena_free(&a);
    return status == ORR_OK ? orr_fts_finish(f, err) : status;
}
