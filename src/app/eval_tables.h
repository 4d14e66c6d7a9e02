/* `orrery eval tables`: how often the table that answers a question is found, by stage of the cascade and by
 * baselines.
 *
 * Parts. Tables are put into five parts by a hash of their id, and a question goes with its table. Parts 0 and 1 are
 * for choosing: weights of fields, features, decay; no question of them is ever reported. Questions of parts 2 to 4
 * are reported; the ranker that ranks those of part p was learned on all parts but p. The corpus of datasets/ taught
 * nothing: all of its questions are reported, with the shipped ranker. Times are processor time of the one thread
 * that searches. */
#ifndef ORRERY_APP_EVAL_TABLES_H
#define ORRERY_APP_EVAL_TABLES_H

#include <orrery/progress.h>

#include "app/eval.h"
#include "app/shards.h"
#include "methods/tables/cascade.h"

struct orr_eval_tables_options {
    struct orr_shards *shards; /* questions are shared out, encoding is not; NULL: all here */
    const char *real;    /* folder with ottqa/tables.jsonl.gz and ottqa/queries.jsonl; NULL: the corpus of datasets/ */
    bool quick;          /* a quarter of the questions and no growth, the same code */
    bool skip_baselines; /* neither FTS5 nor plain BM25, no rewordings, no growth */
    const char *const *ranks; /* [n_ranks] "name=FILE": lists that other programs ranked, {"qid","ids"} lines */
    size_t n_ranks;
    const char *encoder; /* a name (app/corpus_vectors.h); NULL: the one that ships */
    bool rows;           /* vectors of rows on the real data, too, as the shipped one has anyway */
    uint64_t seed;
    const char *learn; /* file to write the ranker learned from all questions to, as C source. NULL: none */
};
enum orr_status orr_eval_tables(const struct orr_eval_tables_options *options, const struct orr_ticker *ticker,
                                struct orr_eval *out, struct orr_error *err);

/* ---- for eval_tables.c: tables and questions in memory ---- */

enum { ORR_EVAL_PARTS = 5, ORR_EVAL_CHOOSING = 2 /* parts */, ORR_EVAL_DEPTH = 100 };

/* The part of a table, 0 to ORR_EVAL_PARTS - 1. */
int orr_tables_part(const char *id);

struct orr_tables_question {
    const char *qid, *text, *answer; /* answer "": not known */
    uint32_t right;                  /* table */
    int part;
};
struct orr_tables_set {
    size_t n_tables, n_questions;
    char **json;          /* [n_tables] */
    uint64_t *key, *hash; /* [n_tables] key: number + 1 */
    struct orr_tables_question *questions;
    size_t n_synthetic;     /* of the tables, at the end */
    struct orr_arena arena; /* ids and texts of questions */
};
/* EFORMAT when a question names a table that is not there. */
enum orr_status orr_tables_set_load(const char *tables, const char *questions, const struct orr_ticker *ticker,
                                    struct orr_tables_set *out, struct orr_error *err);
/* Adds synthetic tables up to `n` in all: title, section, header and each row from other tables drawn at random, so
 * that they have the words of real ones. They answer nothing. */
void orr_tables_set_grow(struct orr_tables_set *s, size_t n, uint64_t seed);
/* `size` of the tables, in their order: those that answer the questions asked[0..n), of which there are no more, and the first
 * others. Borrows them; the questions that were not asked have no table. Free with orr_tables_set_part_free. */
void orr_tables_set_part(const struct orr_tables_set *s, const size_t *asked, size_t n, size_t size,
                         struct orr_tables_set *out);
void orr_tables_set_part_free(struct orr_tables_set *part);
void orr_tables_set_free(struct orr_tables_set *s);
enum orr_status orr_tables_set_index(const struct orr_tables_set *s, const struct orr_bm25f *params,
                                     const struct orr_ticker *ticker, struct orr_index **out, double *seconds,
                                     struct orr_error *err);
struct orr_fts;
/* Puts all tables into an FTS5 index (store/fts.h), ids are their numbers, and finishes it. */
enum orr_status orr_tables_set_fts(const struct orr_tables_set *s, struct orr_fts *f, struct orr_error *err);
/* Table i parsed, in the arena. */
enum orr_status orr_tables_set_doc(const struct orr_tables_set *s, size_t i, struct orr_arena *a, struct orr_doc *out,
                                   struct orr_error *err);

/* ---- eval_tables_ranks.c ---- */

/* rank[i]: the place of the right table of question asked[i], i < n, in the list that the file has for it; INFINITY
 * when it is not among the first ORR_EVAL_DEPTH. EFORMAT when a question has no list. */
enum orr_status orr_tables_ranks_read(const struct orr_tables_set *set, const size_t *asked, size_t n, const char *path,
                                      double *rank, struct orr_error *err);

/* ---- eval_tables_answer.c ---- */

/* F1 and exact match of the built-in reader on questions whose answer is known; no row where there is none. */
enum orr_status orr_tables_eval_answers(const struct orr_tables_set *set, const struct orr_index *x,
                                        const struct orr_eval_tables_options *o, const struct orr_ticker *ticker,
                                        struct orr_eval *out, struct orr_error *err);

/* ---- eval_tables_encoder.c ---- */

/* An encoder with its vectors of a set's tables; both NULL: none. Putting shards together nothing is encoded. */
struct orr_tables_encoder {
    struct orr_encoder *encoder;
    struct orr_vectors *vectors;
    bool has_rows;
};
/* `rows`: of rows, too. *seconds: NaN where nothing was encoded. Leaves *out empty where the options ask for none, or what
 * ships is not there. */
enum orr_status orr_tables_encoder_open(const struct orr_eval_tables_options *o, const struct orr_tables_set *s,
                                        bool rows, const struct orr_ticker *ticker, double *seconds,
                                        struct orr_tables_encoder *out, struct orr_error *err);
void orr_tables_encoder_close(struct orr_tables_encoder *e);

/* ---- eval_tables_learn.c ---- */

/* Candidates of every question from stage 2 with their features. */
struct orr_tables_lists {
    size_t n;      /* questions */
    size_t *first; /* [n + 1] rows of x */
    size_t *right; /* [n] row that answers; SIZE_MAX: not among them */
    float *x;
};
enum orr_status orr_tables_lists_make(const struct orr_tables_set *s, const struct orr_index *x,
                                      const struct orr_tables_encoder *encoder, const struct orr_ticker *ticker,
                                      struct orr_tables_lists *out, struct orr_error *err);
void orr_tables_lists_free(struct orr_tables_lists *l);
/* Learns from the questions of all parts but `without` (-1: of all). */
enum orr_status orr_tables_learn(const struct orr_tables_set *s, const struct orr_tables_lists *l, int without,
                                 const struct orr_ticker *ticker, struct orr_table_ranker *out, struct orr_error *err);
/* near NULL: the shipped one is written again. */
enum orr_status orr_tables_ship(const struct orr_table_ranker *r, const struct orr_table_ranker *near,
                                const struct orr_tables_set *s, const char *path, struct orr_error *err);

#endif
