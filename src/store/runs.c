/* Runs: the list of them, changes to one, and finding one by what a person types. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "store/db.h"

enum { CANDIDATES = 5 };

enum orr_status orr_store_runs(struct orr_store *s, struct orr_run_list *out, struct orr_error *err)
{
    *out = (struct orr_run_list){0};
    enum orr_status status = orr_db_read(s, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err,
                          "SELECT id, key, name, project, \"group\", state, notes, started, ended, pinned,"
                          " series_count, point_count, last_step FROM run ORDER BY id",
                          "");
    if (status != ORR_OK) return status;
    struct orr_db_memory *memory = orr_db_memory_new();
    struct orr_arena *a = &memory->arena;
    ORR_VEC(struct orr_run) v = {0};
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        const struct orr_run run = {.id = sqlite3_column_int64(q, 0),
                                    .key = orr_db_text(a, q, 1),
                                    .name = orr_db_text(a, q, 2),
                                    .project = orr_db_text(a, q, 3),
                                    .group = orr_db_text(a, q, 4),
                                    .state = orr_db_text(a, q, 5),
                                    .notes = orr_db_text(a, q, 6),
                                    .started = orr_db_double(q, 7),
                                    .ended = orr_db_double(q, 8),
                                    .pinned = sqlite3_column_int(q, 9) != 0,
                                    .series_count = sqlite3_column_int64(q, 10),
                                    .point_count = sqlite3_column_int64(q, 11),
                                    .last_step = sqlite3_column_int64(q, 12)};
        ORR_VEC_PUSH(&v, run);
    }
    status = orr_db_done(s, q, rc, err);
    memory->array = v.data;
    *out = (struct orr_run_list){.n = v.len, .runs = v.data, .memory = memory};
    if (status != ORR_OK) orr_run_list_free(out);
    return status;
}

void orr_run_list_free(struct orr_run_list *l)
{
    orr_db_memory_free(l->memory);
    *l = (struct orr_run_list){0};
}

const struct orr_run *orr_run_list_find(const struct orr_run_list *l, int64_t id)
{
    size_t lo = 0, hi = l->n;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (l->runs[mid].id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < l->n && l->runs[lo].id == id ? &l->runs[lo] : NULL;
}

enum orr_status orr_store_run_by_key(struct orr_store *s, const char *key, int64_t *id, struct orr_error *err)
{
    return orr_db_integer(s, 0, id, err, "SELECT id FROM run WHERE key = ?", "t", key);
}

/* Not one upsert: with AUTOINCREMENT, an INSERT that ends in DO UPDATE has used up the id it did not need. */
static enum orr_status insert(struct orr_store *s, const struct orr_run *run, int64_t *id, struct orr_error *err)
{
    const enum orr_status status =
        orr_db_run(s, err,
                   "INSERT INTO run(key, name, project, \"group\", state, notes, started, ended, pinned)"
                   " VALUES(?1, ifnull(?2, ''), ifnull(?3, ''), ifnull(?4, ''), ifnull(?5, ''), ifnull(?6, ''),"
                   " ?7, ?8, ?9)",
                   "ttttttddi", run->key, run->name, run->project, run->group, run->state, run->notes, run->started,
                   run->ended, (int64_t)run->pinned);
    if (status == ORR_OK) *id = sqlite3_last_insert_rowid(s->db);
    return status;
}

/* What `run` leaves open (NULL, "", NaN) stays as it is stored. */
static enum orr_status update(struct orr_store *s, int64_t id, const struct orr_run *run, struct orr_error *err)
{
    return orr_db_run(s, err,
                      "UPDATE run SET name = ifnull(nullif(?2, ''), name), project = ifnull(nullif(?3, ''), project),"
                      " \"group\" = ifnull(nullif(?4, ''), \"group\"), state = ifnull(nullif(?5, ''), state),"
                      " notes = ifnull(nullif(?6, ''), notes), started = ifnull(?7, started), ended = ifnull(?8, ended),"
                      " pinned = max(pinned, ?9) WHERE id = ?1",
                      "itttttddi", id, run->name, run->project, run->group, run->state, run->notes, run->started,
                      run->ended, (int64_t)run->pinned);
}

