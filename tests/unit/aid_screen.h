/* Golden screens: a canvas is compared with tests/screens/NAME.WxH.txt; ORR_UPDATE_GOLDEN=1 rewrites the file. */
#ifndef ORRERY_TESTS_AID_SCREEN_H
#define ORRERY_TESTS_AID_SCREEN_H

#include "tui/canvas.h"

/* Fails the running test with both texts when they differ. With `styles` the colours are compared as well. */
void orr_aid_golden(const struct orr_canvas *c, const char *name, bool styles);

#endif
