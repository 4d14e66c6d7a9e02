/* The tasks of `orrery eval tables`. */
#include "app/eval_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/rng.h>

#include "app/corpus_pretrain.h"
#include "app/example.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/fts.h"

enum { ROUNDS = 1000, QUICK_SHARE = 4, GROWN = 25000 };
static const double TITLE_WEIGHT = 5; /* of the FTS5 baseline */

/* What a method did with the reported questions. */
struct ranks {
    const char *method;
    char name[32]; /* of a method that the user named */
    double *rank;  /* [n] place of the right table; INFINITY: not among the first ORR_EVAL_DEPTH */
    double *ms;    /* [n] */
    size_t n;
};

struct work {
    const struct orr_eval_tables_options *o;
    const struct orr_tables_set *set;
    const struct orr_ticker *ticker;
    const size_t *reported; /* [n] questions */
    size_t n;
    struct orr_tables_encoder encoder;
    struct orr_table_ranker ranker[ORR_EVAL_PARTS]; /* learned without that part */
    struct orr_table_ranker near[ORR_EVAL_PARTS];   /* the same with the encoder's cosines */
    struct orr_wordnet wordnet;
    struct orr_pair_source synonyms; /* empty where WordNet is not installed */
};

/* A way through the cascade. */
struct route {
    enum orr_stage last;
    bool encoded;
    enum orr_dense_mode mode;
    size_t read; /* tables that the encoder reads in stage 3 */
};

static struct ranks ranks_new(const char *method, size_t n)
{
    struct ranks r = {.method = method, .rank = orr_xcalloc(2 * n + 1, sizeof *r.rank), .n = n};
    r.ms = r.rank + n;
    return r;
}


/* ---- methods ---- */

typedef void (*rewording)(const struct work *w, const char *text, struct orr_rng *rng, struct orr_str *out);

static void question_text(const struct work *w, size_t i, rewording reword, struct orr_str *out)
{
    struct orr_rng rng;
    orr_str_clear(out);
    orr_rng_seed(&rng, w->o->seed, w->reported[i]);
    if (reword)
        reword(w, w->set->questions[w->reported[i]].text, &rng, out);
    else
        orr_str_append(out, w->set->questions[w->reported[i]].text);
}

static enum orr_status fetch(void *ctx, uint32_t doc, struct orr_arena *a, struct orr_doc *out, struct orr_error *err)
{
    return orr_tables_set_doc(ctx, doc, a, out, err);
}

/* A question of a loop. */
struct asking {
    const struct work *w;
    struct ranks *r;
    rewording reword;
    bool encoded;
    struct orr_cascade *cascade;
    struct orr_cascade_options options;
    struct orr_fts *fts;
    float *cosine; /* [tables] */
    struct orr_str text;
    enum orr_status status; /* the first failure */
    struct orr_error *err;
};

/* All questions, one after the other: they share the memory of what answers. */
static enum orr_status ask_all(struct asking *a, void (*ask)(void *ctx, size_t i))
{
    const struct orr_region region = {a->r->rank, 2 * a->r->n * sizeof *a->r->rank};
    const bool whole = orr_shards_for(a->w->o->shards, a->w->n, 1, ask, a, a->w->ticker, a->r->method, "questions", &region, 1);
    orr_str_free(&a->text);
    return a->status || whole ? a->status : orr_error_set(a->err, ORR_ECANCELLED, "eval tables", "stopped");
}

/* The ranker of a question never saw its part. */
static void ask_cascade(void *ctx, size_t i)
{
    struct asking *a = ctx;
    const struct orr_tables_question *q = &a->w->set->questions[a->w->reported[i]];
    struct orr_cascade_result got = {0};
    a->options.ranker = a->encoded ? &a->w->near[q->part] : &a->w->ranker[q->part];
    question_text(a->w, i, a->reword, &a->text);
    const double start = orr_clock_cpu();
    a->r->rank[i] = INFINITY;
    if (orr_cascade_run(a->cascade, orr_str_c(&a->text), &a->options, &got, NULL) == ORR_OK) {
        a->r->ms[i] = 1e3 * (orr_clock_cpu() - start);
        for (size_t k = 0; k < got.n && k < ORR_EVAL_DEPTH; k++)
            if (got.items[k].doc == q->right) a->r->rank[i] = (double)k + 1;
    }
    orr_cascade_result_free(&got);
}

