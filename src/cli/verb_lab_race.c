/* orrery lab race: the optimisers of the lab on a surface of two variables. */
#include <langinfo.h>
#include <stdio.h>
#include <string.h>

#include "app/lab.h"
#include "cli/verbs.h"
#include "lab/surface.h"
#include "tui/chart_map.h"

static double height(const void *surface, double x, double y) { return orr_surface_height(surface, x, y); }

/* The map with all paths, and who is who. */
static void print_frame(const struct orr_race *race, int width, int rows, struct orr_io *io)
{
    const struct orr_surface *f = race->surface;
    struct orr_chart_series paths[ORR_RACERS];
    struct orr_canvas c;
    struct orr_str text = {0};
    orr_canvas_init(&c, width, rows);
    c.glyphs = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? ORR_GLYPHS_BRAILLE : ORR_GLYPHS_ASCII;
    for (int i = 0; i < ORR_RACERS; i++)
        paths[i] = (struct orr_chart_series){
            .color = i + 1, .n = race->racer[i].n, .x = race->racer[i].x, .y = race->racer[i].y};
    const struct orr_map map = {.x0 = f->x0,
                                .x1 = f->x1,
                                .y0 = f->y0,
                                .y1 = f->y1,
                                .height = height,
                                .ctx = f,
                                .paths = paths,
                                .n_paths = ORR_RACERS,
                                .spots = f->minima,
                                .n_spots = f->n_minima};
    orr_map_draw(&c, (struct orr_rect){0, 0, width, rows}, &map);
    orr_canvas_dump(&c, false, &text);
    fprintf(io->out, "step %d of %s\n%s\n", race->steps, f->name, orr_str_c(&text));
    orr_str_free(&text);
    orr_canvas_free(&c);
}

static int print_places(const struct orr_race *race, const struct orr_args *args, struct orr_io *io)
{
    static const char *const names[] = {"optimiser", "lr", "x", "y", "above_minimum", "steps"};
    struct orr_table t = {0};
    orr_table_init(&t, ORR_RACERS, 6);
    for (size_t i = 0; i < 6; i++)
        orr_table_column(&t, i, names[i], i == 0 ? ORR_CELL_TEXT : i == 5 ? ORR_CELL_INTEGER : ORR_CELL_NUMBER);
    for (size_t i = 0; i < ORR_RACERS; i++) {
        const struct orr_racer *k = &race->racer[i];
        const double cells[] = {k->optim.o.lr, k->x[k->n - 1], k->y[k->n - 1],
                                k->value[k->n - 1] - race->surface->lowest, (double)k->n - 1};
        orr_table_set_text(&t, i, 0, orr_lab_optim_name(k->kind));
        for (size_t c = 0; c < 5; c++) orr_table_set_number(&t, i, c + 1, cells[c]);
    }
    const int code = orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
    return code;
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    const char *name = args->n_operands ? args->operand[0] : "rosenbrock";
    const struct orr_surface *surface = orr_surface_find(name);
    const int steps = (int)orr_args_int(args, "steps"), frames = (int)orr_args_int(args, "frames");
    struct orr_race race;
    struct orr_error err;
    if (!surface) {
        struct orr_str list = {0};
        for (size_t i = 0; orr_surfaces[i]; i++) orr_str_printf(&list, "%s%s", i ? ", " : "", orr_surfaces[i]->name);
        orr_error_set(&err, ORR_EINVAL, name, "no such surface; there are %s", orr_str_c(&list));
        orr_str_free(&list);
        return orr_cli_fail(io, args->verb, &err);
    }
    orr_race_start(&race, surface, orr_args_number(args, "lr-factor"));
    const int width = io->width > 0 && io->width < 100 ? io->width : 100;
    for (int i = 1; i <= frames; i++) {
        while (race.steps < (int)((int64_t)steps * i / frames)) orr_race_step(&race);
        print_frame(&race, width, (int)orr_args_int(args, "height"), io);
    }
    while (race.steps < steps) orr_race_step(&race);
    const int code = print_places(&race, args, io);
    orr_race_free(&race);
    return code;
}

static const struct orr_option options[] = {
    {"steps", 'n', ORR_OPT_INT, "N", "200", "steps of each optimiser", 0, 1e6},
    {"frames", 0, ORR_OPT_INT, "N", "0", "maps on the way, with the paths so far", 0, 1000},
    {"height", 0, ORR_OPT_INT, "ROWS", "20", "of a map", 4, 200},
    {"lr-factor", 0, ORR_OPT_NUMBER, "X", "1", "all learning rates times X", 1e-6, 1e6},
    {0},
};

const struct orr_verb orr_verb_lab_race = {
    .name = "lab race",
    .summary = "let optimisers race down a surface",
    .operands = "[SURFACE]",
    .details =
        "SGD, momentum, RMSprop, Adam and AdamW, the code that trains the networks, from the same start with learning "
        "rates that suit the surface. Surfaces: rosenbrock, beale, himmelblau, saddle, ravine. A + marks the minima.",
    .examples = "orrery lab race rosenbrock --steps 300 --frames 2\norrery lab race saddle --json",
    .options = options,
    .run = run,
};
