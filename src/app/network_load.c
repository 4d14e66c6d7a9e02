/* Tables of node states and edge lists. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/network.h"
#include "base/csv.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/vec.h"

enum { SPACE_NODE = 0, SPACE_TIME = 1 };
static const double EVEN = 1e-3; /* of a step: times that differ less are equally spaced */

static const char *const time_names[] = {"",     "t",     "time", "step",  "date", "day",
                                         "week", "month", "year", "index", NULL};
static const char *const node_names[] = {"node", "name", "id", "region", "unit", "location", NULL};
static const char *const value_names[] = {"value", "x", "state", "count", "cases", NULL};
static const char *const to_names[] = {"to", "target", "dst", NULL};
static const char *const from_names[] = {"from", "source", "src", NULL};
static const char *const weight_names[] = {"weight", "w", "value", NULL};

struct table {
    struct orr_reader *reader;
    struct orr_csv *csv;
    struct orr_csv_row row;
    const char *path;
};

static bool is_one_of(struct orr_csv_cell cell, const char *const *names)
{
    cell = orr_csv_trim(cell);
    for (; *names; names++)
        if (strlen(*names) == cell.n && strncasecmp(*names, cell.text, cell.n) == 0) return true;
    return false;
}

static int find_column(const struct orr_csv_row *row, const char *const *names)
{
    for (size_t c = 0; c < row->n; c++)
        if (is_one_of(row->cells[c], names)) return (int)c;
    return -1;
}

