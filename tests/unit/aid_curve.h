/* Series made up by a test, put into a store. */
#ifndef ORRERY_TESTS_AID_CURVE_H
#define ORRERY_TESTS_AID_CURVE_H

#include "aid_store.h"

void aid_curve_config(struct orr_store *s, int64_t run, const char *key, double value);
/* Appends in one transaction; wall may be NULL. */
void aid_curve_points(struct orr_store *s, int64_t run, const char *series, size_t n, const int64_t *step,
                      const double *value, const double *wall);

#endif
