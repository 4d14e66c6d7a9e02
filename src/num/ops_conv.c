/* Convolution by patches and one product per image: the patch matrix of an image is (C kh kw, OH OW), a column per
 * output position, so that weight (O, C kh kw) times patches is the output image (O, OH OW) in place. */
#include <orrery/ops.h>

#include "num/activation.h"
#include "num/conv_packed.h"
#include "num/gemm.h"
#include "num/kernel.h"
#include "num/op.h"

struct window {
    int c, h, w, kh, kw, stride, pad, oh, ow; /* per group */
};

/* The part of an output row whose source column x * stride + offset lies inside 0..w-1: from *first to *end. */
static void inside(int ow, int stride, int offset, int w, int *first, int *end)
{
    int a = offset < 0 ? (-offset + stride - 1) / stride : 0;
    int b = offset < w ? (w - 1 - offset) / stride + 1 : 0;
    if (a > ow) a = ow;
    if (b > ow) b = ow;
    *first = a;
    *end = b > a ? b : a;
}

/* One element of the kernel against one channel: what of the output has its source inside the image. */
struct tap {
    int dx, dy;     /* source = output * stride + this */
    int x0, x1;     /* columns of the output, from x0 to before x1 */
    int y0, y1;     /* rows */
};

static struct tap tap_of(const struct window *g, int ky, int kx)
{
    struct tap t = {.dx = kx - g->pad, .dy = ky - g->pad};
    inside(g->ow, g->stride, t.dx, g->w, &t.x0, &t.x1);
    inside(g->oh, g->stride, t.dy, g->h, &t.y0, &t.y1);
    return t;
}

/* All of a kernel's, (kh kw) in memory of the tape: they serve every channel of every image. */
static const struct tap *all_taps(struct orr_tape *tape, const struct window *g)
{
    const size_t count = (size_t)g->kh * g->kw, words = (count * sizeof(struct tap) + sizeof(orr_real) - 1) / sizeof(orr_real);
    struct tap *t = (struct tap *)(void *)orr_tape_alloc(tape, words);
    for (size_t k = 0; k < count; k++) t[k] = tap_of(g, (int)k / g->kw, (int)k % g->kw);
    return t;
}

/* Where output and image have rows of one length, a tap shifts the plane as a whole: its rows y0..y1 are one run of
 * memory, from x0 of the first to x1 of the last. Between two rows it holds columns from beyond the border, which are
 * not part of the patch. */
static bool is_shift(const struct window *g, const struct tap *t)
{
    return g->stride == 1 && g->ow == g->w && t->y1 > t->y0 && t->x1 > t->x0;
}

static void clear_borders(const struct window *g, const struct tap *t, orr_real *plane)
{
    if (t->x0 == 0 && t->x1 == g->ow) return;
    for (int y = t->y0; y < t->y1; y++) {
        orr_real *row = plane + (size_t)y * g->ow;
        for (int x = 0; x < t->x0; x++) row[x] = 0;
        for (int x = t->x1; x < g->ow; x++) row[x] = 0;
    }
}

ORR_KERNEL static void to_patches(const struct window *g, const struct tap *taps, const orr_real *restrict image,
                                  orr_real *restrict patches)
{
    const size_t positions = (size_t)g->oh * g->ow;
    for (int c = 0; c < g->c; c++, image += (size_t)g->h * g->w)
        for (int k = 0; k < g->kh * g->kw; k++, patches += positions) {
            const struct tap t = taps[k];
            if (t.y0 > 0) memset(patches, 0, (size_t)t.y0 * g->ow * sizeof *patches);
            if (t.y1 < g->oh) memset(patches + (size_t)t.y1 * g->ow, 0, (size_t)(g->oh - t.y1) * g->ow * sizeof *patches);
            if (is_shift(g, &t)) {
                const size_t from = (size_t)t.y0 * g->ow + t.x0, n = (size_t)(t.y1 - 1) * g->ow + t.x1 - from;
                memcpy(patches + from, image + (size_t)(t.y0 + t.dy) * g->w + (t.x0 + t.dx), n * sizeof *patches);
                clear_borders(g, &t, patches);
                continue;
            }
            for (int y = t.y0; y < t.y1; y++) {
                orr_real *row = patches + (size_t)y * g->ow;
                const orr_real *source = image + (size_t)(y * g->stride + t.dy) * g->w;
                for (int x = t.x0; x < t.x1; x++) row[x] = source[x * g->stride + t.dx];
            }
            clear_borders(g, &t, patches);
        }
}

