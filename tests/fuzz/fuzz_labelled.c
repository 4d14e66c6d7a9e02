/* Labels of pictures: COCO where the input begins like an object, else the lines of a label file. */
#include "fuzz.h"

#include "ingest/labelled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct orr_labelled set = {0};
    struct orr_error err = {.code = ORR_OK};
    const bool coco = n > 0 && data[0] == '{';
    if (!coco) set.n_classes = 6;
    const enum orr_status s = coco ? orr_labelled_parse_coco("x.json", (const char *)data, n, "folder", &set, &err)
                                   : orr_labelled_parse_lines("x.txt", (const char *)data, n, &set, &err);
    fuzz_require(s == ORR_OK || (err.code == s && err.message[0]));
    for (size_t i = 0; i < set.boxes.len; i++) {
        const struct orr_labelled_box b = set.boxes.data[i];
        fuzz_require(b.class >= 0 && b.class < set.n_classes && b.x0 >= 0 && b.x0 < b.x1 && b.x1 <= 1 && b.y0 >= 0 &&
                     b.y0 < b.y1 && b.y1 <= 1);
    }
    for (size_t i = 0; s == ORR_OK && i < set.images.len; i++) {
        fuzz_require(set.images.data[i].first + set.images.data[i].n <= set.boxes.len);
        fuzz_require(strncmp(set.images.data[i].path, "folder", 6) == 0);
    }
    orr_labelled_free(&set);
    return 0;
}
