#include "app/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/example.h"
#include "app/import.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "num/gemm.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void orr_weights_forecasts_free(struct orr_weights_forecasts *f)
{
    orr_run_weights_free(&f->run);
    orr_arena_free(&f->arena);
    *f = (struct orr_weights_forecasts){0};
}

/* ---- the model ---- */

/* Fits on the finished runs of a group, leaving `except` out. */
static enum orr_status learn(struct orr_store *store, int64_t except, const struct orr_weights_method *method,
                             const struct orr_weights_query *q, const struct orr_weights_options *o,
                             const struct orr_ticker *ticker, struct orr_weights_model **model, struct orr_error *err)
{
    enum { MOST = 256 };
    struct orr_run_list runs;
    struct orr_weights_set set = {0};
    size_t number = 0;
    enum orr_status s = orr_store_runs(store, &runs, err);
    if (s) return s;
    for (size_t i = 0; i < runs.n && !s; i++) {
        const struct orr_run *r = &runs.runs[i];
        struct orr_run_weights w = {0};
        if (r->id == except || strcmp(r->group, q->learn) != 0 || !strcmp(r->state, "diverged") ||
            !strcmp(r->state, "running"))
            continue;
        if (!orr_ticker_tick(ticker, "loading runs", "runs", i, runs.n))
            s = orr_error_set(err, ORR_ECANCELLED, NULL, "stopped");
        if (!s && !orr_run_weights_open(store, r->id, &w, NULL) && w.n_steps > 1)
            s = orr_run_weights_add(store, &w, number++, MOST, &set, err);
        orr_run_weights_free(&w);
    }
    if (!s && !number)
        s = orr_error_set(err, ORR_ENOTFOUND, q->learn, "no run of that group has snapshots of weights to learn from");
    if (!s) s = orr_weights_fit(method, &set, o, ticker, model, err);
    orr_weights_set_free(&set);
    orr_run_list_free(&runs);
    return s;
}

enum orr_status orr_weights_model_get(struct orr_store *store, int64_t run, double fraction, const struct orr_weights_query *q,
                                      const struct orr_ticker *ticker, struct orr_arena *a, const char **made_with,
                                      struct orr_weights_model **model, struct orr_error *err)
{
    struct orr_weights_options o = orr_weights_defaults();
    const struct orr_weights_method *method = orr_weights_method_find(q->method);
    enum orr_status s;
    o.seed = q->seed;
    o.fraction = fraction;
    *made_with = "";
    if (!method) return orr_error_set(err, ORR_EINVAL, "--method", "'%s' is no method for weights", q->method);
    if (q->learn && orr_weights_method_tuned(method))
        return orr_error_set(err, ORR_EUNSUPPORTED, "--learn",
                             "%s is tuned by the networks of whole sweeps (orrery eval weights --retrain DIR): leave "
                             "--learn out for the shipped one, or name a file with --model",
                             q->method);
    if (q->learn) {
        *made_with = orr_arena_printf(a, "fitted on group %s, seed %llu", q->learn, (unsigned long long)q->seed);
        s = learn(store, run, method, q, &o, ticker, model, err);
    } else if (q->model || orr_weights_method_learns(method)) {
        char *datasets = q->model ? NULL : orr_example_datasets();
        const char *path =
            q->model ? q->model
                     : orr_arena_printf(a, "%s/models/%s.safetensors", datasets ? datasets : "datasets", q->method);
        free(datasets);
        *made_with = orr_arena_strdup(a, path);
        if (!q->model && access(path, R_OK) != 0)
            return orr_error_set(err, ORR_ENOTFOUND, q->method,
                                 "learns from whole runs and none was shipped: name a group of runs "
                                 "with --learn, or a fitted file with --model");
        s = orr_weights_load(path, model, err);
        if (!s && strcmp(orr_weights_method_name((*model)->method), q->method) != 0)
            s = orr_error_set(err, ORR_EINVAL, path, "was fitted for method %s",
                              orr_weights_method_name((*model)->method));
    } else {
        o.fraction = 0;
        s = orr_weights_fit(method, NULL, &o, ticker, model, err);
    }
    if (!s && q->solver)
        (*model)->o.solver = !strcmp(q->solver, "euler")    ? ORR_EULER
                             : !strcmp(q->solver, "dopri5") ? ORR_DOPRI5
                                                            : ORR_RK4;
    return s;
}

/* ---- one tensor, block by block ---- */

