#include "suite.h"

#include <math.h>
#include <stdio.h>

#include "aid_sink.h"

static void import(struct aid_sink *sink, const struct orr_format *format, const char *real, const char *file)
{
    char path[2048];
    snprintf(path, sizeof path, "%s/yolo_runs/%s", real, file);
    ck_assert_ptr_eq(orr_format_detect(path), format);
    struct orr_ingest in = {.path = path, .run_key = "r"};
    struct orr_error err;
    aid_sink_open(sink, 0);
    ck_assert_msg(aid_sink_import(sink, format, &in, &err) == ORR_OK, "%s: %s", err.where, err.message);
    free(in.state);
}

/* The CSV holds five significant digits: half a unit of the last is at most 5e-5 of the value. */
START_TEST(the_three_yolo_runs_agree_between_csv_and_event_files)
{
    static const struct { const char *csv, *events; size_t epochs; } runs[] = {
        {"exp_10b_600e_results.csv", "exp_10b_600e_events.out.tfevents.1642780611.akersloot.3916.0", 600},
        {"yolov5_runs_train_exp_150e_20bs_results.csv",
         "yolov5_runs_train_exp_150e_20bs_events.out.tfevents.1643925138.akersloot.9951.0", 150},
        {"yolov5_runs_train_exp_64e_20bs_results.csv",
         "yolov5_runs_train_exp_64e_20bs_events.out.tfevents.1643396326.akersloot.53587.0", 64},
    };
    const char *real = getenv("REAL");
    if (!real) {
        puts("REAL is not set: nothing compared");
        return;
    }
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct aid_sink csv, events;
        size_t compared = 0;
        double worst = 0;
        import(&csv, &orr_format_csv, real, runs[i].csv);
        import(&events, &orr_format_tensorboard, real, runs[i].events);
        for (size_t k = 0; k < csv.series.len; k++) {
            const struct aid_series *a = &csv.series.data[k], *b = aid_sink_series(&events, "r", a->name);
            if (!b) continue;
            ck_assert_uint_eq(a->step.len, b->step.len);
            ck_assert_uint_eq(a->step.len, runs[i].epochs);
            for (size_t n = 0; n < a->step.len; n++) {
                ck_assert_int_eq(a->step.data[n], b->step.data[n]);
                const double off = fabs(a->value.data[n] - b->value.data[n]) / fmax(fabs(b->value.data[n]), 1e-300);
                if (off > worst) worst = off;
            }
            compared++;
        }
        printf("%s: %zu series of %zu epochs, largest relative difference %.2g\n", runs[i].csv, compared,
               runs[i].epochs, worst);
        ck_assert_uint_eq(compared, 13);
        ck_assert_double_le(worst, 5.0001e-5); /* the event file's float32 adds its own 6e-8 */
        aid_sink_close(&csv);
        aid_sink_close(&events);
    }
}
END_TEST

ORR_SUITE("real_yolo", the_three_yolo_runs_agree_between_csv_and_event_files)
