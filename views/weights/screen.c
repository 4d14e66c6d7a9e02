/* Weights: where the weights of a run went and where they will be. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/method.h>

#include "base/mem.h"
#include "base/number.h"
#include "tui/screens.h"
#include "tui/widgets/nav.h"
#include "views/weights/state.h"

enum {
    ACT_CHART = 1,
    ACT_CHART_BACK,
    ACT_WHOLE,
    ACT_LESS,
    ACT_MORE,
    ACT_ALL,
    ACT_OBSERVE,
    ACT_METHOD,
    ACT_OVERLAY,
    ACT_OTHER,
    ACT_LINES_MORE,
    ACT_LINES_LESS,
    ACT_WEIGHT,
    ACT_ARROWS,
    ACT_FAN,
    ACT_TO,
    ACT_LOG_Y,
    ACT_NEXT,
    ACT_PREVIOUS,
    ACT_STOP,
    ACT_EXPORT,
    ACT_AGAIN,
    ACT_TIMER
};
enum { WATCH_MS = 100 };

static const struct orr_action actions[] = {
    {ACT_CHART, "Tab c", "chart", "next chart: trajectories, principal plane, distribution, error", "CHART"},
    {ACT_CHART_BACK, "BackTab", NULL, "the chart before", NULL},
    {ACT_WHOLE, "Enter", "whole", "the chart alone, or with the list", NULL},
    {ACT_LESS, "h Left [", "observe-less", "forecast from one snapshot less", NULL},
    {ACT_MORE, "l Right ]", "observe-more", "forecast from one snapshot more", NULL},
    {ACT_ALL, "a", "observe-all", "forecast from all snapshots, beyond the last", NULL},
    {ACT_OBSERVE, "v", "observe", "forecast from the first N snapshots, or P percent of the steps", "N|P%"},
    {ACT_METHOD, "m", "method", "next method, or the one named", "METHOD"},
    {ACT_OVERLAY, "o", "overlay", "lay other methods over it, or take them away", NULL},
    {ACT_OTHER, "r", "other-weights", "trajectories of other weights, drawn at random", NULL},
    {ACT_LINES_MORE, "+ =", "more", "one trajectory more", NULL},
    {ACT_LINES_LESS, "-", "fewer", "one trajectory fewer", NULL},
    {ACT_WEIGHT, "w", "weight", "follow one weight: its tensor and its number in it", "TENSOR INDEX"},
    {ACT_ARROWS, "f", "field", "arrows of the velocity field in the plane (flow)", NULL},
    {ACT_FAN, "b", "band", "90% intervals of trajectories", NULL},
    {ACT_TO, "t", "to-step", "forecast up to a step; empty: to the last", "STEP"},
    {ACT_LOG_Y, "y", "log-y", "logarithmic errors", NULL},
    {ACT_NEXT, "n", "next-run", "next of the runs chosen, or of all with snapshots", NULL},
    {ACT_PREVIOUS, "N", "previous-run", "the run before", NULL},
    {ACT_STOP, "x", "stop", "stop what is being computed; the best so far and what is shown stay", NULL},
    {ACT_EXPORT, "e", "export", "write the chart into a file: .png .svg .pdf .csv .json .md", "FILE"},
    {ACT_AGAIN, "R", "refresh", "read the snapshots again", NULL},
    ORR_NAV_ROW_ACTIONS,
    {0},
};

static void wake(struct orr_ui *ui, const struct weights_view *s)
{
    if (weights_busy(s)) orr_ui_timer(ui, WATCH_MS, ACT_TIMER);
}

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)err;
    struct weights_view *s = orr_xcalloc(1, sizeof *s);
    s->method = "flow";
    s->seed = 1;
    s->n_lines = 4;
    s->arrows = s->look.fan = true;
    s->widget.frozen = 1;
    s->widget.sorted = SIZE_MAX;
    *state = s;
    weights_find_runs(ui, s, arg);
    wake(ui, s);
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    struct weights_view *s = state;
    (void)ui;
    weights_forget(s);
    orr_table_widget_free(&s->widget);
    free(s->runs);
    free(s);
}

/* ---- what is asked for ---- */

