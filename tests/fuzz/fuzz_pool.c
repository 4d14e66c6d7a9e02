/* Files of candidates: the first byte says how the name ends, the second which column is asked for. */
#include "fuzz.h"

#include "app/pool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const names[] = {"p.txt", "p.csv", "p.tsv", "p.jsonl", "p.ndjson", "p.csv.gz", "p.jsonl.gz"};
    static const char *const columns[] = {NULL, "2", "name", "0"};
    struct orr_pool p = {0};
    struct orr_error err = {.code = ORR_OK};
    int64_t stored;
    char path[128];
    if (n < 2) return 0;
    const char *const name = names[data[0] % (sizeof names / sizeof *names)];
    snprintf(path, sizeof path, "%s/%s", fuzz_folder_put(name, data + 2, n - 2), name);
    const enum orr_status s = orr_pool_read(NULL, path, columns[data[1] % 4], NULL, &p, &stored, &err);
    fuzz_require(s == ORR_OK || (err.code == s && err.message[0]));
    for (size_t i = 0; i < p.text.len && !s; i++) {
        fuzz_require(p.text.data[i] && *p.text.data[i]);
        fuzz_touch(p.text.data[i]);
    }
    orr_pool_free(&p);
    fuzz_folder_put(name, NULL, 0);
    return 0;
}
