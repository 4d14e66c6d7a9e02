#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <zip.h>
#include <zlib.h>

#include "aid_folder.h"
#include "aid_sink.h"
#include "base/safetensors.h"
#include "base/str.h"
#include "ingest/npz.h"

struct outcome {
    struct aid_sink sink;
    struct orr_ingest in;
    struct orr_error err;
    enum orr_status status;
};

static void import(struct outcome *o, const char *path, const char *key, size_t part)
{
    *o = (struct outcome){.in = {.path = path, .run_key = key, .buffer_size = part}};
    aid_sink_open(&o->sink, 0);
    o->status = aid_sink_import(&o->sink, &orr_format_checkpoint, &o->in, &o->err);
}

static void done(struct outcome *o)
{
    aid_sink_close(&o->sink);
    free(o->in.state);
}

static struct orr_str array(const char *descr, const char *shape, const void *data, size_t n)
{
    struct orr_str f = {0}, header = {0};
    orr_str_printf(&header, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n", descr, shape);
    orr_str_append_n(&f, "\x93NUMPY\x01\0", 8);
    orr_str_append_char(&f, (char)header.len);
    orr_str_append_char(&f, (char)(header.len >> 8));
    orr_str_append_n(&f, header.data, header.len);
    orr_str_append_n(&f, data, n);
    orr_str_free(&header);
    return f;
}

START_TEST(a_safetensors_file_becomes_a_snapshot_in_parts_of_any_size)
{
    float w[12];
    for (int i = 0; i < 12; i++) w[i] = (float)i;
    const int64_t shape[] = {3, 4}, none[] = {0};
    const struct orr_safetensor_out out[] = {{"w", shape, 2, w}, {"b", NULL, 0, w + 7}, {"empty", none, 1, w}};
    const char *path = aid_file_write("run1/checkpoint-500/model.safetensors", "", 0);
    ck_assert_int_eq(orr_safetensors_write(path, out, 3, NULL, NULL), ORR_OK);
    ck_assert_ptr_eq(orr_format_detect(path), &orr_format_checkpoint);
    for (size_t part = 1; part <= 13; part++) {
        struct outcome o;
        import(&o, path, "run1", part);
        ck_assert_int_eq(o.status, ORR_OK);
        ck_assert_str_eq(o.sink.runs.data[0].meta.key, "run1");
        ck_assert_uint_eq(o.sink.snapshots.len, 3);
        const struct aid_snapshot *s = &o.sink.snapshots.data[0];
        ck_assert_str_eq(s->tensor, "w");
        ck_assert(s->step == 500 && s->rank == 2 && s->shape[0] == 3 && s->shape[1] == 4 && s->total == 12);
        ck_assert_uint_eq(s->parts, (12 + part - 1) / part);
        ck_assert_mem_eq(s->values.data, w, sizeof w);
        ck_assert(o.sink.snapshots.data[1].values.data[0] == 7);
        ck_assert_uint_eq(orr_sink_totals(o.sink.sink).snapshots, 3);
        done(&o);
    }
}
END_TEST

START_TEST(the_step_is_found_in_the_name_of_the_file_or_its_folder)
{
    static const struct { const char *name, *run, *tensor; long long step; } cases[] = {
        {"a/step_100.npy", "a", "array", 100},
        {"a/weights_step_100.npy", "a", "weights", 100},
        {"a/b/step-7/layer1.npy", "a/b", "layer1", 7},
        {"a/epoch=3-step=1000.npy", "a", "epoch=3", 1000},
        {"a/epoch=3.npy", "a", "array", 3},
        {"a/checkpoint-500/w.npy", "a", "w", 500},
        {"a/global_step12_w.npy", "a", "w", 12},
        {"a/ckpt42.npy", "a", "array", 42},
        {"step_9.npy", "step_9.npy", "array", 9},
    };
    const float x = 1;
    struct orr_str f = array("<f4", "()", &x, sizeof x);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = aid_file_write(cases[i].name, f.data, f.len);
        ck_assert_msg(orr_format_detect(path) == &orr_format_checkpoint, "%s", cases[i].name);
        struct outcome o;
        const size_t n = orr_format_checkpoint.run_part(cases[i].name);
        ck_assert_msg(n == strlen(cases[i].run) && strncmp(cases[i].name, cases[i].run, n) == 0, "%s: %.*s",
                      cases[i].name, (int)n, cases[i].name);
        import(&o, path, "a", 0);
        ck_assert_int_eq(o.status, ORR_OK);
        ck_assert_int_eq(o.sink.snapshots.data[0].step, cases[i].step);
        ck_assert_str_eq(o.sink.snapshots.data[0].tensor, cases[i].tensor);
        done(&o);
    }
    orr_str_free(&f);
}
END_TEST

