#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "aid_folder.h"
#include "aid_sink.h"
#include "aid_tfevents.h"

#define NAME "run-abc.wandb"
enum { BLOCK = 32768 };

static void item(struct orr_str *m, uint32_t field, const char *key, const char *json)
{
    struct orr_str i = {0};
    if (strchr(key, '>')) { /* "a>b": nested */
        char copy[64];
        snprintf(copy, sizeof copy, "%s", key);
        char *p = copy, *part;
        while ((part = strsep(&p, ">"))) aid_pb_text(&i, 2, part);
    } else {
        aid_pb_text(&i, 1, key);
    }
    aid_pb_text(&i, 16, json);
    aid_pb_message(m, field, &i);
}

static void put_chunk(struct orr_str *file, int type, const char *data, size_t n)
{
    unsigned char head[7] = {0, 0, 0, 0, (unsigned char)n, (unsigned char)(n >> 8), (unsigned char)type};
    uint32_t crc = (uint32_t)crc32(0, head + 6, 1);
    crc = (uint32_t)crc32(crc, (const unsigned char *)data, (uInt)n);
    for (int k = 0; k < 4; k++) head[k] = (unsigned char)(crc >> (8 * k));
    orr_str_append_n(file, head, 7);
    orr_str_append_n(file, data, n);
}

/* Appends a record cut into chunks at the blocks, and frees it. */
static void put_record(struct orr_str *file, struct orr_str *record)
{
    if (!file->len) orr_str_append_n(file, ":W&B\xe1\xbe\0", 7);
    const char *p = orr_str_c(record);
    size_t left = record->len;
    bool first = true;
    do {
        size_t room = BLOCK - file->len % BLOCK;
        if (room < 7) {
            orr_str_append_n(file, "\0\0\0\0\0\0", room);
            room = BLOCK;
        }
        const size_t n = left < room - 7 ? left : room - 7;
        put_chunk(file, n == left ? first ? 1 : 4 : first ? 2 : 3, p, n);
        first = false;
        p += n;
        left -= n;
    } while (left > 0);
    orr_str_free(record);
}

static void put_message(struct orr_str *file, uint32_t field, struct orr_str *message)
{
    struct orr_str record = {0};
    aid_pb_message(&record, field, message);
    put_record(file, &record);
}

static void put_run(struct orr_str *file)
{
    struct orr_str run = {0}, config = {0}, start = {0};
    aid_pb_text(&run, 1, "abc");
    aid_pb_text(&run, 3, "speech");
    item(&config, 1, "lr", "0.001");
    item(&config, 1, "model", "{\"value\": {\"layers\": 4, \"name\": \"small\"}, \"desc\": null}");
    item(&config, 1, "_wandb", "{\"x\": 1}");
    aid_pb_message(&run, 4, &config);
    aid_pb_text(&run, 6, "sweep");
    aid_pb_text(&run, 8, "bright-sun-1");
    aid_pb_text(&run, 10, "baseline"), aid_pb_text(&run, 10, "v2");
    aid_pb_varint(&start, 1, 1700000000), aid_pb_varint(&start, 2, 500000000);
    aid_pb_message(&run, 17, &start);
    put_message(file, 17, &run);
}

static void put_history(struct orr_str *file, int step, const char *loss)
{
    struct orr_str h = {0};
    char text[32];
    item(&h, 1, "loss", loss);
    item(&h, 1, "eval>accuracy", "0.5");
    item(&h, 1, "_timestamp", "1700000100.25");
    snprintf(text, sizeof text, "%d", step);
    item(&h, 1, "_step", text);
    put_message(file, 2, &h);
}

static struct orr_str small_file(void)
{
    struct orr_str f = {0}, m = {0};
    put_run(&f);
    for (int i = 0; i < 3; i++) put_history(&f, i, i == 1 ? "NaN" : "1.5");
    aid_pb_bytes(&m, 2, "\x08\x01", 2), item(&m, 3, "cpu", "12.5"), put_message(&f, 7, &m);
    item(&m, 1, "best", "0.75"), item(&m, 1, "loss", "1.5"), put_message(&f, 3, &m);
    aid_pb_varint(&m, 1, 0), put_message(&f, 18, &m);
    return f;
}
enum { SMALL_POINTS = 8 };

struct outcome {
    struct aid_sink sink;
    struct orr_ingest in;
    struct orr_error err;
};

static void import(struct outcome *o, const char *bytes, size_t n, size_t buffer)
{
    *o = (struct outcome){.in = {.path = aid_file_write(NAME, bytes, n), .run_key = "run", .buffer_size = buffer}};
    aid_sink_open(&o->sink, 0);
    ck_assert_int_eq(aid_sink_import(&o->sink, &orr_format_wandb, &o->in, &o->err), ORR_OK);
}

