/* Detect: pictures with the boxes that a network drew, thresholds under the fingers, and how good it is over all. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "state.h"
#include "tui/screens.h"

enum {
    ACT_NEXT = 1,
    ACT_BACK,
    ACT_FIRST,
    ACT_LAST,
    ACT_GOTO,
    ACT_SURER,
    ACT_LESS_SURE,
    ACT_MORE_IOU,
    ACT_LESS_IOU,
    ACT_TRUTH,
    ACT_FALSE,
    ACT_MISSED,
    ACT_PANE,
    ACT_PANE_BACK,
    ACT_OPEN,
    ACT_WEIGHTS,
    ACT_PART,
    ACT_TEST,
    ACT_SHARES,
    ACT_EXPORT
};
static const double STEP = 0.05;

static const struct orr_action actions[] = {
    {ACT_NEXT, "n Right", "next", "next picture", NULL},
    {ACT_BACK, "p Left", "previous", "previous picture", NULL},
    {ACT_FIRST, "Home", "first", "first picture", NULL},
    {ACT_LAST, "End", "last", "last picture", NULL},
    {ACT_GOTO, "G", "goto", "to a picture by its number", "N"},
    {ACT_SURER, "+ =", "confidence", "boxes of more confidence only, or of the one given", "P"},
    {ACT_LESS_SURE, "-", "less-confidence", "boxes of less confidence too", NULL},
    {ACT_MORE_IOU, "> .", "iou", "boxes of a class may overlap more, or by as much as given", "X"},
    {ACT_LESS_IOU, "< ,", "less-iou", "boxes of a class may overlap less", NULL},
    {ACT_TRUTH, "g", "truth", "show the known objects, or not", NULL},
    {ACT_FALSE, "f", "false", "show boxes where nothing is, or not", NULL},
    {ACT_MISSED, "m", "missed", "show known objects that were missed, or not", NULL},
    {ACT_PANE, "Tab", "pane", "objects, scores, curves, confusion matrix, time by module", NULL},
    {ACT_PANE_BACK, "BackTab", "pane-back", "the pane before", NULL},
    {ACT_OPEN, "o", "pictures", "open a folder, a picture, data.yaml, a COCO file, or drawn:easy, drawn:wild",
     "SOURCE"},
    {ACT_WEIGHTS, "w", "weights", "name the network: pico, n, or a file, safetensors or ONNX", "FILE"},
    {ACT_PART, "s", "styles", "pictures for testing, or those for validation: of styles trained on", NULL},
    {ACT_TEST, "t", "test", "score the network on all pictures", NULL},
    {ACT_SHARES, "x", "shares", "confusion matrix in counts, or in shares of the true class", NULL},
    {ACT_EXPORT, "e", "export", "write what is shown into a file: .png .svg .pdf .csv .json .md", "FILE"},
    {0},
};

/* What is chosen outlives the session, in the store. */
static const char *const kept[] = {"detect.source", "detect.weights"};

static void replace(char **to, const char *text)
{
    char *copy = text && *text ? orr_xstrdup(text) : NULL;
    free(*to);
    *to = copy;
}

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)err;
    struct detect *s = orr_xcalloc(1, sizeof *s);
    const struct orr_nms_options o = orr_nms_deploy();
    s->confidence = o.confidence;
    s->iou = o.iou;
    s->part = ORR_DETECT_TEST;
    s->false_alarms = s->missed = true;
    for (int i = 0; i < 2; i++) {
        char *value = NULL;
        if (orr_store_setting(orr_ui_store(ui), kept[i], &value, NULL) == ORR_OK)
            replace(i ? &s->weights : &s->source, value);
        free(value);
    }
    if (arg && *arg) replace(&s->source, arg);
    detect_open(ui, s);
    *state = s;
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    (void)ui;
    struct detect *s = state;
    detect_leave(s);
    free(s->source);
    free(s->weights);
    free(s);
}

static void choose(struct orr_ui *ui, struct detect *s, bool weights, const char *text)
{
    replace(weights ? &s->weights : &s->source, text);
    if (!weights) s->wanted = 0;
    orr_store_setting_put(orr_ui_store(ui), kept[weights], text,
                          NULL); /* a store that may not be written forgets, no more */
    detect_open(ui, s);
}

static void typed_source(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) choose(ui, ctx, false, text);
}
static void typed_weights(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) choose(ui, ctx, true, text);
}
static void typed_export(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) detect_export(ui, ctx, text);
}
static void typed_number(struct orr_ui *ui, void *ctx, const char *text)
{
    int64_t n;
    if (!text || !*text) return;
    if (orr_parse_int64(text, strlen(text), &n) && n >= 1)
        detect_go(ui, ctx, (size_t)n - 1);
    else
        orr_ui_message(ui, ORR_COLOR_BAD, "pictures are numbered from 1");
}

/* With the argument, or with what is typed at a prompt. */
static void ask(struct orr_ui *ui, struct detect *s, const char *arg, const char *label, const char *text,
                void (*done)(struct orr_ui *, void *, const char *))
{
    if (arg)
        done(ui, s, arg);
    else
        orr_ui_prompt(ui, &(struct orr_prompt){.label = label, .text = text, .done = done, .ctx = s});
}

