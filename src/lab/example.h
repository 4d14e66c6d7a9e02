/* The runs of the example store: SYNTHETIC training logs, drawn from simple laws with a seeded generator and written in
 * the formats that Orrery imports. Nothing was trained. */
#ifndef ORRERY_LAB_EXAMPLE_H
#define ORRERY_LAB_EXAMPLE_H

#include <stdint.h>

#include <orrery/error.h>

/* Writes the logs below `folder`; the same seed gives the same bytes. */
enum orr_status orr_example_write(const char *folder, uint64_t seed, struct orr_error *err);

#endif
