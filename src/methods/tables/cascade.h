/* The cascade of CRAFT (arXiv 2505.14984): each stage keeps fewer tables than the one before, at a higher price
 * each. 1 sparse: BM25F over the index; 2 dense: cosine of hashed vectors, which forgives spelling, and of an
 * encoder's where the corpus has them: the nearest tables join those of stage 1; 3 re-rank: features of question and
 * table together, then, where asked for, an encoder that reads both. */
#ifndef ORRERY_METHODS_TABLES_CASCADE_H
#define ORRERY_METHODS_TABLES_CASCADE_H

#include "methods/tables/ranker.h"
#include "text/doc.h"
#include "text/encoder.h"
#include "text/vectors.h"

enum orr_stage { ORR_STAGE_SPARSE, ORR_STAGE_DENSE, ORR_STAGE_RERANK, ORR_STAGES };
extern const char *const orr_stage_names[ORR_STAGES]; /* "sparse", "dense", "rerank" */

/* What an encoder's stage 2 compares the question with, besides the table as a whole: its best row, or the mini-table
 * of its five best rows. */
enum orr_dense_mode { ORR_DENSE_TABLE, ORR_DENSE_ROW, ORR_DENSE_MINI };
extern const char *const orr_dense_mode_names[]; /* "table", "row", "mini-table" */

/* An encoder as the last step of stage 3: it reads the question with the mini-tables of the first `most` candidates and
 * orders them anew, by its score and that of the features together, or by its own alone. */
struct orr_reading_ranker {
    struct orr_encoder *encoder; /* NULL: none */
    bool alone;
    size_t most; /* 0: ORR_READ_MOST */
    /* The table of a document; *out lives in the arena. */
    enum orr_status (*fetch)(void *ctx, uint32_t doc, struct orr_arena *a, struct orr_doc *out, struct orr_error *err);
    void *ctx;
};
enum { ORR_READ_MOST = 20, ORR_MINI_ROWS = 5 };

struct orr_cascade_options {
    size_t keep[ORR_STAGES];               /* how many tables each stage passes on */
    bool skip[ORR_STAGES];                 /* stage 1 cannot be skipped */
    bool syntax;                           /* the query may hold rules (text/query.h) */
    const struct orr_table_ranker *ranker; /* NULL: the shipped one that fits: with or without an encoder's vectors */
    enum orr_dense_mode mode;
    bool no_encoder; /* leaves its vectors out */
    struct orr_reading_ranker reader;
};
struct orr_cascade_options orr_cascade_defaults(void);

struct orr_candidate {
    uint32_t doc;
    float score[ORR_STAGES];    /* NaN where the stage did not see it */
    uint32_t place[ORR_STAGES]; /* 1, 2, ... in the order of that stage; 0: it did not see it, or dropped it */
};
struct orr_cascade_result {
    size_t n;
    struct orr_candidate *items; /* best first: by the last stage that saw a table, those of later stages first */
    size_t kept[ORR_STAGES];
    double seconds[ORR_STAGES]; /* stage 1 with reading the question */
    size_t words, known;        /* of the question: in all, different ones that the corpus has */
    bool common_only;           /* all of them are in most tables */
};
void orr_cascade_result_free(struct orr_cascade_result *r);

/* Searches one index. One per thread. */
struct orr_cascade;
struct orr_cascade *orr_cascade_new(const struct orr_index *x); /* x is borrowed and outlives it */
void orr_cascade_free(struct orr_cascade *c);                   /* NULL-safe */
const struct orr_index *orr_cascade_index(const struct orr_cascade *c);
/* Gives stage 2 the vectors of the index's documents, in the same order, and the encoder that made them. Borrowed. EINVAL
 * where they do not fit. */
enum orr_status orr_cascade_attach(struct orr_cascade *c, const struct orr_vectors *v, struct orr_encoder *e,
                                   struct orr_error *err);

/* cosine[documents] of the encoder alone with every table, in a mode. EINVAL without an encoder. */
enum orr_status orr_cascade_cosines(struct orr_cascade *c, const char *query, enum orr_dense_mode mode, float *cosine,
                                    struct orr_error *err);

/* The re-ranker that a run with these options uses. */
const struct orr_table_ranker *orr_cascade_ranker(const struct orr_cascade *c, const struct orr_cascade_options *o);

/* Stages 1 and 2, and the features of the first *out->n candidates of stage 2 that stage 3 would see: *x
 * [seen][ORR_TABLE_FEATURES], valid until the next call; seen = min(out->n, keep[DENSE]). EINVAL when the query has
 * no words. Zero-initialise *out before. */
enum orr_status orr_cascade_candidates(struct orr_cascade *c, const char *query,
                                       const struct orr_cascade_options *options, struct orr_cascade_result *out,
                                       const float **x, struct orr_error *err);
/* The same with the last stage. */
enum orr_status orr_cascade_run(struct orr_cascade *c, const char *query, const struct orr_cascade_options *options,
                                struct orr_cascade_result *out, struct orr_error *err);

/* How the last query matches one table (methods/tables/features.h): arrays of its rows, cells and headings, zeroed
 * by the caller; false when the query has no words. */
bool orr_cascade_match(struct orr_cascade *c, const char *query, uint32_t doc, float *row, float *cell, float *heading);
/* The features of one candidate of the result, in the order of enum orr_table_feature. */
void orr_cascade_explain(struct orr_cascade *c, const char *query, const struct orr_cascade_options *options,
                         uint32_t doc, float x[ORR_TABLE_FEATURES]);

#endif