/* The other way, adding; patches are used up. */
ORR_KERNEL static void from_patches(const struct window *g, const struct tap *taps, orr_real *restrict patches,
                                    orr_real *restrict image)
{
    const size_t positions = (size_t)g->oh * g->ow;
    for (int c = 0; c < g->c; c++, image += (size_t)g->h * g->w)
        for (int k = 0; k < g->kh * g->kw; k++, patches += positions) {
            const struct tap t = taps[k];
            if (is_shift(g, &t)) {
                const size_t from = (size_t)t.y0 * g->ow + t.x0, n = (size_t)(t.y1 - 1) * g->ow + t.x1 - from;
                orr_real *target = image + (size_t)(t.y0 + t.dy) * g->w + (t.x0 + t.dx);
                const orr_real *source = patches + from;
                clear_borders(g, &t, patches);
                for (size_t i = 0; i < n; i++) target[i] += source[i];
                continue;
            }
            for (int y = t.y0; y < t.y1; y++) {
                const orr_real *row = patches + (size_t)y * g->ow;
                orr_real *target = image + (size_t)(y * g->stride + t.dy) * g->w;
                for (int x = t.x0; x < t.x1; x++) target[x * g->stride + t.dx] += row[x];
            }
        }
}

/* ---- conv2d ---- */

enum { I_STRIDE, I_PAD, I_GROUPS, I_ACT, I_PACKED };

/* What both ways need. One product handles the channels of one group of one image: `count` of them in all. */
struct conv {
    struct window g;
    int groups, count, o, k, positions; /* per group: o channels out, k = C kh kw numbers in a patch */
    size_t x_step, y_step, w_step;      /* from one product to the next, weights from one group to the next */
    const struct tap *taps;
    orr_real *patches; /* NULL for a 1x1 kernel with stride 1: the image is its own patch matrix */
};

static struct conv conv_of(struct orr_tape *tape, const struct orr_var *x, const struct orr_var *w, int stride, int pad,
                           int groups)
{
    struct conv c = {.groups = groups, .count = x->shape.size[0] * groups, .o = w->shape.size[0] / groups};
    struct window *g = &c.g;
    *g = (struct window){.c = x->shape.size[1] / groups, .h = x->shape.size[2], .w = x->shape.size[3],
                         .kh = w->shape.size[2], .kw = w->shape.size[3], .stride = stride, .pad = pad};
    g->oh = (g->h + 2 * pad - g->kh) / stride + 1;
    g->ow = (g->w + 2 * pad - g->kw) / stride + 1;
    assert(g->oh > 0 && g->ow > 0);
    c.k = g->c * g->kh * g->kw;
    c.positions = g->oh * g->ow;
    c.x_step = (size_t)g->c * g->h * g->w;
    c.y_step = (size_t)c.o * c.positions;
    c.w_step = (size_t)c.o * c.k;
    if (g->kh == 1 && g->kw == 1 && stride == 1 && pad == 0) return c;
    c.taps = all_taps(tape, g);
    c.patches = orr_tape_alloc(tape, (size_t)c.k * c.positions);
    return c;
}

static const orr_real *patches_of(const struct conv *c, const orr_real *image)
{
    if (!c->patches) return image;
    to_patches(&c->g, c->taps, image, c->patches);
    return c->patches;
}

enum { LANES = 16 }; /* partial sums, so that a reduction vectorises without changing its order between machines */

ORR_KERNEL static orr_real plane_sum(const orr_real *x, int n)
{
    orr_real s[LANES] = {0}, sum = 0;
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++) s[l] += x[i + l];
    for (; i < n; i++) s[0] += x[i];
    for (int l = 0; l < LANES; l++) sum += s[l];
    return sum;
}

ORR_KERNEL static void add_to_planes(orr_real *restrict y, const orr_real *restrict bias, int planes, int n)
{
    for (int c = 0; c < planes; c++, y += n)
        for (int i = 0; i < n; i++) y[i] += bias[c];
}

