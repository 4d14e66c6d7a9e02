#include "aid_sink.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const char *keep(struct aid_sink *a, const char *text)
{
    return text ? orr_arena_strdup(&a->arena, text) : NULL;
}

static enum orr_status on_run(void *ctx, uint32_t run, const struct orr_run_meta *m, struct orr_error *err)
{
    (void)err;
    struct aid_sink *a = ctx;
    if (run == a->runs.len) ORR_VEC_PUSH(&a->runs, (struct aid_run){.meta = {0}});
    a->runs.data[run].meta = (struct orr_run_meta){
        keep(a, m->key), keep(a, m->name), keep(a, m->project), keep(a, m->group), keep(a, m->state),
        keep(a, m->notes), m->started, m->ended};
    return ORR_OK;
}

static enum orr_status on_config(void *ctx, uint32_t run, const char *key, enum orr_value_kind kind, const char *value,
                                 struct orr_error *err)
{
    (void)err;
    struct aid_sink *a = ctx;
    ORR_VEC_PUSH(&a->configs, (struct aid_config){run, keep(a, key), keep(a, value), kind});
    return ORR_OK;
}

static enum orr_status on_tag(void *ctx, uint32_t run, const char *tag, struct orr_error *err)
{
    (void)err;
    struct aid_sink *a = ctx;
    ORR_VEC_PUSH(&a->tags, (struct aid_tag){run, keep(a, tag)});
    return ORR_OK;
}

static enum orr_status on_series(void *ctx, uint32_t series, uint32_t run, const char *name, struct orr_error *err)
{
    struct aid_sink *a = ctx;
    if (series != a->series.len || run >= a->runs.len)
        return orr_error_set(err, ORR_EINVAL, "aid_sink", "handle out of order");
    ORR_VEC_PUSH(&a->series, (struct aid_series){.run = run, .name = keep(a, name)});
    return ORR_OK;
}

static enum orr_status on_points(void *ctx, uint32_t series, const struct orr_points *p, struct orr_error *err)
{
    struct aid_sink *a = ctx;
    if (a->fail_after && a->batches >= a->fail_after) return orr_error_set(err, ORR_EFULL, "aid_sink", "full");
    a->batches++;
    struct aid_series *s = &a->series.data[series];
    for (size_t i = 0; i < p->n; i++) {
        ORR_VEC_PUSH(&s->step, p->step[i]);
        ORR_VEC_PUSH(&s->value, p->value[i]);
        ORR_VEC_PUSH(&s->wall, p->wall ? p->wall[i] : (double)NAN);
    }
    return ORR_OK;
}

static enum orr_status on_snapshot(void *ctx, uint32_t run, const struct orr_snapshot_part *p, struct orr_error *err)
{
    struct aid_sink *a = ctx;
    if (p->first == 0) {
        struct aid_snapshot new = {.run = run, .step = p->step, .tensor = keep(a, p->tensor), .rank = p->rank,
                                   .total = p->total};
        if (p->rank > 0) memcpy(new.shape, p->shape, (size_t)p->rank * sizeof *new.shape);
        ORR_VEC_PUSH(&a->snapshots, new);
    }
    struct aid_snapshot *s = a->snapshots.len ? &a->snapshots.data[a->snapshots.len - 1] : NULL;
    if (!s || s->values.len != p->first || p->first + p->n > p->total)
        return orr_error_set(err, ORR_EINVAL, "aid_sink", "a part out of order");
    s->parts++;
    for (size_t i = 0; i < p->n; i++) ORR_VEC_PUSH(&s->values, p->values[i]);
    return ORR_OK;
}

static void on_warn(void *ctx, const char *where, const char *message)
{
    struct aid_sink *a = ctx;
    ORR_VEC_PUSH(&a->warnings, orr_arena_printf(&a->arena, "%s: %s", where, message));
}

static const struct orr_sink_ops ops = {on_run, on_config, on_tag, on_series, on_points, on_snapshot, NULL, on_warn};

void aid_sink_open(struct aid_sink *a, size_t batch)
{
    *a = (struct aid_sink){0};
    a->sink = orr_sink_new(&ops, a, batch);
}

