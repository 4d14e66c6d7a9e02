#include "app/enrich.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/shell.h"
#include "base/text.h"
#include "methods/tables/describe.h"
#include "plot/child.h"
#include "text/doc.h"

enum { BATCH = 64, TIMEOUT_MS = 60000, NOTES = 5, DESCRIPTION_BYTES = 4096 };
static const char KIND[] = "describe table", BUILT_IN[] = "built-in";

/* A table of the batch at hand. */
struct item {
    char *json;    /* without a description */
    char hash[20]; /* of json: what descriptions are kept by */
    char *id, *description;
};

struct work {
    struct orr_store *store;
    int64_t corpus;
    const struct orr_enrich_options *o;
    const struct orr_ticker *ticker;
    struct orr_enrich_report *report;
    struct item *items;
    size_t n, cap;
    char **argv;
};

static void note(struct work *w, const char *where, const char *message)
{
    size_t lines = 0;
    for (size_t i = 0; i < w->report->notes.len; i++) lines += w->report->notes.data[i] == '\n';
    if (lines < NOTES) orr_str_printf(&w->report->notes, "%s: %s\n", where, message);
}

/* ---- one table ---- */

/* Reads a table and leaves out the description that it may have. */
static enum orr_status take(struct work *w, int64_t row, struct item *x, struct orr_error *err)
{
    struct orr_arena a = {0};
    struct orr_doc d;
    struct orr_str plain = {0};
    char *json = NULL;
    enum orr_status status = orr_store_corpus_table(w->store, row, &json, err);
    if (status == ORR_OK) status = orr_doc_parse("corpus_table", json, strlen(json), &a, &d, err);
    if (status == ORR_OK) {
        d.description = "";
        orr_doc_json(&d, &plain);
        *x = (struct item){.json = plain.data, .id = orr_xstrdup(d.id)};
        snprintf(x->hash, sizeof x->hash, "%016llx", (unsigned long long)XXH3_64bits(plain.data, plain.len));
        if (!w->o->cmd) {
            struct orr_str text = {0};
            orr_table_describe(&d, &text);
            x->description = text.data;
        }
    }
    free(json);
    orr_arena_free(&a);
    return status;
}

static void drop(struct item *x)
{
    free(x->json);
    free(x->id);
    free(x->description);
}

/* Writes the table back with its description. */
static enum orr_status put(struct work *w, const struct item *x, struct orr_error *err)
{
    struct orr_arena a = {0};
    struct orr_doc d;
    struct orr_str json = {0};
    enum orr_corpus_change change;
    enum orr_status status = orr_doc_parse("corpus_table", x->json, strlen(x->json), &a, &d, err);
    if (status == ORR_OK) {
        d.description = x->description;
        orr_doc_json(&d, &json);
        status =
            orr_store_corpus_put(w->store, w->corpus, x->id, XXH3_64bits(json.data, json.len), json.data, &change, err);
    }
    w->report->described += status == ORR_OK;
    orr_str_free(&json);
    orr_arena_free(&a);
    return status;
}

static enum orr_status remember(struct work *w, const struct item *x, struct orr_error *err)
{
    const struct orr_result r = {.kind = KIND,
                                 .method = w->o->cmd,
                                 .version = ORR_VERSION,
                                 .config = "{}",
                                 .input_hash = x->hash,
                                 .command = "orrery corpus add --enrich-cmd",
                                 .outcome = "described",
                                 .created = orr_clock_wall(),
                                 .json = x->description};
    return orr_store_result_put(w->store, &r, NULL, err);
}

/* ---- one run of the command ---- */

/* A line of the command's output; false when it is none of its contract. */
static bool take_line(struct work *w, const char *line, size_t n)
{
    struct json_object *o = NULL, *id = NULL, *text = NULL;
    bool ok = orr_json_parse("--enrich-cmd", line, n, &o, NULL) == ORR_OK && json_object_is_type(o, json_type_object) &&
              json_object_object_get_ex(o, "id", &id) && json_object_object_get_ex(o, "description", &text) &&
              json_object_is_type(text, json_type_string) && json_object_get_string_len(text) > 0 &&
              json_object_get_string_len(text) <= DESCRIPTION_BYTES;
    bool known = false;
    for (size_t i = 0; i < w->n && ok; i++) {
        struct item *x = &w->items[i];
        if (x->description || strcmp(x->id, json_object_get_string(id)) != 0) continue;
        x->description = orr_xstrdup(json_object_get_string(text));
        orr_text_neutralise(x->description);
        known = true;
        break;
    }
    json_object_put(o);
    return ok && known;
}

