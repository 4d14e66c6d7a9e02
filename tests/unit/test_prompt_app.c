/* Tasks from folders, files of prompts, every method from images to scores, the evaluation, and the verbs. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aid_clip.h"
#include "aid_command.h"
#include "aid_folder.h"
#include "aid_shards.h"
#include "app/eval_prompt.h"
#include "app/prompt.h"
#include "base/file.h"
#include "image/image.h"

static struct orr_clip clip;
static struct orr_prompt_world world;
static struct orr_error err;

static void open_world(const char *name)
{
    err = (struct orr_error){0};
    orr_aid_clip_init(&clip, 16);
    ck_assert_msg(orr_prompt_world_open_some(&world, &clip, name, 1, ORR_PROMPT_TEST, 4, NULL, &err) == ORR_OK,
                  "%s: %s", err.where, err.message);
}
static void close_world(void)
{
    orr_prompt_world_free(&world);
    orr_clip_free(&clip);
}

static struct orr_prompt_query query_of(const char *method)
{
    struct orr_prompt_query q;
    ck_assert_int_eq(orr_prompt_query_init(&q, method, &err), ORR_OK);
    q.shots = 2;
    q.options.epochs = 2;
    return q;
}

/* ---- methods ---- */

START_TEST(every_method_learns_and_is_scored)
{
    open_world("coloured-shapes");
    size_t n = 0;
    for (size_t k = 0; orr_methods[k]; k++) {
        if (!orr_methods[k]->prompt) continue;
        const char *name = orr_methods[k]->name;
        const struct orr_prompt_query q = query_of(name);
        struct orr_prompt_result r;
        const bool probe = orr_methods[k]->prompt->kind == ORR_PROMPT_PROBE;
        ck_assert_msg(orr_prompt_run(&world, &q, NULL, &r, &err) == ORR_OK, "%s: %s", name, err.message);
        ck_assert_msg(r.score[ORR_PROMPT_BASE] >= 0 && r.score[ORR_PROMPT_BASE] <= 1, "%s", name);
        for (int m = ORR_PROMPT_NEW; m < ORR_PROMPT_METRICS; m++)
            ck_assert_msg(probe ? isnan(r.score[m]) : r.score[m] >= 0 && r.score[m] <= 1, "%s, %s", name,
                          orr_prompt_metric_names[m]);
        const double b = r.score[ORR_PROMPT_BASE], w = r.score[ORR_PROMPT_NEW];
        if (!probe && b + w > 0) ck_assert(fabs(r.score[ORR_PROMPT_HARMONIC] - 2 * b * w / (b + w)) < 1e-12);
        ck_assert(orr_methods[k]->prompt->kind == ORR_PROMPT_ZERO_SHOT ? r.parameters == 0 : r.parameters > 0);
        ck_assert((r.search != NULL) == (orr_methods[k]->prompt->kind == ORR_PROMPT_SEARCH));
        orr_prompt_result_free(&r);
        n++;
    }
    ck_assert_uint_eq(n, 12);
    struct orr_prompt_query q;
    ck_assert_int_eq(orr_prompt_query_init(&q, "telepathy", &err), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "prompt-modular, prompt-search"));
    close_world();
}
END_TEST

START_TEST(the_same_seed_gives_the_same_prompts_and_scores)
{
    open_world("shapes");
    struct orr_prompt_result r[3];
    for (int k = 0; k < 3; k++) {
        struct orr_prompt_query q = query_of("prompt-search");
        q.seed = k == 2 ? 5 : 1;
        ck_assert_int_eq(orr_prompt_run(&world, &q, NULL, &r[k], &err), ORR_OK);
    }
    ck_assert_mem_eq(r[0].score, r[1].score, sizeof r[0].score);
    ck_assert_uint_eq(r[0].parameters, r[1].parameters);
    ck_assert_mem_eq(r[0].prompts.params.value, r[1].prompts.params.value, r[0].prompts.params.n * sizeof(float));
    ck_assert(memcmp(r[0].choice, r[2].choice, sizeof r[0].choice) != 0);
    for (int k = 0; k < 3; k++) orr_prompt_result_free(&r[k]);
    close_world();
}
END_TEST

