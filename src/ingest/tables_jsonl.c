/* JSON lines, plain or gzipped: one table, or one question, a line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/json.h"
#include "ingest/tables.h"

enum { BLOCK = 1 << 16 };

struct lines {
    const char *path;
    gzFile file;
    struct orr_str line;
    char block[BLOCK];
    size_t at, n;
    size_t number;
};

static enum orr_status open_lines(const char *path, struct lines *l, struct orr_error *err)
{
    struct stat st;
    l->path = path;
    if (stat(path, &st))
        return orr_error_set(err, errno == ENOENT ? ORR_ENOTFOUND : ORR_EIO, path, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode)) return orr_error_set(err, ORR_EIO, path, "not a regular file");
    l->file = gzopen(path, "rb");
    return l->file ? ORR_OK : orr_error_set(err, ORR_EIO, path, "cannot open: %s", strerror(errno));
}

static void close_lines(struct lines *l)
{
    if (l->file) gzclose_r(l->file);
    orr_str_free(&l->line);
}

/* ENOTFOUND at the end. */
static enum orr_status next_line(struct lines *l, struct orr_error *err)
{
    orr_str_clear(&l->line);
    for (;;) {
        if (l->at == l->n) {
            const int got = gzread(l->file, l->block, BLOCK);
            if (got < 0) {
                int code;
                return orr_error_set(err, ORR_EFORMAT, l->path, "line %zu: cannot be unpacked: %s", l->number + 1,
                                     gzerror(l->file, &code));
            }
            l->at = 0;
            l->n = (size_t)got;
            if (got == 0) {
                int code;
                gzerror(l->file, &code);
                if (code == Z_BUF_ERROR) return orr_error_set(err, ORR_EFORMAT, l->path, "the gzip file is cut short");
                if (l->line.len == 0) return ORR_ENOTFOUND;
                l->number++;
                return ORR_OK;
            }
        }
        const char *from = l->block + l->at, *end = memchr(from, '\n', l->n - l->at);
        const size_t n = end ? (size_t)(end - from) : l->n - l->at;
        if (l->line.len + n > ORR_DOC_LIMIT)
            return orr_error_set(err, ORR_EFORMAT, l->path, "line %zu is longer than 64 MiB", l->number + 1);
        orr_str_append_n(&l->line, from, n);
        l->at += n + (end != NULL);
        if (end) {
            l->number++;
            return ORR_OK;
        }
    }
}

static bool is_blank(const struct orr_str *s)
{
    for (size_t i = 0; i < s->len; i++)
        if (s->data[i] != ' ' && s->data[i] != '\t' && s->data[i] != '\r') return false;
    return true;
}

static void place(struct orr_str *where, const char *path, size_t line)
{
    orr_str_clear(where);
    orr_str_printf(where, "%s:%zu", path, line);
}

enum orr_status orr_tables_read_jsonl(const char *path, const struct orr_tables_in *in, size_t *n,
                                      struct orr_error *err)
{
    struct lines *l = calloc(1, sizeof *l);
    if (!l) return orr_error_set(err, ORR_ENOMEM, path, "no memory to read");
    struct orr_str where = {0};
    struct orr_arena arena = {0};
    enum orr_status status = open_lines(path, l, err);
    while (status == ORR_OK && (status = next_line(l, err)) == ORR_OK) {
        if (is_blank(&l->line)) continue;
        struct orr_doc doc;
        struct orr_error why;
        orr_arena_reset(&arena);
        place(&where, path, l->number);
        if (orr_doc_parse(where.data, l->line.data, l->line.len, &arena, &doc, &why) != ORR_OK) {
            if (in->note) in->note(in->ctx, why.where, why.message);
        } else {
            if (!*doc.id)
                doc.id =
                    orr_arena_printf(&arena, "%s:%zu", strrchr(path, '/') ? strrchr(path, '/') + 1 : path, l->number);
            status = in->table(in->ctx, &doc, err);
            ++*n;
        }
        if (status == ORR_OK && !orr_ticker_tick(in->ticker, "reading tables", "tables", *n, 0))
            status = orr_error_set(err, ORR_ECANCELLED, path, "stopped");
    }
    close_lines(l);
    free(l);
    orr_str_free(&where);
    orr_arena_free(&arena);
    return status == ORR_ENOTFOUND && *n == 0 ? status : status == ORR_ENOTFOUND ? ORR_OK : status;
}

static const char *text_of(struct json_object *o, const char *key)
{
    struct json_object *v = NULL;
    if (!json_object_is_type(o, json_type_object)) return "";
    return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string) ? json_object_get_string(v)
                                                                                             : "";
}

enum orr_status orr_questions_read(const char *path, const struct orr_questions_in *in, struct orr_error *err)
{
    struct lines *l = calloc(1, sizeof *l);
    if (!l) return orr_error_set(err, ORR_ENOMEM, path, "no memory to read");
    struct orr_str where = {0};
    size_t n = 0;
    enum orr_status status = open_lines(path, l, err);
    while (status == ORR_OK && (status = next_line(l, err)) == ORR_OK) {
        if (is_blank(&l->line)) continue;
        struct json_object *o = NULL;
        place(&where, path, l->number);
        status = orr_json_parse(where.data, l->line.data, l->line.len, &o, err);
        struct json_object *text = NULL;
        if (status == ORR_OK && !(json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, "question", &text) &&
                                  json_object_is_type(text, json_type_string)))
            status = orr_error_set(err, ORR_EFORMAT, where.data, "a question is an object: {\"qid\",\"question\"}");
        const struct orr_question q = {text_of(o, "qid"), text_of(o, "question"), text_of(o, "table_id"),
                                       text_of(o, "answer")};
        if (status == ORR_OK) status = in->question(in->ctx, &q, err);
        json_object_put(o);
        n += status == ORR_OK;
    }
    close_lines(l);
    free(l);
    orr_str_free(&where);
    if (status == ORR_ENOTFOUND)
        status = n ? ORR_OK
                   : orr_error_set(err, ORR_EFORMAT, path, "no questions: one {\"qid\",\"question\"} a line is wanted");
    return status;
}
