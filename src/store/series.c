/* Reading series: their summaries, the summaries of their chunks, and their points. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/chunk.h"
#include "store/db.h"

#define SERIES_COLUMNS                                                                                                 \
    "s.id, s.run_id, s.n, s.nan_count, s.first_step, s.last_step, s.last, s.min, s.max, s.min_step, s.max_step,"       \
    " s.wall_first, s.wall_last"

static struct orr_series series_row(sqlite3_stmt *q)
{
    return (struct orr_series){.id = sqlite3_column_int64(q, 0),
                               .run = sqlite3_column_int64(q, 1),
                               .n = sqlite3_column_int64(q, 2),
                               .nan_count = sqlite3_column_int64(q, 3),
                               .first_step = sqlite3_column_int64(q, 4),
                               .last_step = sqlite3_column_int64(q, 5),
                               .last = orr_db_double(q, 6),
                               .min = orr_db_double(q, 7),
                               .max = orr_db_double(q, 8),
                               .min_step = sqlite3_column_int64(q, 9),
                               .max_step = sqlite3_column_int64(q, 10),
                               .wall_first = orr_db_double(q, 11),
                               .wall_last = orr_db_double(q, 12)};
}

enum orr_status orr_store_series(struct orr_store *s, int64_t run, struct orr_series_list *out, struct orr_error *err)
{
    *out = (struct orr_series_list){0};
    enum orr_status status = orr_db_read(s, err);
    if (status == ORR_OK) status = orr_db_need_run(s, run, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err,
                          "SELECT " SERIES_COLUMNS ", t.text FROM series s JOIN name t ON t.id = s.name_id"
                          " WHERE s.run_id = ? ORDER BY t.text",
                          "i", run);
    if (status != ORR_OK) return status;
    struct orr_db_memory *memory = orr_db_memory_new();
    ORR_VEC(struct orr_series) v = {0};
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        struct orr_series x = series_row(q);
        x.name = orr_db_text(&memory->arena, q, 13);
        ORR_VEC_PUSH(&v, x);
    }
    status = orr_db_done(s, q, rc, err);
    memory->array = v.data;
    *out = (struct orr_series_list){.n = v.len, .series = v.data, .memory = memory};
    if (status != ORR_OK) orr_series_list_free(out);
    return status;
}

void orr_series_list_free(struct orr_series_list *l)
{
    orr_db_memory_free(l->memory);
    *l = (struct orr_series_list){0};
}

enum orr_status orr_store_series_find(struct orr_store *s, int64_t run, const char *name, struct orr_series *out,
                                      struct orr_error *err)
{
    *out = (struct orr_series){0};
    enum orr_status status = orr_db_read(s, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err,
                          "SELECT " SERIES_COLUMNS " FROM series s JOIN name t ON t.id = s.name_id"
                          " WHERE s.run_id = ? AND t.text = ?",
                          "it", run, name);
    if (status != ORR_OK) return status;
    const int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) *out = series_row(q);
    status = orr_db_done(s, q, rc, err);
    if (status == ORR_OK && rc == SQLITE_DONE) {
        return orr_error_set(err, ORR_ENOTFOUND, s->path, "run %lld has no series \"%s\"", (long long)run, name);
    }
    return status;
}

/* ---- points ---- */

static enum orr_status damaged(struct orr_store *s, int64_t series, int64_t seq, struct orr_error *err)
{
    return orr_error_set(
        err, ORR_EFORMAT, s->path,
        "the store is damaged: chunk %lld of series %lld contradicts itself; `orrery doctor` checks it", (long long)seq,
        (long long)series);
}

struct orr_packed orr_chunk_row(sqlite3_stmt *q)
{
    return (struct orr_packed){.n = sqlite3_column_int(q, 1),
                               .value_bytes = sqlite3_column_int(q, 2),
                               .step_bytes = sqlite3_column_int(q, 3),
                               .wall_bytes = sqlite3_column_int(q, 4),
                               .step_first = sqlite3_column_int64(q, 5),
                               .stride = sqlite3_column_int64(q, 6),
                               .wall_base = sqlite3_column_int64(q, 7),
                               .data = sqlite3_column_blob(q, 8),
                               .size = (size_t)sqlite3_column_bytes(q, 8)};
}

