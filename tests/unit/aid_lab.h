/* Data for tests of the lab. */
#ifndef ORRERY_TESTS_AID_LAB_H
#define ORRERY_TESTS_AID_LAB_H

#include "lab/dataset.h"

struct orr_dataset orr_aid_images(void); /* 8x8, noise whose mean brightness tells the class */

#endif
