#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aid_folder.h"
#include "base/reader.h"
#include "base/safetensors.h"
#include "base/str.h"

static struct orr_str make(const char *json, const void *data, size_t n)
{
    struct orr_str f = {0};
    const uint64_t len = strlen(json);
    for (int i = 0; i < 8; i++) orr_str_append_char(&f, (char)(len >> (8 * i)));
    orr_str_append(&f, json);
    orr_str_append_n(&f, data, n);
    return f;
}

static enum orr_status open_bytes(const struct orr_str *bytes, size_t buffer, struct orr_safetensors *f,
                                  struct orr_error *err)
{
    struct orr_reader *r;
    *f = (struct orr_safetensors){0};
    ck_assert_int_eq(orr_reader_open_memory("m.safetensors", bytes->data, bytes->len, buffer, &r, NULL), ORR_OK);
    return orr_safetensors_open_reader(r, f, err);
}

START_TEST(what_is_written_is_read_back_in_any_part_with_every_buffer_size)
{
    float a[6], b[1] = {-2}, got[6];
    for (int i = 0; i < 6; i++) a[i] = (float)i / 3;
    const int64_t shape[2] = {2, 3};
    const struct orr_safetensor_out out[] = {{"layer.weight", shape, 2, a}, {"scale \"q\"", NULL, 0, b}};
    const char *const metadata[] = {"format", "pt", "note", "x\ny", NULL};
    struct orr_error err;
    const char *path = aid_file_write("m.safetensors", "old", 3);
    ck_assert_int_eq(orr_safetensors_write(path, out, 2, metadata, &err), ORR_OK);
    for (size_t buffer = 1; buffer <= 64; buffer++) {
        struct orr_safetensors f = {0};
        ck_assert_int_eq(orr_safetensors_open(path, buffer, &f, &err), ORR_OK);
        ck_assert_uint_eq(f.n, 2);
        ck_assert_uint_eq(f.n_metadata, 2);
        ck_assert_str_eq(f.metadata[1].value, "x\ny");
        const struct orr_safetensor *t = orr_safetensors_find(&f, "layer.weight");
        ck_assert(t && t->rank == 2 && t->shape[0] == 2 && t->shape[1] == 3 && t->begin % 8 == 0);
        for (size_t first = 0; first <= 6; first++)
            for (size_t n = 0; first + n <= 6; n++) {
                ck_assert_int_eq(orr_safetensors_read(&f, t, first, n, got, &err), ORR_OK);
                ck_assert_mem_eq(got, a + first, n * sizeof *a);
            }
        ck_assert_int_eq(orr_safetensors_read(&f, t, 5, 2, got, &err), ORR_EINVAL);
        ck_assert_int_eq(orr_safetensors_read(&f, orr_safetensors_find(&f, "scale \"q\""), 0, 1, got, &err), ORR_OK);
        ck_assert(got[0] == -2);
        ck_assert_ptr_null(orr_safetensors_find(&f, "nothing"));
        orr_safetensors_close(&f);
    }
}
END_TEST

START_TEST(every_dtype_becomes_float)
{
    static const struct {
        const char *dtype;
        const char *bytes;
        int n;
        float value;
    } cases[] = {
        {"BOOL", "\x01", 1, 1},
        {"U8", "\xff", 1, 255},
        {"I8", "\xff", 1, -1},
        {"I16", "\xfe\xff", 2, -2},
        {"I32", "\x07\0\0\0", 4, 7},
        {"I64", "\xff\xff\xff\xff\xff\xff\xff\xff", 8, -1},
        {"F16", "\x00\x3c", 2, 1},
        {"BF16", "\xc0\x3f", 2, 1.5f},
        {"F32", "\0\0\xc0\x3f", 4, 1.5f},
        {"F64", "\0\0\0\0\0\0\xf8\xbf", 8, -1.5f},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[128];
        snprintf(json, sizeof json, "{\"x\":{\"dtype\":\"%s\",\"shape\":[],\"data_offsets\":[0,%d]}}   ",
                 cases[i].dtype, cases[i].n);
        struct orr_str bytes = make(json, cases[i].bytes, (size_t)cases[i].n);
        struct orr_safetensors f;
        struct orr_error err;
        float x;
        ck_assert_int_eq(open_bytes(&bytes, 0, &f, &err), ORR_OK);
        ck_assert_int_eq(orr_safetensors_read(&f, &f.tensors[0], 0, 1, &x, &err), ORR_OK);
        ck_assert_msg(x == cases[i].value, "%s: %g", cases[i].dtype, (double)x);
        orr_safetensors_close(&f);
        orr_str_free(&bytes);
    }
}
END_TEST

#define F32(shape, begin, end) "{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" begin "," end "]}"

