/* Training of the networks over nodes, with the published schedule: AdamW .01, decay 1e-5, batches of 10, gradients clipped at
 * 10, cosine. The parameters that were best on the windows held back are kept. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/optim.h>

#include "base/clock.h"
#include "base/mem.h"
#include "methods/netdyn/private.h"
#include "num/tape_watch.h"

enum { HELD_BACK = 5, CHECKED = 20, ENOUGH = 100, PAIRS_AT_ONCE = 1 << 20 };
static const double RATE = 0.01, DECAY = 1e-5, CLIP = 10, BLURRED = 0.3 /* of windows */;

enum orr_status orr_nodes_windows(const struct orr_nodes_case *cases, size_t n_cases, const struct orr_nodes_options *o,
                                  struct orr_nodes_windows *out, struct orr_error *err)
{
    *out = (struct orr_nodes_windows){.place = orr_xcalloc(n_cases * o->windows + 1, sizeof *out->place)};
    const size_t whole = o->window + o->ahead,
                 last_case = n_cases >= HELD_BACK ? n_cases - n_cases / HELD_BACK : n_cases;
    for (size_t c = 0; c < n_cases; c++) {
        const size_t points = cases[c].x->points;
        if (c == last_case) out->kept = out->n;
        if (points < whole) {
            free(out->place);
            *out = (struct orr_nodes_windows){0};
            return orr_error_set(err, ORR_EINVAL, "fit",
                                 "series %zu has %zu points, and a window of %zu with %zu ahead needs "
                                 "%zu",
                                 c + 1, points, o->window, o->ahead, whole);
        }
        const size_t room = points - whole, count = room + 1 < o->windows ? room + 1 : o->windows;
        for (size_t k = 0; k < count; k++)
            out->place[out->n++] = (struct orr_nodes_place){c, count > 1 ? k * room / (count - 1) : 0};
    }
    if (last_case == n_cases) out->kept = out->n >= HELD_BACK ? out->n - out->n / HELD_BACK : out->n;
    return ORR_OK;
}

struct trainer {
    struct orr_nodes_model *m;
    const struct orr_nodes_case *cases;
    const struct orr_nodes_windows *w;
    struct orr_tape *tape;
    struct orr_nodes_batch batch;
    int32_t *index; /* (batch, n, near) */
};

/* Sets the decoder's gain from the windows that are learned from. */
static void set_gain(struct trainer *s, const size_t *order, size_t count)
{
    struct orr_nodes_batch *b = &s->batch;
    double sum = 0, weight = 0;
    for (size_t k = 0; k < count; k++) {
        const struct orr_nodes_place *p = &s->w->place[order[k]];
        b->n = s->cases[p->item].x->n;
        orr_nodes_scale(s->cases[p->item].x, p->start, &s->m->o, 0, NULL, 0, b);
        for (size_t e = 0; e < ORR_NODES_GRID * b->n; e++) {
            sum += pow((double)b->target[e] * (double)b->weight[e], 2);
            weight += pow((double)b->weight[e], 2);
        }
    }
    s->m->gain = weight > 0 && sum > 0 ? fmin(1e6, fmax(1e-3, sqrt(sum / weight))) : 1;
}

