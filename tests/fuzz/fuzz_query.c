/* Questions to a corpus: any text is answered or refused, and what is answered keeps the rules. The first byte tells whether
 * they are read as rules. */
#include "fuzz.h"

#include <math.h>

#include "methods/tables/cascade.h"
#include "text/query.h"

static struct orr_index *indexed;
static struct orr_cascade *cascade;
static struct orr_tokeniser *tokeniser;

static enum orr_status fetch(void *ctx, size_t i, struct orr_doc *out, struct orr_error *err)
{
    static const char *header[] = {"Name", "Born"}, *cells[] = {"Rudolf of Zenda", "1864", "Flavia Elphberg", "1871"};
    static const char *const titles[] = {"Kings of Ruritania", "Rivers", "Trams"};
    (void)ctx, (void)err;
    *out = (struct orr_doc){.id = titles[i], .title = titles[i], .section_title = "Reign",
                            .section_text = "the kings of the north",
                            .intro = "\xC3\xA9t\xC3\xA9", .columns = 2, .rows = i % 2 + 1, .header = header, .cells = cells};
    return ORR_OK;
}

static void make(void)
{
    static const uint64_t key[] = {1, 2, 3}, hash[] = {1, 2, 3};
    const struct orr_index_source source = {3, key, hash, fetch, NULL};
    struct orr_str bytes = {0};
    fuzz_require(orr_index_build(NULL, &source, &orr_bm25f_default, 1, NULL, &bytes, NULL) == ORR_OK);
    fuzz_require(orr_index_adopt(&bytes, "made", &indexed, NULL) == ORR_OK);
    cascade = orr_cascade_new(indexed);
    tokeniser = orr_tokeniser_new();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 1) return 0;
    if (!indexed) make();
    char *text = malloc(n);
    if (!text) return 0;
    memcpy(text, data + 1, n - 1);
    text[n - 1] = '\0';
    struct orr_cascade_options o = orr_cascade_defaults();
    struct orr_cascade_result r = {0};
    struct orr_query q = {0};
    struct orr_error err = {.code = ORR_OK}, why = {.code = ORR_OK};
    o.syntax = data[0] & 1;
    const enum orr_status s = orr_cascade_run(cascade, text, &o, &r, &err);
    fuzz_require(s == ORR_OK || (err.code == s && err.message[0]));
    fuzz_require(orr_query_read(indexed, tokeniser, text, o.syntax, &q, &why) == s);
    fuzz_require(q.n_terms <= ORR_QUERY_TERMS && q.n_rules <= ORR_QUERY_RULES && q.order.len <= ORR_QUERY_WORDS);
    for (size_t i = 0; s == ORR_OK && i < r.n; i++) {
        fuzz_require(r.items[i].doc < 3 && orr_query_allows(&q, indexed, r.items[i].doc));
        fuzz_require(isfinite(r.items[i].score[ORR_STAGE_SPARSE]));
    }
    orr_query_free(&q);
    orr_cascade_result_free(&r);
    free(text);
    return 0;
}
