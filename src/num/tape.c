#include <orrery/tape.h>

#include <stdlib.h>

#include "base/mem.h"
#include "num/op.h"
#include "num/tape_watch.h"

enum { MANY = 1 << 14 /* numbers: worth asking before */ };
enum { ALIGN = 64, FIRST_BLOCK = 1 << 20, FREE_SIZES = 32, FREE_PER_SIZE = 64 };

struct block {
    struct block *next;
    size_t used, size;
    char *data; /* aligned */
    void *memory;
};

/* Gradient buffers whose operation has run backward: the next gradient of that size takes them over, warm in cache. */
struct free_list {
    size_t n;
    int count;
    orr_real *buffer[FREE_PER_SIZE];
};

struct orr_tape {
    struct block *blocks; /* newest first */
    struct orr_var **vars;
    size_t n_vars, vars_cap;
    struct free_list free_lists[FREE_SIZES];
    int n_free_lists;
    bool recording;
    size_t bytes, allocations;
    struct orr_tape_watch watch;
    bool stopped;
};

static struct block *block_new(struct orr_tape *t, size_t size)
{
    struct block *b = orr_xmalloc(sizeof *b);
    b->memory = orr_xmalloc(size + ALIGN);
    b->data = (char *)(((uintptr_t)b->memory + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1));
    b->used = 0;
    b->size = size;
    b->next = t->blocks;
    t->blocks = b;
    t->bytes += size;
    t->allocations += 2;
    return b;
}

static void block_free(struct block *b)
{
    free(b->memory);
    free(b);
}

static void *take(struct orr_tape *t, size_t size)
{
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    struct block *b = t->blocks;
    if (!b || b->size - b->used < size) {
        size_t want = b ? 2 * b->size : FIRST_BLOCK;
        b = block_new(t, want > size ? want : size);
    }
    void *p = b->data + b->used;
    b->used += size;
    return p;
}

struct orr_tape *orr_tape_new(void)
{
    struct orr_tape *t = orr_xcalloc(1, sizeof *t);
    t->recording = true;
    return t;
}

void orr_tape_free(struct orr_tape *t)
{
    if (!t) return;
    for (struct block *b = t->blocks, *next; b; b = next) {
        next = b->next;
        block_free(b);
    }
    free(t->vars);
    free(t);
}

void orr_tape_reset(struct orr_tape *t)
{
    if (t->blocks && t->blocks->next) { /* one block that holds what the last step took */
        size_t used = 0;
        for (struct block *b = t->blocks, *next; b; b = next) {
            next = b->next;
            used += b->used;
            block_free(b);
        }
        t->blocks = NULL;
        t->bytes = 0;
        block_new(t, used + used / 8);
    }
    if (t->blocks) t->blocks->used = 0;
    t->n_vars = 0;
    t->n_free_lists = 0;
}

void orr_tape_record(struct orr_tape *t, bool on) { t->recording = on; }
size_t orr_tape_bytes(const struct orr_tape *t) { return t->bytes; }
size_t orr_tape_allocations(const struct orr_tape *t) { return t->allocations; }

orr_real *orr_tape_alloc(struct orr_tape *t, size_t n) { return take(t, n * sizeof(orr_real)); }

static struct orr_var *add_var(struct orr_tape *t, struct orr_shape shape)
{
    struct orr_var *v = take(t, sizeof *v);
    memset(v, 0, sizeof *v);
    v->shape = shape;
    v->n = orr_shape_count(shape);
    v->tape = t;
    v->root = v;
    if (t->n_vars == t->vars_cap) {
        t->vars_cap = t->vars_cap ? 2 * t->vars_cap : 256;
        t->vars = orr_xrealloc(t->vars, t->vars_cap, sizeof(struct orr_var *));
        t->allocations++;
    }
    t->vars[t->n_vars++] = v;
    return v;
}

