/* The verbs, one const descriptor per file verb_NAME.c, and what several of them share. */
#ifndef ORRERY_CLI_VERBS_H
#define ORRERY_CLI_VERBS_H

#include "app/export.h"
#include "app/runs.h"
#include "cli/verb.h"

extern const struct orr_verb orr_verb_answer;
extern const struct orr_verb orr_verb_corpus_add;
extern const struct orr_verb orr_verb_corpus_index;
extern const struct orr_verb orr_verb_corpus_encode;
extern const struct orr_verb orr_verb_corpus_list;
extern const struct orr_verb orr_verb_corpus_pretrain;
extern const struct orr_verb orr_verb_corpus_remove;
extern const struct orr_verb orr_verb_curve;
extern const struct orr_verb orr_verb_delete;
extern const struct orr_verb orr_verb_demo;
extern const struct orr_verb orr_verb_detect_render;
extern const struct orr_verb orr_verb_detect_run;
extern const struct orr_verb orr_verb_detect_test;
extern const struct orr_verb orr_verb_detect_train;
extern const struct orr_verb orr_verb_diff;
extern const struct orr_verb orr_verb_doctor;
extern const struct orr_verb orr_verb_eval_adoption;
extern const struct orr_verb orr_verb_eval_curve;
extern const struct orr_verb orr_verb_eval_select;
extern const struct orr_verb orr_verb_eval_detect;
extern const struct orr_verb orr_verb_eval_tables;
extern const struct orr_verb orr_verb_eval_network;
extern const struct orr_verb orr_verb_eval_prompt;
extern const struct orr_verb orr_verb_eval_weights;
extern const struct orr_verb orr_verb_export_adoption;
extern const struct orr_verb orr_verb_export_curve;
extern const struct orr_verb orr_verb_export_detect;
extern const struct orr_verb orr_verb_export_diff;
extern const struct orr_verb orr_verb_export_logs;
extern const struct orr_verb orr_verb_export_network;
extern const struct orr_verb orr_verb_export_runs;
extern const struct orr_verb orr_verb_export_weights;
extern const struct orr_verb orr_verb_export_search;
extern const struct orr_verb orr_verb_export_select;
extern const struct orr_verb orr_verb_forecast_adoption;
extern const struct orr_verb orr_verb_forecast_curve;
extern const struct orr_verb orr_verb_forecast_network;
extern const struct orr_verb orr_verb_forecast_weights;
extern const struct orr_verb orr_verb_help;
extern const struct orr_verb orr_verb_import;
extern const struct orr_verb orr_verb_lab_race;
extern const struct orr_verb orr_verb_lab_sweep;
extern const struct orr_verb orr_verb_merge;
extern const struct orr_verb orr_verb_lab_train;
extern const struct orr_verb orr_verb_lm_list;
extern const struct orr_verb orr_verb_lm_show;
extern const struct orr_verb orr_verb_lm_train;
extern const struct orr_verb orr_verb_note;
extern const struct orr_verb orr_verb_open;
extern const struct orr_verb orr_verb_pin;
extern const struct orr_verb orr_verb_prompt_eval;
extern const struct orr_verb orr_verb_prompt_pretrain;
extern const struct orr_verb orr_verb_prompt_search;
extern const struct orr_verb orr_verb_prompt_tasks;
extern const struct orr_verb orr_verb_prompt_train;
extern const struct orr_verb orr_verb_pool_add;
extern const struct orr_verb orr_verb_pool_list;
extern const struct orr_verb orr_verb_pool_remove;
extern const struct orr_verb orr_verb_pool_show;
extern const struct orr_verb orr_verb_replay;
extern const struct orr_verb orr_verb_runs;
extern const struct orr_verb orr_verb_search;
extern const struct orr_verb orr_verb_select;
extern const struct orr_verb orr_verb_show;
extern const struct orr_verb orr_verb_simulate_adoption;
extern const struct orr_verb orr_verb_simulate_network;
extern const struct orr_verb orr_verb_simulate_runs;
extern const struct orr_verb orr_verb_sql;
extern const struct orr_verb orr_verb_tag;

