/* Configuration values, tags, and the names of series and keys. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/db.h"

/* ---- names ---- */

static enum orr_status names(struct orr_store *s, const char *sql, struct orr_name_list *out, struct orr_error *err)
{
    *out = (struct orr_name_list){0};
    enum orr_status status = orr_db_read(s, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err, sql, "");
    if (status != ORR_OK) return status;
    struct orr_db_memory *memory = orr_db_memory_new();
    ORR_VEC(struct orr_name) v = {0};
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        ORR_VEC_PUSH(&v, (struct orr_name){sqlite3_column_int64(q, 0), orr_db_text(&memory->arena, q, 1)});
    }
    status = orr_db_done(s, q, rc, err);
    memory->array = v.data;
    *out = (struct orr_name_list){.n = v.len, .names = v.data, .memory = memory};
    if (status != ORR_OK) orr_name_list_free(out);
    return status;
}

/* One look into the index per name: counting the runs of each would read every row. */
enum orr_status orr_store_series_names(struct orr_store *s, struct orr_name_list *out, struct orr_error *err)
{
    return names(s,
                 "SELECT id, text FROM name WHERE EXISTS (SELECT 1 FROM series WHERE name_id = name.id) ORDER BY text",
                 out, err);
}

enum orr_status orr_store_config_names(struct orr_store *s, struct orr_name_list *out, struct orr_error *err)
{
    return names(s,
                 "SELECT id, text FROM name WHERE EXISTS (SELECT 1 FROM config WHERE name_id = name.id) ORDER BY text",
                 out, err);
}

void orr_name_list_free(struct orr_name_list *l)
{
    orr_db_memory_free(l->memory);
    *l = (struct orr_name_list){0};
}

/* ---- configuration ---- */

enum orr_status orr_store_config_put(struct orr_store *s, int64_t run, const char *key,
                                     const struct orr_config_value *value, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    int64_t name = 0;
    status = orr_db_need_run(s, run, err);
    if (status == ORR_OK) status = orr_db_intern(s, key, &name, err);
    if (status == ORR_OK) {
        status = orr_db_run(s, err, "INSERT OR REPLACE INTO config(run_id, name_id, number, text) VALUES(?, ?, ?, ?)",
                            "iidt", run, name, value->is_number ? value->number : NAN, value->text ? value->text : "");
    }
    return orr_db_written(s, own, status, err);
}

/* Columns `at` and `at` + 1 hold number and text. */
static struct orr_config_value config_value(struct orr_arena *a, sqlite3_stmt *q, int at)
{
    const double number = orr_db_double(q, at);
    return (struct orr_config_value){.is_number = !isnan(number), .number = number, .text = orr_db_text(a, q, at + 1)};
}

enum orr_status orr_store_config(struct orr_store *s, int64_t run, struct orr_config_list *out, struct orr_error *err)
{
    *out = (struct orr_config_list){0};
    enum orr_status status = orr_db_need_run(s, run, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err,
                          "SELECT t.text, c.number, c.text FROM config c JOIN name t ON t.id = c.name_id"
                          " WHERE c.run_id = ? ORDER BY t.text",
                          "i", run);
    if (status != ORR_OK) return status;
    struct orr_db_memory *memory = orr_db_memory_new();
    ORR_VEC(struct orr_config_value) v = {0};
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        struct orr_config_value x = config_value(&memory->arena, q, 1);
        x.key = orr_db_text(&memory->arena, q, 0);
        ORR_VEC_PUSH(&v, x);
    }
    status = orr_db_done(s, q, rc, err);
    memory->array = v.data;
    *out = (struct orr_config_list){.n = v.len, .values = v.data, .memory = memory};
    if (status != ORR_OK) orr_config_list_free(out);
    return status;
}

void orr_config_list_free(struct orr_config_list *l)
{
    orr_db_memory_free(l->memory);
    *l = (struct orr_config_list){0};
}

/* ---- tags ---- */

enum orr_status orr_store_tag_put(struct orr_store *s, int64_t run, const char *tag, bool present,
                                  struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    status = orr_db_need_run(s, run, err);
    if (status == ORR_OK && present) {
        status = orr_db_run(s, err, "INSERT OR IGNORE INTO tag(run_id, name) VALUES(?, ?)", "it", run, tag);
    } else if (status == ORR_OK) {
        status = orr_db_run(s, err, "DELETE FROM tag WHERE run_id = ? AND name = ?", "it", run, tag);
    }
    return orr_db_written(s, own, status, err);
}

/* ---- columns: rows (run_id, ...) by run_id are merged into the order of `runs` ---- */

struct place {
    int64_t run;
    size_t at;
};
/* The runs of a list by id. Only rows of runs from `first` to `last` are read: the newest few of many cost little. */
struct places {
    size_t n;
    struct place *p;
    int64_t first, last;
};

static int by_run(const void *a, const void *b)
{
    const int64_t x = ((const struct place *)a)->run, y = ((const struct place *)b)->run;
    return (x > y) - (x < y);
}

static enum orr_status find_places(struct orr_store *s, const struct orr_run_list *runs, struct places *out,
                                   struct orr_error *err)
{
    struct place *p = orr_alloc(runs->n, sizeof *p);
    if (!p) return orr_error_set(err, ORR_ENOMEM, s->path, "out of memory for a column");
    bool sorted = true;
    for (size_t i = 0; i < runs->n; i++) {
        p[i] = (struct place){runs->runs[i].id, i};
        sorted = sorted && (i == 0 || p[i - 1].run <= p[i].run);
    }
    if (!sorted) qsort(p, runs->n, sizeof *p, by_run);
    *out = (struct places){.n = runs->n, .p = p, .first = 1, .last = 0};
    if (runs->n) out->first = p[0].run, out->last = p[runs->n - 1].run;
    return ORR_OK;
}

