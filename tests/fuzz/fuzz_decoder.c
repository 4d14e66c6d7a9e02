/* llama2.c models: whatever opens can read a few tokens. */
#include "fuzz.h"

#include <stdlib.h>

#include "text/decoder_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct orr_decoder *m = NULL;
    struct orr_decoder_state *state;
    struct orr_error err = {.code = ORR_OK};
    const enum orr_status s = orr_decoder_open_llama2c(fuzz_file(data, n), &m, &err);
    fuzz_require((s == ORR_OK) == (m != NULL));
    fuzz_require(s == ORR_OK || err.message[0]);
    if (m && orr_decoder_state_new(m, 8, &state, &err) == ORR_OK) {
        const int vocab = orr_decoder_config(m)->vocab;
        float *logits = calloc((size_t)vocab, sizeof *logits);
        for (int32_t i = 0; logits && i < 3 && orr_decoder_room(state) > 0; i++) {
            const int32_t token = i % vocab;
            orr_decoder_read(state, &token, 1, logits, &err);
        }
        if (logits) fuzz_seen.sum += (double)logits[vocab - 1];
        free(logits);
        orr_decoder_state_free(state);
    }
    orr_decoder_free(m);
    return 0;
}