struct work {
    struct orr_store *store;
    const struct orr_weights_query *q;
    struct orr_weights_forecasts *f;
    const struct orr_weights_model *model;
    size_t *at; /* [observed] positions of the snapshots used */
    size_t n_used;
    double *t, *ahead; /* relative times */
    bool truth;
    size_t n_block;
    bool term;                  /* the tensor's moments were recorded and the model looks at them */
    float *block, *mean, *real; /* (used + 1, n_block), (ahead, n_block), (n_block) */
    struct orr_safetensors_writer *out; /* of the weights at the last horizon; NULL: not wanted */
    double absolute, square;
};

static enum orr_status read_block(const struct work *w, size_t tensor, size_t first, size_t n, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    for (size_t i = 0; i < w->n_used && !s; i++)
        s = orr_run_weights_block(w->store, &w->f->run, w->at[i], tensor, first, n, w->block + i * n, err);
    if (!s && w->term &&
        !orr_run_weights_direction_block(w->store, &w->f->run, w->at[w->n_used - 1], tensor, first, n, w->block + w->n_used * n))
        s = orr_error_set(err, ORR_EFORMAT, w->f->run.tensors[tensor].name, "its recorded moments are damaged");
    return s;
}

/* Adds a forecast block to the sums of its tensor. */
static enum orr_status account(struct work *w, struct orr_tensor_forecast *out, size_t tensor, size_t first, size_t n,
                               struct orr_error *err)
{
    const struct orr_weights_forecasts *f = w->f;
    for (size_t h = 0; h < f->n_ahead; h++) {
        const float *mean = w->mean + h * n;
        double absolute = 0, square = 0;
        out->norm[h] += orr_weights_dot(mean, mean, n);
        for (size_t k = 0; k < out->shown; k++)
            if (out->index[k] >= first && out->index[k] < first + n)
                out->mean[h * out->shown + k] = mean[out->index[k] - first];
        if (!w->truth) continue;
        const enum orr_status s =
            orr_run_weights_block(w->store, &f->run, f->observed + h, tensor, first, n, w->real, err);
        if (s) return s;
        for (size_t i = 0; i < n; i++) {
            const double e = (double)mean[i] - (double)w->real[i];
            absolute += fabs(e);
            square += e * e;
        }
        out->mae[h] += absolute;
        out->rmse[h] += square;
    }
    return w->out ? orr_safetensors_put(w->out, w->mean + (f->n_ahead - 1) * n, n, err) : ORR_OK;
}

static enum orr_status forecast_tensor(struct work *w, size_t k, const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_weights_forecasts *f = w->f;
    const struct orr_run_tensor *t = &f->run.tensors[k];
    struct orr_tensor_forecast *out = &f->tensors[k];
    struct orr_arena *a = &f->arena;
    out->name = t->name;
    out->weights = t->n;
    out->shown = t->n < w->q->coordinates ? t->n : w->q->coordinates;
    out->norm = orr_arena_zalloc(a, 4 * f->n_ahead, sizeof *out->norm);
    out->mae = out->norm + f->n_ahead;
    out->rmse = out->mae + f->n_ahead;
    out->spread = out->rmse + f->n_ahead;
    out->index = orr_arena_zalloc(a, out->shown + 1, sizeof *out->index);
    out->mean = orr_arena_zalloc(a, f->n_ahead * out->shown + 1, sizeof *out->mean);
    for (size_t i = 0; i < out->shown; i++) out->index[i] = i * t->n / out->shown;
    struct orr_observed *o = orr_xmalloc(sizeof *o);
    enum orr_status s = orr_run_weights_observe(&f->run, k, w->n_used, w->t, o, err);
    float one;
    w->term = w->model->o.moments && orr_run_weights_direction_block(w->store, &f->run, w->at[w->n_used - 1], k, 0, 1, &one);
    o->terms = w->term;
    for (size_t pass = 0; pass < 2; pass++) { /* first how the tensor moves as a whole, then the forecast */
        for (size_t first = 0; first < t->n && !s; first += w->n_block) {
            const size_t n = t->n - first < w->n_block ? t->n - first : w->n_block;
            if (!orr_ticker_tick(ticker, t->name, "weights", first, t->n)) {
                s = orr_error_set(err, ORR_ECANCELLED, t->name, "stopped");
                break;
            }
            if (pass == 0 || t->n > w->n_block) s = read_block(w, k, first, n, err);
            if (!s && pass == 0) s = orr_observed_add(o, w->block, n, t->name, err);
            if (!s && pass == 1)
                s = orr_weights_forecast(w->model, o, w->block, n, f->n_ahead, w->ahead, w->mean, out->spread, ticker,
                                         err);
            if (!s && pass == 1) s = account(w, out, k, first, n, err);
        }
    }
    if (w->truth) {
        w->absolute += out->mae[f->n_ahead - 1];
        w->square += out->rmse[f->n_ahead - 1];
    }
    for (size_t h = 0; h < f->n_ahead; h++) {
        out->norm[h] = sqrt(out->norm[h]);
        out->mae[h] = w->truth ? out->mae[h] / (double)t->n : (double)NAN;
        out->rmse[h] = w->truth ? sqrt(out->rmse[h] / (double)t->n) : (double)NAN;
    }
    free(o);
    return s;
}