static void ask_fts(void *ctx, size_t i)
{
    struct asking *a = ctx;
    int64_t ids[ORR_EVAL_DEPTH];
    size_t n;
    if (a->status) return;
    question_text(a->w, i, a->reword, &a->text);
    const double start = orr_clock_cpu();
    a->status = orr_fts_search(a->fts, orr_str_c(&a->text), ORR_EVAL_DEPTH, ids, &n, a->err);
    a->r->ms[i] = 1e3 * (orr_clock_cpu() - start);
    a->r->rank[i] = INFINITY;
    for (size_t k = 0; k < n; k++)
        if (ids[k] == a->w->set->questions[a->w->reported[i]].right) a->r->rank[i] = (double)k + 1;
    if (a->status) orr_shards_fail(a->w->o->shards);
}

/* One index on the route asked for. */
static enum orr_status run_cascade(const struct work *w, const struct orr_index *x, rewording reword,
                                   struct route route, struct ranks *r, struct orr_error *err)
{
    struct orr_cascade *c = orr_cascade_new(x);
    struct orr_cascade_options o = orr_cascade_defaults();
    enum orr_status status = ORR_OK;
    o.skip[ORR_STAGE_RERANK] = route.last < ORR_STAGE_RERANK;
    o.skip[ORR_STAGE_DENSE] = route.last < ORR_STAGE_DENSE;
    if (route.last == ORR_STAGE_SPARSE) o.keep[ORR_STAGE_SPARSE] = ORR_EVAL_DEPTH;
    o.mode = route.mode;
    if (route.encoded && w->encoder.vectors) status = orr_cascade_attach(c, w->encoder.vectors, w->encoder.encoder, err);
    if (route.read)
        o.reader = (struct orr_reading_ranker){
            .encoder = w->encoder.encoder, .most = route.read, .fetch = fetch, .ctx = (void *)(uintptr_t)w->set};
    struct asking a = {.w = w, .r = r, .reword = reword, .encoded = route.encoded, .cascade = c, .options = o, .err = err};
    if (status == ORR_OK) status = ask_all(&a, ask_cascade);
    orr_cascade_free(c);
    return status;
}

static enum orr_status run_fts(const struct work *w, struct orr_fts *f, rewording reword, struct ranks *r,
                               struct orr_error *err)
{
    return ask_all(&(struct asking){.w = w, .r = r, .reword = reword, .fts = f, .err = err}, ask_fts);
}

/* ---- rewordings ---- */

/* Words of a question that carry no content; what people leave out who type keywords. */
static bool is_function_word(const char *w, size_t n)
{
    static const char *const words[] = {
        "a",     "an",   "and", "are", "as",   "at",   "by",   "did",   "do",    "does", "for",   "from", "had",  "has",
        "have",  "how",  "in",  "is",  "it",   "its",  "many", "much",  "name",  "of",   "on",    "or",   "that", "the",
        "their", "this", "to",  "was", "were", "what", "when", "where", "which", "who",  "whose", "with"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == n && strncasecmp(words[i], w, n) == 0) return true;
    return false;
}

static void keywords(const struct work *w, const char *text, struct orr_rng *rng, struct orr_str *out)
{
    (void)w;
    (void)rng;
    for (const char *c = text; *c;) {
        const size_t n = strcspn(c, " ");
        if (n && !is_function_word(c, n)) {
            if (out->len) orr_str_append_char(out, ' ');
            orr_str_append_n(out, c, n);
        }
        c += n + (c[n] == ' ');
    }
}

/* One word of five letters or more gets two neighbouring letters swapped. */
static void typo(const struct work *w, const char *text, struct orr_rng *rng, struct orr_str *out)
{
    (void)w;
    size_t at[256], n = 0;
    for (const char *c = text; *c && n < 256;) {
        const size_t len = strcspn(c, " ");
        if (len >= 5 && !is_function_word(c, len)) at[n++] = (size_t)(c - text);
        c += len + (c[len] == ' ');
    }
    orr_str_append(out, text);
    if (!n) return;
    const size_t word = at[orr_rng_below(rng, n)], len = strcspn(text + word, " "),
                 i = word + 1 + orr_rng_below(rng, len - 2);
    if ((unsigned char)out->data[i] >= 0x80 || (unsigned char)out->data[i + 1] >= 0x80) return;
    const char c = out->data[i];
    out->data[i] = out->data[i + 1];
    out->data[i + 1] = c;
}

