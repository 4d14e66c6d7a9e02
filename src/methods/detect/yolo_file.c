#include "methods/detect/yolo_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/reader.h"
#include "base/str.h"
#include "methods/detect/infer.h"
#include "methods/model_file.h"

enum { DEFAULT_SIZE = 640, SIZE_MAX_ = 8192, ONNX_MAX = 1 << 30 };
static const char FORMAT[] = "orrery-yolo-1";

/* ---- tensors by name ---- */

static const struct orr_yolo_tensor *find(const struct orr_yolo_source *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->tensor[i].name, name)) return &s->tensor[i];
    return NULL;
}

static void shape_text(const struct orr_yolo_tensor *t, struct orr_str *out)
{
    orr_str_append(out, "(");
    for (int a = 0; a < t->rank; a++) orr_str_printf(out, a ? ", %lld" : "%lld", (long long)t->shape[a]);
    orr_str_append(out, ")");
}

static enum orr_status wrong_shape(const struct orr_yolo_source *s, const struct orr_yolo_tensor *t,
                                   const struct orr_yolo_tensor *want, struct orr_error *err)
{
    struct orr_str is = {0}, should = {0};
    shape_text(t, &is);
    shape_text(want, &should);
    const enum orr_status status =
        orr_error_set(err, ORR_EFORMAT, s->path, "tensor %s is %s, expected %s: not a YOLOv5 (v6) network", t->name,
                      orr_str_c(&is), orr_str_c(&should));
    orr_str_free(&is);
    orr_str_free(&should);
    return status;
}

/* Reads tensor `name` of the given shape; fallback >= 0: where it is missing, out is filled with that number. */
static enum orr_status take(const struct orr_yolo_source *s, const char *name, struct orr_shape shape, double fallback,
                            orr_real *out, struct orr_error *err)
{
    const struct orr_yolo_tensor *t = find(s, name);
    const size_t n = orr_shape_count(shape);
    if (!t && fallback >= 0) {
        for (size_t i = 0; i < n; i++) out[i] = (orr_real)fallback;
        return ORR_OK;
    }
    if (!t) return orr_error_set(err, ORR_EFORMAT, s->path, "tensor %s is missing: not a YOLOv5 (v6) network", name);
    struct orr_yolo_tensor want = {.rank = shape.axes};
    bool fits = t->rank == shape.axes;
    for (int a = 0; a < shape.axes; a++) {
        want.shape[a] = shape.size[a];
        fits = fits && t->shape[a] == shape.size[a];
    }
    if (!fits) return wrong_shape(s, t, &want, err);
    const enum orr_status status = s->read(s->ctx, t, out, err);
    for (size_t i = 0; !status && i < n; i++)
        if (!isfinite(out[i]))
            return orr_error_set(err, ORR_EFORMAT, s->path, "tensor %s holds a number that is not finite", name);
    return status;
}

/* "model.0.conv" has its batch norm in "model.0.bn". */
static void norm_name(const struct orr_yolo_conv *c, const char *suffix, char out[64])
{
    snprintf(out, 64, "%.*s.bn.%s", (int)(strlen(c->name) - strlen(".conv")), c->name, suffix);
}

static enum orr_status take_conv(const struct orr_yolo_source *s, struct orr_yolo *y, const struct orr_yolo_conv *c,
                                 struct orr_error *err)
{
    char name[64], norm[64];
    const struct orr_shape channels = orr_shape1(c->out);
    orr_real *const first = orr_params_value(&y->params, c->weight + 1);
    snprintf(name, sizeof name, "%s.weight", c->name);
    enum orr_status status =
        take(s, name, orr_shape4(c->out, c->in, c->size, c->size), -1, orr_params_value(&y->params, c->weight), err);
    if (status) return status;
    snprintf(name, sizeof name, "%s.bias", c->name);
    if (c->output) return take(s, name, channels, -1, first, err);
    orr_real *const shift = orr_params_value(&y->params, c->weight + 2), *const mean = y->state + c->state,
                    *const var = mean + c->out;
    norm_name(c, "weight", norm);
    if (!find(s, norm)) { /* folded in: one that does nothing stays */
        for (int i = 0; i < c->out; i++) {
            first[i] = 1;
            mean[i] = 0;
            var[i] = (orr_real)(1 - ORR_YOLO_BN_EPS);
        }
        return take(s, name, channels, -1, shift, err);
    }
    status = take(s, norm, channels, -1, first, err);
    norm_name(c, "bias", norm);
    if (!status) status = take(s, norm, channels, -1, shift, err);
    norm_name(c, "running_mean", norm);
    if (!status) status = take(s, norm, channels, -1, mean, err);
    norm_name(c, "running_var", norm);
    if (!status) status = take(s, norm, channels, -1, var, err);
    for (int i = 0; !status && i < c->out; i++)
        if (var[i] < 0) return orr_error_set(err, ORR_EFORMAT, s->path, "tensor %s holds a negative variance", norm);
    return status;
}

