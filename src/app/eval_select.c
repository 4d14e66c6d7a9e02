/* The tasks of `orrery eval select` on WordNet: definitions of synsets that were held back, pools of words. */
#include "app/eval_select.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/rng.h>

#include "app/eval_select_private.h"
#include "app/lm.h"
#include "app/select.h"
#include "base/clock.h"
#include "base/mem.h"
#include "lab/dataset.h"

enum { CHOICES = 5, STEPS = 3, LONGEST_LENGTH = 4 };

/* Sizes of pools; how many questions meet them, and how many of those all likelihoods too. */
struct size {
    size_t candidates, questions, exact;
    const char *setting;
};
static const struct size FULL[] = {{CHOICES, 400, 400, "5"},      {100, 300, 300, "100"},    {1000, 300, 150, "1000"},
                                   {10000, 300, 100, "10000"},    {50000, 200, 30, "50000"}, {0, 100, 0, "all"}},
                         QUICK[] = {{CHOICES, 60, 60, "5"}, {100, 40, 40, "100"}, {1000, 40, 20, "1000"},
                                    {10000, 20, 3, "10000"}};

/* ---- questions ---- */

/* Definitions that some training synset has too would be known by heart. */
static void mark_known(const struct orr_wordnet *w, struct orr_intern *known)
{
    for (size_t i = 0; i < w->synsets.len; i++)
        if (w->synsets.data[i].part == ORR_WORDNET_TRAIN)
            orr_intern_add(known, 0, w->synsets.data[i].definition, strlen(w->synsets.data[i].definition));
}

static bool fits(struct orr_select_work *w, const struct orr_synset *s, struct orr_select_question *q)
{
    struct orr_tokens t = {0};
    struct orr_str text = {0};
    orr_str_printf(&text, "%s:", s->definition);
    orr_pieces_encode(w->pieces, orr_str_c(&text), text.len, true, &t);
    const size_t prompt = t.len;
    orr_str_clear(&text);
    orr_str_printf(&text, " %s", orr_wordnet_word(&w->wordnet, s, 0));
    orr_pieces_encode(w->pieces, orr_str_c(&text), text.len, false, &t);
    q->tokens = (uint32_t)(t.len - prompt);
    free(t.data);
    orr_str_free(&text);
    return prompt < (size_t)orr_decoder_room(w->state) / 2;
}

static void choose_questions(struct orr_select_work *w, size_t most)
{
    struct orr_intern known = {0};
    struct orr_rng rng;
    ORR_VEC(uint32_t) all = {0};
    mark_known(&w->wordnet, &known);
    for (size_t i = 0; i < w->wordnet.synsets.len; i++) {
        const struct orr_synset *s = &w->wordnet.synsets.data[i];
        if (s->part == ORR_WORDNET_TEST && *s->definition &&
            orr_intern_find(&known, 0, s->definition, strlen(s->definition)) == ORR_INTERN_NONE)
            ORR_VEC_PUSH(&all, (uint32_t)i);
    }
    orr_intern_free(&known);
    orr_rng_seed(&rng, w->o->seed, 1);
    w->questions = orr_xcalloc(most + 1, sizeof *w->questions);
    for (size_t i = 0; i < all.len && w->n < most; i++) {
        const size_t k = i + orr_rng_below(&rng, all.len - i);
        const uint32_t at = all.data[k];
        const struct orr_synset *s = &w->wordnet.synsets.data[at];
        struct orr_select_question q = {.definition = s->definition, .synset = at, .gold = w->wordnet.words.data[s->word]};
        all.data[k] = all.data[i];
        if (fits(w, s, &q)) w->questions[w->n++] = q;
    }
    free(all.data);
}

/* ---- pools ---- */

enum orr_status orr_select_pool_make(const struct orr_wordnet *w, const struct orr_pieces *pieces, const uint32_t *lemma,
                                     size_t n, struct orr_select_pool *out, struct orr_error *err)
{
    *out = (struct orr_select_pool){.lemma = orr_xcalloc(n + 1, sizeof *out->lemma)};
    memcpy(out->lemma, lemma, n * sizeof *lemma);
    for (size_t i = 0; i < n; i++) orr_pool_add(&out->pool, w->lemmas.entries[lemma[i]].text, w->lemmas.entries[lemma[i]].n);
    return orr_pool_encode(&out->pool, pieces, err);
}

void orr_select_pool_free(struct orr_select_pool *p)
{
    orr_pool_free(&p->pool);
    free(p->lemma);
    free(p->prior);
    *p = (struct orr_select_pool){0};
}