/* Half of the words that have one by a synonym from WordNet, sense unseen. */
static void synonyms(const struct work *w, const char *text, struct orr_rng *rng, struct orr_str *out)
{
    orr_pairs_reword(&w->synonyms, text, 0.5, rng, out);
}

/* ---- tables of the results ---- */

static const struct metric {
    const char *name;
    double cut; /* 0: reciprocal rank */
} metrics[] = {{"recall@1", 1}, {"recall@10", 10}, {"recall@50", 50}, {"mrr", 0}};
enum { METRICS = sizeof metrics / sizeof *metrics };

static double score(const struct metric *m, double rank) { return m->cut > 0 ? 100 * (rank <= m->cut) : 1 / rank; }

static void report(const struct work *w, const char *task, const char *setting, const struct ranks *methods, size_t n,
                   struct orr_eval *out)
{
    double *a = orr_xcalloc(2 * w->n + 1, sizeof *a), *b = a + w->n;
    for (size_t m = 0; m < n; m++) {
        for (int k = 0; k < METRICS; k++) {
            for (size_t i = 0; i < w->n; i++) a[i] = score(&metrics[k], methods[m].rank[i]);
            orr_eval_row(out, task, setting, methods[m].method, metrics[k].name, "higher",
                         orr_stats_bootstrap(a, NULL, w->n, ORR_STAT_MEAN, ROUNDS, 0.95, w->o->seed), w->n);
            if (m == 0) continue;
            for (size_t i = 0; i < w->n; i++) b[i] = score(&metrics[k], methods[0].rank[i]);
            orr_eval_paired(out, task, setting, methods[0].method, methods[m].method, metrics[k].name,
                            orr_stats_bootstrap(b, a, w->n, ORR_STAT_MEAN, ROUNDS, 0.95, w->o->seed), w->n);
        }
        static const double parts[2] = {0.5, 0.95};
        for (int p = 0; p < 2 && !isnan(methods[m].ms[0]); p++) {
            memcpy(a, methods[m].ms, w->n * sizeof *a);
            const double ms = orr_stats_quantile(a, w->n, parts[p]);
            orr_eval_row(out, task, setting, methods[m].method, p ? "ms_p95" : "ms_p50", "lower",
                         (struct orr_stats_interval){ms, NAN, NAN}, w->n);
        }
    }
    free(a);
}

static double median(const double *x, size_t n)
{
    double *copy = orr_xcalloc(n + 1, sizeof *copy);
    memcpy(copy, x, n * sizeof *copy);
    const double m = orr_stats_median(copy, n);
    free(copy);
    return m;
}

static void one_number(struct orr_eval *out, const char *task, const char *setting, const char *method,
                       const char *metric, double x, size_t n)
{
    orr_eval_row(out, task, setting, method, metric, "lower", (struct orr_stats_interval){x, NAN, NAN}, n);
}

/* ---- tasks ---- */

struct indexes {
    struct orr_index *fields, *plain;
    struct orr_fts *fts;
};

enum { METHODS_MOST = 20 };

/* Lists of other programs; they have no times. */
static enum orr_status read_ranks(const struct work *w, struct ranks *r, size_t *n, struct orr_error *err)
{
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < w->o->n_ranks && status == ORR_OK; i++) {
        const char *equals = strchr(w->o->ranks[i], '=');
        if (!equals || equals == w->o->ranks[i] || *n == METHODS_MOST)
            return orr_error_set(err, ORR_EINVAL, "--ranks", "'%s' is no name=FILE, or one too many", w->o->ranks[i]);
        struct ranks *x = &r[*n];
        *x = ranks_new("", w->n);
        snprintf(x->name, sizeof x->name, "%.*s", (int)(equals - w->o->ranks[i]), w->o->ranks[i]);
        x->method = x->name;
        for (size_t k = 0; k < w->n; k++) x->ms[k] = NAN;
        status = orr_tables_ranks_read(w->set, w->reported, w->n, equals + 1, x->rank, err);
        ++*n;
    }
    return status;
}

