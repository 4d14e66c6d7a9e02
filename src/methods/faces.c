/* What the manual and the pages to print say of methods that have a header of their own (tables/cascade.h, select/select.h,
 * detect/yolo.h), since what they take and give is of no common shape. */
#include "methods/faces.h"

const struct orr_method orr_method_tables = {
    .name = "tables",
    .summary = "tables that answer a question, found in three stages",
    .source = "CRAFT: training-free cascaded retrieval for tabular QA, arXiv 2505.14984; BM25F: Robertson et al. 2004",
    .equations = "sparse = sum_t idf(t) x_t / (k1 + x_t), x_t = sum_f w_f tf(t, f) / (1 - b_f + b_f len_f / mean len_f);  "
                 "dense = sparse / max sparse + mix cos(query, table);  "
                 "rerank = w . features(query, table)",
    .input = ORR_DATA_CORPUS,
};

const struct orr_method orr_method_select = {
    .name = "select",
    .summary = "candidates ranked by the logits of one forward pass",
    .source = "Inferring from Logits: exploring best practices for decoding-free generative candidate selection, arXiv "
              "2501.17338",
    .equations = "first = l(c_1), last = l(c_K), average = 1/K sum_k l(c_k), sum = sum_k l(c_k);  "
                 "corrected = 1/K sum_k (log softmax l - log softmax l_0)(c_k), l_0: without the prompt;  "
                 "likelihood = sum_k log p(c_k | prompt, c_1 ... c_(k-1))",
    .input = ORR_DATA_LOGITS,
};

const struct orr_method orr_method_detect = {
    .name = "detect",
    .summary = "boxes and classes of objects in pictures, YOLOv5",
    .source = "Optimizing Waste Management with Advanced Object Detection for Garbage Classification, arXiv "
              "2410.09975; YOLOv5 v6",
    .equations = "xy = (2 s - 0.5 + cell) stride, wh = (2 s)^2 anchor, confidence = objectness x class;  "
                 "loss = .05 (1 - CIoU) + BCE(objectness, IoU) + g BCE(class)",
    .input = ORR_DATA_IMAGES,
};
