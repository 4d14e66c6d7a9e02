/* CSV: the reader must give the same rows whatever the size of its buffer, and both importers must survive. */
#include "fuzz.h"

#include <xxhash.h>

#include "base/csv.h"

/* A hash over all cells, their places and how reading ended. */
static uint64_t rows_hash(const uint8_t *data, size_t n, size_t buffer, char separator)
{
    struct orr_reader *r;
    struct orr_csv *c;
    struct orr_csv_row row;
    uint64_t hash = 0;
    enum orr_status s;
    fuzz_require(orr_reader_open_memory("f", data, n, buffer, &r, NULL) == ORR_OK);
    fuzz_require(orr_csv_open(r, separator, &c, NULL) == ORR_OK);
    while ((s = orr_csv_next(c, &row, NULL)) == ORR_OK) {
        for (size_t i = 0; i < row.n; i++) hash = XXH3_64bits_withSeed(row.cells[i].text, row.cells[i].n, hash + row.n);
        hash += row.line * 31 + row.offset * 7 + row.terminated;
        fuzz_require(row.offset < n);
    }
    hash += (uint64_t)s;
    orr_csv_close(c);
    orr_reader_close(r);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0) return 0;
    const char separator = orr_csv_sniff((const char *)data + 1, n - 1);
    fuzz_require(rows_hash(data + 1, n - 1, 1 + data[0] % 80, separator) == rows_hash(data + 1, n - 1, 0, separator));
    fuzz_importer(&orr_format_csv, data, n);
    fuzz_importer(&orr_format_counts, data, n);
    return 0;
}
