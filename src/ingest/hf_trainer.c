/* Hugging Face trainer_state.json: log_history mixes training rows {loss, learning_rate, epoch, step}, evaluation rows
 * {eval_*} and a last row {train_*}; each carries its step. Bare NaN occurs. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "ingest/format.h"
#include "ingest/params.h"

enum { FILE_LIMIT = 512 << 20 };

static bool is_number(struct json_object *v)
{
    return json_object_is_type(v, json_type_double) || json_object_is_type(v, json_type_int);
}

static enum orr_status put_row(struct orr_sink *sink, uint32_t run, struct json_object *row, int64_t *step,
                               struct orr_error *err)
{
    struct json_object *v;
    if (json_object_object_get_ex(row, "step", &v) && is_number(v)) *step = json_object_get_int64(v);
    json_object_object_foreach(row, key, value)
    {
        uint32_t series;
        if (strcmp(key, "step") == 0 || !is_number(value)) continue;
        enum orr_status s = orr_sink_series(sink, run, key, strlen(key), &series, err);
        if (s == ORR_OK) s = orr_sink_point(sink, series, *step, json_object_get_double(value), NAN, err);
        if (s) return s;
    }
    return ORR_OK;
}

/* What stands beside the history describes the run: best_metric, num_train_epochs, ... */
static enum orr_status put_config(struct orr_sink *sink, uint32_t run, struct json_object *top, struct orr_error *err)
{
    json_object_object_foreach(top, key, value)
    {
        if (!value || json_object_is_type(value, json_type_array) || json_object_is_type(value, json_type_object)) continue;
        const enum orr_status s = orr_params_text(sink, run, key, json_object_get_string(value), err);
        if (s) return s;
    }
    return ORR_OK;
}

static enum orr_status hf_read(struct orr_ingest *in, struct orr_sink *sink, struct orr_error *err)
{
    struct json_object *top = NULL, *log;
    uint32_t run;
    int64_t step = 0;
    enum orr_status s = orr_json_parse_file(in->path, FILE_LIMIT, &top, err);
    if (s) return s;
    if (!json_object_is_type(top, json_type_object) || !json_object_object_get_ex(top, "log_history", &log) ||
        !json_object_is_type(log, json_type_array)) {
        json_object_put(top);
        return orr_error_set(err, ORR_EFORMAT, in->path, "no \"log_history\" list: not a trainer_state.json");
    }
    const struct orr_run_meta meta = {.key = in->run_key, .name = in->run_name, .started = NAN, .ended = NAN};
    if ((s = orr_sink_run(sink, &meta, &run, err)) == ORR_OK) s = put_config(sink, run, top, err);
    const size_t n = json_object_array_length(log);
    for (size_t i = 0; i < n && s == ORR_OK; i++) {
        struct json_object *row = json_object_array_get_idx(log, i);
        if (json_object_is_type(row, json_type_object))
            s = put_row(sink, run, row, &step, err);
        else
            orr_sink_warn(sink, in->path, "log_history[%zu] is no object: left out", i);
        if (i % 4096 == 0 && !orr_ticker_tick(&in->ticker, in->path, "bytes", 0, 0))
            s = orr_error_set(err, ORR_ECANCELLED, in->path, "cancelled");
    }
    json_object_put(top);
    return s;
}

static int hf_detect(const char *path, const unsigned char *head, size_t n)
{
    if (n == 0 || !memchr(head, '{', n)) return 0;
    if (orr_ends_with(path, "trainer_state.json")) return 95;
    return orr_ends_with(path, ".json") && memmem(head, n, "\"log_history\"", 13) ? 80 : 0;
}

const struct orr_format orr_format_hf_trainer = {
    .name = "hf-trainer",
    .summary = "trainer_state.json of the Hugging Face Trainer",
    .detect = hf_detect,
    .read = hf_read,
};
