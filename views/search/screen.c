/* Search: a question, the tables that each stage of the cascade keeps, and the table under the cursor. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/shell.h"
#include "state.h"
#include "tui/screens.h"
#include "tui/widgets/nav.h"

enum {
    ACT_QUERY = 1,
    ACT_CORPUS,
    ACT_WHOLE,
    ACT_PANE,
    ACT_MINI,
    ACT_STAGE,
    ACT_EXPLAIN,
    ACT_KEEP_LESS,
    ACT_KEEP_MORE,
    ACT_QUESTION,
    ACT_BY_STAGE,
    ACT_EXPORT,
    ACT_AGAIN
};

static const struct orr_action actions[] = {
    {ACT_QUERY, "/ e", "query", "type a question: tables show while you type, Enter runs the cascade", "QUERY"},
    {ACT_CORPUS, "c", "corpus", "next corpus, or the one named", "NAME"},
    {ACT_WHOLE, "Enter", "whole", "the table alone, or with the list", NULL},
    {ACT_PANE, "Tab", NULL, "move in the list, or in the table", NULL},
    {ACT_MINI, "m", "mini-table", "only the rows that hold most of the question", NULL},
    {ACT_STAGE, "s", "stage", "leave out the dense stage, the last one too, or none", NULL},
    {ACT_BY_STAGE, "v", "by-stage", "what each stage kept, side by side", NULL},
    {ACT_KEEP_LESS, "-", "keep-less", "the sparse stage passes fewer tables on", NULL},
    {ACT_KEEP_MORE, "+ =", "keep-more", "the sparse stage passes more tables on", NULL},
    {ACT_EXPLAIN, "x", "explain", "what the score of the last stage is made of", NULL},
    {ACT_QUESTION, "n", "question", "the next question that the corpus comes with", NULL},
    {ACT_EXPORT, "E", "export", "recall@k of the corpus's questions by stage: .png .svg .pdf .csv .json .md", "FILE"},
    {ACT_AGAIN, "r", "reload", "open the corpus again", NULL},
    ORR_NAV_ROW_ACTIONS,
    {0},
};

static enum orr_color list_color(void *ctx, size_t row, size_t column)
{
    const struct search *s = ctx;
    (void)column;
    return s->right && row + 1 == s->right_place ? ORR_COLOR_GOOD : ORR_COLOR_DEFAULT;
}

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)err;
    struct search *s = orr_xcalloc(1, sizeof *s);
    s->query = orr_xstrdup("");
    s->options = orr_cascade_defaults();
    s->options.syntax = true;
    s->list.frozen = 1;
    s->list.sorted = SIZE_MAX;
    s->list.color = list_color;
    s->list.ctx = s;
    *state = s;
    search_refresh_names(ui, s);
    if (arg || s->n_names) search_open_corpus(ui, s, arg ? arg : s->names[0]);
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    (void)ui;
    struct search *s = state;
    orr_ui_task_drop(&s->running);
    search_forget(s);
    orr_table_widget_free(&s->list);
    for (size_t i = 0; i < s->n_names; i++) free(s->names[i]);
    free(s->names);
    free(s->name);
    free(s->query);
    orr_arena_free(&s->arena);
    free(s);
}

/* ---- asking ---- */

static void typed(struct orr_ui *ui, void *ctx, const char *text) { search_ask_live(ui, ctx, text); }

static void entered(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) search_ask(ui, ctx, text);
}

static void ask_query(struct orr_ui *ui, struct search *s)
{
    if (!s->corpus) return;
    orr_ui_prompt(
        ui, &(struct orr_prompt){.label = "search: ", .text = s->query, .changed = typed, .done = entered, .ctx = s});
}

static void choose_corpus(struct orr_ui *ui, struct search *s, const char *name)
{
    search_refresh_names(ui, s);
    if (!name && s->n_names) {
        size_t next = 0;
        for (size_t i = 0; i < s->n_names; i++)
            if (s->name && strcmp(s->names[i], s->name) == 0) next = (i + 1) % s->n_names;
        name = s->names[next];
    }
    if (name) search_open_corpus(ui, s, name);
}

static void next_question(struct orr_ui *ui, struct search *s)
{
    if (!s->questions.n) {
        orr_ui_message(ui, ORR_COLOR_WARN,
                       "this corpus has no questions; `orrery corpus add NAME --questions FILE` brings some");
        return;
    }
    size_t next = 0;
    for (size_t i = 0; i < s->questions.n; i++)
        if (strcmp(s->questions.items[i].question, s->query) == 0) next = (i + 1) % s->questions.n;
    search_ask(ui, s, s->questions.items[next].question);
}

