/* YAML configuration beside a log. */
#include "fuzz.h"

#include "ingest/params.h"

static enum orr_status each(void *ctx, const char *key, enum orr_value_kind kind, const char *value, struct orr_error *err)
{
    (void)ctx, (void)kind, (void)err;
    fuzz_touch(key), fuzz_touch(value);
    return ORR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct orr_error err = {.code = ORR_OK};
    const enum orr_status s = orr_yaml_read(fuzz_file(data, n), each, NULL, &err);
    fuzz_require(s == ORR_OK || err.message[0]);
    return 0;
}
