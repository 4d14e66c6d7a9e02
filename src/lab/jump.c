#include "lab/jump.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/vec.h"

enum { BLOCK = 1 << 16, MOST_POINTS = ORR_OBSERVED_MAX };
static const double FARTHEST = 8, NEAREST = 0.125; /* of the way to the forecast */

struct point {
    int64_t step;
    orr_real *w; /* [n] */
};
struct jumper_mark {
    size_t points, first, results;
};
struct orr_jumper {
    struct orr_jump_options o;
    size_t n; /* weights */
    int64_t total;
    size_t n_due;
    int64_t due[MOST_POINTS]; /* [n_due] steps at which the path is kept, increasing */
    bool jump[MOST_POINTS];   /* whether a jump follows */
    ORR_VEC(struct point) points;
    size_t first; /* the path is points[first..): it begins anew where a jump was accepted */
    size_t n_results;
    struct orr_jump_result result[ORR_JUMPS_MAX];
    struct jumper_mark mark;
    orr_real *forecast; /* [n] */
    double *depth;      /* of each tensor's layer */
};

/* ---- options ---- */

const char *orr_jump_outcome_name(enum orr_jump_outcome o)
{
    static const char *const names[] = {"accepted", "worse", "not finite", "no forecast"};
    return names[o];
}

/* text[0..n): a share of training, "20%" or "0.2", above 0. */
static bool parse_share(const char *text, size_t n, double *x)
{
    const bool percent = n && text[n - 1] == '%';
    if (!orr_parse_double(text, n - percent, x)) return false;
    if (percent) *x /= 100;
    return *x > 0 && *x <= 1;
}

enum orr_status orr_jump_parse_at(const char *text, struct orr_jump_options *o, struct orr_error *err)
{
    o->n_at = 0;
    for (const char *p = text;; p++) {
        const size_t n = strcspn(p, ",");
        double x;
        if (o->n_at == ORR_JUMPS_MAX || !parse_share(p, n, &x) || x == 1 || (o->n_at && x <= o->at[o->n_at - 1]))
            return orr_error_set(err, ORR_EINVAL, text,
                                 "expected up to %d increasing shares of training, like 20%% or 20%%,40%%",
                                 ORR_JUMPS_MAX);
        o->at[o->n_at++] = x;
        p += n;
        if (!*p) return ORR_OK;
    }
}

enum orr_status orr_jump_parse_horizon(const char *text, struct orr_jump_options *o, struct orr_error *err)
{
    o->horizon = 0;
    if (!strcmp(text, "end") || parse_share(text, strlen(text), &o->horizon)) return ORR_OK;
    return orr_error_set(err, ORR_EINVAL, text, "expected a share of training to look ahead, like 30%%, or end");
}

enum orr_status orr_jump_repeat(struct orr_jump_options *o, int jumps, struct orr_error *err)
{
    if (o->n_at != 1 || jumps < 1 || jumps > ORR_JUMPS_MAX || o->at[0] * jumps >= 1)
        return orr_error_set(err, ORR_EINVAL, "jumps",
                             "%d jumps need one share of training that goes %d times into less than "
                             "all of it, and there can be at most %d",
                             jumps, jumps, ORR_JUMPS_MAX);
    o->n_at = (size_t)jumps;
    for (int i = 1; i < jumps; i++) o->at[i] = o->at[0] * (i + 1);
    return ORR_OK;
}

void orr_jump_append_at(const struct orr_jump_options *o, struct orr_str *out)
{
    for (size_t i = 0; i < o->n_at; i++) orr_str_printf(out, "%s%.6g%%", i ? "," : "", 100 * o->at[i]);
}

void orr_jump_append(const struct orr_jump_options *o, struct orr_str *out)
{
    if (!o->method) return;
    orr_str_printf(out, "%s at ", o->method);
    orr_jump_append_at(o, out);
    if (o->horizon > 0)
        orr_str_printf(out, " by %.6g%%", 100 * o->horizon);
    else
        orr_str_append(out, " to the end");
    if (o->ungated) orr_str_append(out, ", ungated");
    if (o->zero_momentum) orr_str_append(out, ", momentum zeroed");
}

