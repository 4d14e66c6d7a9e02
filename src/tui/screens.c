#include "tui/screens.h"

#include <stddef.h>

/* Nine have digits; SQL, Jobs and Help have keys of their own. */
const struct orr_screen *const orr_screens[] = {
    &orr_runs_screen,
    &orr_curves_screen,
    &orr_diff_screen,
    &orr_adoption_screen,
    &orr_weights_screen,
    &orr_network_screen,
    &orr_search_screen,
    &orr_select_screen,
    &orr_prompts_screen,
    &orr_detect_screen,
    &orr_lab_screen,
    &orr_sql_screen,
    &orr_jobs_screen,
    &orr_help_screen,
    NULL,
};
