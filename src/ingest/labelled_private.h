/* What the readers of the layouts share. */
#ifndef ORRERY_INGEST_LABELLED_PRIVATE_H
#define ORRERY_INGEST_LABELLED_PRIVATE_H

#include "ingest/labelled.h"

enum { ORR_LABELLED_CLASSES_MAX = 4096 };

/* Adds a box given by fractions of the sides. EFORMAT at `where` when it is not one, or lies outside the picture. */
enum orr_status orr_labelled_add_box(struct orr_labelled *set, const char *where, int class, double x0, double y0,
                                     double x1, double y1, struct orr_error *err);
/* `entry` below `root`, in the arena; leading "../" are dropped when it would not stay there. NULL: it leads out of it, by
 * ".." within or as an absolute path. */
const char *orr_labelled_inside(struct orr_arena *arena, const char *root, const char *entry);

bool orr_labelled_is_picture(const char *path); /* by its extension */
/* Adds all pictures in the folder and those within, in the order of their paths. */
enum orr_status orr_labelled_add_folder(struct orr_labelled *set, const char *folder, int depth, struct orr_error *err);

enum orr_status orr_labelled_read_yolo(const char *yaml, const char *split, struct orr_labelled *out,
                                       struct orr_error *err);
enum orr_status orr_labelled_read_coco(const char *path, struct orr_labelled *out, struct orr_error *err);

#endif
