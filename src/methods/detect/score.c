#include "methods/detect/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"

#define MATRIX_CONFIDENCE .25f
#define MATRIX_IOU        .45

void orr_score_init(struct orr_score *s, int classes)
{
    *s = (struct orr_score){.classes = classes};
    s->matrix = orr_xcalloc((size_t)(classes + 1) * (size_t)(classes + 1), sizeof *s->matrix);
}

void orr_score_free(struct orr_score *s)
{
    free(s->objects);
    free(s->detections);
    free(s->matrix);
    *s = (struct orr_score){0};
}

static enum orr_size size_of(const struct orr_box *b, int width, int height)
{
    const double share = ((double)b->x1 - (double)b->x0) * ((double)b->y1 - (double)b->y0) / ((double)width * height);
    return share < .01 ? ORR_SIZE_SMALL : share < .09 ? ORR_SIZE_MEDIUM : ORR_SIZE_LARGE;
}

/* ---- one image ---- */

/* iou (n, n_labels). */
static void match(const struct orr_label *labels, size_t n_labels, const struct orr_detection *d, size_t n,
                  const double *iou, double threshold, int *taken, bool *found)
{
    for (size_t l = 0; l < n_labels; l++) found[l] = false;
    for (size_t i = 0; i < n; i++) {
        double best = threshold;
        taken[i] = -1;
        for (size_t l = 0; l < n_labels; l++) {
            const double x = iou[i * n_labels + l];
            if (found[l] || labels[l].class != d[i].class || x < best || (taken[i] >= 0 && x == best)) continue;
            best = x;
            taken[i] = (int)l;
        }
        if (taken[i] >= 0) found[taken[i]] = true;
    }
}

void orr_score_match(const struct orr_label *labels, size_t n_labels, const struct orr_detection *d, size_t n,
                     double threshold, int *taken, bool *found)
{
    double *iou = orr_xcalloc(n * n_labels + 1, sizeof *iou);
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < n_labels; l++) iou[i * n_labels + l] = orr_box_iou(&d[i].box, &labels[l].box);
    match(labels, n_labels, d, n, iou, threshold, taken, found);
    free(iou);
}

/* Pairs of a confident detection and an object, by falling overlap and whatever their classes; the rest meets background. */
static void add_to_matrix(struct orr_score *s, const struct orr_label *labels, size_t n_labels,
                          const struct orr_detection *d, size_t n, double *iou, bool *free_label)
{
    const int k = s->classes;
    bool *free_detection = orr_xcalloc(n + 1, sizeof *free_detection);
    for (size_t l = 0; l < n_labels; l++) free_label[l] = true;
    for (size_t i = 0; i < n; i++) free_detection[i] = d[i].confidence > MATRIX_CONFIDENCE;
    for (;;) {
        double best = MATRIX_IOU;
        size_t at = SIZE_MAX;
        for (size_t i = 0; i < n; i++)
            for (size_t l = 0; free_detection[i] && l < n_labels; l++)
                if (free_label[l] && iou[i * n_labels + l] > best) {
                    best = iou[i * n_labels + l];
                    at = i * n_labels + l;
                }
        if (at == SIZE_MAX) break;
        const size_t i = at / n_labels, l = at % n_labels;
        free_detection[i] = free_label[l] = false;
        s->matrix[d[i].class * (k + 1) + labels[l].class]++;
    }
    for (size_t i = 0; i < n; i++)
        if (free_detection[i]) s->matrix[d[i].class * (k + 1) + k]++;
    for (size_t l = 0; l < n_labels; l++)
        if (free_label[l]) s->matrix[k * (k + 1) + labels[l].class]++;
    free(free_detection);
}

void orr_score_add(struct orr_score *s, int width, int height, const struct orr_label *labels, size_t n_labels,
                   const struct orr_detection *detections, size_t n)
{
    const size_t classes = (size_t)s->classes, image = s->n_images++;
    if (s->n_images > s->cap_images) {
        s->cap_images = 2 * s->n_images + 64;
        s->objects = orr_xrealloc(s->objects, s->cap_images * classes, sizeof *s->objects);
    }
    memset(s->objects[image * classes], 0, classes * sizeof *s->objects);
    for (size_t l = 0; l < n_labels; l++)
        s->objects[image * classes + (size_t)labels[l].class][size_of(&labels[l].box, width, height)]++;
    if (s->n_detections + n > s->cap_detections) {
        s->cap_detections = 2 * (s->n_detections + n) + 256;
        s->detections = orr_xrealloc(s->detections, s->cap_detections, sizeof *s->detections);
    }
    double *iou = orr_xcalloc(n * n_labels + 1, sizeof *iou);
    int *taken = orr_xcalloc(n + 1, sizeof *taken);
    bool *free_label = orr_xcalloc(n_labels + 1, sizeof *free_label);
    struct orr_score_detection *out = s->detections + s->n_detections;
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct orr_score_detection){
            detections[i].class, (int)image, detections[i].confidence, size_of(&detections[i].box, width, height), {0}};
        for (size_t l = 0; l < n_labels; l++) iou[i * n_labels + l] = orr_box_iou(&detections[i].box, &labels[l].box);
    }
    for (int t = 0; t < ORR_SCORE_THRESHOLDS; t++) {
        match(labels, n_labels, detections, n, iou, (50 + 5 * t) / 100.0, taken, free_label);
        for (size_t i = 0; i < n; i++)
            out[i].taken[t] = (signed char)(taken[i] < 0 ? -1 : (int)size_of(&labels[taken[i]].box, width, height));
    }
    add_to_matrix(s, labels, n_labels, detections, n, iou, free_label);
    s->n_detections += n;
    s->sorted = false;
    free(iou);
    free(taken);
    free(free_label);
}

