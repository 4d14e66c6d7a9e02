#include "app/eval_weights_summary.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { BASELINES = 10, MOST_TASKS = 64, MOST_CELLS = 64, MOST_COLUMNS = 16 };

static const char *const baselines[BASELINES] = {"persistence", "linear", "quadratic",     "dmd",           "dlinear",
                                                 "nlinear",     "lstm",   "transformer",   "introspection", "wnn"};

/* A task and its cells ("adam 20%"), in the order of the rows. */
struct task {
    const char *name;
    size_t n_cells;
    const char *cell[MOST_CELLS];
};
struct page {
    const struct orr_eval *e;
    struct orr_str *out;
    size_t n_tasks;
    struct task task[MOST_TASKS];
};

/* ---- rows ---- */

static const struct orr_eval_row *find(const struct orr_eval *e, const char *task, const char *setting, const char *method,
                                       const char *metric)
{
    for (size_t i = 0; i < e->n_rows; i++) {
        const struct orr_eval_row *r = &e->rows[i];
        if (!strcmp(r->metric, metric) && !strcmp(r->method, method) && !strcmp(r->setting, setting) && !strcmp(r->task, task))
            return r;
    }
    return NULL;
}

static double value(const struct page *p, const char *task, const char *setting, const char *method, const char *metric)
{
    const struct orr_eval_row *r = find(p->e, task, setting, method, metric);
    return r ? r->value.value : (double)NAN;
}

/* Mean over the cells of a task; NaN where one lacks it: means of different cells are no comparison. */
static double mean(const struct page *p, const struct task *t, const char *method, const char *metric)
{
    double sum = 0;
    for (size_t i = 0; i < t->n_cells; i++) sum += value(p, t->name, t->cell[i], method, metric);
    return t->n_cells ? sum / (double)t->n_cells : (double)NAN;
}

/* The best baseline of a cell, or NULL. */
static const struct orr_eval_row *best(const struct page *p, const struct task *t, const char *cell, const char *metric)
{
    const struct orr_eval_row *least = NULL;
    for (size_t i = 0; i < BASELINES; i++) {
        const struct orr_eval_row *r = find(p->e, t->name, cell, baselines[i], metric);
        if (r && (!least || r->value.value < least->value.value)) least = r;
    }
    return least;
}

static const struct orr_eval_row *find_paired(const struct page *p, const char *task, const char *setting, const char *method,
                                              const char *against, const char *metric)
{
    for (size_t i = 0; i < p->e->n_paired; i++) {
        const struct orr_eval_row *r = &p->e->paired[i];
        if (!strcmp(r->metric, metric) && !strcmp(r->method, method) && !strcmp(r->against, against) &&
            !strcmp(r->setting, setting) && !strcmp(r->task, task))
            return r;
    }
    return NULL;
}

/* ---- tables ---- */

