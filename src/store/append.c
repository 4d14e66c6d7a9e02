/* Appending. Within a transaction the summary and the short last chunk of every series touched wait in memory, so that
 * a thousand appends of one point cost one write; the next read, the commit, or too much waiting flushes them. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "store/chunk.h"
#include "store/db.h"

enum {
    WAITING_BYTES = 16 << 20, /* in tails */
    WAITING_SERIES = 1 << 16,
};

/* The last, still short chunk of a series. */
struct tail {
    int n, cap;
    int64_t *step;
    double *value, *wall; /* wall: NaN where unknown */
};

struct open_series {
    struct open_series *next; /* in its bucket */
    uint64_t hash;
    char *name;
    int64_t name_id;
    struct orr_series sum; /* of all points, those that wait included */
    int64_t stored_n;      /* what run.point_count knows of */
    struct tail tail;
    bool has_row, tail_loaded, dirty;
};

struct orr_pending {
    size_t len, cap; /* cap: buckets, a power of two */
    struct open_series **bucket;
    ORR_VEC(struct open_series *) dirty;
    size_t waiting;  /* bytes in tails */
    int64_t next_id; /* of a new series; ours alone while we hold the write lock */
    unsigned char packed[ORR_CHUNK_BYTES];
};

/* ---- the series of this transaction ---- */

static uint64_t hash_of(int64_t run, const char *name)
{
    return XXH3_64bits_withSeed(name, strlen(name), (uint64_t)run);
}

static void rehash(struct orr_pending *p, size_t cap)
{
    struct open_series **bucket = orr_xcalloc(cap, sizeof *bucket);
    for (size_t i = 0; i < p->cap; i++) {
        for (struct open_series *o = p->bucket[i], *next; o; o = next) {
            next = o->next;
            o->next = bucket[o->hash & (cap - 1)];
            bucket[o->hash & (cap - 1)] = o;
        }
    }
    free(p->bucket);
    p->bucket = bucket;
    p->cap = cap;
}

static void free_tail(struct tail *t)
{
    free(t->step);
    free(t->value);
    free(t->wall);
    *t = (struct tail){0};
}

static void forget(struct open_series *o)
{
    free_tail(&o->tail);
    free(o->name);
    free(o);
}

void orr_pending_forget(struct orr_store *s)
{
    struct orr_pending *p = s->pending;
    if (!p) return;
    for (size_t i = 0; i < p->cap; i++) {
        for (struct open_series *o = p->bucket[i], *next; o; o = next) {
            next = o->next;
            forget(o);
        }
    }
    free(p->bucket);
    free(p->dirty.data);
    free(p);
    s->pending = NULL;
}

static void mark_dirty(struct orr_pending *p, struct open_series *o)
{
    if (o->dirty) return;
    o->dirty = true;
    ORR_VEC_PUSH(&p->dirty, o);
}

/* Fills o from the store, or as a series to be created. */
static enum orr_status load(struct orr_store *s, struct open_series *o, struct orr_error *err)
{
    struct orr_pending *p = s->pending;
    enum orr_status status = orr_db_need_run(s, o->sum.run, err);
    if (status == ORR_OK) status = orr_db_intern(s, o->name, &o->name_id, err);
    if (status != ORR_OK) return status;
    sqlite3_stmt *q;
    status = orr_db_query(s, &q, err,
                          "SELECT id, n, nan_count, first_step, last_step, last, min, max, min_step, max_step,"
                          " wall_first, wall_last FROM series WHERE run_id = ? AND name_id = ?",
                          "ii", o->sum.run, o->name_id);
    if (status != ORR_OK) return status;
    const int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) {
        o->has_row = true;
        o->sum = (struct orr_series){.id = sqlite3_column_int64(q, 0),
                                     .run = o->sum.run,
                                     .n = sqlite3_column_int64(q, 1),
                                     .nan_count = sqlite3_column_int64(q, 2),
                                     .first_step = sqlite3_column_int64(q, 3),
                                     .last_step = sqlite3_column_int64(q, 4),
                                     .last = orr_db_double(q, 5),
                                     .min = orr_db_double(q, 6),
                                     .max = orr_db_double(q, 7),
                                     .min_step = sqlite3_column_int64(q, 8),
                                     .max_step = sqlite3_column_int64(q, 9),
                                     .wall_first = orr_db_double(q, 10),
                                     .wall_last = orr_db_double(q, 11)};
        o->stored_n = o->sum.n;
    }
    status = orr_db_done(s, q, rc, err);
    if (status != ORR_OK || o->has_row) return status;
    if (!p->next_id) status = orr_db_integer(s, 1, &p->next_id, err, "SELECT max(id)+1 FROM series", "");
    if (p->next_id < 1) p->next_id = 1;
    o->sum.id = p->next_id++;
    return status;
}