static enum orr_status run_command(struct work *w, struct orr_error *err)
{
    struct orr_str input = {0};
    struct orr_child_result got = {0};
    struct orr_error why;
    for (size_t i = 0; i < w->n; i++) {
        orr_str_append(&input, w->items[i].json);
        orr_str_append_char(&input, '\n');
    }
    enum orr_status status = orr_child_run(w->argv, input.data, input.len,
                                           w->o->timeout_ms ? w->o->timeout_ms : TIMEOUT_MS, w->ticker, &got, &why);
    if (status == ORR_OK && got.exit_code != 0)
        status = orr_error_set(&why, ORR_EIO, w->argv[0], "left with %d: %.200s", got.exit_code, orr_str_c(&got.err));
    if (status == ORR_OK) {
        for (const char *line = orr_str_c(&got.out), *end = line + got.out.len; line < end;) {
            const char *stop = memchr(line, '\n', (size_t)(end - line));
            const size_t n = (size_t)((stop ? stop : end) - line);
            if (n && !take_line(w, line, n)) w->report->garbage++;
            line = stop ? stop + 1 : end;
        }
    } else if (status == ORR_ECANCELLED) {
        if (err) *err = why;
    } else {
        w->report->failed++;
        note(w, why.where, why.message);
        status = ORR_OK;
    }
    orr_str_free(&got.out);
    orr_str_free(&got.err);
    orr_str_free(&input);
    return status;
}

/* Runs the command over the batch and writes what it said, in one transaction. */
static enum orr_status flush(struct work *w, struct orr_error *err)
{
    if (w->n == 0) return ORR_OK;
    enum orr_status status = run_command(w, err);
    if (status == ORR_OK) status = orr_store_begin(w->store, err);
    for (size_t i = 0; i < w->n && status == ORR_OK; i++) {
        if (!w->items[i].description) {
            w->report->missing++;
            continue;
        }
        status = remember(w, &w->items[i], err);
        if (status == ORR_OK) status = put(w, &w->items[i], err);
    }
    if (status == ORR_OK)
        status = orr_store_commit(w->store, err);
    else
        orr_store_rollback(w->store);
    for (size_t i = 0; i < w->n; i++) drop(&w->items[i]);
    w->n = 0;
    return status;
}

/* ---- all ---- */

static enum orr_status one(struct work *w, int64_t row, struct orr_error *err)
{
    struct item x = {0};
    enum orr_status status = take(w, row, &x, err);
    if (status == ORR_OK && w->o->cmd &&
        orr_store_result_find(w->store, KIND, w->o->cmd, "{}", x.hash, &x.description, NULL) == ORR_OK)
        w->report->cached++;
    if (status != ORR_OK || x.description) {
        if (status == ORR_OK) status = put(w, &x, err);
        drop(&x);
        return status;
    }
    w->items[w->n++] = x;
    return w->n == w->cap ? flush(w, err) : ORR_OK;
}

enum orr_status orr_app_corpus_enrich(struct orr_store *store, const char *corpus, const struct orr_enrich_options *o,
                                      const struct orr_ticker *ticker, struct orr_enrich_report *out,
                                      struct orr_error *err)
{
    *out = (struct orr_enrich_report){0};
    struct orr_arena arena = {0};
    struct orr_corpus_list found;
    struct orr_corpus_rows rows = {0};
    struct work w = {.store = store, .o = o, .ticker = ticker, .report = out, .cap = o->batch ? o->batch : BATCH};
    int argc = 1;
    enum orr_status status = orr_store_corpus_find(store, corpus, &found, err);
    if (status != ORR_OK) return status;
    w.corpus = found.items[0].id;
    orr_corpus_list_free(&found);
    w.items = orr_xcalloc(w.cap, sizeof *w.items);
    if (o->cmd) status = orr_shell_split(&arena, "--enrich-cmd", o->cmd, &argc, &w.argv, err);
    if (status == ORR_OK && argc == 0) status = orr_error_set(err, ORR_EINVAL, "--enrich-cmd", "an empty command");
    if (status == ORR_OK) status = orr_store_corpus_rows(store, w.corpus, &rows, err);
    if (status == ORR_OK && !o->cmd)
        status = orr_store_begin(store, err); /* a command's runs have a transaction each */
    for (size_t i = 0; i < rows.n && status == ORR_OK; i++) {
        status = one(&w, (int64_t)rows.id[i], err);
        if (status == ORR_OK && !orr_ticker_tick(ticker, o->cmd ? "describing" : BUILT_IN, "tables", i, rows.n))
            status = orr_error_set(err, ORR_ECANCELLED, "describing", "stopped");
    }
    if (status == ORR_OK) status = flush(&w, err);
    if (!o->cmd && status == ORR_OK)
        status = orr_store_commit(store, err);
    else if (!o->cmd)
        orr_store_rollback(store);
    for (size_t i = 0; i < w.n; i++) drop(&w.items[i]);
    free(w.items);
    orr_corpus_rows_free(&rows);
    orr_arena_free(&arena);
    return status;
}
