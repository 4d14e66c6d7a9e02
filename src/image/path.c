#include "image/draw.h"

#include <math.h>
#include <stdlib.h>

enum { CURVE_POINTS = 16, ROUND_POINTS = 40, BLOB_POINTS = 48, CAP_POINTS = 12, LINES = 8 /* of samples per pixel row */ };

/* ---- affine maps ---- */

struct orr_affine orr_affine_pose(double x, double y, double angle, double sx, double sy)
{
    const double c = cos(angle), s = sin(angle);
    return (struct orr_affine){c * sx, s * sx, -s * sy, c * sy, x, y};
}

struct orr_point orr_affine_apply(struct orr_affine t, struct orr_point p)
{
    return (struct orr_point){t.a * p.x + t.c * p.y + t.e, t.b * p.x + t.d * p.y + t.f};
}

/* ---- building ---- */

void orr_path_free(struct orr_path *p)
{
    free(p->points.data);
    free(p->starts.data);
    *p = (struct orr_path){0};
}

void orr_path_clear(struct orr_path *p) { p->points.len = p->starts.len = 0; }

void orr_path_line(struct orr_path *p, double x, double y) { ORR_VEC_PUSH(&p->points, (struct orr_point){x, y}); }

void orr_path_move(struct orr_path *p, double x, double y)
{
    ORR_VEC_PUSH(&p->starts, p->points.len);
    orr_path_line(p, x, y);
}

void orr_path_curve(struct orr_path *p, double x1, double y1, double x2, double y2, double x, double y)
{
    if (p->points.len == 0) orr_path_move(p, x1, y1);
    const struct orr_point o = p->points.data[p->points.len - 1];
    for (int k = 1; k <= CURVE_POINTS; k++) {
        const double t = k / (double)CURVE_POINTS, u = 1 - t;
        const double a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
        orr_path_line(p, a * o.x + b * x1 + c * x2 + d * x, a * o.y + b * y1 + c * y2 + d * y);
    }
}

void orr_path_polygon(struct orr_path *p, const struct orr_point *points, size_t n)
{
    for (size_t i = 0; i < n; i++) (i ? orr_path_line : orr_path_move)(p, points[i].x, points[i].y);
}

/* Corner k of n on a circle. */
static void corner(struct orr_path *p, int k, int n, double x, double y, double rx, double ry, double angle)
{
    const double a = angle + 2 * M_PI * k / n;
    (k ? orr_path_line : orr_path_move)(p, x + rx * cos(a), y + ry * sin(a));
}

void orr_path_regular(struct orr_path *p, int corners, double x, double y, double radius, double angle)
{
    for (int k = 0; k < corners; k++) corner(p, k, corners, x, y, radius, radius, angle);
}

void orr_path_star(struct orr_path *p, int tips, double x, double y, double outer, double inner, double angle)
{
    for (int k = 0; k < 2 * tips; k++) {
        const double r = k % 2 ? inner : outer;
        corner(p, k, 2 * tips, x, y, r, r, angle);
    }
}

void orr_path_ellipse(struct orr_path *p, double x, double y, double rx, double ry)
{
    for (int k = 0; k < ROUND_POINTS; k++) corner(p, k, ROUND_POINTS, x, y, rx, ry, 0);
}

void orr_path_rect(struct orr_path *p, double x, double y, double width, double height, double corner_radius)
{
    const double most = fmin(width, height) / 2, r = corner_radius < 0 ? 0 : corner_radius < most ? corner_radius : most;
    const double cx[4] = {x + width - r, x + r, x + r, x + width - r};
    const double cy[4] = {y + height - r, y + height - r, y + r, y + r};
    for (int q = 0; q < 4; q++)
        for (int k = 0; k <= CAP_POINTS; k++) {
            const double a = M_PI / 2 * (q + k / (double)CAP_POINTS);
            (q || k ? orr_path_line : orr_path_move)(p, cx[q] + r * cos(a), cy[q] + r * sin(a));
        }
}

/* Discs at the points, bars between them: all in one sense of rotation, so that overlaps never cancel. */
void orr_path_stroke(struct orr_path *p, const struct orr_point *points, size_t n, double width)
{
    const double r = width / 2;
    for (size_t i = 0; i < n; i++) {
        const struct orr_point a = points[i];
        for (int k = 0; k < 2 * CAP_POINTS; k++) corner(p, k, 2 * CAP_POINTS, a.x, a.y, r, r, 0);
        if (i + 1 == n) break;
        const struct orr_point b = points[i + 1];
        const double length = hypot(b.x - a.x, b.y - a.y);
        if (!(length > 0)) continue;
        const double nx = -(b.y - a.y) / length * r, ny = (b.x - a.x) / length * r;
        const struct orr_point bar[4] = {{a.x + nx, a.y + ny}, {a.x - nx, a.y - ny}, {b.x - nx, b.y - ny},
                                         {b.x + nx, b.y + ny}};
        orr_path_polygon(p, bar, 4);
    }
}