/* ---- a run ---- */

/* How many snapshots are observed, up to which step training goes, and the steps that are forecast. */
static enum orr_status plan(struct work *w, struct orr_error *err)
{
    enum { AHEAD = 10 };
    struct orr_weights_forecasts *f = w->f;
    const struct orr_run_weights *run = &f->run;
    const int64_t last = run->steps[run->n_steps - 1];
    size_t n = w->q->observe ? w->q->observe : run->n_steps;
    if (w->q->observe_share > 0)
        for (n = 0; n < run->n_steps && (double)run->steps[n] <= w->q->observe_share * (double)last + 1e-9;) n++;
    if (n > run->n_steps) n = run->n_steps;
    const int64_t to = w->q->to ? w->q->to : n < run->n_steps ? last : 2 * last;
    if (n < 1 || to <= run->steps[n - 1])
        return orr_error_set(err, ORR_EINVAL, NULL,
                             "run %lld: %zu of its %zu snapshots observed, forecast to step %lld: observe at "
                             "least two and name a later step with --to",
                             (long long)run->run, n, run->n_steps, (long long)to);
    f->observed = n;
    w->n_used = n < ORR_OBSERVED_MAX ? n : ORR_OBSERVED_MAX;
    w->at = orr_arena_zalloc(&f->arena, w->n_used, sizeof *w->at);
    w->t = orr_arena_zalloc(&f->arena, w->n_used, sizeof *w->t);
    for (size_t i = 0; i < w->n_used; i++) {
        w->at[i] = w->n_used > 1 ? i * (n - 1) / (w->n_used - 1) : 0;
        w->t[i] = (double)run->steps[w->at[i]] / (double)to;
    }
    w->truth = n < run->n_steps && to <= last;
    f->steps = orr_arena_zalloc(&f->arena, run->n_steps + AHEAD, sizeof *f->steps);
    if (w->truth)
        for (size_t i = n; i < run->n_steps && run->steps[i] <= to; i++) f->steps[f->n_ahead++] = run->steps[i];
    for (int i = 1; i <= AHEAD && !w->truth; i++) {
        const int64_t step = run->steps[n - 1] + (to - run->steps[n - 1]) * i / AHEAD;
        if (step > (f->n_ahead ? f->steps[f->n_ahead - 1] : run->steps[n - 1])) f->steps[f->n_ahead++] = step;
    }
    w->ahead = orr_arena_zalloc(&f->arena, f->n_ahead + 1, sizeof *w->ahead);
    for (size_t h = 0; h < f->n_ahead; h++) w->ahead[h] = (double)f->steps[h] / (double)to;
    return f->n_ahead
               ? ORR_OK
               : orr_error_set(err, ORR_EINVAL, "--to", "no snapshot lies between the last observed and that step");
}

/* Begins the file of the final weights, which come tensor by tensor, block by block. */
static enum orr_status begin_final(struct work *w, struct orr_error *err)
{
    const struct orr_run_weights *run = &w->f->run;
    struct orr_safetensor_out *out = orr_xcalloc(run->n_tensors + 1, sizeof *out);
    for (size_t k = 0; k < run->n_tensors; k++)
        out[k] = (struct orr_safetensor_out){run->tensors[k].name, run->tensors[k].shape, run->tensors[k].rank, NULL};
    const char *const metadata[] = {"made_by", "orrery forecast weights", "method", w->q->method, NULL};
    const enum orr_status s = orr_safetensors_begin(w->q->out, out, run->n_tensors, metadata, &w->out, err);
    free(out);
    return s;
}