static void set(struct orr_table *t, size_t r, size_t c, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void set(struct orr_table *t, size_t r, size_t c, const char *fmt, ...)
{
    char text[160];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    orr_table_set_text(t, r, c, text);
}

static void set_number(struct orr_table *t, size_t r, size_t c, const char *fmt, double x)
{
    char text[32] = "-";
    if (!isnan(x)) snprintf(text, sizeof text, fmt, x);
    orr_table_set_text(t, r, c, text);
}

/* A value and half the width of its interval. */
static void set_interval(struct orr_table *t, size_t r, size_t c, const char *before, const struct orr_eval_row *row)
{
    if (!row) orr_table_set_text(t, r, c, "-");
    else set(t, r, c, "%s%.3g +- %.3g", before, row->value.value, (row->value.hi - row->value.lo) / 2);
}

static void begin(struct orr_table *t, size_t rows, const char *const *heads, size_t columns)
{
    *t = (struct orr_table){0};
    orr_table_init(t, rows, columns);
    for (size_t c = 0; c < columns; c++) orr_table_column(t, c, heads[c], ORR_CELL_TEXT);
}

static void end(struct page *p, struct orr_table *t)
{
    orr_table_print(t, ORR_TABLE_MARKDOWN, 0, p->out);
    orr_str_append_char(p->out, '\n');
    orr_table_free(t);
}

static const char *short_name(const char *task) { return task + (orr_starts_with(task, "weights-") ? strlen("weights-") : 0); }

/* ---- sections ---- */

static void tasks_of(struct page *p)
{
    for (size_t i = 0; i < p->e->n_rows; i++) {
        const struct orr_eval_row *r = &p->e->rows[i];
        struct task *t = p->task;
        if (strcmp(r->metric, "mae") != 0 || orr_starts_with(r->task, "transfer-")) continue;
        while (t < p->task + p->n_tasks && strcmp(t->name, r->task) != 0) t++;
        if (t == p->task + MOST_TASKS) continue;
        if (t == p->task + p->n_tasks) p->n_tasks++, t->name = r->task;
        size_t k = 0;
        while (k < t->n_cells && strcmp(t->cell[k], r->setting) != 0) k++;
        if (k == t->n_cells && k < MOST_CELLS) t->cell[t->n_cells++] = r->setting;
    }
}

static void print_tasks(struct page *p)
{
    static const char *const heads[] = {"task", "cells", "test runs per cell", "seeds of learned methods", "moments recorded"};
    struct orr_table t;
    begin(&t, p->n_tasks, heads, 5);
    for (size_t i = 0; i < p->n_tasks; i++) {
        const struct task *k = &p->task[i];
        const struct orr_eval_row *first = find(p->e, k->name, k->cell[0], baselines[0], "mae");
        /* a fit of each seed for each cell */
        const struct orr_eval_row *fits = find(p->e, k->name, "all", "lstm", "fit_seconds");
        set(&t, i, 0, "%s", short_name(k->name));
        set(&t, i, 1, "%zu", k->n_cells);
        set_number(&t, i, 2, "%.0f", first ? (double)first->n : (double)NAN);
        set_number(&t, i, 3, "%.0f", fits ? (double)fits->n / (double)k->n_cells : (double)NAN);
        set(&t, i, 4, "%s", find(p->e, k->name, k->cell[0], "flow-id", "mae") ? "yes" : "no");
    }
    end(p, &t);
}

static void print_means(struct page *p, const char *title, const char *metric, const char *format, const char *const *methods,
                        size_t n)
{
    const char *heads[MOST_COLUMNS] = {"task"};
    size_t rows = 0;
    struct orr_table t;
    for (size_t i = 0; i < n; i++) heads[i + 1] = methods[i];
    for (size_t i = 0; i < p->n_tasks; i++) rows += !isnan(mean(p, &p->task[i], baselines[0], metric));
    if (!rows) return;
    orr_str_printf(p->out, "## %s\n\n", title);
    begin(&t, rows, heads, n + 1);
    for (size_t i = 0, r = 0; i < p->n_tasks; i++) {
        if (isnan(mean(p, &p->task[i], baselines[0], metric))) continue;
        set(&t, r, 0, "%s", short_name(p->task[i].name));
        for (size_t k = 0; k < n; k++) set_number(&t, r, k + 1, format, mean(p, &p->task[i], methods[k], metric));
        r++;
    }
    end(p, &t);
}

static void print_all_means(struct page *p)
{
    static const char *const methods[] = {"truth",   "persistence", "linear",      "quadratic",     "dmd", "dlinear", "nlinear",
                                          "lstm",    "transformer", "introspection", "wnn",         "farcast", "flow", "flow-loss"};
    static const char *const variants[] = {"flow",         "flow-own", "flow-matching",      "flow-half",
                                           "flow-shipped", "farcast",  "transformer-pooled", "farcast-published",
                                           "farcast-shipped"};
    enum { METHODS = sizeof methods / sizeof *methods, VARIANTS = sizeof variants / sizeof *variants };
    orr_str_append(p->out,
        "The next tables are means over the cells of a task: groups (optimisers, or kinds of sequences) times 10, 20 "
                           "and 40 percent\nobserved. truth: at the weights that training reached.\n\n");
    print_means(p, "Mean absolute error of the final weights", "mae", "%.3g", methods + 1, METHODS - 1);
    print_means(p, "Root mean square error of the final weights", "rmse", "%.3g", methods + 1, METHODS - 1);
    print_means(p, "Loss at the forecast weights (test samples)", "loss", "%.3g", methods, METHODS);
    print_means(p, "Accuracy at the forecast weights", "accuracy", "%.3f", methods, METHODS);
    print_means(p, "Variants: mean absolute error", "mae", "%.3g", variants, VARIANTS);
}

/* By the paired intervals over runs, in all cells of a task. */
static void count(const struct page *p, const struct task *t, const char *ours, const char *other, const char *metric,
                  size_t n[3])
{
    n[0] = n[1] = n[2] = 0;
    for (size_t i = 0; i < t->n_cells; i++) {
        const struct orr_eval_row *r = find_paired(p, t->name, t->cell[i], ours, other, metric);
        if (r && !isnan(r->value.lo)) n[r->value.hi < 0 ? 0 : r->value.lo > 0 ? 2 : 1]++;
    }
}

static void set_count(struct orr_table *t, size_t r, size_t c, const size_t n[3])
{
    if (n[0] + n[1] + n[2]) set(t, r, c, "%zu/%zu/%zu", n[0], n[1], n[2]);
    else orr_table_set_text(t, r, c, "-");
}

static void print_wins(struct page *p, const char *ours, const char *metric, const char *const *more)
{
    const char *heads[MOST_COLUMNS] = {"task"};
    size_t columns = 1, rows = 0, n[3];
    struct orr_table t;
    for (size_t i = 0; i < BASELINES; i++) heads[columns++] = baselines[i];
    for (size_t i = 0; more[i]; i++) heads[columns++] = more[i];
    for (size_t i = 0; i < p->n_tasks; i++) rows += !isnan(mean(p, &p->task[i], ours, metric));
    if (!rows) return;
    orr_str_printf(p->out, "**%s, %s**\n\n", ours, metric);
    begin(&t, rows, heads, columns);
    for (size_t i = 0, r = 0; i < p->n_tasks; i++) {
        if (isnan(mean(p, &p->task[i], ours, metric))) continue;
        set(&t, r, 0, "%s", short_name(p->task[i].name));
        for (size_t c = 1; c < columns; c++) {
            count(p, &p->task[i], ours, heads[c], metric, n);
            set_count(&t, r, c, n);
        }
        r++;
    }
    end(p, &t);
}

static void print_farcast(struct page *p)
{
    static const char *const heads[] = {"task",      "cells within 5%", "mean ratio to the best baseline of each cell",
                                        "fit, s",    "LSTM, s",         "transformer, s",
                                        "WNN, s",    "regulariser won/tied/lost (MAE)"};
    static const char *const fits[] = {"farcast", "lstm", "transformer", "wnn"};
    struct orr_table t;
    orr_str_append(p->out, "## farcast: within 5% of the best baseline, and its cost\n\n");
    begin(&t, p->n_tasks, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < p->n_tasks; i++) {
        const struct task *k = &p->task[i];
        size_t within = 0, n[3];
        double ratio = 0;
        for (size_t c = 0; c < k->n_cells; c++) {
            const struct orr_eval_row *b = best(p, k, k->cell[c], "mae");
            const double x = value(p, k->name, k->cell[c], "farcast", "mae") / (b ? b->value.value : (double)NAN);
            within += x <= 1.05;
            ratio += x / (double)k->n_cells;
        }
        set(&t, i, 0, "%s", short_name(k->name));
        set(&t, i, 1, "%zu of %zu", within, k->n_cells);
        set_number(&t, i, 2, "%.3f", ratio);
        for (size_t f = 0; f < 4; f++) set_number(&t, i, 3 + f, "%.2f", value(p, k->name, "all", fits[f], "fit_seconds"));
        count(p, k, "farcast", "farcast-plain", "mae", n);
        set_count(&t, i, 7, n);
    }
    end(p, &t);
}

static void print_optimiser(struct page *p)
{
    static const char *const heads[] = {"task", "none", "id", "id + moments", "against none, won/tied/lost", "against id"};
    static const char *const arms[] = {"flow-blind", "flow-id", "flow"};
    struct orr_table t;
    orr_str_append(p->out,
        "## What flow knows of the optimiser\n\nMAE, mean over cells; none: `flow-blind`, identity and learning rate: "
                           "`flow-id`, and the direction by its moments: `flow`.\nWhere no moments were recorded, `flow` is `flow-id`."
                           "\n\n");
    begin(&t, p->n_tasks, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < p->n_tasks; i++) {
        size_t n[3];
        set(&t, i, 0, "%s", short_name(p->task[i].name));
        for (size_t a = 0; a < 3; a++) set_number(&t, i, 1 + a, "%.3g", mean(p, &p->task[i], arms[a], "mae"));
        for (size_t a = 0; a < 2; a++) {
            count(p, &p->task[i], "flow", arms[a], "mae", n);
            set_count(&t, i, 4 + a, n);
        }
    }
    end(p, &t);
}

static void set_best(struct orr_table *t, size_t r, size_t c, const struct orr_eval_row *b)
{
    if (b) set(t, r, c, "%s %.3g", b->method, b->value.value);
    else orr_table_set_text(t, r, c, "-");
}

static void print_cells(struct page *p, const struct task *k)
{
    static const char *const heads[] = {"cell",      "best baseline, MAE", "farcast",     "flow", "RMSE best", "RMSE flow",
                                        "loss: truth", "last",             "best",        "flow", "flow-loss", "accuracy: truth",
                                        "last",      "flow",               "flow-loss"};
    static const char *const after[] = {"truth", "persistence", "flow", "flow-loss"};
    struct orr_table t;
    orr_str_printf(p->out, "**%s**\n\n", short_name(k->name));
    begin(&t, k->n_cells, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < k->n_cells; i++) {
        const char *cell = k->cell[i];
        const struct orr_eval_row *b = best(p, k, cell, "mae");
        char name[64];
        snprintf(name, sizeof name, "%s ", b ? b->method : "");
        orr_table_set_text(&t, i, 0, cell);
        set_interval(&t, i, 1, name, b);
        set_interval(&t, i, 2, "", find(p->e, k->name, cell, "farcast", "mae"));
        set_interval(&t, i, 3, "", find(p->e, k->name, cell, "flow", "mae"));
        set_best(&t, i, 4, best(p, k, cell, "rmse"));
        set_number(&t, i, 5, "%.3g", value(p, k->name, cell, "flow", "rmse"));
        set_number(&t, i, 6, "%.3g", value(p, k->name, cell, "truth", "loss"));
        set_number(&t, i, 7, "%.3g", value(p, k->name, cell, "persistence", "loss"));
        set_best(&t, i, 8, best(p, k, cell, "loss"));
        set_number(&t, i, 9, "%.3g", value(p, k->name, cell, "flow", "loss"));
        set_interval(&t, i, 10, "", find(p->e, k->name, cell, "flow-loss", "loss"));
        for (size_t a = 0; a < 4; a++) set_number(&t, i, 11 + a, "%.3f", value(p, k->name, cell, after[a], "accuracy"));
    }
    end(p, &t);
}

/* ---- transfer ---- */

/* The parts of a family that something was fitted on ("train=A test=B"), in the order of the rows. */
static size_t parts_of(const struct page *p, const char *family, char part[][64], size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < p->e->n_rows; i++) {
        char train[64];
        const struct orr_eval_row *r = &p->e->rows[i];
        if (strcmp(r->task, family) != 0 || !strcmp(r->method, baselines[0])) continue;
        if (sscanf(r->setting, "train=%63s", train) != 1) continue;
        size_t k = 0;
        while (k < n && strcmp(part[k], train) != 0) k++;
        if (k == n && n < most) memcpy(part[n++], train, sizeof train);
    }
    return n;
}

