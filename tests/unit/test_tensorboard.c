#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <orrery/rng.h>

#include "aid_folder.h"
#include "aid_sink.h"
#include "aid_tfevents.h"
#include "ingest/crc32c.h"

#define NAME "run/events.out.tfevents.1700000000.host"

/* What one import left behind. */
struct outcome {
    struct aid_sink sink;
    struct orr_ingest in;
    struct orr_error err;
    enum orr_status status;
};

static void import(struct outcome *o, const char *path, size_t buffer)
{
    *o = (struct outcome){.in = {.path = path, .run_key = "run", .buffer_size = buffer}};
    aid_sink_open(&o->sink, 0);
    o->status = aid_sink_import(&o->sink, &orr_format_tensorboard, &o->in, &o->err);
}

static void import_bytes(struct outcome *o, const struct orr_str *file, size_t buffer)
{
    import(o, aid_file_write(NAME, file->data, file->len), buffer);
    ck_assert_int_eq(o->status, ORR_OK);
}

static void done(struct outcome *o)
{
    aid_sink_close(&o->sink);
    free(o->in.state);
}

/* Two scalar tags, a tensor scalar whose metadata comes once, a histogram and hyperparameters. */
static struct orr_str small_file(void)
{
    struct orr_str f = {0}, tensor = {0}, v = {0}, h = {0};
    aid_tf_version(&f, 1700000000.5);
    for (int i = 0; i < 3; i++) {
        aid_tf_scalar(&f, 1700000001.0 + i, i, "loss", 1.0f / (float)(i + 1));
        aid_tf_scalar(&f, 1700000001.25 + i, i, "accuracy", 0.25f * (float)i);
        const float x = (float)i + 0.5f;
        aid_pb_varint(&tensor, 1, 1);
        aid_pb_bytes(&tensor, 4, &x, 4);
        v = aid_tf_tensor_value("keras", i == 0 ? "scalars" : NULL, &tensor);
        aid_tf_value(&f, 1700000002.0 + i, 10 * i, &v);
    }
    aid_pb_double(&h, 1, -1);
    aid_pb_text(&v, 1, "weights");
    aid_pb_message(&v, 5, &h);
    aid_tf_value(&f, 1700000009, 2, &v);
    return f;
}
enum { SMALL_POINTS = 9 };

START_TEST(checksums_agree_with_published_vectors_and_instruction_with_table)
{
    unsigned char bytes[300];
    memset(bytes, 0, 32);
    ck_assert_uint_eq(orr_crc32c(bytes, 32), 0x8A9136AAu); /* RFC 3720, B.4 */
    memset(bytes, 0xFF, 32);
    ck_assert_uint_eq(orr_crc32c(bytes, 32), 0x62A8AB43u);
    ck_assert_uint_eq(orr_crc32c("123456789", 9), 0xE3069283u);
    struct orr_rng r;
    orr_rng_seed(&r, 1, 0);
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)orr_rng_u64(&r);
    for (size_t n = 0; n < sizeof bytes; n++) ck_assert_uint_eq(orr_crc32c(bytes, n), orr_crc32c_table(bytes, n));
}
END_TEST

START_TEST(a_file_gives_the_same_points_with_every_buffer_size)
{
    struct orr_str f = small_file();
    char *first = NULL;
    for (size_t buffer = 1; buffer <= 64; buffer++) {
        struct outcome o;
        import_bytes(&o, &f, buffer);
        ck_assert(!o.in.incomplete);
        ck_assert_uint_eq(o.in.end_offset, f.len);
        ck_assert_uint_eq(orr_sink_totals(o.sink.sink).points, SMALL_POINTS);
        char *text = aid_sink_text(&o.sink);
        if (first) ck_assert_str_eq(text, first);
        if (!first) first = strdup(text);
        free(text);
        done(&o);
    }
    ck_assert_ptr_nonnull(strstr(first, "run|loss|0|1|1700000001\n"));
    ck_assert_ptr_nonnull(strstr(first, "run|accuracy|2|0.5|1700000003.25\n"));
    ck_assert_ptr_nonnull(strstr(first, "run|keras|20|2.5|1700000004\n"));
    free(first);
    orr_str_free(&f);
}
END_TEST