/* The cascade first: the others are compared with it. `others`: with lists of other programs. p50[STAGE_WAYS] receives the
 * median milliseconds of the cascade and of its stages; NULL: not wanted. */
enum { STAGE_WAYS = 3 };
static const char *const stage_ways[STAGE_WAYS] = {"tables", "dense", "bm25f"};
static enum orr_status compare(const struct work *w, const struct indexes *x, const char *task, const char *setting,
                               rewording reword, bool others, double *p50, struct orr_eval *out, struct orr_error *err)
{
    static const enum orr_stage last[STAGE_WAYS] = {ORR_STAGE_RERANK, ORR_STAGE_DENSE, ORR_STAGE_SPARSE};
    struct ranks r[METHODS_MOST];
    size_t n = 0;
    enum orr_status status = ORR_OK;
    for (; n < STAGE_WAYS && status == ORR_OK; n++) {
        r[n] = ranks_new(stage_ways[n], w->n);
        status = run_cascade(w, x->fields, reword, (struct route){.last = last[n]}, &r[n], err);
        if (p50) p50[n] = median(r[n].ms, w->n);
    }
    if (status == ORR_OK && x->plain) {
        r[n] = ranks_new("bm25", w->n);
        status = run_cascade(w, x->plain, reword, (struct route){.last = ORR_STAGE_SPARSE}, &r[n++], err);
    }
    if (status == ORR_OK && x->fts) {
        r[n] = ranks_new("fts5", w->n);
        status = run_fts(w, x->fts, reword, &r[n++], err);
    }
    if (status == ORR_OK && others) status = read_ranks(w, r, &n, err);
    if (status == ORR_OK && !orr_shards_partial(w->o->shards)) report(w, task, setting, r, n, out);
    for (size_t i = 0; i < n; i++) free(r[i].rank);
    return status;
}

static void ask_vectors(void *ctx, size_t i)
{
    struct asking *a = ctx;
    const uint32_t right = a->w->set->questions[a->w->reported[i]].right;
    size_t before = 0;
    if (a->status) return;
    question_text(a->w, i, a->reword, &a->text);
    const double start = orr_clock_cpu();
    a->status = orr_cascade_cosines(a->cascade, orr_str_c(&a->text), a->options.mode, a->cosine, a->err);
    a->r->ms[i] = 1e3 * (orr_clock_cpu() - start);
    for (size_t t = 0; t < a->w->set->n_tables; t++)
        before += t < right ? a->cosine[t] >= a->cosine[right] : a->cosine[t] > a->cosine[right];
    a->r->rank[i] = before < ORR_EVAL_DEPTH ? (double)before + 1 : (double)INFINITY;
    if (a->status) orr_shards_fail(a->w->o->shards);
}

/* Every table by the encoder's cosine alone: of the whole table, of its best row, of its best rows as a mini-table. */
static enum orr_status run_vectors(const struct work *w, const struct orr_index *x, rewording reword,
                                   enum orr_dense_mode mode, struct ranks *r, struct orr_error *err)
{
    struct asking a = {.w = w, .r = r, .reword = reword, .cascade = orr_cascade_new(x), .err = err};
    a.options.mode = mode;
    a.cosine = orr_xcalloc(w->set->n_tables + 1, sizeof *a.cosine);
    if (w->encoder.vectors) a.status = orr_cascade_attach(a.cascade, w->encoder.vectors, w->encoder.encoder, err);
    const enum orr_status status = a.status ? a.status : ask_all(&a, ask_vectors);
    free(a.cosine);
    orr_cascade_free(a.cascade);
    return status;
}

/* What an encoder adds to each stage: the cascade with it first, then what it is compared with. Modes and reading only
 * where there are vectors of rows. */