void orr_path_blob(struct orr_path *p, double x, double y, double radius, double roughness, uint64_t seed)
{
    for (int k = 0; k < BLOB_POINTS; k++) { /* noise along a circle closes on itself */
        const double a = 2 * M_PI * k / BLOB_POINTS, c = cos(a), s = sin(a);
        const double r = radius * (1 + roughness * orr_noise_fractal(seed, 1.5 * c + 7.3, 1.5 * s + 2.9, 3, 0.6));
        (k ? orr_path_line : orr_path_move)(p, x + r * c, y + r * s);
    }
}

void orr_path_transform(struct orr_path *p, size_t first, struct orr_affine t)
{
    for (size_t i = first; i < p->points.len; i++) p->points.data[i] = orr_affine_apply(t, p->points.data[i]);
}

/* ---- filling: LINES lines of samples in each row of pixels, along which coverage is exact ---- */

struct crossing {
    double x;
    int way; /* +1: the outline goes down here */
};
typedef ORR_VEC(struct crossing) crossings;

struct edge {
    struct orr_point a, b;
};
typedef ORR_VEC(struct edge) edges;

/* Edges that cross lines between top and bottom: each row of pixels looks at few of them. */
static void edges_between(const edges *all, double top, double bottom, edges *out)
{
    out->len = 0;
    for (size_t i = 0; i < all->len; i++) {
        const struct edge e = all->data[i];
        if (fmin(e.a.y, e.b.y) <= bottom && fmax(e.a.y, e.b.y) >= top) ORR_VEC_PUSH(out, e);
    }
}

static void edges_of(const struct orr_path *p, edges *out)
{
    for (size_t c = 0; c < p->starts.len; c++) {
        const size_t first = p->starts.data[c], end = c + 1 < p->starts.len ? p->starts.data[c + 1] : p->points.len;
        for (size_t i = first; i < end; i++) {
            const struct edge e = {p->points.data[i], p->points.data[i + 1 < end ? i + 1 : first]};
            if (e.a.y != e.b.y) ORR_VEC_PUSH(out, e);
        }
    }
}

static void cross(const edges *near, double y, crossings *out)
{
    out->len = 0;
    for (size_t i = 0; i < near->len; i++) {
        const struct orr_point a = near->data[i].a, b = near->data[i].b;
        if ((a.y <= y) == (b.y <= y)) continue;
        const double x = a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x);
        if (isfinite(x)) ORR_VEC_PUSH(out, (struct crossing){x, b.y > a.y ? 1 : -1});
    }
}

static bool after(struct crossing p, struct crossing q) { return p.x != q.x ? p.x > q.x : p.way > q.way; }

/* By insertion: outlines of things cross a line a few times. */
static void sort(crossings *list)
{
    for (size_t i = 1; i < list->len; i++) {
        const struct crossing c = list->data[i];
        size_t k = i;
        for (; k > 0 && after(list->data[k - 1], c); k--) list->data[k] = list->data[k - 1];
        list->data[k] = c;
    }
}

/* Adds the part of each pixel of the row that lies in [x0, x1]. */
static void span(float *row, int width, double x0, double x1, float weight)
{
    if (x0 < 0) x0 = 0;
    if (x1 > width) x1 = width;
    if (x1 <= x0) return;
    const int first = (int)x0, last = x1 >= width ? width - 1 : (int)x1;
    if (first == last) {
        row[first] += weight * (float)(x1 - x0);
        return;
    }
    row[first] += weight * (float)(first + 1 - x0);
    for (int x = first + 1; x < last; x++) row[x] += weight;
    row[last] += weight * (float)(x1 - last);
}

void orr_mask_fill(struct orr_mask *m, const struct orr_path *p, enum orr_fill rule)
{
    double top = m->height, bottom = 0;
    for (size_t i = 0; i < p->points.len; i++) {
        top = fmin(top, p->points.data[i].y);
        bottom = fmax(bottom, p->points.data[i].y);
    }
    const int first = top > 0 ? (int)top : 0, end = bottom < m->height ? (int)ceil(bottom) : m->height;
    float *row = orr_xmalloc((size_t)m->width * sizeof *row);
    crossings list = {0};
    edges all = {0}, near = {0};
    edges_of(p, &all);
    for (int y = first; y < end; y++) {
        for (int x = 0; x < m->width; x++) row[x] = 0;
        edges_between(&all, y, y + 1, &near);
        for (int k = 0; k < LINES; k++) {
            cross(&near, y + (k + 0.5) / LINES, &list);
            sort(&list);
            int wound = 0;
            for (size_t i = 0; i + 1 < list.len; i++) {
                wound += list.data[i].way;
                if (rule == ORR_FILL_NONZERO ? wound != 0 : i % 2 == 0)
                    span(row, m->width, list.data[i].x, list.data[i + 1].x, 1.0f / LINES);
            }
        }
        float *a = m->a + (size_t)y * (size_t)m->width;
        for (int x = 0; x < m->width; x++) a[x] += (1 - a[x]) * (row[x] > 1 ? 1 : row[x]);
    }
    free(list.data);
    free(all.data);
    free(near.data);
    free(row);
}
