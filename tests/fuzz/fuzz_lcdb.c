/* Learning curves of LCDB: the errors of one data set, beside names that are fixed. */
#include "fuzz.h"

#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char meta[] = "{\"learners\":[\"SVC_linear\",\"KNN\"],\"anchors\":[16,23,32]}", names[] = "{\"7\":\"a set\"}";
    char path[128];
    if (n == 0) return 0;
    fuzz_folder_put("meta.json", (const uint8_t *)meta, strlen(meta));
    snprintf(path, sizeof path, "%s/er", fuzz_folder_put("names.json", (const uint8_t *)names, strlen(names)));
    mkdir(path, 0777);
    fuzz_folder_put("er/7.json", data + 1, n - 1);
    snprintf(path, sizeof path, "%s/er/7.json", fuzz_folder);
    struct orr_ingest in = {.path = path, .buffer_size = data[0] % 80};
    fuzz_import(&orr_format_lcdb, &in);
    free(in.state);
    return 0;
}
