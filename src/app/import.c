#include "app/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "app/import_file.h"
#include "app/watch.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/vec.h"

enum {
    COMMIT_BYTES = 64 << 20,
    BATCH_FILES = 256,
    WATCH_IDLE = 5, /* seconds after which is looked without an event, too: not every file system tells */
};

/* Totals of one format while importing. */
struct tally {
    struct orr_import_row row;
    struct orr_set files, runs, series; /* files and series by hash: one may come more than once */
};

/* Files of one transaction. */
struct batch {
    size_t first, n; /* of the list of files */
    uint64_t bytes;
    double begun;
    struct orr_file_result *results; /* of all files */
};

struct import {
    struct orr_app *app;
    const struct orr_import_options *options;
    const struct orr_ticker *ticker;
    struct orr_import_result *result;
    struct orr_arena *arena; /* of the result */
    ORR_VEC(struct tally) tallies;
    ORR_VEC(struct orr_import_note) notes;
    struct orr_set passed_over; /* hashes of files that are no logs or failed: watching leaves them until they change */
    struct orr_set cleared;
    uint64_t done, total; /* bytes of this pass */
    int64_t file_size;
    const char *file_path;
    bool follow, cancelled, store_failed;
    const struct orr_found *files; /* of this pass, with their plans and the batch at hand */
    const struct orr_file_plan *plans;
    struct batch batch;
    char stdin_path[64]; /* how standard input is opened, "" where it is no source */
    const char *stdin_key;
};

/* ---- notes ---- */

/* Standard input goes by the name that the user gave it. */
static const char *public_path(struct import *x, const char *where)
{
    const size_t n = strlen(x->stdin_path);
    if (n == 0 || strncmp(where, x->stdin_path, n) != 0) return orr_arena_strdup(x->arena, where);
    return orr_arena_printf(x->arena, "-%s", where + n);
}

static void note(struct import *x, enum orr_import_note_kind kind, const char *where, const char *message)
{
    if (x->notes.len >= ORR_IMPORT_NOTES) {
        x->result->notes_dropped++;
        return;
    }
    ORR_VEC_PUSH(&x->notes, (struct orr_import_note){kind, public_path(x, where), orr_arena_strdup(x->arena, message)});
}

static void on_warn(void *ctx, const char *where, const char *message) { note(ctx, ORR_IMPORT_WARNING, where, message); }

static void on_walk_note(void *ctx, bool failed, const char *path, const char *why)
{
    struct import *const x = ctx;
    note(x, failed ? ORR_IMPORT_FAILED : ORR_IMPORT_SKIPPED, path, why);
    x->result->partial |= failed;
}

/* ---- tallies ---- */

static struct tally *tally_of(struct import *x, const char *format)
{
    for (size_t i = 0; i < x->tallies.len; i++)
        if (strcmp(x->tallies.data[i].row.format, format) == 0) return &x->tallies.data[i];
    ORR_VEC_PUSH(&x->tallies, (struct tally){.row = {.format = format}});
    return &x->tallies.data[x->tallies.len - 1];
}

static void add_all(struct orr_set *to, const struct orr_set *from)
{
    for (size_t i = 0; from->slots && i <= from->mask; i++)
        if (from->slots[i]) orr_set_add(to, from->slots[i]);
}

static void add_to_tally(struct tally *t, const struct orr_found *f, const struct orr_file_result *r)
{
    orr_set_add(&t->files, XXH3_64bits(f->path, strlen(f->path)));
    t->row.points += r->points;
    t->row.snapshots += r->snapshots;
    t->row.bytes += r->bytes;
    t->row.warnings += r->warnings;
    add_all(&t->runs, &r->runs);
    add_all(&t->series, &r->series);
}

static int by_format(const void *a, const void *b)
{
    return strcmp(((const struct orr_import_row *)a)->format, ((const struct orr_import_row *)b)->format);
}

static void publish(struct import *x)
{
    struct orr_import_result *const r = x->result;
    struct orr_import_row total = {.format = "total"};
    r->rows = orr_arena_zalloc(x->arena, x->tallies.len + 1, sizeof *r->rows);
    r->n_rows = x->tallies.len;
    for (size_t i = 0; i < x->tallies.len; i++) {
        struct tally *const t = &x->tallies.data[i];
        t->row.files = orr_set_count(&t->files);
        t->row.runs = orr_set_count(&t->runs);
        t->row.series = orr_set_count(&t->series);
        r->rows[i] = t->row;
        total.files += t->row.files;
        total.unchanged += t->row.unchanged;
        total.failed += t->row.failed;
        total.runs += t->row.runs;
        total.series += t->row.series;
        total.points += t->row.points;
        total.snapshots += t->row.snapshots;
        total.warnings += t->row.warnings;
        total.bytes += t->row.bytes;
    }
    qsort(r->rows, r->n_rows, sizeof *r->rows, by_format);
    r->total = total;
    r->notes = x->notes.data;
    r->n_notes = x->notes.len;
}

