/* Encoders of texts: small random models and their WordPiece against an implementation in PyTorch, folders that are damaged or
 * contradict themselves, and the npm sentence encoder against its own program where it is installed. */
#include "aid_folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "text/encoder.h"
#include "text/wordpiece.h"

static struct orr_error err;

static const char *data_path(const char *name, char path[512])
{
    const char *folder = getenv("ORRERY_TEST_DATA");
    snprintf(path, 512, "%.200s/encoder/%.200s", folder ? folder : "tests/data", name);
    return path;
}

static struct json_object *member(struct json_object *o, const char *name)
{
    struct json_object *x = NULL;
    ck_assert_msg(json_object_object_get_ex(o, name, &x), "no %s", name);
    return x;
}

static struct json_object *golden(const char *name)
{
    char file[300], path[512];
    struct json_object *o;
    snprintf(file, sizeof file, "%s/golden.json", name);
    ck_assert_int_eq(orr_json_parse_file(data_path(file, path), 1 << 22, &o, &err), ORR_OK);
    return o;
}

/* The bytes of a golden text; a NUL ends what an interface of C strings can see of it. */
static char *text_of(struct json_object *o, size_t i, size_t *n)
{
    const char *hex = json_object_get_string(json_object_array_get_idx(member(o, "raw"), i));
    *n = strlen(hex) / 2;
    char *text = calloc(*n + 1, 1);
    for (size_t k = 0; k < *n; k++) {
        unsigned byte;
        sscanf(hex + 2 * k, "%2x", &byte);
        text[k] = (char)byte;
    }
    return text;
}

/* ---- WordPiece ---- */

static void same_tokens(const char *name)
{
    char path[512];
    struct orr_wordpiece *w;
    struct json_object *o = golden(name), *all = member(o, "tokens");
    ck_assert_msg(orr_wordpiece_open(data_path(name, path), &w, &err) == ORR_OK, "%s", err.message);
    for (size_t i = 0; i < json_object_array_length(all); i++) {
        struct json_object *want = json_object_array_get_idx(all, i);
        struct orr_tokens t = {0};
        size_t n;
        char *text = text_of(o, i, &n);
        orr_wordpiece_encode(w, text, n, 1000, &t);
        ck_assert_msg(t.len == json_object_array_length(want), "text %zu '%s': %zu tokens", i, text, t.len);
        for (size_t k = 0; k < t.len; k++)
            ck_assert_int_eq(t.data[k], json_object_get_int(json_object_array_get_idx(want, k)));
        free(t.data);
        free(text);
    }
    orr_wordpiece_free(w);
    json_object_put(o);
}

START_TEST(wordpiece_cuts_accents_emoji_marks_chinese_and_invalid_bytes_as_bert_does) { same_tokens("bert_mean"); }
END_TEST
START_TEST(a_cased_vocabulary_keeps_case_and_accents) { same_tokens("mpnet"); }
END_TEST

START_TEST(a_tokenizer_json_gives_what_its_vocab_txt_gives)
{
    static const char json[] =
        "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":1,\"oslo\":0,\"##s\":7}},"
        "\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":true,\"strip_accents\":null}}";
    struct orr_wordpiece *w;
    struct orr_tokens t = {0};
    ck_assert_int_eq(orr_wordpiece_from_json(aid_file_write("tokenizer.json", json, strlen(json)), &w, &err), ORR_OK);
    ck_assert_int_eq(orr_wordpiece_count(w), 8);
    orr_wordpiece_encode(w, "\xC3\x96slos x", 8, 10, &t);
    ck_assert_uint_eq(t.len, 3);
    ck_assert(t.data[0] == 0 && t.data[1] == 7 && t.data[2] == 1);
    free(t.data);
    orr_wordpiece_free(w);
}
END_TEST

START_TEST(vocabularies_that_are_none_are_named_errors)
{
    static const struct {
        const char *json, *says;
        enum orr_status want;
    } bad[] = {{"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0}}}", "BPE", ORR_EUNSUPPORTED},
               {"{\"model\":{\"type\":\"WordPiece\",\"vocab\":[]}}", "no WordPiece vocabulary", ORR_EFORMAT},
               {"{\"model\":{\"vocab\":{\"a\":-1}}}", "'a' has no token number", ORR_EFORMAT},
               {"{\"model\":{\"vocab\":{\"a\":0}}}", "[UNK]", ORR_EFORMAT},
               {"{", "", ORR_EFORMAT}};
    struct orr_wordpiece *w;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *path = aid_file_write("tokenizer.json", bad[i].json, strlen(bad[i].json));
        ck_assert_int_eq(orr_wordpiece_from_json(path, &w, &err), bad[i].want);
        ck_assert_msg(strstr(err.message, bad[i].says), "%s", err.message);
        ck_assert_ptr_null(w);
    }
    ck_assert_int_eq(orr_wordpiece_from_lines("v", "", 0, true, &w, &err), ORR_EFORMAT);
}
END_TEST

