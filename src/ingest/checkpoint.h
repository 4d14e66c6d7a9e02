/* Where a checkpoint file belongs, by its path alone. */
#ifndef ORRERY_INGEST_CHECKPOINT_H
#define ORRERY_INGEST_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The step that the file's name or its folder's holds, and the bytes of the path that name the run: the folder of the
 * checkpoints. False: neither names a step. */
bool orr_checkpoint_place(const char *path, int64_t *step, size_t *run);

#endif
