/* Curves: series of one or several runs over a common x axis. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "tui/runs_arg.h"
#include "tui/screens.h"
#include "tui/widgets/nav.h"
#include "views/curves/state.h"

enum act {
    ACT_EXACT = INT32_MAX, /* the timer after a rough paint */
    ACT_LEFT = 1, ACT_RIGHT, ACT_FIRST, ACT_LAST, ACT_PAN_LEFT, ACT_PAN_RIGHT, ACT_ZOOM_IN, ACT_ZOOM_OUT, ACT_RESET,
    ACT_LOG_Y, ACT_LOG_X, ACT_X_AXIS, ACT_SMOOTHER, ACT_ROUGHER, ACT_ROBUST, ACT_NEXT, ACT_PREVIOUS, ACT_TOGGLE,
    ACT_ONLY, ACT_DOWN, ACT_UP, ACT_FOCUS, ACT_PANE, ACT_BAND, ACT_MIN_MAX, ACT_EXPORT, ACT_SERIES, ACT_DIFF,
    ACT_FORECAST, ACT_BESIDE
};

static const struct orr_action actions[] = {
    {ACT_LEFT, "h Left", NULL, "crosshair left; forecast: observe less", NULL},
    {ACT_RIGHT, "l Right", NULL, "crosshair right; forecast: observe more", NULL},
    {ACT_FIRST, "g Home", NULL, "crosshair to the left end", NULL},
    {ACT_LAST, "G End", NULL, "crosshair to the right end", NULL},
    {ACT_ZOOM_IN, "i +", "zoom-in", "zoom in around the crosshair", NULL},
    {ACT_ZOOM_OUT, "o -", "zoom-out", "zoom out", NULL},
    {ACT_PAN_LEFT, "H", NULL, "pan left", NULL},
    {ACT_PAN_RIGHT, "L", NULL, "pan right", NULL},
    {ACT_RESET, "0", "reset", "show everything again", NULL},
    {ACT_LOG_Y, "y", "log-y", "log y axis", NULL},
    {ACT_LOG_X, "x", "log-x", "log x axis", NULL},
    {ACT_X_AXIS, "X", "x-axis", "next x axis: step, time since start, time; or a series by name", "AXIS"},
    {ACT_SMOOTHER, "]", "smooth", "smoother, or by this weight of the past", "WEIGHT"},
    {ACT_ROUGHER, "[", NULL, "less smooth", NULL},
    {ACT_ROBUST, "r", "robust", "leave outliers out of the y range", NULL},
    {ACT_NEXT, "n", "next-series", "the next series alone", NULL},
    {ACT_PREVIOUS, "N", "previous-series", "the series before alone", NULL},
    {ACT_SERIES, NULL, "series", "show the series of this name alone", "NAME"},
    {ACT_FOCUS, "Tab", NULL, "to the list of series and back", NULL},
    {ACT_DOWN, "j Down", NULL, "list: next; chart: the next series alone", NULL},
    {ACT_UP, "k Up", NULL, "list: previous; chart: the series before alone", NULL},
    {ACT_TOGGLE, "Space", "toggle-series", "list: show or hide the series under the cursor", NULL},
    {ACT_ONLY, "Enter", NULL, "list: show this series alone", NULL},
    {ACT_PANE, "s", "list", "show or hide the list of series", NULL},
    {ACT_BAND, "b", "band", "mean and band over runs by a configuration key; again ends it", "KEY"},
    {ACT_MIN_MAX, "m", "min-max", "bands from minimum to maximum, or one standard deviation", NULL},
    {ACT_FORECAST, "f", "forecast", "carry the curves on from the observed part; again ends it", NULL},
    {ACT_BESIDE, "F", "forecast-beside", "forecast: the next method beside the first", NULL},
    {ACT_DIFF, "d", "diff-runs", "compare the runs", NULL},
    {ACT_EXPORT, "e", "export", "write a .png .svg .pdf .csv .json or .md file", "FILE"},
    {0},
};

static const double smooth_steps[] = {0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999};
enum { SMOOTH_STEPS = sizeof smooth_steps / sizeof *smooth_steps };

/* ---- series ---- */