enum orr_status orr_points_read(struct orr_store *s, int64_t series, int64_t first, size_t n, int64_t *step,
                                double *value, double *wall, size_t *got, struct orr_error *err)
{
    *got = 0;
    if (first < 0) return orr_error_set(err, ORR_EINVAL, s->path, "positions start at 0");
    if (n == 0) return ORR_OK;
    sqlite3_stmt *q;
    enum orr_status status = orr_db_query(s, &q, err,
                                          "SELECT c.seq, " ORR_CHUNK_COLUMNS
                                          " FROM chunk c JOIN chunk_data d USING(series_id, seq)"
                                          " WHERE c.series_id = ? AND c.seq >= ? ORDER BY c.seq",
                                          "ii", series, first / ORR_CHUNK_POINTS);
    if (status != ORR_OK) return status;
    int rc = SQLITE_DONE;
    while (*got < n && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const int64_t seq = sqlite3_column_int64(q, 0);
        const struct orr_packed p = orr_chunk_row(q);
        const int64_t at = first + (int64_t)*got;
        const int64_t from = at % ORR_CHUNK_POINTS;
        if (seq != at / ORR_CHUNK_POINTS) {
            status = damaged(s, series, seq, err);
            break;
        }
        if (from >= p.n) break; /* past the end */
        const int64_t left = (int64_t)(n - *got);
        const int take = (int)(p.n - from < left ? p.n - from : left);
        if (!orr_chunk_unpack(&p, (int)from, take, step ? step + *got : NULL, value ? value + *got : NULL,
                              wall ? wall + *got : NULL)) {
            status = damaged(s, series, seq, err);
            break;
        }
        *got += (size_t)take;
        if (p.n < ORR_CHUNK_POINTS) break;
    }
    const enum orr_status ended = orr_db_done(s, q, rc, err);
    return status != ORR_OK ? status : ended;
}

enum orr_status orr_store_points(struct orr_store *s, int64_t series, int64_t first, size_t n, int64_t *step,
                                 double *value, double *wall, size_t *got, struct orr_error *err)
{
    *got = 0;
    const enum orr_status status = orr_db_read(s, err);
    if (status != ORR_OK) return status;
    return orr_points_read(s, series, first, n, step, value, wall, got, err);
}

enum orr_status orr_store_chunks(struct orr_store *s, int64_t series, struct orr_chunk_list *out, struct orr_error *err)
{
    *out = (struct orr_chunk_list){0};
    enum orr_status status = orr_db_read(s, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err,
                          "SELECT seq, n, nan_count, step_first, step_last, step_min, step_max, first, last, min, max,"
                          " sum, wall_first, wall_last FROM chunk WHERE series_id = ? ORDER BY seq",
                          "i", series);
    if (status != ORR_OK) return status;
    ORR_VEC(struct orr_chunk) v = {0};
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const struct orr_chunk c = {.first = sqlite3_column_int64(q, 0) * ORR_CHUNK_POINTS,
                                    .n = sqlite3_column_int(q, 1),
                                    .nan_count = sqlite3_column_int(q, 2),
                                    .step_first = sqlite3_column_int64(q, 3),
                                    .step_last = sqlite3_column_int64(q, 4),
                                    .step_min = sqlite3_column_int64(q, 5),
                                    .step_max = sqlite3_column_int64(q, 6),
                                    .first_value = orr_db_double(q, 7),
                                    .last_value = orr_db_double(q, 8),
                                    .min = orr_db_double(q, 9),
                                    .max = orr_db_double(q, 10),
                                    .sum = orr_db_double(q, 11),
                                    .wall_first = orr_db_double(q, 12),
                                    .wall_last = orr_db_double(q, 13)};
        /* Charts count on positions without gaps and on counts that add up. */
        if (c.first != (int64_t)v.len * ORR_CHUNK_POINTS || c.n < 1 || c.n > ORR_CHUNK_POINTS || c.nan_count < 0 ||
            c.nan_count > c.n || (v.len && v.data[v.len - 1].n < ORR_CHUNK_POINTS)) {
            status = damaged(s, series, sqlite3_column_int64(q, 0), err);
            break;
        }
        ORR_VEC_PUSH(&v, c);
    }
    const enum orr_status ended = orr_db_done(s, q, rc, err);
    if (status == ORR_OK) status = ended;
    *out = (struct orr_chunk_list){.n = v.len, .chunks = v.data, .memory = v.data};
    if (status != ORR_OK) orr_chunk_list_free(out);
    return status;
}

void orr_chunk_list_free(struct orr_chunk_list *l)
{
    free(l->memory);
    *l = (struct orr_chunk_list){0};
}
