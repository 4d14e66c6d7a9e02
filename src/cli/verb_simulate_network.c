/* orrery simulate network: node states over time of a synthetic network, as `orrery forecast network` reads them. */
#include <string.h>

#include "base/file.h"
#include "cli/verbs.h"
#include "methods/netdyn/simulate.h"

static int place(const char *const *names, int n, const char *name)
{
    for (int k = 0; k < n; k++)
        if (!strcmp(names[k], name)) return k;
    return 0; /* the parser admits only these */
}

/* to,from,weight with the names of the columns. */
static enum orr_status write_edges(const struct orr_graph *g, const char *path, struct orr_error *err)
{
    struct orr_str text = {0};
    orr_str_append(&text, "to,from,weight\n");
    for (size_t i = 0; i < g->n; i++)
        for (size_t e = g->row[i]; e < g->row[i + 1]; e++) {
            orr_str_printf(&text, "n%zu,n%d,", i, (int)g->from[e]);
            orr_str_append_double(&text, g->weight[e]);
            orr_str_append_char(&text, '\n');
        }
    const enum orr_status s = orr_file_write(path, orr_str_c(&text), text.len, err);
    orr_str_free(&text);
    return s;
}

static void print_states(const struct orr_nodes *x, FILE *out)
{
    struct orr_str line = {0};
    orr_str_append(&line, "time");
    for (size_t i = 0; i < x->n; i++) orr_str_printf(&line, ",n%zu", i);
    orr_str_append_char(&line, '\n');
    for (size_t k = 0; k < x->points; k++) {
        orr_str_printf(&line, "%.9g", x->t0 + x->step * (double)k);
        for (size_t i = 0; i < x->n; i++) orr_str_printf(&line, ",%.9g", x->x[k * x->n + i]);
        orr_str_append_char(&line, '\n');
        fwrite(orr_str_c(&line), 1, line.len, out);
        orr_str_clear(&line);
    }
    orr_str_free(&line);
}

static int simulate_network(struct orr_app *app, const struct orr_args *args, struct orr_io *io)
{
    (void)app;
    struct orr_network_options o = {
        .dynamics = (enum orr_dynamics)orr_dynamics_find(orr_args_text(args, "dynamics")),
        .topology = (enum orr_topology)place(orr_topology_names, ORR_TOPOLOGIES, orr_args_text(args, "topology")),
        .shift = (enum orr_network_shift)place(orr_shift_names, ORR_SHIFTS, orr_args_text(args, "shift")),
        .nodes = (size_t)orr_args_int(args, "nodes"),
        .points = (size_t)orr_args_int(args, "points"),
        .noise = orr_args_number(args, "noise"),
        .seed = (uint64_t)orr_args_int(args, "seed"),
    };
    const char *edges = orr_args_text(args, "edges");
    struct orr_system system = {0};
    struct orr_nodes x = {0};
    struct orr_error err;
    enum orr_status s = orr_network_simulate(&o, &io->ticker, &system, &x, &err);
    if (!s && edges) s = write_edges(&system.graph, edges, &err);
    if (!s) print_states(&x, io->out);
    if (!s)
        orr_io_say(io, "synthetic: %s on %zu nodes and %zu edges (%s), seed %llu", orr_dynamics_equation(o.dynamics),
                   x.n, system.graph.m, orr_topology_names[o.topology], (unsigned long long)o.seed);
    orr_nodes_free(&x);
    orr_system_free(&system);
    return s ? orr_cli_fail(io, args->verb, &err) : ORR_EXIT_OK;
}

static const struct orr_option options[] = {
    {"dynamics", 'd', ORR_OPT_CHOICE, "sis|population|gene|mutualistic|wilson-cowan|lotka-volterra|kuramoto", "sis",
     "how nodes act on each other", 0, 0},
    {"topology", 't', ORR_OPT_CHOICE, "er|ba|community|ws", "er",
     "Erdos-Renyi, Barabasi-Albert, four blocks, Watts-Strogatz", 0, 0},
    {"nodes", 'n', ORR_OPT_INT, "N", "100", "nodes", 2, 100000},
    {"points", 'p', ORR_OPT_INT, "N", "200", "equally spaced times on [0, 5] (mutualistic: [0, 2])", 2, 100000},
    {"noise", 0, ORR_OPT_NUMBER, "S", "0", "observation noise as a share of the standard deviation of all states", 0,
     10},
    {"shift", 0, ORR_OPT_CHOICE, "none|start|weights|degree", "none",
     "away from the usual setting: x0 ~ N(6, 1), weights U(2, 3), twice the neighbours", 0, 0},
    {"edges", 'e', ORR_OPT_FILE, "FILE", NULL, "write the graph too: to,from,weight", 0, 0},
    {"seed", 0, ORR_OPT_INT, "N", "1", "seed of the random numbers", 0, 1e15},
    {0},
};

const struct orr_verb orr_verb_simulate_network = {
    .name = "simulate network",
    .summary = "write synthetic node states over time of a network, and its edges",
    .operands = "",
    .details = "Prints CSV: a row per time, a column per node. The states are synthetic: dx_i/dt = f(x_i) + sum_j A_ij "
               "g(x_i, x_j) on a "
               "drawn graph with weights U(.5, 1.5), solved by Dormand-Prince 5(4) with rtol 1e-6; standard error says "
               "the equation. "
               "Starts: sis .8 or .1, gene and mutualistic U(0, 2), lotka-volterra U(0, 20), kuramoto U(-pi, pi), else "
               "U(0, 10). "
               "Recovery rates of sis are scaled to R0 = 1.5.",
    .examples =
        "orrery simulate network --dynamics sis --topology ba --nodes 100 --seed 1 --edges edges.csv > states.csv",
    .options = options,
    .run = simulate_network,
};
