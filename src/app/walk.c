#include "app/walk.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/str.h"
#include "ingest/params.h"

enum { MAX_DEPTH = 64, MAX_FOLDER_FILES = 1 << 20 };

/* Extensions of files that no importer reads; they are not even opened. */
static const char *const foreign[] = {
    "png", "jpg",  "jpeg", "gif", "bmp", "tif", "tiff", "webp", "svg", "pdf", "mp4", "avi", "mov", "mkv", "wav", "mp3",
    "flac", "zip", "gz",   "bz2", "xz",  "zst", "7z",  "tar",  "tgz", "rar", "deb", "whl", "jar", "so",  "o",   "a",
    "dll", "exe",  "pyc",  "pyo", "py",  "c",   "h",    "cc",   "cpp", "hpp", "cu",  "rs",  "go",  "js",  "ts",  "css",
    "html", "htm", "md",   "rst", "tex", "bib", "ipynb", "sh",  "pt",  "pth", "ckpt", "onnx", "h5", "hdf5", "pkl", "pb",
    "bin", "parquet", "arrow", "feather", "yaml", "yml", "toml", "ini", "cfg", "lock", "xml", "ttf", "db-wal", "db-shm",
    "db-journal", NULL};

static const char *extension(const char *path)
{
    const char *const slash = strrchr(path, '/'), *const dot = strrchr(slash ? slash : path, '.');
    return dot ? dot + 1 : "";
}

static bool is_foreign(const char *path)
{
    const char *const e = extension(path), *const slash = strrchr(path, '/');
    if (strstr(slash ? slash : path, "tfevents")) return false; /* what looks like an extension is the host's name */
    for (const char *const *f = foreign; *f; f++)
        if (strcasecmp(e, *f) == 0) return true;
    return false;
}

