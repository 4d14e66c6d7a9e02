/* All methods, by name. */
#include <stddef.h>
#include <string.h>

#include <orrery/method.h>

#include "methods/adoption/adopt.h"
#include "methods/baselines/baselines.h"
#include "methods/curve/lc.h"
#include "methods/faces.h"
#include "methods/netdyn/netdyn.h"
#include "methods/prompt/prompt.h"
#include "methods/weights/weights.h"

const char *orr_outcome_name(enum orr_outcome o)
{
    switch (o) {
    case ORR_CONVERGED: return "converged";
    case ORR_STOPPED_AT_LIMIT: return "stopped at limit";
    case ORR_DIVERGED: return "diverged";
    case ORR_CANCELLED: return "cancelled";
    case ORR_NOT_IDENTIFIED: return "not identified";
    }
    return "unknown";
}

const struct orr_method *const orr_methods[] = {
    &orr_method_adoption,       &orr_baseline_persistence, &orr_baseline_linear, &orr_baseline_exponential,
    &orr_baseline_logistic,     &orr_baseline_gompertz,    &orr_baseline_bass,
    &orr_method_flow,           &orr_method_flow_loss,     &orr_method_farcast,  &orr_weights_persistence, &orr_weights_linear,
    &orr_weights_quadratic,     &orr_weights_dmd,          &orr_weights_dlinear, &orr_weights_nlinear,
    &orr_weights_lstm,          &orr_weights_transformer,  &orr_weights_introspection, &orr_weights_wnn,
    &orr_lc_last,               &orr_lc_power,             &orr_lc_power_best,   &orr_lc_pow3,
    &orr_lc_pow4,               &orr_lc_exp3,              &orr_lc_exp4,         &orr_lc_ilog2,
    &orr_lc_janoschek,          &orr_lc_mmf,
    &orr_nodes_law,
    &orr_method_netdyn,         &orr_nodes_attention,      &orr_nodes_mean_field,    &orr_nodes_true_graph,
    &orr_nodes_node,            &orr_nodes_lstm,           &orr_nodes_persistence,   &orr_nodes_ar,
    &orr_nodes_var,             &orr_nodes_svd_lasso,
    &orr_lc_curve_ode,          &orr_lc_node,              &orr_lc_nsde,         &orr_lc_lstm,
    &orr_lc_vrnn,               &orr_lc_lcbnn,             &orr_lc_pfn,           &orr_lc_blend,
    &orr_method_prompt_modular, &orr_method_prompt_search, &orr_prompt_zero_shot,    &orr_prompt_linear_probe,
    &orr_prompt_coop,           &orr_prompt_cocoop,        &orr_prompt_deep_text,    &orr_prompt_deep_vision,
    &orr_prompt_independent,    &orr_prompt_maple,         &orr_prompt_uniform,      &orr_prompt_random_layout,
    &orr_method_tables,         &orr_method_select,        &orr_method_detect,
    NULL,
};

const struct orr_method *orr_method_find(const char *name)
{
    for (size_t i = 0; orr_methods[i]; i++)
        if (!strcmp(orr_methods[i]->name, name)) return orr_methods[i];
    return NULL;
}

const struct orr_method *orr_method_find_for(enum orr_data_kind input, const char *name)
{
    for (size_t i = 0; orr_methods[i]; i++)
        if (orr_methods[i]->input == input && !strcmp(orr_methods[i]->name, name)) return orr_methods[i];
    return NULL;
}
