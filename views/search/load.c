/* Corpora and questions of the Search screen: opening, asking, looking at a table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/search_recall.h"
#include "base/mem.h"
#include "base/shell.h"
#include "state.h"
#include "tui/export.h"

struct search_job {
    char *name, *query;
    struct search_corpus *corpus; /* searched; or opened by this job */
    struct orr_search opened;
    struct orr_corpus_questions questions;
    struct orr_cascade_options options;
    struct orr_cascade_result result;
};

static void let_go(struct search_corpus *c)
{
    if (!c || --c->holders > 0) return;
    orr_search_close(&c->search);
    free(c);
}

static void free_job(void *work)
{
    struct search_job *x = work;
    let_go(x->corpus);
    orr_search_close(&x->opened);
    orr_corpus_questions_free(&x->questions);
    orr_cascade_result_free(&x->result);
    free(x->name);
    free(x->query);
    free(x);
}

/* ---- the list ---- */

static const char *right_of(const struct search *s)
{
    for (size_t i = 0; i < s->questions.n; i++)
        if (strcmp(s->questions.items[i].question, s->query) == 0) return s->questions.items[i].table_key;
    return NULL;
}

/* Scores before titles: they are what the stages are compared by, and titles are long. */
static void build_list(struct search *s, size_t most)
{
    static const char *const names[] = {"place", "sparse", "dense", "rerank", "title", "section"};
    enum { COLUMNS = sizeof names / sizeof *names };
    const size_t n = s->result.n < most ? s->result.n : most;
    orr_table_init(&s->table, n, COLUMNS);
    for (size_t c = 0; c < COLUMNS; c++)
        orr_table_column(&s->table, c, names[c], c == 0 ? ORR_CELL_INTEGER : c < 4 ? ORR_CELL_NUMBER : ORR_CELL_TEXT);
    s->right_place = 0;
    for (size_t i = 0; i < n; i++) {
        struct orr_index_doc d;
        orr_index_doc(s->corpus->search.corpus.index, s->result.items[i].doc, &d);
        if (s->right && strcmp(d.id, s->right) == 0) s->right_place = i + 1;
        orr_table_set_number(&s->table, i, 0, (double)i + 1);
        for (size_t stage = 0; stage < ORR_STAGES; stage++)
            orr_table_set_number(&s->table, i, 1 + stage, (double)s->result.items[i].score[stage]);
        orr_table_set_text(&s->table, i, 4, *d.title ? d.title : d.id);
        orr_table_set_text(&s->table, i, 5, d.section_title);
    }
}

static void take_result(struct orr_ui *ui, struct search *s, struct orr_cascade_result *r, bool live)
{
    orr_cascade_result_free(&s->result);
    orr_table_free(&s->table);
    s->table = (struct orr_table){0};
    s->result = *r;
    *r = (struct orr_cascade_result){0};
    s->live = live;
    s->right = right_of(s);
    build_list(s, live ? SEARCH_LIVE : s->options.keep[ORR_STAGE_RERANK]);
    s->list.row = s->list.top = 0;
    orr_table_widget_set(&s->list, &s->table);
    search_show(ui, s);
}

static void set_query(struct search *s, const char *query)
{
    char *copy = orr_xstrdup(query);
    free(s->query);
    s->query = copy;
}

void search_ask_live(struct orr_ui *ui, struct search *s, const char *query)
{
    if (!s->corpus) return;
    struct orr_cascade_options o = s->options;
    struct orr_cascade_result r = {0};
    o.keep[ORR_STAGE_SPARSE] = SEARCH_LIVE;
    o.skip[ORR_STAGE_DENSE] = o.skip[ORR_STAGE_RERANK] = true;
    orr_ui_task_drop(&s->running);
    set_query(s, query);
    s->error = (struct orr_error){0};
    orr_cascade_run(s->corpus->search.cascade, s->query, &o, &r, NULL); /* no words yet: an empty list */
    take_result(ui, s, &r, true);
}

static enum orr_status run_cascade(void *work, struct orr_store *store, const struct orr_ticker *ticker,
                                   struct orr_error *err)
{
    struct search_job *x = work;
    (void)store;
    if (!orr_ticker_tick(ticker, "searching", "tables", 0, 0)) return ORR_ECANCELLED;
    struct orr_cascade *c = orr_search_cascade(&x->corpus->search);
    const enum orr_status status = orr_cascade_run(c, x->query, &x->options, &x->result, err);
    orr_cascade_free(c);
    return status;
}

static void searched(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state, const struct orr_error *err)
{
    struct search *s = screen;
    struct search_job *x = work;
    if (state == ORR_JOB_DONE)
        take_result(ui, s, &x->result, false);
    else if (state == ORR_JOB_FAILED)
        s->error = *err;
}

static const struct orr_ui_task_kind cascade_task = {false, run_cascade, searched, free_job};

void search_ask(struct orr_ui *ui, struct search *s, const char *query)
{
    if (!s->corpus) return;
    orr_ui_task_drop(&s->running);
    set_query(s, query);
    s->error = (struct orr_error){0};
    struct search_job *x = orr_xcalloc(1, sizeof *x);
    x->query = orr_xstrdup(s->query); /* query itself may have been s->query */
    x->options = s->options;
    x->corpus = s->corpus;
    x->corpus->holders++;
    orr_ui_task_start(ui, &s->running, "search", &cascade_task, s, x);
}

/* ---- corpora ---- */