static enum orr_status compare_encoder(const struct work *w, const struct orr_index *x, const char *setting,
                                       rewording reword, struct orr_eval *out, struct orr_error *err)
{
    static const struct {
        const char *method;
        struct route route;
        bool rows;
    } ways[] = {{"tables+encoder", {ORR_STAGE_RERANK, true, ORR_DENSE_MINI, 0}, false},
                {"tables+encoder row", {ORR_STAGE_RERANK, true, ORR_DENSE_ROW, 0}, true},
                {"tables+encoder table", {ORR_STAGE_RERANK, true, ORR_DENSE_TABLE, 0}, true},
                {"tables+encoder reads 5", {ORR_STAGE_RERANK, true, ORR_DENSE_MINI, 5}, true},
                {"dense+encoder", {ORR_STAGE_DENSE, true, ORR_DENSE_MINI, 0}, false},
                {"dense+encoder row", {ORR_STAGE_DENSE, true, ORR_DENSE_ROW, 0}, true},
                {"dense+encoder table", {ORR_STAGE_DENSE, true, ORR_DENSE_TABLE, 0}, true},
                {"tables", {.last = ORR_STAGE_RERANK}, false},
                {"dense", {.last = ORR_STAGE_DENSE}, false}};
    struct ranks r[METHODS_MOST];
    size_t n = 0;
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < sizeof ways / sizeof *ways && status == ORR_OK; i++) {
        if (ways[i].rows && (!w->encoder.has_rows || (ways[i].route.read && w->o->quick)))
            continue;
        r[n] = ranks_new(ways[i].method, w->n);
        status = run_cascade(w, x, reword, ways[i].route, &r[n++], err);
    }
    static const char *const alone[] = {"encoder table", "encoder row", "encoder mini-table"};
    for (int mode = ORR_DENSE_TABLE; mode <= ORR_DENSE_MINI && status == ORR_OK; mode++) {
        if (mode != ORR_DENSE_TABLE && !w->encoder.has_rows) continue;
        r[n] = ranks_new(alone[mode], w->n);
        status = run_vectors(w, x, reword, (enum orr_dense_mode)mode, &r[n++], err);
    }
    if (status == ORR_OK) {
        r[n] = ranks_new("bm25f", w->n);
        status = run_cascade(w, x, reword, (struct route){.last = ORR_STAGE_SPARSE}, &r[n++], err);
    }
    if (status == ORR_OK && !orr_shards_partial(w->o->shards)) report(w, "encoder", setting, r, n, out);
    for (size_t i = 0; i < n; i++) free(r[i].rank);
    return status;
}

static enum orr_status evaluate_encoder(struct work *w, const struct orr_index *x, struct orr_eval *out,
                                        struct orr_error *err)
{
    if (!w->encoder.encoder) return ORR_OK;
    enum orr_status status = compare_encoder(w, x, "questions", NULL, out, err);
    if (w->o->skip_baselines) return status;
    if (status == ORR_OK) status = compare_encoder(w, x, "keywords only", keywords, out, err);
    if (status == ORR_OK) status = compare_encoder(w, x, "a typing error", typo, out, err);
    if (status == ORR_OK && w->synonyms.n_synsets) status = compare_encoder(w, x, "synonyms", synonyms, out, err);
    return status;
}

static enum orr_status build(const struct work *w, const char *task, struct indexes *x, struct orr_eval *out,
                             struct orr_error *err)
{
    double seconds;
    enum orr_status status = orr_tables_set_index(w->set, &orr_bm25f_default, w->ticker, &x->fields, &seconds, err);
    if (status != ORR_OK) return status;
    one_number(out, task, "index", "tables", "index_s", seconds, w->set->n_tables);
    one_number(out, task, "index", "tables", "index_mb", (double)orr_index_bytes(x->fields) / 1e6, w->set->n_tables);
    if (w->o->skip_baselines) return ORR_OK;
    status = orr_tables_set_index(w->set, &orr_bm25f_plain, w->ticker, &x->plain, NULL, err);
    if (status != ORR_OK) return status;
    const double start = orr_clock_cpu();
    status = orr_fts_new(TITLE_WEIGHT, &x->fts, err);
    if (status == ORR_EUNSUPPORTED) return ORR_OK; /* the baseline is left out */
    if (status == ORR_OK) status = orr_tables_set_fts(w->set, x->fts, err);
    if (status == ORR_OK) one_number(out, task, "index", "fts5", "index_s", orr_clock_cpu() - start, w->set->n_tables);
    return status;
}