START_TEST(the_run_is_the_folder_and_what_stands_before_events_out_tells_files_apart)
{
    static const struct { const char *path, *run; } cases[] = {
        {"a/b/events.out.tfevents.1.h", "a/b"},
        {"/a/train/events.out.tfevents.1.h.v2", "/a/train"},
        {"a/exp1_events.out.tfevents.1.h", "a/exp1"},
        {"exp_10b_events.out.tfevents.2", "exp_10b"},
        {"tfevents/events.out.tfevents.1.h", "tfevents"},
        {"events.out.tfevents.1.h", "events.out.tfevents.1.h"},
        {"a/b", "a/b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t n = orr_format_tensorboard.run_part(cases[i].path);
        ck_assert_msg(n == strlen(cases[i].run) && strncmp(cases[i].path, cases[i].run, n) == 0, "%s: %.*s",
                      cases[i].path, (int)n, cases[i].path);
    }
}
END_TEST

START_TEST(a_run_is_told_with_its_name_and_first_wall_time)
{
    struct orr_str f = small_file();
    struct outcome o = {.in = {.path = aid_file_write(NAME, f.data, f.len), .run_key = "/a/run", .run_name = "run"}};
    aid_sink_open(&o.sink, 0);
    ck_assert_int_eq(aid_sink_import(&o.sink, &orr_format_tensorboard, &o.in, &o.err), ORR_OK);
    ck_assert_str_eq(o.sink.runs.data[0].meta.key, "/a/run");
    ck_assert_str_eq(o.sink.runs.data[0].meta.name, "run");
    ck_assert_double_eq(o.sink.runs.data[0].meta.started, 1700000000.5);
    done(&o);
    orr_str_free(&f);
}
END_TEST

/* One tensor value of the given encoding, without metadata. */
static double tensor_point(struct orr_str *tensor, bool *taken)
{
    struct orr_str f = {0}, v = aid_tf_tensor_value("x", NULL, tensor);
    aid_tf_value(&f, 1, 7, &v);
    struct outcome o;
    import_bytes(&o, &f, 0);
    const struct aid_series *s = aid_sink_series(&o.sink, "run", "x");
    *taken = s && s->step.len == 1;
    ck_assert(*taken || aid_sink_warned(&o.sink, "\"x\" was skipped"));
    const double value = *taken ? s->value.data[0] : (double)NAN;
    done(&o);
    orr_str_free(&f);
    return value;
}

START_TEST(every_scalar_encoding_of_tensors_is_read)
{
    const float f = 1.25f;
    const double d = -1e300;
    const int32_t i = -7;
    const int64_t l = -(1LL << 40);
    bool taken;
    struct orr_str t = {0}, sub = {0};
    const struct { int dtype; const void *bytes; size_t n; double value; } content[] = {
        {1, &f, 4, 1.25}, {2, &d, 8, -1e300}, {3, &i, 4, -7}, {9, &l, 8, -1099511627776.0}};
    for (size_t k = 0; k < 4; k++) {
        aid_pb_varint(&t, 1, (uint64_t)content[k].dtype);
        aid_pb_bytes(&t, 4, content[k].bytes, content[k].n);
        ck_assert_double_eq(tensor_point(&t, &taken), content[k].value);
    }
    aid_pb_varint(&t, 1, 1), aid_pb_float(&t, 5, 2.5f);
    ck_assert_double_eq(tensor_point(&t, &taken), 2.5);
    aid_pb_varint(&t, 1, 1), aid_pb_bytes(&t, 5, &f, 4);
    ck_assert_double_eq(tensor_point(&t, &taken), 1.25);
    aid_pb_varint(&t, 1, 2), aid_pb_double(&t, 6, 3.5);
    ck_assert_double_eq(tensor_point(&t, &taken), 3.5);
    aid_pb_varint(&t, 1, 2), aid_pb_bytes(&t, 6, &d, 8);
    ck_assert_double_eq(tensor_point(&t, &taken), -1e300);
    aid_pb_varint(&t, 1, 3), aid_pb_varint(&t, 7, (uint64_t)-5);
    ck_assert_double_eq(tensor_point(&t, &taken), -5);
    aid_pb_varint(&t, 1, 9), aid_pb_raw_varint(&sub, 1ULL << 40), aid_pb_message(&t, 10, &sub);
    ck_assert_double_eq(tensor_point(&t, &taken), 1099511627776.0);
    aid_pb_varint(&t, 1, 1); /* no element at all: zero */
    ck_assert_double_eq(tensor_point(&t, &taken), 0);
    ck_assert(taken);
}
END_TEST

START_TEST(tensors_that_are_no_single_number_are_skipped_with_a_warning)
{
    const float two[2] = {1, 2};
    bool taken;
    struct orr_str t = {0}, dim = {0}, shape = {0};
    aid_pb_varint(&t, 1, 1), aid_pb_bytes(&t, 4, two, 8);
    tensor_point(&t, &taken);
    ck_assert(!taken);
    aid_pb_varint(&t, 1, 7), aid_pb_text(&t, 8, "text");
    tensor_point(&t, &taken);
    ck_assert(!taken);
    aid_pb_varint(&t, 1, 1), aid_pb_bytes(&t, 5, two, 8);
    tensor_point(&t, &taken);
    ck_assert(!taken);
    for (int i = 0; i < 2; i++) { /* 2^62 * 2^62 elements */
        aid_pb_varint(&dim, 1, 1ULL << 62);
        aid_pb_message(&shape, 2, &dim);
    }
    aid_pb_varint(&t, 1, 1), aid_pb_message(&t, 2, &shape), aid_pb_float(&t, 5, 1);
    tensor_point(&t, &taken);
    ck_assert(!taken);
    aid_pb_varint(&t, 1, 1), orr_str_append(&t, "\x2a\xff"); /* field 5 longer than the tensor */
    tensor_point(&t, &taken);
    ck_assert(!taken);
}
END_TEST

START_TEST(a_tag_of_another_plugin_is_skipped_once_and_for_all)
{
    struct orr_str f = {0}, t = {0}, v;
    for (int i = 0; i < 4; i++) {
        aid_pb_varint(&t, 1, 1), aid_pb_float(&t, 5, 1);
        v = aid_tf_tensor_value("pr", i == 0 ? "pr_curves" : i == 2 ? "scalars" : NULL, &t);
        aid_tf_value(&f, 1, i, &v);
    }
    struct outcome o;
    import_bytes(&o, &f, 0);
    ck_assert_uint_eq(o.sink.series.len, 0);
    ck_assert_uint_eq(o.sink.warnings.len, 1);
    ck_assert_uint_eq(o.sink.runs.len, 0); /* a file without data makes no run */
    done(&o);
    orr_str_free(&f);
}
END_TEST

static void hparam(struct orr_str *start, const char *key, struct orr_str *value)
{
    struct orr_str entry = {0};
    aid_pb_text(&entry, 1, key);
    aid_pb_message(&entry, 2, value);
    aid_pb_message(start, 1, &entry);
}

START_TEST(hyperparameters_become_configuration)
{
    struct orr_str f = {0}, v = {0}, start = {0}, end = {0}, content = {0}, plugin = {0}, metadata = {0}, value = {0};
    aid_pb_double(&v, 2, 0.001), hparam(&start, "lr", &v);
    aid_pb_text(&v, 3, "adam"), hparam(&start, "optimizer", &v);
    aid_pb_varint(&v, 4, 1), hparam(&start, "nesterov", &v);
    aid_pb_text(&start, 4, "sweep-1");
    aid_pb_message(&content, 3, &start);
    aid_pb_varint(&end, 1, 2), aid_pb_double(&end, 2, 99);
    aid_pb_message(&content, 4, &end);
    aid_pb_text(&plugin, 1, "hparams"), aid_pb_message(&plugin, 2, &content);
    aid_pb_message(&metadata, 1, &plugin);
    aid_pb_text(&value, 1, "_hparams_/session_start_info"), aid_pb_message(&value, 9, &metadata);
    aid_tf_value(&f, 1, 0, &value);
    struct outcome o;
    import_bytes(&o, &f, 0);
    ck_assert_str_eq(aid_sink_config(&o.sink, "run", "lr"), "0.001");
    ck_assert_str_eq(aid_sink_config(&o.sink, "run", "optimizer"), "adam");
    ck_assert_str_eq(aid_sink_config(&o.sink, "run", "nesterov"), "true");
    ck_assert_str_eq(o.sink.runs.data[0].meta.group, "sweep-1");
    ck_assert_str_eq(o.sink.runs.data[0].meta.state, "failed");
    ck_assert_double_eq(o.sink.runs.data[0].meta.ended, 99);
    ck_assert_uint_eq(o.sink.warnings.len, 0);
    ck_assert_uint_eq(o.sink.series.len, 0);
    done(&o);
    orr_str_free(&f);
}
END_TEST

START_TEST(negative_steps_and_special_values_survive)
{
    struct orr_str f = {0};
    aid_tf_scalar(&f, 1, -3, "x", NAN);
    aid_tf_scalar(&f, 1, INT64_MAX, "x", INFINITY);
    aid_tf_scalar(&f, 1, INT64_MIN, "x", -0.0f);
    struct outcome o;
    import_bytes(&o, &f, 0);
    const struct aid_series *s = aid_sink_series(&o.sink, "run", "x");
    ck_assert(s->step.data[0] == -3 && isnan(s->value.data[0]));
    ck_assert(s->step.data[1] == INT64_MAX && s->value.data[1] == INFINITY);
    ck_assert(s->step.data[2] == INT64_MIN && signbit(s->value.data[2]));
    done(&o);
    orr_str_free(&f);
}
END_TEST

START_TEST(a_file_cut_at_any_byte_gives_its_whole_records_and_says_that_it_goes_on)
{
    struct orr_str f = small_file();
    uint64_t last = 0;
    for (size_t n = 0; n <= f.len; n++) {
        struct outcome o;
        import(&o, aid_file_write(NAME, f.data, n), 16);
        ck_assert_int_eq(o.status, ORR_OK);
        ck_assert(o.in.end_offset <= n && o.in.end_offset >= last);
        ck_assert_int_eq(o.in.incomplete, o.in.end_offset < n);
        last = o.in.end_offset;
        done(&o);
    }
    ck_assert_uint_eq(last, f.len);
    orr_str_free(&f);
}
END_TEST

START_TEST(every_flipped_bit_is_noticed_and_costs_only_what_it_must)
{
    struct orr_str f = small_file();
    struct outcome whole;
    import_bytes(&whole, &f, 0);
    char *text = aid_sink_text(&whole.sink);
    for (size_t bit = 0; bit < 8 * f.len; bit++) {
        f.data[bit / 8] = (char)(f.data[bit / 8] ^ (1 << bit % 8));
        struct outcome o;
        import_bytes(&o, &f, 0);
        ck_assert_uint_gt(o.sink.warnings.len, whole.sink.warnings.len - 1);
        ck_assert(aid_sink_warned(&o.sink, "damaged") || aid_sink_warned(&o.sink, "checksum"));
        ck_assert_uint_le(orr_sink_totals(o.sink.sink).points, SMALL_POINTS);
        for (size_t i = 0; i < o.sink.series.len; i++) { /* what is left is right */
            const struct aid_series *s = &o.sink.series.data[i];
            for (size_t k = 0; k < s->step.len; k++) {
                char line[128];
                snprintf(line, sizeof line, "run|%s|%lld|%.17g|%.17g\n", s->name, (long long)s->step.data[k],
                         s->value.data[k], s->wall.data[k]);
                ck_assert_msg(strstr(text, line), "bit %zu: %s", bit, line);
            }
        }
        done(&o);
        f.data[bit / 8] = (char)(f.data[bit / 8] ^ (1 << bit % 8));
    }
    free(text);
    done(&whole);
    orr_str_free(&f);
}
END_TEST

START_TEST(a_record_with_a_wrong_checksum_is_skipped_and_its_offset_named)
{
    struct orr_str f = {0};
    aid_tf_scalar(&f, 1, 1, "x", 1);
    const size_t at = f.len;
    aid_tf_scalar(&f, 1, 2, "x", 2);
    f.data[f.len - 6] ^= 1;
    aid_tf_scalar(&f, 1, 3, "x", 3);
    struct outcome o;
    import_bytes(&o, &f, 0);
    char offset[32];
    snprintf(offset, sizeof offset, ":%zu: ", at);
    ck_assert(aid_sink_warned(&o.sink, offset));
    ck_assert_uint_eq(o.sink.series.data[0].step.len, 2);
    ck_assert_int_eq(o.sink.series.data[0].step.data[1], 3);
    done(&o);
    orr_str_free(&f);
}
END_TEST

START_TEST(huge_lengths_with_right_checksums_allocate_nothing_and_wait_for_more)
{
    static const uint64_t lengths[] = {1ULL << 63, UINT64_MAX, UINT32_MAX, (1ULL << 32), UINT64_MAX - 15};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct orr_str f = {0};
        aid_tf_scalar(&f, 1, 1, "x", 1);
        unsigned char header[12];
        for (int k = 0; k < 8; k++) header[k] = (unsigned char)(lengths[i] >> (8 * k));
        const uint32_t crc = orr_crc32c_masked(header, 8);
        for (int k = 0; k < 4; k++) header[8 + k] = (unsigned char)(crc >> (8 * k));
        orr_str_append_n(&f, header, 12);
        orr_str_append_n(&f, "some bytes that follow", 22);
        struct outcome o;
        import_bytes(&o, &f, 4);
        ck_assert(o.in.incomplete);
        ck_assert_uint_eq(o.in.end_offset, f.len - 34);
        ck_assert_uint_eq(o.sink.series.data[0].step.len, 1);
        done(&o);
        orr_str_free(&f);
    }
}
END_TEST

