/* Our own files of dual encoders: one safetensors file, configuration and words in its metadata. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/vec.h"
#include "methods/clip/layout.h"
#include "methods/clip/source.h"
#include "methods/model_file.h"

static const char FORMAT[] = "dual encoder 1";

/* Whole numbers of the configuration by name. */
static const struct {
    const char *name;
    size_t at;
} integers[] = {{"image", offsetof(struct orr_clip_config, image)},
                {"patch", offsetof(struct orr_clip_config, patch)},
                {"vision_width", offsetof(struct orr_clip_config, vision_width)},
                {"vision_layers", offsetof(struct orr_clip_config, vision_layers)},
                {"vision_heads", offsetof(struct orr_clip_config, vision_heads)},
                {"vision_hidden", offsetof(struct orr_clip_config, vision_hidden)},
                {"context", offsetof(struct orr_clip_config, context)},
                {"text_width", offsetof(struct orr_clip_config, text_width)},
                {"text_layers", offsetof(struct orr_clip_config, text_layers)},
                {"text_heads", offsetof(struct orr_clip_config, text_heads)},
                {"text_hidden", offsetof(struct orr_clip_config, text_hidden)},
                {"embed", offsetof(struct orr_clip_config, embed)}};
enum { INTEGERS = sizeof integers / sizeof *integers };

static int *integer_at(struct orr_clip_config *g, size_t i) { return (int *)(void *)((char *)g + integers[i].at); }

enum orr_status orr_clip_save(const struct orr_clip *c, const char *path, bool half, const char *trained,
                              struct orr_error *err)
{
    struct orr_clip_config g = c->config;
    char number[INTEGERS][16], mean[64], deviation[64];
    const char *metadata[2 * (INTEGERS + 6) + 1];
    size_t n = 0;
    if (!c->tokens || !orr_clip_tokens_text(c->tokens))
        return orr_error_set(err, ORR_EUNSUPPORTED, path, "only encoders with a vocabulary of words are saved");
#define PUT(key, value) (metadata[n++] = (key), metadata[n++] = (value))
    PUT("format", FORMAT);
    for (size_t i = 0; i < INTEGERS; i++) {
        snprintf(number[i], sizeof number[i], "%d", *integer_at(&g, i));
        PUT(integers[i].name, number[i]);
    }
    snprintf(mean, sizeof mean, "%.6f %.6f %.6f", (double)g.mean[0], (double)g.mean[1], (double)g.mean[2]);
    snprintf(deviation, sizeof deviation, "%.6f %.6f %.6f", (double)g.std[0], (double)g.std[1], (double)g.std[2]);
    PUT("mean", mean);
    PUT("std", deviation);
    PUT("words", orr_clip_tokens_text(c->tokens));
    PUT("trained", trained);
#undef PUT
    metadata[n] = NULL;

    const struct orr_params *p = &c->params;
    struct orr_safetensor_out *out = orr_xcalloc(p->n_tensors, sizeof *out);
    int64_t(*shape)[ORR_MAX_AXES] = orr_xcalloc(p->n_tensors, sizeof *shape);
    for (size_t i = 0; i < p->n_tensors; i++) {
        const struct orr_param_tensor *t = &p->tensor[i];
        for (int k = 0; k < t->shape.axes; k++) shape[i][k] = t->shape.size[k];
        out[i] = (struct orr_safetensor_out){
            .name = t->name, .shape = shape[i], .rank = t->shape.axes, .values = p->value + t->offset};
    }
    const enum orr_status s =
        (half ? orr_safetensors_write_half : orr_safetensors_write)(path, out, p->n_tensors, metadata, err);
    free(out);
    free(shape);
    return s;
}

/* ---- reading ---- */

enum orr_status orr_clip_read_tensor(struct orr_safetensors *f, const char *path, const char *name,
                                     struct orr_shape shape, float *to, struct orr_error *err)
{
    const struct orr_safetensor *t = orr_safetensors_find(f, name);
    if (!t) return orr_error_set(err, ORR_EFORMAT, path, "no tensor '%.80s'; is the file complete?", name);
    bool fits = t->rank == shape.axes;
    for (int k = 0; fits && k < shape.axes; k++) fits = t->shape[k] == shape.size[k];
    if (!fits)
        return orr_error_set(err, ORR_EFORMAT, path, "'%.80s' has another shape than its configuration says", name);
    const enum orr_status s = orr_safetensors_read(f, t, 0, t->count, to, err);
    if (s) return s;
    for (size_t i = 0; i < t->count; i++)
        if (!isfinite(to[i]))
            return orr_error_set(err, ORR_EFORMAT, path, "'%.80s' holds what is no finite number", name);
    return ORR_OK;
}

