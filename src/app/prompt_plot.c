/* Layouts and searches as pictures. */
#include <stdio.h>
#include <stdlib.h>

#include "app/export.h"
#include "app/prompt.h"
#include "base/mem.h"

enum { WEIGHT_COLUMNS = 3, LEDGER_COLUMNS = 4 };

enum orr_status orr_prompt_export(const struct orr_prompt_world *w, const struct orr_prompt_result *r, const char *path,
                                  const struct orr_ticker *ticker, struct orr_error *err)
{
    struct orr_export_kind kind;
    const struct orr_prompts_layout *l = &r->prompts.layout;
    enum orr_status s = orr_export_kind(path, &kind, err);
    if (!s && !r->prompts.clip)
        s = orr_error_set(err, ORR_EINVAL, path, "%s has no prompts to draw", r->method->name);
    if (s) return s;
    if (!kind.picture) {
        struct orr_table t = {0};
        orr_prompt_ledger(&r->prompts, r, &t);
        s = orr_export_table(&t, path, err);
        orr_table_free(&t);
        return s;
    }
    const size_t text = (size_t)l->layers[ORR_PROMPTS_TEXT], image = (size_t)l->layers[ORR_PROMPTS_IMAGE], layers = text + image,
                 options = (size_t)r->longest + 1;
    double *weights = orr_xcalloc(layers * options * WEIGHT_COLUMNS + 1, sizeof *weights),
           *ledger = orr_xcalloc(layers * LEDGER_COLUMNS + 1, sizeof *ledger), *to = weights, *row = ledger;
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++)
        for (int k = 0; k < l->layers[b]; k++) {
            const struct orr_prompts_step step = orr_prompts_step(l, (enum orr_prompts_branch)b, k);
            *row++ = b;
            *row++ = k;
            *row++ = step.before - step.removed;
            *row++ = step.added;
            for (size_t i = 0; i < options; i++) {
                *to++ = k;
                *to++ = (double)i;
                *to++ = r->choice[b][k].weight[i];
            }
        }
    char title[160];
    snprintf(title, sizeof title, "%.60s, %s: base %.3f, new %.3f", w->source, r->method->name, r->score[ORR_PROMPT_BASE],
             r->score[ORR_PROMPT_NEW]);
    const struct orr_plot_variable variables[] = {
        {.name = "title_text", .text = title},
        {.name = "searched", .number = r->search != NULL},
        {.name = "longest", .number = r->longest},
        {.name = "text_layers", .number = l->layers[ORR_PROMPTS_TEXT]},
        {.name = "image_layers", .number = l->layers[ORR_PROMPTS_IMAGE]},
    };
    const struct orr_plot_data data[] = {{"text", text * options, WEIGHT_COLUMNS, weights},
                                         {"image", image * options, WEIGHT_COLUMNS, weights + text * options * WEIGHT_COLUMNS},
                                         {"ledger", layers, LEDGER_COLUMNS, ledger}};
    const struct orr_plot plot = {.view = "prompts",
                                  .format = kind.plot,
                                  .width = 1300,
                                  .height = 520,
                                  .variables = variables,
                                  .n_variables = sizeof variables / sizeof *variables,
                                  .data = data,
                                  .n_data = sizeof data / sizeof *data};
    s = orr_plot_write(&plot, path, ticker, err);
    free(weights);
    free(ledger);
    return s;
}
