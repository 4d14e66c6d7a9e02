/* Data files of installed packages: where they lie, and reading them whole, gzipped or not. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "lab/dataset_parts.h"

enum { MAX_FILE = 256 << 20, CHUNK = 1 << 20 };

static bool exists(const char *folder, const char *file, char *path, size_t size)
{
    if (!folder || !*folder) return false;
    const int n = snprintf(path, size, "%s/%s", folder, file);
    return n > 0 && (size_t)n < size && access(path, R_OK) == 0;
}

enum orr_status orr_dataset_find_file(const char *file, char path[1024], struct orr_error *err)
{
    char cache[768] = "";
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (xdg && *xdg)
        snprintf(cache, sizeof cache, "%s/orrery/data", xdg);
    else if (home && *home)
        snprintf(cache, sizeof cache, "%s/.cache/orrery/data", home);
    if (exists(getenv("ORRERY_DATA"), file, path, 1024) || exists(cache, file, path, 1024) ||
        exists("/usr/share/datasets", file, path, 1024) || exists("/usr/share", file, path, 1024) ||
        exists("/usr/lib/python3/dist-packages/sklearn/datasets/data", file, path, 1024))
        return ORR_OK;
    return orr_error_set(err, ORR_ENOTFOUND, file, "this data file is not installed; `make models` brings it");
}

enum orr_status orr_dataset_slurp(const char *path, const struct orr_ticker *ticker, unsigned char **out, size_t *n,
                             struct orr_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) /* opening a pipe would wait for a writer */
        return orr_error_set(err, ORR_EIO, path, "not a regular file");
    gzFile f = gzopen(path, "rb");
    if (!f) return orr_error_set(err, ORR_EIO, path, "cannot open");
    size_t cap = 1 << 16, len = 0;
    unsigned char *p = orr_xmalloc(cap);
    int got;
    while ((got = gzread(f, p + len, (unsigned)(cap - len < CHUNK ? cap - len : CHUNK))) > 0) {
        len += (size_t)got;
        if (!orr_ticker_tick(ticker, "loading", "bytes", len, 0)) {
            gzclose(f);
            free(p);
            return orr_error_set(err, ORR_ECANCELLED, path, "stopped while it was read");
        }
        if (len < cap) continue;
        unsigned char *more = cap < MAX_FILE ? orr_realloc(p, cap *= 2, 1) : NULL;
        if (!more) {
            got = -1;
            break;
        }
        p = more;
    }
    if (gzclose(f) != Z_OK) got = -1; /* cut short: gzread gives what there is */
    if (got < 0) {
        free(p);
        return orr_error_set(err, ORR_EFORMAT, path, "damaged, or larger than %d bytes", MAX_FILE);
    }
    *out = p;
    *n = len;
    return ORR_OK;
}
