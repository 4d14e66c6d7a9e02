#include "text/query.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"

enum { COMMON_SHARE = 3 };

struct reading {
    const struct orr_index *x;
    struct orr_query *q;
    struct orr_intern unknown; /* words that no table has, told apart */
    ORR_VEC(struct orr_query_term) terms;
    ORR_VEC(int32_t) order;      /* term, or -1 */
    struct orr_query_rule *rule; /* being read, or NULL */
};

static void word(void *ctx, const char *term, size_t n, size_t at, size_t bytes)
{
    (void)at, (void)bytes;
    struct reading *r = ctx;
    const uint32_t t = orr_index_term(r->x, term, n);
    if (r->rule) {
        ORR_VEC_PUSH(&r->q->rule_words, t);
        r->rule->n++;
        if (r->rule->excludes) return;
    }
    r->q->n_words++;
    if (t == UINT32_MAX) {
        const uint32_t known = r->unknown.len;
        if (known < ORR_QUERY_WORDS && orr_intern_add(&r->unknown, 0, term, n) == known)
            r->q->total_idf += log1p(((double)orr_index_docs(r->x) + 0.5) / 0.5);
    } else {
        ORR_VEC_PUSH(&r->terms, (struct orr_query_term){t, 0});
    }
    if (r->order.len < ORR_QUERY_WORDS) ORR_VEC_PUSH(&r->order, t == UINT32_MAX ? -1 : (int32_t)t);
}

/* ---- rules ---- */

static const char *skip_blanks(const char *s)
{
    while (*s && isspace((unsigned char)*s)) s++;
    return s;
}

static const char *end_of_word(const char *s)
{
    while (*s && !isspace((unsigned char)*s)) s++;
    return s;
}

/* "title:" and the like at s; its length, 0 when there is none. */
static size_t field_at(const char *s, int *field)
{
    for (int f = 0; f < ORR_FIELDS; f++) {
        const size_t n = strlen(orr_field_names[f]);
        if (strncasecmp(s, orr_field_names[f], n) == 0 && s[n] == ':' && s[n + 1] &&
            !isspace((unsigned char)s[n + 1])) {
            *field = f;
            return n + 1;
        }
    }
    return 0;
}

/* Reads the rule at s, if there is one; returns where it ends, or s. */
static const char *read_rule(struct reading *r, struct orr_tokeniser *t, const char *s)
{
    const bool sign = (*s == '-' || *s == '+') && s[1] && !isspace((unsigned char)s[1]) && s[1] != *s;
    const char *at = s + sign;
    int field = -1;
    at += field_at(at, &field);
    if ((!sign && field < 0) || r->q->n_rules == ORR_QUERY_RULES) return s;
    const char *end;
    if (*at == '"' && strchr(at + 1, '"'))
        at++, end = strchr(at, '"');
    else
        end = end_of_word(at);
    struct orr_query_rule *rule = &r->q->rule[r->q->n_rules];
    *rule = (struct orr_query_rule){*s == '-', field, (uint32_t)r->q->rule_words.len, 0};
    r->rule = rule;
    orr_tokenise(t, at, (size_t)(end - at), word, r);
    r->rule = NULL;
    if (rule->n) r->q->n_rules++;
    return *end == '"' ? end + 1 : end;
}

static void read_text(struct reading *r, struct orr_tokeniser *t, const char *text)
{
    for (const char *s = skip_blanks(text); *s; s = skip_blanks(s)) {
        const char *end = read_rule(r, t, s);
        if (end == s) {
            end = end_of_word(s);
            orr_tokenise(t, s, (size_t)(end - s), word, r);
        }
        s = end;
    }
}

/* ---- terms ---- */

static int by_term(const void *a, const void *b)
{
    const uint32_t x = ((const struct orr_query_term *)a)->term, y = ((const struct orr_query_term *)b)->term;
    return (x > y) - (x < y);
}

static int rarest_first(const void *a, const void *b)
{
    const struct orr_query_term *x = a, *y = b;
    if (x->idf != y->idf) return x->idf < y->idf ? 1 : -1;
    return by_term(a, b);
}