static void show_only(struct orr_ui *ui, struct orr_curves *v, size_t row)
{
    if (row >= v->list.len) return;
    for (size_t i = 0; i < v->list.len; i++) v->list.data[i].shown = i == row;
    v->list_row = row;
    orr_curves_open_set(ui, v);
}

static void step_series(struct orr_ui *ui, struct orr_curves *v, bool forward)
{
    if (!v->list.len) return;
    show_only(ui, v, (v->list_row + (forward ? 1 : v->list.len - 1)) % v->list.len);
}

static void toggle(struct orr_ui *ui, struct orr_curves *v)
{
    size_t shown = 0;
    for (size_t i = 0; i < v->list.len; i++) shown += v->list.data[i].shown;
    if (v->list_row >= v->list.len || (shown == 1 && v->list.data[v->list_row].shown)) return; /* one always stays */
    v->list.data[v->list_row].shown = !v->list.data[v->list_row].shown;
    orr_curves_open_set(ui, v);
}

static void series_by_name(struct orr_ui *ui, struct orr_curves *v, const char *name)
{
    for (size_t i = 0; name && i < v->list.len; i++)
        if (strcmp(v->list.data[i].name, name) == 0) {
            show_only(ui, v, i);
            return;
        }
    if (name) orr_ui_message(ui, ORR_COLOR_WARN, "none of these runs has a series '%s'", name);
}

static void move_in_list(struct orr_ui *ui, struct orr_curves *v, bool down)
{
    if (v->list_focus)
        orr_nav_move(down ? ORR_NAV_DOWN : ORR_NAV_UP, v->list.len, 1, &v->list_row);
    else
        step_series(ui, v, down);
}

/* ---- options ---- */

static void set_axis(struct orr_ui *ui, struct orr_curves *v, enum orr_x_axis x, const char *series)
{
    char *name = series ? orr_xstrdup(series) : NULL;
    free(v->x_series);
    v->x_series = name;
    v->options.x = x;
    v->options.x_series = name;
    v->x0 = v->x1 = v->cursor = NAN;
    orr_curves_prepare(ui, v);
}

static void choose_axis(struct orr_ui *ui, struct orr_curves *v, const char *arg)
{
    static const enum orr_x_axis next[] = {ORR_X_RELATIVE, ORR_X_WALL, ORR_X_STEP, ORR_X_STEP};
    if (!arg)
        set_axis(ui, v, next[v->options.x], NULL);
    else if (strcmp(arg, "step") == 0)
        set_axis(ui, v, ORR_X_STEP, NULL);
    else if (strcmp(arg, "relative") == 0)
        set_axis(ui, v, ORR_X_RELATIVE, NULL);
    else if (strcmp(arg, "wall") == 0)
        set_axis(ui, v, ORR_X_WALL, NULL);
    else
        set_axis(ui, v, ORR_X_SERIES, arg);
}

static void smooth(struct orr_ui *ui, struct orr_curves *v, int by, const char *arg)
{
    double weight;
    int k = 0;
    if (arg) {
        if (!orr_parse_double(arg, strlen(arg), &weight) || !(weight >= 0 && weight < 1)) {
            orr_ui_message(ui, ORR_COLOR_WARN, "smoothing is a weight from 0 to below 1");
            return;
        }
        v->options.smooth = weight;
    } else {
        while (k + 1 < SMOOTH_STEPS && smooth_steps[k + 1] <= v->options.smooth) k++;
        k += by;
        v->options.smooth = smooth_steps[k < 0 ? 0 : k < SMOOTH_STEPS ? k : SMOOTH_STEPS - 1];
    }
    orr_curves_prepare(ui, v);
}

static void reset(struct orr_ui *ui, struct orr_curves *v)
{
    v->x0 = v->x1 = v->cursor = NAN;
    v->robust = false;
    orr_curves_prepare(ui, v);
}

static void band_done(struct orr_ui *ui, void *ctx, const char *text)
{
    struct orr_curves *v = ctx;
    if (!text) return;
    free(v->group_by);
    v->group_by = orr_xstrdup(text);
    orr_curves_open_set(ui, v);
}

static void complete_key(struct orr_ui *ui, void *ctx, const char *text, struct orr_str *out)
{
    (void)ctx;
    struct orr_name_list names = {0};
    struct orr_error err;
    orr_store_config_names(orr_ui_store(ui), &names, &err);
    for (size_t i = 0; i < names.n; i++)
        if (strstr(names.names[i].text, text)) orr_str_printf(out, "%s\tconfiguration\n", names.names[i].text);
    orr_name_list_free(&names);
}

