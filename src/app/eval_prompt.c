/* Runs every method on every task and seed. */
#include "app/eval_prompt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_prompt_private.h"
#include "app/prompt_tasks.h"
#include "base/clock.h"
#include "base/mem.h"
#include "num/gemm.h"

enum { SEEDS = 10, QUICK_SEEDS = 2, TRANSFER_SEEDS = 3, TEST_EACH = 20, QUICK_TEST_EACH = 10, MOST_TASKS = 64 };
static const uint64_t TASK_SEED = 1; /* the pictures of a task are the same in every run */

const struct orr_prompt_arm orr_prompt_arms[] = {
    {.name = "zero-shot", .method = "zero-shot", .transfers = true},
    {.name = "linear-probe", .method = "linear-probe"},
    {.name = "coop", .method = "coop", .transfers = true},
    {.name = "cocoop", .method = "cocoop", .transfers = true},
    {.name = "deep-text", .method = "deep-text", .transfers = true},
    {.name = "deep-vision", .method = "deep-vision"},
    {.name = "independent", .method = "independent", .transfers = true},
    {.name = "maple", .method = "maple", .transfers = true},
    {.name = "maple-token-maps", .method = "maple", .maps = ORR_PROMPTS_MAP_TOKEN},
    {.name = "prompt-modular", .method = "prompt-modular", .ours = true, .transfers = true},
    {.name = "prompt-modular-layer-maps", .method = "prompt-modular", .maps = ORR_PROMPTS_MAP_LAYER, .ours = true},
    {.name = "uniform-1", .method = "uniform", .length = 1},
    {.name = "uniform-2", .method = "uniform", .length = 2},
    {.name = "uniform-3", .method = "uniform", .length = 3},
    {.name = "uniform-4", .method = "uniform", .length = 4},
    {.name = "random-layout", .method = "random-layout"}, /* another one for each task and seed */
    {.name = "prompt-search", .method = "prompt-search", .ours = true, .transfers = true},
    {.name = "search+deep-text", .method = "deep-text", .found = 1, .ours = true},
    {.name = "search+maple", .method = "maple", .found = 2, .ours = true},
    {.name = "search+modular", .method = "prompt-modular", .found = 3, .ours = true},
};
const size_t orr_prompt_arm_count = sizeof orr_prompt_arms / sizeof *orr_prompt_arms;
static const char *const quick_arms[] = {"zero-shot", "linear-probe", "coop",          "deep-text",    "maple",
                                         "prompt-modular", "uniform-2", "random-layout", "prompt-search"};
static const char *const quick_tasks[] = {"shapes", "coloured-shapes"};

double *orr_prompt_panel_score(const struct orr_prompt_panel *p, size_t task, size_t arm, size_t seed)
{
    return p->score + ((task * orr_prompt_arm_count + arm) * p->seeds + seed) * ORR_PROMPT_METRICS;
}
double *orr_prompt_panel_seconds(const struct orr_prompt_panel *p, size_t task, size_t arm, size_t seed)
{
    return p->seconds + (task * orr_prompt_arm_count + arm) * p->seeds + seed;
}
double *orr_prompt_panel_transfer(const struct orr_prompt_panel *p, size_t task, size_t arm, size_t seed)
{
    return p->transfer + (task * orr_prompt_arm_count + arm) * p->seeds + seed;
}
double *orr_prompt_panel_search(const struct orr_prompt_panel *p, size_t task, size_t seed, int branch, int layer)
{
    return p->search + (((task * p->seeds + seed) * ORR_PROMPTS_BRANCHES + (size_t)branch) * ORR_PROMPTS_LAYERS + (size_t)layer) *
                           ORR_PROMPT_SEARCH_NUMBERS;
}

static bool listed(const char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(list[i], name)) return true;
    return n == 0;
}

/* ---- one job ---- */

struct job {
    struct orr_prompt_panel *p;
    size_t task, arm, seed;
    bool transfer;
    enum orr_status *status; /* the first failure of any */
    struct orr_error *err;
};