/* ---- models ---- */

static struct orr_encoder *open_model(const char *name)
{
    char path[512];
    struct orr_encoder *e;
    ck_assert_msg(orr_encoder_open(data_path(name, path), &e, &err) == ORR_OK, "%s: %s", err.where, err.message);
    return e;
}

static void same_as_torch(const char *name, enum orr_encoder_kind kind)
{
    struct orr_encoder *e = open_model(name);
    struct json_object *o = golden(name), *all = member(o, "out");
    const size_t n = json_object_array_length(all), dim = (size_t)e->dim;
    ck_assert_int_eq(e->kind, kind);
    float *together = calloc(n * dim, sizeof *together), *alone = calloc(dim, sizeof *alone);
    char **text = calloc(n, sizeof *text);
    bool *whole = calloc(n, sizeof *whole);
    for (size_t i = 0; i < n; i++) {
        size_t bytes;
        text[i] = text_of(o, i, &bytes);
        whole[i] = strlen(text[i]) == bytes;
    }
    const char *const question = "river of the north ?";
    const char *const *texts = (const char *const *)text;
    if (kind == ORR_ENCODER_PAIRS)
        ck_assert_int_eq(orr_encoder_score(e, question, texts, n, together, NULL, &err), ORR_OK);
    else
        ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_PASSAGE, texts, n, together, NULL, &err), ORR_OK);
    for (size_t i = 0; i < n; i++) {
        struct json_object *want = json_object_array_get_idx(all, i);
        if (kind == ORR_ENCODER_PAIRS)
            ck_assert_int_eq(orr_encoder_score(e, question, &texts[i], 1, alone, NULL, &err), ORR_OK);
        else
            ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_PASSAGE, &texts[i], 1, alone, NULL, &err), ORR_OK);
        for (size_t d = 0; d < dim && whole[i]; d++) {
            const double x = json_object_get_double(json_object_array_get_idx(want, d));
            ck_assert_msg(fabs((double)together[i * dim + d] - x) < 1e-4, "text %zu part %zu: %g, torch %g", i, d,
                          (double)together[i * dim + d], x);
            ck_assert_double_eq_tol(alone[d], together[i * dim + d], 1e-5);
        }
    }
    for (size_t i = 0; i < n; i++) free(text[i]);
    free(text);
    free(whole);
    free(together);
    free(alone);
    orr_encoder_free(e);
    json_object_put(o);
}

START_TEST(a_bert_folder_gives_the_mean_vectors_of_torch) { same_as_torch("bert_mean", ORR_ENCODER_VECTORS); }
END_TEST
START_TEST(a_folder_of_sentence_transformers_pools_and_cuts_as_it_says)
{
    same_as_torch("bert_cls", ORR_ENCODER_VECTORS);
}
END_TEST
START_TEST(an_mpnet_folder_with_its_offset_biases_gives_the_vectors_of_torch)
{
    same_as_torch("mpnet", ORR_ENCODER_VECTORS);
}
END_TEST
START_TEST(a_cross_encoder_gives_the_scores_of_torch) { same_as_torch("cross", ORR_ENCODER_PAIRS); }
END_TEST
START_TEST(a_masked_language_model_gives_the_splade_weights_of_torch) { same_as_torch("splade", ORR_ENCODER_WEIGHTS); }
END_TEST

START_TEST(a_question_gets_the_words_that_the_folder_puts_before_it)
{
    struct orr_encoder *e = open_model("bert_cls");
    float query[16], passage[16];
    const char *bare = "oslo", *with = "town: oslo";
    ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_QUERY, &bare, 1, query, NULL, &err), ORR_OK);
    ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_PASSAGE, &with, 1, passage, NULL, &err), ORR_OK);
    for (int d = 0; d < 16; d++) ck_assert_double_eq_tol(query[d], passage[d], 1e-6);
    ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_PASSAGE, &bare, 1, passage, NULL, &err), ORR_OK);
    ck_assert(fabsf(query[0] - passage[0]) > 1e-4F);
    orr_encoder_free(e);
}
END_TEST

