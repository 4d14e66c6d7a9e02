#include "methods/tables/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"

enum { PAIRS = 64, DISTINCT = 96, BITS = ORR_QUERY_TERMS / 64 };

const char *const orr_table_feature_names[ORR_TABLE_FEATURES] = {
    "bm25f",        "bm25f_top",     "place",         "cover_title",   "cover_section", "cover_text",   "cover_intro",
    "cover_header", "cover_cells",   "cover_all",     "whole_title",   "whole_section", "whole_header", "rest_section",
    "rest_text",    "rest_intro",    "rest_header",   "rest_cells",    "best_heading",  "headings",     "best_row",
    "second_row",   "best_cell",     "pairs_title",   "pairs_section", "pairs_text",    "pairs_intro",  "pairs_header",
    "pairs_cells",  "numbers_title", "numbers_cells", "numbers_text",  "rows",          "columns",      "intro",
    "text",         "sibling",       "has_sibling",   "dense",         "dense_top",     "near_table",   "near_rows",
};

struct set {
    uint64_t bits[BITS]; /* of the question's terms */
};

struct orr_table_scratch {
    const struct orr_index *x;
    uint16_t *place; /* [terms] place of a term among the question's + 1; 0: not in it */
    /* of the question at hand */
    const struct orr_query *q;
    struct {
        uint16_t a, b;
        float mass;
    } pair[PAIRS];
    size_t n_pairs;
    float pair_mass;
    uint32_t pair_seen[PAIRS], unit; /* unit in which a pair was last met */
    struct set numbers;
};

/* What the words of one table give. */
struct reading {
    struct set in[ORR_FIELDS];
    struct set rest; /* R: terms that the title lacks */
    float rest_mass;
    float field_mass[ORR_FIELDS], pairs[ORR_FIELDS];
    float best_heading, headings, best_row, second_row, best_cell;
};

struct orr_table_scratch *orr_table_scratch_new(const struct orr_index *x)
{
    struct orr_table_scratch *s = orr_xcalloc(1, sizeof *s);
    s->x = x;
    s->place = orr_xcalloc((size_t)orr_index_terms(x) + 1, sizeof *s->place);
    return s;
}

void orr_table_scratch_free(struct orr_table_scratch *s)
{
    if (!s) return;
    free(s->place);
    free(s);
}

/* ---- sets of the question's terms ---- */

static void add(struct set *s, size_t i) { s->bits[i / 64] |= UINT64_C(1) << (i % 64); }
static bool has(const struct set *s, size_t i) { return s->bits[i / 64] >> (i % 64) & 1; }

static float mass(const struct orr_query *q, const struct set *s, const struct set *within)
{
    float m = 0;
    for (size_t w = 0; w < BITS; w++)
        for (uint64_t b = s->bits[w] & (within ? within->bits[w] : ~UINT64_C(0)); b; b &= b - 1)
            m += q->term[w * 64 + (size_t)__builtin_ctzll(b)].idf;
    return m;
}

static size_t count(const struct set *s, const struct set *t, const struct set *within)
{
    size_t n = 0;
    for (size_t w = 0; w < BITS; w++) n += (size_t)__builtin_popcountll((s->bits[w] | t->bits[w]) & within->bits[w]);
    return n;
}

/* ---- the question ---- */

static bool is_number(const struct orr_index *x, uint32_t term)
{
    size_t n;
    const char *text = orr_index_term_text(x, term, &n);
    for (size_t i = 0; i < n; i++)
        if (text[i] < '0' || text[i] > '9') return false;
    return n > 0;
}

static void begin(struct orr_table_scratch *s, const struct orr_query *q)
{
    s->q = q;
    s->n_pairs = 0;
    s->pair_mass = 0;
    s->unit = 0;
    memset(s->pair_seen, 0, sizeof s->pair_seen);
    s->numbers = (struct set){{0}};
    for (size_t i = 0; i < q->n_terms; i++) {
        s->place[q->term[i].term] = (uint16_t)(i + 1);
        if (is_number(s->x, q->term[i].term)) add(&s->numbers, i);
    }
    for (size_t i = 0; i + 1 < q->order.len && s->n_pairs < PAIRS; i++) {
        const int32_t a = q->order.data[i], b = q->order.data[i + 1];
        if (a < 0 || b < 0) continue;
        bool known = false;
        for (size_t k = 0; k < s->n_pairs; k++) known |= s->pair[k].a == a && s->pair[k].b == b;
        if (known) continue;
        const float m = fminf(q->term[a].idf, q->term[b].idf);
        s->pair[s->n_pairs].a = (uint16_t)a;
        s->pair[s->n_pairs].b = (uint16_t)b;
        s->pair[s->n_pairs++].mass = m;
        s->pair_mass += m;
    }
}