struct drawing {
    const struct orr_select_work *w;
    bool *taken; /* [lemmas] */
    uint32_t *lemma;
    size_t n;
};

static void take(struct drawing *d, uint32_t lemma)
{
    if (d->taken[lemma]) return;
    d->taken[lemma] = true;
    d->lemma[d->n++] = lemma;
}

/* Words of the question's synset that are no candidates: only one right answer stands in a small pool. */
static void bar_synonyms(struct drawing *d, const struct orr_select_question *q)
{
    const struct orr_synset *s = &d->w->wordnet.synsets.data[q->synset];
    for (uint32_t k = 0; k < s->n_words; k++) d->taken[d->w->wordnet.words.data[s->word + k]] = true;
}

/* First words of synsets with the same kin, in a drawn order; where they are too few, of the same kind of word. */
static void take_sisters(struct drawing *d, const struct orr_select_question *q, size_t n, struct orr_rng *rng)
{
    const struct orr_wordnet *w = &d->w->wordnet;
    const struct orr_synset *own = &w->synsets.data[q->synset];
    ORR_VEC(uint32_t) sisters = {0};
    for (size_t i = 0; i < w->synsets.len && own->kin >= 0; i++)
        if (w->synsets.data[i].kin == own->kin && i != q->synset) ORR_VEC_PUSH(&sisters, w->words.data[w->synsets.data[i].word]);
    for (size_t i = 0; i < sisters.len && d->n < n; i++) {
        const size_t k = i + orr_rng_below(rng, sisters.len - i);
        const uint32_t lemma = sisters.data[k];
        sisters.data[k] = sisters.data[i];
        take(d, lemma);
    }
    while (d->n < n) {
        const struct orr_synset *s = &w->synsets.data[orr_rng_below(rng, w->synsets.len)];
        if (s->kind == own->kind) take(d, w->words.data[s->word]);
    }
    free(sisters.data);
}

static enum orr_status own_pool(struct orr_select_work *w, size_t q, size_t n, bool *taken, struct orr_select_pool *out)
{
    const struct orr_select_question *x = &w->questions[q];
    struct drawing d = {.w = w, .taken = taken, .lemma = orr_xcalloc(n + 1, sizeof *d.lemma)};
    struct orr_rng rng;
    orr_rng_seed(&rng, w->o->seed ^ n, 2 + q);
    take(&d, x->gold);
    bar_synonyms(&d, x);
    if (n == CHOICES) take_sisters(&d, x, n, &rng);
    while (d.n < n) take(&d, (uint32_t)orr_rng_below(&rng, w->wordnet.lemmas.len));
    for (size_t i = d.n; i > 1; i--) { /* the right answer stands anywhere */
        const size_t k = orr_rng_below(&rng, i);
        const uint32_t swap = d.lemma[i - 1];
        d.lemma[i - 1] = d.lemma[k];
        d.lemma[k] = swap;
    }
    const enum orr_status s = orr_select_pool_make(&w->wordnet, w->pieces, d.lemma, d.n, out, w->err);
    memset(taken, 0, w->wordnet.lemmas.len * sizeof *taken);
    free(d.lemma);
    return s;
}

/* One pool for all: the right answers of all questions, and other words. n 0: all words. */
static enum orr_status shared_pool(struct orr_select_work *w, size_t n, size_t questions, bool *taken,
                                   struct orr_select_pool *out)
{
    const size_t all = w->wordnet.lemmas.len;
    struct drawing d = {.w = w, .taken = taken, .lemma = orr_xcalloc(all + 1, sizeof *d.lemma)};
    struct orr_rng rng;
    orr_rng_seed(&rng, w->o->seed, 3);
    for (size_t q = 0; q < questions; q++) take(&d, w->questions[q].gold);
    while (d.n < n) take(&d, (uint32_t)orr_rng_below(&rng, all));
    for (size_t i = 0; i < all && n == 0; i++) take(&d, (uint32_t)i);
    const enum orr_status s = orr_select_pool_make(&w->wordnet, w->pieces, d.lemma, d.n, out, w->err);
    memset(taken, 0, all * sizeof *taken);
    free(d.lemma);
    return s;
}

/* ---- tasks ---- */

/* The same estimators by how many tokens the right answer has. */
static void report_lengths(struct orr_select_work *w, const char *setting, const struct orr_select_sheet *sheet)
{
    bool *keep = orr_xcalloc(w->n + 1, sizeof *keep);
    for (uint32_t k = 1; k <= LONGEST_LENGTH; k++) {
        char name[32];
        size_t n = 0;
        for (size_t q = 0; q < sheet->n; q++) {
            const uint32_t tokens = w->questions[q].tokens;
            keep[q] = k < LONGEST_LENGTH ? tokens == k : tokens >= k;
            n += keep[q];
        }
        snprintf(name, sizeof name, k < LONGEST_LENGTH ? "%s, %u tokens" : "%s, %u tokens or more", setting, k);
        if (n) orr_select_report(w, name, sheet, true, keep);
    }
    free(keep);
}