void orr_jump_append_results(const struct orr_jump_result *r, size_t n, struct orr_str *out)
{
    for (size_t i = 0; i < n; i++, r++) {
        orr_str_printf(out, "%s%" PRId64 " %s", i ? "; " : "", r->step, orr_jump_outcome_name(r->outcome));
        if (r->outcome == ORR_JUMP_ACCEPTED) orr_str_printf(out, " %.4g", r->scale);
        if (*r->why)
            orr_str_printf(out, " (%s)", r->why);
        else
            orr_str_printf(out, " %.4g>%.4g", r->before, r->after);
    }
}

/* ---- life ---- */

/* Between two jumps the path is kept at equal steps, about as far apart as those of the grid that methods learn on, but at
 * least twice: a direction needs two points, a bend three. */
static void plan(struct orr_jumper *j, int64_t from, int64_t to)
{
    const double twentieths = (double)(to - from) / (double)j->total * ORR_WEIGHTS_GRID;
    int64_t k = llround(twentieths) < 2 ? 2 : llround(twentieths);
    if (k > to - from) k = to - from;
    for (int64_t i = 1; i <= k; i++) j->due[j->n_due++] = from + llround((double)(to - from) * (double)i / (double)k);
    j->jump[j->n_due - 1] = true;
}

static double *depths(const struct orr_params *p)
{
    const char **names = orr_xcalloc(p->n_tensors + 1, sizeof *names);
    double *depth = orr_xcalloc(p->n_tensors + 1, sizeof *depth);
    for (size_t k = 0; k < p->n_tensors; k++) names[k] = p->tensor[k].name;
    orr_weights_depths(names, p->n_tensors, depth);
    free(names);
    return depth;
}

enum orr_status orr_jumper_new(const struct orr_jump_options *o, const struct orr_params *p, int64_t total,
                               struct orr_jumper **out, struct orr_error *err)
{
    *out = NULL;
    if (!o->model || strcmp(orr_weights_method_name(o->model->method), o->method) != 0)
        return orr_error_set(err, ORR_EINVAL, o->method, "jumps need a fitted model of this method");
    if (!o->n_at || o->n_at > ORR_JUMPS_MAX || !(o->horizon >= 0) || o->horizon > 1)
        return orr_error_set(err, ORR_EINVAL, o->method,
                             "jumps need 1 to %d points of training and a horizon within 0..1", ORR_JUMPS_MAX);
    struct orr_jumper *j = orr_xcalloc(1, sizeof *j);
    j->o = *o;
    j->n = p->n;
    j->total = total;
    j->due[j->n_due++] = 0;
    j->depth = depths(p);
    for (size_t i = 0; i < o->n_at; i++) {
        const int64_t from = j->due[j->n_due - 1], to = llround(o->at[i] * (double)total);
        if (to <= from || to >= total) {
            orr_jumper_free(j);
            return orr_error_set(err, ORR_EINVAL, o->method,
                                 "no step of the %" PRId64 " of this training is at %g%% of it "
                                 "and after the jump before",
                                 total, 100 * o->at[i]);
        }
        plan(j, from, to);
    }
    j->forecast = orr_alloc(p->n, sizeof *j->forecast);
    if (!j->forecast) {
        orr_jumper_free(j);
        return orr_error_set(err, ORR_ENOMEM, o->method, "no memory for a forecast of %zu weights", p->n);
    }
    *out = j;
    return ORR_OK;
}

static void drop_points(struct orr_jumper *j, size_t left)
{
    while (j->points.len > left) free(j->points.data[--j->points.len].w);
}

void orr_jumper_free(struct orr_jumper *j)
{
    if (!j) return;
    drop_points(j, 0);
    free(j->points.data);
    free(j->forecast);
    free(j->depth);
    free(j);
}

void orr_jumper_mark(struct orr_jumper *j)
{
    const size_t gone = j->first;
    for (size_t i = 0; i < gone; i++) free(j->points.data[i].w);
    for (size_t i = gone; i < j->points.len; i++) j->points.data[i - gone] = j->points.data[i];
    j->points.len -= gone;
    j->first = 0;
    j->mark = (struct jumper_mark){j->points.len, 0, j->n_results};
}

void orr_jumper_undo(struct orr_jumper *j)
{
    drop_points(j, j->mark.points);
    j->first = j->mark.first;
    j->n_results = j->mark.results;
}

