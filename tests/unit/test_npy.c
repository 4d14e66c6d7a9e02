#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_folder.h"
#include "base/npy.h"
#include "base/reader.h"
#include "base/str.h"

/* An array file of the given version, header text and data. */
static struct orr_str make(int version, const char *header, const void *data, size_t n)
{
    struct orr_str f = {0};
    const size_t len = strlen(header) + 1;
    orr_str_append_n(&f, "\x93NUMPY", 6);
    orr_str_append_char(&f, (char)version);
    orr_str_append_char(&f, 0);
    for (int i = 0; i < (version == 1 ? 2 : 4); i++) orr_str_append_char(&f, (char)(len >> (8 * i)));
    orr_str_append(&f, header);
    orr_str_append_char(&f, '\n');
    orr_str_append_n(&f, data, n);
    return f;
}

/* Reads all of f in steps; frees f. */
static enum orr_status load(struct orr_str f, size_t buffer, size_t step, struct orr_npy *a, float *out,
                            struct orr_error *err)
{
    struct orr_reader *r;
    ck_assert_int_eq(orr_reader_open_memory("x.npy", f.data, f.len, buffer, &r, NULL), ORR_OK);
    const struct orr_npy_source source = orr_npy_reader_source(r);
    enum orr_status s = orr_npy_open(a, &source, err);
    for (size_t at = 0; !s && at < a->count; at += step)
        s = orr_npy_read(a, out + at, a->count - at < step ? a->count - at : step, err);
    orr_npy_close(a);
    orr_reader_close(r);
    orr_str_free(&f);
    return s;
}

START_TEST(every_numeric_type_of_either_byte_order_becomes_float)
{
    static const struct { const char *descr; const char *bytes; size_t n; float value; } cases[] = {
        {"|b1", "\x01", 1, 1}, {"|u1", "\xff", 1, 255}, {"|i1", "\xff", 1, -1}, {"<u2", "\x01\x02", 2, 513},
        {">u2", "\x01\x02", 2, 258}, {"<i2", "\xfe\xff", 2, -2}, {">i2", "\xff\xfe", 2, -2},
        {"<u4", "\0\0\0\x80", 4, 2147483648.0f}, {"<i4", "\0\0\0\x80", 4, -2147483648.0f}, {">i4", "\0\0\0\x07", 4, 7},
        {"<u8", "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 18446744073709551615.0f},
        {"<i8", "\xff\xff\xff\xff\xff\xff\xff\xff", 8, -1}, {">i8", "\0\0\0\0\0\0\x01\0", 8, 256},
        {"<f2", "\x00\x3c", 2, 1}, {">f2", "\xc0\x00", 2, -2}, {"<f2", "\x01\x00", 2, 0x1p-24f},
        {"<f2", "\xff\x03", 2, 0x3ffp-24f}, {"<f2", "\xff\x7b", 2, 65504}, {"<f2", "\x00\xfc", 2, -INFINITY},
        {"<f4", "\0\0\xc0\x3f", 4, 1.5f}, {">f4", "\x3f\xc0\0\0", 4, 1.5f}, {"<f8", "\0\0\0\0\0\0\xf8\xbf", 8, -1.5f},
        {">f8", "\xbf\xf8\0\0\0\0\0\0", 8, -1.5f}, {"<f8", "\0\0\0\0\0\0\xf0\x7f", 8, INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[128];
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (1,), }", cases[i].descr);
        struct orr_npy a;
        struct orr_error err;
        float x = 0;
        ck_assert_int_eq(load(make(1, header, cases[i].bytes, cases[i].n), 0, 1, &a, &x, &err), ORR_OK);
        ck_assert_msg(x == cases[i].value, "%s: %g", cases[i].descr, (double)x);
    }
}
END_TEST

START_TEST(all_versions_and_buffer_sizes_give_the_same_array)
{
    float data[24], out[24];
    for (int i = 0; i < 24; i++) data[i] = (float)i;
    for (int version = 1; version <= 3; version++)
        for (size_t buffer = 1; buffer <= 64; buffer += version == 1 ? 1 : 13)
            for (size_t step = 1; step <= 24; step += 7) {
                struct orr_npy a;
                struct orr_error err;
                const char *header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }        ";
                ck_assert_int_eq(load(make(version, header, data, sizeof data), buffer, step, &a, out, &err), ORR_OK);
                ck_assert(a.rank == 3 && a.shape[0] == 2 && a.shape[1] == 3 && a.shape[2] == 4 && a.count == 24);
                ck_assert_mem_eq(out, data, sizeof data);
            }
}
END_TEST

START_TEST(fortran_order_is_turned_into_c_order)
{
    /* element (i, j, k) of shape (2, 3, 4) is 100 i + 10 j + k */
    float data[24], out[24];
    for (int n = 0, k = 0; k < 4; k++)
        for (int j = 0; j < 3; j++)
            for (int i = 0; i < 2; i++) data[n++] = (float)(100 * i + 10 * j + k);
    struct orr_npy a;
    struct orr_error err;
    const char *header = "{'shape': (2, 3, 4), 'fortran_order': True, 'descr': '<f4'}";
    ck_assert_int_eq(load(make(1, header, data, sizeof data), 0, 5, &a, out, &err), ORR_OK);
    for (int n = 0, i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 4; k++) ck_assert(out[n++] == (float)(100 * i + 10 * j + k));
}
END_TEST