/* ---- all images ---- */

static int by_class_and_confidence(const void *a, const void *b)
{
    const struct orr_score_detection *x = a, *y = b;
    if (x->class != y->class) return x->class < y->class ? -1 : 1;
    if (x->confidence != y->confidence) return x->confidence < y->confidence ? 1 : -1;
    return x->image != y->image ? x->image < y->image ? -1 : 1 : memcmp(x->taken, y->taken, sizeof x->taken);
}

/* Detections of one class, best first, and how often each image counts. */
struct part {
    const struct orr_score_detection *d;
    size_t n;
    const double *weight;
};

/* Precision after each of the part's detections (NaN where it does not count), made its envelope from the right, read off at
 * 101 recalls. size -1: all objects; else those of that size, and what took another or is of another size does not count. */
static double average_precision(const struct part *p, int threshold, int size, double objects, double *precision,
                                double *recall, double envelope[ORR_SCORE_RECALLS])
{
    double hits = 0, seen = 0, sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const int taken = p->d[i].taken[threshold];
        const double w = p->weight[p->d[i].image];
        if (w == 0 || (size >= 0 && (taken >= 0 ? taken : (int)p->d[i].size) != size)) continue;
        seen += w;
        hits += taken >= 0 ? w : 0;
        precision[n] = hits / seen;
        recall[n++] = hits / objects;
    }
    for (size_t i = n; i-- > 1;)
        if (precision[i] > precision[i - 1]) precision[i - 1] = precision[i];
    for (size_t r = 0, i = 0; r < ORR_SCORE_RECALLS; r++) {
        const double want = (double)r / (ORR_SCORE_RECALLS - 1);
        while (i < n && recall[i] < want - 1e-12) i++;
        const double x = i < n ? precision[i] : 0;
        sum += x;
        if (envelope) envelope[r] += x;
    }
    return sum / ORR_SCORE_RECALLS;
}

static double f1_of(double p, double r) { return p + r > 0 ? 2 * p * r / (p + r) : 0; }

/* Precision and recall over the grid of confidences; where nothing is found, precision is 1. */
static void curves(const struct part *p, double objects, double precision[], double recall[])
{
    double hits = 0, seen = 0;
    size_t i = 0;
    for (int c = ORR_SCORE_CONFIDENCES - 1; c >= 0; c--) {
        const double least = (double)c / (ORR_SCORE_CONFIDENCES - 1);
        for (; i < p->n && (double)p->d[i].confidence >= least; i++) {
            const double w = p->weight[p->d[i].image];
            seen += w;
            hits += p->d[i].taken[0] >= 0 ? w : 0;
        }
        precision[c] = seen > 0 ? hits / seen : 1;
        recall[c] = hits / objects;
    }
}

struct work {
    double *weight, *precision, *recall; /* per image; per detection of a class */
    double p[ORR_YOLO_CLASSES_MAX][ORR_SCORE_CONFIDENCES], r[ORR_YOLO_CLASSES_MAX][ORR_SCORE_CONFIDENCES];
    double ap_size[ORR_SIZES];
    int with_size[ORR_SIZES];
};

static void count_objects(const struct orr_score *s, const double *weight, int class, struct orr_class_score *out,
                          double of_size[ORR_SIZES])
{
    double objects = 0, images = 0;
    for (size_t i = 0; i < s->n_images; i++) {
        const uint32_t *o = s->objects[i * (size_t)s->classes + (size_t) class];
        for (int z = 0; z < ORR_SIZES; z++) of_size[z] += weight[i] * o[z], objects += weight[i] * o[z];
        images += o[0] + o[1] + o[2] ? weight[i] : 0;
    }
    out->objects = (size_t)objects;
    out->images = (size_t)images;
}