START_TEST(unsound_headers_are_refused_with_the_tensor_named)
{
    static const struct {
        const char *json;
        enum orr_status status;
        const char *says;
    } cases[] = {
        {"{\"x\":" F32("[2]", "0", "4") "}", ORR_EFORMAT, "contradict"},
        {"{\"x\":" F32("[1]", "4", "8") "}", ORR_EFORMAT, "hole"},
        {"{\"x\":" F32("[1]", "0", "4") "}", ORR_EFORMAT, "no tensor"},
        {"{\"x\":" F32("[1]", "0", "4") ",\"y\":" F32("[2]", "0", "8") "}", ORR_EFORMAT, "overlap"},
        {"{\"x\":" F32("[3]", "0", "12") "}", ORR_EFORMAT, "outside"},
        {"{\"x\":" F32("[1]", "8", "4") "}", ORR_EFORMAT, "outside"},
        {"{\"x\":" F32("[1]", "-4", "0") "}", ORR_EFORMAT, "outside"},
        {"{\"x\":" F32("[-2]", "0", "8") "}", ORR_EFORMAT, "absurd"},
        {"{\"x\":" F32("[2.0]", "0", "8") "}", ORR_EFORMAT, "absurd"},
        {"{\"x\":" F32("[4294967296,4294967296]", "0", "0") "}", ORR_EFORMAT, "absurd"},
        {"{\"x\":" F32("[4611686018427387904]", "0", "0") "}", ORR_EFORMAT, "contradict"},
        {"{\"x\":" F32("[2]", "0", "18446744073709551615") "}", ORR_EFORMAT, "outside"},
        {"{\"x\":" F32("[1,1,1,1,1,1,1,1,2]", "0", "8") "}", ORR_EUNSUPPORTED, "axes"},
        {"{\"x\":{\"dtype\":\"F8_E4M3\",\"shape\":[8],\"data_offsets\":[0,8]}}", ORR_EUNSUPPORTED, "F8_E4M3"},
        {"{\"x\":{\"dtype\":\"F32\",\"shape\":[2]}}", ORR_EFORMAT, "lacks"},
        {"{\"x\":3}", ORR_EFORMAT, "lacks"},
        {"{\"__metadata__\":{\"a\":1},\"x\":" F32("[2]", "0", "8") "}", ORR_EFORMAT, "__metadata__"},
        {"{\"__metadata__\":[],\"x\":" F32("[2]", "0", "8") "}", ORR_EFORMAT, "__metadata__"},
        {"{\"x\":", ORR_EFORMAT, "JSON"},
        {" {}", ORR_EFORMAT, "JSON"},
        {"[]", ORR_EFORMAT, "JSON"},
        {"", ORR_EFORMAT, "JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orr_str bytes = make(cases[i].json, "12345678", 8);
        struct orr_safetensors f;
        struct orr_error err;
        const enum orr_status s = open_bytes(&bytes, 0, &f, &err);
        ck_assert_msg(s == cases[i].status, "%s: %d %s", cases[i].json, s, err.message);
        ck_assert_msg(strstr(err.message, cases[i].says), "%s: %s", cases[i].json, err.message);
        orr_safetensors_close(&f);
        orr_str_free(&bytes);
    }
}
END_TEST

/* Found by fuzzing: json-c stops at a NUL and gives back the value that it stood in. */
START_TEST(a_header_with_a_nul_byte_is_refused)
{
    struct orr_str bytes = make("{\"x\": []@ }", "", 0);
    *strchr(bytes.data + 8, '@') = '\0';
    struct orr_safetensors f;
    struct orr_error err;
    ck_assert_int_eq(open_bytes(&bytes, 0, &f, &err), ORR_EFORMAT);
    orr_safetensors_close(&f);
    orr_str_free(&bytes);
}
END_TEST

START_TEST(tensors_may_stand_in_any_order_and_be_empty)
{
    struct orr_str bytes =
        make("{\"b\":" F32("[1]", "4", "8") ",\"e\":" F32("[0,7]", "4", "4") ",\"a\":" F32("[1]", "0", "4") "}",
             "\0\0\x80\x3f\0\0\0\x40", 8);
    struct orr_safetensors f;
    struct orr_error err;
    float x = 0;
    ck_assert_int_eq(open_bytes(&bytes, 0, &f, &err), ORR_OK);
    ck_assert_str_eq(f.tensors[0].name, "a");
    ck_assert_str_eq(f.tensors[1].name, "e");
    ck_assert_int_eq(orr_safetensors_read(&f, &f.tensors[2], 0, 1, &x, &err), ORR_OK);
    ck_assert(x == 2);
    ck_assert_int_eq(orr_safetensors_read(&f, &f.tensors[1], 0, 0, &x, &err), ORR_OK);
    orr_safetensors_close(&f);
    orr_str_free(&bytes);
}
END_TEST

START_TEST(header_lengths_past_the_file_or_the_limit_are_refused)
{
    static const uint64_t lengths[] = {1ULL << 63, UINT64_MAX, UINT32_MAX, 100000001, 43, UINT64_MAX - 8};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct orr_str bytes = make("{}", "", 0);
        for (int k = 0; k < 8; k++) bytes.data[k] = (char)(lengths[i] >> (8 * k));
        struct orr_safetensors f;
        struct orr_error err;
        ck_assert_int_eq(open_bytes(&bytes, 0, &f, &err), ORR_EFORMAT);
        orr_safetensors_close(&f);
        orr_str_free(&bytes);
    }
}
END_TEST

