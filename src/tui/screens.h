/* The screens of views/, by name; orr_screens lists them in the order of the tab bar. */
#ifndef ORRERY_TUI_SCREENS_H
#define ORRERY_TUI_SCREENS_H

#include "tui/screen.h"

extern const struct orr_screen orr_runs_screen;
extern const struct orr_screen orr_curves_screen;
extern const struct orr_screen orr_diff_screen;
extern const struct orr_screen orr_adoption_screen;
extern const struct orr_screen orr_lab_screen;
extern const struct orr_screen orr_weights_screen;
extern const struct orr_screen orr_network_screen;
extern const struct orr_screen orr_search_screen;
extern const struct orr_screen orr_select_screen;
extern const struct orr_screen orr_prompts_screen;
extern const struct orr_screen orr_detect_screen;
extern const struct orr_screen orr_sql_screen;
extern const struct orr_screen orr_jobs_screen;
extern const struct orr_screen orr_help_screen;

#endif
