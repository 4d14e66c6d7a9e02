/* The network of YOLOv5 (v6): a backbone of strided convolutions and C3 blocks, SPPF, a PANet head and three levels of
 * output at strides 8, 16 and 32. Written from the published description; tensors are named as ONNX exports name them.
 * Conv = convolution + batch norm + SiLU; C3(x) = cv3(cat(m(cv1 x), cv2 x)), m a chain of bottlenecks. */
#ifndef ORRERY_METHODS_DETECT_YOLO_H
#define ORRERY_METHODS_DETECT_YOLO_H

#include <stdbool.h>

#include <orrery/error.h>
#include <orrery/params.h>
#include <orrery/tape.h>

enum {
    ORR_YOLO_LEVELS = 3,
    ORR_YOLO_ANCHORS = 3, /* per level */
    ORR_YOLO_STRIDE = 32, /* sides of an input are multiples of it */
    ORR_YOLO_CLASSES_MAX = 128,
    ORR_YOLO_CONVS_MAX = 160,
    ORR_YOLO_STEPS_MAX = 240,
    ORR_YOLO_MODULES = 25, /* 0..9 backbone, 10..23 head, 24 output */
};
#define ORR_YOLO_BN_EPS      1e-3
#define ORR_YOLO_BN_MOMENTUM 0.03

/* Width and depth multiples: pico .125 / .33 (ours), n .25 / .33, s .5 / .33, m .75 / .67. */
enum orr_yolo_kind { ORR_YOLO_PICO, ORR_YOLO_N, ORR_YOLO_S, ORR_YOLO_M };

enum orr_yolo_op {
    ORR_YOLO_CONV,
    ORR_YOLO_POOL /* maximum of 5x5, stride 1 */,
    ORR_YOLO_UP /* 2x, nearest */,
    ORR_YOLO_CAT
};

struct orr_yolo_conv {
    char name[40]; /* "model.2.m.0.cv1.conv", "model.24.m.0" */
    int in, out, size, stride, pad;
    bool output;   /* a 1x1 convolution with bias and nothing else; else batch norm and SiLU follow */
    size_t weight; /* tensor of params: (out, in, size, size); then gain and bias (out), of an output bias only */
    size_t state;  /* running means (out), then variances (out) */
};

/* One operation, in the order of evaluation. Inputs are earlier steps; -1 is the image. */
struct orr_yolo_step {
    enum orr_yolo_op op;
    int module; /* 0..24: whose part it is */
    int in[4], n_in;
    int add;              /* CONV: a step whose value is added to the result (bottleneck); -2: none */
    int conv;             /* CONV: index into conv */
    int channels, stride; /* of its value: pixels of the image per cell */
};

struct orr_yolo {
    enum orr_yolo_kind kind;
    int classes;
    char class_name[ORR_YOLO_CLASSES_MAX][24];
    double anchor[ORR_YOLO_LEVELS][ORR_YOLO_ANCHORS][2]; /* width and height in pixels of the input */
    int n_convs, n_steps, output[ORR_YOLO_LEVELS];       /* steps that give the levels */
    struct orr_yolo_conv conv[ORR_YOLO_CONVS_MAX];
    struct orr_yolo_step step[ORR_YOLO_STEPS_MAX];
    struct orr_params params;
    orr_real *state; /* [n_state] running statistics */
    size_t n_state;
};

const char *orr_yolo_kind_name(enum orr_yolo_kind kind);
/* "pico", "n", "s", "m". EINVAL names them. */
enum orr_status orr_yolo_parse_kind(const char *text, enum orr_yolo_kind *kind, struct orr_error *err);

/* Weights drawn from `seed` as PyTorch draws those of a Conv2d, COCO's anchors, classes named "0", "1", ...; outputs begin at
 * the rate of objects (8 in an image of 640 pixels). classes in 1..ORR_YOLO_CLASSES_MAX. Free with orr_yolo_free. */
enum orr_status orr_yolo_init(struct orr_yolo *y, enum orr_yolo_kind kind, int classes, uint64_t seed,
                              struct orr_error *err);
void orr_yolo_free(struct orr_yolo *y);
size_t orr_yolo_parameters(
    const struct orr_yolo *y); /* trainable numbers: what others print as the size of the network */

/* On the tape: x (batch, 3, height, width), both multiples of 32 -> out[level] (batch, 3 (5 + classes), height / stride,
 * width / stride), channels anchor by anchor. training: batch statistics, and the running ones move. */
void orr_yolo_forward(struct orr_yolo *y, struct orr_tape *t, const orr_real *x, int batch, int height, int width,
                      bool training, struct orr_var *out[ORR_YOLO_LEVELS]);

/* Whether batch norm was folded into the convolutions: loaded so, every one of the network does nothing. */
bool orr_yolo_is_folded(const struct orr_yolo *y);
/* Takes batch norm out of the convolutions again: statistics of these images (as for orr_yolo_forward) become the
 * running ones, gains and
 * biases undo them. The network computes what it did, and can be trained on from there. Resets the tape. */
void orr_yolo_unfold(struct orr_yolo *y, struct orr_tape *t, const orr_real *x, int batch, int height, int width);

#endif