/* dx (+)= W' d, taken back from patches to the image. */
static void input_gradient(const struct conv *c, const orr_real *w, const orr_real *d, orr_real *g, bool add)
{
    if (!c->patches) {
        orr_gemm(true, false, c->k, c->positions, c->o, 1, w, c->k, d, c->positions, add, g, c->positions);
        return;
    }
    orr_gemm(true, false, c->k, c->positions, c->o, 1, w, c->k, d, c->positions, 0, c->patches, c->positions);
    if (!add) memset(g, 0, c->x_step * sizeof *g);
    from_patches(&c->g, c->taps, c->patches, g);
}

/* ---- the same with panels of patches, where every image is looked at with the same few weights ---- */

static struct orr_conv_packed panels_of(const struct conv *c, int size, const orr_real *packed, const orr_real *x, orr_real *y)
{
    return (struct orr_conv_packed){.in = c->g.c, .h = c->g.h, .w = c->g.w, .out = c->o, .size = size, .stride = c->g.stride,
                                    .pad = c->g.pad, .oh = c->g.oh, .ow = c->g.ow, .weight = packed, .x = x, .y = y};
}

static void run_panels(const struct orr_conv_packed *p, orr_real *scratch)
{
    orr_conv_packed_run(p, 0, orr_conv_packed_panels(p), 0, orr_conv_packed_blocks(p), scratch);
}

/* With stride 1 the gradient of the input is a convolution of d with the kernels turned around. */
static void packed_input_gradient(const struct conv *c, const orr_real *turned, const orr_real *d, orr_real *g,
                                  bool add, orr_real *scratch)
{
    struct orr_conv_packed p = panels_of(c, c->g.kh, turned, d, g);
    p.in = c->o;
    p.h = c->g.oh;
    p.w = c->g.ow;
    p.out = c->g.c;
    p.pad = c->g.kh - 1 - c->g.pad;
    p.oh = c->g.h;
    p.ow = c->g.w;
    p.add = add ? g : NULL;
    run_panels(&p, scratch);
}

/* g (rows, columns) (+)= the transpose of t (columns, rows). */
static void add_turned(orr_real *restrict g, bool add, const orr_real *restrict t, int rows, int columns)
{
    for (int r = 0; r < rows; r++, g += columns) ORR_ACCUMULATE(g, add, c, (size_t)columns, t[c * (size_t)rows + (size_t)r]);
}

static void conv_backward(struct orr_var *out)
{
    struct orr_var *x = out->in[0], *w = out->in[1], *b = out->in[2];
    const enum orr_activation act = (enum orr_activation)out->i[I_ACT];
    const struct conv c = conv_of(out->tape, x, w, out->i[I_STRIDE], out->i[I_PAD], out->i[I_GROUPS]);
    bool add_x, add_w, add_b;
    orr_real *gx = orr_grad_of(x, &add_x), *gw = orr_grad_of(w, &add_w), *gb = orr_grad_of(b, &add_b);
    const bool packed = out->i[I_PACKED] && c.g.stride == 1 && gx;
    orr_real *by_input = packed ? orr_tape_alloc(out->tape, orr_conv_packed_numbers(c.g.c, c.o * c.g.kh * c.g.kw)) : NULL;
    orr_real *scratch = packed ? orr_tape_alloc(out->tape, orr_conv_packed_scratch(c.o * c.g.kh * c.g.kw)) : NULL;
    if (packed) orr_conv_pack_turned(w->value, c.o, c.g.c, c.g.kh, by_input);
    /* dW = patches d', tall and narrow, is a faster product than d patches', short and wide: turned at the end. */
    orr_real *turned = gw ? orr_tape_alloc(out->tape, (size_t)c.groups * c.w_step) : NULL;
    if (gb && !add_b) memset(gb, 0, b->n * sizeof *gb);
    for (int i = 0; i < c.count; i++) { /* all of one image, while it is in cache */
        const size_t at_y = (size_t)i * c.y_step, at_x = (size_t)i * c.x_step, group = (size_t)(i % c.groups);
        orr_real *d = out->grad + at_y;
        if (act != ORR_ACT_NONE)
            orr_activation_backward(d, false, d, out->saved ? out->saved + at_y : NULL, out->value + at_y, c.y_step, act);
        for (int k = 0; gb && k < c.o; k++)
            gb[group * (size_t)c.o + (size_t)k] += plane_sum(d + (size_t)k * c.positions, c.positions);
        if (gw)
            orr_gemm(false, true, c.k, c.o, c.positions, 1, patches_of(&c, x->value + at_x), c.positions, d, c.positions,
                     i >= c.groups, turned + group * c.w_step, c.o);
        if (packed) packed_input_gradient(&c, by_input, d, gx + at_x, add_x, scratch);
        else if (gx) input_gradient(&c, w->value + group * c.w_step, d, gx + at_x, add_x);
    }
    for (size_t group = 0; gw && group < (size_t)c.groups; group++)
        add_turned(gw + group * c.w_step, add_w, turned + group * c.w_step, c.o, c.k);
}
static const struct orr_op CONV2D = {"conv2d", conv_backward};

