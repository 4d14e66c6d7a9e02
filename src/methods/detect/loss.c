#include "methods/detect/loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/ops.h>

#include "base/vec.h"
#include "num/op.h"

#define RATIO_MAX 4.0
#define TINY      1e-7

/* ---- CIoU ---- */

/* Overlap of [c - s / 2, c + s / 2] with the target's side, hull, and their derivatives by c and s. */
struct side {
    double overlap, hull, overlap_c, overlap_s, hull_c, hull_s;
};

static struct side side_of(double c, double s, double tc, double ts)
{
    const double a = c - s / 2, b = c + s / 2, ta = tc - ts / 2, tb = tc + ts / 2;
    const double right = b<tb, left = a> ta; /* whose ends limit the overlap: ours */
    return (struct side){.overlap = (b < tb ? b : tb) - (a > ta ? a : ta),
                         .hull = (b > tb ? b : tb) - (a < ta ? a : ta),
                         .overlap_c = right - left,
                         .overlap_s = (right + left) / 2,
                         .hull_c = (1 - right) - (1 - left),
                         .hull_s = ((1 - right) + (1 - left)) / 2};
}

struct orr_ciou orr_ciou(const double p[4], const double t[4])
{
    struct orr_ciou r = {0};
    const struct side x = side_of(p[0], p[2], t[0], t[2]), y = side_of(p[1], p[3], t[1], t[3]);
    const bool meet = x.overlap > 0 && y.overlap > 0;
    const double inter = meet ? x.overlap * y.overlap : 0, united = p[2] * p[3] + t[2] * t[3] - inter + TINY;
    const double dx = p[0] - t[0], dy = p[1] - t[1], rho = dx * dx + dy * dy,
                 c = x.hull * x.hull + y.hull * y.hull + TINY;
    const double angle = atan(t[2] / (t[3] + TINY)) - atan(p[2] / (p[3] + TINY)), k = 4 / (M_PI * M_PI);
    r.iou = inter / united;
    r.distance = rho / c;
    r.v = k * angle * angle;
    r.alpha = r.v / (1 - r.iou + r.v + TINY);
    r.value = r.iou - r.distance - r.alpha * r.v;
    const double d_inter[4] = {meet ? x.overlap_c * y.overlap : 0, meet ? x.overlap * y.overlap_c : 0,
                               meet ? x.overlap_s * y.overlap : 0, meet ? x.overlap * y.overlap_s : 0};
    const double d_area[4] = {0, 0, p[3], p[2]}, d_rho[4] = {2 * dx, 2 * dy, 0, 0};
    const double d_c[4] = {2 * x.hull * x.hull_c, 2 * y.hull * y.hull_c, 2 * x.hull * x.hull_s, 2 * y.hull * y.hull_s};
    /* d atan(w / h) = (h dw - w dh) / (w^2 + h^2) */
    const double h = p[3] + TINY, norm = p[2] * p[2] + h * h;
    const double d_v[4] = {0, 0, -2 * k * angle * h / norm, 2 * k * angle * p[2] / norm};
    for (int i = 0; i < 4; i++) {
        const double d_iou = (d_inter[i] * united - inter * (d_area[i] - d_inter[i])) / (united * united);
        r.gradient[i] = d_iou - (d_rho[i] * c - rho * d_c[i]) / (c * c) - r.alpha * d_v[i];
    }
    return r;
}

/* ---- who answers for what ---- */

