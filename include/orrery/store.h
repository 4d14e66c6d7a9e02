/* The store: one SQLite file with runs, their configuration, their series of points, snapshots and results.
 *
 * Threads: a store handle belongs to one thread; open one per thread. Writers: one at a time (SQLite's lock); readers
 * go on meanwhile. Strings returned in structs live in the arena or list they came with. */
#ifndef ORRERY_STORE_H
#define ORRERY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <orrery/error.h>
#include <orrery/progress.h>

struct orr_store;

enum orr_store_mode {
    ORR_STORE_READ,   /* must exist; nothing is changed */
    ORR_STORE_WRITE,  /* must exist */
    ORR_STORE_CREATE, /* created, with parent folders, where missing */
};

/* Opens a store. Errors, each with the remedy in err: not there (ENOTFOUND), not a SQLite file or another program's
 * (EFORMAT), damaged (EFORMAT), of a newer Orrery (EVERSION; that of an older one is brought up to date), locked
 * (EBUSY, after a second), may not be read (EIO), may not be
 * written (EREADONLY). Nothing is changed by a failed open. WAL on local file systems, rollback journal on network
 * ones. Reading works on read-only file systems too. */
enum orr_status orr_store_open(const char *path, enum orr_store_mode mode, struct orr_store **out,
                               struct orr_error *err);
void orr_store_close(struct orr_store *s); /* NULL-safe; rolls back what was not committed */
const char *orr_store_path(const struct orr_store *s);
/* $ORRERY_STORE, else $XDG_DATA_HOME/orrery/store.db, else ~/.local/share/orrery/store.db. The caller frees. */
char *orr_store_default_path(void);
/* Grows with every commit of any process: a cheap test for "has something changed?". */
int64_t orr_store_change_counter(struct orr_store *s);

/* Transactions. Without one each call that writes is its own. A call that was refused (EINVAL, ENOTFOUND) leaves the
 * transaction alive; one that fails while writing (disk full, ...) takes all of it back, and every later write returns
 * the same error until commit (which returns it too) or rollback. Appended points wait in memory until the commit, or
 * until something is read through this handle. A commit that fails has rolled back. */
enum orr_status orr_store_begin(struct orr_store *s, struct orr_error *err); /* BEGIN IMMEDIATE, waits up to 5 s */
void orr_store_patience(struct orr_store *s, int ms); /* how long calls on this handle wait for another's lock: EBUSY then */
enum orr_status orr_store_commit(struct orr_store *s, struct orr_error *err);
void orr_store_rollback(struct orr_store *s); /* no-op outside a transaction */

/* ---- runs ---- */

struct orr_run {
    int64_t id;
    const char *key;     /* unique: "<source root>:<run key>"; never changes */
    const char *name, *project, *group, *state, *notes; /* "" where unknown */
    double started, ended; /* Unix seconds, NaN unknown */
    bool pinned;
    int64_t series_count, point_count, last_step;
};
struct orr_run_list {
    size_t n;
    struct orr_run *runs;  /* by id */
    void *memory;          /* private */
};
/* Every run, 10,000 in a few milliseconds. The caller frees with orr_run_list_free. */
enum orr_status orr_store_runs(struct orr_store *s, struct orr_run_list *out, struct orr_error *err);
void orr_run_list_free(struct orr_run_list *l);
/* The run of that id in a list as orr_store_runs gives it, or NULL. Borrowed. O(log n). */
const struct orr_run *orr_run_list_find(const struct orr_run_list *l, int64_t id);
/* Inserts or updates by key (NULL, "" and NaN fields leave what is there, a pin stays); *id (may be NULL) receives
 * the id. The counts are kept by the store. */
