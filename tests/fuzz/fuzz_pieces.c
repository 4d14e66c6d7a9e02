/* Subword vocabularies of each kind (by the first byte), and texts encoded with what was read. */
#include "fuzz.h"

#include <stdlib.h>

#include "text/pieces_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct orr_pieces *p = NULL;
    struct orr_error err = {.code = ORR_OK};
    if (n < 2) return 0;
    const char *path = fuzz_file(data + 2, n - 2);
    enum orr_status s;
    switch (data[0] % 3) {
    case 0: s = orr_pieces_open_json(path, &p, &err); break;
    case 1: s = orr_pieces_open_model(path, &p, &err); break;
    default: s = orr_pieces_open_llama2c(path, 1 + data[1], &p, &err); break;
    }
    fuzz_require((s == ORR_OK) == (p != NULL));
    fuzz_require(s == ORR_OK || err.message[0]);
    if (p) {
        struct orr_tokens t = {0};
        struct orr_str back = {0};
        orr_pieces_encode(p, (const char *)data, n < 512 ? n : 512, data[1] & 1, &t);
        for (size_t i = 0; i < t.len; i++) {
            fuzz_require(t.data[i] >= 0 && t.data[i] < orr_pieces_count(p));
            orr_pieces_decode(p, t.data[i], i == 0, &back);
        }
        free(t.data);
        orr_str_free(&back);
    }
    orr_pieces_free(p);
    return 0;
}
