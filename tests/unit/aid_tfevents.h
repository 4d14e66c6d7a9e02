/* Writing protocol buffers and event files, for tests of importers. */
#ifndef ORRERY_TESTS_AID_TFEVENTS_H
#define ORRERY_TESTS_AID_TFEVENTS_H

#include <stdint.h>

#include "base/str.h"

/* Protocol buffer fields, appended to a message. */
void aid_pb_raw_varint(struct orr_str *m, uint64_t x);
void aid_pb_varint(struct orr_str *m, uint32_t field, uint64_t x);
void aid_pb_double(struct orr_str *m, uint32_t field, double x);
void aid_pb_float(struct orr_str *m, uint32_t field, float x);
void aid_pb_bytes(struct orr_str *m, uint32_t field, const void *bytes, size_t n);
void aid_pb_text(struct orr_str *m, uint32_t field, const char *text);
void aid_pb_message(struct orr_str *m, uint32_t field, struct orr_str *sub); /* and frees sub */

/* Records of an event file, appended to its bytes. */
void aid_tf_record(struct orr_str *file, const void *data, size_t n);
void aid_tf_version(struct orr_str *file, double wall);
void aid_tf_scalar(struct orr_str *file, double wall, int64_t step, const char *tag, float value);
void aid_tf_value(struct orr_str *file, double wall, int64_t step, struct orr_str *value); /* and frees value */
/* A summary value whose only content is a tensor; plugin NULL: no metadata. Both are freed by what takes them. */
struct orr_str aid_tf_tensor_value(const char *tag, const char *plugin, struct orr_str *tensor);

#endif