const struct orr_jump_result *orr_jumper_results(const struct orr_jumper *j, size_t *n)
{
    *n = j->n_results;
    return j->result;
}

/* ---- a jump ---- */

/* Where the optimiser is about to move weights first..first + n; false: it does not tell. */
static bool direction(const struct orr_optim *o, size_t first, size_t n, float *out)
{
    return orr_optim_direction((int)o->o.kind, o->m ? o->m + first : NULL, o->v ? o->v + first : NULL, n, out);
}

/* One tensor's forecast; block holds (n observed + 2, BLOCK). */
static enum orr_status forecast_tensor(struct orr_jumper *j, const struct orr_jump_subject *subject, size_t k, size_t n,
                                       const double *t, double to, struct orr_observed *o, float *block,
                                       const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct orr_param_tensor *tensor = &subject->params->tensor[k];
    const struct orr_optim *optim = subject->optim;
    const size_t weights = orr_shape_count(tensor->shape);
    const struct point *path = j->points.data + j->first;
    float *mean = block + (n + 1) * BLOCK;
    enum orr_status s =
        orr_observed_init(o, n, t, (int)optim->o.kind, orr_tensor_role(tensor->shape.axes), tensor->name, err);
    o->lr = optim->o.lr;
    o->depth = j->depth[k];
    float none;
    o->terms = j->o.model->o.moments && direction(optim, 0, 0, &none);
    for (int pass = 0; pass < 2; pass++) /* first how the tensor moves as a whole */
        for (size_t at = 0; at < weights && !s; at += BLOCK) {
            const size_t count = weights - at < BLOCK ? weights - at : BLOCK;
            for (size_t i = 0; i < n; i++)
                memcpy(block + i * count, path[i].w + tensor->offset + at, count * sizeof *block);
            if (o->terms) direction(optim, tensor->offset + at, count, block + n * count);
            if (pass == 0) s = orr_observed_add(o, block, count, tensor->name, err);
            if (pass == 1) s = orr_weights_forecast(j->o.model, o, block, count, 1, &to, mean, NULL, ticker, err);
            if (!s && pass == 1) memcpy(j->forecast + tensor->offset + at, mean, count * sizeof *mean);
        }
    return s;
}

static enum orr_status forecast(struct orr_jumper *j, const struct orr_jump_subject *subject,
                                const struct orr_ticker *ticker, struct orr_error *err)
{
    const size_t n = j->points.len - j->first;
    double t[MOST_POINTS];
    for (size_t i = 0; i < n; i++) t[i] = (double)j->points.data[j->first + i].step / (double)j->total;
    const double to = j->o.horizon > 0 ? fmin(1, t[n - 1] + j->o.horizon) : 1;
    float *block = orr_alloc((n + 2) * BLOCK, sizeof *block);
    if (!block) return orr_error_set(err, ORR_ENOMEM, NULL, "no memory for blocks of weights");
    struct orr_observed *o = orr_xmalloc(sizeof *o);
    enum orr_status s = ORR_OK;
    for (size_t k = 0; k < subject->params->n_tensors && !s; k++)
        s = forecast_tensor(j, subject, k, n, t, to, o, block, ticker, err);
    free(o);
    free(block);
    return s;
}

static void go(const struct orr_jumper *j, const orr_real *from, double scale, orr_real *w)
{
    if (fabs(scale - 1) < 1e-9) /* the forecast itself, not rounded */
        memcpy(w, j->forecast, j->n * sizeof *w);
    else
        for (size_t i = 0; i < j->n; i++) w[i] = from[i] + (orr_real)scale * (j->forecast[i] - from[i]);
}

static bool all_finite(const orr_real *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite((double)w[i])) return false;
    return true;
}

struct search {
    struct orr_jumper *j;
    const struct orr_jump_subject *subject;
    const orr_real *from;
    const struct orr_ticker *ticker;
    struct orr_jump_result *r;
    double best; /* s of r->after; 0: none was finite */
    bool stopped;
};

/* Whether the candidate is the best so far. */
static bool try_scale(struct search *q, double scale)
{
    double loss;
    go(q->j, q->from, scale, q->subject->params->value);
    q->stopped = !q->subject->loss(q->subject->ctx, q->ticker, &loss);
    q->r->tried++;
    if (q->stopped || !isfinite(loss) || !(loss < q->r->after)) return false;
    q->r->after = loss;
    q->best = scale;
    return true;
}

