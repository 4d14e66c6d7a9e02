/* orrery show: one run with everything that is known of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "base/json.h"
#include "cli/verbs.h"

/* Everything about one run, borrowed from the store's lists. */
struct run_facts {
    struct orr_run_list runs;
    const struct orr_run *run;
    struct orr_config_list config, tags;
    struct orr_series_list series;
    struct orr_snapshot_list snapshots;
};

static enum orr_status collect(struct orr_app *app, int64_t id, struct run_facts *f, struct orr_error *err)
{
    enum orr_status s = orr_store_runs(app->store, &f->runs, err);
    if (s == ORR_OK) s = orr_store_config(app->store, id, &f->config, err);
    if (s == ORR_OK) s = orr_store_series(app->store, id, &f->series, err);
    if (s == ORR_OK) s = orr_store_snapshots(app->store, id, &f->snapshots, err);
    if (s == ORR_OK) s = orr_store_tag_column(app->store, &f->runs, &f->tags, err);
    for (size_t i = 0; s == ORR_OK && i < f->runs.n; i++)
        if (f->runs.runs[i].id == id) f->run = &f->runs.runs[i];
    if (s == ORR_OK && !f->run) s = orr_error_set(err, ORR_ENOTFOUND, NULL, "the run has just been deleted");
    return s;
}

static void release(struct run_facts *f)
{
    orr_config_list_free(&f->config);
    orr_config_list_free(&f->tags);
    orr_series_list_free(&f->series);
    orr_snapshot_list_free(&f->snapshots);
    orr_run_list_free(&f->runs);
}

static const char *tags_of(const struct run_facts *f)
{
    const char *t = f->tags.values[f->run - f->runs.runs].text;
    return t ? t : "";
}

static double best_step(const struct orr_series *s)
{
    if (isnan(s->min)) return NAN;
    return (double)(orr_series_lower_is_better(s->name) ? s->min_step : s->max_step);
}

/* The series as a table: the data of --csv and --markdown. */
static void series_table(const struct run_facts *f, struct orr_table *t)
{
    orr_table_init(t, f->series.n, 8);
    orr_table_column(t, 0, "series", ORR_CELL_TEXT);
    static const char *const names[] = {"points", "first_step", "last_step", "last", "min", "max", "best_step"};
    for (size_t c = 0; c < 7; c++)
        orr_table_column(t, c + 1, names[c], c >= 3 && c <= 5 ? ORR_CELL_NUMBER : ORR_CELL_INTEGER);
    for (size_t i = 0; i < f->series.n; i++) {
        const struct orr_series *s = &f->series.series[i];
        const double values[] = {(double)s->n, (double)s->first_step, (double)s->last_step, s->last, s->min,
                                 s->max,       best_step(s)};
        orr_table_set_text(t, i, 0, s->name);
        for (size_t c = 0; c < 7; c++) orr_table_set_number(t, i, c + 1, values[c]);
    }
}

/* The facts about the run itself: names and values, in two columns. */
static void facts_table(const struct run_facts *f, struct orr_table *t)
{
    const struct orr_run *r = f->run;
    struct orr_table times = {0}; /* the table printer knows how people read times */
    orr_table_init(&times, 1, 2);
    orr_table_column(&times, 0, "started", ORR_CELL_TIME);
    orr_table_column(&times, 1, "ended", ORR_CELL_TIME);
    orr_table_set_number(&times, 0, 0, r->started);
    orr_table_set_number(&times, 0, 1, r->ended);
    struct orr_str started = {0}, ended = {0}, id = {0};
    orr_table_cell_text(&times, 0, 0, 5, &started);
    orr_table_cell_text(&times, 0, 1, 5, &ended);
    orr_str_printf(&id, "%lld%s", (long long)r->id, r->pinned ? " (pinned)" : "");
    const char *const rows[][2] = {
        {"id", id.data},
        {"name", r->name},
        {"project", r->project},
        {"group", r->group},
        {"state", r->state},
        {"started", orr_str_c(&started)},
        {"ended", orr_str_c(&ended)},
        {"tags", tags_of(f)},
        {"notes", r->notes},
        {"source", r->key},
    };
    enum { N = sizeof rows / sizeof *rows };
    size_t n = 0;
    for (size_t i = 0; i < N; i++) n += rows[i][1][0] != '\0';
    orr_table_init(t, n + f->config.n, 2);
    orr_table_column(t, 0, "run", ORR_CELL_TEXT);
    orr_table_column(t, 1, "value", ORR_CELL_TEXT);
    n = 0;
    for (size_t i = 0; i < N; i++) {
        if (!rows[i][1][0]) continue;
        orr_table_set_text(t, n, 0, rows[i][0]);
        orr_table_set_text(t, n++, 1, rows[i][1]);
    }
    for (size_t i = 0; i < f->config.n; i++, n++) {
        t->column[0].text[n] = orr_arena_printf(&t->arena, "config:%s", f->config.values[i].key);
        orr_table_set_text(t, n, 1, f->config.values[i].text);
    }
    orr_str_free(&started);
    orr_str_free(&ended);
    orr_str_free(&id);
    orr_table_free(&times);
}