static void end(struct orr_table_scratch *s)
{
    for (size_t i = 0; i < s->q->n_terms; i++) s->place[s->q->term[i].term] = 0;
    s->q = NULL;
}

/* ---- one table ---- */

static float pair_at(struct orr_table_scratch *s, int before, int place)
{
    for (size_t k = 0; k < s->n_pairs; k++) {
        if (s->pair[k].a != before || s->pair[k].b != place || s->pair_seen[k] == s->unit) continue;
        s->pair_seen[k] = s->unit;
        return s->pair[k].mass;
    }
    return 0;
}

/* A run of words up to its mark: a field without cells, or a cell. */
struct unit {
    struct set terms;   /* of the question */
    float mass, common; /* of its different words; of those in the question */
    float pairs;
    size_t words, foreign; /* foreign: not in the question */
};

static int32_t read_unit(struct orr_table_scratch *s, struct orr_words *w, struct unit *u)
{
    uint32_t met[DISTINCT];
    size_t n = 0;
    int before = -1;
    int32_t t;
    *u = (struct unit){0};
    s->unit++;
    while ((t = orr_words_next(w)) >= 0) {
        const int place = (int)s->place[t] - 1;
        u->words++;
        u->foreign += place < 0;
        if (place >= 0) {
            add(&u->terms, (size_t)place);
            if (before >= 0) u->pairs += pair_at(s, before, place);
        }
        before = place;
        if (n == DISTINCT) continue;
        bool known = false;
        for (size_t i = 0; i < n; i++) known |= met[i] == (uint32_t)t;
        if (known) continue;
        met[n++] = (uint32_t)t;
    }
    for (size_t i = 0; i < n; i++) {
        const int place = (int)s->place[met[i]] - 1;
        const float idf = place >= 0 ? s->q->term[place].idf : orr_index_idf(s->x, met[i]);
        u->mass += idf;
        if (place >= 0) u->common += idf;
    }
    return t;
}

/* Text and intro are long: only what the question has of them counts. */
static void read_text(struct orr_table_scratch *s, struct orr_words *w, struct set *in, float *pairs)
{
    int before = -1;
    s->unit++;
    for (int32_t t; (t = orr_words_next(w)) >= 0;) {
        const int place = (int)s->place[t] - 1;
        if (place >= 0) {
            add(in, (size_t)place);
            if (before >= 0) *pairs += pair_at(s, before, place);
        }
        before = place;
    }
}

static void join(struct set *s, const struct set *t)
{
    for (size_t w = 0; w < BITS; w++) s->bits[w] |= t->bits[w];
}

static void read_header(struct orr_table_scratch *s, struct orr_words *w, struct reading *r)
{
    struct unit u;
    for (int32_t mark; (mark = read_unit(s, w, &u)) == ORR_MARK_CELL;) {
        join(&r->in[ORR_FIELD_HEADER], &u.terms);
        r->field_mass[ORR_FIELD_HEADER] += u.mass;
        r->pairs[ORR_FIELD_HEADER] += u.pairs;
        const float share = u.mass > 0 ? u.common / u.mass : 0;
        r->headings += share;
        r->best_heading = fmaxf(r->best_heading, share);
    }
}

/* Cells: only sets, pairs, and whether all of the words are the question's; idf of foreign words is not asked for. */
static int32_t read_cell(struct orr_table_scratch *s, struct orr_words *w, struct unit *u)
{
    int before = -1;
    int32_t t;
    *u = (struct unit){0};
    s->unit++;
    while ((t = orr_words_next(w)) >= 0) {
        const int place = (int)s->place[t] - 1;
        u->words++;
        u->foreign += place < 0;
        if (place >= 0) {
            add(&u->terms, (size_t)place);
            if (before >= 0) u->pairs += pair_at(s, before, place);
        }
        before = place;
    }
    return t;
}

