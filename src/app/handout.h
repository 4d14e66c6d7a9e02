/* A tour as a page to print: what it says, its commands, the equations of its methods, and one of its pictures. */
#ifndef ORRERY_APP_HANDOUT_H
#define ORRERY_APP_HANDOUT_H

#include <orrery/error.h>
#include <orrery/progress.h>

#include "app/tour.h"

/* Writes a .pdf, .svg or .png, by its extension, of the size of A4. figure: a PNG file, NULL: none. Errors as
 * orr_plot_write; EINVAL for another extension. */
enum orr_status orr_handout_write(const struct orr_tour *tour, const char *figure, const char *path,
                                  const struct orr_ticker *ticker, struct orr_error *err);

#endif