/* ---- progress ---- */

static bool on_tick(void *ctx, const struct orr_progress *p)
{
    struct import *const x = ctx;
    const bool bytes = strcmp(p->unit, "bytes") == 0;
    const uint64_t part = bytes && p->done < (uint64_t)x->file_size ? p->done : 0;
    x->cancelled |= !orr_ticker_tick(x->ticker, x->file_path, "bytes", x->done + part, x->total);
    return !x->cancelled;
}

/* ---- what a file is ---- */

static const struct orr_format *known_format(struct import *x, const char *path, int64_t size, int64_t mtime_ns)
{
    struct orr_source known;
    if (size < 0 || orr_store_source_find(x->app->store, path, &known, NULL)) return NULL;
    return known.size == size && known.mtime_ns == mtime_ns ? orr_format_by_name(known.format) : NULL;
}

static uint64_t version_hash(const char *path, int64_t size, int64_t mtime_ns)
{
    const int64_t version[2] = {size, mtime_ns};
    return XXH3_64bits_withSeed(path, strlen(path), XXH3_64bits(version, sizeof version));
}

/* A folder has size -1. */
static const struct orr_format *classify(void *ctx, const char *path, int64_t size, int64_t mtime_ns, bool named,
                                         const char **why)
{
    struct import *const x = ctx;
    const uint64_t hash = version_hash(path, size, mtime_ns);
    const struct orr_format *f = x->options->again ? NULL : known_format(x, path, size, mtime_ns);
    if (f) return f;
    if (size >= 0 && orr_set_has(&x->passed_over, hash)) return NULL;
    int score;
    f = orr_format_guess(path, &score);
    if (f && (named || score >= ORR_FORMAT_SURE)) return f;
    if (size < 0) return NULL;
    if (f) *why = "perhaps no log (no column or key counts steps): name the file itself to import it";
    if (!f && access(path, R_OK) != 0) {
        note(x, ORR_IMPORT_FAILED, path, strerror(errno));
        x->result->partial = true;
    } else if (!f && named) {
        *why = "of no known format: see `orrery help import`, or say which with --format";
    }
    if (x->options->watch) orr_set_add(&x->passed_over, hash);
    return NULL;
}

/* ---- batches ---- */

static uint64_t commit_bytes(const struct import *x)
{
    return x->options->commit_bytes ? x->options->commit_bytes : COMMIT_BYTES;
}

/* Commits what the batch holds, counts it, and begins it anew behind that. */
static enum orr_status commit_batch(struct import *x, struct orr_error *err)
{
    struct batch *const b = &x->batch;
    const struct orr_found *const files = x->files;
    const enum orr_status s = orr_store_commit(x->app->store, err);
    x->store_failed |= s != ORR_OK;
    for (size_t i = b->first; i < b->first + b->n && s == ORR_OK; i++) {
        if (b->results[i].points || x->plans[i].plan != ORR_PLAN_RESUME)
            add_to_tally(tally_of(x, files[i].format->name), &files[i], &b->results[i]);
        else
            tally_of(x, files[i].format->name)->row.unchanged++;
        orr_file_result_free(&b->results[i]);
    }
    b->first += b->n;
    b->n = 0;
    b->bytes = 0;
    orr_set_clear(&x->cleared);
    return s;
}

/* Between the pieces of a large file: with them the files before it are committed, too. */
static enum orr_status commit_piece(void *ctx, struct orr_error *err)
{
    struct import *const x = ctx;
    const enum orr_status s = commit_batch(x, err);
    return s ? s : orr_store_begin(x->app->store, err);
}

