/* Convolution of one image with weights laid out beforehand, bias and activation in the same pass. The patches of a panel
 * of output positions (48 with AVX-512) are gathered into a buffer that stays in cache, and blocks of output channels
 * are summed over it in registers: the patch matrix never exists as a whole. */
#ifndef ORRERY_NUM_CONV_PACKED_H
#define ORRERY_NUM_CONV_PACKED_H

#include <orrery/ops.h>

struct orr_conv_packed {
    int in, h, w;               /* of the image */
    int out, size, stride, pad; /* square kernels */
    int oh, ow;
    const orr_real *weight; /* from orr_conv_pack */
    const orr_real *bias;   /* (out), or NULL */
    enum orr_activation act;
    const orr_real *x;   /* (in, h, w) */
    const orr_real *add; /* (out, oh, ow) added after the activation, or NULL */
    orr_real *y;         /* (out, oh, ow); may be add */
};

/* Numbers that packed weights take, of k = in size^2 terms; and the packing, from (out, k). */
size_t orr_conv_packed_numbers(int out, int k);
void orr_conv_pack(const orr_real *weight, int out, int k, orr_real *packed);
/* Of (out, in, size, size), turned for the gradient of the input: (in, out, size, size) with rows and columns reversed. */
void orr_conv_pack_turned(const orr_real *weight, int out, int in, int size, orr_real *packed);

/* The work falls into panels of positions and blocks of channels; each part may run on another thread, with a scratch of its
 * own of orr_conv_packed_scratch() numbers, 64-byte aligned. */
int orr_conv_packed_panels(const struct orr_conv_packed *c);
int orr_conv_packed_blocks(const struct orr_conv_packed *c);
size_t orr_conv_packed_scratch(int k);
void orr_conv_packed_run(const struct orr_conv_packed *c, int panel, int panel_end, int block, int block_end,
                         orr_real *scratch);

#endif
