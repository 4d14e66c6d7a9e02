/* What `orrery doctor` wants to know: counts, the journal, and whether everything is whole. */
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "store/db.h"

static const char *const journal_modes[] = {"wal", "delete", "truncate", "persist", "memory", "off"};

static enum orr_status journal_mode(struct orr_store *s, struct orr_store_info *out, struct orr_error *err)
{
    sqlite3_stmt *q;
    const enum orr_status status = orr_db_query(s, &q, err, "PRAGMA journal_mode", "");
    if (status != ORR_OK) return status;
    const int rc = sqlite3_step(q);
    out->journal_mode = "unknown";
    for (size_t i = 0; rc == SQLITE_ROW && i < sizeof journal_modes / sizeof *journal_modes; i++) {
        if (strcasecmp((const char *)sqlite3_column_text(q, 0), journal_modes[i]) == 0) {
            out->journal_mode = journal_modes[i];
        }
    }
    return orr_db_done(s, q, rc, err);
}

/* Also whether the counts that are kept with the runs are true. */
static enum orr_status check_integrity(struct orr_store *s, struct orr_error *err)
{
    sqlite3_stmt *q;
    enum orr_status status = orr_db_query(s, &q, err, "PRAGMA integrity_check(1)", "");
    if (status != ORR_OK) return status;
    const int rc = sqlite3_step(q);
    const char *say = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(q, 0) : "ok";
    if (say && strcmp(say, "ok") != 0) {
        status = orr_error_set(err, ORR_EFORMAT, s->path,
                               "the store is damaged: %s; restore a copy, or recover it with:"
                               " sqlite3 STORE .recover",
                               say);
    }
    const enum orr_status ended = orr_db_done(s, q, rc, err);
    if (status != ORR_OK || ended != ORR_OK) return status != ORR_OK ? status : ended;
    int64_t wrong;
    status = orr_db_integer(s, 0, &wrong, err,
                            "SELECT (SELECT count(*) FROM pragma_foreign_key_check)"
                            " + (SELECT count(*) FROM series s WHERE n <>"
                            "   (SELECT ifnull(sum(c.n), 0) FROM chunk c WHERE c.series_id = s.id))"
                            " + (SELECT count(*) FROM run r WHERE point_count <>"
                            "   (SELECT ifnull(sum(s.n), 0) FROM series s WHERE s.run_id = r.id))"
                            " + (SELECT count(*) FROM run r WHERE series_count <>"
                            "   (SELECT count(*) FROM series s WHERE s.run_id = r.id))",
                            "");
    if (status == ORR_OK && wrong) {
        return orr_error_set(err, ORR_EFORMAT, s->path,
                             "the store is damaged: %lld counts or references are wrong;"
                             " import its sources anew into a new store",
                             (long long)wrong);
    }
    return status;
}

enum orr_status orr_store_info(struct orr_store *s, bool check, struct orr_store_info *out, struct orr_error *err)
{
    *out = (struct orr_store_info){.sqlite_version = sqlite3_libversion(), .network = s->network};
    enum orr_status status = orr_db_read(s, err);
    if (status == ORR_OK) status = journal_mode(s, out, err);
    if (status == ORR_OK && check) status = check_integrity(s, err);
    const struct {
        const char *sql;
        int64_t *out;
    } counts[] = {
        {"PRAGMA user_version", &out->version},        {"PRAGMA application_id", &out->application_id},
        {"PRAGMA page_size", &out->page_size},         {"SELECT count(*) FROM run", &out->runs},
        {"SELECT count(*) FROM series", &out->series}, {"SELECT sum(point_count) FROM run", &out->points},
        {"SELECT count(*) FROM chunk", &out->chunks},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts && status == ORR_OK; i++) {
        status = orr_db_integer(s, 0, counts[i].out, err, counts[i].sql, "");
    }
    struct stat st;
    if (stat(s->path, &st) == 0) out->bytes = st.st_size;
    return status;
}