static void observe(struct orr_ui *ui, struct weights_view *s, size_t n)
{
    const size_t most = s->scene ? s->scene->scene.sound : 0;
    if (!most) return;
    n = n < 1 ? 1 : n > most ? most : n;
    if (n == s->observed) return;
    s->observed = n;
    weights_list(s);
    weights_forecast(ui, s);
}

static void typed_observe(struct orr_ui *ui, void *state, const char *text)
{
    struct weights_view *s = state;
    double share = 0;
    size_t n = 0;
    if (!text || !*text || !s->scene || !s->scene->scene.sound) return;
    const struct orr_scene *scene = &s->scene->scene;
    if (!orr_parse_count_or_share(text, &n, &share)) {
        orr_ui_message(ui, ORR_COLOR_WARN, "'%s' is neither a number of snapshots nor a share like 20%%", text);
        return;
    }
    if (share > 0)
        while (n < scene->sound && (double)scene->steps[n] <= share * (double)scene->steps[scene->sound - 1] + 1e-9) n++;
    observe(ui, s, n);
}

static void typed_to(struct orr_ui *ui, void *state, const char *text)
{
    struct weights_view *s = state;
    int64_t step = 0;
    if (!text) return;
    if (*text && (!orr_parse_int64(text, strlen(text), &step) || step < 1)) {
        orr_ui_message(ui, ORR_COLOR_WARN, "'%s' is no step", text);
        return;
    }
    s->to = step;
    weights_forecast(ui, s);
    wake(ui, s);
}

/* "layers.2.weight 17", "3 17" or "layers.2.weight[17]". */
static void typed_weight(struct orr_ui *ui, void *state, const char *text)
{
    struct weights_view *s = state;
    if (!text || !s->scene) return;
    struct orr_scene_coordinate c;
    int64_t index;
    char *copy = orr_xstrdup(text), *end = copy + strlen(copy);
    while (end > copy && strchr(" ]", end[-1])) *--end = '\0';
    char *at = strrchr(copy, ' ');
    if (!at) at = strrchr(copy, '[');
    if (at) *at++ = '\0';
    if (!*text) {
        s->has_chosen = false;
    } else if (!at || !orr_scene_find(&s->scene->scene, copy, &c.tensor) || !orr_parse_int64(at, strlen(at), &index) ||
               index < 0 || (uint64_t)index >= s->scene->scene.run.tensors[c.tensor].n) {
        orr_ui_message(ui, ORR_COLOR_WARN,
                       "'%s' names no weight: a tensor or its number in the list, then the number of the weight", text);
    } else {
        c.index = (size_t)index;
        s->chosen = c;
        s->has_chosen = true;
        s->chart = ORR_WEIGHTS_TRAJECTORIES;
        if (orr_scene_position(&s->scene->scene, c) == SIZE_MAX) weights_load(ui, s); /* not in the sample */
    }
    free(copy);
    weights_draw_lines(s);
    wake(ui, s);
}

static bool is_method(const struct orr_method *m) { return m->input == ORR_DATA_TRAJECTORIES && m->weights; }

/* m goes through those that need no fitting first; any can be named. */
static void choose_method(struct orr_ui *ui, struct weights_view *s, const char *name)
{
    static const char *const cycle[] = {"flow", "farcast", "persistence", "linear", "quadratic", "dmd"};
    enum { N = sizeof cycle / sizeof *cycle };
    size_t next = 0;
    for (size_t i = 0; !name && i < N; i++)
        if (!strcmp(cycle[i], s->method)) next = (i + 1) % N;
    if (!name) name = cycle[next];
    for (size_t i = 0; orr_methods[i]; i++)
        if (is_method(orr_methods[i]) && !strcmp(orr_methods[i]->name, name)) {
            s->method = orr_methods[i]->name;
            weights_forecast(ui, s);
            return;
        }
    orr_ui_message(ui, ORR_COLOR_BAD, "no method '%s' for weights; `:method ` and Tab list them", name);
}