/* Doubles the way to the forecast while that lowers the loss, else halves it while that may help. The weights are left at the
 * last candidate tried. */
static void search(struct search *q)
{
    struct orr_jump_result *r = q->r;
    q->stopped = !q->subject->loss(q->subject->ctx, q->ticker, &r->before);
    if (q->stopped) return;
    try_scale(q, 1);
    if (q->j->o.ungated || q->stopped) return;
    double s = 1;
    while (s < FARTHEST && try_scale(q, 2 * s)) s *= 2;
    if (s > 1) return;
    for (s = 0.5; s >= NEAREST && !q->stopped; s /= 2)
        if (!try_scale(q, s) && q->best > 0 && r->after <= r->before) break;
}

static void judge(const struct search *q)
{
    struct orr_jump_result *r = q->r;
    if (q->j->o.ungated || r->after <= r->before)
        r->outcome = ORR_JUMP_ACCEPTED, r->scale = q->j->o.ungated ? 1 : q->best;
    else if (q->best > 0)
        r->outcome = ORR_JUMP_WORSE;
    else
        snprintf(r->why, sizeof r->why, "the loss at every candidate is not finite");
}

static enum orr_status jump(struct orr_jumper *j, const struct orr_jump_subject *subject,
                            const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct point *now = &j->points.data[j->points.len - 1]; /* the weights before: kept for the path anyway */
    struct orr_jump_result *r = &j->result[j->n_results];
    struct orr_error why = {0};
    *r = (struct orr_jump_result){.step = now->step, .outcome = ORR_JUMP_NOT_FINITE, .before = NAN, .after = INFINITY};
    const enum orr_status s = forecast(j, subject, ticker, &why);
    if (s == ORR_ECANCELLED) return orr_error_set(err, s, NULL, "stopped");
    struct search q = {.j = j, .subject = subject, .from = now->w, .ticker = ticker, .r = r};
    if (s) {
        r->outcome = ORR_JUMP_NO_FORECAST;
        snprintf(r->why, sizeof r->why, "%.*s", (int)sizeof r->why - 1, why.message);
        for (char *p = r->why; *p; p++) /* a line of the checkpoint, a part of the list */
            if (*p == '\n' || *p == ';') *p = ',';
    } else if (!all_finite(j->forecast, j->n)) {
        snprintf(r->why, sizeof r->why, "the forecast is not finite");
    } else {
        search(&q);
        if (!q.stopped) judge(&q);
    }
    if (q.stopped || r->outcome != ORR_JUMP_ACCEPTED) memcpy(subject->params->value, now->w, j->n * sizeof *now->w);
    if (q.stopped) return orr_error_set(err, ORR_ECANCELLED, NULL, "stopped");
    j->n_results++;
    if (r->outcome != ORR_JUMP_ACCEPTED) return ORR_OK;
    go(j, now->w, r->scale, subject->params->value);
    if (j->o.zero_momentum && subject->optim->m) memset(subject->optim->m, 0, j->n * sizeof *subject->optim->m);
    j->first = j->points.len; /* what lies before the jump says nothing of the direction after it */
    return ORR_OK;
}

static enum orr_status keep(struct orr_jumper *j, int64_t step, const orr_real *w, struct orr_error *err)
{
    struct point p = {step, orr_alloc(j->n, sizeof *p.w)};
    if (!p.w) return orr_error_set(err, ORR_ENOMEM, j->o.method, "no memory for the path of %zu weights", j->n);
    memcpy(p.w, w, j->n * sizeof *w);
    ORR_VEC_PUSH(&j->points, p);
    return ORR_OK;
}

enum orr_status orr_jumper_step(struct orr_jumper *j, int64_t step, const struct orr_jump_subject *subject,
                                const struct orr_ticker *ticker, const struct orr_jump_result **result,
                                struct orr_error *err)
{
    size_t k = 0;
    *result = NULL;
    while (k < j->n_due && j->due[k] < step) k++;
    if (k == j->n_due || j->due[k] != step) return ORR_OK;
    enum orr_status s = keep(j, step, subject->params->value, err);
    if (s || !j->jump[k]) return s;
    s = jump(j, subject, ticker, err);
    if (s) return s;
    *result = &j->result[j->n_results - 1];
    /* The path goes on from where the weights are now. */
    return (*result)->outcome == ORR_JUMP_ACCEPTED ? keep(j, step, subject->params->value, err) : ORR_OK;
}

