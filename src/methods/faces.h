/* Descriptors of methods that have a header of their own: see faces.c. */
#ifndef ORRERY_METHODS_FACES_H
#define ORRERY_METHODS_FACES_H

#include <orrery/method.h>

extern const struct orr_method orr_method_tables, orr_method_select, orr_method_detect;

#endif