static void done(struct outcome *o)
{
    aid_sink_close(&o->sink);
    free(o->in.state);
}

START_TEST(run_configuration_history_statistics_and_summary_are_read_with_every_buffer_size)
{
    struct orr_str f = small_file();
    for (size_t buffer = 1; buffer <= 64; buffer++) {
        struct outcome o;
        import(&o, f.data, f.len, buffer);
        const struct orr_run_meta *m = &o.sink.runs.data[0].meta;
        ck_assert_str_eq(m->name, "bright-sun-1");
        ck_assert_str_eq(m->project, "speech");
        ck_assert_str_eq(m->group, "sweep");
        ck_assert_str_eq(m->state, "finished");
        ck_assert_double_eq(m->started, 1700000000.5);
        ck_assert_str_eq(aid_sink_config(&o.sink, "run", "lr"), "0.001");
        ck_assert_str_eq(aid_sink_config(&o.sink, "run", "model.layers"), "4");
        ck_assert_str_eq(aid_sink_config(&o.sink, "run", "model.name"), "small");
        ck_assert_uint_eq(o.sink.configs.len, 3);
        ck_assert_uint_eq(o.sink.tags.len, 2);
        const struct aid_series *loss = aid_sink_series(&o.sink, "run", "loss");
        ck_assert(loss->step.len == 3 && loss->value.data[0] == 1.5 && isnan(loss->value.data[1]));
        ck_assert(loss->step.data[2] == 2 && loss->wall.data[2] == 1700000100.25);
        ck_assert_double_eq(aid_sink_series(&o.sink, "run", "eval.accuracy")->value.data[0], 0.5);
        ck_assert_double_eq(aid_sink_series(&o.sink, "run", "system/cpu")->wall.data[0], 1);
        const struct aid_series *best = aid_sink_series(&o.sink, "run", "best");
        ck_assert(best->step.len == 1 && best->step.data[0] == 2 && best->value.data[0] == 0.75);
        ck_assert_uint_eq(orr_sink_totals(o.sink.sink).points, SMALL_POINTS);
        ck_assert_uint_eq(o.sink.warnings.len, 0);
        ck_assert(!o.in.incomplete && o.in.end_offset == f.len);
        done(&o);
    }
    orr_str_free(&f);
}
END_TEST

START_TEST(values_of_every_kind_find_their_place)
{
    static const struct {
        const char *json;
        int points;
        double value;
    } cases[] = {
        {"3", 1, 3},
        {"-2.5e-3", 1, -2.5e-3},
        {"true", 1, 1},
        {"Infinity", 1, INFINITY},
        {"\"-Infinity\"", 1, -INFINITY},
        {"\"text\"", 0, 0},
        {"null", 0, 0},
        {"[1, 2]", 0, 0},
        {"{\"_type\": \"image-file\", \"size\": 3}", 0, 0},
        {"{broken", 0, 0},
        {"12345678901234567890", 1, 12345678901234567890.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orr_str f = {0};
        put_history(&f, 7, cases[i].json);
        struct outcome o;
        import(&o, f.data, f.len, 0);
        const struct aid_series *s = aid_sink_series(&o.sink, "run", "loss");
        ck_assert_msg((s ? (int)s->step.len : 0) == cases[i].points, "%s", cases[i].json);
        if (s) ck_assert_double_eq(s->value.data[0], cases[i].value);
        ck_assert_msg(o.sink.warnings.len == (cases[i].points || i == 6 ? 0 : 1), "%s", cases[i].json);
        done(&o);
        orr_str_free(&f);
    }
}
END_TEST

START_TEST(nested_objects_of_history_become_dotted_series)
{
    struct orr_str f = {0};
    put_history(&f, 7, "{\"train\": {\"a\": 1, \"b\": 2}, \"test\": 3}");
    struct outcome o;
    import(&o, f.data, f.len, 0);
    ck_assert_double_eq(aid_sink_series(&o.sink, "run", "loss.train.b")->value.data[0], 2);
    ck_assert_double_eq(aid_sink_series(&o.sink, "run", "loss.test")->value.data[0], 3);
    done(&o);
    orr_str_free(&f);
}
END_TEST

START_TEST(the_step_is_that_of_the_record_where_no_item_tells_it)
{
    struct orr_str f = {0}, h = {0}, step = {0};
    aid_pb_varint(&step, 1, 40), aid_pb_message(&h, 2, &step), item(&h, 1, "x", "1"), put_message(&f, 2, &h);
    item(&h, 1, "x", "2"), put_message(&f, 2, &h);
    struct outcome o;
    import(&o, f.data, f.len, 0);
    const struct aid_series *x = aid_sink_series(&o.sink, "run", "x");
    ck_assert(x->step.data[0] == 40 && x->step.data[1] == 41 && isnan(x->wall.data[0]));
    done(&o);
    orr_str_free(&f);
}
END_TEST

/* 2,000 records of about 80 bytes over five blocks, one of them longer than a block. */
static struct orr_str long_file(void)
{
    struct orr_str f = {0}, m = {0};
    put_run(&f);
    for (int i = 0; i < 2000; i++) {
        if (i == 1000) {
            static char wide[50001];
            memset(wide, '1', 50000);
            item(&m, 1, "_note", wide), item(&m, 1, "wide", "5"), put_message(&f, 2, &m);
        }
        put_history(&f, i, "0.25");
    }
    return f;
}

START_TEST(records_across_blocks_are_put_together)
{
    struct orr_str f = long_file();
    ck_assert_uint_gt(f.len, 5 * (size_t)BLOCK);
    static const size_t buffers[] = {1, 7, 64, 4096, 32768, 0};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        struct outcome o;
        import(&o, f.data, f.len, buffers[i]);
        ck_assert_uint_eq(o.sink.warnings.len, 0);
        ck_assert_uint_eq(aid_sink_series(&o.sink, "run", "loss")->step.len, 2000);
        ck_assert_uint_eq(aid_sink_series(&o.sink, "run", "wide")->step.len, 1);
        done(&o);
    }
    orr_str_free(&f);
}
END_TEST

