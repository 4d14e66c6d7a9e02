/* Changing runs from the table: pins, notes, tags, deletion. Each change is a verb too, and is logged as one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/columns.h"
#include "base/mem.h"
#include "base/shell.h"
#include "views/runs/state.h"

/* A change of one run and its verb. */
struct change {
    enum orr_status (*apply)(struct orr_store *s, int64_t run, const char *text, struct orr_error *err);
    const char *verb, *flag, *text;
    struct orr_run_edit edit; /* nothing: every column is read anew */
};

static void log_change(struct orr_ui *ui, const struct change *k, int64_t run)
{
    struct orr_str line = {0};
    orr_str_printf(&line, "orrery %s%s %lld", k->verb, k->flag, (long long)run);
    if (k->text) orr_shell_append(&line, k->text);
    orr_app_log(orr_ui_app(ui), line.data);
    orr_str_free(&line);
}

/* Whom the change is for, settled when it is asked for: the table may load anew before the prompt is answered. */
static bool take_targets(struct orr_ui *ui, struct orr_runs *v, bool only_here)
{
    const int64_t here = orr_runs_here(v);
    free(v->targets);
    v->targets = NULL;
    v->n_targets = 0;
    if (v->query.group_by && (only_here || orr_ui_selection(ui)->n == 0)) {
        orr_ui_message(ui, ORR_COLOR_WARN, "a group; Enter shows its members");
        return false;
    }
    if (only_here && here >= 0) {
        v->targets = orr_xcalloc(1, sizeof *v->targets);
        v->targets[v->n_targets++] = here;
    } else if (!only_here) {
        v->targets = orr_runs_targets(ui, v, &v->n_targets);
    }
    return v->n_targets > 0;
}

/* One transaction for all, so that a failure leaves none changed. */
static bool change_targets(struct orr_ui *ui, struct orr_runs *v, const struct change *k)
{
    struct orr_store *s = orr_ui_store(ui);
    struct orr_error err = {0};
    const int64_t before = orr_store_change_counter(s);
    enum orr_status rc = orr_store_begin(s, &err);
    for (size_t i = 0; rc == ORR_OK && i < v->n_targets; i++) rc = k->apply(s, v->targets[i], k->text, &err);
    if (rc == ORR_OK) rc = orr_store_commit(s, &err);
    if (rc != ORR_OK) {
        orr_store_rollback(s);
        orr_ui_error(ui, &err);
        return false;
    }
    for (size_t i = 0; i < v->n_targets; i++) log_change(ui, k, v->targets[i]);
    if (k->edit.pin || k->edit.notes || k->edit.tags)
        orr_run_frame_edited(orr_ui_app(ui), before, v->targets, v->n_targets, &k->edit);
    orr_runs_load(ui, v);
    return true;
}

/* ---- pins and notes ---- */

static enum orr_status set_pin(struct orr_store *s, int64_t run, const char *text, struct orr_error *err)
{
    (void)text;
    return orr_store_run_pin(s, run, true, err);
}

static enum orr_status clear_pin(struct orr_store *s, int64_t run, const char *text, struct orr_error *err)
{
    (void)text;
    return orr_store_run_pin(s, run, false, err);
}

void orr_runs_pin(struct orr_ui *ui, struct orr_runs *v)
{
    if (!take_targets(ui, v, true)) return;
    const struct orr_run *r = orr_runs_info(ui, v->targets[0]);
    const bool pin = !r || !r->pinned;
    const struct change k = {pin ? set_pin : clear_pin, "pin", pin ? "" : " --remove", NULL, {.pin = &pin}};
    change_targets(ui, v, &k);
}

static void note_done(struct orr_ui *ui, void *ctx, const char *text)
{
    if (text) change_targets(ui, ctx, &(struct change){orr_store_run_note, "note", "", text, {.notes = text}});
}

void orr_runs_note(struct orr_ui *ui, struct orr_runs *v, const char *arg)
{
    if (!take_targets(ui, v, true)) return;
    const struct orr_run *r = orr_runs_info(ui, v->targets[0]);
    if (arg) note_done(ui, v, arg);
    else if (r) orr_ui_prompt(ui, &(struct orr_prompt){.label = "note: ", .text = r->notes, .done = note_done, .ctx = v});
}

/* ---- tags ---- */

static enum orr_status add_tag(struct orr_store *s, int64_t run, const char *tag, struct orr_error *err)
{
    return orr_store_tag_put(s, run, tag, true, err);
}

static enum orr_status remove_tag(struct orr_store *s, int64_t run, const char *tag, struct orr_error *err)
{
    return orr_store_tag_put(s, run, tag, false, err);
}

static void tag_done(struct orr_ui *ui, void *ctx, const char *text)
{
    struct orr_runs *v = ctx;
    const bool remove = text && text[0] == '-';
    const struct change k = {remove ? remove_tag : add_tag, "tag", remove ? " --remove" : "", text ? text + remove : "",
                             {.tags = true}};
    if (!*k.text) return;
    if (strchr(k.text, ',')) {
        orr_ui_message(ui, ORR_COLOR_WARN, "a tag has no comma; add them one by one");
        return;
    }
    if (change_targets(ui, v, &k))
        orr_ui_message(ui, ORR_COLOR_GOOD, "%s '%s' %s %zu run%s", remove ? "removed" : "added", k.text,
                       remove ? "from" : "to", v->n_targets, v->n_targets == 1 ? "" : "s");
}

void orr_runs_tag(struct orr_ui *ui, struct orr_runs *v, const char *arg)
{
    if (!take_targets(ui, v, false)) return;
    if (arg) tag_done(ui, v, arg);
    else orr_ui_prompt(ui, &(struct orr_prompt){.label = "tag: ", .done = tag_done, .ctx = v});
}

/* ---- deletion ---- */

static enum orr_status delete_run(struct orr_store *s, int64_t run, const char *text, struct orr_error *err)
{
    (void)text;
    return orr_store_run_delete(s, run, err);
}

static void delete_done(struct orr_ui *ui, void *ctx, const char *text)
{
    struct orr_runs *v = ctx;
    if (!text || (strcmp(text, "y") != 0 && strcmp(text, "yes") != 0)) {
        orr_ui_message(ui, ORR_COLOR_DIM, "nothing deleted");
        return;
    }
    if (!change_targets(ui, v, &(struct change){delete_run, "delete", " --yes", NULL, {0}})) return;
    for (size_t i = 0; i < v->n_targets; i++)
        if (orr_selection_has(orr_ui_selection(ui), v->targets[i])) orr_selection_toggle(orr_ui_selection(ui), v->targets[i]);
    orr_ui_message(ui, ORR_COLOR_GOOD, "deleted %zu run%s", v->n_targets, v->n_targets == 1 ? "" : "s");
}

void orr_runs_delete(struct orr_ui *ui, struct orr_runs *v)
{
    char label[96];
    if (!take_targets(ui, v, false)) return;
    snprintf(label, sizeof label, "delete %zu run%s with all points? y/N ", v->n_targets, v->n_targets == 1 ? "" : "s");
    orr_ui_prompt(ui, &(struct orr_prompt){.label = label, .done = delete_done, .ctx = v});
}
