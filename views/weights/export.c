/* Weights: the chart that is shown as a file, and the command that writes it again. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "tui/export.h"
#include "tui/ui.h"
#include "views/weights/state.h"

struct export
{
    struct weights_result *result; /* held */
    struct orr_scene_field field;
    struct orr_weights_picture picture;
    struct orr_scene_coordinate lines[ORR_SCENE_LINES];
    enum orr_weights_chart chart;
};

/* Words that `orrery forecast weights` and, with a path, `orrery export weights` take. */
void weights_command(const struct weights_view *s, const char *path, struct orr_str *out)
{
    orr_str_append(out, path ? "orrery export weights" : "orrery forecast weights");
    if (s->n_runs) orr_str_printf(out, " %lld", (long long)s->runs[s->run_at]);
    orr_str_printf(out, " --method %s", s->method);
    if (s->scene && s->observed) orr_str_printf(out, " --observe %zu", s->scene->scene.at[s->observed - 1] + 1);
    if (s->to) orr_str_printf(out, " --to %lld", (long long)s->to);
    if (weights_learns(s)) {
        orr_str_append(out, " --learn");
        orr_shell_append(out, s->scene->scene.group);
    }
    if (!path) return;
    orr_str_printf(out, " --chart %s", orr_weights_chart_names[s->chart]);
    if (s->scene && s->widget.row) {
        orr_str_append(out, " --tensor");
        orr_shell_append(out, s->scene->scene.run.tensors[s->widget.row - 1].name);
    }
    if (s->overlay) orr_str_append(out, " --overlay");
    if (s->chart == ORR_WEIGHTS_PLANE && !s->arrows) orr_str_append(out, " --no-field");
    if (s->chart == ORR_WEIGHTS_TRAJECTORIES) {
        orr_str_printf(out, " --lines %zu --draw %llu", s->n_lines, (unsigned long long)s->seed);
        if (s->has_chosen && s->scene && s->chosen.tensor < s->scene->scene.run.n_tensors) {
            struct orr_str weight = {0};
            orr_str_printf(&weight, "%s %zu", s->scene->scene.run.tensors[s->chosen.tensor].name, s->chosen.index);
            orr_str_append(out, " --weight");
            orr_shell_append(out, weight.data);
            orr_str_free(&weight);
        }
    }
    orr_str_append(out, " --out");
    orr_shell_append(out, path);
}

static void release(void *ctx)
{
    struct export *x = ctx;
    weights_let_go(x->result);
    free(x);
}

static enum orr_status write(void *ctx, struct orr_store *store, const char *path, const struct orr_ticker *ticker,
                             struct orr_error *err)
{
    const struct export *x = ctx;
    (void)store;
    return orr_weights_figure(&x->picture, x->chart, path, ticker, err);
}

void weights_export(struct orr_ui *ui, const struct weights_view *s, const char *path)
{
    struct orr_str command = {0};
    struct export *x = orr_xcalloc(1, sizeof *x);
    if (!weights_picture(s, &x->picture) || !s->result || s->result->observed != s->observed) {
        orr_ui_message(ui, ORR_COLOR_WARN, "nothing to export yet: the forecast is not there");
        free(x);
        return;
    }
    weights_command(s, path, &command);
    x->chart = s->chart;
    x->result = s->result; /* keeps the scene, too */
    weights_hold(x->result);
    memcpy(x->lines, s->lines, sizeof x->lines);
    x->picture.lines = x->lines;
    if (x->picture.field) {
        x->field = *x->picture.field;
        x->picture.field = &x->field;
    }
    orr_ui_export(ui, &(struct orr_ui_export){.path = path, .command = command.data, .write = write, .release = release,
                                              .ctx = x});
    orr_str_free(&command);
}