START_TEST(scalars_and_empty_arrays_are_arrays)
{
    struct orr_npy a;
    struct orr_error err;
    float x = 0;
    const char *scalar = "{'descr': '<f4', 'fortran_order': False, 'shape': (), }";
    ck_assert_int_eq(load(make(1, scalar, "\0\0\x80\x3f", 4), 0, 1, &a, &x, &err), ORR_OK);
    ck_assert(a.rank == 0 && a.count == 1 && x == 1);
    const char *empty = "{'descr': '<f4', 'fortran_order': True, 'shape': (0, 5), }";
    ck_assert_int_eq(load(make(1, empty, "", 0), 0, 1, &a, &x, &err), ORR_OK);
    ck_assert(a.rank == 2 && a.count == 0);
    const char *python2 = "{'descr': '<f4', 'fortran_order': False, 'shape': (1L, 1L), }";
    ck_assert_int_eq(load(make(1, python2, "\0\0\x80\x3f", 4), 0, 1, &a, &x, &err), ORR_OK);
    ck_assert(a.rank == 2 && a.count == 1);
}
END_TEST

START_TEST(what_cannot_be_read_is_refused_with_the_reason)
{
    static const struct { const char *header; enum orr_status status; const char *says; } cases[] = {
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", ORR_EUNSUPPORTED, "objects"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", ORR_EUNSUPPORTED, "structured"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", ORR_EUNSUPPORTED, "<c8"},
        {"{'descr': '<U4', 'fortran_order': False, 'shape': (1,), }", ORR_EUNSUPPORTED, "<U4"},
        {"{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,), }", ORR_EUNSUPPORTED, "<M8"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", ORR_EUNSUPPORTED, "axes"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", ORR_EFORMAT, "promises"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 3), }", ORR_EFORMAT, "absurd"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904,), }", ORR_EFORMAT, "promises"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (1073741824, 1073741824), }", ORR_EFORMAT, "promises"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", ORR_EFORMAT, "shape"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1 }", ORR_EFORMAT, "shape"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }", ORR_EFORMAT, "fortran_order"},
        {"{'descr': '<f4', 'shape': (1,), }", ORR_EFORMAT, "lacks"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}", ORR_EFORMAT, "unknown key"},
        {"{'descr': '<f4', 'fortran_order': False", ORR_EFORMAT, "damaged"},
        {"{'descr", ORR_EFORMAT, "damaged"},
        {"[]", ORR_EFORMAT, "dictionary"},
        {"", ORR_EFORMAT, "dictionary"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orr_npy a;
        struct orr_error err;
        float x[4];
        const enum orr_status s = load(make(1, cases[i].header, "abcd", 4), 0, 4, &a, x, &err);
        ck_assert_msg(s == cases[i].status, "%s: %d", cases[i].header, s);
        ck_assert_msg(strstr(err.message, cases[i].says), "%s: %s", cases[i].header, err.message);
    }
}
END_TEST

START_TEST(versions_after_the_third_and_other_files_are_refused)
{
    struct orr_npy a;
    struct orr_error err;
    float x;
    const char *header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
    ck_assert_int_eq(load(make(4, header, "abcd", 4), 0, 1, &a, &x, &err), ORR_EVERSION);
    struct orr_str f = make(1, header, "abcd", 4);
    f.data[0] = 'x';
    ck_assert_int_eq(load(f, 0, 1, &a, &x, &err), ORR_EFORMAT);
}
END_TEST

START_TEST(an_array_cut_at_any_byte_or_with_any_bit_flipped_does_no_harm)
{
    const float data[6] = {1, 2, 3, 4, 5, 6};
    const char *header = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }";
    const size_t whole = 10 + strlen(header) + 1 + sizeof data;
    struct orr_npy a;
    struct orr_error err;
    for (size_t n = 0; n < whole; n++) {
        struct orr_str f = make(1, header, data, sizeof data);
        f.len = n;
        float out[6];
        ck_assert_int_ne(load(f, 3, 6, &a, out, &err), ORR_OK);
    }
    for (size_t bit = 0; bit < 8 * whole; bit++) {
        struct orr_str f = make(1, header, data, sizeof data);
        f.data[bit / 8] = (char)(f.data[bit / 8] ^ (1 << bit % 8));
        float out[24]; /* one-byte elements: no more than there are bytes of data */
        if (load(f, 0, 6, &a, out, &err) == ORR_OK) ck_assert_uint_le(a.count, 24);
    }
}
END_TEST

START_TEST(a_whole_file_is_loaded_at_once)
{
    const float data[2] = {0.5f, -0.25f};
    struct orr_str f = make(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", data, sizeof data);
    struct orr_npy a;
    struct orr_error err;
    float *values;
    ck_assert_int_eq(orr_npy_load(aid_file_write("a.npy", f.data, f.len), &a, &values, &err), ORR_OK);
    ck_assert(a.count == 2 && values[0] == 0.5f && values[1] == -0.25f);
    free(values);
    ck_assert_int_eq(orr_npy_load(aid_file_write("b.npy", f.data, f.len - 1), &a, &values, &err), ORR_EFORMAT);
    ck_assert_ptr_null(values);
    orr_str_free(&f);
}
END_TEST

ORR_SUITE_IN_FOLDER("npy", every_numeric_type_of_either_byte_order_becomes_float,
                    all_versions_and_buffer_sizes_give_the_same_array, fortran_order_is_turned_into_c_order,
                    scalars_and_empty_arrays_are_arrays, what_cannot_be_read_is_refused_with_the_reason,
                    versions_after_the_third_and_other_files_are_refused,
                    an_array_cut_at_any_byte_or_with_any_bit_flipped_does_no_harm, a_whole_file_is_loaded_at_once)