START_TEST(after_a_damaged_chunk_reading_goes_on_at_the_next_block)
{
    struct orr_str f = long_file();
    f.data[BLOCK + 5000] ^= 0x10;
    struct outcome o;
    import(&o, f.data, f.len, 0);
    ck_assert_uint_eq(o.sink.warnings.len, 1);
    ck_assert(aid_sink_warned(&o.sink, "damaged chunk"));
    const struct aid_series *loss = aid_sink_series(&o.sink, "run", "loss");
    ck_assert_uint_gt(loss->step.len, 2000 - 500);
    ck_assert_uint_lt(loss->step.len, 2000);
    ck_assert_int_eq(loss->step.data[loss->step.len - 1], 1999);
    done(&o);
    orr_str_free(&f);
}
END_TEST

START_TEST(a_file_cut_at_any_byte_gives_its_whole_records)
{
    struct orr_str f = small_file();
    uint64_t last = 0;
    for (size_t n = 0; n <= f.len; n++) {
        struct outcome o;
        import(&o, f.data, n, 16);
        ck_assert_uint_eq(o.sink.warnings.len, 0);
        ck_assert(o.in.end_offset <= n && o.in.end_offset >= last);
        ck_assert_int_eq(o.in.incomplete, n < 7 || o.in.end_offset < n);
        last = o.in.end_offset;
        done(&o);
    }
    orr_str_free(&f);
}
END_TEST

START_TEST(every_flipped_bit_is_noticed_and_nothing_wrong_gets_in)
{
    struct orr_str f = small_file();
    for (size_t bit = 8 * 7; bit < 8 * f.len; bit++) {
        f.data[bit / 8] = (char)(f.data[bit / 8] ^ (1 << bit % 8));
        struct outcome o;
        import(&o, f.data, f.len, 0);
        ck_assert_msg(o.sink.warnings.len > 0 || o.in.incomplete, "bit %zu", bit);
        ck_assert_uint_lt(orr_sink_totals(o.sink.sink).points, SMALL_POINTS);
        done(&o);
        f.data[bit / 8] = (char)(f.data[bit / 8] ^ (1 << bit % 8));
    }
    for (size_t bit = 0; bit < 8 * 7; bit++) { /* of the file header: another file */
        f.data[bit / 8] = (char)(f.data[bit / 8] ^ (1 << bit % 8));
        struct orr_ingest in = {.path = aid_file_write(NAME, f.data, f.len), .run_key = "run"};
        struct aid_sink sink;
        struct orr_error err;
        aid_sink_open(&sink, 0);
        ck_assert_int_eq(aid_sink_import(&sink, &orr_format_wandb, &in, &err), ORR_EFORMAT);
        aid_sink_close(&sink);
        f.data[bit / 8] = (char)(f.data[bit / 8] ^ (1 << bit % 8));
    }
    orr_str_free(&f);
}
END_TEST

