/* orrery forecast network: where the states of a network's nodes are going, with or without its edges. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/network.h"
#include "base/file.h"
#include "cli/stdin_file.h"
#include "cli/verbs.h"

/* --synthetic KIND/FAMILY: drawn here and now, with its edges and equations. */
static enum orr_status draw(const struct orr_args *args, const char *what, struct orr_network *w,
                            struct orr_system *system, struct orr_error *err)
{
    struct orr_network_options o = orr_network_defaults();
    char kind[64];
    const char *slash = strchr(what, '/');
    snprintf(kind, sizeof kind, "%.*s", slash ? (int)(slash - what) : 0, what);
    const int dynamics = orr_dynamics_find(kind);
    int family = slash ? 0 : ORR_TOPOLOGIES;
    while (family < ORR_TOPOLOGIES && strcmp(orr_topology_names[family], slash + 1) != 0) family++;
    if (dynamics < 0 || family == ORR_TOPOLOGIES)
        return orr_error_set(err, ORR_EINVAL, "--synthetic",
                             "'%s' is not like gene/ba: a dynamics and a family that "
                             "`orrery simulate network` knows",
                             what);
    if (args->n_operands) return orr_error_set(err, ORR_EINVAL, NULL, "name a table or --synthetic, not both");
    o.dynamics = (enum orr_dynamics)dynamics;
    o.topology = (enum orr_topology)family;
    o.nodes = (size_t)orr_args_int(args, "nodes");
    o.noise = orr_args_number(args, "noise");
    o.seed = (uint64_t)orr_args_int(args, "seed");
    return orr_network_draw(&o, w, system, err);
}

static enum orr_status load(const struct orr_args *args, struct orr_network *w, struct orr_system *system,
                            struct orr_error *err)
{
    const char *synthetic = orr_args_text(args, "synthetic");
    if (synthetic) return draw(args, synthetic, w, system, err);
    const char *edges = orr_args_text(args, "edges");
    if (args->n_operands != 1)
        return orr_error_set(err, ORR_EINVAL, NULL, "name one table of node states, or - for standard input");
    if (strcmp(args->operand[0], "-") != 0) return orr_network_load(args->operand[0], edges, w, err);
    FILE *f;
    char path[64];
    enum orr_status s = orr_cli_stdin_file(&f, path, err);
    if (!s) s = orr_network_load(path, edges, w, err);
    if (f) fclose(f);
    return s;
}

static enum orr_status write_latent(const struct orr_network *w, const struct orr_network_forecast *f, const char *path,
                                    struct orr_error *err)
{
    if (!f->f.edges.n) return orr_error_set(err, ORR_EINVAL, "--latent", "%s infers no edges; netdyn does", f->method);
    struct orr_table t = {0};
    struct orr_str text = {0};
    orr_network_edge_table(w, f, 10 * w->n, &t);
    orr_table_print(&t, ORR_TABLE_CSV, 0, &text);
    const enum orr_status s = orr_file_write(path, orr_str_c(&text), text.len, err);
    orr_str_free(&text);
    orr_table_free(&t);
    return s;
}

static void narrate(struct orr_io *io, const struct orr_network *w, const struct orr_network_forecast *f)
{
    if (w->gaps) orr_io_say(io, "%zu gaps were filled by straight lines between neighbouring values", w->gaps);
    if (w->uneven) orr_io_say(io, "times are not equally spaced: read off at equal steps of %g", f->step);
    orr_io_say(io, "%s (fitted on: %s): %zu node%s, %zu rows observed, %zu ahead, in %.2f s", f->method, f->fitted, w->n,
               w->n == 1 ? "" : "s", f->observed, f->horizon, f->seconds);
    if (f->f.coupling && w->n > 1) orr_io_say(io, "found: nodes act on each other by %s", f->f.coupling);
    if (isfinite(f->mae)) orr_io_say(io, "against the rest of the table: mae %.4g, rmse %.4g", f->mae, f->rmse);
    if (isfinite(f->auc)) orr_io_say(io, "latent edges against the edge list: AUC %.3f", f->auc);
}

