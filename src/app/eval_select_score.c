/* One question, all methods; and the tables of what came of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/rng.h>

#include "app/eval_select_private.h"
#include "app/select_figure.h"
#include "base/clock.h"
#include "base/mem.h"

enum { ROUNDS = 1000, MOST_FOR_ORDER = 1000 };

const char *orr_eval_select_name(int method)
{
    static const char *const names[] = {"random", "bm25", "dense"};
    return method < ORR_ESTIMATORS ? orr_estimator_name((enum orr_estimator)method) : names[method - ORR_ESTIMATORS];
}

struct orr_select_sheet orr_select_sheet_new(size_t n)
{
    struct orr_select_sheet s = {.n = n, .answer = orr_xcalloc(n * ORR_SELECT_METHODS + 1, sizeof *s.answer),
                                 .pass_ms = orr_xcalloc(n + 1, sizeof *s.pass_ms)};
    const double none = (double)NAN;
    for (size_t i = 0; i < n * ORR_SELECT_METHODS; i++)
        s.answer[i] = (struct orr_select_answer){none, none, none, none, none, none};
    return s;
}

void orr_select_sheet_free(struct orr_select_sheet *s)
{
    free(s->answer);
    free(s->pass_ms);
    *s = (struct orr_select_sheet){0};
}

enum orr_status orr_select_read(struct orr_select_work *w, const char *definition, double *ms)
{
    struct orr_tokens t = {0};
    struct orr_str text = {0};
    orr_str_printf(&text, "%s:", definition);
    orr_pieces_encode(w->pieces, orr_str_c(&text), text.len, true, &t);
    orr_str_free(&text);
    orr_decoder_truncate(w->state, 0);
    const double since = orr_clock_cpu();
    const enum orr_status s = orr_decoder_read(w->state, t.data, (int)t.len, w->logits, w->err);
    *ms = 1e3 * (orr_clock_cpu() - since);
    free(t.data);
    return s;
}

/* ---- answers ---- */

static bool is_right(const struct orr_select_work *w, const struct orr_select_question *q, uint32_t lemma)
{
    const struct orr_synset *s = &w->wordnet.synsets.data[q->synset];
    for (uint32_t k = 0; k < s->n_words; k++)
        if (w->wordnet.words.data[s->word + k] == lemma) return true;
    return false;
}

/* The place of the best right candidate when equals stand in the middle of their equals: no method gains by the order of the
 * pool. NaN scores stand behind all others. */
static double rank_of(const struct orr_select_work *w, const struct orr_select_question *q,
                      const struct orr_select_pool *p, const double *score)
{
    const size_t n = p->pool.text.len;
    double best = (double)-INFINITY;
    size_t above = 0, equal = 0, unranked = 0;
    for (size_t i = 0; i < n; i++)
        if (is_right(w, q, p->lemma[i]) && score[i] > best) best = score[i];
    for (size_t i = 0; i < n; i++) {
        unranked += isnan(score[i]);
        above += score[i] > best;
        equal += score[i] == best;
    }
    return isinf(best) ? (double)(n - unranked) + (double)(unranked + 1) / 2 : (double)above + (double)(equal + 1) / 2;
}

static uint32_t first_of(const double *score, size_t n)
{
    uint32_t best = UINT32_MAX;
    orr_select_best(score, n, 1, &best);
    return best;
}

static void judge(struct orr_select_work *w, size_t q, const struct orr_select_pool *p, int method, double ms,
                  const double *score, const double *exact, struct orr_select_sheet *sheet)
{
    const size_t n = p->pool.text.len;
    struct orr_select_answer *a = &sheet->answer[(size_t)method * sheet->n + q];
    const uint32_t first = first_of(score, n);
    a->rank = rank_of(w, &w->questions[q], p, score);
    a->ms = ms;
    if (first != UINT32_MAX && method < ORR_ESTIMATORS && method != ORR_EST_DECODE)
        orr_select_probability(score, n, &first, 1, &a->confidence);
    if (!exact || first == UINT32_MAX) return;
    a->agrees = first == first_of(exact, n);
    bool all = true;
    for (size_t i = 0; i < n; i++) all &= !isnan(score[i]);
    if (all) a->tau = orr_stats_kendall(score, exact, n);
}

