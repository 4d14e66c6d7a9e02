#include "base/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum { DEFAULT_BUFFER = 1 << 20 };

struct orr_reader {
    int fd;                        /* -1: memory */
    char *path;
    const unsigned char *memory;   /* borrowed, memory readers only */
    unsigned char *buffer;         /* buffer[begin..end) is unread */
    size_t begin, end, cap;
    uint64_t offset, size;         /* of the next unread byte; of the whole */
    enum orr_status status;
    int saved_errno;
};

static enum orr_status make(const char *path, size_t cap, struct orr_reader **out, struct orr_error *err)
{
    struct orr_reader *r = orr_xcalloc(1, sizeof *r);
    *r = (struct orr_reader){.fd = -1, .path = orr_xstrdup(path), .cap = cap ? cap : DEFAULT_BUFFER};
    r->buffer = orr_alloc(r->cap, 1);
    if (!r->buffer) {
        orr_reader_close(r);
        return orr_error_set(err, ORR_ENOMEM, path, "no memory for a read buffer of %zu bytes", cap);
    }
    *out = r;
    return ORR_OK;
}

enum orr_status orr_reader_open(const char *path, size_t buffer_size, struct orr_reader **out, struct orr_error *err)
{
    *out = NULL;
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a fifo must not hang us */
    if (fd < 0) return orr_error_set(err, ORR_EIO, path, "cannot open: %s", strerror(errno));
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return orr_error_set(err, ORR_EIO, path, "not a regular file");
    }
    const enum orr_status s = make(path, buffer_size, out, err);
    if (s) {
        close(fd);
        return s;
    }
    (*out)->fd = fd;
    (*out)->size = (uint64_t)st.st_size;
    return ORR_OK;
}

enum orr_status orr_reader_open_memory(const char *path, const void *bytes, size_t n, size_t buffer_size,
                                       struct orr_reader **out, struct orr_error *err)
{
    *out = NULL;
    const enum orr_status s = make(path, buffer_size, out, err);
    if (s) return s;
    (*out)->memory = bytes;
    (*out)->size = n;
    return ORR_OK;
}

void orr_reader_close(struct orr_reader *r)
{
    if (!r) return;
    if (r->fd >= 0) close(r->fd);
    free(r->buffer);
    free(r->path);
    free(r);
}

/* Reads up to n bytes at file position `at` into p; returns the count, 0 at the end or after an error. */
static size_t read_at(struct orr_reader *r, unsigned char *p, size_t n, uint64_t at)
{
    if (at >= r->size) return 0;
    if (n > r->size - at) n = (size_t)(r->size - at);
    if (r->memory) {
        memcpy(p, r->memory + at, n);
        return n;
    }
    for (;;) {
        const ssize_t k = pread(r->fd, p, n, (off_t)at);
        if (k >= 0) {
            if (k == 0) r->size = at; /* truncated while we read */
            return (size_t)k;
        }
        if (errno == EINTR) continue;
        r->status = ORR_EIO;
        r->saved_errno = errno;
        return 0;
    }
}

static bool grow(struct orr_reader *r, size_t want)
{
    unsigned char *p = orr_realloc(r->buffer, want, 1);
    if (!p) {
        r->status = ORR_ENOMEM;
        return false;
    }
    r->buffer = p;
    r->cap = want;
    return true;
}

const unsigned char *orr_reader_peek(struct orr_reader *r, size_t want, size_t *avail)
{
    *avail = 0;
    if (r->status) return NULL;
    if (r->end - r->begin < want) {
        const uint64_t left = orr_reader_left(r);
        if (want > left) want = (size_t)left;
        memmove(r->buffer, r->buffer + r->begin, r->end - r->begin);
        r->end -= r->begin;
        r->begin = 0;
        if (want > r->cap && !grow(r, want)) return NULL;
        while (r->end < want) {
            const size_t k = read_at(r, r->buffer + r->end, r->cap - r->end, r->offset + r->end);
            if (r->status) return NULL;
            if (k == 0) break;
            r->end += k;
        }
    }
    *avail = r->end - r->begin;
    return r->buffer + r->begin;
}

void orr_reader_skip(struct orr_reader *r, uint64_t n)
{
    const uint64_t left = orr_reader_left(r);
    if (n > left) n = left;
    if (n <= r->end - r->begin) {
        r->begin += (size_t)n;
    } else {
        r->begin = r->end = 0;
    }
    r->offset += n;
}

enum orr_status orr_reader_seek(struct orr_reader *r, uint64_t offset)
{
    r->begin = r->end = 0;
    r->offset = offset < r->size ? offset : r->size;
    return r->status;
}

uint64_t orr_reader_offset(const struct orr_reader *r) { return r->offset; }
uint64_t orr_reader_size(const struct orr_reader *r) { return r->size; }
uint64_t orr_reader_left(const struct orr_reader *r) { return r->size > r->offset ? r->size - r->offset : 0; }
const char *orr_reader_path(const struct orr_reader *r) { return r->path; }

enum orr_status orr_reader_status(const struct orr_reader *r, struct orr_error *err)
{
    if (r->status == ORR_EIO)
        return orr_error_set(err, ORR_EIO, r->path, "read failed at byte %llu: %s", (unsigned long long)r->offset,
                             strerror(r->saved_errno));
    if (r->status == ORR_ENOMEM)
        return orr_error_set(err, ORR_ENOMEM, r->path, "no memory for a record at byte %llu",
                             (unsigned long long)r->offset);
    return ORR_OK;
}
