/* CLIP's vocabulary: GPT-2's files and bytes, but a word's last byte is the piece "x</w>", and merges go on from there. */
#include <string.h>

#include "text/pieces_private.h"

/* Tokens that stand for no text, whether or not GPT-2's files have them. */
static int32_t special(struct orr_pieces *p, const char *name)
{
    for (int32_t i = 0; i < p->n; i++)
        if (p->piece[i].bytes && p->piece[i].n == strlen(name) && !memcmp(p->piece[i].bytes, name, p->piece[i].n)) {
            p->piece[i].special = true;
            return i;
        }
    return -1;
}

enum orr_status orr_pieces_open_clip(const char *vocab, const char *merges, struct orr_pieces **out,
                                     struct orr_error *err)
{
    static const char last[] = "</w>";
    const enum orr_status s = orr_pieces_open_merges(vocab, merges, out, err);
    if (s) return s;
    struct orr_pieces *p = *out;
    p->split = ORR_SPLIT_CLIP;
    p->ends_words = true;
    bool whole = true;
    for (int b = 0; b < 256; b++) {
        char piece[1 + sizeof last] = {(char)b};
        memcpy(piece + 1, last, sizeof last);
        p->byte_last[b] = orr_pieces_find(p, piece, sizeof last);
        whole = whole && p->byte[b] >= 0 && p->byte_last[b] >= 0;
    }
    p->begin = special(p, "<|startoftext|>");
    p->end = special(p, "<|endoftext|>");
    for (int i = 0; i < p->n; i++) whole = whole && p->piece[i].bytes;
    if (whole && p->begin >= 0 && p->end >= 0) return ORR_OK;
    orr_pieces_free(p);
    *out = NULL;
    return orr_error_set(
        err, ORR_EFORMAT, vocab,
        "no vocabulary of CLIP: it lacks a number, a byte, a byte with </w>, <|startoftext|> or <|endoftext|>");
}
