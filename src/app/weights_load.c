/* Recorded weights of a run: what there is, checked, and how it is read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/lab.h"
#include "app/weights.h"
#include "app/weights_files.h"
#include "base/mem.h"

void orr_run_weights_free(struct orr_run_weights *w)
{
    orr_weight_files_free(w->files);
    orr_arena_free(&w->arena);
    *w = (struct orr_run_weights){0};
}

static enum orr_status tensor_of(struct orr_run_weights *w, const struct orr_snapshot *s, size_t n, struct orr_error *err)
{
    if (!w->n_tensors) {
        w->n_steps = n;
        w->steps = orr_arena_zalloc(&w->arena, n, sizeof *w->steps);
        for (size_t i = 0; i < n; i++) w->steps[i] = s[i].step;
    }
    for (size_t i = 0; i < n || i < w->n_steps; i++) {
        if (i >= n || i >= w->n_steps || s[i].step != w->steps[i]) {
            const bool missing = i >= n || (i < w->n_steps && s[i].step > w->steps[i]);
            return orr_error_set(err, ORR_EFORMAT, s->tensor, "%s at step %lld: every snapshot needs the same tensors",
                                 missing ? "is missing" : "other tensors are missing",
                                 (long long)(missing ? w->steps[i] : s[i].step));
        }
        if (s[i].rank != s->rank || s[i].n != s->n || memcmp(s[i].shape, s->shape, (size_t)s->rank * sizeof *s->shape) != 0)
            return orr_error_set(err, ORR_EFORMAT, s->tensor,
                                 "its shape at step %lld is another one than at step %lld: no trajectory can be made of it",
                                 (long long)s[i].step, (long long)s->step);
    }
    struct orr_run_tensor *t = &w->tensors[w->n_tensors++];
    t->name = orr_arena_strdup(&w->arena, s->tensor);
    t->rank = s->rank;
    t->n = s->n;
    memcpy(t->shape, s->shape, sizeof t->shape);
    w->weights += s->n;
    return ORR_OK;
}

/* Takes all tensors of a list that is sorted by tensor, then step. */
static enum orr_status take(struct orr_run_weights *w, const struct orr_snapshot *items, size_t count, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    w->tensors = orr_arena_zalloc(&w->arena, count + 1, sizeof *w->tensors);
    for (size_t i = 0, n; i < count && !s; i += n) {
        for (n = 1; i + n < count && !strcmp(items[i + n].tensor, items[i].tensor);) n++;
        if (!strncmp(items[i].tensor, "optim.", 6) || !items[i].n) continue; /* moments; nothing */
        s = tensor_of(w, &items[i], n, err);
        if (!s) w->tensors[w->n_tensors - 1].item = i;
    }
    if (!s && w->n_tensors && w->steps[0] < 0) s = orr_error_set(err, ORR_EFORMAT, NULL, "a snapshot has a negative step");
    return s;
}

static void set_depths(struct orr_run_weights *w)
{
    const char **names = orr_xcalloc(w->n_tensors + 1, sizeof *names);
    double *depth = orr_xcalloc(w->n_tensors + 1, sizeof *depth);
    for (size_t i = 0; i < w->n_tensors; i++) names[i] = w->tensors[i].name;
    orr_weights_depths(names, w->n_tensors, depth);
    for (size_t i = 0; i < w->n_tensors; i++) w->tensors[i].depth = depth[i];
    free(names);
    free(depth);
}

enum orr_status orr_run_weights_open(struct orr_store *store, int64_t run, struct orr_run_weights *w, struct orr_error *err)
{
    struct orr_snapshot_list list = {0};
    struct orr_config_list config = {0};
    *w = (struct orr_run_weights){.run = run, .optim = -1};
    enum orr_status s = orr_store_snapshots(store, run, &list, err);
    if (!s) s = orr_store_config(store, run, &config, err);
    for (size_t i = 0; i < config.n && !s; i++) {
        enum orr_optim_kind kind;
        if (!strcmp(config.values[i].key, "optim") && !orr_lab_parse_optim(config.values[i].text, &kind, NULL))
            w->optim = (int)kind;
        if (!strcmp(config.values[i].key, "lr") && config.values[i].is_number && config.values[i].number > 0)
            w->lr = config.values[i].number;
    }
    if (!s) s = take(w, list.items, list.n, err);
    if (!s && !w->n_tensors)
        s = orr_error_set(err, ORR_ENOTFOUND, NULL,
                          "run %lld has no snapshots of weights: record them (orrery lab train --weights every:epoch) or name a "
                          "folder of checkpoints", (long long)run);
    if (!s) set_depths(w);
    orr_config_list_free(&config);
    orr_snapshot_list_free(&list);
    return s;
}

