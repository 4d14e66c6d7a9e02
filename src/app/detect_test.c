#include "app/detect_test.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

enum orr_status orr_detect_test(struct orr_detector *d, const struct orr_detect_set *set,
                                const struct orr_ticker *ticker, struct orr_score *score, struct orr_scores *out,
                                struct orr_error *err)
{
    const struct orr_nms_options nms = orr_nms_evaluate();
    struct orr_detect_look look = {0};
    struct orr_detection *found = orr_xcalloc((size_t)nms.most, sizeof *found);
    enum orr_status s = ORR_OK;
    orr_score_init(score, orr_detector_net(d)->classes);
    for (size_t i = 0; !s && i < set->n; i++) {
        const struct orr_detect_image *at = &set->images[i];
        if (!orr_ticker_tick(ticker, "testing", "images", i, set->n)) {
            s = orr_error_set(err, ORR_ECANCELLED, NULL, "stopped after %zu of %zu images", i, set->n);
            break;
        }
        s = orr_detector_look(d, &at->image, true, &look, err);
        if (s) break;
        const size_t n = orr_nms_detections(look.candidates, look.n, &nms, found);
        orr_score_add(score, at->image.width, at->image.height, at->labels, at->n_labels, found, n);
    }
    if (!s) orr_score_compute(score, NULL, 0, out);
    orr_detect_look_free(&look);
    free(found);
    return s;
}

void orr_detect_class_table(const struct orr_scores *s, const struct orr_yolo *net, struct orr_table *t)
{
    static const char *const names[] = {"class", "objects", "images", "precision", "recall", "f1", "ap50", "ap"};
    const size_t n = (size_t)s->classes;
    orr_table_init(t, n + 1, 8);
    for (size_t c = 0; c < 8; c++)
        orr_table_column(t, c, names[c], c == 0 ? ORR_CELL_TEXT : c < 3 ? ORR_CELL_INTEGER : ORR_CELL_NUMBER);
    for (size_t k = 0; k <= n; k++) {
        const struct orr_class_score all = {s->objects, s->images, s->map50, s->map, s->precision, s->recall, s->f1};
        const struct orr_class_score *c = k < n ? &s->class_score[k] : &all;
        const double numbers[] = {
            (double)c->objects, (double)c->images, c->precision, c->recall, c->f1, c->ap50, c->ap};
        orr_table_set_text(t, k, 0, k < n ? net->class_name[k] : "all");
        for (size_t i = 0; i < 7; i++) orr_table_set_number(t, k, i + 1, numbers[i]);
    }
}

void orr_detect_matrix_table(const struct orr_scores *s, const struct orr_yolo *net, bool normalised,
                             struct orr_table *t)
{
    const size_t n = (size_t)s->classes + 1;
    orr_table_init(t, n, n + 1);
    orr_table_column(t, 0, "predicted", ORR_CELL_TEXT);
    for (size_t k = 0; k < n; k++)
        orr_table_column(t, k + 1, k + 1 < n ? net->class_name[k] : "background",
                         normalised ? ORR_CELL_NUMBER : ORR_CELL_INTEGER);
    for (size_t p = 0; p < n; p++) {
        orr_table_set_text(t, p, 0, p + 1 < n ? net->class_name[p] : "background");
        for (size_t k = 0; k < n; k++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++) sum += s->matrix[i * n + k];
            const double x = s->matrix[p * n + k];
            if (p + 1 < n || k + 1 < n) orr_table_set_number(t, p, k + 1, normalised ? (sum > 0 ? x / sum : NAN) : x);
        }
    }
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void interval(double *x, int n, double out[2])
{
    qsort(x, (size_t)n, sizeof *x, by_size);
    out[0] = x[(int)(.025 * (n - 1))];
    out[1] = x[(int)ceil(.975 * (n - 1))];
}

void orr_detect_intervals(struct orr_score *score, int times, uint64_t seed, double map50[2], double map[2])
{
    double *a = orr_xcalloc((size_t)times, sizeof *a), *b = orr_xcalloc((size_t)times, sizeof *b);
    size_t *of = orr_xcalloc(score->n_images + 1, sizeof *of);
    struct orr_scores *s = orr_xcalloc(1, sizeof *s);
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, 17);
    for (int k = 0; k < times; k++) {
        for (size_t i = 0; i < score->n_images; i++) of[i] = (size_t)orr_rng_below(&rng, score->n_images);
        orr_score_compute(score, of, score->n_images, s);
        a[k] = s->map50;
        b[k] = s->map;
    }
    interval(a, times, map50);
    interval(b, times, map);
    free(a);
    free(b);
    free(of);
    free(s);
}
