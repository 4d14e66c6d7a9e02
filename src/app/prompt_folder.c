/* A task from the user's own pictures: a folder per class. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "app/prompt.h"
#include "base/mem.h"
#include "image/image.h"

static const size_t most_of[ORR_PROMPT_SPLITS] = {ORR_PROMPT_POOL_EACH, ORR_PROMPT_VALIDATION_EACH, ORR_PROMPT_TEST_EACH};
enum { MOST_FILES = 100000, LEAST = 3, THINNEST = 200 };

struct names {
    size_t n;
    char **name;
};

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void names_free(struct names *l)
{
    for (size_t k = 0; k < l->n; k++) free(l->name[k]);
    free(l->name);
    *l = (struct names){0};
}

static bool is_picture(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (!strcasecmp(dot, ".png") || !strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg"));
}

/* Folders, or pictures, in a folder, sorted; hidden ones are left out. False: it cannot be listed. */
static bool list(const char *path, bool folders, struct names *out)
{
    DIR *d = opendir(path);
    struct dirent *e;
    if (!d) return false;
    while ((e = readdir(d)) && out->n < MOST_FILES) {
        struct orr_str full = {0};
        struct stat st;
        if (e->d_name[0] == '.') continue;
        orr_str_printf(&full, "%s/%s", path, e->d_name);
        const bool there = stat(orr_str_c(&full), &st) == 0;
        orr_str_free(&full);
        if (!there || (folders ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode) || !is_picture(e->d_name))) continue;
        if ((out->n & (out->n + 1)) == 0) out->name = orr_xrealloc(out->name, 2 * out->n + 2, sizeof *out->name);
        out->name[out->n++] = orr_xstrdup(e->d_name);
    }
    closedir(d);
    if (out->n) qsort(out->name, out->n, sizeof *out->name, by_name);
    return true;
}

static enum orr_prompt_split split_of(size_t k)
{
    return k % 3 == 2 ? ORR_PROMPT_TEST : k % 10 == 9 ? ORR_PROMPT_VALIDATION : ORR_PROMPT_POOL;
}

/* The shorter side to `side`, the middle of the longer one. */
static enum orr_status read_square(const char *path, int side, unsigned char *rgb, struct orr_error *err)
{
    struct orr_image in = {0}, small = {0};
    enum orr_status s = orr_image_read(path, &in, err);
    const int shorter = in.width < in.height ? in.width : in.height, longer = in.width < in.height ? in.height : in.width;
    if (!s && longer / shorter >= THINNEST)
        s = orr_error_set(err, ORR_EINVAL, path, "%d x %d pixels: one side is %d times the other or more; cut it first", in.width,
                          in.height, (int)THINNEST);
    if (s) {
        orr_image_free(&in);
        return s;
    }
    const double scale = (double)side / shorter;
    const int w = in.width < in.height ? side : (int)(in.width * scale + 0.5),
              h = in.width < in.height ? (int)(in.height * scale + 0.5) : side;
    if (!orr_image_init(&small, w, h) || !orr_image_resize(&in, &small, ORR_RESAMPLE_BICUBIC))
        s = orr_error_set(err, ORR_ENOMEM, path, "no memory for a picture of %d x %d", w, h);
    const int x = (w - side) / 2, y = (h - side) / 2;
    for (int r = 0; r < side && !s; r++)
        memcpy(rgb + 3 * (size_t)r * (size_t)side, small.rgb + 3 * ((size_t)(r + y) * (size_t)w + (size_t)x), 3 * (size_t)side);
    orr_image_free(&in);
    orr_image_free(&small);
    return s;
}