enum orr_status orr_store_run_put(struct orr_store *s, const struct orr_run *run, int64_t *id, struct orr_error *err);
enum orr_status orr_store_run_delete(struct orr_store *s, int64_t run, struct orr_error *err);
enum orr_status orr_store_run_pin(struct orr_store *s, int64_t run, bool pinned, struct orr_error *err);
enum orr_status orr_store_run_note(struct orr_store *s, int64_t run, const char *notes, struct orr_error *err);
/* The id of the run with this key; 0 where there is none. */
enum orr_status orr_store_run_by_key(struct orr_store *s, const char *key, int64_t *id, struct orr_error *err);
/* What a person may type: a run by id, exact name, exact key or unique prefix of a name; ENOTFOUND, or EINVAL with the
 * candidates when it is ambiguous. */
enum orr_status orr_store_run_find(struct orr_store *s, const char *text, int64_t *id, struct orr_error *err);

/* ---- names: series and configuration keys, interned ---- */

struct orr_name {
    int64_t id;
    const char *text;
};
struct orr_name_list {
    size_t n;
    struct orr_name *names; /* by text */
    void *memory;
};
enum orr_status orr_store_series_names(struct orr_store *s, struct orr_name_list *out, struct orr_error *err);
enum orr_status orr_store_config_names(struct orr_store *s, struct orr_name_list *out, struct orr_error *err);
void orr_name_list_free(struct orr_name_list *l);

/* ---- configuration and tags ---- */

struct orr_config_value {
    const char *key; /* NULL in column queries */
    bool is_number;
    double number;     /* NaN unless is_number */
    const char *text;  /* always set: what was logged */
};
struct orr_config_list {
    size_t n;
    struct orr_config_value *values; /* by key */
    void *memory;
};
enum orr_status orr_store_config_put(struct orr_store *s, int64_t run, const char *key,
                                     const struct orr_config_value *value, struct orr_error *err);
enum orr_status orr_store_config(struct orr_store *s, int64_t run, struct orr_config_list *out, struct orr_error *err);
void orr_config_list_free(struct orr_config_list *l);
enum orr_status orr_store_tag_put(struct orr_store *s, int64_t run, const char *tag, bool present,
                                  struct orr_error *err);

/* ---- columns over runs: what the run table shows and sorts by ---- */

enum orr_summary { ORR_LAST, ORR_MIN, ORR_MAX, ORR_BEST_STEP_MIN, ORR_BEST_STEP_MAX, ORR_COUNT, ORR_LAST_STEP };

/* One cell per run of `runs` in its order: the summary of series `name`; NaN where a run lacks it. What lies between the
 * smallest and the largest id of `runs` is read: 10,000 runs in a few milliseconds. The caller frees *out. */
enum orr_status orr_store_series_column(struct orr_store *s, const char *name, enum orr_summary what,
                                        const struct orr_run_list *runs, double **out, struct orr_error *err);
/* One value per run of `runs`; text NULL where a run lacks the key. */
enum orr_status orr_store_config_column(struct orr_store *s, const char *key, const struct orr_run_list *runs,
                                        struct orr_config_list *out, struct orr_error *err);
/* Whether any run has a value of `key` that is not a number: its column is one of texts then. */
enum orr_status orr_store_config_has_text(struct orr_store *s, const char *key, bool *out, struct orr_error *err);
/* Comma-joined tags per run ("" for none), as config values. */
enum orr_status orr_store_tag_column(struct orr_store *s, const struct orr_run_list *runs,
                                     struct orr_config_list *out, struct orr_error *err);

/* ---- series ---- */

struct orr_series {
    int64_t id, run, n, first_step, last_step;
    int64_t nan_count;          /* values that are not finite */
    int64_t min_step, max_step; /* where the minimum and the maximum were first met */
    const char *name;
    double last, min, max; /* over finite values; NaN where there are none */
    double wall_first, wall_last;
};
struct orr_series_list {
    size_t n;
    struct orr_series *series; /* by name */
    void *memory;
};
enum orr_status orr_store_series(struct orr_store *s, int64_t run, struct orr_series_list *out, struct orr_error *err);
/* One series by run and exact name; ENOTFOUND when the run has none. out->name is not set. */
enum orr_status orr_store_series_find(struct orr_store *s, int64_t run, const char *name, struct orr_series *out,
                                      struct orr_error *err);
