/* Logs of one JSON object per line. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    fuzz_importer(&orr_format_jsonl, data, n);
    fuzz_importer(&orr_format_mlperf, data, n);
    return 0;
}
