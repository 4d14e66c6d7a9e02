/* Real data: LLaMA's scores of the options of MMLU questions under ten prompts each (mcqa_logits), and the titles of
 * clinical codes as a large pool (icd10). */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_select_private.h"
#include "app/pool.h"
#include "app/select_figure.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/npy.h"

enum { ROUNDS = 1000, MOST_OPTIONS = 16, CODES_ASKED = 20, CODES_EXACT = 2 };

/* ---- multiple choice ---- */

struct subject {
    char name[64];
    size_t prompts, n, options;
    float *scores, *targets; /* (prompts, n, options), (n) */
};

static enum orr_status load_subject(const char *folder, const char *name, struct subject *s, struct orr_error *err)
{
    char path[4096];
    struct orr_npy a;
    *s = (struct subject){.n = 0};
    snprintf(s->name, sizeof s->name, "%.60s", name);
    snprintf(path, sizeof path, "%.4000s/%.60s_scores.npy", folder, name);
    enum orr_status status = orr_npy_load(path, &a, &s->scores, err);
    if (status) return status;
    if (a.rank != 3 || a.shape[0] < 1 || a.shape[1] < 1 || a.shape[2] < 2 || a.shape[2] > MOST_OPTIONS)
        return orr_error_set(err, ORR_EFORMAT, path, "no scores of prompts, questions and options");
    s->prompts = (size_t)a.shape[0];
    s->n = (size_t)a.shape[1];
    s->options = (size_t)a.shape[2];
    snprintf(path, sizeof path, "%.4000s/%.60s_targets.npy", folder, name);
    status = orr_npy_load(path, &a, &s->targets, err);
    if (!status && a.count != s->n)
        status = orr_error_set(err, ORR_EFORMAT, path, "%zu targets of %zu questions", a.count, s->n);
    for (size_t i = 0; i < s->n && !status; i++)
        if (!(s->targets[i] >= 0 && s->targets[i] < (float)s->options))
            status = orr_error_set(err, ORR_EFORMAT, path, "the target of question %zu is no option", i + 1);
    return status;
}

/* What is counted over all subjects. */
struct tally {
    ORR_VEC(double) right;      /* percent, one per question */
    ORR_VEC(double) confidence;
    ORR_VEC(double) changes;    /* percent of prompts whose choice is not the commonest one */
    double chosen[MOST_OPTIONS], meant[MOST_OPTIONS];
};

static size_t best_of(const double *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best]) best = i;
    return best;
}

/* One prompt (prompt < prompts), or the mean of all of them. */
static void tally_prompt(const struct subject *s, size_t prompt, struct tally *t)
{
    for (size_t i = 0; i < s->n; i++) {
        double mean[MOST_OPTIONS] = {0}, votes[MOST_OPTIONS] = {0}, sum = 0;
        for (size_t p = 0; p < s->prompts; p++) {
            double x[MOST_OPTIONS];
            for (size_t k = 0; k < s->options; k++) x[k] = (double)s->scores[(p * s->n + i) * s->options + k];
            votes[best_of(x, s->options)]++;
            if (prompt == p || prompt == s->prompts)
                for (size_t k = 0; k < s->options; k++) mean[k] += x[k];
        }
        for (size_t k = 0; k < s->options; k++) sum += mean[k];
        const size_t choice = best_of(mean, s->options), target = (size_t)s->targets[i];
        ORR_VEC_PUSH(&t->right, choice == target ? 100 : 0);
        ORR_VEC_PUSH(&t->confidence, mean[choice] / sum);
        ORR_VEC_PUSH(&t->changes, 100 * (1 - votes[best_of(votes, s->options)] / (double)s->prompts));
        t->chosen[choice]++;
        t->meant[target]++;
    }
}

static void tally_free(struct tally *t)
{
    free(t->right.data);
    free(t->confidence.data);
    free(t->changes.data);
}

