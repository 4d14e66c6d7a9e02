#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/mem.h"
#include "base/str.h"

/* Reads all rows as text: cells between brackets, one row per line, an unterminated row marked by '~'. */
static char *read_all(const char *text, size_t n, char separator, size_t buffer, struct orr_error *err)
{
    struct orr_reader *r;
    struct orr_csv *c;
    struct orr_csv_row row;
    struct orr_str out = {0};
    ck_assert_int_eq(orr_reader_open_memory("t.csv", text, n, buffer, &r, err), ORR_OK);
    ck_assert_int_eq(orr_csv_open(r, separator, &c, err), ORR_OK);
    enum orr_status s;
    while ((s = orr_csv_next(c, &row, err)) == ORR_OK) {
        orr_str_printf(&out, "%llu", (unsigned long long)row.line);
        for (size_t i = 0; i < row.n; i++) orr_str_printf(&out, "[%.*s]", (int)row.cells[i].n, row.cells[i].text);
        orr_str_append(&out, row.terminated ? "\n" : "~\n");
    }
    if (s != ORR_ENOTFOUND) orr_str_printf(&out, "error %s\n", err->where);
    orr_csv_close(c);
    orr_reader_close(r);
    orr_str_append(&out, "");
    return out.data;
}

/* Every buffer size must give the same rows. */
static void expect(const char *text, char separator, const char *rows)
{
    static const size_t buffers[] = {0, 1, 2, 3, 7, 64};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) {
        struct orr_error err;
        char *got = read_all(text, strlen(text), separator, buffers[i], &err);
        ck_assert_msg(strcmp(got, rows) == 0, "buffer %zu:\n%s", buffers[i], got);
        free(got);
    }
}

START_TEST(cells_are_split_whatever_the_buffer_size)
{
    expect("a,b,c\n1,,3\n4,5,\n", 0, "1[a][b][c]\n2[1][][3]\n3[4][5][]\n");
    expect("a,b\r\n1,2\r\n", 0, "1[a][b]\n2[1][2]\n");
    expect("\xEF\xBB\xBFx,y\n1,2", 0, "1[x][y]\n2[1][2]~\n");
    expect("a\n\n\r\nb\n", ',', "1[a]\n4[b]\n");
    expect("", 0, "");
    expect(",\n", 0, "1[][]\n");
}
END_TEST

START_TEST(quotes_keep_separators_newlines_and_doubled_quotes)
{
    expect("\"a,b\",\"c\nd\",\"say \"\"hi\"\"\"\n2,3,4\n", ',', "1[a,b][c\nd][say \"hi\"]\n3[2][3][4]\n");
    expect("\"\",\"\"\"\",x\n", ',', "1[][\"][x]\n");
    expect("\"a\"\r\n\"b\"", ',', "1[a]\n2[b]~\n");
    expect("a\"b,c\"\n", ',', "1[a\"b][c\"]\n");
    expect("\"a\"b,c\n", ',', "1[\"a\"b][c]\n");
}
END_TEST

START_TEST(a_quote_never_closed_is_an_error_that_names_the_line)
{
    expect("a,b\n1,\"2\n3,4\n", ',', "1[a][b]\nerror t.csv:2\n");
}
END_TEST

START_TEST(a_row_past_the_limit_is_an_error_and_not_an_allocation)
{
    const size_t n = (size_t)ORR_CSV_ROW_LIMIT * 3;
    char *text = orr_xmalloc(n);
    memset(text, 'x', n);
    memcpy(text, "a\n\"", 3);
    struct orr_error err;
    char *got = read_all(text, n, ',', 0, &err);
    ck_assert_str_eq(got, "1[a]\nerror t.csv:2\n");
    free(got);
    free(text);
}
END_TEST

START_TEST(the_separator_is_the_one_that_splits_the_first_rows_best)
{
    expect("a;b;c\n1,5;2;3\n", 0, "1[a][b][c]\n2[1,5][2][3]\n");
    expect("a\tb\n1\t2\n", 0, "1[a][b]\n2[1][2]\n");
    expect("\"a;b\",c\n1,2\n", 0, "1[a;b][c]\n2[1][2]\n");
    ck_assert_int_eq(orr_csv_sniff("single\n1\n", 9), ',');
}
END_TEST

START_TEST(rows_longer_than_the_index_are_read_in_one_piece)
{
    struct orr_str text = {0}, want = {0};
    orr_str_append(&want, "1");
    for (int i = 0; i < 30000; i++) {
        orr_str_printf(&text, i ? ",%d" : "%d", i);
        orr_str_printf(&want, "[%d]", i);
    }
    orr_str_append(&text, "\nend\n");
    orr_str_append(&want, "\n2[end]\n");
    struct orr_error err;
    for (size_t buffer = 0; buffer <= 5000; buffer += 5000) {
        char *got = read_all(text.data, text.len, ',', buffer, &err);
        ck_assert_str_eq(got, want.data);
        free(got);
    }
    orr_str_free(&text);
    orr_str_free(&want);
}
END_TEST

START_TEST(reading_goes_on_at_the_offset_of_a_row)
{
    const char *text = "a,b\n1,2\n3,4\n";
    struct orr_reader *r;
    struct orr_csv *c;
    struct orr_csv_row row;
    struct orr_error err;
    ck_assert_int_eq(orr_reader_open_memory("t", text, strlen(text), 5, &r, &err), ORR_OK);
    ck_assert_int_eq(orr_csv_open(r, 0, &c, &err), ORR_OK);
    ck_assert_int_eq(orr_csv_next(c, &row, &err), ORR_OK);
    ck_assert_int_eq(orr_csv_next(c, &row, &err), ORR_OK);
    ck_assert_uint_eq(row.offset, 4);
    ck_assert_uint_eq(orr_csv_offset(c), 8);
    ck_assert_int_eq(orr_csv_seek(c, 4, 2, &err), ORR_OK);
    ck_assert_int_eq(orr_csv_next(c, &row, &err), ORR_OK);
    ck_assert_uint_eq(row.line, 2);
    ck_assert_int_eq(row.cells[1].text[0], '2');
    orr_csv_close(c);
    orr_reader_close(r);
}
END_TEST

ORR_SUITE("csv", cells_are_split_whatever_the_buffer_size, quotes_keep_separators_newlines_and_doubled_quotes,
          a_quote_never_closed_is_an_error_that_names_the_line, a_row_past_the_limit_is_an_error_and_not_an_allocation,
          the_separator_is_the_one_that_splits_the_first_rows_best, rows_longer_than_the_index_are_read_in_one_piece,
          reading_goes_on_at_the_offset_of_a_row)
