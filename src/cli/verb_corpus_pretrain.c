/* orrery corpus pretrain: the small encoder of tables. */
#include "app/corpus_pretrain.h"
#include "cli/out_file.h"
#include "cli/verbs.h"

static void seen(void *ctx, const struct orr_bag_report *r)
{
    orr_io_say(ctx, "step %lld of %lld: loss %.3f, partner found %.1f%%, lr %.2g", (long long)r->step,
               (long long)r->steps, r->loss, 100 * r->accuracy, r->lr);
}

static int run(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_bag_job job = orr_bag_job_defaults();
    struct orr_error err;
    (void)app;
    enum orr_status s = orr_args_out_file(args, &job.out, &err);
    job.tables = orr_args_text(args, "tables");
    job.wordnet = orr_args_text(args, "wordnet");
    job.parts = (int)orr_args_int(args, "parts");
    job.train.rows = (int)orr_args_int(args, "rows");
    job.train.dim = (int)orr_args_int(args, "dim");
    job.train.batch = (int)orr_args_int(args, "batch");
    job.train.steps = orr_args_int(args, "steps");
    job.train.lr = orr_args_number(args, "lr");
    job.train.wordnet_share = orr_args_number(args, "wordnet-share");
    job.train.seed = (uint64_t)orr_args_int(args, "seed");
    job.train.checkpoint = orr_args_text(args, "checkpoint");
    if (!s && !job.out) s = orr_error_set(&err, ORR_EINVAL, NULL, "name a file: --out encoder.safetensors");
    if (s == ORR_OK) s = orr_app_corpus_pretrain(&job, &io->ticker, seen, io, &err);
    if (s == ORR_ECANCELLED && job.train.checkpoint) {
        orr_io_say(io, "%s; the same command goes on", err.message);
        return ORR_EXIT_INTERRUPTED;
    }
    if (s != ORR_OK) return orr_cli_fail(io, args->verb, &err);
    orr_io_say(io, "wrote %s", job.out);
    return ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"out", 'o', ORR_OPT_FILE, "FILE", NULL, "the encoder to write (safetensors, half precision)", 0, 0},
    {"tables", 't', ORR_OPT_FILE, "FILE|FOLDER", NULL,
     "tables to draw questions from, as for `orrery corpus add` (default: WordNet alone)", 0, 0},
    {"wordnet", 0, ORR_OPT_FILE, "DIR", NULL,
     "folder with data.noun, data.verb, data.adj, data.adv (otherwise the installed one)", 0, 0},
    {"parts", 0, ORR_OPT_INT, "N", "2",
     "only tables of the first N of five parts: with 2, of none that `orrery eval tables` asks for; 5: all", 0, 5},
    {"rows", 0, ORR_OPT_INT, "N", "16384", "vectors that words and trigrams are hashed to", 16, 1 << 20},
    {"dim", 0, ORR_OPT_INT, "N", "128", "numbers of a vector", 2, 1024},
    {"batch", 'b', ORR_OPT_INT, "N", "256", "pairs of a step", 2, 4096},
    {"steps", 0, ORR_OPT_INT, "N", "6000", "optimiser steps", 1, 1e8},
    {"lr", 0, ORR_OPT_NUMBER, "X", "3e-3", "the highest learning rate (Adam)", 1e-12, 10},
    {"wordnet-share", 0, ORR_OPT_NUMBER, "X", "0.3", "share of the steps that learn from WordNet", 0, 1},
    {"seed", 's', ORR_OPT_INT, "N", "1", "of first numbers and of what is drawn", 0, 1e15},
    {"checkpoint", 0, ORR_OPT_FILE, "FILE", NULL, "saved now and then and when stopped; gone on from when it exists", 0,
     0},
    {0},
};

const struct orr_verb orr_verb_corpus_pretrain = {
    .name = "corpus pretrain",
    .summary = "train the small encoder of questions and tables",
    .operands = "",
    .details =
        "A text is the sum of learned vectors of its words and their trigrams, hashed. They are learned by contrast: in a "
        "batch, each text has to find its partner among those of all others. Partners are a word of WordNet and a synonym, "
        "its definition, the word above it or an example; and a question drawn from a table (synthetic: title, section, "
        "headings and a cell, some words left out or replaced by synonyms) and the table or a row of it.\n\n"
        "The file serves as --encoder of `orrery corpus add` and `orrery search`.",
    .examples = "orrery corpus pretrain --out encoder.safetensors --tables tables.jsonl.gz --checkpoint encoder.checkpoint",
    .options = options,
    .run = run,
};
