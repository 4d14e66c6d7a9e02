/* GRU and LSTM over whole sequences as one operation: the input's share of all gates is one product before the loop,
 * weight gradients are one product after it; only the recurrent product stands inside. */
#include <orrery/ops.h>

#include "num/gemm.h"
#include "num/kernel.h"
#include "num/op.h"
#include "num/rows.h"

struct dims {
    int b, t, in, h, g; /* batch, steps, inputs, hidden, gates (3 h or 4 h) */
};

static struct dims dims_of(const struct orr_var *x, const struct orr_var *w_ih, const struct orr_var *w_hh)
{
    const struct dims s = {x->shape.size[0], x->shape.size[1], x->shape.size[2], w_hh->shape.size[1],
                           w_hh->shape.size[0]};
    assert(x->shape.axes == 3 && w_ih->shape.size[0] == s.g && w_ih->shape.size[1] == s.in);
    return s;
}

/* The state before step t of row b: h0 or zeros at t = 0. */
static const orr_real *previous(const struct orr_var *y, const orr_real *start, const struct dims *s, int b, int t)
{
    return t ? y->value + ((size_t)b * s->t + (size_t)(t - 1)) * s->h : start + (size_t)b * s->h;
}

/* gates (B, T, g) = x W_ih' + b_ih; hidden (B, g) of step t = h_(t-1) W_hh' + b_hh. */
static void input_gates(const struct dims *s, const struct orr_var *x, const struct orr_var *w, const struct orr_var *b,
                        orr_real *gates)
{
    orr_fill_rows(gates, b->value, (size_t)s->b * s->t, (size_t)s->g);
    orr_gemm(false, true, s->b * s->t, s->g, s->in, 1, x->value, s->in, w->value, s->in, 1, gates, s->g);
}

static void hidden_gates(const struct dims *s, const struct orr_var *y, const orr_real *start, const struct orr_var *w,
                         const struct orr_var *b, int t, orr_real *hidden)
{
    orr_fill_rows(hidden, b->value, (size_t)s->b, (size_t)s->g);
    orr_gemm(false, true, s->b, s->g, s->h, 1, t ? y->value + (size_t)(t - 1) * s->h : start, t ? s->t * s->h : s->h,
             w->value, s->h, 1, hidden, s->g);
}

/* What follows the loop backward: d_in, d_hidden (B, T, g) are the gradients of the two shares of the gates. */
static void weight_gradients(struct orr_var *out, const struct dims *s, const orr_real *start, const orr_real *d_in,
                             const orr_real *d_hidden)
{
    struct orr_var *x = out->in[0];
    const int rows = s->b * s->t;
    bool add;
    orr_real *g = orr_grad_of(x, &add);
    if (g) orr_gemm(false, false, rows, s->in, s->g, 1, d_in, s->g, out->in[2]->value, s->in, add, g, s->in);
    g = orr_grad_of(out->in[2], &add);
    if (g) orr_gemm(true, false, s->g, s->in, rows, 1, d_in, s->g, x->value, s->in, add, g, s->in);
    g = orr_grad_of(out->in[4], &add);
    if (g) orr_sum_rows(g, add, d_in, (size_t)rows, (size_t)s->g);
    g = orr_grad_of(out->in[5], &add);
    if (g) orr_sum_rows(g, add, d_hidden, (size_t)rows, (size_t)s->g);
    g = orr_grad_of(out->in[3], &add);
    if (!g) return;
    orr_real *before = orr_tape_alloc(out->tape, (size_t)rows * s->h);
    for (int b = 0; b < s->b; b++)
        for (int t = 0; t < s->t; t++)
            memcpy(before + ((size_t)b * s->t + (size_t)t) * s->h, previous(out, start, s, b, t),
                   (size_t)s->h * sizeof *before);
    orr_gemm(true, false, s->g, s->h, rows, 1, d_hidden, s->g, before, s->h, add, g, s->h);
}

static const orr_real *start_of(struct orr_tape *tape, const struct orr_var *h0, const struct dims *s)
{
    if (h0) return h0->value;
    const size_t n = (size_t)s->b * s->h;
    return memset(orr_tape_alloc(tape, n), 0, n * sizeof(orr_real));
}

/* ---- GRU ----
 * r = sigma(x_r + u_r), z = sigma(x_z + u_z), n = tanh(x_n + r u_n), h' = (1 - z) n + z h,
 * with x = W_ih x + b_ih and u = W_hh h + b_hh. saved: r, z, n (B, T, 3 h), then u_n (B, T, h). */