START_TEST(arrays_without_a_step_in_their_name_are_no_checkpoints)
{
    static const char *const names[] = {"scores.npy", "a/stepwise.npy", "a/substep_5.npy", "a/model.safetensors",
                                        "a/2024.npy", "a/step_x.npy", "a/step_99999999999999999999.npy"};
    struct orr_str f = array("<f4", "()", "abcd", 4);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(orr_format_detect(aid_file_write(names[i], f.data, f.len)) != &orr_format_checkpoint, "%s",
                      names[i]);
    struct outcome o;
    import(&o, aid_file_write("scores.npy", f.data, f.len), "x", 0); /* but when told so */
    ck_assert_int_eq(o.status, ORR_OK);
    ck_assert_int_eq(o.sink.snapshots.data[0].step, 0);
    ck_assert_str_eq(o.sink.snapshots.data[0].tensor, "scores");
    ck_assert(aid_sink_warned(&o.sink, "step 0"));
    done(&o);
    orr_str_free(&f);
}
END_TEST

/* An archive of two numeric members, one deflated, one of objects and one that is no array. */
static const char *archive(void)
{
    static float w[1000];
    const char *path = aid_file_write("r/step_5.npz", "", 0);
    struct orr_str big = array("<f4", "(10, 100)", w, sizeof w),
                   small = array("<i8", "(2,)", "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16),
                   objects = array("|O", "(1,)", "x", 1);
    for (int i = 0; i < 1000; i++) w[i] = (float)(i % 10);
    memcpy(big.data + big.len - sizeof w, w, sizeof w);
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    const struct { const char *name; struct orr_str *data; int method; } members[] = {
        {"w.npy", &big, ZIP_CM_DEFLATE}, {"opt/state.npy", &small, ZIP_CM_STORE}, {"o.npy", &objects, ZIP_CM_STORE},
        {"readme.txt", &objects, ZIP_CM_STORE}};
    for (size_t i = 0; i < 4; i++) {
        zip_source_t *s = zip_source_buffer(z, members[i].data->data, members[i].data->len, 0);
        const zip_int64_t at = zip_file_add(z, members[i].name, s, 0);
        zip_set_file_compression(z, (zip_uint64_t)at, members[i].method, 0);
    }
    ck_assert_int_eq(zip_close(z), 0);
    orr_str_free(&big);
    orr_str_free(&small);
    orr_str_free(&objects);
    return path;
}

START_TEST(an_npz_archive_becomes_a_snapshot_and_what_is_no_number_is_skipped)
{
    const char *path = archive();
    ck_assert_ptr_eq(orr_format_detect(path), &orr_format_checkpoint);
    for (size_t part = 1; part < 2000; part = 3 * part + 1) {
        struct outcome o;
        import(&o, path, "r/step_5.npz", part);
        ck_assert_int_eq(o.status, ORR_OK);
        ck_assert_uint_eq(o.sink.snapshots.len, 2);
        ck_assert_str_eq(o.sink.snapshots.data[0].tensor, "w");
        ck_assert_str_eq(o.sink.snapshots.data[1].tensor, "opt/state");
        ck_assert(o.sink.snapshots.data[0].shape[1] == 100 && o.sink.snapshots.data[0].values.data[999] == 9);
        ck_assert(o.sink.snapshots.data[1].values.data[1] == 2);
        ck_assert_uint_eq(o.sink.warnings.len, 1);
        ck_assert(aid_sink_warned(&o.sink, "(o.npy): skipped"));
        done(&o);
    }
}
END_TEST

START_TEST(an_archive_cut_or_with_flipped_bits_is_refused_or_read_without_harm)
{
    const char *path = archive();
    static char bytes[8192];
    FILE *f = fopen(path, "rb");
    const size_t whole = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    ck_assert_uint_lt(whole, sizeof bytes);
    for (size_t n = 0; n < whole; n += 3) {
        struct orr_npz *z;
        struct orr_error err;
        if (orr_npz_open_memory("x.npz", bytes, n, &z, &err) == ORR_OK) ck_assert_uint_eq(orr_npz_count(z), 0);
        else ck_assert_str_eq(err.where, "x.npz");
        orr_npz_close(z);
    }
    for (size_t bit = 0; bit < 8 * whole; bit++) {
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
        struct orr_npz *z;
        float out[256];
        if (orr_npz_open_memory("x.npz", bytes, whole, &z, NULL) == ORR_OK)
            for (size_t i = 0; i < orr_npz_count(z); i++) {
                struct orr_npy_source source;
                struct orr_npy a = {0};
                if (!orr_npz_name(z, i) || orr_npz_member(z, i, &source, NULL)) continue;
                enum orr_status s = orr_npy_open(&a, &source, NULL);
                for (size_t at = 0, k; !s && at < a.count; at += k) {
                    k = a.count - at < 256 ? a.count - at : 256;
                    s = orr_npy_read(&a, out, k, NULL);
                }
                orr_npy_close(&a);
            }
        orr_npz_close(z);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
    }
}
END_TEST

static void put16(struct orr_str *s, unsigned v) { orr_str_append_n(s, (char[]){(char)v, (char)(v >> 8)}, 2); }
static void put32(struct orr_str *s, unsigned v) { put16(s, v), put16(s, v >> 16); }

/* A zip entry: in the central directory where at >= 0, else before the data. Stored as it is. */
static void put_entry(struct orr_str *s, const char *name, unsigned crc, unsigned packed, unsigned size, long at)
{
    put32(s, at >= 0 ? 0x02014b50 : 0x04034b50);
    if (at >= 0) put16(s, 20);
    for (int i = 0; i < 5; i++) put16(s, i == 0 ? 20 : 0);
    put32(s, crc), put32(s, packed), put32(s, size);
    put16(s, (unsigned)strlen(name)), put16(s, 0);
    if (at >= 0) put16(s, 0), put16(s, 0), put16(s, 0), put32(s, 0), put32(s, (unsigned)at);
    orr_str_append(s, name);
}

/* `members` names for one array; claim: what its size is said to be. */
static const char *shared_archive(const char *file, const struct orr_str *data, int members, unsigned claim)
{
    struct orr_str zip = {0}, directory = {0};
    const unsigned crc = (unsigned)crc32(0, (const unsigned char *)data->data, (unsigned)data->len);
    put_entry(&zip, "a00.npy", crc, (unsigned)data->len, claim, -1);
    orr_str_append_n(&zip, data->data, data->len);
    for (int i = 0; i < members; i++) {
        char name[16];
        snprintf(name, sizeof name, "a%02d.npy", i % 100);
        put_entry(&directory, name, crc, (unsigned)data->len, claim, 0);
    }
    const unsigned at = (unsigned)zip.len;
    orr_str_append_n(&zip, directory.data, directory.len);
    put32(&zip, 0x06054b50), put32(&zip, 0), put16(&zip, (unsigned)members), put16(&zip, (unsigned)members);
    put32(&zip, (unsigned)directory.len), put32(&zip, at), put16(&zip, 0);
    const char *path = aid_file_write(file, zip.data, zip.len);
    orr_str_free(&zip);
    orr_str_free(&directory);
    return path;
}

START_TEST(archives_that_would_unpack_to_more_than_they_hold_are_refused)
{
    static float w[4000];
    struct orr_str honest = array("<f4", "(4000,)", w, sizeof w), huge = array("<f4", "(250000000, 4000)", w, 16);
    struct outcome o;
    import(&o, shared_archive("r/step_1.npz", &honest, 1, (unsigned)honest.len), "r", 0);
    ck_assert_int_eq(o.status, ORR_OK);
    done(&o);
    import(&o, shared_archive("r/step_2.npz", &honest, 50, (unsigned)honest.len), "r", 0);
    ck_assert_int_eq(o.status, ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(o.err.message, "larger than itself"));
    done(&o);
    import(&o, shared_archive("r/step_3.npz", &huge, 1, 0xFFFFFFFF), "r", 0); /* four terabytes in a hundred bytes */
    ck_assert_int_eq(o.status, ORR_EFORMAT);
    done(&o);
    orr_str_free(&honest);
    orr_str_free(&huge);
}
END_TEST

static bool stop(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return --*(int *)ctx > 0;
}

START_TEST(the_ticker_cancels_within_a_tensor)
{
    struct outcome o = {.in = {.path = archive(), .run_key = "r/step_5.npz", .buffer_size = 10}};
    int calls = 5;
    o.in.ticker = (struct orr_ticker){stop, &calls};
    aid_sink_open(&o.sink, 0);
    ck_assert_int_eq(aid_sink_import(&o.sink, &orr_format_checkpoint, &o.in, &o.err), ORR_ECANCELLED);
    ck_assert_uint_eq(o.sink.snapshots.data[0].parts, 4);
    done(&o);
}
END_TEST

ORR_SUITE_IN_FOLDER("checkpoint", a_safetensors_file_becomes_a_snapshot_in_parts_of_any_size,
                    the_step_is_found_in_the_name_of_the_file_or_its_folder,
                    arrays_without_a_step_in_their_name_are_no_checkpoints,
                    an_npz_archive_becomes_a_snapshot_and_what_is_no_number_is_skipped,
                    an_archive_cut_or_with_flipped_bits_is_refused_or_read_without_harm,
                    archives_that_would_unpack_to_more_than_they_hold_are_refused,
                    the_ticker_cancels_within_a_tensor)