/* ---- JSON: one object ---- */

static void member_text(struct orr_str *out, const char *key, const char *text)
{
    orr_str_printf(out, ",\"%s\":", key);
    orr_json_append_string(out, text);
}
static void member_number(struct orr_str *out, const char *key, double x)
{
    orr_str_printf(out, ",\"%s\":", key);
    orr_json_append_double(out, x);
}

static void json_tags(const char *tags, struct orr_str *out)
{
    orr_str_append(out, ",\"tags\":[");
    for (const char *t = tags; *t; t += strcspn(t, ","), t += *t == ',') {
        char *tag = strndup(t, strcspn(t, ","));
        if (t != tags) orr_str_append_char(out, ',');
        orr_json_append_string(out, tag ? tag : "");
        free(tag);
    }
    orr_str_append_char(out, ']');
}

static void json_config(const struct orr_config_list *config, struct orr_str *out)
{
    orr_str_append(out, ",\"config\":{");
    for (size_t i = 0; i < config->n; i++) {
        const struct orr_config_value *v = &config->values[i];
        if (i) orr_str_append_char(out, ',');
        orr_json_append_string(out, v->key);
        orr_str_append_char(out, ':');
        if (v->is_number)
            orr_json_append_double(out, v->number);
        else
            orr_json_append_string(out, v->text);
    }
    orr_str_append_char(out, '}');
}

static void json_run(const struct run_facts *f, struct orr_str *out)
{
    const struct orr_run *r = f->run;
    orr_str_printf(out, "{\"id\":%lld", (long long)r->id);
    member_text(out, "name", r->name);
    member_text(out, "key", r->key);
    member_text(out, "project", r->project);
    member_text(out, "group", r->group);
    member_text(out, "state", r->state);
    member_text(out, "notes", r->notes);
    member_number(out, "started", r->started);
    member_number(out, "ended", r->ended);
    orr_str_printf(out, ",\"pinned\":%s", r->pinned ? "true" : "false");
    json_tags(tags_of(f), out);
    json_config(&f->config, out);
    orr_str_append(out, ",\"series\":");
    struct orr_table t = {0};
    series_table(f, &t);
    orr_table_print(&t, ORR_TABLE_JSON, 0, out);
    orr_table_free(&t);
    orr_str_printf(out, ",\"snapshots\":%zu}\n", f->snapshots.n);
}

/* ---- the verb ---- */

static void print(const struct run_facts *f, const struct orr_args *args, struct orr_io *io)
{
    struct orr_str out = {0};
    struct orr_table t = {0};
    const enum orr_table_format format = orr_args_format(args);
    if (format == ORR_TABLE_JSON) {
        json_run(f, &out);
    } else {
        if (format != ORR_TABLE_CSV) {
            facts_table(f, &t);
            orr_table_print(&t, format, io->width, &out);
            orr_table_free(&t);
            orr_str_append_char(&out, '\n');
        }
        series_table(f, &t);
        orr_table_print(&t, format, io->width, &out);
        orr_table_free(&t);
        if (f->snapshots.n && format == ORR_TABLE_TEXT)
            orr_str_printf(&out, "\n%zu weight snapshots\n", f->snapshots.n);
    }
    fwrite(out.data, 1, out.len, io->out);
    orr_str_free(&out);
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct run_facts f = {0};
    struct orr_error err;
    int64_t id;
    enum orr_status s = orr_store_run_find(app->store, args->operand[0], &id, &err);
    if (s == ORR_OK) s = collect(app, id, &f, &err);
    if (s == ORR_OK) print(&f, args, io);
    release(&f);
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

const struct orr_verb orr_verb_show = {
    .name = "show",
    .summary = "show one run: configuration, tags, every series",
    .operands = "RUN",
    .details =
        "A run is named by its id, its name or the beginning of a name. --json prints one object with everything, "
        "--csv the series alone.",
    .examples = "orrery show 3\norrery show baseline --json",
    .needs_store = true,
    .run = run,
};