/* ---- checkpoints ---- */

enum orr_status orr_jumper_save(const struct orr_jumper *j, struct orr_str *text, orr_real **path, size_t *count,
                                struct orr_error *err)
{
    *count = (j->points.len - j->first) * j->n;
    *path = orr_alloc(*count, sizeof **path);
    if (!*path) return orr_error_set(err, ORR_ENOMEM, j->o.method, "no memory for the path of %zu weights", j->n);
    orr_jump_append(&j->o, text);
    orr_str_append(text, "\n");
    for (size_t i = j->first; i < j->points.len; i++) {
        orr_str_printf(text, "%s%" PRId64, i > j->first ? " " : "", j->points.data[i].step);
        memcpy(*path + (i - j->first) * j->n, j->points.data[i].w, j->n * sizeof **path);
    }
    for (size_t i = 0; i < j->n_results; i++) {
        const struct orr_jump_result *r = &j->result[i];
        const double x[] = {r->scale, r->before, r->after};
        orr_str_printf(text, "\n%" PRId64 " %d %d", r->step, (int)r->outcome, r->tried);
        for (int k = 0; k < 3; k++) orr_str_append_char(text, ' '), orr_str_append_double(text, x[k]);
        orr_str_printf(text, " %s", r->why);
    }
    return ORR_OK;
}

size_t orr_jumper_largest_path(const struct orr_jumper *j) { return MOST_POINTS * j->n; }

/* The next word of a line, parted by blanks. */
static bool next_number(const char **p, double *x)
{
    *p += strspn(*p, " ");
    const size_t n = strcspn(*p, " \n");
    const bool ok = orr_parse_double(*p, n, x);
    *p += n;
    return ok;
}

static bool read_result(const char **p, struct orr_jump_result *r)
{
    double step, outcome, tried;
    *r = (struct orr_jump_result){0};
    if (!next_number(p, &step) || !next_number(p, &outcome) || !next_number(p, &tried) || !next_number(p, &r->scale) ||
        !next_number(p, &r->before) || !next_number(p, &r->after) || !(step >= 0 && step < 0x1p53) ||
        !(outcome >= 0 && outcome <= ORR_JUMP_NO_FORECAST) || !(tried >= 0 && tried <= 100))
        return false;
    r->tried = (int)tried;
    r->step = (int64_t)step;
    r->outcome = (enum orr_jump_outcome)outcome;
    if (**p == ' ') ++*p;
    const size_t n = strcspn(*p, "\n");
    snprintf(r->why, sizeof r->why, "%.*s", (int)(n < sizeof r->why ? n : sizeof r->why), *p);
    *p += n;
    return true;
}

enum orr_status orr_jumper_load(struct orr_jumper *j, const char *where, const char *text, const orr_real *path,
                                size_t count, struct orr_error *err)
{
    struct orr_str mine = {0};
    orr_jump_append(&j->o, &mine);
    const size_t n = strcspn(text, "\n");
    const bool same = n == mine.len && !memcmp(text, mine.data, n);
    orr_str_free(&mine);
    if (!same)
        return orr_error_set(err, ORR_EINVAL, where, "a checkpoint of a run with other jumps: '%.*s'", (int)n, text);
    const char *p = text + n;
    bool ok = *p++ == '\n';
    size_t points = 0;
    int64_t steps[MOST_POINTS];
    for (double x; ok && *p && *p != '\n'; steps[points++] = (int64_t)x)
        ok = points < MOST_POINTS && next_number(&p, &x) && x >= 0 && x < (double)j->total &&
             (!points || x > (double)steps[points - 1]);
    j->n_results = 0;
    while (ok && *p == '\n' && p++) ok = j->n_results < ORR_JUMPS_MAX && read_result(&p, &j->result[j->n_results++]);
    if (!ok || *p || count != points * j->n)
        return orr_error_set(err, ORR_EFORMAT, where, "the checkpoint's record of jumps is damaged");
    drop_points(j, 0);
    j->first = 0;
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < points && !s; i++) s = keep(j, steps[i], path + i * j->n, err);
    orr_jumper_mark(j);
    return s;
}