static enum orr_status import_one(struct import *x, const struct orr_found *f, const struct orr_file_plan *plan,
                                  struct orr_file_result *out, struct orr_error *err)
{
    const struct orr_import_options *const o = x->options;
    const struct orr_file_job job = {
        .store = x->app->store, .file = f, .plan = plan, .project = o->project, .group = o->group,
        .separator = o->separator, .follow = x->follow, .buffer_size = o->buffer_size, .piece_bytes = commit_bytes(x),
        .ticker = {on_tick, x}, .cleared_runs = &x->cleared, .warn = on_warn, .commit = commit_piece, .ctx = x};
    bool store_failed = false;
    x->file_size = f->size;
    x->file_path = f->path;
    const enum orr_status s = orr_import_file(&job, out, &store_failed, err);
    x->store_failed |= store_failed;
    return s;
}

/* A file failed: what it left is taken back, and with it the whole transaction; the files before it come again. */
static enum orr_status redo_batch(struct import *x, const struct orr_error *why, struct orr_error *err)
{
    struct batch *const b = &x->batch;
    const struct orr_found *const files = x->files;
    orr_store_rollback(x->app->store);
    orr_set_clear(&x->cleared);
    const size_t bad = b->first + b->n;
    note(x, ORR_IMPORT_FAILED, why->where[0] ? why->where : files[bad].path, why->message);
    tally_of(x, files[bad].format->name)->row.failed++;
    if (x->options->watch) orr_set_add(&x->passed_over, version_hash(files[bad].path, files[bad].size, files[bad].mtime_ns));
    x->result->partial = true;
    const size_t notes = x->notes.len; /* the warnings of the others are there already */
    enum orr_status s = orr_store_begin(x->app->store, err);
    for (size_t i = b->first; i < bad && s == ORR_OK; i++) {
        orr_file_result_free(&b->results[i]);
        s = import_one(x, &files[i], &x->plans[i], &b->results[i], err);
    }
    x->notes.len = notes;
    x->store_failed |= s != ORR_OK;
    if (s == ORR_OK) s = commit_batch(x, err);
    orr_file_result_free(&b->results[bad]);
    b->first = bad + 1;
    return s;
}

/* All files, in batches. On a cancel what was not committed is taken back. */
static enum orr_status import_files(struct import *x, const struct orr_found *files, const struct orr_file_plan *plans,
                                    size_t n, struct orr_error *err)
{
    struct batch *const b = &x->batch;
    enum orr_status s = ORR_OK;
    bool open = false;
    x->files = files;
    x->plans = plans;
    *b = (struct batch){.results = orr_xcalloc(n + 1, sizeof *b->results)};
    for (size_t i = 0; i < n && s == ORR_OK; i++) {
        if (!open) {
            if ((s = orr_store_begin(x->app->store, err))) {
                x->store_failed = true;
                break;
            }
            open = true;
            b->begun = orr_clock_now();
        }
        struct orr_error why = {0};
        s = import_one(x, &files[i], &plans[i], &b->results[i], &why);
        x->done += (uint64_t)(files[i].size > 0 ? files[i].size : 0);
        if (s && (x->store_failed || x->cancelled)) {
            if (err) *err = why;
            break;
        }
        if (s) {
            s = redo_batch(x, &why, err);
            open = false;
            continue;
        }
        b->n++;
        b->bytes += (uint64_t)(files[i].size > 0 ? files[i].size : 0);
        const bool group_ends = i + 1 == n || strcmp(files[i].key, files[i + 1].key) != 0;
        const bool full = b->bytes >= commit_bytes(x) || b->n >= BATCH_FILES || orr_clock_now() - b->begun > 1;
        if (group_ends && (i + 1 == n || full)) {
            s = commit_batch(x, err);
            open = false;
        }
    }
    if (s)
        orr_store_rollback(x->app->store);
    else if (open)
        s = commit_batch(x, err);
    for (size_t i = 0; i < n; i++) orr_file_result_free(&b->results[i]);
    free(b->results);
    b->results = NULL;
    return s;
}

/* ---- one pass over all sources ---- */

/* Plans, and drops what is unchanged. Files that share a run are all read anew when one of them must
 * be, because clearing takes all its points. */