static void report_tally(struct orr_select_work *w, const char *setting, const char *method, const struct tally *t)
{
    const size_t n = t->right.len;
    const uint64_t seed = w->o->seed;
    const double none = (double)NAN;
    bool *right = orr_xcalloc(n + 1, sizeof *right);
    for (size_t i = 0; i < n; i++) right[i] = t->right.data[i] > 0;
    orr_eval_row(w->out, "mmlu", setting, method, "accuracy", "higher",
                 orr_stats_bootstrap(t->right.data, NULL, n, ORR_STAT_MEAN, ROUNDS, 0.95, seed), n);
    orr_eval_row(w->out, "mmlu", setting, method, "ece", "lower",
                 (struct orr_stats_interval){orr_stats_ece(t->confidence.data, right, n, ORR_SELECT_BINS), none, none}, n);
    double bias = 0; /* half the sum of |share chosen - share right|: what the order of options does */
    for (size_t k = 0; k < MOST_OPTIONS; k++) bias += fabs(t->chosen[k] - t->meant[k]) / (double)n / 2;
    orr_eval_row(w->out, "mmlu", setting, method, "option_bias", "lower", (struct orr_stats_interval){100 * bias, none, none}, n);
    orr_eval_row(w->out, "mmlu", setting, method, "prompt_changes", "lower",
                 orr_stats_bootstrap(t->changes.data, NULL, n, ORR_STAT_MEAN, ROUNDS, 0.95, seed), n);
    free(right);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static enum orr_status run_choices(struct orr_select_work *w, const char *folder)
{
    static const char ending[] = "_scores.npy";
    ORR_VEC(char *) names = {0};
    struct tally one = {.chosen = {0}}, all = {.chosen = {0}};
    enum orr_status s = ORR_OK;
    DIR *d = opendir(folder);
    if (!d) return ORR_OK; /* the folder has other data */
    for (struct dirent *e; (e = readdir(d));)
        if (orr_ends_with(e->d_name, ending))
            ORR_VEC_PUSH(&names, orr_xstrndup(e->d_name, strlen(e->d_name) - strlen(ending)));
    closedir(d);
    if (names.len) qsort(names.data, names.len, sizeof *names.data, by_name);
    for (size_t i = 0; i < names.len && !s; i++) {
        struct subject x;
        struct tally own = {.chosen = {0}};
        s = load_subject(folder, names.data[i], &x, w->err);
        if (!s) {
            tally_prompt(&x, 0, &one);
            tally_prompt(&x, x.prompts, &all);
            tally_prompt(&x, x.prompts, &own);
            report_tally(w, x.name, "first_mean", &own);
        }
        tally_free(&own);
        free(x.scores);
        free(x.targets);
    }
    if (!s && one.right.len) {
        report_tally(w, "all", "first", &one);
        report_tally(w, "all", "first_mean", &all);
        orr_eval_paired(w->out, "mmlu", "all", "first_mean", "first", "accuracy",
                        orr_stats_bootstrap(all.right.data, one.right.data, one.right.len, ORR_STAT_MEAN, ROUNDS, 0.95,
                                            w->o->seed),
                        one.right.len);
    }
    tally_free(&one);
    tally_free(&all);
    for (size_t i = 0; i < names.len; i++) free(names.data[i]);
    free(names.data);
    return s;
}

/* ---- a pool of codes: how long it takes, and how near the likelihoods the estimators come ---- */

struct codes {
    struct orr_select_work *w;
    struct orr_pool pool;
    size_t exact;           /* of those asked, by likelihoods too */
    enum orr_status status; /* the first failure */
    struct {
        double ms[ORR_EST_LIKELIHOOD][CODES_ASKED], tau[ORR_EST_LIKELIHOOD][CODES_EXACT], exact_ms[CODES_EXACT];
    } x;
};

static void ask_code(void *ctx, size_t i)
{
    struct codes *c = ctx;
    struct orr_select_work *w = c->w;
    const bool exact = i < c->exact;
    double ignored;
    if (c->status) return;
    enum orr_status s = orr_select_read(w, c->pool.text.data[i * (c->pool.text.len / CODES_ASKED)], &ignored);
    const double since = orr_clock_cpu();
    if (!s && exact) s = orr_select_likelihood(&c->pool, w->state, w->logits, w->exact, 1, w->ticker, w->err);
    if (exact) c->x.exact_ms[i] = 1e3 * (orr_clock_cpu() - since);
    for (enum orr_estimator e = 0; e < ORR_EST_LIKELIHOOD && !s; e++) {
        const double start = orr_clock_cpu();
        orr_select_score(&c->pool, e, w->logits, w->prior, w->vocab, w->o->seed, w->score);
        c->x.ms[e][i] = 1e3 * (orr_clock_cpu() - start);
        if (exact) c->x.tau[e][i] = orr_stats_kendall(w->score, w->exact, c->pool.text.len);
    }
    c->status = s;
    if (s) orr_shards_fail(w->o->shards);
}

static void report_codes(struct codes *c)
{
    const struct orr_stats_interval none = {NAN, NAN, NAN};
    struct orr_eval *out = c->w->out;
    struct orr_stats_interval x = none;
    char setting[32];
    snprintf(setting, sizeof setting, "%zu", c->pool.text.len);
    for (enum orr_estimator e = 0; e < ORR_EST_LIKELIHOOD; e++) {
        orr_eval_row(out, "icd10", setting, orr_estimator_name(e), "ms", "lower",
                     orr_stats_bootstrap(c->x.ms[e], NULL, CODES_ASKED, ORR_STAT_MEDIAN, ROUNDS, 0.95, c->w->o->seed),
                     CODES_ASKED);
        x.value = orr_stats_mean(c->x.tau[e], c->exact);
        orr_eval_row(out, "icd10", setting, orr_estimator_name(e), "kendall_tau", "higher", x, c->exact);
    }
    x.value = orr_stats_median(c->x.exact_ms, c->exact);
    orr_eval_row(out, "icd10", setting, "likelihood", "ms", "lower", x, c->exact);
}

static enum orr_status run_codes(struct orr_select_work *w, const char *path)
{
    struct codes c = {.w = w, .exact = w->o->quick ? 1 : CODES_EXACT};
    const struct orr_region region = {&c.x, sizeof c.x};
    int64_t stored;
    enum orr_status s = orr_pool_read(NULL, path, "2", w->ticker, &c.pool, &stored, w->err);
    if (!s) s = orr_pool_encode(&c.pool, w->pieces, w->err);
    if (!s && (c.pool.text.len > w->largest || c.pool.text.len < CODES_ASKED))
        s = orr_error_set(w->err, ORR_EFORMAT, path, "%zu candidates", c.pool.text.len);
    if (!s && !orr_shards_for(w->o->shards, CODES_ASKED, 1, ask_code, &c, w->ticker, "codes", "codes", &region, 1))
        s = c.status ? c.status : orr_error_set(w->err, ORR_ECANCELLED, "eval select", "stopped");
    if (!s) s = c.status;
    if (!s && !orr_shards_partial(w->o->shards)) report_codes(&c);
    orr_pool_free(&c.pool);
    return s;
}

enum orr_status orr_eval_select_real(struct orr_select_work *w)
{
    struct orr_str path = {0};
    orr_str_printf(&path, "%s/mcqa_logits/llm_probs_gpt", w->o->real);
    enum orr_status s = run_choices(w, path.data);
    orr_str_clear(&path);
    orr_str_printf(&path, "%s/icd10/categories.csv.gz", w->o->real);
    if (!s) s = run_codes(w, path.data);
    orr_str_free(&path);
    return s;
}