enum orr_status orr_store_run_put(struct orr_store *s, const struct orr_run *run, int64_t *id, struct orr_error *err)
{
    if (!run->key || !*run->key) return orr_error_set(err, ORR_EINVAL, s->path, "a run without a key");
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    int64_t got;
    status = orr_store_run_by_key(s, run->key, &got, err);
    if (status == ORR_OK) status = got ? update(s, got, run, err) : insert(s, run, &got, err);
    if (id) *id = got;
    return orr_db_written(s, own, status, err);
}

enum orr_status orr_store_run_delete(struct orr_store *s, int64_t run, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    status = orr_pending_flush(s, err);
    orr_pending_forget(s);
    if (status == ORR_OK) status = orr_db_need_run(s, run, err);
    if (status == ORR_OK) status = orr_db_run(s, err, "DELETE FROM run WHERE id = ?", "i", run);
    return orr_db_written(s, own, status, err);
}

enum orr_status orr_store_run_pin(struct orr_store *s, int64_t run, bool pinned, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    status = orr_db_need_run(s, run, err);
    if (status == ORR_OK) {
        status = orr_db_run(s, err, "UPDATE run SET pinned = ? WHERE id = ?", "ii", (int64_t)pinned, run);
    }
    return orr_db_written(s, own, status, err);
}

enum orr_status orr_store_run_note(struct orr_store *s, int64_t run, const char *notes, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    status = orr_db_need_run(s, run, err);
    if (status == ORR_OK) {
        status = orr_db_run(s, err, "UPDATE run SET notes = ? WHERE id = ?", "ti", notes ? notes : "", run);
    }
    return orr_db_written(s, own, status, err);
}

/* ---- finding ---- */

/* Runs that `sql` finds for `text`: none (*found 0), one, or an error that names the candidates. */
static enum orr_status find_by(struct orr_store *s, const char *sql, const char *text, size_t *found, int64_t *id,
                               struct orr_error *err)
{
    sqlite3_stmt *q;
    enum orr_status status = orr_db_query(s, &q, err, sql, "t", text);
    if (status != ORR_OK) return status;
    struct orr_str names = {0};
    int rc;
    *found = 0;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        if ((*found)++ == 0) *id = sqlite3_column_int64(q, 0);
        if (*found > CANDIDATES) {
            orr_str_append(&names, ", ...");
            break;
        }
        orr_str_printf(&names, "%s%lld %.60s", *found > 1 ? ", " : "", (long long)sqlite3_column_int64(q, 0),
                       (const char *)sqlite3_column_text(q, 1));
    }
    status = orr_db_done(s, q, rc, err);
    if (status == ORR_OK && *found > 1) {
        status = orr_error_set(err, ORR_EINVAL, s->path, "\"%.60s\" could be several runs: %s; name one by its number",
                               text, orr_str_c(&names));
    }
    orr_str_free(&names);
    return status;
}

/* A prefix is a range of texts: [text, text followed by the largest code point). */
#define PREFIX_RANGE "name >= ?1 AND name < ?1 || char(1114111)"

enum orr_status orr_store_run_find(struct orr_store *s, const char *text, int64_t *id, struct orr_error *err)
{
    int64_t number;
    size_t found = 0;
    if (orr_parse_int64(text, strlen(text), &number)) {
        int64_t there;
        const enum orr_status status = orr_db_integer(s, 0, &there, err, "SELECT 1 FROM run WHERE id = ?", "i", number);
        if (status != ORR_OK) return status;
        if (there) return *id = number, ORR_OK;
    }
    enum orr_status status =
        find_by(s, "SELECT id, name FROM run WHERE name = ? AND name <> '' ORDER BY id LIMIT 6", text, &found, id, err);
    if (status != ORR_OK || found) return status;
    status = find_by(s, "SELECT id, name FROM run WHERE key = ?", text, &found, id, err);
    if (status != ORR_OK || found) return status;
    if (*text) {
        status =
            find_by(s, "SELECT id, name FROM run WHERE " PREFIX_RANGE " ORDER BY id LIMIT 6", text, &found, id, err);
    }
    if (status != ORR_OK || found) return status;
    return orr_error_set(err, ORR_ENOTFOUND, s->path, "no run is called \"%.60s\"; `orrery runs` lists them", text);
}
