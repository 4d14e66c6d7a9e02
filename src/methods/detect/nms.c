/* From the network's raw outputs to boxes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "methods/detect/detect.h"
#include "num/kernel.h"

enum { CANDIDATES_MAX = 30000 };

static float least(float a, float b) { return a < b ? a : b; }
static float most(float a, float b) { return a > b ? a : b; }

double orr_box_iou(const struct orr_box *a, const struct orr_box *b)
{
    const double w = (double)(least(a->x1, b->x1) - most(a->x0, b->x0)),
                 h = (double)(least(a->y1, b->y1) - most(a->y0, b->y0));
    if (!(w > 0) || !(h > 0)) return 0;
    const double area_a = ((double)a->x1 - (double)a->x0) * ((double)a->y1 - (double)a->y0);
    const double area_b = ((double)b->x1 - (double)b->x0) * ((double)b->y1 - (double)b->y0);
    return w * h / (area_a + area_b - w * h);
}

/* ---- decoding ---- */

size_t orr_yolo_rows(int height, int width)
{
    const size_t cells = (size_t)(height / ORR_YOLO_STRIDE) * (size_t)(width / ORR_YOLO_STRIDE);
    return ORR_YOLO_ANCHORS * cells * (16 + 4 + 1);
}

/* One anchor of one level: planes (5 + classes, cells) to rows (cells, 5 + classes). */
ORR_KERNEL static void decode_anchor(const float *restrict plane, int h, int w, int numbers, float stride,
                                     const double anchor[2], float *restrict row)
{
    const size_t cells = (size_t)h * (size_t)w;
    for (int k = 0; k < numbers; k++, plane += cells)
        for (size_t i = 0; i < cells; i++) row[i * (size_t)numbers + (size_t)k] = (float)orr_vsigmoid(plane[i]);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++, row += numbers) {
            row[0] = (2 * row[0] - 0.5f + (float)x) * stride;
            row[1] = (2 * row[1] - 0.5f + (float)y) * stride;
            row[2] = 4 * row[2] * row[2] * (float)anchor[0];
            row[3] = 4 * row[3] * row[3] * (float)anchor[1];
        }
}

void orr_yolo_decode(const struct orr_yolo *y, const float *const out[ORR_YOLO_LEVELS], int height, int width,
                     float *rows)
{
    const int numbers = 5 + y->classes;
    for (int l = 0; l < ORR_YOLO_LEVELS; l++) {
        const int stride = 8 << l, h = height / stride, w = width / stride;
        const size_t n = (size_t)numbers * (size_t)h * (size_t)w;
        for (int a = 0; a < ORR_YOLO_ANCHORS; a++, rows += n)
            decode_anchor(out[l] + (size_t)a * n, h, w, numbers, (float)stride, y->anchor[l][a], rows);
    }
}

/* ---- suppression ---- */

struct orr_nms_options orr_nms_deploy(void)
{
    return (struct orr_nms_options){.confidence = .25, .iou = .45, .most = 300};
}
struct orr_nms_options orr_nms_evaluate(void)
{
    return (struct orr_nms_options){.confidence = .001, .iou = .6, .most = 300, .all_classes = true};
}

/* Falling confidence; equal ones by place, so that the result does not hang on the sort. */
static int by_confidence(const void *a, const void *b)
{
    const struct orr_detection *x = a, *y = b;
    if (x->confidence != y->confidence) return x->confidence < y->confidence ? 1 : -1;
    const float p[] = {x->box.x0, x->box.y0, x->box.x1, x->box.y1, (float)x->class};
    const float q[] = {y->box.x0, y->box.y0, y->box.x1, y->box.y1, (float)y->class};
    for (int k = 0; k < 5; k++)
        if (p[k] != q[k]) return p[k] < q[k] ? -1 : 1;
    return 0;
}

/* Of sorted detections, in place. */
static size_t suppress(struct orr_detection *d, size_t n, const struct orr_nms_options *o)
{
    size_t kept = 0;
    if (n > CANDIDATES_MAX) n = CANDIDATES_MAX;
    for (size_t i = 0; i < n && kept < (size_t)o->most; i++) {
        bool covered = false;
        for (size_t k = 0; k < kept && !covered; k++)
            covered = (o->across || d[k].class == d[i].class) && orr_box_iou(&d[k].box, &d[i].box) > o->iou;
        if (!covered) d[kept++] = d[i];
    }
    return kept;
}

size_t orr_nms_detections(const struct orr_detection *in, size_t n, const struct orr_nms_options *o,
                          struct orr_detection *out)
{
    ORR_VEC(struct orr_detection) d = {0};
    for (size_t i = 0; i < n; i++)
        if ((double)in[i].confidence > o->confidence) ORR_VEC_PUSH(&d, in[i]);
    if (d.len) qsort(d.data, d.len, sizeof *d.data, by_confidence);
    const size_t kept = suppress(d.data, d.len, o);
    if (kept) memcpy(out, d.data, kept * sizeof *out);
    free(d.data);
    return kept;
}

size_t orr_nms(const float *rows, size_t n, int classes, const struct orr_nms_options *o, struct orr_detection *out)
{
    ORR_VEC(struct orr_detection) d = {0};
    const float least_confidence = (float)o->confidence;
    for (const float *r = rows; n > 0; n--, r += 5 + classes) {
        if (!(r[4] > least_confidence)) continue; /* the product with a probability is smaller still; NaN goes too */
        int best = 0;
        for (int c = 1; c < classes; c++)
            if (r[5 + c] > r[5 + best]) best = c;
        const struct orr_box box = {r[0] - r[2] / 2, r[1] - r[3] / 2, r[0] + r[2] / 2, r[1] + r[3] / 2};
        for (int c = o->all_classes ? 0 : best; c < (o->all_classes ? classes : best + 1); c++)
            if (r[4] * r[5 + c] > least_confidence) ORR_VEC_PUSH(&d, (struct orr_detection){box, r[4] * r[5 + c], c});
    }
    if (d.len) qsort(d.data, d.len, sizeof *d.data, by_confidence);
    const size_t kept = suppress(d.data, d.len, o);
    if (kept) memcpy(out, d.data, kept * sizeof *out);
    free(d.data);
    return kept;
}
