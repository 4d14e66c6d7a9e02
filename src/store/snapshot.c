/* Weight snapshots: one row per tensor and step, its float32 values in blocks of at most 1 MiB, so that neither writing
 * nor reading a part of a large tensor needs all of it in memory. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <orrery/store.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "store/db.h"

enum { BLOCK_FLOATS = 262144, MAX_RANK = 8 };

_Static_assert(sizeof(float) == 4, "blocks hold IEEE 754 single precision");
_Static_assert(BLOCK_FLOATS == 262144, "find_tensor counts in such blocks");

/* Swaps between the machine's byte order and the file's; nothing on most machines. */
static void swap_floats(float *x, size_t n)
{
    if (htole32(1) == 1) return;
    for (size_t i = 0; i < n; i++) {
        uint32_t u;
        memcpy(&u, x + i, 4);
        u = htole32(u);
        memcpy(x + i, &u, 4);
    }
}

/* ---- shapes, as "[3,4]" ---- */

/* Elements of a shape; false when there are too many of them or of its axes. */
static bool shape_size(const int64_t *shape, int rank, size_t *n)
{
    if (rank < 0 || rank > MAX_RANK) return false;
    *n = 1;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0 || __builtin_mul_overflow(*n, (size_t)shape[i], n)) return false;
    }
    return true;
}

static bool shape_fits(const int64_t *shape, int rank, size_t n)
{
    size_t size;
    return shape_size(shape, rank, &size) && size == n;
}

static void shape_text(const int64_t *shape, int rank, struct orr_str *out)
{
    orr_str_append_char(out, '[');
    for (int i = 0; i < rank; i++) orr_str_printf(out, "%s%lld", i ? "," : "", (long long)shape[i]);
    orr_str_append_char(out, ']');
}

static bool parse_shape(const char *text, struct orr_snapshot *x)
{
    if (*text++ != '[') return false;
    while (*text != ']') {
        const size_t len = strcspn(text, ",]");
        if (x->rank == MAX_RANK || !orr_parse_int64(text, len, &x->shape[x->rank++])) return false;
        text += len;
        if (*text == ',')
            text++;
        else if (*text != ']')
            return false;
    }
    return shape_fits(x->shape, x->rank, x->n);
}

/* ---- writing ---- */

/* Writes elements first..first+n. A block that an earlier part left short is filled up. */
static enum orr_status put_blocks(struct orr_store *s, int64_t snapshot, size_t first, const float *values, size_t n,
                                  struct orr_error *err)
{
    enum orr_status status = ORR_OK;
    float *copy = NULL;
    if (htole32(1) != 1) {
        copy = orr_alloc(BLOCK_FLOATS, sizeof *copy);
        if (!copy) return orr_error_set(err, ORR_ENOMEM, s->path, "out of memory for a snapshot");
    }
    for (size_t done = 0, take; done < n && status == ORR_OK; done += take) {
        const size_t room = BLOCK_FLOATS - (first + done) % BLOCK_FLOATS;
        const int64_t seq = (int64_t)((first + done) / BLOCK_FLOATS);
        take = n - done < room ? n - done : room;
        const float *block = values + done;
        if (copy) {
            memcpy(copy, block, take * sizeof *copy);
            swap_floats(copy, take);
            block = copy;
        }
        if (room == BLOCK_FLOATS)
            status = orr_db_run(s, err, "INSERT INTO snapshot_block(snapshot_id, seq, data) VALUES(?, ?, ?)", "iib",
                                snapshot, seq, (const void *)block, take * sizeof *block);
        else
            status = orr_db_run(s, err,
                                "UPDATE snapshot_block SET data = CAST(data || ? AS BLOB)"
                                " WHERE snapshot_id = ? AND seq = ?",
                                "bii", (const void *)block, take * sizeof *block, snapshot, seq);
    }
    free(copy);
    return status;
}