ORR_KERNEL static void gru_cell(const orr_real *restrict x, const orr_real *restrict u, const orr_real *restrict h,
                                orr_real *restrict gates, orr_real *restrict un, orr_real *restrict y, int n)
{
    for (int i = 0; i < n; i++) {
        const orr_real r = orr_vsigmoid(x[i] + u[i]), z = orr_vsigmoid(x[n + i] + u[n + i]);
        const orr_real c = orr_vtanh(x[2 * n + i] + r * u[2 * n + i]);
        gates[i] = r;
        gates[n + i] = z;
        gates[2 * n + i] = c;
        un[i] = u[2 * n + i];
        y[i] = (1 - z) * c + z * h[i];
    }
}

/* dh: gradient of the new state in, of the old one (its direct share) out. */
ORR_KERNEL static void gru_cell_back(const orr_real *restrict gates, const orr_real *restrict un,
                                     const orr_real *restrict h, const orr_real *restrict dy, orr_real *restrict dh,
                                     orr_real *restrict dx, orr_real *restrict du, int n)
{
    for (int i = 0; i < n; i++) {
        const orr_real r = gates[i], z = gates[n + i], c = gates[2 * n + i], d = dh[i] + dy[i];
        const orr_real dc = d * (1 - z) * (1 - c * c), dz = d * (h[i] - c) * z * (1 - z);
        const orr_real dr = dc * un[i] * r * (1 - r);
        dx[i] = du[i] = dr;
        dx[n + i] = du[n + i] = dz;
        dx[2 * n + i] = dc;
        du[2 * n + i] = dc * r;
        dh[i] = d * z;
    }
}

static void gru_backward(struct orr_var *out)
{
    const struct dims s = dims_of(out->in[0], out->in[2], out->in[3]);
    const size_t rows = (size_t)s.b * s.t;
    const orr_real *start = out->extra, *un = out->saved + rows * (size_t)s.g;
    orr_real *dx = orr_tape_alloc(out->tape, rows * (size_t)s.g), *du = orr_tape_alloc(out->tape, rows * (size_t)s.g);
    orr_real *dh = orr_tape_alloc(out->tape, (size_t)s.b * s.h);
    memset(dh, 0, (size_t)s.b * s.h * sizeof *dh);
    for (int t = s.t - 1; t >= 0; t--) {
        for (int b = 0; b < s.b; b++) {
            const size_t row = (size_t)b * s.t + (size_t)t;
            gru_cell_back(out->saved + row * (size_t)s.g, un + row * (size_t)s.h, previous(out, start, &s, b, t),
                          out->grad + row * (size_t)s.h, dh + (size_t)b * s.h, dx + row * (size_t)s.g,
                          du + row * (size_t)s.g, s.h);
        }
        orr_gemm(false, false, s.b, s.h, s.g, 1, du + (size_t)t * s.g, s.t * s.g, out->in[3]->value, s.h, 1, dh, s.h);
    }
    bool add;
    orr_real *g = orr_grad_of(out->in[1], &add);
    if (g) ORR_ACCUMULATE(g, add, i, (size_t)s.b * s.h, dh[i]);
    weight_gradients(out, &s, start, dx, du);
}
static const struct orr_op GRU = {"gru", gru_backward};

struct orr_var *orr_gru(struct orr_var *x, struct orr_var *h0, struct orr_var *w_ih, struct orr_var *w_hh,
                        struct orr_var *b_ih, struct orr_var *b_hh)
{
    const struct dims s = dims_of(x, w_ih, w_hh);
    assert(s.g == 3 * s.h);
    const size_t rows = (size_t)s.b * s.t;
    struct orr_var *y = orr_tape_push(x->tape, &GRU, orr_shape3(s.b, s.t, s.h),
                                      (struct orr_var *[]){x, h0, w_ih, w_hh, b_ih, b_hh}, 6);
    const orr_real *start = start_of(x->tape, h0, &s);
    y->extra = start;
    y->saved = orr_tape_alloc(x->tape, rows * (size_t)(s.g + s.h));
    orr_real *un = y->saved + rows * (size_t)s.g, *xg = orr_tape_alloc(x->tape, rows * (size_t)s.g);
    orr_real *u = orr_tape_alloc(x->tape, (size_t)s.b * s.g);
    input_gates(&s, x, w_ih, b_ih, xg);
    for (int t = 0; t < s.t; t++) {
        hidden_gates(&s, y, start, w_hh, b_hh, t, u);
        for (int b = 0; b < s.b; b++) {
            const size_t row = (size_t)b * s.t + (size_t)t;
            gru_cell(xg + row * (size_t)s.g, u + (size_t)b * s.g, previous(y, start, &s, b, t),
                     y->saved + row * (size_t)s.g, un + row * (size_t)s.h, y->value + row * (size_t)s.h, s.h);
        }
    }
    return y;
}

/* ---- LSTM ----
 * i, f, o = sigma(.), g = tanh(.), c' = f c + i g, h' = o tanh(c'). saved: i, f, g, o (B, T, 4 h), then c (B, T, h). */

