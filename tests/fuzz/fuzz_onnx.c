/* ONNX files as weights of a detector. */
#include "fuzz.h"

#include "methods/detect/yolo_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct orr_yolo y;
    struct orr_error err = {.code = ORR_OK};
    if (n < 1) return 0;
    const enum orr_status s = orr_yolo_parse_onnx(data + 1, n - 1, "x.onnx", &y, &err);
    fuzz_require(s ? err.code == s && err.message[0] && !y.params.value : y.params.value != NULL);
    orr_yolo_free(&y);
    return 0;
}
