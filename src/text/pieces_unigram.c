/* Unigram vocabularies of SentencePiece (Kudo 2018): of all ways to cut a text into pieces the one with the best sum of
 * scores, by Viterbi's algorithm. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/text.h"
#include "text/pieces_private.h"

static const double UNKNOWN_COSTS = 10; /* below the lowest score, as SentencePiece has it */

/* "NMT" clean-up of SentencePiece: controls go, odd blanks become blanks. */
static bool is_dropped(uint32_t c)
{
    return (c <= 0x1F && c != '\t' && c != '\n' && c != '\f' && c != '\r') || c == 0x7F || c == 0x8F || c == 0x9F;
}
static bool is_blank(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
           c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
}

void orr_pieces_normalise(const char *text, size_t n, struct orr_str *out)
{
    struct orr_str clean = {0};
    utf8proc_uint8_t *folded = NULL;
    for (size_t at = 0, used; at < n; at += used) {
        const uint32_t c = orr_utf8_decode(text + at, n - at, &used);
        char bytes[4];
        if (!is_dropped(c)) orr_str_append_n(&clean, bytes, orr_utf8_encode(is_blank(c) ? ' ' : c, bytes));
    }
    const utf8proc_ssize_t length =
        utf8proc_map((const utf8proc_uint8_t *)orr_str_c(&clean), (utf8proc_ssize_t)clean.len, &folded,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    bool between = true;
    for (utf8proc_ssize_t i = 0; i < length; i++) {
        if (folded[i] != ' ' && between) orr_str_append_char(out, ' ');
        if (folded[i] != ' ') orr_str_append_char(out, (char)folded[i]);
        between = folded[i] == ' ';
    }
    free(folded);
    orr_str_free(&clean);
}

struct lattice {
    const struct orr_pieces *p;
    const char *text; /* [start[points]] */
    size_t *start;    /* [points + 1] of code points */
    double *best;     /* [points + 1] best sum up to there */
    size_t *from;     /* [points + 1] where its last piece begins */
    int32_t *token;   /* that piece; -1: unknown */
};

static void relax(struct lattice *l, size_t from, size_t to, double score, int32_t token)
{
    if (!(l->best[from] + score > l->best[to])) return;
    l->best[to] = l->best[from] + score;
    l->from[to] = from;
    l->token[to] = token;
}

static void fill(struct lattice *l, size_t points)
{
    l->best[0] = 0;
    for (size_t i = 1; i <= points; i++) l->best[i] = -INFINITY;
    for (size_t i = 0; i < points; i++) {
        bool alone = false; /* whether the code point is a piece of its own */
        for (size_t to = i + 1; to <= points && l->start[to] - l->start[i] <= l->p->longest; to++) {
            const int32_t token = orr_pieces_find(l->p, l->text + l->start[i], l->start[to] - l->start[i]);
            if (token < 0) continue;
            alone |= to == i + 1;
            relax(l, i, to, (double)l->p->piece[token].score, token);
        }
        if (!alone) relax(l, i, i + 1, (double)l->p->lowest - UNKNOWN_COSTS, -1);
    }
}

/* Neighbouring unknowns are one; where the vocabulary has bytes, they are those instead. */
static void emit(const struct lattice *l, const size_t *cuts, size_t n, struct orr_tokens *out)
{
    bool unknown = false;
    for (size_t i = n; i-- > 0;) {
        const size_t to = cuts[i];
        const int32_t token = l->token[to];
        bool all = token < 0;
        for (size_t k = l->start[l->from[to]]; all && k < l->start[to]; k++)
            all = l->p->byte[(unsigned char)l->text[k]] >= 0;
        if (token >= 0)
            ORR_VEC_PUSH(out, token);
        else if (all)
            for (size_t k = l->start[l->from[to]]; k < l->start[to]; k++)
                ORR_VEC_PUSH(out, l->p->byte[(unsigned char)l->text[k]]);
        else if (!unknown && l->p->unknown >= 0)
            ORR_VEC_PUSH(out, l->p->unknown);
        unknown = token < 0;
    }
}

static void encode_part(const struct orr_pieces *p, const char *text, size_t n, struct orr_tokens *out)
{
    struct lattice l = {.p = p, .text = text};
    l.start = orr_xcalloc(n + 1, sizeof *l.start);
    l.best = orr_xcalloc(n + 1, sizeof *l.best);
    l.from = orr_xcalloc(n + 1, sizeof *l.from);
    l.token = orr_xcalloc(n + 1, sizeof *l.token);
    size_t points = 0, cuts = 0;
    for (size_t at = 0, used; at < n; at += used) {
        orr_utf8_decode(text + at, n - at, &used);
        l.start[points++] = at;
    }
    l.start[points] = n;
    fill(&l, points);
    size_t *cut = orr_xcalloc(points + 1, sizeof *cut);
    for (size_t at = points; at > 0; at = l.from[at]) cut[cuts++] = at;
    emit(&l, cut, cuts, out);
    free(cut);
    free(l.start);
    free(l.best);
    free(l.from);
    free(l.token);
}

void orr_pieces_encode_unigram(const struct orr_pieces *p, const char *text, size_t n, bool begin,
                               struct orr_tokens *out)
{
    enum { PART = 1 << 16 }; /* a longer text is cut at the next blank, which no piece but the first byte holds */
    struct orr_str clean = {0};
    orr_pieces_normalise(text, n, &clean);
    size_t at = clean.len && !(begin && p->adds_blank) ? 1 : 0;
    while (at < clean.len) {
        size_t to = clean.len - at > PART ? at + PART : clean.len;
        while (to < clean.len && clean.data[to] != ' ') to++;
        encode_part(p, clean.data + at, to - at, out);
        at = to;
    }
    orr_str_free(&clean);
}

void orr_pieces_ready_unigram(struct orr_pieces *p)
{
    p->unigram = true;
    p->lowest = INFINITY;
    for (int i = 0; i < p->n; i++) {
        const struct orr_piece *x = &p->piece[i];
        if (x->special || !x->bytes) continue;
        if (x->n > p->longest) p->longest = x->n;
        if (x->score < p->lowest) p->lowest = x->score;
    }
    if (!isfinite(p->lowest)) p->lowest = 0;
}