struct orr_var *orr_tape_push(struct orr_tape *t, const struct orr_op *op, struct orr_shape shape,
                              struct orr_var *const *in, int n_in)
{
    struct orr_var *v = add_var(t, shape);
    assert(n_in <= ORR_MAX_INPUTS);
    v->op = op;
    for (int k = 0; k < n_in; k++) {
        v->in[k] = in[k];
        v->needs_grad |= in[k] && in[k]->needs_grad;
    }
    v->needs_grad &= t->recording;
    v->value = orr_tape_alloc(t, v->n);
    return v;
}

struct orr_var *orr_tape_view(struct orr_var *v, struct orr_shape shape)
{
    assert(orr_shape_count(shape) == v->n);
    struct orr_var *w = add_var(v->tape, shape);
    w->root = v->root;
    w->value = v->value;
    w->needs_grad = v->needs_grad;
    return w;
}

struct orr_var *orr_tape_input(struct orr_tape *t, struct orr_shape shape, const orr_real *value)
{
    struct orr_var *v = add_var(t, shape);
    v->value = (orr_real *)(uintptr_t)value; /* never written: no operation works in place */
    return v;
}

struct orr_var *orr_tape_zeros(struct orr_tape *t, struct orr_shape shape)
{
    struct orr_var *v = add_var(t, shape);
    v->value = orr_tape_alloc(t, v->n);
    memset(v->value, 0, v->n * sizeof *v->value);
    return v;
}

struct orr_var *orr_tape_param(struct orr_tape *t, const struct orr_params *p, size_t tensor)
{
    struct orr_var *v = add_var(t, p->tensor[tensor].shape);
    v->value = orr_params_value(p, tensor);
    v->grad = orr_params_grad(p, tensor);
    v->needs_grad = t->recording;
    return v;
}

struct orr_var *orr_tape_leaf(struct orr_tape *t, struct orr_shape shape, const orr_real *value)
{
    struct orr_var *v = orr_tape_input(t, shape, value);
    v->needs_grad = t->recording;
    return v;
}

static struct free_list *free_list_of(struct orr_tape *t, size_t n, bool create)
{
    for (int k = 0; k < t->n_free_lists; k++)
        if (t->free_lists[k].n == n) return &t->free_lists[k];
    if (!create || t->n_free_lists == FREE_SIZES) return NULL;
    struct free_list *l = &t->free_lists[t->n_free_lists++];
    l->n = n;
    l->count = 0;
    return l;
}

orr_real *orr_grad_of(struct orr_var *v, bool *add)
{
    if (!v || !v->needs_grad) return NULL;
    struct orr_var *r = v->root;
    *add = r->grad != NULL;
    if (!r->grad) {
        struct free_list *l = free_list_of(r->tape, r->n, false);
        r->grad = l && l->count ? l->buffer[--l->count] : orr_tape_alloc(r->tape, r->n);
    }
    return r->grad;
}

/* The gradient of an operation's own result is dead once it has been passed on. */
static void recycle(struct orr_var *v)
{
    struct free_list *l = free_list_of(v->tape, v->n, true);
    if (l && l->count < FREE_PER_SIZE) l->buffer[l->count++] = v->grad;
    v->grad = NULL;
}

void orr_tape_backward_scaled(struct orr_var *loss, double seed)
{
    struct orr_tape *t = loss->tape;
    assert(loss->n == 1);
    if (!loss->needs_grad) return;
    bool add;
    orr_real *g = orr_grad_of(loss, &add);
    *g = (orr_real)seed;
    for (size_t k = t->n_vars; k-- > 0;) {
        struct orr_var *v = t->vars[k];
        if (!v->op || !v->grad) continue; /* a leaf, a view, or nothing depends on it */
        if (v->n >= MANY && !orr_tape_go_on(t)) return;
        v->op->backward(v);
        recycle(v);
    }
}

void orr_tape_watch(struct orr_tape *t, const struct orr_tape_watch *watch)
{
    t->watch = *watch;
    t->stopped = false;
}

bool orr_tape_go_on(struct orr_tape *t)
{
    const struct orr_tape_watch *w = &t->watch;
    if (!t->stopped) t->stopped = !orr_ticker_tick(w->ticker, w->what, w->unit, w->done, w->total);
    return !t->stopped;
}

bool orr_tape_stopped(const struct orr_tape *t) { return t->stopped; }
