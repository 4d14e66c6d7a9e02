#include "cli/verbs.h"

/* In the order of `orrery help`, one per line. */
/* clang-format off */
const struct orr_verb *const orr_verbs[] = {
    &orr_verb_open,
    &orr_verb_import,
    &orr_verb_runs,
    &orr_verb_show,
    &orr_verb_curve,
    &orr_verb_diff,
    &orr_verb_export_runs,
    &orr_verb_export_curve,
    &orr_verb_export_diff,
    &orr_verb_export_adoption,
    &orr_verb_tag,
    &orr_verb_note,
    &orr_verb_pin,
    &orr_verb_delete,
    &orr_verb_sql,
    &orr_verb_forecast_adoption,
    &orr_verb_forecast_weights,
    &orr_verb_eval_adoption,
    &orr_verb_simulate_runs,
    &orr_verb_simulate_adoption,
    &orr_verb_demo,
    &orr_verb_doctor,
    &orr_verb_lab_train,
    &orr_verb_lab_sweep,
    &orr_verb_lab_race,
    &orr_verb_replay,
    &orr_verb_help,
    NULL,
};
