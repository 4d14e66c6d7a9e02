/* Synthetic networks: graphs of each family, and trajectories against CVODE of SUNDIALS. */
#include "suite.h"

#include <math.h>
#include <stdio.h>

#include "aid_netdyn.h"
#include "base/json.h"

START_TEST(trajectories_of_all_seven_dynamics_agree_with_cvode)
{
    struct json_object *all;
    struct orr_error err;
    char path[512];
    const char *folder = getenv("ORRERY_TEST_DATA");
    snprintf(path, sizeof path, "%s/netdyn_cvode.json", folder ? folder : "tests/data");
    ck_assert_msg(orr_json_parse_file(path, 1 << 20, &all, &err) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_uint_eq(json_object_array_length(all), ORR_DYNAMICS_KINDS);
    for (int kind = 0; kind < ORR_DYNAMICS_KINDS; kind++) {
        const struct orr_network_options o = aid_netdyn_options(kind);
        struct orr_nodes got;
        ck_assert_int_eq(orr_network_simulate(&o, NULL, NULL, &got, &err), ORR_OK);
        struct json_object *want = json_object_array_get_idx(all, (size_t)kind);
        ck_assert_uint_eq(json_object_array_length(want), got.n * got.points);
        for (size_t i = 0; i < got.n * got.points; i++) {
            const double w = json_object_get_double(json_object_array_get_idx(want, i));
            ck_assert_msg(fabs(got.x[i] - w) < 2e-5 * (1 + fabs(w)), "%s, number %zu: %.12g, CVODE %.12g",
                          orr_dynamics_names[kind], i, got.x[i], w);
        }
        orr_nodes_free(&got);
    }
    json_object_put(all);
}
END_TEST

static struct orr_graph draw(enum orr_topology t, size_t n, double density, uint64_t seed)
{
    const struct orr_graph_options o = {t, n, density, 0.5, 1.5};
    struct orr_rng rng;
    struct orr_graph g;
    orr_rng_seed(&rng, seed, 0);
    ck_assert_int_eq(orr_graph_draw(&o, &rng, &g, NULL), ORR_OK);
    return g;
}

START_TEST(every_family_has_the_mean_degree_it_promises_at_any_size)
{
    static const double want[ORR_TOPOLOGIES] = {8, 7.9, 13.4, 8};
    static const size_t sizes[] = {100, 2000};
    for (int t = 0; t < ORR_TOPOLOGIES; t++)
        for (int k = 0; k < 2; k++) {
            struct orr_graph g = draw((enum orr_topology)t, sizes[k], 1, 3);
            const double degree = (double)g.m / (double)g.n;
            ck_assert_msg(fabs(degree - want[t]) < 0.12 * want[t], "%s at %zu: %g", orr_topology_names[t], sizes[k],
                          degree);
            orr_graph_free(&g);
        }
}
END_TEST

START_TEST(edges_go_both_ways_with_weights_of_their_own_and_no_loops)
{
    for (int t = 0; t < ORR_TOPOLOGIES; t++) {
        struct orr_graph g = draw((enum orr_topology)t, 60, 1, 5);
        size_t unequal = 0;
        for (size_t i = 0; i < g.n; i++)
            for (size_t e = g.row[i]; e < g.row[i + 1]; e++) {
                const size_t j = (size_t)g.from[e];
                ck_assert_uint_ne(i, j);
                ck_assert(g.weight[e] >= 0.5 && g.weight[e] < 1.5);
                const double back = orr_graph_weight(&g, j, i);
                ck_assert_double_gt(back, 0);
                unequal += back != g.weight[e];
                if (e > g.row[i]) ck_assert_int_lt(g.from[e - 1], g.from[e]);
            }
        ck_assert_uint_gt(unequal, g.m / 2);
        orr_graph_free(&g);
    }
}
END_TEST

START_TEST(hubs_are_larger_and_blocks_denser_than_chance)
{
    struct orr_graph ba = draw(ORR_BARABASI_ALBERT, 400, 1, 1), er = draw(ORR_ERDOS_RENYI, 400, 1, 1),
                     blocks = draw(ORR_COMMUNITY, 100, 1, 1);
    size_t top_ba = 0, top_er = 0, within = 0;
    for (size_t i = 0; i < 400; i++) {
        if (ba.row[i + 1] - ba.row[i] > top_ba) top_ba = ba.row[i + 1] - ba.row[i];
        if (er.row[i + 1] - er.row[i] > top_er) top_er = er.row[i + 1] - er.row[i];
    }
    ck_assert_uint_gt(top_ba, 2 * top_er);
    for (size_t i = 0; i < 100; i++)
        for (size_t e = blocks.row[i]; e < blocks.row[i + 1]; e++) within += i / 25 == (size_t)blocks.from[e] / 25;
    ck_assert_uint_gt(10 * within, 3 * blocks.m); /* a fifth by chance */
    orr_graph_free(&ba);
    orr_graph_free(&er);
    orr_graph_free(&blocks);
}
END_TEST

START_TEST(a_shift_changes_what_it_names)
{
    struct orr_network_options o = orr_network_defaults();
    o.dynamics = ORR_GENE;
    struct orr_system plain, moved;
    double *a = malloc(2 * o.nodes * sizeof *a), *b = a + o.nodes, mean = 0;
    ck_assert_int_eq(orr_system_draw(&o, &plain, a, NULL), ORR_OK);
    o.shift = ORR_SHIFT_DEGREE;
    ck_assert_int_eq(orr_system_draw(&o, &moved, b, NULL), ORR_OK);
    ck_assert_double_lt(fabs((double)moved.graph.m / (double)plain.graph.m - 2), 0.3);
    orr_system_free(&moved);
    o.shift = ORR_SHIFT_WEIGHTS;
    ck_assert_int_eq(orr_system_draw(&o, &moved, b, NULL), ORR_OK);
    for (size_t e = 0; e < moved.graph.m; e++) ck_assert_double_ge(moved.graph.weight[e], 2);
    orr_system_free(&moved);
    o.shift = ORR_SHIFT_START;
    ck_assert_int_eq(orr_system_draw(&o, &moved, b, NULL), ORR_OK);
    for (size_t i = 0; i < o.nodes; i++) mean += b[i] / (double)o.nodes;
    ck_assert_double_lt(fabs(mean - 6), 0.5);
    orr_system_free(&moved);
    orr_system_free(&plain);
    free(a);
}
END_TEST

START_TEST(noise_has_the_size_asked_for_and_seeds_repeat)
{
    struct orr_network_options o = orr_network_defaults();
    struct orr_nodes clean, noisy, again;
    ck_assert_int_eq(orr_network_simulate(&o, NULL, NULL, &clean, NULL), ORR_OK);
    o.noise = 0.1;
    ck_assert_int_eq(orr_network_simulate(&o, NULL, NULL, &noisy, NULL), ORR_OK);
    ck_assert_int_eq(orr_network_simulate(&o, NULL, NULL, &again, NULL), ORR_OK);
    double mean = 0, spread = 0, added = 0;
    const size_t n = clean.n * clean.points;
    for (size_t i = 0; i < n; i++) mean += clean.x[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        spread += (clean.x[i] - mean) * (clean.x[i] - mean);
        added += (noisy.x[i] - clean.x[i]) * (noisy.x[i] - clean.x[i]);
        ck_assert(noisy.x[i] == again.x[i]);
    }
    ck_assert_double_lt(fabs(sqrt(added / spread) - 0.1), 0.005);
    orr_nodes_free(&clean);
    orr_nodes_free(&noisy);
    orr_nodes_free(&again);
}
END_TEST

START_TEST(bad_settings_and_edges_are_named)
{
    struct orr_error err;
    struct orr_nodes x;
    struct orr_graph g;
    struct orr_network_options o = orr_network_defaults();
    o.nodes = 1;
    ck_assert_int_eq(orr_network_simulate(&o, NULL, NULL, &x, &err), ORR_EINVAL);
    o = orr_network_defaults();
    o.points = 1;
    ck_assert_int_eq(orr_network_simulate(&o, NULL, NULL, &x, &err), ORR_EINVAL);
    struct orr_edge edges[] = {{0, 1, 1}, {1, 0, 2}, {0, 1, 3}, {2, 1, 1}};
    ck_assert_int_eq(orr_graph_build(2, edges, 4, &g, &err), ORR_EINVAL);
    ck_assert_str_eq(err.message, "edge 4 joins nodes 1 and 2 of 2");
    ck_assert_int_eq(orr_graph_build(2, edges, 3, &g, &err), ORR_OK);
    ck_assert_uint_eq(g.m, 2);
    ck_assert(orr_graph_weight(&g, 0, 1) == 3 && orr_graph_weight(&g, 1, 0) == 2 && orr_graph_weight(&g, 0, 0) == 0);
    orr_graph_free(&g);
}
END_TEST

ORR_SUITE("netdyn_simulate", trajectories_of_all_seven_dynamics_agree_with_cvode,
          every_family_has_the_mean_degree_it_promises_at_any_size,
          edges_go_both_ways_with_weights_of_their_own_and_no_loops, hubs_are_larger_and_blocks_denser_than_chance,
          a_shift_changes_what_it_names, noise_has_the_size_asked_for_and_seeds_repeat,
          bad_settings_and_edges_are_named)
