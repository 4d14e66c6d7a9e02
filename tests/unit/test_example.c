#include "suite.h"

#include <stdio.h>
#include <string.h>

#include "aid_folder.h"
#include "aid_sink.h"
#include "base/reader.h"
#include "base/str.h"
#include "ingest/format.h"
#include "lab/example.h"
#include "lab/logs.h"

/* One file of every kind. */
static const char *const files[] = {"sweep/lr1e-4-w64-s1/metrics.csv",
                                    "sweep/lr3e-3-w256-s5/hparams.yaml",
                                    "optimizers/sgd/events.out.tfevents.1735689600.synthetic",
                                    "finetune.jsonl",
                                    "diverged/metrics.csv",
                                    "long/metrics.csv"};
/* What it was when it was written down: in datasets/ where the example store shows it. */
static const char *const golden[] = {"tests/data/example/lr1e-4-w64-s1/metrics.csv",
                                     "tests/data/example/lr3e-3-w256-s5/hparams.yaml",
                                     "datasets/formats/optimizers/sgd/events.out.tfevents.1735689600.synthetic",
                                     "datasets/formats/finetune.jsonl",
                                     "tests/data/example/diverged.csv",
                                     "datasets/formats/long/metrics.csv"};
enum { FILES = sizeof files / sizeof *files };

static bool same_bytes(const char *a, const char *b)
{
    struct orr_reader *r[2];
    ck_assert_int_eq(orr_reader_open(a, 0, &r[0], NULL), ORR_OK);
    ck_assert_int_eq(orr_reader_open(b, 0, &r[1], NULL), ORR_OK);
    const size_t n = (size_t)orr_reader_size(r[0]);
    size_t got[2];
    const unsigned char *p = orr_reader_peek(r[0], n, &got[0]), *q = orr_reader_peek(r[1], n, &got[1]);
    const bool same = orr_reader_size(r[1]) == n && memcmp(p, q, n) == 0;
    orr_reader_close(r[0]);
    orr_reader_close(r[1]);
    return same;
}

static const char *write_example(const char *name, uint64_t seed)
{
    static char folder[4][512];
    static int at;
    char *f = folder[at++ % 4];
    const char *beside = aid_file_write("beside", "", 0);
    snprintf(f, sizeof folder[0], "%.*s/%s", (int)(strrchr(beside, '/') - beside), beside, name);
    struct orr_error e;
    ck_assert_msg(orr_example_write(f, seed, &e) == ORR_OK, "%s: %s", e.where, e.message);
    return f;
}

static bool file_is_equal(const char *folder_a, const char *folder_b, const char *file)
{
    char a[1024], b[1024];
    snprintf(a, sizeof a, "%s/%s", folder_a, file);
    snprintf(b, sizeof b, "%s/%s", folder_b, file);
    return same_bytes(a, b);
}

START_TEST(the_files_in_datasets_are_what_the_generator_writes)
{
    const char *now = write_example("now", 1);
    for (int i = 0; i < FILES; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", now, files[i]);
        ck_assert_msg(same_bytes(path, golden[i]), "%s differs", files[i]);
    }
}
END_TEST

START_TEST(another_seed_gives_other_numbers_but_the_same_configuration)
{
    const char *one = write_example("one", 1), *two = write_example("two", 2);
    for (int i = 0; i < FILES; i++)
        ck_assert_int_eq(file_is_equal(one, two, files[i]), orr_ends_with(files[i], ".yaml"));
}
END_TEST

START_TEST(event_files_are_read_by_our_own_importer)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", write_example("events", 3), files[2]);
    const struct orr_format *format = orr_format_detect(path);
    ck_assert_ptr_nonnull(format);
    ck_assert_str_eq(format->name, "tensorboard");
    struct aid_sink sink;
    aid_sink_open(&sink, 0);
    struct orr_ingest in = {.path = path, .run_key = "sgd"};
    ck_assert_int_eq(aid_sink_import(&sink, format, &in, NULL), ORR_OK);
    ck_assert_uint_eq(sink.warnings.len, 0);
    const struct aid_series *loss = aid_sink_series(&sink, "sgd", "train/loss");
    ck_assert_ptr_nonnull(loss);
    ck_assert_uint_eq(loss->step.len, 301);
    ck_assert_int_eq(loss->step.data[300], 1500);
    ck_assert_uint_eq(aid_sink_series(&sink, "sgd", "val/loss")->step.len, 31);
    ck_assert_double_gt(loss->value.data[0], loss->value.data[300]);
    free(in.state);
    aid_sink_close(&sink);
}
END_TEST

START_TEST(numbers_have_five_significant_digits)
{
    static const struct {
        double x;
        const char *text;
    } cases[] = {{0, "0"},     {1.0 / 3, "0.33333"},      {-123456.7, "-123460"},
                 {9.999999, "10"}, {1e-7 / 3, "3.3333e-08"}, {5e-324, "4.94065645841247e-324"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orr_str s = {0};
        orr_logs_append_number(&s, cases[i].x);
        ck_assert_str_eq(orr_str_c(&s), cases[i].text);
        orr_str_free(&s);
    }
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_an_error_that_names_it)
{
    struct orr_error e;
    ck_assert_int_eq(orr_example_write(aid_file_write("file", "x", 1), 1, &e), ORR_EIO);
    ck_assert(strstr(e.where, "file") != NULL);
}
END_TEST

ORR_SUITE_IN_FOLDER("example", the_files_in_datasets_are_what_the_generator_writes,
                    another_seed_gives_other_numbers_but_the_same_configuration,
                    event_files_are_read_by_our_own_importer, numbers_have_five_significant_digits,
                    a_folder_that_cannot_be_made_is_an_error_that_names_it)