static enum orr_status query_of(const struct orr_prompt_panel *p, const struct orr_prompt_arm *a, uint64_t seed,
                                struct orr_prompt_query *q, struct orr_error *err)
{
    const enum orr_status s = orr_prompt_query_init(q, a->method, err);
    if (s) return s;
    if (a->length) q->settings.length = a->length;
    if (a->maps) q->settings.maps = a->maps;
    if (p->o->shots) q->shots = p->o->shots;
    if (p->o->epochs) q->options.epochs = p->o->epochs;
    if (p->o->search_epochs) q->options.search_epochs = p->o->search_epochs;
    if (p->o->batch) q->options.batch = p->o->batch;
    if (p->o->lr > 0) q->options.lr = p->o->lr;
    if (p->o->alpha_lr > 0) q->options.alpha_lr = p->o->alpha_lr;
    q->seed = p->o->seed + seed;
    return ORR_OK;
}

static void keep(struct orr_prompt_panel *p, size_t task, size_t arm, size_t seed, const struct orr_prompt_result *r)
{
    double *score = orr_prompt_panel_score(p, task, arm, seed), *seconds = orr_prompt_panel_seconds(p, task, arm, seed);
    memcpy(score, r->score, sizeof r->score);
    *seconds = r->seconds;
    if (!task && !seed) p->size[arm] = (double)r->parameters;
}

static void keep_search(struct orr_prompt_panel *p, size_t task, size_t seed, const struct orr_prompt_result *r)
{
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++)
        for (int k = 0; k < p->layers[b]; k++) {
            double *to = orr_prompt_panel_search(p, task, seed, b, k);
            to[0] = r->choice[b][k].length;
            to[1] = r->choice[b][k].margin;
            to[2] = r->choice[b][k].entropy;
        }
}

/* The arms that take a found layout, from the same images. */
static enum orr_status run_found(struct orr_prompt_panel *p, size_t task, size_t seed, const struct orr_prompts_layout *found,
                                 struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    for (size_t arm = 0; arm < orr_prompt_arm_count && !s; arm++) {
        const struct orr_prompt_arm *a = &orr_prompt_arms[arm];
        struct orr_prompt_query q;
        struct orr_prompt_result r = {0};
        if (!a->found || !p->wanted[arm]) continue;
        static const enum orr_prompts_maps maps[] = {ORR_PROMPTS_OWN, ORR_PROMPTS_OWN, ORR_PROMPTS_MAP_LAYER,
                                                     ORR_PROMPTS_MAP_TOKEN};
        struct orr_prompts_layout l = orr_prompts_in_sequence(found, maps[a->found], a->found == 3 ? 1 : -1);
        if (a->found == 1)
            memset(l.add[ORR_PROMPTS_IMAGE], 0, sizeof l.add[0]),
                memset(l.drop[ORR_PROMPTS_IMAGE], 0, sizeof l.drop[0]);
        s = query_of(p, a, seed, &q, err);
        q.layout = &l;
        if (!s) s = orr_prompt_run(&p->world[task], &q, NULL, &r, err);
        if (!s) keep(p, task, arm, seed, &r);
        orr_prompt_result_free(&r);
    }
    return s;
}

static enum orr_status run_transfer(const struct job *j, struct orr_error *err)
{
    struct orr_prompt_panel *p = j->p;
    struct orr_prompt_query q;
    struct orr_prompt_result r = {0};
    enum orr_status s = query_of(p, &orr_prompt_arms[j->arm], j->seed, &q, err);
    q.all = true;
    if (!s) s = orr_prompt_run(&p->world[0], &q, NULL, &r, err);
    for (size_t t = 1; t < p->tasks && !s; t++) {
        double score[ORR_PROMPT_METRICS];
        s = orr_prompt_score(&p->world[t], &r.prompts, NULL, score, err);
        *orr_prompt_panel_transfer(p, t, j->arm, j->seed) = score[ORR_PROMPT_ACCURACY];
    }
    orr_prompt_result_free(&r);
    return s;
}

