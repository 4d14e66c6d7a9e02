#include "app/prompt_tasks.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/vec.h"
#include "image/image.h"
#include "lab/dataset.h"

const struct orr_prompt_packaged orr_prompt_packaged[] = {
    {"fashion-mnist", "photographs of garments, grey on black (Debian package dataset-fashion-mnist)",
     "a picture of a %s", true},
    {"handwritten-digits", "handwritten digits, 8 x 8 pixels (package of scikit-learn)", "the digit %s", true},
    {"stamps", "clip art by folder (Debian package tuxpaint-stamps-default)", "a picture of %s", false},
    {0}};

static const int EACH[ORR_PROMPT_SPLITS] = {ORR_PROMPT_POOL_EACH, ORR_PROMPT_VALIDATION_EACH, ORR_PROMPT_TEST_EACH};

/* Room for at most EACH pictures of each class in each split. */
static bool make_room(struct orr_prompt_task *t)
{
    for (int s = 0; s < ORR_PROMPT_SPLITS; s++) {
        const size_t n = (size_t)EACH[s] * (size_t)t->classes;
        t->rgb[s] = orr_alloc(n, 3 * (size_t)t->side * (size_t)t->side);
        t->y[s] = orr_alloc(n, sizeof *t->y[s]);
        if (!t->rgb[s] || !t->y[s]) return false;
    }
    t->base = (t->classes + 1) / 2;
    return true;
}

static bool put(struct orr_prompt_task *t, int split, int32_t label, const struct orr_image *picture)
{
    const size_t size = 3 * (size_t)t->side * (size_t)t->side;
    struct orr_image out = {.width = t->side, .height = t->side, .rgb = t->rgb[split] + t->n[split] * size};
    if (!orr_image_resize(picture, &out, ORR_RESAMPLE_BICUBIC)) return false;
    t->y[split][t->n[split]++] = label;
    return true;
}

/* ---- images of the lab's data sets ---- */

/* rank[c]: where class c of the data set stands when its names are sorted. */
static void sort_names(struct orr_prompt_task *t, const char *const *names, int *rank)
{
    for (int c = 0; c < t->classes; c++) {
        rank[c] = 0;
        for (int k = 0; k < t->classes; k++) rank[c] += strcmp(names[k], names[c]) < 0;
        t->label[rank[c]] = names[c];
    }
}

static void shuffle(size_t *order, size_t n, uint64_t seed, uint64_t item)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, item);
    for (size_t i = 0; i < n; i++) order[i] = i;
    for (size_t i = n; i > 1; i--) {
        const size_t j = orr_rng_below(&rng, i), x = order[i - 1];
        order[i - 1] = order[j];
        order[j] = x;
    }
}

/* Pictures of one split in the order of the seed, class by class until each has enough. */
static bool take_split(const struct orr_dataset *d, enum orr_split from, struct orr_prompt_task *t, int split,
                       const int *rank, uint64_t seed, float low, float high)
{
    const int h = d->sample.axes == 3 ? d->sample.size[1] : 8, w = d->sample.axes == 3 ? d->sample.size[2] : 8;
    size_t *order = orr_alloc(d->n[from], sizeof *order);
    struct orr_image picture = {0};
    bool ok = order && orr_image_init(&picture, w, h);
    if (ok) shuffle(order, d->n[from], seed, (uint64_t)split);
    for (int c = 0; c < t->classes && ok; c++) {
        int have = 0;
        for (size_t i = 0; i < d->n[from] && have < EACH[split] && ok; i++) {
            const orr_real *x = d->x[from] + order[i] * d->width;
            if (rank[d->label[from][order[i]]] != c) continue;
            for (size_t p = 0; p < (size_t)(w * h); p++) {
                const float v = 255 * ((float)x[p] - low) / (high - low);
                memset(picture.rgb + 3 * p, v < 0 ? 0 : v > 255 ? 255 : (int)(v + 0.5f), 3);
            }
            ok = put(t, split, c, &picture);
            have++;
        }
    }
    orr_image_free(&picture);
    free(order);
    return ok;
}