/* A question of a loop. */
struct asking {
    struct orr_select_work *w;
    struct orr_select_pool *p;
    struct orr_select_sheet *sheet;
    size_t candidates, exact;
    int step;
    bool own, *taken; /* [lemmas] */
    enum orr_status status; /* the first failure */
};

/* All questions of the sheet, one after the other: they share the model's state. */
static enum orr_status ask_all(struct asking *a, void (*ask)(void *ctx, size_t q), const char *what)
{
    struct orr_select_work *w = a->w;
    const struct orr_region regions[] = {
        {a->sheet->answer, ORR_SELECT_METHODS * a->sheet->n * sizeof *a->sheet->answer},
        {a->sheet->pass_ms, a->sheet->n * sizeof *a->sheet->pass_ms}};
    const bool whole = orr_shards_for(w->o->shards, a->sheet->n, 1, ask, a, w->ticker, what, "definitions", regions, 2);
    return a->status || whole ? a->status : orr_error_set(w->err, ORR_ECANCELLED, "eval select", "stopped");
}

static void ask_after_steps(void *ctx, size_t q)
{
    struct asking *a = ctx;
    struct orr_select_work *w = a->w;
    if (a->status) return;
    a->status = orr_select_read(w, w->questions[q].definition, &a->sheet->pass_ms[q]);
    for (int k = 0; k < a->step && !a->status; k++) {
        int32_t best = 0;
        for (int i = 1; i < w->vocab; i++)
            if (w->logits[i] > w->logits[best]) best = i;
        a->status = orr_decoder_read(w->state, &best, 1, w->logits, w->err);
    }
    if (!a->status) orr_select_estimate(w, q, a->p, a->sheet);
    if (a->status) orr_shards_fail(w->o->shards);
}

/* The estimators from the logits after one, two, three decoded tokens: what the paper calls the step index. */
static enum orr_status run_steps(struct orr_select_work *w, struct orr_select_pool *p, size_t questions)
{
    enum orr_status s = ORR_OK;
    for (int step = 1; step <= STEPS && !s; step++) {
        struct orr_select_sheet sheet = orr_select_sheet_new(questions);
        char name[32];
        snprintf(name, sizeof name, "1000, step %d", step);
        s = ask_all(&(struct asking){.w = w, .p = p, .sheet = &sheet, .step = step}, ask_after_steps, name);
        if (!s && !orr_shards_partial(w->o->shards)) orr_select_report(w, name, &sheet, true, NULL);
        orr_select_sheet_free(&sheet);
    }
    return s;
}

static void ask(void *ctx, size_t q)
{
    struct asking *a = ctx;
    if (a->status) return;
    if (a->own) {
        orr_select_pool_free(a->p);
        a->status = own_pool(a->w, q, a->candidates, a->taken, a->p);
    }
    if (!a->status) a->status = orr_select_answer_all(a->w, q, a->p, q < a->exact, a->sheet);
    if (a->status) orr_shards_fail(a->w->o->shards);
}

enum orr_status orr_select_fill(struct orr_select_work *w, size_t candidates, size_t exact, const char *what,
                                struct orr_select_pool *p, struct orr_select_sheet *sheet)
{
    struct asking a = {.w = w, .p = p, .sheet = sheet, .candidates = candidates, .exact = exact};
    a.own = candidates && candidates <= 100;
    a.taken = orr_xcalloc(w->wordnet.lemmas.len + 1, sizeof *a.taken);
    enum orr_status s = a.own || orr_shards_merging(w->o->shards) ? ORR_OK : shared_pool(w, candidates, sheet->n, a.taken, p);
    if (!s) s = ask_all(&a, ask, what);
    free(a.taken);
    return s;
}

static enum orr_status run_size(struct orr_select_work *w, const struct size *z)
{
    const size_t n = z->questions < w->n ? z->questions : w->n;
    struct orr_select_pool p = {0};
    struct orr_select_sheet sheet = orr_select_sheet_new(n);
    enum orr_status s = orr_select_fill(w, z->candidates, z->exact, z->setting, &p, &sheet);
    const bool report = !s && !orr_shards_partial(w->o->shards);
    if (report) orr_select_report(w, z->setting, &sheet, false, NULL);
    if (report && z->candidates == 1000) report_lengths(w, z->setting, &sheet);
    if (!s && z->candidates == 1000) s = run_steps(w, &p, n);
    orr_select_sheet_free(&sheet);
    orr_select_pool_free(&p);
    return s;
}

