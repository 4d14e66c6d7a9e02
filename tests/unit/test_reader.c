#include "suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <orrery/rng.h>

#include "base/reader.h"

enum { SIZE = 1000 };
static unsigned char bytes[SIZE];
static char folder[64], path[128];

static void make_file(void)
{
    for (int i = 0; i < SIZE; i++) bytes[i] = (unsigned char)(i * 7 + i / 256);
    snprintf(folder, sizeof folder, "/tmp/orrery-reader.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/bytes", folder);
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, bytes, SIZE), SIZE);
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
    rmdir(folder);
}

/* Reads all of r by pieces of random wishes and compares with bytes[]. */
static void check_reads_everything(struct orr_reader *r, uint64_t seed)
{
    struct orr_rng rng;
    orr_rng_seed(&rng, seed, 0);
    ck_assert_uint_eq(orr_reader_size(r), SIZE);
    for (size_t at = 0; at < SIZE;) {
        const size_t want = (size_t)orr_rng_below(&rng, 40);
        size_t avail;
        const unsigned char *p = orr_reader_peek(r, want, &avail);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_ge(avail, want < SIZE - at ? want : SIZE - at);
        ck_assert_uint_le(avail, SIZE - at);
        if (avail) ck_assert_mem_eq(p, bytes + at, avail);
        ck_assert_uint_eq(orr_reader_offset(r), at);
        ck_assert_uint_eq(orr_reader_left(r), SIZE - at);
        const size_t step = (size_t)orr_rng_below(&rng, 60); /* within the buffer and past it */
        orr_reader_skip(r, step);
        at += step;
    }
    size_t avail;
    ck_assert_ptr_nonnull(orr_reader_peek(r, 10, &avail));
    ck_assert_uint_eq(avail, 0);
    ck_assert_uint_eq(orr_reader_offset(r), SIZE);
    ck_assert_int_eq(orr_reader_status(r, NULL), ORR_OK);
}

START_TEST(every_buffer_size_reads_the_same_bytes_from_a_file_and_from_memory)
{
    make_file();
    for (size_t size = 1; size <= SIZE + 1; size += size < 70 ? 1 : 93) {
        struct orr_reader *r;
        ck_assert_int_eq(orr_reader_open(path, size, &r, NULL), ORR_OK);
        check_reads_everything(r, size);
        orr_reader_close(r);
        ck_assert_int_eq(orr_reader_open_memory("memory", bytes, SIZE, size, &r, NULL), ORR_OK);
        check_reads_everything(r, size);
        orr_reader_close(r);
    }
    remove_file();
}
END_TEST

START_TEST(a_wish_past_the_end_gives_what_is_left_and_no_larger_buffer)
{
    struct orr_reader *r;
    size_t avail;
    for (int i = 0; i < SIZE; i++) bytes[i] = (unsigned char)i;
    ck_assert_int_eq(orr_reader_open_memory("memory", bytes, SIZE, 4, &r, NULL), ORR_OK);
    orr_reader_skip(r, SIZE - 3);
    const unsigned char *p = orr_reader_peek(r, SIZE_MAX, &avail); /* a hostile length field */
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq(avail, 3);
    ck_assert_mem_eq(p, bytes + SIZE - 3, 3);
    orr_reader_skip(r, UINT64_MAX);
    ck_assert_uint_eq(orr_reader_offset(r), SIZE);
    ck_assert_uint_eq(orr_reader_left(r), 0);
    orr_reader_close(r);
}
END_TEST

