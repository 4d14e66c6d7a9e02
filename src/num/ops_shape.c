#include <orrery/ops.h>

#include "num/op.h"

struct orr_var *orr_reshape(struct orr_var *a, struct orr_shape shape) { return orr_tape_view(a, shape); }

/* ---- pieces of rows ----
 * concat, slice, select, stack and concat_channels all move rectangles: `rows` pieces of `n` numbers between strides. */

static void move(orr_real *to, size_t to_stride, const orr_real *from, size_t from_stride, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++) memcpy(to + r * to_stride, from + r * from_stride, n * sizeof *to);
}

static void move_back(struct orr_var *in, size_t in_offset, size_t in_stride, const orr_real *d, size_t d_stride,
                      size_t rows, size_t n)
{
    bool add;
    orr_real *g = orr_grad_of(in, &add);
    if (!g) return;
    if (!add && rows * n < in->n) { /* only a part receives a gradient */
        memset(g, 0, in->n * sizeof *g);
        add = true;
    }
    for (size_t r = 0; r < rows; r++) {
        orr_real *to = g + in_offset + r * in_stride;
        const orr_real *from = d + r * d_stride;
        ORR_ACCUMULATE(to, add, i, n, from[i]);
    }
}

/* in[0] (rows, m) and in[1] (rows, n) side by side. */
static void concat_backward(struct orr_var *out)
{
    const size_t rows = (size_t)out->i[0], m = out->in[0]->n / rows, n = out->in[1]->n / rows;
    move_back(out->in[0], 0, m, out->grad, m + n, rows, m);
    move_back(out->in[1], 0, n, out->grad + m, m + n, rows, n);
}
static const struct orr_op CONCAT = {"concat", concat_backward};

static struct orr_var *concat(struct orr_var *a, struct orr_var *b, struct orr_shape shape, size_t rows)
{
    const size_t m = a->n / rows, n = b->n / rows;
    struct orr_var *y = orr_tape_push(a->tape, &CONCAT, shape, (struct orr_var *[]){a, b}, 2);
    y->i[0] = (int32_t)rows;
    move(y->value, m + n, a->value, m, rows, m);
    move(y->value + m, m + n, b->value, n, rows, n);
    return y;
}

struct orr_var *orr_concat(struct orr_var *a, struct orr_var *b)
{
    struct orr_shape shape = a->shape;
    const size_t rows = a->n / (size_t)orr_shape_last(shape);
    assert(b->n / (size_t)orr_shape_last(b->shape) == rows);
    shape.size[shape.axes - 1] += orr_shape_last(b->shape);
    return concat(a, b, shape, rows);
}

struct orr_var *orr_concat_channels(struct orr_var *a, struct orr_var *b)
{
    struct orr_shape shape = a->shape;
    assert(shape.axes == 4 && b->shape.axes == 4 && b->shape.size[0] == shape.size[0] &&
           b->shape.size[2] == shape.size[2] && b->shape.size[3] == shape.size[3]);
    shape.size[1] += b->shape.size[1];
    return concat(a, b, shape, (size_t)shape.size[0]);
}

/* A window of n numbers at `first` in each row of in[0]. */
static void window_backward(struct orr_var *out)
{
    const size_t rows = (size_t)out->i[0], first = (size_t)out->i[1], n = out->n / rows;
    move_back(out->in[0], first, out->in[0]->n / rows, out->grad, n, rows, n);
}
static const struct orr_op WINDOW = {"slice", window_backward};

static struct orr_var *window(struct orr_var *a, struct orr_shape shape, size_t rows, size_t first)
{
    struct orr_var *y = orr_tape_push(a->tape, &WINDOW, shape, &a, 1);
    const size_t n = y->n / rows;
    y->i[0] = (int32_t)rows;
    y->i[1] = (int32_t)first;
    move(y->value, n, a->value + first, a->n / rows, rows, n);
    return y;
}