static bool stop_at_third(void *ctx, const struct orr_progress *p)
{
    (void)p;
    return ++*(int *)ctx < 3;
}

START_TEST(a_stopped_run_says_so)
{
    open_world("shapes");
    int ticks = 0;
    const struct orr_ticker ticker = {stop_at_third, &ticks};
    struct orr_prompt_result r;
    const struct orr_prompt_query q = query_of("maple");
    ck_assert_int_eq(orr_prompt_run(&world, &q, &ticker, &r, &err), ORR_ECANCELLED);
    ck_assert_int_le(ticks, 4);
    orr_prompt_result_free(&r);
    close_world();
}
END_TEST

/* ---- files ---- */

START_TEST(prompts_survive_their_file_and_another_encoders_are_refused)
{
    open_world("shapes");
    const struct orr_prompt_query q = query_of("prompt-modular");
    struct orr_prompt_result r;
    struct orr_prompts back;
    struct orr_clip other = {0};
    char method[64], task[64];
    const char *path = aid_file_write("prompts.safetensors", "", 0);
    double score[ORR_PROMPT_METRICS];
    ck_assert_int_eq(orr_prompt_run(&world, &q, NULL, &r, &err), ORR_OK);
    ck_assert_int_eq(orr_prompts_save(&r.prompts, path, "prompt-modular", "shapes", &err), ORR_OK);
    ck_assert_msg(orr_prompts_load(path, &clip, &back, method, task, &err) == ORR_OK, "%s", err.message);
    ck_assert_str_eq(method, "prompt-modular");
    ck_assert_str_eq(task, "shapes");
    ck_assert_int_eq(orr_prompt_score(&world, &back, NULL, score, &err), ORR_OK);
    ck_assert_mem_eq(score, r.score, sizeof score);
    orr_prompts_free(&back);
    orr_aid_clip_init(&other, 24);
    ck_assert_int_eq(orr_prompts_load(path, &other, &back, method, task, &err), ORR_EFORMAT);
    orr_prompts_free(&back);
    ck_assert_int_eq(orr_prompts_load(orr_aid_clip_file(16), &clip, &back, method, task, &err), ORR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(err.message, "no learned prompts"));
    orr_prompts_free(&back);
    FILE *f = fopen(path, "r+b"); /* "prompts 2" of the header becomes 1: of the form before */
    char head[400];
    ck_assert_uint_eq(fread(head, 1, sizeof head - 1, f), sizeof head - 1);
    char *format = memmem(head, sizeof head - 1, "prompts 2", 9);
    ck_assert_ptr_nonnull(format);
    ck_assert_int_eq(fseek(f, format - head + 8, SEEK_SET), 0);
    fputc('1', f);
    fclose(f);
    ck_assert_int_eq(orr_prompts_load(path, &clip, &back, method, task, &err), ORR_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(err.message, "earlier form"));
    orr_prompts_free(&back);
    for (size_t cut = 0; cut < 400; cut += 37) { /* a file that was cut off */
        ck_assert_int_eq(truncate(path, (off_t)(400 - cut)), 0);
        ck_assert_int_ne(orr_prompts_load(path, &clip, &back, method, task, &err), ORR_OK);
        orr_prompts_free(&back);
    }
    orr_prompt_result_free(&r);
    orr_clip_free(&other);
    close_world();
}
END_TEST

/* ---- folders ---- */

static void write_pictures(const char *folder, const char *name, int n, int red)
{
    for (int k = 0; k < n; k++) {
        struct orr_image image;
        struct orr_str png = {0};
        char file[120];
        ck_assert(orr_image_init(&image, 20 + k, 30));
        for (int i = 0; i < (20 + k) * 30; i++) image.rgb[3 * i] = (unsigned char)red;
        ck_assert(orr_image_encode_png(&image, &png));
        snprintf(file, sizeof file, "%s/%s/%02d.png", folder, name, k);
        aid_file_write(file, png.data, png.len);
        orr_str_free(&png);
        orr_image_free(&image);
    }
}