START_TEST(a_cross_encoder_gives_no_vectors_and_says_so)
{
    struct orr_encoder *e = open_model("cross");
    const char *text = "oslo";
    float out;
    ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_QUERY, &text, 1, &out, NULL, &err), ORR_EINVAL);
    ck_assert(strstr(err.message, "re-rank"));
    orr_encoder_free(e);
}
END_TEST

START_TEST(texts_of_a_megabyte_are_cut_to_what_the_model_reads)
{
    struct orr_encoder *e = open_model("bert_mean");
    const size_t n = 1 << 20;
    char *text = malloc(n + 1);
    for (size_t i = 0; i < n; i++) text[i] = "the town "[i % 9];
    text[n] = '\0';
    char first[500];
    snprintf(first, sizeof first, "%.400s", text);
    const char *const texts[] = {text, first};
    float out[32];
    ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_PASSAGE, texts, 2, out, NULL, &err), ORR_OK);
    for (int d = 0; d < 16; d++) ck_assert_float_eq_tol(out[d], out[16 + d], 1e-6F);
    free(text);
    orr_encoder_free(e);
}
END_TEST

/* ---- folders ---- */

static size_t slurp(const char *name, char *bytes, size_t most)
{
    char path[512];
    FILE *f = fopen(data_path(name, path), "rb");
    ck_assert_ptr_nonnull(f);
    const size_t n = fread(bytes, 1, most, f);
    fclose(f);
    return n;
}

/* A copy of bert_mean in which one file is another (NULL: missing), and what opening it says. */
static void refuse(const char *file, const char *text, size_t keep, enum orr_status want, const char *says)
{
    static const char *const files[] = {"config.json", "model.safetensors", "vocab.txt"};
    static char bytes[1 << 18];
    static int copies;
    char name[64], path[600], folder[512];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(name, sizeof name, "bert_mean/%s", files[i]);
        size_t n = slurp(name, bytes, sizeof bytes);
        const bool this = strcmp(file, files[i]) == 0;
        if (this && !text && !keep) continue;
        if (this && keep && keep < n) n = keep;
        snprintf(name, sizeof name, "copy%d/%s", copies, files[i]);
        const char *written = aid_file_write(name, this && text ? text : bytes, this && text ? strlen(text) : n);
        snprintf(path, sizeof path, "%.500s", written);
    }
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    copies++;
    struct orr_encoder *e;
    const enum orr_status s = orr_encoder_open(folder, &e, &err);
    ck_assert_msg(s == want && strstr(err.message, says), "%s: %s instead of '%s'", orr_status_name(s),
                  s ? err.message : "", says);
    ck_assert_ptr_null(e);
}

#define CONFIG(type, dim, heads, vocab, more)                                                                          \
    "{\"model_type\":\"" type "\",\"hidden_size\":" #dim ",\"intermediate_size\":24,\"num_hidden_layers\":2,"          \
    "\"num_attention_heads\":" #heads ",\"vocab_size\":" #vocab ",\"max_position_embeddings\":48" more "}"

START_TEST(folders_that_are_incomplete_damaged_or_contradict_themselves_are_named_errors)
{
    refuse("config.json", NULL, 0, ORR_ENOTFOUND, "");
    refuse("model.safetensors", NULL, 0, ORR_ENOTFOUND, "");
    refuse("vocab.txt", NULL, 0, ORR_ENOTFOUND, "vocab.txt");
    refuse("config.json", "[", 0, ORR_EFORMAT, "");
    refuse("config.json", "{}", 0, ORR_EUNSUPPORTED, "not built in");
    refuse("config.json", CONFIG("t5", 16, 4, 60, ""), 0, ORR_EUNSUPPORTED, "t5");
    refuse("config.json", CONFIG("bert", 16, 4, 60, ",\"hidden_act\":\"swish9\""), 0, ORR_EUNSUPPORTED, "swish9");
    refuse("config.json", CONFIG("bert", 16, 4, 60, ",\"position_embedding_type\":\"relative_key\""), 0,
           ORR_EUNSUPPORTED, "relative_key");
    refuse("config.json", CONFIG("bert", 16, 5, 60, ""), 0, ORR_EFORMAT, "sizes that no model has");
    refuse("config.json", CONFIG("bert", 0, 4, 60, ""), 0, ORR_EFORMAT, "hidden_size");
    refuse("config.json", CONFIG("bert", 32, 4, 60, ""), 0, ORR_EFORMAT, "another shape");
    refuse("config.json", CONFIG("bert", 16, 4, 9999999, ""), 0, ORR_EFORMAT, "asks for");
    refuse("config.json", CONFIG("bert", 16, 4, 20, ""), 0, ORR_EINVAL, "do not belong together");
    refuse("config.json", CONFIG("mpnet", 16, 4, 60, ""), 0, ORR_EFORMAT, "<s>");
    refuse("vocab.txt", "[UNK]\nthe\n", 0, ORR_EFORMAT, "[CLS]");
    refuse("vocab.txt", "the\nof\n", 0, ORR_EFORMAT, "[UNK]");
    refuse("model.safetensors", NULL, 5000, ORR_EFORMAT, "");
    refuse("model.safetensors", "", 1, ORR_EFORMAT, "");
    struct orr_encoder *e;
    ck_assert_int_eq(orr_encoder_open("/nonexistent/model", &e, &err), ORR_ENOTFOUND);
}
END_TEST