/* How many tables the last stage sees; powers of two times 25. */
static void keep(struct orr_ui *ui, struct search *s, bool more)
{
    size_t *k = &s->options.keep[ORR_STAGE_DENSE];
    if (more && *k < 800) *k *= 2;
    if (!more && *k > 1) *k = *k / 2;
    s->options.keep[ORR_STAGE_RERANK] = *k;
    if (*s->query) search_ask(ui, s, s->query);
}

static void typed_path(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) search_export(ui, ctx, text);
}

static void move(struct orr_ui *ui, struct search *s, int id)
{
    if (s->in_pane || s->whole) {
        const size_t rows = s->mini ? SEARCH_MINI : s->doc.rows;
        orr_nav_move(id, rows + 1, 10, &s->pane_top);
    } else if (orr_table_widget_act(&s->list, &s->table, id)) {
        search_show(ui, s);
    }
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct search *s = state;
    switch (id) {
    case ACT_QUERY:
        if (arg)
            search_ask(ui, s, arg);
        else
            ask_query(ui, s);
        break;
    case ACT_CORPUS: choose_corpus(ui, s, arg); break;
    case ACT_WHOLE: s->whole = !s->whole; break;
    case ACT_PANE: s->in_pane = !s->in_pane; break;
    case ACT_MINI:
        s->mini = !s->mini;
        s->pane_top = 0;
        break;
    case ACT_STAGE: /* all, without the dense one, the sparse one alone */
        if (!s->options.skip[ORR_STAGE_DENSE])
            s->options.skip[ORR_STAGE_DENSE] = true;
        else if (!s->options.skip[ORR_STAGE_RERANK])
            s->options.skip[ORR_STAGE_RERANK] = true;
        else
            s->options.skip[ORR_STAGE_DENSE] = s->options.skip[ORR_STAGE_RERANK] = false;
        if (*s->query) search_ask(ui, s, s->query);
        break;
    case ACT_BY_STAGE: s->by_stage = !s->by_stage; break;
    case ACT_KEEP_LESS:
    case ACT_KEEP_MORE: keep(ui, s, id == ACT_KEEP_MORE); break;
    case ACT_EXPLAIN:
        s->explain = !s->explain;
        search_show(ui, s);
        break;
    case ACT_QUESTION: next_question(ui, s); break;
    case ACT_EXPORT:
        if (arg)
            search_export(ui, s, arg);
        else
            orr_ui_prompt(
                ui, &(struct orr_prompt){.label = "write to: ", .text = "recall.svg", .done = typed_path, .ctx = s});
        break;
    case ACT_AGAIN: choose_corpus(ui, s, s->name); break;
    default: move(ui, s, id); break;
    }
}

static bool key(struct orr_ui *ui, void *state, struct orr_key k)
{
    struct search *s = state;
    if (k.code != ORR_KEY_MOUSE || s->whole || !orr_table_widget_mouse(&s->list, &s->table, k)) return false;
    search_show(ui, s);
    return true;
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    (void)ui;
    search_render(state, c, r);
}

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct search *s = state;
    if (!s->name) {
        orr_str_append(out, "orrery corpus list");
        return;
    }
    orr_str_append(out, "orrery search");
    orr_shell_append(out, s->name);
    orr_shell_append(out, *s->query ? s->query : "QUERY");
    if (s->live || s->options.skip[ORR_STAGE_RERANK])
        orr_str_append(out, " --stage sparse");
    else if (s->options.skip[ORR_STAGE_DENSE])
        orr_str_append(out, " --skip dense");
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct search *s = state;
    if (!s->name) return;
    orr_str_append(out, s->name);
    if (!s->corpus) {
        orr_str_append(out, s->running ? ", opening" : "");
        return;
    }
    orr_str_printf(out, ", %u tables", orr_index_docs(s->corpus->search.corpus.index));
    if (s->right) {
        if (s->right_place)
            orr_str_printf(out, "; the answer is at place %zu", s->right_place);
        else
            orr_str_append(out, "; the answer is not among them");
    }
}

const struct orr_screen orr_search_screen = {
    .name = "search",
    .title = "Search",
    .summary = "tables that answer a question, stage by stage",
    .actions = actions,
    .open = open_screen,
    .close = close_screen,
    .act = act,
    .key = key,
    .render = render,
    .command = command,
    .status = status,
};