START_TEST(resuming_at_any_record_gives_what_one_pass_gives)
{
    struct orr_str f = small_file();
    struct outcome whole;
    import(&whole, f.data, f.len, 0);
    char *text = aid_sink_text(&whole.sink);
    for (size_t n = 0; n <= f.len; n += 3) {
        struct outcome o;
        import(&o, f.data, n, 0);
        struct orr_ingest rest = {.path = aid_file_write(NAME, f.data, f.len), .run_key = "run",
                                  .resume_offset = o.in.end_offset, .resume_state = o.in.state};
        ck_assert_int_eq(aid_sink_import(&o.sink, &orr_format_wandb, &rest, &o.err), ORR_OK);
        char *both = aid_sink_text(&o.sink);
        ck_assert_str_eq(both, text);
        free(both);
        free(rest.state);
        done(&o);
    }
    free(text);
    done(&whole);
    orr_str_free(&f);
}
END_TEST

START_TEST(resuming_across_blocks_gives_what_one_pass_gives)
{
    struct orr_str f = long_file();
    struct outcome whole;
    import(&whole, f.data, f.len, 0);
    char *text = aid_sink_text(&whole.sink);
    for (size_t n = 20000; n <= f.len; n += 9973) {
        struct outcome o;
        import(&o, f.data, n, 0);
        struct orr_ingest rest = {.path = aid_file_write(NAME, f.data, f.len), .run_key = "run",
                                  .resume_offset = o.in.end_offset, .resume_state = o.in.state};
        ck_assert_int_eq(aid_sink_import(&o.sink, &orr_format_wandb, &rest, &o.err), ORR_OK);
        ck_assert_uint_eq(o.sink.warnings.len, 0);
        char *both = aid_sink_text(&o.sink);
        ck_assert_str_eq(both, text);
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
    struct orr_str f = long_file();
    struct outcome whole;
    import(&whole, f.data, f.len, 0);
    char *text = aid_sink_text(&whole.sink);
    struct outcome o = {.in = {.path = aid_file_write(NAME, f.data, f.len), .run_key = "run", .pause_bytes = 10000}};
    int pauses = -1;
    aid_sink_open(&o.sink, 0);
    do {
        char *state = o.in.state;
        o.in.resume_offset = o.in.end_offset;
        o.in.resume_state = state;
        o.in.state = NULL;
        ck_assert_int_eq(aid_sink_import(&o.sink, &orr_format_wandb, &o.in, &o.err), ORR_OK);
        free(state);
        pauses++;
    } while (o.in.paused);
    ck_assert_int_gt(pauses, 10);
    char *both = aid_sink_text(&o.sink);
    ck_assert_str_eq(both, text);
    free(both);
    done(&o);
    free(text);
    done(&whole);
    orr_str_free(&f);
}
END_TEST

START_TEST(chunks_in_a_wrong_order_are_skipped)
{
    struct orr_str f = {0};
    orr_str_append_n(&f, ":W&B\xe1\xbe\0", 7);
    put_chunk(&f, 3, "middle", 6);
    put_chunk(&f, 4, "last", 4);
    put_chunk(&f, 2, "first", 5);
    put_history(&f, 1, "1");
    struct outcome o;
    import(&o, f.data, f.len, 0);
    ck_assert_uint_eq(o.sink.warnings.len, 1);
    ck_assert_uint_eq(aid_sink_series(&o.sink, "run", "loss")->step.len, 1);
    done(&o);
    orr_str_free(&f);
}
END_TEST

START_TEST(a_run_file_is_recognised_by_its_first_bytes)
{
    struct orr_str f = small_file();
    ck_assert_ptr_eq(orr_format_detect(aid_file_write("other", f.data, f.len)), &orr_format_wandb);
    ck_assert_ptr_eq(orr_format_detect(aid_file_write(NAME, "", 0)), &orr_format_wandb);
    orr_str_free(&f);
}
END_TEST

ORR_SUITE_IN_FOLDER("wandb", run_configuration_history_statistics_and_summary_are_read_with_every_buffer_size,
                    values_of_every_kind_find_their_place, nested_objects_of_history_become_dotted_series,
                    the_step_is_that_of_the_record_where_no_item_tells_it, records_across_blocks_are_put_together,
                    after_a_damaged_chunk_reading_goes_on_at_the_next_block,
                    a_file_cut_at_any_byte_gives_its_whole_records,
                    every_flipped_bit_is_noticed_and_nothing_wrong_gets_in,
                    resuming_at_any_record_gives_what_one_pass_gives, resuming_across_blocks_gives_what_one_pass_gives,
                    pausing_for_commits_gives_what_one_pass_gives, chunks_in_a_wrong_order_are_skipped,
                    a_run_file_is_recognised_by_its_first_bytes)
