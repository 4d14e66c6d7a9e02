/* orrery forecast adoption, orrery export adoption: fits and forecasts of counts, from the store, tables or a pipe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/adoption.h"
#include "base/mem.h"
#include "cli/args.h"
#include "cli/stdin_file.h"
#include "cli/shard_args.h"
#include "cli/verbs.h"

static enum orr_status load_stdin(const struct orr_ticker *ticker, struct orr_adoption_set *set, struct orr_error *err)
{
    FILE *f;
    char path[64];
    enum orr_status status = orr_cli_stdin_file(&f, path, err);
    if (status == ORR_OK) status = orr_adoption_load_table(path, ticker, set, err);
    if (f) fclose(f);
    return status;
}

static enum orr_status need_store(struct orr_app *app, struct orr_store **opened, struct orr_error *err)
{
    if (app->store || *opened) return ORR_OK;
    return orr_store_open(app->store_path, ORR_STORE_READ, opened, err);
}

/* Operands are runs of the store, files, or "-"; none means every run of project "adoption". */
static enum orr_status load(struct orr_app *app, const struct orr_args *args, const struct orr_ticker *ticker,
                            struct orr_adoption_set *set, struct orr_error *err)
{
    int64_t *runs = orr_xcalloc(args->n_operands + 1, sizeof *runs);
    size_t n_runs = 0;
    struct orr_store *opened = NULL; /* tables alone need no store */
    enum orr_status status = ORR_OK;
    for (size_t i = 0; i < args->n_operands && status == ORR_OK; i++) {
        const char *const what = args->operand[i];
        if (!strcmp(what, "-"))
            status = load_stdin(ticker, set, err);
        else if (access(what, R_OK) == 0)
            status = orr_adoption_load_table(what, ticker, set, err);
        else if ((status = need_store(app, &opened, err)) == ORR_OK)
            status = orr_store_run_find(opened ? opened : app->store, what, &runs[n_runs++], err);
    }
    if (status == ORR_OK && (n_runs || args->n_operands == 0)) {
        status = need_store(app, &opened, err);
        if (status == ORR_OK)
            status = orr_adoption_load(opened ? opened : app->store, runs, n_runs, orr_args_text(args, "series"), set, err);
    }
    orr_store_close(opened);
    free(runs);
    return status;
}

/* What both verbs do before they print or write. */
struct forecasts {
    struct orr_adoption_query query;
    struct orr_adoption_set set;
    struct orr_adoption_results results;
};

static enum orr_status make(struct orr_app *app, const struct orr_args *args, struct orr_io *io, struct forecasts *f,
                            struct orr_error *err)
{
    struct orr_adoption_query *q = &f->query;
    *q = orr_adoption_query_defaults();
    q->paper = orr_args_flag(args, "paper");
    q->method = q->paper ? "least-squares" : orr_args_text(args, "method");
    q->jumps = orr_args_flag(args, "jumps");
    q->m = orr_args_number(args, "m");
    q->level = orr_args_number(args, "level");
    q->seed = (uint64_t)orr_args_int(args, "seed");
    q->ahead = (size_t)orr_args_int(args, "ahead");
    q->threads = (int)orr_args_int(args, "threads");
    q->shards = app->shards;
    enum orr_status status = orr_args_observe(args, "points", &q->observe, &q->observe_share, err);
    if (status == ORR_OK) status = load(app, args, &io->ticker, &f->set, err);
    return status == ORR_OK ? orr_adoption_run(&f->set, q, &io->ticker, &f->results, err) : status;
}

/* Frees all and gives the exit code: 4 when some series could not be fitted. */
static int finish(struct forecasts *f, enum orr_status status, const struct orr_args *args, struct orr_io *io,
                  const struct orr_error *err)
{
    const size_t n = f->results.n;
    size_t failed = 0;
    for (size_t i = 0; i < n; i++) failed += f->results.items[i].status != ORR_OK;
    orr_adoption_results_free(&f->results);
    orr_adoption_set_free(&f->set);
    if (status != ORR_OK) return orr_cli_fail(io, args->verb, err);
    return failed == 0 ? ORR_EXIT_OK : failed < n ? ORR_EXIT_PARTIAL : ORR_EXIT_FAILED;
}

static int forecast_adoption(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct forecasts f = {0};
    struct orr_str text = {0};
    struct orr_error err;
    if (orr_shards_merging(app->shards)) return orr_cli_lines_merged(app, io);
    enum orr_status status = orr_cli_lines_begin(app, args, &err);
    if (status == ORR_OK) status = make(app, args, io, &f, &err);
    if (status == ORR_OK && orr_args_format(args) == ORR_TABLE_JSON) {
        orr_adoption_json(&f.set, &f.query, &f.results, &text);
    } else if (status == ORR_OK) {
        struct orr_table t = {0};
        orr_adoption_table(&f.set, &f.query, &f.results, &t);
        orr_table_print(&t, orr_args_format(args), io->width, &text);
        orr_table_free(&t);
    }
    if (status == ORR_OK) status = orr_cli_lines_end(app, io, &text, 1, &err);
    orr_str_free(&text);
    return finish(&f, status, args, io, &err);
}

