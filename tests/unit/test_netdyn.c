/* Methods for node states: what they learn, what they infer, and how they are kept. */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "aid_folder.h"
#include "methods/netdyn/private.h"
#include "methods/netdyn/simulate.h"

enum { NODES = 16, SERIES = 12, TEST = 11 };

struct world {
    struct orr_system system[SERIES];
    struct orr_nodes x[SERIES];
    struct orr_nodes_case item[SERIES];
};

static struct world *draw(enum orr_dynamics dynamics)
{
    struct world *w = calloc(1, sizeof *w);
    ck_assert_ptr_nonnull(w);
    for (size_t k = 0; k < SERIES; k++) {
        struct orr_network_options o = orr_network_defaults();
        o.dynamics = dynamics;
        o.nodes = NODES;
        o.seed = 3;
        o.item = k;
        ck_assert_int_eq(orr_network_simulate(&o, NULL, &w->system[k], &w->x[k], NULL), ORR_OK);
        w->item[k] = (struct orr_nodes_case){&w->x[k], &w->system[k].graph, &w->system[k]};
    }
    return w;
}
static void discard(struct world *w)
{
    for (size_t k = 0; k < SERIES; k++) {
        orr_system_free(&w->system[k]);
        orr_nodes_free(&w->x[k]);
    }
    free(w);
}

static struct orr_nodes_model *fit(const char *name, const struct world *w, int epochs, size_t near)
{
    struct orr_nodes_options o = orr_nodes_defaults();
    struct orr_nodes_model *m;
    struct orr_error err;
    const struct orr_nodes_method *method = orr_nodes_method_find(name);
    const bool learns = orr_nodes_method_learns(method);
    o.epochs = epochs;
    o.near = near;
    ck_assert_msg(orr_nodes_fit(method, learns ? w->item : NULL, learns ? TEST : 0, &o, NULL, &m, &err) == ORR_OK,
                  "%s: %s", name, err.message);
    return m;
}

/* Mean absolute error of the 175 points after the first 25 of the last series. */
static double error_of(const struct orr_nodes_model *m, const struct world *w, struct orr_nodes_forecast *f)
{
    struct orr_nodes seen = w->x[TEST];
    struct orr_nodes_case c = w->item[TEST];
    struct orr_error err;
    double sum = 0;
    seen.points = ORR_NODES_WINDOW;
    c.x = &seen;
    ck_assert_msg(orr_nodes_run(m, &c, ORR_NODES_AHEAD, NULL, f, &err) == ORR_OK, "%s", err.message);
    for (size_t k = 0; k < ORR_NODES_AHEAD * NODES; k++)
        sum += fabs(f->mean[k] - w->x[TEST].x[ORR_NODES_WINDOW * NODES + k]);
    return sum / (ORR_NODES_AHEAD * NODES);
}

START_TEST(every_network_learns_more_than_that_nothing_moves)
{
    static const char *const methods[] = {"netdyn", "netdyn-attention", "mean-field", "true-graph", "node", "lstm"};
    struct world *w = draw(ORR_GENE);
    struct orr_nodes_forecast f;
    struct orr_nodes_model *m = fit("persistence", w, 0, 0);
    const double still = error_of(m, w, &f);
    orr_nodes_forecast_free(&f);
    orr_nodes_model_free(m);
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
        m = fit(methods[k], w, 30, 0);
        const double e = error_of(m, w, &f);
        ck_assert_msg(e < 0.6 * still, "%s: %g, persistence %g", methods[k], e, still);
        ck_assert(isfinite(m->spread[0]) && f.half[0] > 0 && isfinite(f.half[ORR_NODES_AHEAD * NODES - 1]));
        ck_assert_msg((f.edges.n > 0) == (k < 2), "%s", methods[k]);
        orr_nodes_forecast_free(&f);
        orr_nodes_model_free(m);
    }
    discard(w);
}
END_TEST

