/* Folders of models: CLIP, encoders of the BERT family, the npm sentence encoder, decoders. The first byte says which; files
 * follow, each behind a line "~~~K", K the letter of its name. What opens reads a text. */
#include "fuzz.h"

#include "methods/clip/clip.h"
#include "methods/clip/tokens.h"
#include "text/decoder.h"
#include "text/encoder.h"

static const char *const names[] = {"config.json", "model.safetensors", "vocab.json", "merges.txt", "vocab.txt", "tokenizer.json",
                                    "preprocessor_config.json", "tokenizer_config.json", "modules.json", "model.json",
                                    "group1-shard1of1.bin", "sentence_bert_config.json"};
static const char text[] = "A river of the north, 1894 \xC3\xA9\xFF!";

static enum orr_status try_clip(const char *path, struct orr_error *err)
{
    struct orr_clip c;
    int32_t ids[16];
    const enum orr_status s = orr_clip_open(path, NULL, &c, err);
    if (s) return s;
    const int place = orr_clip_tokens_encode(c.tokens, text, strlen(text), ids, 16);
    fuzz_require(place > 0 && place < 16);
    for (int i = 0; i < 16; i++) {
        fuzz_require(ids[i] >= 0 && ids[i] < c.config.vocab);
        fuzz_touch(orr_clip_tokens_name(c.tokens, ids[i]));
    }
    orr_clip_free(&c);
    return s;
}

static enum orr_status try_encoder(const char *path, struct orr_error *err)
{
    struct orr_encoder *e;
    const char *const texts[] = {text, ""};
    const enum orr_status s = orr_encoder_open(path, &e, err);
    if (s) return s;
    float *out = calloc((size_t)e->dim * 2 + 1, sizeof *out);
    fuzz_require(out != NULL);
    if (e->kind == ORR_ENCODER_PAIRS)
        orr_encoder_score(e, text, texts, 2, out, NULL, err);
    else
        orr_encoder_encode(e, ORR_ENCODER_PASSAGE, texts, 2, out, NULL, err);
    fuzz_seen.sum += (double)out[0];
    free(out);
    orr_encoder_free(e);
    return s;
}

static enum orr_status try_decoder(const char *path, struct orr_error *err)
{
    struct orr_decoder *m;
    struct orr_decoder_state *state;
    const enum orr_status s = orr_decoder_open(path, NULL, &m, err);
    if (s) return s;
    if (orr_decoder_state_new(m, 8, &state, err) == ORR_OK) {
        float *logits = calloc((size_t)orr_decoder_config(m)->vocab, sizeof *logits);
        const int32_t token = 0;
        if (logits) orr_decoder_read(state, &token, 1, logits, err);
        free(logits);
        orr_decoder_state_free(state);
    }
    orr_decoder_free(m);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct orr_error err = {.code = ORR_OK};
    if (n < 2) return 0;
    const char *const path = fuzz_folder_parts(data + 1, n - 1, names, sizeof names / sizeof *names);
    const enum orr_status s = data[0] % 3 == 0   ? try_clip(path, &err)
                              : data[0] % 3 == 1 ? try_encoder(path, &err)
                                                 : try_decoder(path, &err);
    fuzz_require(s == ORR_OK || (err.code == s && err.message[0]));
    return 0;
}