static int64_t mtime_of(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static bool tick(struct orr_walk *w, const char *path)
{
    if (!w->cancelled) w->cancelled = !orr_ticker_tick(w->ticker, path, "files", w->found.len, 0);
    return !w->cancelled;
}

/* ---- files ---- */

static void add_file(struct orr_walk *w, const char *path, const struct stat *st, bool named)
{
    const char *const slash = strrchr(path, '/'), *why = NULL;
    int64_t size = st->st_size, mtime = mtime_of(st);
    if (!named && orr_params_is_sibling(slash ? slash + 1 : path)) {
        w->companions++;
        return;
    }
    if (!named && is_foreign(path)) {
        w->skipped++;
        return;
    }
    /* What SQLite has not yet moved out of its log belongs to the file. */
    struct orr_str wal = {0};
    struct stat more;
    orr_str_printf(&wal, "%s-wal", path);
    if (stat(wal.data, &more) == 0) {
        size += more.st_size;
        if (mtime_of(&more) > mtime) mtime = mtime_of(&more);
    }
    orr_str_free(&wal);
    const struct orr_format *const format =
        w->format && named ? w->format : w->classify(w->ctx, path, size, mtime, named, &why);
    if (format) {
        ORR_VEC_PUSH(&w->found, (struct orr_found){.path = orr_arena_strdup(&w->arena, path), .format = format,
                                                   .size = size, .mtime_ns = mtime});
    } else {
        w->skipped++;
        if (why) w->note(w->ctx, false, path, why);
    }
}

/* ---- folders ---- */

static bool visit(struct orr_walk *w, const struct stat *st)
{
    const uint64_t id[2] = {(uint64_t)st->st_dev, (uint64_t)st->st_ino};
    return orr_set_add(&w->visited, XXH3_64bits(id, sizeof id));
}

/* Size and latest change of everything in a folder that is imported as a whole. */
static void measure(const char *path, int depth, int *left, int64_t *size, int64_t *mtime)
{
    DIR *const d = depth < MAX_DEPTH ? opendir(path) : NULL;
    struct orr_str child = {0};
    for (struct dirent *e; d && *left > 0 && (e = readdir(d));) {
        struct stat st;
        if (e->d_name[0] == '.') continue;
        orr_str_clear(&child);
        orr_str_printf(&child, "%s/%s", path, e->d_name);
        --*left;
        if (lstat(child.data, &st) < 0) continue;
        if (mtime_of(&st) > *mtime) *mtime = mtime_of(&st);
        if (S_ISDIR(st.st_mode))
            measure(child.data, depth + 1, left, size, mtime);
        else
            *size += st.st_size;
    }
    if (d) closedir(d);
    orr_str_free(&child);
}

static void add_folder(struct orr_walk *w, const char *path, int depth, bool named);

static void add_entry(struct orr_walk *w, const char *path, int depth)
{
    struct stat st;
    char resolved[PATH_MAX];
    if (lstat(path, &st) < 0) return; /* gone meanwhile */
    if (S_ISLNK(st.st_mode)) {
        if (!realpath(path, resolved) || stat(resolved, &st) < 0) return; /* points nowhere, or in a circle */
        path = resolved;
    }
    if (S_ISDIR(st.st_mode)) {
        if (visit(w, &st)) add_folder(w, path, depth + 1, false);
    } else if (S_ISREG(st.st_mode)) {
        add_file(w, path, &st, false);
    }
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }
static int not_hidden(const struct dirent *e) { return e->d_name[0] != '.' && strcmp(e->d_name, "__pycache__") != 0; }

static void add_folder(struct orr_walk *w, const char *path, int depth, bool named)
{
    struct dirent **entries;
    const char *why = NULL;
    if (!tick(w, path)) return;
    const struct orr_format *const whole =
        named && w->format && w->format->folder ? w->format : w->classify(w->ctx, path, -1, 0, named, &why);
    if (whole && whole->folder) {
        struct orr_found f = {.path = orr_arena_strdup(&w->arena, path), .format = whole};
        int left = MAX_FOLDER_FILES;
        measure(path, 0, &left, &f.size, &f.mtime_ns);
        ORR_VEC_PUSH(&w->found, f);
        ORR_VEC_PUSH(&w->folders, f.path);
        return;
    }
    if (depth > MAX_DEPTH) {
        w->note(w->ctx, false, path, "nested too deeply: not entered");
        return;
    }
    const int n = scandir(path, &entries, not_hidden, by_name);
    if (n < 0) {
        w->note(w->ctx, true, path, strerror(errno));
        return;
    }
    ORR_VEC_PUSH(&w->folders, orr_arena_strdup(&w->arena, path));
    struct orr_str child = {0};
    for (int i = 0; i < n; i++) {
        orr_str_clear(&child);
        orr_str_printf(&child, "%s/%s", strcmp(path, "/") == 0 ? "" : path, entries[i]->d_name);
        if (!w->cancelled) add_entry(w, child.data, depth);
        free(entries[i]);
    }
    free(entries);
    orr_str_free(&child);
}

/* ---- public ---- */

enum orr_status orr_walk_add(struct orr_walk *w, const char *path, struct orr_error *err)
{
    char resolved[PATH_MAX];
    struct stat st;
    if (!realpath(path, resolved) || stat(resolved, &st) < 0)
        return orr_error_set(err, errno == ENOENT ? ORR_ENOTFOUND : ORR_EIO, path, "cannot be read: %s", strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        if (visit(w, &st)) add_folder(w, resolved, 0, true);
    } else if (S_ISREG(st.st_mode)) {
        add_file(w, resolved, &st, true);
    } else {
        return orr_error_set(err, ORR_EINVAL, path, "neither a file nor a folder; pipe it in and name it `-`");
    }
    return ORR_OK;
}

static int by_key(const void *a, const void *b)
{
    const struct orr_found *x = a, *y = b;
    const int k = x->key && y->key ? strcmp(x->key, y->key) : 0;
    return k ? k : strcmp(x->path, y->path);
}

void orr_walk_sort(struct orr_walk *w)
{
    size_t k = 0;
    if (w->found.len) qsort(w->found.data, w->found.len, sizeof *w->found.data, by_key);
    for (size_t i = 0; i < w->found.len; i++)
        if (i == 0 || strcmp(w->found.data[i].path, w->found.data[k - 1].path) != 0) w->found.data[k++] = w->found.data[i];
    w->found.len = k;
}

void orr_walk_free(struct orr_walk *w)
{
    free(w->found.data);
    free(w->folders.data);
    orr_set_free(&w->visited);
    orr_arena_free(&w->arena);
}
