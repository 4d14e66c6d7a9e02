/* A dual encoder with random weights, small enough for tests: 16 x 16 pixels, words of the drawn tasks. */
#ifndef ORRERY_TESTS_AID_CLIP_H
#define ORRERY_TESTS_AID_CLIP_H

#include "methods/clip/clip.h"

void orr_aid_clip_init(struct orr_clip *c, int width);
/* Written to a file in the test's folder; valid as aid_file_write says. */
const char *orr_aid_clip_file(int width);

#endif
