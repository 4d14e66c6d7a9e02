/* Jobs of the Detect screen: opening pictures and a network, looking at one picture, scoring all. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "state.h"

enum { DRAWN_SIZE = 320 /* where there is no network that says */ };

void detect_let_go(struct detect_opened *o)
{
    if (!o || --o->holders > 0) return;
    orr_detect_gallery_close(o->gallery);
    orr_detector_close(o->detector);
    free(o);
}

static void free_shot(struct detect_shot *shot)
{
    orr_detect_image_free(&shot->picture);
    free(shot->as);
    orr_detect_look_free(&shot->look);
    orr_table_free(&shot->times);
    *shot = (struct detect_shot){0};
}

/* ---- thresholds ---- */

void detect_choose(struct detect *s)
{
    const struct orr_nms_options o = {.confidence = s->confidence, .iou = s->iou, .most = DETECT_MOST};
    const struct orr_detect_image *p = &s->shot.picture;
    s->n_kept =
        s->has_shot && s->shot.look.n ? orr_nms_detections(s->shot.look.candidates, s->shot.look.n, &o, s->kept) : 0;
    free(s->found);
    s->found = orr_xcalloc(p->n_labels + 1, sizeof *s->found);
    struct orr_label *labels = orr_xcalloc(p->n_labels + 1, sizeof *labels); /* in the network's classes */
    for (size_t i = 0; i < p->n_labels; i++) labels[i] = (struct orr_label){p->labels[i].box, s->shot.as[i]};
    orr_score_match(labels, p->n_labels, s->kept, s->n_kept, 0.5, s->taken, s->found);
    free(labels);
}

/* ---- opening ---- */

struct open_job {
    char *source, *weights;
    enum orr_detect_part part;
    struct detect_opened *fresh;
};

static void free_open(void *work)
{
    struct open_job *x = work;
    detect_let_go(x->fresh);
    free(x->source);
    free(x->weights);
    free(x);
}

/* Pictures can be looked through without a network. */
static enum orr_status run_open(void *work, struct orr_store *store, const struct orr_ticker *ticker,
                                struct orr_error *err)
{
    struct open_job *x = work;
    (void)store;
    if (!orr_ticker_tick(ticker, "opening", "", 0, 0)) return ORR_ECANCELLED;
    struct detect_opened *o = x->fresh = orr_xcalloc(1, sizeof *o);
    o->holders = 1;
    orr_detector_open(x->weights, 0, 0, &o->detector, &o->why);
    const int size = o->detector ? orr_detector_size(o->detector) : DRAWN_SIZE;
    return orr_detect_gallery_open(x->source, x->part, size, &o->gallery, err);
}

static void done_open(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state,
                      const struct orr_error *err)
{
    struct detect *s = screen;
    struct open_job *x = work;
    if (state == ORR_JOB_FAILED) s->error = *err;
    if (state != ORR_JOB_DONE) return;
    s->opened = x->fresh;
    x->fresh = NULL;
    detect_go(ui, s, s->wanted);
    if (s->pane == DETECT_SCORES || s->pane == DETECT_CURVES || s->pane == DETECT_CONFUSION) detect_test(ui, s);
}

void detect_open(struct orr_ui *ui, struct detect *s)
{
    static const struct orr_ui_task_kind kind = {false, run_open, done_open, free_open};
    orr_ui_task_drop(&s->running);
    orr_ui_task_drop(&s->testing);
    detect_let_go(s->opened);
    s->opened = NULL;
    free_shot(&s->shot);
    s->has_shot = false;
    free(s->scores);
    s->scores = NULL;
    s->error = s->score_error = (struct orr_error){0};
    detect_choose(s);
    struct open_job *x = orr_xcalloc(1, sizeof *x);
    x->source = orr_xstrdup(detect_source(s));
    x->weights = orr_xstrdup(detect_weights(s));
    x->part = s->part;
    orr_ui_task_start(ui, &s->running, "open pictures", &kind, s, x);
}

/* ---- looking ---- */

struct look_job {
    struct detect_opened *opened;
    struct detect_shot shot;
};

static void free_look(void *work)
{
    struct look_job *x = work;
    free_shot(&x->shot);
    detect_let_go(x->opened);
    free(x);
}

/* The network's class of that name; networks without names have those of the pictures, by number. */
static int class_in(const struct orr_yolo *net, const struct orr_detect_gallery *g, int class)
{
    const char *name = orr_detect_gallery_class(g, class);
    for (int c = 0; c < net->classes; c++)
        if (!strcmp(net->class_name[c], name)) return c;
    return !strcmp(net->class_name[0], "0") && class < net->classes ? class : -1;
}

