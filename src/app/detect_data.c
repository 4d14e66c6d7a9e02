#include "app/detect_data.h"

#include <stdio.h>

void orr_detect_data_free(struct orr_detect_data *d)
{
    orr_detect_set_free(&d->set);
    *d = (struct orr_detect_data){0};
}

bool orr_detect_data_remark(const struct orr_detect_data *d, struct orr_str *out)
{
    const size_t before = out->len;
    if (d->stands_in) orr_str_printf(out, "There are no test images: these are the validation images. ");
    if (d->unreadable)
        orr_str_printf(out, "%zu image%s left out, the first: %s: %s. ", d->unreadable,
                       d->unreadable == 1 ? " was" : "s were", d->first_bad.where, d->first_bad.message);
    if (d->left_out)
        orr_str_printf(out, "%zu box%s without area or of crowds left out. ", d->left_out,
                       d->left_out == 1 ? " was" : "es were");
    if (d->without_images)
        orr_str_printf(out, "%d class%s in no image. ", d->without_images, d->without_images == 1 ? " is" : "es are");
    return out->len > before;
}

static void take_classes(const struct orr_detect_gallery *g, struct orr_detect_data *out)
{
    out->classes = orr_detect_gallery_classes(g);
    out->left_out = orr_detect_gallery_left_out(g);
    out->stands_in = orr_detect_gallery_stands_in(g);
    for (int c = 0; c < out->classes; c++) {
        snprintf(out->class_name[c], sizeof out->class_name[c], "%.23s", orr_detect_gallery_class(g, c));
        for (char *p = out->class_name[c]; *p; p++)
            if (*p == ' ') *p = '_'; /* names are parted by blanks in the files of weights */
        out->without_images += !orr_detect_gallery_has_class(g, c);
    }
}

/* One bad file of a thousand stops nobody. */
static enum orr_status add(struct orr_detect_gallery *g, size_t i, int size, struct orr_detect_data *out,
                           struct orr_error *err)
{
    struct orr_detect_image image;
    struct orr_error bad;
    const enum orr_status s = orr_detect_gallery_get(g, i, &image, &bad);
    const size_t labels = image.n_labels;
    if (s && s != ORR_ENOMEM) {
        if (out->unreadable++ == 0) out->first_bad = bad;
        return ORR_OK;
    }
    if (s || !orr_detect_set_add(&out->set, &image, size))
        return orr_error_set(err, ORR_ENOMEM, "images", "no memory for image %zu of %zu", i + 1,
                             orr_detect_gallery_count(g));
    out->objects += labels;
    out->empty += labels == 0;
    return ORR_OK;
}

enum orr_status orr_detect_data_load(const char *data, enum orr_detect_part part, int size,
                                     const struct orr_ticker *ticker, struct orr_detect_data *out,
                                     struct orr_error *err)
{
    struct orr_detect_gallery *g = NULL;
    *out = (struct orr_detect_data){0};
    enum orr_status s = orr_detect_gallery_open(data, part, size, &g, err);
    if (s) return s;
    const size_t n = orr_detect_gallery_count(g);
    const char *what = orr_detect_gallery_is_drawn(g) ? "drawing scenes" : "reading images";
    take_classes(g, out);
    if (out->classes == 0)
        s = orr_error_set(err, ORR_EFORMAT, data, "has pictures but no labels: data.yaml with labels/, or a COCO file");
    for (size_t i = 0; i < n && !s; i++) {
        if (orr_ticker_tick(ticker, what, "images", i, n))
            s = add(g, i, size, out, err);
        else
            s = orr_error_set(err, ORR_ECANCELLED, NULL, "stopped");
    }
    if (!s && out->set.n == 0)
        s = orr_error_set(err, out->first_bad.code, out->first_bad.where, "%s; no image of %s can be read",
                          out->first_bad.message, data);
    orr_detect_gallery_close(g);
    if (s) orr_detect_data_free(out);
    return s;
}
