/* NumPy arrays, alone or, where the input begins like a zip, in an archive. */
#include "fuzz.h"

#include "base/npy.h"
#include "base/reader.h"
#include "ingest/npz.h"

static void read_all(const struct orr_npy_source *source, size_t step)
{
    struct orr_npy a;
    struct orr_error err = {.code = ORR_OK};
    float out[64];
    enum orr_status s = orr_npy_open(&a, source, &err);
    for (size_t at = 0, k, rounds = 0; !s && at < a.count && rounds < 100000; at += k, rounds++) {
        k = a.count - at < step ? a.count - at : step;
        s = orr_npy_read(&a, out, k, &err);
        if (!s)
            for (size_t i = 0; i < k; i++) fuzz_seen.sum += (double)out[i];
    }
    fuzz_require(!s || (err.code == s && err.message[0]));
    orr_npy_close(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0) return 0;
    const size_t step = 1 + data[0] % 64;
    struct orr_npy_source source;
    if (n > 2 && data[1] == 'P') {
        struct orr_npz *z;
        if (orr_npz_open_memory("x.npz", data + 1, n - 1, &z, NULL) == ORR_OK)
            for (size_t i = 0; i < orr_npz_count(z) && i < 16; i++)
                if (orr_npz_name(z, i) && orr_npz_member(z, i, &source, NULL) == ORR_OK) read_all(&source, 64);
        orr_npz_close(z);
        return 0;
    }
    struct orr_reader *r;
    fuzz_require(orr_reader_open_memory("x.npy", data + 1, n - 1, step, &r, NULL) == ORR_OK);
    source = orr_npy_reader_source(r);
    read_all(&source, step);
    orr_reader_close(r);
    return 0;
}