struct orr_var *orr_conv2d(struct orr_var *x, struct orr_var *weight, struct orr_var *bias, int stride, int pad,
                           int groups, enum orr_activation act)
{
    assert(x->shape.axes == 4 && weight->shape.axes == 4 && stride > 0 && pad >= 0 && groups > 0);
    assert(weight->shape.size[1] * groups == x->shape.size[1] && weight->shape.size[0] % groups == 0);
    const struct conv c = conv_of(x->tape, x, weight, stride, pad, groups);
    struct orr_var *y = orr_tape_push(x->tape, &CONV2D, orr_shape4(x->shape.size[0], weight->shape.size[0], c.g.oh, c.g.ow),
                                      (struct orr_var *[]){x, weight, bias}, 3);
    y->i[I_STRIDE] = stride;
    y->i[I_PAD] = pad;
    y->i[I_GROUPS] = groups;
    y->i[I_ACT] = (int32_t)act;
    const bool at_once = !orr_activation_needs_input(act);
    for (int i = 0; i < c.count; i++) { /* all of one image, while it is in cache */
        const size_t group = (size_t)(i % groups);
        orr_real *yi = y->value + (size_t)i * c.y_step;
        orr_gemm(false, false, c.o, c.positions, c.k, 1, weight->value + group * c.w_step, c.k,
                 patches_of(&c, x->value + (size_t)i * c.x_step), c.positions, 0, yi, c.positions);
        if (bias) add_to_planes(yi, bias->value + group * (size_t)c.o, c.o, c.positions);
        if (at_once) orr_activation_forward(yi, yi, c.y_step, act);
    }
    if (!at_once) orr_activation_apply(y, act);
    return y;
}

struct orr_var *orr_conv2d_packed(struct orr_var *x, struct orr_var *weight, struct orr_var *bias, int stride, int pad)
{
    assert(x->shape.axes == 4 && weight->shape.axes == 4 && weight->shape.size[2] == weight->shape.size[3] &&
           stride > 0 && pad >= 0 && pad < weight->shape.size[2] && weight->shape.size[1] == x->shape.size[1]);
    const struct conv c = conv_of(x->tape, x, weight, stride, pad, 1);
    struct orr_var *y = orr_tape_push(x->tape, &CONV2D, orr_shape4(x->shape.size[0], weight->shape.size[0], c.g.oh, c.g.ow),
                                      (struct orr_var *[]){x, weight, bias}, 3);
    y->i[I_STRIDE] = stride;
    y->i[I_PAD] = pad;
    y->i[I_GROUPS] = 1;
    y->i[I_ACT] = ORR_ACT_NONE;
    y->i[I_PACKED] = true;
    orr_real *packed = orr_tape_alloc(x->tape, orr_conv_packed_numbers(c.o, c.k)),
             *scratch = orr_tape_alloc(x->tape, orr_conv_packed_scratch(c.k));
    orr_conv_pack(weight->value, c.o, c.k, packed);
    for (int i = 0; i < c.count; i++) {
        struct orr_conv_packed p =
            panels_of(&c, c.g.kh, packed, x->value + (size_t)i * c.x_step, y->value + (size_t)i * c.y_step);
        p.bias = bias ? bias->value : NULL;
        run_panels(&p, scratch);
    }
    return y;
}

/* ---- pooling ---- */

struct pool {
    int planes, h, w, size, stride, pad, oh, ow;
};

