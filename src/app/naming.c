/* Keys and names of what a walk found. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xxhash.h>

#include "app/walk.h"
#include "base/mem.h"
#include "base/str.h"

static bool is_one_of(const char *s, size_t n, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == n && strncasecmp(*words, s, n) == 0) return true;
    return false;
}

/* File names that every run has: they say nothing. */
static bool says_nothing(const char *file)
{
    static const char *const stems[] = {"metrics", "results", "log",  "logs",     "history",  "progress", "training",
                                        "train",   "train_log", "training_log", "trainer_state", "scalars", "stats", NULL};
    return is_one_of(file, strcspn(file, "."), stems);
}

/* Folder names that many runs share: a name must not begin with one. */
static bool is_weak(const char *s, size_t n)
{
    static const char *const words[] = {"train", "training", "val",  "valid", "validation",   "test",     "eval",
                                        "logs",  "log",      "runs", "tensorboard",  "csv_logs", "results",
                                        "checkpoints", "lightning_logs", "metrics", "version", "checkpoint", NULL};
    size_t digits = 0;
    while (digits < n && isdigit((unsigned char)s[n - 1 - digits])) digits++;
    if (digits == n) return true;
    size_t stem = n - digits;
    while (digits && stem && strchr("_-", s[stem - 1])) stem--;
    return is_one_of(s, stem, words);
}

/* ---- keys ---- */

/* The part of the path that the format says names the run, others keep their path. */
static const char *key_of(struct orr_walk *w, const struct orr_found *f)
{
    return f->format->run_part ? orr_arena_strndup(&w->arena, f->path, f->format->run_part(f->path)) : f->path;
}

/* ---- names ---- */

/* The path that stands for a run among people: without a file name that says nothing, without extension. */
static const char *display_of(struct orr_walk *w, const struct orr_found *f)
{
    if (f->key != f->path) return f->key;
    const char *const slash = strrchr(f->path, '/'), *const file = slash ? slash + 1 : f->path;
    if (f->format->folder) return f->path;
    if (says_nothing(file) && slash > f->path) return orr_arena_strndup(&w->arena, f->path, (size_t)(slash - f->path));
    const char *const dot = strrchr(file, '.');
    return orr_arena_strndup(&w->arena, f->path, (size_t)((dot && dot > file ? dot : file + strlen(file)) - f->path));
}

/* The last k components of a path. */
static const char *tail(const char *path, int k)
{
    const char *p = path + strlen(path);
    for (; k > 0; k--) {
        while (p > path && p[-1] != '/') p--;
        if (p > path && k > 1) p--;
        if (p == path) return path;
    }
    return p;
}

static int strong_components(const char *path)
{
    int k = 1;
    for (; k < 6; k++) {
        const char *const t = tail(path, k);
        if (t == path || !is_weak(t, strcspn(t, "/"))) break;
    }
    return k;
}

struct label {
    const char *display;
    int components;
    size_t first; /* the first label with the same display */
    bool shared;  /* some other has the same display: two logs in one folder */
    bool clash;   /* in this round some other has the same name */
};

static const char *name_of(const struct label *l) { return tail(l->display, l->components); }

struct label_index {
    size_t *slots; /* label + 1 */
    size_t mask;
};

/* The first label with this display (or name), which is labels[i] itself when there was none before. */
static size_t find_or_add(struct label_index *x, const struct label *labels, size_t i, const char *text, bool whole)
{
    size_t at = (size_t)XXH3_64bits(text, strlen(text)) & x->mask;
    for (; x->slots[at]; at = (at + 1) & x->mask) {
        const struct label *const other = &labels[x->slots[at] - 1];
        if (strcmp(whole ? other->display : name_of(other), text) == 0) return x->slots[at] - 1;
    }
    x->slots[at] = i + 1;
    return i;
}

/* Lengthens names until no two displays share one: at most as many rounds as paths have components. */
static void tell_apart(struct label *labels, size_t n)
{
    struct label_index x = {NULL, 64};
    while (x.mask < 2 * n) x.mask *= 2;
    x.slots = orr_xcalloc(x.mask--, sizeof *x.slots);
    for (size_t i = 0; i < n; i++) {
        labels[i].first = find_or_add(&x, labels, i, labels[i].display, true);
        if (labels[i].first != i) labels[i].shared = labels[labels[i].first].shared = true;
    }
    for (bool again = true; again;) {
        again = false;
        memset(x.slots, 0, (x.mask + 1) * sizeof *x.slots);
        for (size_t i = 0; i < n; i++) {
            if (labels[i].first != i) continue;
            const size_t other = find_or_add(&x, labels, i, name_of(&labels[i]), false);
            if (other != i) labels[i].clash = labels[other].clash = true;
        }
        for (size_t i = 0; i < n; i++) {
            if (labels[i].clash && name_of(&labels[i]) > labels[i].display) {
                labels[i].components++;
                again = true;
            }
            labels[i].clash = false;
        }
    }
    free(x.slots);
}

void orr_name_found(struct orr_walk *w)
{
    struct label *const labels = orr_xcalloc(w->found.len + 1, sizeof *labels);
    size_t n = 0;
    for (size_t i = 0; i < w->found.len; i++) w->found.data[i].key = key_of(w, &w->found.data[i]);
    orr_walk_sort(w); /* files with one key stand together now */
    for (size_t i = 0; i < w->found.len; i++) {
        const struct orr_found *const f = &w->found.data[i];
        if (i && strcmp(f->key, f[-1].key) == 0) continue;
        const char *const display = display_of(w, f);
        labels[n++] = (struct label){.display = display, .components = strong_components(display)};
    }
    tell_apart(labels, n);
    for (size_t i = 0, k = 0; i < w->found.len; i++) {
        struct orr_found *const f = &w->found.data[i];
        if (i && strcmp(f->key, f[-1].key) != 0) k++;
        const struct label *const l = &labels[k];
        const char *const name = tail(l->display, labels[l->first].components);
        f->name = l->shared ? orr_arena_printf(&w->arena, "%s (%s)", name, f->format->name) : name;
    }
    free(labels);
}