/* Moves *i on to `run`; false when that run is not in the list. Runs come in ascending order. */
static bool advance(const struct places *l, size_t *i, int64_t run)
{
    while (*i < l->n && l->p[*i].run < run) ++*i;
    return *i < l->n && l->p[*i].run == run;
}

#define COLUMN(what)                                                                                                   \
    "SELECT run_id, " what " FROM series INDEXED BY series_column WHERE name_id = ? AND run_id BETWEEN ? AND ?"        \
    " ORDER BY run_id"
static const char *const column_sql[] = {
    [ORR_LAST] = COLUMN("last"),
    [ORR_MIN] = COLUMN("min"),
    [ORR_MAX] = COLUMN("max"),
    [ORR_BEST_STEP_MIN] = COLUMN("min_step"),
    [ORR_BEST_STEP_MAX] = COLUMN("max_step"),
    [ORR_COUNT] = COLUMN("n"),
    [ORR_LAST_STEP] = COLUMN("last_step"),
};

static enum orr_status name_id(struct orr_store *s, const char *text, int64_t *id, struct orr_error *err)
{
    return orr_db_integer(s, 0, id, err, "SELECT id FROM name WHERE text = ?", "t", text);
}

enum orr_status orr_store_series_column(struct orr_store *s, const char *name, enum orr_summary what,
                                        const struct orr_run_list *runs, double **out, struct orr_error *err)
{
    *out = NULL;
    if ((size_t)what >= sizeof column_sql / sizeof *column_sql) {
        return orr_error_set(err, ORR_EINVAL, s->path, "no such summary");
    }
    int64_t id;
    struct places l = {0};
    double *cells = NULL;
    enum orr_status status = orr_db_read(s, err);
    if (status == ORR_OK) status = name_id(s, name, &id, err);
    if (status == ORR_OK) status = find_places(s, runs, &l, err);
    if (status != ORR_OK) return status;
    cells = orr_alloc(runs->n, sizeof *cells);
    if (!cells) {
        status = orr_error_set(err, ORR_ENOMEM, s->path, "out of memory for a column");
        goto out;
    }
    for (size_t i = 0; i < runs->n; i++) cells[i] = NAN;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err, column_sql[what], "iii", id, l.first, l.last);
    if (status != ORR_OK) goto out;
    int rc;
    size_t i = 0;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        if (advance(&l, &i, sqlite3_column_int64(q, 0))) cells[l.p[i].at] = orr_db_double(q, 1);
    }
    status = orr_db_done(s, q, rc, err);
    if (status == ORR_OK) {
        *out = cells;
        cells = NULL;
    }
out:
    free(l.p);
    free(cells);
    return status;
}

/* The rows of q are (run_id, number, text), ascending; `blank` fills the runs without one. */
static enum orr_status value_column(struct orr_store *s, sqlite3_stmt *q, const char *blank, const struct places *l,
                                    struct orr_config_list *out, struct orr_error *err)
{
    struct orr_config_value *values = orr_alloc(l->n, sizeof *values);
    if (!values) {
        sqlite3_reset(q);
        return orr_error_set(err, ORR_ENOMEM, s->path, "out of memory for a column");
    }
    struct orr_db_memory *memory = orr_db_memory_new();
    memory->array = values;
    for (size_t i = 0; i < l->n; i++) values[i] = (struct orr_config_value){.number = NAN, .text = blank};
    int rc;
    size_t i = 0;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
        if (advance(l, &i, sqlite3_column_int64(q, 0))) values[l->p[i].at] = config_value(&memory->arena, q, 1);
    }
    *out = (struct orr_config_list){.n = l->n, .values = values, .memory = memory};
    const enum orr_status status = orr_db_done(s, q, rc, err);
    if (status != ORR_OK) orr_config_list_free(out);
    return status;
}

enum orr_status orr_store_config_column(struct orr_store *s, const char *key, const struct orr_run_list *runs,
                                        struct orr_config_list *out, struct orr_error *err)
{
    *out = (struct orr_config_list){0};
    int64_t id;
    struct places l;
    enum orr_status status = name_id(s, key, &id, err);
    if (status == ORR_OK) status = find_places(s, runs, &l, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err,
                          "SELECT run_id, number, text FROM config INDEXED BY config_column WHERE name_id = ?"
                          " AND run_id BETWEEN ? AND ? ORDER BY run_id",
                          "iii", id, l.first, l.last);
    if (status == ORR_OK) status = value_column(s, q, NULL, &l, out, err);
    free(l.p);
    return status;
}

enum orr_status orr_store_config_has_text(struct orr_store *s, const char *key, bool *out, struct orr_error *err)
{
    int64_t found = 0;
    const enum orr_status status =
        orr_db_integer(s, 0, &found, err,
                       "SELECT 1 FROM config INDEXED BY config_column WHERE number IS NULL"
                       " AND name_id = (SELECT id FROM name WHERE text = ?) LIMIT 1",
                       "t", key);
    *out = found != 0;
    return status;
}

enum orr_status orr_store_tag_column(struct orr_store *s, const struct orr_run_list *runs, struct orr_config_list *out,
                                     struct orr_error *err)
{
    *out = (struct orr_config_list){0};
    struct places l;
    enum orr_status status = find_places(s, runs, &l, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err,
                          "SELECT run_id, NULL, group_concat(name, ',') FROM tag WHERE run_id BETWEEN ? AND ?"
                          " GROUP BY run_id ORDER BY run_id",
                          "ii", l.first, l.last);
    if (status == ORR_OK) status = value_column(s, q, "", &l, out, err);
    free(l.p);
    return status;
}
