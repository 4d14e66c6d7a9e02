/* Live tours: captions and the commands that they talk about. Nothing is recorded: whoever plays a tour runs its commands
 * on the example store. */
#ifndef ORRERY_APP_TOUR_H
#define ORRERY_APP_TOUR_H

#include <stdbool.h>
#include <stddef.h>

struct orr_tour_step {
    const char *caption; /* paragraphs parted by line breaks */
    const char *command; /* a batch command line without "orrery"; NULL: a caption alone */
    double pause;        /* seconds to look at it */
};
struct orr_tour {
    const char *name, *summary;
    const struct orr_tour_step *steps; /* ends with caption NULL */
    const char *const *methods; /* names of the methods that it is about, for the handout; ends with NULL. May be NULL */
    const char *figure; /* command of the handout's picture, without the file that ends it; NULL: none */
    bool scratch; /* writes: plays on an empty store of its own, removed at the end, instead of the example store */
};
extern const struct orr_tour orr_tour_detect; /* tour_detect.c */
extern const struct orr_tour *const orr_tours[]; /* NULL-terminated */
const struct orr_tour *orr_tour_find(const char *name);

#endif