static enum orr_status find(struct orr_store *s, int64_t run, const char *name, struct open_series **out,
                            struct orr_error *err)
{
    if (!s->pending) s->pending = orr_xcalloc(1, sizeof *s->pending);
    struct orr_pending *p = s->pending;
    if (p->len >= p->cap) rehash(p, p->cap ? p->cap * 2 : 64);
    const uint64_t hash = hash_of(run, name);
    struct open_series **bucket = &p->bucket[hash & (p->cap - 1)];
    for (struct open_series *o = *bucket; o; o = o->next) {
        if (o->hash == hash && o->sum.run == run && strcmp(o->name, name) == 0) return *out = o, ORR_OK;
    }
    struct open_series *o = orr_xcalloc(1, sizeof *o);
    *o = (struct open_series){.hash = hash, .name = orr_xstrdup(name), .sum = {.run = run}};
    o->sum.last = o->sum.min = o->sum.max = o->sum.wall_first = o->sum.wall_last = NAN;
    const enum orr_status status = load(s, o, err);
    if (status != ORR_OK) {
        forget(o);
        return status;
    }
    o->next = *bucket;
    *bucket = o;
    p->len++;
    if (!o->has_row) mark_dirty(p, o);
    *out = o;
    return ORR_OK;
}

/* ---- tails ---- */

static bool reserve(struct orr_pending *p, struct tail *t, int want)
{
    if (want <= t->cap) return true;
    int cap = t->cap ? t->cap * 2 : 64;
    if (cap < want) cap = want;
    if (cap > ORR_CHUNK_POINTS) cap = ORR_CHUNK_POINTS;
    int64_t *step = orr_realloc(t->step, (size_t)cap, sizeof *step);
    if (step) t->step = step;
    double *value = step ? orr_realloc(t->value, (size_t)cap, sizeof *value) : NULL;
    if (value) t->value = value;
    double *wall = value ? orr_realloc(t->wall, (size_t)cap, sizeof *wall) : NULL;
    if (!wall) return false;
    t->wall = wall;
    p->waiting += (size_t)(cap - t->cap) * 24;
    t->cap = cap;
    return true;
}

static enum orr_status damaged(struct orr_store *s, const struct open_series *o, struct orr_error *err)
{
    return orr_error_set(err, ORR_EFORMAT, s->path,
                         "the store is damaged: the last points of series %lld cannot be read", (long long)o->sum.id);
}

/* Reads the short last chunk back, where there is one and it is not here yet. */
static enum orr_status load_tail(struct orr_store *s, struct open_series *o, struct orr_error *err)
{
    const int n = (int)(o->sum.n % ORR_CHUNK_POINTS);
    if (o->tail_loaded || n == 0) return ORR_OK;
    if (!reserve(s->pending, &o->tail, n)) return orr_error_set(err, ORR_ENOMEM, s->path, "out of memory for points");
    size_t got;
    enum orr_status status =
        orr_points_read(s, o->sum.id, o->sum.n - n, (size_t)n, o->tail.step, o->tail.value, o->tail.wall, &got, err);
    if (status != ORR_OK) return status;
    if (got != (size_t)n) return damaged(s, o, err);
    o->tail.n = n;
    o->tail_loaded = true;
    return ORR_OK;
}

/* ---- rows ---- */

static enum orr_status put_row(struct orr_store *s, struct open_series *o, struct orr_error *err)
{
    const struct orr_series *x = &o->sum;
    const char *insert =
        "INSERT INTO series(n, nan_count, first_step, last_step, last, min, max, min_step, max_step, wall_first,"
        " wall_last, id, run_id, name_id) VALUES(?1, ?2, iif(?1, ?3, NULL), iif(?1, ?4, NULL), ?5, ?6, ?7,"
        " iif(?6 IS NULL, NULL, ?8), iif(?7 IS NULL, NULL, ?9), ?10, ?11, ?12, ?13, ?14)";
    const char *update =
        "UPDATE series SET n=?1, nan_count=?2, first_step=iif(?1, ?3, NULL), last_step=iif(?1, ?4, NULL), last=?5,"
        " min=?6, max=?7, min_step=iif(?6 IS NULL, NULL, ?8), max_step=iif(?7 IS NULL, NULL, ?9), wall_first=?10,"
        " wall_last=?11 WHERE id=?12 AND run_id=?13 AND name_id=?14";
    enum orr_status status = orr_db_run(s, err, o->has_row ? update : insert, "iiiidddiiddiii", x->n, x->nan_count,
                                        x->first_step, x->last_step, x->last, x->min, x->max, x->min_step, x->max_step,
                                        x->wall_first, x->wall_last, x->id, x->run, o->name_id);
    if (status != ORR_OK) return status;
    const int64_t added = o->has_row ? 0 : 1;
    o->has_row = true;
    /* Kept with the run, so that the list of runs needs no look at the series. */
    status = orr_db_run(s, err,
                        "UPDATE run SET series_count = series_count + ?2, point_count = point_count + ?3,"
                        " last_step = CASE WHEN ?5 = 0 THEN last_step ELSE max(ifnull(last_step, ?4), ?4) END"
                        " WHERE id = ?1",
                        "iiiii", x->run, added, x->n - o->stored_n, x->last_step, x->n);
    o->stored_n = x->n;
    return status;
}

