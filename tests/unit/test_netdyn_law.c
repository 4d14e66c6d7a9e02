/* The method netdyn-law: equations found in series, edges conditioned on a window. */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "aid_folder.h"
#include "methods/netdyn/law.h"
#include "methods/netdyn/simulate.h"

enum { NODES = 14, SERIES = 9, TEST = 8 };

struct world {
    struct orr_system system[SERIES];
    struct orr_nodes x[SERIES];
    struct orr_nodes_case item[SERIES];
};

static struct world *draw(enum orr_dynamics dynamics, double noise)
{
    struct world *w = calloc(1, sizeof *w);
    ck_assert_ptr_nonnull(w);
    for (size_t k = 0; k < SERIES; k++) {
        struct orr_network_options o = orr_network_defaults();
        o.dynamics = dynamics;
        o.nodes = NODES;
        o.noise = k == TEST ? noise : 0;
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

static struct orr_nodes_model *fit(const char *name, const struct world *w, const char *without)
{
    struct orr_nodes_options o = orr_nodes_defaults();
    struct orr_nodes_model *m;
    struct orr_error err;
    const struct orr_nodes_method *method = orr_nodes_method_find(name);
    const bool learns = orr_nodes_method_learns(method);
    o.without = without;
    ck_assert_msg(orr_nodes_fit(method, learns ? w->item : NULL, learns ? TEST : 0, &o, NULL, &m, &err) == ORR_OK,
                  "%s: %s", name, err.message);
    return m;
}

/* Mean absolute error of the 175 points after the first 25 of the last series. */
static double error_of(const struct orr_nodes_model *m, const struct world *w, struct orr_nodes_forecast *f)
{
    struct orr_nodes seen = w->x[TEST];
    struct orr_nodes_case c = {.x = &seen, .system = &w->system[TEST]};
    struct orr_error err;
    double sum = 0;
    seen.points = ORR_NODES_WINDOW;
    ck_assert_msg(orr_nodes_run(m, &c, ORR_NODES_AHEAD, NULL, f, &err) == ORR_OK, "%s", err.message);
    for (size_t k = 0; k < ORR_NODES_AHEAD * NODES; k++)
        sum += fabs(f->mean[k] - w->x[TEST].x[ORR_NODES_WINDOW * NODES + k]);
    return sum / (ORR_NODES_AHEAD * NODES);
}

START_TEST(a_law_is_found_without_edges_and_forecasts_better_than_known_equations_do_by_lasso)
{
    struct world *w = draw(ORR_GENE, 0);
    struct orr_nodes_forecast f, g;
    struct orr_nodes_model *law = fit("netdyn-law", w, NULL), *lasso = fit("svd-lasso", w, NULL);
    const double e = error_of(law, w, &f), known = error_of(lasso, w, &g);
    ck_assert_str_eq(f.coupling, "x_j^2 / (1 + x_j^2)");
    ck_assert_msg(e < 0.5 * known, "%g, svd-lasso %g", e, known);
    const double auc = orr_latent_edges_auc(&f.edges, &w->system[TEST].graph);
    ck_assert_msg(auc > 0.6, "%g", auc);
    ck_assert(f.half[0] >= 0 && isfinite(f.half[ORR_NODES_AHEAD * NODES - 1]));
    orr_nodes_forecast_free(&f);
    orr_nodes_forecast_free(&g);
    orr_nodes_model_free(law);
    orr_nodes_model_free(lasso);
    discard(w);
}
END_TEST

START_TEST(a_coupling_left_out_is_never_found)
{
    struct world *w = draw(ORR_SIS, 0);
    struct orr_nodes_forecast f;
    struct orr_nodes_model *m = fit("netdyn-law", w, "(1 - x_i) x_j");
    error_of(m, w, &f);
    ck_assert_str_ne(f.coupling, "(1 - x_i) x_j");
    orr_nodes_forecast_free(&f);
    orr_nodes_model_free(m);
    discard(w);
}
END_TEST

START_TEST(noise_on_the_window_is_found_and_taken_off)
{
    struct world *w = draw(ORR_GENE, 0.05), *clean = draw(ORR_GENE, 0);
    struct orr_law_smooth a, b;
    struct orr_nodes seen = w->x[TEST], plain = clean->x[TEST];
    seen.points = plain.points = ORR_NODES_WINDOW;
    ck_assert(orr_law_smooth_make(&seen, &a) && orr_law_smooth_make(&plain, &b));
    double raw = 0, left = 0;
    for (size_t k = 0; k < ORR_NODES_WINDOW * NODES; k++) {
        raw += pow(seen.x[k] - plain.x[k], 2) / (ORR_NODES_WINDOW * NODES);
        left += pow(a.x.x[k] - plain.x[k], 2) / (ORR_NODES_WINDOW * NODES);
    }
    ck_assert_msg(left < 0.5 * raw, "%g of %g", left, raw);
    ck_assert_msg(fabs(a.variance / raw - 1) < 0.3, "%g, truly %g", a.variance, raw);
    ck_assert_double_eq(b.variance, 0);
    ck_assert(!memcmp(b.x.x, plain.x, ORR_NODES_WINDOW * NODES * sizeof *plain.x));
    orr_law_smooth_free(&a);
    orr_law_smooth_free(&b);
    discard(w);
    discard(clean);
}
END_TEST

START_TEST(laws_that_are_joined_are_told_apart_by_the_window)
{
    static const enum orr_dynamics kinds[] = {ORR_GENE, ORR_KURAMOTO, ORR_POPULATION};
    static const char *const couplings[] = {"x_j^2 / (1 + x_j^2)", "sin(x_j - x_i)", "x_j^0.2"};
    struct world *w[3];
    struct orr_nodes_model *m = NULL, *loaded;
    struct orr_error err;
    for (int k = 0; k < 3; k++) {
        w[k] = draw(kinds[k], 0);
        struct orr_nodes_model *one = fit("netdyn-law", w[k], NULL);
        if (m) {
            ck_assert(orr_nodes_join(m, one));
            orr_nodes_model_free(one);
        } else {
            m = one;
        }
    }
    const char *path = aid_file_write("m.safetensors", "", 0);
    ck_assert_int_eq(orr_nodes_save(m, path, "a test", &err), ORR_OK);
    ck_assert_msg(orr_nodes_load(path, &loaded, &err) == ORR_OK, "%s: %s", err.where, err.message);
    for (int k = 0; k < 3; k++) {
        struct orr_nodes_forecast f, g;
        const double e = error_of(m, w[k], &f);
        ck_assert_str_eq(f.coupling, couplings[k]);
        ck_assert_msg(f.misfit < 5, "%g", f.misfit);
        ck_assert_double_eq_tol(error_of(loaded, w[k], &g), e, 1e-6);
        orr_nodes_forecast_free(&f);
        orr_nodes_forecast_free(&g);
        discard(w[k]);
    }
    double walk[30 * NODES]; /* that none of the laws holds for shows */
    struct orr_rng rng;
    orr_rng_seed(&rng, 4, 0);
    for (size_t k = 0; k < 30 * NODES; k++)
        walk[k] = (k < NODES ? 1000 : walk[k - NODES]) * (1.03 + 0.01 * orr_rng_normal(&rng));
    const struct orr_nodes x = {.n = NODES, .points = 30, .step = 1, .x = walk};
    const struct orr_nodes_case c = {.x = &x};
    struct orr_nodes_forecast f;
    ck_assert_int_eq(orr_nodes_run(m, &c, 10, NULL, &f, &err), ORR_OK);
    ck_assert_msg(f.misfit > 50, "%g", f.misfit);
    orr_nodes_forecast_free(&f);
    orr_nodes_model_free(m);
    orr_nodes_model_free(loaded);
}
END_TEST

START_TEST(intervals_are_narrow_on_clean_windows_and_wider_on_noisy_ones)
{
    struct world *clean = draw(ORR_GENE, 0), *noisy = draw(ORR_GENE, 0.05);
    struct orr_nodes_forecast f, g;
    struct orr_nodes_model *m = fit("netdyn-law", clean, NULL);
    error_of(m, clean, &f);
    error_of(m, noisy, &g);
    double narrow = 0, wide = 0, within = 0;
    for (size_t k = 0; k < ORR_NODES_AHEAD * NODES; k++) {
        const double truth = clean->x[TEST].x[ORR_NODES_WINDOW * NODES + k];
        narrow += f.half[k];
        wide += g.half[k];
        within += fabs(g.mean[k] - truth) <= g.half[k];
    }
    ck_assert_msg(wide > 3 * narrow, "%g, clean %g", wide, narrow);
    ck_assert_msg(within > 0.5 * ORR_NODES_AHEAD * NODES, "%g", within / (ORR_NODES_AHEAD * NODES));
    orr_nodes_forecast_free(&f);
    orr_nodes_forecast_free(&g);
    orr_nodes_model_free(m);
    discard(clean);
    discard(noisy);
}
END_TEST

START_TEST(windows_that_say_nothing_are_forecast_all_the_same)
{
    struct world *w = draw(ORR_GENE, 0);
    struct orr_nodes_model *m = fit("netdyn-law", w, NULL);
    double states[8 * 4];
    for (int kind = 0; kind < 3; kind++) {
        for (int k = 0; k < 8 * 4; k++) states[k] = kind == 0 ? 0 : kind == 1 ? 5 : k % 2 ? 1e9 : -1e9;
        for (size_t n = 1; n <= 4; n += 3)
            for (size_t points = 4; points <= 8; points += 4) {
                const struct orr_nodes x = {.n = n, .points = points, .step = 0.1, .x = states};
                const struct orr_nodes_case c = {.x = &x};
                struct orr_nodes_forecast f;
                struct orr_error err;
                ck_assert_msg(orr_nodes_run(m, &c, 20, NULL, &f, &err) == ORR_OK, "%s", err.message);
                for (size_t k = 0; k < 20 * n; k++) ck_assert(isfinite(f.mean[k]));
                orr_nodes_forecast_free(&f);
            }
    }
    const struct orr_nodes x = {.n = 2, .points = 3, .step = 0.1, .x = states};
    const struct orr_nodes_case c = {.x = &x};
    struct orr_nodes_forecast f;
    struct orr_error err;
    ck_assert_int_eq(orr_nodes_run(m, &c, 20, NULL, &f, &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "3 points observed, and it needs 4"));
    orr_nodes_forecast_free(&f);
    orr_nodes_model_free(m);
    discard(w);
}
END_TEST

static bool stop_soon(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return --*(int *)ctx > 0;
}

START_TEST(a_fit_and_a_forecast_can_be_stopped)
{
    struct world *w = draw(ORR_SIS, 0);
    int left = 3;
    const struct orr_ticker ticker = {stop_soon, &left};
    struct orr_nodes_options o = orr_nodes_defaults();
    struct orr_nodes_model *m;
    struct orr_nodes_forecast f;
    struct orr_error err;
    ck_assert_int_eq(orr_nodes_fit(orr_nodes_method_find("netdyn-law"), w->item, TEST, &o, &ticker, &m, &err),
                     ORR_ECANCELLED);
    ck_assert_int_eq(orr_nodes_run(m, &w->item[TEST], 10, NULL, &f, &err), ORR_EFORMAT); /* nothing was found yet */
    orr_nodes_forecast_free(&f);
    orr_nodes_model_free(m);
    m = fit("netdyn-law", w, NULL);
    left = 2;
    ck_assert_int_eq(orr_nodes_run(m, &w->item[TEST], 10, &ticker, &f, &err), ORR_ECANCELLED);
    orr_nodes_forecast_free(&f);
    orr_nodes_model_free(m);
    discard(w);
}
END_TEST

START_TEST(the_inverse_times_the_matrix_is_one)
{
    const double a[9] = {4, 1, 0.5, 1, 3, -1, 0.5, -1, 2};
    double inverse[9], work[12], log_det;
    memcpy(inverse, a, sizeof a);
    ck_assert(orr_law_invert(3, inverse, work, &log_det));
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double sum = 0;
            for (int k = 0; k < 3; k++) sum += a[i * 3 + k] * inverse[k * 3 + j];
            ck_assert_double_eq_tol(sum, i == j, 1e-12);
        }
    ck_assert_double_eq_tol(log_det, log(16.25), 1e-12);
    double singular[4] = {1, 1, 1, 1};
    ck_assert(!orr_law_invert(2, singular, work, &log_det));
}
END_TEST

ORR_SUITE_IN_FOLDER("netdyn_law", a_law_is_found_without_edges_and_forecasts_better_than_known_equations_do_by_lasso,
                    a_coupling_left_out_is_never_found, noise_on_the_window_is_found_and_taken_off,
                    laws_that_are_joined_are_told_apart_by_the_window,
                    intervals_are_narrow_on_clean_windows_and_wider_on_noisy_ones,
                    windows_that_say_nothing_are_forecast_all_the_same, a_fit_and_a_forecast_can_be_stopped,
                    the_inverse_times_the_matrix_is_one)