void orr_series_list_free(struct orr_series_list *l);

/* Appending: creates the series when missing. Points are cut into chunks of ORR_CHUNK_POINTS; a short last chunk is
 * filled up by the next append. Values that fit float32 exactly take 4 bytes, evenly spaced steps none. wall: Unix
 * seconds, NaN where unknown, or NULL; kept to the millisecond where a chunk spans less than 49 days, else exactly. */
enum { ORR_CHUNK_POINTS = 4096 };
enum orr_status orr_store_append(struct orr_store *s, int64_t run, const char *name, size_t n, const int64_t *step,
                                 const double *value, const double *wall, struct orr_error *err);
/* Removes the points of a series (a rewritten file is imported anew). */
enum orr_status orr_store_series_clear(struct orr_store *s, int64_t run, const char *name, struct orr_error *err);

/* Points first..first+n-1 (by position, not by step). The arrays are the caller's, of size n; any may be NULL. Reads
 * only the chunks it needs. *got receives the count. */
enum orr_status orr_store_points(struct orr_store *s, int64_t series, int64_t first, size_t n, int64_t *step,
                                 double *value, double *wall, size_t *got, struct orr_error *err);

/* Chunk summaries of a series: what a chart of ten million points is drawn from. */
struct orr_chunk {
    int64_t first;              /* position of its first point */
    int32_t n, nan_count;       /* nan_count: values that are not finite */
    int64_t step_first, step_last, step_min, step_max;
    double first_value, last_value, min, max, sum; /* over finite values; NaN where there are none */
    double wall_first, wall_last;                  /* NaN where there are no times */
};
struct orr_chunk_list {
    size_t n;
    struct orr_chunk *chunks;
    void *memory;
};
enum orr_status orr_store_chunks(struct orr_store *s, int64_t series, struct orr_chunk_list *out,
                                 struct orr_error *err);
void orr_chunk_list_free(struct orr_chunk_list *l);

/* ---- sources: what was imported from where ---- */

struct orr_source {
    int64_t id;
    const char *path, *format; /* canonical path */
    int64_t size, mtime_ns;
    uint64_t offset;           /* append-only formats: consumed so far */
    const char *state;         /* the format's own resume text, "" for none */
    const char *head_hash;     /* hash of the first bytes: tells a grown file from a replaced one */
    bool complete;
};
/* ENOTFOUND when the path was never imported. Strings are valid until the next call on this handle. */
enum orr_status orr_store_source_find(struct orr_store *s, const char *path, struct orr_source *out,
                                      struct orr_error *err);
enum orr_status orr_store_source_put(struct orr_store *s, const struct orr_source *source, int64_t *id,
                                     struct orr_error *err);

/* ---- snapshots: weights at a step ---- */

struct orr_snapshot {
    int64_t step;
    const char *tensor;
    int64_t shape[8];
    int rank;
    size_t n; /* elements */
};
struct orr_snapshot_list {
    size_t n;
    struct orr_snapshot *items; /* by tensor, then step */
    void *memory;
};
enum orr_status orr_store_snapshot_put(struct orr_store *s, int64_t run, int64_t step, const char *tensor,
                                       const int64_t *shape, int rank, const float *values, size_t n,
                                       struct orr_error *err);
/* The same in parts, for tensors too large to hold: first the part with first 0, which replaces what was there, then the
 * others in order and without gaps (EINVAL otherwise); shape is that of all. Until the last one the tensor is short. */
enum orr_status orr_store_snapshot_put_part(struct orr_store *s, int64_t run, int64_t step, const char *tensor,
                                            const int64_t *shape, int rank, size_t first, const float *values,
                                            size_t n, struct orr_error *err);
