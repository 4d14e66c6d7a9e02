/* Reading tables for a corpus: JSON lines (plain or gzipped), CSV and TSV files, folders of those, SQLite files. */
#ifndef ORRERY_INGEST_TABLES_H
#define ORRERY_INGEST_TABLES_H

#include <orrery/error.h>
#include <orrery/progress.h>

#include "text/doc.h"

enum { ORR_TABLE_ROWS = 2000 }; /* a longer table is parted: "name", "name#2", ... */

struct orr_tables_in {
    /* Each table as it is read; not ORR_OK ends the reading with that status. */
    enum orr_status (*table)(void *ctx, const struct orr_doc *doc, struct orr_error *err);
    /* What was passed over, and why. May be NULL. */
    void (*note)(void *ctx, const char *where, const char *message);
    void *ctx;
    const struct orr_ticker *ticker;
};

/* Reads `path` by what it is. A line of JSON that is no table, and a file in a folder that cannot be read, are
 * notes; EFORMAT when there is no table at all. Tables without an id get one from the file's name and their line.
 * ENOTFOUND, EIO, ECANCELLED. */
enum orr_status orr_tables_read(const char *path, const struct orr_tables_in *in, struct orr_error *err);

/* One kind each, in the files of these names. `id` names the table of a CSV file. */
enum orr_status orr_tables_read_jsonl(const char *path, const struct orr_tables_in *in, size_t *n,
                                      struct orr_error *err);
enum orr_status orr_tables_read_csv(const char *path, const char *id, const struct orr_tables_in *in, size_t *n,
                                    struct orr_error *err);
enum orr_status orr_tables_read_sqlite(const char *path, const struct orr_tables_in *in, size_t *n,
                                       struct orr_error *err);

/* Questions: JSON lines {"qid","question","table_id","answer"}, plain or gzipped; all but the question may be
 * missing ("": none). */
struct orr_question {
    const char *qid, *question, *table_id, *answer;
};
struct orr_questions_in {
    enum orr_status (*question)(void *ctx, const struct orr_question *q, struct orr_error *err);
    void *ctx;
};
enum orr_status orr_questions_read(const char *path, const struct orr_questions_in *in, struct orr_error *err);

#endif
