/* Drawn litter scenes as a folder in YOLO's layout, for detectors here and elsewhere. */
#ifndef ORRERY_APP_DETECT_RENDER_H
#define ORRERY_APP_DETECT_RENDER_H

#include <orrery/error.h>
#include <orrery/progress.h>

#include "image/litter_scene.h"

struct orr_detect_render {
    struct orr_litter_scene_options scene;
    int n;         /* scenes, 1 to 1000000 */
    uint64_t seed; /* scene i of the folder is item i of this seed */
};
struct orr_detect_rendered {
    size_t images, boxes, of_class[ORR_MATERIALS];
};

/* Writes images/SPLIT/000000.png, labels/SPLIT/000000.txt and data.yaml into `folder`, which is made. SPLIT: test
 * where the scene is of
 * the held-out styles; else train, and val for every tenth. data.yaml lists the splits that are there, so that a second
 * call may add the test set. The same call writes the same labels, and pixels. EINVAL, EIO, EFULL, ENOMEM, ECANCELLED. */
enum orr_status orr_detect_render(const char *folder, const struct orr_detect_render *o,
                                  const struct orr_ticker *ticker, struct orr_detect_rendered *out,
                                  struct orr_error *err);

/* The lines of a scene's label file, appended. */
void orr_detect_render_labels(const struct orr_litter_scene *scene, struct orr_str *out);

#endif