static enum orr_status run_look(void *work, struct orr_store *store, const struct orr_ticker *ticker,
                                struct orr_error *err)
{
    struct look_job *x = work;
    struct detect_opened *o = x->opened;
    (void)store;
    if (!orr_ticker_tick(ticker, "looking", "", 0, 0)) return ORR_ECANCELLED;
    enum orr_status s = orr_detect_gallery_get(o->gallery, x->shot.at, &x->shot.picture, err);
    x->shot.as = orr_xcalloc(x->shot.picture.n_labels + 1, sizeof *x->shot.as);
    if (s || !o->detector) return s;
    for (size_t i = 0; i < x->shot.picture.n_labels; i++)
        x->shot.as[i] = class_in(orr_detector_net(o->detector), o->gallery, x->shot.picture.labels[i].class);
    s = orr_detector_look(o->detector, &x->shot.picture.image, false, &x->shot.look, err);
    if (!s) orr_detector_times(o->detector, &x->shot.times);
    return s;
}

static void done_look(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state,
                      const struct orr_error *err)
{
    struct detect *s = screen;
    struct look_job *x = work;
    const size_t at = x->shot.at;
    if (state == ORR_JOB_DONE || state == ORR_JOB_FAILED) {
        free_shot(&s->shot);
        s->has_shot = state == ORR_JOB_DONE;
        s->version++;
        if (state == ORR_JOB_FAILED)
            s->error = *err;
        else
            s->shot = x->shot, x->shot = (struct detect_shot){0};
        detect_choose(s);
    }
    if (at != s->wanted) detect_go(ui, s, s->wanted); /* keys went on meanwhile */
}

void detect_go(struct orr_ui *ui, struct detect *s, size_t to)
{
    static const struct orr_ui_task_kind kind = {false, run_look, done_look, free_look};
    const size_t n = s->opened ? orr_detect_gallery_count(s->opened->gallery) : 0;
    s->wanted = n == 0 ? to : to < n ? to : n - 1;
    if (!s->opened || s->running) return; /* when that ends, the newest wish is fulfilled */
    s->error = (struct orr_error){0};
    struct look_job *x = orr_xcalloc(1, sizeof *x);
    x->opened = s->opened;
    x->opened->holders++;
    x->shot.at = s->wanted;
    orr_ui_task_start(ui, &s->running, "look", &kind, s, x);
}

/* ---- scoring ---- */

struct test_job {
    char *source, *weights;
    enum orr_detect_part part;
    struct orr_scores *scores;
};

static void free_test(void *work)
{
    struct test_job *x = work;
    free(x->source);
    free(x->weights);
    free(x->scores);
    free(x);
}

/* With a detector of its own, so that pictures can be looked at meanwhile. */
static enum orr_status run_test(void *work, struct orr_store *store, const struct orr_ticker *ticker,
                                struct orr_error *err)
{
    struct test_job *x = work;
    struct orr_detector *d = NULL;
    struct orr_detect_data data = {0};
    struct orr_score score = {0};
    (void)store;
    enum orr_status s = orr_detector_open(x->weights, 0, 1, &d, err);
    if (!s) s = orr_detect_data_load(x->source, x->part, orr_detector_size(d), ticker, &data, err);
    if (!s && data.classes != orr_detector_net(d)->classes)
        s = orr_error_set(err, ORR_EINVAL, x->source, "has %d classes, the network %d", data.classes,
                          orr_detector_net(d)->classes);
    x->scores = orr_xcalloc(1, sizeof *x->scores);
    if (!s) s = orr_detect_test(d, &data.set, ticker, &score, x->scores, err);
    orr_score_free(&score);
    orr_detect_data_free(&data);
    orr_detector_close(d);
    return s;
}

static void done_test(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state,
                      const struct orr_error *err)
{
    struct detect *s = screen;
    struct test_job *x = work;
    (void)ui;
    if (state == ORR_JOB_FAILED) s->score_error = *err;
    if (state != ORR_JOB_DONE) return;
    s->scores = x->scores;
    x->scores = NULL;
}

void detect_test(struct orr_ui *ui, struct detect *s)
{
    static const struct orr_ui_task_kind kind = {false, run_test, done_test, free_test};
    if (s->testing || s->scores || !detect_net(s)) return;
    s->score_error = (struct orr_error){0};
    struct test_job *x = orr_xcalloc(1, sizeof *x);
    x->source = orr_xstrdup(detect_source(s));
    x->weights = orr_xstrdup(detect_weights(s));
    x->part = s->part;
    orr_ui_task_start(ui, &s->testing, "score the detector", &kind, s, x);
}

void detect_leave(struct detect *s)
{
    orr_ui_task_drop(&s->running);
    orr_ui_task_drop(&s->testing);
    detect_let_go(s->opened);
    free_shot(&s->shot);
    free(s->scores);
    free(s->found);
    orr_picture_pane_free(&s->pane_cells);
}
