#include "aid_curve.h"

#include <stdio.h>

void aid_curve_config(struct orr_store *s, int64_t run, const char *key, double value)
{
    struct orr_error err;
    char text[32];
    snprintf(text, sizeof text, "%g", value);
    const struct orr_config_value v = {.is_number = true, .number = value, .text = text};
    aid_ok(orr_store_config_put(s, run, key, &v, &err), &err);
}

void aid_curve_points(struct orr_store *s, int64_t run, const char *series, size_t n, const int64_t *step,
                      const double *value, const double *wall)
{
    struct orr_error err;
    aid_ok(orr_store_begin(s, &err), &err);
    aid_ok(orr_store_append(s, run, series, n, step, value, wall, &err), &err);
    aid_ok(orr_store_commit(s, &err), &err);
}
