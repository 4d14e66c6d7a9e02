/* What `forecast weights --plot` and `export weights` have in common: a picture of a run or a folder of checkpoints. */
#ifndef ORRERY_CLI_WEIGHTS_ARGS_H
#define ORRERY_CLI_WEIGHTS_ARGS_H

#include "app/weights_figure.h"
#include "cli/verbs.h"

#define ORR_WEIGHTS_OPTIONS                                                                                            \
    {"method", 'm', ORR_OPT_CHOICE,                                                                                    \
     "flow|flow-loss|farcast|persistence|linear|quadratic|dmd|dlinear|nlinear|lstm|transformer|introspection|wnn", "flow",       \
     "how to forecast", 0, 0},                                                                                         \
    {"observe", 'o', ORR_OPT_TEXT, "N|P%", NULL,                                                                       \
     "only the first N snapshots, or those of the first P percent of the steps", 0, 0},                                \
    {"to", 't', ORR_OPT_INT, "STEP", NULL, "forecast up to this step (otherwise the last recorded one, or twice it)", 1, 1e15}, \
    {"model", 0, ORR_OPT_FILE, "FILE", NULL, "a fitted model (otherwise the shipped one)", 0, 0},                      \
    {"learn", 0, ORR_OPT_TEXT, "GROUP", NULL, "fit the method on the other runs of this group instead", 0, 0},         \
    {"solver", 0, ORR_OPT_CHOICE, "euler|rk4|dopri5", NULL, "flow: how the field is integrated", 0, 0},                \
    {"seed", 0, ORR_OPT_INT, "N", "1", "seed of a fit", 0, 1e15}

/* Of charts, whether drawn or written. */
#define ORR_WEIGHTS_CHART_OPTIONS                                                                                      \
    {"tensor", 0, ORR_OPT_TEXT, "NAME", NULL, "charts: only this tensor, by name or number", 0, 0},                    \
    {"lines", 0, ORR_OPT_INT, "N", "4", "charts: trajectories, of weights drawn at random", 1, ORR_SCENE_LINES},       \
    {"draw", 0, ORR_OPT_INT, "SEED", "1", "charts: draw other weights", 0, 1e15},                                      \
    {"weight", 0, ORR_OPT_TEXT, "'TENSOR INDEX'", NULL, "charts: this weight as the first trajectory", 0, 0},          \
    {"overlay", 0, ORR_OPT_FLAG, NULL, NULL, "charts: lay persistence, linear, dmd, farcast and flow over it", 0, 0},  \
    {"no-field", 0, ORR_OPT_FLAG, NULL, NULL, "charts: no arrows of the velocity field in the plane", 0, 0}

/* A picture and what it borrows. Zero-initialise; free with orr_cli_weights_picture_free. */
struct orr_cli_weights_picture {
    struct orr_weights_picture picture;
    struct orr_scene scene;
    struct orr_scene_forecast forecasts[ORR_WEIGHTS_SHOWN_MOST];
    const struct orr_scene_forecast *list[ORR_WEIGHTS_SHOWN_MOST];
    struct orr_scene_coordinate lines[ORR_SCENE_LINES];
    struct orr_scene_field field;
};
/* As the options say, of the one operand, which is a run or a folder. */
enum orr_status orr_cli_weights_picture(struct orr_app *app, const struct orr_args *args, enum orr_weights_chart chart,
                                        const struct orr_ticker *ticker, struct orr_cli_weights_picture *out,
                                        struct orr_error *err);
void orr_cli_weights_picture_free(struct orr_cli_weights_picture *p);
enum orr_weights_chart orr_cli_weights_chart(const char *name);

#endif
