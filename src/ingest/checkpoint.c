/* Checkpoints: tensors of a .safetensors, .npy or .npz file as a snapshot of the step that its name or its folder's
 * names. Tensors are handed on in parts, so that memory does not grow with them. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/npy.h"
#include "base/number.h"
#include "base/reader.h"
#include "base/safetensors.h"
#include "base/str.h"
#include "ingest/checkpoint.h"
#include "ingest/format.h"
#include "ingest/npz.h"

enum { PART = 1 << 20 /* elements handed on at once */ };

/* What is common to the tensors of one file. */
struct load {
    struct orr_ingest *in;
    struct orr_sink *sink;
    uint32_t run;
    int64_t step;
    float *values; /* [part] */
    size_t part;
    uint64_t done, total; /* bytes, for the ticker */
};

/* ---- names ---- */

/* A number after a word for steps within name[0..n): "step_100", "epoch=3-step=1000", "checkpoint-500". A step beats an
 * epoch. *begin and *end delimit what was found. */
static bool find_step(const char *name, size_t n, int64_t *step, size_t *begin, size_t *end)
{
    static const char *const words[] = {"global_step", "step", "iteration", "iter", "checkpoint", "ckpt", "epoch"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++) {
        const size_t word_n = strlen(words[w]);
        for (size_t at = 0; at + word_n < n; at++) {
            if (strncasecmp(name + at, words[w], word_n) != 0 || (at > 0 && isalpha((unsigned char)name[at - 1])))
                continue;
            size_t digits = at + word_n;
            if (digits < n && strchr("_-=", name[digits])) digits++;
            size_t stop = digits;
            while (stop < n && isdigit((unsigned char)name[stop])) stop++;
            if (stop == digits || !orr_parse_int64(name + digits, stop - digits, step)) continue;
            *begin = at;
            *end = stop;
            return true;
        }
    }
    return false;
}

/* The step named by the file at `path` or by the folder it is in; *file tells which. */
static bool step_of(const char *path, int64_t *step, bool *file, size_t *begin, size_t *end)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    *file = true;
    if (find_step(name, strlen(name), step, begin, end)) return true;
    *file = false;
    if (!slash) return false;
    const char *folder = slash;
    while (folder > path && folder[-1] != '/') folder--;
    return find_step(folder, (size_t)(slash - folder), step, begin, end);
}

/* The run is the folder that holds the checkpoints: "a/checkpoint-500/model.safetensors" -> "a". */
static size_t run_part(const char *path)
{
    int64_t step;
    bool in_file;
    size_t begin, end, n = strlen(path);
    if (!step_of(path, &step, &in_file, &begin, &end)) return n;
    for (int up = in_file ? 1 : 2; up > 0; up--) {
        while (n > 0 && path[n - 1] != '/') n--;
        while (n > 0 && path[n - 1] == '/') n--;
    }
    return n > 0 ? n : strlen(path);
}

bool orr_checkpoint_place(const char *path, int64_t *step, size_t *run)
{
    bool in_file;
    size_t begin, end;
    *run = run_part(path);
    return step_of(path, step, &in_file, &begin, &end);
}

/* Name of the one tensor of a .npy file: the file's, without extension and step. The caller frees. */
static char *tensor_name(const char *path, bool step_in_file, size_t begin, size_t end)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    struct orr_str s = {0};
    const size_t n = strlen(name) - strlen(".npy");
    if (step_in_file && end <= n) {
        orr_str_append_n(&s, name, begin);
        while (s.len > 0 && strchr("_-.", s.data[s.len - 1])) s.data[--s.len] = '\0';
        if (s.len == 0 && end < n && strchr("_-.", name[end])) end++;
        orr_str_append_n(&s, name + end, n - end);
    } else {
        orr_str_append_n(&s, name, n);
    }
    if (s.len == 0) orr_str_append(&s, "array");
    return s.data;
}

/* ---- tensors ---- */

/* Hands on one tensor; `read` gives its next n elements. */
static enum orr_status hand_on(struct load *l, const char *name, const int64_t *shape, int rank, size_t count,
                               size_t element_size, enum orr_status (*read)(void *, size_t, size_t, float *,
                                                                            struct orr_error *),
                               void *ctx, struct orr_error *err)
{
    struct orr_snapshot_part part = {.step = l->step, .tensor = name, .shape = shape, .rank = rank, .total = count,
                                     .values = l->values};
    do {
        part.n = count - part.first < l->part ? count - part.first : l->part;
        if (!orr_ticker_tick(&l->in->ticker, l->in->path, "bytes", l->done, l->total))
            return orr_error_set(err, ORR_ECANCELLED, l->in->path, "cancelled");
        enum orr_status s = read(ctx, part.first, part.n, l->values, err);
        if (!s) s = orr_sink_snapshot(l->sink, l->run, &part, err);
        if (s) return s;
        part.first += part.n;
        l->done += part.n * element_size;
    } while (part.first < count);
    return ORR_OK;
}

static enum orr_status next_of_npy(void *ctx, size_t first, size_t n, float *out, struct orr_error *err)
{
    (void)first; /* parts come in order */
    return orr_npy_read(ctx, out, n, err);
}

