#include "aid_ui.h"

#include <check.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aid_screen.h"
#include "base/mem.h"

enum { POINTS = 20 };

static void check(enum orr_status s, const struct orr_error *err)
{
    ck_assert_msg(s == ORR_OK, "%s: %s", err->where, err->message);
}

static void put_config(struct orr_store *s, int64_t run, const char *key, const char *text, double number)
{
    struct orr_error err = {0};
    const struct orr_config_value v = {.is_number = !isnan(number), .number = number, .text = text};
    check(orr_store_config_put(s, run, key, &v, &err), &err);
}

static void put_series(struct orr_store *s, int64_t run, const char *name, double from, double to)
{
    struct orr_error err = {0};
    int64_t step[POINTS];
    double value[POINTS];
    for (int i = 0; i < POINTS; i++) {
        step[i] = 10 * i;
        value[i] = to + (from - to) / (1 + i);
    }
    check(orr_store_append(s, run, name, POINTS, step, value, NULL, &err), &err);
}

static void fill(struct orr_store *s, int n)
{
    struct orr_error err = {0};
    check(orr_store_begin(s, &err), &err);
    for (int i = 0; i < n; i++) {
        char key[32], name[32], text[32];
        const char *model = i % 2 ? "vit-s" : "resnet18";
        snprintf(key, sizeof key, "aid:%d", i);
        snprintf(name, sizeof name, "%s-%02d", model, i);
        const struct orr_run run = {.key = key,
                                    .name = name,
                                    .project = "synthetic",
                                    .group = i < n / 2 ? "first" : "second",
                                    .state = i % 3 == 2 ? "failed" : "finished",
                                    .notes = "",
                                    .started = 1.7e9 + 60.0 * i,
                                    .ended = (double)NAN};
        int64_t id;
        check(orr_store_run_put(s, &run, &id, &err), &err);
        const double lr = i % 4 == 0 ? 0.1 : i % 4 == 1 ? 0.01 : i % 4 == 2 ? 0.001 : 3e-5;
        snprintf(text, sizeof text, "%g", lr);
        put_config(s, id, "lr", text, lr);
        put_config(s, id, "model", model, (double)NAN);
        put_config(s, id, "dataset", "blobs", (double)NAN);
        put_series(s, id, "train/loss", 2.5, 0.2 + 0.01 * (i * 7 % 12));
        put_series(s, id, "val/loss", 2.6, 0.3 + 0.01 * (i * 5 % 12));
        put_series(s, id, "val/accuracy", 0.1, 0.9 - 0.01 * (i * 5 % 12));
    }
    check(orr_store_commit(s, &err), &err);
}

struct orr_aid_ui *orr_aid_ui_new(int n_runs, int width, int height)
{
    struct orr_aid_ui *a = orr_xcalloc(1, sizeof *a);
    struct orr_error err = {0};
    strcpy(a->folder, "/tmp/orrery-ui-XXXXXX");
    ck_assert(mkdtemp(a->folder) != NULL);
    snprintf(a->path, sizeof a->path, "%s/store.db", a->folder);
    a->app.store_path = a->path;
    check(orr_store_open(a->path, ORR_STORE_CREATE, &a->app.store, &err), &err);
    fill(a->app.store, n_runs);
    a->jobs = orr_jobs_new(2);
    a->ui = orr_ui_new(&a->app, a->jobs, width, height);
    orr_canvas_init(&a->canvas, width, height);
    return a;
}

void orr_aid_ui_reopen(struct orr_aid_ui *a)
{
    orr_ui_free(a->ui);
    a->ui = orr_ui_new(&a->app, a->jobs, a->canvas.width, a->canvas.height);
}

void orr_aid_ui_free(struct orr_aid_ui *a)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    orr_ui_free(a->ui);
    orr_jobs_free(a->jobs);
    orr_app_close(&a->app);
    for (size_t i = 0; i < 4; i++) {
        char path[112];
        snprintf(path, sizeof path, "%s%s", a->path, ends[i]);
        unlink(path);
    }
    rmdir(a->folder);
    orr_canvas_free(&a->canvas);
    orr_str_free(&a->text);
    free(a);
}

void orr_aid_ui_keys(struct orr_aid_ui *a, const char *keys)
{
    char *copy = orr_xstrdup(keys), *rest = copy, *name;
    while ((name = strsep(&rest, " "))) {
        if (!*name) continue;
        const struct orr_key k = orr_key_parse(name);
        ck_assert_msg(k.code != ORR_KEY_NONE, "no key '%s'", name);
        orr_ui_key(a->ui, k);
        orr_ui_render(a->ui, &a->canvas);
    }
    free(copy);
}

void orr_aid_ui_type(struct orr_aid_ui *a, const char *text)
{
    for (; *text; text++) orr_ui_key(a->ui, (struct orr_key){.code = (unsigned char)*text});
    orr_ui_render(a->ui, &a->canvas);
}

void orr_aid_ui_resize(struct orr_aid_ui *a, int width, int height)
{
    orr_canvas_free(&a->canvas);
    orr_canvas_init(&a->canvas, width, height);
    orr_ui_resize(a->ui, width, height);
    orr_ui_render(a->ui, &a->canvas);
}

void orr_aid_ui_settle(struct orr_aid_ui *a)
{
    while (orr_jobs_busy(a->jobs)) {
        struct pollfd p = {orr_jobs_fd(a->jobs), POLLIN, 0};
        ck_assert_msg(poll(&p, 1, 30000) == 1, "a job does not end");
        orr_ui_jobs_changed(a->ui);
    }
}

const char *orr_aid_ui_dump(struct orr_aid_ui *a)
{
    orr_str_clear(&a->text);
    orr_ui_render(a->ui, &a->canvas);
    orr_canvas_dump(&a->canvas, false, &a->text);
    return orr_str_c(&a->text);
}

void orr_aid_ui_golden(struct orr_aid_ui *a, const char *name)
{
    orr_ui_render(a->ui, &a->canvas);
    /* The tab bar has tests of its own, so that a new screen changes no golden of the others. */
    if (a->canvas.height >= 4)
        orr_canvas_fill(&a->canvas, (struct orr_rect){0, 0, a->canvas.width, 1}, ' ', (struct orr_style){0});
    orr_aid_golden(&a->canvas, name, false);
}