/* ---- opening ---- */

static enum orr_status open_model(struct orr_select_work *w)
{
    char *shipped = w->o->model ? NULL : orr_lm_shipped();
    const char *path = w->o->model ? w->o->model : shipped;
    enum orr_status s = path ? orr_decoder_open(path, w->ticker, &w->model, w->err)
                             : orr_error_set(w->err, ORR_ENOTFOUND, "datasets/models", "no shipped model; name one (--model)");
    struct orr_str tokenizer = {0};
    if (!s) s = orr_select_tokenizer(&(struct orr_select_source){.model = path}, &tokenizer, w->err);
    if (!s) s = orr_pieces_open(orr_str_c(&tokenizer), orr_decoder_config(w->model)->vocab, &w->pieces, w->err);
    orr_str_free(&tokenizer);
    if (!s) s = orr_decoder_state_new(w->model, 0, &w->state, w->err);
    if (!s) s = orr_decoder_state_new(w->model, 0, &w->empty, w->err);
    free(shipped);
    if (s) return s;
    w->vocab = orr_decoder_config(w->model)->vocab;
    w->logits = orr_xcalloc((size_t)w->vocab, sizeof *w->logits);
    struct orr_tokens t = {0}; /* a prompt without a definition: what is expected of any word */
    orr_pieces_encode(w->pieces, ":", 1, true, &t);
    w->prior = orr_xcalloc((size_t)w->vocab, sizeof *w->prior);
    s = orr_decoder_read(w->empty, t.data, (int)t.len, w->prior, w->err);
    free(t.data);
    return s;
}

static enum orr_status open_wordnet(struct orr_select_work *w)
{
    char folder[1024];
    enum orr_status s = orr_dataset_find_file("wordnet/data.noun", folder, w->err);
    if (s) return s;
    char *slash = strrchr(folder, '/');
    if (slash) *slash = '\0';
    s = orr_wordnet_read(folder, w->ticker, &w->wordnet, w->err);
    w->largest = w->wordnet.lemmas.len > 100000 ? w->wordnet.lemmas.len : 100000;
    w->score = orr_xcalloc(w->largest + 1, sizeof *w->score);
    w->exact = orr_xcalloc(w->largest + 1, sizeof *w->exact);
    w->other = orr_xcalloc(w->largest + 1, sizeof *w->other);
    return s;
}

enum orr_status orr_select_work_open(struct orr_select_work *w, size_t questions)
{
    enum orr_status s = open_model(w);
    if (!s) s = open_wordnet(w);
    if (!s) choose_questions(w, questions);
    if (!s && w->n == 0) s = orr_error_set(w->err, ORR_EINVAL, "wordnet", "no definition is held back for testing");
    return s || orr_shards_merging(w->o->shards)
               ? s
               : orr_glosses_new(&w->wordnet, w->model, w->pieces, w->ticker, &w->glosses, w->err);
}

void orr_select_work_close(struct orr_select_work *w)
{
    orr_glosses_free(w->glosses);
    orr_decoder_state_free(w->state);
    orr_decoder_state_free(w->empty);
    orr_decoder_free(w->model);
    orr_pieces_free(w->pieces);
    orr_wordnet_free(&w->wordnet);
    free(w->questions);
    free(w->logits);
    free(w->prior);
    free(w->score);
    free(w->exact);
    free(w->other);
}

enum orr_status orr_eval_select(const struct orr_eval_select_options *options, const struct orr_ticker *ticker,
                                struct orr_eval *out, struct orr_error *err)
{
    struct orr_select_work w = {.o = options, .ticker = ticker, .err = err, .out = out};
    const struct size *sizes = options->quick ? QUICK : FULL;
    const size_t n = options->quick ? sizeof QUICK / sizeof *QUICK : sizeof FULL / sizeof *FULL;
    const double since = orr_clock_now();
    out->name = "select";
    out->seed = options->seed;
    enum orr_status s = orr_select_work_open(&w, sizes[0].questions);
    for (size_t i = 0; i < n && !s; i++)
        if (sizes[i].candidates <= w.wordnet.lemmas.len) s = run_size(&w, &sizes[i]);
    if (!s && options->real) s = orr_eval_select_real(&w);
    out->seconds = orr_clock_now() - since;
    orr_select_work_close(&w);
    return s;
}