static const char use_vocabulary[] =
    "[[\"?\",0],[\"a\",0],[\"b\",0],[\"c\",0],[\"d\",0],[\"e\",0],[\"x\",-1],[\"y\",-2],[\"z\",-3]]";

START_TEST(weights_that_an_index_looks_for_outside_the_folder_are_not_opened)
{
    static const char *const paths[] = {"../../etc/passwd", "/etc/passwd", "sub/model.safetensors", ""};
    struct orr_encoder *e;
    char path[512], index[160];
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        static const char config[] = CONFIG("bert", 16, 4, 60, "");
        snprintf(path, sizeof path, "%s", aid_file_write("away/config.json", config, strlen(config)));
        snprintf(index, sizeof index, "{\"weight_map\":{\"embeddings.LayerNorm.bias\":\"%s\"}}", paths[i]);
        aid_file_write("away/model.safetensors.index.json", index, strlen(index));
        *strrchr(path, '/') = '\0';
        ck_assert_int_eq(orr_encoder_open(path, &e, &err), ORR_EFORMAT);
        ck_assert_msg(strstr(err.message, "is no file of this folder") != NULL, "%s", err.message);
    }
    static const char model[] = "{\"weightsManifest\":[{\"paths\":[\"../../etc/passwd\"],\"weights\":[]}]}";
    snprintf(path, sizeof path, "%s", aid_file_write("beyond/model.json", model, strlen(model)));
    aid_file_write("beyond/vocab.json", use_vocabulary, strlen(use_vocabulary));
    *strrchr(path, '/') = '\0';
    ck_assert_int_eq(orr_encoder_open(path, &e, &err), ORR_EFORMAT);
    ck_assert_msg(strstr(err.message, "no file of this folder") != NULL, "%s", err.message);
}
END_TEST

START_TEST(a_missing_tensor_is_named)
{
    static char bytes[1 << 18];
    static const char *const files[] = {"config.json", "vocab.txt"};
    char name[64], path[512];
    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "bert_mean/%s", files[i]);
        const size_t n = slurp(name, bytes, sizeof bytes);
        snprintf(name, sizeof name, "lacking/%s", files[i]);
        aid_file_write(name, bytes, n);
    }
    const size_t n = slurp("bert_mean/model.safetensors", bytes, sizeof bytes);
    char *tensor = memmem(bytes, n, "encoder.layer.1.output.dense.bias", 33);
    ck_assert_ptr_nonnull(tensor);
    tensor[0] = 'X';
    snprintf(path, sizeof path, "%s", aid_file_write("lacking/model.safetensors", bytes, n));
    *strrchr(path, '/') = '\0';
    struct orr_encoder *e;
    ck_assert_int_eq(orr_encoder_open(path, &e, &err), ORR_EFORMAT);
    ck_assert_msg(strstr(err.message, "encoder.layer.1.output.dense.bias"), "%s", err.message);
}
END_TEST

/* ---- the npm sentence encoder ---- */

