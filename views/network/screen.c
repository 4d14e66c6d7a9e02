/* Network: node states over time with their forecast, and the graph inferred beside the true one. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "state.h"
#include "tui/screens.h"

enum {
    ACT_PANE = 1,
    ACT_METHOD,
    ACT_DYNAMICS,
    ACT_TOPOLOGY,
    ACT_SEED,
    ACT_LESS,
    ACT_MORE,
    ACT_EARLIER,
    ACT_LATER,
    ACT_STEP,
    ACT_PLAY,
    ACT_ALL,
    ACT_FILE,
    ACT_EXPORT,
    ACT_TICK
};
enum { NODES = 24, OBSERVE = 25, FRAME_MS = 60, STEP = 2 };
static const double NOISE_STEP = 0.01, NOISE_MOST = 0.2;

static const struct orr_action actions[] = {
    {ACT_PANE, "Tab", "pane", "states, forecast, error, graph, where there is no room for all", NULL},
    {ACT_METHOD, "m", "method", "next method of forecasting", NULL},
    {ACT_DYNAMICS, "d", "dynamics", "next dynamics of a synthetic network, or the one named", "NAME"},
    {ACT_TOPOLOGY, "t", "topology", "next family of graphs", NULL},
    {ACT_SEED, "n", "new", "another network of the same kind", NULL},
    {ACT_LESS, "-", "less-noise", "less noise on what is observed", NULL},
    {ACT_MORE, "+ =", "more-noise", "more noise on what is observed", NULL},
    {ACT_EARLIER, "[", "earlier", "observe less", NULL},
    {ACT_LATER, "]", "later", "observe more", NULL},
    {ACT_STEP, "s", "step", "step the dynamics, from the start", NULL},
    {ACT_PLAY, "Space", "play", "let time run, or stop it", NULL},
    {ACT_ALL, "a", "all", "all of time", NULL},
    {ACT_FILE, "f", "file", "show a table of node states", "FILE"},
    {ACT_EXPORT, "e", "export", "write what is shown into a file: .png .svg .pdf .csv .json .md", "FILE"},
    {0},
};

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)ui, (void)err;
    struct network *s = orr_xcalloc(1, sizeof *s);
    s->o = orr_network_defaults();
    s->o.nodes = NODES;
    s->o.dynamics = ORR_GENE;
    s->o.topology = ORR_BARABASI_ALBERT;
    s->observe = OBSERVE;
    if (arg && *arg) s->path = orr_xstrdup(arg);
    network_load(s);
    *state = s;
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    struct network *s = state;
    orr_ui_timer(ui, 0, ACT_TICK);
    network_forget(s);
    free(s->path);
    free(s);
}

static void show_file(struct network *s, const char *path)
{
    free(s->path);
    s->path = orr_xstrdup(path);
    network_load(s);
}

static void typed_file(struct orr_ui *ui, void *ctx, const char *text)
{
    (void)ui;
    if (text && *text) show_file(ctx, text);
}

/* The command that gives the same. */
static void command_line(const struct network *s, const char *verb, struct orr_str *out)
{
    orr_str_printf(out, "orrery %s network", verb);
    if (s->path)
        orr_shell_append(out, s->path);
    else
        orr_str_printf(out, " --synthetic %s/%s --nodes %zu --noise %g --seed %llu", orr_dynamics_names[s->o.dynamics],
                       orr_topology_names[s->o.topology], s->o.nodes, s->o.noise, (unsigned long long)s->o.seed);
    orr_str_printf(out, " --observe %zu --method %s", s->f.observed ? s->f.observed : s->observe,
                   network_method(s->method));
}

static void export(struct orr_ui *ui, const struct network *s, const char *path)
{
    struct orr_error err;
    if (!s->f.horizon) return;
    if (orr_network_export(&s->data, &s->f, path, NULL, &err)) {
        orr_ui_error(ui, &err);
        return;
    }
    struct orr_str command = {0};
    command_line(s, "export", &command);
    orr_str_append(&command, " --out");
    orr_shell_append(&command, path);
    orr_ui_message(ui, ORR_COLOR_GOOD, "wrote %s; again: %s", path, orr_str_c(&command));
    orr_str_free(&command);
}

