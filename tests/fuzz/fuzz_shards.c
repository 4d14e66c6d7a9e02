/* Fragments of shards, finished and not: what they hold is refused, or fills the regions and bytes of loops. The target
 * writes the header; the input is what follows. */
#include "fuzz.h"

#include "app/shards.h"

enum { ITEMS = 5 };
struct work {
    struct orr_shards *s;
    uint64_t x[ITEMS][2];
    size_t taken;
};

static void item(void *ctx, size_t i) { ((struct work *)ctx)->x[i][0] = i + 1; }
static void give(void *ctx, size_t i, struct orr_str *bytes)
{
    (void)ctx;
    orr_str_printf(bytes, "%zu", i);
}
static void take(void *ctx, size_t i, struct orr_str *bytes)
{
    struct work *w = ctx;
    fuzz_require(i < ITEMS);
    w->taken += bytes->len;
    if (bytes->len > 100) orr_shards_fail(w->s);
}

/* Both loops; closes. */
static void run(struct orr_shards *s)
{
    struct work w = {.s = s};
    struct orr_error err = {.code = ORR_OK};
    const struct orr_region region = {w.x, sizeof w.x};
    const bool whole = orr_shards_for(s, ITEMS, 1, item, &w, NULL, "items", "items", &region, 1) &&
                       orr_shards_bytes_for(s, ITEMS, give, take, &w, NULL, "bytes", "items");
    const enum orr_status status = orr_shards_close(s, whole && orr_shards_partial(s), &err);
    fuzz_require(status == ORR_OK || err.message[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char head[] = "{\"orrery\":\"fragment\",\"version\":\"" ORR_VERSION
                               "\",\"shard\":0,\"shards\":1,\"command\":[\"x\"]}\n";
    static const char *const command[] = {"x"};
    struct orr_shards *s;
    struct orr_error err = {.code = ORR_OK};
    struct orr_str file = {0}, out = {0};
    if (n && data[0] == '{')
        orr_str_append_n(&file, data, n); /* a header of its own */
    else {
        orr_str_append(&file, head);
        orr_str_append_n(&file, data, n);
    }
    const char *const folder = fuzz_folder_put("0-of-1.fragment", (const uint8_t *)file.data, file.len);
    fuzz_folder_put("0-of-1.part", NULL, 0);
    enum orr_status status = orr_shards_merge(folder, &s, &err);
    fuzz_require(status == ORR_OK || (err.code == status && err.message[0]));
    if (!status) {
        orr_shards_lines(s, &out);
        orr_shards_close(s, false, NULL);
        if (orr_shards_merge(folder, &s, &err) == ORR_OK) run(s);
    }
    fuzz_folder_put("0-of-1.fragment", NULL, 0);
    fuzz_folder_put("0-of-1.part", (const uint8_t *)file.data, file.len);
    status = orr_shards_open(folder, 0, 1, true, 1, command, &s, &err);
    fuzz_require(status == ORR_OK || (err.code == status && err.message[0]));
    if (!status) run(s);
    fuzz_folder_put("0-of-1.fragment", NULL, 0);
    orr_str_free(&file);
    orr_str_free(&out);
    return 0;
}
