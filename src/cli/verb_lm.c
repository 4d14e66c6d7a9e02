/* orrery lm: language models of one's own. */
#include <stdlib.h>

#include "app/lm.h"
#include "cli/verbs.h"

static void print_outcome(const struct orr_lm_outcome *o, const char *state, const struct orr_args *args,
                          struct orr_io *io)
{
    const struct {
        const char *name;
        double x;
        enum orr_cell_kind cell;
    } cells[] = {{"run", (double)o->run, ORR_CELL_INTEGER},
                 {"steps", (double)o->step, ORR_CELL_INTEGER},
                 {"parameters", (double)o->parameters, ORR_CELL_INTEGER},
                 {"tokens", (double)o->tokens, ORR_CELL_INTEGER},
                 {"train_loss", o->train_loss, ORR_CELL_NUMBER},
                 {"val_loss", o->loss, ORR_CELL_NUMBER},
                 {"val_accuracy", o->accuracy, ORR_CELL_NUMBER},
                 {"seconds", o->seconds, ORR_CELL_NUMBER}};
    enum { N = sizeof cells / sizeof *cells };
    struct orr_table t = {0};
    orr_table_init(&t, 1, N + 1);
    for (size_t i = 0; i < N; i++) {
        orr_table_column(&t, i, cells[i].name, cells[i].cell);
        orr_table_set_number(&t, 0, i, cells[i].x);
    }
    orr_table_column(&t, N, "state", ORR_CELL_TEXT);
    orr_table_set_text(&t, 0, N, state);
    orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
}

static int train(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_lm_job job = orr_lm_job_defaults();
    struct orr_lm_outcome o;
    struct orr_error err;
    if (args->n_operands != 1) {
        orr_error_set(&err, ORR_EINVAL, NULL, "name the folder of the model");
        return orr_cli_fail(io, args->verb, &err);
    }
    job.out = args->operand[0];
    job.arch = orr_args_text(args, "arch");
    job.vocab = (int)orr_args_int(args, "vocab");
    job.context = (int)orr_args_int(args, "context");
    job.wordnet = orr_args_text(args, "wordnet");
    job.checkpoint = orr_args_text(args, "checkpoint");
    job.checkpoint_every = (int)orr_args_int(args, "checkpoint-every");
    job.evaluate_every = (int)orr_args_int(args, "evaluate-every");
    job.name = orr_args_text(args, "name");
    job.group = orr_args_text(args, "group");
    job.train.lr = orr_args_number(args, "lr");
    job.train.weight_decay = orr_args_number(args, "weight-decay");
    job.train.steps = (int)orr_args_int(args, "steps");
    job.train.warmup = (int)orr_args_int(args, "warmup");
    job.train.cooldown = orr_args_number(args, "cooldown");
    job.train.batch = (int)orr_args_int(args, "batch");
    job.train.prompt_share = orr_args_number(args, "prompt-share");
    job.train.seed = (uint64_t)orr_args_int(args, "seed");
    const enum orr_status s = orr_app_lm_train(app, &job, &io->ticker, &o, &err);
    if (s && s != ORR_ECANCELLED) return orr_cli_fail(io, args->verb, &err);
    if (s)
        orr_io_say(io, "stopped after step %lld; %s", (long long)o.step,
                   job.checkpoint ? "the same command goes on" : "without --checkpoint it begins anew");
    print_outcome(&o, s ? "stopped" : "finished", args, io);
    return s ? ORR_EXIT_INTERRUPTED : ORR_EXIT_OK;
}

static int show(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_table t = {0};
    struct orr_error err;
    char *shipped = args->n_operands ? NULL : orr_lm_shipped();
    (void)app;
    if (args->n_operands > 1 || (!args->n_operands && !shipped)) {
        orr_error_set(&err, ORR_EINVAL, NULL, "name one model: a folder, or a llama2.c file");
        free(shipped);
        return orr_cli_fail(io, args->verb, &err);
    }
    const enum orr_status s = orr_app_lm_show(shipped ? shipped : args->operand[0], &t, &err);
    const int code = s ? orr_cli_fail(io, args->verb, &err) : orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
    free(shipped);
    return code;
}

static int list(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_table t = {0};
    struct orr_error err;
    (void)app;
    const enum orr_status s = orr_app_lm_list(args->n_operands ? args->operand[0] : NULL, &t, &err);
    const int code = s ? orr_cli_fail(io, args->verb, &err) : orr_cli_print_table(io, args, &t);
    orr_table_free(&t);
    return code;
}