static const char *mark(const struct orr_eval_row *difference)
{
    if (!difference || isnan(difference->value.lo)) return "";
    return difference->value.hi < 0 ? " w" : difference->value.lo > 0 ? " l" : " t";
}

static void print_family(struct page *p, const char *family)
{
    enum { PARTS = 8 };
    static const char *const methods[] = {"farcast", "flow"};
    char part[PARTS][64], setting[160];
    const char *heads[PARTS + 2] = {"fitted on", "method"};
    const size_t n = parts_of(p, family, part, PARTS);
    struct orr_table t;
    for (size_t i = 0; i < n; i++) heads[i + 2] = short_name(part[i]);
    begin(&t, 1 + 2 * n, heads, n + 2);
    orr_table_set_text(&t, 0, 0, "-");
    orr_table_set_text(&t, 0, 1, baselines[0]);
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++) {
            snprintf(setting, sizeof setting, "train=%s test=%s", part[a], part[b]);
            if (a == 0) set_number(&t, 0, b + 2, "%.3g", value(p, family, setting, baselines[0], "mae"));
            for (size_t m = 0; m < 2; m++) {
                const struct orr_eval_row *d = find_paired(p, family, setting, methods[m], baselines[0], "mae");
                const double x = value(p, family, setting, methods[m], "mae");
                orr_table_set_text(&t, 1 + 2 * a + m, 0, short_name(part[a]));
                orr_table_set_text(&t, 1 + 2 * a + m, 1, methods[m]);
                if (isnan(x)) orr_table_set_text(&t, 1 + 2 * a + m, b + 2, "-");
                else set(&t, 1 + 2 * a + m, b + 2, "%.3g%s", x, mark(d));
            }
        }
    orr_str_printf(p->out, "**%s**\n\n", family + strlen("transfer-"));
    end(p, &t);
}