struct orr_var *orr_slice(struct orr_var *a, int first, int n)
{
    struct orr_shape shape = a->shape;
    const int last = orr_shape_last(shape);
    assert(first >= 0 && n > 0 && first + n <= last);
    shape.size[shape.axes - 1] = n;
    return window(a, shape, a->n / (size_t)last, (size_t)first);
}

struct orr_var *orr_select(struct orr_var *a, int index)
{
    assert(a->shape.axes >= 2 && index >= 0 && index < a->shape.size[1]);
    struct orr_shape shape = {.axes = a->shape.axes - 1, .size = {a->shape.size[0]}};
    for (int k = 1; k < shape.axes; k++) shape.size[k] = a->shape.size[k + 1];
    const size_t rows = (size_t)shape.size[0], n = orr_shape_count(shape) / rows;
    return window(a, shape, rows, (size_t)index * n);
}

/* A stack has more inputs than a variable holds: `extra` lists them. */
static void stack_backward(struct orr_var *out)
{
    struct orr_var *const *parts = out->extra;
    const size_t rows = (size_t)out->i[0], count = (size_t)out->i[1], n = out->n / rows / count;
    for (size_t k = 0; k < count; k++) move_back(parts[k], 0, n, out->grad + k * n, n * count, rows, n);
}
static const struct orr_op STACK = {"stack", stack_backward};

struct orr_var *orr_stack(struct orr_var *const *a, int n)
{
    assert(n >= 1 && a[0]->shape.axes < ORR_MAX_AXES);
    struct orr_tape *t = a[0]->tape;
    struct orr_shape shape = {.axes = a[0]->shape.axes + 1, .size = {a[0]->shape.size[0], n}};
    for (int k = 1; k < a[0]->shape.axes; k++) shape.size[k + 1] = a[0]->shape.size[k];
    struct orr_var *y = orr_tape_push(t, &STACK, shape, NULL, 0);
    const size_t words = ((size_t)n * sizeof(struct orr_var *) + sizeof(orr_real) - 1) / sizeof(orr_real);
    struct orr_var **parts = (struct orr_var **)(void *)orr_tape_alloc(t, words);
    const size_t rows = (size_t)shape.size[0], m = a[0]->n / rows;
    for (int k = 0; k < n; k++) {
        assert(a[k]->n == a[0]->n);
        parts[k] = a[k];
        y->needs_grad |= a[k]->needs_grad;
        move(y->value + (size_t)k * m, m * (size_t)n, a[k]->value, m, rows, m);
    }
    y->extra = parts;
    y->i[0] = (int32_t)rows;
    y->i[1] = n;
    return y;
}

/* ---- transpose ---- */

static void transpose_backward(struct orr_var *out)
{
    const struct orr_var *a = out->in[0];
    const size_t m = (size_t)a->shape.size[a->shape.axes - 2], n = (size_t)orr_shape_last(a->shape);
    bool add;
    orr_real *g = orr_grad_of(out->in[0], &add);
    if (!g) return;
    for (size_t b = 0; b < a->n; b += m * n)
        for (size_t i = 0; i < m; i++) ORR_ACCUMULATE(g + b + i * n, add, j, n, out->grad[b + j * m + i]);
}
static const struct orr_op TRANSPOSE = {"transpose", transpose_backward};

struct orr_var *orr_transpose(struct orr_var *a)
{
    assert(a->shape.axes >= 2);
    struct orr_shape shape = a->shape;
    const int m = shape.size[shape.axes - 2], n = shape.size[shape.axes - 1];
    shape.size[shape.axes - 2] = n;
    shape.size[shape.axes - 1] = m;
    struct orr_var *y = orr_tape_push(a->tape, &TRANSPOSE, shape, &a, 1);
    for (size_t b = 0; b < a->n; b += (size_t)m * n)
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) y->value[b + (size_t)j * m + i] = a->value[b + (size_t)i * n + j];
    return y;
}
