/* What is learned from: WordNet as lines of text, and lines as tokens. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "methods/lm/lm.h"

void orr_lm_lines_free(struct orr_lm_lines *l)
{
    free(l->token.data);
    free(l->items.data);
    free(l->answers.data);
    *l = (struct orr_lm_lines){0};
}

/* ---- WordNet as lines ---- */

/* "the dog barked" with the word, where it stands by itself, left out; false where it does not. */
static bool blank_out(const char *example, const char *word, struct orr_str *out)
{
    const size_t n = strlen(word);
    for (const char *at = example; (at = strstr(at, word)); at++) {
        const char before = at > example ? at[-1] : ' ', after = at[n];
        const bool alone = !((before | 32) >= 'a' && (before | 32) <= 'z') && !((after | 32) >= 'a' && (after | 32) <= 'z');
        if (!alone) continue;
        orr_str_append_n(out, example, (size_t)(at - example));
        orr_str_append(out, "____");
        orr_str_append(out, at + n);
        return true;
    }
    return false;
}

enum { MOST_ANSWERS = 255 };

static size_t words_of(const struct orr_wordnet *w, const struct orr_synset *s, const char *words[MOST_ANSWERS])
{
    const size_t n = s->n_words < MOST_ANSWERS ? s->n_words : MOST_ANSWERS;
    for (size_t i = 0; i < n; i++) words[i] = orr_wordnet_word(w, s, (uint32_t)i);
    return n;
}

static void related(const struct orr_wordnet *w, const struct orr_synset *s, const struct orr_lm_texts *to)
{
    const char *answers[MOST_ANSWERS];
    struct orr_str text = {0};
    const struct orr_synset *kin = s->kin >= 0 ? &w->synsets.data[s->kin] : NULL;
    if (kin && kin->part == s->part && s->kind != 's') {
        orr_str_printf(&text, "%s, a kind of:", orr_wordnet_word(w, s, 0));
        to->text(to->ctx, orr_str_c(&text), answers, words_of(w, kin, answers));
    }
    for (uint32_t i = 0; i < s->n_examples; i++) {
        const size_t n = words_of(w, s, answers);
        for (size_t k = 0; k < n; k++) {
            orr_str_clear(&text);
            if (!blank_out(w->examples.data[s->example + i], answers[k], &text)) continue;
            orr_str_append_char(&text, ':');
            to->text(to->ctx, orr_str_c(&text), &answers[k], 1);
            break;
        }
    }
    orr_str_free(&text);
}

void orr_lm_wordnet(const struct orr_wordnet *w, enum orr_wordnet_part part, bool definitions_only,
                    const struct orr_lm_texts *to)
{
    struct orr_str text = {0};
    for (size_t i = 0; i < w->synsets.len; i++) {
        const struct orr_synset *s = &w->synsets.data[i];
        const char *answers[MOST_ANSWERS];
        if (s->part != part || !*s->definition) continue;
        orr_str_clear(&text);
        orr_str_printf(&text, "%s:", s->definition);
        to->text(to->ctx, orr_str_c(&text), answers, words_of(w, s, answers));
        if (!definitions_only) related(w, s, to);
    }
    orr_str_free(&text);
}

/* ---- as tokens ---- */

struct encoding {
    struct orr_lm_lines *l;
    const struct orr_pieces *pieces;
    struct orr_intern known; /* answers that have tokens */
    ORR_VEC(struct orr_span) spans;
    struct orr_str text;
    size_t most;
};

static struct orr_span encode(struct encoding *e, const char *text, bool begin)
{
    struct orr_tokens *t = &e->l->token;
    const size_t at = t->len;
    orr_pieces_encode(e->pieces, text, strlen(text), begin, t);
    return (struct orr_span){(uint32_t)at, (uint32_t)(t->len - at)};
}

static void take(void *ctx, const char *prompt, const char *const *answers, size_t n)
{
    struct encoding *e = ctx;
    struct orr_lm_lines *l = e->l;
    const size_t before = l->token.len;
    struct orr_lm_item item = {.prompt = encode(e, prompt, true), .answer = (uint32_t)l->answers.len};
    for (size_t i = 0; i < n; i++) {
        const uint32_t have = e->known.len, at = orr_intern_add(&e->known, 0, answers[i], strlen(answers[i]));
        if (at == have) {
            orr_str_clear(&e->text);
            orr_str_printf(&e->text, " %s", answers[i]);
            ORR_VEC_PUSH(&e->spans, encode(e, orr_str_c(&e->text), false));
        }
        const struct orr_span s = e->spans.data[at];
        if (s.n > 0 && item.prompt.n + s.n + 1 <= e->most) ORR_VEC_PUSH(&l->answers, s);
    }
    item.n_answers = (uint32_t)(l->answers.len - item.answer);
    if (item.n_answers)
        ORR_VEC_PUSH(&l->items, item);
    else if (l->answers.len == item.answer && l->token.len == before + item.prompt.n)
        l->token.len = before;
}

void orr_lm_lines_wordnet(struct orr_lm_lines *l, const struct orr_wordnet *w, enum orr_wordnet_part part,
                          bool definitions_only, const struct orr_pieces *pieces, size_t most)
{
    struct encoding e = {.l = l, .pieces = pieces, .most = most};
    const struct orr_lm_texts to = {&e, take};
    orr_lm_wordnet(w, part, definitions_only, &to);
    orr_intern_free(&e.known);
    free(e.spans.data);
    orr_str_free(&e.text);
}
