/* What was learned, as JSON and as a ledger. */
#include <stdio.h>
#include <string.h>

#include "app/prompt.h"
#include "base/json.h"

enum { WORDS = 3 };

static void key_number(struct orr_str *s, const char *key, double x)
{
    orr_str_printf(s, ",\"%s\":", key);
    orr_json_append_double(s, x);
}

static void append_floats(struct orr_str *s, const char *key, const float *x, int n)
{
    orr_str_printf(s, ",\"%s\":[", key);
    for (int k = 0; k < n; k++) {
        if (k) orr_str_append_char(s, ',');
        orr_json_append_double(s, (double)x[k]);
    }
    orr_str_append_char(s, ']');
}

static void append_ledger(struct orr_str *s, const struct orr_prompts_layout *l)
{
    orr_str_printf(s, ",\n\"place\":\"%s\",\"ledger\":[", l->place == ORR_PROMPTS_AS_KEYS ? "keys" : "sequence");
    for (int b = 0, first = 1; b < ORR_PROMPTS_BRANCHES; b++)
        for (int k = 0; k < l->layers[b]; k++, first = 0) {
            const struct orr_prompts_step step = orr_prompts_step(l, (enum orr_prompts_branch)b, k);
            orr_str_printf(s, "%s\n{\"branch\":\"%s\",\"layer\":%d,\"carried\":%d,\"removed\":%d,\"added\":%d,\"tokens\":%d}",
                           first ? "" : ",", orr_prompts_branch_names[b], k, step.before - step.removed, step.removed, step.added,
                           step.tokens);
        }
    orr_str_append(s, "]");
}

/* Weights of every epoch are the film of the search. */
static void append_search(struct orr_str *s, const struct orr_prompt_result *r)
{
    orr_str_append(s, ",\n\"search\":[");
    for (int b = 0, first = 1; b < ORR_PROMPTS_BRANCHES; b++)
        for (int k = 0; k < r->prompts.layout.layers[b]; k++, first = 0) {
            const struct orr_prompts_choice *c = &r->choice[b][k];
            orr_str_printf(s, "%s\n{\"branch\":\"%s\",\"layer\":%d,\"length\":%d,\"second\":%d", first ? "" : ",",
                           orr_prompts_branch_names[b], k, c->length, c->second);
            key_number(s, "margin", c->margin);
            key_number(s, "entropy", c->entropy);
            orr_str_append(s, ",\"weights\":[");
            for (int e = 0; e <= r->search->epochs; e++) {
                orr_str_append(s, e ? ",[" : "[");
                for (int i = 0; i <= r->longest; i++) {
                    if (i) orr_str_append_char(s, ',');
                    orr_json_append_double(s, (double)r->search->weight[e][b][k][i]);
                }
                orr_str_append_char(s, ']');
            }
            orr_str_append(s, "]}");
        }
    orr_str_append(s, "]");
    append_floats(s, "search_loss", r->search->loss, r->search->epochs);
}

static void append_words(struct orr_str *s, const struct orr_prompts *p)
{
    orr_str_append(s, ",\n\"words\":[");
    for (int k = 0, first = 1; k < p->layout.layers[ORR_PROMPTS_TEXT]; k++)
        for (int row = 0; row < p->layout.add[ORR_PROMPTS_TEXT][k]; row++, first = 0) {
            struct orr_prompts_word w[WORDS];
            const size_t n = orr_prompts_nearest(p, k, row, WORDS, w);
            orr_str_printf(s, "%s\n{\"layer\":%d,\"prompt\":%d,\"nearest\":[", first ? "" : ",", k, row);
            for (size_t i = 0; i < n; i++) {
                orr_str_append(s, i ? ",{\"word\":" : "{\"word\":");
                orr_json_append_string(s, orr_clip_tokens_name(p->clip->tokens, w[i].token));
                key_number(s, "distance", w[i].distance);
                orr_str_append_char(s, '}');
            }
            orr_str_append(s, "]}");
        }
    orr_str_append(s, "]");
}

void orr_prompt_json(const struct orr_prompt_world *w, const struct orr_prompt_query *q, const struct orr_prompt_result *r,
                     struct orr_str *out)
{
    orr_str_append(out, "{\"task\":");
    orr_json_append_string(out, w->source);
    orr_str_printf(out, ",\"method\":\"%s\",\"classes\":%d,\"base_classes\":%d,\"shots\":%zu,\"seed\":%llu,\"parameters\":%zu",
                   q->method->name, w->task.classes, w->task.base, r->shots, (unsigned long long)q->seed, r->parameters);
    for (int k = 0; k < ORR_PROMPT_METRICS; k++) key_number(out, orr_prompt_metric_names[k], r->score[k]);
    key_number(out, "seconds", r->seconds);
    if (r->prompts.clip) append_ledger(out, &r->prompts.layout);
    if (r->search) append_search(out, r);
    if (r->log.epochs) append_floats(out, "loss", r->log.loss, r->log.epochs);
    if (r->prompts.params.n) append_words(out, &r->prompts);
    orr_str_append(out, "}\n");
}

void orr_prompt_ledger(const struct orr_prompts *p, const struct orr_prompt_result *r, struct orr_table *t)
{
    static const char *const heads[] = {"branch", "layer",  "carried", "removed", "added",
                                        "tokens", "length", "margin",  "entropy"};
    const struct orr_prompts_layout *l = &p->layout;
    const bool search = r && r->search;
    orr_table_init(t, (size_t)(l->layers[0] + l->layers[1]), (search ? 9U + (size_t)r->longest + 1 : 6U));
    for (size_t c = 0; c < (search ? 9U : 6U); c++)
        orr_table_column(t, c, heads[c], c == 0 ? ORR_CELL_TEXT : c < 7 ? ORR_CELL_INTEGER : ORR_CELL_NUMBER);
    for (int i = 0; search && i <= r->longest; i++) {
        char name[24];
        snprintf(name, sizeof name, "weight %d", i);
        orr_table_column(t, 9 + (size_t)i, name, ORR_CELL_NUMBER);
    }
    size_t row = 0;
    for (int b = 0; b < ORR_PROMPTS_BRANCHES; b++)
        for (int k = 0; k < l->layers[b]; k++, row++) {
            const struct orr_prompts_step s = orr_prompts_step(l, (enum orr_prompts_branch)b, k);
            const double numbers[] = {k, s.before - s.removed, s.removed, s.added, s.tokens};
            orr_table_set_text(t, row, 0, orr_prompts_branch_names[b]);
            for (size_t c = 0; c < 5; c++) orr_table_set_number(t, row, 1 + c, numbers[c]);
            if (!search) continue;
            const struct orr_prompts_choice *c = &r->choice[b][k];
            orr_table_set_number(t, row, 6, c->length);
            orr_table_set_number(t, row, 7, c->margin);
            orr_table_set_number(t, row, 8, c->entropy);
            for (int i = 0; i <= r->longest; i++) orr_table_set_number(t, row, 9 + (size_t)i, c->weight[i]);
        }
}
