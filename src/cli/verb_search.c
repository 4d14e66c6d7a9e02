/* orrery search: tables that answer a question. */
#include <stdlib.h>
#include <string.h>

#include "app/search_recall.h"
#include "cli/verbs.h"
#include "ingest/tables.h"

static void say_result(struct orr_io *io, const struct orr_cascade_result *r)
{
    if (r->common_only && r->n) orr_io_say(io, "every word of the query is in most tables: the order means little");
    if (r->known == 0) orr_io_say(io, "no table has any of these words");
}

/* ---- one question ---- */

static enum orr_status search_one(const struct orr_search *s, const struct orr_args *args, const char *query,
                                  const struct orr_cascade_options *o, struct orr_io *io, struct orr_error *err)
{
    const size_t k = (size_t)orr_args_int(args, "k");
    struct orr_cascade_result r = {0};
    const enum orr_status status = orr_cascade_run(s->cascade, query, o, &r, err);
    if (status == ORR_OK) {
        say_result(io, &r);
        if (orr_args_format(args) == ORR_TABLE_JSON) {
            struct orr_str text = {0};
            orr_search_json(s, &r, k, NULL, query, &text);
            fwrite(text.data, 1, text.len, io->out);
            orr_str_free(&text);
        } else {
            struct orr_table t = {0};
            orr_search_table(s, &r, k, &t);
            orr_cli_print_table(io, args, &t);
            orr_table_free(&t);
        }
    }
    orr_cascade_result_free(&r);
    return status;
}

/* ---- many ---- */

struct many {
    const struct orr_search *s;
    const struct orr_args *args;
    struct orr_cascade_options o;
    struct orr_io *io;
    size_t n, empty;
};

static enum orr_status ask(void *ctx, const struct orr_question *q, struct orr_error *err)
{
    struct many *m = ctx;
    struct orr_cascade_result r = {0};
    struct orr_str text = {0};
    if (!orr_ticker_tick(&m->io->ticker, "searching", "questions", m->n++, 0))
        return orr_error_set(err, ORR_ECANCELLED, "search", "stopped");
    m->empty +=
        orr_cascade_run(m->s->cascade, q->question, &m->o, &r, NULL) != ORR_OK; /* an empty list is printed then */
    orr_search_json(m->s, &r, (size_t)orr_args_int(m->args, "k"), q->qid, q->question, &text);
    fwrite(text.data, 1, text.len, m->io->out);
    orr_str_free(&text);
    orr_cascade_result_free(&r);
    return ORR_OK;
}

/* ---- encoders ---- */

struct reading {
    struct orr_search *s;
    struct orr_store *store;
};
static enum orr_status fetch(void *ctx, uint32_t doc, struct orr_arena *a, struct orr_doc *out, struct orr_error *err)
{
    const struct reading *r = ctx;
    return orr_search_doc(r->s, r->store, doc, a, out, err);
}

/* An encoder that re-ranks; the caller frees o->reader.encoder. */
static enum orr_status open_reader(const struct orr_args *args, struct reading *r, struct orr_cascade_options *o,
                                   struct orr_error *err)
{
    const char *name = orr_args_text(args, "rerank-encoder");
    if (!name) return ORR_OK;
    o->reader = (struct orr_reading_ranker){.alone = orr_args_flag(args, "rerank-alone"),
                                            .most = (size_t)orr_args_int(args, "rerank-most"),
                                            .fetch = fetch,
                                            .ctx = r};
    return orr_encoder_open_named(name, &o->reader.encoder, err);
}

