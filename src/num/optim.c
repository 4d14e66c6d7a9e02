#include <orrery/optim.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "num/kernel.h"

struct orr_optim_options orr_optim_defaults(enum orr_optim_kind kind, double lr)
{
    struct orr_optim_options o = {.kind = kind, .lr = lr, .momentum = 0.9, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8,
                                  .gamma = 0.1, .step_size = 1};
    if (kind == ORR_RMSPROP) o.beta2 = 0.99;
    if (kind == ORR_ADAMW) o.weight_decay = 0.01;
    return o;
}

void orr_optim_init(struct orr_optim *s, const struct orr_optim_options *o, const struct orr_params *p)
{
    *s = (struct orr_optim){.o = *o, .n = p->n};
    if (o->kind == ORR_MOMENTUM || o->kind == ORR_ADAM || o->kind == ORR_ADAMW) s->m = orr_xcalloc(p->n, sizeof *s->m);
    if (o->kind == ORR_RMSPROP || o->kind == ORR_ADAM || o->kind == ORR_ADAMW) s->v = orr_xcalloc(p->n, sizeof *s->v);
}

void orr_optim_free(struct orr_optim *s)
{
    free(s->m);
    free(s->v);
    *s = (struct orr_optim){0};
}

double orr_optim_lr(const struct orr_optim_options *o, int64_t step)
{
    if (step < o->warmup) return o->lr * (double)(step + 1) / o->warmup;
    const double at = (double)(step - o->warmup), span = o->total > o->warmup ? (double)(o->total - o->warmup) : 1;
    const double f = at < span ? at / span : 1;
    switch (o->schedule) {
    case ORR_CONSTANT: break;
    case ORR_LINEAR: return o->lr + (o->final_lr - o->lr) * f;
    case ORR_COSINE: return o->final_lr + 0.5 * (o->lr - o->final_lr) * (1 + cos(M_PI * f));
    case ORR_STEP: return o->lr * pow(o->gamma, floor(at / (o->step_size > 0 ? o->step_size : 1)));
    case ORR_EXPONENTIAL: return o->lr * pow(o->gamma, at);
    }
    return o->lr;
}

ORR_KERNEL static void sgd(orr_real *restrict w, const orr_real *restrict g, size_t n, orr_real lr, orr_real scale,
                           orr_real decay)
{
    for (size_t i = 0; i < n; i++) w[i] -= lr * (scale * g[i] + decay * w[i]);
}

/* b = mu b + g (b = g at the first step); w -= lr b, or with Nesterov lr (g + mu b). */
ORR_KERNEL static void momentum(orr_real *restrict w, const orr_real *restrict g, orr_real *restrict b, size_t n,
                                orr_real lr, orr_real scale, orr_real decay, orr_real mu, bool nesterov)
{
    if (nesterov)
        for (size_t i = 0; i < n; i++) {
            const orr_real d = scale * g[i] + decay * w[i];
            b[i] = mu * b[i] + d;
            w[i] -= lr * (d + mu * b[i]);
        }
    else
        for (size_t i = 0; i < n; i++) {
            b[i] = mu * b[i] + scale * g[i] + decay * w[i];
            w[i] -= lr * b[i];
        }
}

/* v = a v + (1 - a) g^2; w -= lr g / (sqrt v + eps). */
ORR_KERNEL static void rmsprop(orr_real *restrict w, const orr_real *restrict g, orr_real *restrict v, size_t n,
                               orr_real lr, orr_real scale, orr_real decay, double alpha, orr_real eps)
{
    const orr_real a = (orr_real)alpha, a1 = (orr_real)(1 - alpha); /* 1 - a would lose digits in single precision */
    for (size_t i = 0; i < n; i++) {
        const orr_real d = scale * g[i] + decay * w[i];
        v[i] = a * v[i] + a1 * d * d;
        w[i] -= lr * d / ((orr_real)sqrt(v[i]) + eps);
    }
}

/* m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2; w -= lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps). */
ORR_KERNEL static void adam(orr_real *restrict w, const orr_real *restrict g, orr_real *restrict m,
                            orr_real *restrict v, size_t n, orr_real rate, orr_real scale, orr_real l2, orr_real keep,
                            double beta1, double beta2, orr_real inv_c2, orr_real eps)
{
    const orr_real b1 = (orr_real)beta1, b2 = (orr_real)beta2, d1 = (orr_real)(1 - beta1), d2 = (orr_real)(1 - beta2);
    for (size_t i = 0; i < n; i++) {
        const orr_real d = scale * g[i] + l2 * w[i];
        m[i] = b1 * m[i] + d1 * d;
        v[i] = b2 * v[i] + d2 * d * d;
        const orr_real root = sizeof(orr_real) == 4 ? (orr_real)sqrtf((float)(v[i] * inv_c2))
                                                    : (orr_real)sqrt((double)(v[i] * inv_c2));
        w[i] = keep * w[i] - rate * m[i] / (root + eps);
    }
}

double orr_optim_step(struct orr_optim *s, struct orr_params *p)
{
    const struct orr_optim_options *o = &s->o;
    double norm = 0;
    orr_real scale = 1;
    if (o->clip_norm > 0) {
        norm = orr_params_grad_norm(p);
        if (!isfinite(norm)) return norm;
        if (norm > o->clip_norm) scale = (orr_real)(o->clip_norm / norm);
    }
    const double lr = orr_optim_lr(o, s->step++), c1 = 1 - pow(o->beta1, (double)s->step),
                 c2 = 1 - pow(o->beta2, (double)s->step);
    const orr_real decay = (orr_real)o->weight_decay;
    switch (o->kind) {
    case ORR_SGD: sgd(p->value, p->grad, p->n, (orr_real)lr, scale, decay); break;
    case ORR_MOMENTUM:
        momentum(p->value, p->grad, s->m, p->n, (orr_real)lr, scale, decay, (orr_real)o->momentum, o->nesterov);
        break;
    case ORR_RMSPROP:
        rmsprop(p->value, p->grad, s->v, p->n, (orr_real)lr, scale, decay, o->beta2, (orr_real)o->eps);
        break;
    case ORR_ADAM:
        adam(p->value, p->grad, s->m, s->v, p->n, (orr_real)(lr / c1), scale, decay, 1, o->beta1,
             o->beta2, (orr_real)(1 / c2), (orr_real)o->eps);
        break;
    case ORR_ADAMW:
        for (size_t t = 0; t < p->n_tensors; t++) {
            const size_t at = p->tensor[t].offset;
            const double keep = p->tensor[t].decay ? 1 - lr * o->weight_decay : 1;
            adam(p->value + at, p->grad + at, s->m + at, s->v + at, orr_shape_count(p->tensor[t].shape),
                 (orr_real)(lr / c1), scale, 0, (orr_real)keep, o->beta1, o->beta2,
                 (orr_real)(1 / c2), (orr_real)o->eps);
        }
        break;
    }
    return norm;
}
