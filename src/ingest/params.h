/* Configuration of runs from JSON and YAML: nested keys are joined by ".", lists are kept as JSON text. */
#ifndef ORRERY_INGEST_PARAMS_H
#define ORRERY_INGEST_PARAMS_H

#include "base/json.h"
#include "ingest/sink.h"

/* Every scalar of `value` (an object) as configuration of `run`, keys prefixed by `prefix` (NULL: none). */
enum orr_status orr_params_json(struct orr_sink *sink, uint32_t run, const char *prefix, struct json_object *value,
                                struct orr_error *err);
/* One value by its text alone: number, true / false, or text. */
enum orr_status orr_params_text(struct orr_sink *sink, uint32_t run, const char *key, const char *value,
                                struct orr_error *err);

/* Calls `each` for every scalar of a YAML file of at most 1 MiB (first document; tags are ignored). A file that is not
 * YAML is ORR_EFORMAT with its line. */
typedef enum orr_status (*orr_yaml_each)(void *ctx, const char *key, enum orr_value_kind kind, const char *value,
                                         struct orr_error *err);
enum orr_status orr_yaml_read(const char *path, orr_yaml_each each, void *ctx, struct orr_error *err);

/* hparams.yaml, hparams.json, args.yaml, opt.yaml, hyp.yaml, config.json, ... beside `path`. What cannot be read is a warning. */
enum orr_status orr_params_siblings(struct orr_sink *sink, uint32_t run, const char *path, struct orr_error *err);
bool orr_params_is_sibling(const char *file_name); /* is it one of those names? */

#endif
