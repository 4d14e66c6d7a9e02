/* Select: which candidate of a pool a language model means, estimator beside estimator. */
#include <stdlib.h>
#include <string.h>

#include <orrery/pool.h>

#include "app/lm.h"
#include "base/mem.h"
#include "base/shell.h"
#include "lab/dataset.h"
#include "state.h"
#include "tui/screens.h"
#include "tui/widgets/nav.h"

enum { ACT_PROMPT = 1, ACT_MODEL, ACT_POOL, ACT_COLUMN, ACT_EXACT, ACT_DECODE, ACT_CALIBRATION, ACT_EXPORT };

static const struct orr_action actions[] = {
    {ACT_PROMPT, "/ Enter", "prompt", "type a prompt: the pool is ranked while you type", "PROMPT"},
    {ACT_MODEL, "M", "model", "name the model: a llama2.c file or a model folder", "PATH"},
    {ACT_POOL, "P", "pool", "choose the pool: one of the store (Tab), a file, wordnet:N, or =A,B,C typed here", "POOL"},
    {ACT_COLUMN, "C", "pool-column", "the column of a .csv pool: a name in its header, or a number", "NAME|N"},
    {ACT_EXACT, "x", "exact", "the likelihood of every candidate too, or not", NULL},
    {ACT_DECODE, "d", "decode", "decode too: freely, and confined to the pool; see the difference and the time, or not", NULL},
    {ACT_CALIBRATION, "c", "calibration", "how far probabilities can be believed: WordNet's definitions in pools of five", NULL},
    {ACT_EXPORT, "E", "export", "accuracy by pool size, or the calibration: .png .svg .pdf .csv .json .md", "FILE"},
    ORR_NAV_ROW_ACTIONS,
    ORR_NAV_COLUMN_ACTIONS,
    {0},
};

/* What is chosen outlives the session, in the store. */
static const char *const kept[] = {"select.model", "select.pool", "select.column"};

static char **choice(struct select *s, int i) { return i == 0 ? &s->model : i == 1 ? &s->pool : &s->column; }

static void replace(char **to, const char *text)
{
    char *copy = text && *text ? orr_xstrdup(text) : NULL;
    free(*to);
    *to = copy;
}

/* Until something is chosen: the shipped model, and words of WordNet, where they are. */
static void begin_with_shipped(struct select *s)
{
    char path[1024], *shipped = s->model ? NULL : orr_lm_shipped();
    if (shipped) replace(&s->model, shipped);
    if (shipped && !s->pool && orr_dataset_find_file("wordnet/data.noun", path, NULL) == ORR_OK)
        replace(&s->pool, "wordnet:10000");
    free(shipped);
}

static enum orr_status open_screen(struct orr_ui *ui, const char *arg, void **state, struct orr_error *err)
{
    (void)err;
    struct select *s = orr_xcalloc(1, sizeof *s);
    s->list.frozen = 1;
    s->list.sorted = SIZE_MAX;
    s->list.column = 1;
    *state = s;
    for (int i = 0; i < 3; i++) {
        char *value = NULL;
        if (orr_store_setting(orr_ui_store(ui), kept[i], &value, NULL) == ORR_OK) replace(choice(s, i), value);
        free(value);
    }
    if (arg) replace(&s->prompt, arg);
    begin_with_shipped(s);
    select_open(ui, s);
    return ORR_OK;
}

static void close_screen(struct orr_ui *ui, void *state)
{
    (void)ui;
    struct select *s = state;
    select_leave(s);
    orr_table_widget_free(&s->list);
    for (int i = 0; i < 3; i++) free(*choice(s, i));
    free(s->prompt);
    free(s);
}

static void choose(struct orr_ui *ui, struct select *s, int i, const char *text)
{
    replace(choice(s, i), text);
    if (i == 1) replace(&s->column, NULL);
    if (i == 0) { /* another model's calibration */
        orr_ui_task_drop(&s->calibrating);
        free(s->curves);
        s->curves = NULL;
        if (s->shows_calibration) select_calibrate(ui, s);
    }
    for (int k = 0; k < 3; k++) { /* a store that may not be written forgets, no more */
        const char *value = *choice(s, k);
        orr_store_setting_put(orr_ui_store(ui), kept[k], value ? value : "", NULL);
    }
    select_open(ui, s);
}

static void typed_model(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) choose(ui, ctx, 0, text);
}
static void typed_pool(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) choose(ui, ctx, 1, text);
}
static void typed_column(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text) choose(ui, ctx, 2, text);
}

static void ask(struct orr_ui *ui, struct select *s, const char *prompt)
{
    replace(&s->prompt, prompt);
    select_ask(ui, s);
}
static void typed(struct orr_ui *ui, void *ctx, const char *text) { ask(ui, ctx, text); }
static void entered(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text) ask(ui, ctx, text);
}