static bool three(const char *text, float out[3])
{
    char more;
    return sscanf(text, "%f %f %f %c", &out[0], &out[1], &out[2], &more) == 3 && isfinite(out[0]) && isfinite(out[1]) &&
           isfinite(out[2]);
}

static enum orr_status open_file(const char *path, struct orr_clip *c, struct orr_error *err)
{
    struct orr_safetensors f = {0};
    struct orr_clip_config g = {.activation = ORR_ACT_QUICK_GELU, .vision_eps = 1e-5, .text_eps = 1e-5};
    enum orr_status s = orr_safetensors_open(path, 0, &f, err);
    if (!s && strcmp(orr_model_metadata(&f, "format"), FORMAT) != 0)
        s = orr_error_set(err, ORR_EFORMAT, path,
                          "no dual encoder of this program; `orrery prompt pretrain` writes them");
    for (size_t i = 0; i < INTEGERS && !s; i++) {
        const double x = orr_model_number(&f, integers[i].name, 0);
        if (!(x >= 1 && x <= 1 << 20 && x == floor(x)))
            s = orr_error_set(err, ORR_EFORMAT, path, "its '%s' is no number that an encoder can have",
                              integers[i].name);
        else
            *integer_at(&g, i) = (int)x;
    }
    if (!s && (!three(orr_model_metadata(&f, "mean"), g.mean) || !three(orr_model_metadata(&f, "std"), g.std) ||
               !(g.std[0] > 0 && g.std[1] > 0 && g.std[2] > 0)))
        s = orr_error_set(err, ORR_EFORMAT, path, "its mean or std of pixels is missing");
    struct orr_clip_tokens *tokens = s ? NULL : orr_clip_tokens_words(orr_model_metadata(&f, "words"));
    if (!s) {
        g.vocab = orr_clip_tokens_count(tokens);
        s = orr_clip_check_size(&g, &f, path, err);
    }
    if (s)
        orr_clip_tokens_free(tokens);
    else
        s = orr_clip_init(c, &g, tokens, 0, err);
    for (size_t i = 0; !s && i < c->params.n_tensors; i++) {
        const struct orr_param_tensor *t = &c->params.tensor[i];
        s = orr_clip_read_tensor(&f, path, t->name, t->shape, c->params.value + t->offset, err);
    }
    if (!s) snprintf(c->trained, sizeof c->trained, "%s", orr_model_metadata(&f, "trained"));
    orr_safetensors_close(&f);
    return s;
}

/* Hostile configurations must not make us allocate what their file cannot hold. */
enum orr_status orr_clip_check_size(const struct orr_clip_config *g, const struct orr_safetensors *f, const char *path,
                                    struct orr_error *err)
{
    size_t has = 0;
    for (size_t i = 0; i < f->n; i++) has += f->tensors[i].count;
    const double dv = g->vision_width, dt = g->text_width;
    const double want = g->vision_layers * (4 * dv * dv + 2 * dv * g->vision_hidden) +
                        g->text_layers * (4 * dt * dt + 2 * dt * g->text_hidden) + g->vocab * dt +
                        3.0 * dv * g->patch * g->patch + g->context * dt;
    if (want > (double)has)
        return orr_error_set(err, ORR_EFORMAT, path, "its configuration asks for %.0f weights, its file holds %zu",
                             want, has);
    return ORR_OK;
}

enum orr_status orr_clip_open(const char *path, const struct orr_ticker *ticker, struct orr_clip *out,
                              struct orr_error *err)
{
    struct stat st;
    *out = (struct orr_clip){0};
    if (stat(path, &st) != 0) return orr_error_set(err, ORR_ENOTFOUND, path, "no such encoder");
    if (!orr_ticker_tick(ticker, "reading weights", "bytes", 0, 0))
        return orr_error_set(err, ORR_ECANCELLED, path, "stopped");
    const enum orr_status s = S_ISDIR(st.st_mode) ? orr_clip_open_folder(path, out, err) : open_file(path, out, err);
    if (s) orr_clip_free(out);
    return s;
}