static struct orr_network_query query_of(const struct orr_args *args)
{
    struct orr_network_query q = orr_network_query_defaults();
    q.method = orr_args_text(args, "method");
    q.dynamics = orr_args_text(args, "dynamics");
    q.model = orr_args_text(args, "model");
    q.fit = orr_args_flag(args, "fit");
    q.observe = (size_t)orr_args_int(args, "observe");
    q.horizon = (size_t)orr_args_int(args, "horizon");
    q.epochs = (int)orr_args_int(args, "epochs");
    q.near = (size_t)orr_args_int(args, "near");
    q.seed = (uint64_t)orr_args_int(args, "seed");
    return q;
}

static int forecast_network(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    struct orr_network_query q = query_of(args);
    struct orr_system system = {0};
    const char *latent = orr_args_text(args, "latent");
    struct orr_network w = {0};
    struct orr_network_forecast f = {0};
    struct orr_error err;
    struct orr_str text = {0};
    enum orr_status s = load(args, &w, &system, &err);
    if (system.a) q.system = &system;
    if (!s) s = orr_network_predict(&w, &q, &io->ticker, &f, &err);
    if (!s && latent) s = write_latent(&w, &f, latent, &err);
    if (!s && orr_args_format(args) == ORR_TABLE_JSON) {
        orr_network_json(&w, &f, &text);
    } else if (!s) {
        struct orr_table t = {0};
        orr_network_table(&w, &f, &t);
        orr_table_print(&t, orr_args_format(args), io->width, &text);
        orr_table_free(&t);
    }
    fwrite(orr_str_c(&text), 1, text.len, io->out);
    if (!s) narrate(io, &w, &f);
    orr_str_free(&text);
    orr_network_forecast_free(&f);
    orr_network_free(&w);
    orr_system_free(&system);
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

static int export_network(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    struct orr_network_query q = query_of(args);
    struct orr_system system = {0};
    const char *path = orr_args_text(args, "out");
    struct orr_network w = {0};
    struct orr_network_forecast f = {0};
    struct orr_error err;
    enum orr_status s =
        path ? load(args, &w, &system, &err) : orr_error_set(&err, ORR_EINVAL, NULL, "needs --out FILE");
    if (system.a) q.system = &system;
    if (!s) s = orr_network_predict(&w, &q, &io->ticker, &f, &err);
    if (!s) s = orr_network_export(&w, &f, path, &io->ticker, &err);
    if (!s) narrate(io, &w, &f);
    if (!s) orr_io_say(io, "wrote %s", path);
    orr_network_forecast_free(&f);
    orr_network_free(&w);
    orr_system_free(&system);
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

#define QUERY_OPTIONS                                                                                                    \
    {"method",                                                                                                           \
     'm',                                                                                                                \
     ORR_OPT_CHOICE,                                                                                                     \
     "netdyn-law|netdyn|netdyn-attention|mean-field|true-graph|node|lstm|svd-lasso|var|ar|persistence",                  \
     "netdyn-law",                                                                                                       \
     "how to forecast",                                                                                                  \
     0,                                                                                                                  \
     0},                                                                                                                 \
        {"edges", 'e',  ORR_OPT_FILE,                                                                                    \
         "FILE",  NULL, "edge list (to,from,weight): for true-graph, and to judge latent edges by",                      \
         0,       0},                                                                                                    \
        {"observe", 'o', ORR_OPT_INT, "N", NULL, "only the first N rows (otherwise all)", 2, 1e9},                       \
        {"horizon", 'n',   ORR_OPT_INT,                                                                                  \
         "N",       NULL,  "rows ahead (otherwise the rest of the table, or as many as were observed)",                  \
         1,         100000},                                                                                             \
        {"model", 0, ORR_OPT_FILE, "FILE", NULL, "a fitted model (otherwise the shipped one, where there is one)",       \
         0,       0},                                                                                                    \
        {"fit", 0, ORR_OPT_FLAG, NULL, NULL, "fit to the observed rows even where a model is shipped", 0, 0},            \
        {"epochs", 0, ORR_OPT_INT, "N", NULL, "passes of a fit (otherwise 80)", 1, 100000},                              \
        {"near", 0, ORR_OPT_INT, "K", NULL, "latent edges per node (otherwise all; 32 beyond 2000 nodes)", 2, 1000},     \
        {"dynamics",                                                                                                     \
         'd',                                                                                                            \
         ORR_OPT_CHOICE,                                                                                                 \
         "sis|population|gene|mutualistic|wilson-cowan|lotka-volterra|kuramoto",                                         \
         NULL,                                                                                                           \
         "svd-lasso: the equations (otherwise linear)",                                                                  \
         0,                                                                                                              \
         0},                                                                                                             \
        {"synthetic",                                                                                                    \
         0,                                                                                                              \
         ORR_OPT_TEXT,                                                                                                   \
         "KIND/FAMILY",                                                                                                  \
         NULL,                                                                                                           \
         "no table: a synthetic network drawn here, as gene/ba, with its edges",                                         \
         0,                                                                                                              \
         0},                                                                                                             \
        {"nodes", 0, ORR_OPT_INT, "N", "24", "nodes of a synthetic network", 2, 10000},                                  \
        {"noise", 0, ORR_OPT_NUMBER, "S", "0", "noise on the states of a synthetic network, as a share of their spread", \
         0,       10},                                                                                                   \
    {                                                                                                                    \
        "seed", 0, ORR_OPT_INT, "N", "1", "seed of a fit and of a synthetic network", 0, 1e15                            \
    }

static const struct orr_option options[] = {
    QUERY_OPTIONS,
    {"latent", 0, ORR_OPT_FILE, "FILE", NULL, "write the strongest latent edges as CSV", 0, 0},
    {0},
};
static const struct orr_option export_options[] = {
    {"out", 0, ORR_OPT_FILE, "FILE", NULL, "file to write: .csv .json .md .txt, or .png .svg .pdf", 0, 0},
    QUERY_OPTIONS,
    {0},
};

const struct orr_verb orr_verb_forecast_network = {
    .name = "forecast network",
    .summary = "forecast the states of a network's nodes without knowing its edges",
    .operands = "[FILE|-]",
    .details =
        "The operand is CSV: a row per time and a column per node, the first column being the time where its name says "
        "so (time, t, "
        "step, date, ...); or rows of node, time and value. Prints one row per node: the forecast at the last horizon "
        "with a 90% "
        "interval and, where the table goes on, the truth and the mean absolute error. --json adds every horizon.\n\n"
        "netdyn-law looks for an equation among known couplings (spreading, regulation, populations, neurons, phases), "
        "conditions its edges on the observed rows in closed form and solves it onwards: one of the shipped laws, or, "
        "where none of them holds, one looked for in the observed rows. "
        "netdyn infers a latent graph from the observed rows and solves a neural ODE on it (fixed edges; "
        "netdyn-attention: edges "
        "that vary in time). mean-field is its ablation, true-graph the same model with the edge list. Networks come "
        "fitted where a "
        "model is shipped (datasets/models); else they are fitted to windows of the observed rows. svd-lasso estimates "
        "edges by a "
        "LASSO; var, ar and persistence look at the rows alone.\n\n"
        "Empty cells, NA and NaN are gaps: they are filled by straight lines between the neighbouring values of the "
        "same node, and "
        "at the ends by the nearest one, from observed rows only. Rows of unequal length, times that do not increase, "
        "infinities and "
        "nodes without any value are errors. Unequal steps are read off at equal ones.",
    .examples = "orrery simulate network --dynamics sis --topology ba --edges e.csv > x.csv && "
                "orrery forecast network x.csv --edges e.csv --observe 25\n"
                "orrery forecast network --synthetic gene/ba --nodes 24 --observe 25\n"
                "cut -d, -f1-20 states.csv | orrery forecast network - --method var --horizon 10 --json",
    .options = options,
    .run = forecast_network,
};

const struct orr_verb orr_verb_export_network = {
    .name = "export network",
    .summary = "write forecasts of node states into a table or a picture",
    .operands = "[FILE|-]",
    .details = "As `orrery forecast network`, into a file whose extension says the kind. Pictures are drawn by "
               "gnuplot: node by time, "
               "as it was, as forecast, and the error.",
    .examples = "orrery export network x.csv --observe 25 --out x.png",
    .options = export_options,
    .run = export_network,
};
