/* How the run table is arranged: filter, order, columns, groups. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "views/runs/state.h"

static void replace(char **to, const char *text)
{
    char *copy = text && *text ? orr_xstrdup(text) : NULL;
    free(*to);
    *to = copy;
}

/* ---- filter ---- */

static void filter_changed(struct orr_ui *ui, void *ctx, const char *text)
{
    struct orr_runs *v = ctx;
    free(v->draft);
    v->draft = orr_xstrdup(text);
    orr_runs_load(ui, v);
}

static void filter_done(struct orr_ui *ui, void *ctx, const char *text)
{
    struct orr_runs *v = ctx;
    free(v->draft);
    v->draft = NULL;
    if (text) replace(&v->query.filter, text);
    orr_runs_settle(ui, v);
}

/* Names of configuration keys and series that go on from the word at `word` in text. */
static void complete_names(struct orr_ui *ui, const char *text, const char *word, struct orr_str *out)
{
    struct orr_name_list names[2] = {{0}, {0}};
    struct orr_error err;
    if (orr_store_config_names(orr_ui_store(ui), &names[0], &err) != ORR_OK) return;
    if (orr_store_series_names(orr_ui_store(ui), &names[1], &err) != ORR_OK) names[1].n = 0;
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < names[k].n; i++)
            if (orr_starts_with(names[k].names[i].text, word) && strcmp(names[k].names[i].text, word) != 0)
                orr_str_printf(out, "%.*s%s\t%s\n", (int)(word - text), text, names[k].names[i].text,
                               k ? "series" : "configuration");
        orr_name_list_free(&names[k]);
    }
}

void orr_runs_complete_filter(struct orr_ui *ui, void *v, const char *text, struct orr_str *out)
{
    (void)v;
    const char *blank = strrchr(text, ' '), *word = blank ? blank + 1 : text;
    if (*word) complete_names(ui, text, word, out);
}

void orr_runs_complete_column(struct orr_ui *ui, const char *text, struct orr_str *out)
{
    const char *comma = strrchr(text, ','), *word = comma ? comma + 1 : text, *colon = strchr(word, ':');
    complete_names(ui, text, colon ? colon + 1 : word, out);
}

void orr_runs_filter(struct orr_ui *ui, struct orr_runs *v, const char *arg)
{
    if (arg) {
        filter_done(ui, v, arg);
        return;
    }
    orr_ui_prompt(ui, &(struct orr_prompt){.label = "/", .text = v->query.filter, .changed = filter_changed,
                                           .done = filter_done, .complete = orr_runs_complete_filter, .ctx = v});
}

/* ---- sorting, columns, groups ---- */

void orr_runs_sort(struct orr_ui *ui, struct orr_runs *v, const char *arg)
{
    const struct orr_table *t = &v->table.table;
    const char *spec = arg ? arg : v->widget.column < t->columns ? t->column[v->widget.column].name : NULL;
    if (!spec) return;
    if (v->query.sort && strcmp(v->query.sort, spec) == 0) {
        v->query.descending = !v->query.descending;
    } else {
        replace(&v->query.sort, spec);
        v->query.descending = false;
    }
    v->to_top = true;
    orr_runs_settle(ui, v);
}

void orr_runs_set_columns(struct orr_ui *ui, struct orr_runs *v, const char *text)
{
    char *list = orr_xstrdup(text), *rest = list, *name;
    struct orr_names *columns = &v->query.columns;
    for (size_t i = 0; i < columns->len; i++) free(columns->data[i]);
    columns->len = 0;
    while ((name = strsep(&rest, ",")))
        if (*name) ORR_VEC_PUSH(columns, orr_xstrdup(name));
    free(list);
    orr_runs_settle(ui, v);
}

void orr_runs_reset(struct orr_ui *ui, struct orr_runs *v)
{
    orr_runs_query_free(&v->query);
    orr_runs_settle(ui, v);
}

static void group_done(struct orr_ui *ui, void *ctx, const char *text)
{
    struct orr_runs *v = ctx;
    if (!text) return;
    replace(&v->query.group_by, text);
    replace(&v->query.sort, NULL);
    v->to_top = true;
    orr_runs_settle(ui, v);
    if (v->error.code) { /* no such key: the table without groups is still worth seeing */
        const struct orr_error err = v->error;
        replace(&v->query.group_by, NULL);
        orr_runs_settle(ui, v);
        orr_ui_error(ui, &err);
    }
}

void orr_runs_complete_group(struct orr_ui *ui, void *ctx, const char *text, struct orr_str *out)
{
    (void)ctx;
    static const char *const fields[] = {"project", "group", "state", "tags"};
    struct orr_name_list names = {0};
    struct orr_error err;
    orr_store_config_names(orr_ui_store(ui), &names, &err);
    for (size_t i = 0; i < names.n; i++)
        if (strstr(names.names[i].text, text)) orr_str_printf(out, "%s\tconfiguration\n", names.names[i].text);
    for (size_t i = 0; i < 4; i++)
        if (orr_starts_with(fields[i], text)) orr_str_printf(out, "%s\trun\n", fields[i]);
    orr_name_list_free(&names);
}

void orr_runs_group(struct orr_ui *ui, struct orr_runs *v, const char *arg)
{
    if (arg || v->query.group_by) {
        group_done(ui, v, arg ? arg : "");
        return;
    }
    orr_ui_prompt(ui, &(struct orr_prompt){
                          .label = "group by: ", .done = group_done, .complete = orr_runs_complete_group, .ctx = v});
}

/* A group drills down to its members: the filter gains "key=value", the grouping ends. */
void orr_runs_open_group(struct orr_ui *ui, struct orr_runs *v)
{
    struct orr_str filter = {0}, value = {0};
    orr_table_cell_text(&v->table.table, v->widget.row, 0, 17, &value);
    orr_str_printf(&filter, "%s%s%s=\"%s\"", v->query.filter ? v->query.filter : "", v->query.filter ? " " : "",
                   v->query.group_by, orr_str_c(&value));
    replace(&v->query.filter, filter.data);
    replace(&v->query.group_by, NULL);
    v->to_top = true;
    orr_runs_settle(ui, v);
    orr_str_free(&filter);
    orr_str_free(&value);
}
