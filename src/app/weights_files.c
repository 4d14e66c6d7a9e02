/* A folder of safetensors checkpoints read in place: headers at first, values block by block when they are wanted. */
#include "app/weights_files.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/safetensors.h"
#include "base/str.h"
#include "base/vec.h"
#include "ingest/checkpoint.h"

enum { MOST_FILES = 256 /* open at once */, DEEPEST = 3, BUFFER = 1 << 18 };

struct file {
    int64_t step;
    char *path;
    struct orr_safetensors tensors;
};
struct place { /* of one tensor at one step */
    struct file *file;
    const struct orr_safetensor *tensor;
};
struct orr_weight_files {
    ORR_VEC(struct file) files;
    ORR_VEC(struct place) places; /* as listed: by tensor, then step */
};

void orr_weight_files_free(struct orr_weight_files *f)
{
    if (!f) return;
    for (size_t i = 0; i < f->files.len; i++) {
        orr_safetensors_close(&f->files.data[i].tensors);
        free(f->files.data[i].path);
    }
    free(f->files.data);
    free(f->places.data);
    free(f);
}

static enum orr_status refuse(const char *folder, const char *why, struct orr_error *err)
{
    return orr_error_set(err, ORR_EUNSUPPORTED, folder, "cannot be read in place: %s", why);
}

/* The checkpoints in the folder or in folders of it that name the step. */
static enum orr_status find(struct orr_weight_files *f, const char *folder, struct orr_error *err)
{
    char *root = realpath(folder, NULL), *roots[] = {root, NULL};
    if (!root) return orr_error_set(err, ORR_ENOTFOUND, folder, "%s", strerror(errno));
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    enum orr_status s = walk ? ORR_OK : orr_error_set(err, ORR_EIO, folder, "%s", strerror(errno));
    for (FTSENT *e; walk && !s && (e = fts_read(walk));) {
        int64_t step;
        size_t run;
        if (e->fts_info == FTS_D && (e->fts_level >= DEEPEST || (e->fts_level && *e->fts_name == '.')))
            fts_set(walk, e, FTS_SKIP);
        if (e->fts_info != FTS_F || *e->fts_name == '.') continue;
        if (orr_ends_with(e->fts_name, ".npy") || orr_ends_with(e->fts_name, ".npz"))
            s = refuse(folder, "NumPy files", err);
        if (s || !orr_ends_with(e->fts_name, ".safetensors")) continue;
        if (!orr_checkpoint_place(e->fts_path, &step, &run)) continue; /* a model beside its checkpoints */
        if (run != strlen(root) || strncmp(e->fts_path, root, run) != 0)
            s = refuse(folder, "several runs", err);
        else if (f->files.len == MOST_FILES)
            s = refuse(folder, "too many files", err);
        else
            ORR_VEC_PUSH(&f->files, (struct file){.step = step, .path = orr_xstrdup(e->fts_path)});
    }
    if (walk) fts_close(walk);
    free(root);
    return !s && !f->files.len ? refuse(folder, "no safetensors whose name holds the step", err) : s;
}

static int by_step(const void *a, const void *b)
{
    const struct file *x = a, *y = b;
    return x->step != y->step ? (x->step > y->step) - (x->step < y->step) : strcmp(x->path, y->path);
}

static int by_name_and_step(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    const int names = strcmp(x->tensor->name, y->tensor->name);
    return names ? names : (x->file->step > y->file->step) - (x->file->step < y->file->step);
}

static enum orr_status list(struct orr_weight_files *f, const struct orr_ticker *ticker, struct orr_error *err)
{
    for (size_t i = 0; i < f->files.len; i++) {
        struct file *file = &f->files.data[i];
        if (!orr_ticker_tick(ticker, file->path, "files", i, f->files.len))
            return orr_error_set(err, ORR_ECANCELLED, file->path, "stopped");
        const enum orr_status s = orr_safetensors_open(file->path, BUFFER, &file->tensors, err);
        if (s) return s;
    }
    for (size_t i = 0; i < f->files.len; i++)
        for (size_t k = 0; k < f->files.data[i].tensors.n; k++)
            ORR_VEC_PUSH(&f->places, (struct place){&f->files.data[i], &f->files.data[i].tensors.tensors[k]});
    if (f->places.len) qsort(f->places.data, f->places.len, sizeof *f->places.data, by_name_and_step);
    for (size_t i = 1; i < f->places.len; i++)
        if (!by_name_and_step(&f->places.data[i - 1], &f->places.data[i]))
            return orr_error_set(err, ORR_EFORMAT, f->places.data[i].file->path,
                                 "tensor \"%.200s\" is also in %s: one step, one value", f->places.data[i].tensor->name,
                                 f->places.data[i - 1].file->path);
    return ORR_OK;
}

enum orr_status orr_weight_files_open(const char *folder, const struct orr_ticker *ticker,
                                      struct orr_weight_files **out, struct orr_error *err)
{
    *out = orr_xcalloc(1, sizeof **out);
    enum orr_status s = find(*out, folder, err);
    if (!s) qsort((*out)->files.data, (*out)->files.len, sizeof(struct file), by_step);
    return s ? s : list(*out, ticker, err);
}

size_t orr_weight_files_count(const struct orr_weight_files *f) { return f->places.len; }

struct orr_snapshot orr_weight_files_item(const struct orr_weight_files *f, size_t i)
{
    const struct place *p = &f->places.data[i];
    struct orr_snapshot s = {
        .step = p->file->step, .tensor = p->tensor->name, .rank = p->tensor->rank, .n = p->tensor->count};
    memcpy(s.shape, p->tensor->shape, sizeof s.shape);
    return s;
}

enum orr_status orr_weight_files_read(struct orr_weight_files *f, size_t item, size_t first, size_t n, float *values,
                                      struct orr_error *err)
{
    const struct place *p = &f->places.data[item];
    return orr_safetensors_read(&p->file->tensors, p->tensor, first, n, values, err);
}
