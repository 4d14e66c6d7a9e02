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

/* ---- both kinds ----
 * A cell computes one row of one step. gates: what it keeps of its gates (g); extra: one more number per hidden unit that it
 * keeps for the way back (GRU: the new gate's recurrent share; LSTM: the cell's state, `before` that of the step before or
 * NULL at the first). */

struct cell {
    int gates;
    bool apart; /* the gradients of the input's and of the recurrent share of the gates differ */
    void (*forward)(const orr_real *x, const orr_real *u, const orr_real *h, const orr_real *before, orr_real *gates,
                    orr_real *extra, orr_real *y, int n);
    /* dh: gradient of the new state in, of the old one (its direct share) out; de: the same of extra. */
    void (*backward)(const orr_real *gates, const orr_real *extra, const orr_real *h, const orr_real *before, const orr_real *dy,
                     orr_real *dh, orr_real *de, orr_real *dx, orr_real *du, int n);
};

static struct orr_var *recurrent(const struct orr_op *op, const struct cell *cell, struct orr_var *const in[6])
{
    struct orr_var *x = in[0];
    const struct dims s = dims_of(x, in[2], in[3]);
    assert(s.g == cell->gates * s.h);
    const size_t rows = (size_t)s.b * s.t, h = (size_t)s.h, g = (size_t)s.g;
    struct orr_var *y = orr_tape_push(x->tape, op, orr_shape3(s.b, s.t, s.h), in, 6);
    const orr_real *start = start_of(x->tape, in[1], &s);
    y->extra = start;
    y->saved = orr_tape_alloc(x->tape, rows * (g + h)); /* gates (B, T, g), then extra (B, T, h) */
    orr_real *extra = y->saved + rows * g, *xg = orr_tape_alloc(x->tape, rows * g);
    orr_real *u = orr_tape_alloc(x->tape, (size_t)s.b * g);
    input_gates(&s, x, in[2], in[4], xg);
    for (int t = 0; t < s.t; t++) {
        hidden_gates(&s, y, start, in[3], in[5], t, u);
        for (int b = 0; b < s.b; b++) {
            const size_t row = (size_t)b * s.t + (size_t)t;
            cell->forward(xg + row * g, u + (size_t)b * g, previous(y, start, &s, b, t), t ? extra + (row - 1) * h : NULL,
                          y->saved + row * g, extra + row * h, y->value + row * h, s.h);
        }
    }
    return y;
}

static void recurrent_backward(struct orr_var *out, const struct cell *cell)
{
    const struct dims s = dims_of(out->in[0], out->in[2], out->in[3]);
    const size_t rows = (size_t)s.b * s.t, states = (size_t)s.b * s.h, h = (size_t)s.h, g = (size_t)s.g;
    const orr_real *start = out->extra, *extra = out->saved + rows * g;
    orr_real *du = orr_tape_alloc(out->tape, rows * g), *dx = cell->apart ? orr_tape_alloc(out->tape, rows * g) : du;
    orr_real *dh = orr_tape_alloc(out->tape, 2 * states), *de = dh + states;
    memset(dh, 0, 2 * states * sizeof *dh);
    for (int t = s.t - 1; t >= 0; t--) {
        for (int b = 0; b < s.b; b++) {
            const size_t row = (size_t)b * s.t + (size_t)t, at = (size_t)b * h;
            cell->backward(out->saved + row * g, extra + row * h, previous(out, start, &s, b, t),
                           t ? extra + (row - 1) * h : NULL, out->grad + row * h, dh + at, de + at, dx + row * g, du + row * g,
                           s.h);
        }
        orr_gemm(false, false, s.b, s.h, s.g, 1, du + (size_t)t * g, s.t * s.g, out->in[3]->value, s.h, 1, dh, s.h);
    }
    bool add;
    orr_real *grad = orr_grad_of(out->in[1], &add);
    if (grad) ORR_ACCUMULATE(grad, add, i, states, dh[i]);
    weight_gradients(out, &s, start, dx, du);
}

/* ---- GRU ----
 * r = sigma(x_r + u_r), z = sigma(x_z + u_z), n = tanh(x_n + r u_n), h' = (1 - z) n + z h,
 * with x = W_ih x + b_ih and u = W_hh h + b_hh. Kept: r, z, n; u_n. */

ORR_KERNEL static void gru_cell(const orr_real *restrict x, const orr_real *restrict u, const orr_real *restrict h,
                                const orr_real *before, orr_real *restrict gates, orr_real *restrict un, orr_real *restrict y,
                                int n)
{
    (void)before;
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

ORR_KERNEL static void gru_cell_back(const orr_real *restrict gates, const orr_real *restrict un, const orr_real *restrict h,
                                     const orr_real *before, const orr_real *restrict dy, orr_real *restrict dh, orr_real *de,
                                     orr_real *restrict dx, orr_real *restrict du, int n)
{
    (void)before;
    (void)de;
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

static const struct cell GRU_CELL = {3, true, gru_cell, gru_cell_back};
static void gru_backward(struct orr_var *out) { recurrent_backward(out, &GRU_CELL); }
static const struct orr_op GRU = {"gru", gru_backward};

struct orr_var *orr_gru(struct orr_var *x, struct orr_var *h0, struct orr_var *w_ih, struct orr_var *w_hh,
                        struct orr_var *b_ih, struct orr_var *b_hh)
{
    return recurrent(&GRU, &GRU_CELL, (struct orr_var *[]){x, h0, w_ih, w_hh, b_ih, b_hh});
}

/* ---- LSTM ----
 * i, f, o = sigma(.), g = tanh(.), c' = f c + i g, h' = o tanh(c'). Kept: i, f, g, o; c'. */

ORR_KERNEL static void lstm_cell(const orr_real *restrict x, const orr_real *restrict u, const orr_real *h,
                                 const orr_real *c_before, orr_real *restrict gates, orr_real *c, orr_real *restrict y, int n)
{
    (void)h;
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

ORR_KERNEL static void lstm_cell_back(const orr_real *restrict gates, const orr_real *restrict c, const orr_real *h,
                                      const orr_real *restrict c_before, const orr_real *restrict dy, orr_real *restrict dh,
                                      orr_real *restrict dc, orr_real *dx, orr_real *restrict du, int n)
{
    (void)h;
    (void)dx;
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

static const struct cell LSTM_CELL = {4, false, lstm_cell, lstm_cell_back};
static void lstm_backward(struct orr_var *out) { recurrent_backward(out, &LSTM_CELL); }
static const struct orr_op LSTM = {"lstm", lstm_backward};

struct orr_var *orr_lstm(struct orr_var *x, struct orr_var *h0, struct orr_var *w_ih, struct orr_var *w_hh,
                         struct orr_var *b_ih, struct orr_var *b_hh)
{
    return recurrent(&LSTM, &LSTM_CELL, (struct orr_var *[]){x, h0, w_ih, w_hh, b_ih, b_hh});
}