static void one_class(const struct orr_score *s, const struct part *p, int class, struct work *w,
                      struct orr_scores *out)
{
    struct orr_class_score *c = &out->class_score[class];
    double of_size[ORR_SIZES] = {0};
    *c = (struct orr_class_score){.ap50 = NAN, .ap = NAN, .precision = NAN, .recall = NAN, .f1 = NAN};
    count_objects(s, p->weight, class, c, of_size);
    if (!c->objects) return;
    const double objects = (double)c->objects;
    c->ap = 0;
    for (int t = 0; t < ORR_SCORE_THRESHOLDS; t++) {
        const double ap = average_precision(p, t, -1, objects, w->precision, w->recall, t == 0 ? out->envelope : NULL);
        if (t == 0) c->ap50 = ap;
        c->ap += ap / ORR_SCORE_THRESHOLDS;
    }
    for (int z = 0; z < ORR_SIZES; z++) {
        out->objects_size[z] += (size_t)of_size[z];
        if (of_size[z] == 0) continue;
        w->with_size[z]++;
        for (int t = 0; t < ORR_SCORE_THRESHOLDS; t++)
            w->ap_size[z] +=
                average_precision(p, t, z, of_size[z], w->precision, w->recall, NULL) / ORR_SCORE_THRESHOLDS;
    }
    curves(p, objects, w->p[class], w->r[class]);
}

static void means(const struct orr_score *s, const struct work *w, struct orr_scores *out)
{
    int with = 0, best = 0;
    out->map50 = out->map = 0;
    for (int k = 0; k < s->classes; k++) {
        const struct orr_class_score *c = &out->class_score[k];
        if (!c->objects) continue;
        with++;
        out->objects += c->objects;
        out->map50 += c->ap50;
        out->map += c->ap;
        for (int i = 0; i < ORR_SCORE_CONFIDENCES; i++) {
            out->precision_at[i] += w->p[k][i];
            out->recall_at[i] += w->r[k][i];
            out->f1_at[i] += f1_of(w->p[k][i], w->r[k][i]);
        }
    }
    out->map50 = with ? out->map50 / with : NAN;
    out->map = with ? out->map / with : NAN;
    for (int i = 0; i < ORR_SCORE_CONFIDENCES && with; i++) {
        out->precision_at[i] /= with;
        out->recall_at[i] /= with;
        out->f1_at[i] /= with;
        if (out->f1_at[i] > out->f1_at[best]) best = i;
    }
    for (int i = 0; i < ORR_SCORE_RECALLS && with; i++) out->envelope[i] /= with;
    out->confidence = (double)best / (ORR_SCORE_CONFIDENCES - 1);
    out->precision = with ? out->precision_at[best] : NAN;
    out->recall = with ? out->recall_at[best] : NAN;
    out->f1 = with ? out->f1_at[best] : NAN;
    for (int z = 0; z < ORR_SIZES; z++) out->ap_size[z] = w->with_size[z] ? w->ap_size[z] / w->with_size[z] : NAN;
    for (int k = 0; k < s->classes; k++) {
        struct orr_class_score *c = &out->class_score[k];
        if (!c->objects) continue;
        c->precision = w->p[k][best];
        c->recall = w->r[k][best];
        c->f1 = f1_of(c->precision, c->recall);
    }
}

void orr_score_compute(struct orr_score *s, const size_t *of, size_t n, struct orr_scores *out)
{
    memset(out, 0, sizeof *out);
    out->classes = s->classes;
    out->images = of ? n : s->n_images;
    if (!s->sorted && s->n_detections)
        qsort(s->detections, s->n_detections, sizeof *s->detections, by_class_and_confidence);
    s->sorted = true;
    struct work *w = orr_xcalloc(1, sizeof *w);
    w->weight = orr_xcalloc(s->n_images + 1, sizeof *w->weight);
    w->precision = orr_xcalloc(s->n_detections + 1, sizeof *w->precision);
    w->recall = orr_xcalloc(s->n_detections + 1, sizeof *w->recall);
    for (size_t i = 0; i < (of ? n : s->n_images); i++) w->weight[of ? of[i] : i]++;
    size_t at = 0;
    for (int k = 0; k < s->classes; k++) {
        struct part p = {.d = s->detections + at, .weight = w->weight};
        while (at < s->n_detections && s->detections[at].class == k) at++, p.n++;
        one_class(s, &p, k, w, out);
    }
    means(s, w, out);
    memcpy(out->matrix, s->matrix, (size_t)(s->classes + 1) * (size_t)(s->classes + 1) * sizeof *s->matrix);
    free(w->weight);
    free(w->precision);
    free(w->recall);
    free(w);
}
