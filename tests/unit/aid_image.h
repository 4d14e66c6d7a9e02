/* Picture files of every kind, made in memory by the libraries whose readers are tested. */
#ifndef ORRERY_TESTS_AID_IMAGE_H
#define ORRERY_TESTS_AID_IMAGE_H

#include "image/image.h"

struct aid_png {
    int width, height, depth, type; /* as libpng counts types: 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA */
    bool interlaced;
    const unsigned char *rows;    /* packed rows as libpng takes them; 16 bits: high byte first */
    const unsigned char *palette; /* [colours][3] */
    int colours;
    const unsigned char *trns; /* alpha of the first trns_n colours of the palette */
    int trns_n;
};
struct orr_str aid_png_file(const struct aid_png *png); /* free with orr_str_free */

struct aid_jpeg {
    int width, height, channels; /* 1 grey, 3 RGB, 4 CMYK (inverted, as Adobe does) */
    bool progressive;
    int orientation;           /* of an EXIF head, either byte order: 1..8 little, -1..-8 big; 0: none */
    const unsigned char *rows; /* [height][width][channels] */
};
struct orr_str aid_jpeg_file(const struct aid_jpeg *jpeg);

#endif
