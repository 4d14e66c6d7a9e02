/* Pictures to look for objects in, one at a time and by number: drawn scenes, a folder with or without labels, a single file. */
#ifndef ORRERY_APP_DETECT_GALLERY_H
#define ORRERY_APP_DETECT_GALLERY_H

#include "methods/detect/data.h"

enum orr_detect_part {
    ORR_DETECT_TRAIN,
    ORR_DETECT_VALIDATION, /* drawn: other scenes of the styles trained on */
    ORR_DETECT_TEST        /* drawn: styles that were never trained on. Folders without such a part: validation */
};

/* One call at a time. */
struct orr_detect_gallery;

/* source: "drawn:easy[:N]", "drawn:wild[:N]", "drawn:mixed[:N]" (three of four easy), "drawn": easy; or what
 * ingest/labelled.h reads. N scenes: 3000 to train on, 400 to validate on, 400 to test on where not given (N is those to
 * train on; the others are N / 8, at most 400). size: of drawn scenes, 32 to 2048 pixels. EINVAL, and as orr_labelled_read. */
enum orr_status orr_detect_gallery_open(const char *source, enum orr_detect_part part, int size,
                                        struct orr_detect_gallery **out, struct orr_error *err);
void orr_detect_gallery_close(struct orr_detect_gallery *g); /* NULL-safe */

size_t orr_detect_gallery_count(const struct orr_detect_gallery *g);
bool orr_detect_gallery_is_drawn(const struct orr_detect_gallery *g);
/* Known objects: 0 classes where pictures have no labels. Names are borrowed. */
int orr_detect_gallery_classes(const struct orr_detect_gallery *g);
const char *orr_detect_gallery_class(const struct orr_detect_gallery *g, int class);
bool orr_detect_gallery_has_class(const struct orr_detect_gallery *g, int class); /* is it in any picture? */
/* Boxes without area and crowds, which are left out. */
size_t orr_detect_gallery_left_out(const struct orr_detect_gallery *g);
bool orr_detect_gallery_stands_in(const struct orr_detect_gallery *g); /* a test was asked for, these are for validation */

/* The file of picture i; NULL: it is drawn. Borrowed. */
const char *orr_detect_gallery_path(const struct orr_detect_gallery *g, size_t i);
/* Picture i in its own size, with its labels; the caller frees *out. What orr_image_read says; ENOMEM. *out is empty then. */
enum orr_status orr_detect_gallery_get(struct orr_detect_gallery *g, size_t i, struct orr_detect_image *out,
                                       struct orr_error *err);

/* Whether a picture's name means a drawn one: "drawn:K", "drawn:easy:K", "drawn:wild:K", and that one: scene K, from
 * 0, of those to test
 * on. EINVAL, ENOMEM. */
bool orr_detect_is_scene(const char *name);
enum orr_status orr_detect_scene(const char *name, int size, struct orr_detect_image *out, struct orr_error *err);

#endif