static enum orr_status plan_files(struct import *x, struct orr_walk *w, struct orr_file_plan *plans,
                                  struct orr_arena *arena, struct orr_error *err)
{
    struct orr_found *const f = w->found.data;
    for (size_t i = 0; i < x->tallies.len; i++) x->tallies.data[i].row.unchanged = 0;
    for (size_t i = 0; i < w->found.len; i++) {
        const enum orr_status s = orr_plan_file(x->app->store, &f[i], x->options->again, arena, &plans[i], err);
        if (s) return s;
    }
    for (size_t i = 0, end; i < w->found.len; i = end) {
        bool replace = false;
        for (end = i; end < w->found.len && strcmp(f[end].key, f[i].key) == 0; end++)
            replace |= plans[end].plan == ORR_PLAN_REPLACE;
        for (size_t k = i; k < end && replace; k++) plans[k].plan = ORR_PLAN_REPLACE;
    }
    x->done = x->total = 0;
    size_t kept = 0;
    for (size_t i = 0; i < w->found.len; i++) {
        if (plans[i].plan == ORR_PLAN_UNCHANGED) {
            tally_of(x, f[i].format->name)->row.unchanged++;
            continue;
        }
        x->total += (uint64_t)(f[i].size > 0 ? f[i].size : 0);
        f[kept] = f[i];
        plans[kept++] = plans[i];
    }
    w->found.len = kept;
    return ORR_OK;
}

static enum orr_status pass(struct import *x, const char *const *sources, size_t n, struct orr_watch *watch,
                            struct orr_error *err)
{
    struct orr_walk w = {.classify = classify, .note = on_walk_note, .ctx = x, .ticker = x->ticker};
    enum orr_status s = ORR_OK;
    x->result->skipped = x->result->companions = 0;
    if (x->options->format && !(w.format = orr_format_by_name(x->options->format)))
        return orr_error_set(err, ORR_EINVAL, "--format", "no format \"%s\"; see `orrery help import`", x->options->format);
    for (size_t i = 0; i < n && s == ORR_OK && !w.cancelled; i++) {
        struct orr_error why = {0};
        if (strcmp(sources[i], "-") == 0) continue;
        const enum orr_status found = orr_walk_add(&w, sources[i], &why);
        if (found && n == 1) {
            if (err) *err = why;
            s = found;
        } else if (found) { /* the other sources are as good as before */
            on_walk_note(x, true, sources[i], why.message);
        }
    }
    if (w.cancelled) s = orr_error_set(err, ORR_ECANCELLED, NULL, "cancelled");
    x->cancelled |= w.cancelled;
    orr_name_found(&w);
    struct orr_file_plan *const plans = orr_xcalloc(w.found.len + 1, sizeof *plans);
    if (s == ORR_OK) s = plan_files(x, &w, plans, &w.arena, err);
    if (s == ORR_OK) s = import_files(x, w.found.data, plans, w.found.len, err);
    for (size_t i = 0; i < w.folders.len && watch; i++) orr_watch_folder(watch, w.folders.data[i]);
    x->result->skipped = w.skipped;
    x->result->companions = w.companions;
    free(plans);
    orr_walk_free(&w);
    return s;
}

/* ---- standard input ---- */

/* Copies it into a file without a name; its content is its identity. */
static enum orr_status spool(struct import *x, int in, int *out, int64_t *size, struct orr_error *err)
{
    const char *const tmp = getenv("TMPDIR");
    char *const name = orr_arena_printf(x->arena, "%s/orrery-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    XXH3_state_t *const hash = XXH3_createState();
    char *const buffer = orr_xmalloc(1 << 16);
    enum orr_status s = ORR_OK;
    *size = 0;
    *out = mkostemp(name, O_CLOEXEC);
    if (*out < 0) s = orr_error_set(err, ORR_EIO, name, "cannot keep standard input: %s", strerror(errno));
    if (*out >= 0) unlink(name);
    XXH3_64bits_reset(hash);
    while (s == ORR_OK) {
        const ssize_t k = read(in, buffer, 1 << 16);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) s = orr_error_set(err, ORR_EIO, "-", "cannot read standard input: %s", strerror(errno));
        if (k <= 0) break;
        XXH3_64bits_update(hash, buffer, (size_t)k);
        for (ssize_t done = 0; done < k && s == ORR_OK;) {
            const ssize_t put = write(*out, buffer + done, (size_t)(k - done));
            if (put < 0 && errno != EINTR)
                s = orr_error_set(err, errno == ENOSPC ? ORR_EFULL : ORR_EIO, name, "cannot keep standard input: %s",
                                  strerror(errno));
            else if (put > 0)
                done += put;
        }
        *size += k;
        if (!orr_ticker_tick(x->ticker, "-", "bytes", (uint64_t)*size, 0)) {
            x->cancelled = true;
            s = orr_error_set(err, ORR_ECANCELLED, "-", "cancelled");
        }
    }
    x->stdin_key = orr_arena_printf(x->arena, "stdin:%016llx", (unsigned long long)XXH3_64bits_digest(hash));
    snprintf(x->stdin_path, sizeof x->stdin_path, "/proc/self/fd/%d", *out);
    free(buffer);
    XXH3_freeState(hash);
    return s;
}