static enum orr_status put_chunk(struct orr_store *s, struct open_series *o, int64_t seq, const int64_t *step,
                                 const double *value, const double *wall, int n, struct orr_error *err)
{
    if (!o->has_row) { /* the chunk's foreign key wants it */
        const enum orr_status status = put_row(s, o, err);
        if (status != ORR_OK) return status;
    }
    struct orr_chunk c;
    struct orr_packed p;
    int64_t unused_min, unused_max;
    orr_chunk_summarise(step, value, wall, (size_t)n, &c, &unused_min, &unused_max);
    orr_chunk_pack(step, value, wall, n, &p, s->pending->packed);
    const enum orr_status status = orr_db_run(
        s, err,
        "INSERT INTO chunk(series_id, seq, n, nan_count, value_bytes, step_bytes, wall_bytes, step_first,"
        " step_last, step_min, step_max, stride, wall_base, first, last, min, max, sum, wall_first, wall_last)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"
        " ON CONFLICT DO UPDATE SET n=?3, nan_count=?4, value_bytes=?5, step_bytes=?6, wall_bytes=?7,"
        " step_first=?8, step_last=?9, step_min=?10, step_max=?11, stride=?12, wall_base=?13, first=?14,"
        " last=?15, min=?16, max=?17, sum=?18, wall_first=?19, wall_last=?20",
        "iiiiiiiiiiiiiddddddd", o->sum.id, seq, (int64_t)n, (int64_t)c.nan_count, (int64_t)p.value_bytes,
        (int64_t)p.step_bytes, (int64_t)p.wall_bytes, c.step_first, c.step_last, c.step_min, c.step_max, p.stride,
        p.wall_base, c.first_value, c.last_value, c.min, c.max, c.sum, c.wall_first, c.wall_last);
    if (status != ORR_OK) return status;
    return orr_db_run(s, err,
                      "INSERT INTO chunk_data(series_id, seq, data) VALUES(?1, ?2, ?3)"
                      " ON CONFLICT DO UPDATE SET data=?3",
                      "iib", o->sum.id, seq, (const void *)p.data, p.size);
}

static enum orr_status flush_one(struct orr_store *s, struct open_series *o, struct orr_error *err)
{
    const struct tail *t = &o->tail;
    const enum orr_status status = put_row(s, o, err);
    if (status != ORR_OK || t->n == 0) return status;
    return put_chunk(s, o, (o->sum.n - 1) / ORR_CHUNK_POINTS, t->step, t->value, t->wall, t->n, err);
}

static int by_id(const void *a, const void *b)
{
    const int64_t x = (*(struct open_series *const *)a)->sum.id, y = (*(struct open_series *const *)b)->sum.id;
    return (x > y) - (x < y);
}

/* In the order of ids: the tables grow at their ends, and equal calls give equal files. */
enum orr_status orr_pending_flush(struct orr_store *s, struct orr_error *err)
{
    struct orr_pending *p = s->pending;
    if (!p || !p->dirty.len) return ORR_OK;
    qsort(p->dirty.data, p->dirty.len, sizeof *p->dirty.data, by_id);
    for (size_t i = 0; i < p->dirty.len; i++) {
        struct open_series *o = p->dirty.data[i];
        const enum orr_status status = flush_one(s, o, err);
        if (status != ORR_OK) return status; /* the transaction is given up */
        o->dirty = false;
    }
    p->dirty.len = 0;
    if (p->waiting > WAITING_BYTES / 2 || p->len > WAITING_SERIES) orr_pending_forget(s);
    return ORR_OK;
}

/* ---- adding points ---- */

