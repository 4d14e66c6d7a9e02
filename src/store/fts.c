#include "store/fts.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"

struct orr_fts {
    sqlite3 *db;
    sqlite3_stmt *add, *search;
};

static enum orr_status fail(struct orr_fts *f, struct orr_error *err)
{
    return orr_error_set(err, ORR_EIO, "FTS5", "%s", f->db ? sqlite3_errmsg(f->db) : "no memory");
}

enum orr_status orr_fts_new(double title_weight, struct orr_fts **out, struct orr_error *err)
{
    *out = NULL;
    if (!sqlite3_compileoption_used("ENABLE_FTS5"))
        return orr_error_set(err, ORR_EUNSUPPORTED, "FTS5", "this SQLite was built without FTS5");
    struct orr_fts *f = orr_xcalloc(1, sizeof *f);
    struct orr_str rank = {0};
    orr_str_printf(&rank, "INSERT INTO t(t, rank) VALUES('rank', 'bm25(%g, 1, 1, 1)')", title_weight);
    const char *const setup[] = {
        "CREATE VIRTUAL TABLE t USING fts5(title, section, header, body, tokenize='porter unicode61')", rank.data,
        "BEGIN"};
    bool ok = sqlite3_open("", &f->db) == SQLITE_OK; /* a file without a name, removed by itself */
    for (size_t i = 0; i < 3 && ok; i++) ok = sqlite3_exec(f->db, setup[i], NULL, NULL, NULL) == SQLITE_OK;
    ok = ok && sqlite3_prepare_v2(f->db, "INSERT INTO t(rowid, title, section, header, body) VALUES(?, ?, ?, ?, ?)", -1,
                                  &f->add, NULL) == SQLITE_OK;
    ok = ok && sqlite3_prepare_v2(f->db, "SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT ?", -1, &f->search,
                                  NULL) == SQLITE_OK;
    orr_str_free(&rank);
    if (ok) {
        *out = f;
        return ORR_OK;
    }
    const enum orr_status status = fail(f, err);
    orr_fts_free(f);
    return status;
}

void orr_fts_free(struct orr_fts *f)
{
    if (!f) return;
    sqlite3_finalize(f->add);
    sqlite3_finalize(f->search);
    sqlite3_close(f->db);
    free(f);
}

enum orr_status orr_fts_add(struct orr_fts *f, int64_t id, const char *title, const char *section, const char *header,
                            const char *body, struct orr_error *err)
{
    const char *const texts[] = {title, section, header, body};
    sqlite3_bind_int64(f->add, 1, id);
    for (int i = 0; i < 4; i++) sqlite3_bind_text(f->add, i + 2, texts[i], -1, SQLITE_STATIC);
    const int rc = sqlite3_step(f->add);
    sqlite3_reset(f->add);
    return rc == SQLITE_DONE ? ORR_OK : fail(f, err);
}

enum orr_status orr_fts_finish(struct orr_fts *f, struct orr_error *err)
{
    const bool ok = sqlite3_exec(f->db, "INSERT INTO t(t) VALUES('optimize'); COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    return ok ? ORR_OK : fail(f, err);
}

/* Every word in quotes, so that nothing in it is syntax. */
static void match_text(const char *text, struct orr_str *out)
{
    for (const char *c = text; *c;) {
        size_t n = 0;
        while ((unsigned char)c[n] >= 0x80 || isalnum((unsigned char)c[n])) n++;
        if (n) {
            orr_str_append(out, out->len ? " OR \"" : "\"");
            orr_str_append_n(out, c, n);
            orr_str_append_char(out, '"');
        }
        c += n ? n : 1;
    }
}

enum orr_status orr_fts_search(struct orr_fts *f, const char *text, size_t k, int64_t *ids, size_t *n,
                               struct orr_error *err)
{
    struct orr_str match = {0};
    int rc = SQLITE_DONE;
    *n = 0;
    match_text(text, &match);
    if (match.len) {
        sqlite3_bind_text(f->search, 1, match.data, -1, SQLITE_STATIC);
        sqlite3_bind_int64(f->search, 2, (int64_t)k);
        while (*n < k && (rc = sqlite3_step(f->search)) == SQLITE_ROW) ids[(*n)++] = sqlite3_column_int64(f->search, 0);
        sqlite3_reset(f->search);
    }
    orr_str_free(&match);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? ORR_OK : fail(f, err);
}

const char *orr_fts_version(void) { return "SQLite " SQLITE_VERSION; }
