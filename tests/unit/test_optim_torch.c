/* Optimiser steps against PyTorch's on the same gradients: tests/data/optim_torch.py wrote the expected parameters. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <orrery/optim.h>

#include "base/json.h"

static struct json_object *at(struct json_object *o, const char *key)
{
    struct json_object *v = NULL;
    ck_assert_msg(json_object_object_get_ex(o, key, &v), "%s", key);
    return v;
}
static double number(struct json_object *array, size_t i)
{
    return json_object_get_double(json_object_array_get_idx(array, i));
}

static void check_case(struct json_object *all, struct json_object *c)
{
    static const char *const names[] = {"sgd", "momentum", "rmsprop", "adam", "adamw"};
    const char *name = json_object_get_string(at(c, "name"));
    const bool nesterov = !strcmp(name, "nesterov");
    enum orr_optim_kind kind = nesterov ? ORR_MOMENTUM : ORR_SGD;
    for (int k = 0; k < 5; k++)
        if (!strcmp(name, names[k])) kind = (enum orr_optim_kind)k;
    struct orr_optim_options o = orr_optim_defaults(kind, json_object_get_double(at(all, "lr")));
    o.weight_decay = json_object_get_double(at(c, "weight_decay"));
    o.nesterov = nesterov;
    struct orr_params p = {0};
    struct orr_optim s = {0};
    orr_params_add(&p, "w", orr_shape2(1, 4), ORR_INIT_ZERO, 0, 0, NULL);
    for (size_t i = 0; i < 4; i++) p.value[i] = (float)number(at(all, "start"), i);
    orr_optim_init(&s, &o, &p);
    struct json_object *steps = at(c, "steps");
    for (size_t t = 0; t < json_object_array_length(steps); t++) {
        for (size_t i = 0; i < 4; i++) p.grad[i] = (float)number(json_object_array_get_idx(at(all, "grads"), t), i);
        orr_optim_step(&s, &p);
        for (size_t i = 0; i < 4; i++) {
            const double want = number(json_object_array_get_idx(steps, t), i);
            ck_assert_msg(fabs((double)p.value[i] - want) <= 3e-7 * fmax(1, fabs(want)),
                          "%s, decay %g, step %zu: %.9g, PyTorch %.9g", name, o.weight_decay, t, (double)p.value[i],
                          want);
        }
    }
    orr_optim_free(&s);
    orr_params_free(&p);
}

START_TEST(every_optimiser_steps_as_pytorch_does_with_and_without_weight_decay)
{
    struct json_object *all;
    struct orr_error err;
    char path[512];
    const char *folder = getenv("ORRERY_TEST_DATA");
    snprintf(path, sizeof path, "%s/optim_torch.json", folder ? folder : "tests/data");
    ck_assert_msg(orr_json_parse_file(path, 1 << 20, &all, &err) == ORR_OK, "%s: %s", err.where, err.message);
    struct json_object *cases = at(all, "cases");
    ck_assert_uint_eq(json_object_array_length(cases), 12);
    for (size_t i = 0; i < 12; i++) check_case(all, json_object_array_get_idx(cases, i));
    json_object_put(all);
}
END_TEST

ORR_SUITE("optim_torch", every_optimiser_steps_as_pytorch_does_with_and_without_weight_decay)