static void read_rows(struct orr_table_scratch *s, struct orr_words *w, struct reading *r)
{
    struct unit u;
    struct set row = {{0}};
    for (int32_t mark; (mark = read_cell(s, w, &u)) != ORR_MARK_END;) {
        if (mark == ORR_MARK_FIELD) { /* the row ends */
            const float m = mass(s->q, &row, &r->rest);
            if (m > r->best_row)
                r->second_row = r->best_row, r->best_row = m;
            else if (m > r->second_row)
                r->second_row = m;
            join(&r->in[ORR_FIELD_CELLS], &row);
            row = (struct set){{0}};
            continue;
        }
        if (u.words == u.foreign) continue;
        join(&row, &u.terms);
        r->pairs[ORR_FIELD_CELLS] += u.pairs;
        if (u.foreign == 0) r->best_cell = fmaxf(r->best_cell, mass(s->q, &u.terms, &r->rest));
    }
}

/* R is what the title lacks, so that it is known when the rest is read. */
static void read_front(struct orr_table_scratch *s, struct orr_words *w, struct reading *r)
{
    struct unit u;
    memset(r, 0, sizeof *r);
    for (int f = ORR_FIELD_TITLE; f <= ORR_FIELD_SECTION; f++) {
        read_unit(s, w, &u);
        r->in[f] = u.terms;
        r->field_mass[f] = u.mass;
        r->pairs[f] = u.pairs;
    }
    for (size_t i = 0; i < s->q->n_terms; i++) {
        if (has(&r->in[ORR_FIELD_TITLE], i)) continue;
        add(&r->rest, i);
        r->rest_mass += s->q->term[i].idf;
    }
    r->rest_mass += 1e-6F;
    for (int f = ORR_FIELD_TEXT; f <= ORR_FIELD_INTRO; f++) read_text(s, w, &r->in[f], &r->pairs[f]);
}

static float share(float part, float all) { return all > 0 ? part / all : 0; }

static void put_features(const struct orr_table_scratch *s, const struct reading *r, const struct orr_index_doc *doc,
                         float *x)
{
    const struct orr_query *q = s->q;
    struct set any = {{0}};
    const float total = (float)q->total_idf;
    for (int f = 0; f < ORR_FIELDS; f++) {
        join(&any, &r->in[f]);
        x[ORR_TF_COVER + f] = share(mass(q, &r->in[f], NULL), total);
    }
    x[ORR_TF_COVER_ALL] = share(mass(q, &any, NULL), total);
    static const int whole[3] = {ORR_FIELD_TITLE, ORR_FIELD_SECTION, ORR_FIELD_HEADER};
    for (int i = 0; i < 3; i++)
        x[ORR_TF_WHOLE_TITLE + i] = share(mass(q, &r->in[whole[i]], NULL), r->field_mass[whole[i]]);
    for (int f = ORR_FIELD_SECTION; f <= ORR_FIELD_CELLS; f++)
        x[ORR_TF_REST_SECTION + f - ORR_FIELD_SECTION] = mass(q, &r->in[f], &r->rest) / r->rest_mass;
    x[ORR_TF_BEST_HEADING] = r->best_heading;
    x[ORR_TF_HEADINGS] = r->headings / 4;
    x[ORR_TF_BEST_ROW] = r->best_row / r->rest_mass;
    x[ORR_TF_SECOND_ROW] = r->second_row / r->rest_mass;
    x[ORR_TF_BEST_CELL] = r->best_cell / r->rest_mass;
    for (int f = 0; f < ORR_FIELDS; f++) x[ORR_TF_PAIRS_TITLE + f] = fminf(share(r->pairs[f], s->pair_mass), 3);
    static const int numbers[3][2] = {
        {ORR_FIELD_TITLE, ORR_FIELD_SECTION}, {ORR_FIELD_CELLS, ORR_FIELD_CELLS}, {ORR_FIELD_TEXT, ORR_FIELD_INTRO}};
    const size_t n = count(&s->numbers, &s->numbers, &s->numbers);
    for (int i = 0; i < 3; i++)
        x[ORR_TF_NUMBERS_TITLE + i] =
            n ? (float)count(&r->in[numbers[i][0]], &r->in[numbers[i][1]], &s->numbers) / (float)n : 0.5F;
    x[ORR_TF_ROWS] = log1pf((float)doc->rows);
    x[ORR_TF_COLUMNS] = log1pf((float)doc->columns);
    x[ORR_TF_INTRO] = log1pf((float)doc->length[ORR_FIELD_INTRO]);
    x[ORR_TF_TEXT] = log1pf((float)doc->length[ORR_FIELD_TEXT]);
}

