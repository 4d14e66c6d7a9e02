/* orrery sql: one statement that only reads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/sql.h"
#include "cli/verbs.h"

enum { MOST_SQL = 1 << 20 };

/* "-": the statement comes on standard input. */
static enum orr_status read_input(struct orr_str *sql, struct orr_error *err)
{
    char block[4096];
    ssize_t n;
    while ((n = read(STDIN_FILENO, block, sizeof block)) > 0) {
        orr_str_append_n(sql, block, (size_t)n);
        if (sql->len > MOST_SQL)
            return orr_error_set(err, ORR_EINVAL, "standard input", "a statement has at most 1 MiB");
    }
    if (n < 0) return orr_error_set(err, ORR_EIO, "standard input", "cannot read");
    return ORR_OK;
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_str sql = {0};
    struct orr_sql_table t = {0};
    struct orr_error err;
    int code;
    enum orr_status s = ORR_OK;
    if (strcmp(args->operand[0], "-") == 0)
        s = read_input(&sql, &err);
    else
        orr_str_append(&sql, args->operand[0]);
    if (s == ORR_OK) s = orr_app_sql(app, orr_str_c(&sql), (size_t)orr_args_int(args, "limit"), &io->ticker, &t, &err);
    if (s == ORR_OK) {
        code = orr_cli_print_table(io, args, &t.table);
        if (t.truncated) {
            orr_io_say(io, "orrery sql: stopped after %zu rows; raise --limit for more", t.table.rows);
            code = ORR_EXIT_PARTIAL;
        }
    } else {
        code = orr_cli_fail(io, args->verb, &err);
    }
    orr_sql_table_free(&t);
    orr_str_free(&sql);
    return code;
}

static const struct orr_option options[] = {
    {"limit", 'n', ORR_OPT_INT, "N", "10000", "stop after N rows", 1, 1e8},
    {0},
};

const struct orr_verb orr_verb_sql = {
    .name = "sql",
    .summary = "ask the store in SQL, reading only",
    .operands = "STATEMENT",
    .details =
        "One statement, checked by the database to only read. `-` reads it from standard input. The view `point` "
        "(run, run_id, series, position, step, value, wall) shows every stored point as a row; "
        "`orrery sql \"SELECT name, sql FROM sqlite_schema\"` lists the rest. Exit code 4: there were more rows than "
        "--limit.",
    .examples = "orrery sql \"SELECT state, count(*) FROM run GROUP BY state\"\n"
                "orrery sql \"SELECT step, value FROM point WHERE run_id = 3 LIMIT 10\" --csv",
    .options = options,
    .needs_store = true,
    .run = run,
};