/* One size of the growth task; p50[STAGE_WAYS] receives the median milliseconds of each way. */
static enum orr_status grow_to(struct work *w, const struct orr_tables_set *part, const char *setting, double *p50,
                               struct orr_eval *out, struct orr_error *err)
{
    struct indexes x = {0};
    double seconds;
    enum orr_status status = orr_tables_set_index(part, &orr_bm25f_default, w->ticker, &x.fields, &seconds, err);
    if (status == ORR_OK) {
        one_number(out, "growth", setting, "tables", "index_s", seconds, part->n_tables);
        one_number(out, "growth", setting, "tables", "index_mb", (double)orr_index_bytes(x.fields) / 1e6, part->n_tables);
        w->set = part;
        status = compare(w, &x, "growth", setting, NULL, false, p50, out, err);
    }
    orr_index_close(x.fields);
    return status;
}

/* The same questions among ever more tables, with their own among them: what they cost and whether they are still found.
 * exponent: of the median time from one size to the next; 1 is growth as fast as the number of tables. */
static enum orr_status grow(struct work *w, struct orr_tables_set *set, struct orr_eval *out, struct orr_error *err)
{
    const size_t real = set->n_tables, sizes[] = {1000, 5000, real, GROWN};
    enum orr_status status = ORR_OK;
    double before[STAGE_WAYS] = {0}, tables_before = 0;
    orr_tables_set_grow(set, GROWN, w->o->seed);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes && status == ORR_OK; i++) {
        struct orr_tables_set part;
        const double tables = (double)sizes[i];
        double p50[STAGE_WAYS];
        char setting[96];
        if (sizes[i] < w->n || sizes[i] > set->n_tables || tables <= tables_before) continue;
        orr_tables_set_part(set, w->reported, w->n, sizes[i], &part);
        int length = snprintf(setting, sizeof setting, "%zu real", part.n_tables - part.n_synthetic);
        if (part.n_synthetic)
            length += snprintf(setting + length, sizeof setting - (size_t)length, " + %zu synthetic", part.n_synthetic);
        snprintf(setting + length, sizeof setting - (size_t)length, " tables");
        status = grow_to(w, &part, setting, p50, out, err);
        orr_tables_set_part_free(&part);
        for (size_t m = 0; m < STAGE_WAYS && status == ORR_OK && p50[m] > 0 && before[m] > 0; m++)
            one_number(out, "growth", setting, stage_ways[m], "exponent",
                       log(p50[m] / before[m]) / log(tables / tables_before), w->n);
        memcpy(before, p50, sizeof before);
        tables_before = tables;
    }
    w->set = set;
    return status;
}

/* Rankers for each part, and one of all parts into *all. */
static enum orr_status learn_from(const struct work *w, const struct orr_index *x,
                                  const struct orr_tables_encoder *encoder, struct orr_table_ranker *ranker,
                                  struct orr_table_ranker *all, struct orr_error *err)
{
    struct orr_tables_lists lists;
    enum orr_status status = orr_tables_lists_make(w->set, x, encoder, w->ticker, &lists, err);
    for (int part = 0; part < ORR_EVAL_PARTS && status == ORR_OK; part++)
        status = orr_tables_learn(w->set, &lists, part, w->ticker, &ranker[part], err);
    if (status == ORR_OK && w->o->learn) status = orr_tables_learn(w->set, &lists, -1, w->ticker, all, err);
    orr_tables_lists_free(&lists);
    return status;
}

static enum orr_status learn(struct work *w, const struct orr_index *x, struct orr_error *err)
{
    const struct orr_tables_encoder none = {0};
    struct orr_table_ranker all, near = orr_table_ranker_near;
    enum orr_status status = learn_from(w, x, &none, w->ranker, &all, err);
    if (status == ORR_OK && w->encoder.encoder) status = learn_from(w, x, &w->encoder, w->near, &near, err);
    if (status == ORR_OK && w->o->learn) status = orr_tables_ship(&all, &near, w->set, w->o->learn, err);
    return status;
}