/* The test's own folder with a name in it, whether there is something of that name or not. */
static const char *path_of(const char *name)
{
    static char path[600];
    const char *here = aid_file_write("here", "", 0);
    snprintf(path, sizeof path, "%.*s%s", (int)(strlen(here) - strlen("here")), here, name);
    return path;
}

static enum orr_status try_folder(const char *name, struct orr_prompt_task *t)
{
    static struct orr_arena arena;
    return orr_prompt_folder(path_of(name), 16, &arena, NULL, t, &err);
}

START_TEST(a_folder_of_pictures_is_a_task)
{
    struct orr_prompt_task t;
    write_pictures("good/images", "red_dog", 10, 250);
    write_pictures("good/images", "cat", 7, 10);
    write_pictures("good/images", ".hidden", 1, 10);
    ck_assert_msg(try_folder("good", &t) == ORR_OK, "%s: %s", err.where, err.message);
    ck_assert_int_eq(t.classes, 2);
    ck_assert_int_eq(t.base, 1);
    ck_assert_str_eq(t.label[0], "cat");
    ck_assert_str_eq(t.label[1], "red dog");
    ck_assert_uint_eq(t.n[ORR_PROMPT_TEST], 2 + 3);
    ck_assert_uint_eq(t.n[ORR_PROMPT_POOL] + t.n[ORR_PROMPT_VALIDATION], 5 + 7);
    ck_assert_int_eq(t.rgb[ORR_PROMPT_TEST][0], 10);
    ck_assert_int_eq(t.rgb[ORR_PROMPT_TEST][3 * 16 * 16 * 4], 250);
    orr_prompt_task_free(&t);
    open_world(path_of("good"));
    struct orr_prompt_query q = query_of("prompt-modular");
    struct orr_prompt_result r;
    q.all = true;
    ck_assert_msg(orr_prompt_run(&world, &q, NULL, &r, &err) == ORR_OK, "%s", err.message);
    ck_assert(r.score[ORR_PROMPT_ACCURACY] >= 0);
    orr_prompt_result_free(&r);
    close_world();
}
END_TEST

START_TEST(folders_that_are_no_task_are_named)
{
    struct orr_prompt_task t;
    ck_assert_int_ne(try_folder("nowhere", &t), ORR_OK);
    write_pictures("alone", "dog", 5, 1);
    ck_assert_int_eq(try_folder("alone", &t), ORR_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.message, "1 classes"));
    write_pictures("few", "dog", 5, 1);
    write_pictures("few", "cat", 2, 1);
    ck_assert_int_eq(try_folder("few", &t), ORR_EINVAL);
    ck_assert(strstr(err.where, "few/cat") && strstr(err.message, "there are 2"));
    write_pictures("broken", "dog", 5, 1);
    write_pictures("broken", "cat", 5, 1);
    aid_file_write("broken/cat/01.png", "\x89PNG\r\n\x1a\nnothing more", 20);
    ck_assert_int_ne(try_folder("broken", &t), ORR_OK);
    ck_assert_ptr_nonnull(strstr(err.where, "broken/cat/01.png"));
    write_pictures("thin", "dog", 5, 1);
    write_pictures("thin", "cat", 5, 1);
    struct orr_image line = {0};
    struct orr_str png = {0};
    ck_assert(orr_image_init(&line, 20000, 1) && orr_image_encode_png(&line, &png)); /* 48 pixels high it would be 960,000 wide */
    aid_file_write("thin/cat/01.png", png.data, png.len);
    orr_str_free(&png);
    orr_image_free(&line);
    ck_assert_int_eq(try_folder("thin", &t), ORR_EINVAL);
    ck_assert(strstr(err.where, "thin/cat/01.png") && strstr(err.message, "20000 x 1 pixels"));
    aid_file_write("empty/readme.txt", "x", 1);
    ck_assert_int_eq(try_folder("empty", &t), ORR_ENOTFOUND);
}
END_TEST

