/* Log files as training programs write them: what the example data is made of. */
#ifndef ORRERY_LAB_LOGS_H
#define ORRERY_LAB_LOGS_H

#include <stdint.h>

#include <orrery/error.h>

#include "base/str.h"

/* x rounded to five significant digits, as short decimal text: loggers rarely write more. */
void orr_logs_append_number(struct orr_str *s, double x);

/* One record of a TensorBoard event file, appended to its bytes: the version record that starts every file, and a
 * scalar as PyTorch's writer stores it. wall: Unix seconds; step >= 0. */
void orr_logs_append_event_version(struct orr_str *file, double wall);
void orr_logs_append_event_scalar(struct orr_str *file, double wall, int64_t step, const char *tag, float value);

/* Writes text as folder/name; makes the folder, with parents, where it is missing. ORR_EIO names the file. */
enum orr_status orr_logs_write(const char *folder, const char *name, const struct orr_str *text,
                               struct orr_error *err);

#endif