enum orr_status orr_store_snapshots(struct orr_store *s, int64_t run, struct orr_snapshot_list *out,
                                    struct orr_error *err);
/* values[0..n) elements from `first` on of one tensor at one step. */
enum orr_status orr_store_snapshot_read(struct orr_store *s, int64_t run, int64_t step, const char *tensor,
                                        size_t first, size_t n, float *values, struct orr_error *err);
void orr_snapshot_list_free(struct orr_snapshot_list *l);

/* ---- architecture graphs: JSON text per run ---- */
enum orr_status orr_store_graph_put(struct orr_store *s, int64_t run, const char *json, struct orr_error *err);
/* The caller frees *json. */
enum orr_status orr_store_graph(struct orr_store *s, int64_t run, char **json, struct orr_error *err);

/* ---- results: every number that Orrery computed, with what it takes to compute it again ---- */
struct orr_result {
    int64_t id;
    const char *kind;    /* "forecast adoption", "eval adoption", ... */
    const char *method, *version, *config /* JSON */, *input_hash, *command, *outcome;
    uint64_t seed;
    double created, seconds;
    int blas_threads;
    const char *json;    /* the result itself */
};
enum orr_status orr_store_result_put(struct orr_store *s, const struct orr_result *r, int64_t *id,
                                     struct orr_error *err);
/* The newest result with this kind, method, config and input_hash; ENOTFOUND if none. *json is the caller's. */
enum orr_status orr_store_result_find(struct orr_store *s, const char *kind, const char *method, const char *config,
                                      const char *input_hash, char **json, struct orr_error *err);

/* ---- settings: what the interface remembers (filters, columns, last view) ---- */
/* A NULL value forgets the key. */
enum orr_status orr_store_setting_put(struct orr_store *s, const char *key, const char *value, struct orr_error *err);
enum orr_status orr_store_setting(struct orr_store *s, const char *key, char **value, struct orr_error *err);

/* ---- count series: adoption data ---- */
/* Adoption series are ordinary runs of project "adoption" with one series "count" (cumulative, step = period) and
 * configuration "period" ("month", "day"); so that every view works on them. */

/* ---- ad-hoc SQL, read-only ---- */

struct orr_sql_result {
    size_t columns, rows;
    const char **names;        /* [columns] */
    const char **cells;        /* [rows * columns]; NULL for SQL NULL; blobs as x'..' cut at 64 bytes; as stored: not
                                  made harmless for a terminal */
    unsigned char *numeric;    /* [columns]: every non-NULL cell is a number */
    bool truncated;            /* more rows than `cap` */
    double seconds;
    void *memory;
};
/* One statement that only reads (checked by an authorizer, not by its text); at most cap rows. The table `point`
 * (run, run_id, series, position, step, value, wall) shows every point as a row. ORR_ECANCELLED when tick says so. */
enum orr_status orr_store_sql(struct orr_store *s, const char *sql, size_t cap, const struct orr_ticker *ticker,
                              struct orr_sql_result *out, struct orr_error *err);
void orr_sql_result_free(struct orr_sql_result *r);

/* Counts for `orrery doctor`; with `check` an integrity check first (reads all of the file): EFORMAT when damaged. */
struct orr_store_info {
    int64_t version, application_id, runs, series, points, chunks, bytes, page_size;
    const char *journal_mode, *sqlite_version; /* static */
    bool network;
};
enum orr_status orr_store_info(struct orr_store *s, bool check, struct orr_store_info *out, struct orr_error *err);

/* Copies every run of the store `from` whose key is not here yet, with all that belongs to it (series, configuration, tags,
 * graph, weights), in one transaction; corpora and results stay. Copying again adds nothing. *added and *present count runs.
 * Errors as orr_store_open for `from`; ECANCELLED leaves the store as it was. */
enum orr_status orr_store_merge(struct orr_store *s, const char *from, size_t *added, size_t *present,
                                const struct orr_ticker *ticker, struct orr_error *err);

#endif