static void divide(const struct orr_pool *p, enum orr_estimator e, const double *log_p, double *score)
{
    for (size_t i = 0; i < p->text.len; i++)
        score[i] = log_p[i] / (e == ORR_EST_PER_TOKEN  ? (double)(p->first[i + 1] - p->first[i])
                               : e == ORR_EST_PER_BYTE ? (double)strlen(p->text.data[i])
                                                       : 1);
}

/* Likelihoods and what comes of them; w->exact receives log p. */
static enum orr_status answer_exactly(struct orr_select_work *w, size_t q, struct orr_select_pool *p,
                                      struct orr_select_sheet *sheet)
{
    const size_t n = p->pool.text.len;
    double since = orr_clock_cpu();
    enum orr_status s = orr_select_likelihood(&p->pool, w->state, w->logits, w->exact, 1, w->ticker, w->err);
    const double ms = 1e3 * (orr_clock_cpu() - since);
    for (enum orr_estimator e = ORR_EST_LIKELIHOOD; e <= ORR_EST_PER_BYTE && !s; e++) {
        divide(&p->pool, e, w->exact, w->score);
        judge(w, q, p, (int)e, ms, w->score, w->exact, sheet);
    }
    if (!s && !p->prior) {
        p->prior = orr_xcalloc(n + 1, sizeof *p->prior);
        s = orr_select_likelihood(&p->pool, w->empty, w->prior, p->prior, 1, w->ticker, w->err);
    }
    for (size_t i = 0; i < n && !s; i++) w->score[i] = w->exact[i] - p->prior[i];
    if (!s) judge(w, q, p, ORR_EST_PMI, ms, w->score, w->exact, sheet);
    return s;
}

static enum orr_status decode(struct orr_select_work *w, size_t q, struct orr_select_pool *p, const double *exact,
                              struct orr_select_sheet *sheet)
{
    struct orr_str text = {0};
    enum orr_status s = ORR_OK;
    for (enum orr_estimator e = ORR_EST_TRIE_GREEDY; e <= ORR_EST_TRIE_BEAM && !s; e++) {
        const double since = orr_clock_cpu();
        s = orr_select_constrained(&p->pool, w->state, w->logits, e == ORR_EST_TRIE_GREEDY ? 1 : ORR_EST_BEAM, w->score,
                                   NULL, w->err);
        if (!s) judge(w, q, p, (int)e, 1e3 * (orr_clock_cpu() - since), w->score, exact, sheet);
    }
    const double since = orr_clock_cpu();
    if (!s) s = orr_select_decode(&p->pool, w->pieces, w->state, w->logits, &text, w->err);
    if (!s) orr_select_match(&p->pool, orr_str_c(&text), w->score);
    if (!s) judge(w, q, p, ORR_EST_DECODE, 1e3 * (orr_clock_cpu() - since), w->score, exact, sheet);
    orr_str_free(&text);
    return s;
}

/* Whether the first candidate changes when the pool is asked in another order. */
static enum orr_status reorder(struct orr_select_work *w, size_t q, const struct orr_select_pool *p,
                               struct orr_select_sheet *sheet)
{
    const size_t n = p->pool.text.len;
    struct orr_select_pool turned;
    uint32_t *lemma = orr_xcalloc(n, sizeof *lemma);
    for (size_t i = 0; i < n; i++) lemma[i] = p->lemma[n - 1 - i];
    const enum orr_status s = orr_select_pool_make(&w->wordnet, w->pieces, lemma, n, &turned, w->err);
    for (enum orr_estimator e = 0; e < ORR_EST_LIKELIHOOD && !s; e++) {
        orr_select_score(&p->pool, e, w->logits, w->prior, w->vocab, w->o->seed, w->score);
        orr_select_score(&turned.pool, e, w->logits, w->prior, w->vocab, w->o->seed, w->other);
        sheet->answer[(size_t)e * sheet->n + q].reordered =
            p->lemma[first_of(w->score, n)] != turned.lemma[first_of(w->other, n)];
    }
    orr_select_pool_free(&turned);
    free(lemma);
    return s;
}