START_TEST(seeking_goes_anywhere_and_stops_at_the_end)
{
    make_file();
    struct orr_reader *r;
    struct orr_rng rng;
    orr_rng_seed(&rng, 1, 0);
    ck_assert_int_eq(orr_reader_open(path, 7, &r, NULL), ORR_OK);
    for (int i = 0; i < 500; i++) {
        const uint64_t to = orr_rng_below(&rng, SIZE + 100);
        size_t avail;
        ck_assert_int_eq(orr_reader_seek(r, to), ORR_OK);
        ck_assert_uint_eq(orr_reader_offset(r), to < SIZE ? to : SIZE);
        const unsigned char *p = orr_reader_peek(r, 3, &avail);
        if (avail) ck_assert_mem_eq(p, bytes + to, avail);
        else ck_assert_uint_ge(to, SIZE);
    }
    orr_reader_close(r);
    remove_file();
}
END_TEST

START_TEST(a_file_truncated_while_it_is_read_ends_early_without_an_error)
{
    make_file();
    struct orr_reader *r;
    size_t avail;
    ck_assert_int_eq(orr_reader_open(path, 16, &r, NULL), ORR_OK);
    orr_reader_peek(r, 16, &avail);
    ck_assert_int_eq(truncate(path, 100), 0);
    orr_reader_skip(r, 90);
    const unsigned char *p = orr_reader_peek(r, 16, &avail);
    ck_assert_ptr_nonnull(p);
    ck_assert_uint_eq(avail, 10);
    ck_assert_mem_eq(p, bytes + 90, 10);
    orr_reader_skip(r, 10);
    ck_assert_uint_eq(orr_reader_left(r), 0);
    ck_assert_int_eq(orr_reader_status(r, NULL), ORR_OK);
    orr_reader_close(r);
    remove_file();
}
END_TEST

START_TEST(a_growing_file_is_read_up_to_its_size_at_opening)
{
    make_file();
    struct orr_reader *r;
    size_t avail;
    ck_assert_int_eq(orr_reader_open(path, 64, &r, NULL), ORR_OK);
    const int fd = open(path, O_WRONLY | O_APPEND);
    ck_assert_int_eq(write(fd, "more", 4), 4);
    close(fd);
    orr_reader_skip(r, SIZE - 2);
    orr_reader_peek(r, 6, &avail);
    ck_assert_uint_eq(avail, 2);
    orr_reader_close(r);
    remove_file();
}
END_TEST

static void check_refused(const char *what, const char *word)
{
    struct orr_reader *r;
    struct orr_error e;
    ck_assert_int_eq(orr_reader_open(what, 0, &r, &e), ORR_EIO);
    ck_assert_ptr_null(r);
    ck_assert_str_eq(e.where, what);
    ck_assert_msg(strstr(e.message, word) != NULL, "%s", e.message);
}

START_TEST(what_is_no_regular_file_is_refused_and_does_not_hang)
{
    make_file();
    char fifo[160];
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    check_refused(fifo, "not a regular file");
    check_refused(folder, "not a regular file");
    check_refused("/dev/zero", "not a regular file");
    unlink(fifo);
    remove_file();
    check_refused(path, "No such file");
    orr_reader_close(NULL);
}
END_TEST

START_TEST(an_empty_file_gives_nothing_but_a_valid_pointer)
{
    struct orr_reader *r;
    size_t avail = 9;
    ck_assert_int_eq(orr_reader_open_memory("empty", "", 0, 0, &r, NULL), ORR_OK);
    ck_assert_ptr_nonnull(orr_reader_peek(r, 1, &avail));
    ck_assert_uint_eq(avail, 0);
    ck_assert_str_eq(orr_reader_path(r), "empty");
    orr_reader_close(r);
}
END_TEST

ORR_SUITE("reader", every_buffer_size_reads_the_same_bytes_from_a_file_and_from_memory,
          a_wish_past_the_end_gives_what_is_left_and_no_larger_buffer, seeking_goes_anywhere_and_stops_at_the_end,
          a_file_truncated_while_it_is_read_ends_early_without_an_error,
          a_growing_file_is_read_up_to_its_size_at_opening, what_is_no_regular_file_is_refused_and_does_not_hang,
          an_empty_file_gives_nothing_but_a_valid_pointer)