static struct pool pool_of(const struct orr_var *x, int size, int stride, int pad)
{
    assert(x->shape.axes == 4 && size > 0 && stride > 0 && pad >= 0 && 2 * pad <= size);
    struct pool p = {x->shape.size[0] * x->shape.size[1], x->shape.size[2], x->shape.size[3], size, stride, pad, 0, 0};
    p.oh = (p.h + 2 * pad - size) / stride + 1;
    p.ow = (p.w + 2 * pad - size) / stride + 1;
    assert(p.oh > 0 && p.ow > 0);
    return p;
}

static struct orr_shape pooled(const struct orr_var *x, const struct pool *p)
{
    return orr_shape4(x->shape.size[0], x->shape.size[1], p->oh, p->ow);
}

static int clamp(int x, int lo, int hi) { return x < lo ? lo : x > hi ? hi : x; }

/* ---- 2x2 windows with stride 2, the commonest: FEW of them at a time, a constant number, and choices without branches,
 * since which of four wins is a coin's throw. The last few of a row reach into the next row, which is computed after. */
enum { FEW = 8 };

/* Of n windows beginning at `top`, which has the index `at`. */
static inline void max_few(const orr_real *restrict top, int32_t at, int32_t w, orr_real *restrict y, int32_t *restrict winner,
                           int n)
{
    const orr_real *bottom = top + w;
    for (int i = 0; i < n; i++) {
        const orr_real a = top[2 * i], b = top[2 * i + 1], c = bottom[2 * i], d = bottom[2 * i + 1];
        const orr_real upper = b > a ? b : a, lower = d > c ? d : c;
        const int32_t at_upper = b > a ? 1 : 0, at_lower = d > c ? w + 1 : w;
        y[i] = lower > upper ? lower : upper;
        winner[i] = at + 2 * i + (lower > upper ? at_lower : at_upper);
    }
}

ORR_KERNEL static void max_pool_2x2(const struct pool *p, const orr_real *restrict x, orr_real *restrict y,
                                    int32_t *restrict winner)
{
    const size_t rows = (size_t)p->planes * p->oh, n_x = (size_t)p->planes * p->h * p->w, n_y = rows * p->ow;
    for (size_t r = 0; r < rows; r++) {
        const size_t from = (r / p->oh * p->h + 2 * (r % p->oh)) * p->w;
        for (int ox = 0; ox < p->ow; ox += FEW) {
            const size_t at = from + 2 * (size_t)ox, to = r * p->ow + ox;
            if (at + p->w + 2 * FEW <= n_x && to + FEW <= n_y)
                max_few(x + at, (int32_t)at, p->w, y + to, winner + to, FEW);
            else
                max_few(x + at, (int32_t)at, p->w, y + to, winner + to, p->ow - ox < FEW ? p->ow - ox : FEW);
        }
    }
}

static void max_pool_backward(struct orr_var *out)
{
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (!g) return;
    const size_t planes = (size_t)out->shape.size[0] * out->shape.size[1], n = out->n / planes, n_in = out->in[0]->n / planes;
    const int32_t *winner = out->extra;
    for (size_t p = 0; p < planes; p++) {
        if (!add) memset(g + p * n_in, 0, n_in * sizeof *g); /* plane by plane, while it is in cache */
        for (size_t i = p * n; i < (p + 1) * n; i++) g[winner[i]] += out->grad[i];
    }
}
static const struct orr_op MAX_POOL = {"max_pool2d", max_pool_backward};