/* ---- evaluation and verbs ---- */

static const struct orr_eval_row *row_of(const struct orr_eval_row *rows, size_t n, const char *task, const char *method,
                                         const char *metric, const char *against)
{
    for (size_t k = 0; k < n; k++)
        if (!strcmp(rows[k].task, task) && !strcmp(rows[k].method, method) && !strcmp(rows[k].metric, metric) &&
            (!against || !strcmp(rows[k].against, against)))
            return &rows[k];
    return NULL;
}

START_TEST(the_evaluation_has_its_rows_and_does_not_depend_on_threads)
{
    static const char *const tasks[] = {"shapes", "textures"};
    static const char *const methods[] = {"zero-shot",     "linear-probe", "maple",     "prompt-modular", "uniform-1",
                                          "random-layout", "prompt-search", "search+maple"};
    struct orr_eval e[2] = {{0}, {0}};
    for (int k = 0; k < 2; k++) {
        const struct orr_eval_prompt_options o = {.seed = 1,
                                                  .seeds = 2,
                                                  .threads = 1 + k,
                                                  .shots = 2,
                                                  .epochs = 1,
                                                  .each = 3,
                                                  .encoder = orr_aid_clip_file(16),
                                                  .tasks = tasks,
                                                  .n_tasks = 2,
                                                  .methods = methods,
                                                  .n_methods = sizeof methods / sizeof *methods};
        ck_assert_msg(orr_eval_prompt(&o, NULL, &e[k], &err) == ORR_OK, "%s", err.message);
    }
    ck_assert_uint_eq(e[0].n_rows, e[1].n_rows);
    for (size_t k = 0; k < e[0].n_rows; k++)
        if (strcmp(e[0].rows[k].metric, "cpu_seconds") != 0)
            ck_assert_msg(e[0].rows[k].value.value == e[1].rows[k].value.value, "%s %s", e[0].rows[k].method,
                          e[0].rows[k].metric);
    static const char *const metrics[] = {"base", "new", "harmonic", "accuracy"};
    for (size_t m = 0; m < 4; m++) {
        ck_assert_ptr_nonnull(row_of(e[0].rows, e[0].n_rows, "all", "prompt-modular", metrics[m], NULL));
        ck_assert_ptr_nonnull(row_of(e[0].paired, e[0].n_paired, "all", "prompt-modular", metrics[m], "maple"));
        ck_assert_ptr_nonnull(row_of(e[0].paired, e[0].n_paired, "all", "prompt-search", metrics[m], "random-layout"));
        ck_assert_ptr_nonnull(row_of(e[0].paired, e[0].n_paired, "all", "prompt-search", metrics[m], "best-uniform"));
    }
    ck_assert_ptr_nonnull(row_of(e[0].rows, e[0].n_rows, "all", "search+maple", "harmonic", NULL));
    ck_assert_ptr_nonnull(row_of(e[0].rows, e[0].n_rows, "all", "prompt-search", "margin", NULL));
    ck_assert_ptr_null(row_of(e[0].rows, e[0].n_rows, "all", "linear-probe", "new", NULL));
    ck_assert_str_eq(e[0].rows[0].method, "zero-shot");
    for (int k = 0; k < 2; k++) orr_eval_free(&e[k]);
}
END_TEST

static enum orr_status eval_part(void *ctx, struct orr_shards *shards, const struct orr_ticker *ticker, struct orr_eval *out,
                                 struct orr_error *why)
{
    static const char *const tasks[] = {"shapes", "textures"}, *const methods[] = {"zero-shot", "maple",
                                                                                   "prompt-search", "search+maple"};
    const struct orr_eval_prompt_options o = {.shards = shards, .seed = 1, .seeds = 2, .shots = 2, .epochs = 1, .each = 3,
                                              .encoder = ctx, .tasks = tasks, .n_tasks = 2, .methods = methods, .n_methods = 4};
    return orr_eval_prompt(&o, ticker, out, why);
}