/* Where `make models` puts it; NULL: it is not installed. */
static struct orr_encoder *open_use(void)
{
    char path[512];
    const char *named = getenv("ORRERY_USE"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    struct orr_encoder *e;
    if (named)
        snprintf(path, sizeof path, "%s", named);
    else
        snprintf(path, sizeof path, "%s%s/orrery/data/use", cache ? cache : home ? home : "", cache ? "" : "/.cache");
    if (orr_encoder_open(path, &e, &err) == ORR_OK) return e;
    ck_assert_msg(!named, "%s: %s", err.where, err.message);
    fprintf(stderr, "note: the npm sentence encoder is not installed (make models): left out\n");
    return NULL;
}

START_TEST(the_npm_encoder_gives_the_vectors_of_its_own_program)
{
    char path[512];
    struct orr_encoder *e = open_use();
    struct json_object *all;
    if (!e) return;
    data_path("../encoder_use.json", path);
    ck_assert_int_eq(orr_json_parse_file(path, 1 << 20, &all, &err), ORR_OK);
    const size_t n = json_object_array_length(all);
    const char **texts = calloc(n, sizeof *texts);
    float *out = calloc(n * 512, sizeof *out);
    for (size_t i = 0; i < n; i++) texts[i] = json_object_get_string(member(json_object_array_get_idx(all, i), "text"));
    ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_QUERY, texts, n, out, NULL, &err), ORR_OK);
    for (size_t i = 0; i < n; i++) {
        struct json_object *want = member(json_object_array_get_idx(all, i), "vector");
        for (size_t d = 0; d < 64; d++) {
            const double x = json_object_get_double(json_object_array_get_idx(want, d));
            ck_assert_msg(fabs((double)out[i * 512 + 8 * d] - x) < 1e-4, "'%s' part %zu: %g, not %g", texts[i], 8 * d,
                          (double)out[i * 512 + 8 * d], x);
        }
    }
    const char *nothing = "";
    ck_assert_int_eq(orr_encoder_encode(e, ORR_ENCODER_QUERY, &nothing, 1, out, NULL, &err), ORR_OK);
    for (int d = 0; d < 512; d++) ck_assert(out[d] == 0);
    free(texts);
    free(out);
    json_object_put(all);
    orr_encoder_free(e);
}
END_TEST

START_TEST(a_package_with_a_missing_or_foreign_part_is_a_named_error)
{
    static const char
        model[] = "{\"weightsManifest\":[{\"paths\":[\"part\"],\"weights\":[{\"name\":\"module/Embeddings_en\","
                  "\"shape\":[9,256],\"dtype\":\"float32\"}]}]}";
    struct orr_encoder *e;
    char path[512];
    snprintf(path, sizeof path, "%s", aid_file_write("use/model.json", model, strlen(model)));
    *strrchr(path, '/') = '\0';
    ck_assert_int_eq(orr_encoder_open(path, &e, &err), ORR_EIO);
    ck_assert(strstr(err.where, "vocab.json"));
    aid_file_write("use/vocab.json", use_vocabulary, strlen(use_vocabulary));
    ck_assert_int_eq(orr_encoder_open(path, &e, &err), ORR_EIO);
    ck_assert(strstr(err.where, "part"));
    aid_file_write("use/part", use_vocabulary, 12);
    ck_assert_int_eq(orr_encoder_open(path, &e, &err), ORR_EFORMAT);
    ck_assert_msg(strstr(err.message, "Embeddings_en"), "%s", err.message);
    aid_file_write("use/vocab.json", "[[1,2]]", 7);
    ck_assert_int_eq(orr_encoder_open(path, &e, &err), ORR_EFORMAT);
    ck_assert_ptr_null(e);
}
END_TEST

ORR_SUITE_IN_FOLDER("encoder", wordpiece_cuts_accents_emoji_marks_chinese_and_invalid_bytes_as_bert_does,
                    a_cased_vocabulary_keeps_case_and_accents, a_tokenizer_json_gives_what_its_vocab_txt_gives,
                    vocabularies_that_are_none_are_named_errors, a_bert_folder_gives_the_mean_vectors_of_torch,
                    a_folder_of_sentence_transformers_pools_and_cuts_as_it_says,
                    an_mpnet_folder_with_its_offset_biases_gives_the_vectors_of_torch,
                    a_cross_encoder_gives_the_scores_of_torch,
                    a_masked_language_model_gives_the_splade_weights_of_torch,
                    a_question_gets_the_words_that_the_folder_puts_before_it,
                    a_cross_encoder_gives_no_vectors_and_says_so, texts_of_a_megabyte_are_cut_to_what_the_model_reads,
                    folders_that_are_incomplete_damaged_or_contradict_themselves_are_named_errors,
                    weights_that_an_index_looks_for_outside_the_folder_are_not_opened,
                    a_missing_tensor_is_named, the_npm_encoder_gives_the_vectors_of_its_own_program,
                    a_package_with_a_missing_or_foreign_part_is_a_named_error)