struct orr_var *orr_max_pool2d(struct orr_var *x, int size, int stride, int pad)
{
    const struct pool p = pool_of(x, size, stride, pad);
    assert(x->n <= INT32_MAX);
    struct orr_var *y = orr_tape_push(x->tape, &MAX_POOL, pooled(x, &p), &x, 1);
    int32_t *winner = (int32_t *)(void *)orr_tape_alloc(x->tape, y->n);
    y->extra = winner;
    if (size == 2 && stride == 2 && pad == 0) {
        max_pool_2x2(&p, x->value, y->value, winner);
        return y;
    }
    size_t at = 0;
    for (int plane = 0; plane < p.planes; plane++)
        for (int oy = 0; oy < p.oh; oy++)
            for (int ox = 0; ox < p.ow; ox++, at++) {
                const int y0 = clamp(oy * stride - pad, 0, p.h - 1), y1 = clamp(oy * stride - pad + size, 0, p.h);
                const int x0 = clamp(ox * stride - pad, 0, p.w - 1), x1 = clamp(ox * stride - pad + size, 0, p.w);
                int32_t best = (int32_t)(((size_t)plane * p.h + (size_t)y0) * p.w + (size_t)x0);
                for (int sy = y0; sy < y1; sy++)
                    for (int sx = x0; sx < x1; sx++) {
                        const int32_t i = (int32_t)(((size_t)plane * p.h + (size_t)sy) * p.w + (size_t)sx);
                        if (x->value[i] > x->value[best]) best = i;
                    }
                winner[at] = best;
                y->value[at] = x->value[best];
            }
    return y;
}

/* y = sums of x over windows of 2 r + 1 rows and columns, 0 beyond the border: both (h, w), and so is the scratch v. Rows and
 * columns are summed one after the other, and the plane is taken as one run of numbers; what that brings over from the
 * neighbouring rows into the first and last r columns is put right in the end. */
ORR_KERNEL static void box_sums(const orr_real *restrict x, int h, int w, int r, orr_real *restrict v, orr_real *restrict y)
{
    const int n = h * w;
    memcpy(v, x, (size_t)n * sizeof *v);
    for (int k = 1; k <= r && k < h; k++) {
        for (int i = 0; i < n - k * w; i++) v[i] += x[i + k * w];
        for (int i = k * w; i < n; i++) v[i] += x[i - k * w];
    }
    memcpy(y, v, (size_t)n * sizeof *y);
    for (int k = 1; k <= r && k < n; k++) {
        for (int i = 0; i < n - k; i++) y[i] += v[i + k];
        for (int i = k; i < n; i++) y[i] += v[i - k];
    }
    for (int row = 0; row < n; row += w)
        for (int c = 0; c < w && r > 0; c++) {
            if (c == r && w > 2 * r) c = w - r;
            orr_real sum = 0;
            for (int k = clamp(c - r, 0, w); k < clamp(c + r + 1, 0, w); k++) sum += v[row + k];
            y[row + c] = sum;
        }
}

ORR_KERNEL static void product(orr_real *restrict y, const orr_real *restrict a, const orr_real *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] = a[i] * b[i];
}
ORR_KERNEL static void add_to(orr_real *restrict y, const orr_real *restrict a, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] += a[i];
}

/* Stride 1 and as many numbers out as in. Sums over windows are their own adjoint: what was scaled after them is scaled
 * before them on the way back. */
static void avg_pool_same(struct orr_tape *t, const struct pool *p, orr_real *image, orr_real *small, bool forward)
{
    const size_t n = (size_t)p->h * p->w;
    orr_real *share = orr_tape_alloc(t, n), *work = orr_tape_alloc(t, n), *a = orr_tape_alloc(t, n), *b = orr_tape_alloc(t, n);
    for (int y = 0; y < p->h; y++)
        for (int x = 0; x < p->w; x++) {
            const int rows = clamp(y - p->pad + p->size, 0, p->h) - clamp(y - p->pad, 0, p->h);
            const int columns = clamp(x - p->pad + p->size, 0, p->w) - clamp(x - p->pad, 0, p->w);
            share[y * p->w + x] = (orr_real)1 / (orr_real)(rows * columns);
        }
    for (int plane = 0; plane < p->planes; plane++, image += n, small += n) {
        if (forward) {
            box_sums(image, p->h, p->w, p->pad, work, a);
            product(small, a, share, n);
        } else {
            product(a, small, share, n);
            box_sums(a, p->h, p->w, p->pad, work, b);
            add_to(image, b, n);
        }
    }
}