START_TEST(lengths_inside_messages_that_reach_past_their_end_are_harmless)
{
    static const char *const bad[] = {
        "\x2a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",         /* summary of 2^63 - 1 bytes */
        "\x2a\x05\x0a\xff\xff\xff\x0f",                     /* value longer than the summary */
        "\x2a\x04\x0a\x02\x0a\x7f",                         /* tag longer than the value */
        "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", /* a varint without end */
        "\x0b\x0c", "\x07", "\x09\x01",                     /* groups, a type that is none, a cut double */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct orr_str f = {0};
        aid_tf_record(&f, bad[i], strlen(bad[i]));
        aid_tf_scalar(&f, 1, 1, "x", 1);
        struct outcome o;
        import_bytes(&o, &f, 0);
        ck_assert_msg(o.sink.warnings.len == 1, "case %zu", i);
        ck_assert_uint_eq(orr_sink_totals(o.sink.sink).points, 1);
        done(&o);
        orr_str_free(&f);
    }
}
END_TEST

START_TEST(resuming_at_any_record_gives_what_one_pass_gives)
{
    struct orr_str f = small_file(), v = {0}, h = {0};
    aid_pb_text(&v, 1, "weights"), aid_pb_message(&v, 5, &h); /* warned about before: not again */
    aid_tf_value(&f, 1, 3, &v);
    struct outcome whole;
    import_bytes(&whole, &f, 0);
    char *text = aid_sink_text(&whole.sink);
    for (size_t n = 0; n < f.len; n += 7) {
        struct outcome o;
        import(&o, aid_file_write(NAME, f.data, n), 0);
        struct orr_ingest rest = {.path = aid_file_write(NAME, f.data, f.len), .run_key = "run",
                                  .resume_offset = o.in.end_offset, .resume_state = o.in.state};
        ck_assert_int_eq(aid_sink_import(&o.sink, &orr_format_tensorboard, &rest, &o.err), ORR_OK);
        char *both = aid_sink_text(&o.sink);
        ck_assert_str_eq(both, text);
        ck_assert_uint_eq(o.sink.warnings.len, 1);
        ck_assert(!rest.incomplete && rest.end_offset == f.len);
        free(both);
        free(rest.state);
        done(&o);
    }
    free(text);
    done(&whole);
    orr_str_free(&f);
}
END_TEST