static void choose_chart(struct orr_ui *ui, struct weights_view *s, const char *name)
{
    enum orr_weights_chart found = (enum orr_weights_chart)((s->chart + 1) % ORR_WEIGHTS_CHARTS);
    for (int k = 0; name && k < ORR_WEIGHTS_CHARTS; k++)
        if (!strcmp(name, orr_weights_chart_names[k])) found = (enum orr_weights_chart)k;
    if (name && strcmp(name, orr_weights_chart_names[found]) != 0)
        orr_ui_message(ui, ORR_COLOR_WARN, "no chart '%s'; there are trajectories, plane, histogram, error", name);
    else
        s->chart = found;
}

static void choose_run(struct orr_ui *ui, struct weights_view *s, int by)
{
    if (s->n_runs < 2) {
        orr_ui_message(ui, ORR_COLOR_WARN, "only one run; select more in Runs with Space");
        return;
    }
    s->run_at = (s->run_at + s->n_runs + (size_t)(by + (int)s->n_runs)) % s->n_runs;
    s->observed = 0;
    s->has_chosen = false;
    s->widget.row = 0;
    weights_load(ui, s);
}

static void typed_path(struct orr_ui *ui, void *state, const char *text)
{
    if (text && *text) weights_export(ui, state, text);
}

static void ask(struct orr_ui *ui, struct weights_view *s, const char *label, const char *text,
                void (*done)(struct orr_ui *, void *, const char *), const char *arg)
{
    if (arg)
        done(ui, s, arg);
    else
        orr_ui_prompt(ui, &(struct orr_prompt){.label = label, .text = text, .done = done, .ctx = s});
}

/* ---- the descriptor's functions ---- */

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct weights_view *s = state;
    char text[64];
    switch (id) {
    case ACT_CHART: choose_chart(ui, s, arg); break;
    case ACT_CHART_BACK:
        s->chart = (enum orr_weights_chart)((s->chart + ORR_WEIGHTS_CHARTS - 1) % ORR_WEIGHTS_CHARTS);
        break;
    case ACT_WHOLE: s->whole = !s->whole; break;
    case ACT_LESS: observe(ui, s, s->observed ? s->observed - 1 : 0); break;
    case ACT_MORE: observe(ui, s, s->observed + 1); break;
    case ACT_ALL: observe(ui, s, SIZE_MAX); break;
    case ACT_OBSERVE: ask(ui, s, "observe (snapshots, or a share like 20%): ", "", typed_observe, arg); break;
    case ACT_METHOD: choose_method(ui, s, arg); break;
    case ACT_OVERLAY:
        s->overlay = !s->overlay;
        weights_forecast(ui, s);
        break;
    case ACT_OTHER:
        s->seed++;
        weights_draw_lines(s);
        break;
    case ACT_LINES_MORE:
    case ACT_LINES_LESS:
        if (id == ACT_LINES_MORE && s->n_lines < ORR_SCENE_LINES) s->n_lines++;
        if (id == ACT_LINES_LESS && s->n_lines > 1) s->n_lines--;
        weights_draw_lines(s);
        break;
    case ACT_WEIGHT: ask(ui, s, "weight (tensor and number; empty: none): ", "", typed_weight, arg); break;
    case ACT_ARROWS:
        s->arrows = !s->arrows;
        weights_want_field(ui, s);
        break;
    case ACT_FAN: s->look.fan = !s->look.fan; break;
    case ACT_TO: ask(ui, s, "forecast to step (empty: the last): ", "", typed_to, arg); break;
    case ACT_LOG_Y: s->look.log_y = !s->look.log_y; break;
    case ACT_NEXT: choose_run(ui, s, 1); break;
    case ACT_PREVIOUS: choose_run(ui, s, -1); break;
    case ACT_STOP:
        if (weights_busy(s)) weights_stop(s);
        break;
    case ACT_EXPORT:
        snprintf(text, sizeof text, "%s.png", orr_weights_chart_names[s->chart]);
        ask(ui, s, "write to: ", text, typed_path, arg);
        break;
    case ACT_AGAIN:
        if (s->n_runs)
            weights_load(ui, s);
        else
            weights_find_runs(ui, s, NULL);
        break;
    case ACT_TIMER: break;
    default:
        if (!s->scene || !orr_table_widget_act(&s->widget, &s->table, id)) break;
        weights_draw_lines(s);
        weights_want_field(ui, s);
    }
    wake(ui, s);
}

