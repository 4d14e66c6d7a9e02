/* Private to src/methods/clip: what the readers of files and folders share. */
#ifndef ORRERY_METHODS_CLIP_SOURCE_H
#define ORRERY_METHODS_CLIP_SOURCE_H

#include "base/safetensors.h"
#include "methods/clip/clip.h"

/* A folder of Hugging Face. *c may hold something after an error; the caller frees it. */
enum orr_status orr_clip_open_folder(const char *path, struct orr_clip *c, struct orr_error *err);
/* EFORMAT when it is missing, of another shape or not finite. */
enum orr_status orr_clip_read_tensor(struct orr_safetensors *f, const char *path, const char *name, struct orr_shape shape,
                                     float *to, struct orr_error *err);
/* EFORMAT when the configuration asks for more weights than the file holds. */
enum orr_status orr_clip_check_size(const struct orr_clip_config *g, const struct orr_safetensors *f, const char *path,
                                    struct orr_error *err);

#endif