static int export_adoption(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    struct forecasts f = {0};
    struct orr_error err;
    const char *path = orr_args_text(args, "out");
    enum orr_status status =
        path ? make(app, args, io, &f, &err) : orr_error_set(&err, ORR_EINVAL, "--out", "name the file to write");
    if (status == ORR_OK)
        status = orr_adoption_export(&f.set, &f.query, &f.results, 0, orr_args_flag(args, "collapse"), path, &io->ticker,
                                     &err);
    if (status == ORR_OK) orr_io_say(io, "wrote %s", path);
    return finish(&f, status, args, io, &err);
}

#define FIT_OPTIONS                                                                                                    \
    {"method", 'm', ORR_OPT_CHOICE,                                                                                    \
     "blend|bayes|rpp|least-squares|persistence|linear|exponential|logistic|gompertz|bass", "blend",                   \
     "how to fit and forecast", 0, 0},                                                                                 \
    {"paper", 0, ORR_OPT_FLAG, NULL, NULL, "least-squares as the authors did: parameters >= 0, years, their start", 0, 0}, \
    {"ahead", 'a', ORR_OPT_INT, "N", "12", "periods to forecast", 1, 10000},                                           \
    {"observe", 'o', ORR_OPT_TEXT, "N|P%", NULL, "use only the first N points, or the first P percent", 0, 0},         \
    {"level", 0, ORR_OPT_NUMBER, "P", "0.9", "probability that an interval is to cover", 0.01, 0.999},                 \
    {"jumps", 0, ORR_OPT_FLAG, NULL, NULL, "look for abrupt jumps too", 0, 0},                                         \
    {"series", 's', ORR_OPT_TEXT, "NAME", "count", "series of the runs that holds cumulative counts", 0, 0},           \
    {"m", 0, ORR_OPT_NUMBER, "M", "1", "initial attractiveness", 1e-6, 1e6},                                           \
    {"seed", 0, ORR_OPT_INT, "N", "1", "seed of the posterior draws", 0, 1e15},                                        \
    {"threads", 0, ORR_OPT_INT, "N", "0", "worker threads; 0: one per core. Never changes a result", 0, 64}
static const struct orr_option options[] = {FIT_OPTIONS, ORR_SHARD_OPTIONS, {0}};
static const struct orr_option export_options[] = {
    {"out", 0, ORR_OPT_FILE, "FILE", NULL, "file to write: .csv .json .md .txt, or .png .svg .pdf of the first series", 0, 0},
    {"collapse", 0, ORR_OPT_FLAG, NULL, NULL, "pictures: all converged series rescaled onto one curve", 0, 0},
    FIT_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_forecast_adoption = {
    .name = "forecast adoption",
    .summary = "fit adoption curves to cumulative counts and forecast them",
    .operands = "[RUN|FILE|-...]",
    .details =
        "Fits c(t) = m (exp(lambda Phi((ln t - mu) / sigma)) - 1) to each series and forecasts it. Operands are runs of the "
        "store, tables of counts, or - for a table on standard input; without any, every run of project \"adoption\".\n\n"
        "bayes: posterior of the reinforced Poisson process, a prior learned over a population; its predictive "
        "intervals are widened to hold as often as they say on other series. blend: the same parameters; the forecast "
        "leans on recent growth as far as the series departs from the process; the default, since it forecasts real "
        "counts best (`orrery eval adoption`). "
        "rpp: maximum likelihood. least-squares: Levenberg-Marquardt on the counts, with profile-likelihood intervals. "
        "The outcome says \"not identified\" where the series is too short or still convex to tell the parameters.\n\n"
        "Exit status 4 when some series could not be fitted, which their rows say.",
    .examples = "orrery forecast adoption --ahead 6\n"
                "cut -d, -f1-8 models.csv | orrery forecast adoption - --json",
    .options = options,
    .needs_store = false,
    .run = forecast_adoption,
};

const struct orr_verb orr_verb_export_adoption = {
    .name = "export adoption",
    .summary = "write adoption forecasts into a table or a picture",
    .operands = "[RUN|FILE|-...]",
    .details = "As `orrery forecast adoption`, into a file whose extension says the kind. Pictures are drawn by gnuplot.",
    .examples = "orrery export adoption 3 --method blend --jumps --out model.svg\n"
                "orrery export adoption --method least-squares --collapse --out collapse.png",
    .options = export_options,
    .run = export_adoption,
};