START_TEST(a_file_cut_at_any_byte_is_refused_and_flipped_bits_do_no_harm)
{
    struct orr_str bytes = make("{\"x\":" F32("[2]", "0", "8") "}", "12345678", 8);
    struct orr_safetensors f;
    struct orr_error err;
    const size_t whole = bytes.len;
    for (bytes.len = 0; bytes.len < whole; bytes.len++) {
        ck_assert_int_eq(open_bytes(&bytes, 0, &f, &err), ORR_EFORMAT);
        orr_safetensors_close(&f);
    }
    for (size_t bit = 0; bit < 8 * whole; bit++) {
        bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ (1 << bit % 8));
        float x[8];
        if (open_bytes(&bytes, 0, &f, &err) == ORR_OK && f.n) {
            ck_assert_uint_le(f.tensors[0].count, 8);
            ck_assert_int_eq(orr_safetensors_read(&f, &f.tensors[0], 0, f.tensors[0].count, x, &err), ORR_OK);
        }
        orr_safetensors_close(&f);
        bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ (1 << bit % 8));
    }
    orr_str_free(&bytes);
}
END_TEST

START_TEST(a_file_that_cannot_be_written_leaves_nothing_behind)
{
    struct orr_error err;
    const float x = 1;
    const struct orr_safetensor_out out = {"x", NULL, 0, &x};
    ck_assert_int_eq(orr_safetensors_write("/nonexistent/m.safetensors", &out, 1, NULL, &err), ORR_EIO);
    ck_assert_str_eq(err.where, "/nonexistent/m.safetensors");
}
END_TEST

START_TEST(a_file_written_in_parts_appears_when_it_is_whole)
{
    struct orr_error err;
    const char *path = aid_file_write("parts.safetensors", "old", 3);
    const int64_t shape[2] = {2, 3};
    const float x[6] = {1, 2, 3, 4, 5, 6}, y = 7;
    const struct orr_safetensor_out out[2] = {{"x", shape, 2, NULL}, {"y", NULL, 0, NULL}};
    struct orr_safetensors_writer *w;
    for (int commit = 0; commit < 2; commit++) { /* too few values, then given up */
        ck_assert_int_eq(orr_safetensors_begin(path, out, 2, NULL, &w, &err), ORR_OK);
        ck_assert_int_eq(orr_safetensors_put(w, x, 5, &err), ORR_OK);
        ck_assert_int_eq(orr_safetensors_put(w, x, 3, &err), ORR_EINVAL);
        ck_assert_int_eq(orr_safetensors_end(w, commit, &err), commit ? ORR_EINVAL : ORR_OK);
        char now[8] = "", temporary[600];
        FILE *f = fopen(path, "r");
        ck_assert_ptr_nonnull(fgets(now, sizeof now, f));
        fclose(f);
        ck_assert_str_eq(now, "old");
        snprintf(temporary, sizeof temporary, "%s.tmp", path);
        ck_assert_int_ne(access(temporary, F_OK), 0);
    }
    ck_assert_int_eq(orr_safetensors_begin(path, out, 2, NULL, &w, &err), ORR_OK);
    ck_assert_int_eq(orr_safetensors_put(w, x, 4, &err), ORR_OK);
    ck_assert_int_eq(orr_safetensors_put(w, x + 4, 2, &err), ORR_OK);
    ck_assert_int_eq(orr_safetensors_put(w, &y, 1, &err), ORR_OK);
    ck_assert_int_eq(orr_safetensors_end(w, true, &err), ORR_OK);
    struct orr_safetensors f = {0};
    float again[6], z;
    ck_assert_int_eq(orr_safetensors_open(path, 0, &f, &err), ORR_OK);
    ck_assert_int_eq(orr_safetensors_read(&f, orr_safetensors_find(&f, "x"), 0, 6, again, &err), ORR_OK);
    ck_assert_int_eq(orr_safetensors_read(&f, orr_safetensors_find(&f, "y"), 0, 1, &z, &err), ORR_OK);
    ck_assert_mem_eq(again, x, sizeof x);
    ck_assert(z == 7);
    orr_safetensors_close(&f);
}
END_TEST

ORR_SUITE_IN_FOLDER("safetensors", a_file_written_in_parts_appears_when_it_is_whole,
                    what_is_written_is_read_back_in_any_part_with_every_buffer_size, every_dtype_becomes_float,
                    unsound_headers_are_refused_with_the_tensor_named, a_header_with_a_nul_byte_is_refused,
                    tensors_may_stand_in_any_order_and_be_empty, header_lengths_past_the_file_or_the_limit_are_refused,
                    a_file_cut_at_any_byte_is_refused_and_flipped_bits_do_no_harm,
                    a_file_that_cannot_be_written_leaves_nothing_behind)
