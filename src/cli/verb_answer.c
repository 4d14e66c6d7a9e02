/* orrery answer: an answer from the tables of a corpus. */
#include <stdlib.h>
#include <string.h>

#include "app/answer.h"
#include "cli/verbs.h"
#include "ingest/tables.h"

struct asking {
    struct orr_search s;
    struct orr_store *store;
    struct orr_answer_options o;
    struct orr_io *io;
    const struct orr_args *args;
    size_t n, failed, unanswered;
};

static void print_one(const struct asking *a, const char *question, const struct orr_answered *x)
{
    struct orr_table t = {0};
    static const char *const names[] = {"answer", "reader", "how", "table", "row", "column"};
    orr_table_init(&t, 1, 6);
    for (size_t c = 0; c < 6; c++) orr_table_column(&t, c, names[c], c == 4 ? ORR_CELL_INTEGER : ORR_CELL_TEXT);
    orr_table_set_text(&t, 0, 0, x->text);
    orr_table_set_text(&t, 0, 1, x->reader);
    if (strcmp(x->reader, "built-in") == 0 && x->answer.how != ORR_ANSWER_NONE) {
        const struct orr_doc *d = &x->docs[x->answer.table];
        orr_table_set_text(&t, 0, 2, orr_answer_how_names[x->answer.how]);
        orr_table_set_text(&t, 0, 3, d->id);
        if (x->answer.row != SIZE_MAX) orr_table_set_number(&t, 0, 4, (double)x->answer.row + 1);
        if (x->answer.column != SIZE_MAX) orr_table_set_text(&t, 0, 5, d->header[x->answer.column]);
    }
    if (orr_args_format(a->args) == ORR_TABLE_JSON) {
        struct orr_str text = {0};
        orr_answered_json(x, NULL, question, &text);
        fwrite(text.data, 1, text.len, a->io->out);
        orr_str_free(&text);
    } else {
        orr_cli_print_table(a->io, a->args, &t);
    }
    orr_table_free(&t);
}

static void say_failure(struct asking *a, const struct orr_answered *x)
{
    if (!x->failure.code) return;
    if (a->failed++ < 3)
        orr_io_say(a->io, "the reader failed, the built-in one stands in: %s: %s", x->failure.where,
                   x->failure.message);
}

static enum orr_status ask(void *ctx, const struct orr_question *q, struct orr_error *err)
{
    struct asking *a = ctx;
    struct orr_answered x = {0};
    struct orr_str text = {0};
    enum orr_status status = orr_answer(&a->s, a->store, q->question, &a->o, &a->io->ticker, &x, err);
    if (status == ORR_EINVAL || status == ORR_ENOTFOUND) { /* no words, or none that any table has: no answer, no end */
        a->unanswered++;
        x.n = 0;
        status = ORR_OK;
    }
    if (status == ORR_OK) {
        say_failure(a, &x);
        orr_answered_json(&x, q->qid, q->question, &text);
        fwrite(text.data, 1, text.len, a->io->out);
        fflush(a->io->out); /* what a slow reader has answered is not lost when it is stopped */
    }
    orr_str_free(&text);
    orr_answered_free(&x);
    if (status == ORR_OK && !orr_ticker_tick(&a->io->ticker, "answering", "questions", ++a->n, 0))
        status = orr_error_set(err, ORR_ECANCELLED, "answer", "stopped");
    return status;
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    const char *queries = orr_args_text(args, "queries");
    struct asking a = {.store = app->store, .o = orr_answer_defaults(), .io = io, .args = args};
    struct orr_error err;
    a.o.tables = (size_t)orr_args_int(args, "tables");
    a.o.rows = (size_t)orr_args_int(args, "rows");
    a.o.reader_cmd = orr_args_text(args, "reader-cmd");
    a.o.timeout_ms = (int)(1000 * orr_args_number(args, "timeout"));
    if ((queries != NULL) == (args->n_operands > 1)) {
        orr_error_set(&err, ORR_EINVAL, NULL, "give one question, or --queries FILE");
        return orr_cli_fail(io, args->verb, &err);
    }
    enum orr_status status = orr_search_open(app->store, args->operand[0], &io->ticker, &a.s, &err);
    if (status == ORR_OK && queries) {
        const struct orr_questions_in in = {ask, &a};
        status = orr_questions_read(queries, &in, &err);
        if (a.unanswered) orr_io_say(io, "%zu questions have no words that a table has: not answered", a.unanswered);
    } else if (status == ORR_OK) {
        struct orr_answered x = {0};
        status = orr_answer(&a.s, app->store, args->operand[1], &a.o, &io->ticker, &x, &err);
        if (status == ORR_OK) {
            say_failure(&a, &x);
            print_one(&a, args->operand[1], &x);
        }
        orr_answered_free(&x);
    }
    if (a.failed > 3) orr_io_say(io, "the reader failed on %zu questions in all", a.failed);
    orr_search_close(&a.s);
    if (status != ORR_OK) return orr_cli_fail(io, args->verb, &err);
    return a.failed || a.unanswered ? ORR_EXIT_PARTIAL : ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"tables", 'n', ORR_OPT_INT, "N", "3", "the reader gets the N best tables", 1, 50},
    {"rows", 'r', ORR_OPT_INT, "N", "5", "of each, the N rows that hold most of the question", 1, 50},
    {"queries", 'q', ORR_OPT_FILE, "FILE", NULL, "JSON lines {\"qid\",\"question\"}: one answer each, as JSON lines", 0,
     0},
    {"reader-cmd", 0, ORR_OPT_TEXT, "CMD", NULL,
     "a command that reads a prompt and prints an answer, such as a language model's", 0, 0},
    {"timeout", 0, ORR_OPT_NUMBER, "S", "60", "seconds that the command may take for a question", 0.1, 86400},
    {0},
};

const struct orr_verb orr_verb_answer = {
    .name = "answer",
    .summary = "answer a question from the tables of a corpus",
    .operands = "CORPUS [QUESTION]",
    .details = "The cascade finds tables (`orrery search`), the rows that hold most of the question make mini-tables "
               "of them, and a reader "
               "answers. The built-in reader has no model: it chooses a cell by its row and heading, counts rows, "
               "takes the largest or "
               "smallest, adds, averages and subtracts.\n\n"
               "--reader-cmd runs a command of yours for every question, without a shell: a prompt with the question "
               "and the mini-tables "
               "as Markdown goes to its standard input, ending in FINAL ANSWER:, and what it prints after its last "
               "FINAL ANSWER: (or "
               "its last line) is the answer. A command that fails, hangs or prints nothing is reported; the built-in "
               "reader stands in and "
               "the exit code is 4.",
    .examples = "orrery answer wiki 'when was Zenda founded'\norrery answer wiki --queries dev.jsonl --reader-cmd 'llm "
                "-m small' >answers.jsonl",
    .options = options,
    .needs_store = true,
    .run = run,
};
