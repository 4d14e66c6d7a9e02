#include "aid_ingest.h"

#include <math.h>
#include <string.h>

#include "base/str.h"

void aid_ingest_path(struct aid_sink *a, const struct orr_format *format, const char *path)
{
    static const size_t buffers[] = {1, 2, 3, 7, 64, 4096, 0};
    char *first = NULL;
    const struct orr_format *const detected = orr_format_detect(path);
    ck_assert_msg(detected == format, "%s is detected as %s", path, detected ? detected->name : "nothing");
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        struct orr_error err = {0};
        struct orr_ingest in = {.path = path, .run_key = "k", .run_name = "n", .buffer_size = buffers[i]};
        if (i) aid_sink_close(a);
        aid_sink_open(a, i % 2 ? 1 : 0);
        const enum orr_status s = aid_sink_import(a, format, &in, &err);
        ck_assert_msg(s == ORR_OK, "%s: %s", err.where, err.message);
        free(in.state);
        char *const text = aid_sink_text(a);
        if (first)
            ck_assert_msg(strcmp(first, text) == 0, "buffer %zu:\n%s\nbuffer 1:\n%s", buffers[i], text, first);
        else
            first = strdup(text);
        free(text);
    }
    free(first);
}

void aid_ingest(struct aid_sink *a, const struct orr_format *format, const char *name, const char *text)
{
    aid_ingest_path(a, format, aid_file_write(name, text, strlen(text)));
}

void aid_expect(struct aid_sink *a, const char *key, const char *name, const char *points)
{
    struct orr_str got = {0};
    const struct aid_series *const s = aid_sink_series(a, key, name);
    for (size_t i = 0; s && i < s->step.len; i++) {
        orr_str_printf(&got, "%s%lld:", i ? " " : "", (long long)s->step.data[i]);
        orr_str_append_double(&got, s->value.data[i]);
    }
    ck_assert_msg(s || !*points, "no series %s of %s", name, key);
    ck_assert_str_eq(orr_str_c(&got), points);
    orr_str_free(&got);
}

void aid_expect_config(struct aid_sink *a, const char *key, const char *name, const char *value)
{
    const char *const got = aid_sink_config(a, key, name);
    if (!value)
        ck_assert_msg(!got, "%s is %s", name, got);
    else
        ck_assert_msg(got && strcmp(got, value) == 0, "%s is %s", name, got ? got : "missing");
}