/* The summary x over points already there and then the slice c. */
static void extend(struct orr_series *x, const struct orr_chunk *c, const int64_t *step, int64_t min_at, int64_t max_at)
{
    if (x->n == 0) x->first_step = c->step_first;
    x->last_step = c->step_last;
    x->n += c->n;
    x->nan_count += c->nan_count;
    if (min_at >= 0 && !(c->min >= x->min)) x->min = c->min, x->min_step = step[min_at];
    if (max_at >= 0 && !(c->max <= x->max)) x->max = c->max, x->max_step = step[max_at];
    if (!isnan(c->last_value)) x->last = c->last_value;
    if (isnan(x->wall_first)) x->wall_first = c->wall_first;
    if (!isnan(c->wall_last)) x->wall_last = c->wall_last;
}

/* Adds a slice that does not cross a chunk's border. */
static enum orr_status add(struct orr_store *s, struct open_series *o, const int64_t *step, const double *value,
                           const double *wall, int n, struct orr_error *err)
{
    struct tail *t = &o->tail;
    struct orr_chunk c;
    int64_t min_at, max_at;
    orr_chunk_summarise(step, value, wall, (size_t)n, &c, &min_at, &max_at);
    const int64_t seq = o->sum.n / ORR_CHUNK_POINTS;
    mark_dirty(s->pending, o);
    if (t->n == 0 && n == ORR_CHUNK_POINTS) { /* a whole chunk: no copy */
        extend(&o->sum, &c, step, min_at, max_at);
        return put_chunk(s, o, seq, step, value, wall, n, err);
    }
    if (!reserve(s->pending, t, t->n + n)) return orr_error_set(err, ORR_ENOMEM, s->path, "out of memory for points");
    memcpy(t->step + t->n, step, (size_t)n * sizeof *step);
    memcpy(t->value + t->n, value, (size_t)n * sizeof *value);
    for (int i = 0; i < n; i++) t->wall[t->n + i] = wall ? wall[i] : NAN;
    t->n += n;
    o->tail_loaded = true;
    extend(&o->sum, &c, step, min_at, max_at);
    if (t->n < ORR_CHUNK_POINTS) return ORR_OK;
    const enum orr_status status = put_chunk(s, o, seq, t->step, t->value, t->wall, t->n, err);
    t->n = 0;
    return status;
}

static enum orr_status append(struct orr_store *s, int64_t run, const char *name, size_t n, const int64_t *step,
                              const double *value, const double *wall, struct orr_error *err)
{
    struct open_series *o;
    enum orr_status status = find(s, run, name, &o, err);
    if (status == ORR_OK && n) status = load_tail(s, o, err);
    for (size_t at = 0; at < n && status == ORR_OK;) {
        const size_t room = (size_t)(ORR_CHUNK_POINTS - o->sum.n % ORR_CHUNK_POINTS);
        const int take = (int)(n - at < room ? n - at : room);
        status = add(s, o, step + at, value + at, wall ? wall + at : NULL, take, err);
        at += (size_t)take;
    }
    if (status == ORR_OK && s->pending->waiting > WAITING_BYTES) status = orr_pending_flush(s, err);
    return status;
}

enum orr_status orr_store_append(struct orr_store *s, int64_t run, const char *name, size_t n, const int64_t *step,
                                 const double *value, const double *wall, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    return orr_db_written(s, own, append(s, run, name, n, step, value, wall, err), err);
}

enum orr_status orr_store_series_clear(struct orr_store *s, int64_t run, const char *name, struct orr_error *err)
{
    bool own;
    enum orr_status status = orr_db_write(s, &own, err);
    if (status != ORR_OK) return status;
    struct orr_series x;
    status = orr_pending_flush(s, err);
    orr_pending_forget(s);
    if (status == ORR_OK) status = orr_store_series_find(s, run, name, &x, err);
    if (status == ORR_OK) status = orr_db_run(s, err, "DELETE FROM chunk WHERE series_id = ?", "i", x.id);
    if (status == ORR_OK) {
        status = orr_db_run(s, err,
                            "UPDATE series SET n=0, nan_count=0, first_step=NULL, last_step=NULL, last=NULL, min=NULL,"
                            " max=NULL, min_step=NULL, max_step=NULL, wall_first=NULL, wall_last=NULL WHERE id = ?",
                            "i", x.id);
    }
    if (status == ORR_OK) {
        status = orr_db_run(s, err,
                            "UPDATE run SET point_count = point_count - ?2, last_step ="
                            " (SELECT max(last_step) FROM series WHERE run_id = ?1 AND n > 0) WHERE id = ?1",
                            "ii", run, x.n);
    }
    return orr_db_written(s, own, status, err);
}
