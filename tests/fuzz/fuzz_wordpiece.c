/* WordPiece vocabularies, as lines or as tokenizer.json (by the first byte), and texts cut with what was read. */
#include "fuzz.h"

#include <stdlib.h>

#include "text/wordpiece.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct orr_wordpiece *w = NULL;
    struct orr_error err = {.code = ORR_OK};
    if (n < 2) return 0;
    const enum orr_status s =
        data[0] % 2 ? orr_wordpiece_from_json(fuzz_file(data + 1, n - 1), &w, &err)
                    : orr_wordpiece_from_lines("vocab", (const char *)data + 1, n - 1, data[0] & 2, &w, &err);
    fuzz_require((s == ORR_OK) == (w != NULL));
    fuzz_require(s == ORR_OK || err.message[0]);
    if (w) {
        struct orr_tokens t = {0};
        const size_t most = data[1];
        orr_wordpiece_encode(w, (const char *)data, n < 2048 ? n : 2048, most, &t);
        fuzz_require(t.len <= most);
        for (size_t i = 0; i < t.len; i++) fuzz_require(t.data[i] >= 0 && t.data[i] < orr_wordpiece_count(w));
        free(t.data);
    }
    orr_wordpiece_free(w);
    return 0;
}
