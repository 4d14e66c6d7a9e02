/* What a path holds: one file of a known kind, or a folder of CSV files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "ingest/sqlite_file.h"
#include "ingest/tables.h"

enum { DEPTH = 8 };

static bool ends_in(const char *path, const char *end)
{
    const size_t n = strlen(path), m = strlen(end);
    return n > m && strcasecmp(path + n - m, end) == 0;
}

/* The name without folders and extension. */
static char *stem(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = orr_xstrdup(slash ? slash + 1 : path), *dot = strrchr(name, '.');
    if (dot && dot != name) *dot = '\0';
    return name;
}

/* ---- folders ---- */

static int visible(const struct dirent *d) { return d->d_name[0] != '.'; }

/* Files in byte order of their names; `id` is the path below the folder without its extension. */
static enum orr_status read_folder(const char *folder, const char *below, int depth, const struct orr_tables_in *in,
                                   size_t *n, struct orr_error *err)
{
    struct dirent **list = NULL;
    const int found = scandir(folder, &list, visible, alphasort);
    if (found < 0) return orr_error_set(err, ORR_EIO, folder, "cannot read the folder: %s", strerror(errno));
    enum orr_status status = ORR_OK;
    for (int i = 0; i < found; i++) {
        struct orr_str path = {0}, id = {0};
        struct stat st;
        orr_str_printf(&path, "%s/%s", folder, list[i]->d_name);
        orr_str_printf(&id, "%s%s", below, list[i]->d_name);
        const bool is_csv = ends_in(path.data, ".csv") || ends_in(path.data, ".tsv");
        struct orr_error why;
        if (status != ORR_OK || lstat(path.data, &st) != 0) {
            /* gone meanwhile, or ended */
        } else if (S_ISDIR(st.st_mode) && depth < DEPTH) {
            orr_str_append_char(&id, '/');
            status = read_folder(path.data, id.data, depth + 1, in, n, err);
        } else if (is_csv && stat(path.data, &st) == 0 && S_ISREG(st.st_mode)) {
            id.data[id.len - 4] = '\0';
            status = orr_tables_read_csv(path.data, id.data, in, n, &why);
            if (status == ORR_EFORMAT || status == ORR_EIO) {
                if (in->note) in->note(in->ctx, why.where, why.message);
                status = ORR_OK;
            } else if (status != ORR_OK && err) {
                *err = why;
            }
        }
        orr_str_free(&path);
        orr_str_free(&id);
        free(list[i]);
    }
    free(list);
    return status;
}

/* ---- files ---- */

static enum orr_status read_file(const char *path, const struct orr_tables_in *in, size_t *n, struct orr_error *err)
{
    unsigned char head[100];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return orr_error_set(err, ORR_EIO, path, "cannot open: %s", strerror(errno));
    const ssize_t got = read(fd, head, sizeof head);
    close(fd);
    if (got > 0 && orr_sqlite_is(head, (size_t)got)) return orr_tables_read_sqlite(path, in, n, err);
    const bool packed = got > 1 && head[0] == 0x1f && head[1] == 0x8b;
    size_t i = 0;
    while ((ssize_t)i < got && strchr(" \t\r\n\xef\xbb\xbf", head[i]) && head[i]) i++;
    if (packed || ends_in(path, ".jsonl") || ends_in(path, ".ndjson") || ends_in(path, ".json") ||
        ((ssize_t)i < got && head[i] == '{'))
        return orr_tables_read_jsonl(path, in, n, err);
    char *id = stem(path);
    const enum orr_status status = orr_tables_read_csv(path, id, in, n, err);
    free(id);
    return status;
}

enum orr_status orr_tables_read(const char *path, const struct orr_tables_in *in, struct orr_error *err)
{
    struct stat st;
    size_t n = 0;
    if (stat(path, &st))
        return orr_error_set(err, errno == ENOENT ? ORR_ENOTFOUND : ORR_EIO, path, "%s", strerror(errno));
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
        return orr_error_set(err, ORR_EIO, path, "neither a file nor a folder");
    const enum orr_status status =
        S_ISDIR(st.st_mode) ? read_folder(path, "", 0, in, &n, err) : read_file(path, in, &n, err);
    if (status != ORR_OK && status != ORR_ENOTFOUND) return status;
    if (n) return ORR_OK;
    return orr_error_set(err, ORR_EFORMAT, path,
                         "no tables in it; JSON lines {\"id\",\"title\",\"header\",\"rows\"}, CSV, TSV, SQLite "
                         "and folders of CSV are read");
}