/* By steps, or to the number given; from `least` to 1. */
static void slide(struct orr_ui *ui, struct detect *s, double *value, double by, double least, const char *arg)
{
    double x = *value + by;
    if (arg && (!orr_parse_double(arg, strlen(arg), &x) || !(x >= 0 && x <= 1))) {
        orr_ui_message(ui, ORR_COLOR_BAD, "a number from 0 to 1");
        return;
    }
    x = arg ? x : round(x / STEP) * STEP;
    *value = fmin(1, fmax(least, x));
    detect_choose(s);
}

static void turn_pane(struct orr_ui *ui, struct detect *s, int by)
{
    const bool wide = orr_ui_width(ui) >= DETECT_WIDE; /* the picture is shown anyway */
    do s->pane = (enum detect_pane)(((int)s->pane + by + DETECT_PANES) % DETECT_PANES);
    while (wide && s->pane == DETECT_PICTURE);
    if (s->pane == DETECT_SCORES || s->pane == DETECT_CURVES || s->pane == DETECT_CONFUSION) detect_test(ui, s);
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct detect *s = state;
    const size_t n = s->opened ? orr_detect_gallery_count(s->opened->gallery) : 0;
    switch (id) {
    case ACT_NEXT:
        if (s->wanted + 1 < n) detect_go(ui, s, s->wanted + 1);
        break;
    case ACT_BACK:
        if (s->wanted > 0) detect_go(ui, s, s->wanted - 1);
        break;
    case ACT_FIRST: detect_go(ui, s, 0); break;
    case ACT_LAST: detect_go(ui, s, n ? n - 1 : 0); break;
    case ACT_GOTO: ask(ui, s, arg, "picture number: ", "", typed_number); break;
    case ACT_SURER: slide(ui, s, &s->confidence, STEP, 0.001, arg); break;
    case ACT_LESS_SURE: slide(ui, s, &s->confidence, -STEP, 0.001, NULL); break;
    case ACT_MORE_IOU: slide(ui, s, &s->iou, STEP, 0, arg); break;
    case ACT_LESS_IOU: slide(ui, s, &s->iou, -STEP, 0, NULL); break;
    case ACT_TRUTH: s->truth = !s->truth; break;
    case ACT_FALSE: s->false_alarms = !s->false_alarms; break;
    case ACT_MISSED: s->missed = !s->missed; break;
    case ACT_PANE: turn_pane(ui, s, 1); break;
    case ACT_PANE_BACK: turn_pane(ui, s, -1); break;
    case ACT_OPEN: ask(ui, s, arg, "pictures: ", detect_source(s), typed_source); break;
    case ACT_WEIGHTS: ask(ui, s, arg, "network: ", detect_weights(s), typed_weights); break;
    case ACT_PART:
        s->part = s->part == ORR_DETECT_TEST ? ORR_DETECT_VALIDATION : ORR_DETECT_TEST;
        s->wanted = 0;
        detect_open(ui, s);
        break;
    case ACT_TEST:
        if (s->pane < DETECT_SCORES || s->pane == DETECT_TIMES) s->pane = DETECT_SCORES;
        detect_test(ui, s);
        break;
    case ACT_SHARES: s->shares = !s->shares; break;
    case ACT_EXPORT: ask(ui, s, arg, "write to: ", "detect.png", typed_export); break;
    default: break;
    }
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    (void)ui;
    detect_render(state, c, r);
}

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    detect_command(state, NULL, out);
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct detect *s = state;
    orr_str_printf(out, "%s, %s", detect_source(s),
                   detect_net(s) ? orr_detector_name(s->opened->detector) : "no network");
    if (s->scores && isfinite(s->scores->map50))
        orr_str_printf(out, ", mAP50 %.3f, mAP %.3f", s->scores->map50, s->scores->map);
}

static void complete(struct orr_ui *ui, void *state, int id, const char *arg, struct orr_str *out)
{
    (void)ui, (void)state;
    static const char *const sources[] = {"drawn:easy\tlarge pieces, synthetic",
                                          "drawn:wild\tas many and as small as in photographs",
                                          "drawn:mixed\tthree of four easy", NULL};
    static const char *const networks[] = {"pico\tshipped: 0.45 million parameters", "n\tshipped: 1.8 million", NULL};
    for (const char *const *word = id == ACT_OPEN      ? sources
                                   : id == ACT_WEIGHTS ? networks
                                                       : NULL;
         word && *word; word++)
        if (orr_starts_with(*word, arg)) orr_str_printf(out, "%s\n", *word);
}

const struct orr_screen orr_detect_screen = {
    .name = "detect",
    .title = "Detect",
    .summary = "objects found in pictures, with thresholds to move, and how good the network is",
    .actions = actions,
    .open = open_screen,
    .close = close_screen,
    .act = act,
    .render = render,
    .command = command,
    .status = status,
    .complete = complete,
};
