/* The llama2.c model of $REAL/stories260k against the tokens and logits that an independent program made. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/npy.h"
#include "text/decoder.h"
#include "text/pieces.h"

static struct orr_error err;

static struct orr_decoder *model;
static struct orr_pieces *pieces;

static bool open_both(const char *real)
{
    char path[1024];
    if (!real || !*real) {
        puts("note: REAL is not set: nothing compared");
        return false;
    }
    snprintf(path, sizeof path, "%s/stories260k/stories260K.bin", real);
    ck_assert_msg(orr_decoder_open(path, NULL, &model, &err) == ORR_OK, "%s: %s", err.where, err.message);
    snprintf(path, sizeof path, "%s/stories260k/tok512.bin", real);
    ck_assert_msg(orr_pieces_open(path, orr_decoder_config(model)->vocab, &pieces, &err) == ORR_OK, "%s: %s", err.where,
                  err.message);
    return true;
}

static int best(const float *x, int n)
{
    int at = 0;
    for (int i = 1; i < n; i++)
        if (x[i] > x[at]) at = i;
    return at;
}

static struct json_object *member(struct json_object *o, const char *name)
{
    struct json_object *x = NULL;
    ck_assert_msg(json_object_object_get_ex(o, name, &x), "no %s", name);
    return x;
}

START_TEST(prompts_are_encoded_and_continued_as_the_golden_file_says)
{
    const char *real = getenv("REAL");
    char path[1024];
    struct json_object *golden;
    if (!open_both(real)) return;
    snprintf(path, sizeof path, "%s/stories260k/golden.json", real);
    ck_assert_int_eq(orr_json_parse_file(path, 1 << 24, &golden, &err), ORR_OK);
    struct json_object *prompts = member(golden, "prompts");
    const int vocab = orr_decoder_config(model)->vocab;
    float *logits = calloc((size_t)vocab, sizeof *logits), *want;
    for (size_t i = 0; i < json_object_array_length(prompts); i++) {
        struct json_object *p = json_object_array_get_idx(prompts, i), *ids = member(p, "prompt_ids"),
                           *greedy = member(p, "greedy_ids");
        const char *text = json_object_get_string(member(p, "prompt"));
        struct orr_tokens t = {0};
        struct orr_str said = {0};
        orr_pieces_encode(pieces, text, strlen(text), true, &t);
        ck_assert_uint_eq(t.len, json_object_array_length(ids));
        for (size_t k = 0; k < t.len; k++)
            ck_assert_int_eq(t.data[k], json_object_get_int(json_object_array_get_idx(ids, k)));
        struct orr_decoder_state *s;
        ck_assert_int_eq(orr_decoder_state_new(model, 0, &s, &err), ORR_OK);
        ck_assert_int_eq(orr_decoder_read(s, t.data, (int)t.len, logits, &err), ORR_OK);

        struct orr_npy a;
        snprintf(path, sizeof path, "%s/stories260k/first_step_logits_%zu.npy", real, i);
        ck_assert_int_eq(orr_npy_load(path, &a, &want, &err), ORR_OK);
        for (int k = 0; k < vocab; k++) ck_assert_double_eq_tol(logits[k], want[k], 1e-4);
        orr_npy_close(&a);
        free(want);

        for (size_t k = 0; k < json_object_array_length(greedy); k++) {
            const int32_t next = best(logits, vocab);
            ck_assert_msg(next == json_object_get_int(json_object_array_get_idx(greedy, k)), "prompt %zu, step %zu: %d",
                          i, k, next);
            orr_pieces_decode(pieces, next, false, &said);
            ck_assert_int_eq(orr_decoder_read(s, &next, 1, logits, &err), ORR_OK);
        }
        orr_decoder_state_free(s);
        orr_str_free(&said);
        free(t.data);
    }
    free(logits);
    json_object_put(golden);
    orr_decoder_free(model);
    orr_pieces_free(pieces);
}
END_TEST

/* The tree of continuations against reading each one alone. */
START_TEST(a_tree_of_continuations_scores_each_as_if_it_were_read_alone)
{
    static const char *const ends[] = {" there was", " there was a girl",  " there were two", " he",
                                       "",           " a big red ball and"};
    enum { MOST = 64 };
    int32_t token[MOST], parent[MOST], last[6];
    double log_p[MOST];
    int n = 0;
    if (!open_both(getenv("REAL"))) return;
    const int vocab = orr_decoder_config(model)->vocab;
    float *logits = calloc((size_t)vocab, sizeof *logits), *after = calloc((size_t)vocab, sizeof *logits);
    struct orr_tokens prompt = {0};
    struct orr_decoder_state *s;
    orr_pieces_encode(pieces, "Once upon a time,", 17, true, &prompt);
    ck_assert_int_eq(orr_decoder_state_new(model, 100, &s, &err), ORR_OK);
    ck_assert_int_eq(orr_decoder_read(s, prompt.data, (int)prompt.len, logits, &err), ORR_OK);
    double alone[6] = {0};
    for (int i = 0; i < 6; i++) {
        struct orr_tokens t = {0};
        int at = -1;
        orr_pieces_encode(pieces, ends[i], strlen(ends[i]), false, &t);
        memcpy(after, logits, (size_t)vocab * sizeof *after);
        for (size_t k = 0; k < t.len; k++) {
            int next = -1;
            for (int j = 0; j < n; j++)
                if (parent[j] == at && token[j] == t.data[k]) next = j;
            if (next < 0) {
                token[n] = t.data[k];
                parent[n] = at;
                next = n++;
            }
            at = next;
            alone[i] += after[t.data[k]] - orr_log_sum_exp(after, vocab);
            ck_assert_int_eq(orr_decoder_read(s, &t.data[k], 1, after, &err), ORR_OK);
        }
        orr_decoder_truncate(s, (int)prompt.len);
        last[i] = at;
        free(t.data);
    }
    ck_assert_int_eq(orr_decoder_score_tree(s, logits, (size_t)n, token, parent, log_p, 1, NULL, &err), ORR_OK);
    ck_assert_int_eq(orr_decoder_length(s), (int)prompt.len);
    for (int i = 0; i < 6; i++)
        if (last[i] >= 0)
            ck_assert_msg(fabs(log_p[last[i]] - alone[i]) < 2e-4, "%s: %g, alone %g", ends[i], log_p[last[i]],
                          alone[i]);
    orr_decoder_state_free(s);
    free(prompt.data);
    free(logits);
    free(after);
    orr_decoder_free(model);
    orr_pieces_free(pieces);
}
END_TEST

ORR_SUITE("real decoder", prompts_are_encoded_and_continued_as_the_golden_file_says,
          a_tree_of_continuations_scores_each_as_if_it_were_read_alone)
