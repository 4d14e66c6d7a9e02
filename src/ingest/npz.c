#include "ingest/npz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "base/mem.h"
#include "base/str.h"

/* Deflate cannot do better than this: a member that claims more lies, and must not be believed. */
enum { DEFLATE_RATIO_MAX = 1032 };

struct orr_npz {
    zip_t *zip;
    zip_file_t *member;
    char *path;
    struct orr_str name, where;
};

/* Members that share their bytes (Fifield 2019, "A better zip bomb") unpack to the square of what the archive holds. */
static bool members_overlap(zip_t *zip, uint64_t size)
{
    zip_stat_t st;
    uint64_t left = size;
    for (zip_int64_t i = 0; i < zip_get_num_entries(zip, 0); i++) {
        if (zip_stat_index(zip, (zip_uint64_t)i, 0, &st) < 0 || !(st.valid & ZIP_STAT_COMP_SIZE)) continue;
        if (st.comp_size > left) return true;
        left -= st.comp_size;
    }
    return false;
}

static enum orr_status finish_open(const char *path, zip_t *zip, uint64_t size, zip_error_t *why, struct orr_npz **out,
                                   struct orr_error *err)
{
    *out = NULL;
    if (!zip) {
        const enum orr_status s =
            orr_error_set(err, ORR_EFORMAT, path, "not a readable .npz archive: %s", zip_error_strerror(why));
        zip_error_fini(why);
        return s;
    }
    if (members_overlap(zip, size)) {
        zip_discard(zip);
        return orr_error_set(err, ORR_EFORMAT, path, "not a sound .npz archive: its members are larger than itself");
    }
    *out = orr_xcalloc(1, sizeof **out);
    (*out)->zip = zip;
    (*out)->path = orr_xstrdup(path);
    return ORR_OK;
}

enum orr_status orr_npz_open(const char *path, struct orr_npz **out, struct orr_error *err)
{
    int code = 0;
    zip_error_t why;
    zip_t *zip = zip_open(path, ZIP_RDONLY, &code);
    zip_error_init_with_code(&why, code);
    struct stat st = {0};
    stat(path, &st);
    return finish_open(path, zip, (uint64_t)st.st_size, &why, out, err);
}

enum orr_status orr_npz_open_memory(const char *path, const void *bytes, size_t n, struct orr_npz **out,
                                    struct orr_error *err)
{
    zip_error_t why;
    zip_error_init(&why);
    zip_source_t *source = zip_source_buffer_create(bytes, n, 0, &why);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &why) : NULL;
    if (!zip) zip_source_free(source);
    return finish_open(path, zip, n, &why, out, err);
}

void orr_npz_close(struct orr_npz *z)
{
    if (!z) return;
    if (z->member) zip_fclose(z->member);
    zip_discard(z->zip);
    orr_str_free(&z->name);
    orr_str_free(&z->where);
    free(z->path);
    free(z);
}

size_t orr_npz_count(const struct orr_npz *z)
{
    const zip_int64_t n = zip_get_num_entries(z->zip, 0);
    return n > 0 ? (size_t)n : 0;
}

const char *orr_npz_name(struct orr_npz *z, size_t i)
{
    const char *name = zip_get_name(z->zip, i, ZIP_FL_ENC_GUESS);
    if (!name || !orr_ends_with(name, ".npy")) return NULL;
    orr_str_clear(&z->name);
    orr_str_append_n(&z->name, name, strlen(name) - strlen(".npy"));
    return orr_str_c(&z->name);
}

static ptrdiff_t read_member(void *ctx, void *out, size_t n)
{
    zip_file_t *f = ((struct orr_npz *)ctx)->member;
    size_t done = 0;
    while (done < n) {
        const zip_int64_t k = zip_fread(f, (char *)out + done, n - done);
        if (k < 0) return -1;
        if (k == 0) break;
        done += (size_t)k;
    }
    return (ptrdiff_t)done;
}

enum orr_status orr_npz_member(struct orr_npz *z, size_t i, struct orr_npy_source *source, struct orr_error *err)
{
    zip_stat_t st;
    if (z->member) zip_fclose(z->member);
    z->member = NULL;
    const zip_uint64_t need = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
    if (zip_stat_index(z->zip, i, 0, &st) < 0 || (st.valid & need) != need || st.comp_size > UINT64_MAX / 2048)
        return orr_error_set(err, ORR_EFORMAT, z->path, "member %zu of the archive is damaged", i);
    if (!(z->member = zip_fopen_index(z->zip, i, 0)))
        return orr_error_set(err, ORR_EFORMAT, z->path, "member %zu of the archive cannot be read: %s", i,
                             zip_strerror(z->zip));
    orr_str_clear(&z->where);
    orr_str_printf(&z->where, "%s(%s)", z->path, zip_get_name(z->zip, i, ZIP_FL_ENC_GUESS));
    const uint64_t most = (uint64_t)st.comp_size * DEFLATE_RATIO_MAX;
    *source = (struct orr_npy_source){read_member, z, st.size < most ? st.size : most, z->where.data};
    return ORR_OK;
}