static void avg_pool_each(struct orr_tape *t, const struct pool *p, orr_real *image, orr_real *small, bool forward)
{
    if (p->stride == 1 && p->size == 2 * p->pad + 1) {
        avg_pool_same(t, p, image, small, forward);
        return;
    }
    size_t at = 0;
    for (int plane = 0; plane < p->planes; plane++)
        for (int oy = 0; oy < p->oh; oy++)
            for (int ox = 0; ox < p->ow; ox++, at++) {
                const int y0 = clamp(oy * p->stride - p->pad, 0, p->h), y1 = clamp(oy * p->stride - p->pad + p->size, 0, p->h);
                const int x0 = clamp(ox * p->stride - p->pad, 0, p->w), x1 = clamp(ox * p->stride - p->pad + p->size, 0, p->w);
                const orr_real scale = (orr_real)1 / (orr_real)((y1 - y0) * (x1 - x0));
                orr_real sum = 0;
                for (int sy = y0; sy < y1; sy++)
                    for (int sx = x0; sx < x1; sx++) {
                        orr_real *cell = &image[((size_t)plane * p->h + (size_t)sy) * p->w + (size_t)sx];
                        if (forward)
                            sum += *cell;
                        else
                            *cell += scale * small[at];
                    }
                if (forward) small[at] = scale * sum;
            }
}

static void avg_pool_backward(struct orr_var *out)
{
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (!g) return;
    if (!add) memset(g, 0, out->in[0]->n * sizeof *g);
    const struct pool p = pool_of(out->in[0], out->i[0], out->i[1], out->i[2]);
    avg_pool_each(out->tape, &p, g, out->grad, false);
}
static const struct orr_op AVG_POOL = {"avg_pool2d", avg_pool_backward};

struct orr_var *orr_avg_pool2d(struct orr_var *x, int size, int stride, int pad)
{
    const struct pool p = pool_of(x, size, stride, pad);
    struct orr_var *y = orr_tape_push(x->tape, &AVG_POOL, pooled(x, &p), &x, 1);
    y->i[0] = size;
    y->i[1] = stride;
    y->i[2] = pad;
    avg_pool_each(x->tape, &p, x->value, y->value, true);
    return y;
}

static void global_backward(struct orr_var *out)
{
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    const size_t n = out->in[0]->n / out->n;
    for (size_t c = 0; g && c < out->n; c++) {
        const orr_real d = out->grad[c] / (orr_real)n;
        ORR_ACCUMULATE(g + c * n, add, i, n, d);
    }
}
static const struct orr_op GLOBAL_AVG = {"global_avg_pool", global_backward};

struct orr_var *orr_global_avg_pool(struct orr_var *x)
{
    assert(x->shape.axes == 4);
    struct orr_var *y = orr_tape_push(x->tape, &GLOBAL_AVG, orr_shape2(x->shape.size[0], x->shape.size[1]), &x, 1);
    const size_t n = x->n / y->n;
    for (size_t c = 0; c < y->n; c++) {
        orr_real s = 0;
        for (size_t i = 0; i < n; i++) s += x->value[c * n + i];
        y->value[c] = s / (orr_real)n;
    }
    return y;
}

/* ---- upsampling ---- */

static void upsample_backward(struct orr_var *out)
{
    const size_t h = (size_t)out->in[0]->shape.size[2], w = (size_t)out->in[0]->shape.size[3];
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    for (size_t r = 0; g && r < out->in[0]->n / w; r++) { /* rows of all planes */
        const orr_real *a = out->grad + (r / h * 2 * h + r % h * 2) * 2 * w, *b = a + 2 * w;
        ORR_ACCUMULATE(g + r * w, add, i, w, a[2 * i] + a[2 * i + 1] + b[2 * i] + b[2 * i + 1]);
    }
}
static const struct orr_op UPSAMPLE = {"upsample2x", upsample_backward};

struct orr_var *orr_upsample2x(struct orr_var *x)
{
    assert(x->shape.axes == 4);
    const size_t h = (size_t)x->shape.size[2], w = (size_t)x->shape.size[3];
    struct orr_var *y = orr_tape_push(x->tape, &UPSAMPLE,
                                      orr_shape4(x->shape.size[0], x->shape.size[1], (int)(2 * h), (int)(2 * w)), &x, 1);
    for (size_t r = 0; r < x->n / w; r++) {
        orr_real *a = y->value + (r / h * 2 * h + r % h * 2) * 2 * w;
        for (size_t i = 0; i < w; i++) a[2 * i] = a[2 * i + 1] = x->value[r * w + i];
        memcpy(a + 2 * w, a, 2 * w * sizeof *a);
    }
    return y;
}