static const struct orr_option train_options[] = {
    {"arch", 'a', ORR_OPT_TEXT, "D:LAYERS:HEADS", "128:4:4", "width, blocks and heads", 0, 0},
    {"vocab", 0, ORR_OPT_INT, "N", "4096", "pieces of the vocabulary, learned first and kept in the folder", 300, 65536},
    {"context", 0, ORR_OPT_INT, "N", "96", "tokens of the longest line; longer ones are left out", 8, 4096},
    {"steps", 0, ORR_OPT_INT, "N", "10600", "optimiser steps", 1, 1e8},
    {"batch", 'b', ORR_OPT_INT, "N", "1536", "tokens of a step, at least", 16, 1e6},
    {"lr", 0, ORR_OPT_NUMBER, "X", "3e-3", "the highest learning rate (AdamW)", 1e-12, 10},
    {"warmup", 0, ORR_OPT_INT, "STEPS", "200", "steps in which the rate rises", 0, 1e8},
    {"cooldown", 0, ORR_OPT_NUMBER, "SHARE", "0.2", "share of the steps, the last ones, in which it falls to 0", 0, 1},
    {"weight-decay", 0, ORR_OPT_NUMBER, "X", "0.05", "decoupled, of matrices", 0, 10},
    {"prompt-share", 0, ORR_OPT_NUMBER, "X", "0.25",
     "share of a prompt's tokens that are learned too; those of answers always are", 0, 1},
    {"seed", 's', ORR_OPT_INT, "N", "1", "of weights, order and what is drawn", 0, 1e15},
    {"wordnet", 0, ORR_OPT_FILE, "DIR", NULL,
     "folder with data.noun, data.verb, data.adj, data.adv (otherwise the installed one)",
     0, 0},
    {"checkpoint", 0, ORR_OPT_FILE, "FILE", NULL, "saved now and then and when stopped; gone on from when it exists", 0, 0},
    {"checkpoint-every", 0, ORR_OPT_INT, "STEPS", "200", "steps between two", 1, 1e8},
    {"evaluate-every", 0, ORR_OPT_INT, "STEPS", "250", "steps between two looks at validation lines", 1, 1e8},
    {"name", 0, ORR_OPT_TEXT, "TEXT", NULL, "name of the run", 0, 0},
    {"group", 0, ORR_OPT_TEXT, "TEXT", NULL, "group of the run", 0, 0},
    {0},
};

const struct orr_verb orr_verb_lm_train = {
    .name = "lm train",
    .summary = "train a small language model on WordNet, from definition to word",
    .operands = "DIR",
    .details =
        "Learns a byte-pair vocabulary, then a decoder with LLaMA's layers (RMS norms, rotary positions, SwiGLU, the token "
        "table again as the head) on lines of WordNet: \"DEFINITION: WORD\", \"WORD, a kind of: WORD\" and example sentences "
        "with the word left out, \"... ____ ...: WORD\". Synsets are parted by a hash, 90% for training, 5% for validation, "
        "5% for testing; a line that would tell of a synset in another part is left out.\n\n"
        "DIR becomes a model folder (config.json, model.safetensors, tokenizer.json) that `orrery select --model DIR` and "
        "other programs open. The training is a run of project lm with its curves by steps. Everything drawn follows from "
        "seed and step: a training gone on from a checkpoint gives the same model. WordNet is the Debian package "
        "wordnet-base (make models).",
    .examples = "orrery lm train my-lm --checkpoint my-lm.ckpt\norrery lm train tiny --arch 64:2:4 --vocab 1000 --steps 500",
    .options = train_options,
    .writes_store = true,
    .run = train,
};
const struct orr_verb orr_verb_lm_show = {
    .name = "lm show",
    .summary = "show what a language model is: sizes, vocabulary, how it was trained",
    .operands = "[MODEL]",
    .details = "MODEL is a folder of the LLaMA or GPT-2 family or a llama2.c file; without it the shipped model is shown.",
    .examples = "orrery lm show\norrery lm show stories260K.bin --json",
    .run = show,
};
const struct orr_verb orr_verb_lm_list = {
    .name = "lm list",
    .summary = "list the language models of a folder",
    .operands = "[DIR]",
    .details = "Without DIR those that ship with Orrery. A model that cannot be opened is listed with the reason.",
    .examples = "orrery lm list\norrery lm list ~/models",
    .run = list,
};
