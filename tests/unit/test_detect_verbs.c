/* orrery detect: drawing, training, testing and looking, from the command line. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid_command.h"
#include "aid_folder.h"
#include "aid_shards.h"
#include "app/eval_detect.h"
#include "base/json.h"

static char folder[256], store[300];

/* Runs a line in which % stands for the folder. */
static struct aid_output run(const char *line, int code)
{
    char text[2048];
    size_t n = 0;
    if (!folder[0]) {
        const char *file = aid_file_write("x", "neither this nor that", 21);
        snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(file, '/') - file), file);
        snprintf(store, sizeof store, "%.250s/s.db", folder);
    }
    for (; *line && n + sizeof folder < sizeof text; line++)
        n += (size_t)snprintf(text + n, sizeof text - n, *line == '%' ? "%s" : "%.1s", *line == '%' ? folder : line);
    text[n] = 0;
    return aid_command_expect(store, text, code);
}
static void quietly(const char *line, int code)
{
    struct aid_output o = run(line, code);
    aid_output_free(&o);
}
static void expect_error(const char *line, int code, const char *part)
{
    struct aid_output o = run(line, code);
    ck_assert_msg(strstr(o.err, part) != NULL, "%s", o.err);
    aid_output_free(&o);
}

static double number(struct json_object *o, const char *key)
{
    struct json_object *x;
    ck_assert_msg(json_object_object_get_ex(o, key, &x), "no %s", key);
    return json_object_get_double(x);
}

START_TEST(a_detector_is_trained_tested_and_run_on_a_folder_of_pictures)
{
    quietly("detect render %/scenes --scenes 30 --size 64 --seed 2", 0);
    quietly("detect render %/scenes --scenes 6 --size 64 --seed 2 --held-out", 0);
    quietly("detect train %/scenes --model pico --size 64 --batch 8 --epochs 2 --checkpoint %/c.ckpt --out "
            "%/w.safetensors --threads 1",
            0);
    struct aid_output o = run("runs --json", 0);
    ck_assert_ptr_nonnull(strstr(o.out, "detect pico"));
    aid_output_free(&o);
    o = run("curve 1 --series val/map50,train/box_loss --csv", 0);
    ck_assert_ptr_nonnull(strstr(o.out, "train/box_loss,2,"));
    aid_output_free(&o);
    o = run("detect test %/scenes --weights %/w.safetensors --threads 1 --csv", 0);
    ck_assert_ptr_nonnull(strstr(o.out, "class,objects,images,precision,recall,f1,ap50,ap"));
    ck_assert_ptr_nonnull(strstr(o.out, "\nall,"));
    aid_output_free(&o);
    o = run("detect test %/scenes --weights %/w.safetensors --threads 1 --show matrix --csv", 0);
    ck_assert_ptr_nonnull(strstr(o.out, "\nbackground,"));
    aid_output_free(&o);

    o = run("detect run %/scenes/images/test/000001.png --weights %/w.safetensors --threads 1 -c 0.001 --most 5 --out "
            "%/boxes --json",
            0);
    struct json_object *list;
    struct orr_error err;
    ck_assert_int_eq(orr_json_parse("run", o.out, strlen(o.out), &list, &err), ORR_OK);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *d = json_object_array_get_idx(list, i);
        ck_assert(number(d, "confidence") > 0 && number(d, "confidence") <= 1);
        ck_assert(number(d, "x") >= 0 && number(d, "y") >= 0 && number(d, "x") + number(d, "w") <= 64.001 &&
                  number(d, "y") + number(d, "h") <= 64.001);
        ck_assert_ptr_nonnull(json_object_get_string(json_object_object_get(d, "class")));
    }
    json_object_put(list);
    aid_output_free(&o);
    char path[320];
    snprintf(path, sizeof path, "%.250s/boxes/000001.png", folder);
    ck_assert_int_eq(access(path, R_OK), 0);
    quietly("detect train %/scenes --model pico --size 64 --batch 8 --epochs 3 --checkpoint %/c.ckpt --threads 1",
            0); /* goes on */
    expect_error("detect train %/scenes --model pico --size 96 --batch 8 --epochs 3 --checkpoint %/c.ckpt --threads 1",
                 2, "size");
    quietly("detect train %/scenes --model pico --size 64 --batch 8 --epochs 1 --start %/w.safetensors --threads 1", 0);
}
END_TEST

START_TEST(bad_pictures_labels_and_weights_are_named)
{
    quietly("detect render %/bad --scenes 20 --size 64", 0);
    aid_file_write("bad/images/train/000003.png", "no picture", 10);
    struct aid_output o =
        run("detect train %/bad --model pico --size 64 --batch 8 --epochs 1 --check-every 0 --threads 1", 0);
    ck_assert_msg(strstr(o.err, "1 image was left out") && strstr(o.err, "000003.png"), "%s", o.err);
    aid_output_free(&o);
    aid_file_write("bad/labels/train/000004.txt", "", 0); /* holds no object: fine */
    quietly("detect train %/bad --model pico --size 64 --batch 8 --epochs 1 --out %/v.safetensors --threads 1", 0);
    aid_file_write("bad/labels/train/000005.txt", "9 .5 .5 .1 .1\n", 14);
    expect_error("detect train %/bad --model pico --size 64", 1, "class 9");
    aid_file_write("bad/labels/train/000005.txt", "1 .5 .5 .1 .1\n1 1.5 .5 .1 .1\n", 29);
    expect_error("detect train %/bad --model pico --size 64", 1, "000005.txt:2");
    expect_error("detect run %/x --weights %/v.safetensors", 1, "neither a PNG nor a JPEG");
    expect_error("detect run %/x %/bad/images/train/000001.png --weights %/v.safetensors", 4,
                 "neither a PNG nor a JPEG");
    expect_error("detect run %/bad/images/train/000001.png --weights %/x", 1,
                 "neither a safetensors nor a whole ONNX file");
    expect_error("detect run %/bad/images/train/000001.png --weights %/v.safetensors --size 100", 2, "multiple of 32");
    expect_error("detect test %/nowhere --weights %/v.safetensors", 1, "nowhere");
    expect_error("detect test drawn:tame --weights %/v.safetensors", 2, "drawn:wild");
    expect_error("detect train drawn:easy:x", 2, "drawn:easy");
}
END_TEST

static enum orr_status eval_part(void *ctx, struct orr_shards *shards, const struct orr_ticker *ticker, struct orr_eval *out,
                                 struct orr_error *err)
{
    (void)ctx;
    static const char *const methods[] = {"pico", "pico"};
    const struct orr_eval_detect_options o = {
        .shards = shards, .quick = true, .scenes = 6, .seed = 1, .threads = 1, .methods = methods, .n_methods = 2};
    return orr_eval_detect(&o, ticker, out, err);
}

START_TEST(three_shards_give_the_rows_of_one_process) { aid_shards_same(eval_part, NULL); }
END_TEST

ORR_SUITE_IN_FOLDER("detect_verbs", a_detector_is_trained_tested_and_run_on_a_folder_of_pictures,
                    bad_pictures_labels_and_weights_are_named, three_shards_give_the_rows_of_one_process)
