#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "aid_sink.h"
#include "base/number.h"

/* One file's import, reused by the rows that follow it in the golden file. */
static struct aid_sink sink;
static char current[1024];

static void import(const char *real, const char *file)
{
    if (current[0]) aid_sink_close(&sink);
    snprintf(current, sizeof current, "%s", file);
    char path[2048];
    snprintf(path, sizeof path, "%s/%s", real, file);
    ck_assert_ptr_eq(orr_format_detect(path), &orr_format_tensorboard);
    struct orr_ingest in = {.path = path, .run_key = "r"};
    struct orr_error err;
    aid_sink_open(&sink, 0);
    ck_assert_int_eq(aid_sink_import(&sink, &orr_format_tensorboard, &in, &err), ORR_OK);
    ck_assert(!in.incomplete);
    free(in.state);
}

static double number(const char *s)
{
    double x = NAN;
    ck_assert_msg(orr_parse_double(s, strlen(s), &x), "%s", s);
    return x;
}

START_TEST(every_tag_of_every_event_file_agrees_with_the_golden_file)
{
    const char *real = getenv("REAL");
    if (!real) {
        puts("REAL is not set: nothing compared");
        return;
    }
    char line[4096], path[2048];
    snprintf(path, sizeof path, "%s/tfevents_golden.csv", real);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    int rows = 0, files = 0;
    size_t seen = 0;
    while (fgets(line, sizeof line, f)) {
        char *field[8], *p = line;
        for (int i = 0; i < 8; i++) field[i] = strsep(&p, ",\n");
        if (strcmp(field[0], current) != 0) {
            ck_assert_msg(seen == (current[0] ? sink.series.len : 0), "%s: tags that are not golden", current);
            import(real, field[0]);
            files++;
            seen = 0;
        }
        const struct aid_series *s = aid_sink_series(&sink, "r", field[1]);
        ck_assert_msg(s != NULL, "%s: no %s", field[0], field[1]);
        const size_t n = s->step.len;
        ck_assert_uint_eq(n, (size_t)number(field[3]));
        ck_assert_int_eq(s->step.data[0], (int64_t)number(field[4]));
        ck_assert_int_eq(s->step.data[n - 1], (int64_t)number(field[5]));
        ck_assert_msg(s->value.data[0] == number(field[6]), "%s %s", field[1], field[6]);
        ck_assert_msg(s->value.data[n - 1] == number(field[7]), "%s %s", field[1], field[7]);
        ck_assert(!isnan(s->wall.data[0]));
        rows++;
        seen++;
    }
    fclose(f);
    aid_sink_close(&sink);
    printf("%d tags of %d event files agree with the golden file\n", rows, files);
    ck_assert_int_gt(rows, 0);
}
END_TEST

ORR_SUITE("real_tensorboard", every_tag_of_every_event_file_agrees_with_the_golden_file)
