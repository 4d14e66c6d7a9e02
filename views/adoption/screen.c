/* Adoption: counts of models or packages with their fitted curves and forecasts, parameters to move by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "state.h"
#include "tui/screens.h"
#include "tui/widgets/nav.h"

enum {
    ACT_WHOLE = 1, ACT_METHOD, ACT_SLIDER, ACT_LESS, ACT_MORE, ACT_RESET, ACT_EARLIER, ACT_LATER, ACT_ALL, ACT_COLLAPSE,
    ACT_LOG_Y, ACT_AGAIN, ACT_EXPORT
};

static const struct orr_action actions[] = {
    {ACT_WHOLE, "Enter", "whole", "the chart alone, or with the list", NULL},
    {ACT_METHOD, "m", "method", "next method, or the one named", "METHOD"},
    {ACT_SLIDER, "s", "slider", "move another parameter: lambda, mu, sigma", NULL},
    {ACT_LESS, "- Left h", "less", "make the parameter smaller", NULL},
    {ACT_MORE, "+ = Right l", "more", "make the parameter larger", NULL},
    {ACT_RESET, "0", "reset", "back to the fitted parameters", NULL},
    {ACT_EARLIER, "[", "earlier", "fit as of one period earlier", NULL},
    {ACT_LATER, "]", "later", "fit as of one period later", NULL},
    {ACT_ALL, "a", "observe-all", "fit to all that is observed", NULL},
    {ACT_COLLAPSE, "c", "collapse", "all series rescaled onto one curve", NULL},
    {ACT_LOG_Y, "y", "log-y", "logarithmic counts", NULL},
    {ACT_EXPORT, "e", "export", "write what is shown into a file: .png .svg .pdf .csv .json .md", "FILE"},
    {ACT_AGAIN, "r", "refit", "load and fit all series again", NULL},
    ORR_NAV_ROW_ACTIONS,
    {0},
};

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)arg, (void)err;
    struct adoption *s = orr_xcalloc(1, sizeof *s);
    s->query = orr_adoption_query_defaults();
    s->query.jumps = true;
    s->query.ahead = ADOPTION_AHEAD;
    s->query.threads = 1; /* a job is one thread among others */
    s->widget.frozen = 1;
    s->widget.sorted = 2;
    s->widget.descending = true;
    s->shown = SIZE_MAX;
    *state = s;
    adoption_start(ui, s);
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    (void)ui;
    struct adoption *s = state;
    adoption_cancel(s);
    adoption_forget(s);
    orr_table_widget_free(&s->widget);
    free(s);
}

static void choose_method(struct orr_ui *ui, struct adoption *s, const char *name)
{
    static const char *const cycle[] = {"blend", "bayes", "rpp", "least-squares"};
    enum { N = sizeof cycle / sizeof *cycle };
    int next = 0;
    for (int i = 0; i < N; i++) {
        if (!name && !strcmp(cycle[i], s->query.method)) next = (i + 1) % N;
        if (name && !strcmp(cycle[i], name)) next = i;
    }
    if (name && strcmp(cycle[next], name)) {
        orr_ui_message(ui, ORR_COLOR_BAD, "no method '%s'; there are blend, bayes, rpp, least-squares", name);
        return;
    }
    s->query.method = cycle[next];
    adoption_start(ui, s);
    orr_ui_message(ui, ORR_COLOR_DEFAULT, "fitting with %s", s->query.method);
}

/* lambda and sigma by 5%, mu by 0.05; the curve goes on through the last count where the fit does. */
static void move_slider(struct adoption *s, int sign)
{
    if (!s->one.n || !s->one.items[0].has_parameters) return;
    struct orr_wsb *p = &s->moved.p;
    const double factor = exp(0.05 * sign);
    switch (s->slider) {
    case SLIDER_LAMBDA: p->lambda = fmin(fmax(p->lambda * factor, 1e-6), 1e8); break;
    case SLIDER_MU: p->mu = fmin(fmax(p->mu + 0.05 * sign, -50), 50); break;
    case SLIDER_SIGMA: p->sigma = fmin(fmax(p->sigma * factor, 1e-3), 1e4); break;
    case SLIDERS: break;
    }
    s->moved.ultimate = orr_adoption_curve(&s->moved, INFINITY);
    s->is_moved = true;
}

static void typed_path(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) adoption_export(ui, ctx, text);
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct adoption *s = state;
    const size_t n = s->shown == SIZE_MAX ? 0 : s->set.items[s->shown].n;
    switch (id) {
    case ACT_WHOLE: s->whole = !s->whole; break;
    case ACT_METHOD: choose_method(ui, s, arg); break;
    case ACT_SLIDER: s->slider = (enum adoption_slider)((s->slider + 1) % SLIDERS); break;
    case ACT_LESS: move_slider(s, -1); break;
    case ACT_MORE: move_slider(s, 1); break;
    case ACT_RESET:
        if (s->one.n) s->moved = s->one.items[0].fit;
        s->is_moved = false;
        break;
    case ACT_EARLIER:
        if (s->observed > 1) adoption_show(s, s->observed - 1);
        break;
    case ACT_LATER:
        if (s->observed < n) adoption_show(s, s->observed + 1);
        break;
    case ACT_ALL: adoption_show(s, 0); break;
    case ACT_COLLAPSE: s->collapse = !s->collapse; break;
    case ACT_LOG_Y: s->log_y = !s->log_y; break;
    case ACT_AGAIN: adoption_start(ui, s); break;
    case ACT_EXPORT:
        if (arg)
            adoption_export(ui, s, arg);
        else
            orr_ui_prompt(ui, &(struct orr_prompt){.label = "write to: ", .text = s->collapse ? "collapse.svg" : "adoption.svg",
                                                   .done = typed_path, .ctx = s});
        break;
    default:
        if (orr_table_widget_act(&s->widget, &s->table, id)) adoption_show(s, 0);
        break;
    }
}

static bool key(struct orr_ui *ui, void *state, struct orr_key k)
{
    (void)ui;
    struct adoption *s = state;
    if (k.code != ORR_KEY_MOUSE || s->whole || !orr_table_widget_mouse(&s->widget, &s->table, k)) return false;
    adoption_show(s, 0);
    return true;
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    (void)ui;
    adoption_follow(state);
    adoption_render(state, c, r);
}

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct adoption *s = state;
    orr_str_printf(out, "orrery forecast adoption --method %s --ahead %zu --jumps", s->query.method, s->query.ahead);
    if (s->shown == SIZE_MAX) return;
    const struct orr_adoption_item *item = &s->set.items[s->shown];
    if (s->observed < item->n) orr_str_printf(out, " %lld --observe %zu", (long long)item->run, s->observed);
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct adoption *s = state;
    if (s->running) {
        orr_str_append(out, "fitting");
        if (s->set.n) orr_str_printf(out, " %zu of %zu series, %s", s->n_fitted, s->set.n, s->query.method);
        return;
    }
    orr_str_printf(out, "%zu series, %s", s->set.n, s->query.method);
    if (s->shown != SIZE_MAX && s->observed < s->set.items[s->shown].n)
        orr_str_printf(out, ", as of %zu of %zu periods", s->observed, s->set.items[s->shown].n);
    if (s->is_moved) orr_str_append(out, ", parameters moved (0 resets)");
}

const struct orr_screen orr_adoption_screen = {
    .name = "adoption",
    .title = "Adoption",
    .summary = "adoption curves of models and packages, their forecasts and parameters",
    .actions = actions,
    .open = open_screen,
    .close = close_screen,
    .act = act,
    .key = key,
    .render = render,
    .command = command,
    .status = status,
};
