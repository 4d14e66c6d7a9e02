/* safetensors files. The header length is made to fit where it does not, unless the first byte's top bit is set. */
#include "fuzz.h"

#include "base/reader.h"
#include "base/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 9) return 0;
    uint8_t *copy = malloc(n - 1);
    memcpy(copy, data + 1, n - 1);
    if (!(data[0] & 0x80)) {
        size_t len = ((size_t)copy[0] | (size_t)copy[1] << 8) % (n - 8);
        for (int i = 0; i < 8; i++) copy[i] = (uint8_t)(len >> (8 * i));
    }
    struct orr_safetensors f = {0};
    struct orr_reader *r;
    struct orr_error err = {.code = ORR_OK};
    float out[64];
    fuzz_require(orr_reader_open_memory("x.safetensors", copy, n - 1, 1 + data[0] % 80, &r, NULL) == ORR_OK);
    enum orr_status s = orr_safetensors_open_reader(r, &f, &err);
    for (size_t i = 0; !s && i < f.n; i++) {
        fuzz_touch(f.tensors[i].name);
        fuzz_require(f.tensors[i].count <= n);
        for (size_t at = 0, k; !s && at < f.tensors[i].count; at += k) {
            k = f.tensors[i].count - at < 64 ? f.tensors[i].count - at : 64;
            s = orr_safetensors_read(&f, &f.tensors[i], at, k, out, &err);
        }
    }
    for (size_t i = 0; i < f.n_metadata; i++) fuzz_touch(f.metadata[i].key), fuzz_touch(f.metadata[i].value);
    fuzz_require(!s || (err.code == s && err.message[0]));
    orr_safetensors_close(&f);
    free(copy);
    return 0;
}