ORR_KERNEL static void lstm_cell(const orr_real *restrict x, const orr_real *restrict u, const orr_real *c_before,
                                 orr_real *restrict gates, orr_real *c, orr_real *restrict y, int n)
{
    for (int k = 0; k < n; k++) {
        const orr_real i = orr_vsigmoid(x[k] + u[k]), f = orr_vsigmoid(x[n + k] + u[n + k]);
        const orr_real g = orr_vtanh(x[2 * n + k] + u[2 * n + k]), o = orr_vsigmoid(x[3 * n + k] + u[3 * n + k]);
        gates[k] = i;
        gates[n + k] = f;
        gates[2 * n + k] = g;
        gates[3 * n + k] = o;
        c[k] = i * g + (c_before ? f * c_before[k] : 0);
        y[k] = o * orr_vtanh(c[k]);
    }
}

ORR_KERNEL static void lstm_cell_back(const orr_real *restrict gates, const orr_real *restrict c,
                                      const orr_real *restrict c_before, const orr_real *restrict dy,
                                      orr_real *restrict dh, orr_real *restrict dc, orr_real *restrict du, int n)
{
    for (int k = 0; k < n; k++) {
        const orr_real i = gates[k], f = gates[n + k], g = gates[2 * n + k], o = gates[3 * n + k], t = orr_vtanh(c[k]);
        const orr_real d = dh[k] + dy[k], e = dc[k] + d * o * (1 - t * t);
        du[k] = e * g * i * (1 - i);
        du[n + k] = (c_before ? e * c_before[k] : 0) * f * (1 - f);
        du[2 * n + k] = e * i * (1 - g * g);
        du[3 * n + k] = d * t * o * (1 - o);
        dc[k] = e * f;
        dh[k] = 0; /* the old state acts only through the gates */
    }
}

static void lstm_backward(struct orr_var *out)
{
    const struct dims s = dims_of(out->in[0], out->in[2], out->in[3]);
    const size_t rows = (size_t)s.b * s.t, states = (size_t)s.b * s.h;
    const orr_real *c = out->saved + rows * (size_t)s.g;
    orr_real *du = orr_tape_alloc(out->tape, rows * (size_t)s.g), *dh = orr_tape_alloc(out->tape, 2 * states);
    memset(dh, 0, 2 * states * sizeof *dh);
    for (int t = s.t - 1; t >= 0; t--) {
        for (int b = 0; b < s.b; b++) {
            const size_t row = (size_t)b * s.t + (size_t)t, h = (size_t)s.h;
            lstm_cell_back(out->saved + row * (size_t)s.g, c + row * h, t ? c + (row - 1) * h : NULL,
                           out->grad + row * h, dh + (size_t)b * h, dh + states + (size_t)b * h,
                           du + row * (size_t)s.g, s.h);
        }
        orr_gemm(false, false, s.b, s.h, s.g, 1, du + (size_t)t * s.g, s.t * s.g, out->in[3]->value, s.h, 1, dh, s.h);
    }
    bool add;
    orr_real *g = orr_grad_of(out->in[1], &add);
    if (g) ORR_ACCUMULATE(g, add, i, states, dh[i]);
    weight_gradients(out, &s, out->extra, du, du);
}
static const struct orr_op LSTM = {"lstm", lstm_backward};

struct orr_var *orr_lstm(struct orr_var *x, struct orr_var *h0, struct orr_var *w_ih, struct orr_var *w_hh,
                         struct orr_var *b_ih, struct orr_var *b_hh)
{
    const struct dims s = dims_of(x, w_ih, w_hh);
    assert(s.g == 4 * s.h);
    const size_t rows = (size_t)s.b * s.t, h = (size_t)s.h;
    struct orr_var *y = orr_tape_push(x->tape, &LSTM, orr_shape3(s.b, s.t, s.h),
                                      (struct orr_var *[]){x, h0, w_ih, w_hh, b_ih, b_hh}, 6);
    const orr_real *start = start_of(x->tape, h0, &s);
    y->extra = start;
    y->saved = orr_tape_alloc(x->tape, rows * (size_t)(s.g + s.h));
    orr_real *c = y->saved + rows * (size_t)s.g, *xg = orr_tape_alloc(x->tape, rows * (size_t)s.g);
    orr_real *u = orr_tape_alloc(x->tape, (size_t)s.b * s.g);
    input_gates(&s, x, w_ih, b_ih, xg);
    for (int t = 0; t < s.t; t++) {
        hidden_gates(&s, y, start, w_hh, b_hh, t, u);
        for (int b = 0; b < s.b; b++) {
            const size_t row = (size_t)b * s.t + (size_t)t;
            lstm_cell(xg + row * (size_t)s.g, u + (size_t)b * s.g, t ? c + (row - 1) * h : NULL,
                      y->saved + row * (size_t)s.g, c + row * h, y->value + row * h, s.h);
        }
    }
    return y;
}