void search_refresh_names(struct orr_ui *ui, struct search *s)
{
    struct orr_corpus_list all;
    for (size_t i = 0; i < s->n_names; i++) free(s->names[i]);
    s->n_names = 0;
    if (orr_store_corpora(orr_ui_store(ui), &all, &s->error) != ORR_OK) return;
    s->names = orr_xrealloc(s->names, all.n + 1, sizeof *s->names);
    for (size_t i = 0; i < all.n; i++) s->names[s->n_names++] = orr_xstrdup(all.items[i].name);
    orr_corpus_list_free(&all);
}

static enum orr_status run_open(void *work, struct orr_store *store, const struct orr_ticker *ticker,
                                struct orr_error *err)
{
    struct search_job *x = work;
    enum orr_status status = orr_search_open(store, x->name, ticker, &x->opened, err);
    if (status == ORR_OK) status = orr_store_corpus_questions(store, x->opened.corpus.corpus, &x->questions, err);
    return status;
}

static void opened(struct orr_ui *ui, void *screen, void *work, enum orr_job_state state, const struct orr_error *err)
{
    struct search *s = screen;
    struct search_job *x = work;
    if (state == ORR_JOB_DONE) {
        char *query = orr_xstrdup(s->query);
        search_forget(s);
        s->corpus = orr_xcalloc(1, sizeof *s->corpus);
        *s->corpus = (struct search_corpus){1, x->opened};
        x->opened = (struct orr_search){0};
        s->questions = x->questions;
        x->questions = (struct orr_corpus_questions){0};
        if (*query) search_ask(ui, s, query);
        free(query);
    } else if (state == ORR_JOB_FAILED) {
        s->error = *err;
    }
}

static const struct orr_ui_task_kind open_task = {true, run_open, opened, free_job};

void search_open_corpus(struct orr_ui *ui, struct search *s, const char *name)
{
    orr_ui_task_drop(&s->running);
    char *copy = orr_xstrdup(name);
    free(s->name);
    s->name = copy;
    s->error = (struct orr_error){0};
    struct search_job *x = orr_xcalloc(1, sizeof *x);
    x->name = orr_xstrdup(s->name); /* as above */
    orr_ui_task_start(ui, &s->running, "open corpus", &open_task, s, x);
}

static void forget_doc(struct search *s)
{
    s->has_doc = false;
    orr_arena_reset(&s->arena);
    free(s->row);
    free(s->cell);
    free(s->heading);
    s->row = s->cell = s->heading = NULL;
    s->pane_top = 0;
}

void search_forget(struct search *s)
{
    forget_doc(s);
    orr_cascade_result_free(&s->result);
    orr_table_free(&s->table);
    s->table = (struct orr_table){0};
    orr_corpus_questions_free(&s->questions);
    s->right = NULL;
    let_go(s->corpus);
    s->corpus = NULL;
    set_query(s, "");
}

/* ---- one table ---- */

/* The rows that hold most of the question, most first. */
static void find_best(struct search *s)
{
    for (size_t k = 0; k < SEARCH_MINI; k++) s->best[k] = SIZE_MAX;
    for (size_t r = 0; r < s->doc.rows; r++) {
        if (!(s->row[r] > 0)) continue;
        size_t at = SEARCH_MINI;
        while (at > 0 && (s->best[at - 1] == SIZE_MAX || s->row[s->best[at - 1]] < s->row[r])) at--;
        if (at == SEARCH_MINI) continue;
        memmove(s->best + at + 1, s->best + at, (SEARCH_MINI - 1 - at) * sizeof *s->best);
        s->best[at] = r;
    }
}

void search_show(struct orr_ui *ui, struct search *s)
{
    forget_doc(s);
    if (!s->corpus || s->list.row >= s->result.n) return;
    s->shown = s->result.items[s->list.row].doc;
    struct orr_index_doc d;
    orr_index_doc(s->corpus->search.corpus.index, s->shown, &d);
    struct orr_error err;
    if (orr_search_doc(&s->corpus->search, orr_ui_store(ui), s->shown, &s->arena, &s->doc, &err) != ORR_OK) {
        s->error = err;
        return;
    }
    s->has_doc = true;
    const size_t rows = s->doc.rows > d.rows ? s->doc.rows : d.rows,
                 columns = s->doc.columns > d.columns ? s->doc.columns : d.columns;
    s->row = orr_xcalloc(rows + 1, sizeof *s->row);
    s->cell = orr_xcalloc(rows * columns + 1, sizeof *s->cell);
    s->heading = orr_xcalloc(columns + 1, sizeof *s->heading);
    if (s->doc.rows == d.rows && s->doc.columns == d.columns) /* else it was changed meanwhile */
        orr_cascade_match(s->corpus->search.cascade, s->query, s->shown, s->row, s->cell, s->heading);
    find_best(s);
    if (s->explain) orr_cascade_explain(s->corpus->search.cascade, s->query, &s->options, s->shown, s->features);
}

/* ---- export ---- */

static enum orr_status write_recall(void *name, struct orr_store *store, const char *path,
                                    const struct orr_ticker *ticker, struct orr_error *err)
{
    return orr_search_recall_export(store, name, path, ticker, err);
}

void search_export(struct orr_ui *ui, struct search *s, const char *path)
{
    if (!s->name) return;
    struct orr_str command = {0};
    orr_str_append(&command, "orrery export search");
    orr_shell_append(&command, s->name);
    orr_str_append(&command, " --out");
    orr_shell_append(&command, path);
    orr_ui_export(ui, &(struct orr_ui_export){.path = path,
                                              .command = command.data,
                                              .reads_store = true,
                                              .write = write_recall,
                                              .release = free,
                                              .ctx = orr_xstrdup(s->name)});
    orr_str_free(&command);
}