/* Blocks as long as memory of a fixed size takes them. */
static enum orr_status make_room(struct work *w, struct orr_error *err)
{
    enum { ROOM = 1 << 23 /* floats */, LEAST = 1 << 10 };
    const size_t rows = w->n_used + w->f->n_ahead + 2;
    w->n_block = ORR_WEIGHTS_BLOCK;
    if (w->f->run.weights < w->n_block) w->n_block = w->f->run.weights;
    while (w->n_block * rows > ROOM && w->n_block > LEAST) w->n_block /= 2;
    w->block = orr_alloc(w->n_block * rows, sizeof *w->block);
    if (!w->block) return orr_error_set(err, ORR_ENOMEM, NULL, "no memory for blocks of %zu weights", w->n_block);
    w->mean = w->block + w->n_block * (w->n_used + 1);
    w->real = w->mean + w->n_block * w->f->n_ahead;
    return ORR_OK;
}

/* Forecasts f->run, which was opened. */
static enum orr_status run_opened(struct orr_store *store, const struct orr_weights_query *q, const struct orr_ticker *ticker,
                                  struct orr_weights_forecasts *f, struct orr_error *err)
{
    struct work w = {.store = store, .q = q, .f = f};
    struct orr_weights_model *model = NULL;
    enum orr_status s = plan(&w, err);
    if (!s) s = orr_weights_model_get(store, f->run.run, w.t[w.n_used - 1], q, ticker, &f->arena, &f->made_with, &model, err);
    if (s) goto out;
    const double start = now();
    orr_blas_set_threads(1); /* products of a block are small: threads would only wait for each other */
    w.model = model;
    f->outcome = model->outcome;
    s = make_room(&w, err);
    if (!s && q->out) s = begin_final(&w, err);
    f->tensors = orr_arena_zalloc(&f->arena, f->run.n_tensors, sizeof *f->tensors);
    while (!s && f->n_tensors < f->run.n_tensors && !(s = forecast_tensor(&w, f->n_tensors, ticker, err))) f->n_tensors++;
    if (s == ORR_ECANCELLED) f->outcome = ORR_CANCELLED; /* the tensors that are whole stay */
    if (!s && w.truth) {
        f->mae = w.absolute / (double)f->run.weights;
        f->rmse = sqrt(w.square / (double)f->run.weights);
    }
    const enum orr_status ended = orr_safetensors_end(w.out, !s, s ? NULL : err);
    if (!s) s = ended;
    f->seconds = now() - start;
out:
    free(w.block);
    orr_weights_model_free(model);
    return s;
}

enum orr_status orr_weights_run(struct orr_store *store, int64_t run, const struct orr_weights_query *q,
                                const struct orr_ticker *ticker, struct orr_weights_forecasts *f, struct orr_error *err)
{
    *f = (struct orr_weights_forecasts){.method = q->method, .mae = NAN, .rmse = NAN};
    const enum orr_status s = orr_run_weights_open(store, run, &f->run, err);
    return s ? s : run_opened(store, q, ticker, f, err);
}

/* ---- a folder ---- */

/* Imports the checkpoints into a store of their own and forecasts that. */
static enum orr_status run_imported(const char *folder, const struct orr_weights_query *q, const struct orr_ticker *ticker,
                                    struct orr_weights_forecasts *f, struct orr_error *err)
{
    struct orr_str path = {0};
    struct orr_app app = {0};
    struct orr_run_list runs = {0};
    struct orr_import_result imported = {0};
    enum orr_status s = orr_folder_temporary("orrery-weights", &path, err);
    if (s) {
        orr_str_free(&path);
        return s;
    }
    const size_t folder_n = path.len;
    orr_str_append(&path, "/store.db");
    s = orr_store_open(path.data, ORR_STORE_CREATE, &app.store, err);
    const struct orr_import_options o = {0};
    if (!s) s = orr_app_import(&app, &folder, 1, &o, ticker, &imported, err);
    if (!s) s = orr_store_runs(app.store, &runs, err);
    if (!s && imported.partial && imported.n_notes) /* a damaged checkpoint must not silently shorten the trajectory */
        s = orr_error_set(err, ORR_EFORMAT, imported.notes[0].where, "%s", imported.notes[0].message);
    if (!s && runs.n != 1)
        s = orr_error_set(err, runs.n ? ORR_EINVAL : ORR_ENOTFOUND, folder,
                          "holds checkpoints of %zu runs; one is needed, with "
                          "steps in the names of its files (step_100.safetensors)",
                          runs.n);
    if (!s) s = orr_weights_run(app.store, runs.runs[0].id, q, ticker, f, err);
    orr_import_result_free(&imported);
    orr_run_list_free(&runs);
    orr_app_close(&app);
    path.data[folder_n] = '\0';
    orr_folder_remove(path.data);
    orr_str_free(&path);
    return s;
}