/* The row of a tensor that is to begin anew. */
static enum orr_status begin_tensor(struct orr_store *s, int64_t run, int64_t step, const char *tensor,
                                    const int64_t *shape, int rank, size_t total, int64_t *id, struct orr_error *err)
{
    struct orr_str text = {0};
    shape_text(shape, rank, &text);
    enum orr_status status = orr_db_need_run(s, run, err);
    if (status == ORR_OK) {
        status = orr_db_run(s, err, "DELETE FROM snapshot WHERE run_id = ? AND tensor = ? AND step = ?", "iti", run,
                            tensor, step);
    }
    if (status == ORR_OK) {
        status = orr_db_run(s, err, "INSERT INTO snapshot(run_id, tensor, step, shape, n) VALUES(?, ?, ?, ?, ?)",
                            "ititi", run, tensor, step, text.data, (int64_t)total);
    }
    *id = sqlite3_last_insert_rowid(s->db);
    orr_str_free(&text);
    return status;
}

/* The row of a tensor that goes on at element `first`. */
static enum orr_status find_tensor(struct orr_store *s, int64_t run, int64_t step, const char *tensor, size_t total,
                                   size_t first, int64_t *id, struct orr_error *err)
{
    int64_t held = 0;
    enum orr_status status = orr_db_integer(
        s, 0, id, err, "SELECT id FROM snapshot WHERE run_id = ? AND tensor = ? AND step = ? AND n = ?", "itii", run,
        tensor, step, (int64_t)total);
    if (status == ORR_OK) {
        status = orr_db_integer(s, 0, &held, err,
                                "SELECT seq * 262144 + length(data) / 4 FROM snapshot_block WHERE snapshot_id = ?"
                                " ORDER BY seq DESC LIMIT 1",
                                "i", *id);
    }
    if (status == ORR_OK && (uint64_t)held != first) {
        status = orr_error_set(err, ORR_EINVAL, tensor, "a part that begins at element %zu, but %lld are there", first,
                               (long long)held);
    }
    return status;
}

enum orr_status orr_store_snapshot_put_part(struct orr_store *s, int64_t run, int64_t step, const char *tensor,
                                            const int64_t *shape, int rank, size_t first, const float *values,
                                            size_t n, struct orr_error *err)
{
    size_t total;
    if (!shape_size(shape, rank, &total) || first > total || n > total - first) {
        return orr_error_set(err, ORR_EINVAL, tensor, "the shape does not hold values %zu to %zu in at most %d axes",
                             first, first + n, (int)MAX_RANK);
    }
    bool own;
    int64_t id;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    status = first == 0 ? begin_tensor(s, run, step, tensor, shape, rank, total, &id, err)
                        : find_tensor(s, run, step, tensor, total, first, &id, err);
    if (status == ORR_OK) status = put_blocks(s, id, first, values, n, err);
    return orr_db_written(s, own, status, err);
}

enum orr_status orr_store_snapshot_put(struct orr_store *s, int64_t run, int64_t step, const char *tensor,
                                       const int64_t *shape, int rank, const float *values, size_t n,
                                       struct orr_error *err)
{
    if (!shape_fits(shape, rank, n)) {
        return orr_error_set(err, ORR_EINVAL, tensor, "the shape does not multiply to %zu values in at most %d axes", n,
                             (int)MAX_RANK);
    }
    return orr_store_snapshot_put_part(s, run, step, tensor, shape, rank, 0, values, n, err);
}

/* ---- reading ---- */

enum orr_status orr_store_snapshots(struct orr_store *s, int64_t run, struct orr_snapshot_list *out,
                                    struct orr_error *err)
{
    *out = (struct orr_snapshot_list){0};
    /* Callers allocate what a snapshot claims to hold: no more than the file could. */
    int64_t pages, page_bytes;
    enum orr_status status = orr_db_integer(s, 0, &pages, err, "PRAGMA page_count", "");
    if (status == ORR_OK) status = orr_db_integer(s, 0, &page_bytes, err, "PRAGMA page_size", "");
    if (status != ORR_OK) return status;
    const uint64_t most = (uint64_t)pages * (uint64_t)page_bytes / sizeof(float);
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err,
                          "SELECT step, tensor, shape, n FROM snapshot WHERE run_id = ?"
                          " ORDER BY tensor, step",
                          "i", run);
    if (status != ORR_OK) return status;
    struct orr_db_memory *memory = orr_db_memory_new();
    ORR_VEC(struct orr_snapshot) v = {0};
    const char *tensor = "";
    bool sound = true;
    int rc;
    while (sound && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(q, 1), *shape = (const char *)sqlite3_column_text(q, 2);
        if (name && strcmp(name, tensor) != 0) tensor = orr_arena_strdup(&memory->arena, name);
        struct orr_snapshot x = {
            .step = sqlite3_column_int64(q, 0), .tensor = tensor, .n = (size_t)sqlite3_column_int64(q, 3)};
        sound = shape && parse_shape(shape, &x) && x.n <= most;
        ORR_VEC_PUSH(&v, x);
    }
    status = orr_db_done(s, q, sound ? rc : SQLITE_DONE, err);
    memory->array = v.data;
    *out = (struct orr_snapshot_list){.n = v.len, .items = v.data, .memory = memory};
    if (status == ORR_OK && !sound) {
        status = orr_error_set(err, ORR_EFORMAT, s->path, "the store is damaged: the shape of a snapshot of run %lld",
                               (long long)run);
    }
    if (status != ORR_OK) orr_snapshot_list_free(out);
    return status;
}