static enum orr_status at_line(const struct table *t, struct orr_error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static enum orr_status at_line(const struct table *t, struct orr_error *err, const char *fmt, ...)
{
    char where[300], message[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof message, fmt, ap);
    va_end(ap);
    snprintf(where, sizeof where, "%s:%llu", t->path, (unsigned long long)t->row.line);
    return orr_error_set(err, ORR_EFORMAT, where, "%s", message);
}

static enum orr_status open_table(const char *path, struct table *t, struct orr_error *err)
{
    *t = (struct table){.path = path};
    enum orr_status s = orr_reader_open(path, 0, &t->reader, err);
    if (!s) s = orr_csv_open(t->reader, 0, &t->csv, err);
    if (!s) s = orr_csv_next(t->csv, &t->row, err);
    return s == ORR_ENOTFOUND ? orr_error_set(err, ORR_EFORMAT, path, "is empty") : s;
}

static void close_table(struct table *t)
{
    orr_csv_close(t->csv);
    orr_reader_close(t->reader);
}

/* Empty cells and the usual words for "missing" are gaps. */
static bool read_value(struct orr_csv_cell cell, double *out)
{
    static const char *const missing[] = {"", "na", "n/a", "null", "nan", "-", NULL};
    *out = NAN;
    cell = orr_csv_trim(cell);
    if (is_one_of(cell, missing)) return true;
    return orr_parse_double(cell.text, cell.n, out) && isfinite(*out);
}

static int shown(struct orr_csv_cell cell) { return (int)(cell.n < 40 ? cell.n : 40); }

/* ---- a column per node ---- */

typedef ORR_VEC(double) numbers;

/* Names of the nodes; first: the first column that is a node's. */
static enum orr_status read_names(const struct table *t, bool header, size_t first, struct orr_network *out,
                                  struct orr_error *err)
{
    char number[32];
    for (size_t c = first; c < t->row.n; c++) {
        struct orr_csv_cell name = orr_csv_trim(t->row.cells[c]);
        if (!header || !name.n) {
            name.n = (size_t)snprintf(number, sizeof number, "%zu", c - first + 1);
            name.text = number;
        }
        const uint32_t before = out->names.len;
        if (orr_intern_add(&out->names, SPACE_NODE, name.text, name.n) != before)
            return at_line(t, err, "node '%.*s' has two columns", shown(name), name.text);
    }
    out->n = out->names.len;
    return out->n ? ORR_OK : at_line(t, err, "no column of states");
}

static enum orr_status read_wide(struct table *t, struct orr_network *out, numbers *times, numbers *x,
                                 struct orr_error *err)
{
    bool header = false, dated = false;
    double v;
    for (size_t c = 0; c < t->row.n; c++) header |= !read_value(t->row.cells[c], &v);
    const size_t width = t->row.n, first = header && width > 1 && is_one_of(t->row.cells[0], time_names);
    enum orr_status s = read_names(t, header, first, out, err);
    if (!s && header) s = orr_csv_next(t->csv, &t->row, err);
    for (; !s; s = orr_csv_next(t->csv, &t->row, err)) {
        if (t->row.n != width)
            return at_line(t, err, "has %zu cells, and the first row has %zu: leave the cells of gaps empty", t->row.n,
                           width);
        double time = (double)times->len;
        if (first && !dated && !(read_value(t->row.cells[0], &time) && isfinite(time))) {
            if (times->len)
                return at_line(t, err, "time '%.*s' is no number", shown(t->row.cells[0]), t->row.cells[0].text);
            dated = true; /* dates: rows count */
        }
        if (dated) time = (double)times->len;
        if (times->len && !(time > times->data[times->len - 1]))
            return at_line(t, err, "time %g does not come after %g: sort the rows by time", time,
                           times->data[times->len - 1]);
        ORR_VEC_PUSH(times, time);
        for (size_t c = first; c < width; c++) {
            if (!read_value(t->row.cells[c], &v))
                return at_line(t, err, "column %zu: '%.*s' is no finite number", c + 1, shown(t->row.cells[c]),
                               t->row.cells[c].text);
            ORR_VEC_PUSH(x, v);
        }
    }
    return s == ORR_ENOTFOUND ? ORR_OK : s;
}

/* ---- node, time, value ---- */

struct entry {
    double time, value;
    uint32_t node;
    uint64_t line;
};
typedef ORR_VEC(struct entry) entries;

static int by_time(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->time < y->time || x->time > y->time) return x->time < y->time ? -1 : 1;
    if (x->node != y->node) return x->node < y->node ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

static enum orr_status read_entries(struct table *t, struct orr_network *out, entries *list, struct orr_error *err)
{
    const size_t width = t->row.n;
    const int node = find_column(&t->row, node_names), time = find_column(&t->row, time_names),
              value = find_column(&t->row, value_names);
    enum orr_status s;
    while (!(s = orr_csv_next(t->csv, &t->row, err))) {
        struct entry e = {.line = t->row.line};
        if (t->row.n != width) return at_line(t, err, "has %zu cells, and the first row has %zu", t->row.n, width);
        const struct orr_csv_cell name = orr_csv_trim(t->row.cells[node]);
        if (!read_value(t->row.cells[time], &e.time) || isnan(e.time))
            return at_line(t, err, "time '%.*s' is no number", shown(t->row.cells[time]), t->row.cells[time].text);
        if (!read_value(t->row.cells[value], &e.value))
            return at_line(t, err, "'%.*s' is no finite number", shown(t->row.cells[value]), t->row.cells[value].text);
        e.node = orr_intern_add(&out->names, SPACE_NODE, name.text, name.n);
        ORR_VEC_PUSH(list, e);
    }
    out->n = out->names.len;
    return s == ORR_ENOTFOUND ? ORR_OK : s;
}

static enum orr_status read_long(struct table *t, struct orr_network *out, numbers *times, numbers *x,
                                 struct orr_error *err)
{
    entries list = {0};
    enum orr_status s = read_entries(t, out, &list, err);
    if (!s && list.len) qsort(list.data, list.len, sizeof *list.data, by_time);
    size_t rows = 0;
    for (size_t k = 0; k < list.len; k++) rows += k == 0 || list.data[k].time > list.data[k - 1].time;
    /* A table far emptier than its file would ask for more memory than the file justifies. */
    if (!s && rows && out->n > 1000 + 64 * list.len / rows)
        s = orr_error_set(err, ORR_EFORMAT, t->path, "%zu nodes at %zu times have only %zu values", out->n, rows,
                          list.len);
    if (!s) ORR_VEC_RESERVE(x, rows * out->n + 1);
    for (size_t k = 0; k < list.len && !s; k++) {
        const struct entry *e = &list.data[k];
        if (k == 0 || e->time > e[-1].time) {
            ORR_VEC_PUSH(times, e->time);
            for (size_t i = 0; i < out->n; i++) ORR_VEC_PUSH(x, (double)NAN);
        } else if (e->node == e[-1].node) {
            t->row.line = e->line;
            s = at_line(t, err, "node '%s' has two values at time %g", out->names.entries[e->node].text, e->time);
        }
        if (!s) x->data[(times->len - 1) * out->n + e->node] = e->value;
    }
    free(list.data);
    return s;
}

/* ---- edges ---- */

static enum orr_status read_edges(const char *path, struct orr_network *out, struct orr_error *err)
{
    struct table t;
    ORR_VEC(struct orr_edge) edges = {0};
    enum orr_status s = open_table(path, &t, err);
    if (s) goto out;
    const int to = find_column(&t.row, to_names), from = find_column(&t.row, from_names),
              weight = find_column(&t.row, weight_names);
    const size_t width = t.row.n;
    if (to < 0 || from < 0) {
        s = at_line(&t, err, "an edge list has columns to and from, and maybe weight, with a header");
        goto out;
    }
    while (!(s = orr_csv_next(t.csv, &t.row, err))) {
        struct orr_edge e = {.weight = 1};
        uint32_t ends[2] = {0, 0};
        if (t.row.n != width) {
            s = at_line(&t, err, "has %zu cells, and the first row has %zu", t.row.n, width);
            goto out;
        }
        for (int k = 0; k < 2; k++) {
            const struct orr_csv_cell name = orr_csv_trim(t.row.cells[k ? from : to]);
            ends[k] = orr_intern_find(&out->names, SPACE_NODE, name.text, name.n);
            if (ends[k] != ORR_INTERN_NONE) continue;
            s = at_line(&t, err, "node '%.*s' is not in the table of states", shown(name), name.text);
            goto out;
        }
        if (weight >= 0 && (!read_value(t.row.cells[weight], &e.weight) || !(e.weight >= 0))) {
            s = at_line(&t, err, "weight '%.*s' is no number from 0 up", shown(t.row.cells[weight]),
                        t.row.cells[weight].text);
            goto out;
        }
        e.to = (int32_t)ends[0];
        e.from = (int32_t)ends[1];
        if (e.weight > 0) ORR_VEC_PUSH(&edges, e);
    }
    if (s == ORR_ENOTFOUND) s = orr_graph_build(out->n, edges.data, edges.len, &out->graph, err);
out:
    close_table(&t);
    free(edges.data);
    return s;
}

/* ---- the whole ---- */

void orr_network_free(struct orr_network *w)
{
    free(w->t);
    free(w->x);
    orr_intern_free(&w->names);
    orr_graph_free(&w->graph);
    *w = (struct orr_network){0};
}

static enum orr_status check_values(struct orr_network *w, const char *path, struct orr_error *err)
{
    if (w->points < 2)
        return orr_error_set(err, ORR_EINVAL, path, "has %zu times, and a forecast needs two or more", w->points);
    for (size_t i = 0; i < w->n; i++) {
        size_t known = 0;
        for (size_t k = 0; k < w->points; k++) known += !isnan(w->x[k * w->n + i]);
        w->gaps += w->points - known;
        if (!known)
            return orr_error_set(err, ORR_EINVAL, path, "node '%s' has no value at all", w->names.entries[i].text);
    }
    const double step = (w->t[w->points - 1] - w->t[0]) / (double)(w->points - 1);
    for (size_t k = 1; k < w->points; k++) w->uneven |= fabs(w->t[k] - w->t[0] - step * (double)k) > EVEN * step;
    return ORR_OK;
}

enum orr_status orr_network_load(const char *path, const char *edges, struct orr_network *out, struct orr_error *err)
{
    struct table t;
    numbers times = {0}, x = {0};
    *out = (struct orr_network){0};
    enum orr_status s = open_table(path, &t, err);
    if (!s) {
        const bool entry_rows = find_column(&t.row, node_names) >= 0 && find_column(&t.row, time_names) >= 0 &&
                                find_column(&t.row, value_names) >= 0;
        s = (entry_rows ? read_long : read_wide)(&t, out, &times, &x, err);
    }
    close_table(&t);
    out->t = times.data;
    out->x = x.data;
    out->points = times.len;
    if (!s) s = check_values(out, path, err);
    if (!s && edges) s = read_edges(edges, out, err);
    return s;
}

double orr_network_value(const struct orr_network *w, size_t node, size_t first, size_t last, double t)
{
    size_t low = first, high = last; /* the row before t and the one after */
    while (high - low > 1) {
        const size_t mid = low + (high - low) / 2;
        if (w->t[mid] <= t)
            low = mid;
        else
            high = mid;
    }
    const double tiny = 1e-9 * (w->t[last] - w->t[first]);
    if (w->t[high] <= t + tiny) low = high;
    if (fabs(w->t[low] - t) <= tiny && !isnan(w->x[low * w->n + node])) return w->x[low * w->n + node];
    if (fabs(w->t[high] - t) <= tiny && !isnan(w->x[high * w->n + node])) return w->x[high * w->n + node];
    while (low > first && (isnan(w->x[low * w->n + node]) || w->t[low] > t)) low--;
    while (high < last && (isnan(w->x[high * w->n + node]) || w->t[high] < t)) high++;
    const double a = w->x[low * w->n + node], b = w->x[high * w->n + node];
    if (isnan(a) || isnan(b) || !(w->t[high] > w->t[low]) || w->t[low] > t || w->t[high] < t) return NAN;
    return a + (b - a) * (t - w->t[low]) / (w->t[high] - w->t[low]);
}

enum orr_status orr_network_observe(const struct orr_network *w, size_t observe, struct orr_nodes *out,
                                    struct orr_error *err)
{
    const enum orr_status s = orr_nodes_alloc(out, w->n, observe, err);
    if (s) return s;
    out->t0 = w->t[0];
    out->step = observe > 1 ? (w->t[observe - 1] - w->t[0]) / (double)(observe - 1) : 1;
    for (size_t i = 0; i < w->n; i++) {
        size_t first = 0, last = observe - 1;
        while (first < observe && isnan(w->x[first * w->n + i])) first++;
        if (first == observe) {
            orr_nodes_free(out);
            return orr_error_set(err, ORR_EINVAL, w->names.entries[i].text,
                                 "this node has no value among the first %zu rows", observe);
        }
        while (isnan(w->x[last * w->n + i])) last--;
        for (size_t k = 0; k < observe; k++) {
            const double t = out->t0 + out->step * (double)k;
            out->x[k * w->n + i] = t <= w->t[first]  ? w->x[first * w->n + i]
                                   : t >= w->t[last] ? w->x[last * w->n + i]
                                                     : orr_network_value(w, i, first, last, t);
        }
    }
    return ORR_OK;
}