START_TEST(pausing_for_commits_gives_what_one_pass_gives)
{
    struct orr_str f = small_file();
    struct outcome whole;
    import_bytes(&whole, &f, 0);
    char *text = aid_sink_text(&whole.sink);
    for (uint64_t pause = 1; pause < f.len; pause += 31) {
        struct outcome o = {.in = {.path = aid_file_write(NAME, f.data, f.len), .run_key = "run",
                                   .pause_bytes = pause}};
        int pauses = -1;
        aid_sink_open(&o.sink, 0);
        do {
            char *state = o.in.state;
            o.in.resume_offset = o.in.end_offset;
            o.in.resume_state = state;
            o.in.state = NULL;
            ck_assert_int_eq(aid_sink_import(&o.sink, &orr_format_tensorboard, &o.in, &o.err), ORR_OK);
            free(state);
            pauses++;
        } while (o.in.paused);
        ck_assert_int_ge(pauses, pause < 100 ? 2 : 0);
        char *both = aid_sink_text(&o.sink);
        ck_assert_str_eq(both, text);
        free(both);
        done(&o);
    }
    free(text);
    done(&whole);
    orr_str_free(&f);
}
END_TEST

START_TEST(a_file_that_got_shorter_is_refused_with_the_remedy)
{
    struct orr_str f = small_file();
    struct outcome o = {.in = {.path = aid_file_write(NAME, f.data, f.len), .run_key = "run",
                               .resume_offset = f.len + 1}};
    aid_sink_open(&o.sink, 0);
    ck_assert_int_eq(aid_sink_import(&o.sink, &orr_format_tensorboard, &o.in, &o.err), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(o.err.message, "afresh"));
    done(&o);
    orr_str_free(&f);
}
END_TEST