static enum orr_status from_dataset(const char *data, const char *const *names, uint64_t seed,
                                    const struct orr_ticker *ticker, struct orr_prompt_task *t, struct orr_error *err)
{
    struct orr_dataset d = {0};
    int rank[ORR_PROMPT_CLASSES];
    enum orr_status s = orr_dataset_load_watched(data, ticker, &d, err);
    if (!s && (d.classes != 10 || d.width < 64)) s = orr_error_set(err, ORR_EFORMAT, data, "not the images expected");
    if (s) goto out;
    t->classes = d.classes;
    float low = 0, high = 0; /* standardised: black and white are the extremes */
    for (size_t i = 0; i < d.n[ORR_TRAIN] * d.width; i++) {
        low = (float)d.x[ORR_TRAIN][i] < low ? (float)d.x[ORR_TRAIN][i] : low;
        high = (float)d.x[ORR_TRAIN][i] > high ? (float)d.x[ORR_TRAIN][i] : high;
    }
    sort_names(t, names, rank);
    if (high <= low || !make_room(t) || !take_split(&d, ORR_TRAIN, t, ORR_PROMPT_POOL, rank, seed, low, high) ||
        !take_split(&d, ORR_VALIDATION, t, ORR_PROMPT_VALIDATION, rank, seed, low, high) ||
        !take_split(&d, ORR_TEST, t, ORR_PROMPT_TEST, rank, seed, low, high))
        s = orr_error_set(err, ORR_ENOMEM, data, "no memory for its pictures");
out:
    orr_dataset_free(&d);
    return s;
}

/* ---- stamps: PNG files in folders, which are the classes ---- */

static const char STAMPS[] = "/usr/share/tuxpaint/stamps";
enum { STAMP_SHOTS = 16, STAMP_VALIDATION = 4, DEEPEST = 8 };
static const char *const stamp_classes[] = {"animals",  "food",    "household", "plants",
                                            "seasonal", "symbols", "town",      "vehicles"};

typedef ORR_VEC(char *) paths;