static void band(struct orr_ui *ui, struct orr_curves *v, const char *arg)
{
    if (arg) {
        band_done(ui, v, arg);
    } else if (v->group_by) {
        free(v->group_by);
        v->group_by = NULL;
        orr_curves_open_set(ui, v);
    } else {
        orr_ui_prompt(ui, &(struct orr_prompt){.label = "band by (empty: all runs together): ", .done = band_done,
                                               .complete = complete_key, .ctx = v});
    }
}

/* ---- other screens, files ---- */

static void open_diff(struct orr_ui *ui, const struct orr_curves *v)
{
    struct orr_str arg = {0};
    for (size_t i = 0; i < v->n_runs; i++) orr_str_printf(&arg, "%s%lld", i ? " " : "", (long long)v->runs[i]);
    if (v->n_runs > 1)
        orr_ui_open(ui, "diff", arg.data);
    else
        orr_ui_message(ui, ORR_COLOR_WARN, "one run; select more in Runs to compare them");
    orr_str_free(&arg);
}

static void write_file(struct orr_ui *ui, const struct orr_curves *v, const char *path)
{
    if (v->forecast) orr_curves_forecast_export(ui, v, path);
    else orr_curves_export(ui, v, path);
}

static void export_done(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) write_file(ui, ctx, text);
}

/* ---- the descriptor's functions ---- */

/* Without an argument or a selection: the newest run. */
static enum orr_status choose_runs(struct orr_ui *ui, struct orr_curves *v, const char *arg, struct orr_error *err)
{
    struct orr_run_list list = {0};
    enum orr_status status = orr_ui_runs_arg(ui, arg, &v->runs, &v->n_runs, err);
    if (status != ORR_OK || v->n_runs) return status;
    status = orr_store_runs(orr_ui_store(ui), &list, err);
    if (list.n) {
        free(v->runs);
        v->runs = orr_xmalloc(sizeof *v->runs);
        v->runs[0] = list.runs[list.n - 1].id;
        v->n_runs = 1;
    }
    orr_run_list_free(&list);
    return status;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    (void)ui;
    struct orr_curves *v = state;
    orr_ui_task_drop(&v->work);
    orr_curves_forecast_end(v);
    orr_curves_free_set(v);
    for (size_t i = 0; i < v->list.len; i++) free(v->list.data[i].name);
    free(v->list.data);
    free(v->runs);
    free(v->x_series);
    free(v->group_by);
    free(v);
}

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    struct orr_curves *v = orr_xcalloc(1, sizeof *v);
    v->x0 = v->x1 = v->cursor = v->full0 = v->full1 = NAN;
    enum orr_status status = choose_runs(ui, v, arg, err);
    if (status == ORR_OK) status = orr_curves_load(ui, v, err);
    if (status != ORR_OK) {
        close_screen(ui, v);
        return status;
    }
    v->pane = v->list.len > 1;
    *state = v;
    return ORR_OK;
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct orr_curves *v = state;
    const double cell = v->plot.w > 1 ? 1.0 / (v->plot.w - 1) : 0.02;
    switch ((enum act)id) {
    case ACT_EXACT: orr_curves_refine(ui, v); break;
    case ACT_LEFT:
    case ACT_RIGHT:
        if (v->forecast) orr_curves_forecast_scrub(ui, v, id == ACT_LEFT ? -1 : 1);
        else orr_curves_move_cursor(v, id == ACT_LEFT ? -cell : cell);
        break;
    case ACT_FORECAST: orr_curves_forecast_toggle(ui, v); break;
    case ACT_BESIDE: orr_curves_forecast_beside(ui, v); break;
    case ACT_FIRST: orr_curves_cursor_to(v, 0); break;
    case ACT_LAST: orr_curves_cursor_to(v, 1); break;
    case ACT_PAN_LEFT: orr_curves_pan(v, -0.25); break;
    case ACT_PAN_RIGHT: orr_curves_pan(v, 0.25); break;
    case ACT_ZOOM_IN: orr_curves_zoom(v, 0.5); break;
    case ACT_ZOOM_OUT: orr_curves_zoom(v, 2); break;
    case ACT_RESET: reset(ui, v); break;
    case ACT_LOG_Y: v->log_y = !v->log_y; break;
    case ACT_LOG_X:
        v->options.log_x = !v->options.log_x;
        v->x0 = v->x1 = NAN;
        orr_curves_prepare(ui, v);
        break;
    case ACT_X_AXIS: choose_axis(ui, v, arg); break;
    case ACT_SMOOTHER: smooth(ui, v, 1, arg); break;
    case ACT_ROUGHER: smooth(ui, v, -1, NULL); break;
    case ACT_ROBUST: v->robust = !v->robust; break;
    case ACT_NEXT: step_series(ui, v, true); break;
    case ACT_PREVIOUS: step_series(ui, v, false); break;
    case ACT_SERIES: series_by_name(ui, v, arg); break;
    case ACT_FOCUS:
        v->list_focus = !v->list_focus && v->list.len > 0;
        v->pane |= v->list_focus;
        break;
    case ACT_DOWN: move_in_list(ui, v, true); break;
    case ACT_UP: move_in_list(ui, v, false); break;
    case ACT_TOGGLE: toggle(ui, v); break;
    case ACT_ONLY: show_only(ui, v, v->list_row); break;
    case ACT_PANE: v->pane = !v->pane, v->list_focus &= v->pane; break;
    case ACT_BAND: band(ui, v, arg); break;
    case ACT_MIN_MAX: v->min_max = !v->min_max, v->stale = true; break;
    case ACT_DIFF: open_diff(ui, v); break;
    case ACT_EXPORT:
        if (arg) write_file(ui, v, arg);
        else orr_ui_prompt(ui, &(struct orr_prompt){.label = "write to: ", .text = "curves.png", .done = export_done, .ctx = v});
        break;
    }
}

