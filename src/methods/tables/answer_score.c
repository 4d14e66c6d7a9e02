/* Agreement of answers. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "methods/tables/reader.h"

struct words {
    struct orr_str text; /* the words, each ended by a NUL */
    ORR_VEC(size_t) at;
};

static void add_word(void *ctx, const char *term, size_t n, size_t at, size_t bytes)
{
    (void)at, (void)bytes;
    struct words *w = ctx;
    if ((n == 1 && *term == 'a') || (n == 2 && !memcmp(term, "an", 2)) || (n == 3 && !memcmp(term, "the", 3))) return;
    ORR_VEC_PUSH(&w->at, w->text.len);
    orr_str_append_n(&w->text, term, n);
    orr_str_append_char(&w->text, '\0');
}

static void read_words(struct orr_tokeniser *t, const char *text, struct words *w)
{
    orr_tokenise(t, text, strlen(text), add_word, w);
}

static void free_words(struct words *w)
{
    orr_str_free(&w->text);
    free(w->at.data);
}

/* Words of `a` that are in `b`, each of b's used once. */
static size_t common(const struct words *a, const struct words *b)
{
    bool *used = orr_xcalloc(b->at.len + 1, sizeof *used);
    size_t n = 0;
    for (size_t i = 0; i < a->at.len; i++)
        for (size_t k = 0; k < b->at.len; k++) {
            if (used[k] || strcmp(a->text.data + a->at.data[i], b->text.data + b->at.data[k])) continue;
            used[k] = true;
            n++;
            break;
        }
    free(used);
    return n;
}

static void compare(const char *given, const char *right, double *f1, double *exact)
{
    struct orr_tokeniser *t = orr_tokeniser_new();
    struct words a = {0}, b = {0};
    read_words(t, given, &a);
    read_words(t, right, &b);
    const size_t n = common(&a, &b);
    *f1 = n ? 2.0 * (double)n / (double)(a.at.len + b.at.len) : a.at.len == 0 && b.at.len == 0;
    *exact = a.text.len == b.text.len && (!a.text.len || !memcmp(a.text.data, b.text.data, a.text.len));
    free_words(&a);
    free_words(&b);
    orr_tokeniser_free(t);
}

double orr_answer_f1(const char *given, const char *right)
{
    double f1, exact;
    compare(given, right, &f1, &exact);
    return f1;
}

double orr_answer_exact(const char *given, const char *right)
{
    double f1, exact;
    compare(given, right, &f1, &exact);
    return exact;
}