size_t orr_yolo_assign(const struct orr_yolo *y, const struct orr_target *targets, size_t n, int height, int width,
                       struct orr_assignment **out)
{
    ORR_VEC(struct orr_assignment) found = {0};
    for (int l = 0; l < ORR_YOLO_LEVELS; l++) {
        const int stride = 8 << l, h = height / stride, w = width / stride;
        for (int a = 0; a < ORR_YOLO_ANCHORS; a++)
            for (size_t t = 0; t < n; t++) {
                const double *box = targets[t].box, rw = box[2] / y->anchor[l][a][0], rh = box[3] / y->anchor[l][a][1];
                if (!(fmax(fmax(rw, 1 / rw), fmax(rh, 1 / rh)) < RATIO_MAX)) continue;
                const double x = box[0] / stride, z = box[1] / stride;
                const int cx = (int)fmin(fmax(floor(x), 0), w - 1), cy = (int)fmin(fmax(floor(z), 0), h - 1);
                const int side = x - cx < .5 ? -1 : 1, above = z - cy < .5 ? -1 : 1;
                const int cells[3][2] = {{cx, cy}, {cx + side, cy}, {cx, cy + above}};
                for (int k = 0; k < 3; k++)
                    if (cells[k][0] >= 0 && cells[k][0] < w && cells[k][1] >= 0 && cells[k][1] < h)
                        ORR_VEC_PUSH(&found,
                                     (struct orr_assignment){l, targets[t].image, a, cells[k][0], cells[k][1], (int)t});
            }
    }
    *out = found.data;
    return found.len;
}

struct orr_yolo_gains orr_yolo_gains(int classes, int size)
{
    return (struct orr_yolo_gains){.05, size / 640.0 * (size / 640.0), .5 * classes / 80.0, {4, 1, .4}};
}

/* ---- the loss: its gradient is known with it, and is kept for the way back ---- */

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
/* -t log s(x) - (1 - t) log(1 - s(x)) without overflow. */
static double bce(double x, double t) { return (x > 0 ? x : 0) - x * t + log1p(exp(-fabs(x))); }

static void loss_backward(struct orr_var *loss)
{
    const orr_real *saved = loss->saved, seed = loss->grad[0];
    for (int l = 0; l < ORR_YOLO_LEVELS; l++) {
        struct orr_var *out = loss->in[l];
        bool add;
        orr_real *g = orr_grad_of(out, &add);
        if (g) ORR_ACCUMULATE(g, add, i, out->n, seed * saved[i]);
        saved += out->n;
    }
}
static const struct orr_op YOLO_LOSS = {"yolo_loss", loss_backward};

struct level {
    const struct orr_yolo *y;
    const orr_real *out;
    orr_real *gradient;              /* zeroed */
    int level, batch, h, w, numbers; /* 5 + classes */
    float *object;                   /* (batch, anchors, h, w) wanted objectness, zeroed */
};

/* Number k of anchor a at cell (x, y) of an image. */
static size_t at(const struct level *l, int image, int a, int k, int y, int x)
{
    return ((((size_t)image * ORR_YOLO_ANCHORS + (size_t)a) * (size_t)l->numbers + (size_t)k) * (size_t)l->h +
            (size_t)y) *
               (size_t)l->w +
           (size_t)x;
}

/* One assignment: adds to the losses of box and class, leaves the wanted objectness. scale_*: gain batch / count. */
static void assigned_loss(const struct level *l, const struct orr_assignment *a, const struct orr_target *t,
                          double scale_box, double scale_class, double *box, double *class)
{
    const double stride = 8 << l->level, *anchor = l->y->anchor[l->level][a->anchor];
    const double want[4] = {t->box[0] / stride - a->x, t->box[1] / stride - a->y, t->box[2] / stride,
                            t->box[3] / stride};
    double s[4], p[4];
    for (int k = 0; k < 4; k++) s[k] = sigmoid((double)l->out[at(l, a->image, a->anchor, k, a->y, a->x)]);
    for (int k = 0; k < 2; k++) {
        p[k] = 2 * s[k] - .5;
        p[2 + k] = 4 * s[2 + k] * s[2 + k] * anchor[k] / stride;
    }
    const struct orr_ciou c = orr_ciou(p, want);
    *box += 1 - c.value;
    for (int k = 0; k < 4; k++) {
        const double slope = s[k] * (1 - s[k]) * (k < 2 ? 2 : 8 * s[k] * anchor[k - 2] / stride);
        l->gradient[at(l, a->image, a->anchor, k, a->y, a->x)] -= (orr_real)(scale_box * c.gradient[k] * slope);
    }
    float *object =
        &l->object[(((size_t)a->image * ORR_YOLO_ANCHORS + (size_t)a->anchor) * (size_t)l->h + (size_t)a->y) *
                       (size_t)l->w +
                   (size_t)a->x];
    if (c.iou > (double)*object) *object = (float)c.iou;         /* of several the best */
    for (int k = 0; l->numbers > 6 && k < l->numbers - 5; k++) { /* one class needs no telling apart */
        const size_t i = at(l, a->image, a->anchor, 5 + k, a->y, a->x);
        const double x = (double)l->out[i], target = k == t->class;
        *class += bce(x, target) / (l->numbers - 5);
        l->gradient[i] += (orr_real)(scale_class * (sigmoid(x) - target) / (l->numbers - 5));
    }
}