static void list_pictures(const char *folder, int depth, paths *out)
{
    DIR *d = opendir(folder);
    struct dirent *e;
    while (d && (e = readdir(d)) != NULL) {
        struct orr_str path = {0};
        struct stat st;
        if (e->d_name[0] == '.') continue;
        orr_str_printf(&path, "%s/%s", folder, e->d_name);
        const bool there = lstat(path.data, &st) == 0;
        if (there && S_ISDIR(st.st_mode) && depth < DEEPEST)
            list_pictures(path.data, depth + 1, out);
        else if (there && S_ISREG(st.st_mode) && orr_ends_with(path.data, ".png"))
            ORR_VEC_PUSH(out, orr_xstrdup(path.data));
        orr_str_free(&path);
    }
    if (d) closedir(d);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* In the middle of a white square. */
static bool put_square(struct orr_prompt_task *t, int split, int c, const struct orr_image *picture)
{
    const int side = picture->width > picture->height ? picture->width : picture->height;
    const size_t left = (size_t)(side - picture->width) / 2, top = (size_t)(side - picture->height) / 2,
                 row = 3 * (size_t)picture->width;
    struct orr_image square;
    if (!orr_image_init(&square, side, side)) return false;
    memset(square.rgb, 255, 3 * (size_t)side * (size_t)side);
    for (size_t y = 0; y < (size_t)picture->height; y++)
        memcpy(square.rgb + 3 * ((top + y) * (size_t)side + left), picture->rgb + y * row, row);
    const bool ok = put(t, split, c, &square);
    orr_image_free(&square);
    return ok;
}

/* The first 16 in the order of the seed to learn from, the next 4 for validation, the others for the test. */
static enum orr_status take_stamps(struct orr_prompt_task *t, int c, uint64_t seed, struct orr_error *err)
{
    char folder[256];
    paths found = {0};
    enum orr_status s = ORR_OK;
    snprintf(folder, sizeof folder, "%s/%s", STAMPS, stamp_classes[c]);
    list_pictures(folder, 0, &found);
    if (found.len < 2 * STAMP_SHOTS)
        s = orr_error_set(err, ORR_ENOTFOUND, folder,
                          "too few pictures; `apt-get install tuxpaint-stamps-default` brings them");
    size_t *order = orr_xcalloc(found.len + 1, sizeof *order), used = 0;
    if (found.len) qsort(found.data, found.len, sizeof *found.data, by_name);
    shuffle(order, found.len, seed, (uint64_t)c);
    for (size_t i = 0; i < found.len && !s; i++) {
        const int split = used < STAMP_SHOTS                      ? ORR_PROMPT_POOL
                          : used < STAMP_SHOTS + STAMP_VALIDATION ? ORR_PROMPT_VALIDATION
                                                                  : ORR_PROMPT_TEST;
        struct orr_image picture;
        if (used >= STAMP_SHOTS + STAMP_VALIDATION + ORR_PROMPT_TEST_EACH) break;
        if (orr_image_read(found.data[order[i]], &picture, NULL)) continue; /* a stamp that is damaged is no stamp */
        used += put_square(t, split, c, &picture);
        orr_image_free(&picture);
    }
    for (size_t i = 0; i < found.len; i++) free(found.data[i]);
    free(found.data);
    free(order);
    return s;
}

static enum orr_status from_stamps(uint64_t seed, const struct orr_ticker *ticker, struct orr_prompt_task *t,
                                   struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    t->classes = sizeof stamp_classes / sizeof *stamp_classes;
    for (int c = 0; c < t->classes; c++) t->label[c] = stamp_classes[c]; /* sorted */
    if (!make_room(t)) return orr_error_set(err, ORR_ENOMEM, t->name, "no memory for its pictures");
    for (int c = 0; c < t->classes && !s; c++) {
        if (!orr_ticker_tick(ticker, "reading stamps", "classes", (uint64_t)c, (uint64_t)t->classes))
            return orr_error_set(err, ORR_ECANCELLED, t->name, "stopped while it was read");
        s = take_stamps(t, c, seed, err);
    }
    return s;
}

/* ---- by name ---- */

enum orr_status orr_prompt_task_load(const char *name, int side, uint64_t seed, const struct orr_ticker *ticker,
                                     struct orr_prompt_task *out, struct orr_error *err)
{
    /* the packages' own order */
    static const char *const garments[] = {"tee",    "trouser", "pullover", "dress",   "coat",
                                           "sandal", "shirt",   "sneaker",  "handbag", "boot"};
    const struct orr_prompt_packaged *p = orr_prompt_packaged;
    while (p->name && strcmp(p->name, name) != 0) p++;
    if (!p->name) {
        enum orr_status s = orr_prompt_task_draw(name, side, seed, out, err);
        if (s == ORR_EINVAL && err) { /* those of packages are tasks too */
            size_t n = strlen(err->message);
            for (p = orr_prompt_packaged; p->name && n < sizeof err->message; p++)
                n += (size_t)snprintf(err->message + n, sizeof err->message - n, ", %s", p->name);
        }
        return s;
    }
    *out = (struct orr_prompt_task){.name = p->name, .about = p->about, .phrase = p->phrase, .side = side};
    if (side < 8 || side > 512)
        return orr_error_set(err, ORR_EINVAL, name, "pictures of 8 to 512 pixels a side are made");
    enum orr_status s =
        !strcmp(name, "fashion-mnist")        ? from_dataset("fashion-mnist:28:6000", garments, seed, ticker, out, err)
        : !strcmp(name, "handwritten-digits") ? from_dataset("digits", orr_number_names, seed, ticker, out, err)
                                              : from_stamps(seed, ticker, out, err);
    if (s) orr_prompt_task_free(out);
    return s;
}
