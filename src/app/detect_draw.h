/* Boxes and labels drawn into a picture. */
#ifndef ORRERY_APP_DETECT_DRAW_H
#define ORRERY_APP_DETECT_DRAW_H

#include "app/detect.h"

/* The colour of a class, (red, green, blue). */
void orr_detect_color(int class, unsigned char rgb[3]);
/* Draws frames with "name .87" above them; n boxes of classes of `net`. Line and text grow with the picture. */
void orr_detect_draw(struct orr_image *image, const struct orr_yolo *net, const struct orr_detection *d, size_t n);

#endif
