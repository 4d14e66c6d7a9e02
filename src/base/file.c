#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum orr_status refused(const char *path, struct orr_error *err)
{
    const enum orr_status code = errno == ENOSPC || errno == EDQUOT ? ORR_EFULL : ORR_EIO;
    return orr_error_set(err, code, path, "cannot write the file: %s", strerror(errno));
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        const ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return false;
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

/* Takes away what writers of this file left that were killed: PATH.part-PID of a process that is no more. */
static void clear_leftovers(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    struct orr_str folder = {0}, prefix = {0};
    orr_str_append_n(&folder, slash ? path : ".", slash ? (size_t)(slash - path) + 1 : 1);
    orr_str_printf(&prefix, "%s.part-", name);
    DIR *d = opendir(folder.data);
    for (const struct dirent *e; d && (e = readdir(d));) {
        if (!orr_starts_with(e->d_name, prefix.data)) continue;
        const char *digits = e->d_name + prefix.len;
        if (!*digits || digits[strspn(digits, "0123456789")] || strlen(digits) > 9) continue;
        if (kill((pid_t)strtol(digits, NULL, 10), 0) != 0 && errno == ESRCH) unlinkat(dirfd(d), e->d_name, 0);
    }
    if (d) closedir(d);
    orr_str_free(&folder);
    orr_str_free(&prefix);
}

enum orr_status orr_file_write(const char *path, const void *bytes, size_t n, struct orr_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return orr_error_set(err, ORR_EINVAL, path, "not a regular file; choose another name");
    clear_leftovers(path);
    struct orr_str part = {0};
    orr_str_printf(&part, "%s.part-%ld", path, (long)getpid());
    enum orr_status status = ORR_OK;
    const int fd = open(part.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        status = refused(path, err);
    } else {
        const bool ok = write_all(fd, bytes, n);
        if (!ok) status = refused(path, err);
        if (close(fd) != 0 && ok) status = refused(path, err);
        if (status == ORR_OK && rename(part.data, path) != 0) status = refused(path, err);
        if (status != ORR_OK) unlink(part.data);
    }
    orr_str_free(&part);
    return status;
}

/* ---- folders ---- */

enum orr_status orr_folder_temporary(const char *stem, struct orr_str *path, struct orr_error *err)
{
    const char *const tmp = getenv("TMPDIR");
    orr_str_clear(path);
    orr_str_printf(path, "%s/%s-XXXXXX", tmp && *tmp ? tmp : "/tmp", stem);
    if (mkdtemp(path->data)) return ORR_OK;
    return orr_error_set(err, ORR_EIO, path->data, "this folder cannot be made: %s; set TMPDIR", strerror(errno));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

void orr_folder_remove(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }
