/* Initialisers of an ONNX model (onnx.proto: ModelProto.graph 7, GraphProto.initializer 5; TensorProto: dims 1, data_type 2,
 * float_data 4, name 8, raw_data 9, external_data 13 / data_location 14). Nothing else of the file is looked at: that the
 * tensors have YOLOv5's names and shapes is what makes it one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dtype.h"
#include "base/protobuf.h"
#include "base/vec.h"
#include "methods/detect/yolo_file.h"

enum {
    MODEL_GRAPH = 7,
    GRAPH_INITIALIZER = 5,
    T_DIMS = 1,
    T_TYPE = 2,
    T_FLOATS = 4,
    T_NAME = 8,
    T_RAW = 9,
    T_LOCATION = 14
};
enum { TYPE_FLOAT = 1, TYPE_HALF = 10, TYPE_DOUBLE = 11, TENSORS_MAX = 4096, AXIS_MAX = 1 << 20 };

struct data {
    enum orr_dtype dtype;
    struct orr_pb_span bytes;
};

struct initialiser {
    char name[64];
    int rank;
    int64_t shape[4];
    bool usable; /* of a kind that we read, with as many numbers as its shape says */
    struct data data;
};

static void add_axis(struct initialiser *t, uint64_t n)
{
    if (t->rank < 4) t->shape[t->rank] = n <= AXIS_MAX ? (int64_t)n : 0;
    t->rank++;
}

static bool parse_tensor(struct orr_pb_span span, struct initialiser *t)
{
    struct orr_pb m = orr_pb_open(span);
    uint64_t type = 0, location = 0;
    struct orr_pb_span raw = {0}, floats = {0};
    *t = (struct initialiser){0};
    while (orr_pb_next(&m)) {
        if (orr_pb_is(&m, T_DIMS, ORR_PB_VARINT))
            add_axis(t, m.value);
        else if (orr_pb_is(&m, T_DIMS, ORR_PB_BYTES)) { /* packed */
            const unsigned char *p = m.bytes.p, *end = p + m.bytes.n;
            for (uint64_t n; p < end && orr_pb_varint(&p, end, &n);) add_axis(t, n);
        } else if (orr_pb_is(&m, T_TYPE, ORR_PB_VARINT))
            type = m.value;
        else if (orr_pb_is(&m, T_LOCATION, ORR_PB_VARINT))
            location = m.value;
        else if (orr_pb_is(&m, T_FLOATS, ORR_PB_BYTES))
            floats = m.bytes;
        else if (orr_pb_is(&m, T_RAW, ORR_PB_BYTES))
            raw = m.bytes;
        else if (orr_pb_is(&m, T_NAME, ORR_PB_BYTES))
            snprintf(t->name, sizeof t->name, "%.*s", (int)(m.bytes.n < 63 ? m.bytes.n : 63), (const char *)m.bytes.p);
    }
    if (m.bad) return false;
    uint64_t count = 1;
    for (int a = 0; a < t->rank && a < 4; a++) {
        if (t->shape[a] && count > UINT32_MAX / (uint64_t)t->shape[a])
            count = 0; /* more than any file holds */
        else
            count *= (uint64_t)t->shape[a];
    }
    t->data.dtype = type == TYPE_HALF ? ORR_DTYPE_F16 : type == TYPE_DOUBLE ? ORR_DTYPE_F64 : ORR_DTYPE_F32;
    t->data.bytes = raw.p ? raw : floats;
    t->usable = t->rank <= 4 && !location && count &&
                (type == TYPE_FLOAT || (raw.p && (type == TYPE_HALF || type == TYPE_DOUBLE))) && t->data.bytes.p &&
                t->data.bytes.n == count * orr_dtype_size(t->data.dtype);
    return true;
}

static enum orr_status read_tensor(void *ctx, const struct orr_yolo_tensor *t, float *out, struct orr_error *err)
{
    const struct initialiser *i = t->handle;
    if (!i->usable)
        return orr_error_set(err, ORR_EFORMAT, ctx,
                             "tensor %s has no data of its shape in the file as float, half or double", t->name);
    orr_dtype_to_float(i->data.dtype, false, i->data.bytes.p, i->data.bytes.n / orr_dtype_size(i->data.dtype), out);
    return ORR_OK;
}

enum orr_status orr_yolo_parse_onnx(const void *bytes, size_t n, const char *name, struct orr_yolo *y,
                                    struct orr_error *err)
{
    ORR_VEC(struct initialiser) found = {0};
    struct orr_pb model = orr_pb_open((struct orr_pb_span){bytes, n});
    bool bad = false, graph = false;
    *y = (struct orr_yolo){0};
    while (!bad && orr_pb_next(&model)) {
        if (!orr_pb_is(&model, MODEL_GRAPH, ORR_PB_BYTES)) continue;
        struct orr_pb g = orr_pb_open(model.bytes);
        graph = true;
        while (!bad && found.len < TENSORS_MAX && orr_pb_next(&g)) {
            struct initialiser t;
            if (!orr_pb_is(&g, GRAPH_INITIALIZER, ORR_PB_BYTES)) continue;
            bad = !parse_tensor(g.bytes, &t);
            if (!bad) ORR_VEC_PUSH(&found, t);
        }
        bad |= g.bad;
    }
    bad |= model.bad;
    struct orr_yolo_source s = {.path = name, .read = read_tensor, .ctx = (void *)(uintptr_t)name};
    s.tensor = orr_xcalloc(found.len + 1, sizeof *s.tensor);
    for (size_t i = 0; i < found.len; i++) {
        struct initialiser *t = &found.data[i];
        s.tensor[s.n] = (struct orr_yolo_tensor){.name = t->name, .rank = t->rank <= 4 ? t->rank : 0, .handle = t};
        memcpy(s.tensor[s.n++].shape, t->shape, sizeof t->shape);
    }
    enum orr_status status =
        bad || !graph ? orr_error_set(err, ORR_EFORMAT, name, "is neither a safetensors nor a whole ONNX file")
                      : orr_yolo_take(&s, y, err);
    free(s.tensor);
    free(found.data);
    return status;
}
