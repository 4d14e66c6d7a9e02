/* Fitted forecasters for jumps of training: see lab/jump.h. */
#ifndef ORRERY_APP_JUMP_H
#define ORRERY_APP_JUMP_H

#include <orrery/error.h>

#include "methods/weights/weights.h"

/* The model that a jump by `method` uses: from `file`, or, where that is NULL, as shipped in datasets/models; methods that
 * learn nothing need neither. EINVAL: no such method, or the file is of another one; ENOTFOUND: nothing was shipped.
 * Free with orr_weights_model_free. */
enum orr_status orr_jump_model(const char *method, const char *file, struct orr_weights_model **out, struct orr_error *err);

#endif
