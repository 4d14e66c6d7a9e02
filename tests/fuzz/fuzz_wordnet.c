/* WordNet's data files: the input is that of nouns; the others are empty. */
#include "fuzz.h"

#include "text/wordnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const others[] = {"data.verb", "data.adj", "data.adv"};
    struct orr_wordnet w = {0};
    struct orr_error err = {.code = ORR_OK};
    for (int k = 0; k < 3; k++) fuzz_folder_put(others[k], data, 0);
    const enum orr_status s = orr_wordnet_read(fuzz_folder_put("data.noun", data, n), NULL, &w, &err);
    fuzz_require(s == ORR_OK || (err.code == s && err.message[0]));
    for (size_t i = 0; i < w.synsets.len && !s; i++) {
        const struct orr_synset *y = &w.synsets.data[i];
        fuzz_touch(y->definition);
        fuzz_require(y->kin >= -1 && (y->kin < 0 || (size_t)y->kin < w.synsets.len));
        for (uint32_t k = 0; k < y->n_words; k++) fuzz_touch(orr_wordnet_word(&w, y, k));
        for (uint32_t k = 0; k < y->n_examples; k++) fuzz_touch(w.examples.data[y->example + k]);
    }
    orr_wordnet_free(&w);
    return 0;
}
