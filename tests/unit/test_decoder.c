/* Decoders: small random models against PyTorch's logits, damaged files, trees. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aid_folder.h"
#include "base/json.h"
#include "base/mem.h"
#include "text/decoder.h"

static struct orr_error err;

static const char *data_path(const char *name, char path[512])
{
    const char *folder = getenv("ORRERY_TEST_DATA");
    snprintf(path, 512, "%.200s/%.200s", folder ? folder : "tests/data", name);
    return path;
}

static struct json_object *member(struct json_object *o, const char *name)
{
    struct json_object *x = NULL;
    ck_assert_msg(json_object_object_get_ex(o, name, &x), "no %s", name);
    return x;
}

static void same_logits_as_torch(const char *name)
{
    char path[512], file[600];
    struct orr_decoder *m;
    struct orr_decoder_state *s;
    struct json_object *golden;
    snprintf(file, sizeof file, "decoder/%s", name);
    data_path(file, path);
    ck_assert_msg(orr_decoder_open(path, NULL, &m, &err) == ORR_OK, "%s: %s", err.where, err.message);
    snprintf(file, sizeof file, "%s/golden.json", path);
    ck_assert_int_eq(orr_json_parse_file(file, 1 << 20, &golden, &err), ORR_OK);
    struct json_object *ids = member(golden, "ids"), *rows = member(golden, "rows"), *logits = member(golden, "logits");
    const int n = (int)json_object_array_length(ids), vocab = orr_decoder_config(m)->vocab;
    int32_t *token = calloc((size_t)n, sizeof *token);
    float *out = calloc((size_t)vocab, sizeof *out), *again = calloc((size_t)vocab, sizeof *again);
    for (int i = 0; i < n; i++) token[i] = json_object_get_int(json_object_array_get_idx(ids, (size_t)i));
    ck_assert_int_eq(orr_decoder_state_new(m, 0, &s, &err), ORR_OK);
    for (size_t r = 0; r < json_object_array_length(rows); r++) {
        const int upto = json_object_get_int(json_object_array_get_idx(rows, r)) + 1;
        orr_decoder_truncate(s, 0);
        ck_assert_int_eq(orr_decoder_read(s, token, upto, out, &err), ORR_OK);
        struct json_object *want = json_object_array_get_idx(logits, r);
        ck_assert_int_eq((int)json_object_array_length(want), vocab);
        for (int i = 0; i < vocab; i++)
            ck_assert_double_eq_tol(out[i], json_object_get_double(json_object_array_get_idx(want, (size_t)i)), 1e-4);
        orr_decoder_truncate(s, 0); /* token by token it is the same */
        for (int i = 0; i < upto; i++) ck_assert_int_eq(orr_decoder_read(s, &token[i], 1, again, &err), ORR_OK);
        for (int i = 0; i < vocab; i++) ck_assert_double_eq_tol(out[i], again[i], 1e-4);
    }
    orr_decoder_state_free(s);
    orr_decoder_free(m);
    json_object_put(golden);
    free(token);
    free(out);
    free(again);
}

START_TEST(a_llama_folder_gives_the_logits_of_torch) { same_logits_as_torch("llama"); }
END_TEST
START_TEST(a_folder_with_biases_and_wide_heads_gives_the_logits_of_torch) { same_logits_as_torch("qwen2"); }
END_TEST
START_TEST(a_gpt2_folder_gives_the_logits_of_torch) { same_logits_as_torch("gpt2"); }
END_TEST

static struct orr_decoder *open_small(void)
{
    char path[512];
    struct orr_decoder *m;
    ck_assert_int_eq(orr_decoder_open(data_path("decoder/llama", path), NULL, &m, &err), ORR_OK);
    return m;
}

