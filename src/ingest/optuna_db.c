/* Optuna's SQLite storage. One run per trial, with its parameters as configuration and its intermediate values as
 * series "intermediate_value"; and one run per study, whose series are the final values over the trial number. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "ingest/sqlite_file.h"
#include "ingest/format.h"
#include "ingest/params.h"

struct study {
    struct orr_ingest *in;
    struct orr_sink *sink;
    struct orr_error *err;
    struct orr_sqlite *file;
    sqlite3_stmt *params, *intermediate, *values; /* of a trial; the second may be NULL */
    struct orr_str key, name;
};

static const char *state_of(const char *state)
{
    return strcmp(state, "COMPLETE") == 0 ? "finished" : strcmp(state, "PRUNED") == 0 ? "pruned"
           : strcmp(state, "FAIL") == 0   ? "failed"
           : *state                       ? "running"
                                          : NULL;
}

/* Values that SQL cannot hold have a type beside them. */
static double value_of(sqlite3_stmt *stmt, int value, int type)
{
    const char *const t = orr_sqlite_text(stmt, type);
    if (strcmp(t, "INF_POS") == 0) return INFINITY;
    if (strcmp(t, "INF_NEG") == 0) return -INFINITY;
    return strcmp(t, "NAN") == 0 ? (double)NAN : orr_sqlite_number(stmt, value);
}

static enum orr_status open_run(struct study *x, const char *study, int64_t number, const char *state, double started,
                                double ended, uint32_t *run)
{
    orr_str_clear(&x->key);
    orr_str_clear(&x->name);
    orr_str_printf(&x->key, "%s:%s", x->in->run_key, study);
    orr_str_append(&x->name, study);
    if (number >= 0) {
        orr_str_printf(&x->key, ":%" PRId64, number);
        orr_str_printf(&x->name, "/trial %" PRId64, number);
    }
    const struct orr_run_meta meta = {.key = x->key.data, .name = x->name.data, .group = study, .state = state,
                                      .started = started, .ended = ended};
    return orr_sink_run(x->sink, &meta, run, x->err);
}

/* A categorical parameter is stored as the index of its choice. */
static enum orr_status put_param(struct study *x, uint32_t run, const char *name, double value, const char *distribution)
{
    struct json_object *o = NULL, *a, *choices, *choice = NULL;
    enum orr_status s;
    if (orr_json_parse(x->in->path, distribution, strlen(distribution), &o, NULL) == ORR_OK &&
        json_object_object_get_ex(o, "attributes", &a) && json_object_object_get_ex(a, "choices", &choices) &&
        json_object_is_type(choices, json_type_array) && value >= 0 && value < (double)json_object_array_length(choices))
        choice = json_object_array_get_idx(choices, (size_t)value);
    if (choice) {
        s = orr_params_text(x->sink, run, name, json_object_get_string(choice), x->err);
    } else {
        char text[32];
        orr_format_double(value, text);
        s = orr_sink_config(x->sink, run, name, ORR_VALUE_NUMBER, text, x->err);
    }
    json_object_put(o);
    return s;
}

static void start_with(sqlite3_stmt *stmt, int64_t id)
{
    sqlite3_reset(stmt);
    sqlite3_bind_int64(stmt, 1, id);
}

static enum orr_status put_params(struct study *x, uint32_t run, int64_t trial)
{
    enum orr_status s = ORR_OK;
    start_with(x->params, trial);
    while (orr_sqlite_step(x->file, x->params, &s, x->err))
        s = put_param(x, run, orr_sqlite_text(x->params, 0), orr_sqlite_number(x->params, 1), orr_sqlite_text(x->params, 2));
    return s;
}

static enum orr_status put_intermediate(struct study *x, uint32_t run, int64_t trial)
{
    static const char name[] = "intermediate_value";
    uint32_t series;
    enum orr_status s = ORR_OK;
    if (!x->intermediate) return ORR_OK;
    start_with(x->intermediate, trial);
    while (orr_sqlite_step(x->file, x->intermediate, &s, x->err)) {
        const int64_t step = sqlite3_column_int64(x->intermediate, 0);
        s = orr_sink_series(x->sink, run, name, sizeof name - 1, &series, x->err);
        if (s == ORR_OK) s = orr_sink_point(x->sink, series, step, value_of(x->intermediate, 1, 2), NAN, x->err);
    }
    return s;
}

