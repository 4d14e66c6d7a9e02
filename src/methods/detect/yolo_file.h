/* Weights of the network as files: safetensors of ours (batch norm folded in, or all of it, named as a PyTorch state dict),
 * and ONNX exports of YOLOv5, whose initialisers are read by name. */
#ifndef ORRERY_METHODS_DETECT_YOLO_FILE_H
#define ORRERY_METHODS_DETECT_YOLO_FILE_H

#include "methods/detect/yolo.h"

/* Reads a file of either format, told apart by its content. Kind and number of classes follow from the shapes; class names and
 * anchors from the metadata (without: numbers, COCO's anchors). *size: side of the images that it was trained on, 640 where
 * the file does not say. Where batch norm is folded in, *y has one that does nothing. Free with orr_yolo_free.
 * EFORMAT names the tensor that is missing, has another shape or holds a number that is not finite; then *y is empty. */
enum orr_status orr_yolo_load(const char *path, struct orr_yolo *y, int *size, struct orr_error *err);
/* The same of an ONNX file's bytes. O(n). */
enum orr_status orr_yolo_parse_onnx(const void *bytes, size_t n, const char *name, struct orr_yolo *y,
                                    struct orr_error *err);

/* folded: convolutions with bias as F16, for use; else all tensors as F32, to train on from. made_by: how it was
 * trained; may be NULL. */
enum orr_status orr_yolo_save(const struct orr_yolo *y, const char *path, int size, bool folded, const char *made_by,
                              struct orr_error *err);

/* ---- between the two files of code ---- */

struct orr_yolo_tensor {
    const char *name;
    int rank;
    int64_t shape[4];
    const void *handle;
};
/* Where tensors come from. read: all of one as float32, whose count fits its shape. */
struct orr_yolo_source {
    const char *path;
    size_t n;
    struct orr_yolo_tensor *tensor;
    enum orr_status (*read)(void *ctx, const struct orr_yolo_tensor *t, float *out, struct orr_error *err);
    void *ctx;
};
enum orr_status orr_yolo_take(const struct orr_yolo_source *s, struct orr_yolo *y, struct orr_error *err);

#endif
