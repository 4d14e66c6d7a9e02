/* orrery eval NAME: the tables of the systems. */
#include "app/eval_adoption.h"
#include "app/eval_curve.h"
#include "app/eval_detect.h"
#include "app/eval_jump.h"
#include "app/eval_tables.h"
#include "app/eval_network.h"
#include "app/eval_prompt.h"
#include "app/eval_select.h"
#include "app/eval_weights.h"
#include "app/eval_weights_summary.h"
#include "cli/shard_args.h"
#include "cli/verbs.h"

/* Prints the table, or why there is none; frees it and gives the exit code. */
static int finish(struct orr_app *app, const struct orr_args *args, struct orr_io *io, enum orr_status status,
                  struct orr_eval *eval, const struct orr_error *err)
{
    const enum orr_table_format format = orr_args_format(args);
    struct orr_str text = {0};
    const bool print = status == ORR_OK && !orr_shards_partial(app->shards);
    if (print && format == ORR_TABLE_JSON) {
        orr_eval_json(eval, &text);
    } else if (print) {
        for (int paired = 0; paired < 2; paired++) {
            struct orr_table t = {0};
            orr_eval_table(eval, paired, &t);
            if (paired) orr_str_append_char(&text, '\n');
            orr_table_print(&t, format, io->width, &text);
            orr_table_free(&t);
        }
    }
    fwrite(orr_str_c(&text), 1, text.len, io->out);
    orr_str_free(&text);
    orr_eval_free(eval);
    return status == ORR_OK ? ORR_EXIT_OK : orr_cli_fail(io, args->verb, err);
}