/* "wrote loss.png; again: orrery export curve 3 --out loss.png" */
void orr_cli_say_written(const struct orr_args *args, struct orr_io *io, const char *path);

/* `orrery X` and `orrery export X` take the same options: one table each. */
#define ORR_RUNS_OPTIONS                                                                                               \
    {"filter", 'f', ORR_OPT_TEXT, "FILTER", NULL, "only runs that match, as the operands do", 0, 0},                   \
    {"columns", 'c', ORR_OPT_LIST, "LIST", NULL, "columns, parted by commas", 0, 0},                                   \
    {"sort", 's', ORR_OPT_TEXT, "COLUMN", NULL, "sort by a column (otherwise: pinned first, then the newest)", 0, 0},  \
    {"reverse", 'r', ORR_OPT_FLAG, NULL, NULL, "sort downwards", 0, 0},                                                \
    {"group-by", 'g', ORR_OPT_TEXT, "COLUMN", NULL, "one row per value: count and means", 0, 0},                       \
    {"changed", 0, ORR_OPT_FLAG, NULL, NULL, "leave out configuration columns that are equal for all", 0, 0},          \
    {"limit", 'n', ORR_OPT_INT, "N", NULL, "at most N rows", 1, 1e9}
void orr_cli_run_query(const struct orr_args *args, struct orr_arena *a, struct orr_run_query *q);

#define ORR_CURVE_OPTIONS                                                                                              \
    {"series", 's', ORR_OPT_LIST, "LIST", NULL, "series names, parted by commas (otherwise: the most telling one)", 0, 0}, \
    {"filter", 'f', ORR_OPT_TEXT, "FILTER", NULL, "the runs that match, besides those named", 0, 0},                   \
    {"smooth", 0, ORR_OPT_NUMBER, "W", NULL, "debiased exponential mean with weight W of the past, before binning", 0, 0.9999}, \
    {"bins", 'b', ORR_OPT_INT, "N", "0", "N bins with their minimum, maximum and mean; 0: every point", 0, 1000000},   \
    {"x", 0, ORR_OPT_TEXT, "AXIS", "step", "step, relative (seconds), wall, or the name of a series", 0, 0},           \
    {"log-x", 0, ORR_OPT_FLAG, NULL, NULL, "bins evenly spaced in log x", 0, 0},                                       \
    {"from", 0, ORR_OPT_NUMBER, "X", NULL, "left end of the window", 0, 0},                                            \
    {"to", 0, ORR_OPT_NUMBER, "X", NULL, "right end of the window", 0, 0},                                             \
    {"group-by", 'g', ORR_OPT_TEXT, "KEY", NULL, "mean and band per value of a configuration key; '' is all runs", 0, 0}, \
    {"min-max", 0, ORR_OPT_FLAG, NULL, NULL, "bands from minimum to maximum, not mean -/+ standard deviation", 0, 0},  \
    {"log-y", 0, ORR_OPT_FLAG, NULL, NULL, "pictures: log y axis", 0, 0},                                              \
    {"title", 0, ORR_OPT_TEXT, "TEXT", NULL, "pictures: the title", 0, 0},                                             \
    {"width", 0, ORR_OPT_INT, "N", NULL, "pictures: pixels, or columns of a text chart", 1, 20000},                    \
    {"height", 0, ORR_OPT_INT, "N", NULL, "pictures: pixels, or rows of a text chart", 1, 20000}
/* Runs, series and options of a curve set; what *q points to lives in the arena. */
enum orr_status orr_cli_curve_set(struct orr_app *app, const struct orr_args *args, struct orr_arena *a,
                                  struct orr_curve_set *q, struct orr_error *err);

#endif
