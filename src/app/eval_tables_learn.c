/* Learning the re-ranker from questions whose table is known. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_tables.h"
#include "base/file.h"
#include "base/mem.h"

static const double DECAY =
    0.03; /* chosen on parts 0 and 1, each ranked by what the other taught, among 0.0003 ... 0.1 */

enum orr_status orr_tables_lists_make(const struct orr_tables_set *s, const struct orr_index *x,
                                      const struct orr_tables_encoder *encoder, const struct orr_ticker *ticker,
                                      struct orr_tables_lists *out, struct orr_error *err)
{
    struct orr_cascade *c = orr_cascade_new(x);
    const struct orr_cascade_options o = orr_cascade_defaults();
    enum orr_status status = ORR_OK;
    *out = (struct orr_tables_lists){.n = s->n_questions};
    if (encoder->vectors) status = orr_cascade_attach(c, encoder->vectors, encoder->encoder, err);
    out->first = orr_xcalloc(s->n_questions + 1, sizeof *out->first);
    out->right = orr_xcalloc(s->n_questions + 1, sizeof *out->right);
    out->x = orr_alloc(s->n_questions * ORR_EVAL_DEPTH * ORR_TABLE_FEATURES + 1, sizeof *out->x);
    if (!out->x && status == ORR_OK)
        status = orr_error_set(err, ORR_ENOMEM, "eval", "no memory for the features of %zu questions", s->n_questions);
    for (size_t i = 0; i < s->n_questions && status == ORR_OK; i++) {
        struct orr_cascade_result r = {0};
        const float *features;
        size_t n = 0;
        if (orr_cascade_candidates(c, s->questions[i].text, &o, &r, &features, NULL) == ORR_OK)
            n = r.n < ORR_EVAL_DEPTH ? r.n : ORR_EVAL_DEPTH;
        memcpy(out->x + out->first[i] * ORR_TABLE_FEATURES, features, n * ORR_TABLE_FEATURES * sizeof *features);
        out->right[i] = SIZE_MAX;
        for (size_t k = 0; k < n; k++)
            if (r.items[k].doc == s->questions[i].right) out->right[i] = out->first[i] + k;
        out->first[i + 1] = out->first[i] + n;
        orr_cascade_result_free(&r);
        if (!orr_ticker_tick(ticker, "comparing", "questions", i, s->n_questions))
            status = orr_error_set(err, ORR_ECANCELLED, "eval", "stopped");
    }
    orr_cascade_free(c);
    return status;
}

void orr_tables_lists_free(struct orr_tables_lists *l)
{
    free(l->first);
    free(l->right);
    free(l->x);
    *l = (struct orr_tables_lists){0};
}

/* Lists that hold the right table, packed. */
enum orr_status orr_tables_learn(const struct orr_tables_set *s, const struct orr_tables_lists *l, int without,
                                 const struct orr_ticker *ticker, struct orr_table_ranker *out, struct orr_error *err)
{
    enum { ROW = ORR_TABLE_FEATURES };
    size_t *first = orr_xcalloc(l->n + 1, sizeof *first), *right = orr_xcalloc(l->n + 1, sizeof *right), n = 0;
    float *x = orr_alloc(l->first[l->n] * ROW + 1, sizeof *x);
    for (size_t i = 0; i < l->n && x; i++) {
        if (s->questions[i].part == without || l->right[i] == SIZE_MAX) continue;
        const size_t rows = l->first[i + 1] - l->first[i];
        memcpy(x + first[n] * ROW, l->x + l->first[i] * ROW, rows * ROW * sizeof *x);
        right[n] = first[n] + l->right[i] - l->first[i];
        first[n + 1] = first[n] + rows;
        n++;
    }
    const struct orr_table_lists lists = {n, first, right, x};
    const enum orr_status status = x ? orr_table_ranker_fit(&lists, DECAY, ticker, out, err)
                                     : orr_error_set(err, ORR_ENOMEM, "eval", "no memory to learn in");
    free(first);
    free(right);
    free(x);
    return status;
}

static void put_ranker(struct orr_str *text, const char *name, const struct orr_table_ranker *r)
{
    orr_str_printf(text, "\nconst struct orr_table_ranker %s = {{\n", name);
    for (int f = 0; f < ORR_TABLE_FEATURES; f++)
        orr_str_printf(text, "    %#.6gF, /* %s */\n", (double)r->weight[f], orr_table_feature_names[f]);
    orr_str_append(text, "}};\n");
}

enum orr_status orr_tables_ship(const struct orr_table_ranker *r, const struct orr_table_ranker *near,
                                const struct orr_tables_set *s, const char *path, struct orr_error *err)
{
    struct orr_str text = {0};
    orr_str_printf(
        &text,
        "/* Written by `orrery eval tables --real DIR --learn FILE`: learned from %zu questions over %zu tables "
        "(ottqa: dev\n"
        " * questions of OTT-QA, MIT, wenhuchen/OTT-QA; text of the tables from Wikipedia, CC BY-SA, none of it in "
        "here). */\n"
        "#include \"methods/tables/ranker.h\"\n",
        s->n_questions, s->n_tables);
    put_ranker(&text, "orr_table_ranker_shipped", r);
    put_ranker(&text, "orr_table_ranker_near", near ? near : &orr_table_ranker_near);
    const enum orr_status status = orr_file_write(path, text.data, text.len, err);
    orr_str_free(&text);
    return status;
}