START_TEST(known_equations_and_no_noise_give_svd_lasso_nearly_the_truth)
{
    struct world *w = draw(ORR_GENE);
    struct orr_nodes_forecast f;
    struct orr_nodes_model *m = fit("svd-lasso", w, 0, 0);
    const double e = error_of(m, w, &f);
    ck_assert_msg(e < 0.3, "%g", e);
    ck_assert_uint_eq(f.edges.n, NODES);
    for (size_t k = 0; k < NODES * NODES; k++) ck_assert(f.edges.weight[k] >= 0);
    orr_nodes_forecast_free(&f);
    orr_nodes_model_free(m);
    discard(w);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_fit_and_a_saved_one_forecasts_alike)
{
    struct world *w = draw(ORR_SIS);
    struct orr_nodes_forecast a, b, c;
    struct orr_nodes_model *m = fit("netdyn", w, 2, 0), *again = fit("netdyn", w, 2, 0), *loaded;
    struct orr_error err;
    const char *path = aid_file_write("m.safetensors", "", 0);
    error_of(m, w, &a);
    error_of(again, w, &b);
    ck_assert(!memcmp(a.mean, b.mean, sizeof *a.mean * ORR_NODES_AHEAD * NODES));
    ck_assert_int_eq(orr_nodes_save(m, path, "a test", &err), ORR_OK);
    ck_assert_msg(orr_nodes_load(path, &loaded, &err) == ORR_OK, "%s: %s", err.where, err.message);
    error_of(loaded, w, &c);
    for (size_t k = 0; k < ORR_NODES_AHEAD * NODES; k++)
        ck_assert(fabs(a.mean[k] - c.mean[k]) < 1e-5 && fabs(a.half[k] - c.half[k]) < 1e-5);
    orr_nodes_model_free(loaded);
    ck_assert_int_ne(orr_nodes_load(aid_file_write("bad.safetensors", "nonsense", 8), &loaded, &err), ORR_OK);
    ck_assert_ptr_null(loaded);
    orr_nodes_forecast_free(&a);
    orr_nodes_forecast_free(&b);
    orr_nodes_forecast_free(&c);
    orr_nodes_model_free(m);
    orr_nodes_model_free(again);
    discard(w);
}
END_TEST

static bool stop_soon(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return --*(int *)ctx > 0;
}

START_TEST(a_fit_that_is_stopped_keeps_what_it_has)
{
    struct world *w = draw(ORR_SIS);
    int left = 3;
    const struct orr_ticker ticker = {stop_soon, &left};
    struct orr_nodes_options o = orr_nodes_defaults();
    struct orr_nodes_model *m;
    struct orr_error err;
    ck_assert_int_eq(orr_nodes_fit(orr_nodes_method_find("netdyn"), w->item, SERIES, &o, &ticker, &m, &err),
                     ORR_ECANCELLED);
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(m->outcome, ORR_CANCELLED);
    orr_nodes_model_free(m);
    discard(w);
}
END_TEST

START_TEST(sparse_latent_edges_look_at_near_and_random_others_and_never_out_of_range)
{
    struct world *w = draw(ORR_GENE);
    struct orr_nodes_forecast f;
    static const char *const methods[] = {"netdyn", "netdyn-attention"};
    for (size_t k = 0; k < 2; k++) {
        struct orr_nodes_model *m = fit(methods[k], w, 3, 6);
        error_of(m, w, &f);
        ck_assert(f.edges.n == NODES && f.edges.k == 6 && f.edges.index);
        for (size_t e = 0; e < NODES * 6; e++) ck_assert(f.edges.index[e] >= 0 && f.edges.index[e] < NODES);
        orr_nodes_forecast_free(&f);
        orr_nodes_model_free(m);
    }
    discard(w);
}
END_TEST

START_TEST(the_area_under_the_curve_counts_pairs)
{
    struct orr_edge list[] = {{0, 1, 1}, {1, 2, 1}, {2, 0, 1}};
    struct orr_graph g;
    ck_assert_int_eq(orr_graph_build(3, list, 3, &g, NULL), ORR_OK);
    float right[9] = {9, 2, 0, 0, 9, -3, 1.5f, 0, 9}, flat[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1},
          half[9] = {0, 1, 2, 2, 0, 1, 1, 2, 0};
    ck_assert_double_eq(orr_latent_edges_auc(&(struct orr_latent_edges){3, 3, NULL, right}, &g), 1);
    ck_assert_double_eq(orr_latent_edges_auc(&(struct orr_latent_edges){3, 3, NULL, flat}, &g), 0.5);
    ck_assert_double_eq(orr_latent_edges_auc(&(struct orr_latent_edges){3, 3, NULL, half}, &g), 0);
    int32_t index[3] = {1, 2, 0}; /* pairs that were not looked at count as 0 */
    float one[3] = {1, 1, 1};
    ck_assert_double_eq(orr_latent_edges_auc(&(struct orr_latent_edges){3, 1, index, one}, &g), 1);
    orr_graph_free(&g);
}
END_TEST

