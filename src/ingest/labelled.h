/* Pictures with boxes around objects, as detectors are trained on: folders in YOLO's layout (data.yaml, images/, labels/) and
 * COCO's JSON; and, without boxes, a folder of pictures or a single one. Nothing is decoded here: paths and boxes alone.
 *
 * A picture without label file, and one whose label file is empty, hold no object: both are kept (a detector needs
 * them) and counted. A class that no picture has is kept and shows 0 in class_images. Boxes that reach over the border by
 * up to a hundredth of the side are cut at it; by more, they are an error that names the line. Boxes without area and COCO's
 * crowds are left out and counted. */
#ifndef ORRERY_INGEST_LABELLED_H
#define ORRERY_INGEST_LABELLED_H

#include <stdbool.h>
#include <stddef.h>

#include <orrery/error.h>

#include "base/arena.h"
#include "base/vec.h"

struct orr_labelled_box {
    int class;
    float x0, y0, x1, y1; /* of the picture's width and height, 0..1 */
};
struct orr_labelled_image {
    const char *path;
    size_t first, n; /* into boxes */
};
struct orr_labelled {
    int n_classes;
    const char **classes;                      /* [n_classes] */
    size_t *class_boxes, *class_images;        /* [n_classes] how many boxes, and pictures with such a box */
    ORR_VEC(struct orr_labelled_image) images; /* in the order of their paths (YOLO) or of the file (COCO) */
    ORR_VEC(struct orr_labelled_box) boxes;
    bool labelled;          /* false: pictures alone */
    size_t without_labels;  /* pictures without a label file (YOLO) */
    size_t empty;           /* pictures whose labels name no object */
    size_t left_out;        /* boxes without area; crowds */
    struct orr_arena arena; /* private: owns the texts */
};

/* path: a folder with data.yaml, that file (any .yaml, .yml), a COCO file (.json) with its pictures beside it, in images/ or in
 * ../images/, a folder of pictures or a picture. split: "train", "val", "test" or another key of data.yaml; NULL: the first
 * of val, test, train that there is. Of a COCO file it is not looked at. EFORMAT names file:line (YOLO) or the entry (COCO);
 * ENOTFOUND, EIO. *out is empty after an error; free it with orr_labelled_free. */
enum orr_status orr_labelled_read(const char *path, const char *split, struct orr_labelled *out, struct orr_error *err);
void orr_labelled_free(struct orr_labelled *set);

/* ---- parts, for tests ---- */

/* The lines of one label file, `class x y width height` or `class` and a polygon, appended to set->boxes. */
enum orr_status orr_labelled_parse_lines(const char *name, const char *text, size_t n, struct orr_labelled *set,
                                         struct orr_error *err);
/* A COCO file; folder: of its pictures, NULL: found as above. Free *out, zeroed before, in any case. */
enum orr_status orr_labelled_parse_coco(const char *name, const char *text, size_t n, const char *folder,
                                        struct orr_labelled *out, struct orr_error *err);

#endif