START_TEST(tokens_of_another_vocabulary_and_texts_too_long_are_refused_and_change_nothing)
{
    struct orr_decoder *m = open_small();
    struct orr_decoder_state *s;
    float logits[64];
    int32_t token[40] = {0};
    ck_assert_int_eq(orr_decoder_state_new(m, 0, &s, &err), ORR_OK);
    token[1] = 37;
    ck_assert_int_eq(orr_decoder_read(s, token, 2, logits, &err), ORR_EINVAL);
    ck_assert(strstr(err.message, "37"));
    token[1] = -1;
    ck_assert_int_eq(orr_decoder_read(s, token, 2, logits, &err), ORR_EINVAL);
    token[1] = 0;
    ck_assert_int_eq(orr_decoder_read(s, token, 33, logits, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_decoder_read(s, token, 0, logits, &err), ORR_EINVAL);
    ck_assert_int_eq(orr_decoder_length(s), 0);
    ck_assert_int_eq(orr_decoder_read(s, token, 32, logits, &err), ORR_OK);
    ck_assert_int_eq(orr_decoder_room(s), 0);
    orr_decoder_state_free(s);
    orr_decoder_free(m);
}
END_TEST

static bool stop_at(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return --*(int *)ctx > 0;
}

/* Many first tokens with some below each: several parts. */
START_TEST(threads_change_no_bit_of_a_tree_and_stop)
{
    enum { FIRST = 37, BELOW = 160, NODES = FIRST * (1 + BELOW), VOCAB = 37 };
    struct orr_decoder *m = open_small();
    struct orr_decoder_state *s;
    float logits[VOCAB], again[VOCAB];
    int32_t *token = orr_xcalloc(NODES, sizeof *token), *parent = orr_xcalloc(NODES, sizeof *parent);
    double *log_p[3];
    const int32_t prompt[] = {3, 14, 15}, next = 9;
    for (int i = 0; i < 3; i++) log_p[i] = orr_xcalloc(NODES, sizeof *log_p[i]);
    ck_assert_int_eq(orr_decoder_state_new(m, 0, &s, &err), ORR_OK);
    ck_assert_int_eq(orr_decoder_read(s, prompt, 3, logits, &err), ORR_OK);
    for (int i = 0; i < NODES; i++) {
        const int k = i % (1 + BELOW), root = i - k;
        token[i] = k ? (7 * i + k) % VOCAB : i / (1 + BELOW);
        parent[i] = k == 0 ? -1 : root + (k - 1) / 2;
    }
    static const int threads_of[3] = {1, 2, 7};
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(orr_decoder_score_tree(s, logits, NODES, token, parent, log_p[i], threads_of[i], NULL, &err), ORR_OK);
    ck_assert(!memcmp(log_p[0], log_p[1], NODES * sizeof(double)) && !memcmp(log_p[0], log_p[2], NODES * sizeof(double)));
    /* the text goes on as if nothing had been read below it */
    ck_assert_int_eq(orr_decoder_length(s), 3);
    ck_assert_int_eq(orr_decoder_read(s, &next, 1, logits, &err), ORR_OK);
    orr_decoder_truncate(s, 0);
    ck_assert_int_eq(orr_decoder_read(s, prompt, 3, again, &err), ORR_OK);
    ck_assert_int_eq(orr_decoder_read(s, &next, 1, again, &err), ORR_OK);
    for (int i = 0; i < VOCAB; i++) ck_assert(fabsf(logits[i] - again[i]) < 1e-4f);
    for (int threads = 1; threads < 4; threads += 2) {
        int left = threads > 1 ? 1 : 2; /* of several only the caller's ticks, and it may come to no part at all */
        const struct orr_ticker ticker = {stop_at, &left};
        ck_assert_int_eq(orr_decoder_score_tree(s, logits, NODES, token, parent, log_p[0], threads, &ticker, &err),
                         ORR_ECANCELLED);
    }
    for (int i = 0; i < 3; i++) free(log_p[i]);
    free(token);
    free(parent);
    orr_decoder_state_free(s);
    orr_decoder_free(m);
}
END_TEST

/* A bushy tree and a deep one: what the batches and their slots give is what one path after the other gives. */
START_TEST(trees_give_what_reading_each_path_gives)
{
    enum { NODES = 400, VOCAB = 37 };
    struct orr_decoder *m = open_small();
    struct orr_decoder_state *s;
    float logits[VOCAB], after[VOCAB];
    int32_t token[NODES], parent[NODES], depth[NODES];
    double log_p[NODES];
    const int32_t prompt[] = {3, 14, 15};
    ck_assert_int_eq(orr_decoder_state_new(m, 0, &s, &err), ORR_OK);
    ck_assert_int_eq(orr_decoder_read(s, prompt, 3, logits, &err), ORR_OK);
    uint32_t seed = 7;
    for (int i = 0; i < NODES; i++) {
        seed = seed * 1664525u + 1013904223u;
        int p = i < 5 ? -1 : (int)(seed >> 8) % i;
        if (i >= 200) p = i - 1; /* chains, until they are as deep as the text may be */
        while (p >= 0 && depth[p] >= 28) p = parent[p] >= 0 ? parent[p] - 1 : -1;
        parent[i] = p;
        depth[i] = p < 0 ? 1 : depth[p] + 1;
        token[i] = (int32_t)(seed >> 16) % VOCAB;
    }
    ck_assert_int_eq(orr_decoder_score_tree(s, logits, NODES, token, parent, log_p, 1, NULL, &err), ORR_OK);
    for (int i = 0; i < NODES; i += 7) {
        int32_t path[32], n = 0;
        for (int at = i; at >= 0; at = parent[at]) path[31 - n++] = token[at];
        double want = 0;
        memcpy(after, logits, sizeof after);
        for (int k = 0; k < n; k++) {
            const int32_t next = path[32 - n + k];
            want += (double)after[next] - orr_log_sum_exp(after, VOCAB);
            ck_assert_int_eq(orr_decoder_read(s, &next, 1, after, &err), ORR_OK);
        }
        orr_decoder_truncate(s, 3);
        ck_assert_msg(fabs(log_p[i] - want) < 1e-3, "node %d of depth %d: %g, alone %g", i, n, log_p[i], want);
    }
    parent[0] = 3; /* before its parent */
    ck_assert_int_eq(orr_decoder_score_tree(s, logits, NODES, token, parent, log_p, 1, NULL, &err), ORR_EINVAL);
    orr_decoder_state_free(s);
    orr_decoder_free(m);
}
END_TEST

static void refuse_bytes(const void *bytes, size_t n, const char *says)
{
    char path[] = "/tmp/orrery-test-XXXXXX";
    struct orr_decoder *m;
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
    close(fd);
    const enum orr_status s = orr_decoder_open(path, NULL, &m, &err);
    unlink(path);
    ck_assert_msg(s == ORR_EFORMAT && strstr(err.message, says), "%s instead of '%s'", s ? err.message : "opened",
                  says);
    ck_assert_ptr_null(m);
}

START_TEST(damaged_llama2c_files_are_refused_by_their_header_or_length)
{
    const int32_t zero[7] = {0}, huge[7] = {65536, 65536, 65536, 1, 1, 1 << 20, 65536}, odd[7] = {8, 8, 1, 3, 1, 10, 8},
                  fits[7] = {8, 8, 1, 2, 1, 10, 8}, lowest[7] = {8, 8, 1, 2, 1, INT32_MIN, 8};
    refuse_bytes("", 0, "too short");
    refuse_bytes(zero, sizeof zero, "header");
    refuse_bytes(odd, sizeof odd, "header");
    refuse_bytes(lowest, sizeof lowest, "header");
    refuse_bytes(huge, sizeof huge, "asks for");
    refuse_bytes(fits, sizeof fits, "asks for");
    enum { WEIGHTS = 10 * 8 + 8 + 8 * (8 + 4 + 4 + 8) + 8 + 3 * 8 * 8 + 8 + 8 * 4 }; /* of `fits` */
    float whole[7 + WEIGHTS] = {0};
    struct orr_decoder *m;
    memcpy(whole, fits, sizeof fits);
    const char *path = aid_file_write("whole.bin", whole, sizeof whole);
    ck_assert_msg(orr_decoder_open(path, NULL, &m, &err) == ORR_OK, "%s", err.message);
    orr_decoder_free(m);
    whole[7 + 100] = NAN;
    refuse_bytes(whole, sizeof whole, "not finite");
}
END_TEST

/* A copy of the small LLaMA folder with another config.json or cut weights. */
static void refuse_folder(const char *config, size_t keep, enum orr_status want, const char *says)
{
    char folder[] = "/tmp/orrery-test-XXXXXX", path[600], from[512];
    static char bytes[1 << 17];
    struct orr_decoder *m;
    ck_assert_ptr_nonnull(mkdtemp(folder));
    FILE *f = fopen(data_path("decoder/llama/model.safetensors", from), "rb");
    const size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    f = fopen(path, "wb");
    fwrite(bytes, 1, keep && keep < n ? keep : n, f);
    fclose(f);
    snprintf(path, sizeof path, "%s/config.json", folder);
    f = fopen(path, "wb");
    fputs(config, f);
    fclose(f);
    const enum orr_status s = orr_decoder_open(folder, NULL, &m, &err);
    unlink(path);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    unlink(path);
    rmdir(folder);
    ck_assert_msg(s == want && strstr(err.message, says), "%s: %s instead of '%s'", orr_status_name(s),
                  s ? err.message : "", says);
    ck_assert_ptr_null(m);
}

#define CONFIG(type, dim, heads, more)                                                                                 \
    "{\"model_type\":\"" type "\",\"hidden_size\":" #dim ",\"intermediate_size\":40,\"num_hidden_layers\":2,"          \
    "\"num_attention_heads\":" #heads ",\"num_key_value_heads\":2,\"head_dim\":6,\"vocab_size\":37,"                   \
    "\"max_position_embeddings\":32" more "}"

START_TEST(folders_that_contradict_themselves_or_are_not_built_in_are_named_errors)
{
    refuse_folder("{}", 0, ORR_EUNSUPPORTED, "not built in");
    refuse_folder("[1", 0, ORR_EFORMAT, "");
    refuse_folder(CONFIG("mamba", 24, 4, ""), 0, ORR_EUNSUPPORTED, "mamba");
    refuse_folder(CONFIG("llama", 24, 4, ",\"hidden_act\":\"gelu\""), 0, ORR_EUNSUPPORTED, "gelu");
    refuse_folder(CONFIG("llama", 24, 4, ",\"rope_scaling\":{\"rope_type\":\"yarn\"}"), 0, ORR_EUNSUPPORTED, "yarn");
    refuse_folder(CONFIG("llama", 26, 4, ""), 0, ORR_EFORMAT, "another shape");
    refuse_folder(CONFIG("llama", 24, 5, ""), 0, ORR_EFORMAT, "sizes that no model has");
    refuse_folder(CONFIG("llama", 0, 4, ""), 0, ORR_EFORMAT, "hidden_size");
    refuse_folder(CONFIG("llama", 24, 4, ""), 10000, ORR_EFORMAT, "");
    refuse_folder("{\"model_type\":\"llama\"}", 0, ORR_EFORMAT, "is no number");
}
END_TEST

ORR_SUITE_IN_FOLDER("decoder", a_llama_folder_gives_the_logits_of_torch,
                    a_folder_with_biases_and_wide_heads_gives_the_logits_of_torch, a_gpt2_folder_gives_the_logits_of_torch,
                    tokens_of_another_vocabulary_and_texts_too_long_are_refused_and_change_nothing,
                    threads_change_no_bit_of_a_tree_and_stop, trees_give_what_reading_each_path_gives,
                    damaged_llama2c_files_are_refused_by_their_header_or_length,
                    folders_that_contradict_themselves_or_are_not_built_in_are_named_errors)
