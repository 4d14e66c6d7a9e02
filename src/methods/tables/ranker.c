#include "methods/tables/ranker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { F = ORR_TABLE_FEATURES, STEPS = 30, HALVINGS = 20 };
static const double TOLERANCE = 1e-9;

struct fit {
    const struct orr_table_lists *lists;
    double decay, inverse_sd[F];
    double w[F], gradient[F], hessian[F][F];
    double *p; /* of the longest list */
};

float orr_table_rank_score(const struct orr_table_ranker *r, const float *x)
{
    float s = 0;
    for (int f = 0; f < F; f++) s += r->weight[f] * x[f];
    return s;
}

/* Features that never change tell nothing: their weight stays 0. */
static void scale(struct fit *t)
{
    const size_t n = t->lists->first[t->lists->n];
    for (int f = 0; f < F; f++) {
        double sum = 0, square = 0;
        for (size_t i = 0; i < n; i++) sum += (double)t->lists->x[i * F + (size_t)f];
        const double mean = sum / (double)n;
        for (size_t i = 0; i < n; i++) square += pow((double)t->lists->x[i * F + (size_t)f] - mean, 2);
        const double sd = sqrt(square / (double)n);
        t->inverse_sd[f] = sd > 1e-9 ? 1 / sd : 0;
    }
}

/* softmax over one list into t->p; returns -ln p(right). */
static double probabilities(struct fit *t, size_t list, const double *w)
{
    const size_t a = t->lists->first[list], n = t->lists->first[list + 1] - a;
    double top = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) {
        double s = 0;
        for (int f = 0; f < F; f++) s += w[f] * t->inverse_sd[f] * (double)t->lists->x[(a + i) * F + (size_t)f];
        t->p[i] = s;
        top = fmax(top, s);
    }
    const double right = t->p[t->lists->right[list] - a];
    for (size_t i = 0; i < n; i++) sum += t->p[i] = exp(t->p[i] - top);
    for (size_t i = 0; i < n; i++) t->p[i] /= sum;
    return log(fmax(sum, 1)) + top - right; /* the largest term is 1 */
}

static double loss(struct fit *t, const double *w)
{
    double sum = 0, square = 0;
    for (size_t i = 0; i < t->lists->n; i++) sum += probabilities(t, i, w);
    for (int f = 0; f < F; f++) square += w[f] * w[f];
    return sum / (double)t->lists->n + t->decay / 2 * square;
}

/* gradient: mean of E_p[z] - z_right; Hessian: mean of Cov_p(z); both with the decay. */
static void derive(struct fit *t)
{
    memset(t->gradient, 0, sizeof t->gradient);
    memset(t->hessian, 0, sizeof t->hessian);
    for (size_t list = 0; list < t->lists->n; list++) {
        const size_t a = t->lists->first[list], n = t->lists->first[list + 1] - a;
        const float *right = t->lists->x + t->lists->right[list] * F;
        double mean[F] = {0}, z[F];
        probabilities(t, list, t->w);
        for (size_t i = 0; i < n; i++)
            for (int f = 0; f < F; f++)
                mean[f] += t->p[i] * t->inverse_sd[f] * (double)t->lists->x[(a + i) * F + (size_t)f];
        for (int f = 0; f < F; f++) t->gradient[f] += mean[f] - t->inverse_sd[f] * (double)right[f];
        for (size_t i = 0; i < n; i++) {
            if (t->p[i] < 1e-8) continue;
            for (int f = 0; f < F; f++)
                z[f] = t->inverse_sd[f] * (double)t->lists->x[(a + i) * F + (size_t)f] - mean[f];
            for (int f = 0; f < F; f++)
                for (int g = 0; g <= f; g++) t->hessian[f][g] += t->p[i] * z[f] * z[g];
        }
    }
    for (int f = 0; f < F; f++) {
        t->gradient[f] = t->gradient[f] / (double)t->lists->n + t->decay * t->w[f];
        for (int g = 0; g <= f; g++) t->hessian[f][g] /= (double)t->lists->n;
        t->hessian[f][f] += t->decay;
    }
}

/* Solves hessian * step = gradient by Cholesky, in place; the decay makes it positive definite. */
static void solve(double (*h)[F], const double *gradient, double *step)
{
    for (int i = 0; i < F; i++)
        for (int k = 0; k <= i; k++) {
            double s = h[i][k];
            for (int m = 0; m < k; m++) s -= h[i][m] * h[k][m];
            h[i][k] = i == k ? sqrt(fmax(s, 1e-12)) : s / h[k][k];
        }
    for (int i = 0; i < F; i++) {
        double s = gradient[i];
        for (int m = 0; m < i; m++) s -= h[i][m] * step[m];
        step[i] = s / h[i][i];
    }
    for (int i = F; i-- > 0;) {
        double s = step[i];
        for (int m = i + 1; m < F; m++) s -= h[m][i] * step[m];
        step[i] = s / h[i][i];
    }
}

enum orr_status orr_table_ranker_fit(const struct orr_table_lists *lists, double decay, const struct orr_ticker *ticker,
                                     struct orr_table_ranker *out, struct orr_error *err)
{
    if (!lists->n || !(decay > 0))
        return orr_error_set(err, ORR_EINVAL, "ranker", "no lists to learn from, or no decay");
    size_t longest = 0;
    for (size_t i = 0; i < lists->n; i++)
        if (lists->first[i + 1] - lists->first[i] > longest) longest = lists->first[i + 1] - lists->first[i];
    struct fit *t = orr_xcalloc(1, sizeof *t);
    t->lists = lists;
    t->decay = decay;
    t->p = orr_xcalloc(longest + 1, sizeof *t->p);
    scale(t);
    enum orr_status status = ORR_OK;
    double now = loss(t, t->w);
    for (int step = 0; step < STEPS && status == ORR_OK; step++) {
        double by[F], next[F], then = INFINITY, slope = 0;
        derive(t);
        solve(t->hessian, t->gradient, by);
        for (int f = 0; f < F; f++) slope += by[f] * t->gradient[f];
        double length = 1;
        for (int i = 0; i < HALVINGS && !(then <= now - 1e-4 * length * slope); i++, length /= 2) {
            for (int f = 0; f < F; f++) next[f] = t->w[f] - length * by[f];
            then = loss(t, next);
        }
        if (!(then < now - TOLERANCE)) break;
        now = then;
        memcpy(t->w, next, sizeof next);
        if (!orr_ticker_tick(ticker, "learning the ranker", "steps", (uint64_t)step, STEPS))
            status = orr_error_set(err, ORR_ECANCELLED, "ranker", "stopped");
    }
    for (int f = 0; f < F; f++) out->weight[f] = (float)(t->w[f] * t->inverse_sd[f]);
    free(t->p);
    free(t);
    return status;
}
