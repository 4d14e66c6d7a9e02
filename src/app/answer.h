/* Answering a question from a corpus: the cascade, then a reader over mini-tables of the best tables. */
#ifndef ORRERY_APP_ANSWER_H
#define ORRERY_APP_ANSWER_H

#include "app/search.h"
#include "methods/tables/reader.h"

struct orr_answer_options {
    struct orr_cascade_options cascade;
    size_t tables; /* that the reader gets */
    size_t rows;   /* of each, at most: its mini-table */
    const char *
        reader_cmd; /* a command line of the user's, split as a shell would, run without one; NULL: the built-in reader */
    int timeout_ms; /* for one question */
};
struct orr_answer_options orr_answer_defaults(void); /* 3 tables, 5 rows, 60 s */

struct orr_answered {
    struct orr_answer answer; /* of the built-in reader, always */
    const char *text;         /* what is answered: the command's words, or those of the built-in reader */
    const char *reader;       /* "command" or "built-in" */
    struct orr_error failure; /* code not ORR_OK: the command failed and the built-in reader stood in */
    size_t n;                 /* tables read */
    struct orr_doc *docs;     /* [n] */
    double seconds[2];        /* of searching, of reading */
    struct orr_arena arena;   /* owns all of it */
};
/* EINVAL when the question has no words; ENOTFOUND when no table has any of them. A command that fails, hangs or
 * prints nothing that can be used is no error: see failure. Zero-initialise *out; free with orr_answered_free, also
 * after an error. */
enum orr_status orr_answer(struct orr_search *s, struct orr_store *store, const char *question,
                           const struct orr_answer_options *o, const struct orr_ticker *ticker,
                           struct orr_answered *out, struct orr_error *err);
void orr_answered_free(struct orr_answered *a);
/* One JSON object on one line. qid NULL: none. */
void orr_answered_json(const struct orr_answered *a, const char *qid, const char *question, struct orr_str *out);

/* What a command is asked: the question, the mini-tables as Markdown with their descriptions, and how to answer; it
 * ends in "FINAL ANSWER:". */
void orr_answer_prompt(const char *question, const struct orr_reading *tables, size_t n, size_t rows,
                       struct orr_str *out);
/* The answer in a command's output: what follows the last "FINAL ANSWER:" on its line, or else the last line with
 * text. "" when there is none. Into the arena, made harmless and at most 1000 bytes long. */
const char *orr_answer_extract(const char *output, size_t n, struct orr_arena *a);

#endif
