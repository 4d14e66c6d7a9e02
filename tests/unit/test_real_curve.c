/* Real learning curves: language models, learners by sample size, detectors. REAL names the folder. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid_store.h"
#include "app/curve_forecast.h"
#include "app/import.h"
#include "num/stats.h"

static const char *real(void)
{
    const char *path = getenv("REAL");
    if (!path) fprintf(stderr, "REAL is not set: nothing was compared with real curves\n");
    return path;
}

/* Every curve of one series of a folder, imported into a store of its own. */
static void load(struct aid_store *a, const char *folder, const char *series, struct orr_curve_items *items)
{
    struct orr_error err;
    struct orr_import_result result = {0};
    const struct orr_import_options o = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/%s", real(), folder);
    const char *const one = path;
    struct orr_app app = {.store = a->store, .store_path = a->path};
    aid_ok(orr_app_import(&app, &one, 1, &o, NULL, &result, &err), &err);
    orr_import_result_free(&result);
    aid_ok(orr_curve_items_add_all(a->store, NULL, series, NULL, items, &err), &err);
    orr_app_close(&app);
    a->store = NULL;
}

/* Median relative error of the last value from the first 20% of the steps. */
static double medape(const struct orr_curve_items *items, const char *method, size_t *n)
{
    struct orr_curve_forecast_query q = orr_curve_forecast_defaults();
    struct orr_curve_forecasts f;
    struct orr_error err;
    double *error = calloc(items->n + 1, sizeof *error);
    q.method = method;
    q.observe_share = 0.2;
    aid_ok(orr_curve_forecast_run(items, &q, NULL, &f, &err), &err);
    *n = 0;
    for (size_t i = 0; i < f.n; i++) {
        const size_t last = f.items[i].out.n - 1;
        if (!f.items[i].out.n || f.items[i].observed < 4) continue;
        ck_assert(isfinite(f.items[i].out.mean[last]) && f.items[i].out.lower[last] <= f.items[i].out.upper[last]);
        error[(*n)++] = fabs(f.items[i].out.mean[last] / f.items[i].actual[last] - 1);
    }
    const double m = orr_stats_median(error, *n);
    orr_curve_forecasts_free(&f);
    free(error);
    return m;
}

START_TEST(power_laws_halve_the_error_of_the_last_value_on_language_models)
{
    struct orr_curve_items items = {0};
    size_t n, again;
    if (!real()) return;
    struct aid_store a = aid_store_new();
    load(&a, "nanogpt_speedruns", "val_loss", &items);
    const double last = medape(&items, "last", &n), pow3 = medape(&items, "pow3", &again);
    ck_assert_uint_eq(n, again);
    ck_assert_uint_gt(n, 100);
    ck_assert_msg(pow3 < 0.5 * last, "pow3 %g, last %g", pow3, last);
    orr_curve_items_free(&items);
    aid_store_end(&a);
}
END_TEST

START_TEST(every_real_curve_is_forecast_or_refused_by_name)
{
    static const char *const sets[][2] = {{"lightning_mlpws", "train_loss"}, {"yolo_runs", "metrics/mAP_0.5"}};
    if (!real()) return;
    for (size_t s = 0; s < 2; s++) {
        struct orr_curve_items items = {0};
        size_t n;
        struct aid_store a = aid_store_new();
        load(&a, sets[s][0], sets[s][1], &items);
        for (size_t i = 0; i < items.n; i++) ck_assert(!items.items[i].status || items.items[i].error.message[0]);
        ck_assert(medape(&items, "power", &n) < 1);
        orr_curve_items_free(&items);
        aid_store_end(&a);
    }
}
END_TEST

ORR_SUITE("real_curve", power_laws_halve_the_error_of_the_last_value_on_language_models,
          every_real_curve_is_forecast_or_refused_by_name)