/* ---- the list ---- */

/* Candidates of the same title compete: a page often has many tables. */
static void put_siblings(const struct orr_hit *hits, float first, const uint64_t *title, size_t n, float *x)
{
    for (size_t i = 0; i < n; i++) {
        float best = -1;
        for (size_t k = 0; k < n; k++)
            if (k != i && title[k] == title[i]) best = fmaxf(best, hits[k].score);
        x[i * ORR_TABLE_FEATURES + ORR_TF_SIBLING] = best < 0 ? 0.3F : (hits[i].score - best) / first;
        x[i * ORR_TABLE_FEATURES + ORR_TF_HAS_SIBLING] = best >= 0;
    }
}

void orr_table_spread(const float *x, size_t n, float *mean, float *sd)
{
    double sum = 0, square = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i];
    *mean = n ? (float)(sum / (double)n) : 0;
    for (size_t i = 0; i < n; i++) square += (double)(x[i] - *mean) * (double)(x[i] - *mean);
    *sd = n ? sqrtf((float)(square / (double)n)) + 1e-6F : 1;
}

static void put_nearness(const float *cosine, enum orr_table_feature f, size_t n, float *x)
{
    float mean, sd;
    if (cosine) orr_table_spread(cosine, n, &mean, &sd);
    for (size_t i = 0; i < n; i++) x[i * ORR_TABLE_FEATURES + f] = cosine ? (cosine[i] - mean) / sd : 0;
}

void orr_table_features(struct orr_table_scratch *s, const struct orr_query *q, const struct orr_hit *hits,
                        const struct orr_table_nearness *near, size_t n, float *x)
{
    const float *const dense = near->hashed;
    float first = 1e-9F, nearest = -1;
    for (size_t i = 0; i < n; i++) first = fmaxf(first, hits[i].score), nearest = fmaxf(nearest, dense ? dense[i] : 0);
    uint64_t *title = orr_xcalloc(n + 1, sizeof *title);
    begin(s, q);
    for (size_t i = 0; i < n; i++) {
        float *to = x + i * ORR_TABLE_FEATURES;
        struct orr_words w = orr_index_words(s->x, hits[i].doc);
        struct orr_index_doc doc;
        struct reading r;
        orr_index_doc(s->x, hits[i].doc, &doc);
        title[i] = XXH3_64bits(doc.title, strlen(doc.title));
        read_front(s, &w, &r);
        read_header(s, &w, &r);
        read_rows(s, &w, &r);
        put_features(s, &r, &doc, to);
        to[ORR_TF_BM25F] = share(hits[i].score, (float)q->total_idf);
        to[ORR_TF_BM25F_TOP] = hits[i].score / first;
        to[ORR_TF_DENSE] = dense ? dense[i] : 0;
        to[ORR_TF_DENSE_TOP] = to[ORR_TF_DENSE] - nearest;
        to[ORR_TF_PLACE] = 1 / (float)(i + 1);
    }
    put_siblings(hits, first, title, n, x);
    put_nearness(near->table, ORR_TF_NEAR_TABLE, n, x);
    put_nearness(near->rows, ORR_TF_NEAR_ROWS, n, x);
    end(s);
    free(title);
}

void orr_table_match(struct orr_table_scratch *s, const struct orr_query *q, uint32_t doc, float *row, float *cell,
                     float *heading)
{
    struct orr_index_doc d;
    struct reading r;
    struct unit u;
    struct set all = {{0}};
    orr_index_doc(s->x, doc, &d);
    begin(s, q);
    struct orr_words w = orr_index_words(s->x, doc);
    read_front(s, &w, &r);
    for (uint32_t c = 0; read_unit(s, &w, &u) == ORR_MARK_CELL; c++)
        if (heading && c < d.columns) heading[c] = share(u.common, u.mass);
    uint32_t at = 0, c = 0;
    for (int32_t mark; at < d.rows && (mark = read_cell(s, &w, &u)) != ORR_MARK_END;) {
        if (mark == ORR_MARK_FIELD) {
            if (row) row[at] = mass(q, &all, &r.rest);
            all = (struct set){{0}};
            at++, c = 0;
            continue;
        }
        join(&all, &u.terms);
        if (cell && c < d.columns) cell[(size_t)at * d.columns + c] = mass(q, &u.terms, NULL);
        c++;
    }
    for (; row && at < d.rows; at++) row[at] = 0;
    end(s);
}