START_TEST(series_that_cannot_be_learned_from_are_named)
{
    struct world *w = draw(ORR_SIS);
    struct orr_nodes_options o = orr_nodes_defaults();
    struct orr_nodes_model *m;
    struct orr_error err;
    ck_assert_int_eq(orr_nodes_fit(orr_nodes_method_find("netdyn"), NULL, 0, &o, NULL, &m, &err), ORR_EINVAL);
    w->x[1].points = 50;
    ck_assert_int_eq(orr_nodes_fit(orr_nodes_method_find("netdyn"), w->item, 2, &o, NULL, &m, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "series 2 has 50 points"));
    w->x[1].points = 200;
    w->item[1].graph = NULL;
    ck_assert_int_eq(orr_nodes_fit(orr_nodes_method_find("true-graph"), w->item, 2, &o, NULL, &m, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "edges of series 2"));
    discard(w);
}
END_TEST

START_TEST(pairs_of_the_split_layer_equal_the_whole_one)
{
    enum { N = 5, H = 16, Z = 3 };
    orr_real z[N * Z], w[H * 2 * Z], p[N * H], q[N * H], e[N * N];
    struct orr_rng rng;
    orr_rng_seed(&rng, 8, 0);
    for (int k = 0; k < N * Z; k++) z[k] = (orr_real)orr_rng_normal(&rng);
    for (int k = 0; k < H * 2 * Z; k++) w[k] = (orr_real)orr_rng_normal(&rng);
    for (int k = 0; k < N * N; k++) e[k] = (orr_real)orr_rng_normal(&rng);
    for (int i = 0; i < N; i++)
        for (int h = 0; h < H; h++) {
            p[i * H + h] = q[i * H + h] = 0;
            for (int d = 0; d < Z; d++) {
                p[i * H + h] += w[h * 2 * Z + d] * z[i * Z + d];
                q[i * H + h] += w[h * 2 * Z + Z + d] * z[i * Z + d];
            }
        }
    struct orr_tape *t = orr_tape_new();
    const struct orr_shape nodes = orr_shape3(1, N, H);
    struct orr_var *sum = orr_pair_sum(orr_tape_input(t, nodes, p), orr_tape_input(t, nodes, q),
                                       orr_tape_input(t, orr_shape3(1, N, N), e), NULL);
    for (int i = 0; i < N; i++)
        for (int h = 0; h < H; h++) {
            double want = 0; /* sum_j e_ij relu(W [z_i, z_j]) */
            for (int j = 0; j < N; j++) {
                double x = 0;
                for (int d = 0; d < Z; d++)
                    x += (double)(w[h * 2 * Z + d] * z[i * Z + d]) + (double)(w[h * 2 * Z + Z + d] * z[j * Z + d]);
                want += (double)e[i * N + j] * fmax(x, 0);
            }
            ck_assert_double_lt(fabs((double)sum->value[i * H + h] - want), 1e-4);
        }
    orr_tape_free(t);
}
END_TEST

ORR_SUITE_IN_FOLDER("netdyn", every_network_learns_more_than_that_nothing_moves,
                    known_equations_and_no_noise_give_svd_lasso_nearly_the_truth,
                    the_same_seed_gives_the_same_fit_and_a_saved_one_forecasts_alike,
                    a_fit_that_is_stopped_keeps_what_it_has,
                    sparse_latent_edges_look_at_near_and_random_others_and_never_out_of_range,
                    the_area_under_the_curve_counts_pairs, series_that_cannot_be_learned_from_are_named,
                    pairs_of_the_split_layer_equal_the_whole_one)
