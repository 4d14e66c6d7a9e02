/* The mean of six networks, each fitted by itself: they err in different ways on curves that none has seen the like of. Where
 * a graph is known, only those that look at it speak (run.c); where a curve follows a closed form, that speaks, too (law.c). */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "methods/curve/private.h"

static const struct orr_method *const members[] = {&orr_lc_curve_ode, &orr_lc_node, &orr_lc_nsde,
                                                   &orr_lc_lstm,      &orr_lc_vrnn, &orr_lc_lcbnn, NULL};

/* The members' tensors one after the other, "node.encoder.weight_ih". */
static void build(struct orr_params *p, struct orr_rng *rng)
{
    for (size_t k = 0; members[k]; k++) {
        size_t i = p->n_tensors;
        members[k]->curve->net->build(p, rng);
        for (; i < p->n_tensors; i++) {
            char own[sizeof p->tensor[i].name];
            memcpy(own, p->tensor[i].name, sizeof own);
            snprintf(p->tensor[i].name, sizeof own, "%s.%.40s", members[k]->name, own);
        }
    }
}

struct orr_params orr_lc_member_params(const struct orr_params *blend, const struct orr_method *member)
{
    const size_t length = strlen(member->name);
    size_t i = 0;
    while (!orr_starts_with(blend->tensor[i].name, member->name) || blend->tensor[i].name[length] != '.') i++;
    return (struct orr_params){
        .n_tensors = blend->n_tensors - i, .tensor = blend->tensor + i, .value = blend->value, .grad = blend->grad};
}

enum orr_status orr_lc_fit_members(struct orr_lc_model *blend, size_t n, const struct orr_lc_example *curves,
                                   const struct orr_lc_options *o, const struct orr_ticker *ticker, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    blend->o.steps = 0;
    for (size_t k = 0; members[k] && !s; k++) {
        struct orr_lc_model *one;
        s = orr_lc_fit(members[k]->curve, n, curves, o, ticker, &one, err);
        const struct orr_params part = orr_lc_member_params(&blend->params, members[k]);
        memcpy(orr_params_value(&part, 0), one->params.value, one->params.n * sizeof *one->params.value);
        blend->o.steps += one->o.steps;
        blend->best_step += one->best_step;
        orr_lc_model_free(one);
    }
    return s;
}

static const struct orr_param no_params[] = {{0}};
static const struct orr_lc_net net = {.prior = 0.2, .graphs = true, .build = build};
static const struct orr_lc_method method;
const struct orr_method orr_lc_blend = {
    .name = "curve-blend",
    .summary = "the mean of six networks; where the architecture is known, curve-ode",
    .source = "Lakshminarayanan et al. 2017",
    .equations = "y = g y_power + (1 - g) mean of curve-ode, node, nsde, lstm, vrnn, lcbnn; g = 1 / (1 + (e / 0.01)^2)",
    .params = no_params,
    .input = ORR_DATA_CURVES,
    .curve = &method,
};
static const struct orr_lc_method method = {.face = &orr_lc_blend, .net = &net, .members = members};