enum orr_status orr_weights_run_folder(const char *folder, const struct orr_weights_query *q, const struct orr_ticker *ticker,
                                       struct orr_weights_forecasts *f, struct orr_error *err)
{
    *f = (struct orr_weights_forecasts){.method = q->method, .mae = NAN, .rmse = NAN};
    const enum orr_status s = orr_run_weights_open_folder(folder, ticker, &f->run, err);
    if (!s) return run_opened(NULL, q, ticker, f, err);
    if (s != ORR_EUNSUPPORTED) return s;
    orr_run_weights_free(&f->run);
    return run_imported(folder, q, ticker, f, err);
}

/* ---- printing ---- */

static void append_coordinate(struct orr_str *s, const struct orr_weights_forecasts *f,
                              const struct orr_tensor_forecast *t, size_t k)
{
    double *x = orr_xmalloc(3 * f->n_ahead * sizeof *x + 1), *lower = x + f->n_ahead, *upper = lower + f->n_ahead;
    for (size_t h = 0; h < f->n_ahead; h++) {
        x[h] = (double)t->mean[h * t->shown + k];
        lower[h] = x[h] - t->spread[h];
        upper[h] = x[h] + t->spread[h];
    }
    orr_str_printf(s, "%s{\"index\":%zu", k ? "," : "", t->index[k]);
    orr_json_append_member_numbers(s, "mean", x, f->n_ahead);
    orr_json_append_member_numbers(s, "lower", lower, f->n_ahead);
    orr_json_append_member_numbers(s, "upper", upper, f->n_ahead);
    orr_str_append_char(s, '}');
    free(x);
}

void orr_weights_json(const struct orr_weights_forecasts *f, struct orr_str *s)
{
    for (size_t i = 0; i < f->n_tensors; i++) {
        const struct orr_tensor_forecast *t = &f->tensors[i];
        orr_str_printf(s, "{\"run\":%lld,\"tensor\":", (long long)f->run.run);
        orr_json_append_string(s, t->name);
        orr_str_append(s, ",\"method\":");
        orr_json_append_string(s, f->method);
        orr_str_append(s, ",\"fitted\":");
        orr_json_append_string(s, f->made_with);
        orr_str_printf(
            s, ",\"version\":\"%s\",\"outcome\":\"%s\",\"weights\":%zu,\"observed\":%zu,\"level\":0.9,\"horizon\":[",
            ORR_VERSION, orr_outcome_name(f->outcome), t->weights, f->observed);
        for (size_t h = 0; h < f->n_ahead; h++) orr_str_printf(s, "%s%lld", h ? "," : "", (long long)f->steps[h]);
        orr_str_append_char(s, ']');
        orr_json_append_member_numbers(s, "norm", t->norm, f->n_ahead);
        orr_json_append_member_numbers(s, "mae", t->mae, f->n_ahead);
        orr_json_append_member_numbers(s, "rmse", t->rmse, f->n_ahead);
        orr_json_append_member_numbers(s, "half_width", t->spread, f->n_ahead);
        orr_str_append(s, ",\"coordinates\":[");
        for (size_t k = 0; k < t->shown; k++) append_coordinate(s, f, t, k);
        orr_str_append(s, "]}\n");
    }
}

void orr_weights_table(const struct orr_weights_forecasts *f, struct orr_table *t)
{
    static const char *const names[] = {"tensor", "weights", "observed", "to", "norm", "half_width", "mae", "rmse"};
    orr_table_init(t, f->n_tensors, 8);
    for (size_t c = 0; c < 8; c++)
        orr_table_column(t, c, names[c], c == 0 ? ORR_CELL_TEXT : c < 4 ? ORR_CELL_INTEGER : ORR_CELL_NUMBER);
    const size_t h = f->n_ahead - 1;
    for (size_t i = 0; i < f->n_tensors; i++) {
        const struct orr_tensor_forecast *x = &f->tensors[i];
        const double cells[] = {(double)x->weights, (double)f->observed, (double)f->steps[h], x->norm[h],
                                x->spread[h],       x->mae[h],           x->rmse[h]};
        orr_table_set_text(t, i, 0, x->name);
        for (size_t c = 0; c < 7; c++) orr_table_set_number(t, i, c + 1, cells[c]);
    }
}