static bool key(struct orr_ui *ui, void *state, struct orr_key k)
{
    struct weights_view *s = state;
    if (k.code != ORR_KEY_MOUSE || s->whole || !s->scene || !orr_table_widget_mouse(&s->widget, &s->table, k))
        return false;
    weights_draw_lines(s);
    weights_want_field(ui, s);
    return true;
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    weights_render(ui, state, c, r);
    wake(ui, state); /* what a job's end has begun */
}

/* A run in training has new snapshots; a store that had nothing may have something now. */
static void changed(struct orr_ui *ui, void *state)
{
    weights_follow(ui, state);
    wake(ui, state);
}

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    weights_command(state, NULL, out);
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct weights_view *s = state;
    if (!s->scene) {
        orr_str_append(out, s->loading ? "reading snapshots" : "no weights");
        return;
    }
    const struct orr_scene *scene = &s->scene->scene;
    orr_str_printf(out, "run %lld %s  ", (long long)scene->run.run, scene->name);
    if (s->observed)
        orr_str_printf(out, "%zu of %zu snapshots, step %lld  ", s->observed, scene->n,
                       (long long)scene->steps[s->observed - 1]);
    orr_str_append(out, s->method);
    if (s->result && s->result->n && s->result->observed == s->observed) {
        const struct orr_scene_forecast *f = s->result->list[0];
        if (f->outcome == ORR_CANCELLED) orr_str_append(out, " (stopped)");
        orr_str_printf(out, " to step %lld", (long long)f->to);
        if (f->truth)
            orr_str_printf(out, ", mae %.3g", orr_scene_error(scene, f, weights_scope(s), false, f->n_ahead - 1));
    }
    if (s->n_runs > 1) orr_str_printf(out, "  run %zu of %zu", s->run_at + 1, s->n_runs);
}

static void complete(struct orr_ui *ui, void *state, int id, const char *arg, struct orr_str *out)
{
    (void)ui;
    const struct weights_view *s = state;
    for (size_t i = 0; id == ACT_METHOD && orr_methods[i]; i++)
        if (is_method(orr_methods[i]) && !strncmp(orr_methods[i]->name, arg, strlen(arg)))
            orr_str_printf(out, "%s\t%s\n", orr_methods[i]->name, orr_methods[i]->summary);
    for (int k = 0; id == ACT_CHART && k < ORR_WEIGHTS_CHARTS; k++)
        if (!strncmp(orr_weights_chart_names[k], arg, strlen(arg)))
            orr_str_printf(out, "%s\n", orr_weights_chart_names[k]);
    for (size_t k = 0; id == ACT_WEIGHT && s->scene && k < s->scene->scene.run.n_tensors; k++)
        if (!strncmp(s->scene->scene.run.tensors[k].name, arg, strlen(arg)))
            orr_str_printf(out, "%s \t%zu weights\n", s->scene->scene.run.tensors[k].name,
                           s->scene->scene.run.tensors[k].n);
}

const struct orr_screen orr_weights_screen = {
    .name = "weights",
    .title = "Weights",
    .summary = "weights of a run: norms, trajectories, their plane and distribution, forecasts",
    .actions = actions,
    .open = open_screen,
    .close = close_screen,
    .act = act,
    .key = key,
    .render = render,
    .changed = changed,
    .command = command,
    .status = status,
    .complete = complete,
};