/* Mean of squares of (z - target) scale / (unit gain) over the windows in order[0..count), all of networks of n nodes. */
static struct orr_var *loss_of(struct trainer *s, const size_t *order, size_t count, struct orr_rng *rng)
{
    struct orr_nodes_batch *b = &s->batch;
    struct orr_var *z[ORR_NODES_GRID];
    double tau[ORR_NODES_GRID];
    b->batch = count;
    b->n = s->cases[s->w->place[order[0]].item].x->n;
    for (size_t k = 0; k < count; k++) {
        const struct orr_nodes_place *p = &s->w->place[order[k]];
        const struct orr_nodes_options *o = &s->m->o;
        size_t late = 0;
        double jitter = 0;
        if (rng) { /* both teach what a window says when it is not as usual: near its rest, or blurred */
            if (orr_rng_uniform(rng) < o->late && o->ahead > 1) late = (size_t)orr_rng_below(rng, o->ahead / 2);
            if (orr_rng_uniform(rng) < BLURRED) jitter = o->jitter * orr_rng_uniform(rng);
        }
        orr_nodes_scale(s->cases[p->item].x, p->start + late, o, jitter, rng, k, b);
        b->graph[k] = s->cases[p->item].graph;
    }
    if (s->index) orr_nodes_near(b, s->m->o.window, s->m->o.near, s->index);
    for (int k = 0; k < ORR_NODES_GRID; k++) tau[k] = orr_nodes_grid(k + 1);
    orr_tape_reset(s->tape);
    s->m->method->net->forward(s->m, s->tape, b, s->index, ORR_NODES_GRID, tau, z, NULL);
    const struct orr_shape shape = orr_shape4((int)count, ORR_NODES_GRID, (int)b->n, 1);
    struct orr_var *weight = orr_scale(orr_tape_input(s->tape, shape, b->weight), 1 / s->m->gain);
    struct orr_var *target = orr_mul(orr_tape_input(s->tape, shape, b->target), weight);
    return orr_mse(orr_mul(orr_stack(z, ORR_NODES_GRID), weight), target);
}

static size_t nodes_of(const struct trainer *s, size_t window) { return s->cases[s->w->place[window].item].x->n; }

/* Adds the gradient of a batch, of large networks one part after the other: as much memory, and an end in time, as a few of
 * them need. False: stopped. */
static bool gradient(struct trainer *s, const size_t *order, size_t count, struct orr_rng *rng)
{
    const size_t n = nodes_of(s, order[0]), k = s->m->o.near ? s->m->o.near : n;
    const size_t fit = PAIRS_AT_ONCE / (n * k), part = fit < 1 ? 1 : fit;
    orr_params_zero_grad(&s->m->params);
    for (size_t at = 0; at < count; at += part) {
        const size_t here = count - at < part ? count - at : part;
        struct orr_var *loss = loss_of(s, order + at, here, rng);
        if (!orr_tape_stopped(s->tape)) orr_tape_backward_scaled(loss, (double)here / (double)count);
        if (orr_tape_stopped(s->tape)) return false;
    }
    return true;
}

static enum orr_status stopped(const struct orr_nodes_model *m, struct orr_error *err)
{
    return orr_error_set(err, ORR_ECANCELLED, m->method->face->name, "stopped; the best so far is kept");
}

static double check(struct trainer *s, const size_t *order, size_t count)
{
    double sum = 0;
    orr_tape_record(s->tape, false);
    for (size_t k = 0; k < count; k++) sum += (double)loss_of(s, order + k, 1, NULL)->value[0];
    orr_tape_record(s->tape, true);
    return sum / (double)count;
}

static void shuffle(size_t *order, size_t n, struct orr_rng *rng)
{
    for (size_t k = n; k > 1; k--) {
        const size_t j = (size_t)orr_rng_below(rng, k), keep = order[k - 1];
        order[k - 1] = order[j];
        order[j] = keep;
    }
}

/* How many of order[at..n) go into one batch: networks of one size. */
static size_t batch_at(const struct trainer *s, const size_t *order, size_t at, size_t n)
{
    size_t k = 1;
    while (k < s->m->o.batch && at + k < n && nodes_of(s, order[at + k]) == nodes_of(s, order[at])) k++;
    return k;
}

/* Random batches in a random order: shuffled, brought together by size (keeping their order), cut, and the cuts shuffled.
 * Returns how many batches start at first[0..). */
static size_t cut_batches(const struct trainer *s, size_t *order, size_t n, size_t *work, size_t *first,
                          struct orr_rng *rng)
{
    size_t done = 0, count = 0;
    shuffle(order, n, rng);
    for (size_t from = 0; from < n; from++) {
        const size_t size = order[from] == SIZE_MAX ? 0 : nodes_of(s, order[from]);
        for (size_t k = from; k < n && size; k++)
            if (order[k] != SIZE_MAX && nodes_of(s, order[k]) == size) {
                work[done++] = order[k];
                order[k] = SIZE_MAX;
            }
    }
    memcpy(order, work, n * sizeof *order);
    for (size_t at = 0; at < n; at += batch_at(s, order, at, n)) first[count++] = at;
    shuffle(first, count, rng);
    return count;
}