static void print_transfer(struct page *p)
{
    const char *last = "";
    for (size_t i = 0; i < p->e->n_rows; i++) {
        const char *family = p->e->rows[i].task;
        if (!orr_starts_with(family, "transfer-") || !strcmp(family, last)) continue;
        if (!*last)
            orr_str_append(p->out,
                "## Transfer\n\n`orrery eval weights --transfer`: fitted on the runs of one part, tested on those of another "
                                   "(columns); 20% observed. MAE, and whether it is\nbelow that of the last observed weights: won (w), tied "
                                   "(t), lost (l) by the paired interval. Parts of mlp, but for the last table.\n\n");
        last = family;
        print_family(p, family);
    }
}

/* ---- jump-start ---- */

static bool jump_row(const struct orr_eval_row *r)
{
    return !strcmp(r->metric, "steps_saved") && orr_starts_with(r->setting, "all ") && strcmp(r->method, "persistence") != 0;
}

static void print_jumps(struct page *p)
{
    static const char *const heads[] = {"task",     "at",     "method",     "steps saved, %",
                                        "accepted", "harmed", "loss ratio", "worst ratio"};
    static const char *const metrics[] = {"acceptance", "harmed", "loss_ratio", "worst_ratio"};
    size_t n = 0;
    struct orr_table t;
    for (size_t i = 0; i < p->e->n_rows; i++) n += jump_row(&p->e->rows[i]);
    if (!n) return;
    orr_str_append(p->out, "## Jump-start\n\n`orrery eval weights --jump`, 12 runs per optimiser (6 of cnn and lm) of "
                           "`datasets/sweeps/jump-*.json`, jumps by the shipped models: percent of the\nsteps saved (95% interval), "
                           "acceptance, share of runs harmed, validation loss after the jump over that before (median, and the "
                           "worst).\n\n");
    begin(&t, n, heads, sizeof heads / sizeof *heads);
    n = 0;
    for (size_t i = 0; i < p->e->n_rows; i++) {
        const struct orr_eval_row *r = &p->e->rows[i];
        if (!jump_row(r)) continue;
        orr_table_set_text(&t, n, 0, r->task);
        orr_table_set_text(&t, n, 1, r->setting + strlen("all "));
        orr_table_set_text(&t, n, 2, r->method);
        set(&t, n, 3, "%.1f (%.1f to %.1f)", r->value.value, r->value.lo, r->value.hi);
        for (size_t m = 0; m < 4; m++)
            set_number(&t, n, 4 + m, m < 2 ? "%.2f" : "%.3g", value(p, r->task, r->setting, r->method, metrics[m]));
        n++;
    }
    end(p, &t);
}