static enum orr_status import_stdin(struct import *x, struct orr_error *err)
{
    int fd = -1, score;
    struct orr_found f = {.name = "stdin"};
    struct orr_file_plan plan = {.plan = ORR_PLAN_REPLACE}; /* the same content again: the same run */
    enum orr_status s = spool(x, x->options->stdin_fd, &fd, &f.size, err);
    if (s == ORR_OK) {
        f.path = x->stdin_path;
        f.key = f.source = x->stdin_key;
        f.format = x->options->format ? orr_format_by_name(x->options->format) : orr_format_guess(f.path, &score);
        if (!f.format) f.format = &orr_format_csv;
        x->total = (uint64_t)f.size;
        s = import_files(x, &f, &plan, 1, err);
    }
    if (fd >= 0) close(fd);
    return s;
}

/* ---- public ---- */

static enum orr_status follow(struct import *x, const char *const *sources, size_t n, struct orr_watch *watch,
                              struct orr_error *err)
{
    const double idle = x->options->interval > 0 ? x->options->interval : 1;
    enum orr_status s = ORR_OK;
    uint64_t seen = x->result->total.points;
    while (s == ORR_OK && orr_watch_wait(watch, idle > WATCH_IDLE ? WATCH_IDLE : idle, x->ticker)) {
        s = pass(x, sources, n, watch, err);
        publish(x);
        if (x->options->batch && x->result->total.points != seen) x->options->batch(x->options->ctx, x->result);
        seen = x->result->total.points;
    }
    return s == ORR_ECANCELLED && x->cancelled ? ORR_OK : s;
}

enum orr_status orr_app_import(struct orr_app *app, const char *const *sources, size_t n,
                               const struct orr_import_options *options, const struct orr_ticker *ticker,
                               struct orr_import_result *out, struct orr_error *err)
{
    static const struct orr_ticker nobody;
    *out = (struct orr_import_result){0};
    struct import x = {.app = app, .options = options, .ticker = ticker ? ticker : &nobody, .result = out,
                       .arena = orr_xcalloc(1, sizeof *x.arena), .follow = options->watch};
    struct orr_watch *const watch = options->watch ? orr_watch_new() : NULL;
    const double begun = orr_clock_now();
    enum orr_status s = ORR_OK;
    out->memory = x.arena;
    for (size_t i = 0; i < n && s == ORR_OK; i++)
        if (strcmp(sources[i], "-") == 0) s = import_stdin(&x, err);
    if (s == ORR_OK) s = pass(&x, sources, n, watch, err);
    publish(&x);
    if (s == ORR_OK && watch) {
        if (options->batch) options->batch(options->ctx, out);
        s = follow(&x, sources, n, watch, err);
    }
    publish(&x);
    out->seconds = orr_clock_now() - begun;
    for (size_t i = 0; i < x.tallies.len; i++) {
        orr_set_free(&x.tallies.data[i].files);
        orr_set_free(&x.tallies.data[i].runs);
        orr_set_free(&x.tallies.data[i].series);
    }
    free(x.tallies.data);
    orr_set_free(&x.passed_over);
    orr_set_free(&x.cleared);
    orr_watch_free(watch);
    return s;
}

void orr_import_result_free(struct orr_import_result *r)
{
    free(r->notes);
    if (r->memory) orr_arena_free(r->memory);
    free(r->memory);
    *r = (struct orr_import_result){0};
}

void orr_import_summary(const struct orr_import_result *r, struct orr_table *t)
{
    static const char *const names[] = {"files", "unchanged", "failed", "runs", "series", "points", "tensors", "warnings"};
    orr_table_init(t, r->n_rows + 1, 9);
    orr_table_column(t, 0, "format", ORR_CELL_TEXT);
    for (size_t c = 0; c < 8; c++) orr_table_column(t, c + 1, names[c], ORR_CELL_INTEGER);
    for (size_t i = 0; i <= r->n_rows; i++) {
        const struct orr_import_row *const x = i < r->n_rows ? &r->rows[i] : &r->total;
        const uint64_t cells[] = {x->files, x->unchanged, x->failed, x->runs, x->series, x->points, x->snapshots, x->warnings};
        orr_table_set_text(t, i, 0, x->format);
        for (size_t c = 0; c < 8; c++) orr_table_set_number(t, i, c + 1, (double)cells[c]);
    }
}