void orr_select_estimate(struct orr_select_work *w, size_t q, struct orr_select_pool *p, struct orr_select_sheet *sheet)
{
    for (enum orr_estimator e = 0; e < ORR_EST_LIKELIHOOD; e++) {
        const double since = orr_clock_cpu();
        orr_select_score(&p->pool, e, w->logits, w->prior, w->vocab, w->o->seed, w->score);
        judge(w, q, p, (int)e, 1e3 * (orr_clock_cpu() - since), w->score, NULL, sheet);
    }
}

enum orr_status orr_select_answer_all(struct orr_select_work *w, size_t q, struct orr_select_pool *p, bool exact,
                                      struct orr_select_sheet *sheet)
{
    const size_t n = p->pool.text.len;
    const char *text = w->questions[q].definition;
    enum orr_status s = orr_select_read(w, text, &sheet->pass_ms[q]);
    if (!s && exact) s = answer_exactly(w, q, p, sheet);
    const double *const reference = exact ? w->exact : NULL;
    for (enum orr_estimator e = 0; e < ORR_EST_LIKELIHOOD && !s; e++) {
        const double since = orr_clock_cpu();
        orr_select_score(&p->pool, e, w->logits, w->prior, w->vocab, w->o->seed, w->score);
        judge(w, q, p, (int)e, 1e3 * (orr_clock_cpu() - since), w->score, reference, sheet);
    }
    if (!s) s = decode(w, q, p, reference, sheet);
    if (!s && n <= MOST_FOR_ORDER) s = reorder(w, q, p, sheet);
    for (int m = ORR_SELECT_RANDOM; m < ORR_SELECT_METHODS && !s; m++) {
        struct orr_rng rng;
        orr_rng_seed(&rng, w->o->seed, q);
        const double since = orr_clock_cpu();
        if (m == ORR_SELECT_BM25)
            orr_glosses_bm25(w->glosses, text, p->lemma, n, w->score);
        else if (m == ORR_SELECT_DENSE)
            orr_glosses_dense(w->glosses, text, p->lemma, n, w->score);
        else
            for (size_t i = 0; i < n; i++) w->score[i] = orr_rng_uniform(&rng);
        judge(w, q, p, m, 1e3 * (orr_clock_cpu() - since), w->score, reference, sheet);
    }
    return s;
}

/* ---- rows ---- */

enum field { RANK, MS, TAU, AGREES, REORDERED };
static double field_of(const struct orr_select_answer *a, enum field f)
{
    return f == RANK ? a->rank : f == MS ? a->ms : f == TAU ? a->tau : f == AGREES ? a->agrees : a->reordered;
}

static size_t collect(const struct orr_select_sheet *s, int method, enum field f, double cut, const bool *keep, double *x)
{
    size_t n = 0;
    for (size_t q = 0; q < s->n; q++) {
        const double v = field_of(&s->answer[(size_t)method * s->n + q], f);
        if (isnan(v) || (keep && !keep[q])) continue;
        x[n++] = cut > 0 ? 100 * (v <= cut) : v;
    }
    return n;
}

static void row(struct orr_select_work *w, const char *setting, int method, const char *metric, const char *better,
                double *x, size_t n, bool median)
{
    if (n == 0) return;
    const struct orr_stats_interval value =
        orr_stats_bootstrap(x, NULL, n, median ? ORR_STAT_MEDIAN : ORR_STAT_MEAN, ROUNDS, 0.95, w->o->seed);
    orr_eval_row(w->out, "wordnet", setting, orr_eval_select_name(method), metric, better, value, n);
}