static enum orr_status run_arm(const struct job *j, struct orr_error *err)
{
    struct orr_prompt_panel *p = j->p;
    struct orr_prompt_query q;
    struct orr_prompt_result r = {0};
    enum orr_status s = query_of(p, &orr_prompt_arms[j->arm], j->seed, &q, err);
    q.settings.seed = 1000 * q.seed + j->task; /* of a random layout: one for each task and seed */
    if (!s) s = orr_prompt_run(&p->world[j->task], &q, NULL, &r, err);
    if (!s) keep(p, j->task, j->arm, j->seed, &r);
    if (!s && r.search) {
        keep_search(p, j->task, j->seed, &r);
        s = run_found(p, j->task, j->seed, &r.prompts.layout, err);
    }
    orr_prompt_result_free(&r);
    return s;
}

static void work(void *ctx, size_t i)
{
    const struct job *j = (const struct job *)ctx + i;
    struct orr_error err;
    const enum orr_status s = j->transfer ? run_transfer(j, &err) : run_arm(j, &err);
    if (!s) return;
    if (!__atomic_exchange_n(j->status, s, __ATOMIC_ACQ_REL)) *j->err = err;
    orr_shards_fail(j->p->o->shards);
}

/* ---- all jobs ---- */

static size_t searches(const struct orr_prompt_panel *p)
{
    return p->tasks * p->seeds * ORR_PROMPTS_BRANCHES * ORR_PROMPTS_LAYERS * ORR_PROMPT_SEARCH_NUMBERS;
}

static enum orr_status run_jobs(struct orr_prompt_panel *p, const struct orr_ticker *ticker, struct orr_error *err)
{
    const size_t arms = orr_prompt_arm_count, most = p->tasks * arms * p->seeds + arms * p->seeds;
    struct job *jobs = orr_xcalloc(most, sizeof *jobs);
    struct orr_error why = {0};
    enum orr_status status = ORR_OK;
    size_t n = 0;
    for (size_t seed = 0; seed < p->seeds; seed++)
        for (size_t task = 0; task < p->tasks; task++)
            for (size_t arm = 0; arm < arms; arm++)
                if (p->wanted[arm] && !orr_prompt_arms[arm].found)
                    jobs[n++] = (struct job){p, task, arm, seed, false, &status, &why};
    for (size_t seed = 0; seed < p->transfer_seeds && p->tasks > 1; seed++)
        for (size_t arm = 0; arm < arms; arm++)
            if (p->wanted[arm] && orr_prompt_arms[arm].transfers) jobs[n++] = (struct job){p, 0, arm, seed, true, &status, &why};
    const size_t cells = p->tasks * arms * p->seeds;
    const struct orr_region regions[] = {{p->score, cells * ORR_PROMPT_METRICS * sizeof *p->score},
                                         {p->seconds, cells * sizeof *p->seconds},
                                         {p->transfer, cells * sizeof *p->transfer},
                                         {p->size, arms * sizeof *p->size},
                                         {p->search, searches(p) * sizeof *p->search}};
    const bool whole = orr_shards_for(p->o->shards, n, p->o->threads, work, jobs, ticker, "learning prompts",
                                      "trainings", regions, sizeof regions / sizeof *regions);
    free(jobs);
    if (status) {
        *err = why;
        return status;
    }
    return whole ? ORR_OK : orr_error_set(err, ORR_ECANCELLED, "prompts", "stopped");
}

/* Named ones; or all that are drawn, and of packages those that are installed and whose words the encoder knows. */
static size_t list_tasks(const struct orr_eval_prompt_options *o, const char **names, bool *may_miss, size_t most)
{
    size_t n = 0;
    for (size_t k = 0; k < o->n_tasks && n < most; k++) names[n++] = o->tasks[k];
    if (n) return n;
    for (size_t k = 0; o->quick && k < sizeof quick_tasks / sizeof *quick_tasks; k++) names[n++] = quick_tasks[k];
    if (n) return n;
    for (size_t k = 0; k < orr_prompt_drawn_count() && n < most; k++) names[n++] = orr_prompt_drawn(k)->name;
    for (const struct orr_prompt_packaged *q = orr_prompt_packaged; q->name && n < most; q++)
        if (q->known) may_miss[n] = true, names[n++] = q->name;
    return n;
}

