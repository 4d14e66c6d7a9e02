/* Results of `orrery eval weights`, with --transfer and --jump too, summed up on one page: datasets/models/weights.md. */
#ifndef ORRERY_APP_EVAL_WEIGHTS_SUMMARY_H
#define ORRERY_APP_EVAL_WEIGHTS_SUMMARY_H

#include "app/eval.h"

/* Appends Markdown: means over the cells of each task, cells won, tied and lost by paired intervals, every cell, and, where
 * there are such rows, transfer and jump-start. What has no rows is left out. */
void orr_eval_weights_summary(const struct orr_eval *e, struct orr_str *out);

#endif
