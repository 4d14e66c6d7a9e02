/* The pane beside the run table: what one run is, how it was configured, how its series ended. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "views/runs/state.h"

enum { LABEL = 14, SERIES_MAX = 200 };

/* Lines of "label\tvalue"; a line without a tab is a heading. */
static void append(struct orr_str *out, const char *label, const char *value)
{
    if (value && *value) orr_str_printf(out, "%s\t%s\n", label, value);
}

static void append_config(struct orr_ui *ui, int64_t run, struct orr_str *out)
{
    struct orr_config_list list = {0};
    struct orr_error err;
    if (orr_store_config(orr_ui_store(ui), run, &list, &err) != ORR_OK) return;
    if (list.n) orr_str_append(out, "\nConfiguration\n");
    for (size_t i = 0; i < list.n; i++) append(out, list.values[i].key, list.values[i].text);
    orr_config_list_free(&list);
}

static void append_series(struct orr_ui *ui, int64_t run, struct orr_str *out)
{
    struct orr_series_list list = {0};
    struct orr_error err;
    char value[64];
    if (orr_store_series(orr_ui_store(ui), run, &list, &err) != ORR_OK) return;
    if (list.n) orr_str_append(out, "\nLast values\n");
    for (size_t i = 0; i < list.n && i < SERIES_MAX; i++) {
        snprintf(value, sizeof value, "%.4g", list.series[i].last);
        append(out, list.series[i].name, value);
    }
    orr_series_list_free(&list);
}

static void tell(struct orr_ui *ui, int64_t run, struct orr_str *out)
{
    const struct orr_run *r = orr_runs_info(ui, run);
    char text[64];
    orr_str_clear(out);
    if (!r) return;
    orr_str_printf(out, "%s\n", r->name);
    snprintf(text, sizeof text, "%lld", (long long)r->id);
    append(out, "id", text);
    append(out, "project", r->project);
    append(out, "group", r->group);
    append(out, "state", r->state);
    snprintf(text, sizeof text, "%lld in %lld series", (long long)r->point_count, (long long)r->series_count);
    append(out, "points", text);
    append(out, "notes", r->notes);
    append_config(ui, run, out);
    append_series(ui, run, out);
}

void orr_runs_details(struct orr_ui *ui, struct orr_runs *v, struct orr_canvas *c, struct orr_rect r)
{
    const struct orr_table_widget *w = &v->widget;
    const int64_t run = w->row < v->table.table.rows ? v->table.run[w->row] : -1;
    const int64_t counter = orr_store_change_counter(orr_ui_store(ui));
    if (run < 0) return;
    if (v->detail_run != run || v->detail_counter != counter) tell(ui, run, &v->detail_text);
    v->detail_run = run;
    v->detail_counter = counter;
    for (int y = 0; y < r.h; y++) orr_canvas_put(c, r.x, r.y + y, 0x2502, (struct orr_style){.fg = ORR_COLOR_DIM});
    const char *line = orr_str_c(&v->detail_text);
    for (int y = 0; y < r.h && *line; y++) {
        const size_t n = strcspn(line, "\n");
        char *text = strndup(line, n), *tab = text ? strchr(text, '\t') : NULL;
        if (tab) *tab++ = '\0';
        if (text && tab) {
            const int label = orr_canvas_text(c, r.x + 2, r.y + y, r.w - 12 > LABEL ? r.w - 12 : LABEL, text,
                                              (struct orr_style){.fg = ORR_COLOR_DIM});
            orr_canvas_text_right(c, r.x + 3 + label, r.y + y, r.w - 3 - label, tab, (struct orr_style){0});
        } else if (text) {
            orr_canvas_text(c, r.x + 2, r.y + y, r.w - 2, text, (struct orr_style){.fg = ORR_COLOR_ACCENT});
        }
        free(text);
        line += n + (line[n] == '\n');
    }
}