static enum orr_status evaluate(struct work *w, struct orr_tables_set *set, const char *task, struct orr_eval *out,
                                struct orr_error *err)
{
    struct indexes x = {0};
    char setting[64];
    enum orr_status status = build(w, task, &x, out, err);
    double seconds = 0;
    for (int part = 0; part < ORR_EVAL_PARTS; part++)
        w->ranker[part] = orr_table_ranker_shipped, w->near[part] = orr_table_ranker_near;
    if (status == ORR_OK)
        status = orr_tables_encoder_open(w->o, set, !w->o->real || w->o->rows || !w->o->encoder, w->ticker, &seconds,
                                         &w->encoder, err);
    if (w->encoder.encoder) one_number(out, task, "index", "encoder", "encode_s", seconds, set->n_tables);
    const bool learns = w->o->real && (w->o->learn || !orr_shards_merging(w->o->shards));
    if (status == ORR_OK && learns) status = learn(w, x.fields, err);
    snprintf(setting, sizeof setting, "%zu tables", set->n_tables);
    if (status == ORR_OK) status = compare(w, &x, task, setting, NULL, true, NULL, out, err);
    const struct indexes own = {.fields = x.fields}; /* FTS5 takes a hundred times as long: once is enough */
    const bool reword = !w->o->skip_baselines;
    if (status == ORR_OK && reword) status = compare(w, &own, "reworded", "keywords only", keywords, false, NULL, out, err);
    if (status == ORR_OK && reword) status = compare(w, &own, "reworded", "a typing error", typo, false, NULL, out, err);
    if (status == ORR_OK && reword && w->synonyms.n_synsets)
        status = compare(w, &own, "reworded", "synonyms", synonyms, false, NULL, out, err);
    if (status == ORR_OK) status = evaluate_encoder(w, x.fields, out, err);
    if (status == ORR_OK) status = orr_tables_eval_answers(w->set, x.fields, w->o, w->ticker, out, err);
    orr_tables_encoder_close(&w->encoder);
    orr_index_close(x.fields);
    orr_index_close(x.plain);
    orr_fts_free(x.fts);
    return status == ORR_OK && w->o->real && !w->o->quick && !w->o->skip_baselines ? grow(w, set, out, err) : status;
}

static enum orr_status load(const struct orr_eval_tables_options *o, const struct orr_ticker *ticker,
                            struct orr_tables_set *set, struct orr_error *err)
{
    struct orr_str tables = {0}, questions = {0};
    char *own = o->real ? NULL : orr_example_datasets();
    enum orr_status status = ORR_OK;
    if (!o->real && !own)
        status = orr_error_set(err, ORR_ENOTFOUND, "datasets", "the datasets folder is missing; set ORRERY_DATASETS");
    orr_str_printf(&tables, "%s/%s",
                   o->real ? o->real
                   : own   ? own
                           : "",
                   o->real ? "ottqa/tables.jsonl.gz" : "tables/tables.jsonl");
    orr_str_printf(&questions, "%s/%s",
                   o->real ? o->real
                   : own   ? own
                           : "",
                   o->real ? "ottqa/queries.jsonl" : "tables/questions.jsonl");
    if (status == ORR_OK) status = orr_tables_set_load(tables.data, questions.data, ticker, set, err);
    free(own);
    orr_str_free(&tables);
    orr_str_free(&questions);
    return status;
}

enum orr_status orr_eval_tables(const struct orr_eval_tables_options *o, const struct orr_ticker *ticker,
                                struct orr_eval *out, struct orr_error *err)
{
    const double start = orr_clock_now();
    struct orr_tables_set set = {0};
    out->name = "tables";
    out->seed = o->seed;
    enum orr_status status = load(o, ticker, &set, err);
    size_t *reported = orr_xcalloc(set.n_questions + 1, sizeof *reported), n = 0;
    for (size_t i = 0; i < set.n_questions; i++)
        if ((!o->real || set.questions[i].part >= ORR_EVAL_CHOOSING) && (!o->quick || i % QUICK_SHARE == 0))
            reported[n++] = i;
    struct work w = {.o = o, .set = &set, .ticker = ticker, .reported = reported, .n = n};
    if (status == ORR_OK && orr_wordnet_installed(ticker, &w.wordnet, NULL) == ORR_OK)
        orr_pairs_init(&w.synonyms, &w.wordnet, NULL, 0);
    if (status == ORR_OK && n == 0)
        status = orr_error_set(err, ORR_EFORMAT, "questions", "too few of them to evaluate");
    if (status == ORR_OK) status = evaluate(&w, &set, o->real ? "ottqa" : "own", out, err);
    free(reported);
    orr_pairs_free(&w.synonyms);
    orr_wordnet_free(&w.wordnet);
    orr_tables_set_free(&set);
    out->seconds = orr_clock_now() - start;
    return status;
}
