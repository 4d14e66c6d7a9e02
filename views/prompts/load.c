/* Jobs of the Prompts screen: opening an encoder with a task, learning on it. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "state.h"

enum { TEST_EACH = 20, LOOK_EACH = 5, SEEDS = 3, MOST_RUNS = 64 };
static const char *const names[] = {"zero-shot",   "linear-probe", "coop",           "cocoop",        "deep-text", "deep-vision",
                                    "independent", "maple",        "prompt-modular", "random-layout", "uniform",   "prompt-search"};

const struct orr_method *prompts_method(size_t k)
{
    return k < sizeof names / sizeof *names ? orr_method_find_for(ORR_DATA_IMAGES, names[k]) : NULL;
}

/* ---- what jobs and screen share ---- */

static struct prompts_live *live_new(void)
{
    struct prompts_live *l = orr_xcalloc(1, sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    l->holders = 1;
    return l;
}

static void live_release(struct prompts_live *l)
{
    if (!l) return;
    pthread_mutex_lock(&l->lock);
    const bool last = --l->holders == 0;
    pthread_mutex_unlock(&l->lock);
    if (!last) return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static void opened_release(struct prompts_opened *o)
{
    if (!o || --o->holders > 0) return;
    orr_prompt_world_free(&o->world);
    orr_clip_free(&o->clip);
    free(o);
}

static void shown_free(struct prompts_shown *s)
{
    if (!s) return;
    orr_prompt_result_free(&s->result);
    orr_prompt_look_free(&s->look);
    free(s->word);
    free(s);
}

/* ---- opening ---- */

struct opening {
    char *encoder, *task;
    struct prompts_opened *fresh;
};

static enum orr_status open_run(void *work, struct orr_store *store, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct opening *x = work;
    (void)store;
    x->fresh = orr_xcalloc(1, sizeof *x->fresh);
    x->fresh->holders = 1;
    const enum orr_status s = orr_prompt_encoder(x->encoder, ticker, &x->fresh->clip, err);
    return s ? s
             : orr_prompt_world_open_some(&x->fresh->world, &x->fresh->clip, x->task, 1, ORR_PROMPT_TEST, TEST_EACH, ticker, err);
}

static void open_done(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state, const struct orr_error *err)
{
    struct prompts *s = screen;
    struct opening *x = work;
    if (state == ORR_JOB_FAILED) s->error = *err;
    if (state != ORR_JOB_DONE) return;
    s->opened = x->fresh;
    x->fresh = NULL;
    s->version++;
    s->image = 0;
    prompts_learn(ui, s);
}

static void open_release(void *work)
{
    struct opening *x = work;
    opened_release(x->fresh);
    free(x->encoder);
    free(x->task);
    free(x);
}

static const struct orr_ui_task_kind open_kind = {false, open_run, open_done, open_release};

void prompts_open(struct orr_ui *ui, struct prompts *s)
{
    struct opening *x = orr_xcalloc(1, sizeof *x);
    orr_ui_task_drop(&s->running);
    shown_free(s->shown);
    s->shown = NULL;
    live_release(s->live);
    s->live = NULL;
    opened_release(s->opened);
    s->opened = NULL;
    s->error = (struct orr_error){0};
    s->n_scores = 0;
    x->encoder = s->encoder ? orr_xstrdup(s->encoder) : NULL;
    x->task = orr_xstrdup(s->task);
    orr_ui_task_start(ui, &s->running, "open task", &open_kind, s, x);
}

/* ---- learning ---- */

struct learning {
    struct prompts_opened *opened;
    struct prompts_live *live;
    size_t n_runs;
    struct {
        const struct orr_method *method;
        uint64_t seed;
    } run[MOST_RUNS];
    struct prompts_shown *last;
};

static void watch(void *ctx, const struct orr_prompts_log *log)
{
    struct prompts_live *l = ctx;
    pthread_mutex_lock(&l->lock);
    if (log->longest) l->log = *log; /* the training after a search leaves its film */
    pthread_mutex_unlock(&l->lock);
}

static void begin(struct prompts_live *l, const struct orr_clip *c, const struct orr_prompt_query *q)
{
    pthread_mutex_lock(&l->lock);
    l->method = q->method;
    l->longest = q->settings.longest;
    l->layers[ORR_PROMPTS_TEXT] = c->text.layers;
    l->layers[ORR_PROMPTS_IMAGE] = c->vision.layers;
    l->log.epochs = l->log.longest = 0;
    pthread_mutex_unlock(&l->lock);
}

static void end(struct prompts_live *l, const struct orr_prompt_query *q, const struct orr_prompt_result *r)
{
    pthread_mutex_lock(&l->lock);
    if (l->n_scores < PROMPTS_SCORES) {
        struct prompts_score *to = &l->score[l->n_scores++];
        to->method = q->method;
        to->seed = q->seed;
        memcpy(to->score, r->score, sizeof to->score);
    }
    pthread_mutex_unlock(&l->lock);
}

static void read_words(struct prompts_shown *s)
{
    const struct orr_prompts *p = &s->result.prompts;
    size_t most = 0;
    if (!p->params.n) return;
    for (int k = 0; k < p->layout.layers[ORR_PROMPTS_TEXT]; k++) most += p->layout.add[ORR_PROMPTS_TEXT][k];
    s->word = orr_xcalloc(most + 1, sizeof *s->word);
    for (int k = 0; k < p->layout.layers[ORR_PROMPTS_TEXT]; k++)
        for (int row = 0; row < p->layout.add[ORR_PROMPTS_TEXT][k]; row++) {
            struct prompts_word *w = &s->word[s->n_words++];
            w->layer = k;
            w->row = row;
            w->n = orr_prompts_nearest(p, k, row, PROMPTS_WORDS, w->near);
        }
}

static enum orr_status one_run(struct learning *x, size_t k, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_prompt_query q;
    struct prompts_shown *shown = orr_xcalloc(1, sizeof *shown);
    enum orr_status s = orr_prompt_query_init(&q, x->run[k].method->name, err);
    q.seed = x->run[k].seed;
    q.settings.seed = x->run[k].seed;
    q.options.watch = watch;
    q.options.watch_ctx = x->live;
    if (!s) {
        begin(x->live, &x->opened->clip, &q);
        s = orr_prompt_run(&x->opened->world, &q, ticker, &shown->result, err);
    }
    if (!s) end(x->live, &q, &shown->result);
    if (!s && k + 1 == x->n_runs && shown->result.prompts.clip) {
        s = orr_prompt_look(&x->opened->world, &shown->result.prompts, LOOK_EACH, &shown->look, err);
        read_words(shown);
    }
    shown_free(x->last);
    x->last = shown;
    return s;
}

static enum orr_status learn_run(void *work, struct orr_store *store, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct learning *x = work;
    enum orr_status s = ORR_OK;
    (void)store;
    for (size_t k = 0; k < x->n_runs && !s; k++) s = one_run(x, k, ticker, err);
    return s;
}

void prompts_refresh(struct prompts *s)
{
    if (!s->live) return;
    pthread_mutex_lock(&s->live->lock);
    for (size_t k = 0; k < s->live->n_scores; k++) {
        const struct prompts_score *from = &s->live->score[k];
        size_t at = 0; /* the same method and seed again replaces */
        while (at < s->n_scores && (s->score[at].method != from->method || s->score[at].seed != from->seed)) at++;
        if (at == s->n_scores && at < PROMPTS_SCORES) s->n_scores++;
        if (at < PROMPTS_SCORES) s->score[at] = *from;
    }
    s->live->n_scores = 0;
    pthread_mutex_unlock(&s->live->lock);
}

static void learn_done(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state, const struct orr_error *err)
{
    struct prompts *s = screen;
    struct learning *x = work;
    (void)ui;
    prompts_refresh(s);
    live_release(s->live);
    s->live = NULL;
    if (state == ORR_JOB_FAILED) s->error = *err;
    if (state != ORR_JOB_DONE) return;
    shown_free(s->shown);
    s->shown = x->last;
    x->last = NULL;
    s->epoch = -1;
}

static void learn_release(void *work)
{
    struct learning *x = work;
    shown_free(x->last);
    live_release(x->live);
    opened_release(x->opened);
    free(x);
}

static const struct orr_ui_task_kind learn_kind = {false, learn_run, learn_done, learn_release};

static void start(struct orr_ui *ui, struct prompts *s, struct learning *x)
{
    orr_ui_task_drop(&s->running);
    live_release(s->live);
    s->error = (struct orr_error){0};
    s->live = live_new();
    s->live->holders = 2;
    x->live = s->live;
    x->opened = s->opened;
    x->opened->holders++;
    orr_ui_task_start(ui, &s->running, "learn prompts", &learn_kind, s, x);
}

void prompts_learn(struct orr_ui *ui, struct prompts *s)
{
    if (!s->opened) return;
    struct learning *x = orr_xcalloc(1, sizeof *x);
    x->run[x->n_runs].method = s->method;
    x->run[x->n_runs++].seed = s->seed;
    start(ui, s, x);
}

/* The method of the screen comes last: its prompts are shown then. */
void prompts_learn_all(struct orr_ui *ui, struct prompts *s)
{
    if (!s->opened) return;
    struct learning *x = orr_xcalloc(1, sizeof *x);
    for (uint64_t seed = SEEDS; seed-- > 0;)
        for (size_t k = 0; prompts_method(k); k++)
            if (prompts_method(k) != s->method || seed) {
                x->run[x->n_runs].method = prompts_method(k);
                x->run[x->n_runs++].seed = s->seed + seed;
            }
    x->run[x->n_runs].method = s->method;
    x->run[x->n_runs++].seed = s->seed;
    start(ui, s, x);
}

void prompts_leave(struct prompts *s)
{
    orr_ui_task_drop(&s->running);
    live_release(s->live);
    shown_free(s->shown);
    opened_release(s->opened);
}

bool prompts_film(const struct prompts *s, const struct orr_prompts_log **log, int *longest, int layers[ORR_PROMPTS_BRANCHES])
{
    static struct orr_prompts_log copy; /* of the UI's thread */
    if (s->live) {
        pthread_mutex_lock(&s->live->lock);
        const bool has = s->live->log.longest && s->live->log.epochs > 0;
        if (has) copy = s->live->log;
        *longest = s->live->longest;
        memcpy(layers, s->live->layers, sizeof s->live->layers);
        pthread_mutex_unlock(&s->live->lock);
        *log = &copy;
        if (has) return true;
    }
    if (!s->shown || !s->shown->result.search) return false;
    *log = s->shown->result.search;
    *longest = s->shown->result.longest;
    memcpy(layers, s->shown->result.prompts.layout.layers, sizeof s->shown->result.prompts.layout.layers);
    return true;
}
