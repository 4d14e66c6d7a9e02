#include "aid_store.h"

#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct aid_store aid_store_folder(void)
{
    struct aid_store a = {.folder = "/tmp/orrery-test-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(a.folder));
    snprintf(a.path, sizeof a.path, "%s/store.db", a.folder);
    return a;
}

struct aid_store aid_store_new(void)
{
    struct aid_store a = aid_store_folder();
    a.store = aid_store_open(&a, ORR_STORE_CREATE);
    return a;
}

static void remove_tree(const char *folder)
{
    chmod(folder, 0700);
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (unlink(path) != 0) remove_tree(path);
    }
    if (d) closedir(d);
    rmdir(folder);
}

void aid_store_end(struct aid_store *a)
{
    orr_store_close(a->store);
    a->store = NULL;
    remove_tree(a->folder);
}

void aid_ok(enum orr_status status, const struct orr_error *err)
{
    ck_assert_msg(status == ORR_OK, "%s: %s: %s", orr_status_name(status), err->where, err->message);
}

struct orr_store *aid_store_open(const struct aid_store *a, enum orr_store_mode mode)
{
    struct orr_store *s;
    struct orr_error err;
    aid_ok(orr_store_open(a->path, mode, &s, &err), &err);
    return s;
}

int64_t aid_run(struct orr_store *s, const char *key, const char *name)
{
    struct orr_error err;
    int64_t id;
    const struct orr_run run = {.key = key, .name = name, .started = NAN, .ended = NAN};
    aid_ok(orr_store_run_put(s, &run, &id, &err), &err);
    return id;
}

void aid_append(struct orr_store *s, int64_t run, const char *name, size_t n, double v0)
{
    struct orr_error err;
    int64_t *step = calloc(n + 1, sizeof *step);
    double *value = calloc(n + 1, sizeof *value);
    for (size_t i = 0; i < n; i++) {
        step[i] = (int64_t)i;
        value[i] = v0 + (double)i;
    }
    const enum orr_status status = orr_store_append(s, run, name, n, step, value, NULL, &err);
    free(step);
    free(value);
    aid_ok(status, &err);
}

unsigned char *aid_slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    *n = 0;
    if (!f) return NULL;
    unsigned char *bytes = fstat(fileno(f), &st) == 0 ? malloc((size_t)st.st_size + 1) : NULL;
    if (bytes) *n = fread(bytes, 1, (size_t)st.st_size, f);
    fclose(f);
    return bytes;
}