/* Final values: configuration of the trial, points of the study. */
static enum orr_status put_values(struct study *x, uint32_t trial_run, uint32_t study_run, int64_t trial, int64_t number,
                                  double wall)
{
    sqlite3_stmt *const stmt = x->values;
    uint32_t series;
    enum orr_status s = ORR_OK;
    start_with(stmt, trial);
    while (orr_sqlite_step(x->file, stmt, &s, x->err)) {
        char name[48] = "value", text[32];
        const int64_t objective = sqlite3_column_int64(stmt, 0);
        const double value = value_of(stmt, 1, 2);
        if (objective > 0) snprintf(name, sizeof name, "value %" PRId64, objective);
        orr_format_double(value, text);
        s = orr_sink_config(x->sink, trial_run, name, ORR_VALUE_NUMBER, text, x->err);
        if (s == ORR_OK) s = orr_sink_series(x->sink, study_run, name, strlen(name), &series, x->err);
        if (s == ORR_OK) s = orr_sink_point(x->sink, series, number, value, wall, x->err);
    }
    return s;
}

static enum orr_status put_trials(struct study *x, int64_t study, const char *name)
{
    static const char *const columns[] = {"trial_id", "number", "state", "datetime_start", "datetime_complete", NULL};
    sqlite3_stmt *stmt;
    uint32_t study_run, run;
    enum orr_status s = open_run(x, name, -1, NULL, NAN, NAN, &study_run);
    if (s) return s;
    s = orr_sqlite_select(x->file, "trials", columns, "WHERE study_id=?1 ORDER BY trial_id", &stmt, x->err);
    if (s == ORR_OK) sqlite3_bind_int64(stmt, 1, study);
    for (int64_t k = 0; orr_sqlite_step(x->file, stmt, &s, x->err); k++) {
        const int64_t trial = sqlite3_column_int64(stmt, 0);
        const int64_t number = sqlite3_column_type(stmt, 1) == SQLITE_NULL ? k : sqlite3_column_int64(stmt, 1);
        const double ended = orr_sqlite_time(stmt, 4);
        s = open_run(x, name, number, state_of(orr_sqlite_text(stmt, 2)), orr_sqlite_time(stmt, 3), ended, &run);
        if (s == ORR_OK) s = put_params(x, run, trial);
        if (s == ORR_OK) s = put_intermediate(x, run, trial);
        if (s == ORR_OK) s = put_values(x, run, study_run, trial, number, ended);
        if (s == ORR_OK && !orr_ticker_tick(&x->in->ticker, x->in->path, "trials", (uint64_t)k, 0))
            s = orr_error_set(x->err, ORR_ECANCELLED, x->in->path, "cancelled");
    }
    sqlite3_finalize(stmt);
    return s;
}

static enum orr_status prepare(struct study *x)
{
    static const char *const params[] = {"param_name", "param_value", "distribution_json", NULL};
    static const char *const intermediate[] = {"step", "intermediate_value", "intermediate_value_type", NULL};
    static const char *const values[] = {"objective", "value", "value_type", NULL};
    static const char rest[] = "WHERE trial_id=?1 ORDER BY 1";
    enum orr_status s = orr_sqlite_select(x->file, "trial_params", params, rest, &x->params, x->err);
    if (s == ORR_OK) s = orr_sqlite_select(x->file, "trial_values", values, rest, &x->values, x->err);
    if (s == ORR_OK && orr_sqlite_has_table(x->file, "trial_intermediate_values"))
        s = orr_sqlite_select(x->file, "trial_intermediate_values", intermediate, rest, &x->intermediate, x->err);
    return s;
}

static enum orr_status optuna_read(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    static const char *const columns[] = {"study_id", "study_name", NULL};
    struct study x = {.in = in, .sink = sink, .err = err};
    sqlite3_stmt *stmt = NULL;
    enum orr_status s = orr_sqlite_open(in->path, &x.file, err);
    if (s == ORR_OK) s = prepare(&x);
    if (s == ORR_OK) s = orr_sqlite_select(x.file, "studies", columns, "ORDER BY study_id", &stmt, err);
    while (orr_sqlite_step(x.file, stmt, &s, err))
        s = put_trials(&x, sqlite3_column_int64(stmt, 0), orr_sqlite_text(stmt, 1));
    sqlite3_finalize(stmt);
    sqlite3_finalize(x.params);
    sqlite3_finalize(x.intermediate);
    sqlite3_finalize(x.values);
    orr_sqlite_close(x.file);
    orr_str_free(&x.key);
    orr_str_free(&x.name);
    return s;
}

static int optuna_detect(const char *path, const unsigned char *head, size_t n)
{
    static const char *const tables[] = {"studies", "trials", "trial_params", "trial_values", NULL};
    return orr_sqlite_is(head, n) && orr_sqlite_file_has(path, tables) ? 90 : 0;
}

const struct orr_format orr_format_optuna_db = {
    .name = "optuna-db",
    .summary = "Optuna's SQLite storage: a run per trial and one per study",
    .detect = optuna_detect,
    .read = optuna_read,
};
