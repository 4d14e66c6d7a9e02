/* Scores from the logits of one pass, and rankings. */
#include <math.h>
#include <string.h>

#include <orrery/rng.h>

#include "methods/select/select.h"

static const struct {
    const char *name, *equation;
} NAMES[ORR_ESTIMATORS] = {
    [ORR_EST_FIRST] = {"first", "l(c_1)"},
    [ORR_EST_LAST] = {"last", "l(c_K)"},
    [ORR_EST_AVERAGE] = {"average", "1/K sum_k l(c_k)"},
    [ORR_EST_SUM] = {"sum", "sum_k l(c_k)"},
    [ORR_EST_SAMPLE_AVERAGE] = {"sample_average", "mean of l over up to 5 tokens drawn without replacement"},
    [ORR_EST_LOG_SUM] = {"log_sum", "sum_k log softmax(l)(c_k)"},
    [ORR_EST_IDF_AVERAGE] = {"idf_average", "sum_k idf(c_k) l(c_k) / sum_k idf(c_k)"},
    [ORR_EST_CORRECTED] = {"corrected", "1/K sum_k (log softmax(l) - log softmax(l0))(c_k), l0 after an empty prompt"},
    [ORR_EST_LIKELIHOOD] = {"likelihood", "log p(c | prompt)"},
    [ORR_EST_PER_TOKEN] = {"per_token", "log p(c | prompt) / K"},
    [ORR_EST_PER_BYTE] = {"per_byte", "log p(c | prompt) / bytes"},
    [ORR_EST_PMI] = {"pmi", "log p(c | prompt) - log p(c)"},
    [ORR_EST_TRIE_GREEDY] = {"trie_greedy", "log p(c | prompt) of what greedy decoding confined to the pool arrives at"},
    [ORR_EST_TRIE_BEAM] = {"trie_beam", "log p(c | prompt) of what a beam of 8 confined to the pool arrives at"},
    [ORR_EST_DECODE] = {"decode", "shared beginning of c and the greedily decoded text / the longer of both"},
};

const char *orr_estimator_name(enum orr_estimator e) { return NAMES[e].name; }
const char *orr_estimator_equation(enum orr_estimator e) { return NAMES[e].equation; }

/* Mean of l over a sample of the candidate's tokens (Floyd's algorithm: each subset alike). */
static double sampled(const int32_t *c, size_t k, const float *l, uint64_t seed, size_t item)
{
    if (k <= ORR_EST_SAMPLE) {
        double all = 0;
        for (size_t i = 0; i < k; i++) all += (double)l[c[i]];
        return all / (double)k;
    }
    struct orr_rng rng;
    size_t taken[ORR_EST_SAMPLE], n = 0;
    double sum = 0;
    orr_rng_seed(&rng, seed, item);
    for (size_t j = k - ORR_EST_SAMPLE; j < k; j++) {
        size_t at = orr_rng_below(&rng, j + 1);
        for (size_t i = 0; i < n; i++)
            if (taken[i] == at) at = j;
        for (size_t i = 0; i < n; i++)
            if (taken[i] == at) at = j;
        taken[n++] = at;
        sum += (double)l[c[at]];
    }
    return sum / ORR_EST_SAMPLE;
}

static double weighted(const int32_t *c, const float *idf, size_t k, const float *l)
{
    double sum = 0, weights = 0, plain = 0;
    for (size_t i = 0; i < k; i++) {
        sum += (double)(idf[i] * l[c[i]]);
        weights += (double)idf[i];
        plain += (double)l[c[i]];
    }
    return weights > 0 ? sum / weights : plain / (double)k; /* tokens that all candidates share weigh nothing */
}

void orr_select_score(const struct orr_pool *p, enum orr_estimator e, const float *logits, const float *prior,
                      int vocab, uint64_t seed, double *score)
{
    const double total = orr_log_sum_exp(logits, vocab), prior_total = prior ? orr_log_sum_exp(prior, vocab) : 0;
    for (size_t i = 0; i < p->text.len; i++) {
        const int32_t *const c = p->token.data + p->first[i];
        const size_t k = p->first[i + 1] - p->first[i];
        double sum = 0;
        switch (e) {
        case ORR_EST_FIRST: score[i] = (double)logits[c[0]]; break;
        case ORR_EST_LAST: score[i] = (double)logits[c[k - 1]]; break;
        case ORR_EST_AVERAGE:
        case ORR_EST_SUM:
        case ORR_EST_LOG_SUM:
            for (size_t j = 0; j < k; j++) sum += (double)logits[c[j]];
            score[i] = e == ORR_EST_AVERAGE ? sum / (double)k : e == ORR_EST_SUM ? sum : sum - (double)k * total;
            break;
        case ORR_EST_SAMPLE_AVERAGE: score[i] = sampled(c, k, logits, seed, i); break;
        case ORR_EST_IDF_AVERAGE: score[i] = weighted(c, p->idf + p->first[i], k, logits); break;
        case ORR_EST_CORRECTED:
            for (size_t j = 0; j < k; j++) sum += (double)(logits[c[j]] - prior[c[j]]);
            score[i] = sum / (double)k - total + prior_total;
            break;
        default: score[i] = (double)NAN; break;
        }
    }
}

/* ---- rankings ---- */

static bool better(const double *score, uint32_t a, uint32_t b)
{
    const double x = score[a], y = score[b];
    return x > y || (x == y && a < b);
}

/* Restores a heap whose top is the worst of the best. */
static void sift(const double *score, uint32_t *heap, size_t n, size_t i)
{
    for (size_t k; (k = 2 * i + 1) < n; i = k) {
        if (k + 1 < n && better(score, heap[k], heap[k + 1])) k++;
        if (!better(score, heap[i], heap[k])) return;
        const uint32_t x = heap[i];
        heap[i] = heap[k];
        heap[k] = x;
    }
}

size_t orr_select_best(const double *score, size_t n, size_t k, uint32_t *rank)
{
    size_t have = 0;
    for (size_t i = 0; i < n && k > 0; i++) {
        if (isnan(score[i])) continue;
        if (have < k) {
            rank[have++] = (uint32_t)i;
            if (have == k)
                for (size_t j = k / 2 + 1; j-- > 0;) sift(score, rank, k, j);
        } else if (better(score, (uint32_t)i, rank[0])) {
            rank[0] = (uint32_t)i;
            sift(score, rank, k, 0);
        }
    }
    if (have < k)
        for (size_t j = have / 2 + 1; j-- > 0;) sift(score, rank, have, j);
    for (size_t m = have; m > 1; m--) { /* the worst to the end, again and again */
        const uint32_t x = rank[0];
        rank[0] = rank[m - 1];
        rank[m - 1] = x;
        sift(score, rank, m - 1, 0);
    }
    return have;
}

void orr_select_probability(const double *score, size_t n, const uint32_t *rank, size_t k, double *probability)
{
    double top = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        if (score[i] > top) top = score[i];
    for (size_t i = 0; i < n; i++)
        if (!isnan(score[i])) sum += exp(score[i] - top);
    for (size_t i = 0; i < k; i++) probability[i] = exp(score[rank[i]] - top) / sum;
}