/* Different terms, the rarest first; the order in places among them. */
static void settle(struct reading *r)
{
    struct orr_query *q = r->q;
    size_t n = 0;
    if (r->terms.len) qsort(r->terms.data, r->terms.len, sizeof *r->terms.data, by_term);
    for (size_t i = 0; i < r->terms.len; i++)
        if (!n || r->terms.data[i].term != r->terms.data[n - 1].term) r->terms.data[n++] = r->terms.data[i];
    q->common_only = r->unknown.len == 0;
    for (size_t i = 0; i < n; i++) {
        struct orr_query_term *t = &r->terms.data[i];
        t->idf = orr_index_idf(r->x, t->term);
        q->total_idf += (double)t->idf;
        if (orr_index_df(r->x, t->term) <= orr_index_docs(r->x) / COMMON_SHARE) q->common_only = false;
    }
    if (n) qsort(r->terms.data, n, sizeof *r->terms.data, rarest_first);
    q->n_terms = n < ORR_QUERY_TERMS ? n : ORR_QUERY_TERMS;
    for (size_t i = 0; i < q->n_terms; i++) {
        size_t length;
        const char *text = orr_index_term_text(r->x, r->terms.data[i].term, &length);
        orr_encode_word(text, length, r->terms.data[i].idf, q->vector);
    }
    const float rarest = log1pf(((float)orr_index_docs(r->x) + 0.5F) / 0.5F);
    for (uint32_t i = 0; i < r->unknown.len && i < ORR_QUERY_TERMS; i++)
        orr_encode_word(r->unknown.entries[i].text, r->unknown.entries[i].n, rarest, q->vector);
    if (n) memcpy(q->term, r->terms.data, q->n_terms * sizeof *q->term);
    for (size_t i = 0; i < r->order.len; i++) {
        int32_t place = -1;
        for (size_t k = 0; k < q->n_terms && place < 0 && r->order.data[i] >= 0; k++)
            if (q->term[k].term == (uint32_t)r->order.data[i]) place = (int32_t)k;
        ORR_VEC_PUSH(&q->order, place);
    }
}

enum orr_status orr_query_read(const struct orr_index *x, struct orr_tokeniser *t, const char *text, bool syntax,
                               struct orr_query *q, struct orr_error *err)
{
    struct reading r = {.x = x, .q = q};
    if (syntax)
        read_text(&r, t, text);
    else
        orr_tokenise(t, text, strlen(text), word, &r);
    settle(&r);
    orr_intern_free(&r.unknown);
    free(r.terms.data);
    free(r.order.data);
    if (q->n_words == 0)
        return orr_error_set(err, ORR_EINVAL, "query",
                             "the query has no words to look for; write some, such as: population of cities");
    return ORR_OK;
}

void orr_query_free(struct orr_query *q)
{
    free(q->order.data);
    free(q->rule_words.data);
    *q = (struct orr_query){0};
}

/* ---- keeping the rules ---- */

static bool keeps(const struct orr_query *q, const struct orr_query_rule *rule, struct orr_words w)
{
    const uint32_t *words = q->rule_words.data + rule->first;
    int field = 0;
    uint32_t have = 0; /* words of the rule that stand right before */
    for (int32_t t; (t = orr_words_next(&w)) != ORR_MARK_END;) {
        if (t < 0) {
            have = 0;
            if (t == ORR_MARK_FIELD && field < ORR_FIELD_CELLS) field++;
            continue;
        }
        if (rule->field >= 0 && field != rule->field) continue;
        have = (uint32_t)t == words[have] ? have + 1 : (uint32_t)t == words[0];
        if (have == rule->n) return true;
    }
    return false;
}

bool orr_query_allows(const struct orr_query *q, const struct orr_index *x, uint32_t doc)
{
    for (size_t i = 0; i < q->n_rules; i++)
        if (keeps(q, &q->rule[i], orr_index_words(x, doc)) == q->rule[i].excludes) return false;
    return true;
}
