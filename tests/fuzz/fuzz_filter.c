/* Filter expressions: any text is parsed or refused, and what was parsed can be matched. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/filter.h"

static const double numbers[] = {0.5, NAN, 1e300};
static const char *const texts[] = {"adam", NULL, "x y\xC3\xA9"};

static enum orr_status column(void *ctx, const char *spec, const struct orr_run_column **out, struct orr_error *err)
{
    (void)ctx, (void)err;
    static const struct orr_run_column number = {"n", ORR_CELL_NUMBER, numbers, NULL, false},
                                       text = {"t", ORR_CELL_TEXT, NULL, texts, false},
                                       both = {"b", ORR_CELL_TEXT, numbers, texts, true},
                                       when = {"w", ORR_CELL_TIME, numbers, NULL, false};
    const struct orr_run_column *const all[] = {&number, &text, &both, &when};
    *out = all[strlen(spec) % 4];
    return ORR_OK;
}
static enum orr_status words(void *ctx, const char *const **out, struct orr_error *err)
{
    (void)ctx, (void)err;
    static const char *const lines[] = {"adam", "", "x y"};
    *out = lines;
    return ORR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text) return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    struct orr_filter *f;
    struct orr_error err;
    const struct orr_filter_source source = {NULL, column, words};
    if (orr_filter_parse(text, &f, &err) == ORR_OK && orr_filter_bind(f, &source, &err) == ORR_OK)
        for (size_t row = 0; row < 3; row++) orr_filter_match(f, row);
    orr_filter_free(f);
    free(text);
    return 0;
}