/* Channels of the first convolution tell the width, rows of the outputs the classes; n and s differ from m in depth too. */
static enum orr_status kind_of(const struct orr_yolo_source *s, enum orr_yolo_kind *kind, int *classes,
                               struct orr_error *err)
{
    static const int widths[] = {[ORR_YOLO_PICO] = 8, [ORR_YOLO_N] = 16, [ORR_YOLO_S] = 32, [ORR_YOLO_M] = 48};
    const struct orr_yolo_tensor *first = find(s, "model.0.conv.weight"), *last = find(s, "model.24.m.0.weight");
    if (!first || !last)
        return orr_error_set(err, ORR_EFORMAT, s->path, "tensor %s is missing: not a YOLOv5 (v6) network",
                             first ? "model.24.m.0.weight" : "model.0.conv.weight");
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        if (first->rank != 4 || first->shape[0] != widths[i]) continue;
        const int64_t rows = last->rank == 4 ? last->shape[0] : 0;
        if (rows % ORR_YOLO_ANCHORS || rows < 6 * ORR_YOLO_ANCHORS ||
            rows > ORR_YOLO_ANCHORS * (5 + ORR_YOLO_CLASSES_MAX))
            return orr_error_set(err, ORR_EFORMAT, s->path,
                                 "tensor %s has %lld rows, expected 3 (5 + classes) of 1 to %d classes", last->name,
                                 (long long)rows, (int)ORR_YOLO_CLASSES_MAX);
        *kind = (enum orr_yolo_kind)i;
        *classes = (int)rows / ORR_YOLO_ANCHORS - 5;
        return ORR_OK;
    }
    return orr_error_set(err, ORR_EFORMAT, s->path, "tensor %s has %lld channels; pico has 8, n 16, s 32, m 48",
                         first->name, first->rank ? (long long)first->shape[0] : 0);
}

enum orr_status orr_yolo_take(const struct orr_yolo_source *s, struct orr_yolo *y, struct orr_error *err)
{
    enum orr_yolo_kind kind = ORR_YOLO_N;
    int classes = 0;
    *y = (struct orr_yolo){0};
    enum orr_status status = kind_of(s, &kind, &classes, err);
    if (!status) status = orr_yolo_init(y, kind, classes, 0, err);
    for (int i = 0; !status && i < y->n_convs; i++) status = take_conv(s, y, &y->conv[i], err);
    if (status) orr_yolo_free(y);
    return status;
}

/* ---- safetensors ---- */

static enum orr_status read_safetensor(void *ctx, const struct orr_yolo_tensor *t, float *out, struct orr_error *err)
{
    const struct orr_safetensor *x = t->handle;
    return orr_safetensors_read(ctx, x, 0, x->count, out, err);
}

/* "name name ..." and "w,h w,h ...", nine of them. */
static enum orr_status read_names(const struct orr_safetensors *f, const char *path, struct orr_yolo *y,
                                  struct orr_error *err)
{
    const char *names = orr_model_metadata(f, "classes"), *anchors = orr_model_metadata(f, "anchors");
    for (int c = 0; *names && c < y->classes; c++) {
        const size_t n = strcspn(names, " ");
        snprintf(y->class_name[c], sizeof y->class_name[c], "%.*s", (int)(n < 23 ? n : 23), names);
        names += n + (names[n] == ' ');
    }
    double *a = &y->anchor[0][0][0];
    for (int k = 0; *anchors && k < 2 * ORR_YOLO_LEVELS * ORR_YOLO_ANCHORS; k++) {
        const size_t n = strcspn(anchors, ", ");
        if (!orr_parse_double(anchors, n, &a[k]) || !(a[k] > 0 && a[k] < 1e5))
            return orr_error_set(err, ORR_EFORMAT, path, "its anchors are not nine pairs of numbers above 0");
        anchors += n + (anchors[n] != 0);
    }
    return ORR_OK;
}

static enum orr_status load_safetensors(struct orr_reader *r, const char *path, struct orr_yolo *y, int *size,
                                        struct orr_error *err)
{
    struct orr_safetensors f = {0};
    struct orr_yolo_source s = {.path = path, .read = read_safetensor, .ctx = &f};
    enum orr_status status = orr_safetensors_open_reader(r, &f, err);
    if (!status) s.tensor = orr_xcalloc(f.n + 1, sizeof *s.tensor);
    for (size_t i = 0; !status && i < f.n; i++) {
        const struct orr_safetensor *t = &f.tensors[i];
        struct orr_yolo_tensor *to = &s.tensor[s.n++];
        *to = (struct orr_yolo_tensor){.name = t->name, .rank = t->rank <= 4 ? t->rank : 0, .handle = t};
        for (int a = 0; a < to->rank; a++) to->shape[a] = t->shape[a];
    }
    if (!status) status = orr_yolo_take(&s, y, err);
    if (!status) {
        const double side = orr_model_number(&f, "size", DEFAULT_SIZE);
        *size =
            side >= ORR_YOLO_STRIDE && side <= SIZE_MAX_ ? (int)side / ORR_YOLO_STRIDE * ORR_YOLO_STRIDE : DEFAULT_SIZE;
        status = read_names(&f, path, y, err);
        if (status) orr_yolo_free(y);
    }
    free(s.tensor);
    orr_safetensors_close(&f);
    return status;
}