static void typed_export(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) export(ui, ctx, text);
}

static void change(struct network *s)
{
    free(s->path); /* the keys for synthetic networks lead back to them */
    s->path = NULL;
    network_load(s);
}

static void choose_dynamics(struct orr_ui *ui, struct network *s, const char *name)
{
    const int kind = name ? orr_dynamics_find(name) : (int)(s->o.dynamics + 1) % ORR_DYNAMICS_KINDS;
    if (kind < 0) {
        orr_ui_message(ui, ORR_COLOR_BAD, "no dynamics '%s'", name);
        return;
    }
    s->o.dynamics = (enum orr_dynamics)kind;
    change(s);
}

static void set_noise(struct network *s, double by)
{
    s->o.noise += by;
    if (s->o.noise < NOISE_STEP / 2) s->o.noise = 0;
    if (s->o.noise > NOISE_MOST) s->o.noise = NOISE_MOST;
    change(s);
}

static void step_time(struct orr_ui *ui, struct network *s, bool play)
{
    const size_t rows = network_rows(s);
    s->cursor = s->cursor >= rows ? 1 : s->cursor + STEP;
    if (s->cursor >= rows) {
        s->cursor = rows;
        s->playing = false;
    }
    if (play && s->playing) orr_ui_timer(ui, FRAME_MS, ACT_TICK);
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct network *s = state;
    switch (id) {
    case ACT_PANE: s->pane = (enum network_pane)((s->pane + 1) % PANES); break;
    case ACT_METHOD:
        s->method++;
        if (!network_method(s->method)) s->method = 0;
        network_forecast(s);
        break;
    case ACT_DYNAMICS: choose_dynamics(ui, s, arg); break;
    case ACT_TOPOLOGY:
        s->o.topology = (enum orr_topology)((s->o.topology + 1) % ORR_TOPOLOGIES);
        change(s);
        break;
    case ACT_SEED:
        s->o.seed++;
        change(s);
        break;
    case ACT_LESS: set_noise(s, -NOISE_STEP); break;
    case ACT_MORE: set_noise(s, NOISE_STEP); break;
    case ACT_EARLIER:
    case ACT_LATER:
        if (id == ACT_LATER && s->observe + 6 < s->data.points) s->observe += 5;
        if (id == ACT_EARLIER && s->observe > 9) s->observe -= 5;
        network_forecast(s);
        break;
    case ACT_STEP:
        s->playing = false;
        step_time(ui, s, false);
        break;
    case ACT_PLAY:
        s->playing = !s->playing;
        if (s->playing) step_time(ui, s, true);
        break;
    case ACT_TICK:
        if (s->playing) step_time(ui, s, true);
        break;
    case ACT_ALL:
        s->playing = false;
        s->cursor = network_rows(s);
        break;
    case ACT_FILE:
        if (arg)
            show_file(s, arg);
        else
            orr_ui_prompt(
                ui, &(struct orr_prompt){.label = "table of node states: ", .text = "", .done = typed_file, .ctx = s});
        break;
    case ACT_EXPORT:
        if (arg)
            export(ui, s, arg);
        else
            orr_ui_prompt(
                ui, &(struct orr_prompt){.label = "write to: ", .text = "network.png", .done = typed_export, .ctx = s});
        break;
    default: break;
    }
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    (void)ui;
    network_render(state, c, r);
}

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    command_line(state, "forecast", out);
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct network *s = state;
    orr_str_printf(out, "%zu nodes, %zu of %zu rows observed, %s", s->data.n, s->f.observed, s->data.points,
                   network_method(s->method));
    if (s->cursor < network_rows(s)) orr_str_printf(out, ", row %zu", s->cursor);
}

const struct orr_screen orr_network_screen = {
    .name = "network",
    .title = "Network",
    .summary = "node states over time, their forecast, and the graph that was inferred",
    .actions = actions,
    .open = open_screen,
    .close = close_screen,
    .act = act,
    .render = render,
    .command = command,
    .status = status,
};
