#include "app/export.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/shell.h"

static const struct {
    const char *extension;
    struct orr_export_kind kind;
} kinds[] = {
    {".csv", {.table = ORR_TABLE_CSV}},
    {".json", {.table = ORR_TABLE_JSON}},
    {".md", {.table = ORR_TABLE_MARKDOWN}},
    {".txt", {.table = ORR_TABLE_TEXT}},
    {".png", {.picture = true, .plot = ORR_PLOT_PNG}},
    {".svg", {.picture = true, .plot = ORR_PLOT_SVG}},
    {".pdf", {.picture = true, .plot = ORR_PLOT_PDF}},
};

enum orr_status orr_export_kind(const char *path, struct orr_export_kind *out, struct orr_error *err)
{
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof kinds / sizeof *kinds; i++)
        if (strcasecmp(dot, kinds[i].extension) == 0) {
            *out = kinds[i].kind;
            return ORR_OK;
        }
    return orr_error_set(err, ORR_EINVAL, path, "the name says no kind of file; end it in .csv, .json, .md, .txt, .png, "
                         ".svg or .pdf");
}

enum orr_status orr_export_table(const struct orr_table *t, const char *path, struct orr_error *err)
{
    struct orr_export_kind kind;
    struct orr_str text = {0};
    enum orr_status status = orr_export_kind(path, &kind, err);
    if (status != ORR_OK) return status;
    if (kind.picture)
        return orr_error_set(err, ORR_EINVAL, path, "a table cannot be a picture; end the name in .csv, .json, .md or .txt");
    orr_table_print(t, kind.table, 0, &text);
    status = orr_file_write(path, orr_str_c(&text), text.len, err);
    orr_str_free(&text);
    return status;
}

static void option(struct orr_str *out, const char *name, const char *value)
{
    orr_shell_append(out, name);
    if (value) orr_shell_append(out, value);
}

static void number_option(struct orr_str *out, const char *name, double value)
{
    char text[32];
    orr_format_double(value, text);
    option(out, name, text);
}

static void series_option(struct orr_str *out, const struct orr_curve_set *q)
{
    struct orr_str list = {0};
    for (size_t i = 0; i < q->n_series; i++) {
        if (i) orr_str_append_char(&list, ',');
        for (const char *c = q->series[i]; *c; c++) { /* a comma in a name */
            if (*c == ',') orr_str_append_char(&list, '\\');
            orr_str_append_char(&list, *c);
        }
    }
    if (list.len) option(out, "--series", list.data);
    orr_str_free(&list);
}

void orr_app_curve_command(const struct orr_curve_set *q, const char *path, struct orr_str *out)
{
    struct orr_str line = {0};
    char text[32];
    orr_shell_append(&line, "orrery");
    if (path) orr_shell_append(&line, "export");
    orr_shell_append(&line, "curve");
    for (size_t i = 0; i < q->n_runs; i++) orr_str_printf(&line, " %lld", (long long)q->runs[i]);
    series_option(&line, q);
    if (q->options.smooth > 0) number_option(&line, "--smooth", q->options.smooth);
    if (q->options.x == ORR_X_WALL) option(&line, "--x", "wall");
    if (q->options.x == ORR_X_RELATIVE) option(&line, "--x", "relative");
    if (q->options.x == ORR_X_SERIES) option(&line, "--x", q->options.x_series);
    if (q->options.log_x) option(&line, "--log-x", NULL);
    if (isfinite(q->x0)) number_option(&line, "--from", q->x0);
    if (isfinite(q->x1)) number_option(&line, "--to", q->x1);
    snprintf(text, sizeof text, "%zu", q->bins);
    if (q->bins) option(&line, "--bins", text);
    if (q->group_by) option(&line, "--group-by", q->group_by);
    if (q->min_max) option(&line, "--min-max", NULL);
    if (q->log_y && path) option(&line, "--log-y", NULL);
    if (q->title && path) option(&line, "--title", q->title);
    if (q->width > 0 && path) number_option(&line, "--width", q->width);
    if (q->height > 0 && path) number_option(&line, "--height", q->height);
    if (path) option(&line, "--out", path);
    orr_str_append(out, line.data);
    orr_str_free(&line);
}