static enum orr_dense_mode dense_mode(const struct orr_args *args)
{
    for (int m = 0; m < 3; m++)
        if (strcmp(orr_args_text(args, "mode"), orr_dense_mode_names[m]) == 0) return (enum orr_dense_mode)m;
    return ORR_DENSE_MINI;
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    const char *queries = orr_args_text(args, "queries");
    struct orr_cascade_options o = orr_cascade_defaults();
    struct orr_search s = {0};
    struct orr_error err;
    enum orr_status status;
    o.skip[ORR_STAGE_DENSE] =
        strcmp(orr_args_text(args, "stage"), "sparse") == 0 || strcmp(orr_args_text(args, "skip"), "dense") == 0;
    o.skip[ORR_STAGE_RERANK] = strcmp(orr_args_text(args, "stage"), "rerank") != 0;
    o.syntax = !queries && !orr_args_flag(args, "plain");
    size_t empty = 0;
    if ((queries != NULL) == (args->n_operands > 1)) {
        orr_error_set(&err, ORR_EINVAL, NULL, "give one query, or --queries FILE");
        return orr_cli_fail(io, args->verb, &err);
    }
    struct reading reading = {&s, app->store};
    const char *encoder = orr_args_text(args, "encoder");
    o.mode = dense_mode(args);
    o.no_encoder = encoder && orr_encoder_is_none(encoder);
    status = orr_search_open_with(app->store, args->operand[0], encoder, false, &io->ticker, &s, &err);
    if (status == ORR_OK && s.corpus.built)
        orr_io_say(io, "indexed %u tables in %.2f s", orr_index_docs(s.corpus.index), s.corpus.seconds);
    if (status == ORR_OK && *s.corpus.note) orr_io_say(io, "%s", s.corpus.note);
    if (status == ORR_OK && s.vectors.built)
        orr_io_say(io, "encoded %u tables in %.1f s", orr_index_docs(s.corpus.index), s.vectors.seconds);
    if (status == ORR_OK && *s.vectors.note) orr_io_say(io, "%s", s.vectors.note);
    if (status == ORR_OK) status = open_reader(args, &reading, &o, &err);
    if (status == ORR_OK && queries) {
        struct many m = {&s, args, o, io, 0, 0};
        const struct orr_questions_in in = {ask, &m};
        status = orr_questions_read(queries, &in, &err);
        empty = m.empty;
        if (empty) orr_io_say(io, "%zu questions have no words: their lists are empty", empty);
    } else if (status == ORR_OK) {
        status = search_one(&s, args, args->operand[1], &o, io, &err);
    }
    orr_encoder_free(o.reader.encoder);
    orr_search_close(&s);
    if (status != ORR_OK) return orr_cli_fail(io, args->verb, &err);
    return empty ? ORR_EXIT_PARTIAL : ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"k", 'k', ORR_OPT_INT, "N", "10", "at most N tables a question", 1, 100000},
    {"queries", 'q', ORR_OPT_FILE, "FILE", NULL,
     "JSON lines {\"qid\",\"question\"}, plain or gzipped: one list each, as JSON lines", 0, 0},
    {"stage", 0, ORR_OPT_CHOICE, "sparse|dense|rerank", "rerank", "the last stage of the cascade", 0, 0},
    {"skip", 0, ORR_OPT_CHOICE, "none|dense", "none", "leave a stage out", 0, 0},
    {"plain", 0, ORR_OPT_FLAG, NULL, NULL, "take +, - and field: as text", 0, 0},
    {"encoder", 'e', ORR_OPT_TEXT, "NAME|DIR", NULL,
     "shipped: our own small one; use: the npm sentence encoder; hashed: none; or a file or a model folder (default: the one "
     "that the corpus has, at first hashed)",
     0, 0},
    {"mode", 0, ORR_OPT_CHOICE, "table|row|mini-table", "mini-table",
     "what an encoder compares besides the whole table: its best row, or its five best rows together", 0, 0},
    {"rerank-encoder", 0, ORR_OPT_TEXT, "NAME|DIR", NULL,
     "an encoder, such as a cross-encoder's folder, that reads the question with the best tables", 0, 0},
    {"rerank-most", 0, ORR_OPT_INT, "N", "20", "how many tables it reads", 1, 1000},
    {"rerank-alone", 0, ORR_OPT_FLAG, NULL, NULL, "rank these by it alone, not by the features, too", 0, 0},
    {0},
};

const struct orr_verb orr_verb_search = {
    .name = "search",
    .summary = "find the tables that answer a question",
    .operands = "CORPUS [QUERY]",
    .details = "A cascade. sparse: an index with BM25F over title, section, text, header and cells keeps 1000 tables. "
               "dense: the nearest by vectors "
               "of word pieces, which forgive spelling, and by an encoder's, which knows other words for the same, join them; "
               "100 are kept. rerank: these are ranked anew by what "
               "question and table "
               "have in common. Scores of every stage are printed; a query with rules leaves the dense stage out.\n\n"
               "In a query, +word must occur and -word must not, \"+\\\"two words\\\"\" must stand side by side, and "
               "title:word, section:, "
               "text:, intro:, header:, cells: must occur in that field; --plain and --queries take everything as "
               "text.\n\nEncoders are folders of Hugging Face with config.json, model.safetensors and vocab.txt or "
               "tokenizer.json: "
               "BERT, MiniLM, bge, e5 and MPNet give vectors; cross-encoders only re-rank; masked language models give "
               "SPLADE's weights. A corpus keeps the vectors of the last encoder. Exit code 4: "
               "some questions had no words.",
    .examples = "orrery search wiki 'population of the largest cities in Finland'\norrery search wiki 'title:oslo tram "
                "lines' -k 5\n"
                "orrery search wiki --queries dev.jsonl -k 50 >ranks.jsonl",
    .options = options,
    .needs_store = true,
    .run = run,
};

static int export_recall(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_error err;
    const char *out = orr_args_text(args, "out");
    enum orr_status status = out ? ORR_OK : orr_error_set(&err, ORR_EINVAL, NULL, "name a file: --out recall.svg");
    if (status == ORR_OK) status = orr_search_recall_export(app->store, args->operand[0], out, &io->ticker, &err);
    if (status != ORR_OK) return orr_cli_fail(io, args->verb, &err);
    orr_io_say(io, "wrote %s", out);
    return ORR_EXIT_OK;
}

static const struct orr_option export_options[] = {
    {"out", 'o', ORR_OPT_FILE, "FILE", NULL, "the file to write: .png .svg .pdf .csv .json .md", 0, 0},
    {0},
};

const struct orr_verb orr_verb_export_search = {
    .name = "export search",
    .summary = "write how often each stage finds the right table among its first k",
    .operands = "CORPUS",
    .details =
        "Asks every question that came with the corpus (`orrery corpus add NAME --questions FILE`), k = 1 to 100.",
    .examples = "orrery export search wiki --out recall.svg",
    .options = export_options,
    .needs_store = true,
    .run = export_recall,
};