static bool stop(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return --*(int *)ctx > 0;
}

START_TEST(the_ticker_cancels_an_import)
{
    struct orr_str f = {0}, v = {0}, image = {0};
    char *bytes = calloc(1, 1 << 19);
    for (int i = 0; i < 8; i++) {
        orr_str_append_n(&image, bytes, 1 << 19);
        aid_pb_text(&v, 1, "image"), aid_pb_message(&v, 4, &image);
        aid_tf_value(&f, 1, i, &v);
    }
    free(bytes);
    int calls = 3;
    struct outcome o = {.in = {.path = aid_file_write(NAME, f.data, f.len), .run_key = "run",
                               .ticker = {stop, &calls}}};
    aid_sink_open(&o.sink, 0);
    ck_assert_int_eq(aid_sink_import(&o.sink, &orr_format_tensorboard, &o.in, &o.err), ORR_ECANCELLED);
    ck_assert_int_eq(calls, 0);
    ck_assert(aid_sink_warned(&o.sink, "images are not imported"));
    done(&o);
    orr_str_free(&f);
}
END_TEST

START_TEST(event_files_are_recognised_by_name_and_by_content)
{
    struct orr_str f = small_file();
    ck_assert_ptr_eq(orr_format_detect(aid_file_write(NAME, f.data, f.len)), &orr_format_tensorboard);
    ck_assert_ptr_eq(orr_format_detect(aid_file_write("renamed.log", f.data, f.len)), &orr_format_tensorboard);
    ck_assert_ptr_eq(orr_format_detect(aid_file_write(NAME, "", 0)), &orr_format_tensorboard);
    ck_assert_ptr_ne(orr_format_detect(aid_file_write("other.log", "text\n", 5)), &orr_format_tensorboard);
    orr_str_free(&f);
}
END_TEST