static int eval_adoption(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    const struct orr_eval_adoption_options o = {
        .shards = app->shards,
        .real = orr_args_text(args, "real"),
        .quick = orr_args_flag(args, "quick"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
        .threads = (int)orr_args_int(args, "threads"),
        .learn = orr_args_text(args, "learn"),
    };
    struct orr_eval eval = {0};
    struct orr_error err;
    const enum orr_status status = orr_eval_adoption(&o, &io->ticker, &eval, &err);
    return finish(app, args, io, status, &eval, &err);
}

static const struct orr_option options[] = {
    {"real", 0, ORR_OPT_FILE, "DIR", NULL, "folder with hf_adoption/ and pypi_downloads/: real series too", 0, 0},
    {"quick", 0, ORR_OPT_FLAG, NULL, NULL, "a minute's subset of the same code", 0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "first of the five seeds", 0, 1e15},
    {"threads", 0, ORR_OPT_INT, "N", "0", "worker threads; 0: one per core", 0, 64},
    {"learn", 0, ORR_OPT_FILE, "FILE", NULL, "write the prior and blend learned from hf_adoption as C source", 0, 0},
    ORR_SHARD_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_eval_adoption = {
    .name = "eval adoption",
    .summary = "how well adoption curves are fitted and forecast, against baselines",
    .operands = "",
    .details =
        "Prints one row per task, setting, method and metric with a bootstrap 95% interval over series, then paired "
        "differences of bayes and blend against every other method.\n\n"
        "Tasks. recovery: coverage of the posterior intervals of parameters of series simulated from the reinforced "
        "Poisson process, five seeds, the prior learned from another simulated population. golden: the authors' "
        "published parameters against --paper fits of the same series, as curves within 1e-3; rows in which they "
        "kept their start values are counted apart. forecast-*: the count `ahead` months after `observe` months "
        "(setting \"12+6\"), for every series with at least 10 events by then. Everything learned is learned from "
        "other companies, other folds of packages or other seeds, never from the series forecast or its group.\n\n"
        "medape and mape: median and mean of |forecast - count| / count; rmse: root mean square of the same; "
        "coverage50, coverage90: share of counts within the interval.",
    .examples = "orrery eval adoption --quick --json\norrery eval adoption --real ../shared/data",
    .options = options,
    .run = eval_adoption,
};

static int eval_jump(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_eval_jump_options o = {
        .shards = app->shards,
        .quick = orr_args_flag(args, "quick"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
        .threads = (int)orr_args_int(args, "threads"),
        .runs = (size_t)orr_args_int(args, "runs"),
    };
    struct orr_arena arena = {0};
    struct orr_eval eval = {0};
    struct orr_error err;
    o.tasks = orr_args_list(args, "task", &arena, &o.n_tasks);
    const enum orr_status status = orr_eval_jump(&o, &io->ticker, &eval, &err);
    const int code = finish(app, args, io, status, &eval, &err);
    orr_arena_free(&arena);
    return code;
}

static int sum_up_weights(const struct orr_args *args, struct orr_io *io)
{
    struct orr_eval eval = {0};
    struct orr_str text = {0};
    struct orr_error err;
    enum orr_status s = args->n_operands ? ORR_OK : orr_error_set(&err, ORR_EINVAL, "--summary", "needs the results to sum up");
    for (size_t i = 0; i < args->n_operands && !s; i++) s = orr_eval_read(args->operand[i], "weights", &eval, &err);
    if (!s) orr_eval_weights_summary(&eval, &text);
    fwrite(orr_str_c(&text), 1, text.len, io->out);
    orr_str_free(&text);
    orr_eval_free(&eval);
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

static int eval_weights(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    if (orr_args_flag(args, "summary")) return sum_up_weights(args, io);
    if (args->n_operands) {
        struct orr_error err;
        orr_error_set(&err, ORR_EINVAL, args->operand[0], "results go with --summary");
        return orr_cli_fail(io, args->verb, &err);
    }
    if (orr_args_flag(args, "jump")) return eval_jump(app, args, io);
    struct orr_eval_weights_options o = {
        .shards = app->shards,
        .quick = orr_args_flag(args, "quick"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
        .seeds = (int)orr_args_int(args, "seeds"),
        .threads = (int)orr_args_int(args, "threads"),
        .runs = (size_t)orr_args_int(args, "runs"),
        .tests = (size_t)orr_args_int(args, "tests"),
        .retrain = orr_args_text(args, "retrain"),
        .transfer = orr_args_flag(args, "transfer"),
    };
    struct orr_arena arena = {0};
    struct orr_eval eval = {0};
    struct orr_error err;
    o.methods = orr_args_list(args, "methods", &arena, &o.n_methods);
    o.from = orr_args_list(args, "from", &arena, &o.n_from);
    o.tasks = orr_args_list(args, "task", &arena, &o.n_tasks);
    const enum orr_status status = orr_eval_weights(&o, &io->ticker, &eval, &err);
    const int code = finish(app, args, io, status, &eval, &err);
    orr_arena_free(&arena);
    return code;
}

static const struct orr_option weights_options[] = {
    {"quick", 0, ORR_OPT_FLAG, NULL, NULL,
     "few runs, one seed, 20 percent observed, no CNN and language model, no ablations (unless named)", 0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "first of the seeds", 0, 1e15},
    {"seeds", 0, ORR_OPT_INT, "N", NULL, "seeds of the learned methods (otherwise five, or one with --quick)", 1, 5},
    {"runs", 0, ORR_OPT_INT, "N", NULL, "runs per task and optimiser, a third for testing (otherwise 240, or 18)", 6,
     240},
    {"tests", 0, ORR_OPT_INT, "N", NULL, "score only so many test runs per task and optimiser (otherwise all)", 1, 80},
    {"task", 0, ORR_OPT_LIST, "LIST", NULL,
     "only these of synthetic, weights-linear2d, weights-logistic, weights-mlp, weights-cnn, weights-lm", 0, 0},
    {"threads", 0, ORR_OPT_INT, "N", "0", "worker threads; 0: one per core", 0, 64},
    {"methods", 0, ORR_OPT_LIST, "LIST", NULL, "only these, parted by commas: persistence,flow,flow-own", 0, 0},
    {"from", 0, ORR_OPT_LIST, "STORES", NULL, "take the sweeps' runs from these stores instead of training them", 0, 0},
    {"transfer", 0, ORR_OPT_FLAG, NULL, NULL,
     "fitted on one optimiser, architecture or task, tested on another, instead", 0, 0},
    {"jump", 0, ORR_OPT_FLAG, NULL, NULL, "jump-started training against plain training instead", 0, 0},
    {"retrain", 0, ORR_OPT_FILE, "DIR", NULL, "fit the shipped farcast, flow and flow-loss into DIR instead", 0, 0},
    {"summary", 0, ORR_OPT_FLAG, NULL, NULL,
     "sum up RESULTs, files that this verb printed with --json, as the page of Markdown that datasets/models/weights.md is", 0, 0},
    ORR_SHARD_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_eval_weights = {
    .name = "eval weights",
    .summary = "how well the weights of networks in training are forecast, against baselines",
    .operands = "[RESULT...]",
    .details =
        "Trains the runs of datasets/sweeps/weights-*.json on first use (kept in the cache folder, a few minutes), "
        "parts "
        "them "
        "by run, and forecasts the last weights of the test runs from the first 10, 20 and 40 percent of training.\n\n"
        "synthetic are sequences drawn from four laws instead (exponential, oscillating, plateau, noisy). Methods are "
        "fitted on "
        "the training runs of the same task, optimiser and fraction; flow once for all optimisers and fractions. "
        "Variants: "
        "flow-own is fitted per optimiser and fraction like the others, flow-matching without the error of the "
        "integrated "
        "path, flow-id knows optimiser and learning rate but not the optimiser's own direction by its moments (where they were "
        "recorded), flow-blind none of these; flow-loss is flow tuned to a low loss of the training runs' networks at the "
        "forecast weights instead of a small error of each weight; transformer-pooled on the runs of all optimisers; farcast-plain without the regulariser, "
        "farcast-published in the form of three numbers per horizon; flow-shipped, flow-loss-shipped and "
        "farcast-shipped are those of datasets/models, fitted on the training runs of all tasks. mae and "
        "rmse are of the final weights, loss and accuracy on (the first thousand) test samples of the network with the "
        "forecast weights; \"truth\" is the network with the weights that training reached. Intervals are bootstrap "
        "95% "
        "intervals over runs, each run's score being the mean over seeds.\n\n"
        "--jump trains items of datasets/sweeps/jump-*.json, which no shipped model has seen, once plainly and once "
        "with each "
        "way to jump (orrery lab train --jump) by the shipped models; a setting names the optimiser and when jumps are "
        "tried. steps_saved: percent of training's steps by which the lowest validation loss of plain training is "
        "reached sooner, below 0 where it is later, or never: then the steps that plain training was ahead. "
        "harmed: share of runs below 0. acceptance: share of jumps that the gate let pass. loss, accuracy: on test "
        "samples, at the end. loss_ratio: "
        "validation loss after the first jump (the best candidate's, where refused) over that before, median; "
        "worst_ratio: the largest. gate_cost: work of the gate in percent of that of the steps, not taken off "
        "steps_saved. "
        "-ungated: the whole way to the forecast, always; flow-zeroed: first moments forgotten after the jump.",
    .examples = "orrery eval weights --quick --json\norrery eval weights --task weights-mlp --seeds 3\n"
                "orrery eval weights --jump --task weights-logistic\n"
                "orrery eval weights --summary mlp.json lm.json transfer.json jump.json >weights.md",
    .options = weights_options,
    .run = eval_weights,
};

static int eval_curve(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_eval_curve_options o = {
        .shards = app->shards,
        .quick = orr_args_flag(args, "quick"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
        .seeds = (int)orr_args_int(args, "seeds"),
        .threads = (int)orr_args_int(args, "threads"),
        .steps = (int)orr_args_int(args, "steps"),
        .real = orr_args_text(args, "real"),
        .retrain = orr_args_text(args, "retrain"),
    };
    struct orr_arena arena = {0};
    struct orr_eval eval = {0};
    struct orr_error err;
    o.methods = orr_args_list(args, "methods", &arena, &o.n_methods);
    o.from = orr_args_list(args, "from", &arena, &o.n_from);
    const enum orr_status status = orr_eval_curve(&o, &io->ticker, &eval, &err);
    const int code = finish(app, args, io, status, &eval, &err);
    orr_arena_free(&arena);
    return code;
}

static const struct orr_option curve_options[] = {
    {"real", 'r', ORR_OPT_FILE, "DIR", NULL, "folder with nanogpt_speedruns, lcdb11, lightning_mlpws, yolo_runs", 0, 0},
    {"quick", 0, ORR_OPT_FLAG, NULL, NULL, "a third of the MLP curves, short fits and one seed of the same code", 0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "first of the seeds", 0, 1e15},
    {"seeds", 0, ORR_OPT_INT, "N", NULL, "seeds of the learned methods (otherwise five, or one with --quick)", 1, 8},
    {"steps", 0, ORR_OPT_INT, "N", NULL, "optimiser steps of each fit (otherwise the method's own)", 1, 1e6},
    {"from", 0, ORR_OPT_LIST, "STORES", NULL, "take the sweeps' runs from these stores instead of training them", 0, 0},
    {"threads", 0, ORR_OPT_INT, "N", "0", "worker threads; 0: one per core", 0, 64},
    {"methods", 0, ORR_OPT_LIST, "LIST", NULL, "only these, parted by commas: last,power,lstm,curve-ode", 0, 0},
    {"retrain", 0, ORR_OPT_FILE, "DIR", NULL, "fit the shipped models into DIR instead", 0, 0},
    ORR_SHARD_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_eval_curve = {
    .name = "eval curve",
    .summary = "how well learning curves are carried on, against baselines",
    .operands = "",
    .details =
        "Trains the runs of datasets/sweeps/curve-mlp.json and cell-fashion.json on first use (kept in the cache "
        "folder), "
        "parts them by run, and forecasts validation loss and accuracy of the test runs from the first 20 percent of "
        "the epochs (setting \"40->200\": 40 epochs seen, forecast for epoch 200). Learned methods are fitted on "
        "training and validation curves of the training runs, of which a fifth is held back to stop and to calibrate "
        "on.\n\n"
        "curve-ode-blind does not see the architecture, curve-ode-shuffled sees that of another run, curve-ode-config "
        "sees a list of settings instead (learning rate, batch, weight decay, optimiser, schedule, layers by kind, "
        "widest layer), curve-ode-graph-config the settings beside the architecture. curve-blend is the mean of six "
        "networks and, where the architecture is known, curve-ode. With --real, "
        "the last value of each real curve is forecast from its first 20 percent (lcdb: of the points; else of the "
        "steps) by the same models, and by \"crossed\" ones, which learn besides from the real curves of the other "
        "half of the groups (data sets, records).\n\n"
        "medape and mape: median and mean of |forecast - value| / value; rmse: root mean square of the difference; "
        "coverage50, coverage90: share of values within the interval; kendall_tau, regret: of ranking the runs on one "
        "data set by their forecast (regret: how much worse the one forecast best is than the best, regret@5: the "
        "best of the five forecast best; halfway: ranked by the middle between the last value seen and the forecast); "
        "\"stop worse half at 20%\": regret when the half forecast worse is stopped, and the share of epochs that this "
        "saves. Intervals are "
        "bootstrap 95% intervals over curves, each curve's score being the mean over seeds.",
    .examples = "orrery eval curve --quick --json\norrery eval curve --real ../shared/data",
    .options = curve_options,
    .run = eval_curve,
};

static int eval_tables(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_eval_tables_options o = {
        .shards = app->shards,
        .real = orr_args_text(args, "real"),
        .quick = orr_args_flag(args, "quick"),
        .encoder = orr_args_text(args, "encoder"),
        .rows = orr_args_flag(args, "rows"),
        .skip_baselines = orr_args_flag(args, "as-asked"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
        .learn = orr_args_text(args, "learn"),
    };
    struct orr_arena arena = {0};
    struct orr_eval eval = {0};
    struct orr_error err;
    o.ranks = orr_args_list(args, "ranks", &arena, &o.n_ranks);
    const enum orr_status status = orr_eval_tables(&o, &io->ticker, &eval, &err);
    const int code = finish(app, args, io, status, &eval, &err);
    orr_arena_free(&arena);
    return code;
}

static const struct orr_option tables_options[] = {
    {"real", 0, ORR_OPT_FILE, "DIR", NULL, "folder with ottqa/: its questions instead of those of datasets/tables", 0,
     0},
    {"quick", 0, ORR_OPT_FLAG, NULL, NULL, "a quarter of the questions, no growth; the same code", 0, 0},
    {"encoder", 'e', ORR_OPT_TEXT, "NAME|DIR", NULL,
     "measure what an encoder adds: shipped, use, a file or model folder, or hashed: none (default: shipped)", 0, 0},
    {"as-asked", 0, ORR_OPT_FLAG, NULL, NULL, "leave out FTS5, plain BM25, rewordings and growth", 0, 0},
    {"rows", 0, ORR_OPT_FLAG, NULL, NULL,
     "on the real data, too, let a named encoder encode rows, for the modes row and mini-table", 0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "of rewordings and synthetic tables", 0, 1e15},
    {"ranks", 0, ORR_OPT_LIST, "NAME=FILE", NULL,
     "lists that another program ranked, as {\"qid\",\"ids\"} lines: one more method", 0, 0},
    {"learn", 0, ORR_OPT_FILE, "FILE", NULL, "write the ranker learned from all questions as C source", 0, 0},
    ORR_SHARD_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_eval_tables = {
    .name = "eval tables",
    .summary = "how often the table that answers a question is found, by stage and against baselines",
    .operands = "",
    .details =
        "recall@k in percent and mrr with bootstrap 95% intervals over questions, then paired differences of the "
        "cascade "
        "(tables) and each other method on the same questions; ms_p50 and ms_p95 per question on one thread.\n\n"
        "tables: the whole cascade. dense: its first two stages. bm25f: its first stage alone. bm25: the same index "
        "without fields. fts5: SQLite's, the title "
        "counted five times. Tables fall into five parts by a hash of their id. Weights of fields were chosen on "
        "questions of "
        "two parts, which are not reported; the ranker of a question was learned on the parts that it is not in.\n\n"
        "Tasks. ottqa or own: the questions as asked. reworded: without function words; with two letters of one word "
        "swapped; with half of the words that WordNet has, where it is installed, by synonyms of any of their senses. "
        "growth: the same questions among 1,000, 5,000, all and 25,000 tables, those behind all being synthetic, put together "
        "from parts of real ones; exponent: of the median time from one size to the next, 1 being linear. "
        "encoder: the cascade and its stage 2 with an encoder's vectors, of the mini-table of the best rows, of the "
        "best row or of the whole table, and with the encoder reading the best 5 tables, against those without; and all "
        "tables ranked by these cosines alone (encoder mini-table, row, table), against bm25f. "
        "With --learn, the ranker for encoders is learned, too.",
    .examples = "orrery eval tables --quick --json\norrery eval tables --real ../shared/data",
    .options = tables_options,
    .run = eval_tables,
};

static int eval_network(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_eval_network_options o = {
        .shards = app->shards,
        .quick = orr_args_flag(args, "quick"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
        .seeds = (int)orr_args_int(args, "seeds"),
        .threads = (int)orr_args_int(args, "threads"),
        .nodes = (size_t)orr_args_int(args, "nodes"),
        .series = (size_t)orr_args_int(args, "series"),
        .tests = (size_t)orr_args_int(args, "tests"),
        .epochs = (int)orr_args_int(args, "epochs"),
        .retrain = orr_args_text(args, "retrain"),
    };
    struct orr_arena arena = {0};
    struct orr_eval eval = {0};
    struct orr_error err;
    o.dynamics = orr_args_list(args, "dynamics", &arena, &o.n_dynamics);
    o.topologies = orr_args_list(args, "topologies", &arena, &o.n_topologies);
    o.methods = orr_args_list(args, "methods", &arena, &o.n_methods);
    const enum orr_status status = orr_eval_network(&o, &io->ticker, &eval, &err);
    const int code = finish(app, args, io, status, &eval, &err);
    orr_arena_free(&arena);
    return code;
}

static const struct orr_option network_options[] = {
    {"quick", 0, ORR_OPT_FLAG, NULL, NULL, "two dynamics on one family with few series, and one seed, of the same code",
     0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "first of the seeds, and that of the networks", 0, 1e15},
    {"seeds", 0, ORR_OPT_INT, "N", NULL, "seeds of the learned methods (otherwise five, or one with --quick)", 1, 5},
    {"nodes", 'n', ORR_OPT_INT, "N", NULL, "nodes of each network (otherwise 100, or 40)", 2, 2000},
    {"series", 0, ORR_OPT_INT, "N", NULL, "series per family to learn from (otherwise 100, or 30)", 5, 10000},
    {"tests", 0, ORR_OPT_INT, "N", NULL, "series per family and setting to test on (otherwise 20, or 8)", 1, 1000},
    {"epochs", 0, ORR_OPT_INT, "N", NULL, "passes of each fit (otherwise 80, or 20)", 1, 10000},
    {"dynamics", 'd', ORR_OPT_LIST, "LIST", NULL, "only these, parted by commas: sis,gene", 0, 0},
    {"topologies", 't', ORR_OPT_LIST, "LIST", NULL, "only these, parted by commas: er,ba,community,ws", 0, 0},
    {"methods", 'm', ORR_OPT_LIST, "LIST", NULL, "only these, parted by commas: netdyn,node,svd-lasso", 0, 0},
    {"threads", 0, ORR_OPT_INT, "N", "0", "worker threads; 0: one per core", 0, 64},
    {"retrain", 0, ORR_OPT_FILE, "DIR", NULL, "fit the shipped models into DIR instead", 0, 0},
    ORR_SHARD_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_eval_network = {
    .name = "eval network",
    .summary = "how well node states are forecast without the edges, against baselines",
    .operands = "",
    .details = "Draws synthetic networks (task \"sis/ba\": dynamics and family of graphs), fits every learned method "
               "to series of one family "
               "and forecasts 175 points of other networks from their first 25. Settings: in (the same family), "
               "on-FAMILY (another one: the "
               "generalisation matrix), start (x0 ~ N(6, 1); epidemics: few infected), weights (U(2, 3)), degree "
               "(twice the neighbours), "
               "noise-P% (on the observed points; scored against the states without it).\n\n"
               "mae and rmse over all nodes and horizons; auc: how well the latent edges tell true edges from other "
               "pairs. netdyn-law finds an equation in a library that holds the true ones; netdyn-law-other is the same "
               "without the coupling that the series were made with. true-graph is netdyn "
               "with the true edges; svd-lasso knows the true equations; all networks share training and units. "
               "Intervals are bootstrap 95% "
               "intervals over test series, each series' score being the mean over seeds; mae_ratio_to_netdyn and mae_ratio_to_netdyn-law are "
               "geometric means over tasks. "
               "The whole takes hours; --dynamics, --topologies and --nodes take parts of it.",
    .examples = "orrery eval network --quick --json\norrery eval network --dynamics gene --topologies ba --seeds 3",
    .options = network_options,
    .run = eval_network,
};

static int eval_prompt(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_arena arena = {0};
    struct orr_eval_prompt_options o = {
        .shards = app->shards,
        .quick = orr_args_flag(args, "quick"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
        .seeds = (int)orr_args_int(args, "seeds"),
        .threads = (int)orr_args_int(args, "threads"),
        .shots = (int)orr_args_int(args, "shots"),
        .validation = orr_args_flag(args, "validation"),
        .epochs = (int)orr_args_int(args, "epochs"),
        .search_epochs = (int)orr_args_int(args, "search-epochs"),
        .batch = (int)orr_args_int(args, "batch"),
        .lr = orr_args_number(args, "lr"),
        .alpha_lr = orr_args_number(args, "alpha-lr"),
        .each = (size_t)orr_args_int(args, "each"),
        .encoder = orr_args_text(args, "encoder"),
    };
    o.tasks = orr_args_list(args, "tasks", &arena, &o.n_tasks);
    o.methods = orr_args_list(args, "methods", &arena, &o.n_methods);
    struct orr_eval eval = {0};
    struct orr_error err;
    const enum orr_status status = orr_eval_prompt(&o, &io->ticker, &eval, &err);
    orr_arena_free(&arena);
    return finish(app, args, io, status, &eval, &err);
}

static const struct orr_option prompt_options[] = {
    {"quick", 0, ORR_OPT_FLAG, NULL, NULL, "a minute's subset of the same code", 0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "first of the seeds", 0, 1e15},
    {"seeds", 0, ORR_OPT_INT, "N", NULL, "seeds of images, prompts and batches (otherwise 10, or 2)", 1, 1000},
    {"threads", 0, ORR_OPT_INT, "N", "0", "worker threads; 0: one per core", 0, 64},
    {"shots", 'k', ORR_OPT_INT, "N", NULL, "images of each base class (otherwise 16)", 1, ORR_PROMPT_POOL_EACH},
    {"epochs", 0, ORR_OPT_INT, "N", NULL, "passes of a training (otherwise the default)", 1, ORR_PROMPTS_EPOCHS},
    {"search-epochs", 0, ORR_OPT_INT, "N", NULL, "passes of a search (otherwise the default)", 1, ORR_PROMPTS_EPOCHS},
    {"batch", 0, ORR_OPT_INT, "N", NULL, "images of a step (otherwise the default)", 1, 64},
    {"lr", 0, ORR_OPT_NUMBER, "X", NULL, "learning rate of prompts (otherwise the default)", 1e-9, 100},
    {"alpha-lr", 0, ORR_OPT_NUMBER, "X", NULL, "learning rate of a search's lengths (otherwise the default)", 1e-9,
     100},
    {"validation", 0, ORR_OPT_FLAG, NULL, NULL, "score on the validation images: to choose settings by", 0, 0},
    {"each", 0, ORR_OPT_INT, "N", NULL, "test images of each class (otherwise 20, or 10)", 1, ORR_PROMPT_TEST_EACH},
    {"encoder", 'e', ORR_OPT_FILE, "DIR", NULL, "a CLIP folder or an encoder's file (otherwise the shipped one)", 0, 0},
    {"tasks", 't', ORR_OPT_LIST, "LIST", NULL,
     "only these tasks, or folders of your own; the first is the source of transfer", 0, 0},
    {"methods", 'm', ORR_OPT_LIST, "LIST", NULL, "only these methods", 0, 0},
    ORR_SHARD_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_eval_prompt = {
    .name = "eval prompt",
    .summary = "how well prompts learned from few images do on their classes and on new ones",
    .operands = "",
    .details =
        "The labels of a task are sorted; prompts are learned from 16 images of each class of the first half (base) "
        "and "
        "scored on test images of these among base names, and of the other half among new names; harmonic is the "
        "harmonic "
        "mean of the two, accuracy that of all images among all names. Tasks are drawn (synthetic), in styles that the "
        "encoder never saw. Seeds differ in images, first prompts and batches; intervals are bootstrap 95% intervals "
        "over seeds (of a task) or tasks (task \"all\"); pairs named \"runs\" are over all runs.\n\n"
        "Methods: zero-shot and linear-probe first; context (coop, cocoop), deep prompts of one tower or both, maple; "
        "prompt-modular and, with as many maps as maple, prompt-modular-layer-maps; prompts as keys of one length "
        "everywhere (uniform-1..4), of random lengths, of the lengths that prompt-search found; and its layout for "
        "deep-text, maple and modular prompts (search+...). best-uniform is picked by the test itself, which favours "
        "it. "
        "Setting \"from TASK\": prompts learned there, scored elsewhere.",
    .examples = "orrery eval prompt --quick --json\norrery eval prompt --tasks shapes,colours --methods "
                "zero-shot,maple,prompt-modular",
    .options = prompt_options,
    .run = eval_prompt,
};

static int eval_select(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    const struct orr_eval_select_options o = {
        .shards = app->shards,
        .model = orr_args_text(args, "model"),
        .real = orr_args_text(args, "real"),
        .quick = orr_args_flag(args, "quick"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
    };
    struct orr_eval eval = {0};
    struct orr_error err;
    const enum orr_status status = orr_eval_select(&o, &io->ticker, &eval, &err);
    return finish(app, args, io, status, &eval, &err);
}

static const struct orr_option select_options[] = {
    {"real", 0, ORR_OPT_FILE, "DIR", NULL, "folder with mcqa_logits/ and icd10/: real questions and a pool of codes too", 0,
     0},
    {"model", 'm', ORR_OPT_FILE, "MODEL", NULL, "ask this model (otherwise the shipped one)", 0, 0},
    {"quick", 0, ORR_OPT_FLAG, NULL, NULL, "fewer definitions, pools up to 10,000; the same code", 0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "of definitions and pools", 0, 1e15},
    ORR_SHARD_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_eval_select = {
    .name = "eval select",
    .summary = "how often the word that a definition means is chosen from a pool, by estimator and against decoding",
    .operands = "",
    .details =
        "Task wordnet: the definitions of synsets that were held back from the model (orrery lm train), none of which a "
        "training synset has too. Setting 5: the first word of the synset and those of four sisters (synsets with the same "
        "one above). 100: with 99 other words. 1000, 10000, 50000, all: one pool for all questions, with their words; any "
        "word of the synset is right. \"1000, 2 tokens\": questions whose word has two; \"1000, step 2\": estimators "
        "from the logits after two decoded tokens.\n\n"
        "Estimators: see orrery select. trie_greedy, trie_beam: decoding confined to the pool. bm25: words of the "
        "definition among the word itself and the definitions of the training synsets that it is in; dense: the cosine of "
        "the model's token vectors, averaged by idf, of the same texts. random: chance.\n\n"
        "accuracy, recall@k: percent; equal scores share their places. ece: expected calibration error of the first "
        "candidate's probability, ten bins. kendall_tau, same_first: agreement with the likelihood of whole candidates, "
        "where it was computed (fewer questions in large pools). reordered: percent of questions whose first candidate "
        "changes when the pool is turned around. ms: processor time beyond the pass, median; speedup: with the pass. "
        "Paired: accuracy less that of the likelihood on the same questions.\n\n"
        "Task mmlu (--real): published scores of LLaMA for the options of 16 subjects under ten prompts: first with the first "
        "prompt, first_mean with their mean; option_bias: half the summed difference between the shares of options chosen "
        "and right; prompt_changes: percent of prompts that choose otherwise than most. icd10: a pool of 24,186 titles.\n\n"
        "As published (arXiv 2501.17338): no estimator is best everywhere; models without instruction tuning gain from them over "
        "decoding, tuned ones lose; tokens sampled from a candidate do best at about five.",
    .examples = "orrery eval select --quick --json\norrery eval select --real ../shared/data",
    .options = select_options,
    .run = eval_select,
};

static int eval_detect(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct orr_arena arena = {0};
    struct orr_eval_detect_options o = {
        .shards = app->shards,
        .quick = orr_args_flag(args, "quick"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
        .threads = (int)orr_args_int(args, "threads"),
        .real = orr_args_text(args, "real"),
        .scenes = (size_t)orr_args_int(args, "scenes"),
    };
    o.methods = orr_args_list(args, "methods", &arena, &o.n_methods);
    struct orr_eval eval = {0};
    struct orr_error err;
    const enum orr_status status = orr_eval_detect(&o, &io->ticker, &eval, &err);
    const int code = finish(app, args, io, status, &eval, &err);
    orr_arena_free(&arena);
    return code;
}

static const struct orr_option detect_options[] = {
    {"real", 0, ORR_OPT_FILE, "DIR", NULL,
     "a folder of labelled pictures of the same six classes too, or one that holds such a folder `detect`; without "
     "either nothing is added",
     0, 0},
    {"quick", 0, ORR_OPT_FLAG, NULL, NULL, "a sixth of the scenes, fewer resamplings", 0, 0},
    {"scenes", 0, ORR_OPT_INT, "N", NULL, "scenes of each task (otherwise 400, or 64)", 1, 100000},
    {"seed", 0, ORR_OPT_INT, "N", "1", "of the resamplings; scenes and weights are fixed", 0, 1e15},
    {"threads", 0, ORR_OPT_INT, "N", "0", "0: one per core", 0, 64},
    {"methods", 'm', ORR_OPT_LIST, "LIST", NULL,
     "only these, parted by commas: n, pico, blob, prior, or files of weights", 0, 0},
    ORR_SHARD_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_eval_detect = {
    .name = "eval detect",
    .summary = "how well the shipped detectors find drawn litter in styles that they never saw",
    .operands = "",
    .details = "All scenes are drawn (synthetic). Task easy: up to five pieces of 1.5% to 18% of the picture; wild: "
               "numbers and sizes as in photographs of litter "
               "(TACO), most of them far below 1%, which networks trained at 192 pixels cannot see well. Setting "
               "\"held-out styles\" is the test: grounds, dyes, light and "
               "stretch that training never showed; \"styles trained on\" is new scenes of the others.\n\n"
               "Baselines first: prior puts the mean box of each class into the middle; blob takes connected regions "
               "that differ from the colour of the "
               "border, of the class of the nearest mean colour. Both learned from 600 training scenes. map50 and "
               "map50_95 as COCO defines them, precision, "
               "recall and f1 at the confidence where the mean F1 is highest, ap_small, ap_medium, ap_large (.5:.95) "
               "of boxes below 1%, below 9%, and above. Intervals are bootstrap 95% "
               "intervals over images, paired rows over the same images; each network was trained from one seed. "
               "Published numbers on other data (WaRP) are no comparison.",
    .examples = "orrery eval detect --quick --json\norrery eval detect --methods pico,blob --real photos/",
    .options = detect_options,
    .run = eval_detect,
};