static double object_loss(const struct level *l, double scale)
{
    const size_t cells = (size_t)l->h * (size_t)l->w, anchors = (size_t)l->batch * ORR_YOLO_ANCHORS;
    double sum = 0;
    for (size_t k = 0; k < anchors; k++) {
        const orr_real *x = l->out + (k * (size_t)l->numbers + 4) * cells;
        orr_real *g = l->gradient + (k * (size_t)l->numbers + 4) * cells;
        for (size_t i = 0; i < cells; i++) {
            const double t = (double)l->object[k * cells + i];
            sum += bce((double)x[i], t);
            g[i] = (orr_real)(scale * (sigmoid((double)x[i]) - t));
        }
    }
    return sum;
}

struct orr_var *orr_yolo_loss(const struct orr_yolo *y, struct orr_var *const out[ORR_YOLO_LEVELS],
                              const struct orr_target *targets, size_t n, const struct orr_yolo_gains *gains,
                              struct orr_yolo_loss *parts)
{
    struct orr_tape *tape = out[0]->tape;
    struct orr_var *loss = orr_tape_push(tape, &YOLO_LOSS, (struct orr_shape){0}, out, ORR_YOLO_LEVELS);
    const int batch = out[0]->shape.size[0];
    struct orr_assignment *assignment;
    const size_t assigned =
        orr_yolo_assign(y, targets, n, out[0]->shape.size[2] * 8, out[0]->shape.size[3] * 8, &assignment);
    const size_t numbers = out[0]->n + out[1]->n + out[2]->n;
    orr_real *gradient = loss->saved = orr_tape_alloc(tape, numbers);
    memset(gradient, 0, numbers * sizeof *gradient);
    *parts = (struct orr_yolo_loss){.assigned = assigned};
    for (int k = 0; k < ORR_YOLO_LEVELS; k++) {
        struct level l = {.y = y,
                          .out = out[k]->value,
                          .gradient = gradient,
                          .level = k,
                          .batch = batch,
                          .h = out[k]->shape.size[2],
                          .w = out[k]->shape.size[3],
                          .numbers = 5 + y->classes};
        const size_t places = (size_t)batch * ORR_YOLO_ANCHORS * (size_t)l.h * (size_t)l.w;
        double box = 0, class = 0, count = 0;
        l.object = (float *)orr_tape_alloc(tape, places);
        memset(l.object, 0, places * sizeof *l.object);
        for (size_t i = 0; i < assigned; i++) count += assignment[i].level == k;
        for (size_t i = 0; i < assigned; i++)
            if (assignment[i].level == k)
                assigned_loss(&l, &assignment[i], &targets[assignment[i].target], gains->box * batch / count,
                              gains->class * batch / count, &box, &class);
        const double object_gain = gains->object * gains->balance[k] / (double)places;
        parts->object += object_gain * object_loss(&l, object_gain * batch);
        if (count > 0) parts->box += gains->box * box / count;
        if (count > 0) parts->class += gains->class * class / count;
        gradient += out[k]->n;
    }
    free(assignment);
    loss->value[0] = (orr_real)(batch * (parts->box + parts->object + parts->class));
    return loss;
}