void aid_sink_close(struct aid_sink *a)
{
    orr_sink_free(a->sink);
    for (size_t i = 0; i < a->series.len; i++) {
        free(a->series.data[i].step.data);
        free(a->series.data[i].value.data);
        free(a->series.data[i].wall.data);
    }
    for (size_t i = 0; i < a->snapshots.len; i++) free(a->snapshots.data[i].values.data);
    free(a->runs.data);
    free(a->configs.data);
    free(a->tags.data);
    free(a->series.data);
    free(a->snapshots.data);
    free(a->warnings.data);
    orr_arena_free(&a->arena);
}

enum orr_status aid_sink_import(struct aid_sink *a, const struct orr_format *format, struct orr_ingest *in,
                                struct orr_error *err)
{
    const enum orr_status s = format->read(in, a->sink, err);
    const enum orr_status flushed = orr_sink_flush(a->sink, s ? NULL : err);
    return s ? s : flushed;
}

struct aid_series *aid_sink_series(struct aid_sink *a, const char *run_key, const char *name)
{
    for (size_t i = 0; i < a->series.len; i++) {
        struct aid_series *s = &a->series.data[i];
        if (strcmp(a->runs.data[s->run].meta.key, run_key) == 0 && strcmp(s->name, name) == 0) return s;
    }
    return NULL;
}

const char *aid_sink_config(struct aid_sink *a, const char *run_key, const char *key)
{
    const char *value = NULL; /* the last one holds */
    for (size_t i = 0; i < a->configs.len; i++) {
        const struct aid_config *c = &a->configs.data[i];
        if (strcmp(a->runs.data[c->run].meta.key, run_key) == 0 && strcmp(c->key, key) == 0) value = c->value;
    }
    return value;
}

bool aid_sink_warned(const struct aid_sink *a, const char *part)
{
    for (size_t i = 0; i < a->warnings.len; i++)
        if (strstr(a->warnings.data[i], part)) return true;
    return false;
}

static void put_run(struct orr_str *s, const struct orr_run_meta *m)
{
    const char *const fields[] = {m->key, m->name, m->project, m->group, m->state, m->notes};
    orr_str_append(s, "run");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) orr_str_printf(s, "|%s", fields[i] ? fields[i] : "");
    orr_str_printf(s, "|%.17g|%.17g\n", m->started, m->ended);
}

char *aid_sink_text(const struct aid_sink *a)
{
    struct orr_str s = {0};
    orr_str_append(&s, "");
    for (size_t i = 0; i < a->runs.len; i++) put_run(&s, &a->runs.data[i].meta);
    for (size_t i = 0; i < a->configs.len; i++) {
        const struct aid_config *c = &a->configs.data[i];
        orr_str_printf(&s, "config|%s|%s|%d|%s\n", a->runs.data[c->run].meta.key, c->key, (int)c->kind, c->value);
    }
    for (size_t i = 0; i < a->tags.len; i++)
        orr_str_printf(&s, "tag|%s|%s\n", a->runs.data[a->tags.data[i].run].meta.key, a->tags.data[i].tag);
    for (size_t i = 0; i < a->series.len; i++) {
        const struct aid_series *x = &a->series.data[i];
        for (size_t k = 0; k < x->step.len; k++)
            orr_str_printf(&s, "%s|%s|%lld|%.17g|%.17g\n", a->runs.data[x->run].meta.key, x->name,
                           (long long)x->step.data[k], x->value.data[k], x->wall.data[k]);
    }
    for (size_t i = 0; i < a->snapshots.len; i++) {
        const struct aid_snapshot *t = &a->snapshots.data[i];
        orr_str_printf(&s, "tensor|%s|%lld|%s|", a->runs.data[t->run].meta.key, (long long)t->step, t->tensor);
        for (int k = 0; k < t->rank; k++) orr_str_printf(&s, k ? "x%lld" : "%lld", (long long)t->shape[k]);
        for (size_t k = 0; k < t->values.len; k++) orr_str_printf(&s, "|%.9g", (double)t->values.data[k]);
        orr_str_append_char(&s, '\n');
    }
    return s.data;
}