enum orr_status orr_yolo_load(const char *path, struct orr_yolo *y, int *size, struct orr_error *err)
{
    struct orr_reader *r;
    size_t n;
    *y = (struct orr_yolo){0};
    *size = DEFAULT_SIZE;
    enum orr_status status = orr_reader_open(path, 0, &r, err);
    if (status) return status;
    const unsigned char *head = orr_reader_peek(r, 9, &n);
    if (head && n >= 9 && head[8] == '{') return load_safetensors(r, path, y, size, err); /* a length, then JSON */
    if (orr_reader_size(r) > ONNX_MAX)
        status = orr_error_set(err, ORR_EUNSUPPORTED, path, "is larger than 1 GB");
    else
        head = orr_reader_peek(r, (size_t)orr_reader_size(r), &n);
    if (!status && !head) status = orr_reader_status(r, err);
    if (!status) status = orr_yolo_parse_onnx(head, n, path, y, err);
    orr_reader_close(r);
    return status;
}

/* ---- saving ---- */

struct list {
    struct orr_safetensor_out out[5 * ORR_YOLO_CONVS_MAX];
    char name[5 * ORR_YOLO_CONVS_MAX][64];
    int64_t shape[5 * ORR_YOLO_CONVS_MAX][4];
    size_t n;
};

static void put(struct list *l, const char *name, struct orr_shape shape, const float *values)
{
    const size_t k = l->n++;
    snprintf(l->name[k], sizeof l->name[k], "%s", name);
    for (int a = 0; a < shape.axes; a++) l->shape[k][a] = shape.size[a];
    l->out[k] = (struct orr_safetensor_out){l->name[k], l->shape[k], shape.axes, values};
}

static void put_conv(struct list *l, const struct orr_yolo *y, int index, bool folded, float *numbers)
{
    const struct orr_yolo_conv *c = &y->conv[index];
    const size_t n = (size_t)c->out * (size_t)c->in * (size_t)(c->size * c->size);
    const struct orr_shape channels = orr_shape1(c->out);
    char name[64];
    if (folded) orr_yolo_fold(y, index, numbers, numbers + n);
    snprintf(name, sizeof name, "%s.weight", c->name);
    put(l, name, orr_shape4(c->out, c->in, c->size, c->size),
        folded ? numbers : orr_params_value(&y->params, c->weight));
    snprintf(name, sizeof name, "%s.bias", c->name);
    if (folded || c->output) {
        put(l, name, channels, folded ? numbers + n : orr_params_value(&y->params, c->weight + 1));
        return;
    }
    const orr_real *part[] = {orr_params_value(&y->params, c->weight + 1), orr_params_value(&y->params, c->weight + 2),
                              y->state + c->state, y->state + c->state + c->out};
    static const char *const suffix[] = {"weight", "bias", "running_mean", "running_var"};
    for (int k = 0; k < 4; k++) {
        norm_name(c, suffix[k], name);
        put(l, name, channels, part[k]);
    }
}

enum orr_status orr_yolo_save(const struct orr_yolo *y, const char *path, int size, bool folded, const char *made_by,
                              struct orr_error *err)
{
    struct list *l = orr_xcalloc(1, sizeof *l);
    struct orr_str classes = {0}, anchors = {0};
    char side[16];
    size_t at = 0;
    float *numbers = orr_xcalloc(y->params.n + 1, sizeof *numbers); /* folded: fewer */
    snprintf(side, sizeof side, "%d", size);
    for (int i = 0; i < y->n_convs; i++) {
        put_conv(l, y, i, folded, numbers + at);
        at += (size_t)y->conv[i].out * (1 + (size_t)y->conv[i].in * (size_t)(y->conv[i].size * y->conv[i].size));
    }
    for (int c = 0; c < y->classes; c++) orr_str_printf(&classes, c ? " %s" : "%s", y->class_name[c]);
    for (int k = 0; k < ORR_YOLO_LEVELS * ORR_YOLO_ANCHORS; k++) {
        const double *a = y->anchor[k / ORR_YOLO_ANCHORS][k % ORR_YOLO_ANCHORS];
        if (k) orr_str_append_char(&anchors, ' ');
        orr_str_append_double(&anchors, a[0]);
        orr_str_append_char(&anchors, ',');
        orr_str_append_double(&anchors, a[1]);
    }
    const char *const metadata[] = {"format",  FORMAT,
                                    "kind",    orr_yolo_kind_name(y->kind),
                                    "size",    side,
                                    "classes", orr_str_c(&classes),
                                    "anchors", orr_str_c(&anchors),
                                    "made_by", made_by ? made_by : "",
                                    NULL};
    const enum orr_status status = folded ? orr_safetensors_write_half(path, l->out, l->n, metadata, err)
                                          : orr_safetensors_write(path, l->out, l->n, metadata, err);
    free(numbers);
    free(l);
    orr_str_free(&classes);
    orr_str_free(&anchors);
    return status;
}