/* A click puts the crosshair there, the wheel zooms. */
static bool key(struct orr_ui *ui, void *state, struct orr_key k)
{
    (void)ui;
    struct orr_curves *v = state;
    const struct orr_rect p = v->plot;
    if (k.code != ORR_KEY_MOUSE || k.x < p.x || k.y < p.y || k.x >= p.x + p.w || k.y >= p.y + p.h) return false;
    if (k.button == 4 || k.button == 5) orr_curves_zoom(v, k.button == 4 ? 0.5 : 2);
    else if (k.button == 1) orr_curves_cursor_to(v, p.w > 1 ? (double)(k.x - p.x) / (p.w - 1) : 0);
    return true;
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    orr_curves_draw(ui, state, c, r);
}

static void changed(struct orr_ui *ui, void *state) { orr_curves_follow(ui, state); }

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct orr_curves *v = state;
    struct orr_curve_set q;
    const char **series;
    if (v->forecast) {
        orr_curves_forecast_command(v, NULL, out);
        return;
    }
    orr_curves_query(v, &q, &series);
    orr_app_curve_command(&q, NULL, out);
    free(series);
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct orr_curves *v = state;
    double x0, x1;
    char text[24];
    orr_str_printf(out, "%zu curve%s of %zu run%s", v->n_lines, v->n_lines == 1 ? "" : "s", v->n_runs, v->n_runs == 1 ? "" : "s");
    if (v->waiting) orr_str_append(out, v->options.x == ORR_X_STEP ? "  smoothing" : "  reading the x axis");
    if (v->forecast) {
        orr_curves_forecast_status(v, out);
        return;
    }
    if (isnan(v->cursor) || !v->n_lines) return;
    orr_curves_window(v, &x0, &x1);
    if (v->options.x == ORR_X_STEP || v->options.x == ORR_X_SERIES)
        orr_ticks_precise(v->cursor, (x1 - x0) / (v->plot.w > 0 ? v->plot.w : 1), text);
    else
        snprintf(text, sizeof text, "the crosshair");
    orr_str_printf(out, "  at %s: %s", text, v->lines[0].note[0] ? v->lines[0].note : "-");
}

const struct orr_screen orr_curves_screen = {
    .name = "curves", .title = "Curves", .summary = "series of runs: zoom, smooth, bands over seeds", .actions = actions,
    .open = open_screen, .close = close_screen, .act = act, .key = key, .render = render, .changed = changed,
    .command = command, .status = status,
};
