/* Lists that another program ranked, read from a file, so that it stands in the same table and is paired with ours. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_tables.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/mem.h"
#include "ingest/lines.h"

/* The place of `right` among the ids of one line; INFINITY when it is not among the first ORR_EVAL_DEPTH. */
static double place_in(struct json_object *ids, const char *right)
{
    const size_t n = json_object_is_type(ids, json_type_array) ? json_object_array_length(ids) : 0;
    for (size_t i = 0; i < n && i < ORR_EVAL_DEPTH; i++) {
        const char *id = json_object_get_string(json_object_array_get_idx(ids, i));
        if (id && strcmp(id, right) == 0) return (double)i + 1;
    }
    return INFINITY;
}

static enum orr_status take_line(const struct orr_line *line, const char *path, const struct orr_intern *qids,
                                 const struct orr_tables_set *set, const size_t *asked, double *rank,
                                 struct orr_error *err)
{
    struct json_object *o = NULL, *qid = NULL, *ids = NULL;
    struct orr_str where = {0};
    orr_str_printf(&where, "%s:%llu", path, (unsigned long long)line->number);
    enum orr_status status = orr_json_parse(where.data, line->text, line->n, &o, err);
    if (status == ORR_OK && (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, "qid", &qid) ||
                             !json_object_object_get_ex(o, "ids", &ids)))
        status = orr_error_set(err, ORR_EFORMAT, where.data, "a ranked list is {\"qid\":...,\"ids\":[...]}");
    if (status == ORR_OK) {
        const char *text = json_object_get_string(qid);
        const uint32_t i = text ? orr_intern_find(qids, 0, text, strlen(text)) : ORR_INTERN_NONE;
        struct orr_arena a = {0};
        struct orr_doc d;
        if (i != ORR_INTERN_NONE && orr_tables_set_doc(set, set->questions[asked[i]].right, &a, &d, NULL) == ORR_OK)
            rank[i] = place_in(ids, d.id);
        orr_arena_free(&a);
    }
    json_object_put(o);
    orr_str_free(&where);
    return status;
}

enum orr_status orr_tables_ranks_read(const struct orr_tables_set *set, const size_t *asked, size_t n, const char *path,
                                      double *rank, struct orr_error *err)
{
    struct orr_intern qids = {0};
    struct orr_reader *r = NULL;
    struct orr_line line = {0};
    for (size_t i = 0; i < n; i++) {
        const char *qid = set->questions[asked[i]].qid;
        orr_intern_add(&qids, 0, qid, strlen(qid));
        rank[i] = NAN;
    }
    enum orr_status status = orr_reader_open(path, 0, &r, err);
    while (status == ORR_OK && (status = orr_line_next(r, &line, err)) == ORR_OK)
        if (line.n) status = take_line(&line, path, &qids, set, asked, rank, err);
    if (status == ORR_ENOTFOUND) status = ORR_OK; /* the end */
    for (size_t i = 0; i < n && status == ORR_OK; i++)
        if (isnan(rank[i]))
            status = orr_error_set(err, ORR_EFORMAT, path, "no list for question %s", set->questions[asked[i]].qid);
    orr_reader_close(r);
    orr_intern_free(&qids);
    return status;
}
