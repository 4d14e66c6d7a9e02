/* What fuzz targets share: input as a file in memory, and a sink that touches everything it is given. */
#ifndef ORRERY_TESTS_FUZZ_H
#define ORRERY_TESTS_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ingest/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Aborts: a broken promise is a finding like a crash. */
static inline void fuzz_require(int holds)
{
    if (!holds) abort();
}

/* The input as a regular file that lives in memory; returns its path. One at a time. */
static inline const char *fuzz_file(const uint8_t *data, size_t n)
{
    static int fd = -1;
    static char path[32];
    if (fd < 0) fd = memfd_create("fuzz", MFD_CLOEXEC);
    fuzz_require(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, n, 0) == (ssize_t)n);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

/* A folder in memory where there is one, for parsers that read several files; it goes with the process. */
static char fuzz_folder[64];

static inline void fuzz_folder_remove(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", fuzz_folder);
    if (system(command)) return;
}

/* Writes a file of that folder, or takes it away (data NULL); returns the folder. */
static inline const char *fuzz_folder_put(const char *name, const uint8_t *data, size_t n)
{
    char path[128];
    if (!*fuzz_folder) {
        snprintf(fuzz_folder, sizeof fuzz_folder, "%s/orrery-fuzz.XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
        fuzz_require(mkdtemp(fuzz_folder) != NULL);
        atexit(fuzz_folder_remove);
    }
    snprintf(path, sizeof path, "%s/%s", fuzz_folder, name);
    if (!data) {
        unlink(path);
        return fuzz_folder;
    }
    FILE *f = fopen(path, "wb");
    fuzz_require(f && fwrite(data, 1, n, f) == n && fclose(f) == 0);
    return fuzz_folder;
}

/* Writes those of the files `names` that the input holds, each behind a line "~~~K", K the letter of its place; takes the others
 * away. Returns the folder. */
static inline const char *fuzz_folder_parts(const uint8_t *data, size_t n, const char *const *names, size_t n_names)
{
    static const char mark[] = "\n~~~";
    const uint8_t *const end = data + n;
    const uint8_t *at = memmem(data, n, mark, strlen(mark));
    for (size_t k = 0; k < n_names; k++) fuzz_folder_put(names[k], NULL, 0);
    while (at && end - at > (ptrdiff_t)strlen(mark) + 2) {
        const uint8_t *from = at + strlen(mark) + 2;
        const size_t letter = at[strlen(mark)] - (size_t)'a';
        at = memmem(from, (size_t)(end - from), mark, strlen(mark));
        if (letter < n_names) fuzz_folder_put(names[letter], from, (size_t)((at ? at : end) - from));
    }
    return fuzz_folder;
}

static struct { uint32_t runs, series; double sum; } fuzz_seen;

static inline void fuzz_touch(const char *s)
{
    if (s) fuzz_seen.sum += (double)strlen(s);
}
static inline enum orr_status fuzz_run(void *ctx, uint32_t run, const struct orr_run_meta *m, struct orr_error *err)
{
    (void)ctx, (void)err;
    fuzz_require(run <= fuzz_seen.runs && m->key);
    if (run == fuzz_seen.runs) fuzz_seen.runs++;
    fuzz_touch(m->key), fuzz_touch(m->name), fuzz_touch(m->project), fuzz_touch(m->group), fuzz_touch(m->state);
    fuzz_touch(m->notes);
    return ORR_OK;
}
static inline enum orr_status fuzz_config(void *ctx, uint32_t run, const char *key, enum orr_value_kind kind,
                                          const char *value, struct orr_error *err)
{
    (void)ctx, (void)err, (void)kind;
    fuzz_require(run < fuzz_seen.runs && key && value);
    fuzz_touch(key), fuzz_touch(value);
    return ORR_OK;
}
static inline enum orr_status fuzz_tag(void *ctx, uint32_t run, const char *tag, struct orr_error *err)
{
    (void)ctx, (void)err;
    fuzz_require(run < fuzz_seen.runs && tag);
    fuzz_touch(tag);
    return ORR_OK;
}
static inline enum orr_status fuzz_series(void *ctx, uint32_t series, uint32_t run, const char *name,
                                          struct orr_error *err)
{
    (void)ctx, (void)err;
    fuzz_require(series == fuzz_seen.series++ && run < fuzz_seen.runs && name);
    fuzz_touch(name);
    return ORR_OK;
}
static inline enum orr_status fuzz_points(void *ctx, uint32_t series, const struct orr_points *p, struct orr_error *err)
{
    (void)ctx, (void)err;
    fuzz_require(series < fuzz_seen.series && p->n > 0);
    for (size_t i = 0; i < p->n; i++) fuzz_seen.sum += (double)p->step[i] + p->value[i] + (p->wall ? p->wall[i] : 0);
    return ORR_OK;
}
static inline enum orr_status fuzz_snapshot(void *ctx, uint32_t run, const struct orr_snapshot_part *p,
                                            struct orr_error *err)
{
    (void)ctx, (void)err;
    fuzz_require(run < fuzz_seen.runs && p->rank >= 0 && p->rank <= 8 && p->first + p->n <= p->total);
    fuzz_touch(p->tensor);
    for (size_t i = 0; i < p->n; i++) fuzz_seen.sum += (double)p->values[i];
    return ORR_OK;
}
/* What is done with graphs, for the target to set. */
static enum orr_status (*fuzz_graph)(void *ctx, uint32_t run, const char *json, struct orr_error *err);
static inline void fuzz_warn(void *ctx, const char *where, const char *message)
{
    (void)ctx;
    fuzz_touch(where), fuzz_touch(message);
}

/* One import of `path` into a fresh sink; returns its status. An error must come with a message. */
static inline enum orr_status fuzz_import(const struct orr_format *format, struct orr_ingest *in)
{
    const struct orr_sink_ops ops = {.run = fuzz_run, .config = fuzz_config, .tag = fuzz_tag, .series = fuzz_series,
                                     .points = fuzz_points, .snapshot = fuzz_snapshot, .graph = fuzz_graph,
                                     .warn = fuzz_warn};
    memset(&fuzz_seen, 0, sizeof fuzz_seen);
    struct orr_error err = {.code = ORR_OK};
    struct orr_sink *sink = orr_sink_new(&ops, NULL, 3);
    if (!in->run_key) in->run_key = "a/b";
    const enum orr_status s = format->read(in, sink, &err);
    fuzz_require(s == ORR_OK || (err.code == s && err.message[0]));
    orr_sink_flush(sink, NULL);
    orr_sink_free(sink);
    return s;
}

/* Imports the input, and where the format is append-only, then once more from where the first half ended. The first
 * byte chooses the buffer size. */
static inline void fuzz_importer(const struct orr_format *format, const uint8_t *data, size_t n)
{
    if (n == 0) return;
    const size_t buffer = data[0] % 80;
    struct orr_ingest in = {.path = fuzz_file(data + 1, n - 1), .buffer_size = buffer};
    fuzz_import(format, &in);
    free(in.state);
    if (!format->append_only) return;
    struct orr_ingest half = {.path = fuzz_file(data + 1, (n - 1) / 2), .buffer_size = buffer};
    if (fuzz_import(format, &half) == ORR_OK) {
        struct orr_ingest rest = {.path = fuzz_file(data + 1, n - 1), .buffer_size = buffer,
                                  .resume_offset = half.end_offset, .resume_state = half.state};
        fuzz_import(format, &rest);
        free(rest.state);
    }
    free(half.state);
}

#endif
