/* How well a detector finds known objects. */
#ifndef ORRERY_APP_DETECT_TEST_H
#define ORRERY_APP_DETECT_TEST_H

#include "app/detect.h"
#include "app/detect_data.h"
#include "base/table.h"

/* Looks at every image, adds it to *score (zeroed before; free with orr_score_free) and computes *out.
 * ORR_ECANCELLED: stopped. */
enum orr_status orr_detect_test(struct orr_detector *d, const struct orr_detect_set *set,
                                const struct orr_ticker *ticker, struct orr_score *score, struct orr_scores *out,
                                struct orr_error *err);
/* Rows (class, objects, images, precision, recall, f1, ap50, ap), the last one of all. Zero-initialise *t before. */
void orr_detect_class_table(const struct orr_scores *s, const struct orr_yolo *net, struct orr_table *t);
/* Rows predicted, columns true, background last; normalised: shares of each column. */
void orr_detect_matrix_table(const struct orr_scores *s, const struct orr_yolo *net, bool normalised,
                             struct orr_table *t);
/* A bootstrap interval over images (2.5 % to 97.5 %, `times` samples) of map50 and map. */
void orr_detect_intervals(struct orr_score *score, int times, uint64_t seed, double map50[2], double map[2]);

#endif
