#include "suite.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/vec.h"

START_TEST(pieces_are_aligned_and_do_not_overlap)
{
    struct orr_arena a = {0};
    unsigned char *piece[500];
    for (size_t i = 0; i < 500; i++) {
        const size_t n = i * i % 997; /* 0 and past the first block as well */
        piece[i] = orr_arena_alloc(&a, n);
        ck_assert_uint_eq((uintptr_t)piece[i] % 16, 0);
        memset(piece[i], (int)(i % 251), n);
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t k = 0; k < i * i % 997; k++) ck_assert_uint_eq(piece[i][k], i % 251);
    orr_arena_free(&a);
    ck_assert_ptr_null(a.head);
}
END_TEST

START_TEST(a_piece_larger_than_any_block_fits)
{
    struct orr_arena a = {0};
    orr_arena_alloc(&a, 10);
    char *p = orr_arena_alloc(&a, 5 << 20);
    memset(p, 1, 5 << 20);
    char *q = orr_arena_zalloc(&a, 1000, 7);
    for (int i = 0; i < 7000; i++) ck_assert_int_eq(q[i], 0);
    orr_arena_free(&a);
}
END_TEST

START_TEST(reset_keeps_the_largest_block_and_hands_it_out_again)
{
    struct orr_arena a = {0};
    for (int i = 0; i < 1000; i++) orr_arena_alloc(&a, 1000);
    orr_arena_reset(&a);
    const void *first = orr_arena_alloc(&a, 1000);
    orr_arena_reset(&a);
    ck_assert_ptr_eq(orr_arena_alloc(&a, 500), first);
    orr_arena_free(&a);
    orr_arena_reset(&a); /* harmless on an empty one, as is a second free */
    orr_arena_free(&a);
}
END_TEST

START_TEST(strings_are_copied_whole_or_cut_and_always_end)
{
    struct orr_arena a = {0};
    char source[] = "curve";
    const char *whole = orr_arena_strdup(&a, source), *cut = orr_arena_strndup(&a, source, 3);
    source[0] = 'X';
    ck_assert_str_eq(whole, "curve");
    ck_assert_str_eq(cut, "cur");
    ck_assert_str_eq(orr_arena_strndup(&a, "ab", 100), "ab");
    ck_assert_str_eq(orr_arena_printf(&a, "%s-%05d", whole, 42), "curve-00042");
    ck_assert_str_eq(orr_arena_printf(&a, "%s", ""), "");
    const char *wide = orr_arena_printf(&a, "%40000d", 7);
    ck_assert_uint_eq(strlen(wide), 40000);
    orr_arena_free(&a);
}
END_TEST

static void allocate_an_overflowing_product(void) { orr_arena_zalloc(&(struct orr_arena){0}, SIZE_MAX / 2, 3); }
static void allocate_nearly_everything(void) { orr_arena_alloc(&(struct orr_arena){0}, SIZE_MAX - 3); }

static bool aborts(void (*f)(void))
{
    const pid_t pid = fork();
    if (pid == 0) {
        f();
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

START_TEST(a_size_that_overflows_aborts_instead_of_giving_too_little)
{
    ck_assert(aborts(allocate_an_overflowing_product));
    ck_assert(aborts(allocate_nearly_everything));
}
END_TEST

START_TEST(data_sized_memory_is_refused_on_overflow_and_given_for_nothing)
{
    ck_assert_ptr_null(orr_alloc(SIZE_MAX / 2, 3));
    void *p = orr_alloc(0, 8);
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_null(orr_realloc(p, SIZE_MAX, 2)); /* p is still ours */
    free(p);
}
END_TEST

START_TEST(a_vector_grows_and_keeps_what_was_pushed)
{
    ORR_VEC(int) v = {0};
    for (int i = 0; i < 10000; i++) ORR_VEC_PUSH(&v, i * 3);
    ck_assert_uint_eq(v.len, 10000);
    for (int i = 0; i < 10000; i++) ck_assert_int_eq(v.data[i], i * 3);
    ORR_VEC_RESERVE(&v, 50000);
    ck_assert_uint_ge(v.cap - v.len, 50000);
    free(v.data);
}
END_TEST

ORR_SUITE("arena", pieces_are_aligned_and_do_not_overlap, a_piece_larger_than_any_block_fits,
          reset_keeps_the_largest_block_and_hands_it_out_again, strings_are_copied_whole_or_cut_and_always_end,
          a_size_that_overflows_aborts_instead_of_giving_too_little,
          data_sized_memory_is_refused_on_overflow_and_given_for_nothing, a_vector_grows_and_keeps_what_was_pushed)