static enum orr_status open_worlds(struct orr_prompt_panel *p, const struct orr_ticker *ticker, struct orr_error *err)
{
    const struct orr_eval_prompt_options *o = p->o;
    const size_t each = o->each ? o->each : o->quick ? QUICK_TEST_EACH : TEST_EACH;
    const enum orr_prompt_split split = o->validation ? ORR_PROMPT_VALIDATION : ORR_PROMPT_TEST;
    const char *names[MOST_TASKS];
    bool may_miss[MOST_TASKS] = {0};
    const size_t n = list_tasks(o, names, may_miss, MOST_TASKS);
    p->world = orr_xcalloc(n + 1, sizeof *p->world);
    for (size_t k = 0; k < n; k++) {
        const enum orr_status s =
            orr_prompt_world_open_some(&p->world[p->tasks], &p->clip, names[k], TASK_SEED, split, each, ticker, err);
        if (s && !(may_miss[k] && s == ORR_ENOTFOUND)) return s;
        p->tasks += !s;
    }
    return ORR_OK;
}

static double *nans(size_t n)
{
    double *x = orr_xmalloc((n + 1) * sizeof *x);
    for (size_t k = 0; k < n; k++) x[k] = NAN;
    return x;
}

enum orr_status orr_eval_prompt(const struct orr_eval_prompt_options *o, const struct orr_ticker *ticker, struct orr_eval *out,
                                struct orr_error *err)
{
    const double begin = orr_clock_now();
    const size_t arms = orr_prompt_arm_count;
    struct orr_prompt_panel p = {.o = o};
    p.seeds = (size_t)(o->seeds ? o->seeds : o->quick ? QUICK_SEEDS : SEEDS);
    p.transfer_seeds = o->validation ? 0 : o->quick ? 1 : p.seeds < TRANSFER_SEEDS ? p.seeds : TRANSFER_SEEDS;
    orr_blas_set_threads(1); /* the cores belong to the trainings */
    out->name = "prompt";
    out->seed = o->seed;
    enum orr_status s = orr_prompt_encoder(o->encoder, ticker, &p.clip, err);
    if (!s) s = open_worlds(&p, ticker, err);
    if (!s) {
        p.wanted = orr_xcalloc(arms, sizeof *p.wanted);
        for (size_t k = 0; k < arms; k++)
            p.wanted[k] = o->n_methods ? listed(o->methods, o->n_methods, orr_prompt_arms[k].name)
                          : o->quick   ? listed(quick_arms, sizeof quick_arms / sizeof *quick_arms, orr_prompt_arms[k].name)
                                       : true;
        p.layers[ORR_PROMPTS_TEXT] = p.clip.text.layers;
        p.layers[ORR_PROMPTS_IMAGE] = p.clip.vision.layers;
        p.score = nans(p.tasks * arms * p.seeds * ORR_PROMPT_METRICS);
        p.seconds = nans(p.tasks * arms * p.seeds);
        p.transfer = nans(p.tasks * arms * p.seeds);
        p.size = nans(arms);
        p.search = nans(searches(&p));
        s = run_jobs(&p, ticker, err);
    }
    if (!s && !orr_shards_partial(o->shards)) orr_prompt_panel_report(&p, out);
    for (size_t k = 0; k < p.tasks; k++) orr_prompt_world_free(&p.world[k]);
    free(p.world);
    free(p.wanted);
    free(p.score);
    free(p.seconds);
    free(p.transfer);
    free(p.size);
    free(p.search);
    orr_clip_free(&p.clip);
    out->seconds = orr_clock_now() - begin;
    return s;
}