void orr_snapshot_list_free(struct orr_snapshot_list *l)
{
    orr_db_memory_free(l->memory);
    *l = (struct orr_snapshot_list){0};
}

/* Copies values from..from+n-1 of one block, without reading what stands before and after. */
static bool read_block(struct orr_store *s, sqlite3_blob **blob, int64_t row, size_t from, size_t n, float *out)
{
    const int rc = *blob ? sqlite3_blob_reopen(*blob, row)
                         : sqlite3_blob_open(s->db, "main", "snapshot_block", "data", row, 0, blob);
    if (rc != SQLITE_OK) return false;
    if ((size_t)sqlite3_blob_bytes(*blob) < (from + n) * sizeof *out) return false;
    return sqlite3_blob_read(*blob, out, (int)(n * sizeof *out), (int)(from * sizeof *out)) == SQLITE_OK;
}

enum orr_status orr_store_snapshot_read(struct orr_store *s, int64_t run, int64_t step, const char *tensor,
                                        size_t first, size_t n, float *values, struct orr_error *err)
{
    sqlite3_stmt *q;
    enum orr_status status =
        orr_db_query(s, &q, err, "SELECT id, n FROM snapshot WHERE run_id = ? AND tensor = ? AND step = ?", "iti", run,
                     tensor, step);
    if (status != ORR_OK) return status;
    int rc = sqlite3_step(q);
    const int64_t id = rc == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    const uint64_t total = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(q, 1) : 0;
    status = orr_db_done(s, q, rc, err);
    if (status != ORR_OK) return status;
    if (!id) {
        return orr_error_set(err, ORR_ENOTFOUND, s->path, "run %lld has no snapshot of \"%s\" at step %lld",
                             (long long)run, tensor, (long long)step);
    }
    if (first > total || n > total - first) {
        return orr_error_set(err, ORR_EINVAL, tensor, "values %zu to %zu of %llu", first, first + n,
                             (unsigned long long)total);
    }
    if (n == 0) return ORR_OK;
    status =
        orr_db_query(s, &q, err, "SELECT id, seq FROM snapshot_block WHERE snapshot_id = ? AND seq >= ? ORDER BY seq",
                     "ii", id, (int64_t)(first / BLOCK_FLOATS));
    if (status != ORR_OK) return status;
    sqlite3_blob *blob = NULL;
    size_t got = 0;
    bool sound = true;
    while (got < n && sound && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const size_t at = first + got, from = at % BLOCK_FLOATS;
        const size_t take = n - got < BLOCK_FLOATS - from ? n - got : BLOCK_FLOATS - from;
        sound = (size_t)sqlite3_column_int64(q, 1) == at / BLOCK_FLOATS &&
                read_block(s, &blob, sqlite3_column_int64(q, 0), from, take, values + got);
        got += take;
    }
    status = orr_db_done(s, q, sound ? rc : SQLITE_DONE, err);
    sqlite3_blob_close(blob);
    swap_floats(values, n);
    if (status == ORR_OK && (!sound || got < n)) {
        return orr_error_set(err, ORR_EFORMAT, s->path, "the store is damaged: blocks of \"%s\" are missing", tensor);
    }
    return status;
}