static void report_calibration(struct orr_select_work *w, const char *setting, const struct orr_select_sheet *s, int method,
                               double *x)
{
    bool *right = orr_xcalloc(s->n + 1, sizeof *right);
    size_t n = 0;
    for (size_t q = 0; q < s->n; q++) {
        const struct orr_select_answer *a = &s->answer[(size_t)method * s->n + q];
        if (isnan(a->confidence)) continue;
        x[n] = a->confidence;
        right[n++] = a->rank <= 1;
    }
    if (n)
        orr_eval_row(w->out, "wordnet", setting, orr_eval_select_name(method), "ece", "lower",
                     (struct orr_stats_interval){orr_stats_ece(x, right, n, ORR_SELECT_BINS), (double)NAN, (double)NAN}, n);
    free(right);
}

/* How many times faster than decoding, and than all likelihoods, both with the pass that all share. */
static void report_speed(struct orr_select_work *w, const char *setting, const struct orr_select_sheet *s, int method,
                         double *x)
{
    static const int against[] = {ORR_EST_DECODE, ORR_EST_LIKELIHOOD};
    static const char *const names[] = {"speedup_over_decode", "speedup_over_likelihood"};
    for (int k = 0; k < 2; k++) {
        size_t n = 0;
        for (size_t q = 0; q < s->n; q++) {
            const double slow = s->answer[(size_t)against[k] * s->n + q].ms, fast = s->answer[(size_t)method * s->n + q].ms;
            if (!isnan(slow) && !isnan(fast)) x[n++] = (s->pass_ms[q] + slow) / (s->pass_ms[q] + fast);
        }
        if (method < ORR_EST_LIKELIHOOD) row(w, setting, method, names[k], "higher", x, n, true);
    }
}

static void report_paired(struct orr_select_work *w, const char *setting, const struct orr_select_sheet *s, int method,
                          double *x)
{
    double *y = x + s->n;
    size_t n = 0;
    for (size_t q = 0; q < s->n; q++) {
        const double a = s->answer[(size_t)method * s->n + q].rank, b = s->answer[ORR_EST_LIKELIHOOD * s->n + q].rank;
        if (isnan(a) || isnan(b)) continue;
        x[n] = 100 * (a <= 1);
        y[n++] = 100 * (b <= 1);
    }
    if (n > 1 && method != ORR_EST_LIKELIHOOD)
        orr_eval_paired(w->out, "wordnet", setting, orr_eval_select_name(method), "likelihood", "accuracy",
                        orr_stats_bootstrap(x, y, n, ORR_STAT_MEAN, ROUNDS, 0.95, w->o->seed), n);
}

void orr_select_report(struct orr_select_work *w, const char *setting, const struct orr_select_sheet *sheet, bool plain,
                       const bool *keep)
{
    static const struct {
        const char *name;
        double cut;
    } recalls[] = {{"recall@5", 5}, {"recall@10", 10}, {"recall@100", 100}};
    double *x = orr_xcalloc(2 * sheet->n + 1, sizeof *x);
    for (int m = 0; m < ORR_SELECT_METHODS; m++) {
        row(w, setting, m, "accuracy", "higher", x, collect(sheet, m, RANK, 1, keep, x), false);
        if (plain) continue;
        for (size_t k = 0; k < sizeof recalls / sizeof *recalls; k++)
            if (strcmp(setting, "5") != 0)
                row(w, setting, m, recalls[k].name, "higher", x, collect(sheet, m, RANK, recalls[k].cut, keep, x), false);
        report_calibration(w, setting, sheet, m, x);
        if (m != ORR_EST_LIKELIHOOD) {
            row(w, setting, m, "kendall_tau", "higher", x, collect(sheet, m, TAU, 0, keep, x), false);
            size_t n = collect(sheet, m, AGREES, 0, keep, x);
            for (size_t i = 0; i < n; i++) x[i] *= 100;
            row(w, setting, m, "same_first", "higher", x, n, false);
        }
        size_t n = collect(sheet, m, REORDERED, 0, keep, x);
        for (size_t i = 0; i < n; i++) x[i] *= 100;
        row(w, setting, m, "reordered", "lower", x, n, false);
        row(w, setting, m, "ms", "lower", x, collect(sheet, m, MS, 0, keep, x), true);
        report_speed(w, setting, sheet, m, x);
        report_paired(w, setting, sheet, m, x);
    }
    free(x);
}
