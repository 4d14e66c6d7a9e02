#include <orrery/params.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void orr_params_free(struct orr_params *p)
{
    free(p->tensor);
    free(p->value);
    free(p->grad);
    *p = (struct orr_params){0};
}

static void draw(orr_real *w, size_t n, enum orr_init init, double gain, double fan_in, double fan_out,
                 struct orr_rng *rng)
{
    const double xavier = gain * sqrt(6 / (fan_in + fan_out));
    for (size_t i = 0; i < n; i++) {
        double x = 0;
        switch (init) {
        case ORR_INIT_ZERO: break;
        case ORR_INIT_ONE: x = 1; break;
        case ORR_INIT_NORMAL: x = gain * orr_rng_normal(rng); break;
        case ORR_INIT_UNIFORM: x = gain * (2 * orr_rng_uniform(rng) - 1); break;
        case ORR_INIT_KAIMING: x = gain / sqrt(fan_in) * orr_rng_normal(rng); break;
        case ORR_INIT_XAVIER: x = xavier * (2 * orr_rng_uniform(rng) - 1); break;
        case ORR_INIT_FAN_IN_UNIFORM: x = gain / sqrt(fan_in) * (2 * orr_rng_uniform(rng) - 1); break;
        }
        w[i] = (orr_real)x;
    }
}

size_t orr_params_add(struct orr_params *p, const char *name, struct orr_shape shape, enum orr_init init, double gain,
                      int fan_in, struct orr_rng *rng)
{
    const size_t n = orr_shape_count(shape), out = shape.axes ? (size_t)shape.size[0] : 1;
    if (p->n_tensors == p->tensors_cap) {
        p->tensors_cap = p->tensors_cap ? 2 * p->tensors_cap : 16;
        p->tensor = orr_xrealloc(p->tensor, p->tensors_cap, sizeof *p->tensor);
    }
    if (p->n + n > p->cap) {
        p->cap = p->n + n > 2 * p->cap ? p->n + n : 2 * p->cap;
        p->value = orr_xrealloc(p->value, p->cap, sizeof *p->value);
        p->grad = orr_xrealloc(p->grad, p->cap, sizeof *p->grad);
    }
    struct orr_param_tensor *t = &p->tensor[p->n_tensors];
    *t = (struct orr_param_tensor){.shape = shape, .offset = p->n, .decay = shape.axes > 1};
    snprintf(t->name, sizeof t->name, "%s", name);
    const double in = fan_in > 0 ? fan_in : out ? (double)n / (double)out : 1;
    /* Each output channel of a kernel is seen by out * receptive field inputs. */
    const double receptive = shape.axes > 2 ? (double)n / ((double)shape.size[0] * shape.size[1]) : 1;
    draw(p->value + p->n, n, init, gain, in, (double)out * receptive, rng);
    memset(p->grad + p->n, 0, n * sizeof *p->grad);
    p->n += n;
    return p->n_tensors++;
}

orr_real *orr_params_value(const struct orr_params *p, size_t tensor) { return p->value + p->tensor[tensor].offset; }
orr_real *orr_params_grad(const struct orr_params *p, size_t tensor) { return p->grad + p->tensor[tensor].offset; }
void orr_params_zero_grad(struct orr_params *p) { memset(p->grad, 0, p->n * sizeof *p->grad); }

double orr_params_grad_norm(const struct orr_params *p)
{
    double s = 0;
    for (size_t i = 0; i < p->n; i++) s += (double)p->grad[i] * (double)p->grad[i];
    return sqrt(s);
}

double orr_params_clip(struct orr_params *p, double max_norm)
{
    const double norm = orr_params_grad_norm(p);
    if (norm > max_norm) {
        const orr_real scale = (orr_real)(max_norm / norm);
        for (size_t i = 0; i < p->n; i++) p->grad[i] *= scale;
    }
    return norm;
}
