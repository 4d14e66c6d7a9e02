/* Model folders of Hugging Face: config.json beside model.safetensors or its parts. The first error sticks, so that a
 * loader asks for all it needs and looks once. */
#ifndef ORRERY_TEXT_MODEL_FOLDER_H
#define ORRERY_TEXT_MODEL_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/safetensors.h"

struct orr_model_folder {
    const char *path; /* borrowed */
    struct json_object *config;
    enum orr_status status;
    struct orr_error *err;
    struct orr_safetensors *files; /* [n_files] */
    size_t n_files;
    uint64_t bytes;              /* of all weights: what no model made from the folder may much exceed */
    const char *const *prefixes; /* of tensor names, NULL-terminated; NULL: none */
};

/* Reads config.json and opens the weights. Close it in any case. ENOTFOUND where a file is missing. */
enum orr_status orr_model_folder_open(const char *path, struct orr_model_folder *out, struct orr_error *err);
void orr_model_folder_close(struct orr_model_folder *f);

/* Another JSON file of the folder; NULL where there is none. The caller frees with json_object_put. */
struct json_object *orr_model_folder_json(struct orr_model_folder *f, const char *name);
bool orr_model_folder_has(const struct orr_model_folder *f, const char *name);

/* A positive number of config.json, at most 2^24; fallback -1: it must be there. 1 after an error. */
int orr_model_folder_integer(struct orr_model_folder *f, const char *name, int fallback);
double orr_model_folder_real(const struct orr_model_folder *f, const char *name, double fallback);
/* Sets EUNSUPPORTED: `what` 'has' is not built in. */
void orr_model_folder_refuse(struct orr_model_folder *f, const char *what, const char *has);

/* The tensor of that name behind any of the prefixes, or NULL. */
const struct orr_safetensor *orr_model_folder_find(const struct orr_model_folder *f, const char *name,
                                                   struct orr_safetensors **in);
/* Reads (rows, columns), or (columns) where rows is 0. EFORMAT where it is missing or has another shape. */
void orr_model_folder_read(struct orr_model_folder *f, const char *name, size_t rows, size_t columns, float *to);

#endif