static enum orr_status descend(struct trainer *s, size_t *order, orr_real *best, const struct orr_ticker *ticker,
                               struct orr_error *err)
{
    struct orr_nodes_model *m = s->m;
    const size_t kept = s->w->kept, held = s->w->n - kept, checked = held < CHECKED ? held : CHECKED;
    struct orr_optim_options o = orr_optim_defaults(ORR_ADAMW, RATE);
    struct orr_optim adam = {0};
    struct orr_rng rng;
    enum orr_status status = ORR_OK;
    double lowest = INFINITY;
    size_t *work = orr_xcalloc(2 * kept + 2, sizeof *work), *first = work + kept + 1;
    const double begin = orr_clock_now();
    o.weight_decay = DECAY;
    o.clip_norm = CLIP;
    o.schedule = ORR_COSINE;
    orr_rng_seed(&rng, m->o.seed, 1);
    o.total = (int)((size_t)m->o.epochs * cut_batches(s, order, kept, work, first, &rng));
    orr_optim_init(&adam, &o, &m->params);
    set_gain(s, order, kept < ENOUGH ? kept : ENOUGH);
    bool over = false;
    for (int epoch = 0; epoch < m->o.epochs && !over && !status; epoch++) {
        const size_t batches = cut_batches(s, order, kept, work, first, &rng);
        for (size_t k = 0; k < batches && !over && !status && !orr_tape_stopped(s->tape); k++) {
            const size_t at = first[k], count = batch_at(s, order, at, kept);
            if (!orr_ticker_tick(ticker, "training", "batches", (size_t)epoch * batches + k,
                                 (size_t)m->o.epochs * batches))
                status = stopped(m, err);
            over = m->o.seconds > 0 && orr_clock_now() - begin > m->o.seconds;
            if (over || status) break;
            orr_tape_watch(s->tape, &(struct orr_tape_watch){ticker, "training", "batches", (size_t)epoch * batches + k,
                                                             (size_t)m->o.epochs * batches});
            if (gradient(s, order + at, count, &rng)) orr_optim_step(&adam, &m->params);
        }
        if (orr_tape_stopped(s->tape)) status = stopped(m, err);
        if (status) break;
        const double now = checked ? check(s, order + kept, checked) : -(double)epoch;
        if (orr_tape_stopped(s->tape)) status = stopped(m, err);
        if (now < lowest && !status) {
            lowest = now;
            memcpy(best, m->params.value, m->params.n * sizeof *best);
        }
    }
    if (lowest < INFINITY) memcpy(m->params.value, best, m->params.n * sizeof *best);
    m->validation = checked && lowest < INFINITY ? lowest : NAN;
    m->outcome = lowest < INFINITY ? ORR_STOPPED_AT_LIMIT : ORR_DIVERGED;
    orr_optim_free(&adam);
    free(work);
    return status;
}

enum orr_status orr_nodes_train(struct orr_nodes_model *m, const struct orr_nodes_case *cases,
                                const struct orr_nodes_windows *w, const struct orr_ticker *ticker,
                                struct orr_error *err)
{
    size_t most = 0, *order = orr_xcalloc(w->n + 1, sizeof *order);
    orr_real *best = orr_xcalloc(m->params.n + 1, sizeof *best);
    struct trainer s = {.m = m, .cases = cases, .w = w, .tape = orr_tape_new()};
    for (size_t k = 0; k < w->n; k++) {
        order[k] = k;
        if (cases[w->place[k].item].x->n > most) most = cases[w->place[k].item].x->n;
    }
    bool memory = orr_nodes_batch_alloc(&s.batch, m->o.batch, most, &m->o, true);
    if (memory && m->o.near) memory = (s.index = orr_alloc(m->o.batch * most, m->o.near * sizeof *s.index)) != NULL;
    const enum orr_status status =
        memory ? descend(&s, order, best, ticker, err)
               : orr_error_set(err, ORR_ENOMEM, "fit", "no memory for a batch of %zu nodes", m->o.batch * most);
    orr_nodes_batch_free(&s.batch);
    orr_tape_free(s.tape);
    free(s.index);
    free(best);
    free(order);
    return status;
}