enum orr_status orr_run_weights_open_folder(const char *folder, const struct orr_ticker *ticker, struct orr_run_weights *w,
                                            struct orr_error *err)
{
    *w = (struct orr_run_weights){.optim = -1};
    enum orr_status s = orr_weight_files_open(folder, ticker, &w->files, err);
    if (s) return s;
    const size_t n = orr_weight_files_count(w->files);
    struct orr_snapshot *items = orr_xcalloc(n + 1, sizeof *items);
    for (size_t i = 0; i < n; i++) items[i] = orr_weight_files_item(w->files, i);
    s = take(w, items, n, err);
    if (!s && !w->n_tensors) s = orr_error_set(err, ORR_ENOTFOUND, folder, "its checkpoints hold no weights");
    free(items);
    return s;
}

enum orr_status orr_run_weights_block(struct orr_store *store, const struct orr_run_weights *w, size_t step, size_t tensor,
                                      size_t first, size_t n, float *values, struct orr_error *err)
{
    const struct orr_run_tensor *t = &w->tensors[tensor];
    return w->files ? orr_weight_files_read(w->files, t->item + step, first, n, values, err)
                    : orr_store_snapshot_read(store, w->run, w->steps[step], t->name, first, n, values, err);
}

enum orr_status orr_run_weights_observe(const struct orr_run_weights *w, size_t tensor, size_t n, const double *t,
                                        struct orr_observed *o, struct orr_error *err)
{
    const struct orr_run_tensor *x = &w->tensors[tensor];
    const enum orr_status s = orr_observed_init(o, n, t, w->optim, orr_tensor_role(x->rank), x->name, err);
    if (s) return s;
    o->lr = w->lr;
    o->depth = x->depth;
    return ORR_OK;
}

enum orr_status orr_run_weights_read(struct orr_store *store, const struct orr_run_weights *w, size_t tensor, float **out,
                                     struct orr_error *err)
{
    const struct orr_run_tensor *t = &w->tensors[tensor];
    *out = orr_alloc(w->n_steps * t->n, sizeof **out);
    enum orr_status s = *out ? ORR_OK : orr_error_set(err, ORR_ENOMEM, t->name, "no memory for %zu weights", t->n);
    for (size_t i = 0; i < w->n_steps && !s; i++) s = orr_run_weights_block(store, w, i, tensor, 0, t->n, *out + i * t->n, err);
    if (s) {
        free(*out);
        *out = NULL;
    }
    return s;
}

bool orr_run_weights_direction_block(struct orr_store *store, const struct orr_run_weights *w, size_t step, size_t tensor,
                                     size_t first, size_t n, float *direction)
{
    const char *of = w->tensors[tensor].name;
    char name[2][128];
    bool have[2] = {false, false};
    if (w->files || strlen(of) > 100) return false;
    float *moments = orr_alloc(2 * n, sizeof *moments);
    for (size_t k = 0; k < 2 && moments; k++) {
        snprintf(name[k], sizeof name[k], "optim.%c.%s", "mv"[k], of);
        have[k] = !orr_store_snapshot_read(store, w->run, w->steps[step], name[k], first, n, moments + k * n, NULL);
    }
    const bool known =
        orr_optim_direction(w->optim, have[0] ? moments : NULL, have[1] ? moments + n : NULL, n, direction);
    free(moments);
    return known;
}

enum orr_status orr_run_weights_direction(struct orr_store *store, const struct orr_run_weights *w, size_t tensor, float **out,
                                          struct orr_error *err)
{
    const size_t n = w->tensors[tensor].n;
    float *direction = orr_alloc(w->n_steps * n, sizeof *direction);
    bool known = direction;
    *out = NULL;
    if (!direction) return orr_error_set(err, ORR_ENOMEM, w->tensors[tensor].name, "no memory for moments");
    for (size_t i = 0; i < w->n_steps && known; i++)
        known = orr_run_weights_direction_block(store, w, i, tensor, 0, n, direction + i * n);
    if (known) *out = direction;
    else free(direction);
    return ORR_OK;
}

enum orr_status orr_run_weights_add(struct orr_store *store, const struct orr_run_weights *w, size_t number, size_t most,
                                    struct orr_weights_set *set, struct orr_error *err)
{
    enum orr_status s = ORR_OK;
    double *t = orr_xcalloc(w->n_steps, sizeof *t);
    const double last = w->steps[w->n_steps - 1] > 0 ? (double)w->steps[w->n_steps - 1] : 1;
    for (size_t i = 0; i < w->n_steps; i++) t[i] = (double)w->steps[i] / last;
    for (size_t k = 0; k < w->n_tensors && !s; k++) {
        float *values, *direction = NULL;
        s = orr_run_weights_read(store, w, k, &values, err);
        if (!s) s = orr_run_weights_direction(store, w, k, &direction, err);
        if (!s)
            s = orr_weights_set_add(set, number, w->optim, orr_tensor_role(w->tensors[k].rank), w->n_steps, t, w->tensors[k].n,
                                    values, most, 1, w->tensors[k].name, err);
        if (!s) s = orr_weights_set_about(set, w->lr, w->tensors[k].depth, w->n_steps, t, direction, err);
        free(values);
        free(direction);
    }
    free(t);
    return s;
}
