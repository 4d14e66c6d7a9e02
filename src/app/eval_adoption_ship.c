/* The table of what ships, learned from all series at hand. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval_adoption.h"
#include "base/mem.h"

enum { KINDS = 3 };

static void append_numbers(struct orr_str *s, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) orr_str_printf(s, "%s%.4g", i ? ", " : "{", x[i]);
    orr_str_append(s, "}");
}

static enum orr_status write_source(const struct orr_adoption_panel *const kinds[KINDS],
                                    const struct orr_rpp_prior *prior, const struct orr_blend *blend, const char *path,
                                    struct orr_error *err)
{
    struct orr_str s = {0};
    orr_str_append(&s, "/* Written by `orrery eval adoption --real DIR --learn FILE`. Prior and b: cumulative fine-tunes "
                       "per month of\n * open-weight models (hf_adoption, MIT, ForecastHuggingFaceModels), ");
    orr_str_printf(&s, "%zu series of %zu companies. Errors: these, ", kinds[0]->n, kinds[0]->groups);
    orr_str_printf(&s, "%zu packages\n * (pypi_downloads, Apache-2.0, StarScout) and %zu simulated series. */\n",
                   kinds[1]->n, kinds[2]->n);
    orr_str_append(&s, "#include \"methods/adoption/blend.h\"\n\nconst struct orr_rpp_prior orr_rpp_shipped_prior = ");
    append_numbers(&s, (const double[]){prior->alpha, prior->beta, prior->mu_mean, prior->mu_sd, prior->log_sigma_mean,
                                        prior->log_sigma_sd}, 6);
    orr_str_printf(&s,
                   ";\n\nconst struct orr_blend orr_blend_shipped = {\n"
                   "    .quickening = %.4g,\n    .line = %.4g,\n    .curve = %.4g,\n    .errors = {",
                   blend->quickening, blend->line, blend->curve);
    for (int f = 0; f < ORR_BLEND_FORECASTS; f++) {
        orr_str_append(&s, f ? "},\n               {.scale = " : "{.scale = ");
        append_numbers(&s, blend->errors[f].scale, ORR_BLEND_SIZES);
        orr_str_append(&s, ",\n                .quantile = ");
        append_numbers(&s, blend->errors[f].quantile, ORR_BLEND_PROBS);
    }
    orr_str_append(&s, "}},\n};\n");
    FILE *f = fopen(path, "w");
    const bool ok = f && fwrite(s.data, 1, s.len, f) == s.len;
    const bool closed = f && !fclose(f);
    orr_str_free(&s);
    return ok && closed ? ORR_OK : orr_error_set(err, ORR_EIO, path, "cannot write: %s", strerror(errno));
}

enum orr_status orr_adoption_panel_ship(const struct orr_adoption_panel *models,
                                        const struct orr_eval_adoption_options *o, const struct orr_ticker *ticker,
                                        struct orr_error *err)
{
    struct orr_adoption_panel packages = {0}, simulated = {0};
    enum orr_status status = orr_adoption_panel_packages(&packages, o, ticker, err);
    if (status != ORR_OK) goto out;
    orr_adoption_panel_simulate(&simulated, o);
    const struct orr_adoption_panel *const kinds[KINDS] = {models, &packages, &simulated};
    size_t n = 0, groups = 0;
    for (int k = 0; k < KINDS; k++) n += kinds[k]->n, groups += kinds[k]->groups;
    struct orr_blend_series *series = orr_xcalloc(n, sizeof *series);
    struct orr_rpp_prior *priors = orr_xcalloc(groups, sizeof *priors);
    struct orr_blend *blends = orr_xcalloc(groups + 1, sizeof *blends);
    double *weight = orr_xcalloc(groups, sizeof *weight);
    n = groups = 0;
    for (int k = 0; k < KINDS; k++) {
        /* other kinds are forecast as a user's series would be: with what all models taught */
        for (size_t g = 0; g < kinds[k]->groups; g++) {
            priors[groups + g] = models->priors[k ? models->groups : g];
            weight[groups + g] = 1 / (double)kinds[k]->groups;
        }
        for (size_t i = 0; i < kinds[k]->n; i++) {
            series[n] = kinds[k]->series[i];
            series[n++].group += groups;
        }
        groups += kinds[k]->groups;
    }
    const struct orr_blend_lesson lesson = {
        series, n, groups, priors, weight, &models->blends[models->groups], o->quick ? 4 : 1, o->threads};
    status = orr_blend_learn(&lesson, ticker, blends, err);
    if (status == ORR_OK)
        status = write_source(kinds, &models->priors[models->groups], &blends[groups], o->learn, err);
    free(series);
    free(priors);
    free(blends);
    free(weight);
out:
    orr_adoption_panel_free(&packages);
    orr_adoption_panel_free(&simulated);
    return status;
}