ORR_SUITE_IN_FOLDER("tensorboard", checksums_agree_with_published_vectors_and_instruction_with_table,
                    a_file_gives_the_same_points_with_every_buffer_size,
                    the_run_is_the_folder_and_what_stands_before_events_out_tells_files_apart,
                    a_run_is_told_with_its_name_and_first_wall_time, every_scalar_encoding_of_tensors_is_read,
                    tensors_that_are_no_single_number_are_skipped_with_a_warning,
                    a_tag_of_another_plugin_is_skipped_once_and_for_all, hyperparameters_become_configuration,
                    negative_steps_and_special_values_survive,
                    a_file_cut_at_any_byte_gives_its_whole_records_and_says_that_it_goes_on,
                    every_flipped_bit_is_noticed_and_costs_only_what_it_must,
                    a_record_with_a_wrong_checksum_is_skipped_and_its_offset_named,
                    huge_lengths_with_right_checksums_allocate_nothing_and_wait_for_more,
                    lengths_inside_messages_that_reach_past_their_end_are_harmless,
                    resuming_at_any_record_gives_what_one_pass_gives, pausing_for_commits_gives_what_one_pass_gives,
                    a_file_that_got_shorter_is_refused_with_the_remedy, the_ticker_cancels_an_import,
                    event_files_are_recognised_by_name_and_by_content)
