/* orrery eval adoption: the table of the adoption system. */
#include "app/eval_adoption.h"
#include "cli/verbs.h"

static int eval_adoption(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    const struct orr_eval_adoption_options o = {
        .real = orr_args_text(args, "real"),
        .quick = orr_args_flag(args, "quick"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
        .threads = (int)orr_args_int(args, "threads"),
        .learn = orr_args_text(args, "learn"),
    };
    struct orr_eval eval = {0};
    struct orr_error err;
    const enum orr_status status = orr_eval_adoption(&o, &io->ticker, &eval, &err);
    const enum orr_table_format format = orr_args_format(args);
    struct orr_str text = {0};
    if (status == ORR_OK && format == ORR_TABLE_JSON) {
        orr_eval_json(&eval, &text);
    } else if (status == ORR_OK) {
        for (int paired = 0; paired < 2; paired++) {
            struct orr_table t = {0};
            orr_eval_table(&eval, paired, &t);
            if (paired) orr_str_append_char(&text, '\n');
            orr_table_print(&t, format, io->width, &text);
            orr_table_free(&t);
        }
    }
    fwrite(orr_str_c(&text), 1, text.len, io->out);
    orr_str_free(&text);
    orr_eval_free(&eval);
    return status == ORR_OK ? ORR_EXIT_OK : orr_cli_fail(io, args->verb, &err);
}

static const struct orr_option options[] = {
    {"real", 0, ORR_OPT_FILE, "DIR", NULL, "folder with hf_adoption/ and pypi_downloads/: real series too", 0, 0},
    {"quick", 0, ORR_OPT_FLAG, NULL, NULL, "a minute's subset of the same code", 0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "first of the five seeds", 0, 1e15},
    {"threads", 0, ORR_OPT_INT, "N", "0", "worker threads; 0: one per core", 0, 64},
    {"learn", 0, ORR_OPT_FILE, "FILE", NULL, "write the prior and blend learned from hf_adoption as C source", 0, 0},
    {0},
};

const struct orr_verb orr_verb_eval_adoption = {
    .name = "eval adoption",
    .summary = "how well adoption curves are fitted and forecast, against baselines",
    .operands = "",
    .details = "Prints one row per task, setting, method and metric with a bootstrap 95% interval over series, then paired "
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
