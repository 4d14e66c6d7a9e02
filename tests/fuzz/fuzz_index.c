/* The index file: whatever stands in it, with right checksums or wrong ones, searching it touches nothing outside. */
#include "fuzz.h"

#include <xxhash.h>

#include "methods/tables/cascade.h"
#include "text/index_file.h"

/* Puts the checksums right, so that what stands behind them is reached. */
static void repair(struct orr_str *bytes)
{
    struct orr_index_header h;
    if (bytes->len < sizeof h) return;
    memcpy(&h, bytes->data, sizeof h);
    h.magic = ORR_INDEX_MAGIC;
    h.version = ORR_INDEX_VERSION;
    h.header_bytes = sizeof h;
    h.bytes = bytes->len;
    h.checksum = XXH3_64bits(bytes->data + sizeof h, bytes->len - sizeof h);
    h.header_checksum = XXH3_64bits(&h, offsetof(struct orr_index_header, header_checksum));
    memcpy(bytes->data, &h, sizeof h);
}

static enum orr_status fetch(void *ctx, size_t i, struct orr_doc *out, struct orr_error *err)
{
    (void)ctx, (void)i, (void)out;
    return orr_error_set(err, ORR_EIO, "fuzz", "no documents");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct orr_str bytes = {0};
    struct orr_index *x = NULL;
    struct orr_error err = {.code = ORR_OK};
    if (n < 1) return 0;
    orr_str_append_n(&bytes, data + 1, n - 1);
    if (data[0] % 4) repair(&bytes);
    const enum orr_status s = orr_index_adopt(&bytes, "fuzz", &x, &err);
    fuzz_require(s == ORR_OK ? x != NULL : (x == NULL && err.code == s && err.message[0]));
    if (s != ORR_OK || orr_index_docs(x) > 1 << 20 || orr_index_terms(x) > 1 << 20) {
        orr_index_close(x);
        return 0;
    }
    struct orr_cascade *c = orr_cascade_new(x);
    struct orr_cascade_options o = orr_cascade_defaults();
    struct orr_cascade_result r = {0};
    o.syntax = data[0] & 8;
    if (orr_cascade_run(c, "kings of Ruritania Zenda 1894 +title:trams", &o, &r, NULL) == ORR_OK)
        for (size_t i = 0; i < r.n; i++) {
            struct orr_index_doc d;
            fuzz_require(r.items[i].doc < orr_index_docs(x));
            orr_index_doc(x, r.items[i].doc, &d);
            fuzz_touch(d.id), fuzz_touch(d.title), fuzz_touch(d.section_title);
        }
    orr_cascade_result_free(&r);
    orr_cascade_free(c);
    /* what an update takes over from it */
    if (orr_index_docs(x) && orr_index_docs(x) < 1000) {
        struct orr_index_doc d;
        orr_index_doc(x, 0, &d);
        const struct orr_index_source source = {1, &d.key, &d.hash, fetch, NULL};
        struct orr_str again = {0};
        orr_index_build(x, &source, &orr_bm25f_default, 1, NULL, &again, NULL);
        orr_str_free(&again);
    }
    orr_index_close(x);
    return 0;
}