static bool append(struct orr_prompt_task *t, enum orr_prompt_split split, int c, const unsigned char *rgb)
{
    const size_t size = 3 * (size_t)t->side * (size_t)t->side, n = t->n[split];
    if ((n & (n + 1)) == 0) {
        unsigned char *bytes = orr_realloc(t->rgb[split], 2 * n + 2, size);
        if (bytes) t->rgb[split] = bytes;
        int32_t *y = orr_realloc(t->y[split], 2 * n + 2, sizeof *y);
        if (y) t->y[split] = y;
        if (!bytes || !y) return false;
    }
    memcpy(t->rgb[split] + n * size, rgb, size);
    t->y[split][t->n[split]++] = c;
    return true;
}

static enum orr_status read_class(const char *path, int c, struct orr_prompt_task *t, unsigned char *rgb,
                                  const struct orr_ticker *ticker, struct orr_error *err)
{
    struct names files = {0};
    struct orr_str full = {0};
    size_t had[ORR_PROMPT_SPLITS] = {0};
    enum orr_status s = list(path, false, &files) && files.n >= LEAST
                            ? ORR_OK
                            : orr_error_set(err, ORR_EINVAL, path, "a class needs %d pictures (.png, .jpg); there are %zu", LEAST,
                                            files.n);
    for (size_t k = 0; k < files.n && !s; k++) {
        const enum orr_prompt_split split = split_of(k);
        if (had[split] >= most_of[split]) continue;
        had[split]++;
        orr_str_clear(&full);
        orr_str_printf(&full, "%s/%s", path, files.name[k]);
        s = read_square(orr_str_c(&full), t->side, rgb, err);
        if (!s && !append(t, split, c, rgb)) s = orr_error_set(err, ORR_ENOMEM, path, "no memory for its pictures");
        if (!s && !orr_ticker_tick(ticker, "reading pictures", "classes", (uint64_t)c, (uint64_t)t->classes))
            s = orr_error_set(err, ORR_ECANCELLED, path, "stopped");
    }
    orr_str_free(&full);
    names_free(&files);
    return s;
}

static const char *label_of(struct orr_arena *a, const char *folder)
{
    char *label = orr_arena_strdup(a, folder);
    for (char *c = label; *c; c++)
        if (*c == '_') *c = ' ';
    return label;
}

enum orr_status orr_prompt_folder(const char *path, int side, struct orr_arena *a, const struct orr_ticker *ticker,
                                  struct orr_prompt_task *out, struct orr_error *err)
{
    struct names classes = {0};
    struct orr_str root = {0}, full = {0};
    unsigned char *rgb = orr_xmalloc(3 * (size_t)side * (size_t)side);
    *out = (struct orr_prompt_task){.side = side, .about = "your own pictures", .phrase = "a picture of a %s"};
    out->name = orr_arena_strdup(a, path);
    orr_str_printf(&root, "%s/images", path);
    enum orr_status s = ORR_OK;
    if (!list(orr_str_c(&root), true, &classes)) {
        orr_str_clear(&root);
        orr_str_append(&root, path);
        if (!list(path, true, &classes)) s = orr_error_set(err, ORR_EIO, path, "cannot be listed");
    }
    if (!s && !classes.n)
        s = orr_error_set(err, ORR_ENOTFOUND, orr_str_c(&root),
                          "no folder of a class; pictures are looked for as CLASS/NAME.png");
    if (!s && (classes.n < 2 || classes.n > ORR_PROMPT_CLASSES))
        s = orr_error_set(err, ORR_EINVAL, orr_str_c(&root), "%zu classes; a task has 2 to %d", classes.n, ORR_PROMPT_CLASSES);
    out->classes = s ? 0 : (int)classes.n;
    out->base = (out->classes + 1) / 2;
    for (int c = 0; c < out->classes && !s; c++) {
        out->label[c] = label_of(a, classes.name[c]);
        orr_str_clear(&full);
        orr_str_printf(&full, "%s/%s", orr_str_c(&root), classes.name[c]);
        s = read_class(orr_str_c(&full), c, out, rgb, ticker, err);
    }
    free(rgb);
    names_free(&classes);
    orr_str_free(&root);
    orr_str_free(&full);
    if (s) orr_prompt_task_free(out);
    return s;
}
