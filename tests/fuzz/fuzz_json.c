/* JSON documents: the parser's answer is either a value or a message, and trainer_state.json and results of
 * evaluations are read from it. */
#include "fuzz.h"

#include "app/eval_weights_summary.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct json_object *o = NULL;
    struct orr_error err = {.code = ORR_OK};
    if (n == 0) return 0;
    const enum orr_status s = orr_json_parse("f", (const char *)data + 1, n - 1, &o, &err);
    fuzz_require(s == ORR_OK || (!o && err.message[0]));
    json_object_put(o);
    struct orr_eval e = {0};
    const enum orr_status r = orr_eval_parse("f", (const char *)data + 1, n - 1, "weights", &e, &err);
    fuzz_require(r == ORR_OK || err.message[0]);
    struct orr_str text = {0};
    if (r == ORR_OK) orr_eval_weights_summary(&e, &text);
    orr_str_free(&text);
    orr_eval_free(&e);
    fuzz_importer(&orr_format_hf_trainer, data, n);
    return 0;
}