/* "icd<tab>24186 candidates" for every pool that begins so. */
static void complete_pool(struct orr_ui *ui, void *ctx, const char *text, struct orr_str *out)
{
    static const char *const built_in[] = {"wordnet:100", "wordnet:1000", "wordnet:10000", "wordnet:50000", "wordnet"};
    struct orr_stored_pool_list list = {0};
    (void)ctx;
    orr_store_pools(orr_ui_store(ui), &list, NULL);
    for (size_t i = 0; i < list.n; i++)
        if (orr_starts_with(list.items[i].name, text))
            orr_str_printf(out, "%s\t%lld candidates\n", list.items[i].name, (long long)list.items[i].candidates);
    orr_stored_pool_list_free(&list);
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (orr_starts_with(built_in[i], text)) orr_str_printf(out, "%s\twords of WordNet\n", built_in[i]);
}

static void typed_path(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text && *text) select_export(ui, ctx, text);
}

static void complete(struct orr_ui *ui, void *state, int id, const char *arg, struct orr_str *out)
{
    if (id == ACT_POOL) complete_pool(ui, state, arg, out);
}

static void prompt_for(struct orr_ui *ui, struct select *s, int id)
{
    static const struct {
        const char *label;
        void (*done)(struct orr_ui *ui, void *ctx, const char *text);
    } of[] = {[ACT_PROMPT] = {"prompt: ", entered},
              [ACT_MODEL] = {"model: ", typed_model},
              [ACT_POOL] = {"pool: ", typed_pool},
              [ACT_COLUMN] = {"column: ", typed_column}};
    const char *text = id == ACT_PROMPT ? s->prompt : id == ACT_MODEL ? s->model : id == ACT_POOL ? s->pool : s->column;
    orr_ui_prompt(ui, &(struct orr_prompt){.label = of[id].label,
                                           .text = text ? text : "",
                                           .done = of[id].done,
                                           .changed = id == ACT_PROMPT ? typed : NULL,
                                           .complete = id == ACT_POOL ? complete_pool : NULL,
                                           .ctx = s});
}

static void act(struct orr_ui *ui, void *state, int id, const char *arg)
{
    struct select *s = state;
    switch (id) {
    case ACT_PROMPT:
        if (arg)
            ask(ui, s, arg);
        else
            prompt_for(ui, s, id);
        break;
    case ACT_MODEL:
    case ACT_POOL:
    case ACT_COLUMN:
        if (arg)
            choose(ui, s, id - ACT_MODEL, arg);
        else
            prompt_for(ui, s, id);
        break;
    case ACT_EXACT:
        s->exact = !s->exact;
        select_ask(ui, s);
        break;
    case ACT_DECODE:
        s->decode = !s->decode;
        select_ask(ui, s);
        break;
    case ACT_CALIBRATION:
        s->shows_calibration = !s->shows_calibration;
        if (s->shows_calibration) select_calibrate(ui, s);
        break;
    case ACT_EXPORT:
        if (arg)
            select_export(ui, s, arg);
        else
            orr_ui_prompt(ui, &(struct orr_prompt){.label = "write to: ",
                                                   .text = s->shows_calibration ? "calibration.svg" : "accuracy.svg",
                                                   .done = typed_path,
                                                   .ctx = s});
        break;
    default:
        orr_table_widget_act(&s->list, &s->table, id);
        if (s->list.column == 0) s->list.column = 1; /* ranks are no estimator */
        break;
    }
}

static bool key(struct orr_ui *ui, void *state, struct orr_key k)
{
    (void)ui;
    struct select *s = state;
    return k.code == ORR_KEY_MOUSE && s->has_result && orr_table_widget_mouse(&s->list, &s->table, k);
}

static void render(struct orr_ui *ui, void *state, struct orr_canvas *c, struct orr_rect r)
{
    (void)ui;
    select_render(state, c, r);
}

static void command(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct select *s = state;
    if (!s->model || !s->pool) return;
    orr_str_append(out, "orrery select");
    orr_shell_append(out, s->pool);
    orr_shell_append(out, s->prompt ? s->prompt : "PROMPT");
    orr_str_append(out, " --model");
    orr_shell_append(out, s->model);
    if (s->column) orr_str_append(out, " --column");
    if (s->column) orr_shell_append(out, s->column);
    if (s->exact) orr_str_append(out, " --exact");
    if (s->decode) orr_str_append(out, " --decode");
}

static void status(struct orr_ui *ui, void *state, struct orr_str *out)
{
    (void)ui;
    const struct select *s = state;
    const struct orr_select_ranking *r = select_ranking(s);
    if (r) orr_str_printf(out, "%s, place %zu", orr_estimator_name(r->estimator), s->list.row + 1);
    if (r && s->list.row < r->n) orr_str_printf(out, ", probability %.3g", r->probability[s->list.row]);
}

const struct orr_screen orr_select_screen = {
    .name = "select",
    .title = "Select",
    .summary = "candidates ranked by a language model, estimator beside estimator",
    .actions = actions,
    .open = open_screen,
    .close = close_screen,
    .act = act,
    .key = key,
    .render = render,
    .command = command,
    .status = status,
    .complete = complete,
};
