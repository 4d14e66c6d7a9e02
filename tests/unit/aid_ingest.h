/* Short ways to run an importer on text. */
#ifndef ORRERY_TESTS_AID_INGEST_H
#define ORRERY_TESTS_AID_INGEST_H

#include "aid_folder.h"
#include "aid_sink.h"

/* Writes FOLDER/name, checks that it is detected as `format`, and imports it as run "k" with buffers from one byte to
 * the default: all must see the same. *a holds what came, to be closed by the caller. */
void aid_ingest(struct aid_sink *a, const struct orr_format *format, const char *name, const char *text);
/* The same for a folder or file that is there. */
void aid_ingest_path(struct aid_sink *a, const struct orr_format *format, const char *path);

/* Fails the test unless series `name` of run `key` is exactly "step:value step:value ...". */
void aid_expect(struct aid_sink *a, const char *key, const char *name, const char *points);
/* Fails the test unless configuration `name` of run `key` is `value` (NULL: there is none). */
void aid_expect_config(struct aid_sink *a, const char *key, const char *name, const char *value);

#endif