START_TEST(three_shards_give_the_rows_of_one_process)
{
    char encoder[300];
    snprintf(encoder, sizeof encoder, "%s", orr_aid_clip_file(16));
    aid_shards_same(eval_part, encoder);
}
END_TEST

START_TEST(the_verbs_print_what_was_learned_and_name_mistakes)
{
    char line[1400];
    const char *encoder = orr_aid_clip_file(16), *prompts = aid_file_write("p.safetensors", "", 0),
               *ledger = aid_file_write("l.csv", "", 0);
    struct aid_output o = aid_command_expect(NULL, "prompt tasks", 0);
    ck_assert_ptr_nonnull(strstr(o.out, "coloured-shapes"));
    aid_output_free(&o);
    snprintf(line, sizeof line, "prompt train shapes -e %s -k 2 --epochs 2 --out %s --json", encoder, prompts);
    o = aid_command_expect(NULL, line, 0);
    static const char *const keys[] = {
        "\"method\":\"prompt-modular\"", "\"harmonic\":", "\"ledger\":[", "\"carried\":", "\"words\":[", "\"loss\":["};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) ck_assert_msg(strstr(o.out, keys[k]), "%s in %s", keys[k], o.out);
    aid_output_free(&o);
    snprintf(line, sizeof line, "prompt eval %s textures -e %s", prompts, encoder);
    o = aid_command_expect(NULL, line, 0);
    ck_assert(strstr(o.out, "zero-shot") && strstr(o.out, "prompt-modular"));
    aid_output_free(&o);
    snprintf(line, sizeof line, "prompt search shapes -e %s -k 4 --epochs 2 --with maple --plot %s --json", encoder, ledger);
    o = aid_command_expect(NULL, line, 0);
    ck_assert(strstr(o.out, "\"search\":[") && strstr(o.out, "\"margin\":") && strstr(o.out, "\"weights\":[["));
    aid_output_free(&o);
    static const struct {
        const char *line, *says;
        int code;
    } wrong[] = {{"prompt train", "needs TASK|DIR", 2},
                 {"prompt train dreams", "no task of that name", 2},
                 {"prompt train shapes --method maple --add 3", "maple has no such setting", 2},
                 {"prompt train shapes --method magic", "magic", 2},
                 {"prompt train shapes --shots 0", "--shots", 2},
                 {"prompt eval /nowhere.safetensors", "/nowhere.safetensors", 1},
                 {"prompt pretrain", "--out", 2},
                 {"prompt search shapes --longest 9", "--longest", 2}};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        const bool opens = strstr(wrong[k].line, "dreams") || strstr(wrong[k].line, "nowhere");
        snprintf(line, sizeof line, "%s%s%s", wrong[k].line, opens ? " -e " : "", opens ? encoder : "");
        o = aid_command_expect(NULL, line, wrong[k].code);
        ck_assert_msg(strstr(o.err, wrong[k].says), "%s: %s", line, o.err);
        aid_output_free(&o);
    }
    o = aid_command_expect(NULL, "prompt train shapes -e /nowhere/at/all", 1);
    ck_assert_ptr_nonnull(strstr(o.err, "no such encoder"));
    aid_output_free(&o);
}
END_TEST

ORR_SUITE_IN_FOLDER("prompt tasks and verbs", every_method_learns_and_is_scored, the_same_seed_gives_the_same_prompts_and_scores,
                    a_stopped_run_says_so, prompts_survive_their_file_and_another_encoders_are_refused,
                    a_folder_of_pictures_is_a_task, folders_that_are_no_task_are_named,
                    the_evaluation_has_its_rows_and_does_not_depend_on_threads, three_shards_give_the_rows_of_one_process,
                    the_verbs_print_what_was_learned_and_name_mistakes)