void orr_eval_weights_summary(const struct orr_eval *e, struct orr_str *out)
{
    static const char *const farcast[] = {"farcast", NULL}, *const flow[] = {"farcast", "flow", NULL}, *const none[] = {NULL};
    struct page *p = orr_xcalloc(1, sizeof *p);
    p->e = e;
    p->out = out;
    tasks_of(p);
    orr_str_append(out,
        "# Forecasts of weights: the evaluation in full\n\nPrinted by `orrery eval weights --summary` from the results of "
                        "`orrery eval weights`. Sweeps: `datasets/sweeps/weights-*.json`; two thirds of\nthe runs of each optimiser are "
                        "for fitting, each with its own start and settings; features and settings of the methods were chosen on other\n"
                        "sweeps (other seeds). Fitting times are wall clock. A task that is missing here was not evaluated.\n\n");
    if (p->n_tasks) {
        print_tasks(p);
        print_all_means(p);
        orr_str_append(out,
            "## Cells won / tied / lost\n\nBy the paired 95% interval over test runs, against each method, in all cells of a "
                            "task.\n\n");
        print_wins(p, "flow", "mae", farcast);
        print_wins(p, "flow", "rmse", farcast);
        print_wins(p, "farcast", "mae", none);
        print_wins(p, "flow-loss", "loss", flow);
        print_wins(p, "flow", "loss", farcast);
        print_farcast(p);
        print_optimiser(p);
        orr_str_append(out,
            "## By cell\n\nMAE +- half the 95% interval over runs; best: the best of the ten baselines in that cell. Loss and "
                            "accuracy: at the weights that\ntraining reached (truth), at the last observed, at the forecasts.\n\n");
        for (size_t i = 0; i < p->n_tasks; i++) print_cells(p, &p->task[i]);
    }
    print_transfer(p);
    print_jumps(p);
    free(p);
    while (out->len && out->data[out->len - 1] == '\n' && out->len > 1 && out->data[out->len - 2] == '\n')
        out->data[--out->len] = '\0';
}
