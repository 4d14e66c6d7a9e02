/* Descriptions of sweeps: what is read can be drawn from. */
#include "fuzz.h"

#include "lab/sweep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct orr_sweep *s = NULL;
    struct orr_error err = {.code = ORR_OK};
    const enum orr_status status = orr_sweep_parse("fuzz", (const char *)data, n, &s, &err);
    fuzz_require((status == ORR_OK) == (s != NULL));
    fuzz_require(status == ORR_OK || (err.code == status && err.message[0]));
    if (s) {
        const size_t runs = orr_sweep_runs(s);
        fuzz_touch(orr_sweep_name(s));
        for (size_t i = 0; i < runs && i < 20; i++) {
            struct orr_sweep_item item;
            const enum orr_status drawn = orr_sweep_draw(s, i, &item, &err);
            fuzz_require(drawn == ORR_OK || (err.code == drawn && err.message[0]));
            if (!drawn) fuzz_touch(item.arch);
        }
    }
    orr_sweep_free(s);
    return 0;
}