static enum orr_status load_npy(struct load *l, const char *name, const struct orr_npy_source *source,
                                struct orr_error *err)
{
    struct orr_npy a;
    enum orr_status s = orr_npy_open(&a, source, err);
    if (!s) s = hand_on(l, name, a.shape, a.rank, a.count, orr_dtype_size(a.dtype), next_of_npy, &a, err);
    orr_npy_close(&a);
    return s;
}

static enum orr_status load_npy_file(struct load *l, const char *name, struct orr_error *err)
{
    struct orr_reader *r;
    enum orr_status s = orr_reader_open(l->in->path, l->in->buffer_size, &r, err);
    if (s) return s;
    const struct orr_npy_source source = orr_npy_reader_source(r);
    l->total = source.size;
    s = load_npy(l, name, &source, err);
    orr_reader_close(r);
    return s;
}

/* Members that hold no numbers are skipped: optimizer states often hold a few. */
static enum orr_status load_npz(struct load *l, struct orr_error *err)
{
    struct orr_npz *z;
    enum orr_status s = orr_npz_open(l->in->path, &z, err);
    for (size_t i = 0; !s && i < orr_npz_count(z); i++) {
        struct orr_npy_source source;
        struct orr_error why;
        const char *name = orr_npz_name(z, i);
        if (!name) continue;
        if ((s = orr_npz_member(z, i, &source, err))) break;
        s = load_npy(l, name, &source, &why);
        if (s == ORR_EUNSUPPORTED) {
            orr_sink_warn(l->sink, why.where, "skipped: %s", why.message);
            s = ORR_OK;
        } else if (s && err) {
            *err = why;
        }
    }
    orr_npz_close(z);
    return s;
}

struct safetensor {
    struct orr_safetensors *file;
    const struct orr_safetensor *tensor;
};

static enum orr_status next_of_safetensor(void *ctx, size_t first, size_t n, float *out, struct orr_error *err)
{
    const struct safetensor *t = ctx;
    return orr_safetensors_read(t->file, t->tensor, first, n, out, err);
}

static enum orr_status load_safetensors(struct load *l, struct orr_error *err)
{
    struct orr_safetensors f = {0};
    enum orr_status s = orr_safetensors_open(l->in->path, l->in->buffer_size, &f, err);
    if (!s && f.n) l->total = f.tensors[f.n - 1].end;
    for (size_t i = 0; !s && i < f.n; i++) {
        const struct orr_safetensor *t = &f.tensors[i];
        struct safetensor ctx = {&f, t};
        s = hand_on(l, t->name, t->shape, t->rank, t->count, orr_dtype_size(t->dtype), next_of_safetensor, &ctx, err);
    }
    orr_safetensors_close(&f);
    return s;
}

/* ---- the format ---- */

static bool is_npz(const char *path) { return orr_ends_with(path, ".npz"); }
static bool is_npy(const char *path) { return orr_ends_with(path, ".npy"); }

static enum orr_status read_file(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    struct load l = {.in = in, .sink = sink, .part = in->buffer_size ? in->buffer_size : PART};
    bool in_file = false;
    size_t begin = 0, end = 0;
    if (!step_of(in->path, &l.step, &in_file, &begin, &end)) {
        in_file = true;
        begin = end = 0;
        orr_sink_warn(sink, in->path, "neither its name nor its folder's names a step: taken as step 0");
    }
    char *tensor = is_npy(in->path) ? tensor_name(in->path, in_file, begin, end) : NULL;
    l.values = orr_alloc(l.part, sizeof *l.values);
    enum orr_status s;
    if (!l.values) {
        s = orr_error_set(err, ORR_ENOMEM, in->path, "no memory for %zu elements", l.part);
        goto out;
    }
    const struct orr_run_meta meta = {.key = in->run_key, .name = in->run_name ? in->run_name : in->run_key,
                                      .started = NAN, .ended = NAN};
    if ((s = orr_sink_run(sink, &meta, &l.run, err))) goto out;
    s = is_npz(in->path) ? load_npz(&l, err) : tensor ? load_npy_file(&l, tensor, err) : load_safetensors(&l, err);
    in->end_offset = l.total;
out:
    free(l.values);
    free(tensor);
    return s;
}

/* Arrays and models lie about in many folders: only those that name a step are checkpoints. */
static int detect(const char *path, const unsigned char *head, size_t n)
{
    int64_t step;
    bool file;
    size_t begin, end;
    if (!step_of(path, &step, &file, &begin, &end)) return 0;
    if (is_npy(path)) return n >= 6 && memcmp(head, "\x93NUMPY", 6) == 0 ? 95 : 0;
    if (is_npz(path)) return n >= 4 && memcmp(head, "PK", 2) == 0 ? 90 : 0;
    return orr_ends_with(path, ".safetensors") && n > 8 && head[8] == '{' ? 95 : 0;
}

const struct orr_format orr_format_checkpoint = {
    .name = "checkpoint",
    .summary = "weights at a step: .safetensors, .npy, .npz whose name or folder names the step",
    .detect = detect,
    .run_part = run_part,
    .read = read_file,
};
